// SPDX-License-Identifier: MIT
/*
 * ne2000-test.c - the boards, and what drivers do with them
 *
 * A test named after a driver makes its register accesses in its order.
 */
#include <glib.h>
#include <string.h>

#include "hw/net/dp8390.h"
#include "ne2000-drive.h"
#include "nic-host.h"

enum { PROP_SLOT8 = 1 };

/* Reset port as Linux does, until the board says that it is done */
static void reset(void)
{
    out(NE_RESET, in(NE_RESET));
    g_assert_cmphex(in(NE_ISR), ==, RST);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    out(NE_ISR, 0xff);
}

/* Whether what is written at @at can be read there, in byte or word mode */
static bool remembers(uint16_t at, uint8_t dcr)
{
    const char *text = "memory of a card";
    bool same = true;

    out(NE_DCR, dcr);
    ne_remote(0x12, at, 14);
    for (unsigned i = 0; i < 14; i += 1u + (dcr & 1)) {
        host_write(0, NE_DATA, 1u + (dcr & 1),
                   (uint32_t)(text[i] | text[i + 1] << 8));
    }
    ne_remote(0x0a, at, 14);
    for (unsigned i = 0; i < 14; i += 1u + (dcr & 1)) {
        uint32_t val = host_read(0, NE_DATA, 1u + (dcr & 1));

        same &= (uint8_t)val == (uint8_t)text[i];
    }
    return same;
}

/* Linux's ne2k-pci: probe, PROM, start and send */
static void test_linux_ne2k_pci(void)
{
    uint8_t prom[32], regd, f[62] = { 1, 2, 3 };

    host_start("ne2k_pci");
    /* Linux does not set bus mastering for it */
    nic_set_bus_master(host.nic, false);
    g_assert_cmphex(in(NE_CR), !=, 0xff);
    out(NE_CR, 0x61);
    regd = in(0x0d);
    out(0x0d, 0xff);
    out(NE_CR, 0x20);
    in(NE_TCR);
    g_assert_cmphex(in(NE_TCR), ==, 0);
    out(0x0d, regd);
    reset();
    out(NE_CR, 0x21);
    out(NE_DCR, 0x49);
    out(NE_RBCR0, 0);
    out(NE_RBCR1, 0);
    out(NE_IMR, 0);
    out(NE_ISR, 0xff);
    out(NE_RCR, 0x20);
    out(NE_TCR, 0x02);
    ne_remote(0x0a, 0, 32);
    for (unsigned i = 0; i < 32; i++) {
        prom[i] = in(NE_DATA);
    }
    g_assert_cmpmem(prom, 6, host.nic->mac, 6);
    g_assert_cmphex(prom[14], ==, 0x57);
    ne_init(0x3f);
    /* Dwords, then what is left */
    ne_remote(0x12, NE_TX << 8, 60);
    for (unsigned i = 0; i < 60; i += 4) {
        host_write(0, NE_DATA, 4,
                   (uint32_t)(f[i] | f[i + 1] << 8 | f[i + 2] << 16));
    }
    g_assert_cmphex(in(NE_ISR), ==, RDC);
    out(NE_ISR, RDC);
    ne_send(60);
    g_assert_cmpmem(host.sent[0].data, host.sent[0].frame.len, f, 60);
    g_assert_true(host.irq);
    out(NE_ISR, PTX);
    host_stop();
}

/* What it receives it reads in dwords, then what is left */
static void test_linux_ne2k_pci_rx(void)
{
    uint8_t header[4];

    ne_start("ne2k_pci", 0x3f);
    g_assert_true(ne_offer(75, 3));
    ne_remote(0x0a, NE_FIRST << 8, 4);
    put32(0, host_read(0, NE_DATA, 4));
    memcpy(header, host.ram, 4);
    g_assert_cmphex(header[0], ==, 1);
    g_assert_cmpuint(header[2], ==, 79);
    out(NE_ISR, RDC);
    /* 75 is 18 dwords, a word and a byte */
    ne_remote(0x0a, (NE_FIRST << 8) + 4, 75);
    for (unsigned i = 0; i < 18; i++) {
        put32(4 * i, host_read(0, NE_DATA, 4));
    }
    put16(72, (uint16_t)host_read(0, NE_DATA, 2));
    host.ram[74] = in(NE_DATA);
    g_assert_cmphex(in(NE_ISR), ==, RDC | PRX);
    g_assert_cmpmem(host.ram, 6, host.nic->mac, 6);
    g_assert_cmphex(host.ram[74], ==, 3);
    host_stop();
}

