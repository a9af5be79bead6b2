// SPDX-License-Identifier: MIT
/*
 * netstate.c - ask the kernel for an interface's addresses and routes
 */
#include "xen/netstate.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "xen/netkey.h"
#include "xen/nl.h"

/* What an address can be told to have; the others are its state */
#define ADDRESS_FLAGS                                                          \
    (IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |                  \
     IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN)

/* Of linux/if_addr.h since 5.18 */
#define ADDRESS_PROTO 11

static const uint16_t address_wants[] = {
    IFA_ADDRESS,     IFA_LOCAL, IFA_LABEL,     IFA_BROADCAST,
    IFA_RT_PRIORITY, IFA_FLAGS, ADDRESS_PROTO,
};

static const uint16_t route_wants[] = {
    RTA_DST,  RTA_SRC,        RTA_GATEWAY,   RTA_PRIORITY, RTA_PREFSRC,
    RTA_FLOW, RTA_METRICS,    RTA_MULTIPATH, RTA_TABLE,    RTA_VIA,
    RTA_PREF, RTA_ENCAP_TYPE, RTA_ENCAP,     RTA_NEWDST,
};

bool net_key_wants(uint16_t type, bool route)
{
    const uint16_t *all = route ? route_wants : address_wants;
    size_t n = route ? G_N_ELEMENTS(route_wants) : G_N_ELEMENTS(address_wants);

    type &= (uint16_t)NLA_TYPE_MASK;
    for (size_t i = 0; i < n; i++) {
        if (all[i] == type) {
            return true;
        }
    }
    return false;
}

void net_state_init(struct net_state *s)
{
    *s = (struct net_state){ .mode = NET_NO_MODE };
    s->addresses = g_ptr_array_new_with_free_func(net_entry_free);
    s->routes = g_ptr_array_new_with_free_func(net_entry_free);
    s->lost = g_ptr_array_new_with_free_func(g_free);
}

void net_state_clear(struct net_state *s)
{
    g_ptr_array_unref(s->addresses);
    g_ptr_array_unref(s->routes);
    g_ptr_array_unref(s->lost);
}

/**
 * struct take - An answer of the kernel on its way into a state
 * @index:  The interface that it is about, or a route's way out
 * @object: A route's next hop is an object of its own
 * @hops:   How many next hops of a route are over the interface
 */
struct take {
    struct net_state *s;
    GByteArray *key;
    bool route, object;
    int index;
    unsigned hops;
    uint32_t preferred, valid, flags;
};

static int take_mode(const struct nlattr *attr, void *opaque)
{
    struct net_state *s = opaque;

    if (mnl_attr_get_type(attr) == IFLA_INET6_ADDR_GEN_MODE &&
        mnl_attr_validate(attr, MNL_TYPE_U8) >= 0) {
        s->mode = mnl_attr_get_u8(attr);
    }
    return MNL_CB_OK;
}

static int take_family(const struct nlattr *attr, void *opaque)
{
    if (mnl_attr_get_type(attr) == AF_INET6) {
        mnl_attr_parse_nested(attr, take_mode, opaque);
    }
    return MNL_CB_OK;
}

static int take_link_attr(const struct nlattr *attr, void *opaque)
{
    struct net_state *s = opaque;
    const void *p = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);

    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
            g_strlcpy(s->name, p, sizeof(s->name));
        }
        break;
    case IFLA_MTU:
        s->mtu = len == sizeof(s->mtu) ? mnl_attr_get_u32(attr) : 0;
        break;
    case IFLA_MASTER:
        s->master = len == sizeof(int) ? (int)mnl_attr_get_u32(attr) : 0;
        break;
    case IFLA_ADDRESS:
        if (len == sizeof(s->mac)) {
            memcpy(s->mac, p, sizeof(s->mac));
        }
        break;
    case IFLA_AF_SPEC:
        mnl_attr_parse_nested(attr, take_family, s);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *nlh, void *opaque)
{
    const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
    struct net_state *s = opaque;

    if (nlh->nlmsg_type == RTM_NEWLINK) {
        s->present = true;
        s->index = ifm->ifi_index;
        s->up = ifm->ifi_flags & IFF_UP;
        mnl_attr_parse(nlh, sizeof(*ifm), take_link_attr, s);
    }
    return MNL_CB_OK;
}

