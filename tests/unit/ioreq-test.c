// SPDX-License-Identifier: MIT
/*
 * ioreq-test.c - requests of a guest's CPUs in a page of the test's own
 */
#include "xen/ioreq.h"

#include <glib.h>
#include <string.h>

enum { RAM = 16384 };

static uint8_t ram[RAM];
static GString *said; /* What the requests came down to */
static uint64_t next; /* What the next load gives */
static struct ioreq_stats stats;
static struct ioreq_slot slot;
static const struct ioreq_slot *scribble; /* What the slot becomes meanwhile */

/* The slot, while its request is carried out, as somebody else in the domain
 * that writes to the page would have it */
static void meanwhile(void)
{
    if (scribble) {
        slot = *scribble;
    }
}

static uint32_t config_read(void *opaque, uint32_t sbdf, unsigned off,
                            unsigned size)
{
    g_string_append_printf(said, "cr %x %x/%u\n", sbdf, off, size);
    meanwhile();
    return (uint32_t)next++;
}

static void config_write(void *opaque, uint32_t sbdf, unsigned off,
                         unsigned size, uint32_t val)
{
    g_string_append_printf(said, "cw %x %x/%u %x\n", sbdf, off, size, val);
    meanwhile();
}

static uint64_t load(void *opaque, bool io, uint64_t at, unsigned size)
{
    g_string_append_printf(said, "%s %" G_GINT64_MODIFIER "x/%u\n",
                           io ? "in" : "ld", at, size);
    meanwhile();
    return next++;
}

static void store(void *opaque, bool io, uint64_t at, unsigned size,
                  uint64_t val)
{
    g_string_append_printf(said,
                           "%s %" G_GINT64_MODIFIER "x/%u %" G_GINT64_MODIFIER
                           "x\n",
                           io ? "out" : "st", at, size, val);
    meanwhile();
}

static bool in_ram(uint64_t at, size_t len)
{
    return at <= RAM && len <= RAM - at;
}

static bool dma_read(void *opaque, uint64_t at, void *p, size_t len)
{
    meanwhile();
    if (in_ram(at, len)) {
        memcpy(p, ram + at, len);
        return true;
    }
    return false;
}

static bool dma_write(void *opaque, uint64_t at, const void *p, size_t len)
{
    meanwhile();
    if (in_ram(at, len)) {
        memcpy(ram + at, p, len);
        return true;
    }
    return false;
}

static void invalidate(void *opaque)
{
    /* Everything is let go of before the answer is there to be seen */
    g_assert_cmpuint(slot.bits & IOREQ_STATE, ==, IOREQ_STATE_INPROCESS);
    g_string_append(said, "invalidate\n");
}

static const struct ioreq_ops ops = {
    .config_read = config_read,
    .config_write = config_write,
    .load = load,
    .store = store,
    .dma_read = dma_read,
    .dma_write = dma_write,
    .invalidate = invalidate,
};

/* Put a request into the slot and have it served */
static void ask(struct ioreq_slot q, unsigned flags)
{
    g_string_truncate(said, 0);
    slot = q;
    slot.bits = (uint8_t)(flags | IOREQ_STATE_READY);
    g_assert_true(ioreq_waiting(&slot));
    g_assert_true(ioreq_serve(&slot, &ops, NULL, &stats));
    g_assert_cmpuint(slot.bits, ==, flags | IOREQ_STATE_RESPONSE);
    /* Once is enough */
    g_assert_false(ioreq_waiting(&slot));
    g_assert_false(ioreq_serve(&slot, &ops, NULL, &stats));
}

#define EXPECT(text) g_assert_cmpstr(said->str, ==, text)

static void test_plain(void)
{
    next = 0x1234;
    ask((struct ioreq_slot){ .addr = 0xc100, .count = 1, .size = 2 },
        IOREQ_READ);
    EXPECT("in c100/2\n");
    g_assert_cmphex(slot.data, ==, 0x1234);

    ask((struct ioreq_slot){ .addr = 0xc100,
                             .data = 0xaabbccdd,
                             .count = 1,
                             .size = 1 },
        0);
    EXPECT("out c100/1 dd\n");

    ask((struct ioreq_slot){ .type = IOREQ_COPY,
                             .addr = 0xf1000008,
                             .data = 0x1122334455667788,
                             .count = 1,
                             .size = 8 },
        0);
    EXPECT("st f1000008/8 1122334455667788\n");

    next = 7;
    ask((struct ioreq_slot){ .type = IOREQ_CONFIG,
                             .addr = 0x3000000010,
                             .count = 1,
                             .size = 4 },
        IOREQ_READ);
    EXPECT("cr 30 10/4\n");
    g_assert_cmphex(slot.data, ==, 7);
}

