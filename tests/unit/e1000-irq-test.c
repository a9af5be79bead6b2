// SPDX-License-Identifier: MIT
/*
 * e1000-irq-test.c - interrupt causes, the pin and moderation of the e1000
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    RCTL_ON = RCTL_EN | RCTL_UPE | RCTL_BAM | RCTL_SECRC,

    TX_RING = 0x10000,
    RX_RING = 0x20000,
    DATA = 0x40000,
    UNIT = 1024, /* ns, of the delay timers */
};

#define EOP_RS (1u << 24 | 1u << 25 | 1u << 27)
#define IDE    (1u << 31)

static unsigned tx_tail;

static void start(const char *model)
{
    host_start(model);
    for (unsigned i = 0; i < 256; i++) {
        put64(RX_RING + 16 * i, DATA + 2048 * i);
    }
    wr(RDBAL, RX_RING);
    wr(RDLEN, 4096);
    wr(RDT, 255);
    wr(RCTL, RCTL_ON);
    wr(TDBAL, TX_RING);
    wr(TDLEN, 4096);
    wr(TCTL, TCTL_EN);
    tx_tail = 0;
    rd(ICR);
}

static void transmit(uint32_t cmd)
{
    put64(TX_RING + 16 * tx_tail, DATA);
    put32(TX_RING + 16 * tx_tail + 8, 60 | EOP_RS | cmd);
    put32(TX_RING + 16 * tx_tail + 12, 0);
    wr(TDT, ++tx_tail);
}

static void receive(size_t len)
{
    uint8_t frame[1514];

    memset(frame, 0xff, sizeof(frame));
    g_assert_true(host_receive(frame, len, 0));
}

/* Every bit of the self-test: alone, masked, and together with all others */
static void test_causes(void)
{
    start("e1000");
    wr(IMC, UINT32_MAX);
    for (unsigned bit = 0; bit < 10; bit++) {
        uint32_t mask = 1u << bit;

        wr(IMC, mask);
        wr(ICS, mask);
        g_assert_false(host.irq);
        wr(IMS, mask);
        g_assert_true(host.irq);
        wr(ICS, mask);
        g_assert_cmphex(rd(ICS), ==, mask);
        g_assert_cmphex(rd(ICR) & mask, ==, mask);
        g_assert_false(host.irq);
        wr(IMC, ~mask & 0x7fff);
        wr(ICS, ~mask & 0x7fff);
        g_assert_false(host.irq);
        wr(IMS, mask);
        g_assert_false(host.irq);
        wr(IMC, mask);
        g_assert_cmphex(rd(IMS), ==, 0);
        rd(ICR);
    }
}

/* ICR clears by reading and by writing ones; a byte only its own bits */
static void test_clear(void)
{
    start("e1000");
    wr(ICS, 0x1f7ff);
    wr(ICR, 0x00f0);
    g_assert_cmphex(rd(ICS), ==, 0x1f70f);
    host_write(0, ICR + 1, 1, 0xff);
    g_assert_cmphex(rd(ICS), ==, 0x1000f);
    g_assert_cmphex(rd(ICR), ==, 0x1000f);
    g_assert_cmphex(rd(ICR), ==, 0);
    /* The 82544 has neither TXD_LOW nor ICR_SRPD */
    start("e1000-82544gc");
    wr(ICS, UINT32_MAX);
    wr(IMS, UINT32_MAX);
    g_assert_cmphex(rd(IMS), ==, 0x7fff);
    g_assert_cmphex(rd(ICR), ==, 0x7fff);
}

static void test_itr(void)
{
    start("e1000");
    wr(ITR, 500);
    wr(IMS, ICR_TXDW);
    wr(ICS, ICR_TXDW);
    g_assert_true(host.irq);
    rd(ICR);
    host_step(500 * 256 - 1);
    wr(ICS, ICR_TXDW);
    g_assert_false(host.irq);
    host_step(1);
    g_assert_true(host.irq);
    rd(ICR);
    /* A cause that is gone in time raises nothing */
    wr(ICS, ICR_TXDW);
    rd(ICR);
    host_step(500 * 256);
    g_assert_false(host.irq);
    wr(ICS, ICR_TXDW);
    g_assert_true(host.irq);
    rd(ICR);
    /* Switched off, or made shorter, while it holds an interrupt back */
    wr(ICS, ICR_TXDW);
    g_assert_false(host.irq);
    wr(ITR, 0);
    g_assert_true(host.irq);
    g_assert_cmpuint(host.edges, ==, 4);
}

/* While the pin is active causes are added without a limit */
static void test_itr_level(void)
{
    start("e1000");
    wr(ITR, 500);
    wr(IMS, 0xff);
    wr(ICS, 1);
    wr(ICS, 2);
    g_assert_true(host.irq);
    host_step(10 * 500 * 256);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, 3);
    g_assert_cmpuint(host.edges, ==, 1);
}

