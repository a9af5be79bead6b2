// SPDX-License-Identifier: MIT
/*
 * rtl8139-tx-test.c - transmission by the RTL8139: four slots in C mode, two
 * descriptor rings with offloads in C+ mode, loopback
 *
 * 8139C(L): TSD, TCR.  8139C(L)+: transmit descriptors, TPPoll.  Frames that
 * come out are compared, whole, with ones made here.
 */
#include "librtl8139.h"

#include <string.h>

enum { WHOLE_TSD = 8 * TSD_THRESHOLD };

/* C mode */

/* The values are of a card under Linux: 0008A064 after 100 bytes */
static void test_c_one(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    wr16(d, IMR, INT_TOK);
    frame_plain(&f, mac_peer, 100, 1);
    c_frame(d, &f);
    same_on_wire(d, &f);
    nothing_on_wire(d);
    check_eq(rd32(d, TSD), WHOLE_TSD | TSD_OWN | TSD_TOK | 100);
    check_eq(rd16(d, TSADS), 0x100f);
    check(qtest_irq(d->qts, d->line));
    check_eq(ack(d), INT_TOK);
    check(!qtest_irq(d->qts, d->line));
}

/* Strictly 0, 1, 2, 3, 0; each has its nibbles in the summary */
static void test_c_slots(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    for (unsigned i = 0; i < 13; i++) {
        frame_plain(&f, mac_peer, 60 + i * 120, (uint8_t)i);
        check_eq(c_frame(d, &f), i % 4);
        same_on_wire(d, &f);
        check_eq(rd32(d, TSD + i % 4 * 4),
                 WHOLE_TSD | TSD_OWN | TSD_TOK | (60 + i * 120));
        check_eq(rd16(d, TSADS), i == 0   ? 0x100f
                                 : i == 1 ? 0x300f
                                 : i == 2 ? 0x700f
                                          : 0xf00f);
    }
    /* Reset returns to slot 0; iPXE relies on that */
    soft_reset(d);
    check_eq(rd16(d, TSADS), 0x000f);
    c_start(d, RCR_PLAIN);
    c_frame(d, &f);
    same_on_wire(d, &f);
    check_eq(rd16(d, TSADS), 0x100f);
}

/* TSAD stays: 8139too writes the four of them once */
static void test_c_addresses_stay(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    for (unsigned i = 0; i < 4; i++) {
        wr32(d, TSAD + 4 * i, TX_BUFFERS + 0x800 * i);
    }
    for (unsigned i = 0; i < 10; i++) {
        frame_plain(&f, mac_peer, 64 + i, (uint8_t)i);
        qtest_memwrite(d->qts, TX_BUFFERS + 0x800 * (i % 4), f.data, f.len);
        wr32(d, TSD + 4 * (i % 4), WHOLE_TSD | (uint32_t)f.len);
        same_on_wire(d, &f);
        check_eq(rd32(d, TSAD + 4 * (i % 4)), TX_BUFFERS + 0x800 * (i % 4));
    }
}

/* Nothing is padded in C mode, and nothing cut off */
static void test_c_lengths(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    for (size_t len = 14; len <= 1792; len += len < 70 ? 1 : 41) {
        frame_plain(&f, mac_peer, len, (uint8_t)len);
        c_frame(d, &f);
        if (!same_on_wire(d, &f)) {
            break;
        }
    }
    nothing_on_wire(d);
}

/* SIZE has 13 bits */
static void test_c_long(struct rtl8139 *d)
{
    static const size_t lengths[] = { 1793, 2048, 4096, 8191 };
    struct frame f;

    c_start(d, RCR_PLAIN);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_peer, lengths[i], (uint8_t)i);
        c_frame(d, &f);
        same_on_wire(d, &f);
    }
}

/* The threshold and the size read back; status is gone until it is sent */
static void test_c_threshold(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    frame_plain(&f, mac_peer, 64, 1);
    for (unsigned threshold = 0; threshold < 64; threshold++) {
        unsigned at = TSD + threshold % 4 * 4;

        wr32(d, TSAD + threshold % 4 * 4, TX_BUFFERS);
        qtest_memwrite(d->qts, TX_BUFFERS, f.data, f.len);
        wr32(d, at, threshold * TSD_THRESHOLD | 64);
        same_on_wire(d, &f);
        check_eq(rd32(d, at),
                 threshold * TSD_THRESHOLD | TSD_OWN | TSD_TOK | 64);
    }
}

