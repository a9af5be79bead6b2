// SPDX-License-Identifier: MIT
/*
 * ne2k-remote-test.c - remote DMA: local memory through the data port
 */
#include "libne2k.h"

#include <string.h>

enum {
    RAM_SIZE = RAM_END - RAM,
    PROM_SIZE = 32, /* bytes of local memory: 16 of the PROM, doubled */
    PROM_MARK = 14,
    RING_END = RING_STOP * PAGE,
};

/* The order of bytes is seen best if all differ */
static void pattern(uint8_t *data, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(seed + i * 7 + (i >> 8) * 3);
    }
}

static void start_chip(struct ne2k *d, bool words)
{
    ne2k_init(d, RCR_AB);
    if (!words) {
        ne2k_bytes(d);
    }
}

/* Write with one width of the port and read with all */
static void check_widths(struct ne2k *d, unsigned from, unsigned to)
{
    uint8_t want[128];
    uint8_t got[128];

    for (unsigned width = from; width <= to; width *= 2) {
        pattern(want, sizeof(want), width);
        d->width = width;
        remote_write(d, RAM + 256, want, sizeof(want));
        for (d->width = from; d->width <= to; d->width *= 2) {
            remote_read(d, RAM + 256, got, sizeof(got));
            check_mem(got, want, sizeof(got));
        }
    }
}

static void test_bytes(struct ne2k *d)
{
    uint8_t want[99];
    uint8_t got[99];

    start_chip(d, false);
    pattern(want, sizeof(want), 1);
    /* Any address, any count */
    for (uint16_t at = RAM; at < RAM + 4; at++) {
        remote_write(d, at, want, sizeof(want) - at % 4);
        remote_read(d, at, got, sizeof(got) - at % 4);
        check_mem(got, want, sizeof(got) - at % 4);
    }
}

static void test_words(struct ne2k *d)
{
    start_chip(d, true);
    check_widths(d, 2, d->isa ? 2 : 4);
}

/* The byte at an even address is the low half of a word */
static void test_byte_order(struct ne2k *d)
{
    uint8_t data[4];

    start_chip(d, true);
    d->width = 2;
    remote_begin(d, CR_WRITE, RAM, 4);
    data_out(d, 2, 0x2211);
    data_out(d, 2, 0x4433);
    out8(d, ISR, ISR_RDC);
    ne2k_bytes(d);
    remote_read(d, RAM, data, sizeof(data));
    for (unsigned i = 0; i < 4; i++) {
        check_eq(data[i], 0x11 * (i + 1));
    }
}

/* In word mode an access of a byte moves a word, and sees its low byte */
static void test_byte_of_word(struct ne2k *d)
{
    uint8_t want[16];
    uint8_t got[16];

    start_chip(d, true);
    pattern(want, sizeof(want), 0x40);
    remote_write(d, RAM, want, sizeof(want));
    remote_begin(d, CR_READ, RAM, sizeof(want));
    for (unsigned i = 0; i < sizeof(want); i += 2) {
        check_eq(in8(d, ISR) & ISR_RDC, 0);
        check_eq(data_in(d, 1), want[i]);
    }
    check(in8(d, ISR) & ISR_RDC);
    out8(d, ISR, ISR_RDC);
    remote_begin(d, CR_WRITE, RAM, sizeof(want));
    for (unsigned i = 0; i < sizeof(want); i += 2) {
        check_eq(in8(d, ISR) & ISR_RDC, 0);
        data_out(d, 1, i);
    }
    check(in8(d, ISR) & ISR_RDC);
    out8(d, ISR, ISR_RDC);
    remote_read(d, RAM, got, sizeof(got));
    for (unsigned i = 0; i < sizeof(got); i += 2) {
        check_eq(got[i], i);
    }
}

