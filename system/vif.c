// SPDX-License-Identifier: MIT
/*
 * vif.c - -vif: a NIC and its tap by a line of a Xen guest's configuration
 *
 * Reader, planner, host check and wiring are those of vifctl (xen/); here is
 * only what is done with their results: an emulated vif becomes what
 *
 *     -netdev tap,id=netM,ifname=vifN.M-emu,script=no,downscript=no
 *     -device MODEL,id=nicM,netdev=netM,mac=...
 *
 * would make, as libxl words it, on a tap that is wired as the script
 * vif-bridge leaves it.  The tap is ours alone and is made anew: a descriptor
 * holds it, so it cannot outlive us.
 *
 * A paravirtual vif is none of our business.  A process of which nothing else
 * was asked, neither another NIC nor a monitor nor qtest, then has nothing to
 * do and ends with success: a guest without emulated cards is no error.  With
 * a monitor it stays, since somebody expects to speak with it.
 */
#include "system/vif.h"

#include <linux/if_tun.h>
#include <string.h>

#include "net/netdev.h"
#include "system/nicdev.h"
#include "system/opts.h"
#include "system/vm.h"
#include "xen/vifspec.h"
#include "xen/wire.h"

#define OPTION "-vif"

/**
 * struct vif_set - All -vif
 * @specs: Their texts; the line of a place is the number of one, from 1
 * @any:   There is an emulated card among them
 * @said, @plan_said: Remarks of guest and plan that were told already
 */
struct vif_set {
    const GPtrArray *specs;
    struct guest *guest;
    struct plan *plan;
    GPtrArray *models;
    bool any;
    guint said, plan_said;
};

/* The emulated row that a remark is about, which we have no model for */
static bool is_foreign(const struct vif_set *set, const struct remark *r)
{
    for (guint i = 0; set->plan && i < set->plan->rows->len; i++) {
        const struct plan_row *row = set->plan->rows->pdata[i];

        if (row->vif->at.line == r->at.line && row->emulated && !row->ours) {
            return true;
        }
    }
    return false;
}

static void say(const struct vif_set *set, const struct remark *r)
{
    bool note = r->severity == REMARK_NOTE;
    char *column = r->at.column > 1
                       ? g_strdup_printf("column %u: ", r->at.column)
                       : g_strdup("");

    /* The plan would leave such a card to QEMU */
    if (!note || g_strcmp0(r->key, "model") || !is_foreign(set, r)) {
        error_report("%s%s%s: %s%s%s%s%s", OPTION, r->at.line ? " " : "",
                     r->at.line ? (char *)set->specs->pdata[r->at.line - 1]
                                : "",
                     column, note ? "note: " : "", r->key ? r->key : "",
                     r->key ? ": " : "", r->text);
    }
    g_free(column);
}

/* Print what is new among the remarks.  Whether all of them are mere notes */
static bool say_new(struct vif_set *set)
{
    const GPtrArray *const of_guest = set->guest->remarks;
    const GPtrArray *const of_plan = set->plan ? set->plan->remarks : NULL;
    enum severity worst = REMARK_NOTE;

    for (; set->said < of_guest->len; set->said++) {
        const struct remark *r = of_guest->pdata[set->said];

        worst = MAX(worst, r->severity);
        say(set, r);
    }
    for (; of_plan && set->plan_said < of_plan->len; set->plan_said++) {
        const struct remark *r = of_plan->pdata[set->plan_said];

        worst = MAX(worst, r->severity);
        say(set, r);
    }
    return worst == REMARK_NOTE;
}

static enum dialect dialect_of(const struct options *o)
{
    const char *word = o->vif_dialect ? o->vif_dialect : "xl";

    return !strcmp(word, "xm")       ? DIALECT_XM
           : !strcmp(word, "xl-4.5") ? DIALECT_XL_45
                                     : DIALECT_XL;
}

static void read_specs(struct vif_set *set, const struct options *o)
{
    set->guest = guest_new(OPTION, dialect_of(o));
    set->guest->kind = GUEST_HVM;
    set->guest->own = true;
    for (guint i = 0; i < set->specs->len; i++) {
        const struct place at = { i + 1, 1 };

        vifspec_read(set->guest, guest_add_vif(set->guest, at),
                     set->specs->pdata[i], at);
    }
}

