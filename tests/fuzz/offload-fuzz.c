// SPDX-License-Identifier: MIT
/*
 * offload-fuzz.c - frames with any request for checksums and segments
 *
 * What net/offload.c emits is compared with a plain implementation on flat
 * memory.  A receiver with capabilities is one that does as the kernel does.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hw/gpa.h"
#include "net/offload.h"
#include "tests/fuzz/fuzz.h"

enum {
    BODY_PIECES = 8,
    PIECE_MAX = 20000,
    FRAME_MAX = NIC_HEAD_MAX + BODY_PIECES * PIECE_MAX,
    FCS_LEN = 4,
};

/**
 * struct check - What is expected of the emitted frames
 * @f:       The frame as it was made
 * @flat:    All its bytes
 * @caps:    Of the receiver
 * @payload: Bytes behind the header that came out so far
 */
struct check {
    struct nic_frame f;
    uint8_t flat[FRAME_MAX];
    unsigned caps, frames, stop_after;
    size_t payload;
};

static struct check check;

static uint16_t sum(const uint8_t *p, size_t len)
{
    uint32_t s = 0;

    for (size_t i = 0; i < len; i++) {
        s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        s = (s & 0xffff) + (s >> 16);
    }
    return (uint16_t)s;
}

/* Two values of one sum are the same number: 0 and 0xffff */
static bool same_sum(uint16_t a, uint16_t b)
{
    return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

static void fill_csum(uint8_t *p, size_t limit, const struct nic_csum *s,
                      uint16_t extra)
{
    size_t end = s->end && s->end < limit ? s->end : limit;
    uint32_t preset;

    if ((!s->start && !s->at) || s->at + 2u > limit || s->start >= limit) {
        return;
    }
    preset = (uint32_t)be16_at(p + s->at) + extra;
    be16_store(p + s->at, (uint16_t)((preset & 0xffff) + (preset >> 16)));
    be16_store(p + s->at,
               (uint16_t) ~(s->start < end ? sum(p + s->start, end - s->start)
                                           : 0));
}

/* Equal but for the two encodings of a zero sum at @s */
static void compare(const uint8_t *a, const uint8_t *b, size_t len)
{
    const struct nic_csum *s = check.f.csum;

    for (size_t i = 0; i < len; i++) {
        bool in_sum = false;

        for (unsigned k = 0; k < 2; k++) {
            in_sum |= (i == s[k].at || i == s[k].at + 1u) &&
                      s[k].at + 2u <= len &&
                      same_sum(be16_at(a + s[k].at), be16_at(b + s[k].at));
        }
        MUST(a[i] == b[i] || in_sum);
    }
}

/* A whole frame: as it went in, with its sums */
static void expect_plain(uint8_t *got, size_t len,
                         const struct offload_hdr *off)
{
    static uint8_t want[FRAME_MAX];
    size_t limit = check.f.len;

    memcpy(want, check.flat, limit);
    limit -= check.f.has_fcs ? (limit < FCS_LEN ? limit : FCS_LEN) : 0;
    fill_csum(want, limit, &check.f.csum[0], 0);
    fill_csum(want, limit, &check.f.csum[1], 0);
    MUST(len == (check.f.has_fcs && !check.f.loop ? limit : check.f.len));
    if (off) {
        const struct nic_csum rest = {
            .start = off->csum_start,
            .at = (uint16_t)(off->csum_start + off->csum_offset),
        };

        MUST((check.caps & OFFLOAD_CSUM) && !off->gso_type);
        MUST(rest.at + 2u <= len);
        fill_csum(got, len, &rest, 0);
    }
    compare(got, want, len);
}

/* A segment: the payload goes on where the last one ended */
static void expect_segment(const uint8_t *got, size_t len)
{
    const struct nic_gso *g = &check.f.gso;
    size_t part = len - g->hdr_len, left = check.f.len - g->hdr_len;

    MUST(len >= g->hdr_len && part <= g->mss);
    left -= check.payload;
    MUST(part == (left < g->mss ? left : g->mss));
    /* Checksums may have been asked for anywhere */
    for (size_t i = 0; i < part; i++) {
        size_t at = g->hdr_len + i;
        bool in_sum = false;

        for (unsigned k = 0; k < 2; k++) {
            in_sum |= at == check.f.csum[k].at || at == check.f.csum[k].at + 1u;
        }
        MUST(in_sum || got[at] == check.flat[g->hdr_len + check.payload + i]);
    }
    check.payload += part;
}

static bool emit(void *arg, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off)
{
    static uint8_t got[FRAME_MAX];
    size_t len = 0;

    MUST(n >= 1 && n <= OFFLOAD_IOV_MAX);
    for (unsigned i = 0; i < n; i++) {
        MUST(iov[i].iov_len <= FRAME_MAX - len);
        memcpy(got + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    check.frames++;
    MUST(check.frames <= OFFLOAD_SEGMENTS_MAX);
    MUST((off && off->gso_type) || len <= NIC_RX_MAX + FCS_LEN);
    if (check.f.gso.type == NIC_GSO_NONE) {
        expect_plain(got, len, off);
    } else if (off) {
        MUST(check.caps & (OFFLOAD_GSO4 | OFFLOAD_GSO6));
        MUST(off->gso_type && off->gso_size == check.f.gso.mss);
        MUST(off->hdr_len <= len && len == check.f.len);
        MUST(off->csum_start + off->csum_offset + 2u <= off->hdr_len);
    } else {
        expect_segment(got, len);
    }
    return check.frames != check.stop_after;
}

static struct nic_csum take_csum(const uint8_t **in, size_t *left)
{
    struct nic_csum s = {
        .start = (uint16_t)fuzz_take(in, left, 2),
        .at = (uint16_t)fuzz_take(in, left, 2),
        .end = (uint16_t)fuzz_take(in, left, 2),
    };

    return s;
}

static void take_gso(struct nic_gso *g, const uint8_t **in, size_t *left,
                     uint16_t head_len)
{
    uint32_t how = fuzz_take(in, left, 1);

    g->type = how % 3 == 1   ? NIC_GSO_TCP
              : how % 3 == 2 ? NIC_GSO_UDP
                             : NIC_GSO_NONE;
    g->ipv6 = how & 0x80;
    g->mss = (uint16_t)fuzz_take(in, left, 2);
    g->hdr_len = (uint16_t)fuzz_take(in, left, 2);
    g->ip = (uint16_t)fuzz_take(in, left, 1);
    g->l4 = (uint16_t)fuzz_take(in, left, 1);
    if (g->type == NIC_GSO_NONE) {
        return;
    }
    /* What models promise */
    g->mss = g->mss ? g->mss : 1;
    g->hdr_len = g->hdr_len > head_len ? head_len : g->hdr_len;
    g->l4 = g->l4 > g->hdr_len ? g->hdr_len : g->l4;
    g->ip = g->ip > g->l4 ? g->l4 : g->ip;
}

/* The sum that vectors and tails are made for, against the plain one */
static void check_sum(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    memcpy(copy, data, size);
    MUST(same_sum(offload_fold(offload_sum(copy, size, 0)), sum(data, size)));
    free(copy);
}

/* Read a whole frame; pieces have memory of their own, so that every byte too
 * far is noticed */
static unsigned take_frame(const uint8_t **in, size_t *left, struct iovec *body)
{
    struct nic_frame *f = &check.f;
    uint32_t how = fuzz_take(in, left, 1);
    unsigned n = fuzz_take(in, left, 1) % (BODY_PIECES + 1);

    memset(f, 0, sizeof(*f));
    f->loop = how & 1;
    f->has_fcs = how & 2;
    check.caps = how >> 2 & 7;
    check.stop_after = how & 0x80 ? 2 : 0;
    f->head_len = (uint16_t)(1 + fuzz_take(in, left, 2) % NIC_HEAD_MAX);
    f->csum[0] = take_csum(in, left);
    f->csum[1] = take_csum(in, left);
    take_gso(&f->gso, in, left, f->head_len);
    f->has_fcs &= f->gso.type == NIC_GSO_NONE;
    for (unsigned i = 0; i < n; i++) {
        body[i].iov_len = fuzz_take(in, left, 2) % PIECE_MAX;
    }
    for (unsigned i = 0; i < f->head_len; i++) {
        f->head[i] = (uint8_t)fuzz_take(in, left, 1);
    }
    memcpy(check.flat, f->head, f->head_len);
    f->len = f->head_len;
    for (unsigned i = 0; i < n; i++) {
        uint8_t *p = malloc(body[i].iov_len ? body[i].iov_len : 1);

        for (size_t k = 0; k < body[i].iov_len; k++) {
            p[k] = (uint8_t)(*left ? fuzz_take(in, left, 1) : k * 11 + i);
        }
        memcpy(check.flat + f->len, p, body[i].iov_len);
        body[i].iov_base = p;
        f->len += (uint32_t)body[i].iov_len;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iovec body[BODY_PIECES] = { { NULL, 0 } };
    struct nic_frame f;
    unsigned n_body, n;

    check_sum(data, size);
    check.frames = 0;
    check.payload = 0;
    n_body = take_frame(&data, &size, body);
    f = check.f;
    n = offload_frame(&f, body, n_body, check.caps, emit, NULL);
    MUST(n == check.frames || n + 1 == check.frames);
    if (n && !check.stop_after && check.f.gso.type != NIC_GSO_NONE &&
        check.payload && n < OFFLOAD_SEGMENTS_MAX) {
        MUST(check.payload == check.f.len - check.f.gso.hdr_len);
    }
    for (unsigned i = 0; i < n_body; i++) {
        free(body[i].iov_base);
    }
    return 0;
}
