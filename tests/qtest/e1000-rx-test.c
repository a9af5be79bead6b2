// SPDX-License-Identifier: MIT
/*
 * e1000-rx-test.c - the receiver of the 8254x: buffers, lengths, FCS, errors,
 * exhaustion, statistics (SDM 3.2, 13.4.22, 13.7)
 */
#include "libe1000.h"

#include <string.h>

enum { PLAIN = RCTL_BAM | RCTL_SECRC };

static void rx_ready(struct e1000 *d, unsigned count, uint32_t rctl)
{
    e1000_link_up(d);
    rx_setup(d, count, rctl);
    clear_statistics(d);
    rd(d, ICR);
}

static void test_one(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 8, PLAIN);
    frame_plain(&f, mac_nic, 100, 1);
    rx_frame(d, &f, &r);
    check_eq(r.descriptors, 1);
    check_eq(r.data.len, 100);
    check_mem(r.data.data, f.data, 100);
    check_eq(r.last.status & (RXD_DD | RXD_EOP | RXD_VP | RXD_PIF),
             RXD_DD | RXD_EOP);
    check_eq(r.last.errors, 0);
    check_eq(r.last.special, 0);
    check_eq(r.last.addr, rx_buffer(0));
    check_eq(rd(d, RDH), 1);
    check_eq(rd(d, ICR) & ICR_RXT0, ICR_RXT0);
}

/* Short frames get their padding on the cable */
static void test_short(struct e1000 *d)
{
    static const uint8_t zeros[ETH_MIN];
    struct frame f;
    struct received r;

    rx_ready(d, 8, PLAIN);
    for (size_t len = 42; len <= 60; len += 6) {
        frame_plain(&f, mac_nic, len, 1);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, ETH_MIN);
        check_mem(r.data.data, f.data, len);
        check_mem(r.data.data + len, zeros, ETH_MIN - len);
    }
}

/* SECRC=0: the FCS follows, and counts in the length */
static void test_fcs(struct e1000 *d)
{
    static const size_t lengths[] = { 60, 61, 1000, 1514 };
    struct frame f;
    struct received r;
    uint32_t crc;

    rx_ready(d, 8, RCTL_BAM);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_nic, lengths[i], (uint8_t)i);
        crc = ether_crc(f.data, f.len);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, f.len + FCS_LEN);
        check_mem(r.data.data, f.data, f.len);
        differs (fcs) {
            check_mem(r.data.data + f.len, &crc, FCS_LEN);
        }
    }
}

/* A frame longer than a buffer goes on in the next one (SDM 3.2.2) */
static void test_scatter(struct e1000 *d)
{
    struct frame f;
    struct received r;
    struct rx_desc first;

    rx_ready(d, 8, PLAIN | RCTL_BSIZE_256);
    frame_plain(&f, mac_nic, 1000, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    check(wait_for(rx_desc_at(d, 3).status & RXD_DD));
    for (unsigned i = 0; i < 3; i++) {
        first = rx_desc_at(d, i);
        check_eq(first.length, 256);
        check_eq(first.status & (RXD_DD | RXD_EOP), RXD_DD);
    }
    check(rx_take(d, &r));
    check_eq(r.descriptors, 4);
    check_eq(r.last.length, 1000 - 3 * 256);
    check_eq(r.data.len, 1000);
    check_mem(r.data.data, f.data, 1000);
    check_eq(rd(d, RDH), 4);
}

/* The FCS may be alone in the last buffer, or be cut in two */
static void test_fcs_alone(struct e1000 *d)
{
    struct frame f;
    struct received r;
    uint32_t crc;

    rx_ready(d, 8, RCTL_BAM | RCTL_BSIZE_256);
    for (size_t len = 252; len <= 256; len++) {
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        crc = ether_crc(f.data, f.len);
        rx_frame(d, &f, &r);
        check_eq(r.descriptors, len == 252 ? 1 : 2);
        check_eq(r.data.len, len + FCS_LEN);
        check_mem(r.data.data, f.data, f.len);
        differs (fcs) {
            check_mem(r.data.data + f.len, &crc, FCS_LEN);
        }
    }
}

static void test_buffer_sizes(struct e1000 *d)
{
    static const struct {
        uint32_t bits;
        size_t size;
    } rows[] = {
        { RCTL_BSIZE_256, 256 },     { RCTL_BSIZE_512, 512 },
        { RCTL_BSIZE_1024, 1024 },   { RCTL_BSIZE_2048, 2048 },
        { RCTL_BSIZE_4096, 4096 },   { RCTL_BSIZE_8192, 8192 },
        { RCTL_BSIZE_16384, 16384 },
    };
    struct frame f;
    struct received r;

    e1000_link_up(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t len = MIN(2 * rows[i].size, 9000);

        g_test_message("buffers of %zu", rows[i].size);
        wr(d, RCTL, 0);
        rx_setup(d, 8, PLAIN | RCTL_LPE | rows[i].bits);
        frame_plain(&f, mac_nic, len, (uint8_t)i);
        rx_frame(d, &f, &r);
        check_eq(r.descriptors, (len + rows[i].size - 1) / rows[i].size);
        check_eq(r.data.len, len);
        check_mem(r.data.data, f.data, len);
    }
}

/* Several times round the ring */
static void test_wrap(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 8, PLAIN);
    for (unsigned i = 0; i < 40; i++) {
        frame_plain(&f, mac_nic, 60 + i * 30, (uint8_t)i);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
        check_eq(r.last.addr, rx_buffer(i % 8));
    }
    check_eq(rd(d, GPRC), 40);
}

