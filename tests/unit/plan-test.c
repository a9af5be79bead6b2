// SPDX-License-Identifier: MIT
/*
 * plan-test.c - what a configuration's vifs become, as a table of cases
 *
 * Each case is built by hand, so that no reader of configurations takes part.
 */
#include <glib.h>
#include <string.h>

#include "cpu.h"
#include "xen/plan.h"

static const char *const models[] = { "e1000", "rtl8139", NULL };

/**
 * struct wish - One vif of a case; zero: as it is without the key
 * @devid: One more than the device id
 * @mac:   The last byte, behind 00:16:3e:00:00
 */
struct wish {
    enum vif_mode mode;
    const char *type, *model, *bridge, *vifname, *backend, *script;
    unsigned devid;
    uint8_t mac;
};

/**
 * struct test_case - A guest and what comes of it
 * @domid: -1: none
 * @rows:  "devid model:tap|- vif|- bridge" a vif, separated by "; "
 * @said:  "severity key words of the text", one for each remark
 */
struct test_case {
    const char *name;
    enum guest_kind kind;
    enum naming naming;
    int domid;
    bool no_platform;
    struct wish vifs[4];
    unsigned n;
    const char *rows;
    const char *said[4];
};

static const struct test_case cases[] = {
    { .name = "both",
      .domid = 3,
      .n = 1,
      .rows = "0 rtl8139:vif3.0-emu vif3.0 xenbr0" },
    { .name = "emulated",
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_EMULATED, .model = "e1000" } },
      .rows = "0 e1000:vif3.0-emu - xenbr0",
      .said = { "note type vifemu keeps it" } },
    { .name = "emulated, and nothing that unplugs",
      .domid = 3,
      .n = 1,
      .no_platform = true,
      .vifs = { { .mode = VIF_EMULATED } },
      .rows = "0 rtl8139:vif3.0-emu - xenbr0" },
    { .name = "pv",
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_PV } },
      .rows = "0 - vif3.0 xenbr0" },
    { .name = "pv that cannot be driven",
      .domid = 3,
      .n = 1,
      .no_platform = true,
      .vifs = { { .mode = VIF_PV } },
      .rows = "0 - vif3.0 xenbr0",
      .said = { "warning type no network" } },
    { .name = "both without the platform device",
      .domid = 3,
      .n = 1,
      .no_platform = true,
      .rows = "0 rtl8139:vif3.0-emu vif3.0 xenbr0",
      .said = { "note type neither unplugs" } },
    { .name = "pv guest",
      .kind = GUEST_PV,
      .domid = 3,
      .n = 1,
      .rows = "0 - vif3.0 xenbr0" },
    { .name = "pv guest, ioemu",
      .kind = GUEST_PV,
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_BOTH, .type = "ioemu" } },
      .rows = "0 - vif3.0 xenbr0",
      .said = { "error type a pv guest has no device model" } },
    { .name = "pvh guest, emulated",
      .kind = GUEST_PVH,
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_EMULATED, .type = "ioemu" } },
      .rows = "0 - vif3.0 xenbr0",
      .said = { "error type a pvh guest has no device model" } },
    { .name = "domain 0",
      .domid = 0,
      .n = 1,
      .rows = "0 rtl8139:vif0.0-emu vif0.0 xenbr0",
      .said = { "error - domain 0 is the host itself" } },
    { .name = "a domain that Xen keeps",
      .domid = 32752,
      .n = 1,
      .rows = "0 rtl8139:vif32752.0-emu vif32752.0 xenbr0",
      .said = { "error - they end with 32751" } },
    { .name = "no vif",
      .domid = 3,
      .n = 0,
      .rows = "",
      .said = { "note - no network card" } },
    { .name = "no domain yet",
      .domid = -1,
      .n = 1,
      .rows = "0 rtl8139:vifD.0-emu vifD.0 xenbr0" },
    { .name = "no domain yet, and a name near the limit",
      .domid = -1,
      .n = 1,
      .vifs = { { .devid = 101 } },
      .rows = "100 rtl8139:vifD.100-emu vifD.100 xenbr0",
      .said = { "note devid 'vif32751.100-emu' has 16 characters" } },
    { .name = "a name too long",
      .domid = 32751,
      .n = 1,
      .vifs = { { .devid = 101 } },
      .rows = "100 rtl8139:vif32751.100-emu vif32751.100 xenbr0",
      .said = { "error devid 'vif32751.100-emu', which has 16" } },
    { .name = "pv only, so it fits",
      .domid = 32751,
      .n = 1,
      .vifs = { { .mode = VIF_PV, .devid = 101 } },
      .rows = "100 - vif32751.100 xenbr0" },
    { .name = "a wished name",
      .domid = 3,
      .n = 1,
      .vifs = { { .vifname = "web" } },
      .rows = "0 rtl8139:web-emu(vif3.0-emu) web(vif3.0) xenbr0" },
    { .name = "a wished name that fits only without -emu",
      .domid = 3,
      .n = 2,
      .vifs = { { .vifname = "twelve-chars" },
                { .mode = VIF_PV, .vifname = "fifteen-charact" } },
      .rows = "0 rtl8139:twelve-chars-emu(vif3.0-emu) twelve-chars(vif3.0) "
              "xenbr0; 1 - fifteen-charact(vif3.1) xenbr0",
      .said = { "error vifname 'twelve-chars-emu', which has 16" } },
    { .name = "a wished name of another domain",
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_PV, .vifname = "vif4.0" } },
      .rows = "0 - vif4.0(vif3.0) xenbr0",
      .said = { "warning vifname an interface of domain 4" } },
    { .name = "a wished name twice",
      .domid = 3,
      .n = 2,
      .vifs = { { .mode = VIF_PV, .vifname = "web" },
                { .mode = VIF_PV, .vifname = "web" } },
      .rows = "0 - web(vif3.0) xenbr0; 1 - web(vif3.1) xenbr0",
      .said = { "error vifname vif 0 already has an interface called 'web'" } },
    { .name = "a wished name that is another's tap",
      .domid = 3,
      .n = 2,
      .vifs = { { .vifname = "web" },
                { .mode = VIF_PV, .vifname = "web-emu" } },
      .rows = "0 rtl8139:web-emu(vif3.0-emu) web(vif3.0) xenbr0; "
              "1 - web-emu(vif3.1) xenbr0",
      .said = { "error vifname called 'web-emu'" } },
    { .name = "a device id that is another's place",
      .domid = 3,
      .n = 2,
      .vifs = { { .mode = VIF_PV, .devid = 2 }, { .mode = VIF_PV } },
      .rows = "1 - vif3.1 xenbr0; 1 - vif3.1 xenbr0",
      .said = { "error devid another vif is number 1" } },
    { .name = "one address on one bridge",
      .domid = 3,
      .n = 3,
      .vifs = { { .mac = 1 }, { .mac = 1 }, { .mac = 1, .bridge = "b" } },
      .rows = "0 rtl8139:vif3.0-emu vif3.0 xenbr0; "
              "1 rtl8139:vif3.1-emu vif3.1 xenbr0; "
              "2 rtl8139:vif3.2-emu vif3.2 b",
      .said = { "warning mac on the same bridge", "note mac vif 0" } },
    { .name = "a model of QEMU's",
      .domid = 3,
      .n = 1,
      .vifs = { { .model = "vmxnet3" } },
      .rows = "0 vmxnet3*:vif3.0-emu vif3.0 xenbr0",
      .said = { "note model does not emulate vmxnet3" } },
    { .name = "netfront is no model",
      .domid = 3,
      .n = 1,
      .vifs = { { .model = "netfront" } },
      .rows = "0 netfront*:vif3.0-emu vif3.0 xenbr0",
      .said = { "warning model only say type=vif" } },
    { .name = "a model for nothing",
      .domid = 3,
      .n = 1,
      .vifs = { { .mode = VIF_PV, .model = "e1000" } },
      .rows = "0 - vif3.0 xenbr0",
      .said = { "note model no emulated card" } },
    { .name = "driver domain",
      .domid = 3,
      .n = 2,
      .vifs = { { .backend = "netdom" },
                { .mode = VIF_PV, .backend = "netdom" } },
      .rows = "0 rtl8139:vif3.0-emu vif3.0@netdom xenbr0; "
              "1 - vif3.1@netdom xenbr0",
      .said = { "warning backend no bridge gets the tap",
                "note backend xl devd" } },
    { .name = "a driver domain that is this one",
      .domid = 3,
      .n = 1,
      .vifs = { { .backend = "Domain-0" } },
      .rows = "0 rtl8139:vif3.0-emu vif3.0 xenbr0" },
    { .name = "routed",
      .domid = 3,
      .n = 1,
      .vifs = { { .script = "/etc/xen/scripts/vif-route" } },
      .rows = "0 rtl8139:vif3.0-emu vif3.0 -" },
    { .name = "NAT leaves taps alone",
      .domid = 3,
      .n = 1,
      .vifs = { { .script = "vif-nat" } },
      .rows = "0 rtl8139:vif3.0-emu vif3.0 -",
      .said = { "warning script nothing for taps" } },
    { .name = "xend counts emulated cards",
      .naming = NAMING_XEND,
      .domid = 3,
      .n = 3,
      .vifs = { { .mode = VIF_PV },
                { .mode = VIF_BOTH },
                { .mode = VIF_BOTH } },
      .rows = "0 - vif3.0 xenbr0; 1 rtl8139:tap3.0 vif3.1 xenbr0; "
              "2 rtl8139:tap3.1 vif3.2 xenbr0" },
    { .name = "xl 4.0 counts from 1",
      .naming = NAMING_LIBXL_40,
      .domid = 3,
      .n = 1,
      .rows = "1 rtl8139:tap3.0 vif3.1 xenbr0" },
};

