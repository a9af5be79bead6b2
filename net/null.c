// SPDX-License-Identifier: MIT
/*
 * null.c - a backend that swallows everything: a cable into a sink
 *
 * Carrier without a network, for tests and measurements of a card alone.
 */
#include "net/backends.h"

static struct netdev *null_open(const char *id, JsonObject *opts, GError **err)
{
    struct netdev *nd = g_new0(struct netdev, 1);

    nd->ops = &netdev_null;
    return nd;
}

static void null_close(struct netdev *nd)
{
    g_free(nd);
}

static bool null_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                      const struct offload_hdr *off)
{
    return true;
}

static void null_flush(struct netdev *nd)
{
}

static const char *const null_keys[] = { NULL };

const struct netdev_ops netdev_null = {
    .name = "null",
    .help = "a sink: frames sent are gone, none arrive",
    .keys = null_keys,
    .open = null_open,
    .close = null_close,
    .send = null_send,
    .flush = null_flush,
};
