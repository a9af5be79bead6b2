/* SPDX-License-Identifier: MIT */
/*
 * pump.h - descriptors that carry frames as they are: tap, datagrams
 */
#ifndef NET_PUMP_H
#define NET_PUMP_H

#include "net/netdev.h"
#include "system/loop.h"

enum { PUMP_BATCH = 32 /* Frames read at a time, at most */ };

struct pump;

/**
 * struct pump_ops - How a backend reads its descriptor
 * @read:   Frames into pump_buf(), from 0 on, at most @batch of them and @size
 *          bytes each, and their lengths into @lens; 0 is an empty frame, which
 *          is ignored.  Returns how many; -1 with errno as read(2)
 * @take:   Give the frame, p->buf and p->len, to the peer.  False: it was
 *          refused, p->held is set, and the same is asked again when the peer
 *          has room.  NULL: netdev_receive() of a frame as it is
 * @broken: A read failed for good with @error; nothing is read any more.  NULL:
 *          errors are counted and reading goes on
 * @room:   There is the room that pump_await() waits for.  False: it was used
 *          up, and is awaited again.  NULL: true
 */
struct pump_ops {
    int (*read)(struct pump *p, size_t size);
    bool (*take)(struct pump *p);
    void (*broken)(struct pump *p, int error);
    bool (*room)(struct pump *p);
};

/**
 * struct pump - A descriptor and a backend
 * @paused: See pump_pause()
 * @held:   The peer refused the frame in @buf, or a part of it
 * @out:    Watched for room while a send is refused; @out_fd is what it watches
 * @batch:  Frames that are read at a time
 * @at, @n: Of the @n frames that were read, those from @at on are still here
 * @buf, @len: Frame number @at
 * @size:   Bytes that a frame may have
 * @mem:    Room for @batch frames, @stride bytes each
 */
struct pump {
    struct netdev *nd;
    const struct pump_ops *ops;
    int fd, out_fd;
    struct loop_fd *in, *out;
    bool held, paused;
    unsigned batch, at, n;
    size_t len, size, stride;
    uint8_t *buf, *mem;
    size_t lens[PUMP_BATCH];
};

/* Start reading frames of at most @size bytes, @batch at a time; @p is zeroed
 * memory */
void pump_start(struct pump *p, struct netdev *nd, int fd, size_t size,
                unsigned batch, const struct pump_ops *ops);
/* Stop for good; does not close the descriptor.  Also of one not started */
void pump_stop(struct pump *p);
/* Where frame number @i is read to: room for one byte more than the longest */
uint8_t *pump_buf(const struct pump *p, unsigned i);
/* Read nothing for a while; may be called from within ops->take() */
void pump_pause(struct pump *p, bool paused);
/* The peer can take frames again */
void pump_flush(struct pump *p);
/* Call ops->room() and netdev_writable() once @fd has room */
void pump_await(struct pump *p, int fd);

#endif
