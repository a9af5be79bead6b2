// SPDX-License-Identifier: MIT
/*
 * eeprom93-test.c - the Microwire EEPROM, driven as drivers drive it
 */
#include <glib.h>
#include <string.h>

#include "hw/net/eeprom93.h"

/* The chip on a bench: its pins and a clock in nanoseconds */
struct bench {
    struct eeprom93 chip;
    unsigned words, bits;
    bool cs, sk, di;
    uint64_t now;
};

static void bench_init(struct bench *b, unsigned words)
{
    memset(b, 0, sizeof(*b));
    b->words = words;
    b->bits = words == EEPROM93C66_WORDS ? 8 : 6;
    b->now = 1000;
    eeprom93_power_on(&b->chip);
    for (unsigned i = 0; i < words; i++) {
        b->chip.word[i] = (uint16_t)(0xa500 + i);
    }
}

static void drive(struct bench *b, bool cs, bool sk, bool di)
{
    b->cs = cs;
    b->sk = sk;
    b->di = di;
    eeprom93_pins(&b->chip, b->words, cs, sk, di, b->now);
}

static bool out(const struct bench *b)
{
    return eeprom93_do(&b->chip, b->now);
}

static void clock_bit(struct bench *b, bool bit)
{
    drive(b, true, false, bit);
    drive(b, true, true, bit);
    drive(b, true, false, bit);
}

static void shift_in(struct bench *b, uint32_t val, unsigned n)
{
    while (n--) {
        clock_bit(b, val >> n & 1);
    }
}

static uint16_t shift_out(struct bench *b)
{
    uint16_t val = 0;

    for (unsigned i = 0; i < 16; i++) {
        drive(b, true, true, false);
        val = (uint16_t)(val << 1 | out(b));
        drive(b, true, false, false);
    }
    return val;
}

/* CS low, SK high, CS high with SK high, SK low: Linux e1000 between words */
static void standby(struct bench *b)
{
    drive(b, false, false, false);
    drive(b, false, true, false);
    drive(b, true, true, false);
    drive(b, true, false, false);
}

static uint16_t read_word(struct bench *b, unsigned addr)
{
    uint16_t val;

    standby(b);
    shift_in(b, 6, 3);
    shift_in(b, addr, b->bits);
    val = shift_out(b);
    drive(b, false, false, false);
    return val;
}

static void enable(struct bench *b, bool on)
{
    standby(b);
    shift_in(b, on ? 0x13 : 0x10, 5);
    shift_in(b, 0, b->bits - 2);
    drive(b, false, false, false);
}

static void write_word(struct bench *b, unsigned addr, uint16_t val)
{
    standby(b);
    shift_in(b, 5, 3);
    shift_in(b, addr, b->bits);
    shift_in(b, val, 16);
    drive(b, false, false, false);
    b->now += EEPROM93_WRITE_NS;
}

static void test_read(gconstpointer arg)
{
    struct bench b;

    bench_init(&b, GPOINTER_TO_UINT(arg));
    for (unsigned i = 0; i < b.words; i++) {
        g_assert_cmphex(read_word(&b, i), ==, 0xa500 + i);
    }
}

static void test_read_details(void)
{
    struct bench b;

    bench_init(&b, 64);
    g_assert_true(out(&b));
    drive(&b, true, false, false);
    /* Zeros before the start bit do not count */
    shift_in(&b, 0, 7);
    shift_in(&b, 6, 3);
    shift_in(&b, 31 >> 1, 5);
    g_assert_true(out(&b));
    clock_bit(&b, 31 & 1);
    /* The dummy bit */
    g_assert_false(out(&b));
    g_assert_cmphex(shift_out(&b), ==, 0xa500 + 31);
    /* Goes on with the next cell */
    g_assert_cmphex(shift_out(&b), ==, 0xa500 + 32);
    drive(&b, false, false, false);
    g_assert_true(out(&b));

    /* ... and wraps */
    standby(&b);
    shift_in(&b, 6, 3);
    shift_in(&b, 63, 6);
    g_assert_cmphex(shift_out(&b), ==, 0xa500 + 63);
    g_assert_cmphex(shift_out(&b), ==, 0xa500);

    /* An edge of SK without CS, or together with CS, is no clock */
    drive(&b, false, false, false);
    drive(&b, false, true, true);
    drive(&b, false, false, true);
    drive(&b, true, true, true);
    drive(&b, true, false, false);
    shift_in(&b, 6, 3);
    shift_in(&b, 5, 6);
    g_assert_cmphex(shift_out(&b), ==, 0xa505);

    /* CS falling in a command ends it */
    standby(&b);
    shift_in(&b, 6, 3);
    shift_in(&b, 1, 3);
    g_assert_cmphex(read_word(&b, 9), ==, 0xa509);
}

