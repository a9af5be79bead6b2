// SPDX-License-Identifier: MIT
/*
 * dp8390-test.c - the chip: commands, ring, filter, remote DMA, loopback
 */
#include <glib.h>
#include <string.h>

#include "hw/net/dp8390.h"
#include "ne2000-drive.h"
#include "nic-host.h"

/* Command */

static void test_cr(gconstpointer model)
{
    host_start(model);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    g_assert_cmphex(in(NE_ISR), ==, RST);
    /* Page switches start and stop nothing */
    out(NE_CR, 0x60);
    g_assert_cmphex(in(NE_CR)&0xc0, ==, 0x40);
    out(NE_CR, 0x20);
    g_assert_cmphex(in(NE_ISR), ==, RST);
    out(NE_CR, 0x22);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    /* TLVC's way */
    out(NE_CR, 0x40);
    out(NE_CR, 0x00);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    out(NE_CR, 0x21);
    g_assert_cmphex(in(NE_ISR), ==, RST);
    g_assert_cmphex(in(NE_CR) & ~2u, ==, 0x21);
    /* RST is no one's to clear but START's */
    out(NE_ISR, 0xff);
    g_assert_cmphex(in(NE_ISR), ==, RST);
    out(NE_IMR, 0xff);
    g_assert_false(host.irq);
    host_stop();
}