/* A0 is low in word mode (D) */
static void test_odd_address(struct ne2k *d)
{
    uint8_t want[8];

    start_chip(d, true);
    pattern(want, sizeof(want), 0x40);
    remote_write(d, RAM, want, sizeof(want));
    remote_begin(d, CR_READ, RAM + 3, 4);
    check_eq(data_in(d, 2), want[2] | want[3] << 8);
    check_eq(data_in(d, 2), want[4] | want[5] << 8);
    check(in8(d, ISR) & ISR_RDC);
}

/* Odd counts in words end with the last word (iPXE, Linux, NT) */
static void test_odd_count(struct ne2k *d)
{
    uint8_t data[16];

    start_chip(d, true);
    remote_fill(d, RAM, 0, sizeof(data));
    for (uint16_t count = 1; count < 8; count += 2) {
        remote_begin(d, CR_WRITE, RAM, count);
        for (unsigned i = 0; i < count; i += 2) {
            check_eq(in8(d, ISR) & ISR_RDC, 0);
            data_out(d, 2, 0x1111u * count);
        }
        check_eq(in8(d, ISR) & ISR_RDC, ISR_RDC);
        data_out(d, 2, 0xffff); /* one too many */
        out8(d, ISR, ISR_RDC);
        remote_read(d, RAM, data, sizeof(data));
        for (unsigned i = 0; i <= count; i++) {
            check_eq(data[i], 0x11u * count);
        }
        for (unsigned i = count + 1u; i < sizeof(data); i++) {
            check_eq(data[i], 0);
        }
        remote_begin(d, CR_READ, RAM, count);
        for (unsigned i = 0; i < count; i += 2) {
            check_eq(in8(d, ISR) & ISR_RDC, 0);
            check_eq(data_in(d, 2), 0x1111u * count);
        }
        check_eq(in8(d, ISR) & ISR_RDC, ISR_RDC);
        out8(d, ISR, ISR_RDC);
    }
}

/* An odd count whose last byte is one access of a byte (Linux, NT) */
static void test_odd_tail(struct ne2k *d)
{
    uint8_t want[8];

    start_chip(d, true);
    pattern(want, sizeof(want), 9);
    remote_write(d, RAM, want, sizeof(want));
    remote_begin(d, CR_READ, RAM, 5);
    check_eq(data_in(d, 2), want[0] | want[1] << 8);
    check_eq(data_in(d, 2), want[2] | want[3] << 8);
    check_eq(data_in(d, 1), want[4]);
    check(in8(d, ISR) & ISR_RDC);
}

/* Reading goes on at PSTART when it arrives at PSTOP */
static void check_ring_wrap(struct ne2k *d)
{
    uint8_t end[64];
    uint8_t start[64];
    uint8_t got[sizeof(end) + sizeof(start)];

    pattern(end, sizeof(end), 1);
    pattern(start, sizeof(start), 101);
    remote_write(d, RING_END - sizeof(end), end, sizeof(end));
    remote_write(d, RING_START * PAGE, start, sizeof(start));
    remote_read(d, RING_END - sizeof(end), got, sizeof(got));
    check_mem(got, end, sizeof(end));
    check_mem(got + sizeof(end), start, sizeof(start));
}

static void test_ring_wrap(struct ne2k *d)
{
    start_chip(d, true);
    check_ring_wrap(d);
    d->width = 2;
    check_ring_wrap(d);
    ne2k_bytes(d);
    check_ring_wrap(d);
}

/* ... in the middle of the memory as well, and not for other addresses */
static void test_small_ring(struct ne2k *d)
{
    uint8_t got[2 * PAGE];

    ne2k_init_ring(d, RCR_AB, 0x60, 0x64);
    for (unsigned page = 0x5e; page < 0x68; page++) {
        remote_fill(d, (uint16_t)(page * PAGE), (uint8_t)page, PAGE);
    }
    remote_read(d, 0x63 * PAGE, got, sizeof(got));
    check_eq(got[0], 0x63);
    check_eq(got[PAGE - 1], 0x63);
    check_eq(got[PAGE], 0x60);
    remote_read(d, 0x5e * PAGE, got, sizeof(got));
    check_eq(got[PAGE], 0x5f);
    remote_read(d, 0x64 * PAGE, got, sizeof(got));
    check_eq(got[0], 0x64);
    check_eq(got[PAGE], 0x65);
}

