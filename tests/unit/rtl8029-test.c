// SPDX-License-Identifier: MIT
/*
 * rtl8029-test.c - register page 3 of the RTL8029AS: EEPROM, power, PAUSE
 */
#include <glib.h>
#include <string.h>

#include "hw/net/dp8390.h"
#include "ne2000-drive.h"
#include "nic-host.h"

enum {
    PAGE3_9346CR = 0x01,
    PAGE3_CONFIG2 = 0x05,
    PAGE3_CONFIG3 = 0x06,
    PAGE3_HLTCLK = 0x09,

    FCE = 0x20,
    PF = 0x10,
    FUDUP = 0x40,
    PWRDN = 0x02,
    SLEEP = 0x04,
};

/* A register of page 3, with the chip running */
static uint8_t in3(unsigned port)
{
    uint8_t val;

    out(NE_CR, 0xe2);
    val = in(port);
    out(NE_CR, 0x22);
    return val;
}

static void out3(unsigned port, uint8_t val)
{
    out(NE_CR, 0xe2);
    out(port, val);
    out(NE_CR, 0x22);
}

static void config(unsigned port, uint8_t val)
{
    out3(PAGE3_9346CR, 0xc0);
    out3(port, val);
    out3(PAGE3_9346CR, 0);
}

/* The 93C46 behind 9346CR */

static void pins(uint8_t cs, uint8_t di)
{
    out(1, (uint8_t)(0x80 | cs | di));
    out(1, (uint8_t)(0x80 | cs | di | 4));
    out(1, (uint8_t)(0x80 | cs | di));
}

static void command(uint32_t bits, unsigned n)
{
    out(1, 0x80);
    out(1, 0x88);
    while (n--) {
        pins(8, bits >> n & 1 ? 2 : 0);
    }
}

static uint16_t ee_read(unsigned at)
{
    uint16_t val = 0;

    command(6 << 6 | at, 9);
    for (unsigned i = 0; i < 16; i++) {
        pins(8, 0);
        val = (uint16_t)(val << 1 | (in(1) & 1));
    }
    out(1, 0x80);
    return val;
}

static void ee_write(unsigned at, uint16_t val)
{
    command(0x130, 9);
    out(1, 0x80);
    command((uint32_t)(5 << 6 | at) << 16 | val, 25);
    out(1, 0x80);
    out(1, 0x88);
    for (unsigned i = 0; i < 20 && !(in(1) & 1); i++) {
        host_step(1000000);
    }
    g_assert_cmphex(in(1) & 1, ==, 1);
    out(1, 0x80);
}

static void test_eeprom(void)
{
    uint8_t mac[12];

    ne_start("ne2k_pci", 0);
    out(NE_CR, 0xe2);
    g_assert_cmphex(ee_read(0x3c), ==, 0x10ec);
    g_assert_cmphex(ee_read(0x3d), ==, 0x8029);
    g_assert_cmphex(ee_read(1), ==, host.nic->mac[0] | host.nic->mac[1] << 8);
    /* No DMA meanwhile */
    g_assert_true(ne_offer(60, 1));
    ee_write(1, 0x3302);
    g_assert_cmphex(ee_read(1), ==, 0x3302);
    out(1, 0);
    out(NE_CR, 0x22);
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    ne_read(0, mac, 12);
    g_assert_cmphex(mac[0], ==, host.nic->mac[0]);
    out(NE_CR, 0xe2);
    out(1, 0x40);
    out(NE_CR, 0x22);
    ne_read(0, mac, 12);
    g_assert_cmphex(mac[0], ==, 0x02);
    g_assert_cmphex(mac[2], ==, 0x33);
    /* It lasts through a bus reset, not a change of board */
    nic_reset(host.nic, NIC_RESET_BUS);
    out(NE_CR, 0xe1);
    g_assert_cmphex(ee_read(1), ==, 0x3302);
    host_stop();
}

