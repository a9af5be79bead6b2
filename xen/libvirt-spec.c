// SPDX-License-Identifier: MIT
/*
 * libvirt-spec.c - vif specifications as libvirt itself reads and writes them
 */
#include "xen/libvirt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool libvirt_mac(const char *text, uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++) {
        unsigned long byte;
        char *end;

        if (!g_ascii_isxdigit(*text)) {
            return false;
        }
        errno = 0;
        byte = strtoul(text, &end, 16);
        if (errno || byte > 0xff || *end != (i < 5 ? ':' : '\0')) {
            return false;
        }
        mac[i] = (uint8_t)byte;
        text = end + 1;
    }
    return !(mac[0] & 1);
}

bool libvirt_ip(const char *text)
{
    struct in6_addr addr;

    return inet_pton(AF_INET, text, &addr) == 1 ||
           inet_pton(AF_INET6, text, &addr) == 1;
}

bool libvirt_rate(const char *rate, uint64_t *kib)
{
    uint64_t n, step = 1;
    char *end;

    if (!g_ascii_isdigit(*rate)) {
        return false;
    }
    errno = 0;
    n = g_ascii_strtoull(rate, &end, 10);
    if (errno) {
        return false;
    }
    if (*end == 'G') {
        step = 1024 * 1024;
    } else if (*end == 'M') {
        step = 1024;
    }
    end += *end == 'G' || *end == 'M' || *end == 'K';
    if ((*end != 'B' && *end != 'b') || end[1] != '/' || end[2] != 's' ||
        (end[3] != '\0' && end[3] != '@') || n > UINT64_MAX / step) {
        return false;
    }
    *kib = n * step / (*end == 'b' ? 8 : 1);
    return true;
}

bool libvirt_forgets(const char *vifname)
{
    return g_str_has_prefix(vifname, "vif") ||
           g_str_has_prefix(vifname, "vnet");
}

static bool bridge_tag(const char *text, GArray *tags)
{
    unsigned long n;
    unsigned tag;
    char *end;

    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno || n > UINT32_MAX || *end) {
        return false;
    }
    tag = (unsigned)n;
    g_array_append_val(tags, tag);
    return true;
}

bool libvirt_bridge(const char *bridge, char **name, bool *trunk, GArray *tags)
{
    const char *dot = strchr(bridge, '.');
    g_auto(GStrv) words = NULL;

    *trunk = false;
    if (dot) {
        if (!bridge_tag(dot + 1, tags)) {
            return false;
        }
        *name = g_strndup(bridge, (size_t)(dot - bridge));
        return true;
    }
    words = g_strsplit(bridge, ":", 0);
    for (unsigned i = 1; words[0] && words[i]; i++) {
        if (!bridge_tag(words[i], tags)) {
            return false;
        }
        *trunk = true;
    }
    *name = g_strdup(words[0] ? words[0] : "");
    return true;
}

static char *spec_mac(struct vif *v, const char *mac)
{
    if (!libvirt_mac(mac, v->mac)) {
        return g_strdup_printf("malformed MAC address '%s'", mac);
    }
    v->has_mac = true;
    return NULL;
}

static char *spec_rate(struct vif *v)
{
    uint64_t kib;

    if (!libvirt_rate(v->rate, &kib) ||
        kib > UINT64_MAX / 1024 / LIBVIRT_RATE_US) {
        return g_strdup_printf("invalid rate '%s'", v->rate);
    }
    g_free(v->rate);
    v->rate = g_strdup_printf("%" PRIu64 "KB/s", kib);
    v->rate_bytes = kib * 1024 * LIBVIRT_RATE_US / 1000000;
    v->rate_us = LIBVIRT_RATE_US;
    return NULL;
}

static char *spec_bridge(const struct vif *v)
{
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree char *name = NULL;
    bool trunk;

    if (!libvirt_bridge(v->bridge, &name, &trunk, tags)) {
        return g_strdup_printf("bridge '%s' is taken for a bridge of Open "
                               "vSwitch and a VLAN, but that is no number",
                               v->bridge);
    }
    return NULL;
}

