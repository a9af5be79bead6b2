// SPDX-License-Identifier: MIT
/*
 * rtl8139-hostile-test.c - what broke other emulations of the RTL8139
 *
 * Each test replays the trigger of a published flaw, or its kind, then demands
 * that the process lives, has not grown, did bounded work, and that the card
 * works again after a reset.
 */
#include "librtl8139.h"

#include <string.h>

static struct attack attack;

static void attack_begins(struct rtl8139 *d)
{
    attack = attack_begin(d->qts);
}

/* Both modes, both directions */
static void still_works(struct rtl8139 *d)
{
    struct frame f, got;
    struct received r;

    wire_drain(d->qts, &d->peer, FRAME_MAX);
    attack_survived(&attack);
    for (unsigned cplus = 0; cplus <= is_on(d, ON_CP); cplus++) {
        qmp_ok(d->qts, "{'execute': 'system_reset'}");
        qmp_wait_event(d->qts, "RESET");
        rtl8139_enable(d);
        frame_plain(&f, mac_peer, 100, 1);
        if (cplus) {
            cp_start(d, 8, 2048, RCR_PLAIN, 0);
            cp_frame(d, &f, 0);
        } else {
            c_start(d, RCR_PLAIN);
            c_frame(d, &f);
        }
        while (on_wire(d, &got) && got.len != f.len) {
            /* left over from the attack */
        }
        check_mem(got.data, f.data, f.len);
        /* A frame of the attack may have waited for this ring */
        frame_plain(&f, mac_nic, 200, 2);
        to_card(d, &f);
        do {
            if (!check(rx_take(d, &r))) {
                return;
            }
        } while (r.data.len != f.len || memcmp(r.data.data, f.data, f.len));
    }
}

/* CVE-2015-5165, XSA-140: lengths in the headers of an offloaded packet */
static void test_lying_headers(struct rtl8139 *d)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x40, 0x41, 0x4f,
                                      0x45, 0x60, 0xf0, 0xff };
    static const unsigned at[] = { 14, 16, 17, 20, 23, 38, 39, 46 };
    static const uint32_t commands[] = { TXD_IPCS | TXD_UDPCS | TXD_TCPCS,
                                         TXD_LGSEN | TXD_MSS(10),
                                         TXD_LGSEN | TXD_MSS(1460) };
    enum { NV = G_N_ELEMENTS(values), NA = G_N_ELEMENTS(at) };
    struct frame f, got;

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    for (unsigned i = 0; i < NV * NA; i++) {
        for (size_t c = 0; c < G_N_ELEMENTS(commands); c++) {
            frame_ip4(&f, i & 1 ? IP_TCP : IP_UDP, 40 + i);
            f.data[at[i / NV]] = values[i % NV];
            cp_frame(d, &f, commands[c]);
            settle(d);
            /* Never a byte more than was given, headers repeated or not */
            while (netpeer_receive(&d->peer, &got, 0)) {
                check_range(got.len, 1, MAX(f.len, ETH_MIN));
            }
        }
    }
    still_works(d);
}

