// SPDX-License-Identifier: MIT
/*
 * memory.c - the two address spaces of a PC: memory and I/O ports
 */
#include "system/memory.h"

#include <inttypes.h>
#include <string.h>

enum { RAM_RANGES_MAX = 4, CACHE_LINE = 64 };

struct ram_range {
    uint64_t base, size;
    uint8_t *host;
};

static struct ram_range ram[RAM_RANGES_MAX];
static unsigned ram_n;
static const struct mem_foreign *foreign;
static struct mem_region *regions[MEM_SPACES];
static void (*watcher)(enum mem_space space, const struct mem_region *r,
                       bool on);

void mem_watch(void (*fn)(enum mem_space space, const struct mem_region *r,
                          bool on))
{
    watcher = fn;
}

void mem_set_foreign(const struct mem_foreign *f)
{
    foreign = f;
}

void mem_map(enum mem_space space, struct mem_region *r)
{
    struct mem_region **at = &regions[space];

    while (*at && (r->last || !(*at)->last)) {
        at = &(*at)->next;
    }
    r->next = *at;
    *at = r;
    if (watcher) {
        watcher(space, r, true);
    }
}

void mem_unmap(enum mem_space space, struct mem_region *r)
{
    for (struct mem_region **at = &regions[space]; *at; at = &(*at)->next) {
        if (*at == r) {
            *at = r->next;
            if (watcher) {
                watcher(space, r, false);
            }
            return;
        }
    }
}

const struct mem_region *mem_overlap(enum mem_space space, uint64_t base,
                                     uint64_t size)
{
    for (struct mem_region *r = regions[space]; r; r = r->next) {
        if (base < r->base + r->size && r->base < base + size) {
            return r;
        }
    }
    return NULL;
}

void mem_add_ram(uint64_t base, uint64_t size, uint8_t *host)
{
    g_assert(ram_n < RAM_RANGES_MAX);
    ram[ram_n++] = (struct ram_range){ base, size, host };
}

uint8_t *mem_ram(uint64_t at, size_t *len)
{
    if (foreign) {
        return foreign->at(at, len);
    }
    for (unsigned i = 0; i < ram_n; i++) {
        uint64_t off = at - ram[i].base;

        if (off < ram[i].size) {
            if (*len > ram[i].size - off) {
                *len = ram[i].size - off;
            }
            return ram[i].host + off;
        }
    }
    return NULL;
}

/* Host address of RAM that is all in one range, mostly that of the last time;
 * NULL if it is not there */
static uint8_t *ram_near(uint64_t at, size_t len)
{
    static const struct ram_range *last = ram;
    uint64_t off = at - last->base;

    if (foreign) {
        size_t n = len;
        uint8_t *host = foreign->at(at, &n);

        return n == len ? host : NULL;
    }
    for (unsigned i = 0; off >= last->size && i < ram_n; i++) {
        last = &ram[i];
        off = at - last->base;
    }
    return off < last->size && len <= last->size - off ? last->host + off
                                                       : NULL;
}

#if defined(__x86_64__)
/* Without this the compiler would fetch lines only to read them */
__attribute__((target("prfchw")))
#endif
void mem_prefetch(uint64_t at, size_t len, bool write)
{
    const uint8_t *host = ram_near(at, len);

    for (size_t i = 0; host && i < len; i += CACHE_LINE) {
        if (write) {
            __builtin_prefetch(host + i, 1);
        } else {
            __builtin_prefetch(host + i);
        }
    }
}

/* Move bytes that are not all in one range; false if some are nowhere */
static bool dma_pieces(uint64_t at, uint8_t *p, size_t len, bool write)
{
    while (len) {
        size_t n = len;
        uint8_t *host = mem_ram(at, &n);

        if (host) {
            memcpy(write ? host : p, write ? p : host, n);
        } else {
            n = MIN(len, MEM_PAGE - (size_t)(at % MEM_PAGE));
            if (!foreign || !foreign->copy(at, p, n, write)) {
                return false;
            }
        }
        p += n;
        at += n;
        len -= n;
    }
    return true;
}

bool mem_dma_read(uint64_t at, void *p, size_t len)
{
    const uint8_t *near = ram_near(at, len);

    if (near) {
        memcpy(p, near, len);
        return true;
    }
    return dma_pieces(at, p, len, false);
}

/* Nobody sees half of an aligned 4 or 8 bytes */
static void store(uint8_t *to, const void *p, size_t len)
{
    if (len == 8 && !((uintptr_t)to & 7)) {
        uint64_t val;

        memcpy(&val, p, sizeof(val));
        __atomic_store_n((uint64_t *)(void *)to, val, __ATOMIC_RELEASE);
    } else if (len == 4 && !((uintptr_t)to & 3)) {
        uint32_t val;

        memcpy(&val, p, sizeof(val));
        __atomic_store_n((uint32_t *)(void *)to, val, __ATOMIC_RELEASE);
    } else {
        memcpy(to, p, len);
    }
}

bool mem_dma_write(uint64_t at, const void *p, size_t len)
{
    uint8_t *near = ram_near(at, len);
    bool ok = true;

    if (near) {
        store(near, p, len);
    } else {
        ok = dma_pieces(at, (uint8_t *)(uintptr_t)p, len, true);
    }
    if (foreign) {
        foreign->written(at, len);
    }
    return ok;
}

/* The region that answers all of an access; *@off is where in it */
static struct mem_region *region_at(enum mem_space space, uint64_t at,
                                    unsigned size, uint32_t *off)
{
    for (struct mem_region *r = regions[space]; r; r = r->next) {
        uint64_t o = at - r->base;

        if (o < r->size) {
            *off = (uint32_t)o;
            return size <= r->size - o ? r : NULL;
        }
    }
    return NULL;
}

