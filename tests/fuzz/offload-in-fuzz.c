// SPDX-License-Identifier: MIT
/*
 * offload-in-fuzz.c - frames from a host, with any header in front of them
 *
 * A packet that is right is made first and then spoilt by the input, since
 * hardly any random bytes are TCP.  Whatever is not refused has to come out
 * whole, and what is promised of sums has to be true.
 */
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/offload.h"
#include "tests/fuzz/fuzz.h"

enum { FRAME_MAX = 20000, TCP = 6, SPOILT_MAX = 16 };

static uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
    for (size_t i = 0; i < len; i++) {
        s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        s = (s & 0xffff) + (s >> 16);
    }
    return s;
}

/* TCP in IP in Ethernet, with up to two tags; returns its length */
static size_t make(uint8_t *p, uint32_t how, size_t payload,
                   struct offload_hdr *off)
{
    bool ipv6 = how & 1;
    size_t tags = how >> 1 & 3, options = (how >> 3 & 3) * 4, ip, l4, len;

    memset(p, 0x11, 12);
    for (size_t i = 0; i < tags; i++) {
        be32_store(p + 12 + 4 * i, 0x81000001);
    }
    ip = 14 + 4 * tags;
    be16_store(p + ip - 2, ipv6 ? 0x86dd : 0x0800);
    l4 = ip + (ipv6 ? 40 : 20);
    len = l4 + 20 + options + payload;
    memset(p + ip, 0x22, len - ip);
    p[ip] = ipv6 ? 0x60 : 0x45;
    p[ip + (ipv6 ? 6 : 9)] = TCP;
    be16_store(p + ip + (ipv6 ? 4 : 2), (uint16_t)(len - (ipv6 ? l4 : ip)));
    if (!ipv6) {
        be16_store(p + ip + 10, 0);
        be16_store(p + ip + 10, (uint16_t)~sum(p + ip, 20, 0));
    }
    p[l4 + 12] = (uint8_t)((20 + options) << 2);
    be16_store(p + l4 + 16,
               (uint16_t)sum(p + ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8,
                             (uint32_t)(TCP + len - l4)));
    *off = (struct offload_hdr){
        .csum_start = (uint16_t)l4,
        .csum_offset = 16,
        .gso_type = ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = 1000,
    };
    return len;
}

/* What NIC_RX_CSUM_GOOD says */
static void must_be_good(const uint8_t *p, size_t len)
{
    size_t ip = 14, l4;
    unsigned proto;
    bool ipv6;

    while (ip < 22 &&
           (be16_at(p + ip - 2) == 0x8100 || be16_at(p + ip - 2) == 0x88a8)) {
        ip += 4;
    }
    ipv6 = p[ip] >> 4 == 6;
    l4 = ip + (ipv6 ? 40 : 4u * (p[ip] & 0xf));
    proto = p[ip + (ipv6 ? 6 : 9)];
    while (ipv6 && (proto == 0 || proto == 43 || proto == 60)) {
        proto = p[l4];
        l4 += 8 * (p[l4 + 1] + 1u);
    }
    MUST(l4 < len);
    MUST(ipv6 || sum(p + ip, l4 - ip, 0) == 0xffff);
    if (proto == TCP) {
        MUST(sum(p + l4, len - l4,
                 sum(p + ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8,
                     (uint32_t)(TCP + len - l4))) == 0xffff);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole[FRAME_MAX + 128];
    static uint8_t got[NIC_RX_MAX];
    static struct offload_in in;
    struct offload_hdr off;
    uint32_t how = fuzz_take(&data, &size, 1);
    size_t len = make(whole, how & 0x1f, fuzz_take(&data, &size, 2) % FRAME_MAX,
                      &off),
           bytes = 0, segments = 0;
    uint8_t *frame;

    for (unsigned i = 0; i < SPOILT_MAX && size > 2; i++) {
        uint32_t at = fuzz_take(&data, &size, 1),
                 val = fuzz_take(&data, &size, 1);

        if (at < 2 * sizeof(off)) {
            ((uint8_t *)&off)[at % sizeof(off)] = (uint8_t)val;
        } else {
            whole[at] = (uint8_t)val;
        }
    }
    if (how & 0x80 && size) {
        size_t cut = fuzz_take(&data, &size, 2);

        len = cut && cut < len ? cut : len;
    }
    /* Memory of its own, so that every byte too far is noticed */
    frame = malloc(len);
    memcpy(frame, whole, len);
    if (offload_in_begin(&in, frame, len, how & 0x40 ? NULL : &off, 0)) {
        MUST(in.rx.n);
        for (; in.rx.n; offload_in_next(&in)) {
            size_t at = 0;

            MUST(in.rx.len <= NIC_RX_MAX && in.rx.n <= 2);
            for (unsigned i = 0; i < in.rx.n; i++) {
                memcpy(got + at, in.rx.buf[i].data, in.rx.buf[i].len);
                at += in.rx.buf[i].len;
            }
            MUST(at == in.rx.len);
            if (in.rx.flags & NIC_RX_CSUM_GOOD && off.csum_start >= 34) {
                must_be_good(got, at);
            }
            bytes += at - (in.gso.type ? in.gso.hdr_len : 0U);
            segments++;
        }
        MUST(bytes + (in.gso.type ? in.gso.hdr_len : 0U) == len);
        MUST(segments <= len);
    }
    free(frame);
    return 0;
}
