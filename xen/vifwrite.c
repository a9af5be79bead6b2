// SPDX-License-Identifier: MIT
/*
 * vifwrite.c - the specification that makes a vif
 */
#include <string.h>

#include "xen/vifspec.h"

/**
 * struct writer - What is being written
 * @lost: May be NULL
 */
struct writer {
    GString *out;
    enum dialect dialect;
    GPtrArray *lost;
};

static const char *who(const struct writer *w)
{
    return w->dialect == DIALECT_XM      ? "xm"
           : w->dialect == DIALECT_XL_45 ? "xl before 4.6"
                                         : "xl";
}

G_GNUC_PRINTF(2, 3)
static void lose(struct writer *w, const char *format, ...)
{
    va_list args;

    if (w->lost) {
        va_start(args, format);
        g_ptr_array_add(w->lost, g_strdup_vprintf(format, args));
        va_end(args);
    }
}

/* Whether a value comes back as it was */
static bool can_say(const struct writer *w, const char *value)
{
    size_t len = strlen(value);

    if (strchr(value, ',')) {
        return false;
    }
    return w->dialect != DIALECT_XM || len == 0 ||
           (!g_ascii_isspace(value[0]) && !g_ascii_isspace(value[len - 1]));
}

static void put(struct writer *w, const char *key, const char *value)
{
    if (value == NULL) {
        return;
    }
    if (!vif_key_known(key, strlen(key), w->dialect)) {
        lose(w, "%s=%s: %s has no such key", key, value, who(w));
    } else if (!can_say(w, value)) {
        lose(w, "%s=%s: a value cannot hold commas%s", key, value,
             w->dialect == DIALECT_XM ? " or blanks at its ends" : "");
    } else {
        g_string_append_printf(w->out, "%s%s=%s", w->out->len ? "," : "", key,
                               value);
    }
}

static void put_number(struct writer *w, const char *key, uint32_t n)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT32_FORMAT, n);

    put(w, key, text);
}

static void put_type(struct writer *w, const struct vif *v,
                     enum guest_kind kind)
{
    if (kind != GUEST_HVM) {
        if (v->mode != VIF_PV) {
            lose(w, "the emulated card: only HVM guests have one");
        }
    } else if (v->mode == VIF_PV) {
        put(w, "type", w->dialect == DIALECT_XM ? "netfront" : "vif");
    } else if (v->mode == VIF_EMULATED && w->dialect == DIALECT_XM) {
        put(w, "type", "ioemu");
    } else if (v->mode == VIF_EMULATED) {
        lose(w,
             "that there is no paravirtual card: xl gives both with each "
             "emulated card (xen_platform_pci=0, or xen_emul_unplug=never in "
             "a Linux guest, keep the emulated one)");
    }
}

static void put_mac(struct writer *w, const struct vif *v)
{
    if (v->has_mac) {
        g_autofree char *text = mac_text(v->mac);

        put(w, "mac", text);
    }
}

/* The text as it was, if it means the same in this dialect */
static void put_rate(struct writer *w, const struct vif *v)
{
    g_autofree char *text = NULL;
    struct rate r;

    if (v->rate_us == 0) {
        return;
    }
    if (v->rate && !rate_read(v->rate, w->dialect, &r) &&
        r.bytes == v->rate_bytes && r.us == v->rate_us) {
        put(w, "rate", v->rate);
        return;
    }
    text = rate_write(v->rate_bytes, v->rate_us, w->dialect);
    if (text) {
        put(w, "rate", text);
    } else {
        lose(w,
             "the limit of %" G_GUINT64_FORMAT " bytes in %" G_GUINT32_FORMAT
             " microseconds: %s has no text for it",
             v->rate_bytes, v->rate_us, who(w));
    }
}

static void put_rest(struct writer *w, const struct vif *v)
{
    for (unsigned i = 0; i < v->rest->len; i++) {
        const struct vif_key *k = g_ptr_array_index(v->rest, i);

        if (k->value == NULL) {
            lose(w, "%s: %s has no such flag", k->key, who(w));
        } else {
            put(w, k->key, k->value);
        }
    }
}

char *vifspec_write(const struct vif *v, enum dialect dialect,
                    enum guest_kind kind, GPtrArray *lost)
{
    struct writer w = { .dialect = dialect, .lost = lost };

    w.out = g_string_new(NULL);
    put_type(&w, v, kind);
    put(&w, "model", v->model);
    put_mac(&w, v);
    put(&w, "bridge", v->bridge);
    put(&w, "gatewaydev", v->gatewaydev);
    put(&w, "ip", v->ip);
    put(&w, "script", v->script);
    put(&w, "vifname", v->vifname);
    put(&w, "backend", v->backend);
    put_rate(&w, v);
    put(&w, "vlan", v->vlan);
    if (v->mtu) {
        put_number(&w, "mtu", v->mtu);
    }
    if (v->has_devid) {
        put_number(&w, "devid", v->devid);
    }
    if (v->untrusted && dialect == DIALECT_XL) {
        g_string_append(w.out, w.out->len ? ",untrusted" : "untrusted");
    } else if (v->untrusted) {
        lose(&w, "untrusted: %s has no such flag", who(&w));
    }
    put_rest(&w, v);
    return g_string_free(w.out, FALSE);
}
