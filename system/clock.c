// SPDX-License-Identifier: MIT
/*
 * clock.c - the virtual clock and its timers
 *
 * Timers are few (sixteen a card), so they are a list sorted by deadline; those
 * of equal deadline expire in the order they were set.  A following clock
 * sleeps in a timerfd, because GLib rounds to milliseconds and cards moderate
 * interrupts in microseconds.
 */
#include <glib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "system/loop.h"

enum {
    NS_PER_S = 1000000000,
    /*
     * Expirations on one step of a manual clock: a timer that is set again
     * each time, and a step of centuries, must come to an end
     */
    STEP_EXPIRED_MAX = 10 * 1000 * 1000,
    /* ... and on one wake-up of a following clock */
    WAKE_EXPIRED_MAX = 256,
};

struct clock_timer {
    void (*expired)(void *opaque);
    void *opaque;
    int64_t deadline; /* INT64_MAX: not in the list */
    struct clock_timer *next;
};

static struct clock_timer *first_timer;
static bool manual, paused;
static int64_t stopped_at; /* Value while manual or paused */
static int64_t offset;     /* CLOCK_MONOTONIC minus the clock otherwise */
static int timer_fd = -1;
static int64_t armed = INT64_MAX; /* What timer_fd is set to */
static bool started;

static int64_t monotonic_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* The clock begins at 0 */
static void clock_start(void)
{
    if (!started) {
        started = true;
        offset = monotonic_now();
    }
}

int64_t clock_now(void)
{
    if (manual || paused) {
        return stopped_at;
    }
    clock_start();
    return monotonic_now() - offset;
}

/* Unlink the first timer and call it */
static void timer_expire(void)
{
    struct clock_timer *t = first_timer;

    first_timer = t->next;
    t->deadline = INT64_MAX;
    t->expired(t->opaque);
}

static void clock_arm(void);

static void timer_fd_ready(void *opaque, unsigned events)
{
    uint64_t n;
    int64_t now = clock_now();

    if (read(timer_fd, &n, sizeof(n)) < 0) {
        return; /* Set again since */
    }
    armed = INT64_MAX;
    for (unsigned i = 0; i < WAKE_EXPIRED_MAX && first_timer &&
                         first_timer->deadline <= now && !paused;
         i++) {
        timer_expire();
    }
    clock_arm();
}

/* Make the timerfd ring at the first deadline */
static void clock_arm(void)
{
    struct itimerspec its = { 0 };
    int64_t at = first_timer && !paused ? first_timer->deadline : INT64_MAX;

    if (manual || at == armed) {
        return;
    }
    if (timer_fd < 0) {
        timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (timer_fd < 0) {
            g_error("cannot create a timerfd"); /* Out of descriptors */
        }
        loop_fd_new(timer_fd, LOOP_IN, timer_fd_ready, NULL);
    }
    armed = at;
    if (at != INT64_MAX) {
        int64_t real;

        if (__builtin_add_overflow(at, offset, &real)) {
            real = INT64_MAX;
        }
        real = MAX(real, 1); /* 0 would disarm */
        its.it_value.tv_sec = real / NS_PER_S;
        its.it_value.tv_nsec = real % NS_PER_S;
    }
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
}

void clock_set_manual(void)
{
    stopped_at = started ? clock_now() : 0;
    manual = true;
}

void clock_pause(bool pause)
{
    if (paused == pause) {
        return;
    }
    if (pause) {
        stopped_at = clock_now();
        paused = true;
    } else {
        paused = false;
        clock_start();
        offset = monotonic_now() - stopped_at;
        armed = INT64_MAX;
    }
    clock_arm();
}

void clock_advance_to(int64_t ns)
{
    unsigned n = 0;

    if (paused) {
        return;
    }
    while (first_timer && first_timer->deadline <= ns) {
        if (n < STEP_EXPIRED_MAX) {
            stopped_at = MAX(stopped_at, first_timer->deadline);
        } else if (n == STEP_EXPIRED_MAX) {
            stopped_at = MAX(stopped_at, ns);
        } else {
            break;
        }
        n++;
        timer_expire();
        loop_run_tasks();
    }
    stopped_at = MAX(stopped_at, ns);
}

int64_t clock_next(void)
{
    return first_timer ? first_timer->deadline : INT64_MAX;
}

struct clock_timer *clock_timer_new(void (*expired)(void *opaque), void *opaque)
{
    struct clock_timer *t = g_new0(struct clock_timer, 1);

    t->expired = expired;
    t->opaque = opaque;
    t->deadline = INT64_MAX;
    return t;
}

void clock_timer_set(struct clock_timer *t, int64_t deadline)
{
    struct clock_timer **at = &first_timer;

    if (t->deadline == deadline) {
        return;
    }
    if (t->deadline != INT64_MAX) {
        while (*at != t) {
            at = &(*at)->next;
        }
        *at = t->next;
    }
    t->deadline = deadline;
    if (deadline != INT64_MAX) {
        at = &first_timer;
        while (*at && (*at)->deadline <= deadline) {
            at = &(*at)->next;
        }
        t->next = *at;
        *at = t;
    }
    clock_arm();
}

void clock_timer_free(struct clock_timer *t)
{
    if (t) {
        clock_timer_set(t, INT64_MAX);
        g_free(t);
    }
}
