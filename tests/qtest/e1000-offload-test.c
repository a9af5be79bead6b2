// SPDX-License-Identifier: MIT
/*
 * e1000-offload-test.c - context and data descriptors of the 8254x: checksum
 * insertion, segmentation and VLAN tags (SDM 3.3.5 to 3.6, 9.2)
 *
 * Every segment that comes out is compared, whole, with one made here in
 * software from the same packet.
 */
#include "libe1000.h"

#include <string.h>

enum {
    CMD = TXD_EOP | TXD_IFCS | TXD_RS,
    TSO = CMD | TXD_TSE,
    BOTH = TXD_IXSM | TXD_TXSM,
};

static void tx_ready(struct e1000 *d)
{
    e1000_link_up(d);
    tx_setup(d, 64);
    clear_statistics(d);
    rd(d, ICR);
}

static bool is_ip6(const struct frame *f)
{
    return f->data[ETH_HLEN] >> 4 == 6;
}

static bool is_tcp(const struct frame *f)
{
    return f->data[ETH_HLEN + (is_ip6(f) ? 6 : 9)] == IP_TCP;
}

static size_t l4_at(const struct frame *f)
{
    return l4_offset(f, ETH_HLEN);
}

/* The context that a driver writes for a packet; no TSE */
static struct tx_context context_of(const struct frame *f)
{
    return (struct tx_context){
        .ipcss = ETH_HLEN,
        .ipcso = ETH_HLEN + 10,
        .ipcse = (uint16_t)(l4_at(f) - 1),
        .tucss = (uint8_t)l4_at(f),
        .tucso = (uint8_t)frame_sum_at(f),
        .tucmd = (uint8_t)((is_tcp(f) ? TXD_TUCMD_TCP : 0) |
                           (is_ip6(f) ? 0 : TXD_TUCMD_IP)),
    };
}

static struct tx_context tso_context_of(const struct frame *f, size_t mss)
{
    struct tx_context c = context_of(f);

    c.tucmd |= TXD_TSE;
    c.hdrlen = (uint8_t)frame_headers(f);
    c.paylen = (uint32_t)(f->len - frame_headers(f));
    c.mss = (uint16_t)mss;
    return c;
}

/* What drivers leave to the card: sums, and for TSO the lengths */
static void preset(struct frame *f, bool tso)
{
    size_t len = tso ? 0 : f->len - l4_at(f);

    if (!is_ip6(f)) {
        put16(f->data + ETH_HLEN + 10, 0);
        if (tso) {
            put16(f->data + ETH_HLEN + 2, 0);
        }
    } else if (tso) {
        put16(f->data + ETH_HLEN + 4, 0);
    }
    if (tso && !is_tcp(f)) {
        put16(f->data + l4_at(f) + 4, 0);
    }
    put16(f->data + frame_sum_at(f), l4_pseudo_sum(f, ETH_HLEN, len));
}

static void expect_segments(struct e1000 *d, const struct frame *in, size_t mss)
{
    size_t payload = in->len - frame_headers(in);
    unsigned count = (unsigned)((payload + mss - 1) / mss);
    struct frame want;

    for (unsigned n = 0; n < count; n++) {
        frame_segment(&want, in, mss, n);
        if (!same_on_wire(d, &want)) {
            g_test_message("(segment %u of %u)", n, count);
            break;
        }
    }
    nothing_on_wire(d);
}

/* Context, then the whole packet in descriptors of at most @piece bytes */
static void send_tso(struct e1000 *d, const struct frame *in, size_t mss,
                     size_t piece)
{
    struct tx_context c = tso_context_of(in, mss);
    struct frame f = *in;
    unsigned popts = is_ip6(in) ? TXD_TXSM : BOTH;

    preset(&f, true);
    tx_post(d, tx_context(&c));
    for (size_t at = 0; at < f.len; at += piece) {
        size_t len = MIN(piece, f.len - at);
        unsigned cmd = at + len == f.len ? TSO : TXD_TSE;

        tx_post(d, tx_data(tx_put(d, f.data + at, len), len, cmd, popts));
    }
    tx_kick(d);
}

/* Checksum insertion without segmentation */

