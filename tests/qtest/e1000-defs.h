/* SPDX-License-Identifier: MIT */
/*
 * e1000-defs.h - registers, bits and descriptors of the 8254x, for the tests
 *
 * Spelled as in the Software Developer's Manual (317453, rev. 4.0).  Written
 * down a second time on purpose: a wrong offset in the model must not find the
 * same wrong offset here.
 */
#ifndef TESTS_QTEST_E1000_DEFS_H
#define TESTS_QTEST_E1000_DEFS_H

#include <stdint.h>

enum {
    /* General (SDM 13.4.1-16) */
    CTRL = 0x00000,
    CTRL_DUP = 0x00004,
    STATUS = 0x00008,
    EECD = 0x00010,
    EERD = 0x00014,
    CTRL_EXT = 0x00018,
    MDIC = 0x00020,
    FCAL = 0x00028,
    FCAH = 0x0002c,
    FCT = 0x00030,
    VET = 0x00038,
    FCTTV = 0x00170,
    TXCW = 0x00178,
    RXCW = 0x00180,
    LEDCTL = 0x00e00,
    PBA = 0x01000,
    /* Interrupts (SDM 13.4.17-21) */
    ICR = 0x000c0,
    ITR = 0x000c4,
    ICS = 0x000c8,
    IMS = 0x000d0,
    IMC = 0x000d8,
    /* Receive (SDM 13.4.22-32, 46, 47) */
    RCTL = 0x00100,
    FCRTL = 0x02160,
    FCRTH = 0x02168,
    RDBAL = 0x02800,
    RDBAH = 0x02804,
    RDLEN = 0x02808,
    RDH = 0x02810,
    RDT = 0x02818,
    RDTR = 0x02820,
    RXDCTL = 0x02828,
    RADV = 0x0282c,
    RSRPD = 0x02c00,
    RXCSUM = 0x05000,
    /* Transmit (SDM 13.4.33-45) */
    TCTL = 0x00400,
    TIPG = 0x00410,
    AIT = 0x00458,
    TXDMAC = 0x03000,
    TDBAL = 0x03800,
    TDBAH = 0x03804,
    TDLEN = 0x03808,
    TDH = 0x03810,
    TDT = 0x03818,
    TIDV = 0x03820,
    TXDCTL = 0x03828,
    TADV = 0x0382c,
    TSPMT = 0x03830,
    /* Filters (SDM 13.5) */
    MTA = 0x05200,
    RAL = 0x05400,
    RAH = 0x05404,
    VFTA = 0x05600,
    /* Wake-up and manageability (SDM 13.6) */
    WUC = 0x05800,
    WUFC = 0x05808,
    WUS = 0x05810,
    MANC = 0x05820,
    IPAV = 0x05838,
    IP4AT = 0x05840,
    IP6AT = 0x05880,
    WUPL = 0x05900,
    WUPM = 0x05a00,
    FFLT = 0x05f00,
    FFMT = 0x09000,
    FFVT = 0x09800,
    /* Statistics (SDM 13.7) */
    CRCERRS = 0x04000,
    ALGNERRC = 0x04004,
    RXERRC = 0x0400c,
    MPC = 0x04010,
    DC = 0x04030,
    RLEC = 0x04040,
    XONRXC = 0x04048,
    XONTXC = 0x0404c,
    XOFFRXC = 0x04050,
    XOFFTXC = 0x04054,
    FCRUC = 0x04058,
    PRC64 = 0x0405c,
    PRC127 = 0x04060,
    PRC255 = 0x04064,
    PRC511 = 0x04068,
    PRC1023 = 0x0406c,
    PRC1522 = 0x04070,
    GPRC = 0x04074,
    BPRC = 0x04078,
    MPRC = 0x0407c,
    GPTC = 0x04080,
    GORCL = 0x04088,
    GORCH = 0x0408c,
    GOTCL = 0x04090,
    GOTCH = 0x04094,
    RNBC = 0x040a0,
    RUC = 0x040a4,
    RFC = 0x040a8,
    ROC = 0x040ac,
    RJC = 0x040b0,
    TORL = 0x040c0,
    TORH = 0x040c4,
    TOTL = 0x040c8,
    TOTH = 0x040cc,
    TPR = 0x040d0,
    TPT = 0x040d4,
    PTC64 = 0x040d8,
    PTC127 = 0x040dc,
    PTC255 = 0x040e0,
    PTC511 = 0x040e4,
    PTC1023 = 0x040e8,
    PTC1522 = 0x040ec,
    MPTC = 0x040f0,
    BPTC = 0x040f4,
    TSCTC = 0x040f8,
    TSCTFC = 0x040fc,
    /* Diagnostics (SDM 13.8) */
    RDFH = 0x02410,
    RDFT = 0x02418,
    RDFHS = 0x02420,
    RDFTS = 0x02428,
    RDFPC = 0x02430,
    TDFH = 0x03410,
    TDFT = 0x03418,
    TDFHS = 0x03420,
    TDFTS = 0x03428,
    TDFPC = 0x03430,
    PBM = 0x10000,
    /* I/O space (SDM 13.2.2) */
    IOADDR = 0,
    IODATA = 4,
};