/* Many frames before the driver looks */
static void test_burst(struct e1000 *d)
{
    enum { N = 63 };
    struct frame f;
    struct received r;

    rx_ready(d, 64, PLAIN);
    for (unsigned i = 0; i < N; i++) {
        frame_plain(&f, mac_nic, 70 + i, (uint8_t)i);
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    for (unsigned i = 0; i < N; i++) {
        frame_plain(&f, mac_nic, 70 + i, (uint8_t)i);
        if (!check(rx_take(d, &r))) {
            break;
        }
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
    }
}

/* LPE=0: 1522 bytes with FCS are the limit, tagged or not (SDM 13.7.44) */
static void test_long_packets_off(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN);
    frame_plain(&f, mac_nic, 1514, 1);
    rx_accepted(d, &f);
    frame_plain(&f, mac_nic, 1518, 2);
    rx_accepted(d, &f);
    frame_plain(&f, mac_nic, 1523, 3);
    rx_dropped(d, &f);
    frame_plain(&f, mac_nic, 9000, 4);
    rx_dropped(d, &f);
    check_eq(rd(d, ROC), 2);
}

static void test_long_packets_limit(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN);
    frame_plain(&f, mac_nic, 1519, 3);
    rx_dropped(d, &f);
    check_eq(rd(d, ROC), 1);
}

/* RLEC counts what is too long or too short (SDM 13.7.20) */
static void test_rlec(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN);
    frame_plain(&f, mac_nic, 1600, 3);
    rx_dropped(d, &f);
    check_eq(rd(d, RLEC), 1);
}

/* LPE=1: up to 16384 bytes with FCS */
static void test_jumbo(struct e1000 *d)
{
    static const size_t lengths[] = { 1519, 4000, 9014, 16000, 16380 };
    struct frame f;
    struct received r;

    rx_ready(d, 16, PLAIN | RCTL_LPE);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_nic, lengths[i], (uint8_t)i);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
    }
    check_eq(rd(d, GPRC), G_N_ELEMENTS(lengths));
}

static void test_jumbo_limit(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 32, PLAIN | RCTL_LPE);
    frame_plain(&f, mac_nic, 16381, 1);
    rx_dropped(d, &f);
    check_eq(rd(d, ROC), 1);
}

/* SBP stores what is too long, too */
static void test_store_bad_long(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN | RCTL_SBP);
    frame_plain(&f, mac_nic, 1600, 3);
    rx_accepted(d, &f);
}

static void test_enable(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 8, PLAIN);
    wr(d, RCTL, PLAIN);
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    us(d, 10000);
    check(!(rx_desc_at(d, 0).status & RXD_DD));
    wr(d, RCTL, PLAIN | RCTL_EN);
    /* Kept back or lost, but never mangled */
    frame_plain(&f, mac_nic, 88, 2);
    rx_frame(d, &f, &r);
    check(r.data.len == 99 || r.data.len == 88);
}

static void test_link_down(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN);
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments': "
                   "{'name': 'nic0', 'up': false}}");
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    us(d, 10000);
    check(!(rx_desc_at(d, 0).status & RXD_DD));
    check(qtest_alive(d->qts));
}

/* Without bus mastering nothing can be stored */
static void test_bus_master(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 8, PLAIN);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    us(d, 10000);
    check(!(rx_desc_at(d, 0).status & RXD_DD));
    check(qtest_alive(d->qts));
}

