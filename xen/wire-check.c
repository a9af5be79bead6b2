// SPDX-License-Identifier: MIT
/*
 * wire-check.c - may the taps of a plan be made on this host
 *
 * Pure: a plan and a view of the host in, remarks and a list out.
 */
#include <string.h>

#include "xen/doctor.h"
#include "xen/wire.h"

/* How many free device ids are offered */
#define OFFERS 3

/* "a tap, up, on xenbr0"; to be freed */
static char *holder(const struct host *h, const struct host_link *l)
{
    const struct host_link *b = host_by_index(h, l->master);
    const struct host_link *peer = host_peer(h, l);
    GString *s = g_string_new(NULL);

    g_string_append_printf(s, "%s%s%s, %s%s%s", *l->kind ? "a " : "",
                           l->tap     ? "tap"
                           : *l->kind ? l->kind
                                      : "a driver's own interface",
                           l->tap && l->persist ? " that stays" : "",
                           l->up ? "up" : "down", b ? ", on " : "",
                           b ? b->name : "");
    if (peer) {
        g_string_append_printf(s, ", joined to %s", peer->name);
    }
    return g_string_free(s, FALSE);
}

/* Both names of a card are free, and no vif of the plan has it */
static bool devid_free(const struct plan *p, const struct host *h,
                       const struct name_of *card, enum naming naming)
{
    bool free = true;

    for (guint i = 0; i < p->rows->len && free; i++) {
        const struct plan_row *r = p->rows->pdata[i];

        free = r->devid != card->devid;
    }
    for (unsigned role = NAME_VIF; role <= NAME_TAP && free; role++) {
        struct name_of of = *card;
        char *name;

        of.role = (enum name_role)role;
        name = name_first(naming, &of);
        free = !host_by_name(h, name);
        g_free(name);
    }
    return free;
}

/* "1, 2, 4": device ids that would not clash */
static char *offers(const struct plan *p, const struct host *h)
{
    struct name_of card = { .has_domid = p->has_domid, .domid = p->domid };
    GString *s = g_string_new(NULL);
    guint most = h->links->len + p->rows->len + OFFERS;
    unsigned n = 0;

    for (; card.devid <= most && n < OFFERS; card.devid++) {
        card.index = card.devid;
        if (devid_free(p, h, &card, p->naming)) {
            g_string_append_printf(s, "%s%u", n++ ? ", " : "", card.devid);
        }
    }
    return g_string_free(s, FALSE);
}

static void taken(struct plan *p, const struct host *h,
                  const struct plan_row *r, const char *name)
{
    const struct host_link *l = host_by_name(h, name);
    char *who, *ids;

    if (!l) {
        return;
    }
    who = holder(h, l);
    ids = r->vif->vifname ? NULL : offers(p, h);
    plan_remark(p, REMARK_ERROR, r->vif->at, ids ? "devid" : "vifname",
                "%s is there already: %s; %s%s%s", name, who,
                ids ? "devid=" : "wish for another name", ids ? ids : "",
                ids ? " are free" : "");
    g_free(who);
    g_free(ids);
}

/* A backend that is there may be this guest's; anything else may not */
static void check_vif(struct plan *p, const struct host *h,
                      const struct plan_row *r)
{
    const struct host_link *l =
        r->pv && !r->backend ? host_by_name(h, r->vifname) : NULL;

    if (l && (*l->kind || host_role(h, l) == HOST_LOOP)) {
        taken(p, h, r, r->vifname);
    }
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* A bridge on which frames circle already is no place for a guest */
static bool circles(struct plan *p, const struct host *h,
                    const struct plan_row *r, const struct host_link *b)
{
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];
        char *way = l->master == b->index ? host_loop(h, l) : NULL;

        if (way) {
            plan_remark(p, REMARK_ERROR, r->vif->at, "bridge",
                        "frames circle on %s: %s", b->name, way);
            g_free(way);
            return true;
        }
    }
    return false;
}

static bool is_ovs_script(const struct plan_row *r)
{
    return !strcmp(base(r->script), "vif-openvswitch");
}

