/* SPDX-License-Identifier: MIT */
/*
 * queue.h - a bounded queue of frames
 *
 * For whoever must keep frames because a receiver cannot take them now.  The
 * bounds are fixed at creation, so that no guest and no network can make the
 * process grow.
 */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/offload.h"

/**
 * struct queued - A frame in a queue
 * @flags:   Caller's own
 * @has_off: @off is meant
 * @len:     Of @data
 */
struct queued {
    struct queued *next;
    unsigned flags;
    bool has_off;
    struct offload_hdr off;
    size_t len;
    uint8_t data[];
};

/**
 * struct queue - A queue; initialise with the two bounds, the rest 0
 * @max_frames, @max_bytes: Bounds
 * @frames, @bytes: In it now
 */
struct queue {
    unsigned max_frames;
    size_t max_bytes;
    unsigned frames;
    size_t bytes;
    struct queued *first, *last;
};

/**
 * queue_push() - Copy a frame to the end
 * @off: What the frame still needs, or NULL
 *
 * Return: false if it does not fit; the queue is unchanged
 */
bool queue_push(struct queue *q, const struct iovec *iov, unsigned n,
                const struct offload_hdr *off, unsigned flags);
/* The oldest frame, NULL if empty; stays in the queue */
const struct queued *queue_peek(const struct queue *q);
/* Drop the oldest frame, if there is one */
void queue_pop(struct queue *q);
void queue_clear(struct queue *q);

#endif
