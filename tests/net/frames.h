/* SPDX-License-Identifier: MIT */
/*
 * frames.h - TCP packets for tests with real interfaces
 */
#ifndef TESTS_NET_FRAMES_H
#define TESTS_NET_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/nic.h"

/* Offsets of headers without options, and of the payload */
enum { FRAME_IP = 14, FRAME_TCP = FRAME_IP + 20, FRAME_HEAD = FRAME_TCP + 20 };

/* 52:54:00:12:34:57, and :56, which tests give to the guest */
extern const uint8_t frame_host_mac[6], frame_guest_mac[6];

/**
 * frame_tcp() - Ethernet, IPv4 and TCP headers in front of a payload
 * @p:    The frame, @len bytes.  Its TCP header behind the addresses and the
 *        payload are set by the caller first
 * @from, @to: IPv4 addresses
 * @full: The TCP checksum is right, else that of the pseudo-header
 *
 * From @frame_guest_mac to @frame_host_mac if @out, else the other way.
 */
void frame_tcp(uint8_t *p, size_t len, uint32_t from, uint32_t to, bool out,
               bool full);

/* Whether both checksums of a TCP packet are right; false if it is none, or is
 * longer than its IP header says */
bool frame_sums_are_right(const uint8_t *p, size_t len);

/* All bytes of @rx, which fit into @to; returns how many */
size_t frame_flat(const struct nic_rx *rx, uint8_t *to);

#endif
