// SPDX-License-Identifier: MIT
/*
 * filter.c - -object filter-*: the chain of filters of a backend
 */
#include "net/filter.h"

#include <string.h>

#include "net/backends.h"

const struct filter_ops *const filter_types[] = {
    &filter_buffer,
#ifdef CONFIG_PCAP
    &filter_dump,
#endif
    &filter_mirror, &filter_redirector, NULL,
};

static GSList *all; /* struct filter */

static struct filter *filter_find(const char *id)
{
    for (GSList *l = all; l; l = l->next) {
        struct filter *f = l->data;

        if (!strcmp(f->id, id)) {
            return f;
        }
    }
    return NULL;
}

bool filter_exists(const char *id)
{
    return filter_find(id) != NULL;
}

/* One of @words (NULL-terminated), as its number; absent leaves *val alone */
static bool read_word(JsonObject *opts, const char *key,
                      const char *const *words, unsigned *val, GError **err)
{
    const char *s = NULL;
    char *all_words;

    if (!opts_str(opts, key, &s, err)) {
        return false;
    }
    for (unsigned i = 0; s && words[i]; i++) {
        if (!strcmp(s, words[i])) {
            *val = i;
            return true;
        }
    }
    if (!s) {
        return true;
    }
    all_words = g_strjoinv(", ", (char **)(uintptr_t)words);
    vm_fail(err, "property '%s' cannot be '%s': it takes %s", key, s,
            all_words);
    g_free(all_words);
    return false;
}

/* The options that all filters have */
static bool read_common(JsonObject *opts, struct filter *f, unsigned *position,
                        GError **err)
{
    static const char *const queues[] = { "all", "rx", "tx", NULL };
    static const char *const states[] = { "on", "off", NULL };
    static const char *const positions[] = { "tail", "head", NULL };
    unsigned queue = FILTER_ALL, off = 0;
    const char *name = NULL;

    if (!opts_str(opts, "netdev", &name, err) ||
        !read_word(opts, "queue", queues, &queue, err) ||
        !read_word(opts, "status", states, &off, err) ||
        !read_word(opts, "position", positions, position, err)) {
        return false;
    }
    f->netdev = name ? netdev_find(name) : NULL;
    if (!f->netdev) {
        return name ? vm_fail(err,
                              "property 'netdev' cannot be '%s': there is "
                              "no such netdev",
                              name)
                    : vm_fail(err, "property 'netdev' is missing");
    }
    f->queue = (enum filter_queue)queue;
    f->off = off;
    return true;
}

static bool keys_known(const struct filter_ops *ops, JsonObject *opts,
                       GError **err)
{
    static const char *const common[] = { "qom-type", "id",     "netdev",
                                          "queue",    "status", "position" };
    GPtrArray *known = g_ptr_array_new();
    bool ok;

    for (unsigned i = 0; i < G_N_ELEMENTS(common); i++) {
        g_ptr_array_add(known, (gpointer)(uintptr_t)common[i]);
    }
    for (const char *const *k = ops->keys; *k; k++) {
        g_ptr_array_add(known, (gpointer)(uintptr_t)*k);
    }
    g_ptr_array_add(known, NULL);
    ok = opts_known(opts, (const char *const *)known->pdata, err);
    g_ptr_array_free(known, TRUE);
    return ok;
}

static const struct filter_ops *type_find(const char *name)
{
    for (unsigned i = 0; name && filter_types[i]; i++) {
        if (!strcmp(filter_types[i]->name, name)) {
            return filter_types[i];
        }
    }
    return NULL;
}

static bool filter_add_flat(JsonObject *opts, GError **err)
{
    const char *type = opts_peek(opts, "qom-type"), *id = NULL;
    const struct filter_ops *ops = type_find(type);
    struct filter common = { 0 }, *f;
    unsigned position = 0;

    if (!ops) {
        return vm_fail(err, "invalid object type: %s", type ? type : "");
    }
    if (!opts_str(opts, "id", &id, err)) {
        return false;
    }
    if (!id || !opts_id_ok(id)) {
        return vm_fail(err, "property 'id' is %s",
                       id ? "not well-formed" : "missing");
    }
    if (filter_find(id)) {
        return vm_fail(err,
                       "attempt to add duplicate property '%s' to "
                       "object (type 'container')",
                       id);
    }
    if (!keys_known(ops, opts, err) ||
        !read_common(opts, &common, &position, err)) {
        return false;
    }
    f = ops->open(opts, err);
    if (!f) {
        return false;
    }
    f->ops = ops;
    f->id = g_strdup(id);
    f->netdev = common.netdev;
    f->queue = common.queue;
    f->off = common.off;
    f->netdev->filters = position ? g_slist_prepend(f->netdev->filters, f)
                                  : g_slist_append(f->netdev->filters, f);
    all = g_slist_prepend(all, f);
    return true;
}

bool filter_add(JsonObject *opts, GError **err)
{
    JsonObject *flat = opts_flatten(opts, err);
    bool ok;

    if (!flat) {
        return false;
    }
    ok = filter_add_flat(flat, err);
    json_object_unref(flat);
    return ok;
}

static void filter_free(struct filter *f)
{
    struct netdev *nd = f->netdev;
    char *id = f->id;

    all = g_slist_remove(all, f);
    /* What it kept it may still pass on from its place in the chain */
    f->ops->close(f);
    nd->filters = g_slist_remove(nd->filters, f);
    g_free(id);
}

bool filter_del(const char *id, GError **err)
{
    struct filter *f = filter_find(id);

    if (!f) {
        return vm_fail(err, "object '%s' not found", id);
    }
    filter_free(f);
    return true;
}

/* Number @i of the chain in a direction, counted from its beginning */
static struct filter *chain_at(struct netdev *nd, enum filter_queue dir,
                               guint len, guint i)
{
    return g_slist_nth_data(nd->filters, dir == FILTER_TX ? i : len - 1 - i);
}

static bool is_on(const struct filter *f, enum filter_queue dir)
{
    return !f->off && (f->queue == FILTER_ALL || f->queue == dir);
}

bool filter_forward(struct netdev *nd, const struct filter *after,
                    enum filter_queue dir, const struct iovec *iov, unsigned n)
{
    guint len = g_slist_length(nd->filters), begin = 0, end;
    struct filter *f;

    while (after && begin < len && chain_at(nd, dir, len, begin++) != after) {
    }
    for (end = begin; end < len; end++) {
        f = chain_at(nd, dir, len, end);
        if (f->takes && is_on(f, dir)) {
            break;
        }
    }
    if (end == len && !netdev_deliver(nd, dir == FILTER_TX, iov, n)) {
        return false;
    }
    for (guint i = begin; i < len && i <= end; i++) {
        f = chain_at(nd, dir, len, i);
        if (is_on(f, dir)) {
            f->ops->frame(f, dir, iov, n);
        }
    }
    return true;
}

void filter_flush(struct netdev *nd)
{
    for (GSList *l = nd->filters; l; l = l->next) {
        struct filter *f = l->data;

        if (f->ops->flush) {
            f->ops->flush(f);
        }
    }
}

void filter_netdev_gone(struct netdev *nd)
{
    while (nd->filters) {
        filter_free(nd->filters->data);
    }
}
