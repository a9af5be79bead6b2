// SPDX-License-Identifier: MIT
/*
 * e1000-eeprom-test.c - EECD, EERD, and what the EEPROM presets
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    WORDS = 64,
    SUM = 0xbaba,
    MS = 1000000,
    EECD_FWE_OFF = 1 << 4,
    CTRL_ILOS_WORD = 1 << 4, /* In word 0a */
};

static const char *const models[] = { "e1000", "e1000-82544gc",
                                      "e1000-82545em" };

/* As Linux' driver: only the pins change, EE_REQ stays */
static void pins(uint32_t on, uint32_t off)
{
    wr(EECD, (rd(EECD) & ~off) | on);
}

static void shift_out(uint32_t val, unsigned n)
{
    while (n--) {
        pins(val >> n & 1 ? EECD_DI : 0, val >> n & 1 ? 0 : EECD_DI);
        pins(EECD_SK, 0);
        pins(0, EECD_SK);
    }
    pins(0, EECD_DI);
}

static uint16_t shift_in(void)
{
    uint16_t val = 0;

    for (unsigned i = 0; i < 16; i++) {
        pins(EECD_SK, 0);
        val = (uint16_t)(val << 1 | !!(rd(EECD) & EECD_DO));
        pins(0, EECD_SK);
    }
    return val;
}

static void acquire(void)
{
    wr(EECD, rd(EECD) | EECD_REQ);
    g_assert_cmphex(rd(EECD) & EECD_GNT, !=, 0);
    pins(0, EECD_DI | EECD_SK);
    pins(EECD_CS, 0);
}

static void standby(void)
{
    pins(0, EECD_CS | EECD_SK);
    pins(EECD_SK, 0);
    pins(EECD_CS, 0);
    pins(0, EECD_SK);
}

static void release(void)
{
    pins(0, EECD_CS | EECD_DI);
    pins(EECD_SK, 0);
    pins(0, EECD_SK);
    wr(EECD, rd(EECD) & ~EECD_REQ);
    g_assert_cmphex(rd(EECD) & EECD_GNT, ==, 0);
}

static uint16_t read_word(unsigned addr)
{
    uint16_t val;

    standby();
    shift_out(6, 3);
    shift_out(addr, 6);
    val = shift_in();
    standby();
    return val;
}

static void write_word(unsigned addr, uint16_t val)
{
    unsigned polls = 0;

    standby();
    shift_out(0x13, 5);
    shift_out(0, 4);
    standby();
    shift_out(5, 3);
    shift_out(addr, 6);
    shift_out(val, 16);
    standby();
    g_assert_cmphex(rd(EECD) & EECD_DO, ==, 0);
    while (!(rd(EECD) & EECD_DO)) {
        host_step(50000);
        g_assert_cmpuint(++polls, <=, 200);
    }
    standby();
    shift_out(0x10, 5);
    shift_out(0, 4);
}

/* The driver's reading of the 82544 asks for nothing */
static void test_image(gconstpointer model)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    bool ask = strcmp(model, "e1000-82544gc") != 0;
    uint16_t sum = 0, word[WORDS];

    host_start(model);
    g_assert_cmphex(rd(EECD) & (EECD_PRES | EECD_SIZE | EECD_GNT), ==,
                    EECD_PRES);
    g_assert_cmphex(rd(EECD) & EECD_FWE_OFF, !=, 0);
    if (ask) {
        acquire();
    } else {
        wr(EECD, EECD_REQ);
        g_assert_cmphex(rd(EECD) & (EECD_GNT | EECD_REQ), ==, 0);
        pins(EECD_CS, 0);
    }
    for (unsigned i = 0; i < WORDS; i++) {
        word[i] = read_word(i);
        sum = (uint16_t)(sum + word[i]);
    }
    if (ask) {
        release();
    }
    g_assert_cmphex(sum, ==, SUM);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmphex(word[i / 2] >> (i & 1 ? 8 : 0) & 0xff, ==, mac[i]);
    }
    g_assert_cmphex(word[0x0a] & 0xc000, ==, 0x4000);
    g_assert_cmphex(word[0x0d], ==, host.nic->model->pci->device);
    g_assert_cmphex(word[0x0e], ==, 0x8086);
    /* Loaded by the chip itself */
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
    host_stop();
}

