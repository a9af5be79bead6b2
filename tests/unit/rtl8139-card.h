/* SPDX-License-Identifier: MIT */
/*
 * rtl8139-card.h - an RTL8139 as drivers see it, for its tests
 */
#ifndef TESTS_UNIT_RTL8139_CARD_H
#define TESTS_UNIT_RTL8139_CARD_H

#include "nic-host.h"
#include "tests/qtest/rtl8139-defs.h"

enum {
    TX_AT = 0x2000, /* Normal priority ring, or slots' buffers */
    HIGH_AT = 0x2400,
    RX_AT = 0x2800,
    RING_AT = 0x20000, /* C mode, receive */
    BUF_AT = 0x40000,
    BUF_STRIDE = 0x1000,
    BUF_FILL = 0xa5,
};

extern const uint8_t card_mac[6], card_broadcast[6], card_other[6];

uint8_t rd8(uint32_t off);
uint16_t rd16(uint32_t off);
void wr8(uint32_t off, uint8_t val);
void wr16(uint32_t off, uint16_t val);

/* Read ISR and acknowledge what it shows */
uint16_t card_ack(void);

/* A card of kind @model in C mode, running, its ring 8 KiB << @rblen */
void card_start_c(const char *model, unsigned rblen, uint32_t rcr);

/* An 8139C+ in C+ mode, running, with @n receive descriptors of @size bytes */
void card_start_cp(unsigned n, unsigned size, uint32_t rcr);

/* Fill a C+ descriptor; the byte order of the tag is the caller's business */
void card_desc(uint32_t at, uint32_t command, uint32_t tag, uint32_t buf);

/* @len bytes from somewhere to @to, then a pattern; returns where they are */
const uint8_t *card_frame(const uint8_t *to, size_t len);

/* Offer such a frame; with @damage it carries an FCS that is wrong by that */
bool card_offer(const uint8_t *to, size_t len, uint32_t damage);

/* Count of an event of the card, by its name */
uint64_t card_event(const char *name);

#endif
