// SPDX-License-Identifier: MIT
/*
 * netdev-socket-test.c - -netdev stream, dgram and socket, each against a
 * socket that plays the network
 *
 * The event loop is the real one, turned by hand.
 */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "netdev-peer.h"
#include "system/loop.h"

static char *dir; /* For sockets */

/* A frame whose bytes tell its number */
static void number(uint8_t *frame, size_t len, unsigned i)
{
    memset(frame, (int)(i & 0xff), len);
    be32_store(frame, i);
}

static void put_frame(int fd, const void *data, size_t len)
{
    uint8_t prefix[4];

    be32_store(prefix, (uint32_t)len);
    g_assert_cmpint(write(fd, prefix, 4), ==, 4);
    g_assert_cmpint(write(fd, data, len), ==, (ssize_t)len);
}

static void get_exactly(int fd, void *data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t got = read(fd, (uint8_t *)data + at, len - at);

        if (got < 0 && errno == EAGAIN) {
            loop_turn(false);
            continue;
        }
        g_assert_cmpint(got, >, 0);
        at += (size_t)got;
    }
}

/* Put numbered frames, @n of them, where a backend reads them */
static void put_numbered(int fd, bool stream, unsigned n)
{
    uint8_t frame[100];

    for (unsigned i = 0; i < n; i++) {
        number(frame, sizeof(frame), i);
        if (stream) {
            put_frame(fd, frame, sizeof(frame));
        } else {
            g_assert_cmpint(send(fd, frame, sizeof(frame), 0), ==,
                            sizeof(frame));
        }
    }
}

/* A card that takes a hundred frames in parts: within what was read at once,
 * and between two of these */
static void check_refused(struct netdev *nd, struct peer *p, int fd,
                          bool stream)
{
    static const unsigned limits[] = { 1, 2, 31, 32, 33, 63, 64, 65, 66 };

    p->refuse = true;
    p->ordered = true;
    put_numbered(fd, stream, 100);
    settle();
    netdev_flush(nd);
    settle(); /* waits, without spinning */
    g_assert_cmpuint(p->got, ==, 0);
    p->refuse = false;
    for (unsigned i = 0; i < G_N_ELEMENTS(limits); i++) {
        p->limit = limits[i];
        netdev_flush(nd);
        settle();
        g_assert_cmpuint(p->got, ==, limits[i]);
    }
    p->limit = 0;
    netdev_flush(nd);
    settle();
    g_assert_cmpuint(p->got, ==, 100);
    g_assert_cmpuint(p->len, ==, 100);
    g_assert_cmpuint(nd->rx_frames, ==, 100);
    g_assert_cmpuint(nd->rx_bytes, ==, 10000);
    g_assert_cmpuint(nd->rx_dropped, ==, 0);
    p->ordered = false;
}

static void test_stream_frames(void)
{
    struct peer p;
    uint8_t frame[NIC_RX_MAX], prefix[4], big[20000] = { 0 };
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    number(frame, sizeof(frame), 0x01020304);
    g_assert_true(send_nd(nd, frame, 61));
    get_exactly(fd[1], prefix, 4);
    g_assert_cmpuint(be32_at(prefix), ==, 61);
    get_exactly(fd[1], p.data, 61);
    g_assert_true(!memcmp(p.data, frame, 61));

    /* A byte at a time */
    be32_store(prefix, 5);
    for (unsigned i = 0; i < 9; i++) {
        g_assert_cmpuint(p.got, ==, 0);
        g_assert_cmpint(write(fd[1], i < 4 ? prefix + i : frame + i - 4, 1), ==,
                        1);
        settle();
    }
    g_assert_cmpuint(p.got, ==, 1);
    g_assert_cmpuint(p.len, ==, 5);

    /* The longest, ones that are too long or empty, and what follows */
    put_frame(fd[1], frame, NIC_RX_MAX);
    put_frame(fd[1], big, sizeof(big));
    put_frame(fd[1], frame, 0);
    put_frame(fd[1], frame, 77);
    settle();
    g_assert_cmpuint(p.got, ==, 3);
    g_assert_cmpuint(p.len, ==, 77);
    g_assert_cmpuint(nd->rx_dropped, ==, 2);

    /* What cannot be a length ends the connection */
    be32_store(prefix, 0x7fffffff);
    g_assert_cmpint(write(fd[1], prefix, 4), ==, 4);
    settle();
    g_assert_cmpint(read(fd[1], prefix, 1), ==, 0);
    g_assert_true(send_nd(nd, frame, 60));
    g_assert_cmpuint(nd->tx_dropped, ==, 1);
    close_nd(nd);
    close(fd[1]);
}

