// SPDX-License-Identifier: MIT
/*
 * e1000-hostile-test.c - what broke other emulations of the 8254x
 *
 * Each test replays the trigger of a published flaw (QEMU's, VirtualBox's,
 * bhyve's), then demands that the process lives, has not grown, did bounded
 * work, and that the card works again after a reset.
 */
#include "libe1000.h"

#include <string.h>

enum {
    PLAIN = RCTL_BAM | RCTL_SECRC,
    CMD = TXD_EOP | TXD_IFCS | TXD_RS,
    TSO = CMD | TXD_TSE,
    BOTH = TXD_IXSM | TXD_TXSM,
};

static struct attack attack;

static void attack_begins(struct e1000 *d)
{
    e1000_link_up(d);
    attack = attack_begin(d->qts);
}

static void reset_card(struct e1000 *d)
{
    if (!emulator_is_stock()) {
        e1000_reset(d);
    }
    /* QEMU's card does not know CTRL.RST (row ctrl_rst) */
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    e1000_enable(d);
}

static void still_works(struct e1000 *d)
{
    struct frame f;
    struct frame got;
    struct received r;

    wire_drain(d->qts, &d->peer, FRAME_MAX);
    attack_survived(&attack);
    reset_card(d);
    e1000_link_up(d);
    tx_setup(d, 8);
    rx_setup(d, 8, PLAIN);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    while (on_wire(d, &got) && got.len != f.len) {
        /* left over from the attack */
    }
    check_mem(got.data, f.data, f.len);
    frame_plain(&f, mac_nic, 200, 2);
    rx_frame(d, &f, &r);
    check_eq(r.data.len, f.len);
}

/* CVE-2012-0029: legacy descriptors without end pile up beyond 64 KiB */
static void test_endless_packet(struct e1000 *d)
{
    attack_begins(d);
    tx_setup(d, 256);
    for (unsigned i = 0; i < 255; i++) {
        tx_post(d, tx_legacy(TX_BUFFERS, 16288, TXD_RS));
    }
    tx_kick(d);
    tx_post(d, tx_legacy(TX_BUFFERS, 16288, CMD));
    tx_kick(d);
    wire_drain(d->qts, &d->peer, FRAME_MAX);
    still_works(d);
}

/* CVE-2012-6075: oversize frames reach buffers of 2048 bytes (LPE, SBP off) */
static void test_oversize(struct e1000 *d)
{
    static const size_t lengths[] = { 1523, 1600, 2048, 4096, 9000, 16000 };
    struct frame f;
    uint8_t after[64];
    uint8_t pattern[64];

    attack_begins(d);
    memset(pattern, 0xa5, sizeof(pattern));
    rx_setup(d, 16, PLAIN);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        uint64_t end = rx_buffer(d->rx_next) + 2048;

        qtest_memwrite(d->qts, end, pattern, sizeof(pattern));
        frame_plain(&f, mac_nic, lengths[i], (uint8_t)i);
        rx_dropped(d, &f);
        qtest_memread(d->qts, end, after, sizeof(after));
        check_mem(after, pattern, sizeof(after));
    }
    still_works(d);
}

/* A buffer that is filled completely is not overrun either (LPE) */
static void test_buffer_end(struct e1000 *d)
{
    struct frame f;
    struct received r;
    uint8_t after[64];
    uint8_t pattern[64];

    attack_begins(d);
    memset(pattern, 0xa5, sizeof(pattern));
    e1000_link_up(d);
    rx_setup(d, 16, RCTL_BAM | RCTL_LPE);
    for (unsigned i = 0; i < 16; i++) {
        qtest_memwrite(d->qts, rx_buffer(i) + 2048, pattern, sizeof(pattern));
    }
    for (size_t len = 2036; len <= 2056; len += 4) {
        frame_plain(&f, mac_nic, len, 1);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, len + FCS_LEN);
    }
    for (unsigned i = 0; i < 16; i++) {
        qtest_memread(d->qts, rx_buffer(i) + 2048, after, sizeof(after));
        check_mem(after, pattern, sizeof(after));
    }
    still_works(d);
}