/* Without TE nothing moves: the slot stays the card's, without status */
static void test_c_disabled(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    frame_plain(&f, mac_peer, 64, 1);
    wr8(d, CR, CR_RE);
    c_frame(d, &f);
    nothing_on_wire(d);
    check_eq(rd32(d, TSD) & (TSD_TOK | TSD_TUN), 0);
    check_eq(ack(d) & INT_TOK, 0);
}

/* ... until TE is set */
static void test_c_enable_late(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    frame_plain(&f, mac_peer, 64, 1);
    wr8(d, CR, CR_RE);
    c_frame(d, &f);
    check_eq(rd32(d, TSD) & TSD_OWN, 0);
    check_eq(rd16(d, TSADS), 0x000e);
    wr8(d, CR, CR_RE | CR_TE);
    same_on_wire(d, &f);
}

/* TCR.CRC: the last four bytes are the FCS, by software */
static void test_c_own_fcs(struct rtl8139 *d)
{
    struct frame f;
    uint32_t fcs;

    c_start(d, RCR_PLAIN);
    wr32(d, TCR, TCR_USUAL | TCR_CRC);
    frame_plain(&f, mac_peer, 100, 1);
    fcs = ether_crc(f.data, f.len);
    memcpy(f.data + f.len, &fcs, sizeof(fcs));
    c_send(d, f.data, f.len + sizeof(fcs));
    same_on_wire(d, &f);
}

/* ... and when it is wrong, the receiver sees that */
static void test_c_bad_fcs(struct rtl8139 *d)
{
    struct received r;
    struct frame f;
    uint32_t fcs;

    c_start(d, RCR_PLAIN | RCR_AER);
    wr32(d, TCR, TCR_USUAL | TCR_CRC | TCR_LBK);
    frame_plain(&f, mac_nic, 100, 1);
    fcs = ether_crc(f.data, f.len) ^ 0x10;
    memcpy(f.data + f.len, &fcs, sizeof(fcs));
    c_send(d, f.data, f.len + sizeof(fcs));
    check(c_take(d, &r));
    check_eq(r.status & (RXS_ROK | RXS_CRC), RXS_CRC);
    check_eq(r.fcs, fcs);
    check_eq(ack(d) & INT_RER, INT_RER);
    /* Not accepted without AER */
    wr32(d, RCR, RCR_PLAIN);
    c_send(d, f.data, f.len + sizeof(fcs));
    settle(d);
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    check_eq(ack(d) & (INT_RER | INT_ROK), INT_RER);
}

/* The card hears itself, filter and all, and nobody else does */
static void test_loopback(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, RCR_PLAIN);
    wr32(d, TCR, TCR_USUAL | TCR_LBK);
    for (unsigned i = 0; i < 6; i++) {
        frame_plain(&f, i & 1 ? mac_broadcast : mac_nic, 60 + i * 290,
                    (uint8_t)i);
        c_frame(d, &f);
        check(c_take(d, &r));
        check_eq(r.status, RXS_ROK | (i & 1 ? RXS_BAR : RXS_PAM));
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
        check_eq(r.fcs, ether_crc(f.data, f.len));
    }
    frame_plain(&f, mac_other, 100, 1);
    c_frame(d, &f);
    settle(d);
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    nothing_on_wire(d);
}

/* Whatever the state of the link; the network is not heard meanwhile */
static void test_loopback_isolated(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, RCR_PLAIN);
    wr32(d, TCR, TCR_USUAL | TCR_LBK);
    frame_plain(&f, mac_nic, 100, 3);
    to_card(d, &f);
    us(d, 1000);
    check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments':"
                   " {'name': 'net0', 'up': false}}");
    frame_plain(&f, mac_nic, 200, 4);
    c_frame(d, &f);
    check(c_take(d, &r));
    check_eq(r.data.len, f.len);
}

