// SPDX-License-Identifier: MIT
/*
 * filter-rules.c - what a guest may send, in the words of nftables
 *
 *   table bridge vifemu {
 *       map ports { "vif3.0-emu" : jump vif3.0-emu, "vif3.0" : jump ... }
 *       chain frames-from-guests { hook prerouting; iifname vmap @ports }
 *       chain vif3.0-emu { ... }
 *   }
 *
 * A chain with addresses accepts what they may say and drops the rest, whatever
 * it is; so a frame in a form that was not thought of (two vlan tags, say) is
 * dropped, not passed.  It lets through
 *
 *   ARP      from the card's own address about an address of ip=; and the
 *            question whether an address is in use (sender 0.0.0.0, RFC 5227)
 *   DHCP     a client's request that has no address yet
 *   IPv4     from an address of ip=
 *   IPv6     if ip= has one of it: from that or the card's link-local address,
 *            except advertisements of routers and redirects; from :: to find
 *            out whether an address is in use, and to join groups.  An
 *            advertisement must be about the card's own address
 *
 * The commands are JSON, where a name needs no quoting that could go wrong.
 */
#include <arpa/inet.h>
#include <json-glib/json-glib.h>
#include <linux/if_ether.h>
#include <string.h>

#include "monitor/json.h"
#include "xen/filter.h"

/* Longer than a name of an interface, so that none is called so */
#define HOOK "frames-from-guests"
#define MAP  "ports-of-guests"

/* Of a bridge's prerouting: before all that others have there */
#define PRIORITY (-300)

/* ICMPv6 (RFC 4861, 3810) */
#define ROUTER_ADVERT    134
#define NEIGHBOR_SOLICIT 135
#define NEIGHBOR_ADVERT  136
#define REDIRECT         137
#define LISTENER_REPORT  143

bool filter_mode_find(const char *word, enum filter_mode *mode)
{
    static const char *const words[] = {
        [FILTER_IP] = "ip",
        [FILTER_MAC] = "mac",
        [FILTER_NONE] = "none",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!strcmp(words[i], word)) {
            *mode = (enum filter_mode)i;
            return true;
        }
    }
    return false;
}

void filter_free(void *filter)
{
    struct filter *f = filter;

    if (f) {
        g_array_unref(f->nets);
        g_free(f);
    }
}

/* "192.0.2.1" or "2001:db8::/64"; bits behind the prefix have to be 0, and
 * one of IPv6 to be of whole bytes */
static bool net_read(const char *word, struct filter_net *net)
{
    char *copy = g_strdup(word);
    char *slash = strchr(copy, '/');
    unsigned bits;
    guint64 prefix;
    bool ok;

    *net =
        (struct filter_net){ .family = strchr(word, ':') ? AF_INET6 : AF_INET };
    bits = net->family == AF_INET ? 32 : 128;
    prefix = bits;
    if (slash) {
        *slash = 0;
    }
    ok = inet_pton(net->family, copy, net->bytes) == 1 &&
         (!slash ||
          g_ascii_string_to_unsigned(slash + 1, 10, 0, bits, &prefix, NULL));
    net->prefix = (unsigned)prefix;
    /* Networks of IPv6 are compared by bytes */
    ok = ok && (net->family == AF_INET || net->prefix % 8 == 0);
    for (unsigned i = net->prefix; ok && i < bits; i++) {
        ok = !(net->bytes[i / 8] & 0x80 >> i % 8);
    }
    g_free(copy);
    return ok;
}

static void read_nets(const char *ip, GArray *nets, GPtrArray *wrong)
{
    char **words = g_strsplit_set(ip, " \t", -1);

    for (char **w = words; *w; w++) {
        struct filter_net net;

        if (**w && net_read(*w, &net)) {
            g_array_append_val(nets, net);
        } else if (**w) {
            g_ptr_array_add(wrong, g_strdup(*w));
        }
    }
    g_strfreev(words);
}

