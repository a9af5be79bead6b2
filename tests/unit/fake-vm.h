/* SPDX-License-Identifier: MIT */
/*
 * fake-vm.h - a machine for the monitor's tests that only remembers
 */
#ifndef TESTS_FAKE_VM_H
#define TESTS_FAKE_VM_H

#include <glib.h>
#include <stdbool.h>

/**
 * struct fake_vm - What the monitor asked for, and what it is told
 * @running: The machine runs
 * @quit:    vm_quit() was called
 * @resets, @traced: Calls
 * @last:    The last thing added, deleted or linked, as "verb {json}"
 * @fail:    The next change fails with this message, if not NULL
 * @fail_code: ... and this enum vm_error
 * @nics:    NICs there are, 0 to 2; the second has no id
 */
struct fake_vm {
    bool running, quit, trace;
    unsigned resets, nics;
    char *last;
    const char *fail;
    int fail_code;
};

extern struct fake_vm fake;

/* Back to a stopped machine with one NIC */
void fake_vm_reset(void);

#endif
