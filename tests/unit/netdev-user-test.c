// SPDX-License-Identifier: MIT
/*
 * netdev-user-test.c - -netdev user against a guest of a few packets
 */
#include <arpa/inet.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/offload.h"
#include "netdev-peer.h"

enum { ETH = 14, IP = 14, L4 = 34, UDP_DATA = 42, TCP_DATA = 54 };
enum { FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10 };

static const uint8_t guest_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t guest_ip[4] = { 10, 0, 2, 15 };
static const uint8_t router_ip[4] = { 10, 0, 2, 2 };

/* An ARP packet from 10.0.2.15 */
static void arp(uint8_t f[42], unsigned op, const uint8_t *to)
{
    memset(f, 0xff, 6);
    memcpy(f + 6, guest_mac, 6);
    be16_store(f + 12, 0x0806);
    memcpy(f + 14, "\0\1\x08\0\6\4", 6);
    be16_store(f + 20, (uint16_t)op);
    memcpy(f + 22, guest_mac, 6);
    memcpy(f + 28, guest_ip, 4);
    memset(f + 32, 0, 6);
    memcpy(f + 38, to, 4);
}

/* Fill in the headers of an IPv4 packet whose payload is at L4, and send it */
static void send_ip(struct netdev *nd, uint8_t *f, const uint8_t *to,
                    unsigned proto, size_t len)
{
    uint32_t sum;

    /* The router's address; slirp answers to any of its own */
    memcpy(f, "\x52\x55\x0a\0\2\2", 6);
    memcpy(f + 6, guest_mac, 6);
    be16_store(f + 12, 0x0800);
    memset(f + IP, 0, 20);
    f[IP] = 0x45;
    be16_store(f + IP + 2, (uint16_t)(20 + len));
    f[IP + 8] = 64;
    f[IP + 9] = (uint8_t)proto;
    memcpy(f + IP + 12, to == NULL ? (const uint8_t *)"\0\0\0\0" : guest_ip, 4);
    memcpy(f + IP + 16, to == NULL ? (const uint8_t *)"\xff\xff\xff\xff" : to,
           4);
    be16_store(f + IP + 10,
               (uint16_t)~offload_fold(offload_sum(f + IP, 20, 0)));
    if (proto == IPPROTO_TCP) {
        be16_store(f + L4 + 16, 0);
        sum = offload_sum(f + IP + 12, 8, (uint32_t)(IPPROTO_TCP + len));
        sum = offload_sum(f + L4, len, sum);
        be16_store(f + L4 + 16, (uint16_t)~offload_fold(sum));
    }
    g_assert_true(send_nd(nd, f, L4 + len));
}

static void send_udp(struct netdev *nd, uint8_t *f, const uint8_t *to,
                     unsigned from_port, unsigned to_port, size_t len)
{
    be16_store(f + L4, (uint16_t)from_port);
    be16_store(f + L4 + 2, (uint16_t)to_port);
    be16_store(f + L4 + 4, (uint16_t)(8 + len));
    be16_store(f + L4 + 6, 0);
    send_ip(nd, f, to, IPPROTO_UDP, 8 + len);
}

static void test_queue(void)
{
    struct peer p;
    uint8_t frame[42];
    struct netdev *nd = open_nd(&p, "user,id=n0");

    arp(frame, 1, router_ip);
    g_assert_true(send_nd(nd, frame, sizeof(frame)));
    g_assert_cmpuint(p.got, ==, 0); /* not while the card sends */
    WAIT_FOR(p.got == 1);
    g_assert_cmpuint(be16_at(p.data + 20), ==, 2);
    g_assert_true(!memcmp(p.data, guest_mac, 6));
    /* A card without room gets it later */
    p.refuse = true;
    for (unsigned i = 0; i < 3000; i++) {
        g_assert_true(send_nd(nd, frame, sizeof(frame)));
    }
    settle();
    p.refuse = false;
    netdev_flush(nd);
    settle();
    g_assert_cmpuint(p.got, ==, 1 + 1024);
    g_assert_cmpuint(nd->rx_dropped, ==, 3000 - 1024);
    /* Frames too short for anything */
    for (size_t len = 1; len < sizeof(frame); len++) {
        g_assert_true(send_nd(nd, frame, len));
    }
    p.refuse = true;
    g_assert_true(send_nd(nd, frame, sizeof(frame)));
    settle();
    close_nd(nd);
}

/* A DHCP option of a reply, NULL if it is not there */
static const uint8_t *dhcp_option(const struct peer *p, unsigned code)
{
    size_t at = UDP_DATA + 240;

    while (at + 2 <= p->len && p->data[at] != 255) {
        if (p->data[at] == code) {
            return p->data + at + 1;
        }
        at += 2u + p->data[at + 1];
    }
    return NULL;
}

