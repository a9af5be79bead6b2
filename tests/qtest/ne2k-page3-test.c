// SPDX-License-Identifier: MIT
/*
 * ne2k-page3-test.c - page 3 of the RTL8029AS: configuration and EEPROM
 *
 * The layout of its EEPROM is not in the papers at hand: the tests look for
 * what they need.  MINIX names the last eight bytes.
 */
#include "libne2k.h"

#include <string.h>

enum {
    WORDS = 64,
    EE_VENDOR = 0x3c, /* words, after MINIX */
    EE_DEVICE = 0x3d,
    EE_ADDRESS_BITS = 6,
    EE_READ = 6, /* start bit and opcode */
    EE_WRITE = 5,
    EE_OTHER = 4, /* two address bits tell which */
    EE_EWEN = 0x30,
    EE_EWDS = 0x00,
    EE_BUSY_US = 10000,

    CONFIG2_RW = 0xe0,
    CONFIG3_RW = 0x46,
};

/* The 93C46, bit by bit */

static void ee_pins(struct ne2k *d, unsigned pins)
{
    out8(d, CR9346, (uint8_t)(EEM_PROGRAM | pins));
}

static bool ee_clock(struct ne2k *d, bool bit)
{
    unsigned di = bit ? EEDI : 0;

    ee_pins(d, EECS | di);
    ee_pins(d, EECS | di | EESK);
    return in8(d, CR9346) & EEDO;
}

/* Returns what DO shows after the last bit */
static bool ee_command(struct ne2k *d, unsigned opcode, unsigned address)
{
    unsigned bits = opcode << EE_ADDRESS_BITS | address;
    bool out = false;

    ee_pins(d, 0);
    for (int i = EE_ADDRESS_BITS + 2; i >= 0; i--) {
        out = ee_clock(d, bits >> i & 1);
    }
    return out;
}

static void ee_end(struct ne2k *d)
{
    ee_pins(d, 0);
    out8(d, CR9346, 0);
}

static uint16_t ee_read(struct ne2k *d, unsigned word)
{
    uint16_t value = 0;

    /* A 0 comes before the data */
    check(!ee_command(d, EE_READ, word));
    for (unsigned i = 0; i < 16; i++) {
        value = (uint16_t)(value << 1 | ee_clock(d, false));
    }
    ee_end(d);
    return value;
}

/* DO says busy and then ready, while CS is high */
static void ee_write(struct ne2k *d, unsigned word, uint16_t value)
{
    ee_command(d, EE_WRITE, word);
    for (int i = 15; i >= 0; i--) {
        ee_clock(d, value >> i & 1);
    }
    ee_pins(d, 0);
    ee_pins(d, EECS);
    pause_us(d, EE_BUSY_US);
    check(in8(d, CR9346) & EEDO);
    ee_end(d);
}

static void ee_switch(struct ne2k *d, unsigned which)
{
    ee_command(d, EE_OTHER, which);
    ee_end(d);
}

/* First of the three words that hold the station address; WORDS: none */
static unsigned ee_find_address(struct ne2k *d)
{
    uint8_t bytes[2 * WORDS];

    for (unsigned i = 0; i < WORDS; i++) {
        uint16_t value = ee_read(d, i);

        bytes[2 * i] = (uint8_t)value;
        bytes[2 * i + 1] = (uint8_t)(value >> 8);
    }
    for (unsigned i = 0; i + 3 <= WORDS; i++) {
        if (memcmp(bytes + 2 * i, mac_nic, 6) == 0) {
            return i;
        }
    }
    return WORDS;
}

static void test_identity(struct ne2k *d)
{
    check_eq(in8(d, ASID0), 0x29);
    check_eq(in8(d, ASID1), 0x80);
    check_eq(in8(d, CONFIG0) & 3, 0);
}

/* CONFIG2 and 3 can be written while EEM is 11 */

static void test_locked(struct ne2k *d)
{
    uint8_t config2 = in8(d, CONFIG2);
    uint8_t config3 = in8(d, CONFIG3);

    out8(d, CONFIG2, (uint8_t)~config2);
    out8(d, CONFIG3, (uint8_t)~config3);
    check_eq(in8(d, CONFIG2), config2);
    check_eq(in8(d, CONFIG3), config3);
}

static void test_unlocked(struct ne2k *d)
{
    uint8_t config2 = in8(d, CONFIG2);
    uint8_t config3 = in8(d, CONFIG3);

    out8(d, CR9346, EEM_CONFIG);
    check_eq(in8(d, CR9346) & EEM_MASK, EEM_CONFIG);
    for (unsigned value = 0; value < 256; value += 85) {
        out8(d, CONFIG2, (uint8_t)value);
        out8(d, CONFIG3, (uint8_t)value);
        check_eq(in8(d, CONFIG2),
                 (value & CONFIG2_RW) | (config2 & ~(unsigned)CONFIG2_RW));
        check_eq(in8(d, CONFIG3),
                 (value & CONFIG3_RW) | (config3 & ~(unsigned)CONFIG3_RW));
    }
    out8(d, CR9346, 0);
    test_locked(d);
}

