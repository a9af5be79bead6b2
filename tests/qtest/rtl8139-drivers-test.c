// SPDX-License-Identifier: MIT
/*
 * rtl8139-drivers-test.c - the RTL8139 as operating systems use it: one test
 * for each driver, with its own order of accesses
 */
#include "librtl8139.h"

#include <string.h>

/* Frames from the network that a driver has to find, numbered */
static void numbered(struct frame *f, unsigned i)
{
    frame_plain(f, mac_nic, 60 + i * 97 % 1455, (uint8_t)i);
}

/* Linux 8139too */

static void too_start(struct rtl8139 *d)
{
    static const uint32_t rcr = 0x0000f78e; /* 32 KiB, WRAP */

    wr8(d, HLTCLK, 'R');
    soft_reset(d);
    wr8(d, CR9346, EEM_CONFIG);
    wr32(d, IDR, rd32(d, IDR));
    wr32(d, IDR + 4, rd16(d, IDR + 4));
    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_RE | CR_TE);
    wr32(d, RCR, rcr);
    wr32(d, TCR, 0x03000680);
    wr8(d, CONFIG3, (uint8_t)(rd8(d, CONFIG3) & ~CONFIG3_MAGIC));
    wr8(d, CR9346, 0);
    for (unsigned i = 0; i < 4; i++) {
        wr32(d, TSAD + 4 * i, TX_BUFFERS + 0x800 * i);
    }
    wr32(d, MPC, 0);
    wr32(d, RCR, rcr);
    wr32(d, MAR, 0x80000000);
    wr32(d, MAR + 4, 0);
    check_eq(rd32(d, MAR), 0x80000000);
    wr16(d, MULINT, rd16(d, MULINT) & 0xf000);
    check_eq(rd8(d, CR) & (CR_RE | CR_TE), CR_RE | CR_TE);
    wr16(d, IMR, 0xc07f);
    d->rx_count = 0;
    d->c_size = 32768;
    d->c_at = 0;
    d->c_runs_over = true;
    d->slot = 0;
}

static void too_send(struct rtl8139 *d, const struct frame *f)
{
    unsigned entry = d->slot;

    qtest_memwrite(d->qts, TX_BUFFERS + 0x800 * entry, f->data, f->len);
    wr32(d, TSD + 4 * entry, 0x00080000 | (uint32_t)f->len);
    d->slot = (entry + 1) % 4;
}

static void test_8139too(struct rtl8139 *d)
{
    uint32_t cur = 0;
    struct received r;
    struct frame f;

    too_start(d);
    for (unsigned i = 0; i < 40; i++) {
        numbered(&f, i);
        too_send(d, &f);
        same_on_wire(d, &f);
        check(qtest_irq(d->qts, d->line));
        check_eq(rd16(d, ISR), INT_TOK);
        wr16(d, ISR, INT_TOK);
        check_eq(rd32(d, TSD + i % 4 * 4), 0x0008a000 | f.len);
    }
    for (unsigned i = 0; i < 60; i++) {
        numbered(&f, i);
        to_card(d, &f);
        check(wait_for(qtest_irq(d->qts, d->line)));
        check(c_look(d, &r));
        check_eq(r.status, RXS_ROK | RXS_PAM);
        check_mem(r.data.data, f.data, f.len);
        cur = (cur + (uint32_t)r.stored + 4 + 3) & ~3u;
        wr16(d, CAPR, (uint16_t)(cur - 16));
        d->c_at = cur % d->c_size;
        wr16(d, ISR, INT_ROK | INT_RXOVW | INT_FOVW);
        check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    }
    check(!qtest_irq(d->qts, d->line));
}