/* 01 and 10 loop nearer or farther on A and B, and are reserved later */
static void test_loopback_codes(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, RCR_PLAIN);
    frame_plain(&f, mac_nic, 100, 3);
    for (unsigned code = 1; code < 3; code++) {
        wr32(d, TCR, TCR_USUAL | code * TCR_MAC_LBK);
        c_frame(d, &f);
        if (is_on(d, ON_A | ON_B)) {
            check(c_take(d, &r));
            nothing_on_wire(d);
        } else {
            same_on_wire(d, &f);
            check_eq(rd8(d, CR) & CR_BUFE, CR_BUFE);
        }
    }
}

/* FreeBSD's self test runs in C+ mode */
static void test_cp_loopback(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    cp_start(d, 4, 1536, RCR_PLAIN | RCR_AAP, 0);
    wr32(d, TCR, 0x00060000);
    for (unsigned i = 0; i < 6; i++) {
        frame_plain(&f, mac_other, 60 + i * 11, (uint8_t)i);
        cp_frame(d, &f, 0);
        check(cp_take(d, &r));
        check_eq(r.data.len, f.len);
        check_mem(r.data.data, f.data, f.len);
        check_eq(r.fcs, ether_crc(f.data, f.len));
    }
    nothing_on_wire(d);
}

/* C+ mode */

static void cp_ready(struct rtl8139 *d)
{
    cp_start(d, RING_MAX, 2048, RCR_PLAIN, 0);
}

static void test_cp_one(struct rtl8139 *d)
{
    struct frame f;
    struct desc desc;
    uint16_t causes;

    cp_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    cp_frame(d, &f, 0);
    same_on_wire(d, &f);
    nothing_on_wire(d);
    desc = cp_tx_at(d, 0, 0);
    check_eq(desc.command & (D_OWN | D_FS | D_LS | TXD_TES), D_FS | D_LS);
    check_eq(desc.addr, TX_BUFFERS);
    check_eq(rd8(d, TPPOLL), 0);
    causes = ack(d);
    check_eq(causes & ~INT_TDU, INT_TOK);
    differs (rtl_tdu) {
        check_eq(causes & INT_TDU, INT_TDU);
    }
}

/* For 8139cp's report of a timeout */
static void test_cp_latest(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    for (unsigned i = 0; i < 3; i++) {
        cp_frame(d, &f, 0);
        same_on_wire(d, &f);
        check_eq(rd16(d, TDOKLADDR), (TX_RING + 16 * i) & 0xffff);
    }
}

/* EOR ends a ring of any length; 64 descriptors are the most */
static void test_cp_wrap(struct rtl8139 *d)
{
    static const unsigned sizes[] = { 1, 2, 5, 64 };
    struct frame f;

    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        cp_start(d, sizes[s], 2048, RCR_PLAIN, 0);
        for (unsigned i = 0; i < sizes[s] * 2 + 3; i++) {
            frame_plain(&f, mac_peer, 60 + i * 7, (uint8_t)i);
            check_eq(cp_frame(d, &f, 0), i % sizes[s]);
            same_on_wire(d, &f);
            check_eq(cp_tx_at(d, 0, i % sizes[s]).command & (D_OWN | D_EOR),
                     i % sizes[s] == sizes[s] - 1 ? D_EOR : 0);
        }
    }
}

/* A frame in pieces; the first descriptor is handed over last of all */
static void test_cp_gather(struct rtl8139 *d)
{
    static const size_t pieces[] = { 14, 4, 5, 300, 700 };
    struct frame f;
    struct desc first;
    size_t at = 0;

    cp_ready(d);
    frame_plain(&f, mac_peer, 1023, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        bool last = i == G_N_ELEMENTS(pieces) - 1;

        cp_post(d, 0, (i ? 0 : D_FS) | (last ? D_LS : 0), 0,
                tx_put(d, f.data + at, pieces[i]), pieces[i]);
        at += pieces[i];
    }
    first = cp_tx_at(d, 0, 0);
    first.command &= ~D_OWN;
    qtest_memwrite(d->qts, TX_RING, &first, sizeof(first));
    cp_poll(d, 0);
    nothing_on_wire(d);
    first.command |= D_OWN;
    qtest_memwrite(d->qts, TX_RING, &first, sizeof(first));
    cp_poll(d, 0);
    same_on_wire(d, &f);
    nothing_on_wire(d);
    for (unsigned i = 0; i < G_N_ELEMENTS(pieces); i++) {
        check_eq(cp_tx_at(d, 0, i).command & D_OWN, 0);
    }
}