/* ... and packets shorter than any header */
static void test_tiny_packets(struct rtl8139 *d)
{
    static const uint32_t commands[] = { 0, TXD_IPCS | TXD_UDPCS | TXD_TCPCS,
                                         TXD_LGSEN | TXD_MSS(1) };
    struct frame f;

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    frame_ip4(&f, IP_TCP, 20);
    for (size_t len = 0; len < 74; len++) {
        for (size_t c = 0; c < G_N_ELEMENTS(commands) * 2; c++) {
            cp_post(d, 0, D_FS | D_LS | commands[c / 2], c & 1 ? TXD_TAGC : 0,
                    tx_put(d, f.data, f.len), len);
            cp_poll(d, 0);
        }
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* CVE-2016-8910: all descriptors the card's, and no end */
static void test_endless_ring(struct rtl8139 *d)
{
    static const uint32_t commands[] = { 0, D_FS, D_FS | D_LS, D_LS };

    attack_begins(d);
    for (size_t c = 0; c < G_N_ELEMENTS(commands); c++) {
        for (unsigned n = 1; n <= RING_MAX; n *= 8) {
            cp_start(d, n, 2048, RCR_PLAIN, 0);
            for (unsigned i = 0; i < n * 2; i++) {
                cp_post(d, i >= n, commands[c], 0, TX_BUFFERS, 64);
            }
            wr8(d, TPPOLL, TPPOLL_HPQ | TPPOLL_NPQ);
            check(qtest_alive(d->qts));
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

/* ... nor can it be given back, because it is no memory */
static void test_ring_in_nothing(struct rtl8139 *d)
{
    static const uint32_t bases[] = { NO_MEMORY, 0xffffff00, RTL_MMIO,
                                      0x02000000 - 256 };
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 100, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(bases) * 2; i++) {
        cp_start(d, 8, 2048, RCR_PLAIN, 0);
        wr32(d, TNPDS, bases[i / 2]);
        wr32(d, TNPDS + 4, i & 1 ? ~0u : 0);
        wr32(d, THPDS, bases[i / 2]);
        wr32(d, RDSAR, bases[i / 2]);
        wr32(d, RDSAR + 4, i & 1 ? ~0u : 0);
        wr8(d, TPPOLL, TPPOLL_HPQ | TPPOLL_NPQ);
        to_card(d, &f);
        us(d, 2000);
        wr32(d, DTCCR, (bases[i / 2] & ~63u) | DTCCR_CMD);
        check(qtest_alive(d->qts));
        c_start(d, RCR_PLAIN);
        wr32(d, RBSTART, bases[i / 2]);
        to_card(d, &f);
        us(d, 2000);
        wr32(d, TSAD, bases[i / 2]);
        wr32(d, TSD, 1500);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* cde31a0e3d: descriptors without LS pile up (2012) */
static void test_no_end(struct rtl8139 *d)
{
    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < RING_MAX; i++) {
            cp_post(d, 0, i ? 0 : D_FS, 0, TX_BUFFERS, 0xffff);
        }
        cp_poll(d, 0);
        check(qtest_alive(d->qts));
    }
    attack_survived(&attack);
    still_works(d);
}

/* 792676c165: MSS = 0 (2023); and as many segments as a packet can give */
static void test_mss(struct rtl8139 *d)
{
    static const unsigned sizes[] = { 0, 1, 2, 2047 };
    struct frame f;

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        frame_ip4(&f, IP_TCP, 65000);
        cp_frame(d, &f, TXD_LGSEN | TXD_MSS(sizes[i]));
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
        for (unsigned n = 0; n < RING_MAX; n++) {
            cp_post(d, 0,
                    TXD_LGSEN | TXD_MSS(sizes[i]) | (n ? 0 : D_FS) |
                        (n == RING_MAX - 1 ? D_LS : 0),
                    0, TX_BUFFERS, 0xffff);
        }
        cp_poll(d, 0);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
    }
    still_works(d);
}

/* CVE-2021-3416: loopback into the rings that it came from */
static void test_loop_on_itself(struct rtl8139 *d)
{
    struct desc self = { D_OWN | 0x1fff, 0, TX_RING };
    struct frame f;

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, 15, 0);
    wr32(d, TCR, TCR_USUAL | TCR_LBK);
    for (unsigned i = 0; i < RING_MAX; i++) {
        qtest_memwrite(d->qts, RX_RING + 16 * i, &self, sizeof(self));
    }
    /* The frame is a ring full of descriptors */
    frame_plain(&f, mac_broadcast, 1000, 0);
    for (size_t i = 0; i + sizeof(self) <= f.len - 16; i += sizeof(self)) {
        struct desc again = { D_OWN | D_FS | D_LS | 1000, 0, TX_BUFFERS };

        memcpy(f.data + 16 + i, &again, sizeof(again));
    }
    for (unsigned i = 0; i < RING_MAX; i++) {
        cp_post(d, 0, D_FS | D_LS, 0, tx_put(d, f.data, f.len), f.len);
    }
    cp_poll(d, 0);
    check(qtest_alive(d->qts));
    us(d, 10000);
    wr32(d, RDSAR, TX_RING);
    cp_poll(d, 0);
    check(qtest_alive(d->qts));
    /* C mode: the ring is the buffer */
    c_start(d, 15 | RCR_WRAP);
    wr32(d, TCR, TCR_USUAL | TCR_LBK);
    for (unsigned i = 0; i < 64; i++) {
        wr32(d, TSAD + i % 4 * 4, C_RING + i * 16);
        wr32(d, TSD + i % 4 * 4, 1500);
    }
    check(qtest_alive(d->qts));
    still_works(d);
}

/* CVE-2023-3019, CVE-2021-3750: DMA to the card itself */
static void test_dma_to_self(struct rtl8139 *d)
{
    static const unsigned regs[] = { IDR, TSD,  TSAD,  RBSTART, CAPR,
                                     TCR, CPCR, RDSAR, 0xd8 };
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 200, 1);
    memset(f.data + 14, 0xff, 100);
    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        uint32_t at = RTL_MMIO + regs[i];
        struct desc into = { D_OWN | 2000, 0, at };

        g_test_message("register %02x", regs[i]);
        c_start(d, RCR_PLAIN);
        wr32(d, TSAD, at);
        wr32(d, TSD, 1500);
        wr32(d, RBSTART, at & ~3u);
        to_card(d, &f);
        us(d, 1000);
        check(qtest_alive(d->qts));
        cp_start(d, 8, 2048, RCR_PLAIN, 0);
        cp_post(d, 0, D_FS | D_LS, 0, at, 1500);
        cp_poll(d, 0);
        for (unsigned n = 0; n < 8; n++) {
            qtest_memwrite(d->qts, RX_RING + 16 * n, &into, sizeof(into));
        }
        to_card(d, &f);
        us(d, 1000);
        wr32(d, DTCCR, (at & ~63u) | DTCCR_CMD);
        check(qtest_alive(d->qts));
        wire_drain(d->qts, &d->peer, FRAME_MAX);
        qmp_ok(d->qts, "{'execute': 'system_reset'}");
        qmp_wait_event(d->qts, "RESET");
        rtl8139_enable(d);
    }
    still_works(d);
}

