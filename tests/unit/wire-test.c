// SPDX-License-Identifier: MIT
/*
 * wire-test.c - what is decided before anything is changed: Open vSwitch,
 * wireless wires, filters
 */
#include <glib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "xen/bridge.h"
#include "xen/filter.h"
#include "xen/wire.h"

static void add(struct host *h, int index, const char *name, const char *kind)
{
    struct host_link l = { .index = index, .ethernet = true, .mtu = 1500 };

    g_strlcpy(l.name, name, sizeof(l.name));
    g_strlcpy(l.kind, kind, sizeof(l.kind));
    host_add(h, &l);
}

/* A kernel whose module has no kind: switch0 is Open vSwitch's */
static bool fake_driver(const char *name, char to[32], void *opaque)
{
    unsigned *asked = opaque;

    ++*asked;
    if (!strcmp(name, "silent")) {
        return false;
    }
    g_strlcpy(to, strcmp(name, "switch0") ? "e1000" : "openvswitch", 32);
    return true;
}

static struct host *make_host(void)
{
    struct host *h = host_new();
    unsigned asked = 0;

    add(h, 1, "eth0", "");
    add(h, 2, "silent", "");
    add(h, 3, "switch0", "");
    add(h, 4, "xenbr0", "bridge");
    host_mark_ovs(h, fake_driver, &asked);
    g_assert_cmpuint(asked, ==, 3);
    return h;
}

static void test_driver(void)
{
    struct host *h = make_host();

    g_assert_cmpint(host_role(h, host_by_name(h, "switch0")), ==, HOST_OVS);
    g_assert_cmpint(host_role(h, host_by_name(h, "eth0")), ==, HOST_WIRE);
    g_assert_cmpint(host_role(h, host_by_name(h, "silent")), ==, HOST_WIRE);
    g_assert_cmpint(host_role(h, host_by_name(h, "xenbr0")), ==, HOST_BRIDGE);
    host_free(h);
}

/* All remarks of the plan for one vif; @tap: as it would be made */
static char *remarks(const char *vif, enum filter_mode mode, int *bridge,
                     bool *filtered, enum severity *severity)
{
    char *text = g_strdup_printf("builder='hvm'\nvif=['%s']\n", vif);
    struct guest *g = cfg_read("FILE", text, strlen(text), DIALECT_XL);
    struct plan_opts opts = { .has_domid = true, .domid = 3 };
    struct plan *p = plan_make(g, &opts);
    GArray *taps = g_array_new(FALSE, FALSE, sizeof(struct wire_tap));
    struct host *h = make_host();
    GString *all = g_string_new(NULL);

    wire_check(p, h, taps);
    wire_filters(p, mode, taps);
    for (guint i = 0; i < p->remarks->len; i++) {
        const struct remark *r = p->remarks->pdata[i];

        g_string_append_printf(all, "%s: %s\n", r->key, r->text);
    }
    *severity = plan_severity(p);
    *bridge = g_array_index(taps, struct wire_tap, 0).bridge;
    *filtered = g_array_index(taps, struct wire_tap, 0).filter;
    wire_filters_free(taps);
    g_array_unref(taps);
    host_free(h);
    plan_free(p);
    guest_free(g);
    g_free(text);
    return g_string_free(all, FALSE);
}

static void test_openvswitch(void)
{
    static const struct {
        const char *vif, *said;
        enum severity severity;
    } cases[] = {
        { "model=e1000,bridge=switch0,script=vif-openvswitch",
          "bridge: switch0 is Open vSwitch's: vif3.0-emu is made, up and on no "
          "bridge, and its script makes it a port of switch0 "
          "('vif-openvswitch add type_if=tap')\n",
          REMARK_NOTE },
        { "model=e1000,bridge=switch0.5:7:8,"
          "script=/etc/xen/scripts/vif-openvswitch",
          "makes it a port of switch0.5:7:8 "
          "('/etc/xen/scripts/vif-openvswitch add type_if=tap')\n",
          REMARK_NOTE },
        { "model=e1000,bridge=switch0",
          "script: switch0 is Open vSwitch's, where vif-bridge can add no "
          "port",
          REMARK_WARNING },
        { "model=e1000,bridge=switch1,script=vif-openvswitch",
          "there is no bridge switch1 on this host", REMARK_ERROR },
        { "model=e1000,bridge=switch0,script=vif-openvswitch,ip=192.0.2.1",
          "ip: is not enforced", REMARK_WARNING },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        enum severity severity;
        bool filtered;
        int bridge;
        char *all =
            remarks(cases[i].vif, FILTER_IP, &bridge, &filtered, &severity);

        if (!strstr(all, cases[i].said)) {
            g_error("%s: '%s' does not say '%s'", cases[i].vif, all,
                    cases[i].said);
        }
        g_assert_cmpint(severity, ==, cases[i].severity);
        g_assert_cmpint(bridge, ==, 0);
        g_free(all);
    }
}

