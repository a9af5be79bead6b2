// SPDX-License-Identifier: MIT
/*
 * rtl8139-rx-test.c - reception by the RTL8139: the ring of bytes of the C
 * mode, the descriptor ring of the C+ mode, and the address filter of both
 *
 * 8139C(L): RCR, CAPR, CBR, packet header.  8139C(L)+: receive descriptors.
 */
#include "librtl8139.h"

#include <string.h>

enum {
    HEADER = 4,
    UNTHROTTLED = RCR_PLAIN | 7 << 8, /* MXDMA: unlimited */
};

/* C mode */

static uint32_t rcr_of(unsigned rblen, bool wrap)
{
    return UNTHROTTLED | rblen * RCR_RBLEN | (wrap ? RCR_WRAP : 0);
}

static void test_c_one(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false));
    check_eq(rd8(d, CR), CR_RE | CR_TE | CR_BUFE);
    wr16(d, IMR, INT_ROK);
    frame_plain(&f, mac_nic, 60, 1);
    to_card(d, &f);
    check(c_look(d, &r));
    check_eq(r.status, RXS_ROK | RXS_PAM);
    check_eq(r.data.len, 60);
    check_mem(r.data.data, f.data, 60);
    check_eq(r.fcs, ether_crc(f.data, 60));
    check_eq(rd16(d, CBR), 68);
    check_eq(rd16(d, CAPR), 0xfff0);
    check(qtest_irq(d->qts, d->line));
    check_eq(ack(d), INT_ROK);
    check(!qtest_irq(d->qts, d->line));
    check(c_take(d, &r));
    check_eq(rd8(d, CR), CR_RE | CR_TE | CR_BUFE);
    /* Dword aligned */
    frame_plain(&f, mac_broadcast, 61, 2);
    rx_same(d, &f, &r);
    check_eq(r.status, RXS_ROK | RXS_BAR);
    check_eq(rd16(d, CBR), 68 + 72);
}

/* Every ring size, with and without WRAP, twice round */
static void test_c_sizes(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    for (unsigned rblen = 0; rblen < 4; rblen++) {
        for (unsigned wrap = 0; wrap < 2; wrap++) {
            uint32_t left = 2 * (8192u << rblen);

            c_start(d, rcr_of(rblen, wrap));
            for (unsigned i = 0; left > 1600; i++) {
                frame_plain(&f, mac_nic, 1400 + i * 7 % 114, (uint8_t)i);
                if (!rx_same(d, &f, &r)) {
                    break;
                }
                check_eq(rd16(d, CBR) % d->c_size, d->c_at);
                left -= (uint32_t)f.len + 8;
            }
        }
    }
}

/* A packet behind the ring's end: WRAP = 1; and around it: WRAP = 0 */
static void test_c_wrap(struct rtl8139 *d)
{
    static const uint8_t pattern[4] = { 0xa5, 0xa5, 0xa5, 0xa5 };
    struct received r;
    struct frame f;
    uint8_t beyond[4];

    for (unsigned wrap = 0; wrap < 2; wrap++) {
        c_start(d, rcr_of(0, wrap));
        frame_plain(&f, mac_nic, 1514, 3);
        for (unsigned i = 0; i < 5; i++) {
            rx_same(d, &f, &r);
        }
        check_eq(d->c_at, 7620);
        qtest_memset(d->qts, C_RING + 8192, 0xa5, 2048);
        rx_same(d, &f, &r);
        check_eq(d->c_at, (7620 + 1524) % 8192);
        qtest_memread(d->qts, C_RING + 8192, beyond, sizeof(beyond));
        check_eq(!memcmp(beyond, pattern, sizeof(beyond)), !wrap);
        frame_plain(&f, mac_nic, 100, 4);
        rx_same(d, &f, &r);
    }
}

/* Linux never wraps CAPR: CBR runs on over 16 bits, as dumps of cards show */
static void test_c_unwrapped(struct rtl8139 *d)
{
    uint32_t cur = 0;
    struct received r;
    struct frame f;

    c_start(d, rcr_of(2, true));
    for (unsigned i = 0; i < 68; i++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)i);
        to_card(d, &f);
        check(c_look(d, &r));
        check_mem(r.data.data, f.data, f.len);
        cur += 1524;
        d->c_at = cur % d->c_size;
        wr16(d, CAPR, (uint16_t)(cur - 16));
        check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
        check_eq(rd16(d, CBR) % 32768, cur % 32768);
    }
    differs (rtl_cbr) {
        check_eq(rd16(d, CBR), cur & 0xffff);
    }
}

