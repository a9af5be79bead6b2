// SPDX-License-Identifier: MIT
/*
 * reaper.c - the end of an ioreq server whose process is gone
 *
 * An ioreq server belongs to the domain, not to the process that made it: Xen
 * goes on to send it the guest's accesses, and the virtual CPU waits for an
 * answer.  Xen does not wake a CPU when the server is removed, either.  So it
 * is switched off first, what is under way is answered and notified, and then
 * it is removed.
 */
#include "xen/reaper.h"

/* Xen's headers keep resources to those who say they are its tools */
#define __XEN_TOOLS__ 1

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <sys/mman.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include <xen/hvm/dm_op.h>
#include <xen/memory.h>

#include "xen/ioreq.h"
#include "xen/restrict.h"

/**
 * struct reaper - See reaper.h
 * @vcpus: Of the domain; 0 where @page is not mapped
 * @page:  The server's requests
 */
struct reaper {
    domid_t domid;
    ioservid_t server;
    unsigned vcpus;
    struct ioreq_slot *page;
    xendevicemodel_handle *dm;
    xenforeignmemory_handle *memory;
    xenforeignmemory_resource_handle *resource;
    xenevtchn_handle *events;
};

struct reaper *reaper_open(unsigned domid)
{
    struct reaper *r = g_new0(struct reaper, 1);

    r->domid = (domid_t)domid;
    r->dm = xendevicemodel_open(NULL, 0);
    r->memory = r->dm ? xenforeignmemory_open(NULL, 0) : NULL;
    r->events = r->memory ? xenevtchn_open(NULL, 0) : NULL;
    if (!r->events) {
        int why = errno;

        g_clear_pointer(&r, reaper_close);
        errno = why;
    }
    return r;
}

void reaper_close(struct reaper *r)
{
    if (!r) {
        return;
    }
    if (r->resource) {
        xenforeignmemory_unmap_resource(r->memory, r->resource);
    }
    if (r->events) {
        xenevtchn_close(r->events);
    }
    if (r->memory) {
        xenforeignmemory_close(r->memory);
    }
    if (r->dm) {
        xendevicemodel_close(r->dm);
    }
    g_free(r);
}

bool reaper_finds(const struct reaper *r, unsigned server)
{
    return !xendevicemodel_get_ioreq_server_info(r->dm, r->domid,
                                                 (ioservid_t)server, NULL, NULL,
                                                 NULL);
}

bool reaper_map(struct reaper *r, unsigned server)
{
    unsigned vcpus = 0;
    void *page = NULL;

    r->server = (ioservid_t)server;
    if (xendevicemodel_nr_vcpus(r->dm, r->domid, &vcpus)) {
        return false;
    }
    r->resource = xenforeignmemory_map_resource(
        r->memory, r->domid, XENMEM_resource_ioreq_server, r->server,
        XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &page,
        PROT_READ | PROT_WRITE, 0);
    if (r->resource) {
        r->page = page;
        r->vcpus = MIN(vcpus, IOREQ_SLOTS);
    }
    return r->resource != NULL;
}

bool reaper_restrict(const struct reaper *r)
{
    const struct xen_handles h = { r->dm, r->memory, r->events };

    return restrict_to(r->domid, &h, NULL);
}

/* Answer a virtual CPU that waits, and wake it */
static void answer(struct reaper *r, unsigned vcpu,
                   void (*answered)(unsigned vcpu, bool woken))
{
    struct ioreq_slot *slot = &r->page[vcpu];
    int port;

    if (!ioreq_abandon(slot)) {
        return;
    }
    port = xenevtchn_bind_interdomain(r->events, r->domid, slot->vp_eport);
    if (port >= 0) {
        xenevtchn_notify(r->events, (evtchn_port_t)port);
    }
    if (answered) {
        answered(vcpu, port >= 0);
    }
}

bool reaper_run(struct reaper *r, void (*answered)(unsigned vcpu, bool woken))
{
    xendevicemodel_set_ioreq_server_state(r->dm, r->domid, r->server, 0);
    for (unsigned i = 0; i < r->vcpus; i++) {
        answer(r, i, answered);
    }
    return !xendevicemodel_destroy_ioreq_server(r->dm, r->domid, r->server);
}
