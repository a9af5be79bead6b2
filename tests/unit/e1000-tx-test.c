// SPDX-License-Identifier: MIT
/*
 * e1000-tx-test.c - transmission of the e1000
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    RING = 0x10000,
    DATA = 0x40000,
};

/* CMD and POPTS where they are in a descriptor */
#define EOP       (1u << 24)
#define IFCS      (1u << 25)
#define IC        (1u << 26)
#define TSE       (1u << 26)
#define RS        (1u << 27)
#define RPS       (1u << 28)
#define DEXT      (1u << 29)
#define DTYP_DATA (1u << 20)
#define VLE       (1u << 30)
#define IDE       (1u << 31)
#define TUCMD_TCP (1u << 24)
#define TUCMD_IP  (1u << 25)
#define IXSM      (1u << 8)
#define TXSM      (1u << 9)
#define DD        1u

/* A ring of @n descriptors at RING, transmitter on */
static void start(const char *model, unsigned n)
{
    host_start(model);
    for (unsigned i = 0; i < 0x4000; i++) {
        host.ram[DATA + i] = (uint8_t)(i * 7 + (i >> 8));
    }
    wr(TDBAL, RING);
    wr(TDLEN, n * 16);
    wr(TCTL, TCTL_EN);
    rd(ICR);
}

static void desc(unsigned i, uint64_t at, uint32_t lower, uint32_t upper)
{
    put64(RING + 16 * i, at);
    put32(RING + 16 * i + 8, lower);
    put32(RING + 16 * i + 12, upper);
}

/* A context: IPv4 at 14, TCP at 34, sums where those have them */
static void context(unsigned i, uint32_t tucmd, uint32_t paylen,
                    uint32_t hdrlen, uint32_t mss)
{
    uint64_t offsets = 14 | 24 << 8 | 33 << 16 | 34ull << 32 | 50ull << 40;

    desc(i, offsets, paylen | tucmd | DEXT, hdrlen << 8 | mss << 16);
}

static bool is_done(unsigned i)
{
    return get32(RING + 16 * i + 12) & DD;
}

static void assert_sent(unsigned i, uint32_t at, uint32_t len)
{
    g_assert_cmpuint(host.n_sent, >, i);
    g_assert_cmpmem(host.sent[i].data, host.sent[i].frame.len, host.ram + at,
                    len);
}

/* One packet in two buffers; DD and ICR_TXDW only where RS asks for them */
static void test_legacy(void)
{
    start("e1000", 16);
    wr(IMS, ICR_TXDW);
    desc(0, DATA, 100 | IFCS, 0);
    desc(1, DATA + 0x1000, 500 | EOP | IFCS | RS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 600);
    g_assert_cmpmem(host.sent[0].data, 100, host.ram + DATA, 100);
    g_assert_cmpmem(host.sent[0].data + 100, 500, host.ram + DATA + 0x1000,
                    500);
    g_assert_false(is_done(0));
    g_assert_true(is_done(1));
    g_assert_cmpuint(rd(TDH), ==, 2);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_TXDW | ICR_TXQE | ICR_TXD_LOW);
    g_assert_false(host.irq);
}

/* Neither address nor length: no data, but RS is honoured (SDM p50) */
static void test_empty(void)
{
    start("e1000", 16);
    desc(0, 0, 64 | RS, 0);
    desc(1, DATA, 0 | RS, 0);
    desc(2, DATA, 64 | EOP | IFCS | RS, 0);
    desc(3, 0, EOP | RS, 0);
    wr(TDT, 4);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA, 64);
    for (unsigned i = 0; i < 4; i++) {
        g_assert_true(is_done(i));
    }
}

/* The 82544 reports on RPS like on RS, the others do not */
static void test_rps(void)
{
    start("e1000-82544gc", 16);
    desc(0, DATA, 64 | EOP | IFCS | RPS, 0);
    wr(TDT, 1);
    g_assert_true(is_done(0));
    g_assert_cmphex(rd(ICR), ==, ICR_TXDW | ICR_TXQE);
    start("e1000-82545em", 16);
    desc(0, DATA, 64 | EOP | IFCS | RPS, 0);
    wr(TDT, 1);
    g_assert_false(is_done(0));
}

static void assert_csum(struct nic_csum c, unsigned first, unsigned at,
                        unsigned end)
{
    g_assert_cmpuint(c.start, ==, first);
    g_assert_cmpuint(c.at, ==, at);
    g_assert_cmpuint(c.end, ==, end);
}

