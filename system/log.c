// SPDX-License-Identifier: MIT
/*
 * log.c - what -d, -D and -trace show
 */
#include "system/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/opts.h"
#include "system/vm.h"

static const struct {
    const char *name;
    unsigned item;
    const char *help;
} items[] = {
    { "options", LOG_OPTIONS, "options that are accepted without effect" },
    { "guest_errors", LOG_GUEST_ERRORS, "what guests do wrong" },
};

/* Items of QEMU's that have no meaning without a guest CPU */
static const char *const dead_items[] = {
    "out_asm", "in_asm", "op",  "op_opt", "op_ind",      "int",       "exec",
    "cpu",     "fpu",    "mmu", "pcall",  "unimp",       "page",      "nochain",
    "strace",  "plugin", "tid", "vpu",    "invalid_mem", "cpu_reset", NULL
};

/* By nic_trace.kind */
static const char *const trace_names[] = { "nic_read", "nic_write", "nic_send",
                                           "nic_receive", "nic_event" };

static FILE *log_file;
static unsigned enabled;
static unsigned traced; /* Bit per kind */
static unsigned trace_chosen;

static FILE *out(void)
{
    return log_file ? log_file : stderr;
}

char *log_items_help(void)
{
    GString *s = g_string_new("Log items (comma separated):\n");

    for (unsigned i = 0; i < G_N_ELEMENTS(items); i++) {
        g_string_append_printf(s, "%-15s %s\n", items[i].name, items[i].help);
    }
    g_string_append_printf(s, "%-15s %s\n", "trace:PATTERN",
                           "trace events, as -trace PATTERN");
    return g_string_free(s, FALSE);
}

static bool log_enable_one(const char *name, GError **err)
{
    if (g_str_has_prefix(name, "trace:")) {
        return log_trace_enable(name + strlen("trace:"), err);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(items); i++) {
        if (!strcmp(name, items[i].name) || !strcmp(name, "all")) {
            enabled |= items[i].item;
            if (strcmp(name, "all") != 0) {
                return true;
            }
        }
    }
    if (!strcmp(name, "all") || g_strv_contains(dead_items, name)) {
        return true;
    }
    return vm_fail(err, "unknown log item '%s'; -d help lists them", name);
}

bool log_enable(const char *list, GError **err)
{
    char **names = g_strsplit(list, ",", -1);
    bool ok = true;

    for (char **n = names; *n && ok; n++) {
        ok = log_enable_one(*n, err);
    }
    g_strfreev(names);
    return ok;
}

bool log_open(const char *path, GError **err)
{
    FILE *f = fopen(path, "we");

    if (!f) {
        return vm_fail(err, "cannot open log file '%s': %s", path,
                       g_strerror(errno));
    }
    setvbuf(f, NULL, _IOLBF, 0);
    if (log_file) {
        fclose(log_file);
    }
    log_file = f;
    return true;
}

bool log_on(enum log_item item)
{
    return enabled & item;
}

void log_line(enum log_item item, const char *format, ...)
{
    va_list ap;

    if (log_on(item)) {
        va_start(ap, format);
        vfprintf(out(), format, ap);
        va_end(ap);
        fputc('\n', out());
    }
}

static bool trace_match(const char *pattern, GError **err)
{
    bool off = *pattern == '-', any = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(trace_names); i++) {
        if (g_pattern_match_simple(pattern + off, trace_names[i])) {
            trace_chosen &= ~(1u << i);
            trace_chosen |= off ? 0 : 1u << i;
            any = true;
        }
    }
    traced = trace_chosen;
    if (any) {
        return true;
    }
    return vm_fail(err,
                   "no trace event matches '%s': there are nic_read, "
                   "nic_write, nic_send, nic_receive, nic_event",
                   pattern);
}

bool log_trace_enable(const char *spec, GError **err)
{
    static const char *const known[] = { "enable", "file", NULL };
    JsonObject *o = opts_parse(spec, "enable", err);
    const char *pattern, *file;
    bool ok;

    if (!o) {
        return false;
    }
    pattern = opts_peek(o, "enable");
    file = opts_peek(o, "file");
    ok = opts_known(o, known, err) && (!file || log_open(file, err)) &&
         (!pattern || trace_match(pattern, err));
    json_object_unref(o);
    return ok;
}

void log_trace_all(bool on)
{
    traced = on ? (1u << G_N_ELEMENTS(trace_names)) - 1 : 0;
}

/* What a "strict" property finds is the guest's error as well as an event */
static bool is_guest_error(const struct nic_trace *t)
{
    return log_on(LOG_GUEST_ERRORS) && t->kind == NIC_TRACE_EVENT &&
           g_str_has_prefix(t->name, "strict-");
}

bool log_tracing(void)
{
    return traced != 0 || log_on(LOG_GUEST_ERRORS);
}

void log_trace(const char *who, const struct nic_trace *t)
{
    const char *what = trace_names[t->kind] + strlen("nic_");

    if (!(traced & 1u << t->kind) && !is_guest_error(t)) {
        return;
    }
    if (t->file) {
        fprintf(out(), "%s %s %s.%s", who, what, t->file, t->name);
        if (t->i) {
            fprintf(out(), "[%u]", t->i);
        }
        fprintf(out(), " 0x%" PRIx64 "\n", t->val);
    } else if (t->kind == NIC_TRACE_EVENT) {
        fprintf(out(), "%s %s %s 0x%" PRIx64 "\n", who, what, t->name, t->val);
    } else {
        fprintf(out(), "%s %s %" PRIu64 " bytes\n", who, what, t->val);
    }
}
