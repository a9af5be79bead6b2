// SPDX-License-Identifier: MIT
/*
 * offload-in-test.c - net/offload-in.c: what a host left unfinished
 *
 * Segments are checked as a receiver would see them, with sums added up a byte
 * at a time: nothing here knows how they were made.
 */
#include <glib.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/offload.h"

enum { FRAME_MAX = 65536 + 64, TCP = 6, UDP = 17, IPV4_SUM_AT = 10 };

/* A frame, and where things are in it */
struct packet {
    uint8_t data[FRAME_MAX];
    size_t len, ip, l4, payload;
    bool ipv6;
    uint8_t proto;
};

static struct packet sent;
static struct offload_in in;

static uint64_t ref_sum(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? p[i] : (uint64_t)p[i] << 8;
    }
    return sum;
}

static uint16_t ref_fold(uint64_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/* Of the pseudo-header (RFC 793 3.1, RFC 8200 8.1) */
static uint64_t ref_pseudo(const uint8_t *p, const struct packet *k, size_t len)
{
    const uint8_t *ip = p + k->ip;

    return (k->ipv6 ? ref_sum(ip + 8, 32) : ref_sum(ip + 12, 8)) + k->proto +
           len - k->l4;
}

static void put_ip(struct packet *p)
{
    uint8_t *ip = p->data + p->ip;
    size_t len = p->len - p->ip;

    if (p->ipv6) {
        ip[0] = 0x60;
        be16_store(ip + 4, (uint16_t)(len - 40));
        ip[6] = p->proto;
        ip[7] = 64;
        for (unsigned i = 8; i < 40; i++) {
            ip[i] = (uint8_t)(i * 37);
        }
        return;
    }
    memset(ip, 0, 20);
    ip[0] = 0x45;
    be16_store(ip + 2, (uint16_t)len);
    be16_store(ip + 4, 0xfffe); /* Wraps */
    ip[8] = 64;
    ip[9] = p->proto;
    be32_store(ip + 12, 0x0a00020f);
    be32_store(ip + 16, 0x0a000202);
    be16_store(ip + IPV4_SUM_AT, (uint16_t)~ref_fold(ref_sum(ip, 20)));
}

/* A packet with a sum of only its pseudo-header */
static void make(struct packet *p, bool ipv6, uint8_t proto, unsigned tags,
                 size_t options, size_t payload)
{
    size_t field = proto == TCP ? 16 : 6;

    memset(p, 0, sizeof(*p));
    p->ipv6 = ipv6;
    p->proto = proto;
    memcpy(p->data, "\x52\x54\0\x12\x34\x56\x52\x55\x0a\0\x02\x02", 12);
    for (unsigned i = 0; i < tags; i++) {
        be16_store(p->data + 12 + 4U * i, i + 1 < tags ? 0x88a8 : 0x8100);
    }
    p->ip = 14 + 4U * tags;
    be16_store(p->data + p->ip - 2, ipv6 ? 0x86dd : 0x0800);
    p->l4 = p->ip + (ipv6 ? 40 : 20);
    p->payload = p->l4 + (proto == TCP ? 20 + options : 8);
    p->len = p->payload + payload;
    put_ip(p);
    if (proto == TCP) {
        be32_store(p->data + p->l4 + 4, 0xfffffff0);
        p->data[p->l4 + 12] = (uint8_t)((20 + options) << 2);
        p->data[p->l4 + 13] = 0x80 | 0x10 | 0x08 | 0x01; /* CWR ACK PSH FIN */
        memset(p->data + p->l4 + 20, 1, options);
    } else {
        be16_store(p->data + p->l4 + 4, (uint16_t)(p->len - p->l4));
    }
    for (size_t i = p->payload; i < p->len; i++) {
        p->data[i] = (uint8_t)g_test_rand_int();
    }
    be16_store(p->data + p->l4 + field,
               ref_fold(ref_pseudo(p->data, p, p->len)));
}

static struct offload_hdr cut_by(const struct packet *p, uint16_t mss)
{
    return (struct offload_hdr){
        .csum_start = (uint16_t)p->l4,
        .csum_offset = 16,
        .gso_type =
            p->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = mss,
        .hdr_len = 1, /* Only a hint, and here a wrong one */
    };
}

static size_t flat(const struct nic_rx *rx, uint8_t *to)
{
    size_t len = 0;

    g_assert_cmpuint(rx->n, >=, 1);
    g_assert_cmpuint(rx->buf[0].len, >=, MIN(rx->len, (size_t)NIC_RX_HEAD));
    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(to + len, rx->buf[i].data, rx->buf[i].len);
        len += rx->buf[i].len;
    }
    g_assert_cmpuint(len, ==, rx->len);
    return len;
}

