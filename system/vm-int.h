/* SPDX-License-Identifier: MIT */
/*
 * vm-int.h - what the files behind vm.h share
 */
#ifndef SYSTEM_VM_INT_H
#define SYSTEM_VM_INT_H

#include <glib.h>

#include "system/nicdev.h"
#include "system/options.h"

/* The NICs of the machine (struct nicdev), in the order they were added */
extern GPtrArray *vm_nics;

/**
 * vm_init() - Build the machine that the command line describes
 *
 * Objects, RAM, chipset, backends, NICs; it does not run yet.  Return: false
 * after saying what was wrong; vm_fini() in any case
 */
bool vm_init(const struct options *o);
void vm_fini(void);

/* vm_device_add() and vm_netdev_add() for -nic and -net, see legacy.c */
bool legacy_nics(GPtrArray *items);

/* Say on stderr what is wrong with an option; frees @err, returns false */
bool option_failed(const struct option_item *item, GError *err);

/* Another listener of the interrupt lines: qtest */
void vm_irq_listen(void (*fn)(unsigned n, bool level));

#endif
