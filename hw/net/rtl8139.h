/* SPDX-License-Identifier: MIT */
/*
 * rtl8139.h - what the files of the RTL8139 model share
 *
 * Private to hw/net/rtl8139*.c; the outside sees struct nic_model only.
 * Register and bit names are those of Realtek's data sheets, see
 * rtl8139-regs.def.
 */
#ifndef HW_NET_RTL8139_H
#define HW_NET_RTL8139_H

#include "hw/net/eeprom93.h"
#include "hw/net/frame.h"
#include "hw/net/inet.h"
#include "hw/nic.h"
#include "hw/regs.h"

/* Chips, as in struct reg.chips */
#define RTL8139_ORIGINAL 1
#define RTL8139_A        2
#define RTL8139_B        4
#define RTL8139_C        8
#define RTL8139_D        16
#define RTL8139_CP       32
#define RTL8139_OLD      (RTL8139_ORIGINAL | RTL8139_A)
#define RTL8139_NEWER    (RTL8139_B | RTL8139_C | RTL8139_D | RTL8139_CP)
#define RTL8139_C_MODE   (RTL8139_OLD | RTL8139_B | RTL8139_C | RTL8139_D)

/* Software reset leaves it, as in struct reg.keep */
#define RTL8139_KEEP_CHIP (1u << NIC_RESET_CHIP)

enum {
    RTL8139_BAR_IO = 0,
    RTL8139_BAR_MEM = 1,
    RTL8139_SIZE = 0x100,
    RTL8139_RING = 64,  /* Descriptors of a C+ ring */
    RTL8139_DESC = 16,  /* Bytes of one */
    RTL8139_RX_WB = 16, /* Of them, how many wait to be given back */
    RTL8139_TAG = 0x8100,
};

/* CR */
#define CR_BUFE 0x01u
#define CR_TE   0x04u
#define CR_RE   0x08u
#define CR_RST  0x10u

/* ISR and IMR */
#define ISR_ROK     (1u << 0)
#define ISR_RER     (1u << 1)
#define ISR_TOK     (1u << 2)
#define ISR_TER     (1u << 3)
#define ISR_RXOVW   (1u << 4) /* C+: RDU */
#define ISR_PUN     (1u << 5) /* And LinkChg */
#define ISR_FOVW    (1u << 6)
#define ISR_TDU     (1u << 7)
#define ISR_SWInt   (1u << 8)
#define ISR_LenChg  (1u << 13)
#define ISR_TimeOut (1u << 14)
#define ISR_SERR    (1u << 15)

/* TCR */
#define TCR_CLRABT    (1u << 0)
#define TCR_TXRR      (15u << 4) /* Attempts beyond 16, by 16 */
#define TCR_CRC       (1u << 16)
#define TCR_LBK       (3u << 17)
#define TCR_LBK_SHIFT 17

/* RCR */
#define RCR_AAP         (1u << 0)
#define RCR_APM         (1u << 1)
#define RCR_AM          (1u << 2)
#define RCR_AB          (1u << 3)
#define RCR_AR          (1u << 4)
#define RCR_AER         (1u << 5)
#define RCR_WRAP        (1u << 7)
#define RCR_9356SEL     (1u << 6)
#define RCR_RBLEN_SHIFT 11
#define RCR_RXFTH       (7u << 13)
#define RCR_RER8        (1u << 16)

/* ERSR */
#define ERSR_EROVW  (1u << 1)
#define ERSR_ERBad  (1u << 2)
#define ERSR_ERGood (1u << 3)

/* 9346CR */
#define CR9346_EEDO     0x01u
#define CR9346_EEDI     0x02u
#define CR9346_EESK     0x04u
#define CR9346_EECS     0x08u
#define CR9346_EEM      0xc0u
#define CR9346_NORMAL   0x00u
#define CR9346_AUTOLOAD 0x40u
#define CR9346_PROGRAM  0x80u
#define CR9346_CONFIG   0xc0u

/* CONFIG1, 3 and 5 */
#define CONFIG1_PMEn        0x01u
#define CONFIG1_IOMAP       0x04u
#define CONFIG1_MEMMAP      0x08u
#define CONFIG3_LinkUp      0x10u
#define CONFIG3_Magic       0x20u
#define CONFIG3_PARM_En     0x40u
#define CONFIG5_PME_STS     0x01u
#define CONFIG5_FIFOAddrPtr 0x08u
#define CONFIG5_UWF         0x10u
#define CONFIG5_MWF         0x20u
#define CONFIG5_BWF         0x40u

