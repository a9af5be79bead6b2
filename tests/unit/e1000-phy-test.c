// SPDX-License-Identifier: MIT
/*
 * e1000-phy-test.c - MDIC, the PHY behind it, and the link
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    PHY_AT = 1,
    MS = 1000000,
    AUTONEG = 500 * MS,

    /* Registers and bits that only these tests need */
    PHY_EXPANSION = 6,
    PHY_NEXT_PAGE = 7,

    PINT_SPEED = 1 << 14,
    PINT_PAGE = 1 << 12,
    PINT_AN_DONE = 1 << 11,
    PINT_AN_ERROR = 1 << 15,
    CTRL_EXT_PHYINT = 1 << 5,
};

/* How long a card that was restored waits for a driver, at most */
#define PATIENCE (UINT64_C(6) * AUTONEG)

static uint32_t mdic(uint32_t op, unsigned phy, unsigned reg, unsigned data)
{
    wr(MDIC, op | phy << 21 | reg << 16 | data);
    return rd(MDIC);
}

static uint16_t phy_rd(unsigned reg)
{
    uint32_t val = mdic(MDIC_READ, PHY_AT, reg, 0);

    g_assert_cmphex(val & (MDIC_R | MDIC_E), ==, MDIC_R);
    return (uint16_t)val;
}

static void phy_wr(unsigned reg, uint16_t val)
{
    uint32_t now = mdic(MDIC_WRITE, PHY_AT, reg, val);

    g_assert_cmphex(now & (MDIC_R | MDIC_E), ==, MDIC_R);
    g_assert_cmphex(now & 0xffff, ==, val);
}

/* Link is up and nothing is pending */
static void start(const char *model)
{
    host_start(model);
    wr(CTRL, CTRL_SLU);
    rd(ICR);
    phy_rd(PHY_STATUS);
    phy_rd(M88_PINTS);
}

static void expect_link(bool up, unsigned speed, bool full)
{
    uint32_t want = full ? STATUS_FD : 0;

    want |= speed == 1000  ? STATUS_SPEED_1000
            : speed == 100 ? STATUS_SPEED_100
                           : 0;
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, up ? STATUS_LU : 0);
    if (up) {
        g_assert_cmphex(rd(STATUS) & (STATUS_SPEED | STATUS_FD), ==, want);
    }
}

static void test_mdic(void)
{
    start("e1000");
    g_assert_cmphex(phy_rd(PHY_ID1), ==, 0x0141);
    g_assert_cmphex(phy_rd(PHY_ID2), ==, 0x0c20);

    /* Nobody answers at another address */
    g_assert_cmphex(mdic(MDIC_READ, 0, PHY_ID1, 0x1234), ==,
                    MDIC_READ | PHY_ID1 << 16 | MDIC_R | MDIC_E | 0xffff);
    g_assert_cmphex(mdic(MDIC_WRITE, 2, PHY_CTRL, 0) & MDIC_E, ==, MDIC_E);
    g_assert_cmphex(phy_rd(PHY_CTRL), ==, 0x1140);

    /* Other opcodes reach no PHY, but end */
    g_assert_cmphex(mdic(0, PHY_AT, PHY_ID1, 0x1234), ==,
                    PHY_AT << 21 | PHY_ID1 << 16 | MDIC_R | 0x1234);
    g_assert_cmphex(mdic(3u << 26, PHY_AT, PHY_CTRL, 0) & MDIC_R, ==, MDIC_R);
    g_assert_cmphex(phy_rd(PHY_CTRL), ==, 0x1140);

    /* The interrupt at the end, also of a failed cycle */
    g_assert_cmphex(rd(ICR), ==, 0);
    mdic(MDIC_READ | MDIC_I, PHY_AT, PHY_ID1, 0);
    g_assert_cmphex(rd(ICR), ==, ICR_MDAC);
    mdic(MDIC_READ | MDIC_I, 5, PHY_ID1, 0);
    g_assert_cmphex(rd(ICR), ==, ICR_MDAC);

    /* By bytes: the one with the opcode starts it */
    host_write(0, MDIC, 2, 0);
    host_write(0, MDIC + 2, 1, PHY_ID1 | (PHY_AT << 5 & 0xff));
    host_write(0, MDIC + 3, 1, MDIC_READ >> 24);
    g_assert_cmphex(rd(MDIC) & 0xffff, ==, 0x0141);
    host_stop();
}