/* A null buffer address holds no data and does no harm */
static void test_null_buffer(struct e1000 *d)
{
    static const struct rx_desc null;
    struct frame f;

    e1000_link_up(d);
    rx_setup(d, 8, 0);
    qtest_memwrite(d->qts, RX_RING, &null, sizeof(null));
    wr(d, RCTL, PLAIN | RCTL_EN);
    frame_plain(&f, mac_nic, 99, 1);
    for (unsigned i = 0; i < 3; i++) {
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    check(wait_for(rx_desc_at(d, 1).status & RXD_DD));
    check(qtest_alive(d->qts));
}

/*
 * RCTL may be written at any time without losing time: toggling promiscuous
 * mode must not stop reception.  QEMU's card stops for a second of real time,
 * which a busy host may let pass before the frame is sent: then once more.
 */
static void test_rctl_no_pause(struct e1000 *d)
{
    enum { TRIES = 8 };
    struct frame f;
    int64_t start;

    rx_ready(d, 16, PLAIN);
    frame_plain(&f, mac_nic, 99, 1);
    for (unsigned i = 0; i < TRIES; i++) {
        start = qtest_clock_step(d->qts, 0);
        wr(d, RCTL, PLAIN | RCTL_EN | (i & 1 ? 0 : RCTL_UPE));
        check(netpeer_send(&d->peer, f.data, f.len));
        if (!check(wait_for(rx_desc_at(d, i).status & RXD_DD))) {
            return;
        }
        check_range(qtest_clock_step(d->qts, 0) - start, 0, 50 * 1000 * 1000);
    }
}

/* Frames are kept while there are no descriptors (SDM 13.7.42) */
static void test_no_descriptors(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 8, PLAIN);
    wr(d, RDT, 0);
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    us(d, 10000);
    check(!(rx_desc_at(d, 0).status & RXD_DD));
    wr(d, RDT, 7);
    check(rx_take(d, &r));
    check_eq(r.data.len, 99);
    check_mem(r.data.data, f.data, 99);
}

/* RXDMT0 when half, a quarter or an eighth of the ring is left */
static void test_rdmts(struct e1000 *d)
{
    static const struct {
        uint32_t bits;
        unsigned left;
    } rows[] = { { 0, 8 },
                 { RCTL_RDMTS_QUARTER, 4 },
                 { RCTL_RDMTS_EIGHTH, 2 } };
    struct frame f;

    e1000_link_up(d);
    frame_plain(&f, mac_nic, 99, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned enough = 15 - rows[i].left;

        wr(d, RCTL, 0);
        rx_setup(d, 16, PLAIN | rows[i].bits);
        rd(d, ICR);
        for (unsigned n = 0; n < enough; n++) {
            check_eq(rd(d, ICR) & ICR_RXDMT0, 0);
            check(netpeer_send(&d->peer, f.data, f.len));
            check(wait_for(rx_desc_at(d, n).status & RXD_DD));
        }
        check_eq(rd(d, ICR) & ICR_RXDMT0, ICR_RXDMT0);
    }
}

/* RXDCTL.WTHRESH: descriptors come back in bursts (SDM 13.4.46) */
static void test_write_back_threshold(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 16, PLAIN);
    wr(d, RXDCTL, RXDCTL_GRAN | 4u << RXDCTL_WTHRESH_SHIFT);
    wr(d, RDTR, 1000);
    frame_plain(&f, mac_nic, 99, 1);
    for (unsigned n = 0; n < 3; n++) {
        check(netpeer_send(&d->peer, f.data, f.len));
        check(wait_for(rd(d, RDH) == n + 1));
    }
    check(!(rx_desc_at(d, 0).status & RXD_DD));
    check(netpeer_send(&d->peer, f.data, f.len));
    for (unsigned n = 0; n < 4; n++) {
        check(wait_for(rx_desc_at(d, n).status & RXD_DD));
    }
    /* The delay timer flushes the rest */
    check(netpeer_send(&d->peer, f.data, f.len));
    check(wait_for(rd(d, RDH) == 5));
    check(!(rx_desc_at(d, 4).status & RXD_DD));
    us(d, 1100);
    check(rx_desc_at(d, 4).status & RXD_DD);
}

/* Loopback, and what only software with its own FCS can send */

static void loop_ready(struct e1000 *d, uint32_t rctl)
{
    e1000_link_up(d);
    phy_loopback(d);
    tx_setup(d, 64);
    wr(d, TCTL, TCTL_EN | TCTL_CT_COLD);
    rx_setup(d, 64, rctl);
    clear_statistics(d);
    rd(d, ICR);
}

