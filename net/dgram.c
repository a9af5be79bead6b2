// SPDX-License-Identifier: MIT
/*
 * dgram.c - -netdev dgram: a frame per datagram, over UDP, unix or multicast
 *
 * Multicast uses two sockets: datagrams of a group are also delivered to the
 * host that sent them, which other machines on this host need, and this one
 * must not hear.  The second socket's own port tells them apart.
 *
 * Frames are received, and sent, many with one system call.  To be sent they
 * are copied, and wait for the end of the card's visit: that costs less than
 * the system calls it saves, and the guest may have its buffers back.
 *
 * Waiting for room is easy but for unix sockets: a full receiver is seen only
 * through a socket that is connected to it.  Connecting the one we receive on
 * would shut out all other senders, so a third one is made when needed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/backends.h"
#include "net/pump.h"
#include "net/slots.h"

/**
 * struct dgram - A datagram socket
 * @fd:       Received from, and sent to unless @tx_fd is there
 * @tx_fd:    Multicast: connected to the group; else -1
 * @probe_fd: Connected to @remote, only to wait for room there; else -1
 * @remote:   Destination; ADDR_NONE: @fd is connected
 * @local:    Bound, to be removed from the file system if @bound
 * @self:     Multicast: where our own datagrams come from
 * @full:     There was no room for the oldest frame in @slots; nothing is taken
 *            until there is
 * @sent:     Frames in @slots that have left
 * @in, @out: Say where frames are read to, and which are to be sent
 * @from:     Multicast: whose datagrams those in @in are
 */
struct dgram {
    struct netdev nd;
    struct pump pump;
    int fd, tx_fd, probe_fd;
    struct addr remote, local;
    bool bound;
    struct sockaddr_in self;
    bool full;
    unsigned sent;
    struct slots slots;
    struct mmsghdr in[PUMP_BATCH], out[SLOTS];
    struct iovec in_iov[PUMP_BATCH], out_iov[SLOTS];
    struct sockaddr_in from[PUMP_BATCH];
};

/* Multicast: a datagram of ours */
static bool is_own(const struct dgram *d, const struct sockaddr_in *from)
{
    return from->sin_port == d->self.sin_port &&
           from->sin_addr.s_addr == d->self.sin_addr.s_addr;
}

static int dgram_read(struct pump *p, size_t size)
{
    struct dgram *d = (struct dgram *)p->nd;
    int n;

    for (unsigned i = 0; d->tx_fd >= 0 && i < PUMP_BATCH; i++) {
        d->in[i].msg_hdr.msg_namelen = sizeof(d->from[i]);
    }
    n = recvmmsg(d->fd, d->in, PUMP_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        p->lens[i] = d->in[i].msg_len;
        if (d->tx_fd >= 0 && is_own(d, &d->from[i])) {
            p->lens[i] = 0;
        }
    }
    return n;
}

/* Wait until a refused datagram may be tried again */
static void dgram_await(struct dgram *d, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };

    if (d->remote.type == ADDR_UNIX && poll(&p, 1, 0) == 1) {
        /* There is room here, so it is the receiver who has none */
        if (d->probe_fd < 0) {
            d->probe_fd = addr_socket(&d->remote, SOCK_DGRAM, NULL);
        }
        if (d->probe_fd >= 0 &&
            !connect(d->probe_fd, &d->remote.sa.any, d->remote.len)) {
            fd = d->probe_fd;
        }
    }
    pump_await(&d->pump, fd);
}

/* Where frames are sent from */
static int dgram_out(const struct dgram *d)
{
    return d->tx_fd >= 0 ? d->tx_fd : d->fd;
}

/* Send what waits, as far as there is room */
static void dgram_push(struct netdev *nd)
{
    struct dgram *d = (struct dgram *)nd;

    while (!d->full && d->sent < d->slots.n) {
        int put = sendmmsg(dgram_out(d), d->out + d->sent, d->slots.n - d->sent,
                           MSG_DONTWAIT | MSG_NOSIGNAL);

        if (put >= 0) {
            d->sent += (unsigned)put;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            d->full = true;
            dgram_await(d, dgram_out(d));
        } else if (errno != EINTR) {
            /* Nobody there yet, too long for the medium, ..: lost on the way */
            nd->tx_dropped++;
            d->sent++;
        }
    }
    if (!d->full) {
        d->slots.n = 0;
        d->sent = 0;
    }
}

