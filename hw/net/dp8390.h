/* SPDX-License-Identifier: MIT */
/*
 * dp8390.h - National's DP8390D network interface controller, as on a board
 *
 * The chip has no memory: packets are in its local memory, which the board
 * provides, and software reaches both through the board.
 */
#ifndef HW_NET_DP8390_H
#define HW_NET_DP8390_H

#include "hw/nic.h"
#include "hw/regs.h"

/* Chips, as in struct reg.chips: the original, and the RTL8029AS's core */
#define DP8390_NATIONAL 1
#define DP8390_RTL8029  2

/* Resets that a row survives which the RESET pin leaves alone */
#define DP8390_KEEP                                                            \
    (1u << NIC_RESET_BUS | 1u << NIC_RESET_D3 | 1u << NIC_RESET_CHIP)

enum {
    DP8390_FIFO = 8, /* Bytes of the FIFO that a loopback leaves */
    /* Frames stored per acknowledged interrupt, see dp8390.c */
    DP8390_RX_BURST = 9,
    DP8390_PAGE_SIZE = 256,
    DP8390_REGS = 0x40, /* Four pages of 16 */
    DP8390_WORK_TX = 1,

    /* struct dp8390.reg.remote: as CR.RD2-0 started it */
    DP8390_REMOTE_IDLE = 0,
    DP8390_REMOTE_READ = 1,
    DP8390_REMOTE_WRITE = 2,
    DP8390_REMOTE_SEND = 3,
    DP8390_REMOTE_MAX = DP8390_REMOTE_SEND,

    /* Property that all boards have as their first */
    DP8390_PROP_STRICT = 0,
};

#define DP8390_EVENT_LIST(EVENT)                                               \
    EVENT(RESET, "reset", "Software reset the board through its reset port")   \
    EVENT(TX_FAULT, "tx-fault",                                                \
          "A frame of that length is not wholly in packet memory; it was not " \
          "sent")                                                              \
    EVENT(TX_NO_LINK, "tx-no-link",                                            \
          "A frame of that length was lost because there is no link")          \
    EVENT(RX_FILTERED, "rx-filtered",                                          \
          "A frame of that length did not pass the filters, or came while "    \
          "the receiver was off")                                              \
    EVENT(RX_BAD, "rx-bad",                                                    \
          "A frame of that length was too short or had a bad FCS")             \
    EVENT(RX_MISSED, "rx-missed",                                              \
          "A frame of that length is larger than the ring and was lost")       \
    EVENT(OVERFLOW, "overflow",                                                \
          "The ring is full and software does not know: OVW was raised, a "    \
          "frame of that length waits")                                        \
    EVENT(PAUSE, "pause", "A PAUSE frame of that many quanta was obeyed")      \
    EVENT(STRICT_TX_SHORT, "strict-tx-short",                                  \
          "Software sent a frame of that length without padding it")           \
    EVENT(STRICT_TX_LONG, "strict-tx-long",                                    \
          "Software sent a frame of that length, longer than Ethernet's")      \
    EVENT(STRICT_TX_STOPPED, "strict-tx-stopped",                              \
          "Software set CR.TXP while the chip was stopped; the value is CR")   \
    EVENT(STRICT_TX_BUSY, "strict-tx-busy",                                    \
          "Software wrote TPSR, TBCR0, TBCR1 or CR.TXP while a frame was "     \
          "being sent; the value is what it wrote")                            \
    EVENT(STRICT_DMA_STOPPED, "strict-dma-stopped",                            \
          "Software began remote DMA while the chip was stopped; the value "   \
          "is CR")                                                             \
    EVENT(STRICT_DMA_CODE, "strict-dma-code",                                  \
          "Software wrote CR with RD2-0 = 0, which is not allowed; the value " \
          "is CR")                                                             \
    EVENT(STRICT_DMA_CUT, "strict-dma-cut",                                    \
          "Software gave up remote DMA that was not over; the value is CRDA")  \
    EVENT(STRICT_DCR, "strict-dcr",                                            \
          "Software wrote DCR during remote DMA; the value is what it wrote")  \
    EVENT(STRICT_PORT, "strict-port",                                          \
          "Software used the data port without remote DMA in that direction; " \
          "the value is CRDA")                                                 \
    EVENT(STRICT_ODD, "strict-odd",                                            \
          "Software began remote DMA in words at that odd address")            \
    EVENT(STRICT_COUNT, "strict-count",                                        \
          "Software began remote DMA in words of that odd number of bytes")    \
    EVENT(STRICT_RING, "strict-ring",                                          \
          "Software moved the ring while frames could arrive; the value is "   \
          "what it wrote")                                                     \
    EVENT(STRICT_BOUNDS, "strict-bounds",                                      \
          "Reception began with a ring that is none: PSTART is 0 or not "      \
          "below PSTOP, CURR or BNRY is outside, or there is no memory; the "  \
          "value is PSTART and PSTOP")                                         \
    EVENT(STRICT_BNRY, "strict-bnry",                                          \
          "Software moved BNRY out of the ring; the value is what it wrote")   \
    EVENT(STRICT_OVERFLOW, "strict-overflow",                                  \
          "Software left out a step of the recovery from an overflow: it "     \
          "acknowledged OVW without having stopped the chip, or neither "      \
          "stopped nor in loopback, or started it without loopback; the "      \
          "value is CR")                                                       \
    EVENT(STRICT_FIFO, "strict-fifo",                                          \
          "Software read the FIFO outside loopback")                           \
    EVENT(STRICT_PAGE2, "strict-page2",                                        \
          "Software wrote a register of page 2; the value is what it wrote")

