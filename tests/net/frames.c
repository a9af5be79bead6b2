// SPDX-License-Identifier: MIT
/*
 * frames.c - TCP packets for tests with real interfaces
 */
#include "tests/net/frames.h"

#include <string.h>

#include "hw/gpa.h"

enum { TCP = 6 };

const uint8_t frame_host_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x57 };
const uint8_t frame_guest_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

/* Byte by byte: nothing here is shared with what is tested */
static uint16_t sum(const uint8_t *p, size_t len, uint32_t from)
{
    uint64_t all = from;

    for (size_t i = 0; i < len; i++) {
        all += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    }
    while (all >> 16) {
        all = (all & 0xffff) + (all >> 16);
    }
    return (uint16_t)all;
}

static uint16_t pseudo(const uint8_t *p, size_t len)
{
    return sum(p + FRAME_IP + 12, 8, (uint32_t)(TCP + len - FRAME_TCP));
}

void frame_tcp(uint8_t *p, size_t len, uint32_t from, uint32_t to, bool out,
               bool full)
{
    uint8_t *ip = p + FRAME_IP, *at = p + FRAME_TCP + 16;

    memcpy(p, out ? frame_host_mac : frame_guest_mac, 6);
    memcpy(p + 6, out ? frame_guest_mac : frame_host_mac, 6);
    be16_store(p + 12, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    be16_store(ip + 2, (uint16_t)(len - FRAME_IP));
    ip[8] = 64;
    ip[9] = TCP;
    be32_store(ip + 12, from);
    be32_store(ip + 16, to);
    be16_store(ip + 10, (uint16_t)~sum(ip, 20, 0));
    be16_store(at, pseudo(p, len));
    if (full) {
        be16_store(at, (uint16_t)~sum(p + FRAME_TCP, len - FRAME_TCP, 0));
    }
}

bool frame_sums_are_right(const uint8_t *p, size_t len)
{
    const uint8_t *ip = p + FRAME_IP;
    size_t end;

    if (len < FRAME_HEAD || ip[0] != 0x45 || ip[9] != TCP) {
        return false;
    }
    end = FRAME_IP + (size_t)be16_at(ip + 2);
    return end >= FRAME_HEAD && end <= len && sum(ip, 20, 0) == 0xffff &&
           sum(p + FRAME_TCP, end - FRAME_TCP, pseudo(p, end)) == 0xffff;
}

size_t frame_flat(const struct nic_rx *rx, uint8_t *to)
{
    size_t len = 0;

    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(to + len, rx->buf[i].data, rx->buf[i].len);
        len += rx->buf[i].len;
    }
    return len;
}
