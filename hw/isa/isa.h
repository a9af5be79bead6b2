/* SPDX-License-Identifier: MIT */
/*
 * isa.h - the ISA bus: who decodes which ports and drives which line
 *
 * There is nothing to configure on it: jumpers say where a card is, every card
 * sees every cycle, and two that answer the same ports damage each other's
 * data.  So whoever plugs a card asks first.  No GLib, no allocation.
 */
#ifndef HW_ISA_ISA_H
#define HW_ISA_ISA_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ISA_IRQS = 16,
    ISA_PORTS_FIRST = 0x100, /* Ports below are the system board's */
    ISA_PORTS_END = 0x10000,
};

struct isa_dev;

/**
 * struct isa_bus - The slots
 * @irq:   A card changed the level of line @line
 * @first: Cards, linked by struct isa_dev.next
 */
struct isa_bus {
    void (*irq)(struct isa_bus *bus, unsigned line, bool level);
    struct isa_dev *first;
};

/**
 * struct isa_dev - A card
 * @iobase: First of the ports it decodes
 * @ports:  How many
 * @irq:    Line that its interrupt pin is jumpered to
 * @pin:    Level it drives
 * @bus:    NULL while not plugged
 *
 * Owned by the caller, who fills the first three.
 */
struct isa_dev {
    uint32_t iobase, ports;
    uint8_t irq;
    bool pin;
    struct isa_bus *bus;
    struct isa_dev *next;
};

/* The card that decodes any of these ports, or drives this line; NULL: none */
struct isa_dev *isa_at_ports(const struct isa_bus *bus, uint32_t iobase,
                             uint32_t ports);
struct isa_dev *isa_at_irq(const struct isa_bus *bus, unsigned irq);

/* @d must collide with no card; it is then the last in the list */
void isa_plug(struct isa_bus *bus, struct isa_dev *d);
/* Takes back the interrupt; nothing to do for a card that is not plugged */
void isa_unplug(struct isa_dev *d);

/* The card's interrupt pin */
void isa_set_pin(struct isa_dev *d, bool level);

#endif
