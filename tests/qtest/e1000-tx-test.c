// SPDX-License-Identifier: MIT
/*
 * e1000-tx-test.c - the transmitter of the 8254x: rings, legacy descriptors,
 * write-back, statistics (SDM 3.3, 3.4, 13.7)
 */
#include "libe1000.h"

#include <string.h>

enum { CMD = TXD_EOP | TXD_IFCS | TXD_RS };

static void tx_ready(struct e1000 *d)
{
    e1000_link_up(d);
    tx_setup(d, 8);
    clear_statistics(d);
    rd(d, ICR);
}

static bool done(struct e1000 *d, unsigned index)
{
    return tx_desc_at(d, index).upper & TXD_DD;
}

static void test_one(struct e1000 *d)
{
    struct frame f;
    struct tx_desc desc;
    unsigned i;

    tx_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    i = tx_frame(d, &f);
    same_on_wire(d, &f);
    nothing_on_wire(d);
    check_eq(rd(d, TDH), 1);
    desc = tx_desc_at(d, i);
    check_eq(desc.upper & 0xff, TXD_DD);
    /* Only the status is written back */
    check_eq(desc.addr, TX_BUFFERS);
    check_eq(desc.lower, 100u | (uint32_t)CMD << 24);
    check_eq(rd(d, ICR) & (ICR_TXDW | ICR_TXQE), ICR_TXDW | ICR_TXQE);
}

/* Without RS nothing is written back, and TXDW stays off (SDM 3.3.3) */
static void test_no_rs(struct e1000 *d)
{
    struct frame f;
    uint64_t at;

    tx_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    at = tx_put(d, f.data, f.len);
    tx_post(d, tx_legacy(at, f.len, TXD_EOP | TXD_IFCS));
    tx_kick(d);
    same_on_wire(d, &f);
    check_eq(rd(d, TDH), 1);
    check(!done(d, 0));
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
}

/* One frame out of several descriptors; only those with RS show DD */
static void test_gather(struct e1000 *d)
{
    static const size_t pieces[] = { 14, 1, 2, 300, 1000 };
    struct frame f;
    size_t at = 0;

    tx_ready(d);
    frame_plain(&f, mac_peer, 1317, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        bool last = i == G_N_ELEMENTS(pieces) - 1;
        uint64_t where = tx_put(d, f.data + at, pieces[i]);

        tx_post(d, tx_legacy(where, pieces[i], last ? CMD : 0));
        at += pieces[i];
    }
    tx_kick(d);
    same_on_wire(d, &f);
    nothing_on_wire(d);
    for (unsigned i = 0; i < 4; i++) {
        check(!done(d, i));
    }
    check(done(d, 4));
}

/* A frame waits for its end, however long that takes */
static void test_gather_slowly(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_peer, 200, 4);
    tx_post(d, tx_legacy(tx_put(d, f.data, 50), 50, TXD_RS));
    tx_kick(d);
    nothing_on_wire(d);
    check(done(d, 0));
    us(d, 100000);
    tx_post(d, tx_legacy(tx_put(d, f.data + 50, 150), 150, CMD));
    tx_kick(d);
    same_on_wire(d, &f);
}

/* Null addresses and lengths of zero move no data; RS is honoured */
static void test_empty_descriptors(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_peer, 64, 5);
    tx_post(d, tx_legacy(0, 0, TXD_RS));
    tx_post(d, tx_legacy(TX_BUFFERS, 0, TXD_RS));
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD));
    tx_kick(d);
    same_on_wire(d, &f);
    for (unsigned i = 0; i < 3; i++) {
        check(done(d, i));
    }
}

/* Three times round a ring of eight */
static void test_wrap(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    for (unsigned i = 0; i < 24; i++) {
        frame_plain(&f, mac_peer, 60 + i * 50, (uint8_t)i);
        check_eq(tx_frame(d, &f), i % 8);
        same_on_wire(d, &f);
        check_eq(rd(d, TDH), (i + 1) % 8);
    }
}

/* Seven at once is all that a ring of eight can hold */
static void test_burst(struct e1000 *d)
{
    struct frame f[7];

    tx_ready(d);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(f); i++) {
            frame_plain(&f[i], mac_peer, 61 + i * 100, (uint8_t)(i + round));
            tx_post(d,
                    tx_legacy(tx_put(d, f[i].data, f[i].len), f[i].len, CMD));
        }
        tx_kick(d);
        for (unsigned i = 0; i < G_N_ELEMENTS(f); i++) {
            same_on_wire(d, &f[i]);
        }
        check_eq(rd(d, TDH), d->tx_tail);
    }
}

