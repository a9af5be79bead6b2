// SPDX-License-Identifier: MIT
/*
 * offload.c - checksums and segmentation in software, for any backend
 *
 * A frame leaves a model as a private copy of its first bytes and a body that
 * stays where it is.  Nothing here copies the body: a segment is a patched
 * copy of the headers followed by slices of the body, a checksum is summed
 * over those slices and stored in the private bytes.  Only when a checksum is
 * to be stored beyond them is more of the frame copied, because guest memory
 * is never written on the way out.
 *
 * A receiver that can finish a frame itself (OFFLOAD_*) gets it whole, but
 * only if its headers say what the guest's request says: the kernel cuts by
 * what it finds in the headers, a card by what it was told.  Whatever is
 * unusual (tags, extension headers, options that do not add up, strange
 * checksum ranges) is done here, byte for byte as it was asked for.
 *
 * Segmentation follows the 8254x (SDM 3.5): the checksums of a segment are
 * recomputed from the values preset in the prototype header, to which the L4
 * length is added, because the guest cannot know it.
 */
#include <libdeflate.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/headers.h"
#include "net/offload.h"

/**
 * struct cut - A frame on its way out
 * @iov, @n: It, in pieces; the first is private and may be written
 * @len:     Of all pieces
 * @deep:    Room for private bytes beyond the first piece
 */
struct cut {
    struct iovec iov[OFFLOAD_IOV_MAX];
    unsigned n;
    size_t len;
    uint8_t deep[NIC_RX_MAX + FCS_LEN];
};

/**
 * struct source - Reads a frame's payload piece by piece
 * @iov, @n: What is left
 * @skip:    Bytes of the first piece that were read
 */
struct source {
    const struct iovec *iov;
    unsigned n;
    size_t skip;
};

/* Sum of bytes @from to @to of a frame in pieces; 0 if @to comes first */
static uint16_t cut_sum(const struct cut *c, size_t from, size_t to)
{
    uint32_t sum = 0;
    size_t at = 0;
    bool odd = false;

    for (unsigned i = 0; i < c->n && at < to && from < to; i++) {
        const uint8_t *p = c->iov[i].iov_base;
        size_t len = c->iov[i].iov_len, skip = from > at ? from - at : 0;

        at += len;
        if (skip >= len) {
            continue;
        }
        p += skip;
        len -= skip;
        if (at > to) {
            len -= at - to;
        }
        if (odd) {
            uint16_t part = offload_fold(offload_sum(p, len, 0));

            sum = offload_fold(sum) + (uint32_t)__builtin_bswap16(part);
        } else {
            sum = offload_sum(p, len, sum);
        }
        odd ^= len & 1;
    }
    return offload_fold(sum);
}

/* Add the next @len bytes of the payload to a frame; false if it has too many
 * pieces or the payload is shorter than promised */
static bool cut_take(struct cut *c, struct source *s, size_t len)
{
    while (len) {
        size_t part;

        if (!s->n || c->n == OFFLOAD_IOV_MAX) {
            return false;
        }
        part = s->iov->iov_len - s->skip;
        part = part < len ? part : len;
        if (part) {
            c->iov[c->n++] = (struct iovec){
                .iov_base = (uint8_t *)s->iov->iov_base + s->skip,
                .iov_len = part,
            };
        }
        len -= part;
        c->len += part;
        s->skip += part;
        if (s->skip == s->iov->iov_len) {
            s->iov++;
            s->n--;
            s->skip = 0;
        }
    }
    return true;
}

/* Make the first @upto bytes private, so that they may be written.
 * @upto: At most the frame and sizeof(c->deep) */
static uint8_t *cut_own(struct cut *c, size_t upto)
{
    size_t have = 0;
    unsigned i = 0;

    if (c->iov[0].iov_len >= upto) {
        return c->iov[0].iov_base;
    }
    while (have < upto) {
        size_t part = c->iov[i].iov_len;

        part = part < upto - have ? part : upto - have;
        /* A second call moves what the first one copied onto itself */
        memmove(c->deep + have, c->iov[i].iov_base, part);
        have += part;
        if (part == c->iov[i].iov_len) {
            i++;
        } else {
            c->iov[i].iov_base = (uint8_t *)c->iov[i].iov_base + part;
            c->iov[i].iov_len -= part;
        }
    }
    /* The first piece was used up, so there is room for the new one */
    c->n -= i - 1;
    memmove(c->iov + 1, c->iov + i, (c->n - 1) * sizeof(c->iov[0]));
    c->iov[0] = (struct iovec){ .iov_base = c->deep, .iov_len = have };
    return c->deep;
}

