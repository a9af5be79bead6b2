// SPDX-License-Identifier: MIT
/*
 * port.c - the jack of a NIC: between a card's frames and a backend's
 *
 * Out: the pieces of a frame become an iovec over guest memory; what the host
 * cannot map is copied into a bounce buffer.  net/offload.c makes plain frames
 * of it, which go to the backend at once.  What the backend refuses is copied
 * into a bounded queue, since the card's descriptors are already done with,
 * and the card's visit ends: no deferred work runs until the backend takes
 * frames again.  A visit also ends after so many frames that other cards, and
 * frames coming in, would have to wait for it.
 *
 * In: one frame at a time, straight into the card, which puts off what can be
 * done once for a burst until port_run().  A refused frame stays with the
 * backend, which is asked again after the card's rx_ready.
 *
 * Looped: frames of an internal loopback go through a queue of their own and
 * into the card from port_run(), never from within the card (CVE-2021-3416).
 * A card without receive buffers loses them when the queue is full, like a
 * chip whose FIFO is.
 */
#include <glib.h>
#include <libdeflate.h>
#include <string.h>

#include "net/headers.h"
#include "net/port.h"
#include "net/queue.h"

enum {
    MIN_LEN = 60, /* Shortest frame on a wire, without FCS */
    PAGE = 4096,
    BODY_MAX = OFFLOAD_IOV_MAX - 1,
    BOUNCE_MAX = 65536,    /* Of a frame, what is not mapped */
    QUEUE_FRAMES = 2048,   /* Held back from the backend: room for one */
    QUEUE_BYTES = 1 << 19, /* frame of 64 KiB, cut */
    LOOP_FRAMES = 256,
    LOOP_BYTES = 1 << 18,
    VISIT_FRAMES = 1024, /* Emitted before the card has to pause */
    LOOP_BATCH = 64,     /* Looped frames given back at a time */
};

/**
 * struct port - A jack
 * @out:      Frames that the backend did not take; the card pauses while there
 *            are any
 * @loop:     Frames on their way back into the card; flags are NIC_RX_*
 * @owed:     Work of visits that ended because of us
 * @emitted:  Frames in this visit
 * @stop:     The card was told to end its visit
 * @rx_wait:  The card refused a frame
 * @flush:    The backend is to offer its frame again
 * @draining: Within port_writable()
 * @visiting: Within port_run(), which pushes
 * @unpushed: Frames were given to the backend that it may still have
 * @body:     The current frame's pieces, @mapped as far as they need unmapping
 * @bounce:   Bytes of it that are not mapped
 * @flat:     For frames whose first piece is too short
 */
struct port {
    struct nic *nic;
    const struct port_ops *ops;
    void *host;
    unsigned caps;
    struct queue out, loop;
    uint32_t owed;
    unsigned emitted;
    bool stop, rx_wait, flush, draining, visiting, unpushed;
    struct iovec body[BODY_MAX];
    bool mapped[BODY_MAX];
    unsigned n_body;
    size_t bounced;
    struct port_stats stats;
    uint8_t bounce[BOUNCE_MAX];
    uint8_t flat[NIC_RX_MAX + FCS_LEN];
};

struct port *port_new(struct nic *n, const struct port_ops *ops, void *host,
                      unsigned caps)
{
    struct port *p = g_new0(struct port, 1);

    p->nic = n;
    p->ops = ops;
    p->host = host;
    p->caps = caps;
    p->out.max_frames = QUEUE_FRAMES;
    p->out.max_bytes = QUEUE_BYTES;
    p->loop.max_frames = LOOP_FRAMES;
    p->loop.max_bytes = LOOP_BYTES;
    return p;
}

void port_free(struct port *p)
{
    if (!p) {
        return;
    }
    queue_clear(&p->out);
    queue_clear(&p->loop);
    g_free(p);
}

void port_reset(struct port *p)
{
    queue_clear(&p->out);
    queue_clear(&p->loop);
    /* What waited for the card, or for the backend, waits no more */
    p->rx_wait = false;
    p->flush = true;
    p->ops->defer(p->host);
}

/* Add memory to the body; false if it has too many pieces */
static bool body_add(struct port *p, const void *at, size_t len, bool mapped)
{
    struct iovec *last = p->n_body ? &p->body[p->n_body - 1] : NULL;
    bool unmap = mapped && p->ops->unmap;

    if (last && !unmap && !p->mapped[p->n_body - 1] &&
        (const uint8_t *)last->iov_base + last->iov_len == at) {
        last->iov_len += len;
        return true;
    }
    if (p->n_body == BODY_MAX) {
        return false;
    }
    p->mapped[p->n_body] = unmap;
    p->body[p->n_body++] = (struct iovec){
        .iov_base = (void *)(uintptr_t)at,
        .iov_len = len,
    };
    return true;
}

/* Copy memory that is not mapped, up to the end of its page: what follows may
 * be mapped again.  Returns the bytes taken, 0 if it cannot be read */
