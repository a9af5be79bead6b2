/* SPDX-License-Identifier: MIT */
/*
 * e1000-ring.h - an e1000 with a receive ring, and frames for it
 */
#ifndef TESTS_UNIT_E1000_RING_H
#define TESTS_UNIT_E1000_RING_H

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    RING_AT = 0x2000,
    RING_MAX = 32,
    BUF_AT = 0x40000,
    BUF_STRIDE = 0x4000,
    BUF_FILL = 0xa5, /* What buffers hold before */
};

extern const uint8_t ring_mac[6], ring_broadcast[6];

/* A card of kind @model with link and @n empty descriptors, RDT = @n - 1 */
void ring_start(const char *model, unsigned n, uint32_t rctl);

/* Give descriptor @i its own buffer again, all of it BUF_FILL */
void ring_renew(unsigned i);
struct rx_desc ring_desc(unsigned i);
const uint8_t *ring_buf(unsigned i);

/* Descriptor @i was written back, with exactly these */
void ring_expect(unsigned i, unsigned status, unsigned errors, unsigned length);
/* It was not */
void ring_expect_free(unsigned i);

/**
 * struct frame - A frame for the card, @len bytes without FCS
 */
struct frame {
    uint8_t data[NIC_RX_MAX + 8];
    size_t len;
};

/* @len bytes from the partner to @to; the payload is a pattern */
void frame_init(struct frame *f, const uint8_t *to, uint16_t type, size_t len);
/* Put a tag into it; grows by 4 */
void frame_tag(struct frame *f, uint16_t type, uint16_t tci);
/* As host_receive() */
bool frame_offer(const struct frame *f, unsigned flags);
/* Offer it with an FCS of its own, spoilt by @damage */
bool frame_offer_fcs(const struct frame *f, uint32_t damage, unsigned flags);

#endif
