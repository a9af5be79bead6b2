/* SPDX-License-Identifier: MIT */
/*
 * rtl8139-card.h - an RTL8139 as drivers see it, for its tests
 *
 * Numbers are written out again, from the data sheets, so that a slip in the
 * model's header is noticed.
 */
#ifndef TESTS_UNIT_RTL8139_CARD_H
#define TESTS_UNIT_RTL8139_CARD_H

#include "nic-host.h"

enum {
    IDR = 0x00,
    MAR = 0x08,
    TSD = 0x10,
    DTCCR = 0x10,
    TSAD = 0x20,
    TNPDS = 0x20,
    THPDS = 0x28,
    RBSTART = 0x30,
    ERSR = 0x36,
    CR = 0x37,
    CAPR = 0x38,
    CBR = 0x3a,
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    TCTR = 0x48,
    MPC = 0x4c,
    CR9346 = 0x50,
    CONFIG1 = 0x52,
    TIMERINT = 0x54,
    MSR = 0x58,
    CONFIG3 = 0x59,
    CONFIG4 = 0x5a,
    TSADS = 0x60,
    BMCR = 0x62,
    BMSR = 0x64,
    ANAR = 0x66,
    ANLPAR = 0x68,
    CSCR = 0x74,
    PHY1_PARM = 0x78,
    CONFIG5 = 0xd8,
    TPPOLL = 0xd9,
    CPCR = 0xe0,
    RDSAR = 0xe4,

    UNLOCK = 0xc0,
    RST = 0x10,
    RE = 0x08,
    TE = 0x04,
    BUFE = 0x01,
    LBK = 3 << 17,
    WRAP = 0x80,

    INT_ROK = 0x01,
    INT_RER = 0x02,
    INT_TOK = 0x04,
    INT_TER = 0x08,
    INT_RXOVW = 0x10,
    INT_PUN = 0x20,
    INT_FOVW = 0x40,
    INT_TDU = 0x80,
    INT_SW = 0x100,
    INT_TIMEOUT = 0x4000,
    INT_SERR = 0x8000,

    OWN = (int)0x80000000u,
    EOR = 0x40000000,
    FS = 0x20000000,
    LS = 0x10000000,

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
