// SPDX-License-Identifier: MIT
/*
 * rtl8139-tx-test.c - transmission by an RTL8139, from slots and from rings
 */
#include <glib.h>
#include <string.h>

#include "rtl8139-card.h"

static const uint8_t *put_frame(uint32_t at, size_t len)
{
    const uint8_t *frame = card_frame(card_other, len);

    memcpy(host.ram + at, frame, len);
    return frame;
}

static void expect_sent(unsigned i, const void *p, size_t len)
{
    g_assert_cmpuint(i, <, host.n_sent);
    g_assert_cmpmem(host.sent[i].data, host.sent[i].frame.len, p, (int)len);
}

/* Slots strictly in turn, and what each step leaves in TSD and at 60h */
static void test_slots(void)
{
    card_start_c("rtl8139-8139c", 0, 0);
    g_assert_cmphex(rd16(TSADS), ==, 0x000f);
    wr16(IMR, INT_TOK);
    for (unsigned i = 0; i < 10; i++) {
        unsigned slot = i % 4;
        size_t len = 60 + 37 * i;

        wr(TSAD + 4 * slot, BUF_AT + slot * BUF_STRIDE);
        put_frame(BUF_AT + slot * BUF_STRIDE, len);
        wr(TSD + 4 * slot, 8 << 16 | (uint32_t)len);
        g_assert_cmpuint(host.n_sent, ==, i + 1);
        expect_sent(i, card_frame(card_other, len), len);
        g_assert_cmphex(rd(TSD + 4 * slot), ==, 0x0008a000 | len);
        g_assert_true(host.irq);
        g_assert_cmphex(card_ack(), ==, INT_TOK);
        g_assert_false(host.irq);
    }
    g_assert_cmphex(rd16(TSADS), ==, 0xf00f);
    /* Out of turn: it waits */
    wr(TSD + 4, 60);
    g_assert_cmpuint(host.n_sent, ==, 10);
    g_assert_cmphex(rd16(TSADS), ==, 0xd00d);
    wr(TSD + 12, 60);
    wr(TSD + 8, 60);
    g_assert_cmpuint(host.n_sent, ==, 12);
    wr(TSD, 60);
    g_assert_cmpuint(host.n_sent, ==, 14);
    g_assert_cmphex(rd16(TSADS), ==, 0xf00f);
    /* A reset begins with TSD0 again */
    wr8(CR, CR_RST);
    g_assert_cmphex(rd(TSD), ==, 0x2000);
    wr8(CR, CR_TE);
    wr(TSD + 4, 60);
    g_assert_cmpuint(host.n_sent, ==, 14);
    host_stop();
}

/* What was queued before TE goes when TE is set */
static void test_slots_te(void)
{
    card_start_c("rtl8139", 0, 0);
    wr8(CR, CR_RE);
    wr(TSAD, BUF_AT);
    wr(TSD, 100);
    g_assert_cmpuint(host.n_sent, ==, 0);
    wr8(CR, CR_RE | CR_TE);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host_stop();
}

/* What was asked for before TE is cleared goes, though nobody has run it yet */
static void test_stopped(void)
{
    card_start_cp(1, 1536, 0);
    put_frame(BUF_AT, 100);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 100, 0, BUF_AT);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_EOR | D_FS | D_LS | 100, 0,
              BUF_AT);
    nic_write(host.nic, 0, TPPOLL, 1, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 0);
    nic_write(host.nic, 0, CR, 1, CR_RE);
    g_assert_cmpuint(host.n_sent, ==, 2);
    expect_sent(1, card_frame(card_other, 100), 100);
    g_assert_cmphex(get32(TX_AT) & (uint32_t)D_OWN, ==, 0);
    g_assert_cmphex(rd8(CR) & (CR_RE | CR_TE), ==, CR_RE);

    /* And nothing does after it */
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 100, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    wr8(CR, CR_RE);
    wr8(CR, 0);
    g_assert_cmpuint(host.n_sent, ==, 2);

    card_start_c("rtl8139-8139c", 0, 0);
    wr(TSAD, BUF_AT);
    nic_write(host.nic, 0, TSD, 4, 100);
    nic_write(host.nic, 0, CR, 1, CR_RE);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host_stop();
}

