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
    SEQ_AT = 38,
    NUMBER_AT = 14,
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

/* Of the TCP pseudo header; @len: TCP header and payload */
static unsigned pseudo_sum(const uint8_t *ip, unsigned len)
{
    return sum16(ip + 12, 8, 6 + (uint64_t)len);
}

unsigned flow_payload(const struct flow *f)
{
    return f->kind == KIND_PLAIN ? f->size : f->size - TCP_HEADERS;
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
    f->at = f->kind == KIND_PLAIN ? 0 : stream_at(f, seq);
}

static void tcp_headers(const struct flow *f, uint8_t *buf)
{
    static const uint8_t stamps[12] = { 1, 1, 8, 10, 0, 1, 2, 3, 4, 5, 6, 7 };
    uint8_t *ip = buf + 14, *tcp = ip + 20;
    unsigned len = f->size - 14;

    put_be16(buf + 12, 0x0800);
    memset(ip, 0, 52);
    ip[0] = 0x45;
    put_be16(ip + 2, len);
    put_be16(ip + 4, 1);
    ip[8] = 64;
    ip[9] = 6;
    put_be32(ip + 12, 0x0a000000 | (f->in ? 1 : 2));
    put_be32(ip + 16, 0x0a000000 | (f->in ? 2 : 1));
    put_be16(ip + 10, ~sum16(ip, 20, 0) & 0xffff);
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
    if (f->kind == KIND_PLAIN) {
        put_be32(buf + NUMBER_AT, seq);
    } else {
        put_be32(buf + SEQ_AT, stream_at(f, seq));
    }
}

unsigned flow_frame(const struct flow *f, uint32_t seq, uint8_t *buf)
{
    unsigned head = f->kind == KIND_PLAIN ? NUMBER_AT + 4 : TCP_HEADERS;

    memcpy(buf, f->in ? guest_mac : peer_mac, MAC_LEN);
    memcpy(buf + MAC_LEN, f->in ? peer_mac : guest_mac, MAC_LEN);
    if (f->kind == KIND_PLAIN) {
        put_be16(buf + 12, ETHERTYPE);
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
        h.csum_start = 34;
        h.csum_offset = SUM_AT - 34;
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

/* Both sums, as they are or, of the TCP one, as the vnet header promises */
static void check_sums(const struct virtio_net_hdr *vnet, const uint8_t *ip,
                       unsigned tcp_len)
{
    bool partial = vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
    unsigned sum;

    if (sum16(ip, 20, 0) != 0xffff) {
        fail("verification: bad IP header checksum");
    }
    if (!partial) {
        sum = sum16(ip + 20, tcp_len, pseudo_sum(ip, tcp_len));
        if (sum != 0xffff) {
            fail("verification: bad TCP checksum");
        }
    } else if (vnet->csum_start != 34 || vnet->csum_offset != SUM_AT - 34 ||
               be16(ip + 36) != pseudo_sum(ip, tcp_len)) {
        fail("verification: partial checksum %04x at %u+%u, should be %04x",
             be16(ip + 36), vnet->csum_start, vnet->csum_offset,
             pseudo_sum(ip, tcp_len));
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
        check_sums(vnet, ip, ip_len - 20);
        if (!same_payload(f, frame + TCP_HEADERS, n)) {
            fail("verification: other payload at %u", f->at);
        }
    }
    f->at = (f->at + n) % stream_end(f);
    f->bytes += n;
    f->empty += !n;
}

void flow_check(struct flow *f, const struct virtio_net_hdr *vnet,
                const uint8_t *frame, size_t len, bool full)
{
    if (len < 60) {
        fail("verification: a frame of %zu bytes", len);
    }
    if (f->kind == KIND_PLAIN) {
        check_plain(f, frame, len, full);
    } else {
        check_tcp(f, vnet, frame, len, full);
    }
}