static void test_write(gconstpointer arg)
{
    struct bench b;

    bench_init(&b, GPOINTER_TO_UINT(arg));
    /* Locked after power-on */
    write_word(&b, 3, 0x1234);
    g_assert_cmphex(read_word(&b, 3), ==, 0xa503);

    enable(&b, true);
    write_word(&b, 3, 0x1234);
    write_word(&b, b.words - 1, 0x5678);
    g_assert_cmphex(read_word(&b, 3), ==, 0x1234);
    g_assert_cmphex(read_word(&b, b.words - 1), ==, 0x5678);
    g_assert_cmphex(read_word(&b, 2), ==, 0xa502);
    g_assert_cmphex(read_word(&b, 4), ==, 0xa504);

    enable(&b, false);
    write_word(&b, 3, 0xffff);
    g_assert_cmphex(read_word(&b, 3), ==, 0x1234);
}

static void test_busy(void)
{
    struct bench b;

    bench_init(&b, 64);
    enable(&b, true);
    standby(&b);
    shift_in(&b, 5, 3);
    shift_in(&b, 7, 6);
    shift_in(&b, 0xbeef, 16);
    g_assert_cmphex(b.chip.word[7], ==, 0xa507);
    drive(&b, false, false, false);
    g_assert_cmphex(b.chip.word[7], ==, 0xbeef);

    standby(&b);
    g_assert_false(out(&b));
    /* Commands are not heard while busy */
    shift_in(&b, 6, 3);
    shift_in(&b, 7, 6);
    g_assert_false(out(&b));
    b.now += EEPROM93_WRITE_NS - 1;
    g_assert_false(out(&b));
    b.now += 1;
    g_assert_true(out(&b));
    /* A command is, and from its start bit on DO is its output again */
    shift_in(&b, 6, 3);
    shift_in(&b, 7, 6);
    g_assert_false(out(&b));
    g_assert_cmphex(shift_out(&b), ==, 0xbeef);
}

static void test_abort(void)
{
    struct bench b;

    bench_init(&b, 64);
    enable(&b, true);
    standby(&b);
    shift_in(&b, 5, 3);
    shift_in(&b, 7, 6);
    shift_in(&b, 0x1234, 15);
    drive(&b, false, false, false);
    g_assert_cmphex(read_word(&b, 7), ==, 0xa507);
}

static void test_erase(void)
{
    struct bench b;

    bench_init(&b, 64);
    enable(&b, true);
    standby(&b);
    shift_in(&b, 7, 3);
    shift_in(&b, 12, 6);
    drive(&b, false, false, false);
    b.now += EEPROM93_WRITE_NS;
    g_assert_cmphex(read_word(&b, 12), ==, 0xffff);
    g_assert_cmphex(read_word(&b, 13), ==, 0xa50d);

    /* WRAL */
    standby(&b);
    shift_in(&b, 0x11, 5);
    shift_in(&b, 0, 4);
    shift_in(&b, 0x0123, 16);
    drive(&b, false, false, false);
    b.now += EEPROM93_WRITE_NS;
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmphex(read_word(&b, i), ==, 0x0123);
    }

    /* ERAL */
    standby(&b);
    shift_in(&b, 0x12, 5);
    shift_in(&b, 0, 4);
    drive(&b, false, false, false);
    b.now += EEPROM93_WRITE_NS;
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmphex(read_word(&b, i), ==, 0xffff);
    }
}

/* Whatever a saved state says, the chip recovers when CS falls */
static void test_hostile_state(void)
{
    for (unsigned round = 0; round < 20000; round++) {
        struct bench b;
        uint8_t *raw = (uint8_t *)&b.chip;

        bench_init(&b, round & 1 ? 64 : 256);
        for (size_t i = 0; i < sizeof(b.chip); i++) {
            raw[i] = (uint8_t)g_test_rand_int();
        }
        for (unsigned i = 0; i < 60; i++) {
            int32_t bits = g_test_rand_int();

            drive(&b, bits & 7, bits & 8, bits & 16);
            out(&b);
        }
        drive(&b, false, false, false);
        /* As late as can be */
        b.now = UINT64_MAX;
        b.chip.word[1] = 0x4711;
        g_assert_cmphex(read_word(&b, 1), ==, 0x4711);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/eeprom93/read/64", GUINT_TO_POINTER(64), test_read);
    g_test_add_data_func("/eeprom93/read/256", GUINT_TO_POINTER(256),
                         test_read);
    g_test_add_func("/eeprom93/read/details", test_read_details);
    g_test_add_data_func("/eeprom93/write/64", GUINT_TO_POINTER(64),
                         test_write);
    g_test_add_data_func("/eeprom93/write/256", GUINT_TO_POINTER(256),
                         test_write);
    g_test_add_func("/eeprom93/busy", test_busy);
    g_test_add_func("/eeprom93/abort", test_abort);
    g_test_add_func("/eeprom93/erase", test_erase);
    g_test_add_func("/eeprom93/hostile-state", test_hostile_state);
    return g_test_run();
}
