// SPDX-License-Identifier: MIT
/*
 * accel-xen.c - -accel xen: cards in a domain of Xen's
 *
 * The domain has a device model already, which made its machine.  This process
 * is a second ioreq server beside it: it claims a slot for each card, then the
 * addresses at which the guest puts the card's registers, and Xen sends what
 * the guest's CPUs do there here.  Where both claim something, the server that
 * was made later gets it.
 *
 *   guest CPU -> Xen: slot in the shared page, event channel -> event_ready()
 *   -> ioreq_serve() -> configuration space or region -> card
 *   card: DMA -> mapcache; pin -> INTx or ISA line, through Xen
 *
 * The CPU is answered before deferred work is done, and it waits no longer than
 * that.  With -x-vifemu-poll-us the shared page itself is looked at before the
 * process sleeps, which saves three system calls of four on each access.
 *
 * There is no notice of a domain's end that a confined process could get, so
 * whether our server is still there is asked a few times a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "system/accel.h"
#include "system/log.h"
#include "system/loop.h"
#include "system/machine-int.h"
#include "system/memory.h"
#include "system/vm-int.h"
#include "xen/claims.h"
#include "xen/domain.h"
#include "xen/mapcache.h"

enum {
    FUNCTIONS = PCI_SLOTS * PCI_FUNCTIONS,
    PINS = 4,
    DOMID_MAX = 0x7fef, /* DOMID_FIRST_RESERVED - 1 */
    ALIVE_MS = 250,
    MSI_WINDOW = 0xfee, /* Address bits 31:20 of the local APICs */
};

/**
 * struct canary - A descriptor at whose end a card is to go
 */
struct canary {
    char *id;
    int fd;
    struct loop_fd *watch;
};

static const struct domain_ops *dom;
static bool attached, dirty_log;
static struct ioreq_stats stats;
static struct mapcache_ops map_ops;
static struct mapcache *cache;
static struct claims *claims;
static struct pci_bus bus;
static bool claimed[FUNCTIONS];
static uint8_t pins[PCI_SLOTS][PINS]; /* Functions that drive each */
static uint64_t spun;                 /* Requests found by looking */
static struct loop_fd *event_watch, *alive_watch;
static int alive_fd = -1;
static GSList *canaries;

void accel_xen_set_domain(const struct domain_ops *ops)
{
    dom = ops;
}

const char *accel_xen_missing(void)
{
    return dom || domain_xen ? NULL
                             : "this build is without Xen's libraries "
                               "(libxen-dev)";
}

/* Guest memory */

static uint8_t *ram_at(uint64_t at, size_t *len)
{
    return mapcache_at(cache, at, len);
}

static bool ram_copy(uint64_t at, void *p, size_t len, bool write)
{
    return mapcache_copy(cache, at, p, len, write);
}

static void ram_written(uint64_t at, size_t len)
{
    uint64_t first = at / MEM_PAGE;

    if (dirty_log && len) {
        dom->dirty(first, (unsigned)((at + len - 1) / MEM_PAGE - first + 1));
    }
}

static const struct mem_foreign ram = { .at = ram_at,
                                        .copy = ram_copy,
                                        .written = ram_written };

static void xen_dirty_log(bool on)
{
    dirty_log = on;
}

/* Addresses of registers */

static bool claim_set(void *opaque, bool io, uint64_t first, uint64_t last,
                      bool on)
{
    return dom->claim_range(io, first, last, on);
}

static const struct claim_ops claim_ops = { .set = claim_set };

static void region_watch(enum mem_space space, const struct mem_region *r,
                         bool on)
{
    if (!on) {
        claims_remove(claims, r);
    } else if (!claims_add(claims, r, space == MEM_SPACE_IO, r->base,
                           r->size)) {
        log_line(LOG_GUEST_ERRORS,
                 "%s: Xen refuses 0x%" PRIx64 "-0x%" PRIx64 ", for now",
                 r->name, r->base, r->base + r->size - 1);
    }
}

/* struct chipset: slots, and whatever the domain's device model has there */

static const struct machine_ops *machine;

static void bus_intx(void *opaque, struct pci_dev *d, bool level)
{
    unsigned slot = d->devfn >> 3;
    unsigned pin = (d->cfg[PCI_INTERRUPT_PIN] - 1u) % PINS;
    uint8_t *n = &pins[slot][pin];

    *n = (uint8_t)(level ? *n + 1 : *n - 1);
    if (*n == level) {
        dom->intx(slot, pin, level);
    }
}

