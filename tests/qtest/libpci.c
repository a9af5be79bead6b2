// SPDX-License-Identifier: MIT
/*
 * libpci.c - a PCI function as firmware sees it (configuration mechanism 1)
 */
#include "libpci.h"

enum {
    CONFIG_ADDRESS = 0xcf8,
    CONFIG_DATA = 0xcfc,
    CONFIG_ENABLE = 1u << 31,
    PIIX3_PIRQ = 0x60,
};

static const uint8_t pirq_routes[] = { 10, 10, 11, 11 };

/* Select the dword; returns the port of the byte in it */
static uint16_t select_offset(const struct pci_dev *dev, uint8_t offset)
{
    uint32_t address =
        CONFIG_ENABLE | (uint32_t)dev->devfn << 8 | (offset & 0xfcu);

    qtest_outl(dev->qts, CONFIG_ADDRESS, address);
    return (uint16_t)(CONFIG_DATA + (offset & 3));
}

uint8_t pci_readb(const struct pci_dev *dev, uint8_t offset)
{
    uint16_t port = select_offset(dev, offset);

    return qtest_inb(dev->qts, port);
}

uint16_t pci_readw(const struct pci_dev *dev, uint8_t offset)
{
    uint16_t port = select_offset(dev, offset);

    return qtest_inw(dev->qts, port);
}

uint32_t pci_readl(const struct pci_dev *dev, uint8_t offset)
{
    uint16_t port = select_offset(dev, offset);

    return qtest_inl(dev->qts, port);
}

void pci_writeb(const struct pci_dev *dev, uint8_t offset, uint8_t value)
{
    uint16_t port = select_offset(dev, offset);

    qtest_outb(dev->qts, port, value);
}

void pci_writew(const struct pci_dev *dev, uint8_t offset, uint16_t value)
{
    uint16_t port = select_offset(dev, offset);

    qtest_outw(dev->qts, port, value);
}

void pci_writel(const struct pci_dev *dev, uint8_t offset, uint32_t value)
{
    uint16_t port = select_offset(dev, offset);

    qtest_outl(dev->qts, port, value);
}

bool pci_present(const struct pci_dev *dev)
{
    return pci_readw(dev, PCI_VENDOR_ID) != 0xffff;
}

static uint8_t bar_offset(unsigned bar)
{
    return (uint8_t)(bar == 6 ? PCI_ROM : PCI_BAR0 + 4 * bar);
}

uint32_t pci_bar_size(const struct pci_dev *dev, unsigned bar)
{
    uint8_t offset = bar_offset(bar);
    uint32_t old = pci_readl(dev, offset);
    uint32_t mask;

    pci_writel(dev, offset, bar == 6 ? 0xfffffffe : 0xffffffff);
    mask = pci_readl(dev, offset);
    pci_writel(dev, offset, old);
    if (bar == 6) {
        mask &= ~0x7ffu;
    } else if (mask & 1) {
        mask &= ~3u;
        /* An I/O BAR may implement 16 bits only */
        mask |= mask ? 0xffff0000u : 0;
    } else {
        mask &= ~15u;
    }
    return mask ? ~mask + 1 : 0;
}

void pci_set_bar(const struct pci_dev *dev, unsigned bar, uint32_t address)
{
    pci_writel(dev, bar_offset(bar), address);
}

uint8_t pci_capability(const struct pci_dev *dev, uint8_t id)
{
    uint8_t at;

    if (!(pci_readw(dev, PCI_STATUS) & PCI_STATUS_CAPLIST)) {
        return 0;
    }
    at = pci_readb(dev, PCI_CAP_PTR) & 0xfc;
    /* No list has more links than fit into configuration space */
    for (unsigned links = 0; at && links < 48; links++) {
        if (pci_readb(dev, at) == id) {
            return at;
        }
        at = pci_readb(dev, (uint8_t)(at + 1)) & 0xfc;
    }
    return 0;
}

void pci_route_interrupts(struct qtest *qts)
{
    struct pci_dev piix3 = { qts, PCI_DEVFN(1, 0) };

    qtest_irq_intercept_in(qts, "ioapic");
    for (uint8_t i = 0; i < G_N_ELEMENTS(pirq_routes); i++) {
        pci_writeb(&piix3, (uint8_t)(PIIX3_PIRQ + i), pirq_routes[i]);
    }
}

unsigned pci_irq_line(const struct pci_dev *dev)
{
    unsigned slot = dev->devfn >> 3;

    return pirq_routes[(slot - 1) & 3];
}
