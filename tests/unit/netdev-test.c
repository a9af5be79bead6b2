// SPDX-License-Identifier: MIT
/*
 * netdev-test.c - options of all backends, links and hubs
 *
 * netdev-socket-test.c has the sockets, netdev-user-test.c libslirp, tests/net
 * the taps.
 */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "netdev-peer.h"
#include "system/opts.h"

/* What is refused, and a part of what is said about it */
static const struct {
    const char *opts, *says;
} bad_opts[] = {
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
    { "dgram,id=n0,remote.type=unix,remote.path=x", "'local.type' is missing" },
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

static void test_errors(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(bad_opts); i++) {
        GError *err = NULL;

        g_assert_null(try_open(bad_opts[i].opts, &err));
        g_assert_nonnull(err);
        if (!strstr(err->message, bad_opts[i].says)) {
            g_test_message("%s: %s", bad_opts[i].opts, err->message);
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netdev/errors", test_errors);
    g_test_add_func("/netdev/names", test_names);
    g_test_add_func("/netdev/link", test_link);
    g_test_add_func("/netdev/hub", test_hub);
    return g_test_run();
}
