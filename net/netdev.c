// SPDX-License-Identifier: MIT
/*
 * netdev.c - the backends by name, and the way of a frame through any of them
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net/backends.h"
#include "net/filter.h"

const struct netdev_ops *const netdev_types[] = {
#ifdef CONFIG_SLIRP
    &netdev_user,
#endif
    &netdev_tap,     &netdev_dgram, &netdev_stream, &netdev_socket,
    &netdev_hubport, &netdev_null,  NULL,
};

int (*netdev_named_fd)(const char *name);
void (*netdev_event)(const char *name, JsonObject *data);

static GSList *all; /* struct netdev */

size_t netdev_iov_len(const struct iovec *iov, unsigned n)
{
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        len += iov[i].iov_len;
    }
    return len;
}

bool netdev_receive_flat(struct netdev *nd, const void *data, size_t len)
{
    const struct nic_buf buf = { .data = data, .len = len };
    const struct nic_rx rx = { .buf = &buf, .n = 1, .len = len };

    return netdev_receive(nd, &rx);
}

int netdev_fd(JsonObject *opts, const char *key, GError **err)
{
    JsonNode *node = json_object_get_member(opts, key);
    const char *name = opts_peek(opts, key);
    uint64_t num = 0;
    int fd, flags;

    if (name && !g_ascii_isdigit(*name)) {
        fd = netdev_named_fd ? netdev_named_fd(name) : -1;
        if (fd < 0) {
            vm_fail(err, "property '%s': no descriptor named '%s'", key, name);
            return -1;
        }
    } else if (!node) {
        vm_fail(err, "property '%s' is missing", key);
        return -1;
    } else {
        if (!opts_uint(opts, key, 0, INT32_MAX, &num, err)) {
            return -1;
        }
        fd = (int)num;
    }
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        vm_fail(err, "property '%s': descriptor %d is not open: %s", key, fd,
                g_strerror(errno));
        return -1;
    }
    return fd;
}

static const struct netdev_ops *type_find(const char *name)
{
    for (unsigned i = 0; netdev_types[i]; i++) {
        if (!strcmp(netdev_types[i]->name, name)) {
            return netdev_types[i];
        }
    }
    return NULL;
}

static void fail_type(const char *name, GError **err)
{
    GString *known = g_string_new(NULL);

    for (unsigned i = 0; netdev_types[i]; i++) {
        g_string_append_printf(known, "%s%s", i ? ", " : "",
                               netdev_types[i]->name);
    }
    vm_fail(err, "property 'type' cannot be '%s': it takes %s", name,
            known->str);
    g_string_free(known, TRUE);
}

static bool keys_known(const struct netdev_ops *ops, JsonObject *opts,
                       GError **err)
{
    GPtrArray *known = g_ptr_array_new();
    bool ok;

    g_ptr_array_add(known, (gpointer) "type");
    g_ptr_array_add(known, (gpointer) "id");
    for (const char *const *k = ops->keys; *k; k++) {
        g_ptr_array_add(known, (gpointer)(uintptr_t)*k);
    }
    g_ptr_array_add(known, NULL);
    ok = opts_known(opts, (const char *const *)known->pdata, err);
    g_ptr_array_free(known, TRUE);
    return ok;
}

static struct netdev *open_flat(JsonObject *opts, GError **err)
{
    const char *id = NULL, *type = NULL;
    const struct netdev_ops *ops;
    struct netdev *nd;

    if (!opts_str(opts, "id", &id, err) ||
        !opts_str(opts, "type", &type, err)) {
        return NULL;
    }
    if (!type || !id) {
        vm_fail(err, "property '%s' is missing", type ? "id" : "type");
        return NULL;
    }
    if (!opts_id_ok(id)) {
        vm_fail(err,
                "property 'id' cannot be '%s': it takes a letter, "
                "then letters, digits, '-', '.' or '_'",
                id);
        return NULL;
    }
    if (netdev_find(id)) {
        vm_fail(err, "Duplicate ID '%s' for netdev", id);
        return NULL;
    }
    ops = type_find(type);
    if (!ops) {
        fail_type(type, err);
        return NULL;
    }
    if (!keys_known(ops, opts, err)) {
        return NULL;
    }
    nd = ops->open(id, opts, err);
    if (nd) {
        nd->id = g_strdup(id);
        all = g_slist_prepend(all, nd);
    }
    return nd;
}

struct netdev *netdev_open(JsonObject *opts, GError **err)
{
    JsonObject *flat = opts_flatten(opts, err);
    struct netdev *nd;

    if (!flat) {
        return NULL;
    }
    nd = open_flat(flat, err);
    json_object_unref(flat);
    return nd;
}

struct netdev *netdev_find(const char *id)
{
    for (GSList *l = all; l; l = l->next) {
        struct netdev *nd = l->data;

        if (!strcmp(nd->id, id)) {
            return nd;
        }
    }
    return NULL;
}