/* MSR */
#define MSR_RXPF     0x01u
#define MSR_TXPF     0x02u
#define MSR_LINKB    0x04u
#define MSR_SPEED_10 0x08u
#define MSR_Aux      0x10u
#define MSR_RXFCE    0x40u
#define MSR_TXFCE    0x80u

/* BMCR, BMSR, ANAR and ANLPAR, CSCR */
#define BMCR_FULL       0x0100u
#define BMCR_RESTART    0x0200u
#define BMCR_ANE        0x1000u
#define BMCR_SPEED      0x2000u
#define BMCR_RESET      0x8000u
#define BMSR_LINK       0x0004u
#define BMSR_AN_DONE    0x0020u
#define ANAR_10         0x0020u
#define ANAR_10FD       0x0040u
#define ANAR_TX         0x0080u
#define ANAR_TXFD       0x0100u
#define ANAR_PAUSE      0x0400u
#define CSCR_Con_status 0x0008u
#define CSCR_LINK       0x0400u /* Undocumented, like the next */
#define CSCR_CHANGED    0x0800u

/* TSD */
#define TSD_SIZE      0x1fffu
#define TSD_OWN       (1u << 13)
#define TSD_TUN       (1u << 14)
#define TSD_TOK       (1u << 15)
#define TSD_NCC_SHIFT 24
#define TSD_NCC_MAX   15u
#define TSD_CDH       (1u << 28)
#define TSD_TABT      (1u << 30)
#define TSD_CRS       (1u << 31)

/* C+CR */
#define CPCR_Tx       0x0001u
#define CPCR_Rx       0x0002u
#define CPCR_RxChkSum 0x0020u
#define CPCR_RxVLAN   0x0040u

/* TPPoll */
#define TPPoll_FSWInt 0x01u
#define TPPoll_NPQ    0x40u
#define TPPoll_HPQ    0x80u

/* DTCCR */
#define DTCCR_Cmd 0x08u

/* Deferred work, bits of nic_kick() */
#define RTL8139_WORK_TX    (1u << 0)
#define RTL8139_WORK_TALLY (1u << 1)

enum {
    RTL8139_TIMER_TCTR,
    RTL8139_TIMER_AUTONEG,
    RTL8139_TIMER_AUTOLOAD,
    RTL8139_TIMER_RX_POLL,
    RTL8139_TIMER_PAUSE,
    RTL8139_TIMERS,
};

/* Properties, in the order of nic.prop[] */
enum {
    RTL8139_PROP_AUTONEGOTIATION,
    RTL8139_PROP_STRICT,
    RTL8139_PROP_93C56,
    RTL8139_PROP_COLLISIONS,
    RTL8139_PROPS,
};

/* What a register trace cannot say: name, text */
#define RTL8139_EVENT_LIST(EVENT)                                              \
    EVENT(RESET, "reset", "Software reset the chip through CR.RST")            \
    EVENT(AUTOLOAD, "autoload", "9346CR asked for the EEPROM to be loaded")    \
    EVENT(LINK, "link", "The link changed, to the value shown")                \
    EVENT(TX_FAULT, "tx-fault",                                                \
          "A transmit descriptor or the start of a packet is not in guest "    \
          "memory; the value is its index")                                    \
    EVENT(TX_DROP, "tx-drop",                                                  \
          "A packet of that length was dropped: empty, too long, without an "  \
          "end, or its segmentation makes no sense")                           \
    EVENT(TX_NO_LINK, "tx-no-link",                                            \
          "A packet of that length was lost because there is no link")         \
    EVENT(TX_ABORT, "tx-abort",                                                \
          "A packet of that length met too many collisions")                   \
    EVENT(RX_FILTERED, "rx-filtered",                                          \
          "A frame of that length did not pass the filter")                    \
    EVENT(RX_BAD, "rx-bad",                                                    \
          "A frame of that length was too short, too long or had a bad FCS")   \
    EVENT(RX_MISSED, "rx-missed",                                              \
          "A frame of that length can never find room and was lost, or was "   \
          "cut where the ring ended")                                          \
    EVENT(RX_FAULT, "rx-fault",                                                \
          "A receive buffer or descriptor is not in guest memory; a frame of " \
          "that length was lost")                                              \
    EVENT(PAUSE, "pause", "A PAUSE frame of that many quanta was obeyed")      \
    EVENT(WAKE, "wake",                                                        \
          "A frame of that length (0: the link) sets PME_Status")              \
    EVENT(STRICT_SHORT, "strict-short",                                        \
          "strict: C mode sent a frame of that length, which nothing pads")    \
    EVENT(STRICT_ORDER, "strict-order",                                        \
          "strict: TCR written while TE is 0, or RCR while RE is, or C+CR "    \
          "changed while either is 1; chips may forget what is wrong then")    \
    EVENT(STRICT_ALIGN, "strict-align",                                        \
          "strict: a buffer or ring address that is not aligned as it has to " \
          "be")                                                                \
    EVENT(STRICT_LOCK, "strict-lock",                                          \
          "strict: BMCR's locked bits changed without 9346CR")                 \
    EVENT(STRICT_BYTE, "strict-byte",                                          \
          "strict: C+CR written other than as a word, which does nothing, or " \
          "IDR or MAR other than by dwords, which may spoil them")

