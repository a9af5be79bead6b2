// SPDX-License-Identifier: MIT
/*
 * pci.c - conventional PCI functions: configuration space, BARs, interrupts
 *
 * Configuration space is an array of bytes with masks.  A write changes bytes,
 * then everything that follows from them (decoding, bus mastering, interrupt)
 * is brought in line by comparing with what the bus was told last, so the order
 * in which software sets things up does not matter.
 */
#include "hw/pci/pci.h"

#include <string.h>

enum {
    PM_PMC = 2,
    PM_PMCSR = 4,
    PMCSR_STATE_MASK = 0x0003,

    MSI_CONTROL = 2,
    MSI_ADDR_LO = 4,
    MSI_ADDR_HI = 8,
    MSI_DATA = 12,
    MSI_ENABLE = 0x0001,
    MSI_64BIT = 0x0080,

    COMMAND_RW = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                 PCI_COMMAND_INVALIDATE | PCI_COMMAND_PARITY |
                 PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE,
};

/* Offset of a BAR's register */
static unsigned bar_reg(unsigned bar)
{
    return bar == PCI_BAR_ROM ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * bar;
}

/* In D3hot a function answers configuration accesses and nothing else */
static bool powered(struct pci_dev *d)
{
    return !d->pm || !(d->ops->pmcsr(d) & PMCSR_STATE_MASK);
}

/**
 * bar_decode() - Where a BAR should decode now
 *
 * Addresses at which hardware would decode and no one can mean it (0, what
 * sizing leaves behind, past 64K of I/O space) count as not set up: decoding
 * them would hide RAM or ports of the chipset.
 */
static bool bar_decode(struct pci_dev *d, unsigned i, uint32_t *addr)
{
    const struct pci_bar *b = &d->bar[i];
    uint32_t reg = pci_get32(d->cfg + bar_reg(i));
    uint16_t command = pci_get16(d->cfg + PCI_COMMAND);

    if (!b->size || !powered(d) ||
        !(command & (b->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) ||
        (i == PCI_BAR_ROM && !(reg & PCI_ROM_ADDRESS_ENABLE))) {
        return false;
    }
    *addr = reg & ~(b->size - 1);
    if (!*addr || *addr + (b->size - 1) == UINT32_MAX) {
        return false;
    }
    return !b->io || *addr + (b->size - 1) <= UINT16_MAX;
}

static void bar_update(struct pci_dev *d, unsigned i)
{
    struct pci_bar *b = &d->bar[i];
    uint32_t addr = 0;
    bool on = d->bus && bar_decode(d, i, &addr);

    if (b->mapped && (!on || addr != b->addr)) {
        b->mapped = false;
        d->bus->ops->unmap(d->bus->opaque, d, i);
    }
    if (on && !b->mapped) {
        b->mapped = true;
        b->addr = addr;
        d->bus->ops->map(d->bus->opaque, d, i);
    }
}

bool pci_msi_enabled(const struct pci_dev *d)
{
    return d->msi && (d->cfg[d->msi + MSI_CONTROL] & MSI_ENABLE);
}

static void intx_update(struct pci_dev *d)
{
    uint16_t command = pci_get16(d->cfg + PCI_COMMAND);
    bool level = d->bus && d->pin && !(command & PCI_COMMAND_INTX_DISABLE) &&
                 !pci_msi_enabled(d) && powered(d);

    if (d->intx != level) {
        d->intx = level;
        d->bus->ops->intx(d->bus->opaque, d, level);
    }
}

static void bus_master_update(struct pci_dev *d)
{
    bool on = d->bus && powered(d) &&
              (pci_get16(d->cfg + PCI_COMMAND) & PCI_COMMAND_MASTER);

    if (d->bus_master != on) {
        d->bus_master = on;
        if (d->ops->bus_master) {
            d->ops->bus_master(d, on);
        }
    }
}

static void update(struct pci_dev *d)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        bar_update(d, i);
    }
    intx_update(d);
    bus_master_update(d);
}

void pci_init(struct pci_dev *d, const struct pci_ops *ops, uint16_t vendor,
              uint16_t device, uint8_t revision, uint16_t class)
{
    d->ops = ops;
    pci_put16(d->cfg + PCI_VENDOR_ID, vendor);
    pci_put16(d->cfg + PCI_DEVICE_ID, device);
    d->cfg[PCI_REVISION_ID] = revision;
    pci_put16(d->cfg + PCI_CLASS_DEVICE, class);
    pci_put16(d->rw + PCI_COMMAND, COMMAND_RW);
    pci_put16(d->w1c + PCI_STATUS, PCI_STATUS_W1C);
    d->rw[PCI_CACHE_LINE_SIZE] = 0xff;
    d->rw[PCI_LATENCY_TIMER] = 0xff;
    d->rw[PCI_INTERRUPT_LINE] = 0xff;
}

void pci_add_bar(struct pci_dev *d, unsigned bar, bool io, uint32_t size)
{
    uint8_t *rw = d->rw + bar_reg(bar);

    d->bar[bar] = (struct pci_bar){ .size = size, .io = io };
    pci_put32(rw, ~(size - 1));
    if (bar == PCI_BAR_ROM) {
        rw[0] |= PCI_ROM_ADDRESS_ENABLE;
    } else {
        d->cfg[bar_reg(bar)] = io;
    }
}

