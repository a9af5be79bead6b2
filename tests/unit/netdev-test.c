// SPDX-License-Identifier: MIT
/*
 * netdev-test.c - the backends, each against a socket that plays the network
 *
 * The event loop is the real one, turned by hand.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef CONFIG_PCAP
#include <pcap/pcap.h>
#endif

#include "hw/gpa.h"
#include "net/filter.h"
#include "net/netdev.h"
#include "system/loop.h"
#include "system/opts.h"

/* What is plugged into a backend */
struct peer {
    unsigned got, writable, links, gone;
    bool refuse, up;
    size_t len;
    uint8_t data[NIC_RX_MAX];
};

static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    struct peer *p = opaque;
    size_t at = 0;

    if (p->refuse) {
        return false;
    }
    g_assert_cmpuint(rx->len, <=, NIC_RX_MAX);
    g_assert_cmpuint(rx->buf[0].len, >=, MIN(rx->len, NIC_RX_HEAD));
    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(p->data + at, rx->buf[i].data, rx->buf[i].len);
        at += rx->buf[i].len;
    }
    p->len = at;
    p->got++;
    return true;
}

static void peer_writable(void *opaque)
{
    ((struct peer *)opaque)->writable++;
}

static void peer_link(void *opaque, bool up)
{
    struct peer *p = opaque;

    p->links++;
    p->up = up;
}

static void peer_gone(void *opaque)
{
    ((struct peer *)opaque)->gone++;
}

static const struct netdev_peer_ops peer_ops = {
    .receive = peer_receive,
    .writable = peer_writable,
    .link = peer_link,
    .gone = peer_gone,
};

static char *dir; /* For sockets and files */

static struct netdev *try_open(const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, "type", NULL);
    struct netdev *nd;

    g_assert_nonnull(opts);
    nd = netdev_open(opts, err);
    json_object_unref(opts);
    return nd;
}

static struct netdev *G_GNUC_PRINTF(2, 3)
    open_nd(struct peer *p, const char *format, ...)
{
    GError *err = NULL;
    struct netdev *nd;
    va_list ap;
    char *text;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    nd = try_open(text, &err);
    g_assert_no_error(err);
    g_assert_nonnull(nd);
    g_free(text);
    if (p) {
        memset(p, 0, sizeof(*p));
        netdev_plug(nd, &peer_ops, p);
    }
    return nd;
}

static void close_nd(struct netdev *nd)
{
    netdev_unplug(nd);
    netdev_close(nd);
}

/* Turn the loop until there is nothing to do; fails if that never happens */
static void settle(void)
{
    unsigned turns = 0;

    while (g_main_context_iteration(NULL, FALSE)) {
        g_assert_cmpuint(turns++, <, 20000);
    }
}

#define WAIT_FOR(condition)                                                    \
    do {                                                                       \
        gint64 end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;              \
        while (!(condition)) {                                                 \
            g_assert_cmpint(g_get_monotonic_time(), <, end);                   \
            g_main_context_iteration(NULL, FALSE);                             \
        }                                                                      \
    } while (0)

static bool send_nd(struct netdev *nd, const void *data, size_t len)
{
    /* In two pieces, the second often odd */
    const struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)data, .iov_len = len / 2 },
        { .iov_base = (uint8_t *)(uintptr_t)data + len / 2,
          .iov_len = len - len / 2 },
    };

    return netdev_send(nd, iov, 2, NULL);
}

static void make_pair(int type, int fd[2])
{
    g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd), ==, 0);
}

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