/* Linux, NetBSD, MINIX, OS/2; and it goes on working */
static void test_full_duplex(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    out8(d, CR9346, EEM_CONFIG);
    out8(d, CONFIG3, CONFIG3_FUDUP);
    out8(d, CR9346, 0);
    check(in8(d, CONFIG3) & CONFIG3_FUDUP);
    out8(d, CR, CR_ABORT | CR_STA);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    tx_seen(d, &f);
    frame_plain(&f, mac_nic, 100, 2);
    rx_accepted(d, &f);
}

/* EEPROM */

static void test_eeprom_read(struct ne2k *d)
{
    check_eq(ee_read(d, EE_VENDOR), pci_readw(&d->pci, PCI_VENDOR_ID));
    check_eq(ee_read(d, EE_DEVICE), pci_readw(&d->pci, PCI_DEVICE_ID));
    check_range(ee_find_address(d), 0, WORDS - 1);
}

/* Only in its mode do the pins reach it */
static void test_eeprom_mode(struct ne2k *d)
{
    ee_command(d, EE_READ, EE_VENDOR);
    out8(d, CR9346, 0);
    for (unsigned i = 0; i < 16; i++) {
        out8(d, CR9346, EECS);
        out8(d, CR9346, EECS | EESK);
        check(!(in8(d, CR9346) & EEDO));
    }
    out8(d, CR9346, 0);
    check_eq(ee_read(d, EE_VENDOR), 0x10ec);
}

static void test_eeprom_write(struct ne2k *d)
{
    enum { AT = 0x20 };
    uint16_t old = ee_read(d, AT);

    ee_write(d, AT, (uint16_t)~old); /* not enabled */
    check_eq(ee_read(d, AT), old);
    ee_switch(d, EE_EWEN);
    ee_write(d, AT, 0xa55a);
    check_eq(ee_read(d, AT), 0xa55a);
    check_eq(ee_read(d, AT + 1), old);
    ee_switch(d, EE_EWDS);
    ee_write(d, AT, 0x1234);
    check_eq(ee_read(d, AT), 0xa55a);
}

static void read_prom(struct ne2k *d, uint8_t *address)
{
    uint8_t doubled[12];

    out8(d, CR, CR_ABORT | CR_STA);
    out8(d, DCR, DCR_WORDS);
    remote_read(d, 0, doubled, sizeof(doubled));
    for (unsigned i = 0; i < 6; i++) {
        address[i] = doubled[2 * i];
    }
}

/* EEM 01 loads everything, then reads 00, and CR is as after a reset */
static void test_eeprom_load(struct ne2k *d)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0xab, 0xcd, 0xef };
    uint8_t address[6];
    unsigned at;

    read_prom(d, address);
    check_mem(address, mac_nic, 6);
    at = ee_find_address(d);
    if (!check_range(at, 0, WORDS - 3)) {
        return;
    }
    ee_switch(d, EE_EWEN);
    for (unsigned i = 0; i < 3; i++) {
        ee_write(d, at + i, (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8));
    }
    read_prom(d, address);
    check_mem(address, mac_nic, 6);
    out8(d, CR9346, EEM_LOAD);
    pause_us(d, EE_BUSY_US);
    /* Page 0 is selected now */
    d->page = 0;
    check_eq(in8(d, CR), CR_ABORT | CR_STP);
    check_eq(in8(d, CR9346) & EEM_MASK, 0);
    read_prom(d, address);
    check_mem(address, mac, 6);
}

/* No DMA while software has the EEPROM: nothing is sent or stored */
static void test_eeprom_no_dma(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 100, 1);
    tx_load(d, TX_PAGE, &f);
    out8(d, CR9346, EEM_PROGRAM);
    tx_start(d, TX_PAGE, 100);
    wire_silent(d->qts, &d->peer);
    check_eq(in8(d, ISR) & (ISR_PTX | ISR_TXE), 0);
    frame_plain(&f, mac_nic, 100, 1);
    rx_send(d, &f);
    rx_settle(d);
    check_eq(in8(d, CURR), d->next);
    out8(d, CR9346, 0);
    out8(d, CR, CR_ABORT | CR_STA);
    frame_plain(&f, mac_nic, 101, 2);
    rx_accepted(d, &f);
}

static const struct ne2k_test tests[] = {
    { "identity", test_identity, .differs = DIFF_ne2k_page3 },
    { "config/locked", test_locked },
    { "config/unlocked", test_unlocked, .differs = DIFF_ne2k_page3 },
    { "config/full-duplex", test_full_duplex },
    { "eeprom/read", test_eeprom_read, .differs = DIFF_ne2k_page3 },
    { "eeprom/mode", test_eeprom_mode, .differs = DIFF_ne2k_page3 },
    { "eeprom/write", test_eeprom_write, .differs = DIFF_ne2k_page3 },
    { "eeprom/load", test_eeprom_load, .differs = DIFF_ne2k_page3 },
    { "eeprom/no-dma", test_eeprom_no_dma, .differs = DIFF_ne2k_page3 },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("page3", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