/* A long ring, filled at once */
static void test_long_ring(struct e1000 *d)
{
    enum { N = 1024 };
    struct frame f;
    uint64_t at;

    e1000_link_up(d);
    tx_setup(d, N);
    frame_plain(&f, mac_peer, 60, 9);
    at = tx_put(d, f.data, f.len);
    for (unsigned i = 0; i < N - 1; i++) {
        tx_post(d, tx_legacy(at, f.len, CMD));
    }
    tx_kick(d);
    for (unsigned i = 0; i < N - 1; i++) {
        if (!same_on_wire(d, &f)) {
            break;
        }
    }
    check_eq(rd(d, TDH), N - 1);
    check(done(d, N - 2));
}

/* The ring may lie above 4 GiB of address space only if RAM does: it does not
 */
static void test_no_ram(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_peer, 60, 1);
    wr(d, TDBAH, 0x7f);
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD));
    tx_kick(d);
    wire_drain(d->qts, &d->peer, FRAME_MAX);
    check(qtest_alive(d->qts));
    /* The card works again once the driver has reset and set it up */
    e1000_reset(d);
    tx_ready(d);
    frame_plain(&f, mac_peer, 60, 2);
    tx_frame(d, &f);
    same_on_wire(d, &f);
}

static void test_enable(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    wr(d, TCTL, TCTL_PSP);
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    nothing_on_wire(d);
    check_eq(rd(d, TDH), 0);
    check(!done(d, 0));
    wr(d, TCTL, TCTL_EN | TCTL_PSP);
    same_on_wire(d, &f);
    check(done(d, 0));
}

/* Without bus mastering no descriptor can be read */
static void test_bus_master(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    nothing_on_wire(d);
    check(!done(d, 0));
    check(qtest_alive(d->qts));
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
    e1000_reset(d);
    tx_ready(d);
    tx_frame(d, &f);
    same_on_wire(d, &f);
}

static void test_link_down(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments': "
                   "{'name': 'nic0', 'up': false}}");
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    nothing_on_wire(d);
}

/* TCTL.PSP pads to 64 bytes with FCS; the filler is anything (SDM 13.4.33) */
static void test_padding(struct e1000 *d)
{
    struct frame f;
    struct frame got;

    tx_ready(d);
    for (size_t len = 48; len < 64; len += 3) {
        frame_plain(&f, mac_peer, len, 1);
        tx_frame(d, &f);
        on_wire(d, &got);
        check_eq(got.len, MAX(len, ETH_MIN));
        check_mem(got.data, f.data, f.len);
    }
    check_eq(rd(d, PTC64), 5);
    check_eq(rd(d, PTC127), 1);
}

static void test_no_padding(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    wr(d, TCTL, TCTL_EN);
    frame_plain(&f, mac_peer, 50, 1);
    tx_frame(d, &f);
    same_on_wire(d, &f);
}

/* IFCS=0: software supplied the FCS; the cable of these tests has none */
static void test_own_fcs(struct e1000 *d)
{
    struct frame f;
    struct frame got;
    uint32_t crc;

    tx_ready(d);
    frame_plain(&f, mac_peer, 100, 7);
    crc = ether_crc(f.data, f.len);
    memcpy(f.data + f.len, &crc, sizeof(crc));
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len + FCS_LEN), f.len + FCS_LEN,
                         TXD_EOP | TXD_RS));
    tx_kick(d);
    on_wire(d, &got);
    check_eq(got.len, f.len);
    check_mem(got.data, f.data, f.len);
    check_eq(rd64(d, GOTCL), 104);
}

/* CMD.IC: sum from CSS to the end, stored at CSO (SDM 3.3.3) */
static void test_insert_checksum(struct e1000 *d)
{
    static const struct {
        uint8_t css, cso;
    } at[] = { { 14, 50 }, { 0, 20 }, { 15, 33 }, { 99, 97 }, { 14, 98 } };
    struct frame f;
    struct frame want;
    struct tx_desc desc;

    tx_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        frame_plain(&f, mac_peer, 101, (uint8_t)(i * 11));
        want = f;
        put16(want.data + at[i].cso,
              (uint16_t)~ip_sum(f.data + at[i].css, f.len - at[i].css, 0));
        desc = tx_legacy(tx_put(d, f.data, f.len), f.len, CMD | TXD_IC);
        desc.lower |= (uint32_t)at[i].cso << 16;
        desc.upper |= (uint32_t)at[i].css << 8;
        tx_post(d, desc);
        tx_kick(d);
        same_on_wire(d, &want);
    }
}

