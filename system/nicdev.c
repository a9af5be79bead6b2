// SPDX-License-Identifier: MIT
/*
 * nicdev.c - a NIC in the machine: model, PCI function, jack, timers
 *
 * Implements struct nic_host by guest RAM, the virtual clock, loop tasks and a
 * network backend.  While the machine is stopped a card does nothing of its own
 * accord: work stays marked, frames stay with the backend.
 */
#include "system/nicdev.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hw/pci/rom.h"
#include "system/datadir.h"
#include "system/log.h"
#include "system/opts.h"

enum {
    /* The card follows its nicdev in one allocation, aligned */
    NICDEV_SIZE = (sizeof(struct nicdev) + 63) / 64 * 64,
    CLASS_ETHERNET = 0x0200,
};

/* Properties of every PCI NIC; those without help change nothing here */
static const struct vm_prop common[] = {
    { "mac", "str", "Ethernet address", "\"52:54:00:12:34:56\"" },
    { "netdev", "str", "id of the backend (-netdev)", NULL },
    { "addr", "str", "slot and function, hexadecimal (06.0)", NULL },
    { "bus", "str", "pci.0", NULL },
    { "bootindex", "int32", "place in the boot order, unique", "-1" },
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

static struct nicdev *nicdev_of(const struct nic *n)
{
    return (struct nicdev *)(void *)((uintptr_t)n - NICDEV_SIZE);
}

static struct nicdev *nicdev_of_pci(struct pci_dev *p)
{
    return (struct nicdev *)p;
}

static const char *nicdev_name(const struct nicdev *d)
{
    return d->id ? d->id : d->nic->model->name;
}

/* struct nic_host */

/* No one answered the card's transaction (PCI 2.3, 6.2.3) */
static void master_abort(struct nicdev *d)
{
    uint8_t *status = d->pci.cfg + PCI_STATUS;

    pci_put16(status, pci_get16(status) | PCI_STATUS_MASTER_ABORT);
}

static bool host_dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    if (mem_dma_read(at.addr, p, len)) {
        return true;
    }
    master_abort(nicdev_of(n));
    log_line(LOG_GUEST_ERRORS, "%s: DMA read of %zu bytes at 0x%" PRIx64,
             nicdev_name(nicdev_of(n)), len, at.addr);
    return false;
}

static bool host_dma_write(struct nic *n, gpa_t at, const void *p, size_t len)
{
    if (mem_dma_write(at.addr, p, len)) {
        return true;
    }
    master_abort(nicdev_of(n));
    log_line(LOG_GUEST_ERRORS, "%s: DMA write of %zu bytes at 0x%" PRIx64,
             nicdev_name(nicdev_of(n)), len, at.addr);
    return false;
}

static void host_irq(struct nic *n, bool level)
{
    struct nicdev *d = nicdev_of(n);

    d->interrupts += level;
    pci_set_pin(&d->pci, level);
}

static uint64_t host_now(struct nic *n)
{
    return (uint64_t)clock_now();
}

static void host_timer(struct nic *n, unsigned id, uint64_t deadline)
{
    /* The clock's "off" is its last value */
    clock_timer_set(nicdev_of(n)->timer[id].timer,
                    deadline < INT64_MAX ? (int64_t)deadline : INT64_MAX);
}

static bool host_send(struct nic *n, const struct nic_frame *f)
{
    return port_send(nicdev_of(n)->port, f);
}

static void host_wake(struct nic *n)
{
    loop_task_wake(nicdev_of(n)->task);
}

static void host_rx_ready(struct nic *n)
{
    port_rx_ready(nicdev_of(n)->port);
}

static void host_pm(struct nic *n)
{
    /* PME# is not wired to anything; PMCSR is read from the card */
}

static uint16_t host_sum(struct nic *n, const struct nic_rx *rx, size_t from,
                         size_t len)
{
    return port_sum(rx, from, len);
}

static uint32_t host_fcs(struct nic *n, const struct nic_rx *rx, size_t len)
{
    return port_fcs(rx, len);
}

