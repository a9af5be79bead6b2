// SPDX-License-Identifier: MIT
/*
 * nicdev-prop.c - the properties that a NIC takes
 *
 * Those of every NIC, then those of its bus, then the model's own, and chip= if
 * the model heads a family.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/log.h"
#include "system/nicdev-int.h"
#include "system/opts.h"

/* Properties of every NIC */
static const struct vm_prop common[] = {
    { "mac", "str", "Ethernet address", "\"52:54:00:12:34:56\"" },
    { "netdev", "str", "id of the backend (-netdev)", NULL },
    { "bus", "str", NULL, NULL },
    { "bootindex", "int32", "place in the boot order, unique", "-1" },
};

const struct nic_model *nicdev_model(const char *name)
{
    for (unsigned i = 0; nic_models[i]; i++) {
        if (!g_strcmp0(name, nic_models[i]->name) ||
            (nic_models[i]->alias && !g_strcmp0(name, nic_models[i]->alias))) {
            return nic_models[i];
        }
    }
    return NULL;
}

/* Members of a family are called FAMILY-CHIP; its first one so by its alias */
static const char *chip_of(const struct nic_model *family,
                           const struct nic_model *m)
{
    const char *name = m == family ? m->alias : m->name;
    size_t n = strlen(family->name);

    return name && g_str_has_prefix(name, family->name) && name[n] == '-'
               ? name + n + 1
               : NULL;
}

/* The chips of a family, separated by commas; to be freed */
static char *chip_list(const struct nic_model *family)
{
    GString *s = g_string_new(NULL);

    for (unsigned i = 0; nic_models[i]; i++) {
        const char *chip = chip_of(family, nic_models[i]);

        if (chip) {
            g_string_append_printf(s, "%s%s", s->len ? ", " : "", chip);
        }
    }
    return g_string_free(s, FALSE);
}

const struct nic_model *nicdev_chip(const struct nic_model *family,
                                    JsonObject *opts, GError **err)
{
    const char *chip = NULL;
    const struct nic_model *m = NULL;
    g_autofree char *choices = chip_list(family);

    if (!chip_of(family, family) || !json_object_has_member(opts, "chip")) {
        return family;
    }
    if (!opts_str(opts, "chip", &chip, err)) {
        return NULL;
    }
    for (unsigned i = 0; nic_models[i] && !m; i++) {
        if (!g_strcmp0(chip_of(family, nic_models[i]), chip)) {
            m = nic_models[i];
        }
    }
    if (!m) {
        vm_fail(err, "property 'chip' of %s cannot be '%s': it is one of %s",
                family->name, chip, choices);
        return NULL;
    }
    json_object_remove_member(opts, "chip");
    return m;
}

/* The property that chooses a member of a family; false if there is no choice
 */
static bool chip_prop(const struct nic_model *model, struct vm_prop *out)
{
    static char help[160], def[32];
    g_autofree char *choices = chip_list(model);

    if (!chip_of(model, model)) {
        return false;
    }
    snprintf(help, sizeof(help), "the chip: %s", choices);
    snprintf(def, sizeof(def), "\"%s\"", chip_of(model, model));
    *out = (struct vm_prop){ "chip", "str", help, def };
    return true;
}

/* The i-th of the properties that all cards on the same bus have */
static bool bus_prop(const struct nic_model *model, unsigned i,
                     struct vm_prop *out)
{
    const struct nicdev_bus *bus = nicdev_bus_of(model);

    if (i >= G_N_ELEMENTS(common)) {
        return bus->prop_at(model, i - (unsigned)G_N_ELEMENTS(common), out);
    }
    *out = common[i];
    if (!strcmp(out->name, "bus")) {
        out->help = bus->id;
    }
    return true;
}

/* The i-th of the model's own */
static bool own_prop(const struct nic_model *model, unsigned i,
                     struct vm_prop *out)
{
    static const char *const numbers[] = { "0", "1" };
    static char text[12];
    const struct nic_prop *p = &model->prop[i];

    if (i >= model->n_props) {
        return i == model->n_props && chip_prop(model, out);
    }
    *out = (struct vm_prop){ .name = p->name, .help = p->help };
    if (p->type == NIC_PROP_BOOL) {
        out->type = "bool";
        out->def = p->def ? "true" : "false";
    } else {
        out->type = "uint32";
        snprintf(text, sizeof(text), "%u", p->def);
        out->def = p->def < 2 ? numbers[p->def] : text;
    }
    return true;
}

