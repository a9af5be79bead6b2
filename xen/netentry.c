// SPDX-License-Identifier: MIT
/*
 * netentry.c - one address or route: as a key, as text, as a request
 *
 * A key is what rtnetlink said, less what cannot be said back (counters, the
 * state of duplicate detection) and less the interface.  So whatever a kernel
 * knows of a route goes along, though nothing here understands it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "xen/netkey.h"
#include "xen/nl.h"

void net_entry_free(void *entry)
{
    struct net_entry *e = entry;

    if (e) {
        g_bytes_unref(e->key);
        g_free(e);
    }
}

struct net_entry *net_entry_copy(const struct net_entry *e)
{
    struct net_entry *copy = g_new(struct net_entry, 1);

    *copy = *e;
    g_bytes_ref(copy->key);
    return copy;
}

bool net_entry_same(const struct net_entry *a, const struct net_entry *b)
{
    return a->route == b->route && g_bytes_equal(a->key, b->key);
}

int net_entry_find(const GPtrArray *all, const struct net_entry *e)
{
    for (guint i = 0; i < all->len; i++) {
        if (net_entry_same(all->pdata[i], e)) {
            return (int)i;
        }
    }
    return -1;
}

static const void *header(const struct net_entry *e)
{
    return g_bytes_get_data(e->key, NULL);
}

size_t net_key_header(bool route)
{
    return route ? sizeof(struct rtmsg) : sizeof(struct ifaddrmsg);
}

/* Room that @len bytes take in a message */
static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* The attribute behind @before, NULL: the first; NULL behind the last */
static const struct nlattr *attribute_after(const struct net_entry *e,
                                            const struct nlattr *before)
{
    size_t len;
    const uint8_t *p = g_bytes_get_data(e->key, &len);
    const uint8_t *at = before
                            ? (const uint8_t *)before + padded(before->nla_len)
                            : p + net_key_header(e->route);

    return at < p + len ? (const struct nlattr *)at : NULL;
}

/* Attribute @type of an entry, NULL: it has none */
static const struct nlattr *attribute(const struct net_entry *e, uint16_t type)
{
    const struct nlattr *attr = attribute_after(e, NULL);

    while (attr && mnl_attr_get_type(attr) != type) {
        attr = attribute_after(e, attr);
    }
    return attr;
}

uint8_t net_entry_family(const struct net_entry *e)
{
    /* The first byte of either header */
    return *(const uint8_t *)header(e);
}

uint8_t net_entry_scope(const struct net_entry *e)
{
    const struct rtmsg *rtm = header(e);

    if (rtm->rtm_family == AF_INET) {
        return rtm->rtm_scope;
    }
    return attribute(e, RTA_GATEWAY) || attribute(e, RTA_MULTIPATH)
               ? RT_SCOPE_UNIVERSE
               : RT_SCOPE_LINK;
}

/* Add the address in @type, if there is one, behind @before */
static bool say_address(GString *s, const struct net_entry *e, uint16_t type,
                        const char *before)
{
    const struct nlattr *attr = attribute(e, type);
    uint8_t family = net_entry_family(e);
    char text[INET6_ADDRSTRLEN];
    size_t need = family == AF_INET ? 4 : 16;

    if (!attr || mnl_attr_get_payload_len(attr) != need) {
        return false;
    }
    inet_ntop(family, mnl_attr_get_payload(attr), text, sizeof(text));
    g_string_append_printf(s, "%s%s", before, text);
    return true;
}

static void say_number(GString *s, const struct net_entry *e, uint16_t type,
                       uint32_t usual, const char *before)
{
    const struct nlattr *attr = attribute(e, type);

    if (attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t) &&
        mnl_attr_get_u32(attr) != usual) {
        g_string_append_printf(s, "%s%u", before, mnl_attr_get_u32(attr));
    }
}

/* Where a route leads to */
static void say_target(GString *s, const struct net_entry *e)
{
    const struct rtmsg *rtm = header(e);

    if (!say_address(s, e, RTA_DST, "")) {
        g_string_append(s, "default");
    } else if (rtm->rtm_dst_len < (rtm->rtm_family == AF_INET ? 32 : 128)) {
        g_string_append_printf(s, "/%u", rtm->rtm_dst_len);
    }
}

char *net_entry_target(const struct net_entry *e)
{
    const struct rtmsg *rtm = header(e);
    GString *s = g_string_new(NULL);

    say_target(s, e);
    g_string_append_printf(s, " tos %u", rtm->rtm_tos);
    say_number(s, e, RTA_TABLE, RT_TABLE_UNSPEC, " table ");
    say_number(s, e, RTA_PRIORITY, 0, " metric ");
    return g_string_free(s, FALSE);
}

