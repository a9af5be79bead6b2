// SPDX-License-Identifier: MIT
/*
 * sum.c - the Internet checksum's sum (RFC 1071)
 *
 * One's complement does not care in which byte order it is added up, so words
 * are taken as the host has them and the result is turned at the end.  Nor does
 * it care for the width: 32-bit words are added into 64-bit lanes, which cannot
 * overflow for any length that a frame may have, and folded once.  The more
 * lanes, the faster: where the processor has AVX2 they are sixteen.
 */
#include <string.h>

#include "net/offload.h"

enum {
    BLOCK = 128,       /* Bytes that the vector loop takes at a time */
    WIDE_MIN = 2 * 128 /* Below that setting it up costs more than it saves */
};

uint16_t offload_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Any number of bytes; a last odd one counts as the first of its word */
static uint64_t sum_plain(const uint8_t *p, size_t len)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;

    for (; len >= 16; p += 16, len -= 16) {
        uint32_t w[4];

        memcpy(w, p, sizeof(w));
        a += w[0];
        b += w[1];
        c += w[2];
        d += w[3];
    }
    for (; len >= 4; p += 4, len -= 4) {
        uint32_t w;

        memcpy(&w, p, sizeof(w));
        a += w;
    }
    if (len) {
        uint32_t w = 0;

        memcpy(&w, p, len);
        b += w;
    }
    return a + b + c + d;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Add the even and the odd 32-bit words of 32 bytes to lanes of their own */
__attribute__((target("avx2"))) static inline void
add_block(const uint8_t *p, __m256i *even, __m256i *odd)
{
    __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)p);

    *even =
        _mm256_add_epi64(*even,
                         _mm256_and_si256(w, _mm256_set1_epi64x(UINT32_MAX)));
    *odd = _mm256_add_epi64(*odd, _mm256_srli_epi64(w, 32));
}

/* @len: A multiple of BLOCK */
__attribute__((target("avx2"))) static uint64_t sum_avx2(const uint8_t *p,
                                                         size_t len)
{
    __m256i even[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() };
    __m256i odd[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() };
    uint64_t lane[4];

    for (; len; p += BLOCK, len -= BLOCK) {
        add_block(p, &even[0], &odd[0]);
        add_block(p + 32, &even[1], &odd[1]);
        add_block(p + 64, &even[0], &odd[0]);
        add_block(p + 96, &even[1], &odd[1]);
    }
    even[0] = _mm256_add_epi64(_mm256_add_epi64(even[0], even[1]),
                               _mm256_add_epi64(odd[0], odd[1]));
    _mm256_storeu_si256((__m256i *)(void *)lane, even[0]);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

static uint64_t sum_wide(const uint8_t *p, size_t len)
{
    return __builtin_cpu_supports("avx2") ? sum_avx2(p, len)
                                          : sum_plain(p, len);
}
#else
static uint64_t sum_wide(const uint8_t *p, size_t len)
{
    return sum_plain(p, len);
}
#endif

uint32_t offload_sum(const void *p, size_t len, uint32_t sum)
{
    const uint8_t *at = p;
    size_t wide = len >= WIDE_MIN ? len - len % BLOCK : 0;
    uint64_t all = wide ? sum_wide(at, wide) : 0;
    uint16_t native;

    all += sum_plain(at + wide, len - wide);
    all = (all & UINT32_MAX) + (all >> 32);
    all = (all & UINT32_MAX) + (all >> 32);
    native = offload_fold((uint32_t)all);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    native = __builtin_bswap16(native);
#endif
    return offload_fold(sum) + (uint32_t)native;
}