/* Without tftp-server-name, which libslirp 4.7 never frees */
static void test_dhcp(void)
{
    struct peer p;
    uint8_t f[400] = { 0 }, *d = f + UDP_DATA;
    struct netdev *nd = open_nd(&p, "user,id=n0,net=192.168.7.0/24,"
                                    "dhcpstart=192.168.7.50,bootfile=/pxe.0,"
                                    "hostname=vm");
    const uint8_t *option;

    d[0] = 1; /* BOOTREQUEST */
    d[1] = 1;
    d[2] = 6;
    be32_store(d + 4, 0x12345678);
    memcpy(d + 28, guest_mac, 6);
    memcpy(d + 236, "\x63\x82\x53\x63\x35\1\1\xff", 8); /* DISCOVER */
    send_udp(nd, f, NULL, 68, 67, 300);
    WAIT_FOR(p.got == 1);
    g_assert_cmpuint(be16_at(p.data + L4 + 2), ==, 68);
    g_assert_cmphex(be32_at(p.data + UDP_DATA + 4), ==, 0x12345678);
    g_assert_cmphex(be32_at(p.data + UDP_DATA + 16), ==, 0xc0a80732);
    g_assert_cmpstr((const char *)p.data + UDP_DATA + 108, ==, "/pxe.0");
    option = dhcp_option(&p, 53);
    g_assert_nonnull(option);
    g_assert_cmpuint(option[1], ==, 2); /* OFFER */
    option = dhcp_option(&p, 3);
    g_assert_nonnull(option);
    g_assert_cmphex(be32_at(option + 1), ==, 0xc0a80702);
    option = dhcp_option(&p, 12);
    g_assert_nonnull(option);
    g_assert_true(!memcmp(option, "\2vm", 3));
    close_nd(nd);
}

static void test_tftp(void)
{
    struct peer p;
    char *tftp = g_dir_make_tmp("netdev-user-test-XXXXXX", NULL);
    char *file = g_build_filename(tftp, "file", NULL);
    uint8_t f[200];
    struct netdev *nd = open_nd(&p, "user,id=n0,tftp=%s", tftp);

    g_assert_true(g_file_set_contents(file, "contents", -1, NULL));
    arp(f, 1, router_ip);
    g_assert_true(send_nd(nd, f, 42));
    WAIT_FOR(p.got == 1);
    memcpy(f + UDP_DATA, "\0\1/file\0octet", 14);
    send_udp(nd, f, router_ip, 2000, 69, 14);
    WAIT_FOR(p.got == 2);
    g_assert_true(!memcmp(p.data + UDP_DATA, "\0\3\0\1contents", 12));
    /* Not out of its directory */
    memcpy(f + UDP_DATA, "\0\1/../x\0octet", 14);
    send_udp(nd, f, router_ip, 2001, 69, 14);
    WAIT_FOR(p.got == 3);
    g_assert_cmpuint(be16_at(p.data + UDP_DATA), ==, 5); /* ERROR */
    close_nd(nd);
    g_unlink(file);
    g_rmdir(tftp);
    g_free(file);
    g_free(tftp);
}

/* The guest's end of a TCP connection */
struct tcp {
    const uint8_t *peer;
    uint16_t port, peer_port;
    uint32_t seq, ack;
};

static void send_tcp(struct netdev *nd, struct tcp *t, unsigned flags,
                     const char *data)
{
    uint8_t f[200];
    size_t len = strlen(data);

    be16_store(f + L4, t->port);
    be16_store(f + L4 + 2, t->peer_port);
    be32_store(f + L4 + 4, t->seq);
    be32_store(f + L4 + 8, t->ack);
    be16_store(f + L4 + 12, (uint16_t)(5 << 12 | flags));
    be16_store(f + L4 + 14, 8192);
    be16_store(f + L4 + 18, 0);
    memcpy(f + TCP_DATA, data, len);
    send_ip(nd, f, t->peer, IPPROTO_TCP, 20 + len);
    t->seq += (uint32_t)len + !!(flags & (SYN | FIN));
}

/* Whether the last packet is TCP for our end with all of @flags */
static bool is_tcp(const struct peer *p, const struct tcp *t, unsigned flags)
{
    return p->len >= TCP_DATA && p->data[IP + 9] == IPPROTO_TCP &&
           be16_at(p->data + L4 + 2) == t->port &&
           (p->data[L4 + 13] & flags) == flags;
}