/* Legacy insertion: CSS from the first descriptor, CSO and IC from the last */
static void test_legacy_csum(void)
{
    start("e1000", 16);
    desc(0, DATA, 60 | IFCS, 14 << 8);
    desc(1, DATA + 60, 40 | EOP | IFCS | IC | 24 << 16, 0);
    /* Ignored: CSS or CSO not inside */
    desc(2, DATA, 60 | EOP | IFCS | IC | 24 << 16, 60 << 8);
    desc(3, DATA, 60 | EOP | IFCS | IC | 59 << 16, 14 << 8);
    desc(4, DATA, 60 | EOP | IFCS | IC | 58 << 16, 59 << 8);
    wr(TDT, 5);
    g_assert_cmpuint(host.n_sent, ==, 4);
    assert_csum(host.sent[0].frame.csum[0], 14, 24, 0);
    assert_csum(host.sent[1].frame.csum[0], 0, 0, 0);
    assert_csum(host.sent[2].frame.csum[0], 0, 0, 0);
    assert_csum(host.sent[3].frame.csum[0], 59, 58, 0);
}

/* CTRL.VME and VLE insert VET and the descriptor's tag; sums move with it */
static void test_vlan(void)
{
    static const uint8_t tag[4] = { 0x81, 0x00, 0x20, 0x05 };

    start("e1000", 16);
    wr(CTRL, CTRL_SLU | CTRL_VME);
    desc(0, DATA, 300 | EOP | IFCS | IC | VLE | 24 << 16,
         14 << 8 | 0x2005u << 16);
    desc(1, DATA, 10 | EOP | IFCS | VLE, 0x2005u << 16);
    wr(TDT, 2);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 304);
    g_assert_cmpmem(host.sent[0].data, 12, host.ram + DATA, 12);
    g_assert_cmpmem(host.sent[0].data + 12, 4, tag, 4);
    g_assert_cmpmem(host.sent[0].data + 16, 288, host.ram + DATA + 12, 288);
    assert_csum(host.sent[0].frame.csum[0], 18, 28, 0);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 10);
    wr(CTRL, CTRL_SLU);
    desc(2, DATA, 300 | EOP | IFCS | VLE, 0x2005u << 16);
    wr(TDT, 3);
    g_assert_cmpuint(host.sent[2].frame.len, ==, 300);
}

/* Data descriptors use the normal context, latched at the first of a packet */
static void test_context(void)
{
    start("e1000", 16);
    context(0, TUCMD_TCP | TUCMD_IP, 0, 0, 0);
    desc(1, DATA, 100 | DEXT | DTYP_DATA | IFCS, IXSM | TXSM);
    /* A change in mid-packet, and one of the other context */
    desc(2, ~0ull, DEXT | TUCMD_IP, 0);
    context(3, TUCMD_TCP | TUCMD_IP | TSE, 1, 54, 1);
    desc(4, DATA + 100, 100 | DEXT | DTYP_DATA | IFCS | EOP, 0);
    wr(TDT, 5);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA, 200);
    assert_csum(host.sent[0].frame.csum[0], 14, 24, 34);
    assert_csum(host.sent[0].frame.csum[1], 34, 50, 0);
    g_assert_cmpint(host.sent[0].frame.gso.type, ==, NIC_GSO_NONE);
    /* POPTS of a later descriptor mean nothing, nor do offsets beyond */
    desc(5, DATA, 100 | DEXT | DTYP_DATA | IFCS, 0);
    desc(6, DATA, 100 | DEXT | DTYP_DATA | IFCS | EOP, IXSM | TXSM);
    desc(7, DATA, 100 | DEXT | DTYP_DATA | IFCS | EOP, IXSM | TXSM);
    wr(TDT, 8);
    g_assert_cmpuint(host.n_sent, ==, 3);
    assert_csum(host.sent[1].frame.csum[0], 0, 0, 0);
    assert_csum(host.sent[1].frame.csum[1], 0, 0, 0);
    assert_csum(host.sent[2].frame.csum[0], 0, 0, 0);
    assert_csum(host.sent[2].frame.csum[1], 0, 0, 0);
}