bool nicdev_prop_at(const struct nic_model *model, unsigned i,
                    struct vm_prop *out)
{
    unsigned n = 0;
    struct vm_prop p;

    if (bus_prop(model, i, out)) {
        return true;
    }
    while (bus_prop(model, n, &p)) {
        n++;
    }
    return own_prop(model, i - n, out);
}

bool nicdev_prop_is_own(const struct nic_model *model, const char *name)
{
    struct vm_prop p;

    for (unsigned i = 0; own_prop(model, i, &p); i++) {
        if (!strcmp(p.name, name)) {
            return true;
        }
    }
    return false;
}

/* Whether the value of one option is of the type its property has */
static bool prop_check(JsonObject *opts, const struct vm_prop *p, GError **err)
{
    const char *s;
    bool b;
    uint64_t u;
    int64_t v;

    if (!strcmp(p->name, "addr")) {
        return true; /* The bus knows more of it */
    }
    if (!strcmp(p->type, "bool")) {
        return opts_bool(opts, p->name, &b, err);
    }
    if (!strcmp(p->type, "int32")) {
        return opts_int(opts, p->name, INT32_MIN, INT32_MAX, &v, err);
    }
    if (!strcmp(p->type, "uint32")) {
        return opts_uint(opts, p->name, 0, UINT32_MAX, &u, err);
    }
    if (!strcmp(p->type, "uint64")) {
        return opts_size(opts, p->name, 1, &u, err);
    }
    return opts_str(opts, p->name, &s, err);
}

/* Whether it is a property of the model that changes nothing */
static bool is_dead(const struct nic_model *model, const char *name)
{
    for (unsigned i = 0; i < model->n_props; i++) {
        if (!strcmp(model->prop[i].name, name)) {
            return model->prop[i].dead;
        }
    }
    return false;
}

static bool bus_check(JsonObject *opts, const struct nic_model *model,
                      GError **err)
{
    const char *bus = opts_peek(opts, "bus");
    const char *id = nicdev_bus_of(model)->id;

    if (bus && strcmp(bus + (*bus == '/'), id) != 0) {
        return vm_fail(err, "Bus '%s' not found for %s; there is %s", bus,
                       model->name, id);
    }
    return true;
}

/* The value of a property of the model's own, by option or by default */
static bool own_value(JsonObject *opts, const struct nic_prop *p,
                      uint32_t *value, GError **err)
{
    uint64_t u = p->def;
    bool b = p->def;

    if (p->type == NIC_PROP_BOOL) {
        if (!opts_bool(opts, p->name, &b, err)) {
            return false;
        }
        u = b;
    } else if (!opts_uint(opts, p->name, p->min, p->max, &u, err)) {
        return false;
    }
    *value = (uint32_t)u;
    return true;
}

static bool values_check(JsonObject *opts, const struct nic_model *model,
                         GError **err)
{
    uint32_t value;

    for (unsigned i = 0; i < model->n_props; i++) {
        if (!own_value(opts, &model->prop[i], &value, err)) {
            return false;
        }
    }
    return nicdev_bus_of(model)->check(opts, model, err);
}

bool nicdev_props_check(JsonObject *opts, const struct nic_model *model,
                        GError **err)
{
    JsonObjectIter it;
    const char *name;

    json_object_iter_init_ordered(&it, opts);
    while (json_object_iter_next_ordered(&it, &name, NULL)) {
        struct vm_prop p = { 0 };
        unsigned i = 0;

        if (!strcmp(name, "driver") || !strcmp(name, "id")) {
            continue;
        }
        while (nicdev_prop_at(model, i, &p) && strcmp(p.name, name) != 0) {
            i++;
        }
        if (g_strcmp0(p.name, name) != 0) {
            return vm_fail(err,
                           "property '%s.%s' not found; -device %s,help "
                           "lists those there are",
                           model->name, name, model->name);
        }
        if (!prop_check(opts, &p, err)) {
            return false;
        }
        if (!p.help || is_dead(model, name)) {
            log_line(LOG_OPTIONS, "%s: property '%s' has no effect here",
                     model->name, name);
        }
    }
    return bus_check(opts, model, err) && values_check(opts, model, err);
}

bool nicdev_props_set(struct nicdev *d, GError **err)
{
    const struct nic_model *m = d->nic->model;

    for (unsigned i = 0; i < m->n_props; i++) {
        if (!own_value(d->opts, &m->prop[i], &d->nic->prop[i], err)) {
            return false;
        }
    }
    return true;
}

