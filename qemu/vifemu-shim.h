/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vifemu-shim.h - what the files of the shim share
 *
 * vifemu-shim.c has what every card in QEMU needs, vifemu-pci.c and
 * vifemu-isa.c what its bus adds, vifemu-net.c the way to QEMU's network.
 * Included after "qemu/osdep.h", as QEMU wants it.
 */
#ifndef VIFEMU_SHIM_H
#define VIFEMU_SHIM_H

#include "hw/isa/isa.h"
#include "hw/pci/pci.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qemu/timer.h"
#include "sysemu/dma.h"
#include "sysemu/runstate.h"

#include "hw/nic.h"
#include "net/port.h"

struct shim;
struct shim_in;

/**
 * struct shim_bus - What PCI and ISA do each in their own way
 * @type:       QOM type of the bus's devices
 * @interfaces: That a type of ours implements, or NULL
 * @class_init: Fills in the parent's class
 * @irq:        The card's pin has a new level
 * @abort:      DMA of the card's found nobody; may be NULL
 * @saving:     The bus's own part of the state is about to be saved; may be
 *              NULL
 * @loaded:     The card and the bus's own part took a saved state
 */
struct shim_bus {
    const char *type;
    InterfaceInfo *interfaces;
    void (*class_init)(DeviceClass *dc, const struct nic_model *m);
    void (*irq)(struct shim *s, bool level);
    void (*abort)(struct shim *s);
    void (*saving)(struct shim *s);
    void (*loaded)(struct shim *s);
};

extern const struct shim_bus shim_pci, shim_isa;

/**
 * struct shim_ref - What a callback with one pointer needs: which of several
 */
struct shim_ref {
    struct shim *shim;
    unsigned i;
};

/**
 * struct shim - One card in QEMU
 * @prop_bool, @prop_uint: Where qdev puts properties, by index of the model's
 *              list; which of the two is used depends on the property's type
 * @as:         What DMA sees
 * @iobase, @irq: ISA: how the jumpers are set
 * @line:       ISA: where the pin leads to
 * @bh:         The deferred visit
 * @running:    Tells when the machine runs again
 * @in:         Packets have a vnet header, and this is the one on its way to
 * the card; NULL if frames are plain
 * @blocked:    QEMU queues a frame of ours; no more until it was sent
 * @loading:    The pin's level comes from a saved state: it is no edge
 * @state, @state_len: The card's saved state, only while saving or loading
 * @card:       The model's instance, of model->size bytes
 */
struct shim {
    union {
        DeviceState dev;
        PCIDevice pci;
        ISADevice isa;
    };
    NICState *nic;
    NICConf conf;
    const struct nic_model *model;
    const struct shim_bus *bus;
    struct port *port;
    struct shim_in *in;
    AddressSpace *as;
    MemoryRegion bar[6];
    struct shim_ref bar_ref[6], timer_ref[NIC_TIMERS_MAX];
    QEMUTimer *timer[NIC_TIMERS_MAX];
    bool prop_bool[NIC_PROPS_MAX], trace;
    uint32_t prop_uint[NIC_PROPS_MAX];
    uint32_t iobase, irq;
    qemu_irq line;
    QEMUBH *bh;
    VMChangeStateEntry *running;
    bool blocked, loading;
    uint8_t *state;
    uint32_t state_len;
    uint8_t card[] QEMU_ALIGNED(16);
};

static inline struct nic *card_of(struct shim *s)
{
    return (struct nic *)s->card;
}

static inline struct shim *shim_of(struct nic *n)
{
    return (struct shim *)((uint8_t *)n - offsetof(struct shim, card));
}

/**
 * shim_init() - First half of realize: the card exists and has its properties
 *
 * False with @errp set if a property is out of range; there is nothing to undo.
 */
bool shim_init(struct shim *s, Error **errp);

/**
 * shim_start() - Second half of realize: the card is in the machine
 * @as: What its DMA sees
 *
 * Cannot fail.
 */
void shim_start(struct shim *s, AddressSpace *as);

/** shim_stop() - Undo both */
void shim_stop(struct shim *s);

/** shim_reset() - The bus's reset */
void shim_reset(struct shim *s);

/**
 * shim_map() - RAM as the card's DMA sees it; undo with dma_memory_unmap()
 * @len: Of it, in and out: cut to what is contiguous.  Not 0
 *
 * Return: NULL where no RAM is, with @len undefined
 */
void *shim_map(struct shim *s, gpa_t at, dma_addr_t *len, DMADirection dir);

/** shim_window() - Make BAR @i, or the ISA window, which the caller maps */
void shim_window(struct shim *s, unsigned i, uint32_t size);

/* vifemu-net.c */

/** shim_net_init() - Plug the card into its netdev; needs s->bh */
void shim_net_init(struct shim *s);
void shim_net_exit(struct shim *s);
/** shim_net_reset() - Forget all frames on their way */
void shim_net_reset(struct shim *s);

#endif
