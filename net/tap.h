/* SPDX-License-Identifier: MIT */
/*
 * tap.h - the two halves of -netdev tap: setting up, and moving frames
 */
#ifndef NET_TAP_H
#define NET_TAP_H

#include "net/pump.h"
#include "net/slots.h"

enum {
    TAP_HDR_MAX = 64, /* Longest vnet header we know how to skip */
    TAP_IN_MAX = 65535 + 18 + TAP_HDR_MAX, /* An IP packet in tagged Ethernet */
};

struct tap_ring;
struct tap_link;
struct tap_storm;

/**
 * struct tap - An interface
 * @hdr_len:    Bytes before each frame on the descriptor: struct
 *              virtio_net_hdr, and zeros up to this length; 0: none
 * @offloads:   The header means something: caps are set, and the kernel leaves
 *              frames unfinished for us
 * @downscript: Run when it is closed, or NULL
 * @gone:       The interface was removed
 * @in:         The frame in the pump's buffer
 * @link:       Watches whether the interface is up, or NULL
 * @ring:       Sends several frames at once, or NULL
 * @storm:      Looks out for storms, or NULL
 * @slots:      Frames with their headers, waiting for tap_push()
 */
struct tap {
    struct netdev nd;
    struct pump pump;
    int fd;
    size_t hdr_len;
    bool offloads, gone;
    char *downscript;
    struct offload_in in;
    struct tap_link *link;
    struct tap_ring *ring;
    struct tap_storm *storm;
    struct slots slots;
};

/**
 * tap_start() - Begin to move frames
 * @index: Of the interface
 * @batch: A full interface does not make a write wait or fail, so that several
 *         can be under way without getting out of order
 */
void tap_start(struct tap *t, unsigned index, bool batch);
/* What waits is sent; also for a tap that was not started */
void tap_stop(struct tap *t);

/* struct netdev_ops */
bool tap_send(struct netdev *nd, const struct iovec *iov, unsigned n,
              const struct offload_hdr *off);
void tap_push(struct netdev *nd);
void tap_flush(struct netdev *nd);

/* tap-ring.c: the frames in t->slots through io_uring */

#ifdef CONFIG_LINUX_IO_URING
/* NULL if the kernel has or allows none */
struct tap_ring *tap_ring_new(struct tap *t);
void tap_ring_free(struct tap_ring *r);
/* Send the frames in t->slots in order; those that were lost are counted.
 * Returns how many it was done with: if not all, the ring is of no use */
unsigned tap_ring_send(struct tap_ring *r, struct tap *t);
#else
static inline struct tap_ring *tap_ring_new(struct tap *t)
{
    return NULL;
}

static inline void tap_ring_free(struct tap_ring *r)
{
}

static inline unsigned tap_ring_send(struct tap_ring *r, struct tap *t)
{
    return 0;
}
#endif

/* tap-link.c: whether the interface is up */

/* @index: Of the interface.  NULL if the kernel does not tell */
struct tap_link *tap_link_new(struct tap *t, unsigned index);
void tap_link_free(struct tap_link *l);
bool tap_link_up(const struct tap_link *l);

#endif
