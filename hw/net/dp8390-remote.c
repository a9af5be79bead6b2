// SPDX-License-Identifier: MIT
/*
 * dp8390-remote.c - DP8390: remote DMA, between local memory and the data port
 *
 * A transfer moves a byte or a word (DCR.WTS) per access of the data port, and
 * ends when the count is 0, with RDC.  Reading is one unit ahead of software:
 * an access takes what is in the latch, and fetches the next.
 *
 * All frames pass through here, a few bytes at a time.  run_at() picks the
 * accesses that need nothing else than memory side by side, which are nearly
 * all; what begins, wraps or ends goes unit by unit.
 */
#include <string.h>

#include "hw/net/dp8390-chip.h"

static unsigned remote_unit(const struct dp8390 *d)
{
    return d->reg.DCR & DCR_WTS ? 2 : 1;
}

static uint16_t remote_at(const struct dp8390 *d)
{
    return dp8390_pair(d->reg.CRDA0, d->reg.CRDA1);
}

static void remote_move(struct dp8390 *d, uint16_t at)
{
    d->reg.CRDA0 = (uint8_t)at;
    d->reg.CRDA1 = (uint8_t)(at >> 8);
}

static uint16_t remote_left(const struct dp8390 *d)
{
    return dp8390_pair(d->reg.RBCR0, d->reg.RBCR1);
}

/*
 * One unit is done.  A read that arrives at PSTOP goes on at PSTART: no driver
 * splits a frame that wraps.  An odd count in words ends with its last word.
 */
static void remote_advance(struct dp8390 *d, bool wrap)
{
    unsigned unit = remote_unit(d), left = remote_left(d);
    uint16_t at = (uint16_t)(remote_at(d) + unit);

    if (wrap && (at & ~(unit - 1)) == (unsigned)d->reg.PSTOP << 8) {
        at = (uint16_t)(d->reg.PSTART << 8);
    }
    remote_move(d, at);
    left = left > unit ? left - unit : 0;
    d->reg.RBCR0 = (uint8_t)left;
    d->reg.RBCR1 = (uint8_t)(left >> 8);
}

static void remote_fetch(struct dp8390 *d)
{
    unsigned unit = remote_unit(d);
    uint16_t at = (uint16_t)(remote_at(d) & ~(unit - 1));

    d->reg.latch = d->board->read(d, at);
    if (unit == 2) {
        uint8_t high = d->board->read(d, (uint16_t)(at + 1));

        d->reg.latch = dp8390_pair((uint8_t)d->reg.latch, high);
    }
    remote_advance(d, true);
}

static void remote_done(struct dp8390 *d)
{
    if (d->reg.remote == DP8390_REMOTE_SEND) {
        d->reg.BNRY = d->reg.RNPP;
        dp8390_rx_offer(d);
    }
    d->reg.remote = DP8390_REMOTE_IDLE;
    /* An OS/2 driver waits for RD2 instead of RDC */
    d->reg.CR = (uint8_t)((d->reg.CR & ~CR_RD) | CR_RD2);
    dp8390_irq_cause(d, ISR_RDC);
}

/* Send Packet: the frame at BNRY, as long as its header says (D) */
static void remote_packet(struct dp8390 *d)
{
    uint16_t at = (uint16_t)(d->reg.BNRY << 8);

    d->reg.RNPP = d->board->read(d, (uint16_t)(at + 1));
    d->reg.RBCR0 = d->board->read(d, (uint16_t)(at + 2));
    d->reg.RBCR1 = d->board->read(d, (uint16_t)(at + 3));
    remote_move(d, at);
}

/*
 * Begin.  Reading fetches the first unit before software comes for it, so
 * CRDA moves at once: National's recipe before a write, and NT, wait for that.
 */
static void remote_start(struct dp8390 *d, unsigned code)
{
    d->reg.remote = (uint8_t)code;
    d->reg.remote_new = 0;
    if (code == DP8390_REMOTE_SEND) {
        remote_packet(d);
    } else if (remote_unit(d) == 2 && (remote_at(d) & 1)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_ODD, remote_at(d));
    }
    if (remote_unit(d) == 2 && (remote_left(d) & 1)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_COUNT, remote_left(d));
    }
    if (!remote_left(d)) {
        remote_done(d);
    } else if (code != DP8390_REMOTE_WRITE) {
        remote_fetch(d);
    }
}

/*
 * CR.RD2-0 were written.  Software repeats the code of a transfer in progress
 * when it writes CR for another reason, and begins another by giving it a new
 * address or count.  The code 0 is "not allowed", and frequent.
 */
