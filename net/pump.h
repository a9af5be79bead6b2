/* SPDX-License-Identifier: MIT */
/*
 * pump.h - descriptors that carry one frame per read and write: tap, datagrams
 */
#ifndef NET_PUMP_H
#define NET_PUMP_H

#include "net/netdev.h"
#include "system/loop.h"

struct pump;

/**
 * struct pump_ops - How a backend reads its descriptor
 * @read:   One frame, at most @size bytes; -1 with errno as read(2).  0 is an
 *          empty frame, which is ignored
 * @take:   Give the frame, p->buf and p->len, to the peer.  False: it was
 *          refused, p->held is set, and the same is asked again when the peer
 *          has room.  NULL: netdev_receive() of a frame as it is
 * @broken: A read failed for good with @error; nothing is read any more.  NULL:
 *          errors are counted and reading goes on
 */
struct pump_ops {
    ssize_t (*read)(struct pump *p, void *buf, size_t size);
    bool (*take)(struct pump *p);
    void (*broken)(struct pump *p, int error);
};

/**
 * struct pump - A descriptor and a backend
 * @held: @buf has @len bytes that the peer refused, or a part of them
 * @out:  Watched for room while a send is refused; @out_fd is what it watches
 */
struct pump {
    struct netdev *nd;
    const struct pump_ops *ops;
    int fd, out_fd;
    struct loop_fd *in, *out;
    bool held;
    size_t len, size;
    uint8_t *buf;
};

/* Start reading frames of at most @size bytes; @p is zeroed memory */
void pump_start(struct pump *p, struct netdev *nd, int fd, size_t size,
                const struct pump_ops *ops);
/* Stop for good; does not close the descriptor.  Also of one not started */
void pump_stop(struct pump *p);
/* The peer can take frames again */
void pump_flush(struct pump *p);
/* Call netdev_writable() once @fd has room */
void pump_await(struct pump *p, int fd);

#endif
