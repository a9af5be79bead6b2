/* SPDX-License-Identifier: MIT */
/*
 * draw.h - a host's bridges, and who is on them, as a picture
 */
#ifndef XEN_DRAW_H
#define XEN_DRAW_H

#include "xen/host.h"

/**
 * draw_svg() - Draw the bridges of @h, their ports, and what is beyond
 * @bridge: This one and its ports only; NULL: all, and what belongs to a guest
 *          or leads out and is on no bridge
 * @found:  struct remark, from doctor_findings(): written below
 *
 * Guests' interfaces are at the left of their bridge, everything else at the
 * right, with the other ends of pairs behind.  What frames circle through is
 * red.  Well-formed XML whatever interfaces are called.
 *
 * Return: a document of SVG, to be freed
 */
char *draw_svg(const struct host *h, const struct host_link *bridge,
               const GPtrArray *found);

#endif