struct filter *filter_new(const char *tap, const char *vif, const uint8_t *mac,
                          const char *ip, GPtrArray *wrong)
{
    struct filter *f = g_new0(struct filter, 1);

    g_strlcpy(f->tap, tap, sizeof(f->tap));
    g_strlcpy(f->vif, vif, sizeof(f->vif));
    f->has_mac = mac != NULL;
    if (mac) {
        memcpy(f->mac, mac, sizeof(f->mac));
    }
    f->nets = g_array_new(FALSE, FALSE, sizeof(struct filter_net));
    if (ip) {
        read_nets(ip, f->nets, wrong);
    }
    return f;
}

struct filter *filter_for(struct plan *p, const struct plan_row *r,
                          enum filter_mode mode)
{
    const struct vif *v = r->vif;
    bool ip = v->ip && *v->ip;
    GPtrArray *wrong;
    struct filter *f;

    if (!r->emulated || mode == FILTER_NONE ||
        (!ip && !(mode == FILTER_MAC && v->has_mac))) {
        return NULL;
    }
    wrong = g_ptr_array_new_with_free_func(g_free);
    f = filter_new(r->tap, r->pv && !r->backend ? r->vifname : "",
                   v->has_mac ? v->mac : NULL, v->ip, wrong);
    for (guint i = 0; i < wrong->len; i++) {
        plan_remark(p, REMARK_ERROR, v->at, "ip", FILTER_WRONG,
                    (char *)wrong->pdata[i]);
    }
    g_ptr_array_unref(wrong);
    if (ip && !v->has_mac) {
        plan_remark(p, REMARK_NOTE, v->at, "mac",
                    "is not given, so the filter of ip= takes frames from any "
                    "card address, and any link-local one of IPv6");
    }
    return f;
}

/**
 * struct rule - A chain's rules on their way; each is a list of statements
 */
struct rule {
    JsonBuilder *b;
    const char *chain;
};

static void name_value(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, value);
}

/* {"VERB": {"WHAT": {family, table, and what the caller adds */
static void begin(JsonBuilder *b, const char *verb, const char *what)
{
    json_builder_begin_object(b);
    json_builder_set_member_name(b, verb);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, what);
    json_builder_begin_object(b);
    name_value(b, "family", "bridge");
    if (strcmp(what, "table")) {
        name_value(b, "table", FILTER_TABLE);
    }
}

static void end(JsonBuilder *b)
{
    json_builder_end_object(b);
    json_builder_end_object(b);
    json_builder_end_object(b);
}

/* {"VERB": {"WHAT": {..., "name": NAME}}} */
static void simple(JsonBuilder *b, const char *verb, const char *what,
                   const char *name)
{
    begin(b, verb, what);
    name_value(b, "name", name);
    end(b);
}

static void rule_begin(struct rule *r)
{
    begin(r->b, "add", "rule");
    name_value(r->b, "chain", r->chain);
    json_builder_set_member_name(r->b, "expr");
    json_builder_begin_array(r->b);
}

/* @verdict: "accept" or "drop" */
static void rule_end(struct rule *r, const char *verdict)
{
    if (!strcmp(verdict, "drop")) {
        json_builder_begin_object(r->b);
        json_builder_set_member_name(r->b, "counter");
        json_builder_add_null_value(r->b);
        json_builder_end_object(r->b);
    }
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, verdict);
    json_builder_add_null_value(r->b);
    json_builder_end_object(r->b);
    json_builder_end_array(r->b);
    end(r->b);
}

/* {"match": {"op": OP, "left": {"payload": {protocol, field}}, "right": the
 * caller's, who calls match_end() */
static void match_begin(struct rule *r, const char *op, const char *protocol,
                        const char *field)
{
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, "match");
    json_builder_begin_object(r->b);
    name_value(r->b, "op", op);
    json_builder_set_member_name(r->b, "left");
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, "payload");
    json_builder_begin_object(r->b);
    name_value(r->b, "protocol", protocol);
    name_value(r->b, "field", field);
    json_builder_end_object(r->b);
    json_builder_end_object(r->b);
    json_builder_set_member_name(r->b, "right");
}

static void match_end(struct rule *r)
{
    json_builder_end_object(r->b);
    json_builder_end_object(r->b);
}

static void match_word(struct rule *r, const char *op, const char *protocol,
                       const char *field, const char *word)
{
    match_begin(r, op, protocol, field);
    json_builder_add_string_value(r->b, word);
    match_end(r);
}

