// SPDX-License-Identifier: MIT
/*
 * ne2k-rx-test.c - reception of the NE2000: filter, ring, overflow, counters
 *
 * There is no way to put a frame with a bad FCS or alignment on this cable:
 * SEP and the first two counters are shown by tests/unit/dp8390-test.c, and
 * loopback by ne2k-tx-test.c.
 */
#include "libne2k.h"

#include <string.h>

enum {
    SMALL_STOP = RING_START + 16,
    TALLY_MAX = 192, /* where the counters stop */
    TALLY_CNT = 128, /* where CNT comes */
    STORED_MIN = 64, /* with FCS */
    STOP_US = 1600,  /* D: how long a frame may take to its end */
};

/* Multicasts and their hashes */
static const struct {
    uint8_t mac[6];
    unsigned hash;
} hashes[] = {
    { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }, 31 },
    { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb }, 15 },
    { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, 62 },
    { { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }, 2 },
    { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 }, 25 },
    { { 0x09, 0x00, 0x07, 0xff, 0xff, 0xff }, 63 },
};

/* Filter */

/* The station address is in PAR; the PROM is only a store for drivers */
static void test_par(struct ne2k *d)
{
    static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
    struct frame f;

    ne2k_init(d, 0);
    frame_plain(&f, mac_nic, 60, 1);
    rx_accepted(d, &f);
    ne2k_address(d, mac);
    differs (ne2k_par) {
        frame_plain(&f, mac, 60, 2);
        rx_accepted(d, &f);
        frame_plain(&f, mac_nic, 60, 3);
        rx_send(d, &f);
        rx_settle(d);
        check_eq(in8(d, CURR), d->next);
    }
}

/* Every bit of the address counts */
static void test_unicast(struct ne2k *d)
{
    struct frame f;
    uint8_t mac[6];

    ne2k_init(d, 0);
    for (unsigned bit = 0; bit < 48; bit++) {
        if (bit == 0) {
            continue; /* that makes a multicast */
        }
        memcpy(mac, mac_nic, 6);
        mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
        frame_plain(&f, mac, 60, (uint8_t)bit);
        rx_send(d, &f);
    }
    frame_plain(&f, mac_nic, 60, 1);
    rx_accepted(d, &f);
}

static void test_broadcast(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_broadcast, 60, 1);
    rx_accepted(d, &f); /* with PHY in its status */
    ne2k_init(d, 0);
    rx_dropped(d, &f);
    differs (ne2k_pro) {
        ne2k_init(d, RCR_AM | RCR_PRO);
        rx_dropped(d, &f);
    }
}

static void test_multicast(struct ne2k *d)
{
    struct frame f;

    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++) {
        uint8_t bit = (uint8_t)(1 << hashes[i].hash % 8);
        unsigned reg = MAR0 + hashes[i].hash / 8;

        ne2k_init(d, RCR_AM);
        frame_plain(&f, hashes[i].mac, 60, (uint8_t)i);
        rx_dropped(d, &f);
        out8(d, reg, bit);
        rx_accepted(d, &f);
        /* All bits but the one */
        ne2k_multicast(d, 0xff);
        out8(d, reg, (uint8_t)~bit);
        rx_dropped(d, &f);
        /* AM = 0 rejects all */
        ne2k_init(d, RCR_AB);
        ne2k_multicast(d, 0xff);
        rx_dropped(d, &f);
    }
}

/* PRO is for physical addresses only */
static void test_promiscuous(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    frame_plain(&f, mac_other, 60, 1);
    rx_dropped(d, &f);
    ne2k_init(d, RCR_PRO);
    rx_accepted(d, &f);
    frame_plain(&f, mac_nic, 60, 1);
    rx_accepted(d, &f);
    differs (ne2k_pro) {
        frame_plain(&f, hashes[0].mac, 60, 2);
        rx_dropped(d, &f);
    }
}

static void test_promiscuous_all(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_PRO | RCR_AM | RCR_AB);
    ne2k_multicast(d, 0xff);
    frame_plain(&f, mac_other, 60, 1);
    rx_accepted(d, &f);
    frame_plain(&f, hashes[0].mac, 60, 2);
    rx_accepted(d, &f);
    frame_plain(&f, mac_broadcast, 60, 3);
    rx_accepted(d, &f);
}

/* SEP and AR change nothing for good frames */
static void test_save_errors(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_SEP | RCR_AR | RCR_AB);
    frame_plain(&f, mac_nic, 60, 1);
    rx_accepted(d, &f);
    frame_plain(&f, mac_other, 60, 2);
    rx_dropped(d, &f);
}

