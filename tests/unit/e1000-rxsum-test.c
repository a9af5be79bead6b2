// SPDX-License-Identifier: MIT
/*
 * e1000-rxsum-test.c - receive checksums of the e1000
 *
 * The expected sums are computed here byte by byte, over the frame as it lies
 * in guest memory.
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

enum {
    ALL = RXCSUM_IPOFLD | RXCSUM_TUOFLD | RXCSUM_IPV6OFL,
    TCP = 6,
    UDP = 17,
};

static uint16_t sum_of(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/**
 * struct packet - An IP packet in a frame
 * @ip, @l4, @end: Offsets
 */
struct packet {
    struct frame f;
    size_t ip, l4, end;
};

static void set_l4_sum(struct packet *p, uint8_t proto)
{
    uint8_t *l4 = p->f.data + p->l4;
    uint8_t *at = l4 + (proto == TCP ? 16 : 6);
    bool v6 = p->f.data[p->ip] >> 4 == 6;
    size_t len = p->end - p->l4;
    uint32_t pseudo = sum_of(p->f.data + p->ip + (v6 ? 8 : 12), v6 ? 32 : 8,
                             (uint32_t)(proto + len));
    uint16_t sum;

    if (proto == UDP) {
        be16_store(l4 + 4, (uint16_t)len);
    }
    be16_store(at, 0);
    sum = (uint16_t)~sum_of(l4, len, pseudo);
    /* RFC 768: a UDP sum of 0 says that there is none */
    be16_store(at, proto == UDP && !sum ? UINT16_MAX : sum);
}

static void set_ip_sum(struct packet *p)
{
    uint8_t *ip = p->f.data + p->ip;

    be16_store(ip + 10, 0);
    be16_store(ip + 10, (uint16_t)~sum_of(ip, (ip[0] & 15) * 4, 0));
}

/* IPv4 with @options words of options and @len bytes behind the header */
static void make_ip4(struct packet *p, uint8_t proto, unsigned options,
                     size_t len)
{
    size_t hdr = 20 + options * 4, total = hdr + len;
    uint8_t *ip;

    p->ip = 14;
    p->l4 = p->ip + hdr;
    p->end = p->ip + total;
    frame_init(&p->f, ring_mac, 0x0800, MAX(p->end, 60));
    ip = p->f.data + p->ip;
    ip[0] = (uint8_t)(0x40 | hdr / 4);
    be16_store(ip + 2, (uint16_t)total);
    be16_store(ip + 6, 0x4000);
    ip[9] = proto;
    set_ip_sum(p);
    set_l4_sum(p, proto);
}

/* IPv6 with @ext bytes of a destination options header */
static void make_ip6(struct packet *p, uint8_t proto, size_t ext, size_t len)
{
    uint8_t *ip;

    p->ip = 14;
    p->l4 = p->ip + 40 + ext;
    p->end = p->l4 + len;
    frame_init(&p->f, ring_mac, 0x86dd, p->end);
    ip = p->f.data + p->ip;
    ip[0] = 0x60;
    be16_store(ip + 4, (uint16_t)(ext + len));
    ip[6] = ext ? 60 : proto;
    if (ext) {
        ip[40] = proto;
        ip[41] = (uint8_t)(ext / 8 - 1);
    }
    set_l4_sum(p, proto);
}

static void start(const char *model, uint32_t rxcsum)
{
    ring_start(model, 8, RCTL_SECRC | RCTL_LPE | RCTL_BSIZE_16384);
    wr(RXCSUM, rxcsum);
}

/* Offer it; status bits beside DD and EOP, and errors, are as stated */
static void expect(const struct packet *p, unsigned flags, unsigned status,
                   unsigned errors)
{
    unsigned i = rd(RDH);

    g_assert_true(frame_offer(&p->f, flags));
    ring_expect(i, RXD_DD | RXD_EOP | status, errors, (unsigned)p->f.len);
    ring_renew(i);
    wr(RDT, i);
}