static struct guest *build(const struct test_case *t)
{
    struct guest *g = guest_new("test.cfg", DIALECT_XL);

    g->kind = t->kind;
    g->platform_pci = !t->no_platform;
    for (unsigned i = 0; i < t->n; i++) {
        const struct wish *w = &t->vifs[i];
        struct vif *v = guest_add_vif(g, (struct place){ i + 1, 1 });

        v->mode = w->mode;
        v->type = g_strdup(w->type);
        v->model = g_strdup(w->model);
        v->bridge = g_strdup(w->bridge);
        v->vifname = g_strdup(w->vifname);
        v->backend = g_strdup(w->backend);
        v->script = g_strdup(w->script);
        v->has_devid = w->devid;
        v->devid = w->devid - 1;
        v->has_mac = w->mac;
        memcpy(v->mac, (uint8_t[]){ 0, 0x16, 0x3e, 0, 0, w->mac }, 6);
    }
    return g;
}

/* A name, and in brackets the one it has first */
static void append_name(GString *s, const char *name, const char *made)
{
    g_string_append(s, name);
    if (strcmp(name, made)) {
        g_string_append_printf(s, "(%s)", made);
    }
}

static char *describe(const struct plan *p)
{
    GString *s = g_string_new(NULL);

    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];

        g_string_append_printf(s, "%s%u ", i ? "; " : "", r->devid);
        if (r->emulated) {
            g_string_append_printf(s, "%s%s:", r->model, r->ours ? "" : "*");
            append_name(s, r->tap, r->tap_made);
        } else {
            g_string_append_c(s, '-');
        }
        g_string_append_c(s, ' ');
        if (r->pv) {
            append_name(s, r->vifname, r->vif_made);
        } else {
            g_string_append_c(s, '-');
        }
        g_string_append_printf(s, "%s%s %s", r->backend ? "@" : "",
                               r->backend ? r->backend : "",
                               r->bridge ? r->bridge : "-");
    }
    return g_string_free(s, FALSE);
}