static void match_number(struct rule *r, const char *protocol,
                         const char *field, int number)
{
    match_begin(r, "==", protocol, field);
    json_builder_add_int_value(r->b, number);
    match_end(r);
}

/* An address, or {"prefix": {"addr": ADDRESS, "len": BITS}} */
static void put_net(JsonBuilder *b, const struct filter_net *net)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(net->family, net->bytes, text, sizeof(text));
    if (net->prefix == (net->family == AF_INET ? 32 : 128)) {
        json_builder_add_string_value(b, text);
        return;
    }
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "prefix");
    json_builder_begin_object(b);
    name_value(b, "addr", text);
    json_builder_set_member_name(b, "len");
    json_builder_add_int_value(b, net->prefix);
    json_builder_end_object(b);
    json_builder_end_object(b);
}

static void match_net(struct rule *r, const char *protocol, const char *field,
                      const struct filter_net *net)
{
    match_begin(r, "==", protocol, field);
    put_net(r->b, net);
    match_end(r);
}

/* The address that a neighbour advertisement is about: 8 bytes into ICMPv6.
 * nft has no word for it, so its bits are compared as a number */
static void match_target(struct rule *r, const struct filter_net *net)
{
    GString *number = g_string_new("0x");

    if (!net->prefix) {
        g_string_free(number, TRUE);
        return;
    }
    for (unsigned i = 0; i < net->prefix / 8; i++) {
        g_string_append_printf(number, "%02x", net->bytes[i]);
    }
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, "match");
    json_builder_begin_object(r->b);
    name_value(r->b, "op", "==");
    json_builder_set_member_name(r->b, "left");
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, "payload");
    json_builder_begin_object(r->b);
    name_value(r->b, "base", "th");
    json_builder_set_member_name(r->b, "offset");
    json_builder_add_int_value(r->b, 64);
    json_builder_set_member_name(r->b, "len");
    json_builder_add_int_value(r->b, net->prefix);
    json_builder_end_object(r->b);
    json_builder_end_object(r->b);
    name_value(r->b, "right", number->str);
    match_end(r);
    g_string_free(number, TRUE);
}

/* What is not the card's own address at all */
static void mac_rules(struct rule *r, const struct filter *f)
{
    char *mac = mac_text(f->mac);

    rule_begin(r);
    match_word(r, "!=", "ether", "saddr", mac);
    rule_end(r, "drop");
    rule_begin(r);
    match_word(r, "!=", "arp", "saddr ether", mac);
    rule_end(r, "drop");
    g_free(mac);
}

static void ipv4_rules(struct rule *r, const struct filter *f)
{
    bool some = false;

    for (guint i = 0; i < f->nets->len; i++) {
        const struct filter_net *net =
            &g_array_index(f->nets, struct filter_net, i);

        if (net->family == AF_INET) {
            rule_begin(r);
            match_net(r, "arp", "saddr ip", net);
            rule_end(r, "accept");
            rule_begin(r);
            match_net(r, "ip", "saddr", net);
            rule_end(r, "accept");
            some = true;
        }
    }
    if (some) {
        rule_begin(r);
        match_word(r, "==", "arp", "operation", "request");
        match_word(r, "==", "arp", "saddr ip", "0.0.0.0");
        rule_end(r, "accept");
    }
    rule_begin(r);
    match_word(r, "==", "ip", "saddr", "0.0.0.0");
    match_word(r, "==", "ip", "daddr", "255.255.255.255");
    match_number(r, "udp", "sport", 68);
    match_number(r, "udp", "dport", 67);
    rule_end(r, "accept");
}

/* Made of the card's address (RFC 4291, appendix A); any if that is not known.
 * Others would let a guest say that it is the router */
static struct filter_net link_local(const struct filter *f)
{
    const uint8_t *m = f->mac;
    struct filter_net net = { .family = AF_INET6, .prefix = 8 };
    const uint8_t own[16] = {
        0xfe,     0x80, 0,    0,    0,    0,    0,    0,
        m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]
    };

    memcpy(net.bytes, own, f->has_mac ? 16 : 2);
    net.prefix = f->has_mac ? 128 : 64;
    return net;
}

