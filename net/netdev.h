/* SPDX-License-Identifier: MIT */
/*
 * netdev.h - the contract between a network backend and what it is plugged into
 *
 * A backend (net/tap.c, slirp.c, ...) moves frames between a "peer" (a NIC's
 * port, net/port.c, or a hub) and the world.  It says what offloads it can
 * take, so nothing is negotiated inside a model; net/offload.c does the rest
 * in software.
 */
#ifndef NET_NETDEV_H
#define NET_NETDEV_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "hw/nic.h"
#include "net/offload.h"

struct netdev;

/**
 * struct netdev_peer_ops - Who receives from a backend
 * @receive:  Offer a plain frame (no partial checksum, at most NIC_RX_MAX
 *            bytes).  False: keep it, stop reading, offer it again after
 *            netdev_flush()
 * @writable: A send that was refused may be tried again
 * @link:     The backend's carrier changed; may be NULL
 * @gone:     The backend was closed and this peer unplugged; may be NULL
 */
struct netdev_peer_ops {
    bool (*receive)(void *peer, const struct nic_rx *rx);
    void (*writable)(void *peer);
    void (*link)(void *peer, bool up);
    void (*gone)(void *peer);
};

/**
 * struct netdev_ops - A kind of backend
 * @name:  Value of -netdev's type
 * @help:  One line for -netdev help
 * @keys:  NULL-terminated option names it knows besides "type" and "id"
 * @open:  Make one from flat options and set its @ops; values are JSON strings
 * (key=value spelling) or typed (JSON spelling).  NULL and @err on failure,
 * with nothing left behind
 * @close: Free it and everything it opened, run its downscript
 * @send:  Send one frame, now or at the next @push.  False: cannot take it
 *         now, nothing was sent; peer->writable() follows.  Errors that will
 *         not go away drop and count
 * @push:  Let go of what @send kept to itself; NULL if it keeps nothing
 * @flush: The peer can take frames again
 * @link:  Whether there is carrier; NULL: always
 * @info:  One line for "info network"; may be NULL
 */
struct netdev_ops {
    const char *name, *help;
    const char *const *keys;
    struct netdev *(*open)(const char *id, JsonObject *opts, GError **err);
    void (*close)(struct netdev *nd);
    bool (*send)(struct netdev *nd, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off);
    void (*push)(struct netdev *nd);
    void (*flush)(struct netdev *nd);
    bool (*link)(struct netdev *nd);
    char *(*info)(struct netdev *nd);
};

/**
 * struct netdev - What every backend has; first member of an instance
 * @peer, @peer_ops: Plugged in by netdev_plug(); NULL: frames are dropped
 * @caps: OFFLOAD_* bits: what @send takes
 * @storms: How often a loop on the network was noticed
 * @link_down: Cut by set_link: nothing passes either way
 */
struct netdev {
    const struct netdev_ops *ops;
    char *id;
    void *peer;
    const struct netdev_peer_ops *peer_ops;
    GSList *filters; /* struct filter, from -object filter-* */
    unsigned caps;
    bool link_down;
    uint64_t tx_frames, tx_bytes, tx_dropped;
    uint64_t rx_frames, rx_bytes, rx_dropped, storms;
};

/* All backends, NULL-terminated (net/netdev.c) */
extern const struct netdev_ops *const netdev_types[];

/**
 * netdev_open() - Make a backend from "type", "id" and its own options
 *
 * Refuses an unknown type, an unknown option, a missing id; the error names
 * the option, its value and what is allowed.
 */
struct netdev *netdev_open(JsonObject *opts, GError **err);
/* With its filters; a peer that is still plugged hears of it */
void netdev_close(struct netdev *nd);
struct netdev *netdev_find(const char *id);
void netdev_plug(struct netdev *nd, const struct netdev_peer_ops *ops,
                 void *peer);
void netdev_unplug(struct netdev *nd);

/* Whether there is a link: neither cut by set_link nor without carrier */
bool netdev_carrier(struct netdev *nd);
/* set_link; tells the peer */
void netdev_set_link(struct netdev *nd, bool up);

/* Finds the descriptor that QMP's getfd named, -1 if there is none; it is the
 * caller's then.  NULL: no names */
extern int (*netdev_named_fd)(const char *name);
/* Tells monitors what vm_event() would; takes @data.  NULL: there are none */
extern void (*netdev_event)(const char *name, JsonObject *data);

/* What peers call: honours link_down, then ops->send(), counts and dumps.  With
 * filters a frame that still needs something gets that first */
bool netdev_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off);
/* To be called by peers after netdev_send(), once for any number of frames */
void netdev_push(struct netdev *nd);
void netdev_flush(struct netdev *nd);

/* For filters: to the card, or to the backend; counts.  False: refused */
bool netdev_deliver(struct netdev *nd, bool to_card, const struct iovec *iov,
                    unsigned n);

/* What backends call: a frame (peer->receive(), then counts and dumps it if it
 * was taken), room after a refused send, carrier */
bool netdev_receive(struct netdev *nd, const struct nic_rx *rx);
void netdev_writable(struct netdev *nd);
void netdev_carrier_changed(struct netdev *nd);

#endif