/* An access that no region answers as a whole goes byte by byte */
static uint32_t load_bytes(enum mem_space space, uint64_t at, unsigned size)
{
    uint32_t val = 0, off;

    for (unsigned i = 0; i < size; i++) {
        struct mem_region *r = region_at(space, at + i, 1, &off);
        uint32_t v = space == MEM_SPACE_IO ? 0xff : 0;

        if (r) {
            v = r->read(r->opaque, off, 1) & 0xff;
        }
        val |= v << 8 * i;
    }
    return val;
}

static void store_bytes(enum mem_space space, uint64_t at, unsigned size,
                        uint32_t val)
{
    uint32_t off;

    for (unsigned i = 0; i < size; i++) {
        struct mem_region *r = region_at(space, at + i, 1, &off);

        if (r) {
            r->write(r->opaque, off, 1, val >> 8 * i & 0xff);
        }
    }
}

static uint32_t region_load(enum mem_space space, uint64_t at, unsigned size)
{
    uint32_t off;
    struct mem_region *r = region_at(space, at, size, &off);

    return r ? r->read(r->opaque, off, size) & (UINT32_MAX >> (32 - 8 * size))
             : load_bytes(space, at, size);
}

static void region_store(enum mem_space space, uint64_t at, unsigned size,
                         uint32_t val)
{
    uint32_t off;
    struct mem_region *r = region_at(space, at, size, &off);

    if (r) {
        r->write(r->opaque, off, size, val);
    } else {
        store_bytes(space, at, size, val);
    }
}

/* As mem_ram(), for a CPU */
static uint8_t *cpu_ram(uint64_t at, size_t *len)
{
    return foreign ? NULL : mem_ram(at, len);
}

uint64_t mem_load(enum mem_space space, uint64_t at, unsigned size)
{
    uint8_t b[8] = { 0 };
    uint64_t val = 0;
    size_t n = size;

    if (space == MEM_SPACE_IO) {
        return region_load(space, at, size);
    }
    if (cpu_ram(at, &n)) {
        mem_read(at, b, size);
        for (unsigned i = 0; i < size; i++) {
            val |= (uint64_t)b[i] << 8 * i;
        }
        return val;
    }
    if (size == 8) {
        val = region_load(space, at, 4);
        return val | (uint64_t)region_load(space, at + 4, 4) << 32;
    }
    return region_load(space, at, size);
}

void mem_store(enum mem_space space, uint64_t at, unsigned size, uint64_t val)
{
    uint8_t b[8];
    size_t n = size;

    if (space == MEM_SPACE_MEMORY && cpu_ram(at, &n)) {
        for (unsigned i = 0; i < size; i++) {
            b[i] = (uint8_t)(val >> 8 * i);
        }
        mem_write(at, b, size);
    } else if (size == 8) {
        region_store(space, at, 4, (uint32_t)val);
        region_store(space, at + 4, 4, (uint32_t)(val >> 32));
    } else {
        region_store(space, at, size, (uint32_t)val);
    }
}

/* Size of the next access to something that is not RAM */
static unsigned piece(uint64_t at, size_t len)
{
    if (!(at & 3) && len >= 4) {
        return 4;
    }
    return !(at & 1) && len >= 2 ? 2 : 1;
}

void mem_read(uint64_t at, uint8_t *p, size_t len)
{
    while (len) {
        size_t n = len;
        const uint8_t *host = cpu_ram(at, &n);

        if (host) {
            memcpy(p, host, n);
        } else {
            n = piece(at, len);
            uint32_t v = region_load(MEM_SPACE_MEMORY, at, (unsigned)n);

            for (size_t i = 0; i < n; i++) {
                p[i] = (uint8_t)(v >> 8 * i);
            }
        }
        p += n;
        at += n;
        len -= n;
    }
}

void mem_write(uint64_t at, const uint8_t *p, size_t len)
{
    while (len) {
        size_t n = len;
        uint8_t *host = cpu_ram(at, &n);

        if (host) {
            memcpy(host, p, n);
        } else {
            uint32_t v = 0;

            n = piece(at, len);
            for (size_t i = 0; i < n; i++) {
                v |= (uint32_t)p[i] << 8 * i;
            }
            region_store(MEM_SPACE_MEMORY, at, (unsigned)n, v);
        }
        p += n;
        at += n;
        len -= n;
    }
}

void mem_fill(uint64_t at, uint8_t val, size_t len)
{
    while (len) {
        size_t n = len;
        uint8_t *host = cpu_ram(at, &n);

        if (host) {
            memset(host, val, n);
        } else {
            n = piece(at, len);
            region_store(MEM_SPACE_MEMORY, at, (unsigned)n, val * 0x01010101u);
        }
        at += n;
        len -= n;
    }
}

void mem_describe(GString *out)
{
    static const char *const names[] = { "memory", "I/O" };

    for (unsigned s = 0; s < MEM_SPACES; s++) {
        g_string_append_printf(out, "address-space: %s\n", names[s]);
        for (unsigned i = 0; s == MEM_SPACE_MEMORY && i < ram_n; i++) {
            g_string_append_printf(out, "  %016" PRIx64 "-%016" PRIx64 ": %s\n",
                                   ram[i].base, ram[i].base + ram[i].size - 1,
                                   "ram");
        }
        for (struct mem_region *r = regions[s]; r; r = r->next) {
            g_string_append_printf(out, "  %016" PRIx64 "-%016" PRIx64 ": %s\n",
                                   r->base, r->base + r->size - 1, r->name);
        }
    }
}
