/* SPDX-License-Identifier: MIT */
/*
 * e1000.h - what the files of the e1000 model share
 *
 * Private to hw/net/e1000*.c; the outside sees three struct nic_model.
 * Register and bit names are those of the manual (317453), see e1000-regs.def.
 */
#ifndef HW_NET_E1000_H
#define HW_NET_E1000_H

#include "hw/net/eeprom93.h"
#include "hw/net/frame.h"
#include "hw/net/inet.h"
#include "hw/nic.h"
#include "hw/regs.h"
#include "hw/ring.h"

/* Chips, as in struct reg.chips */
#define E1000_82540EM 1
#define E1000_82544GC 2
#define E1000_82545EM 4
#define E1000_NEWER   (E1000_82540EM | E1000_82545EM) /* Than the 82544 */

/* Resets that a row survives, as in struct reg.keep */
#define E1000_KEEP_BUS  (1u << NIC_RESET_BUS)
#define E1000_KEEP_D3   (1u << NIC_RESET_D3)
#define E1000_KEEP_CHIP (1u << NIC_RESET_CHIP)
#define E1000_KEEP_ALL  (E1000_KEEP_BUS | E1000_KEEP_D3 | E1000_KEEP_CHIP)

enum {
    E1000_BAR_MEM = 0,
    E1000_BAR_IO = 1,
    E1000_MEM_SIZE = 0x20000,
    E1000_IO_SIZE = 64,

    /* Packets without segmentation (SDM 3.3.3), and the whole of a TSO */
    E1000_TX_PACKET_MAX = 16288,
    E1000_TX_MAX = 255 + 0xfffff,
    /* WTHRESH counts to 63 descriptors */
    E1000_TX_DONE_MAX = 64,
    /* Receive descriptors on the chip; a frame needs 65 at most */
    E1000_RX_CACHE = 128,
    E1000_RX_WB_MAX = 64,
    E1000_FCS = 4,
};

/* CTRL (SDM 13.4.1) */
#define CTRL_FD              (1u << 0)
#define CTRL_LRST            (1u << 3)
#define CTRL_ASDE            (1u << 5)
#define CTRL_SLU             (1u << 6)
#define CTRL_ILOS            (1u << 7)
#define CTRL_SPEED           (3u << 8)
#define CTRL_SPEED_SHIFT     8
#define CTRL_FRCSPD          (1u << 11)
#define CTRL_FRCDPX          (1u << 12)
#define CTRL_SDP0_DATA       (1u << 18)
#define CTRL_SDP1_DATA       (1u << 19)
#define CTRL_ADVD3WUC        (1u << 20)
#define CTRL_EN_PHY_PWR_MGMT (1u << 21)
#define CTRL_SDP0_IODIR      (1u << 22)
#define CTRL_SDP1_IODIR      (1u << 23)
#define CTRL_RST             (1u << 26)
#define CTRL_RFCE            (1u << 27)
#define CTRL_TFCE            (1u << 28)
#define CTRL_VME             (1u << 30)
#define CTRL_PHY_RST         (1u << 31)

/* STATUS (13.4.2) */
#define STATUS_FD          (1u << 0)
#define STATUS_LU          (1u << 1)
#define STATUS_TXOFF       (1u << 4)
#define STATUS_SPEED       (3u << 6)
#define STATUS_SPEED_SHIFT 6
#define STATUS_ASDV        (3u << 8)
#define STATUS_ASDV_SHIFT  8
#define STATUS_MTXCKOK     (1u << 10)

/* EECD (13.4.3) */
#define EECD_SK      (1u << 0)
#define EECD_CS      (1u << 1)
#define EECD_DI      (1u << 2)
#define EECD_DO      (1u << 3)
#define EECD_FWE     (3u << 4)
#define EECD_EE_REQ  (1u << 6)
#define EECD_EE_GNT  (1u << 7)
#define EECD_EE_PRES (1u << 8)
#define EECD_EE_SIZE (1u << 9)

/* EERD (13.4.4) */
#define EERD_START      (1u << 0)
#define EERD_DONE       (1u << 4)
#define EERD_ADDR       (0xffu << 8)
#define EERD_ADDR_SHIFT 8
#define EERD_DATA_SHIFT 16