static void test_txp(void)
{
    ne_start("ne2k_isa", 0);
    /* Visible until the frame has left; 26h is what AN-874 calls busy */
    out(NE_TBCR0, 60);
    out(NE_TBCR1, 0);
    nic_write(host.nic, 0, NE_CR, 1, 0x26);
    g_assert_cmphex(nic_read(host.nic, 0, NE_CR, 1), ==, 0x26);
    nic_write(host.nic, 0, NE_CR, 1, 0x22);
    g_assert_cmphex(nic_read(host.nic, 0, NE_CR, 1), ==, 0x26);
    /* Stopping lets it finish, and RST waits for that */
    nic_write(host.nic, 0, NE_CR, 1, 0x21);
    g_assert_cmphex(nic_read(host.nic, 0, NE_ISR, 1), ==, 0);
    host_run();
    g_assert_cmphex(in(NE_ISR), ==, RST | PTX);
    g_assert_cmphex(in(NE_CR)&4, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* Not while stopped */
    out(NE_CR, 0x25);
    g_assert_cmphex(in(NE_CR)&4, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host_stop();
}

static void test_page2(gconstpointer model)
{
    bool realtek = !strcmp(model, "ne2k_pci");

    ne_start(model, 0x15);
    /* OFST is about collisions, and stored */
    out(NE_TCR, 0x10);
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 1);
    out(NE_CR, 0xa0);
    g_assert_cmphex(in(0xd), ==, realtek ? 0xf0 : 0x10);
    out(NE_CR, 0x20);
    out(NE_TCR, 0);
    out(NE_CR, 0xa0);
    g_assert_cmphex(in(1), ==, NE_FIRST);
    g_assert_cmphex(in(2), ==, NE_STOP);
    g_assert_cmphex(in(4), ==, NE_TX);
    g_assert_cmphex(in(0xc), ==, realtek ? 0xc4 : 0x04);
    g_assert_cmphex(in(0xd), ==, realtek ? 0xe0 : 0x00);
    g_assert_cmphex(in(0xe), ==, realtek ? 0xc9 : 0x49);
    g_assert_cmphex(in(0xf), ==, 0x15);
    out(3, 0x77);
    g_assert_cmphex(in(3), ==, realtek ? 0 : 0x77);
    out(NE_CR, 0x20);
    g_assert_cmphex(in(0xa), ==, realtek ? 'P' : 0);
    g_assert_cmphex(in(0xb), ==, realtek ? 'C' : 0);
    host_stop();
}

/* Transmission */

static void test_tx(void)
{
    uint8_t f[1600];

    ne_start("ne2k_pci", PTX);
    for (unsigned i = 0; i < sizeof(f); i++) {
        f[i] = (uint8_t)(i * 7);
    }
    ne_write(NE_TX << 8, f, sizeof(f));
    ne_send(1514);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpmem(host.sent[0].data, host.sent[0].frame.len, f, 1514);
    g_assert_false(host.sent[0].frame.has_fcs);
    g_assert_true(host.irq);
    g_assert_cmphex(in(NE_TPSR)&1, ==, 1);
    g_assert_cmphex(in(NE_TBCR0), ==, 0);
    out(NE_ISR, PTX);
    g_assert_false(host.irq);
    /* CLDA went along */
    g_assert_cmphex(in(NE_PSTART) | in(NE_PSTOP) << 8, ==, (NE_TX << 8) + 1514);
    /* Odd, and without padding: the chip adds none */
    ne_send(43);
    g_assert_cmpmem(host.sent[1].data, host.sent[1].frame.len, f, 43);
    /* Again without loading: the overflow ritual does */
    out(NE_CR, 0x26);
    g_assert_cmpuint(host.n_sent, ==, 3);
    /* FCS by software */
    out(NE_TCR, 1);
    ne_send(64);
    g_assert_true(host.sent[3].frame.has_fcs);
    out(NE_TCR, 0);
    /* An interrupt for nothing: OS/2 */
    out(NE_ISR, 0xff);
    ne_send(0);
    g_assert_cmpuint(host.n_sent, ==, 4);
    g_assert_cmphex(in(NE_ISR), ==, PTX);
    host_stop();
}

static void test_tx_errors(gconstpointer model)
{
    ne_start(model, 0);
    nic_set_link(host.nic, false);
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 0);
    /* Neither carrier nor heartbeat, but it left */
    g_assert_cmphex(in(NE_ISR), ==, PTX);
    g_assert_cmphex(in(NE_TPSR)&0xfd, ==, 0x51);
    /* In loopback through the cable nothing comes back */
    out(NE_ISR, 0xff);
    out(NE_DCR, 0x41);
    out(NE_TCR, 0x06);
    ne_send(60);
    g_assert_cmphex(in(NE_ISR), ==, TXE);
    g_assert_cmphex(in(NE_TPSR)&0xfd, ==, 0x0c);
    g_assert_cmphex(in(NE_TBCR0), ==, 0);
    out(NE_TCR, 0);
    out(NE_DCR, 0x49);
    nic_set_link(host.nic, true);
    /* Beyond packet memory (fixed in QEMU in 2005), and more than there is */
    out(NE_ISR, 0xff);
    out(NE_TPSR, 0x90);
    out(NE_CR, 0x26);
    g_assert_cmphex(in(NE_ISR), ==, TXE);
    /* Realtek's has no FU */
    g_assert_cmphex(in(NE_TPSR)&0xfd, ==,
                    !strcmp(model, "ne2k_pci") ? 0x08 : 0x20);
    ne_send(0xffff);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmphex(in(NE_ISR), ==, TXE);
    g_assert_cmphex(in(NE_TPSR)&1, ==, 0);
    g_assert_cmpuint(host.nic->events[DP8390_EVENT_TX_FAULT], ==, 2);
    host_stop();
}

/* Multicasts that hash to 62 and 63 switch the transmitter */
static void test_atd(void)
{
    uint8_t f[60] = { 0x33, 0x33, 0, 0, 0, 1 };
    const uint8_t on[6] = { 0x09, 0x00, 0x07, 0xff, 0xff, 0xff };

    ne_start("ne2k_isa", 0);
    out(NE_RCR, 0x0c);
    out1(NE_MAR + 7, 0xc0);
    out(NE_TCR, 0x08);
    g_assert_true(host_receive(f, sizeof(f), 0));
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmphex(in(NE_CR), ==, 0x26);
    memcpy(f, on, 6);
    g_assert_true(host_receive(f, sizeof(f), 0));
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    memcpy(f, "\x33\x33\0\0\0\1", 6);
    g_assert_true(host_receive(f, sizeof(f), 0));
    ne_send(60);
    g_assert_cmpuint(host.n_sent, ==, 1);
    out(NE_TCR, 0);
    g_assert_cmpuint(host.n_sent, ==, 2);
    host_stop();
}

