// SPDX-License-Identifier: MIT
/*
 * hotplug.c - what the toolstack's call for a guest's interface asks to be done
 *
 * libxl calls a vif's script twice for a card of type ioemu: "online" with
 * type_if=vif once the backend is there, then "add" with type_if=tap for the
 * emulated card's tap (xend, and Xen before 4.2, had no type_if).  Pure: words,
 * environment, store and host in, a job out.
 *
 * Both calls make the same filter, because either may come alone.
 */
#include "xen/hotplug.h"

#include <string.h>

#include "xen/doctor.h"
#include "xen/vifspec.h"

#define fail(err, ...)                                                         \
    g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED, __VA_ARGS__)

/* The value of the last KEY=VALUE among @words, or NULL */
static const char *value_of(char *const *words, const char *key)
{
    const char *value = NULL;
    size_t len = strlen(key);

    for (; *words; words++) {
        if (!strncmp(*words, key, len) && (*words)[len] == '=') {
            value = *words + len + 1;
        }
    }
    return value;
}

/* Where the store has the vif of a tap: scripts always made it of the name */
static char *path_of(const char *name)
{
    struct name_reading r[NAMES_READINGS];

    if (!name_read(name, r) || r[0].vifname || r[0].counted) {
        return NULL;
    }
    return g_strdup_printf("/local/domain/0/backend/vif/%u/%u", r[0].domid,
                           r[0].devid);
}

enum hotplug_sort hotplug_read(char *const *words,
                               const char *(*env)(const char *name),
                               struct hotplug *e, GError **err)
{
    static const char *const actions[] = { "online", "offline", "add",
                                           "remove" };
    const char *type = value_of(words, "type_if");
    const char *variable, *name;
    unsigned i = 0;
    char *why;

    *e = (struct hotplug){ .path = g_strdup(env("XENBUS_PATH")) };
    while (i < G_N_ELEMENTS(actions) && strcmp(words[0], actions[i])) {
        i++;
    }
    if (i == G_N_ELEMENTS(actions)) {
        fail(err, "'%s' is none of online, offline, add, remove", words[0]);
        return HOTPLUG_BAD;
    }
    if (type && strcmp(type, "vif") && strcmp(type, "tap")) {
        fail(err, "type_if=%s is neither vif nor tap", type);
        return HOTPLUG_BAD;
    }
    e->tap = type && !strcmp(type, "tap");
    e->add = i % 2 == 0;
    if (e->tap != (i >= 2)) {
        return HOTPLUG_OTHER;
    }
    variable = e->tap ? "INTERFACE" : "vif";
    name = env(variable);
    why = name ? name_refusal(name) : g_strdup("is not set");
    if (why) {
        fail(err, "%s in the environment%s%s%s %s", variable, name ? ", '" : "",
             name ? name : "", name ? "'," : "", why);
        g_free(why);
        return HOTPLUG_BAD;
    }
    g_strlcpy(e->name, name, sizeof(e->name));
    if (!e->path) {
        e->path = path_of(name);
    }
    return HOTPLUG_GO;
}

/* What the interface is called in the end */
static bool final_name(const struct hotplug *e, const struct hotplug_wish *w,
                       char name[IFNAMSIZ], GError **err)
{
    char *wish = w->vifname && *w->vifname
                     ? g_strconcat(w->vifname, e->tap ? "-emu" : "", NULL)
                     : g_strdup(e->name);
    char *why = name_refusal(wish);

    if (why) {
        fail(err, "vifname: '%s' %s", wish, why);
    } else {
        g_strlcpy(name, wish, IFNAMSIZ);
    }
    g_free(wish);
    if (why) {
        g_free(why);
        return false;
    }
    return true;
}

/* Whether something of that name may be what a call before this one renamed */
static bool may_be_ours(const struct hotplug *e, const struct host_link *l)
{
    struct name_reading r[NAMES_READINGS];

    if (e->tap) {
        return l->tap;
    }
    if (!l->backend) {
        return !l->tap && strcmp(l->kind, "bridge");
    }
    return name_read(e->name, r) && r[0].domid == l->domid &&
           r[0].devid == l->devid;
}

/* The interface, by the name that it was made with or shall have */
static const struct host_link *find(const struct hotplug *e, const char *wish,
                                    const struct host *h, GError **err)
{
    const struct host_link *made = host_by_name(h, e->name);
    const struct host_link *wished = host_by_name(h, wish);

    if (made && wished && made != wished) {
        fail(err,
             "vifname: %s cannot be renamed to %s: another interface has that "
             "name",
             e->name, wish);
        return NULL;
    }
    if (!made && wished && !may_be_ours(e, wished)) {
        fail(err, "there is no %s, and the %s that is there is another's",
             e->name, wish);
        return NULL;
    }
    if (!made && !wished) {
        fail(err, "there is no %s%s%s", e->name,
             strcmp(e->name, wish) ? " and no " : "",
             strcmp(e->name, wish) ? wish : "");
    }
    return made ? made : wished;
}

/* The only bridge of the host, when the store tells none */
static const struct host_link *only_bridge(const struct host *h, GError **err)
{
    const struct host_link *b = NULL;

    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];

        if (strcmp(l->kind, "bridge")) {
            continue;
        }
        if (b) {
            fail(err, "bridge: none is named, and there are several: %s, %s",
                 b->name, l->name);
            return NULL;
        }
        b = l;
    }
    if (!b) {
        fail(err, "bridge: none is named, and this host has none");
    }
    return b;
}

