// SPDX-License-Identifier: MIT
/*
 * filter-list.c - which filters there are: libnftables' answer, understood
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "xen/filter.h"

static struct filter_list *empty(void)
{
    struct filter_list *l = g_new(struct filter_list, 1);

    l->names = g_ptr_array_new_with_free_func(g_free);
    l->ports = g_ptr_array_new_with_free_func(g_free);
    l->jumps = g_ptr_array_new_with_free_func(g_free);
    return l;
}

void filter_list_free(struct filter_list *l)
{
    if (l) {
        g_ptr_array_unref(l->names);
        g_ptr_array_unref(l->ports);
        g_ptr_array_unref(l->jumps);
        g_free(l);
    }
}

static JsonObject *object_in(JsonObject *o, const char *name)
{
    JsonNode *node = o ? json_object_get_member(o, name) : NULL;

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
                                                : NULL;
}

static JsonArray *array_in(JsonObject *o, const char *name)
{
    JsonNode *node = o ? json_object_get_member(o, name) : NULL;

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node)
                                               : NULL;
}

static const char *string_of(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static const char *string_in(JsonObject *o, const char *name)
{
    return o ? string_of(json_object_get_member(o, name)) : NULL;
}

static JsonObject *object_at(JsonArray *a, guint i)
{
    JsonNode *node = json_array_get_element(a, i);

    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* ["vif3.0-emu", {"jump": {"target": "vif3.0-emu"}}] */
static void take_port(struct filter_list *l, JsonNode *node)
{
    JsonArray *pair =
        JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    const char *name, *target;

    if (!pair || json_array_get_length(pair) != 2) {
        return;
    }
    name = string_of(json_array_get_element(pair, 0));
    target = string_in(object_in(object_at(pair, 1), "jump"), "target");
    if (name && target) {
        g_ptr_array_add(l->ports, g_strdup(name));
        g_ptr_array_add(l->jumps, g_strdup(target));
    }
}

static void take(struct filter_list *l, JsonObject *o)
{
    JsonObject *chain = object_in(o, "chain");
    JsonArray *ports = array_in(object_in(o, "map"), "elem");
    const char *name = string_in(chain, "name");

    /* That with a hook is where all begins */
    if (name && !json_object_has_member(chain, "hook")) {
        g_ptr_array_add(l->names, g_strdup(name));
    }
    for (guint i = 0; ports && i < json_array_get_length(ports); i++) {
        take_port(l, json_array_get_element(ports, i));
    }
}

struct filter_list *filter_list_read(const char *json)
{
    struct filter_list *l = empty();
    JsonNode *root = json ? json_from_string(json, NULL) : NULL;
    JsonArray *all = root && JSON_NODE_HOLDS_OBJECT(root)
                         ? array_in(json_node_get_object(root), "nftables")
                         : NULL;

    for (guint i = 0; all && i < json_array_get_length(all); i++) {
        JsonObject *o = object_at(all, i);

        if (o) {
            take(l, o);
        }
    }
    if (root) {
        json_node_unref(root);
    }
    return l;
}