/* Send a frame from where it is */
static bool send_pieces(struct dgram *d, const struct iovec *iov, unsigned n)
{
    struct msghdr msg = d->out[0].msg_hdr;
    ssize_t put;

    msg.msg_iov = (struct iovec *)(uintptr_t)iov;
    msg.msg_iovlen = n;
    do {
        put = sendmsg(dgram_out(d), &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        d->full = true;
        dgram_await(d, dgram_out(d));
        return false;
    }
    /* As in dgram_push() */
    d->nd.tx_dropped += put < 0;
    return true;
}

static bool dgram_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                       const struct offload_hdr *off)
{
    struct dgram *d = (struct dgram *)nd;
    size_t len = netdev_iov_len(iov, n);

    if (len > SLOT_SIZE) {
        dgram_push(nd);
        return !d->full && send_pieces(d, iov, n);
    }
    if (d->full) {
        return false;
    }
    d->out_iov[d->slots.n].iov_len = len;
    slots_copy(&d->slots, 0, iov, n);
    if (!slots_keep(&d->slots, len)) {
        dgram_push(nd);
    }
    return true;
}

/* pump_ops.room: what waits goes first */
static bool dgram_room(struct pump *p)
{
    struct dgram *d = (struct dgram *)p->nd;

    d->full = false;
    dgram_push(p->nd);
    return !d->full;
}

/* Errors are those of datagrams sent before, and pass */
static const struct pump_ops dgram_pump = {
    .read = dgram_read,
    .room = dgram_room,
};

static void dgram_start(struct dgram *d)
{
    struct msghdr to = { .msg_iovlen = 1 };

    pump_start(&d->pump, &d->nd, d->fd, NIC_RX_MAX, PUMP_BATCH, &dgram_pump);
    for (unsigned i = 0; i < PUMP_BATCH; i++) {
        d->in_iov[i] = (struct iovec){ .iov_base = pump_buf(&d->pump, i),
                                       .iov_len = NIC_RX_MAX + 1 };
        d->in[i].msg_hdr =
            (struct msghdr){ .msg_iov = &d->in_iov[i], .msg_iovlen = 1 };
        if (d->tx_fd >= 0) {
            d->in[i].msg_hdr.msg_name = &d->from[i];
        }
    }
    if (d->tx_fd < 0 && d->remote.type != ADDR_NONE) {
        to.msg_name = &d->remote.sa;
        to.msg_namelen = d->remote.len;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        d->out_iov[i].iov_base = d->slots.mem[i];
        d->out[i].msg_hdr = to;
        d->out[i].msg_hdr.msg_iov = &d->out_iov[i];
    }
}

static void dgram_flush(struct netdev *nd)
{
    pump_flush(&((struct dgram *)nd)->pump);
}

static void dgram_close(struct netdev *nd)
{
    struct dgram *d = (struct dgram *)nd;
    const int fds[] = { d->probe_fd, d->tx_fd, d->fd };

    dgram_push(nd);
    pump_stop(&d->pump);
    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    if (d->bound) {
        addr_unlink(&d->local);
    }
    g_free(d);
}

static bool is_multicast(const struct addr *a)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&a->sa;

    return a->type == ADDR_INET && in->sin_family == AF_INET &&
           IN_MULTICAST(ntohl(in->sin_addr.s_addr));
}

static bool is_dgram(int fd)
{
    socklen_t len = sizeof(int);
    int type = 0;

    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
           type == SOCK_DGRAM;
}

/* Make @d->tx_fd: sends to the group from interface @from */
static bool open_multicast_tx(struct dgram *d, struct in_addr from,
                              GError **err)
{
    socklen_t len = sizeof(d->self);
    unsigned char loop = 1;

    d->tx_fd = addr_socket(&d->remote, SOCK_DGRAM, err);
    if (d->tx_fd < 0) {
        return false;
    }
    if (setsockopt(d->tx_fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop,
                   sizeof(loop)) ||
        (from.s_addr != INADDR_ANY &&
         setsockopt(d->tx_fd, IPPROTO_IP, IP_MULTICAST_IF, &from,
                    sizeof(from))) ||
        connect(d->tx_fd, &d->remote.sa.any, d->remote.len) ||
        getsockname(d->tx_fd, (struct sockaddr *)&d->self, &len)) {
        return vm_fail(err, "cannot send to the multicast group: %s",
                       g_strerror(errno));
    }
    return true;
}