static size_t body_bounce(struct port *p, gpa_t at, size_t len)
{
    size_t page = PAGE - (at.addr & (PAGE - 1));
    uint8_t *to = p->bounce + p->bounced;

    len = len < page ? len : page;
    if (len > BOUNCE_MAX - p->bounced || !nic_dma_read(p->nic, at, to, len) ||
        !body_add(p, to, len, false)) {
        return 0;
    }
    p->bounced += len;
    return len;
}

static bool body_add_piece(struct port *p, const struct nic_piece *piece)
{
    gpa_t at = piece->at;
    size_t left = piece->len;

    if (piece->own) {
        return body_add(p, piece->own, left, false);
    }
    while (left) {
        size_t len = left;
        const void *host = p->ops->map(p->host, at, &len);

        if (host && len) {
            len = len < left ? len : left;
            if (!body_add(p, host, len, true)) {
                if (p->ops->unmap) {
                    p->ops->unmap(p->host, host, len);
                }
                return false;
            }
        } else {
            len = body_bounce(p, at, left);
            if (!len) {
                return false;
            }
        }
        at = gpa_add(at, len);
        left -= len;
    }
    return true;
}

static void body_release(struct port *p)
{
    for (unsigned i = 0; i < p->n_body; i++) {
        if (p->mapped[i]) {
            p->ops->unmap(p->host, p->body[i].iov_base, p->body[i].iov_len);
        }
    }
    p->n_body = 0;
    p->bounced = 0;
}

/* offload_emit_fn: a frame for the network */
static bool emit_out(void *arg, const struct iovec *iov, unsigned n,
                     const struct offload_hdr *off)
{
    struct port *p = arg;

    p->emitted++;
    if (!queue_peek(&p->out) && p->ops->send(p->host, iov, n, off)) {
        p->unpushed = true;
        p->stats.sent++;
        return true;
    }
    if (!queue_push(&p->out, iov, n, off, 0)) {
        p->stats.dropped++;
        return false;
    }
    p->stats.queued++;
    return true;
}

/**
 * struct looping - Argument of emit_loop()
 */
struct looping {
    struct port *port;
    unsigned flags;
};

/* offload_emit_fn: a frame for the card itself */
static bool emit_loop(void *arg, const struct iovec *iov, unsigned n,
                      const struct offload_hdr *off)
{
    const struct looping *l = arg;
    struct port *p = l->port;

    p->emitted++;
    if (!queue_push(&p->loop, iov, n, NULL, l->flags)) {
        p->stats.dropped++;
        return false;
    }
    p->stats.looped++;
    return true;
}

/* Let the backend send what it kept */
static void push(struct port *p)
{
    if (p->unpushed && p->ops->push) {
        p->ops->push(p->host);
    }
    p->unpushed = false;
}

/* Whether the card may go on with its visit */
static bool may_go_on(const struct port *p)
{
    return !queue_peek(&p->out) && p->emitted < VISIT_FRAMES &&
           (p->rx_wait || p->loop.frames < LOOP_FRAMES / 2);
}

static unsigned send_mapped(struct port *p, struct nic_frame *f)
{
    struct looping loop = {
        .port = p,
        .flags = NIC_RX_LOOPED | (f->has_fcs ? (unsigned)NIC_RX_FCS : 0U),
    };

    if (!f->loop) {
        return offload_frame(f, p->body, p->n_body, p->caps, emit_out, p);
    }
    if (f->has_fcs && f->len <= FCS_LEN) {
        return 0;
    }
    return offload_frame(f, p->body, p->n_body, 0, emit_loop, &loop);
}

bool port_send(struct port *p, struct nic_frame *f)
{
    uint64_t dropped = p->stats.dropped;
    unsigned n = 0, i = 0;
    bool go_on;

    while (i < f->n_pieces && body_add_piece(p, &f->piece[i])) {
        i++;
    }
    if (i == f->n_pieces) {
        n = send_mapped(p, f);
    }
    body_release(p);
    if (!n && p->stats.dropped == dropped) {
        p->stats.dropped++;
    }
    if (f->gso.type != NIC_GSO_NONE) {
        p->stats.segments += n;
    }
    if (p->loop.frames) {
        p->ops->defer(p->host);
    }
    if (!p->visiting) {
        push(p);
    }
    go_on = may_go_on(p);
    p->stop |= !go_on;
    return go_on;
}

uint16_t port_sum(const struct nic_rx *rx, size_t from, size_t len)
{
    uint32_t sum = 0;
    size_t at = 0, to = from + len;
    bool odd = false;

    for (unsigned i = 0; i < rx->n && at < to; i++) {
        size_t begin = from > at ? from - at : 0, end = rx->buf[i].len;
        uint16_t part;

        end = end < to - at ? end : to - at;
        at += rx->buf[i].len;
        if (begin >= end) {
            continue;
        }
        part =
            offload_fold(offload_sum(rx->buf[i].data + begin, end - begin, 0));
        sum += odd ? __builtin_bswap16(part) : part;
        sum = offload_fold(sum);
        odd ^= (end - begin) & 1;
    }
    return (uint16_t)sum;
}