/* CTRL_EXT (13.4.6) */
#define CTRL_EXT_PHYINT_EN (1u << 1) /* Not on the 82544 */
#define CTRL_EXT_PHYINT    (1u << 5) /* Not on the 82544 */
#define CTRL_EXT_ASDCHK    (1u << 12)
#define CTRL_EXT_EE_RST    (1u << 13)
#define CTRL_EXT_SPD_BYPS  (1u << 15)
#define CTRL_EXT_LINK_MODE (3u << 22)

/* MDIC (13.4.7) */
#define MDIC_DATA         0xffffu
#define MDIC_REGADD       (0x1fu << 16)
#define MDIC_REGADD_SHIFT 16
#define MDIC_PHYADD       (0x1fu << 21)
#define MDIC_PHYADD_SHIFT 21
#define MDIC_OP           (3u << 26)
#define MDIC_OP_WRITE     (1u << 26)
#define MDIC_OP_READ      (2u << 26)
#define MDIC_R            (1u << 28)
#define MDIC_I            (1u << 29)
#define MDIC_E            (1u << 30)

/* PBA (13.4.16) */
#define PBA_RXA       0x7fu
#define PBA_TXA_SHIFT 16
#define PBA_KB        64 /* Packet buffer, both directions together */

/* ICR, ICS, IMS, IMC (13.4.17 to 13.4.21) */
#define ICR_TXDW    (1u << 0)
#define ICR_TXQE    (1u << 1)
#define ICR_LSC     (1u << 2)
#define ICR_RXSEQ   (1u << 3)
#define ICR_RXDMT0  (1u << 4)
#define ICR_RXO     (1u << 6)
#define ICR_RXT0    (1u << 7)
#define ICR_MDAC    (1u << 9)
#define ICR_RXCFG   (1u << 10)
#define ICR_PHYINT  (1u << 12) /* Not on the 82544 */
#define ICR_TXD_LOW (1u << 15) /* Not on the 82544 */
#define ICR_SRPD    (1u << 16) /* Not on the 82544 */

/* RCTL (13.4.22) */
#define RCTL_EN          (1u << 1)
#define RCTL_SBP         (1u << 2)
#define RCTL_UPE         (1u << 3)
#define RCTL_MPE         (1u << 4)
#define RCTL_LPE         (1u << 5)
#define RCTL_LBM         (3u << 6)
#define RCTL_RDMTS       (3u << 8)
#define RCTL_RDMTS_SHIFT 8
#define RCTL_MO          (3u << 12)
#define RCTL_MO_SHIFT    12
#define RCTL_BAM         (1u << 15)
#define RCTL_BSIZE       (3u << 16)
#define RCTL_BSIZE_SHIFT 16
#define RCTL_VFE         (1u << 18)
#define RCTL_CFIEN       (1u << 19)
#define RCTL_CFI         (1u << 20)
#define RCTL_DPF         (1u << 22)
#define RCTL_PMCF        (1u << 23)
#define RCTL_BSEX        (1u << 25)
#define RCTL_SECRC       (1u << 26)

/* FCRTL, FCRTH (13.4.23, 13.4.24) */
#define FCRTL_RTL  0xfff8u
#define FCRTL_XONE (1u << 31)
#define FCRTH_RTH  0xfff8u
#define FCRTH_XFCE (1u << 31)

/* RDTR (13.4.30), RSRPD (13.4.32) */
#define RDTR_FPD   (1u << 31)
#define RSRPD_SIZE 0xfffu

/* TCTL (13.4.33) */
#define TCTL_EN     (1u << 1)
#define TCTL_PSP    (1u << 3)
#define TCTL_SWXOFF (1u << 22)

/* RXDCTL (13.4.46), TXDCTL (13.4.43) */
#define XDCTL_PTHRESH         0x3fu
#define XDCTL_HTHRESH         (0x3fu << 8)
#define XDCTL_HTHRESH_SHIFT   8
#define XDCTL_WTHRESH_SHIFT   16
#define XDCTL_WTHRESH         (0x3fu << 16)
#define XDCTL_GRAN            (1u << 24)
#define TXDCTL_LWTHRESH_SHIFT 25

/* RXCSUM (13.4.47) */
#define RXCSUM_PCSS    0xffu
#define RXCSUM_IPOFLD  (1u << 8)
#define RXCSUM_TUOFLD  (1u << 9)
#define RXCSUM_IPV6OFL (1u << 10)

