/* SPDX-License-Identifier: MIT */
/*
 * nic-host.h - a host for one card, for tests of models
 *
 * A machine reduced to what a model can see: 1 MiB of memory from address 0,
 * the card's own BAR 0 at HOST_BAR (so that DMA can be aimed at it), a pin, a
 * clock that only host_step() moves, and a network that records.
 */
#ifndef TESTS_UNIT_NIC_HOST_H
#define TESTS_UNIT_NIC_HOST_H

#include "hw/nic.h"

#define HOST_BAR 0xfee00000u

enum {
    HOST_RAM = 1 << 20,
    HOST_SENT_MAX = 1024,
};

/**
 * struct host_sent - A frame that left the card
 * @frame: As the model described it; piece is NULL
 * @data:  All @frame.len bytes; what lies outside memory reads as 0xee
 */
struct host_sent {
    struct nic_frame frame;
    uint8_t *data;
};

/**
 * struct host - The machine; tests may look at and change everything
 * @nic:     The card
 * @ram:     Guest memory
 * @now:     Clock, ns
 * @irq:     Pin, and @edges, how often it rose
 * @sent:    The latest frames, @n_sent since the test last set it to 0
 * @full:    What send() answers is !full
 * @ready, @pm, @sums, @crcs: Calls of rx_ready(), pm(), sum() and fcs()
 * @at_dma:  If set, runs before each access to guest memory, as another CPU
 *           would
 */
struct host {
    struct nic *nic;
    uint8_t ram[HOST_RAM];
    uint64_t now;
    bool irq, full;
    unsigned edges, n_sent, ready, pm, sums, crcs;
    struct host_sent sent[HOST_SENT_MAX];
    void (*at_dma)(gpa_t at, size_t len, bool write);
};

extern struct host host;

/* Make the card named @model, with power applied and bus mastering on */
void host_start(const char *model);
void host_stop(void);

/* BAR 0 registers, 32 bits; deferred work is done before return */
uint32_t rd(uint32_t off);
void wr(uint32_t off, uint32_t val);

/* Any access; deferred work is done before return */
uint32_t host_read(unsigned bar, uint32_t off, unsigned size);
void host_write(unsigned bar, uint32_t off, unsigned size, uint32_t val);

/* Do deferred work until there is none; returns visits, fails above 100000 */
unsigned host_run(void);

/* Move the clock by @ns, firing timers in their order */
void host_step(uint64_t ns);

/* Offer a frame in one piece; returns whether the card took it */
bool host_receive(const void *data, size_t len, unsigned flags);

/* Hand the frames in host.sent that have .loop back to the card */
void host_loop(void);

/* Little-endian values in guest memory */
void put16(uint32_t at, uint16_t val);
void put32(uint32_t at, uint32_t val);
void put64(uint32_t at, uint64_t val);
uint16_t get16(uint32_t at);
uint32_t get32(uint32_t at);
uint64_t get64(uint32_t at);

/* CRC-32 of Ethernet */
uint32_t host_crc(const uint8_t *p, size_t len);

#endif
