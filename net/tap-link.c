// SPDX-License-Identifier: MIT
/*
 * tap-link.c - whether the interface of a tap is up, over rtnetlink
 *
 * A cable whose other end is switched off has no link, and a guest that knows
 * uses another card, or asks for an address again when it comes back.  The
 * kernel tells of every change in our network namespace; an interface that
 * was moved to another one is not heard of any more and counts as up.  So does
 * one that was never up: whoever made it is about to, and the guest's first
 * look at its card should not depend on who is faster.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "net/backends.h"
#include "net/tap.h"

/**
 * struct tap_link - A watch on one interface
 * @index: Of the interface
 * @seen:  It was up once
 * @up:    What the guest sees
 */
struct tap_link {
    struct tap *tap;
    struct mnl_socket *socket;
    struct loop_fd *watch;
    unsigned index;
    bool seen, up;
};

/* mnl_cb_t */
static int link_message(const struct nlmsghdr *msg, void *opaque)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(msg);
    struct tap_link *l = opaque;
    bool up;

    if (mnl_nlmsg_get_payload_len(msg) < sizeof(*info) ||
        (unsigned)info->ifi_index != l->index) {
        return MNL_CB_OK;
    }
    /* Removed, here: moved away, or reading finds out */
    up = msg->nlmsg_type == RTM_DELLINK || (info->ifi_flags & IFF_UP);
    l->seen |= up;
    l->up = up || !l->seen;
    return MNL_CB_OK;
}

static bool link_ask(struct tap_link *l)
{
    char buf[NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ifinfomsg))];
    struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *info;

    msg->nlmsg_type = RTM_GETLINK;
    msg->nlmsg_flags = NLM_F_REQUEST;
    info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
    info->ifi_family = AF_UNSPEC;
    info->ifi_index = (int)l->index;
    return mnl_socket_sendto(l->socket, msg, msg->nlmsg_len) >= 0;
}

static void link_ready(void *opaque, unsigned events)
{
    struct tap_link *l = opaque;
    bool was = l->up;
    char buf[8192];
    ssize_t got;

    while ((got = mnl_socket_recvfrom(l->socket, buf, sizeof(buf))) > 0) {
        mnl_cb_run(buf, (size_t)got, 0, 0, link_message, l);
    }
    if (got < 0 && errno == ENOBUFS) {
        /* Too much happened to tell us of all: ask how it is now */
        link_ask(l);
    }
    if (l->up != was) {
        netdev_carrier_changed(&l->tap->nd);
    }
}

struct tap_link *tap_link_new(struct tap *t, unsigned index)
{
    struct tap_link *l = g_new0(struct tap_link, 1);

    l->tap = t;
    l->index = index;
    l->up = true;
    l->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!l->socket || mnl_socket_bind(l->socket, RTMGRP_LINK, 0) ||
        !link_ask(l)) {
        tap_link_free(l);
        return NULL;
    }
    l->watch =
        loop_fd_new(mnl_socket_get_fd(l->socket), LOOP_IN, link_ready, l);
    /* The kernel has answered already */
    link_ready(l, LOOP_IN);
    return l;
}

void tap_link_free(struct tap_link *l)
{
    if (!l) {
        return;
    }
    if (l->watch) {
        loop_fd_free(l->watch);
    }
    if (l->socket) {
        mnl_socket_close(l->socket);
    }
    g_free(l);
}

bool tap_link_up(const struct tap_link *l)
{
    return l->up;
}