/* Polled while there is anything, with a mask of its own (C02E) */
static void test_8139too_flood(struct rtl8139 *d)
{
    unsigned got = 0, sent = 0;
    struct received r;
    struct frame f;

    too_start(d);
    for (; sent < 50; sent++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)sent);
        to_card(d, &f);
    }
    while (got < sent && wait_for(qtest_irq(d->qts, d->line))) {
        wr16(d, IMR, 0xc02e);
        while (!(rd8(d, CR) & CR_BUFE)) {
            frame_plain(&f, mac_nic, 1514, (uint8_t)got++);
            check(c_take(d, &r));
            check_mem(r.data.data, f.data, f.len);
            wr16(d, ISR, INT_ROK | INT_RXOVW | INT_FOVW);
        }
        wr16(d, IMR, 0xc07f);
    }
    check_eq(got, sent);
}

/* Its recovery: RE off and on, then from offset 0 without writing CAPR */
static void test_8139too_error(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    too_start(d);
    numbered(&f, 1);
    to_card(d, &f);
    check(c_look(d, &r));
    wr8(d, CR, CR_TE);
    wr8(d, CR, CR_TE | CR_RE);
    wr32(d, RCR, 0x0000f78e);
    d->c_at = 0;
    numbered(&f, 2);
    rx_same(d, &f, &r);
    /* ... and CLRABT alone, after an abort */
    wr32(d, TCR, TCR_CLRABT);
    check_eq(rd32(d, TCR) & TCR_CLRABT, 0);
    too_send(d, &f);
    same_on_wire(d, &f);
}

/* Linux 8139cp */

static void cp_driver_start(struct rtl8139 *d)
{
    wr16(d, ISR, rd16(d, ISR));
    wr16(d, IMR, 0);
    wr8(d, CR, 0);
    wr16(d, CPCR, 0);
    wr16(d, ISR, rd16(d, ISR));
    /* Rings and receive buffers, then the rest again in its own order */
    cp_start(d, RING_MAX, 1536, RCR_PLAIN, CPCR_MULRW | CPCR_RXCHKSUM);
    soft_reset(d);
    d->tx_next[0] = d->rx_next = 0;
    wr8(d, CR9346, EEM_CONFIG);
    wr32(d, IDR, rd32(d, IDR));
    wr32(d, IDR + 4, rd16(d, IDR + 4));
    wr16(d, CPCR, CPCR_MULRW | CPCR_RXCHKSUM | CPCR_RX | CPCR_TX);
    wr32(d, THPDS, 0);
    wr32(d, THPDS + 4, 0);
    wr32(d, RDSAR, RX_RING);
    wr32(d, RDSAR + 4, 0);
    wr32(d, TNPDS, TX_RING);
    wr32(d, TNPDS + 4, 0);
    wr8(d, CR, CR_RE | CR_TE);
    wr8(d, ETTHR, 6);
    wr32(d, RCR, 0x0000a40e);
    wr32(d, MAR, ~0u);
    wr32(d, MAR + 4, ~0u);
    wr32(d, TCR, 0x03000600);
    wr8(d, CONFIG1, rd8(d, CONFIG1) | 0x20 | CONFIG1_PMEN);
    wr8(d, CONFIG3, CONFIG3_PARM_EN);
    wr8(d, CONFIG5, rd8(d, CONFIG5) & 1);
    wr16(d, MULINT, 0);
    wr8(d, CR9346, 0);
    wr16(d, IMR, 0x80ff);
}

static void test_8139cp(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_driver_start(d);
    for (unsigned i = 0; i < 2 * RING_MAX + 5; i++) {
        numbered(&f, i);
        cp_frame(d, &f, 0);
        same_on_wire(d, &f);
        check(qtest_irq(d->qts, d->line));
        check_eq(ack(d) & INT_TOK, INT_TOK);
        frame_plain(&f, i & 1 ? mac_nic : mac_broadcast, f.len, (uint8_t)i);
        rx_same(d, &f, &r);
        check_eq(r.descriptors, 1);
        check(qtest_irq(d->qts, d->line));
        check_eq(ack(d), INT_ROK);
        check(!qtest_irq(d->qts, d->line));
    }
}