static void host_trace(struct nic *n, const struct nic_trace *t)
{
    log_trace(nicdev_name(nicdev_of(n)), t);
}

static const struct nic_host host = {
    .dma_read = host_dma_read,
    .dma_write = host_dma_write,
    .irq = host_irq,
    .now = host_now,
    .timer = host_timer,
    .send = host_send,
    .wake = host_wake,
    .rx_ready = host_rx_ready,
    .pm = host_pm,
    .sum = host_sum,
    .fcs = host_fcs,
    .trace = host_trace,
};

static void timer_expired(void *opaque)
{
    struct nicdev_timer *t = opaque;

    nic_expired(t->dev->nic, t->id);
}

static void task_run(void *opaque)
{
    struct nicdev *d = opaque;

    if (vm_is_running() && port_run(d->port)) {
        loop_task_wake(d->task);
    }
}

/* struct port_ops */

static const void *jack_map(void *opaque, gpa_t at, size_t *len)
{
    return mem_ram(at.addr, len);
}

static bool jack_send(void *opaque, const struct iovec *iov, unsigned n,
                      const struct offload_hdr *off)
{
    struct nicdev *d = opaque;

    if (!d->netdev || d->link_down) {
        return true;
    }
    return netdev_send(d->netdev, iov, n, off);
}

static void jack_flush(void *opaque)
{
    struct nicdev *d = opaque;

    if (d->netdev && vm_is_running()) {
        netdev_flush(d->netdev);
    }
}

static void jack_defer(void *opaque)
{
    struct nicdev *d = opaque;

    loop_task_wake(d->task);
}

static const struct port_ops jack_ops = {
    .map = jack_map, .send = jack_send, .flush = jack_flush, .defer = jack_defer
};

/* struct netdev_peer_ops */

static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    struct nicdev *d = opaque;

    if (d->link_down) {
        return true;
    }
    return vm_is_running() && port_receive(d->port, rx);
}

static void peer_writable(void *opaque)
{
    struct nicdev *d = opaque;

    port_writable(d->port);
}

/* Tell the card whether its cable leads anywhere */
static void link_update(struct nicdev *d, bool carrier)
{
    nic_set_link(d->nic, carrier && !d->link_down);
}

static void peer_link(void *opaque, bool up)
{
    link_update(opaque, up);
}

static void peer_gone(void *opaque)
{
    struct nicdev *d = opaque;

    d->netdev = NULL;
    port_reset(d->port);
    link_update(d, false);
}

static const struct netdev_peer_ops peer_ops = { .receive = peer_receive,
                                                 .writable = peer_writable,
                                                 .link = peer_link,
                                                 .gone = peer_gone };

/* struct pci_ops */

static uint32_t func_read(struct pci_dev *p, unsigned bar, uint32_t off,
                          unsigned size)
{
    return nic_read(nicdev_of_pci(p)->nic, bar, off, size);
}

static void func_write(struct pci_dev *p, unsigned bar, uint32_t off,
                       unsigned size, uint32_t val)
{
    nic_write(nicdev_of_pci(p)->nic, bar, off, size, val);
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

static uint32_t bar_read(void *opaque, uint32_t off, unsigned size)
{
    struct nicdev_bar *b = opaque;

    return nic_read(b->dev->nic, b->bar, off, size);
}

static void bar_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    struct nicdev_bar *b = opaque;

    nic_write(b->dev->nic, b->bar, off, size, val);
}

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
    struct nicdev_bar *b = &d->bar[bar];

    pci_add_bar(&d->pci, bar, io, size);
    b->dev = d;
    b->bar = bar;
    b->region.name = d->nic->model->name;
    b->region.size = size;
    b->region.read = bar == PCI_BAR_ROM ? rom_read : bar_read;
    b->region.write = bar == PCI_BAR_ROM ? rom_write : bar_write;
    b->region.opaque = b;
}

/* Making one */

static bool G_GNUC_PRINTF(2, 3)
    nicdev_fail(GError **err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    if (err) {
        *err = g_error_new_valist(VM_ERROR, VM_ERROR_GENERIC, format, ap);
    }
    va_end(ap);
    return false;
}