/* Many at once, by one poll */
static void test_cp_burst(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    for (unsigned i = 0; i < RING_MAX; i++) {
        frame_plain(&f, mac_peer, 60 + i * 20, (uint8_t)i);
        cp_post(d, 0, D_FS | D_LS, 0, tx_put(d, f.data, f.len), f.len);
    }
    cp_poll(d, 0);
    for (unsigned i = 0; i < RING_MAX; i++) {
        frame_plain(&f, mac_peer, 60 + i * 20, (uint8_t)i);
        if (!same_on_wire(d, &f)) {
            break;
        }
    }
    check_eq(rd8(d, TPPOLL) & TPPOLL_NPQ, 0);
}

/* The second ring; alone, and both with work */
static void test_cp_high(struct rtl8139 *d)
{
    struct frame f, g;

    cp_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    frame_plain(&g, mac_peer, 200, 1);
    cp_post(d, 1, D_FS | D_LS, 0, tx_put(d, f.data, f.len), f.len);
    cp_poll(d, 0);
    nothing_on_wire(d);
    cp_poll(d, 1);
    same_on_wire(d, &f);
    check_eq(cp_tx_at(d, 1, 0).command & D_OWN, 0);
    cp_post(d, 1, D_FS | D_LS, 0, tx_put(d, f.data, f.len), f.len);
    cp_post(d, 0, D_FS | D_LS, 0, tx_put(d, g.data, g.len), g.len);
    wr8(d, TPPOLL, TPPOLL_HPQ | TPPOLL_NPQ);
    same_on_wire(d, &f);
    same_on_wire(d, &g);
    check_eq(rd8(d, TPPOLL), 0);
}

/* Short packets are padded with zeros, other than in C mode */
static void test_cp_padding(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    for (size_t len = 14; len < ETH_MIN; len++) {
        frame_plain(&f, mac_peer, len, 5);
        cp_frame(d, &f, 0);
        memset(f.data + len, 0, ETH_MIN - len);
        f.len = ETH_MIN;
        if (!same_on_wire(d, &f)) {
            break;
        }
    }
}

static void set_link(struct rtl8139 *d, bool up)
{
    qmp_ok(d->qts,
           "{'execute': 'set_link', 'arguments':"
           " {'name': 'net0', 'up': %s}}",
           up ? "true" : "false");
}

/* Lost without a link; the descriptor says why (LNKF) */
static void test_cp_no_link(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    frame_plain(&f, mac_peer, 100, 1);
    set_link(d, false);
    cp_frame(d, &f, 0);
    nothing_on_wire(d);
    check_eq(cp_tx_at(d, 0, 0).command & D_OWN, 0);
    differs (rtl_link_fail) {
        check_eq(cp_tx_at(d, 0, 0).command & 0x00a00000, 0x00a00000);
    }
}

/* Offloads */

/* What drivers leave in a packet: no IP sum, a pseudo-header sum or nothing */
static void preset(struct frame *f, unsigned round)
{
    size_t l4 = l4_offset(f, ETH_HLEN);

    put16(f->data + ETH_HLEN + 10, 0);
    put16(f->data + frame_sum_at(f),
          round & 1 ? l4_pseudo_sum(f, ETH_HLEN, f->len - l4) : 0);
}

static void test_checksum(struct rtl8139 *d)
{
    static const size_t payloads[] = { 18, 19, 100, 101, 999, 1400, 1460 };
    struct frame f, want;

    cp_ready(d);
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads) * 4; i++) {
        bool tcp = i & 2;

        frame_ip4(&f, tcp ? IP_TCP : IP_UDP, payloads[i / 4]);
        want = f;
        preset(&f, i);
        cp_frame(d, &f, TXD_IPCS | (tcp ? TXD_TCPCS : TXD_UDPCS));
        same_on_wire(d, &want);
    }
}