static void bus_msi(void *opaque, struct pci_dev *d, uint64_t addr,
                    uint32_t data)
{
    uint8_t le[4];

    pci_put32(le, data);
    if (addr >> 20 == MSI_WINDOW) {
        dom->msi(addr, data);
    } else if (!mem_dma_write(addr, le, sizeof(le))) {
        log_line(LOG_GUEST_ERRORS, "MSI message to 0x%" PRIx64, addr);
    }
}

static void bus_map(void *opaque, struct pci_dev *d, unsigned bar)
{
    machine->bar(d, bar, true);
}

static void bus_unmap(void *opaque, struct pci_dev *d, unsigned bar)
{
    machine->bar(d, bar, false);
}

static const struct pci_bus_ops bus_ops = {
    .map = bus_map, .unmap = bus_unmap, .intx = bus_intx, .msi = bus_msi
};

static struct pci_bus *slots_init(const struct machine_ops *ops)
{
    machine = ops;
    bus.ops = &bus_ops;
    return &bus;
}

static void slots_reset(void)
{
    /* The chips are not ours */
}

static void slot_gone(unsigned slot)
{
    for (unsigned f = 0; f < PCI_FUNCTIONS; f++) {
        unsigned devfn = slot << 3 | f;

        if (claimed[devfn] && !bus.dev[devfn]) {
            dom->claim_function(devfn, false);
            claimed[devfn] = false;
        }
    }
}

/* The router is not ours */
static int pin_irq(unsigned slot, unsigned pin)
{
    return -1;
}

const struct chipset xen_slots = {
    .shared = true,
    .init = slots_init,
    .reset = slots_reset,
    .slot_gone = slot_gone,
    .pin_irq = pin_irq,
};

static void isa_irq(unsigned n, bool level)
{
    dom->isa_irq(n, level);
}

/* struct ioreq_ops */

static uint32_t config_read(void *opaque, uint32_t sbdf, unsigned off,
                            unsigned size)
{
    struct pci_dev *d = sbdf < FUNCTIONS ? bus.dev[sbdf] : NULL;

    return d ? pci_cfg_read(d, off, size) : UINT32_MAX;
}

static void config_write(void *opaque, uint32_t sbdf, unsigned off,
                         unsigned size, uint32_t val)
{
    if (sbdf < FUNCTIONS && bus.dev[sbdf]) {
        pci_cfg_write(bus.dev[sbdf], off, size, val);
    }
}

static uint64_t cpu_load(void *opaque, bool io, uint64_t at, unsigned size)
{
    return mem_load(io ? MEM_SPACE_IO : MEM_SPACE_MEMORY, at, size);
}

static void cpu_store(void *opaque, bool io, uint64_t at, unsigned size,
                      uint64_t val)
{
    mem_store(io ? MEM_SPACE_IO : MEM_SPACE_MEMORY, at, size, val);
}

static bool dma_read(void *opaque, uint64_t at, void *p, size_t len)
{
    return mem_dma_read(at, p, len);
}

static bool dma_write(void *opaque, uint64_t at, const void *p, size_t len)
{
    return mem_dma_write(at, p, len);
}

static void invalidate(void *opaque)
{
    mapcache_flush(cache);
}

static const struct ioreq_ops ioreq_ops = {
    .config_read = config_read,
    .config_write = config_write,
    .load = cpu_load,
    .store = cpu_store,
    .dma_read = dma_read,
    .dma_write = dma_write,
    .invalidate = invalidate,
};

/* Requests */

static bool serve(unsigned vcpu)
{
    mapcache_settle(cache);
    if (!ioreq_serve(&dom->page()[vcpu], &ioreq_ops, NULL, &stats)) {
        return false;
    }
    dom->notify(vcpu);
    return true;
}

static void serve_all(void)
{
    for (unsigned i = 0; i < dom->vcpus(); i++) {
        serve(i);
    }
}

static void event_ready(void *opaque, unsigned events)
{
    int vcpu = dom->event_next();

    if (vcpu >= 0) {
        serve((unsigned)vcpu);
        dom->event_done((unsigned)vcpu);
    }
}

