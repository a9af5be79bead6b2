/* SPDX-License-Identifier: MIT */
/*
 * dm-proxy.h - libxl's monitor: QEMU answers, and vifemu hears what it must
 */
#ifndef XEN_DM_PROXY_H
#define XEN_DM_PROXY_H

#include <poll.h>

#include "xen/dm-link.h"

struct dm_proxy;

/**
 * dm_proxy_new() - A proxy without a client
 * @vifemu:  Connection to it, negotiated; stays the caller's.  With @eof set
 *           it is gone, and QEMU goes on alone
 * @connect: Makes a new connection to QEMU's monitor; -1 with errno
 * @opaque:  For @connect
 * @ms:      How long vifemu may take for a command
 */
struct dm_proxy *dm_proxy_new(struct dm_link *vifemu,
                              int (*connect)(void *opaque), void *opaque,
                              int ms);
void dm_proxy_free(struct dm_proxy *p);

/**
 * dm_proxy_accept() - Serve a client, which owns a connection to QEMU of its
 * own from now on
 * @fd: Given away; closed if QEMU cannot be reached
 */
void dm_proxy_accept(struct dm_proxy *p, int fd);

/* Is there a client?  As with QEMU, others wait */
bool dm_proxy_has_client(const struct dm_proxy *p);

/**
 * dm_proxy_poll() - What to wait for
 */
void dm_proxy_poll(const struct dm_proxy *p, struct pollfd fds[2]);

/**
 * dm_proxy_run() - Do what can be done now
 * @fds: After poll()
 */
void dm_proxy_run(struct dm_proxy *p, const struct pollfd fds[2]);

#endif
