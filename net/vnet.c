// SPDX-License-Identifier: MIT
/*
 * vnet.c - the header that Linux puts in front of the frames of a tap
 */
#include <linux/virtio_net.h>
#include <string.h>

#include "net/vnet.h"

_Static_assert(sizeof(struct virtio_net_hdr) == VNET_HDR_LEN, "as in Linux");

const struct offload_hdr *
vnet_hdr_read(const uint8_t *p, struct offload_hdr *off, unsigned *flags)
{
    struct virtio_net_hdr h;

    memcpy(&h, p, sizeof(h));
    *flags = h.flags & VIRTIO_NET_HDR_F_DATA_VALID ? NIC_RX_CSUM_GOOD : 0;
    *off = (struct offload_hdr){
        .gso_type = h.gso_type,
        .gso_size = h.gso_size,
        .hdr_len = h.hdr_len,
    };
    if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        off->csum_start = h.csum_start;
        off->csum_offset = h.csum_offset;
    }
    return h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ||
                   h.gso_type != VIRTIO_NET_HDR_GSO_NONE
               ? off
               : NULL;
}

void vnet_hdr_write(uint8_t *p, size_t len, const struct offload_hdr *off)
{
    struct virtio_net_hdr h = { .gso_type = VIRTIO_NET_HDR_GSO_NONE };

    memset(p, 0, len);
    if (!off) {
        return;
    }
    h.gso_type = off->gso_type;
    h.gso_size = off->gso_size;
    h.hdr_len = off->hdr_len;
    if (off->csum_start || off->csum_offset) {
        h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h.csum_start = off->csum_start;
        h.csum_offset = off->csum_offset;
    }
    memcpy(p, &h, sizeof(h));
}