/* @want: "severity key text", of which the text has to be in the remark */
static void check_remark(const struct remark *r, const char *want)
{
    static const char *const severities[] = { "note", "warning", "error" };
    char **word = g_strsplit(want, " ", 3);

    g_assert_cmpstr(severities[r->severity], ==, word[0]);
    g_assert_cmpstr(r->key ? r->key : "-", ==, word[1]);
    if (!strstr(r->text, word[2])) {
        g_error("'%s' is not in '%s'", word[2], r->text);
    }
    g_strfreev(word);
}

static void run_case(const void *data)
{
    const struct test_case *t = data;
    struct guest *g = build(t);
    struct plan_opts opts = {
        .has_domid = t->domid >= 0,
        .domid = (uint32_t)t->domid,
        .naming = t->naming,
        .models = models,
    };
    struct plan *p = plan_make(g, &opts);
    char *rows = describe(p);
    guint said = 0;

    g_assert_cmpstr(rows, ==, t->rows);
    while (said < G_N_ELEMENTS(t->said) && t->said[said]) {
        g_assert_cmpuint(said, <, p->remarks->len);
        check_remark(p->remarks->pdata[said], t->said[said]);
        said++;
    }
    g_assert_cmpuint(p->remarks->len, ==, said);
    g_free(rows);
    plan_free(p);
    guest_free(g);
}

