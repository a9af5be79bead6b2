// SPDX-License-Identifier: MIT
/*
 * repair.c - what a command that died half way has left is undone
 */
#include "xen/repair.h"

#include <string.h>

#include "xen/filter.h"
#include "xen/nl.h"
#include "xen/wire.h"

/* Whether the last step of a destruction was done: there is no way back */
static bool is_gone(const struct journal *j)
{
    return j->action == JOURNAL_DESTROY &&
           !if_nametoindex(j->before->bridge.name);
}

/* A bridge that is gone was the last that had to go: what is left to do is to
 * see that its wire has all of it */
static bool undo_bridge(const struct journal *j, GError **err)
{
    struct mnl_socket *nl = nl_open(err);
    struct bridge_pair *after = NULL;
    bool ok = false;

    if (is_gone(j)) {
        after = bridge_destroyed(j->before);
    }
    ok = nl && bridge_apply(nl, after ? after : j->before, err);
    bridge_pair_free(after);
    nl_close(nl);
    return ok;
}

static bool undo(const struct journal *j, GError **err)
{
    return j->before ? undo_bridge(j, err) : wire_undo(j, err);
}

static char *what_it_was(const struct journal *j)
{
    GString *s = g_string_new(journal_word(j->action));

    if (j->before) {
        g_string_append_printf(s, " %s --uplink %s", j->before->bridge.name,
                               j->before->uplink.name);
    }
    for (guint i = 0; i < j->taps->len; i++) {
        const struct journal_tap *t =
            &g_array_index(j->taps, struct journal_tap, i);

        g_string_append_printf(s, " %s", t->name);
    }
    return g_string_free(s, FALSE);
}

bool repair_file(struct journals *js, const char *name, char **said,
                 GError **err)
{
    struct journal *j = journals_get(js, name, err);
    const char *done = j && j->action == JOURNAL_DOWN ? "finished" : "undone";
    char *was = j ? what_it_was(j) : NULL;
    bool ok = j != NULL;

    *said = NULL;
    if (j && !journal_is_past(j) && journal_is_elsewhere(j)) {
        *said = g_strdup_printf("'%s' was interrupted in another network "
                                "namespace, and has to be repaired there",
                                was);
    } else if (j) {
        bool past = journal_is_past(j);

        ok = (past || undo(j, err)) && journals_remove(js, name, err);
        *said = !ok ? NULL
                    : g_strdup_printf("'%s' was interrupted, and %s", was,
                                      past ? "the host rebooted" : done);
    }
    g_free(was);
    journal_free(j);
    return ok;
}

bool repair_pending(struct journals *js, char **said, GError **err)
{
    *said = NULL;
    return !journals_pending(js) ||
           repair_file(js, journals_ours(js), said, err);
}

/* Whether an interface that is sent to filter @name is there */
static bool in_use(const struct filter_list *l, const char *name)
{
    for (guint i = 0; i < l->ports->len; i++) {
        if (!strcmp(l->jumps->pdata[i], name) &&
            if_nametoindex(l->ports->pdata[i])) {
            return true;
        }
    }
    return false;
}

bool repair_filters(GPtrArray *names, GError **err)
{
    struct filter_list *l = filter_list_now(err);
    bool ok = l != NULL;

    for (guint i = 0; l && i < l->names->len; i++) {
        if (!in_use(l, l->names->pdata[i])) {
            g_ptr_array_add(names, g_strdup(l->names->pdata[i]));
        }
    }
    ok = ok && (!names->len || filter_remove(names, err));
    filter_list_free(l);
    return ok;
}

bool repair_bridge(struct journals *js, enum journal_action action,
                   struct bridge_pair *before, const struct bridge_pair *after,
                   GError **err)
{
    struct journal *j = journal_new(action);
    struct mnl_socket *nl = nl_open(err);
    bool noted, ok;

    j->before = before;
    noted = nl && journals_put(js, j, err);
    ok =
        noted && bridge_apply(nl, after, err) && journals_remove(js, NULL, err);
    if (noted && !ok) {
        /* Whatever goes wrong now, the journal tells */
        bool undone = undo_bridge(j, NULL) && journals_remove(js, NULL, NULL);

        ok = undone && is_gone(j);
    }
    if (ok) {
        g_clear_error(err);
    }
    nl_close(nl);
    journal_free(j);
    return ok;
}