static bool csum_wanted(const struct nic_csum *s)
{
    return s->start || s->at;
}

/**
 * cut_csum() - Fill in one checksum
 * @limit: End of what may be summed: the frame, without its FCS
 * @extra: Added to the preset value first
 */
static void cut_csum(struct cut *c, const struct nic_csum *s, size_t limit,
                     uint16_t extra)
{
    size_t end = s->end && s->end < limit ? s->end : limit;
    uint8_t *p;

    if (!csum_wanted(s) || s->at + 2U > limit || s->start >= limit) {
        return;
    }
    p = cut_own(c, s->at + 2U) + s->at;
    be16_store(p, offload_fold((uint32_t)be16_at(p) + extra));
    be16_store(p, (uint16_t)~cut_sum(c, s->start, end));
}

/* CRC-32 of the frame up to @len */
static uint32_t cut_fcs(const struct cut *c, size_t len)
{
    uint32_t crc = 0;

    for (unsigned i = 0; i < c->n && len; i++) {
        size_t part = c->iov[i].iov_len < len ? c->iov[i].iov_len : len;

        crc = libdeflate_crc32(crc, c->iov[i].iov_base, part);
        len -= part;
    }
    return crc;
}

/* Take the FCS off; false if it is wrong */
static bool cut_trim_fcs(struct cut *c)
{
    uint8_t fcs[FCS_LEN] = { 0 };
    size_t len, at = 0, got = 0;

    if (c->len <= FCS_LEN) {
        return false;
    }
    len = c->len - FCS_LEN;
    for (unsigned i = 0; i < c->n; i++) {
        const uint8_t *p = c->iov[i].iov_base;

        for (size_t k = at < len ? len - at : 0; k < c->iov[i].iov_len; k++) {
            fcs[got++ & 3] = p[k];
        }
        at += c->iov[i].iov_len;
    }
    if (cut_fcs(c, len) != ((uint32_t)fcs[3] << 24 | (uint32_t)fcs[2] << 16 |
                            (uint32_t)fcs[1] << 8 | fcs[0])) {
        return false;
    }
    while (c->len > len) {
        struct iovec *last = &c->iov[c->n - 1];
        size_t drop = c->len - len;

        drop = drop < last->iov_len ? drop : last->iov_len;
        last->iov_len -= drop;
        c->len -= drop;
        c->n -= !last->iov_len;
    }
    return true;
}

/**
 * struct layer - What the headers themselves say; all from private bytes
 * @ip, @l4: Offsets
 * @end:     Where the packet ends by its length field
 * @proto:   IP_TCP or IP_UDP
 */
struct layer {
    bool ipv6;
    uint16_t ip, l4;
    size_t end;
    uint8_t proto;
};

/* Parse untagged Ethernet, IP without fragments or extension headers.  False
 * if it is anything else, or not all of it is within @len bytes */
static bool layer_parse(const uint8_t *p, size_t len, struct layer *out)
{
    const uint8_t *ip = p + ETH_LEN;
    size_t l4;

    if (len < ETH_LEN + IPV4_LEN) {
        return false;
    }
    switch (be16_at(p + ETH_TYPE)) {
    case ETH_IPV4:
        l4 = ETH_LEN + 4U * (ip[0] & 0xf);
        if (ip[0] >> 4 != 4 || l4 < ETH_LEN + IPV4_LEN ||
            be16_at(ip + IPV4_FRAGMENT) & 0x3fff) {
            return false;
        }
        out->ipv6 = false;
        out->proto = ip[IPV4_PROTO];
        out->end = ETH_LEN + (size_t)be16_at(ip + IPV4_TOTAL);
        break;
    case ETH_IPV6:
        l4 = ETH_LEN + IPV6_LEN;
        if (len < l4 || ip[0] >> 4 != 6) {
            return false;
        }
        out->ipv6 = true;
        out->proto = ip[IPV6_NEXT];
        out->end = ETH_LEN + IPV6_LEN + (size_t)be16_at(ip + IPV6_PAYLOAD);
        break;
    default:
        return false;
    }
    out->ip = ETH_LEN;
    out->l4 = (uint16_t)l4;
    return (out->proto == IP_TCP && l4 + TCP_LEN <= len) ||
           (out->proto == IP_UDP && l4 + UDP_LEN <= len);
}

/* Whether checksum @s is the TCP or UDP checksum of the frame, up to its end */
static bool csum_is_l4(const struct nic_csum *s, const struct layer *y,
                       size_t len)
{
    unsigned field = y->proto == IP_TCP ? TCP_SUM : UDP_SUM;

    return s->start == y->l4 && s->at == y->l4 + field &&
           (!s->end || s->end == len);
}

