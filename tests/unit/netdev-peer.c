// SPDX-License-Identifier: MIT
/*
 * netdev-peer.c - what tests plug into backends, and the event loop by hand
 */
#include "netdev-peer.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "system/loop.h"
#include "system/opts.h"

static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    struct peer *p = opaque;
    size_t at = 0;

    if (p->refuse || (p->limit && p->got == p->limit)) {
        return false;
    }
    g_assert_cmpuint(rx->len, <=, NIC_RX_MAX);
    g_assert_cmpuint(rx->buf[0].len, >=, MIN(rx->len, NIC_RX_HEAD));
    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(p->data + at, rx->buf[i].data, rx->buf[i].len);
        at += rx->buf[i].len;
    }
    p->len = at;
    if (p->ordered) {
        g_assert_cmpuint(be32_at(p->data), ==, p->got);
    }
    p->got++;
    return true;
}

static void peer_writable(void *opaque)
{
    ((struct peer *)opaque)->writable++;
}

static void peer_link(void *opaque, bool up)
{
    struct peer *p = opaque;

    p->links++;
    p->up = up;
}

static void peer_gone(void *opaque)
{
    ((struct peer *)opaque)->gone++;
}

static const struct netdev_peer_ops peer_ops = {
    .receive = peer_receive,
    .writable = peer_writable,
    .link = peer_link,
    .gone = peer_gone,
};

struct netdev *try_open(const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, "type", NULL);
    struct netdev *nd;

    g_assert_nonnull(opts);
    nd = netdev_open(opts, err);
    json_object_unref(opts);
    return nd;
}

struct netdev *open_nd(struct peer *p, const char *format, ...)
{
    GError *err = NULL;
    struct netdev *nd;
    va_list ap;
    char *text;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    nd = try_open(text, &err);
    g_assert_no_error(err);
    g_assert_nonnull(nd);
    g_free(text);
    if (p) {
        memset(p, 0, sizeof(*p));
        netdev_plug(nd, &peer_ops, p);
    }
    return nd;
}

void close_nd(struct netdev *nd)
{
    netdev_unplug(nd);
    netdev_close(nd);
}

void settle(void)
{
    unsigned turns = 0;

    while (loop_turn(false)) {
        g_assert_cmpuint(turns++, <, 20000);
    }
}

bool keep_nd(struct netdev *nd, const void *data, size_t len)
{
    /* In two pieces, the second often odd */
    const struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)data, .iov_len = len / 2 },
        { .iov_base = (uint8_t *)(uintptr_t)data + len / 2,
          .iov_len = len - len / 2 },
    };

    return netdev_send(nd, iov, 2, NULL);
}

bool send_nd(struct netdev *nd, const void *data, size_t len)
{
    bool sent = keep_nd(nd, data, len);

    netdev_push(nd);
    return sent;
}

void make_pair(int type, int fd[2])
{
    g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd), ==, 0);
}

uint16_t free_port(int type)
{
    struct sockaddr_in sa = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, type, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, len), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sa, &len), ==, 0);
    close(fd);
    return ntohs(sa.sin_port);
}