/* Reception */

static void test_header(void)
{
    static const struct {
        unsigned count, pages;
    } rows[] = { { 64, 1 },  { 252, 1 }, { 253, 2 },
                 { 508, 2 }, { 509, 3 }, { 1518, 6 } };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t f[1600], got[1600];
        unsigned count = rows[i].count;

        ne_start("ne2k_pci", PRX);
        ne_frame(f, count - 4, 0x5a);
        g_assert_true(host_receive(f, count - 4, 0));
        g_assert_true(host.irq);
        g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + rows[i].pages);
        g_assert_cmphex(in(NE_RCR), ==, 0x01);
        ne_read(NE_FIRST << 8, got, (count + 5) & ~1u);
        g_assert_cmphex(got[0], ==, 0x01);
        g_assert_cmphex(got[1], ==, NE_FIRST + rows[i].pages);
        g_assert_cmpuint(got[2] | got[3] << 8, ==, count);
        g_assert_cmpmem(got + 4, count - 4, f, count - 4);
        /* A frame with its FCS has this CRC */
        g_assert_cmphex(host_crc(got + 4, count), ==, 0x2144df1c);
    }
    host_stop();
}

static bool hears(const char *mac)
{
    uint8_t f[60] = { 0 }, before = in1(NE_CURR);

    memcpy(f, mac, 6);
    g_assert_true(host_receive(f, sizeof(f), 0));
    return in1(NE_CURR) != before;
}

static void test_filter(void)
{
    struct nic_filter f;

    ne_start("ne2k_pci", 0);
    out(NE_RCR, 0);
    g_assert_true(hears("\x52\x54\x00\x12\x34\x56"));
    g_assert_cmphex(in(NE_RCR), ==, 0x01);
    g_assert_false(hears("\xff\xff\xff\xff\xff\xff"));
    /* RSR stays that of the last frame that passed: iPXE looks at it */
    g_assert_cmphex(in(NE_RCR), ==, 0x01);
    /* The address is PAR's, not the PROM's */
    out1(NE_PAR + 5, 0x57);
    g_assert_false(hears("\x52\x54\x00\x12\x34\x56"));
    g_assert_true(hears("\x52\x54\x00\x12\x34\x57"));
    out(NE_RCR, 0x04);
    g_assert_true(hears("\xff\xff\xff\xff\xff\xff"));
    g_assert_cmphex(in(NE_RCR), ==, 0x21);
    g_assert_false(hears("\x01\x00\x5e\x00\x00\x01"));
    /* Vectors of the hash */
    out(NE_RCR, 0x08);
    out1(NE_MAR + 3, 0x80);
    g_assert_true(hears("\x01\x00\x5e\x00\x00\x01"));
    g_assert_false(hears("\x01\x00\x5e\x00\x00\xfb"));
    out1(NE_MAR + 1, 0x80);
    g_assert_true(hears("\x01\x00\x5e\x00\x00\xfb"));
    out1(NE_MAR + 3, 0x02);
    g_assert_true(hears("\x01\x80\xc2\x00\x00\x00"));
    out1(NE_MAR + 7, 0x80);
    g_assert_true(hears("\xff\xff\xff\xff\xff\xff"));
    /* PRO is for physical addresses only */
    out(NE_RCR, 0x10);
    g_assert_true(hears("\x00\x11\x22\x33\x44\x55"));
    g_assert_false(hears("\x01\x00\x5e\x00\x00\x01"));
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpuint(f.unicast, ==, NIC_FILTER_ALL);
    g_assert_cmpuint(f.multicast, ==, NIC_FILTER_NONE);
    g_assert_cmphex(f.mac[5], ==, 0x57);
    host_stop();
}

