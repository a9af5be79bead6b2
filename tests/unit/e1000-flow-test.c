// SPDX-License-Identifier: MIT
/*
 * e1000-flow-test.c - PAUSE frames in both directions
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

static const uint8_t pause_mac[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

enum {
    UNIT = 512, /* ns, at 1000 Mb/s */
    TX_RING_AT = 0x8000,
    TX_BUF_AT = 0x9000,
};

/* As Linux programs flow control */
static void start(uint32_t rctl)
{
    ring_start("e1000", 8, RCTL_SECRC | rctl);
    wr(FCAL, 0x00c28001);
    wr(FCAH, 0x0100);
    wr(FCT, 0x8808);
    wr(FCTTV, 0x0100);
    wr(FCRTL, FCRTL_XONE | 0x4000);
    wr(FCRTH, 0x8000);
    wr(TCTL, TCTL_EN | TCTL_PSP);
    wr(CTRL, rd(CTRL) | CTRL_RFCE | CTRL_TFCE);
    rd(TPT);
    host.n_sent = 0;
}

static struct frame control(const uint8_t *to, uint16_t opcode, uint16_t time)
{
    struct frame f;

    frame_init(&f, to, 0x8808, 60);
    be16_store(f.data + 14, opcode);
    be16_store(f.data + 16, time);
    return f;
}

static bool offer_pause(const uint8_t *to, uint16_t time)
{
    struct frame f = control(to, 1, time);

    return frame_offer(&f, 0);
}

/* Queue one frame to the transmitter */
static void transmit(void)
{
    uint32_t tail = rd(TDT);

    wr(TDBAL, TX_RING_AT);
    wr(TDLEN, 128);
    put64(TX_RING_AT + 16 * tail, TX_BUF_AT);
    put32(TX_RING_AT + 16 * tail + 8, 60 | 3u << 24);
    put32(TX_RING_AT + 16 * tail + 12, 0);
    wr(TDT, (tail + 1) % 8);
}

static void test_xoff(void)
{
    start(0);
    g_assert_true(offer_pause(pause_mac, 100));
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, !=, 0);
    g_assert_cmpuint(rd(XOFFRXC), ==, 1);
    transmit();
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_step(100 * UNIT - 1);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_step(1);
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    /* Of neither did software see anything; both totals did */
    g_assert_cmpuint(rd(RDH), ==, 0);
    g_assert_cmpuint(rd(GPRC), ==, 0);
    g_assert_cmpuint(rd(PRC64), ==, 0);
    g_assert_cmpuint(rd(TPR), ==, 1);
    g_assert_cmpuint(rd(TORL), ==, 64);
}

/* Another XOFF starts the time anew, an XON ends it */
static void test_xon(void)
{
    start(0);
    g_assert_true(offer_pause(pause_mac, 100));
    host_step(90 * UNIT);
    g_assert_true(offer_pause(ring_mac, 50));
    host_step(40 * UNIT);
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, !=, 0);
    transmit();
    g_assert_true(offer_pause(ring_mac, 0));
    host_run();
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(rd(XONRXC), ==, 1);
    g_assert_cmpuint(rd(XOFFRXC), ==, 2);
    host_step(1000 * UNIT);
    g_assert_cmpuint(host.n_sent, ==, 1);
}

/* The unit is 512 bits at the speed of the link */
static void test_speeds(void)
{
    static const unsigned unit[] = { 51200, 5120, 512 };

    for (unsigned speed = 0; speed < 3; speed++) {
        start(0);
        wr(CTRL, (rd(CTRL) & ~CTRL_SPEED) | CTRL_FRCSPD | speed << 8);
        g_assert_true(offer_pause(pause_mac, 10));
        host_step(10 * unit[speed] - 1);
        g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, !=, 0);
        host_step(1);
        g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, ==, 0);
    }
}

/* A full ring does not keep the card from hearing PAUSE */
static void test_full_ring(void)
{
    start(RCTL_MPE);
    wr(RDT, 0);
    g_assert_true(offer_pause(pause_mac, 100));
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, !=, 0);
    g_assert_cmpuint(rd(RNBC), ==, 0);
    g_assert_cmpuint(rd(XOFFRXC), ==, 1);
}

static void test_not_pause(void)
{
    static const uint8_t other[6] = { 0x02, 1, 2, 3, 4, 5 };
    struct frame f;

    /* RFCE=0: frames like any others */
    start(0);
    wr(CTRL, rd(CTRL) & ~CTRL_RFCE);
    g_assert_true(offer_pause(ring_mac, 100));
    g_assert_cmpuint(rd(RDH), ==, 1);
    g_assert_cmpuint(rd(GPRC), ==, 1);

    /* Another address, another type, a bad FCS */
    start(RCTL_UPE);
    g_assert_true(offer_pause(other, 100));
    f = control(ring_mac, 1, 100);
    be16_store(f.data + 12, 0x8809);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDH), ==, 2);
    f = control(ring_mac, 1, 100);
    g_assert_true(frame_offer_fcs(&f, 1, 0));
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, ==, 0);
    g_assert_cmpuint(rd(XOFFRXC), ==, 0);

    /* FCAL, FCAH and FCT are what software says */
    wr(FCT, 0x8809);
    f = control(ring_mac, 1, 100);
    be16_store(f.data + 12, 0x8809);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(XOFFRXC), ==, 1);
}

