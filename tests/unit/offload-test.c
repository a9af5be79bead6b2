// SPDX-License-Identifier: MIT
/*
 * offload-test.c - net/offload.c against a simple reference
 *
 * The reference works on flat frames, a byte at a time, and knows nothing of
 * pieces.  Whole packets are also checked as a receiver would: lengths and
 * checksums with their pseudo-headers.
 */
#include <glib.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <zlib.h>

#include "hw/gpa.h"
#include "net/offload.h"

enum { FLAT_MAX = 1 << 17, OUT_MAX = 8300 };

/* What was emitted */
struct out {
    uint8_t *data;
    size_t len;
    bool has_off;
    struct offload_hdr off;
};

static struct out out[OUT_MAX];
static unsigned n_out, stop_after = OUT_MAX;

static void out_clear(void)
{
    for (unsigned i = 0; i < n_out; i++) {
        g_free(out[i].data);
    }
    n_out = 0;
}

static bool collect(void *arg, const struct iovec *iov, unsigned n,
                    const struct offload_hdr *off)
{
    struct out *o = &out[n_out];
    size_t at = 0;

    g_assert_true(arg == &out);
    g_assert_cmpuint(n, >=, 1);
    g_assert_cmpuint(n, <=, OFFLOAD_IOV_MAX);
    if (n_out == stop_after) {
        return false;
    }
    g_assert_cmpuint(n_out, <, OUT_MAX);
    o->len = 0;
    for (unsigned i = 0; i < n; i++) {
        o->len += iov[i].iov_len;
    }
    o->data = g_malloc(o->len);
    for (unsigned i = 0; i < n; i++) {
        memcpy(o->data + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    o->has_off = off != NULL;
    o->off = off ? *off : (struct offload_hdr){ 0 };
    n_out++;
    return true;
}

static uint16_t ref_fold(uint64_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static uint64_t ref_sum(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? p[i] : (uint64_t)p[i] << 8;
    }
    return sum;
}

static void ref_csum(uint8_t *p, size_t len, struct nic_csum s, uint64_t extra)
{
    size_t end = s.end && s.end < len ? s.end : len;

    if ((!s.start && !s.at) || s.at + 2U > len || s.start >= len) {
        return;
    }
    be16_store(p + s.at, ref_fold(be16_at(p + s.at) + extra));
    be16_store(p + s.at,
               (uint16_t)~ref_fold(
                   end > s.start ? ref_sum(p + s.start, end - s.start) : 0));
}

/* A frame: @flat, of which @head_len bytes go into the head and the rest into
 * pieces of random sizes, each in memory of its own so that ASan sees strays */
struct sample {
    struct nic_frame f;
    uint8_t flat[FLAT_MAX];
    struct iovec body[OFFLOAD_IOV_MAX];
    unsigned n_body;
};

static struct sample s;

static void sample_free(void)
{
    for (unsigned i = 0; i < s.n_body; i++) {
        g_free(s.body[i].iov_base);
    }
    s.n_body = 0;
    out_clear();
}

static void sample_split(size_t len, size_t head_len)
{
    size_t at = head_len;

    memcpy(s.f.head, s.flat, head_len);
    s.f.head_len = (uint16_t)head_len;
    s.f.len = (uint32_t)len;
    s.n_body = 0;
    while (at < len) {
        size_t part = (size_t)g_test_rand_int_range(0, 4000);

        if (s.n_body > 200 || part > len - at) {
            part = len - at;
        }
        s.body[s.n_body].iov_base = g_malloc(MAX(part, 1));
        memcpy(s.body[s.n_body].iov_base, s.flat + at, part);
        s.body[s.n_body++].iov_len = part;
        at += part;
    }
}

static unsigned run(unsigned caps)
{
    struct nic_frame f = s.f;

    out_clear();
    return offload_frame(&f, s.body, s.n_body, caps, collect, &out);
}

static void check_out(unsigned i, const uint8_t *want, size_t len)
{
    g_assert_cmpuint(i, <, n_out);
    g_assert_cmpuint(out[i].len, ==, len);
    g_assert_true(!memcmp(out[i].data, want, len));
}

static void fill_random(size_t len)
{
    for (size_t i = 0; i < len; i++) {
        s.flat[i] = (uint8_t)g_test_rand_int();
    }
}

/* A packet as a driver would hand it in for segmentation or checksums */
struct packet {
    bool ipv6, udp, vlan;
    size_t ip, l4, hdr, payload;
    unsigned tcp_options;
};

static uint64_t pseudo(const struct packet *p, const uint8_t *f, size_t l4_len)
{
    uint64_t sum =
        p->ipv6 ? ref_sum(f + p->ip + 8, 32) : ref_sum(f + p->ip + 12, 8);

    return sum + (p->udp ? 17 : 6) + l4_len;
}

/* @gso: as Linux presets lengths and checksums for segmentation */
static void packet_make(struct packet *p, bool gso, uint8_t flags)
{
    uint8_t *f = s.flat;
    size_t total;

    memset(&s.f, 0, sizeof(s.f));
    p->ip = p->vlan ? 18 : 14;
    p->l4 = p->ip + (p->ipv6 ? 40 : 20);
    p->hdr = p->l4 + (p->udp ? 8 : 20 + 4 * p->tcp_options);
    total = p->hdr + p->payload;
    fill_random(total);
    if (p->vlan) {
        be16_store(f + 12, 0x8100);
    }
    be16_store(f + p->ip - 2, p->ipv6 ? 0x86dd : 0x0800);
    if (p->ipv6) {
        f[p->ip] = 0x60;
        be16_store(f + p->ip + 4, gso ? 0 : (uint16_t)(total - p->l4));
        f[p->ip + 6] = p->udp ? 17 : 6;
    } else {
        f[p->ip] = 0x45;
        be16_store(f + p->ip + 2, gso ? 0 : (uint16_t)(total - p->ip));
        be16_store(f + p->ip + 6, 0x4000);
        f[p->ip + 9] = p->udp ? 17 : 6;
        be16_store(f + p->ip + 10, 0);
        s.f.csum[0].start = (uint16_t)p->ip;
        s.f.csum[0].at = (uint16_t)(p->ip + 10);
        s.f.csum[0].end = (uint16_t)p->l4;
    }
    if (p->udp) {
        be16_store(f + p->l4 + 4, gso ? 0 : (uint16_t)(total - p->l4));
    } else {
        f[p->l4 + 12] = (uint8_t)((5 + p->tcp_options) << 4);
        f[p->l4 + 13] = flags;
    }
    s.f.csum[1].start = (uint16_t)p->l4;
    s.f.csum[1].at = (uint16_t)(p->l4 + (p->udp ? 6 : 16));
    be16_store(f + s.f.csum[1].at,
               ref_fold(pseudo(p, f, gso ? 0 : total - p->l4)));
    if (gso) {
        s.f.gso.type = p->udp ? NIC_GSO_UDP : NIC_GSO_TCP;
        s.f.gso.ipv6 = p->ipv6;
        s.f.gso.hdr_len = (uint16_t)p->hdr;
        s.f.gso.ip = (uint16_t)p->ip;
        s.f.gso.l4 = (uint16_t)p->l4;
    }
}

/* As a receiver sees it: lengths and checksums are right */
static void packet_check(const struct packet *p, const uint8_t *f, size_t len)
{
    if (p->ipv6) {
        g_assert_cmpuint(be16_at(f + p->ip + 4), ==, len - p->l4);
    } else {
        g_assert_cmpuint(be16_at(f + p->ip + 2), ==, len - p->ip);
        g_assert_cmphex(ref_fold(ref_sum(f + p->ip, 20)), ==, 0xffff);
    }
    if (p->udp) {
        g_assert_cmpuint(be16_at(f + p->l4 + 4), ==, len - p->l4);
    }
    g_assert_cmphex(ref_fold(ref_sum(f + p->l4, len - p->l4) +
                             pseudo(p, f, len - p->l4)),
                    ==, 0xffff);
}

/* The @i-th segment as the datasheet's table says (SDM 3.5), into @to */
static size_t ref_segment(const struct packet *p, unsigned mss, unsigned i,
                          uint8_t *to)
{
    size_t from = (size_t)i * mss;
    size_t len = MIN(mss, p->payload - from);
    bool last = from + len == p->payload;

    memcpy(to, s.flat, p->hdr);
    memcpy(to + p->hdr, s.flat + p->hdr + from, len);
    len += p->hdr;
    if (p->ipv6) {
        be16_store(to + p->ip + 4, (uint16_t)(len - p->ip - 40));
    } else {
        be16_store(to + p->ip + 2, (uint16_t)(len - p->ip));
        be16_store(to + p->ip + 4, (uint16_t)(be16_at(s.flat + p->ip + 4) + i));
    }
    if (p->udp) {
        be16_store(to + p->l4 + 4, (uint16_t)(len - p->l4));
    } else {
        be32_store(to + p->l4 + 4,
                   be32_at(s.flat + p->l4 + 4) + (uint32_t)from);
        if (!last) {
            to[p->l4 + 13] &= 0xf6;
        }
    }
    ref_csum(to, len, s.f.csum[0], 0);
    ref_csum(to, len, s.f.csum[1], len - p->l4);
    return len;
}

static void check_segments(const struct packet *p, unsigned mss)
{
    uint8_t *want = g_malloc(p->hdr + mss);
    unsigned segments = (unsigned)MAX(1, (p->payload + mss - 1) / mss);

    g_assert_cmpuint(run(0), ==, segments);
    g_assert_cmpuint(n_out, ==, segments);
    for (unsigned i = 0; i < segments; i++) {
        size_t len = ref_segment(p, mss, i, want);

        check_out(i, want, len);
        g_assert_false(out[i].has_off);
        packet_check(p, out[i].data, out[i].len);
    }
    g_free(want);
}

static void test_segments(void)
{
    static const unsigned sizes[] = { 1, 7, 536, 1448, 1460, 9000 };

    for (unsigned kind = 0; kind < 8; kind++) {
        for (unsigned m = 0; m < G_N_ELEMENTS(sizes); m++) {
            unsigned mss = sizes[m];
            size_t pay[] = {
                0,       1,           mss - 1,
                mss,     mss + 1,     3 * mss,
                5 * mss, 2 * mss + 1, (size_t)g_test_rand_int_range(0, 65000)
            };

            for (unsigned i = 0; i < G_N_ELEMENTS(pay); i++) {
                struct packet p = { .ipv6 = kind & 1,
                                    .udp = kind & 2,
                                    .vlan = kind & 4,
                                    .tcp_options = i % 4 * 3,
                                    .payload = MIN(pay[i], mss * 8000) };
                size_t head;

                packet_make(&p, true, 0x39); /* URG ACK PSH FIN */
                s.f.gso.mss = (uint16_t)mss;
                head = p.hdr +
                       (size_t)g_test_rand_int_range(0, (gint32)(NIC_HEAD_COPY -
                                                                 p.hdr));
                sample_split(p.hdr + p.payload, MIN(head, p.hdr + p.payload));
                check_segments(&p, mss);
                sample_free();
            }
        }
    }
}

static void test_stop(void)
{
    struct packet p = { .payload = 10000 };

    packet_make(&p, true, 0x18);
    s.f.gso.mss = 1000;
    sample_split(p.hdr + p.payload, p.hdr);
    stop_after = 3;
    g_assert_cmpuint(run(0), ==, 3);
    stop_after = OUT_MAX;
    sample_free();

    /* No guest makes more work than this with one frame */
    p.payload = 65000;
    packet_make(&p, true, 0x18);
    s.f.gso.mss = 1;
    sample_split(p.hdr + p.payload, p.hdr);
    g_assert_cmpuint(run(0), ==, OFFLOAD_SEGMENTS_MAX);
    sample_free();
}

/* Requests that do not fit the frame: no crash, nothing beyond the bounds */
static void test_lying(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        size_t len = (size_t)g_test_rand_int_range(1, 3000);
        size_t head = (size_t)g_test_rand_int_range(0, NIC_HEAD_MAX + 1);
        struct nic_gso *g = &s.f.gso;

        fill_random(64);
        memset(&s.f, 0, sizeof(s.f));
        sample_split(len, MIN(head, len));
        g->type = g_test_rand_int_range(0, 3);
        g->ipv6 = g_test_rand_bit();
        g->mss = (uint16_t)(g_test_rand_int() >> (g_test_rand_int() & 15));
        g->hdr_len = (uint16_t)g_test_rand_int_range(0, 300);
        g->ip = (uint16_t)g_test_rand_int_range(0, 300);
        g->l4 = (uint16_t)g_test_rand_int_range(0, 300);
        for (unsigned k = 0; k < 2; k++) {
            s.f.csum[k].start = (uint16_t)g_test_rand_int_range(0, 3100);
            s.f.csum[k].at = (uint16_t)g_test_rand_int_range(0, 3100);
            s.f.csum[k].end = (uint16_t)g_test_rand_int_range(0, 3100);
        }
        s.f.has_fcs = g_test_rand_int_range(0, 8) == 0;
        s.f.loop = g_test_rand_int_range(0, 8) == 0;
        g_assert_cmpuint(run((unsigned)g_test_rand_int() & 7), ==, n_out);
        for (unsigned k = 0; k < n_out; k++) {
            g_assert_cmpuint(out[k].len, <=, NIC_RX_MAX);
        }
        sample_free();
    }

    /* Nothing to emit */
    memset(&s.f, 0, sizeof(s.f));
    sample_split(100, 60);
    s.f.gso.type = NIC_GSO_TCP;
    s.f.gso.hdr_len = 54;
    g_assert_cmpuint(run(0), ==, 0); /* mss 0 */
    s.f.gso.mss = 10;
    s.f.gso.hdr_len = 61;
    g_assert_cmpuint(run(0), ==, 0); /* header beyond the head */
    s.f.gso.hdr_len = 54;
    s.f.gso.mss = NIC_RX_MAX;
    g_assert_cmpuint(run(0), ==, 0); /* segments too long */
    s.f.gso.mss = 10;
    s.f.len = 120;
    g_assert_cmpuint(run(0), ==, 4); /* body shorter than promised */
    s.f.gso.type = NIC_GSO_NONE;
    g_assert_cmpuint(run(0), ==, 0);
    sample_free();

    memset(&s.f, 0, sizeof(s.f));
    sample_split(NIC_RX_MAX, 60);
    g_assert_cmpuint(run(0), ==, 1);
    sample_free();
    sample_split(NIC_RX_MAX + 1, 60);
    g_assert_cmpuint(run(0), ==, 0);
    sample_free();
}

static void test_sum(void)
{
    uint8_t *p = g_malloc(70000);

    for (size_t i = 0; i < 70000; i++) {
        p[i] = (uint8_t)g_test_rand_int();
    }
    for (unsigned i = 0; i < 2000; i++) {
        size_t at = (size_t)g_test_rand_int_range(0, 64);
        size_t len = i < 300 ? i : (size_t)g_test_rand_int_range(0, 69900);
        uint32_t before = (uint32_t)g_test_rand_int();

        g_assert_cmphex(offload_fold(offload_sum(p + at, len, before)), ==,
                        ref_fold(ref_sum(p + at, len) + before));
    }
    for (unsigned i = 0x7f; i <= 0x81; i++) {
        memset(p, (int)i, 70000);
        g_assert_cmphex(offload_fold(offload_sum(p, 70000, 0)), ==,
                        ref_fold(ref_sum(p, 70000)));
    }
    memset(p, 0xff, 70000);
    g_assert_cmphex(offload_fold(offload_sum(p, 70000, UINT32_MAX)), ==,
                    0xffff);
    memset(p, 0, 70000);
    g_assert_cmphex(offload_fold(offload_sum(p, 70000, 0)), ==, 0);
    g_free(p);
}

static void test_csum_anywhere(void)
{
    uint8_t *want = g_malloc(FLAT_MAX);

    for (unsigned i = 0; i < 20000; i++) {
        size_t len = (size_t)g_test_rand_int_range(1, 2000);
        size_t head = (size_t)g_test_rand_int_range(0, NIC_HEAD_COPY + 1);
        gint32 top = (gint32)len + 10;

        memset(&s.f, 0, sizeof(s.f));
        fill_random(len);
        sample_split(len, MIN(head, len));
        memcpy(want, s.flat, len);
        for (unsigned k = 0; k < 2; k++) {
            struct nic_csum *c = &s.f.csum[k];

            c->start = (uint16_t)g_test_rand_int_range(0, top);
            c->at = (uint16_t)g_test_rand_int_range(0, top);
            c->end =
                (uint16_t)(g_test_rand_bit() ? 0
                                             : g_test_rand_int_range(0, top));
            ref_csum(want, len, *c, 0);
        }
        g_assert_cmpuint(run(0), ==, 1);
        check_out(0, want, len);
        g_assert_false(out[0].has_off);
        for (unsigned k = 0, at = s.f.head_len; k < s.n_body; k++) {
            /* The guest's own memory was not written */
            g_assert_true(
                !memcmp(s.body[k].iov_base, s.flat + at, s.body[k].iov_len));
            at += (unsigned)s.body[k].iov_len;
        }
        sample_free();
    }
    g_free(want);
}

/* Sums deep inside segments, beyond their headers */
static void test_csum_deep_in_segments(void)
{
    struct packet p = { .payload = 5000 };
    uint8_t want[2048];

    packet_make(&p, true, 0x10);
    s.f.gso.mss = 1000;
    s.f.csum[1] = (struct nic_csum){ .start = 300, .at = 701, .end = 900 };
    sample_split(p.hdr + p.payload, 100);
    g_assert_cmpuint(run(0), ==, 5);
    for (unsigned i = 0; i < 5; i++) {
        check_out(i, want, ref_segment(&p, 1000, i, want));
    }
    sample_free();
}

static void test_fcs(void)
{
    for (unsigned i = 0; i < 3000; i++) {
        size_t len = (size_t)g_test_rand_int_range(1, 2000);
        size_t head = (size_t)g_test_rand_int_range(1, NIC_HEAD_COPY);
        uint32_t crc;

        memset(&s.f, 0, sizeof(s.f));
        fill_random(len);
        crc = (uint32_t)crc32(0, s.flat, (uInt)len);
        for (unsigned k = 0; k < 4; k++) {
            s.flat[len + k] = (uint8_t)(crc >> (8 * k));
        }
        s.f.has_fcs = true;
        sample_split(len + 4, MIN(len + 4, head));
        g_assert_cmpuint(run(0), ==, 1);
        check_out(0, s.flat, len);
        /* Looped, it comes back as it is: the card itself looks at the FCS */
        s.f.loop = true;
        g_assert_cmpuint(run(0), ==, 1);
        check_out(0, s.flat, len + 4);
        sample_free();

        s.flat[g_test_rand_int_range(0, (gint32)len + 4)] ^= 1;
        s.f.loop = false;
        sample_split(len + 4, MIN(len + 4, 60));
        g_assert_cmpuint(run(0), ==, 0);
        sample_free();
    }
    for (size_t len = 1; len <= 4; len++) {
        memset(&s.f, 0, sizeof(s.f));
        s.f.has_fcs = true;
        s.f.csum[0].at = 1;
        sample_split(len, len);
        g_assert_cmpuint(run(0), ==, 0);
        sample_free();
    }
}

/* A sum under a supplied FCS: the FCS is not summed, and must fit the result */
static void test_fcs_and_csum(void)
{
    uint8_t want[104];
    uint32_t crc;

    memset(&s.f, 0, sizeof(s.f));
    fill_random(100);
    s.f.csum[0] = (struct nic_csum){ .start = 14, .at = 50 };
    memcpy(want, s.flat, 100);
    ref_csum(want, 100, s.f.csum[0], 0);
    crc = (uint32_t)crc32(0, want, 100);
    for (unsigned k = 0; k < 4; k++) {
        s.flat[100 + k] = (uint8_t)(crc >> (8 * k));
    }
    s.f.has_fcs = true;
    sample_split(104, 70);
    g_assert_cmpuint(run(OFFLOAD_CSUM), ==, 1);
    check_out(0, want, 100);
    sample_free();
}

/* Finish a frame as the kernel does from a virtio_net_hdr */
static void finish_partial(struct out *o)
{
    if (o->off.csum_start) {
        ref_csum(o->data, o->len,
                 (struct nic_csum){
                     .start = o->off.csum_start,
                     .at = (uint16_t)(o->off.csum_start + o->off.csum_offset),
                 },
                 0);
    }
}

static void test_pass_csum(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct packet p = { .ipv6 = kind & 1, .udp = kind & 2, .payload = 777 };

        packet_make(&p, false, 0x18);
        sample_split(p.hdr + p.payload, p.hdr + 10);
        g_assert_cmpuint(run(OFFLOAD_CSUM), ==, 1);
        g_assert_true(out[0].has_off);
        g_assert_cmpuint(out[0].off.gso_type, ==, VIRTIO_NET_HDR_GSO_NONE);
        g_assert_cmpuint(out[0].off.csum_start, ==, p.l4);
        finish_partial(&out[0]);
        packet_check(&p, out[0].data, out[0].len);

        /* The legacy descriptor's only sum */
        s.f.csum[0] = s.f.csum[1];
        s.f.csum[1] = (struct nic_csum){ 0 };
        g_assert_cmpuint(run(OFFLOAD_CSUM), ==, 1);
        g_assert_true(out[0].has_off);
        sample_free();
    }
}

