// SPDX-License-Identifier: MIT
/*
 * libvirt-write.c - <interface> elements for a guest's vifs
 */
#include <inttypes.h>
#include <string.h>

#include "xen/guest.h"
#include "xen/libvirt.h"

/**
 * struct writing - A vif on its way into XML
 * @lost: May be NULL
 */
struct writing {
    GString *out;
    GPtrArray *lost;
    const struct vif *v;
    enum guest_kind kind;
    unsigned index;
};

static void G_GNUC_PRINTF(2, 3) lose(struct writing *w, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (!w->lost) {
        return;
    }
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(w->lost, g_strdup_printf("vif %u: %s", w->index, text));
}

/* Whether XML 1.0 can hold @s: text without control characters */
static bool sayable(const char *s)
{
    if (!g_utf8_validate(s, -1, NULL)) {
        return false;
    }
    for (; *s; s = g_utf8_next_char(s)) {
        gunichar c = g_utf8_get_char(s);

        if (c < 0x20 || c == 0x7f || c == 0xfffe || c == 0xffff) {
            return false;
        }
    }
    return true;
}

/* An element with one attribute */
static void element(struct writing *w, const char *name, const char *key,
                    const char *value)
{
    g_autofree char *safe = NULL;

    if (!value) {
        return;
    }
    if (!sayable(value)) {
        lose(w, "%s: XML cannot hold the bytes of it", name);
        return;
    }
    safe = g_markup_escape_text(value, -1);
    g_string_append_printf(w->out, "    <%s %s='%s'/>\n", name, key, safe);
}

/* Also relative to Xen's scripts, or where those are */
static bool script_is(const struct vif *v, const char *name)
{
    const char *base = v->script ? strrchr(v->script, '/') : NULL;

    return g_strcmp0(base ? base + 1 : v->script, name) == 0;
}

static bool is_network(const struct vif *v, const char **name)
{
    for (unsigned i = 0; i < v->rest->len; i++) {
        const struct vif_key *k = g_ptr_array_index(v->rest, i);

        if (strcmp(k->key, "network") == 0 && k->value && sayable(k->value)) {
            *name = k->value;
            return true;
        }
    }
    return false;
}

static void write_mac(struct writing *w)
{
    g_autofree char *text = NULL;

    if (!w->v->has_mac) {
        return;
    }
    text = mac_text(w->v->mac);
    if (w->v->mac[0] & 1) {
        lose(w, "mac=%s is a group's; libvirt refuses it and makes one up",
             text);
        return;
    }
    element(w, "mac", "address", text);
}

/* A bridge of Open vSwitch may have VLANs behind its name */
static void write_ovs(struct writing *w)
{
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree char *name = NULL;
    bool trunk, fits;

    fits = libvirt_bridge(w->v->bridge, &name, &trunk, tags) && *name;
    for (unsigned i = 0; fits && i < tags->len; i++) {
        fits = g_array_index(tags, unsigned, i) <= 4095;
    }
    if (!fits) {
        lose(w,
             "bridge=%s: libvirt has one VLAN, or a trunk of several, not "
             "both, with numbers to 4095",
             w->v->bridge);
        element(w, "source", "bridge", w->v->bridge);
        return;
    }
    element(w, "source", "bridge", name);
    if (tags->len) {
        g_string_append(w->out,
                        trunk ? "    <vlan trunk='yes'>\n" : "    <vlan>\n");
        for (unsigned i = 0; i < tags->len; i++) {
            g_string_append_printf(w->out, "      <tag id='%u'/>\n",
                                   g_array_index(tags, unsigned, i));
        }
        g_string_append(w->out, "    </vlan>\n");
    }
    g_string_append(w->out, "    <virtualport type='openvswitch'/>\n");
}

static void write_source(struct writing *w)
{
    const struct vif *v = w->v;
    const char *network;

    if (is_network(v, &network)) {
        element(w, "source", "network", network);
    } else if (v->bridge && script_is(v, "vif-openvswitch")) {
        write_ovs(w);
    } else if (v->bridge) {
        element(w, "source", "bridge", v->bridge);
    } else if (script_is(v, "vif-bridge") || script_is(v, "vif-vnic")) {
        lose(w,
             "there is no bridge=, and libvirt needs one beside %s: xl's "
             "default xenbr0 is written",
             v->script);
        element(w, "source", "bridge", "xenbr0");
    }
}

/* More than rounding between what libvirt and the guest's toolstack make */
static bool rates_differ(const struct vif *v, uint64_t kib)
{
    double ours = (double)v->rate_bytes * 1e6 / v->rate_us;
    double theirs = (double)kib * 1024;

    return theirs < ours * 0.99 || theirs > ours * 1.01;
}