static int read_link(struct mnl_socket *nl, int index, struct net_state *s)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);
    int why;

    nlh->nlmsg_type = RTM_GETLINK;
    why = nl_get(nl, nlh, take_link, s);
    return why == ENODEV ? 0 : why;
}

/* The entry that @t has put together */
static struct net_entry *take_entry(struct take *t)
{
    struct net_entry *e = g_new0(struct net_entry, 1);

    e->route = t->route;
    e->preferred = t->preferred;
    e->valid = t->valid;
    e->key = g_byte_array_free_to_bytes(t->key);
    return e;
}

static int take_address_attr(const struct nlattr *attr, void *opaque)
{
    struct take *t = opaque;
    uint16_t type = mnl_attr_get_type(attr);
    const void *p = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);

    if (type == IFA_CACHEINFO && len == sizeof(struct ifa_cacheinfo)) {
        const struct ifa_cacheinfo *times = p;

        t->preferred = times->ifa_prefered;
        t->valid = times->ifa_valid;
    } else if (type == IFA_FLAGS && len == sizeof(t->flags)) {
        t->flags = mnl_attr_get_u32(attr);
    } else if (net_key_wants(type, false)) {
        net_key_put(t->key, type, p, len);
    }
    return MNL_CB_OK;
}

static int take_address(const struct nlmsghdr *nlh, void *opaque)
{
    struct net_state *s = opaque;
    struct ifaddrmsg ifa;
    struct take t = { .s = s, .preferred = NET_FOREVER, .valid = NET_FOREVER };

    if (nlh->nlmsg_type != RTM_NEWADDR) {
        return MNL_CB_OK;
    }
    ifa = *(const struct ifaddrmsg *)mnl_nlmsg_get_payload(nlh);
    if ((int)ifa.ifa_index != s->index) {
        return MNL_CB_OK;
    }
    t.flags = ifa.ifa_flags;
    ifa.ifa_flags = 0;
    ifa.ifa_index = 0;
    t.key = g_byte_array_new();
    g_byte_array_append(t.key, (const uint8_t *)&ifa, sizeof(ifa));
    mnl_attr_parse(nlh, sizeof(ifa), take_address_attr, &t);
    if (ifa.ifa_family == AF_INET6 && (t.flags & IFA_F_TEMPORARY)) {
        g_byte_array_unref(t.key);
        return MNL_CB_OK;
    }
    t.flags &= ADDRESS_FLAGS;
    net_key_put(t.key, IFA_FLAGS, &t.flags, sizeof(t.flags));
    g_ptr_array_add(s->addresses, take_entry(&t));
    return MNL_CB_OK;
}

/* A list of next hops, with 0 for those over the interface; a copy */
static uint8_t *take_hops(struct take *t, const struct nlattr *attr)
{
    size_t left = mnl_attr_get_payload_len(attr);
    uint8_t *all = g_memdup2(mnl_attr_get_payload(attr), left);
    uint8_t *p = all;

    while (left >= sizeof(struct rtnexthop)) {
        struct rtnexthop *hop = (struct rtnexthop *)p;
        size_t len = (hop->rtnh_len + 3u) & ~3u;

        if (len < sizeof(*hop) || len > left) {
            break;
        }
        /* State, not what was asked for */
        hop->rtnh_flags &= RTNH_F_ONLINK;
        if (hop->rtnh_ifindex == t->s->index) {
            hop->rtnh_ifindex = 0;
            t->hops++;
        }
        p += len;
        left -= len;
    }
    return all;
}

static int take_route_attr(const struct nlattr *attr, void *opaque)
{
    struct take *t = opaque;
    uint16_t type = mnl_attr_get_type(attr);
    const void *p = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);

    if (type == RTA_OIF && len == sizeof(int)) {
        t->index = (int)mnl_attr_get_u32(attr);
    } else if (type == RTA_NH_ID) {
        t->object = true;
    } else if (type == RTA_CACHEINFO && len == sizeof(struct rta_cacheinfo)) {
        const struct rta_cacheinfo *times = p;

        if (times->rta_expires > 0) {
            t->valid = (uint32_t)(times->rta_expires / sysconf(_SC_CLK_TCK));
        }
    } else if (type == RTA_MULTIPATH) {
        uint8_t *hops = take_hops(t, attr);

        net_key_put(t->key, attr->nla_type, hops, len);
        g_free(hops);
    } else if (net_key_wants(type, true)) {
        net_key_put(t->key, attr->nla_type, p, len);
    }
    return MNL_CB_OK;
}

