/* SPDX-License-Identifier: MIT */
/*
 * dm-reap.h - what a vifemu that was killed left in Xen
 */
#ifndef XEN_DM_REAP_H
#define XEN_DM_REAP_H

#include <stdint.h>

struct dm_reap;

/**
 * dm_reap_new() - Note which ioreq servers the domain has without vifemu
 *
 * Return: NULL if Xen cannot be reached, or in a build without its libraries
 */
struct dm_reap *dm_reap_new(uint32_t domid);
void dm_reap_free(struct dm_reap *r);

/* vifemu is attached: the server that is new is its */
void dm_reap_mark(struct dm_reap *r);

/**
 * dm_reap_run() - vifemu is gone: answer what virtual CPUs wait for with all
 * ones, and remove its server if it did not
 *
 * Without this a virtual CPU would wait for ever.
 */
void dm_reap_run(struct dm_reap *r);

#endif
