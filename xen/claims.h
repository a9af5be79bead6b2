/* SPDX-License-Identifier: MIT */
/*
 * claims.h - the addresses that an ioreq server asked Xen for
 *
 * Xen refuses a range that overlaps another of the same server.  A guest may
 * well put two cards at one place, for a moment or by mistake.  The first has
 * it then; the other gets it when the first lets go.
 */
#ifndef XEN_CLAIMS_H
#define XEN_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct claim_ops - How a range is asked for and given back
 * @set: @first to @last of ports (@io) or memory; false if Xen refused
 */
struct claim_ops {
    bool (*set)(void *opaque, bool io, uint64_t first, uint64_t last, bool on);
};

struct claims;

/* Never fails (GLib allocation) */
struct claims *claims_new(const struct claim_ops *ops, void *opaque);
/* Gives nothing back: the server is going away */
void claims_free(struct claims *c);

/**
 * claims_add() - Ask for a range
 * @owner: Names it for claims_remove()
 *
 * Return: whether it was given; if not, it will be when it can be
 */
bool claims_add(struct claims *c, const void *owner, bool io, uint64_t first,
                uint64_t size);
/* Give back what @owner asked for last, if anything */
void claims_remove(struct claims *c, const void *owner);

#endif
