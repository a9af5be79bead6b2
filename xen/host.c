// SPDX-License-Identifier: MIT
/*
 * host.c - the network interfaces of this host, and how frames pass them
 *
 * Loops are looked for in a graph of which each interface is two nodes: a
 * frame that it sends, and a frame that it receives.  That matters: of two
 * vlans on one wire a frame that the one sends is not received by the other,
 * while of a veth pair what one end sends is what the other receives.  The
 * edges:
 *
 *   sent by         goes on as
 *   veth            received by the other end
 *   vlan, macvlan   sent by the interface below; of macvlans on one interface
 *                   also received by the others
 *   bond, team      sent by its ports
 *   bridge          sent by its ports
 *
 *   received by     goes on as
 *   port of bridge  sent by all other ports, received by the bridge's device
 *   port of bond    received by the bond
 *   any             received by vlans and macvlans on it
 *
 * The kernel itself looks for a bridge that is a port of a bridge, and for
 * nothing else: of two ends of one pair on one bridge it says nothing, and a
 * broadcast then circulates half a million times a second.
 */
#include "xen/host.h"

#include <string.h>

struct host *host_new(void)
{
    struct host *h = g_new0(struct host, 1);

    h->links = g_ptr_array_new_with_free_func(g_free);
    return h;
}

