// SPDX-License-Identifier: MIT
/*
 * domain.c - what Xen lets a device model do to a domain: Xen's libraries
 *
 * The order of setting up is Xen's: make the server, map its page, enable it;
 * only then are there event channels in the page to bind to.  The buffered
 * ring is off: Xen uses it for VGA and the clock.
 *
 * A server outlives its process, so a keeper watches over it (keeper.c).
 *
 * xenstore is not used, so that nothing is missing once the process is
 * confined: that the domain is gone shows in the server being gone.
 */
#include "xen/domain.h"

/* Xen's headers keep resources to those who say they are its tools */
#define __XEN_TOOLS__ 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include <xen/hvm/dm_op.h>
#include <xen/hvm/ioreq.h>
#include <xen/memory.h>

#include "system/vm-error.h"
#include "xen/keeper.h"
#include "xen/restrict.h"

_Static_assert(sizeof(struct ioreq) == sizeof(struct ioreq_slot) &&
                   offsetof(struct ioreq, type) ==
                       offsetof(struct ioreq_slot, type) &&
                   offsetof(struct ioreq, vp_eport) ==
                       offsetof(struct ioreq_slot, vp_eport),
               "layout of struct ioreq");

enum { NO_PORT = -1 };

/**
 * struct domain - The one
 * @server: Its id
 * @made:   There is one
 * @port:   Our end of the event channel of each virtual CPU
 * @keeper: Ends with us, which the keeper sees
 */
static struct domain {
    domid_t id;
    ioservid_t server;
    bool made;
    unsigned vcpus;
    int port[IOREQ_SLOTS], keeper;
    xendevicemodel_handle *dm;
    xenforeignmemory_handle *memory;
    xenforeignmemory_resource_handle *resource;
    xenevtchn_handle *events;
    struct ioreq_slot *page;
} dom;

/* Set @err to what @what met; returns false */
static bool fail(GError **err, const char *what)
{
    return vm_fail(err, "%s: %s", what, g_strerror(errno));
}

static void domain_detach(void)
{
    if (dom.resource) {
        xenforeignmemory_unmap_resource(dom.memory, dom.resource);
    }
    if (dom.made) {
        xendevicemodel_destroy_ioreq_server(dom.dm, dom.id, dom.server);
    }
    if (dom.events) {
        xenevtchn_close(dom.events);
    }
    if (dom.memory) {
        xenforeignmemory_close(dom.memory);
    }
    if (dom.dm) {
        xendevicemodel_close(dom.dm);
    }
    if (dom.keeper > 0) {
        close(dom.keeper);
    }
    memset(&dom, 0, sizeof(dom));
}

static bool handles_open(GError **err)
{
    dom.dm = xendevicemodel_open(NULL, 0);
    if (!dom.dm) {
        return fail(err, "cannot reach Xen (xendevicemodel)");
    }
    dom.memory = xenforeignmemory_open(NULL, 0);
    if (!dom.memory) {
        return fail(err, "cannot reach Xen (xenforeignmemory)");
    }
    dom.events = xenevtchn_open(NULL, 0);
    if (!dom.events || fcntl(xenevtchn_fd(dom.events), F_SETFL, O_NONBLOCK)) {
        return fail(err, "cannot reach Xen (xenevtchn)");
    }
    return true;
}

static bool server_make(GError **err)
{
    void *page = NULL;

    if (xendevicemodel_nr_vcpus(dom.dm, dom.id, &dom.vcpus)) {
        return fail(err, "no HVM domain of that number");
    }
    if (!dom.vcpus || dom.vcpus > IOREQ_SLOTS) {
        return vm_fail(
            err, "the domain has %u virtual CPUs; at most %u are supported",
            dom.vcpus, (unsigned)IOREQ_SLOTS);
    }
    if (xendevicemodel_create_ioreq_server(dom.dm, dom.id,
                                           HVM_IOREQSRV_BUFIOREQ_OFF,
                                           &dom.server)) {
        return fail(err, "Xen gives no ioreq server");
    }
    dom.made = true;
    keeper_tell(dom.keeper, dom.server);
    dom.resource = xenforeignmemory_map_resource(
        dom.memory, dom.id, XENMEM_resource_ioreq_server, dom.server,
        XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &page,
        PROT_READ | PROT_WRITE, 0);
    if (!dom.resource) {
        return fail(err, "cannot map the ioreq server's page");
    }
    dom.page = page;
    return true;
}

static bool domain_attach(unsigned domid, GError **err)
{
    dom.id = (domid_t)domid;
    for (unsigned i = 0; i < IOREQ_SLOTS; i++) {
        dom.port[i] = NO_PORT;
    }
    dom.keeper = keeper_start(domid);
    if (dom.keeper < 0) {
        return fail(err, "cannot start a process");
    }
    if (handles_open(err) && server_make(err)) {
        return true;
    }
    domain_detach();
    return false;
}

static unsigned domain_vcpus(void)
{
    return dom.vcpus;
}

static struct ioreq_slot *domain_page(void)
{
    return dom.page;
}

