// SPDX-License-Identifier: MIT
/*
 * e1000-drivers-test.c - habits of real drivers, one test each
 *
 * What drivers of Linux, Windows, Mac OS X, VxWorks, DPDK, iPXE and DOS do to
 * the card beyond the ordinary, through PCI as they do it.
 */
#include "libe1000.h"

#include <string.h>

enum {
    PLAIN = RCTL_BAM | RCTL_SECRC,
    CMD = TXD_EOP | TXD_IFCS | TXD_RS,
    CTRL_LRST = 1 << 3,
    MANC_ARP_EN = 1 << 13,
    LOOP_FRAMES = 64,
    LOOP_RING = 256,
    LOOP_LEN = 1024,
};

/* Linux: e1000_reset_hw(), through I/O space */
static void linux_reset(struct e1000 *d)
{
    wr(d, IMC, ~0u);
    wr(d, RCTL, 0);
    wr(d, TCTL, TCTL_PSP);
    rd(d, STATUS);
    us(d, 10000);
    io_wr(d, CTRL, rd(d, CTRL) | CTRL_RST);
    us(d, 5000);
    if (strcmp(d->model, "e1000-82544gc") == 0) {
        us(d, 10);
        wr(d, CTRL_EXT, rd(d, CTRL_EXT) | CTRL_EXT_EE_RST);
        us(d, 2000);
    }
    wr(d, MANC, rd(d, MANC) & ~(uint32_t)MANC_ARP_EN);
    wr(d, IMC, ~0u);
    rd(d, ICR);
}

/* Linux: e1000_init_hw() and e1000_configure() */
static void linux_init(struct e1000 *d)
{
    wr(d, VET, 0);
    for (uint32_t i = 0; i < 128; i++) {
        wr(d, VFTA + 4 * i, 0);
        rd(d, STATUS);
        wr(d, MTA + 4 * i, 0);
        rd(d, STATUS);
    }
    for (uint32_t i = 1; i < 15; i++) {
        wr(d, RAL + 8 * i, 0);
        wr(d, RAH + 8 * i, 0);
    }
    wr(d, FCT, ETHERTYPE_PAUSE);
    wr(d, FCAH, 0x100);
    wr(d, FCAL, 0x00c28001);
    wr(d, FCTTV, 0x100);
    wr(d, FCRTL, 0x4000);
    wr(d, FCRTH, 0x8000);
    clear_statistics(d);
    e1000_link_up(d);
    wr(d, TIPG, 0x00602008);
    wr(d, TIDV, 8);
    wr(d, TADV, 32);
    tx_setup(d, 256);
    wr(d, TXDCTL, TXDCTL_GRAN | 1u << TXDCTL_WTHRESH_SHIFT);
    wr(d, ITR, 488);
    wr(d, RDTR, 0);
    wr(d, RADV, 8);
    wr(d, RXCSUM, RXCSUM_TUOFLD);
    rx_setup(d, 256, PLAIN);
}

/* Linux: all registers from scratch, the driver's own interrupt, traffic */
static void test_linux_open(struct e1000 *d)
{
    struct frame f;
    struct received r;

    linux_reset(d);
    linux_init(d);
    wr(d, IMS, ICR_RXT0 | ICR_RXDMT0 | ICR_TXDW | ICR_LSC);
    wr(d, ICS, ICR_LSC); /* the driver starts its own watchdog */
    us(d, 1000);
    check(qtest_irq(d->qts, d->line));
    check(rd(d, ICR) & ICR_LSC);
    for (unsigned i = 0; i < 20; i++) {
        frame_plain(&f, mac_peer, 60 + i * 70, (uint8_t)i);
        tx_frame(d, &f);
        same_on_wire(d, &f);
        frame_plain(&f, mac_nic, 60 + i * 70, (uint8_t)i);
        rx_frame(d, &f, &r);
        check_mem(r.data.data, f.data, f.len);
    }
    us(d, 1000);
    check(rd(d, ICR) & ICR_RXT0);
    check(!qtest_irq(d->qts, d->line));
}

