/* SPDX-License-Identifier: MIT */
/*
 * netdev-peer.h - what tests plug into backends, and the event loop by hand
 */
#ifndef TESTS_UNIT_NETDEV_PEER_H
#define TESTS_UNIT_NETDEV_PEER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/netdev.h"
#include "system/loop.h"

/**
 * struct peer - What is plugged into a backend
 * @got:     Frames taken; the last one is in @data
 * @refuse:  Take no frames
 * @limit:   Take so many in all; 0: any number
 * @ordered: Frames begin with their number, which must be that of the next
 * @writable, @links, @gone: Calls of these
 * @up:      What the last link() said
 */
struct peer {
    unsigned got, writable, links, gone, limit;
    bool refuse, ordered, up;
    size_t len;
    uint8_t data[NIC_RX_MAX];
};

/* A backend from "type,key=value,.." or JSON; NULL with @err */
struct netdev *try_open(const char *text, GError **err);
/* The same, which must work; @p is cleared and plugged in unless NULL */
struct netdev *open_nd(struct peer *p, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
/* Unplug and close */
void close_nd(struct netdev *nd);
/* Send a frame in two pieces, now or at the next netdev_push() */
bool keep_nd(struct netdev *nd, const void *data, size_t len);
/* Send a frame, now */
bool send_nd(struct netdev *nd, const void *data, size_t len);

/* Turn the loop until there is nothing to do; fails if that never happens */
void settle(void);

/* Turn the loop until @condition; fails after a minute */
#define WAIT_FOR(condition)                                                    \
    do {                                                                       \
        gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;             \
        while (!(condition)) {                                                 \
            g_assert_cmpint(g_get_monotonic_time(), <, end);                   \
            loop_turn(false);                                                  \
        }                                                                      \
    } while (0)

/* A pair of connected unix sockets, non-blocking */
void make_pair(int type, int fd[2]);
/* A port that is free on 127.0.0.1 now */
uint16_t free_port(int type);

#endif