void dp8390_remote_command(struct dp8390 *d, unsigned code)
{
    if (code & (CR_RD2 >> CR_RD_SHIFT)) {
        dp8390_strict_cut(d);
        d->reg.remote = DP8390_REMOTE_IDLE;
        return;
    }
    if (!code) {
        dp8390_strict(d, DP8390_EVENT_STRICT_DMA_CODE, d->reg.CR);
        return;
    }
    if (code == DP8390_REMOTE_SEND &&
        (dp8390_is_realtek(d) || !(d->reg.DCR & DCR_AR))) {
        return;
    }
    if (!d->reg.running || d->reg.held) {
        dp8390_strict(d, DP8390_EVENT_STRICT_DMA_STOPPED, d->reg.CR);
        return;
    }
    if (d->reg.remote != code || d->reg.remote_new) {
        remote_start(d, code);
    }
}

/**
 * run_at() - Memory of an access of which each unit is like the one before
 * @last: Bytes that must be left of the transfer afterwards
 *
 * Return: @size bytes, or NULL: not all of them are packet memory, or an
 * address wraps, or the transfer ends
 */
static uint8_t *run_at(struct dp8390 *d, unsigned size, unsigned last)
{
    unsigned at = remote_at(d), stop = (unsigned)d->reg.PSTOP << 8;
    uint32_t room = 0;
    uint8_t *p;

    if (remote_left(d) < size + last || (at & (remote_unit(d) - 1)) ||
        (at < stop && at + size >= stop)) {
        return NULL;
    }
    p = d->board->ram(d, (uint16_t)at, &room);
    return p && room >= size ? p : NULL;
}

static void run_done(struct dp8390 *d, unsigned size)
{
    unsigned left = remote_left(d) - size;

    remote_move(d, (uint16_t)(remote_at(d) + size));
    d->reg.RBCR0 = (uint8_t)left;
    d->reg.RBCR1 = (uint8_t)(left >> 8);
}

/* What is in the latch goes first, and what is fetched last stays there */
static uint32_t run_read(struct dp8390 *d, const uint8_t *p, unsigned size)
{
    unsigned unit = 8 * remote_unit(d);
    uint64_t flow = 0;

    for (unsigned i = size; i-- > 0;) {
        flow = flow << 8 | p[i];
    }
    flow = flow << unit | (d->reg.latch & ((1u << unit) - 1));
    d->reg.latch = (uint16_t)(flow >> (8 * size));
    run_done(d, size);
    return (uint32_t)(flow & (UINT64_MAX >> (64 - 8 * size)));
}

static void run_write(struct dp8390 *d, uint8_t *p, unsigned size, uint32_t val)
{
    for (unsigned i = 0; i < size; i++) {
        p[i] = (uint8_t)(val >> (8 * i));
    }
    run_done(d, size);
}

static bool is_reading(const struct dp8390 *d)
{
    return d->reg.remote == DP8390_REMOTE_READ ||
           d->reg.remote == DP8390_REMOTE_SEND;
}

static uint16_t unit_read(struct dp8390 *d)
{
    uint16_t val = d->reg.latch;

    if (!is_reading(d)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_PORT, remote_at(d));
    } else if (!remote_left(d)) {
        remote_done(d);
    } else {
        remote_fetch(d);
    }
    return val;
}

/* @bytes: What the access carried of the unit */
static void unit_write(struct dp8390 *d, uint32_t val, unsigned bytes)
{
    uint16_t at = (uint16_t)(remote_at(d) & ~(remote_unit(d) - 1));

    if (d->reg.remote != DP8390_REMOTE_WRITE) {
        dp8390_strict(d, DP8390_EVENT_STRICT_PORT, remote_at(d));
        return;
    }
    if (remote_left(d)) {
        d->board->write(d, at, (uint8_t)val);
        if (bytes == 2) {
            d->board->write(d, (uint16_t)(at + 1), (uint8_t)(val >> 8));
        }
        remote_advance(d, false);
    }
    if (!remote_left(d)) {
        remote_done(d);
    }
}

uint32_t dp8390_port_read(struct dp8390 *d, unsigned size)
{
    unsigned unit = remote_unit(d);
    uint32_t val = 0;
    uint8_t *run;

    if (size < unit) {
        return (uint8_t)unit_read(d);
    }
    run = is_reading(d) ? run_at(d, size, 0) : NULL;
    if (run) {
        return run_read(d, run, size);
    }
    for (unsigned at = 0; at < size; at += unit) {
        uint32_t part = unit_read(d);

        val |= (unit == 1 ? (uint8_t)part : part) << (8 * at);
    }
    return val;
}

void dp8390_port_write(struct dp8390 *d, unsigned size, uint32_t val)
{
    unsigned unit = remote_unit(d);
    uint8_t *run;

    if (size < unit) {
        unit_write(d, val, size);
        return;
    }
    run = d->reg.remote == DP8390_REMOTE_WRITE ? run_at(d, size, 1) : NULL;
    if (run) {
        run_write(d, run, size, val);
        return;
    }
    for (unsigned at = 0; at < size; at += unit) {
        unit_write(d, val >> (8 * at), unit);
    }
}