/* rep insw, rep outsw: the port stays, the data walks */
static void test_rep_port(void)
{
    next = 0x1100;
    memset(ram, 0, sizeof(ram));
    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = 0x1000,
                             .count = 3,
                             .size = 2 },
        IOREQ_READ | IOREQ_DATA_IS_PTR);
    EXPECT("in 310/2\nin 310/2\nin 310/2\n");
    g_assert_cmpmem(ram + 0x1000, 6, "\x00\x11\x01\x11\x02\x11", 6);
    g_assert_cmphex(slot.data, ==, 0x1000);

    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = 0x1000,
                             .count = 2,
                             .size = 2 },
        IOREQ_DATA_IS_PTR);
    EXPECT("out 310/2 1100\nout 310/2 1101\n");
}

/* The direction flag: from the first item down, both sides for memory */
static void test_df(void)
{
    next = 1;
    memset(ram, 0, sizeof(ram));
    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = 0x1004,
                             .count = 3,
                             .size = 2 },
        IOREQ_READ | IOREQ_DATA_IS_PTR | IOREQ_DF);
    g_assert_cmpmem(ram + 0xffe, 10, "\0\0\3\0\2\0\1\0\0\0", 10);

    ask((struct ioreq_slot){ .type = IOREQ_COPY,
                             .addr = 0xf100000c,
                             .data = 0x1004,
                             .count = 2,
                             .size = 4 },
        IOREQ_DATA_IS_PTR | IOREQ_DF);
    EXPECT("st f100000c/4 1\nst f1000008/4 20003\n");
}

static void test_rep_memory(void)
{
    next = 0x10;
    ask((struct ioreq_slot){ .type = IOREQ_COPY,
                             .addr = 0xf1000000,
                             .data = 0x2000,
                             .count = 2,
                             .size = 4 },
        IOREQ_READ | IOREQ_DATA_IS_PTR);
    EXPECT("ld f1000000/4\nld f1000004/4\n");
    g_assert_cmpmem(ram + 0x2000, 8, "\x10\0\0\0\x11\0\0\0", 8);

    /* rep stos: one value to many places */
    ask((struct ioreq_slot){ .type = IOREQ_COPY,
                             .addr = 0xf1000000,
                             .data = 5,
                             .count = 2,
                             .size = 4 },
        0);
    EXPECT("st f1000000/4 5\nst f1000004/4 5\n");
}

/* More than a block: in order, and none twice; downwards too */
static void test_long(void)
{
    uint16_t item;

    next = 0;
    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = 0x1000,
                             .count = 5000,
                             .size = 2 },
        IOREQ_READ | IOREQ_DATA_IS_PTR);
    for (unsigned i = 0; i < 5000; i++) {
        memcpy(&item, ram + 0x1000 + 2 * i, 2);
        g_assert_cmpuint(item, ==, i);
    }
    next = 0;
    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = 0x3000,
                             .count = 5000,
                             .size = 2 },
        IOREQ_READ | IOREQ_DATA_IS_PTR | IOREQ_DF);
    for (unsigned i = 0; i < 5000; i++) {
        memcpy(&item, ram + 0x3000 - 2 * i, 2);
        g_assert_cmpuint(item, ==, i);
    }
}

/* Xen's own notices */
static void test_notices(void)
{
    ask((struct ioreq_slot){ .type = IOREQ_INVALIDATE,
                             .data = UINT64_MAX,
                             .size = 4 },
        0);
    EXPECT("invalidate\n");
    g_assert_cmphex(slot.data, ==, UINT64_MAX);
    ask((struct ioreq_slot){ .type = IOREQ_TIMEOFFSET, .data = 3, .size = 8 },
        0);
    EXPECT("");
}

