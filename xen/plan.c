// SPDX-License-Identifier: MIT
/*
 * plan.c - what will exist for the vifs of a guest
 *
 * A vif is up to two cards: one that is emulated, whose frames pass a tap of
 * the domain where the device model runs, and a paravirtual one, whose
 * backend is an interface of the domain that backend= names.  Both have one
 * MAC address, and the guest takes the emulated one away ("unplugs" it) when
 * it has drivers for the other.  Which of them there are is the vif's mode:
 *
 *            HVM                          PV, PVH
 *   both     tap and backend              refused: no device model
 *   emulated tap; unplug leaves it alone  refused
 *   pv       backend                      backend
 *
 * What follows from this and goes wrong in practice is remarked: a guest
 * that ends without any card, an emulated card that no bridge carries, names
 * that do not fit or exist twice.
 */
#include "xen/plan.h"

#include <string.h>

/* xl's, of libxl (libxl_nic.c) */
#define BRIDGE_DEFAULT "xenbr0"
#define SCRIPT_DEFAULT "vif-bridge"
#define MODEL_DEFAULT  "rtl8139"

/* What an IPv4 host has to take (RFC 791), and the largest that a tap takes
 * (MAX_MTU of Linux' tun.c, 65535 less an Ethernet header) */
#define MTU_MIN 68
#define MTU_MAX 65521

void plan_remark(struct plan *p, enum severity severity, struct place at,
                 const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remark_add(p->remarks, severity, at, key, format, args);
    va_end(args);
}

enum severity plan_severity(const struct plan *p)
{
    const GPtrArray *const lists[] = { p->guest->remarks, p->remarks };
    enum severity worst = REMARK_NOTE;

    for (unsigned k = 0; k < G_N_ELEMENTS(lists); k++) {
        for (guint i = 0; i < lists[k]->len; i++) {
            const struct remark *r = lists[k]->pdata[i];

            worst = MAX(worst, r->severity);
        }
    }
    return worst;
}

const char *vif_mode_word(enum vif_mode mode)
{
    static const char *const words[] = {
        [VIF_BOTH] = "both",
        [VIF_EMULATED] = "emulated",
        [VIF_PV] = "pv",
    };

    return words[mode];
}

const char *guest_kind_word(enum guest_kind kind)
{
    static const char *const words[] = {
        [GUEST_HVM] = "hvm",
        [GUEST_PV] = "pv",
        [GUEST_PVH] = "pvh",
    };

    return words[kind];
}

const char *dialect_word(enum dialect dialect)
{
    static const char *const words[] = {
        [DIALECT_XL] = "xl",
        [DIALECT_XL_45] = "xl-4.5",
        [DIALECT_XM] = "xm",
    };

    return words[dialect];
}

static void row_free(void *data)
{
    struct plan_row *r = data;

    g_free(r->tap);
    g_free(r->tap_made);
    g_free(r->vif_made);
    g_free(r->vifname);
    g_free(r);
}

void plan_free(struct plan *p)
{
    if (p) {
        g_ptr_array_unref(p->rows);
        g_ptr_array_unref(p->remarks);
        g_free(p);
    }
}

/* Which cards there are */
static void plan_type(struct plan *p, struct plan_row *r)
{
    const struct vif *v = r->vif;

    r->emulated = v->mode != VIF_PV;
    r->pv = v->mode != VIF_EMULATED;
    if (p->guest->kind == GUEST_HVM) {
        return;
    }
    /* Without a word both is merely what was not said */
    if (v->mode == VIF_EMULATED || (v->mode == VIF_BOTH && v->type)) {
        plan_remark(p, REMARK_ERROR, v->at, "type",
                    "a %s guest has no device model, so it cannot have an "
                    "emulated card; leave type= away",
                    guest_kind_word(p->guest->kind));
    }
    r->emulated = false;
    r->pv = true;
}

static bool in_list(const char *const *list, const char *word)
{
    for (; list && *list; list++) {
        if (!strcmp(*list, word)) {
            return true;
        }
    }
    return false;
}

