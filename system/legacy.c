// SPDX-License-Identifier: MIT
/*
 * legacy.c - -nic and -net: NICs and backends in one option
 *
 * -nic is a backend and a NIC on it.  -net is older: all NICs and backends it
 * names meet on one hub; xend's vlan= chose among several.  Both come down to
 * vm_netdev_add() and vm_device_add().
 */
#include <string.h>

#include "system/machine.h"
#include "system/opts.h"
#include "system/vm-int.h"

static unsigned serial; /* For ids that nobody gave */

/* Options that are the NIC's, and what they are called there */
static const struct {
    const char *legacy, *prop;
} nic_keys[] = {
    { "model", "driver" },        { "mac", "mac" },
    { "macaddr", "mac" },         { "addr", "addr" },
    { "netdev", "netdev" },       { "name", "id" },
    { "vectors", NULL },          { "romfile", "romfile" },
    { "bootindex", "bootindex" }, { "chip", "chip" },
    { "iobase", "iobase" },       { "irq", "irq" },
};

/* Where the cards on ISA go that do not say where; QEMU has the same places */
static const struct {
    uint16_t iobase;
    uint8_t irq;
} isa_places[] = { { 0x300, 9 }, { 0x320, 10 }, { 0x340, 11 },
                   { 0x360, 3 }, { 0x280, 4 },  { 0x380, 5 } };

/* Give a card on ISA the first free place, unless it has one */
static bool isa_place(JsonObject *nic, GError **err)
{
    const struct nic_model *m = nicdev_model(opts_peek(nic, "driver"));
    const struct isa_bus *bus = machine_isa();

    if (!bus || !m || !m->isa || json_object_has_member(nic, "iobase") ||
        json_object_has_member(nic, "irq")) {
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(isa_places); i++) {
        if (!isa_at_ports(bus, isa_places[i].iobase, m->isa->ports) &&
            !isa_at_irq(bus, isa_places[i].irq)) {
            json_object_set_int_member(nic, "iobase", isa_places[i].iobase);
            json_object_set_int_member(nic, "irq", isa_places[i].irq);
            return true;
        }
    }
    return vm_fail(
        err, "the %u places of cards on ISA are taken: set iobase= and irq=",
        (unsigned)G_N_ELEMENTS(isa_places));
}

/* vm_device_add() of what take_nic_opts() made */
static bool nic_open(JsonObject *nic, GError **err)
{
    return isa_place(nic, err) && vm_device_add(nic, err);
}

/* Move the NIC's options from @from to a new object */
static JsonObject *take_nic_opts(JsonObject *from)
{
    JsonObject *nic = json_object_new();

    json_object_set_string_member(nic, "driver",
                                  machine_pci() ? "e1000" : "ne2k_isa");
    for (unsigned i = 0; i < G_N_ELEMENTS(nic_keys); i++) {
        JsonNode *val = json_object_get_member(from, nic_keys[i].legacy);

        if (val && nic_keys[i].prop) {
            json_object_set_member(nic, nic_keys[i].prop, json_node_copy(val));
        }
        if (val) {
            json_object_remove_member(from, nic_keys[i].legacy);
        }
    }
    return nic;
}

/* -nic TYPE,...: the backend, then the NIC */
static bool nic_add(JsonObject *opts, GError **err)
{
    JsonObject *back = opts_flatten(opts, err), *nic;
    char *id;
    bool ok;

    if (!back) {
        return false;
    }
    nic = take_nic_opts(back);
    id = opts_peek(back, "id") ? g_strdup(opts_peek(back, "id"))
                               : g_strdup_printf("nic-netdev%u", serial++);
    json_object_set_string_member(back, "id", id);
    json_object_set_string_member(nic, "netdev", id);
    ok = vm_netdev_add(back, err);
    if (ok && !nic_open(nic, err)) {
        vm_netdev_del(id, NULL);
        ok = false;
    }
    g_free(id);
    json_object_unref(nic);
    json_object_unref(back);
    return ok;
}

/* A hub port, behind which @netdev is if not NULL; its id, NULL with @err */
static char *hub_port(const char *hub, const char *netdev, GError **err)
{
    JsonObject *o = json_object_new();
    char *id = g_strdup_printf("hub%sport%u", hub, serial++);

    json_object_set_string_member(o, "type", "hubport");
    json_object_set_string_member(o, "id", id);
    json_object_set_string_member(o, "hubid", hub);
    if (netdev) {
        json_object_set_string_member(o, "netdev", netdev);
    }
    if (!vm_netdev_add(o, err)) {
        g_clear_pointer(&id, g_free);
    }
    json_object_unref(o);
    return id;
}

/* The hub that vlan= names; takes the key out of @o */
static char *hub_of(JsonObject *o)
{
    const char *vlan = opts_peek(o, "vlan");
    char *hub = g_strdup(vlan ? vlan : "0");

    if (vlan) {
        json_object_remove_member(o, "vlan");
    }
    return hub;
}

/* -net nic,... */
static bool net_nic(JsonObject *o, GError **err)
{
    char *hub = hub_of(o), *port = NULL;
    JsonObject *nic = take_nic_opts(o);
    JsonObjectIter it;
    const char *key;
    JsonNode *val;
    bool ok = true;

    json_object_iter_init(&it, o);
    while (json_object_iter_next(&it, &key, &val)) {
        if (strcmp(key, "type") != 0) {
            json_object_set_member(nic, key, json_node_copy(val));
        }
    }
    if (!json_object_has_member(nic, "netdev")) {
        port = hub_port(hub, NULL, err);
        ok = port != NULL;
        if (ok) {
            json_object_set_string_member(nic, "netdev", port);
        }
    }
    ok = ok && nic_open(nic, err);
    g_free(port);
    g_free(hub);
    json_object_unref(nic);
    return ok;
}

/* -net BACKEND,... */
static bool net_backend(JsonObject *o, GError **err)
{
    char *hub = hub_of(o), *id, *port = NULL;
    const char *name = opts_peek(o, "id");
    bool ok;

    if (!name) {
        name = opts_peek(o, "name");
    }
    id = name ? g_strdup(name)
              : g_strdup_printf("%s.%u", opts_peek(o, "type"), serial++);
    if (json_object_has_member(o, "name")) {
        json_object_remove_member(o, "name");
    }
    json_object_set_string_member(o, "id", id);
    if (vm_netdev_add(o, err)) {
        port = hub_port(hub, id, err);
    }
    ok = port != NULL;
    g_free(port);
    g_free(id);
    g_free(hub);
    return ok;
}

static bool net_add(JsonObject *opts, GError **err)
{
    JsonObject *o = opts_flatten(opts, err);
    bool ok;

    if (!o) {
        return false;
    }
    ok = !g_strcmp0(opts_peek(o, "type"), "nic") ? net_nic(o, err)
                                                 : net_backend(o, err);
    json_object_unref(o);
    return ok;
}

bool legacy_nics(GPtrArray *items)
{
    for (guint i = 0; items && i < items->len; i++) {
        const struct option_item *item = items->pdata[i];
        GError *err = NULL;

        if (!g_strcmp0(opts_peek(item->opts, "type"), "none")) {
            continue;
        }
        if (!(strcmp(item->name, "net") ? nic_add : net_add)(item->opts,
                                                             &err)) {
            return option_failed(item, err);
        }
    }
    return true;
}