/* A group: @d->remote, joined on the interface @d->local names, if any */
static bool open_multicast(struct dgram *d, GError **err)
{
    const struct sockaddr_in *group = (struct sockaddr_in *)&d->remote.sa;
    const struct sockaddr_in *local = (struct sockaddr_in *)&d->local.sa;
    struct ip_mreq join = { .imr_multiaddr = group->sin_addr };
    int one = 1;

    if (d->local.type == ADDR_FD) {
        d->fd = d->local.fd;
        return open_multicast_tx(d, join.imr_interface, err);
    }
    if (d->local.type == ADDR_UNIX ||
        (d->local.type == ADDR_INET && local->sin_family != AF_INET)) {
        return vm_fail(err, "property 'local' must be an IPv4 address "
                            "with a multicast group");
    }
    if (d->local.type == ADDR_INET) {
        join.imr_interface = local->sin_addr;
    }
    d->fd = addr_socket(&d->remote, SOCK_DGRAM, err);
    if (d->fd < 0) {
        return false;
    }
    setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!addr_bind(d->fd, &d->remote, "remote", err)) {
        return false;
    }
    if (setsockopt(d->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join))) {
        return vm_fail(err, "cannot join the multicast group: %s",
                       g_strerror(errno));
    }
    return open_multicast_tx(d, join.imr_interface, err);
}

static bool open_unicast(struct dgram *d, GError **err)
{
    if (d->local.type == ADDR_FD) {
        if (!is_dgram(d->local.fd)) {
            return vm_fail(err,
                           "property 'local.str': descriptor %d is "
                           "not a datagram socket",
                           d->local.fd);
        }
        d->fd = d->local.fd;
        return true;
    }
    if (d->remote.type == ADDR_NONE) {
        return vm_fail(err, "property 'remote.type' is missing");
    }
    if (d->local.type == ADDR_NONE) {
        return vm_fail(err, "property 'local.type' is missing; only a "
                            "multicast group needs none");
    }
    if (d->local.sa.any.sa_family != d->remote.sa.any.sa_family) {
        return vm_fail(err, "properties 'local' and 'remote' are addresses "
                            "of different kinds");
    }
    d->fd = addr_socket(&d->local, SOCK_DGRAM, err);
    if (d->fd < 0 || !addr_bind(d->fd, &d->local, "local", err)) {
        return false;
    }
    d->bound = true;
    return true;
}

static bool dgram_begin(struct dgram *d, JsonObject *opts, GError **err)
{
    if (!addr_read(opts, "local", true, true, &d->local, err) ||
        !addr_read(opts, "remote", true, false, &d->remote, err)) {
        return false;
    }
    if (d->remote.type == ADDR_FD) {
        return vm_fail(err, "property 'remote.type' cannot be 'fd': it "
                            "takes inet or unix");
    }
    return is_multicast(&d->remote) ? open_multicast(d, err)
                                    : open_unicast(d, err);
}

static struct netdev *dgram_open(const char *id, JsonObject *opts, GError **err)
{
    struct dgram *d = g_new0(struct dgram, 1);

    d->nd.ops = &netdev_dgram;
    d->fd = -1;
    d->tx_fd = -1;
    d->probe_fd = -1;
    d->local.fd = -1;
    if (!dgram_begin(d, opts, err)) {
        if (d->fd < 0) {
            d->fd = d->local.fd;
        }
        dgram_close(&d->nd);
        return NULL;
    }
    dgram_start(d);
    return &d->nd;
}

static char *dgram_info(struct netdev *nd)
{
    struct dgram *d = (struct dgram *)nd;
    char *local = addr_show(&d->local), *remote = addr_show(&d->remote);
    char *line = g_strdup_printf("local %s, %s %s", local,
                                 d->tx_fd < 0 ? "remote" : "group", remote);

    g_free(local);
    g_free(remote);
    return line;
}

static const char *const dgram_keys[] = { ADDR_KEYS("local"),
                                          ADDR_KEYS("remote"), NULL };

const struct netdev_ops netdev_dgram = {
    .name = "dgram",
    .help = "a frame per datagram: UDP, unix sockets or a multicast group",
    .keys = dgram_keys,
    .open = dgram_open,
    .close = dgram_close,
    .send = dgram_send,
    .push = dgram_push,
    .flush = dgram_flush,
    .info = dgram_info,
};
