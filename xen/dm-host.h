/* SPDX-License-Identifier: MIT */
/*
 * dm-host.h - what vifemu-dm makes on the host: taps, sockets, processes
 */
#ifndef XEN_DM_HOST_H
#define XEN_DM_HOST_H

#include <sys/types.h>

#include "xen/dm-plan.h"

/**
 * struct dm_host - Made for one guest
 * @qemu, @vifemu: Descriptors for the one and the other; -1: none.  vifemu's
 *            monitor is made with vifemu
 * @listener: Where libxl connects to
 * @monitor:  Where QEMU listens, see dm_host_connect()
 * @qemu_pid: A descriptor that becomes readable when QEMU is gone
 */
struct dm_host {
    struct dm_fds qemu, vifemu;
    int listener, monitor, qemu_pid;
};

/**
 * dm_host_lift() - Let files grow beyond what libxl allows QEMU
 *
 * With dm_restrict it is 256 KiB, and a write beyond that ends the process; the
 * log of a guest, which every start of it adds to, is larger some day.  Without
 * the right to lift the limit such a write fails, and ends nothing.
 */
void dm_host_lift(void);

/**
 * dm_host_limit() - Take that back, as another program is about to run
 */
void dm_host_limit(void);

/**
 * dm_host_probe() - libxl's connection, for a QEMU that it only asks something
 *
 * libxl 4.20 and later tells such a QEMU to quit, and goes on without waiting
 * for its end.  Now a QEMU that listens removes the name of its socket when it
 * ends; meanwhile that may be the name of the guest's monitor.  So it gets the
 * connection, which has no name.
 *
 * Return: -1 with @err
 */
int dm_host_probe(const struct dm_plan *p, GError **err);

/**
 * dm_host_new() - Make all that QEMU and vifemu need; this process is about to
 * become QEMU
 *
 * Nothing is left when all descriptors are closed, but for libxl's socket at
 * dm_plan.qmp_path.
 *
 * Return: NULL with @err
 */
struct dm_host *dm_host_new(const struct dm_plan *p, GError **err);
void dm_host_free(struct dm_host *h);

/**
 * dm_host_qemu() - Let go of what is not QEMU's, and let QEMU inherit the rest
 */
void dm_host_qemu(struct dm_host *h);

/**
 * dm_host_supervisor() - Let go of what is not the supervisor's: of QEMU's
 * descriptors, of what libxl left open for QEMU, and of the standard ones
 * @log: Takes the place of standard output and error
 */
void dm_host_supervisor(struct dm_host *h, int log);

/**
 * dm_host_connect() - A connection to QEMU's monitor
 * @host: struct dm_host
 *
 * Works before QEMU accepts connections.  Return: -1 with errno
 */
int dm_host_connect(void *host);

/**
 * dm_host_spawn() - Start a program that gets all of @fds and libxl's limits,
 * and dies with us
 * @fds: Ends in -1
 * @out: Its standard output and error
 *
 * Return: its process, or -1 with errno
 */
pid_t dm_host_spawn(char *const *argv, const int *fds, int out);

/* The state that vifemu begins with, as a file of its own: sealed, read from
 * its beginning; -1 with errno */
int dm_host_memory(GBytes *state);

/**
 * dm_qemu_find() - The device model to run
 * @wish: The administrator's, or NULL
 *
 * Return: to be freed; NULL with @err, which says what to do
 */
char *dm_qemu_find(const char *wish, GError **err);

/**
 * dm_user() - Whom vifemu runs as
 *
 * What libxl told QEMU (dm_restrict); else what the administrator chose; else
 * as libxl would choose: one of the users that it keeps for device models; else
 * nobody.
 *
 * Return: "UID:GID" or a name, to be freed
 */
char *dm_user(const struct dm_plan *p, const struct dm_settings *s);

#endif
