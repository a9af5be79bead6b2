/* SPDX-License-Identifier: MIT */
/*
 * ne2k-defs.h - the NE2000 as its manuals have it
 *
 * Names and bits are those of National's DP8390D/NS32490D datasheet, July
 * 1995, and page 3 is Realtek's RTL8029AS.
 */
#ifndef TESTS_QTEST_NE2K_DEFS_H
#define TESTS_QTEST_NE2K_DEFS_H

/* Registers: page << 4 | address.  CR is in every page */
enum {
    CR = 0x00,

    /* Page 0, to read */
    CLDA0 = 0x01,
    CLDA1 = 0x02,
    BNRY = 0x03,
    TSR = 0x04,
    NCR = 0x05,
    FIFO = 0x06,
    ISR = 0x07,
    CRDA0 = 0x08,
    CRDA1 = 0x09,
    ID0 = 0x0a, /* Realtek's: 'P' */
    ID1 = 0x0b, /* 'C' */
    RSR = 0x0c,
    CNTR0 = 0x0d,
    CNTR1 = 0x0e,
    CNTR2 = 0x0f,

    /* Page 0, to write */
    PSTART = 0x01,
    PSTOP = 0x02,
    TPSR = 0x04,
    TBCR0 = 0x05,
    TBCR1 = 0x06,
    RSAR0 = 0x08,
    RSAR1 = 0x09,
    RBCR0 = 0x0a,
    RBCR1 = 0x0b,
    RCR = 0x0c,
    TCR = 0x0d,
    DCR = 0x0e,
    IMR = 0x0f,

    /* Page 1 */
    PAR0 = 0x11,
    CURR = 0x17,
    MAR0 = 0x18,

    /* Page 2, to read */
    P2_PSTART = 0x21,
    P2_PSTOP = 0x22,
    P2_TPSR = 0x24,
    P2_RCR = 0x2c,
    P2_TCR = 0x2d,
    P2_DCR = 0x2e,
    P2_IMR = 0x2f,

    /* Page 3 */
    CR9346 = 0x31,
    CONFIG0 = 0x33,
    CONFIG2 = 0x35,
    CONFIG3 = 0x36,
    HLTCLK = 0x39,
    ASID0 = 0x3e,
    ASID1 = 0x3f,

    /* Of the board */
    DATA_PORT = 0x10,
    RESET_PORT = 0x1f,
    PORTS = 0x20,
};

/* CR */
enum {
    CR_STP = 1 << 0,
    CR_STA = 1 << 1,
    CR_TXP = 1 << 2,
    CR_READ = 1 << 3,
    CR_WRITE = 2 << 3,
    CR_SEND = 3 << 3,
    CR_ABORT = 4 << 3,
    CR_PAGE_SHIFT = 6,
};

/* ISR, IMR */
enum {
    ISR_PRX = 1 << 0,
    ISR_PTX = 1 << 1,
    ISR_RXE = 1 << 2,
    ISR_TXE = 1 << 3,
    ISR_OVW = 1 << 4,
    ISR_CNT = 1 << 5,
    ISR_RDC = 1 << 6,
    ISR_RST = 1 << 7,
    IMR_ALL = 0x7f,
};

/* DCR */
enum {
    DCR_WTS = 1 << 0,
    DCR_BOS = 1 << 1,
    DCR_LAS = 1 << 2,
    DCR_LS = 1 << 3,
    DCR_AR = 1 << 4,
    DCR_FT = 2 << 5, /* 8 bytes, as all drivers have it */
    DCR_BYTES = DCR_FT | DCR_LS,
    DCR_WORDS = DCR_FT | DCR_LS | DCR_WTS,
};

/* TCR, TSR */
enum {
    TCR_CRC = 1 << 0,
    TCR_LB1 = 1 << 1,
    TCR_LB2 = 2 << 1,
    TCR_LB3 = 3 << 1,
    TCR_ATD = 1 << 3,
    TCR_OFST = 1 << 4,

    TSR_PTX = 1 << 0,
    TSR_COL = 1 << 2,
    TSR_ABT = 1 << 3,
    TSR_CRS = 1 << 4,
    TSR_FU = 1 << 5,
    TSR_CDH = 1 << 6,
    TSR_OWC = 1 << 7,
};

/* RCR, RSR */
enum {
    RCR_SEP = 1 << 0,
    RCR_AR = 1 << 1,
    RCR_AB = 1 << 2,
    RCR_AM = 1 << 3,
    RCR_PRO = 1 << 4,
    RCR_MON = 1 << 5,

    RSR_PRX = 1 << 0,
    RSR_CRC = 1 << 1,
    RSR_FAE = 1 << 2,
    RSR_FO = 1 << 3,
    RSR_MPA = 1 << 4,
    RSR_PHY = 1 << 5,
    RSR_DIS = 1 << 6,
};

/* 9346CR, CONFIG3 */
enum {
    EEM_LOAD = 1 << 6,
    EEM_PROGRAM = 2 << 6,
    EEM_CONFIG = 3 << 6,
    EEM_MASK = 3 << 6,
    EECS = 1 << 3,
    EESK = 1 << 2,
    EEDI = 1 << 1,
    EEDO = 1 << 0,

    CONFIG3_FUDUP = 1 << 6,
};

/* Local memory, as remote DMA sees it */
enum {
    PAGE = 256,
    RAM = 0x4000,
    RAM_END = 0x8000,
    RING_HEADER = 4,
};

#endif
