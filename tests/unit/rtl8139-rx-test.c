// SPDX-License-Identifier: MIT
/*
 * rtl8139-rx-test.c - reception by an RTL8139, into both of its rings
 */
#include <glib.h>
#include <string.h>

#include "rtl8139-card.h"

/* The frame of @len bytes at @at of the C ring; returns where the next is */
static uint32_t expect_ring(uint32_t at, uint32_t status, const uint8_t *to,
                            size_t len, uint32_t size, bool wrap)
{
    const uint8_t *frame = card_frame(to, len);
    uint32_t fcs = host_crc(frame, len);

    g_assert_cmphex(get32(RING_AT + at), ==, (len + 4) << 16 | status);
    for (size_t i = 0; i < len + 4; i++) {
        uint32_t off = at + 4 + (uint32_t)i;
        uint32_t want = i < len ? frame[i] : fcs >> 8 * (i - len) & 0xff;

        g_assert_cmphex(host.ram[RING_AT + (wrap ? off : off % size)], ==,
                        want);
    }
    return (at + 4 + (uint32_t)len + 4 + 3) & ~3u & (size - 1);
}

static void test_c_ring(void)
{
    card_start_c("rtl8139-8139c", 0, 0);
    g_assert_cmphex(rd8(CR), ==, CR_RE | CR_TE | CR_BUFE);
    wr16(IMR, INT_ROK);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_true(host.irq);
    g_assert_cmphex(rd16(ISR), ==, INT_ROK);
    g_assert_cmphex(rd8(CR), ==, CR_RE | CR_TE);
    g_assert_cmphex(rd16(CBR), ==, 68);
    expect_ring(0, 0x4001, card_mac, 60, 8192, false);
    g_assert_cmphex(host.ram[RING_AT + 68], ==, BUF_FILL);
    g_assert_true(card_offer(card_broadcast, 61, 0));
    expect_ring(68, 0x2001, card_broadcast, 61, 8192, false);
    g_assert_cmphex(rd16(CBR), ==, 140);
    wr16(CAPR, 68 - 16);
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, 0);
    wr16(CAPR, 140 - 16);
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    card_ack();
    g_assert_false(host.irq);
    /* Reading what is not there is an underrun */
    wr16(CAPR, 140 - 16);
    g_assert_cmphex(card_ack(), ==, INT_PUN);
    host_stop();
}

/* Every ring size, with WRAP and without, round and round, with both habits of
 * writing CAPR */
static void test_c_wrap(void)
{
    for (unsigned mode = 0; mode < 16; mode++) {
        unsigned rblen = mode & 3;
        bool wrap = mode & 4, unwrapped = mode & 8;
        uint32_t size = 8192u << rblen, at = 0, cur = 0;

        card_start_c("rtl8139-8139c", rblen, wrap ? RCR_WRAP : 0);
        for (unsigned i = 0; i < 200; i++) {
            size_t len = 60 + i * 61 % 1455;
            uint32_t next;

            g_assert_true(card_offer(card_mac, len, 0));
            next = expect_ring(at, 0x4001, card_mac, len, size,
                               wrap && rblen != 3);
            cur += (next - at) & (size - 1);
            at = next;
            wr16(CAPR, (uint16_t)((unwrapped ? cur : at) - 16));
            g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
            g_assert_cmphex(rd16(CBR) & (size - 1), ==, at);
        }
        g_assert_cmpuint(card_event("rx-missed"), ==, 0);
    }
    host_stop();
}

/* As cards show it: under Linux CBR runs on past the ring's end */
static void test_c_cbr(void)
{
    card_start_c("rtl8139-8139b", 2, RCR_WRAP);
    wr16(CAPR, 0x96a0);
    wr16(CAPR, 0x7ff0);
    g_assert_cmphex(rd(CAPR), ==, 0x80007ff0);
    card_start_c("rtl8139-8139b", 2, RCR_WRAP);
    g_assert_cmphex(rd(CAPR), ==, 0x0000fff0);
    host_stop();
}

