/* SPDX-License-Identifier: MIT */
/*
 * pci.h - conventional PCI functions: configuration space, BARs, interrupts
 *
 * A function (struct pci_dev) is a type 0 configuration space driven by masks;
 * a bus (struct pci_bus) is what it is plugged into.  Whoever owns the bus says
 * how regions are mapped and how interrupts are delivered, so the same code
 * serves our machine and an ioreq server.  No GLib, no allocation.
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PCI_CFG_SIZE = 256,
    PCI_SLOTS = 32,
    PCI_FUNCTIONS = 8,
    PCI_BARS = 7,    /* Six base address registers and the expansion ROM */
    PCI_BAR_ROM = 6, /* Index of the ROM's */
};

/* Offsets in a type 0 header (PCI 2.3, 6.1) */
enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROG = 0x09,
    PCI_CLASS_DEVICE = 0x0a,
    PCI_CACHE_LINE_SIZE = 0x0c,
    PCI_LATENCY_TIMER = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BASE_ADDRESS_0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_ROM_ADDRESS = 0x30,
    PCI_CAPABILITY_LIST = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_MIN_GNT = 0x3e,
    PCI_MAX_LAT = 0x3f,
};

/* Bits of Command and Status */
enum {
    PCI_COMMAND_IO = 0x0001,
    PCI_COMMAND_MEMORY = 0x0002,
    PCI_COMMAND_MASTER = 0x0004,
    PCI_COMMAND_INVALIDATE = 0x0010,
    PCI_COMMAND_PARITY = 0x0040,
    PCI_COMMAND_SERR = 0x0100,
    PCI_COMMAND_INTX_DISABLE = 0x0400,
    PCI_STATUS_INTERRUPT = 0x0008,
    PCI_STATUS_CAP_LIST = 0x0010,
    PCI_STATUS_DEVSEL_MEDIUM = 0x0200,
    PCI_STATUS_MASTER_ABORT = 0x2000, /* Of the function's own access */
    PCI_STATUS_W1C = 0xf900,          /* Errors seen */
};

enum {
    PCI_CAP_ID_PM = 0x01,
    PCI_CAP_ID_MSI = 0x05,
    PCI_PM_SIZE = 8,
    PCI_MSI_SIZE = 14,
    PCI_HEADER_MULTIFUNCTION = 0x80,
    PCI_ROM_ADDRESS_ENABLE = 0x01,
};

struct pci_dev;

/**
 * struct pci_ops - What a function does beyond its configuration space
 * @read, @write: Access to a mapped BAR; for PCI_BAR_ROM only @read
 * @bus_master: DMA was allowed or forbidden (Command, power state)
 * @pmcsr, @set_pmcsr: The PMCSR is kept by the card; @lanes: bits the access
 *            carried.  NULL without a power management capability
 * @written:  Bytes @off .. @off + @len - 1 were written; for chips with
 *            registers of their own there.  May be NULL
 *
 * All may be NULL for a function without BARs.
 */
struct pci_ops {
    uint32_t (*read)(struct pci_dev *d, unsigned bar, uint32_t off,
                     unsigned size);
    void (*write)(struct pci_dev *d, unsigned bar, uint32_t off, unsigned size,
                  uint32_t val);
    void (*bus_master)(struct pci_dev *d, bool on);
    uint16_t (*pmcsr)(struct pci_dev *d);
    void (*set_pmcsr)(struct pci_dev *d, uint16_t val, uint16_t lanes);
    void (*written)(struct pci_dev *d, unsigned off, unsigned len);
};

/**
 * struct pci_bar - A base address register
 * @size:   Power of two, 0 if there is none
 * @io:     Decodes I/O space
 * @mapped: Decodes now, at @addr
 */
struct pci_bar {
    uint32_t size;
    bool io, mapped;
    uint32_t addr;
};

/**
 * struct pci_bus_ops - What the owner of a bus does
 * @map, @unmap: d->bar[bar] begins or ceases to decode at its addr
 * @intx: Level of the function's interrupt pin; called on changes only
 * @msi:  Deliver a message
 */
