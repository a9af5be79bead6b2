/* SPDX-License-Identifier: MIT */
/*
 * rtl8139-defs.h - registers and descriptors of the RTL8139 family
 *
 * Written out again from Realtek's data sheets, so that a slip in the model's
 * own header is noticed.  "9346CR" and "C+CR" cannot begin a name in C: they
 * are CR9346 and CPCR here.
 */
#ifndef TESTS_QTEST_RTL8139_DEFS_H
#define TESTS_QTEST_RTL8139_DEFS_H

#include <stdint.h>

enum {
    IDR = 0x00,
    MAR = 0x08,
    TSD = 0x10,   /* C mode; four */
    DTCCR = 0x10, /* C+ mode; 64 bits */
    TSAD = 0x20,  /* C mode; four */
    TNPDS = 0x20, /* C+ mode; 64 bits */
    THPDS = 0x28, /* C+ mode; 64 bits */
    RBSTART = 0x30,
    ERBCR = 0x34,
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
    CONFIG0 = 0x51,
    CONFIG1 = 0x52,
    CONFIG2 = 0x53, /* RTL8169 only */
    TIMERINT = 0x54,
    MSR = 0x58,
    CONFIG3 = 0x59,
    CONFIG4 = 0x5a,
    HLTCLK = 0x5b,
    MULINT = 0x5c,
    RERID = 0x5e,
    TSADS = 0x60,
    BMCR = 0x62,
    BMSR = 0x64,
    ANAR = 0x66,
    ANLPAR = 0x68,
    ANER = 0x6a,
    DIS = 0x6c,
    FCSC = 0x6e,
    NWAYTR = 0x70,
    REC = 0x72,
    CSCR = 0x74,
    PHY1_PARM = 0x78,
    TW_PARM = 0x7c,
    PHY2_PARM = 0x80,
    TDOKLADDR = 0x82,
    WAKE_CRC = 0x84,
    WAKEUP = 0x8c,
    LSBCRC = 0xcc,
    FLASH = 0xd4,
    CONFIG5 = 0xd8,
    TPPOLL = 0xd9,
    RMS = 0xda, /* RTL8169 only */
    CPCR = 0xe0,
    INTRMITIGATE = 0xe2, /* RTL8169 only */
    RDSAR = 0xe4,        /* 64 bits */
    ETTHR = 0xec,
};

enum {
    CR_BUFE = 0x01,
    CR_TE = 0x04,
    CR_RE = 0x08,
    CR_RST = 0x10,

    /* ISR, IMR */
    INT_ROK = 1 << 0,
    INT_RER = 1 << 1,
    INT_TOK = 1 << 2,
    INT_TER = 1 << 3,
    INT_RXOVW = 1 << 4, /* C+: RDU */
    INT_PUN = 1 << 5,   /* and LinkChg */
    INT_FOVW = 1 << 6,
    INT_TDU = 1 << 7,
    INT_SW = 1 << 8,
    INT_TIMEOUT = 1 << 14,
    INT_SERR = 1 << 15,

    TCR_ID = 0x7cc00000, /* HWVERID with the bit of the 8139D */
    TCR_CRC = 1 << 16,
    TCR_LBK = 3 << 17,
    TCR_MAC_LBK = 1 << 17, /* A and B */
    TCR_CLRABT = 1 << 0,

    RCR_AAP = 1 << 0,
    RCR_APM = 1 << 1,
    RCR_AM = 1 << 2,
    RCR_AB = 1 << 3,
    RCR_AR = 1 << 4,
    RCR_AER = 1 << 5,
    RCR_9356SEL = 1 << 6,
    RCR_WRAP = 1 << 7,
    RCR_RBLEN = 1 << 11, /* times n: 8 KiB << n, and 16 bytes */
    RCR_RXFTH_ALL = 7 << 13,
    RCR_RER8 = 1 << 16,
    RCR_PLAIN = RCR_APM | RCR_AB,