/* A 4 KiB segmentation, its description and its statistics */
static void test_tso(void)
{
    const struct nic_gso *gso = &host.sent[0].frame.gso;
    const uint32_t segments = 3, payload = 2 * 1460 + 100;

    start("e1000", 16);
    memset(host.ram + DATA, 0xff, 6);
    context(0, TUCMD_TCP | TUCMD_IP | TSE, payload, 54, 1460);
    desc(1, DATA, 54 | DEXT | DTYP_DATA | TSE | IFCS, IXSM | TXSM);
    desc(2, DATA + 0x1000, 2000 | DEXT | DTYP_DATA | TSE, 0);
    desc(3, DATA + 0x2000, (payload - 2000) | DEXT | DTYP_DATA | TSE | EOP | RS,
         0);
    wr(TDT, 4);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 54 + payload);
    g_assert_cmpmem(host.sent[0].data + 54, 2000, host.ram + DATA + 0x1000,
                    2000);
    g_assert_cmpint(gso->type, ==, NIC_GSO_TCP);
    g_assert_false(gso->ipv6);
    g_assert_cmpuint(gso->mss, ==, 1460);
    g_assert_cmpuint(gso->hdr_len, ==, 54);
    g_assert_cmpuint(gso->ip, ==, 14);
    g_assert_cmpuint(gso->l4, ==, 34);
    assert_csum(host.sent[0].frame.csum[0], 14, 24, 34);
    assert_csum(host.sent[0].frame.csum[1], 34, 50, 0);
    g_assert_true(is_done(3));
    g_assert_cmpuint(rd(TPT), ==, segments);
    g_assert_cmpuint(rd(BPTC), ==, segments);
    g_assert_cmpuint(rd(GOTCL), ==, payload + segments * (54 + 4));
    g_assert_cmpuint(rd(PTC1522), ==, 2);
    g_assert_cmpuint(rd(TSCTC), ==, 1);
    g_assert_cmpuint(rd(TSCTFC), ==, 0);
}

/* With a tag, which the first descriptor asks for, all offsets move */
static void test_tso_vlan_udp6(void)
{
    const struct nic_gso *gso = &host.sent[0].frame.gso;

    start("e1000-82545em", 16);
    wr(CTRL, CTRL_SLU | CTRL_VME);
    desc(0, 14 | 54ull << 32 | 60ull << 40, 3000 | TSE | DEXT,
         62 << 8 | 1000u << 16);
    desc(1, DATA, 62 | DEXT | DTYP_DATA | TSE | VLE, TXSM | 7u << 16);
    desc(2, DATA + 62, 3000 | DEXT | DTYP_DATA | TSE | EOP, 9u << 16);
    wr(TDT, 3);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpint(gso->type, ==, NIC_GSO_UDP);
    g_assert_true(gso->ipv6);
    g_assert_cmpuint(gso->hdr_len, ==, 66);
    g_assert_cmpuint(gso->ip, ==, 18);
    g_assert_cmpuint(gso->l4, ==, 58);
    assert_csum(host.sent[0].frame.csum[1], 58, 64, 0);
    g_assert_cmphex(be16_at(host.sent[0].data + 14), ==, 7);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 3066);
    g_assert_cmpuint(rd(TPT), ==, 3);
    g_assert_cmpuint(rd(TOTL), ==, 3 * (1066 + 4));
}

/* Contexts that make no sense: CVE-2015-6815, CVE-2022-23087 and relatives */
static void test_tso_insane(void)
{
    static const struct {
        uint32_t paylen, hdrlen, mss, ip, l4;
    } bad[] = {
        { 3000, 0, 0, 14, 34 },      { 3000, 54, 0, 14, 34 },
        { 3000, 0, 1460, 14, 34 },   { 0, 54, 1460, 14, 34 },
        { 3000, 54, 1460, 49, 34 },  { 3000, 54, 1460, 255, 34 },
        { 3000, 54, 1460, 14, 41 },  { 3000, 54, 1460, 14, 255 },
        { 3000, 54, 65535, 14, 34 },
    };
    unsigned tail = 0;

    start("e1000", 64);
    for (unsigned i = 0; i < NIC_N(bad); i++) {
        desc(tail, bad[i].ip | (uint64_t)bad[i].l4 << 32,
             bad[i].paylen | TUCMD_TCP | TUCMD_IP | TSE | DEXT,
             bad[i].hdrlen << 8 | bad[i].mss << 16);
        desc(tail + 1, DATA, 3054 | DEXT | DTYP_DATA | TSE | EOP | RS, 0);
        tail += 2;
        wr(TDT, tail);
        g_assert_cmpuint(host.n_sent, ==, 0);
        g_assert_true(is_done(tail - 1));
        g_assert_cmpuint(rd(TDH), ==, tail);
    }
    g_assert_cmpuint(rd(TSCTFC), ==, NIC_N(bad));
    g_assert_cmpuint(rd(TPT), ==, 0);
    /* A megabyte in segments of one byte */
    context(0, TUCMD_TCP | TUCMD_IP | TSE, 0xfffff, 54, 1);
    desc(1, 0x100, 0xfffff | DEXT | DTYP_DATA | TSE, 0);
    desc(2, 0x100, 54 | DEXT | DTYP_DATA | TSE | EOP, 0);
    wr(TDH, 0);
    wr(TDT, 3);
    g_assert_cmpuint(host.n_sent, ==, 0);
}