/* RAH (13.5.3) */
#define RAH_ADDR   0xffffu
#define RAH_AS     (3u << 16)
#define RAH_AS_SRC (1u << 16)
#define RAH_AV     (1u << 31)

/* WUC (13.6.1), WUFC and WUS (13.6.2, 13.6.3) */
#define WUC_APME        (1u << 0)
#define WUC_PME_EN      (1u << 1)
#define WUC_PME_STATUS  (1u << 2)
#define WUC_APMPME      (1u << 3)
#define WUFC_LNKC       (1u << 0)
#define WUFC_MAG        (1u << 1)
#define WUFC_EX         (1u << 2)
#define WUFC_MC         (1u << 3)
#define WUFC_BC         (1u << 4)
#define WUFC_ARP        (1u << 5)
#define WUFC_IPV4       (1u << 6)
#define WUFC_IPV6       (1u << 7)
#define WUFC_FLX0_SHIFT 16
#define IPAV_V60        (1u << 16)
#define WUPL_MAX        2047

/* Deferred work, bits of nic_kick() */
#define E1000_WORK_TX (1u << 0)

enum {
    E1000_TIMER_ITR,
    E1000_TIMER_TIDV,
    E1000_TIMER_TADV,
    E1000_TIMER_RDTR,
    E1000_TIMER_RADV,
    E1000_TIMER_PAUSE,
    E1000_TIMER_AUTONEG,
    E1000_TIMERS,
};

/* Properties, in the order of nic.prop[] */
enum {
    E1000_PROP_AUTONEGOTIATION,
    E1000_PROP_MITIGATION,
    E1000_PROP_EXTRA_MAC_REGISTERS,
    E1000_PROP_MIGRATE_TSO_PROPS,
    E1000_PROP_INIT_VET,
    E1000_PROP_STRICT,
    E1000_PROPS,
};

/* What a register trace cannot say: name, text */
#define E1000_EVENT_LIST(EVENT)                                                \
    EVENT(RESET, "reset", "Software reset the chip through CTRL.RST")          \
    EVENT(LINK, "link", "STATUS.LU changed, to the value shown")               \
    EVENT(TX_FAULT, "tx-fault",                                                \
          "A transmit descriptor or the start of a packet is not in guest "    \
          "memory; the ring stops there, the value is TDH")                    \
    EVENT(TX_DROP, "tx-drop",                                                  \
          "A packet of that length was dropped: too long, in too many "        \
          "buffers, or its segmentation context makes no sense")               \
    EVENT(TX_NO_LINK, "tx-no-link",                                            \
          "A packet of that length was lost because there is no link")         \
    EVENT(RX_FILTERED, "rx-filtered",                                          \
          "A frame of that length did not pass the filters")                   \
    EVENT(RX_BAD, "rx-bad",                                                    \
          "A frame of that length was too short, too long or had a bad FCS")   \
    EVENT(RX_MISSED, "rx-missed",                                              \
          "A frame of that length found no room and was lost")                 \
    EVENT(RX_FAULT, "rx-fault",                                                \
          "A receive descriptor or buffer is not in guest memory; the "        \
          "value is RDH")                                                      \
    EVENT(PAUSE, "pause", "A PAUSE frame of that many quanta was obeyed")      \
    EVENT(WAKE, "wake", "A wake-up event; the value is its WUS bit")           \
    EVENT(STRICT_SHORT, "strict-short",                                        \
          "strict: a frame of that length was sent without TCTL.PSP, which "   \
          "would pad it")                                                      \
    EVENT(STRICT_RING, "strict-ring",                                          \
          "strict: a ring not on 16 bytes, or its length no multiple of 128")  \
    EVENT(STRICT_TAIL, "strict-tail",                                          \
          "strict: RDT or TDT beyond the end of the ring")                     \
    EVENT(                                                                     \
        STRICT_ORDER, "strict-order",                                          \
        "strict: the register at that offset: a ring was switched on before "  \
        "it had a length, or moved while it was on")                           \
    EVENT(STRICT_RESET, "strict-reset",                                        \
          "strict: CTRL.RST while RCTL.EN or TCTL.EN, or an access less than " \
          "a microsecond after it")                                            \
    EVENT(STRICT_RESERVED, "strict-reserved",                                  \
          "strict: a bit was set at that offset that is reserved, or all "     \
          "there are reserved")                                                \
    EVENT(STRICT_READONLY, "strict-readonly",                                  \
          "strict: the register at that offset cannot be written")             \
    EVENT(STRICT_WIDTH, "strict-width",                                        \
          "strict: an access at that offset that is no aligned dword")

