// SPDX-License-Identifier: MIT
/*
 * e1000-phy-eeprom-test.c - the Microwire EEPROM and the M88E1011 PHY of the
 * 8254x (SDM 5, 11, 13.4.3, 13.4.4, 13.4.7)
 *
 * The EEPROM is driven pin by pin, as Linux does it.
 */
#include "libe1000.h"

#include <string.h>

enum {
    WORDS = 64,
    ADDRESS_BITS = 6,
    CHECKSUM = 0xbaba,

    /* Microwire instructions: start bit and opcode, then address bits */
    OP_READ = 6,
    OP_WRITE = 5,
    OP_ERASE = 7,
    OP_OTHER = 4,
    EWEN = 0x30,
    EWDS = 0x00,
    ERAL = 0x20,
    WRAL = 0x10,
};

static bool is_82544(struct e1000 *d)
{
    return strcmp(d->model, "e1000-82544gc") == 0;
}

/* The pins */

static void pins(struct e1000 *d, uint32_t bits)
{
    uint32_t keep = rd(d, EECD) & ~(uint32_t)(EECD_SK | EECD_CS | EECD_DI);

    wr(d, EECD, keep | bits);
}

static void shift_out(struct e1000 *d, uint32_t value, unsigned count)
{
    while (count--) {
        uint32_t di = value >> count & 1 ? EECD_DI : 0;

        pins(d, EECD_CS | di);
        pins(d, EECD_CS | di | EECD_SK);
        pins(d, EECD_CS | di);
    }
}

static uint16_t shift_in(struct e1000 *d)
{
    uint16_t value = 0;

    for (unsigned i = 0; i < 16; i++) {
        pins(d, EECD_CS | EECD_SK);
        value = (uint16_t)(value << 1 | !!(rd(d, EECD) & EECD_DO));
        pins(d, EECD_CS);
    }
    return value;
}

static void select_chip(struct e1000 *d)
{
    pins(d, 0);
    pins(d, EECD_CS);
}

static void release_chip(struct e1000 *d)
{
    pins(d, 0);
    pins(d, EECD_SK);
    pins(d, 0);
}

/* On all but the 82544 software asks the chip for the EEPROM first */
static void acquire(struct e1000 *d)
{
    if (is_82544(d)) {
        return;
    }
    wr(d, EECD, rd(d, EECD) | EECD_REQ);
    check(wait_for(rd(d, EECD) & EECD_GNT));
}

static void give_back(struct e1000 *d)
{
    wr(d, EECD, rd(d, EECD) & ~(uint32_t)EECD_REQ);
}

static uint16_t ee_read(struct e1000 *d, unsigned word)
{
    uint16_t value;

    select_chip(d);
    shift_out(d, OP_READ, 3);
    shift_out(d, word, ADDRESS_BITS);
    value = shift_in(d);
    release_chip(d);
    return value;
}

/* An instruction without an answer */
static void ee_command(struct e1000 *d, unsigned op, unsigned address)
{
    select_chip(d);
    shift_out(d, op, 3);
    shift_out(d, address, ADDRESS_BITS);
    release_chip(d);
}

/* After WRITE, ERASE and the like DO says when the chip is ready */
static void ee_wait_ready(struct e1000 *d)
{
    bool done = false;

    select_chip(d);
    for (unsigned i = 0; i < 400 && !done; i++) {
        us(d, 50);
        done = rd(d, EECD) & EECD_DO;
    }
    check(done);
    release_chip(d);
}

static void ee_write(struct e1000 *d, unsigned op, unsigned address,
                     uint16_t value)
{
    select_chip(d);
    shift_out(d, op, 3);
    shift_out(d, address, ADDRESS_BITS);
    shift_out(d, value, 16);
    pins(d, 0);
    ee_wait_ready(d);
}

static void ee_erase(struct e1000 *d, unsigned op, unsigned address)
{
    select_chip(d);
    shift_out(d, op, 3);
    shift_out(d, address, ADDRESS_BITS);
    pins(d, 0);
    ee_wait_ready(d);
}

static uint16_t ee_sum(struct e1000 *d)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        sum = (uint16_t)(sum + ee_read(d, i));
    }
    return sum;
}

/* EEPROM */

