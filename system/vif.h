/* SPDX-License-Identifier: MIT */
/*
 * vif.h - -vif: a NIC and its tap by a line of a Xen guest's configuration
 */
#ifndef SYSTEM_VIF_H
#define SYSTEM_VIF_H

#include "system/options.h"

struct vif_set;

/**
 * enum vif_result - What vif_plan() says
 * @VIF_GO:      Go on; with an empty set if there was no -vif
 * @VIF_NOTHING: All are paravirtual, and nothing else was asked for: there is
 *               nothing to do for this process, which was said
 * @VIF_REFUSED: One is refused, which was said
 */
enum vif_result {
    VIF_GO,
    VIF_NOTHING,
    VIF_REFUSED,
};

/**
 * vif_plan() - Read all -vif and decide what they come to
 * @set: To be freed with vif_free(), whatever the result
 *
 * Does not ask the host.  Strict: what a toolstack would do otherwise than it
 * is written is refused.
 */
enum vif_result vif_plan(const struct options *o, struct vif_set **set);

/**
 * vif_wire() - Make the taps, and add NICs and backends to @o
 *
 * Must come before rights are given up.  All taps or none; they vanish with
 * their backends, however the process ends.  False after saying why.
 */
bool vif_wire(struct vif_set *set, struct options *o);
/* May be NULL */
void vif_free(struct vif_set *set);

#endif
