// SPDX-License-Identifier: MIT
/*
 * lint.c - what each toolstack would make of a guest's vifs
 *
 * Theory of operation: a vif's specification is read once more by the rules of
 * each toolstack, and what comes out is compared with what its own toolstack
 * has, value by value, where a value that is absent counts as the toolstacks'
 * common default.  An <interface> has no specification; the others get the one
 * that libvirt exports for it.
 *
 * What happens to the network then follows from the mode.  A guest with PV
 * drivers unplugs all emulated network cards when it starts, through the Xen
 * platform device; xend's type=ioemu gives it no PV card to go on with.
 */
#include "xen/lint.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "xen/libvirt.h"

#define SCRIPTS "/etc/xen/scripts/"

const char *lint_tool_name(enum lint_tool tool)
{
    static const char *const names[LINT_TOOLS] = {
        [LINT_XEND] = "xend",
        [LINT_XL_45] = "xl <= 4.5",
        [LINT_XL] = "xl >= 4.6",
        [LINT_LIBVIRT] = "libvirt",
    };

    return names[tool];
}

/**
 * struct value - Something that a vif has, as text to compare and to show
 * @usual: What an absent one comes to
 */
struct value {
    const char *key, *usual;
    char *(*text)(const struct vif *v);
};

static char *value_mac(const struct vif *v)
{
    return v->has_mac ? mac_text(v->mac) : NULL;
}

static char *value_bridge(const struct vif *v)
{
    return g_strdup(v->bridge);
}

static char *value_model(const struct vif *v)
{
    return v->mode == VIF_PV ? NULL : g_strdup(v->model);
}

static char *value_script(const struct vif *v)
{
    const char *s = v->script;

    return g_strdup(s && g_str_has_prefix(s, SCRIPTS) ? s + strlen(SCRIPTS)
                                                      : s);
}

static char *value_ip(const struct vif *v)
{
    return g_strdup(v->ip);
}

static char *value_vifname(const struct vif *v)
{
    return g_strdup(v->vifname);
}

static char *value_backend(const struct vif *v)
{
    return g_strdup(v->backend);
}

static char *value_gatewaydev(const struct vif *v)
{
    return g_strdup(v->gatewaydev);
}

static char *value_vlan(const struct vif *v)
{
    return g_strdup(v->vlan);
}

static char *value_mtu(const struct vif *v)
{
    return v->mtu ? g_strdup_printf("%u", v->mtu) : NULL;
}

static char *value_devid(const struct vif *v)
{
    return v->has_devid ? g_strdup_printf("%u", v->devid) : NULL;
}

static char *value_untrusted(const struct vif *v)
{
    return g_strdup(v->untrusted ? "set" : NULL);
}

/* Whether there is a limit: steps of 1000 or 1024 are no disagreement */
static char *value_rate(const struct vif *v)
{
    return g_strdup(v->rate && v->rate_bytes ? "limited" : NULL);
}

static const struct value values[] = {
    { "mac", NULL, value_mac },
    { "bridge", "xenbr0", value_bridge },
    { "model", "rtl8139", value_model },
    { "script", "vif-bridge", value_script },
    { "ip", NULL, value_ip },
    { "vifname", NULL, value_vifname },
    { "backend", "0", value_backend },
    { "gatewaydev", NULL, value_gatewaydev },
    { "vlan", NULL, value_vlan },
    { "mtu", NULL, value_mtu },
    { "devid", NULL, value_devid },
    { "untrusted", NULL, value_untrusted },
    { "rate", NULL, value_rate },
};

/**
 * struct view - A vif as one toolstack has it
 * @g:    A guest with this vif alone; of the toolstack's dialect
 * @why:  Why it refuses the vif, or NULL
 * @note: What else it makes of it, or NULL
 */
struct view {
    struct guest *g;
    struct vif *v;
    char *why, *note;
};

static void view_free(struct view *w)
{
    guest_free(w->g);
    g_free(w->why);
    g_free(w->note);
}

/* A name that begins like libvirt's own is gone once it keeps the domain */
static void view_name(struct view *w)
{
    if (w->v->vifname && libvirt_forgets(w->v->vifname)) {
        g_clear_pointer(&w->v->vifname, g_free);
    }
}

/* br0.100, the bridge of a VLAN to everybody else, is VLAN 100 on br0 of Open
 * vSwitch to libvirt, whose script it then takes */