/* CRDA shows RSAR, moves with the data, and stays when all is done */
static void test_crda(struct ne2k *d)
{
    start_chip(d, true);
    out_pair(d, RSAR0, RAM + 0x234);
    check_eq(in_pair(d, CRDA0), RAM + 0x234);
    remote_begin(d, CR_WRITE, RAM + 0x100, 4);
    check_eq(in_pair(d, CRDA0), RAM + 0x100);
    data_out(d, 2, 1);
    check_eq(in_pair(d, CRDA0), RAM + 0x102);
    data_out(d, 2, 2);
    check_eq(in_pair(d, CRDA0), RAM + 0x104);
    remote_begin(d, CR_READ, RAM + 0x100, 4);
    data_in(d, 2);
    data_in(d, 2);
    check_eq(in_pair(d, CRDA0), RAM + 0x104);
    ne2k_bytes(d);
    remote_begin(d, CR_READ, RAM + 0x101, 3);
    data_in(d, 1);
    data_in(d, 1);
    data_in(d, 1);
    check_eq(in_pair(d, CRDA0), RAM + 0x104);
}

/*
 * The chip fetches before software comes: National's recipe against a fault
 * of its first parts waits for CRDA to change, and so does NT
 */
static void test_prefetch(struct ne2k *d)
{
    start_chip(d, true);
    remote_begin(d, CR_READ, RAM, 8);
    check_eq(in_pair(d, CRDA0), RAM + 2);
    data_in(d, 2);
    check_eq(in_pair(d, CRDA0), RAM + 4);
    ne2k_bytes(d);
    remote_begin(d, CR_READ, RAM, 8);
    check_eq(in_pair(d, CRDA0), RAM + 1);
}

/* ... and then writes as if nothing had been */
static void test_dummy_read(struct ne2k *d)
{
    uint8_t want[32];
    uint8_t got[32];

    start_chip(d, true);
    pattern(want, sizeof(want), 3);
    remote_begin(d, CR_READ, TX_PAGE * PAGE, 2);
    remote_write(d, TX_PAGE * PAGE, want, sizeof(want));
    remote_read(d, TX_PAGE * PAGE, got, sizeof(got));
    check_mem(got, want, sizeof(got));
}

/* A command without a new RSAR goes on where the last one ended */
static void test_continue(struct ne2k *d)
{
    uint8_t want[32];
    uint8_t got[32];

    start_chip(d, true);
    pattern(want, sizeof(want), 3);
    remote_write(d, RAM, want, sizeof(want));
    out_pair(d, RSAR0, RAM);
    for (unsigned i = 0; i < sizeof(got); i += 4) {
        uint16_t value;

        out_pair(d, RBCR0, 4);
        out8(d, CR, CR_READ | CR_STA);
        for (unsigned k = 0; k < 4; k += 2) {
            value = (uint16_t)data_in(d, 2);
            got[i + k] = (uint8_t)value;
            got[i + k + 1] = (uint8_t)(value >> 8);
        }
    }
    check_mem(got, want, sizeof(got));
}

/* RDC is latched: another transfer does not clear it (NT) */
static void test_rdc_latched(struct ne2k *d)
{
    start_chip(d, true);
    out8(d, IMR, ISR_RDC);
    remote_begin(d, CR_READ, RAM, 2);
    data_in(d, 2);
    check_eq(in8(d, ISR), ISR_RDC);
    check(qtest_irq(d->qts, d->line));
    remote_begin(d, CR_READ, RAM, 4);
    check_eq(in8(d, ISR), ISR_RDC);
    out8(d, ISR, ISR_RDC);
    check_eq(in8(d, ISR), 0);
    check(!qtest_irq(d->qts, d->line));
    data_in(d, 2);
    check_eq(in8(d, ISR), 0);
    data_in(d, 2);
    check_eq(in8(d, ISR), ISR_RDC);
}