static void list_models(struct vif_set *set)
{
    set->models = g_ptr_array_new();
    for (unsigned i = 0; nic_models[i]; i++) {
        g_ptr_array_add(set->models, (char *)(uintptr_t)nic_models[i]->name);
    }
    g_ptr_array_add(set->models, NULL);
}

/* What the plan lets pass and we cannot do */
static void check_row(struct vif_set *set, const struct plan_row *r)
{
    char *known;

    if (!r->emulated) {
        return;
    }
    if (!r->ours && strcmp(r->model, "netfront") != 0) {
        known = g_strjoinv(", ", (char **)set->models->pdata);
        plan_remark(set->plan, REMARK_ERROR, r->vif->at, "model",
                    "'%s' is not emulated here; there are %s", r->model, known);
        g_free(known);
    }
    if (!set->plan->has_domid) {
        plan_remark(set->plan, REMARK_ERROR, r->vif->at, NULL,
                    "-domid is missing: the tap's name is made of it");
    }
}

static void make_plan(struct vif_set *set, const struct options *o)
{
    uint64_t domid = o->domid != OPTIONS_NO_ID ? o->domid : o->xen_domid;
    struct plan_opts opts = {
        .has_domid = domid != OPTIONS_NO_ID,
        .domid = (uint32_t)domid,
        .devid = o->devid != OPTIONS_NO_ID ? (uint32_t)o->devid : 0,
        .models = (const char *const *)set->models->pdata,
    };

    set->plan = plan_make(set->guest, &opts);
    for (guint i = 0; i < set->plan->rows->len; i++) {
        check_row(set, set->plan->rows->pdata[i]);
    }
}

/* Why there is no card */
static char *why_pv(const struct plan_row *r, enum dialect dialect)
{
    const char *type = r->vif->type ? r->vif->type : "";
    bool lost = dialect == DIALECT_XL && strcmp(type, "vif") != 0;

    return g_strdup_printf("type=%s is the paravirtual card only: no emulated "
                           "card, no tap%s",
                           type,
                           lost ? " (xl of Xen 4.6 and later passes this word "
                                  "over and has both; it knows vif)"
                                : "");
}

static void say_pv(const struct vif_set *set, const struct plan_row *r)
{
    char *why = why_pv(r, set->guest->dialect);

    error_report("%s %s: note: %s", OPTION, r->vif->text, why);
    g_free(why);
}

/* Whether there is nothing beside -vif that one could do something with */
static bool is_alone(const struct options *o)
{
    if (o->monitors || o->qtest || o->devices) {
        return false;
    }
    for (guint i = 0; o->nics && i < o->nics->len; i++) {
        const struct option_item *item = o->nics->pdata[i];

        if (g_strcmp0(opts_peek(item->opts, "type"), "none")) {
            return false;
        }
    }
    return true;
}

enum vif_result vif_plan(const struct options *o, struct vif_set **out)
{
    struct vif_set *set = g_new0(struct vif_set, 1);

    *out = set;
    set->specs = o->vifs;
    if (!o->vifs) {
        return VIF_GO;
    }
    list_models(set);
    read_specs(set, o);
    if (!say_new(set)) {
        return VIF_REFUSED;
    }
    make_plan(set, o);
    if (!say_new(set)) {
        return VIF_REFUSED;
    }
    for (guint i = 0; i < set->plan->rows->len; i++) {
        const struct plan_row *r = set->plan->rows->pdata[i];

        if (r->emulated) {
            set->any = true;
        } else {
            say_pv(set, r);
        }
    }
    if (!set->any && is_alone(o)) {
        error_report("nothing is left to do: no NIC, no monitor, no qtest");
        return VIF_NOTHING;
    }
    return VIF_GO;
}

/* The NIC and the backend of a row, on descriptor @fd */
static void add_row(struct options *o, const struct plan_row *r,
                    const char *mac, int fd)
{
    JsonObject *netdev = json_object_new(), *nic = json_object_new();
    char *net = g_strdup_printf("net%u", r->devid);
    char *id = g_strdup_printf("nic%u", r->devid);

    json_object_set_string_member(netdev, "type", "tap");
    json_object_set_string_member(netdev, "id", net);
    json_object_set_int_member(netdev, "fd", fd);
    options_add(&o->netdevs, "vif", r->vif->text, netdev);
    json_object_set_string_member(nic, "driver", r->model);
    json_object_set_string_member(nic, "id", id);
    json_object_set_string_member(nic, "netdev", net);
    json_object_set_string_member(nic, "mac", mac);
    options_add(&o->devices, "vif", r->vif->text, nic);
    g_free(net);
    g_free(id);
}