static void plan_model(struct plan *p, struct plan_row *r,
                       const struct plan_opts *opts)
{
    const struct vif *v = r->vif;

    if (!r->emulated) {
        if (v->model) {
            plan_remark(p, REMARK_NOTE, v->at, "model",
                        "there is no emulated card that could be a %s",
                        v->model);
        }
        return;
    }
    r->model = v->model ? v->model : MODEL_DEFAULT;
    r->ours = in_list(opts->models, r->model);
    if (!strcmp(r->model, "netfront")) {
        plan_remark(p, REMARK_WARNING, v->at, "model",
                    "no device model has a card of this name, the guest does "
                    "not start; for the paravirtual card only say type=%s",
                    p->guest->dialect == DIALECT_XM ? "netfront" : "vif");
    } else if (!r->ours) {
        plan_remark(p, REMARK_NOTE, v->at, "model",
                    "vifemu does not emulate %s, QEMU is left to it", r->model);
    }
}

/* A driver domain by name or number; ours is not one */
static bool is_here(const char *backend)
{
    return !*backend || !strcmp(backend, "0") || !strcmp(backend, "Domain-0");
}

static void plan_backend(struct plan *p, struct plan_row *r)
{
    const struct vif *v = r->vif;

    if (!v->backend || is_here(v->backend)) {
        return;
    }
    r->backend = v->backend;
    if (r->emulated) {
        plan_remark(p, REMARK_WARNING, v->at, "backend",
                    "the emulated card's tap is made in this domain, but "
                    "scripts run in %s: no bridge gets the tap, and the card "
                    "has no network until the guest drives the paravirtual "
                    "one",
                    v->backend);
    } else {
        plan_remark(p, REMARK_NOTE, v->at, "backend",
                    "bridge and script are those of %s, where 'xl devd' runs "
                    "them",
                    v->backend);
    }
}

/* Which script, and the bridge if it is one that has a use for it */
static void plan_wiring(struct plan *p, struct plan_row *r,
                        const struct plan_opts *opts)
{
    const struct vif *v = r->vif;
    const char *slash;

    r->script = v->script      ? v->script
                : opts->script ? opts->script
                               : SCRIPT_DEFAULT;
    slash = strrchr(r->script, '/');
    if (!strcmp(slash ? slash + 1 : r->script, "vif-nat") && r->emulated) {
        plan_remark(p, REMARK_WARNING, v->at, "script",
                    "vif-nat does nothing for taps: the emulated card has no "
                    "network");
    }
    if (!v->bridge && (g_str_has_suffix(r->script, "vif-nat") ||
                       g_str_has_suffix(r->script, "vif-route"))) {
        return;
    }
    r->bridge = v->bridge      ? v->bridge
                : opts->bridge ? opts->bridge
                               : BRIDGE_DEFAULT;
}

/* No card at all is possible only where the guest takes one away, or where
 * what it needs to drive the other is missing */
static void plan_unplug(struct plan *p, struct plan_row *r)
{
    const struct vif *v = r->vif;

    if (p->guest->kind != GUEST_HVM) {
        return;
    }
    if (r->pv && !p->guest->platform_pci) {
        plan_remark(p, r->emulated ? REMARK_NOTE : REMARK_WARNING, v->at,
                    "type",
                    r->emulated
                        ? "with xen_platform_pci=0 a guest neither unplugs "
                          "the emulated card nor uses the paravirtual one"
                        : "with xen_platform_pci=0 most guests do not find "
                          "the paravirtual card, and there is no other: no "
                          "network");
    }
    if (!r->pv && p->guest->platform_pci) {
        plan_remark(p, REMARK_NOTE, v->at, "type",
                    "a guest with paravirtual drivers unplugs the emulated "
                    "card, its only one: vifemu keeps it, QEMU takes it away "
                    "and leaves the guest without network");
    }
}

