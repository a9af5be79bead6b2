// SPDX-License-Identifier: MIT
/*
 * offload-in.c - frames that the host left unfinished, made plain for a card
 *
 * A host that may leave checksums and segmentation to us hands over up to
 * 64 KiB at a time, which is what makes receiving fast.  A card takes only
 * frames as they are on a wire, and a guest that forwards one would send a
 * partial checksum on: so here each gets its checksum, and what is too long
 * is cut where the sender's kernel would have cut it.
 *
 * What is cut is not copied: the headers of a segment are written in front of
 * its payload where that lies, over the end of the segment before, which the
 * card has by then.  Of their sums only what differs is added up each time.
 *
 * The header in front of a frame comes from the kernel, but in part from
 * whoever made the frame, maybe another guest.  It only says what is to be
 * done; where, the frame's own headers have to agree.
 */
#include <linux/virtio_net.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/headers.h"
#include "net/offload.h"

enum { TAGS_MAX = 2 };

/* Stores the complement of a sum.  0 and ffffh are the same number, but in UDP
 * 0 means that there is no checksum (RFC 768) */
static void sum_store(uint8_t *at, uint32_t sum)
{
    uint16_t val = (uint16_t)~offload_fold(sum);

    be16_store(at, val ? val : 0xffff);
}

/* Find the IP header, whole and maybe behind tags; false if there is none.
 * @end: Where it ends, without extension headers */
static bool find_ip(struct offload_in *in, size_t *end)
{
    const uint8_t *p = in->frame;
    size_t at = ETH_TYPE, len;
    unsigned type;

    for (unsigned tags = 0;; tags++) {
        if (in->len < at + 2) {
            return false;
        }
        type = be16_at(p + at);
        if ((type != ETH_VLAN && type != ETH_SVLAN) || tags == TAGS_MAX) {
            break;
        }
        at += ETH_TAG_LEN;
    }
    at += 2;
    in->gso.ip = (uint16_t)at;
    in->gso.ipv6 = type == ETH_IPV6;
    if ((type != ETH_IPV4 && !in->gso.ipv6) || at >= in->len ||
        p[at] >> 4 != (in->gso.ipv6 ? 6 : 4)) {
        return false;
    }
    len = in->gso.ipv6 ? IPV6_LEN : 4U * (p[at] & 0xf);
    *end = at + len;
    return len >= IPV4_LEN && *end <= in->len;
}

/* Whether the sum of the IP header, which ends at @end, is right */
static bool ip_sum_good(const struct offload_in *in, size_t end)
{
    return in->gso.ipv6 ||
           offload_fold(offload_sum(in->frame + in->gso.ip, end - in->gso.ip,
                                    0)) == 0xffff;
}

/* Step over an IPv6 extension header (RFC 8200, 4); false if it is none of
 * those that may stand before TCP */
static bool skip_extension(const struct offload_in *in, size_t *at,
                           uint8_t *next)
{
    const uint8_t *p = in->frame + *at;

    if ((*next != IPV6_HOPS && *next != IPV6_ROUTING && *next != IPV6_DEST) ||
        *at + IPV6_EXT_LEN > in->len) {
        return false;
    }
    *next = p[0];
    *at += IPV6_EXT_LEN * (p[1] + 1U);
    return true;
}

/* Find IP header and protocol of what is summed from @l4 on */
static bool find_headers(struct offload_in *in, size_t l4, uint8_t *proto)
{
    size_t at;

    if (!find_ip(in, &at) || l4 > in->len) {
        return false;
    }
    *proto = in->frame[in->gso.ip + (in->gso.ipv6 ? IPV6_NEXT : IPV4_PROTO)];
    while (in->gso.ipv6 && at < l4) {
        if (!skip_extension(in, &at, proto)) {
            return false;
        }
    }
    in->gso.l4 = (uint16_t)l4;
    return at == l4;
}

static uint32_t pseudo_sum(const struct offload_in *in, uint8_t proto)
{
    const uint8_t *ip = in->frame + in->gso.ip;

    return in->gso.ipv6 ? offload_sum(ip + IPV6_ADDRS, 32, proto)
                        : offload_sum(ip + IPV4_ADDRS, 8, proto);
}

/* Whether a sum completed at @l4 + @offset makes all sums of the packet right:
 * if it is the only thing that was missing */
static bool will_be_good(struct offload_in *in, size_t l4, size_t offset)
{
    const uint8_t *p = in->frame;
    uint8_t proto;
    uint32_t pseudo;

    if (!find_headers(in, l4, &proto) ||
        (proto == IP_TCP ? offset != TCP_SUM || in->len < l4 + TCP_LEN
                         : proto != IP_UDP || offset != UDP_SUM ||
                               in->len < l4 + UDP_LEN)) {
        return false;
    }
    if (!ip_sum_good(in, l4)) {
        return false;
    }
    pseudo = pseudo_sum(in, proto) + (uint32_t)(in->len - l4);
    return be16_at(p + l4 + offset) == offload_fold(pseudo);
}

static bool begin_sum(struct offload_in *in, const struct offload_hdr *off)
{
    size_t start = off->csum_start, at = start + off->csum_offset;

    if (at + 2 > in->len) {
        return false;
    }
    in->rx.flags &= ~(unsigned)NIC_RX_CSUM_GOOD;
    if (will_be_good(in, start, off->csum_offset)) {
        in->rx.flags |= NIC_RX_CSUM_GOOD;
    }
    sum_store(in->frame + at,
              offload_sum(in->frame + start, in->len - start, 0));
    return true;
}

