// SPDX-License-Identifier: MIT
/*
 * tap-bridge-test.c - a guest that talks, over a bridge, to a host that leaves
 * its packets unfinished
 *
 * In one namespace: t0, our tap, and v0 in bridge br0.  In another, of a child
 * process: v1, the other end of v0, with an address.  The child's TCP leaves
 * checksums and cutting to the interface, and nothing on the way does either,
 * because a veth and a bridge hand packets on as they are.  That is how two
 * guests of one host are connected, too, and where partial checksums were seen
 * in guests with other emulators.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/netdev.h"
#include "system/loop.h"
#include "system/opts.h"
#include "tests/net/frames.h"
#include "tests/net/netns.h"

enum {
    HOST = 0x0a090001, /* 10.9.0.1, in the child's namespace */
    GUEST = 0x0a090002,
    PORT = 7777,
    ETHERTYPE = 0x88b5, /* Of frames that are not TCP */
    MSS = 1448,
    FROM_HOST = 500000, /* Bytes */
    PARTS = 3,
    PART = 20 * MSS,
    FROM_GUEST = PARTS * PART,
    FIRST = 5000, /* The guest's first sequence number */
    SYN = 0x02,
    FIN = 0x01,
    ACK = 0x10,
};

/**
 * struct guest - The least TCP that takes a connection
 * @got:   Bytes of the host's stream that came in order
 * @acked: What the host has of ours, from @FIRST on
 * @frames, @bad: Packets, and those with wrong checksums or contents
 * @longest: Of the frames
 * @syn, @fin: They came
 * @answer: Something came that wants an ACK
 */
static struct guest {
    uint32_t host_first, got, acked;
    uint16_t host_port;
    unsigned frames, bad;
    size_t longest;
    bool syn, fin, answer, writable;
} guest;

static struct netdev *nd;

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 13 + (at >> 8));
}

/* Nothing is sent from here: as with a card, that comes later */
static void take_tcp(const uint8_t *p)
{
    const uint8_t *tcp = p + FRAME_TCP;
    size_t head = FRAME_TCP + 4U * (tcp[12] >> 4);
    size_t len = FRAME_IP + (size_t)be16_at(p + FRAME_IP + 2) - head;
    uint32_t at;

    if (tcp[13] & SYN) {
        guest.host_first = be32_at(tcp + 4) + 1;
        guest.host_port = be16_at(tcp);
        guest.syn = guest.answer = true;
        return;
    }
    guest.acked = be32_at(tcp + 8) - (FIRST + 1);
    at = be32_at(tcp + 4) - guest.host_first;
    if (at == guest.got) {
        for (size_t i = 0; i < len; i++) {
            guest.bad += p[head + i] != pattern(guest.got + i);
        }
        guest.got += (uint32_t)len;
        guest.fin |= tcp[13] & FIN;
    }
    guest.answer |= len || tcp[13] & FIN;
}

static bool guest_receive(void *opaque, const struct nic_rx *rx)
{
    static uint8_t p[NIC_RX_MAX];
    size_t len = frame_flat(rx, p);

    if (len < FRAME_HEAD || be16_at(p + 12) != ETH_P_IP ||
        be16_at(p + FRAME_TCP + 2) != PORT) {
        return true;
    }
    guest.frames++;
    guest.longest = MAX(guest.longest, len);
    if (frame_sums_are_right(p, len)) {
        take_tcp(p);
    } else {
        guest.bad++;
    }
    return true;
}

static void guest_writable(void *opaque)
{
    guest.writable = true;
}

static const struct netdev_peer_ops peer_ops = { .receive = guest_receive,
                                                 .writable = guest_writable };

/* @len bytes of our stream from @at on, left to the tap if it can do that */
static void guest_send(uint8_t flags, size_t at, size_t len)
{
    static uint8_t p[FRAME_HEAD + PART];
    struct iovec iov = { .iov_base = p, .iov_len = FRAME_HEAD + len };
    uint8_t *tcp = p + FRAME_TCP;
    const struct offload_hdr off = {
        .csum_start = FRAME_TCP,
        .csum_offset = 16,
        .gso_type =
            len > MSS ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_NONE,
        .gso_size = len > MSS ? MSS : 0,
        .hdr_len = FRAME_HEAD,
    };

    memset(p, 0, FRAME_HEAD);
    be16_store(tcp, PORT);
    be16_store(tcp + 2, guest.host_port);
    be32_store(tcp + 4, FIRST + (flags & SYN ? 0 : 1 + (uint32_t)at));
    be32_store(tcp + 8, guest.host_first + guest.got + guest.fin);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    be16_store(tcp + 14, 0xffff);
    for (size_t i = 0; i < len; i++) {
        p[FRAME_HEAD + i] = pattern(at + i);
    }
    frame_tcp(p, iov.iov_len, GUEST, HOST, true, !nd->caps);
    g_assert_true(netdev_send(nd, &iov, 1, nd->caps ? &off : NULL));
    netdev_push(nd);
}

