// SPDX-License-Identifier: MIT
/*
 * inspect.c - what can be seen of a NIC: registers, counters, receive filter
 */
#include <string.h>

#include "monitor/monitor.h"
#include "net/netdev.h"
#include "net/port.h"

static void set_count(JsonObject *o, const char *name, uint64_t val)
{
    json_object_set_int_member(o, name, (gint64)val);
}

/* By id, or by QOM path for those that have none */
static bool nic_find(const char *name, struct vm_nic *nic)
{
    for (unsigned i = 0; vm_nic_at(i, nic); i++) {
        if (!g_strcmp0(nic->id, name) || !strcmp(nic->path, name)) {
            return true;
        }
    }
    return false;
}

static const char *nic_name(const struct vm_nic *nic)
{
    return nic->id ? nic->id : nic->path;
}

/* Registers */

static void add_register(JsonArray *list, struct nic *n,
                         const struct regfile *rf, const struct reg *r)
{
    for (unsigned i = 0; i < reg_count(r); i++) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "file", rf->name);
        json_object_set_string_member(o, "name", r->name);
        if (reg_count(r) > 1) {
            json_object_set_int_member(o, "index", i);
        }
        set_count(o, "value", regs_peek(rf, r, n, i));
        if (r->title) {
            json_object_set_string_member(o, "title", r->title);
        }
        json_array_add_object_element(list, o);
    }
}

JsonNode *x_vifemu_registers(struct qmp_session *s, JsonObject *args,
                             GError **err)
{
    const char *name = json_object_get_string_member(args, "name");
    const char *file =
        json_object_get_string_member_with_default(args, "file", NULL);
    JsonArray *list = json_array_new();
    JsonObject *o = json_object_new();
    bool any = false;
    struct vm_nic nic;

    json_object_set_array_member(o, "registers", list);
    if (!nic_find(name, &nic)) {
        vm_not_found(err, name);
        goto fail;
    }
    json_object_set_string_member(o, "name", nic_name(&nic));
    json_object_set_string_member(o, "model", nic.nic->model->name);
    for (const struct regfile *const *rf = nic.nic->model->regs; *rf; rf++) {
        if (file && strcmp(file, (*rf)->name) != 0) {
            continue;
        }
        any = true;
        for (size_t i = 0; i < (*rf)->n; i++) {
            const struct reg *r = &(*rf)->reg[i];

            if (!r->alias && reg_present(r, nic.nic)) {
                add_register(list, nic.nic, *rf, r);
            }
        }
    }
    if (file && !any) {
        vm_fail(err,
                "Parameter 'file' does not accept value '%s': %s has no "
                "such register file",
                file, nic.nic->model->name);
        goto fail;
    }
    return qmp_object(o);
fail:
    json_object_unref(o);
    return NULL;
}

/* Counters */

static JsonObject *port_counters(const struct port *port)
{
    JsonObject *o = json_object_new();
    struct port_stats st = { 0 };

    if (port) {
        port_stats(port, &st);
    }
    set_count(o, "sent", st.sent);
    set_count(o, "queued", st.queued);
    set_count(o, "dropped", st.dropped);
    set_count(o, "segments", st.segments);
    set_count(o, "looped", st.looped);
    set_count(o, "refused", st.refused);
    return o;
}

static JsonObject *nic_counters(const struct vm_nic *nic)
{
    const struct nic_model *model = nic->nic->model;
    JsonObject *o = json_object_new();
    JsonArray *events = json_array_new();

    for (unsigned i = 0; i < model->n_events; i++) {
        JsonObject *e = json_object_new();

        json_object_set_string_member(e, "name", model->event[i].name);
        set_count(e, "count", nic->nic->events[i]);
        json_object_set_string_member(e, "text", model->event[i].text);
        json_array_add_object_element(events, e);
    }
    json_object_set_string_member(o, "name", nic_name(nic));
    json_object_set_string_member(o, "model", model->name);
    if (nic->netdev) {
        json_object_set_string_member(o, "netdev", nic->netdev);
    }
    set_count(o, "interrupts", nic->interrupts);
    set_count(o, "msi-messages", nic->messages);
    set_count(o, "dma-faults", nic->nic->dma_faults);
    set_count(o, "refused", nic->nic->refused);
    json_object_set_array_member(o, "events", events);
    json_object_set_object_member(o, "port", port_counters(nic->port));
    return o;
}