static void view_tags(struct view *w)
{
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree char *name = NULL;
    bool trunk;

    if (!w->v->bridge || w->v->script ||
        !libvirt_bridge(w->v->bridge, &name, &trunk, tags) || !tags->len) {
        return;
    }
    w->v->script = g_strdup("vif-openvswitch");
    w->note = g_strdup_printf("bridge %s is taken for %s of Open vSwitch's "
                              "bridge %s",
                              w->v->bridge,
                              trunk ? "a trunk of VLANs" : "a VLAN", name);
}

/* The first error that a reader found, or NULL */
static char *first_error(const struct guest *g)
{
    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        if (r->severity == REMARK_ERROR) {
            return g_strdup_printf("%s%s%s", r->key ? r->key : "",
                                   r->key ? ": " : "", r->text);
        }
    }
    return NULL;
}

/* An <interface> as libvirt has it: the reader was as strict */
static void view_own(struct view *w, const struct vif *v)
{
    char **to[] = { &w->v->bridge,  &w->v->model,   &w->v->script, &w->v->ip,
                    &w->v->vifname, &w->v->backend, &w->v->rate };
    char *const from[] = { v->bridge,  v->model,   v->script, v->ip,
                           v->vifname, v->backend, v->rate };

    for (unsigned i = 0; i < G_N_ELEMENTS(to); i++) {
        *to[i] = g_strdup(from[i]);
    }
    w->v->mode = v->mode;
    w->v->has_mac = v->has_mac;
    memcpy(w->v->mac, v->mac, sizeof(v->mac));
    w->v->rate_bytes = v->rate_bytes;
    w->v->rate_us = v->rate_us;
}

static struct view view_make(const struct guest *g, const struct vif *v,
                             enum lint_tool tool)
{
    static const enum dialect dialects[LINT_TOOLS] = {
        [LINT_XEND] = DIALECT_XM,
        [LINT_XL_45] = DIALECT_XL_45,
        [LINT_XL] = DIALECT_XL,
        [LINT_LIBVIRT] = DIALECT_XL,
    };
    enum dialect dialect = dialects[tool];
    g_autofree char *exported = NULL;
    struct view w = { .g = guest_new(g->file, dialect) };

    w.g->kind = g->kind;
    w.g->platform_pci = g->platform_pci;
    w.v = guest_add_vif(w.g, v->at);
    if (tool == LINT_LIBVIRT && v->text) {
        w.why = libvirt_spec_read(w.v, v->text, g->dialect, g->kind);
        view_tags(&w);
        view_name(&w);
    } else if (tool == LINT_LIBVIRT) {
        view_own(&w, v);
    } else {
        exported = v->text ? NULL : libvirt_spec_write(v, dialect, g->kind);
        vifspec_read(w.g, w.v, v->text ? v->text : exported, v->at);
        w.why = first_error(w.g);
        /* xend starts a PV guest whose card is an emulated one: without it */
        if (w.why && g->kind != GUEST_HVM && w.v->mode == VIF_EMULATED) {
            g_clear_pointer(&w.why, g_free);
        }
    }
    return w;
}

static void add(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GString *text, const char *format, ...)
{
    va_list args;

    g_string_append(text, text->len ? "; " : "");
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
}

/* Every value that is not what the vif's own toolstack has */
static bool compare(GString *text, const struct vif *v, const struct vif *own)
{
    bool differs = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        const struct value *f = &values[i];
        g_autofree char *here = f->text(v), *there = f->text(own);

        /* Only cards of a kind have models to compare */
        if ((f->text == value_model &&
             (v->mode == VIF_PV || own->mode == VIF_PV)) ||
            g_strcmp0(here ? here : f->usual, there ? there : f->usual) == 0) {
            continue;
        }
        differs
            = true;
        if (!here) {
            add(text, "%s ignored", f->key);
        } else if (there) {
            add(text, "%s is '%s', not '%s'", f->key, here, there);
        } else {
            add(text, "%s is '%s'", f->key, here);
        }
    }
    return differs;
}

static unsigned risks_of(const struct guest *g, const struct vif *v,
                         const struct vif *own)
{
    unsigned risks = 0;

    if (g->kind != GUEST_HVM) {
        return v->mode == VIF_EMULATED ? LINT_NO_NETWORK : 0;
    }
    switch (v->mode) {
    case VIF_EMULATED:
        return g->platform_pci ? LINT_NO_NETWORK : 0;
    case VIF_PV:
        risks = LINT_NO_NETBOOT;
        return g->platform_pci ? risks : risks | LINT_NO_NETWORK;
    case VIF_BOTH:
        /* Any word but ioemu asks for no emulated card */
        if (own->mode != VIF_BOTH ||
            (own->type && strcmp(own->type, "ioemu") != 0)) {
            risks = LINT_TWO_CARDS;
        }
        return risks;
    }
    return risks;
}