static void test_chips(void)
{
    start("e1000-82544gc");
    g_assert_cmphex(phy_rd(PHY_ID2), ==, 0x0c30);
    start("e1000-82545em");
    g_assert_cmphex(phy_rd(PHY_ID2), ==, 0x0c20);
    host_stop();
}

/* Value after reset, and which bits software can change */
static void test_registers(void)
{
    static const struct {
        unsigned reg, reset, rw;
    } regs[] = {
        { PHY_ID1, 0x0141, 0 },
        { PHY_AUTONEG_ADV, 0x0de1, 0xafff },
        { PHY_NEXT_PAGE, 0x2001, 0xb7ff },
        { PHY_1000T_CTRL, 0x0e00, 0xff00 },
        { PHY_EXT_STATUS, 0x3000, 0 },
        { M88_PSCON, 0x0068, 0xffff },
        { M88_EPSCON, 0x0c68, 0xffff },
        { 24, 0x4100, 0xffff },
        { M88_PAGE_SELECT, 0, 0xffff },
        /* Reserved */
        { 11, 0, 0 },
        { 14, 0, 0 },
        { 22, 0, 0 },
        { 23, 0, 0 },
        { 28, 0, 0 },
        { 31, 0, 0 },
    };

    start("e1000");
    for (unsigned i = 0; i < G_N_ELEMENTS(regs); i++) {
        unsigned fixed = regs[i].reset & ~regs[i].rw;

        g_assert_cmphex(phy_rd(regs[i].reg), ==, regs[i].reset);
        phy_wr(regs[i].reg, 0xffff);
        g_assert_cmphex(phy_rd(regs[i].reg), ==, regs[i].rw | fixed);
        phy_wr(regs[i].reg, 0);
        g_assert_cmphex(phy_rd(regs[i].reg), ==, fixed);
    }
    host_stop();
}

static void test_pages(void)
{
    start("e1000");
    for (unsigned i = 0; i < 32; i++) {
        phy_wr(M88_PAGE_SELECT, (uint16_t)i);
        g_assert_cmphex(phy_rd(M88_PAGE_DATA), ==, 0);
        phy_wr(M88_PAGE_DATA, (uint16_t)(0x8000 + i));
    }
    for (unsigned i = 0; i < 32; i++) {
        phy_wr(M88_PAGE_SELECT, (uint16_t)i);
        g_assert_cmphex(phy_rd(M88_PAGE_DATA), ==, 0x8000 + i);
    }
    /* They are the PHY's: only its own reset clears them */
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(phy_rd(M88_PAGE_DATA), ==, 0x801f);
    wr(CTRL, CTRL_PHY_RST);
    wr(CTRL, CTRL_SLU);
    phy_wr(M88_PAGE_SELECT, 31);
    g_assert_cmphex(phy_rd(M88_PAGE_DATA), ==, 0);
    host_stop();
}

static void test_autoneg(void)
{
    start("e1000");
    expect_link(true, 1000, true);
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x796d);
    g_assert_cmphex(phy_rd(PHY_LP_ABILITY), ==, 0x4de1);
    g_assert_cmphex(phy_rd(PHY_EXPANSION), ==, 0x0007);
    g_assert_cmphex(phy_rd(PHY_EXPANSION), ==, 0x0005);
    g_assert_cmphex(phy_rd(PHY_1000T_STATUS), ==, 0x7c00);
    g_assert_cmphex(phy_rd(M88_PSSTAT), ==, 0xac0c);

    /* Restart: down for half a second */
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    g_assert_cmphex(phy_rd(PHY_CTRL), ==, 0x1140);
    expect_link(false, 0, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x7949);
    g_assert_cmphex(phy_rd(PHY_LP_ABILITY), ==, 0);
    g_assert_cmphex(phy_rd(PHY_EXPANSION), ==, 0x0004);
    g_assert_cmphex(phy_rd(PHY_1000T_STATUS), ==, 0);
    host_step(AUTONEG - 1);
    expect_link(false, 0, false);
    host_step(1);
    expect_link(true, 1000, true);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    /* Latched low: the drop shows once */
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x7969);
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x796d);
    host_stop();
}

