// SPDX-License-Identifier: MIT
/*
 * vifspec.c - vif specifications: "type=ioemu,bridge=xenbr0"
 *
 * Three readers of one language.  xl cuts at commas, however many, and takes a
 * piece for a key only if it begins with just that, '=' included; what it does
 * not know it names on its standard error and goes on without.  xl before 4.6
 * says nothing, and forgets all that follows a piece without '='.  xm strips
 * blanks and refuses what it does not know.
 *
 * All of xl's numbers are strtoul()'s, so that is what reads them here: signs,
 * blanks, what is behind them and the cut to 32 bits are part of the language.
 */
#include <stdlib.h>
#include <string.h>

#include "xen/vifspec.h"

/**
 * struct spec - One piece of a specification
 * @key:   NULL: a flag, or nothing that is known
 * @value: Behind '='; of a flag, the flag
 * @at:    Of the piece
 * @key_at, @value_at: Of these
 * @seen:  Keys of the pieces so far
 */
struct spec {
    struct guest *g;
    struct vif *v;
    const char *key, *value;
    struct place key_at, value_at;
    GHashTable *seen;
};

G_GNUC_PRINTF(3, 4)
static void say(struct spec *s, enum severity severity, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    guest_remark(s->g, severity, s->value_at, s->key, "%s", text);
}

static const char *who(const struct spec *s)
{
    static const char *const names[] = {
        [DIALECT_XL] = "xl",
        [DIALECT_XL_45] = "xl before 4.6",
        [DIALECT_XM] = "xm",
    };

    return names[s->g->dialect];
}

static void set(char **to, const char *value)
{
    g_free(*to);
    *to = g_strdup(value);
}

/*
 * type
 */

/* Those who write one of these do not want an emulated card */
static bool means_pv(const char *type)
{
    static const char *const words[] = { "vif", "netfront", "paravirtualized",
                                         "paravirtualised" };

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!strcmp(type, words[i])) {
            return true;
        }
    }
    return false;
}

static void type_xl(struct spec *s)
{
    bool hvm = s->g->kind == GUEST_HVM;

    if (!strcmp(s->value, "vif") || (s->g->own && means_pv(s->value))) {
        s->v->mode = VIF_PV;
    } else if (strcmp(s->value, "ioemu") != 0) {
        say(s, REMARK_WARNING,
            "the type of a vif is vif or ioemu for xl, which passes '%s' "
            "over: the guest gets %s",
            s->value,
            s->v->mode == VIF_BOTH ? "an emulated card and a paravirtual one"
                                   : "a paravirtual card");
    } else if (hvm) {
        s->v->mode = VIF_BOTH;
    } else {
        say(s, REMARK_ERROR,
            "libxl refuses type=ioemu: only HVM guests have emulated cards");
    }
}

static void type_xl_45(struct spec *s)
{
    bool ioemu = !strcmp(s->value, "ioemu");

    s->v->mode = ioemu && s->g->kind == GUEST_HVM ? VIF_BOTH : VIF_PV;
    if (ioemu && s->g->kind != GUEST_HVM) {
        say(s, REMARK_WARNING, "only HVM guests have emulated cards");
    } else if (!ioemu && !means_pv(s->value)) {
        say(s, REMARK_WARNING,
            "any type but ioemu is vif for xl before 4.6, '%s' too: the guest "
            "gets a paravirtual card only",
            s->value);
    }
}

static void type_xm(struct spec *s)
{
    bool hvm = s->g->kind == GUEST_HVM;

    if (!strcmp(s->value, "ioemu")) {
        s->v->mode = VIF_EMULATED;
        say(s, hvm ? REMARK_NOTE : REMARK_ERROR,
            hvm ? "with type=ioemu xm gives no paravirtual card: a guest that "
                  "unplugs the emulated one has no network"
                : "with type=ioemu xm gives no paravirtual card, and only HVM "
                  "guests have emulated ones: no network is left");
        return;
    }
    s->v->mode = VIF_PV;
    if (!means_pv(s->value)) {
        say(s, REMARK_WARNING,
            "any type but ioemu is a paravirtual card for xm, '%s' too",
            s->value);
    }
}

static void read_type(struct spec *s)
{
    set(&s->v->type, s->value);
    switch (s->g->dialect) {
    case DIALECT_XL:
        type_xl(s);
        break;
    case DIALECT_XL_45:
        type_xl_45(s);
        break;
    case DIALECT_XM:
        type_xm(s);
        break;
    }
}

