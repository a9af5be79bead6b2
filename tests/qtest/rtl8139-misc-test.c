// SPDX-License-Identifier: MIT
/*
 * rtl8139-misc-test.c - what is around the rings of the RTL8139: EEPROM, timer,
 * link and PHY, tally counters, power management, interrupts
 */
#include "librtl8139.h"

#include <string.h>

enum {
    EE_WORDS = 64, /* 93C46 */
    TICK_NS = 30,  /* 33.3 MHz */
    AUTONEG_US = 3 * 1000 * 1000,
};

/* EEPROM: pins of the 93C46 through 9346CR */

static void ee_pins(struct rtl8139 *d, uint8_t pins)
{
    wr8(d, CR9346, EEM_PROGRAM | pins);
}

static void ee_out(struct rtl8139 *d, uint32_t bits, unsigned n)
{
    while (n--) {
        uint8_t pins = (uint8_t)(EE_CS | (bits >> n & 1 ? EE_DI : 0));

        ee_pins(d, pins);
        ee_pins(d, pins | EE_SK);
    }
}

static void ee_end(struct rtl8139 *d)
{
    ee_pins(d, 0);
    lock(d);
}

/* @zeros before the start bit: 8139too sends two, 8139cp none */
static uint16_t ee_read(struct rtl8139 *d, unsigned word, unsigned zeros)
{
    uint16_t value = 0;

    ee_pins(d, EE_CS);
    ee_out(d, 6 << 6 | word, 9 + zeros);
    ee_pins(d, EE_CS);
    for (unsigned i = 0; i < 16; i++) {
        ee_pins(d, EE_CS | EE_SK);
        value = (uint16_t)(value << 1 | (rd8(d, CR9346) & EE_DO));
        ee_pins(d, EE_CS);
    }
    ee_end(d);
    return value;
}

/* Start bit, opcode and address of a command, then data if there are any */
static void ee_command(struct rtl8139 *d, unsigned op, unsigned address,
                       uint16_t data, bool with_data)
{
    ee_pins(d, EE_CS);
    ee_out(d, op << 6 | address, 9);
    if (with_data) {
        ee_out(d, data, 16);
    }
    ee_pins(d, 0);
    ee_pins(d, EE_CS);
    for (unsigned i = 0; i < 20 && !(rd8(d, CR9346) & EE_DO); i++) {
        us(d, 1000);
    }
    ee_end(d);
}

static void ee_enable(struct rtl8139 *d, bool on)
{
    ee_command(d, 4, on ? 0x30 : 0x00, 0, false);
}

static void ee_write(struct rtl8139 *d, unsigned word, uint16_t value)
{
    ee_command(d, 5, word, value, true);
}

static void test_eeprom_read(struct rtl8139 *d)
{
    for (unsigned zeros = 0; zeros < 3; zeros += 2) {
        check_eq(ee_read(d, 0, zeros), 0x8129);
        check_eq(ee_read(d, 1, zeros), 0x10ec);
        check_eq(ee_read(d, 2, zeros), 0x8139);
        for (unsigned i = 0; i < 3; i++) {
            check_eq(ee_read(d, 7 + i, zeros),
                     mac_nic[2 * i] | mac_nic[2 * i + 1] << 8);
        }
    }
    check_eq(rd32(d, RCR) & RCR_9356SEL, 0);
}

/* As dumps of boards with an 8139C: subsystem, grants, PMC, CONFIG */
static void test_eeprom_map(struct rtl8139 *d)
{
    check_eq(ee_read(d, 3, 0), pci_readw(&d->pci, PCI_SUBSYSTEM_VENDOR));
    check_eq(ee_read(d, 4, 0), pci_readw(&d->pci, PCI_SUBSYSTEM));
    check_eq(ee_read(d, 5, 0), 0x4020);
    check_eq(ee_read(d, 6, 0) >> 8, rd8(d, CONFIG3));
    check_eq(ee_read(d, 10, 0), rd8(d, CONFIG0) | rd8(d, CONFIG1) << 8);
    check_eq(ee_read(d, 12, 0) >> 8, rd8(d, CONFIG4));
}

