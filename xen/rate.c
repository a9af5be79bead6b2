// SPDX-License-Identifier: MIT
/*
 * rate.c - a vif's rate= as the toolstacks read it, and back
 *
 * NUMBER[GMK](B|b)/s[@NUMBER[mu]s].  Prefixes are decimal, b is an eighth of B,
 * the interval is 50 ms unless it is given.  What they do not share: xl reads
 * 010 as eight and an interval without a unit as seconds, and stops at an
 * error, where xend makes it no limit at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/vifspec.h"

enum { US_PER_S = 1000000, US_PER_MS = 1000, INTERVAL_US = 50000 };

static const uint64_t prefixes[] = { 1, 1000, 1000000, 1000000000 };
static const char prefix_names[] = "\0KMG";

/* Digits only; false: there are none */
static bool read_number(const char **p, enum dialect dialect, uint64_t *n,
                        bool *octal)
{
    const char *start = *p;

    if (!g_ascii_isdigit(*start)) {
        return false;
    }
    while (g_ascii_isdigit(**p)) {
        ++*p;
    }
    *octal |= start[0] == '0' && *p - start > 1;
    errno = 0;
    *n = strtoull(start, NULL, dialect == DIALECT_XM ? 10 : 8 + 2 * !*octal);
    if (errno) {
        *n = UINT64_MAX;
    }
    return true;
}

static const char *read_interval(const char *p, enum dialect dialect,
                                 struct rate *r)
{
    uint64_t n, unit = US_PER_S;
    bool octal = false;

    if (!read_number(&p, dialect, &n, &octal)) {
        return "the interval has to begin with a number, as in 50ms";
    }
    r->octal |= octal;
    if (*p == 'm' || *p == 'u') {
        unit = *p++ == 'm' ? US_PER_MS : 1;
    } else if (*p == '\0') {
        r->unitless = true;
    }
    if (*p == 's') {
        p++;
    } else if (dialect == DIALECT_XM) {
        return "the interval has to end in s, ms or us";
    }
    if (*p) {
        return "the interval has to end in s, ms or us";
    }
    if (n == 0 || n > UINT32_MAX / unit) {
        return "the interval has to be from 1us to 4294s";
    }
    r->us = (uint32_t)(n * unit);
    return NULL;
}

static const char *read_per_second(const char **text, enum dialect dialect,
                                   struct rate *r, uint64_t *per_second)
{
    const char *p = *text;
    uint64_t n, times = 1;
    bool bits;

    if (!read_number(&p, dialect, &n, &r->octal)) {
        return "a rate has to begin with a number, as in 10MB/s";
    }
    for (unsigned i = 1; i < G_N_ELEMENTS(prefixes); i++) {
        if (*p == prefix_names[i]) {
            times = prefixes[i];
            p++;
            break;
        }
    }
    bits = *p == 'b';
    if ((!bits && *p != 'B') || strncmp(p + 1, "/s", 2) != 0) {
        return "a rate has to end in B/s or b/s, with K, M or G before it";
    }
    *text = p + 3;
    if (n == 0 || n > UINT32_MAX) {
        return "the number of a rate has to be from 1 to 4294967295";
    }
    *per_second = n * times / (bits ? 8 : 1);
    return NULL;
}

const char *rate_read(const char *text, enum dialect dialect, struct rate *r)
{
    const char *wrong;
    uint64_t per_second;

    *r = (struct rate){ .us = INTERVAL_US };
    wrong = read_per_second(&text, dialect, r, &per_second);
    if (wrong == NULL && *text == '@') {
        wrong = read_interval(text + 1, dialect, r);
    } else if (wrong == NULL && *text) {
        wrong = "behind /s there can only be an interval, as in @50ms";
    }
    if (wrong == NULL && per_second > UINT64_MAX / r->us) {
        wrong = "the bytes of one interval are too many to count";
    }
    if (wrong) {
        *r = (struct rate){ 0 };
        return wrong;
    }
    r->bytes = per_second * r->us / US_PER_S;
    if (dialect == DIALECT_XM && (r->bytes == 0 || r->bytes > UINT32_MAX)) {
        *r = (struct rate){ 0 };
        return "the bytes of one interval have to be from 1 to 4294967295";
    }
    return NULL;
}

/* The bytes per second whose share of @us is @bytes, in units of @unit */
static bool unit_fits(uint64_t bytes, uint32_t us, uint64_t unit, uint64_t *n)
{
    uint64_t per_second;

    if (bytes > UINT64_MAX / US_PER_S - 1) {
        return false;
    }
    per_second = (bytes * US_PER_S + us - 1) / us;
    *n = (per_second + unit - 1) / unit;
    return *n > 0 && *n <= UINT32_MAX;
}

char *rate_write(uint64_t bytes, uint32_t us, enum dialect dialect)
{
    static const char *const names[] = { "", "K", "M", "G" };

    if (us == 0) {
        return NULL;
    }
    for (unsigned i = G_N_ELEMENTS(prefixes); i-- > 0;) {
        uint64_t n;
        g_autofree char *text = NULL;
        struct rate r;

        if (!unit_fits(bytes, us, prefixes[i], &n)) {
            continue;
        }
        text = g_strdup_printf("%" G_GUINT64_FORMAT "%sB/s", n, names[i]);
        if (us != INTERVAL_US) {
            g_autofree char *rest =
                g_strdup_printf("%s@%" G_GUINT32_FORMAT "us", text, us);

            g_free(text);
            text = g_steal_pointer(&rest);
        }
        if (!rate_read(text, dialect, &r) && r.bytes == bytes && r.us == us) {
            return g_steal_pointer(&text);
        }
    }
    return NULL;
}
