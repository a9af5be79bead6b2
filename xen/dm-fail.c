// SPDX-License-Identifier: MIT
/*
 * dm-fail.c - what vifemu-dm cannot do, said
 */
#include "xen/dm-fail.h"

bool dm_fail(GError **err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (err) {
        *err =
            g_error_new_valist(G_FILE_ERROR, G_FILE_ERROR_FAILED, format, args);
    }
    va_end(args);
    return false;
}
