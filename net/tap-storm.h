/* SPDX-License-Identifier: MIT */
/*
 * tap-storm.h - the guard of a tap against storms: tells, and cuts
 */
#ifndef NET_TAP_STORM_H
#define NET_TAP_STORM_H

#include <linux/virtio_net.h>

#include "net/netdev.h"
#include "net/storm.h"

struct loop_fd;
struct loop_task;
struct pump;

/**
 * struct tap_storm - A guard
 * @pump:  What reads; it rests most of the time while the link is cut
 * @core:  What recognises a storm
 * @task:  Tells that there is one
 * @cuts:  The guest's link goes down with a storm; @cut: it did
 * @timer: A descriptor that is ready twice a second while there is a storm, or
 *         -1; @watch: on it
 * @start: When the storm was told; @told: when the last one was, on stderr
 * @count: Storms so far; @untold: those since @told
 */
struct tap_storm {
    struct netdev *nd;
    struct pump *pump;
    struct storm core;
    bool cuts, cut;
    int timer;
    struct loop_task *task;
    struct loop_fd *watch;
    int64_t start, told;
    uint64_t count, untold;
};

/**
 * tap_storm_new() - A guard for @nd, whose frames @pump reads
 * @mode: "alarm" or NULL, "cut", or "off", which gives NULL
 *
 * False with @err for any other @mode.
 */
bool tap_storm_new(struct netdev *nd, struct pump *pump, const char *mode,
                   struct tap_storm **g, GError **err);
void tap_storm_free(struct tap_storm *g);

/* For a frame that was chosen: see below */
void tap_storm_look_in(struct tap_storm *g, const uint8_t *frame, size_t len);
void tap_storm_look_out(struct tap_storm *g, const uint8_t *frame, size_t len);

/* Packets that the kernel or the guest has not cut yet are bulk data of one
 * connection */
static inline bool tap_storm_bulk(const struct offload_hdr *off)
{
    return off && off->gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

/* To be told of every frame that comes in; @g may be NULL */
static inline void tap_storm_in(struct tap_storm *g, const uint8_t *frame,
                                size_t len, const struct offload_hdr *off)
{
    if (g && !tap_storm_bulk(off) && storm_asks_in(&g->core, frame, len)) {
        tap_storm_look_in(g, frame, len);
    }
}

/* ... and of every one that goes out in one piece */
static inline void tap_storm_out(struct tap_storm *g, const uint8_t *frame,
                                 size_t len, const struct offload_hdr *off)
{
    if (g && !tap_storm_bulk(off) && storm_asks_out(&g->core, frame, len)) {
        tap_storm_look_out(g, frame, len);
    }
}

#endif
