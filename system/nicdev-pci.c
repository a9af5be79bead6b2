// SPDX-License-Identifier: MIT
/*
 * nicdev-pci.c - a NIC that is a PCI function: its slot, BARs and ROM
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hw/pci/rom.h"
#include "system/datadir.h"
#include "system/log.h"
#include "system/machine.h"
#include "system/nicdev-int.h"
#include "system/options.h"
#include "system/opts.h"

enum { CLASS_ETHERNET = 0x0200, FIRST_SLOT = 2 };

/* Properties of every PCI NIC; those without help change nothing here */
static const struct vm_prop props[] = {
    { "addr", "str", "slot and function, hexadecimal (06.0)", NULL },
    { "romfile", "str", "expansion ROM image, empty for none", NULL },
    { "romsize", "uint32", "size of the ROM's BAR, a power of two",
      "4294967295" },
    { "rombar", "int32", "0: no BAR for the ROM", "1" },
    { "multifunction", "bool", "other functions share the slot", "false" },
    { "acpi-index", "uint32", NULL, "0" },
    { "failover_pair_id", "str", NULL, NULL },
    { "x-pcie-lnksta-dllla", "bool", NULL, "true" },
    { "x-pcie-extcap-init", "bool", NULL, "true" },
    { "x-pcie-err-unc-mask", "bool", NULL, "true" },
    { "x-pcie-ari-nextfn-1", "bool", NULL, "false" },
    { "x-pcie-ext-tag", "bool", NULL, "true" },
    { "x-max-bounce-buffer-size", "uint64", NULL, "4096" },
    { "busnr", "uint32", NULL, NULL },
    { "sriov-pf", "str", NULL, NULL },
    { "command_serr_enable", "bool", NULL, "true" },
};

static struct nicdev *nicdev_of_pci(struct pci_dev *p)
{
    return (struct nicdev *)p;
}

/* struct pci_ops */

static uint32_t func_read(struct pci_dev *p, unsigned bar, uint32_t off,
                          unsigned size)
{
    return nic_read(nicdev_of_pci(p)->nic, bar, off, size);
}

static void func_write(struct pci_dev *p, unsigned bar, uint32_t off,
                       unsigned size, uint32_t val)
{
    nicdev_write(nicdev_of_pci(p), bar, off, size, val);
}

static void func_bus_master(struct pci_dev *p, bool on)
{
    nic_set_bus_master(nicdev_of_pci(p)->nic, on);
}

static uint16_t func_pmcsr(struct pci_dev *p)
{
    return nicdev_of_pci(p)->nic->pmcsr;
}

static void func_set_pmcsr(struct pci_dev *p, uint16_t val, uint16_t lanes)
{
    nic_set_pmcsr(nicdev_of_pci(p)->nic, val, lanes);
}

static const struct pci_ops func_ops = {
    .read = func_read,
    .write = func_write,
    .bus_master = func_bus_master,
    .pmcsr = func_pmcsr,
    .set_pmcsr = func_set_pmcsr,
};

/* Regions of mapped BARs */

static uint32_t rom_read(void *opaque, uint32_t off, unsigned size)
{
    const struct nicdev_bar *b = opaque;
    uint32_t val = 0;

    for (unsigned i = 0; i < size; i++) {
        val |= (uint32_t)b->dev->rom[off + i] << 8 * i;
    }
    return val;
}

static void rom_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    /* Read-only */
}

void nicdev_bar(struct nicdev *d, unsigned bar, bool on)
{
    const struct pci_bar *b = &d->pci.bar[bar];
    struct mem_region *r = &d->bar[bar].region;
    enum mem_space space = b->io ? MEM_SPACE_IO : MEM_SPACE_MEMORY;

    if (on) {
        r->base = b->addr;
        mem_map(space, r);
    } else {
        mem_unmap(space, r);
    }
}

static void bar_init(struct nicdev *d, unsigned bar, bool io, uint32_t size)
{
    pci_add_bar(&d->pci, bar, io, size);
    nicdev_bar_init(d, bar, size);
}

/* Its place */

