// SPDX-License-Identifier: MIT
/*
 * inet-test.c - frames that are well formed, cut anywhere, or lie
 */
#include <glib.h>
#include <string.h>

#include "hw/gpa.h"
#include "hw/net/inet.h"

enum { VLAN = 0x8100 };

/* A frame being built; everything not written is zero */
struct build {
    uint8_t data[512];
    size_t len;
};

static void add(struct build *b, const void *p, size_t len)
{
    memcpy(b->data + b->len, p, len);
    b->len += len;
}

static void add16(struct build *b, uint16_t v)
{
    uint8_t be[2];

    be16_store(be, v);
    add(b, be, 2);
}

static void add_zeros(struct build *b, size_t len)
{
    b->len += len;
}

static struct build ethernet(uint16_t type)
{
    struct build b = { .len = 12 };

    add16(&b, type);
    return b;
}

/* @words: of the header; @total: length it states */
static void add_ip4(struct build *b, unsigned words, uint16_t total,
                    uint16_t frag, uint8_t proto)
{
    size_t at = b->len;

    b->data[at] = (uint8_t)(0x40 | words);
    be16_store(b->data + at + 2, total);
    be16_store(b->data + at + 6, frag);
    b->data[at + 9] = proto;
    memcpy(b->data + at + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
    b->len += words * 4;
}

static void add_ip6(struct build *b, uint16_t payload, uint8_t next)
{
    size_t at = b->len;

    b->data[at] = 0x60;
    be16_store(b->data + at + 4, payload);
    b->data[at + 6] = next;
    b->data[at + 23] = 1;
    b->data[at + 39] = 2;
    b->len += 40;
}

/* An extension header of 8 * (1 + @more) bytes */
static void add_ext(struct build *b, uint8_t next, uint8_t more, uint8_t left)
{
    uint8_t ext[4] = { next, more, 0, left };

    add(b, ext, sizeof(ext));
    add_zeros(b, 4 + more * 8u);
}

static struct inet parse(const struct build *b)
{
    size_t avail = b->len < 256 ? b->len : 256;
    /* A copy that ends where the parser may look, for the sanitizer */
    uint8_t *exact = g_memdup2(b->data, avail);
    struct inet in;

    inet_parse(exact, avail, b->len, VLAN, &in);
    g_free(exact);
    return in;
}

static void test_ip4(void)
{
    struct build b = ethernet(INET_TYPE_IP4);
    struct inet in;

    add_ip4(&b, 5, 40, 0x4000, INET_PROTO_TCP);
    add_zeros(&b, 20 + 6); /* padding to 60 bytes is not of the datagram */
    in = parse(&b);
    g_assert_cmpuint(in.ip, ==, INET_IP4);
    g_assert_cmpuint(in.l3, ==, 14);
    g_assert_cmpuint(in.l4, ==, 34);
    g_assert_cmpuint(in.ip_end, ==, 54);
    g_assert_cmpuint(in.proto, ==, INET_PROTO_TCP);
    g_assert_false(in.tagged || in.snap || in.fragment || in.routed);
    g_assert_true(inet_has_sum(b.data, b.len, &in));
    g_assert_false(inet_has_sum(b.data, 53, &in));
}

static void test_ip4_options(void)
{
    struct build b = ethernet(INET_TYPE_IP4);
    struct inet in;

    add_ip4(&b, 15, 60 + 8, 0, INET_PROTO_UDP);
    add_zeros(&b, 4);
    add16(&b, 8);
    add16(&b, 0x1234);
    in = parse(&b);
    g_assert_cmpuint(in.l4, ==, 74);
    g_assert_true(inet_has_sum(b.data, b.len, &in));
    /* RFC 768: zero is "no checksum" */
    be16_store(b.data + 80, 0);
    g_assert_false(inet_has_sum(b.data, b.len, &in));
    /* A UDP length of its own */
    be16_store(b.data + 80, 0x1234);
    be16_store(b.data + 78, 7);
    g_assert_false(inet_has_sum(b.data, b.len, &in));
}

static void test_ip4_fragment(void)
{
    static const uint16_t fields[] = { 0x2000, 0x0001, 0x1fff, 0x3fff };

    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        struct build b = ethernet(INET_TYPE_IP4);
        struct inet in;

        add_ip4(&b, 5, 40, fields[i], INET_PROTO_TCP);
        add_zeros(&b, 20);
        in = parse(&b);
        g_assert_cmpuint(in.ip, ==, INET_IP4);
        g_assert_true(in.fragment);
        g_assert_cmpuint(in.l4, ==, 0);
    }
}