/*
 * mac
 */

static void mac_rejected(struct spec *s, size_t used)
{
    g_autofree char *kept = mac_text(s->v->mac);
    size_t len = strlen(s->value);

    s->value_at.column += (unsigned)used;
    if (s->g->dialect == DIALECT_XM) {
        say(s, REMARK_ERROR,
            "'%s' is no MAC address: it takes six pairs of hexadecimal digits, "
            "as in 00:16:3e:01:02:03",
            s->value);
    } else {
        say(s, REMARK_WARNING,
            "'%s' is no MAC address (%s): %s goes on with %s", s->value,
            used >= len ? "it is too short, and what is behind it in memory is "
                          "read"
                        : "a number is missing or above ff",
            who(s), s->v->has_mac ? kept : "one made up");
    }
}

static void read_mac(struct spec *s)
{
    struct vif *v = s->v;
    size_t used;
    enum mac_verdict verdict = mac_read(s->value, s->g->dialect, v->mac, &used);
    static const uint8_t none[6];
    g_autofree char *text = mac_text(v->mac);

    v->has_mac = memcmp(v->mac, none, sizeof(none)) != 0;
    if (verdict == MAC_REJECTED) {
        mac_rejected(s, used);
        return;
    }
    if (verdict == MAC_LAX) {
        say(s, REMARK_WARNING,
            "'%s' does not look like a MAC address, but %s takes it for %s",
            s->value, who(s), text);
    }
    if (!v->has_mac) {
        say(s, REMARK_WARNING,
            "the address of all zeros stands for one made up");
    } else if (v->mac[0] & 1) {
        say(s, REMARK_WARNING,
            "%s is the address of a group: no bridge will learn it", text);
    }
}

/*
 * Numbers
 */

static void read_rate(struct spec *s)
{
    struct vif *v = s->v;
    struct rate r;
    const char *wrong = rate_read(s->value, s->g->dialect, &r);

    set(&v->rate, s->value);
    v->rate_bytes = r.bytes;
    v->rate_us = r.us;
    if (wrong) {
        say(s, s->g->dialect == DIALECT_XM ? REMARK_WARNING : REMARK_ERROR,
            s->g->dialect == DIALECT_XM ? "%s: xm makes '%s' no limit at all"
                                        : "%s: xl stops at '%s'",
            wrong, s->value);
        return;
    }
    if (r.octal && s->g->dialect != DIALECT_XM) {
        say(s, REMARK_WARNING, "a number that begins with 0 is octal for xl");
    }
    if (r.unitless) {
        say(s, REMARK_WARNING,
            "an interval without a unit is in seconds for xl, not in "
            "microseconds as its manual says");
    }
    if (r.bytes == 0) {
        say(s, REMARK_WARNING,
            "the limit is less than a byte in each interval");
    }
}

/* As much of a number as there is, cut to 32 bits; false: there is none */
static bool read_number(struct spec *s, uint32_t *n)
{
    char *end;
    unsigned long all;

    all = strtoul(s->value, &end, 10);
    if (end == s->value || all == ULONG_MAX) {
        say(s, REMARK_ERROR, "'%s' is no number, and xl stops here", s->value);
        return false;
    }
    *n = (uint32_t)all;
    if (*end || all != *n || !g_ascii_isdigit(s->value[0])) {
        say(s, REMARK_WARNING, "xl takes '%s' for %" G_GUINT32_FORMAT, s->value,
            *n);
    }
    return true;
}

static void read_mtu(struct spec *s)
{
    if (read_number(s, &s->v->mtu) && s->v->mtu == 1500) {
        say(s, REMARK_NOTE,
            "1500 is xl's default and not passed on: the vif gets the MTU of "
            "its bridge");
    }
}

static void read_devid(struct spec *s)
{
    s->v->has_devid |= read_number(s, &s->v->devid);
}

/*
 * vlan: 10, 10p/20, 10p/100+10x4, 100-104u
 */

static bool vlan_id(const char **p)
{
    char *end;
    unsigned long id;

    if (!g_ascii_isdigit(**p)) {
        return false;
    }
    id = strtoul(*p, &end, 10);
    *p = end;
    return id >= 1 && id <= 4094;
}