enum {
#define EVENT(id, name, text) DP8390_EVENT_##id,
    DP8390_EVENT_LIST(EVENT)
#undef EVENT
        DP8390_EVENTS
};

struct dp8390;

/**
 * struct dp8390_board - What a board gives its chip
 * @read, @write: A byte of local memory, for remote DMA; any address is legal
 * @ram: Packet memory from @at on, with *@len set to the bytes up to its end;
 *       NULL where there is none.  For local DMA
 * @tx_ram: The same for transmission
 */
struct dp8390_board {
    uint8_t (*read)(struct dp8390 *d, uint16_t at);
    void (*write)(struct dp8390 *d, uint16_t at, uint8_t val);
    uint8_t *(*ram)(struct dp8390 *d, uint16_t at, uint32_t *len);
    uint8_t *(*tx_ram)(struct dp8390 *d, uint16_t at, uint32_t *len);
};

/**
 * struct dp8390 - A chip; first member of a board
 * @board: Where it sits; set before the first reset
 * @reg:   Registers and hidden state, named as in dp8390-regs.def
 */
struct dp8390 {
    struct nic nic;
    const struct dp8390_board *board;
#define REG(name, offset, width, ...)         REG_UINT_##width name;
#define REGS(name, offset, width, count, ...) REG_UINT_##width name[count];
#define REGV(...)
#define ALIAS(...)
#define HIDDEN(name, width, ...)         REG_UINT_##width name;
#define HIDDENS(name, width, count, ...) REG_UINT_##width name[count];
    struct {
#include "dp8390-regs.def"
    } reg;
#undef REG
#undef REGS
#undef REGV
#undef ALIAS
#undef HIDDEN
#undef HIDDENS
};

extern const struct regfile dp8390_regs;
extern const struct nic_event dp8390_events[DP8390_EVENTS];

/**
 * dp8390_reset() - Drive the RESET pin, or apply power
 * @kind: NIC_RESET_POWER also forgets what the pin leaves alone
 */
void dp8390_reset(struct dp8390 *d, enum nic_reset kind);

/**
 * dp8390_hold() - Forbid or allow all DMA, as Realtek's does while software
 * has the EEPROM
 */
void dp8390_hold(struct dp8390 *d, bool hold);

/**
 * dp8390_pause() - Keep frames back, or let them go, as flow control does
 */
void dp8390_pause(struct dp8390 *d, bool pause);

/* Whether frames from the network are looked at */
bool dp8390_hears(const struct dp8390 *d);

/* Register page that CR selects */
unsigned dp8390_page(const struct dp8390 *d);

/* A register, by its address 0 to 15 in the page that CR selects */
uint8_t dp8390_read(struct dp8390 *d, unsigned at);
void dp8390_write(struct dp8390 *d, unsigned at, uint8_t val);

/**
 * dp8390_port_read(), dp8390_port_write() - The latch between remote DMA and
 * the bus
 * @size: Bytes of the access, 1, 2 or 4
 *
 * In word mode each unit moved is a word, so that an access of one byte moves
 * two and sees the low one.
 */
uint32_t dp8390_port_read(struct dp8390 *d, unsigned size);
void dp8390_port_write(struct dp8390 *d, unsigned size, uint32_t val);

/* Members of struct nic_model */
bool dp8390_receive(struct nic *n, const struct nic_rx *rx);
void dp8390_run(struct nic *n, uint32_t work);
void dp8390_link(struct nic *n);
void dp8390_filter(const struct nic *n, struct nic_filter *f);

/* A state was loaded */
void dp8390_loaded(struct dp8390 *d);

#endif