/**
 * peek() - Look for requests without being told of them
 *
 * Not at those of configuration space: a canary may have ended a moment before
 * the guest asks what is in its slot, and only the loop sees that in order.
 */
static bool peek(void)
{
    const struct ioreq_slot *page = dom->page();
    bool any = false;

    for (unsigned i = 0; i < dom->vcpus(); i++) {
        if (ioreq_waiting(&page[i]) && ioreq_kind(&page[i]) != IOREQ_CONFIG &&
            serve(i)) {
            spun++;
            any = true;
        }
    }
    return any;
}

/* The domain's end */

static void alive_ready(void *opaque, unsigned events)
{
    uint64_t n;

    if (read(alive_fd, &n, sizeof(n)) > 0 && !dom->alive()) {
        vm_shutdown("guest-shutdown");
    }
}

static bool alive_start(void)
{
    const struct timespec step = { .tv_nsec = ALIVE_MS * 1000000L };
    const struct itimerspec every = { .it_interval = step, .it_value = step };

    alive_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (alive_fd < 0 || timerfd_settime(alive_fd, 0, &every, NULL)) {
        error_report("cannot make a timer: %s", g_strerror(errno));
        return false;
    }
    alive_watch = loop_fd_new(alive_fd, LOOP_IN, alive_ready, NULL);
    return true;
}

/* Canaries */

static void canary_free(void *opaque)
{
    struct canary *c = opaque;

    if (c->watch) {
        loop_fd_free(c->watch);
    }
    close(c->fd);
    g_free(c->id);
    g_free(c);
}

/* What is said is not of interest, only that nothing more will be */
static void canary_ready(void *opaque, unsigned events)
{
    struct canary *c = opaque;
    char buf[4096];
    ssize_t n = read(c->fd, buf, sizeof(buf));

    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) {
        return;
    }
    canaries = g_slist_remove(canaries, c);
    vm_withdraw(c->id);
    canary_free(c);
}

static bool canary_fail(const char *spec, const char *why)
{
    error_report("-x-xen-canary %s: %s", spec, why);
    return false;
}

/* "ID=FD" */
static bool canary_add(const char *spec)
{
    const char *eq = strrchr(spec, '=');
    g_autofree char *id = eq ? g_strndup(spec, (gsize)(eq - spec)) : NULL;
    struct canary *c;
    guint64 fd;
    int flags;

    if (!id || !g_ascii_string_to_unsigned(eq + 1, 10, 0, INT_MAX, &fd, NULL)) {
        return canary_fail(spec, "it takes ID=FD, a device and a descriptor");
    }
    if (!vm_has_device(id)) {
        return canary_fail(spec, "there is no -device with that id");
    }
    flags = fcntl((int)fd, F_GETFL);
    if (flags < 0 || fcntl((int)fd, F_SETFL, flags | O_NONBLOCK) ||
        fcntl((int)fd, F_SETFD, FD_CLOEXEC)) {
        return canary_fail(spec, g_strerror(errno));
    }
    c = g_new0(struct canary, 1);
    c->id = g_steal_pointer(&id);
    c->fd = (int)fd;
    c->watch = loop_fd_new(c->fd, LOOP_IN, canary_ready, c);
    canaries = g_slist_prepend(canaries, c);
    return true;
}

static bool canaries_add(const struct options *o)
{
    for (guint i = 0; o->canaries && i < o->canaries->len; i++) {
        if (!canary_add(o->canaries->pdata[i])) {
            return false;
        }
    }
    return true;
}

/* struct accel */

static bool xen_attach(const struct options *o)
{
    GError *err = NULL;

    if (accel_xen_missing()) {
        error_report("-accel xen: %s", accel_xen_missing());
        return false;
    }
    if (!o->xen_domid || o->xen_domid > DOMID_MAX) {
        error_report("-accel xen: it takes -xen-domid N, 1 to %d", DOMID_MAX);
        return false;
    }
    dom = dom ? dom : domain_xen;
    if (!dom->attach((unsigned)o->xen_domid, &err)) {
        error_report("-xen-domid %" PRIu64 ": %s", o->xen_domid, err->message);
        g_error_free(err);
        return false;
    }
    attached = true;
    map_ops = (struct mapcache_ops){ .map = dom->map, .unmap = dom->unmap };
    cache = mapcache_new(&map_ops, NULL);
    claims = claims_new(&claim_ops, NULL);
    mem_set_foreign(&ram);
    mem_watch(region_watch);
    vm_irq_listen(isa_irq);
    return true;
}