static void test_errors(void)
{
    static const struct {
        const char *opts, *says;
    } bad[] = {
        { "null", "'id' is missing" },
        { "id=n0", "'type' is missing" },
        { "nil,id=n0", "'nil': it takes" },
        { "null,id=0n", "'0n'" },
        { "null,id=n0,speed=9", "unknown property 'speed'" },
        { "{\"type\":\"null\",\"id\":7}", "'id' cannot be '7'" },
        { "hubport,id=n0", "'hubid' is missing" },
        { "hubport,id=n0,hubid=x", "'hubid' cannot be 'x'" },
        { "hubport,id=n0,hubid=0,netdev=none", "'none'" },
        { "socket,id=n0", "exactly one of" },
        { "socket,id=n0,fd=3,listen=:1", "exactly one of" },
        { "socket,id=n0,fd=999", "descriptor 999 is not open" },
        { "socket,id=n0,fd=nobody", "no descriptor named 'nobody'" },
        { "socket,id=n0,connect=1234", "'1234': it takes host:port" },
        { "socket,id=n0,listen=:99999", "'99999'" },
        { "socket,id=n0,udp=127.0.0.1:9", "'localaddr' is missing" },
        { "socket,id=n0,connect=127.0.0.1:1", "cannot connect to 127.0.0.1:1" },
        { "stream,id=n0", "'addr.type' is missing" },
        { "stream,id=n0,addr.type=pigeon", "'pigeon': it takes" },
        { "stream,id=n0,addr.type=inet,addr.host=127.0.0.1",
          "'addr.port' is missing" },
        { "stream,id=n0,addr.type=unix", "'addr.path' is missing" },
        { "stream,id=n0,addr.type=unix,addr.path=/nonexistent/x",
          "cannot connect to /nonexistent/x" },
        { "stream,id=n0,server=maybe", "'server' cannot be 'maybe'" },
        { "stream,id=n0,server=on,addr.type=unix,addr.path=/nonexistent/x",
          "cannot bind to /nonexistent/x" },
        { "dgram,id=n0", "'remote.type' is missing" },
        { "dgram,id=n0,remote.type=unix,remote.path=x",
          "'local.type' is missing" },
        { "dgram,id=n0,local.type=unix,local.path=x,remote.type=inet,"
          "remote.host=127.0.0.1,remote.port=9",
          "different kinds" },
        { "tap,id=n0,ifname=longerthanfifteen", "at most 15 characters" },
        { "tap,id=n0,ifname=a/b", "not an interface name" },
        { "tap,id=n0,fd=999", "descriptor 999 is not open" },
        { "tap,id=n0,fd=0,ifname=x", "does not go with 'fd'" },
        { "tap,id=n0,vhost=on", "'vhost' cannot be 'on'" },
        { "tap,id=n0,queues=2", "'queues' cannot be '2'" },
#ifdef CONFIG_SLIRP
        { "user,id=n0,net=x", "'net' cannot be 'x'" },
        { "user,id=n0,net=10.0.0.0/40", "'10.0.0.0/40'" },
        { "user,id=n0,host=1.2.3.4", "inside 'net'" },
        { "user,id=n0,dns=10.0.2.2", "different addresses" },
        { "user,id=n0,ipv4=off,ipv6=off", "cannot both be" },
        { "user,id=n0,hostfwd=tcp:22", "'tcp:22': it takes" },
        { "user,id=n0,hostfwd=tcp::99999-:22", "ports to 65535" },
        { "user,id=n0,hostfwd=tcp:9.9.9.9:4000-:22", "could not set up" },
        { "user,id=n0,guestfwd=tcp:1.1.1.1:2-chardev:x", "it takes" },
        { "user,id=n0,ipv6-net=fec0::/999", "'fec0::/999'" },
        { "user,id=n0,restrict=3", "'restrict' cannot be '3'" },
#endif
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *err = NULL;

        g_assert_null(try_open(bad[i].opts, &err));
        g_assert_nonnull(err);
        if (!strstr(err->message, bad[i].says)) {
            g_test_message("%s: %s", bad[i].opts, err->message);
            g_test_fail();
        }
        g_error_free(err);
        g_assert_null(netdev_find("n0"));
    }
}

static void test_names(void)
{
    struct netdev *nd = open_nd(NULL, "null,id=n0");
    GError *err = NULL;

    g_assert_true(netdev_find("n0") == nd);
    g_assert_null(netdev_find("n1"));
    g_assert_null(try_open("null,id=n0", &err));
    g_assert_nonnull(strstr(err->message, "Duplicate ID 'n0'"));
    g_clear_error(&err);
    close_nd(nd);
    g_assert_null(netdev_find("n0"));
}

static void test_link(void)
{
    static const uint8_t frame[64];
    struct peer p;
    int fd[2];
    struct netdev *nd;

    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    g_assert_true(netdev_carrier(nd));
    netdev_set_link(nd, false);
    g_assert_cmpuint(p.links, ==, 1);
    g_assert_false(p.up);
    g_assert_true(send_nd(nd, frame, 64));
    g_assert_cmpint(send(fd[1], frame, 64, 0), ==, 64);
    settle();
    g_assert_cmpuint(p.got, ==, 0);
    g_assert_cmpint(recv(fd[1], p.data, 100, 0), ==, -1);
    g_assert_cmpuint(nd->tx_dropped + nd->rx_dropped, ==, 2);
    netdev_set_link(nd, false);
    g_assert_cmpuint(p.links, ==, 1);
    netdev_set_link(nd, true);
    g_assert_true(p.up);
    g_assert_true(send_nd(nd, frame, 64));
    g_assert_cmpint(recv(fd[1], p.data, 100, 0), ==, 64);
    g_assert_cmpuint(nd->tx_frames, ==, 1);
    g_assert_cmpuint(nd->tx_bytes, ==, 64);
    /* Closed under its peer */
    netdev_close(nd);
    g_assert_cmpuint(p.gone, ==, 1);
    close(fd[1]);
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

static uint16_t free_port(int type)
{
    struct sockaddr_in sa = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, type, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, len), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sa, &len), ==, 0);
    close(fd);
    return ntohs(sa.sin_port);
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
static void dgram_backpressure(bool connected, size_t rcvbuf)
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

    dgram_backpressure(false, 0);
    dgram_backpressure(true, 0);
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