/* The filter changes while frames come in (Linux: multicast lists) */
static void test_rcr_meanwhile(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    frame_plain(&f, mac_other, 60, 1);
    for (unsigned i = 0; i < 4; i++) {
        out8(d, RCR, RCR_PRO);
        rx_accepted(d, &f);
        out8(d, RCR, 0);
        rx_dropped(d, &f);
    }
}

/* Monitor mode: checked and counted, not stored */
static void test_monitor(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_MON);
    in8(d, CNTR2);
    frame_plain(&f, mac_nic, 60, 1);
    rx_send(d, &f);
    frame_plain(&f, mac_other, 60, 1);
    rx_send(d, &f); /* not recognised */
    rx_settle(d);
    check_eq(in8(d, CURR), d->next);
    check_eq(in8(d, ISR) & ISR_PRX, 0);
    check_eq(in8(d, RSR) & (RSR_MPA | RSR_DIS), RSR_MPA | RSR_DIS);
    check_eq(in8(d, CNTR2), 1);
    check_eq(in8(d, CNTR2), 0);
    /* And on again */
    out8(d, RCR, 0);
    frame_plain(&f, mac_nic, 60, 2);
    rx_accepted(d, &f);
    check_eq(in8(d, RSR) & (RSR_MPA | RSR_DIS), 0);
}

/* Frames in the ring */

/* Header: status, next page, count with FCS; what they are rx_same() knows */
static void test_lengths(struct ne2k *d)
{
    static const size_t lengths[] = {
        60,  61,   62,   63,   64,   247,  248,  249, 250, 255,
        256, 257,  503,  504,  505,  506,  511,  512, 759, 760,
        761, 1023, 1271, 1272, 1273, 1500, 1513, 1514
    };
    struct frame f;

    ne2k_init(d, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_nic, lengths[i], (uint8_t)i);
        rx_accepted(d, &f);
    }
}

static void test_fcs(struct ne2k *d)
{
    struct frame f;
    struct received r;

    ne2k_init(d, 0);
    for (size_t len = 60; len < 1514; len += 111) {
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        rx_frame(d, &f, &r);
        check_eq(r.count, len + FCS_LEN);
        differs (ne2k_fcs) {
            check_eq(r.fcs, ether_crc(f.data, f.len));
        }
    }
}

/* No host pads: what is too short for Ethernet is made longer on the way */
static void test_short(struct ne2k *d)
{
    static const uint8_t zeros[ETH_MIN];
    struct frame f;
    struct received r;

    ne2k_init(d, 0);
    for (size_t len = 14; len < ETH_MIN; len += 15) {
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        rx_frame(d, &f, &r);
        check_eq(r.count, STORED_MIN);
        check_mem(r.data.data, f.data, len);
        check_mem(r.data.data + len, zeros, ETH_MIN - len);
    }
}

/* Byte-wide DMA stores the same */
static void test_bytes(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    ne2k_bytes(d);
    for (size_t len = 60; len < 600; len += 77) {
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        rx_accepted(d, &f);
    }
}

/* Many times around rings of all kinds */
static void test_wrap(struct ne2k *d)
{
    static const uint8_t rings[][2] = { { RING_START, SMALL_STOP },
                                        { 0x40, 0x4d },
                                        { 0x73, RING_STOP } };
    struct frame f;

    for (size_t i = 0; i < G_N_ELEMENTS(rings); i++) {
        ne2k_init_ring(d, 0, rings[i][0], rings[i][1]);
        for (size_t n = 0; n < 40; n++) {
            frame_plain(&f, mac_nic, 60 + n * 241 % 1455, (uint8_t)n);
            rx_accepted(d, &f);
        }
    }
}

/* Several frames wait; the driver reads them later, each from its header */
static void test_several(struct ne2k *d)
{
    enum { N = 7 };
    struct frame f[N];
    struct received r;

    ne2k_init(d, RCR_AB);
    for (size_t i = 0; i < N; i++) {
        frame_plain(&f[i], i & 1 ? mac_nic : mac_broadcast, 60 + i * 200,
                    (uint8_t)i);
        rx_send(d, &f[i]);
    }
    rx_settle(d);
    for (size_t i = 0; i < N; i++) {
        check(rx_take(d, &r));
        rx_same(d, &r, &f[i]);
    }
    check_eq(in8(d, CURR), d->next);
}

/* D's other custom: BNRY equal to CURR is an empty ring (AN-874) */
static void test_equal_pointers(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    out8(d, CURR, RING_START);
    out8(d, BNRY, RING_START);
    d->next = RING_START;
    for (unsigned i = 0; i < 60; i++) {
        struct received r;

        frame_plain(&f, mac_nic, 300, (uint8_t)i);
        rx_send(d, &f);
        if (!check(rx_header(d, &r))) {
            return;
        }
        rx_read(d, &r);
        rx_same(d, &r, &f);
        d->next = r.next;
        out8(d, BNRY, r.next);
    }
}