/* The EEPROM test of "ethtool -t", and what drivers read */
static void test_contents(struct e1000 *d)
{
    static const uint16_t devices[] = { 0x100e, 0x100c, 0x100f };
    uint16_t device = pci_readw(&d->pci, PCI_DEVICE_ID);
    bool known = false;

    check_eq(rd(d, EECD) & (EECD_PRES | EECD_SIZE), EECD_PRES);
    acquire(d);
    check_eq(ee_sum(d), CHECKSUM);
    check_eq(ee_read(d, 0), 0x5452);
    check_eq(ee_read(d, 1), 0x1200);
    check_eq(ee_read(d, 2), 0x5634);
    /* The signature in Initialization Control Word 1 */
    check_eq(ee_read(d, 0x0a) >> 14, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
        known |= device == devices[i];
    }
    check(known);
    check_eq(ee_read(d, 0x0d), device);
    check_eq(ee_read(d, 0x0e), 0x8086);
    give_back(d);
}

static void test_request(struct e1000 *d)
{
    check_eq(rd(d, EECD) & (EECD_REQ | EECD_GNT), 0);
    wr(d, EECD, rd(d, EECD) | EECD_REQ);
    check(wait_for(rd(d, EECD) & EECD_GNT));
    wr(d, EECD, rd(d, EECD) & ~(uint32_t)EECD_REQ);
    check_eq(rd(d, EECD) & EECD_GNT, 0);
}

/* What a clumsy driver's pins do: nothing (Windows 2003 among them) */
static void test_pins(struct e1000 *d)
{
    acquire(d);
    /* Clock pulses without CS do not count */
    for (unsigned i = 0; i < 9; i++) {
        pins(d, EECD_SK | EECD_DI);
        pins(d, EECD_DI);
    }
    check_eq(ee_read(d, 0x0e), 0x8086);
    /* Zeros before the start bit are ignored */
    select_chip(d);
    shift_out(d, 0, 5);
    shift_out(d, OP_READ, 3);
    shift_out(d, 0x0e, ADDRESS_BITS);
    check_eq(shift_in(d), 0x8086);
    /* CS may rise while the clock is high: Linux's standby */
    pins(d, 0);
    pins(d, EECD_SK);
    pins(d, EECD_SK | EECD_CS);
    pins(d, EECD_CS);
    shift_out(d, OP_READ, 3);
    shift_out(d, 0x0e, ADDRESS_BITS);
    check_eq(shift_in(d), 0x8086);
    /* A deselected instruction is forgotten */
    select_chip(d);
    shift_out(d, OP_READ, 3);
    shift_out(d, 0, 2);
    check_eq(ee_read(d, 0), 0x5452);
    give_back(d);
}

/* After the address a 0 comes before the data */
static void test_dummy_bit(struct e1000 *d)
{
    acquire(d);
    select_chip(d);
    shift_out(d, OP_READ, 3);
    shift_out(d, 0x0e, ADDRESS_BITS);
    check_eq(rd(d, EECD) & EECD_DO, 0);
    check_eq(shift_in(d), 0x8086);
    release_chip(d);
    give_back(d);
}

static void test_write(struct e1000 *d)
{
    uint16_t old;

    acquire(d);
    old = ee_read(d, 0x21);
    /* Locked at first */
    ee_write(d, OP_WRITE, 0x21, 0x1234);
    check_eq(ee_read(d, 0x21), old);
    ee_command(d, OP_OTHER, EWEN);
    ee_write(d, OP_WRITE, 0x21, 0x1234);
    ee_write(d, OP_WRITE, 0x3f, 0xabcd);
    check_eq(ee_read(d, 0x21), 0x1234);
    check_eq(ee_read(d, 0x3f), 0xabcd);
    ee_erase(d, OP_ERASE, 0x21);
    check_eq(ee_read(d, 0x21), 0xffff);
    ee_command(d, OP_OTHER, EWDS);
    ee_write(d, OP_WRITE, 0x3f, 0x5555);
    check_eq(ee_read(d, 0x3f), 0xabcd);
    give_back(d);
}

static void test_write_all(struct e1000 *d)
{
    acquire(d);
    ee_command(d, OP_OTHER, EWEN);
    ee_write(d, OP_OTHER, WRAL, 0x4321);
    check_eq(ee_read(d, 0), 0x4321);
    check_eq(ee_read(d, 63), 0x4321);
    ee_erase(d, OP_OTHER, ERAL);
    check_eq(ee_read(d, 0), 0xffff);
    check_eq(ee_read(d, 63), 0xffff);
    give_back(d);
}

