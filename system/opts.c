// SPDX-License-Identifier: MIT
/*
 * opts.c - option values: "key=value,.." or JSON, and typed readers for both
 */
#include "system/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "system/vm-error.h"

enum {
    OPTS_DEPTH_MAX = 8,  /* Nested objects that become dotted keys */
    JSON_DEPTH_MAX = 64, /* Brackets in text: the parser recurses */
};

/* Store a value; a second one makes an array of the key, in order */
static void opts_put(JsonObject *o, const char *key, JsonNode *val)
{
    JsonNode *old = json_object_get_member(o, key);
    JsonArray *list;

    if (!old) {
        json_object_set_member(o, key, val);
        return;
    }
    if (JSON_NODE_HOLDS_ARRAY(old)) {
        json_array_add_element(json_node_get_array(old), val);
        return;
    }
    list = json_array_new();
    json_array_add_element(list, json_node_copy(old));
    json_array_add_element(list, val);
    json_object_set_array_member(o, key, list);
}

static void opts_put_str(JsonObject *o, const char *key, const char *val)
{
    opts_put(o, key, json_node_init_string(json_node_alloc(), val));
}

/* The text up to a single comma; ",," is one comma.  Moves *@text behind it */
static char *opts_word(const char **text)
{
    GString *word = g_string_new(NULL);
    const char *p = *text;

    for (; *p; p++) {
        if (*p == ',' && *++p != ',') {
            p--;
            break;
        }
        g_string_append_c(word, *p);
    }
    *text = *p ? p + 1 : p;
    return g_string_free(word, FALSE);
}

/* One "key=value" or flag; false if it has no key */
static bool opts_add_word(JsonObject *o, char *word, const char *implied)
{
    char *eq = strchr(word, '=');

    if (eq) {
        *eq = '\0';
        opts_put_str(o, word, eq + 1);
        return eq != word;
    }
    if (implied) {
        opts_put_str(o, implied, word);
    } else if (g_str_has_prefix(word, "no") && word[2]) {
        opts_put_str(o, word + 2, "off");
    } else {
        opts_put_str(o, word, "on");
    }
    return *word != '\0';
}

/* How deep the brackets of @text nest, strings left out */
static unsigned json_depth(const char *text)
{
    unsigned depth = 0, max = 0;
    char quote = '\0';

    for (; *text; text++) {
        if (quote) {
            /* json-glib knows no escapes in single quotes */
            if (quote == '"' && *text == '\\' && text[1]) {
                text++;
            } else if (*text == quote) {
                quote = '\0';
            }
        } else if (*text == '"' || *text == '\'') {
            quote = *text;
        } else if (*text == '{' || *text == '[') {
            max = MAX(max, ++depth);
        } else if ((*text == '}' || *text == ']') && depth) {
            depth--;
        }
    }
    return max;
}

static JsonObject *opts_parse_json(const char *text, GError **err)
{
    GError *why = NULL;
    JsonNode *root = NULL;
    JsonObject *o = NULL;

    if (json_depth(text) > JSON_DEPTH_MAX) {
        vm_fail(err, "invalid JSON: nested too deeply");
        return NULL;
    }
    root = json_from_string(text, &why);

    if (root && JSON_NODE_HOLDS_OBJECT(root)) {
        o = opts_flatten(json_node_get_object(root), err);
    } else {
        vm_fail(err, "invalid JSON: %s", why ? why->message : "not an object");
    }
    g_clear_error(&why);
    g_clear_pointer(&root, json_node_unref);
    return o;
}

JsonObject *opts_parse(const char *text, const char *implied, GError **err)
{
    JsonObject *o;
    bool ok = true;

    if (*text == '{') {
        return opts_parse_json(text, err);
    }
    o = json_object_new();
    while (*text && ok) {
        const char *at = text;
        char *word = opts_word(&text);

        ok = opts_add_word(o, word, implied);
        g_free(word);
        if (!ok) {
            vm_fail(err, "expected key=value at '%s'", at);
        }
        implied = NULL;
    }
    if (!ok) {
        json_object_unref(o);
        return NULL;
    }
    return o;
}