static void send_part(size_t at)
{
    size_t step = nd->caps ? PART : MSS;

    for (size_t i = 0; i < PART; i += step) {
        guest_send(ACK, at + i, step);
    }
}

/* Answer what came in, until @done holds */
static bool guest_until(bool (*done)(void), unsigned seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;

    while (!done() && g_get_monotonic_time() < end) {
        loop_turn(false);
        if (guest.answer) {
            guest.answer = false;
            guest_send(guest.got || guest.fin ? ACK : SYN | ACK, guest.acked,
                       0);
        }
    }
    return done();
}

static bool has_all(void)
{
    return guest.got == FROM_HOST && guest.acked != (uint32_t)-1;
}

static size_t awaited;

static bool has_acked(void)
{
    return guest.acked >= awaited && guest.acked <= FROM_GUEST + 1;
}

static bool has_fin(void)
{
    return guest.fin;
}

/* As any TCP does, again if a busy host has dropped some of it */
static bool deliver_part(size_t at)
{
    awaited = at + PART;
    for (unsigned i = 0; i < 30; i++) {
        send_part(at);
        if (guest_until(has_acked, 2)) {
            return true;
        }
    }
    return false;
}

/* The host's side, in the child.  Return: an exit status */
static int host_talk(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(PORT),
                              .sin_addr = { htonl(GUEST) } };
    struct timeval patience = { .tv_sec = 60 };
    int s = socket(AF_INET, SOCK_STREAM, 0);
    static uint8_t data[FROM_HOST];
    size_t at = 0;
    ssize_t n;

    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(s, (struct sockaddr *)&to, sizeof(to))) {
        return 2;
    }
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = pattern(i);
    }
    if (send(s, data, sizeof(data), 0) != sizeof(data)) {
        return 3;
    }
    while (at < FROM_GUEST) {
        n = recv(s, data, sizeof(data), 0);
        if (n <= 0) {
            return 4;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (data[i] != pattern(at++)) {
                return 5;
            }
        }
    }
    close(s);
    return 0;
}

/* Say that something is done, and wait until the other side says so */
static bool in_step(int fd)
{
    char c = 0;

    return write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1;
}

/* A process in a namespace of its own; @fd is for in_step() with it: when it
 * is there, when it has v1, and when v1 is up */
static pid_t host_start(int *fd)
{
    int pair[2];
    pid_t child;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    child = fork();
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        if (unshare(CLONE_NEWNET) || !in_step(pair[1]) || !in_step(pair[1])) {
            _exit(1);
        }
        sh("ip addr add 10.9.0.1/24 dev v1 && ip link set v1 up &&"
           "ip neigh add 10.9.0.2 lladdr 52:54:00:12:34:56 dev v1");
        if (!in_step(pair[1])) {
            _exit(1);
        }
        _exit(host_talk());
    }
    close(pair[1]);
    *fd = pair[0];
    return child;
}

static void bridge_up(const char *tap_options)
{
    char *text = g_strdup_printf("tap,id=n0,ifname=t0,br=br0%s", tap_options);
    JsonObject *opts;
    GError *err = NULL;

    sh("ip link add br0 type bridge && ip link set br0 up &&"
       "ip link add v0 type veth peer name v1 &&"
       "ip link set v1 address 52:54:00:12:34:57 &&"
       "ip link set v0 master br0 up");
    opts = opts_parse(text, "type", NULL);
    nd = netdev_open(opts, &err);
    g_assert_no_error(err);
    json_object_unref(opts);
    g_free(text);
    memset(&guest, 0, sizeof(guest));
    guest.acked = (uint32_t)-1;
    netdev_plug(nd, &peer_ops, &guest);
}

static void bridge_down(void)
{
    netdev_unplug(nd);
    netdev_close(nd);
    sh("ip link del br0; ip link del v0 2>/dev/null || true");
}

/* Packets that passed @sock, and how many of them needed their checksum, or to
 * be cut */
