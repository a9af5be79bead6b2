/* SPDX-License-Identifier: MIT */
/*
 * loop.h - the event loop and the clocks
 *
 * One thread.
 */
#ifndef SYSTEM_LOOP_H
#define SYSTEM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum { LOOP_IN = 1, LOOP_OUT = 2, LOOP_HUP = 4 };

struct loop_fd;

/**
 * loop_fd_new() - Watch a file descriptor; @events 0 watches nothing yet
 * @ready: Called with the events that are there; may free the watch
 */
struct loop_fd *loop_fd_new(int fd, unsigned events,
                            void (*ready)(void *opaque, unsigned events),
                            void *opaque);
void loop_fd_set(struct loop_fd *w, unsigned events);
/* Does not close the descriptor */
void loop_fd_free(struct loop_fd *w);

struct loop_task;

/**
 * loop_task_new() - A job that can be asked for any number of times
 * @run: Called once after loop_task_wake(), before the loop sleeps again, not
 *       from within the waker
 */
struct loop_task *loop_task_new(void (*run)(void *opaque), void *opaque);
void loop_task_wake(struct loop_task *t);
void loop_task_free(struct loop_task *t);
/* Run everything that was woken, a bounded number of rounds; for qtest */
void loop_run_tasks(void);

/**
 * loop_turn() - Serve descriptors, timers and tasks once
 * @wait: Sleep until there is something to do
 *
 * Return: whether there was
 */
bool loop_turn(bool wait);
/* How long to go on looking before a turn sleeps, in microseconds.  0, as at
 * first: only for a moment, and only if the waits before were one */
void loop_set_poll(unsigned us);
/* Something else to look at then: does what there is to do, and says whether
 * there was.  NULL: nothing */
void loop_set_peek(bool (*peek)(void));
/* Turns until loop_quit() */
void loop_run(void);
/* Make loop_run() return */
void loop_quit(void);

/*
 * The virtual clock, in nanoseconds.  With qtest it stands still until it is
 * stepped; else it follows CLOCK_MONOTONIC and stops with the machine.
 */
int64_t clock_now(void);
void clock_set_manual(void);
void clock_pause(bool paused);
/* While paused: go on from @ns, which was read elsewhere */
void clock_load(int64_t ns);
/* Move a manual clock, running the timers on the way in order */
void clock_advance_to(int64_t ns);
/* Earliest deadline, INT64_MAX if none */
int64_t clock_next(void);
/* For the loop: nanoseconds until a timer is due by itself, INT64_MAX if none
 * will be; 0 if one is */
int64_t clock_wait(void);
/* For the loop: run timers that came due; whether there were any */
bool clock_run(void);

struct clock_timer;

/* Off at first; @expired runs in the main loop or while the clock is stepped */
struct clock_timer *clock_timer_new(void (*expired)(void *opaque),
                                    void *opaque);
/* @deadline: absolute; INT64_MAX: off */
void clock_timer_set(struct clock_timer *t, int64_t deadline);
void clock_timer_free(struct clock_timer *t);

#endif
