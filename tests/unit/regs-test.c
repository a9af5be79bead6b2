// SPDX-License-Identifier: MIT
/*
 * regs-test.c - the register engine: every access size over every layout
 *
 * The file under test, by byte:
 *
 *   0       4       8   a   b   c       10      14      18   ...
 *   +-------+-------+---+---+---+-------+-------+-------+----
 *   | WORD  | (gap) |HALF|BYTE|--| SPLIT | ARR0  | (gap) | ARR1 ...
 *   +-------+-------+---+---+---+-------+-------+-------+----
 *
 * SPLIT is two registers, one that answers reads and one that takes writes;
 * VAR exists at 0x30 with other masks on each of two chips.
 */
#include <glib.h>
#include <string.h>

#include "hw/nic.h"

struct card {
    struct nic nic;
    struct {
        uint32_t WORD;
        uint16_t HALF;
        uint8_t BYTE;
        uint32_t SPLITR, SPLITW, ARR[4], CLEAR, ACK, SET, VAR, LOCKED;
        uint64_t secret;
    } reg;
    unsigned written, was_read;
    struct wr last;
    bool unlocked;
};

static void note_write(struct nic *n, struct wr w)
{
    struct card *c = (struct card *)n;

    c->written++;
    c->last = w;
}

static void note_read(struct nic *n, unsigned i)
{
    ((struct card *)n)->was_read++;
}

static bool is_unlocked(struct nic *n)
{
    return ((struct card *)n)->unlocked;
}

#define ROW(id, off, w, ...)                                                   \
    {                                                                          \
        .name = #id, .offset = (off), .width = (w), .ref = "here",             \
        .title = #id,                                                          \
        .field = offsetof(struct card, reg.id) - offsetof(struct card, reg),   \
        __VA_ARGS__                                                            \
    }

static const struct reg rows[] = {
    ROW(WORD, 0x00, 4, .reset = 0x11223344, .rw = 0x00ffff0f,
        .written = note_write, .was_read = note_read),
    ROW(HALF, 0x08, 2, .rw = 0xffff, .written = note_write),
    ROW(BYTE, 0x0a, 1, .rw = 0xff, .written = note_write),
    ROW(SPLITR, 0x0c, 4, .dir = REG_READ, .reset = 0xaaaa5555),
    ROW(SPLITW, 0x0c, 4, .dir = REG_WRITE, .rw = UINT32_MAX),
    ROW(ARR, 0x10, 4, .count = 4, .stride = 8, .rw = UINT32_MAX,
        .written = note_write),
    ROW(VAR, 0x30, 4, .chips = 1, .rw = 0x0000ffff, .reset = 1),
    ROW(VAR, 0x30, 4, .chips = 2, .rw = 0xffff0000, .reset = 2),
    ROW(CLEAR, 0x34, 4, .rc = 0xff, .reset = 0x1ff),
    ROW(ACK, 0x38, 4, .w1c = 0xffff, .reset = 0xffff),
    ROW(SET, 0x3c, 4, .w1s = 0xffff, .keep = 1 << NIC_RESET_CHIP),
    ROW(LOCKED, 0x40, 4, .rw = UINT32_MAX, .open = is_unlocked),
    ROW(WORD, 0x44, 4, .alias = true, .rw = 0x00ffff0f),
    ROW(secret, 0, 8, .hidden = true, .max = 1000),
};
static uint16_t map[0x50 / 4];
static const struct regfile file = {
    "TEST", rows, REGS_N(rows), offsetof(struct card, reg), map, 0x50,
};
static const struct regfile *const files[] = { &file, NULL };
static const struct nic_model model = {
    .name = "test", .chip = 1, .size = sizeof(struct card), .regs = files
};
static const struct nic_host host;

static void card_init(struct card *c)
{
    memset(c, 0, sizeof(*c));
    nic_init(&c->nic, &model, &host);
    regs_reset(&file, &c->nic, NIC_RESET_POWER);
}

static uint32_t rd(struct card *c, uint32_t at, unsigned size)
{
    return regs_read(&file, &c->nic, at, size);
}

static void wr(struct card *c, uint32_t at, unsigned size, uint32_t val)
{
    regs_write(&file, &c->nic, at, size, val);
}

static void test_table(void)
{
    g_assert_null(regs_check(&file));
}

