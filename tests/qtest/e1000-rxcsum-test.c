// SPDX-License-Identifier: MIT
/*
 * e1000-rxcsum-test.c - checksums of received packets (SDM 3.2.9, 13.4.47)
 */
#include "libe1000.h"

#include <string.h>

enum {
    PLAIN = RCTL_BAM | RCTL_SECRC,
    OFFLOADS = RXCSUM_IPOFLD | RXCSUM_TUOFLD | RXCSUM_IPV6OFL,

    IP_AT = ETH_HLEN,
};

/* What the descriptor says of one checksum */
enum verdict { NOT_CHECKED, GOOD, BAD };

static void rx_ready(struct e1000 *d, uint32_t rxcsum)
{
    e1000_link_up(d);
    wr(d, RXCSUM, rxcsum);
    rx_setup(d, 16, PLAIN);
}

static enum verdict verdict(const struct received *r, uint8_t computed,
                            uint8_t wrong)
{
    if ((r->last.status & RXD_IXSM) || !(r->last.status & computed)) {
        /* An error that was not computed would be nonsense */
        check_eq(r->last.errors & wrong, 0);
        return NOT_CHECKED;
    }
    return r->last.errors & wrong ? BAD : GOOD;
}

static void expect(struct e1000 *d, const struct frame *f, enum verdict ip,
                   enum verdict l4)
{
    struct received r;

    if (rx_frame(d, f, &r)) {
        check_mem(r.data.data, f->data, f->len);
        check_eq(verdict(&r, RXD_IPCS, RXD_IPE), ip);
        check_eq(verdict(&r, RXD_TCPCS, RXD_TCPE), l4);
        check_eq(r.last.errors & (RXD_CE | RXD_RXE), 0);
    }
}

static void test_ip4(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_TCP, 200);
    expect(d, &f, GOOD, GOOD);
    frame_ip4(&f, IP_UDP, 333);
    expect(d, &f, GOOD, GOOD);
    frame_ip4(&f, IP_TCP, 0);
    expect(d, &f, GOOD, GOOD);
}

static void test_wrong_sums(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_TCP, 200);
    f.data[f.len - 1] ^= 1;
    expect(d, &f, GOOD, BAD);
    frame_ip4(&f, IP_UDP, 200);
    f.data[l4_offset(&f, IP_AT) + 6] ^= 0x40;
    expect(d, &f, GOOD, BAD);
    /* TTL is in the header's sum only */
    frame_ip4(&f, IP_TCP, 200);
    f.data[IP_AT + 8]--;
    expect(d, &f, BAD, GOOD);
    /* An address is in both */
    frame_ip4(&f, IP_TCP, 200);
    f.data[IP_AT + 12] ^= 2;
    expect(d, &f, BAD, BAD);
}

/* Padding behind the packet belongs to no sum */
static void test_padding(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_UDP, 4);
    frame_fill(&f, 64 - f.len, 0x99);
    expect(d, &f, GOOD, GOOD);
}

static void test_switches(struct e1000 *d)
{
    struct frame f;

    frame_ip4(&f, IP_TCP, 100);
    rx_ready(d, 0);
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
    wr(d, RCTL, 0);
    rx_ready(d, RXCSUM_IPOFLD);
    expect(d, &f, GOOD, NOT_CHECKED);
    /* Errors are 0 where nothing is computed */
    f.data[IP_AT + 12] ^= 2;
    expect(d, &f, BAD, NOT_CHECKED);
    wr(d, RCTL, 0);
    rx_ready(d, 0);
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
}

static void test_options(struct e1000 *d)
{
    struct frame f;
    uint8_t *ip;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_TCP, 100);
    ip = f.data + IP_AT;
    memmove(ip + 24, ip + 20, f.len - IP_AT - 20);
    memset(ip + 20, 1, 4); /* four times no operation */
    f.len += 4;
    ip[0] = 0x46;
    put16(ip + 2, (uint16_t)(get16(ip + 2) + 4));
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~ip_sum(ip, 24, 0));
    expect(d, &f, GOOD, GOOD);
}

static void set_fragment(struct frame *f, uint16_t bits)
{
    uint8_t *ip = f->data + IP_AT;

    put16(ip + 6, bits);
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~ip_sum(ip, IP4_HLEN, 0));
}

/* Of a fragment only the header's sum can be checked */
static void test_fragments(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_UDP, 200);
    set_fragment(&f, 0x2000);
    expect(d, &f, GOOD, NOT_CHECKED);
    set_fragment(&f, 0x0010);
    expect(d, &f, GOOD, NOT_CHECKED);
}

static void test_other_protocol(struct e1000 *d)
{
    struct frame f;
    uint8_t *ip;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_TCP, 100);
    ip = f.data + IP_AT;
    ip[9] = 1;
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~ip_sum(ip, IP4_HLEN, 0));
    expect(d, &f, GOOD, NOT_CHECKED);
}

/* A UDP packet without a checksum has nothing to be checked */
static void test_udp_none(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_UDP, 100);
    put16(f.data + l4_offset(&f, IP_AT) + 6, 0);
    expect(d, &f, GOOD, NOT_CHECKED);
}

static void test_ip6(struct e1000 *d)
{
    struct frame f;
    bool is_82544 = strcmp(d->model, "e1000-82544gc") == 0;

    rx_ready(d, OFFLOADS);
    frame_ip6(&f, IP_TCP, 200);
    expect(d, &f, NOT_CHECKED, is_82544 ? NOT_CHECKED : GOOD);
    frame_ip6(&f, IP_UDP, 200);
    expect(d, &f, NOT_CHECKED, is_82544 ? NOT_CHECKED : GOOD);
    f.data[f.len - 1] ^= 1;
    expect(d, &f, NOT_CHECKED, is_82544 ? NOT_CHECKED : BAD);
    /* IPV6OFL is a switch of its own */
    wr(d, RCTL, 0);
    rx_ready(d, RXCSUM_IPOFLD | RXCSUM_TUOFLD);
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
}