static void test_not_running(void)
{
    ne_start("ne2k_pci", 0);
    out(NE_CR, 0x21);
    g_assert_true(ne_offer(60, 1));
    out(NE_CR, 0x22);
    /* TCR.LB isolates, whatever DCR.LS says */
    out(NE_TCR, 0x02);
    g_assert_true(ne_offer(60, 1));
    out(NE_TCR, 0x00);
    nic_set_link(host.nic, false);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    host_stop();
}

static void test_runt(void)
{
    ne_start("ne2k_pci", 0);
    g_assert_true(ne_offer(59, 1));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    out(NE_RCR, 0x06);
    g_assert_true(ne_offer(59, 1));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    g_assert_true(host_receive("abc", 3, 0));
    g_assert_true(host_receive("abcdefg", 7, NIC_RX_FCS));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    host_stop();
}

static void test_bad_fcs(void)
{
    uint8_t f[64], header[4];

    ne_start("ne2k_pci", RXE);
    ne_frame(f, sizeof(f), 9);
    g_assert_true(host_receive(f, sizeof(f), NIC_RX_FCS));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    g_assert_cmphex(in(NE_ISR), ==, RXE);
    g_assert_cmphex(in(NE_RCR), ==, 0x02);
    g_assert_true(host.irq);
    g_assert_cmpuint(in(NE_DCR), ==, 1);
    g_assert_cmpuint(in(NE_DCR), ==, 0);
    out(NE_ISR, 0xff);
    out(NE_RCR, 0x05);
    g_assert_true(host_receive(f, sizeof(f), NIC_RX_FCS));
    g_assert_cmphex(in(NE_ISR), ==, RXE);
    ne_read(NE_FIRST << 8, header, 4);
    g_assert_cmphex(header[0], ==, 0x02);
    /* With a right one */
    put32(0, host_crc(f, 60));
    memcpy(f + 60, host.ram, 4);
    g_assert_true(host_receive(f, sizeof(f), NIC_RX_FCS));
    g_assert_cmphex(in(NE_RCR), ==, 0x01);
    host_stop();
}

static void test_monitor(void)
{
    ne_start("ne2k_isa", CNT);
    out(NE_RCR, 0x24);
    for (unsigned i = 0; i < 127; i++) {
        g_assert_true(ne_offer(60, 1));
    }
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    g_assert_cmphex(in(NE_RCR), ==, 0x50);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmphex(in(NE_ISR), ==, CNT);
    g_assert_true(host.irq);
    /* Returns while the counter was not read */
    out(NE_ISR, CNT);
    g_assert_cmphex(in(NE_ISR), ==, CNT);
    for (unsigned i = 0; i < 100; i++) {
        g_assert_true(ne_offer(60, 1));
    }
    g_assert_cmpuint(in(NE_IMR), ==, 192);
    g_assert_cmpuint(in(NE_IMR), ==, 0);
    out(NE_ISR, CNT);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    g_assert_false(host.irq);
    host_stop();
}

/* Nothing here can raise CNTR0; all three clear, stop and announce alike */
static void test_counters(void)
{
    struct dp8390 *d;

    ne_start("ne2k_isa", CNT);
    d = (struct dp8390 *)host.nic;
    for (unsigned i = 0; i < 3; i++) {
        uint8_t *const counter[] = { &d->reg.CNTR0, &d->reg.CNTR1,
                                     &d->reg.CNTR2 };

        *counter[i] = 128;
        out(NE_ISR, CNT);
        g_assert_cmphex(in(NE_ISR), ==, CNT);
        g_assert_true(host.irq);
        g_assert_cmpuint(in(NE_TCR + i), ==, 128);
        g_assert_cmpuint(in(NE_TCR + i), ==, 0);
        g_assert_true(host.irq);
        out(NE_ISR, CNT);
        g_assert_false(host.irq);
    }
    host_stop();
}

/* The ring */

/* Frames that fit into an empty ring, as lengths without FCS */
static unsigned fill(size_t len)
{
    unsigned n = 0;

    while (ne_offer(len, (uint8_t)n)) {
        n++;
        g_assert_cmpuint(n, <, 200);
    }
    return n;
}

