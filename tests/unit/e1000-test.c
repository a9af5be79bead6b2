// SPDX-License-Identifier: MIT
/*
 * e1000-test.c - general registers, resets, link and power of the e1000
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum { EXT_ASDCHK = 1 << 12 };

static const char *const models[] = { "e1000", "e1000-82544gc",
                                      "e1000-82545em" };

/* What the engine's own check says of all tables */
static void test_tables(void)
{
    for (unsigned m = 0; m < NIC_N(models); m++) {
        host_start(models[m]);
        for (const struct regfile *const *rf = host.nic->model->regs; *rf;
             rf++) {
            g_assert_cmpstr(regs_check(*rf), ==, NULL);
        }
    }
}

/* Values after power-on that drivers look at */
static void test_power_on(void)
{
    for (unsigned m = 0; m < NIC_N(models); m++) {
        bool gc = m == 1;

        host_start(models[m]);
        g_assert_cmphex(rd(CTRL), ==, 0x00140241);
        g_assert_cmphex(rd(STATUS), ==, gc ? 0x483 : 0x83);
        g_assert_cmphex(rd(VET), ==, 0x8100);
        g_assert_cmphex(rd(PBA), ==, 0x00100030);
        g_assert_cmphex(rd(LEDCTL), ==, gc ? 0 : 0x07068302);
        g_assert_cmphex(rd(RCTL) & ~(1u << 15), ==, 0);
        g_assert_cmphex(rd(TCTL), ==, 0);
        g_assert_cmphex(rd(ICR), ==, 0);
        g_assert_cmphex(rd(RAL), ==, 0x12005452);
        g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
        g_assert_false(host.irq);
    }
}

static void pattern(uint32_t off, uint32_t mask, uint32_t bits)
{
    static const uint32_t pat[] = { 0x5a5a5a5a, 0xa5a5a5a5, 0, UINT32_MAX };

    for (unsigned i = 0; i < NIC_N(pat); i++) {
        wr(off, bits & pat[i]);
        g_assert_cmphex(rd(off), ==, bits & pat[i] & mask);
    }
}

static void set_and_check(uint32_t off, uint32_t mask, uint32_t val)
{
    wr(off, val & mask);
    g_assert_cmphex(rd(off) & mask, ==, val & mask);
}

/* The register test of Linux's ethtool -t, in its order */
static void test_selftest(void)
{
    for (unsigned m = 0; m < NIC_N(models); m++) {
        uint32_t status;

        host_start(models[m]);
        status = rd(STATUS);
        wr(STATUS, 0xfffff833);
        g_assert_cmphex(rd(STATUS), ==, status);
        pattern(FCAL, UINT32_MAX, UINT32_MAX);
        pattern(FCAH, 0xffff, UINT32_MAX);
        pattern(FCT, 0xffff, UINT32_MAX);
        pattern(VET, 0xffff, UINT32_MAX);
        pattern(RDTR, 0xffff, UINT32_MAX);
        pattern(RDBAH, UINT32_MAX, UINT32_MAX);
        pattern(RDLEN, 0xfff80, 0xfffff);
        pattern(RDH, 0xffff, 0xffff);
        pattern(RDT, 0xffff, 0xffff);
        pattern(FCRTH, 0xfff8, 0xfff8);
        pattern(FCTTV, 0xffff, 0xffff);
        pattern(TIPG, 0x3fffffff, 0x3fffffff);
        pattern(TDBAH, UINT32_MAX, UINT32_MAX);
        pattern(TDLEN, 0xfff80, 0xfffff);
        set_and_check(RCTL, UINT32_MAX, 0);
        set_and_check(RCTL, 0x06dfb3fe, 0x003ffffb);
        set_and_check(TCTL, UINT32_MAX, 0);
        set_and_check(RCTL, 0x06dfb3fe, UINT32_MAX);
        pattern(RDBAL, 0xfffffff0, UINT32_MAX);
        pattern(TXCW, 0xc000ffff, 0xffff);
        pattern(TDBAL, 0xfffffff0, UINT32_MAX);
        pattern(TIDV, 0xffff, 0xffff);
        for (unsigned i = 0; i < 15; i++) {
            pattern(RAH + 8 * i, 0x8003ffff, UINT32_MAX);
        }
        for (unsigned i = 0; i < 128; i++) {
            pattern(MTA + 4 * i, UINT32_MAX, UINT32_MAX);
        }
        g_assert_cmpuint(host.n_sent, ==, 0);
    }
}

