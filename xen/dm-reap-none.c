// SPDX-License-Identifier: MIT
/*
 * dm-reap-none.c - what a vifemu that was killed left: without Xen's libraries
 */
#include <stddef.h>

#include "xen/dm-reap.h"

struct dm_reap *dm_reap_new(uint32_t domid)
{
    return NULL;
}

void dm_reap_free(struct dm_reap *r)
{
}

void dm_reap_mark(struct dm_reap *r)
{
}

void dm_reap_run(struct dm_reap *r)
{
}