/* Places count on from the first device id; one that is named stays */
static void test_first_devid(void)
{
    static const struct test_case t = {
        .domid = 3,
        .n = 3,
        .vifs = { { 0 }, { .devid = 1 }, { 0 } },
    };
    struct guest *g = build(&t);
    struct plan_opts opts = {
        .has_domid = true, .domid = 3, .devid = 4, .models = models
    };
    struct plan *p = plan_make(g, &opts);
    char *rows = describe(p);

    g_assert_cmpstr(rows, ==,
                    "4 rtl8139:vif3.4-emu vif3.4 xenbr0; "
                    "0 rtl8139:vif3.0-emu vif3.0 xenbr0; "
                    "6 rtl8139:vif3.6-emu vif3.6 xenbr0");
    g_free(rows);
    plan_free(p);
    guest_free(g);
}

static void test_values(void)
{
    struct guest *g = guest_new("test.cfg", DIALECT_XL);
    struct vif *v = guest_add_vif(g, (struct place){ 2, 7 });
    struct plan_opts opts = { .bridge = "br7", .script = "vif-mine" };
    const struct plan_row *r;
    struct plan *p;

    g->kind = GUEST_PV;
    v->mtu = 67;
    v->vlan = g_strdup("10");
    v->has_mac = true;
    v->mac[0] = 1;
    p = plan_make(g, &opts);
    r = p->rows->pdata[0];
    g_assert_cmpstr(r->bridge, ==, "br7");
    g_assert_cmpstr(r->script, ==, "vif-mine");
    g_assert_cmpuint(p->remarks->len, ==, 3);
    check_remark(p->remarks->pdata[0], "error mtu 67 is not an MTU");
    check_remark(p->remarks->pdata[1], "note vlan none of Xen's own scripts");
    check_remark(p->remarks->pdata[2], "warning mac group address");
    g_assert_cmpint(plan_severity(p), ==, REMARK_ERROR);
    plan_free(p);

    v->mtu = 9000;
    v->mac[0] = 0;
    p = plan_make(g, &opts);
    g_assert_cmpint(plan_severity(p), ==, REMARK_NOTE);
    /* What the reader found counts as well */
    guest_remark(g, REMARK_WARNING, v->at, "mtu", "odd");
    g_assert_cmpint(plan_severity(p), ==, REMARK_WARNING);
    plan_free(p);
    guest_free(g);
}

/* Thousands of vifs are compared with each other in no time */
static void test_many(void)
{
    struct guest *g = guest_new("test.cfg", DIALECT_XL);
    struct plan_opts opts = { .has_domid = true, .domid = 1 };
    int64_t start = cpu_us();
    struct plan *p;

    g->kind = GUEST_HVM;
    for (unsigned i = 0; i < 20000; i++) {
        guest_add_vif(g, (struct place){ i + 1, 1 });
    }
    p = plan_make(g, &opts);
    g_assert_cmpuint(p->rows->len, ==, 20000);
    g_assert_cmpint(cpu_us() - start, <, 5 * G_USEC_PER_SEC);
    plan_free(p);
    guest_free(g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strdup_printf("/plan/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], run_case);
        g_free(path);
    }
    g_test_add_func("/plan/first-devid", test_first_devid);
    g_test_add_func("/plan/values", test_values);
    g_test_add_func("/plan/many", test_many);
    return g_test_run();
}
