// SPDX-License-Identifier: MIT
/*
 * loop.c - the event loop
 *
 * A turn polls all descriptors once, serves those that are ready, then timers,
 * then tasks.  Tasks are deferred work of the data path: they run before the
 * loop sleeps.  A task that wakes itself runs again in the next turn, after
 * descriptors and timers, so that no card can starve the rest.
 *
 * To sleep and be woken costs a process in a virtual machine 20 us of CPU time,
 * on bare metal a few.  So after waits that were hardly longer than that the
 * next one begins with looking, for no longer than sleeping would have cost: a
 * guest that sends one packet after the other is waited for awake, and all
 * others cost what they did.  One short wait promises nothing: what comes in
 * for a guest without buffers makes every other one short.
 *
 * Not GLib's main loop, though the rest of the program uses GLib: that takes
 * locks and walks lists for microseconds where a turn here is one system call,
 * and each change of what is watched wakes it up through an eventfd.  poll()
 * and not epoll, because the descriptors are few, what is wanted of them
 * changes often, and all sorts of files may be among them.
 */
#include "system/loop.h"

#include <glib.h>
#include <poll.h>

enum {
    TASK_ROUNDS_MAX = 256,
    LINGER_US = 20,
    BRIEF_US = 50,  /* LINGER_US, and what it takes to be woken */
    AT_ONCE_US = 2, /* Nothing was waited for */
    /* Of "hope": by a brief wait it grows by one, any other takes two */
    HOPE_ENOUGH = 2,
    HOPE_MAX = 3,
    HOPE_LOSS = 2,
    NS_PER_US = 1000,
    NS_PER_S = 1000000000
};

struct loop_fd {
    unsigned slot; /* In both arrays */
    int fd;
    void (*ready)(void *opaque, unsigned events);
    void *opaque;
};

struct loop_task {
    void (*run)(void *opaque);
    void *opaque;
    bool woken;
    struct loop_task *next; /* In woken_tasks */
};

/*
 * What is polled, and whose it is.  Of a watch that wants nothing, and of one
 * that was freed (a hole, until the next turn), the descriptor is -1.
 */
static struct pollfd *polled;
static struct loop_fd **watches;
static unsigned n_watches, watches_room, n_holes;

static bool quit;
static unsigned poll_us;
static unsigned hope; /* That the next wait will be a brief one */
static bool (*peek)(void);

/* Woken tasks in the order they were woken */
static struct loop_task *woken_tasks, **woken_end = &woken_tasks;
static struct loop_task *running_tasks; /* Rest of the round going on */
static bool in_round;

struct loop_fd *loop_fd_new(int fd, unsigned events,
                            void (*ready)(void *opaque, unsigned events),
                            void *opaque)
{
    struct loop_fd *w = g_new0(struct loop_fd, 1);

    if (n_watches == watches_room) {
        watches_room = MAX(16, 2 * watches_room);
        polled = g_renew(struct pollfd, polled, watches_room);
        watches = g_renew(struct loop_fd *, watches, watches_room);
    }
    w->slot = n_watches++;
    w->fd = fd;
    w->ready = ready;
    w->opaque = opaque;
    watches[w->slot] = w;
    polled[w->slot] = (struct pollfd){ .fd = -1 };
    loop_fd_set(w, events);
    return w;
}

void loop_fd_set(struct loop_fd *w, unsigned events)
{
    struct pollfd *p = &polled[w->slot];

    /* Not even hang-ups, or a peer that left would make the loop spin */
    p->fd = events ? w->fd : -1;
    p->events = 0;
    p->events |= events & LOOP_IN ? POLLIN : 0;
    p->events |= events & LOOP_OUT ? POLLOUT : 0;
}

void loop_fd_free(struct loop_fd *w)
{
    polled[w->slot] = (struct pollfd){ .fd = -1 };
    watches[w->slot] = NULL;
    n_holes++;
    g_free(w);
}

/* Close the gaps that freed watches left; the others keep their order */
static void watches_compact(void)
{
    unsigned n = 0;

    for (unsigned i = 0; n_holes && i < n_watches; i++) {
        if (watches[i]) {
            watches[n] = watches[i];
            polled[n] = polled[i];
            watches[n]->slot = n;
            n++;
        }
    }
    n_watches = n_holes ? n : n_watches;
    n_holes = 0;
}

/* Serve descriptors that were found ready.  Callbacks may add, change and free
 * watches, their own and others */
