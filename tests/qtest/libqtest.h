/* SPDX-License-Identifier: MIT */
/*
 * libqtest.h - start an emulator and talk qtest and QMP to it
 *
 * A client of the qtest protocol written for these tests.  Any emulator that
 * is spelled like QEMU will do: QTEST_QEMU_BINARY names it.
 *
 * Once the child is gone (crash, sanitizer report, hang) the test has failed
 * with the child's stderr shown, and every further call does nothing and
 * returns zeros, so tests need not look at each step.
 */
#ifndef TESTS_QTEST_LIBQTEST_H
#define TESTS_QTEST_LIBQTEST_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

struct qtest;

/**
 * qtest_start() - Start the emulator and do both handshakes
 * @fmt:        Arguments, quoted as in a shell, printf style.  The accelerator
 *              and the two sockets are added.  File descriptors named in them
 *              must be inheritable.
 *
 * Never NULL; a test whose emulator did not start has failed.
 */
struct qtest *qtest_start(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/**
 * qtest_start_realtime() - The same, with a clock that follows the wall
 *
 * Makes a difference only for an emulator without the qtest accelerator, where
 * the virtual clock otherwise jumps to the next timer whenever it is idle.
 */
struct qtest *qtest_start_realtime(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/** qtest_quit() - End the emulator; it must end well (status 0 on SIGTERM) */
void qtest_quit(struct qtest *s);

/** qtest_alive() - Has the emulator neither crashed nor hung so far? */
bool qtest_alive(struct qtest *s);

/** qtest_rss_kib() - Resident memory of the emulator */
unsigned long qtest_rss_kib(struct qtest *s);

/** qtest_cpu_ms() - Processor time of the thread that serves the commands */
unsigned long qtest_cpu_ms(struct qtest *s);

/**
 * qtest_has_clock() - Can the virtual clock be stepped?
 *
 * False for an emulator without the qtest accelerator: its clock runs by
 * itself, clock_step() waits until so much has passed or more, and exact
 * moments cannot be tested.
 */
bool qtest_has_clock(struct qtest *s);

uint8_t qtest_inb(struct qtest *s, uint16_t port);
uint16_t qtest_inw(struct qtest *s, uint16_t port);
uint32_t qtest_inl(struct qtest *s, uint16_t port);
void qtest_outb(struct qtest *s, uint16_t port, uint8_t value);
void qtest_outw(struct qtest *s, uint16_t port, uint16_t value);
void qtest_outl(struct qtest *s, uint16_t port, uint32_t value);

uint8_t qtest_readb(struct qtest *s, uint64_t addr);
uint16_t qtest_readw(struct qtest *s, uint64_t addr);
uint32_t qtest_readl(struct qtest *s, uint64_t addr);
uint64_t qtest_readq(struct qtest *s, uint64_t addr);
void qtest_writeb(struct qtest *s, uint64_t addr, uint8_t value);
void qtest_writew(struct qtest *s, uint64_t addr, uint16_t value);
void qtest_writel(struct qtest *s, uint64_t addr, uint32_t value);
void qtest_writeq(struct qtest *s, uint64_t addr, uint64_t value);

void qtest_memread(struct qtest *s, uint64_t addr, void *data, size_t size);
void qtest_memwrite(struct qtest *s, uint64_t addr, const void *data,
                    size_t size);
void qtest_memset(struct qtest *s, uint64_t addr, uint8_t value, size_t size);

/** qtest_clock_step() - Let @ns nanoseconds pass; returns the time afterwards
 */
int64_t qtest_clock_step(struct qtest *s, int64_t ns);

/** qtest_clock_set() - Move the clock to @ns; returns the time afterwards */
int64_t qtest_clock_set(struct qtest *s, int64_t ns);

/**
 * qtest_irq_intercept_in() - Report changes of a chip's inputs from now on
 * @path:       QOM path, or the end of one ("ioapic")
 */
void qtest_irq_intercept_in(struct qtest *s, const char *path);

/** qtest_irq() - Level of an intercepted line, after all work done so far */
bool qtest_irq(struct qtest *s, unsigned line);

/** qtest_irq_raises() - How often an intercepted line went up */
unsigned qtest_irq_raises(struct qtest *s, unsigned line);

/**
 * qtest_command() - One raw line, and the first line of the answer
 *
 * For tests of the protocol itself.  Freed by the caller, NULL if the emulator
 * is gone.
 */
char *qtest_command(struct qtest *s, const char *line);

/** qtest_send_raw() - Bytes as they are, with no answer expected */
void qtest_send_raw(struct qtest *s, const void *data, size_t len);

/** qtest_read_line() - Next line of an answer, or NULL */
char *qtest_read_line(struct qtest *s);

/* QMP */

/**
 * qmp() - Execute one command
 * @fmt:        JSON (single quotes will do), printf style
 *
 * Events that come in between are kept for qmp_event().  Returns the reply,
 * freed by the caller with json_object_unref(); an empty object if the
 * emulator is gone.
 */
JsonObject *qmp(struct qtest *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/** qmp_ok() - Execute a command that must succeed */
bool qmp_ok(struct qtest *s, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/**
 * qmp_fails() - Execute a command that must be refused
 * @class:      Error class it must be refused with
 *
 * Returns the description, freed by the caller.
 */
char *qmp_fails(struct qtest *s, const char *class, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/**
 * qmp_event() - Wait for an event
 *
 * Returns its data (possibly empty), or NULL if it does not come in time.
 * Freed by the caller with json_object_unref().
 */
JsonObject *qmp_event(struct qtest *s, const char *name);

/** qmp_wait_event() - The event must come; its data are not looked at */
bool qmp_wait_event(struct qtest *s, const char *name);

/** qmp_send_raw() - Bytes as they are, with no reply waited for */
void qmp_send_raw(struct qtest *s, const void *data, size_t len);

/** qmp_receive() - The next reply that is not an event */
JsonObject *qmp_receive(struct qtest *s);

/* Without the handshakes */

/**
 * run_emulator() - Run the emulator until it ends by itself
 * @args:       Arguments, quoted as in a shell
 * @errors:     What it printed on stderr, freed by the caller (may be NULL)
 * @output:     What it printed on stdout, freed by the caller (may be NULL)
 *
 * Returns the exit status, 128 + signal, or -1 if it had to be killed after a
 * minute.
 */
int run_emulator(const char *args, char **errors, char **output);

/** device_name() - A model's name, with QTEST_DEVICE_PREFIX before it */
char *device_name(const char *model);

/* Test programs */

/** tests_init() - g_test_init() with checks that let the test go on */
void tests_init(int *argc, char ***argv);

#endif
