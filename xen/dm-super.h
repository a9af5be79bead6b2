/* SPDX-License-Identifier: MIT */
/*
 * dm-super.h - the process beside QEMU that looks after vifemu
 */
#ifndef XEN_DM_SUPER_H
#define XEN_DM_SUPER_H

#include "xen/dm-host.h"

/**
 * dm_super_run() - Attach vifemu to the guest, serve libxl's monitor, and end
 * when QEMU does
 * @p:    Gets the slots that QEMU chose
 * @user: Whom vifemu runs as
 *
 * If vifemu cannot be attached QEMU is ended, by which "xl create" fails.
 */
void dm_super_run(struct dm_plan *p, const struct dm_settings *s,
                  const char *user, struct dm_host *h);

#endif
