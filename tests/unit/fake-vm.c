// SPDX-License-Identifier: MIT
/*
 * fake-vm.c - a machine for the monitor's tests that only remembers
 */
#include "fake-vm.h"

#include "monitor/json.h"
#include "net/filter.h"
#include "net/netdev.h"
#include "net/port.h"
#include "system/vm.h"

struct fake_vm fake;

/* A card with two register files */

struct card {
    struct nic nic;
    uint32_t ctrl, table[3], id;
};

static uint32_t status_fetch(struct nic *n, unsigned i)
{
    return n->link_up ? 2 : 0;
}

static const struct reg mac_rows[] = {
    { .name = "CTRL",
      .offset = 0,
      .width = 4,
      .field = offsetof(struct card, ctrl),
      .title = "Device Control" },
    { .name = "STATUS",
      .offset = 8,
      .width = 4,
      .fetch = status_fetch,
      .title = "Device Status" },
    { .name = "TABLE",
      .offset = 16,
      .width = 4,
      .count = 3,
      .field = offsetof(struct card, table) },
    { .name = "CTRL_DUP", .offset = 4, .width = 4, .alias = true },
};
static const struct reg phy_rows[] = {
    { .name = "PHYID",
      .offset = 0,
      .width = 4,
      .field = offsetof(struct card, id),
      .title = "PHY Identifier" },
};
static uint16_t mac_map[16], phy_map[4];
static const struct regfile mac_file = { "MAC", mac_rows, 4, 0, mac_map, 64 };
static const struct regfile phy_file = { "PHY", phy_rows, 1, 0, phy_map, 16 };
static const struct regfile *const files[] = { &mac_file, &phy_file, NULL };

static void card_filter(const struct nic *n, struct nic_filter *f)
{
    f->unicast = NIC_FILTER_NORMAL;
    f->multicast = NIC_FILTER_ALL;
    f->broadcast_allowed = true;
    memcpy(f->mac, n->mac, sizeof(f->mac));
    memset(f->table[0], 0x22, sizeof(f->table[0]));
    f->n_table = 1;
}

static const struct nic_pci card_pci = { .vendor = 0x8086, .device = 0x100e };
static const struct nic_event card_events[] = {
    { "rx_dropped", "A frame found no descriptor." },
};
static const struct nic_model card_model = {
    .name = "e1000",
    .alias = "e1000-82540em",
    .desc = "A card for tests",
    .pci = &card_pci,
    .event = card_events,
    .n_events = 1,
    .regs = files,
    .filter = card_filter,
};

const struct nic_model *const nic_models[] = { &card_model, NULL };

static struct card cards[2];

/* A backend */

static char *user_info(struct netdev *nd)
{
    return g_strdup("net=10.0.2.0");
}

static const struct netdev_ops user_ops = { .name = "user", .info = user_info };
const struct netdev_ops *const netdev_types[] = { &user_ops, NULL };
static const struct filter_ops fake_dump = { .name = "filter-dump" };
const struct filter_ops *const filter_types[] = { &fake_dump, NULL };
static char n0_id[] = "n0", spare_id[] = "spare";
static struct netdev netdevs[] = {
    { .ops = &user_ops, .id = n0_id, .peer = cards, .tx_frames = 7 },
    { .ops = &user_ops, .id = spare_id },
};

void port_stats(const struct port *p, struct port_stats *s)
{
}

void fake_vm_reset(void)
{
    g_free(fake.last);
    fake = (struct fake_vm){ .nics = 1 };
    memset(cards, 0, sizeof(cards));
    for (unsigned i = 0; i < G_N_ELEMENTS(cards); i++) {
        cards[i].nic.model = &card_model;
        cards[i].nic.link_up = true;
        cards[i].nic.events[0] = 3;
        cards[i].nic.dma_faults = 5;
        cards[i].ctrl = 0x12345678;
        cards[i].table[2] = 0xffffffff;
        cards[i].id = 0x141;
        memcpy(cards[i].nic.mac, "\x52\x54\x00\x12\x34\x56", 6);
    }
    regs_index(&mac_file);
    regs_index(&phy_file);
}

/* system/vm.h */

static GSList *listening;

struct listening {
    vm_event_fn *fn;
    void *opaque;
};

void vm_event_listen(vm_event_fn *fn, void *opaque)
{
    struct listening *l = g_new(struct listening, 1);

    *l = (struct listening){ fn, opaque };
    listening = g_slist_append(listening, l);
}

void vm_event_unlisten(vm_event_fn *fn, void *opaque)
{
    for (GSList *i = listening; i; i = i->next) {
        struct listening *l = i->data;

        if (l->fn == fn && l->opaque == opaque) {
            listening = g_slist_delete_link(listening, i);
            g_free(l);
            return;
        }
    }
}

void vm_event(const char *name, JsonObject *data)
{
    for (GSList *i = listening; i; i = i->next) {
        struct listening *l = i->data;

        l->fn(l->opaque, name, data);
    }
    g_clear_pointer(&data, json_object_unref);
}

bool vm_is_running(void)
{
    return fake.running;
}

void vm_stop(void)
{
    if (fake.running) {
        fake.running = false;
        vm_event("STOP", NULL);
    }
}

