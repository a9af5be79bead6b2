/* SPDX-License-Identifier: MIT */
/*
 * process.h - the process itself: background, rights, confinement
 *
 * All say on stderr what went wrong and return false.
 */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <stdbool.h>

/* -run-with exit-with-parent=on */
bool process_die_with_parent(void);

/**
 * process_daemonize() - Fork; the parent waits until the child is set up
 *
 * Call before anything is opened that cares about the process.  Returns in the
 * child only; the parent exits with 0 after process_ready(), with 1 if the
 * child ended before.
 */
bool process_daemonize(void);

/* A daemon leaves the folder that it was started in; not once it has a sandbox,
 * which forbids that */
void process_leave_folder(void);

/* The daemon is set up: release the parent, let go of the terminal */
void process_ready(void);

/* -pidfile: created and locked; removed by process_fini() */
bool process_pidfile(const char *path);

/* @dir, @user: may be NULL; @user: a name or UID:GID */
bool process_drop_rights(const char *dir, const char *user);

/**
 * process_isolate() - -run-with isolate=on, while still privileged
 *
 * Namespaces of its own for files, network, IPC and host name: no interface but
 * those of open taps, and an empty file system that cannot be written.
 */
bool process_isolate(void);
/* No capabilities, and none to be had by running another program */
bool process_drop_capabilities(void);

/* -sandbox on: only what a running process needs, see process.c.  @no_open: and
 * nothing that brings it a new file or socket */
bool process_sandbox(bool no_open);

/* Undo what has to be undone: the pid file */
void process_fini(void);

#endif