static void test_eerd(void)
{
    for (unsigned m = 0; m < G_N_ELEMENTS(models); m++) {
        bool has = strcmp(models[m], "e1000-82544gc") != 0;

        host_start(models[m]);
        g_assert_cmphex(rd(EERD), ==, 0);
        wr(EERD, 0x0100 | EERD_START);
        g_assert_cmphex(rd(EERD), ==, has ? 0x12000110 : 0);
        wr(EERD, 0x0d00 | EERD_START);
        g_assert_cmphex(rd(EERD) >> 16, ==,
                        has ? host.nic->model->pci->device : 0);
        /* An address without START reads nothing */
        wr(EERD, 0x0200);
        g_assert_cmphex(rd(EERD) >> 16, ==,
                        has ? host.nic->model->pci->device : 0);
    }

    /* Waits while software has the EEPROM */
    host_start("e1000");
    acquire();
    wr(EERD, 0x0200 | EERD_START);
    g_assert_cmphex(rd(EERD) & EERD_DONE, ==, 0);
    release();
    g_assert_cmphex(rd(EERD), ==, 0x56340210);
    host_stop();
}

static uint16_t eerd(unsigned addr)
{
    wr(EERD, addr << 8 | EERD_START);
    g_assert_cmphex(rd(EERD) & EERD_DONE, !=, 0);
    return (uint16_t)(rd(EERD) >> 16);
}

static void test_write(void)
{
    uint16_t old;

    host_start("e1000");
    old = eerd(0x3f);
    acquire();
    write_word(0x10, 0xcafe);
    write_word(0x3f, (uint16_t)(old - 0xcafe));
    g_assert_cmphex(read_word(0x10), ==, 0xcafe);
    release();
    g_assert_cmphex(eerd(0x10), ==, 0xcafe);
    g_assert_cmphex(eerd(0x3f), ==, (uint16_t)(old - 0xcafe));

    /* Stays through resets, goes with the power */
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(eerd(0x10), ==, 0xcafe);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(eerd(0x10), ==, 0xcafe);
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_cmphex(eerd(0x10), ==, 0);
    host_stop();
}

/* A new address and CTRL bit come into effect at EE_RST and at a reset */
static void test_load(void)
{
    uint16_t icw1;

    host_start("e1000");
    icw1 = eerd(0x0a);
    acquire();
    write_word(0x00, 0x1202);
    write_word(0x0a, icw1 | CTRL_ILOS_WORD);
    release();
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(CTRL) & CTRL_ILOS, ==, 0);
    wr(CTRL_EXT, CTRL_EXT_EE_RST);
    g_assert_cmphex(rd(CTRL_EXT) & CTRL_EXT_EE_RST, ==, 0);
    g_assert_cmphex(rd(RAL), ==, 0x12001202);
    g_assert_cmphex(rd(CTRL) & CTRL_ILOS, !=, 0);

    wr(RAL, 0);
    wr(RAH, 0);
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(rd(RAL), ==, 0x12001202);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);

    /* Without a signature nothing is */
    acquire();
    write_word(0x0a, 0xffff);
    release();
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(rd(EECD) & EECD_PRES, ==, 0);
    g_assert_cmphex(rd(RAL), ==, 0);
    g_assert_cmphex(rd(RAH), ==, 0);
    host_stop();
}

/* What software erased stays erased where the state is loaded */
static void test_migration(void)
{
    uint8_t *state;
    size_t len;

    host_start("e1000");
    acquire();
    write_word(0x00, 0);
    write_word(0x20, 0x1234);
    /* In the middle of a command */
    standby();
    shift_out(6, 3);
    shift_out(0x20 >> 1, 5);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);

    host_start("e1000");
    g_assert_cmpstr(nic_load(host.nic, state, len), ==, NULL);
    shift_out(0, 1);
    g_assert_cmphex(shift_in(), ==, 0x1234);
    release();
    g_assert_cmphex(eerd(0), ==, 0);
    g_free(state);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autofree char *path =
            g_strdup_printf("/e1000/eeprom/image/%s", models[i]);

        g_test_add_data_func(path, models[i], test_image);
    }
    g_test_add_func("/e1000/eeprom/eerd", test_eerd);
    g_test_add_func("/e1000/eeprom/write", test_write);
    g_test_add_func("/e1000/eeprom/load", test_load);
    g_test_add_func("/e1000/eeprom/migration", test_migration);
    return g_test_run();
}