/* "SLOT" or "SLOT.FUNCTION" in hexadecimal, or devfn as a JSON number */
static bool devfn_parse(JsonObject *opts, int *devfn, GError **err)
{
    JsonNode *node = json_object_get_member(opts, "addr");
    const char *s = opts_peek(opts, "addr");
    unsigned slot, function = 0;
    int n = 0;

    if (!node) {
        return true;
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_INT64) {
        gint64 v = json_node_get_int(node);

        if (v >= -1 && v <= 255) {
            *devfn = (int)v;
            return true;
        }
    }
    if (s && strlen(s) < 16 && g_ascii_isxdigit(*s) &&
        ((sscanf(s, "%x.%x%n", &slot, &function, &n) == 2 && !s[n]) ||
         (sscanf(s, "%x%n", &slot, &n) == 1 && !s[n])) &&
        slot < PCI_SLOTS && function < PCI_FUNCTIONS) {
        *devfn = (int)(slot << 3 | function);
        return true;
    }
    return vm_fail(err,
                   "property 'addr' cannot be '%s': it takes SLOT or "
                   "SLOT.FUNCTION, hexadecimal, up to 1f.7",
                   s ? s : "that");
}

/* Who is at @devfn, for messages */
static const char *occupant(const struct pci_bus *bus, unsigned devfn)
{
    return bus->dev[devfn]->ops == &func_ops
               ? nicdev_name(nicdev_of_pci(bus->dev[devfn]))
               : "the chipset";
}

/* Whether functions of a slot go together (as PCI software expects them) */
static bool slot_check(const struct pci_bus *bus, unsigned devfn, bool multi,
                       GError **err)
{
    unsigned first = devfn & ~7u;

    if (bus->dev[devfn]) {
        return vm_fail(err,
                       "PCI: slot %u function %u not available, in use by %s",
                       devfn >> 3, devfn & 7, occupant(bus, devfn));
    }
    if ((devfn & 7) && bus->dev[first] &&
        !(bus->dev[first]->cfg[PCI_HEADER_TYPE] & PCI_HEADER_MULTIFUNCTION)) {
        return vm_fail(err,
                       "PCI: single function device at slot %u, property "
                       "'multifunction' of function 0 is off",
                       devfn >> 3);
    }
    for (unsigned f = 1; !(devfn & 7) && !multi && f < PCI_FUNCTIONS; f++) {
        if (bus->dev[first + f]) {
            return vm_fail(err,
                           "PCI: function %u of slot %u is in use, so function "
                           "0 needs multifunction=on",
                           f, devfn >> 3);
        }
    }
    return true;
}

/* The place that addr= asks for, or the first that is free */
static bool devfn_choose(const struct pci_bus *bus, JsonObject *opts,
                         uint8_t *devfn, GError **err)
{
    bool multi = false;
    int want = -1;

    if (!devfn_parse(opts, &want, err) ||
        !opts_bool(opts, "multifunction", &multi, err)) {
        return false;
    }
    if (want < 0 && machine_is_shared()) {
        return vm_fail(err, "property 'addr' is needed: which slots are free, "
                            "only the domain's own device model knows");
    }
    for (unsigned slot = FIRST_SLOT; want < 0 && slot < PCI_SLOTS; slot++) {
        if (slot_check(bus, slot << 3, multi, NULL)) {
            want = (int)slot << 3;
        }
    }
    if (want < 0) {
        return vm_fail(err, "PCI: no slot is free");
    }
    *devfn = (uint8_t)want;
    return slot_check(bus, *devfn, multi, err);
}

/* Making one */

/* Without a default image a card works, and a guest cannot boot from it, which
 * whoever looks after guests is told */
static void rom_missing(const struct nicdev *d, const char *name)
{
    if (machine_is_shared()) {
        error_report("%s: the guest cannot boot from it: '%s', its expansion "
                     "ROM, is in none of the data directories (-L help)",
                     nicdev_name(d), name);
    } else {
        log_line(LOG_OPTIONS, "%s: no expansion ROM, '%s' was not found",
                 nicdev_name(d), name);
    }
}

/* Read the image at @name into d->rom; absent default images are no error */
static bool rom_load(struct nicdev *d, const char *name, bool is_default,
                     uint32_t size, GError **err)
{
    char *path = datadir_find(name);

    if (!path && is_default) {
        rom_missing(d, name);
        return true;
    }
    if (!path) {
        return vm_fail(err,
                       "property 'romfile' cannot be '%s': no such file, "
                       "nor in the data directories (-L help)",
                       name);
    }
    d->rom = pci_rom_load(path, &size, err);
    g_free(path);
    if (!d->rom) {
        return false;
    }
    if (is_default) {
        pci_rom_patch(d->rom, size, d->nic->model->pci->vendor,
                      d->nic->model->pci->device);
    }
    bar_init(d, PCI_BAR_ROM, false, size);
    d->bar[PCI_BAR_ROM].region.read = rom_read;
    d->bar[PCI_BAR_ROM].region.write = rom_write;
    return true;
}

