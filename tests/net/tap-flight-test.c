// SPDX-License-Identifier: MIT
/*
 * tap-flight-test.c - what happens to a tap while frames are under way
 *
 * A second thread works on the interface as its owner might, and the frames do
 * not wait for it.
 */
#include <errno.h>
#include <glib.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
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
    JUMBO = FRAME_HEAD + 8000,
    TRANSITIONS = 60,
};

struct peer {
    unsigned got, bad, links;
    size_t longest;
};

static struct netdev *nd;
static struct peer peer;
static int sock;
static uint8_t big[BIG], small[SMALL], jumbo[JUMBO];
static unsigned sent;

static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    static uint8_t p[NIC_RX_MAX];
    size_t len = frame_flat(rx, p);

    if (len >= FRAME_HEAD && be16_at(p + 12) == ETH_P_IP) {
        peer.got++;
        peer.bad += !frame_sums_are_right(p, len);
        peer.longest = MAX(peer.longest, len);
    }
    return true;
}

static void peer_writable(void *opaque)
{
}

static void peer_link(void *opaque, bool up)
{
    peer.links++;
}

static const struct netdev_peer_ops peer_ops = {
    .receive = peer_receive,
    .writable = peer_writable,
    .link = peer_link,
};

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
    sent = 0;
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

static void make(uint8_t *p, size_t len, bool full)
{
    memset(p, 0, len);
    p[FRAME_TCP + 12] = 5 << 4;
    p[FRAME_TCP + 13] = 0x10;
    frame_tcp(p, len, 0x0a000001, 0x0a000002, false, full);
}

static struct offload_hdr to_cut(uint16_t size)
{
    return (struct offload_hdr){
        .csum_start = FRAME_TCP,
        .csum_offset = 16,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = size,
        .hdr_len = FRAME_HEAD,
    };
}

/* A frame from the guest: a tap takes each, whatever becomes of it */
static void send_frame(uint8_t *p, size_t len, const struct offload_hdr *off)
{
    const struct iovec iov = { .iov_base = p, .iov_len = len };

    g_assert_true(netdev_send(nd, &iov, 1, off));
    sent++;
}

/* A frame from the host; false if the interface cannot take it */
static bool inject(uint8_t *p, size_t len, const struct offload_hdr *off)
{
    struct virtio_net_hdr h = { .gso_type = VIRTIO_NET_HDR_GSO_NONE };
    struct iovec iov[2] = {
        { .iov_base = &h, .iov_len = sizeof(h) },
        { .iov_base = p, .iov_len = len },
    };

    if (off) {
        h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h.gso_type = off->gso_type;
        h.gso_size = off->gso_size;
        h.hdr_len = off->hdr_len;
        h.csum_start = off->csum_start;
        h.csum_offset = off->csum_offset;
    }
    return writev(sock, iov, 2) == (ssize_t)(sizeof(h) + len);
}

/* Frames of all kinds, both ways */
static void traffic(void)
{
    const struct offload_hdr cut = to_cut(MSS);

    for (unsigned i = 0; i < 8; i++) {
        send_frame(small, SMALL, NULL);
        send_frame(big, BIG, &cut);
        inject(big, BIG, &cut);
    }
    netdev_push(nd);
    for (unsigned i = 0; i < 8; i++) {
        loop_turn(false);
        netdev_flush(nd);
    }
}

static bool wait_for(unsigned frames)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (peer.got < frames && g_get_monotonic_time() < end) {
        loop_turn(false);
    }
    return peer.got >= frames;
}

/* What is left over has arrived; then one frame each way does */
static void check_works(void)
{
    uint8_t got[2 * SMALL];
    ssize_t len;

    for (unsigned before = ~0U; before != peer.got;) {
        before = peer.got;
        loop_turn(false);
        g_usleep(20000);
        loop_turn(false);
    }
    peer.got = 0;
    while (recv(sock, got, sizeof(got), MSG_DONTWAIT) > 0 || errno != EAGAIN) {
        /* Frames from before, and that the interface was down */
    }
    g_assert_true(inject(small, SMALL, NULL));
    g_assert_true(wait_for(1));
    send_frame(small, SMALL, NULL);
    netdev_push(nd);
    do {
        len = recv(sock, got, sizeof(got), 0);
        g_assert_cmpint(len, >, 0);
    } while (len != SMALL + (ssize_t)sizeof(struct virtio_net_hdr));
}

static int finished, affected;

/* GThreadFunc: the interface goes down and up, until that was noticed */
static gpointer flap(gpointer data)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);

    for (unsigned i = 0;
         i < TRANSITIONS || i % 2 || !g_atomic_int_get(&affected); i++) {
        struct ifreq ifr = { .ifr_name = "t0" };

        g_assert_cmpint(ioctl(s, SIOCGIFFLAGS, &ifr), ==, 0);
        ifr.ifr_flags ^= IFF_UP;
        g_assert_cmpint(ioctl(s, SIOCSIFFLAGS, &ifr), ==, 0);
        g_usleep(3000);
    }
    close(s);
    g_atomic_int_set(&finished, 1);
    return NULL;
}

