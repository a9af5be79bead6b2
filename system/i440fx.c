// SPDX-License-Identifier: MIT
/*
 * i440fx.c - the PCI chipset of machine "pc"
 *
 * As much of QEMU's i440FX and PIIX3 as a driver of a network card touches: the
 * host bridge with configuration mechanism 1, the interrupt router, the power
 * management function that firmware looks for, and ACPI hot plug.
 *
 * Interrupts: pin INTA..D of a slot goes to one of four PIRQs by the usual
 * rotation; PIRQRCA..D (PIIX3 60h-63h) send those to ISA lines.
 */
#include <string.h>

#include "system/machine-int.h"
#include "system/memory.h"

enum {
    PIRQS = 4,
    PIRQRC = 0x60,     /* First of PIRQRCA..D (82371SB, 2.2.10) */
    PIRQRC_OFF = 0x80, /* Not routed */

    /* ACPI PCI hot plug (QEMU docs/specs/acpi_pci_hotplug) */
    HOTPLUG_BASE = 0xae00,
    HOTPLUG_UP = 0x00,
    HOTPLUG_DOWN = 0x04,
    HOTPLUG_EJECT = 0x08,
    HOTPLUG_REMOVABLE = 0x0c,
    HOTPLUG_SELECT = 0x10,
    HOTPLUG_SIZE = 0x18,
    FIXED_SLOTS = 0x3, /* 00 and 01 are the chipset */

    MSI_WINDOW = 0xfee, /* Address bits 31:20 of the local APICs */
};

static const struct machine_ops *ops;

static struct pci_bus bus;
static struct pci_dev host_bridge, isa_bridge, pm_function;
static uint32_t config_address;
static unsigned pirq_count[PIRQS]; /* Functions driving it */
static uint32_t slots_up, slots_down, slots_selected;

/* What the router makes of the PIRQs */
static void irq_route(void)
{
    uint32_t lines = 0;

    for (unsigned i = 0; i < PIRQS; i++) {
        uint8_t rc = isa_bridge.cfg[PIRQRC + i];

        if (pirq_count[i] && !(rc & PIRQRC_OFF)) {
            lines |= 1u << (rc & 0xf);
        }
    }
    machine_drive(MACHINE_FROM_PCI, lines);
}

/* The PIRQ of interrupt pin @pin (1: INTA) of a slot */
static unsigned pirq_of(unsigned slot, unsigned pin)
{
    return (slot + pin - 1 - 1) & (PIRQS - 1);
}

static int pin_irq(unsigned slot, unsigned pin)
{
    uint8_t rc = isa_bridge.cfg[PIRQRC + pirq_of(slot, pin)];

    return rc & PIRQRC_OFF ? -1 : rc & 0xf;
}

static void bus_intx(void *opaque, struct pci_dev *d, bool level)
{
    unsigned i = pirq_of(d->devfn >> 3, d->cfg[PCI_INTERRUPT_PIN]);

    pirq_count[i] += level ? 1u : -1u;
    irq_route();
}

static void bus_msi(void *opaque, struct pci_dev *d, uint64_t addr,
                    uint32_t data)
{
    uint8_t le[4];

    pci_put32(le, data);
    if (addr >> 20 == MSI_WINDOW || !mem_dma_write(addr, le, sizeof(le))) {
        ops->msi(d, addr, data);
    }
}

static void bus_map(void *opaque, struct pci_dev *d, unsigned bar)
{
    ops->bar(d, bar, true);
}

static void bus_unmap(void *opaque, struct pci_dev *d, unsigned bar)
{
    ops->bar(d, bar, false);
}

static const struct pci_bus_ops bus_ops = {
    .map = bus_map, .unmap = bus_unmap, .intx = bus_intx, .msi = bus_msi
};

/*
 * CONFIG_ADDRESS takes whole dwords only (PCI 2.3, 3.2.2.3.2).  Its two lowest
 * bits count, which they do not on a board: libqos selects words with them.
 */
static uint32_t address_read(void *opaque, uint32_t off, unsigned size)
{
    return config_address >> 8 * off;
}

static void address_write(void *opaque, uint32_t off, unsigned size,
                          uint32_t val)
{
    if (size == 4) {
        config_address = val;
    }
}

/* The function that CONFIG_ADDRESS selects, NULL for none */
static struct pci_dev *selected(void)
{
    if (!(config_address & 0x80000000) || (config_address >> 16 & 0xff)) {
        return NULL;
    }
    return bus.dev[config_address >> 8 & 0xff];
}