static void say_route(GString *s, const struct net_entry *e)
{
    say_target(s, e);
    say_address(s, e, RTA_GATEWAY, " via ");
    if (attribute(e, RTA_VIA)) {
        g_string_append(s, " via another family");
    }
    if (attribute(e, RTA_MULTIPATH)) {
        g_string_append(s, " via several");
    }
    say_number(s, e, RTA_TABLE, RT_TABLE_MAIN, " table ");
    say_number(s, e, RTA_PRIORITY, 0, " metric ");
}

char *net_entry_text(const struct net_entry *e)
{
    GString *s = g_string_new(NULL);
    const struct ifaddrmsg *ifa = header(e);

    if (e->route) {
        say_route(s, e);
    } else {
        if (!say_address(s, e, IFA_LOCAL, "")) {
            say_address(s, e, IFA_ADDRESS, "");
        }
        g_string_append_printf(s, "/%u", ifa->ifa_prefixlen);
    }
    return g_string_free(s, FALSE);
}

void net_key_put(GByteArray *key, uint16_t type, const void *data, size_t len)
{
    static const uint8_t zero[4];
    struct nlattr attr = { .nla_len = (uint16_t)(sizeof(attr) + len),
                           .nla_type = type };

    g_byte_array_append(key, (const uint8_t *)&attr, sizeof(attr));
    g_byte_array_append(key, data, (guint)len);
    g_byte_array_append(key, zero, (guint)(padded(len) - len));
}

struct net_entry *net_entry_for(const struct net_entry *e, const char *from,
                                const char *to)
{
    const struct nlattr *label = e->route ? NULL : attribute(e, IFA_LABEL);
    size_t head = net_key_header(e->route);
    const uint8_t *p = header(e);
    const struct nlattr *attr;
    struct net_entry *copy = net_entry_copy(e);
    const char *rest;
    GByteArray *key;
    char *renamed;

    if (!label || !g_str_has_prefix(mnl_attr_get_str(label), from)) {
        return copy;
    }
    rest = mnl_attr_get_str(label) + strlen(from);
    if (*rest && *rest != ':') {
        return copy;
    }
    renamed =
        g_strconcat(to, strlen(to) + strlen(rest) < IFNAMSIZ ? rest : "", NULL);
    key = g_byte_array_new();
    g_byte_array_append(key, p, (guint)head);
    for (attr = attribute_after(e, NULL); attr;
         attr = attribute_after(e, attr)) {
        if (attr == label) {
            net_key_put(key, IFA_LABEL, renamed, strlen(renamed) + 1);
        } else {
            net_key_put(key, attr->nla_type, mnl_attr_get_payload(attr),
                        mnl_attr_get_payload_len(attr));
        }
    }
    g_free(renamed);
    g_bytes_unref(copy->key);
    copy->key = g_byte_array_free_to_bytes(key);
    return copy;
}

char *net_entry_write(const struct net_entry *e)
{
    GString *s = g_string_new(NULL);
    size_t len;
    const uint8_t *p = g_bytes_get_data(e->key, &len);

    g_string_append_printf(s, "%u:%u:", e->preferred, e->valid);
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(s, "%02x", p[i]);
    }
    return g_string_free(s, FALSE);
}

/* Next hops one behind the other, of which each has room for its header */
static bool hops_fit(const struct nlattr *attr)
{
    size_t left = mnl_attr_get_payload_len(attr);
    const uint8_t *p = mnl_attr_get_payload(attr);

    while (left) {
        struct rtnexthop hop;

        if (left < sizeof(hop)) {
            return false;
        }
        memcpy(&hop, p, sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || padded(hop.rtnh_len) > left ||
            hop.rtnh_ifindex < 0) {
            return false;
        }
        p += padded(hop.rtnh_len);
        left -= padded(hop.rtnh_len);
    }
    return true;
}

static bool attribute_fits(const struct nlattr *attr, bool route)
{
    const char *text = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);
    uint16_t type = mnl_attr_get_type(attr);

    if (!net_key_wants(type, route)) {
        return false;
    }
    if (!route && type == IFA_LABEL) {
        return len && len <= IFNAMSIZ && memchr(text, 0, len) == text + len - 1;
    }
    return !route || type != RTA_MULTIPATH || hops_fit(attr);
}

bool net_key_ok(const uint8_t *p, size_t len, bool route)
{
    size_t head = net_key_header(route);

    if (len < head || len > NET_KEY_MAX ||
        (p[0] != AF_INET && p[0] != AF_INET6)) {
        return false;
    }
    p += head;
    len -= head;
    while (len) {
        struct nlattr attr;

        if (len < sizeof(attr)) {
            return false;
        }
        memcpy(&attr, p, sizeof(attr));
        if (attr.nla_len < sizeof(attr) || padded(attr.nla_len) > len ||
            !attribute_fits((const struct nlattr *)p, route)) {
            return false;
        }
        p += padded(attr.nla_len);
        len -= padded(attr.nla_len);
    }
    return true;
}