/* Slots become ours, and interrupt lines what they should be: the domain may
 * have been saved with others */
static bool slots_claim(void)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        const struct pci_dev *d = bus.dev[i];

        if (!d) {
            continue;
        }
        if (!dom->claim_function(i, true)) {
            error_report("-device: Xen does not give us slot %02x.%x: %s",
                         i >> 3, i & 7, g_strerror(errno));
            return false;
        }
        claimed[i] = true;
        for (unsigned pin = 0; pin < PINS; pin++) {
            dom->intx(i >> 3, pin, pins[i >> 3][pin]);
        }
    }
    return true;
}

static bool xen_start(const struct options *o)
{
    GError *err = NULL;

    /* Canaries before requests, so that a turn sees them first */
    if (!canaries_add(o) || !slots_claim() || !alive_start()) {
        return false;
    }
    event_watch = loop_fd_new(dom->event_fd(), LOOP_IN, event_ready, NULL);
    loop_set_peek(peek);
    if (!dom->enable(true, &err) || (o->stopped && !dom->enable(false, &err))) {
        error_report("-xen-domid %" PRIu64 ": %s", o->xen_domid, err->message);
        g_error_free(err);
        return false;
    }
    return true;
}

static bool xen_confine(const struct options *o)
{
    GError *err = NULL;

    if (dom->restrict_to(&err)) {
        return true;
    }
    error_report("%s%s", err->message,
                 o->xen_restrict ? "" : "; going on without");
    g_error_free(err);
    return !o->xen_restrict;
}

/* While the machine is stopped, what the guest asks goes to whoever else claims
 * it; the guest does not run then */
static void xen_run(bool on)
{
    GError *err = NULL;

    if (!dom->enable(on, &err)) {
        log_line(LOG_GUEST_ERRORS, "%s", err->message);
        g_error_free(err);
    }
    if (!on) {
        /* What came before that */
        serve_all();
    }
}

/* A server that is removed answers nothing any more, and Xen does not wake who
 * waits for it: take no more requests, and answer what came before that */
static void last_answers(void)
{
    if (!dom->alive()) {
        return;
    }
    dom->enable(false, NULL);
    for (unsigned i = 0; i < dom->vcpus(); i++) {
        if (ioreq_abandon(&dom->page()[i])) {
            dom->notify(i);
        }
    }
}

static void xen_detach(void)
{
    if (!attached) {
        return;
    }
    attached = false;
    loop_set_peek(NULL);
    mem_watch(NULL);
    mem_set_foreign(NULL);
    vm_irq_listen(NULL);
    g_clear_pointer(&event_watch, loop_fd_free);
    g_clear_pointer(&alive_watch, loop_fd_free);
    if (alive_fd >= 0) {
        close(alive_fd);
        alive_fd = -1;
    }
    g_slist_free_full(g_steal_pointer(&canaries), canary_free);
    g_clear_pointer(&claims, claims_free);
    g_clear_pointer(&cache, mapcache_free);
    memset(claimed, 0, sizeof(claimed));
    memset(pins, 0, sizeof(pins));
    last_answers();
    dom->detach();
}

static JsonObject *xen_counters(void)
{
    JsonObject *o = json_object_new();
    struct mapcache_stats m;

    mapcache_stats(cache, &m);
    const struct {
        const char *name;
        uint64_t val;
    } rows[] = {
        { "pio", stats.pio },
        { "mmio", stats.copy },
        { "config", stats.config },
        { "invalidate", stats.invalidate },
        { "repeated", stats.repeated },
        { "refused", stats.refused },
        { "faults", stats.faults },
        { "found-by-polling", spun },
        { "maps", m.maps },
        { "maps-evicted", m.evicted },
        { "maps-flushed", m.flushes },
        { "holes", m.holes },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_object_set_int_member(o, rows[i].name, (gint64)rows[i].val);
    }
    return o;
}

const struct accel accel_xen = {
    .name = "xen",
    .machine = "xenfv",
    .only = true,
    .attach = xen_attach,
    .start = xen_start,
    .confine = xen_confine,
    .run = xen_run,
    .detach = xen_detach,
    .dirty_log = xen_dirty_log,
    .counters = xen_counters,
};
