// SPDX-License-Identifier: MIT
/*
 * libnet.c - the other end of the cable, and frames to send over it
 */
#include "libnet.h"

#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { REST_TIMEOUT_MS = 60000 };

const uint8_t mac_nic[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
const uint8_t mac_peer[6] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 };
const uint8_t mac_other[6] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x99 };
const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
const uint8_t mac_pause[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

/* The cable: a stream socket, each frame behind its big-endian length */

int netpeer_open(struct netpeer *peer)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    peer->fd = fds[0];
    return fds[1];
}

void netpeer_close(struct netpeer *peer)
{
    if (peer->fd >= 0) {
        close(peer->fd);
        peer->fd = -1;
    }
}

bool netpeer_send(struct netpeer *peer, const void *data, size_t len)
{
    uint32_t header = htonl((uint32_t)len);
    struct iovec iov[] = {
        { &header, sizeof(header) },
        { (void *)data, len },
    };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
    ssize_t n = sendmsg(peer->fd, &msg, MSG_NOSIGNAL);

    return n == (ssize_t)(sizeof(header) + len);
}

/* The rest must come when there is a beginning */
static bool read_all(int fd, void *data, size_t len, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    uint8_t *to = data;

    while (len) {
        ssize_t n;

        if (poll(&p, 1, to == data ? timeout_ms : REST_TIMEOUT_MS) != 1) {
            return false;
        }
        n = recv(fd, to, len, 0);
        if (n <= 0) {
            return false;
        }
        to += n;
        len -= (size_t)n;
    }
    return true;
}

bool netpeer_receive(struct netpeer *peer, struct frame *f, int timeout_ms)
{
    uint32_t header;

    f->len = 0;
    if (!read_all(peer->fd, &header, sizeof(header), timeout_ms)) {
        return false;
    }
    if (!check_range(ntohl(header), 1, FRAME_MAX)) {
        return false;
    }
    f->len = ntohl(header);
    return check(read_all(peer->fd, f->data, f->len, REST_TIMEOUT_MS));
}

bool netpeer_unread(struct netpeer *peer)
{
    int left = 0;

    return !ioctl(peer->fd, SIOCOUTQ, &left) && left;
}

uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
}

/* Frames */

void frame_start(struct frame *f, const uint8_t *to, const uint8_t *from,
                 uint16_t ethertype)
{
    memcpy(f->data, to, 6);
    memcpy(f->data + 6, from, 6);
    put16(f->data + 12, ethertype);
    f->len = ETH_HLEN;
}

void frame_fill(struct frame *f, size_t len, uint8_t seed)
{
    for (size_t i = 0; i < len; i++) {
        f->data[f->len++] = (uint8_t)(seed + i * 7 + (i >> 8));
    }
}

void frame_plain(struct frame *f, const uint8_t *to, size_t len, uint8_t seed)
{
    frame_start(f, to, mac_peer, ETHERTYPE_TEST);
    frame_fill(f, len - ETH_HLEN, seed);
}

void frame_tag(struct frame *f, uint16_t tpid, uint16_t tci)
{
    memmove(f->data + 12 + VLAN_LEN, f->data + 12, f->len - 12);
    put16(f->data + 12, tpid);
    put16(f->data + 14, tci);
    f->len += VLAN_LEN;
}

/* The layer 4 header and payload, with its checksum left 0 */
static void append_l4(struct frame *f, uint8_t protocol, size_t payload)
{
    size_t hlen = protocol == IP_TCP ? TCP_HLEN : UDP_HLEN;
    uint8_t *h = f->data + f->len;

    memset(h, 0, hlen);
    put16(h, 4000);
    put16(h + 2, 5000);
    if (protocol == IP_TCP) {
        put32(h + 4, 0x01020304);
        put32(h + 8, 0x0a0b0c0d);
        h[12] = TCP_HLEN / 4 << 4;
        h[13] = TCP_ACK | TCP_PSH | TCP_FIN;
        put16(h + 14, 0x2000);
    } else {
        put16(h + 4, (uint16_t)(UDP_HLEN + payload));
    }
    f->len += hlen;
    frame_fill(f, payload, protocol);
}

static size_t l4_sum_at(uint8_t protocol)
{
    return protocol == IP_TCP ? 16 : 6;
}

static void fill_l4_sum(struct frame *f, size_t ip, uint8_t protocol)
{
    size_t l4 = l4_offset(f, ip);
    size_t len = f->len - l4;
    uint16_t sum = ip_sum(f->data + l4, len, l4_pseudo_sum(f, ip, len));

    put16(f->data + l4 + l4_sum_at(protocol), (uint16_t)~sum);
}

void frame_ip4(struct frame *f, uint8_t protocol, size_t payload)
{
    static const uint8_t from[] = { 10, 0, 0, 2 };
    static const uint8_t to[] = { 10, 0, 0, 1 };
    size_t hlen = protocol == IP_TCP ? TCP_HLEN : UDP_HLEN;
    uint8_t *ip;

    frame_start(f, mac_nic, mac_peer, ETHERTYPE_IP4);
    ip = f->data + f->len;
    memset(ip, 0, IP4_HLEN);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(IP4_HLEN + hlen + payload));
    put16(ip + 4, 0x1234);
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, from, 4);
    memcpy(ip + 16, to, 4);
    put16(ip + 10, (uint16_t)~ip_sum(ip, IP4_HLEN, 0));
    f->len += IP4_HLEN;
    append_l4(f, protocol, payload);
    fill_l4_sum(f, ETH_HLEN, protocol);
}