/* What must not be left to the kernel, though it could be asked to */
static void test_keep_csum(void)
{
    struct packet p = { .payload = 100 };
    struct packet tagged = { .payload = 100, .vlan = true };
    unsigned caps = OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6;

    for (unsigned i = 0; i < 7; i++) {
        packet_make(i ? &p : &tagged, false, 0x10);
        switch (i) {
        case 1:
            s.f.csum[1].end = (uint16_t)(p.hdr + 20);
            break;
        case 2:
            s.f.csum[1].at -= 2;
            break;
        case 3:
            s.f.csum[1].start += 2;
            break;
        case 4:
            s.flat[p.ip + 6] = 0x20; /* more fragments */
            break;
        case 5:
            be16_store(s.flat + p.ip + 2, 60); /* padding behind it */
            break;
        case 6:
            s.flat[p.ip + 9] = 17; /* not what the sum is for */
            break;
        default:
            break;
        }
        sample_split(p.hdr + p.payload + (i ? 0 : 4), 80);
        g_assert_cmpuint(run(caps), ==, 1);
        g_assert_false(out[0].has_off);
        sample_free();
    }
    packet_make(&p, false, 0x10);
    s.f.loop = true;
    sample_split(p.hdr + p.payload, 80);
    g_assert_cmpuint(run(caps), ==, 1);
    g_assert_false(out[0].has_off);
    packet_check(&p, out[0].data, out[0].len);
    sample_free();
}

