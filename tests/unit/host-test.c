// SPDX-License-Identifier: MIT
/*
 * host-test.c - roles of interfaces, and loops that another port would close
 */
#include <glib.h>
#include <string.h>

#include "cpu.h"
#include "xen/host.h"

/**
 * struct part - One interface of a picture; its index is its place from 1
 * @kind:   As rtnetlink says; "tap" for a tun interface with Ethernet
 * @master, @lower: By name
 */
struct part {
    const char *name, *kind, *master, *lower;
    bool far;
};

static int index_of(const struct part *all, const char *name)
{
    for (int i = 0; name && all[i].name; i++) {
        if (!strcmp(all[i].name, name)) {
            return i + 1;
        }
    }
    g_assert_null(name);
    return 0;
}

static struct host *build(const struct part *all)
{
    struct host *h = host_new();
    int n = 0;

    while (all[n].name) {
        n++;
    }
    /* In any order */
    for (int i = n - 1; i >= 0; i--) {
        struct host_link l = { .index = i + 1, .ethernet = true };
        bool tap = !strcmp(all[i].kind, "tap");

        g_strlcpy(l.name, all[i].name, sizeof(l.name));
        g_strlcpy(l.kind, tap ? "tun" : all[i].kind, sizeof(l.kind));
        l.tap = tap;
        l.master = index_of(all, all[i].master);
        l.lower = index_of(all, all[i].lower);
        l.far = all[i].far;
        host_add(h, &l);
    }
    return h;
}

/**
 * struct loop_case - A host, and a port that somebody wants to add
 * @way: The loop, NULL: none
 */
struct loop_case {
    const char *name;
    struct part parts[10];
    const char *port, *bridge, *way;
};

static const struct loop_case loops[] = {
    { "a wire", { { "eth0", "" }, { "br", "bridge" } }, "eth0", "br", NULL },
    { "both ends of a pair",
      { { "a", "veth", "br", "b" },
        { "b", "veth", NULL, "a" },
        { "br", "bridge" } },
      "b",
      "br",
      "b > a [br] > b" },
    { "seed 003: eth0 is the other end of vif0.0",
      { { "peth0", "", "xenbr0" },
        { "vif0.0", "veth", "xenbr0", "eth0" },
        { "eth0", "veth", NULL, "vif0.0" },
        { "xenbr0", "bridge" } },
      "eth0",
      "xenbr0",
      "eth0 > vif0.0 [xenbr0] > eth0" },
    { "netloop, which has no kind",
      { { "vif0.0", "", "xenbr0" }, { "veth0", "" }, { "xenbr0", "bridge" } },
      "veth0",
      "xenbr0",
      "veth0 > vif0.0 [xenbr0] > veth0" },
    { "two bridges that are joined already",
      { { "br1", "bridge" },
        { "br2", "bridge" },
        { "a", "veth", "br1", "b" },
        { "b", "veth", "br2", "a" },
        { "c", "veth", "br1", "d" },
        { "d", "veth", NULL, "c" } },
      "d",
      "br2",
      "d > c [br1] > a > b [br2] > d" },
    { "two bridges that are not",
      { { "br1", "bridge" },
        { "br2", "bridge" },
        { "c", "veth", "br1", "d" },
        { "d", "veth", NULL, "c" } },
      "d",
      "br2",
      NULL },
    { "a pair whose other end is elsewhere",
      { { "a", "", "br" },
        { "b", "veth", NULL, "a", true },
        { "br", "bridge" } },
      "b",
      "br",
      NULL },
    { "two vlans on one wire, on one bridge",
      { { "eth0", "" },
        { "v1", "vlan", "br", "eth0" },
        { "v2", "vlan", NULL, "eth0" },
        { "br", "bridge" } },
      "v2",
      "br",
      NULL },
    { "a vlan on the bridge itself",
      { { "br", "bridge" },
        { "v1", "vlan", NULL, "br" },
        { "eth0", "", "br" } },
      "v1",
      "br",
      "v1 > br > v1" },
    { "vlans on both ends of a pair",
      { { "a", "veth", NULL, "b" },
        { "b", "veth", NULL, "a" },
        { "a.1", "vlan", "br", "a" },
        { "b.1", "vlan", NULL, "b" },
        { "br", "bridge" } },
      "b.1",
      "br",
      "b.1 > b > a > a.1 [br] > b.1" },
    { "two macvlans on one wire",
      { { "eth0", "" },
        { "m1", "macvlan", "br", "eth0" },
        { "m2", "macvlan", NULL, "eth0" },
        { "br", "bridge" } },
      "m2",
      "br",
      "m2 > m1 [br] > m2" },
    { "a bond of pair ends",
      { { "bond0", "bond" },
        { "a", "veth", "bond0", "b" },
        { "b", "veth", "br", "a" },
        { "br", "bridge" } },
      "bond0",
      "br",
      "bond0 > a > b [br] > bond0" },
    { "a bond of wires",
      { { "bond0", "bond" },
        { "eth0", "", "bond0" },
        { "eth1", "", "bond0" },
        { "br", "bridge" } },
      "bond0",
      "br",
      NULL },
    { "a tap",
      { { "vif3.0-emu", "tap" }, { "vif3.0", "", "br" }, { "br", "bridge" } },
      "vif3.0-emu",
      "br",
      NULL },
};