/* Becker's ne2k-pci-diag: CS, SK and DI of a bit in three accesses */
static uint16_t diag_read(unsigned at)
{
    uint32_t cmd = (6u << 6 | at) << 16, got = 0;

    for (int bit = 25; bit >= 0; bit--) {
        uint8_t data = cmd >> bit & 1 ? 0x8a : 0x88;

        out(1, data);
        in(1);
        out(1, data | 4);
        in(1);
        got = got << 1 | (in(1) & 1);
    }
    out(1, 0x88);
    out(1, 0x00);
    return (uint16_t)got;
}

static void test_diag(void)
{
    const uint8_t *mac;

    host_start("ne2k_pci");
    mac = host.nic->mac;
    out(NE_CR, 0xc0);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmphex(diag_read(1 + i), ==, mac[2 * i] | mac[2 * i + 1] << 8);
    }
    g_assert_cmphex(diag_read(60), ==, 0x10ec);
    g_assert_cmphex(diag_read(61), ==, 0x8029);
    host_stop();
}

/* CONFIG2 and CONFIG3 come from the EEPROM, by a command or a bus reset */
static void test_config(void)
{
    ne_start("ne2k_pci", 0);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, 0);
    config(PAGE3_CONFIG2, 0xff);
    config(PAGE3_CONFIG3, FUDUP);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, 0xe0);
    g_assert_cmphex(in3(PAGE3_CONFIG3), ==, FUDUP);
    /* Locked */
    out3(PAGE3_CONFIG2, 0);
    out3(PAGE3_CONFIG3, 0);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, 0xe0);
    /* The reset port leaves them, and closes 9346CR */
    out3(PAGE3_9346CR, 0xc0);
    in(NE_RESET);
    g_assert_cmphex(in3(PAGE3_9346CR), ==, 0);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, 0xe0);
    out(NE_CR, 0xe2);
    ee_write(0, 0x4043);
    out3(PAGE3_9346CR, 0x40);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, 0x43);
    g_assert_cmphex(in3(PAGE3_CONFIG3), ==, 0x40);
    config(PAGE3_CONFIG3, 0);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(in3(PAGE3_CONFIG3), ==, 0x40);
    host_stop();
}

static bool offer_pause(const char *to, uint16_t time, unsigned flags)
{
    uint8_t f[64] = { 0 };

    memcpy(f, to, 6);
    memcpy(f + 12, "\x88\x08\x00\x01", 4);
    f[16] = (uint8_t)(time >> 8);
    f[17] = (uint8_t)time;
    return host_receive(f, flags ? 64 : 60, flags);
}

static const char pause_group[] = "\x01\x80\xc2\x00\x00\x01";

static void test_pause(void)
{
    ne_start("ne2k_pci", 0x3f);
    out(NE_RCR, 0x1c);
    out1(NE_MAR + 3, 0xff);
    /* Without FCE, or in half duplex, it is a frame like others */
    config(PAGE3_CONFIG2, FCE);
    g_assert_true(offer_pause((const char *)host.nic->mac, 9, 0));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    config(PAGE3_CONFIG3, FUDUP);
    out(NE_ISR, 0xff);
    g_assert_true(offer_pause(pause_group, 10, 0));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, FCE | PF);
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmphex(in(NE_CR), ==, 0x26);
    /* 10 times 512 bits at 10 Mb/s */
    host_step(511999);
    g_assert_cmphex(in(NE_CR), ==, 0x26);
    host_step(1);
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, FCE);
    /* Ended by another, to our own address */
    g_assert_true(offer_pause(pause_group, 0xffff, 0));
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(offer_pause((const char *)host.nic->mac, 0, 0));
    g_assert_cmpuint(host.n_sent, ==, 2);
    g_assert_cmpuint(host.nic->events[DP8390_EVENT_PAUSE], ==, 3);
    host_stop();
}