/* ... and not at all where the offsets lie outside */
static void test_insert_checksum_outside(struct e1000 *d)
{
    static const struct {
        uint8_t css, cso;
    } at[] = {
        { 101, 50 }, { 255, 50 }, { 14, 100 }, { 14, 101 }, { 14, 255 }
    };
    struct frame f;
    struct tx_desc desc;

    tx_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        frame_plain(&f, mac_peer, 101, (uint8_t)i);
        desc = tx_legacy(tx_put(d, f.data, f.len), f.len, CMD | TXD_IC);
        desc.lower |= (uint32_t)at[i].cso << 16;
        desc.upper |= (uint32_t)at[i].css << 8;
        tx_post(d, desc);
        tx_kick(d);
        same_on_wire(d, &f);
    }
}

/* RPS reports on the 82544 alone; elsewhere the bit is reserved */
static void test_rps(struct e1000 *d)
{
    bool is_82544 = strcmp(d->model, "e1000-82544gc") == 0;
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len,
                         TXD_EOP | TXD_IFCS | TXD_RPS));
    tx_kick(d);
    same_on_wire(d, &f);
    if (is_82544) {
        check(done(d, 0));
        check(rd(d, ICR) & ICR_TXDW);
    } else {
        differs (rps) {
            check(!done(d, 0));
        }
    }
}

/* TXDCTL.WTHRESH: write back in bursts (SDM 13.4.43) */
static void test_write_back_threshold(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    wr(d, TIDV, 100);
    wr(d, TXDCTL, TXDCTL_GRAN | 3u << TXDCTL_WTHRESH_SHIFT);
    frame_plain(&f, mac_peer, 60, 1);
    for (unsigned i = 0; i < 3; i++) {
        check(!done(d, 0));
        tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD | TXD_IDE));
        tx_kick(d);
        same_on_wire(d, &f);
    }
    for (unsigned i = 0; i < 3; i++) {
        check(done(d, i));
    }
    /* Fewer are written back when the delay timer expires */
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD | TXD_IDE));
    tx_kick(d);
    same_on_wire(d, &f);
    check(!done(d, 3));
    us(d, 110);
    check(done(d, 3));
    check(rd(d, ICR) & ICR_TXDW);
}

/* TXD_LOW: descriptors left fall to 8 * LWTHRESH (SDM 13.4.43) */
static void test_txd_low(struct e1000 *d)
{
    struct frame f;
    uint64_t at;

    e1000_link_up(d);
    tx_setup(d, 32);
    rd(d, ICR);
    wr(d, TXDCTL, TXDCTL_GRAN | 1u << TXDCTL_LWTHRESH_SHIFT);
    frame_plain(&f, mac_peer, 60, 1);
    at = tx_put(d, f.data, f.len);
    /* Seven can never fall to eight */
    for (unsigned i = 0; i < 7; i++) {
        tx_post(d, tx_legacy(at, f.len, CMD));
    }
    tx_kick(d);
    check_eq(rd(d, ICR) & ICR_TXD_LOW, 0);
    /* Ten do */
    for (unsigned i = 0; i < 10; i++) {
        tx_post(d, tx_legacy(at, f.len, CMD));
    }
    tx_kick(d);
    check_eq(rd(d, ICR) & ICR_TXD_LOW, ICR_TXD_LOW);
}

/* Statistics (SDM 13.7) */

/** struct size_row - A length with FCS, and the counter for it */
struct size_row {
    size_t len;
    uint32_t ptc;
    uint32_t prc;
};

static const struct size_row size_rows[] = {
    { 64, PTC64, PRC64 },       { 65, PTC127, PRC127 },
    { 127, PTC127, PRC127 },    { 128, PTC255, PRC255 },
    { 255, PTC255, PRC255 },    { 256, PTC511, PRC511 },
    { 511, PTC511, PRC511 },    { 512, PTC1023, PRC1023 },
    { 1023, PTC1023, PRC1023 }, { 1024, PTC1522, PRC1522 },
    { 1518, PTC1522, PRC1522 }, { 1522, PTC1522, PRC1522 },
};

static void test_statistics(struct e1000 *d)
{
    static const uint32_t ptc[] = { PTC64,  PTC127,  PTC255,
                                    PTC511, PTC1023, PTC1522 };
    struct frame f;
    uint64_t octets = 0;

    tx_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(size_rows); i++) {
        frame_plain(&f, mac_peer, size_rows[i].len - FCS_LEN, (uint8_t)i);
        tx_frame(d, &f);
        same_on_wire(d, &f);
        octets += size_rows[i].len;
        for (size_t k = 0; k < G_N_ELEMENTS(ptc); k++) {
            check_eq(rd(d, ptc[k]), ptc[k] == size_rows[i].ptc);
        }
    }
    check_eq(rd(d, GPTC), G_N_ELEMENTS(size_rows));
    check_eq(rd(d, TPT), G_N_ELEMENTS(size_rows));
    check_eq(rd64(d, GOTCL), octets);
    check_eq(rd64(d, TOTL), octets);
    /* Reading cleared them */
    check_eq(rd(d, GPTC), 0);
    check_eq(rd(d, TPT), 0);
    check_eq(rd64(d, GOTCL), 0);
    check_eq(rd64(d, TOTL), 0);
}

