// SPDX-License-Identifier: MIT
/*
 * dp8390-rx.c - DP8390: filter and ring
 *
 * Who owns what: of the ring's pointers CURR (where the next frame goes) is
 * ours and BNRY (up to where software has read) is software's.  The chip
 * compares whenever it steps to another page, and that includes the step to
 * where the next frame would begin.  So reception never makes CURR and BNRY
 * equal, and equal pointers are an empty ring that software made, whichever
 * of the two customs it follows (D: BNRY = CURR, or BNRY one page behind).
 * No ring is trusted: frames are stored by stepping pages as the chip does,
 * never by subtracting pointers, and a frame has a bounded number of them.
 *
 * Overflow.  A frame that finds no room is not lost; it stays in the network
 * and is offered again when software moves BNRY or starts the receiver.  That
 * alone could stall: Linux takes nine frames per interrupt and acknowledges
 * PRX for all, so with the ring full and PRX clear nobody would ever look at
 * the ring again.  D's answer is OVW, on which drivers drain the ring.  So OVW
 * is raised with a refused frame unless PRX is set, for software that has it
 * interrupt: then software is on its way.  Frames also wait out the recovery
 * ritual, when the chip is stopped or isolated: while OVW is set, and from its
 * acknowledgement to the end of loopback.  Lost, with RXE and CNTR2, are only
 * frames for which the ring could never have room.
 *
 * The same driver looks at the ring first and acknowledges PRX then, for all
 * that is in the ring.  On a 10 Mb/s wire little can arrive in between; from a
 * fast backend much can, and would lie there until something else arrives.  So
 * for software that has PRX interrupt, no more than DP8390_RX_BURST frames are
 * stored before it acknowledges PRX, and none after it saw PRX in ISR.
 */
#include <string.h>

#include "hw/net/dp8390-chip.h"
#include "hw/net/frame.h"

/* Filter */

/* Most significant six bits of the CRC of an address, not inverted (D) */
static unsigned address_hash(const uint8_t *mac)
{
    uint32_t crc = UINT32_MAX;

    for (unsigned i = 0; i < ADDR_LEN; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint32_t carry = crc >> 31 ^ (mac[i] >> bit & 1);

            crc = crc << 1 ^ (carry ? 0x04c11db7u : 0);
        }
    }
    return crc >> 26;
}

bool dp8390_filter_accepts(const struct dp8390 *d, const uint8_t *mac)
{
    unsigned rcr = d->reg.RCR, hash;

    if (!(mac[0] & 1)) {
        return (rcr & RCR_PRO) || !memcmp(mac, d->reg.PAR, ADDR_LEN);
    }
    if ((rcr & RCR_AB) && frame_is_broadcast(mac)) {
        return true;
    }
    hash = address_hash(mac);
    return (rcr & RCR_AM) && (d->reg.MAR[hash >> 3] >> (hash & 7) & 1);
}

void dp8390_filter(const struct nic *n, struct nic_filter *f)
{
    const struct dp8390 *d = (const struct dp8390 *)n;
    unsigned rcr = d->reg.RCR;
    bool all = true;

    for (unsigned i = 0; i < sizeof(d->reg.MAR); i++) {
        all = all && d->reg.MAR[i] == UINT8_MAX;
    }
    *f = (struct nic_filter){
        .promiscuous = (rcr & RCR_PRO) && (rcr & RCR_AM) && all,
        .broadcast_allowed = rcr & RCR_AB,
        .unicast = rcr & RCR_PRO ? NIC_FILTER_ALL : NIC_FILTER_NORMAL,
        .multicast = !(rcr & RCR_AM) ? NIC_FILTER_NONE
                     : all           ? NIC_FILTER_ALL
                                     : NIC_FILTER_NORMAL,
    };
    memcpy(f->mac, d->reg.PAR, ADDR_LEN);
}

/* Ring */

/* The network may offer a frame that was refused */
void dp8390_rx_offer(struct dp8390 *d)
{
    if (d->reg.rx_waits) {
        d->reg.rx_waits = 0;
        d->nic.host->rx_ready(&d->nic);
    }
}

/*
 * Whether software has yet to come for received frames.  It masks interrupts
 * for a while now and then (Linux when it sends), so that IMR alone does not
 * tell whether it waits for them at all.
 */
static bool rx_announced(const struct dp8390 *d)
{
    return d->reg.rx_irq && (d->reg.ISR & ISR_PRX);
}