void netdev_close(struct netdev *nd)
{
    const struct netdev_peer_ops *peer_ops;
    void *peer;
    char *id;

    if (!nd) {
        return;
    }
    id = nd->id;
    filter_netdev_gone(nd);
    all = g_slist_remove(all, nd);
    peer = nd->peer;
    peer_ops = nd->peer_ops;
    nd->peer = NULL;
    nd->peer_ops = NULL;
    nd->ops->close(nd);
    g_free(id);
    if (peer_ops && peer_ops->gone) {
        peer_ops->gone(peer);
    }
}

void netdev_plug(struct netdev *nd, const struct netdev_peer_ops *ops,
                 void *peer)
{
    nd->peer_ops = ops;
    nd->peer = peer;
    netdev_flush(nd);
}

void netdev_unplug(struct netdev *nd)
{
    nd->peer_ops = NULL;
    nd->peer = NULL;
    /* A frame held for the peer has nowhere to go; reading goes on */
    netdev_flush(nd);
}

bool netdev_carrier(struct netdev *nd)
{
    return !nd->link_down && (!nd->ops->link || nd->ops->link(nd));
}

void netdev_set_link(struct netdev *nd, bool up)
{
    if (nd->link_down == !up) {
        return;
    }
    nd->link_down = !up;
    netdev_carrier_changed(nd);
    netdev_flush(nd);
}

void netdev_carrier_changed(struct netdev *nd)
{
    if (nd->peer_ops && nd->peer_ops->link) {
        nd->peer_ops->link(nd->peer, netdev_carrier(nd));
    }
}

void netdev_writable(struct netdev *nd)
{
    if (nd->filters) {
        filter_flush(nd);
    }
    if (nd->peer_ops && nd->peer_ops->writable) {
        nd->peer_ops->writable(nd->peer);
    }
}

static bool to_backend(struct netdev *nd, const struct iovec *iov, unsigned n,
                       const struct offload_hdr *off)
{
    if (!nd->ops->send(nd, iov, n, off)) {
        return false;
    }
    nd->tx_frames++;
    nd->tx_bytes += netdev_iov_len(iov, n);
    return true;
}

static bool to_peer(struct netdev *nd, const struct nic_rx *rx)
{
    if (!nd->peer_ops) {
        nd->rx_dropped++;
        return true;
    }
    if (!nd->peer_ops->receive(nd->peer, rx)) {
        return false;
    }
    nd->rx_frames++;
    nd->rx_bytes += rx->len;
    return true;
}

bool netdev_deliver(struct netdev *nd, bool to_card, const struct iovec *iov,
                    unsigned n)
{
    const struct nic_rx rx = {
        .buf = (const struct nic_buf *)iov,
        .n = n,
        .len = netdev_iov_len(iov, n),
    };

    bool taken;

    if (to_card) {
        return to_peer(nd, &rx);
    }
    taken = to_backend(nd, iov, n, NULL);
    netdev_push(nd);
    return taken;
}

/* Make a frame plain for filters, which know no offloads.  The card was told
 * what the backend can do before it got filters, so this is rare */
static bool filter_unfinished(struct netdev *nd, const struct iovec *iov,
                              unsigned n, const struct offload_hdr *off)
{
    size_t len = netdev_iov_len(iov, n), at = 0;
    uint8_t *flat = g_malloc(len);
    struct offload_in in = { 0 };
    bool any = false;

    for (unsigned i = 0; i < n; i++) {
        memcpy(flat + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    if (!offload_in_begin(&in, flat, len, off, 0)) {
        nd->tx_dropped++;
        any = true;
    }
    while (in.rx.n &&
           filter_forward(nd, NULL, FILTER_RX, (const struct iovec *)in.rx.buf,
                          in.rx.n)) {
        any = true;
        offload_in_next(&in);
    }
    if (any && in.rx.n) {
        /* In the middle of a frame there is no telling the sender to wait */
        nd->tx_dropped++;
    }
    g_free(flat);
    return any;
}

bool netdev_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off)
{
    if (nd->link_down) {
        nd->tx_dropped++;
        return true;
    }
    if (!nd->filters) {
        return to_backend(nd, iov, n, off);
    }
    return off ? filter_unfinished(nd, iov, n, off)
               : filter_forward(nd, NULL, FILTER_RX, iov, n);
}

void netdev_push(struct netdev *nd)
{
    if (nd->ops->push) {
        nd->ops->push(nd);
    }
}

void netdev_flush(struct netdev *nd)
{
    if (nd->filters) {
        filter_flush(nd);
    }
    nd->ops->flush(nd);
}

bool netdev_receive(struct netdev *nd, const struct nic_rx *rx)
{
    if (nd->link_down || !rx->len || rx->len > NIC_RX_MAX) {
        nd->rx_dropped++;
        return true;
    }
    /* struct nic_buf is laid out like struct iovec */
    return nd->filters ? filter_forward(nd, NULL, FILTER_TX,
                                        (const struct iovec *)rx->buf, rx->n)
                       : to_peer(nd, rx);
}
