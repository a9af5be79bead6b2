// SPDX-License-Identifier: MIT
/*
 * qom.c - types, objects and properties, as QEMU's object model names them
 *
 * There is no object model here.  Clients that walk QEMU's see the part of it
 * that has a meaning: the types that can be made, the machine with its devices,
 * and the objects.  The tree is made anew for each question, because nothing
 * asks often and nothing can then be stale.
 */
#include <string.h>

#include "monitor/json.h"
#include "monitor/monitor.h"
#include "net/filter.h"

#define MACHINE_PC    "pc-i440fx-7.2-machine"
#define MACHINE_ISAPC "isapc-machine"
#define MACHINE_NONE  "none-machine"

/* Types */

struct qom_type {
    const char *name, *parent;
    bool abstract;
};

static const struct qom_type types[] = {
    { "object", NULL, true },
    { "interface", NULL, true },
    { "container", "object", false },
    { "machine", "object", true },
    { MACHINE_PC, "machine", false },
    { MACHINE_ISAPC, "machine", false },
    { MACHINE_NONE, "machine", false },
    { "netfilter", "object", true },
    { "memory-backend", "object", true },
    { "memory-backend-file", "memory-backend", false },
    { "memory-backend-memfd", "memory-backend", false },
    { "memory-backend-ram", "memory-backend", false },
    { "device", "object", true },
    { "pci-device", "device", true },
    { "e1000-base", "pci-device", true },
    { "isa-device", "device", true },
};

static struct qom_type model_type(const struct nic_model *m, const char *name)
{
    bool e1000 = g_str_has_prefix(m->name, "e1000");

    return (struct qom_type){ name,
                              e1000    ? "e1000-base"
                              : m->pci ? "pci-device"
                                       : "isa-device",
                              false };
}

/* The i-th type, false past the last: those above, filters, and the models'
 * names and aliases */
static bool type_at(unsigned i, struct qom_type *t)
{
    if (i < G_N_ELEMENTS(types)) {
        *t = types[i];
        return true;
    }
    i -= (unsigned)G_N_ELEMENTS(types);
    for (unsigned f = 0; filter_types[f]; f++) {
        if (!i--) {
            *t = (struct qom_type){ filter_types[f]->name, "netfilter", false };
            return true;
        }
    }
    for (unsigned m = 0; nic_models[m]; m++) {
        if (!i--) {
            *t = model_type(nic_models[m], nic_models[m]->name);
            return true;
        }
        if (nic_models[m]->alias && !i--) {
            *t = model_type(nic_models[m], nic_models[m]->alias);
            return true;
        }
    }
    return false;
}

static bool type_find(const char *name, struct qom_type *t)
{
    for (unsigned i = 0; type_at(i, t); i++) {
        if (!strcmp(t->name, name)) {
            return true;
        }
    }
    return false;
}

static bool type_is(struct qom_type t, const char *ancestor)
{
    while (strcmp(t.name, ancestor) != 0) {
        if (!t.parent || !type_find(t.parent, &t)) {
            return false;
        }
    }
    return true;
}

static const struct nic_model *type_model(const char *name)
{
    for (unsigned m = 0; nic_models[m]; m++) {
        if (!strcmp(nic_models[m]->name, name) ||
            !g_strcmp0(nic_models[m]->alias, name)) {
            return nic_models[m];
        }
    }
    return NULL;
}

JsonNode *qom_list_types(struct qmp_session *s, JsonObject *args, GError **err)
{
    const char *implements =
        json_object_get_string_member_with_default(args, "implements", NULL);
    bool abstract =
        json_object_get_boolean_member_with_default(args, "abstract", FALSE);
    JsonArray *list = json_array_new();
    struct qom_type t;

    for (unsigned i = 0; type_at(i, &t); i++) {
        JsonObject *o;

        if ((t.abstract && !abstract) ||
            (implements && !type_is(t, implements))) {
            continue;
        }
        o = json_object_new();
        json_object_set_string_member(o, "name", t.name);
        if (t.abstract) {
            json_object_set_boolean_member(o, "abstract", TRUE);
        }
        if (t.parent) {
            json_object_set_string_member(o, "parent", t.parent);
        }
        json_array_add_object_element(list, o);
    }
    return qmp_list(list);
}

/* Properties */

static void add_property(JsonArray *list, const char *name, const char *type,
                         const char *description)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    json_object_set_string_member(o, "type", type);
    if (description) {
        json_object_set_string_member(o, "description", description);
    }
    json_array_add_object_element(list, o);
}

