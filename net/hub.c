// SPDX-License-Identifier: MIT
/*
 * hub.c - -netdev hubport: what enters one port leaves all others
 *
 * A port's other side is what is plugged into it, or the backend that its
 * netdev= names; the two exclude each other.  A receiver that cannot take a
 * frame gets it later from a bounded queue of its port; a hub cannot make all
 * senders wait for one.
 */
#include <string.h>

#include "net/backends.h"
#include "net/queue.h"

enum { HUB_FRAMES = 256, HUB_BYTES = 1 << 18 };

/**
 * struct hub - A hub, there as long as it has ports
 * @ports: struct hub_port
 */
struct hub {
    uint32_t id;
    GSList *ports;
};

/**
 * struct hub_port - A port
 * @behind:  Backend of netdev=, plugged into this port; or NULL
 * @waiting: Frames that what is outside did not take yet
 */
struct hub_port {
    struct netdev nd;
    struct hub *hub;
    struct netdev *behind;
    struct queue waiting;
};

static GSList *hubs;

static struct hub *hub_get(uint32_t id)
{
    struct hub *hub;

    for (GSList *l = hubs; l; l = l->next) {
        hub = l->data;
        if (hub->id == id) {
            return hub;
        }
    }
    hub = g_new0(struct hub, 1);
    hub->id = id;
    hubs = g_slist_prepend(hubs, hub);
    return hub;
}

static bool port_offer(struct hub_port *p, const struct iovec *iov, unsigned n)
{
    const struct nic_rx rx = {
        .buf = (const struct nic_buf *)iov,
        .n = n,
        .len = netdev_iov_len(iov, n),
    };

    bool taken;

    if (!p->behind) {
        return netdev_receive(&p->nd, &rx);
    }
    taken = netdev_send(p->behind, iov, n, NULL);
    netdev_push(p->behind);
    return taken;
}

/* A frame leaves the hub through a port */
static void port_out(struct hub_port *p, const struct iovec *iov, unsigned n)
{
    if (!queue_peek(&p->waiting) && port_offer(p, iov, n)) {
        return;
    }
    if (!queue_push(&p->waiting, iov, n, NULL, 0)) {
        p->nd.rx_dropped++;
    }
}

/* What is outside of a port has room again */
static void port_drain(struct hub_port *p)
{
    const struct queued *e;

    while ((e = queue_peek(&p->waiting))) {
        const struct iovec iov = {
            .iov_base = (void *)(uintptr_t)e->data,
            .iov_len = e->len,
        };

        if (!port_offer(p, &iov, 1)) {
            return;
        }
        queue_pop(&p->waiting);
    }
}

/* A frame enters the hub through a port.  Its first piece may be shorter than
 * a card wants it, so it goes on in one */
static bool port_in(struct hub_port *from, const struct iovec *iov, unsigned n)
{
    uint8_t flat[NIC_RX_MAX];
    struct iovec one = { .iov_base = flat };

    if (netdev_iov_len(iov, n) > sizeof(flat)) {
        from->nd.tx_dropped++;
        return true;
    }
    for (unsigned i = 0; i < n; i++) {
        memcpy(flat + one.iov_len, iov[i].iov_base, iov[i].iov_len);
        one.iov_len += iov[i].iov_len;
    }
    for (GSList *l = from->hub->ports; l; l = l->next) {
        if (l->data != from) {
            port_out(l->data, &one, 1);
        }
    }
    return true;
}

static bool hub_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                     const struct offload_hdr *off)
{
    return port_in((struct hub_port *)nd, iov, n);
}

static void hub_flush(struct netdev *nd)
{
    port_drain((struct hub_port *)nd);
}

/* netdev_peer_ops: the port seen from the backend behind it */
static bool behind_receive(void *peer, const struct nic_rx *rx)
{
    return port_in(peer, (const struct iovec *)rx->buf, rx->n);
}

static void behind_writable(void *peer)
{
    port_drain(peer);
}

static void behind_gone(void *peer)
{
    struct hub_port *p = peer;

    p->behind = NULL;
    queue_clear(&p->waiting);
}

static const struct netdev_peer_ops behind_ops = {
    .receive = behind_receive,
    .writable = behind_writable,
    .gone = behind_gone,
};

static bool port_connect(struct hub_port *p, const char *name, GError **err)
{
    struct netdev *nd = netdev_find(name);

    if (!nd || nd->peer_ops || nd->ops == &netdev_hubport) {
        /* Hubs behind hubs could be a ring, where frames go round forever */
        return vm_fail(err, "property 'netdev' cannot be '%s': %s", name,
                       !nd            ? "there is no such netdev"
                       : nd->peer_ops ? "it is in use"
                                      : "it is a hubport itself");
    }
    p->behind = nd;
    netdev_plug(nd, &behind_ops, p);
    return true;
}

static struct netdev *hub_open(const char *id, JsonObject *opts, GError **err)
{
    const char *behind = NULL;
    struct hub_port *p;
    uint64_t hubid = 0;

    if (!json_object_has_member(opts, "hubid")) {
        vm_fail(err, "property 'hubid' is missing");
        return NULL;
    }
    if (!opts_uint(opts, "hubid", 0, INT32_MAX, &hubid, err) ||
        !opts_str(opts, "netdev", &behind, err)) {
        return NULL;
    }
    p = g_new0(struct hub_port, 1);
    p->nd.ops = &netdev_hubport;
    p->waiting.max_frames = HUB_FRAMES;
    p->waiting.max_bytes = HUB_BYTES;
    if (behind && !port_connect(p, behind, err)) {
        g_free(p);
        return NULL;
    }
    p->hub = hub_get((uint32_t)hubid);
    p->hub->ports = g_slist_append(p->hub->ports, p);
    return &p->nd;
}

static void hub_close(struct netdev *nd)
{
    struct hub_port *p = (struct hub_port *)nd;
    struct hub *hub = p->hub;

    if (p->behind) {
        netdev_unplug(p->behind);
    }
    queue_clear(&p->waiting);
    hub->ports = g_slist_remove(hub->ports, p);
    if (!hub->ports) {
        hubs = g_slist_remove(hubs, hub);
        g_free(hub);
    }
    g_free(p);
}

static char *hub_info(struct netdev *nd)
{
    struct hub_port *p = (struct hub_port *)nd;

    return g_strdup_printf("hub %u%s%s", p->hub->id, p->behind ? ", " : "",
                           p->behind ? p->behind->id : "");
}

static const char *const hub_keys[] = { "hubid", "netdev", NULL };

const struct netdev_ops netdev_hubport = {
    .name = "hubport",
    .help = "a port of a hub; netdev= plugs a backend into it",
    .keys = hub_keys,
    .open = hub_open,
    .close = hub_close,
    .send = hub_send,
    .flush = hub_flush,
    .info = hub_info,
};