uint32_t port_fcs(const struct nic_rx *rx, size_t len)
{
    uint32_t crc = 0;

    for (unsigned i = 0; i < rx->n && len; i++) {
        size_t part = rx->buf[i].len < len ? rx->buf[i].len : len;

        crc = libdeflate_crc32(crc, rx->buf[i].data, part);
        len -= part;
    }
    return crc;
}

/* Give a frame to the card; the first piece is long enough */
static bool offer(struct port *p, const struct nic_rx *rx)
{
    /* Only if a host delivers from within the card: it must not wait for an
     * rx_ready that will not come */
    bool busy = p->nic->entered;

    if (!busy && nic_receive(p->nic, rx)) {
        return true;
    }
    p->stats.refused++;
    if (busy) {
        p->flush = true;
        p->ops->defer(p->host);
    } else {
        p->rx_wait = true;
    }
    return false;
}

/* Copy a frame, and zeros up to @need bytes, which is at least its length */
static void flatten(struct port *p, const struct nic_rx *rx, size_t need)
{
    size_t have = 0;

    for (unsigned i = 0; i < rx->n && have < need; i++) {
        size_t part = rx->buf[i].len;

        part = part < need - have ? part : need - have;
        memcpy(p->flat + have, rx->buf[i].data, part);
        have += part;
    }
    memset(p->flat + have, 0, need - have);
}

bool port_receive(struct port *p, const struct nic_rx *rx)
{
    size_t fcs = rx->flags & NIC_RX_FCS ? FCS_LEN : 0;
    size_t head = rx->len < NIC_RX_HEAD ? rx->len : NIC_RX_HEAD;
    struct nic_buf flat = { .data = p->flat, .len = rx->len };
    struct nic_rx copy = { .buf = &flat, .n = 1, .flags = rx->flags };

    if (rx->len <= fcs || rx->len - fcs > NIC_RX_MAX || !rx->n) {
        p->stats.dropped++;
        return true;
    }
    if (p->rx_wait) {
        return false;
    }
    if (rx->len < MIN_LEN && !fcs) {
        flat.len = MIN_LEN;
    } else if (rx->buf[0].len >= head) {
        return offer(p, rx);
    }
    flatten(p, rx, flat.len);
    copy.len = flat.len;
    return offer(p, &copy);
}

void port_writable(struct port *p)
{
    const struct queued *e;

    /* A backend may report room from within its send */
    if (p->draining) {
        return;
    }
    p->draining = true;
    while ((e = queue_peek(&p->out))) {
        const struct iovec iov = {
            .iov_base = (void *)(uintptr_t)e->data,
            .iov_len = e->len,
        };

        if (!p->ops->send(p->host, &iov, 1, e->has_off ? &e->off : NULL)) {
            break;
        }
        p->unpushed = true;
        p->stats.sent++;
        queue_pop(&p->out);
    }
    push(p);
    p->draining = false;
    if (!queue_peek(&p->out)) {
        p->ops->defer(p->host);
    }
}

void port_rx_ready(struct port *p)
{
    if (p->rx_wait) {
        p->rx_wait = false;
        p->flush = true;
        p->ops->defer(p->host);
    }
}

/* Give looped frames back to the card */
static void run_loop(struct port *p)
{
    const struct queued *e;

    for (unsigned i = 0; i < LOOP_BATCH && !p->rx_wait; i++) {
        struct nic_buf buf;
        struct nic_rx rx = { .buf = &buf, .n = 1 };

        e = queue_peek(&p->loop);
        if (!e) {
            return;
        }
        buf = (struct nic_buf){ .data = e->data, .len = e->len };
        rx.len = e->len;
        rx.flags = e->flags;
        if (!offer(p, &rx)) {
            return;
        }
        queue_pop(&p->loop);
    }
}

/* One visit of the card's; true if it has more to do */
static bool run_card(struct port *p)
{
    uint32_t work;
    bool more;

    if (p->owed) {
        work = p->owed;
        p->owed = 0;
        nic_kick(p->nic, work);
    }
    work = p->nic->work;
    p->stop = false;
    p->emitted = 0;
    p->visiting = true;
    more = nic_run(p->nic);
    p->visiting = false;
    push(p);
    if (p->stop) {
        p->owed = work;
        p->stop = false;
        more = true;
    }
    p->emitted = 0;
    return more;
}

bool port_run(struct port *p)
{
    bool more = false;

    if (p->nic->entered) {
        return false;
    }
    p->emitted = 0;
    run_loop(p);
    nic_settle(p->nic);
    if (may_go_on(p)) {
        more = run_card(p);
    }
    if (p->flush && !p->rx_wait) {
        p->flush = false;
        p->ops->flush(p->host);
    }
    return (more && may_go_on(p)) || (p->loop.frames && !p->rx_wait);
}

void port_settle(struct port *p)
{
    nic_kick(p->nic, p->owed);
    p->owed = 0;
}

void port_stats(const struct port *p, struct port_stats *s)
{
    *s = p->stats;
}