enum {
    CTRL_FD = 1u << 0,
    CTRL_ASDE = 1u << 5,
    CTRL_SLU = 1u << 6,
    CTRL_ILOS = 1u << 7,
    CTRL_SPEED = 3u << 8,
    CTRL_SPEED_100 = 1u << 8,
    CTRL_SPEED_1000 = 2u << 8,
    CTRL_FRCSPD = 1u << 11,
    CTRL_FRCDPX = 1u << 12,
    CTRL_RST = 1u << 26,
    CTRL_RFCE = 1u << 27,
    CTRL_TFCE = 1u << 28,
    CTRL_VME = 1u << 30,
    CTRL_PHY_RST = 1u << 31,

    STATUS_FD = 1u << 0,
    STATUS_LU = 1u << 1,
    STATUS_TXOFF = 1u << 4,
    STATUS_TBIMODE = 1u << 5,
    STATUS_SPEED = 3u << 6,
    STATUS_SPEED_100 = 1u << 6,
    STATUS_SPEED_1000 = 2u << 6,

    EECD_SK = 1u << 0,
    EECD_CS = 1u << 1,
    EECD_DI = 1u << 2,
    EECD_DO = 1u << 3,
    EECD_REQ = 1u << 6,
    EECD_GNT = 1u << 7,
    EECD_PRES = 1u << 8,
    EECD_SIZE = 1u << 9,

    EERD_START = 1u << 0,
    EERD_DONE = 1u << 4,

    CTRL_EXT_PHYINT_EN = 1u << 1,
    CTRL_EXT_EE_RST = 1u << 13,

    MDIC_WRITE = 1u << 26,
    MDIC_READ = 2u << 26,
    MDIC_R = 1u << 28,
    MDIC_I = 1u << 29,
    MDIC_E = 1u << 30,

    ICR_TXDW = 1u << 0,
    ICR_TXQE = 1u << 1,
    ICR_LSC = 1u << 2,
    ICR_RXDMT0 = 1u << 4,
    ICR_RXO = 1u << 6,
    ICR_RXT0 = 1u << 7,
    ICR_MDAC = 1u << 9,
    ICR_PHYINT = 1u << 12,
    ICR_TXD_LOW = 1u << 15,
    ICR_SRPD = 1u << 16,

    RCTL_EN = 1u << 1,
    RCTL_SBP = 1u << 2,
    RCTL_UPE = 1u << 3,
    RCTL_MPE = 1u << 4,
    RCTL_LPE = 1u << 5,
    RCTL_LBM_MAC = 1u << 6,
    RCTL_LBM_TCVR = 3u << 6,
    RCTL_RDMTS_QUARTER = 1u << 8,
    RCTL_RDMTS_EIGHTH = 2u << 8,
    RCTL_MO_SHIFT = 12,
    RCTL_BAM = 1u << 15,
    RCTL_BSIZE_2048 = 0u << 16,
    RCTL_BSIZE_1024 = 1u << 16,
    RCTL_BSIZE_512 = 2u << 16,
    RCTL_BSIZE_256 = 3u << 16,
    RCTL_BSIZE_16384 = 1u << 16 | 1u << 25,
    RCTL_BSIZE_8192 = 2u << 16 | 1u << 25,
    RCTL_BSIZE_4096 = 3u << 16 | 1u << 25,
    RCTL_VFE = 1u << 18,
    RCTL_CFIEN = 1u << 19,
    RCTL_CFI = 1u << 20,
    RCTL_DPF = 1u << 22,
    RCTL_PMCF = 1u << 23,
    RCTL_SECRC = 1u << 26,
    RCTL_MASK = 0x06dfb3fe,

    FCRTL_XONE = 1u << 31,
    RDTR_FPD = 1u << 31,

    RXDCTL_GRAN = 1u << 24,
    RXDCTL_WTHRESH_SHIFT = 16,

    RXCSUM_IPOFLD = 1u << 8,
    RXCSUM_TUOFLD = 1u << 9,
    RXCSUM_IPV6OFL = 1u << 10,

