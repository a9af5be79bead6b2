/* SPDX-License-Identifier: MIT */
/*
 * nic-fuzz.h - the language of nic-fuzz.c's inputs; numbers are little-endian
 */
#ifndef TESTS_FUZZ_NIC_FUZZ_H
#define TESTS_FUZZ_NIC_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hw/regs.h"

/* One byte each, modulo their number, followed by: */
enum op {
    OP_WRITE,     /* u16 row, u8 element, u32 value */
    OP_READ,      /* u16 row, u8 element */
    OP_ACCESS,    /* u8 how, u24 offset, u32 value */
    OP_MEMORY,    /* u24 address, u8 length, u8 copies - 1, bytes */
    OP_RECEIVE,   /* u8 how, u16 length - 1, u8 buffers - 1, u8 bytes, bytes,
                     u16 length of each buffer but the last */
    OP_CLOCK,     /* u8 binary logarithm of nanoseconds */
    OP_RUN,       /* Deferred work */
    OP_HOST,      /* u8 what, in the lower three bits */
    OP_MIGRATE,   /* Save, load, compare */
    OP_BAD_STATE, /* Save, edit, load: u8 edits - 1, edits (u24 at, u8 val),
                     u8 0xff: u24 length */
};

/* OP_RECEIVE, lower three bits; 0x40: FCS, 0x80: a right one, 0x20: summed */
enum {
    FRAME_RAW,
    FRAME_BROADCAST,
    FRAME_UNICAST,
    FRAME_IP4,
    FRAME_IP6,
    FRAME_VLAN,
    FRAME_MAGIC,
    FRAME_PAUSE,
};

/* OP_HOST; 8: on */
enum {
    HOST_LINK,
    HOST_BUS_MASTER,
    HOST_PMCSR, /* u16 */
    HOST_RESET, /* Kind in the bits above */
    HOST_BACKEND,
    HOST_FAULT, /* After so many calls, in the bits above */
    HOST_FILTER,
    HOST_TRACE,
};

/**
 * paged_from() - Register files of which the BAR shows 16 registers at a time
 *
 * The NE2000's, whose CR chooses.  Their rows are counted behind those of the
 * model's first file, and choosing one turns the page.
 *
 * Return: first page of such a file, -1 for others
 */
static inline int paged_from(const struct regfile *rf)
{
    return !strcmp(rf->name, "DP8390")             ? 0
           : !strcmp(rf->name, "RTL8029AS page 3") ? 3
                                                   : -1;
}

#endif
