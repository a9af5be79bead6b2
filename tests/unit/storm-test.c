// SPDX-License-Identifier: MIT
/*
 * storm-test.c - net/storm.c: what is a storm, and what is none
 *
 * Time is made up: a flow of so many frames a second for so long.
 */
#include <glib.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/storm.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

enum { FRAME_MAX = 1514, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd };

static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t vrrp[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 };
static const uint8_t guest[6] = { 0x00, 0x16, 0x3e, 0x01, 0x02, 0x03 };
static const uint8_t other[6] = { 0x00, 0x16, 0x3e, 0x0a, 0x0b, 0x0c };
static const uint8_t third[6] = { 0x00, 0x16, 0x3e, 0x11, 0x12, 0x13 };

/**
 * struct frame - One to send or receive; @data in the guest's or others' order
 */
struct frame {
    size_t len;
    uint8_t data[FRAME_MAX];
};

static struct storm storm;
static int64_t now;

static void begin(void)
{
    now = 5 * SECOND;
    storm_init(&storm, now);
}

static struct frame make(const uint8_t to[6], const uint8_t from[6],
                         uint16_t type, size_t len)
{
    struct frame f = { .len = len };

    memset(f.data, 0x5a, len);
    memcpy(f.data, to, 6);
    memcpy(f.data + 6, from, 6);
    be16_store(f.data + 12, type);
    return f;
}

/* As net/tap-storm.h does it */
static bool in(const struct frame *f)
{
    return storm_asks_in(&storm, f->data, f->len) &&
           storm_in(&storm, f->data, f->len, now);
}

static void out(const struct frame *f)
{
    if (storm_asks_out(&storm, f->data, f->len)) {
        g_assert_false(storm_out(&storm, f->data, f->len, now));
    }
}

/* @n frames in turn, @rate of them a second, for @ms; with @number each is
 * different there.  Returns after how many ms a storm was recognised, or -1 */
static int flow(struct frame *f, unsigned n, unsigned rate, unsigned ms,
                size_t number)
{
    int64_t from = now, total = (int64_t)rate * ms / 1000;

    for (int64_t i = 0; i < total; i++) {
        struct frame *one = &f[i % n];

        now = from + i * SECOND / rate;
        if (number) {
            be32_store(one->data + number, (uint32_t)i);
        }
        if (in(one)) {
            return (int)((now - from) / MS);
        }
    }
    return -1;
}

/* Five frames that circle, as fast as a kernel or as a slow wire can */
static void test_loop(void)
{
    static const unsigned rates[] = { 540000, 148800, 8100 };

    for (unsigned i = 0; i < G_N_ELEMENTS(rates); i++) {
        struct frame f[5];
        int ms;

        for (unsigned k = 0; k < G_N_ELEMENTS(f); k++) {
            f[k] = make(k & 1 ? everybody : vrrp, other, TYPE_ARP, 60 + k * 9);
        }
        begin();
        ms = flow(f, G_N_ELEMENTS(f), rates[i], 3000, 0);
        g_assert_cmpint(ms, >, 300);
        g_assert_cmpint(ms, <, 1000);
        g_assert_true(storm.on);
        g_assert_cmpint(storm.reason, ==, STORM_REPEATS);
        g_assert_cmpuint(storm.rate, >, rates[i] / 2);
        g_assert_cmpuint(storm.rate, <, rates[i] * 2);
        g_assert_cmpmem(storm.header + 6, 6, other, 6);
    }
}

/* Twenty different ones on a wire of 100 Mb/s, in full length */
static void test_many_originals(void)
{
    struct frame f[20];

    for (unsigned k = 0; k < G_N_ELEMENTS(f); k++) {
        f[k] = make(everybody, k & 1 ? other : third, TYPE_ARP, 1514);
        f[k].data[50] = (uint8_t)k;
    }
    begin();
    g_assert_cmpint(flow(f, G_N_ELEMENTS(f), 8127, 1000, 0), >, 0);
}

