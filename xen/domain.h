/* SPDX-License-Identifier: MIT */
/*
 * domain.h - what Xen lets a device model do to a domain
 *
 * The only place where Xen's libraries are called is behind this (domain.c);
 * tests put a domain of their own there.  One domain per process.
 */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xen/ioreq.h"

/**
 * struct domain_ops - A domain, and an ioreq server of ours in it
 * @attach:  Make the server.  False with @err, nothing left behind
 * @detach:  Remove it; the domain may be gone
 * @vcpus:   Virtual CPUs, at most IOREQ_SLOTS
 * @page:    Their requests
 * @enable:  Requests come from now on, or (@on false) no more.  False with @err
 * @event_fd: Readable when a virtual CPU asks; does not block
 * @event_next: Which; -1: none.  Silent until @event_done
 * @notify:  Tell a virtual CPU that it was answered
 * @claim_function: Configuration accesses to bus 0 come to us; false: refused
 * @claim_range: Accesses from @first to @last come to us; false: refused
 * @intx:    Level of an interrupt pin (0: INTA) of a slot
 * @isa_irq: Level of an ISA interrupt line
 * @msi:     Message for an interrupt controller
 * @map, @unmap: As struct mapcache_ops
 * @dirty:   Guest memory was changed, for whoever copies it meanwhile
 * @alive:   Whether it still exists
 * @restrict_to: From now on nothing can be done to any other domain, which was
 *           tried, nor anything that needs xenstore.  False with @err
 */
struct domain_ops {
    bool (*attach)(unsigned domid, GError **err);
    void (*detach)(void);
    unsigned (*vcpus)(void);
    struct ioreq_slot *(*page)(void);
    bool (*enable)(bool on, GError **err);
    int (*event_fd)(void);
    int (*event_next)(void);
    void (*event_done)(unsigned vcpu);
    void (*notify)(unsigned vcpu);
    bool (*claim_function)(unsigned devfn, bool on);
    bool (*claim_range)(bool io, uint64_t first, uint64_t last, bool on);
    void (*intx)(unsigned slot, unsigned pin, bool level);
    void (*isa_irq)(unsigned irq, bool level);
    void (*msi)(uint64_t addr, uint32_t data);
    void *(*map)(void *opaque, uint64_t gfn, unsigned n, bool *missing);
    void (*unmap)(void *opaque, void *p, unsigned n);
    void (*dirty)(uint64_t gfn, unsigned n);
    bool (*alive)(void);
    bool (*restrict_to)(GError **err);
};

/* Through Xen's libraries; NULL in a build without them */
extern const struct domain_ops *const domain_xen;

#endif
