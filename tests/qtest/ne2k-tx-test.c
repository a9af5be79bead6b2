// SPDX-License-Identifier: MIT
/*
 * ne2k-tx-test.c - transmission and loopback of the NE2000
 */
#include "libne2k.h"

#include <string.h>

enum {
    SECOND_PAGE = TX_PAGE + 6, /* Linux's other transmit buffer */
    LONGEST = RAM_END - RAM,
    TSR_RESERVED = 1 << 1, /* Realtek's reads 1; the papers disagree on D's */
};

static uint8_t tsr(struct ne2k *d)
{
    return in8(d, TSR) & (uint8_t)~TSR_RESERVED;
}

static void set_link(struct ne2k *d, bool up)
{
    qmp_ok(d->qts,
           "{'execute': 'set_link', 'arguments': {'name': 'net0', 'up': %s}}",
           up ? "true" : "false");
}

static void test_lengths(struct ne2k *d)
{
    static const size_t lengths[] = { 60,   61,   62,   63,   64,   65,
                                      100,  255,  256,  257,  511,  512,
                                      513,  767,  768,  1023, 1024, 1025,
                                      1279, 1511, 1512, 1513, 1514 };
    struct frame f;

    ne2k_init(d, RCR_AB);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_peer, lengths[i], (uint8_t)i);
        tx_frame(d, &f);
        tx_seen(d, &f);
        check_eq(tsr(d), TSR_PTX);
        check_eq(in8(d, NCR), 0);
    }
}

/* The chip does not pad, and does not cut (D) */
static void test_any_length(struct ne2k *d)
{
    static const size_t lengths[] = { 14, 15, 20, 59, 1515, 1518, 2048, 9000 };
    struct frame f;

    ne2k_init(d, RCR_AB);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        frame_plain(&f, mac_peer, lengths[i], (uint8_t)i);
        tx_frame(d, &f);
        tx_seen(d, &f);
    }
}

/* From every page on; two buffers in turn, as drivers have them */
static void test_pages(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    for (uint8_t page = TX_PAGE; page < RAM_END / PAGE; page++) {
        frame_plain(&f, mac_peer, 100, page);
        tx_load(d, page, &f);
        tx_start(d, page, 100);
        tx_seen(d, &f);
        check_eq(tx_end(d), ISR_PTX);
    }
}

static void test_two_buffers(struct ne2k *d)
{
    struct frame one;
    struct frame two;

    ne2k_init(d, RCR_AB);
    frame_plain(&one, mac_peer, 1514, 1);
    frame_plain(&two, mac_peer, 1514, 2);
    tx_load(d, TX_PAGE, &one);
    tx_start(d, TX_PAGE, 1514);
    tx_load(d, SECOND_PAGE, &two);
    check_eq(tx_end(d), ISR_PTX);
    tx_start(d, SECOND_PAGE, 1514);
    check_eq(tx_end(d), ISR_PTX);
    tx_seen(d, &one);
    tx_seen(d, &two);
}

/* Nothing wraps at PSTOP */
static void test_through_ring(struct ne2k *d)
{
    struct frame f;

    ne2k_init_ring(d, RCR_AB, 0x60, 0x62);
    frame_plain(&f, mac_peer, 1514, 1);
    out8(d, PSTOP, 0x70); /* for remote DMA does */
    tx_load(d, 0x60, &f);
    out8(d, PSTOP, 0x62);
    tx_start(d, 0x60, 1514);
    tx_seen(d, &f);
}

/* An OS/2 driver asks for an interrupt with a frame of nothing */
static void test_empty(struct ne2k *d)
{
    ne2k_init(d, RCR_AB);
    out8(d, IMR, ISR_PTX | ISR_TXE);
    tx_start(d, TX_PAGE, 0);
    check(qtest_irq(d->qts, d->line));
    check_eq(tx_end(d), ISR_PTX);
    check(!qtest_irq(d->qts, d->line));
    wire_silent(d->qts, &d->peer);
}

/* TPSR and TBCR stay: the overflow ritual sends again without loading them */
static void test_again(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 77, 1);
    tx_frame(d, &f);
    tx_seen(d, &f);
    for (unsigned i = 0; i < 3; i++) {
        out8(d, CR, CR_ABORT | CR_TXP | CR_STA);
        check_eq(tx_end(d), ISR_PTX);
        tx_seen(d, &f);
    }
}

