// SPDX-License-Identifier: MIT
/*
 * ne2k-drivers-test.c - habits of real drivers, one test each
 *
 * What drivers of Linux, BSD, Windows NT, OS/2, NetWare, MINIX, ELKS and DOS
 * do to the card beyond the ordinary, register by register as they do it.
 * Linux under load is in ne2k-deadlock-test.c.
 */
#include "libne2k.h"

#include <string.h>

enum {
    PAGE1 = 1 << CR_PAGE_SHIFT,
    PAGE3 = 3 << CR_PAGE_SHIFT,
    STOPPED = CR_ABORT | CR_STP,
    STARTED = CR_ABORT | CR_STA,
    PROM_LEN = 32,
    TICK_US = 20000,
};

/* CR and registers without the library's care for pages */
static void raw_out(struct ne2k *d, unsigned at, uint8_t value)
{
    qtest_outb(d->qts, (uint16_t)(d->io + at), value);
    if (at == CR) {
        d->page = value >> CR_PAGE_SHIFT;
    }
}

static uint8_t raw_in(struct ne2k *d, unsigned at)
{
    return qtest_inb(d->qts, (uint16_t)(d->io + at));
}

static void reset_by_port(struct ne2k *d)
{
    uint8_t value = raw_in(d, RESET_PORT);

    raw_out(d, RESET_PORT, value);
    d->page = 0;
}

/* Traffic in both directions, after a driver's probe and init */
static void check_traffic(struct ne2k *d)
{
    struct frame f;

    for (unsigned i = 0; i < 5; i++) {
        frame_plain(&f, mac_peer, 60 + i * 300, (uint8_t)i);
        tx_frame(d, &f);
        tx_seen(d, &f);
        frame_plain(&f, mac_nic, 60 + i * 300, (uint8_t)(i + 9));
        rx_accepted(d, &f);
    }
}

/* Linux: the part that ne and ne2k-pci share */
static void linux_probe(struct ne2k *d)
{
    uint8_t kept;

    check(raw_in(d, CR) != 0xff);
    raw_out(d, CR, PAGE1 | STOPPED);
    kept = raw_in(d, 0x0d);
    raw_out(d, 0x0d, 0xff);
    raw_out(d, CR, CR_ABORT);
    raw_in(d, CNTR0);
    check_eq(raw_in(d, CNTR0), 0);
    raw_out(d, CNTR0, kept);
    reset_by_port(d);
    check(wait_for(raw_in(d, ISR) & ISR_RST));
    raw_out(d, ISR, 0xff);
}

/* The sequence of registers before the PROM is read */
static void linux_prom(struct ne2k *d, uint8_t dcr, uint8_t *prom)
{
    raw_out(d, CR, STOPPED);
    raw_out(d, DCR, dcr);
    out_pair(d, RBCR0, 0);
    raw_out(d, IMR, 0);
    raw_out(d, ISR, 0xff);
    raw_out(d, RCR, 0x20);
    raw_out(d, TCR, TCR_LB1);
    raw_out(d, RBCR0, PROM_LEN);
    raw_out(d, RBCR1, 0);
    raw_out(d, RSAR0, 0);
    raw_out(d, RSAR1, 0);
    raw_out(d, CR, CR_READ | CR_STA);
    for (unsigned i = 0; i < PROM_LEN; i++) {
        prom[i] = (uint8_t)data_in(d, 1);
    }
}

/* ne2k-pci: byte reads in word mode, each a byte of the address */
static void test_linux_ne2k_pci(struct ne2k *d)
{
    uint8_t prom[PROM_LEN];

    linux_probe(d);
    linux_prom(d, DCR_WORDS, prom);
    check_mem(prom, mac_nic, 6);
    ne2k_init(d, RCR_AB);
    check_traffic(d);
}