/* A full ring: what does not fit waits, RXOVW says so, nothing is lost */
static void test_c_full(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false));
    for (unsigned i = 0; i < 8; i++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)i);
        to_card(d, &f);
    }
    check(wait_for(rd16(d, ISR) & INT_RXOVW));
    check_eq(rd8(d, CR) & CR_BUFE, 0);
    /* Programming Guide: CAPR, then ISR */
    for (unsigned i = 0; i < 8; i++) {
        frame_plain(&f, mac_nic, 1514, (uint8_t)i);
        check(c_take(d, &r));
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
        wr16(d, ISR, INT_RXOVW | INT_FOVW | INT_ROK);
    }
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    check_eq(rd32(d, MPC), 0);
}

/* The ring never fills to the last byte: that would look empty */
static void test_c_brim(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false));
    frame_plain(&f, mac_nic, 1016, 1); /* 1024 in the ring */
    for (unsigned i = 0; i < 9; i++) {
        to_card(d, &f);
    }
    check(wait_for(rd16(d, CBR) >= 7 * 1024 || rd16(d, ISR) & INT_RXOVW));
    us(d, 1000);
    check_eq(rd8(d, CR) & CR_BUFE, 0);
    for (unsigned i = 0; i < 9; i++) {
        check(c_take(d, &r));
        check_mem(r.data.data, f.data, f.len);
    }
}

/* What is larger than the FIFO cannot start with "no threshold" (RXFTH) */
static void test_c_fifo(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, rcr_of(1, false) | RCR_RXFTH_ALL);
    frame_plain(&f, mac_nic, 3000, 1);
    to_card(d, &f);
    check(wait_for(rd16(d, ISR) & INT_FOVW));
    check_eq(rd32(d, MPC), 1);
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    wr32(d, MPC, 77);
    check_eq(rd32(d, MPC), 0);
    wr16(d, ISR, INT_FOVW | INT_RXOVW | INT_ROK);
    check_eq(rd16(d, ISR), 0);
}

/* RE off and on begins a new ring, without CAPR or RBSTART (8139too, cards) */
static void test_c_restart(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, rcr_of(2, true));
    frame_plain(&f, mac_nic, 100, 1);
    to_card(d, &f);
    check(c_look(d, &r));
    wr8(d, CR, CR_TE);
    wr8(d, CR, CR_TE | CR_RE);
    wr32(d, RCR, rcr_of(2, true));
    check_eq(rd16(d, CAPR), 0xfff0);
    check_eq(rd16(d, CBR), 0);
    check_eq(rd8(d, CR), CR_RE | CR_TE | CR_BUFE);
    d->c_at = 0;
    frame_plain(&f, mac_nic, 200, 2);
    rx_same(d, &f, &r);
}

/* Without RE nothing is received */
static void test_c_disabled(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, rcr_of(0, false));
    wr8(d, CR, CR_TE);
    frame_plain(&f, mac_nic, 100, 1);
    to_card(d, &f);
    us(d, 1000);
    check_eq(ack(d) & INT_ROK, 0);
    check_eq(rd16(d, CBR), 0);
}

/* ISR bit 5: CAPR moved though there was nothing to read */
static void test_c_underrun(struct rtl8139 *d)
{
    c_start(d, rcr_of(0, false));
    wr16(d, CAPR, 0xfff0);
    check_eq(ack(d) & INT_PUN, INT_PUN);
}

/* Runts come by loopback, because hosts pad; AR accepts them */
static void test_c_runts(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false));
    wr32(d, TCR, TCR_USUAL | TCR_LBK);
    frame_plain(&f, mac_nic, 40, 1);
    c_frame(d, &f);
    settle(d);
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    wr32(d, RCR, rcr_of(0, false) | RCR_AR);
    c_frame(d, &f);
    check(c_take(d, &r));
    check_eq(r.status, RXS_ROK | RXS_PAM | RXS_RUNT);
    check_eq(r.data.len, 40);
}

/* The filter */

static void start(struct rtl8139 *d, bool cplus, uint32_t rcr)
{
    if (cplus) {
        cp_start(d, 8, 2048, rcr, 0);
    } else {
        c_start(d, rcr);
    }
}

/* Header bits of either mode: own, group, broadcast */
static uint32_t kind(const struct rtl8139 *d, const struct received *r)
{
    return d->rx_count ? r->status & (RXD_MAR | RXD_PAM | RXD_BAR)
                       : (r->status & (RXS_MAR | RXS_PAM | RXS_BAR)) << 11;
}