/* Segment @i of @sent, which has @n of them */
static void check_segment(const struct nic_rx *rx, unsigned i, unsigned n,
                          size_t mss)
{
    static uint8_t s[NIC_RX_MAX];
    const struct packet *p = &sent;
    size_t len = flat(rx, s), from = p->payload + i * mss;
    size_t want = MIN(mss, p->len - from);
    uint8_t flags = p->data[p->l4 + 13];

    g_assert_cmpuint(rx->flags, ==, NIC_RX_CSUM_GOOD);
    g_assert_cmpuint(len, ==, p->payload + want);
    g_assert_true(!memcmp(s, p->data, p->ip));
    g_assert_true(!memcmp(s + p->payload, p->data + from, want));
    if (p->ipv6) {
        g_assert_cmpuint(be16_at(s + p->ip + 4), ==, len - p->l4);
    } else {
        g_assert_cmpuint(be16_at(s + p->ip + 2), ==, len - p->ip);
        g_assert_cmpuint(be16_at(s + p->ip + 4), ==, (0xfffe + i) & 0xffff);
        g_assert_cmphex(ref_fold(ref_sum(s + p->ip, 20)), ==, 0xffff);
    }
    g_assert_cmphex(be32_at(s + p->l4 + 4), ==,
                    (uint32_t)(0xfffffff0 + i * mss));
    flags &= i ? 0x7f : 0xff;
    g_assert_cmphex(s[p->l4 + 13], ==, i + 1 < n ? flags & ~0x09 : flags);
    g_assert_cmphex(ref_fold(ref_pseudo(s, p, len) +
                             ref_sum(s + p->l4, len - p->l4)),
                    ==, 0xffff);
}

static void check_cut(uint16_t mss)
{
    static uint8_t frame[FRAME_MAX];
    struct offload_hdr off = cut_by(&sent, mss);
    size_t payload = sent.len - sent.payload;
    unsigned n = payload ? (unsigned)((payload + mss - 1) / mss) : 1, i = 0;

    memcpy(frame, sent.data, sent.len);
    off.gso_type =
        (uint8_t)(off.gso_type | (mss & 1 ? VIRTIO_NET_HDR_GSO_ECN : 0));
    g_assert_true(offload_in_begin(&in, frame, sent.len, &off, 0));
    for (; in.rx.n; i++) {
        check_segment(&in.rx, i, n, mss);
        offload_in_next(&in);
    }
    g_assert_cmpuint(i, ==, n);
    offload_in_next(&in);
    g_assert_cmpuint(in.rx.n, ==, 0);
}

static void test_segments(void)
{
    static const uint16_t mss[] = { 1, 7, 535, 536, 1448, 9000 };
    static const size_t options[] = { 0, 12, 40 };

    for (unsigned v = 0; v < 2 * 3 * 3; v++) {
        for (unsigned m = 0; m < G_N_ELEMENTS(mss); m++) {
            const size_t payload[] = {
                0,           1,           mss[m] - 1U,    mss[m],
                mss[m] + 1U, 3U * mss[m], 3U * mss[m] + 1
            };

            for (unsigned k = 0; k < G_N_ELEMENTS(payload); k++) {
                make(&sent, v & 1, TCP, v / 2 % 3, options[v / 6], payload[k]);
                check_cut(mss[m]);
            }
        }
    }
    make(&sent, false, TCP, 0, 12, 45 * 1448);
    check_cut(1448);
    make(&sent, true, TCP, 1, 12, 45 * 1428 + 77);
    check_cut(1428);
}