static void test_sizes(void)
{
    struct card c;

    card_init(&c);
    for (unsigned size = 1; size <= 4; size *= 2) {
        for (uint32_t at = 0; at + size <= 4; at++) {
            uint32_t want = (uint32_t)(0x11223344u >> (8 * at)) &
                            UINT32_MAX >> (32 - 8 * size);

            g_assert_cmphex(rd(&c, at, size), ==, want);
        }
    }
    g_assert_cmpuint(c.was_read, ==, 4 + 3 + 1);
}

static void test_straddle(void)
{
    struct card c;

    card_init(&c);
    /* HALF, BYTE and the byte of no register, in one access */
    wr(&c, 0x08, 4, 0xddccbbaa);
    g_assert_cmphex(c.reg.HALF, ==, 0xbbaa);
    g_assert_cmphex(c.reg.BYTE, ==, 0xcc);
    g_assert_cmpuint(c.written, ==, 2);
    g_assert_cmphex(rd(&c, 0x08, 4), ==, 0x00ccbbaa);
    /* the upper half of HALF and BYTE */
    g_assert_cmphex(rd(&c, 0x09, 2), ==, 0xccbb);
    /* from the last bytes of WORD into the gap */
    g_assert_cmphex(rd(&c, 0x02, 4), ==, 0x00001122);
}

static void test_masks(void)
{
    struct card c;

    card_init(&c);
    wr(&c, 0, 4, UINT32_MAX);
    g_assert_cmphex(c.reg.WORD, ==, 0x11ffff4f);
    g_assert_cmphex(c.last.old, ==, 0x11223344);
    g_assert_cmphex(c.last.val, ==, UINT32_MAX);
    /* a byte write touches its lane only */
    wr(&c, 1, 1, 0);
    g_assert_cmphex(c.reg.WORD, ==, 0x11ff004f);
    g_assert_cmphex(c.last.lanes, ==, 0x0000ff00);
    /* and acknowledges nothing beside it */
    wr(&c, 0x38, 1, 0x01);
    g_assert_cmphex(c.reg.ACK, ==, 0xfffe);
    wr(&c, 0x39, 1, 0x80);
    g_assert_cmphex(c.reg.ACK, ==, 0x7ffe);
    wr(&c, 0x3c, 4, 0xf0000003);
    g_assert_cmphex(c.reg.SET, ==, 3);
    g_assert_cmphex(rd(&c, 0x34, 4), ==, 0x1ff);
    g_assert_cmphex(rd(&c, 0x34, 4), ==, 0x100);
}

static void test_direction(void)
{
    struct card c;

    card_init(&c);
    wr(&c, 0x0c, 4, 0x12345678);
    g_assert_cmphex(c.reg.SPLITW, ==, 0x12345678);
    g_assert_cmphex(rd(&c, 0x0c, 4), ==, 0xaaaa5555);
}

static void test_array(void)
{
    struct card c;

    card_init(&c);
    wr(&c, 0x10 + 3 * 8, 4, 7);
    g_assert_cmphex(c.reg.ARR[3], ==, 7);
    g_assert_cmpuint(c.last.i, ==, 3);
    /* between the elements there is nothing */
    wr(&c, 0x14, 4, 9);
    g_assert_cmphex(rd(&c, 0x14, 4), ==, 0);
}

static void test_variant(void)
{
    struct nic_model other = model;
    struct card c;

    card_init(&c);
    g_assert_cmphex(rd(&c, 0x30, 4), ==, 1);
    wr(&c, 0x30, 4, UINT32_MAX);
    g_assert_cmphex(rd(&c, 0x30, 4), ==, 0x0000ffff);

    other.chip = 2;
    c.nic.model = &other;
    regs_reset(&file, &c.nic, NIC_RESET_POWER);
    g_assert_cmphex(rd(&c, 0x30, 4), ==, 2);
    wr(&c, 0x30, 4, UINT32_MAX);
    g_assert_cmphex(rd(&c, 0x30, 4), ==, 0xffff0002);
    other.chip = 4;
    g_assert_cmphex(rd(&c, 0x30, 4), ==, 0);
}