static void test_ip4(void)
{
    static const uint8_t protos[] = { TCP, UDP };

    start("e1000", ALL);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned options = 0; options <= 10; options += 5) {
            for (size_t len = 20; len < 9000; len = len * 2 + 1) {
                struct packet p;

                make_ip4(&p, protos[i], options, len);
                expect(&p, 0, RXD_IPCS | RXD_TCPCS, 0);
                p.f.data[p.end - 1] ^= 1;
                expect(&p, 0, RXD_IPCS | RXD_TCPCS, RXD_TCPE);
                p.f.data[p.ip + 8] ^= 1;
                expect(&p, 0, RXD_IPCS | RXD_TCPCS, RXD_TCPE | RXD_IPE);
                p.f.data[p.end - 1] ^= 1;
                expect(&p, 0, RXD_IPCS | RXD_TCPCS, RXD_IPE);
            }
        }
    }
}

static void test_switches(void)
{
    struct packet p;

    make_ip4(&p, TCP, 0, 100);
    p.f.data[p.end - 1] ^= 1;
    start("e1000", 0);
    expect(&p, 0, RXD_IXSM, 0);
    start("e1000", RXCSUM_IPOFLD);
    expect(&p, 0, RXD_IPCS, 0);
    start("e1000", RXCSUM_TUOFLD);
    expect(&p, 0, RXD_TCPCS, RXD_TCPE);

    make_ip6(&p, UDP, 0, 100);
    start("e1000", RXCSUM_IPOFLD | RXCSUM_TUOFLD);
    expect(&p, 0, RXD_IXSM, 0);
    start("e1000", RXCSUM_IPV6OFL);
    expect(&p, 0, RXD_IXSM, 0);
    start("e1000", ALL);
    expect(&p, 0, RXD_TCPCS, 0);
    p.f.data[p.end - 1] ^= 1;
    expect(&p, 0, RXD_TCPCS, RXD_TCPE);
    /* The 82544 knows no IPv6 */
    start("e1000-82544gc", ALL);
    expect(&p, 0, RXD_IXSM, 0);
}

static void test_not_checked(void)
{
    struct packet p;

    start("e1000", ALL);
    /* UDP without a checksum */
    make_ip4(&p, UDP, 0, 100);
    be16_store(p.f.data + p.l4 + 6, 0);
    expect(&p, 0, RXD_IPCS, 0);
    /* Fragments */
    make_ip4(&p, TCP, 0, 100);
    be16_store(p.f.data + p.ip + 6, 0x2000);
    set_ip_sum(&p);
    expect(&p, 0, RXD_IPCS, 0);
    /* Neither TCP nor UDP */
    make_ip4(&p, TCP, 0, 100);
    p.f.data[p.ip + 9] = 1;
    set_ip_sum(&p);
    expect(&p, 0, RXD_IPCS, 0);
    /* Longer than the frame */
    make_ip4(&p, TCP, 0, 100);
    be16_store(p.f.data + p.ip + 2, 121);
    set_ip_sum(&p);
    expect(&p, 0, RXD_IPCS, 0);
    /* Not IP at all */
    make_ip4(&p, TCP, 0, 100);
    be16_store(p.f.data + 12, 0x0801);
    expect(&p, 0, RXD_IXSM, 0);
    /* Extension headers up to 64 bytes each */
    make_ip6(&p, TCP, 64, 100);
    expect(&p, 0, RXD_TCPCS, 0);
    make_ip6(&p, TCP, 72, 100);
    expect(&p, 0, RXD_IXSM, 0);
    /* A route that is not at its end: the header has another address */
    make_ip6(&p, TCP, 8, 100);
    p.f.data[p.ip + 6] = 43;
    p.f.data[p.ip + 43] = 1;
    expect(&p, 0, RXD_IXSM, 0);
    p.f.data[p.ip + 43] = 0;
    set_l4_sum(&p, TCP);
    expect(&p, 0, RXD_TCPCS, 0);
}