/* Behind an extension header */
static void test_extension(void)
{
    static uint8_t frame[FRAME_MAX];
    struct offload_hdr off;
    unsigned n = 0;

    make(&sent, true, TCP, 0, 0, 5000);
    memcpy(frame, sent.data, sent.l4);
    frame[sent.ip + 6] = 60; /* Destination options, of 16 bytes */
    memset(frame + sent.l4, 0, 16);
    frame[sent.l4] = TCP;
    frame[sent.l4 + 1] = 1;
    memcpy(frame + sent.l4 + 16, sent.data + sent.l4, sent.len - sent.l4);
    sent.l4 += 16;
    off = cut_by(&sent, 1000);
    g_assert_true(offload_in_begin(&in, frame, sent.len + 16, &off, 0));
    for (; in.rx.n; offload_in_next(&in)) {
        static uint8_t s[NIC_RX_MAX];
        size_t len = flat(&in.rx, s);

        g_assert_cmpuint(len, ==, sent.payload + 16 + 1000);
        g_assert_cmpuint(be16_at(s + 14 + 4), ==, len - 14 - 40);
        g_assert_cmphex(ref_fold(ref_pseudo(s, &sent, len) +
                                 ref_sum(s + sent.l4, len - sent.l4)),
                        ==, 0xffff);
        n++;
    }
    g_assert_cmpuint(n, ==, 5);
    /* A fragment is not cut, and TCP does not begin in mid-header */
    frame[14 + 6] = 44;
    g_assert_false(offload_in_begin(&in, frame, sent.len + 16, &off, 0));
    frame[14 + 6] = 60;
    off.csum_start -= 8;
    g_assert_false(offload_in_begin(&in, frame, sent.len + 16, &off, 0));
}

/* A header that lies about the frame behind it, and frames that lie about
 * themselves, are refused */
static void test_lies(void)
{
    static const struct {
        const char *what;
        struct offload_hdr off;
        unsigned at, byte; /* @at: changed byte of the frame, 0: none */
        size_t len;        /* Shortened to this, 0: not */
    } lies[] = {
        { "no mss", { 34, 16, 1, 0, 54 } },
        { "kind of no meaning", { 34, 16, 3, 1448, 54 } },
        { "UDP", { 34, 6, 5, 1448, 42 } },
        { "IPv6 that is not", { 34, 16, 4, 1448, 54 } },
        { "no sum", { 0, 0, 1, 1448, 54 } },
        { "sum is not of TCP", { 34, 6, 1, 1448, 54 } },
        { "sum starts in IP", { 30, 16, 1, 1448, 54 } },
        { "sum starts behind", { 60000, 16, 1, 1448, 54 } },
        { "mss beyond a frame", { 34, 16, 1, 16384, 54 } },
        { "IPv5", { 34, 16, 1, 1448, 54 }, 14, 0x55 },
        { "IP header length", { 34, 16, 1, 1448, 54 }, 14, 0x46 },
        { "not IP", { 34, 16, 1, 1448, 54 }, 12, 0x09 },
        { "not TCP", { 34, 16, 1, 1448, 54 }, 23, UDP },
        { "TCP header too short", { 34, 16, 1, 1448, 54 }, 46, 0x40 },
        { "TCP header cut off", { 34, 16, 1, 1448, 54 }, 46, 0xf0, 60 },
        { "TCP cut off", { 34, 16, 1, 1448, 54 }, 0, 0, 50 },
        { "IP cut off", { 34, 16, 1, 1448, 54 }, 0, 0, 30 },
        { "Ethernet cut off", { 34, 16, 1, 1448, 54 }, 0, 0, 13 },
        { "sum behind the end", { 34, 16, 0, 0, 0 }, 0, 0, 51 },
        { "too long", { 34, 16, 0, 0, 0 }, 0, 0, NIC_RX_MAX + 1 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        size_t len = lies[i].len;
        uint8_t *frame;

        make(&sent, false, TCP, 0, 0, 40000);
        if (lies[i].at) {
            sent.data[lies[i].at] = (uint8_t)lies[i].byte;
        }
        len = len ? len : sent.len;
        frame = g_memdup2(sent.data, len);
        if (offload_in_begin(&in, frame, len, &lies[i].off, 0)) {
            g_test_message("taken: %s", lies[i].what);
            g_test_fail();
        }
        g_free(frame);
    }
}

/* One frame with a sum to fill in; returns the flags it then has */
static unsigned finish(struct packet *p, uint16_t field, unsigned flags)
{
    static uint8_t s[NIC_RX_MAX];
    struct offload_hdr off = { .csum_start = (uint16_t)p->l4,
                               .csum_offset = field };

    g_assert_true(offload_in_begin(&in, p->data, p->len, &off, flags));
    g_assert_cmpuint(flat(&in.rx, s), ==, p->len);
    flags = in.rx.flags;
    offload_in_next(&in);
    g_assert_cmpuint(in.rx.n, ==, 0);
    return flags;
}

static void test_sum(void)
{
    for (unsigned v = 0; v < 12; v++) {
        uint8_t proto = v & 2 ? TCP : UDP;
        uint16_t field = proto == TCP ? 16 : 6;

        make(&sent, v & 1, proto, v / 4, 0, 1001 + v);
        g_assert_cmpuint(finish(&sent, field, 0), ==, NIC_RX_CSUM_GOOD);
        g_assert_cmphex(ref_fold(
                            ref_pseudo(sent.data, &sent, sent.len) +
                            ref_sum(sent.data + sent.l4, sent.len - sent.l4)),
                        ==, 0xffff);

        /* Somebody's pseudo-header is wrong: the sum will be too */
        make(&sent, v & 1, proto, v / 4, 0, 1001 + v);
        sent.data[sent.l4 + field] ^= 1;
        g_assert_cmpuint(finish(&sent, field, NIC_RX_CSUM_GOOD), ==, 0);

        /* It is not the sum of this protocol */
        make(&sent, v & 1, proto, v / 4, 0, 1001 + v);
        g_assert_cmpuint(finish(&sent, 2, NIC_RX_CSUM_GOOD), ==, 0);
    }
    make(&sent, false, TCP, 0, 0, 100);
    sent.data[sent.ip + IPV4_SUM_AT] ^= 1;
    g_assert_cmpuint(finish(&sent, 16, 0), ==, 0);
}

/* A UDP checksum that comes out as 0 is sent as ffffh (RFC 768) */
static void test_udp_zero(void)
{
    uint16_t sum;

    make(&sent, false, UDP, 0, 0, 2);
    be16_store(sent.data + sent.payload, 0);
    sum = ref_fold(ref_sum(sent.data + sent.l4, sent.len - sent.l4));
    be16_store(sent.data + sent.payload, (uint16_t)~sum);
    finish(&sent, 6, 0);
    g_assert_cmphex(be16_at(sent.data + sent.l4 + 6), ==, 0xffff);
}

/* What the host says of a plain frame's TCP sum holds; the IP sum it did not
 * look at */
static void test_plain(void)
{
    static const unsigned all = NIC_RX_CSUM_GOOD;

    make(&sent, false, TCP, 1, 0, 100);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_true(
            offload_in_begin(&in, sent.data, sent.len, NULL, i ? all : 0));
        g_assert_cmpuint(in.rx.flags, ==, i ? all : 0);
        g_assert_true(in.rx.n == 1 && in.rx.buf[0].data == sent.data);
    }
    sent.data[sent.ip + IPV4_SUM_AT] ^= 1;
    g_assert_true(offload_in_begin(&in, sent.data, sent.len, NULL, all));
    g_assert_cmpuint(in.rx.flags, ==, 0);
    for (size_t len = 1; len < 40; len++) {
        uint8_t *frame = g_memdup2(sent.data, len);

        g_assert_true(offload_in_begin(&in, frame, len, NULL, all));
        g_assert_cmpuint(in.rx.len, ==, len);
        g_free(frame);
    }
}

