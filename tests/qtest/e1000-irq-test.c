// SPDX-License-Identifier: MIT
/*
 * e1000-irq-test.c - interrupt causes, masks, moderation and MSI of the 8254x
 * (SDM 13.4.17-21, 13.4.30, 13.4.31, 13.4.41, 13.4.44, 6.3)
 *
 * Moments are exact: the virtual clock only moves when it is told to.
 */
#include "libe1000.h"

#include <string.h>

enum {
    PLAIN = RCTL_BAM | RCTL_SECRC,
    CMD = TXD_EOP | TXD_IFCS | TXD_RS,
    MSI_AT = SCRATCH,
    MSI_MESSAGE = 0x4a5b,
};

static bool pin(struct e1000 *d)
{
    return qtest_irq(d->qts, d->line);
}

static void ready(struct e1000 *d)
{
    e1000_link_up(d);
    tx_setup(d, 16);
    rx_setup(d, 16, PLAIN);
    wr(d, IMC, ~0u);
    us(d, 1000);
    rd(d, ICR);
    check(!pin(d));
}

/* Give the other end's frame to the card */
static void receive_one(struct e1000 *d, size_t len)
{
    struct frame f;
    uint32_t head = rd(d, RDH);

    frame_plain(&f, mac_nic, len, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    check(wait_for(rd(d, RDH) != head));
}

static void transmit_one(struct e1000 *d, unsigned cmd)
{
    struct frame f;

    frame_plain(&f, mac_peer, 100, 1);
    tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len, cmd));
    tx_kick(d);
    same_on_wire(d, &f);
}

/* Causes and masks */

static void test_cause_set(struct e1000 *d)
{
    ready(d);
    wr(d, ICS, ICR_LSC | ICR_RXT0);
    check(!pin(d));
    check_eq(rd(d, ICR), ICR_LSC | ICR_RXT0);
    check_eq(rd(d, ICR), 0);
}

static void test_mask(struct e1000 *d)
{
    ready(d);
    wr(d, IMS, ICR_LSC);
    wr(d, IMS, ICR_RXT0);
    check_eq(rd(d, IMS), ICR_LSC | ICR_RXT0);
    wr(d, IMC, ICR_LSC);
    check_eq(rd(d, IMS), ICR_RXT0);
    wr(d, ICS, ICR_LSC);
    check(!pin(d));
    wr(d, ICS, ICR_RXT0);
    check(pin(d));
    check_eq(rd(d, ICR), ICR_LSC | ICR_RXT0);
    check(!pin(d));
}

/* A cause that waited behind the mask asserts as soon as it may */
static void test_late_unmask(struct e1000 *d)
{
    ready(d);
    wr(d, ICS, ICR_TXDW);
    check(!pin(d));
    wr(d, IMS, ICR_TXDW);
    us(d, 1000);
    check(pin(d));
    wr(d, IMC, ICR_TXDW);
    check(!pin(d));
    check_eq(rd(d, ICR), ICR_TXDW);
}

/* Writing ones to ICR clears just those */
static void test_write_one(struct e1000 *d)
{
    ready(d);
    wr(d, IMS, ICR_LSC | ICR_RXT0);
    wr(d, ICS, ICR_LSC | ICR_RXT0 | ICR_TXDW);
    wr(d, ICR, ICR_LSC);
    check(pin(d));
    wr(d, ICR, ICR_RXT0);
    check(!pin(d));
    check_eq(rd(d, ICR), ICR_TXDW);
}

/* The interrupt test of "ethtool -t", bits 0 to 9 */
static void test_selftest(struct e1000 *d)
{
    ready(d);
    wr(d, IMC, ~0u);
    for (unsigned i = 0; i < 10; i++) {
        uint32_t mask = 1u << i;

        wr(d, IMC, mask);
        wr(d, ICS, mask);
        us(d, 10000);
        check(!pin(d));
        wr(d, IMS, mask);
        wr(d, ICS, mask);
        us(d, 10000);
        check(pin(d));
        check(rd(d, ICR) & mask);
        wr(d, IMC, ~mask & 0x7fff);
        wr(d, ICS, ~mask & 0x7fff);
        us(d, 10000);
        check(!pin(d));
        wr(d, IMC, mask);
        rd(d, ICR);
    }
}

/* Bits that the part does not have stay 0 */
static void test_unknown_bits(struct e1000 *d)
{
    uint32_t known = strcmp(d->model, "e1000-82544gc") ? 0x1ffff : 0x7fff;

    ready(d);
    wr(d, ICS, ~0u);
    check_eq(rd(d, ICR) & ~known, 0);
    wr(d, IMS, ~0u);
    check_eq(rd(d, IMS) & ~known, 0);
}