/* vif-openvswitch takes "BRIDGE.TAG:TRUNK:..." */
static const struct host_link *named_bridge(const struct host *h,
                                            const struct plan_row *r)
{
    char *name =
        g_strndup(r->bridge, is_ovs_script(r) ? strcspn(r->bridge, ".:")
                                              : strlen(r->bridge));
    const struct host_link *b = host_bridge(h, name);

    g_free(name);
    return b;
}

/* Its ports are in a database that only its own programs write */
static void leave_to_script(struct plan *p, const struct plan_row *r,
                            const struct host_link *b)
{
    if (is_ovs_script(r)) {
        plan_remark(p, REMARK_NOTE, r->vif->at, "bridge",
                    "%s is Open vSwitch's: %s is made, up and on no bridge, "
                    "and its script makes it a port of %s ('%s add "
                    "type_if=tap')",
                    b->name, r->tap, r->bridge, r->script);
    } else {
        plan_remark(p, REMARK_WARNING, r->vif->at, "script",
                    "%s is Open vSwitch's, where %s can add no port: %s is "
                    "made, up and on no bridge, and stays so; "
                    "script=vif-openvswitch makes it a port",
                    b->name, r->script, r->tap);
    }
}

/* The bridge for a row's tap; NULL: none, or a remark says why not */
static const struct host_link *find_bridge(struct plan *p, const struct host *h,
                                           const struct plan_row *r)
{
    const struct host_link *b = named_bridge(h, r);

    if (!b) {
        plan_remark(p, REMARK_ERROR, r->vif->at, "bridge",
                    "there is no bridge %s on this host", r->bridge);
        return NULL;
    }
    if (host_role(h, b) == HOST_OVS) {
        leave_to_script(p, r, b);
        return b;
    }
    if (strcmp(b->kind, "bridge")) {
        plan_remark(p, REMARK_ERROR, r->vif->at, "bridge", "%s is no bridge",
                    b->name);
        return NULL;
    }
    if (r->vif->mtu > b->mtu) {
        plan_remark(p, REMARK_WARNING, r->vif->at, "mtu",
                    "%u is more than %s has, %u: it drops longer frames",
                    r->vif->mtu, b->name, b->mtu);
    }
    return circles(p, h, r, b) ? NULL : b;
}

static void check_row(struct plan *p, const struct host *h,
                      const struct plan_row *r, GArray *out)
{
    const struct host_link *b = NULL;
    bool bridged = r->bridge && !r->backend;
    struct wire_tap tap = { .name = r->tap };

    taken(p, h, r, r->tap);
    if (strcmp(r->tap, r->tap_made)) {
        taken(p, h, r, r->tap_made);
    }
    if (bridged) {
        b = find_bridge(p, h, r);
    }
    if (strcmp(base(r->script), "vif-bridge") &&
        !(b && host_role(h, b) == HOST_OVS)) {
        plan_remark(p, REMARK_WARNING, r->vif->at, "script",
                    "%s is not run: the tap is wired as vif-bridge does it",
                    r->script);
    }
    tap.mtu = r->vif->mtu ? r->vif->mtu : b ? b->mtu : 1500;
    if (b && host_role(h, b) == HOST_OVS) {
        b = NULL;
    }
    tap.bridge = b ? b->index : 0;
    g_array_append_val(out, tap);
}

void wire_check(struct plan *p, const struct host *h, GArray *out)
{
    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];

        check_vif(p, h, r);
        if (r->emulated) {
            check_row(p, h, r, out);
        }
    }
}

void wire_down_check(struct plan *p, const struct host *h, GPtrArray *out)
{
    for (guint i = 0; i < p->rows->len; i++) {
        const struct plan_row *r = p->rows->pdata[i];
        const struct host_link *l =
            r->emulated ? host_by_name(h, r->tap) : NULL;

        if (r->emulated && !l) {
            plan_remark(p, REMARK_NOTE, r->vif->at, NULL, "there is no %s",
                        r->tap);
        } else if (l && !(l->tap && l->persist)) {
            char *who = holder(h, l);

            plan_remark(p, REMARK_ERROR, r->vif->at, NULL,
                        "%s is not a tap of 'vifctl up': %s", r->tap, who);
            g_free(who);
        } else if (l) {
            g_ptr_array_add(out, r->tap);
        }
    }
}