static void test_link_headers(void)
{
    struct build b = { .len = 12 };
    struct inet in;

    add16(&b, VLAN);
    add16(&b, 0xe123);
    add16(&b, 8 + 20);
    add(&b, "\xaa\xaa\x03\0\0\0", 6);
    add16(&b, INET_TYPE_IP4);
    add_ip4(&b, 5, 20, 0, 1);
    in = parse(&b);
    g_assert_true(in.tagged);
    g_assert_true(in.snap);
    g_assert_cmphex(in.tci, ==, 0xe123);
    g_assert_cmphex(in.type, ==, INET_TYPE_IP4);
    g_assert_cmpuint(in.l3, ==, 26);
    g_assert_cmpuint(in.ip, ==, INET_IP4);
    g_assert_cmpuint(in.l4, ==, 46);
    g_assert_false(inet_has_sum(b.data, b.len, &in));

    /* Another LLC, then another organisation's SNAP */
    b.data[18] = 0x42;
    g_assert_cmphex(parse(&b).type, ==, 0);
    b.data[18] = 0xaa;
    b.data[22] = 1;
    g_assert_false(parse(&b).snap);
    g_assert_cmpuint(parse(&b).ip, ==, INET_NOT_IP);

    /* A tag of a type that is not @vlan is a type like any other */
    b = ethernet(0x88a8);
    add_zeros(&b, 46);
    in = parse(&b);
    g_assert_false(in.tagged);
    g_assert_cmphex(in.type, ==, 0x88a8);
}

static void test_ip6(void)
{
    struct build b = ethernet(INET_TYPE_IP6);
    struct inet in;

    add_ip6(&b, 8 + 24 + 8 + 20, 0);
    add_ext(&b, 43, 0, 0);
    add_ext(&b, 60, 2, 0);
    add_ext(&b, INET_PROTO_TCP, 0, 0);
    add_zeros(&b, 20);
    in = parse(&b);
    g_assert_cmpuint(in.ip, ==, INET_IP6);
    g_assert_cmpuint(in.proto, ==, INET_PROTO_TCP);
    g_assert_cmpuint(in.l4, ==, 14 + 40 + 40);
    g_assert_cmpuint(in.ext_max, ==, 24);
    g_assert_cmpuint(in.ip_end, ==, b.len);
    g_assert_false(in.routed);
    g_assert_true(inet_has_sum(b.data, b.len, &in));

    b.data[14 + 40 + 8 + 3] = 1; /* segments left */
    g_assert_true(parse(&b).routed);
}

static void test_ip6_stops(void)
{
    struct build b = ethernet(INET_TYPE_IP6);
    struct inet in;

    /* Fragment header */
    add_ip6(&b, 8 + 20, 44);
    add_ext(&b, INET_PROTO_TCP, 0, 0);
    add_zeros(&b, 20);
    in = parse(&b);
    g_assert_true(in.fragment);
    g_assert_cmpuint(in.l4, ==, 0);

    /* An extension header longer than the frame */
    b = ethernet(INET_TYPE_IP6);
    add_ip6(&b, 8, 0);
    add_ext(&b, INET_PROTO_TCP, 0, 0);
    b.data[14 + 40 + 1] = 255;
    g_assert_cmpuint(parse(&b).l4, ==, 0);

    /* One that is longer than the payload the header states */
    b = ethernet(INET_TYPE_IP6);
    add_ip6(&b, 8, 0);
    add_ext(&b, INET_PROTO_TCP, 1, 0);
    add_zeros(&b, 20);
    in = parse(&b);
    g_assert_cmpuint(in.ip_end, ==, 14 + 48);
    g_assert_cmpuint(in.l4, ==, 0);

    /* A chain that fills what may be looked at */
    b = ethernet(INET_TYPE_IP6);
    add_ip6(&b, 400, 0);
    for (unsigned i = 0; i < 50; i++) {
        add_ext(&b, 0, 0, 0);
    }
    in = parse(&b);
    g_assert_cmpuint(in.ip, ==, INET_IP6);
    g_assert_cmpuint(in.l4, ==, 0);
}

