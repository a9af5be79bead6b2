/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what fuzz targets have in common
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assert() that is never compiled out */
#define MUST(cond)                                                             \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,  \
                    #cond);                                                    \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The same, of what is not clear from the condition */
static inline void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

/* The next @bytes of the input, little-endian; past its end all is zero */
static inline uint32_t fuzz_take(const uint8_t **in, size_t *left,
                                 unsigned bytes)
{
    uint32_t val = 0;

    for (unsigned i = 0; i < bytes && *left; i++, --*left) {
        val |= (uint32_t) * (*in)++ << (8 * i);
    }
    return val;
}

#endif
