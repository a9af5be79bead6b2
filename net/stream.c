// SPDX-License-Identifier: MIT
/*
 * stream.c - -netdev stream: frames over a stream socket
 *
 * Each frame follows its length, 4 bytes big-endian.  A server serves one
 * client at a time, and waits for the next one when it is gone.  Frames sent
 * while nobody is connected are lost, as on a cable that ends nowhere.
 *
 * Frames to be sent are collected until the card's visit ends or the buffer is
 * full, and leave with one system call.  What the socket does not take at once
 * is kept, because a frame that has begun must be completed; until all of it is
 * sent nothing else is taken.  Received frames are delivered from where one
 * read has put many of them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/addr.h"
#include "net/backends.h"
#include "system/loop.h"

enum {
    PREFIX = 4,
    /* What QEMU takes; a larger number is not the length of a frame */
    LENGTH_MAX = 4096 + 65536,
    FRAME_MAX = PREFIX + LENGTH_MAX,
    BUFFER = 2 * FRAME_MAX,
    READS = 16,           /* Per turn of the loop */
    CONNECT_WAIT_MS = 100 /* For a clear error at start */
};

/**
 * struct stream - One end of a connection, or a server waiting for it
 * @listen_fd, @fd: -1 if there is none
 * @listener, @conn: Their watches
 * @connecting:     connect() is not through yet
 * @addr:           To connect to, or bound
 * @bound:          To be removed from the file system
 * @retry:          Connects again after @reconnect_ns; NULL: never
 * @held:           The peer refused the frame at @in_at
 * @full:           The socket did not take all of @out
 * @want_room:      A frame was refused because of that
 * @in_at, @in_end: What of @in is received and not yet delivered
 * @out_at, @out_end: What of @out is to be sent
 * @n_out:          Frames that @out has held since it was empty
 */
struct stream {
    struct netdev nd;
    int listen_fd, fd;
    struct loop_fd *listener, *conn;
    bool connecting, bound;
    struct addr addr;
    struct clock_timer *retry;
    int64_t reconnect_ns;
    bool held, full, want_room;
    size_t in_at, in_end, out_at, out_end;
    unsigned n_out;
    uint8_t in[BUFFER];
    uint8_t out[FRAME_MAX];
};

static void stream_ready(void *opaque, unsigned events);

static void stream_watch(struct stream *s)
{
    unsigned events = 0;

    if (!s->conn) {
        return;
    }
    if (!s->held && !s->connecting) {
        events |= LOOP_IN;
    }
    if (s->full || s->connecting) {
        events |= LOOP_OUT;
    }
    loop_fd_set(s->conn, events);
}

/* What was collected is lost; of the first frame a part may have left */
static void stream_lose(struct stream *s)
{
    s->nd.tx_dropped += s->n_out;
    s->n_out = 0;
    s->out_at = 0;
    s->out_end = 0;
    s->full = false;
}

static void stream_attach(struct stream *s, int fd, bool connecting)
{
    int one = 1;

    /* Fails on what is not TCP, which has no such delay */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    s->fd = fd;
    s->connecting = connecting;
    s->in_at = 0;
    s->in_end = 0;
    s->held = false;
    s->want_room = false;
    s->conn = loop_fd_new(fd, LOOP_IN, stream_ready, s);
    stream_watch(s);
}

/* The connection is over; what was refused meanwhile may be tried (and lost) */
static void stream_detach(struct stream *s)
{
    if (s->fd < 0) {
        return;
    }
    loop_fd_free(s->conn);
    s->conn = NULL;
    close(s->fd);
    s->fd = -1;
    s->connecting = false;
    s->held = false;
    stream_lose(s);
    if (s->listener) {
        loop_fd_set(s->listener, LOOP_IN);
    }
    if (s->retry) {
        clock_timer_set(s->retry, clock_now() + s->reconnect_ns);
    }
    netdev_writable(&s->nd);
}

/* Deliver complete frames.  False: the other end does not speak the protocol */
static bool stream_deliver(struct stream *s)
{
    s->held = false;
    while (s->in_end - s->in_at >= PREFIX) {
        size_t len = be32_at(s->in + s->in_at);

        if (len > LENGTH_MAX) {
            return false;
        }
        if (s->in_end - s->in_at - PREFIX < len) {
            break;
        }
        if (!netdev_receive_flat(&s->nd, s->in + s->in_at + PREFIX, len)) {
            s->held = true;
            break;
        }
        s->in_at += PREFIX + len;
    }
    return true;
}

/* Move the beginning of a frame to the front.  Returns the room behind it,
 * which is enough for the rest and more */
