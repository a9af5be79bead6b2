/* SPDX-License-Identifier: MIT */
/*
 * vifspec.h - what the readers and writers of vif specifications share
 */
#ifndef XEN_VIFSPEC_H
#define XEN_VIFSPEC_H

#include <stddef.h>

#include "xen/guest.h"

/**
 * enum mac_verdict - What became of an address
 * @MAC_GOOD:     Six pairs of hexadecimal digits, separated alike
 * @MAC_LAX:      The toolstack takes it, though it does not look like one
 * @MAC_REJECTED: Refused, some bytes may have been stored all the same
 */
enum mac_verdict {
    MAC_GOOD,
    MAC_LAX,
    MAC_REJECTED,
};

/**
 * mac_read() - Read an address by the rules of @dialect
 * @mac:  What is there already stays where nothing is stored
 * @used: Gets the number of bytes of @text before what is wrong
 */
enum mac_verdict mac_read(const char *text, enum dialect dialect,
                          uint8_t mac[6], size_t *used);

/* Make an address up as libxl does: Xen's prefix and 23 random bits */
void mac_random(uint8_t mac[6]);

/**
 * struct rate - A limit
 * @bytes:    In each @us microseconds; both 0: none
 * @octal:    A number begins with 0, which makes it octal for xl
 * @unitless: The interval has no unit, which makes it seconds for xl
 */
struct rate {
    uint64_t bytes;
    uint32_t us;
    bool octal, unitless;
};

/**
 * rate_read() - Read "10MB/s@20ms" by the rules of @dialect
 *
 * Return: NULL, or what is wrong with it
 */
const char *rate_read(const char *text, enum dialect dialect, struct rate *r);

/**
 * rate_write() - A text that rate_read() makes @bytes and @us of
 *
 * Return: to be freed by the caller; NULL if there is none
 */
char *rate_write(uint64_t bytes, uint32_t us, enum dialect dialect);

/**
 * vif_key_known() - Whether a toolstack has a key for its vifs
 * @key: Of @len bytes
 */
bool vif_key_known(const char *key, size_t len, enum dialect dialect);

/**
 * vif_key_guess() - The key that somebody may have meant, or NULL
 * @key: Of @len bytes
 */
const char *vif_key_guess(const char *key, size_t len, enum dialect dialect);

/**
 * word_distance() - Letters to insert, delete, change or swap to get @b from @a
 * @a: Of @len bytes, in whichever case; @b: of less than 32
 *
 * Return: at most @max + 1
 */
unsigned word_distance(const char *a, size_t len, const char *b, unsigned max);

#endif