/* What makes no sense is answered, with all ones, and comes down to nothing */
static void test_refused(void)
{
    static const struct ioreq_slot bad[] = {
        { .addr = 0x310, .count = 1, .size = 0 },
        { .addr = 0x310, .count = 1, .size = 3 },
        { .addr = 0x310, .count = 1, .size = 8 },
        { .addr = 0x310, .count = 1, .size = UINT32_MAX },
        { .addr = 0x310, .count = UINT32_MAX, .size = 1 },
        { .addr = 0x310, .count = IOREQ_COUNT_MAX + 1, .size = 1 },
        { .type = IOREQ_COPY, .addr = 0xf1000000, .count = 1, .size = 16 },
        { .type = IOREQ_CONFIG, .addr = 0x3000000100, .count = 1, .size = 4 },
        { .type = IOREQ_CONFIG, .addr = 0x3080000000, .count = 1, .size = 4 },
        { .type = IOREQ_CONFIG, .addr = 0x3000000000, .count = 1, .size = 8 },
        { .type = 3, .addr = 0, .count = 1, .size = 4 },
        { .type = 255, .addr = 0, .count = 1, .size = 4 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint64_t refused = stats.refused;

        ask(bad[i], IOREQ_READ);
        EXPECT("");
        g_assert_cmphex(slot.data, ==, UINT64_MAX);
        g_assert_cmpuint(stats.refused, ==, refused + 1);
        ask(bad[i], 0);
        ask(bad[i], IOREQ_READ | IOREQ_DATA_IS_PTR);
        EXPECT("");
    }
    /* Nothing to do is not nonsense */
    ask((struct ioreq_slot){ .addr = 0x310, .size = 4 }, IOREQ_READ);
    EXPECT("");
}

/* What a request comes down to, and leaves behind; to be freed */
static char *outcome(const struct ioreq_slot *q, unsigned flags)
{
    bool answer = flags & IOREQ_READ && !(flags & IOREQ_DATA_IS_PTR);
    g_autofree char *sum = NULL;

    for (unsigned i = 0; i < RAM; i++) {
        ram[i] = (uint8_t)(i * 7);
    }
    next = 0x11223344;
    stats = (struct ioreq_stats){ 0 };
    ask(*q, flags);
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, ram, RAM);
    return g_strdup_printf("%sdata %" G_GINT64_MODIFIER
                           "x, %s, %" G_GINT64_MODIFIER
                           "u refused, %" G_GINT64_MODIFIER "u faults",
                           said->str, answer ? slot.data : 0, sum,
                           stats.refused, stats.faults);
}

/* The slot changes while its request is carried out: that goes on as it began
 * (XSA-197).  Every kind of request against every kind of change. */
static void test_changes(void)
{
    static const struct ioreq_slot requests[] = {
        { .type = IOREQ_PIO, .addr = 0x310, .count = 5, .size = 2 },
        { .type = IOREQ_COPY, .addr = 0xf1000100, .count = 5, .size = 4 },
        { .type = IOREQ_COPY, .addr = 0xf1000100, .count = 600, .size = 8 },
        { .type = IOREQ_CONFIG, .addr = 0x3000000010, .count = 3, .size = 2 },
    };
    static const struct ioreq_slot changes[] = {
        { 0 },
        { UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
          UINT16_MAX, UINT8_MAX, UINT8_MAX },
        /* Something else that makes sense */
        { 0x320, 0x1800, 9, 1, 4, 0, IOREQ_STATE_READY, IOREQ_PIO },
        { 0xf1000200, 0x1800, 2, 8, 4, 0,
          IOREQ_STATE_READY | IOREQ_DATA_IS_PTR | IOREQ_READ | IOREQ_DF,
          IOREQ_COPY },
        { .type = IOREQ_INVALIDATE, .bits = IOREQ_STATE_READY },
    };
    enum { FLAGS = IOREQ_READ | IOREQ_DATA_IS_PTR | IOREQ_DF };

    for (unsigned i = 0; i < G_N_ELEMENTS(requests); i++) {
        for (unsigned flags = 0; flags <= FLAGS; flags += IOREQ_DATA_IS_PTR) {
            struct ioreq_slot q = requests[i];
            g_autofree char *alone = NULL;

            q.data = 0x2000;
            alone = outcome(&q, flags);
            for (unsigned c = 0; c < G_N_ELEMENTS(changes); c++) {
                g_autofree char *changed = NULL;

                scribble = &changes[c];
                changed = outcome(&q, flags);
                scribble = NULL;
                g_assert_cmpstr(changed, ==, alone);
            }
        }
    }
}

