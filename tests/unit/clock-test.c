// SPDX-License-Identifier: MIT
/*
 * clock-test.c - virtual clock, timers, tasks and descriptors of the loop
 */
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cpu.h"
#include "system/loop.h"

static GString *order;

struct named {
    char name;
    struct clock_timer *timer;
    struct loop_task *task;
    int64_t again; /* Set again this much later */
    unsigned times;
};

static void expired(void *opaque)
{
    struct named *n = opaque;

    n->times++;
    g_string_append_printf(order, "%c%" G_GINT64_FORMAT " ", n->name,
                           clock_now());
    if (n->task) {
        loop_task_wake(n->task);
    }
    if (n->again) {
        clock_timer_set(n->timer, clock_now() + n->again);
    }
}

static void task_ran(void *opaque)
{
    struct named *n = opaque;

    g_string_append_printf(order, "%c! ", n->name);
}

static void assert_order(const char *want)
{
    g_assert_cmpstr(order->str, ==, want);
    g_string_truncate(order, 0);
}

static void test_manual(void)
{
    struct named a = { 'a' }, b = { 'b' }, c = { 'c' };

    g_assert_cmpint(clock_now(), ==, 0);
    a.timer = clock_timer_new(expired, &a);
    b.timer = clock_timer_new(expired, &b);
    c.timer = clock_timer_new(expired, &c);
    g_assert_cmpint(clock_next(), ==, INT64_MAX);
    clock_timer_set(a.timer, 300);
    clock_timer_set(b.timer, 100);
    clock_timer_set(c.timer, 300);
    g_assert_cmpint(clock_next(), ==, 100);
    clock_advance_to(99);
    assert_order("");
    clock_advance_to(250);
    assert_order("b100 ");
    g_assert_cmpint(clock_now(), ==, 250);
    /* Of equal deadlines the one set first is first */
    clock_advance_to(1000);
    assert_order("a300 c300 ");
    /* Late: at once on the next step, the clock does not go back */
    clock_timer_set(b.timer, 500);
    g_assert_cmpint(clock_next(), ==, 500);
    clock_advance_to(400);
    assert_order("");
    clock_advance_to(1000);
    assert_order("b1000 ");
    clock_timer_set(a.timer, 2000);
    clock_timer_set(a.timer, INT64_MAX);
    clock_advance_to(3000);
    assert_order("");
    clock_timer_set(a.timer, 4000);
    clock_timer_free(a.timer);
    clock_advance_to(5000);
    assert_order("");
    clock_timer_free(b.timer);
    clock_timer_free(c.timer);
}

/* Work that a timer causes is done at that time, before the next timer */
static void test_work_between(void)
{
    int64_t t = clock_now();
    struct named a = { 'a' }, b = { 'b' };
    char *want =
        g_strdup_printf("a%" G_GINT64_FORMAT " a! b%" G_GINT64_FORMAT " ",
                        t + 10, t + 20);

    a.timer = clock_timer_new(expired, &a);
    a.task = loop_task_new(task_ran, &a);
    b.timer = clock_timer_new(expired, &b);
    clock_timer_set(a.timer, t + 10);
    clock_timer_set(b.timer, t + 20);
    clock_advance_to(t + 30);
    assert_order(want);
    clock_timer_free(a.timer);
    clock_timer_free(b.timer);
    loop_task_free(a.task);
    g_free(want);
}

/* However small the steps of a guest's timer and long the step of a test */
static void test_step_bounded(void)
{
    struct named a = { 'a', .again = 1 };
    int64_t far = clock_now() + INT64_C(1000000000000000000);

    a.timer = clock_timer_new(expired, &a);
    clock_timer_set(a.timer, clock_now() + 1);
    clock_advance_to(far);
    g_assert_cmpint(clock_now(), ==, far);
    g_assert_cmpuint(a.times, >, 1000000);
    g_assert_cmpuint(a.times, <, 20000000);
    clock_timer_free(a.timer);
    g_string_truncate(order, 0);
}

static void test_paused(void)
{
    int64_t t = clock_now();
    struct named a = { 'a' };

    a.timer = clock_timer_new(expired, &a);
    clock_timer_set(a.timer, t + 1);
    clock_pause(true);
    clock_advance_to(t + 5);
    g_assert_cmpint(clock_now(), ==, t);
    assert_order("");
    clock_pause(false);
    clock_advance_to(t + 5);
    g_assert_cmpuint(a.times, ==, 1);
    clock_timer_free(a.timer);
    g_string_truncate(order, 0);
}

static struct loop_task *task_a, *task_b;
static unsigned runs;

static void run_again(void *opaque)
{
    runs++;
    loop_task_wake(task_a);
}

static void run_and_free(void *opaque)
{
    g_clear_pointer(&task_a, loop_task_free);
}

static void run_nested(void *opaque)
{
    loop_run_tasks();
    runs++;
}

static void test_tasks(void)
{
    struct named x = { 'x' }, y = { 'y' };
    struct loop_task *tx = loop_task_new(task_ran, &x);
    struct loop_task *ty = loop_task_new(task_ran, &y);

    loop_task_wake(ty);
    loop_task_wake(tx);
    loop_task_wake(ty);
    loop_run_tasks();
    assert_order("y! x! ");
    loop_run_tasks();
    assert_order("");
    loop_task_wake(tx);
    loop_task_wake(ty);
    loop_task_free(tx);
    loop_run_tasks();
    assert_order("y! ");
    loop_task_wake(ty);
    loop_task_free(ty);
    ty = loop_task_new(task_ran, &y);
    loop_task_wake(ty);
    loop_run_tasks();
    assert_order("y! ");
    loop_task_free(ty);
}

