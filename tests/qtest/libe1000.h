/* SPDX-License-Identifier: MIT */
/*
 * libe1000.h - a small driver for the 8254x, and the frame of its tests
 */
#ifndef TESTS_QTEST_LIBE1000_H
#define TESTS_QTEST_LIBE1000_H

#include "check.h"
#include "e1000-defs.h"
#include "libcard.h"

enum {
    E1000_MMIO = 0xe0000000,
    E1000_IO = 0xc000,

    /* Guest memory */
    TX_RING = 0x200000,
    RX_RING = 0x210000,
    RX_BUFFERS = 0x800000,
    RX_BUFFER_STRIDE = 0x4000,
    TX_BUFFERS = 0x300000,
    TX_BUFFER_AREA = 0x400000,
    SCRATCH = 0x280000,

    RING_MIN = 8, /* descriptors: 128 bytes */
};

/** struct e1000 - A card, its cable and its two rings */
struct e1000 {
    struct qtest *qts;
    struct pci_dev pci;
    struct netpeer peer;
    const char *model;
    unsigned line; /* intercepted interrupt line of INTA# */

    unsigned tx_count;
    unsigned tx_tail;
    uint64_t tx_buffer; /* next free byte of transmit buffers */

    unsigned rx_count;
    unsigned rx_next; /* descriptor that is filled next */
};

/** struct received - What the card made of one frame */
struct received {
    struct rx_desc last;  /* descriptor with EOP */
    unsigned descriptors; /* how many it took */
    struct frame data;    /* the bytes in the buffers */
};

/* Which models a test is run for */
enum {
    ON_82540EM = 1 << 0,
    ON_82544GC = 1 << 1,
    ON_82545EM = 1 << 2,
    ON_ALL = 7,
    ON_40_45 = ON_82540EM | ON_82545EM,
    REALTIME = 1 << 8, /* see qtest_start_realtime() */
};

/**
 * struct e1000_test - One test of a card that was just switched on
 * @flags:      Models; none means the 82540EM only
 * @differs:    Row of differences.def if stock QEMU fails the test as a whole
 * @args:       More device properties, beginning with a comma
 */
struct e1000_test {
    const char *name;
    void (*run)(struct e1000 *d);
    unsigned flags;
    enum difference differs;
    const char *args;
};

/** e1000_tests_add() - Add tests as /e1000/GROUP/NAME[/MODEL] */
void e1000_tests_add(const char *group, const struct e1000_test *tests,
                     size_t count);

/**
 * e1000_open() - Start an emulator with one card, BARs placed and enabled
 * @args:       More device properties, beginning with a comma, or ""
 */
void e1000_open(struct e1000 *d, const char *model, const char *args,
                bool realtime);
void e1000_close(struct e1000 *d);

/** e1000_enable() - Place the BARs and enable the function */
void e1000_enable(struct e1000 *d);

/** rd(), wr() - A register through memory space */
uint32_t rd(struct e1000 *d, uint32_t reg);
void wr(struct e1000 *d, uint32_t reg, uint32_t value);

/** rd64() - A statistics pair: low half, then high half */
uint64_t rd64(struct e1000 *d, uint32_t low);

/** io_rd(), io_wr() - A register through IOADDR and IODATA */
uint32_t io_rd(struct e1000 *d, uint32_t reg);
void io_wr(struct e1000 *d, uint32_t reg, uint32_t value);

/** e1000_reset() - CTRL.RST and the pause drivers make after it */
void e1000_reset(struct e1000 *d);

/** e1000_link_up() - Set CTRL.SLU and wait for autonegotiation */
void e1000_link_up(struct e1000 *d);

/** us() - Let microseconds of virtual time pass */
void us(struct e1000 *d, unsigned microseconds);

/** clear_statistics() - Read all of them, which clears them */
void clear_statistics(struct e1000 *d);

/* PHY */
uint16_t phy_rd(struct e1000 *d, unsigned reg);
void phy_wr(struct e1000 *d, unsigned reg, uint16_t value);

/** mdic() - One MDIO access; returns MDIC when R is set */
uint32_t mdic(struct e1000 *d, uint32_t command);

/** phy_loopback() - Program the PHY loopback as Linux's self-test does */
void phy_loopback(struct e1000 *d);

/* Transmit */

/** tx_setup() - Ring of @count descriptors (multiple of 8), transmitter on */
void tx_setup(struct e1000 *d, unsigned count);

/** tx_put() - Copy data to guest memory; returns the address */
uint64_t tx_put(struct e1000 *d, const void *data, size_t len);

struct tx_desc tx_legacy(uint64_t addr, size_t len, unsigned cmd);
struct tx_desc tx_data(uint64_t addr, size_t len, unsigned dcmd,
                       unsigned popts);
struct tx_desc tx_context(const struct tx_context *c);

/** tx_post() - Add a descriptor behind the last one; returns its index */
unsigned tx_post(struct e1000 *d, struct tx_desc desc);

/** tx_kick() - Tell the card (TDT) */
void tx_kick(struct e1000 *d);

/** tx_desc_at() - A descriptor as it is in the ring now */
struct tx_desc tx_desc_at(struct e1000 *d, unsigned index);

/** tx_frame() - Send a frame in one legacy descriptor, EOP|IFCS|RS */
unsigned tx_frame(struct e1000 *d, const struct frame *f);

/** on_wire() - The next frame must come out of the card; true if it did */
bool on_wire(struct e1000 *d, struct frame *f);

/** nothing_on_wire() - No frame must come out; true if none did */
bool nothing_on_wire(struct e1000 *d);

/** same_on_wire() - The next frame out of the card must equal @want */
bool same_on_wire(struct e1000 *d, const struct frame *want);

/* Receive */

/**
 * rx_setup() - Ring of @count descriptors, all but one given to the card
 * @rctl:       RCTL; EN is added
 */
void rx_setup(struct e1000 *d, unsigned count, uint32_t rctl);

/** rx_desc_at() - A descriptor as it is in the ring now */
struct rx_desc rx_desc_at(struct e1000 *d, unsigned index);

/** rx_buffer() - Where buffer @index of rx_setup() is */
uint64_t rx_buffer(unsigned index);

/** rx_take() - Wait for the next whole frame; false if none came */
bool rx_take(struct e1000 *d, struct received *r);

/** rx_frame() - Send a frame to the card and take it from the ring */
bool rx_frame(struct e1000 *d, const struct frame *f, struct received *r);

/** rx_accepted() - Does the card store the frame? Must be stored unchanged */
bool rx_accepted(struct e1000 *d, const struct frame *f);

/** loop_frame() - Send a frame with @cmd and take it from the receive ring */
bool loop_frame(struct e1000 *d, const struct frame *f, unsigned cmd,
                struct received *r);

/**
 * rx_dropped() - Does the card drop the frame?
 *
 * Sends a plain unicast frame behind it, which the card must accept.
 */
bool rx_dropped(struct e1000 *d, const struct frame *f);

#endif