static JsonObject *netdev_counters(const struct netdev *nd)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "id", nd->id);
    json_object_set_string_member(o, "type", nd->ops->name);
    set_count(o, "tx-frames", nd->tx_frames);
    set_count(o, "tx-bytes", nd->tx_bytes);
    set_count(o, "tx-dropped", nd->tx_dropped);
    set_count(o, "rx-frames", nd->rx_frames);
    set_count(o, "rx-bytes", nd->rx_bytes);
    set_count(o, "rx-dropped", nd->rx_dropped);
    set_count(o, "storms", nd->storms);
    return o;
}

JsonNode *x_vifemu_counters(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    JsonArray *nics = json_array_new(), *netdevs = json_array_new();
    JsonObject *o = json_object_new();
    const struct netdev *nd;
    struct vm_nic nic;

    for (unsigned i = 0; vm_nic_at(i, &nic); i++) {
        json_array_add_object_element(nics, nic_counters(&nic));
    }
    for (unsigned i = 0; (nd = vm_netdev_at(i)); i++) {
        json_array_add_object_element(netdevs, netdev_counters(nd));
    }
    json_object_set_array_member(o, "nics", nics);
    json_object_set_array_member(o, "netdevs", netdevs);
    return qmp_object(o);
}

JsonNode *x_vifemu_trace(struct qmp_session *s, JsonObject *args, GError **err)
{
    vm_trace(json_object_get_boolean_member(args, "on"));
    return qmp_nothing();
}

/* Receive filter */

static char *mac_text(const uint8_t mac[6])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                           mac[2], mac[3], mac[4], mac[5]);
}

static JsonObject *rx_filter(const struct vm_nic *nic)
{
    static const char *const how[] = { "none", "normal", "all" };
    struct nic_filter f = { 0 };
    JsonArray *table = json_array_new();
    JsonObject *o = json_object_new();
    g_autofree char *mac = NULL;

    nic->nic->model->filter(nic->nic, &f);
    mac = mac_text(f.mac);
    for (unsigned i = 0; i < f.n_table && i < NIC_N(f.table); i++) {
        g_autofree char *text = mac_text(f.table[i]);

        json_array_add_string_element(table, text);
    }
    json_object_set_string_member(o, "name", nic_name(nic));
    json_object_set_boolean_member(o, "promiscuous", f.promiscuous);
    json_object_set_string_member(o, "multicast", how[f.multicast]);
    json_object_set_string_member(o, "unicast", how[f.unicast]);
    json_object_set_string_member(o, "vlan", f.vlan_filter ? "normal" : "all");
    json_object_set_boolean_member(o, "broadcast-allowed", f.broadcast_allowed);
    json_object_set_boolean_member(o, "multicast-overflow", FALSE);
    json_object_set_boolean_member(o, "unicast-overflow", FALSE);
    json_object_set_string_member(o, "main-mac", mac);
    json_object_set_array_member(o, "vlan-table", json_array_new());
    json_object_set_array_member(o, "unicast-table", table);
    json_object_set_array_member(o, "multicast-table", json_array_new());
    return o;
}

/* What is wrong with asking for the filter of @name */
static void no_filter(const char *name, GError **err)
{
    const struct netdev *nd;
    struct vm_nic nic;
    bool known = nic_find(name, &nic);

    for (unsigned i = 0; !known && (nd = vm_netdev_at(i)); i++) {
        known = !strcmp(nd->id, name);
    }
    if (known) {
        vm_fail(err, "net client(%s) doesn't support rx-filter querying", name);
    } else {
        vm_fail(err, "invalid net client name: %s", name);
    }
}

JsonNode *query_rx_filter(struct qmp_session *s, JsonObject *args, GError **err)
{
    const char *name =
        json_object_get_string_member_with_default(args, "name", NULL);
    JsonArray *list = json_array_new();
    struct vm_nic nic;

    for (unsigned i = 0; vm_nic_at(i, &nic); i++) {
        if (nic.nic->model->filter &&
            (!name || !strcmp(nic_name(&nic), name))) {
            json_array_add_object_element(list, rx_filter(&nic));
        }
    }
    if (name && !json_array_get_length(list)) {
        json_array_unref(list);
        no_filter(name, err);
        return NULL;
    }
    return qmp_list(list);
}