/* Where @index is or would be */
static guint position(const struct host *h, int index)
{
    guint low = 0, high = h->links->len;

    while (low < high) {
        guint middle = (low + high) / 2;
        const struct host_link *l = h->links->pdata[middle];

        if (l->index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void host_add(struct host *h, const struct host_link *l)
{
    struct host_link *copy = g_new(struct host_link, 1);

    *copy = *l;
    g_ptr_array_insert(h->links, (int)position(h, l->index), copy);
}

void host_free(struct host *h)
{
    if (h) {
        g_ptr_array_unref(h->links);
        g_free(h);
    }
}

void host_mark_ovs(struct host *h,
                   bool (*driver)(const char *name, char to[32], void *opaque),
                   void *opaque)
{
    char word[32];

    for (guint i = 0; i < h->links->len; i++) {
        struct host_link *l = h->links->pdata[i];

        if (!*l->kind && l->ethernet && driver(l->name, word, opaque) &&
            !strcmp(word, "openvswitch")) {
            g_strlcpy(l->kind, word, sizeof(l->kind));
        }
    }
}

const struct host_link *host_by_name(const struct host *h, const char *name)
{
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];

        if (!strcmp(l->name, name)) {
            return l;
        }
    }
    return NULL;
}

const struct host_link *host_by_index(const struct host *h, int index)
{
    guint i = position(h, index);
    const struct host_link *l = i < h->links->len ? h->links->pdata[i] : NULL;

    return l && l->index == index ? l : NULL;
}

static bool is_kind(const struct host_link *l, const char *kind)
{
    return !strcmp(l->kind, kind);
}

static bool is_bond(const struct host_link *l)
{
    return is_kind(l, "bond") || is_kind(l, "team");
}

/* vif0.N for vethN, and the other way round: netloop made them as pairs and
 * has no word for it in rtnetlink.  Nor for "vethN" that network-bridge gave
 * the name of the wire */
static const struct host_link *netloop_peer(const struct host *h,
                                            const struct host_link *l)
{
    struct name_reading r[NAMES_READINGS];
    char other[IFNAMSIZ];
    guint64 n;

    if (name_read(l->name, r) && r[0].role == NAME_VIF && !r[0].vifname &&
        !r[0].domid && g_str_has_prefix(l->name, "vif")) {
        g_snprintf(other, sizeof(other), "veth%u", r[0].devid);
    } else if (g_str_has_prefix(l->name, "veth") &&
               g_ascii_string_to_unsigned(l->name + 4, 10, 0, NAMES_DEVID_MAX,
                                          &n, NULL)) {
        g_snprintf(other, sizeof(other), "vif0.%u", (unsigned)n);
    } else {
        return NULL;
    }
    return host_by_name(h, other);
}

const struct host_link *host_peer(const struct host *h,
                                  const struct host_link *l)
{
    if (is_kind(l, "veth")) {
        return l->far ? NULL : host_by_index(h, l->lower);
    }
    return *l->kind ? NULL : netloop_peer(h, l);
}

/* vif0.N, or what is joined to it whatever its name is now */
static bool is_netloop(const struct host *h, const struct host_link *l)
{
    const struct host_link *const both[] = { l, host_peer(h, l) };

    for (unsigned i = 0; i < G_N_ELEMENTS(both); i++) {
        struct name_reading r[NAMES_READINGS];

        if (both[i] && g_str_has_prefix(both[i]->name, "vif0.") &&
            name_read(both[i]->name, r) && r[0].role == NAME_VIF) {
            return true;
        }
    }
    return false;
}

static bool is_peth(const char *name)
{
    return g_str_has_prefix(name, "peth") && g_ascii_isdigit(name[4]);
}

enum host_role host_role(const struct host *h, const struct host_link *l)
{
    struct name_reading r[NAMES_READINGS];

    if (is_kind(l, "openvswitch")) {
        return HOST_OVS;
    }
    if (is_kind(l, "bridge")) {
        return HOST_BRIDGE;
    }
    if (l->backend) {
        return HOST_VIF;
    }
    if (is_netloop(h, l)) {
        return HOST_LOOP;
    }
    if (name_read(l->name, r) && !(r[0].vifname && !l->tap)) {
        return r[0].role == NAME_TAP ? HOST_TAP : HOST_VIF;
    }
    if (is_peth(l->name)) {
        return HOST_WIRE;
    }
    if (is_kind(l, "veth")) {
        return HOST_VETH;
    }
    if (is_bond(l) || is_kind(l, "vlan") || is_kind(l, "macvlan") ||
        (!*l->kind && l->ethernet)) {
        return HOST_WIRE;
    }
    return HOST_OTHER;
}

const char *host_role_word(enum host_role role)
{
    static const char *const words[] = {
        [HOST_OTHER] = "other",   [HOST_WIRE] = "wire",
        [HOST_BRIDGE] = "bridge", [HOST_OVS] = "openvswitch",
        [HOST_VIF] = "vif",       [HOST_TAP] = "tap",
        [HOST_LOOP] = "loopback", [HOST_VETH] = "veth",
    };

    return words[role];
}

/**
 * struct walk - A search for a loop, breadth first
 * @master: Of links by position: the bridge or bond each is a port of; with
 *          the port that is thought of
 * @from:   Of nodes: which was before, -1: not reached
 * @queue:  Nodes: 2 * position of the link, + 1 for received
 */
struct walk {
    const struct host *host;
    int *master, *from;
    guint *queue;
    guint head, tail, start;
    bool closed;
};

static const struct host_link *link_at(const struct walk *w, guint i)
{
    return w->host->links->pdata[i];
}

static void reach(struct walk *w, guint position_, bool received, guint from)
{
    guint node = 2 * position_ + received;

    if (w->from[node] >= 0) {
        return;
    }
    w->from[node] = (int)from;
    w->closed |= node == w->start;
    w->queue[w->tail++] = node;
}

static void reach_index(struct walk *w, int index, bool received, guint from)
{
    guint i = position(w->host, index);

    if (host_by_index(w->host, index)) {
        reach(w, i, received, from);
    }
}

/* All ports of @master but one */
static void reach_ports(struct walk *w, int master, guint but, guint from)
{
    for (guint i = 0; i < w->host->links->len; i++) {
        if (i != but && w->master[i] == master) {
            reach(w, i, false, from);
        }
    }
}

static bool on_top(const struct host_link *l)
{
    return is_kind(l, "vlan") || is_kind(l, "macvlan") || is_kind(l, "macvtap");
}

/* The vlans and macvlans on an interface; @sibling: only macvlans but that */
static void reach_uppers(struct walk *w, int index, int sibling, guint from)
{
    for (guint i = 0; i < w->host->links->len; i++) {
        const struct host_link *l = link_at(w, i);

        if (on_top(l) && l->lower == index && !l->far && l->index != sibling &&
            !(sibling && is_kind(l, "vlan"))) {
            reach(w, i, true, from);
        }
    }
}

static void follow_sent(struct walk *w, guint i, guint node)
{
    const struct host_link *l = link_at(w, i);
    const struct host_link *peer = host_peer(w->host, l);

    if (peer) {
        reach_index(w, peer->index, true, node);
    }
    if (on_top(l) && !l->far) {
        reach_index(w, l->lower, false, node);
        if (!is_kind(l, "vlan")) {
            reach_uppers(w, l->lower, l->index, node);
        }
    }
    if (is_kind(l, "bridge") || is_bond(l)) {
        reach_ports(w, l->index, i, node);
    }
}

static void follow_received(struct walk *w, guint i, guint node)
{
    const struct host_link *l = link_at(w, i);
    const struct host_link *master = host_by_index(w->host, w->master[i]);

    reach_uppers(w, l->index, 0, node);
    if (master && is_kind(master, "bridge")) {
        reach_ports(w, master->index, i, node);
    }
    if (master && (is_kind(master, "bridge") || is_bond(master))) {
        reach_index(w, master->index, true, node);
    }
}

/* The bridge that is crossed on the way from one node to the next, or NULL */
static const struct host_link *crossed(const struct walk *w, guint before,
                                       guint node)
{
    return before % 2 && !(node % 2)
               ? host_by_index(w->host, w->master[before / 2])
               : NULL;
}

/* The way back to the start, with each bridge that is crossed in brackets */
static char *tell_way(const struct walk *w)
{
    GString *s = g_string_new(link_at(w, w->start / 2)->name);
    guint node = w->start;

    do {
        guint before = (guint)w->from[node];
        const struct host_link *b = crossed(w, before, node);

        if (b) {
            g_string_prepend(s, "] > ");
            g_string_prepend(s, b->name);
            g_string_prepend(s, " [");
        } else {
            g_string_prepend(s, " > ");
        }
        g_string_prepend(s, link_at(w, before / 2)->name);
        node = before;
    } while (node != w->start);
    return g_string_free(s, FALSE);
}

/* The same as numbers, backwards */
static GArray *list_way(const struct walk *w)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(int));
    guint node = w->start;

    do {
        guint before = (guint)w->from[node];
        const struct host_link *b = crossed(w, before, node);

        if (b) {
            g_array_append_val(all, b->index);
        }
        g_array_append_val(all, link_at(w, before / 2)->index);
        node = before;
    } while (node != w->start);
    return all;
}