static void post_context(struct e1000 *d, unsigned hdrlen, unsigned mss,
                         uint32_t paylen)
{
    struct tx_context c = {
        .ipcss = 14,
        .ipcso = 24,
        .ipcse = 33,
        .tucss = 34,
        .tucso = 50,
        .paylen = paylen,
        .tucmd = TXD_TSE | TXD_TUCMD_TCP | TXD_TUCMD_IP,
        .hdrlen = (uint8_t)hdrlen,
        .mss = (uint16_t)mss,
    };

    tx_post(d, tx_context(&c));
}

/* CVE-2015-6815: no header and no segment size: no progress */
static void test_zero_mss(struct e1000 *d)
{
    static const struct {
        unsigned hdrlen, mss;
    } rows[] = { { 0, 0 }, { 54, 0 }, { 0, 1 }, { 255, 0 }, { 0, 0xffff } };

    attack_begins(d);
    tx_setup(d, 64);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        post_context(d, rows[i].hdrlen, rows[i].mss, 4000);
        tx_post(d, tx_data(TX_BUFFERS, 4054, TSO, BOTH));
        tx_kick(d);
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* CVE-2016-1981, CVE-2017-9310: heads outside of the ring */
static void test_heads_outside(struct e1000 *d)
{
    static const uint32_t heads[] = { 8, 9, 0x7fff, 0xffff };
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 100, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        tx_setup(d, 8);
        for (unsigned n = 0; n < 8; n++) {
            tx_post(d, tx_legacy(TX_BUFFERS, 60, CMD));
        }
        wr(d, TDH, heads[i]);
        wr(d, TDT, 3);
        check(qtest_alive(d->qts));
        wr(d, TDH, 3);
        wr(d, TDT, heads[i]);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, 60);
        rx_setup(d, 8, PLAIN);
        wr(d, RDH, heads[i]);
        check(netpeer_send(&d->peer, f.data, f.len));
        us(d, 1000);
        wr(d, RDH, 0);
        wr(d, RDT, heads[i]);
        check(netpeer_send(&d->peer, f.data, f.len));
        us(d, 1000);
        check(qtest_alive(d->qts));
    }
    still_works(d);
}

/* Rings without length, and longer than memory */
static void test_ring_lengths(struct e1000 *d)
{
    static const uint32_t lengths[] = { 0, 0x80, 0xfff80 };
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 100, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        tx_setup(d, 8);
        wr(d, TDLEN, lengths[i]);
        wr(d, TDT, 0xffff);
        rx_setup(d, 8, PLAIN);
        wr(d, RDLEN, lengths[i]);
        wr(d, RDT, 0xffff);
        check(netpeer_send(&d->peer, f.data, f.len));
        us(d, 1000);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* CVE-2021-20257: a segmented packet goes on as something else */
static void test_mixed_chain(struct e1000 *d)
{
    const struct tx_desc others[] = {
        tx_legacy(TX_BUFFERS, 4000, CMD),  tx_legacy(TX_BUFFERS, 16000, 0),
        tx_data(TX_BUFFERS, 4000, CMD, 0), tx_data(TX_BUFFERS, 70000, 0, BOTH),
        tx_legacy(TX_BUFFERS, 0, CMD),
    };

    attack_begins(d);
    tx_setup(d, 64);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        post_context(d, 54, 100, 5000);
        tx_post(d, tx_data(TX_BUFFERS, 1000, TXD_TSE, BOTH));
        tx_post(d, others[i]);
        tx_post(d, tx_data(TX_BUFFERS, 1000, TSO, BOTH));
        tx_kick(d);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* ... and a looped frame is stored into TDT */
static void test_loop_into_tdt(struct e1000 *d)
{
    struct rx_desc into = { .addr = E1000_MMIO + TDT };
    struct frame f;

    attack_begins(d);
    phy_loopback(d);
    tx_setup(d, 8);
    rx_setup(d, 8, PLAIN);
    for (unsigned i = 0; i < 8; i++) {
        qtest_memwrite(d->qts, RX_RING + 16 * i, &into, sizeof(into));
    }
    frame_plain(&f, mac_broadcast, 64, 0);
    memset(f.data, 0xff, 12);
    for (unsigned i = 0; i < 7; i++) {
        tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD));
    }
    tx_kick(d);
    check(qtest_alive(d->qts));
    still_works(d);
}

