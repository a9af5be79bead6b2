/* SPDX-License-Identifier: MIT */
/*
 * dm-fail.h - what vifemu-dm cannot do, said
 */
#ifndef XEN_DM_FAIL_H
#define XEN_DM_FAIL_H

#include <glib.h>
#include <stdbool.h>

/* Set @err, unless the caller does not want to know, and return false.  The
 * error is of G_FILE_ERROR, G_FILE_ERROR_FAILED: its text is for people */
bool dm_fail(GError **err, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