/* Its full duplex: config registers open for one write */
static void test_linux_full_duplex(void)
{
    ne_start("ne2k_pci", 0);
    out(NE_CR, 0xe0);
    out(6, 0x40);
    g_assert_cmphex(in(6), ==, 0);
    out(1, 0xc0);
    out(6, 0x40);
    out(1, 0x00);
    g_assert_cmphex(in(6), ==, 0x40);
    g_assert_cmphex(in(0x0e), ==, 0x29);
    g_assert_cmphex(in(0x0f), ==, 0x80);
    out(NE_CR, 0x20);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    host_stop();
}

/* Linux's ne: PROM in bytes, and an interrupt to find the line */
static void test_linux_ne(void)
{
    uint8_t prom[32];

    host_start("ne2k_isa");
    reset();
    out(NE_CR, 0x21);
    out(NE_DCR, 0x48);
    ne_remote(0x0a, 0, 32);
    for (unsigned i = 0; i < 32; i++) {
        prom[i] = in(NE_DATA);
    }
    for (unsigned i = 0; i < 32; i += 2) {
        g_assert_cmphex(prom[i], ==, prom[i + 1]);
        prom[i / 2] = prom[i];
    }
    g_assert_cmpmem(prom, 6, host.nic->mac, 6);
    g_assert_cmphex(prom[14], ==, 0x57);
    g_assert_cmphex(prom[15], ==, 0x57);
    out(NE_IMR, 0x50);
    out(NE_RBCR0, 0);
    out(NE_RBCR1, 0);
    out(NE_CR, 0x0a);
    g_assert_true(host.irq);
    out(NE_IMR, 0);
    g_assert_false(host.irq);
    host_stop();
}

/* NetBSD and FreeBSD: reset, then memory of an NE1000 must not be there */
static void test_bsd(gconstpointer model)
{
    ne_start(model, 0x3f);
    in(NE_RESET);
    out(NE_RESET, 0);
    out(NE_CR, 0x21);
    g_assert_cmphex(in(NE_CR)&0x27, ==, 0x21);
    g_assert_cmphex(in(NE_ISR)&RST, ==, RST);
    out(NE_CR, 0x22);
    out(NE_RCR, 0x20);
    out(NE_PSTART, 0x20);
    out(NE_PSTOP, 0x40);
    g_assert_false(remembers(0x2000, 0x48));
    out(NE_PSTART, 0x40);
    out(NE_PSTOP, 0x80);
    g_assert_true(remembers(0x4000, 0x49));
    /* They poll until nothing is left */
    out(NE_ISR, 0xff);
    g_assert_cmphex(in(NE_ISR), ==, 0);
    host_stop();
}

/* Windows NT: sizes memory by writing in steps of 1 KiB */
static void test_nt(gconstpointer model)
{
    uint8_t pattern[4] = { 0xaa, 0x55, 0xff, 0x00 }, got[4];
    unsigned first = 0, end = 0;

    host_start(model);
    in(NE_RESET);
    out(NE_RESET, 0xff);
    out(NE_CR, 0x21);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    out(NE_TCR, 2);
    out(NE_DCR, 0x49);
    out(NE_CR, 0x22);
    for (unsigned at = 0x400; at < 0xfd00 && !end; at += 0x400) {
        bool here;

        ne_write((uint16_t)at, pattern, 4);
        ne_read((uint16_t)at, got, 4);
        here = !memcmp(got, pattern, 4);
        first = here && !first ? at : first;
        end = first && !here ? at : 0;
    }
    g_assert_cmphex(first, ==, 0x4000);
    g_assert_cmphex(end, ==, 0x8000);
    host_stop();
}

