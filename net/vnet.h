/* SPDX-License-Identifier: MIT */
/*
 * vnet.h - the header that Linux puts in front of the frames of a tap
 *
 * Both ways it says what a frame still needs: struct virtio_net_hdr of
 * <linux/virtio_net.h>, in the host's byte order.
 */
#ifndef NET_VNET_H
#define NET_VNET_H

#include <stddef.h>
#include <stdint.h>

#include "net/offload.h"

enum {
    VNET_HDR_LEN = 10, /* The least; what may follow means nothing to us */
};

/**
 * vnet_hdr_read() - What a frame from the host still needs
 * @p:     VNET_HDR_LEN bytes, not trusted: offload_in_begin() is for that
 * @off:   Filled in
 * @flags: NIC_RX_CSUM_GOOD if the host vouches for the checksum, or 0
 *
 * Return: @off, or NULL if the frame needs nothing
 */
const struct offload_hdr *
vnet_hdr_read(const uint8_t *p, struct offload_hdr *off, unsigned *flags);

/**
 * vnet_hdr_write() - Ask the host for what @off asks of us
 * @p:   @len bytes, VNET_HDR_LEN at least, all of which are written
 * @off: NULL: nothing
 */
void vnet_hdr_write(uint8_t *p, size_t len, const struct offload_hdr *off);

#endif
