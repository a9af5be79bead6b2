// SPDX-License-Identifier: MIT
/*
 * tap-offload-test.c - what a tap with a vnet header leaves to the other side
 *
 * The kernel is asked through packet sockets with vnet headers: what it makes
 * of our requests, and what we make of its.
 */
#include <glib.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/netdev.h"
#include "system/loop.h"
#include "system/opts.h"
#include "tests/net/frames.h"
#include "tests/net/netns.h"

enum {
    MSS = 1448,
    SEGMENTS = 40,
    BIG = FRAME_HEAD + SEGMENTS * MSS,
    SMALL = FRAME_HEAD + 777,
};

/* What came out of the backend; it refuses every @refuse-th frame once */
struct peer {
    unsigned got, good, refuse, asked;
    size_t len;
    uint8_t data[NIC_RX_MAX];
    bool in_order;
};

static struct netdev *nd;
static struct peer peer;
static int sock;

/* TCP from 10.0.0.1 to 10.0.0.2, with a sum of the pseudo-header only */
static void make(uint8_t *p, size_t len)
{
    memset(p, 0, FRAME_HEAD);
    be32_store(p + FRAME_TCP + 4, 1000);
    p[FRAME_TCP + 12] = 5 << 4;
    p[FRAME_TCP + 13] = 0x10;
    for (size_t i = FRAME_HEAD; i < len; i++) {
        p[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    frame_tcp(p, len, 0x0a000001, 0x0a000002, true, false);
}

static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    struct peer *p = opaque;
    uint8_t flat[NIC_RX_MAX];
    size_t len = frame_flat(rx, flat);

    if (len < FRAME_HEAD || flat[FRAME_IP + 9] != 6) {
        return true; /* Of the kernel's own */
    }
    if (p->refuse && p->asked++ % p->refuse == 0) {
        return false;
    }
    p->in_order &= be32_at(flat + FRAME_TCP + 4) == 1000 + p->got * MSS;
    p->good += frame_sums_are_right(flat, len);
    p->got++;
    memcpy(p->data + p->len % sizeof(p->data), flat,
           MIN(len, (size_t)FRAME_HEAD));
    p->len += len - FRAME_HEAD;
    return true;
}

static void peer_writable(void *opaque)
{
}

static const struct netdev_peer_ops peer_ops = { .receive = peer_receive,
                                                 .writable = peer_writable };

static void open_all(const char *more)
{
    char *text = g_strdup_printf("tap,id=n0,ifname=t0,script=no%s", more);
    JsonObject *opts = opts_parse(text, "type", NULL);
    GError *err = NULL;

    nd = netdev_open(opts, &err);
    g_assert_no_error(err);
    json_object_unref(opts);
    g_free(text);
    memset(&peer, 0, sizeof(peer));
    peer.in_order = true;
    netdev_plug(nd, &peer_ops, &peer);
    sh("ip link set t0 address 52:54:00:12:34:57 up");
    sock = vnet_socket("t0", ETH_P_IP);
}

static void close_all(void)
{
    close(sock);
    netdev_unplug(nd);
    netdev_close(nd);
}

static const struct offload_hdr to_cut = {
    .csum_start = FRAME_TCP,
    .csum_offset = 16,
    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
    .gso_size = MSS,
    .hdr_len = FRAME_HEAD,
};
static const struct offload_hdr to_sum = { .csum_start = FRAME_TCP,
                                           .csum_offset = 16 };

/* One frame in two pieces */
static void send_frame(uint8_t *p, size_t len, const struct offload_hdr *off)
{
    const struct iovec iov[2] = {
        { .iov_base = p, .iov_len = 200 },
        { .iov_base = p + 200, .iov_len = len - 200 },
    };

    g_assert_true(netdev_send(nd, iov, 2, off));
}

/* Take one frame from the interface and compare it */
static void expect(const uint8_t *p, size_t len, unsigned flags, unsigned gso)
{
    static uint8_t got[sizeof(struct virtio_net_hdr) + BIG + 1];
    struct virtio_net_hdr h;
    ssize_t n = recv(sock, got, sizeof(got), 0);

    g_assert_cmpint(n, ==, sizeof(h) + len);
    memcpy(&h, got, sizeof(h));
    g_assert_cmphex(h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, ==, flags);
    g_assert_cmpuint(h.gso_size, ==, gso);
    g_assert_true(!memcmp(got + sizeof(h), p, len));
}

/* The kernel has the whole frame, in order with those around it */
static void test_out(void)
{
    static uint8_t big[BIG], small[3][SMALL];

    open_all("");
    g_assert_cmphex(nd->caps, ==, OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6);
    make(big, BIG);
    for (unsigned i = 0; i < 3; i++) {
        make(small[i], SMALL);
        small[i][FRAME_IP + 4] = (uint8_t)i;
    }
    for (unsigned i = 0; i < 20; i++) {
        send_frame(small[0], SMALL, &to_sum);
        send_frame(small[1], SMALL, NULL);
        send_frame(big, BIG, &to_cut);
        send_frame(small[2], SMALL, NULL);
        netdev_push(nd);
        expect(small[0], SMALL, VIRTIO_NET_HDR_F_NEEDS_CSUM, 0);
        expect(small[1], SMALL, 0, 0);
        expect(big, BIG, VIRTIO_NET_HDR_F_NEEDS_CSUM, MSS);
        expect(small[2], SMALL, 0, 0);
    }
    g_assert_cmpuint(nd->tx_dropped, ==, 0);
    close_all();
}

/* More than fit in one batch leave in order, pushed or not */
static void test_batch(void)
{
    static uint8_t f[SMALL];

    open_all("");
    make(f, SMALL);
    for (unsigned i = 0; i < 100; i++) {
        be16_store(f + FRAME_HEAD, (uint16_t)i);
        send_frame(f, SMALL, NULL);
    }
    netdev_push(nd);
    for (unsigned i = 0; i < 100; i++) {
        be16_store(f + FRAME_HEAD, (uint16_t)i);
        expect(f, SMALL, 0, 0);
    }
    /* What is kept leaves with the backend at the latest */
    send_frame(f, SMALL, NULL);
    netdev_unplug(nd);
    netdev_close(nd);
    close(sock);
}

/* An interface that is down loses frames, and they are counted */
static void test_down(void)
{
    static uint8_t f[SMALL];
    int why;
    socklen_t len = sizeof(why);

    open_all("");
    make(f, SMALL);
    sh("ip link set t0 down");
    /* The packet socket was told, too */
    g_assert_cmpint(getsockopt(sock, SOL_SOCKET, SO_ERROR, &why, &len), ==, 0);
    for (unsigned i = 0; i < 100; i++) {
        send_frame(f, SMALL, NULL);
    }
    netdev_push(nd);
    g_assert_cmpuint(nd->tx_dropped, ==, 100);
    sh("ip link set t0 up");
    send_frame(f, SMALL, NULL);
    netdev_push(nd);
    expect(f, SMALL, 0, 0);
    close_all();
}

static void inject(const uint8_t *p, size_t len, const struct offload_hdr *off)
{
    struct virtio_net_hdr h = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = off->gso_type,
        .gso_size = off->gso_size,
        .hdr_len = off->hdr_len,
        .csum_start = off->csum_start,
        .csum_offset = off->csum_offset,
    };
    struct iovec iov[2] = {
        { .iov_base = &h, .iov_len = sizeof(h) },
        { .iov_base = (void *)(uintptr_t)p, .iov_len = len },
    };

    g_assert_cmpint(writev(sock, iov, 2), ==, (ssize_t)(sizeof(h) + len));
}