/* Drivers probe the size with 8 address bits: a 93C46 must not say 8129 */
static void test_eeprom_size(struct rtl8139 *d)
{
    uint16_t value = 0;

    ee_pins(d, EE_CS);
    ee_out(d, 6 << 8, 11);
    for (unsigned i = 0; i < 16; i++) {
        ee_pins(d, EE_CS | EE_SK);
        value = (uint16_t)(value << 1 | (rd8(d, CR9346) & EE_DO));
        ee_pins(d, EE_CS);
    }
    ee_end(d);
    check(value != 0x8129);
}

/* 8139cp's ethtool: EWEN, WRITE, EWDS */
static void test_eeprom_write(struct rtl8139 *d)
{
    ee_write(d, 40, 0x1234);
    check_eq(ee_read(d, 40, 0), 0);
    ee_enable(d, true);
    ee_write(d, 40, 0x1234);
    ee_write(d, 41, 0xabcd);
    check_eq(ee_read(d, 40, 0), 0x1234);
    check_eq(ee_read(d, 41, 2), 0xabcd);
    ee_command(d, 7, 40, 0, false); /* ERASE */
    check_eq(ee_read(d, 40, 0), 0xffff);
    ee_enable(d, false);
    ee_write(d, 40, 0x5555);
    check_eq(ee_read(d, 40, 0), 0xffff);
    check_eq(ee_read(d, 0, 0), 0x8129);
}

/* ERAL and WRAL */
static void test_eeprom_all(struct rtl8139 *d)
{
    ee_enable(d, true);
    ee_command(d, 4, 0x10, 0x2468, true);
    for (unsigned i = 0; i < EE_WORDS; i += 21) {
        check_eq(ee_read(d, i, 0), 0x2468);
    }
    ee_command(d, 4, 0x20, 0, false);
    check_eq(ee_read(d, 63, 0), 0xffff);
}

/* 9346CR.EEM = 01: what was written becomes effective, after 2 ms */
static void test_eeprom_reload(struct rtl8139 *d)
{
    ee_enable(d, true);
    ee_write(d, 8, 0x7766);
    check_eq(rd16(d, IDR + 2), mac_nic[2] | mac_nic[3] << 8);
    wr16(d, IMR, INT_TOK);
    wr8(d, CR9346, EEM_AUTOLOAD);
    us(d, 5000);
    check_eq(rd8(d, CR9346), 0);
    check_eq(rd16(d, IDR + 2), 0x7766);
    check_eq(rd16(d, IMR), 0);
}

/* Timer */

static void test_tctr(struct rtl8139 *d)
{
    uint32_t before;

    wr32(d, TCTR, 0x12345678);
    before = rd32(d, TCTR);
    us(d, 300);
    check(rd32(d, TCTR) != before);
    if (qtest_has_clock(d->qts)) {
        check_eq(before, 0);
        check_eq(rd32(d, TCTR), 10000);
    }
}

/* TimerInt: once TCTR gets there; 0 is off */
static void test_timer(struct rtl8139 *d)
{
    c_start(d, RCR_PLAIN);
    wr16(d, IMR, INT_TIMEOUT);
    wr32(d, TIMERINT, 33333); /* 1 ms */
    wr32(d, TCTR, 0);
    if (qtest_has_clock(d->qts)) {
        us(d, 990);
        check_eq(rd16(d, ISR), 0);
    }
    us(d, 20);
    check(wait_for(rd16(d, ISR) & INT_TIMEOUT));
    check(qtest_irq(d->qts, d->line));
    check_eq(ack(d), INT_TIMEOUT);
    check(!qtest_irq(d->qts, d->line));
    /* Off */
    wr32(d, TIMERINT, 0);
    wr32(d, TCTR, 0);
    us(d, 10000);
    check_eq(rd16(d, ISR), 0);
}

/* r8139dn saw chips fire at 1; any write of TCTR begins anew */
static void test_timer_soon(struct rtl8139 *d)
{
    for (unsigned i = 0; i < 3; i++) {
        wr32(d, TIMERINT, 1);
        wr32(d, TCTR, ~0u);
        us(d, 1);
        check(wait_for(rd16(d, ISR) & INT_TIMEOUT));
        wr32(d, TIMERINT, 0);
        check_eq(ack(d) & INT_TIMEOUT, INT_TIMEOUT);
    }
}