/* Each bit does its own work, and what it does not fit stays */
static void test_checksum_bits(struct rtl8139 *d)
{
    struct frame f, want;

    cp_ready(d);
    frame_ip4(&want, IP_TCP, 200);
    f = want;
    put16(f.data + ETH_HLEN + 10, 0);
    cp_frame(d, &f, TXD_IPCS);
    same_on_wire(d, &want);
    /* Nothing asked for */
    put16(f.data + ETH_HLEN + 10, 0x1111);
    cp_frame(d, &f, 0);
    same_on_wire(d, &f);
    /* Not for this protocol */
    put16(f.data + frame_sum_at(&f), 0x2222);
    cp_frame(d, &f, TXD_UDPCS);
    same_on_wire(d, &f);
    frame_plain(&f, mac_peer, 100, 1);
    cp_frame(d, &f, TXD_IPCS | TXD_TCPCS | TXD_UDPCS);
    same_on_wire(d, &f);
}

/* Behind options, and in front of padding that IP does not count */
static void test_checksum_layout(struct rtl8139 *d)
{
    struct frame f, want;

    cp_ready(d);
    frame_ip4(&f, IP_TCP, 100);
    memmove(f.data + 14 + 24, f.data + 14 + 20, f.len - 34);
    memset(f.data + 34, 1, 4);
    f.len += 4;
    f.data[14] = 0x46;
    put16(f.data + 16, (uint16_t)(f.len - ETH_HLEN));
    want = f;
    frame_finish(&want);
    preset(&f, 0);
    cp_frame(d, &f, TXD_IPCS | TXD_TCPCS);
    same_on_wire(d, &want);

    frame_ip4(&want, IP_UDP, 4);
    memset(want.data + want.len, 0x77, ETH_MIN - want.len);
    want.len = ETH_MIN;
    f = want;
    put16(f.data + 24, 0);
    put16(f.data + frame_sum_at(&f), 0);
    cp_frame(d, &f, TXD_IPCS | TXD_UDPCS);
    same_on_wire(d, &want);
}

static unsigned bytes_changed(const struct frame *a, const struct frame *b)
{
    unsigned n = 0;

    for (size_t i = 0; i < MIN(a->len, b->len); i++) {
        n += a->data[i] != b->data[i];
    }
    return n;
}

/* Lengths in headers lie: never more, and never other bytes than were given */
static void test_checksum_lies(struct rtl8139 *d)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } lies[] = { { 14, 0x40 }, { 14, 0x4f }, { 14, 0x41 }, { 14, 0x55 },
                 { 16, 0xff }, { 17, 0 },    { 16, 0 },    { 20, 0x20 },
                 { 38, 0xff }, { 46, 0 },    { 46, 0xf0 } };
    struct frame f, got;

    cp_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(lies) * 2; i++) {
        frame_ip4(&f, i & 1 ? IP_TCP : IP_UDP, 60);
        f.data[lies[i / 2].at] = lies[i / 2].value;
        cp_frame(d, &f, TXD_IPCS | TXD_TCPCS | TXD_UDPCS);
        if (!on_wire(d, &got)) {
            break;
        }
        check_eq(got.len, f.len);
        /* Two checksums, wherever the headers say they are */
        check_range(bytes_changed(&got, &f), 0, 4);
    }
    check(qtest_alive(d->qts));
}

/* The tag is in the byte order of the wire (8139cp: swab16) */
static void test_vlan(struct rtl8139 *d)
{
    static const uint16_t tcis[] = { 0x0001, 0x0fff, 0x6123, 0xf000 };
    struct frame f, want;

    cp_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(tcis); i++) {
        uint32_t tag = (uint32_t)(tcis[i] << 8 | tcis[i] >> 8) & 0xffff;

        frame_ip4(&f, IP_UDP, 100 + i);
        want = f;
        frame_tag(&want, ETHERTYPE_VLAN, tcis[i]);
        preset(&f, 0);
        cp_post(d, 0, D_FS | D_LS | TXD_IPCS | TXD_UDPCS, TXD_TAGC | tag,
                tx_put(d, f.data, f.len), f.len);
        cp_poll(d, 0);
        same_on_wire(d, &want);
        /* Without TAGC it means nothing */
        cp_post(d, 0, D_FS | D_LS, tag, tx_put(d, f.data, f.len), f.len);
        cp_poll(d, 0);
        same_on_wire(d, &f);
    }
}

