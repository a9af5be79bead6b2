// SPDX-License-Identifier: MIT
/*
 * filter-buffer.c - -object filter-buffer: frames leave in intervals
 *
 * An interval begins with the first frame; time is the machine's.  What does
 * not fit into the bounded queue within one interval is lost, as on a link that
 * is too slow.
 */
#include "net/backends.h"
#include "net/filter.h"
#include "net/queue.h"
#include "system/loop.h"

enum { BUFFER_FRAMES = 4096, BUFFER_BYTES = 1 << 22, NS_PER_US = 1000 };

/**
 * struct buffer - The filter
 * @kept: Frames of this interval; flags are their enum filter_queue
 * @due:  The interval is over, but a receiver refused the next frame
 */
struct buffer {
    struct filter filter;
    struct queue kept;
    struct clock_timer *timer;
    int64_t interval_ns;
    bool due;
};

/* Pass on what is kept; stops at a frame that is refused */
static void buffer_release(struct buffer *b)
{
    const struct queued *e;

    while ((e = queue_peek(&b->kept))) {
        const struct iovec iov = {
            .iov_base = (void *)(uintptr_t)e->data,
            .iov_len = e->len,
        };

        b->due = !filter_forward(b->filter.netdev, &b->filter,
                                 (enum filter_queue)e->flags, &iov, 1);
        if (b->due) {
            return;
        }
        queue_pop(&b->kept);
    }
}

static void buffer_expired(void *opaque)
{
    buffer_release(opaque);
}

static void buffer_flush(struct filter *f)
{
    struct buffer *b = (struct buffer *)f;

    if (b->due) {
        buffer_release(b);
    }
}

static void buffer_frame(struct filter *f, enum filter_queue dir,
                         const struct iovec *iov, unsigned n)
{
    struct buffer *b = (struct buffer *)f;

    if (!queue_peek(&b->kept)) {
        clock_timer_set(b->timer, clock_now() + b->interval_ns);
    }
    if (!queue_push(&b->kept, iov, n, NULL, dir)) {
        if (dir == FILTER_RX) {
            f->netdev->tx_dropped++;
        } else {
            f->netdev->rx_dropped++;
        }
    }
}

static struct filter *buffer_open(JsonObject *opts, GError **err)
{
    uint64_t interval = 0;
    struct buffer *b;

    if (!opts_uint(opts, "interval", 1, UINT32_MAX, &interval, err)) {
        return NULL;
    }
    if (!interval) {
        vm_fail(err, "property 'interval' is missing");
        return NULL;
    }
    b = g_new0(struct buffer, 1);
    b->filter.takes = true;
    b->kept.max_frames = BUFFER_FRAMES;
    b->kept.max_bytes = BUFFER_BYTES;
    b->interval_ns = (int64_t)interval * NS_PER_US;
    b->timer = clock_timer_new(buffer_expired, b);
    return &b->filter;
}

static void buffer_close(struct filter *f)
{
    struct buffer *b = (struct buffer *)f;

    buffer_release(b);
    clock_timer_free(b->timer);
    queue_clear(&b->kept);
    g_free(b);
}

static const char *const buffer_keys[] = { "interval", NULL };

const struct filter_ops filter_buffer = {
    .name = "filter-buffer",
    .keys = buffer_keys,
    .open = buffer_open,
    .close = buffer_close,
    .frame = buffer_frame,
    .flush = buffer_flush,
};