/**
 * struct rx_frame - A frame being received
 * @group: Destination is not a physical address
 */
struct rx_frame {
    struct frame_in in;
    bool group;
};

static uint8_t ring_next(const struct dp8390 *d, uint8_t page)
{
    uint8_t next = (uint8_t)(page + 1);

    return next == d->reg.PSTOP ? d->reg.PSTART : next;
}

static unsigned ring_pages(size_t body)
{
    return (unsigned)((HEADER_LEN + body + FRAME_FCS + DP8390_PAGE_SIZE - 1) /
                      DP8390_PAGE_SIZE);
}

/*
 * BNRY.  Linux keeps it a page behind the next frame and does not wrap it: when
 * that frame is at PSTART, BNRY is before the ring, where a chip that took it
 * literally would not meet it and overwrite what was not read.
 */
static uint8_t ring_boundary(const struct dp8390 *d)
{
    bool before = (uint8_t)(d->reg.BNRY + 1) == d->reg.PSTART;

    return before ? (uint8_t)(d->reg.PSTOP - 1) : d->reg.BNRY;
}

/* Whether no step of a frame of @pages meets BNRY */
static bool ring_fits(const struct dp8390 *d, unsigned pages)
{
    uint8_t page = d->reg.CURR, end = ring_boundary(d);

    for (unsigned i = 0; i < pages; i++) {
        page = ring_next(d, page);
        if (page == end) {
            return false;
        }
    }
    return true;
}

/*
 * Whether reading frames can make room: software may keep BNRY a page behind,
 * and the frame must not reach it again
 */
static bool ring_could_fit(const struct dp8390 *d, unsigned pages)
{
    unsigned first = d->reg.PSTART, stop = d->reg.PSTOP;
    unsigned end = ring_boundary(d);

    return d->reg.CURR >= first && d->reg.CURR < stop && end >= first &&
           end < stop && pages + 1 < stop - first;
}

/**
 * ring_put() - Write the next @len bytes of a frame into the ring
 * @page, @off: Where; advanced, stepping pages
 *
 * Memory that is not there swallows them.
 */
static void ring_put(struct dp8390 *d, uint8_t *page, unsigned *off,
                     struct frame_in *in, size_t len)
{
    while (len) {
        uint32_t room = 0;
        size_t part;
        uint8_t *to;

        if (*off == DP8390_PAGE_SIZE) {
            *page = ring_next(d, *page);
            *off = 0;
        }
        to = d->board->ram(d, (uint16_t)((unsigned)*page << 8 | *off), &room);
        part = DP8390_PAGE_SIZE - *off;
        part = part < len ? part : len;
        frame_in_copy(in, to, part, to ? room : 0);
        *off += (unsigned)part;
        len -= part;
    }
}

void dp8390_local_at(struct dp8390 *d, unsigned at)
{
    d->reg.CLDA0 = d->reg.ACL = (uint8_t)at;
    d->reg.CLDA1 = d->reg.ACU = (uint8_t)(at >> 8);
}

static void header_put(struct dp8390 *d, uint8_t page, size_t count)
{
    uint8_t header[HEADER_LEN] = { d->reg.RSR, d->reg.CURR, (uint8_t)count,
                                   (uint8_t)(count >> 8) };
    uint32_t room = 0;
    uint8_t *to = d->board->ram(d, (uint16_t)(page << 8), &room);

    if (to) {
        memcpy(to, header, room < HEADER_LEN ? room : HEADER_LEN);
    }
}

/* Store a frame that fits, and the header before it */
static void ring_store(struct dp8390 *d, struct rx_frame *f)
{
    uint8_t begin = d->reg.CURR, page = begin;
    size_t count = frame_in_stored(&f->in);
    unsigned off = HEADER_LEN;

    frame_in_fcs(&d->nic, &f->in);
    ring_put(d, &page, &off, &f->in, count);
    dp8390_local_at(d, (unsigned)page << 8 | (off & 0xff));
    d->reg.CURR = d->reg.LNPP = ring_next(d, page);
    header_put(d, begin, count);
}

/* Multicasts that switch the transmitter off and on (D, TCR.ATD) */
static void rx_remote_control(struct dp8390 *d, const struct rx_frame *f)
{
    unsigned hash;

    if (!(d->reg.TCR & TCR_ATD) || !f->group || f->in.bad_fcs) {
        return;
    }
    hash = address_hash(f->in.head);
    if (hash == HASH_DISABLE) {
        d->reg.tx_off = 1;
    } else if (hash == HASH_ENABLE && d->reg.tx_off) {
        d->reg.tx_off = 0;
        dp8390_tx_kick(d);
    }
}