/* CVE-2021-3416: loopback on a ring that is its own buffer */
static void test_loop_on_itself(struct e1000 *d)
{
    struct rx_desc self = { .addr = TX_RING };
    struct frame f;

    attack_begins(d);
    phy_loopback(d);
    tx_setup(d, 64);
    rx_setup(d, 64, PLAIN);
    for (unsigned i = 0; i < 64; i++) {
        qtest_memwrite(d->qts, RX_RING + 16 * i, &self, sizeof(self));
    }
    frame_plain(&f, mac_broadcast, 1000, 0);
    for (unsigned i = 0; i < 63; i++) {
        tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, CMD));
    }
    tx_kick(d);
    us(d, 10000);
    check(qtest_alive(d->qts));
    still_works(d);
}

/* The card knows that nobody answered it, until software was told */
static void check_master_abort(struct e1000 *d)
{
    enum { PCI_STATUS_AT = 6, RECEIVED_MASTER_ABORT = 1 << 13 };

    differs (master_abort) {
        check(pci_readw(&d->pci, PCI_STATUS_AT) & RECEIVED_MASTER_ABORT);
    }
    pci_writew(&d->pci, PCI_STATUS_AT, RECEIVED_MASTER_ABORT);
    check_eq(pci_readw(&d->pci, PCI_STATUS_AT) & RECEIVED_MASTER_ABORT, 0);
}

/* CVE-2023-3019, CVE-2021-3750, CVE-2020-15859: DMA to the card itself */
static void test_dma_to_self(struct e1000 *d)
{
    static const uint32_t regs[] = { CTRL, TDT, RCTL, TCTL, ICS, MDIC, RDT };
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 200, 1);
    memset(f.data + 14, 0xff, 100);
    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        struct rx_desc into = { .addr = E1000_MMIO + regs[i] };

        g_test_message("register %05x", regs[i]);
        /* Read a frame from registers, write a status into them */
        tx_setup(d, 8);
        tx_post(d, tx_legacy(E1000_MMIO + regs[i], 1500, CMD));
        tx_kick(d);
        check(qtest_alive(d->qts));
        /* Receive into registers */
        rx_setup(d, 8, PLAIN);
        for (unsigned n = 0; n < 8; n++) {
            qtest_memwrite(d->qts, RX_RING + 16 * n, &into, sizeof(into));
        }
        check(netpeer_send(&d->peer, f.data, f.len));
        us(d, 1000);
        check(qtest_alive(d->qts));
        /* Rings in the registers */
        wr(d, TDBAL, (E1000_MMIO + regs[i]) & ~15u);
        wr(d, TDT, 5);
        wr(d, RDBAL, (E1000_MMIO + regs[i]) & ~15u);
        check(netpeer_send(&d->peer, f.data, f.len));
        us(d, 1000);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
        check_master_abort(d);
        reset_card(d);
        e1000_link_up(d);
    }
    still_works(d);
}