static void test_c_full(void)
{
    unsigned stored = 0;

    card_start_c("rtl8139", 0, 0);
    while (card_offer(card_mac, 1500, 0)) {
        stored++;
    }
    g_assert_cmpuint(stored, ==, 5);
    g_assert_cmphex(card_ack(), ==, INT_ROK | INT_RXOVW);
    /*
     * 8139too acknowledges, reads no more than its budget, and never looks
     * again unless there is an interrupt
     */
    host.ready = 0;
    card_ack();
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_false(card_offer(card_mac, 1500, 0));
    g_assert_cmphex(rd16(ISR), ==, INT_RXOVW);
    card_ack();
    g_assert_cmpuint(rd(MPC), ==, 0);
    host.ready = 0;
    wr16(CAPR, 1508 - 16);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(card_offer(card_mac, 1500, 0));
    g_assert_cmphex(card_ack(), ==, INT_ROK);
    /* What cannot wait is missed */
    host_receive(card_frame(card_mac, 1500), 1500, NIC_RX_LOOPED);
    g_assert_cmphex(card_ack(), ==, INT_FOVW);
    g_assert_cmpuint(rd(MPC), ==, 1);
    wr(MPC, 0);
    g_assert_cmpuint(rd(MPC), ==, 0);
    host_stop();
}

/* CVE-2012-6075's kind: nothing behind the slack of a ring with WRAP */
static void test_c_oversize(void)
{
    card_start_c("rtl8139", 0, RCR_WRAP | 7 << 13);
    for (size_t len = 2045; len <= 4100; len += 5) {
        g_assert_true(card_offer(card_mac, len, 0));
        g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    }
    g_assert_cmphex(rd16(ISR) & INT_FOVW, ==, INT_FOVW);
    g_assert_cmphex(host.ram[RING_AT], ==, BUF_FILL);
    host_stop();
}

static void test_errors(void)
{
    card_start_c("rtl8139", 0, 0);
    g_assert_true(card_offer(card_mac, 60, 1));
    g_assert_cmphex(card_ack(), ==, INT_RER);
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    wr(RCR, 0x2e);
    g_assert_true(card_offer(card_mac, 100, 1));
    g_assert_cmphex(card_ack(), ==, INT_RER | INT_ROK);
    g_assert_cmphex(get32(RING_AT) & 0xffff, ==, 0x4004);

    /* Runts: of the loopback only, because hosts pad */
    card_start_c("rtl8139", 0, 0);
    host_receive(card_frame(card_mac, 30), 30, NIC_RX_LOOPED);
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    wr(RCR, 0x1e);
    host_receive(card_frame(card_mac, 30), 30, NIC_RX_LOOPED);
    g_assert_cmphex(get32(RING_AT), ==, 34 << 16 | 0x4011);

    card_start_cp(2, 1536, 0x20);
    g_assert_true(card_offer(card_mac, 100, 1));
    g_assert_cmphex(get32(RX_AT), ==, D_FS | D_LS | 0x02140000 | 104);
    host_stop();
}

