// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-net.c - between the port of a card and its netdev in QEMU
 *
 * QEMU takes plain frames only, so the port cuts and sums.  A frame that the
 * backend cannot take is kept by QEMU, one at a time; those behind it stay in
 * the port.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "qapi/qapi-commands-net.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "sysemu/dma.h"

#include "vifemu-shim.h"

static struct shim *shim_of_queue(NetClientState *nc)
{
    return qemu_get_nic_opaque(nc);
}

/* Port -> QEMU */

static const void *port_map(void *host, gpa_t at, size_t *len)
{
    struct shim *s = host;
    dma_addr_t mapped = *len;
    const void *p = NULL;

    RCU_READ_LOCK_GUARD();
    /* Of what is no RAM, QEMU would make a bounce buffer by reading it */
    if (memory_access_is_direct(address_space_translate(s->as, at.addr,
                                                        &(hwaddr){ 0 },
                                                        &(hwaddr){ 1 }, false,
                                                        MEMTXATTRS_UNSPECIFIED),
                                false)) {
        p = dma_memory_map(s->as, at.addr, &mapped, DMA_DIRECTION_TO_DEVICE,
                           MEMTXATTRS_UNSPECIFIED);
    }
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

    if (s->blocked) {
        return false;
    }
    /* 0: QEMU keeps a copy and calls back when that is out */
    s->blocked = !qemu_sendv_packet_async(qemu_get_queue(s->nic), iov, (int)n,
                                          frame_sent);
    return true;
}

static void port_flush(void *host)
{
    struct shim *s = host;

    qemu_flush_queued_packets(qemu_get_queue(s->nic));
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

static ssize_t queue_receive(NetClientState *nc, const uint8_t *buf, size_t len)
{
    struct shim *s = shim_of_queue(nc);
    const struct nic_buf piece = { .data = buf, .len = len };
    const struct nic_rx rx = { .buf = &piece, .n = 1, .len = len };

    /* 0 would make QEMU keep it until port_flush(), an empty frame too */
    return port_receive(s->port, &rx) ? MAX((ssize_t)len, 1) : 0;
}

static void queue_link(NetClientState *nc)
{
    nic_set_link(card_of(shim_of_queue(nc)), !nc->link_down);
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

void shim_net_init(struct shim *s)
{
    s->nic = qemu_new_nic(&queue_info, &s->conf, object_get_typename(OBJECT(s)),
                          s->dev.id, &s->dev.mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), card_of(s)->mac);
    s->port = port_new(card_of(s), &shim_port, s, 0);
}

void shim_net_exit(struct shim *s)
{
    qemu_del_nic(s->nic);
    port_free(s->port);
}

void shim_net_reset(struct shim *s)
{
    port_reset(s->port);
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
}
