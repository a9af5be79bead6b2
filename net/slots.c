// SPDX-License-Identifier: MIT
/*
 * slots.c - frames in one piece each, which wait to leave with one system call
 */
#include "net/slots.h"

#include <string.h>

uint8_t *slots_copy(struct slots *s, size_t skip, const struct iovec *iov,
                    unsigned n)
{
    uint8_t *slot = s->mem[s->n], *to = slot + skip;

    for (unsigned i = 0; i < n; i++) {
        memcpy(to, iov[i].iov_base, iov[i].iov_len);
        to += iov[i].iov_len;
    }
    return slot;
}

bool slots_keep(struct slots *s, size_t len)
{
    s->len[s->n++] = len;
    return s->n < SLOTS;
}
