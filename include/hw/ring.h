/* SPDX-License-Identifier: MIT */
/*
 * ring.h - descriptor rings in guest memory
 *
 * A ring is read by copying: the guest may change its memory at any moment,
 * and what was checked must be what is used.
 */
#ifndef HW_RING_H
#define HW_RING_H

#include "hw/nic.h"

/**
 * struct ring - A window on a descriptor ring
 * @base:   Guest address of descriptor 0
 * @entry:  Bytes per descriptor
 * @n:      Descriptors in the ring
 * @head:   Next descriptor to process
 * @tail:   First descriptor that is not ours
 * @budget: Descriptors that may still be processed on this visit
 */
struct ring {
    gpa_t base;
    uint32_t entry, n, head, tail, budget;
};

/* Rings a guest set up wrongly are empty rings */
static inline bool ring_pending(const struct ring *r)
{
    return r->head < r->n && r->tail < r->n && r->head != r->tail;
}

/* Descriptors between head and tail; 0 for a ring set up wrongly */
static inline uint32_t ring_used(const struct ring *r)
{
    if (!ring_pending(r)) {
        return 0;
    }
    return r->tail > r->head ? r->tail - r->head : r->tail + r->n - r->head;
}

static inline gpa_t ring_at(const struct ring *r)
{
    return gpa_add(r->base, (uint64_t)r->head * r->entry);
}

static inline bool NIC_MUST_CHECK ring_fetch(const struct ring *r,
                                             struct nic *n, void *desc)
{
    return nic_dma_read(n, ring_at(r), desc, r->entry);
}

static inline void ring_advance(struct ring *r)
{
    r->head = r->head + 1 >= r->n ? 0 : r->head + 1;
    if (r->budget) {
        r->budget--;
    }
}

#endif
