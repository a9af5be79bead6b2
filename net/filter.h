/* SPDX-License-Identifier: MIT */
/*
 * filter.h - -object filter-*: what looks at the frames of a backend, or takes
 * them away
 *
 * The filters of a backend are a chain, first one first toward the card and
 * last one first toward the backend.  Frames that a receiver refuses are
 * offered again, so filters that only look see them when they were taken.
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
 * @frame: A frame passed, or with @takes was taken; valid during the call
 * @flush: There may be room again for what filter_forward() could not pass on;
 *         may be NULL
 */
struct filter_ops {
    const char *name;
    const char *const *keys;
    struct filter *(*open)(JsonObject *opts, GError **err);
    void (*close)(struct filter *f);
    void (*frame)(struct filter *f, enum filter_queue dir,
                  const struct iovec *iov, unsigned n);
    void (*flush)(struct filter *f);
};

/**
 * struct filter - What every filter has; first member of an instance
 * @off:   status=off: it sees nothing
 * @takes: Frames end here; set by open()
 */
struct filter {
    const struct filter_ops *ops;
    char *id;
    struct netdev *netdev;
    enum filter_queue queue;
    bool off, takes;
};

extern const struct filter_ops filter_buffer, filter_dump, filter_mirror,
    filter_redirector;

/* All filters, NULL-terminated */
extern const struct filter_ops *const filter_types[];

/* object-add of a "qom-type" that is a filter, and object-del */
bool filter_add(JsonObject *opts, GError **err);
bool filter_del(const char *id, GError **err);
bool filter_exists(const char *id);

/**
 * filter_forward() - Pass a frame on to what follows @after in the chain
 * @after: NULL: the beginning
 * @dir:   FILTER_RX or FILTER_TX
 *
 * Return: false if the receiver refused it; it may be tried again
 */
bool filter_forward(struct netdev *nd, const struct filter *after,
                    enum filter_queue dir, const struct iovec *iov, unsigned n);

/* For netdev.c: there is room again; the backend goes away */
void filter_flush(struct netdev *nd);
void filter_netdev_gone(struct netdev *nd);

#endif
