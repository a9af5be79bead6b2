/* SPDX-License-Identifier: MIT */
/*
 * ioreq.h - accesses of a guest's CPUs, as Xen hands them to a device model
 *
 * Xen shares one page with each ioreq server: a slot per virtual CPU, through
 * which a CPU that touched emulated hardware asks, and waits.  This is the part
 * that reads requests and answers them; it knows neither Xen's libraries nor
 * event channels, so it is tested against a page of the test's own.
 */
#ifndef XEN_IOREQ_H
#define XEN_IOREQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IOREQ_SLOTS = 128,       /* In a page: the most virtual CPUs */
    IOREQ_COUNT_MAX = 65536, /* Repetitions; Xen's own limit is 4096 */
    IOREQ_CONFIG_SIZE = 256, /* Registers of a function */
};

/* Kinds of request (Xen public/hvm/ioreq.h) */
enum ioreq_type {
    IOREQ_PIO = 0,
    IOREQ_COPY = 1, /* Memory-mapped registers */
    IOREQ_CONFIG = 2,
    IOREQ_TIMEOFFSET = 7,
    IOREQ_INVALIDATE = 8, /* Guest memory went away */
};

/* Bits of struct ioreq_slot.bits */
enum {
    IOREQ_STATE = 0x0f,
    IOREQ_DATA_IS_PTR = 0x10,
    IOREQ_READ = 0x20, /* Else a write */
    IOREQ_DF = 0x40,   /* Repetitions go downwards */
};

/* IOREQ_STATE */
enum {
    IOREQ_STATE_NONE = 0,
    IOREQ_STATE_READY = 1,
    IOREQ_STATE_INPROCESS = 2,
    IOREQ_STATE_RESPONSE = 3,
};

/**
 * struct ioreq_slot - Xen's struct ioreq, as it lies in the shared page
 * @addr:  Port, guest-physical address, or function << 32 | register
 * @data:  Value, or where in guest memory it is
 * @count: Repetitions
 * @size:  Bytes of each access
 * @vp_eport: Event channel of the virtual CPU, at Xen's end
 */
struct ioreq_slot {
    uint64_t addr, data;
    uint32_t count, size, vp_eport;
    uint16_t pad;
    uint8_t bits, type;
};
_Static_assert(sizeof(struct ioreq_slot) == 32, "layout of struct ioreq");

/**
 * struct ioreq_ops - What requests come down to
 * @config_read, @config_write: Configuration space of function @sbdf (segment,
 *            bus, device, function, as Xen packs them); @off below
 *            IOREQ_CONFIG_SIZE, @size 1, 2 or 4
 * @load, @store: Port (@io) or memory; @size 1, 2, 4 or (memory) 8
 * @dma_read, @dma_write: Guest memory, for data that is there; false if not all
 *            of it can be reached
 * @invalidate: Let go of all guest memory before this returns
 */
struct ioreq_ops {
    uint32_t (*config_read)(void *opaque, uint32_t sbdf, unsigned off,
                            unsigned size);
    void (*config_write)(void *opaque, uint32_t sbdf, unsigned off,
                         unsigned size, uint32_t val);
    uint64_t (*load)(void *opaque, bool io, uint64_t at, unsigned size);
    void (*store)(void *opaque, bool io, uint64_t at, unsigned size,
                  uint64_t val);
    bool (*dma_read)(void *opaque, uint64_t at, void *p, size_t len);
    bool (*dma_write)(void *opaque, uint64_t at, const void *p, size_t len);
    void (*invalidate)(void *opaque);
};

/**
 * struct ioreq_stats - What was asked for
 * @repeated: Requests with more than one access
 * @refused:  Requests that made no sense: answered, nothing done
 * @faults:   Blocks of data that could not be moved from or to guest memory
 */
struct ioreq_stats {
    uint64_t pio, copy, config, invalidate, repeated, refused, faults;
};

/* Whether a request waits in @slot, without touching it */
bool ioreq_waiting(const struct ioreq_slot *slot);
/* What kind it is; only a hint, as anything in the page is */
unsigned ioreq_kind(const struct ioreq_slot *slot);

/**
 * ioreq_serve() - Carry out and answer the request in @slot, if there is one
 *
 * Each field is read once, and believed only as far as it was checked: the page
 * is Xen's to write, but nothing of what is in it was chosen by Xen alone
 * (XSA-197, XSA-199).  Reads that make no sense give all ones.
 *
 * Return: whether there was one; the caller then notifies the virtual CPU
 */
bool ioreq_serve(struct ioreq_slot *slot, const struct ioreq_ops *ops,
                 void *opaque, struct ioreq_stats *stats);

/**
 * ioreq_abandon() - Answer a request that nobody will carry out any more
 *
 * Even one that was begun.  Reads give all ones, as an empty slot's do, and
 * guest memory is left alone.
 *
 * Return: whether there was one; the caller then notifies the virtual CPU
 */
bool ioreq_abandon(struct ioreq_slot *slot);

#endif