/* A new station address, as "ethtool -E" writes it, counts from EE_RST on */
static void test_new_address(struct e1000 *d)
{
    acquire(d);
    ee_command(d, OP_OTHER, EWEN);
    ee_write(d, OP_WRITE, 2, 0x9999);
    ee_command(d, OP_OTHER, EWDS);
    give_back(d);
    check_eq(rd(d, RAH), 0x80005634);
    wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_EE_RST);
    us(d, 20000);
    check_eq(rd(d, RAH), 0x80009999);
    /* It is not lost with the power of the PCI bus */
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    e1000_enable(d);
    check_eq(rd(d, RAH), 0x80009999);
}

/* Without its signature an image is not used */
static void test_bad_signature(struct e1000 *d)
{
    uint16_t word;

    acquire(d);
    word = ee_read(d, 0x0a);
    ee_command(d, OP_OTHER, EWEN);
    ee_write(d, OP_WRITE, 0x0a, word & 0x3fff);
    give_back(d);
    wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_EE_RST);
    us(d, 20000);
    check_eq(rd(d, EECD) & EECD_PRES, 0);
    check(qtest_alive(d->qts));
}

static void test_eerd(struct e1000 *d)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        uint16_t word = ee_read(d, i);
        uint32_t got;

        wr(d, EERD, EERD_START | i << 8);
        check(wait_for(rd(d, EERD) & EERD_DONE));
        got = rd(d, EERD);
        check_eq(got >> 16, word);
        check_eq(got >> 8 & 0xff, i);
    }
}

/* MDIO */

static void test_mdio(struct e1000 *d)
{
    uint32_t got;

    check_eq(phy_rd(d, PHY_ID1), 0x0141);
    check_eq(phy_rd(d, PHY_ID2) & 0xfff0, is_82544(d) ? 0x0c30 : 0x0c20);
    /* The access shows what was asked for */
    got = mdic(d, MDIC_READ | 1u << 21 | (uint32_t)PHY_ID1 << 16);
    check_eq(got & 0x03e00000, 1u << 21);
    check_eq(got & 0x001f0000, (uint32_t)PHY_ID1 << 16);
    check_eq(got & 0x0c000000, MDIC_READ);
    check_eq(got & MDIC_E, 0);
    /* There is one PHY, at address 1 */
    got = mdic(d, MDIC_READ | 2u << 21 | (uint32_t)PHY_ID1 << 16);
    check_eq(got & MDIC_E, MDIC_E);
    got = mdic(d, MDIC_READ | 1u << 21 | (uint32_t)PHY_ID1 << 16);
    check_eq(got & MDIC_E, 0);
}

static void test_registers(struct e1000 *d)
{
    static const struct {
        unsigned reg;
        uint16_t value;
    } rows[] = {
        { PHY_AUTONEG_ADV, 0x05e1 }, { PHY_1000T_CTRL, 0x0200 },
        { M88_PSCON, 0x0068 },       { M88_PINTE, 0x0c00 },
        { M88_EPSCON, 0x0d60 },      { M88_PAGE_SELECT, 0x0003 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        phy_wr(d, rows[i].reg, rows[i].value);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        check_eq(phy_rd(d, rows[i].reg), rows[i].value);
    }
}

static void test_read_only(struct e1000 *d)
{
    static const unsigned regs[] = { PHY_ID1, PHY_ID2, PHY_EXT_STATUS };

    e1000_link_up(d);
    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        uint16_t old = phy_rd(d, regs[i]);

        phy_wr(d, regs[i], (uint16_t)~old);
        check_eq(phy_rd(d, regs[i]), old);
    }
    check_eq(phy_rd(d, PHY_EXT_STATUS) & 0x2000, 0x2000);
}

/* Register 29 selects what 30 shows (M88) */
static void test_pages(struct e1000 *d)
{
    for (uint16_t page = 0; page < 32; page++) {
        phy_wr(d, M88_PAGE_SELECT, page);
        phy_wr(d, M88_PAGE_DATA, (uint16_t)(0x8000 + page));
    }
    for (uint16_t page = 0; page < 32; page++) {
        phy_wr(d, M88_PAGE_SELECT, page);
        check_eq(phy_rd(d, M88_PAGE_SELECT), page);
        check_eq(phy_rd(d, M88_PAGE_DATA), 0x8000u + page);
    }
}

