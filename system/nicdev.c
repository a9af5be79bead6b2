// SPDX-License-Identifier: MIT
/*
 * nicdev.c - a NIC in the machine: model, jack, timers
 *
 * Implements struct nic_host by guest RAM, the virtual clock, loop tasks and a
 * network backend.  While the machine is stopped a card does nothing of its own
 * accord: work stays marked, frames stay with the backend.
 */
#include "system/nicdev.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/log.h"
#include "system/nicdev-int.h"
#include "system/opts.h"

enum {
    /* The card follows its nicdev in one allocation, aligned */
    NICDEV_SIZE = (sizeof(struct nicdev) + 63) / 64 * 64,
};

static struct nicdev *nicdev_of(const struct nic *n)
{
    return (struct nicdev *)(void *)((uintptr_t)n - NICDEV_SIZE);
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

static void host_prefetch(struct nic *n, gpa_t at, size_t len, bool write)
{
    mem_prefetch(at.addr, len, write);
}

static void host_irq(struct nic *n, bool level)
{
    struct nicdev *d = nicdev_of(n);

    d->interrupts += level;
    d->bus->irq(d, level);
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

static bool host_send(struct nic *n, struct nic_frame *f)
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
    .prefetch = host_prefetch,
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

static void jack_push(void *opaque)
{
    struct nicdev *d = opaque;

    if (d->netdev) {
        netdev_push(d->netdev);
    }
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
    .map = jack_map,
    .send = jack_send,
    .push = jack_push,
    .flush = jack_flush,
    .defer = jack_defer,
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

/* Its registers, where the bus maps them */

void nicdev_write(struct nicdev *d, unsigned bar, uint32_t off, unsigned size,
                  uint32_t val)
{
    nic_write(d->nic, bar, off, size, val);
    if (d->nic->model->prompt && d->nic->work) {
        task_run(d);
    }
}

static uint32_t bar_read(void *opaque, uint32_t off, unsigned size)
{
    struct nicdev_bar *b = opaque;

    return nic_read(b->dev->nic, b->bar, off, size);
}

static void bar_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    struct nicdev_bar *b = opaque;

    nicdev_write(b->dev, b->bar, off, size, val);
}

void nicdev_bar_init(struct nicdev *d, unsigned bar, uint32_t size)
{
    struct nicdev_bar *b = &d->bar[bar];

    b->dev = d;
    b->bar = bar;
    b->region.name = d->nic->model->name;
    b->region.size = size;
    b->region.read = bar_read;
    b->region.write = bar_write;
    b->region.opaque = b;
}

/* Making one */

static bool netdev_set(struct nicdev *d, GError **err)
{
    const char *id = opts_peek(d->opts, "netdev");

    if (!id) {
        return true;
    }
    d->netdev = netdev_find(id);
    if (!d->netdev) {
        return vm_fail(err,
                       "property 'netdev' cannot be '%s': there is no "
                       "-netdev with that id",
                       id);
    }
    if (d->netdev->peer) {
        d->netdev = NULL;
        return vm_fail(err, "property 'netdev' cannot be '%s': it is in use",
                       id);
    }
    return true;
}

void nicdev_set_tracing(struct nicdev *d)
{
    d->nic->tracing = log_tracing();
}

/* Everything is checked: make the parts and connect them */
static void nicdev_start(struct nicdev *d)
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
    nicdev_mac_use(d, true);
    d->bus->plug(d);
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
                           const char *path, GError **err)
{
    struct nicdev *d;

    if (!nicdev_props_check(opts, model, err)) {
        return NULL;
    }
    d = g_malloc0(NICDEV_SIZE + model->size);
    d->nic = (struct nic *)(void *)((uintptr_t)d + NICDEV_SIZE);
    d->opts = json_object_ref(opts);
    d->id = g_strdup(opts_peek(opts, "id"));
    d->path = g_strdup(path);
    d->bus = nicdev_bus_of(model);
    if (!netdev_set(d, err) || !nicdev_mac_set(d, err)) {
        goto fail;
    }
    nic_init(d->nic, model, &host);
    if (!nicdev_props_set(d, err) || !d->bus->init(d, err)) {
        goto fail;
    }
    nicdev_start(d);
    return d;
fail:
    nicdev_free(d);
    return NULL;
}

void nicdev_close(struct nicdev *d)
{
    if (d->netdev) {
        netdev_unplug(d->netdev);
        peer_gone(d);
    }
    d->bus->unplug(d);
    nicdev_mac_use(d, false);
    for (unsigned t = 0; t < NIC_TIMERS_MAX; t++) {
        clock_timer_free(d->timer[t].timer);
    }
    port_free(d->port);
    loop_task_free(d->task);
    nicdev_free(d);
}

void nicdev_reset(struct nicdev *d)
{
    /* RST# brings the power state back, whatever else auxiliary power keeps */
    nic_set_pmcsr(d->nic, 0, PMCSR_STATE);
    nic_reset(d->nic, NIC_RESET_BUS);
    d->bus->reset(d);
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
