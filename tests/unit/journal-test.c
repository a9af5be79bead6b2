// SPDX-License-Identifier: MIT
/*
 * journal-test.c - records of what was being done: written and read back, cut,
 * edited, and with members that are missing, too many or of another type
 */
#include <glib.h>
#include <json-glib/json-glib.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "xen/journal.h"

/* 192.0.2.1/24, with its label; default via 192.0.2.254; the same by two ways,
 * of which one is over the interface itself */
#define ADDRESS                                                                \
    "4294967295:4294967295:0218000000000000"                                   \
    "08000100c0000201"                                                         \
    "08000200c0000201"                                                         \
    "0900030065746830"                                                         \
    "00000000"                                                                 \
    "0800080080000000"
#define ROUTE                                                                  \
    "4294967295:60:020000fe03000100"                                           \
    "00000000"                                                                 \
    "08000f00fe000000"                                                         \
    "08000500c00002fe"
#define HOPS                                                                   \
    "4294967295:4294967295:02080000fe0300"                                     \
    "01"                                                                       \
    "00000000"                                                                 \
    "080001000a000000"                                                         \
    "24000900"                                                                 \
    "10000000"                                                                 \
    "00000000"                                                                 \
    "08000500c00002fe"                                                         \
    "10000001"                                                                 \
    "07000000"                                                                 \
    "08000500c00002fd"

static struct net_entry *entry(const char *text, bool route)
{
    struct net_entry *e = net_entry_read(text, route);

    g_assert_nonnull(e);
    return e;
}

static struct journal *sample(enum journal_action action)
{
    struct journal *j = journal_new(action);
    struct journal_tap tap = { "vif3.0-emu", 7 };
    struct net_state *s;

    if (action == JOURNAL_UP || action == JOURNAL_DOWN) {
        g_array_append_val(j->taps, tap);
        return j;
    }
    j->before = bridge_pair_new();
    s = &j->before->uplink;
    g_strlcpy(j->before->bridge.name, "xenbr0", IFNAMSIZ);
    g_strlcpy(s->name, "eth0", IFNAMSIZ);
    s->present = s->up = true;
    s->index = 2;
    s->mtu = 1500;
    memcpy(s->mac, "\x00\x16\x3e\x00\x00\x01", 6);
    g_ptr_array_add(s->addresses, entry(ADDRESS, false));
    g_ptr_array_add(s->routes, entry(ROUTE, true));
    g_ptr_array_add(s->routes, entry(HOPS, true));
    return j;
}

static void test_round(void)
{
    for (unsigned a = JOURNAL_UP; a <= JOURNAL_DESTROY; a++) {
        struct journal *j = sample((enum journal_action)a), *copy;
        char *text = journal_write(j), *again;
        GError *err = NULL;

        copy = journal_read(text, &err);
        g_assert_no_error(err);
        again = journal_write(copy);
        g_assert_cmpstr(again, ==, text);
        g_assert_false(journal_is_past(copy));
        g_assert_false(journal_is_elsewhere(copy));
        g_free(copy->boot);
        copy->boot = g_strdup("another");
        g_assert_true(journal_is_past(copy));
        g_free(again);
        g_free(text);
        journal_free(copy);
        journal_free(j);
    }
}

/* Not read: with an error, not with a crash */
static void refuse(const char *text, const char *part)
{
    GError *err = NULL;
    struct journal *j = journal_read(text, &err);

    g_assert_null(j);
    g_assert_nonnull(err);
    if (part && !strstr(err->message, part)) {
        g_error("'%s' does not say '%s'", err->message, part);
    }
    g_error_free(err);
}

/* Cut anywhere it is no journal; with any byte another it is none, or one that
 * writes back as it was read */
static void test_damage(void)
{
    struct journal *j = sample(JOURNAL_CREATE);
    char *text = journal_write(j);
    size_t len = strlen(text);

    for (size_t n = 0; n + 1 < len; n++) {
        char *cut = g_strndup(text, n);

        refuse(cut, NULL);
        g_free(cut);
    }
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 7; bit++) {
            char was = text[i];
            struct journal *copy;

            text[i] = (char)(was ^ 1 << bit);
            copy = text[i] ? journal_read(text, NULL) : NULL;
            journal_free(copy);
            text[i] = was;
        }
    }
    g_free(text);
    journal_free(j);
}