/* The descriptors hold more or less than the context said (SDM p63) */
static void test_tso_mismatch(void)
{
    start("e1000", 16);
    context(0, TUCMD_TCP | TUCMD_IP | TSE, 2000, 54, 1000);
    desc(1, DATA, 3000 | DEXT | DTYP_DATA | TSE | EOP, 0);
    desc(2, DATA, 1000 | DEXT | DTYP_DATA | TSE | EOP, 0);
    wr(TDT, 3);
    g_assert_cmpuint(host.n_sent, ==, 2);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 2054);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 1000);
    g_assert_cmpuint(rd(TSCTFC), ==, 2);
}

/* A long packet without EOP: CVE-2012-0029; and one in too many buffers */
static void test_endless(void)
{
    start("e1000", 4096);
    for (unsigned i = 0; i < 3000; i++) {
        desc(i, DATA + (i & 1) * 0x1000, 0x4000 | RS, 0);
    }
    wr(TDT, 3000);
    g_assert_cmpuint(rd(TDH), ==, 3000);
    desc(3000, DATA, 60 | EOP | RS, 0);
    desc(3001, DATA, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 3002);
    g_assert_cmpuint(host.n_sent, ==, 1);
    for (unsigned i = 0; i < 3002; i++) {
        g_assert_true(is_done(i));
    }
    for (unsigned i = 0; i < 257; i++) {
        desc(i, DATA + 2 * i, 1 | (i == 256 ? EOP : 0), 0);
    }
    wr(TDH, 0);
    wr(TDT, 257);
    g_assert_cmpuint(host.n_sent, ==, 1);
}

/* The longest packet, and one byte more */
static void test_longest(void)
{
    start("e1000", 16);
    desc(0, DATA, 16288 | EOP | IFCS, 0);
    desc(1, DATA, 16289 | EOP | IFCS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA, 16288);
    g_assert_cmpuint(rd(TPT), ==, 1);
}

/* TCTL.PSP pads to 64 with the FCS; a frame with its own FCS stays */
static void test_padding(void)
{
    start("e1000", 16);
    desc(0, DATA, 20 | EOP | IFCS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 20);
    g_assert_cmpuint(rd(GPTC), ==, 0);
    g_assert_cmpuint(rd(TPT), ==, 1);
    wr(TCTL, TCTL_EN | TCTL_PSP);
    desc(1, DATA, 20 | EOP | IFCS, 0);
    desc(2, DATA, 40 | EOP, 0);
    wr(TDT, 3);
    g_assert_cmpuint(host.sent[1].frame.len, ==, 60);
    g_assert_cmpmem(host.sent[1].data, 20, host.ram + DATA, 20);
    for (unsigned i = 20; i < 60; i++) {
        g_assert_cmphex(host.sent[1].data[i], ==, 0);
    }
    g_assert_false(host.sent[1].frame.has_fcs);
    g_assert_cmpuint(host.sent[2].frame.len, ==, 40);
    g_assert_true(host.sent[2].frame.has_fcs);
    g_assert_cmpuint(rd(PTC64), ==, 1);
    g_assert_cmpuint(rd(TPT), ==, 2);
    g_assert_cmpuint(rd(TOTL), ==, 24 + 64 + 40);
    g_assert_cmpuint(rd(TOTH), ==, 0);
    g_assert_cmpuint(rd(TOTL), ==, 0);
}

