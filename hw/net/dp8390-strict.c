// SPDX-License-Identifier: MIT
/*
 * dp8390-strict.c - DP8390: what a real chip would punish
 *
 * With the property "strict", what software does against the papers is counted
 * and traced, as the events strict-*.  It changes nothing else: software that a
 * real chip would punish runs here, and the counts say what would have happened
 * to it there.
 */
#include "hw/net/dp8390-chip.h"

void dp8390_strict(struct dp8390 *d, unsigned event, uint32_t val)
{
    if (d->nic.prop[DP8390_PROP_STRICT]) {
        nic_event(&d->nic, event, val);
    }
}

static bool in_ring(const struct dp8390 *d, uint8_t page)
{
    return page >= d->reg.PSTART && page < d->reg.PSTOP;
}

static bool is_memory(struct dp8390 *d)
{
    uint32_t room = 0;
    unsigned pages = (unsigned)d->reg.PSTOP - d->reg.PSTART;

    return d->board->ram(d, (uint16_t)(d->reg.PSTART << 8), &room) &&
           room >= pages * DP8390_PAGE_SIZE;
}

/* D 11: the ring is set up before, and D 7: pointers stay inside */
void dp8390_strict_connected(struct dp8390 *d)
{
    if (!d->reg.PSTART || !in_ring(d, d->reg.CURR) ||
        !in_ring(d, d->reg.BNRY) || !is_memory(d)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_BOUNDS,
                      dp8390_pair(d->reg.PSTOP, d->reg.PSTART));
    }
}

/*
 * D 7, overflow: stop; wait; clear RBCR; go into loopback; start; make room;
 * acknowledge OVW; leave loopback.  Software that sets everything up anew
 * acknowledges while the chip is stopped.
 */
void dp8390_strict_start(struct dp8390 *d)
{
    if (d->reg.TCR & TCR_LB) {
        return;
    }
    if (d->reg.ISR & ISR_OVW) {
        dp8390_strict(d, DP8390_EVENT_STRICT_OVERFLOW, d->reg.CR);
    }
    dp8390_strict_connected(d);
}

void dp8390_strict_recovery(struct dp8390 *d)
{
    bool isolated = !d->reg.running || (d->reg.TCR & TCR_LB);

    if (!d->reg.ovw_stopped || !isolated) {
        dp8390_strict(d, DP8390_EVENT_STRICT_OVERFLOW, d->reg.CR);
    }
}

void dp8390_strict_boundary(struct dp8390 *d)
{
    if (d->reg.running && !in_ring(d, d->reg.BNRY)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_BNRY, d->reg.BNRY);
    }
}

/* D 10.3, CR: finished or aborted before the next; the bus waits until then */
void dp8390_strict_cut(struct dp8390 *d)
{
    if (dp8390_remote_active(d) && !d->reg.remote_new) {
        dp8390_strict(d, DP8390_EVENT_STRICT_DMA_CUT,
                      dp8390_pair(d->reg.CRDA0, d->reg.CRDA1));
    }
}