static bool is_in(const struct filter_net *net, const struct filter_net *in)
{
    unsigned whole = in->prefix / 8;

    return net->family == in->family && net->prefix >= in->prefix &&
           !memcmp(net->bytes, in->bytes, whole);
}

/* All that the guest may send IPv6 from, none inside another: nftables takes
 * no set that says something twice.  Empty if ip= has no such address */
static GArray *ipv6_nets(const struct filter *f)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct filter_net));
    GArray *own = g_array_new(FALSE, FALSE, sizeof(struct filter_net));
    struct filter_net local = link_local(f);

    for (guint i = 0; i < f->nets->len; i++) {
        const struct filter_net *net =
            &g_array_index(f->nets, struct filter_net, i);

        if (net->family == AF_INET6) {
            g_array_append_val(all, *net);
        }
    }
    if (all->len) {
        g_array_append_val(all, local);
    }
    for (guint i = 0; i < all->len; i++) {
        const struct filter_net *net =
            &g_array_index(all, struct filter_net, i);
        bool twice = false;

        for (guint k = 0; k < all->len && !twice; k++) {
            const struct filter_net *o =
                &g_array_index(all, struct filter_net, k);

            /* Of two that are equal the first one stays */
            twice = k != i && is_in(net, o) && (!is_in(o, net) || k < i);
        }
        if (!twice) {
            g_array_append_val(own, *net);
        }
    }
    g_array_unref(all);
    return own;
}

static void icmp_rule(struct rule *r, int type, const char *from,
                      const char *verdict)
{
    rule_begin(r);
    if (from) {
        match_word(r, "==", "ip6", "saddr", from);
    }
    match_number(r, "icmpv6", "type", type);
    rule_end(r, verdict);
}

/* From addresses that are not its own: dropped at once */
static void foreign_rule(struct rule *r, const GArray *own)
{
    rule_begin(r);
    match_begin(r, "!=", "ip6", "saddr");
    json_builder_begin_object(r->b);
    json_builder_set_member_name(r->b, "set");
    json_builder_begin_array(r->b);
    for (guint i = 0; i < own->len; i++) {
        put_net(r->b, &g_array_index(own, struct filter_net, i));
    }
    json_builder_end_array(r->b);
    json_builder_end_object(r->b);
    match_end(r);
    rule_end(r, "drop");
}

static void ipv6_rules(struct rule *r, const struct filter *f)
{
    GArray *own = ipv6_nets(f);

    if (own->len) {
        icmp_rule(r, NEIGHBOR_SOLICIT, "::", "accept");
        icmp_rule(r, LISTENER_REPORT, "::", "accept");
        foreign_rule(r, own);
        icmp_rule(r, ROUTER_ADVERT, NULL, "drop");
        icmp_rule(r, REDIRECT, NULL, "drop");
        for (guint i = 0; i < own->len; i++) {
            rule_begin(r);
            match_number(r, "icmpv6", "type", NEIGHBOR_ADVERT);
            match_target(r, &g_array_index(own, struct filter_net, i));
            rule_end(r, "accept");
        }
        icmp_rule(r, NEIGHBOR_ADVERT, NULL, "drop");
        rule_begin(r);
        match_word(r, "==", "ether", "type", "ip6");
        rule_end(r, "accept");
    }
    g_array_unref(own);
}

/* "ports": names of interfaces that are sent to a chain */
static void port(JsonBuilder *b, const char *verb, const char *name,
                 const char *chain)
{
    begin(b, verb, "element");
    name_value(b, "name", MAP);
    json_builder_set_member_name(b, "elem");
    json_builder_begin_array(b);
    json_builder_begin_array(b);
    json_builder_add_string_value(b, name);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "jump");
    json_builder_begin_object(b);
    name_value(b, "target", chain);
    json_builder_end_object(b);
    json_builder_end_object(b);
    json_builder_end_array(b);
    json_builder_end_array(b);
    end(b);
}

