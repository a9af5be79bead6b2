// SPDX-License-Identifier: MIT
/*
 * dp8390-remote-test.c - the chip's remote DMA, and the data port
 */
#include <glib.h>
#include <string.h>

#include "ne2000-drive.h"
#include "nic-host.h"

static uint16_t crda(void)
{
    return (uint16_t)(in(NE_RSAR0) | in(NE_RSAR1) << 8);
}

static void test_remote(void)
{
    uint8_t a[16] = "0123456789abcde", b[16];

    ne_start("ne2k_isa", 0);
    ne_write(0x4000, a, 16);
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    ne_read(0x4000, b, 16);
    g_assert_cmpmem(a, 16, b, 16);
    g_assert_cmphex(crda(), ==, 0x4010);
    /* CRDA moves before software reads: National's recipe, and NT */
    ne_remote(0x0a, 0x4000, 4);
    g_assert_cmphex(crda(), ==, 0x4002);
    /* RDC is not before the last unit, and not cleared by the next */
    host_read(0, NE_DATA, 2);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    host_read(0, NE_DATA, 2);
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    ne_remote(0x0a, 0x4000, 4);
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    out(NE_ISR, RDC);
    /* Another replaces it; aborting says nothing */
    ne_remote(0x0a, 0x4008, 4);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, '8' | '9' << 8);
    out(NE_CR, 0x22);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    /* Repeating the code for another reason does not begin again */
    ne_remote(0x0a, 0x4000, 4);
    out(NE_CR, 0x0a);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, '0' | '1' << 8);
    out(NE_CR, 0x0a);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, '2' | '3' << 8);
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    out(NE_ISR, RDC);
    /* Count not loaded again, or zero: over at once, both ways */
    out(NE_CR, 0x0a);
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    out(NE_ISR, RDC);
    ne_remote(0x12, 0x4000, 0);
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    g_assert_cmphex(in(NE_CR), ==, 0x22);
    /* Another count alone goes on from where the last transfer ended */
    out(NE_ISR, RDC);
    ne_remote(0x0a, 0x4000, 4);
    host_read(0, NE_DATA, 4);
    out(NE_RBCR0, 2);
    out(NE_RBCR1, 0);
    out(NE_CR, 0x0a);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, '4' | '5' << 8);
    /* Beyond the end nothing happens */
    host_write(0, NE_DATA, 2, 0xdead);
    host_read(0, NE_DATA, 4);
    ne_read(0x4000, b, 16);
    g_assert_cmpmem(a, 16, b, 16);
    host_stop();
}

static void test_remote_odd(void)
{
    uint8_t b[8];

    ne_start("ne2k_pci", 0);
    ne_write(0x4000, "ABCDEFGH", 8);
    /* Words and a byte; the count does not wrap */
    ne_remote(0x0a, 0x4000, 3);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, 'A' | 'B' << 8);
    g_assert_cmphex(in(NE_ISR)&RDC, ==, 0);
    g_assert_cmphex(host_read(0, NE_DATA, 1), ==, 'C');
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    out(NE_ISR, RDC);
    ne_remote(0x12, 0x4000, 3);
    host_write(0, NE_DATA, 2, 'a' | 'b' << 8);
    host_write(0, NE_DATA, 1, 'c');
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    ne_read(0x4000, b, 8);
    g_assert_cmpmem(b, 8, "abcDEFGH", 8);
    /* A0 is low in word mode */
    ne_read(0x4003, b, 2);
    g_assert_cmpmem(b, 2, "cD", 2);
    /* Byte accesses in word mode move words */
    ne_remote(0x0a, 0x4000, 8);
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(in(NE_DATA), ==, (uint8_t) "acEG"[i]);
    }
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    host_stop();
}

static void test_remote_wrap(void)
{
    uint8_t b[8];

    ne_start("ne2k_pci", 0);
    ne_write(0x7ffc, "abcd", 4);
    ne_write(NE_FIRST << 8, "efgh", 4);
    ne_read(0x7ffc, b, 8);
    g_assert_cmpmem(b, 8, "abcdefgh", 8);
    /* Only where it arrives at PSTOP; OS/2 tests memory before it is set */
    out(NE_PSTOP, 0);
    ne_read(NE_FIRST << 8, b, 4);
    g_assert_cmpmem(b, 4, "efgh", 4);
    host_stop();
}

/* Nothing while stopped */
static void test_remote_stopped(void)
{
    ne_start("ne2k_isa", 0);
    out(NE_CR, 0x21);
    ne_remote(0x09, 0x4000, 4);
    g_assert_cmphex(crda(), ==, 0x4000);
    g_assert_cmphex(in(NE_ISR)&RDC, ==, 0);
    host_stop();
}

