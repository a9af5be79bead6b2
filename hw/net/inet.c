// SPDX-License-Identifier: MIT
/*
 * inet.c - where the headers of a frame are
 *
 * Written for hostile frames: a cursor only moves forward, by lengths that
 * were compared with the bytes that are there.
 */
#include "hw/net/inet.h"

#include <string.h>

#include "hw/gpa.h"

enum {
    LEN_802_3 = 1500, /* Type fields up to here are lengths */
    SNAP_HDR = 8,
    IP4_HDR = 20,
    IP6_HDR = 40,
    EXT_HDR = 8,
    TCP_HDR = 20,
    UDP_HDR = 8,

    EXT_HOP_BY_HOP = 0,
    EXT_ROUTING = 43,
    EXT_FRAGMENT = 44,
    EXT_DESTINATION = 60,

    IP4_MORE_OR_OFFSET = 0x3fff,
};

/* The cursor and what limits it */
struct cursor {
    const uint8_t *head;
    size_t at, avail, len;
};

static bool in_sight(const struct cursor *c, size_t bytes)
{
    return c->at <= c->avail && bytes <= c->avail - c->at;
}

static uint16_t take_type(struct cursor *c)
{
    uint16_t type = in_sight(c, 2) ? be16_at(c->head + c->at) : 0;

    c->at += 2;
    return type;
}

static void parse_link(struct cursor *c, uint16_t vlan, struct inet *in)
{
    static const uint8_t snap[] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };

    c->at = INET_ETH_HDR - 2;
    in->type = take_type(c);
    if (in->type == vlan && in_sight(c, INET_VLAN_TAG)) {
        in->tagged = true;
        in->tci = take_type(c);
        in->type = take_type(c);
    }
    if (in->type <= LEN_802_3) {
        in->type = 0;
        if (in_sight(c, SNAP_HDR) &&
            !memcmp(c->head + c->at, snap, sizeof(snap))) {
            in->snap = true;
            c->at += sizeof(snap);
            in->type = take_type(c);
        }
    }
    in->l3 = (uint16_t)c->at;
}

/* Accept the length that an IP header states, if the frame is that long */
static void set_end(const struct cursor *c, struct inet *in, size_t least,
                    size_t datagram)
{
    if (datagram >= least && datagram <= c->len - in->l3) {
        in->ip_end = (uint16_t)(in->l3 + datagram);
    }
}

static void parse_ip4(struct cursor *c, struct inet *in)
{
    const uint8_t *ip = c->head + c->at;
    size_t hdr;

    if (!in_sight(c, IP4_HDR) || ip[0] >> 4 != 4) {
        return;
    }
    hdr = 4 * (size_t)(ip[0] & 15);
    if (hdr < IP4_HDR || !in_sight(c, hdr)) {
        return;
    }
    in->ip = INET_IP4;
    in->proto = ip[9];
    in->fragment = (be16_at(ip + 6) & IP4_MORE_OR_OFFSET) != 0;
    set_end(c, in, hdr, be16_at(ip + 2));
    c->at += hdr;
    if (in->ip_end && !in->fragment) {
        in->l4 = (uint16_t)c->at;
    }
}

static bool is_ext(uint8_t proto)
{
    return proto == EXT_HOP_BY_HOP || proto == EXT_ROUTING ||
           proto == EXT_DESTINATION;
}

/* Step over one extension header; false if this is not one, or not all here */
static bool skip_ext(struct cursor *c, struct inet *in)
{
    const uint8_t *ext = c->head + c->at;
    size_t len;

    if (!is_ext(in->proto) || !in_sight(c, EXT_HDR)) {
        return false;
    }
    len = EXT_HDR + ext[1] * 8u;
    if (!in_sight(c, len)) {
        return false;
    }
    in->routed |= in->proto == EXT_ROUTING && ext[3] != 0;
    if (len > in->ext_max) {
        in->ext_max = (uint16_t)len;
    }
    in->proto = ext[0];
    c->at += len;
    return true;
}

static void parse_ip6(struct cursor *c, struct inet *in)
{
    const uint8_t *ip = c->head + c->at;

    if (!in_sight(c, IP6_HDR) || ip[0] >> 4 != 6) {
        return;
    }
    in->ip = INET_IP6;
    in->proto = ip[6];
    set_end(c, in, IP6_HDR, IP6_HDR + (size_t)be16_at(ip + 4));
    c->at += IP6_HDR;
    while (skip_ext(c, in)) {
        continue;
    }
    in->fragment = in->proto == EXT_FRAGMENT;
    if (in->ip_end && !in->fragment && !is_ext(in->proto) &&
        c->at <= in->ip_end) {
        in->l4 = (uint16_t)c->at;
    }
}

void inet_parse(const uint8_t *head, size_t avail, size_t len, uint16_t vlan,
                struct inet *in)
{
    struct cursor c = { head, 0, avail, len };

    memset(in, 0, sizeof(*in));
    if (avail < INET_ETH_HDR) {
        return;
    }
    parse_link(&c, vlan, in);
    if (in->type == INET_TYPE_IP4) {
        parse_ip4(&c, in);
    } else if (in->type == INET_TYPE_IP6) {
        parse_ip6(&c, in);
    }
}

bool inet_has_sum(const uint8_t *head, size_t avail, const struct inet *in)
{
    size_t have;

    if (!in->l4) {
        return false;
    }
    have = (avail < in->ip_end ? avail : in->ip_end);
    have = have > in->l4 ? have - in->l4 : 0;
    if (in->proto == INET_PROTO_TCP) {
        return have >= TCP_HDR;
    }
    /* RFC 768: a checksum of zero means that there is none */
    return in->proto == INET_PROTO_UDP && have >= UDP_HDR &&
           be16_at(head + in->l4 + 4) == in->ip_end - in->l4 &&
           be16_at(head + in->l4 + 6) != 0;
}

uint32_t inet_sum(const uint8_t *p, size_t len, uint32_t sum)
{
    uint8_t last[2] = { 0 };
    uint64_t words = 0;
    uint16_t native;

    /* In the host's order: the sum is the same, turned (RFC 1071, 2 B) */
    for (; len >= 4; p += 4, len -= 4) {
        uint32_t word;

        memcpy(&word, p, sizeof(word));
        words += word;
    }
    if (len >= 2) {
        memcpy(&native, p, sizeof(native));
        words += native;
        p += 2;
        len -= 2;
    }
    if (len) {
        last[0] = p[0];
        memcpy(&native, last, sizeof(native));
        words += native;
    }
    words = (words & UINT32_MAX) + (words >> 32);
    native = inet_fold((uint32_t)words + (uint32_t)(words >> 32));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    native = __builtin_bswap16(native);
#endif
    return sum + native;
}

uint16_t inet_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

uint16_t inet_pseudo(const uint8_t *head, const struct inet *in)
{
    const uint8_t *ip = head + in->l3;
    uint32_t sum = (uint32_t)(in->ip_end - in->l4) + in->proto;

    return inet_fold(in->ip == INET_IP4 ? inet_sum(ip + 12, 8, sum)
                                        : inet_sum(ip + 8, 32, sum));
}