static void test_hub(void)
{
    struct peer a, b, c;
    uint8_t frame[1000] = { 1 };
    int fd[2];
    struct netdev *na, *nb, *nc, *wire, *port;
    GError *err = NULL;

    make_pair(SOCK_DGRAM, fd);
    na = open_nd(&a, "hubport,id=a,hubid=0");
    nb = open_nd(&b, "hubport,id=b,hubid=0");
    nc = open_nd(&c, "hubport,id=c,hubid=1");
    wire = open_nd(NULL, "socket,id=wire,fd=%d", fd[0]);
    port = open_nd(NULL, "hubport,id=port,hubid=0,netdev=wire");
    g_assert_null(try_open("hubport,id=x,hubid=0,netdev=wire", &err));
    g_clear_error(&err);
    g_assert_null(try_open("hubport,id=x,hubid=1,netdev=port", &err));
    g_clear_error(&err);

    g_assert_true(send_nd(na, frame, 100));
    g_assert_cmpuint(a.got, ==, 0);
    g_assert_cmpuint(b.got, ==, 1);
    g_assert_cmpuint(c.got, ==, 0);
    g_assert_cmpint(read(fd[1], b.data, 200), ==, 100);
    g_assert_cmpint(send(fd[1], frame, 200, 0), ==, 200);
    settle();
    g_assert_cmpuint(a.got, ==, 1);
    g_assert_cmpuint(b.got, ==, 2);
    g_assert_cmpuint(a.len, ==, 200);

    /* One that has no room gets its frames later, within bounds */
    b.refuse = true;
    for (unsigned i = 0; i < 1000; i++) {
        g_assert_true(send_nd(na, frame, 60));
        g_assert_cmpint(read(fd[1], c.data, 200), ==, 60);
    }
    b.refuse = false;
    netdev_flush(nb);
    g_assert_cmpuint(b.got, ==, 2 + 256);
    g_assert_cmpuint(nb->rx_dropped, ==, 1000 - 256);
    b.refuse = true;
    g_assert_true(send_nd(na, frame, 60));

    /* The backend behind a port goes first */
    netdev_close(wire);
    g_assert_true(send_nd(na, frame, 100));
    close_nd(port);
    close_nd(na);
    close_nd(nb);
    close_nd(nc);
    close(fd[1]);
}

#ifdef CONFIG_PCAP
static bool add_filter(const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, "qom-type", NULL);
    bool ok = filter_add(opts, err);

    json_object_unref(opts);
    return ok;
}

static void check_dump(const char *path, unsigned n, const unsigned *caplen,
                       const unsigned *len)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, why);
    struct pcap_pkthdr *h;
    const u_char *data;
    unsigned i = 0;

    g_assert_nonnull(pcap);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_EN10MB);
    while (pcap_next_ex(pcap, &h, &data) == 1) {
        g_assert_cmpuint(i, <, n);
        g_assert_cmpuint(h->caplen, ==, caplen[i]);
        g_assert_cmpuint(h->len, ==, len[i]);
        g_assert_cmpuint(data[0], ==, 0x42);
        i++;
    }
    g_assert_cmpuint(i, ==, n);
    pcap_close(pcap);
}

static void test_dump(void)
{
    static const unsigned all[] = { 64, 100, 64 }, len[] = { 64, 200, 64 };
    uint8_t frame[200];
    struct peer p;
    int fd[2];
    char *path[3], *opts;
    struct netdev *nd;
    GError *err = NULL;

    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const queue[] = { "all", "rx", "tx" };

        path[i] = g_build_filename(dir, queue[i], NULL);
        opts = g_strdup_printf("filter-dump,id=f%u,netdev=n0,file=%s,queue=%s"
                               ",maxlen=100",
                               i, path[i], queue[i]);
        add_filter(opts, &err);
        g_assert_no_error(err);
        g_free(opts);
    }
    memset(frame, 0x42, sizeof(frame));
    g_assert_true(send_nd(nd, frame, 64));
    g_assert_true(send_nd(nd, frame, 200));
    /* Offered twice, taken once */
    p.refuse = true;
    g_assert_cmpint(send(fd[1], frame, 64, 0), ==, 64);
    settle();
    p.refuse = false;
    netdev_flush(nd);
    settle();
    /* Readable while it is open */
    check_dump(path[0], 3, all, len);
    check_dump(path[1], 2, all, len);
    check_dump(path[2], 1, all + 2, len + 2);

    g_assert_true(filter_exists("f0"));
    g_assert_true(filter_del("f0", &err));
    g_assert_false(filter_del("f0", &err));
    g_clear_error(&err);
    close_nd(nd);
    g_assert_false(filter_exists("f1"));
    close(fd[1]);
    for (unsigned i = 0; i < 3; i++) {
        g_unlink(path[i]);
        g_free(path[i]);
    }
}