/* What is said of the ROM's BAR; @size 0: as the image has it */
static bool rom_read_opts(JsonObject *opts, int64_t *bar, uint32_t *size,
                          GError **err)
{
    uint64_t bytes = UINT32_MAX;

    *bar = 1;
    *size = 0;
    if (!opts_int(opts, "rombar", -1, 1, bar, err) ||
        !opts_uint(opts, "romsize", 0, UINT32_MAX, &bytes, err)) {
        return false;
    }
    if (bytes != UINT32_MAX &&
        ((bytes & (bytes - 1)) || bytes < 2048 || bytes > PCI_ROM_MAX)) {
        return vm_fail(err,
                       "property 'romsize' cannot be %" PRIu64
                       ": it takes a power of two from 2048 to %u",
                       bytes, PCI_ROM_MAX);
    }
    if (bytes != UINT32_MAX) {
        *size = (uint32_t)bytes;
    }
    return true;
}

static bool rom_set(struct nicdev *d, GError **err)
{
    const char *def = d->nic->model->pci->romfile, *name = def;
    uint32_t size;
    int64_t bar;

    if (!rom_read_opts(d->opts, &bar, &size, err) ||
        !opts_str(d->opts, "romfile", &name, err)) {
        return false;
    }
    if (!bar || !name || !*name) {
        return true;
    }
    return rom_load(d, name, name == def, size, err);
}

static void pci_set(struct nicdev *d)
{
    const struct nic_pci *p = d->nic->model->pci;
    struct pci_dev *f = &d->pci;
    bool multi = false;

    pci_init(f, &func_ops, p->vendor, p->device, p->revision, CLASS_ETHERNET);
    pci_put16(f->cfg + PCI_SUBSYSTEM_VENDOR_ID, p->subsystem_vendor);
    pci_put16(f->cfg + PCI_SUBSYSTEM_ID, p->subsystem);
    pci_put16(f->cfg + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    f->cfg[PCI_MIN_GNT] = p->min_gnt;
    f->cfg[PCI_MAX_LAT] = p->max_lat;
    f->cfg[PCI_INTERRUPT_PIN] = 1;
    opts_bool(d->opts, "multifunction", &multi, NULL);
    if (multi) {
        f->cfg[PCI_HEADER_TYPE] = PCI_HEADER_MULTIFUNCTION;
    }
    for (unsigned i = 0; i < NIC_N(p->bar); i++) {
        if (p->bar[i].kind != NIC_BAR_NONE) {
            bar_init(d, i, p->bar[i].kind == NIC_BAR_IO, p->bar[i].size);
        }
    }
    if (p->pm) {
        pci_add_pm(f, p->pm, p->pmc);
    }
    if (p->msi) {
        pci_add_msi(f, p->msi);
    }
}

static bool func_prop_at(const struct nic_model *model, unsigned i,
                         struct vm_prop *out)
{
    if (i >= G_N_ELEMENTS(props)) {
        return false;
    }
    *out = props[i];
    return true;
}

static char *func_value(const struct nicdev *d, const char *name)
{
    if (!strcmp(name, "addr")) {
        return g_strdup_printf("%02x.%x", d->pci.devfn >> 3, d->pci.devfn & 7u);
    }
    if (!strcmp(name, "romfile") && d->rom && !opts_peek(d->opts, name)) {
        return g_strdup(d->nic->model->pci->romfile);
    }
    return NULL;
}

static bool func_check(JsonObject *opts, const struct nic_model *model,
                       GError **err)
{
    uint32_t size;
    int64_t bar;
    int devfn;

    return devfn_parse(opts, &devfn, err) &&
           rom_read_opts(opts, &bar, &size, err);
}

static bool func_init(struct nicdev *d, GError **err)
{
    const struct pci_bus *bus = machine_pci();

    if (!bus) {
        return vm_fail(err, "No 'PCI' bus found for device '%s'",
                       d->nic->model->name);
    }
    if (!devfn_choose(bus, d->opts, &d->pci.devfn, err)) {
        return false;
    }
    pci_set(d);
    return rom_set(d, err);
}

static void func_plug(struct nicdev *d)
{
    pci_plug(machine_pci(), &d->pci, d->pci.devfn);
}

static void func_unplug(struct nicdev *d)
{
    pci_unplug(&d->pci);
}

static void func_irq(struct nicdev *d, bool level)
{
    pci_set_pin(&d->pci, level);
}

static void func_reset(struct nicdev *d)
{
    pci_reset(&d->pci);
}

const struct nicdev_bus nicdev_pci = {
    .id = "pci.0",
    .prop_at = func_prop_at,
    .check = func_check,
    .value = func_value,
    .init = func_init,
    .plug = func_plug,
    .unplug = func_unplug,
    .irq = func_irq,
    .reset = func_reset,
};
