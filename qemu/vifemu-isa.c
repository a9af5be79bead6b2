// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-isa.c - a card of ours on QEMU's ISA bus
 *
 * Ports and interrupt line are what jumpers set on a board: properties.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "qapi/error.h"

#include "vifemu-shim.h"

/* Below are the board's own devices */
#define FIRST_PORT 0x100u
#define IO_SPACE   0x10000u

static void isa_irq(struct shim *s, bool level)
{
    qemu_set_irq(s->line, level);
}

/* Whether the jumpers can be set like that */
static bool jumpers_ok(struct shim *s, Error **errp)
{
    const struct nic_isa *board = s->model->isa;
    uint32_t lines = NIC_ISA_IRQS & (board->irqs ? board->irqs : UINT16_MAX);

    if (s->iobase % board->ports || s->iobase < FIRST_PORT ||
        s->iobase > IO_SPACE - board->ports) {
        error_setg(errp,
                   "property 'iobase': 0x%" PRIx32
                   " is not a multiple of 0x%" PRIx32
                   " from 0x%x to 0x%" PRIx32,
                   s->iobase, board->ports, FIRST_PORT,
                   IO_SPACE - board->ports);
        return false;
    }
    if (s->irq >= ISA_NUM_IRQS || !(lines & 1u << s->irq)) {
        g_autoptr(GString) list = g_string_new("");

        for (unsigned i = 0; i < ISA_NUM_IRQS; i++) {
            if (lines & 1u << i) {
                g_string_append_printf(list, "%s%u", list->len ? ", " : "", i);
            }
        }
        error_setg(errp, "property 'irq': %" PRIu32 " is none of %s", s->irq,
                   list->str);
        return false;
    }
    return true;
}

static void isa_realize(DeviceState *dev, Error **errp)
{
    struct shim *s = (struct shim *)dev;

    if (!shim_init(s, errp) || !jumpers_ok(s, errp)) {
        return;
    }
    s->line = isa_get_irq(&s->isa, s->irq);
    shim_window(s, 0, s->model->isa->ports);
    isa_register_ioport(&s->isa, &s->bar[0], (uint16_t)s->iobase);
    /* Never used: the cards do not master the bus */
    shim_start(s, &address_space_memory);
}

static void isa_unrealize(DeviceState *dev)
{
    struct shim *s = (struct shim *)dev;

    memory_region_del_subregion(isa_address_space_io(&s->isa), &s->bar[0]);
    shim_stop(s);
    qemu_set_irq(s->line, false);
}

static void isa_reset(DeviceState *dev)
{
    shim_reset((struct shim *)dev);
}

static void isa_loaded(struct shim *s)
{
    isa_irq(s, card_of(s)->irq_level);
}

static void isa_class_init(DeviceClass *dc, const struct nic_model *m)
{
    dc->realize = isa_realize;
    dc->unrealize = isa_unrealize;
    dc->reset = isa_reset;
}

const struct shim_bus shim_isa = {
    .type = TYPE_ISA_DEVICE,
    .class_init = isa_class_init,
    .irq = isa_irq,
    .loaded = isa_loaded,
};