static void test_filter(void)
{
    static const struct {
        uint8_t da[6];
        unsigned bit;
    } hash[] = {
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }, 31 },
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb }, 15 },
        { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, 62 },
        { { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }, 2 },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 }, 25 },
        { { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa }, 43 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(hash); i++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            bool want = bit == hash[i].bit;

            card_start_c("rtl8139", 0, 0);
            wr(MAR, bit < 32 ? 1u << bit : 0);
            wr(MAR + 4, bit < 32 ? 0 : 1u << (bit - 32));
            g_assert_true(card_offer(hash[i].da, 60, 0));
            g_assert_cmpint(!(rd8(CR) & CR_BUFE), ==, want);
            if (want) {
                g_assert_cmphex(get32(RING_AT) & 0xffff, ==, 0x8001);
            }
        }
    }
    for (unsigned rcr = 0; rcr < 16; rcr++) {
        card_start_c("rtl8139", 0, 0);
        wr(RCR, rcr);
        g_assert_true(card_offer(card_mac, 60, 0));
        g_assert_cmphex(rd16(CBR), ==, rcr & 3 ? 68 : 0);
        g_assert_true(card_offer(card_other, 60, 0));
        g_assert_cmphex(rd16(CBR), ==, rcr & 1 ? 136 : rcr & 2 ? 68 : 0);
        card_start_c("rtl8139", 0, 0);
        wr(RCR, rcr);
        g_assert_true(card_offer(card_broadcast, 60, 0));
        g_assert_cmphex(rd16(CBR), ==, rcr & 8 ? 68 : 0);
    }
    host_stop();
}

static void test_cp_ring(void)
{
    const uint8_t *frame = card_frame(card_mac, 100);
    uint32_t fcs = host_crc(frame, 100);

    card_start_cp(4, 1536, 0);
    for (unsigned i = 0; i < 9; i++) {
        unsigned at = i % 4;

        g_assert_true(card_offer(card_mac, 100, 0));
        g_assert_cmphex(card_ack(), ==, INT_ROK);
        g_assert_cmphex(get32(RX_AT + 16 * at), ==,
                        (uint32_t)(at == 3 ? D_EOR : 0) | D_FS | D_LS |
                            0x02000000 | 104);
        g_assert_cmphex(get32(RX_AT + 16 * at + 4), ==, 0);
        g_assert_cmpmem(host.ram + BUF_AT + at * BUF_STRIDE, 100,
                        card_frame(card_mac, 100), 100);
        g_assert_cmphex(get32(BUF_AT + at * BUF_STRIDE + 100), ==, fcs);
        put32(RX_AT + 16 * at,
              (uint32_t)D_OWN | (uint32_t)(at == 3 ? D_EOR : 0) | 1536);
    }
    host_stop();
}

