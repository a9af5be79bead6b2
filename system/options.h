/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line, spelled as QEMU spells it
 */
#ifndef SYSTEM_OPTIONS_H
#define SYSTEM_OPTIONS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct option_item - One use of an option that may be given several times
 * @name: The option, with its dash
 * @text: Its argument as given
 * @opts: The same, parsed and flat
 */
struct option_item {
    const char *name;
    char *text;
    JsonObject *opts;
};

/**
 * struct options - What the command line says
 *
 * The arrays hold struct option_item in the order given; strings are NULL if
 * the option was not given.
 */
struct options {
    char *machine, *accel, *name, *ram_backend;
    char *qtest, *qtest_log, *pidfile, *chroot_dir, *run_as, *incoming;
    uint64_t ram_size; /* 0: default */
    uint64_t poll_us;  /* As loop_set_poll() */
    GPtrArray *vifs;   /* Texts of -vif; NULL: none */
    char *vif_dialect;
    uint64_t domid, devid, xen_domid; /* OPTIONS_NO_ID: not given */
    bool stopped, daemonize, sandbox, sandbox_open_deny, exit_with_parent,
        isolate, nodefaults, xen_restrict;
    GPtrArray *objects, *chardevs, *netdevs, *nics, *devices, *monitors,
        *globals;
    GPtrArray *canaries; /* Strings "ID=FD" */
};

#define OPTIONS_NO_ID UINT64_MAX

enum options_result {
    OPTIONS_RUN,
    OPTIONS_DONE,  /* Help was printed */
    OPTIONS_ERROR, /* Said so on stderr */
};

/**
 * options_parse() - Read the command line
 * @o: Zeroed; freed by options_clear() whatever the result
 */
enum options_result options_parse(struct options *o, int argc, char **argv);
void options_clear(struct options *o);

/**
 * options_add() - Add what another option stands for
 * @list: One of struct options'
 * @name: Of that option, @text: its argument, for errors
 * @opts: Taken
 */
void options_add(GPtrArray **list, const char *name, const char *text,
                 JsonObject *opts);

/* -help, and the manual page in troff; g_free() */
char *options_help(const char *program);
char *options_man(void);

/* "-device help", "-device MODEL,help", NULL @model for the former; g_free().
 * NULL if there is no such model */
char *options_device_help(const char *model);

/* Print "PROGRAM: TEXT\n" to stderr */
void error_report(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