/* A number and the colon behind it */
static bool read_number(const char **text, uint32_t *value)
{
    char *end;
    guint64 n = g_ascii_strtoull(*text, &end, 10);

    if (!g_ascii_isdigit(**text) || *end != ':' || n > UINT32_MAX) {
        return false;
    }
    *text = end + 1;
    *value = (uint32_t)n;
    return true;
}

struct net_entry *net_entry_read(const char *text, bool route)
{
    struct net_entry e = { .route = route };
    size_t len;
    uint8_t *key;
    bool ok;

    if (!read_number(&text, &e.preferred) || !read_number(&text, &e.valid)) {
        return NULL;
    }
    len = strlen(text) / 2;
    if (strlen(text) % 2 || len > NET_KEY_MAX) {
        return NULL;
    }
    key = g_malloc(len + 1);
    ok = true;
    for (size_t i = 0; i < len && ok; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]);
        int low = g_ascii_xdigit_value(text[2 * i + 1]);

        ok = high >= 0 && low >= 0;
        key[i] = (uint8_t)(ok ? high << 4 | low : 0);
    }
    if (!ok || !net_key_ok(key, len, route)) {
        g_free(key);
        return NULL;
    }
    e.key = g_bytes_new_take(key, len);
    return g_memdup2(&e, sizeof(e));
}

/* A route's next hops over the interface itself, which have no number */
static void number_hops(struct nlattr *attr, int index)
{
    uint8_t *p = mnl_attr_get_payload(attr);
    size_t left = mnl_attr_get_payload_len(attr);

    while (left) {
        struct rtnexthop hop;

        memcpy(&hop, p, sizeof(hop));
        if (!hop.rtnh_ifindex) {
            hop.rtnh_ifindex = index;
            memcpy(p, &hop, sizeof(hop));
        }
        p += padded(hop.rtnh_len);
        left -= padded(hop.rtnh_len);
    }
}

/* The request that adds or deletes @e, in @buf of REQUEST bytes */
enum { REQUEST = NET_KEY_MAX + 512 };

static struct nlmsghdr *request(char *buf, const struct net_entry *e, int index,
                                bool add)
{
    size_t head = net_key_header(e->route);
    const uint8_t *p = header(e);
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    const struct nlattr *attr;
    bool several = false;

    if (e->route) {
        nlh->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
    } else {
        nlh->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
    }
    memcpy(mnl_nlmsg_put_extra_header(nlh, head), p, head);
    for (attr = attribute_after(e, NULL); attr;
         attr = attribute_after(e, attr)) {
        struct nlattr *to = mnl_nlmsg_get_payload_tail(nlh);

        mnl_attr_put(nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
                     mnl_attr_get_payload(attr));
        if (e->route && mnl_attr_get_type(attr) == RTA_MULTIPATH) {
            number_hops(to, index);
            several = true;
        }
    }
    if (!e->route) {
        ((struct ifaddrmsg *)mnl_nlmsg_get_payload(nlh))->ifa_index =
            (uint32_t)index;
    } else if (!several) {
        mnl_attr_put_u32(nlh, RTA_OIF, (uint32_t)index);
    }
    return nlh;
}

static void put_times(struct nlmsghdr *nlh, const struct net_entry *e)
{
    struct ifa_cacheinfo times = { .ifa_prefered = e->preferred,
                                   .ifa_valid = e->valid };

    if (e->valid == NET_FOREVER && e->preferred == NET_FOREVER) {
        return;
    }
    if (e->route) {
        mnl_attr_put_u32(nlh, RTA_EXPIRES, e->valid);
    } else {
        mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(times), &times);
    }
}

static uint32_t flags_of(const struct net_entry *e)
{
    const struct nlattr *attr = attribute(e, IFA_FLAGS);

    return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t)
               ? mnl_attr_get_u32(attr)
               : 0;
}

int net_entry_add(struct mnl_socket *nl, const struct net_entry *e, int index)
{
    char buf[REQUEST];
    struct nlmsghdr *nlh = request(buf, e, index, true);
    bool ours = !e->route && net_entry_family(e) == AF_INET6 &&
                !(flags_of(e) & IFA_F_NODAD);
    int why;

    nlh->nlmsg_flags = NLM_F_CREATE | (e->route ? NLM_F_APPEND : NLM_F_EXCL);
    put_times(nlh, e);
    if (ours) {
        /* It was ours before: not to be used until nobody answered for it
         * would take the host away for a second.  An attribute that comes
         * twice counts as the last says */
        mnl_attr_put_u32(nlh, IFA_FLAGS, flags_of(e) | IFA_F_NODAD);
    }
    why = nl_ask(nl, nlh);
    if (why || !ours) {
        return why;
    }
    nlh = request(buf, e, index, true);
    nlh->nlmsg_flags = NLM_F_REPLACE;
    put_times(nlh, e);
    return nl_ask(nl, nlh);
}

int net_entry_delete(struct mnl_socket *nl, const struct net_entry *e,
                     int index)
{
    char buf[REQUEST];

    return nl_ask(nl, request(buf, e, index, false));
}