static const struct host_link *find_bridge(const char *name,
                                           const struct host *h, GError **err)
{
    const struct host_link *b;

    if (!name || !*name) {
        return only_bridge(h, err);
    }
    b = host_bridge(h, name);
    if (!b) {
        fail(err, "bridge: there is no %s on this host", name);
        return NULL;
    }
    if (host_role(h, b) == HOST_OVS) {
        fail(err,
             "bridge: %s is Open vSwitch's, to which script=vif-openvswitch "
             "adds ports",
             name);
        return NULL;
    }
    if (strcmp(b->kind, "bridge")) {
        fail(err, "bridge: %s is no bridge", name);
        return NULL;
    }
    return b;
}

/* A loop that this port would close, or one that is there already */
static bool check_loops(const struct host_link *l, const struct host_link *b,
                        const struct host *h, GError **err)
{
    char *way = host_loop_if(h, l, b);

    if (way) {
        fail(err, "%s as a port of %s closes a loop: %s", l->name, b->name,
             way);
        g_free(way);
        return false;
    }
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *port = h->links->pdata[i];

        way = port->master == b->index ? host_loop(h, port) : NULL;
        if (way) {
            fail(err, "frames circle on %s: %s", b->name, way);
            g_free(way);
            return false;
        }
    }
    return true;
}

static bool find_mtu(const char *wish, const struct host_link *b, uint32_t *mtu,
                     GError **err)
{
    guint64 n;

    *mtu = b->mtu;
    if (!wish || !*wish) {
        return true;
    }
    /* Less than 68 no interface takes, and more than 65535 no tap */
    if (!g_ascii_string_to_unsigned(wish, 10, 0, 65535, &n, NULL) ||
        (n && n < 68)) {
        fail(err, "mtu: '%s' is not a number from 68 to 65535", wish);
        return false;
    }
    /* 0, as with vif-bridge: none is wished */
    *mtu = n ? (uint32_t)n : b->mtu;
    return true;
}

bool hotplug_plan(const struct hotplug *e, const struct hotplug_wish *w,
                  const struct host *h, struct hotplug_job *job, GError **err)
{
    char name[IFNAMSIZ];
    const struct host_link *l, *b;

    *job = (struct hotplug_job){ 0 };
    if (!final_name(e, w, name, err)) {
        return false;
    }
    l = find(e, name, h, err);
    b = l ? find_bridge(w->bridge, h, err) : NULL;
    if (!b || !find_mtu(w->mtu, b, &job->mtu, err) ||
        !check_loops(l, b, h, err)) {
        return false;
    }
    job->index = l->index;
    job->bridge = b->index;
    if (strcmp(l->name, name)) {
        g_strlcpy(job->rename, name, sizeof(job->rename));
    }
    return true;
}

const struct host_link *hotplug_find(const struct hotplug *e,
                                     const struct hotplug_wish *w,
                                     const struct host *h)
{
    char name[IFNAMSIZ];

    return final_name(e, w, name, NULL) ? find(e, name, h, NULL)
                                        : host_by_name(h, e->name);
}

/**
 * struct card - What the interfaces of one card are called in the end
 * @tap, @vif: "": not to be told from the other's name
 */
struct card {
    char tap[IFNAMSIZ], vif[IFNAMSIZ];
};

static void card_names(const struct hotplug *e, const struct hotplug_wish *w,
                       struct card *c)
{
    char name[IFNAMSIZ];

    *c = (struct card){ 0 };
    if (!final_name(e, w, name, NULL)) {
        g_strlcpy(name, e->name, sizeof(name));
    }
    if (!e->tap) {
        g_strlcpy(c->vif, name, sizeof(c->vif));
        /* One that is too long for its tap has none */
        if (strlen(name) + strlen("-emu") < IFNAMSIZ) {
            g_snprintf(c->tap, sizeof(c->tap), "%.11s-emu", name);
        }
        return;
    }
    g_strlcpy(c->tap, name, sizeof(c->tap));
    if (g_str_has_suffix(name, "-emu")) {
        name[strlen(name) - strlen("-emu")] = 0;
        g_strlcpy(c->vif, name, sizeof(c->vif));
    }
}

void hotplug_filter_name(const struct hotplug *e, const struct hotplug_wish *w,
                         char name[IFNAMSIZ], char other[IFNAMSIZ])
{
    struct card c;

    card_names(e, w, &c);
    g_strlcpy(name, *c.tap ? c.tap : c.vif, IFNAMSIZ);
    g_strlcpy(other, e->tap ? c.vif : c.tap, IFNAMSIZ);
}

bool hotplug_filter(const struct hotplug *e, const struct hotplug_wish *w,
                    enum filter_mode mode, struct filter **f, GError **err)
{
    bool ip = w->ip && *w->ip, mac = w->mac && *w->mac;
    GPtrArray *wrong;
    uint8_t bytes[6];
    struct card c;
    size_t used;

    *f = NULL;
    if (mode == FILTER_NONE || (!ip && !(mode == FILTER_MAC && mac))) {
        return true;
    }
    if (mac && mac_read(w->mac, DIALECT_XL, bytes, &used) != MAC_GOOD) {
        fail(err, "mac: '%s' is no MAC address", w->mac);
        return false;
    }
    card_names(e, w, &c);
    wrong = g_ptr_array_new_with_free_func(g_free);
    *f = filter_new(*c.tap ? c.tap : c.vif, *c.tap ? c.vif : "",
                    mac ? bytes : NULL, ip ? w->ip : NULL, wrong);
    if (wrong->len) {
        fail(err, "ip: " FILTER_WRONG, (char *)wrong->pdata[0]);
        g_clear_pointer(f, filter_free);
    }
    g_ptr_array_unref(wrong);
    return *f != NULL;
}