/* A packet in pieces with sums, as its start_xmit queues it */
static void test_8139cp_sg(struct rtl8139 *d)
{
    struct frame f, want;
    uint64_t at;

    cp_driver_start(d);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t sums = TXD_IPCS | (i & 1 ? TXD_TCPCS : TXD_UDPCS);

        frame_ip4(&f, i & 1 ? IP_TCP : IP_UDP, 900 + i);
        want = f;
        put16(f.data + 24, 0);
        at = tx_put(d, f.data, f.len);
        cp_post(d, 0, D_FS | sums, 0, at, 66);
        cp_post(d, 0, sums, 0, at + 66, 400);
        cp_post(d, 0, D_LS | sums, 0, at + 466, f.len - 466);
        cp_poll(d, 0);
        same_on_wire(d, &want);
    }
}

/* FreeBSD */

/* re: high dwords first, interrupts moderated by the timer */
static void test_freebsd_re(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    check_eq(rd8(d, CONFIG2), 0); /* MSI? */
    cp_start(d, RING_MAX, 2048, 0, CPCR_RXCHKSUM | CPCR_RXVLAN | CPCR_MULRW);
    soft_reset(d);
    d->tx_next[0] = d->rx_next = 0;
    wr16(d, CPCR, CPCR_RX | CPCR_TX | CPCR_RXCHKSUM | CPCR_RXVLAN | CPCR_MULRW);
    unlock(d);
    wr32(d, IDR, rd32(d, IDR));
    wr32(d, IDR + 4, rd16(d, IDR + 4));
    lock(d);
    wr32(d, RDSAR + 4, 0);
    wr32(d, RDSAR, RX_RING);
    wr32(d, TNPDS + 4, 0);
    wr32(d, TNPDS, TX_RING);
    wr8(d, CR, CR_TE | CR_RE);
    wr32(d, TCR, 0x03000700);
    wr8(d, ETTHR, 16);
    wr32(d, RCR, 0x0000ff0a);
    wr16(d, IMR, 0xc07f);
    wr16(d, ISR, 0xffff);
    wr32(d, MPC, 0);
    for (unsigned i = 0; i < 70; i++) {
        numbered(&f, i);
        cp_frame(d, &f, 0);
        same_on_wire(d, &f);
        rx_same(d, &f, &r);
        wr16(d, ISR, rd16(d, ISR));
    }
}

/* Moderation: TimerInt, and TCTR written for each burst */
static void test_freebsd_timer(struct rtl8139 *d)
{
    c_start(d, RCR_PLAIN);
    wr16(d, IMR, INT_TIMEOUT);
    for (unsigned i = 0; i < 5; i++) {
        wr32(d, TIMERINT, 0x400);
        wr32(d, TCTR, 1);
        us(d, 40);
        check(wait_for(qtest_irq(d->qts, d->line)));
        wr32(d, TIMERINT, 0);
        check_eq(ack(d), INT_TIMEOUT);
    }
}

/* rl: 64 KiB, wrapped CAPR, up to sixteen rounds with the mask closed */
static void test_freebsd_rl(struct rtl8139 *d)
{
    uint32_t cur, end, size = 65536;
    struct received r;
    struct frame f;

    c_start(d, 0x0000ff0a | 3 * RCR_RBLEN);
    for (unsigned i = 0; i < 100; i++) {
        numbered(&f, i);
        to_card(d, &f);
        check(wait_for(rd16(d, ISR) & INT_ROK));
        wr16(d, IMR, 0);
        wr16(d, ISR, rd16(d, ISR));
        cur = (rd16(d, CAPR) + 16u) % size;
        end = rd16(d, CBR) % size;
        check_eq(cur, d->c_at);
        check_eq(end, (cur + f.len + 8 + 3) % size & ~3u);
        check(c_take(d, &r));
        check_mem(r.data.data, f.data, f.len);
        wr16(d, IMR, 0xc07f);
    }
}

/* Windows */

