/* SPDX-License-Identifier: MIT */
/*
 * backends.h - the backends there are, and what they share
 */
#ifndef NET_BACKENDS_H
#define NET_BACKENDS_H

#include "net/netdev.h"
#include "system/opts.h"
#include "system/vm.h"

extern const struct netdev_ops netdev_user, netdev_tap, netdev_dgram,
    netdev_stream, netdev_socket, netdev_hubport, netdev_null;

/* Bytes of a frame in pieces */
size_t netdev_iov_len(const struct iovec *iov, unsigned n);

/* Offer a frame that is in one piece */
bool netdev_receive_flat(struct netdev *nd, const void *data, size_t len);

/**
 * netdev_fd() - The descriptor that option @key names
 * @key: Its value is a number, or a name known to netdev_named_fd
 *
 * It must be open; it is made close-on-exec and non-blocking, and belongs to
 * the caller.  Return: -1 with @err
 */
int netdev_fd(JsonObject *opts, const char *key, GError **err);

#endif
