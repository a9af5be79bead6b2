// SPDX-License-Identifier: MIT
/*
 * tap-storm-test.c - a tap on a bridge with a loop, in a network namespace of
 * its own
 *
 * Both ends of a veth pair on one bridge: the kernel lets that happen, and a
 * second later half a million frames a second circle.
 */
#include <glib.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/netdev.h"
#include "system/loop.h"
#include "system/opts.h"
#include "tests/net/netns.h"

enum {
    ETHERTYPE = 0x88b5,
    FRAME = 100,
    ORIGINALS = 5,
    PATIENCE_MS = 60000, /* For what has to come */
    TRIES = 5,           /* For what has to come soon, if the host is idle */
};

/**
 * struct guest - Who receives; all frames count
 */
struct guest {
    unsigned got, links;
    bool up;
};

/**
 * struct told - Events so far, and the last ones
 */
struct told {
    unsigned storms, ends;
    JsonObject *storm, *end;
};

static struct told told;

static void event(const char *name, JsonObject *data)
{
    bool end = g_str_has_suffix(name, "_END");
    JsonObject **slot = end ? &told.end : &told.storm;

    g_assert_cmpstr(name, ==,
                    end ? "VIFEMU_NET_STORM_END" : "VIFEMU_NET_STORM");
    end ? told.ends++ : told.storms++;
    g_clear_pointer(slot, json_object_unref);
    *slot = data;
}

static bool guest_receive(void *opaque, const struct nic_rx *rx)
{
    ((struct guest *)opaque)->got++;
    return true;
}

static void guest_writable(void *opaque)
{
}

static void guest_link(void *opaque, bool up)
{
    struct guest *g = opaque;

    g->links++;
    g->up = up;
}

static const struct netdev_peer_ops guest_ops = {
    .receive = guest_receive,
    .writable = guest_writable,
    .link = guest_link,
};

static struct netdev *open_tap(struct guest *g, const char *text)
{
    JsonObject *opts = opts_parse(text, "type", NULL);
    GError *err = NULL;
    struct netdev *nd = netdev_open(opts, &err);

    g_assert_no_error(err);
    json_object_unref(opts);
    memset(g, 0, sizeof(*g));
    memset(&told, 0, sizeof(told));
    netdev_plug(nd, &guest_ops, g);
    sh("ip link set t0 master br0 up");
    return nd;
}

static void close_tap(struct netdev *nd)
{
    netdev_unplug(nd);
    netdev_close(nd);
    g_clear_pointer(&told.storm, json_object_unref);
    g_clear_pointer(&told.end, json_object_unref);
}

static void make_loop(void)
{
    sh("ip link add v0 type veth peer name v1 && "
       "ip link set v0 master br0 up && ip link set v1 master br0 up");
    await_ports("master br0", 3);
}

static void end_loop(void)
{
    sh("ip link del v0");
}

/* Serve the tap until *@count is @want; returns the milliseconds it took, or
 * -1 after @ms of them */
static int serve(const unsigned *count, unsigned want, unsigned ms)
{
    gint64 from = g_get_monotonic_time();
    int took = 0;

    while (*count < want && took < (int)ms) {
        loop_turn(false);
        took = (int)((g_get_monotonic_time() - from) / 1000);
    }
    return *count >= want ? took : -1;
}

static void make_frame(uint8_t f[FRAME], uint32_t number)
{
    memset(f, 0x5a, FRAME);
    memset(f, 0xff, 6);
    memcpy(f + 6, "\x52\x54\0\x12\x34\x56", 6);
    be16_store(f + 12, ETHERTYPE);
    be32_store(f + 60, number);
}

/* Frames from the host to everybody, all different */
static void send_frames(int fd, uint32_t from, unsigned n)
{
    uint8_t f[FRAME];

    for (uint32_t i = from; i < from + n; i++) {
        make_frame(f, i);
        g_assert_cmpint(send(fd, f, FRAME, 0), ==, FRAME);
    }
}