static void test_full(void)
{
    unsigned n;

    ne_start("ne2k_pci", 0);
    n = fill(1514);
    g_assert_cmpuint(n, ==, 8);
    g_assert_cmphex(in(NE_ISR), ==, PRX | OVW);
    /* Nothing is lost, so nothing is counted */
    g_assert_cmpuint(in(NE_IMR), ==, 0);
    host.ready = 0;
    g_assert_cmpuint(ne_poll(1), ==, 1);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(ne_offer(1514, 9));
    g_assert_cmpuint(ne_poll(100), ==, 8);
    /* Once round and more, with all lengths; PSTOP wraps in remote reads */
    for (unsigned len = 60; len < 1515; len += 11) {
        g_assert_true(ne_offer(len, (uint8_t)len));
        g_assert_cmpuint(ne_poll(100), ==, 1);
    }
    host_stop();
}

/* The two customs: equal is empty, or one behind is */
static void test_customs(void)
{
    ne_start("ne2k_isa", 0);
    out(NE_BNRY, NE_FIRST);
    g_assert_cmpuint(fill(60), ==, NE_STOP - NE_FIRST - 1);
    g_assert_cmphex(in1(NE_CURR), ==, NE_STOP - 1);
    out(NE_BNRY, NE_STOP - 1);
    g_assert_cmpuint(fill(60), ==, NE_STOP - NE_FIRST - 1);
    host_stop();
}

/* Linux has BNRY before the ring when the next frame is at its start */
static void test_before_ring(void)
{
    ne_start("ne2k_pci", 0);
    out(NE_BNRY, NE_FIRST - 1);
    g_assert_cmpuint(fill(1514), ==, 8);
    g_assert_cmphex(in(NE_ISR), ==, PRX | OVW);
    g_assert_cmpuint(in(NE_IMR), ==, 0);
    g_assert_cmpuint(ne_poll(9), ==, 8);
    host_stop();
}

/* D's ritual after an overflow, step by step */
static void test_recovery(void)
{
    ne_start("ne2k_pci", 0);
    fill(1000);
    out(NE_IMR, 0x3f);
    g_assert_true(host.irq);
    g_assert_cmphex(in(NE_CR)&4, ==, 0);
    out(NE_CR, 0x21);
    g_assert_cmphex(in(NE_ISR)&RST, ==, RST);
    out(NE_RBCR0, 0);
    out(NE_RBCR1, 0);
    /* The network waits meanwhile, as it must not on an idle card */
    g_assert_false(ne_offer(60, 1));
    out(NE_TCR, 0x02);
    out(NE_CR, 0x22);
    g_assert_cmphex(in(NE_ISR)&RST, ==, 0);
    g_assert_cmpuint(ne_poll(9), ==, 9);
    g_assert_false(ne_offer(60, 1));
    out(NE_ISR, PRX | RXE);
    g_assert_false(ne_offer(60, 1));
    host.ready = 0;
    out(NE_ISR, OVW);
    g_assert_cmpuint(host.ready, ==, 1);
    /* Acknowledged, but still isolated */
    g_assert_false(ne_offer(60, 1));
    out(NE_TCR, 0);
    g_assert_cmpuint(host.ready, ==, 2);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmphex(in(NE_ISR), ==, PRX);
    g_assert_true(host.irq);
    host_stop();
}

/*
 * The registers of nics that stopped receiving: the ring is nearly full, PRX
 * was acknowledged for frames that are still in it, and more arrive.  Software
 * must hear of it.
 */
static void test_deadlock(gconstpointer model)
{
    unsigned stored, left;

    ne_start(model, 0x3f);
    out1(NE_CURR, 0x5e);
    out(NE_BNRY, 0x5d);
    out(NE_IMR, 0);
    stored = fill(1514);
    g_assert_cmpuint(stored, >=, 7);
    out(NE_ISR, 0xff);
    out(NE_IMR, 0x3f);
    g_assert_false(host.irq);
    host.ready = 0;
    g_assert_false(ne_offer(1514, 1));
    g_assert_true(host.irq);
    g_assert_cmphex(in(NE_ISR), ==, OVW);
    /* Linux drains, and goes on */
    left = ne_poll(9);
    g_assert_cmpuint(left, ==, stored);
    g_assert_cmpuint(host.ready, >=, 1);
    out(NE_ISR, 0x3f);
    g_assert_true(ne_offer(1514, 1));
    g_assert_true(host.irq);
    host_stop();
}

