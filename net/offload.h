/* SPDX-License-Identifier: MIT */
/*
 * offload.h - checksums and segmentation in software, for any backend
 *
 * Models only state what the guest asked for (struct nic_frame); here it is
 * either translated into what a virtio_net_hdr can say, or carried out.  Knows
 * neither GLib nor any machine.
 */
#ifndef NET_OFFLOAD_H
#define NET_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "hw/nic.h"

enum {
    OFFLOAD_IOV_MAX = 512,       /* Pieces of an emitted frame */
    OFFLOAD_SEGMENTS_MAX = 8192, /* 64 KiB in the smallest segments of Linux */
};

/* What a receiver of frames can take instead of plain ones */
enum {
    OFFLOAD_CSUM = 1 << 0, /* one checksum left partial */
    OFFLOAD_GSO4 = 1 << 1, /* TCP over IPv4 to be cut; needs CSUM */
    OFFLOAD_GSO6 = 1 << 2, /* TCP over IPv6 to be cut; needs CSUM */
};

/**
 * struct offload_hdr - What a frame still needs, in virtio_net_hdr's terms
 * @csum_start, @csum_offset: Checksum to complete; both 0: none
 * @gso_type: VIRTIO_NET_HDR_GSO_NONE, _TCPV4 or _TCPV6
 */
struct offload_hdr {
    uint16_t csum_start, csum_offset;
    uint8_t gso_type;
    uint16_t gso_size, hdr_len;
};

/**
 * offload_sum() - 16-bit one's complement sum of memory, big-endian words
 * @sum: Sum so far, of an even number of bytes
 */
uint32_t offload_sum(const void *p, size_t len, uint32_t sum);
/* Fold to 16 bits; not complemented */
uint16_t offload_fold(uint32_t sum);

/**
 * offload_emit_fn - Takes one frame ready for the wire, or with a header
 * @iov: Valid during the call
 * @off: NULL: nothing left to do
 *
 * Return: false to stop (the rest of the frame is dropped)
 */
typedef bool offload_emit_fn(void *arg, const struct iovec *iov, unsigned n,
                             const struct offload_hdr *off);

/**
 * offload_frame() - Bring one outgoing frame into a form a backend can take
 * @f:     The frame.  Its head may be modified
 * @body:  Its pieces in host memory, @n_body of them, exactly f->len -
 *         f->head_len bytes.  A guest may change them meanwhile
 * @caps:  OFFLOAD_* of the receiver
 * @emit:  Called once, or once per segment
 *
 * No frame longer than NIC_RX_MAX is emitted, unless with an @off to cut it by.
 * A supplied FCS (f->has_fcs) is checked and taken off, unless the frame is
 * looped; checksums never cover it.  Not emitted at all: a frame that is too
 * long, has a wrong FCS, or more than OFFLOAD_IOV_MAX - 1 pieces; after
 * OFFLOAD_SEGMENTS_MAX segments the rest is not.
 *
 * The headers that a guest asks to cut by are verified here once more: a frame
 * whose GSO request does not fit its own headers is done in software as asked,
 * byte for byte, and never passed on as GSO.
 *
 * Return: frames emitted
 */
unsigned offload_frame(struct nic_frame *f, const struct iovec *body,
                       unsigned n_body, unsigned caps, offload_emit_fn *emit,
                       void *arg);

#endif