static void test_slot_forms(void)
{
    card_start_c("rtl8139", 0, 0);
    wr(TSAD, BUF_AT);
    /* TCR.CRC: software sends its own FCS */
    wr(TCR, 0x600 | 1 << 16);
    put_frame(BUF_AT, 64);
    wr(TSD, 64);
    g_assert_true(host.sent[0].frame.has_fcs);
    wr(TCR, 0x600);
    /* Nothing is padded, nothing of length 0 leaves, 8191 is the most */
    wr(TSAD + 4, BUF_AT);
    wr(TSD + 4, 20);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 20);
    wr(TSD + 8, 0);
    g_assert_cmpuint(host.n_sent, ==, 2);
    g_assert_cmphex(rd(TSD + 8), ==, 0xa000);
    wr(TSAD + 12, BUF_AT);
    wr(TSD + 12, 0x1fff);
    g_assert_cmpuint(host.sent[2].frame.len, ==, 8191);
    /* Not in memory */
    card_ack();
    wr(TSAD, 0x80000000);
    wr(TSD, 60);
    g_assert_cmphex(rd(TSD), ==, 0x603c);
    g_assert_cmphex(card_ack(), ==, INT_TER | INT_SERR);
    g_assert_cmphex(rd16(TSADS) & 0x0f00, ==, 0x0100);
    /* Byte writes: the one that carries OWN starts */
    host.n_sent = 0;
    wr8(TSD + 4, 100);
    g_assert_cmpuint(host.n_sent, ==, 0);
    wr8(TSD + 5, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 100);
    host_stop();
}

static void test_no_link(void)
{
    card_start_c("rtl8139", 0, 0);
    nic_set_link(host.nic, false);
    card_ack();
    wr(TSAD, BUF_AT);
    wr(TSD, 60);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmphex(rd(TSD), ==, 0x8000a03c);
    g_assert_cmphex(card_ack(), ==, INT_TOK);
    card_start_cp(1, 1536, 0);
    nic_set_link(host.nic, false);
    card_ack();
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmphex(get32(TX_AT), ==, D_FS | D_LS | 0xa00000 | 60);
    g_assert_cmphex(card_ack(), ==, INT_TOK | INT_TER | INT_TDU);
    host_stop();
}

static void test_loopback(void)
{
    static const struct {
        const char *model;
        unsigned codes; /* Bit n: LBK = n loops */
    } chips[] = {
        { "rtl8139", 8 },        { "rtl8139-8139c", 8 },
        { "rtl8139-8139d", 8 },  { "rtl8139-8139b", 14 },
        { "rtl8139-8139a", 14 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(chips); i++) {
        for (unsigned lbk = 0; lbk < 4; lbk++) {
            bool want = chips[i].codes >> lbk & 1;

            card_start_c(chips[i].model, 0, 0);
            wr(TCR, 0x600 | lbk << 17);
            nic_set_link(host.nic, !want);
            memcpy(host.ram + BUF_AT, card_frame(card_mac, 64), 64);
            wr(TSAD, BUF_AT);
            wr(TSD, 64);
            g_assert_cmpuint(host.n_sent, ==, 1);
            g_assert_cmpint(host.sent[0].frame.loop, ==, want);
            host_loop();
            g_assert_cmpint(!(rd8(CR) & CR_BUFE), ==, want);
            if (want) {
                g_assert_cmphex(get32(RING_AT), ==, 68 << 16 | 0x4001);
                g_assert_true(card_offer(card_mac, 60, 0));
                g_assert_cmphex(rd16(CBR), ==, 72);
            }
        }
    }
    host_stop();
}

static void test_ring(void)
{
    card_start_cp(1, 1536, 0);
    wr16(IMR, 0xffff);
    for (unsigned i = 0; i < 70; i++) {
        unsigned at = i % 5;
        uint32_t eor = at == 4 ? (uint32_t)D_EOR : 0;

        put_frame(BUF_AT, 60 + i);
        card_desc(TX_AT + 16 * at,
                  (uint32_t)D_OWN | eor | D_FS | D_LS | (60 + i), 0, BUF_AT);
        put32(TX_AT + 16 * ((at + 1) % 5), 0);
        wr8(TPPOLL, 0x40);
        g_assert_cmpuint(host.n_sent, ==, i + 1);
        expect_sent(i, card_frame(card_other, 60 + i), 60 + i);
        g_assert_cmphex(get32(TX_AT + 16 * at), ==,
                        eor | D_FS | D_LS | (60 + i));
        g_assert_cmphex(card_ack(), ==, INT_TOK | INT_TDU);
        g_assert_cmphex(rd8(TPPOLL), ==, 0);
        g_assert_cmphex(rd16(0x82), ==, TX_AT + 16 * at);
    }
    host_stop();
}

/* No EOR: the ring ends at 64; short packets are padded; several buffers */
static void test_ring_parts(void)
{
    card_start_cp(1, 1536, 0);
    put_frame(BUF_AT, 1000);
    for (unsigned i = 0; i < 63; i++) {
        card_desc(TX_AT + 16 * i, (uint32_t)D_OWN | D_FS | D_LS | 20, 0,
                  BUF_AT);
    }
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 63);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 60);
    host.n_sent = 0;
    card_desc(TX_AT + 16 * 63, (uint32_t)D_OWN | D_FS | 300, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 0);
    card_desc(TX_AT, (uint32_t)D_OWN | 1, 0, BUF_AT + 300);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_LS | 699, 0, BUF_AT + 301);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 1);
    expect_sent(0, card_frame(card_other, 1000), 1000);
    g_assert_cmphex(get32(TX_AT + 16 * 63), ==, D_FS | 300);
    g_assert_cmphex(get32(TX_AT), ==, 1);
    g_assert_cmphex(get32(TX_AT + 16), ==, D_LS | 699);
    host_stop();
}