static void test_tasks_bounded(void)
{
    task_a = loop_task_new(run_again, NULL);
    loop_task_wake(task_a);
    runs = 0;
    loop_run_tasks();
    g_assert_cmpuint(runs, >, 1);
    g_assert_cmpuint(runs, <, 1000);
    loop_task_free(task_a);
}

/* A task may free another of the same round, or ask to run all */
static void test_tasks_nested(void)
{
    task_a = loop_task_new(run_again, NULL);
    task_b = loop_task_new(run_and_free, NULL);
    loop_task_wake(task_b);
    loop_task_wake(task_a);
    runs = 0;
    loop_run_tasks();
    g_assert_cmpuint(runs, ==, 0);
    g_assert_null(task_a);
    loop_task_free(task_b);
    task_a = loop_task_new(run_nested, NULL);
    task_b = loop_task_new(run_nested, NULL);
    loop_task_wake(task_a);
    loop_task_wake(task_b);
    loop_run_tasks();
    g_assert_cmpuint(runs, ==, 2);
    loop_task_free(task_a);
    loop_task_free(task_b);
}

static struct loop_fd *watch;
static int fds[2];

static void fd_ready(void *opaque, unsigned events)
{
    char c;

    g_string_append_printf(order, "%u", events);
    if (events & LOOP_IN && read(fds[0], &c, 1) == 1) {
        g_string_append_printf(order, "%c ", c);
        loop_fd_set(watch, c == 'z' ? 0 : LOOP_IN);
    }
    if (events & LOOP_HUP) {
        g_clear_pointer(&watch, loop_fd_free);
    }
}

static void spin(void)
{
    while (loop_turn(false)) {
    }
}

static void test_fd(void)
{
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    watch = loop_fd_new(fds[0], 0, fd_ready, NULL);
    g_assert_cmpint(write(fds[1], "xyz!", 4), ==, 4);
    spin();
    assert_order("");
    loop_fd_set(watch, LOOP_IN);
    spin();
    assert_order("1x 1y 1z ");
    close(fds[1]);
    spin();
    assert_order("");
    loop_fd_set(watch, LOOP_IN);
    spin();
    g_assert_null(watch); /* Freed by its own callback */
    close(fds[0]);
    g_string_truncate(order, 0);
}

/* Looking for work before sleeping changes nothing but the time it takes */
static void test_poll(void)
{
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    watch = loop_fd_new(fds[0], LOOP_IN, fd_ready, NULL);
    for (unsigned us = 0; us <= 200; us += 200) {
        loop_set_poll(us);
        g_assert_false(loop_turn(false));
        g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
        g_assert_true(loop_turn(true));
        assert_order("1x ");
    }
    loop_set_poll(0);
    loop_fd_free(watch);
    close(fds[0]);
    close(fds[1]);
}

/* What is written comes back: an 'x' at once, after it was waited for, all
 * else later */
static gpointer echo(gpointer data)
{
    char c;

    while (read(fds[1], &c, 1) == 1) {
        if (c != 'x') {
            g_usleep(100 * 1000);
        }
        g_assert_cmpint(write(fds[1], &c, 1), ==, 1);
    }
    return NULL;
}

/* After short waits it looks for a while, and then it sleeps all the same */
static void test_linger(void)
{
    GThread *thread;
    int64_t cpu;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    watch = loop_fd_new(fds[0], LOOP_IN, fd_ready, NULL);
    thread = g_thread_new("echo", echo, NULL);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 10; k++) {
            g_assert_cmpint(write(fds[0], "x", 1), ==, 1);
            g_assert_true(loop_turn(true));
            assert_order("1x ");
        }
        g_assert_cmpint(write(fds[0], "y", 1), ==, 1);
        cpu = cpu_us();
        g_assert_true(loop_turn(true));
        assert_order("1y ");
        g_assert_cmpint(cpu_us() - cpu, <, 50 * 1000);
    }
    g_assert_cmpint(shutdown(fds[0], SHUT_WR), ==, 0);
    g_thread_join(thread);
    loop_fd_free(watch);
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    int rc;

    g_test_init(&argc, &argv, NULL);
    order = g_string_new(NULL);
    clock_set_manual();
    g_test_add_func("/clock/manual", test_manual);
    g_test_add_func("/clock/work-between", test_work_between);
    g_test_add_func("/clock/step-bounded", test_step_bounded);
    g_test_add_func("/clock/paused", test_paused);
    g_test_add_func("/loop/tasks", test_tasks);
    g_test_add_func("/loop/tasks-bounded", test_tasks_bounded);
    g_test_add_func("/loop/tasks-nested", test_tasks_nested);
    g_test_add_func("/loop/fd", test_fd);
    g_test_add_func("/loop/linger", test_linger);
    g_test_add_func("/loop/poll", test_poll);
    rc = g_test_run();
    g_string_free(order, TRUE);
    return rc;
}