/* Link */

static void set_link(struct rtl8139 *d, bool up)
{
    qmp_ok(d->qts,
           "{'execute': 'set_link', 'arguments':"
           " {'name': 'net0', 'up': %s}}",
           up ? "true" : "false");
}

/* Bits that show the link; values are of cards */
static void test_link(struct rtl8139 *d)
{
    wr16(d, IMR, INT_PUN);
    set_link(d, false);
    check_eq(rd8(d, MSR) & MSR_LINKB, MSR_LINKB);
    check_eq(rd16(d, BMSR) & BMSR_LINK, 0);
    differs (rtl_media) {
        check_eq(rd16(d, BMSR), 0x7809);
    }
    check(qtest_irq(d->qts, d->line));
    check_eq(ack(d) & INT_PUN, INT_PUN);
    set_link(d, true);
    us(d, AUTONEG_US);
    check(wait_for(!(rd8(d, MSR) & MSR_LINKB)));
    check_eq(rd16(d, BMSR), 0x782d);
    check_eq(ack(d) & INT_PUN, INT_PUN);
}

/* ... and what else dumps of unplugged cards have */
static void test_link_down(struct rtl8139 *d)
{
    set_link(d, false);
    check_eq(rd8(d, MSR) & 0x1f, MSR_AUX | MSR_SPEED_10 | MSR_LINKB);
    check_eq(rd16(d, BMCR), 0x1000);
    check_eq(rd16(d, ANLPAR), 0);
    check_eq(rd16(d, ANER), 0);
    /* 8139too: CSCR tells a link change from an underrun, bit 11 */
    check_eq(rd16(d, CSCR) & ~(uint32_t)0xf000, 0x03c0 | CSCR_CHANGED);
    check_eq(rd16(d, DIS), 1);
    check_eq(rd16(d, DIS), 0);
}

/* Autonegotiation takes its time, and is announced */
static void test_restart(struct rtl8139 *d)
{
    unlock(d);
    wr16(d, BMCR, BMCR_ANE | BMCR_RESTART);
    check_eq(rd16(d, BMCR) & BMCR_RESTART, 0);
    check_eq(rd16(d, BMSR) & (BMSR_LINK | BMSR_AN_DONE), 0);
    us(d, AUTONEG_US);
    check_eq(rd16(d, BMSR) & (BMSR_LINK | BMSR_AN_DONE),
             BMSR_LINK | BMSR_AN_DONE);
    check_eq(ack(d) & INT_PUN, INT_PUN);
}

/* Forced: bits 13 and 8 rule, and read as written */
static void test_forced(struct rtl8139 *d)
{
    static const uint16_t modes[] = { 0, BMCR_FULL, BMCR_SPEED,
                                      BMCR_SPEED | BMCR_FULL };

    unlock(d);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        wr16(d, BMCR, modes[i]);
        us(d, AUTONEG_US);
        check_eq(rd16(d, BMCR), modes[i]);
        check_eq(rd8(d, MSR) & (MSR_SPEED_10 | MSR_LINKB),
                 modes[i] & BMCR_SPEED ? 0 : MSR_SPEED_10);
        check_eq(rd16(d, BMSR) & (BMSR_LINK | BMSR_AN_DONE), BMSR_LINK);
    }
    lock(d);
    /* Locked */
    wr16(d, BMCR, 0);
    check_eq(rd16(d, BMCR), BMCR_SPEED | BMCR_FULL);
    /* Reset: defaults again, and the bit clears itself */
    unlock(d);
    wr16(d, BMCR, BMCR_RESET);
    us(d, AUTONEG_US);
    check_eq(rd16(d, BMCR), 0x1100);
    check_eq(rd16(d, ANAR), 0x05e1);
}

