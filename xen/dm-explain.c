// SPDX-License-Identifier: MIT
/*
 * dm-explain.c - vifemu-dm's plan, for people and as JSON
 */
#include <stdio.h>
#include <string.h>

#include "xen/ctl.h"
#include "xen/dm-log.h"
#include "xen/dm-plan.h"

static void table(const struct dm_plan *p)
{
    static const char *const titles[] = { "card", "model", "emulator", "type",
                                          "tap",  "slot",  "because" };
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));

    for (guint i = 0; i < p->nics->len; i++) {
        const struct dm_nic *n = p->nics->pdata[i];

        ctl_cell(t, n->id);
        ctl_cell(t, n->model);
        ctl_cell(t, n->ours ? "vifemu" : "QEMU");
        ctl_cell(t, n->ours ? dm_policy_word(n->policy) : NULL);
        ctl_cell(t, n->ifname);
        ctl_cell(t, !n->ours  ? NULL
                    : n->isa  ? "ISA"
                    : n->addr ? n->addr
                              : "QEMU's");
        ctl_cell(t, n->why);
    }
    ctl_table_print(t);
}

/* A command line, a word and its value a line */
static void command(const char *what, char **argv)
{
    printf("\n%s:\n  ", what);
    for (char **w = argv; *w; w++) {
        char *shown = ctl_clean(*w);

        printf("%s%s", w == argv ? "" : **w == '-' ? " \\\n    " : " ", shown);
        g_free(shown);
    }
    putchar('\n');
}

static void json_words(JsonBuilder *b, const char *name, char **argv)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (char **w = argv; *w; w++) {
        char *valid = g_utf8_make_valid(*w, -1);

        json_builder_add_string_value(b, valid);
        g_free(valid);
    }
    json_builder_end_array(b);
}

static void json_nic(JsonBuilder *b, const struct dm_nic *n)
{
    json_builder_begin_object(b);
    ctl_json_string(b, "card", n->id);
    ctl_json_string(b, "model", n->model);
    ctl_json_string(b, "emulator", n->ours ? "vifemu" : "qemu");
    if (n->ours) {
        ctl_json_string(b, "type", dm_policy_word(n->policy));
        ctl_json_bool(b, "isa", n->isa);
    }
    ctl_json_string(b, "netdev", n->netdev);
    ctl_json_string(b, "mac", n->mac);
    ctl_json_string(b, "tap", n->ifname);
    ctl_json_string(b, "slot", n->addr);
    ctl_json_string(b, "because", n->why);
    json_builder_end_object(b);
}

static void json(const struct dm_plan *p, char **qemu, char **vifemu)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "name", p->name);
    if (p->has_domid) {
        ctl_json_int(b, "domid", p->domid);
    }
    ctl_json_bool(b, "unchanged", !p->ours);
    ctl_json_string(b, "because", p->why);
    json_builder_set_member_name(b, "cards");
    json_builder_begin_array(b);
    for (guint i = 0; i < p->nics->len; i++) {
        json_nic(b, p->nics->pdata[i]);
    }
    json_builder_end_array(b);
    ctl_json_string(b, "qmp", p->qmp_path);
    json_words(b, "qemu", qemu);
    if (vifemu) {
        json_words(b, "vifemu", vifemu);
    }
    json_builder_end_object(b);
    ctl_json_print(b);
}

void dm_plan_log(const struct dm_plan *p)
{
    for (guint i = 0; i < p->nics->len; i++) {
        const struct dm_nic *n = p->nics->pdata[i];

        if (n->ours) {
            dm_log("%s: %s at %s, tap %s, type %s", n->id, n->model,
                   n->isa ? "its ISA ports" : n->addr,
                   n->ifname ? n->ifname : "given", dm_policy_word(n->policy));
        } else {
            dm_log("%s: %s is QEMU's: %s", n->id, n->model, n->why);
        }
    }
}

void dm_explain(const struct dm_plan *p, const struct dm_settings *s,
                const char *qemu, const char *user, bool as_json)
{
    char **qemu_argv = dm_plan_qemu(p, qemu, NULL);
    char **vifemu_argv =
        p->ours ? dm_plan_vifemu(p, s->vifemu, user, NULL) : NULL;

    if (as_json) {
        json(p, qemu_argv, vifemu_argv);
    } else {
        if (p->nics->len) {
            table(p);
        }
        if (!p->ours) {
            char *why = ctl_clean(p->why);

            printf("%s: %s\n",
                   p->probe ? "QEMU answers libxl's questions"
                            : "QEMU gets everything as it is",
                   why);
            g_free(why);
        }
        command("QEMU", qemu_argv);
        if (vifemu_argv) {
            command("vifemu", vifemu_argv);
        }
    }
    g_strfreev(qemu_argv);
    g_strfreev(vifemu_argv);
}
