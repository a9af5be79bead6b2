/* SPDX-License-Identifier: MIT */
/*
 * qmp.h - QMP servers
 */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include <glib.h>
#include <stdbool.h>

/**
 * qmp_serve() - Speak QMP on a connected stream socket or pipe pair
 * @in, @out: File descriptors, may be equal; owned from here on
 *
 * The greeting is sent at once.  The session ends with the peer's EOF.
 */
void qmp_serve(int in, int out);

/**
 * qmp_listen() - Accept QMP clients on a listening socket, one at a time
 */
void qmp_listen(int fd);

/**
 * qmp_chardev() - Make a chardev known to query-chardev
 * @label:    Its id
 * @filename: What it is connected to, as QEMU words it ("unix:PATH", "stdio")
 *
 * libxl asks for it before anything else.
 */
void qmp_chardev(const char *label, const char *filename);

/**
 * qmp_take_fd() - Take a descriptor that a client sent with "getfd"
 *
 * Return: the descriptor, the caller's from now on; -1 if none has that name
 */
int qmp_take_fd(const char *name);

/* Ends all sessions, sending what is still queued */
void qmp_close_all(void);

/**
 * hmp_command() - What human-monitor-command runs, and a readline monitor
 *
 * Return: text to show, caller frees; unknown commands give an explanation
 */
char *hmp_command(const char *line);

#endif
