/* SPDX-License-Identifier: MIT */
/*
 * ctl.h - what the commands of vifctl have in common
 */
#ifndef XEN_CTL_H
#define XEN_CTL_H

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "xen/convert.h"
#include "xen/filter.h"
#include "xen/guest.h"
#include "xen/journal.h"
#include "xen/names.h"

/**
 * enum ctl_exit - Exit codes of every command
 * @CTL_OK:      Done, nothing to say
 * @CTL_FINDING: Something was found, or was refused, or failed
 * @CTL_USAGE:   The command line is wrong, or a file on it cannot be read
 */
enum ctl_exit {
    CTL_OK = 0,
    CTL_FINDING = 1,
    CTL_USAGE = 2,
};

/* Which options a command takes */
#define CTL_JSON     (1u << 0)
#define CTL_LAX      (1u << 1)
#define CTL_DIALECT  (1u << 2)
#define CTL_NAMING   (1u << 3)
#define CTL_DOMID    (1u << 4)
#define CTL_DEVID    (1u << 5)
#define CTL_VIFNAME  (1u << 6)
#define CTL_BRIDGE   (1u << 7)
#define CTL_SCRIPT   (1u << 8)
#define CTL_FROM     (1u << 9)
#define CTL_TO       (1u << 10)
#define CTL_ADD      (1u << 11)
#define CTL_SVG      (1u << 12)
#define CTL_INTERVAL (1u << 13)
#define CTL_COUNT    (1u << 14)

/**
 * struct ctl - The options of one call
 * @naming, @domid, @devid: As given with their has_; else 0, libxl
 * @has_format:    --from told what the file is: @libvirt, or else @dialect
 * @to:            Of convert
 * @add, @svg:     Of doctor: an interface, a file
 * @interval, @count: Of watch: seconds, and how often, 0: until it is ended
 */
struct ctl {
    gboolean json, lax;
    enum dialect dialect;
    enum naming naming;
    bool has_naming, has_domid, has_devid;
    uint32_t domid, devid;
    bool has_format, libvirt;
    enum convert_to to;
    const char *vifname, *bridge, *script, *add, *svg;
    double interval;
    uint32_t count;
};

/**
 * struct ctl_command - One command
 * @args:    As the usage line shows them
 * @min, @max: How many words it takes beside options
 * @options: CTL_...
 * @summary: One line
 * @text:    What a manual says, in paragraphs with an empty line between
 * @findings: When it exits with CTL_FINDING
 * @own:     Options that no other command has, ends in an empty one; or NULL
 * @run:     @args ends in NULL; returns enum ctl_exit
 */
struct ctl_command {
    const char *name, *args;
    unsigned min, max, options;
    const char *summary, *text, *findings;
    const GOptionEntry *own;
    int (*run)(const struct ctl *c, char **args);
};

/* The commands, in the order of the manual; by file */
extern const struct ctl_command ctl_plan, ctl_lint, ctl_convert, ctl_names,
    ctl_doctor, ctl_watch, ctl_up, ctl_down, ctl_hotplug, ctl_bridge,
    ctl_repair;

/**
 * ctl_completion() - Print what bash completes vifctl's words to
 * @options: By the bits of a command's options
 *
 * Return: CTL_FINDING after saying for which word nothing is known to offer
 */
int ctl_completion(const struct ctl_command *const *commands, unsigned n,
                   const GOptionEntry *options, unsigned m);

/* The names of the models that we have, ends in NULL; freed with g_free() */
const char **ctl_models(void);

/**
 * ctl_read() - All of a file, "-": standard input
 *
 * Return: to be freed; NULL after saying why on standard error
 */
char *ctl_read(const char *file, size_t *len);

/**
 * ctl_say() - Print a remark as FILE:LINE:COLUMN: key: text
 *
 * An error just so, anything else with "warning: " or "note: " before the key.
 */
void ctl_say(FILE *out, const char *file, const struct remark *r);

/**
 * ctl_fail() - Print "vifctl: TEXT" on standard error
 *
 * Return: CTL_FINDING
 */
int ctl_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The option --filter, with the word's place */
#define CTL_FILTER(word)                                                       \
    {                                                                          \
        "filter", 0, 0, G_OPTION_ARG_STRING, word,                             \
            "Which vifs may send from their own addresses only: ip "           \
            "(default), "                                                      \
            "those with ip=; mac, also those with mac=; none",                 \
            "ip|mac|none"                                                      \
    }

/* The option --state-dir, likewise */
#define CTL_STATE_DIR(word)                                                    \
    {                                                                          \
        "state-dir", 0, 0, G_OPTION_ARG_FILENAME, word,                        \
            "Where the record of what is being done is kept, and the lock "    \
            "(default " JOURNAL_DIR " or $VIFCTL_STATE_DIR)",                  \
            "DIR"                                                              \
    }

/* What --filter says, if it is not NULL; false after saying what is wrong */
bool ctl_filter(const char *word, enum filter_mode *mode);

/**
 * ctl_journals() - The journals in @dir (NULL: where they usually are), locked
 *
 * What an earlier command left half-made is undone first, and told on standard
 * error.
 *
 * Return: NULL with @err set
 */
struct journals *ctl_journals(const char *dir, GError **err);

/**
 * struct ctl_table - Lines of words, printed in columns
 */
struct ctl_table {
    GPtrArray *cells;
    unsigned columns;
};

/* A table under the @n titles */
struct ctl_table *ctl_table_new(const char *const *titles, unsigned n);
/* The next cell; NULL: "-" */
void ctl_cell(struct ctl_table *t, const char *text);
/* The next cell, of printf(); never NULL */
void ctl_cellf(struct ctl_table *t, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
/* Its lines, to be freed by the caller */
char *ctl_table_text(const struct ctl_table *t);
/* Print to standard output and free; or free only */
void ctl_table_print(struct ctl_table *t);
void ctl_table_free(struct ctl_table *t);

/* Add a member to the object that @b is in; no member where @value is NULL */
void ctl_json_string(JsonBuilder *b, const char *name, const char *value);
void ctl_json_int(JsonBuilder *b, const char *name, gint64 value);
void ctl_json_bool(JsonBuilder *b, const char *name, bool value);
/* Add member "remarks", of @first and, if not NULL, @second */
void ctl_json_remarks(JsonBuilder *b, const GPtrArray *first,
                      const GPtrArray *second);
/* Print what @b holds to standard output and free it */
void ctl_json_print(JsonBuilder *b);
/* The same in one line */
void ctl_json_print_line(JsonBuilder *b);

/* A copy with \xNN for bytes that a terminal would act upon */
char *ctl_clean(const char *text);

#endif