JsonNode *device_list_properties(struct qmp_session *s, JsonObject *args,
                                 GError **err)
{
    const char *name = json_object_get_string_member(args, "typename");
    const struct nic_model *model = type_model(name);
    JsonArray *list;
    struct qom_type t;
    struct vm_prop p;

    if (!model && !type_find(name, &t)) {
        vm_not_found(err, name);
        return NULL;
    }
    if (!model) {
        vm_fail(err, "Parameter 'typename' expects a non-abstract device type");
        return NULL;
    }
    list = json_array_new();
    for (unsigned i = 0; vm_prop_at(model, i, &p); i++) {
        JsonNode *def = p.def ? json_parse(p.def) : NULL;

        add_property(list, p.name, p.type, p.help);
        if (def) {
            json_object_set_member(json_array_get_object_element(list, i),
                                   "default-value", def);
        }
    }
    return qmp_list(list);
}

/* What all devices have besides the properties that they take */
static const struct {
    const char *name, *type;
    bool value;
} device_flags[] = {
    { "realized", "bool", true },
    { "hotpluggable", "bool", true },
};

/* Properties of a type, from type_find() or a node of the tree */
static JsonArray *properties(const char *type)
{
    const struct nic_model *model = type_model(type);
    JsonArray *list = json_array_new();
    struct vm_prop p;

    add_property(list, "type", "string", NULL);
    if (model) {
        for (unsigned i = 0; i < G_N_ELEMENTS(device_flags); i++) {
            add_property(list, device_flags[i].name, device_flags[i].type,
                         NULL);
        }
        for (unsigned i = 0; vm_prop_at(model, i, &p); i++) {
            add_property(list, p.name, p.type, p.help);
        }
    }
    return list;
}

JsonNode *qom_list_properties(struct qmp_session *s, JsonObject *args,
                              GError **err)
{
    const char *name = json_object_get_string_member(args, "typename");
    struct qom_type t;

    if (!type_find(name, &t)) {
        g_set_error(err, VM_ERROR, VM_ERROR_DEVICE_NOT_FOUND,
                    "Class '%s' not found", name);
        return NULL;
    }
    return qmp_list(properties(name));
}

/* The tree */

/**
 * struct qom_node - An object
 * @path: Absolute
 * @nic:  The NIC it is, @nic.nic being NULL if it is none
 */
struct qom_node {
    char *path;
    const char *type;
    struct vm_nic nic;
};

static void node_free(gpointer data)
{
    struct qom_node *node = data;

    g_free(node->path);
    g_free(node);
}

/* @path is copied */
static struct qom_node *node_add(GPtrArray *tree, const char *path,
                                 const char *type)
{
    struct qom_node *node = g_new0(struct qom_node, 1);

    node->path = g_strdup(path);
    node->type = type;
    g_ptr_array_add(tree, node);
    return node;
}

/* What is always there, with QEMU's names; in one machine only, or in all */
static const struct {
    const char *machine, *path, *type;
} parts[] = {
    { NULL, "/", "container" },
    { "isapc", "/machine", MACHINE_ISAPC },
    { "none", "/machine", MACHINE_NONE },
    { "pc", "/machine", MACHINE_PC },
    { "pc", "/machine/i440fx", "i440FX-pcihost" },
    { "pc", "/machine/i440fx/ioapic", "ioapic" },
    { "pc", "/machine/i440fx/pci.0", "PCI" },
    { NULL, "/machine/peripheral", "container" },
    { NULL, "/machine/peripheral-anon", "container" },
    { NULL, "/machine/unattached", "container" },
    { "isapc", "/machine/unattached/device[1]", "isabus-bridge" },
    { "isapc", "/machine/unattached/device[1]/isa.0", "ISA" },
    { "isapc", "/machine/unattached/device[4]", "isa-i8259" },
    { "isapc", "/machine/unattached/device[5]", "isa-i8259" },
    { NULL, "/objects", "container" },
};

/* All objects; parents come before their children */
static GPtrArray *tree_new(void)
{
    GPtrArray *tree = g_ptr_array_new_with_free_func(node_free);
    struct vm_object object;
    struct vm_nic nic;

    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (!parts[i].machine || !strcmp(parts[i].machine, vm_machine_name())) {
            node_add(tree, parts[i].path, parts[i].type);
        }
    }
    for (unsigned i = 0; vm_nic_at(i, &nic); i++) {
        node_add(tree, nic.path, nic.nic->model->name)->nic = nic;
    }
    for (unsigned i = 0; vm_object_at(i, &object); i++) {
        g_autofree char *path = g_strdup_printf("/objects/%s", object.id);

        node_add(tree, path, object.type);
    }
    return tree;
}

