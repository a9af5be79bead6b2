/* SPDX-License-Identifier: MIT */
/*
 * ne2000-drive.h - what every driver of an NE2000 does, for tests
 */
#ifndef TESTS_UNIT_NE2000_DRIVE_H
#define TESTS_UNIT_NE2000_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers of page 0, and others where it says so */
enum {
    NE_CR = 0x00,
    NE_PSTART = 0x01,
    NE_PSTOP = 0x02,
    NE_BNRY = 0x03,
    NE_TPSR = 0x04,  /* TSR */
    NE_TBCR0 = 0x05, /* NCR */
    NE_TBCR1 = 0x06, /* FIFO */
    NE_ISR = 0x07,
    NE_RSAR0 = 0x08, /* CRDA0 */
    NE_RSAR1 = 0x09,
    NE_RBCR0 = 0x0a,
    NE_RBCR1 = 0x0b,
    NE_RCR = 0x0c,  /* RSR */
    NE_TCR = 0x0d,  /* CNTR0 */
    NE_DCR = 0x0e,  /* CNTR1 */
    NE_IMR = 0x0f,  /* CNTR2 */
    NE_PAR = 0x01,  /* Page 1 */
    NE_CURR = 0x07, /* Page 1 */
    NE_MAR = 0x08,  /* Page 1 */
    NE_DATA = 0x10,
    NE_RESET = 0x1f,

    PRX = 0x01,
    PTX = 0x02,
    RXE = 0x04,
    TXE = 0x08,
    OVW = 0x10,
    CNT = 0x20,
    RDC = 0x40,
    RST = 0x80,

    /* Pages as Linux has them */
    NE_TX = 0x40,
    NE_FIRST = 0x4c,
    NE_STOP = 0x80,
};

/* Save the card's state and load it again, as if it had moved elsewhere */
void ne_move(void);

/* Add a test twice: the second time ne_move() is before each in() and out() */
void ne_add(const char *path, void (*test)(void));

uint8_t in(unsigned port);
void out(unsigned port, uint8_t val);

/* Registers of page 1, by CR writes that change nothing else */
uint8_t in1(unsigned port);
void out1(unsigned port, uint8_t val);

/* Remote DMA in words, as Linux does it; @len even */
void ne_write(uint16_t at, const void *p, size_t len);
void ne_read(uint16_t at, void *p, size_t len);

/* CR and the registers of a transfer only; the data port is the test's */
void ne_remote(uint8_t cr, uint16_t at, uint16_t len);

/**
 * ne_start() - Make a card and start it as Linux's lib8390 does
 * @imr: Interrupts enabled
 *
 * Station address nic-host's, broadcasts accepted.
 */
void ne_start(const char *model, uint8_t imr);

/* The same without making a card: NS8390_init(dev, 1) */
void ne_init(uint8_t imr);

/* Send what is in memory at page NE_TX */
void ne_send(uint16_t len);

/* A frame for the card, of @len bytes without FCS, all but addresses @fill */
void ne_frame(uint8_t *f, size_t len, uint8_t fill);

/* Offer one; returns whether it was taken */
bool ne_offer(size_t len, uint8_t fill);

/**
 * ne_poll() - Read at most @max frames and move BNRY, as Linux's ei_receive
 *
 * Return: their number; status, lengths and contents were compared
 */
unsigned ne_poll(unsigned max);

#endif