/* @change: of a member, by its path: NULL takes it away */
static void without(const char *object, const char *name, JsonNode *value,
                    const char *said)
{
    struct journal *j = sample(JOURNAL_CREATE);
    char *text = journal_write(j), *changed;
    JsonNode *root = json_from_string(text, NULL);
    JsonObject *o = json_node_get_object(root);

    if (object) {
        o = json_object_get_object_member(o, object);
    }
    if (value) {
        json_object_set_member(o, name, value);
    } else {
        json_object_remove_member(o, name);
    }
    changed = json_to_string(root, FALSE);
    refuse(changed, said);
    g_free(changed);
    json_node_unref(root);
    g_free(text);
    journal_free(j);
}

static JsonNode *string(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

static JsonNode *number(gint64 n)
{
    return json_node_init_int(json_node_alloc(), n);
}

static void test_members(void)
{
    static const char *const names[] = { "name",  "present",   "up",
                                         "index", "mode",      "mtu",
                                         "mac",   "addresses", "routes" };

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        char *said = g_strdup_printf("uplink.%s: is missing", names[i]);

        without("uplink", names[i], NULL, said);
        g_free(said);
        said = g_strdup_printf("bridge.%s: ", names[i]);
        without("bridge", names[i], json_node_new(JSON_NODE_NULL), said);
        g_free(said);
    }
    without(NULL, "boot", NULL, "boot: is missing");
    without(NULL, "port", number(1), "port: is of another type");
    without(NULL, "uplink", NULL, "uplink: is missing");
    without(NULL, "uplink", number(1), "uplink: is of another type");
    without(NULL, "more", number(1), "has a member that is not known");
    without("bridge", "more", number(1), "bridge.: has a member that is not");
    without(NULL, "vifctl-journal", number(0), "is another version");
    without(NULL, "action", string("halt"), "action: is none that we know");
    without(NULL, "action", string("up"), "taps: is missing");
    without("uplink", "name", string("../etc"), "uplink.name: is not an");
    without("uplink", "name", string("sixteen-letters-"), "uplink.name: ");
    without("uplink", "index", number(-1), "uplink.index: is out of range");
    without("uplink", "index", number(G_MAXINT64), "out of range");
    without("uplink", "mtu", number(G_MAXINT64), "out of range");
    without("uplink", "mode", number(256), "out of range");
    without("uplink", "mac", string("00163e"), "uplink.mac: is not");
    without("uplink", "mac", string("00163e00000100"), "uplink.mac: is not");
}

/* Entries whose lengths or attributes lie */
static void test_entries(void)
{
    static const char *const bad[] = {
        "",
        "1",
        "1:",
        "1:2",
        "1:2:",
        "x:2:",
        "1:2:0",
        "1:2:zz",
        "4294967296:1:0200000000fe000001000000",
        "1:2:02000000",                   /* no whole header */
        "1:2:0300000000fe000001000000",   /* no such family */
        "1:2:0200000000fe00000100000004", /* half an attribute */
        "1:2:0200000000fe0000010000000300",
        "1:2:0200000000fe00000100000003000500", /* shorter than its head */
        "1:2:0200000000fe00000100000009000500c00002fe", /* longer */
        "1:2:0200000000fe0000010000000800040002000000", /* not ours: RTA_OIF */
        "1:2:0200000000fe00000100000008001e0002000000", /* RTA_NH_ID */
        /* next hops that are cut, too short, too long, over nothing */
        "1:2:0200000000fe0000010000000800090010000000",
        "1:2:0200000000fe0000010000000c0009000400000000000000",
        "1:2:0200000000fe0000010000000c0009001000000000000000",
        "1:2:0200000000fe0000010000000c00090008000000ffffffff",
    };
    struct net_entry *e, *moved;
    char *text;

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("%s", bad[i]);
        g_assert_null(net_entry_read(bad[i], true));
    }
    /* A label without an end */
    g_assert_null(net_entry_read("1:2:021800000000000008000300"
                                 "65746830",
                                 false));
    e = entry(ADDRESS, false);
    text = net_entry_text(e);
    g_assert_cmpstr(text, ==, "192.0.2.1/24");
    g_free(text);
    moved = net_entry_for(e, "eth0", "a-long-name.100");
    g_assert_false(net_entry_same(e, moved));
    net_entry_free(e);
    e = net_entry_for(moved, "a-long-name.100", "eth0");
    net_entry_free(moved);
    moved = entry(ADDRESS, false);
    g_assert_true(net_entry_same(e, moved));
    net_entry_free(moved);
    net_entry_free(e);
    e = entry(ROUTE, true);
    text = net_entry_text(e);
    g_assert_cmpstr(text, ==, "default via 192.0.2.254");
    g_free(text);
    net_entry_free(e);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journal/round", test_round);
    g_test_add_func("/journal/damage", test_damage);
    g_test_add_func("/journal/members", test_members);
    g_test_add_func("/journal/entries", test_entries);
    return g_test_run();
}
