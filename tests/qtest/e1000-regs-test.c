// SPDX-License-Identifier: MIT
/*
 * e1000-regs-test.c - registers, masks, I/O space and resets of the 8254x
 *
 * The first part replays the register test of "ethtool -t" as Linux's e1000
 * driver performs it, row by row.
 */
#include "libe1000.h"

#include <string.h>

static const uint32_t patterns[] = { 0x5a5a5a5a, 0xa5a5a5a5, 0x00000000,
                                     0xffffffff };

/* Write patterns within @write; exactly @mask of them must read back */
static void try_patterns(struct e1000 *d, uint32_t reg, uint32_t mask,
                         uint32_t write)
{
    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        uint32_t value = patterns[i] & write;
        uint32_t got;

        wr(d, reg, value);
        got = rd(d, reg);
        if (got != (value & mask)) {
            check_failed(__FILE__, __LINE__,
                         "register %05x: wrote %08x, read %08x, not %08x", reg,
                         value, got, value & mask);
        }
    }
    wr(d, reg, 0);
}

/** struct mask_row - A register and the bits in it that software can write */
struct mask_row {
    const char *name;
    uint32_t reg;
    uint32_t mask;
    uint32_t write;
    enum difference differs;
};

#define ROW(reg, mask, write)                                                  \
    {                                                                          \
#reg, reg, mask, write, DIFF_none                                      \
    }
#define ROW_DIFF(reg, mask, write, id)                                         \
    {                                                                          \
#reg, reg, mask, write, DIFF_##id                                      \
    }

static void try_rows(struct e1000 *d, const struct mask_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_test_message("%s", rows[i].name);
        difference_begin(rows[i].differs);
        try_patterns(d, rows[i].reg, rows[i].mask, rows[i].write);
        difference_end(__FILE__, __LINE__, rows[i].differs);
    }
}

/* ethtool -t, first half: everything before the receiver is switched on */
static const struct mask_row selftest_rows[] = {
    ROW_DIFF(FCAL, 0xffffffff, 0xffffffff, flow_control_registers),
    ROW_DIFF(FCAH, 0x0000ffff, 0xffffffff, flow_control_registers),
    ROW_DIFF(FCT, 0x0000ffff, 0xffffffff, flow_control_registers),
    ROW_DIFF(VET, 0x0000ffff, 0xffffffff, register_masks),
    ROW(RDTR, 0x0000ffff, 0xffffffff),
    ROW(RDBAH, 0xffffffff, 0xffffffff),
    ROW(RDLEN, 0x000fff80, 0x000fffff),
    ROW(RDH, 0x0000ffff, 0x0000ffff),
    ROW(RDT, 0x0000ffff, 0x0000ffff),
    ROW_DIFF(FCRTH, 0x0000fff8, 0x0000fff8, flow_control_registers),
    ROW_DIFF(FCTTV, 0x0000ffff, 0x0000ffff, flow_control_registers),
    ROW_DIFF(TIPG, 0x3fffffff, 0x3fffffff, missing_registers),
    ROW(TDBAH, 0xffffffff, 0xffffffff),
    ROW(TDLEN, 0x000fff80, 0x000fffff),
};

static void test_selftest(struct e1000 *d)
{
    uint32_t status = rd(d, STATUS) & 0xfffff833;

    wr(d, STATUS, 0xfffff833);
    check_eq(rd(d, STATUS) & 0xfffff833, status);

    try_rows(d, selftest_rows, G_N_ELEMENTS(selftest_rows));
    /* The driver leaves both at FFFFh: an empty ring beyond the end */
    wr(d, RDH, 0xffff);
    wr(d, RDT, 0xffff);

    wr(d, RCTL, 0);
    check_eq(rd(d, RCTL), 0);
    wr(d, RCTL, 0x003ffffb & RCTL_MASK);
    check_eq(rd(d, RCTL) & RCTL_MASK, 0x003ffffb & RCTL_MASK);
    wr(d, TCTL, 0);
    check_eq(rd(d, TCTL), 0);
    wr(d, RCTL, RCTL_MASK);
    check_eq(rd(d, RCTL) & RCTL_MASK, RCTL_MASK);

    /* From here on the receiver runs */
    differs (ring_base_alignment) {
        try_patterns(d, RDBAL, 0xfffffff0, 0xffffffff);
        try_patterns(d, TDBAL, 0xfffffff0, 0xffffffff);
    }
    differs (missing_registers) {
        try_patterns(d, TXCW, 0xc000ffff, 0x0000ffff);
        try_patterns(d, TIDV, 0x0000ffff, 0xffffffff);
    }
    differs (rah_mask) {
        for (uint32_t i = 0; i < 15; i++) {
            try_patterns(d, RAH + 8 * i, 0x8003ffff, 0xffffffff);
        }
    }
    for (uint32_t i = 0; i < 128; i++) {
        try_patterns(d, MTA + 4 * i, 0xffffffff, 0xffffffff);
    }
}

