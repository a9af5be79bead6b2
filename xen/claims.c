// SPDX-License-Identifier: MIT
/*
 * claims.c - the addresses that an ioreq server asked Xen for
 */
#include "xen/claims.h"

#include <glib.h>

/**
 * struct claim - A range
 * @held: Xen gave it
 * @next: Claimed before it
 */
struct claim {
    const void *owner;
    bool io, held;
    uint64_t first, last;
    struct claim *next;
};

struct claims {
    const struct claim_ops *ops;
    void *opaque;
    struct claim *list;
};

struct claims *claims_new(const struct claim_ops *ops, void *opaque)
{
    struct claims *c = g_new0(struct claims, 1);

    c->ops = ops;
    c->opaque = opaque;
    return c;
}

void claims_free(struct claims *c)
{
    struct claim *next;

    for (struct claim *k = c ? c->list : NULL; k; k = next) {
        next = k->next;
        g_free(k);
    }
    g_free(c);
}

/* Ask for what was refused so far */
static void claims_retry(struct claims *c)
{
    for (struct claim *k = c->list; k; k = k->next) {
        if (!k->held) {
            k->held = c->ops->set(c->opaque, k->io, k->first, k->last, true);
        }
    }
}

bool claims_add(struct claims *c, const void *owner, bool io, uint64_t first,
                uint64_t size)
{
    struct claim *k = g_new0(struct claim, 1);

    k->owner = owner;
    k->io = io;
    k->first = first;
    k->last = first + size - 1;
    k->held = c->ops->set(c->opaque, io, k->first, k->last, true);
    k->next = c->list;
    c->list = k;
    return k->held;
}

void claims_remove(struct claims *c, const void *owner)
{
    struct claim **at = &c->list, *k;

    while (*at && (*at)->owner != owner) {
        at = &(*at)->next;
    }
    k = *at;
    if (!k) {
        return;
    }
    *at = k->next;
    if (k->held) {
        c->ops->set(c->opaque, k->io, k->first, k->last, false);
        claims_retry(c);
    }
    g_free(k);
}