static void test_stream_refused(void)
{
    struct peer p;
    uint8_t frame[100] = { 0 };
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "stream,id=n0,addr.type=fd,addr.str=%d", fd[0]);
    check_refused(nd, &p, fd[1], true);

    /* The other end leaves with frames in flight: they still arrive */
    put_frame(fd[1], frame, 100);
    close(fd[1]);
    settle();
    g_assert_cmpuint(p.got, ==, 101);
    g_assert_true(send_nd(nd, frame, 60));
    close_nd(nd);
}

/* Read frame number @i from the network */
static void get_frame(int fd, bool stream, size_t len, unsigned i)
{
    uint8_t want[NIC_RX_MAX], got[NIC_RX_MAX + 1], prefix[4];
    ssize_t n;

    number(want, len, i);
    if (stream) {
        get_exactly(fd, prefix, 4);
        g_assert_cmpuint(be32_at(prefix), ==, len);
        get_exactly(fd, got, len);
    } else {
        WAIT_FOR((n = read(fd, got, sizeof(got))) >= 0);
        g_assert_cmpint(n, ==, (ssize_t)len);
    }
    g_assert_true(!memcmp(got, want, len));
}

/* A frame from the network arrives */
static void check_reachable(struct peer *p, int fd, bool stream)
{
    uint8_t data[4 + 60] = { 0 };
    size_t skip = stream ? 0 : 4;
    unsigned before = p->got;

    be32_store(data, 60);
    g_assert_cmpint(write(fd, data + skip, sizeof(data) - skip), ==,
                    (ssize_t)(sizeof(data) - skip));
    WAIT_FOR(p->got == before + 1);
}

/* A receiver that does not read, then does: nothing is lost or changed, and
 * what it sends arrives.
 * @answers: It is connected to us
 * @pause: Frames that it reads at a time
 * @batch: Frames between two pushes */
static void backpressure(struct netdev *nd, struct peer *p, int fd, bool stream,
                         bool answers, unsigned pause, unsigned batch)
{
    uint8_t frame[1514];
    unsigned sent = 0, received = 0, refused = 0;

    while (received < 2000) {
        p->writable = 0;
        while (sent < 2000) {
            number(frame, sizeof(frame), sent);
            if (!keep_nd(nd, frame, sizeof(frame))) {
                refused++;
                break;
            }
            if (++sent % batch == 0) {
                netdev_push(nd);
            }
        }
        netdev_push(nd);
        settle(); /* blocked, but not spinning */
        g_assert_cmpuint(sent, >, received);
        if (answers && refused == 1) {
            check_reachable(p, fd, stream);
        }
        for (unsigned i = 0; i < pause && received < sent; i++) {
            get_frame(fd, stream, sizeof(frame), received++);
        }
        if (sent < 2000 && received == sent) {
            WAIT_FOR(p->writable);
        }
    }
    g_assert_cmpuint(refused, >, 0);
    g_assert_cmpuint(nd->tx_frames, ==, 2000);
    g_assert_cmpuint(nd->tx_dropped, ==, 0);
}

/* Batches that do and do not fill what is kept, and single frames; the
 * receiver reads all there is, or a part */
static const struct {
    unsigned pause, batch;
} rhythms[] = { { 3000, 1 }, { 3000, 50 }, { 7, 7 }, { 50, 2000 } };

static void test_stream_backpressure(void)
{
    struct peer p;
    int fd[2];
    struct netdev *nd;

    for (unsigned i = 0; i < G_N_ELEMENTS(rhythms); i++) {
        make_pair(SOCK_STREAM, fd);
        nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
        backpressure(nd, &p, fd[1], true, true, rhythms[i].pause,
                     rhythms[i].batch);
        close_nd(nd);
        close(fd[1]);
    }
}