/* Leave checksum @s to the receiver if that is the same thing; padding behind
 * the packet would be summed here and not there */
static bool csum_pass(const struct cut *c, const struct nic_csum *s,
                      struct offload_hdr *off)
{
    struct layer y;

    if (!csum_wanted(s) ||
        !layer_parse(c->iov[0].iov_base, c->iov[0].iov_len, &y) ||
        y.end != c->len || !csum_is_l4(s, &y, c->len)) {
        return false;
    }
    off->csum_start = s->start;
    off->csum_offset = (uint16_t)(s->at - s->start);
    return true;
}

/**
 * cut_finish() - Fill in the checksums of a frame and emit it
 * @l4_len: Added to the preset of csum[1]; 0 without GSO
 */
static bool cut_finish(struct cut *c, const struct nic_frame *f,
                       uint16_t l4_len, unsigned caps, offload_emit_fn *emit,
                       void *arg)
{
    struct offload_hdr off = { .gso_type = VIRTIO_NET_HDR_GSO_NONE };
    const struct nic_csum *ip = &f->csum[0], *l4 = &f->csum[1];
    size_t limit = c->len;
    bool pass = (caps & OFFLOAD_CSUM) && !f->loop && !f->has_fcs && !l4_len;

    if (!csum_wanted(ip) && !csum_wanted(l4) && !f->has_fcs) {
        return emit(arg, c->iov, c->n, NULL);
    }
    if (f->has_fcs) {
        limit -= limit < FCS_LEN ? limit : FCS_LEN;
    }
    if (csum_wanted(l4)) {
        cut_csum(c, ip, limit, 0);
        pass = pass && csum_pass(c, l4, &off);
    } else {
        /* A legacy insertion is in the first place and may be an L4 sum */
        pass = pass && csum_pass(c, ip, &off);
        l4 = ip;
    }
    if (!pass) {
        cut_csum(c, l4, limit, l4 == ip ? 0 : l4_len);
    }
    if (f->has_fcs && !f->loop && !cut_trim_fcs(c)) {
        return false;
    }
    return emit(arg, c->iov, c->n, pass ? &off : NULL);
}

/* Stores into a header that ignore what does not fit */
static void hdr_put16(uint8_t *h, size_t len, size_t at, size_t val)
{
    if (at + 2 <= len) {
        be16_store(h + at, (uint16_t)val);
    }
}

static void hdr_add16(uint8_t *h, size_t len, size_t at, size_t val)
{
    if (at + 2 <= len) {
        be16_store(h + at, (uint16_t)(be16_at(h + at) + val));
    }
}

void offload_patch(uint8_t *h, const struct nic_gso *g, size_t i, size_t len,
                   bool last)
{
    if (g->ipv6) {
        hdr_put16(h, g->hdr_len, g->ip + (size_t)IPV6_PAYLOAD,
                  len - g->ip - IPV6_LEN);
    } else {
        hdr_put16(h, g->hdr_len, g->ip + (size_t)IPV4_TOTAL, len - g->ip);
        hdr_add16(h, g->hdr_len, g->ip + (size_t)IPV4_ID, i);
    }
    if (g->type == NIC_GSO_UDP) {
        hdr_put16(h, g->hdr_len, g->l4 + (size_t)UDP_LENGTH, len - g->l4);
        return;
    }
    if (g->l4 + (size_t)TCP_FLAGS < g->hdr_len) {
        uint8_t *tcp = h + g->l4;

        be32_store(tcp + TCP_SEQ,
                   be32_at(tcp + TCP_SEQ) + (uint32_t)(i * g->mss));
        if (!last) {
            tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
        }
    }
}

/* Cut the frame; @s holds everything behind its head */
static unsigned segment_frame(const struct nic_frame *f, struct cut *c,
                              struct source *s, size_t payload, unsigned caps,
                              offload_emit_fn *emit, void *arg)
{
    const struct nic_gso *g = &f->gso;
    /* The rest of the head is payload, in front of the body */
    const struct iovec rest = {
        .iov_base = (uint8_t *)(uintptr_t)f->head + g->hdr_len,
        .iov_len = (size_t)(f->head_len - g->hdr_len),
    };
    struct source first = { .iov = &rest, .n = rest.iov_len != 0 };
    uint8_t hdr[NIC_HEAD_MAX];
    unsigned i = 0;

    do {
        size_t mss = payload < g->mss ? payload : g->mss;
        size_t len = g->hdr_len + mss, head = rest.iov_len - first.skip;

        payload -= mss;
        memcpy(hdr, f->head, g->hdr_len);
        offload_patch(hdr, g, i, len, !payload);
        c->iov[0] = (struct iovec){ .iov_base = hdr, .iov_len = g->hdr_len };
        c->n = 1;
        c->len = g->hdr_len;
        head = first.n ? (head < mss ? head : mss) : 0;
        if (!cut_take(c, &first, head) || !cut_take(c, s, mss - head) ||
            !cut_finish(c, f, (uint16_t)(len - g->l4), caps, emit, arg)) {
            return i;
        }
        i++;
    } while (payload && i < OFFLOAD_SEGMENTS_MAX);
    return i;
}