/* Passed on whole, and cut as the kernel would, it is the same as cut here */
static void test_pass_gso(void)
{
    uint8_t *want = g_malloc(FLAT_MAX);

    for (unsigned kind = 0; kind < 8; kind++) {
        struct packet p = { .ipv6 = kind & 1,
                            .tcp_options = kind & 2 ? 3 : 0,
                            .payload = kind & 4 ? 65000 : 3000 };
        struct out *o = &out[0];
        unsigned mss = 1448;

        packet_make(&p, true, 0x19);
        s.f.gso.mss = (uint16_t)mss;
        sample_split(p.hdr + p.payload, 200);
        g_assert_cmpuint(run(OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6), ==,
                         1);
        g_assert_true(o->has_off);
        g_assert_cmpuint(o->len, ==, p.hdr + p.payload);
        g_assert_cmpuint(o->off.gso_type, ==,
                         p.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
                                : VIRTIO_NET_HDR_GSO_TCPV4);
        g_assert_cmpuint(o->off.gso_size, ==, mss);
        g_assert_cmpuint(o->off.hdr_len, ==, p.hdr);
        g_assert_cmpuint(o->off.csum_start, ==, p.l4);
        g_assert_cmpuint(o->off.csum_offset, ==, 16);
        /* The partial sum is that of the whole packet's pseudo-header */
        g_assert_cmphex(be16_at(o->data + p.l4 + 16), ==,
                        ref_fold(pseudo(&p, o->data, o->len - p.l4)));
        finish_partial(o);
        packet_check(&p, o->data, o->len);
        sample_free();

        /* Without the one capability that it needs, it is cut */
        packet_make(&p, true, 0x19);
        s.f.gso.mss = (uint16_t)mss;
        sample_split(p.hdr + p.payload, 200);
        g_assert_cmpuint(run(OFFLOAD_CSUM |
                             (p.ipv6 ? OFFLOAD_GSO4 : OFFLOAD_GSO6)),
                         ==, (p.payload + mss - 1) / mss);
        for (unsigned i = 0; i < n_out; i++) {
            check_out(i, want, ref_segment(&p, mss, i, want));
        }
        sample_free();
    }
    g_free(want);
}

