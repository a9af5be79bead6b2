// SPDX-License-Identifier: MIT
/*
 * dp8390-strict-test.c - what the property "strict" counts, and what not
 */
#include <glib.h>
#include <string.h>

#include "hw/net/dp8390.h"
#include "ne2000-drive.h"
#include "nic-host.h"

enum {
    FIRST = DP8390_EVENT_STRICT_TX_SHORT,
    LAST = DP8390_EVENT_STRICT_PAGE2,
};

/* Counts since the last call; what is left of them must be 0 in clean() */
static unsigned seen(unsigned event)
{
    uint64_t n = host.nic->events[event];

    host.nic->events[event] = 0;
    return (unsigned)n;
}

static void clean(void)
{
    for (unsigned i = FIRST; i <= LAST; i++) {
        g_test_message("%s", host.nic->model->event[i].name);
        g_assert_cmpuint(host.nic->events[i], ==, 0);
    }
}

static void start(const char *model)
{
    ne_start(model, 0);
    host.nic->prop[DP8390_PROP_STRICT] = true;
    clean();
}

/* Off by default, and then nothing counts */
static void test_off(void)
{
    ne_start("ne2k_pci", 0);
    ne_send(40);
    in(NE_DATA);
    out(NE_CR, 0x02);
    clean();
    host_stop();
}

/* A driver that does all as the papers say */
static void test_proper(gconstpointer model)
{
    uint8_t f[64] = { 0 };

    start(model);
    ne_init(0x3f);
    ne_write(NE_TX << 8, f, sizeof(f));
    ne_send(60);
    for (unsigned i = 0; i < 100; i++) {
        g_assert_true(ne_offer(60 + 10 * i, 1));
        /* ne_poll() leaves BNRY unwrapped, as Linux does */
        g_assert_cmpuint(ne_poll(1), ==, 1);
        out(NE_ISR, PRX);
        seen(DP8390_EVENT_STRICT_BNRY);
    }
    clean();
    host_stop();
}

static void test_tx(void)
{
    start("ne2k_pci");
    ne_send(40);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_TX_SHORT), ==, 1);
    ne_send(1600);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_TX_LONG), ==, 1);
    /* An FCS of its own does not make a frame longer */
    out(NE_TCR, 1);
    ne_send(1518);
    ne_send(64);
    clean();
    ne_send(63);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_TX_SHORT), ==, 1);
    out(NE_TCR, 0);
    /* While a frame is being sent */
    out(NE_TBCR0, 60);
    out(NE_TBCR1, 0);
    nic_write(host.nic, 0, NE_CR, 1, 0x26);
    nic_write(host.nic, 0, NE_CR, 1, 0x22);
    clean();
    nic_write(host.nic, 0, NE_CR, 1, 0x26);
    nic_write(host.nic, 0, NE_TPSR, 1, NE_TX);
    nic_write(host.nic, 0, NE_TBCR0, 1, 60);
    nic_write(host.nic, 0, NE_TBCR1, 1, 0);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_TX_BUSY), ==, 4);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 6);
    out(NE_CR, 0x21);
    out(NE_CR, 0x25);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_TX_STOPPED), ==, 1);
    clean();
    host_stop();
}

static void test_remote(void)
{
    start("ne2k_isa");
    out(NE_CR, 0x02);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_DMA_CODE), ==, 1);
    in(NE_DATA);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_PORT), ==, 1);
    /* Direction */
    ne_remote(0x12, 0x4000, 2);
    in(NE_DATA);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_PORT), ==, 1);
    host_write(0, NE_DATA, 2, 0);
    /* In words */
    ne_remote(0x0a, 0x4001, 2);
    host_read(0, NE_DATA, 2);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_ODD), ==, 1);
    ne_remote(0x0a, 0x4000, 3);
    host_read(0, NE_DATA, 4);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_COUNT), ==, 1);
    /* Left unfinished: once, however it is replaced */
    ne_remote(0x0a, 0x4000, 8);
    clean();
    ne_remote(0x0a, 0x4010, 4);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_DMA_CUT), ==, 1);
    out(NE_CR, 0x22);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_DMA_CUT), ==, 1);
    out(NE_CR, 0x22);
    /* DCR is to be there before RBCR */
    ne_remote(0x0a, 0x4000, 2);
    out(NE_DCR, 0x49);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_DCR), ==, 1);
    host_read(0, NE_DATA, 2);
    out(NE_DCR, 0x49);
    clean();
    out(NE_CR, 0x21);
    ne_remote(0x09, 0x4000, 2);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_DMA_STOPPED), ==, 1);
    clean();
    host_stop();
}

