/* SPDX-License-Identifier: MIT */
/*
 * slots.h - frames in one piece each, which wait to leave with one system call
 */
#ifndef NET_SLOTS_H
#define NET_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
    SLOTS = 32,
    SLOT_SIZE = 2112, /* A longer frame is better sent from where it is; slots
                       * of 2048 would share cache sets */
};

/**
 * struct slots - Frames that wait, oldest first
 * @n:   How many; with SLOTS of them there is no room for another
 * @len: Of each frame, with what its owner has put before it
 */
struct slots {
    unsigned n;
    size_t len[SLOTS];
    uint8_t mem[SLOTS][SLOT_SIZE];
};

/**
 * slots_copy() - Copy a frame into the next slot
 * @skip: Bytes to leave free before it; with the frame at most SLOT_SIZE
 *
 * Return: the slot, to be filled in; free again unless slots_keep() follows
 */
uint8_t *slots_copy(struct slots *s, size_t skip, const struct iovec *iov,
                    unsigned n);
/* Keep the slot just filled, @len bytes of it.  False: it was the last one */
bool slots_keep(struct slots *s, size_t len);

#endif