static void test_interrupt(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    out8(d, IMR, ISR_PRX);
    frame_plain(&f, mac_nic, 60, 1);
    rx_send(d, &f);
    check(wait_for(qtest_irq(d->qts, d->line)));
    check_eq(in8(d, ISR), ISR_PRX);
    check_eq(in8(d, RSR), RSR_PRX);
    out8(d, ISR, ISR_PRX);
    check(!qtest_irq(d->qts, d->line));
    /* Nothing for frames that are not ours, and RSR is left alone (iPXE) */
    frame_plain(&f, mac_other, 60, 1);
    rx_send(d, &f);
    rx_settle(d);
    check(!qtest_irq(d->qts, d->line));
    check_eq(in8(d, ISR), 0);
    check_eq(in8(d, RSR), RSR_PRX);
}

/* Stopped, or isolated by loopback even with LS = 1: deaf, and no counting */
static void test_deaf(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    frame_plain(&f, mac_nic, 60, 1);
    out8(d, CR, CR_ABORT | CR_STP);
    rx_send(d, &f);
    rx_settle(d);
    check_eq(in8(d, CURR), d->next);
    out8(d, TCR, TCR_LB1);
    out8(d, CR, CR_ABORT | CR_STA);
    differs (ne2k_loopback) {
        rx_send(d, &f);
        rx_settle(d);
        check_eq(in8(d, CURR), d->next);
        check_eq(in8(d, ISR), 0);
        check_eq(in8(d, CNTR2), 0);
        out8(d, TCR, 0);
        frame_plain(&f, mac_nic, 61, 2);
        rx_accepted(d, &f);
    }
}

/* Overflow */

/* Number the frames, so that none is lost, doubled or out of order */
static void numbered(struct frame *f, unsigned number, size_t len)
{
    frame_plain(f, mac_nic, len, (uint8_t)number);
    put16(f->data + ETH_HLEN, (uint16_t)number);
}

/* Frames of one page each, from 0 on */
static void flood(struct ne2k *d, unsigned count)
{
    struct frame f;

    for (unsigned i = 0; i < count; i++) {
        numbered(&f, i, 60);
        rx_send(d, &f);
    }
}

/* All frames from @first on must be there, whole and in order */
static unsigned take_numbered(struct ne2k *d, unsigned first, unsigned end)
{
    struct frame f;
    struct received r;

    for (; first < end && check(rx_take(d, &r)); first++) {
        numbered(&f, first, 60);
        if (!rx_same(d, &r, &f)) {
            break;
        }
    }
    return first;
}

/* A ring that runs full says so, and what it holds is not overwritten */
static void test_overflow(struct ne2k *d)
{
    enum { N = 30 };

    ne2k_init_ring(d, 0, RING_START, SMALL_STOP);
    out8(d, IMR, ISR_OVW);
    flood(d, N);
    differs (ne2k_overflow) {
        check(wait_for(qtest_irq(d->qts, d->line)));
        check(in8(d, ISR) & ISR_OVW);
        check(in8(d, ISR) & ISR_PRX);
        check(in8(d, CURR) != in8(d, BNRY));
        out8(d, ISR, 0xff);
        check_eq(take_numbered(d, 0, N), N);
    }
}

/* The network keeps what does not fit until BNRY moves */
static void test_back_pressure(struct ne2k *d)
{
    enum { N = 200 };

    ne2k_init_ring(d, 0, RING_START, SMALL_STOP);
    flood(d, N);
    differs (ne2k_overflow) {
        check_eq(take_numbered(d, 0, N), N);
    }
}

/**
 * recover() - D's procedure after an overflow, all steps of it
 * @number: Of the frame that is read next
 *
 * Returns the number after the frames that were read.
 */
static unsigned recover(struct ne2k *d, unsigned number, unsigned end)
{
    struct frame f;
    struct received r;
    unsigned first = number;
    bool sending = in8(d, CR) & CR_TXP;

    out8(d, CR, CR_ABORT | CR_STP);
    pause_us(d, STOP_US);
    check(in8(d, ISR) & ISR_RST);
    out_pair(d, RBCR0, 0);
    check(!sending);
    out8(d, TCR, TCR_LB1);
    out8(d, CR, CR_ABORT | CR_STA);
    while (number < end && in8(d, CURR) != d->next) {
        if (!check(rx_take(d, &r))) {
            break;
        }
        numbered(&f, number++, 60);
        rx_same(d, &r, &f);
    }
    check(number > first);
    out8(d, ISR, ISR_OVW);
    out8(d, TCR, 0);
    return number;
}

