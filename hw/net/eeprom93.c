// SPDX-License-Identifier: MIT
/*
 * eeprom93.c - Microwire EEPROM 93C46 and 93C66 in 16-bit organisation
 *
 * DI is sampled and DO changes on rising edges of SK while CS is high.  A
 * command is a start bit, two bits of opcode and an address; zeros before the
 * start bit do not count.  READ answers the last address bit with a 0, and
 * each further edge with a data bit, going on to the next address after 16.
 * Commands that change cells happen when CS falls after their last bit, not
 * before and not at all if CS falls early; then DO tells, while CS is high,
 * whether the cycle is over, until the next start bit.
 *
 * CS may rise while SK is high, which is no clock: Linux's e1000 driver starts
 * each command so, and ends by toggling SK with CS low.
 */
#include "hw/net/eeprom93.h"

/* The two bits after the start bit; OP_EXTENDED has two more in the address */
enum {
    OP_EXTENDED = 0,
    OP_WRITE = 1,
    OP_READ = 2,
    OP_ERASE = 3,
    /* Extended: 4 + the two topmost bits of the address */
    OP_EWDS = 4,
    OP_WRAL = 5,
    OP_ERAL = 6,
    OP_EWEN = 7,
};

static unsigned addr_bits(unsigned words)
{
    return words == EEPROM93C46_WORDS ? 6 : 8;
}

void eeprom93_power_on(struct eeprom93 *e)
{
    e->ready = 0;
    e->shift = 0;
    e->addr = e->out = 0;
    e->phase = EEPROM93_COMMAND;
    e->n_bits = e->op = 0;
    e->cs = e->sk = e->status = e->unlocked = 0;
    e->data_out = 1;
}

/* Change cells: @first to @last become @val */
static void store(struct eeprom93 *e, unsigned first, unsigned last,
                  uint16_t val, uint64_t now)
{
    if (!e->unlocked) {
        return;
    }
    for (unsigned i = first; i <= last; i++) {
        e->word[i] = val;
    }
    e->ready = now + EEPROM93_WRITE_NS;
    e->status = 1;
}

/* CS fell after a complete command */
static void commit(struct eeprom93 *e, unsigned words, uint64_t now)
{
    unsigned addr = e->addr & (words - 1);
    uint16_t data = (uint16_t)e->shift;

    switch (e->op) {
    case OP_WRITE:
        store(e, addr, addr, data, now);
        break;
    case OP_ERASE:
        store(e, addr, addr, UINT16_MAX, now);
        break;
    case OP_WRAL:
        store(e, 0, words - 1, data, now);
        break;
    case OP_ERAL:
        store(e, 0, words - 1, UINT16_MAX, now);
        break;
    default:
        break;
    }
}

/* The last bit of a command came in */
static void decode(struct eeprom93 *e, unsigned words)
{
    unsigned bits = addr_bits(words);

    e->addr = (uint16_t)(e->shift & (words - 1));
    e->op = e->shift >> bits & 3;
    if (e->op == OP_EXTENDED) {
        e->op = (uint8_t)(4 | (e->shift >> (bits - 2) & 3));
    }
    e->n_bits = 0;
    e->shift = 0;
    switch (e->op) {
    case OP_READ:
        e->phase = EEPROM93_OUT;
        e->data_out = 0;
        break;
    case OP_WRITE:
    case OP_WRAL:
        e->phase = EEPROM93_IN;
        break;
    case OP_ERASE:
    case OP_ERAL:
        e->phase = EEPROM93_COMMIT;
        break;
    default:
        e->unlocked = e->op == OP_EWEN;
        e->phase = EEPROM93_DONE;
        break;
    }
}

static void clock_command(struct eeprom93 *e, unsigned words, bool di,
                          uint64_t now)
{
    if (now < e->ready || (!e->n_bits && !di)) {
        return;
    }
    e->status = 0;
    e->shift = e->shift << 1 | di;
    if (++e->n_bits >= 3 + addr_bits(words)) {
        decode(e, words);
    }
}

static void clock_out(struct eeprom93 *e, unsigned words)
{
    if (!e->n_bits) {
        e->out = e->word[e->addr & (words - 1)];
        e->addr = (uint16_t)((e->addr + 1) & (words - 1));
        e->n_bits = 16;
    }
    e->data_out = (uint8_t)(e->out >> 15);
    e->out = (uint16_t)(e->out << 1);
    e->n_bits--;
}

static void clock_in(struct eeprom93 *e, bool di)
{
    e->shift = e->shift << 1 | di;
    if (++e->n_bits >= 16) {
        e->phase = EEPROM93_COMMIT;
    }
}

void eeprom93_pins(struct eeprom93 *e, unsigned words, bool cs, bool sk,
                   bool di, uint64_t now)
{
    bool clock = cs && e->cs && sk && !e->sk;

    if (now >= e->ready) {
        /* Over, even if a saved state goes where the clock is behind */
        e->ready = 0;
    }
    if (e->cs && !cs) {
        if (e->phase == EEPROM93_COMMIT) {
            commit(e, words, now);
        }
        e->phase = EEPROM93_COMMAND;
        e->n_bits = 0;
        e->shift = 0;
        e->data_out = 1;
    }
    e->cs = cs;
    e->sk = sk;
    if (!clock) {
        return;
    }
    switch (e->phase) {
    case EEPROM93_COMMAND:
        clock_command(e, words, di, now);
        break;
    case EEPROM93_OUT:
        clock_out(e, words);
        break;
    case EEPROM93_IN:
        clock_in(e, di);
        break;
    default:
        break;
    }
}

bool eeprom93_do(const struct eeprom93 *e, uint64_t now)
{
    if (!e->cs) {
        return true;
    }
    return e->status ? now >= e->ready : e->data_out;
}