/* Addresses that the 82542 used reach the same registers */
static void test_aliases(void)
{
    static const struct {
        uint32_t old, new;
    } alias[] = {
        { 0x00004, CTRL },   { 0x00040, RAL },    { 0x000bc, RAH + 8 * 15 },
        { 0x00108, RDTR },   { 0x00110, RDBAL },  { 0x00114, RDBAH },
        { 0x00118, RDLEN },  { 0x00120, RDH },    { 0x00128, RDT },
        { 0x00160, FCRTH },  { 0x00168, 0x2160 }, { 0x00200, MTA },
        { 0x003fc, 0x53fc }, { 0x00420, TDBAL },  { 0x00424, TDBAH },
        { 0x00428, TDLEN },  { 0x00430, TDH },    { 0x00438, TDT },
        { 0x00440, TIDV },   { 0x00600, VFTA },   { 0x007fc, 0x57fc },
        { 0x08010, 0x3410 }, { 0x08018, 0x3418 },
    };

    for (unsigned m = 0; m < NIC_N(models); m++) {
        host_start(models[m]);
        for (unsigned i = 0; i < NIC_N(alias); i++) {
            uint32_t val = 0x80 + 0x80 * (i & 3);

            wr(alias[i].old, val);
            g_assert_cmphex(rd(alias[i].new), ==, val);
            g_assert_cmphex(rd(alias[i].old), ==, val);
        }
    }
}

/* Linux resets the chip through the I/O BAR, and only there */
static void test_io_bar(void)
{
    host_start("e1000");
    host_write(1, IOADDR, 4, 0xfff00000 | VET);
    g_assert_cmphex(host_read(1, IOADDR, 4), ==, VET);
    g_assert_cmphex(host_read(1, IOADDR, 1), ==, VET);
    host_write(1, IOADDR, 2, 0x1234);
    host_write(1, IOADDR + 1, 1, 0x12);
    g_assert_cmphex(host_read(1, IOADDR, 4), ==, VET);
    host_write(1, IODATA, 4, 0x88a8);
    g_assert_cmphex(rd(VET), ==, 0x88a8);
    g_assert_cmphex(host_read(1, IODATA, 4), ==, 0x88a8);
    host_write(1, IOADDR, 4, CTRL);
    host_write(1, IODATA, 4, host_read(1, IODATA, 4) | CTRL_RST);
    g_assert_cmphex(rd(VET), ==, 0x8100);
    g_assert_cmphex(rd(CTRL) & CTRL_RST, ==, 0);
    /* The address survives that reset, but not one of the bus */
    host_write(1, IOADDR, 4, 0x20000);
    host_write(1, IODATA, 4, UINT32_MAX);
    g_assert_cmphex(host_read(1, IODATA, 4), ==, 0);
    host_write(1, IOADDR, 4, 0xffffc);
    g_assert_cmphex(host_read(1, IODATA, 4), ==, 0);
    g_assert_cmphex(host_read(1, 8, 4), ==, 0);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(host_read(1, IOADDR, 4), ==, 0);
}

/* What CTRL.RST clears, and what it leaves */
static void test_chip_reset(void)
{
    host_start("e1000");
    wr(VFTA, 1);
    wr(MTA, 2);
    wr(RAH + 8, RAH_AV);
    wr(RAL, 0);
    wr(RAH, 0);
    wr(TDBAL, 0x1000);
    wr(TCTL, 2);
    wr(PBA, 0x28);
    wr(PBM + 0x8000, 0x1234);
    wr(WUPM, 0x5678);
    g_assert_cmphex(rd(PBA), ==, 0x00180028);
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(rd(CTRL), ==, 0x00140241);
    g_assert_cmphex(rd(VFTA), ==, 0);
    g_assert_cmphex(rd(MTA), ==, 0);
    g_assert_cmphex(rd(RAH + 8), ==, 0);
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
    g_assert_cmphex(rd(TDBAL), ==, 0);
    g_assert_cmphex(rd(TCTL), ==, 0);
    g_assert_cmphex(rd(PBA), ==, 0x00180028);
    g_assert_cmphex(rd(PBM + 0x8000), ==, 0x1234);
    g_assert_cmphex(rd(WUPM), ==, 0x5678);
    /* The link did not notice */
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
    g_assert_cmphex(rd(ICR), ==, 0);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(rd(PBA), ==, 0x00100030);
    g_assert_cmphex(rd(PBM + 0x8000), ==, 0x1234);
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_cmphex(rd(PBM + 0x8000), ==, 0);
}

/* iPXE sets both reset bits in one write: the PHY negotiates again */
static void test_both_resets(void)
{
    host_start("e1000");
    wr(CTRL, CTRL_RST | CTRL_PHY_RST | CTRL_SLU);
    g_assert_cmphex(rd(CTRL) & CTRL_PHY_RST, ==, 0);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, 0);
    host_step(1000000000);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
    g_assert_cmphex(rd(ICR) & ICR_LSC, ==, ICR_LSC);
}

/* PHY_RST is a level: there is no link before it is cleared */
static void test_phy_reset(void)
{
    uint32_t ctrl;

    host_start("e1000");
    ctrl = rd(CTRL);
    wr(CTRL, ctrl | CTRL_PHY_RST);
    host_step(2000000000);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, 0);
    g_assert_cmphex(rd(CTRL), ==, ctrl | CTRL_PHY_RST);
    wr(CTRL, ctrl);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, 0);
    host_step(1000000000);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
}

