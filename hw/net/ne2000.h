/* SPDX-License-Identifier: MIT */
/*
 * ne2000.h - what the files of the NE2000 boards share
 *
 * Private to hw/net/ne2000.c and hw/net/rtl8029.c.
 */
#ifndef HW_NET_NE2000_H
#define HW_NET_NE2000_H

#include "hw/net/dp8390.h"
#include "hw/net/eeprom93.h"

enum {
    NE2000_RAM_AT = 0x4000,
    NE2000_RAM = 0x4000,
    NE2000_RAM_8 = 0x2000,

    /* The RTL8029AS's has the 8-bit board's image behind the other */
    NE2000_PROM = 16,
    RTL8029_PROM = 32,
    NE2000_PROM_MARK = 14,
    NE2000_MARK_16 = 'W',
    NE2000_MARK_8 = 'B',

    RTL8029_TIMER_PAUSE = 0,
    RTL8029_TIMERS,
};

/**
 * struct ne2000_memory - Local memory
 * @prom: Address PROM, without the doubling
 * @ram:  Packet memory
 */
struct ne2000_memory {
    uint8_t prom[RTL8029_PROM], ram[NE2000_RAM];
};

/**
 * struct ne2000 - A board
 * @reg:    Page 3 of the RTL8029AS
 * @eeprom: Of the RTL8029AS
 */
struct ne2000 {
    struct dp8390 chip;
    struct {
        uint8_t CR9346, CONFIG0, CONFIG2, CONFIG3, HLTCLK, ID[2];
    } reg;
    struct eeprom93 eeprom;
    struct ne2000_memory mem;
};

static inline struct ne2000 *ne2000_of(struct nic *n)
{
    return (struct ne2000 *)n;
}

static inline bool ne2000_is_8029(const struct ne2000 *b)
{
    return b->chip.nic.model->chip == DP8390_RTL8029;
}

/* The RTL8029AS's own (rtl8029.c), for a board that is one */

extern const struct regfile rtl8029_regs, rtl8029_eeprom_regs;

/* A register of page 3, by its address 1 to 15 */
uint8_t rtl8029_read(struct ne2000 *b, unsigned at);
void rtl8029_write(struct ne2000 *b, unsigned at, uint8_t val);

/**
 * rtl8029_halted() - Whether software halted the clock
 *
 * Then no register answers but HLTCLK, which rtl8029_write() takes.
 */
bool rtl8029_halted(const struct ne2000 *b);

/* Power was applied: program the EEPROM in the factory */
void rtl8029_power_on(struct ne2000 *b);

/* RESET of any kind but software's: load what the EEPROM says */
void rtl8029_load(struct ne2000 *b);

/* The board's reset port was used */
void rtl8029_port_reset(struct ne2000 *b);

/* Return: whether a frame was a PAUSE frame, which is not stored */
bool rtl8029_pause(struct ne2000 *b, const struct nic_rx *rx);

/* RTL8029_TIMER_PAUSE came due */
void rtl8029_resume(struct ne2000 *b);

/* A state was loaded.  Return: whether it is consistent */
bool rtl8029_loaded(struct ne2000 *b);

#endif