void frame_ip6(struct frame *f, uint8_t protocol, size_t payload)
{
    size_t hlen = protocol == IP_TCP ? TCP_HLEN : UDP_HLEN;
    uint8_t *ip;

    frame_start(f, mac_nic, mac_peer, ETHERTYPE_IP6);
    ip = f->data + f->len;
    memset(ip, 0, IP6_HLEN);
    ip[0] = 0x60;
    put16(ip + 4, (uint16_t)(hlen + payload));
    ip[6] = protocol;
    ip[7] = 64;
    ip[8] = ip[24] = 0xfd;
    ip[23] = 2;
    ip[39] = 1;
    f->len += IP6_HLEN;
    append_l4(f, protocol, payload);
    fill_l4_sum(f, ETH_HLEN, protocol);
}

/* Checksums */

uint16_t ip_sum(const void *data, size_t len, uint32_t start)
{
    const uint8_t *p = data;
    uint64_t sum = start;

    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += get16(p + i);
    }
    if (len & 1) {
        sum += (uint32_t)p[len - 1] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static bool is_ip6(const struct frame *f, size_t ip)
{
    return f->data[ip] >> 4 == 6;
}

static uint8_t l4_protocol(const struct frame *f, size_t ip)
{
    return f->data[ip + (is_ip6(f, ip) ? 6 : 9)];
}

size_t l4_offset(const struct frame *f, size_t ip)
{
    if (is_ip6(f, ip)) {
        return ip + IP6_HLEN;
    }
    return ip + 4u * (f->data[ip] & 15);
}

/* End of the IP packet; what follows in the frame is padding */
static size_t ip_end(const struct frame *f, size_t ip)
{
    if (is_ip6(f, ip)) {
        return ip + IP6_HLEN + get16(f->data + ip + 4);
    }
    return ip + get16(f->data + ip + 2);
}

uint16_t l4_pseudo_sum(const struct frame *f, size_t ip, size_t len)
{
    const uint8_t *h = f->data + ip;
    uint32_t sum = l4_protocol(f, ip) + (uint32_t)len;

    if (is_ip6(f, ip)) {
        return ip_sum(h + 8, 32, sum);
    }
    return ip_sum(h + 12, 8, sum);
}

bool ip4_header_ok(const struct frame *f, size_t ip)
{
    return ip_sum(f->data + ip, 4u * (f->data[ip] & 15), 0) == 0xffff;
}

bool l4_ok(const struct frame *f, size_t ip)
{
    size_t l4 = l4_offset(f, ip);
    size_t end = ip_end(f, ip);

    if (end > f->len || end < l4) {
        return false;
    }
    return ip_sum(f->data + l4, end - l4, l4_pseudo_sum(f, ip, end - l4)) ==
           0xffff;
}

uint32_t ether_crc(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

/* Whole packets */

size_t frame_headers(const struct frame *f)
{
    return l4_offset(f, ETH_HLEN) +
           (l4_protocol(f, ETH_HLEN) == IP_TCP ? TCP_HLEN : UDP_HLEN);
}

size_t frame_sum_at(const struct frame *f)
{
    return l4_offset(f, ETH_HLEN) + l4_sum_at(l4_protocol(f, ETH_HLEN));
}

void frame_finish(struct frame *f)
{
    size_t l4 = l4_offset(f, ETH_HLEN);

    if (!is_ip6(f, ETH_HLEN)) {
        put16(f->data + ETH_HLEN + 10, 0);
        put16(f->data + ETH_HLEN + 10,
              (uint16_t)~ip_sum(f->data + ETH_HLEN, l4 - ETH_HLEN, 0));
    }
    put16(f->data + frame_sum_at(f), 0);
    fill_l4_sum(f, ETH_HLEN, l4_protocol(f, ETH_HLEN));
}

void frame_segment(struct frame *out, const struct frame *in, size_t mss,
                   unsigned n)
{
    size_t headers = frame_headers(in);
    size_t from = headers + n * mss;
    size_t len = MIN(mss, in->len - from);
    bool last = from + len == in->len;
    uint8_t *l4 = out->data + l4_offset(in, ETH_HLEN);
    uint8_t *ip = out->data + ETH_HLEN;

    memcpy(out->data, in->data, headers);
    memcpy(out->data + headers, in->data + from, len);
    out->len = headers + len;
    if (is_ip6(in, ETH_HLEN)) {
        put16(ip + 4, (uint16_t)(out->len - ETH_HLEN - IP6_HLEN));
    } else {
        put16(ip + 2, (uint16_t)(out->len - ETH_HLEN));
        put16(ip + 4, (uint16_t)(get16(ip + 4) + n));
    }
    if (l4_protocol(in, ETH_HLEN) == IP_TCP) {
        put32(l4 + 4, get32(l4 + 4) + (uint32_t)(n * mss));
        if (!last) {
            l4[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
        }
    } else {
        put16(l4 + 4, (uint16_t)(out->len - l4_offset(in, ETH_HLEN)));
    }
    frame_finish(out);
}