static void break_request(unsigned how, const struct packet *p)
{
    switch (how) {
    case 0:
        s.flat[p->ip] = 0x46; /* options that are not in the request */
        break;
    case 1:
        s.flat[p->ip + 9] = 17;
        break;
    case 2:
        s.flat[p->l4 + 12] = 0x60;
        break;
    case 3:
        s.flat[p->l4 + 13] |= 0x80; /* CWR: kernel clears it, a chip not */
        break;
    case 4:
        s.flat[p->l4 + 13] |= 0x02; /* SYN */
        break;
    case 5:
        s.f.csum[0] = (struct nic_csum){ 0 };
        break;
    case 6:
        s.f.csum[1] = (struct nic_csum){ 0 };
        break;
    case 7:
        s.f.csum[1].end = 1000;
        break;
    case 8:
        s.f.gso.ipv6 = true;
        break;
    case 9:
        s.f.gso.l4 += 1;
        break;
    case 10:
        be16_store(s.flat + 12, 0x86dd);
        break;
    case 11:
        s.flat[p->ip + 6] = 0x20;
        break;
    default:
        s.f.gso.mss = (uint16_t)p->payload; /* one segment: nothing to cut */
        break;
    }
}

static void test_keep_gso(void)
{
    for (unsigned i = 0; i < 13; i++) {
        struct packet p = { .payload = 4000 };

        packet_make(&p, true, 0x18);
        s.f.gso.mss = 1000;
        break_request(i, &p);
        sample_split(p.hdr + p.payload, p.hdr);
        g_assert_cmpuint(run(OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6), ==,
                         i < 12 ? 4 : 1);
        for (unsigned k = 0; k < n_out; k++) {
            g_assert_false(out[k].has_off);
            g_assert_cmpuint(out[k].len, ==, p.hdr + (i < 12 ? 1000 : 4000));
        }
        sample_free();
    }
}

