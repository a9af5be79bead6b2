// SPDX-License-Identifier: MIT
/*
 * wire.c - taps of emulated cards: made, put on bridges, taken away
 *
 * While they are set up all taps are held by descriptors, so that whatever
 * happens the kernel removes them.  Only when each is as it shall be they are
 * made to stay, one after the other; from the first to the last of these the
 * journal knows their indexes.  Filters are there before the taps, because a
 * frame that came in before its filter cannot be called back.
 */
#include "xen/wire.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "xen/filter.h"
#include "xen/journal.h"
#include "xen/nl.h"
#include "xen/step.h"

/* Whether a tap stays when nobody holds it */
static int persist(int fd, bool on)
{
    int why = step();

    return why ? why : ioctl(fd, TUNSETPERSIST, on) ? errno : 0;
}

/* Taps that stay from now on; what was made to stay is taken back when one
 * cannot */
static bool keep(const GArray *taps, const int *fds, GError **err)
{
    for (guint i = 0; i < taps->len; i++) {
        int why = persist(fds[i], true);

        if (!why) {
            continue;
        }
        nl_fail(err, g_array_index(taps, struct wire_tap, i).name,
                "cannot make it stay", why);
        while (i-- > 0) {
            ioctl(fds[i], TUNSETPERSIST, 0);
        }
        return false;
    }
    return true;
}

/* Note that taps of these names are about to be made, or with @indexes that
 * they are */
static bool note(struct journals *js, struct journal *j, const GPtrArray *names,
                 bool indexes, GError **err)
{
    g_array_set_size(j->taps, 0);
    for (guint i = 0; i < names->len; i++) {
        struct journal_tap t = { 0 };

        g_strlcpy(t.name, names->pdata[i], sizeof(t.name));
        t.index = indexes ? (int)if_nametoindex(t.name) : 0;
        g_array_append_val(j->taps, t);
    }
    return journals_put(js, j, err);
}

static GPtrArray *names_of(const GArray *taps)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < taps->len; i++) {
        g_ptr_array_add(names,
                        (void *)g_array_index(taps, struct wire_tap, i).name);
    }
    return names;
}

/* Before anything is begun */
static bool can_filter(const GArray *taps, GError **err)
{
    for (guint i = 0; i < taps->len; i++) {
        if (g_array_index(taps, struct wire_tap, i).filter) {
            return filter_ready(err);
        }
    }
    return true;
}

static bool make_filters(const GArray *taps, GError **err)
{
    GPtrArray *all = g_ptr_array_new();
    bool ok;

    for (guint i = 0; i < taps->len; i++) {
        struct filter *f = g_array_index(taps, struct wire_tap, i).filter;

        if (f) {
            g_ptr_array_add(all, f);
        }
    }
    ok = filter_install(all, err);
    g_ptr_array_unref(all);
    return ok;
}

bool wire_up(struct journals *js, const GArray *taps, GError **err)
{
    struct journal *j = journal_new(JOURNAL_UP);
    GPtrArray *names = names_of(taps);
    int *fds = g_new(int, taps->len);
    bool noted = can_filter(taps, err) && note(js, j, names, false, err);
    bool made =
        noted && make_filters(taps, err) && wire_make(taps, 0, fds, err);
    bool ok = made && note(js, j, names, true, err) && keep(taps, fds, err);

    if (made) {
        wire_release(fds, taps->len);
    }
    ok = ok && journals_remove(js, NULL, err);
    /* Whatever goes wrong now, the journal tells */
    if (noted && !ok && wire_undo(j, NULL)) {
        journals_remove(js, NULL, NULL);
    }
    g_free(fds);
    g_ptr_array_unref(names);
    journal_free(j);
    return ok;
}

static bool hold_all(const GPtrArray *names, int *fds, guint *held,
                     GError **err)
{
    bool ok = true;

    while (ok && *held < names->len) {
        fds[*held] = wire_hold(names->pdata[*held], 0, err);
        ok = fds[*held] >= 0;
        *held += ok;
    }
    return ok;
}

bool wire_down(struct journals *js, const GPtrArray *names, GError **err)
{
    struct journal *j = journal_new(JOURNAL_DOWN);
    int *fds = g_new(int, names->len);
    guint held = 0;
    bool ok = hold_all(names, fds, &held, err) && note(js, j, names, true, err);

    for (guint i = 0; ok && i < held; i++) {
        int why = persist(fds[i], false);

        ok = !why || nl_fail(err, names->pdata[i], "cannot let it go", why);
    }
    wire_release(fds, held);
    ok = ok && filter_remove(names, err) && journals_remove(js, NULL, err);
    g_free(fds);
    journal_free(j);
    return ok;
}

/* Whether interface @index is still there, under the name that it had */
static bool is_there(const struct journal_tap *t)
{
    char name[IFNAMSIZ];

    return t->index && if_indextoname((unsigned)t->index, name) &&
           !strcmp(name, t->name);
}

bool wire_undo(const struct journal *j, GError **err)
{
    GPtrArray *names = g_ptr_array_new();
    bool ok = true;

    for (guint i = 0; ok && i < j->taps->len; i++) {
        const struct journal_tap *t =
            &g_array_index(j->taps, struct journal_tap, i);
        int fd = is_there(t) ? wire_hold(t->name, 0, err) : -1;

        g_ptr_array_add(names, (void *)t->name);
        if (fd >= 0) {
            int why = persist(fd, false);

            ok = !why || nl_fail(err, t->name, "cannot let it go", why);
            close(fd);
        } else {
            ok = !is_there(t);
        }
    }
    ok = ok && filter_remove(names, err);
    g_ptr_array_unref(names);
    return ok;
}
