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
            g_main_context_iteration(NULL, FALSE);
            continue;
        }
        g_assert_cmpint(got, >, 0);
        at += (size_t)got;
    }
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
    uint8_t frame[100];
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "stream,id=n0,addr.type=fd,addr.str=%d", fd[0]);
    p.refuse = true;
    for (unsigned i = 0; i < 10; i++) {
        number(frame, 100, i);
        put_frame(fd[1], frame, 100);
    }
    settle(); /* waits, without spinning */
    netdev_flush(nd);
    settle();
    g_assert_cmpuint(p.got, ==, 0);
    p.refuse = false;
    netdev_flush(nd);
    settle();
    g_assert_cmpuint(p.got, ==, 10);
    g_assert_cmpuint(be32_at(p.data), ==, 9);
    g_assert_cmpuint(nd->rx_frames, ==, 10);
    g_assert_cmpuint(nd->rx_bytes, ==, 1000);

    /* The other end leaves with frames in flight: they still arrive */
    put_frame(fd[1], frame, 100);
    close(fd[1]);
    settle();
    g_assert_cmpuint(p.got, ==, 11);
    g_assert_true(send_nd(nd, frame, 60));
    close_nd(nd);
}

/* A receiver that does not read, then does: nothing is lost or changed */
static void backpressure(struct netdev *nd, struct peer *p, int fd, bool stream,
                         unsigned pause)
{
    uint8_t frame[1514], got[1514], prefix[4];
    unsigned sent = 0, received = 0;

    while (received < 2000) {
        while (sent < 2000) {
            number(frame, sizeof(frame), sent);
            if (!send_nd(nd, frame, sizeof(frame))) {
                break;
            }
            sent++;
        }
        settle(); /* blocked, but not spinning */
        g_assert_cmpuint(sent, >, received);
        p->writable = 0;
        for (unsigned i = 0; i < pause && received < sent; i++) {
            number(frame, sizeof(frame), received++);
            if (stream) {
                get_exactly(fd, prefix, 4);
                g_assert_cmpuint(be32_at(prefix), ==, sizeof(frame));
                get_exactly(fd, got, sizeof(got));
            } else {
                g_assert_cmpint(read(fd, got, sizeof(got)), ==, sizeof(got));
            }
            g_assert_true(!memcmp(got, frame, sizeof(frame)));
        }
        if (sent < 2000 && received == sent) {
            WAIT_FOR(p->writable);
        }
    }
    g_assert_cmpuint(nd->tx_frames, ==, 2000);
    g_assert_cmpuint(nd->tx_dropped, ==, 0);
}

static void test_stream_backpressure(void)
{
    struct peer p;
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_STREAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    backpressure(nd, &p, fd[1], true, 3000);
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
                            5 * G_USEC_PER_SEC);
            g_assert_true(send_nd(client, frame, sizeof(frame)));
            g_main_context_iteration(NULL, FALSE);
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

/* @connected: The receiver's socket is connected back to ours */
static void dgram_backpressure(bool connected)
{
    struct peer p;
    char *here = g_build_filename(dir, "here", NULL);
    char *there = g_build_filename(dir, "there", NULL);
    int fd = bound_dgram(there), big = 1 << 22;
    struct netdev *nd = open_nd(&p,
                                "dgram,id=n0,local.type=unix,local.path=%s,"
                                "remote.type=unix,remote.path=%s",
                                here, there);

    if (connected) {
        connect_dgram(fd, here);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
    backpressure(nd, &p, fd, false, 3000);
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

    dgram_backpressure(false);
    dgram_backpressure(true);
    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "dgram,id=n0,local.type=fd,local.str=%d", fd[0]);
    backpressure(nd, &p, fd[1], false, 3000);
    close_nd(nd);
    close(fd[1]);
}

static void test_dgram_refused(void)
{
    struct peer p;
    uint8_t frame[100];
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    p.refuse = true;
    for (unsigned i = 0; i < 200; i++) {
        number(frame, 100, i);
        if (send(fd[1], frame, 100, 0) != 100) {
            break;
        }
    }
    settle();
    netdev_flush(nd);
    settle();
    p.refuse = false;
    netdev_flush(nd);
    WAIT_FOR(p.got >= 100);
    settle();
    g_assert_cmpuint(be32_at(p.data), ==, p.got - 1);
    /* Unplugged with a frame held: it is let go, and reading goes on */
    p.refuse = true;
    g_assert_cmpint(send(fd[1], frame, 100, 0), ==, 100);
    settle();
    netdev_unplug(nd);
    g_assert_cmpint(send(fd[1], frame, 100, 0), ==, 100);
    settle();
    g_assert_cmpuint(nd->rx_dropped, ==, 2);
    netdev_close(nd);
    close(fd[1]);
}

static void test_dgram_udp(void)
{
    struct peer a, b;
    uint8_t frame[1514] = { 7 };
    unsigned pa = free_port(SOCK_DGRAM), pb = free_port(SOCK_DGRAM);
    struct netdev *na = open_nd(&a,
                                "dgram,id=a,local.type=inet,"
                                "local.host=127.0.0.1,local.port=%u,"
                                "remote.type=inet,remote.host=127.0.0.1,"
                                "remote.port=%u",
                                pa, pb);
    struct netdev *nb;

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
    settle();
    /* Nobody hears himself */
    g_assert_cmpuint(a.got, ==, 1);
    g_assert_cmpuint(a.len, ==, 500);
    g_assert_cmpuint(b.got, ==, 1);
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
    g_test_add_func("/netdev/stream/server", test_stream_server);
    g_test_add_func("/netdev/stream/reconnect", test_reconnect);
    g_test_add_func("/netdev/socket/tcp", test_socket_tcp);
    g_test_add_func("/netdev/dgram/unix", test_dgram_unix);
    g_test_add_func("/netdev/dgram/backpressure", test_dgram_backpressure);
    g_test_add_func("/netdev/dgram/refused", test_dgram_refused);
    g_test_add_func("/netdev/dgram/udp", test_dgram_udp);
    g_test_add_func("/netdev/dgram/multicast", test_multicast);
    status = g_test_run();
    g_rmdir(dir);
    g_free(dir);
    return status;
}