/* What the self-test leaves out */
static const struct mask_row more_rows[] = {
    ROW_DIFF(FCRTL, 0x8000fff8, 0xffffffff, flow_control_registers),
    ROW(TADV, 0x0000ffff, 0xffffffff),
    ROW(RADV, 0x0000ffff, 0xffffffff),
    ROW_DIFF(TXDCTL, 0xff3f3f3f, 0xffffffff, register_masks),
    ROW_DIFF(RXDCTL, 0x013f3f3f, 0xffffffff, missing_registers),
    ROW_DIFF(RSRPD, 0x00000fff, 0xffffffff, missing_registers),
    ROW_DIFF(RXCSUM, 0x000007ff, 0xffffffff, missing_registers),
    ROW(ITR, 0x0000ffff, 0xffffffff),
    ROW(AIT, 0x0000ffff, 0xffffffff),
    ROW(WUFC, 0x000f80ff, 0x000f80ff),
    ROW(RDFH, 0x00001fff, 0xffffffff),
    ROW(RDFT, 0x00001fff, 0x00001fff),
    ROW(RDFHS, 0x00001fff, 0x00001fff),
    ROW(RDFTS, 0x00001fff, 0x00001fff),
    ROW(RDFPC, 0x00001fff, 0x00001fff),
    ROW(TDFH, 0x000007ff, 0x000007ff),
    ROW(TDFT, 0x000007ff, 0x000007ff),
    ROW(TDFHS, 0x000007ff, 0x000007ff),
    ROW(TDFTS, 0x000007ff, 0x000007ff),
    ROW(TDFPC, 0x000007ff, 0x000007ff),
};

static void test_masks(struct e1000 *d)
{
    try_rows(d, more_rows, G_N_ELEMENTS(more_rows));
}

static void test_wake_registers(struct e1000 *d)
{
    for (uint32_t i = 0; i < 4; i++) {
        try_patterns(d, IP4AT + 8 * i, 0xffffffff, 0xffffffff);
        try_patterns(d, IP6AT + 4 * i, 0xffffffff, 0xffffffff);
        try_patterns(d, FFLT + 8 * i, 0x000007ff, 0x000007ff);
    }
    for (uint32_t i = 0; i < 128; i++) {
        try_patterns(d, FFMT + 8 * i, 0x0000000f, 0x0000000f);
        try_patterns(d, FFVT + 8 * i, 0xffffffff, 0xffffffff);
    }
    for (uint32_t i = 0; i < 32; i++) {
        /* Read-only in use, writable for diagnosis (SDM 13.6.8) */
        try_patterns(d, WUPM + 4 * i, 0xffffffff, 0xffffffff);
    }
    differs (missing_registers) {
        try_patterns(d, WUPL, 0x00000fff, 0xffffffff);
    }
}

/* Each element of a table is a register of its own */
static void test_tables(struct e1000 *d)
{
    for (uint32_t i = 0; i < 128; i++) {
        wr(d, MTA + 4 * i, 0x10000 + i);
        wr(d, VFTA + 4 * i, 0x20000 + i);
    }
    for (uint32_t i = 1; i < 16; i++) {
        wr(d, RAL + 8 * i, 0x30000 + i);
        wr(d, RAH + 8 * i, 0x8000 + i);
    }
    for (uint32_t i = 0; i < 128; i++) {
        check_eq(rd(d, MTA + 4 * i), 0x10000 + i);
        check_eq(rd(d, VFTA + 4 * i), 0x20000 + i);
    }
    for (uint32_t i = 1; i < 16; i++) {
        check_eq(rd(d, RAL + 8 * i), 0x30000 + i);
        check_eq(rd(d, RAH + 8 * i), 0x8000 + i);
    }
}

