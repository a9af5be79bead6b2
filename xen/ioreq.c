// SPDX-License-Identifier: MIT
/*
 * ioreq.c - accesses of a guest's CPUs, as Xen hands them to a device model
 *
 * A request is one instruction: an access, or with a REP prefix many.  The
 * data of many lies in guest memory (data_is_ptr), through which the request
 * walks up or, with the direction flag, down.  The emulated side of it stands
 * still for ports and configuration space, and walks along for memory.  Data
 * is moved in blocks, so that "rep insw" of a frame from an NE2000 is one
 * access to guest memory and not seven hundred.
 */
#include "xen/ioreq.h"

#include <string.h>

enum { BLOCK = 4096 };

/**
 * struct request - A private copy of a slot, checked
 */
struct request {
    uint64_t addr, data;
    uint32_t count;
    unsigned size;
    uint8_t type;
    bool read, df, data_is_ptr;
};

/**
 * struct server - The arguments of ioreq_serve()
 */
struct server {
    const struct ioreq_ops *ops;
    void *opaque;
    struct ioreq_stats *stats;
};

bool ioreq_waiting(const struct ioreq_slot *slot)
{
    uint8_t bits = __atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE);

    return (bits & IOREQ_STATE) == IOREQ_STATE_READY;
}

unsigned ioreq_kind(const struct ioreq_slot *slot)
{
    return __atomic_load_n(&slot->type, __ATOMIC_RELAXED);
}

/* Read each field of the slot once */
static void request_copy(struct request *r, const struct ioreq_slot *slot,
                         uint8_t bits)
{
    r->addr = __atomic_load_n(&slot->addr, __ATOMIC_RELAXED);
    r->data = __atomic_load_n(&slot->data, __ATOMIC_RELAXED);
    r->count = __atomic_load_n(&slot->count, __ATOMIC_RELAXED);
    r->size = __atomic_load_n(&slot->size, __ATOMIC_RELAXED);
    r->type = __atomic_load_n(&slot->type, __ATOMIC_RELAXED);
    r->read = bits & IOREQ_READ;
    r->df = bits & IOREQ_DF;
    r->data_is_ptr = bits & IOREQ_DATA_IS_PTR;
}

static bool request_valid(const struct request *r)
{
    unsigned max = r->type == IOREQ_COPY ? 8 : 4;

    if (!r->size || (r->size & (r->size - 1)) || r->size > max ||
        r->count > IOREQ_COUNT_MAX) {
        return false;
    }
    return r->type != IOREQ_CONFIG || (uint32_t)r->addr < IOREQ_CONFIG_SIZE;
}

/* Where access @i of a walk that begins at @from is */
static uint64_t walk(const struct request *r, uint64_t from, uint32_t i)
{
    uint64_t way = (uint64_t)i * r->size;

    return r->df ? from - way : from + way;
}

/* Access @i to the emulated side */
static uint64_t load(const struct server *s, const struct request *r,
                     uint32_t i)
{
    switch (r->type) {
    case IOREQ_PIO:
        return s->ops->load(s->opaque, true, r->addr & UINT16_MAX, r->size);
    case IOREQ_COPY:
        return s->ops->load(s->opaque, false, walk(r, r->addr, i), r->size);
    default:
        return s->ops->config_read(s->opaque, (uint32_t)(r->addr >> 32),
                                   (uint32_t)r->addr, r->size);
    }
}

static void store(const struct server *s, const struct request *r, uint32_t i,
                  uint64_t val)
{
    switch (r->type) {
    case IOREQ_PIO:
        s->ops->store(s->opaque, true, r->addr & UINT16_MAX, r->size, val);
        break;
    case IOREQ_COPY:
        s->ops->store(s->opaque, false, walk(r, r->addr, i), r->size, val);
        break;
    default:
        s->ops->config_write(s->opaque, (uint32_t)(r->addr >> 32),
                             (uint32_t)r->addr, r->size, (uint32_t)val);
        break;
    }
}

/* Where access @k of a block of @n is in the block */
static size_t place(const struct request *r, uint32_t n, uint32_t k)
{
    return (size_t)(r->df ? n - 1 - k : k) * r->size;
}