static void test_checksum(struct e1000 *d)
{
    static const struct {
        bool ip6;
        uint8_t protocol;
        size_t payload;
    } rows[] = {
        { false, IP_TCP, 100 }, { false, IP_TCP, 0 }, { false, IP_UDP, 101 },
        { true, IP_TCP, 1000 }, { true, IP_UDP, 33 }, { false, IP_TCP, 1460 },
    };
    struct frame want;
    struct frame f;
    struct frame got;
    struct tx_context c;

    tx_ready(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        (rows[i].ip6 ? frame_ip6 : frame_ip4)(&want, rows[i].protocol,
                                              rows[i].payload);
        f = want;
        preset(&f, false);
        c = context_of(&f);
        tx_post(d, tx_context(&c));
        tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD,
                           rows[i].ip6 ? TXD_TXSM : BOTH));
        tx_kick(d);
        on_wire(d, &got);
        check_range(got.len, want.len, MAX(want.len, ETH_MIN));
        check_mem(got.data, want.data, want.len);
    }
}

/* POPTS says which of the two sums, and counts in the first descriptor only */
static void test_popts(struct e1000 *d)
{
    struct frame good;
    struct frame f;
    struct frame got;
    struct tx_context c;

    tx_ready(d);
    frame_ip4(&good, IP_TCP, 200);
    f = good;
    preset(&f, false);
    c = context_of(&f);
    tx_post(d, tx_context(&c));
    for (unsigned popts = 0; popts < 4; popts++) {
        tx_post(d, tx_data(tx_put(d, f.data, 80), 80, 0, popts));
        tx_post(d, tx_data(tx_put(d, f.data + 80, f.len - 80), f.len - 80, CMD,
                           BOTH));
        tx_kick(d);
        on_wire(d, &got);
        check_eq(got.len, f.len);
        check_mem(got.data + 24, (popts & TXD_IXSM ? &good : &f)->data + 24, 2);
        check_mem(got.data + 50, (popts & TXD_TXSM ? &good : &f)->data + 50, 2);
    }
}

/* Ranges end at IPCSE and TUCSE, inclusive; 0 means the end of the packet */
static void test_ranges(struct e1000 *d)
{
    struct frame f;
    struct frame want;
    struct tx_context c = {
        .ipcss = 20,
        .ipcso = 16,
        .ipcse = 39,
        .tucss = 60,
        .tucso = 50,
        .tucse = 79,
    };

    tx_ready(d);
    frame_plain(&f, mac_peer, 120, 3);
    want = f;
    put16(want.data + 16, (uint16_t)~ip_sum(f.data + 20, 20, 0));
    put16(want.data + 50, (uint16_t)~ip_sum(f.data + 60, 20, 0));
    tx_post(d, tx_context(&c));
    tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD, BOTH));
    tx_kick(d);
    same_on_wire(d, &want);

    c.tucse = 0;
    put16(want.data + 50, (uint16_t)~ip_sum(f.data + 60, 60, 0));
    tx_post(d, tx_context(&c));
    tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD, BOTH));
    tx_kick(d);
    same_on_wire(d, &want);
}

/* Offsets beyond the packet insert nothing (SDM 3.6) */
static void test_offsets_outside(struct e1000 *d)
{
    static const uint8_t offsets[] = { 99, 100, 101, 255 };
    struct frame f;
    struct tx_context c = { .ipcss = 14, .tucss = 14 };

    tx_ready(d);
    frame_plain(&f, mac_peer, 100, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        c.ipcso = c.tucso = offsets[i];
        tx_post(d, tx_context(&c));
        tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD, BOTH));
        tx_kick(d);
        same_on_wire(d, &f);
    }
}

/* A context holds until the next one (SDM 3.6) */
static void test_context_stays(struct e1000 *d)
{
    struct frame want;
    struct frame f;
    struct tx_context c;

    tx_ready(d);
    frame_ip4(&want, IP_UDP, 64);
    f = want;
    preset(&f, false);
    c = context_of(&f);
    tx_post(d, tx_context(&c));
    for (unsigned i = 0; i < 5; i++) {
        tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD, BOTH));
        tx_kick(d);
        same_on_wire(d, &want);
        /* A legacy frame in between does not disturb it */
        tx_frame(d, &f);
        same_on_wire(d, &f);
    }
    check(tx_desc_at(d, 1).upper & TXD_DD);
}

