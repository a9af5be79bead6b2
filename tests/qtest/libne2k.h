/* SPDX-License-Identifier: MIT */
/*
 * libne2k.h - a small driver for the NE2000, and the frame of its tests
 */
#ifndef TESTS_QTEST_LIBNE2K_H
#define TESTS_QTEST_LIBNE2K_H

#include "check.h"
#include "libcard.h"
#include "ne2k-defs.h"

enum {
    NE2K_PCI_IO = 0xc000,
    NE2K_ISA_IO = 0x300,
    NE2K_ISA_IRQ = 9,

    /* Pages: as Linux divides the memory */
    TX_PAGE = 0x40,
    RING_START = 0x4c,
    RING_STOP = 0x80,
};

/**
 * struct ne2k - A card and its cable
 * @pci:   Of the ne2k_pci only
 * @io:    First of its ports
 * @line:  Intercepted interrupt line
 * @page:  Register page that CR selects now
 * @width: Bytes of an access of the data port
 * @start, @stop: The ring
 * @next:  Page of the ring where the next frame begins
 */
struct ne2k {
    struct qtest *qts;
    struct pci_dev pci;
    struct netpeer peer;
    const char *model;
    bool isa;
    uint16_t io;
    unsigned line;

    unsigned page;
    unsigned width;
    uint8_t start, stop, next;
};

/** struct received - A frame as it is in the ring */
struct received {
    uint8_t page; /* where it begins */
    uint8_t status, next;
    uint16_t count;
    struct frame data; /* without FCS */
    uint32_t fcs;
};

/* Which models a test is run for */
enum {
    ON_PCI = 1 << 0,
    ON_ISA = 1 << 1,
    ON_BOTH = ON_PCI | ON_ISA,
};

/**
 * struct ne2k_test - One test of a card that was just switched on
 * @on:         Models; none means the ne2k_pci only
 * @differs:    Row of differences.def if stock QEMU fails the test as a whole
 * @args:       More device properties, beginning with a comma
 */
struct ne2k_test {
    const char *name;
    void (*run)(struct ne2k *d);
    unsigned on;
    enum difference differs;
    const char *args;
};

/** ne2k_tests_add() - Add tests as /ne2k/GROUP/NAME[/MODEL] */
void ne2k_tests_add(const char *group, const struct ne2k_test *tests,
                    size_t count);

/**
 * ne2k_open() - Start an emulator with one card whose ports answer
 * @model:      "ne2k_pci" or "ne2k_isa"
 * @args:       More device properties, beginning with a comma, or ""
 */
void ne2k_open(struct ne2k *d, const char *model, const char *args);
void ne2k_close(struct ne2k *d);

/** ne2k_enable() - Place the BAR of the ne2k_pci and enable it */
void ne2k_enable(struct ne2k *d);

/**
 * in8(), out8() - A register, by page and address
 *
 * Switches to its page first, if CR selects another: that aborts remote DMA,
 * and as neither STP nor STA is written, nothing else.
 */
uint8_t in8(struct ne2k *d, unsigned reg);
void out8(struct ne2k *d, unsigned reg, uint8_t value);

/** in_pair(), out_pair() - Two registers, low byte first */
uint16_t in_pair(struct ne2k *d, unsigned reg);
void out_pair(struct ne2k *d, unsigned reg, uint16_t value);

/** data_in(), data_out() - One access of the data port, of 1, 2 or 4 bytes */
uint32_t data_in(struct ne2k *d, unsigned size);
void data_out(struct ne2k *d, unsigned size, uint32_t value);

/** pause_us() - Let microseconds of virtual time pass */
void pause_us(struct ne2k *d, unsigned microseconds);

/** ne2k_reset() - Read the reset port and write back what was read */
void ne2k_reset(struct ne2k *d);

/**
 * ne2k_init() - National's mandatory order, to reception and transmission
 * @rcr: Final RCR
 *
 * DCR is words, IMR 0, the ring RING_START to RING_STOP, the address mac_nic,
 * and MAR 0.
 */
void ne2k_init(struct ne2k *d, uint8_t rcr);

/** ne2k_init_ring() - The same with another ring */
void ne2k_init_ring(struct ne2k *d, uint8_t rcr, uint8_t start, uint8_t stop);

/** ne2k_bytes() - Change to byte-wide DMA */
void ne2k_bytes(struct ne2k *d);

/**
 * ne2k_address() - Write PAR
 * ne2k_multicast() - Write all of MAR
 */
void ne2k_address(struct ne2k *d, const uint8_t *mac);
void ne2k_multicast(struct ne2k *d, uint8_t value);

/* Remote DMA */

/**
 * remote_begin() - Program address and count, and give a command
 * @command: CR_READ or CR_WRITE
 */
void remote_begin(struct ne2k *d, unsigned command, uint16_t at,
                  uint16_t count);

/**
 * remote_read(), remote_write() - Local memory, as wide as the card allows
 * @at: Even, unless DMA is byte-wide
 *
 * RDC must come, and is acknowledged.  In words, an odd length is rounded up.
 */
void remote_read(struct ne2k *d, uint16_t at, void *data, size_t len);
void remote_write(struct ne2k *d, uint16_t at, const void *data, size_t len);

/** remote_fill() - The same byte all over */
void remote_fill(struct ne2k *d, uint16_t at, uint8_t value, size_t len);

/* Transmit */

/** tx_load() - Put a frame at a page of memory */
void tx_load(struct ne2k *d, uint8_t page, const struct frame *f);

/** tx_start() - TPSR, TBCR, TXP */
void tx_start(struct ne2k *d, uint8_t page, uint16_t count);

/** tx_end() - Wait until TXP is 0; returns PTX and TXE of ISR, acknowledged */
uint8_t tx_end(struct ne2k *d);

/** tx_frame() - Send a frame from TX_PAGE; PTX must come */
void tx_frame(struct ne2k *d, const struct frame *f);

/** on_wire() and so on, see libcard.h */
bool tx_seen(struct ne2k *d, const struct frame *want);

/* Receive */

/** rx_send() - Put a frame on the cable */
void rx_send(struct ne2k *d, const struct frame *f);

/** rx_settle() - Let the card see what is on the cable, see libcard.h */
bool rx_settle(struct ne2k *d);

/** rx_header() - Wait for a frame in the ring and read its header only */
bool rx_header(struct ne2k *d, struct received *r);

/** rx_read() - Read the rest of the frame of rx_header() */
void rx_read(struct ne2k *d, struct received *r);

/** rx_free() - Move BNRY behind the frame of rx_header() */
void rx_free(struct ne2k *d, const struct received *r);

/** rx_take() - Wait for the next frame and take it out of the ring */
bool rx_take(struct ne2k *d, struct received *r);

/** rx_frame() - Send a frame to the card and take it from the ring */
bool rx_frame(struct ne2k *d, const struct frame *f, struct received *r);

/** rx_same() - Is it the frame, with a good status and a correct header? */
bool rx_same(struct ne2k *d, const struct received *r, const struct frame *f);

/** rx_accepted() - Does the card store the frame? Must be stored unchanged */
bool rx_accepted(struct ne2k *d, const struct frame *f);

/**
 * rx_dropped() - Does the card drop the frame?
 *
 * Sends a plain unicast frame behind it, which the card must accept.
 */
bool rx_dropped(struct ne2k *d, const struct frame *f);

#endif