enum {
#define EVENT(id, name, text) RTL8139_EVENT_##id,
    RTL8139_EVENT_LIST(EVENT)
#undef EVENT
        RTL8139_EVENTS
};

/**
 * struct rtl8139 - A card
 * @reg:    Registers of all banks and hidden state, as in rtl8139-regs.def
 * @eeprom: Configuration EEPROM
 */
struct rtl8139 {
    struct nic nic;
#define RTL8139_BANK_MAC
#define RTL8139_BANK_C
#define RTL8139_BANK_CPLUS
#define REG(name, offset, width, ...)         REG_UINT_##width name;
#define REGS(name, offset, width, count, ...) REG_UINT_##width name[count];
#define REGV(...)
#define HIDDEN(name, width, ...)         REG_UINT_##width name;
#define HIDDENS(name, width, count, ...) REG_UINT_##width name[count];
    struct {
#include "rtl8139-regs.def"
    } reg;
#undef REG
#undef REGS
#undef REGV
#undef HIDDEN
#undef HIDDENS
#undef RTL8139_BANK_MAC
#undef RTL8139_BANK_C
#undef RTL8139_BANK_CPLUS
    struct eeprom93 eeprom;
};

static inline struct rtl8139 *rtl8139_of(struct nic *n)
{
    return (struct rtl8139 *)n;
}

/* Whether the card is one of @chips, RTL8139_CP and so on */
static inline bool rtl8139_is(const struct rtl8139 *d, unsigned chips)
{
    return d->nic.model->chip & chips;
}

/* Whether offsets 10h to 2Fh have their C+ meaning; likewise 30h to 3Bh */
static inline bool rtl8139_tx_cplus(const struct rtl8139 *d)
{
    return d->reg.CPCR & CPCR_Tx;
}

static inline bool rtl8139_rx_cplus(const struct rtl8139 *d)
{
    return d->reg.CPCR & CPCR_Rx;
}

/* rtl8139.c */

extern const struct regfile rtl8139_mac_regs, rtl8139_c_regs,
    rtl8139_cplus_regs, rtl8139_eeprom_regs;

/* What CR.RST does */
void rtl8139_soft_reset(struct rtl8139 *d);

/* Set bits of ISR, ISR_*, and the pin */
void rtl8139_cause(struct rtl8139 *d, uint32_t causes);

/* Whether the card is in D3: no DMA, wake-up only */
bool rtl8139_in_d3(const struct rtl8139 *d);

/* Whether the network side works: not while 9346CR has the EEPROM's pins */
bool rtl8139_online(const struct rtl8139 *d);

/* Whether frames sent come back instead of leaving (TCR.LBK) */
bool rtl8139_loopback(const struct rtl8139 *d);

/* Count @event if the property "strict" is on */
void rtl8139_strict(struct rtl8139 *d, unsigned event, uint64_t val);

/* strict: the low half of a ring's address has to be on 256 bytes */
void rtl8139_ring_aligned(struct rtl8139 *d, uint32_t low);

/* 9346CR allows configuration registers to be written */
bool rtl8139_unlocked(struct nic *n);
bool rtl8139_parm_unlocked(struct nic *n);

uint32_t rtl8139_cr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_tcr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_tctr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_config1_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_flash_fetch(struct nic *n, unsigned i);
void rtl8139_cr_written(struct nic *n, struct wr w);
void rtl8139_irq_written(struct nic *n, struct wr w);
void rtl8139_tctr_written(struct nic *n, struct wr w);
void rtl8139_timerint_written(struct nic *n, struct wr w);
void rtl8139_mpc_written(struct nic *n, struct wr w);
void rtl8139_cpcr_written(struct nic *n, struct wr w);
void rtl8139_aligned_written(struct nic *n, struct wr w);
void rtl8139_dtccr_written(struct nic *n, struct wr w);

/* rtl8139-tx.c */

/* Transmit what software queued, within the bounds of a visit */
void rtl8139_tx_run(struct rtl8139 *d);

