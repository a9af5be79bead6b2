// SPDX-License-Identifier: MIT
/*
 * state.c - the saved state of a card
 *
 * A sequence of records; all numbers are little-endian:
 *
 *   u8 length of the name, the name, u16 first element, u16 count, u8 width,
 *   count elements of width bytes
 *
 * after an 8-byte magic, and closed by a record whose name is empty.  Values
 * are found by name, so rows may come and go between versions.  Loading starts
 * from the reset value of every row, so only rows that differ from it are
 * written; a name that is unknown here, an element that does not exist or a
 * value that does not fit refuses the state, because half a state is worse
 * than none.
 */
#include <string.h>

#include "hw/nic.h"

static const char magic[8] = "vifemu1";

struct writer {
    uint8_t *buf;
    size_t size, at;
};

static void put_bytes(struct writer *w, const void *p, size_t len)
{
    if (w->at <= w->size && len <= w->size - w->at) {
        memcpy(w->buf + w->at, p, len);
    }
    w->at += len;
}

static void put_le(struct writer *w, uint64_t val, unsigned width)
{
    uint8_t b[8];

    for (unsigned i = 0; i < width; i++) {
        b[i] = (uint8_t)(val >> (8 * i));
    }
    put_bytes(w, b, width);
}

static void put_head(struct writer *w, const char *name, unsigned first,
                     unsigned count, unsigned width)
{
    size_t len = strlen(name);

    put_le(w, len, 1);
    put_bytes(w, name, len);
    put_le(w, first, 2);
    put_le(w, count, 2);
    put_le(w, width, 1);
}

static void put_row(struct writer *w, const struct regfile *rf,
                    const struct reg *r, struct nic *n)
{
    unsigned count = reg_count(r), first = 0;
    /* The stored value, which a fetch hook may hide from the guest */
    struct reg bare = *r;

    if (regs_clear(rf, r, n)) {
        return;
    }
    bare.fetch = NULL;
    while (first < count && regs_peek(rf, &bare, n, first) == r->reset) {
        first++;
    }
    while (count > first && regs_peek(rf, &bare, n, count - 1) == r->reset) {
        count--;
    }
    if (first == count) {
        return;
    }
    put_head(w, r->name, first, count - first, r->width);
    for (unsigned i = first; i < count; i++) {
        put_le(w, regs_peek(rf, &bare, n, i), r->width);
    }
}

size_t nic_save(struct nic *n, uint8_t *buf, size_t size)
{
    struct writer w = { buf, size, 0 };

    put_bytes(&w, magic, sizeof(magic));
    put_head(&w, ".pmcsr", 0, 1, 2);
    put_le(&w, n->pmcsr, 2);
    put_head(&w, ".work", 0, 1, 4);
    put_le(&w, n->work, 4);
    put_head(&w, ".timer", 0, n->model->timers, 8);
    for (unsigned i = 0; i < n->model->timers; i++) {
        put_le(&w, n->deadline[i], 8);
    }
    for (const struct regfile *const *rf = n->model->regs; *rf; rf++) {
        for (const struct reg *r = (*rf)->reg; r < (*rf)->reg + (*rf)->n; r++) {
            if (!r->alias && reg_present(r, n)) {
                put_row(&w, *rf, r, n);
            }
        }
    }
    put_le(&w, 0, 1);
    return w.at;
}

struct reader {
    const uint8_t *buf;
    size_t size, at;
    bool short_of;
};

static uint64_t get_le(struct reader *r, unsigned width)
{
    uint64_t val = 0;

    if (width > r->size - r->at) {
        r->short_of = true;
        r->at = r->size;
        return 0;
    }
    for (unsigned i = 0; i < width; i++) {
        val |= (uint64_t)r->buf[r->at++] << (8 * i);
    }
    return val;
}

static bool get_name(struct reader *r, char name[256])
{
    size_t len = get_le(r, 1);

    if (len > r->size - r->at) {
        r->short_of = true;
        return false;
    }
    memcpy(name, r->buf + r->at, len);
    name[len] = '\0';
    r->at += len;
    return len != 0;
}

/* What is not in a row */
static bool load_common(struct nic *n, const char *name, unsigned i,
                        uint64_t val)
{
    if (!strcmp(name, ".pmcsr")) {
        const uint64_t bits = PMCSR_STATE | PMCSR_PME_EN | PMCSR_DATA_SELECT |
                              PMCSR_DATA_SCALE | PMCSR_PME_STATUS;
        uint64_t state = val & PMCSR_STATE;

        n->pmcsr = (uint16_t)(val & bits);
        return i == 0 && !(val & ~bits) && (state == 0 || state == PMCSR_D3);
    }
    if (!strcmp(name, ".work")) {
        n->work = (uint32_t)val;
        return i == 0 && val <= UINT32_MAX;
    }
    if (!strcmp(name, ".timer") && i < n->model->timers) {
        nic_timer(n, i, val);
        return true;
    }
    return false;
}

/* The row named @name, and its file */
static const struct reg *find_row(struct nic *n, const char *name,
                                  const struct regfile **file)
{
    for (const struct regfile *const *rf = n->model->regs; *rf; rf++) {
        const struct reg *row = regs_find(*rf, n, name);

        if (row) {
            *file = *rf;
            return row;
        }
    }
    return NULL;
}

static const char *load_record(struct nic *n, struct reader *r,
                               const char *name)
{
    unsigned first = (unsigned)get_le(r, 2);
    unsigned count = (unsigned)get_le(r, 2);
    unsigned width = (unsigned)get_le(r, 1);
    const struct regfile *file = NULL;
    const struct reg *row = find_row(n, name, &file);

    if (width != 1 && width != 2 && width != 4 && width != 8) {
        return "saved state: an element has no valid width";
    }
    for (unsigned i = first; i < first + count; i++) {
        uint64_t val = get_le(r, width);

        if (r->short_of) {
            break;
        }
        if (row ? !regs_load(file, row, n, i, val)
                : !load_common(n, name, i, val)) {
            return "saved state: a value is unknown here or out of range";
        }
    }
    return NULL;
}

static const char *load_records(struct nic *n, struct reader *r)
{
    const char *bad = NULL;
    char name[256];

    while (!bad && get_name(r, name)) {
        bad = load_record(n, r, name);
    }
    if (!bad && r->short_of) {
        bad = "saved state: it ends too early";
    }
    if (!bad && r->at != r->size) {
        bad = "saved state: something follows its end";
    }
    return bad;
}

const char *nic_load(struct nic *n, const uint8_t *buf, size_t size)
{
    struct reader r = { buf, size, sizeof(magic), false };
    const char *bad;

    if (n->entered) {
        return "saved state: the card is running";
    }
    nic_reset(n, NIC_RESET_POWER);
    if (size < sizeof(magic) || memcmp(buf, magic, sizeof(magic))) {
        return "saved state: not one of this program";
    }
    n->entered = true;
    /* Power-on leaves other values in some rows: what an EEPROM presets */
    for (const struct regfile *const *rf = n->model->regs; *rf; rf++) {
        regs_reset(*rf, n, NIC_RESET_POWER);
    }
    bad = load_records(n, &r);
    if (!bad && n->model->loaded && !n->model->loaded(n)) {
        bad = "saved state: values contradict each other";
    }
    n->entered = false;
    if (bad) {
        nic_reset(n, NIC_RESET_POWER);
    } else {
        /* Whether it was saved in the middle of a burst is not in the state */
        n->unsettled = n->model->settle != NULL;
        if (n->work || n->unsettled) {
            n->host->wake(n);
        }
    }
    return bad;
}