static void wait_for(unsigned frames)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (peer.got < frames && g_get_monotonic_time() < end) {
        loop_turn(false);
        netdev_flush(nd);
    }
    g_assert_cmpuint(peer.got, ==, frames);
}

/* A packet to be cut arrives as segments, each once and with right sums, also
 * if the peer refuses some of them at first */
static void test_in(void)
{
    static uint8_t big[BIG];

    for (unsigned refuse = 0; refuse < 6; refuse += 2) {
        open_all("");
        peer.refuse = refuse;
        make(big, BIG);
        inject(big, BIG, &to_cut);
        wait_for(SEGMENTS);
        g_assert_cmpuint(peer.good, ==, SEGMENTS);
        g_assert_true(peer.in_order);
        g_assert_cmpuint(peer.len, ==, BIG - FRAME_HEAD);
        peer.in_order = true;
        peer.got = 0;
        inject(big, SMALL, &to_sum);
        wait_for(1);
        close_all();
    }
}

/* Without a vnet header, or with one that means nothing, the kernel does all
 * of it */
static void test_off(void)
{
    static uint8_t big[BIG];

    open_all(",vnet_hdr=off");
    g_assert_cmphex(nd->caps, ==, 0);
    make(big, BIG);
    inject(big, BIG, &to_cut);
    wait_for(SEGMENTS);
    g_assert_cmpuint(peer.good, ==, SEGMENTS);
    g_assert_true(peer.in_order);
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!netns_enter(NULL, NULL)) {
        return 0;
    }
    g_test_add_func("/tap-offload/out", test_out);
    g_test_add_func("/tap-offload/batch", test_batch);
    g_test_add_func("/tap-offload/down", test_down);
    g_test_add_func("/tap-offload/in", test_in);
    g_test_add_func("/tap-offload/off", test_off);
    return g_test_run();
}