/* Segmentation */

static void send_lso(struct rtl8139 *d, const struct frame *in, unsigned mss,
                     size_t piece, uint32_t vlan)
{
    uint32_t common = TXD_LGSEN | TXD_MSS(mss);

    for (size_t at = 0; at < in->len; at += piece) {
        size_t len = MIN(piece, in->len - at);

        cp_post(d, 0,
                common | (at ? 0 : D_FS) | (at + len == in->len ? D_LS : 0),
                vlan, tx_put(d, in->data + at, len), len);
    }
    cp_poll(d, 0);
}

static void expect_segments(struct rtl8139 *d, const struct frame *in,
                            unsigned mss)
{
    size_t payload = in->len - frame_headers(in);
    unsigned count = (unsigned)((payload + mss - 1) / mss);
    size_t longest = MAX(frame_headers(in) + mss, ETH_MIN);
    struct frame want, got;

    for (unsigned n = 0; n < count; n++) {
        frame_segment(&want, in, mss, n);
        /* Whether a short last one is padded is in no paper */
        if (!on_wire(d, &got) || !check_range(got.len, want.len, longest) ||
            !check_mem(got.data, want.data, want.len)) {
            g_test_message("(segment %u of %u)", n, count);
            break;
        }
    }
    nothing_on_wire(d);
}

static void tcp_packet(struct frame *f, size_t payload)
{
    frame_ip4(f, IP_TCP, payload);
    f->data[l4_offset(f, ETH_HLEN) + 13] = TCP_ACK;
    frame_finish(f);
}

static void test_lso(struct rtl8139 *d)
{
    static const struct {
        unsigned mss;
        size_t payload, piece;
    } rows[] = { { 1460, 4000, 70000 }, { 1460, 8000, 4096 },
                 { 1448, 30000, 4096 }, { 536, 3000, 54 },
                 { 536, 3001, 1000 },   { 100, 250, 60 },
                 { 2047, 5000, 3000 } };
    struct frame f;

    cp_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        tcp_packet(&f, rows[i].payload);
        send_lso(d, &f, rows[i].mss, rows[i].piece, 0);
        expect_segments(d, &f, rows[i].mss);
    }
}

/* Exactly one, exactly two; less than one; as much as IP can have */
static void test_lso_edges(struct rtl8139 *d)
{
    static const struct {
        unsigned mss;
        size_t payload;
    } rows[] = { { 1460, 1460 }, { 1460, 2920 },  { 1460, 100 },
                 { 1460, 1461 }, { 1460, 65000 }, { 64, 128 } };
    struct frame f;

    cp_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        tcp_packet(&f, rows[i].payload);
        send_lso(d, &f, rows[i].mss, 16000, 0);
        expect_segments(d, &f, rows[i].mss);
    }
}

/* Sequence numbers and the IP id roll over */
static void test_lso_rollover(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    tcp_packet(&f, 5000);
    put16(f.data + ETH_HLEN + 4, 0xfffe);
    put32(f.data + l4_offset(&f, ETH_HLEN) + 4, 0xfffffc00);
    frame_finish(&f);
    send_lso(d, &f, 1000, 4096, 0);
    expect_segments(d, &f, 1000);
}

/* PSH and FIN belong to the last segment */
static void test_lso_flags(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    tcp_packet(&f, 3000);
    f.data[l4_offset(&f, ETH_HLEN) + 13] = TCP_ACK | TCP_PSH | TCP_FIN;
    send_lso(d, &f, 1000, 4096, 0);
    expect_segments(d, &f, 1000);
}