/* The property of that name, off: no waiting */
static void test_autoneg_off(void)
{
    start("e1000");
    for (unsigned i = 0; i < host.nic->model->n_props; i++) {
        if (!strcmp(host.nic->model->prop[i].name, "autonegotiation")) {
            host.nic->prop[i] = 0;
        }
    }
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    expect_link(true, 1000, true);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x7969);
    host_stop();
}

/* The best of what we advertise */
static void test_resolution(void)
{
    static const struct {
        uint16_t adv, gcon, psstat, gstatus;
        unsigned speed;
        bool up, full;
    } cases[] = {
        { 0x0de1, 0x0e00, 0xac0c, 0x7c00, 1000, true, true },
        { 0x01e1, 0x0e00, 0xac00, 0x7c00, 1000, true, true },
        { 0x0de1, 0x0d00, 0x8c00, 0x7c00, 1000, true, false },
        { 0x0de1, 0x0c00, 0x6c0c, 0x0000, 100, true, true },
        { 0x09e1, 0x0c00, 0x6c08, 0x0000, 100, true, true },
        { 0x0ce1, 0x0c00, 0x4c00, 0x0000, 100, true, false },
        { 0x0c61, 0x0c00, 0x2c0c, 0x0000, 10, true, true },
        { 0x0c21, 0x0c00, 0x0c00, 0x0000, 10, true, false },
        { 0x0c01, 0x0c00, 0x0000, 0x0000, 0, false, false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        start("e1000");
        phy_wr(PHY_AUTONEG_ADV, cases[i].adv);
        phy_wr(PHY_1000T_CTRL, cases[i].gcon);
        /* Nothing happens before the restart */
        expect_link(true, 1000, true);
        phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
        phy_rd(M88_PINTS);
        host_step(AUTONEG);
        expect_link(cases[i].up, cases[i].speed, cases[i].full);
        g_assert_cmphex(phy_rd(PHY_1000T_STATUS), ==, cases[i].gstatus);
        if (cases[i].up) {
            g_assert_cmphex(phy_rd(M88_PSSTAT), ==, cases[i].psstat);
            g_assert_cmphex(phy_rd(M88_PINTS) & PINT_AN_DONE, !=, 0);
        } else {
            g_assert_cmphex(phy_rd(M88_PSSTAT) & M88_PSSTAT_LINK, ==, 0);
            g_assert_cmphex(phy_rd(M88_PINTS), ==, PINT_AN_ERROR | PINT_PAGE);
        }
    }
    host_stop();
}

static void test_forced(void)
{
    static const struct {
        uint16_t ctrl;
        unsigned speed;
        bool full;
    } cases[] = {
        { 0x0000, 10, false }, { 0x0100, 10, true },   { 0x2000, 100, false },
        { 0x2100, 100, true }, { 0x0140, 1000, true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        start("e1000");
        /* Not in effect before the PHY is reset */
        phy_wr(PHY_CTRL, cases[i].ctrl);
        expect_link(true, 1000, true);
        g_assert_cmphex(rd(ICR), ==, 0);
        phy_wr(PHY_CTRL, cases[i].ctrl | PHY_CTRL_RESET);
        g_assert_cmphex(phy_rd(PHY_CTRL), ==, cases[i].ctrl);
        expect_link(true, cases[i].speed, cases[i].full);
        g_assert_cmphex(rd(ICR), ==, ICR_LSC);
        g_assert_cmphex(phy_rd(PHY_STATUS) & PHY_STATUS_AUTONEG_DONE, ==, 0);
        g_assert_cmphex(phy_rd(PHY_LP_ABILITY), ==, 0);
    }
    host_stop();
}

static void test_cable(void)
{
    start("e1000");
    nic_set_link(host.nic, false);
    expect_link(false, 0, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(phy_rd(PHY_STATUS), ==, 0x7949);
    /* Without a partner there is no end of autonegotiation */
    host_step(10ull * AUTONEG);
    expect_link(false, 0, false);

    nic_set_link(host.nic, true);
    expect_link(false, 0, false);
    host_step(AUTONEG);
    expect_link(true, 1000, true);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);

    /* Pulled while negotiating */
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    host_step(AUTONEG / 2);
    nic_set_link(host.nic, false);
    host_step(AUTONEG);
    expect_link(false, 0, false);

    /* Forced, the link follows the cable at once */
    phy_wr(PHY_CTRL, 0xa100);
    expect_link(false, 0, false);
    nic_set_link(host.nic, true);
    expect_link(true, 100, true);
    host_stop();
}

static void test_power_down(void)
{
    start("e1000");
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_POWER_DOWN);
    expect_link(false, 0, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    host_step(10ull * AUTONEG);
    expect_link(false, 0, false);
    nic_set_link(host.nic, false);
    nic_set_link(host.nic, true);
    host_step(10ull * AUTONEG);
    expect_link(false, 0, false);

    phy_wr(PHY_CTRL, 0x1140);
    expect_link(false, 0, false);
    host_step(AUTONEG);
    expect_link(true, 1000, true);

    /* Isolation only parts PHY and MAC */
    phy_wr(PHY_CTRL, 0x1540);
    expect_link(false, 0, false);
    g_assert_cmphex(phy_rd(M88_PSSTAT) & M88_PSSTAT_LINK, !=, 0);
    phy_wr(PHY_CTRL, 0x1140);
    expect_link(true, 1000, true);
    host_stop();
}

/* The MAC's side: SLU, forced speed and duplex */
static void test_mac(void)
{
    start("e1000");
    wr(CTRL, 0);
    expect_link(false, 0, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    wr(CTRL, CTRL_SLU | CTRL_FRCSPD | CTRL_FRCDPX | CTRL_SPEED_100);
    expect_link(true, 100, false);
    wr(CTRL, CTRL_SLU | CTRL_SPEED_100);
    expect_link(true, 1000, true);
    host_stop();
}

static void test_resets(void)
{
    start("e1000");
    phy_wr(PHY_AUTONEG_ADV, 0x0061);
    phy_wr(M88_PSCON, 0x0808);

    /* The MAC's reset does not reach the PHY */
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(phy_rd(PHY_AUTONEG_ADV), ==, 0x0061);
    g_assert_cmphex(phy_rd(M88_PSSTAT) & M88_PSSTAT_LINK, !=, 0);
    wr(CTRL, CTRL_SLU);
    expect_link(true, 1000, true);

    /* Its own keeps what software configured */
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESET);
    g_assert_cmphex(phy_rd(PHY_CTRL), ==, 0x1140);
    g_assert_cmphex(phy_rd(M88_PSCON), ==, 0x0808);
    expect_link(false, 0, false);
    host_step(AUTONEG);
    expect_link(true, 1000, true);

    /* The pin does not, and holds the PHY while it is active */
    wr(CTRL, CTRL_SLU | CTRL_PHY_RST);
    host_step(10ull * AUTONEG);
    expect_link(false, 0, false);
    wr(CTRL, CTRL_SLU);
    expect_link(false, 0, false);
    g_assert_cmphex(phy_rd(PHY_AUTONEG_ADV), ==, 0x0de1);
    g_assert_cmphex(phy_rd(M88_PSCON), ==, 0x0068);
    host_step(AUTONEG);
    expect_link(true, 1000, true);

    /* iPXE: both resets in one write */
    phy_wr(PHY_AUTONEG_ADV, 0x0061);
    wr(CTRL, CTRL_RST | CTRL_PHY_RST);
    g_assert_cmphex(phy_rd(PHY_AUTONEG_ADV), ==, 0x0de1);
    wr(CTRL, CTRL_SLU | CTRL_ASDE);
    host_step(AUTONEG);
    expect_link(true, 1000, true);
    host_stop();
}

static void test_interrupt(void)
{
    start("e1000");
    phy_wr(M88_PINTE, M88_PINT_LINK | PINT_AN_DONE);
    wr(CTRL_EXT, CTRL_EXT_PHYINT_EN);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC | ICR_PHYINT);
    g_assert_cmphex(rd(CTRL_EXT) & CTRL_EXT_PHYINT, !=, 0);
    /* An edge: nothing more until the PHY's register was read */
    nic_set_link(host.nic, true);
    host_step(AUTONEG);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(phy_rd(M88_PINTS), ==,
                    M88_PINT_LINK | PINT_AN_DONE | PINT_PAGE);
    g_assert_cmphex(phy_rd(M88_PINTS), ==, 0);
    g_assert_cmphex(rd(CTRL_EXT) & CTRL_EXT_PHYINT, ==, 0);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC | ICR_PHYINT);

    /* Enabling what is already there is an edge as well */
    start("e1000");
    wr(CTRL_EXT, CTRL_EXT_PHYINT_EN);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    phy_wr(M88_PINTE, M88_PINT_LINK);
    g_assert_cmphex(rd(ICR), ==, ICR_PHYINT);

    /* The 82544 has no such input */
    start("e1000-82544gc");
    phy_wr(M88_PINTE, 0xffff);
    wr(CTRL_EXT, CTRL_EXT_PHYINT_EN);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    host_stop();
}