static void test_tagged(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    wr(d, VET, ETHERTYPE_VLAN);
    frame_ip4(&f, IP_TCP, 200);
    frame_tag(&f, ETHERTYPE_VLAN, 7);
    expect(d, &f, GOOD, GOOD);
    f.data[f.len - 1] ^= 1;
    expect(d, &f, GOOD, BAD);
}

/* 802.3 length, LLC and SNAP before the IP header */
static void test_snap(struct e1000 *d)
{
    static const uint8_t llc[] = { 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00 };
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_ip4(&f, IP_UDP, 200);
    memmove(f.data + ETH_HLEN + 8, f.data + ETH_HLEN, f.len - ETH_HLEN);
    memcpy(f.data + ETH_HLEN, llc, sizeof(llc));
    f.len += sizeof(llc);
    put16(f.data + 12, (uint16_t)(f.len - ETH_HLEN));
    expect(d, &f, GOOD, GOOD);
}

/* Longer than 1552 bytes with LPE is no obstacle (SDM 3.2.9) */
static void test_jumbo(struct e1000 *d)
{
    struct frame f;

    e1000_link_up(d);
    wr(d, RXCSUM, OFFLOADS);
    rx_setup(d, 16, PLAIN | RCTL_LPE);
    frame_ip4(&f, IP_TCP, 8000);
    expect(d, &f, GOOD, GOOD);
    f.data[f.len - 1] ^= 1;
    expect(d, &f, GOOD, BAD);
}

/* What is no IP packet at all is left alone */
static void test_not_ip(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, OFFLOADS);
    frame_plain(&f, mac_nic, 200, 1);
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
    frame_ip4(&f, IP_TCP, 100);
    put16(f.data + 12, ETHERTYPE_ARP);
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
    /* Wrong version, or a header of 16 bytes */
    frame_ip4(&f, IP_TCP, 100);
    f.data[IP_AT] = 0x55;
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
    f.data[IP_AT] = 0x44;
    expect(d, &f, NOT_CHECKED, NOT_CHECKED);
}

/* Lengths that point beyond the frame do no harm */
static void test_truncated(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, OFFLOADS);
    for (uint16_t len = 0; len < 0xf000; len = (uint16_t)(len + 4001)) {
        frame_ip4(&f, IP_TCP, 20);
        put16(f.data + IP_AT + 2, len);
        put16(f.data + IP_AT + 10, 0);
        put16(f.data + IP_AT + 10,
              (uint16_t)~ip_sum(f.data + IP_AT, IP4_HLEN, 0));
        rx_frame(d, &f, &r);
        check(verdict(&r, RXD_TCPCS, RXD_TCPE) != GOOD);
    }
    frame_ip6(&f, IP_UDP, 20);
    put16(f.data + IP_AT + 4, 0xffff);
    rx_frame(d, &f, &r);
    check(verdict(&r, RXD_TCPCS, RXD_TCPE) != GOOD);
}

/* The packet checksum, from byte PCSS on; the text leaves open if inverted */
static void test_packet_checksum(struct e1000 *d)
{
    static const uint8_t starts[] = { 0, 14, 15, 34, 70, 99 };
    struct frame f;
    struct received r;

    rx_ready(d, 0);
    frame_plain(&f, mac_nic, 100, 0x31);
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        uint16_t sum = ip_sum(f.data + starts[i], f.len - starts[i], 0);
        uint16_t swapped;

        wr(d, RXCSUM, starts[i]);
        rx_frame(d, &f, &r);
        swapped = GUINT16_SWAP_LE_BE(r.last.csum);
        /* Sum or complement, in either order of bytes */
        check(r.last.csum == sum || (r.last.csum ^ sum) == 0xffff ||
              swapped == sum || (swapped ^ sum) == 0xffff);
    }
}

/* A stripped tag is not summed */
static void test_packet_checksum_vlan(struct e1000 *d)
{
    struct frame f;
    struct received plain;
    struct received r;

    rx_ready(d, ETH_HLEN);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    frame_plain(&f, mac_nic, 100, 0x31);
    rx_frame(d, &f, &plain);
    check(plain.last.csum != 0);
    frame_tag(&f, ETHERTYPE_VLAN, 0x123);
    rx_frame(d, &f, &r);
    check_eq(r.last.csum, plain.last.csum);
}

#define ALL_DIFFER(name, run)                                                  \
    {                                                                          \
        name, run, ON_ALL, DIFF_rx_checksum                                    \
    }
#define DIFFER(name, run)                                                      \
    {                                                                          \
        name, run, .differs = DIFF_rx_checksum                                 \
    }

static const struct e1000_test tests[] = {
    ALL_DIFFER("ip4", test_ip4),
    ALL_DIFFER("wrong-sums", test_wrong_sums),
    DIFFER("padding", test_padding),
    DIFFER("switches", test_switches),
    DIFFER("options", test_options),
    DIFFER("fragments", test_fragments),
    DIFFER("other-protocol", test_other_protocol),
    DIFFER("udp-none", test_udp_none),
    { "ip6", test_ip6, ON_40_45, DIFF_rx_checksum },
    { "ip6-82544", test_ip6, ON_82544GC },
    DIFFER("tagged", test_tagged),
    DIFFER("snap", test_snap),
    DIFFER("jumbo", test_jumbo),
    { "not-ip", test_not_ip },
    { "truncated", test_truncated },
    DIFFER("packet-checksum", test_packet_checksum),
    DIFFER("packet-checksum-vlan", test_packet_checksum_vlan),
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("rxcsum", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
