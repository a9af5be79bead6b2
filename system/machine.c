// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine around the NICs: its type, interrupt lines, RAM
 *
 * "pc" has PCI slots behind the chipset of i440fx.c and ISA slots, "isapc" ISA
 * slots only, "none" nothing at all.  An interrupt line is the OR of all that
 * drive it.  Both PCs have fw_cfg, by which firmware (and libqos) finds the
 * size of RAM.  "xenfv" is what a domain of Xen's lets us have of its machine:
 * slots of both kinds, and no chip.
 */
#include "system/machine.h"

#include <string.h>

#include "system/machine-int.h"
#include "system/memory.h"

enum {
    /* fw_cfg (QEMU docs/specs/fw_cfg) */
    FW_CFG_BASE = 0x510,
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NB_CPUS = 0x05,

    PICS_MAX = 2,
};

/* RAM leaves room for the VGA window, ROMs and BIOS, and for PCI below 4G */
static const uint64_t ram_hole = 0xa0000, ram_hole_end = 0x100000;
static const uint64_t ram_low_max = 0xe0000000, ram_high = 0x100000000;
/* From there on the low part is cut to 3 GiB, as QEMU's pc does */
static const uint64_t ram_low_cut = 0xc0000000;

/**
 * struct machine_type - A kind of machine
 * @prefix: Names that begin with it mean this machine too, or NULL
 * @chipset: What is around its PCI slots, NULL if it has none
 * @fw_cfg: Firmware may ask for the size of RAM
 * @pic:    Interrupt controllers; QEMU's isapc has no IOAPIC, and its i8259s
 *          have no names but these
 * @desc:   For -machine help
 */
static const struct machine_type {
    const char *name, *prefix;
    const struct chipset *chipset;
    bool isa, fw_cfg;
    struct machine_pic pic[PICS_MAX];
    const char *desc;
} types[] = {
    { .name = "isapc",
      .isa = true,
      .fw_cfg = true,
      .pic = { { "/machine/unattached/device[4]", 0, 8 },
               { "/machine/unattached/device[5]", 8, 8 } },
      .desc = "isapc                ISA-only PC\n" },
    { .name = "none", .desc = "none                 empty machine\n" },
    { .name = "pc",
      .prefix = "pc-i440fx-",
      .chipset = &i440fx,
      .isa = true,
      .fw_cfg = true,
      .pic = { { "/machine/i440fx/ioapic", 0, MACHINE_IRQS } },
      .desc = "pc                   Standard PC (i440FX + PIIX, 1996) (alias "
              "of pc-i440fx-7.2)\n"
              "pc-i440fx-*          the same under the name of any QEMU\n" },
    { .name = "xenfv",
      .prefix = "xenfv-",
      .chipset = &xen_slots,
      .isa = true,
      .desc = "xenfv                slots of a domain of Xen's (-accel xen)\n"
              "xenfv-*              the same under the name of any QEMU\n" },
};

static const struct machine_type *machine;
static const struct machine_ops *ops;
static struct pci_bus *pci_slots;
static uint64_t ram_size;
static uint32_t driven[MACHINE_SOURCES]; /* Bit per line */
static uint16_t fw_cfg_key;
static uint32_t fw_cfg_off;

static const struct machine_type *type_find(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        const struct machine_type *t = &types[i];

        if (!strcmp(name, t->name) ||
            (t->prefix && g_str_has_prefix(name, t->prefix))) {
            return t;
        }
    }
    return NULL;
}

const char *machine_known(const char *type)
{
    const struct machine_type *t = type_find(type);

    return t ? t->name : NULL;
}

char *machine_help(void)
{
    GString *s = g_string_new("Supported machines are:\n");

    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        g_string_append(s, types[i].desc);
    }
    return g_string_free(s, FALSE);
}

/* Interrupt lines */

const struct machine_pic *machine_pic_at(unsigned i)
{
    return i < PICS_MAX && machine->pic[i].path ? &machine->pic[i] : NULL;
}

static uint32_t lines(void)
{
    uint32_t all = 0;

    for (unsigned i = 0; i < MACHINE_SOURCES; i++) {
        all |= driven[i];
    }
    return all;
}

bool machine_irq_level(unsigned n)
{
    return n < MACHINE_IRQS && (lines() >> n & 1);
}