/* ne: byte mode; pairs that are equal mean a 16-bit board, 57 57 a NE2000 */
static void test_linux_ne(struct ne2k *d)
{
    uint8_t prom[PROM_LEN];

    linux_probe(d);
    linux_prom(d, DCR_BYTES, prom);
    for (unsigned i = 0; i < PROM_LEN; i += 2) {
        check_eq(prom[i], prom[i + 1]);
        prom[i / 2] = prom[i];
    }
    check_mem(prom, mac_nic, 6);
    check_eq(prom[14], 0x57);
    check_eq(prom[15], 0x57);
    ne2k_init(d, RCR_AB);
    check_traffic(d);
}

/* ne: a transfer of nothing makes the interrupt that shows its line */
static void test_linux_autoprobe(struct ne2k *d)
{
    unsigned raises = qtest_irq_raises(d->qts, d->line);

    linux_probe(d);
    raw_out(d, IMR, 0x50);
    raw_out(d, RBCR0, 0);
    raw_out(d, RBCR1, 0);
    raw_out(d, CR, CR_READ | CR_STA);
    pause_us(d, TICK_US);
    check_eq(qtest_irq_raises(d->qts, d->line), raises + 1);
    raw_out(d, IMR, 0);
    check(!qtest_irq(d->qts, d->line));
}

/* NetBSD, FreeBSD: CR is exactly 21h, memory is not that of an NE1000 */
static void test_bsd(struct ne2k *d)
{
    uint8_t want[32];
    uint8_t got[32];

    reset_by_port(d);
    pause_us(d, 5000);
    raw_out(d, CR, STOPPED);
    pause_us(d, 5000);
    check_eq(raw_in(d, CR) & (CR_ABORT | CR_TXP | CR_STA | CR_STP), STOPPED);
    check_eq(raw_in(d, ISR) & ISR_RST, ISR_RST);
    raw_out(d, CR, STARTED);
    raw_out(d, RCR, RCR_MON);
    ne2k_bytes(d);
    raw_out(d, PSTART, 0x20);
    raw_out(d, PSTOP, 0x40);
    memcpy(want, "THIS IS A TEST OF THE MEMORY 32", sizeof(want));
    remote_write(d, 0x2000, want, sizeof(want));
    remote_read(d, 0x2000, got, sizeof(got));
    check(memcmp(got, want, sizeof(got)) != 0);
    raw_out(d, DCR, DCR_WORDS);
    d->width = 2;
    raw_out(d, PSTART, 0x40);
    raw_out(d, PSTOP, 0x80);
    remote_write(d, RAM, want, sizeof(want));
    remote_read(d, RAM, got, sizeof(got));
    check_mem(got, want, sizeof(got));
    /* The interrupt routine loops until ISR reads 0 */
    ne2k_init(d, RCR_AB);
    check_traffic(d);
    out8(d, ISR, in8(d, ISR));
    check_eq(in8(d, ISR), 0);
}

/* FreeBSD: Realtek's identity in page 0 */
static void test_freebsd_realtek(struct ne2k *d)
{
    raw_out(d, CR, STOPPED);
    check_eq(raw_in(d, 0x0a), 0x50);
    check_eq(raw_in(d, 0x0b), 0x43);
}

/* Windows NT: where memory begins and ends, by one byte per KiB */
static void test_nt_memory(struct ne2k *d)
{
    static const uint8_t patterns[] = { 0xaa, 0x55, 0xff, 0x00 };
    unsigned first = 0;
    unsigned end = 0;

    ne2k_init(d, RCR_AB);
    ne2k_bytes(d);
    for (unsigned at = 0x400; at <= 0xfc00 && !end; at += 0x400) {
        bool is = true;

        for (size_t i = 0; i < sizeof(patterns); i++) {
            uint8_t got;

            remote_write(d, (uint16_t)at, &patterns[i], 1);
            remote_read(d, (uint16_t)at, &got, 1);
            is = is && got == patterns[i];
        }
        if (is && !first) {
            first = at;
        } else if (!is && first) {
            end = at;
        }
    }
    check_eq(first, RAM);
    check_eq(end, RAM_END);
}

