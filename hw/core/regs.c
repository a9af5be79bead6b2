// SPDX-License-Identifier: MIT
/*
 * regs.c - register files described by a table
 *
 * One engine gives every register of every chip its semantics: any access size
 * over any layout, masks, side effects, reset, save and load.  What is special
 * about a register is said in its row and nowhere else.
 *
 * Finding a row: a dword map, built once from the table, gives the first row
 * that covers a dword; the few others (registers of the chip's other variants,
 * bytes of the same dword) follow it in the table.
 */
#include <string.h>

#include "hw/nic.h"

unsigned reg_count(const struct reg *r)
{
    return r->count ? r->count : 1;
}

static unsigned reg_stride(const struct reg *r)
{
    return r->stride ? r->stride : r->width;
}

static unsigned reg_dir(const struct reg *r)
{
    return r->dir ? r->dir : REG_BOTH;
}

static uint64_t reg_mask(unsigned width)
{
    return UINT64_MAX >> (64 - 8 * width);
}

/* Last byte that any element of @r covers */
static uint32_t reg_last(const struct reg *r)
{
    return r->offset + reg_stride(r) * (reg_count(r) - 1) + r->width - 1;
}

bool reg_present(const struct reg *r, const struct nic *n)
{
    return !r->chips || (r->chips & n->model->chip);
}

void regs_index(const struct regfile *rf)
{
    if (rf->map[rf->reg[0].offset / 4]) {
        return;
    }
    for (size_t row = 0; row < rf->n && !rf->reg[row].hidden; row++) {
        const struct reg *r = &rf->reg[row];

        for (unsigned i = 0; i < reg_count(r); i++) {
            uint32_t at = (r->offset + i * reg_stride(r)) / 4;

            if (!rf->map[at]) {
                rf->map[at] = (uint16_t)(row + 1);
            }
        }
    }
}

const struct reg *regs_at(const struct regfile *rf, const struct nic *n,
                          unsigned dir, uint32_t offset, unsigned *i)
{
    const struct reg *end = rf->reg + rf->n;
    unsigned row = offset < rf->size ? rf->map[offset / 4] : 0;

    if (!row) {
        return NULL;
    }
    for (const struct reg *r = rf->reg + row - 1;
         r < end && !r->hidden && r->offset <= offset; r++) {
        uint32_t delta = offset - r->offset;

        if (!(reg_dir(r) & dir) || !reg_present(r, n) || offset > reg_last(r) ||
            delta % reg_stride(r) >= r->width) {
            continue;
        }
        *i = delta / reg_stride(r);
        return r;
    }
    return NULL;
}

static uint8_t *reg_ptr(const struct regfile *rf, const struct reg *r,
                        const struct nic *n, unsigned i)
{
    return (uint8_t *)(uintptr_t)n + rf->base + r->field + i * r->width;
}

static uint64_t reg_load(const struct regfile *rf, const struct reg *r,
                         const struct nic *n, unsigned i)
{
    const uint8_t *p = reg_ptr(rf, r, n, i);
    uint16_t half;
    uint32_t word;
    uint64_t quad;

    switch (r->width) {
    case 1:
        return *p;
    case 2:
        memcpy(&half, p, sizeof(half));
        return half;
    case 4:
        memcpy(&word, p, sizeof(word));
        return word;
    default:
        memcpy(&quad, p, sizeof(quad));
        return quad;
    }
}

static void reg_store(const struct regfile *rf, const struct reg *r,
                      struct nic *n, unsigned i, uint64_t val)
{
    uint8_t *p = reg_ptr(rf, r, n, i);
    uint16_t half = (uint16_t)val;
    uint32_t word = (uint32_t)val;

    switch (r->width) {
    case 1:
        *p = (uint8_t)val;
        break;
    case 2:
        memcpy(p, &half, sizeof(half));
        break;
    case 4:
        memcpy(p, &word, sizeof(word));
        break;
    default:
        memcpy(p, &val, sizeof(val));
    }
}

uint64_t regs_peek(const struct regfile *rf, const struct reg *r, struct nic *n,
                   unsigned i)
{
    return r->fetch ? r->fetch(n, i) : reg_load(rf, r, n, i);
}

static void reg_trace(const struct regfile *rf, const struct reg *r,
                      struct nic *n, unsigned i, bool write, uint32_t val)
{
    if (n->tracing) {
        n->host->trace(n, &(struct nic_trace){ .kind = write ? NIC_TRACE_WRITE
                                                             : NIC_TRACE_READ,
                                               .file = rf->name,
                                               .name = r->name,
                                               .i = i,
                                               .val = val });
    }
}

static uint32_t reg_read(const struct regfile *rf, const struct reg *r,
                         struct nic *n, unsigned i)
{
    uint32_t val = (uint32_t)regs_peek(rf, r, n, i);

    reg_trace(rf, r, n, i, false, val);
    if (r->rc) {
        reg_store(rf, r, n, i, val & ~r->rc);
    }
    if (r->was_read) {
        r->was_read(n, i);
    }
    return val;
}

/*
 * @lanes: bits the access really carries, so that a byte write cannot
 * acknowledge or set anything in the bytes beside it
 */
static void reg_write(const struct regfile *rf, const struct reg *r,
                      struct nic *n, unsigned i, uint32_t val, uint32_t lanes)
{
    uint32_t old = (uint32_t)reg_load(rf, r, n, i), now = old;