/* A flood, and a driver that takes nine and acknowledges them all */
static void test_flood(gconstpointer model)
{
    unsigned sent = 0, got = 0, idle = 0, overruns = 0;

    ne_start(model, 0x3f);
    while (got < 3000) {
        size_t len = sent % 3 ? 60 : 1514;

        while (sent < 3000 && ne_offer(len, (uint8_t)sent)) {
            sent++;
            len = sent % 3 ? 60 : 1514;
        }
        idle = host.irq ? 0 : idle + 1;
        g_assert_cmpuint(idle, <, 2);
        overruns += !!(in(NE_ISR)&OVW);
        got += ne_poll(9);
        out(NE_ISR, 0x3f);
    }
    g_assert_cmpuint(got, ==, 3000);
    g_assert_cmpuint(overruns, ==, 0);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    host_stop();
}

/* Linux masks all interrupts while it sends: no reason for OVW */
static void test_masked(void)
{
    ne_start("ne2k_pci", 0x3f);
    out(NE_IMR, 0);
    g_assert_cmpuint(fill(1514), ==, 8);
    g_assert_cmphex(in(NE_ISR), ==, PRX);
    out(NE_IMR, 0x3f);
    g_assert_true(host.irq);
    g_assert_cmpuint(ne_poll(9), ==, 8);
    host_stop();
}

/* Frames that would be acknowledged unseen wait for the acknowledgement */
static void test_unseen(void)
{
    ne_start("ne2k_pci", 0x3f);
    g_assert_true(ne_offer(60, 1));
    g_assert_true(ne_offer(60, 2));
    g_assert_cmphex(in(NE_ISR), ==, PRX);
    g_assert_cmpuint(ne_poll(9), ==, 2);
    host.ready = 0;
    g_assert_false(ne_offer(60, 3));
    out(NE_ISR, PRX);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    g_assert_true(ne_offer(60, 3));
    g_assert_true(host.irq);
    host_stop();
}

/* A card that nobody uses holds nothing up */
static void test_abandoned(void)
{
    ne_start("ne2k_pci", 0);
    fill(1514);
    out(NE_CR, 0x21);
    g_assert_false(ne_offer(60, 1));
    host.ready = 0;
    out(NE_ISR, 0xff);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(ne_offer(60, 1));
    host_stop();
}

/* Frames that no reading makes room for are lost, and counted */
static void test_missed(void)
{
    ne_start("ne2k_pci", 0);
    g_assert_true(ne_offer(NIC_RX_MAX, 1));
    g_assert_cmphex(in(NE_ISR), ==, OVW | RXE);
    g_assert_cmphex(in(NE_RCR), ==, 0x10);
    g_assert_cmpuint(in(NE_IMR), ==, 1);
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
    host_stop();
}

/* CVE-2015-5278, CVE-2015-5279, CVE-2016-2841: any four pointers */
static void test_hostile_rings(void)
{
    static const uint8_t page[] = { 0x00, 0x01, 0x3f, 0x40, 0x46,
                                    0x7f, 0x80, 0x81, 0xc0, 0xff };
    const unsigned n = G_N_ELEMENTS(page);

    ne_start("ne2k_pci", 0);
    for (unsigned i = 0; i < n * n * n * n; i++) {
        out(NE_PSTART, page[i % n]);
        out(NE_PSTOP, page[i / n % n]);
        out(NE_BNRY, page[i / n / n % n]);
        out1(NE_CURR, page[i / n / n / n]);
        ne_offer(i % 7 ? 1514 : NIC_RX_MAX, 1);
        ne_offer(60, 1);
        ne_remote(0x0a, (uint16_t)((page[i / n % n] << 8) - 2), 8);
        host_read(0, NE_DATA, 4);
        host_read(0, NE_DATA, 4);
    }
    host_stop();
}