static size_t stream_make_room(struct stream *s)
{
    s->in_end -= s->in_at;
    memmove(s->in, s->in + s->in_at, s->in_end);
    s->in_at = 0;
    return BUFFER - s->in_end;
}

/* Read what is there, within bounds.  False: the connection is over */
static bool stream_read(struct stream *s)
{
    for (unsigned i = 0; i < READS && !s->held; i++) {
        size_t room = stream_make_room(s);
        ssize_t got = recv(s->fd, s->in + s->in_end, room, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        if (got == 0) {
            return false;
        }
        s->in_end += (size_t)got;
        if (!stream_deliver(s)) {
            s->nd.rx_dropped++;
            return false;
        }
        if ((size_t)got < room) {
            break;
        }
    }
    return true;
}

/* Send what was collected, as far as there is room.  False: the connection is
 * over */
static bool stream_write(struct stream *s)
{
    s->full = false;
    while (s->out_at < s->out_end && !s->full) {
        ssize_t put = send(s->fd, s->out + s->out_at, s->out_end - s->out_at,
                           MSG_NOSIGNAL);

        if (put >= 0) {
            s->out_at += (size_t)put;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            s->full = true;
        } else if (errno != EINTR) {
            return false;
        }
    }
    if (!s->full) {
        s->n_out = 0;
        s->out_at = 0;
        s->out_end = 0;
    }
    return true;
}

static bool stream_connected(struct stream *s)
{
    socklen_t len = sizeof(int);
    int why = 0;

    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &len) || why) {
        return false;
    }
    s->connecting = false;
    return true;
}

static void stream_ready(void *opaque, unsigned events)
{
    struct stream *s = opaque;
    bool ok = true, room;

    if (s->connecting) {
        ok = stream_connected(s);
    } else if (events & (LOOP_OUT | LOOP_HUP)) {
        ok = stream_write(s);
    }
    /* Also after a hang-up: what was sent before is still there */
    if (ok && (events & (LOOP_IN | LOOP_HUP)) && !s->held) {
        ok = stream_read(s);
    }
    if (!ok) {
        stream_detach(s);
        return;
    }
    room = !s->full && s->want_room;
    s->want_room &= !room;
    if (room) {
        netdev_writable(&s->nd);
    }
    stream_watch(s);
}

static void stream_push(struct netdev *nd)
{
    struct stream *s = (struct stream *)nd;

    if (s->full || !s->out_end) {
        return;
    }
    if (!stream_write(s)) {
        /* The watch sees the end of the connection too, and cleans up */
        stream_lose(s);
    }
    stream_watch(s);
}

/* Put a frame behind those that were collected */
static void stream_collect(struct stream *s, const struct iovec *iov,
                           unsigned n, size_t len)
{
    uint8_t *to = s->out + s->out_end;

    be32_store(to, (uint32_t)len);
    to += PREFIX;
    for (unsigned i = 0; i < n; i++) {
        memcpy(to, iov[i].iov_base, iov[i].iov_len);
        to += iov[i].iov_len;
    }
    s->out_end += PREFIX + len;
    s->n_out++;
}

static bool stream_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                        const struct offload_hdr *off)
{
    struct stream *s = (struct stream *)nd;
    size_t len = netdev_iov_len(iov, n);

    if (s->fd < 0 || s->connecting || !len || len > LENGTH_MAX) {
        nd->tx_dropped++;
        return true;
    }
    if (FRAME_MAX - s->out_end < PREFIX + len) {
        stream_push(nd);
    }
    if (s->full) {
        s->want_room = true;
        return false;
    }
    stream_collect(s, iov, n, len);
    return true;
}

static void stream_flush(struct netdev *nd)
{
    struct stream *s = (struct stream *)nd;

    if (!s->held) {
        return;
    }
    if (!stream_deliver(s)) {
        nd->rx_dropped++;
        stream_detach(s);
        return;
    }
    stream_watch(s);
}

static void stream_accept(void *opaque, unsigned events)
{
    struct stream *s = opaque;
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        return;
    }
    /* One client: others wait in the backlog */
    loop_fd_set(s->listener, 0);
    stream_attach(s, fd, false);
}

static bool stream_listen(struct stream *s, GError **err)
{
    s->listen_fd = s->addr.fd;
    if (s->addr.type != ADDR_FD) {
        s->listen_fd = addr_socket(&s->addr, SOCK_STREAM, err);
        if (s->listen_fd < 0 ||
            !addr_bind(s->listen_fd, &s->addr, "addr", err)) {
            return false;
        }
        s->bound = true;
    }
    if (listen(s->listen_fd, 1)) {
        return vm_fail(err, "property 'addr': cannot listen: %s",
                       g_strerror(errno));
    }
    s->listener = loop_fd_new(s->listen_fd, LOOP_IN, stream_accept, s);
    return true;
}

