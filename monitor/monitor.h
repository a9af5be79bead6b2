/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - what the files of monitor/ share
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "system/vm.h"

/* The interface version that clients see: that of the QEMU we stand in for */
enum { QMP_MAJOR = 7, QMP_MINOR = 2, QMP_MICRO = 0 };

struct qmp_session;

/**
 * struct qmp_command - One command of QMP
 * @name: As clients spell it
 * @args: "name:type name:type?", a '?' meaning optional.  Types are those of
 *        qmp_arg_types.  A final "..." lets any other member through
 * @gives: What "return" holds: "nothing", "object", "list", "text" or "any"
 * @run:  Do it.  @args holds what the specification says.  NULL with @err, or
 *        a new node; nothing is qmp_nothing().  @s is NULL from a human monitor
 * @doc:  One sentence, for docs/qmp.md
 *
 * Before qmp_capabilities only that command is let through.
 */
struct qmp_command {
    const char *name, *args, *gives;
    JsonNode *(*run)(struct qmp_session *s, JsonObject *args, GError **err);
    const char *doc;
};

/* All commands, ended by a NULL name, sorted by name */
extern const struct qmp_command qmp_commands[];

/* NULL if there is none of that name */
const struct qmp_command *qmp_find(const char *name);

/**
 * struct qmp_event - One event, as it is documented
 * @data: Members of "data", spelled as arguments of commands are
 */
struct qmp_event {
    const char *name, *data, *doc;
};

/* All events, ended by a NULL name, sorted by name */
extern const struct qmp_event qmp_events[];

/**
 * qmp_run() - Check arguments against the specification, then run
 * @args: NULL means none
 */
JsonNode *qmp_run(const struct qmp_command *cmd, struct qmp_session *s,
                  JsonObject *args, GError **err);

/**
 * struct qmp_arg - One argument out of a specification
 */
struct qmp_arg {
    char name[32];
    const struct qmp_arg_type *type;
    bool optional;
};

/**
 * struct qmp_arg_type - A type of arguments
 * @name:   In specifications and the manual
 * @schema: In query-qmp-schema
 * @qemu:   In error messages
 */
struct qmp_arg_type {
    const char *name, *schema, *qemu;
    bool (*holds)(JsonNode *node);
};

extern const struct qmp_arg_type qmp_arg_types[];

/**
 * qmp_next_arg() - Read the next argument of a specification
 * @spec: Advanced past it
 *
 * Return: false at the end or at "..."
 */
bool qmp_next_arg(const char **spec, struct qmp_arg *arg);

/* {} */
JsonNode *qmp_nothing(void);
/* A node holding @object or @array, which it takes */
JsonNode *qmp_object(JsonObject *object);
JsonNode *qmp_list(JsonArray *array);
JsonNode *qmp_text(const char *text);

/* "running", "paused" or "prelaunch" */
const char *qmp_status(void);

/* Markdown for docs/qmp.md; caller frees */
char *qmp_manual(void);

/* In qmp.c: what belongs to a session */
bool qmp_negotiate(struct qmp_session *s, GError **err);
bool qmp_getfd(struct qmp_session *s, const char *name, GError **err);
bool qmp_closefd(const char *name, GError **err);
JsonArray *qmp_chardevs(void);

/* In qom.c */
JsonNode *qom_list_types(struct qmp_session *s, JsonObject *args, GError **err);
JsonNode *qom_list(struct qmp_session *s, JsonObject *args, GError **err);
JsonNode *qom_get(struct qmp_session *s, JsonObject *args, GError **err);
JsonNode *qom_set(struct qmp_session *s, JsonObject *args, GError **err);
JsonNode *qom_list_properties(struct qmp_session *s, JsonObject *args,
                              GError **err);
JsonNode *device_list_properties(struct qmp_session *s, JsonObject *args,
                                 GError **err);
/* The composition tree as "info qom-tree" shows it, lines end in "\n" */
void qom_tree_text(GString *out);

/* In inspect.c */
JsonNode *query_rx_filter(struct qmp_session *s, JsonObject *args,
                          GError **err);
JsonNode *x_vifemu_registers(struct qmp_session *s, JsonObject *args,
                             GError **err);
JsonNode *x_vifemu_counters(struct qmp_session *s, JsonObject *args,
                            GError **err);
JsonNode *x_vifemu_trace(struct qmp_session *s, JsonObject *args, GError **err);

#endif