/* fabdcd3392: nothing behind the receive ring, whatever its size and CAPR */
static void test_ring_overwrite(struct rtl8139 *d)
{
    static const uint16_t caprs[] = { 0xfff0, 0x1fef, 0x1ff1, 0x7fff, 0 };
    uint8_t pattern[64], after[64];
    struct frame f;

    attack_begins(d);
    memset(pattern, 0xa5, sizeof(pattern));
    for (size_t i = 0; i < G_N_ELEMENTS(caprs) * 2; i++) {
        uint32_t end = C_RING + 8192 + (i & 1 ? 2048 + 16 : 0);

        c_start(d, RCR_PLAIN | (i & 1 ? RCR_WRAP : 0));
        qtest_memwrite(d->qts, end, pattern, sizeof(pattern));
        for (unsigned n = 0; n < 12; n++) {
            frame_plain(&f, mac_nic, 1514, (uint8_t)n);
            to_card(d, &f);
            us(d, 200);
            wr16(d, CAPR, (uint16_t)(caprs[i / 2] + n * 97));
        }
        qtest_memread(d->qts, end, after, sizeof(after));
        check_mem(after, pattern, sizeof(after));
    }
    still_works(d);
}

/* fcce6fd25f: RE before the ring has an address: nothing is written to 0 */
static void test_address_zero(struct rtl8139 *d)
{
    uint8_t before[64], after[64];
    struct frame f;

    attack_begins(d);
    memset(before, 0x3c, sizeof(before));
    for (unsigned cplus = 0; cplus <= is_on(d, ON_CP); cplus++) {
        soft_reset(d);
        qtest_memwrite(d->qts, 0, before, sizeof(before));
        if (cplus) {
            wr16(d, CPCR, CPCR_RX | CPCR_TX);
        }
        wr8(d, CR, CR_RE | CR_TE);
        wr32(d, RCR, RCR_PLAIN);
        frame_plain(&f, mac_nic, 100, 1);
        to_card(d, &f);
        us(d, 2000);
        qtest_memread(d->qts, 0, after, sizeof(after));
        check_mem(after, before, sizeof(before));
    }
    still_works(d);
}

/* CVE-2018-17958's kind: frames of every length, into both rings */
static void test_lengths(struct rtl8139 *d)
{
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 65000, 1);
    for (unsigned cplus = 0; cplus <= is_on(d, ON_CP); cplus++) {
        if (cplus) {
            cp_start(d, 8, 8000, 15 | RCR_AER | RCR_AR,
                     CPCR_RXCHKSUM | CPCR_RXVLAN);
        } else {
            c_start(d, 15 | RCR_AER | RCR_AR | RCR_WRAP | RCR_RBLEN);
        }
        for (size_t len = 1; len < 65000; len += len < 130 ? 1 : 611) {
            wire_raw(&d->peer, (uint32_t)len, f.data, len);
            if (cplus) {
                for (unsigned i = 0; i < 8; i++) {
                    cp_rx_give(d, i);
                }
                wr16(d, ISR, 0xffff);
            } else {
                settle(d);
                wr16(d, CAPR, (uint16_t)(rd16(d, CBR) - 16));
            }
        }
        us(d, 10000);
        check(qtest_alive(d->qts));
    }
    still_works(d);
}