/* Begin to connect, waiting a moment for errors that come at once */
static bool stream_connect(struct stream *s, GError **err)
{
    struct pollfd p = { .events = POLLOUT };
    socklen_t len = sizeof(int);
    int fd = addr_socket(&s->addr, SOCK_STREAM, err), why = 0;
    char *shown;

    if (fd < 0) {
        return false;
    }
    if (connect(fd, &s->addr.sa.any, s->addr.len)) {
        why = errno;
    }
    if (why == EINPROGRESS && err) {
        p.fd = fd;
        if (poll(&p, 1, CONNECT_WAIT_MS) == 1) {
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len);
        }
    }
    if (!why || why == EINPROGRESS) {
        stream_attach(s, fd, why == EINPROGRESS);
        return true;
    }
    close(fd);
    shown = addr_show(&s->addr);
    vm_fail(err, "property 'addr': cannot connect to %s: %s", shown,
            g_strerror(why));
    g_free(shown);
    return false;
}

static void stream_retry(void *opaque)
{
    struct stream *s = opaque;

    if (!stream_connect(s, NULL)) {
        clock_timer_set(s->retry, clock_now() + s->reconnect_ns);
    }
}

static bool is_stream(int fd)
{
    socklen_t len = sizeof(int);
    int type = 0;

    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
           type == SOCK_STREAM;
}

static void stream_close(struct netdev *nd)
{
    struct stream *s = (struct stream *)nd;

    if (s->retry) {
        clock_timer_free(s->retry);
        s->retry = NULL;
    }
    if (s->listener) {
        loop_fd_free(s->listener);
        s->listener = NULL;
    }
    stream_push(nd);
    stream_detach(s);
    if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    if (s->bound) {
        addr_unlink(&s->addr);
    }
    g_free(s);
}

/* Connect or listen as the options say */
static bool stream_begin(struct stream *s, JsonObject *opts, GError **err)
{
    bool server = false;
    uint64_t reconnect = 0;

    if (!opts_bool(opts, "server", &server, err) ||
        !opts_uint(opts, "reconnect", 0, 86400, &reconnect, err) ||
        !addr_read(opts, "addr", false, server, &s->addr, err)) {
        return false;
    }
    if (s->addr.type == ADDR_NONE) {
        return vm_fail(err, "property 'addr.type' is missing");
    }
    if (reconnect && (server || s->addr.type == ADDR_FD)) {
        return vm_fail(err, "property 'reconnect' needs server=off and an "
                            "address to connect to");
    }
    if (s->addr.type == ADDR_FD && !is_stream(s->addr.fd)) {
        return vm_fail(err,
                       "property 'addr.str': descriptor %d is not a "
                       "stream socket",
                       s->addr.fd);
    }
    if (server) {
        return stream_listen(s, err);
    }
    if (s->addr.type == ADDR_FD) {
        stream_attach(s, s->addr.fd, false);
        return true;
    }
    if (reconnect) {
        s->reconnect_ns = (int64_t)reconnect * 1000000000;
        s->retry = clock_timer_new(stream_retry, s);
        stream_retry(s);
        return true;
    }
    return stream_connect(s, err);
}

static struct netdev *stream_open(const char *id, JsonObject *opts,
                                  GError **err)
{
    struct stream *s = g_new0(struct stream, 1);

    s->nd.ops = &netdev_stream;
    s->fd = -1;
    s->listen_fd = -1;
    if (!stream_begin(s, opts, err)) {
        if (s->addr.type == ADDR_FD && s->fd < 0 && s->listen_fd < 0) {
            close(s->addr.fd);
        }
        stream_close(&s->nd);
        return NULL;
    }
    return &s->nd;
}

static char *stream_info(struct netdev *nd)
{
    struct stream *s = (struct stream *)nd;
    char *shown = addr_show(&s->addr), *line;

    line =
        g_strdup_printf("%s %s, %s", s->listener ? "server at" : "peer", shown,
                        s->fd < 0
                            ? "not connected"
                            : (s->connecting ? "connecting" : "connected"));
    g_free(shown);
    return line;
}

static const char *const stream_keys[] = { "server", "reconnect",
                                           ADDR_KEYS("addr"), NULL };

const struct netdev_ops netdev_stream = {
    .name = "stream",
    .help = "frames with their length over a stream socket",
    .keys = stream_keys,
    .open = stream_open,
    .close = stream_close,
    .send = stream_send,
    .push = stream_push,
    .flush = stream_flush,
    .info = stream_info,
};
