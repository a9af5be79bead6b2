/* SPDX-License-Identifier: MIT */
/*
 * mapcache.h - another domain's memory, mapped here a piece at a time
 *
 * Mapping is a hypercall, so what was mapped stays until there is too much of
 * it, the one not used for longest first.
 */
#ifndef XEN_MAPCACHE_H
#define XEN_MAPCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAPCACHE_PAGE = 4096,
    MAPCACHE_PAGES = 32, /* Of a chunk: 128 KiB */
    /*
     * Chunks; 128 MiB.  More than one frame can lie in: 256 buffers
     * (NIC_PIECES_MAX), each of less than a chunk, so in two at most
     */
    MAPCACHE_CHUNKS = 1024,
};

/**
 * struct mapcache_ops - How memory is mapped
 * @map:   @n pages from guest frame @gfn on, readable and writable; sets
 *         @missing for each that there is not.  NULL if nothing was mapped
 * @unmap: What @map returned for @n pages
 */
struct mapcache_ops {
    void *(*map)(void *opaque, uint64_t gfn, unsigned n, bool *missing);
    void (*unmap)(void *opaque, void *p, unsigned n);
};

/**
 * struct mapcache_stats - What it cost
 */
struct mapcache_stats {
    uint64_t maps, evicted, flushes, holes;
};

struct mapcache;

/* Never fails (GLib allocation) */
struct mapcache *mapcache_new(const struct mapcache_ops *ops, void *opaque);
void mapcache_free(struct mapcache *c);

/**
 * mapcache_at() - Host address of guest memory
 * @len: Cut to what is contiguous
 *
 * Valid until mapcache_flush() or mapcache_settle(), or until MAPCACHE_CHUNKS
 * other chunks were asked for.  Return: NULL if it cannot be mapped, and for
 * pages that could not when those around them were (mapcache_copy() may)
 */
uint8_t *mapcache_at(struct mapcache *c, uint64_t at, size_t *len);

/**
 * mapcache_copy() - Move bytes from (or @write, to) one page by itself
 *
 * For pages that mapcache_at() has none of: a guest may have got memory where
 * there was a hole.  Return: false if there is still none
 */
bool mapcache_copy(struct mapcache *c, uint64_t at, void *p, size_t len,
                   bool write);

/* Nobody holds an address: forget what is known to be out of date */
void mapcache_settle(struct mapcache *c);
/* Unmap everything */
void mapcache_flush(struct mapcache *c);

/* What it cost so far */
void mapcache_stats(const struct mapcache *c, struct mapcache_stats *s);

#endif
