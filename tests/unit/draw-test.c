// SPDX-License-Identifier: MIT
/*
 * draw-test.c - a host's bridges as a picture
 *
 * The pictures of docs/vif.md are what it is compared with; PICTURES names
 * their folder.  With PICTURES_WRITE in the environment they are made anew.
 */
#include <glib.h>
#include <string.h>

#ifdef HAVE_LIBXML2
#include <libxml/parser.h>
#endif

#include "xen/doctor.h"
#include "xen/draw.h"

/**
 * struct part - One interface; its index is its place from 1
 * @kind:   As rtnetlink says; "tap" for a tun interface with Ethernet
 * @master, @lower: By name
 * @last:   Of its address, 00:16:3e:00:00:XX; 0: fe:ff:ff:ff:ff:ff
 * @idle:   Up, and without a carrier
 */
struct part {
    const char *name, *kind, *master, *lower;
    uint8_t last;
    bool idle, far;
};

/**
 * struct scene - A host
 * @file:   What it is compared with; NULL: only looked through
 * @bridge: That is drawn; NULL: all
 */
struct scene {
    const char *name, *file, *bridge;
    struct part parts[16];
};

static const struct scene scenes[] = {
    { "network-bridge of Xen 3.1, and guests",
      "host.svg",
      NULL,
      { { "xenbr0", "bridge", NULL, NULL, 1 },
        { "peth0", "", "xenbr0" },
        { "vif0.0", "veth", "xenbr0", "eth0" },
        { "eth0", "veth", NULL, "vif0.0", 1 },
        { "vif5.0-emu", "tap", "xenbr0" },
        { "vif5.0", "", "xenbr0", .idle = true },
        { "vif6.0", "", "xenbr0" } } },
    { "seed 003: brctl addif xenbr0 eth0",
      "loop.svg",
      NULL,
      { { "xenbr0", "bridge", NULL, NULL, 1 },
        { "peth0", "", "xenbr0" },
        { "vif0.0", "veth", "xenbr0", "eth0" },
        { "eth0", "veth", "xenbr0", "vif0.0", 1 },
        { "vif5.0-emu", "tap", "xenbr0" },
        { "vif5.0", "", "xenbr0", .idle = true },
        { "vif6.0", "", "xenbr0" } } },
    { "two bridges, joined twice",
      "joined.svg",
      NULL,
      { { "xenbr0", "bridge", NULL, NULL, 1 },
        { "xenbr1", "bridge", NULL, NULL, 2 },
        { "eth0", "", "xenbr0", NULL, 3 },
        { "a0", "veth", "xenbr0", "a1", 4 },
        { "a1", "veth", "xenbr1", "a0", 5 },
        { "b0", "veth", "xenbr0", "b1", 6 },
        { "b1", "veth", "xenbr1", "b0", 7 },
        { "web-emu", "tap", "xenbr1" },
        { "ns", "veth", "xenbr1", NULL, 8, .far = true },
        { "eth1", "", NULL, NULL, 9 },
        { "eth1.5", "vlan", "xenbr1", "eth1", 9 } } },
    { "one bridge only",
      NULL,
      "xenbr0",
      { { "xenbr0", "bridge", NULL, NULL, 1 },
        { "xenbr1", "bridge", NULL, NULL, 2 },
        { "vif3.0", "", "xenbr0" } } },
    { "names that are no XML",
      NULL,
      NULL,
      { { "<br>&\"'", "bridge", NULL, NULL, 1 },
        { "]]>", "", "<br>&\"'" },
        { "-->", "tap", "<br>&\"'" },
        { "\x01\x02\x7f\x1b[2J", "", "<br>&\"'" },
        { "\xff\xfe\xc0", "veth", "<br>&\"'", "\xef\xbf\xbf-emu" },
        { "\xef\xbf\xbf-emu", "tap", NULL },
        { "\xc2\x85&amp;", "", NULL } } },
    { "nothing at all", NULL, NULL, { { "lo", "other-than-that" } } },
    { "Open vSwitch, and a port of it",
      NULL,
      NULL,
      { { "ovs-system", "openvswitch" },
        { "ovsbr0", "openvswitch" },
        { "vif3.0", "", "ovs-system" } } },
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

    for (int i = 0; all[i].name; i++) {
        bool tap = !strcmp(all[i].kind, "tap");
        struct host_link l = {
            .index = i + 1,
            .ethernet = strcmp(all[i].kind, "other-than-that"),
            .up = true,
            .running = !all[i].idle,
            .tap = tap,
            .far = all[i].far,
            .mtu = 1500,
            .mac = { 0x00, 0x16, 0x3e, 0, 0, all[i].last },
            .master = index_of(all, all[i].master),
            .lower = index_of(all, all[i].lower),
        };

        if (!all[i].last) {
            memcpy(l.mac, host_script_mac, sizeof(l.mac));
        }
        g_strlcpy(l.name, all[i].name, sizeof(l.name));
        g_strlcpy(l.kind, tap ? "tun" : all[i].kind, sizeof(l.kind));
        host_add(h, &l);
    }
    return h;
}