/* Who gets a filter */
static void test_filter_modes(void)
{
    static const struct {
        const char *vif;
        enum filter_mode mode;
        bool filtered;
    } cases[] = {
        { "model=e1000", FILTER_MAC, false },
        { "model=e1000,ip=192.0.2.1", FILTER_IP, true },
        { "model=e1000,ip=192.0.2.1", FILTER_NONE, false },
        { "model=e1000,mac=00:16:3e:00:00:01", FILTER_IP, false },
        { "model=e1000,mac=00:16:3e:00:00:01", FILTER_MAC, true },
        { "model=e1000,ip=", FILTER_IP, false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        enum severity severity;
        bool filtered;
        int bridge;

        g_free(remarks(cases[i].vif, cases[i].mode, &bridge, &filtered,
                       &severity));
        g_assert_cmpint(bridge, ==, 4);
        g_assert_true(filtered == cases[i].filtered);
    }
}

static void test_wireless(void)
{
    struct host *h = make_host();
    GPtrArray *all = g_ptr_array_new_with_free_func(remark_free);

    bridge_create_check(h, "br0", "eth0", false, all);
    g_assert_cmpuint(all->len, ==, 0);
    bridge_create_check(h, "br0", "eth0", true, all);
    g_assert_cmpuint(all->len, ==, 1);
    g_assert_true(g_str_has_prefix(((struct remark *)all->pdata[0])->text,
                                   "eth0 is wireless"));
    bridge_create_check(h, "br0", "switch0", false, all);
    g_assert_cmpstr(((struct remark *)all->pdata[1])->text, ==,
                    "switch0 is Open vSwitch's");
    g_ptr_array_unref(all);
    host_free(h);
}

/* What libnftables may say, and what it does not */
static void test_filter_list(void)
{
    static const char good[] =
        "{\"nftables\": [{\"metainfo\": {}}, {\"table\": {\"name\": "
        "\"vifemu\"}}"
        ", {\"map\": {\"name\": \"ports-of-guests\", \"elem\": "
        "[[\"vif3.0\", {\"jump\": {\"target\": \"vif3.0-emu\"}}], "
        "[\"vif4.0-emu\", {\"jump\": {\"target\": \"vif4.0-emu\"}}]]}}, "
        "{\"chain\": {\"name\": \"frames-from-guests\", \"hook\": "
        "\"prerouting\"}}, {\"chain\": {\"name\": \"vif3.0-emu\"}}, "
        "{\"chain\": {\"name\": \"vif4.0-emu\"}}]}";
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"nftables\": 1}",
        "{\"nftables\": [1, [], null]}",
        "{\"nftables\": [{\"map\": {\"elem\": [1, [1], [1, 2], [\"a\", 1], "
        "[\"a\", {\"jump\": 1}], [\"a\", {\"jump\": {}}]]}}, {\"chain\": 1}, "
        "{\"chain\": {\"name\": 1}}]}",
    };
    struct filter_list *l = filter_list_read(good);
    GPtrArray *names = g_ptr_array_new();
    char *commands;

    g_assert_cmpuint(l->names->len, ==, 2);
    g_assert_cmpuint(l->ports->len, ==, 2);
    g_assert_null(filter_removal(l, names));
    g_ptr_array_add(names, (void *)"vif3.0-emu");
    commands = filter_removal(l, names);
    g_assert_nonnull(strstr(commands, "[\"vif3.0\", {\"jump\""));
    g_assert_null(strstr(commands, "vif4.0-emu"));
    g_assert_null(strstr(commands, "\"delete\": {\"table\""));
    g_free(commands);
    g_ptr_array_add(names, (void *)"vif4.0-emu");
    commands = filter_removal(l, names);
    g_assert_nonnull(strstr(commands, "\"delete\": {\"table\""));
    g_free(commands);
    g_ptr_array_unref(names);
    filter_list_free(l);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        l = filter_list_read(bad[i]);
        g_assert_cmpuint(l->names->len, ==, 0);
        g_assert_cmpuint(l->ports->len, ==, 0);
        filter_list_free(l);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/driver", test_driver);
    g_test_add_func("/wire/openvswitch", test_openvswitch);
    g_test_add_func("/wire/filter-modes", test_filter_modes);
    g_test_add_func("/wire/wireless", test_wireless);
    g_test_add_func("/wire/filter-list", test_filter_list);
    return g_test_run();
}
