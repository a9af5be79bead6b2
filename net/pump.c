// SPDX-License-Identifier: MIT
/*
 * pump.c - descriptors that carry frames as they are: tap, datagrams
 */
#include "net/pump.h"

#include <errno.h>

#include "net/backends.h"

/* Frames and bytes read before other descriptors have their turn */
enum { PUMP_BUDGET = 64, PUMP_BYTES = 256 * 1024, LINE = 64 };

static void pump_in(void *opaque, unsigned events);

uint8_t *pump_buf(const struct pump *p, unsigned i)
{
    return p->mem + i * p->stride;
}

/* Offer what was read and is still here; false: a frame is held, and reading
 * stops */
static bool pump_offer(struct pump *p)
{
    for (; p->at < p->n; p->at++) {
        p->buf = pump_buf(p, p->at);
        p->len = p->lens[p->at];
        if (p->len > p->size) {
            p->nd->rx_dropped++;
            continue;
        }
        p->held = p->len &&
                  !(p->ops->take ? p->ops->take(p)
                                 : netdev_receive_flat(p->nd, p->buf, p->len));
        if (p->held) {
            break;
        }
    }
    if (p->in) {
        loop_fd_set(p->in, p->held || p->paused ? 0 : LOOP_IN);
    }
    return !p->held;
}

static void pump_fail(struct pump *p, int error)
{
    p->nd->rx_dropped++;
    if (p->ops->broken) {
        if (p->in) {
            loop_fd_free(p->in);
            p->in = NULL;
        }
        p->ops->broken(p, error);
    }
}

static void pump_in(void *opaque, unsigned events)
{
    struct pump *p = opaque;
    unsigned frames = 0;
    size_t bytes = 0;

    while (frames < PUMP_BUDGET && bytes < PUMP_BYTES && !p->paused) {
        /* One byte more than a frame may have */
        int got = p->ops->read(p, p->size + 1);

        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (got < 0 && errno != EINTR) {
            pump_fail(p, errno);
            return;
        }
        p->at = 0;
        p->n = got < 0 ? 0 : (unsigned)got;
        for (unsigned i = 0; i < p->n; i++) {
            bytes += p->lens[i];
        }
        frames += MAX(p->n, 1);
        if (!pump_offer(p) || (got >= 0 && p->n < p->batch)) {
            return;
        }
    }
}

static void pump_out(void *opaque, unsigned events)
{
    struct pump *p = opaque;

    loop_fd_set(p->out, 0);
    if (!p->ops->room || p->ops->room(p)) {
        netdev_writable(p->nd);
    }
}

void pump_start(struct pump *p, struct netdev *nd, int fd, size_t size,
                unsigned batch, const struct pump_ops *ops)
{
    p->nd = nd;
    p->fd = fd;
    p->size = size;
    p->batch = batch;
    /* An odd number of cache lines, so that the beginnings of frames do not
     * all want the same places in a cache */
    p->stride = ((size / LINE + 1) | 1) * LINE;
    p->mem = g_malloc(batch * p->stride);
    p->out_fd = -1;
    p->ops = ops;
    p->in = loop_fd_new(fd, LOOP_IN, pump_in, p);
}

void pump_stop(struct pump *p)
{
    if (p->in) {
        loop_fd_free(p->in);
        p->in = NULL;
    }
    if (p->out) {
        loop_fd_free(p->out);
        p->out = NULL;
    }
    g_free(p->mem);
    p->mem = NULL;
    p->n = 0;
    p->held = false;
}

void pump_pause(struct pump *p, bool paused)
{
    p->paused = paused;
    if (p->in) {
        loop_fd_set(p->in, p->held || p->paused ? 0 : LOOP_IN);
    }
}

void pump_flush(struct pump *p)
{
    if (p->held) {
        pump_offer(p);
    }
}

void pump_await(struct pump *p, int fd)
{
    if (p->out && p->out_fd != fd) {
        loop_fd_free(p->out);
        p->out = NULL;
    }
    if (!p->out) {
        p->out = loop_fd_new(fd, LOOP_OUT, pump_out, p);
        p->out_fd = fd;
    } else {
        loop_fd_set(p->out, LOOP_OUT);
    }
}