/* What ends a pause, and what is none */
static void test_pause_ends(void)
{
    ne_start("ne2k_pci", 0);
    config(PAGE3_CONFIG2, FCE);
    config(PAGE3_CONFIG3, FUDUP);
    g_assert_true(offer_pause(pause_group, 9, NIC_RX_FCS));
    g_assert_true(offer_pause("\x02\0\0\0\0\1", 9, 0));
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, FCE);
    /* It moves with the card */
    g_assert_true(offer_pause(pause_group, 100, 0));
    ne_send(60);
    ne_move();
    host_step(5119999);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_step(1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* Half duplex */
    g_assert_true(offer_pause(pause_group, 100, 0));
    config(PAGE3_CONFIG3, 0);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, FCE);
    config(PAGE3_CONFIG3, FUDUP);
    /* The reset port, and the timer goes with it */
    g_assert_true(offer_pause(pause_group, 100, 0));
    in(NE_RESET);
    g_assert_cmphex(in3(PAGE3_CONFIG2), ==, FCE);
    g_assert_cmpuint(host.nic->deadline[0], ==, NIC_TIMER_OFF);
    /* Stopped: a frame that cannot leave is given up */
    ne_init(0);
    g_assert_true(offer_pause(pause_group, 100, 0));
    ne_send(60);
    out(NE_CR, 0x21);
    g_assert_cmphex(in(NE_ISR)&RST, ==, RST);
    g_assert_cmphex(in(NE_CR) & ~2u, ==, 0x21);
    host_stop();
}

/* A saved state that would keep frames back for ever is none */
static void test_pause_forged(void)
{
    struct dp8390 *d;
    g_autofree uint8_t *state = NULL;
    size_t len;

    ne_start("ne2k_pci", 0);
    d = (struct dp8390 *)host.nic;
    d->reg.tx_paused = 1;
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);
    g_assert_nonnull(nic_load(host.nic, state, len));
    host_stop();
}

static void test_sleep(void)
{
    static const uint8_t bits[] = { SLEEP, PWRDN };

    for (unsigned i = 0; i < 2; i++) {
        ne_start("ne2k_pci", 0x3f);
        config(PAGE3_CONFIG3, bits[i]);
        g_assert_true(ne_offer(60, 1));
        g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
        ne_send(60);
        g_assert_cmpuint(host.n_sent, ==, 0);
        g_assert_cmphex(in(NE_CR), ==, 0x26);
        ne_move();
        /* Awake, it goes on */
        config(PAGE3_CONFIG3, 0);
        g_assert_cmpuint(host.n_sent, ==, 1);
        g_assert_true(ne_offer(60, 1));
        g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    }
    host_stop();
}

static void test_halt(void)
{
    ne_start("ne2k_pci", 0);
    /* Not but in power-down, and only by 'H' */
    out3(PAGE3_HLTCLK, 'H');
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    config(PAGE3_CONFIG3, PWRDN);
    out3(PAGE3_HLTCLK, 'x');
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    out(NE_CR, 0xe2);
    out(PAGE3_HLTCLK, 'H');
    g_assert_cmphex(in(NE_CR), ==, 0xff);
    g_assert_cmphex(host_read(0, NE_DATA, 4), ==, 0xffffffff);
    g_assert_cmphex(in(NE_RESET), ==, 0xff);
    out(NE_RESET, 0);
    out(NE_CR, 0x21);
    host_write(0, NE_DATA, 4, 0);
    ne_move();
    g_assert_cmphex(in(NE_CR), ==, 0xff);
    out(PAGE3_HLTCLK, 'R');
    g_assert_cmphex(in(NE_CR), ==, 0xe2);
    g_assert_cmphex(in(PAGE3_CONFIG3), ==, PWRDN);
    /* A reset of the bus, too */
    out(PAGE3_HLTCLK, 'H');
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    g_assert_cmphex(in3(PAGE3_CONFIG3), ==, 0);
    host_stop();
}

int main(int argc, char **argv)
{
    static const struct {
        void (*fn)(void);
        const char *name;
    } tests[] = {
        { test_eeprom, "eeprom" },
        { test_diag, "diag" },
        { test_config, "config" },
        { test_pause, "pause" },
        { test_pause_ends, "pause-ends" },
        { test_pause_forged, "pause-forged" },
        { test_sleep, "sleep" },
        { test_halt, "halt" },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/rtl8029/", tests[i].name, NULL);

        ne_add(path, tests[i].fn);
    }
    return g_test_run();
}