/* Crynwr gives the count first, then the data, then the page */
static void test_count_first(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 99, 1);
    out_pair(d, TBCR0, 99);
    tx_load(d, TX_PAGE, &f);
    out8(d, TPSR, TX_PAGE);
    out8(d, CR, CR_ABORT | CR_TXP | CR_STA);
    check_eq(tx_end(d), ISR_PTX);
    tx_seen(d, &f);
}

static void test_interrupt(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    out8(d, IMR, ISR_PTX);
    frame_plain(&f, mac_peer, 60, 1);
    tx_load(d, TX_PAGE, &f);
    tx_start(d, TX_PAGE, 60);
    check(wait_for(qtest_irq(d->qts, d->line)));
    check_eq(tx_end(d), ISR_PTX);
    check(!qtest_irq(d->qts, d->line));
    /* IMR may come after TXP */
    out8(d, IMR, 0);
    tx_start(d, TX_PAGE, 60);
    check(wait_for(!(in8(d, CR) & CR_TXP)));
    check(!qtest_irq(d->qts, d->line));
    out8(d, IMR, ISR_PTX);
    check(qtest_irq(d->qts, d->line));
}

/* TCR.CRC: the last four bytes are the FCS, supplied by software */
static void test_own_fcs(struct ne2k *d)
{
    struct frame f;
    struct frame with_fcs;
    uint32_t fcs;

    ne2k_init(d, RCR_AB);
    out8(d, TCR, TCR_CRC);
    frame_plain(&f, mac_peer, 100, 1);
    fcs = ether_crc(f.data, f.len);
    with_fcs = f;
    for (unsigned i = 0; i < FCS_LEN; i++) {
        with_fcs.data[with_fcs.len++] = (uint8_t)(fcs >> (8 * i));
    }
    tx_frame(d, &with_fcs);
    tx_seen(d, &f);
    check_eq(tsr(d), TSR_PTX);
}

/* ... and nobody receives a frame whose FCS is wrong */
static void test_bad_fcs(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    out8(d, TCR, TCR_CRC);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    wire_silent(d->qts, &d->peer);
}

/* Carrier lost: the frame goes nowhere, and is not aborted (D, TSR.CRS) */
static void test_no_link(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    set_link(d, false);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    wire_silent(d->qts, &d->peer);
    differs (ne2k_tsr) {
        check_eq(tsr(d), TSR_PTX | TSR_CRS | TSR_CDH);
    }
    set_link(d, true);
    tx_frame(d, &f);
    tx_seen(d, &f);
    check_eq(tsr(d), TSR_PTX);
}

/*
 * TCR.ATD: a multicast with hash 62 disables the transmitter, one with hash 63
 * enables it
 */
static void test_remote_control(struct ne2k *d)
{
    static const uint8_t disable[6] = { 0x33, 0x33, 0, 0, 0, 1 };
    static const uint8_t enable[6] = { 0x09, 0, 0x07, 0xff, 0xff, 0xff };
    struct frame f;
    struct frame stop;
    struct frame go;

    ne2k_init(d, RCR_AB | RCR_AM);
    ne2k_multicast(d, 0xff);
    out8(d, TCR, TCR_ATD);
    frame_plain(&stop, disable, 60, 1);
    frame_plain(&go, enable, 60, 2);
    frame_plain(&f, mac_peer, 100, 3);
    tx_frame(d, &f);
    tx_seen(d, &f);
    rx_accepted(d, &stop);
    tx_start(d, TX_PAGE, 100);
    wire_silent(d->qts, &d->peer);
    check_eq(in8(d, ISR) & (ISR_PTX | ISR_TXE), 0);
    check(in8(d, CR) & CR_TXP);
    rx_accepted(d, &go);
    tx_seen(d, &f);
    check_eq(tx_end(d), ISR_PTX);
    /* Clearing ATD enables too */
    rx_accepted(d, &stop);
    out8(d, TCR, 0);
    tx_frame(d, &f);
    tx_seen(d, &f);
}