static void test_dump_errors(void)
{
    static const struct {
        const char *opts, *says;
    } bad[] = {
        { "filter-soup,id=f", "invalid object type: filter-soup" },
        { "filter-dump,netdev=n0", "'id' is missing" },
        { "filter-dump,id=f", "'netdev' is missing" },
        { "filter-dump,id=f,netdev=none", "'netdev' cannot be 'none'" },
        { "filter-dump,id=f,netdev=n0,file=/nonexistent/x", "/nonexistent/x" },
        { "filter-dump,id=f,netdev=n0,queue=up", "it takes all, rx, tx" },
        { "filter-dump,id=f,netdev=n0,maxlen=0", "'maxlen' cannot be '0'" },
        { "filter-dump,id=f,netdev=n0,colour=1", "'colour'" },
    };
    struct netdev *nd = open_nd(NULL, "null,id=n0");

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *err = NULL;

        g_assert_false(add_filter(bad[i].opts, &err));
        g_assert_nonnull(err);
        g_assert_nonnull(strstr(err->message, bad[i].says));
        g_error_free(err);
        g_assert_false(filter_exists("f"));
    }
    close_nd(nd);
}
#endif

#ifdef CONFIG_SLIRP
static const uint8_t guest_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

/* An ARP packet from 10.0.2.15 */
static void arp(uint8_t f[42], unsigned op, const uint8_t *to)
{
    memset(f, 0xff, 6);
    memcpy(f + 6, guest_mac, 6);
    be16_store(f + 12, 0x0806);
    memcpy(f + 14, "\0\1\x08\0\6\4", 6);
    be16_store(f + 20, (uint16_t)op);
    memcpy(f + 22, guest_mac, 6);
    memcpy(f + 28, "\x0a\0\2\x0f", 4);
    memset(f + 32, 0, 6);
    memcpy(f + 38, to, 4);
}

static void test_user(void)
{
    struct peer p;
    uint8_t frame[42];
    struct netdev *nd = open_nd(&p, "user,id=n0");

    arp(frame, 1, (const uint8_t *)"\x0a\0\2\2");
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

/* A host's connection through hostfwd reaches the guest, and closing works
 * while it is open */
static void test_user_hostfwd(void)
{
    struct peer p;
    struct sockaddr_in sa = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    uint8_t frame[42];
    unsigned port = free_port(SOCK_STREAM), other = free_port(SOCK_STREAM);
    struct netdev *nd =
        open_nd(&p,
                "user,id=n0,restrict=on,hostname=guest,"
                "hostfwd=tcp:127.0.0.1:%u-10.0.2.15:22,hostfwd=::%u-:23",
                port, other);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    GError *err = NULL;
    char *again;

    /* slirp learns where the guest is */
    arp(frame, 1, (const uint8_t *)"\x0a\0\2\2");
    g_assert_true(send_nd(nd, frame, sizeof(frame)));
    WAIT_FOR(p.got == 1);
    sa.sin_port = htons((uint16_t)port);
    connect(fd, (struct sockaddr *)&sa, sizeof(sa));
    WAIT_FOR(p.got == 2);
    g_assert_cmpuint(be16_at(p.data + 12), ==, 0x0800);
    g_assert_cmpuint(p.data[23], ==, 6);
    g_assert_cmpuint(be16_at(p.data + 36), ==, 22);
    g_assert_cmphex(p.data[47] & 0x12, ==, 0x02); /* SYN */

    again = g_strdup_printf("user,id=n1,hostfwd=tcp:127.0.0.1:%u-:1", port);
    g_assert_null(try_open(again, &err));
    g_assert_nonnull(strstr(err->message, "in use"));
    g_clear_error(&err);
    g_free(again);
    close_nd(nd);
    close(fd);
    settle();
}
#endif

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("netdev-test-XXXXXX", NULL);
    g_assert_nonnull(dir);
    g_test_add_func("/netdev/errors", test_errors);
    g_test_add_func("/netdev/names", test_names);
    g_test_add_func("/netdev/link", test_link);
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
    g_test_add_func("/netdev/hub", test_hub);
#ifdef CONFIG_PCAP
    g_test_add_func("/netdev/dump", test_dump);
    g_test_add_func("/netdev/dump/errors", test_dump_errors);
#endif
#ifdef CONFIG_SLIRP
    g_test_add_func("/netdev/user", test_user);
    g_test_add_func("/netdev/user/hostfwd", test_user_hostfwd);
#endif
    status = g_test_run();
    g_rmdir(dir);
    g_free(dir);
    return status;
}