/* Nothing to move is done at once */
static void test_rdc_empty(struct ne2k *d)
{
    static const uint8_t commands[] = { CR_READ, CR_WRITE };

    start_chip(d, true);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        remote_begin(d, commands[i], RAM, 0);
        check_eq(in8(d, ISR), ISR_RDC);
        out8(d, ISR, ISR_RDC);
        check_eq(in8(d, ISR), 0);
    }
}

/* RD = 000 is not allowed, and frequent: neither start nor abort */
static void test_no_command(struct ne2k *d)
{
    start_chip(d, true);
    out_pair(d, RBCR0, 2);
    out_pair(d, RSAR0, RAM);
    out8(d, CR, CR_STA);
    check_eq(in8(d, ISR), 0);
    check_eq(in_pair(d, CRDA0), RAM);
    remote_begin(d, CR_WRITE, RAM, 4);
    data_out(d, 2, 1);
    out8(d, CR, CR_STA);
    out8(d, CR, 0);
    data_out(d, 2, 2);
    check_eq(in8(d, ISR), ISR_RDC);
}

/* The code of a transfer under way is repeated when TXP is set meanwhile */
static void test_transmit_meanwhile(struct ne2k *d)
{
    uint8_t want[8];

    start_chip(d, true);
    pattern(want, sizeof(want), 3);
    remote_write(d, RAM, want, sizeof(want));
    out_pair(d, TBCR0, 0);
    remote_begin(d, CR_READ, RAM, 8);
    check_eq(data_in(d, 2), want[0] | want[1] << 8);
    out8(d, CR, CR_READ | CR_TXP | CR_STA);
    check_eq(data_in(d, 2), want[2] | want[3] << 8);
    check_eq(data_in(d, 2), want[4] | want[5] << 8);
    check_eq(data_in(d, 2), want[6] | want[7] << 8);
    check(wait_for(in8(d, ISR) == (ISR_PTX | ISR_RDC)));
}

/* An unfinished transfer is aborted, or replaced without a word */
static void test_abort(struct ne2k *d)
{
    uint8_t want[64];
    uint8_t got[64];

    start_chip(d, true);
    pattern(want, sizeof(want), 3);
    remote_write(d, RAM, want, sizeof(want));
    remote_begin(d, CR_READ, RAM + 32, 32);
    data_in(d, 2);
    out8(d, CR, CR_ABORT | CR_STA);
    check_eq(in8(d, ISR), 0);
    remote_begin(d, CR_READ, RAM, 32);
    data_in(d, 2);
    remote_read(d, RAM, got, sizeof(got));
    check_mem(got, want, sizeof(got));
    remote_begin(d, CR_WRITE, RAM + 64, 32);
    out8(d, CR, CR_ABORT | CR_STA);
    check_eq(in8(d, ISR), 0);
    remote_read(d, RAM, got, sizeof(got));
    check_mem(got, want, sizeof(got));
}

/* Realtek dropped Send Packet from the RTL8029AS */
static void test_no_send_packet(struct ne2k *d)
{
    static const uint8_t header[] = { 1, RING_START + 2, 64, 0 };

    start_chip(d, true);
    remote_write(d, RING_START * PAGE, header, sizeof(header));
    out8(d, DCR, DCR_WORDS | DCR_AR);
    out8(d, RBCR1, 0x0f);
    out8(d, CR, CR_SEND | CR_STA);
    check_eq(in8(d, ISR) & ISR_RDC, 0);
    check_eq(in8(d, BNRY), RING_START);
}