static void test_lock_alias_keep(void)
{
    struct card c;

    card_init(&c);
    wr(&c, 0x40, 4, 5);
    g_assert_cmphex(rd(&c, 0x40, 4), ==, 0);
    c.unlocked = true;
    wr(&c, 0x40, 4, 5);
    g_assert_cmphex(rd(&c, 0x40, 4), ==, 5);
    wr(&c, 0x44, 4, 0);
    g_assert_cmphex(rd(&c, 0x00, 4), ==, 0x11000040);
    wr(&c, 0x3c, 4, 3);
    regs_reset(&file, &c.nic, NIC_RESET_CHIP);
    g_assert_cmphex(c.reg.SET, ==, 3);
    g_assert_cmphex(c.reg.LOCKED, ==, 0);
    regs_reset(&file, &c.nic, NIC_RESET_BUS);
    g_assert_cmphex(c.reg.SET, ==, 0);
}

static void test_outside(void)
{
    struct card c;

    card_init(&c);
    g_assert_cmphex(rd(&c, 0x4c, 4), ==, 0);
    g_assert_cmphex(rd(&c, 0x4f, 4), ==, 0);
    g_assert_cmphex(rd(&c, 0xfffffffc, 4), ==, 0);
    wr(&c, 0xfffffffe, 4, UINT32_MAX);
    wr(&c, 0x50, 4, UINT32_MAX);
    g_assert_cmpuint(c.written, ==, 0);
}

static bool load(struct card *c, const char *name, unsigned i, uint64_t val)
{
    const struct reg *r = regs_find(&file, &c->nic, name);

    return r && regs_load(&file, r, &c->nic, i, val);
}

static void test_load(void)
{
    struct card c;

    card_init(&c);
    g_assert_true(load(&c, "ARR", 2, 0xcafe));
    g_assert_cmphex(c.reg.ARR[2], ==, 0xcafe);
    g_assert_true(load(&c, "secret", 0, 1000));
    g_assert_false(load(&c, "secret", 0, 1001));
    g_assert_false(load(&c, "ARR", 4, 0));
    g_assert_false(load(&c, "BYTE", 0, 0x100));
    g_assert_false(load(&c, "NOPE", 0, 0));
    g_assert_cmphex(c.reg.secret, ==, 1000);
}

/* Each of these tables must be refused */
static void test_bad_tables(void)
{
    const struct reg good = ROW(WORD, 0x10, 4, .rw = 1);
    const struct {
        const char *why;
        struct reg row;
    } bad[] = {
        { "width 3", ROW(WORD, 0x20, 3) },
        { "misaligned", ROW(WORD, 0x22, 4) },
        { "rw and w1c", ROW(WORD, 0x20, 4, .rw = 1, .w1c = 1) },
        { "rw and w1s", ROW(WORD, 0x20, 4, .rw = 1, .w1s = 1) },
        { "mask too wide", ROW(HALF, 0x20, 2, .rw = 0x10000) },
        { "reset too wide", ROW(HALF, 0x20, 2, .reset = 0x10000) },
        { "out of order", ROW(WORD, 0x0c, 4) },
        { "overlap", ROW(BYTE, 0x13, 1) },
        { "same place", ROW(WORD, 0x10, 4) },
        { "beyond the file", ROW(WORD, 0x50, 4) },
        { "array beyond", ROW(ARR, 0x40, 4, .count = 8) },
        { "wide but visible", ROW(secret, 0x20, 8) },
        { "hidden with a hook",
          ROW(secret, 0, 8, .hidden = true, .written = note_write) },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct reg two[] = { good, bad[i].row };
        struct regfile rf = file;

        rf.reg = two;
        rf.n = 2;
        g_test_message("%s", bad[i].why);
        g_assert_cmpstr(regs_check(&rf), ==, bad[i].row.name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/regs/table", test_table);
    g_test_add_func("/regs/sizes", test_sizes);
    g_test_add_func("/regs/straddle", test_straddle);
    g_test_add_func("/regs/masks", test_masks);
    g_test_add_func("/regs/direction", test_direction);
    g_test_add_func("/regs/array", test_array);
    g_test_add_func("/regs/variant", test_variant);
    g_test_add_func("/regs/lock-alias-keep", test_lock_alias_keep);
    g_test_add_func("/regs/outside", test_outside);
    g_test_add_func("/regs/load", test_load);
    g_test_add_func("/regs/bad-tables", test_bad_tables);
    return g_test_run();
}
