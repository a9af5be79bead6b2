/* SPDX-License-Identifier: MIT */
/*
 * librtl8139.h - a small driver for the RTL8139, and the frame of its tests
 */
#ifndef TESTS_QTEST_LIBRTL8139_H
#define TESTS_QTEST_LIBRTL8139_H

#include "check.h"
#include "libcard.h"
#include "rtl8139-defs.h"

enum {
    RTL_MMIO = 0xe0000000,
    RTL_IO = 0xc000,

    /* Guest memory */
    TX_RING = 0x200000,
    TX_RING_HIGH = 0x201000,
    RX_RING = 0x210000,
    SCRATCH = 0x220000,
    C_RING = 0x240000, /* C mode; 64 KiB, and what follows with WRAP */
    TX_BUFFERS = 0x300000,
    TX_BUFFER_AREA = 0x400000,
    RX_BUFFERS = 0x800000,
    RX_BUFFER_STRIDE = 0x4000,
    NO_MEMORY = 0x50000000, /* neither RAM nor a card */

    RING_MAX = 64, /* descriptors */
    TCR_USUAL = 0x03000700,
};

/** struct rtl8139 - A card, its cable and its rings */
struct rtl8139 {
    struct qtest *qts;
    struct pci_dev pci;
    struct netpeer peer;
    const char *model;
    unsigned line; /* intercepted interrupt line of INTA# */

    uint64_t tx_buffer; /* next free byte of transmit buffers */

    /* C mode */
    unsigned slot;   /* whose turn it is, 0 to 3 */
    uint32_t c_size; /* of the receive ring */
    uint32_t c_at;   /* where the next packet begins */
    bool c_runs_over;

    /* C+ mode; [1] is the high priority ring */
    unsigned tx_count;
    unsigned tx_next[2];
    unsigned rx_count;
    unsigned rx_size;
    unsigned rx_next;
};

/** struct received - What the card made of one frame */
struct received {
    uint32_t status;      /* header's low word, or the descriptor with LS */
    uint32_t vlan;        /* C+ mode: second dword */
    unsigned descriptors; /* C+ mode: how many it took */
    size_t stored;        /* length with FCS, as the card says */
    uint32_t fcs;         /* the four bytes behind the frame */
    struct frame data;    /* without them */
};

/* Which models a test is run for, in the order of their names */
enum {
    ON_CP = 1 << 0,
    ON_8139 = 1 << 1,
    ON_A = 1 << 2,
    ON_B = 1 << 3,
    ON_C = 1 << 4,
    ON_D = 1 << 5,
    ON_ALL = 63,
    ON_C_CP = ON_C | ON_CP,
    ON_OLD = ON_8139 | ON_A,
    ON_NEWER = ON_ALL & ~ON_OLD, /* with power management */
    REALTIME = 1 << 8,           /* see qtest_start_realtime() */
};

/**
 * struct rtl8139_test - One test of a card that was just switched on
 * @flags:      Models; none means the 8139C+ only
 * @differs:    Row of differences.def if stock QEMU fails the test as a whole
 * @args:       More device properties, beginning with a comma
 *
 * Stock QEMU has the 8139C+ only; what is for other chips is skipped there.
 */
struct rtl8139_test {
    const char *name;
    void (*run)(struct rtl8139 *d);
    unsigned flags;
    enum difference differs;
    const char *args;
};

/** rtl8139_tests_add() - Add tests as /rtl8139/GROUP/NAME[/MODEL] */
void rtl8139_tests_add(const char *group, const struct rtl8139_test *tests,
                       size_t count);

/** is_on() - Is the card one of @models, ON_*? */
bool is_on(const struct rtl8139 *d, unsigned models);

/** rtl8139_enable() - Place the BARs and enable the function */
void rtl8139_enable(struct rtl8139 *d);

/** rd8() and so on - A register through memory space */
uint8_t rd8(struct rtl8139 *d, unsigned reg);
uint16_t rd16(struct rtl8139 *d, unsigned reg);
uint32_t rd32(struct rtl8139 *d, unsigned reg);
void wr8(struct rtl8139 *d, unsigned reg, uint8_t value);
void wr16(struct rtl8139 *d, unsigned reg, uint16_t value);
void wr32(struct rtl8139 *d, unsigned reg, uint32_t value);