/* D: the packet at BNRY, as long as its header says; then BNRY is the next */
static void test_send_packet(struct ne2k *d)
{
    enum { COUNT = 64 };
    static const uint8_t header[] = { 1, RING_START + 2, COUNT, 0 };

    start_chip(d, true);
    remote_write(d, RING_START * PAGE, header, sizeof(header));
    out8(d, RBCR1, 0x0f);
    /* Not executed while AR is 0 */
    out8(d, CR, CR_SEND | CR_STA);
    check_eq(in8(d, ISR) & ISR_RDC, 0);
    check_eq(in8(d, BNRY), RING_START);
    out8(d, DCR, DCR_WORDS | DCR_AR);
    out8(d, CR, CR_SEND | CR_STA);
    check_eq(data_in(d, 2), header[0] | header[1] << 8);
    for (unsigned i = 2; i < COUNT; i += 2) {
        check_eq(in8(d, ISR) & ISR_RDC, 0);
        data_in(d, 2);
    }
    check(in8(d, ISR) & ISR_RDC);
    check_eq(in8(d, BNRY), RING_START + 2);
}

/* Accesses nobody asked for: harmless, and nothing is stored */
static void test_idle_port(struct ne2k *d)
{
    uint8_t want[16];
    uint8_t got[16];

    start_chip(d, true);
    pattern(want, sizeof(want), 1);
    remote_write(d, RAM, want, sizeof(want));
    out_pair(d, RSAR0, RAM);
    for (unsigned size = 1; size <= 4; size *= 2) {
        data_out(d, size, 0);
        data_in(d, size);
    }
    /* More than was asked for, as Linux's probe of the PROM does */
    remote_begin(d, CR_READ, RAM, 8);
    for (unsigned i = 0; i < 32; i++) {
        data_in(d, 1);
    }
    check(in8(d, ISR) & ISR_RDC);
    remote_begin(d, CR_WRITE, RAM, 2);
    data_out(d, 2, want[0] | want[1] * 256u);
    data_out(d, 2, 0);
    data_out(d, 2, 0);
    out8(d, ISR, ISR_RDC);
    remote_read(d, RAM, got, sizeof(got));
    check_mem(got, want, sizeof(got));
}

/* Memory */

/* All of it, in one transfer, as an OS/2 driver does (PSTOP is 0 then) */
static void test_all_memory(struct ne2k *d)
{
    g_autofree uint8_t *want = g_malloc(RAM_SIZE);
    g_autofree uint8_t *got = g_malloc(RAM_SIZE);

    out8(d, PSTOP, 0);
    out8(d, CR, CR_ABORT | CR_STA);
    out8(d, DCR, DCR_WORDS);
    out8(d, ISR, 0xff);
    pattern(want, RAM_SIZE, 1);
    remote_write(d, RAM, want, RAM_SIZE);
    remote_read(d, RAM, got, RAM_SIZE);
    check_mem(got, want, RAM_SIZE);
}

/* Does a word written there read back? */
static bool is_memory(struct ne2k *d, uint16_t at)
{
    static const uint8_t want[2] = { 0xa5, 0x5a };
    uint8_t got[2];

    remote_write(d, at, want, sizeof(want));
    remote_read(d, RAM, got, sizeof(got)); /* something else on the bus */
    remote_read(d, at, got, sizeof(got));
    return memcmp(got, want, sizeof(got)) == 0;
}

/* No memory and no alias below (NE1000, for BSD and iPXE) */
static void test_none_below(struct ne2k *d)
{
    uint8_t got[2];

    start_chip(d, true);
    remote_fill(d, RAM, 0, PAGE);
    for (unsigned at = 0x400; at < RAM; at += 0x400) {
        check(!is_memory(d, (uint16_t)at));
        remote_read(d, RAM, got, sizeof(got));
        check_eq(got[0] | got[1], 0);
    }
}

/* 16 KiB; NT finds their end at 8000h */
static void test_none_above(struct ne2k *d)
{
    start_chip(d, true);
    check(is_memory(d, RAM_END - 2));
    check(!is_memory(d, RAM_END));
    check(!is_memory(d, RAM_END + 0x2000));
}

/* Station address PROM */