/* Only with SLU does the MAC see the PHY's link */
static void test_link(void)
{
    uint32_t ctrl;

    host_start("e1000");
    ctrl = rd(CTRL);
    wr(CTRL, ctrl & ~CTRL_SLU);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, 0);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    wr(CTRL, ctrl);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, 0);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    nic_set_link(host.nic, true);
    host_step(1000000000);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    /* Forced speed and duplex show, and so does the PHY's when asked */
    wr(CTRL, CTRL_SLU | 1 << 11 | 1 << 12 | 1 << 8);
    g_assert_cmphex(rd(STATUS), ==, STATUS_LU | 1 << 6);
    wr(CTRL_EXT, EXT_ASDCHK);
    g_assert_cmphex(rd(STATUS), ==, STATUS_LU | 1 << 6 | 2 << 8);
    g_assert_cmphex(rd(CTRL_EXT), ==, 0);
}

/* CTRL_EXT.EE_RST reads the EEPROM again and resets nothing else */
static void test_ee_reset(void)
{
    host_start("e1000-82544gc");
    wr(RAL, 0);
    wr(RAH, 0);
    wr(VFTA, 1);
    wr(CTRL_EXT, CTRL_EXT_EE_RST);
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
    g_assert_cmphex(rd(VFTA), ==, 1);
}

/* In D3 only the link goes on; leaving it is a reset */
static void test_d3(void)
{
    host_start("e1000");
    wr(VET, 0x88a8);
    wr(IMS, UINT32_MAX);
    wr(0xc8, 1);
    g_assert_true(host.irq);
    nic_set_pmcsr(host.nic, PMCSR_D3, 0xffff);
    g_assert_false(host.irq);
    g_assert_cmphex(rd(VET), ==, UINT32_MAX);
    wr(VET, 0x1234);
    nic_set_pmcsr(host.nic, 0, 0xffff);
    g_assert_cmphex(rd(VET), ==, 0x8100);
    g_assert_cmphex(rd(IMS), ==, 0);
    host_step(1000000000);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
}

static void test_init_vet(void)
{
    host_start("e1000");
    g_assert_cmpstr(host.nic->model->prop[4].name, ==, "init-vet");
    host.nic->prop[4] = false;
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_cmphex(rd(VET), ==, 0);
    wr(VET, 0x8100);
    wr(CTRL, CTRL_RST);
    g_assert_cmphex(rd(VET), ==, 0);
}

/* Any width and alignment, as QEMU's bus would split it */
static void test_widths(void)
{
    host_start("e1000");
    wr(FCAL, 0x11223344);
    g_assert_cmphex(host_read(0, FCAL + 1, 1), ==, 0x33);
    g_assert_cmphex(host_read(0, FCAL + 2, 2), ==, 0x1122);
    host_write(0, FCAL + 1, 2, 0xabcd);
    g_assert_cmphex(rd(FCAL), ==, 0x11abcd44);
    host_write(0, FCAL + 2, 4, 0x55667788);
    g_assert_cmphex(rd(FCAL), ==, 0x7788cd44);
    g_assert_cmphex(rd(FCAH), ==, 0x5566);
    g_assert_cmphex(host_read(0, 0x1ffff, 4), ==, 0);
    host_write(0, 0x1ffff, 4, UINT32_MAX);
    g_assert_cmphex(host_read(0, 0x1fffc, 4), ==, 0xff000000);
    host_write(0, UINT32_MAX, 4, UINT32_MAX);
    g_assert_cmphex(host_read(0, UINT32_MAX, 4), ==, 0);
}

/* Everything that can be written comes back after saving and loading */
static void test_save(void)
{
    static uint8_t state[1 << 20], again[1 << 20];

    for (unsigned m = 0; m < NIC_N(models); m++) {
        size_t size;

        host_start(models[m]);
        for (uint32_t at = 0x28; at < 0x20000; at += 4) {
            nic_write(host.nic, 0, at, 4, at * 0x01000193);
        }
        wr(RCTL, 0);
        wr(TCTL, 0);
        size = nic_save(host.nic, state, sizeof(state));
        g_assert_cmpuint(size, <, sizeof(state));
        host_start(models[m]);
        g_assert_null(nic_load(host.nic, state, size));
        g_assert_cmpuint(nic_save(host.nic, again, sizeof(again)), ==, size);
        g_assert_true(!memcmp(again, state, size));
    }
}

int main(int argc, char **argv)
{
    int failed;

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/tables", test_tables);
    g_test_add_func("/e1000/power-on", test_power_on);
    g_test_add_func("/e1000/selftest", test_selftest);
    g_test_add_func("/e1000/aliases", test_aliases);
    g_test_add_func("/e1000/io-bar", test_io_bar);
    g_test_add_func("/e1000/chip-reset", test_chip_reset);
    g_test_add_func("/e1000/both-resets", test_both_resets);
    g_test_add_func("/e1000/phy-reset", test_phy_reset);
    g_test_add_func("/e1000/link", test_link);
    g_test_add_func("/e1000/ee-reset", test_ee_reset);
    g_test_add_func("/e1000/d3", test_d3);
    g_test_add_func("/e1000/init-vet", test_init_vet);
    g_test_add_func("/e1000/widths", test_widths);
    g_test_add_func("/e1000/save", test_save);
    failed = g_test_run();
    host_stop();
    return failed;
}