/* A context descriptor with RS shows DD too (SDM 3.3.6) */
static void test_context_status(struct e1000 *d)
{
    struct tx_context c = { .ipcss = 14, .tucmd = TXD_RS };

    tx_ready(d);
    tx_post(d, tx_context(&c));
    tx_kick(d);
    nothing_on_wire(d);
    check_eq(tx_desc_at(d, 0).upper & 0xff, TXD_DD);
    check_eq(rd(d, ICR) & ICR_TXDW, ICR_TXDW);
}

/* Segmentation */

/** struct tso_row - A packet to cut */
struct tso_row {
    bool ip6;
    uint8_t protocol;
    size_t payload;
    size_t mss;
    size_t piece; /* bytes in one descriptor */
};

static void try_tso(struct e1000 *d, const struct tso_row *rows, size_t n)
{
    struct frame in;

    tx_ready(d);
    for (size_t i = 0; i < n; i++) {
        const struct tso_row *r = &rows[i];

        g_test_message("IPv%d, protocol %u, %zu bytes, MSS %zu, pieces of %zu",
                       r->ip6 ? 6 : 4, r->protocol, r->payload, r->mss,
                       r->piece);
        (r->ip6 ? frame_ip6 : frame_ip4)(&in, r->protocol, r->payload);
        send_tso(d, &in, r->mss, r->piece);
        expect_segments(d, &in, r->mss);
    }
    check_eq(rd(d, TSCTFC), 0);
}

/* One per packet that was cut, however many segments it gave (SDM 13.7.53) */
static void test_tso_count(struct e1000 *d)
{
    struct frame in;

    tx_ready(d);
    frame_ip4(&in, IP_TCP, 100);
    send_tso(d, &in, 1000, 4096);
    expect_segments(d, &in, 1000);
    frame_ip4(&in, IP_UDP, 2500);
    send_tso(d, &in, 1000, 4096);
    expect_segments(d, &in, 1000);
    frame_ip4(&in, IP_TCP, 2500);
    send_tso(d, &in, 1000, 4096);
    expect_segments(d, &in, 1000);
    check_eq(rd(d, TSCTC), 3);
}

static void test_tso4(struct e1000 *d)
{
    static const struct tso_row rows[] = {
        { false, IP_TCP, 3000, 1460, 4096 },
        { false, IP_TCP, 10, 1460, 4096 },  /* less than one */
        { false, IP_TCP, 1000, 37, 4096 },  /* many small ones */
        { false, IP_TCP, 9001, 536, 1000 }, /* several descriptors */
        { false, IP_TCP, 203, 8, 54 },      /* header alone in the first */
        { false, IP_TCP, 611, 100, 20 },    /* header in three pieces */
    };

    try_tso(d, rows, G_N_ELEMENTS(rows));
}

/* No empty segment follows where the last one is as long as the others */
static void test_tso_exact(struct e1000 *d)
{
    static const struct tso_row rows[] = {
        { false, IP_TCP, 2920, 1460, 4096 },
        { false, IP_TCP, 1460, 1460, 4096 },
        { false, IP_TCP, 200, 8, 54 },
    };

    try_tso(d, rows, G_N_ELEMENTS(rows));
}

static void test_tso6(struct e1000 *d)
{
    static const struct tso_row rows[] = {
        { true, IP_UDP, 3000, 1000, 4096 }, { true, IP_TCP, 60000, 1440, 8192 },
        { true, IP_TCP, 3000, 1440, 4096 }, { true, IP_TCP, 5000, 1000, 777 },
        { true, IP_TCP, 1440, 1440, 4096 },
    };

    try_tso(d, rows, G_N_ELEMENTS(rows));
}

static void test_tso_udp(struct e1000 *d)
{
    static const struct tso_row rows[] = {
        { false, IP_UDP, 3000, 1472, 4096 },
        { false, IP_UDP, 100, 40, 4096 },
    };

    try_tso(d, rows, G_N_ELEMENTS(rows));
}

/* 64 KiB at once, as Linux sends it: 16 pages, jumbo segments too */
static void test_tso_large(struct e1000 *d)
{
    static const struct tso_row rows[] = {
        { false, IP_TCP, 65000, 1460, 4096 },
        { false, IP_TCP, 65000, 8960, 4096 },
    };

    try_tso(d, rows, G_N_ELEMENTS(rows));
}

