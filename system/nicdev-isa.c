// SPDX-License-Identifier: MIT
/*
 * nicdev-isa.c - a NIC that is an ISA card: its ports and its interrupt line
 *
 * Two cards that answer the same ports, or share a line, work on no board, and
 * nobody would find out why from the guest's side.  So that is refused here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/machine.h"
#include "system/nicdev-int.h"
#include "system/opts.h"

static const char *card_name(const struct isa_dev *i)
{
    return nicdev_name(
        (const void *)((const char *)i - offsetof(struct nicdev, isa)));
}

static bool card_prop_at(const struct nic_model *model, unsigned i,
                         struct vm_prop *out)
{
    static char help[48], def[12];
    const struct nic_isa *p = model->isa;

    switch (i) {
    case 0:
        snprintf(help, sizeof(help), "first of its %" PRIu32 " ports (0x%x)",
                 p->ports, p->iobase);
        snprintf(def, sizeof(def), "%" PRIu32, p->iobase);
        *out = (struct vm_prop){ "iobase", "uint32", help, def };
        return true;
    case 1:
        snprintf(def, sizeof(def), "%u", p->irq);
        *out = (struct vm_prop){ "irq", "uint32", "interrupt line", def };
        return true;
    default:
        return false;
    }
}

/* Lines that a card can have */
static uint32_t card_irqs(const struct nic_isa *p)
{
    return NIC_ISA_IRQS & (p->irqs ? p->irqs : UINT16_MAX);
}

/* "3, 4, 7" */
static char *irq_list(uint32_t irqs)
{
    GString *s = g_string_new(NULL);

    for (; irqs; irqs &= irqs - 1) {
        g_string_append_printf(s, "%s%d", s->len ? ", " : "",
                               __builtin_ctz(irqs));
    }
    return g_string_free(s, FALSE);
}

/* Whose any of these ports are, and all the ports it has; NULL: nobody's */
static const char *ports_owner(const struct isa_bus *bus, uint32_t iobase,
                               uint32_t ports, uint64_t *first, uint64_t *last)
{
    const struct isa_dev *i = isa_at_ports(bus, iobase, ports);
    const struct mem_region *r = mem_overlap(MEM_SPACE_IO, iobase, ports);

    if (!i && !r) {
        return NULL;
    }
    *first = i ? i->iobase : r->base;
    *last = *first + (i ? i->ports : r->size) - 1;
    return i ? card_name(i) : r->name;
}

/* The first port, by option or by default */
static bool iobase_read(JsonObject *opts, const struct nic_isa *p,
                        uint64_t *iobase, GError **err)
{
    *iobase = p->iobase;
    if (!opts_uint(opts, "iobase", 0, UINT32_MAX, iobase, err)) {
        return false;
    }
    if (*iobase % p->ports || *iobase < ISA_PORTS_FIRST ||
        *iobase > ISA_PORTS_END - p->ports) {
        return vm_fail(err,
                       "property 'iobase' cannot be 0x%" PRIx64
                       ": it takes a multiple of 0x%x from 0x%x to 0x%x",
                       *iobase, p->ports, ISA_PORTS_FIRST,
                       ISA_PORTS_END - p->ports);
    }
    return true;
}

static bool iobase_set(struct nicdev *d, const struct isa_bus *bus,
                       GError **err)
{
    uint32_t ports = d->nic->model->isa->ports;
    uint64_t iobase, first, last;
    const char *owner;

    if (!iobase_read(d->opts, d->nic->model->isa, &iobase, err)) {
        return false;
    }
    owner = ports_owner(bus, (uint32_t)iobase, ports, &first, &last);
    if (owner) {
        return vm_fail(err,
                       "property 'iobase' of '%s' cannot be 0x%" PRIx64
                       ": '%s' has ports 0x%" PRIx64 "-0x%" PRIx64,
                       nicdev_name(d), iobase, owner, first, last);
    }
    d->isa.iobase = (uint32_t)iobase;
    d->isa.ports = ports;
    return true;
}

/* The line, by option or by default */
static bool irq_read(JsonObject *opts, const struct nic_isa *p, uint64_t *irq,
                     GError **err)
{
    uint32_t irqs = card_irqs(p);
    g_autofree char *all = irq_list(irqs);

    *irq = p->irq;
    if (!opts_uint(opts, "irq", 0, UINT32_MAX, irq, err)) {
        return false;
    }
    return (*irq < ISA_IRQS && (irqs >> *irq & 1)) ||
           vm_fail(err,
                   "property 'irq' cannot be %" PRIu64 ": it takes one of %s",
                   *irq, all);
}

static bool irq_set(struct nicdev *d, const struct isa_bus *bus, GError **err)
{
    uint32_t unused = card_irqs(d->nic->model->isa);
    g_autofree char *list = NULL;
    const struct isa_dev *other;
    uint64_t irq;

    if (!irq_read(d->opts, d->nic->model->isa, &irq, err)) {
        return false;
    }
    other = isa_at_irq(bus, (unsigned)irq);
    for (const struct isa_dev *i = bus->first; i; i = i->next) {
        unused &= ~(1u << i->irq);
    }
    if (other) {
        list = irq_list(unused);
        return vm_fail(err,
                       "property 'irq' of '%s' cannot be %" PRIu64
                       ": it is that of '%s'; %s%s",
                       nicdev_name(d), irq, card_name(other),
                       *list ? "free are " : "none is free", list);
    }
    d->isa.irq = (uint8_t)irq;
    return true;
}

static bool card_check(JsonObject *opts, const struct nic_model *model,
                       GError **err)
{
    uint64_t iobase, irq;

    return iobase_read(opts, model->isa, &iobase, err) &&
           irq_read(opts, model->isa, &irq, err);
}

static bool card_init(struct nicdev *d, GError **err)
{
    const struct isa_bus *bus = machine_isa();

    if (!bus) {
        return vm_fail(err, "No 'ISA' bus found for device '%s'",
                       d->nic->model->name);
    }
    return iobase_set(d, bus, err) && irq_set(d, bus, err);
}

static void card_plug(struct nicdev *d)
{
    struct mem_region *r = &d->bar[0].region;

    nicdev_bar_init(d, 0, d->isa.ports);
    r->base = d->isa.iobase;
    r->last = true;
    mem_map(MEM_SPACE_IO, r);
    isa_plug(machine_isa(), &d->isa);
}

static void card_unplug(struct nicdev *d)
{
    mem_unmap(MEM_SPACE_IO, &d->bar[0].region);
    isa_unplug(&d->isa);
}

static void card_irq(struct nicdev *d, bool level)
{
    isa_set_pin(&d->isa, level);
}

/* The bus has no state */
static void card_reset(struct nicdev *d)
{
}

const struct nicdev_bus nicdev_isa = {
    .id = "isa.0",
    .prop_at = card_prop_at,
    .check = card_check,
    .init = card_init,
    .plug = card_plug,
    .unplug = card_unplug,
    .irq = card_irq,
    .reset = card_reset,
};