/* TLVC and ELKS: polls without an end, CR without RD2 */
static void test_tlvc(void)
{
    ne_start("ne2k_isa", 0x13);
    out(NE_CR, 0x20);
    g_assert_cmphex(in(NE_CR), !=, 0);
    g_assert_cmphex(in(NE_CR), !=, 0xff);
    out(NE_RESET, in(NE_RESET));
    g_assert_cmphex(in(NE_ISR)&RST, ==, RST);
    ne_init(0x13);
    out(NE_TBCR0, 64);
    out(NE_TBCR1, 0);
    out(NE_CR, 0x06);
    g_assert_cmphex(in(NE_CR)&4, ==, 0);
    g_assert_cmpuint(host.n_sent, ==, 1);
    out(NE_ISR, PTX);
    /* It acknowledges PRX and leaves frames behind */
    for (unsigned i = 0; i < 3; i++) {
        while (ne_offer(1000, 1)) {
        }
        out(NE_ISR, PRX);
    }
    g_assert_false(ne_offer(1000, 1));
    g_assert_cmphex(in(NE_ISR)&OVW, ==, OVW);
    /* Recovery: stop until RST, rewind CURR */
    out(NE_CR, 0x01);
    g_assert_cmphex(in(NE_ISR)&RST, ==, RST);
    out(NE_TCR, 0x02);
    out(NE_CR, 0x02);
    out1(NE_CURR, NE_FIRST);
    out(NE_BNRY, NE_STOP - 1);
    out(NE_ISR, OVW | PRX);
    out(NE_TCR, 0);
    g_assert_true(ne_offer(1000, 1));
    g_assert_cmpuint(ne_poll(9), ==, 1);
    host_stop();
}

/* iPXE: never acknowledges PRX, and sends in four writes */
static void test_ipxe(void)
{
    uint8_t f[60];

    ne_start("ne2k_pci", 0);
    for (unsigned i = 0; i < 200; i++) {
        g_assert_true(ne_offer(60 + i, (uint8_t)i));
        g_assert_cmphex(in(NE_RCR)&1, ==, 1);
        g_assert_cmpuint(ne_poll(1), ==, 1);
    }
    ne_frame(f, 60, 5);
    ne_write(0x4000, f, 6);
    ne_write(0x4006, f + 6, 6);
    ne_write(0x400c, f + 12, 2);
    /* Empty payload: RDC is polled for ever */
    ne_remote(0x12, 0x400e, 0);
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    ne_write(0x400e, f + 14, 46);
    ne_send(60);
    g_assert_cmpmem(host.sent[0].data, 60, f, 60);
    host_stop();
}

/* NetWare 3.11 is said to transmit from above packet memory */
static void test_netware(gconstpointer model)
{
    ne_start(model, 0);
    ne_write(0x4000, "netware!", 8);
    out(NE_TPSR, 0xc0);
    out(NE_TBCR0, 60);
    out(NE_TBCR1, 0);
    out(NE_CR, 0x26);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpmem(host.sent[0].data, 8, "netware!", 8);
    host_stop();
}

/* OS/2's RTL8029 driver: all of memory in one go, CR.RD2 instead of RDC */
static void test_os2(void)
{
    host_start("ne2k_pci");
    out(NE_DCR, 0x49);
    out(NE_CR, 0x22);
    ne_remote(0x12, 0x4000, 0x4000);
    for (unsigned i = 0; i < 0x4000; i += 4) {
        g_assert_cmphex(in(NE_CR)&0x20, ==, 0);
        host_write(0, NE_DATA, 4, 0xe5e5e5e5);
    }
    g_assert_cmphex(in(NE_CR)&0x20, ==, 0x20);
    ne_remote(0x0a, 0x4000, 0x4000);
    for (unsigned i = 0; i < 0x4000; i += 4) {
        g_assert_cmphex(host_read(0, NE_DATA, 4), ==, 0xe5e5e5e5);
    }
    g_assert_cmphex(in(NE_CR)&0x20, ==, 0x20);
    /* Auto-load and wait */
    out(NE_CR, 0xe2);
    out(1, 0x40);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    out(NE_CR, 0xe1);
    g_assert_cmphex(in(1) & 0xc0, ==, 0);
    host_stop();
}

