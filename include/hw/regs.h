/* SPDX-License-Identifier: MIT */
/*
 * regs.h - register files described by a table
 *
 * A device lists its registers once, in a .def file.  That list is included
 * twice: to declare the struct holding the values, and to define the table
 * that drives access, reset, save/load, trace and the generated manual.
 */
#ifndef HW_REGS_H
#define HW_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nic;

/* What holds a register of so many bytes, for a .def file's struct of values */
#define REG_UINT_1 uint8_t
#define REG_UINT_2 uint16_t
#define REG_UINT_4 uint32_t
#define REG_UINT_8 uint64_t

/**
 * struct wr - What a write did, for its side effects
 * @i:    Element, for arrays
 * @old:  Value before
 * @val:  What the guest wrote, bits outside the access being zero
 * @lanes: Bits the access carried
 */
struct wr {
    unsigned i;
    uint32_t old, val, lanes;
};

/* Directions a row answers */
enum { REG_READ = 1, REG_WRITE = 2, REG_BOTH = 3 };

/**
 * struct reg - All that is known of one register, or of an array of them
 * @name:     Datasheet mnemonic; also the trace and save/load name
 * @offset:   Byte offset in the register file
 * @width:    Size in bytes: 1, 2 or 4; @hidden rows also 8
 * @dir:      Directions it answers, 0 meaning both
 * @count:    Elements, 0 meaning 1
 * @stride:   Distance of elements in bytes, 0 meaning @width
 * @chips:    Variants of the chip that have this row, 0 meaning all; see
 *            struct nic_model.chip
 * @keep:     Resets it survives: bits 1 << enum nic_reset
 * @alias:    A second address of a register that another row declares: not
 *            saved, not reset, not in the manual's main table
 * @hidden:   State no address reaches; only saved, loaded and reset
 * @field:    offsetof() its value in the device's register struct
 * @reset:    Value after reset
 * @rw:       Bits software may write
 * @w1c:      Bits cleared by writing one
 * @w1s:      Bits set by writing one
 * @rc:       Bits cleared by reading
 * @max:      Largest value a saved state may bring, 0 meaning any
 * @written:  Side effect of a write, run after the value was stored
 * @fetch:    Source of the value read, where it is not simply the stored one;
 *            must not change anything (the register dump calls it as well)
 * @was_read: Side effect of a read, run after @rc was applied
 * @open:     Whether writes are let through now, NULL meaning always
 * @ref:      Datasheet section
 * @title:    Datasheet name
 *
 * A bit in none of the masks is read-only.  A write is applied in this order:
 * @rw, then @w1s, then @w1c, each only in the byte lanes of the access.
 */
struct reg {
    const char *name;
    uint32_t offset;
    uint8_t width, dir;
    uint16_t count, stride;
    uint8_t chips, keep;
    bool alias, hidden;
    uint32_t field, reset, rw, w1c, w1s, rc;
    uint64_t max;
    void (*written)(struct nic *n, struct wr w);
    uint32_t (*fetch)(struct nic *n, unsigned i);
    void (*was_read)(struct nic *n, unsigned i);
    bool (*open)(struct nic *n);
    const char *ref, *title;
};

/**
 * struct regfile - A table and where its values live
 * @name:  For traces and dumps: "MAC", "PHY"
 * @reg:   Rows: first the addressable ones sorted by offset, then hidden ones
 * @n:     Number of rows
 * @base:  offsetof() the struct of values in the instance (struct nic first)
 * @map:   Scratch of @size / 4 entries, one per dword of the file: the first
 *         row that covers it, plus one.  Filled by regs_index(); shared by all
 *         instances because it depends on the table only
 * @size:  Bytes addressable; beyond reads as zero
 */
struct regfile {
    const char *name;
    const struct reg *reg;
    size_t n;
    size_t base;
    uint16_t *map;
    uint32_t size;
};

#define REGS_N(table) (sizeof(table) / sizeof((table)[0]))

/* Called once per instance before any other use; idempotent */
void regs_index(const struct regfile *rf);

/**
 * regs_read(), regs_write() - Guest access of any size and alignment
 * @rf:     Register file
 * @n:      Instance it belongs to
 * @offset: Byte offset
 * @size:   1, 2 or 4
 *
 * Each register touched is accessed, with its side effects, exactly once.
 * Bytes of no register read as zero and swallow writes.
 */
uint32_t regs_read(const struct regfile *rf, struct nic *n, uint32_t offset,
                   unsigned size);
void regs_write(const struct regfile *rf, struct nic *n, uint32_t offset,
                unsigned size, uint32_t val);

/**
 * regs_at() - Row that answers at one byte
 * @dir: REG_READ or REG_WRITE
 * @i:   Set to the element, for arrays
 *
 * Return: NULL where there is none
 */
const struct reg *regs_at(const struct regfile *rf, const struct nic *n,
                          unsigned dir, uint32_t offset, unsigned *i);

/**
 * regs_peek() - Value of one element without any side effect
 */
uint64_t regs_peek(const struct regfile *rf, const struct reg *r, struct nic *n,
                   unsigned i);

/**
 * regs_clear() - Whether all elements of a row are zero, and reset to that
 */
bool regs_clear(const struct regfile *rf, const struct reg *r,
                const struct nic *n);

/**
 * regs_reset() - Give every row its reset value, unless it survives @kind
 * @kind: enum nic_reset
 */
void regs_reset(const struct regfile *rf, struct nic *n, unsigned kind);

/**
 * regs_find() - Row that a saved state means; NULL if the card has none
 */
const struct reg *regs_find(const struct regfile *rf, const struct nic *n,
                            const char *name);

/**
 * regs_load() - Take one value of a saved state, as untrusted as a guest
 *
 * Return: false if there is no such element or it cannot hold the value
 */
bool regs_load(const struct regfile *rf, const struct reg *r, struct nic *n,
               unsigned i, uint64_t val);

/**
 * regs_check() - Say what is wrong with a table, for the unit tests
 *
 * Return: name of the first bad row, NULL if all are sound
 */
const char *regs_check(const struct regfile *rf);

/* Whether the variant that @n is has row @r */
bool reg_present(const struct reg *r, const struct nic *n);
/* Elements of @r, at least 1 */
unsigned reg_count(const struct reg *r);

#endif
