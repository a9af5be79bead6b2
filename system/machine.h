/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the machine around the NICs: chipset, interrupt lines, RAM
 */
#ifndef SYSTEM_MACHINE_H
#define SYSTEM_MACHINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/isa/isa.h"
#include "hw/pci/pci.h"
#include "system/ram.h"

enum { MACHINE_IRQS = 24 };

/**
 * struct machine_ops - What the chipset asks of the rest
 * @irq:   ISA interrupt line @n changed
 * @bar:   A BAR of a NIC begins (@on) or ceases to decode
 * @eject: ACPI lets go of slot @slot
 * @msi:   @d sent a message that is no write to RAM
 */
struct machine_ops {
    void (*irq)(unsigned n, bool level);
    void (*bar)(struct pci_dev *d, unsigned bar, bool on);
    void (*eject)(unsigned slot);
    void (*msi)(struct pci_dev *d, uint64_t addr, uint32_t data);
};

/**
 * machine_known() - Look up a machine type
 *
 * Return: its short name ("isapc", "none", "pc", "xenfv"), NULL if unknown
 */
const char *machine_known(const char *type);

/* The list of -machine help, g_free() */
char *machine_help(void);

/**
 * machine_init() - Build the machine; once
 * @name: From machine_known()
 * @ram:  NULL for "none" without memory, and where RAM is the domain's
 */
void machine_init(const char *name, struct ram *ram,
                  const struct machine_ops *ops);

/* NULL if the machine has no such slots */
struct pci_bus *machine_pci(void);
struct isa_bus *machine_isa(void);

/* Chipset state as after power-on; NICs are not touched */
void machine_reset(void);

/* ACPI's view of the slots, bit per slot: present, and asked to go; the first
 * two not where the machine is shared.  Gone: after the card was unplugged */
void machine_slot_added(unsigned slot);
void machine_slot_asked(unsigned slot);
void machine_slot_gone(unsigned slot);

/**
 * machine_is_shared() - Whether another device model has the rest of it
 *
 * Nobody knows then which slots are free, the guest cannot be asked to let go
 * of a card, nor told of a new one.
 */
bool machine_is_shared(void);

/**
 * struct machine_pic - An interrupt controller
 * @path:  QEMU's name of it, a QOM path
 * @first: Line that is its input 0
 * @lines: Inputs
 */
struct machine_pic {
    const char *path;
    unsigned first, lines;
};

/* The i-th, NULL past the last */
const struct machine_pic *machine_pic_at(unsigned i);

/* Lines 0..15 are the ISA interrupts, 16..23 the IOAPIC's others */
bool machine_irq_level(unsigned n);
/* Another source of line @n beside the cards: qtest's set_irq_in */
void machine_set_irq(unsigned n, bool level);

/* The line that interrupt pin @pin (1: INTA) of a slot is routed to; -1: none
 */
int machine_pin_irq(unsigned slot, unsigned pin);

#endif