static uint32_t data_read(void *opaque, uint32_t off, unsigned size)
{
    struct pci_dev *d = selected();

    return d ? pci_cfg_read(d, (config_address & 0xff) | off, size)
             : UINT32_MAX;
}

static void data_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    struct pci_dev *d = selected();

    if (d) {
        pci_cfg_write(d, (config_address & 0xff) | off, size, val);
    }
}

static uint32_t hotplug_read(void *opaque, uint32_t off, unsigned size)
{
    uint32_t val = 0;

    if (slots_selected) {
        return 0; /* One bus only */
    }
    switch (off) {
    case HOTPLUG_UP:
        val = slots_up;
        slots_up = 0;
        break;
    case HOTPLUG_DOWN:
        val = slots_down;
        break;
    case HOTPLUG_REMOVABLE:
        val = ~(uint32_t)FIXED_SLOTS;
        break;
    default:
        break;
    }
    return val;
}

static void hotplug_write(void *opaque, uint32_t off, unsigned size,
                          uint32_t val)
{
    if (off == HOTPLUG_SELECT) {
        slots_selected = val;
    } else if (off == HOTPLUG_EJECT && !slots_selected && val) {
        ops->eject((unsigned)__builtin_ctz(val));
    }
}

static void slot_added(unsigned slot)
{
    slots_up |= 1u << slot;
}

static void slot_asked(unsigned slot)
{
    slots_down |= 1u << slot;
}

static void slot_gone(unsigned slot)
{
    slots_up &= ~(1u << slot);
    slots_down &= ~(1u << slot);
}

static void isa_bridge_written(struct pci_dev *d, unsigned off, unsigned len)
{
    if (off + len > PIRQRC && off < PIRQRC + PIRQS) {
        irq_route();
    }
}

static const struct pci_ops plain_ops = { 0 };
static const struct pci_ops isa_bridge_ops = { .written = isa_bridge_written };

static struct mem_region ports[] = {
    { .name = "pci-conf-idx",
      .base = 0xcf8,
      .size = 4,
      .read = address_read,
      .write = address_write },
    { .name = "pci-conf-data",
      .base = 0xcfc,
      .size = 4,
      .read = data_read,
      .write = data_write },
    { .name = "acpi-pci-hotplug",
      .base = HOTPLUG_BASE,
      .size = HOTPLUG_SIZE,
      .read = hotplug_read,
      .write = hotplug_write },
};

static void chip_init(struct pci_dev *d, const struct pci_ops *dev_ops,
                      uint16_t device, uint8_t revision, uint16_t class,
                      uint8_t devfn)
{
    pci_init(d, dev_ops, 0x8086, device, revision, class);
    pci_put16(d->cfg + PCI_SUBSYSTEM_VENDOR_ID, 0x1af4);
    pci_put16(d->cfg + PCI_SUBSYSTEM_ID, 0x1100);
    pci_plug(&bus, d, devfn);
}

static struct pci_bus *chips_init(const struct machine_ops *machine_ops)
{
    ops = machine_ops;
    bus.ops = &bus_ops;
    chip_init(&host_bridge, &plain_ops, 0x1237, 2, 0x0600, 0);
    chip_init(&isa_bridge, &isa_bridge_ops, 0x7000, 0, 0x0601, 1 << 3);
    isa_bridge.cfg[PCI_HEADER_TYPE] = PCI_HEADER_MULTIFUNCTION;
    memset(isa_bridge.rw + PIRQRC, 0xff, PIRQS);
    chip_init(&pm_function, &plain_ops, 0x7113, 3, 0x0680, 1 << 3 | 3);
    pm_function.cfg[PCI_INTERRUPT_PIN] = 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(ports); i++) {
        mem_map(MEM_SPACE_IO, &ports[i]);
    }
    return &bus;
}

static void chips_reset(void)
{
    config_address = 0;
    slots_selected = 0;
    pci_reset(&host_bridge);
    pci_reset(&isa_bridge);
    pci_reset(&pm_function);
    pm_function.cfg[PCI_INTERRUPT_LINE] = 9;
    memset(isa_bridge.cfg + PIRQRC, PIRQRC_OFF, PIRQS);
    irq_route();
}

const struct chipset i440fx = {
    .init = chips_init,
    .reset = chips_reset,
    .slot_added = slot_added,
    .slot_asked = slot_asked,
    .slot_gone = slot_gone,
    .pin_irq = pin_irq,
};