static void test_tidv(void)
{
    start("e1000");
    wr(IMS, ICR_TXDW);
    wr(TIDV, 100);
    transmit(IDE);
    host_step(60 * UNIT);
    transmit(IDE);
    host_step(99 * UNIT);
    g_assert_false(host.irq);
    host_step(UNIT);
    g_assert_true(host.irq);
    rd(ICR);
    /* TADV is not reloaded */
    wr(TADV, 150);
    transmit(IDE);
    host_step(90 * UNIT);
    transmit(IDE);
    host_step(59 * UNIT);
    g_assert_false(host.irq);
    host_step(UNIT);
    g_assert_true(host.irq);
    rd(ICR);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
    /* Without IDE: at once, and what was delayed with it */
    transmit(IDE);
    transmit(0);
    g_assert_true(host.irq);
    rd(ICR);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
    /* TIDV = 0 is not allowed and means no delay */
    wr(TIDV, 0);
    transmit(IDE);
    g_assert_true(host.irq);
}

static void test_rdtr(void)
{
    start("e1000");
    wr(IMS, ICR_RXT0);
    receive(60);
    g_assert_true(host.irq);
    rd(ICR);
    wr(RDTR, 100);
    receive(60);
    host_step(60 * UNIT);
    receive(60);
    host_step(99 * UNIT);
    g_assert_false(host.irq);
    host_step(UNIT);
    g_assert_true(host.irq);
    rd(ICR);
    wr(RADV, 150);
    receive(60);
    host_step(90 * UNIT);
    receive(60);
    host_step(59 * UNIT);
    g_assert_false(host.irq);
    host_step(UNIT);
    g_assert_true(host.irq);
    rd(ICR);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
    /* FPD: now; it reads 0 */
    receive(60);
    g_assert_false(host.irq);
    wr(RDTR, 1u << 31 | 100);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(RDTR), ==, 100);
    rd(ICR);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
    /* RDTR = 0 disables RADV, too (SDM p43) */
    wr(RDTR, 0);
    receive(60);
    g_assert_true(host.irq);
    rd(ICR);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
}

static void test_small_packet(void)
{
    start("e1000");
    wr(IMS, ICR_RXT0 | ICR_SRPD);
    wr(RDTR, 100);
    wr(RSRPD, 100);
    receive(200);
    g_assert_false(host.irq);
    receive(100);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_RXT0 | ICR_SRPD);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
    /* No such register on the 82544 */
    start("e1000-82544gc");
    wr(RSRPD, 100);
    wr(RDTR, 100);
    receive(60);
    g_assert_cmphex(rd(ICR), ==, 0);
}

/* mitigation=off: nothing delays anything */
static void test_unmitigated(void)
{
    start("e1000");
    g_assert_cmpstr(host.nic->model->prop[1].name, ==, "mitigation");
    host.nic->prop[1] = false;
    wr(ITR, 500);
    wr(TIDV, 100);
    wr(TADV, 100);
    wr(RDTR, 100);
    wr(RADV, 100);
    wr(IMS, ICR_TXDW | ICR_RXT0);
    for (unsigned i = 0; i < 4; i++) {
        transmit(IDE);
        g_assert_true(host.irq);
        rd(ICR);
        receive(60);
        g_assert_true(host.irq);
        rd(ICR);
    }
}

/* CTRL.RST: pin down, timers off, nothing comes later */
static void test_reset(void)
{
    start("e1000");
    wr(IMS, 0xffff);
    wr(TIDV, 100);
    wr(RDTR, 100);
    wr(ICS, 1);
    transmit(IDE);
    receive(60);
    wr(CTRL, CTRL_RST);
    g_assert_false(host.irq);
    g_assert_cmphex(rd(ICR), ==, 0);
    wr(IMS, 0xffff);
    host_step(1000 * UNIT);
    g_assert_false(host.irq);
}

/* A state saved with the pin active, or held back, goes on like that */
static void test_save(void)
{
    static uint8_t state[1 << 20];
    size_t size;
    uint64_t now;

    start("e1000");
    wr(ITR, 500);
    wr(IMS, ICR_TXDW);
    wr(ICS, ICR_TXDW);
    size = nic_save(host.nic, state, sizeof(state));
    now = host.now;
    start("e1000");
    host.now = now;
    g_assert_null(nic_load(host.nic, state, size));
    g_assert_true(host.irq);
    rd(ICR);
    wr(ICS, ICR_TXDW);
    g_assert_false(host.irq);
    size = nic_save(host.nic, state, sizeof(state));
    start("e1000");
    host.now = now;
    g_assert_null(nic_load(host.nic, state, size));
    g_assert_false(host.irq);
    host_step(500 * 256);
    g_assert_true(host.irq);
}

int main(int argc, char **argv)
{
    int failed;

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/irq/causes", test_causes);
    g_test_add_func("/e1000/irq/clear", test_clear);
    g_test_add_func("/e1000/irq/itr", test_itr);
    g_test_add_func("/e1000/irq/itr-level", test_itr_level);
    g_test_add_func("/e1000/irq/tidv", test_tidv);
    g_test_add_func("/e1000/irq/rdtr", test_rdtr);
    g_test_add_func("/e1000/irq/small-packet", test_small_packet);
    g_test_add_func("/e1000/irq/unmitigated", test_unmitigated);
    g_test_add_func("/e1000/irq/reset", test_reset);
    g_test_add_func("/e1000/irq/save", test_save);
    failed = g_test_run();
    host_stop();
    return failed;
}