static void send_originals(struct netdev *nd)
{
    int fd = packet_socket("br0", ETHERTYPE);

    send_frames(fd, 0, ORIGINALS);
    close(fd);
}

/* A tap on a bridge with a loop, and a storm that is told of in less than a
 * second.  A host with other work may keep us from looking: then once more */
static struct netdev *open_storm(struct guest *g, const char *text,
                                 void (*begin)(struct netdev *nd))
{
    struct netdev *nd;
    int took;

    for (unsigned i = 0; i < TRIES; i++) {
        nd = open_tap(g, text);
        make_loop();
        begin(nd);
        took = serve(&told.storms, 1, 5000);
        g_test_message("told after %d ms, %u frames", took, g->got);
        if (took > 0 && took < 1000) {
            return nd;
        }
        end_loop();
        close_tap(nd);
    }
    g_error("a storm takes more than a second to be noticed");
}

static void test_alarm(void)
{
    struct guest g;
    struct netdev *nd =
        open_storm(&g, "tap,id=n0,ifname=t0,script=no", send_originals);
    unsigned got;

    g_assert_cmpstr(json_object_get_string_member(told.storm, "id"), ==, "n0");
    g_assert_cmpstr(json_object_get_string_member(told.storm, "reason"), ==,
                    "repeats");
    g_assert_cmpint(json_object_get_int_member(told.storm, "rate"), >=, 5000);
    g_assert_false(json_object_get_boolean_member(told.storm, "cut"));
    g_assert_cmpuint(nd->storms, ==, 1);
    /* Told once, and nothing is done about it */
    got = g.got;
    g_assert_cmpint(serve(&told.storms, 2, 1000), ==, -1);
    g_assert_cmpint(serve(&g.got, got + 1001, PATIENCE_MS), >=, 0);
    g_assert_cmpuint(told.storms, ==, 1);
    g_assert_cmpuint(g.links, ==, 0);
    g_assert_cmpuint(told.ends, ==, 0);
    end_loop();
    g_assert_cmpint(serve(&told.ends, 1, PATIENCE_MS), >, 0);
    g_assert_cmpint(json_object_get_int_member(told.end, "seconds"), >=, 2);
    close_tap(nd);
}

static void guest_sends(struct netdev *nd)
{
    uint8_t f[FRAME];
    const struct iovec iov = { .iov_base = f, .iov_len = FRAME };

    make_frame(f, 0);
    f[6] = 0x56; /* An address of its own, which the host does not have */
    g_assert_true(netdev_send(nd, &iov, 1, NULL));
    netdev_push(nd);
}

/* One frame that the guest has sent comes back */
static void test_echo(void)
{
    struct guest g;
    struct netdev *nd =
        open_storm(&g, "tap,id=n0,ifname=t0,script=no,storm=alarm",
                   guest_sends);

    g_assert_cmpstr(json_object_get_string_member(told.storm, "reason"), ==,
                    "echo");
    g_assert_cmpstr(json_object_get_string_member(told.storm, "source"), ==,
                    "56:54:00:12:34:56");
    end_loop();
    close_tap(nd);
}

/* What is read in a second is a fifth of @rate, or so.  If others keep the host
 * busy, in one second of some */
static bool spares_time(struct netdev *nd, gint64 rate)
{
    unsigned never = 0, reads = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        reads = (unsigned)nd->rx_dropped;
        serve(&never, 1, 1000);
        reads = (unsigned)nd->rx_dropped - reads;
        g_test_message("read %u in a second", reads);
        if (reads > 100 && reads * 3 < 2 * rate) {
            return true;
        }
    }
    return false;
}

