// SPDX-License-Identifier: MIT
/*
 * ne2k-regs-test.c - reset, commands and registers of the NE2000
 */
#include "libne2k.h"

#include <string.h>

enum {
    CR_RESET = CR_ABORT | CR_STP,
    STOCK_PAGES = 0xc0, /* See row ne2k_far_pages */
    RESERVED_RCR = 0xc0,
    RESERVED_TCR = 0xe0,
    RESERVED_DCR = 0x80,
};

/* The card on its bus */

static void test_pci_identity(struct ne2k *d)
{
    check_eq(pci_readw(&d->pci, PCI_VENDOR_ID), 0x10ec);
    check_eq(pci_readw(&d->pci, PCI_DEVICE_ID), 0x8029);
    check_eq(pci_readl(&d->pci, PCI_REVISION) >> 8, 0x020000);
    check_eq(pci_readb(&d->pci, PCI_HEADER_TYPE), 0);
    check_eq(pci_readb(&d->pci, PCI_IRQ_PIN), 1);
    check_eq(pci_readl(&d->pci, PCI_BAR0) & 3, 1);
    for (unsigned bar = 1; bar < 6; bar++) {
        check_eq(pci_bar_size(&d->pci, bar), 0);
    }
}

/* 32 ports (Linux claims and MINIX masks as many) */
static void test_pci_bar(struct ne2k *d)
{
    check_eq(pci_bar_size(&d->pci, 0), PORTS);
}

static void test_pci_io_space(struct ne2k *d)
{
    check_eq(in8(d, ID0), 'P');
    pci_writew(&d->pci, PCI_COMMAND, 0);
    check_eq(qtest_inb(d->qts, NE2K_PCI_IO + ID0), 0xff);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_IO);
    check_eq(in8(d, ID0), 'P');
    pci_set_bar(&d->pci, 0, NE2K_PCI_IO + 0x400);
    check_eq(qtest_inb(d->qts, NE2K_PCI_IO + ID0), 0xff);
    check_eq(qtest_inb(d->qts, NE2K_PCI_IO + 0x400 + ID0), 'P');
}

/* Reset (D: the RESET pin sets RD2 and STP, clears TXP and STA) */

static void test_power_on(struct ne2k *d)
{
    differs (ne2k_cr) {
        check_eq(in8(d, CR), CR_RESET);
    }
    check(in8(d, ISR) & ISR_RST);
}

static void test_reset_port(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    out8(d, IMR, IMR_ALL);
    check(!(in8(d, ISR) & ISR_RST));
    ne2k_reset(d);
    check(in8(d, ISR) & ISR_RST);
    differs (ne2k_reset_port) {
        check_eq(in8(d, CR), CR_RESET);
        /* IMR is cleared: nothing can interrupt */
        remote_begin(d, CR_READ, RAM, 0);
        check(in8(d, ISR) & ISR_RDC);
        check(!qtest_irq(d->qts, d->line));
    }
}

/* GW-Ether's driver writes first, others write another value than they read */
static void test_reset_write(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    check(!(in8(d, ISR) & ISR_RST));
    qtest_outb(d->qts, (uint16_t)(d->io + RESET_PORT), 0xff);
    qtest_inb(d->qts, (uint16_t)(d->io + RESET_PORT));
    pause_us(d, 2000);
    check(in8(d, ISR) & ISR_RST);
}