/* Put a destination options header in front of L4, which is in @s.flat */
static void add_extension(struct packet *p)
{
    uint8_t *ext = s.flat + p->l4;

    memmove(ext + 8, ext, p->hdr + p->payload - p->l4);
    memset(ext, 0, 8);
    ext[0] = s.flat[p->ip + 6];
    s.flat[p->ip + 6] = 60;
    p->l4 += 8;
    p->hdr += 8;
    s.f.csum[1].start += 8;
    s.f.csum[1].at += 8;
    s.f.gso.l4 += 8;
    s.f.gso.hdr_len += 8;
}

/* What comes out for a receiver with @caps, one frame behind the other */
static GByteArray *emitted(unsigned caps, unsigned *n)
{
    GByteArray *all = g_byte_array_new();

    *n = run(caps);
    for (unsigned i = 0; i < n_out; i++) {
        g_assert_false(out[i].has_off);
        g_byte_array_append(all, out[i].data, (guint)out[i].len);
    }
    return all;
}

/* Kinds of packets that we cut, and sum, ourselves for any receiver */
static void test_keep_kinds(void)
{
    static const struct {
        struct packet p;
        bool extension;
    } kinds[] = {
        { { .vlan = true } },
        { { .vlan = true, .ipv6 = true } },
        { { .udp = true } },
        { { .udp = true, .ipv6 = true } },
        { { .udp = true, .vlan = true } },
        { { .ipv6 = true }, true },
        { { .ipv6 = true, .vlan = true }, true },
    };
    static const size_t payload[] = { 0, 1, 999, 1000, 1001, 5000, 5001 };

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (unsigned k = 0; k < 2 * G_N_ELEMENTS(payload); k++) {
            struct packet p = kinds[i].p;
            GByteArray *plain, *whole;
            unsigned n_plain, n_whole;

            p.payload = payload[k / 2];
            packet_make(&p, k & 1, 0x18);
            s.f.gso.mss = 1000;
            if (kinds[i].extension) {
                add_extension(&p);
            }
            if (p.udp && !(k & 1) && !p.vlan) {
                /* As it is, the kernel can be asked to sum it */
                continue;
            }
            sample_split(p.hdr + p.payload, MIN(p.hdr + 20, p.hdr + p.payload));
            plain = emitted(0, &n_plain);
            whole =
                emitted(OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6, &n_whole);
            g_assert_cmpuint(n_plain, ==, n_whole);
            g_assert_cmpmem(plain->data, plain->len, whole->data, whole->len);
            g_byte_array_unref(plain);
            g_byte_array_unref(whole);
            sample_free();
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offload/sum", test_sum);
    g_test_add_func("/offload/segments", test_segments);
    g_test_add_func("/offload/stop", test_stop);
    g_test_add_func("/offload/lying", test_lying);
    g_test_add_func("/offload/csum-anywhere", test_csum_anywhere);
    g_test_add_func("/offload/csum-deep", test_csum_deep_in_segments);
    g_test_add_func("/offload/fcs", test_fcs);
    g_test_add_func("/offload/fcs-and-csum", test_fcs_and_csum);
    g_test_add_func("/offload/pass-csum", test_pass_csum);
    g_test_add_func("/offload/keep-csum", test_keep_csum);
    g_test_add_func("/offload/pass-gso", test_pass_gso);
    g_test_add_func("/offload/keep-gso", test_keep_gso);
    g_test_add_func("/offload/keep-kinds", test_keep_kinds);
    return g_test_run();
}