static void test_send_packet(void)
{
    uint8_t f[300];

    ne_start("ne2k_isa", 0);
    out(NE_BNRY, NE_FIRST);
    ne_frame(f, sizeof(f), 0x33);
    g_assert_true(host_receive(f, sizeof(f), 0));
    g_assert_true(ne_offer(60, 1));
    /* Not without DCR.AR */
    out(NE_RBCR1, 0x0f);
    out(NE_CR, 0x1a);
    g_assert_cmphex(in(NE_BNRY), ==, NE_FIRST);
    out(NE_DCR, 0x59);
    out(NE_CR, 0x1a);
    for (unsigned i = 0; i < 304; i += 2) {
        g_assert_cmphex(in(NE_ISR)&RDC, ==, 0);
        if (i == 4) {
            g_assert_cmphex(host_read(0, NE_DATA, 2), ==, f[0] | f[1] << 8);
        } else {
            host_read(0, NE_DATA, 2);
        }
    }
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    g_assert_cmphex(in(NE_BNRY), ==, NE_FIRST + 2);
    host_stop();
}

/* CVE-2015-8743, and everywhere else */
static void test_remote_everywhere(gconstpointer model)
{
    ne_start(model, 0);
    for (unsigned at = 0; at < 0x10000; at += 255) {
        static const unsigned size[] = { 1, 2, 4 };

        for (unsigned i = 0; i < 6; i++) {
            out(NE_DCR, i & 1 ? 0x48 : 0x49);
            ne_remote(0x12, (uint16_t)at, 7);
            host_write(0, NE_DATA, size[i / 2], 0);
            host_write(0, NE_DATA, size[i / 2], 0);
            ne_remote(0x0a, (uint16_t)at, 7);
            host_read(0, NE_DATA, size[i / 2]);
            host_read(0, NE_DATA, size[i / 2]);
        }
    }
    ne_remote(0x0a, 0xffff, 0xffff);
    for (unsigned i = 0; i < 0x4000; i++) {
        host_read(0, NE_DATA, 4);
    }
    host_stop();
}

/*
 * Accesses of all widths see the same bytes, in any mixture, across the end of
 * the ring and up to the end of the transfer
 */
static void test_widths(gconstpointer model)
{
    uint8_t mem[0x4000];
    GRand *rand = g_rand_new_with_seed(29);

    ne_start(model, 0);
    for (unsigned i = 0; i < sizeof(mem); i++) {
        mem[i] = (uint8_t)g_rand_int(rand);
    }
    ne_write(0x4000, mem, sizeof(mem));
    for (unsigned run = 0; run < 2000; run++) {
        unsigned unit = 1 + (run & 1), left = 1 + g_rand_int(rand) % 40;
        unsigned at = 0x3fe0 - g_rand_int(rand) % 0x40, write = run & 2;

        at &= ~(unit - 1);
        left = (left + unit - 1) & ~(unit - 1);
        out(NE_DCR, unit == 2 ? 0x49 : 0x48);
        out(NE_ISR, RDC);
        ne_remote(write ? 0x12 : 0x0a, (uint16_t)(0x4000 + at), (uint16_t)left);
        while (left) {
            unsigned size = unit << g_rand_int(rand) % (4 - unit), bytes;

            size = size <= left ? size : unit;
            g_assert_cmphex(in(NE_ISR)&RDC, ==, 0);
            if (write) {
                uint32_t val = g_rand_int(rand);

                host_write(0, NE_DATA, size, val);
                for (bytes = 0; bytes < size; bytes++, at++) {
                    if (at < sizeof(mem)) {
                        mem[at] = (uint8_t)(val >> (8 * bytes));
                    }
                }
            } else {
                uint32_t val = host_read(0, NE_DATA, size);

                for (bytes = 0; bytes < size; bytes++, at++) {
                    at = at == sizeof(mem) ? (NE_FIRST - NE_TX) * 256 : at;
                    g_assert_cmphex((uint8_t)(val >> (8 * bytes)), ==, mem[at]);
                }
            }
            left -= size;
        }
        g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    }
    g_rand_free(rand);
    host_stop();
}

int main(int argc, char **argv)
{
    static const struct {
        void (*fn)(void);
        const char *name;
    } tests[] = {
        { test_remote, "remote" },           { test_remote_odd, "odd" },
        { test_remote_wrap, "wrap" },        { test_remote_stopped, "stopped" },
        { test_send_packet, "send-packet" },
    };
    static const char *const models[] = { "ne2k_pci", "ne2k_isa" };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/remote/", tests[i].name, NULL);

        ne_add(path, tests[i].fn);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autofree char *path = g_strconcat("/remote/", models[i], NULL);
        g_autofree char *everywhere = g_strconcat(path, "/everywhere", NULL);
        g_autofree char *widths = g_strconcat(path, "/widths", NULL);

        g_test_add_data_func(everywhere, models[i], test_remote_everywhere);
        g_test_add_data_func(widths, models[i], test_widths);
    }
    return g_test_run();
}