/* What D does not list as affected by RESET, and packet memory */
static void test_reset_keeps(struct ne2k *d)
{
    uint8_t data[64];
    uint8_t want[64];

    memset(want, 0x5a, sizeof(want));
    ne2k_init(d, RCR_AB);
    ne2k_multicast(d, 0x3c);
    out8(d, BNRY, 0x60);
    out8(d, CURR, 0x62);
    remote_write(d, RAM, want, sizeof(want));
    ne2k_reset(d);
    for (unsigned i = 0; i < 6; i++) {
        check_eq(in8(d, PAR0 + i), mac_nic[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        check_eq(in8(d, MAR0 + i), 0x3c);
    }
    check_eq(in8(d, BNRY), 0x60);
    check_eq(in8(d, CURR), 0x62);
    check_eq(in8(d, P2_PSTART), RING_START);
    check_eq(in8(d, P2_PSTOP), RING_STOP);
    out8(d, CR, CR_ABORT | CR_STA);
    out8(d, DCR, DCR_WORDS);
    remote_read(d, RAM, data, sizeof(data));
    check_mem(data, want, sizeof(data));
}

/* A reset of the machine is a reset of the card */
static void test_system_reset(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    check(!(in8(d, ISR) & ISR_RST));
    out8(d, CURR, 0x62);
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    ne2k_enable(d);
    check_eq(in8(d, CR), CR_RESET);
    check(in8(d, ISR) & ISR_RST);
}

/* CR */

/* STP with nothing in flight: RST at once; only START takes it away */
static void test_stop(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    check_eq(in8(d, ISR), 0);
    out8(d, CR, CR_ABORT | CR_STP);
    check_eq(in8(d, ISR), ISR_RST);
    out8(d, ISR, 0xff);
    check_eq(in8(d, ISR), ISR_RST);
    out8(d, CR, CR_ABORT | CR_STA);
    check_eq(in8(d, ISR), 0);
}

/* RST is no interrupt */
static void test_stop_silent(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    out8(d, IMR, 0xff);
    out8(d, CR, CR_ABORT | CR_STP);
    check(!qtest_irq(d->qts, d->line));
}

/* A stopped chip receives nothing; neither STP nor STA changes nothing */
static void test_page_switch(struct ne2k *d)
{
    static const uint8_t switches[] = { 0x20, 0x60, 0x00, 0x40,
                                        0x80, 0xc0, 0xe0, 0x20 };
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_nic, 100, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(switches); i++) {
        out8(d, CR, switches[i]);
        rx_accepted(d, &f);
        check_eq(in8(d, ISR) & ISR_RST, 0);
    }
    out8(d, CR, CR_ABORT | CR_STP);
    for (size_t i = 0; i < G_N_ELEMENTS(switches); i++) {
        out8(d, CR, switches[i]);
    }
    differs (ne2k_page_switch) {
        rx_send(d, &f);
        rx_settle(d);
        check_eq(in8(d, CURR), d->next);
        check_eq(in8(d, ISR) & ISR_RST, ISR_RST);
    }
}

/* Realtek: STA has no function and reads as written; D: it stays with STP */
static void test_sta(struct ne2k *d)
{
    out8(d, CR, CR_ABORT | CR_STP);
    check_eq(in8(d, CR) & ~CR_STA, CR_RESET);
    out8(d, CR, CR_ABORT | CR_STA);
    check_eq(in8(d, CR), CR_ABORT | CR_STA);
    out8(d, CR, CR_ABORT | CR_STP);
    if (d->isa) {
        differs (ne2k_cr) {
            check_eq(in8(d, CR), CR_RESET | CR_STA);
        }
    } else {
        check_eq(in8(d, CR), CR_RESET);
    }
}

/* TXP clears itself; writing 0 is ignored; it needs a running chip */
static void test_txp(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 60, 1);
    tx_frame(d, &f);
    tx_seen(d, &f);
    check_eq(in8(d, CR), CR_ABORT | CR_STA);
    wire_silent(d->qts, &d->peer);
    out8(d, CR, CR_ABORT | CR_STP);
    tx_start(d, TX_PAGE, 60);
    tx_seen(d, &f);
    out8(d, CR, CR_ABORT | CR_STP);
    out8(d, CR, CR_ABORT | CR_TXP | CR_STP);
    wire_silent(d->qts, &d->peer);
}

/* RD2 says that remote DMA is complete: an OS/2 driver waits for it */
static void test_rd2(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    remote_begin(d, CR_READ, RAM, 2);
    data_in(d, 2);
    check(in8(d, CR) & CR_ABORT);
    out8(d, ISR, ISR_RDC);
    remote_begin(d, CR_WRITE, RAM, 2);
    data_out(d, 2, 0);
    check(in8(d, CR) & CR_ABORT);
}

/* Register pages */

static void test_page1(struct ne2k *d)
{
    static const uint8_t values[] = { 0x00, 0xff, 0x55, 0xaa, 0x01, 0x80 };

    out8(d, CR, CR_ABORT | CR_STP);
    for (size_t v = 0; v < G_N_ELEMENTS(values); v++) {
        for (unsigned reg = PAR0; reg < MAR0 + 8; reg++) {
            out8(d, reg, (uint8_t)(values[v] ^ reg));
        }
        for (unsigned reg = PAR0; reg < MAR0 + 8; reg++) {
            if (reg != CURR) {
                check_eq(in8(d, reg), (uint8_t)(values[v] ^ reg));
            }
        }
    }
}

static void test_bnry(struct ne2k *d)
{
    for (unsigned value = 0; value < STOCK_PAGES; value += 15) {
        out8(d, BNRY, (uint8_t)value);
        check_eq(in8(d, BNRY), value);
    }
}

static void test_page2_ring(struct ne2k *d)
{
    for (unsigned value = 1; value < STOCK_PAGES; value += 23) {
        out8(d, PSTART, (uint8_t)value);
        out8(d, PSTOP, (uint8_t)(STOCK_PAGES - value));
        check_eq(in8(d, P2_PSTART), value);
        check_eq(in8(d, P2_PSTOP), STOCK_PAGES - value);
    }
}

/* All pointers are 8 bits, whatever memory there is */
static void test_far_pages(struct ne2k *d)
{
    out8(d, CR, CR_ABORT | CR_STP);
    for (unsigned value = STOCK_PAGES + 1; value < 256; value += 9) {
        out8(d, PSTART, (uint8_t)value);
        out8(d, PSTOP, (uint8_t)value);
        out8(d, BNRY, (uint8_t)value);
        out8(d, CURR, (uint8_t)value);
        check_eq(in8(d, P2_PSTART), value);
        check_eq(in8(d, P2_PSTOP), value);
        check_eq(in8(d, BNRY), value);
        check_eq(in8(d, CURR), value);
    }
}