static void test_recovery(struct ne2k *d)
{
    enum { N = 150 };
    unsigned number = 0;
    unsigned recoveries = 0;

    ne2k_init_ring(d, 0, RING_START, SMALL_STOP);
    flood(d, N);
    while (number < N) {
        if (!check(wait_for(in8(d, ISR) & ISR_OVW)) ||
            !check(++recoveries < N)) {
            break;
        }
        number = recover(d, number, N);
        /* The end of the flood does not fill the ring */
        if (N - number < SMALL_STOP - RING_START) {
            number = take_numbered(d, number, N);
        }
    }
    check_eq(number, N);
    check_eq(in8(d, CURR), d->next);
}

/* TLVC: rewinds CURR instead of reading; nothing else is disturbed */
static void test_rewind(struct ne2k *d)
{
    struct frame f;

    ne2k_init_ring(d, 0, RING_START, SMALL_STOP);
    flood(d, 5);
    rx_settle(d);
    check_eq(in8(d, CURR), RING_START + 6);
    out8(d, CR, CR_ABORT | CR_STP);
    out8(d, TCR, TCR_LB1);
    out8(d, CR, CR_ABORT | CR_STA);
    out8(d, CURR, RING_START + 1);
    out8(d, ISR, 0xff);
    out8(d, TCR, 0);
    frame_plain(&f, mac_nic, 60, 9);
    rx_accepted(d, &f);
}

/* A frame that no such ring can hold is missed: OVW, RXE, MPA, CNTR2 */
static void test_too_large(struct ne2k *d)
{
    struct frame f;

    ne2k_init_ring(d, 0, RING_START, RING_START + 4);
    frame_plain(&f, mac_nic, 60, 1);
    rx_accepted(d, &f);
    frame_plain(&f, mac_nic, 1514, 1);
    rx_send(d, &f);
    check(wait_for(in8(d, ISR) & ISR_OVW));
    check_eq(in8(d, ISR), ISR_OVW | ISR_RXE);
    check_eq(in8(d, RSR) & RSR_MPA, RSR_MPA);
    check_eq(in8(d, CURR), d->next);
    check_eq(in8(d, CNTR2), 1);
    /* It is gone: the next one is there */
    frame_plain(&f, mac_nic, 60, 2);
    rx_accepted(d, &f);
}

/* Counters: CNT at 128, stop at 192, cleared by reading */
static void test_counter(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_MON);
    out8(d, IMR, ISR_CNT);
    frame_plain(&f, mac_nic, 60, 1);
    for (unsigned i = 0; i < TALLY_CNT - 1; i++) {
        rx_send(d, &f);
    }
    rx_settle(d);
    check_eq(in8(d, ISR) & ISR_CNT, 0);
    rx_send(d, &f);
    check(wait_for(qtest_irq(d->qts, d->line)));
    check_eq(in8(d, ISR) & ISR_CNT, ISR_CNT);
    /* It comes back while the counter was not read */
    out8(d, ISR, ISR_CNT);
    check_eq(in8(d, ISR) & ISR_CNT, ISR_CNT);
    for (unsigned i = 0; i < TALLY_MAX; i++) {
        rx_send(d, &f);
    }
    rx_settle(d);
    check_eq(in8(d, CNTR2), TALLY_MAX);
    check_eq(in8(d, CNTR2), 0);
    out8(d, ISR, ISR_CNT);
    check_eq(in8(d, ISR) & ISR_CNT, 0);
    check(!qtest_irq(d->qts, d->line));
}

static const struct ne2k_test tests[] = {
    { "filter/par", test_par, ON_BOTH },
    { "filter/unicast", test_unicast },
    { "filter/broadcast", test_broadcast },
    { "filter/multicast", test_multicast },
    { "filter/promiscuous", test_promiscuous },
    { "filter/promiscuous-all", test_promiscuous_all },
    { "filter/save-errors", test_save_errors },
    { "filter/meanwhile", test_rcr_meanwhile },
    { "filter/monitor", test_monitor, .differs = DIFF_ne2k_monitor },
    { "lengths", test_lengths },
    { "fcs", test_fcs, ON_BOTH },
    { "short", test_short },
    { "bytes", test_bytes },
    { "wrap", test_wrap },
    { "several", test_several, ON_BOTH },
    { "equal-pointers", test_equal_pointers },
    { "interrupt", test_interrupt, ON_BOTH },
    { "deaf", test_deaf, ON_BOTH },
    { "overflow/raised", test_overflow, ON_BOTH },
    { "overflow/back-pressure", test_back_pressure },
    { "overflow/recovery", test_recovery, ON_BOTH, DIFF_ne2k_overflow },
    { "overflow/rewind", test_rewind },
    { "overflow/too-large", test_too_large, .differs = DIFF_ne2k_overflow },
    { "counter", test_counter, ON_BOTH, DIFF_ne2k_monitor },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("rx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