static void plan_values(struct plan *p, const struct plan_row *r)
{
    const struct vif *v = r->vif;

    if (v->mtu && (v->mtu < MTU_MIN || v->mtu > MTU_MAX)) {
        plan_remark(p, REMARK_ERROR, v->at, "mtu",
                    "%u is not an MTU, which is %d to %d", v->mtu, MTU_MIN,
                    MTU_MAX);
    }
    if (v->rate_bytes && r->emulated) {
        plan_remark(p, REMARK_NOTE, v->at, "rate",
                    "limits the paravirtual card's backend; the emulated card "
                    "is not held back");
    }
    if (v->vlan) {
        plan_remark(p, REMARK_NOTE, v->at, "vlan",
                    "is written to xenstore, where none of Xen's own scripts "
                    "reads it");
    }
    if (v->has_mac && v->mac[0] & 1) {
        plan_remark(p, REMARK_WARNING, v->at, "mac",
                    "is a group address, which no guest's driver takes");
    }
}

/* Refuse a name that cannot be; @n: as in struct name_of */
static void check_name(struct plan *p, const struct plan_row *r,
                       const char *name, const struct name_of *n,
                       enum naming naming)
{
    char *why = name_refusal(name);
    struct name_of longest = *n;
    char *last;

    if (why) {
        plan_remark(p, REMARK_ERROR, r->vif->at,
                    r->vif->vifname ? "vifname" : "devid",
                    "the interface would be called '%s', which %s", name, why);
        g_free(why);
        return;
    }
    if (n->has_domid) {
        return;
    }
    longest.has_domid = true;
    longest.domid = NAMES_DOMID_MAX;
    last = name_first(naming, &longest);
    why = name_refusal(last);
    if (why) {
        plan_remark(p, REMARK_NOTE, r->vif->at, "devid",
                    "does not start with a high domain id: '%s' %s", last, why);
    }
    g_free(why);
    g_free(last);
}

/* A name that is wished must not be one that another guest may get */
static void check_wish(struct plan *p, const struct plan_row *r)
{
    struct name_reading all[NAMES_READINGS];
    const char *wish = r->vif->vifname;

    if (wish && name_read(wish, all) && !all[0].vifname) {
        plan_remark(p, REMARK_WARNING, r->vif->at, "vifname",
                    "'%s' is what %s calls an interface of domain %u", wish,
                    naming_word(all[0].naming), all[0].domid);
    }
}

/* One of a row's two interfaces: as it is made, and as it is called then */
static void plan_name(struct plan *p, struct plan_row *r,
                      const struct name_of *of, enum naming naming, char **made,
                      char **name)
{
    *made = name_first(naming, of);
    *name = name_make(naming, of);
    check_name(p, r, *made, of, naming);
    if (strcmp(*made, *name)) {
        check_name(p, r, *name, of, naming);
    }
}

/* @emulated_before: how many emulated cards come before this one */
static void plan_names(struct plan *p, struct plan_row *r,
                       const struct plan_opts *opts, uint32_t emulated_before)
{
    struct name_of of = {
        .role = NAME_VIF,
        .has_domid = opts->has_domid,
        .domid = opts->domid,
        .devid = r->devid,
        .index = emulated_before,
        .vifname = r->vif->vifname,
    };

    if (r->pv) {
        plan_name(p, r, &of, opts->naming, &r->vif_made, &r->vifname);
    }
    if (r->emulated) {
        of.role = NAME_TAP;
        plan_name(p, r, &of, opts->naming, &r->tap_made, &r->tap);
    }
    check_wish(p, r);
}

/* Remember @key for @r; the row that had it before */
static const struct plan_row *claim(GHashTable *all, const char *key,
                                    const struct plan_row *r)
{
    const struct plan_row *before = g_hash_table_lookup(all, key);

    if (!before) {
        g_hash_table_insert(all, g_strdup(key), (void *)r);
    }
    return before;
}

/* An interface's name is taken by another vif of this guest.  Both are told
 * by device ids, which are what a reader of the table sees */
static void claim_name(struct plan *p, GHashTable *names,
                       const struct plan_row *r, const char *name)
{
    const struct plan_row *before = name ? claim(names, name, r) : NULL;

    if (before && before != r) {
        plan_remark(p, REMARK_ERROR, r->vif->at,
                    r->vif->vifname ? "vifname" : "devid",
                    "vif %u already has an interface called '%s'",
                    before->devid, name);
    }
}