static void count_unfinished(int sock, unsigned *partial, unsigned *to_cut)
{
    static uint8_t data[sizeof(struct virtio_net_hdr) + 70000];
    struct virtio_net_hdr h;
    ssize_t len;

    *partial = *to_cut = 0;
    while ((len = recv(sock, data, sizeof(data), MSG_DONTWAIT)) >= 0 ||
           errno != EAGAIN) {
        if (len > (ssize_t)sizeof(h)) {
            memcpy(&h, data, sizeof(h));
            *partial += (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
            *to_cut += h.gso_type != VIRTIO_NET_HDR_GSO_NONE;
        }
    }
}

/* A stream each way.  Whatever the host left unfinished, and it does, no
 * partial checksum and no long packet reaches the guest */
static void check_forward(const char *tap_options)
{
    unsigned partial, to_cut;
    int step, sock, status;
    char *move;
    pid_t host = host_start(&step);

    bridge_up(tap_options);
    /* A bridge takes what is of one type only before a socket sees it */
    sock = vnet_socket("v0", ETH_P_ALL);
    g_assert_true(in_step(step));
    move = g_strdup_printf("ip link set v1 netns %d", (int)host);
    sh(move);
    g_free(move);
    g_assert_true(in_step(step));
    await_ports("master br0", 2);
    g_assert_true(in_step(step));
    g_assert_true(guest_until(has_all, 60));
    for (size_t i = 0; i < PARTS; i++) {
        g_assert_true(deliver_part(i * PART));
    }
    g_assert_true(guest_until(has_fin, 60));
    g_assert_cmpint(waitpid(host, &status, 0), ==, host);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    g_assert_cmpuint(guest.bad, ==, 0);
    g_assert_cmpuint(guest.longest, <=, 1514);
    g_assert_cmpuint(guest.frames, >, FROM_HOST / 1460);
    count_unfinished(sock, &partial, &to_cut);
    g_test_message("%u frames; the host left %u without sum, %u to cut",
                   guest.frames, partial, to_cut);
    g_assert_cmpuint(partial, >, 0);
    g_assert_cmpuint(to_cut, >, 0);
    close(sock);
    close(step);
    bridge_down();
}

static void test_forward(void)
{
    check_forward("");
}

static void test_forward_plain(void)
{
    check_forward(",vnet_hdr=off");
}

/* A plain frame with a number, for v1.  Not IP: filters of a bridge take such
 * off the account of the tap */
static bool send_number(uint32_t number)
{
    uint8_t p[1000] = { 0 };
    const struct iovec iov = { .iov_base = p, .iov_len = sizeof(p) };
    bool sent;

    memcpy(p, frame_host_mac, 6);
    memcpy(p + 6, frame_guest_mac, 6);
    be16_store(p + 12, ETHERTYPE);
    be32_store(p + 14, number);
    sent = netdev_send(nd, &iov, 1, NULL);
    netdev_push(nd);
    return sent;
}

/* Take the next of them at v1; false if there is none */
static bool take_number(int sock, uint32_t *next, int flags)
{
    uint8_t got[2000];
    ssize_t len = recv(sock, got, sizeof(got), flags);

    if (len < 0) {
        return false;
    }
    g_assert_cmpint(len, ==, 1000);
    g_assert_cmpuint(be32_at(got + 14), ==, (*next)++);
    return true;
}

static void turn_until(const bool *flag)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (!*flag && g_get_monotonic_time() < end) {
        loop_turn(false);
    }
    g_assert_true(*flag);
}

/* Frames that wait on the way count against "sndbuf": then a guest is
 * told to wait, loses nothing, and can be reached meanwhile */
static void test_sndbuf(void)
{
    enum { FRAMES = 300 };
    uint8_t frame[100] = { 0 };
    unsigned waits = 0;
    uint32_t next = 0;
    int sock;

    bridge_up(",sndbuf=20000");
    if (system("tc qdisc add dev v0 root tbf rate 2mbit burst 3000 limit "
               "1000000 2>/dev/null")) {
        g_test_skip("no slow interface here");
        bridge_down();
        return;
    }
    sh("ip link set v1 up");
    await_ports("master br0", 2);
    sock = packet_socket("v1", ETHERTYPE);
    for (uint32_t sent = 0; sent < FRAMES;) {
        if (send_number(sent)) {
            sent++;
            continue;
        }
        if (!waits++) {
            guest.frames = 0;
            be16_store(frame + FRAME_TCP + 2, PORT);
            frame_tcp(frame, sizeof(frame), HOST, GUEST, false, true);
            g_assert_cmpint(send(sock, frame, sizeof(frame), 0), ==,
                            sizeof(frame));
        }
        guest.writable = false;
        turn_until(&guest.writable);
        while (take_number(sock, &next, MSG_DONTWAIT)) {
            continue;
        }
    }
    g_assert_cmpuint(waits, >, 0);
    g_assert_cmpuint(guest.frames, ==, 1);
    g_assert_cmpuint(nd->tx_dropped, ==, 0);
    g_assert_cmpuint(nd->tx_frames, ==, FRAMES);
    while (next < FRAMES) {
        g_assert_true(take_number(sock, &next, 0));
    }
    close(sock);
    bridge_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!netns_enter("ip link add br0 type bridge 2>/dev/null && "
                     "ip link del br0 && ip link add v0 type veth peer name "
                     "v1 2>/dev/null && ip link del v0",
                     "no bridges or pairs of interfaces here")) {
        return 0;
    }
    g_test_add_func("/tap-bridge/forward", test_forward);
    g_test_add_func("/tap-bridge/forward-plain", test_forward_plain);
    g_test_add_func("/tap-bridge/sndbuf", test_sndbuf);
    return g_test_run();
}