/* Bind to the virtual CPUs that have a channel and no end here yet */
static bool ports_bind(GError **err)
{
    for (unsigned i = 0; i < dom.vcpus; i++) {
        uint32_t remote = dom.page[i].vp_eport;

        if (dom.port[i] != NO_PORT || !remote) {
            continue;
        }
        dom.port[i] = xenevtchn_bind_interdomain(dom.events, dom.id, remote);
        if (dom.port[i] < 0) {
            dom.port[i] = NO_PORT;
            return fail(err, "cannot bind an event channel");
        }
    }
    return true;
}

static bool domain_enable(bool on, GError **err)
{
    if (xendevicemodel_set_ioreq_server_state(dom.dm, dom.id, dom.server, on)) {
        return fail(err, "Xen does not switch the ioreq server");
    }
    return !on || ports_bind(err);
}

static int domain_event_fd(void)
{
    return xenevtchn_fd(dom.events);
}

static int domain_event_next(void)
{
    int port = xenevtchn_pending(dom.events);

    for (unsigned i = 0; port >= 0 && i < dom.vcpus; i++) {
        if (dom.port[i] == port) {
            return (int)i;
        }
    }
    return -1;
}

static void domain_event_done(unsigned vcpu)
{
    xenevtchn_unmask(dom.events, (evtchn_port_t)dom.port[vcpu]);
}

static void domain_notify(unsigned vcpu)
{
    if (dom.port[vcpu] != NO_PORT) {
        xenevtchn_notify(dom.events, (evtchn_port_t)dom.port[vcpu]);
    }
}

static bool domain_claim_function(unsigned devfn, bool on)
{
    uint8_t slot = (uint8_t)(devfn >> 3), function = devfn & 7;
    int rc;

    if (on) {
        rc = xendevicemodel_map_pcidev_to_ioreq_server(dom.dm, dom.id,
                                                       dom.server, 0, 0, slot,
                                                       function);
    } else {
        rc = xendevicemodel_unmap_pcidev_from_ioreq_server(dom.dm, dom.id,
                                                           dom.server, 0, 0,
                                                           slot, function);
    }
    return rc == 0;
}

static bool domain_claim_range(bool io, uint64_t first, uint64_t last, bool on)
{
    int rc;

    if (on) {
        rc = xendevicemodel_map_io_range_to_ioreq_server(dom.dm, dom.id,
                                                         dom.server, !io, first,
                                                         last);
    } else {
        rc = xendevicemodel_unmap_io_range_from_ioreq_server(dom.dm, dom.id,
                                                             dom.server, !io,
                                                             first, last);
    }
    return rc == 0;
}

static void domain_intx(unsigned slot, unsigned pin, bool level)
{
    xendevicemodel_set_pci_intx_level(dom.dm, dom.id, 0, 0, (uint8_t)slot,
                                      (uint8_t)pin, level);
}

static void domain_isa_irq(unsigned irq, bool level)
{
    xendevicemodel_set_isa_irq_level(dom.dm, dom.id, (uint8_t)irq, level);
}

static void domain_msi(uint64_t addr, uint32_t data)
{
    xendevicemodel_inject_msi(dom.dm, dom.id, addr, data);
}

enum { MAP_MAX = 64 };

static void *domain_map(void *opaque, uint64_t gfn, unsigned n, bool *missing)
{
    xen_pfn_t frames[MAP_MAX] = { 0 };
    int errors[MAP_MAX] = { 0 };
    void *p;

    if (n > MAP_MAX) {
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        frames[i] = gfn + i;
    }
    p = xenforeignmemory_map(dom.memory, dom.id, PROT_READ | PROT_WRITE, n,
                             frames, errors);
    for (unsigned i = 0; p && i < n; i++) {
        missing[i] = errors[i] != 0;
    }
    return p;
}

static void domain_unmap(void *opaque, void *p, unsigned n)
{
    xenforeignmemory_unmap(dom.memory, p, n);
}

static void domain_dirty(uint64_t gfn, unsigned n)
{
    xendevicemodel_modified_memory(dom.dm, dom.id, gfn, n);
}

static bool domain_alive(void)
{
    return xendevicemodel_get_ioreq_server_info(dom.dm, dom.id, dom.server,
                                                NULL, NULL, NULL) == 0;
}

static bool domain_restrict_to(GError **err)
{
    const struct xen_handles h = { dom.dm, dom.memory, dom.events };
    g_autofree char *why = NULL;

    return restrict_to(dom.id, &h, &why) || vm_fail(err, "%s", why);
}

static const struct domain_ops ops = {
    .attach = domain_attach,
    .detach = domain_detach,
    .vcpus = domain_vcpus,
    .page = domain_page,
    .enable = domain_enable,
    .event_fd = domain_event_fd,
    .event_next = domain_event_next,
    .event_done = domain_event_done,
    .notify = domain_notify,
    .claim_function = domain_claim_function,
    .claim_range = domain_claim_range,
    .intx = domain_intx,
    .isa_irq = domain_isa_irq,
    .msi = domain_msi,
    .map = domain_map,
    .unmap = domain_unmap,
    .dirty = domain_dirty,
    .alive = domain_alive,
    .restrict_to = domain_restrict_to,
};

const struct domain_ops *const domain_xen = &ops;
