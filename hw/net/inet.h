/* SPDX-License-Identifier: MIT */
/*
 * inet.h - where the headers of a frame are
 *
 * For models that check sums or match addresses on receive.  The frame is the
 * network's, so every offset stated here was compared with what is there.
 */
#ifndef HW_NET_INET_H
#define HW_NET_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INET_ETH_HDR = 14,
    INET_VLAN_TAG = 4,

    INET_TYPE_IP4 = 0x0800,
    INET_TYPE_ARP = 0x0806,
    INET_TYPE_IP6 = 0x86dd,

    INET_PROTO_TCP = 6,
    INET_PROTO_UDP = 17,
    INET_PROTO_ICMP6 = 58,
};

/**
 * struct inet - Headers of one frame; offsets are from its first byte
 * @tagged:   It carries a VLAN tag; @tci is its content
 * @snap:     802.3 frame with an LLC/SNAP header
 * @type:     EtherType behind tag and SNAP; 0 if there is none (802.3 with
 *            another LLC, or too short)
 * @l3:       First byte behind the link header
 * @ip:       Version of the whole IP header at @l3, or INET_NOT_IP
 * @ip_end:   One past the last byte of the datagram; never beyond the frame.
 *            0 if the header's length field says otherwise
 * @fragment: Of a datagram; @proto is then that of the first fragment and @l4
 *            is 0
 * @proto:    Protocol behind the IP header and its extensions
 * @l4:       Its first byte; 0 if it is not in the bytes looked at, or behind
 *            an extension header that is not skipped
 * @ext_max:  Length of the longest IPv6 extension header skipped
 * @routed:   An IPv6 routing header names further hops, so that the
 *            destination address is not that of the pseudo header
 */
struct inet {
    bool tagged, snap, fragment, routed;
    enum { INET_NOT_IP, INET_IP4 = 4, INET_IP6 = 6 } ip;
    uint8_t proto;
    uint16_t tci, type, l3, ip_end, l4, ext_max;
};

/**
 * inet_parse() - Find the headers of a frame
 * @head:  Its first bytes
 * @avail: How many of them may be looked at
 * @len:   Length of the frame without FCS, at least @avail, at most 65535
 * @vlan:  EtherType that marks a tag
 * @in:    Filled in completely, whatever the frame is
 *
 * One tag is skipped, Ethernet II and SNAP are understood, and so are IPv4
 * options and the IPv6 hop-by-hop, routing and destination headers.
 */
void inet_parse(const uint8_t *head, size_t avail, size_t len, uint16_t vlan,
                struct inet *in);

/**
 * inet_has_sum() - Whether a TCP or UDP header with a checksum is at in->l4
 *
 * A UDP length that disagrees with the IP header counts as none, because it is
 * unclear what is summed then.
 */
bool inet_has_sum(const uint8_t *head, size_t avail, const struct inet *in);

/* A 16-bit one's complement sum of at most 64 KiB, big-endian words */
uint32_t inet_sum(const uint8_t *p, size_t len, uint32_t sum);

/* Fold such a sum to 16 bits; not complemented */
uint16_t inet_fold(uint32_t sum);

/**
 * inet_pseudo() - Folded sum of the pseudo header of the datagram at in->l4
 * @in: As inet_parse() found it, with in->l4 not 0
 */
uint16_t inet_pseudo(const uint8_t *head, const struct inet *in);

#endif