/* Loopback (D section 12, AN-937, RTL8019AS) */

/** struct loop - One frame in loopback, and what is expected of it */
struct loop {
    const char *name;
    uint8_t tcr;
    const uint8_t *to;
    bool bad_fcs; /* with TCR.CRC */
    uint8_t tsr;
    uint8_t rsr;
    uint8_t isr; /* RXE aside, on which the papers disagree */
    bool rxe;    /* none of them has it */
};

static const uint8_t mac_group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };

static const struct loop loops[] = {
    /* The one CRC unit is the transmitter's: a match is never good */
    { "mode 1", TCR_LB1, mac_nic, false, 0x51, RSR_CRC, ISR_PTX, true },
    { "mode 1, no match", TCR_LB1, mac_other, false, 0x51, RSR_PRX, ISR_PTX,
      false },
    { "mode 2", TCR_LB2, mac_nic, false, 0x41, RSR_CRC, ISR_PTX, true },
    { "mode 2, no match", TCR_LB2, mac_other, false, 0x41, RSR_PRX, ISR_PTX,
      false },
    { "mode 3", TCR_LB3, mac_nic, false, 0x01, RSR_CRC, ISR_PTX, true },
    /* With TCR.CRC the receiver checks what software supplied */
    { "FCS good", TCR_LB1 | TCR_CRC, mac_nic, false, 0x51, RSR_PRX, ISR_PTX,
      false },
    { "FCS good, multicast", TCR_LB1 | TCR_CRC, mac_group, false, 0x51,
      RSR_PRX | RSR_PHY, ISR_PTX, false },
    { "FCS bad", TCR_LB1 | TCR_CRC, mac_nic, true, 0x51, RSR_CRC, ISR_PTX,
      true },
    { "FCS bad, multicast", TCR_LB1 | TCR_CRC, mac_group, true, 0x51,
      RSR_CRC | RSR_PHY, ISR_PTX, true },
    { "FCS bad, no match", TCR_LB1 | TCR_CRC, mac_other, true, 0x51, RSR_PRX,
      ISR_PTX, false },
};

/* Through mode 0 between modes; LS = 0 and bytes, as loopback is */
static void loop_mode(struct ne2k *d, uint8_t tcr, uint8_t dcr)
{
    out8(d, TCR, 0);
    out8(d, DCR, dcr);
    out8(d, TCR, tcr);
    out8(d, ISR, 0xff);
}

static void append_fcs(struct frame *f, bool bad)
{
    uint32_t fcs = ether_crc(f->data, f->len);

    if (bad) {
        fcs ^= 1;
    }
    for (unsigned i = 0; i < FCS_LEN; i++) {
        f->data[f->len++] = (uint8_t)(fcs >> (8 * i));
    }
}

static void check_loop(struct ne2k *d, const struct loop *l)
{
    struct frame f;

    g_test_message("%s", l->name);
    loop_mode(d, 0, DCR_BYTES);
    frame_plain(&f, l->to, 60, 1);
    if (l->tcr & TCR_CRC) {
        append_fcs(&f, l->bad_fcs);
    }
    tx_load(d, TX_PAGE, &f);
    loop_mode(d, l->tcr, DCR_FT);
    tx_start(d, TX_PAGE, (uint16_t)f.len);
    check(wait_for(!(in8(d, CR) & CR_TXP)));
    check_eq(tsr(d), l->tsr);
    check_eq(in8(d, RSR), l->rsr);
    check_eq(in8(d, ISR) & (unsigned)~(l->rxe ? ISR_RXE : 0), l->isr);
    if (l->tcr == TCR_LB3) {
        tx_seen(d, &f); /* through the cable */
    } else {
        wire_silent(d->qts, &d->peer);
    }
    check_eq(in8(d, CURR), d->next);
}

static void test_loopback(struct ne2k *d)
{
    ne2k_init(d, RCR_AM);
    ne2k_multicast(d, 0xff);
    d->width = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(loops); i++) {
        check_loop(d, &loops[i]);
    }
}