static void test_loop(const void *data)
{
    const struct loop_case *t = data;
    struct host *h = build(t->parts);
    struct host_link l = *host_by_name(h, t->port);
    const struct host_link *b = host_by_name(h, t->bridge);
    char *way = host_loop_if(h, &l, b);
    struct host *after = host_new();
    char *real;

    g_assert_cmpstr(way, ==, t->way);

    /* Once it is a port, the loop is there */
    for (guint i = 0; i < h->links->len; i++) {
        struct host_link copy = *(struct host_link *)h->links->pdata[i];

        if (copy.index == l.index) {
            copy.master = b->index;
        }
        host_add(after, &copy);
    }
    real = host_loop(after, host_by_name(after, t->port));
    g_assert_cmpstr(real, ==, t->way);
    g_free(real);
    real = host_loop(h, &l);
    g_assert_null(real);
    g_free(way);
    host_free(h);
    host_free(after);
}

static const struct part roles[] = {
    { "lo", "other-than-that" },
    { "eth0", "" },
    { "eth0.10", "vlan", NULL, "eth0" },
    { "xenbr0", "bridge" },
    { "vif3.0", "", "xenbr0" },
    { "vif3.0-emu", "tap" },
    { "web-emu", "tap" },
    { "box-emu", "dummy" },
    { "tap3.0", "tap" },
    { "tap0", "tap" },
    { "vif0.1", "veth", "xenbr0", "host" },
    { "host", "veth", NULL, "vif0.1" },
    { "vif0.2", "" },
    { "veth2", "" },
    { "peth1", "dummy" },
    { "vethA", "veth", NULL, "lo", true },
    { "ovs-system", "openvswitch" },
    { NULL },
};

static void test_roles(void)
{
    static const char *const want[] = {
        "other",    "wire",     "wire", "bridge", "vif",         "tap",
        "tap",      "other",    "tap",  "other",  "loopback",    "loopback",
        "loopback", "loopback", "wire", "veth",   "openvswitch",
    };
    struct host *h = build(roles);

    for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
        const struct host_link *l = host_by_index(h, (int)i + 1);

        g_test_message("%s", l->name);
        g_assert_cmpstr(l->name, ==, roles[i].name);
        g_assert_cmpstr(host_role_word(host_role(h, l)), ==, want[i]);
    }
    g_assert_null(host_by_name(h, "eth1"));
    g_assert_null(host_by_index(h, 0));
    g_assert_null(host_by_index(h, 100));
    g_assert_null(host_peer(h, host_by_name(h, "vethA")));
    g_assert_cmpstr(host_peer(h, host_by_name(h, "vif0.1"))->name, ==, "host");
    g_assert_cmpstr(host_peer(h, host_by_name(h, "vif0.2"))->name, ==, "veth2");
    host_free(h);
}

/* A host with thousands of guests on one bridge */
static void test_many(void)
{
    struct host *h = host_new();
    int64_t begin = cpu_us();
    struct host_link l = { .index = 1, .kind = "bridge", .name = "br" };
    char *way;

    host_add(h, &l);
    for (int i = 2; i < 5000; i++) {
        l = (struct host_link){ .index = i, .master = 1 };
        g_snprintf(l.name, sizeof(l.name), "vif%d.0", i);
        host_add(h, &l);
    }
    l = (struct host_link){ .index = 5000, .kind = "veth", .lower = 5001 };
    host_add(h, &l);
    l = (struct host_link){
        .index = 5001, .kind = "veth", .lower = 5000, .master = 1
    };
    host_add(h, &l);
    way = host_loop_if(h, host_by_index(h, 5000), host_by_index(h, 1));
    g_assert_nonnull(way);
    g_free(way);
    host_free(h);
    g_assert_cmpint(cpu_us() - begin, <, 5 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/roles", test_roles);
    g_test_add_func("/host/many", test_many);
    for (unsigned i = 0; i < G_N_ELEMENTS(loops); i++) {
        char *path = g_strdup_printf("/host/loop/%s", loops[i].name);

        g_test_add_data_func(path, &loops[i], test_loop);
        g_free(path);
    }
    return g_test_run();
}
