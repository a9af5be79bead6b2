/* SPDX-License-Identifier: MIT */
/*
 * filter.h - -object filter-*: what looks at the frames of a backend
 */
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "net/netdev.h"

/**
 * enum filter_queue - Directions, as QEMU names them: seen from the backend
 * @FILTER_RX: Frames sent to the backend, by the card
 * @FILTER_TX: Frames sent by the backend, to the card
 */
enum filter_queue { FILTER_ALL, FILTER_RX, FILTER_TX };

struct filter;

/**
 * struct filter_ops - A kind of filter
 * @name:  Value of qom-type
 * @keys:  NULL-terminated options besides qom-type, id, netdev, queue, status,
 *         position
 * @open:  Make one; NULL and @err on failure, with nothing left behind
 * @close: Free it
 * @frame: A frame passed; it is valid during the call
 */
struct filter_ops {
    const char *name;
    const char *const *keys;
    struct filter *(*open)(JsonObject *opts, GError **err);
    void (*close)(struct filter *f);
    void (*frame)(struct filter *f, const struct iovec *iov, unsigned n);
};

/**
 * struct filter - What every filter has; first member of an instance
 * @off: status=off: it sees nothing
 */
struct filter {
    const struct filter_ops *ops;
    char *id;
    struct netdev *netdev;
    enum filter_queue queue;
    bool off;
};

/* All filters, NULL-terminated */
extern const struct filter_ops *const filter_types[];

/* object-add of a "qom-type" that is a filter, and object-del */
bool filter_add(JsonObject *opts, GError **err);
bool filter_del(const char *id, GError **err);
bool filter_exists(const char *id);

/* For netdev.c: a frame passes; the backend goes away */
void filter_frame(struct netdev *nd, enum filter_queue dir,
                  const struct iovec *iov, unsigned n);
void filter_netdev_gone(struct netdev *nd);

#endif