static void watches_serve(void)
{
    for (unsigned i = 0, n = n_watches; i < n; i++) {
        short seen = polled[i].revents;
        unsigned events = 0;

        if (polled[i].fd < 0 || !seen) {
            continue;
        }
        events |= seen & POLLIN ? LOOP_IN : 0;
        events |= seen & POLLOUT ? LOOP_OUT : 0;
        events |= seen & (POLLHUP | POLLERR | POLLNVAL) ? LOOP_HUP : 0;
        watches[i]->ready(watches[i]->opaque, events);
    }
}

/* Run what is woken now; what is woken meanwhile waits for the next round */
static void task_round(void)
{
    in_round = true;
    running_tasks = woken_tasks;
    woken_tasks = NULL;
    woken_end = &woken_tasks;
    while (running_tasks) {
        struct loop_task *t = running_tasks;

        running_tasks = t->next;
        t->woken = false;
        t->run(t->opaque);
    }
    in_round = false;
}

struct loop_task *loop_task_new(void (*run)(void *opaque), void *opaque)
{
    struct loop_task *t = g_new0(struct loop_task, 1);

    t->run = run;
    t->opaque = opaque;
    return t;
}

void loop_task_wake(struct loop_task *t)
{
    if (!t->woken) {
        t->woken = true;
        t->next = NULL;
        *woken_end = t;
        woken_end = &t->next;
    }
}

/* Take @t out of a list; true if it was there */
static bool task_unlink(struct loop_task **list, struct loop_task *t)
{
    for (; *list; list = &(*list)->next) {
        if (*list == t) {
            *list = t->next;
            return true;
        }
    }
    return false;
}

void loop_task_free(struct loop_task *t)
{
    if (!t) {
        return;
    }
    if (t->woken && !task_unlink(&running_tasks, t)) {
        task_unlink(&woken_tasks, t);
        woken_end = &woken_tasks;
        while (*woken_end) {
            woken_end = &(*woken_end)->next;
        }
    }
    g_free(t);
}

void loop_run_tasks(void)
{
    /* Asked for inside a task: the round going on does the rest */
    for (unsigned i = 0; !in_round && woken_tasks && i < TASK_ROUNDS_MAX; i++) {
        task_round();
    }
}

/* Sleep until a descriptor is ready, or @ns passed; INT64_MAX: for ever */
static bool watches_poll(int64_t ns)
{
    struct timespec ts = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

    return ppoll(polled, n_watches, ns == INT64_MAX ? NULL : &ts, NULL) > 0;
}

void loop_set_poll(unsigned us)
{
    poll_us = us;
}

void loop_set_peek(bool (*fn)(void))
{
    peek = fn;
}

enum found { FOUND_NOTHING, FOUND_WATCHES, FOUND_PEEK };

/* Look without sleeping, from @now on for @us, but no longer than @ns */
static enum found spin(gint64 now, unsigned us, int64_t ns)
{
    gint64 end = now + MIN((int64_t)us, ns / NS_PER_US);

    while (now < end) {
        if (peek && peek()) {
            return FOUND_PEEK;
        }
        if (watches_poll(0)) {
            return FOUND_WATCHES;
        }
        now = g_get_monotonic_time();
    }
    return FOUND_NOTHING;
}

/* A wait took that long: what will the next one be? */
static void learn(gint64 us)
{
    if (us >= BRIEF_US) {
        hope -= MIN(hope, HOPE_LOSS);
    } else if (us >= AT_ONCE_US) {
        hope = MIN(hope + 1, HOPE_MAX);
    }
}

/* Look for a while, or not, and sleep until there is something or @ns passed */
static enum found wait_for(int64_t ns)
{
    unsigned us = poll_us               ? poll_us
                  : hope >= HOPE_ENOUGH ? (unsigned)LINGER_US
                                        : 0;
    gint64 begin = g_get_monotonic_time();
    enum found found = FOUND_NOTHING;

    if (us) {
        found = spin(begin, us, ns);
        /* Time has passed */
        ns = clock_wait();
    }
    if (!found && watches_poll(ns)) {
        found = FOUND_WATCHES;
    }
    learn(g_get_monotonic_time() - begin);
    return found;
}

bool loop_turn(bool wait)
{
    int64_t ns = wait && !woken_tasks ? clock_wait() : 0;
    enum found found = FOUND_NOTHING;
    bool any;

    watches_compact();
    if (ns) {
        found = wait_for(ns);
    } else if (watches_poll(0)) {
        found = FOUND_WATCHES;
    }
    if (found == FOUND_WATCHES) {
        watches_serve();
    }
    any = found != FOUND_NOTHING;
    any |= clock_run();
    if (woken_tasks && !in_round) {
        task_round();
        any = true;
    }
    return any;
}

void loop_run(void)
{
    while (!quit) {
        loop_turn(true);
    }
}

void loop_quit(void)
{
    quit = true;
}