/* Autonegotiation and the link */

static void set_link(struct e1000 *d, bool up)
{
    qmp_ok(d->qts,
           "{'execute': 'set_link', 'arguments': "
           "{'name': 'nic0', 'up': %s}}",
           up ? "true" : "false");
    us(d, 3000000);
}

static void test_autoneg(struct e1000 *d)
{
    uint16_t done = PHY_STATUS_AUTONEG_DONE | PHY_STATUS_LINK;

    e1000_link_up(d);
    phy_wr(d, PHY_CTRL, (uint16_t)(phy_rd(d, PHY_CTRL) | PHY_CTRL_RESTART));
    check_eq(phy_rd(d, PHY_CTRL) & PHY_CTRL_RESTART, 0);
    us(d, 3000000);
    check(wait_for(phy_rd(d, PHY_STATUS) & PHY_STATUS_AUTONEG_DONE));
    check_eq(phy_rd(d, PHY_STATUS) & done, done);
    /* The partner can do everything: 10, 100, 1000 */
    check_eq(phy_rd(d, PHY_LP_ABILITY) & 0x01e0, 0x01e0);
    check_eq(phy_rd(d, PHY_1000T_STATUS) & 0x3800, 0x3800);
    check_eq(phy_rd(d, M88_PSSTAT) & 0xec00, 0xac00);
    check(rd(d, STATUS) & STATUS_LU);
}

/* Register 1 remembers a lost link until it was read (latch low) */
static void test_link_latch(struct e1000 *d)
{
    e1000_link_up(d);
    phy_rd(d, PHY_STATUS);
    check_eq(phy_rd(d, PHY_STATUS) & PHY_STATUS_LINK, PHY_STATUS_LINK);
    set_link(d, false);
    check_eq(phy_rd(d, M88_PSSTAT) & M88_PSSTAT_LINK, 0);
    set_link(d, true);
    check_eq(phy_rd(d, M88_PSSTAT) & M88_PSSTAT_LINK, M88_PSSTAT_LINK);
    check_eq(phy_rd(d, PHY_STATUS) & PHY_STATUS_LINK, 0);
    check_eq(phy_rd(d, PHY_STATUS) & PHY_STATUS_LINK, PHY_STATUS_LINK);
}

static void test_link_down(struct e1000 *d)
{
    e1000_link_up(d);
    set_link(d, false);
    phy_rd(d, PHY_STATUS);
    check_eq(phy_rd(d, PHY_STATUS) & PHY_STATUS_LINK, 0);
    check(!(rd(d, STATUS) & STATUS_LU));
    set_link(d, true);
    phy_rd(d, PHY_STATUS);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    check_eq(phy_rd(d, PHY_STATUS) & PHY_STATUS_LINK, PHY_STATUS_LINK);
}

/* What is advertised decides the speed; the MAC follows */
static void test_advertise_100(struct e1000 *d)
{
    e1000_link_up(d);
    phy_wr(d, PHY_AUTONEG_ADV, 0x0101);
    phy_wr(d, PHY_1000T_CTRL, 0);
    phy_wr(d, PHY_CTRL, PHY_CTRL_AUTONEG | PHY_CTRL_RESTART);
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    check_eq(rd(d, STATUS) & (STATUS_SPEED | STATUS_FD),
             STATUS_SPEED_100 | STATUS_FD);
    check_eq(phy_rd(d, M88_PSSTAT) >> 14, 1);
}

/* Forced 100 Mb/s: takes effect with the reset (SDM 11.2) */
static void test_forced_100(struct e1000 *d)
{
    e1000_link_up(d);
    phy_wr(d, PHY_CTRL, PHY_CTRL_RESET | PHY_CTRL_SPEED_100 | PHY_CTRL_FULL);
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    check_eq(rd(d, STATUS) & (STATUS_SPEED | STATUS_FD),
             STATUS_SPEED_100 | STATUS_FD);
    check_eq(phy_rd(d, PHY_CTRL) & PHY_CTRL_RESET, 0);
}