/* Sequence and identification wrap around */
static void test_tso_wrap(struct e1000 *d)
{
    struct frame in;

    tx_ready(d);
    frame_ip4(&in, IP_TCP, 4100);
    put16(in.data + ETH_HLEN + 4, 0xfffe);
    put32(in.data + l4_at(&in) + 4, 0xfffffc00);
    frame_finish(&in);
    send_tso(d, &in, 1000, 4096);
    expect_segments(d, &in, 1000);
}

/* Other flags than FIN and PSH are copied to every segment */
static void test_tso_flags(struct e1000 *d)
{
    struct frame in;

    tx_ready(d);
    frame_ip4(&in, IP_TCP, 250);
    in.data[l4_at(&in) + 13] = 0xff;
    frame_finish(&in);
    send_tso(d, &in, 100, 4096);
    expect_segments(d, &in, 100);
}

/* TSE and plain packets use contexts of their own (Windows relies on it) */
static void test_two_contexts(struct e1000 *d)
{
    struct frame big;
    struct frame want;
    struct frame f;
    struct tx_context c;

    tx_ready(d);
    frame_ip6(&want, IP_UDP, 99);
    f = want;
    preset(&f, false);
    c = context_of(&f);
    tx_post(d, tx_context(&c));
    tx_kick(d);
    frame_ip4(&big, IP_TCP, 2500);
    for (unsigned i = 0; i < 3; i++) {
        send_tso(d, &big, 1460, 4096);
        expect_segments(d, &big, 1460);
        tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, CMD, TXD_TXSM));
        tx_kick(d);
        same_on_wire(d, &want);
    }
}

/* A packet that ends before PAYLEN counts as failed (SDM 3.3.7) */
static void test_tso_short(struct e1000 *d)
{
    struct frame f;
    struct frame got;
    struct tx_context c;

    tx_ready(d);
    frame_ip4(&f, IP_TCP, 2000);
    c = tso_context_of(&f, 1000);
    c.paylen = 5000;
    preset(&f, true);
    tx_post(d, tx_context(&c));
    tx_post(d, tx_data(tx_put(d, f.data, f.len), f.len, TSO, BOTH));
    tx_kick(d);
    qtest_inb(d->qts, 0x80); /* deferred work is done before the answer */
    while (netpeer_receive(&d->peer, &got, 0)) {
        check_range(got.len, ETH_MIN, 1054);
    }
    check_eq(rd(d, TSCTFC), 1);
    check_eq(rd(d, TSCTC), 0);
    /* The card goes on */
    frame_ip4(&f, IP_TCP, 2000);
    send_tso(d, &f, 1000, 4096);
    expect_segments(d, &f, 1000);
}

/* VLAN tags (SDM 9.2) */

static void tag_expected(struct frame *f, uint16_t tpid, uint16_t tci)
{
    frame_tag(f, tpid, tci);
}

static void test_vlan_legacy(struct e1000 *d)
{
    struct frame f;
    struct frame want;
    struct tx_desc desc;

    tx_ready(d);
    wr(d, VET, ETHERTYPE_VLAN);
    frame_plain(&f, mac_peer, 100, 1);
    desc = tx_legacy(tx_put(d, f.data, f.len), f.len, CMD | TXD_VLE);
    desc.upper |= 0xa123u << 16;
    /* VLE counts only with CTRL.VME */
    tx_post(d, desc);
    tx_kick(d);
    same_on_wire(d, &f);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    tx_post(d, desc);
    tx_kick(d);
    want = f;
    tag_expected(&want, ETHERTYPE_VLAN, 0xa123);
    same_on_wire(d, &want);
    /* The tag's type is VET */
    wr(d, VET, 0x9100);
    tx_post(d, desc);
    tx_kick(d);
    want = f;
    tag_expected(&want, 0x9100, 0xa123);
    same_on_wire(d, &want);
}