/* What an array element is once {"str": S} was unwrapped */
static JsonNode *opts_element(JsonNode *node)
{
    JsonObject *o;

    if (JSON_NODE_HOLDS_OBJECT(node)) {
        o = json_node_get_object(node);
        if (json_object_get_size(o) == 1 && json_object_has_member(o, "str")) {
            node = json_object_get_member(o, "str");
        }
    }
    return json_node_copy(node);
}

static bool opts_flatten_into(JsonObject *to, JsonObject *from,
                              const char *prefix, unsigned depth, GError **err)
{
    JsonObjectIter it;
    const char *name;
    JsonNode *node;
    bool ok = true;

    if (depth > OPTS_DEPTH_MAX) {
        return vm_fail(err, "'%s' is nested too deeply", prefix);
    }
    json_object_iter_init_ordered(&it, from);
    while (ok && json_object_iter_next_ordered(&it, &name, &node)) {
        char *key =
            *prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);

        if (JSON_NODE_HOLDS_OBJECT(node)) {
            ok = opts_flatten_into(to, json_node_get_object(node), key,
                                   depth + 1, err);
        } else if (JSON_NODE_HOLDS_ARRAY(node)) {
            JsonArray *in = json_node_get_array(node);
            JsonArray *out = json_array_new();

            for (guint i = 0; i < json_array_get_length(in); i++) {
                json_array_add_element(out, opts_element(
                                                json_array_get_element(in, i)));
            }
            json_object_set_array_member(to, key, out);
        } else {
            json_object_set_member(to, key, json_node_copy(node));
        }
        g_free(key);
    }
    return ok;
}

JsonObject *opts_flatten(JsonObject *o, GError **err)
{
    JsonObject *flat = json_object_new();

    if (!opts_flatten_into(flat, o, "", 0, err)) {
        json_object_unref(flat);
        return NULL;
    }
    return flat;
}

bool opts_known(JsonObject *o, const char *const *known, GError **err)
{
    JsonObjectIter it;
    const char *name;

    json_object_iter_init_ordered(&it, o);
    while (json_object_iter_next_ordered(&it, &name, NULL)) {
        if (!g_strv_contains(known, name)) {
            char *all = g_strjoinv(", ", (char **)known);

            vm_fail(err, "unknown property '%s'; known are: %s", name, all);
            g_free(all);
            return false;
        }
    }
    return true;
}

/* The value that counts, NULL if absent or null */
static JsonNode *opts_node(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);

    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *list = json_node_get_array(node);
        guint n = json_array_get_length(list);

        node = n ? json_array_get_element(list, n - 1) : NULL;
    }
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

static bool opts_is_string(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == G_TYPE_STRING;
}

/* For messages: the value as the person wrote it */
static char *opts_show(JsonNode *node)
{
    return opts_is_string(node) ? g_strdup(json_node_get_string(node))
                                : json_to_string(node, FALSE);
}

/* Say that a value is not @wanted; returns false */
static bool G_GNUC_PRINTF(4, 5)
    opts_refuse(GError **err, const char *key, JsonNode *node,
                const char *wanted, ...)
{
    char *shown = opts_show(node), *what;
    va_list ap;

    va_start(ap, wanted);
    what = g_strdup_vprintf(wanted, ap);
    va_end(ap);
    vm_fail(err, "property '%s' cannot be '%s': it takes %s", key, shown, what);
    g_free(what);
    g_free(shown);
    return false;
}

const char *opts_peek(JsonObject *o, const char *key)
{
    JsonNode *node = opts_node(o, key);

    return node && opts_is_string(node) ? json_node_get_string(node) : NULL;
}

bool opts_str(JsonObject *o, const char *key, const char **val, GError **err)
{
    JsonNode *node = opts_node(o, key);

    if (node && !opts_is_string(node)) {
        return opts_refuse(err, key, node, "a string");
    }
    if (node) {
        *val = json_node_get_string(node);
    }
    return true;
}

static bool opts_word_bool(const char *s, bool *val)
{
    static const char *const yes[] = { "on", "yes", "true", "y", NULL };
    static const char *const no[] = { "off", "no", "false", "n", NULL };

    *val = g_strv_contains(yes, s);
    return *val || g_strv_contains(no, s);
}

