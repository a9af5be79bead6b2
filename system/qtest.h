/* SPDX-License-Identifier: MIT */
/*
 * qtest.h - the qtest protocol: a test program in the place of the guest CPU
 */
#ifndef SYSTEM_QTEST_H
#define SYSTEM_QTEST_H

#include <glib.h>
#include <stdbool.h>

/**
 * qtest_serve() - Speak the protocol; one client at a time, once per process
 * @in, @out:  Descriptors, may be equal; owned from here on
 * @listening: @in accepts clients.  Else the end of the stream ends the
 *             process: nobody is left to drive it
 */
void qtest_serve(int in, int out, bool listening);

/* -qtest-log FILE: every line, with the time it was read or sent */
bool qtest_log_open(const char *path, GError **err);

/* Ends the session, sending what is still queued as far as it goes */
void qtest_close(void);

#endif