static void try_loopback(struct e1000 *d)
{
    struct frame f;
    struct received r;

    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_broadcast, 100 + i * 60, (uint8_t)i);
        loop_frame(d, &f, TXD_EOP | TXD_IFCS, &r);
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
        nothing_on_wire(d);
    }
    check_eq(rd(d, GPRC), 20);
    check_eq(rd(d, GPTC), 20);
}

static void test_phy_loopback(struct e1000 *d)
{
    loop_ready(d, PLAIN);
    try_loopback(d);
}

static void test_mac_loopback(struct e1000 *d)
{
    static const uint32_t modes[] = { RCTL_LBM_MAC, RCTL_LBM_TCVR };

    e1000_link_up(d);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        tx_setup(d, 64);
        rx_setup(d, 64, PLAIN | modes[i]);
        clear_statistics(d);
        try_loopback(d);
        wr(d, RCTL, 0);
    }
}

/* While the card talks to itself the cable is out of the game */
static void test_loopback_isolated(struct e1000 *d)
{
    struct frame f;
    struct received r;

    loop_ready(d, PLAIN);
    frame_plain(&f, mac_nic, 200, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    frame_plain(&f, mac_nic, 100, 2);
    loop_frame(d, &f, TXD_EOP | TXD_IFCS, &r);
    check_eq(r.data.len, 100);
}

/* Send @len bytes, FCS included, good or bad */
static void loop_raw(struct e1000 *d, size_t len, bool good)
{
    struct frame f;
    uint32_t crc;

    frame_plain(&f, mac_nic, len - FCS_LEN, (uint8_t)len);
    crc = ether_crc(f.data, f.len) ^ !good;
    memcpy(f.data + f.len, &crc, FCS_LEN);
    tx_post(d, tx_legacy(tx_put(d, f.data, len), len, TXD_EOP));
    tx_kick(d);
}

/* SBP=0: bad frames are only counted (SDM 13.7) */
static void test_bad_frames(struct e1000 *d)
{
    static const struct {
        size_t len;
        bool good;
        uint32_t counter;
    } rows[] = {
        { 100, false, CRCERRS }, { 1500, false, CRCERRS }, { 60, true, RUC },
        { 60, false, RFC },      { 1600, true, ROC },      { 1600, false, RJC },
    };
    static const uint32_t counters[] = { CRCERRS, RUC, RFC, ROC, RJC };

    loop_ready(d, PLAIN);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%zu bytes, FCS %s", rows[i].len,
                       rows[i].good ? "good" : "bad");
        loop_raw(d, rows[i].len, rows[i].good);
        us(d, 1000);
        check_eq(rd(d, RDH), 0);
        for (size_t k = 0; k < G_N_ELEMENTS(counters); k++) {
            /* Jumbo garbage may count as a CRC error as well */
            if (counters[k] == CRCERRS && rows[i].counter == RJC) {
                rd(d, CRCERRS);
                continue;
            }
            check_eq(rd(d, counters[k]), counters[k] == rows[i].counter);
        }
        check_eq(rd(d, GPRC), 0);
        check_eq(rd(d, TPR), 1);
        check_eq(rd64(d, TORL), rows[i].len);
    }
    /* A good one still gets through */
    loop_raw(d, 100, true);
    check(wait_for(rx_desc_at(d, 0).status & RXD_DD));
    check_eq(rx_desc_at(d, 0).errors, 0);
}

/* SBP=1: they are stored, with the error bits set */
static void test_store_bad(struct e1000 *d)
{
    struct received r;

    loop_ready(d, RCTL_BAM | RCTL_SBP);
    loop_raw(d, 100, false);
    check(rx_take(d, &r));
    check_eq(r.data.len, 100);
    check_eq(r.last.errors & RXD_CE, RXD_CE);
    loop_raw(d, 60, true);
    check(rx_take(d, &r));
    check_eq(r.data.len, 60);
    check_eq(r.last.errors & RXD_CE, 0);
    loop_raw(d, 200, true);
    check(rx_take(d, &r));
    check_eq(r.data.len, 200);
    check_eq(r.last.errors, 0);
}

/* With no descriptors the FIFO overflows in the end: RXO and MPC */
static void test_overrun(struct e1000 *d)
{
    struct frame f;
    uint32_t missed;
    uint32_t all;

    loop_ready(d, PLAIN);
    wr(d, RDT, 0);
    for (unsigned i = 0; i < 60; i++) {
        frame_plain(&f, mac_nic, 1500, (uint8_t)i);
        tx_post(d,
                tx_legacy(tx_put(d, f.data, f.len), f.len, TXD_EOP | TXD_IFCS));
    }
    tx_kick(d);
    us(d, 10000);
    check_eq(rd(d, ICR) & ICR_RXO, ICR_RXO);
    missed = rd(d, MPC);
    check_range(missed, 1, 60);
    all = rd(d, TPR);
    check_eq(all, 60);
    check_eq(rd(d, GPRC), all - missed);
    check_range(rd(d, RNBC), 1, 60);
}