static void loop_round(struct e1000 *d)
{
    for (unsigned i = 0; i < LOOP_FRAMES; i++) {
        tx_post(d,
                tx_legacy(TX_BUFFERS, LOOP_LEN, TXD_EOP | TXD_IFCS | TXD_RPS));
    }
    tx_kick(d);
    us(d, 200000);
}

/* What e1000_check_lbtest_frame() looks at */
static bool loop_frame_ok(struct e1000 *d, unsigned index)
{
    uint8_t data[LOOP_LEN];

    qtest_memread(d->qts, rx_buffer(index), data, sizeof(data));
    return data[3] == 0xff && data[LOOP_LEN / 2 + 10] == 0xbe &&
           data[LOOP_LEN / 2 + 12] == 0xaf;
}

/* The driver looks on until it saw as many good buffers as it sent frames */
static unsigned loop_good(struct e1000 *d, unsigned *next)
{
    unsigned good = 0;

    for (unsigned i = 0; i < LOOP_RING && good < LOOP_FRAMES; i++) {
        good += loop_frame_ok(d, *next);
        *next = (*next + 1) % LOOP_RING;
    }
    return good;
}

/*
 * Linux: the loopback test of "ethtool -t".  The driver never advances RDT and
 * only looks into the buffers, of which the last is never filled.
 */
static void test_linux_loopback(struct e1000 *d)
{
    uint8_t frame[LOOP_LEN];
    unsigned next = 0;

    memset(frame, 0xff, sizeof(frame));
    memset(frame + LOOP_LEN / 2, 0xaa, LOOP_LEN / 2 - 1);
    frame[LOOP_LEN / 2 + 10] = 0xbe;
    frame[LOOP_LEN / 2 + 12] = 0xaf;
    e1000_reset(d);
    wr(d, CTRL, rd(d, CTRL) | CTRL_SLU);
    tx_setup(d, LOOP_RING);
    tx_put(d, frame, sizeof(frame));
    wr(d, TCTL, 0x0003f0fa);
    rx_setup(d, LOOP_RING, RCTL_BAM);
    phy_loopback(d);
    for (unsigned round = 0; round < 2 * LOOP_RING / LOOP_FRAMES + 1; round++) {
        loop_round(d);
        check_eq(loop_good(d, &next), LOOP_FRAMES);
    }
    nothing_on_wire(d);
}

/* Linux: on a suspended port the driver reads WUS and writes all ones */
static void test_linux_resume(struct e1000 *d)
{
    wr(d, WUC, 0);
    wr(d, WUFC, 0);
    wr(d, WUS, ~0u);
    check_eq(rd(d, WUS), 0);
}

/* Windows 10: the transmitter is switched on before it has a ring */
static void test_windows_enable_first(struct e1000 *d)
{
    struct frame f;

    e1000_link_up(d);
    wr(d, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT_COLD);
    us(d, 1000);
    tx_setup(d, 16);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    same_on_wire(d, &f);
}

/* Windows: a receive ring that appears under a running receiver */
static void test_windows_ring_later(struct e1000 *d)
{
    struct frame f;
    struct received r;

    e1000_link_up(d);
    wr(d, RCTL, PLAIN | RCTL_EN);
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    us(d, 1100000);
    rx_setup(d, 16, PLAIN);
    frame_plain(&f, mac_nic, 99, 1);
    rx_frame(d, &f, &r);
    check_mem(r.data.data, f.data, f.len);
}

