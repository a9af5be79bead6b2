// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-net.c - between the port of a card and its netdev in QEMU
 *
 * A frame that the backend cannot take is kept by QEMU, one at a time; those
 * behind it stay in the port.
 *
 * With most backends frames are plain, so the port cuts and sums.  A tap can
 * have a vnet header in front of each, which lets the host's kernel do that,
 * or leave it out where nobody looks; and it gives us packets of up to 64 KiB
 * in return.  These we take at once, whatever the card says, and keep until
 * the card has all of it: QEMU only knows packets that were taken and those
 * to be offered again from the beginning.  What is kept goes the way of QEMU's
 * own queue: it is dropped with the link and by a reset, and does not migrate.
 *
 * QEMU's filters would see such packets and headers, and its filter-dump takes
 * them for frames.  So a netdev that has filters when the card is plugged into
 * it stays plain; one that gets them later shows them what is there, as with
 * QEMU's own virtio-net and e1000e.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "qapi/qapi-commands-net.h"
#include "qemu/main-loop.h"

#include "net/offload.h"
#include "net/vnet.h"
#include "vifemu-shim.h"

/**
 * struct shim_in - The packet from a backend with vnet header that the card
 *                  has not taken yet
 * @todo:   Its rest; todo.rx.n is 0 when there is none
 * @packet: The whole, without the header
 */
struct shim_in {
    struct offload_in todo;
    uint8_t packet[NET_BUFSIZE];
};

static struct shim *shim_of_queue(NetClientState *nc)
{
    return qemu_get_nic_opaque(nc);
}

/* Port -> QEMU */

static const void *port_map(void *host, gpa_t at, size_t *len)
{
    dma_addr_t mapped = *len;
    const void *p = shim_map(host, at, &mapped, DMA_DIRECTION_TO_DEVICE);

    *len = p ? mapped : 0;
    return p;
}

static void port_unmap(void *host, const void *p, size_t len)
{
    struct shim *s = host;

    dma_memory_unmap(s->as, (void *)p, len, DMA_DIRECTION_TO_DEVICE, len);
}

static void frame_sent(NetClientState *nc, ssize_t ret)
{
    struct shim *s = shim_of_queue(nc);

    s->blocked = false;
    port_writable(s->port);
}

static bool port_to_queue(void *host, const struct iovec *iov, unsigned n,
                          const struct offload_hdr *off)
{
    struct shim *s = host;
    uint8_t hdr[VNET_HDR_LEN];
    struct iovec all[OFFLOAD_IOV_MAX + 1];

    if (s->blocked) {
        return false;
    }
    if (s->in) {
        vnet_hdr_write(hdr, sizeof(hdr), off);
        all[0] = (struct iovec){ .iov_base = hdr, .iov_len = sizeof(hdr) };
        memcpy(all + 1, iov, n * sizeof(*iov));
        iov = all;
        n++;
    }
    /* 0: QEMU keeps a copy and calls back when that is out */
    s->blocked = !qemu_sendv_packet_async(qemu_get_queue(s->nic), iov, (int)n,
                                          frame_sent);
    return true;
}

/* Give the card what it takes of the packet we keep; false if there is a rest
 */
static bool in_deliver(struct shim *s)
{
    struct offload_in *todo = &s->in->todo;

    while (todo->rx.n) {
        if (!port_receive(s->port, &todo->rx)) {
            return false;
        }
        offload_in_next(todo);
    }
    return true;
}

static void in_drop(struct shim *s)
{
    if (s->in) {
        s->in->todo.rx.n = 0;
    }
}

static unsigned n_queues(const struct shim *s)
{
    return MAX((unsigned)s->conf.peers.queues, 1);
}

static void port_flush(void *host)
{
    struct shim *s = host;

    if (s->in && !in_deliver(s)) {
        return;
    }
    for (unsigned i = 0; i < n_queues(s); i++) {
        qemu_flush_queued_packets(qemu_get_subqueue(s->nic, (int)i));
    }
}

static void port_defer(void *host)
{
    qemu_bh_schedule(((struct shim *)host)->bh);
}

static const struct port_ops shim_port = {
    .map = port_map,
    .unmap = port_unmap,
    .send = port_to_queue,
    .flush = port_flush,
    .defer = port_defer,
};

/* QEMU -> card */