static void send_one(void)
{
    memset(host.ram + 0x4000, 0xff, 1024);
    put64(0x1000, 0x4000);
    put32(0x1008, 1024 | (TXD_EOP | TXD_IFCS) << 24);
    put32(0x100c, 0);
    wr(TDBAL, 0x1000);
    wr(TDLEN, 128);
    wr(TDH, 0);
    wr(TDT, 0);
    wr(TCTL, TCTL_EN | TCTL_PSP | TCTL_CT_COLD);
    wr(TDT, 1);
}

/*
 * ethtool -t of Linux' driver, in its order: PHY registers, then the MAC, then
 * two pages of the PHY
 */
static void linux_loopback(void)
{
    phy_wr(M88_PSCON, 0x0808);
    phy_wr(PHY_CTRL, 0x9140);
    phy_wr(PHY_CTRL, 0x8140);
    phy_wr(PHY_CTRL, 0x4140);
    wr(CTRL, (rd(CTRL) & ~CTRL_SPEED) | CTRL_FRCSPD | CTRL_FRCDPX |
                 CTRL_SPEED_1000 | CTRL_FD | CTRL_ILOS);
    phy_wr(M88_PAGE_SELECT, 0x001f);
    phy_wr(M88_PAGE_DATA, 0x8ffc);
    phy_wr(M88_PAGE_SELECT, 0x001a);
    phy_wr(M88_PAGE_DATA, 0x8ff0);
}

