// SPDX-License-Identifier: MIT
/*
 * rtl8139-line-test.c - what an RTL8139 meets on the line: collisions, PAUSE,
 * and a network side that stands still while 9346CR has the EEPROM
 */
#include <glib.h>
#include <string.h>

#include "rtl8139-card.h"

enum {
    UNIT_NS = 5120, /* 512 bits at 100 Mbit/s */
    FORCE_100_HALF = 0x2000,
    FORCE_100_FULL = 0x2100,
};

static void set_prop(const char *name, uint32_t val)
{
    const struct nic_model *m = host.nic->model;

    for (unsigned i = 0; i < m->n_props; i++) {
        if (!strcmp(m->prop[i].name, name)) {
            host.nic->prop[i] = val;
            return;
        }
    }
    g_assert_not_reached();
}

static void force(uint16_t bmcr)
{
    wr8(CR9346, EEM_CONFIG);
    wr16(BMCR, bmcr);
    wr8(CR9346, 0);
    card_ack();
}

static void send_slot(unsigned slot)
{
    wr(TSAD + 4 * slot, BUF_AT);
    wr(TSD + 4 * slot, 100);
}

static void tally(uint32_t at)
{
    wr16(CPCR, 3);
    wr(DTCCR + 4, 0);
    wr(DTCCR, at | 8);
    wr16(CPCR, 0);
}

/* In full duplex nothing collides; in half duplex NCC says how often */
static void test_collisions(void)
{
    card_start_c("rtl8139", 0, 0);
    set_prop("collisions", 3);
    send_slot(0);
    g_assert_cmphex(rd(TSD), ==, 0xa000 | 100);
    force(FORCE_100_HALF);
    send_slot(1);
    g_assert_cmphex(rd(TSD + 4), ==, 0x0300a000 | 100);
    set_prop("collisions", 15);
    send_slot(2);
    g_assert_cmphex(rd(TSD + 8), ==, 0x0f00a000 | 100);
    set_prop("collisions", 1);
    send_slot(3);
    g_assert_cmpuint(host.n_sent, ==, 4);
    g_assert_cmphex(card_ack(), ==, INT_TOK);
    tally(0x8000);
    g_assert_cmpuint(get64(0x8000), ==, 4);
    g_assert_cmpuint(get32(0x8020), ==, 1);
    g_assert_cmpuint(get32(0x8024), ==, 2);
    host_stop();
}