bool opts_bool(JsonObject *o, const char *key, bool *val, GError **err)
{
    JsonNode *node = opts_node(o, key);
    bool got;

    if (!node) {
        return true;
    }
    if (opts_is_string(node) &&
        opts_word_bool(json_node_get_string(node), &got)) {
        *val = got;
        return true;
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        *val = json_node_get_boolean(node);
        return true;
    }
    return opts_refuse(err, key, node, "'on' or 'off'");
}

/* A node as an integer: magnitude and sign */
static bool opts_node_int(JsonNode *node, bool *negative, uint64_t *val)
{
    const char *s;
    char *end;
    gint64 v;

    if (opts_is_string(node)) {
        s = json_node_get_string(node);
        *negative = *s == '-';
        s += *negative;
        if (!g_ascii_isdigit(*s)) {
            return false;
        }
        errno = 0;
        *val = g_ascii_strtoull(s, &end, 0);
        return !errno && !*end;
    }
    if (!JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_INT64) {
        return false;
    }
    v = json_node_get_int(node);
    *negative = v < 0;
    *val = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    return true;
}

bool opts_uint(JsonObject *o, const char *key, uint64_t min, uint64_t max,
               uint64_t *val, GError **err)
{
    JsonNode *node = opts_node(o, key);
    bool negative;
    uint64_t v;

    if (!node) {
        return true;
    }
    if (!opts_node_int(node, &negative, &v) || (negative && v) || v < min ||
        v > max) {
        return opts_refuse(err, key, node,
                           "a number from %" PRIu64 " to %" PRIu64, min, max);
    }
    *val = v;
    return true;
}

bool opts_int(JsonObject *o, const char *key, int64_t min, int64_t max,
              int64_t *val, GError **err)
{
    JsonNode *node = opts_node(o, key);
    bool negative;
    uint64_t mag;
    int64_t v;

    if (!node) {
        return true;
    }
    if (!opts_node_int(node, &negative, &mag) || mag > INT64_MAX) {
        goto bad;
    }
    v = negative ? -(int64_t)mag : (int64_t)mag;
    if (v < min || v > max) {
        goto bad;
    }
    *val = v;
    return true;
bad:
    return opts_refuse(err, key, node, "a number from %" PRId64 " to %" PRId64,
                       min, max);
}

bool opts_parse_size(const char *text, uint64_t unit, uint64_t *val)
{
    static const char suffixes[] = "bkmgtpe";
    const char *suffix;
    uint64_t v;
    char *end;

    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    errno = 0;
    v = g_ascii_strtoull(text, &end, 0);
    if (errno) {
        return false;
    }
    if (*end) {
        suffix = strchr(suffixes, g_ascii_tolower(*end));
        if (!suffix || end[1]) {
            return false;
        }
        unit = 1ull << (10 * (suffix - suffixes));
    }
    return !__builtin_mul_overflow(v, unit, val);
}

bool opts_size(JsonObject *o, const char *key, uint64_t unit, uint64_t *val,
               GError **err)
{
    JsonNode *node = opts_node(o, key);
    bool negative;
    uint64_t v;

    if (!node) {
        return true;
    }
    if (opts_is_string(node)) {
        if (opts_parse_size(json_node_get_string(node), unit, val)) {
            return true;
        }
    } else if (opts_node_int(node, &negative, &v) && !(negative && v)) {
        *val = v;
        return true;
    }
    return opts_refuse(err, key, node,
                       "a size like 512K, 64M or 2G (without suffix: %s)",
                       unit == 1 ? "bytes" : "MiB");
}

char **opts_strv(JsonObject *o, const char *key)
{
    GPtrArray *all = g_ptr_array_new();
    JsonNode *node = json_object_get_member(o, key);

    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *list = json_node_get_array(node);

        for (guint i = 0; i < json_array_get_length(list); i++) {
            g_ptr_array_add(all, opts_show(json_array_get_element(list, i)));
        }
    } else if (node && !JSON_NODE_HOLDS_NULL(node)) {
        g_ptr_array_add(all, opts_show(node));
    }
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}

bool opts_id_ok(const char *id)
{
    if (!g_ascii_isalpha(*id)) {
        return false;
    }
    for (; *id; id++) {
        if (!g_ascii_isalnum(*id) && !strchr("-._", *id)) {
            return false;
        }
    }
    return true;
}