/* The receiver takes a part of what was collected, and is gone */
static void test_stream_gone(void)
{
    struct peer p;
    uint8_t frame[1514];
    unsigned sent = 0;
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    do {
        number(frame, sizeof(frame), sent);
    } while (keep_nd(nd, frame, sizeof(frame)) && sent++ < 5000);
    g_assert_cmpuint(sent, <, 5000);
    get_frame(fd[1], true, sizeof(frame), 0);
    close(fd[1]);
    WAIT_FOR(p.writable);
    g_assert_cmpuint(nd->tx_frames, ==, sent);
    g_assert_cmpuint(nd->tx_dropped, >, 0);
    g_assert_cmpuint(nd->tx_dropped, <, sent);
    g_assert_true(send_nd(nd, frame, sizeof(frame)));
    close_nd(nd);

    /* It is gone when the first of them are pushed */
    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(keep_nd(nd, frame, 60));
    }
    close(fd[1]);
    netdev_push(nd);
    g_assert_cmpuint(nd->tx_dropped, ==, 3);
    settle();
    close_nd(nd);
}

/* Frames cut anywhere by what is read at once */
static void test_stream_cut(void)
{
    enum { FRAMES = 200 };
    static uint8_t bytes[FRAMES * (4 + 1514)];
    struct peer p;
    size_t end = 0, part = 1;
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    p.ordered = true;
    for (unsigned i = 0; i < FRAMES; i++) {
        size_t len = i % 7 ? 1514 - i : 4 + i;

        be32_store(bytes + end, (uint32_t)len);
        number(bytes + end + 4, len, i);
        end += 4 + len;
    }
    for (size_t at = 0; at < end; at += part) {
        part = part * 5 % 7919 + 1;
        part = MIN(part, end - at);
        g_assert_cmpint(write(fd[1], bytes + at, part), ==, (ssize_t)part);
        settle();
    }
    g_assert_cmpuint(p.got, ==, FRAMES);
    g_assert_cmpuint(nd->rx_bytes, ==, end - 4 * FRAMES);
    close_nd(nd);
    close(fd[1]);
}

static void test_stream_server(void)
{
    struct peer a, b;
    uint8_t frame[1000];
    char *path = g_build_filename(dir, "stream", NULL);
    struct netdev *server, *client;

    for (unsigned round = 0; round < 2; round++) {
        server = open_nd(&a,
                         "stream,id=a,server=on,addr.type=unix,"
                         "addr.path=%s",
                         path);
        /* To nobody */
        g_assert_true(send_nd(server, frame, 60));
        for (unsigned i = 0; i < 3; i++) {
            client = open_nd(&b,
                             "{\"type\":\"stream\",\"id\":\"b\",\"addr\":"
                             "{\"type\":\"unix\",\"path\":\"%s\"}}",
                             path);
            number(frame, sizeof(frame), i);
            g_assert_true(send_nd(client, frame, sizeof(frame)));
            WAIT_FOR(a.got == i + 1);
            g_assert_true(!memcmp(a.data, frame, sizeof(frame)));
            g_assert_true(send_nd(server, frame, 777));
            WAIT_FOR(b.got == 1);
            g_assert_cmpuint(b.len, ==, 777);
            close_nd(client);
            settle();
        }
        close_nd(server);
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    }
    g_free(path);
}

static void test_socket_tcp(void)
{
    struct peer a, b;
    uint8_t frame[1000] = { 1, 2, 3 };
    unsigned port = free_port(SOCK_STREAM);
    struct netdev *server =
        open_nd(&a, "socket,id=a,listen=127.0.0.1:%u", port);
    struct netdev *client =
        open_nd(&b, "socket,id=b,connect=127.0.0.1:%u", port);

    g_assert_true(send_nd(client, frame, sizeof(frame)));
    WAIT_FOR(a.got == 1);
    g_assert_true(send_nd(server, frame, 500));
    WAIT_FOR(b.got == 1);
    close_nd(server);
    settle();
    g_assert_true(send_nd(client, frame, 500));
    close_nd(client);
}