/* 16 + 16 * TXRR attempts; then all stands still until CLRABT */
static void test_abort(void)
{
    card_start_c("rtl8139", 0, 0);
    set_prop("collisions", 40);
    force(FORCE_100_HALF);
    wr(TCR, 0x600 | 1 << 4);
    send_slot(0);
    send_slot(1);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_cmphex(rd(TSD), ==, 0x4f002000 | 100);
    g_assert_cmphex(rd(TSD + 4), ==, 100);
    g_assert_cmphex(rd16(TSADS), ==, 0x001d);
    g_assert_cmphex(card_ack(), ==, INT_TER);
    g_assert_cmpuint(card_event("tx-abort"), ==, 1);
    /* The same again, with the 8 collisions that are left */
    wr(TCR, 0x600 | 1 << 4 | 1);
    g_assert_cmphex(rd(TSD), ==, 0x0800a000 | 100);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* And the next meets 32 of its 40 */
    g_assert_cmphex(rd(TSD + 4), ==, 0x4f002000 | 100);
    /* 8139too counts it as lost, clears, and uses the slot in its turn */
    wr(TCR, 1);
    g_assert_cmphex(rd(TSD + 4), ==, 0x0800a000 | 100);
    g_assert_cmphex(rd(TCR) & 1, ==, 0);
    tally(0x8000);
    g_assert_cmpuint(get64(0x8010), ==, 2);
    g_assert_cmpuint(get16(0x803c), ==, 2);
    /* A reset forgets that it was halted */
    set_prop("collisions", 1000);
    send_slot(2);
    g_assert_cmphex(rd(TSD + 8) >> 28, ==, 4);
    wr8(CR, CR_RST);
    set_prop("collisions", 0);
    wr8(CR, CR_TE);
    host.n_sent = 0;
    send_slot(0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host_stop();
}

/* C+ mode: EXC or CC in the descriptor, and on to the next */
static void test_ring_abort(void)
{
    card_start_cp(1, 1536, 0);
    set_prop("collisions", 17);
    force(FORCE_100_HALF);
    for (unsigned i = 0; i < 2; i++) {
        card_desc(TX_AT + 16 * i, (uint32_t)D_OWN | D_FS | D_LS | 60, 0,
                  BUF_AT);
    }
    wr8(TPPOLL, 0x40);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmphex(get32(TX_AT + 16 * i), ==,
                        D_FS | D_LS | 1 << 23 | 1 << 20 | 15 << 16 | 60);
    }
    g_assert_cmphex(card_ack(), ==, INT_TOK | INT_TER | INT_TDU);
    set_prop("collisions", 2);
    card_desc(TX_AT + 32, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmphex(get32(TX_AT + 32), ==, D_FS | D_LS | 2 << 16 | 60);
    g_assert_cmpuint(host.n_sent, ==, 1);
    host_stop();
}

static bool offer_pause(unsigned time)
{
    uint8_t frame[60] = { 0x01, 0x80, 0xc2, 0, 0,    0x01, 2, 2,
                          2,    2,    2,    2, 0x88, 0x08, 0, 1 };

    frame[16] = (uint8_t)(time >> 8);
    frame[17] = (uint8_t)time;
    return host_receive(frame, sizeof(frame), 0);
}

static void set_msr(uint8_t bits)
{
    wr8(CR9346, EEM_CONFIG);
    wr8(MSR, bits);
    wr8(CR9346, 0);
}

/* With RXFCE: nothing is sent until the time is over, or 0 comes */
static void test_pause_in(void)
{
    card_start_c("rtl8139", 0, 0x0f);
    wr(MAR, 0xffffffff);
    wr(MAR + 4, 0xffffffff);
    g_assert_true(offer_pause(10));
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, 0);
    send_slot(0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    card_start_c("rtl8139", 0, 0x0f);
    wr(MAR, 0xffffffff);
    wr(MAR + 4, 0xffffffff);
    set_msr(0x40);
    host.n_sent = 0;
    g_assert_true(offer_pause(10));
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    g_assert_cmphex(rd8(MSR) & 0x41, ==, 0x41);
    g_assert_cmpuint(card_event("pause"), ==, 1);
    send_slot(0);
    host_step(10 * UNIT_NS - 1);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_step(1);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmphex(rd8(MSR) & 0x41, ==, 0x40);
    g_assert_true(offer_pause(0xffff));
    send_slot(1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(offer_pause(0));
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 2);
    /* Half duplex has no PAUSE, loopback does not obey it */
    g_assert_true(offer_pause(0xffff));
    wr(TCR, 0x600 | TCR_LBK);
    send_slot(2);
    g_assert_cmpuint(host.n_sent, ==, 3);
    wr(TCR, 0x600);
    wr8(CR, CR_RST);
    g_assert_cmphex(rd8(MSR) & 1, ==, 0);
    wr8(CR, CR_RE | CR_TE);
    force(FORCE_100_HALF);
    g_assert_true(offer_pause(0xffff));
    g_assert_cmphex(rd8(MSR) & 1, ==, 0);
    host_stop();
}

static void expect_pause(unsigned i, unsigned time)
{
    const uint8_t *p = host.sent[i].data;

    g_assert_cmpuint(host.n_sent, ==, i + 1);
    g_assert_cmpuint(host.sent[i].frame.len, ==, 60);
    g_assert_cmpmem(p, 6, "\x01\x80\xc2\x00\x00\x01", 6);
    g_assert_cmpmem(p + 6, 6, card_mac, 6);
    g_assert_cmpmem(p + 12, 4, "\x88\x08\x00\x01", 4);
    g_assert_cmpuint((unsigned)p[16] << 8 | p[17], ==, time);
}

/* Negotiated: the partner is paused once while a frame waits */
static void test_pause_out(void)
{
    card_start_cp(1, 1536, 0);
    g_assert_cmphex(rd8(MSR) & 0x82, ==, 0x80);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_false(card_offer(card_mac, 60, 0));
    g_assert_false(card_offer(card_mac, 60, 0));
    expect_pause(0, 0xffff);
    g_assert_cmphex(rd8(MSR) & 0x82, ==, 0x82);
    put32(RX_AT, (uint32_t)D_OWN | (uint32_t)D_EOR | 1536);
    g_assert_true(card_offer(card_mac, 60, 0));
    expect_pause(1, 0);
    g_assert_cmphex(rd8(MSR) & 0x82, ==, 0x80);
    /* Forced: as MSR.TXFCE says */
    force(FORCE_100_FULL);
    set_msr(0);
    g_assert_false(card_offer(card_mac, 60, 0));
    g_assert_cmpuint(host.n_sent, ==, 2);
    host_stop();
}

/* EEM = 10: nothing in, nothing out, until it is over */
static void test_offline(void)
{
    card_start_c("rtl8139", 0, 0);
    wr8(CR9346, 0x88);
    send_slot(0);
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    wr8(CR9346, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_true(card_offer(card_mac, 60, 0));
    g_assert_cmphex(rd8(CR) & CR_BUFE, ==, 0);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtl8139/line/collisions", test_collisions);
    g_test_add_func("/rtl8139/line/abort", test_abort);
    g_test_add_func("/rtl8139/line/ring-abort", test_ring_abort);
    g_test_add_func("/rtl8139/line/pause-in", test_pause_in);
    g_test_add_func("/rtl8139/line/pause-out", test_pause_out);
    g_test_add_func("/rtl8139/line/offline", test_offline);
    return g_test_run();
}
