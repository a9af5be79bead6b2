// SPDX-License-Identifier: MIT
/*
 * loop.c - the event loop, on GLib's main context
 *
 * Tasks are deferred work of the data path: they run before the loop sleeps.
 * A task that wakes itself runs again in the next round, after descriptors and
 * timers had their turn, so that no card can starve the rest.
 */
#include "system/loop.h"

#include <glib-unix.h>
#include <glib.h>

enum { TASK_ROUNDS_MAX = 64 };

struct loop_fd {
    GSource source;
    gpointer tag;
    int fd;
    unsigned events;
    void (*ready)(void *opaque, unsigned events);
    void *opaque;
};

struct loop_task {
    void (*run)(void *opaque);
    void *opaque;
    bool woken;
    struct loop_task *next; /* In woken_tasks */
};

static GMainLoop *main_loop;
static bool quit_early; /* loop_quit() before loop_run() */

/* Woken tasks in the order they were woken */
static struct loop_task *woken_tasks, **woken_end = &woken_tasks;
static struct loop_task *running_tasks; /* Rest of the round going on */
static bool in_round;
static GSource *task_source;

static GIOCondition fd_condition(unsigned events)
{
    GIOCondition c = G_IO_HUP | G_IO_ERR;

    c |= events & LOOP_IN ? G_IO_IN : 0;
    c |= events & LOOP_OUT ? G_IO_OUT : 0;
    return c;
}

static gboolean fd_check(GSource *source)
{
    struct loop_fd *w = (struct loop_fd *)source;

    return w->tag && g_source_query_unix_fd(source, w->tag) != 0;
}

static gboolean fd_dispatch(GSource *source, GSourceFunc cb, gpointer data)
{
    struct loop_fd *w = (struct loop_fd *)source;
    GIOCondition c = g_source_query_unix_fd(source, w->tag);
    unsigned events = 0;

    events |= c & G_IO_IN ? LOOP_IN : 0;
    events |= c & G_IO_OUT ? LOOP_OUT : 0;
    events |= c & (G_IO_HUP | G_IO_ERR | G_IO_NVAL) ? LOOP_HUP : 0;
    w->ready(w->opaque, events);
    return G_SOURCE_CONTINUE;
}

struct loop_fd *loop_fd_new(int fd, unsigned events,
                            void (*ready)(void *opaque, unsigned events),
                            void *opaque)
{
    static GSourceFuncs funcs = { .check = fd_check, .dispatch = fd_dispatch };
    GSource *source = g_source_new(&funcs, sizeof(struct loop_fd));
    struct loop_fd *w = (struct loop_fd *)source;

    w->fd = fd;
    w->ready = ready;
    w->opaque = opaque;
    /*
     * No handler runs a loop of its own.  Without this GLib takes the watch
     * off its list around each call and wakes itself up, twice: four system
     * calls.
     */
    g_source_set_can_recurse(source, TRUE);
    loop_fd_set(w, events);
    g_source_attach(source, NULL);
    return w;
}

void loop_fd_set(struct loop_fd *w, unsigned events)
{
    /* GLib would wake itself up, with a system call per frame */
    if (w->events == events) {
        return;
    }
    w->events = events;
    if (!events) {
        /* Not even hang-ups, or a peer that left would make the loop spin */
        if (w->tag) {
            g_source_remove_unix_fd(&w->source, w->tag);
            w->tag = NULL;
        }
    } else if (w->tag) {
        g_source_modify_unix_fd(&w->source, w->tag, fd_condition(events));
    } else {
        w->tag = g_source_add_unix_fd(&w->source, w->fd, fd_condition(events));
    }
}

void loop_fd_free(struct loop_fd *w)
{
    g_source_destroy(&w->source);
    g_source_unref(&w->source);
}

static gboolean task_prepare(GSource *source, int *timeout)
{
    *timeout = -1;
    return woken_tasks != NULL;
}

static gboolean task_check(GSource *source)
{
    return woken_tasks != NULL;
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

static gboolean task_dispatch(GSource *source, GSourceFunc cb, gpointer data)
{
    task_round();
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs task_funcs = { .prepare = task_prepare,
                                   .check = task_check,
                                   .dispatch = task_dispatch };

struct loop_task *loop_task_new(void (*run)(void *opaque), void *opaque)
{
    struct loop_task *t = g_new0(struct loop_task, 1);

    if (!task_source) {
        task_source = g_source_new(&task_funcs, sizeof(GSource));
        g_source_attach(task_source, NULL);
    }
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

void loop_run(void)
{
    if (quit_early) {
        return;
    }
    main_loop = g_main_loop_new(NULL, FALSE);
    g_main_loop_run(main_loop);
    g_main_loop_unref(main_loop);
    main_loop = NULL;
}

void loop_quit(void)
{
    quit_early = true;
    if (main_loop) {
        g_main_loop_quit(main_loop);
    }
}