/* A descriptor is given back after its packet was handed over, never before */
static void watch_order(gpa_t at, size_t len, bool write)
{
    if (write && at.addr >= TX_AT && at.addr < TX_AT + 64 * 16) {
        g_assert_cmpuint((at.addr - TX_AT) / 16, <, host.n_sent);
    }
}

/* Full rings, with EOR or without: each packet leaves once */
static void test_ring_full(void)
{
    static const unsigned sizes[] = { 1, 3, 16, 17, 40, 64 };

    for (unsigned k = 0; k < G_N_ELEMENTS(sizes); k++) {
        unsigned n = sizes[k];

        card_start_cp(1, 1536, 0);
        for (unsigned i = 0; i < n; i++) {
            card_desc(TX_AT + 16 * i,
                      (uint32_t)D_OWN | (i + 1 == n && n < 64 ? D_EOR : 0) |
                          D_FS | D_LS | (100 + i),
                      0, BUF_AT);
        }
        host.at_dma = watch_order;
        wr8(TPPOLL, 0x40);
        host.at_dma = NULL;
        g_assert_cmpuint(host.n_sent, ==, n);
        for (unsigned i = 0; i < n; i++) {
            g_assert_cmpuint(host.sent[i].frame.len, ==, 100 + i);
            g_assert_cmphex(get32(TX_AT + 16 * i) & ~(uint32_t)D_EOR, ==,
                            D_FS | D_LS | (100 + i));
        }
        g_assert_cmphex(rd16(0x82), ==, TX_AT + 16 * (n - 1));
        g_assert_cmphex(card_ack(), ==, INT_TOK | INT_TDU);
    }
    host_stop();
}

static void test_priority(void)
{
    card_start_cp(1, 1536, 0);
    wr8(CR, CR_RE);
    put_frame(BUF_AT, 200);
    for (unsigned i = 0; i < 2; i++) {
        card_desc(TX_AT + 16 * i, (uint32_t)D_OWN | D_FS | D_LS | 100, 0,
                  BUF_AT);
        card_desc(HIGH_AT + 16 * i, (uint32_t)D_OWN | D_FS | D_LS | 200, 0,
                  BUF_AT);
    }
    wr8(TPPOLL, 0xc0);
    g_assert_cmphex(rd8(TPPOLL), ==, 0xc0);
    wr8(CR, CR_RE | CR_TE);
    g_assert_cmpuint(host.n_sent, ==, 4);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 200);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 200);
    g_assert_cmpuint(host.sent[2].frame.len, ==, 100);
    g_assert_cmphex(rd8(TPPOLL), ==, 0);
    /* FSWInt */
    card_ack();
    wr8(TPPOLL, 1);
    g_assert_cmphex(rd16(ISR), ==, INT_SW);
    g_assert_cmphex(rd8(TPPOLL), ==, 1);
    card_ack();
    g_assert_cmphex(rd8(TPPOLL), ==, 0);
    host_stop();
}