/* Put a capability at the end of the list */
static void cap_append(struct pci_dev *d, uint8_t at, uint8_t id)
{
    unsigned link = PCI_CAPABILITY_LIST;

    d->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    while (d->cfg[link]) {
        link = d->cfg[link] + 1u;
    }
    d->cfg[link] = at;
    d->cfg[at] = id;
    d->cfg[at + 1] = 0;
}

void pci_add_pm(struct pci_dev *d, uint8_t at, uint16_t pmc)
{
    cap_append(d, at, PCI_CAP_ID_PM);
    pci_put16(d->cfg + at + PM_PMC, pmc);
    d->pm = at;
}

void pci_add_msi(struct pci_dev *d, uint8_t at)
{
    cap_append(d, at, PCI_CAP_ID_MSI);
    pci_put16(d->cfg + at + MSI_CONTROL, MSI_64BIT);
    pci_put16(d->rw + at + MSI_CONTROL, MSI_ENABLE);
    pci_put32(d->rw + at + MSI_ADDR_LO, ~3u);
    pci_put32(d->rw + at + MSI_ADDR_HI, UINT32_MAX);
    pci_put16(d->rw + at + MSI_DATA, UINT16_MAX);
    d->msi = at;
}

void pci_plug(struct pci_bus *bus, struct pci_dev *d, uint8_t devfn)
{
    d->bus = bus;
    d->devfn = devfn;
    bus->dev[devfn] = d;
}

void pci_unplug(struct pci_dev *d)
{
    struct pci_bus *bus = d->bus;

    pci_reset(d);
    d->pin = false;
    intx_update(d);
    bus->dev[d->devfn] = NULL;
    d->bus = NULL;
}

void pci_reset(struct pci_dev *d)
{
    for (unsigned i = 0; i < PCI_CFG_SIZE; i++) {
        d->cfg[i] &= (uint8_t) ~(d->rw[i] | d->w1c[i]);
    }
    update(d);
}

void pci_load(struct pci_dev *d, const uint8_t cfg[PCI_CFG_SIZE])
{
    for (unsigned i = 0; i < PCI_CFG_SIZE; i++) {
        uint8_t kept = d->rw[i] | d->w1c[i];

        d->cfg[i] = (uint8_t)((d->cfg[i] & ~kept) | (cfg[i] & kept));
    }
    update(d);
}

void pci_set_pin(struct pci_dev *d, bool level)
{
    bool rising = level && !d->pin;

    d->pin = level;
    if (rising && d->bus_master && pci_msi_enabled(d)) {
        const uint8_t *msi = d->cfg + d->msi;

        d->bus->ops->msi(d->bus->opaque, d,
                         pci_get32(msi + MSI_ADDR_LO) |
                             (uint64_t)pci_get32(msi + MSI_ADDR_HI) << 32,
                         pci_get16(msi + MSI_DATA));
    }
    intx_update(d);
}

/* One byte as software reads it: some are kept elsewhere */
static uint8_t cfg_byte(struct pci_dev *d, unsigned off)
{
    if (off == PCI_STATUS && d->pin) {
        return d->cfg[off] | PCI_STATUS_INTERRUPT;
    }
    if (d->pm && off >= d->pm + (unsigned)PM_PMCSR &&
        off < d->pm + PM_PMCSR + 2u) {
        return (uint8_t)(d->ops->pmcsr(d) >> 8 * (off - d->pm - PM_PMCSR));
    }
    return d->cfg[off];
}

uint32_t pci_cfg_read(struct pci_dev *d, unsigned off, unsigned size)
{
    uint32_t val = 0;

    for (unsigned i = 0; i < size; i++) {
        bool there = off + i < PCI_CFG_SIZE && (off & ~3u) == ((off + i) & ~3u);

        val |= (uint32_t)(there ? cfg_byte(d, off + i) : 0xff) << 8 * i;
    }
    return val;
}

/* Give the card its part of a write of @len bytes at @off */
static void pm_written(struct pci_dev *d, unsigned off, unsigned len,
                       uint32_t val)
{
    unsigned at = d->pm + PM_PMCSR;
    uint16_t lanes = 0, bits = 0;
    bool was_off;

    for (unsigned i = 0; i < len; i++) {
        if (off + i == at || off + i == at + 1) {
            unsigned shift = 8 * (off + i - at);

            lanes |= (uint16_t)(0xff << shift);
            bits |= (uint16_t)((val >> 8 * i & 0xff) << shift);
        }
    }
    if (!lanes) {
        return;
    }
    was_off = !powered(d);
    d->ops->set_pmcsr(d, bits, lanes);
    if (was_off && powered(d)) {
        /* Leaving D3hot resets the function (PCI PM 1.1, 5.4.1) */
        pci_reset(d);
    }
}

void pci_cfg_write(struct pci_dev *d, unsigned off, unsigned size, uint32_t val)
{
    unsigned n = 4 - (off & 3);

    if (off >= PCI_CFG_SIZE) {
        return;
    }
    n = size < n ? size : n;
    for (unsigned i = 0; i < n; i++) {
        uint8_t v = (uint8_t)(val >> 8 * i), *c = d->cfg + off + i;
        uint8_t rw = d->rw[off + i], w1c = d->w1c[off + i];

        *c = (uint8_t)((*c & ~rw) | (v & rw));
        *c &= (uint8_t) ~(v & w1c);
    }
    if (d->pm) {
        pm_written(d, off, n, val);
    }
    update(d);
    if (d->ops->written) {
        d->ops->written(d, off, n);
    }
}