static gpointer remove_tap(gpointer data)
{
    g_usleep(30000);
    sh("ip link del t0");
    g_atomic_int_set(&finished, 1);
    return NULL;
}

static void traffic_while(GThreadFunc func)
{
    GThread *thread;

    g_atomic_int_set(&finished, 0);
    g_atomic_int_set(&affected, 0);
    thread = g_thread_new("owner", func, NULL);
    while (!g_atomic_int_get(&finished)) {
        traffic();
        g_atomic_int_set(&affected, nd->tx_dropped > 0 && peer.links > 0 &&
                                        nd->tx_dropped < sent);
    }
    g_thread_join(thread);
}

/* Down and up with frames under way: some are lost and counted, the guest is
 * told, and afterwards all is as before */
static void test_flap(void)
{
    for (unsigned plain = 0; plain < 2; plain++) {
        open_all(plain ? ",sndbuf=100000000" : "");
        traffic_while(flap);
        check_works();
        g_assert_cmpuint(nd->tx_frames, ==, sent);
        g_assert_cmpuint(nd->tx_dropped, >, 0);
        g_assert_cmpuint(nd->tx_dropped, <, sent);
        g_assert_cmpuint(peer.bad, ==, 0);
        g_assert_cmpuint(peer.links, >, 0);
        g_assert_true(netdev_carrier(nd));
        close_all();
    }
}

/* Removed with frames under way: there is no link any more, and the guest is
 * not kept waiting */
static void test_removed(void)
{
    gint64 end;

    open_all("");
    traffic_while(remove_tap);
    end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    while (netdev_carrier(nd) && g_get_monotonic_time() < end) {
        traffic();
    }
    g_assert_false(netdev_carrier(nd));
    g_assert_cmpuint(peer.links, >, 0);
    g_assert_cmpuint(peer.bad, ==, 0);
    sent = 0;
    nd->tx_dropped = 0;
    traffic();
    g_assert_cmpuint(nd->tx_dropped, ==, sent);
    close_all();
}

/* Frames that the kernel will not have are dropped, one by one, also among
 * others that it takes */
static void test_refused(void)
{
    struct offload_hdr wrong = to_cut(MSS);
    uint8_t runt[8] = { 0 };

    wrong.csum_start = 0xfff0;
    for (unsigned plain = 0; plain < 2; plain++) {
        open_all(plain ? ",sndbuf=100000000" : "");
        for (unsigned i = 0; i < 5; i++) {
            send_frame(small, SMALL, NULL);
            send_frame(runt, sizeof(runt), NULL);
            send_frame(small, SMALL, &wrong);
            send_frame(big, BIG, &wrong);
        }
        netdev_push(nd);
        g_assert_cmpuint(nd->tx_dropped, ==, 15);
        check_works();
        g_assert_cmpuint(nd->tx_dropped, ==, 15);
        close_all();
    }
}

/* Whoever changes the MTU of a tap wants longer frames: they pass, and packets
 * are cut where their sender said, not where we guess */
static void test_mtu(void)
{
    const struct offload_hdr cut = to_cut(4000);
    static uint8_t got[2 * JUMBO];
    ssize_t len;

    open_all("");
    check_works();
    g_assert_false(inject(jumbo, JUMBO, NULL));
    sh("ip link set t0 mtu 9000");
    g_assert_true(inject(jumbo, JUMBO, NULL));
    g_assert_true(wait_for(2));
    g_assert_cmpuint(peer.longest, ==, JUMBO);
    peer.longest = peer.got = 0;
    make(big, FRAME_HEAD + 40000, false);
    g_assert_true(inject(big, FRAME_HEAD + 40000, &cut));
    g_assert_true(wait_for(10));
    g_assert_cmpuint(peer.longest, ==, FRAME_HEAD + 4000);
    g_assert_cmpuint(peer.bad, ==, 0);
    make(big, BIG, false);

    /* Out, a guest's frames are as long as its own MTU says */
    for (unsigned i = 0; i < 2; i++) {
        sh(i ? "ip link set t0 mtu 1500" : "ip link set t0 mtu 9000");
        send_frame(jumbo, JUMBO, NULL);
        netdev_push(nd);
        do {
            len = recv(sock, got, sizeof(got), 0);
            g_assert_cmpint(len, >, 0);
        } while (len != JUMBO + (ssize_t)sizeof(struct virtio_net_hdr));
    }
    /* Back at 1500 the kernel keeps longer ones itself */
    g_assert_false(inject(jumbo, JUMBO, NULL));
    check_works();
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!netns_enter(NULL, NULL)) {
        return 0;
    }
    make(big, BIG, false);
    make(small, SMALL, true);
    make(jumbo, JUMBO, true);
    g_test_add_func("/tap-flight/flap", test_flap);
    g_test_add_func("/tap-flight/removed", test_removed);
    g_test_add_func("/tap-flight/refused", test_refused);
    g_test_add_func("/tap-flight/mtu", test_mtu);
    return g_test_run();
}