/* Name of @path below its parent */
static const char *base_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

static bool is_child(const struct qom_node *parent, const struct qom_node *node)
{
    size_t len = strcmp(parent->path, "/") ? strlen(parent->path) : 0;

    return base_name(node->path) == node->path + len + 1 &&
           !strncmp(node->path, parent->path, len) && node != parent;
}

/* Whether @path names @node: absolute, or the end of the absolute path */
static bool node_is(const struct qom_node *node, const char *path)
{
    size_t len = strlen(node->path), end = strlen(path);

    if (*path == '/') {
        return !strcmp(node->path, path);
    }
    return len > end && !strcmp(node->path + len - end, path) &&
           node->path[len - end - 1] == '/';
}

static const struct qom_node *node_find(const GPtrArray *tree, const char *path,
                                        GError **err)
{
    const struct qom_node *found = NULL;

    for (guint i = 0; i < tree->len; i++) {
        const struct qom_node *node = g_ptr_array_index(tree, i);

        if (!*path || (found && node_is(node, path))) {
            vm_fail(err, "Path '%s' is ambiguous", path);
            return NULL;
        }
        found = node_is(node, path) ? node : found;
    }
    if (!found) {
        vm_not_found(err, path);
    }
    return found;
}

JsonNode *qom_list(struct qmp_session *s, JsonObject *args, GError **err)
{
    g_autoptr(GPtrArray) tree = tree_new();
    const struct qom_node *at =
        node_find(tree, json_object_get_string_member(args, "path"), err);
    JsonArray *list;

    if (!at) {
        return NULL;
    }
    list = properties(at->type);
    for (guint i = 0; i < tree->len; i++) {
        const struct qom_node *node = g_ptr_array_index(tree, i);
        g_autofree char *type = g_strdup_printf("child<%s>", node->type);

        if (is_child(at, node)) {
            add_property(list, base_name(node->path), type, NULL);
        }
    }
    return qmp_list(list);
}

/* NULL if there is no such property */
static JsonNode *property_value(const GPtrArray *tree,
                                const struct qom_node *at, const char *name)
{
    if (!strcmp(name, "type")) {
        return qmp_text(at->type);
    }
    for (guint i = 0; i < tree->len; i++) {
        const struct qom_node *node = g_ptr_array_index(tree, i);

        if (is_child(at, node) && !strcmp(base_name(node->path), name)) {
            return qmp_text(node->path);
        }
    }
    if (!at->nic.nic) {
        return NULL;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(device_flags); i++) {
        if (!strcmp(device_flags[i].name, name)) {
            return json_node_init_boolean(json_node_alloc(),
                                          device_flags[i].value);
        }
    }
    return vm_nic_prop(&at->nic, name);
}

static JsonNode *get_or_set(JsonObject *args, bool set, GError **err)
{
    g_autoptr(GPtrArray) tree = tree_new();
    const char *name = json_object_get_string_member(args, "property");
    const struct qom_node *at =
        node_find(tree, json_object_get_string_member(args, "path"), err);
    JsonNode *value;

    if (!at) {
        return NULL;
    }
    value = property_value(tree, at, name);
    if (!value) {
        vm_fail(err, "Property '%s.%s' not found", at->type, name);
    } else if (set) {
        vm_fail(err, "Property '%s.%s' cannot be set after '%s' was made",
                at->type, name, at->path);
        g_clear_pointer(&value, json_node_unref);
    }
    return value;
}

JsonNode *qom_get(struct qmp_session *s, JsonObject *args, GError **err)
{
    return get_or_set(args, false, err);
}

JsonNode *qom_set(struct qmp_session *s, JsonObject *args, GError **err)
{
    return get_or_set(args, true, err);
}

static void tree_text(GString *out, const GPtrArray *tree,
                      const struct qom_node *at, int depth)
{
    g_string_append_printf(out, "%*s/%s (%s)\n", depth * 2, "",
                           base_name(at->path), at->type);
    for (guint i = 0; i < tree->len; i++) {
        const struct qom_node *node = g_ptr_array_index(tree, i);

        if (is_child(at, node)) {
            tree_text(out, tree, node, depth + 1);
        }
    }
}

void qom_tree_text(GString *out)
{
    g_autoptr(GPtrArray) tree = tree_new();

    tree_text(out, tree, node_find(tree, "/machine", NULL), 0);
}