/* Over several descriptors, and over the end of the ring */
static void test_cp_scatter(void)
{
    card_start_cp(3, 64, 0);
    g_assert_true(card_offer(card_broadcast, 150, 0));
    g_assert_cmphex(get32(RX_AT), ==, D_FS | 64);
    g_assert_cmphex(get32(RX_AT + 16), ==, 64);
    g_assert_cmphex(get32(RX_AT + 32), ==, D_EOR | D_LS | 0x01000000 | 154);
    for (unsigned i = 0; i < 150; i++) {
        g_assert_cmphex(host.ram[BUF_AT + i / 64 * BUF_STRIDE + i % 64], ==,
                        card_frame(card_broadcast, 150)[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        put32(RX_AT + 16 * i,
              (uint32_t)D_OWN | (i == 2 ? (uint32_t)D_EOR : 0) | 64);
    }
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_true(card_offer(card_mac, 60, 0));
    put32(RX_AT, (uint32_t)D_OWN | 64);
    g_assert_true(card_offer(card_mac, 100, 0));
    g_assert_cmphex(get32(RX_AT + 32), ==, D_EOR | D_FS | 64);
    g_assert_cmphex(get32(RX_AT), ==, D_LS | 0x02000000 | 104);
    /* More than the whole ring can take */
    for (unsigned i = 0; i < 3; i++) {
        put32(RX_AT + 16 * i,
              (uint32_t)D_OWN | (i == 2 ? (uint32_t)D_EOR : 0) | 64);
    }
    card_ack();
    g_assert_true(card_offer(card_mac, 1000, 0));
    g_assert_cmphex(card_ack(), ==, INT_RXOVW);
    g_assert_cmpuint(rd(MPC), ==, 0);
    host_stop();
}

static void test_cp_pressure(void)
{
    card_start_cp(1, 1536, 0);
    g_assert_true(card_offer(card_mac, 100, 0));
    card_ack();
    g_assert_false(card_offer(card_mac, 100, 0));
    g_assert_cmphex(rd16(ISR), ==, INT_RXOVW);
    g_assert_false(card_offer(card_mac, 100, 0));
    /* Software acknowledges after it gave descriptors back */
    put32(RX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR | 1536);
    host.ready = 0;
    card_ack();
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(card_offer(card_mac, 100, 0));
    /* ... or says nothing at all */
    g_assert_false(card_offer(card_mac, 100, 0));
    put32(RX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR | 1536);
    host.ready = 0;
    host_step(2000000);
    g_assert_cmpuint(host.ready, >=, 1);
    g_assert_true(card_offer(card_mac, 100, 0));
    host_stop();
}

/* Offer a frame as one of several: the burst is not over yet */
static bool offer_more(size_t len)
{
    const struct nic_buf buf = { .data = card_frame(card_mac, len),
                                 .len = len };
    const struct nic_rx rx = { .buf = &buf, .n = 1, .len = len };

    return nic_receive(host.nic, &rx);
}

/* rd16() ends a burst */
static uint16_t peek16(uint32_t off)
{
    return (uint16_t)nic_read(host.nic, 1, off, 2);
}

/* Frames that come together are given back and announced together */
static void test_cp_burst(void)
{
    card_start_cp(4, 1536, 0);
    wr16(IMR, INT_ROK);
    host.edges = 0;
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(offer_more(100));
        g_assert_true(host.nic->unsettled);
        g_assert_cmphex(get32(RX_AT + 16 * i), ==, (uint32_t)D_OWN | 1536);
    }
    g_assert_cmphex(peek16(ISR), ==, 0);
    nic_settle(host.nic);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmphex(get32(RX_AT + 16 * i), ==, D_FS | D_LS | 0x02000068);
    }
    g_assert_cmpuint(host.edges, ==, 1);
    g_assert_cmphex(card_ack(), ==, INT_ROK);
    nic_settle(host.nic);
    g_assert_cmphex(peek16(ISR), ==, 0);
    /* Once around: the frame has to wait, and software sees those before it */
    for (unsigned i = 0; i < 3; i++) {
        put32(RX_AT + 16 * i, (uint32_t)D_OWN | 1536);
    }
    for (unsigned i = 0; i < 4; i++) {
        g_assert_true(offer_more(100));
    }
    g_assert_cmphex(get32(RX_AT + 48), ==, (uint32_t)D_OWN | D_EOR | 1536);
    g_assert_false(offer_more(100));
    g_assert_cmphex(get32(RX_AT + 48), ==, D_EOR | D_FS | D_LS | 0x02000068);
    g_assert_cmphex(get32(RX_AT + 32), ==, D_FS | D_LS | 0x02000068);
    g_assert_cmphex(peek16(ISR), ==, INT_RXOVW);
    nic_settle(host.nic);
    g_assert_cmphex(card_ack(), ==, INT_ROK | INT_RXOVW);
    host_stop();
}

/* A frame of several descriptors gives back those before it, too */
static void test_cp_burst_scatter(void)
{
    card_start_cp(8, 128, 0);
    g_assert_true(offer_more(60));
    g_assert_cmphex(get32(RX_AT), ==, (uint32_t)D_OWN | 128);
    g_assert_true(offer_more(200));
    g_assert_cmphex(get32(RX_AT), ==, D_FS | D_LS | 0x02000040);
    g_assert_cmphex(get32(RX_AT + 16), ==, D_FS | 128);
    g_assert_cmphex(get32(RX_AT + 32), ==, D_LS | 0x020000cc);
    g_assert_cmphex(peek16(ISR), ==, 0);
    nic_settle(host.nic);
    g_assert_cmphex(card_ack(), ==, INT_ROK);
    host_stop();
}