static void test_packet_buffer(struct e1000 *d)
{
    /* 64 KiB, whoever owns which part (SDM 13.8) */
    static const uint32_t at[] = { 0, 4, 0x7ffc, 0xbffc, 0xc000, 0xfffc };

    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        wr(d, PBM + at[i], 0xc0de0000 + at[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        check_eq(rd(d, PBM + at[i]), 0xc0de0000 + at[i]);
    }
}

static void test_pba(struct e1000 *d)
{
    check_eq(rd(d, PBA), 0x00100030);
    differs (register_masks) {
        /* Only RXA can be written; TXA is what is left of 64 KB */
        wr(d, PBA, 0xffff0028);
        check_eq(rd(d, PBA), 0x00180028);
    }
    wr(d, PBA, 0x00100030);
    check_eq(rd(d, PBA), 0x00100030);
}

static void test_power_on(struct e1000 *d)
{
    static const uint32_t zero[] = {
        TCTL, IMS,   RDLEN, RDH,   RDT,   RDTR,  RADV, TDLEN, TDH,
        TDT,  TIDV,  TADV,  FCRTL, FCRTH, RSRPD, ITR,  WUFC,  RDFH,
        RDFT, RDFPC, TDFH,  TDFT,  TDFPC, GPRC,  GPTC, TORL,
    };

    us(d, 3000000);
    for (size_t i = 0; i < G_N_ELEMENTS(zero); i++) {
        if (rd(d, zero[i])) {
            check_failed(__FILE__, __LINE__, "register %05x is not 0 at first",
                         zero[i]);
        }
    }
    /* RAR0 comes from the EEPROM, valid; Mac OS X depends on it too */
    check_eq(rd(d, RAL), 0x12005452);
    check_eq(rd(d, RAH), 0x80005634);
    for (uint32_t i = 1; i < 16; i++) {
        check(!(rd(d, RAH + 8 * i) & RAH_AV));
    }
    check_eq(rd(d, STATUS) & (STATUS_FD | STATUS_LU | STATUS_TBIMODE |
                              STATUS_TXOFF | STATUS_SPEED),
             STATUS_FD | STATUS_LU | STATUS_SPEED_1000);
    differs (status_bits) {
        check_eq(rd(d, STATUS) >> 16, 0);
    }
}

/* Link = SLU and the PHY's link (SDM 8.6) */
static void test_slu(struct e1000 *d)
{
    e1000_link_up(d);
    check(rd(d, STATUS) & STATUS_LU);
    wr(d, CTRL, rd(d, CTRL) & ~(uint32_t)CTRL_SLU);
    us(d, 1000);
    check(!(rd(d, STATUS) & STATUS_LU));
    e1000_link_up(d);
    check(rd(d, STATUS) & STATUS_LU);
}

/* Speed and duplex from CTRL where they are forced (SDM 8.6) */
static void test_forced_speed(struct e1000 *d)
{
    e1000_link_up(d);
    wr(d, CTRL,
       (rd(d, CTRL) & ~(uint32_t)(CTRL_SPEED | CTRL_FD)) | CTRL_SLU |
           CTRL_FRCSPD | CTRL_FRCDPX | CTRL_SPEED_100 | CTRL_FD);
    us(d, 1000);
    check_eq(rd(d, STATUS) & (STATUS_SPEED | STATUS_FD),
             STATUS_SPEED_100 | STATUS_FD);
}

/* Registers are 32 bits; narrow reads give their lanes */
static void test_narrow_reads(struct e1000 *d)
{
    wr(d, VFTA, 0x87654321);
    check_eq(qtest_readb(d->qts, E1000_MMIO + VFTA), 0x21);
    check_eq(qtest_readb(d->qts, E1000_MMIO + VFTA + 3), 0x87);
    check_eq(qtest_readw(d->qts, E1000_MMIO + VFTA + 2), 0x8765);
    wr(d, VFTA + 4, 0x0badcafe);
    check_eq(qtest_readq(d->qts, E1000_MMIO + VFTA), 0x0badcafe87654321);
    /* A receive address may be written as a pair (SDM 13.5.2) */
    qtest_writeq(d->qts, E1000_MMIO + RAL + 8 * 3, 0x8000060504030201);
    check_eq(rd(d, RAL + 8 * 3), 0x04030201);
    check_eq(rd(d, RAH + 8 * 3), 0x80000605);
}

/* Nothing in 128 KiB does harm when read, or answers all ones */
static void test_sweep(struct e1000 *d)
{
    for (uint32_t reg = 0; reg < 0x10000; reg += 4) {
        if (rd(d, reg) == 0xffffffff) {
            check_failed(__FILE__, __LINE__, "register %05x reads all ones",
                         reg);
        }
    }
    for (uint32_t reg = PBM; reg < 0x20000; reg += 0x1ffc) {
        rd(d, reg);
    }
    check(qtest_alive(d->qts));
}

/* I/O space (SDM 13.2.2) */

static void test_io_window(struct e1000 *d)
{
    wr(d, VFTA + 8, 0x600dcafe);
    check_eq(io_rd(d, VFTA + 8), 0x600dcafe);
    io_wr(d, VFTA + 12, 0x12345678);
    check_eq(rd(d, VFTA + 12), 0x12345678);
    io_wr(d, PBM + 16, 0xfeedbeef);
    check_eq(rd(d, PBM + 16), 0xfeedbeef);
    check_eq(io_rd(d, RAL), 0x12005452);
    /* IODATA reads have the side effects of the register */
    wr(d, ICS, ICR_RXT0);
    check_eq(io_rd(d, ICR) & ICR_RXT0, ICR_RXT0);
    check_eq(rd(d, ICR), 0);
}

static void test_io_address(struct e1000 *d)
{
    qtest_outl(d->qts, E1000_IO + IOADDR, 0xfff01234);
    check_eq(qtest_inl(d->qts, E1000_IO + IOADDR), 0x00001234);
    /* Only whole writes count, any read does */
    qtest_outb(d->qts, E1000_IO + IOADDR, 0x55);
    qtest_outw(d->qts, E1000_IO + IOADDR, 0x5555);
    check_eq(qtest_inl(d->qts, E1000_IO + IOADDR), 0x00001234);
    check_eq(qtest_inw(d->qts, E1000_IO + IOADDR), 0x1234);
    check_eq(qtest_inb(d->qts, E1000_IO + IOADDR), 0x34);
    qtest_outl(d->qts, E1000_IO + IOADDR, VET);
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    e1000_enable(d);
    check_eq(qtest_inl(d->qts, E1000_IO + IOADDR), 0);
}

/* Undefined and flash addresses do no harm */
static void test_io_holes(struct e1000 *d)
{
    static const uint32_t at[] = { 0x20000, 0x7fffc, 0x80000, 0xffffc };

    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        io_wr(d, at[i], 0xffffffff);
        io_rd(d, at[i]);
    }
    for (uint16_t port = 8; port < 64; port += 4) {
        qtest_outl(d->qts, (uint16_t)(E1000_IO + port), 0xffffffff);
        qtest_inl(d->qts, (uint16_t)(E1000_IO + port));
    }
    check_eq(rd(d, RAL), 0x12005452);
}

