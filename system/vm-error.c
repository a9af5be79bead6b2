// SPDX-License-Identifier: MIT
/*
 * vm-error.c - what cannot be done, said to people and to clients of QMP
 */
#include "system/vm-error.h"

GQuark vm_error_quark(void)
{
    return g_quark_from_static_string("vm-error");
}

bool vm_fail(GError **err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    if (err) {
        *err = g_error_new_valist(VM_ERROR, VM_ERROR_GENERIC, format, ap);
    }
    va_end(ap);
    return false;
}

bool vm_not_found(GError **err, const char *name)
{
    g_set_error(err, VM_ERROR, VM_ERROR_DEVICE_NOT_FOUND,
                "Device '%s' not found", name);
    return false;
}