/* Default addresses given out, bit per last byte from 56h on */
static uint32_t macs_used;

static int mac_default_index(const uint8_t mac[6])
{
    static const uint8_t first[5] = { 0x52, 0x54, 0x00, 0x12, 0x34 };

    if (memcmp(mac, first, sizeof(first)) != 0 || mac[5] < 0x56 ||
        mac[5] >= 0x56 + 32) {
        return -1;
    }
    return mac[5] - 0x56;
}

static bool mac_parse(const char *s, uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++) {
        int hi = g_ascii_xdigit_value(s[0]), lo;

        lo = hi < 0 ? -1 : g_ascii_xdigit_value(s[1]);
        if (lo < 0) {
            return false;
        }
        mac[i] = (uint8_t)(hi << 4 | lo);
        s += 2;
        if (i < 5 && *s != ':' && *s != '-') {
            return false;
        }
        s += i < 5;
    }
    return !*s;
}

bool nicdev_mac_set(struct nicdev *d, GError **err)
{
    uint8_t *mac = d->nic->mac;
    const char *s = opts_peek(d->opts, "mac");

    if (s && !mac_parse(s, mac)) {
        return vm_fail(err,
                       "property 'mac' cannot be '%s': it takes six bytes "
                       "like 52:54:00:12:34:56",
                       s);
    }
    if (s && (mac[0] & 1)) {
        return vm_fail(err,
                       "property 'mac' cannot be '%s': it is a multicast "
                       "address (the lowest bit of the first byte is set)",
                       s);
    }
    if (!s) {
        unsigned free_index = (unsigned)__builtin_ctzll(~(uint64_t)macs_used);
        const uint8_t def[6] = { 0x52, 0x54, 0x00,
                                 0x12, 0x34, (uint8_t)(0x56 + free_index) };

        memcpy(mac, def, sizeof(def));
    }
    return true;
}

void nicdev_mac_use(const struct nicdev *d, bool taken)
{
    int i = mac_default_index(d->nic->mac);

    if (i >= 0) {
        macs_used &= ~(1u << i);
        macs_used |= (uint32_t)taken << i;
    }
}

/* A property of every NIC, or of its bus, as it was given or by default */
static JsonNode *given_prop(const struct nicdev *d, const struct vm_prop *p)
{
    const char *text = "";
    bool flag = false;
    int64_t number = 0;

    if (!json_object_has_member(d->opts, p->name)) {
        return p->def ? json_from_string(p->def, NULL)
                      : json_node_init_string(json_node_alloc(), "");
    }
    if (!strcmp(p->type, "bool")) {
        opts_bool(d->opts, p->name, &flag, NULL);
        return json_node_init_boolean(json_node_alloc(), flag);
    }
    if (strcmp(p->type, "str") != 0) {
        opts_int(d->opts, p->name, INT64_MIN, INT64_MAX, &number, NULL);
        return json_node_init_int(json_node_alloc(), number);
    }
    opts_str(d->opts, p->name, &text, NULL);
    return json_node_init_string(json_node_alloc(), text);
}

/* Properties whose value is known better than from the options; else NULL */
static char *known_prop(const struct nicdev *d, const char *name)
{
    const struct nicdev_bus *bus = nicdev_bus_of(d->nic->model);
    const uint8_t *a = d->nic->mac;

    if (!strcmp(name, "mac")) {
        return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1],
                               a[2], a[3], a[4], a[5]);
    }
    if (!strcmp(name, "bus")) {
        return g_strdup(bus->id);
    }
    return bus->value ? bus->value(d, name) : NULL;
}

JsonNode *nicdev_prop(const struct nicdev *d, const char *name)
{
    const struct nic_model *m = d->nic->model;
    g_autofree char *known = known_prop(d, name);
    struct vm_prop p = { 0 };

    for (unsigned i = 0; i < m->n_props; i++) {
        if (!strcmp(name, m->prop[i].name)) {
            JsonNode *node = json_node_alloc();

            return m->prop[i].type == NIC_PROP_BOOL
                       ? json_node_init_boolean(node, d->nic->prop[i] != 0)
                       : json_node_init_int(node, d->nic->prop[i]);
        }
    }
    if (known) {
        return json_node_init_string(json_node_alloc(), known);
    }
    for (unsigned i = 0; nicdev_prop_at(m, i, &p); i++) {
        if (!strcmp(name, p.name)) {
            return given_prop(d, &p);
        }
    }
    return NULL;
}
