// SPDX-License-Identifier: MIT
/*
 * ctl-names.c - vifctl names: which card an interface belongs to, and back
 */
#include <string.h>

#include "xen/ctl.h"

static void json_reading(JsonBuilder *b, const char *name,
                         const struct name_reading *r)
{
    json_builder_begin_object(b);
    ctl_json_string(b, "naming", naming_word(r->naming));
    ctl_json_string(b, "role", r->role == NAME_TAP ? "tap" : "vif");
    if (r->vifname) {
        char *wish = g_strndup(name + r->start, r->wish);

        ctl_json_string(b, "vifname", wish);
        g_free(wish);
    } else {
        ctl_json_int(b, "domid", r->domid);
        ctl_json_int(b, r->counted ? "emulated-card" : "devid", r->devid);
        ctl_json_bool(b, "cut", r->cut);
    }
    json_builder_end_object(b);
}

static void tell_json(const char *name, const struct name_reading *all,
                      unsigned n, const char *why)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "name", name);
    ctl_json_string(b, "refused", why);
    json_builder_set_member_name(b, "readings");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < n; i++) {
        json_reading(b, name, &all[i]);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    ctl_json_print(b);
}

static void tell(const char *name, const struct name_reading *all, unsigned n)
{
    static const char *const titles[] = { "naming", "card", "domain", "device",
                                          "remark" };
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));

    for (unsigned i = 0; i < n; i++) {
        const struct name_reading *r = &all[i];

        ctl_cell(t, naming_word(r->naming));
        ctl_cell(t, r->role == NAME_TAP ? "emulated" : "pv");
        if (r->vifname) {
            ctl_cell(t, NULL);
            ctl_cell(t, NULL);
            ctl_cellf(t, "of the vif with vifname=%.*s", r->wish,
                      name + r->start);
            continue;
        }
        ctl_cellf(t, "%u", r->domid);
        if (r->counted) {
            ctl_cell(t, NULL);
            ctl_cellf(t, "emulated card %u, counted from 0", r->devid);
        } else {
            ctl_cellf(t, "%u", r->devid);
            ctl_cell(t, r->cut ? "a longer name, cut off by QEMU" : NULL);
        }
    }
    ctl_table_print(t);
}

static int read_name(const struct ctl *c, const char *name)
{
    struct name_reading all[NAMES_READINGS];
    unsigned n = name_read(name, all);
    char *why = name_refusal(name);
    int status = n && !why ? CTL_OK : CTL_FINDING;

    if (c->json) {
        tell_json(name, all, n, why);
    } else if (why) {
        ctl_fail("'%s' %s", name, why);
    } else if (!n) {
        ctl_fail("'%s' is not a name that a toolstack makes by itself; it "
                 "may be somebody's vifname=",
                 name);
    } else {
        tell(name, all, n);
    }
    g_free(why);
    return status;
}

static void made_json(JsonBuilder *b, enum naming naming,
                      const char *const name[3])
{
    static const char *const keys[] = { "vif", "tap", "tap-made" };

    json_builder_begin_object(b);
    ctl_json_string(b, "naming", naming_word(naming));
    for (unsigned i = 0; i < 3; i++) {
        char *why = name_refusal(name[i]);
        char *key = g_strconcat(keys[i], "-refused", NULL);

        ctl_json_string(b, keys[i], name[i]);
        ctl_json_string(b, key, why);
        g_free(key);
        g_free(why);
    }
    json_builder_end_object(b);
}

/* The three names, and what is wrong with the first that cannot be */
static bool made_row(struct ctl_table *t, enum naming naming,
                     const char *const name[3])
{
    char *why = NULL;
    bool ok;

    ctl_cell(t, naming_word(naming));
    for (unsigned i = 0; i < 3; i++) {
        ctl_cell(t, name[i]);
    }
    for (unsigned i = 0; i < 3 && !why; i++) {
        char *bad = name_refusal(name[i]);

        why = bad ? g_strdup_printf("'%s' %s", name[i], bad) : NULL;
        g_free(bad);
    }
    ctl_cell(t, why);
    ok = !why;
    g_free(why);
    return ok;
}

static bool make_one(const struct ctl *c, enum naming naming,
                     struct ctl_table *t, JsonBuilder *b)
{
    struct name_of of = { .role = NAME_VIF,
                          .has_domid = c->has_domid,
                          .domid = c->domid,
                          .devid = c->devid,
                          .index = c->devid,
                          .vifname = c->vifname };
    char *name[3];
    bool ok;

    name[0] = name_make(naming, &of);
    of.role = NAME_TAP;
    name[1] = name_make(naming, &of);
    name[2] = name_first(naming, &of);
    made_json(b, naming, (const char *const *)name);
    ok = made_row(t, naming, (const char *const *)name);
    for (unsigned i = 0; i < 3; i++) {
        g_free(name[i]);
    }
    return ok;
}

/* By the naming that was asked for, or by all */
static int make_names(const struct ctl *c)
{
    static const char *const titles[] = { "naming", "pv", "emulated",
                                          "emulated at first", "refused" };
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));
    JsonBuilder *b = json_builder_new();
    bool ok = true;

    json_builder_begin_array(b);
    for (unsigned i = 0; i < NAMINGS; i++) {
        if (!c->has_naming || c->naming == i) {
            ok &= make_one(c, (enum naming)i, t, b);
        }
    }
    json_builder_end_array(b);
    if (c->json) {
        ctl_json_print(b);
        ctl_table_free(t);
    } else {
        ctl_table_print(t);
        g_object_unref(b);
    }
    return ok ? CTL_OK : CTL_FINDING;
}

static int names_run(const struct ctl *c, char **args)
{
    if (args[0] && (c->has_domid || c->has_devid || c->vifname)) {
        ctl_fail("a name, or --domid and --devid that make one: not both");
        return CTL_USAGE;
    }
    if (!args[0] && !(c->has_domid && c->has_devid)) {
        ctl_fail("names wants a name, or --domid and --devid");
        return CTL_USAGE;
    }
    return args[0] ? read_name(c, args[0]) : make_names(c);
}

const struct ctl_command ctl_names = {
    .name = "names",
    .args = "[INTERFACE]",
    .max = 1,
    .options = CTL_JSON | CTL_NAMING | CTL_DOMID | CTL_DEVID | CTL_VIFNAME,
    .summary = "Which card an interface belongs to, and the other way round",
    .text = "With an INTERFACE: whose it is, by each toolstack that would "
            "have made the name.  With --domid and --devid (and --vifname): "
            "the names of that card's interfaces, by all toolstacks or the "
            "one of --naming.  Nothing is asked of the host.\n\n"
            "xend counts emulated cards where others use the device id; "
            "--devid is taken for that count.",
    .findings = "no toolstack makes the name, or Linux refuses it",
    .run = names_run,
};