/* CVE-2020-28916: descriptors without a buffer take a long frame for ever */
static void test_null_buffers(struct e1000 *d)
{
    static const struct rx_desc null;
    struct frame f;

    attack_begins(d);
    rx_setup(d, 8, 0);
    for (unsigned i = 0; i < 8; i++) {
        qtest_memwrite(d->qts, RX_RING + 16 * i, &null, sizeof(null));
    }
    wr(d, RCTL, PLAIN | RCTL_LPE | RCTL_EN);
    us(d, 1100000);
    frame_plain(&f, mac_nic, 9000, 1);
    for (unsigned i = 0; i < 3; i++) {
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    us(d, 1000);
    check(qtest_alive(d->qts));
    still_works(d);
}

/* CVE-2020-16092: frames too short for the headers they claim */
static void test_tiny_frames(struct e1000 *d)
{
    static const struct tx_context c = {
        .ipcss = 14,
        .ipcso = 24,
        .ipcse = 33,
        .tucss = 34,
        .tucso = 50,
    };

    attack_begins(d);
    tx_setup(d, 64);
    wr(d, TCTL, TCTL_EN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    tx_post(d, tx_context(&c));
    for (unsigned len = 0; len < 40; len++) {
        tx_post(d, tx_data(TX_BUFFERS, len, CMD | TXD_VLE, BOTH));
        tx_kick(d);
        tx_post(d, tx_legacy(TX_BUFFERS, len, CMD | TXD_VLE | TXD_IC));
        tx_kick(d);
        wire_drain(d->qts, &d->peer, 100);
    }
    check(qtest_alive(d->qts));
    still_works(d);
}

/* VirtualBox 2018 (Zelenyuk): the context changes in mid-packet */
static void test_context_in_packet(struct e1000 *d)
{
    attack_begins(d);
    tx_setup(d, 64);
    for (unsigned round = 0; round < 5; round++) {
        post_context(d, 54, 1460, 0x5188);
        tx_post(d, tx_data(TX_BUFFERS, 0x10 + round, TXD_TSE, BOTH));
        post_context(d, 0x0c, 0x0f, 0x0000e);
        tx_post(d, tx_data(TX_BUFFERS, 0x4188, TXD_TSE, BOTH));
        post_context(d, 255, 16, 0xfffff);
        tx_post(d, tx_data(TX_BUFFERS, 0xffff, TXD_TSE, BOTH));
        tx_kick(d);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* CVE-2022-23087, CVE-2019-5609: offsets and lengths of a context lie */
static void test_lying_context(struct e1000 *d)
{
    static const uint8_t values[] = { 0, 1, 13, 14, 53, 54, 239, 240, 255 };
    enum { N = G_N_ELEMENTS(values) };

    attack_begins(d);
    tx_setup(d, 64);
    for (unsigned i = 0; i < N * N; i++) {
        struct tx_context c = {
            .ipcss = values[i % N],
            .ipcso = values[i / N],
            .ipcse = (uint16_t)(values[(i * 7) % N] * 257),
            .tucss = values[(i * 5) % N],
            .tucso = values[(i * 3) % N],
            .tucse = (uint16_t)(values[(i * 2) % N] * 257),
            .paylen = i * 300u,
            .tucmd = (uint8_t)(TXD_TSE | (i & 3)),
            .hdrlen = values[(i * 4) % N],
            .mss = (uint16_t)(1 + i * 50),
        };

        tx_post(d, tx_context(&c));
        tx_post(d, tx_data(TX_BUFFERS, 20 + i * 10, TSO, BOTH));
        c.tucmd = (uint8_t)(i & 3);
        tx_post(d, tx_context(&c));
        tx_post(d, tx_data(TX_BUFFERS, 20 + i, CMD, BOTH));
        tx_kick(d);
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    check(qtest_alive(d->qts));
    still_works(d);
}

/* bhyve: assertions on the order of descriptors and on live rings */
static void test_live_rings(struct e1000 *d)
{
    attack_begins(d);
    tx_setup(d, 64);
    rx_setup(d, 64, PLAIN);
    tx_post(d, tx_legacy(TX_BUFFERS, 100, 0));
    tx_post(d, tx_data(TX_BUFFERS, 100, CMD, 0));
    tx_kick(d);
    for (uint32_t reg = RDBAL; reg <= RDT; reg += 4) {
        wr(d, reg, 0x12345);
    }
    for (uint32_t reg = TDBAL; reg <= TDT; reg += 4) {
        wr(d, reg, 0x12345);
    }
    /* Behind the last receive address */
    for (uint32_t reg = RAL + 8 * 16; reg < VFTA; reg += 4) {
        wr(d, reg, ~0u);
        rd(d, reg);
    }
    wire_drain(d->qts, &d->peer, FRAME_MAX);
    still_works(d);
}

/* The largest ring, full of the largest frames, and nobody takes them; but the
 * card can be reached */
static void test_deaf_peer(struct e1000 *d)
{
    enum { N = 2048 };
    struct tx_desc desc = tx_legacy(TX_BUFFERS, 1500, CMD);
    struct frame f;
    struct received r;

    attack_begins(d);
    tx_setup(d, N);
    for (unsigned i = 0; i < N - 1; i++) {
        tx_post(d, desc);
    }
    tx_kick(d);
    check(qtest_alive(d->qts));
    for (unsigned i = 0; i < 20; i++) {
        wr(d, TDT, (d->tx_tail + i * 100) % N);
        check(qtest_alive(d->qts));
    }
    rx_setup(d, 8, PLAIN);
    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_nic, 200 + i, 2);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, f.len);
    }
    wire_drain(d->qts, &d->peer, FRAME_MAX);
    still_works(d);
}

/* Frames that no cable would carry */
static void test_strange_frames(struct e1000 *d)
{
    struct frame f;

    attack_begins(d);
    rx_setup(d, 16, PLAIN | RCTL_LPE | RCTL_UPE | RCTL_MPE | RCTL_SBP);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    wr(d, RXCSUM, RXCSUM_IPOFLD | RXCSUM_TUOFLD | RXCSUM_IPV6OFL | 255);
    frame_plain(&f, mac_nic, 65000, 1);
    for (uint32_t len = 1; len < 80; len++) {
        wire_raw(&d->peer, len, f.data, len);
    }
    wire_raw(&d->peer, 0, NULL, 0);
    wire_raw(&d->peer, 16385, f.data, 16385);
    wire_raw(&d->peer, 65000, f.data, 65000);
    us(d, 10000);
    check(qtest_alive(d->qts));
    still_works(d);
}

/* A length that is a lie: the connection may end, nothing else */
static void test_strange_length(struct e1000 *d)
{
    attack_begins(d);
    rx_setup(d, 16, PLAIN | RCTL_UPE);
    wire_raw(&d->peer, 0xffffffff, "x", 1);
    us(d, 10000);
    attack_survived(&attack);
}

/* The peer goes away in the middle of everything */
static void test_lost_peer(struct e1000 *d)
{
    struct frame f;

    attack_begins(d);
    tx_setup(d, 8);
    rx_setup(d, 8, PLAIN);
    netpeer_close(&d->peer);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    check(wait_for(tx_desc_at(d, 0).upper & TXD_DD));
    check(qtest_alive(d->qts));
}

/* A deterministic storm over all registers */
static void test_random_registers(struct e1000 *d)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(82540);

    attack_begins(d);
    tx_setup(d, 64);
    rx_setup(d, 64, PLAIN);
    for (unsigned i = 0; i < 6000; i++) {
        uint32_t reg = g_rand_int(rand) & 0x1fffc;
        uint32_t value = g_rand_int(rand);

        if (i & 1) {
            reg &= 0x5ffc; /* where the interesting ones are */
        }
        if (i % 5 == 0) {
            value &= 0xff;
        }
        wr(d, reg, value);
        if (i % 7 == 0) {
            rd(d, g_rand_int(rand) & 0x1fffc);
        }
        if (i % 100 == 0) {
            us(d, 1000);
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

/* ... and over descriptors */
static void test_random_descriptors(struct e1000 *d)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(82545);

    attack_begins(d);
    tx_setup(d, 64);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    for (unsigned i = 0; i < 1500; i++) {
        struct tx_desc desc = {
            .addr = TX_BUFFERS + (g_rand_int(rand) & 0xffff),
            .lower = g_rand_int(rand),
            .upper = g_rand_int(rand),
        };

        if (desc.lower & TXD_DEXT << 24 && !(desc.lower & TXD_DTYP_DATA)) {
            desc.addr = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        }
        if (i % 3) {
            desc.lower &= ~0x000fe000u; /* believable lengths */
        }
        tx_post(d, desc);
        if (i % 16 == 0) {
            tx_kick(d);
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

static const struct e1000_test tests[] = {
    { "cve-2012-0029/endless-packet", test_endless_packet },
    { "cve-2012-6075/oversize", test_oversize },
    { "cve-2012-6075/buffer-end", test_buffer_end },
    { "cve-2015-6815/zero-mss", test_zero_mss, .differs = DIFF_empty_frames },
    { "cve-2016-1981/heads-outside", test_heads_outside, ON_ALL },
    { "cve-2016-1981/ring-lengths", test_ring_lengths },
    { "cve-2021-20257/mixed-chain", test_mixed_chain },
    { "cve-2021-20257/loop-into-tdt", test_loop_into_tdt },
    { "cve-2021-3416/loop-on-itself", test_loop_on_itself },
    { "cve-2023-3019/dma-to-self", test_dma_to_self, ON_ALL },
    { "cve-2020-28916/null-buffers", test_null_buffers },
    { "cve-2020-16092/tiny-frames", test_tiny_frames },
    { "virtualbox-2018/context-in-packet", test_context_in_packet },
    { "cve-2022-23087/lying-context", test_lying_context,
      .differs = DIFF_empty_frames },
    { "bhyve/live-rings", test_live_rings },
    { "net/deaf-peer", test_deaf_peer },
    { "net/strange-frames", test_strange_frames },
    { "net/strange-length", test_strange_length },
    { "net/lost-peer", test_lost_peer },
    { "random/registers", test_random_registers, ON_ALL },
    { "random/descriptors", test_random_descriptors, ON_ALL,
      DIFF_empty_frames },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("hostile", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