void vm_cont(void)
{
    if (!fake.running) {
        fake.running = true;
        vm_event("RESUME", NULL);
    }
}

void vm_system_reset(void)
{
    JsonObject *data = json_object_new();

    fake.resets++;
    json_object_set_boolean_member(data, "guest", FALSE);
    json_object_set_string_member(data, "reason", "host-qmp-system-reset");
    vm_event("RESET", data);
}

void vm_quit(void)
{
    fake.quit = true;
    vm_event("SHUTDOWN", NULL);
}

const char *vm_machine_name(void)
{
    return fake.nics ? "pc" : "none";
}

const char *vm_name(void)
{
    return fake.nics == 2 ? "two" : NULL;
}

/* Remember, or fail as the test wants; @o may be NULL */
static bool change(const char *verb, const char *id, JsonObject *o,
                   GError **err)
{
    GString *text = g_string_new(verb);

    g_string_append_c(text, ' ');
    if (id) {
        g_string_append(text, id);
    }
    if (o) {
        JsonNode *node = json_node_alloc();

        json_node_init_object(node, o);
        json_write(text, node);
        json_node_unref(node);
    }
    g_free(fake.last);
    fake.last = g_string_free(text, FALSE);
    if (fake.fail) {
        g_set_error_literal(err, VM_ERROR, fake.fail_code, fake.fail);
        fake.fail = NULL;
        return false;
    }
    return true;
}

bool vm_device_add(JsonObject *opts, GError **err)
{
    return change("device_add", NULL, opts, err);
}

bool vm_device_del(const char *id, GError **err)
{
    return change("device_del", id, NULL, err);
}

bool vm_netdev_add(JsonObject *opts, GError **err)
{
    return change("netdev_add", NULL, opts, err);
}

bool vm_netdev_del(const char *id, GError **err)
{
    return change("netdev_del", id, NULL, err);
}

bool vm_object_add(JsonObject *opts, GError **err)
{
    return change("object_add", NULL, opts, err);
}

bool vm_object_del(const char *id, GError **err)
{
    return change("object_del", id, NULL, err);
}

bool vm_dirty_log(bool on, GError **err)
{
    return change("dirty_log", on ? "on" : "off", NULL, err);
}

bool vm_save_devices(const char *name, GError **err)
{
    return change("save_devices", name, NULL, err);
}

JsonObject *vm_accel_counters(void)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "mmio", 3);
    return o;
}

bool vm_set_link(const char *name, bool up, GError **err)
{
    g_autofree char *text = g_strdup_printf("%s %s", name, up ? "on" : "off");

    return change("set_link", text, NULL, err);
}

bool vm_nic_at(unsigned i, struct vm_nic *out)
{
    if (i >= fake.nics) {
        return false;
    }
    *out = (struct vm_nic){
        .nic = &cards[i].nic,
        .id = i ? NULL : "nic0",
        .path = i ? "/machine/peripheral-anon/device[0]"
                  : "/machine/peripheral/nic0",
        .netdev = i ? NULL : "n0",
        .slot = 2 + i,
    };
    return true;
}

struct netdev *vm_netdev_at(unsigned i)
{
    return i < G_N_ELEMENTS(netdevs) && fake.nics ? &netdevs[i] : NULL;
}

bool vm_object_at(unsigned i, struct vm_object *out)
{
    *out = (struct vm_object){ "f0", "filter-dump", "file=x.pcap" };
    return i < 1 && fake.nics;
}

bool vm_prop_at(const struct nic_model *model, unsigned i, struct vm_prop *out)
{
    static const struct vm_prop props[] = {
        { "mac", "str", "Ethernet address", NULL },
        { "romsize", "uint32", NULL, "4294967295" },
        { "addr", "int32", "Slot", "-1" },
        { "multifunction", "bool", "on/off", "false" },
    };

    if (i >= G_N_ELEMENTS(props)) {
        return false;
    }
    *out = props[i];
    return true;
}

JsonNode *vm_nic_prop(const struct vm_nic *nic, const char *name)
{
    if (strcmp(name, "mac") != 0) {
        return NULL;
    }
    return json_node_init_string(json_node_alloc(), "52:54:00:12:34:56");
}

char *vm_info_mtree(void)
{
    return g_strdup("memory\n  0000000000000000-0000000003ffffff ram\n");
}

JsonNode *vm_query_pci(void)
{
    static const char text[] =
        "[{'bus': 0, 'devices': [{'bus': 0, 'slot': 2, 'function': 0, "
        "'irq': 11, 'irq_pin': 1, 'qdev_id': 'nic0', "
        "'class_info': {'class': 512, 'desc': 'Ethernet controller'}, "
        "'id': {'vendor': 32902, 'device': 4110, "
        "'subsystem-vendor': 6900, 'subsystem': 4352}, "
        "'regions': [{'bar': 0, 'type': 'memory', 'address': 4273733632, "
        "'size': 131072}, {'bar': 1, 'type': 'io', 'address': -1, "
        "'size': 64}]}]}]";

    return json_parse(text);
}

void vm_trace(bool on)
{
    fake.trace = on;
}

JsonNode *vm_query_vifs(void)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, json_array_new());
    return node;
}
