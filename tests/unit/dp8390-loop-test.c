// SPDX-License-Identifier: MIT
/*
 * dp8390-loop-test.c - the chip's loopback, with the values of the papers
 */
#include <glib.h>
#include <string.h>

#include "ne2000-drive.h"
#include "nic-host.h"

/* AN-937 6 and D 12 */

struct loop {
    uint8_t tcr, rcr, mac, tsr, rsr, isr;
    bool fcs_wrong;
};

static void test_loop(void)
{
    /* @mac: 0 no match, 1 the station's, 2 a multicast that matches */
    static const struct loop rows[] = {
        { 0x02, 0x00, 1, 0x51, 0x02, PTX | RXE, false },
        { 0x02, 0x00, 0, 0x51, 0x01, PTX, false },
        { 0x04, 0x00, 1, 0x41, 0x02, PTX | RXE, false },
        { 0x04, 0x00, 0, 0x41, 0x01, PTX, false },
        { 0x06, 0x1f, 0, 0x01, 0x02, PTX | RXE, false },
        { 0x03, 0x00, 1, 0x51, 0x01, PTX, false },
        { 0x03, 0x08, 2, 0x51, 0x21, PTX, false },
        { 0x03, 0x00, 1, 0x51, 0x02, PTX | RXE, true },
        { 0x03, 0x08, 2, 0x51, 0x22, PTX | RXE, true },
        { 0x03, 0x00, 0, 0x51, 0x01, PTX, true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct loop *r = &rows[i];
        uint8_t f[64] = { 0x00, 0x01 };
        uint32_t crc;

        ne_start("ne2k_isa", 0);
        out(NE_DCR, 0x40);
        out(NE_TCR, r->tcr);
        out(NE_RCR, r->rcr);
        out1(NE_MAR + 3, 0x80);
        if (r->mac) {
            memcpy(f,
                   r->mac == 1 ? (const char *)host.nic->mac
                               : "\x01\x00\x5e\x00\x00\x01",
                   6);
        }
        f[59] = 0xaa;
        crc = host_crc(f, 60) ^ r->fcs_wrong;
        put32(0, crc);
        memcpy(f + 60, host.ram, 4);
        out(NE_DCR, 0x49);
        ne_write(NE_TX << 8, f, sizeof(f));
        out(NE_DCR, 0x40);
        ne_send(r->tcr & 1 ? 64 : 60);
        g_assert_cmphex(in(NE_TPSR), ==, r->tsr);
        g_assert_cmphex(in(NE_RCR), ==, r->rsr);
        g_assert_cmphex(in(NE_ISR), ==, r->isr);
        g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
        g_assert_cmpuint(host.n_sent, ==, (r->tcr & 6) == 6);
        /* Count, the last byte, the FCS */
        g_assert_cmphex(in(NE_TBCR1), ==, 0x40);
        g_assert_cmphex(in(NE_TBCR1), ==, 0x00);
        g_assert_cmphex(in(NE_TBCR1), ==, 0x00);
        g_assert_cmphex(in(NE_TBCR1), ==, 0xaa);
        for (unsigned b = 0; b < 4; b++) {
            g_assert_cmphex(in(NE_TBCR1), ==, (uint8_t)(crc >> (8 * b)));
        }
        g_assert_cmphex(in(NE_TBCR1), ==, 0x40);
    }
    host_stop();
}

/* In words every other byte counts; N = 8m + 5 has another picture */
static void test_loop_words(void)
{
    uint8_t f[18] = { 0 };
    uint32_t crc;

    ne_start("ne2k_isa", 0);
    for (unsigned i = 0; i < 9; i++) {
        f[2 * i + 1] = (uint8_t)(0x10 + i);
    }
    ne_write(NE_TX << 8, f, sizeof(f));
    for (unsigned i = 0; i < 9; i++) {
        f[i] = (uint8_t)(0x10 + i);
    }
    crc = host_crc(f, 9);
    out(NE_DCR, 0x41);
    out(NE_TCR, 0x02);
    ne_send(18);
    g_assert_cmphex(in(NE_TBCR1), ==, 0x18);
    for (unsigned b = 0; b < 4; b++) {
        g_assert_cmphex(in(NE_TBCR1), ==, (uint8_t)(crc >> (8 * b)));
    }
    g_assert_cmphex(in(NE_TBCR1), ==, 13);
    g_assert_cmphex(in(NE_TBCR1), ==, 0);
    g_assert_cmphex(in(NE_TBCR1), ==, 0);
    /* As long as memory, and one too long */
    out(NE_TPSR, 0x40);
    out(NE_TBCR0, 0);
    out(NE_TBCR1, 0x40);
    out(NE_CR, 0x26);
    out(NE_TBCR0, 1);
    out(NE_CR, 0x26);
    g_assert_cmphex(in(NE_ISR)&TXE, ==, TXE);
    /* DCR.LS not 0: only a switch that isolates */
    out(NE_DCR, 0x49);
    out(NE_ISR, 0xff);
    ne_send(60);
    g_assert_cmphex(in(NE_ISR), ==, PTX);
    g_assert_cmpuint(host.n_sent, ==, 0);
    host_stop();
}

/*
 * D 12, "Alignment of the Received Packet in the FIFO": reception begins at
 * location 0 and wraps; behind the last byte is the count, its upper byte twice
 */
static void test_alignment(void)
{
    uint8_t f[80], fifo[8];

    ne_start("ne2k_isa", 0);
    for (unsigned i = 0; i < sizeof(f); i++) {
        f[i] = (uint8_t)(0x80 + i);
    }
    ne_write(NE_TX << 8, f, sizeof(f));
    out(NE_DCR, 0x40);
    for (unsigned inhibit = 0; inhibit < 2; inhibit++) {
        for (unsigned len = 8; len <= 76; len++) {
            unsigned count = inhibit ? len : len + 4;
            uint32_t crc = host_crc(f, len);

            out(NE_TCR, (uint8_t)(2 | inhibit));
            ne_send((uint16_t)len);
            for (unsigned i = 0; i < 8; i++) {
                fifo[i] = in(NE_TBCR1);
            }
            g_assert_cmphex(fifo[count % 8], ==, count);
            g_assert_cmphex(fifo[(count + 1) % 8], ==, 0);
            g_assert_cmphex(fifo[(count + 2) % 8], ==, 0);
            for (unsigned k = count - 5; k < count; k++) {
                uint32_t want = k < len ? f[k] : crc >> (8 * (k - len)) & 0xff;

                g_assert_cmphex(fifo[k % 8], ==, want);
            }
        }
    }
    host_stop();
}

/* All modes isolate from the network, whatever DCR.LS says */
static void test_isolated(void)
{
    ne_start("ne2k_pci", 0x3f);
    for (unsigned tcr = 2; tcr <= 6; tcr += 2) {
        out(NE_TCR, (uint8_t)tcr);
        g_assert_true(ne_offer(60, 1));
        g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST);
        g_assert_cmphex(in(NE_ISR), ==, 0);
    }
    out(NE_TCR, 0);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmphex(in1(NE_CURR), ==, NE_FIRST + 1);
    host_stop();
}

int main(int argc, char **argv)
{
    static const struct {
        void (*fn)(void);
        const char *name;
    } tests[] = {
        { test_loop, "modes" },
        { test_loop_words, "words" },
        { test_isolated, "isolated" },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/loop/", tests[i].name, NULL);

        ne_add(path, tests[i].fn);
    }
    g_test_add_func("/loop/alignment", test_alignment);
    return g_test_run();
}