/* What ends a burst early: the receiver is switched off; D3 does not lose it;
 * a new ring is not written to */
static void test_cp_burst_ends(void)
{
    card_start_cp(4, 1536, 0);
    g_assert_true(offer_more(100));
    nic_write(host.nic, 1, CR, 1, CR_TE);
    g_assert_cmphex(get32(RX_AT), ==, D_FS | D_LS | 0x02000068);
    g_assert_cmphex(peek16(ISR), ==, INT_ROK);
    card_start_cp(4, 1536, 0);
    g_assert_true(offer_more(100));
    nic_set_bus_master(host.nic, false);
    nic_set_pmcsr(host.nic, PMCSR_D3, 0xffff);
    nic_set_pmcsr(host.nic, 0, 0xffff);
    nic_set_bus_master(host.nic, true);
    nic_settle(host.nic);
    g_assert_cmphex(get32(RX_AT), ==, D_FS | D_LS | 0x02000068);
    g_assert_cmphex(card_ack(), ==, INT_ROK);
    card_start_cp(4, 1536, 0);
    g_assert_true(offer_more(100));
    wr(RDSAR, HIGH_AT);
    put32(HIGH_AT, 1);
    nic_settle(host.nic);
    g_assert_cmphex(get32(HIGH_AT), ==, 1);
    host_stop();
}

/* The C mode's ring is seen at once, its interrupt comes later */
static void test_c_burst(void)
{
    card_start_c("rtl8139-8139c", 0, 0);
    wr16(IMR, INT_ROK);
    host.edges = 0;
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(offer_more(60));
        g_assert_cmphex(peek16(CBR), ==, 68 * (i + 1));
    }
    g_assert_false(host.irq);
    nic_settle(host.nic);
    g_assert_cmpuint(host.edges, ==, 1);
    g_assert_cmphex(card_ack(), ==, INT_ROK);
    host_stop();
}

static void test_cp_vlan(void)
{
    uint8_t frame[104];

    memcpy(frame, card_frame(card_mac, 100), 12);
    memcpy(frame + 12, "\x81\x00\x61\x23", 4);
    memcpy(frame + 16, card_frame(card_mac, 100) + 12, 88);
    card_start_cp(2, 1536, 0);
    g_assert_true(host_receive(frame, sizeof(frame), 0));
    g_assert_cmphex(get32(RX_AT) & 0x1fff, ==, 108);
    g_assert_cmphex(get32(RX_AT + 4), ==, 0);
    wr16(CPCR, 0x6b);
    g_assert_true(host_receive(frame, sizeof(frame), 0));
    g_assert_cmphex(get32(RX_AT + 16) & 0x1fff, ==, 104);
    g_assert_cmphex(get32(RX_AT + 20), ==, 0x12361);
    g_assert_cmpmem(host.ram + BUF_AT + BUF_STRIDE, 100,
                    card_frame(card_mac, 100), 100);
    host_stop();
}

/* An IPv4 packet of @proto with right sums; @spoil: byte to change */
static void ip_frame(uint8_t *frame, uint8_t proto, unsigned spoil)
{
    static const uint8_t header[] = { 0x45, 0, 0,  86, 0, 1, 0,  0, 64, 0,
                                      0,    0, 10, 0,  2, 2, 10, 0, 2,  15 };
    unsigned at = proto == 6 ? 34 + 16 : 34 + 6;
    uint32_t sum = 0;

    memcpy(frame, card_frame(card_mac, 100), 100);
    memcpy(frame + 12, "\x08\x00", 2);
    memcpy(frame + 14, header, sizeof(header));
    frame[14 + 9] = proto;
    for (unsigned i = 14; i < 34; i += 2) {
        sum += be16_at(frame + i);
    }
    be16_store(frame + 24, (uint16_t) ~(sum % 0xffff));
    if (proto == 17) {
        be16_store(frame + 38, 66);
    }
    be16_store(frame + at, 0);
    sum = proto + 66u;
    for (unsigned i = 26; i < 100; i += 2) {
        sum += be16_at(frame + i);
    }
    be16_store(frame + at, (uint16_t) ~(sum % 0xffff));
    frame[spoil] = (uint8_t)(frame[spoil] + (spoil != 0));
}