static void test_loopback(gconstpointer model)
{
    start(model);
    linux_loopback();
    expect_link(true, 1000, true);
    send_one();
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(host.sent[0].frame.loop);

    /* Needs no cable */
    nic_set_link(host.nic, false);
    expect_link(true, 1000, true);
    send_one();
    g_assert_cmpuint(host.n_sent, ==, 2);
    nic_set_link(host.nic, true);

    /* Clean-up: out of loopback, PHY reset, then the driver starts over */
    phy_wr(PHY_CTRL, phy_rd(PHY_CTRL) & (uint16_t)~PHY_CTRL_LOOPBACK);
    phy_wr(PHY_CTRL, phy_rd(PHY_CTRL) | PHY_CTRL_RESET);
    wr(CTRL, CTRL_RST);
    wr(CTRL, CTRL_SLU);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    host_step(AUTONEG);
    expect_link(true, 1000, true);
    send_one();
    g_assert_cmpuint(host.n_sent, ==, 3);
    g_assert_false(host.sent[2].frame.loop);
    host_stop();
}

/* A state saved while negotiating, loaded with and without a cable */
static void test_migration(void)
{
    uint8_t *state;
    size_t len;

    start("e1000");
    phy_wr(PHY_AUTONEG_ADV, 0x0de1);
    phy_wr(M88_PAGE_SELECT, 3);
    phy_wr(M88_PAGE_DATA, 0x1234);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    host_step(AUTONEG / 2);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);

    g_assert_cmpstr(nic_load(host.nic, state, len), ==, NULL);
    g_assert_cmphex(phy_rd(M88_PAGE_DATA), ==, 0x1234);
    host_step(AUTONEG / 2 - 1);
    expect_link(false, 0, false);
    host_step(1);
    expect_link(true, 1000, true);

    /* Where it goes to, the cable is out; and the other way round */
    g_free(state);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);
    nic_set_link(host.nic, false);
    g_assert_cmpstr(nic_load(host.nic, state, len), ==, NULL);
    expect_link(false, 0, false);
    g_assert_cmphex(rd(ICR) & ICR_LSC, ==, ICR_LSC);

    g_free(state);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);
    nic_set_link(host.nic, true);
    g_assert_cmpstr(nic_load(host.nic, state, len), ==, NULL);
    host_step(AUTONEG);
    expect_link(true, 1000, true);
    g_free(state);
    host_stop();
}