const struct nic_model *nicdev_model(const char *name)
{
    for (unsigned i = 0; nic_models[i]; i++) {
        if (!g_strcmp0(name, nic_models[i]->name) ||
            (nic_models[i]->alias && !g_strcmp0(name, nic_models[i]->alias))) {
            return nic_models[i];
        }
    }
    return NULL;
}

/* Members of a family are called FAMILY-CHIP; its first one so by its alias */
static const char *chip_of(const struct nic_model *family,
                           const struct nic_model *m)
{
    const char *name = m == family ? m->alias : m->name;
    size_t n = strlen(family->name);

    return name && g_str_has_prefix(name, family->name) && name[n] == '-'
               ? name + n + 1
               : NULL;
}

/* The chips of a family, separated by commas; to be freed */
static char *chip_list(const struct nic_model *family)
{
    GString *s = g_string_new(NULL);

    for (unsigned i = 0; nic_models[i]; i++) {
        const char *chip = chip_of(family, nic_models[i]);

        if (chip) {
            g_string_append_printf(s, "%s%s", s->len ? ", " : "", chip);
        }
    }
    return g_string_free(s, FALSE);
}

const struct nic_model *nicdev_chip(const struct nic_model *family,
                                    JsonObject *opts, GError **err)
{
    const char *chip = NULL;
    const struct nic_model *m = NULL;
    g_autofree char *choices = chip_list(family);

    if (!chip_of(family, family) || !json_object_has_member(opts, "chip")) {
        return family;
    }
    if (!opts_str(opts, "chip", &chip, err)) {
        return NULL;
    }
    for (unsigned i = 0; nic_models[i] && !m; i++) {
        if (!g_strcmp0(chip_of(family, nic_models[i]), chip)) {
            m = nic_models[i];
        }
    }
    if (!m) {
        nicdev_fail(err,
                    "property 'chip' of %s cannot be '%s': it is one of %s",
                    family->name, chip, choices);
        return NULL;
    }
    json_object_remove_member(opts, "chip");
    return m;
}

/* The property that chooses a member of a family; false if there is no choice
 */
static bool chip_prop(const struct nic_model *model, struct vm_prop *out)
{
    static char help[160], def[32];
    g_autofree char *choices = chip_list(model);

    if (!chip_of(model, model)) {
        return false;
    }
    snprintf(help, sizeof(help), "the chip: %s", choices);
    snprintf(def, sizeof(def), "\"%s\"", chip_of(model, model));
    *out = (struct vm_prop){ "chip", "str", help, def };
    return true;
}

bool nicdev_prop_at(const struct nic_model *model, unsigned i,
                    struct vm_prop *out)
{
    static const char *const numbers[] = { "0", "1" };
    static char text[12];
    const struct nic_prop *p;

    if (i < G_N_ELEMENTS(common)) {
        *out = common[i];
        return true;
    }
    i -= (unsigned)G_N_ELEMENTS(common);
    if (i >= model->n_props) {
        return i == model->n_props && chip_prop(model, out);
    }
    p = &model->prop[i];
    *out = (struct vm_prop){ .name = p->name, .help = p->help };
    if (p->type == NIC_PROP_BOOL) {
        out->type = "bool";
        out->def = p->def ? "true" : "false";
    } else {
        out->type = "uint32";
        snprintf(text, sizeof(text), "%u", p->def);
        out->def = p->def < 2 ? numbers[p->def] : text;
    }
    return true;
}

/* Whether the value of one option is of the type its property has */
static bool prop_check(JsonObject *opts, const struct vm_prop *p, GError **err)
{
    const char *s;
    bool b;
    uint64_t u;
    int64_t v;

    if (!strcmp(p->name, "addr") || !strcmp(p->name, "bus")) {
        return true; /* The caller knows more of them */
    }
    if (!strcmp(p->type, "bool")) {
        return opts_bool(opts, p->name, &b, err);
    }
    if (!strcmp(p->type, "int32")) {
        return opts_int(opts, p->name, INT32_MIN, INT32_MAX, &v, err);
    }
    if (!strcmp(p->type, "uint32")) {
        return opts_uint(opts, p->name, 0, UINT32_MAX, &u, err);
    }
    if (!strcmp(p->type, "uint64")) {
        return opts_size(opts, p->name, 1, &u, err);
    }
    return opts_str(opts, p->name, &s, err);
}

