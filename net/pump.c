// SPDX-License-Identifier: MIT
/*
 * pump.c - descriptors that carry one frame per read and write: tap, datagrams
 */
#include "net/pump.h"

#include <errno.h>

#include "net/backends.h"

/* Frames and bytes read before other descriptors have their turn */
enum { PUMP_BUDGET = 64, PUMP_BYTES = 256 * 1024 };

static void pump_in(void *opaque, unsigned events);

/* Offer the frame in the buffer; false: it is held, and reading stops */
static bool pump_offer(struct pump *p)
{
    p->held = !(p->ops->take ? p->ops->take(p)
                             : netdev_receive_flat(p->nd, p->buf, p->len));
    if (p->in) {
        loop_fd_set(p->in, p->held ? 0 : LOOP_IN);
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
    size_t bytes = 0;

    for (unsigned i = 0; i < PUMP_BUDGET && bytes < PUMP_BYTES; i++) {
        /* One byte more than a frame may have */
        ssize_t got = p->ops->read(p, p->buf, p->size + 1);

        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (got < 0 && errno != EINTR) {
            pump_fail(p, errno);
            return;
        }
        if (got <= 0) {
            continue;
        }
        p->len = (size_t)got;
        bytes += p->len;
        if (p->len > p->size) {
            p->nd->rx_dropped++;
        } else if (!pump_offer(p)) {
            return;
        }
    }
}

static void pump_out(void *opaque, unsigned events)
{
    struct pump *p = opaque;

    loop_fd_set(p->out, 0);
    netdev_writable(p->nd);
}

void pump_start(struct pump *p, struct netdev *nd, int fd, size_t size,
                const struct pump_ops *ops)
{
    p->nd = nd;
    p->fd = fd;
    p->size = size;
    p->buf = g_malloc(size + 1);
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
    g_free(p->buf);
    p->buf = NULL;
    p->held = false;
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