static void test_filter(struct rtl8139 *d)
{
    static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };
    static const struct {
        const uint8_t *to;
        uint32_t accept, kind;
    } rows[] = {
        { mac_nic, RCR_APM, RXD_PAM },
        { mac_other, RCR_AAP, 0 },
        { mac_broadcast, RCR_AB, RXD_BAR },
        { group, RCR_AM, RXD_MAR },
    };
    struct received r;
    struct frame f;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows) * 2; i++) {
        frame_plain(&f, rows[i / 2].to, 100, (uint8_t)i);
        start(d, i & 1, rows[i / 2].accept);
        wr32(d, MAR, 0x80000000);
        wr32(d, MAR + 4, 0);
        rx_same(d, &f, &r);
        check_eq(kind(d, &r), rows[i / 2].kind);
        /* All others: AAP lets no group in, AB and AM are apart */
        start(d, i & 1, ~rows[i / 2].accept & 15 & ~(uint32_t)RCR_AAP);
        wr32(d, RCR, (~rows[i / 2].accept & 14) | RCR_APM);
        if (rows[i / 2].to != mac_nic) {
            rx_dropped(d, &f);
        }
    }
}

/* The flags of a promiscuous card are those of the frame */
static void test_promiscuous(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    for (unsigned cplus = 0; cplus < 2; cplus++) {
        start(d, cplus, 15);
        wr32(d, MAR, ~0u);
        wr32(d, MAR + 4, ~0u);
        frame_plain(&f, mac_nic, 100, 1);
        rx_same(d, &f, &r);
        check_eq(kind(d, &r), RXD_PAM);
        frame_plain(&f, mac_broadcast, 100, 2);
        rx_same(d, &f, &r);
        check_eq(kind(d, &r), RXD_BAR);
        frame_plain(&f, mac_pause, 100, 3);
        rx_same(d, &f, &r);
        check_eq(kind(d, &r), RXD_MAR);
        frame_plain(&f, mac_other, 100, 4);
        rx_same(d, &f, &r);
        check_eq(kind(d, &r), 0);
    }
}

/* AAP is about unicast only */
static void test_all_physical(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_AAP | RCR_APM);
    wr32(d, MAR, ~0u);
    wr32(d, MAR + 4, ~0u);
    frame_plain(&f, mac_pause, 100, 1);
    rx_dropped(d, &f);
    frame_plain(&f, mac_broadcast, 100, 1);
    rx_dropped(d, &f);
}

/* The six top bits of the CRC pick the bit of MAR; numbers are of cards */
static void test_hash(struct rtl8139 *d)
{
    static const struct {
        uint8_t to[6];
        unsigned bit;
    } rows[] = {
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }, 31 },
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb }, 15 },
        { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, 62 },
        { { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }, 2 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 }, 25 },
        { { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa }, 43 },
    };
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false) | RCR_AM);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t mar = 1ull << rows[i].bit;

        frame_plain(&f, rows[i].to, 100, (uint8_t)i);
        wr32(d, MAR, (uint32_t)mar);
        wr32(d, MAR + 4, (uint32_t)(mar >> 32));
        rx_same(d, &f, &r);
        wr32(d, MAR, (uint32_t)~mar);
        wr32(d, MAR + 4, (uint32_t)(~mar >> 32));
        rx_dropped(d, &f);
    }
}

/* A new station address counts at once */
static void test_own_address(struct rtl8139 *d)
{
    static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
    struct received r;
    struct frame f;

    c_start(d, rcr_of(0, false));
    unlock(d);
    wr32(d, IDR, 0x33221102);
    wr32(d, IDR + 4, 0x5544);
    lock(d);
    frame_plain(&f, mac_nic, 100, 1);
    to_card(d, &f);
    frame_plain(&f, mac, 101, 2);
    rx_same(d, &f, &r);
}

/* C+ mode */

static void test_cp_one(struct rtl8139 *d)
{
    struct received r;
    struct frame f;
    struct desc desc;

    cp_start(d, 4, 1536, RCR_PLAIN, 0);
    for (unsigned i = 0; i < 9; i++) {
        frame_plain(&f, mac_nic, 60 + i * 150, (uint8_t)i);
        to_card(d, &f);
        check(wait_for(rd16(d, ISR) & INT_ROK));
        check_eq(ack(d), INT_ROK);
        desc = cp_rx_at(d, i % 4);
        check_eq(desc.command, (i % 4 == 3 ? D_EOR : 0) | D_FS | D_LS |
                                   RXD_PAM | (uint32_t)(f.len + FCS_LEN));
        check_eq(desc.vlan, 0);
        check_eq(desc.addr, cp_rx_buffer(i % 4));
        check(cp_take(d, &r));
        check_mem(r.data.data, f.data, f.len);
        check_eq(r.fcs, ether_crc(f.data, f.len));
    }
}