static void take_text(GMarkupParseContext *context, const char *text, gsize len,
                      void *seen, GError **err)
{
    char *copy = g_strndup(text, len);

    if (*g_strchug(copy)) {
        g_hash_table_add(seen, copy);
    } else {
        g_free(copy);
    }
}

/* All that is written in it; it has to be well-formed */
static GHashTable *texts(const char *svg)
{
    static const GMarkupParser parser = { .text = take_text };
    GHashTable *seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, 0, seen, NULL);
    GError *err = NULL;

    g_markup_parse_context_parse(context, svg, -1, &err);
    g_assert_no_error(err);
    g_markup_parse_context_end_parse(context, &err);
    g_assert_no_error(err);
    g_markup_parse_context_free(context);
#ifdef HAVE_LIBXML2
    xmlDocPtr doc = xmlReadMemory(svg, (int)strlen(svg), "svg", NULL,
                                  XML_PARSE_NONET | XML_PARSE_PEDANTIC);

    g_assert_nonnull(doc);
    xmlFreeDoc(doc);
#endif
    return seen;
}

/* Name, and role with state, of whatever is to be seen */
static void check_links(const struct scene *s, const struct host *h,
                        GHashTable *seen)
{
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];
        const char *role = host_role_word(host_role(h, l));
        char *about = g_strdup_printf("%s, %s, MTU 1500", role,
                                      l->running ? "up" : "no carrier");
        bool shown = !s->bridge || !strcmp(l->name, s->bridge) ||
                     l->master == host_by_name(h, s->bridge)->index;
        bool plain = g_str_is_ascii(l->name) && !strpbrk(l->name, "\x01\x1b");

        shown &= host_role(h, l) != HOST_OTHER || l->master;
        if (plain) {
            g_assert_cmpint(g_hash_table_contains(seen, l->name), ==, shown);
        }
        if (shown) {
            g_assert_true(g_hash_table_contains(seen, about));
        }
        g_free(about);
    }
}

static void check_file(const char *name, const char *svg)
{
    char *file = g_build_filename(g_getenv("PICTURES"), name, NULL);
    char *want = NULL;

    if (g_getenv("PICTURES_WRITE")) {
        g_assert_true(g_file_set_contents(file, svg, -1, NULL));
    }
    g_assert_true(g_file_get_contents(file, &want, NULL, NULL));
    if (strcmp(svg, want)) {
        g_error("%s is another picture: look at it, and make it anew with "
                "PICTURES_WRITE=1",
                file);
    }
    g_free(want);
    g_free(file);
}

