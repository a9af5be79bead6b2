// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-pci.c - a card of ours as a PCI device of QEMU
 *
 * BARs, capabilities and the interrupt, which is an MSI message where the guest
 * wants that.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "hw/pci/msi.h"
#include "qapi/error.h"

#include "vifemu-shim.h"

static void pci_pin(struct shim *s, bool level)
{
    if (!msi_enabled(&s->pci)) {
        pci_set_irq(&s->pci, level);
    } else if (level) {
        msi_notify(&s->pci, 0);
    }
}

/* Configuration space */

/* No one answered the card's transaction (PCI 2.3, 6.2.3) */
static void master_abort(struct shim *s)
{
    pci_word_test_and_set_mask(s->pci.config + PCI_STATUS,
                               PCI_STATUS_REC_MASTER_ABORT);
}

/* Offset of PMCSR, 0 if the card has none */
static uint32_t pmcsr_at(struct shim *s)
{
    return s->model->pci->pm ? s->model->pci->pm + PCI_PM_CTRL : 0;
}

/* PMCSR lives in the card, which also changes it: show it as it is now */
static void pmcsr_show(struct shim *s)
{
    if (pmcsr_at(s)) {
        pci_set_word(s->pci.config + pmcsr_at(s), card_of(s)->pmcsr);
    }
}

static uint32_t config_read(PCIDevice *pci, uint32_t at, int len)
{
    pmcsr_show((struct shim *)pci);
    return pci_default_read_config(pci, at, len);
}

/* Hand the bytes of an access that fall on PMCSR to the card */
static void pmcsr_write(struct shim *s, uint32_t at, uint32_t val, int len)
{
    uint16_t bits = 0, lanes = 0;

    for (int i = 0; i < len; i++) {
        uint32_t byte = at + i - pmcsr_at(s);

        if (byte < 2) {
            bits |= (uint16_t)((val >> (8 * i) & 0xff) << (8 * byte));
            lanes |= (uint16_t)(0xff << (8 * byte));
        }
    }
    if (lanes && pmcsr_at(s)) {
        nic_set_pmcsr(card_of(s), bits, lanes);
    }
}

static void config_changed(struct shim *s, bool had_msi)
{
    struct nic *n = card_of(s);
    uint16_t command = pci_get_word(s->pci.config + PCI_COMMAND);

    nic_set_bus_master(n, command & PCI_COMMAND_MASTER);
    if (msi_enabled(&s->pci) != had_msi) {
        pci_set_irq(&s->pci, had_msi && n->irq_level);
        if (!had_msi && n->irq_level) {
            msi_notify(&s->pci, 0);
        }
    }
}

static void config_write(PCIDevice *pci, uint32_t at, uint32_t val, int len)
{
    struct shim *s = (struct shim *)pci;
    bool had_msi = msi_enabled(pci);

    pci_default_write_config(pci, at, val, len);
    pmcsr_write(s, at, val, len);
    config_changed(s, had_msi);
}

/* Birth and death */

static bool add_capabilities(struct shim *s, Error **errp)
{
    const struct nic_pci *p = s->model->pci;
    PCIDevice *pci = &s->pci;

    /* Each one goes before those there are: the list must begin at PM */
    if (p->msi && msi_init(pci, p->msi, 1, true, false, errp) != 0) {
        return false;
    }
    if (p->pm) {
        if (pci_add_capability(pci, PCI_CAP_ID_PM, p->pm, PCI_PM_SIZEOF, errp) <
            0) {
            return false;
        }
        pci_set_word(pci->config + p->pm + PCI_PM_PMC, p->pmc);
        pci_set_word(pci->wmask + pmcsr_at(s), 0);
        /* It may differ from the card's when a migration arrives */
        pci_set_word(pci->cmask + pmcsr_at(s), 0);
    }
    return true;
}

static void add_bars(struct shim *s)
{
    const struct nic_pci *p = s->model->pci;

    for (unsigned i = 0; i < NIC_N(p->bar); i++) {
        bool io = p->bar[i].kind == NIC_BAR_IO;

        if (p->bar[i].kind == NIC_BAR_NONE) {
            continue;
        }
        shim_window(s, i, p->bar[i].size);
        pci_register_bar(&s->pci, (int)i,
                         io ? PCI_BASE_ADDRESS_SPACE_IO
                            : PCI_BASE_ADDRESS_SPACE_MEMORY,
                         &s->bar[i]);
    }
}

static void pci_realize(PCIDevice *pci, Error **errp)
{
    struct shim *s = (struct shim *)pci;

    if (!shim_init(s, errp) || !add_capabilities(s, errp)) {
        return;
    }
    pci_config_set_interrupt_pin(pci->config, 1);
    pci_set_byte(pci->config + PCI_MIN_GNT, s->model->pci->min_gnt);
    pci_set_byte(pci->config + PCI_MAX_LAT, s->model->pci->max_lat);
    add_bars(s);
    shim_start(s, pci_get_address_space(pci));
}

static void pci_exit(PCIDevice *pci)
{
    shim_stop((struct shim *)pci);
    msi_uninit(pci);
}

static void pci_reset(DeviceState *dev)
{
    struct shim *s = (struct shim *)dev;

    nic_set_bus_master(card_of(s), false);
    /* RST# brings the power state back, whatever else auxiliary power keeps */
    nic_set_pmcsr(card_of(s), 0, PMCSR_STATE);
    shim_reset(s);
}

static void pci_loaded(struct shim *s)
{
    uint16_t command = pci_get_word(s->pci.config + PCI_COMMAND);

    nic_set_bus_master(card_of(s), command & PCI_COMMAND_MASTER);
    if (!msi_enabled(&s->pci)) {
        pci_set_irq(&s->pci, card_of(s)->irq_level);
    }
}

static void pci_class_init(DeviceClass *dc, const struct nic_model *m)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(dc);

    dc->reset = pci_reset;
    pc->realize = pci_realize;
    pc->exit = pci_exit;
    pc->config_read = config_read;
    pc->config_write = config_write;
    pc->vendor_id = m->pci->vendor;
    pc->device_id = m->pci->device;
    pc->revision = m->pci->revision;
    pc->subsystem_vendor_id = m->pci->subsystem_vendor;
    pc->subsystem_id = m->pci->subsystem;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->romfile = m->pci->romfile;
}

static InterfaceInfo pci_interfaces[] = {
    { INTERFACE_CONVENTIONAL_PCI_DEVICE },
    {},
};

const struct shim_bus shim_pci = {
    .type = TYPE_PCI_DEVICE,
    .interfaces = pci_interfaces,
    .class_init = pci_class_init,
    .irq = pci_pin,
    .abort = master_abort,
    .saving = pmcsr_show,
    .loaded = pci_loaded,
};