static bool props_check(JsonObject *opts, const struct nic_model *model,
                        GError **err)
{
    JsonObjectIter it;
    const char *name;

    json_object_iter_init_ordered(&it, opts);
    while (json_object_iter_next_ordered(&it, &name, NULL)) {
        struct vm_prop p = { 0 };
        unsigned i = 0;

        if (!strcmp(name, "driver") || !strcmp(name, "id")) {
            continue;
        }
        while (nicdev_prop_at(model, i, &p) && strcmp(p.name, name) != 0) {
            i++;
        }
        if (g_strcmp0(p.name, name) != 0) {
            return nicdev_fail(err,
                               "property '%s.%s' not found; -device %s,help "
                               "lists those there are",
                               model->name, name, model->name);
        }
        if (!prop_check(opts, &p, err)) {
            return false;
        }
        if (!p.help || (i - G_N_ELEMENTS(common) < model->n_props &&
                        model->prop[i - G_N_ELEMENTS(common)].dead)) {
            log_line(LOG_OPTIONS, "%s: property '%s' has no effect here",
                     model->name, name);
        }
    }
    return true;
}

/* The model's own properties into nic.prop[] */
static bool props_set(struct nicdev *d, GError **err)
{
    const struct nic_model *m = d->nic->model;

    for (unsigned i = 0; i < m->n_props; i++) {
        const struct nic_prop *p = &m->prop[i];
        uint64_t u = p->def;
        bool b = p->def;

        if (p->type == NIC_PROP_BOOL) {
            if (!opts_bool(d->opts, p->name, &b, err)) {
                return false;
            }
            u = b;
        } else if (!opts_uint(d->opts, p->name, p->min, p->max, &u, err)) {
            return false;
        }
        d->nic->prop[i] = (uint32_t)u;
    }
    return true;
}

/* Default addresses given out, bit per last byte from 56h on */
static uint32_t macs_used;

static int mac_default_index(const uint8_t mac[6])
{
    static const uint8_t first[5] = { 0x52, 0x54, 0x00, 0x12, 0x34 };

    if (memcmp(mac, first, sizeof(first)) != 0 || mac[5] < 0x56 ||
        mac[5] >= 0x56 + 32) {
        return -1;
    }
    return mac[5] - 0x56;
}

static bool mac_parse(const char *s, uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++) {
        int hi = g_ascii_xdigit_value(s[0]), lo;

        lo = hi < 0 ? -1 : g_ascii_xdigit_value(s[1]);
        if (lo < 0) {
            return false;
        }
        mac[i] = (uint8_t)(hi << 4 | lo);
        s += 2;
        if (i < 5 && *s != ':' && *s != '-') {
            return false;
        }
        s += i < 5;
    }
    return !*s;
}

static bool mac_set(struct nicdev *d, uint8_t mac[6], GError **err)
{
    const char *s = opts_peek(d->opts, "mac");
    int i;

    if (s && !mac_parse(s, mac)) {
        return nicdev_fail(err,
                           "property 'mac' cannot be '%s': it takes six bytes "
                           "like 52:54:00:12:34:56",
                           s);
    }
    if (s && (mac[0] & 1)) {
        return nicdev_fail(err,
                           "property 'mac' cannot be '%s': it is a multicast "
                           "address (the lowest bit of the first byte is set)",
                           s);
    }
    if (!s) {
        unsigned free_index = (unsigned)__builtin_ctzll(~(uint64_t)macs_used);
        const uint8_t def[6] = { 0x52, 0x54, 0x00,
                                 0x12, 0x34, (uint8_t)(0x56 + free_index) };

        memcpy(mac, def, sizeof(def));
    }
    i = mac_default_index(mac);
    if (i >= 0) {
        macs_used |= 1u << i;
    }
    return true;
}