enum {
#define EVENT(id, name, text) E1000_EVENT_##id,
    E1000_EVENT_LIST(EVENT)
#undef EVENT
        E1000_EVENTS
};

/**
 * struct e1000 - A card
 * @reg:    The MAC's registers and hidden state, named as in e1000-regs.def
 * @phy:    The PHY's, named as in e1000-phy.def
 * @eeprom: Configuration EEPROM
 * @restored: A state was loaded, and no driver has waited for LSC since
 * @patience: How often the negotiation under way may still be prolonged for a
 *            driver that is not ready, see e1000-phy.c
 */
struct e1000 {
    struct nic nic;
#define REG(name, offset, width, ...)         REG_UINT_##width name;
#define REGS(name, offset, width, count, ...) REG_UINT_##width name[count];
#define REGV(...)
#define ALIAS(...)
#define ALIASES(...)
#define HIDDEN(name, width, ...)         REG_UINT_##width name;
#define HIDDENS(name, width, count, ...) REG_UINT_##width name[count];
    struct {
#include "e1000-regs.def"
    } reg;
    struct {
#include "e1000-phy.def"
    } phy;
#undef STAT
#undef REG
#undef REGS
#undef REGV
#undef ALIAS
#undef ALIASES
#undef HIDDEN
#undef HIDDENS
    struct eeprom93 eeprom;
    bool restored;
    uint8_t patience;
};

static inline struct e1000 *e1000_of(struct nic *n)
{
    return (struct e1000 *)n;
}

/* Whether the card is one of @chips, E1000_82540EM and so on */
static inline bool e1000_is(const struct e1000 *d, unsigned chips)
{
    return d->nic.model->chip & chips;
}

/* Counters stick at their maximum (SDM 13.7) */
static inline void stat_add(uint32_t *counter, uint32_t n)
{
    *counter = n > UINT32_MAX - *counter ? UINT32_MAX : *counter + n;
}

static inline void stat_inc(uint32_t *counter)
{
    stat_add(counter, 1);
}

static inline void stat_add64(uint32_t *low, uint32_t *high, uint64_t n)
{
    uint64_t old = (uint64_t)*high << 32 | *low;
    uint64_t sum = n > UINT64_MAX - old ? UINT64_MAX : old + n;

    *low = (uint32_t)sum;
    *high = (uint32_t)(sum >> 32);
}

/* e1000.c */

extern const struct regfile e1000_mac_regs, e1000_phy_regs, e1000_eeprom_regs;

/**
 * e1000_link_update() - Make STATUS say what CTRL and the PHY say
 *
 * To be called after anything that may change the link, its speed or duplex.
 * Raises LSC when STATUS.LU changes.
 */
void e1000_link_update(struct e1000 *d);

/**
 * e1000_loopback() - Whether frames sent come back instead of leaving
 */
bool e1000_loopback(const struct e1000 *d);

/**
 * e1000_in_d3() - Whether the card is in D3: no DMA, wake-up filters only
 */
bool e1000_in_d3(const struct e1000 *d);

void e1000_ctrl_written(struct nic *n, struct wr w);
void e1000_ctrl_ext_written(struct nic *n, struct wr w);
void e1000_pba_written(struct nic *n, struct wr w);
void e1000_gorch_was_read(struct nic *n, unsigned i);
void e1000_gotch_was_read(struct nic *n, unsigned i);
void e1000_torh_was_read(struct nic *n, unsigned i);
void e1000_toth_was_read(struct nic *n, unsigned i);

/* e1000-irq.c */

/**
 * e1000_cause() - Set bits of ICR and the pin
 * @causes: ICR_*; those the chip does not have are left out
 */
void e1000_cause(struct e1000 *d, uint32_t causes);

/**
 * e1000_irq_update() - Make the pin say what ICR, IMS and ITR say
 */
void e1000_irq_update(struct e1000 *d);

/**
 * e1000_rx_stored() - A packet is in guest memory
 * @len: Bytes as RSRPD counts them: without what was stripped
 *
 * Notes RXT0 (and SRPD) for e1000_rx_announce().
 */
