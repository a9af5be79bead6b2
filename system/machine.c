// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine around the NICs: chipset, interrupt lines, RAM
 *
 * As much of QEMU's "pc" as a driver of a PCI network card touches: the host
 * bridge with configuration mechanism 1, the PIIX3 with its interrupt router,
 * the power management function that firmware looks for, ACPI hot plug, and the
 * fw_cfg keys by which firmware (and libqos) finds the size of RAM.
 *
 * Interrupts: pin INTA..D of a slot goes to one of four PIRQs by the usual
 * rotation, PIRQRCA..D (PIIX3 60h-63h) send those to ISA lines; a line is the
 * OR of all that drive it.
 */
#include "system/machine.h"

#include <string.h>

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

    /* fw_cfg (QEMU docs/specs/fw_cfg) */
    FW_CFG_BASE = 0x510,
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NB_CPUS = 0x05,

    MSI_WINDOW = 0xfee, /* Address bits 31:20 of the local APICs */
};

/* RAM leaves room for the VGA window, ROMs and BIOS, and for PCI below 4G */
static const uint64_t ram_hole = 0xa0000, ram_hole_end = 0x100000;
static const uint64_t ram_low_max = 0xe0000000, ram_high = 0x100000000;
/* From there on the low part is cut to 3 GiB, as QEMU's pc does */
static const uint64_t ram_low_cut = 0xc0000000;

static const struct machine_ops *ops;
static bool is_pc;
static uint64_t ram_size;

static struct pci_bus bus;
static struct pci_dev host_bridge, isa_bridge, pm_function;
static uint32_t config_address;

static unsigned pirq_count[PIRQS];  /* Functions driving it */
static uint32_t irq_pci, irq_other; /* Lines driven, bit per line */

static uint32_t slots_up, slots_down, slots_selected;
static uint16_t fw_cfg_key;
static uint32_t fw_cfg_off;

const char *machine_known(const char *type)
{
    if (!strcmp(type, "none")) {
        return "none";
    }
    if (!strcmp(type, "pc") || g_str_has_prefix(type, "pc-i440fx-")) {
        return "pc";
    }
    return NULL;
}

struct pci_bus *machine_pci(void)
{
    return is_pc ? &bus : NULL;
}

bool machine_irq_level(unsigned n)
{
    return n < MACHINE_IRQS && ((irq_pci | irq_other) >> n & 1);
}

/* Tell of every line that differs between two sets */
static void irq_tell(uint32_t old, uint32_t now)
{
    for (uint32_t diff = old ^ now; diff; diff &= diff - 1) {
        unsigned n = (unsigned)__builtin_ctz(diff);

        ops->irq(n, now >> n & 1);
    }
}

void machine_set_irq(unsigned n, bool level)
{
    uint32_t old = irq_pci | irq_other;

    if (n < MACHINE_IRQS) {
        irq_other &= ~(1u << n);
        irq_other |= (uint32_t)level << n;
        irq_tell(old, irq_pci | irq_other);
    }
}

/* What the router makes of the PIRQs */
static void irq_route(void)
{
    uint32_t old = irq_pci | irq_other;

    irq_pci = 0;
    for (unsigned i = 0; i < PIRQS; i++) {
        uint8_t rc = isa_bridge.cfg[PIRQRC + i];

        if (pirq_count[i] && !(rc & PIRQRC_OFF)) {
            irq_pci |= 1u << (rc & 0xf);
        }
    }
    irq_tell(old, irq_pci | irq_other);
}

/* The PIRQ of interrupt pin @pin (1: INTA) of a slot */
static unsigned pirq_of(unsigned slot, unsigned pin)
{
    return (slot + pin - 1 - 1) & (PIRQS - 1);
}

int machine_pin_irq(unsigned slot, unsigned pin)
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

void machine_slot_added(unsigned slot)
{
    slots_up |= 1u << slot;
}

void machine_slot_asked(unsigned slot)
{
    slots_down |= 1u << slot;
}

void machine_slot_gone(unsigned slot)
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
    { .name = "fwcfg",
      .base = FW_CFG_BASE,
      .size = 2,
      .read = fw_cfg_read,
      .write = fw_cfg_write },
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

static void chipset_init(void)
{
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
}

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
    if (!is_pc) {
        return;
    }
    config_address = 0;
    fw_cfg_key = 0;
    fw_cfg_off = 0;
    slots_selected = 0;
    pci_reset(&host_bridge);
    pci_reset(&isa_bridge);
    pci_reset(&pm_function);
    pm_function.cfg[PCI_INTERRUPT_LINE] = 9;
    memset(isa_bridge.cfg + PIRQRC, PIRQRC_OFF, PIRQS);
    irq_route();
}

void machine_init(const char *name, struct ram *ram,
                  const struct machine_ops *machine_ops)
{
    ops = machine_ops;
    is_pc = !strcmp(name, "pc");
    if (ram) {
        ram_size = ram->size;
        ram->used = true;
        ram_init(ram);
    }
    if (is_pc) {
        chipset_init();
        machine_reset();
    }
}
