// SPDX-License-Identifier: MIT
/*
 * wire.c - taps of emulated cards: made, put on bridges, taken away
 *
 * While they are set up all taps are held by descriptors, so that whatever
 * happens the kernel removes them.  Only when each is as it shall be they are
 * made to stay.
 */
#include "xen/wire.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "xen/nl.h"

/* Taps that stay from now on; what was made to stay is taken back when one
 * cannot */
static bool keep(const GArray *taps, const int *fds, GError **err)
{
    for (guint i = 0; i < taps->len; i++) {
        if (!ioctl(fds[i], TUNSETPERSIST, 1)) {
            continue;
        }
        nl_fail(err, g_array_index(taps, struct wire_tap, i).name,
                "cannot make it stay", errno);
        while (i-- > 0) {
            ioctl(fds[i], TUNSETPERSIST, 0);
        }
        return false;
    }
    return true;
}

bool wire_up(const GArray *taps, GError **err)
{
    int *fds = g_new(int, taps->len);
    bool ok = wire_make(taps, 0, fds, err);

    if (ok) {
        ok = keep(taps, fds, err);
        wire_release(fds, taps->len);
    }
    g_free(fds);
    return ok;
}

bool wire_down(const GPtrArray *names, GError **err)
{
    int *fds = g_new(int, names->len);
    bool ok = true;
    guint held = 0;

    while (ok && held < names->len) {
        fds[held] = wire_hold(names->pdata[held], 0, err);
        ok = fds[held] >= 0;
        held += ok;
    }
    for (guint i = 0; ok && i < held; i++) {
        if (ioctl(fds[i], TUNSETPERSIST, 0)) {
            ok = nl_fail(err, names->pdata[i], "cannot let it go", errno);
        }
    }
    wire_release(fds, held);
    g_free(fds);
    return ok;
}