/* VLE counts in the last descriptor of a plain packet */
static void test_vlan_gather(struct e1000 *d)
{
    struct frame f;
    struct frame want;
    struct tx_desc desc;

    tx_ready(d);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    frame_plain(&f, mac_peer, 100, 1);
    tx_post(d, tx_legacy(tx_put(d, f.data, 10), 10, 0));
    desc = tx_legacy(tx_put(d, f.data + 10, 90), 90, CMD | TXD_VLE);
    desc.upper |= 0x0064u << 16;
    tx_post(d, desc);
    tx_kick(d);
    want = f;
    tag_expected(&want, ETHERTYPE_VLAN, 0x0064);
    same_on_wire(d, &want);
}

/* ... in the first one where packets are cut; each segment is tagged */
static void test_vlan_tso(struct e1000 *d)
{
    struct frame in;
    struct frame f;
    struct frame want;
    struct tx_context c;
    struct tx_desc desc;

    tx_ready(d);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    frame_ip4(&in, IP_TCP, 2100);
    f = in;
    preset(&f, true);
    c = tso_context_of(&f, 1000);
    tx_post(d, tx_context(&c));
    desc = tx_data(tx_put(d, f.data, 1000), 1000, TXD_TSE | TXD_VLE | TXD_IFCS,
                   BOTH);
    desc.upper |= 0x0fffu << 16;
    tx_post(d, desc);
    tx_post(d, tx_data(tx_put(d, f.data + 1000, f.len - 1000), f.len - 1000,
                       TSO, BOTH));
    tx_kick(d);
    for (unsigned n = 0; n < 3; n++) {
        frame_segment(&want, &in, 1000, n);
        tag_expected(&want, ETHERTYPE_VLAN, 0x0fff);
        same_on_wire(d, &want);
    }
    nothing_on_wire(d);
}

/* Offsets of a context are those of the untagged packet */
static void test_vlan_checksum(struct e1000 *d)
{
    struct frame want;
    struct frame f;
    struct tx_context c;
    struct tx_desc desc;

    tx_ready(d);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    frame_ip4(&want, IP_TCP, 111);
    f = want;
    preset(&f, false);
    c = context_of(&f);
    tx_post(d, tx_context(&c));
    desc = tx_data(tx_put(d, f.data, f.len), f.len, CMD | TXD_VLE, BOTH);
    desc.upper |= 0x2005u << 16;
    tx_post(d, desc);
    tx_kick(d);
    tag_expected(&want, ETHERTYPE_VLAN, 0x2005);
    same_on_wire(d, &want);
}

/* Segments are frames: each one counts */
static void test_tso_statistics(struct e1000 *d)
{
    struct frame in;

    tx_ready(d);
    frame_ip4(&in, IP_TCP, 2500);
    send_tso(d, &in, 1000, 4096);
    expect_segments(d, &in, 1000);
    check_eq(rd(d, GPTC), 3);
    check_eq(rd(d, TPT), 3);
    check_eq(rd64(d, TOTL), 2500 + 3 * (54 + FCS_LEN));
    check_eq(rd(d, PTC1522), 2);
    check_eq(rd(d, PTC1023), 1);
    check_eq(rd(d, TSCTC), 1);
}

static const struct e1000_test tests[] = {
    { "checksum", test_checksum, ON_ALL },
    { "popts", test_popts },
    { "ranges", test_ranges },
    { "offsets-outside", test_offsets_outside },
    { "context-stays", test_context_stays },
    { "context-status", test_context_status },
    { "tso/ip4", test_tso4, ON_ALL },
    { "tso/exact", test_tso_exact, .differs = DIFF_tso_exact },
    { "tso/ip6", test_tso6, ON_ALL, DIFF_tso6_length },
    { "tso/udp", test_tso_udp, ON_ALL },
    { "tso/count", test_tso_count, .differs = DIFF_tsctc },
    { "tso/large", test_tso_large },
    { "tso/wrap", test_tso_wrap },
    { "tso/flags", test_tso_flags },
    { "tso/two-contexts", test_two_contexts },
    { "tso/short", test_tso_short, .differs = DIFF_tsctfc },
    { "tso/statistics", test_tso_statistics },
    { "vlan/legacy", test_vlan_legacy, ON_ALL },
    { "vlan/gather", test_vlan_gather },
    { "vlan/tso", test_vlan_tso },
    { "vlan/checksum", test_vlan_checksum },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("offload", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