/* What stays in the FIFO: the end of the frame, and the count thrice */
static void check_fifo(struct ne2k *d, const struct frame *f, size_t count,
                       unsigned shift)
{
    uint8_t want[8];
    uint32_t fcs = ether_crc(f->data, f->len);

    for (size_t k = count - 8; k < count; k++) {
        want[k % 8] =
            (uint8_t)(k < f->len ? f->data[k] : fcs >> (8 * (k - f->len)));
    }
    want[count % 8] = (uint8_t)count;
    want[(count + 1) % 8] = (uint8_t)(count >> 8);
    want[(count + 2) % 8] = (uint8_t)(count >> 8);
    out8(d, TPSR, TX_PAGE);
    out_pair(d, TBCR0,
             (uint16_t)((count == f->len ? count : count - FCS_LEN) << shift));
    out8(d, CR, CR_ABORT | CR_TXP | CR_STA);
    check(wait_for(!(in8(d, CR) & CR_TXP)));
    for (unsigned i = 0; i < 8; i++) {
        check_eq(in8(d, FIFO), want[i]);
    }
}

static void test_fifo(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, 0);
    d->width = 1;
    for (size_t len = 57; len < 66; len++) {
        loop_mode(d, 0, DCR_BYTES);
        frame_plain(&f, mac_nic, len, (uint8_t)len);
        tx_load(d, TX_PAGE, &f);
        loop_mode(d, TCR_LB1, DCR_FT);
        check_fifo(d, &f, len + FCS_LEN, 0);
        loop_mode(d, TCR_LB1 | TCR_CRC, DCR_FT);
        check_fifo(d, &f, len, 0);
    }
}

/* In word mode every other byte of memory is the frame: BOS tells which */
static void test_fifo_words(struct ne2k *d)
{
    struct frame f;
    struct frame spread;

    ne2k_init(d, 0);
    frame_plain(&f, mac_nic, 60, 1);
    memset(spread.data, 0xee, 120);
    spread.len = 120;
    for (unsigned i = 0; i < 60; i++) {
        spread.data[2 * i + 1] = f.data[i];
    }
    tx_load(d, TX_PAGE, &spread);
    loop_mode(d, TCR_LB1, DCR_FT | DCR_WTS);
    check_fifo(d, &f, 64, 1);
    check_eq(in8(d, RSR), RSR_CRC);
}

/* With LS = 1 it is a switch that isolates the card, for drivers */
static void test_isolated(struct ne2k *d)
{
    struct frame f;

    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 60, 1);
    tx_load(d, TX_PAGE, &f);
    out8(d, TCR, TCR_LB1);
    tx_start(d, TX_PAGE, 60);
    check_eq(tx_end(d), ISR_PTX);
    wire_silent(d->qts, &d->peer);
    out8(d, TCR, 0);
    tx_start(d, TX_PAGE, 60);
    check_eq(tx_end(d), ISR_PTX);
    tx_seen(d, &f);
}

static const struct ne2k_test tests[] = {
    { "lengths", test_lengths, ON_BOTH },
    { "any-length", test_any_length, ON_BOTH },
    { "pages", test_pages, ON_BOTH },
    { "two-buffers", test_two_buffers, ON_BOTH },
    { "through-ring", test_through_ring, ON_BOTH },
    { "empty", test_empty, ON_BOTH, DIFF_ne2k_empty },
    { "again", test_again, ON_BOTH },
    { "count-first", test_count_first, ON_BOTH },
    { "interrupt", test_interrupt, ON_BOTH },
    { "own-fcs", test_own_fcs, ON_BOTH, DIFF_ne2k_own_fcs },
    { "bad-fcs", test_bad_fcs, ON_BOTH, DIFF_ne2k_own_fcs },
    { "no-link", test_no_link, ON_BOTH },
    { "remote-control", test_remote_control, ON_BOTH, DIFF_ne2k_atd },
    { "loopback/status", test_loopback, ON_BOTH, DIFF_ne2k_loopback },
    { "loopback/fifo", test_fifo, ON_BOTH, DIFF_ne2k_loopback },
    { "loopback/fifo-words", test_fifo_words, ON_BOTH, DIFF_ne2k_loopback },
    { "loopback/isolated", test_isolated, ON_BOTH, DIFF_ne2k_loopback },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("tx", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
