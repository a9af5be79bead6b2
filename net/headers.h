/* SPDX-License-Identifier: MIT */
/*
 * headers.h - where the fields are that net/ looks at and patches
 *
 * Ethernet (IEEE 802.3, 802.1Q), IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC
 * 9293), UDP (RFC 768).  Offsets are from the first byte of each header.
 */
#ifndef NET_HEADERS_H
#define NET_HEADERS_H

enum {
    ETH_TYPE = 12,
    ETH_LEN = 14,
    FCS_LEN = 4,
    ETH_TAG_LEN = 4,
    ETH_IPV4 = 0x0800, /* EtherTypes */
    ETH_VLAN = 0x8100,
    ETH_IPV6 = 0x86dd,
    ETH_SVLAN = 0x88a8,
};

enum {
    IP_TCP = 6, /* Protocols */
    IP_UDP = 17,
    IP_MAX = 65535,

    IPV4_TOTAL = 2,
    IPV4_ID = 4,
    IPV4_FRAGMENT = 6,
    IPV4_PROTO = 9,
    IPV4_SUM = 10,
    IPV4_ADDRS = 12, /* 8 bytes */
    IPV4_LEN = 20,

    IPV6_PAYLOAD = 4,
    IPV6_NEXT = 6,
    IPV6_ADDRS = 8, /* 32 bytes */
    IPV6_LEN = 40,
    IPV6_EXT_LEN = 8,
    IPV6_HOPS = 0, /* Extension headers */
    IPV6_ROUTING = 43,
    IPV6_DEST = 60,
};

enum {
    TCP_SEQ = 4,
    TCP_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_SUM = 16,
    TCP_LEN = 20,
    TCP_FIN = 0x01,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,

    UDP_LENGTH = 4,
    UDP_SUM = 6,
    UDP_LEN = 8,
};

#endif
