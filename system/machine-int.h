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

/* The chipset with PCI; until the first there is none */
void i440fx_init(const struct machine_ops *machine_ops);
void i440fx_reset(void);

#endif