/* The frame as it is, once its sum is in */
static bool begin_whole(struct offload_in *in, const struct offload_hdr *off)
{
    bool sum = off && (off->csum_start || off->csum_offset);

    size_t ip_end;

    if (in->len > NIC_RX_MAX || (sum && !begin_sum(in, off))) {
        return false;
    }
    if (!sum && (in->rx.flags & NIC_RX_CSUM_GOOD) &&
        (!find_ip(in, &ip_end) || !ip_sum_good(in, ip_end))) {
        in->rx.flags &= ~(unsigned)NIC_RX_CSUM_GOOD;
    }
    in->buf = (struct nic_buf){ .data = in->frame, .len = in->len };
    in->rx.n = 1;
    in->rx.len = in->len;
    in->next = in->len;
    return true;
}

/* Add up what the headers of all segments have in common */
static void begin_segments(struct offload_in *in)
{
    const struct nic_gso *g = &in->gso;
    uint8_t common[NIC_RX_HEAD], *ip = common + g->ip, *tcp = common + g->l4;

    memcpy(in->head, in->frame, g->hdr_len);
    memcpy(common, in->frame, g->hdr_len);
    be32_store(tcp + TCP_SEQ, 0);
    be16_store(tcp + TCP_OFFSET, 0);
    be16_store(tcp + TCP_SUM, 0);
    in->l4_sum =
        offload_sum(tcp, (size_t)(g->hdr_len - g->l4), pseudo_sum(in, IP_TCP));
    if (!g->ipv6) {
        be16_store(ip + IPV4_TOTAL, 0);
        be16_store(ip + IPV4_ID, 0);
        be16_store(ip + IPV4_SUM, 0);
        in->ip_sum = offload_sum(ip, (size_t)(g->l4 - g->ip), 0);
    }
    in->next = g->hdr_len;
    in->index = UINT32_MAX; /* The next is 0 */
}

static bool begin_cut(struct offload_in *in, const struct offload_hdr *off)
{
    unsigned type = off->gso_type & (unsigned)~VIRTIO_NET_HDR_GSO_ECN;
    size_t l4 = off->csum_start, hdr_len;
    uint8_t proto;

    if ((type != VIRTIO_NET_HDR_GSO_TCPV4 &&
         type != VIRTIO_NET_HDR_GSO_TCPV6) ||
        off->csum_offset != TCP_SUM || !off->gso_size ||
        !find_headers(in, l4, &proto) || proto != IP_TCP ||
        in->gso.ipv6 != (type == VIRTIO_NET_HDR_GSO_TCPV6) ||
        in->len < l4 + TCP_LEN) {
        return false;
    }
    hdr_len = l4 + 4U * (in->frame[l4 + TCP_OFFSET] >> 4);
    if (hdr_len < l4 + TCP_LEN || hdr_len > NIC_RX_HEAD || hdr_len > in->len ||
        hdr_len + off->gso_size > NIC_RX_MAX) {
        return false;
    }
    in->gso.type = NIC_GSO_TCP;
    in->gso.mss = off->gso_size;
    in->gso.hdr_len = (uint16_t)hdr_len;
    begin_segments(in);
    in->rx.flags |= NIC_RX_CSUM_GOOD;
    offload_in_next(in);
    return true;
}

bool offload_in_begin(struct offload_in *in, uint8_t *frame, size_t len,
                      const struct offload_hdr *off, unsigned flags)
{
    in->frame = frame;
    in->len = len;
    in->gso.type = NIC_GSO_NONE;
    in->rx = (struct nic_rx){ .buf = &in->buf, .flags = flags };
    return off && off->gso_type != VIRTIO_NET_HDR_GSO_NONE
               ? begin_cut(in, off)
               : begin_whole(in, off);
}

/* Make @h the headers of the present segment, of @len bytes in all, @payload
 * being the sum of what follows them */
static void patch(const struct offload_in *in, uint8_t *h, size_t len,
                  uint32_t payload)
{
    const struct nic_gso *g = &in->gso;
    uint8_t *ip = h + g->ip, *tcp = h + g->l4;

    offload_patch(h, g, in->index, len, in->next == in->len);
    if (!g->ipv6) {
        sum_store(ip + IPV4_SUM, in->ip_sum + be16_at(ip + IPV4_TOTAL) +
                                     be16_at(ip + IPV4_ID));
    }
    if (in->index) {
        /* Said once (RFC 3168, 6.1.2) */
        tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
    }
    /* TCP headers are an even number of bytes */
    sum_store(tcp + TCP_SUM, in->l4_sum + payload + (uint32_t)(len - g->l4) +
                                 be16_at(tcp + TCP_SEQ) +
                                 be16_at(tcp + TCP_SEQ + 2) +
                                 be16_at(tcp + TCP_OFFSET));
}

void offload_in_next(struct offload_in *in)
{
    const struct nic_gso *g = &in->gso;
    size_t at = in->next, part = in->len - at, len;
    uint8_t *h;

    /* A segmented frame without payload is one segment */
    if (g->type == NIC_GSO_NONE || (at == in->len && in->index != UINT32_MAX)) {
        in->rx.n = 0;
        return;
    }
    in->index++;
    part = part < g->mss ? part : g->mss;
    in->next = at + part;
    len = g->hdr_len + part;
    /* Not memcpy(): of that compilers make an instruction that takes longer to
     * get going than a header takes to copy */
    h = in->frame + at - g->hdr_len;
    memmove(h, in->head, g->hdr_len);
    patch(in, h, len, offload_sum(in->frame + at, part, 0));
    in->buf = (struct nic_buf){ .data = h, .len = len };
    in->rx.n = 1;
    in->rx.len = len;
}
