// SPDX-License-Identifier: MIT
/*
 * dm-reap.c - what a vifemu that was killed left in Xen
 *
 * An ioreq server belongs to the domain, not to the process that made it: Xen
 * goes on to send it the guest's accesses, and the virtual CPU waits for an
 * answer.  Xen does not wake a CPU when the server is removed, either.  So it
 * is switched off first, what is under way is answered and notified, and then
 * it is removed; from then on QEMU's server gets the configuration space, and
 * nobody what lies behind the BARs.
 */
#include "xen/dm-reap.h"

/* Xen's headers keep resources to those who say they are its tools */
#define __XEN_TOOLS__ 1

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include <xen/hvm/dm_op.h>
#include <xen/memory.h>

#include "xen/dm-log.h"
#include "xen/ioreq.h"

/* Of one domain (MAX_NR_IOREQ_SERVERS) */
enum { SERVERS = 8 };

/**
 * struct dm_reap - See dm-reap.h
 * @before: Servers there were without vifemu, a bit each
 * @known:  @server is vifemu's
 */
struct dm_reap {
    xendevicemodel_handle *dm;
    domid_t domid;
    unsigned before;
    bool known;
    ioservid_t server;
};

static bool server_there(const struct dm_reap *r, ioservid_t id)
{
    return !xendevicemodel_get_ioreq_server_info(r->dm, r->domid, id, NULL,
                                                 NULL, NULL);
}

static unsigned servers(const struct dm_reap *r)
{
    unsigned there = 0;

    for (ioservid_t id = 0; id < SERVERS; id++) {
        there |= (unsigned)server_there(r, id) << id;
    }
    return there;
}

struct dm_reap *dm_reap_new(uint32_t domid)
{
    struct dm_reap *r = g_new0(struct dm_reap, 1);

    r->domid = (domid_t)domid;
    r->dm = xendevicemodel_open(NULL, 0);
    if (!r->dm) {
        dm_log("Xen cannot be reached (%s): if vifemu is killed, the guest's "
               "virtual CPUs will wait for its cards",
               g_strerror(errno));
        g_free(r);
        return NULL;
    }
    r->before = servers(r);
    return r;
}

void dm_reap_free(struct dm_reap *r)
{
    if (r) {
        xendevicemodel_close(r->dm);
        g_free(r);
    }
}

void dm_reap_mark(struct dm_reap *r)
{
    unsigned more = r ? servers(r) & ~r->before : 0;

    if (!r) {
        return;
    }
    /* Another program may have made one just now: then it is not known */
    r->known = more && !(more & (more - 1));
    r->server = (ioservid_t)(r->known ? g_bit_nth_lsf(more, -1) : 0);
    dm_log(r->known ? "vifemu has ioreq server %u"
                    : "vifemu's ioreq server is "
                      "not known",
           (unsigned)r->server);
}

/* Answer what virtual CPUs wait for, and wake them */
static void answer(const struct dm_reap *r, struct ioreq_slot *page,
                   xenevtchn_handle *events)
{
    unsigned vcpus = 0;

    xendevicemodel_nr_vcpus(r->dm, r->domid, &vcpus);
    for (unsigned i = 0; i < MIN(vcpus, IOREQ_SLOTS); i++) {
        struct ioreq_slot *slot = &page[i];
        unsigned bits = __atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE);
        unsigned state = bits & IOREQ_STATE;
        int port;

        if (state != IOREQ_STATE_READY && state != IOREQ_STATE_INPROCESS) {
            continue;
        }
        slot->data = UINT64_MAX;
        bits = (bits & ~(unsigned)IOREQ_STATE) | IOREQ_STATE_RESPONSE;
        __atomic_store_n(&slot->bits, (uint8_t)bits, __ATOMIC_RELEASE);
        port = xenevtchn_bind_interdomain(events, r->domid, slot->vp_eport);
        if (port >= 0) {
            xenevtchn_notify(events, (evtchn_port_t)port);
        }
        dm_log("virtual CPU %u was waiting, and is answered%s", i,
               port < 0 ? ", but cannot be woken" : "");
    }
}

static void answer_all(const struct dm_reap *r)
{
    xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
    xenevtchn_handle *events = xenevtchn_open(NULL, 0);
    xenforeignmemory_resource_handle *resource = NULL;
    void *page = NULL;

    if (memory && events) {
        resource = xenforeignmemory_map_resource(
            memory, r->domid, XENMEM_resource_ioreq_server, r->server,
            XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &page,
            PROT_READ | PROT_WRITE, 0);
    }
    if (resource) {
        answer(r, page, events);
        xenforeignmemory_unmap_resource(memory, resource);
    } else {
        dm_log("the requests of ioreq server %u cannot be answered: %s",
               (unsigned)r->server, g_strerror(errno));
    }
    if (events) {
        xenevtchn_close(events);
    }
    if (memory) {
        xenforeignmemory_close(memory);
    }
}

void dm_reap_run(struct dm_reap *r)
{
    if (!r || !r->known || !server_there(r, r->server)) {
        return;
    }
    r->known = false;
    xendevicemodel_set_ioreq_server_state(r->dm, r->domid, r->server, 0);
    answer_all(r);
    if (xendevicemodel_destroy_ioreq_server(r->dm, r->domid, r->server)) {
        dm_log("ioreq server %u: %s", (unsigned)r->server, g_strerror(errno));
    } else {
        dm_log("ioreq server %u, which vifemu left, is removed",
               (unsigned)r->server);
    }
}