/* From @start until it is reached again.  @list: NULL, or gets list_way() */
static char *walk(const struct host *h, guint start, guint port, int master,
                  GArray **list)
{
    guint n = h->links->len;
    struct walk w = {
        .host = h,
        .master = g_new(int, n),
        .from = g_new(int, 2 * n),
        .queue = g_new(guint, 2 * n + 1),
        .start = start,
    };
    char *way = NULL;

    for (guint i = 0; i < n; i++) {
        w.master[i] = i == port ? master : link_at(&w, i)->master;
        w.from[2 * i] = w.from[2 * i + 1] = -1;
    }
    w.queue[w.tail++] = start;
    while (w.head < w.tail && !w.closed) {
        guint node = w.queue[w.head++];

        if (node % 2) {
            follow_received(&w, node / 2, node);
        } else {
            follow_sent(&w, node / 2, node);
        }
    }
    way = w.closed ? tell_way(&w) : NULL;
    if (list) {
        *list = w.closed ? list_way(&w) : NULL;
    }
    g_free(w.master);
    g_free(w.from);
    g_free(w.queue);
    return way;
}

char *host_loop_if(const struct host *h, const struct host_link *l,
                   const struct host_link *b)
{
    guint i = position(h, l->index);
    char *way = walk(h, 2 * i, i, b->index, NULL);

    return way ? way : walk(h, 2 * i + 1, i, b->index, NULL);
}

char *host_loop(const struct host *h, const struct host_link *l)
{
    guint i = position(h, l->index);

    return walk(h, 2 * i, i, l->master, NULL);
}

GArray *host_loop_way(const struct host *h, const struct host_link *l)
{
    guint i = position(h, l->index);
    GArray *list;

    g_free(walk(h, 2 * i, i, l->master, &list));
    return list;
}