static void test_cp_sums(void)
{
    static const struct {
        uint8_t proto, spoil;
        bool good;
        uint32_t want;
    } cases[] = {
        { 6, 0, false, 0x10000 },   { 17, 0, false, 0x20000 },
        { 6, 90, false, 0x12000 },  { 17, 90, false, 0x24000 },
        { 6, 19, false, 0x18000 },  { 47, 0, false, 0x30000 },
        { 47, 18, false, 0x38000 }, { 6, 90, true, 0x10000 },
    };
    uint8_t frame[100];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        card_start_cp(2, 1536, 0);
        ip_frame(frame, cases[i].proto, cases[i].spoil);
        g_assert_true(host_receive(frame, sizeof(frame),
                                   cases[i].good ? NIC_RX_CSUM_GOOD : 0));
        g_assert_cmphex(get32(RX_AT) & 0x3e000, ==, cases[i].want);
        wr16(CPCR, 0x0b);
        g_assert_true(host_receive(frame, sizeof(frame), 0));
        g_assert_cmphex(get32(RX_AT + 16) & 0x3e000, ==, 0);
    }
    host_stop();
}

/* A ring or a buffer in no memory, or in the card itself (CVE-2023-3019) */
static void test_fault(void)
{
    static const uint32_t bad[] = { 0x80000000, HOST_BAR };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        card_start_cp(2, 1536, 0);
        wr(RDSAR, bad[i]);
        g_assert_true(card_offer(card_mac, 60, 0) || bad[i] == HOST_BAR);
        card_start_cp(2, 1536, 0);
        put64(RX_AT + 8, bad[i]);
        g_assert_true(card_offer(card_mac, 60, 0));
        card_start_c("rtl8139", 0, 0);
        wr(RBSTART, bad[i]);
        g_assert_true(card_offer(card_mac, 60, 0));
        g_assert_cmpint(rd16(ISR) & INT_SERR ? 1 : 0, ==, bad[i] != HOST_BAR);
    }
    host_stop();
}

/* CVE-2018-17958's kind: any length that a host may offer, in both modes */
static void test_lengths(void)
{
    static const unsigned flags[] = { 0, NIC_RX_LOOPED };

    for (size_t len = 1; len <= NIC_RX_MAX; len += len < 200 ? 1 : 97) {
        uint8_t *exact = g_memdup2(card_frame(card_mac, NIC_RX_MAX), len);

        for (unsigned i = 0; i < 4; i++) {
            if (i & 1) {
                card_start_cp(4, 4096, 0x30);
            } else {
                card_start_c("rtl8139", 2, 0x30);
            }
            g_assert_true(host_receive(exact, len, flags[i >> 1]));
            g_assert_true(host_receive(exact, len, flags[i >> 1] | NIC_RX_FCS));
        }
        g_free(exact);
    }
    host_stop();
}