static bool vlan_good(const char *p)
{
    unsigned pieces = 0, pvids = 0;
    bool more;

    do {
        if (!vlan_id(&p)) {
            return false;
        }
        if (*p == '-') {
            p++;
            if (!vlan_id(&p)) {
                return false;
            }
        } else if (*p == '+') {
            p++;
            if (!vlan_id(&p) || *p++ != 'x' || !vlan_id(&p)) {
                return false;
            }
        }
        pieces++;
        pvids += *p == 'p';
        p += *p == 'p';
        p += *p == 'u';
        more = *p == '/';
        p += more;
    } while (more);
    return *p == '\0' && (pvids == 1 || (pieces == 1 && pvids == 0));
}

static void read_vlan(struct spec *s)
{
    set(&s->v->vlan, s->value);
    if (!vlan_good(s->value)) {
        say(s, REMARK_WARNING,
            "'%s' will not please a script: VLANs are as in 10, or with one p "
            "for untagged frames as in 10p/20/100-104, from 1 to 4094",
            s->value);
    }
}

/*
 * Keys
 */

static void read_netdev(struct spec *s)
{
    set(&s->v->gatewaydev, s->value);
    say(s, REMARK_NOTE, "netdev is the old name of gatewaydev");
}

static void read_accel(struct spec *s)
{
    if (s->g->dialect != DIALECT_XM) {
        say(s, REMARK_WARNING, "xl passes accel over");
    }
}

static const struct {
    const char *key;
    void (*read)(struct spec *s);
} readers[] = {
    { "type", read_type },     { "mac", read_mac },     { "rate", read_rate },
    { "mtu", read_mtu },       { "devid", read_devid }, { "vlan", read_vlan },
    { "netdev", read_netdev },
};

static const struct {
    const char *key;
    size_t field;
} strings[] = {
    { "bridge", G_STRUCT_OFFSET(struct vif, bridge) },
    { "model", G_STRUCT_OFFSET(struct vif, model) },
    { "vifname", G_STRUCT_OFFSET(struct vif, vifname) },
    { "script", G_STRUCT_OFFSET(struct vif, script) },
    { "ip", G_STRUCT_OFFSET(struct vif, ip) },
    { "backend", G_STRUCT_OFFSET(struct vif, backend) },
    { "gatewaydev", G_STRUCT_OFFSET(struct vif, gatewaydev) },
};

/* A repeated key of those that are only kept replaces the former */
static void keep(struct spec *s)
{
    struct vif_key *k = NULL;

    for (unsigned i = 0; i < s->v->rest->len && !k; i++) {
        struct vif_key *other = g_ptr_array_index(s->v->rest, i);

        k = strcmp(other->key, s->key) ? NULL : other;
    }
    if (k == NULL) {
        k = g_new0(struct vif_key, 1);
        k->key = g_strdup(s->key);
        g_ptr_array_add(s->v->rest, k);
    }
    k->at = s->key_at;
    set(&k->value, s->value);
}

static void odd_value(struct spec *s)
{
    size_t len = strlen(s->value);

    if (len == 0) {
        say(s, REMARK_WARNING,
            "%s is empty, which is not the same for %s as leaving it out",
            s->key, who(s));
    } else if (s->value[0] == ' ' || s->value[len - 1] == ' ') {
        say(s, REMARK_WARNING, "the blanks belong to the value '%s' for %s",
            s->value, who(s));
    }
}

/* A known key */
static void read_key(struct spec *s)
{
    if (!g_hash_table_add(s->seen, g_strdup(s->key))) {
        say(s, REMARK_WARNING, "%s stands here a second time: the last counts",
            s->key);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(readers); i++) {
        if (!strcmp(s->key, readers[i].key)) {
            readers[i].read(s);
            return;
        }
    }
    odd_value(s);
    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++) {
        if (!strcmp(s->key, strings[i].key)) {
            set(G_STRUCT_MEMBER_P(s->v, strings[i].field), s->value);
            return;
        }
    }
    if (!strcmp(s->key, "accel")) {
        read_accel(s);
    }
    keep(s);
}