/* A frame spills into as many descriptors as it needs */
static void test_cp_scatter(struct rtl8139 *d)
{
    static const size_t lengths[] = { 60, 124, 125, 508, 509, 1000, 1514 };
    struct received r;
    struct frame f;

    cp_start(d, 16, 128, RCR_PLAIN, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths) * 3; i++) {
        size_t len = lengths[i % G_N_ELEMENTS(lengths)];

        frame_plain(&f, mac_nic, len, (uint8_t)i);
        rx_same(d, &f, &r);
        check_eq(r.stored, len + FCS_LEN);
        check_eq(r.descriptors, (len + FCS_LEN + 127) / 128);
    }
}

/* Without a descriptor a frame waits; RDU says so; nothing is lost */
static void test_cp_wait(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_start(d, 2, 2048, RCR_PLAIN, 0);
    for (unsigned i = 0; i < 6; i++) {
        frame_plain(&f, mac_nic, 100 + i, (uint8_t)i);
        to_card(d, &f);
    }
    check(wait_for(rd16(d, ISR) & INT_RXOVW));
    for (unsigned i = 0; i < 6; i++) {
        frame_plain(&f, mac_nic, 100 + i, (uint8_t)i);
        wr16(d, ISR, INT_ROK | INT_RXOVW);
        us(d, 2000);
        if (!check(cp_take(d, &r)) || !check_eq(r.data.len, f.len)) {
            break;
        }
        check_mem(r.data.data, f.data, f.len);
    }
    check_eq(rd32(d, MPC), 0);
}

/* Software that gives descriptors by writing memory only is heard as well */
static void test_cp_wait_silent(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_start(d, 1, 2048, RCR_PLAIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        frame_plain(&f, mac_nic, 200, (uint8_t)i);
        to_card(d, &f);
    }
    check(wait_for(rd16(d, ISR) & INT_RXOVW));
    for (unsigned i = 0; i < 3; i++) {
        check(cp_take(d, &r));
        us(d, 5000);
    }
}

/* The tag goes to the descriptor, in the byte order of the wire */
static void test_cp_vlan(struct rtl8139 *d)
{
    struct frame f, tagged;
    struct received r;

    frame_plain(&f, mac_nic, 100, 1);
    tagged = f;
    frame_tag(&tagged, ETHERTYPE_VLAN, 0x6123);
    cp_start(d, 4, 2048, RCR_PLAIN, CPCR_RXVLAN);
    rx_frame(d, &tagged, &r);
    check_eq(r.vlan, RXD_TAVA | 0x2361);
    check_eq(r.data.len, f.len);
    check_mem(r.data.data, f.data, f.len);
    rx_same(d, &f, &r);
    check_eq(r.vlan & RXD_TAVA, 0);
    cp_start(d, 4, 2048, RCR_PLAIN, 0);
    rx_same(d, &tagged, &r);
    check_eq(r.vlan & RXD_TAVA, 0);
}

/* PID, and which sums are wrong */
static void test_cp_checksum(struct rtl8139 *d)
{
    static const struct {
        uint8_t protocol;
        uint8_t spoil; /* byte of the frame; 0: none */
        uint32_t want;
    } rows[] = {
        { IP_TCP, 0, RXD_PID_TCP },
        { IP_UDP, 0, RXD_PID_UDP },
        { IP_TCP, 90, RXD_PID_TCP | RXD_TCPF },
        { IP_UDP, 90, RXD_PID_UDP | RXD_UDPF },
        { IP_TCP, 19, RXD_PID_TCP | RXD_IPF },
        { IP_UDP, 19, RXD_PID_UDP | RXD_IPF },
    };
    struct received r;
    struct frame f;

    cp_start(d, 4, 2048, RCR_PLAIN, CPCR_RXCHKSUM);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        frame_ip4(&f, rows[i].protocol, 100);
        f.data[rows[i].spoil] ^= rows[i].spoil ? 0x40 : 0;
        rx_same(d, &f, &r);
        check_eq(r.status & (RXD_PID | RXD_IPF | RXD_UDPF | RXD_TCPF),
                 rows[i].want);
    }
    /* IP, but neither of them */
    frame_ip4(&f, IP_UDP, 100);
    f.data[ETH_HLEN + 9] = 47;
    put16(f.data + 24, 0);
    put16(f.data + 24, (uint16_t)~ip_sum(f.data + 14, 20, 0));
    rx_same(d, &f, &r);
    check_eq(r.status & (RXD_PID | RXD_IPF), RXD_PID_IP);
}