/* What the reset port leaves alone, and what not */
static void test_reset_port(gconstpointer model)
{
    ne_start(model, 0x3f);
    ne_write(0x4000, "kept", 4);
    g_assert_true(ne_offer(60, 1));
    g_assert_true(host.irq);
    nic_write(host.nic, 0, NE_CR, 1, 0x26);
    nic_read(host.nic, 0, NE_RESET, 1);
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 0);
    g_assert_false(host.irq);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    g_assert_cmphex(in(NE_ISR), ==, RST);
    out(NE_CR, 0x61);
    g_assert_cmphex(in(NE_PAR), ==, host.nic->mac[0]);
    g_assert_cmphex(in(NE_CURR), ==, NE_FIRST + 1);
    out(NE_CR, 0x22);
    ne_remote(0x0a, 0x4000, 2);
    g_assert_cmphex(host_read(0, NE_DATA, 2), ==, 'k' | 'e' << 8);
    host_stop();
}

static void test_prom(gconstpointer model)
{
    uint8_t prom[64], again[64];

    ne_start(model, 0);
    ne_read(0, prom, 64);
    for (unsigned i = 0; i < 64; i += 2) {
        ne_write((uint16_t)i, "XX", 2);
    }
    ne_read(0, again, 64);
    g_assert_cmpmem(prom, 64, again, 64);
    g_assert_cmphex(prom[28], ==, 'W');
    if (!strcmp(model, "ne2k_pci")) {
        g_assert_cmpmem(prom, 28, prom + 32, 28);
        g_assert_cmphex(prom[60], ==, 'B');
    } else {
        g_assert_cmphex(prom[32], ==, 0xff);
    }
    /* Memory that is not there */
    ne_write(0x0400, "XX", 2);
    ne_read(0x0400, again, 2);
    g_assert_cmpmem(again, 2, "\xff\xff", 2);
    ne_write(0x8000, "XX", 2);
    ne_read(0x8000, again, 2);
    g_assert_cmpmem(again, 2, "\xff\xff", 2);
    host_stop();
}

static void test_slot8(void)
{
    uint32_t val;

    host_start("ne2k_isa");
    host.nic->prop[PROP_SLOT8] = true;
    nic_reset(host.nic, NIC_RESET_POWER);
    out(NE_DCR, 0x48);
    out(NE_CR, 0x22);
    ne_remote(0x0a, 28, 4);
    g_assert_cmphex(in(NE_DATA), ==, 'B');
    /* A 16-bit access is two cycles of 8 */
    val = host_read(0, NE_DATA, 2);
    g_assert_cmphex(val, ==, 'B' | 'B' << 8);
    g_assert_true(remembers(0x5ff0, 0x48));
    g_assert_false(remembers(0x6000, 0x48));
    host_stop();
}

/* CVE-2007-5729: a frame longer than Ethernet's; and anything at all */
static void test_tx_length(void)
{
    ne_start("ne2k_pci", 0);
    for (unsigned len = 0; len < 0x10000; len += 251) {
        host.n_sent = 0;
        ne_send((uint16_t)len);
        g_assert_cmpuint(host.n_sent, ==, len && len <= 0x4000);
        out(NE_ISR, 0xff);
    }
    for (unsigned page = 0; page < 256; page++) {
        uint32_t left = page >= 0xc0                  ? 0x10000 - page * 256
                        : page >= 0x40 && page < 0x80 ? 0x8000 - page * 256
                                                      : 0;
        out(NE_TPSR, (uint8_t)page);
        out(NE_TBCR0, 0);
        out(NE_TBCR1, 8);
        host.n_sent = 0;
        out(NE_CR, 0x26);
        g_assert_cmpuint(host.n_sent, ==, left >= 2048);
    }
    host_stop();
}