/* Windows NT: is there a chip? CR after a reset, and after STOP */
static void test_nt_probe(struct ne2k *d)
{
    uint8_t cr;

    raw_out(d, IMR, 0);
    raw_out(d, CR, STOPPED);
    pause_us(d, 2000);
    cr = raw_in(d, CR);
    check(cr == 0x21 || cr == 0x23);
    raw_out(d, DCR, 0x50);
    raw_out(d, TPSR, 0xa0);
    raw_out(d, PSTART, 4);
    raw_out(d, PSTOP, 0xff);
    raw_out(d, BNRY, 4);
    raw_out(d, CR, PAGE1 | CR_STP);
    raw_out(d, CURR & 15, 4);
    raw_out(d, CR, CR_STP);
    check(raw_in(d, CR) & CR_STP);
    raw_out(d, RBCR0, 55);
    raw_out(d, CR, CR_READ | CR_STA);
    reset_by_port(d);
    raw_out(d, RESET_PORT, 0xff);
    raw_out(d, CR, STOPPED);
    pause_us(d, 2000);
    check_eq(raw_in(d, CR), 0x21);
    raw_out(d, CR, STOPPED);
    out_pair(d, RBCR0, 0);
    check(raw_in(d, ISR) & ISR_RST);
}

/* iPXE: reads back MAR, writes a frame in four parts, polls RSR.PRX */
static void test_ipxe(struct ne2k *d)
{
    static const uint8_t parts[] = { 6, 6, 2, 46 };
    struct frame f;
    unsigned at = 0;

    ne2k_init(d, RCR_AB | RCR_AM);
    ne2k_multicast(d, 0xff);
    for (unsigned i = 0; i < 8; i++) {
        check_eq(in8(d, MAR0 + i), 0xff);
    }
    frame_plain(&f, mac_peer, 60, 1);
    for (size_t i = 0; i < sizeof(parts); i++) {
        remote_write(d, (uint16_t)(TX_PAGE * PAGE + at), f.data + at, parts[i]);
        at += parts[i];
    }
    /* An empty payload is one more transfer, and RDC must come */
    remote_write(d, (uint16_t)(TX_PAGE * PAGE + at), f.data, 0);
    tx_start(d, TX_PAGE, 60);
    tx_seen(d, &f);
    frame_plain(&f, mac_nic, 60, 2);
    rx_send(d, &f);
    check(wait_for(in8(d, RSR) & RSR_PRX));
    rx_send(d, &f);
    for (unsigned i = 0; i < 2; i++) {
        struct received r;

        /* It never acknowledges PRX */
        check(rx_header(d, &r));
        rx_read(d, &r);
        rx_same(d, &r, &f);
        rx_free(d, &r);
    }
}

/*
 * ELKS, TLVC: RST, TXP and RDC are polled without an end; CR without RD2;
 * only 01h and 21h are a good header
 */
static void test_elks(struct ne2k *d)
{
    struct frame f;
    struct received r;

    raw_out(d, CR, CR_ABORT);
    check(raw_in(d, CR) != 0x00 && raw_in(d, CR) != 0xff);
    reset_by_port(d);
    check(wait_for(raw_in(d, ISR) & ISR_RST));
    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 60, 1);
    tx_load(d, TX_PAGE, &f);
    out8(d, TPSR, TX_PAGE);
    out_pair(d, TBCR0, 60);
    raw_out(d, CR, CR_TXP | CR_STA);
    check(wait_for(!(raw_in(d, CR) & CR_TXP)));
    tx_seen(d, &f);
    frame_plain(&f, mac_broadcast, 60, 1);
    rx_frame(d, &f, &r);
    check_eq(r.status & ~0x21u, 0);
    check(r.next < RING_STOP);
    /* Pages are switched with 40h and 00h; the chip runs on */
    raw_out(d, CR, PAGE1);
    check_eq(raw_in(d, CURR & 15), d->next);
    raw_out(d, CR, 0);
    rx_accepted(d, &f);
}

