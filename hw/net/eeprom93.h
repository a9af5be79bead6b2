/* SPDX-License-Identifier: MIT */
/*
 * eeprom93.h - Microwire EEPROM 93C46, 93C56 and 93C66, organised by 16 bits
 */
#ifndef HW_NET_EEPROM93_H
#define HW_NET_EEPROM93_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EEPROM93C46_WORDS = 64,
    EEPROM93C56_WORDS = 128, /* The first of eight address bits is ignored */
    EEPROM93C66_WORDS = 256,
    EEPROM93_WORDS_MAX = 256,
    /* Self-timed write cycle: data sheets say 3 to 5 ms, drivers wait 10 */
    EEPROM93_WRITE_NS = 3000000,
};

/* Values of eeprom93.phase, and its largest */
enum {
    EEPROM93_COMMAND, /* Before or in the middle of a command */
    EEPROM93_OUT,     /* Shifting words out */
    EEPROM93_IN,      /* Shifting data in */
    EEPROM93_COMMIT,  /* Complete: happens when CS falls */
    EEPROM93_DONE,    /* Nothing more until CS falls */
    EEPROM93_PHASE_MAX = EEPROM93_DONE,
};

/**
 * struct eeprom93 - The chip
 * @word:    Cells
 * @ready:   Time at which the write cycle ends, 0 when it did
 * @shift:   Bits of the command or the data, the newest is bit 0
 * @addr:    Address of the command being carried out
 * @out:     Word being shifted out, the next bit is bit 15
 * @phase:   EEPROM93_*
 * @n_bits:  Bits in @shift; for EEPROM93_OUT those left in @out
 * @op:      Command being carried out, enum in eeprom93.c
 * @cs, @sk, @data_out: Levels of the pins
 * @status:  DO shows whether the write cycle is over, not @data_out
 * @unlocked: EWEN was the latest of EWEN and EWDS
 *
 * All fields may be saved and loaded on their own; any values are safe, wrong
 * ones only make the chip answer nonsense until CS falls.
 */
struct eeprom93 {
    uint16_t word[EEPROM93_WORDS_MAX];
    uint64_t ready;
    uint32_t shift;
    uint16_t addr, out;
    uint8_t phase, n_bits, op;
    uint8_t cs, sk, data_out, status, unlocked;
};

/**
 * EEPROM93_ROWS() - The rows of a struct eeprom93 in a table of registers
 *
 * No address reaches these; all are saved.  The arguments are further fields of
 * each row: the resets it survives, the chips that have it.
 */
#define EEPROM93_ROW(id, member, bytes, n, text, ...)                          \
    {                                                                          \
        .name = #id, .width = (bytes), .count = (n), .hidden = true,           \
        .field = offsetof(struct eeprom93, member), .title = text, __VA_ARGS__ \
    }
#define EEPROM93_ROWS(...)                                                     \
    EEPROM93_ROW(EE_WORD, word, 2, EEPROM93_WORDS_MAX,                         \
                 "Contents of the EEPROM", __VA_ARGS__),                       \
        EEPROM93_ROW(ee_ready, ready, 8, 1,                                    \
                     "Time at which its write cycle ends", __VA_ARGS__),       \
        EEPROM93_ROW(ee_shift, shift, 4, 1, "Bits of the command",             \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_addr, addr, 2, 1, "Address of the command",            \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_out, out, 2, 1, "Word being shifted out",              \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_phase, phase, 1, 1, "What it does",                    \
                     .max = EEPROM93_PHASE_MAX, __VA_ARGS__),                  \
        EEPROM93_ROW(ee_n_bits, n_bits, 1, 1, "Bits done, or left",            \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_op, op, 1, 1, "Command being carried out",             \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_cs, cs, 1, 1, "Level of CS", .max = 1, __VA_ARGS__),   \
        EEPROM93_ROW(ee_sk, sk, 1, 1, "Level of SK", .max = 1, __VA_ARGS__),   \
        EEPROM93_ROW(ee_data_out, data_out, 1, 1, "Level of DO", .max = 1,     \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_status, status, 1, 1, "DO shows ready", .max = 1,      \
                     __VA_ARGS__),                                             \
        EEPROM93_ROW(ee_unlocked, unlocked, 1, 1, "Writing is enabled",        \
                     .max = 1, __VA_ARGS__)

/**
 * eeprom93_power_on() - What power-on does: cells stay, writing is locked
 */
void eeprom93_power_on(struct eeprom93 *e);

/**
 * eeprom93_pins() - Drive the inputs
 * @e:     Chip
 * @words: EEPROM93C46_WORDS, EEPROM93C56_WORDS or EEPROM93C66_WORDS
 * @cs, @sk, @di: Levels
 * @now:   Nanoseconds, the same clock as for eeprom93_do()
 */
void eeprom93_pins(struct eeprom93 *e, unsigned words, bool cs, bool sk,
                   bool di, uint64_t now);

/**
 * eeprom93_do() - Level of the output; high (pulled up) when not driven
 */
bool eeprom93_do(const struct eeprom93 *e, uint64_t now);

#endif