/* Old NDIS drivers write TCR and RCR a byte at a time, and IDR is read so */
static void test_windows_bytes(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    soft_reset(d);
    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_RE | CR_TE);
    for (unsigned i = 0; i < 4; i++) {
        wr8(d, TCR + i, (uint8_t)(TCR_USUAL >> 8 * i));
        wr8(d, RCR + i, (uint8_t)(0x0000f70eu >> 8 * i));
    }
    d->c_size = 8192;
    d->c_at = 0;
    d->c_runs_over = false;
    frame_plain(&f, mac_nic, 200, 1);
    rx_same(d, &f, &r);
    frame_plain(&f, mac_broadcast, 100, 1);
    rx_same(d, &f, &r);
    frame_plain(&f, mac_peer, 100, 1);
    c_frame(d, &f);
    same_on_wire(d, &f);
}

/* Windows 7 reads on right after it wrote CAPR: more must be there by then */
static void test_windows_flush(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, RCR_PLAIN);
    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)i);
        to_card(d, &f);
    }
    us(d, 1000);
    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)i);
        if (!check(c_take(d, &r))) {
            break;
        }
        check_mem(r.data.data, f.data, f.len);
        settle(d);
    }
}

/* iPXE */

/* Is it an 8169 (RMS sticks) or a C+ (C+CR does)? Rings high dword first */
static void test_ipxe(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    wr16(d, RMS, 0x1000);
    check_eq(rd16(d, RMS), 0);
    wr16(d, CPCR, CPCR_MULRW | CPCR_RX | CPCR_TX);
    check_eq(rd16(d, CPCR), CPCR_MULRW | CPCR_RX | CPCR_TX);
    cp_start(d, 16, 1536, 0, CPCR_MULRW);
    check_eq(rd32(d, RCR) & RCR_9356SEL, 0);
    wr32(d, MAR, ~0u);
    wr32(d, MAR + 4, ~0u);
    wr32(d, TCR, rd32(d, TCR) | 7 << 8);
    wr32(d, RCR, (rd32(d, RCR) & ~0x01001800u) | 0xe78f);
    for (unsigned i = 0; i < 20; i++) {
        numbered(&f, i);
        cp_frame(d, &f, 0);
        same_on_wire(d, &f);
        rx_same(d, &f, &r);
    }
}

/* Its driver for the older chips polls ISR, and reads CAPR back */
static void test_ipxe_legacy(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    wr16(d, CPCR, 0x0003);
    check_eq(rd16(d, CPCR), 0);
    c_start(d, 0x0000e78f);
    for (unsigned i = 0; i < 20; i++) {
        numbered(&f, i);
        c_frame(d, &f);
        same_on_wire(d, &f);
        check_eq(ack(d) & INT_TOK, INT_TOK);
        rx_same(d, &f, &r);
        check_eq(rd16(d, CAPR), (uint16_t)(d->c_at - 16));
        check_eq(rd8(d, MSR) & MSR_LINKB, 0);
    }
    wr8(d, CR, 0);
    wr32(d, RBSTART, 0);
    soft_reset(d);
    c_start(d, 0x0000e78f);
    c_frame(d, &f);
    same_on_wire(d, &f);
}

static const struct rtl8139_test tests[] = {
    { "8139too", test_8139too, ON_ALL },
    { "8139too-flood", test_8139too_flood, ON_C_CP },
    { "8139too-error", test_8139too_error, ON_C_CP },
    { "8139cp", test_8139cp },
    { "8139cp-sg", test_8139cp_sg },
    { "freebsd-re", test_freebsd_re },
    { "freebsd-re-timer", test_freebsd_timer, ON_CP | REALTIME },
    { "freebsd-rl", test_freebsd_rl, ON_B | ON_C | ON_CP },
    { "windows-bytes", test_windows_bytes, ON_C_CP, DIFF_rtl_widths },
    { "windows-flush", test_windows_flush, ON_C_CP },
    { "ipxe", test_ipxe },
    { "ipxe-legacy", test_ipxe_legacy, ON_ALL & ~ON_CP },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("drivers", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