/* No ring, however long, makes a visit long */
static void test_bounded(void)
{
    start("e1000", 4096);
    for (unsigned i = 0; i < 4095; i++) {
        desc(i, DATA, 60 | EOP | IFCS, 0);
    }
    nic_write(host.nic, 0, TDT, 4, 4095);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_true(nic_run(host.nic));
    g_assert_cmpuint(host.n_sent, ==, 64);
    g_assert_cmpuint(host_run(), ==, 63);
    g_assert_cmpuint(host.n_sent, ==, 4095);
    /* By bytes, too */
    host.n_sent = 0;
    for (unsigned i = 0; i < 64; i++) {
        desc(i, DATA, 16000 | EOP | IFCS, 0);
    }
    wr(TDH, 0);
    nic_write(host.nic, 0, TDT, 4, 64);
    g_assert_true(nic_run(host.nic));
    g_assert_cmpuint(host.n_sent, ==, 17);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 64);
}

/* The host's wish to pause ends a visit; it wakes the card by itself */
static void test_host_full(void)
{
    start("e1000", 16);
    for (unsigned i = 0; i < 3; i++) {
        desc(i, DATA, 60 | EOP | IFCS | RS, 0);
    }
    host.full = true;
    wr(TDT, 3);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(rd(TDH), ==, 1);
    g_assert_true(is_done(0));
    g_assert_false(is_done(1));
    host.full = false;
    nic_kick(host.nic, 1);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 3);
}

/* CVE-2016-1981: pointers outside the ring; and a ring without length */
static void test_bad_ring(void)
{
    start("e1000", 16);
    wr(TDH, 0xffff);
    wr(TDT, 5);
    g_assert_cmpuint(rd(TDH), ==, 0xffff);
    wr(TDH, 3);
    wr(TDT, 16);
    g_assert_cmpuint(rd(TDH), ==, 3);
    wr(TDLEN, 0);
    wr(TDT, 5);
    g_assert_cmpuint(rd(TDH), ==, 3);
    g_assert_cmpuint(host.n_sent, ==, 0);
    /* Past the end of memory: what is there is sent, then the ring stops */
    wr(TDLEN, 256);
    wr(TDBAL, HOST_RAM - 0x20);
    put64(HOST_RAM - 0x20, DATA);
    put32(HOST_RAM - 0x18, 60 | EOP | IFCS);
    wr(TDH, 0);
    wr(TDT, 8);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(rd(TDH), ==, 2);
}

