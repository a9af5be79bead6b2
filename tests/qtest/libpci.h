/* SPDX-License-Identifier: MIT */
/*
 * libpci.h - a PCI function as firmware sees it (configuration mechanism 1)
 */
#ifndef TESTS_QTEST_LIBPCI_H
#define TESTS_QTEST_LIBPCI_H

#include "libqtest.h"

enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09,
    PCI_CACHE_LINE = 0x0c,
    PCI_LATENCY = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR = 0x2c,
    PCI_SUBSYSTEM = 0x2e,
    PCI_ROM = 0x30,
    PCI_CAP_PTR = 0x34,
    PCI_IRQ_LINE = 0x3c,
    PCI_IRQ_PIN = 0x3d,

    PCI_COMMAND_IO = 1 << 0,
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_INTX_OFF = 1 << 10,
    PCI_COMMAND_ALL = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,

    PCI_STATUS_INTERRUPT = 1 << 3,
    PCI_STATUS_CAPLIST = 1 << 4,

    PCI_CAP_PM = 0x01,
    PCI_CAP_MSI = 0x05,

    /* Within the power management capability */
    PM_PMC = 2,
    PM_PMCSR = 4,
    PM_DATA = 7,
    PMCSR_STATE = 3,
    PMCSR_D3 = 3,
    PMCSR_PME_EN = 1 << 8,
    PMCSR_PME_STATUS = 1 << 15,

    /* Within the MSI capability with a 64-bit address */
    MSI_CONTROL = 2,
    MSI_ADDRESS = 4,
    MSI_ADDRESS_HIGH = 8,
    MSI_DATA = 12,
    MSI_ENABLE = 1 << 0,
};

#define PCI_DEVFN(slot, function) ((uint8_t)((slot) << 3 | (function)))

/** struct pci_dev - One function on bus 0 */
struct pci_dev {
    struct qtest *qts;
    uint8_t devfn;
};

uint8_t pci_readb(const struct pci_dev *dev, uint8_t offset);
uint16_t pci_readw(const struct pci_dev *dev, uint8_t offset);
uint32_t pci_readl(const struct pci_dev *dev, uint8_t offset);
void pci_writeb(const struct pci_dev *dev, uint8_t offset, uint8_t value);
void pci_writew(const struct pci_dev *dev, uint8_t offset, uint16_t value);
void pci_writel(const struct pci_dev *dev, uint8_t offset, uint32_t value);

/** pci_present() - Does anything answer there? */
bool pci_present(const struct pci_dev *dev);

/** pci_bar_size() - Size of a BAR (6 = expansion ROM), 0 if there is none */
uint32_t pci_bar_size(const struct pci_dev *dev, unsigned bar);

/** pci_set_bar() - Place a BAR of at most 32 bits */
void pci_set_bar(const struct pci_dev *dev, unsigned bar, uint32_t address);

/** pci_capability() - Offset of a capability, 0 if the function lacks it */
uint8_t pci_capability(const struct pci_dev *dev, uint8_t id);

/**
 * pci_route_interrupts() - Route the four PCI interrupts, and watch them
 *
 * As firmware does through the PIIX3's PIRQ registers: A and B to IRQ 10, C
 * and D to IRQ 11.
 */
void pci_route_interrupts(struct qtest *qts);

/** pci_irq_line() - The line that INTA# of a function reaches then */
unsigned pci_irq_line(const struct pci_dev *dev);

#endif