/* A port number has 16 bits, whatever the slot says (XSA-199) */
static void test_port_bits(void)
{
    ask((struct ioreq_slot){ .addr = 0xffffffff00010310,
                             .data = 1,
                             .count = 1,
                             .size = 1 },
        0);
    EXPECT("out 310/1 1\n");
}

/* Data that is nowhere: the device sees nothing of a write; of a read it may */
static void test_faults(void)
{
    uint64_t faults = stats.faults;

    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = RAM - 2,
                             .count = 2,
                             .size = 2 },
        IOREQ_DATA_IS_PTR);
    EXPECT("");
    g_assert_cmpuint(stats.faults, ==, faults + 1);
    ask((struct ioreq_slot){ .addr = 0x310,
                             .data = UINT64_MAX - 1,
                             .count = 2,
                             .size = 2 },
        IOREQ_READ | IOREQ_DATA_IS_PTR);
    g_assert_cmpuint(stats.faults, ==, faults + 2);
    ask((struct ioreq_slot){ .addr = 0x310, .data = 2, .count = 3, .size = 2 },
        IOREQ_DATA_IS_PTR | IOREQ_DF);
    g_assert_cmpuint(stats.faults, ==, faults + 3);
}

/* Any other state is nobody's request */
static void test_states(void)
{
    for (unsigned state = 0; state < 16; state++) {
        slot = (struct ioreq_slot){ .addr = 0x310, .count = 1, .size = 1 };
        slot.bits = (uint8_t)(state | IOREQ_READ);
        g_string_truncate(said, 0);
        g_assert_cmpint(ioreq_serve(&slot, &ops, NULL, &stats), ==,
                        state == IOREQ_STATE_READY);
        g_assert_cmpuint(slot.bits & IOREQ_STATE, ==,
                         state == IOREQ_STATE_READY
                             ? (unsigned)IOREQ_STATE_RESPONSE
                             : state);
    }
}

/* What waits is answered, begun or not, and nothing is carried out */
static void test_abandoned(void)
{
    static const uint8_t kinds[] = { 0, IOREQ_READ, IOREQ_DATA_IS_PTR,
                                     IOREQ_READ | IOREQ_DATA_IS_PTR };

    g_string_truncate(said, 0);
    for (unsigned i = 0; i < 16 * G_N_ELEMENTS(kinds); i++) {
        uint8_t state = (uint8_t)(i % 16), kind = kinds[i / 16];
        bool waits =
            state == IOREQ_STATE_READY || state == IOREQ_STATE_INPROCESS;

        slot = (struct ioreq_slot){ .data = 5, .count = 1, .size = 1 };
        slot.bits = (uint8_t)(state | kind);
        g_assert_cmpint(ioreq_abandon(&slot), ==, waits);
        g_assert_cmpuint(slot.bits, ==,
                         kind | (waits ? IOREQ_STATE_RESPONSE : state));
        g_assert_cmphex(slot.data, ==,
                        waits && kind == IOREQ_READ ? UINT64_MAX : 5);
    }
    g_assert_cmpstr(said->str, ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    said = g_string_new(NULL);
    g_test_add_func("/ioreq/plain", test_plain);
    g_test_add_func("/ioreq/rep-port", test_rep_port);
    g_test_add_func("/ioreq/df", test_df);
    g_test_add_func("/ioreq/rep-memory", test_rep_memory);
    g_test_add_func("/ioreq/long", test_long);
    g_test_add_func("/ioreq/notices", test_notices);
    g_test_add_func("/ioreq/refused", test_refused);
    g_test_add_func("/ioreq/changes", test_changes);
    g_test_add_func("/ioreq/port-bits", test_port_bits);
    g_test_add_func("/ioreq/faults", test_faults);
    g_test_add_func("/ioreq/states", test_states);
    g_test_add_func("/ioreq/abandoned", test_abandoned);
    return g_test_run();
}
