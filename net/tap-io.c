// SPDX-License-Identifier: MIT
/*
 * tap-io.c - frames into and out of a tap
 *
 * With a vnet header the kernel takes what a guest's card was asked to do as
 * it is: a packet of up to 64 KiB to be cut leaves as one write from guest
 * memory, a checksum is left to be filled in.  It gives us the same in return:
 * one read for what would be 45 frames, which net/offload-in.c makes plain.
 *
 * A frame of ordinary size is copied behind its header.  That looks like work
 * that could be saved, but one piece is cheaper for the kernel to fetch than
 * two or three, by more than the copy costs; and the copy is what allows
 * frames to wait for each other after the guest has its buffers back.  Those
 * that wait leave with one system call at the end of the card's visit, through
 * an io_uring where there is one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/backends.h"
#include "net/tap-storm.h"
#include "net/tap.h"
#include "net/vnet.h"

static void tap_broken(struct pump *p, int error)
{
    struct tap *t = (struct tap *)p->nd;

    t->gone = true;
    g_printerr("netdev '%s': the interface is gone: %s\n", t->nd.id,
               g_strerror(error));
    netdev_carrier_changed(&t->nd);
    /* What waits for room is let go, to nowhere */
    netdev_writable(&t->nd);
}

static int tap_read(struct pump *p, size_t size)
{
    ssize_t got = read(p->fd, pump_buf(p, 0), size);

    if (got < 0) {
        return -1;
    }
    p->lens[0] = (size_t)got;
    return 1;
}

/* pump_ops.take: what is in the buffer, or what is left of it */
static bool tap_take(struct pump *p)
{
    struct tap *t = (struct tap *)p->nd;
    const struct offload_hdr *todo = NULL;
    struct offload_hdr off;
    unsigned flags = 0;

    if (!p->held) {
        if (p->len <= t->hdr_len) {
            return true;
        }
        if (t->offloads) {
            todo = vnet_hdr_read(p->buf, &off, &flags);
        }
        tap_storm_in(t->storm, p->buf + t->hdr_len, p->len - t->hdr_len, todo);
        if (!offload_in_begin(&t->in, p->buf + t->hdr_len, p->len - t->hdr_len,
                              todo, flags)) {
            t->nd.rx_dropped++;
            return true;
        }
    }
    while (t->in.rx.n) {
        if (!netdev_receive(&t->nd, &t->in.rx)) {
            return false;
        }
        offload_in_next(&t->in);
    }
    return true;
}

static const struct pump_ops tap_pump = {
    .read = tap_read,
    .take = tap_take,
    .broken = tap_broken,
};

/* A write's outcome.  False: there is no room now */
static bool written(struct tap *t, ssize_t put)
{
    if (put >= 0) {
        return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        pump_await(&t->pump, t->fd);
        return false;
    }
    /* EIO: the interface is down; ENOBUFS, EINVAL, ..: lost on the way.  If it
     * was removed, reading finds out */
    t->nd.tx_dropped++;
    return true;
}

/* Send a frame from where it is */
static bool send_pieces(struct tap *t, const struct iovec *iov, unsigned n,
                        const struct offload_hdr *off)
{
    uint8_t hdr[TAP_HDR_MAX];
    struct iovec all[OFFLOAD_IOV_MAX + 1];
    unsigned skip = t->hdr_len ? 1 : 0;
    ssize_t put;

    if (skip) {
        vnet_hdr_write(hdr, t->hdr_len, off);
        all[0] = (struct iovec){ .iov_base = hdr, .iov_len = t->hdr_len };
    }
    memcpy(all + skip, iov, n * sizeof(*iov));
    do {
        put = writev(t->fd, all, (int)(n + skip));
    } while (put < 0 && errno == EINTR);
    return written(t, put);
}

static ssize_t write_slot(const struct tap *t, const uint8_t *slot, size_t len)
{
    ssize_t put;

    do {
        put = write(t->fd, slot, len);
    } while (put < 0 && errno == EINTR);
    return put;
}

/* Send a frame of @len bytes, or keep it for the next push */
static bool send_slot(struct tap *t, const struct iovec *iov, unsigned n,
                      size_t len, const struct offload_hdr *off)
{
    uint8_t *slot = slots_copy(&t->slots, t->hdr_len, iov, n);

    if (t->hdr_len) {
        vnet_hdr_write(slot, t->hdr_len, off);
    }
    tap_storm_out(t->storm, slot + t->hdr_len, len, off);
    len += t->hdr_len;
    if (t->ring) {
        if (!slots_keep(&t->slots, len)) {
            tap_push(&t->nd);
        }
        return true;
    }
    return written(t, write_slot(t, slot, len));
}

bool tap_send(struct netdev *nd, const struct iovec *iov, unsigned n,
              const struct offload_hdr *off)
{
    struct tap *t = (struct tap *)nd;
    size_t len = netdev_iov_len(iov, n);

    if (t->gone || n > OFFLOAD_IOV_MAX) {
        nd->tx_dropped++;
        return true;
    }
    if (len + t->hdr_len <= SLOT_SIZE) {
        return send_slot(t, iov, n, len, off);
    }
    tap_push(nd);
    return send_pieces(t, iov, n, off);
}

void tap_push(struct netdev *nd)
{
    struct tap *t = (struct tap *)nd;
    unsigned done;

    if (!t->slots.n) {
        return;
    }
    done = tap_ring_send(t->ring, t);
    if (done < t->slots.n) {
        /* From now on without */
        tap_ring_free(t->ring);
        t->ring = NULL;
    }
    for (; done < t->slots.n; done++) {
        nd->tx_dropped +=
            write_slot(t, t->slots.mem[done], t->slots.len[done]) < 0;
    }
    t->slots.n = 0;
}

void tap_flush(struct netdev *nd)
{
    pump_flush(&((struct tap *)nd)->pump);
}

void tap_start(struct tap *t, unsigned index, bool batch)
{
    t->link = tap_link_new(t, index);
    if (batch) {
        t->ring = tap_ring_new(t);
    }
    pump_start(&t->pump, &t->nd, t->fd, TAP_IN_MAX, 1, &tap_pump);
}

void tap_stop(struct tap *t)
{
    tap_push(&t->nd);
    tap_link_free(t->link);
    t->link = NULL;
    tap_ring_free(t->ring);
    t->ring = NULL;
    pump_stop(&t->pump);
}