/* Accesses @i .. @i + @n - 1, whose data is in guest memory */
static void block(const struct server *s, const struct request *r, uint32_t i,
                  uint32_t n)
{
    uint64_t at = walk(r, r->data, r->df ? i + n - 1 : i);
    size_t len = (size_t)n * r->size;
    uint8_t buf[BLOCK];
    bool ok = r->read || s->ops->dma_read(s->opaque, at, buf, len);

    for (uint32_t k = 0; ok && k < n; k++) {
        uint8_t *p = buf + place(r, n, k);
        uint64_t val = 0;

        /* Both sides are little-endian */
        if (r->read) {
            val = load(s, r, i + k);
            memcpy(p, &val, r->size);
        } else {
            memcpy(&val, p, r->size);
            store(s, r, i + k, val);
        }
    }
    if (r->read) {
        ok = s->ops->dma_write(s->opaque, at, buf, len);
    }
    s->stats->faults += !ok;
}

static void transfer(const struct server *s, struct request *r)
{
    uint32_t step = BLOCK / r->size;

    s->stats->repeated += r->count > 1;
    if (r->data_is_ptr) {
        for (uint32_t i = 0; i < r->count; i += step) {
            block(s, r, i, r->count - i < step ? r->count - i : step);
        }
        return;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->read) {
            r->data = load(s, r, i);
        } else {
            store(s, r, i, r->data & (UINT64_MAX >> (64 - 8 * r->size)));
        }
    }
}

/* A request that makes no sense: the CPU goes on all the same */
static void refuse(const struct server *s, struct request *r)
{
    s->stats->refused++;
    if (r->read && !r->data_is_ptr) {
        r->data = UINT64_MAX;
    }
}

static void carry_out(const struct server *s, struct request *r)
{
    switch (r->type) {
    case IOREQ_PIO:
        s->stats->pio++;
        break;
    case IOREQ_COPY:
        s->stats->copy++;
        break;
    case IOREQ_CONFIG:
        s->stats->config++;
        break;
    case IOREQ_INVALIDATE:
        s->stats->invalidate++;
        s->ops->invalidate(s->opaque);
        return;
    case IOREQ_TIMEOFFSET: /* The clock is the other device model's */
        return;
    default:
        refuse(s, r);
        return;
    }
    if (request_valid(r)) {
        transfer(s, r);
    } else {
        refuse(s, r);
    }
}

static void slot_state(struct ioreq_slot *slot, uint8_t bits, uint8_t state)
{
    bits = (uint8_t)((bits & ~IOREQ_STATE) | state);
    __atomic_store_n(&slot->bits, bits, __ATOMIC_RELEASE);
}

bool ioreq_serve(struct ioreq_slot *slot, const struct ioreq_ops *ops,
                 void *opaque, struct ioreq_stats *stats)
{
    const struct server s = { ops, opaque, stats };
    uint8_t bits = __atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE);
    struct request r;

    if ((bits & IOREQ_STATE) != IOREQ_STATE_READY) {
        return false;
    }
    request_copy(&r, slot, bits);
    slot_state(slot, bits, IOREQ_STATE_INPROCESS);
    carry_out(&s, &r);
    if (r.read && !r.data_is_ptr) {
        __atomic_store_n(&slot->data, r.data, __ATOMIC_RELAXED);
    }
    slot_state(slot, bits, IOREQ_STATE_RESPONSE);
    return true;
}

bool ioreq_abandon(struct ioreq_slot *slot)
{
    uint8_t bits = __atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE);
    unsigned state = bits & IOREQ_STATE;

    if (state != IOREQ_STATE_READY && state != IOREQ_STATE_INPROCESS) {
        return false;
    }
    if ((bits & IOREQ_READ) && !(bits & IOREQ_DATA_IS_PTR)) {
        __atomic_store_n(&slot->data, UINT64_MAX, __ATOMIC_RELAXED);
    }
    slot_state(slot, bits, IOREQ_STATE_RESPONSE);
    return true;
}
