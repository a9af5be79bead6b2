// SPDX-License-Identifier: MIT
/*
 * sum.c - the Internet checksum's sum (RFC 1071)
 *
 * One's complement does not care in which byte order it is added up, so words
 * are taken as the host has them and the result is turned at the end.  Nor does
 * it care for the width: words are added into wider lanes, which cannot
 * overflow for any length that a frame may have, and folded once.  The more
 * lanes, the faster: where the processor has AVX2 they are 32, of 32 bits.
 */
#include <string.h>

#include "net/offload.h"

enum {
    VECTOR = 32,
    BLOCK = 4 * VECTOR,  /* Bytes that the vector loop takes at a time */
    WIDE_MIN = 2 * BLOCK /* Below that setting it up costs more than it saves */
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
    uint8_t last[2] = { 0 };
    uint16_t half;

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
    if (len >= 2) {
        memcpy(&half, p, sizeof(half));
        b += half;
        p += 2;
        len -= 2;
    }
    if (len) {
        last[0] = *p;
        memcpy(&half, last, sizeof(half));
        c += half;
    }
    return a + b + c + d;
}

#if defined(__x86_64__)
#include <immintrin.h>

/*
 * Add the 16-bit words of 32 bytes in pairs, to eight lanes.  The instruction
 * for that takes them as signed, so each is made less by 32768 before.
 */
__attribute__((target("avx2"))) static inline __m256i
add_words(__m256i lanes, const uint8_t *p)
{
    __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)p);

    w = _mm256_xor_si256(w, _mm256_set1_epi16(INT16_MIN));
    return _mm256_add_epi32(lanes, _mm256_madd_epi16(w, _mm256_set1_epi16(1)));
}

/* @len: A multiple of VECTOR */
__attribute__((target("avx2"))) static uint64_t sum_avx2(const uint8_t *p,
                                                         size_t len)
{
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    int64_t sum = (int64_t)(len / 2) * 32768;
    int32_t lane[8];

    for (; len >= BLOCK; p += BLOCK, len -= BLOCK) {
        a = add_words(a, p);
        b = add_words(b, p + VECTOR);
        c = add_words(c, p + 2 * VECTOR);
        d = add_words(d, p + 3 * VECTOR);
    }
    for (; len; p += VECTOR, len -= VECTOR) {
        a = add_words(a, p);
    }
    a = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
    _mm256_storeu_si256((__m256i *)(void *)lane, a);
    for (unsigned i = 0; i < 8; i++) {
        sum += lane[i];
    }
    return (uint64_t)sum;
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
    size_t wide = len >= WIDE_MIN ? len - len % VECTOR : 0;
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