static void test_intx_disable(struct e1000 *d)
{
    ready(d);
    wr(d, IMS, ICR_LSC);
    wr(d, ICS, ICR_LSC);
    check(pin(d));
    check_eq(pci_readw(&d->pci, PCI_STATUS) & PCI_STATUS_INTERRUPT,
             PCI_STATUS_INTERRUPT);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL | PCI_COMMAND_INTX_OFF);
    check(!pin(d));
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
    check(pin(d));
    rd(d, ICR);
    check_eq(pci_readw(&d->pci, PCI_STATUS) & PCI_STATUS_INTERRUPT, 0);
}

/* A level, not an edge: as long as there is a cause it stays */
static void test_level(struct e1000 *d)
{
    ready(d);
    wr(d, IMS, ICR_LSC);
    wr(d, ICS, ICR_LSC);
    for (unsigned i = 0; i < 5; i++) {
        us(d, 1000);
        check(pin(d));
    }
    e1000_reset(d);
}

/* Sources */

static void test_link_change(struct e1000 *d)
{
    ready(d);
    wr(d, IMS, ICR_LSC);
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments': "
                   "{'name': 'nic0', 'up': false}}");
    us(d, 1000);
    check(pin(d));
    check_eq(rd(d, ICR) & ICR_LSC, ICR_LSC);
    check(!(rd(d, STATUS) & STATUS_LU));
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments': "
                   "{'name': 'nic0', 'up': true}}");
    us(d, 3000000);
    check(wait_for(rd(d, STATUS) & STATUS_LU));
    check(wait_for(rd(d, ICR) & ICR_LSC));
}

static void test_mdac(struct e1000 *d)
{
    ready(d);
    mdic(d, MDIC_READ | 1u << 21 | (uint32_t)PHY_ID1 << 16);
    check_eq(rd(d, ICR) & ICR_MDAC, 0);
    mdic(d, MDIC_READ | MDIC_I | 1u << 21 | (uint32_t)PHY_ID1 << 16);
    check_eq(rd(d, ICR) & ICR_MDAC, ICR_MDAC);
}

/* TXQE when the ring has run dry */
static void test_txqe(struct e1000 *d)
{
    ready(d);
    transmit_one(d, TXD_EOP | TXD_IFCS);
    check_eq(rd(d, ICR) & (ICR_TXQE | ICR_TXDW), ICR_TXQE);
}

/* Moderation */

/* At least ITR * 256 ns between two interrupts */
static void test_itr(struct e1000 *d)
{
    if (skip_stock(moderation)) {
        return;
    }
    ready(d);
    wr(d, ITR, 400); /* 102.4 us */
    us(d, 1000);
    wr(d, IMS, ICR_TXDW);
    wr(d, ICS, ICR_TXDW);
    check(pin(d));
    rd(d, ICR);
    check(!pin(d));
    wr(d, ICS, ICR_TXDW);
    check(!pin(d));
    us(d, 90);
    check(!pin(d));
    us(d, 20);
    check(pin(d));
    rd(d, ICR);
    check(!pin(d));
    /* A long silence leaves no debt */
    us(d, 10000);
    wr(d, ICS, ICR_TXDW);
    check(pin(d));
    rd(d, ICR);
    /* Off again: at once */
    wr(d, ITR, 0);
    for (unsigned i = 0; i < 3; i++) {
        wr(d, ICS, ICR_TXDW);
        check(pin(d));
        rd(d, ICR);
    }
}

/* RDTR: from the last frame on, in 1.024 us (SDM 13.4.30) */
static void test_rdtr(struct e1000 *d)
{
    ready(d);
    wr(d, RDTR, 100);
    receive_one(d, 100);
    us(d, 60);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
    /* Another frame loads the timer again */
    receive_one(d, 100);
    us(d, 60);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
    us(d, 50);
    check_eq(rd(d, ICR) & ICR_RXT0, ICR_RXT0);
    us(d, 1000);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
}

/* RADV: from the first frame on, whatever follows (SDM 13.4.31) */
static void test_radv(struct e1000 *d)
{
    ready(d);
    wr(d, RDTR, 100);
    wr(d, RADV, 150);
    for (unsigned i = 0; i < 3; i++) {
        receive_one(d, 100);
        check_eq(rd(d, ICR) & ICR_RXT0, 0);
        us(d, 50);
    }
    us(d, 5);
    check_eq(rd(d, ICR) & ICR_RXT0, ICR_RXT0);
    /* One expiry stopped the other timer */
    us(d, 1000);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
}

