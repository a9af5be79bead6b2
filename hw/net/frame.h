/* SPDX-License-Identifier: MIT */
/*
 * frame.h - frames on their way through a model, for models that need the same
 */
#ifndef HW_NET_FRAME_H
#define HW_NET_FRAME_H

#include "hw/nic.h"

enum {
    FRAME_FCS = 4,
    FRAME_MIN = 60, /* Without FCS */
    FRAME_TAG = 4,
    FRAME_TAG_AT = 12, /* Behind destination and source address */
    /* Of the buffer of the next frame, what is fetched ahead: the CPU itself
     * finds what follows, and waits if it is asked for more at a time */
    FRAME_PREFETCH = 512,
};

/**
 * struct frame_in - A received frame that is being stored
 * @rx:      As the host gave it
 * @head:    Its first bytes, @avail of them
 * @len:     Bytes before the FCS
 * @fcs:     FCS as on the wire, if it came with one or frame_in_fcs() was
 * called
 * @bad_fcs: It came with a wrong one
 * @strip:   Set by the model: the VLAN tag is not stored
 * @pos:     Next byte to store, counted in the unstripped frame with its FCS
 * @piece, @off: Where that is in @rx
 */
struct frame_in {
    const struct nic_rx *rx;
    const uint8_t *head;
    size_t avail, len;
    uint8_t fcs[FRAME_FCS];
    bool bad_fcs, strip;
    size_t pos, off;
    unsigned piece;
};

/* Store what nic_host.fcs() computed as it is on the wire */
void frame_put_fcs(uint8_t to[FRAME_FCS], uint32_t fcs);

/**
 * frame_in_open() - Begin with a frame
 *
 * Return: false if it has no Ethernet header, or is longer than hosts may offer
 */
bool frame_in_open(struct nic *n, struct frame_in *f, const struct nic_rx *rx);

/**
 * frame_in_open_runt() - The same for chips that look at the destination only
 *
 * Six bytes are enough.
 */
bool frame_in_open_runt(struct nic *n, struct frame_in *f,
                        const struct nic_rx *rx);

/* Compute @fcs if the frame came without one */
void frame_in_fcs(struct nic *n, struct frame_in *f);

/* Bytes that a model stores: without the tag if stripped, with the FCS */
size_t frame_in_stored(const struct frame_in *f);

/**
 * frame_in_put() - Store the next @len bytes at guest address @at
 *
 * Never more than are left of the frame and its FCS.  Return: false if that is
 * not guest memory
 */
bool NIC_MUST_CHECK frame_in_put(struct nic *n, struct frame_in *f, gpa_t at,
                                 size_t len);

/**
 * frame_in_copy() - Copy the next @len bytes into the card's own memory
 * @to:   May be NULL if @room is 0
 * @room: Bytes there; what is beyond them is lost
 *
 * Never more than are left of the frame and its FCS.
 */
void frame_in_copy(struct frame_in *f, uint8_t *to, size_t len, size_t room);

/**
 * frame_insert_tag() - Insert a VLAN tag into the private bytes of an outgoing
 * frame
 *
 * Return: by how much everything behind the addresses moved: 0 if the frame is
 * too short for a tag
 */
unsigned frame_insert_tag(struct nic_frame *f, uint16_t type, uint16_t tci);

/* Append zeros to a frame that is all private, up to FRAME_MIN */
void frame_pad(struct nic_frame *f);

/* Whether an address is the broadcast address */
bool frame_is_broadcast(const uint8_t *addr);

/**
 * frame_is_pause() - Whether a frame is a PAUSE frame for @mac
 * @time: Set to how long, in units of 512 bits; 0 ends a pause
 *
 * IEEE 802.3, 31.4 and annex 31B: to the address of all such frames, or ours.
 */
bool frame_is_pause(const struct frame_in *f, const uint8_t mac[6],
                    uint16_t *time);

/**
 * frame_is_magic() - Whether a magic packet for @mac is anywhere in a frame
 *
 * At least six bytes FFh, then the address 16 times.
 */
bool frame_is_magic(const struct nic_rx *rx, size_t len, const uint8_t mac[6]);

#endif