static void test_vlan(void)
{
    card_start_cp(1, 1536, 0);
    put_frame(BUF_AT, 100);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 100, 0x20000 | 0x2361,
              BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 104);
    g_assert_cmpmem(host.sent[0].data + 12, 4, "\x81\x00\x61\x23", 4);
    g_assert_cmpmem(host.sent[0].data + 16, 88,
                    card_frame(card_other, 100) + 12, 88);
    host_stop();
}

/* An IPv4 packet in memory; sums are garbage, as the chip ignores them */
static void put_ip(uint8_t proto, size_t len)
{
    uint8_t *ip = host.ram + BUF_AT + 14;

    put_frame(BUF_AT, len);
    memcpy(ip - 2,
           "\x08\x00\x45\x00\x00\x00\x00\x01\x00\x00\x40\x00\xaa\xaa"
           "\x0a\x00\x02\x0f\x0a\x00\x02\x02",
           22);
    be16_store(ip + 2, (uint16_t)(len - 14));
    ip[9] = proto;
    ip[20 + 12] = 0x50;
    if (proto == 17) {
        be16_store(ip + 24, (uint16_t)(len - 34));
    }
}

static void send_with(uint32_t flags, uint32_t tag, size_t len)
{
    card_start_cp(1, 1536, 0);
    put_ip(flags & 0x20000 && !(flags & 0x8000000) ? 17 : 6, len);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | flags | (uint32_t)len, tag,
              BUF_AT);
    wr8(TPPOLL, 0x40);
}

static void test_sums(void)
{
    const struct nic_frame *f = &host.sent[0].frame;

    send_with(0x50000, 0, 200);
    g_assert_cmpuint(f->csum[0].start, ==, 14);
    g_assert_cmpuint(f->csum[0].at, ==, 24);
    g_assert_cmpuint(f->csum[0].end, ==, 34);
    g_assert_cmpuint(f->csum[1].start, ==, 34);
    g_assert_cmpuint(f->csum[1].at, ==, 50);
    g_assert_cmpuint(f->csum[1].end, ==, 0);
    g_assert_cmphex(be16_at(host.sent[0].data + 24), ==, 0);
    /* 0a00 + 020f + 0a00 + 0202 + 6 + 166 */
    g_assert_cmphex(be16_at(host.sent[0].data + 50), ==, 0x18bd);
    send_with(0x60000, 0x20000, 200);
    g_assert_cmpuint(f->csum[0].start, ==, 18);
    g_assert_cmpuint(f->csum[1].start, ==, 38);
    g_assert_cmpuint(f->csum[1].at, ==, 44);
    g_assert_cmphex(be16_at(host.sent[0].data + 44), ==, 0x18c8);
    /* TCPCS on what is UDP, and none at all */
    send_with(0x20000, 0, 200);
    g_assert_cmpuint(f->csum[0].start, ==, 0);
    g_assert_cmpuint(f->csum[1].start, ==, 34);
    send_with(0, 0, 200);
    g_assert_cmpuint(f->csum[1].start, ==, 0);
    g_assert_cmphex(be16_at(host.sent[0].data + 24), ==, 0xaaaa);
    host_stop();
}

static void test_lso(void)
{
    const struct nic_frame *f = &host.sent[0].frame;

    send_with(0x8000000 | 1000 << 16, 0, 5000);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpint(f->gso.type, ==, NIC_GSO_TCP);
    g_assert_false(f->gso.ipv6);
    g_assert_cmpuint(f->gso.mss, ==, 1000);
    g_assert_cmpuint(f->gso.hdr_len, ==, 54);
    g_assert_cmpuint(f->gso.ip, ==, 14);
    g_assert_cmpuint(f->gso.l4, ==, 34);
    g_assert_cmpuint(f->csum[0].at, ==, 24);
    g_assert_cmpuint(f->csum[1].at, ==, 50);
    g_assert_cmpuint(f->csum[1].end, ==, 0);
    g_assert_cmphex(be16_at(host.sent[0].data + 50), ==, 0x1817);
    host_stop();
}