struct pci_bus_ops {
    void (*map)(void *opaque, struct pci_dev *d, unsigned bar);
    void (*unmap)(void *opaque, struct pci_dev *d, unsigned bar);
    void (*intx)(void *opaque, struct pci_dev *d, bool level);
    void (*msi)(void *opaque, struct pci_dev *d, uint64_t addr, uint32_t data);
};

struct pci_bus {
    const struct pci_bus_ops *ops;
    void *opaque;
    struct pci_dev *dev[PCI_SLOTS * PCI_FUNCTIONS];
};

/**
 * struct pci_dev - One function
 * @ops, @cfg, @rw: Filled by the owner before pci_plug(), with the help of the
 *          functions below.  @rw has the bits software may write
 * @w1c:    Bits cleared by writing one
 * @bus:    NULL while not plugged
 * @devfn:  Slot << 3 | function
 * @pm, @msi: Offset of the capability, 0 without
 * @pin:    Level the card drives
 * @intx:   Level the bus was told
 */
struct pci_dev {
    const struct pci_ops *ops;
    struct pci_bus *bus;
    uint8_t devfn;
    uint8_t cfg[PCI_CFG_SIZE], rw[PCI_CFG_SIZE], w1c[PCI_CFG_SIZE];
    struct pci_bar bar[PCI_BARS];
    uint8_t pm, msi;
    bool pin, intx, bus_master;
};

static inline uint16_t pci_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t pci_get32(const uint8_t *p)
{
    return pci_get16(p) | (uint32_t)pci_get16(p + 2) << 16;
}

static inline void pci_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void pci_put32(uint8_t *p, uint32_t v)
{
    pci_put16(p, (uint16_t)v);
    pci_put16(p + 2, (uint16_t)(v >> 16));
}

/**
 * pci_init() - Make zeroed memory a function without BARs and capabilities
 * @class: Base class and subclass, 0x0200 for Ethernet
 */
void pci_init(struct pci_dev *d, const struct pci_ops *ops, uint16_t vendor,
              uint16_t device, uint8_t revision, uint16_t class);

/* Give it a BAR; @size: power of two, at least 4 (I/O), 16 (memory), 2K (ROM)
 */
void pci_add_bar(struct pci_dev *d, unsigned bar, bool io, uint32_t size);

/**
 * pci_add_pm(), pci_add_msi() - Append a capability to the list
 * @at: Offset, at least 0x40 and a multiple of 4, with room for it
 */
void pci_add_pm(struct pci_dev *d, uint8_t at, uint16_t pmc);
void pci_add_msi(struct pci_dev *d, uint8_t at);

/* Nothing may be at @devfn.  The function's state is that after pci_reset() */
void pci_plug(struct pci_bus *bus, struct pci_dev *d, uint8_t devfn);
/* Unmaps all and takes back the interrupt */
void pci_unplug(struct pci_dev *d);

/* RST#: clears what software may write and un-maps; cards reset themselves */
void pci_reset(struct pci_dev *d);

/* Take what software wrote from configuration space that was saved, maybe
 * elsewhere; the rest of it is not looked at */
void pci_load(struct pci_dev *d, const uint8_t cfg[PCI_CFG_SIZE]);

/* The card's interrupt pin: INTx, or a message on its rising edge with MSI */
void pci_set_pin(struct pci_dev *d, bool level);
bool pci_msi_enabled(const struct pci_dev *d);

/**
 * pci_cfg_read(), pci_cfg_write() - Access to configuration space
 * @off: 0 .. 255; an access across a dword ends at it (bytes beyond read ones)
 * @size: 1, 2 or 4
 */
uint32_t pci_cfg_read(struct pci_dev *d, unsigned off, unsigned size);
void pci_cfg_write(struct pci_dev *d, unsigned off, unsigned size,
                   uint32_t val);

#endif
