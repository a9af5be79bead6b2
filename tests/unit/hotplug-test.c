// SPDX-License-Identifier: MIT
/*
 * hotplug-test.c - what a call of the hotplug script asks for, by tables
 *
 * The calls that do something are tried for real in tests/net/vif-emu-test.c;
 * here is what a namespace cannot have: netback, and Open vSwitch.
 */
#include <glib.h>
#include <string.h>

#include "xen/hotplug.h"

/* The environment of the call that is being tried */
static const char *vif, *interface, *path;

static const char *env(const char *name)
{
    return !strcmp(name, "vif")           ? vif
           : !strcmp(name, "INTERFACE")   ? interface
           : !strcmp(name, "XENBUS_PATH") ? path
                                          : NULL;
}

static const struct {
    const char *words[4];
    const char *vif, *interface, *path;
    enum hotplug_sort sort;
    bool tap, add;
    /* Of a call that is ours: the interface and the path; else the error */
    const char *name, *where;
} calls[] = {
    /* libxl's four, of which each card of type ioemu gets all */
    { { "online", "type_if=vif" },
      "vif3.1",
      NULL,
      "p",
      HOTPLUG_GO,
      false,
      true,
      "vif3.1",
      "p" },
    { { "offline", "type_if=vif" },
      "vif3.1",
      NULL,
      "p",
      HOTPLUG_GO,
      false,
      false,
      "vif3.1",
      "p" },
    { { "add", "type_if=tap" },
      "vif3.1",
      "vif3.1-emu",
      "p",
      HOTPLUG_GO,
      true,
      true,
      "vif3.1-emu",
      "p" },
    { { "remove", "type_if=tap" },
      "vif3.1",
      "vif3.1-emu",
      "p",
      HOTPLUG_GO,
      true,
      false,
      "vif3.1-emu",
      "p" },
    { { "online", "type_if=tap" }, "vif3.1", "vif3.1-emu", "p", HOTPLUG_OTHER },
    { { "offline", "type_if=tap" }, NULL, NULL, NULL, HOTPLUG_OTHER },
    { { "add", "type_if=vif" }, "vif3.1", "vif3.1-emu", "p", HOTPLUG_OTHER },
    { { "remove", "type_if=vif" }, NULL, NULL, NULL, HOTPLUG_OTHER },
    /* No type_if: the backend, as before Xen 4.2 */
    { { "online" },
      "vif3.1",
      NULL,
      "p",
      HOTPLUG_GO,
      false,
      true,
      "vif3.1",
      "p" },
    { { "add" }, "vif3.1", "vif3.1-emu", "p", HOTPLUG_OTHER },
    /* The last of several counts, as where the shell evaluates them */
    { { "add", "type_if=vif", "type_if=tap" },
      NULL,
      "vif3.1-emu",
      NULL,
      HOTPLUG_GO,
      true,
      true,
      "vif3.1-emu",
      "/local/domain/0/backend/vif/3/1" },
    { { "add", "type_if=tap" },
      NULL,
      "web-emu",
      NULL,
      HOTPLUG_GO,
      true,
      true,
      "web-emu",
      NULL },
    { { "start" },
      NULL,
      NULL,
      NULL,
      HOTPLUG_BAD,
      .name = "'start' is none of" },
    { { "" }, NULL, NULL, NULL, HOTPLUG_BAD, .name = "'' is none of" },
    { { "add", "type_if=TAP" },
      NULL,
      "vif3.1-emu",
      NULL,
      HOTPLUG_BAD,
      .name = "type_if=TAP is neither" },
    { { "add", "type_if=tap" },
      "vif3.1",
      NULL,
      "p",
      HOTPLUG_BAD,
      .name = "INTERFACE in the environment is not set" },
    { { "online" },
      "vif32751.1000000",
      NULL,
      "p",
      HOTPLUG_BAD,
      .name = "has 16 characters" },
    { { "online" }, "../vif", NULL, "p", HOTPLUG_BAD, .name = "has a '/'" },
};