static void write_rate(struct writing *w)
{
    const struct vif *v = w->v;
    uint64_t kib;

    if (!v->rate || !v->rate_us || !v->rate_bytes) {
        return;
    }
    if (!libvirt_rate(v->rate, &kib)) {
        kib = (uint64_t)((double)v->rate_bytes * 1e6 / v->rate_us / 1024);
        lose(w,
             "rate=%s: libvirt refuses it; what it comes to is written: "
             "%" PRIu64 " KiB/s",
             v->rate, kib);
    } else if (rates_differ(v, kib)) {
        lose(w,
             "rate=%s is %.0f bytes a second; libvirt makes %" PRIu64
             " KiB/s of it",
             v->rate, (double)v->rate_bytes * 1e6 / v->rate_us, kib);
    }
    if (strchr(v->rate, '@')) {
        lose(w, "rate=%s: libvirt has no interval, its is %u us", v->rate,
             LIBVIRT_RATE_US);
    }
    if (kib) {
        g_string_append_printf(w->out,
                               "    <bandwidth>\n"
                               "      <outbound average='%" PRIu64 "'/>\n"
                               "    </bandwidth>\n",
                               kib);
    } else {
        lose(w, "rate=%s: less than 1 KiB/s is no limit to libvirt", v->rate);
    }
}

static void write_ip(struct writing *w)
{
    g_auto(GStrv) words = NULL;

    if (!w->v->ip) {
        return;
    }
    words = g_strsplit(w->v->ip, " ", 0);
    for (char **word = words; *word; word++) {
        if (!**word) {
            continue;
        }
        if (libvirt_ip(*word)) {
            element(w, "ip", "address", *word);
        } else {
            lose(w, "ip=%s: libvirt takes plain addresses only", *word);
        }
    }
}

static void write_script(struct writing *w, bool network)
{
    if (network && w->v->script) {
        lose(w, "script=%s: libvirt refuses one with a network", w->v->script);
        return;
    }
    element(w, "script", "path", w->v->script);
}

static void write_target(struct writing *w)
{
    const char *name = w->v->vifname;

    if (name && libvirt_forgets(name)) {
        lose(w,
             "vifname=%s: libvirt forgets names that begin like those it "
             "makes itself (vif, vnet)",
             name);
    }
    element(w, "target", "dev", name);
}

/* The only word that libvirt has for a type */
static void write_model(struct writing *w)
{
    const struct vif *v = w->v;
    bool netfront = g_strcmp0(v->model, "netfront") == 0;

    if (w->kind != GUEST_HVM) {
        if (v->model && !netfront) {
            lose(w, "model=%s: libvirt refuses it for a guest that is no HVM",
                 v->model);
        }
        element(w, "model", "type", netfront ? v->model : NULL);
        return;
    }
    if (v->mode == VIF_PV) {
        if (v->model) {
            lose(w,
                 "model=%s: the only model that is no emulated card is "
                 "'netfront' (libvirt's own import would keep it, with an "
                 "emulated card)",
                 v->model);
        }
        element(w, "model", "type", "netfront");
        return;
    }
    if (v->mode == VIF_EMULATED) {
        lose(w,
             "type=%s: libvirt has no emulated card without a "
             "paravirtual one beside it: the guest gets both",
             v->type ? v->type : "ioemu");
    }
    if (netfront) {
        lose(w, "model=netfront: to libvirt it means no emulated card");
    }
    element(w, "model", "type", v->model);
}

static void write_mtu(struct writing *w)
{
    if (w->v->mtu) {
        g_string_append_printf(w->out, "    <mtu size='%u'/>\n", w->v->mtu);
        lose(w, "mtu=%u: libvirt's xl driver does not pass it on", w->v->mtu);
    }
}

/* Keys that have no element */
static void lose_rest(struct writing *w)
{
    const struct vif *v = w->v;

    if (v->gatewaydev) {
        lose(w, "gatewaydev=%s", v->gatewaydev);
    }
    if (v->vlan) {
        lose(w, "vlan=%s: libvirt's driver has VLANs of Open vSwitch only",
             v->vlan);
    }
    if (v->has_devid && v->devid != w->index) {
        lose(w, "devid=%u: libvirt counts from 0", v->devid);
    }
    if (v->untrusted) {
        lose(w, "untrusted");
    }
    for (unsigned i = 0; i < v->rest->len; i++) {
        const struct vif_key *k = g_ptr_array_index(v->rest, i);

        if (strcmp(k->key, "network") != 0) {
            lose(w, "%s%s%s", k->key, k->value ? "=" : "",
                 k->value ? k->value : "");
        }
    }
}

static void write_interface(struct writing *w)
{
    const struct vif *v = w->v;
    const char *name, *type = "ethernet";
    bool network = is_network(v, &name);

    if (network) {
        type = "network";
    } else if ((v->bridge && sayable(v->bridge)) ||
               (!v->bridge &&
                (script_is(v, "vif-bridge") || script_is(v, "vif-vnic")))) {
        type = "bridge";
    }
    g_string_append_printf(w->out, "  <interface type='%s'>\n", type);
    write_mac(w);
    write_source(w);
    write_rate(w);
    write_ip(w);
    write_script(w, network);
    element(w, "backenddomain", "name", v->backend);
    write_target(w);
    write_model(w);
    write_mtu(w);
    lose_rest(w);
    g_string_append(w->out, "  </interface>\n");
}

char *libvirt_write(const struct guest *g, GPtrArray *lost)
{
    struct writing w = { .out = g_string_new(NULL),
                         .lost = lost,
                         .kind = g->kind };

    for (; w.index < g->vifs->len; w.index++) {
        w.v = g_ptr_array_index(g->vifs, w.index);
        write_interface(&w);
    }
    return g_string_free(w.out, FALSE);
}