/* ... and an overflow: STP, RST without an end, CURR is set back */
static void test_elks_overflow(struct ne2k *d)
{
    struct frame f;

    ne2k_init_ring(d, RCR_AB, RING_START, RING_START + 16);
    for (unsigned i = 0; i < 40; i++) {
        frame_plain(&f, mac_nic, 300, (uint8_t)i);
        rx_send(d, &f);
    }
    check(wait_for(in8(d, ISR) & ISR_OVW));
    raw_out(d, CR, STOPPED);
    check(wait_for(raw_in(d, ISR) & ISR_RST));
    out_pair(d, RBCR0, 0);
    raw_out(d, TCR, TCR_LB1);
    raw_out(d, CR, STARTED);
    out8(d, CURR, (uint8_t)(in8(d, BNRY) + 1));
    d->next = in8(d, CURR);
    out8(d, ISR, ISR_OVW);
    out8(d, TCR, 0);
    frame_plain(&f, mac_nic, 300, 99);
    rx_send(d, &f);
    for (unsigned i = 0; i < 40; i++) {
        struct received r;

        if (!check(rx_take(d, &r)) || r.data.data[14] == f.data[14]) {
            break;
        }
    }
}

/* MINIX: selects pages with TXP and RD 0, and starts with STA added */
static void test_minix(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    raw_out(d, CR, PAGE3 | CR_STA);
    raw_out(d, CR, CR_STA);
    raw_out(d, CR, PAGE1 | CR_STA);
    check_eq(raw_in(d, CURR & 15), d->next);
    raw_out(d, CR, CR_STA);
    check_traffic(d);
}

/* OS/2 (RTL8029): identity, auto-load, all memory at once, RD2 polled */
static void test_os2(struct ne2k *d)
{
    uint8_t value;

    raw_out(d, CR, PAGE3 | STOPPED);
    raw_out(d, HLTCLK & 15, 'R');
    raw_out(d, CR, STOPPED);
    check_eq(raw_in(d, CR) & ~CR_STA, STOPPED);
    check_eq(raw_in(d, 0x0a), 'P');
    check_eq(raw_in(d, 0x0b), 'C');
    raw_out(d, CR, PAGE3 | STOPPED);
    check_eq(raw_in(d, ASID0 & 15), 0x29);
    check_eq(raw_in(d, ASID1 & 15), 0x80);
    raw_out(d, CR9346 & 15, EEM_LOAD);
    pause_us(d, 96000);
    raw_out(d, CR, PAGE3 | STOPPED);
    check_eq(raw_in(d, CR9346 & 15) & EEM_MASK, 0);
    raw_out(d, CR, STARTED);
    raw_out(d, DCR, DCR_WORDS);
    /* Fewer than 16 KiB here: the rest is in ne2k-remote-test.c */
    remote_begin(d, CR_WRITE, RAM, 64);
    for (unsigned i = 0; i < 32; i++) {
        data_out(d, 2, 0xe5e5);
    }
    check(raw_in(d, CR) & CR_ABORT);
    remote_begin(d, CR_READ, RAM, 64);
    for (unsigned i = 0; i < 32; i++) {
        check_eq(data_in(d, 2), 0xe5e5);
    }
    check(raw_in(d, CR) & CR_ABORT);
    /* Six words of a transfer that says 3 KiB: the address */
    remote_begin(d, CR_READ, 0, 0x0c00);
    for (unsigned i = 0; i < 6; i++) {
        value = (uint8_t)data_in(d, 2);
        check_eq(value, mac_nic[i]);
    }
    ne2k_init(d, RCR_AB);
    check_traffic(d);
}

/* Crynwr: STOP and START in a row must not disturb the ring */
static void test_crynwr(struct ne2k *d)
{
    struct frame f;
    struct received r;

    reset_by_port(d);
    pause_us(d, 1600);
    raw_out(d, CR, STOPPED);
    pause_us(d, 1600);
    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_nic, 200, 1);
    rx_send(d, &f);
    check(wait_for(in8(d, CURR) != d->next));
    raw_out(d, CR, STOPPED);
    raw_out(d, CR, STARTED);
    ne2k_multicast(d, 0xff);
    rx_send(d, &f);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t head[26];

        /* Header and first 22 bytes in one transfer, then all the rest */
        check(rx_header(d, &r));
        remote_read(d, (uint16_t)(r.page * PAGE), head, sizeof(head));
        check_mem(head + RING_HEADER, f.data, 22);
        rx_read(d, &r);
        rx_same(d, &r, &f);
        out8(d, ISR, ISR_PRX);
        rx_free(d, &r);
    }
}