static void test_power_down(struct e1000 *d)
{
    uint16_t ctrl;

    e1000_link_up(d);
    ctrl = phy_rd(d, PHY_CTRL);
    phy_wr(d, PHY_CTRL, ctrl | PHY_CTRL_POWER_DOWN);
    us(d, 10000);
    check(!(rd(d, STATUS) & STATUS_LU));
    phy_wr(d, PHY_CTRL, ctrl & (uint16_t)~PHY_CTRL_POWER_DOWN);
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
}

/* CTRL.PHY_RST is a level: defaults come back, and then the link */
static void test_phy_reset(struct e1000 *d)
{
    uint16_t advertised;

    e1000_link_up(d);
    advertised = phy_rd(d, PHY_AUTONEG_ADV);
    phy_wr(d, PHY_AUTONEG_ADV, 0x0101);
    wr(d, VET, 0x9100);
    wr(d, CTRL, rd(d, CTRL) | CTRL_PHY_RST);
    us(d, 10000);
    check(!(rd(d, STATUS) & STATUS_LU));
    wr(d, CTRL, rd(d, CTRL) & ~(uint32_t)CTRL_PHY_RST);
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    check_eq(phy_rd(d, PHY_AUTONEG_ADV), advertised);
    /* The MAC is not concerned */
    check_eq(rd(d, VET), 0x9100);
}

/* CTRL.RST leaves the PHY as it is (SDM 14.2) */
static void test_mac_reset(struct e1000 *d)
{
    phy_wr(d, PHY_AUTONEG_ADV, 0x0de1 & ~0x20);
    e1000_reset(d);
    check_eq(phy_rd(d, PHY_AUTONEG_ADV), 0x0de1 & ~0x20);
}

/* The PHY's own interrupt: register 19 under the mask of 18 */
static void test_phy_interrupt(struct e1000 *d)
{
    e1000_link_up(d);
    phy_rd(d, M88_PINTS);
    phy_wr(d, M88_PINTE, M88_PINT_LINK);
    wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_PHYINT_EN);
    rd(d, ICR);
    set_link(d, false);
    check_eq(rd(d, ICR) & ICR_PHYINT, ICR_PHYINT);
    check_eq(phy_rd(d, M88_PINTS) & M88_PINT_LINK, M88_PINT_LINK);
    /* Cleared by reading */
    check_eq(phy_rd(d, M88_PINTS) & M88_PINT_LINK, 0);
}

static const struct e1000_test tests[] = {
    { "eeprom/contents", test_contents, ON_ALL },
    { "eeprom/request", test_request, ON_40_45, DIFF_eeprom_pins },
    { "eeprom/pins", test_pins, ON_ALL, DIFF_eeprom_pins },
    { "eeprom/dummy-bit", test_dummy_bit, .differs = DIFF_eeprom_pins },
    { "eeprom/write", test_write, ON_ALL, DIFF_eeprom_write },
    { "eeprom/write-all", test_write_all, .differs = DIFF_eeprom_write },
    { "eeprom/new-address", test_new_address, ON_ALL, DIFF_eeprom_write },
    { "eeprom/bad-signature", test_bad_signature,
      .differs = DIFF_eeprom_write },
    { "eeprom/eerd", test_eerd, ON_40_45 },
    { "phy/mdio", test_mdio, ON_ALL },
    { "phy/registers", test_registers, ON_ALL, DIFF_phy_registers },
    { "phy/read-only", test_read_only, .differs = DIFF_phy_registers },
    { "phy/pages", test_pages, ON_ALL, DIFF_phy_registers },
    { "phy/autoneg", test_autoneg, ON_ALL },
    { "phy/link-latch", test_link_latch, .differs = DIFF_link_latch },
    { "phy/link-down", test_link_down, ON_ALL },
    { "phy/advertise-100", test_advertise_100, .differs = DIFF_phy_speed },
    { "phy/forced-100", test_forced_100, .differs = DIFF_phy_speed },
    { "phy/power-down", test_power_down, .differs = DIFF_phy_reset },
    { "phy/reset", test_phy_reset, .differs = DIFF_phy_reset },
    { "phy/mac-reset", test_mac_reset },
    { "phy/interrupt", test_phy_interrupt, ON_40_45, DIFF_phy_interrupt },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("phy-eeprom", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
