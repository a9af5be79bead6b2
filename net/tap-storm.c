// SPDX-License-Identifier: MIT
/*
 * tap-storm.c - the guard of a tap against storms: tells, and cuts
 *
 * Everything is in real time: a network does not stop when a guest does, nor
 * does it wait for a test's clock.  What is to be done about a storm is put
 * off until the frame at hand is through.
 *
 * While a port is cut its frames go nowhere, and reading them all would keep a
 * CPU busy for nothing.  So it is read for one window out of each tick, to see
 * whether the storm goes on.
 */
#include "net/tap-storm.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/backends.h"
#include "net/pump.h"
#include "system/loop.h"

#define NS_PER_S INT64_C(1000000000)

/* Whoever makes storms come and go shall not fill a log */
enum { TELL_S = 60, TICK_NS = 500000000 };

/* To some milliseconds: it costs next to nothing */
static int64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void set_ticking(struct tap_storm *g, bool on)
{
    const struct timespec every = { .tv_nsec = on ? TICK_NS : 0 };
    const struct itimerspec t = { .it_interval = every, .it_value = every };

    if (g->timer >= 0) {
        timerfd_settime(g->timer, 0, &t, NULL);
    }
}

static char *mac_text(const uint8_t *m)
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
                           m[3], m[4], m[5]);
}

/* One line for a log, unless there was one lately */
static void tell(struct tap_storm *g, const char *to, const char *from)
{
    const struct storm *s = &g->core;

    if (g->count > 1 && g->start - g->told < TELL_S * NS_PER_S) {
        g->untold++;
        return;
    }
    g_printerr("netdev '%s': a storm, is there a loop on the network? %" PRIu64
               " %s a second, such as one from %s to %s, type 0x%04x; "
               "property 'storm': %s",
               g->nd->id, s->rate,
               s->reason == STORM_ECHO ? "of the guest's own frames come back"
                                       : "copies of few frames come in",
               from, to, be16_at(s->header + 12),
               g->cuts ? "the guest's link is cut until set_link"
                       : "nothing is done about it");
    if (g->untold) {
        g_printerr(" (and %" PRIu64 " storms before)", g->untold);
    }
    g_printerr("\n");
    g->told = g->start;
    g->untold = 0;
}

static void send_event(struct tap_storm *g, const char *to, const char *from)
{
    const struct storm *s = &g->core;
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "id", g->nd->id);
    json_object_set_string_member(o, "reason",
                                  s->reason == STORM_ECHO ? "echo" : "repeats");
    json_object_set_int_member(o, "rate", (gint64)s->rate);
    json_object_set_boolean_member(o, "cut", g->cuts);
    json_object_set_string_member(o, "source", from);
    json_object_set_string_member(o, "destination", to);
    json_object_set_int_member(o, "ethertype", be16_at(s->header + 12));
    netdev_event("VIFEMU_NET_STORM", o);
}

/* loop_task: a storm was recognised */
static void storm_began(void *opaque)
{
    struct tap_storm *g = opaque;
    char *to = mac_text(g->core.header), *from = mac_text(g->core.header + 6);

    g->start = now();
    g->count++;
    g->nd->storms++;
    tell(g, to, from);
    if (netdev_event) {
        send_event(g, to, from);
    }
    g_free(to);
    g_free(from);
    set_ticking(g, true);
    if (g->cuts) {
        g->cut = true;
        netdev_set_link(g->nd, false);
    }
}

/* For a storm that was told */
static void storm_ended(struct tap_storm *g)
{
    set_ticking(g, false);
    pump_pause(g->pump, false);
    if (netdev_event) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "id", g->nd->id);
        json_object_set_int_member(o, "seconds", (now() - g->start) / NS_PER_S);
        json_object_set_boolean_member(o, "cut", g->nd->link_down);
        netdev_event("VIFEMU_NET_STORM_END", o);
    }
}

/* If somebody has set the link up again, it is over; but he may be wrong: if it
 * goes on, it is another storm */
static void look_at_link(struct tap_storm *g)
{
    if (g->cut && !g->nd->link_down) {
        g->cut = false;
        if (storm_over(&g->core, INT64_MAX)) {
            storm_ended(g);
        }
    }
}

/* loop_fd: time to see whether it has passed */
static void tick(void *opaque, unsigned events)
{
    struct tap_storm *g = opaque;
    int64_t at = now();
    uint64_t n;

    if (read(g->timer, &n, sizeof(n)) < 0) {
        return;
    }
    look_at_link(g);
    if (storm_over(&g->core, at)) {
        storm_ended(g);
    } else if (g->cut) {
        storm_resume(&g->core, at);
        pump_pause(g->pump, false);
    }
}

bool tap_storm_new(struct netdev *nd, struct pump *pump, const char *mode,
                   struct tap_storm **out, GError **err)
{
    struct tap_storm *g;

    *out = NULL;
    if (mode && !strcmp(mode, "off")) {
        return true;
    }
    if (mode && strcmp(mode, "alarm") != 0 && strcmp(mode, "cut") != 0) {
        return vm_fail(err,
                       "property 'storm' cannot be '%s': it takes alarm, "
                       "cut or off",
                       mode);
    }
    g = g_new0(struct tap_storm, 1);
    g->nd = nd;
    g->pump = pump;
    g->cuts = mode && !strcmp(mode, "cut");
    storm_init(&g->core, now());
    g->task = loop_task_new(storm_began, g);
    g->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (g->timer < 0) {
        vm_fail(err, "property 'storm': no timer: %s", g_strerror(errno));
        tap_storm_free(g);
        return false;
    }
    g->watch = loop_fd_new(g->timer, LOOP_IN, tick, g);
    *out = g;
    return true;
}

void tap_storm_free(struct tap_storm *g)
{
    if (!g) {
        return;
    }
    if (g->watch) {
        loop_fd_free(g->watch);
    }
    if (g->timer >= 0) {
        close(g->timer);
    }
    loop_task_free(g->task);
    g_free(g);
}

void tap_storm_look_in(struct tap_storm *g, const uint8_t *frame, size_t len)
{
    int64_t since = g->core.since;

    look_at_link(g);
    if (storm_in(&g->core, frame, len, now())) {
        loop_task_wake(g->task);
    } else if (g->cut && g->core.on && g->core.since != since) {
        pump_pause(g->pump, true);
    }
}

void tap_storm_look_out(struct tap_storm *g, const uint8_t *frame, size_t len)
{
    if (storm_out(&g->core, frame, len, now())) {
        loop_task_wake(g->task);
    }
}
