// SPDX-License-Identifier: MIT
/*
 * mapcache.c - another domain's memory, mapped here a piece at a time
 *
 * Chunks are found by a hash table and kept in the order of their last use.  A
 * chunk may have holes, where the guest has no memory.  Nothing tells when a
 * hole is filled.  So an access to one tries that page alone; if it is there
 * now, the chunk is out of date, and mapped anew when nobody holds an address
 * in it.  Chunks that are nothing but holes are not kept.
 */
#include "xen/mapcache.h"

#include <glib.h>
#include <string.h>

enum {
    CHUNK = MAPCACHE_PAGES * MAPCACHE_PAGE,
    BUCKETS = 2048, /* A power of two */
    ADDRESS_BITS = 52,
};

/**
 * struct chunk - Mapped memory
 * @number:  Guest address / CHUNK
 * @stale:   A hole in it was filled
 * @next:    In the bucket
 * @newer, @older: By last use
 */
struct chunk {
    uint64_t number;
    uint8_t *host;
    bool missing[MAPCACHE_PAGES];
    bool stale;
    struct chunk *next, *newer, *older;
};

struct mapcache {
    const struct mapcache_ops *ops;
    void *opaque;
    struct chunk *bucket[BUCKETS];
    struct chunk *newest, *oldest;
    unsigned n;
    bool any_stale;
    struct mapcache_stats stats;
};

struct mapcache *mapcache_new(const struct mapcache_ops *ops, void *opaque)
{
    struct mapcache *c = g_new0(struct mapcache, 1);

    c->ops = ops;
    c->opaque = opaque;
    return c;
}

static struct chunk **bucket_of(struct mapcache *c, uint64_t number)
{
    /* Fibonacci hashing: neighbours go far apart */
    return &c->bucket[number * UINT64_C(0x9e3779b97f4a7c15) >> 53 &
                      (BUCKETS - 1)];
}

static void use_unlink(struct mapcache *c, struct chunk *k)
{
    *(k->newer ? &k->newer->older : &c->newest) = k->older;
    *(k->older ? &k->older->newer : &c->oldest) = k->newer;
}

static void use_newest(struct mapcache *c, struct chunk *k)
{
    k->newer = NULL;
    k->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = k;
    c->newest = k;
}

static void chunk_drop(struct mapcache *c, struct chunk *k)
{
    struct chunk **at = bucket_of(c, k->number);

    while (*at != k) {
        at = &(*at)->next;
    }
    *at = k->next;
    use_unlink(c, k);
    c->n--;
    c->ops->unmap(c->opaque, k->host, MAPCACHE_PAGES);
    g_free(k);
}

static struct chunk *chunk_map(struct mapcache *c, uint64_t number)
{
    struct chunk *k = g_new0(struct chunk, 1);
    struct chunk **bucket = bucket_of(c, number);
    unsigned holes = 0;

    c->stats.maps++;
    k->number = number;
    k->host = c->ops->map(c->opaque, number * MAPCACHE_PAGES, MAPCACHE_PAGES,
                          k->missing);
    for (unsigned i = 0; k->host && i < MAPCACHE_PAGES; i++) {
        holes += k->missing[i];
    }
    if (!k->host || holes == MAPCACHE_PAGES) {
        if (k->host) {
            c->ops->unmap(c->opaque, k->host, MAPCACHE_PAGES);
        }
        g_free(k);
        return NULL;
    }
    if (c->n == MAPCACHE_CHUNKS) {
        c->stats.evicted++;
        chunk_drop(c, c->oldest);
    }
    c->n++;
    k->next = *bucket;
    *bucket = k;
    use_newest(c, k);
    return k;
}

static struct chunk *chunk_get(struct mapcache *c, uint64_t number)
{
    struct chunk *k = c->newest;

    if (k && k->number == number) {
        return k;
    }
    for (k = *bucket_of(c, number); k; k = k->next) {
        if (k->number == number) {
            use_unlink(c, k);
            use_newest(c, k);
            return k;
        }
    }
    return chunk_map(c, number);
}

uint8_t *mapcache_at(struct mapcache *c, uint64_t at, size_t *len)
{
    unsigned page = (unsigned)(at / MAPCACHE_PAGE % MAPCACHE_PAGES), end = page;
    size_t off = (size_t)(at % CHUNK), want = MIN(*len, CHUNK);
    struct chunk *k;

    if (at >> ADDRESS_BITS) {
        return NULL;
    }
    k = chunk_get(c, at / CHUNK);
    if (!k || k->missing[page]) {
        c->stats.holes++;
        return NULL;
    }
    while (end < MAPCACHE_PAGES && !k->missing[end] &&
           (size_t)end * MAPCACHE_PAGE < off + want) {
        end++;
    }
    *len = MIN(want, (size_t)end * MAPCACHE_PAGE - off);
    return k->host + off;
}

/* A hole turned out to be none */
static void chunk_spoil(struct mapcache *c, uint64_t number)
{
    for (struct chunk *k = *bucket_of(c, number); k; k = k->next) {
        if (k->number == number) {
            k->stale = true;
            c->any_stale = true;
        }
    }
}

bool mapcache_copy(struct mapcache *c, uint64_t at, void *p, size_t len,
                   bool write)
{
    size_t off = (size_t)(at % MAPCACHE_PAGE);
    bool missing = false;
    uint8_t *host;

    if (at >> ADDRESS_BITS || len > MAPCACHE_PAGE - off) {
        return false;
    }
    c->stats.maps++;
    host = c->ops->map(c->opaque, at / MAPCACHE_PAGE, 1, &missing);
    if (!host) {
        return false;
    }
    if (!missing) {
        memcpy(write ? (void *)(host + off) : p,
               write ? p : (void *)(host + off), len);
        chunk_spoil(c, at / CHUNK);
    }
    c->ops->unmap(c->opaque, host, 1);
    return !missing;
}

void mapcache_settle(struct mapcache *c)
{
    struct chunk *next;

    if (!c->any_stale) {
        return;
    }
    c->any_stale = false;
    for (struct chunk *k = c->newest; k; k = next) {
        next = k->older;
        if (k->stale) {
            chunk_drop(c, k);
        }
    }
}

void mapcache_flush(struct mapcache *c)
{
    c->stats.flushes++;
    c->any_stale = false;
    while (c->newest) {
        chunk_drop(c, c->newest);
    }
}

void mapcache_free(struct mapcache *c)
{
    if (c) {
        mapcache_flush(c);
        g_free(c);
    }
}

void mapcache_stats(const struct mapcache *c, struct mapcache_stats *s)
{
    *s = c->stats;
}