/* What is advertised limits what comes out */
static void test_advertise(struct rtl8139 *d)
{
    unlock(d);
    wr16(d, ANAR, 0x0021); /* 10 Mbit/s, half duplex */
    wr16(d, BMCR, BMCR_ANE | BMCR_RESTART);
    us(d, AUTONEG_US);
    check_eq(rd8(d, MSR) & (MSR_SPEED_10 | MSR_LINKB), MSR_SPEED_10);
    check_eq(rd16(d, BMCR), 0x1000);
    wr16(d, ANAR, 0x0181); /* 100 Mbit/s */
    wr16(d, BMCR, BMCR_ANE | BMCR_RESTART);
    us(d, AUTONEG_US);
    check_eq(rd8(d, MSR) & (MSR_SPEED_10 | MSR_LINKB), 0);
    check_eq(rd16(d, BMCR), 0x1100);
}

/* Tally counters */

static struct tally dump(struct rtl8139 *d)
{
    struct tally t;

    wr32(d, DTCCR + 4, 0);
    wr32(d, DTCCR, SCRATCH | DTCCR_CMD);
    check(wait_for(!(rd32(d, DTCCR) & DTCCR_CMD)));
    qtest_memread(d->qts, SCRATCH, &t, sizeof(t));
    return t;
}

/* Three sent, and one received of each kind */
static void traffic(struct rtl8139 *d)
{
    static const uint8_t *const to[] = { mac_nic, mac_broadcast, mac_pause };
    struct received r;
    struct frame f;

    wr32(d, MAR, ~0u);
    wr32(d, MAR + 4, ~0u);
    for (unsigned i = 0; i < 3; i++) {
        frame_plain(&f, mac_peer, 100, 1);
        if (d->rx_count) {
            cp_frame(d, &f, 0);
        } else {
            c_frame(d, &f);
        }
        same_on_wire(d, &f);
        frame_plain(&f, to[i], 100, 1);
        rx_same(d, &f, &r);
    }
}

static void test_tally(struct rtl8139 *d)
{
    struct tally t;

    cp_start(d, 8, 2048, RCR_PLAIN | RCR_AM, 0);
    traffic(d);
    t = dump(d);
    check_eq(t.tx_ok, 3);
    check_eq(t.rx_ok, 3);
    check_eq(t.rx_broadcast, 1);
    check_eq(t.rx_multicast, 1);
    check_eq(t.tx_err | t.rx_err | t.missed | t.align, 0);
    check_eq(t.tx_one_collision | t.tx_collisions, 0);
    check_eq(t.tx_aborted | t.tx_underrun, 0);
    check_eq(t.rx_unicast, 1);
}

/* What the C mode did is counted, too */
static void test_tally_c(struct rtl8139 *d)
{
    struct tally t;

    c_start(d, RCR_PLAIN | RCR_AM);
    traffic(d);
    wr16(d, CPCR, CPCR_TX | CPCR_RX);
    t = dump(d);
    check_eq(t.tx_ok, 3);
    check_eq(t.rx_ok, 3);
    check_eq(t.rx_unicast, 1);
    check_eq(t.rx_broadcast, 1);
    check_eq(t.rx_multicast, 1);
}

/* Interrupts */

/* ISR collects whatever the mask; a one clears; the pin is ISR & IMR */
static void test_interrupts(struct rtl8139 *d)
{
    cp_start(d, 4, 2048, RCR_PLAIN, 0);
    wr16(d, IMR, 0);
    wr8(d, TPPOLL, TPPOLL_FSW);
    check_eq(rd16(d, ISR), INT_SW);
    check_eq(rd16(d, ISR), INT_SW);
    check(!qtest_irq(d->qts, d->line));
    wr16(d, IMR, INT_SW);
    check(qtest_irq(d->qts, d->line));
    wr16(d, ISR, (uint16_t)~INT_SW);
    check(qtest_irq(d->qts, d->line));
    check_eq(rd16(d, ISR), INT_SW);
    wr16(d, IMR, INT_ROK);
    check(!qtest_irq(d->qts, d->line));
    wr16(d, ISR, INT_SW);
    check_eq(rd16(d, ISR), 0);
    check_eq(rd8(d, TPPOLL) & TPPOLL_FSW, 0);
}

