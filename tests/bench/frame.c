// SPDX-License-Identifier: MIT
/*
 * frame.c - frames of the bench: making them and checking what became of them
 *
 * Every frame says which one it is: plain ones carry a number, TCP ones their
 * stream position.  The rest of the contents is bytes from one random table,
 * at a place that depends on the frame's slot, so that it is compared with one
 * memcmp() and a frame in another's buffer is noticed.
 */
#include <arpa/inet.h>
#include <string.h>

#include "bench.h"

enum {
    SLOT_STEP = 8,
    SLOTS_MAX = 512,
    SUM_AT = 50, /* TCP checksum in the frame */
    UDP_SUM_AT = 40,
    L4_AT = 34,
    SEQ_AT = 38,
    NUMBER_AT = 14,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    ETHERTYPE = 0x88b5,
};

const uint8_t guest_mac[MAC_LEN] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
const uint8_t peer_mac[MAC_LEN] = { 0x52, 0x54, 0, 0xab, 0xcd, 0xef };

void put_be16(uint8_t *p, unsigned val)
{
    p[0] = (uint8_t)(val >> 8);
    p[1] = (uint8_t)val;
}

void put_be32(uint8_t *p, uint32_t val)
{
    put_be16(p, val >> 16);
    put_be16(p + 2, val & 0xffff);
}

static unsigned be16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* The table; a fixed generator, so that runs are alike */
static const uint8_t *contents(unsigned slot)
{
    static uint8_t table[TSO_PAYLOAD + SLOTS_MAX * SLOT_STEP];
    uint32_t x = 2463534242u;

    if (!table[0]) {
        for (size_t i = 0; i < sizeof(table); i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            table[i] = (uint8_t)(x >> 24);
        }
        table[0] |= 1;
    }
    return table + (slot % SLOTS_MAX) * SLOT_STEP;
}