/* Receive descriptors without room, or with only a byte each */
static void test_small_buffers(struct rtl8139 *d)
{
    static const unsigned sizes[] = { 0, 1, 3, 23 };
    struct frame f;

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes) * 2; i++) {
        cp_start(d, i & 1 ? RING_MAX : 1, sizes[i / 2], RCR_PLAIN, 0);
        frame_plain(&f, mac_nic, 1514, 1);
        to_card(d, &f);
        us(d, 3000);
        check(qtest_alive(d->qts));
    }
    still_works(d);
}

/* Nobody takes what the card sends; but it can be reached */
static void test_deaf_peer(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    frame_plain(&f, mac_peer, 1514, 1);
    for (unsigned i = 0; i < 40 * RING_MAX; i++) {
        cp_post(d, 0, D_FS | D_LS, 0, TX_BUFFERS, f.len);
        if (i % RING_MAX == RING_MAX - 1) {
            cp_poll(d, 0);
            check(qtest_alive(d->qts));
        }
    }
    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_nic, 200 + i, 2);
        check(rx_same(d, &f, &r));
    }
    wire_drain(d->qts, &d->peer, FRAME_MAX);
    still_works(d);
}

/* The peer goes away in the middle of everything */
static void test_lost_peer(struct rtl8139 *d)
{
    struct frame f;

    attack_begins(d);
    c_start(d, RCR_PLAIN);
    netpeer_close(&d->peer);
    frame_plain(&f, mac_peer, 100, 1);
    c_frame(d, &f);
    check(wait_for(rd32(d, TSD) & TSD_OWN));
    check(qtest_alive(d->qts));
}

/* A deterministic storm over all registers, in all widths */
static void test_random_registers(struct rtl8139 *d)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(8139);
    struct frame f;

    attack_begins(d);
    frame_plain(&f, mac_nic, 300, 1);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    for (unsigned i = 0; i < 5000; i++) {
        unsigned reg = g_rand_int(rand) & 0xff;
        uint32_t value = g_rand_int(rand);

        switch (i % 4) {
        case 0:
            wr8(d, reg, (uint8_t)value);
            break;
        case 1:
            wr16(d, reg & ~1u, (uint16_t)value);
            break;
        case 2:
            wr32(d, reg & ~3u, value & 0x01ffffff);
            break;
        default:
            rd32(d, reg & ~3u);
            break;
        }
        if (i % 100 == 0) {
            to_card(d, &f);
            us(d, 100);
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

/* ... and over descriptors */
static void test_random_descriptors(struct rtl8139 *d)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(81390);

    attack_begins(d);
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
    for (unsigned i = 0; i < 1500; i++) {
        uint32_t command = g_rand_int(rand) & ~(D_EOR | 0xf800u);
        uint64_t at = TX_BUFFERS + (g_rand_int(rand) & 0xffff);

        cp_post(d, i & 1, command & 0xffff0000u, g_rand_int(rand), at,
                command & 0xffff);
        if (i % 16 == 0) {
            wr8(d, TPPOLL, TPPOLL_HPQ | TPPOLL_NPQ);
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

static const struct rtl8139_test tests[] = {
    { "cve-2015-5165/lying-headers", test_lying_headers },
    { "cve-2015-5165/tiny-packets", test_tiny_packets },
    { "cve-2016-8910/endless-ring", test_endless_ring },
    { "cve-2016-8910/ring-in-nothing", test_ring_in_nothing },
    { "cve-2018-17958/lengths", test_lengths, ON_C_CP },
    { "cve-2021-3416/loop-on-itself", test_loop_on_itself },
    { "cve-2023-3019/dma-to-self", test_dma_to_self },
    { "qemu-2012/no-end", test_no_end },
    { "qemu-2023/mss", test_mss },
    { "qemu/ring-overwrite", test_ring_overwrite, ON_C_CP, DIFF_rtl_stuck },
    { "qemu/address-zero", test_address_zero, ON_C_CP, DIFF_rtl_no_ring },
    { "small-buffers", test_small_buffers },
    { "net/deaf-peer", test_deaf_peer },
    { "net/lost-peer", test_lost_peer, ON_C_CP },
    { "random/registers", test_random_registers, ON_ALL | REALTIME },
    { "random/descriptors", test_random_descriptors },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("hostile", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
