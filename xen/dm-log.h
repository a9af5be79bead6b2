/* SPDX-License-Identifier: MIT */
/*
 * dm-log.h - what vifemu-dm did, in a file beside QEMU's
 */
#ifndef XEN_DM_LOG_H
#define XEN_DM_LOG_H

#include <glib.h>

/**
 * dm_log_open() - Log to @dir/vifemu-dm-@name.log, which is appended to
 *
 * If that cannot be, lines go to standard error, which is what libxl calls
 * qemu-dm-NAME.log, with the reason as the first.
 *
 * Return: the file's descriptor, or that of standard error
 */
int dm_log_open(const char *dir, const char *name);

/* A line with the time; what is no printable ASCII is escaped */
void dm_log(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same on standard error as well: it is why something failed */
void dm_log_failure(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
