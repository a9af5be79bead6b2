// SPDX-License-Identifier: MIT
/*
 * clock.c - the virtual clock and its timers
 *
 * Timers are few (sixteen a card), so they are a list sorted by deadline; those
 * of equal deadline expire in the order they were set.  The loop sleeps as long
 * as clock_wait() says, to the nanosecond, because cards moderate interrupts in
 * microseconds.
 */
#include <glib.h>
#include <time.h>

#include "system/loop.h"

enum {
    NS_PER_S = 1000000000,
    /*
     * Expirations on one step of a manual clock: a timer that is set again
     * each time, and a step of centuries, must come to an end
     */
    STEP_EXPIRED_MAX = 10 * 1000 * 1000,
    /* ... and in one turn of the loop */
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

int64_t clock_wait(void)
{
    if (!first_timer || manual || paused) {
        return INT64_MAX;
    }
    return MAX(first_timer->deadline - clock_now(), 0);
}

bool clock_run(void)
{
    unsigned n = 0;
    int64_t now;

    if (!first_timer || manual) {
        return false;
    }
    now = clock_now();
    while (n < WAKE_EXPIRED_MAX && first_timer &&
           first_timer->deadline <= now && !paused) {
        timer_expire();
        n++;
    }
    return n != 0;
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
    }
}

void clock_load(int64_t ns)
{
    if (paused) {
        stopped_at = ns;
    }
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
}

void clock_timer_free(struct clock_timer *t)
{
    if (t) {
        clock_timer_set(t, INT64_MAX);
        g_free(t);
    }
}
