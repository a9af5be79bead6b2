// SPDX-License-Identifier: MIT
/*
 * filter-list.c - which filters there are: libnftables' answer, understood
 */
#include <string.h>

#include "monitor/json.h"
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

/* ["vif3.0-emu", {"jump": {"target": "vif3.0-emu"}}] */
static void take_port(struct filter_list *l, JsonNode *node)
{
    JsonArray *pair = json_as_array(node);
    const char *name, *target;
    JsonObject *verdict;

    if (!pair || json_array_get_length(pair) != 2) {
        return;
    }
    name = json_as_string(json_array_get_element(pair, 0));
    verdict = json_as_object(json_array_get_element(pair, 1));
    target = json_as_string(
        json_get(json_as_object(json_get(verdict, "jump")), "target"));
    if (name && target) {
        g_ptr_array_add(l->ports, g_strdup(name));
        g_ptr_array_add(l->jumps, g_strdup(target));
    }
}

static void take(struct filter_list *l, JsonObject *o)
{
    JsonObject *chain = json_as_object(json_get(o, "chain")),
               *map = json_as_object(json_get(o, "map"));
    JsonArray *ports = json_as_array(json_get(map, "elem"));
    const char *name = json_as_string(json_get(chain, "name"));

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
    JsonArray *all = json_as_array(json_get(json_as_object(root), "nftables"));

    for (guint i = 0; all && i < json_array_get_length(all); i++) {
        JsonObject *o = json_as_object(json_array_get_element(all, i));

        if (o) {
            take(l, o);
        }
    }
    if (root) {
        json_node_unref(root);
    }
    return l;
}