/* Sum of 16-bit words, folded, not inverted */
static unsigned sum16(const uint8_t *p, size_t len, uint64_t sum)
{
    for (; len > 1; p += 2, len -= 2) {
        sum += be16(p);
    }
    if (len) {
        sum += (uint64_t)*p << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (unsigned)sum;
}

/* Of the pseudo header; @len: TCP or UDP header and payload */
static unsigned pseudo_sum(const uint8_t *ip, unsigned len)
{
    return sum16(ip + 12, 8, ip[9] + (uint64_t)len);
}

unsigned flow_headers(const struct flow *f)
{
    switch (f->kind) {
    case KIND_PLAIN:
        return 0;
    case KIND_UDP:
        return UDP_HEADERS;
    default:
        return TCP_HEADERS;
    }
}

unsigned flow_payload(const struct flow *f)
{
    return f->size - flow_headers(f);
}

/* Whether frames carry a number, and where; else their stream position */
static unsigned number_at(const struct flow *f)
{
    return f->kind == KIND_PLAIN ? (unsigned)NUMBER_AT
           : f->kind == KIND_UDP ? (unsigned)UDP_HEADERS
                                 : 0;
}

/* Stream positions wrap where frames and slots do */
static uint32_t stream_end(const struct flow *f)
{
    uint32_t turn = flow_payload(f) * f->slots;

    return UINT32_MAX / turn * turn;
}

static uint32_t stream_at(const struct flow *f, uint32_t seq)
{
    uint32_t whole = flow_payload(f);

    return seq % (stream_end(f) / whole) * whole;
}

void flow_seek(struct flow *f, uint32_t seq)
{
    f->next = seq;
    f->at = number_at(f) ? 0 : stream_at(f, seq);
}

static void ip_header(const struct flow *f, uint8_t *buf, uint8_t proto)
{
    uint8_t *ip = buf + 14;

    put_be16(buf + 12, 0x0800);
    memset(ip, 0, flow_headers(f) - 14);
    ip[0] = 0x45;
    put_be16(ip + 2, f->size - 14);
    put_be16(ip + 4, 1);
    ip[8] = 64;
    ip[9] = proto;
    put_be32(ip + 12, 0x0a000000 | (f->in ? 1 : 2));
    put_be32(ip + 16, 0x0a000000 | (f->in ? 2 : 1));
    put_be16(ip + 10, ~sum16(ip, 20, 0) & 0xffff);
}

static void udp_headers(const struct flow *f, uint8_t *buf)
{
    uint8_t *udp = buf + L4_AT;
    unsigned len = f->size - L4_AT;

    ip_header(f, buf, PROTO_UDP);
    put_be16(udp, 1000);
    put_be16(udp + 2, 2000);
    put_be16(udp + 4, len);
    put_be16(udp + 6, pseudo_sum(buf + 14, len));
}

static void tcp_headers(const struct flow *f, uint8_t *buf)
{
    static const uint8_t stamps[12] = { 1, 1, 8, 10, 0, 1, 2, 3, 4, 5, 6, 7 };
    uint8_t *ip = buf + 14, *tcp = ip + 20;
    unsigned len = f->size - 14;

    ip_header(f, buf, PROTO_TCP);
    put_be16(tcp, 1000);
    put_be16(tcp + 2, 2000);
    put_be32(tcp + 8, 1);
    tcp[12] = 8 << 4;
    tcp[13] = 0x10;
    put_be16(tcp + 14, 0xffff);
    memcpy(tcp + 20, stamps, sizeof(stamps));
    put_be16(tcp + 16, pseudo_sum(ip, len - 20));
}

void flow_renumber(const struct flow *f, uint32_t seq, uint8_t *buf)
{
    if (number_at(f)) {
        put_be32(buf + number_at(f), seq);
    } else {
        put_be32(buf + SEQ_AT, stream_at(f, seq));
    }
}

unsigned flow_frame(const struct flow *f, uint32_t seq, uint8_t *buf)
{
    unsigned head = number_at(f) ? number_at(f) + 4 : flow_headers(f);

    memcpy(buf, f->in ? guest_mac : peer_mac, MAC_LEN);
    memcpy(buf + MAC_LEN, f->in ? peer_mac : guest_mac, MAC_LEN);
    if (f->kind == KIND_PLAIN) {
        put_be16(buf + 12, ETHERTYPE);
    } else if (f->kind == KIND_UDP) {
        udp_headers(f, buf);
    } else {
        tcp_headers(f, buf);
    }
    memcpy(buf + head, contents(seq % f->slots), f->size - head);
    flow_renumber(f, seq, buf);
    return f->size;
}

struct virtio_net_hdr flow_vnet(const struct flow *f)
{
    struct virtio_net_hdr h = { 0 };

    if (f->kind != KIND_PLAIN) {
        h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h.csum_start = L4_AT;
        h.csum_offset = (f->kind == KIND_UDP ? UDP_SUM_AT : SUM_AT) - L4_AT;
    }
    if (f->kind == KIND_TSO) {
        h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
        h.gso_size = MSS;
        h.hdr_len = TCP_HEADERS;
    }
    return h;
}

static void check_plain(struct flow *f, const uint8_t *frame, size_t len,
                        bool full)
{
    uint32_t seq = f->next++;

    if (len != f->size || be32(frame + NUMBER_AT) != seq) {
        fail("verification: frame %u of %zu bytes came where %u of %u bytes "
             "was due",
             be32(frame + NUMBER_AT), len, seq, f->size);
    }
    if (full &&
        (be16(frame + 12) != ETHERTYPE ||
         memcmp(frame, f->in ? guest_mac : peer_mac, MAC_LEN) ||
         memcmp(frame + MAC_LEN, f->in ? peer_mac : guest_mac, MAC_LEN) ||
         memcmp(frame + NUMBER_AT + 4, contents(seq % f->slots),
                len - NUMBER_AT - 4))) {
        fail("verification: frame %u has other contents", seq);
    }
    f->bytes += len;
}

/* Both sums, as they are or, of the one at @sum_at, as the vnet header
 * promises; @len: without the IP header */
static void check_sums(const struct virtio_net_hdr *vnet, const uint8_t *frame,
                       unsigned sum_at, unsigned len)
{
    bool partial = vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
    const uint8_t *ip = frame + 14;
    unsigned sum;

    if (sum16(ip, 20, 0) != 0xffff) {
        fail("verification: bad IP header checksum");
    }
    if (!partial) {
        sum = sum16(ip + 20, len, pseudo_sum(ip, len));
        if (sum != 0xffff) {
            fail("verification: bad %s checksum",
                 ip[9] == PROTO_UDP ? "UDP" : "TCP");
        }
    } else if (vnet->csum_start != L4_AT ||
               vnet->csum_offset != sum_at - L4_AT ||
               be16(frame + sum_at) != pseudo_sum(ip, len)) {
        fail("verification: partial checksum %04x at %u+%u, should be %04x",
             be16(frame + sum_at), vnet->csum_start, vnet->csum_offset,
             pseudo_sum(ip, len));
    }
}

/* Contents at a stream position; a segment never straddles frames of ours */
static bool same_payload(const struct flow *f, const uint8_t *data, unsigned n)
{
    unsigned whole = flow_payload(f), offset = f->at % whole;

    return offset + n <= whole &&
           !memcmp(data, contents(f->at / whole % f->slots) + offset, n);
}

static void check_tcp(struct flow *f, const struct virtio_net_hdr *vnet,
                      const uint8_t *frame, size_t len, bool full)
{
    const uint8_t *ip = frame + 14;
    unsigned ip_len = be16(ip + 2), n = ip_len - 52;
    unsigned most = vnet->gso_type ? TSO_PAYLOAD : MSS;

    if (len < TCP_HEADERS || be16(frame + 12) != 0x0800 || ip[0] != 0x45 ||
        ip_len < 52 || ip[32] != 8 << 4 || n > most || ip_len + 14 > len) {
        fail("verification: %zu bytes that are no segment of ours", len);
    }
    if (vnet->gso_type &&
        (vnet->gso_type != VIRTIO_NET_HDR_GSO_TCPV4 || vnet->gso_size != MSS)) {
        fail("verification: GSO type %u size %u", vnet->gso_type,
             vnet->gso_size);
    }
    if (be32(frame + SEQ_AT) != f->at) {
        fail("verification: stream position %u came where %u was due",
             be32(frame + SEQ_AT), f->at);
    }
    if (full) {
        check_sums(vnet, frame, SUM_AT, ip_len - 20);
        if (!same_payload(f, frame + TCP_HEADERS, n)) {
            fail("verification: other payload at %u", f->at);
        }
    }
    f->at = (f->at + n) % stream_end(f);
    f->bytes += n;
    f->empty += !n;
}

static void check_udp(struct flow *f, const struct virtio_net_hdr *vnet,
                      const uint8_t *frame, size_t len, bool full)
{
    uint32_t seq = f->next++;
    uint8_t want[UDP_HEADERS];

    if (len != f->size || be32(frame + UDP_HEADERS) != seq) {
        fail("verification: datagram %u of %zu bytes came where %u of %u bytes "
             "was due",
             be32(frame + UDP_HEADERS), len, seq, f->size);
    }
    if (full) {
        udp_headers(f, want);
        check_sums(vnet, frame, UDP_SUM_AT, f->size - L4_AT);
        if (vnet->gso_type || memcmp(frame + 12, want + 12, UDP_SUM_AT - 12) ||
            memcmp(frame + UDP_HEADERS + 4, contents(seq % f->slots),
                   len - UDP_HEADERS - 4)) {
            fail("verification: datagram %u has other contents", seq);
        }
    }
    f->bytes += flow_payload(f);
}

void flow_check(struct flow *f, const struct virtio_net_hdr *vnet,
                const uint8_t *frame, size_t len, bool full)
{
    if (len < 60) {
        fail("verification: a frame of %zu bytes", len);
    }
    if (f->kind == KIND_PLAIN) {
        check_plain(f, frame, len, full);
    } else if (f->kind == KIND_UDP) {
        check_udp(f, vnet, frame, len, full);
    } else {
        check_tcp(f, vnet, frame, len, full);
    }
}
