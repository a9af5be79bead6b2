/* SPDX-License-Identifier: MIT */
/*
 * machine-int.h - what the files behind machine.h share
 */
#ifndef SYSTEM_MACHINE_INT_H
#define SYSTEM_MACHINE_INT_H

#include <stdint.h>

#include "system/machine.h"

/* Who drives interrupt lines */
enum machine_source {
    MACHINE_FROM_PCI,
    MACHINE_FROM_ISA,
    MACHINE_FROM_TEST, /* qtest's set_irq_in */
    MACHINE_SOURCES,
};

/* All the lines that @source drives, a bit for each */
void machine_drive(enum machine_source source, uint32_t now);

/**
 * struct chipset - What is around the PCI slots of a machine
 * @shared: See machine_is_shared(); @slot_added and @slot_asked are NULL then
 * @init:  Build it, once
 * @reset: As after power-on; NICs are not touched
 * @slot_added, @slot_asked, @slot_gone, @pin_irq: As machine.h's
 */
struct chipset {
    bool shared;
    struct pci_bus *(*init)(const struct machine_ops *ops);
    void (*reset)(void);
    void (*slot_added)(unsigned slot);
    void (*slot_asked)(unsigned slot);
    void (*slot_gone)(unsigned slot);
    int (*pin_irq)(unsigned slot, unsigned pin);
};

extern const struct chipset i440fx;    /* QEMU's "pc" */
extern const struct chipset xen_slots; /* A domain's; accel-xen.c */

#endif