static bool netdev_set(struct nicdev *d, GError **err)
{
    const char *id = opts_peek(d->opts, "netdev");

    if (!id) {
        return true;
    }
    d->netdev = netdev_find(id);
    if (!d->netdev) {
        return nicdev_fail(err,
                           "property 'netdev' cannot be '%s': there is no "
                           "-netdev with that id",
                           id);
    }
    if (d->netdev->peer) {
        d->netdev = NULL;
        return nicdev_fail(err,
                           "property 'netdev' cannot be '%s': it is in use",
                           id);
    }
    return true;
}

/* Read the image at @name into d->rom; absent default images are no error */
static bool rom_load(struct nicdev *d, const char *name, bool is_default,
                     uint32_t size, GError **err)
{
    char *path = datadir_find(name);

    if (!path && is_default) {
        log_line(LOG_OPTIONS, "%s: no expansion ROM, '%s' was not found",
                 nicdev_name(d), name);
        return true;
    }
    if (!path) {
        return nicdev_fail(err,
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
    return true;
}

static bool rom_set(struct nicdev *d, GError **err)
{
    const char *def = d->nic->model->pci->romfile, *name = def;
    uint64_t size = UINT32_MAX;
    int64_t bar = 1;

    if (!opts_int(d->opts, "rombar", -1, 1, &bar, err) ||
        !opts_str(d->opts, "romfile", &name, err) ||
        !opts_uint(d->opts, "romsize", 0, UINT32_MAX, &size, err)) {
        return false;
    }
    if (size != UINT32_MAX &&
        ((size & (size - 1)) || size < 2048 || size > PCI_ROM_MAX)) {
        return nicdev_fail(err,
                           "property 'romsize' cannot be %" PRIu64
                           ": it takes a power of two from 2048 to %u",
                           size, PCI_ROM_MAX);
    }
    if (!bar || !name || !*name) {
        return true;
    }
    return rom_load(d, name, name == def,
                    size == UINT32_MAX ? 0 : (uint32_t)size, err);
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

void nicdev_set_tracing(struct nicdev *d)
{
    d->nic->tracing = log_tracing();
}

/* Everything is checked: make the parts and connect them */
static void nicdev_start(struct nicdev *d, struct pci_bus *bus, uint8_t devfn)
{
    d->task = loop_task_new(task_run, d);
    for (unsigned i = 0; i < d->nic->model->timers; i++) {
        struct nicdev_timer *t = &d->timer[i];

        t->dev = d;
        t->id = i;
        t->timer = clock_timer_new(timer_expired, t);
    }
    d->port = port_new(d->nic, &jack_ops, d, d->netdev ? d->netdev->caps : 0);
    nicdev_set_tracing(d);
    pci_plug(bus, &d->pci, devfn);
    nic_reset(d->nic, NIC_RESET_POWER);
    if (d->netdev) {
        netdev_plug(d->netdev, &peer_ops, d);
        link_update(d, netdev_carrier(d->netdev));
    } else {
        log_line(LOG_OPTIONS, "%s: no netdev=, its frames are dropped",
                 nicdev_name(d));
    }
}

static void nicdev_free(struct nicdev *d)
{
    json_object_unref(d->opts);
    g_free(d->rom);
    g_free(d->path);
    g_free(d->id);
    g_free(d);
}

struct nicdev *nicdev_open(JsonObject *opts, const struct nic_model *model,
                           struct pci_bus *bus, const char *path, uint8_t devfn,
                           GError **err)
{
    struct nicdev *d;

    if (!props_check(opts, model, err)) {
        return NULL;
    }
    d = g_malloc0(NICDEV_SIZE + model->size);
    d->nic = (struct nic *)(void *)((uintptr_t)d + NICDEV_SIZE);
    d->opts = json_object_ref(opts);
    d->id = g_strdup(opts_peek(opts, "id"));
    d->path = g_strdup(path);
    if (!netdev_set(d, err) || !mac_set(d, d->nic->mac, err)) {
        goto fail;
    }
    nic_init(d->nic, model, &host);
    if (!props_set(d, err)) {
        goto fail;
    }
    pci_set(d);
    if (!rom_set(d, err)) {
        goto fail;
    }
    nicdev_start(d, bus, devfn);
    return d;
fail:
    nicdev_free(d);
    return NULL;
}

void nicdev_close(struct nicdev *d)
{
    int i = mac_default_index(d->nic->mac);

    if (d->netdev) {
        netdev_unplug(d->netdev);
        peer_gone(d);
    }
    pci_unplug(&d->pci);
    for (unsigned t = 0; t < NIC_TIMERS_MAX; t++) {
        clock_timer_free(d->timer[t].timer);
    }
    port_free(d->port);
    loop_task_free(d->task);
    if (i >= 0) {
        macs_used &= ~(1u << i);
    }
    nicdev_free(d);
}

void nicdev_reset(struct nicdev *d)
{
    /* RST# brings the power state back, whatever else auxiliary power keeps */
    nic_set_pmcsr(d->nic, 0, PMCSR_STATE);
    nic_reset(d->nic, NIC_RESET_BUS);
    pci_reset(&d->pci);
    port_reset(d->port);
}

void nicdev_set_link(struct nicdev *d, bool up)
{
    d->link_down = !up;
    link_update(d, !d->netdev || netdev_carrier(d->netdev));
}

void nicdev_resume(struct nicdev *d)
{
    loop_task_wake(d->task);
    if (d->netdev) {
        netdev_flush(d->netdev);
    }
}

/* A property of common[] as it was given, in its type, or its default */
static JsonNode *given_prop(const struct nicdev *d, const struct vm_prop *p)
{
    const char *text = "";
    bool flag = false;
    int64_t number = 0;

    if (!json_object_has_member(d->opts, p->name)) {
        return p->def ? json_from_string(p->def, NULL)
                      : json_node_init_string(json_node_alloc(), "");
    }
    if (!strcmp(p->type, "bool")) {
        opts_bool(d->opts, p->name, &flag, NULL);
        return json_node_init_boolean(json_node_alloc(), flag);
    }
    if (strcmp(p->type, "str") != 0) {
        opts_int(d->opts, p->name, INT64_MIN, INT64_MAX, &number, NULL);
        return json_node_init_int(json_node_alloc(), number);
    }
    opts_str(d->opts, p->name, &text, NULL);
    return json_node_init_string(json_node_alloc(), text);
}

/* Properties whose value is known better than from the options; else NULL */
static char *known_prop(const struct nicdev *d, const char *name)
{
    const uint8_t *a = d->nic->mac;

    if (!strcmp(name, "mac")) {
        return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1],
                               a[2], a[3], a[4], a[5]);
    }
    if (!strcmp(name, "addr")) {
        return g_strdup_printf("%02x.%x", d->pci.devfn >> 3, d->pci.devfn & 7u);
    }
    if (!strcmp(name, "bus")) {
        return g_strdup("pci.0");
    }
    if (!strcmp(name, "romfile") && d->rom && !opts_peek(d->opts, name)) {
        return g_strdup(d->nic->model->pci->romfile);
    }
    return NULL;
}

JsonNode *nicdev_prop(const struct nicdev *d, const char *name)
{
    const struct nic_model *m = d->nic->model;
    g_autofree char *known = known_prop(d, name);
    struct vm_prop p = { 0 };

    for (unsigned i = 0; i < m->n_props; i++) {
        if (!strcmp(name, m->prop[i].name)) {
            JsonNode *node = json_node_alloc();

            return m->prop[i].type == NIC_PROP_BOOL
                       ? json_node_init_boolean(node, d->nic->prop[i] != 0)
                       : json_node_init_int(node, d->nic->prop[i]);
        }
    }
    if (known) {
        return json_node_init_string(json_node_alloc(), known);
    }
    for (unsigned i = 0; nicdev_prop_at(m, i, &p); i++) {
        if (!strcmp(name, p.name)) {
            return given_prop(d, &p);
        }
    }
    return NULL;
}
