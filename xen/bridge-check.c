// SPDX-License-Identifier: MIT
/*
 * bridge-check.c - may a bridge be made on this host, or taken apart
 *
 * Pure: a view of the host in, remarks out.
 */
#include <stdarg.h>
#include <string.h>

#include "xen/bridge.h"
#include "xen/names.h"

static void refuse(GPtrArray *remarks, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void refuse(GPtrArray *remarks, const char *format, ...)
{
    struct remark *r = g_new0(struct remark, 1);
    va_list args;

    va_start(args, format);
    r->severity = REMARK_ERROR;
    r->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(remarks, r);
}

static const char *name_of(const struct host *h, int index)
{
    const struct host_link *l = host_by_index(h, index);

    return l ? l->name : "a bridge";
}

/* What @l is that a bridge must not take for its wire; NULL: nothing */
static const char *odd_wire(const struct host *h, const struct host_link *l)
{
    switch (host_role(h, l)) {
    case HOST_BRIDGE:
        return "is a bridge itself, and none is a bridge's port";
    case HOST_OVS:
        return "is Open vSwitch's";
    case HOST_VIF:
    case HOST_TAP:
        return "is a guest's";
    default:
        return l->ethernet ? NULL : "does not carry Ethernet";
    }
}

/* What has @l to itself already; NULL: nothing */
static const struct host_link *holder(const struct host *h,
                                      const struct host_link *l)
{
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *on = h->links->pdata[i];

        if (on->lower == l->index && !on->far &&
            (!strcmp(on->kind, "macvlan") || !strcmp(on->kind, "macvtap") ||
             !strcmp(on->kind, "ipvlan"))) {
            return on;
        }
    }
    return NULL;
}

static void check_wire(const struct host *h, const struct host_link *l,
                       bool wireless, GPtrArray *remarks)
{
    const char *odd = odd_wire(h, l);
    const struct host_link *on = holder(h, l);

    if (odd) {
        refuse(remarks, "%s %s", l->name, odd);
    } else if (l->master) {
        refuse(remarks, "%s is a port of %s already", l->name,
               name_of(h, l->master));
    } else if (wireless) {
        refuse(remarks,
               "%s is wireless: an access point takes frames of its own "
               "stations only, not of guests behind them",
               l->name);
    } else if (on) {
        refuse(remarks, "%s is on %s, which no bridge can take then", on->name,
               l->name);
    }
}

void bridge_create_check(const struct host *h, const char *name,
                         const char *uplink, bool wireless, GPtrArray *remarks)
{
    const struct host_link *l = host_by_name(h, uplink);
    const struct host_link *there = host_by_name(h, name);
    char *why = name_refusal(name);

    if (why) {
        refuse(remarks, "a bridge cannot be called '%s', which %s", name, why);
        g_free(why);
    } else if (there) {
        refuse(remarks, "%s is there already: %s%s", name,
               *there->kind ? "a " : "a driver's own interface", there->kind);
    }
    if (l) {
        check_wire(h, l, wireless, remarks);
    } else {
        refuse(remarks, "there is no %s", uplink);
    }
}

/* The only port of @b that leads out; NULL after saying why */
static const struct host_link *
only_wire(const struct host *h, const struct host_link *b, GPtrArray *remarks)
{
    const struct host_link *found = NULL;
    unsigned n = 0;

    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];
        enum host_role role = host_role(h, l);

        if (l->master == b->index && (role == HOST_WIRE || role == HOST_VETH)) {
            found = l;
            n++;
        }
    }
    if (n == 1) {
        return found;
    }
    refuse(remarks,
           n ? "%s has several wires: --uplink has to say which one gets what "
               "it has"
             : "%s has no wire that could get what it has",
           b->name);
    return NULL;
}

/* Who would lose @b */
static void check_others(const struct host *h, const struct host_link *b,
                         const struct host_link *wire, bool force,
                         GPtrArray *remarks)
{
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];

        if (l->lower == b->index && !l->far) {
            refuse(remarks, "%s is on %s and would vanish with it", l->name,
                   b->name);
        } else if (l->master == b->index && l != wire && !force) {
            refuse(remarks,
                   "%s is on %s and would be without a bridge; --force "
                   "does it all the same",
                   l->name, b->name);
        }
    }
}

const struct host_link *bridge_destroy_check(const struct host *h,
                                             const char *name,
                                             const char *uplink, bool force,
                                             GPtrArray *remarks)
{
    const struct host_link *b = host_by_name(h, name);
    const struct host_link *wire = NULL;
    guint before = remarks->len;

    if (!b || strcmp(b->kind, "bridge")) {
        refuse(remarks, b ? "%s is no bridge" : "there is no bridge %s", name);
        return NULL;
    }
    wire = uplink ? host_by_name(h, uplink) : only_wire(h, b, remarks);
    if (uplink && (!wire || wire->master != b->index)) {
        refuse(remarks, "%s is no port of %s", uplink, name);
    }
    check_others(h, b, wire, force, remarks);
    return remarks->len > before ? NULL : wire;
}
