/* SPDX-License-Identifier: MIT */
/*
 * gpa.h - guest-physical addresses and little-endian guest data
 *
 * All are one-member structs, so that the compiler refuses what must never
 * happen: dereferencing a guest address, or using a guest integer before it
 * was converted to host order.
 */
#ifndef HW_GPA_H
#define HW_GPA_H

#include <stdint.h>

typedef struct {
    uint64_t addr;
} gpa_t;
typedef struct {
    uint16_t raw;
} le16_t;
typedef struct {
    uint32_t raw;
} le32_t;
typedef struct {
    uint64_t raw;
} le64_t;

static inline gpa_t gpa(uint64_t addr)
{
    return (gpa_t){ addr };
}

/* Wraps at 2^64 like the adder of a bus master */
static inline gpa_t gpa_add(gpa_t a, uint64_t n)
{
    return gpa(a.addr + n);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HW_LE(bits, v) (v)
#else
#define HW_LE(bits, v) __builtin_bswap##bits(v)
#endif

static inline uint16_t le16_get(le16_t v)
{
    return HW_LE(16, v.raw);
}

static inline uint32_t le32_get(le32_t v)
{
    return HW_LE(32, v.raw);
}

static inline uint64_t le64_get(le64_t v)
{
    return HW_LE(64, v.raw);
}

static inline le16_t le16_put(uint16_t v)
{
    return (le16_t){ HW_LE(16, v) };
}

static inline le32_t le32_put(uint32_t v)
{
    return (le32_t){ HW_LE(32, v) };
}

static inline le64_t le64_put(uint64_t v)
{
    return (le64_t){ HW_LE(64, v) };
}

#undef HW_LE

/* Network byte order in the private copy of a frame's headers, any alignment */
static inline uint16_t be16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32_at(const uint8_t *p)
{
    return (uint32_t)be16_at(p) << 16 | be16_at(p + 2);
}

static inline void be16_store(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void be32_store(uint8_t *p, uint32_t v)
{
    be16_store(p, (uint16_t)(v >> 16));
    be16_store(p + 2, (uint16_t)v);
}

#endif