static void test_statistics_kinds(struct e1000 *d)
{
    static const uint8_t group[] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_broadcast, 60, 1);
    tx_frame(d, &f);
    frame_plain(&f, group, 60, 1);
    tx_frame(d, &f);
    tx_frame(d, &f);
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    check_eq(rd(d, BPTC), 1);
    check_eq(rd(d, MPTC), 2);
    check_eq(rd(d, GPTC), 4);
}

/* A counter of 64 bits is cleared by its high half alone (SDM 13.7) */
static void test_statistics_pairs(struct e1000 *d)
{
    struct frame f;

    tx_ready(d);
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    check_eq(rd(d, GOTCL), 64);
    check_eq(rd(d, GOTCL), 64);
    check_eq(rd(d, GOTCH), 0);
    check_eq(rd(d, GOTCL), 0);
}

/* Up to 16288 bytes in one packet (SDM 3.3.3) */
static void test_jumbo(struct e1000 *d)
{
    static const size_t lengths[] = { 1519, 4096, 9014, 16000, 16288 };
    struct frame f;

    tx_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_peer, lengths[i], (uint8_t)i);
        tx_frame(d, &f);
        same_on_wire(d, &f);
    }
    check_eq(rd(d, GPTC), G_N_ELEMENTS(lengths));
    check_eq(rd(d, PTC1522), G_N_ELEMENTS(lengths));
}

/* TCTL.SWXOFF sends one PAUSE frame with the time of FCTTV (SDM 8.7.5) */
static void test_swxoff(struct e1000 *d)
{
    struct frame got;

    tx_ready(d);
    wr(d, FCAL, 0x00c28001);
    wr(d, FCAH, 0x0100);
    wr(d, FCT, ETHERTYPE_PAUSE);
    wr(d, FCTTV, 0x1234);
    wr(d, TCTL, rd(d, TCTL) | TCTL_SWXOFF);
    on_wire(d, &got);
    check_eq(got.len, ETH_MIN);
    check_mem(got.data, mac_pause, 6);
    check_mem(got.data + 6, mac_nic, 6);
    check_eq(get16(got.data + 12), ETHERTYPE_PAUSE);
    check_eq(get16(got.data + 14), 1);
    check_eq(get16(got.data + 16), 0x1234);
    check_eq(rd(d, TCTL) & TCTL_SWXOFF, 0);
    check_eq(rd(d, XOFFTXC), 1);
    check_eq(rd(d, XONTXC), 0);
    /* Counted as a frame, but not as a good one */
    check_eq(rd(d, TPT), 1);
    check_eq(rd(d, GPTC), 0);
    /* A time of 0 makes it an XON */
    wr(d, FCTTV, 0);
    wr(d, TCTL, rd(d, TCTL) | TCTL_SWXOFF);
    on_wire(d, &got);
    check_eq(get16(got.data + 16), 0);
}

static const struct e1000_test tests[] = {
    { "one", test_one, ON_ALL },
    { "no-rs", test_no_rs },
    { "gather", test_gather, ON_ALL },
    { "gather-slowly", test_gather_slowly },
    { "empty-descriptors", test_empty_descriptors },
    { "wrap", test_wrap },
    { "burst", test_burst },
    { "long-ring", test_long_ring },
    { "no-ram", test_no_ram },
    { "enable", test_enable },
    { "bus-master", test_bus_master },
    { "link-down", test_link_down },
    { "padding", test_padding, .differs = DIFF_tx_padding },
    { "no-padding", test_no_padding },
    { "own-fcs", test_own_fcs, .differs = DIFF_ifcs },
    { "insert-checksum", test_insert_checksum, ON_ALL, DIFF_insert_checksum },
    { "insert-checksum-outside", test_insert_checksum_outside },
    { "rps", test_rps, ON_ALL },
    { "write-back-threshold", test_write_back_threshold, ON_40_45,
      DIFF_tx_write_back },
    { "txd-low", test_txd_low, ON_40_45, DIFF_txd_low },
    { "statistics", test_statistics, ON_ALL },
    { "statistics-kinds", test_statistics_kinds },
    { "statistics-pairs", test_statistics_pairs },
    { "jumbo", test_jumbo, ON_ALL },
    { "swxoff", test_swxoff, ON_ALL, DIFF_pause },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("tx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