static void test_scene(const void *data)
{
    const struct scene *s = data;
    struct host *h = build(s->parts);
    const struct host_link *b = s->bridge ? host_by_name(h, s->bridge) : NULL;
    GPtrArray *found = doctor_findings(h, b);
    char *svg = draw_svg(h, b, found);
    GHashTable *seen = texts(svg);

    check_links(s, h, seen);
    for (guint i = 0; i < found->len; i++) {
        const struct remark *r = found->pdata[i];

        g_test_message("%s: %s", r->key, r->text);
        g_assert_true(r->severity != REMARK_ERROR ||
                      strstr(svg, "class=\"error\""));
    }
    if (s->file) {
        check_file(s->file, svg);
    }
    g_hash_table_unref(seen);
    g_free(svg);
    g_ptr_array_unref(found);
    host_free(h);
}

/* Only what frames circle through is red */
static void test_red(void)
{
    struct host *h = build(scenes[1].parts);
    GPtrArray *none = g_ptr_array_new();
    char *svg = draw_svg(h, NULL, none);
    char **line = g_strsplit(svg, "\n", -1);
    unsigned red = 0, cables = 0;

    for (char **l = line; *l; l++) {
        red += strstr(*l, "loop\">") && g_str_has_prefix(*l, "<g ");
        cables += g_str_has_prefix(*l, "<path class=\"cable loop\"");
    }
    /* xenbr0, vif0.0, eth0 */
    g_assert_cmpuint(red, ==, 3);
    g_assert_cmpuint(cables, ==, 2);
    g_assert_nonnull(strstr(svg, "<path class=\"pair loop\""));
    g_assert_nonnull(strstr(svg, "<g class=\"tap\">"));
    g_strfreev(line);
    g_free(svg);
    g_ptr_array_unref(none);
    host_free(h);
}

/* Guests in the order of their numbers, each beside its two interfaces */
static void test_order(void)
{
    static const struct part parts[16] = {
        { "xenbr0", "bridge", NULL, NULL, 1 },
        { "vif10.0", "", "xenbr0" },
        { "vif3.1", "", "xenbr0" },
        { "vif3.0", "", "xenbr0" },
        { "vif3.0-emu", "tap", "xenbr0" },
    };
    static const char *const order[] = { ">vif3.0-emu<", ">vif3.0<", ">vif3.1<",
                                         ">vif10.0<" };
    struct host *h = build(parts);
    GPtrArray *none = g_ptr_array_new();
    char *svg = draw_svg(h, NULL, none), *at = svg;

    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        at = strstr(at, order[i]);
        g_assert_nonnull(at);
    }
    g_free(svg);
    g_ptr_array_unref(none);
    host_free(h);
}

/* Hosts of any bytes and any relations: always well-formed, always an end */
static void test_random(void)
{
    static const char *const kinds[] = { "",     "bridge",     "veth",
                                         "tun",  "vlan",       "macvlan",
                                         "bond", "openvswitch" };

    for (unsigned n = 0; n < 300; n++) {
        struct host *h = host_new();
        GPtrArray *found;
        char *svg;
        int links = g_test_rand_int_range(0, 12);

        for (int i = 1; i <= links; i++) {
            struct host_link l = { .index = i, .ethernet = true, .up = n % 2 };

            for (int k = g_test_rand_int_range(1, IFNAMSIZ); k > 0; k--) {
                l.name[k - 1] = (char)g_test_rand_int_range(1, 256);
            }
            g_strlcpy(l.kind, kinds[g_test_rand_int_range(0, 8)],
                      sizeof(l.kind));
            l.tap = !strcmp(l.kind, "tun");
            l.master = g_test_rand_int_range(0, links + 2);
            l.lower = g_test_rand_int_range(0, links + 2);
            host_add(h, &l);
        }
        found = doctor_findings(h, NULL);
        svg = draw_svg(h, NULL, found);
        g_hash_table_unref(texts(svg));
        g_free(svg);
        g_ptr_array_unref(found);
        host_free(h);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(scenes); i++) {
        char *path = g_strdup_printf("/draw/%s", scenes[i].name);

        g_test_add_data_func(path, &scenes[i], test_scene);
        g_free(path);
    }
    g_test_add_func("/draw/red", test_red);
    g_test_add_func("/draw/order", test_order);
    g_test_add_func("/draw/random", test_random);
    return g_test_run();
}
