// SPDX-License-Identifier: MIT
/*
 * ctl-plan.c - vifctl plan: which cards and interfaces a guest will have
 */
#include "xen/ctl-guest.h"

struct guest *ctl_guest_config(const struct ctl *c, const char *file)
{
    size_t len, blank = 0;
    char *text = ctl_read(file, &len);
    struct guest *g;

    if (!text) {
        return NULL;
    }
    while (blank < len && g_ascii_isspace(text[blank])) {
        blank++;
    }
    if (c->has_format ? c->libvirt : blank < len && text[blank] == '<') {
        g = libvirt_read(file, text, len);
    } else {
        g = cfg_read(file, text, len, c->dialect);
    }
    g_free(text);
    return g;
}

bool ctl_guest_read(const struct ctl *c, const char *file, struct ctl_guest *g)
{
    struct plan_opts opts = {
        .has_domid = c->has_domid,
        .domid = c->domid,
        .naming = c->naming,
        .bridge = c->bridge,
        .script = c->script,
    };

    g->guest = ctl_guest_config(c, file);
    if (!g->guest) {
        return false;
    }
    g->models = ctl_models();
    opts.models = g->models;
    g->plan = plan_make(g->guest, &opts);
    return true;
}

void ctl_guest_free(struct ctl_guest *g)
{
    plan_free(g->plan);
    guest_free(g->guest);
    g_free(g->models);
}

bool ctl_guest_ok(const struct ctl *c, const struct ctl_guest *g)
{
    enum severity worst = plan_severity(g->plan);

    return worst < REMARK_WARNING || (c->lax && worst < REMARK_ERROR);
}

static void say_all(const char *file, const GPtrArray *remarks)
{
    for (guint i = 0; i < remarks->len; i++) {
        ctl_say(stderr, file, remarks->pdata[i]);
    }
}

void ctl_guest_say(const struct ctl *c, const struct ctl_guest *g)
{
    say_all(g->guest->file, g->guest->remarks);
    say_all(g->guest->file, g->plan->remarks);
    if (!ctl_guest_ok(c, g)) {
        ctl_fail("%s is refused%s", g->guest->file,
                 plan_severity(g->plan) == REMARK_WARNING
                     ? "; --lax goes on in spite of warnings"
                     : "");
    }
}

JsonBuilder *ctl_guest_json(const struct ctl *c, const struct ctl_guest *g)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "file", g->guest->file);
    ctl_json_string(b, "name", g->guest->name);
    ctl_json_string(b, "kind", guest_kind_word(g->guest->kind));
    ctl_json_string(b, "dialect", dialect_word(g->guest->dialect));
    ctl_json_bool(b, "refused", !ctl_guest_ok(c, g));
    ctl_json_remarks(b, g->guest->remarks, g->plan->remarks);
    return b;
}

/* What the vif comes to, whatever the word was that asked for it */
static enum vif_mode row_mode(const struct plan_row *r)
{
    return !r->emulated ? VIF_PV : r->pv ? VIF_BOTH : VIF_EMULATED;
}

static void json_row(JsonBuilder *b, const struct plan_row *r)
{
    const struct vif *v = r->vif;
    char *mac = v->has_mac ? mac_text(v->mac) : NULL;

    json_builder_begin_object(b);
    ctl_json_int(b, "devid", r->devid);
    ctl_json_int(b, "line", v->at.line);
    ctl_json_string(b, "mode", vif_mode_word(row_mode(r)));
    ctl_json_string(b, "model", r->model);
    if (r->emulated) {
        ctl_json_string(b, "emulator", r->ours ? "vifemu" : "qemu");
    }
    ctl_json_string(b, "tap", r->tap);
    ctl_json_string(b, "tap-made", r->tap_made);
    ctl_json_string(b, "vif", r->vifname);
    ctl_json_string(b, "vif-made", r->vif_made);
    ctl_json_string(b, "backend", r->backend);
    ctl_json_string(b, "bridge", r->bridge);
    ctl_json_string(b, "mac", mac);
    ctl_json_string(b, "rate", v->rate);
    if (v->rate_bytes) {
        ctl_json_int(b, "rate_bytes_per_interval", (gint64)v->rate_bytes);
        ctl_json_int(b, "rate_interval_usecs", v->rate_us);
    }
    if (v->mtu) {
        ctl_json_int(b, "mtu", v->mtu);
    }
    ctl_json_string(b, "script", r->script);
    ctl_json_string(b, "ip", v->ip);
    ctl_json_string(b, "vlan", v->vlan);
    json_builder_end_object(b);
    g_free(mac);
}

