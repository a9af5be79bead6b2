/* SPDX-License-Identifier: MIT */
/*
 * memory.h - the two address spaces of a PC: memory and I/O ports
 *
 * RAM is a few ranges of host memory, everything else a list of regions with
 * access functions.  Where they overlap RAM wins, then the region that was
 * mapped first; so BARs cannot hide RAM or the chipset.  ISA cards answer only
 * what nobody else does, as behind a bridge that decodes subtractively.
 */
#ifndef SYSTEM_MEMORY_H
#define SYSTEM_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mem_space { MEM_SPACE_MEMORY, MEM_SPACE_IO, MEM_SPACES };

/**
 * struct mem_region - Addresses that someone answers
 * @name:  For listings; must live as long as the region is mapped
 * @last:  Answers only where no region without it does
 * @read, @write: Offset in the region; size 1, 2 or 4, never across its end
 *
 * Owned by the caller.
 */
struct mem_region {
    const char *name;
    uint64_t base, size;
    bool last;
    uint32_t (*read)(void *opaque, uint32_t off, unsigned size);
    void (*write)(void *opaque, uint32_t off, unsigned size, uint32_t val);
    void *opaque;
    struct mem_region *next;
};

/* @r: stays the caller's; what overlaps answers in the order of mapping */
void mem_map(enum mem_space space, struct mem_region *r);
/* @r must be mapped */
void mem_unmap(enum mem_space space, struct mem_region *r);

/* A region that answers any of these addresses, NULL for none */
const struct mem_region *mem_overlap(enum mem_space space, uint64_t base,
                                     uint64_t size);

/* @host: must stay for good, there is no way back */
void mem_add_ram(uint64_t base, uint64_t size, uint8_t *host);

enum { MEM_PAGE = 4096 };

/**
 * struct mem_foreign - RAM that is another's: of a domain of Xen's
 * @at:      As mem_ram(); what it returns stays valid while a frame is moved
 * @copy:    Move bytes of one page that @at does not give; false if there is no
 *           RAM either
 * @written: DMA changed it
 *
 * CPUs are elsewhere too, and find RAM by themselves: their accesses go to
 * regions only.
 */
struct mem_foreign {
    uint8_t *(*at)(uint64_t at, size_t *len);
    bool (*copy)(uint64_t at, void *p, size_t len, bool write);
    void (*written)(uint64_t at, size_t len);
};

/* Instead of mem_add_ram(), before any access; NULL: none */
void mem_set_foreign(const struct mem_foreign *f);

/* Hear of regions that are mapped from now on, and unmapped; NULL: no more */
void mem_watch(void (*fn)(enum mem_space space, const struct mem_region *r,
                          bool on));

/**
 * mem_ram() - Host address of guest RAM
 * @len: Cut to what is contiguous
 *
 * Foreign RAM is for reading only there.  Return: NULL if there is no RAM at
 * @at
 */
uint8_t *mem_ram(uint64_t at, size_t *len);

/* DMA: RAM only.  False if not all of it is; what was moved is undefined.
 * Writes happen in the order of the calls, those of 4 or 8 aligned bytes at
 * once, for other CPUs that look on */
bool mem_dma_read(uint64_t at, void *p, size_t len);
bool mem_dma_write(uint64_t at, const void *p, size_t len);

/* A hint that RAM will be read, or written, soon */
void mem_prefetch(uint64_t at, size_t len, bool write);

/*
 * One access of a CPU, size 1, 2, 4 or (memory) 8.  Where nothing answers,
 * memory reads as 0 and ports as ones, as with QEMU, and writes are dropped.
 */
uint64_t mem_load(enum mem_space space, uint64_t at, unsigned size);
void mem_store(enum mem_space space, uint64_t at, unsigned size, uint64_t val);

/* Many bytes of memory, by aligned accesses of up to 4 where it is not RAM */
void mem_read(uint64_t at, uint8_t *p, size_t len);
void mem_write(uint64_t at, const uint8_t *p, size_t len);
void mem_fill(uint64_t at, uint8_t val, size_t len);

/* All that is mapped, as text */
void mem_describe(GString *out);

#endif
