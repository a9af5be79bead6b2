/* SPDX-License-Identifier: MIT */
/*
 * ctl-guest.h - what the commands that read a guest's configuration share
 */
#ifndef XEN_CTL_GUEST_H
#define XEN_CTL_GUEST_H

#include "xen/ctl.h"
#include "xen/plan.h"

/* The options that ctl_guest_read() and ctl_guest_json() go by */
#define CTL_GUEST                                                              \
    (CTL_JSON | CTL_DIALECT | CTL_NAMING | CTL_DOMID | CTL_BRIDGE | CTL_SCRIPT)

/**
 * ctl_guest_config() - Read @file: as --from says, as XML of libvirt if it
 * begins with <, else by the dialect
 *
 * Return: to be freed; NULL after saying why
 */
struct guest *ctl_guest_config(const struct ctl *c, const char *file);

/**
 * struct ctl_guest - A guest and its plan
 */
struct ctl_guest {
    struct guest *guest;
    struct plan *plan;
    const char **models;
};

/**
 * ctl_guest_read() - Read @file and plan it by the options of @c
 *
 * Return: false after saying why, with nothing to be freed
 */
bool ctl_guest_read(const struct ctl *c, const char *file, struct ctl_guest *g);
void ctl_guest_free(struct ctl_guest *g);

/* May a command go on: no error, and no warning unless --lax */
bool ctl_guest_ok(const struct ctl *c, const struct ctl_guest *g);

/* Print all remarks on standard error, and that it is refused if it is */
void ctl_guest_say(const struct ctl *c, const struct ctl_guest *g);

/* Begin an object with "file", "name", "kind", "dialect", "refused" and
 * "remarks"; the caller adds to it and ends it */
JsonBuilder *ctl_guest_json(const struct ctl *c, const struct ctl_guest *g);

#endif