static void plan_json(const struct ctl *c, const struct ctl_guest *g)
{
    JsonBuilder *b = ctl_guest_json(c, g);

    json_builder_set_member_name(b, "vifs");
    json_builder_begin_array(b);
    for (guint i = 0; i < g->plan->rows->len; i++) {
        json_row(b, g->plan->rows->pdata[i]);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    ctl_json_print(b);
}

static void table_row(struct ctl_table *t, const struct plan_row *r)
{
    const struct vif *v = r->vif;
    char *mac = v->has_mac ? mac_text(v->mac) : NULL;

    ctl_cellf(t, "%u", r->devid);
    ctl_cell(t, vif_mode_word(row_mode(r)));
    if (r->emulated) {
        ctl_cellf(t, "%s%s", r->model, r->ours ? "" : " (QEMU)");
    } else {
        ctl_cell(t, NULL);
    }
    ctl_cell(t, r->tap);
    if (r->backend) {
        ctl_cellf(t, "%s in %s", r->vifname, r->backend);
    } else {
        ctl_cell(t, r->vifname);
    }
    ctl_cell(t, r->bridge);
    ctl_cell(t, mac ? mac : "random");
    ctl_cell(t, v->rate);
    if (v->mtu) {
        ctl_cellf(t, "%u", v->mtu);
    } else {
        ctl_cell(t, r->bridge ? "bridge's" : NULL);
    }
    ctl_cell(t, r->script);
    g_free(mac);
}

static void plan_table(const struct ctl_guest *g)
{
    static const char *const titles[] = { "vif", "type",   "model", "tap",
                                          "pv",  "bridge", "mac",   "rate",
                                          "mtu", "script" };
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));

    for (guint i = 0; i < g->plan->rows->len; i++) {
        table_row(t, g->plan->rows->pdata[i]);
    }
    ctl_table_print(t);
}

static int plan_run(const struct ctl *c, char **args)
{
    struct ctl_guest g;
    bool ok;

    if (!ctl_guest_read(c, args[0], &g)) {
        return CTL_USAGE;
    }
    ok = ctl_guest_ok(c, &g);
    if (c->json) {
        plan_json(c, &g);
    } else {
        if (ok) {
            plan_table(&g);
            fflush(stdout);
        }
        ctl_guest_say(c, &g);
    }
    ctl_guest_free(&g);
    return ok ? CTL_OK : CTL_FINDING;
}

const struct ctl_command ctl_plan = {
    .name = "plan",
    .args = "FILE",
    .min = 1,
    .max = 1,
    .options = CTL_GUEST | CTL_LAX,
    .summary = "Which cards and host interfaces a guest's vifs become",
    .text =
        "Reads the configuration FILE (- is standard input) and prints a row "
        "for each vif: its device id; both, emulated or pv, which says what "
        "cards the guest sees; the emulated card's model, with (QEMU) where "
        "vifemu has no such model; the names of its tap and of the "
        "paravirtual card's backend; bridge, MAC address, rate, MTU and "
        "hotplug script.  Without --domid a D stands for the domain's id.\n\n"
        "Remarks follow on standard error as FILE:LINE:COLUMN: key: text.  "
        "What the toolstack would not do as it is written is a warning, and a "
        "warning refuses the file unless --lax is given.  The host is not "
        "asked: a name may still be taken there, which 'vifctl up' sees.",
    .findings = "the file is refused",
    .run = plan_run,
};
