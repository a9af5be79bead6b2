// SPDX-License-Identifier: MIT
/*
 * journal.c - what a command is about to do: as text, and back
 *
 * Read with the distrust that a saved state gets: the file may have been cut,
 * edited or written by another version.
 */
#include "xen/journal.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "monitor/json.h"
#include "xen/names.h"

#define VERSION 1

static const char *const words[] = {
    [JOURNAL_UP] = "up",
    [JOURNAL_DOWN] = "down",
    [JOURNAL_CREATE] = "bridge create",
    [JOURNAL_DESTROY] = "bridge destroy",
};

const char *journal_word(enum journal_action action)
{
    return words[action];
}

static char *boot_id(void)
{
    char *id = NULL;

    g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL);
    return g_strchomp(id ? id : g_strdup("unknown"));
}

char *journal_netns(void)
{
    struct stat st = { 0 };

    if (stat("/proc/thread-self/ns/net", &st)) {
        return g_strdup("unknown");
    }
    return g_strdup_printf("netns-%ju-%ju", (uintmax_t)st.st_dev,
                           (uintmax_t)st.st_ino);
}

static struct journal *empty(void)
{
    struct journal *j = g_new0(struct journal, 1);

    j->taps = g_array_new(FALSE, TRUE, sizeof(struct journal_tap));
    return j;
}

struct journal *journal_new(enum journal_action action)
{
    struct journal *j = empty();

    j->action = action;
    j->boot = boot_id();
    j->netns = journal_netns();
    return j;
}

void journal_free(struct journal *j)
{
    if (j) {
        g_free(j->boot);
        g_free(j->netns);
        g_array_unref(j->taps);
        bridge_pair_free(j->before);
        g_free(j);
    }
}

bool journal_is_past(const struct journal *j)
{
    char *now = boot_id();
    bool past = strcmp(now, j->boot) != 0;

    g_free(now);
    return past;
}

bool journal_is_elsewhere(const struct journal *j)
{
    char *here = journal_netns();
    bool elsewhere = strcmp(here, j->netns) != 0;

    g_free(here);
    return elsewhere;
}

static void put_string(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, value);
}

static void put_int(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

static void put_bool(JsonBuilder *b, const char *name, bool value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

static void put_entries(JsonBuilder *b, const char *name, const GPtrArray *all)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; i < all->len; i++) {
        char *text = net_entry_write(all->pdata[i]);

        json_builder_add_string_value(b, text);
        g_free(text);
    }
    json_builder_end_array(b);
}

static void put_state(JsonBuilder *b, const char *name,
                      const struct net_state *s)
{
    char mac[2 * sizeof(s->mac) + 1];

    for (unsigned i = 0; i < sizeof(s->mac); i++) {
        g_snprintf(mac + 2 * i, 3, "%02x", s->mac[i]);
    }
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    put_string(b, "name", s->name);
    put_bool(b, "present", s->present);
    put_bool(b, "up", s->up);
    put_int(b, "index", s->index);
    put_int(b, "mode", s->mode);
    put_int(b, "mtu", s->mtu);
    put_string(b, "mac", mac);
    put_entries(b, "addresses", s->addresses);
    put_entries(b, "routes", s->routes);
    json_builder_end_object(b);
}

