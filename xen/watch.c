// SPDX-License-Identifier: MIT
/*
 * watch.c - which interface carries each guest's packets, from two views of
 * the host
 *
 * Pure: two views in, rows out.  What the kernel calls received on a tap or a
 * backend is what the guest sent.
 */
#include "xen/watch.h"

#include <string.h>

const char *watch_path_word(enum watch_path path)
{
    static const char *const words[] = {
        [WATCH_NONE] = "none", [WATCH_TAP] = "tap", [WATCH_VIF] = "vif",
        [WATCH_BOTH] = "both", [WATCH_PV] = "PV",
    };

    return words[path];
}

static void row_free(void *data)
{
    struct watch_row *r = data;

    g_free(r->card);
    g_free(r);
}

/* An interface that was not there before, or whose counters began anew, counts
 * from 0 */
static uint64_t gone_by(uint64_t before, uint64_t now)
{
    return now >= before ? now - before : now;
}

static struct host_count difference(const struct host_count *before,
                                    const struct host_count *now)
{
    return (struct host_count){
        .packets = gone_by(before->packets, now->packets),
        .bytes = gone_by(before->bytes, now->bytes),
        .errors = gone_by(before->errors, now->errors),
        .dropped = gone_by(before->dropped, now->dropped),
    };
}

static void add(struct host_count *sum, const struct host_count *c)
{
    sum->packets += c->packets;
    sum->bytes += c->bytes;
    sum->errors += c->errors;
    sum->dropped += c->dropped;
}

/* A tap for the vif that was given @name: NAME-emu, or xend's tap-NAME */
static bool has_tap(const struct host *h, const char *name)
{
    bool found = false;

    for (unsigned i = 0; i < 2 && !found; i++) {
        char tap[2 * IFNAMSIZ];
        const struct host_link *l;

        g_snprintf(tap, sizeof(tap), i ? "tap-%s" : "%s-emu", name);
        l = host_by_name(h, tap);
        found = l && l->tap;
    }
    return found;
}

/**
 * struct owner - Whose an interface is
 * @card, @known, @domid, @devid: As of a row; @card is to be freed
 */
struct owner {
    char *card;
    bool known, tap;
    uint32_t domid, devid;
};

static struct owner numbered(uint32_t domid, uint32_t devid, bool tap)
{
    return (struct owner){ g_strdup_printf("%u.%u", domid, devid), true, tap,
                           domid, devid };
}

/* The tap of a vif that was renamed: what the kernel says of the vif, if it
 * does, else only the name is known */
static struct owner renamed_tap(const struct host *h, const struct host_link *l,
                                const struct name_reading *r)
{
    char *name = g_strndup(l->name + r->start, r->wish);
    const struct host_link *vif = host_by_name(h, name);

    if (vif && vif->backend) {
        g_free(name);
        return numbered(vif->domid, vif->devid, true);
    }
    return (struct owner){ name, false, true, 0, 0 };
}

/* False: not a guest's */
static bool owner_of(const struct host *h, const struct host_link *l,
                     struct owner *o)
{
    enum host_role role = host_role(h, l);
    struct name_reading r[NAMES_READINGS];

    if (l->backend) {
        *o = numbered(l->domid, l->devid, false);
    } else if (role == HOST_TAP || role == HOST_VIF) {
        name_read(l->name, r);
        *o = r[0].vifname ? renamed_tap(h, l, r)
                          : numbered(r[0].domid, r[0].devid, role == HOST_TAP);
    } else if (role != HOST_LOOP && !l->tap && has_tap(h, l->name)) {
        *o = (struct owner){ g_strdup(l->name), false, false, 0, 0 };
    } else {
        return false;
    }
    return true;
}

/* @rows by their cards; NULL: an empty table */
static GHashTable *index_rows(const GPtrArray *rows)
{
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; rows && i < rows->len; i++) {
        struct watch_row *r = rows->pdata[i];

        g_hash_table_insert(table, r->card, r);
    }
    return table;
}