static void test_cp_checksum_none(struct rtl8139 *d)
{
    uint32_t all = RXD_PID | RXD_IPF | RXD_UDPF | RXD_TCPF;
    struct received r;
    struct frame f;

    cp_start(d, 4, 2048, RCR_PLAIN, CPCR_RXCHKSUM);
    frame_plain(&f, mac_nic, 100, 1);
    rx_same(d, &f, &r);
    check_eq(r.status & all, 0);
    cp_start(d, 4, 2048, RCR_PLAIN, 0);
    frame_ip4(&f, IP_TCP, 100);
    f.data[90] ^= 1;
    rx_same(d, &f, &r);
    check_eq(r.status & (RXD_IPF | RXD_UDPF | RXD_TCPF), 0);
}

/* Frames with a bad FCS, by loopback: RER; stored with AER only */
static void test_cp_errors(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_start(d, 4, 2048, RCR_PLAIN | RCR_AER, 0);
    wr32(d, TCR, TCR_USUAL | TCR_LBK | TCR_CRC);
    frame_plain(&f, mac_nic, 104, 1);
    cp_frame(d, &f, 0);
    check(wait_for(!(cp_rx_at(d, 0).command & D_OWN)));
    check_eq(cp_rx_at(d, 0).command,
             D_FS | D_LS | RXD_PAM | RXD_RES | RXD_CRC | 104);
    check_eq(ack(d) & INT_RER, INT_RER);
    check(cp_take(d, &r));
    wr32(d, RCR, RCR_PLAIN);
    cp_frame(d, &f, 0);
    settle(d);
    check_eq(cp_rx_at(d, 1).command & D_OWN, D_OWN);
    check_eq(ack(d) & (INT_RER | INT_ROK), INT_RER);
}

/* 8139cp has an MTU of up to 4096 */
static void test_cp_jumbo(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_start(d, 4, 4608, RCR_PLAIN, 0);
    for (size_t len = 1514; len <= 4092; len += 859) {
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        rx_same(d, &f, &r);
        check_eq(r.descriptors, 1);
    }
}

static const struct rtl8139_test tests[] = {
    { "c/one", test_c_one, ON_ALL },
    { "c/sizes", test_c_sizes },
    { "c/wrap", test_c_wrap, ON_C_CP },
    { "c/unwrapped", test_c_unwrapped, ON_B | ON_CP },
    { "c/full", test_c_full, ON_C_CP, DIFF_rtl_rxovw },
    { "c/brim", test_c_brim, ON_C_CP },
    { "c/fifo", test_c_fifo, ON_C_CP, DIFF_rtl_fovw },
    { "c/restart", test_c_restart, ON_B | ON_CP },
    { "c/disabled", test_c_disabled, ON_C_CP },
    { "c/underrun", test_c_underrun, ON_C_CP, DIFF_rtl_fovw },
    { "c/runts", test_c_runts, ON_C_CP, DIFF_rtl_runts },
    { "filter", test_filter },
    { "promiscuous", test_promiscuous, .differs = DIFF_rtl_promiscuous },
    { "all-physical", test_all_physical, ON_C_CP, DIFF_rtl_promiscuous },
    { "hash", test_hash, ON_ALL },
    { "own-address", test_own_address, ON_C_CP },
    { "cplus/one", test_cp_one },
    { "cplus/scatter", test_cp_scatter, .differs = DIFF_rtl_scatter },
    { "cplus/wait", test_cp_wait, .differs = DIFF_rtl_pressure },
    { "cplus/wait-silent", test_cp_wait_silent, .differs = DIFF_rtl_pressure },
    { "cplus/vlan", test_cp_vlan },
    { "cplus/checksum", test_cp_checksum, .differs = DIFF_rtl_rx_checksum },
    { "cplus/checksum-none", test_cp_checksum_none },
    { "cplus/errors", test_cp_errors, .differs = DIFF_rtl_own_fcs },
    { "cplus/jumbo", test_cp_jumbo },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("rx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