static void test_ring(void)
{
    start("ne2k_isa");
    out(NE_PSTART, NE_FIRST);
    out(NE_PSTOP, NE_STOP);
    out1(NE_CURR, NE_FIRST);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_RING), ==, 3);
    /* In loopback, and stopped, it is proper */
    out(NE_TCR, 2);
    out1(NE_CURR, NE_FIRST);
    out(NE_CR, 0x21);
    out(NE_PSTART, NE_STOP);
    clean();
    out(NE_CR, 0x22);
    clean();
    out(NE_TCR, 0);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_BOUNDS), ==, 1);
    out(NE_CR, 0x21);
    out(NE_PSTART, NE_FIRST);
    out1(NE_CURR, NE_STOP);
    out(NE_CR, 0x22);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_BOUNDS), ==, 1);
    out(NE_CR, 0x21);
    out1(NE_CURR, NE_FIRST);
    out(NE_CR, 0x22);
    clean();
    /* Beyond memory */
    out(NE_CR, 0x21);
    out(NE_PSTOP, NE_STOP + 1);
    out(NE_CR, 0x22);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_BOUNDS), ==, 1);
    out(NE_CR, 0x21);
    out(NE_PSTOP, NE_STOP);
    out(NE_CR, 0x22);
    clean();
    /* What Linux does when the next frame is at PSTART */
    out(NE_BNRY, NE_FIRST - 1);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_BNRY), ==, 1);
    in(NE_TBCR1);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_FIFO), ==, 1);
    out(NE_CR, 0xa2);
    out(3, 0);
    out(NE_CR, 0x22);
    g_assert_cmpuint(seen(DP8390_EVENT_STRICT_PAGE2), ==, 1);
    clean();
    host_stop();
}

static void overflow(void)
{
    while (ne_offer(1514, 1)) {
    }
    g_assert_cmphex(in(NE_ISR)&OVW, ==, OVW);
    clean();
}

static void test_overflow(void)
{
    const unsigned event = DP8390_EVENT_STRICT_OVERFLOW;

    /* D's ritual */
    start("ne2k_pci");
    overflow();
    out(NE_CR, 0x21);
    out(NE_RBCR0, 0);
    out(NE_RBCR1, 0);
    out(NE_TCR, 2);
    out(NE_CR, 0x22);
    g_assert_cmpuint(ne_poll(9), ==, 8);
    out(NE_ISR, OVW | PRX);
    out(NE_TCR, 0);
    seen(DP8390_EVENT_STRICT_BNRY);
    clean();
    /* Plain draining */
    overflow();
    g_assert_cmpuint(ne_poll(9), ==, 8);
    out(NE_ISR, OVW | PRX);
    g_assert_cmpuint(seen(event), ==, 1);
    seen(DP8390_EVENT_STRICT_BNRY);
    /* Started without loopback, and acknowledged then */
    overflow();
    out(NE_CR, 0x21);
    out(NE_CR, 0x22);
    g_assert_cmpuint(seen(event), ==, 1);
    out(NE_ISR, OVW | PRX);
    g_assert_cmpuint(seen(event), ==, 1);
    g_assert_cmpuint(ne_poll(9), ==, 8);
    seen(DP8390_EVENT_STRICT_BNRY);
    /* Into loopback without a stop: it may never have become quiet */
    overflow();
    out(NE_TCR, 2);
    g_assert_cmpuint(ne_poll(9), ==, 8);
    out(NE_ISR, OVW | PRX);
    g_assert_cmpuint(seen(event), ==, 1);
    out(NE_TCR, 0);
    seen(DP8390_EVENT_STRICT_BNRY);
    /* All anew, as BSD does */
    overflow();
    out(NE_CR, 0x21);
    out(NE_ISR, 0xff);
    ne_init(0);
    clean();
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/strict/off", test_off);
    g_test_add_data_func("/strict/ne2k_pci/proper", "ne2k_pci", test_proper);
    g_test_add_data_func("/strict/ne2k_isa/proper", "ne2k_isa", test_proper);
    g_test_add_func("/strict/tx", test_tx);
    g_test_add_func("/strict/remote", test_remote);
    g_test_add_func("/strict/ring", test_ring);
    g_test_add_func("/strict/overflow", test_overflow);
    return g_test_run();
}