static JsonObject *show_row(const struct vif_set *set, const struct plan_row *r)
{
    JsonObject *o = json_object_new();
    char *why;

    json_object_set_int_member(o, "devid", r->devid);
    json_object_set_string_member(o, "spec", r->vif->text);
    json_object_set_string_member(o, "mode", vif_mode_word(r->vif->mode));
    json_object_set_boolean_member(o, "emulated", r->emulated);
    if (!r->emulated) {
        why = why_pv(r, set->guest->dialect);
        json_object_set_string_member(o, "reason", why);
        g_free(why);
    }
    return o;
}

/* An emulated row: @tap, made, held by @fd */
static void take_row(struct options *o, const struct plan_row *r,
                     const struct wire_tap *tap, int fd, JsonObject *shown)
{
    uint8_t mac[6];
    char *text;

    memcpy(mac, r->vif->mac, sizeof(mac));
    if (!r->vif->has_mac) {
        mac_random(mac);
    }
    text = mac_text(mac);
    if (!r->vif->has_mac) {
        error_report("%s %s: note: mac: made up, as a toolstack does: %s",
                     OPTION, r->vif->text, text);
    }
    add_row(o, r, text, fd);
    json_object_set_string_member(shown, "model", r->model);
    json_object_set_string_member(shown, "mac", text);
    json_object_set_string_member(shown, "tap", tap->name);
    if (tap->bridge) {
        json_object_set_string_member(shown, "bridge", r->bridge);
    }
    json_object_set_int_member(shown, "mtu", tap->mtu);
    g_free(text);
}

/* Taps are in the order of the rows that are emulated */
static void take_rows(const struct vif_set *set, struct options *o,
                      const GArray *taps, const int *fds)
{
    JsonArray *all = json_array_new();
    guint n = 0;

    for (guint i = 0; i < set->plan->rows->len; i++) {
        const struct plan_row *r = set->plan->rows->pdata[i];
        JsonObject *shown = show_row(set, r);

        if (r->emulated) {
            take_row(o, r, &g_array_index(taps, struct wire_tap, n), fds[n],
                     shown);
            n++;
        }
        json_array_add_object_element(all, shown);
    }
    vm_set_vifs(all);
}

/* What 'vifctl up' would enforce, and we do not */
static void note_filters(struct plan *p)
{
    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];

        if (r->emulated && r->vif->ip && *r->vif->ip) {
            plan_remark(p, REMARK_NOTE, r->vif->at, "ip",
                        "is not enforced here; 'vifctl up' and the script "
                        "vif-emu make filters");
        }
    }
}

static bool make_taps(struct vif_set *set, struct options *o, struct host *h)
{
    GArray *taps = g_array_new(FALSE, FALSE, sizeof(struct wire_tap));
    GError *err = NULL;
    int *fds = NULL;
    bool ok;

    wire_check(set->plan, h, taps);
    note_filters(set->plan);
    ok = say_new(set);
    if (ok) {
        fds = g_new(int, taps->len);
        ok = wire_make(taps, IFF_VNET_HDR, fds, &err);
    }
    if (err) {
        error_report("%s: %s", OPTION, err->message);
        g_error_free(err);
    }
    if (ok) {
        take_rows(set, o, taps, fds);
    }
    g_free(fds);
    g_array_unref(taps);
    return ok;
}

bool vif_wire(struct vif_set *set, struct options *o)
{
    GError *err = NULL;
    struct host *h;
    bool ok;

    if (!set->any) {
        if (set->specs) {
            take_rows(set, o, NULL, NULL);
        }
        return true;
    }
    h = host_read(&err);
    if (!h) {
        error_report("%s: %s", OPTION, err->message);
        g_error_free(err);
        return false;
    }
    ok = make_taps(set, o, h);
    host_free(h);
    return ok;
}

void vif_free(struct vif_set *set)
{
    if (!set) {
        return;
    }
    plan_free(set->plan);
    guest_free(set->guest);
    if (set->models) {
        g_ptr_array_unref(set->models);
    }
    g_free(set);
}