/* The same without software interrupts: for all chips */
static void test_interrupts_c(struct rtl8139 *d)
{
    struct frame f;

    c_start(d, RCR_PLAIN);
    wr16(d, IMR, 0);
    frame_plain(&f, mac_peer, 100, 1);
    c_frame(d, &f);
    same_on_wire(d, &f);
    check_eq(rd16(d, ISR), INT_TOK);
    check(!qtest_irq(d->qts, d->line));
    wr16(d, IMR, INT_TOK);
    check(qtest_irq(d->qts, d->line));
    wr16(d, ISR, (uint16_t)~INT_TOK);
    check(qtest_irq(d->qts, d->line));
    wr16(d, ISR, INT_TOK);
    check(!qtest_irq(d->qts, d->line));
    check_eq(rd16(d, ISR), 0);
}

/* Power management */

static void to_state(struct rtl8139 *d, uint16_t pmcsr)
{
    pci_writew(&d->pci, pci_capability(&d->pci, PCI_CAP_PM) + PM_PMCSR, pmcsr);
}

static void test_capability(struct rtl8139 *d)
{
    uint8_t at = pci_capability(&d->pci, PCI_CAP_PM);

    check_eq(pci_readw(&d->pci, PCI_STATUS) & PCI_STATUS_CAPLIST,
             PCI_STATUS_CAPLIST);
    check_eq(at, 0x50);
    /* PME# from D3hot and D3cold; version 2 */
    check_eq(pci_readw(&d->pci, 0x52) & 0xc007, 0xc002);
    check_eq(pci_readw(&d->pci, 0x54), 0);
}

/* The first chip and the A have no power management */
static void test_no_capability(struct rtl8139 *d)
{
    check_eq(pci_readw(&d->pci, PCI_STATUS) & PCI_STATUS_CAPLIST, 0);
    check_eq(pci_readb(&d->pci, PCI_CAP_PTR), 0);
}

/* In D3 only configuration space answers; registers outlive it */
static void test_d3(struct rtl8139 *d)
{
    struct received r;
    struct frame f;

    c_start(d, RCR_PLAIN);
    frame_plain(&f, mac_nic, 100, 1);
    rx_same(d, &f, &r);
    to_state(d, PMCSR_D3);
    check(rd8(d, CR) != (CR_RE | CR_TE | CR_BUFE));
    wr32(d, MAR, 0x1234);
    to_state(d, 0);
    rtl8139_enable(d);
    check_eq(rd32(d, RBSTART), C_RING);
    check_eq(rd8(d, CR), CR_RE | CR_TE | CR_BUFE);
    frame_plain(&f, mac_nic, 101, 2);
    rx_same(d, &f, &r);
}

static bool woken(struct rtl8139 *d)
{
    uint8_t at = pci_capability(&d->pci, PCI_CAP_PM) + PM_PMCSR;

    us(d, 1000);
    settle(d);
    return pci_readw(&d->pci, at) & PMCSR_PME_STATUS;
}

static void magic(struct frame *f, const uint8_t *to, const uint8_t *mac,
                  size_t at)
{
    frame_plain(f, to, 14 + at, 1);
    memset(f->data + f->len, 0xff, 6);
    f->len += 6;
    for (unsigned i = 0; i < 16; i++) {
        memcpy(f->data + f->len, mac, 6);
        f->len += 6;
    }
}

/* Sleep with one kind of wake-up on, and see whether the frame wakes */
static void check_wake(struct rtl8139 *d, uint8_t config3, uint8_t config5,
                       const struct frame *f, bool wakes)
{
    rtl8139_enable(d);
    c_start(d, RCR_PLAIN | RCR_AM);
    wr32(d, MAR, ~0u);
    wr32(d, MAR + 4, ~0u);
    unlock(d);
    wr8(d, CONFIG1, CONFIG1_PMEN);
    wr8(d, CONFIG3, config3);
    wr8(d, CONFIG5, config5);
    lock(d);
    to_state(d, PMCSR_PME_STATUS | PMCSR_PME_EN | PMCSR_D3);
    to_card(d, f);
    check_eq(wakes ? wait_for(woken(d)) : woken(d), wakes);
    to_state(d, PMCSR_PME_STATUS);
    check(!woken(d));
}

