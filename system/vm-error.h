/* SPDX-License-Identifier: MIT */
/*
 * vm-error.h - what cannot be done, said to people and to clients of QMP
 */
#ifndef SYSTEM_VM_ERROR_H
#define SYSTEM_VM_ERROR_H

#include <glib.h>
#include <stdbool.h>

/**
 * enum vm_error - Error codes of VM_ERROR; the names are QMP's error classes
 */
enum vm_error {
    VM_ERROR_GENERIC,           /* GenericError */
    VM_ERROR_COMMAND_NOT_FOUND, /* CommandNotFound */
    VM_ERROR_DEVICE_NOT_FOUND,  /* DeviceNotFound */
    VM_ERROR_DEVICE_NOT_ACTIVE, /* DeviceNotActive */
};
#define VM_ERROR vm_error_quark()
GQuark vm_error_quark(void);

/* Set @err, of class GenericError, if it is not NULL; returns false */
bool vm_fail(GError **err, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same for "Device '@name' not found", of class DeviceNotFound */
bool vm_not_found(GError **err, const char *name);

#endif