/* @causes: Beside OVW */
static void ring_overflow(struct dp8390 *d, unsigned causes)
{
    d->reg.ovw_stopped &= !!(d->reg.ISR & ISR_OVW);
    dp8390_irq_cause(d, ISR_OVW | causes);
}

/* Frame that can never fit: what a real chip does on overflow */
static void rx_missed(struct dp8390 *d, const struct rx_frame *f)
{
    nic_event(&d->nic, DP8390_EVENT_RX_MISSED, f->in.len);
    d->reg.RSR = (uint8_t)(RSR_MPA | (f->group ? RSR_PHY : 0));
    dp8390_tally(d, &d->reg.CNTR2);
    ring_overflow(d, ISR_RXE);
}

/* Refuse a frame, see the head of this file.  Return: false */
static bool rx_wait(struct dp8390 *d, const struct rx_frame *f, bool full)
{
    d->reg.rx_waits = 1;
    if (full && !rx_announced(d)) {
        nic_event(&d->nic, DP8390_EVENT_OVERFLOW, f->in.len);
        ring_overflow(d, 0);
    }
    return false;
}

/* Whether software would not notice another frame */
static bool rx_paced(const struct dp8390 *d)
{
    return rx_announced(d) &&
           (d->reg.rx_seen || d->reg.rx_burst >= DP8390_RX_BURST);
}

static void rx_monitor(struct dp8390 *d, const struct rx_frame *f,
                       unsigned status)
{
    d->reg.RSR = (uint8_t)((status & (RSR_PHY | RSR_CRC)) | RSR_MPA | RSR_DIS);
    if (f->in.bad_fcs) {
        dp8390_tally(d, &d->reg.CNTR1);
    }
    dp8390_tally(d, &d->reg.CNTR2);
    dp8390_irq_update(d);
}

/* Return: false to have it offered again */
static bool rx_frame(struct dp8390 *d, struct rx_frame *f)
{
    unsigned pages = ring_pages(f->in.len), status = f->group ? RSR_PHY : 0;
    bool store, fits;

    status |= f->in.bad_fcs ? RSR_CRC : RSR_PRX;
    if (d->reg.RCR & RCR_MON) {
        rx_monitor(d, f, status);
        return true;
    }
    store = !f->in.bad_fcs || (d->reg.RCR & RCR_SEP);
    fits = ring_fits(d, pages);
    if (store && !fits && !ring_could_fit(d, pages)) {
        rx_missed(d, f);
        return true;
    }
    if (store && (!fits || rx_paced(d))) {
        return rx_wait(d, f, !fits);
    }
    d->reg.RSR = (uint8_t)status;
    rx_remote_control(d, f);
    if (f->in.bad_fcs) {
        nic_event(&d->nic, DP8390_EVENT_RX_BAD, f->in.len);
        dp8390_tally(d, &d->reg.CNTR1);
    }
    if (store) {
        ring_store(d, f);
        if (d->reg.rx_burst < DP8390_RX_BURST) {
            d->reg.rx_burst++;
        }
    }
    dp8390_irq_cause(d, f->in.bad_fcs ? ISR_RXE : ISR_PRX);
    return true;
}

bool dp8390_receive(struct nic *n, const struct nic_rx *rx)
{
    struct dp8390 *d = dp8390_of(n);
    struct rx_frame f;

    if (!n->link_up || !frame_in_open_runt(n, &f.in, rx)) {
        return true;
    }
    f.group = f.in.head[0] & 1;
    if (!dp8390_hears(d)) {
        if ((d->reg.ISR & ISR_OVW) || d->reg.rx_ritual) {
            return rx_wait(d, &f, false);
        }
        nic_event(n, DP8390_EVENT_RX_FILTERED, f.in.len);
        return true;
    }
    if (f.in.len + FRAME_FCS < COUNT_MIN &&
        (!(d->reg.RCR & RCR_AR) || f.in.len + FRAME_FCS < RUNT_MIN)) {
        nic_event(n, DP8390_EVENT_RX_BAD, f.in.len);
        return true;
    }
    if (!dp8390_filter_accepts(d, f.in.head)) {
        nic_event(n, DP8390_EVENT_RX_FILTERED, f.in.len);
        return true;
    }
    return rx_frame(d, &f);
}