/* Segments of a byte or three */
static void test_lso_tiny(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    tcp_packet(&f, 40);
    send_lso(d, &f, 1, 100, 0);
    expect_segments(d, &f, 1);
    tcp_packet(&f, 10);
    send_lso(d, &f, 3, 100, 0);
    expect_segments(d, &f, 3);
}

/* Each segment gets the tag */
static void test_lso_vlan(struct rtl8139 *d)
{
    struct frame f, want;

    cp_ready(d);
    tcp_packet(&f, 3000);
    send_lso(d, &f, 1400, 4096, TXD_TAGC | 0x2361);
    for (unsigned n = 0; n < 3; n++) {
        frame_segment(&want, &f, 1400, n);
        frame_tag(&want, ETHERTYPE_VLAN, 0x6123);
        same_on_wire(d, &want);
    }
    nothing_on_wire(d);
}

/* Nothing sensible can be sent; the ring goes on */
static void test_lso_senseless(struct rtl8139 *d)
{
    struct frame f;

    cp_ready(d);
    /* No segment size */
    tcp_packet(&f, 3000);
    send_lso(d, &f, 0, 4096, 0);
    nothing_on_wire(d);
    /* Not TCP over IPv4 */
    frame_ip6(&f, IP_TCP, 3000);
    send_lso(d, &f, 1000, 4096, 0);
    frame_plain(&f, mac_peer, 3000, 1);
    send_lso(d, &f, 1000, 4096, 0);
    nothing_on_wire(d);
    /* Headers longer than the packet */
    tcp_packet(&f, 100);
    f.data[46] = 0xf0;
    f.len = 80;
    send_lso(d, &f, 1000, 4096, 0);
    nothing_on_wire(d);
    check_eq(cp_tx_at(d, 0, d->tx_next[0] - 1).command & D_OWN, 0);
    frame_plain(&f, mac_peer, 100, 1);
    cp_frame(d, &f, 0);
    same_on_wire(d, &f);
}

static const struct rtl8139_test tests[] = {
    { "c/one", test_c_one, ON_ALL },
    { "c/slots", test_c_slots, ON_C_CP | ON_8139 },
    { "c/addresses-stay", test_c_addresses_stay, ON_C_CP },
    { "c/lengths", test_c_lengths },
    { "c/long", test_c_long },
    { "c/threshold", test_c_threshold },
    { "c/disabled", test_c_disabled, ON_C_CP },
    { "c/enable-late", test_c_enable_late, ON_C_CP, DIFF_rtl_te_late },
    { "c/own-fcs", test_c_own_fcs, ON_C_CP, DIFF_rtl_own_fcs },
    { "c/bad-fcs", test_c_bad_fcs, ON_C_CP, DIFF_rtl_own_fcs },
    { "loopback", test_loopback, ON_ALL },
    { "loopback-isolated", test_loopback_isolated, ON_C_CP, DIFF_rtl_loopback },
    { "loopback-codes", test_loopback_codes, ON_A | ON_B | ON_C | ON_CP },
    { "loopback-cplus", test_cp_loopback },
    { "cplus/one", test_cp_one },
    { "cplus/latest", test_cp_latest, .differs = DIFF_rtl_tdu },
    { "cplus/wrap", test_cp_wrap },
    { "cplus/gather", test_cp_gather },
    { "cplus/burst", test_cp_burst },
    { "cplus/high-priority", test_cp_high, .differs = DIFF_rtl_hpq },
    { "cplus/padding", test_cp_padding, .differs = DIFF_rtl_padding },
    { "cplus/no-link", test_cp_no_link },
    { "checksum", test_checksum },
    { "checksum-bits", test_checksum_bits },
    { "checksum-layout", test_checksum_layout },
    { "checksum-lies", test_checksum_lies },
    { "vlan", test_vlan },
    { "lso/plain", test_lso },
    { "lso/edges", test_lso_edges },
    { "lso/rollover", test_lso_rollover },
    { "lso/flags", test_lso_flags, .differs = DIFF_rtl_lso_flags },
    { "lso/tiny", test_lso_tiny },
    { "lso/vlan", test_lso_vlan },
    { "lso/senseless", test_lso_senseless, .differs = DIFF_rtl_lso_senseless },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("tx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