/* @len bytes that no key is; @equals: '=' is behind them */
static void unknown(struct spec *s, const char *word, size_t len, bool equals)
{
    bool xm = s->g->dialect == DIALECT_XM;
    bool other = vif_key_known(word, len, DIALECT_XL) ||
                 vif_key_known(word, len, DIALECT_XM);
    const char *guess = vif_key_guess(word, len, s->g->dialect);
    g_autofree char *name = g_strndup(word, len);
    g_autofree char *hint = NULL;

    if (guess && !strcmp(guess, name)) {
        hint = equals ? g_strdup(" takes no value")
                      : g_strdup_printf(" needs a value: %s=...", guess);
    } else if (guess && !other) {
        hint = g_strdup_printf(" is no key; did you mean %s?%s", guess,
                               !xm && strpbrk(name, " \t")
                                   ? " There can be no blanks beside it"
                                   : "");
    } else {
        hint =
            g_strdup_printf(other ? " is no key of %s" : " is no key", who(s));
    }
    guest_remark(s->g, xm ? REMARK_ERROR : REMARK_WARNING, s->key_at, name,
                 "'%s'%s%s%s", name, hint, xm ? "" : "; ",
                 xm ? "" : "xl goes on without it");
}

/*
 * Pieces
 */

/* trusted and untrusted, the only ones without a value */
static bool is_flag(const char *key, size_t len)
{
    return (len == 7 && !strncmp(key, "trusted", len)) ||
           (len == 9 && !strncmp(key, "untrusted", len));
}

/* One that xl takes; false: the rest is not read */
static bool piece_xl(struct spec *s, char *piece)
{
    char *equals = strchr(piece, '=');
    size_t len = equals ? (size_t)(equals - piece) : strlen(piece);
    bool known = vif_key_known(piece, len, s->g->dialect);

    if (!equals && s->g->dialect == DIALECT_XL_45) {
        guest_remark(s->g, REMARK_WARNING, s->key_at, NULL,
                     "'%s' has no '=': xl before 4.6 forgets it and all that "
                     "follows",
                     piece);
        return false;
    }
    if (known && !equals && is_flag(piece, len)) {
        s->v->untrusted = piece[0] == 'u';
    } else if (known && equals && !is_flag(piece, len)) {
        *equals = '\0';
        s->key = piece;
        s->value = equals + 1;
        s->value_at.column += (unsigned)len + 1;
        read_key(s);
    } else {
        unknown(s, piece, len, equals != NULL);
    }
    return true;
}

static void piece_xm(struct spec *s, char *piece)
{
    char *equals = strchr(piece, '=');

    if (!equals) {
        guest_remark(s->g, REMARK_ERROR, s->key_at, NULL,
                     "'%s' has to be a key and its value with '=' between "
                     "them",
                     piece);
        return;
    }
    *equals = '\0';
    s->key = g_strstrip(piece);
    s->value = equals + 1;
    while (g_ascii_isspace(*s->value)) {
        s->value++;
    }
    g_strchomp(equals + 1);
    s->value_at.column += (unsigned)(s->value - piece);
    if (vif_key_known(s->key, strlen(s->key), DIALECT_XM)) {
        read_key(s);
    } else {
        unknown(s, s->key, strlen(s->key), true);
    }
}

/* All between two commas; false: the rest is not read */
static bool read_piece(struct spec *s, char *piece, struct place at)
{
    bool xm = s->g->dialect == DIALECT_XM;

    while (*piece == ' ' || (xm && g_ascii_isspace(*piece))) {
        piece++;
        at.column++;
    }
    s->key = NULL;
    s->key_at = s->value_at = at;
    if (xm) {
        piece_xm(s, piece);
        return true;
    }
    return piece_xl(s, piece);
}

void vifspec_read(struct guest *g, struct vif *v, const char *text,
                  struct place at)
{
    struct spec s = { .g = g, .v = v };
    g_autofree char *copy = g_strdup(text);
    char *p = copy;
    bool more = g->dialect != DIALECT_XM || text[strspn(text, " \t\n\v\f\r")];

    g_free(v->text);
    v->text = g_strdup(copy);
    v->mode = g->kind == GUEST_HVM ? VIF_BOTH : VIF_PV;
    s.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (more) {
        char *comma = strchr(p, ',');
        struct place here = at;

        here.column += at.column ? (unsigned)(p - copy) : 0;
        if (comma) {
            *comma = '\0';
        }
        more =
            (*p == '\0' && g->dialect != DIALECT_XM) || read_piece(&s, p, here);
        more &= comma != NULL;
        p = comma ? comma + 1 : p;
    }
    g_hash_table_unref(s.seen);
}