static void test_link_headers(void)
{
    struct packet p;

    start("e1000", ALL);
    make_ip4(&p, TCP, 0, 101);
    frame_tag(&p.f, 0x8100, 5);
    expect(&p, 0, RXD_IPCS | RXD_TCPCS, 0);
    p.f.data[p.end + 3] ^= 1;
    expect(&p, 0, RXD_IPCS | RXD_TCPCS, RXD_TCPE);

    make_ip4(&p, UDP, 0, 101);
    memmove(p.f.data + 22, p.f.data + 14, p.f.len - 14);
    be16_store(p.f.data + 12, (uint16_t)(p.f.len - 14 + 8));
    memcpy(p.f.data + 14, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    p.f.len += 8;
    expect(&p, 0, RXD_IPCS | RXD_TCPCS, 0);
}

/* What the network vouches for is believed, and the payload not read */
static void test_vouched(void)
{
    struct packet p;

    start("e1000", ALL);
    make_ip4(&p, TCP, 0, 8000);
    expect(&p, NIC_RX_CSUM_GOOD, RXD_IPCS | RXD_TCPCS, 0);
    make_ip6(&p, UDP, 0, 1400);
    expect(&p, NIC_RX_CSUM_GOOD, RXD_TCPCS, 0);
    g_assert_cmpuint(host.sums, ==, 0);
    g_assert_cmpuint(host.crcs, ==, 0);

    /* Otherwise it is read once for both sums */
    expect(&p, 0, RXD_TCPCS, 0);
    g_assert_cmpuint(host.sums, ==, 1);
}

/* The packet checksum, whichever way it is found: always the same */
static void packet_sum(const struct packet *p, unsigned pcss, uint32_t offload,
                       unsigned flags, bool strip, bool secrc)
{
    struct rx_desc desc;

    ring_start("e1000", 8,
               (secrc ? RCTL_SECRC : 0) | RCTL_LPE | RCTL_BSIZE_16384);
    wr(RXCSUM, pcss | offload);
    wr(CTRL, rd(CTRL) | (strip ? CTRL_VME : 0));
    g_assert_true(frame_offer(&p->f, flags));
    desc = ring_desc(0);
    g_assert_cmpuint(desc.length, ==,
                     p->f.len - (strip ? 4 : 0) + (secrc ? 0 : 4));
    if (pcss < desc.length) {
        g_assert_cmphex((uint16_t)~desc.csum, ==,
                        sum_of(ring_buf(0) + pcss, desc.length - pcss, 0));
    } else {
        g_assert_cmphex(desc.csum, ==, 0xffff);
    }
}

static void test_packet_sum(void)
{
    static const size_t lens[] = { 21, 26, 200, 251, 1460, 1461, 7000 };

    for (unsigned i = 0; i < G_N_ELEMENTS(lens) * 16; i++) {
        bool strip = i & 1, secrc = i & 2, v6 = i & 4;
        struct packet p;

        if (v6) {
            make_ip6(&p, TCP, i & 8, lens[i / 16]);
        } else {
            make_ip4(&p, UDP, i & 8 ? 3 : 0, lens[i / 16]);
        }
        if (strip) {
            frame_tag(&p.f, 0x8100, 0x0fed);
        }
        for (unsigned pcss = 0; pcss < 256; pcss += pcss < 80 ? 1 : 25) {
            packet_sum(&p, pcss, ALL, NIC_RX_CSUM_GOOD, strip, secrc);
            packet_sum(&p, pcss, ALL, 0, strip, secrc);
            packet_sum(&p, pcss, 0, 0, strip, secrc);
        }
    }
}

/* Headers at random, with sums that are right or not: same result as here */
static void test_random(void)
{
    start("e1000", ALL);
    for (unsigned i = 0; i < 3000; i++) {
        bool wrong = i & 1;
        struct packet p;

        make_ip4(&p, i & 2 ? TCP : UDP, g_test_rand_int_range(0, 11),
                 g_test_rand_int_range(20, 1400));
        for (size_t at = p.l4 + 20; at < p.end; at++) {
            p.f.data[at] = (uint8_t)g_test_rand_int();
        }
        set_l4_sum(&p, i & 2 ? TCP : UDP);
        if (wrong) {
            size_t at = g_test_rand_int_range((int)p.l4 + 8, (int)p.end);

            p.f.data[at] ^= (uint8_t)g_test_rand_int_range(1, 255);
        }
        expect(&p, 0, RXD_IPCS | RXD_TCPCS, wrong ? RXD_TCPE : 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000-rxsum/ip4", test_ip4);
    g_test_add_func("/e1000-rxsum/switches", test_switches);
    g_test_add_func("/e1000-rxsum/not-checked", test_not_checked);
    g_test_add_func("/e1000-rxsum/link-headers", test_link_headers);
    g_test_add_func("/e1000-rxsum/vouched", test_vouched);
    g_test_add_func("/e1000-rxsum/packet-sum", test_packet_sum);
    g_test_add_func("/e1000-rxsum/random", test_random);
    return g_test_run();
}
