// SPDX-License-Identifier: MIT
/*
 * dm-reap.c - what a vifemu that was killed left in Xen
 *
 * Its ioreq server is removed; from then on QEMU's server gets the
 * configuration space, and nobody what lies behind the BARs.
 */
#include "xen/dm-reap.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>

#include "xen/dm-log.h"
#include "xen/reaper.h"

/* Of one domain (MAX_NR_IOREQ_SERVERS) */
enum { SERVERS = 8 };

/**
 * struct dm_reap - See dm-reap.h
 * @before: Servers there were without vifemu, a bit each
 * @known:  @server is vifemu's
 */
struct dm_reap {
    struct reaper *reaper;
    unsigned before, server;
    bool known;
};

static unsigned servers(const struct dm_reap *r)
{
    unsigned there = 0;

    for (unsigned id = 0; id < SERVERS; id++) {
        there |= (unsigned)reaper_finds(r->reaper, id) << id;
    }
    return there;
}

struct dm_reap *dm_reap_new(uint32_t domid)
{
    struct dm_reap *r = g_new0(struct dm_reap, 1);

    r->reaper = reaper_open(domid);
    if (!r->reaper) {
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
        reaper_close(r->reaper);
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
    r->server = r->known ? (unsigned)g_bit_nth_lsf(more, -1) : 0;
    dm_log(r->known ? "vifemu has ioreq server %u"
                    : "vifemu's ioreq server is "
                      "not known",
           r->server);
}

static void answered(unsigned vcpu, bool woken)
{
    dm_log("virtual CPU %u was waiting, and is answered%s", vcpu,
           woken ? "" : ", but cannot be woken");
}

void dm_reap_run(struct dm_reap *r)
{
    if (!r || !r->known || !reaper_finds(r->reaper, r->server)) {
        return;
    }
    r->known = false;
    if (!reaper_map(r->reaper, r->server)) {
        dm_log("the requests of ioreq server %u cannot be answered: %s",
               r->server, g_strerror(errno));
    }
    if (reaper_run(r->reaper, answered)) {
        dm_log("ioreq server %u, which vifemu left, is removed", r->server);
    } else {
        dm_log("ioreq server %u: %s", r->server, g_strerror(errno));
    }
}