/* Whether the request is what the kernel would do by looking at the headers */
static bool gso_fits(const struct nic_frame *f, unsigned caps)
{
    const struct nic_gso *g = &f->gso;
    const struct nic_csum *ip = &f->csum[0], *l4 = &f->csum[1];
    const uint8_t *tcp;
    struct layer y;

    if (g->type != NIC_GSO_TCP || f->loop || f->has_fcs ||
        !(caps & OFFLOAD_CSUM) ||
        !(caps & (g->ipv6 ? OFFLOAD_GSO6 : OFFLOAD_GSO4)) ||
        f->len - g->hdr_len <= g->mss || f->len - ETH_LEN > IP_MAX) {
        return false;
    }
    if (!layer_parse(f->head, g->hdr_len, &y) || y.ipv6 != g->ipv6 ||
        y.proto != IP_TCP || y.ip != g->ip || y.l4 != g->l4) {
        return false;
    }
    tcp = f->head + y.l4;
    if (y.l4 + 4U * (tcp[TCP_OFFSET] >> 4) != g->hdr_len ||
        (tcp[TCP_FLAGS] & ~(TCP_FIN | TCP_PSH | TCP_ECE)) != TCP_ACK) {
        return false;
    }
    /* The kernel always recomputes the IP checksum, and the TCP checksum to
     * the end of the segment; it knows no end but that */
    return l4->start == g->l4 && l4->at == g->l4 + TCP_SUM && !l4->end &&
           (g->ipv6 ? !csum_wanted(ip)
                    : ip->start == g->ip && ip->at == g->ip + IPV4_SUM &&
                          ip->end == g->l4);
}

/* Pass a frame on whole, to be cut by the receiver */
static unsigned gso_pass(struct nic_frame *f, struct cut *c, struct source *s,
                         offload_emit_fn *emit, void *arg)
{
    const struct nic_gso *g = &f->gso;
    uint8_t *sum = f->head + f->csum[1].at;
    struct offload_hdr off = {
        .csum_start = g->l4,
        .csum_offset = TCP_SUM,
        .gso_type =
            g->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = g->mss,
        .hdr_len = g->hdr_len,
    };

    offload_patch(f->head, g, 0, f->len, true);
    be16_store(sum, offload_fold((uint32_t)be16_at(sum) + f->len - g->l4));
    c->iov[0] = (struct iovec){ .iov_base = f->head, .iov_len = f->head_len };
    c->n = 1;
    c->len = f->head_len;
    if (!cut_take(c, s, f->len - f->head_len)) {
        return 0;
    }
    if (!g->ipv6) {
        cut_csum(c, &f->csum[0], c->len, 0);
    }
    return emit(arg, c->iov, c->n, &off) ? 1 : 0;
}

unsigned offload_frame(struct nic_frame *f, const struct iovec *body,
                       unsigned n_body, unsigned caps, offload_emit_fn *emit,
                       void *arg)
{
    const struct nic_gso *g = &f->gso;
    struct source s = { .iov = body, .n = n_body };
    struct cut c;

    if (f->head_len > NIC_HEAD_MAX || f->len < f->head_len || !f->len) {
        return 0;
    }
    if (g->type == NIC_GSO_NONE) {
        if (f->len > NIC_RX_MAX + (f->has_fcs ? FCS_LEN : 0)) {
            return 0;
        }
        c.iov[0] =
            (struct iovec){ .iov_base = f->head, .iov_len = f->head_len };
        c.n = 1;
        c.len = f->head_len;
        if (!cut_take(&c, &s, f->len - f->head_len)) {
            return 0;
        }
        return cut_finish(&c, f, 0, caps, emit, arg) ? 1 : 0;
    }
    if (!g->mss || g->hdr_len > f->head_len ||
        (size_t)g->hdr_len + g->mss > NIC_RX_MAX || f->has_fcs) {
        return 0;
    }
    if (gso_fits(f, caps)) {
        return gso_pass(f, &c, &s, emit, arg);
    }
    return segment_frame(f, &c, &s, f->len - g->hdr_len, caps, emit, arg);
}