/* A loop takes frames to an address that nobody has, too */
static void test_unknown_address(void)
{
    struct frame f = make(third, other, TYPE_IPV6, 200);
    struct frame hello = make(everybody, guest, TYPE_ARP, 42);

    begin();
    out(&hello);
    g_assert_cmpint(flow(&f, 1, 100000, 1000, 0), >, 0);
}

/* Among as much that is different */
static void test_loop_among_others(void)
{
    struct frame f[2] = { make(everybody, other, TYPE_ARP, 60),
                          make(guest, other, TYPE_IPV6, 1514) };
    int64_t from = now;
    bool seen = false;

    begin();
    for (unsigned i = 0; i < 200000 && !seen; i++) {
        now = from + i * SECOND / 200000;
        be32_store(f[1].data + 60, i);
        seen = in(&f[i & 1]);
    }
    g_assert_true(seen);
}

/* What the guest has sent itself circles; slower than others' frames would
 * have to */
static void test_echo(void)
{
    struct frame f = make(everybody, guest, TYPE_ARP, 42);
    int ms;

    begin();
    out(&f);
    /* On the wire it was filled up to 60 bytes */
    memset(f.data + 42, 0, 18);
    f.len = 60;
    ms = flow(&f, 1, 2000, 2000, 0);
    g_assert_cmpint(ms, >, 300);
    g_assert_cmpint(ms, <, 1000);
    g_assert_cmpint(storm.reason, ==, STORM_ECHO);
    g_assert_cmpmem(storm.header + 6, 6, guest, 6);
}

/* A host gives a guest its multicasts back, as often as it sent them, and even
 * three times: CARP, or a fast stream */
static void test_reflection(void)
{
    static const unsigned rates[] = { 1, 100, 20000 };

    for (unsigned k = 0; k < 2 * G_N_ELEMENTS(rates); k++) {
        struct frame f = make(vrrp, guest, 0x0800, 70);
        bool same = k & 1;
        unsigned rate = rates[k / 2];

        begin();
        for (unsigned i = 0; i < 3 * rate + 10; i++) {
            now += SECOND / rate;
            if (!same) {
                be32_store(f.data + 40, i);
            }
            out(&f);
            g_assert_false(in(&f));
            g_assert_false(in(&f));
            g_assert_false(in(&f));
        }
        g_assert_false(storm.on);
    }
}

/* The same frame over and over, but no more than protocols do */
static void test_announcements(void)
{
    struct frame f[2] = { make(vrrp, other, 0x0800, 60),
                          make(everybody, third, TYPE_ARP, 60) };

    begin();
    g_assert_cmpint(flow(f, 1, 100, 60000, 0), ==, -1);
    g_assert_cmpint(flow(f, 2, 1000, 10000, 0), ==, -1);
}

/* A burst of one frame, faster than any storm, is over before it is one */
static void test_burst(void)
{
    struct frame f = make(everybody, other, TYPE_ARP, 60);

    begin();
    for (unsigned i = 0; i < 20; i++) {
        g_assert_cmpint(flow(&f, 1, 1000000, 200, 0), ==, -1);
        now += SECOND;
    }
    g_assert_false(storm.on);
}