/* Windows: causes keep coming while all of them are masked */
static void test_windows_no_storm(struct e1000 *d)
{
    struct frame f;
    unsigned raises;

    e1000_link_up(d);
    rx_setup(d, 64, PLAIN);
    wr(d, IMS, ICR_RXT0);
    wr(d, IMC, ~0u);
    rd(d, ICR);
    raises = qtest_irq_raises(d->qts, d->line);
    frame_plain(&f, mac_nic, 99, 1);
    for (unsigned i = 0; i < 50; i++) {
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    check(wait_for(rd(d, RDH) == 50));
    us(d, 1000);
    check_eq(qtest_irq_raises(d->qts, d->line), raises);
    /* One interrupt, not fifty, for what waited */
    wr(d, IMS, ICR_RXT0);
    us(d, 1000);
    check_eq(qtest_irq_raises(d->qts, d->line), raises + 1);
    rd(d, ICR);
    check(!qtest_irq(d->qts, d->line));
}

/* Windows 2003: the EEPROM's clock stays high while CS falls */
static void test_windows_eeprom_clock(struct e1000 *d)
{
    uint32_t keep;
    uint32_t word = 0;

    wr(d, EECD, rd(d, EECD) | EECD_REQ);
    keep = rd(d, EECD) & ~(uint32_t)(EECD_SK | EECD_CS | EECD_DI);
    /* An instruction that is given up with the clock high */
    wr(d, EECD, keep | EECD_CS);
    wr(d, EECD, keep | EECD_CS | EECD_DI);
    wr(d, EECD, keep | EECD_CS | EECD_DI | EECD_SK);
    wr(d, EECD, keep | EECD_SK);
    wr(d, EECD, keep);
    /* 110, word 0Eh: bit by bit; data are set while the clock is high, too */
    wr(d, EECD, keep | EECD_CS);
    for (int bit = 8; bit >= 0; bit--) {
        uint32_t di = (6u << 6 | 0x0eu) >> bit & 1 ? EECD_DI : 0;

        wr(d, EECD, keep | EECD_CS | di);
        wr(d, EECD, keep | EECD_CS | di | EECD_SK);
        wr(d, EECD, keep | EECD_CS | di);
    }
    for (unsigned i = 0; i < 16; i++) {
        wr(d, EECD, keep | EECD_CS | EECD_SK);
        word = word << 1 | !!(rd(d, EECD) & EECD_DO);
        wr(d, EECD, keep | EECD_CS);
    }
    wr(d, EECD, keep);
    check_eq(word, 0x8086);
}

/* Mac OS X: takes the station address from RA[0], waits for LSC */
static void test_macosx(struct e1000 *d)
{
    us(d, 3000000);
    check_eq(rd(d, RAL), 0x12005452);
    check_eq(rd(d, RAH), 0x80005634);
    wr(d, IMS, ICR_LSC);
    rd(d, ICR);
    phy_wr(d, PHY_CTRL, PHY_CTRL_AUTONEG | PHY_CTRL_RESTART);
    us(d, 3000000);
    check(wait_for(rd(d, ICR) & ICR_LSC));
    check(rd(d, STATUS) & STATUS_LU);
}

/* VxWorks: reads the causes from ICS, which clears nothing */
static void test_vxworks(struct e1000 *d)
{
    e1000_link_up(d);
    rd(d, ICR);
    wr(d, ICS, ICR_RXT0 | ICR_TXDW);
    check_eq(rd(d, ICS) & (ICR_RXT0 | ICR_TXDW), ICR_RXT0 | ICR_TXDW);
    check_eq(rd(d, ICS) & (ICR_RXT0 | ICR_TXDW), ICR_RXT0 | ICR_TXDW);
    check_eq(rd(d, ICR) & (ICR_RXT0 | ICR_TXDW), ICR_RXT0 | ICR_TXDW);
}

/* DPDK: polls DD and trusts that the data are there by then */
static void test_dpdk(struct e1000 *d)
{
    enum { N = 60 };
    struct frame f;
    uint8_t data[1500];

    e1000_link_up(d);
    rx_setup(d, 64, PLAIN);
    for (unsigned i = 0; i < N; i++) {
        frame_plain(&f, mac_nic, 1000 + i, (uint8_t)i);
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    for (unsigned i = 0; i < N; i++) {
        frame_plain(&f, mac_nic, 1000 + i, (uint8_t)i);
        if (!check(wait_for(rx_desc_at(d, i).status & RXD_DD))) {
            break;
        }
        qtest_memread(d->qts, rx_buffer(i), data, f.len);
        check_mem(data, f.data, f.len);
        check_eq(rx_desc_at(d, i).length, f.len);
    }
}

/* iPXE: one reset of everything through memory, EERD, polling */
static void test_ipxe(struct e1000 *d)
{
    struct frame f;
    struct received r;

    wr(d, CTRL, rd(d, CTRL) | CTRL_RST | CTRL_PHY_RST);
    us(d, 20000);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint16_t words[] = { 0x5452, 0x1200, 0x5634 };

        wr(d, EERD, EERD_START | i << 8);
        check(wait_for(rd(d, EERD) & EERD_DONE));
        check_eq(rd(d, EERD) >> 16, words[i]);
    }
    wr(d, CTRL,
       (rd(d, CTRL) &
        ~(uint32_t)(CTRL_LRST | CTRL_FRCSPD | CTRL_FRCDPX | CTRL_PHY_RST)) |
           CTRL_ASDE | CTRL_SLU);
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    tx_setup(d, 16);
    rx_setup(d, 16, PLAIN | RCTL_UPE | RCTL_MPE);
    for (unsigned i = 0; i < 40; i++) {
        frame_plain(&f, mac_broadcast, 60 + i, (uint8_t)i);
        tx_frame(d, &f);
        same_on_wire(d, &f);
        check(rd(d, ICR) & ICR_TXDW);
        rx_frame(d, &f, &r);
        check_mem(r.data.data, f.data, f.len);
    }
}

/* Some guests enable bus mastering last of all */
static void test_late_bus_master(struct e1000 *d)
{
    struct frame f;
    struct received r;

    e1000_link_up(d);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    tx_setup(d, 16);
    rx_setup(d, 16, PLAIN);
    frame_plain(&f, mac_nic, 99, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    wire_settle(d->qts, &d->peer);
    us(d, 1000);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
    us(d, 1000);
    /* The frame of before is there, or a later one; reception has begun */
    check(netpeer_send(&d->peer, f.data, f.len));
    check(rx_take(d, &r));
    check_mem(r.data.data, f.data, f.len);
    tx_frame(d, &f);
    same_on_wire(d, &f);
}

/*
 * DOS (Intel's packet driver, Phar Lap ETS): descriptors that the chip was
 * given have been fetched, and their memory may be used again
 */
static void test_dos_prefetch(struct e1000 *d)
{
    struct rx_desc other = { .addr = SCRATCH };
    struct frame f;
    uint8_t data[100];

    e1000_link_up(d);
    rx_setup(d, 8, PLAIN);
    for (unsigned i = 0; i < 7; i++) {
        qtest_memwrite(d->qts, RX_RING + 16 * i, &other, sizeof(other.addr));
    }
    frame_plain(&f, mac_nic, 100, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    check(wait_for(rx_desc_at(d, 0).status & RXD_DD));
    qtest_memread(d->qts, rx_buffer(0), data, sizeof(data));
    check_mem(data, f.data, sizeof(data));
}

static const struct e1000_test tests[] = {
    { "linux/open", test_linux_open, ON_ALL },
    { "linux/loopback", test_linux_loopback, ON_ALL },
    { "linux/resume", test_linux_resume, .differs = DIFF_power },
    { "windows/enable-first", test_windows_enable_first },
    { "windows/ring-later", test_windows_ring_later },
    { "windows/no-storm", test_windows_no_storm },
    { "windows/eeprom-clock", test_windows_eeprom_clock },
    { "macosx", test_macosx, ON_ALL },
    { "vxworks", test_vxworks, ON_ALL },
    { "dpdk", test_dpdk },
    { "ipxe", test_ipxe },
    { "late-bus-master", test_late_bus_master },
    { "dos-prefetch", test_dos_prefetch, ON_ALL, DIFF_prefetch },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("drivers", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
