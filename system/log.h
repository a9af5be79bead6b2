/* SPDX-License-Identifier: MIT */
/*
 * log.h - what -d, -D and -trace show
 */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include <glib.h>
#include <stdbool.h>

#include "hw/nic.h"

/* Items of -d */
enum log_item {
    LOG_OPTIONS = 1 << 0,      /* Options accepted without effect, defaults */
    LOG_GUEST_ERRORS = 1 << 1, /* DMA faults, refused accesses, "strict" */
};

/* -d ITEM,..; "trace:PATTERN" is -trace; false with @err for unknown ones */
bool log_enable(const char *items, GError **err);
/* "-d help": the items, caller frees */
char *log_items_help(void);
/* -D FILE; the default is stderr */
bool log_open(const char *path, GError **err);
bool log_on(enum log_item item);
/* One line, without its newline, if @item is on */
void log_line(enum log_item item, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* -trace [enable=]PATTERN[,file=FILE] */
bool log_trace_enable(const char *spec, GError **err);
/* Everything or what -trace chose; QMP's trace switch */
void log_trace_all(bool on);
/* Whether cards have to report what they do, for nic.tracing */
bool log_tracing(void);
/* One line of the trace of a card called @who */
void log_trace(const char *who, const struct nic_trace *t);

#endif
