/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - what is wrong with a host's bridges and guest interfaces
 */
#ifndef XEN_DOCTOR_H
#define XEN_DOCTOR_H

#include "xen/guest.h"
#include "xen/host.h"

/**
 * host_bridge() - The bridge that @name means, as vif-bridge understands it
 *
 * xenbrN that does not exist is ethN if that is a bridge: network-bridge of
 * Xen 3.2 and later gives the bridge the name of its wire.
 *
 * Return: NULL: there is none; what is no bridge is returned all the same
 */
const struct host_link *host_bridge(const struct host *h, const char *name);

/* Whether @l has the address that hotplug scripts give: it is above all others,
 * so that a bridge never takes it for its own */
bool host_has_script_mac(const struct host_link *l);

/* Its six bytes */
extern const uint8_t host_script_mac[6];

/**
 * doctor_findings() - What is wrong
 * @bridge: Look at this one and its ports only; NULL: at all
 *
 * Return: struct remark, the key is the interface; of an error frames are lost
 * or circle, of a warning something is not as a script would have left it
 */
GPtrArray *doctor_findings(const struct host *h,
                           const struct host_link *bridge);

#endif
