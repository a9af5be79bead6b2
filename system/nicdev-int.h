/* SPDX-License-Identifier: MIT */
/*
 * nicdev-int.h - what the files behind nicdev.h share
 */
#ifndef SYSTEM_NICDEV_INT_H
#define SYSTEM_NICDEV_INT_H

#include "system/nicdev.h"

/**
 * struct nicdev_bus - The kind of bus that a NIC is on
 * @id:      What bus= calls it
 * @prop_at: The i-th property of cards on it, false past the last
 * @check:   Whether the values of those can be, whatever else there is in the
 *           machine and on the host
 * @value:   Value of one of those that is known better than from the options,
 *           g_free(); NULL for others
 * @init:    Find the card's place and make what is there, from d->opts.  False
 *           with @err, and nothing to undo but d->rom
 * @plug, @unplug: The card is on the bus from one to the other
 * @irq:     Level of its pin
 * @reset:   What the bus's reset does beside resetting the card
 */
struct nicdev_bus {
    const char *id;
    bool (*prop_at)(const struct nic_model *model, unsigned i,
                    struct vm_prop *out);
    bool (*check)(JsonObject *opts, const struct nic_model *model,
                  GError **err);
    char *(*value)(const struct nicdev *d, const char *name);
    bool (*init)(struct nicdev *d, GError **err);
    void (*plug)(struct nicdev *d);
    void (*unplug)(struct nicdev *d);
    void (*irq)(struct nicdev *d, bool level);
    void (*reset)(struct nicdev *d);
};

extern const struct nicdev_bus nicdev_pci, nicdev_isa;

static inline const struct nicdev_bus *nicdev_bus_of(const struct nic_model *m)
{
    return m->pci ? &nicdev_pci : &nicdev_isa;
}

/* Its id, or what it is */
static inline const char *nicdev_name(const struct nicdev *d)
{
    return d->id ? d->id : d->nic->model->name;
}

/* An access to a register, and what has to follow it at once */
void nicdev_write(struct nicdev *d, unsigned bar, uint32_t off, unsigned size,
                  uint32_t val);
/* d->bar[bar] becomes a region of the card's registers, not yet mapped */
void nicdev_bar_init(struct nicdev *d, unsigned bar, uint32_t size);

/* Properties (nicdev-prop.c) */

/* The model's own properties into nic.prop[] */
bool nicdev_props_set(struct nicdev *d, GError **err);
/* The card's address, from mac= or the next default, into nic.mac */
bool nicdev_mac_set(struct nicdev *d, GError **err);
/* Whether nic.mac is taken, if it is one of the defaults */
void nicdev_mac_use(const struct nicdev *d, bool taken);

#endif
