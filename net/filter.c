// SPDX-License-Identifier: MIT
/*
 * filter.c - -object filter-*: what looks at the frames of a backend
 */
#include "net/filter.h"

#include <string.h>

#include "net/backends.h"
#include "net/dump.h"

const struct filter_ops *const filter_types[] = {
#ifdef CONFIG_PCAP
    &filter_dump,
#endif
    NULL,
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
    netdev_fail(err, "property '%s' cannot be '%s': it takes %s", key, s,
                all_words);
    g_free(all_words);
    return false;
}

/* The options that all filters have */
static bool read_common(JsonObject *opts, struct filter *f, GError **err)
{
    static const char *const queues[] = { "all", "rx", "tx", NULL };
    static const char *const states[] = { "on", "off", NULL };
    /* All see every frame, so their order makes no difference */
    static const char *const positions[] = { "tail", "head", NULL };
    unsigned queue = FILTER_ALL, off = 0, position = 0;
    const char *name = NULL;

    if (!opts_str(opts, "netdev", &name, err) ||
        !read_word(opts, "queue", queues, &queue, err) ||
        !read_word(opts, "status", states, &off, err) ||
        !read_word(opts, "position", positions, &position, err)) {
        return false;
    }
    f->netdev = name ? netdev_find(name) : NULL;
    if (!f->netdev) {
        return name ? netdev_fail(err,
                                  "property 'netdev' cannot be '%s': there is "
                                  "no such netdev",
                                  name)
                    : netdev_fail(err, "property 'netdev' is missing");
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

    if (!ops) {
        return netdev_fail(err, "invalid object type: %s", type ? type : "");
    }
    if (!opts_str(opts, "id", &id, err)) {
        return false;
    }
    if (!id || !opts_id_ok(id)) {
        return netdev_fail(err, "property 'id' is %s",
                           id ? "not well-formed" : "missing");
    }
    if (filter_find(id)) {
        return netdev_fail(err,
                           "attempt to add duplicate property '%s' to "
                           "object (type 'container')",
                           id);
    }
    if (!keys_known(ops, opts, err) || !read_common(opts, &common, err)) {
        return false;
    }
    f = ops->open(opts, err);
    if (!f) {
        return false;
    }
    common.ops = ops;
    common.id = g_strdup(id);
    *f = common;
    f->netdev->filters = g_slist_append(f->netdev->filters, f);
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
    char *id = f->id;

    f->netdev->filters = g_slist_remove(f->netdev->filters, f);
    all = g_slist_remove(all, f);
    f->ops->close(f);
    g_free(id);
}

bool filter_del(const char *id, GError **err)
{
    struct filter *f = filter_find(id);

    if (!f) {
        return netdev_fail(err, "object '%s' not found", id);
    }
    filter_free(f);
    return true;
}

void filter_frame(struct netdev *nd, enum filter_queue dir,
                  const struct iovec *iov, unsigned n)
{
    for (GSList *l = nd->filters; l; l = l->next) {
        struct filter *f = l->data;

        if (!f->off && (f->queue == FILTER_ALL || f->queue == dir)) {
            f->ops->frame(f, iov, n);
        }
    }
}

void filter_netdev_gone(struct netdev *nd)
{
    while (nd->filters) {
        filter_free(nd->filters->data);
    }
}
