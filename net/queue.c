// SPDX-License-Identifier: MIT
/*
 * queue.c - a bounded queue of frames
 */
#include <glib.h>
#include <string.h>

#include "net/queue.h"

bool queue_push(struct queue *q, const struct iovec *iov, unsigned n,
                const struct offload_hdr *off, unsigned flags)
{
    struct queued *e;
    uint8_t *to;
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        len += iov[i].iov_len;
    }
    if (q->frames >= q->max_frames || len > q->max_bytes - q->bytes) {
        return false;
    }
    e = g_malloc(sizeof(*e) + len);
    e->next = NULL;
    e->flags = flags;
    e->has_off = off != NULL;
    e->off = off ? *off : (struct offload_hdr){ 0 };
    e->len = len;
    to = e->data;
    for (unsigned i = 0; i < n; i++) {
        if (iov[i].iov_len) {
            memcpy(to, iov[i].iov_base, iov[i].iov_len);
            to += iov[i].iov_len;
        }
    }
    if (q->last) {
        q->last->next = e;
    } else {
        q->first = e;
    }
    q->last = e;
    q->frames++;
    q->bytes += len;
    return true;
}

const struct queued *queue_peek(const struct queue *q)
{
    return q->first;
}

void queue_pop(struct queue *q)
{
    struct queued *e = q->first;

    if (!e) {
        return;
    }
    q->first = e->next;
    if (!q->first) {
        q->last = NULL;
    }
    q->frames--;
    q->bytes -= e->len;
    g_free(e);
}

void queue_clear(struct queue *q)
{
    while (q->first) {
        queue_pop(q);
    }
}