void e1000_rx_stored(struct e1000 *d, size_t len);

/**
 * e1000_rx_announce() - Raise what packets since the last call have caused
 *
 * RXT0 now or when the delay timers say so.
 */
void e1000_rx_announce(struct e1000 *d);

/**
 * e1000_tx_done() - Descriptors with RS were written back
 * @delayed: The last of them had IDE
 */
void e1000_tx_done(struct e1000 *d, bool delayed);

/* Whether IDE means anything: a delay is programmed and not switched off */
bool e1000_tx_delayed(const struct e1000 *d);

/* One of the timers ITR, TIDV, TADV, RDTR, RADV came due */
void e1000_irq_expired(struct e1000 *d, unsigned id);

void e1000_irq_written(struct nic *n, struct wr w);
void e1000_ims_written(struct nic *n, struct wr w);
void e1000_icr_was_read(struct nic *n, unsigned i);
void e1000_itr_written(struct nic *n, struct wr w);
void e1000_ics_written(struct nic *n, struct wr w);
uint32_t e1000_ics_fetch(struct nic *n, unsigned i);
void e1000_imc_written(struct nic *n, struct wr w);
void e1000_rdtr_written(struct nic *n, struct wr w);

/* e1000-tx.c */

/**
 * e1000_tx_run() - Transmit what software queued, within the bounds of a visit
 */
void e1000_tx_run(struct e1000 *d);

/**
 * e1000_tx_flush() - Write back the descriptors that wait for their threshold
 *
 * Return: whether there were any
 */
bool e1000_tx_flush(struct e1000 *d);

/**
 * e1000_tx_count() - Count frames in the statistics of transmission
 * @n:     Number of frames
 * @len:   Octets of each, from destination address to CRC
 * @da:    First byte of the destination address
 * @pause: They are flow control frames
 */
void e1000_tx_count(struct e1000 *d, uint32_t n, uint32_t len,
                    const uint8_t *da, bool pause);

/* Whether hidden state of a saved state is consistent */
bool e1000_tx_loaded(const struct e1000 *d);

void e1000_tdt_written(struct nic *n, struct wr w);
/* TDBAL, TDBAH, TDLEN, TDH */
void e1000_tx_ring_written(struct nic *n, struct wr w);
void e1000_tctl_written(struct nic *n, struct wr w);

/* e1000-rx.c */

/* See struct nic_model */
bool e1000_receive(struct nic *n, const struct nic_rx *rx);
void e1000_settle(struct nic *n);

/**
 * e1000_rx_reset() - After the registers were reset
 */
void e1000_rx_reset(struct e1000 *d);

/**
 * e1000_rx_flush() - Write back the descriptors that wait for their threshold
 *
 * A receive interrupt needs them in memory.
 */
void e1000_rx_flush(struct e1000 *d);

void e1000_rdt_written(struct nic *n, struct wr w);
void e1000_rctl_written(struct nic *n, struct wr w);
/* RDBAL, RDBAH, RDLEN, RDH */
void e1000_rx_ring_written(struct nic *n, struct wr w);

/* e1000-filter.c */

/**
 * enum e1000_match - How a destination address passed
 * @E1000_MATCH_EXACT:   A receive address, or broadcast
 * @E1000_MATCH_INEXACT: The hash table or a promiscuous mode; descriptor's PIF
 */
enum e1000_match {
    E1000_MATCH_NONE,
    E1000_MATCH_EXACT,
    E1000_MATCH_INEXACT,
};

/**
 * e1000_filter_address() - Whether the addresses of a frame pass (SDM 3.2.1)
 * @head: Its first 12 bytes
 */
enum e1000_match e1000_filter_address(const struct e1000 *d,
                                      const uint8_t *head);

/* Whether a frame passes the VLAN filter (9.3); untagged ones do */
bool e1000_filter_vlan(const struct e1000 *d, const struct inet *in);

/* Whether receive address @i is valid and the 6 bytes at @addr */
bool e1000_rar_is(const struct e1000 *d, unsigned i, const uint8_t *addr);

/* Whether the hash table has the bit of the multicast address at @addr */
bool e1000_mta_match(const struct e1000 *d, const uint8_t *addr);

/* See struct nic_model */
void e1000_filter(const struct nic *n, struct nic_filter *f);

/* e1000-flow.c */