/* AN-874: masking and unmasking makes a new edge */
static void test_edges(void)
{
    ne_start("ne2k_isa", 0x3f);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmpuint(host.edges, ==, 1);
    out(NE_IMR, 0);
    g_assert_false(host.irq);
    out(NE_IMR, 0x3f);
    g_assert_cmpuint(host.edges, ==, 2);
    host_stop();
}

/* A frame that waits for the transmitter is still sent after a move */
static void test_migrate(gconstpointer model)
{
    uint8_t *state;
    size_t len;

    ne_start(model, 0x3f);
    ne_write(NE_TX << 8, "\1\2\3\4", 4);
    g_assert_true(ne_offer(100, 7));
    out(NE_TBCR0, 60);
    nic_write(host.nic, 0, NE_CR, 1, 0x26);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);
    host_start(model);
    g_assert_null(nic_load(host.nic, state, len));
    g_assert_true(host.irq);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpmem(host.sent[0].data, 4, "\1\2\3\4", 4);
    g_assert_cmpuint(ne_poll(9), ==, 1);
    g_free(state);
    host_stop();
}

/* The network holds a frame: the card that wakes it is another one */
static void test_migrate_held(gconstpointer model)
{
    ne_start(model, 0x3f);
    while (ne_offer(1514, 1)) {
        out(NE_ISR, PRX);
    }
    g_assert_cmphex(in(NE_ISR), ==, OVW);
    ne_move();
    g_assert_true(host.irq);
    g_assert_false(ne_offer(1514, 1));
    ne_move();
    host.ready = 0;
    g_assert_cmpuint(ne_poll(1), ==, 1);
    g_assert_cmpuint(host.ready, >=, 1);
    g_assert_true(ne_offer(1514, 1));
    host_stop();
}

/* Also with the card moving */
static const struct {
    const char *path;
    void (*fn)(void);
} moving[] = {
    { "/dp8390/tx", test_tx },
    { "/dp8390/atd", test_atd },
    { "/dp8390/recovery", test_recovery },
    { "/dp8390/unseen", test_unseen },
    { "/dp8390/masked", test_masked },
    { "/dp8390/bad-fcs", test_bad_fcs },
    { "/dp8390/counters", test_counters },
};
static const struct {
    const char *path;
    void (*fn)(void);
} tests[] = {
    { "/dp8390/txp", test_txp },
    { "/dp8390/header", test_header },
    { "/dp8390/filter", test_filter },
    { "/dp8390/not-running", test_not_running },
    { "/dp8390/runt", test_runt },
    { "/dp8390/monitor", test_monitor },
    { "/dp8390/full", test_full },
    { "/dp8390/customs", test_customs },
    { "/dp8390/before-ring", test_before_ring },
    { "/dp8390/abandoned", test_abandoned },
    { "/dp8390/missed", test_missed },
    { "/dp8390/hostile-rings", test_hostile_rings },
    { "/dp8390/edges", test_edges },
};
static const struct {
    const char *name;
    void (*fn)(gconstpointer);
} both[] = {
    { "cr", test_cr },
    { "page2", test_page2 },
    { "tx-errors", test_tx_errors },
    { "deadlock", test_deadlock },
    { "flood", test_flood },
    { "migrate", test_migrate },
    { "migrate-held", test_migrate_held },
};
static const char *const models[] = { "ne2k_pci", "ne2k_isa" };

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add_func(tests[i].path, tests[i].fn);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(moving); i++) {
        ne_add(moving[i].path, moving[i].fn);
    }
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(both); i++) {
        g_autofree char *path =
            g_strdup_printf("/dp8390/%s/%s", models[i & 1], both[i / 2].name);

        g_test_add_data_func(path, models[i & 1], both[i / 2].fn);
    }
    return g_test_run();
}