/* Not: what the kernel found out, and what it keeps by itself */
static bool counts(const struct rtmsg *rtm)
{
    return !(rtm->rtm_flags & RTM_F_CLONED) &&
           !(rtm->rtm_table == RT_TABLE_LOCAL &&
             rtm->rtm_protocol == RTPROT_KERNEL);
}

/**
 * struct routes - Routes on their way into a state
 * @others: Texts of those of IPv4 over other interfaces
 */
struct routes {
    struct net_state *s;
    GHashTable *others;
};

static void lose(struct net_state *s, const struct net_entry *e,
                 const char *why)
{
    char *text = net_entry_text(e);

    g_ptr_array_add(s->lost, g_strdup_printf("route %s %s", text, why));
    g_free(text);
}

static int take_route(const struct nlmsghdr *nlh, void *opaque)
{
    struct routes *to = opaque;
    struct take t = { .s = to->s,
                      .route = true,
                      .preferred = NET_FOREVER,
                      .valid = NET_FOREVER };
    struct rtmsg rtm;

    if (nlh->nlmsg_type != RTM_NEWROUTE) {
        return MNL_CB_OK;
    }
    rtm = *(const struct rtmsg *)mnl_nlmsg_get_payload(nlh);
    if (!counts(&rtm)) {
        return MNL_CB_OK;
    }
    rtm.rtm_flags &= RTNH_F_ONLINK;
    t.key = g_byte_array_new();
    g_byte_array_append(t.key, (const uint8_t *)&rtm, sizeof(rtm));
    mnl_attr_parse(nlh, sizeof(rtm), take_route_attr, &t);
    if (t.index == to->s->index || t.hops) {
        struct net_entry *e = take_entry(&t);

        g_ptr_array_add(to->s->routes, e);
        if (t.object) {
            lose(to->s, e, "goes to a nexthop object");
        }
    } else {
        struct net_entry *e = take_entry(&t);

        if (rtm.rtm_family == AF_INET) {
            g_hash_table_add(to->others, net_entry_target(e));
        }
        net_entry_free(e);
    }
    return MNL_CB_OK;
}

/* Of two routes with one destination and metric the first counts, and one that
 * is moved becomes the last.  Not of IPv6: that to fe80::/64 each interface
 * has */
static void find_equals(const struct routes *r)
{
    for (guint i = 0; i < r->s->routes->len; i++) {
        const struct net_entry *e = r->s->routes->pdata[i];
        char *target = net_entry_target(e);

        if (net_entry_family(e) == AF_INET &&
            g_hash_table_contains(r->others, target)) {
            lose(r->s, e, "has an equal over another interface");
        }
        g_free(target);
    }
}

static int read_all(struct mnl_socket *nl, uint16_t type, uint8_t family,
                    mnl_cb_t take, void *to)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    uint8_t *head =
        mnl_nlmsg_put_extra_header(nlh, net_key_header(type == RTM_GETROUTE));
    int why;

    /* The family is the first byte of either header */
    *head = family;
    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = NLM_F_DUMP;
    why = nl_get(nl, nlh, take, to);
    /* A kernel without IPv6 */
    return why == EOPNOTSUPP || why == EAFNOSUPPORT ? 0 : why;
}

static int read_routes(struct mnl_socket *nl, struct net_state *s)
{
    struct routes r = { .s = s };
    int why;

    r.others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    why = read_all(nl, RTM_GETROUTE, AF_INET, take_route, &r);
    why = why ? why : read_all(nl, RTM_GETROUTE, AF_INET6, take_route, &r);
    find_equals(&r);
    g_hash_table_unref(r.others);
    return why;
}

static int read_once(struct mnl_socket *nl, int index, struct net_state *s)
{
    int why = read_link(nl, index, s);

    if (why || !s->present) {
        return why;
    }
    why = read_all(nl, RTM_GETADDR, AF_INET, take_address, s);
    why = why ? why : read_all(nl, RTM_GETADDR, AF_INET6, take_address, s);
    return why ? why : read_routes(nl, s);
}

bool net_state_read(struct mnl_socket *nl, int index, struct net_state *s,
                    GError **err)
{
    int why = EINTR;

    for (unsigned tries = 10; why == EINTR && tries; tries--) {
        net_state_clear(s);
        net_state_init(s);
        why = read_once(nl, index, s);
    }
    return why ? nl_fail(err, "rtnetlink", "cannot read addresses and routes",
                         why)
               : true;
}