static void put_taps(JsonBuilder *b, const GArray *taps)
{
    json_builder_set_member_name(b, "taps");
    json_builder_begin_array(b);
    for (guint i = 0; i < taps->len; i++) {
        const struct journal_tap *t =
            &g_array_index(taps, struct journal_tap, i);

        json_builder_begin_object(b);
        put_string(b, "name", t->name);
        put_int(b, "index", t->index);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

char *journal_write(const struct journal *j)
{
    JsonBuilder *b = json_builder_new();
    GString *text = g_string_new(NULL);
    JsonNode *root;

    json_builder_begin_object(b);
    put_int(b, "vifctl-journal", VERSION);
    put_string(b, "action", journal_word(j->action));
    put_string(b, "boot", j->boot);
    put_string(b, "netns", j->netns);
    if (j->before) {
        put_bool(b, "port", j->before->port);
        put_state(b, "bridge", &j->before->bridge);
        put_state(b, "uplink", &j->before->uplink);
    } else {
        put_taps(b, j->taps);
    }
    json_builder_end_object(b);
    root = json_builder_get_root(b);
    json_write(text, root);
    g_string_append_c(text, '\n');
    json_node_unref(root);
    g_object_unref(b);
    return g_string_free(text, FALSE);
}

/**
 * struct reader - An object that is being read
 * @path: Where it is, "" or "bridge."
 * @used: How many of its members were asked for: there must not be others
 * @err:  Set by the first thing that is wrong
 */
struct reader {
    JsonObject *object;
    const char *path;
    guint used;
    GError **err;
};

static bool wrong(struct reader *r, const char *name, const char *what)
{
    if (!*r->err) {
        g_set_error(r->err, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s%s: %s",
                    r->path, name, what);
    }
    return false;
}

static JsonNode *member(struct reader *r, const char *name, GType type)
{
    JsonNode *node = json_get(r->object, name);

    r->used++;
    if (!node) {
        wrong(r, name, "is missing");
    } else if (!JSON_NODE_HOLDS_VALUE(node) ||
               json_node_get_value_type(node) != type) {
        wrong(r, name, "is of another type");
        node = NULL;
    }
    return node;
}

static const char *get_string(struct reader *r, const char *name)
{
    JsonNode *node = member(r, name, G_TYPE_STRING);

    return node ? json_node_get_string(node) : "";
}

static bool get_bool(struct reader *r, const char *name)
{
    JsonNode *node = member(r, name, G_TYPE_BOOLEAN);

    return node && json_node_get_boolean(node);
}

static gint64 get_int(struct reader *r, const char *name, gint64 max)
{
    JsonNode *node = member(r, name, G_TYPE_INT64);
    gint64 n = node ? json_node_get_int(node) : 0;

    if (n < 0 || n > max) {
        wrong(r, name, "is out of range");
        return 0;
    }
    return n;
}

static void get_name(struct reader *r, char to[IFNAMSIZ])
{
    const char *name = get_string(r, "name");
    char *why = *r->err ? NULL : name_refusal(name);

    if (why) {
        wrong(r, "name", "is not an interface's");
    }
    g_strlcpy(to, name, IFNAMSIZ);
    g_free(why);
}

static JsonArray *get_array(struct reader *r, const char *name)
{
    JsonNode *node = json_get(r->object, name);
    JsonArray *all = json_as_array(node);

    r->used++;
    if (!all) {
        wrong(r, name, node ? "is of another type" : "is missing");
    }
    return all;
}

static bool all_used(struct reader *r)
{
    if (!*r->err && json_object_get_size(r->object) != r->used) {
        wrong(r, "", "has a member that is not known");
    }
    return !*r->err;
}

static void get_entries(struct reader *r, const char *name, bool route,
                        GPtrArray *to)
{
    JsonArray *all = get_array(r, name);

    for (guint i = 0; all && i < json_array_get_length(all); i++) {
        const char *text = json_as_string(json_array_get_element(all, i));
        struct net_entry *e = text ? net_entry_read(text, route) : NULL;

        if (!e) {
            wrong(r, name,
                  route ? "is not a list of routes"
                        : "is not a list of addresses");
            return;
        }
        g_ptr_array_add(to, e);
    }
}

static void get_mac(struct reader *r, uint8_t mac[6])
{
    const char *text = get_string(r, "mac");

    for (unsigned i = 0; !*r->err && i < 6; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);

        if (low < 0 || (i == 5 && text[12])) {
            wrong(r, "mac", "is not an address of Ethernet");
            return;
        }
        mac[i] = (uint8_t)(high << 4 | low);
    }
}

static void get_state(struct reader *parent, const char *name,
                      struct net_state *s)
{
    JsonNode *node = json_get(parent->object, name);
    char *path = g_strconcat(name, ".", NULL);
    struct reader r = { .object = json_as_object(node),
                        .path = path,
                        .err = parent->err };

    parent->used++;
    if (!r.object) {
        wrong(parent, name, node ? "is of another type" : "is missing");
        g_free(path);
        return;
    }
    get_name(&r, s->name);
    s->present = get_bool(&r, "present");
    s->up = get_bool(&r, "up");
    s->index = (int)get_int(&r, "index", INT32_MAX);
    s->mode = (uint8_t)get_int(&r, "mode", UINT8_MAX);
    s->mtu = (uint32_t)get_int(&r, "mtu", UINT32_MAX);
    get_mac(&r, s->mac);
    get_entries(&r, "addresses", false, s->addresses);
    get_entries(&r, "routes", true, s->routes);
    all_used(&r);
    g_free(path);
}

static void get_taps(struct reader *parent, GArray *taps)
{
    JsonArray *all = get_array(parent, "taps");

    for (guint i = 0; all && i < json_array_get_length(all); i++) {
        struct reader r = {
            .object = json_as_object(json_array_get_element(all, i)),
            .path = "taps.",
            .err = parent->err,
        };
        struct journal_tap t = { 0 };

        if (!r.object) {
            wrong(parent, "taps", "is not a list of objects");
            return;
        }
        get_name(&r, t.name);
        t.index = (int)get_int(&r, "index", INT32_MAX);
        all_used(&r);
        g_array_append_val(taps, t);
    }
}

static void get_action(struct reader *r, struct journal *j)
{
    const char *word = get_string(r, "action");

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!strcmp(words[i], word)) {
            j->action = (enum journal_action)i;
            return;
        }
    }
    wrong(r, "action", "is none that we know");
}

static void get_all(struct reader *r, struct journal *j)
{
    if (get_int(r, "vifctl-journal", VERSION) != VERSION) {
        wrong(r, "vifctl-journal", "is another version");
    }
    get_action(r, j);
    j->boot = g_strdup(get_string(r, "boot"));
    j->netns = g_strdup(get_string(r, "netns"));
    if (j->action == JOURNAL_CREATE || j->action == JOURNAL_DESTROY) {
        j->before = bridge_pair_new();
        j->before->port = get_bool(r, "port");
        get_state(r, "bridge", &j->before->bridge);
        get_state(r, "uplink", &j->before->uplink);
    } else {
        get_taps(r, j->taps);
    }
    all_used(r);
}

struct journal *journal_read(const char *text, GError **err)
{
    JsonNode *root = json_parse(text);
    GError *why = NULL;
    struct reader r = { .object = json_as_object(root),
                        .path = "",
                        .err = &why };
    struct journal *j = empty();

    if (r.object) {
        get_all(&r, j);
    } else {
        g_set_error(&why, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "is not a JSON object, or is not complete");
    }
    if (root) {
        json_node_unref(root);
    }
    if (why) {
        g_propagate_error(err, why);
        journal_free(j);
        j = NULL;
    }
    return j;
}