static void test_prom_words(struct ne2k *d)
{
    uint8_t prom[PROM_SIZE];

    start_chip(d, true);
    remote_read(d, 0, prom, sizeof(prom));
    for (unsigned i = 0; i < 6; i++) {
        check_eq(prom[2 * i], mac_nic[i]);
    }
    check_eq(prom[2 * PROM_MARK], 'W');
    check_eq(prom[2 * PROM_MARK + 2], 'W');
}

/* Each byte twice: address a gives PROM[a >> 1] */
static void test_prom_bytes(struct ne2k *d)
{
    uint8_t prom[PROM_SIZE];

    start_chip(d, false);
    remote_read(d, 0, prom, sizeof(prom));
    for (unsigned i = 0; i < 12; i++) {
        check_eq(prom[i], mac_nic[i / 2]);
    }
    for (unsigned i = 0; i < PROM_SIZE; i += 2) {
        check_eq(prom[i], prom[i + 1]);
    }
    check_eq(prom[2 * PROM_MARK], 'W');
    check_eq(prom[2 * PROM_MARK + 2], 'W');
}

/* The RTL8029AS has 32 of them: the other half is that of an 8-bit board */
static void test_prom_second(struct ne2k *d)
{
    uint8_t prom[PROM_SIZE];

    start_chip(d, true);
    remote_read(d, PROM_SIZE, prom, sizeof(prom));
    for (unsigned i = 0; i < 6; i++) {
        check_eq(prom[2 * i], mac_nic[i]);
    }
    check_eq(prom[2 * PROM_MARK], 'B');
    check_eq(prom[2 * PROM_MARK + 2], 'B');
}

static void test_prom_read_only(struct ne2k *d)
{
    uint8_t before[PROM_SIZE];
    uint8_t after[PROM_SIZE];

    start_chip(d, true);
    remote_read(d, 0, before, sizeof(before));
    remote_fill(d, 0, 0xee, sizeof(before));
    remote_read(d, 0, after, sizeof(after));
    check_mem(after, before, sizeof(after));
}

static const struct ne2k_test tests[] = {
    { "bytes", test_bytes, ON_BOTH },
    { "words", test_words, ON_BOTH },
    { "byte-order", test_byte_order, ON_BOTH },
    { "byte-of-word", test_byte_of_word, ON_BOTH },
    { "odd-address", test_odd_address, ON_BOTH },
    { "odd-count", test_odd_count, ON_BOTH },
    { "odd-tail", test_odd_tail, ON_BOTH },
    { "ring-wrap", test_ring_wrap, ON_BOTH },
    { "small-ring", test_small_ring, ON_BOTH },
    { "crda", test_crda, ON_BOTH },
    { "prefetch", test_prefetch, ON_BOTH, DIFF_ne2k_prefetch },
    { "dummy-read", test_dummy_read, ON_BOTH },
    { "continue", test_continue, ON_BOTH },
    { "rdc/latched", test_rdc_latched, ON_BOTH },
    { "rdc/empty", test_rdc_empty, ON_BOTH },
    { "no-command", test_no_command, ON_BOTH },
    { "transmit-meanwhile", test_transmit_meanwhile, ON_BOTH },
    { "abort", test_abort, ON_BOTH },
    { "no-send-packet", test_no_send_packet },
    { "send-packet", test_send_packet, ON_ISA, DIFF_ne2k_send_packet },
    { "idle-port", test_idle_port, ON_BOTH },
    { "memory/all", test_all_memory, ON_BOTH },
    { "memory/none-below", test_none_below, ON_BOTH },
    { "memory/none-above", test_none_above, ON_BOTH, DIFF_ne2k_memory },
    { "prom/words", test_prom_words, ON_BOTH },
    { "prom/bytes", test_prom_bytes, ON_BOTH },
    { "prom/second", test_prom_second, .differs = DIFF_ne2k_prom },
    { "prom/read-only", test_prom_read_only, ON_BOTH, DIFF_ne2k_prom },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("remote", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