static void describe(GString *text, const struct guest *g, const struct vif *v,
                     unsigned risks)
{
    const char *model = v->model ? v->model : "rtl8139";

    if (g->kind != GUEST_HVM) {
        add(text, risks & LINT_NO_NETWORK ? "no card at all" : "PV");
        return;
    }
    if (v->mode == VIF_BOTH) {
        add(text, "emulated %s and PV", model);
    } else if (v->mode == VIF_EMULATED) {
        add(text, "emulated %s only", model);
    } else {
        add(text, "PV only");
    }
    if (risks & LINT_TWO_CARDS) {
        add(text, "two cards where one is asked for");
    }
    if (risks & LINT_NO_NETBOOT) {
        add(text, "no boot from the network");
    }
    if (risks & LINT_NO_NETWORK) {
        add(text, v->mode == VIF_PV
                      ? "no network: PV drivers need the Xen platform device"
                      : "no network once PV drivers unplug the card");
    }
}

static const char *foreign(enum guest_kind kind, enum lint_tool tool)
{
    if (kind == GUEST_PVH && (tool == LINT_XEND || tool == LINT_XL_45)) {
        return "has no PVH guests";
    }
    return NULL;
}

static void cell_fill(struct lint_cell *cell, const struct guest *g,
                      const struct view *w, const struct view *own)
{
    GString *text = g_string_new(NULL);

    cell->refused = w->why != NULL;
    cell->mode = w->v->mode;
    if (cell->refused) {
        cell->differs = own->why == NULL;
        g_string_printf(text, "refused: %s", w->why);
    } else {
        cell->risks = risks_of(g, w->v, own->v);
        cell->differs = own->why != NULL || cell->mode != own->v->mode;
        describe(text, g, w->v, cell->risks);
        if (own->why == NULL && compare(text, w->v, own->v)) {
            cell->differs = true;
        }
        if (w->note) {
            add(text, "%s", w->note);
        }
    }
    cell->text = g_string_free(text, FALSE);
}

static enum lint_tool own_tool(const struct guest *g)
{
    for (unsigned i = 0; i < g->vifs->len; i++) {
        const struct vif *v = g_ptr_array_index(g->vifs, i);

        if (!v->text) {
            return LINT_LIBVIRT;
        }
    }
    switch (g->dialect) {
    case DIALECT_XM:
        return LINT_XEND;
    case DIALECT_XL_45:
        return LINT_XL_45;
    case DIALECT_XL:
        break;
    }
    return LINT_XL;
}

static void row_free(void *data)
{
    struct lint_row *row = data;

    for (unsigned i = 0; i < LINT_TOOLS; i++) {
        g_free(row->cell[i].text);
    }
    g_free(row->source);
    g_free(row);
}

static struct lint_row *row_make(struct lint *l, const struct guest *g,
                                 const struct vif *v)
{
    struct lint_row *row = g_new0(struct lint_row, 1);
    struct view own = view_make(g, v, l->own);

    row->vif = v;
    row->source = v->text ? g_strdup(v->text)
                          : libvirt_spec_write(v, DIALECT_XL, g->kind);
    l->refused |= own.why != NULL;
    for (enum lint_tool i = 0; i < LINT_TOOLS; i++) {
        struct lint_cell *cell = &row->cell[i];
        struct view w;

        if (foreign(g->kind, i)) {
            cell->refused = cell->foreign = true;
            cell->text = g_strdup(foreign(g->kind, i));
            continue;
        }
        w = view_make(g, v, i);
        cell_fill(cell, g, &w, &own);
        l->disagree |= cell->differs;
        l->network_lost |= (cell->risks & LINT_NO_NETWORK) != 0;
        view_free(&w);
    }
    view_free(&own);
    return row;
}

struct lint *lint_guest(const struct guest *g)
{
    struct lint *l = g_new0(struct lint, 1);

    l->rows = g_ptr_array_new_with_free_func(row_free);
    l->own = own_tool(g);
    for (unsigned i = 0; i < g->vifs->len; i++) {
        g_ptr_array_add(l->rows, row_make(l, g, g_ptr_array_index(g->vifs, i)));
    }
    return l;
}

void lint_free(struct lint *l)
{
    if (l) {
        g_ptr_array_unref(l->rows);
        g_free(l);
    }
}