/* Anything may be refused, nothing may be read or written outside */
static void test_noise(void)
{
    static uint8_t s[NIC_RX_MAX];

    for (unsigned i = 0; i < 20000; i++) {
        size_t payload = (size_t)g_test_rand_int_range(0, 4000), len;
        struct offload_hdr off;
        uint8_t *frame;

        make(&sent, i & 1, TCP, i / 2 % 3, 12, payload);
        off = cut_by(&sent, (uint16_t)g_test_rand_int_range(100, 1500));
        for (unsigned k = g_test_rand_int() & 3U; k; k--) {
            sent.data[g_test_rand_int_range(12, 90)] =
                (uint8_t)g_test_rand_int();
            ((uint8_t *)&off)[g_test_rand_int_range(0, sizeof(off))] =
                (uint8_t)g_test_rand_int();
        }
        len = i & 4 ? sent.len : (size_t)g_test_rand_int_range(1, 200);
        frame = g_memdup2(sent.data, len);
        if (offload_in_begin(&in, frame, len, &off, 0)) {
            for (; in.rx.n; offload_in_next(&in)) {
                g_assert_cmpuint(flat(&in.rx, s), <=, NIC_RX_MAX);
            }
        }
        g_free(frame);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offload-in/segments", test_segments);
    g_test_add_func("/offload-in/extension", test_extension);
    g_test_add_func("/offload-in/lies", test_lies);
    g_test_add_func("/offload-in/sum", test_sum);
    g_test_add_func("/offload-in/udp-zero", test_udp_zero);
    g_test_add_func("/offload-in/plain", test_plain);
    g_test_add_func("/offload-in/noise", test_noise);
    return g_test_run();
}