void machine_drive(enum machine_source source, uint32_t now)
{
    uint32_t old = lines();

    driven[source] = now;
    now = lines();
    for (uint32_t diff = old ^ now; diff; diff &= diff - 1) {
        unsigned n = (unsigned)__builtin_ctz(diff);

        ops->irq(n, now >> n & 1);
    }
}

/* As machine_drive(), for line @n alone */
static void drive_line(enum machine_source source, unsigned n, bool level)
{
    machine_drive(source, (driven[source] & ~(1u << n)) | (uint32_t)level << n);
}

void machine_set_irq(unsigned n, bool level)
{
    if (n < MACHINE_IRQS) {
        drive_line(MACHINE_FROM_TEST, n, level);
    }
}

static void slots_irq(struct isa_bus *slots, unsigned line, bool level)
{
    drive_line(MACHINE_FROM_ISA, line, level);
}

static struct isa_bus isa_slots = { .irq = slots_irq };

struct isa_bus *machine_isa(void)
{
    return machine->isa ? &isa_slots : NULL;
}

/* PCI slots */

struct pci_bus *machine_pci(void)
{
    return pci_slots;
}

void machine_slot_added(unsigned slot)
{
    machine->chipset->slot_added(slot);
}

void machine_slot_asked(unsigned slot)
{
    machine->chipset->slot_asked(slot);
}

void machine_slot_gone(unsigned slot)
{
    machine->chipset->slot_gone(slot);
}

bool machine_is_shared(void)
{
    return machine->chipset && machine->chipset->shared;
}

int machine_pin_irq(unsigned slot, unsigned pin)
{
    return machine->chipset->pin_irq(slot, pin);
}

/* fw_cfg */

/* One byte of the selected fw_cfg item, 0 past its end */
static uint8_t fw_cfg_next(void)
{
    const char sig[] = { 'Q', 'E', 'M', 'U' };
    uint32_t off = fw_cfg_off++;
    uint64_t size = ram_size;

    switch (fw_cfg_key) {
    case FW_CFG_SIGNATURE:
        return off < sizeof(sig) ? (uint8_t)sig[off] : 0;
    case FW_CFG_ID:
    case FW_CFG_NB_CPUS:
        return off == 0;
    case FW_CFG_RAM_SIZE:
        size = off < sizeof(size) ? size >> 8 * off : 0;
        return (uint8_t)size;
    default:
        return 0;
    }
}

static uint32_t fw_cfg_read(void *opaque, uint32_t off, unsigned size)
{
    return size == 1 ? fw_cfg_next() : 0;
}

static void fw_cfg_write(void *opaque, uint32_t off, unsigned size,
                         uint32_t val)
{
    if (off == 0 && size == 2) {
        fw_cfg_key = (uint16_t)val;
        fw_cfg_off = 0;
    }
}

static struct mem_region fw_cfg_ports = {
    .name = "fwcfg",
    .base = FW_CFG_BASE,
    .size = 2,
    .read = fw_cfg_read,
    .write = fw_cfg_write,
};

/* Building it */

static void ram_init(struct ram *ram)
{
    uint64_t low = ram_size;

    if (ram_size >= ram_low_max) {
        low = ram_low_cut;
    }
    /* The range that is used most comes first */
    if (low > ram_hole_end) {
        mem_add_ram(ram_hole_end, low - ram_hole_end, ram->host + ram_hole_end);
    }
    mem_add_ram(0, MIN(low, ram_hole), ram->host);
    if (ram_size > low) {
        mem_add_ram(ram_high, ram_size - low, ram->host + low);
    }
}

void machine_reset(void)
{
    fw_cfg_key = 0;
    fw_cfg_off = 0;
    if (machine->chipset) {
        machine->chipset->reset();
    }
}

void machine_init(const char *name, struct ram *ram,
                  const struct machine_ops *machine_ops)
{
    machine = type_find(name);
    ops = machine_ops;
    if (ram) {
        ram_size = ram->size;
        ram->used = true;
        ram_init(ram);
    }
    if (machine->fw_cfg) {
        mem_map(MEM_SPACE_IO, &fw_cfg_ports);
    }
    if (machine->chipset) {
        pci_slots = machine->chipset->init(machine_ops);
    }
    machine_reset();
}