/* The rest of page 2; Realtek's reserved bits read 1 */
static void test_page2_config(struct ne2k *d)
{
    unsigned ones = d->isa ? 0 : 0xff;

    out8(d, CR, CR_ABORT | CR_STP);
    for (unsigned value = 0; value < 256; value += 17) {
        out8(d, TPSR, (uint8_t)value);
        out8(d, RCR, (uint8_t)value);
        out8(d, TCR, (uint8_t)value);
        out8(d, DCR, (uint8_t)value);
        out8(d, IMR, (uint8_t)value);
        check_eq(in8(d, P2_TPSR), value);
        check_eq(in8(d, P2_RCR),
                 (value & ~(unsigned)RESERVED_RCR) | (RESERVED_RCR & ones));
        check_eq(in8(d, P2_TCR),
                 (value & ~(unsigned)RESERVED_TCR) | (RESERVED_TCR & ones));
        check_eq(in8(d, P2_DCR),
                 (value & ~(unsigned)RESERVED_DCR) | (RESERVED_DCR & ones));
        check_eq(in8(d, P2_IMR) & IMR_ALL, value & IMR_ALL);
    }
}

/* Reading counters clears them; page 1 behind them is another register */
static void test_counters(struct ne2k *d)
{
    out8(d, CR, CR_ABORT | CR_STP);
    ne2k_multicast(d, 0xff);
    for (unsigned reg = CNTR0; reg <= CNTR2; reg++) {
        in8(d, reg);
        check_eq(in8(d, reg), 0);
    }
}

static void test_id(struct ne2k *d)
{
    check_eq(in8(d, ID0), 'P');
    check_eq(in8(d, ID1), 'C');
}

/* Interrupts */

/* Causes that need no cable: RDC by a transfer of nothing, PTX by TBCR = 0 */
static void raise_cause(struct ne2k *d, uint8_t cause)
{
    if (cause == ISR_RDC) {
        remote_begin(d, CR_READ, RAM, 0);
    } else {
        tx_start(d, TX_PAGE, 0);
    }
    check(wait_for(in8(d, ISR) & cause));
}

static void check_cause(struct ne2k *d, uint8_t cause)
{
    out8(d, IMR, (uint8_t)~cause);
    raise_cause(d, cause);
    check_eq(in8(d, ISR), cause);
    check(!qtest_irq(d->qts, d->line));
    /* A level: mask and unmask make a new edge for the 8259 */
    out8(d, IMR, cause);
    check(qtest_irq(d->qts, d->line));
    out8(d, IMR, 0);
    check(!qtest_irq(d->qts, d->line));
    out8(d, IMR, IMR_ALL);
    check(qtest_irq(d->qts, d->line));
    /* Write 1 to clear; other bits do not */
    out8(d, ISR, (uint8_t)~cause);
    check_eq(in8(d, ISR), cause);
    check(qtest_irq(d->qts, d->line));
    out8(d, ISR, cause);
    check_eq(in8(d, ISR), 0);
    check(!qtest_irq(d->qts, d->line));
}

static void test_imr(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    check_cause(d, ISR_RDC);
    check_cause(d, ISR_PTX);
}

static const struct ne2k_test tests[] = {
    { "pci/identity", test_pci_identity },
    { "pci/bar", test_pci_bar, .differs = DIFF_ne2k_bar },
    { "pci/io-space", test_pci_io_space },
    { "reset/power-on", test_power_on, ON_BOTH },
    { "reset/port", test_reset_port, ON_BOTH },
    { "reset/write", test_reset_write, ON_BOTH },
    { "reset/keeps", test_reset_keeps, ON_BOTH },
    { "reset/system", test_system_reset, ON_BOTH, DIFF_ne2k_system_reset },
    { "cr/stop", test_stop, ON_BOTH, DIFF_ne2k_stp_rst },
    { "cr/stop-silent", test_stop_silent, ON_BOTH },
    { "cr/page-switch", test_page_switch, ON_BOTH },
    { "cr/sta", test_sta, ON_BOTH },
    { "cr/txp", test_txp, ON_BOTH },
    { "cr/rd2", test_rd2, ON_BOTH, DIFF_ne2k_cr },
    { "page1", test_page1, ON_BOTH },
    { "bnry", test_bnry, ON_BOTH },
    { "page2/ring", test_page2_ring, ON_BOTH },
    { "page2/far", test_far_pages, ON_BOTH, DIFF_ne2k_far_pages },
    { "page2/config", test_page2_config, ON_BOTH, DIFF_ne2k_page2 },
    { "counters", test_counters, ON_BOTH },
    { "id", test_id },
    { "imr", test_imr, ON_BOTH },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("regs", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
