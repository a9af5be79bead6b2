/* SPDX-License-Identifier: MIT */
/*
 * dp8390-chip.h - what the files of the DP8390 share
 *
 * Private to hw/net/dp8390*.c; boards see dp8390.h.
 */
#ifndef HW_NET_DP8390_CHIP_H
#define HW_NET_DP8390_CHIP_H

#include "hw/net/dp8390.h"

/* CR */
enum {
    CR_STP = 1 << 0,
    CR_STA = 1 << 1,
    CR_TXP = 1 << 2,
    CR_RD = 7 << 3,
    CR_RD_SHIFT = 3,
    CR_RD2 = 1 << 5,
    CR_PS_SHIFT = 6,
};

/* ISR and IMR */
enum {
    ISR_PRX = 1 << 0,
    ISR_PTX = 1 << 1,
    ISR_RXE = 1 << 2,
    ISR_TXE = 1 << 3,
    ISR_OVW = 1 << 4,
    ISR_CNT = 1 << 5,
    ISR_RDC = 1 << 6,
    ISR_RST = 1 << 7,
};

/* DCR */
enum {
    DCR_WTS = 1 << 0,
    DCR_BOS = 1 << 1,
    DCR_LAS = 1 << 2,
    DCR_LS = 1 << 3,
    DCR_AR = 1 << 4,
    DCR_ONES = 0x80, /* Reserved, read as 1 on Realtek's */
};

/* TCR */
enum {
    TCR_CRC = 1 << 0,
    TCR_LB = 3 << 1,
    TCR_LB_1 = 1 << 1,
    TCR_LB_2 = 2 << 1,
    TCR_LB_3 = 3 << 1,
    TCR_ATD = 1 << 3,
    TCR_ONES = 0xe0,
};

/* TSR */
enum {
    TSR_PTX = 1 << 0,
    TSR_COL = 1 << 2,
    TSR_ABT = 1 << 3,
    TSR_CRS = 1 << 4,
    TSR_FU = 1 << 5,
    TSR_CDH = 1 << 6,
    TSR_ONES = 1 << 1,
};

/* RCR */
enum {
    RCR_SEP = 1 << 0,
    RCR_AR = 1 << 1,
    RCR_AB = 1 << 2,
    RCR_AM = 1 << 3,
    RCR_PRO = 1 << 4,
    RCR_MON = 1 << 5,
    RCR_ONES = 0xc0,
};

/* RSR */
enum {
    RSR_PRX = 1 << 0,
    RSR_CRC = 1 << 1,
    RSR_MPA = 1 << 4,
    RSR_PHY = 1 << 5,
    RSR_DIS = 1 << 6,
};

enum {
    ADDR_LEN = 6,
    HEADER_LEN = 4,
    COUNT_MIN = 64, /* With FCS */
    RUNT_MIN = 8,
    TX_MAX = 1514,
    TALLY_MAX = 192,
    TALLY_IRQ = 128,
    /* Hashes that ATD listens to */
    HASH_DISABLE = 62,
    HASH_ENABLE = 63,
    /* Longest loopback in words: half of the address space */
    LOOP_MAX = 32768,
};

static inline struct dp8390 *dp8390_of(struct nic *n)
{
    return (struct dp8390 *)n;
}

static inline bool dp8390_is_realtek(const struct dp8390 *d)
{
    return d->nic.model->chip == DP8390_RTL8029;
}

static inline uint16_t dp8390_pair(uint8_t low, uint8_t high)
{
    return (uint16_t)(high << 8 | low);
}

/* dp8390-strict.c */

/* Count an event if software wants to hear what a real chip would punish */
void dp8390_strict(struct dp8390 *d, unsigned event, uint32_t val);

/* The receiver was just connected with the network */
void dp8390_strict_connected(struct dp8390 *d);

/* CR.STA was written and the chip was stopped */
void dp8390_strict_start(struct dp8390 *d);

/* OVW is about to be acknowledged */
void dp8390_strict_recovery(struct dp8390 *d);

/* BNRY was written */
void dp8390_strict_boundary(struct dp8390 *d);

/* A transfer was given up, or a new one is being prepared */
void dp8390_strict_cut(struct dp8390 *d);

/* dp8390.c */

/* Compute the pin from ISR and IMR */
void dp8390_irq_update(struct dp8390 *d);

/* Set bits of ISR */
void dp8390_irq_cause(struct dp8390 *d, unsigned cause);

/* Whether a remote DMA is in progress */
static inline bool dp8390_remote_active(const struct dp8390 *d)
{
    return d->reg.remote != DP8390_REMOTE_IDLE;
}

/* Count in CNTR0, CNTR1 or CNTR2; the caller updates the pin */
void dp8390_tally(struct dp8390 *d, uint8_t *counter);

/* dp8390-tx.c */

/* Whether TXP is set and nothing forbids to send */
bool dp8390_tx_pending(const struct dp8390 *d);

/* Send soon, if dp8390_tx_pending() */
void dp8390_tx_kick(struct dp8390 *d);

/* CR.TXP was written as 1 */
void dp8390_tx_start(struct dp8390 *d);

/* dp8390-rx.c */

/* Whether the filter lets a destination address pass */
bool dp8390_filter_accepts(const struct dp8390 *d, const uint8_t *mac);

/* Where local DMA has come to */
void dp8390_local_at(struct dp8390 *d, unsigned at);

/* The network may offer a frame again that was refused */
void dp8390_rx_offer(struct dp8390 *d);

/* dp8390-remote.c */

/* CR.RD2-0 were written as @code */
void dp8390_remote_command(struct dp8390 *d, unsigned code);

#endif