/* Resets (SDM 14.2) */

static void dirty(struct e1000 *d)
{
    wr(d, IMS, 0xffff);
    wr(d, VET, 0x9100);
    wr(d, RCTL, RCTL_EN | RCTL_UPE);
    wr(d, TCTL, TCTL_EN | TCTL_PSP);
    wr(d, RDLEN, 0x100);
    wr(d, TDLEN, 0x100);
    wr(d, RDT, 5);
    wr(d, RADV, 77);
    wr(d, RAL, 0x44332211);
    wr(d, RAH, 0x80006655);
    wr(d, RAL + 8, 0x01020304);
    wr(d, RAH + 8, 0x80000506);
    wr(d, ICS, ICR_LSC | ICR_RXT0);
}

static void check_clean(struct e1000 *d)
{
    check_eq(rd(d, IMS), 0);
    /* With APM on the 82544 presets BAM, to see broadcast magic packets */
    check_eq(rd(d, RCTL) & ~(uint32_t)RCTL_BAM, 0);
    check_eq(rd(d, TCTL), 0);
    check_eq(rd(d, RDLEN), 0);
    check_eq(rd(d, TDLEN), 0);
    check_eq(rd(d, RDT), 0);
    check_eq(rd(d, RADV), 0);
    check_eq(rd(d, RAH + 8) & RAH_AV, 0);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
}

static void check_mac(struct e1000 *d)
{
    check_eq(rd(d, RAL), 0x12005452);
    check_eq(rd(d, RAH), 0x80005634);
}