static void test_lies(void)
{
    struct build b = ethernet(INET_TYPE_IP4);
    struct inet in;

    add_ip4(&b, 5, 40, 0, INET_PROTO_TCP);
    add_zeros(&b, 19); /* one byte less than the header says */
    in = parse(&b);
    g_assert_cmpuint(in.ip, ==, INET_IP4);
    g_assert_cmpuint(in.ip_end, ==, 0);
    g_assert_cmpuint(in.l4, ==, 0);

    be16_store(b.data + 16, 19); /* shorter than the header itself */
    g_assert_cmpuint(parse(&b).ip_end, ==, 0);
    b.data[14] = 0x44;
    g_assert_cmpuint(parse(&b).ip, ==, INET_NOT_IP);
    b.data[14] = 0x4f; /* options beyond the frame */
    b.len = 14 + 59;
    g_assert_cmpuint(parse(&b).ip, ==, INET_NOT_IP);
    b.data[14] = 0x65;
    g_assert_cmpuint(parse(&b).ip, ==, INET_NOT_IP);
}

/* Cut after any byte: nothing outside is read, nothing outside is stated */
static void test_cut(void)
{
    struct build b = { .len = 12 };

    add16(&b, VLAN);
    add16(&b, 1);
    add16(&b, 100);
    add(&b, "\xaa\xaa\x03\0\0\0", 6);
    add16(&b, INET_TYPE_IP6);
    add_ip6(&b, 8 + 20, 0);
    add_ext(&b, INET_PROTO_TCP, 0, 0);
    add_zeros(&b, 20);
    for (size_t len = b.len; len > 0; len--) {
        struct inet in;

        b.len = len;
        in = parse(&b);
        g_assert_cmpuint(in.ip_end, <=, len);
        g_assert_cmpuint(in.l4, <=, len);
    }
}

static void test_random(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        struct build b = { .len = (size_t)g_test_rand_int_range(1, 300) };
        struct inet in;

        for (size_t at = 0; at < b.len; at++) {
            b.data[at] = (uint8_t)g_test_rand_int_range(0, 256);
        }
        if (i & 1) {
            be16_store(b.data + 12, i & 2 ? INET_TYPE_IP4 : INET_TYPE_IP6);
            b.data[14] = i & 2 ? 0x46 : 0x60;
            be16_store(b.data + (i & 2 ? 16 : 18), (uint16_t)(b.len / 2));
            b.data[20] = i & 4 ? 0 : 43;
        }
        in = parse(&b);
        g_assert_cmpuint(in.ip_end, <=, b.len);
        g_assert_cmpuint(in.l4, <=, in.ip_end);
        if (in.l4) {
            inet_pseudo(b.data, &in);
            inet_has_sum(b.data, b.len < 256 ? b.len : 256, &in);
        }
    }
}

static void test_sums(void)
{
    /* RFC 1071, section 3 */
    static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03,
                                       0xf4, 0xf5, 0xf6, 0xf7 };
    struct build b = ethernet(INET_TYPE_IP4);
    struct inet in;

    g_assert_cmphex(inet_fold(inet_sum(example, 8, 0)), ==, 0xddf2);
    g_assert_cmphex(inet_fold(inet_sum(example, 7, 0)), ==, 0xdcfb);
    g_assert_cmphex(inet_fold(0xffffffff), ==, 0xffff);

    /* 10.0.0.1 > 10.0.0.2, TCP, 20 bytes */
    add_ip4(&b, 5, 40, 0, INET_PROTO_TCP);
    add_zeros(&b, 20);
    in = parse(&b);
    g_assert_cmphex(inet_pseudo(b.data, &in), ==, 0x0a00 * 2 + 3 + 6 + 20);

    b = ethernet(INET_TYPE_IP6);
    add_ip6(&b, 20, INET_PROTO_TCP);
    add_zeros(&b, 20);
    in = parse(&b);
    g_assert_cmphex(inet_pseudo(b.data, &in), ==, 1 + 2 + 6 + 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inet/ip4", test_ip4);
    g_test_add_func("/inet/ip4-options", test_ip4_options);
    g_test_add_func("/inet/ip4-fragment", test_ip4_fragment);
    g_test_add_func("/inet/link-headers", test_link_headers);
    g_test_add_func("/inet/ip6", test_ip6);
    g_test_add_func("/inet/ip6-stops", test_ip6_stops);
    g_test_add_func("/inet/lies", test_lies);
    g_test_add_func("/inet/cut", test_cut);
    g_test_add_func("/inet/random", test_random);
    g_test_add_func("/inet/sums", test_sums);
    return g_test_run();
}
