/* SPDX-License-Identifier: MIT */
/*
 * restrict.h - Xen's handles, from now on for one domain only
 */
#ifndef XEN_RESTRICT_H
#define XEN_RESTRICT_H

#include <stdbool.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

/**
 * struct xen_handles - Those that a device model has, open
 */
struct xen_handles {
    xendevicemodel_handle *dm;
    xenforeignmemory_handle *memory;
    xenevtchn_handle *events;
};

/**
 * restrict_to() - Restrict all of the process's handles of Xen's to @domid
 * @h: Tried afterwards on other domains, which has to be refused
 * @why: Set to the reason of a failure, for people, to be freed; may be NULL
 *
 * Return: whether they are restricted
 */
bool restrict_to(unsigned domid, const struct xen_handles *h, char **why);

#endif