/* QEMU's issue 1582 and CVE-2015-5165: sizes that make no sense */
static void test_lso_lies(void)
{
    static const struct {
        uint32_t mss;
        uint8_t at, val;
    } lies[] = {
        { 0, 0, 0 },        /* No segment size */
        { 1, 0, 0 },        /* Too many of them */
        { 1000, 14, 0x4f }, /* Header longer than ... */
        { 1000, 14, 0x41 }, /* ... or shorter than it can be */
        { 1000, 14, 0x65 }, /* Not IPv4 */
        { 1000, 23, 17 },   /* Not TCP */
        { 1000, 46, 0x40 }, /* TCP header too short */
        { 1000, 20, 0x20 }, /* A fragment */
        { 1000, 12, 0x86 }, /* Another EtherType */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        size_t len = lies[i].val == 0x4f ? 60 : 5000;

        card_start_cp(1, 1536, 0);
        put_ip(6, len);
        if (lies[i].at) {
            host.ram[BUF_AT + lies[i].at] = lies[i].val;
        }
        card_desc(TX_AT,
                  (uint32_t)D_OWN | D_FS | D_LS | 0x8000000 |
                      lies[i].mss << 16 | (uint32_t)len,
                  0, BUF_AT);
        wr8(TPPOLL, 0x40);
        g_assert_cmpuint(host.n_sent, ==, 0);
        g_assert_cmpuint(card_event("tx-drop"), ==, 1);
        g_assert_cmphex(get32(TX_AT) & (0x80000000 | 0x800000), ==, 0x800000);
    }
    /* Total length of 0, or beyond: the length that is there counts */
    for (unsigned i = 0; i < 2; i++) {
        card_start_cp(1, 1536, 0);
        put_ip(6, 5000);
        be16_store(host.ram + BUF_AT + 16, i ? 0xffff : 0);
        card_desc(TX_AT,
                  (uint32_t)D_OWN | D_FS | D_LS | 0x8000000 | 1000 << 16 | 5000,
                  0, BUF_AT);
        wr8(TPPOLL, 0x40);
        g_assert_cmpuint(host.n_sent, ==, 1);
        g_assert_cmpuint(host.sent[0].frame.gso.hdr_len, ==, 54);
    }
    host_stop();
}

/* CVE-2016-8910: all descriptors ours for ever; cde31a0e3d: never an end */
static void test_no_end(void)
{
    card_start_cp(1, 1536, 0);
    for (unsigned i = 0; i < 64; i++) {
        card_desc(TX_AT + 16 * i, (uint32_t)D_OWN | 0xffff, 0, BUF_AT);
    }
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 0);
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmphex(get32(TX_AT + 16 * i) & 0x80000000, ==, 0);
    }
    card_desc(TX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR | D_FS | 60, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmphex(get32(TX_AT), ==, (uint32_t)D_EOR | D_FS | 0x800000 | 60);
    host_stop();
}

/* The network wants a pause, and a descriptor is given back all the same */
static void test_pressure(void)
{
    card_start_cp(1, 1536, 0);
    for (unsigned i = 0; i < 3; i++) {
        card_desc(TX_AT + 16 * i, (uint32_t)D_OWN | D_FS | D_LS | 60, 0,
                  BUF_AT);
    }
    host.full = true;
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmphex(rd8(TPPOLL), ==, 0x40);
    host.full = false;
    nic_kick(host.nic, 1);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 3);
    card_start_c("rtl8139", 0, 0);
    host.full = true;
    for (unsigned i = 0; i < 4; i++) {
        wr(TSAD + 4 * i, BUF_AT);
    }
    wr8(CR, CR_RE);
    for (unsigned i = 0; i < 4; i++) {
        wr(TSD + 4 * i, 60);
    }
    wr8(CR, CR_RE | CR_TE);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host.full = false;
    nic_kick(host.nic, 1);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 4);
    host_stop();
}

/* DMA aimed at nothing, and at the card itself (CVE-2023-3019) */
static void test_fault(void)
{
    card_start_cp(1, 1536, 0);
    wr(TNPDS, 0x80000000);
    wr8(TPPOLL, 0x40);
    g_assert_cmphex(rd8(TPPOLL) & 0x40, ==, 0);
    g_assert_cmphex(card_ack(), ==, INT_SERR);
    for (unsigned i = 0; i < 2; i++) {
        card_start_cp(1, 1536, 0);
        card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0,
                  i ? HOST_BAR : 0x80000000);
        wr8(TPPOLL, 0x40);
        g_assert_cmphex(get32(TX_AT) & 0x80000000, ==, 0);
        g_assert_cmpuint(host.nic->refused, ==, i);
    }
    /* All ones are descriptors with OWN and LS, for ever: visits end */
    card_start_cp(1, 1536, 0);
    wr(TNPDS, HOST_BAR);
    nic_write(host.nic, 1, TPPOLL, 1, 0x40);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t before = host.nic->refused;

        nic_run(host.nic);
        g_assert_cmpuint(host.nic->refused - before, <=, 1024);
    }
    nic_write(host.nic, 1, CR, 1, CR_RST);
    g_assert_false(nic_run(host.nic));
    host_stop();
}