static void filter_rules(JsonBuilder *b, const struct filter *f)
{
    struct rule r = { .b = b, .chain = f->tap };

    simple(b, "add", "chain", f->tap);
    simple(b, "flush", "chain", f->tap);
    if (f->has_mac) {
        mac_rules(&r, f);
    }
    if (f->nets->len) {
        ipv4_rules(&r, f);
        ipv6_rules(&r, f);
        rule_begin(&r);
        rule_end(&r, "drop");
    }
    port(b, "add", f->tap, f->tap);
    if (*f->vif) {
        port(b, "add", f->vif, f->tap);
    }
}

/* The table, where frames are sent to filters */
static void table_rules(JsonBuilder *b)
{
    struct rule r = { .b = b, .chain = HOOK };

    simple(b, "add", "table", FILTER_TABLE);
    begin(b, "add", "map");
    name_value(b, "name", MAP);
    name_value(b, "type", "ifname");
    name_value(b, "map", "verdict");
    end(b);
    begin(b, "add", "chain");
    name_value(b, "name", HOOK);
    name_value(b, "type", "filter");
    name_value(b, "hook", "prerouting");
    json_builder_set_member_name(b, "prio");
    json_builder_add_int_value(b, PRIORITY);
    name_value(b, "policy", "accept");
    end(b);
    begin(b, "add", "rule");
    name_value(r.b, "chain", r.chain);
    json_builder_set_member_name(b, "expr");
    json_builder_begin_array(b);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "vmap");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "key");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "meta");
    json_builder_begin_object(b);
    name_value(b, "key", "iifname");
    json_builder_end_object(b);
    json_builder_end_object(b);
    name_value(b, "data", "@" MAP);
    json_builder_end_object(b);
    json_builder_end_object(b);
    json_builder_end_array(b);
    end(b);
}

static JsonBuilder *commands_begin(void)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    json_builder_set_member_name(b, "nftables");
    json_builder_begin_array(b);
    return b;
}

static char *commands_end(JsonBuilder *b)
{
    GString *text = g_string_new(NULL);
    JsonNode *root;

    json_builder_end_array(b);
    json_builder_end_object(b);
    root = json_builder_get_root(b);
    json_write(text, root);
    json_node_unref(root);
    g_object_unref(b);
    return g_string_free(text, FALSE);
}

static bool has_name(const GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name,
                                            g_str_equal, NULL);
}

/* Whether a filter of @all is called @chain, or holds for interface @name */
static bool replaces(const GPtrArray *all, const char *chain, const char *name)
{
    for (guint i = 0; i < all->len; i++) {
        const struct filter *f = all->pdata[i];

        if (!strcmp(f->tap, chain) || !strcmp(f->tap, name) ||
            !strcmp(f->vif, name)) {
            return true;
        }
    }
    return false;
}

char *filter_commands(const struct filter_list *l, const GPtrArray *all)
{
    JsonBuilder *b = commands_begin();

    if (!l->names->len) {
        table_rules(b);
    }
    for (guint i = 0; i < l->ports->len; i++) {
        if (replaces(all, l->jumps->pdata[i], l->ports->pdata[i])) {
            port(b, "delete", l->ports->pdata[i], l->jumps->pdata[i]);
        }
    }
    for (guint i = 0; i < all->len; i++) {
        filter_rules(b, all->pdata[i]);
    }
    return commands_end(b);
}

char *filter_removal(const struct filter_list *l, const GPtrArray *names)
{
    JsonBuilder *b;
    guint there = 0;

    for (guint i = 0; i < l->names->len; i++) {
        there += has_name(names, l->names->pdata[i]);
    }
    if (!there) {
        return NULL;
    }
    b = commands_begin();
    if (there == l->names->len) {
        simple(b, "delete", "table", FILTER_TABLE);
        return commands_end(b);
    }
    for (guint i = 0; i < l->ports->len; i++) {
        if (has_name(names, l->jumps->pdata[i])) {
            port(b, "delete", l->ports->pdata[i], l->jumps->pdata[i]);
        }
    }
    for (guint i = 0; i < l->names->len; i++) {
        if (has_name(names, l->names->pdata[i])) {
            simple(b, "flush", "chain", l->names->pdata[i]);
            simple(b, "delete", "chain", l->names->pdata[i]);
        }
    }
    return commands_end(b);
}