static size_t tcp_payload(const struct peer *p, const uint8_t **data)
{
    size_t off = L4 + 4u * (p->data[L4 + 12] >> 4);

    *data = p->data + off;
    return IP + be16_at(p->data + IP + 2) - off;
}

static int host_connect(unsigned port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    connect(fd, (struct sockaddr *)&sa, sizeof(sa));
    return fd;
}

/* A connection through hostfwd, from SYN to FIN, with data both ways */
static void test_hostfwd(void)
{
    struct peer p;
    struct tcp t = { .peer = router_ip, .port = 22, .seq = 1000 };
    uint8_t f[42];
    const uint8_t *data;
    char got[10];
    unsigned port = free_port(SOCK_STREAM), other = free_port(SOCK_STREAM);
    struct netdev *nd =
        open_nd(&p,
                "user,id=n0,restrict=on,"
                "hostfwd=tcp:127.0.0.1:%u-10.0.2.15:22,hostfwd=::%u-:23",
                port, other);
    int fd;

    arp(f, 1, router_ip);
    g_assert_true(send_nd(nd, f, sizeof(f)));
    WAIT_FOR(p.got == 1);
    fd = host_connect(port);
    WAIT_FOR(is_tcp(&p, &t, SYN));
    t.peer_port = be16_at(p.data + L4);
    t.ack = be32_at(p.data + L4 + 4) + 1;
    send_tcp(nd, &t, SYN | ACK, "");
    WAIT_FOR(is_tcp(&p, &t, ACK) && !(p.data[L4 + 13] & SYN));
    g_assert_cmpint(write(fd, "hello", 5), ==, 5);
    WAIT_FOR(is_tcp(&p, &t, PSH) && tcp_payload(&p, &data) == 5);
    g_assert_true(!memcmp(data, "hello", 5));
    t.ack += 5;
    send_tcp(nd, &t, PSH | ACK, "world");
    WAIT_FOR(read(fd, got, sizeof(got)) == 5);
    g_assert_true(!memcmp(got, "world", 5));
    send_tcp(nd, &t, FIN | ACK, "");
    WAIT_FOR(read(fd, got, sizeof(got)) == 0);
    close(fd);
    WAIT_FOR(is_tcp(&p, &t, FIN));
    settle();
    close_nd(nd);
}

/* Closed with connections open, and a port that is taken */
static void test_hostfwd_close(void)
{
    struct peer p;
    uint8_t f[42];
    unsigned port = free_port(SOCK_STREAM);
    struct netdev *nd =
        open_nd(&p, "user,id=n0,hostfwd=tcp:127.0.0.1:%u-10.0.2.15:22", port);
    GError *err = NULL;
    char *again;
    int fd;

    arp(f, 1, router_ip);
    g_assert_true(send_nd(nd, f, sizeof(f)));
    fd = host_connect(port);
    WAIT_FOR(p.got == 2);
    again = g_strdup_printf("user,id=n1,hostfwd=tcp:127.0.0.1:%u-:1", port);
    g_assert_null(try_open(again, &err));
    g_assert_nonnull(strstr(err->message, "in use"));
    g_clear_error(&err);
    g_free(again);
    close_nd(nd);
    close(fd);
    settle();
}

/* A connection of the guest's that runs a command */
static void test_guestfwd(void)
{
    struct peer p;
    static const uint8_t server[4] = { 10, 0, 2, 100 };
    struct tcp t = { .peer = server, .port = 3000, .peer_port = 7, .seq = 1 };
    uint8_t f[42];
    const uint8_t *data;
    struct netdev *nd =
        open_nd(&p, "user,id=n0,guestfwd=tcp:10.0.2.100:7-cmd:/bin/echo done");

    arp(f, 1, server);
    g_assert_true(send_nd(nd, f, sizeof(f)));
    send_tcp(nd, &t, SYN, "");
    WAIT_FOR(is_tcp(&p, &t, SYN | ACK));
    t.ack = be32_at(p.data + L4 + 4) + 1;
    send_tcp(nd, &t, ACK, "");
    WAIT_FOR(is_tcp(&p, &t, PSH) && tcp_payload(&p, &data) == 5);
    g_assert_true(!memcmp(data, "done\n", 5));
    close_nd(nd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netdev/user/queue", test_queue);
    g_test_add_func("/netdev/user/dhcp", test_dhcp);
    g_test_add_func("/netdev/user/tftp", test_tftp);
    g_test_add_func("/netdev/user/hostfwd", test_hostfwd);
    g_test_add_func("/netdev/user/hostfwd-close", test_hostfwd_close);
    g_test_add_func("/netdev/user/guestfwd", test_guestfwd);
    return g_test_run();
}