/* More than 4 KiB: only with AER, the first 4 KiB, marked RWT or LONG */
static void test_over(void)
{
    for (unsigned aer = 0; aer < 2; aer++) {
        card_start_cp(4, 1536, aer << 5);
        g_assert_true(card_offer(card_mac, 9000, 0));
        g_assert_cmpuint(card_event("rx-bad"), ==, !aer);
        g_assert_cmphex(get32(RX_AT + 32) & (uint32_t)D_OWN, ==,
                        aer ? 0 : (uint32_t)D_OWN);
        if (aer) {
            g_assert_cmphex(get32(RX_AT), ==, D_FS | 1536);
            g_assert_cmphex(get32(RX_AT + 32), ==,
                            D_LS | 1 << 25 | 1 << 21 | 1 << 20 | 4096);
            g_assert_cmpmem(host.ram + BUF_AT + 2 * BUF_STRIDE, 1024,
                            card_frame(card_mac, 9000) + 3072, 1024);
            g_assert_cmphex(host.ram[BUF_AT + 2 * BUF_STRIDE + 1024], ==,
                            BUF_FILL);
        }
        card_start_c("rtl8139-8139c", 1, aer << 5);
        g_assert_true(card_offer(card_mac, 4101, 0));
        g_assert_cmphex(rd16(CBR), ==, aer ? 4100 : 0);
        if (aer) {
            g_assert_cmphex(get32(RING_AT), ==, 4096 << 16 | 0x4008);
        }
    }
    host_stop();
}

/* The whole ring is too small: what fits, and BOVF */
static void test_buffer_overflow(void)
{
    card_start_cp(2, 256, 0);
    g_assert_true(card_offer(card_mac, 1000, 0));
    g_assert_cmphex(get32(RX_AT), ==, D_FS | 256);
    g_assert_cmphex(get32(RX_AT + 16), ==,
                    D_EOR | D_LS | 1 << 25 | 1 << 23 | 512);
    g_assert_cmpmem(host.ram + BUF_AT + BUF_STRIDE, 256,
                    card_frame(card_mac, 1000) + 256, 256);
    g_assert_cmphex(card_ack(), ==, INT_RXOVW);
    g_assert_cmpuint(card_event("rx-missed"), ==, 1);
    host_stop();
}

