/* SPDX-License-Identifier: MIT */
/*
 * libqtest-private.h - what libqtest.c and libqmp.c share
 */
#ifndef TESTS_QTEST_LIBQTEST_PRIVATE_H
#define TESTS_QTEST_LIBQTEST_PRIVATE_H

#include "libqtest.h"

#include <sys/types.h>

enum { IRQ_LINES = 256 };

/** struct line_reader - Lines out of a stream socket */
struct line_reader {
    int fd;
    bool ended; /* the other side closed it */
    GString *buffer;
};

struct qtest {
    pid_t pid;  /* -1 once reaped */
    int errors; /* memory file that the child has as stderr */
    struct line_reader wire;
    struct line_reader monitor;
    GQueue *events; /* JsonObject, not asked for yet */
    bool has_clock;
    bool broken; /* gone; the test has failed already */
    bool irq_level[IRQ_LINES];
    unsigned irq_raises[IRQ_LINES];
};

/**
 * reader_line() - The next line without its end
 * @timeout_ms: How long to wait for it
 *
 * NULL when the stream ended or the time is up.  Freed by the caller.
 */
char *reader_line(struct line_reader *r, int timeout_ms);

/** qtest_break() - Note that the emulator is gone, show why, fail the test */
void qtest_break(struct qtest *s, const char *what);

/**
 * qtest_pump() - Take in what waits on the qtest socket
 *
 * QEMU stands still while nobody reads its interrupt messages, of which a PC
 * whose clock jumps from timer to timer has many.
 */
void qtest_pump(struct qtest *s);

/** send_all() - Write everything to a socket; false if the peer is gone */
bool send_all(int fd, const void *data, size_t len);

/** answer_timeout_ms() - Longest time that an answer may take */
int answer_timeout_ms(void);

/** qmp_handshake() - Read the greeting and leave negotiation mode */
void qmp_handshake(struct qtest *s);

#endif