static char *spec_ip(const struct vif *v)
{
    g_auto(GStrv) words = g_strsplit(v->ip, " ", 0);

    for (char **w = words; *w; w++) {
        if (!libvirt_ip(*w)) {
            return g_strdup_printf("ip '%s' is no address", *w);
        }
    }
    return NULL;
}

/* What the words mean, once all of them are known */
static char *spec_model(struct vif *v, enum dialect dialect,
                        enum guest_kind kind)
{
    const char *word = dialect == DIALECT_XM ? "netfront" : "vif";
    const char *model = v->model;

    /* The type counts only without a model */
    if (!model && v->type && strcmp(v->type, word) == 0) {
        model = "netfront";
    }
    if (kind != GUEST_HVM) {
        v->mode = VIF_PV;
        return model && strcmp(model, "netfront") != 0
                   ? g_strdup_printf("only model 'netfront' is supported for "
                                     "PV guests, not '%s'",
                                     model)
                   : NULL;
    }
    v->mode = VIF_BOTH;
    if (model && strcmp(model, "netfront") == 0) {
        v->mode = VIF_PV;
        g_clear_pointer(&v->model, g_free);
    }
    return NULL;
}

/* Empty values are as good as none, but for mac= */
static void spec_forget_empty(struct vif *v)
{
    char **value[] = {
        &v->bridge, &v->ip, &v->script, &v->model, &v->vifname, &v->rate,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(value); i++) {
        if (*value[i] && !**value[i]) {
            g_clear_pointer(value[i], g_free);
        }
    }
}

char *libvirt_spec_read(struct vif *v, const char *text, enum dialect dialect,
                        enum guest_kind kind)
{
    g_auto(GStrv) tokens = g_strsplit(text, ",", 0);
    g_autofree char *mac = NULL;
    const struct {
        const char *key;
        char **value;
    } known[] = {
        { "mac=", &mac },          { "bridge=", &v->bridge },
        { "script=", &v->script }, { "model=", &v->model },
        { "type=", &v->type },     { "vifname=", &v->vifname },
        { "ip=", &v->ip },         { "rate=", &v->rate },
    };
    char *why = NULL;

    for (char **token = tokens; *token; token++) {
        const char *key = *token + strspn(*token, " \t");

        if (!strchr(key, '=')) {
            return g_strdup_printf("'%s' is no key=value, so the whole list "
                                   "is refused",
                                   key);
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
            if (g_str_has_prefix(key, known[i].key)) {
                g_free(*known[i].value);
                *known[i].value = g_strdup(key + strlen(known[i].key));
            }
        }
    }
    spec_forget_empty(v);
    why = mac ? spec_mac(v, mac) : NULL;
    why = !why && v->bridge ? spec_bridge(v) : why;
    why = !why && v->ip ? spec_ip(v) : why;
    why = !why && v->rate ? spec_rate(v) : why;
    return why ? why : spec_model(v, dialect, kind);
}

/* Add "key=value" */
static void put(GString *out, const char *key, const char *value)
{
    if (value) {
        g_string_append_printf(out, "%s%s=%s", out->len ? "," : "", key, value);
    }
}

char *libvirt_spec_write(const struct vif *v, enum dialect dialect,
                         enum guest_kind kind)
{
    const char *word = dialect == DIALECT_XM ? "netfront" : "vif";
    g_autofree char *mac = v->has_mac ? mac_text(v->mac) : NULL;
    GString *out = g_string_new(NULL);
    uint64_t kib;

    put(out, "mac", mac);
    if (v->bridge) {
        put(out, "bridge", v->bridge);
        put(out, "ip", v->ip);
        put(out, "script", v->script ? v->script : "vif-bridge");
    } else {
        /* An <interface type='ethernet'>, and the order is another */
        put(out, "script", v->script);
        put(out, "ip", v->ip);
    }
    if (kind == GUEST_HVM && v->mode == VIF_PV) {
        put(out, "type", word);
    } else {
        put(out, "model", v->model);
    }
    put(out, "vifname", v->vifname);
    if (v->rate && libvirt_rate(v->rate, &kib)) {
        g_string_append_printf(out, "%srate=%" PRIu64 "KB/s",
                               out->len ? "," : "", kib);
    }
    return g_string_free(out, FALSE);
}
