// SPDX-License-Identifier: MIT
/*
 * isa.c - the ISA bus: who decodes which ports and drives which line
 */
#include "hw/isa/isa.h"

#include <stddef.h>

struct isa_dev *isa_at_ports(const struct isa_bus *bus, uint32_t iobase,
                             uint32_t ports)
{
    for (struct isa_dev *d = bus->first; d; d = d->next) {
        if (iobase < d->iobase + d->ports && d->iobase < iobase + ports) {
            return d;
        }
    }
    return NULL;
}

struct isa_dev *isa_at_irq(const struct isa_bus *bus, unsigned irq)
{
    for (struct isa_dev *d = bus->first; d; d = d->next) {
        if (d->irq == irq) {
            return d;
        }
    }
    return NULL;
}

void isa_plug(struct isa_bus *bus, struct isa_dev *d)
{
    struct isa_dev **at = &bus->first;

    while (*at) {
        at = &(*at)->next;
    }
    *at = d;
    d->next = NULL;
    d->bus = bus;
    d->pin = false;
}

void isa_unplug(struct isa_dev *d)
{
    if (!d->bus) {
        return;
    }
    isa_set_pin(d, false);
    for (struct isa_dev **at = &d->bus->first; *at; at = &(*at)->next) {
        if (*at == d) {
            *at = d->next;
            break;
        }
    }
    d->bus = NULL;
}

void isa_set_pin(struct isa_dev *d, bool level)
{
    if (d->bus && level != d->pin) {
        d->pin = level;
        d->bus->irq(d->bus, d->irq, level);
    }
}
