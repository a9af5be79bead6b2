// SPDX-License-Identifier: MIT
/*
 * doctor.c - what is wrong with a host's bridges and guest interfaces
 */
#include "xen/doctor.h"

#include <string.h>

const uint8_t host_script_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

const struct host_link *host_bridge(const struct host *h, const char *name)
{
    const struct host_link *l = host_by_name(h, name);
    char other[IFNAMSIZ];

    if (l || !g_str_has_prefix(name, "xenbr")) {
        return l;
    }
    g_snprintf(other, sizeof(other), "eth%s", name + strlen("xenbr"));
    l = host_by_name(h, other);
    return l && !strcmp(l->kind, "bridge") ? l : NULL;
}

bool host_has_script_mac(const struct host_link *l)
{
    return !memcmp(l->mac, host_script_mac, sizeof(l->mac));
}

static void finding(GPtrArray *all, enum severity severity,
                    const struct host_link *l, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void finding(GPtrArray *all, enum severity severity,
                    const struct host_link *l, const char *format, ...)
{
    struct remark *r = g_new0(struct remark, 1);
    va_list args;

    va_start(args, format);
    r->severity = severity;
    r->key = g_strdup(l->name);
    r->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(all, r);
}

/* A loop is found from each of its ports, and told from the first.  @told: the
 * members of those that were: of two loops through one port only one is */
static void find_loop(GPtrArray *all, GHashTable *told, const struct host *h,
                      const struct host_link *l)
{
    char *way = g_hash_table_contains(told, l->name) ? NULL : host_loop(h, l);
    const struct host_link *b = host_by_index(h, l->master);
    char **word;

    if (!way) {
        return;
    }
    word = g_strsplit_set(way, " []>", -1);
    for (char **w = word; *w; w++) {
        g_hash_table_add(told, g_strdup(*w));
    }
    finding(all, REMARK_ERROR, l, "frames circle: %s%s", way,
            b && b->stp ? "; the bridge's spanning tree may cut it" : "");
    g_strfreev(word);
    g_free(way);
}

static bool mac_counts(const struct host_link *l)
{
    static const uint8_t zero[6];

    return l->ethernet && memcmp(l->mac, zero, sizeof(zero)) &&
           !host_has_script_mac(l);
}

/* Two ports of one bridge with one address.  @macs: bridge and address to the
 * port that had them first */
static void find_mac(GPtrArray *all, GHashTable *macs,
                     const struct host_link *l)
{
    g_autofree char *mac = mac_text(l->mac);
    const struct host_link *before;
    char *key;

    if (!mac_counts(l)) {
        return;
    }
    key = g_strdup_printf("%d %s", l->master, mac);
    before = g_hash_table_lookup(macs, key);
    if (before) {
        finding(all, REMARK_WARNING, l,
                "has the address of %s, %s, which is "
                "a port of the same bridge",
                before->name, mac);
        g_free(key);
    } else {
        g_hash_table_insert(macs, key, (void *)l);
    }
}

/* What a hotplug script would have left otherwise */
static void find_port(GPtrArray *all, const struct host *h,
                      const struct host_link *l, const struct host_link *b)
{
    enum host_role role = host_role(h, l);

    if ((role == HOST_VIF || role == HOST_TAP) && !host_has_script_mac(l)) {
        finding(all, REMARK_WARNING, l,
                "has an address of its own, not fe:ff:ff:ff:ff:ff: the bridge "
                "may take it over, and loses it with the guest");
    }
    if (l->mtu != b->mtu) {
        finding(all, REMARK_WARNING, l, "has MTU %u, %s has %u", l->mtu,
                b->name, b->mtu);
    }
    if (!l->up) {
        finding(all, REMARK_WARNING, l, "is down");
    }
}

/* Names that a script was about to change when it died, or that never could
 * be what they were meant to */
static void find_name(GPtrArray *all, const struct host *h,
                      const struct host_link *l)
{
    struct name_reading r[NAMES_READINGS];
    bool known = name_read(l->name, r);

    if (!strcmp(l->name, "tmpbridge")) {
        finding(all, REMARK_ERROR, l,
                "network-bridge stopped half way: this becomes ethN once its "
                "wire is renamed to pethN");
    }
    if (g_str_has_prefix(l->name, "peth") && g_ascii_isdigit(l->name[4]) &&
        !host_by_name(h, l->name + 1)) {
        finding(all, REMARK_ERROR, l,
                "network-bridge stopped half way: the wire is renamed, and "
                "there is no %s that stands for it",
                l->name + 1);
    }
    if (known && l->tap && r[0].cut) {
        finding(all, REMARK_ERROR, l,
                "is the beginning of a name that is too long: QEMU cut it, "
                "and no script finds it");
    }
    if (known && l->tap && r[0].vifname && r[0].naming == NAMING_LIBXL) {
        char *vif = g_strndup(l->name + r[0].start, r[0].wish);

        if (!host_by_name(h, vif)) {
            finding(all, REMARK_NOTE, l,
                    "there is no %s: its guest has no paravirtual card, or "
                    "only the tap was renamed",
                    vif);
        }
        g_free(vif);
    }
}

static void find_alone(GPtrArray *all, const struct host *h,
                       const struct host_link *l)
{
    enum host_role role = host_role(h, l);

    if (!l->master && (role == HOST_VIF || role == HOST_TAP)) {
        finding(all, REMARK_NOTE, l, "is a guest's, and on no bridge");
    }
}

GPtrArray *doctor_findings(const struct host *h, const struct host_link *bridge)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(remark_free);
    GHashTable *told =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTable *macs =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];
        const struct host_link *b = host_by_index(h, l->master);

        if (bridge && b != bridge && l != bridge) {
            continue;
        }
        find_name(all, h, l);
        if (b && !strcmp(b->kind, "bridge")) {
            find_loop(all, told, h, l);
            find_mac(all, macs, l);
            find_port(all, h, l, b);
        } else {
            find_alone(all, h, l);
        }
    }
    g_hash_table_unref(told);
    g_hash_table_unref(macs);
    return all;
}