/* @cards: The rows so far, by card */
static void take_link(GPtrArray *rows, GHashTable *cards,
                      const struct host *before, const struct host *now,
                      const struct host_link *l)
{
    static const struct host_link nothing;
    const struct host_link *old = host_by_index(before, l->index);
    struct watch_side *side;
    struct watch_row *r;
    struct owner o;

    if (!owner_of(now, l, &o)) {
        return;
    }
    r = g_hash_table_lookup(cards, o.card);
    if (!r) {
        r = g_new0(struct watch_row, 1);
        r->card = g_strdup(o.card);
        r->known = o.known;
        r->domid = o.domid;
        r->devid = o.devid;
        g_ptr_array_add(rows, r);
        g_hash_table_insert(cards, r->card, r);
    }
    side = o.tap ? &r->tap : &r->vif;
    old = old ? old : &nothing;
    side->link = l;
    side->from = difference(&old->rx, &l->rx);
    side->to = difference(&old->tx, &l->tx);
    g_free(o.card);
}

/* Whether packets could pass: a tap that nobody holds, and a backend without a
 * frontend, have no carrier */
static bool able(const struct watch_side *s)
{
    return s->link && s->link->up && s->link->running;
}

/* The path of a card that sent nothing.  With both at hand, what it sent ever
 * tells: a guest that has used its paravirtual card has left the other, which
 * its firmware may have used before */
static enum watch_path guess(const struct watch_row *r,
                             const struct watch_row *last)
{
    bool tap = able(&r->tap), vif = able(&r->vif);

    if (tap && vif && last && last->path != WATCH_NONE) {
        return last->path == WATCH_PV ? WATCH_VIF : last->path;
    }
    if (tap && vif) {
        return r->vif.link->rx.packets   ? WATCH_VIF
               : r->tap.link->rx.packets ? WATCH_TAP
                                         : WATCH_NONE;
    }
    return tap ? WATCH_TAP : vif ? WATCH_PV : WATCH_NONE;
}

static void decide(struct watch_row *r, const struct watch_row *last)
{
    bool tap = r->tap.from.packets, vif = r->vif.from.packets;

    r->quiet = !tap && !vif;
    if (r->quiet) {
        r->path = guess(r, last);
    } else if (tap) {
        r->path = vif ? WATCH_BOTH : WATCH_TAP;
    } else {
        r->path = able(&r->tap) ? WATCH_VIF : WATCH_PV;
    }
    r->held = able(&r->tap);
    r->left = !r->held && ((last && (last->left || last->held)) ||
                           (r->tap.link && able(&r->vif)));
    if (r->path == WATCH_TAP || r->path == WATCH_BOTH) {
        add(&r->from, &r->tap.from);
        add(&r->to, &r->tap.to);
    }
    if (r->path != WATCH_TAP && r->path != WATCH_NONE) {
        add(&r->from, &r->vif.from);
        add(&r->to, &r->vif.to);
    }
}

static int by_card(const void *one, const void *other)
{
    const struct watch_row *a = *(struct watch_row *const *)one;
    const struct watch_row *b = *(struct watch_row *const *)other;

    if (a->known != b->known) {
        return a->known ? -1 : 1;
    }
    if (a->domid != b->domid) {
        return a->domid < b->domid ? -1 : 1;
    }
    if (a->devid != b->devid) {
        return a->devid < b->devid ? -1 : 1;
    }
    return strcmp(a->card, b->card);
}

static GPtrArray *make_rows(const struct host *before, const struct host *now,
                            const GPtrArray *last)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    GHashTable *cards = index_rows(NULL);
    GHashTable *known = index_rows(last);

    for (guint i = 0; i < now->links->len; i++) {
        take_link(rows, cards, before, now, now->links->pdata[i]);
    }
    for (guint i = 0; i < rows->len; i++) {
        struct watch_row *r = rows->pdata[i];

        decide(r, g_hash_table_lookup(known, r->card));
    }
    g_hash_table_unref(cards);
    g_hash_table_unref(known);
    g_ptr_array_sort(rows, by_card);
    return rows;
}

GPtrArray *watch_rows(const struct host *before, const struct host *now,
                      const GPtrArray *last)
{
    /* What could be said before anything moved */
    GPtrArray *first = last ? NULL : make_rows(before, before, NULL);
    GPtrArray *rows = make_rows(before, now, last ? last : first);

    g_clear_pointer(&first, g_ptr_array_unref);
    return rows;
}