    EEM_AUTOLOAD = 0x40,
    EEM_PROGRAM = 0x80,
    EEM_CONFIG = 0xc0,
    EE_CS = 0x08,
    EE_SK = 0x04,
    EE_DI = 0x02,
    EE_DO = 0x01,

    CONFIG1_PMEN = 0x01,
    CONFIG3_PARM_EN = 0x40,
    CONFIG3_MAGIC = 0x20,
    CONFIG3_LINKUP = 0x10,
    CONFIG5_BWF = 0x40,
    CONFIG5_MWF = 0x20,
    CONFIG5_UWF = 0x10,

    MSR_TXFCE = 0x80,
    MSR_RXFCE = 0x40,
    MSR_AUX = 0x10,
    MSR_SPEED_10 = 0x08,
    MSR_LINKB = 0x04,

    BMCR_RESET = 0x8000,
    BMCR_SPEED = 0x2000,
    BMCR_ANE = 0x1000,
    BMCR_RESTART = 0x0200,
    BMCR_FULL = 0x0100,
    BMSR_LINK = 0x0004,
    BMSR_AN_DONE = 0x0020,
    CSCR_CHANGED = 0x0800, /* not in the papers; 8139too, ReactOS */

    TPPOLL_HPQ = 0x80,
    TPPOLL_NPQ = 0x40,
    TPPOLL_FSW = 0x01,

    CPCR_RXVLAN = 0x40,
    CPCR_RXCHKSUM = 0x20,
    CPCR_MULRW = 0x08,
    CPCR_RX = 0x02,
    CPCR_TX = 0x01,

    DTCCR_CMD = 0x08,

    /* TSD of the C mode */
    TSD_OWN = 1 << 13,
    TSD_TUN = 1 << 14,
    TSD_TOK = 1 << 15,
    TSD_THRESHOLD = 1 << 16, /* times 32 bytes */

    /* Packet header of the C mode's ring */
    RXS_ROK = 0x0001,
    RXS_CRC = 0x0004,
    RXS_LONG = 0x0008,
    RXS_RUNT = 0x0010,
    RXS_BAR = 0x2000,
    RXS_PAM = 0x4000,
    RXS_MAR = 0x8000,
};

/* Descriptors of the C+ mode, first dword, both directions */
#define D_OWN 0x80000000u
#define D_EOR 0x40000000u
#define D_FS  0x20000000u
#define D_LS  0x10000000u

/* Transmit, command */
#define TXD_LGSEN  0x08000000u
#define TXD_MSS(n) ((uint32_t)(n) << 16)
#define TXD_IPCS   0x00040000u
#define TXD_UDPCS  0x00020000u
#define TXD_TCPCS  0x00010000u
#define TXD_TAGC   0x00020000u /* second dword */

/* Transmit, status */
#define TXD_TES 0x00800000u

/* Receive, status */
#define RXD_MAR     0x04000000u
#define RXD_PAM     0x02000000u
#define RXD_BAR     0x01000000u
#define RXD_RES     0x00100000u
#define RXD_RUNT    0x00080000u
#define RXD_CRC     0x00040000u
#define RXD_PID     0x00030000u
#define RXD_PID_TCP 0x00010000u
#define RXD_PID_UDP 0x00020000u
#define RXD_PID_IP  0x00030000u
#define RXD_IPF     0x00008000u
#define RXD_UDPF    0x00004000u
#define RXD_TCPF    0x00002000u
#define RXD_SIZE    0x00001fffu
#define RXD_TAVA    0x00010000u /* second dword */

/** struct desc - A descriptor of the C+ mode, little endian */
struct desc {
    uint32_t command; /* later status */
    uint32_t vlan;
    uint64_t addr;
};

/** struct tally - What DTCCR dumps */
struct tally {
    uint64_t tx_ok, rx_ok, tx_err;
    uint32_t rx_err;
    uint16_t missed, align;
    uint32_t tx_one_collision, tx_collisions;
    uint64_t rx_unicast, rx_broadcast;
    uint32_t rx_multicast;
    uint16_t tx_aborted, tx_underrun;
};

#endif