/**
 * enum e1000_flow - What becomes of a control frame
 * @E1000_FLOW_DROP:    Software does not see it
 * @E1000_FLOW_DELIVER: Software gets it
 * @E1000_FLOW_FILTER:  The address filter decides, as for any frame
 */
enum e1000_flow {
    E1000_FLOW_DROP,
    E1000_FLOW_DELIVER,
    E1000_FLOW_FILTER,
};

/**
 * e1000_flow_is_control() - Whether a frame is one of 802.3x for this card
 * @head: First bytes of a frame of legal length with a good FCS
 * @avail: How many, at least 14
 */
bool e1000_flow_is_control(const struct e1000 *d, const uint8_t *head,
                           size_t avail);

/* Obey one that is; to be called once for each */
enum e1000_flow e1000_flow_receive(struct e1000 *d, const uint8_t *head);

/* A frame found no descriptors and waits; it was taken after all */
void e1000_flow_full(struct e1000 *d);
void e1000_flow_drained(struct e1000 *d);

/* TCTL.SWXOFF: send one PAUSE frame */
void e1000_swxoff(struct e1000 *d);

/* E1000_TIMER_PAUSE came due */
void e1000_pause_expired(struct e1000 *d);

/* e1000-phy.c */

/**
 * e1000_phy_reset() - Reset the PHY
 * @hard: By pin (CTRL.PHY_RST, power), not by its own register 0
 */
void e1000_phy_reset(struct e1000 *d, bool hard);

/* Link as the PHY resolved it, or as it is forced; includes nic.link_up */
bool e1000_phy_link(const struct e1000 *d);

/* Mbit/s: 10, 100 or 1000 */
unsigned e1000_phy_speed(const struct e1000 *d);

/* Full duplex */
bool e1000_phy_duplex(const struct e1000 *d);
bool e1000_phy_loopback(const struct e1000 *d);

/* nic.link_up changed, or may have since the state was saved */
void e1000_phy_link_changed(struct e1000 *d);
void e1000_phy_expired(struct e1000 *d);

/* A state was loaded: the next driver to negotiate is waited for */
void e1000_phy_restored(struct e1000 *d);

/* IMS was written: a driver may be waiting for LSC now */
void e1000_phy_awaited(struct e1000 *d);
void e1000_mdic_written(struct nic *n, struct wr w);
void e1000_pctrl_written(struct nic *n, struct wr w);
void e1000_pstatus_was_read(struct nic *n, unsigned i);
void e1000_pinte_written(struct nic *n, struct wr w);
void e1000_pints_was_read(struct nic *n, unsigned i);
uint32_t e1000_pagedata_fetch(struct nic *n, unsigned i);
void e1000_pagedata_written(struct nic *n, struct wr w);

/* e1000-eeprom.c */

/* Power-on: an image that suits the chip and nic.mac */
void e1000_eeprom_init(struct e1000 *d);

/* What the chip loads into registers by itself, if the signature is right */
void e1000_eeprom_load(struct e1000 *d);
void e1000_eecd_written(struct nic *n, struct wr w);
uint32_t e1000_eecd_fetch(struct nic *n, unsigned i);
void e1000_eerd_written(struct nic *n, struct wr w);

/* e1000-strict.c: nothing of it does anything unless the property is on */

/* Count @event */
void e1000_strict(struct e1000 *d, unsigned event, uint64_t val);

/* A read or a write of the registers, before it is carried out */
void e1000_strict_access(struct e1000 *d, uint32_t off, unsigned size);

/* Likewise, and all that a write can do wrong */
void e1000_strict_write(struct e1000 *d, uint32_t off, unsigned size,
                        uint32_t val);

/* CTRL.RST was written: the chip wants to be left alone for a while */
void e1000_strict_reset(struct e1000 *d);

/* e1000-wake.c */

/**
 * e1000_wake() - Show a received frame to the wake-up filters
 *
 * Return: true if nothing else may happen to it, because the card is in D3
 */
bool e1000_wake(struct e1000 *d, const struct nic_rx *rx);

/* STATUS.LU changed */
void e1000_wake_link(struct e1000 *d);
void e1000_wuc_written(struct nic *n, struct wr w);
uint32_t e1000_wuc_fetch(struct nic *n, unsigned i);
void e1000_wus_written(struct nic *n, struct wr w);

#endif