/* CVE-2021-3416: a looped frame goes into a queue, not onto the stack */
static void test_loop_depth(void)
{
    card_start_cp(2, 1536, 0);
    wr(TCR, 0x600 | TCR_LBK);
    memcpy(host.ram + BUF_AT, card_frame(card_mac, 64), 64);
    /* The received frame lands on the very descriptor that sent it */
    card_desc(RX_AT, (uint32_t)D_OWN | 1536, 0, TX_AT);
    card_desc(TX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR | D_FS | D_LS | 64, 0,
              BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(host.sent[0].frame.loop);
    g_assert_cmphex(get32(TX_AT), ==, (uint32_t)D_EOR | D_FS | D_LS | 64);
    host_loop();
    g_assert_cmphex(get32(RX_AT), ==, D_FS | D_LS | 0x02000000 | 68);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_stop();
}

static void test_tally(void)
{
    card_start_c("rtl8139", 0, 0);
    wr(TSAD, BUF_AT);
    wr(TSD, 60);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_true(card_offer(card_broadcast, 60, 0));
    g_assert_true(card_offer(card_mac, 60, 1));
    wr16(CPCR, 3);
    wr(DTCCR + 4, 0);
    wr(DTCCR, 0x8000 | 8);
    g_assert_cmphex(rd(DTCCR), ==, 0x8000);
    g_assert_cmpuint(get64(0x8000), ==, 1);
    g_assert_cmpuint(get64(0x8008), ==, 2);
    g_assert_cmpuint(get32(0x8018), ==, 1);
    g_assert_cmpuint(get64(0x8028), ==, 1);
    g_assert_cmpuint(get64(0x8030), ==, 1);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    wr(TNPDS, TX_AT);
    wr8(TPPOLL, 0x40);
    wr(DTCCR, 0x8000 | 8);
    g_assert_cmpuint(get64(0x8000), ==, 2);
    /* Not put off */
    nic_write(host.nic, 0, DTCCR, 4, 0xa000 | 8);
    g_assert_cmphex(nic_read(host.nic, 0, DTCCR, 4), ==, 0xa000);
    g_assert_cmpuint(get64(0xa000), ==, 2);
    /* No memory there */
    card_ack();
    wr(DTCCR, 0x80000000 | 8);
    g_assert_cmphex(card_ack(), ==, INT_SERR);
    /* It waits for bus mastering */
    nic_set_bus_master(host.nic, false);
    wr(DTCCR, 0x9000 | 8);
    g_assert_cmphex(rd(DTCCR), ==, 0x9008);
    g_assert_cmpuint(get64(0x9000), ==, 0);
    nic_set_bus_master(host.nic, true);
    host_run();
    g_assert_cmphex(rd(DTCCR), ==, 0x9000);
    g_assert_cmpuint(get64(0x9000), ==, 2);
    host_stop();
}

/* TCR.CRC in C+ mode: the last 4 bytes are the FCS, and nothing pads */
static void test_ring_fcs(void)
{
    card_start_cp(1, 1536, 0);
    wr(TCR, 0x600 | 1 << 16);
    put_frame(BUF_AT, 64);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 64, 0, BUF_AT);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_FS | D_LS | 40, 0, BUF_AT);
    card_desc(TX_AT + 32, (uint32_t)D_OWN | D_FS | D_LS | 4, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 3);
    g_assert_true(host.sent[0].frame.has_fcs);
    g_assert_true(host.sent[1].frame.has_fcs);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 40);
    g_assert_false(host.sent[2].frame.has_fcs);
    host_stop();
}

