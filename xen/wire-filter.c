// SPDX-License-Identifier: MIT
/*
 * wire-filter.c - which taps get a filter
 */
#include "xen/filter.h"
#include "xen/wire.h"

void wire_filters(struct plan *p, enum filter_mode mode, GArray *taps)
{
    guint n = 0;

    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];
        struct wire_tap *tap;

        if (!r->emulated) {
            continue;
        }
        tap = &g_array_index(taps, struct wire_tap, n++);
        tap->filter = filter_for(p, r, mode);
        if (tap->filter && !tap->bridge) {
            plan_remark(p, REMARK_WARNING, r->vif->at, "ip",
                        "is not enforced: filters are for ports of the "
                        "kernel's bridges, and vifctl puts %s on none; "
                        "--filter none says that it need not be",
                        r->tap);
        }
    }
}

void wire_filters_free(GArray *taps)
{
    for (guint i = 0; i < taps->len; i++) {
        filter_free(g_array_index(taps, struct wire_tap, i).filter);
    }
}