/* CVE-2018-10839 and CVE-2007-1321: the largest and smallest frames there are,
 * in as many pieces */
static void test_rx_length(void)
{
    static uint8_t f[NIC_RX_MAX + 4];

    ne_start("ne2k_isa", 0);
    out(NE_RCR, 0x1f);
    for (size_t len = 1; len <= sizeof(f); len += 61) {
        struct nic_buf buf[] = { { f, MIN(len, 256) },
                                 { f + 256, len > 256 ? (len - 256) / 2 : 0 },
                                 { f, 0 } };
        struct nic_rx rx = { buf, 3, len, len & 1 ? 0 : NIC_RX_FCS };

        buf[2].len = len - buf[0].len - buf[1].len;
        if (len > NIC_RX_MAX) {
            rx.flags = NIC_RX_FCS;
        }
        g_assert_true(nic_receive(host.nic, &rx));
        out(NE_ISR, 0xff);
        out(NE_BNRY, in1(NE_CURR));
    }
    host_stop();
}

/* Accesses wider than the chip, and beyond the window */
static void test_wide(void)
{
    ne_start("ne2k_pci", 0);
    out(NE_CR, 0x61);
    host_write(0, NE_PAR, 4, 0x44332211);
    g_assert_cmphex(host_read(0, NE_PAR, 4), ==, 0x44332211);
    g_assert_cmphex(host_read(0, 0, 2), ==, 0x1161);
    g_assert_cmphex(host_read(0, 0x20, 4), ==, 0xffffffff);
    host_write(0, 0x20, 4, 0);
    host_read(0, 0x1e, 4);
    host_read(0, 0x0e, 4);
    host_write(0, 0x0e, 4, 0xffffffff);
    g_assert_cmphex(host.nic->model->pci->bar[0].size, ==, 32);
    host_stop();
}

/* A machine reset stops the card and keeps nothing that receives */
static void test_machine_reset(gconstpointer model)
{
    ne_start(model, 0x3f);
    g_assert_true(ne_offer(60, 1));
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_false(host.irq);
    g_assert_cmphex(in(NE_CR), ==, 0x21);
    g_assert_true(ne_offer(60, 1));
    g_assert_cmphex(in(NE_ISR), ==, RST);
    host_stop();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*fn)(void);
    } tests[] = {
        { "/ne2000/linux-ne2k-pci", test_linux_ne2k_pci },
        { "/ne2000/linux-ne2k-pci-rx", test_linux_ne2k_pci_rx },
        { "/ne2000/linux-full-duplex", test_linux_full_duplex },
        { "/ne2000/linux-ne", test_linux_ne },
        { "/ne2000/tlvc", test_tlvc },
        { "/ne2000/ipxe", test_ipxe },
        { "/ne2000/os2", test_os2 },
        { "/ne2000/slot8", test_slot8 },
        { "/ne2000/tx-length", test_tx_length },
        { "/ne2000/rx-length", test_rx_length },
        { "/ne2000/wide", test_wide },
    };
    static const struct {
        const char *name;
        void (*fn)(gconstpointer);
    } both[] = {
        { "bsd", test_bsd },         { "nt", test_nt },
        { "netware", test_netware }, { "reset-port", test_reset_port },
        { "prom", test_prom },       { "machine-reset", test_machine_reset },
    };
    static const char *const models[] = { "ne2k_pci", "ne2k_isa" };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add_func(tests[i].path, tests[i].fn);
    }
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(both); i++) {
        g_autofree char *path =
            g_strdup_printf("/ne2000/%s/%s", models[i & 1], both[i / 2].name);

        g_test_add_data_func(path, models[i & 1], both[i / 2].fn);
    }
    return g_test_run();
}
