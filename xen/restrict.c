// SPDX-License-Identifier: MIT
/*
 * restrict.c - Xen's handles, from now on for one domain only
 *
 * Whether that holds is up to libraries and kernel, so it is tried each time,
 * on domain 0 and on a neighbour.  Linux refuses with EPERM (privcmd.c) or
 * EACCES (evtchn.c) before it asks Xen.  Xen says EPERM, too, to a hypercall of
 * a device model's on the domain that makes it, but only one of the two can be
 * that.  Else there would be success or another error: ESRCH for a domain that
 * does not exist, EINVAL for channel 0.  Nothing that is tried changes anything
 * if it works.
 */
#include "xen/restrict.h"

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <sys/mman.h>
#include <xentoolcore.h>

enum { DOM0 = 0, NO_CHANNEL = 0 };

static bool refused(void)
{
    return errno == EPERM || errno == EACCES;
}

/* The number of its virtual CPUs */
static bool dm_op_refused(const struct xen_handles *h, unsigned domid)
{
    unsigned vcpus;

    return xendevicemodel_nr_vcpus(h->dm, (domid_t)domid, &vcpus) && refused();
}

/* Its first page */
static bool memory_refused(const struct xen_handles *h, unsigned domid)
{
    const xen_pfn_t frame = 0;
    int error;
    void *p =
        xenforeignmemory_map(h->memory, domid, PROT_READ, 1, &frame, &error);

    if (!p) {
        return refused();
    }
    /* Mapped, or there was none to be mapped */
    xenforeignmemory_unmap(h->memory, p, 1);
    errno = error < 0 ? -error : error;
    return false;
}

/* A channel that no domain has */
static bool event_refused(const struct xen_handles *h, unsigned domid)
{
    int port = xenevtchn_bind_interdomain(h->events, domid, NO_CHANNEL);

    if (port < 0) {
        return refused();
    }
    xenevtchn_unbind(h->events, (evtchn_port_t)port);
    errno = 0;
    return false;
}

static bool all_refused(const struct xen_handles *h, unsigned domid, char **why)
{
    static const struct {
        const char *what;
        bool (*refused)(const struct xen_handles *h, unsigned domid);
    } tries[] = {
        { "its device model's hypercalls", dm_op_refused },
        { "its memory", memory_refused },
        { "its event channels", event_refused },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(tries); i++) {
        errno = 0;
        if (tries[i].refused(h, domid)) {
            continue;
        }
        if (why) {
            *why = g_strdup_printf("Xen's handles still reach domain %u: %s "
                                   "(%s)",
                                   domid, tries[i].what, g_strerror(errno));
        }
        return false;
    }
    return true;
}

bool restrict_to(unsigned domid, const struct xen_handles *h, char **why)
{
    unsigned neighbour =
        domid + 1 < DOMID_FIRST_RESERVED ? domid + 1 : domid - 1;

    if (xentoolcore_restrict_all((domid_t)domid)) {
        if (why) {
            *why = g_strdup_printf("cannot restrict Xen's handles to the "
                                   "domain: %s",
                                   g_strerror(errno));
        }
        return false;
    }
    return all_refused(h, DOM0, why) && all_refused(h, neighbour, why);
}