/* CVE-2016-8910's kind: every descriptor ours, sizes of 0, no EOR */
static void test_no_end(void)
{
    card_start_cp(64, 0, 0);
    put32(RX_AT + 63 * 16, (uint32_t)D_OWN);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmphex(card_ack(), ==, INT_RXOVW);
    g_assert_cmphex(get32(RX_AT + 63 * 16), ==, D_LS | 1 << 25 | 1 << 23);
    put32(RX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmphex(get32(RX_AT), ==, D_EOR | D_FS | D_LS | 1 << 25 | 1 << 23);
    g_assert_cmphex(card_ack(), ==, INT_RXOVW);
    host_stop();
}

/* 8139too after an error: RE off and on, offset 0 again, CAPR untouched */
static void test_recovery(void)
{
    card_start_c("rtl8139-8139b", 2, RCR_WRAP);
    g_assert_true(card_offer(card_mac, 60, 0));
    wr8(CR, CR_TE);
    wr8(CR, CR_RE | CR_TE);
    g_assert_cmphex(rd(CAPR), ==, 0x0000fff0);
    g_assert_cmphex(rd8(CR), ==, CR_RE | CR_TE | CR_BUFE);
    g_assert_cmphex(rd8(ERSR), ==, 0);
    g_assert_true(card_offer(card_mac, 100, 0));
    expect_ring(0, 0x4001, card_mac, 100, 32768, true);
    g_assert_cmphex(rd8(ERSR), ==, 0x0a);
    wr8(ERSR, 0x0e);
    g_assert_cmphex(rd8(ERSR), ==, 0);
    wr(RCR, 0x2e);
    g_assert_true(card_offer(card_mac, 100, 1));
    g_assert_cmphex(rd8(ERSR), ==, 0x06);
    host_stop();
}

/* Frames that came while the driver was away are not lost when it is back */
static void test_late_bus_master(void)
{
    card_start_c("rtl8139", 0, 0);
    nic_set_bus_master(host.nic, false);
    g_assert_false(card_offer(card_mac, 60, 0));
    nic_set_bus_master(host.nic, true);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(card_offer(card_mac, 60, 0));
    host_stop();
}

/* RE before the ring has an address (fcce6fd25f in QEMU): nothing goes to 0 */
static void test_no_ring(void)
{
    for (unsigned cplus = 0; cplus < 2; cplus++) {
        host_start("rtl8139");
        memset(host.ram, 0xff, 256);
        wr16(CPCR, cplus ? 3 : 0);
        wr8(CR, CR_RE | CR_TE);
        wr(RCR, 0x0e);
        card_ack();
        g_assert_false(card_offer(card_mac, 60, 0));
        host_receive(card_frame(card_mac, 60), 60, NIC_RX_LOOPED);
        g_assert_cmphex(card_ack(), ==, INT_FOVW);
        g_assert_false(card_offer(card_mac, 60, 0));
        for (unsigned i = 0; i < 256; i++) {
            g_assert_cmphex(host.ram[i], ==, 0xff);
        }
        card_desc(RX_AT, (uint32_t)D_OWN | 1536, 0, BUF_AT);
        host.ready = 0;
        wr(cplus ? RDSAR : RBSTART, cplus ? RX_AT : RING_AT);
        g_assert_cmpuint(host.ready, ==, 1);
        g_assert_true(card_offer(card_mac, 60, 0));
        g_assert_cmphex(card_ack(), ==, INT_ROK);
    }
    host_stop();
}

static void test_query_filter(void)
{
    struct nic_filter f;

    card_start_c("rtl8139", 0, 0);
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpmem(f.mac, 6, card_mac, 6);
    g_assert_true(f.broadcast_allowed && !f.promiscuous);
    g_assert_cmpint(f.unicast, ==, NIC_FILTER_NORMAL);
    g_assert_cmpint(f.multicast, ==, NIC_FILTER_NONE);
    wr(MAR, UINT32_MAX);
    wr(MAR + 4, UINT32_MAX);
    wr(RCR, 0x0f);
    host.nic->model->filter(host.nic, &f);
    g_assert_true(f.promiscuous);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtl8139/rx/c/ring", test_c_ring);
    g_test_add_func("/rtl8139/rx/c/wrap", test_c_wrap);
    g_test_add_func("/rtl8139/rx/c/cbr", test_c_cbr);
    g_test_add_func("/rtl8139/rx/c/full", test_c_full);
    g_test_add_func("/rtl8139/rx/c/oversize", test_c_oversize);
    g_test_add_func("/rtl8139/rx/errors", test_errors);
    g_test_add_func("/rtl8139/rx/filter", test_filter);
    g_test_add_func("/rtl8139/rx/cp/ring", test_cp_ring);
    g_test_add_func("/rtl8139/rx/cp/scatter", test_cp_scatter);
    g_test_add_func("/rtl8139/rx/cp/pressure", test_cp_pressure);
    g_test_add_func("/rtl8139/rx/c/burst", test_c_burst);
    g_test_add_func("/rtl8139/rx/cp/burst", test_cp_burst);
    g_test_add_func("/rtl8139/rx/cp/burst-scatter", test_cp_burst_scatter);
    g_test_add_func("/rtl8139/rx/cp/burst-ends", test_cp_burst_ends);
    g_test_add_func("/rtl8139/rx/cp/vlan", test_cp_vlan);
    g_test_add_func("/rtl8139/rx/cp/sums", test_cp_sums);
    g_test_add_func("/rtl8139/rx/over", test_over);
    g_test_add_func("/rtl8139/rx/cp/overflow", test_buffer_overflow);
    g_test_add_func("/rtl8139/rx/cp/no-end", test_no_end);
    g_test_add_func("/rtl8139/rx/lengths", test_lengths);
    g_test_add_func("/rtl8139/rx/fault", test_fault);
    g_test_add_func("/rtl8139/rx/recovery", test_recovery);
    g_test_add_func("/rtl8139/rx/late-bus-master", test_late_bus_master);
    g_test_add_func("/rtl8139/rx/no-ring", test_no_ring);
    g_test_add_func("/rtl8139/rx/query-filter", test_query_filter);
    return g_test_run();
}