/* A buffer that is not memory stops the ring until it is */
static void test_bad_buffer(void)
{
    start("e1000", 16);
    desc(0, DATA, 60 | IFCS, 0);
    desc(1, 0x70000000, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmpuint(rd(TDH), ==, 1);
    g_assert_false(is_done(1));
    desc(1, DATA + 60, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA, 120);
    g_assert_cmpuint(host.nic->dma_faults, ==, 1);
}

/* CVE-2021-3750 and relatives: DMA aimed at the card itself */
static void test_own_bar(void)
{
    start("e1000", 16);
    wr(TDBAL, HOST_BAR);
    wr(TDT, 4);
    g_assert_cmpuint(host.nic->refused, >, 0);
    wr(TDBAL, RING);
    wr(TDH, 0);
    desc(0, HOST_BAR + TDT, 60 | EOP | RS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(rd(TDH), ==, 1);
}

/* DPDK and others reuse a buffer when they see DD */
static unsigned written_back;

static void watch_dd(gpa_t at, size_t len, bool write)
{
    if (write) {
        g_assert_cmpuint(host.n_sent, >, written_back);
        written_back++;
    }
}

static void test_dd_last(void)
{
    start("e1000", 16);
    for (unsigned i = 0; i < 8; i++) {
        desc(i, DATA, 60 | (i & 1 ? EOP | RS : 0), 0);
    }
    written_back = 0;
    host.at_dma = watch_dd;
    wr(TDT, 8);
    host.at_dma = NULL;
    g_assert_cmpuint(written_back, ==, 4);
}

/* What the guest writes into a descriptor after the doorbell is not seen */
static void spoil_ring(gpa_t at, size_t len, bool write)
{
    if (at.addr >= DATA) {
        memset(host.ram + RING, 0xff, 16 * 16);
    }
}

static void test_prefetch(void)
{
    start("e1000", 16);
    for (unsigned i = 0; i < 8; i++) {
        desc(i, DATA, 60 | EOP | IFCS, 0);
    }
    host.at_dma = spoil_ring;
    wr(TDT, 8);
    host.at_dma = NULL;
    g_assert_cmpuint(host.n_sent, ==, 8);
    assert_sent(7, DATA, 60);
}

/* Wrap-around, and software that hands over a packet in parts */
static void test_wrap(void)
{
    start("e1000", 8);
    wr(TDH, 6);
    wr(TDT, 6);
    desc(6, DATA, 100 | RS, 0);
    wr(TDT, 7);
    g_assert_true(is_done(6));
    g_assert_cmpuint(host.n_sent, ==, 0);
    desc(7, DATA + 100, 100, 0);
    desc(0, DATA + 200, 100 | EOP | IFCS | RS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA, 300);
    g_assert_true(is_done(0));
    g_assert_cmpuint(rd(TDH), ==, 1);
}

/* Half a packet of a ring that software gave up is not in the next one */
static void test_forgotten(void)
{
    start("e1000", 8);
    desc(0, DATA, 100, 0);
    wr(TDT, 1);
    wr(TCTL, 0);
    wr(TDBAL, RING);
    wr(TDH, 0);
    wr(TDT, 0);
    desc(0, DATA + 500, 70 | EOP | IFCS, 0);
    wr(TCTL, TCTL_EN);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_sent(0, DATA + 500, 70);
}

/* Buffers that lie side by side are one piece for the host */
static void test_merge(void)
{
    start("e1000", 1024);
    for (unsigned i = 0; i < 512; i++) {
        desc(i, DATA + 16 * i, 16 | (i == 511 ? EOP | IFCS : 0), 0);
    }
    wr(TDT, 512);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(host.sent[0].frame.n_pieces, ==, 1);
    assert_sent(0, DATA, 512 * 16);
}

/* Write-back threshold: waits only where a timer will end the wait */
static void test_wthresh(void)
{
    start("e1000", 64);
    wr(TXDCTL, 4 << 16 | 1 << 24);
    wr(TIDV, 10);
    for (unsigned i = 0; i < 8; i++) {
        desc(i, DATA, 60 | EOP | IFCS | RS | IDE, 0);
    }
    wr(TDT, 3);
    g_assert_false(is_done(0));
    wr(TDT, 4);
    g_assert_true(is_done(0));
    g_assert_true(is_done(3));
    wr(TDT, 6);
    g_assert_false(is_done(5));
    host_step(10 * 1024);
    g_assert_true(is_done(5));
    desc(6, DATA, 60 | EOP | IFCS | RS | IDE, 0);
    desc(7, DATA, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 7);
    g_assert_false(is_done(6));
    wr(TDT, 8);
    g_assert_true(is_done(6));
    g_assert_true(is_done(7));
    /* Without a delay nothing waits */
    wr(TIDV, 0);
    desc(8, DATA, 60 | EOP | IFCS | RS | IDE, 0);
    wr(TDT, 9);
    g_assert_true(is_done(8));
}

/* ICR_TXD_LOW when the descriptors left fall to 8 * LWTHRESH */
static void test_low(void)
{
    start("e1000", 64);
    for (unsigned i = 0; i < 64; i++) {
        desc(i, DATA, 60 | EOP | IFCS, 0);
    }
    wr(TXDCTL, 1u << 25);
    host.full = true;
    wr(TDT, 10);
    g_assert_cmphex(rd(ICR), ==, 0);
    nic_kick(host.nic, 1);
    host_run();
    g_assert_cmpuint(rd(TDH), ==, 2);
    g_assert_cmphex(rd(ICR), ==, ICR_TXD_LOW);
    nic_kick(host.nic, 1);
    host_run();
    g_assert_cmphex(rd(ICR), ==, 0);
}

/* Nothing is lost when the transmitter is switched off and on */
static void test_enable(void)
{
    start("e1000", 16);
    wr(TCTL, 0);
    desc(0, DATA, 60 | EOP | IFCS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 0);
    wr(TCTL, TCTL_EN);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* Windows 10 enables first and then sets up the ring (bhyve D26798) */
    host_start("e1000");
    wr(TCTL, TCTL_EN);
    wr(TDBAL, RING);
    wr(TDBAH, 0);
    wr(TDLEN, 256);
    wr(TDH, 0);
    wr(TDT, 0);
    desc(0, DATA, 60 | EOP | IFCS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* Some guests turn bus mastering on late */
    nic_set_bus_master(host.nic, false);
    desc(1, DATA, 60 | EOP | IFCS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 1);
    nic_set_bus_master(host.nic, true);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 2);
}

/* Without a link packets are completed, but lost */
static void test_no_link(void)
{
    start("e1000", 16);
    nic_set_link(host.nic, false);
    desc(0, DATA, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_true(is_done(0));
    g_assert_cmpuint(rd(DC), ==, 1);
    g_assert_cmpuint(rd(TPT), ==, 0);
    /* Loopback needs none */
    wr(RCTL, RCTL_LBM_TCVR);
    desc(1, DATA, 60 | EOP | IFCS | RS, 0);
    wr(TDT, 2);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(host.sent[0].frame.loop);
}

/* Size classes and kinds of addresses */
static void test_statistics(void)
{
    start("e1000", 16);
    memset(host.ram + DATA, 0xff, 6);
    host.ram[DATA + 0x1000] = 1;
    host.ram[DATA + 0x2000] = 2;
    desc(0, DATA, 60 | EOP | IFCS, 0);
    desc(1, DATA + 0x1000, 61 | EOP | IFCS, 0);
    desc(2, DATA + 0x2000, 1020 | EOP | IFCS, 0);
    wr(TDT, 3);
    g_assert_cmpuint(rd(BPTC), ==, 1);
    g_assert_cmpuint(rd(MPTC), ==, 1);
    g_assert_cmpuint(rd(GPTC), ==, 3);
    g_assert_cmpuint(rd(PTC64), ==, 1);
    g_assert_cmpuint(rd(PTC127), ==, 1);
    g_assert_cmpuint(rd(PTC1522), ==, 1);
    g_assert_cmpuint(rd(GOTCL), ==, 64 + 65 + 1024);
    g_assert_cmpuint(rd(GOTCH), ==, 0);
    g_assert_cmpuint(rd(GOTCL), ==, 0);
}

/* A packet in the making survives saving and loading */
static void test_save(void)
{
    static uint8_t state[1 << 20];
    size_t size;

    start("e1000", 16);
    context(0, TUCMD_TCP | TUCMD_IP, 0, 0, 0);
    desc(1, DATA, 100 | DEXT | DTYP_DATA | IFCS, IXSM | TXSM);
    wr(TDT, 2);
    size = nic_save(host.nic, state, sizeof(state));
    g_assert_cmpuint(size, <, sizeof(state));
    start("e1000", 16);
    g_assert_null(nic_load(host.nic, state, size));
    desc(2, DATA + 100, 100 | DEXT | DTYP_DATA | IFCS | EOP, 0);
    wr(TDT, 3);
    g_assert_cmpuint(host.n_sent, ==, 1);
    assert_csum(host.sent[0].frame.csum[1], 34, 50, 0);
    g_assert_cmpuint(host.sent[0].frame.len, ==, 200);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "legacy", test_legacy },
        { "empty", test_empty },
        { "rps", test_rps },
        { "legacy-csum", test_legacy_csum },
        { "vlan", test_vlan },
        { "context", test_context },
        { "tso", test_tso },
        { "tso-vlan-udp6", test_tso_vlan_udp6 },
        { "tso-insane", test_tso_insane },
        { "tso-mismatch", test_tso_mismatch },
        { "endless", test_endless },
        { "longest", test_longest },
        { "padding", test_padding },
        { "bounded", test_bounded },
        { "host-full", test_host_full },
        { "bad-ring", test_bad_ring },
        { "bad-buffer", test_bad_buffer },
        { "own-bar", test_own_bar },
        { "dd-last", test_dd_last },
        { "prefetch", test_prefetch },
        { "wrap", test_wrap },
        { "forgotten", test_forgotten },
        { "merge", test_merge },
        { "wthresh", test_wthresh },
        { "low", test_low },
        { "enable", test_enable },
        { "no-link", test_no_link },
        { "statistics", test_statistics },
        { "save", test_save },
    };
    int failed;

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < NIC_N(tests); i++) {
        char *path = g_strconcat("/e1000/tx/", tests[i].name, NULL);

        g_test_add_func(path, tests[i].run);
        g_free(path);
    }
    failed = g_test_run();
    host_stop();
    return failed;
}