static void test_ctrl_rst(struct e1000 *d)
{
    dirty(d);
    e1000_reset(d);
    check_eq(rd(d, CTRL) & CTRL_RST, 0);
    check_clean(d);
    check_mac(d);
    /* PCI configuration is not the MAC's */
    check_eq(pci_readw(&d->pci, PCI_COMMAND) & PCI_COMMAND_ALL,
             PCI_COMMAND_ALL);
}

/* Linux resets the 82540, 44 and 45 through I/O space */
static void test_ctrl_rst_io(struct e1000 *d)
{
    dirty(d);
    io_wr(d, CTRL, rd(d, CTRL) | CTRL_RST);
    us(d, 20000);
    check_eq(rd(d, CTRL) & CTRL_RST, 0);
    check_clean(d);
}

/* The other parts through the shadow of CTRL */
static void test_ctrl_rst_dup(struct e1000 *d)
{
    dirty(d);
    wr(d, CTRL_DUP, rd(d, CTRL) | CTRL_RST);
    us(d, 20000);
    check_clean(d);
}

/* On the 82544 the driver must ask for the EEPROM itself */
static void test_ctrl_rst_82544(struct e1000 *d)
{
    dirty(d);
    e1000_reset(d);
    check_clean(d);
    wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_EE_RST);
    us(d, 20000);
    check_mac(d);
}

/* CTRL_EXT.EE_RST re-reads the EEPROM and leaves the rest alone */
static void test_ee_rst(struct e1000 *d)
{
    wr(d, RAL, 0x44332211);
    wr(d, RAH, 0x80006655);
    wr(d, RDTR, 77);
    wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_EE_RST);
    us(d, 20000);
    check_eq(rd(d, CTRL_EXT) & CTRL_EXT_EE_RST, 0);
    check_mac(d);
    check_eq(rd(d, RDTR), 77);
}

/* A machine reset is PCI's RST#: registers, configuration and EEPROM */
static void test_bus_reset(struct e1000 *d)
{
    dirty(d);
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    check_eq(pci_readw(&d->pci, PCI_COMMAND) & PCI_COMMAND_ALL, 0);
    check_eq(pci_readl(&d->pci, PCI_BAR0) & ~15u, 0);
    e1000_enable(d);
    check_clean(d);
    check_mac(d);
}

/* Reset in the middle of everything leaves a card that works */
static void test_reset_reuse(struct e1000 *d)
{
    struct frame f;
    struct received r;

    for (unsigned round = 0; round < 3; round++) {
        e1000_link_up(d);
        rx_setup(d, 8, RCTL_BAM | RCTL_SECRC);
        tx_setup(d, 8);
        frame_plain(&f, mac_broadcast, 100 + round, (uint8_t)round);
        tx_frame(d, &f);
        same_on_wire(d, &f);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, f.len);
        e1000_reset(d);
    }
}

static const struct e1000_test tests[] = {
    { "ethtool-selftest", test_selftest, ON_ALL },
    { "masks", test_masks, ON_40_45 },
    { "wake-registers", test_wake_registers },
    { "tables", test_tables, ON_ALL },
    { "packet-buffer", test_packet_buffer },
    { "pba", test_pba },
    { "power-on", test_power_on, ON_ALL },
    { "slu", test_slu, .differs = DIFF_link_control },
    { "forced-speed", test_forced_speed, .differs = DIFF_link_control },
    { "narrow-reads", test_narrow_reads, .differs = DIFF_narrow_reads },
    { "sweep", test_sweep, ON_ALL },
    { "io/window", test_io_window, ON_ALL, DIFF_io_bar },
    { "io/address", test_io_address, ON_ALL, DIFF_io_bar },
    { "io/holes", test_io_holes },
    { "reset/ctrl-rst", test_ctrl_rst, ON_40_45, DIFF_ctrl_rst },
    { "reset/ctrl-rst-io", test_ctrl_rst_io, ON_ALL, DIFF_io_bar },
    { "reset/ctrl-rst-dup", test_ctrl_rst_dup, ON_40_45, DIFF_ctrl_rst },
    { "reset/ctrl-rst-82544", test_ctrl_rst_82544, ON_82544GC, DIFF_ctrl_rst },
    { "reset/ee-rst", test_ee_rst, ON_ALL, DIFF_ee_rst },
    { "reset/bus", test_bus_reset, ON_ALL },
    { "reset/reuse", test_reset_reuse, ON_ALL },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("regs", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