/* CR.TE was cleared: what was asked for before is sent first */
void rtl8139_tx_stopped(struct rtl8139 *d);
void rtl8139_tsd_written(struct nic *n, struct wr w);
void rtl8139_tcr_written(struct nic *n, struct wr w);
void rtl8139_tppoll_written(struct nic *n, struct wr w);
void rtl8139_tnpdsl_written(struct nic *n, struct wr w);
void rtl8139_tnpdsh_written(struct nic *n, struct wr w);
void rtl8139_thpdsl_written(struct nic *n, struct wr w);
void rtl8139_thpdsh_written(struct nic *n, struct wr w);
uint32_t rtl8139_tsads_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_tppoll_fetch(struct nic *n, unsigned i);

/* rtl8139-rx.c */

/* nic_model.receive, nic_model.settle and nic_model.filter */
bool rtl8139_receive(struct nic *n, const struct nic_rx *rx);
void rtl8139_settle(struct nic *n);
void rtl8139_filter(const struct nic *n, struct nic_filter *f);

/* Give descriptors of received frames back */
void rtl8139_rx_flush(struct rtl8139 *d);

/* CR.RE went from 0 to 1: the ring of the C mode begins again */
void rtl8139_rx_enabled(struct rtl8139 *d);

/* Have a frame that found no room offered again, if there is one */
void rtl8139_rx_retry(struct rtl8139 *d);

/* CR.BUFE: the ring of the C mode is empty */
bool rtl8139_rx_empty(const struct rtl8139 *d);

/* Whether a group address passes MAR */
bool rtl8139_mar_match(const struct rtl8139 *d, const uint8_t *addr);
void rtl8139_mar_written(struct nic *n, struct wr w);
void rtl8139_rcr_written(struct nic *n, struct wr w);
void rtl8139_capr_written(struct nic *n, struct wr w);
void rtl8139_rbstart_written(struct nic *n, struct wr w);
void rtl8139_rdsarl_written(struct nic *n, struct wr w);
void rtl8139_rdsarh_written(struct nic *n, struct wr w);
uint32_t rtl8139_cbr_fetch(struct nic *n, unsigned i);

/* rtl8139-flow.c */

/* Whether a PAUSE frame holds up the transmitter */
bool rtl8139_paused(const struct rtl8139 *d);

/* RTL8139_TIMER_PAUSE came due */
void rtl8139_pause_expired(struct rtl8139 *d);

/* Obey a PAUSE frame; whether it was one, and is done with */
bool rtl8139_flow_receive(struct rtl8139 *d, const struct frame_in *f);

/* A frame has to wait for room; it was taken after all */
void rtl8139_flow_full(struct rtl8139 *d);
void rtl8139_flow_drained(struct rtl8139 *d);

/* rtl8139-mii.c */

/* Whether there is a link: cable, partner, common mode, negotiated */
bool rtl8139_link_up(const struct rtl8139 *d);

/* Whether the link is 10 Mbit/s, and whether it is half duplex */
bool rtl8139_is_10(const struct rtl8139 *d);
bool rtl8139_is_half(const struct rtl8139 *d);

/* nic.link_up changed */
void rtl8139_link_changed(struct rtl8139 *d);

/* Autonegotiation is over */
void rtl8139_autoneg_expired(struct rtl8139 *d);
uint32_t rtl8139_msr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_bmcr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_bmsr_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_anlpar_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_aner_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_cscr_fetch(struct nic *n, unsigned i);
void rtl8139_cscr_was_read(struct nic *n, unsigned i);
void rtl8139_bmcr_written(struct nic *n, struct wr w);

/* rtl8139-eeprom.c */

/* Contents as a board leaves the factory */
void rtl8139_eeprom_init(struct rtl8139 *d);

/* Copy to the registers what they are loaded with, if the contents are right */
void rtl8139_eeprom_load(struct rtl8139 *d);

/* The part of it that a reset of the PHY repeats */
void rtl8139_eeprom_load_phy(struct rtl8139 *d);

/* 9346CR asked for it 2 ms ago */
void rtl8139_autoload_expired(struct rtl8139 *d);
uint32_t rtl8139_cr9346_fetch(struct nic *n, unsigned i);
uint32_t rtl8139_rcr_fetch(struct nic *n, unsigned i);
void rtl8139_cr9346_written(struct nic *n, struct wr w);

/* rtl8139-wake.c */

/* Show a frame to the wake-up filters */
void rtl8139_wake(struct rtl8139 *d, const struct nic_rx *rx);

/* There is a link now */
void rtl8139_wake_link(struct rtl8139 *d);

#endif