static void test_calls(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        struct hotplug e;
        GError *err = NULL;
        enum hotplug_sort sort;

        vif = calls[i].vif;
        interface = calls[i].interface;
        path = calls[i].path;
        sort = hotplug_read((char *const *)calls[i].words, env, &e, &err);
        g_test_message("%s: %s", calls[i].words[0], err ? err->message : "");
        g_assert_cmpint(sort, ==, calls[i].sort);
        if (sort == HOTPLUG_GO) {
            g_assert_cmpint(e.tap, ==, calls[i].tap);
            g_assert_cmpint(e.add, ==, calls[i].add);
            g_assert_cmpstr(e.name, ==, calls[i].name);
            g_assert_cmpstr(e.path, ==, calls[i].where);
        }
        if (sort == HOTPLUG_BAD) {
            g_assert_nonnull(strstr(err->message, calls[i].name));
        }
        g_clear_error(&err);
        g_free(e.path);
    }
}

/* What a backend became: the name of a host's interface, and what netback says
 * of it, domain 0: nothing */
static const struct {
    const char *name, *kind;
    uint32_t domid, devid;
    const char *error;
} renamed[] = {
    { "web", "", 3, 1, NULL },
    { "web", "veth", 0, 0, NULL },
    { "web", "", 4, 1, "there is no vif3.1, and the web that is there is" },
    { "web", "", 3, 2, "there is no vif3.1, and the web that is there is" },
    { "web", "bridge", 0, 0, "there is no vif3.1, and the web that is there" },
    { "other", "", 0, 0, "there is no vif3.1 and no web" },
};

static struct host *host_with(const char *name, const char *kind,
                              uint32_t domid, uint32_t devid)
{
    struct host *h = host_new();
    struct host_link bridge = {
        .name = "xenbr0", .kind = "bridge", .index = 1, .mtu = 1500
    };
    struct host_link l = { .index = 2,
                           .ethernet = true,
                           .backend = domid,
                           .domid = domid,
                           .devid = devid };

    g_strlcpy(l.name, name, sizeof(l.name));
    g_strlcpy(l.kind, kind, sizeof(l.kind));
    host_add(h, &bridge);
    host_add(h, &l);
    return h;
}

/* A second call finds what the first one renamed, and nobody else's */
static void test_renamed(void)
{
    struct hotplug e = { .add = true, .name = "vif3.1" };
    struct hotplug_wish w = { .bridge = (char *)"xenbr0",
                              .vifname = (char *)"web" };

    for (unsigned i = 0; i < G_N_ELEMENTS(renamed); i++) {
        struct host *h = host_with(renamed[i].name, renamed[i].kind,
                                   renamed[i].domid, renamed[i].devid);
        struct hotplug_job job;
        GError *err = NULL;
        bool ok = hotplug_plan(&e, &w, h, &job, &err);

        g_assert_cmpint(ok, ==, !renamed[i].error);
        if (ok) {
            g_assert_cmpint(job.index, ==, 2);
            g_assert_cmpint(job.bridge, ==, 1);
            g_assert_cmpstr(job.rename, ==, "");
        } else {
            g_assert_nonnull(strstr(err->message, renamed[i].error));
            g_error_free(err);
        }
        g_assert_true((hotplug_find(&e, &w, h) != NULL) == ok);
        host_free(h);
    }
}

/* Its tables are not the kernel's, and it has a script of its own */
static void test_openvswitch(void)
{
    struct hotplug e = { .add = true, .name = "vif3.1" };
    struct hotplug_wish w = { .bridge = (char *)"ovsbr0" };
    struct host *h = host_with("ovsbr0", "openvswitch", 0, 0);
    struct host_link l = { .name = "vif3.1", .index = 3 };
    struct hotplug_job job;
    GError *err = NULL;

    host_add(h, &l);
    g_assert_false(hotplug_plan(&e, &w, h, &job, &err));
    g_assert_nonnull(strstr(err->message, "script=vif-openvswitch"));
    g_error_free(err);
    host_free(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hotplug/calls", test_calls);
    g_test_add_func("/hotplug/renamed", test_renamed);
    g_test_add_func("/hotplug/openvswitch", test_openvswitch);
    return g_test_run();
}