    TCTL_EN = 1u << 1,
    TCTL_PSP = 1u << 3,
    TCTL_CT_COLD = 0x0003f0f0,
    TCTL_SWXOFF = 1u << 22,

    TXDCTL_GRAN = 1u << 24,
    TXDCTL_WTHRESH_SHIFT = 16,
    TXDCTL_LWTHRESH_SHIFT = 25,

    RAH_AV = 1u << 31,
    RAH_AS_SOURCE = 1u << 16,

    WUC_APME = 1u << 0,
    WUC_PME_EN = 1u << 1,
    WUC_PME_STATUS = 1u << 2,

    /* The same bits in WUFC and WUS */
    WU_LNKC = 1u << 0,
    WU_MAG = 1u << 1,
    WU_EX = 1u << 2,
    WU_MC = 1u << 3,
    WU_BC = 1u << 4,
    WU_ARP = 1u << 5,
    WU_IPV4 = 1u << 6,
    WU_IPV6 = 1u << 7,
    WU_FLX0 = 1u << 16,
};

/* PHY registers (M88E1011) and their bits */
enum {
    PHY_CTRL = 0,
    PHY_STATUS = 1,
    PHY_ID1 = 2,
    PHY_ID2 = 3,
    PHY_AUTONEG_ADV = 4,
    PHY_LP_ABILITY = 5,
    PHY_1000T_CTRL = 9,
    PHY_1000T_STATUS = 10,
    PHY_EXT_STATUS = 15,
    M88_PSCON = 16,
    M88_PSSTAT = 17,
    M88_PINTE = 18,
    M88_PINTS = 19,
    M88_EPSCON = 20,
    M88_PAGE_SELECT = 29,
    M88_PAGE_DATA = 30,

    PHY_CTRL_SPEED_100 = 1 << 13,
    PHY_CTRL_POWER_DOWN = 1 << 11,
    PHY_CTRL_RESTART = 1 << 9,
    PHY_CTRL_FULL = 1 << 8,
    PHY_CTRL_AUTONEG = 1 << 12,
    PHY_CTRL_LOOPBACK = 1 << 14,
    PHY_CTRL_RESET = 1 << 15,

    PHY_STATUS_LINK = 1 << 2,
    PHY_STATUS_AUTONEG_DONE = 1 << 5,

    M88_PSSTAT_LINK = 1 << 10,
    M88_PINT_LINK = 1 << 10,
};

/** struct rx_desc - Receive descriptor (SDM 3.2.3), little endian */
struct rx_desc {
    uint64_t addr;
    uint16_t length;
    uint16_t csum;
    uint8_t status;
    uint8_t errors;
    uint16_t special;
};

enum {
    RXD_DD = 1 << 0,
    RXD_EOP = 1 << 1,
    RXD_IXSM = 1 << 2,
    RXD_VP = 1 << 3,
    RXD_TCPCS = 1 << 5,
    RXD_IPCS = 1 << 6,
    RXD_PIF = 1 << 7,

    RXD_CE = 1 << 0,
    RXD_TCPE = 1 << 5,
    RXD_IPE = 1 << 6,
    RXD_RXE = 1 << 7,
};

/** struct tx_desc - Any transmit descriptor (SDM 3.3), little endian */
struct tx_desc {
    uint64_t addr;
    uint32_t lower;
    uint32_t upper;
};

enum {
    TXD_DD = 1 << 0, /* in upper */

    /* CMD, DCMD, TUCMD: in bits 31:24 of lower */
    TXD_EOP = 1 << 0,
    TXD_IFCS = 1 << 1,
    TXD_IC = 1 << 2,
    TXD_TSE = 1 << 2,
    TXD_RS = 1 << 3,
    TXD_RPS = 1 << 4,
    TXD_DEXT = 1 << 5,
    TXD_VLE = 1 << 6,
    TXD_IDE = 1 << 7,
    TXD_TUCMD_TCP = 1 << 0,
    TXD_TUCMD_IP = 1 << 1,

    TXD_DTYP_DATA = 1 << 20,

    TXD_IXSM = 1 << 0, /* POPTS: in bits 15:8 of upper */
    TXD_TXSM = 1 << 1,
};

/** struct tx_context - Fields of a context descriptor (SDM 3.3.6) */
struct tx_context {
    uint8_t ipcss, ipcso;
    uint16_t ipcse;
    uint8_t tucss, tucso;
    uint16_t tucse;
    uint32_t paylen;
    uint8_t tucmd;
    uint8_t hdrlen;
    uint16_t mss;
};

#endif