/* Different frames, however many; wherever the difference is */
static void test_distinct(void)
{
    static const struct {
        const uint8_t *to;
        size_t len, number;
    } floods[] = {
        { everybody, 60, 38 },   { guest, 60, 38 },   { third, 1514, 58 },
        { everybody, 1514, 90 }, { vrrp, 64, 60 },    { vrrp, 200, 196 },
        { everybody, 61, 57 },   { third, 129, 125 }, { third, 1000, 124 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(floods); i++) {
        struct frame f = make(floods[i].to, other, TYPE_IPV6, floods[i].len);

        begin();
        g_assert_cmpint(flow(&f, 1, 500000, 1000, floods[i].number), ==, -1);
        g_assert_cmpuint(storm.repeats, ==, 0);
    }
}

/* Duplicate ACKs and packet generators: the guest's own address */
static void test_to_the_guest(void)
{
    struct frame hello = make(everybody, guest, TYPE_ARP, 42);
    struct frame f = make(guest, other, 0x0800, 66);

    begin();
    out(&hello);
    g_assert_cmpint(flow(&f, 1, 500000, 2000, 0), ==, -1);
}

/* It ends two seconds after the last of it, and can come again */
static void test_end(void)
{
    struct frame f = make(everybody, other, TYPE_ARP, 60);

    begin();
    g_assert_false(storm_over(&storm, now));
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(flow(&f, 1, 200000, 1000, 0), >, 0);
        /* Once is enough */
        g_assert_cmpint(flow(&f, 1, 200000, 1000, 0), ==, -1);
        now += 1500 * MS;
        g_assert_false(storm_over(&storm, now));
        /* A frame now and then does not prolong it */
        g_assert_cmpint(flow(&f, 1, 10, 1000, 0), ==, -1);
        g_assert_true(storm_over(&storm, now));
        g_assert_false(storm_over(&storm, now));
        g_assert_false(storm.on);
    }
    /* Told to look again, it finds the same one */
    g_assert_cmpint(flow(&f, 1, 200000, 1000, 0), >, 0);
    g_assert_true(storm_over(&storm, INT64_MAX));
    g_assert_cmpint(flow(&f, 1, 200000, 1000, 0), >, 0);
}

/* Looked at for one window of five, it goes on all the same */
static void test_now_and_then(void)
{
    struct frame f = make(everybody, other, TYPE_ARP, 60);
    int64_t since;

    begin();
    g_assert_cmpint(flow(&f, 1, 200000, 1000, 0), >, 0);
    for (unsigned i = 0; i < 20; i++) {
        now += 400 * MS;
        g_assert_false(storm_over(&storm, now));
        storm_resume(&storm, now);
        since = storm.since;
        g_assert_cmpint(flow(&f, 1, 200000, 105, 0), ==, -1);
        g_assert_cmpint(storm.since, >, since);
    }
    g_assert_false(storm_over(&storm, now));
    g_assert_true(storm_over(&storm, now + 2 * SECOND));
}

/* A guest that sends from ever new addresses, a clock that jumps, and frames
 * too short to have any */
static void test_odd(void)
{
    struct frame f = make(everybody, guest, TYPE_ARP, 60);

    begin();
    for (unsigned i = 0; i < 100000; i++) {
        be32_store(f.data + 8, i * 2654435761u);
        out(&f);
        now += MS;
    }
    g_assert_cmpint(flow(&f, 1, 1000, 100, 10), ==, -1);
    now -= 3600 * SECOND;
    g_assert_cmpint(flow(&f, 1, 1000, 1000, 10), ==, -1);
    now += 36000 * SECOND;
    g_assert_cmpint(flow(&f, 1, 1000, 1000, 10), ==, -1);
    for (size_t len = 0; len < 14; len++) {
        uint8_t *exact = g_memdup2(f.data, len);

        for (unsigned i = 0; i < 100; i++) {
            g_assert_false(storm_asks_in(&storm, exact, len));
            g_assert_false(storm_asks_out(&storm, exact, len));
        }
        g_free(exact);
    }
    for (size_t len = 14; len < 300; len++) {
        uint8_t *exact = g_memdup2(f.data, len);

        storm_in(&storm, exact, len, now);
        storm_out(&storm, exact, len, now);
        g_free(exact);
    }
    g_assert_false(storm.on);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/storm/loop", test_loop);
    g_test_add_func("/storm/many-originals", test_many_originals);
    g_test_add_func("/storm/unknown-address", test_unknown_address);
    g_test_add_func("/storm/loop-among-others", test_loop_among_others);
    g_test_add_func("/storm/echo", test_echo);
    g_test_add_func("/storm/reflection", test_reflection);
    g_test_add_func("/storm/announcements", test_announcements);
    g_test_add_func("/storm/burst", test_burst);
    g_test_add_func("/storm/distinct", test_distinct);
    g_test_add_func("/storm/to-the-guest", test_to_the_guest);
    g_test_add_func("/storm/end", test_end);
    g_test_add_func("/storm/now-and-then", test_now_and_then);
    g_test_add_func("/storm/odd", test_odd);
    return g_test_run();
}