/* A buffer that begins in memory and leaves it: the FIFO runs dry */
static void test_underrun(void)
{
    card_start_c("rtl8139", 0, 0);
    wr(TSAD, HOST_RAM - 400);
    wr(TSD, 401);
    g_assert_cmphex(rd(TSD), ==, 0x6000 | 401);
    g_assert_cmphex(card_ack(), ==, INT_TER | INT_SERR);
    wr(TSAD + 4, HOST_RAM - 400);
    wr(TSD + 4, 400);
    g_assert_cmphex(rd(TSD + 4), ==, 0xa000 | 400);
    g_assert_cmpuint(host.n_sent, ==, 1);
    card_start_cp(1, 1536, 0);
    host.n_sent = 0;
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | 60, 0, BUF_AT);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_LS | 401, 0, HOST_RAM - 400);
    wr8(TPPOLL, 0x40);
    g_assert_cmphex(get32(TX_AT), ==, D_FS | 60);
    g_assert_cmphex(get32(TX_AT + 16), ==, D_LS | 1 << 25 | 401);
    g_assert_cmphex(card_ack(), ==, INT_TOK | INT_TER | INT_TDU | INT_SERR);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_stop();
}

static void test_strict(void)
{
    card_start_c("rtl8139", 0, 0);
    wr(TSAD, BUF_AT + 1);
    wr(TSD, 20);
    g_assert_cmpuint(card_event("strict-short"), ==, 0);
    host.nic->prop[1] = 1;
    wr(TSD + 4, 20);
    g_assert_cmpuint(card_event("strict-short"), ==, 1);
    wr(TSAD, BUF_AT + 1);
    wr16(CPCR, 3);
    g_assert_cmpuint(card_event("strict-order"), ==, 1);
    wr(TNPDS, BUF_AT + 16);
    wr(DTCCR, 0x8020);
    g_assert_cmpuint(card_event("strict-align"), ==, 3);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | 3, 0, BUF_AT);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_LS | 57, 0, BUF_AT);
    wr(TNPDS, TX_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 3);
    g_assert_cmpuint(card_event("strict-short"), ==, 2);
    card_desc(RX_AT, (uint32_t)D_OWN | D_EOR | 1536, 0, BUF_AT + 4);
    wr(RDSAR, RX_AT);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmpuint(card_event("strict-align"), ==, 4);
    wr8(CR, 0);
    wr(TCR, 0);
    wr(RCR, 0);
    g_assert_cmpuint(card_event("strict-order"), ==, 3);
    wr(MAR, 0);
    g_assert_cmpuint(card_event("strict-byte"), ==, 0);
    wr8(IDR, 0);
    g_assert_cmpuint(card_event("strict-byte"), ==, 1);
    wr8(CPCR, 0);
    g_assert_cmpuint(card_event("strict-byte"), ==, 2);
    g_assert_cmphex(rd16(CPCR), ==, 3);
    wr16(BMCR, 0);
    g_assert_cmpuint(card_event("strict-lock"), ==, 1);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtl8139/tx/slots", test_slots);
    g_test_add_func("/rtl8139/tx/slots-te", test_slots_te);
    g_test_add_func("/rtl8139/tx/stopped", test_stopped);
    g_test_add_func("/rtl8139/tx/slot-forms", test_slot_forms);
    g_test_add_func("/rtl8139/tx/no-link", test_no_link);
    g_test_add_func("/rtl8139/tx/loopback", test_loopback);
    g_test_add_func("/rtl8139/tx/ring", test_ring);
    g_test_add_func("/rtl8139/tx/ring-parts", test_ring_parts);
    g_test_add_func("/rtl8139/tx/ring-full", test_ring_full);
    g_test_add_func("/rtl8139/tx/priority", test_priority);
    g_test_add_func("/rtl8139/tx/vlan", test_vlan);
    g_test_add_func("/rtl8139/tx/sums", test_sums);
    g_test_add_func("/rtl8139/tx/lso", test_lso);
    g_test_add_func("/rtl8139/tx/lso-lies", test_lso_lies);
    g_test_add_func("/rtl8139/tx/no-end", test_no_end);
    g_test_add_func("/rtl8139/tx/pressure", test_pressure);
    g_test_add_func("/rtl8139/tx/fault", test_fault);
    g_test_add_func("/rtl8139/tx/loop-depth", test_loop_depth);
    g_test_add_func("/rtl8139/tx/tally", test_tally);
    g_test_add_func("/rtl8139/tx/underrun", test_underrun);
    g_test_add_func("/rtl8139/tx/cp/fcs", test_ring_fcs);
    g_test_add_func("/rtl8139/tx/strict", test_strict);
    return g_test_run();
}