/* Statistics */

static void test_statistics(struct e1000 *d)
{
    static const struct {
        size_t len;
        uint32_t counter;
    } rows[] = {
        { 64, PRC64 },     { 65, PRC127 },    { 127, PRC127 },
        { 128, PRC255 },   { 255, PRC255 },   { 256, PRC511 },
        { 511, PRC511 },   { 512, PRC1023 },  { 1023, PRC1023 },
        { 1024, PRC1522 }, { 1522, PRC1522 },
    };
    static const uint32_t prc[] = { PRC64,  PRC127,  PRC255,
                                    PRC511, PRC1023, PRC1522 };
    struct frame f;
    uint64_t octets = 0;

    rx_ready(d, 16, PLAIN);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        frame_plain(&f, mac_nic, rows[i].len - FCS_LEN, (uint8_t)i);
        rx_accepted(d, &f);
        octets += rows[i].len;
        for (size_t k = 0; k < G_N_ELEMENTS(prc); k++) {
            check_eq(rd(d, prc[k]), prc[k] == rows[i].counter);
        }
    }
    check_eq(rd(d, GPRC), G_N_ELEMENTS(rows));
    check_eq(rd(d, TPR), G_N_ELEMENTS(rows));
    check_eq(rd64(d, GORCL), octets);
    check_eq(rd64(d, TORL), octets);
    check_eq(rd(d, GPRC), 0);
    check_eq(rd64(d, GORCL), 0);
}

static void test_statistics_kinds(struct e1000 *d)
{
    static const uint8_t group[] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };
    struct frame f;

    rx_ready(d, 16, PLAIN | RCTL_MPE);
    frame_plain(&f, mac_broadcast, 60, 1);
    rx_accepted(d, &f);
    frame_plain(&f, group, 60, 2);
    rx_accepted(d, &f);
    rx_accepted(d, &f);
    frame_plain(&f, mac_nic, 60, 3);
    rx_accepted(d, &f);
    check_eq(rd(d, BPRC), 1);
    check_eq(rd(d, MPRC), 2);
    check_eq(rd(d, GPRC), 4);
}

static const struct e1000_test tests[] = {
    { "one", test_one, ON_ALL },
    { "short", test_short, ON_ALL },
    { "fcs", test_fcs, ON_ALL },
    { "scatter", test_scatter, ON_ALL },
    { "fcs-alone", test_fcs_alone },
    { "buffer-sizes", test_buffer_sizes, ON_ALL },
    { "wrap", test_wrap },
    { "burst", test_burst },
    { "long-packets-off", test_long_packets_off, ON_ALL },
    { "long-packets-limit", test_long_packets_limit, .differs = DIFF_oversize },
    { "rlec", test_rlec, .differs = DIFF_error_counters },
    { "jumbo", test_jumbo, ON_ALL },
    { "jumbo-limit", test_jumbo_limit, .differs = DIFF_oversize },
    { "store-bad-long", test_store_bad_long },
    { "enable", test_enable },
    { "link-down", test_link_down },
    { "bus-master", test_bus_master },
    { "null-buffer", test_null_buffer },
    { "rctl-no-pause", test_rctl_no_pause, REALTIME, DIFF_rctl_pause },
    { "no-descriptors", test_no_descriptors },
    { "rdmts", test_rdmts, ON_ALL },
    { "write-back-threshold", test_write_back_threshold, ON_40_45,
      DIFF_rx_write_back },
    { "loopback/phy", test_phy_loopback, ON_ALL },
    { "loopback/mac", test_mac_loopback, ON_ALL, DIFF_mac_loopback },
    { "loopback/isolated", test_loopback_isolated,
      .differs = DIFF_loopback_isolated },
    { "loopback/bad-frames", test_bad_frames, ON_ALL, DIFF_error_counters },
    { "loopback/store-bad", test_store_bad, ON_ALL, DIFF_store_bad },
    { "loopback/overrun", test_overrun, ON_ALL, DIFF_overrun },
    { "statistics", test_statistics, ON_ALL, DIFF_rx_sizes },
    { "statistics-kinds", test_statistics_kinds, .differs = DIFF_bprc },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("rx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