/* RDTR=0 interrupts per frame, and RADV does not count (SDM 3.2.7.1) */
static void test_rdtr_zero(struct e1000 *d)
{
    ready(d);
    wr(d, RADV, 1000);
    for (unsigned i = 0; i < 3; i++) {
        receive_one(d, 100);
        check_eq(rd(d, ICR) & ICR_RXT0, ICR_RXT0);
    }
}

/* FPD is an expiry at once, and reads 0 */
static void test_fpd(struct e1000 *d)
{
    ready(d);
    wr(d, RDTR, 1000);
    receive_one(d, 100);
    us(d, 10);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
    wr(d, RDTR, 1000 | RDTR_FPD);
    check_eq(rd(d, ICR) & ICR_RXT0, ICR_RXT0);
    check_eq(rd(d, RDTR), 1000);
    us(d, 2000);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
}

/* RSRPD: short frames interrupt at once (SDM 3.2.7.2) */
static void test_small_packets(struct e1000 *d)
{
    ready(d);
    wr(d, RDTR, 1000);
    wr(d, RSRPD, 80);
    receive_one(d, 200);
    us(d, 10);
    check_eq(rd(d, ICR) & (ICR_RXT0 | ICR_SRPD), 0);
    receive_one(d, 80);
    check_eq(rd(d, ICR) & (ICR_RXT0 | ICR_SRPD), ICR_RXT0 | ICR_SRPD);
    /* The timers were stopped */
    us(d, 2000);
    check_eq(rd(d, ICR) & ICR_RXT0, 0);
}

/* TIDV: from the last descriptor with RS and IDE on (SDM 13.4.41) */
static void test_tidv(struct e1000 *d)
{
    ready(d);
    wr(d, TIDV, 100);
    transmit_one(d, CMD | TXD_IDE);
    us(d, 60);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
    transmit_one(d, CMD | TXD_IDE);
    us(d, 60);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
    us(d, 50);
    check_eq(rd(d, ICR) & ICR_TXDW, ICR_TXDW);
    us(d, 1000);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
}

/* TADV: from the first one on (SDM 13.4.44) */
static void test_tadv(struct e1000 *d)
{
    ready(d);
    wr(d, TIDV, 100);
    wr(d, TADV, 150);
    for (unsigned i = 0; i < 3; i++) {
        transmit_one(d, CMD | TXD_IDE);
        check_eq(rd(d, ICR) & ICR_TXDW, 0);
        us(d, 50);
    }
    us(d, 5);
    check_eq(rd(d, ICR) & ICR_TXDW, ICR_TXDW);
    us(d, 1000);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
}

/* RS without IDE interrupts at once and stops the timers (SDM 3.3.3) */
static void test_no_ide(struct e1000 *d)
{
    ready(d);
    wr(d, TIDV, 100);
    wr(d, TADV, 150);
    transmit_one(d, CMD | TXD_IDE);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
    transmit_one(d, CMD);
    check_eq(rd(d, ICR) & ICR_TXDW, ICR_TXDW);
    us(d, 1000);
    check_eq(rd(d, ICR) & ICR_TXDW, 0);
}

/* All of it together, as drivers use it */
static void test_together(struct e1000 *d)
{
    if (skip_stock(moderation)) {
        return;
    }
    ready(d);
    wr(d, ITR, 1000); /* 256 us */
    wr(d, RDTR, 20);
    wr(d, RADV, 100);
    wr(d, TIDV, 30);
    wr(d, TADV, 100);
    us(d, 10000);
    wr(d, IMS, ICR_RXT0 | ICR_TXDW);
    receive_one(d, 100);
    transmit_one(d, CMD | TXD_IDE);
    check(!pin(d));
    us(d, 21);
    check(pin(d));
    check_eq(rd(d, ICR) & (ICR_RXT0 | ICR_TXDW), ICR_RXT0);
    us(d, 11);
    /* TXDW is there, but the pin waits for ITR */
    check(!pin(d));
    us(d, 300);
    check(pin(d));
    check_eq(rd(d, ICR) & (ICR_RXT0 | ICR_TXDW), ICR_TXDW);
}

/* MSI: on the 82545EM (SDM 6.3) */

static uint8_t msi_on(struct e1000 *d)
{
    uint8_t at = pci_capability(&d->pci, PCI_CAP_MSI);

    check(at != 0);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS), MSI_AT);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS_HIGH), 0);
    pci_writew(&d->pci, (uint8_t)(at + MSI_DATA), MSI_MESSAGE);
    pci_writew(&d->pci, (uint8_t)(at + MSI_CONTROL), MSI_ENABLE);
    qtest_writel(d->qts, MSI_AT, 0);
    return at;
}