static void test_wake_magic(struct rtl8139 *d)
{
    struct frame f;

    for (size_t at = 0; at < 300; at += 97) {
        magic(&f, mac_nic, mac_nic, at);
        check_wake(d, CONFIG3_MAGIC, 0, &f, true);
    }
    magic(&f, mac_broadcast, mac_nic, 5);
    check_wake(d, CONFIG3_MAGIC, 0, &f, true);
    magic(&f, mac_pause, mac_nic, 5);
    check_wake(d, CONFIG3_MAGIC, 0, &f, true);
    /* Off; for somebody else; one byte wrong */
    check_wake(d, 0, 0, &f, false);
    magic(&f, mac_other, mac_nic, 5);
    check_wake(d, CONFIG3_MAGIC, 0, &f, false);
    magic(&f, mac_nic, mac_other, 5);
    check_wake(d, CONFIG3_MAGIC, 0, &f, false);
    magic(&f, mac_nic, mac_nic, 0);
    f.data[80] ^= 1;
    check_wake(d, CONFIG3_MAGIC, 0, &f, false);
}

static void test_wake_kinds(struct rtl8139 *d)
{
    const uint8_t *const to[] = { mac_nic, mac_pause, mac_broadcast };
    static const uint8_t bits[] = { CONFIG5_UWF, CONFIG5_MWF, CONFIG5_BWF };
    struct frame f;

    for (unsigned i = 0; i < 9; i++) {
        frame_plain(&f, to[i / 3], 100, 1);
        check_wake(d, 0, bits[i % 3], &f, i / 3 == i % 3);
    }
    frame_plain(&f, mac_other, 100, 1);
    check_wake(d, 0, CONFIG5_UWF | CONFIG5_MWF | CONFIG5_BWF, &f, false);
}

static void test_wake_link(struct rtl8139 *d)
{
    for (unsigned on = 0; on < 2; on++) {
        set_link(d, false);
        rtl8139_enable(d);
        unlock(d);
        wr8(d, CONFIG3, on ? CONFIG3_LINKUP : 0);
        lock(d);
        to_state(d, PMCSR_PME_STATUS | PMCSR_PME_EN | PMCSR_D3);
        check(!woken(d));
        set_link(d, true);
        us(d, AUTONEG_US);
        check_eq(woken(d), on);
        to_state(d, PMCSR_PME_STATUS);
    }
}

static const struct rtl8139_test tests[] = {
    { "eeprom/read", test_eeprom_read, ON_ALL },
    { "eeprom/map", test_eeprom_map, ON_C_CP, DIFF_rtl_config },
    { "eeprom/size", test_eeprom_size, ON_C_CP },
    { "eeprom/write", test_eeprom_write, ON_C_CP, DIFF_rtl_eeprom },
    { "eeprom/all", test_eeprom_all, ON_C_CP, DIFF_rtl_eeprom },
    { "eeprom/reload", test_eeprom_reload, ON_C_CP, DIFF_rtl_eeprom },
    { "timer/count", test_tctr, ON_ALL | REALTIME },
    { "timer/interrupt", test_timer, ON_C_CP | REALTIME },
    { "timer/soon", test_timer_soon, ON_C_CP | REALTIME, DIFF_rtl_timer },
    { "link/change", test_link, ON_ALL },
    { "link/down", test_link_down, ON_C | ON_D | ON_CP, DIFF_rtl_media },
    { "link/restart", test_restart, ON_C_CP, DIFF_rtl_negotiation },
    { "link/forced", test_forced, ON_C_CP, DIFF_rtl_negotiation },
    { "link/advertise", test_advertise, ON_C_CP, DIFF_rtl_negotiation },
    { "tally/cplus", test_tally },
    { "tally/c", test_tally_c, .differs = DIFF_rtl_tally },
    { "interrupt/software", test_interrupts, .differs = DIFF_rtl_swint },
    { "interrupt/levels", test_interrupts_c, ON_ALL },
    { "power/capability", test_capability, ON_NEWER, DIFF_rtl_power },
    { "power/no-capability", test_no_capability, ON_OLD },
    { "power/d3", test_d3, ON_C_CP, DIFF_rtl_power },
    { "wake/magic", test_wake_magic, ON_C_CP, DIFF_rtl_power },
    { "wake/kinds", test_wake_kinds, ON_C_CP, DIFF_rtl_power },
    { "wake/link", test_wake_link, ON_C_CP, DIFF_rtl_power },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("misc", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
