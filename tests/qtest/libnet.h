/* SPDX-License-Identifier: MIT */
/*
 * libnet.h - the other end of the cable, and frames to send over it
 */
#ifndef TESTS_QTEST_LIBNET_H
#define TESTS_QTEST_LIBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_MAX = 65536,
    ETH_HLEN = 14,
    ETH_MIN = 60, /* without FCS */
    FCS_LEN = 4,
    VLAN_LEN = 4,
    IP4_HLEN = 20,
    IP6_HLEN = 40,
    TCP_HLEN = 20,
    UDP_HLEN = 8,

    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IP6 = 0x86dd,
    ETHERTYPE_PAUSE = 0x8808,
    ETHERTYPE_TEST = 0x88b5, /* IEEE 802 local experimental */

    IP_TCP = 6,
    IP_UDP = 17,
    IP_ICMP6 = 58,

    TCP_FIN = 0x01,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
};

/** struct frame - An Ethernet frame without FCS */
struct frame {
    size_t len;
    uint8_t data[FRAME_MAX];
};

extern const uint8_t mac_nic[6];   /* the card under test */
extern const uint8_t mac_peer[6];  /* the other end */
extern const uint8_t mac_other[6]; /* somebody else, unicast */
extern const uint8_t mac_broadcast[6];
extern const uint8_t mac_pause[6]; /* 01-80-C2-00-00-01 */

/** struct netpeer - Our end of "-netdev socket,fd=" */
struct netpeer {
    int fd;
};

/**
 * netpeer_open() - Make the pair of sockets
 *
 * Returns the emulator's end, which the caller closes after the start.
 */
int netpeer_open(struct netpeer *peer);
void netpeer_close(struct netpeer *peer);

/** netpeer_send() - Put a frame on the cable */
bool netpeer_send(struct netpeer *peer, const void *data, size_t len);

/**
 * netpeer_receive() - Take the next frame from the cable
 *
 * False if none came within @timeout_ms.
 */
bool netpeer_receive(struct netpeer *peer, struct frame *f, int timeout_ms);

/** netpeer_unread() - Is there a frame that the emulator did not take yet? */
bool netpeer_unread(struct netpeer *peer);

/* Numbers in network order */
uint16_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);
void put16(uint8_t *p, uint16_t v);
void put32(uint8_t *p, uint32_t v);

/** frame_start() - Only an Ethernet header */
void frame_start(struct frame *f, const uint8_t *to, const uint8_t *from,
                 uint16_t ethertype);

/** frame_fill() - Append bytes that differ from their neighbours */
void frame_fill(struct frame *f, size_t len, uint8_t seed);

/** frame_plain() - Header and filling, @len bytes in all (>= 14) */
void frame_plain(struct frame *f, const uint8_t *to, size_t len, uint8_t seed);

/** frame_tag() - Insert an 802.1Q tag */
void frame_tag(struct frame *f, uint16_t tpid, uint16_t tci);

/**
 * frame_ip4() - A UDP or TCP packet from 10.0.0.2 to 10.0.0.1, sums correct
 * @payload:    Bytes behind the UDP or TCP header
 */
void frame_ip4(struct frame *f, uint8_t protocol, size_t payload);

/** frame_ip6() - The same over IPv6 */
void frame_ip6(struct frame *f, uint8_t protocol, size_t payload);

/** ip_sum() - One's complement sum of big-endian words, not inverted */
uint16_t ip_sum(const void *data, size_t len, uint32_t start);

/** ip4_header_ok() - Is the checksum of the IPv4 header correct? */
bool ip4_header_ok(const struct frame *f, size_t ip);

/**
 * l4_ok() - Is the checksum of the TCP or UDP part correct?
 * @ip: Offset of the IP header; both versions
 */
bool l4_ok(const struct frame *f, size_t ip);

/** l4_pseudo_sum() - Sum of the pseudo header, with @len as the length */
uint16_t l4_pseudo_sum(const struct frame *f, size_t ip, size_t len);

/** l4_offset() - Where the TCP or UDP header of such a frame begins */
size_t l4_offset(const struct frame *f, size_t ip);

/* Whole TCP and UDP packets of either IP version, without a tag */

/** frame_headers() - Length of all headers */
size_t frame_headers(const struct frame *f);

/** frame_sum_at() - Where the TCP or UDP checksum is */
size_t frame_sum_at(const struct frame *f);

/** frame_finish() - Compute all checksums, in place */
void frame_finish(struct frame *f);

/** frame_segment() - Segment @n of a packet, made as a card has to */
void frame_segment(struct frame *out, const struct frame *in, size_t mss,
                   unsigned n);

/** ether_crc() - FCS of a frame, in the order it is sent (little endian) */
uint32_t ether_crc(const void *data, size_t len);

#endif