/* Was a message written since the last call? */
static bool msi_came(struct e1000 *d)
{
    bool came;

    qtest_inb(d->qts, 0x80);
    came = qtest_readl(d->qts, MSI_AT) == MSI_MESSAGE;
    qtest_writel(d->qts, MSI_AT, 0);
    return came;
}

static void test_msi(struct e1000 *d)
{
    uint8_t at;

    ready(d);
    at = msi_on(d);
    wr(d, ICS, ICR_LSC);
    check(!msi_came(d));
    wr(d, IMS, ICR_LSC);
    check(msi_came(d));
    check(!pin(d));
    /* Once per interrupt, not while it lasts */
    wr(d, ICS, ICR_LSC);
    check(!msi_came(d));
    rd(d, ICR);
    check(!msi_came(d));
    wr(d, ICS, ICR_LSC);
    check(msi_came(d));
    check(!pin(d));
    /* Off: the pin takes over */
    pci_writew(&d->pci, (uint8_t)(at + MSI_CONTROL), 0);
    check(pin(d));
    check(!msi_came(d));
    rd(d, ICR);
    check(!pin(d));
}

static void test_msi_capability(struct e1000 *d)
{
    uint8_t at = pci_capability(&d->pci, PCI_CAP_MSI);

    check_eq(at, 0xf0);
    check_eq(pci_readw(&d->pci, (uint8_t)(at + MSI_CONTROL)), 0x0080);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS), ~0u);
    check_eq(pci_readl(&d->pci, (uint8_t)(at + MSI_ADDRESS)), 0xfffffffc);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS_HIGH), 0x12345678);
    check_eq(pci_readl(&d->pci, (uint8_t)(at + MSI_ADDRESS_HIGH)), 0x12345678);
    pci_writel(&d->pci, (uint8_t)(at + MSI_DATA), ~0u);
    check_eq(pci_readl(&d->pci, (uint8_t)(at + MSI_DATA)) & 0xffff, 0xffff);
}

/* A message to nowhere does no harm */
static void test_msi_nowhere(struct e1000 *d)
{
    uint8_t at;

    ready(d);
    at = msi_on(d);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS), 0xfffffffc);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS_HIGH), 0xffffffff);
    wr(d, IMS, ICR_LSC);
    wr(d, ICS, ICR_LSC);
    check(qtest_alive(d->qts));
    /* Nor does one into the card's own registers */
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS), E1000_MMIO + ICS);
    pci_writel(&d->pci, (uint8_t)(at + MSI_ADDRESS_HIGH), 0);
    rd(d, ICR);
    wr(d, ICS, ICR_LSC);
    rd(d, ICR);
    check(qtest_alive(d->qts));
}

/* Nothing is sent without bus mastering */
static void test_msi_bus_master(struct e1000 *d)
{
    ready(d);
    msi_on(d);
    wr(d, IMS, ICR_LSC);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_MEMORY);
    wr(d, ICS, ICR_LSC);
    check(!msi_came(d));
}

static const struct e1000_test tests[] = {
    { "cause-set", test_cause_set, ON_ALL },
    { "mask", test_mask, ON_ALL },
    { "late-unmask", test_late_unmask },
    { "write-one", test_write_one },
    { "ethtool-selftest", test_selftest, ON_ALL },
    { "unknown-bits", test_unknown_bits, ON_ALL, DIFF_irq_bits },
    { "intx-disable", test_intx_disable },
    { "level", test_level },
    { "link-change", test_link_change, ON_ALL },
    { "mdac", test_mdac },
    { "txqe", test_txqe },
    { "itr", test_itr, ON_40_45 },
    { "rdtr", test_rdtr, ON_ALL, DIFF_delay_timers },
    { "radv", test_radv, ON_40_45, DIFF_delay_timers },
    { "rdtr-zero", test_rdtr_zero },
    { "fpd", test_fpd, .differs = DIFF_delay_timers },
    { "small-packets", test_small_packets, ON_40_45, DIFF_delay_timers },
    { "tidv", test_tidv, ON_ALL, DIFF_delay_timers },
    { "tadv", test_tadv, ON_40_45, DIFF_delay_timers },
    { "no-ide", test_no_ide, .differs = DIFF_delay_timers },
    { "together", test_together, ON_40_45 },
    { "msi/message", test_msi, ON_82545EM, DIFF_msi },
    { "msi/capability", test_msi_capability, ON_82545EM, DIFF_msi },
    { "msi/nowhere", test_msi_nowhere, ON_82545EM, DIFF_msi },
    { "msi/bus-master", test_msi_bus_master, ON_82545EM, DIFF_msi },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("irq", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
