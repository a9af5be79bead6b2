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
 * @gso_type: VIRTIO_NET_HDR_GSO_NONE, _TCPV4 or _TCPV6; from a host also with
 *            VIRTIO_NET_HDR_GSO_ECN
 */
struct offload_hdr {
    uint16_t csum_start, csum_offset;
    uint8_t gso_type;
    uint16_t gso_size, hdr_len;
};

/**
 * offload_sum() - 16-bit one's complement sum of memory, big-endian words
 * @len: Below 1 MiB
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

/**
 * offload_patch() - Make a prototype header that of one segment
 * @h:    Header, @g->hdr_len bytes; what does not fit into it is not stored
 * @g:    Not NIC_GSO_NONE
 * @i:    Number of the segment
 * @len:  Bytes of the whole segment
 * @last: No more follow
 *
 * Checksums are the caller's business.
 */
void offload_patch(uint8_t *h, const struct nic_gso *g, size_t i, size_t len,
                   bool last);

/**
 * struct offload_in - A frame with an offload_hdr on its way to a card
 * @rx:      The plain frame that is next; rx.n is 0 when there is none left
 * @frame, @len: The whole, in memory of the caller's
 * @next:    Where the payload of the segment after the present one begins
 * @index:   Number of the present segment
 * @gso:     How it is cut; with NIC_GSO_NONE only @ip, @l4 and @ipv6 may be set
 * @head:    The headers to be cut by, as they came
 * @ip_sum, @l4_sum: What all segments add to their sums: headers and
 *           pseudo-header without what is not the same in each
 *
 * Only @rx is for callers.  Wire format: net/offload-in.c.
 */
struct offload_in {
    struct nic_rx rx;
    uint8_t *frame;
    size_t len, next;
    uint32_t index, ip_sum, l4_sum;
    struct nic_gso gso;
    struct nic_buf buf;
    uint8_t head[NIC_RX_HEAD];
};

/**
 * offload_in_begin() - Take what a frame from the host still needs
 * @frame: Written to, also by offload_in_next(); stays the caller's, who leaves
 *         it alone until the last segment was taken
 * @len:   At least 1
 * @off:   Not trusted; NULL: the frame is plain
 * @flags: NIC_RX_CSUM_GOOD if the host found its TCP or UDP sum right
 *
 * A frame longer than NIC_RX_MAX that is not to be cut is a lie too.  A segment
 * has right checksums, and those of a kind NIC_RX_CSUM_GOOD promises.
 *
 * Return: false if @off does not fit the frame, and nothing is to be delivered
 */
bool offload_in_begin(struct offload_in *in, uint8_t *frame, size_t len,
                      const struct offload_hdr *off, unsigned flags);
/* The frame in in->rx was taken: make the next one */
void offload_in_next(struct offload_in *in);

#endif