    val &= lanes;
    reg_trace(rf, r, n, i, true, val);
    if (r->open && !r->open(n)) {
        return;
    }
    now = (now & ~(r->rw & lanes)) | (val & r->rw);
    now |= val & r->w1s;
    now &= ~(val & r->w1c);
    reg_store(rf, r, n, i, now);
    if (r->written) {
        r->written(n, (struct wr){ i, old, val, lanes });
    }
}

/* Bytes of an access of @size that fall into @r, from byte @at on */
static unsigned reg_span(const struct reg *r, uint32_t offset, unsigned size,
                         unsigned at, uint32_t *skip)
{
    unsigned left = size - at;

    *skip = (offset + at - r->offset) % reg_stride(r);
    return r->width - *skip < left ? r->width - *skip : left;
}

uint32_t regs_read(const struct regfile *rf, struct nic *n, uint32_t offset,
                   unsigned size)
{
    uint32_t data = 0, skip;
    unsigned i, span;

    if (offset >= rf->size) {
        return 0;
    }
    for (unsigned at = 0; at < size; at += span) {
        const struct reg *r = regs_at(rf, n, REG_READ, offset + at, &i);
        uint32_t val;

        span = 1;
        if (!r) {
            continue;
        }
        span = reg_span(r, offset, size, at, &skip);
        val = reg_read(rf, r, n, i) >> (8 * skip);
        data |= (val & (uint32_t)reg_mask(span)) << (8 * at);
    }
    return data;
}

void regs_write(const struct regfile *rf, struct nic *n, uint32_t offset,
                unsigned size, uint32_t val)
{
    uint32_t skip;
    unsigned i, span;

    if (offset >= rf->size) {
        return;
    }
    for (unsigned at = 0; at < size; at += span) {
        const struct reg *r = regs_at(rf, n, REG_WRITE, offset + at, &i);

        span = 1;
        if (!r) {
            continue;
        }
        span = reg_span(r, offset, size, at, &skip);
        reg_write(rf, r, n, i, (val >> (8 * at)) << (8 * skip),
                  (uint32_t)reg_mask(span) << (8 * skip));
    }
}

bool regs_clear(const struct regfile *rf, const struct reg *r,
                const struct nic *n)
{
    const uint8_t *p = reg_ptr(rf, r, n, 0);

    return !r->reset && !*p &&
           !memcmp(p, p + 1, (size_t)r->width * reg_count(r) - 1);
}

void regs_reset(const struct regfile *rf, struct nic *n, unsigned kind)
{
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (r->alias || !reg_present(r, n) || (r->keep & 1u << kind)) {
            continue;
        }
        if (!r->reset) {
            /* Packet memory is a row of 16384 */
            memset(reg_ptr(rf, r, n, 0), 0, (size_t)r->width * reg_count(r));
            continue;
        }
        for (unsigned i = 0; i < reg_count(r); i++) {
            reg_store(rf, r, n, i, r->reset);
        }
    }
}

const struct reg *regs_find(const struct regfile *rf, const struct nic *n,
                            const char *name)
{
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (!r->alias && reg_present(r, n) && !strcmp(r->name, name)) {
            return r;
        }
    }
    return NULL;
}

bool regs_load(const struct regfile *rf, const struct reg *r, struct nic *n,
               unsigned i, uint64_t val)
{
    if (i >= reg_count(r) || (val & ~reg_mask(r->width)) ||
        (r->max && val > r->max)) {
        return false;
    }
    reg_store(rf, r, n, i, val);
    return true;
}

/* Whether two rows can both answer one access of one chip */
static bool reg_meets(const struct reg *a, const struct reg *b)
{
    uint8_t chips_a = a->chips ? a->chips : 0xff;
    uint8_t chips_b = b->chips ? b->chips : 0xff;

    return (reg_dir(a) & reg_dir(b)) && (chips_a & chips_b);
}

static bool reg_covers(const struct reg *r, uint32_t offset)
{
    return offset >= r->offset && offset <= reg_last(r) &&
           (offset - r->offset) % reg_stride(r) < r->width;
}

/* Whether any row before @r answers at one of its addresses */
static bool reg_overlaps(const struct regfile *rf, const struct reg *r)
{
    for (const struct reg *o = rf->reg; o < r; o++) {
        if (o->hidden || !reg_meets(o, r) || r->offset > reg_last(o)) {
            continue;
        }
        for (unsigned i = 0; i < reg_count(r); i++) {
            uint32_t at = r->offset + i * reg_stride(r);

            if (reg_covers(o, at) || reg_covers(o, at + r->width - 1)) {
                return true;
            }
        }
    }
    return false;
}

static bool reg_row_ok(const struct regfile *rf, const struct reg *r)
{
    uint32_t masks = r->rw | r->w1c | r->w1s | r->rc | r->reset;

    if (r->width != 1 && r->width != 2 && r->width != 4 &&
        !(r->width == 8 && r->hidden)) {
        return false;
    }
    if (!r->name || !r->title || (masks & ~reg_mask(r->width))) {
        return false;
    }
    if (r->hidden) {
        return !r->written && !r->fetch && !r->was_read;
    }
    return r->offset % r->width == 0 && reg_stride(r) >= r->width && r->ref &&
           reg_last(r) < rf->size && !(r->rw & r->w1c) && !(r->rw & r->w1s) &&
           !reg_overlaps(rf, r);
}

const char *regs_check(const struct regfile *rf)
{
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        const struct reg *before = r > rf->reg ? r - 1 : NULL;

        if (!reg_row_ok(rf, r) || (before && before->hidden && !r->hidden) ||
            (before && !r->hidden && before->offset > r->offset)) {
            return r->name ? r->name : "(a row without a name)";
        }
    }
    return NULL;
}