/* Take a packet with vnet header; false if there is one already */
static bool in_take(struct shim *s, const uint8_t *buf, size_t len)
{
    const struct offload_hdr *needs;
    struct offload_hdr off;
    unsigned flags;

    if (s->in->todo.rx.n) {
        return false;
    }
    /* What is no packet is taken too, and gone */
    if (len <= VNET_HDR_LEN || len - VNET_HDR_LEN > NET_BUFSIZE) {
        return true;
    }
    needs = vnet_hdr_read(buf, &off, &flags);
    len -= VNET_HDR_LEN;
    memcpy(s->in->packet, buf + VNET_HDR_LEN, len);
    if (offload_in_begin(&s->in->todo, s->in->packet, len, needs, flags)) {
        in_deliver(s);
    }
    return true;
}

static ssize_t queue_receive(NetClientState *nc, const uint8_t *buf, size_t len)
{
    struct shim *s = shim_of_queue(nc);
    const struct nic_buf piece = { .data = buf, .len = len };
    const struct nic_rx rx = { .buf = &piece, .n = 1, .len = len };
    bool taken = s->in ? in_take(s, buf, len) : port_receive(s->port, &rx);

    /* 0 would make QEMU keep it until port_flush(), an empty frame too */
    return taken ? MAX((ssize_t)len, 1) : 0;
}

static void queue_link(NetClientState *nc)
{
    struct shim *s = shim_of_queue(nc);

    if (nc->link_down) {
        in_drop(s);
    }
    nic_set_link(card_of(s), !nc->link_down);
}

static RxState rx_state(int mode)
{
    return mode == NIC_FILTER_ALL    ? RX_STATE_ALL
           : mode == NIC_FILTER_NONE ? RX_STATE_NONE
                                     : RX_STATE_NORMAL;
}

static RxFilterInfo *queue_filter(NetClientState *nc)
{
    struct shim *s = shim_of_queue(nc);
    RxFilterInfo *info = g_new0(RxFilterInfo, 1);
    struct nic_filter f = { 0 };

    if (s->model->filter) {
        s->model->filter(card_of(s), &f);
    }
    info->name = g_strdup(nc->name);
    info->promiscuous = f.promiscuous;
    info->broadcast_allowed = f.broadcast_allowed;
    info->unicast = rx_state(f.unicast);
    info->multicast = rx_state(f.multicast);
    info->vlan = f.vlan_filter ? RX_STATE_NORMAL : RX_STATE_ALL;
    info->main_mac = qemu_mac_strdup_printf(f.mac);
    for (unsigned i = f.n_table; i > 0; i--) {
        QAPI_LIST_PREPEND(info->unicast_table,
                          qemu_mac_strdup_printf(f.table[i - 1]));
    }
    return info;
}

static NetClientInfo queue_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .receive = queue_receive,
    .link_status_changed = queue_link,
    .query_rx_filter = queue_filter,
};

/* Whether each queue of the netdev can have a vnet header, and should.  Once
 * it had one, QEMU cannot take it away again */
static bool vnet_wanted(const struct shim *s)
{
    for (unsigned i = 0; i < n_queues(s); i++) {
        NetClientState *peer = qemu_get_subqueue(s->nic, (int)i)->peer;

        if (!qemu_has_vnet_hdr(peer) ||
            !qemu_has_vnet_hdr_len(peer, VNET_HDR_LEN) ||
            (!QTAILQ_EMPTY(&peer->filters) && !peer->vnet_hdr_len)) {
            return false;
        }
    }
    return true;
}

/* Have, or no longer have, the netdev leave to us what offload_in_begin() does
 */
static void set_offloads(struct shim *s, bool on)
{
    for (unsigned i = 0; i < n_queues(s); i++) {
        NetClientState *nc = qemu_get_subqueue(s->nic, (int)i);

        if (on) {
            /* QEMU would count the header in; the port does it right */
            nc->do_not_pad = true;
            qemu_set_vnet_hdr_len(nc->peer, VNET_HDR_LEN);
            qemu_using_vnet_hdr(nc->peer, true);
        }
        qemu_set_offload(nc->peer, on, on, on, on, false);
    }
}

void shim_net_init(struct shim *s)
{
    unsigned caps = 0;

    s->nic = qemu_new_nic(&queue_info, &s->conf, object_get_typename(OBJECT(s)),
                          s->dev.id, &s->dev.mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), card_of(s)->mac);
    if (vnet_wanted(s)) {
        caps = OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6;
        s->in = g_new0(struct shim_in, 1);
        set_offloads(s, true);
    }
    s->port = port_new(card_of(s), &shim_port, s, caps);
}

void shim_net_exit(struct shim *s)
{
    if (s->in) {
        set_offloads(s, false);
    }
    qemu_del_nic(s->nic);
    port_free(s->port);
    g_free(s->in);
}

void shim_net_reset(struct shim *s)
{
    in_drop(s);
    port_reset(s->port);
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
}