static void test_reconnect(void)
{
    struct peer a, b;
    uint8_t frame[100] = { 9 };
    char *path = g_build_filename(dir, "again", NULL);
    struct netdev *server, *client;
    gint64 before;

    client = open_nd(&b, "stream,id=b,reconnect=1,addr.type=unix,addr.path=%s",
                     path);
    for (unsigned i = 0; i < 2; i++) {
        server = open_nd(&a,
                         "stream,id=a,server=on,addr.type=unix,"
                         "addr.path=%s",
                         path);
        before = g_get_monotonic_time();
        while (!a.got) {
            g_assert_cmpint(g_get_monotonic_time() - before, <,
                            60 * G_USEC_PER_SEC);
            g_assert_true(send_nd(client, frame, sizeof(frame)));
            loop_turn(false);
        }
        close_nd(server);
        settle();
    }
    close_nd(client);
    g_free(path);
}

static int bound_dgram(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    g_strlcpy(sa.sun_path, path, sizeof(sa.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
    return fd;
}

static void connect_dgram(int fd, const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };

    g_strlcpy(sa.sun_path, path, sizeof(sa.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
}

static void test_dgram_unix(void)
{
    struct peer p;
    uint8_t frame[20000] = { 1 };
    char *here = g_build_filename(dir, "here", NULL);
    char *there = g_build_filename(dir, "there", NULL);
    struct netdev *nd = open_nd(&p,
                                "dgram,id=n0,local.type=unix,local.path=%s,"
                                "remote.type=unix,remote.path=%s",
                                here, there);
    int fd;

    /* Nobody there yet */
    g_assert_true(send_nd(nd, frame, 60));
    g_assert_cmpuint(nd->tx_dropped, ==, 1);
    fd = bound_dgram(there);
    g_assert_true(send_nd(nd, frame, 61));
    g_assert_cmpint(read(fd, p.data, 100), ==, 61);
    connect_dgram(fd, here);
    g_assert_cmpint(send(fd, frame, 0, 0), ==, 0);
    g_assert_cmpint(send(fd, frame, 20000, 0), ==, 20000);
    g_assert_cmpint(send(fd, frame, NIC_RX_MAX, 0), ==, NIC_RX_MAX);
    WAIT_FOR(p.got == 1);
    g_assert_cmpuint(p.len, ==, NIC_RX_MAX);
    g_assert_cmpuint(nd->rx_dropped, ==, 1);
    /* A receiver that is gone again */
    close(fd);
    g_assert_true(send_nd(nd, frame, 61));
    close_nd(nd);
    g_assert_false(g_file_test(here, G_FILE_TEST_EXISTS));
    g_unlink(there);
    g_free(here);
    g_free(there);
}

/* Lengths of frames in a batch: also longer than what is copied */
static size_t length_of(unsigned i)
{
    static const size_t lengths[] = { 60, 1514, 2048, 2049, 61, NIC_RX_MAX };

    return lengths[i % G_N_ELEMENTS(lengths)];
}

/* Frames are in order and as they were when they were sent, whatever becomes
 * of the memory they were in, and leave with the push */
static void check_batch(struct netdev *nd, int fd, bool stream)
{
    uint8_t frame[NIC_RX_MAX];

    for (unsigned round = 1; round <= 70; round += 23) {
        for (unsigned i = 0; i < round; i++) {
            number(frame, length_of(i), i);
            g_assert_true(keep_nd(nd, frame, length_of(i)));
            memset(frame, 0xee, sizeof(frame));
            if (i % 12 == 11) {
                /* No more than a socket holds */
                netdev_push(nd);
                for (unsigned k = i - 11; k <= i; k++) {
                    get_frame(fd, stream, length_of(k), k);
                }
            }
        }
        netdev_push(nd);
        for (unsigned k = round - round % 12; k < round; k++) {
            get_frame(fd, stream, length_of(k), k);
        }
    }
    /* Nothing leaves before the push; closing pushes */
    number(frame, 60, 0);
    g_assert_true(keep_nd(nd, frame, 60));
    g_assert_cmpint(read(fd, frame, 1), ==, -1);
    close_nd(nd);
    get_frame(fd, stream, 60, 0);
}

static void test_stream_batch(void)
{
    struct peer p;
    int fd[2];

    make_pair(SOCK_STREAM, fd);
    check_batch(open_nd(&p, "socket,id=n0,fd=%d", fd[0]), fd[1], true);
    close(fd[1]);
}

static void test_dgram_batch(void)
{
    struct peer p;
    int fd[2];

    make_pair(SOCK_DGRAM, fd);
    check_batch(open_nd(&p, "socket,id=n0,fd=%d", fd[0]), fd[1], false);
    close(fd[1]);
}

/* A backend between two unix sockets of this test's */
static struct netdev *open_unix(struct peer *p, const char *here,
                                const char *there)
{
    return open_nd(p,
                   "dgram,id=n0,local.type=unix,local.path=%s,"
                   "remote.type=unix,remote.path=%s",
                   here, there);
}

/* @connected: The receiver's socket is connected back to ours */
static void dgram_backpressure(bool connected, unsigned pause, unsigned batch)
{
    struct peer p;
    char *here = g_build_filename(dir, "here", NULL);
    char *there = g_build_filename(dir, "there", NULL);
    int fd = bound_dgram(there), big = 1 << 22;
    struct netdev *nd = open_unix(&p, here, there);

    if (connected) {
        connect_dgram(fd, here);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
    backpressure(nd, &p, fd, false, connected, pause, batch);
    close_nd(nd);
    close(fd);
    g_unlink(there);
    g_free(here);
    g_free(there);
}

static void test_dgram_backpressure(void)
{
    struct peer p;
    int fd[2];
    struct netdev *nd;

    for (unsigned i = 0; i < G_N_ELEMENTS(rhythms); i++) {
        dgram_backpressure(false, rhythms[i].pause, rhythms[i].batch);
        dgram_backpressure(true, rhythms[i].pause, rhythms[i].batch);
        make_pair(SOCK_DGRAM, fd);
        nd = open_nd(&p, "dgram,id=n0,local.type=fd,local.str=%d", fd[0]);
        backpressure(nd, &p, fd[1], false, true, rhythms[i].pause,
                     rhythms[i].batch);
        close_nd(nd);
        close(fd[1]);
    }
}

/* The receiver takes a part of a batch, and is gone */
static void test_dgram_gone(void)
{
    struct peer p;
    uint8_t frame[1514];
    char *here = g_build_filename(dir, "here", NULL);
    char *there = g_build_filename(dir, "there", NULL);
    struct netdev *nd = open_unix(&p, here, there);
    unsigned sent = 0;
    int fd = bound_dgram(there);

    do {
        number(frame, sizeof(frame), sent);
    } while (keep_nd(nd, frame, sizeof(frame)) && sent++ < 5000);
    g_assert_cmpuint(sent, <, 5000);
    g_assert_cmpuint(sent, >, 10);
    get_frame(fd, false, sizeof(frame), 0);
    close(fd);
    g_unlink(there);
    WAIT_FOR(p.writable);
    g_assert_cmpuint(nd->tx_frames, ==, sent);
    g_assert_cmpuint(nd->tx_dropped, >, 0);
    g_assert_cmpuint(nd->tx_dropped, <, sent);
    /* The next one gets what is sent to it, and nothing else */
    fd = bound_dgram(there);
    number(frame, sizeof(frame), 7);
    g_assert_true(send_nd(nd, frame, sizeof(frame)));
    get_frame(fd, false, sizeof(frame), 7);
    close_nd(nd);
    close(fd);
    g_unlink(there);
    g_free(here);
    g_free(there);
}

static void test_dgram_refused(void)
{
    static const uint8_t big[65536];
    struct peer p;
    int fd[2], room = 1 << 20;
    struct netdev *nd;

    make_pair(SOCK_DGRAM, fd);
    setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    check_refused(nd, &p, fd[1], false);

    /* What is too long, or empty, among frames that are not */
    p.got = 0;
    put_numbered(fd[1], false, 1);
    g_assert_cmpint(send(fd[1], big, sizeof(big), 0), ==, sizeof(big));
    g_assert_cmpint(send(fd[1], big, 0, 0), ==, 0);
    g_assert_cmpint(send(fd[1], big, NIC_RX_MAX + 1, 0), ==, NIC_RX_MAX + 1);
    put_numbered(fd[1], false, 1);
    settle();
    g_assert_cmpuint(p.got, ==, 2);
    g_assert_cmpuint(p.len, ==, 100);
    g_assert_cmpuint(nd->rx_dropped, ==, 2);

    /* Unplugged with frames held: they are let go, and reading goes on */
    p.refuse = true;
    put_numbered(fd[1], false, 3);
    settle();
    netdev_unplug(nd);
    put_numbered(fd[1], false, 1);
    settle();
    g_assert_cmpuint(nd->rx_dropped, ==, 2 + 4);
    netdev_close(nd);
    close(fd[1]);
}

static void test_dgram_udp(void)
{
    struct peer a, b;
    uint8_t frame[1514] = { 7 };
    unsigned pa = free_port(SOCK_DGRAM), pb;
    struct netdev *na, *nb;

    do {
        pb = free_port(SOCK_DGRAM);
    } while (pb == pa);
    na = open_nd(&a,
                 "dgram,id=a,local.type=inet,local.host=127.0.0.1,"
                 "local.port=%u,remote.type=inet,remote.host=127.0.0.1,"
                 "remote.port=%u",
                 pa, pb);
    /* Refused by the kernel: an error of a later call, which must not stick */
    g_assert_true(send_nd(na, frame, 100));
    settle();
    nb = open_nd(&b, "socket,id=b,udp=127.0.0.1:%u,localaddr=127.0.0.1:%u", pa,
                 pb);
    for (unsigned i = 1; i <= 3; i++) {
        g_assert_true(send_nd(na, frame, sizeof(frame)));
        WAIT_FOR(b.got == i);
        g_assert_true(send_nd(nb, frame, sizeof(frame)));
        WAIT_FOR(a.got == i);
    }
    close_nd(na);
    close_nd(nb);
}

static void test_multicast(void)
{
    struct peer a, b;
    uint8_t frame[600] = { 5 };
    unsigned port = free_port(SOCK_DGRAM);
    struct netdev *na =
        open_nd(&a, "socket,id=a,mcast=239.255.1.2:%u,localaddr=127.0.0.1",
                port);
    struct netdev *nb = open_nd(
        &b,
        "dgram,id=b,remote.type=inet,remote.host=239.255.1.2,"
        "remote.port=%u,local.type=inet,local.host=127.0.0.1,local.port=0",
        port);

    g_assert_true(send_nd(na, frame, 600));
    WAIT_FOR(b.got == 1);
    g_assert_true(send_nd(nb, frame, 500));
    WAIT_FOR(a.got == 1);
    /* Both at once */
    for (unsigned i = 0; i < 40; i++) {
        g_assert_true(keep_nd(na, frame, 600));
        g_assert_true(keep_nd(nb, frame, 500));
    }
    netdev_push(na);
    netdev_push(nb);
    WAIT_FOR(a.got == 41 && b.got == 41);
    settle();
    /* Nobody hears himself */
    g_assert_cmpuint(a.got, ==, 41);
    g_assert_cmpuint(a.len, ==, 500);
    g_assert_cmpuint(b.got, ==, 41);
    g_assert_cmpuint(b.len, ==, 600);
    close_nd(na);
    close_nd(nb);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("netdev-socket-test-XXXXXX", NULL);
    g_assert_nonnull(dir);
    g_test_add_func("/netdev/stream/frames", test_stream_frames);
    g_test_add_func("/netdev/stream/refused", test_stream_refused);
    g_test_add_func("/netdev/stream/backpressure", test_stream_backpressure);
    g_test_add_func("/netdev/stream/batch", test_stream_batch);
    g_test_add_func("/netdev/stream/gone", test_stream_gone);
    g_test_add_func("/netdev/stream/cut", test_stream_cut);
    g_test_add_func("/netdev/stream/server", test_stream_server);
    g_test_add_func("/netdev/stream/reconnect", test_reconnect);
    g_test_add_func("/netdev/socket/tcp", test_socket_tcp);
    g_test_add_func("/netdev/dgram/unix", test_dgram_unix);
    g_test_add_func("/netdev/dgram/batch", test_dgram_batch);
    g_test_add_func("/netdev/dgram/gone", test_dgram_gone);
    g_test_add_func("/netdev/dgram/backpressure", test_dgram_backpressure);
    g_test_add_func("/netdev/dgram/refused", test_dgram_refused);
    g_test_add_func("/netdev/dgram/udp", test_dgram_udp);
    g_test_add_func("/netdev/dgram/multicast", test_multicast);
    status = g_test_run();
    g_rmdir(dir);
    g_free(dir);
    return status;
}