/* The guest is spared, until somebody sets its link up again */
static void test_cut(void)
{
    struct guest g;
    struct netdev *nd =
        open_storm(&g, "tap,id=n0,ifname=t0,script=no,storm=cut",
                   send_originals);
    int fd = packet_socket("br0", ETHERTYPE);
    unsigned got;

    for (unsigned i = 1; i <= 2; i++) {
        /* That the link is up again is seen within half a second */
        g_assert_cmpint(serve(&told.storms, i, PATIENCE_MS), >=, 0);
        g_assert_true(json_object_get_boolean_member(told.storm, "cut"));
        g_assert_false(netdev_carrier(nd));
        g_assert_cmpuint(g.links, ==, 2 * i - 1);
        g_assert_false(g.up);
        got = g.got;
        g_assert_true(
            spares_time(nd, json_object_get_int_member(told.storm, "rate")));
        g_assert_cmpuint(g.got, ==, got);
        if (i == 1) {
            netdev_set_link(nd, true);
            g_assert_true(g.up);
        }
    }
    end_loop();
    /* The first one ended with the link, the second one by itself */
    g_assert_cmpuint(told.ends, ==, 1);
    g_assert_false(json_object_get_boolean_member(told.end, "cut"));
    g_assert_cmpint(serve(&told.ends, 2, PATIENCE_MS), >, 0);
    g_assert_true(json_object_get_boolean_member(told.end, "cut"));
    g_assert_false(netdev_carrier(nd));
    /* Now the network is fine */
    netdev_set_link(nd, true);
    got = g.got;
    send_frames(fd, 100, 1);
    g_assert_cmpint(serve(&g.got, got + 1, PATIENCE_MS), >=, 0);
    g_assert_cmpint(serve(&told.storms, 3, 500), ==, -1);
    close(fd);
    close_tap(nd);
}

/* As much as the host can send, but of different frames */
static void test_flood(void)
{
    struct guest g;
    struct netdev *nd = open_tap(&g, "tap,id=n0,ifname=t0,script=no,storm=cut");
    int fd = packet_socket("br0", ETHERTYPE);
    gint64 start;
    uint32_t sent = 0;

    await_ports("master br0", 1);
    start = g_get_monotonic_time();
    while (g_get_monotonic_time() < start + 1500 * 1000 ||
           (g.got <= 5000 &&
            g_get_monotonic_time() < start + PATIENCE_MS * 1000)) {
        send_frames(fd, sent, 50);
        sent += 50;
        loop_turn(false);
    }
    g_test_message("%u frames sent, %u received", sent, g.got);
    g_assert_cmpuint(g.got, >, 5000);
    g_assert_cmpuint(told.storms, ==, 0);
    close(fd);
    close_tap(nd);
}

static void test_off(void)
{
    struct guest g;
    struct netdev *nd = open_tap(&g, "tap,id=n0,ifname=t0,script=no,storm=off");
    int fd = packet_socket("br0", ETHERTYPE);
    JsonObject *opts =
        opts_parse("tap,id=n1,ifname=t1,storm=loud", "type", NULL);
    GError *err = NULL;

    make_loop();
    send_frames(fd, 0, ORIGINALS);
    g_assert_cmpint(serve(&told.storms, 1, 1000), ==, -1);
    g_assert_cmpuint(nd->storms, ==, 0);
    end_loop();
    close(fd);
    close_tap(nd);
    g_assert_null(netdev_open(opts, &err));
    g_assert_cmpstr(err->message, ==,
                    "property 'storm' cannot be 'loud': it takes alarm, cut "
                    "or off");
    g_error_free(err);
    json_object_unref(opts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!netns_enter("ip link add br0 type bridge 2>/dev/null",
                     "no bridges here")) {
        return 0;
    }
    /* Frames of its own would be originals that nobody counts */
    sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
       "sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip link set br0 up");
    hurry(true);
    netdev_event = event;
    g_test_add_func("/tap-storm/alarm", test_alarm);
    g_test_add_func("/tap-storm/echo", test_echo);
    g_test_add_func("/tap-storm/cut", test_cut);
    g_test_add_func("/tap-storm/flood", test_flood);
    g_test_add_func("/tap-storm/off", test_off);
    return g_test_run();
}