/* What a card is after it was saved and loaded, here or elsewhere */
static void restore(void)
{
    size_t len = nic_save(host.nic, NULL, 0);
    uint8_t *state = g_malloc(len);

    nic_save(host.nic, state, len);
    g_assert_null(nic_load(host.nic, state, len));
    g_free(state);
}

/* From now until @ns have passed there is no link, and then there is */
static void expect_link_after(uint64_t ns)
{
    expect_link(false, 0, false);
    host_step(ns - 1);
    expect_link(false, 0, false);
    host_step(1);
    expect_link(true, 1000, true);
}

/*
 * Linux resumes after a restore: however long it takes to set the card up, it
 * sees that there is no link, and is told when there is
 */
static void test_restored(void)
{
    start("e1000");
    wr(IMC, ~0u);
    restore();
    wr(CTRL, CTRL_RST);
    wr(CTRL, CTRL_SLU);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESET);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    host_step(PATIENCE / 2 - 1);
    rd(ICR);
    wr(IMS, ICR_LSC);
    g_assert_false(host.irq);
    expect_link_after(AUTONEG);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);

    /* But once */
    wr(IMC, ~0u);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    expect_link_after(AUTONEG);
    host_stop();
}

/* What ends the patience with a driver, and what it does not concern */
static void test_patience(void)
{
    /* One that polls gets its link all the same */
    start("e1000");
    restore();
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    wr(IMS, ~(uint32_t)ICR_LSC);
    expect_link_after(PATIENCE);

    /* One that runs is never held up, nor its link */
    wr(IMS, ICR_LSC);
    rd(ICR);
    restore();
    wr(IMS, ICR_LSC);
    host_step(PATIENCE);
    expect_link(true, 1000, true);
    g_assert_cmphex(rd(ICR), ==, 0);
    restore();
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    expect_link_after(AUTONEG);
    wr(IMS, ICR_LSC);
    host_step(PATIENCE);
    expect_link(true, 1000, true);

    /* Nor is a cable that is plugged, nor a machine that boots again */
    wr(IMC, ~0u);
    restore();
    nic_set_link(host.nic, false);
    nic_set_link(host.nic, true);
    expect_link_after(AUTONEG);
    nic_reset(host.nic, NIC_RESET_BUS);
    expect_link(true, 1000, true);
    phy_wr(PHY_CTRL, 0x1140 | PHY_CTRL_RESTART);
    expect_link_after(AUTONEG);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/phy/mdic", test_mdic);
    g_test_add_func("/e1000/phy/chips", test_chips);
    g_test_add_func("/e1000/phy/registers", test_registers);
    g_test_add_func("/e1000/phy/pages", test_pages);
    g_test_add_func("/e1000/phy/autoneg", test_autoneg);
    g_test_add_func("/e1000/phy/autoneg-off", test_autoneg_off);
    g_test_add_func("/e1000/phy/resolution", test_resolution);
    g_test_add_func("/e1000/phy/forced", test_forced);
    g_test_add_func("/e1000/phy/cable", test_cable);
    g_test_add_func("/e1000/phy/power-down", test_power_down);
    g_test_add_func("/e1000/phy/restored", test_restored);
    g_test_add_func("/e1000/phy/patience", test_patience);
    g_test_add_func("/e1000/phy/mac", test_mac);
    g_test_add_func("/e1000/phy/resets", test_resets);
    g_test_add_func("/e1000/phy/interrupt", test_interrupt);
    g_test_add_data_func("/e1000/phy/loopback/82540em", "e1000", test_loopback);
    g_test_add_data_func("/e1000/phy/loopback/82544gc", "e1000-82544gc",
                         test_loopback);
    g_test_add_data_func("/e1000/phy/loopback/82545em", "e1000-82545em",
                         test_loopback);
    g_test_add_func("/e1000/phy/migration", test_migration);
    return g_test_run();
}