/* DPF: PAUSE to the station address; PMCF: other control frames */
static void test_delivery(void)
{
    struct frame f;

    start(0);
    g_assert_true(offer_pause(ring_mac, 0));
    g_assert_cmpuint(rd(RDH), ==, 1);
    g_assert_true(offer_pause(pause_mac, 0));
    g_assert_cmpuint(rd(RDH), ==, 1);
    wr(RCTL, rd(RCTL) | RCTL_DPF | RCTL_MPE);
    g_assert_true(offer_pause(ring_mac, 0));
    g_assert_cmpuint(rd(RDH), ==, 1);
    g_assert_true(offer_pause(pause_mac, 0));
    g_assert_cmpuint(rd(RDH), ==, 2);
    g_assert_cmpuint(rd(XONRXC), ==, 4);
    g_assert_cmpuint(rd(TPR), ==, 4);

    f = control(pause_mac, 2, 100);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDH), ==, 2);
    wr(RCTL, (rd(RCTL) & ~RCTL_MPE) | RCTL_PMCF);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDH), ==, 3);
    g_assert_cmpuint(rd(FCRUC), ==, 2);
    g_assert_cmphex(rd(STATUS) & STATUS_TXOFF, ==, 0);
    g_assert_cmpuint(rd(GPRC), ==, 0);
}

static void expect_pause(const struct host_sent *s, uint16_t time)
{
    static const uint8_t zeros[42];

    g_assert_cmpuint(s->frame.len, ==, 60);
    g_assert_cmpmem(s->data, 6, pause_mac, 6);
    g_assert_cmpmem(s->data + 6, 6, ring_mac, 6);
    g_assert_cmphex(be16_at(s->data + 12), ==, 0x8808);
    g_assert_cmphex(be16_at(s->data + 14), ==, 1);
    g_assert_cmphex(be16_at(s->data + 16), ==, time);
    g_assert_cmpmem(s->data + 18, 42, zeros, 42);
}

static void test_software_xoff(void)
{
    start(0);
    wr(CTRL, rd(CTRL) & ~CTRL_TFCE);
    wr(TCTL, rd(TCTL) | TCTL_SWXOFF);
    g_assert_cmphex(rd(TCTL) & TCTL_SWXOFF, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    expect_pause(&host.sent[0], 0x100);
    g_assert_cmpuint(rd(XOFFTXC), ==, 1);
    g_assert_cmpuint(rd(TPT), ==, 1);
    g_assert_cmpuint(rd(TOTL), ==, 64);
    g_assert_cmpuint(rd(GPTC), ==, 0);
    g_assert_cmpuint(rd(MPTC), ==, 0);

    wr(FCTTV, 0);
    wr(TCTL, rd(TCTL) | TCTL_SWXOFF);
    expect_pause(&host.sent[1], 0);
    g_assert_cmpuint(rd(XONTXC), ==, 1);

    /* Not without a link, nor in half duplex, nor from a transmitter off */
    wr(CTRL, (rd(CTRL) & ~CTRL_FD) | CTRL_FRCDPX);
    wr(TCTL, rd(TCTL) | TCTL_SWXOFF);
    wr(CTRL, rd(CTRL) & ~CTRL_FRCDPX);
    wr(TCTL, TCTL_SWXOFF);
    nic_set_link(host.nic, false);
    wr(TCTL, TCTL_EN | TCTL_SWXOFF);
    g_assert_cmpuint(host.n_sent, ==, 2);
}

/* The network has to wait: XOFF once; it was served: XON */
static void test_thresholds(void)
{
    struct frame f;

    start(0);
    wr(RDT, 0);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_false(frame_offer(&f, 0));
    g_assert_false(frame_offer(&f, 0));
    g_assert_cmpuint(host.n_sent, ==, 1);
    expect_pause(&host.sent[0], 0x100);
    wr(RDT, 4);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(host.n_sent, ==, 2);
    expect_pause(&host.sent[1], 0);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(host.n_sent, ==, 2);
    g_assert_cmpuint(rd(XOFFTXC), ==, 1);
    g_assert_cmpuint(rd(XONTXC), ==, 1);
}

static void test_thresholds_off(void)
{
    static const struct {
        uint32_t reg, val;
        unsigned sent;
    } row[] = {
        { FCRTL, 0x4000, 1 },    /* no XONE: only the XOFF */
        { FCRTH, 48 * 1024, 0 }, /* not inside the FIFO */
        { CTRL, CTRL_SLU | CTRL_RFCE, 0 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(row); i++) {
        struct frame f;

        start(0);
        wr(RDT, 0);
        wr(row[i].reg, row[i].val);
        frame_init(&f, ring_mac, 0x88b5, 60);
        g_assert_false(frame_offer(&f, 0));
        wr(RDT, 4);
        g_assert_true(frame_offer(&f, 0));
        g_assert_cmpuint(host.n_sent, ==, row[i].sent);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000-flow/xoff", test_xoff);
    g_test_add_func("/e1000-flow/xon", test_xon);
    g_test_add_func("/e1000-flow/speeds", test_speeds);
    g_test_add_func("/e1000-flow/full-ring", test_full_ring);
    g_test_add_func("/e1000-flow/not-pause", test_not_pause);
    g_test_add_func("/e1000-flow/delivery", test_delivery);
    g_test_add_func("/e1000-flow/software-xoff", test_software_xoff);
    g_test_add_func("/e1000-flow/thresholds", test_thresholds);
    g_test_add_func("/e1000-flow/thresholds-off", test_thresholds_off);
    return g_test_run();
}