/* National's AN-874: IMR off and on again is a new edge for the 8259 */
static void test_an874(struct ne2k *d)
{
    struct frame f;
    unsigned raises;

    ne2k_init(d, RCR_AB);
    check_eq(in8(d, CR), STARTED); /* 26h would be busy */
    raises = qtest_irq_raises(d->qts, d->line);
    out8(d, IMR, 0x1b);
    frame_plain(&f, mac_nic, 60, 1);
    rx_send(d, &f);
    check(wait_for(qtest_irq_raises(d->qts, d->line) == raises + 1));
    out8(d, IMR, 0);
    out8(d, IMR, 0x1b);
    check_eq(qtest_irq_raises(d->qts, d->line), raises + 2);
    rx_accepted(d, &f);
}

/* U-Boot, eCos: one byte is read before each write; RDC is waited for */
static void test_uboot(struct ne2k *d)
{
    uint8_t data[16] = { 1, 2, 3 };
    uint8_t got[16];

    ne2k_init(d, RCR_AB);
    for (unsigned i = 0; i < 3; i++) {
        remote_begin(d, CR_READ, TX_PAGE * PAGE - 1, 1);
        data_in(d, 2);
        check(in8(d, ISR) & ISR_RDC);
        out8(d, ISR, ISR_RDC);
        remote_write(d, TX_PAGE * PAGE, data, sizeof(data));
        remote_read(d, TX_PAGE * PAGE, got, sizeof(got));
        check_mem(got, data, sizeof(got));
    }
}

/* Novell's ODI driver: RSAR is seen in CRDA, reading goes on from there */
static void test_novell_odi(struct ne2k *d)
{
    uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    ne2k_init(d, RCR_AB);
    remote_write(d, RAM, data, sizeof(data));
    out_pair(d, RSAR0, RAM);
    check_eq(in_pair(d, CRDA0), RAM);
    for (unsigned i = 0; i < sizeof(data); i += 4) {
        out_pair(d, RBCR0, 4);
        out8(d, CR, CR_READ | CR_STA);
        check_eq(data_in(d, 2), data[i] | data[i + 1] << 8);
        check_eq(data_in(d, 2), data[i + 2] | data[i + 3] << 8);
    }
    check_traffic(d);
}

/* NetWare 3.11: transmits from an image of packet memory at C000h */
static void test_netware(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 100, 1);
    tx_load(d, TX_PAGE, &f);
    tx_start(d, TX_PAGE | 0x80, 100);
    check_eq(tx_end(d), ISR_PTX);
    tx_seen(d, &f);
}

static const struct ne2k_test tests[] = {
    { "linux/ne2k-pci", test_linux_ne2k_pci },
    { "linux/ne", test_linux_ne, ON_BOTH },
    { "linux/autoprobe", test_linux_autoprobe, ON_BOTH },
    { "bsd", test_bsd, ON_BOTH },
    { "freebsd/realtek", test_freebsd_realtek },
    { "nt/memory", test_nt_memory, ON_BOTH, DIFF_ne2k_memory },
    { "nt/probe", test_nt_probe, ON_BOTH },
    { "ipxe", test_ipxe, ON_BOTH },
    { "elks/traffic", test_elks, ON_BOTH },
    { "elks/overflow", test_elks_overflow, ON_BOTH, DIFF_ne2k_overflow },
    { "minix", test_minix },
    { "os2", test_os2, .differs = DIFF_ne2k_page3 },
    { "crynwr", test_crynwr, ON_BOTH },
    { "an-874", test_an874, ON_BOTH },
    { "u-boot", test_uboot, ON_BOTH },
    { "novell/odi", test_novell_odi, ON_BOTH },
    { "novell/netware", test_netware, ON_BOTH },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("drivers", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