/** unlock(), lock() - 9346CR.EEM = 11 and 00 */
void unlock(struct rtl8139 *d);
void lock(struct rtl8139 *d);

/** soft_reset() - CR.RST, which must clear itself */
void soft_reset(struct rtl8139 *d);

/** us() - Let microseconds of virtual time pass */
void us(struct rtl8139 *d, unsigned microseconds);

/** settle() - Work that the card put off is done now */
void settle(struct rtl8139 *d);

/** ack() - What ISR says by now, acknowledged */
uint16_t ack(struct rtl8139 *d);

/** on_wire() - The next frame must come out of the card; true if it did */
bool on_wire(struct rtl8139 *d, struct frame *f);

/** nothing_on_wire() - No frame must come out; true if none did */
bool nothing_on_wire(struct rtl8139 *d);

/** same_on_wire() - The next frame out of the card must equal @want */
bool same_on_wire(struct rtl8139 *d, const struct frame *want);

/** to_card() - Put a frame on the cable */
void to_card(struct rtl8139 *d, const struct frame *f);

/** tx_put() - Copy data to guest memory; returns the address */
uint64_t tx_put(struct rtl8139 *d, const void *data, size_t len);

/* C mode */

/**
 * c_start() - Reset, then run in C mode
 * @rcr:        RCR; RBLEN and WRAP are in it
 */
void c_start(struct rtl8139 *d, uint32_t rcr);

/** c_send() - Send bytes by the slot whose turn it is; returns the slot */
unsigned c_send(struct rtl8139 *d, const void *data, size_t len);

/** c_frame() - The same for a frame */
unsigned c_frame(struct rtl8139 *d, const struct frame *f);

/** c_put_off() - Read the next packet of the ring, but do not move CAPR */
bool c_look(struct rtl8139 *d, struct received *r);

/** c_take() - Read the next packet of the ring and give its room back */
bool c_take(struct rtl8139 *d, struct received *r);

/* C+ mode */

/**
 * cp_start() - Reset, then run in C+ mode
 * @n:          Descriptors of each ring, all receive descriptors the card's
 * @size:       Bytes of each receive buffer
 */
void cp_start(struct rtl8139 *d, unsigned n, unsigned size, uint32_t rcr,
              uint16_t cpcr);

/**
 * cp_post() - Put a descriptor into a transmit ring; returns its index
 * @high:       1 for the high priority ring
 * @command:    Of the first dword: OWN, EOR and the length are added
 */
unsigned cp_post(struct rtl8139 *d, unsigned high, uint32_t command,
                 uint32_t vlan, uint64_t addr, size_t len);

/** cp_poll() - TPPoll */
void cp_poll(struct rtl8139 *d, unsigned high);

/** cp_frame() - Send a frame in one descriptor of the normal ring */
unsigned cp_frame(struct rtl8139 *d, const struct frame *f, uint32_t command);

/** cp_tx_at(), cp_rx_at() - A descriptor as it is now */
struct desc cp_tx_at(struct rtl8139 *d, unsigned high, unsigned index);
struct desc cp_rx_at(struct rtl8139 *d, unsigned index);

/** cp_rx_give() - Give a receive descriptor to the card */
void cp_rx_give(struct rtl8139 *d, unsigned index);

/** cp_rx_buffer() - Where buffer @index is */
uint64_t cp_rx_buffer(unsigned index);

/** cp_take() - Wait for the next whole frame; descriptors are given back */
bool cp_take(struct rtl8139 *d, struct received *r);

/* Both modes: they know which one the receiver is in */

/** rx_take() - c_take() or cp_take() */
bool rx_take(struct rtl8139 *d, struct received *r);

/** rx_frame() - Send a frame to the card and take it; it must come */
bool rx_frame(struct rtl8139 *d, const struct frame *f, struct received *r);

/** rx_same() - ... and be the same, with a correct FCS */
bool rx_same(struct rtl8139 *d, const struct frame *f, struct received *r);

/**
 * rx_dropped() - Does the card drop the frame?
 *
 * Sends a plain unicast frame behind it, which the card must accept.
 */
bool rx_dropped(struct rtl8139 *d, const struct frame *f);

#endif