static void claim_mac(struct plan *p, GHashTable *macs,
                      const struct plan_row *r)
{
    char *mac = mac_text(r->vif->mac);
    const struct plan_row *before =
        r->vif->has_mac ? claim(macs, mac, r) : NULL;

    if (before) {
        bool same = !g_strcmp0(before->bridge, r->bridge);

        plan_remark(p, same ? REMARK_WARNING : REMARK_NOTE, r->vif->at, "mac",
                    "vif %u has the same%s", before->devid,
                    same ? ", on the same bridge: frames for one reach the "
                           "other"
                         : "");
    }
    g_free(mac);
}

/* What exists once only: device ids, names, addresses */
static void plan_duplicates(struct plan *p)
{
    GHashTable *names =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTable *macs =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTable *ids = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];

        claim_mac(p, macs, r);
        if (!g_hash_table_add(ids, GUINT_TO_POINTER(r->devid))) {
            plan_remark(p, REMARK_ERROR, r->vif->at, "devid",
                        "another vif is number %u already", r->devid);
            continue;
        }
        claim_name(p, names, r, r->vif_made);
        claim_name(p, names, r, r->vifname);
        claim_name(p, names, r, r->tap_made);
        claim_name(p, names, r, r->tap);
    }
    g_hash_table_unref(names);
    g_hash_table_unref(macs);
    g_hash_table_unref(ids);
}

static void plan_vif(struct plan *p, const struct vif *v, guint index,
                     const struct plan_opts *opts, uint32_t *emulated)
{
    struct plan_row *r = g_new0(struct plan_row, 1);

    r->vif = v;
    /* xl 4.0 counted from 1, which is why its taps are one less */
    r->devid = v->has_devid
                   ? v->devid
                   : opts->devid + index + (opts->naming == NAMING_LIBXL_40);
    g_ptr_array_add(p->rows, r);
    if (r->devid > NAMES_DEVID_MAX) {
        plan_remark(p, REMARK_ERROR, v->at, "devid",
                    "%u is more than a device can have, which is %u", r->devid,
                    NAMES_DEVID_MAX);
    }
    plan_type(p, r);
    plan_model(p, r, opts);
    plan_backend(p, r);
    plan_wiring(p, r, opts);
    plan_unplug(p, r);
    plan_values(p, r);
    plan_names(p, r, opts, *emulated);
    *emulated += r->emulated;
}

struct plan *plan_make(const struct guest *g, const struct plan_opts *opts)
{
    struct plan *p = g_new0(struct plan, 1);
    const struct place nowhere = { 0 };
    uint32_t emulated = 0;

    p->guest = g;
    p->has_domid = opts->has_domid;
    p->domid = opts->domid;
    p->naming = opts->naming;
    p->rows = g_ptr_array_new_with_free_func(row_free);
    p->remarks = g_ptr_array_new_with_free_func(remark_free);
    if (opts->has_domid && !opts->domid) {
        plan_remark(p, REMARK_ERROR, nowhere, NULL,
                    "domain 0 is the host itself: it has no device model, its "
                    "kernel has no frontend for its own backend, and vif0.N "
                    "may be the loopback driver's; give the host an address "
                    "on the bridge instead");
    }
    if (opts->has_domid && opts->domid > NAMES_DOMID_MAX) {
        plan_remark(p, REMARK_ERROR, nowhere, NULL,
                    "domain %u is none that Xen makes: they end with %u",
                    opts->domid, NAMES_DOMID_MAX);
    }
    if (!g->vifs->len) {
        plan_remark(p, REMARK_NOTE, nowhere, NULL,
                    "there is no vif: the guest has no network card");
    }
    for (guint i = 0; i < g->vifs->len; i++) {
        plan_vif(p, g->vifs->pdata[i], i, opts, &emulated);
    }
    plan_duplicates(p);
    remarks_sort(p->remarks);
    return p;
}
