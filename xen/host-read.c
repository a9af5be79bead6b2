// SPDX-License-Identifier: MIT
/*
 * host-read.c - the interfaces of this network namespace, over rtnetlink
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "xen/host.h"
#include "xen/nl.h"

/* The string in @attr, cut to @size; an odd attribute gives "" */
static void take_string(const struct nlattr *attr, char *to, size_t size)
{
    g_strlcpy(to, "", size);
    if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
        g_strlcpy(to, mnl_attr_get_str(attr), size);
    }
}

static uint32_t take_u32(const struct nlattr *attr)
{
    return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0
                                                     : mnl_attr_get_u32(attr);
}

static uint8_t take_u8(const struct nlattr *attr)
{
    return mnl_attr_validate(attr, MNL_TYPE_U8) < 0 ? 0 : mnl_attr_get_u8(attr);
}

/* One of IFLA_INFO_DATA, whose numbers depend on the kind */
static int take_data(const struct nlattr *attr, void *opaque)
{
    struct host_link *l = opaque;
    unsigned type = mnl_attr_get_type(attr);

    if (!strcmp(l->kind, "bridge") && type == IFLA_BR_STP_STATE) {
        l->stp = take_u32(attr);
    } else if (!strcmp(l->kind, "tun") && type == IFLA_TUN_PERSIST) {
        l->persist = take_u8(attr);
    } else if (!strcmp(l->kind, "tun") && type == IFLA_TUN_TYPE) {
        l->tap = take_u8(attr) == IFF_TAP;
    }
    return MNL_CB_OK;
}

/* One of IFLA_LINKINFO, where the kind comes first */
static int take_info(const struct nlattr *attr, void *opaque)
{
    struct host_link *l = opaque;

    if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
        take_string(attr, l->kind, sizeof(l->kind));
    } else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA) {
        mnl_attr_parse_nested(attr, take_data, l);
    }
    return MNL_CB_OK;
}

/* "vif-3-1", netback's name for device 1 of domain 3 on its bus */
static void take_parent(const char *name, struct host_link *l)
{
    unsigned domid, devid;
    char end;

    if (sscanf(name, "vif-%5u-%10u%c", &domid, &devid, &end) == 2 &&
        domid <= NAMES_DOMID_MAX && devid <= NAMES_DEVID_MAX) {
        l->backend = true;
        l->domid = domid;
        l->devid = devid;
    }
}

static void take_counts(const struct nlattr *attr, struct host_link *l)
{
    struct rtnl_link_stats64 s = { 0 };

    memcpy(&s, mnl_attr_get_payload(attr),
           MIN(sizeof(s), (size_t)mnl_attr_get_payload_len(attr)));
    l->rx = (struct host_count){ s.rx_packets, s.rx_bytes, s.rx_errors,
                                 s.rx_dropped };
    l->tx = (struct host_count){ s.tx_packets, s.tx_bytes, s.tx_errors,
                                 s.tx_dropped };
}

static int take_attr(const struct nlattr *attr, void *opaque)
{
    struct host_link *l = opaque;
    char parent[32];

    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        take_string(attr, l->name, sizeof(l->name));
        break;
    case IFLA_MTU:
        l->mtu = take_u32(attr);
        break;
    case IFLA_MASTER:
        l->master = (int)take_u32(attr);
        break;
    case IFLA_LINK:
        l->lower = (int)take_u32(attr);
        break;
    case IFLA_LINK_NETNSID:
        l->far = true;
        break;
    case IFLA_ADDRESS:
        if (mnl_attr_get_payload_len(attr) == sizeof(l->mac)) {
            memcpy(l->mac, mnl_attr_get_payload(attr), sizeof(l->mac));
        }
        break;
    case IFLA_STATS64:
        take_counts(attr, l);
        break;
    case IFLA_PARENT_DEV_NAME:
        take_string(attr, parent, sizeof(parent));
        take_parent(parent, l);
        break;
    case IFLA_LINKINFO:
        mnl_attr_parse_nested(attr, take_info, l);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *nlh, void *opaque)
{
    const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
    struct host_link l = { 0 };

    if (nlh->nlmsg_type != RTM_NEWLINK) {
        return MNL_CB_OK;
    }
    l.index = ifm->ifi_index;
    l.ethernet = ifm->ifi_type == ARPHRD_ETHER;
    l.up = ifm->ifi_flags & IFF_UP;
    l.running = ifm->ifi_flags & IFF_RUNNING;
    mnl_attr_parse(nlh, sizeof(*ifm), take_attr, &l);
    host_add(opaque, &l);
    return MNL_CB_OK;
}

/* Ask for all links; 0 or an errno */
static int dump(struct mnl_socket *nl, struct host *h)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

    nlh->nlmsg_type = RTM_GETLINK;
    nlh->nlmsg_flags = NLM_F_DUMP;
    ifm->ifi_family = AF_UNSPEC;
    return nl_get(nl, nlh, take_link, h);
}

/* What changes while it is told makes the kernel say EINTR: ask again */
static int dump_whole(struct mnl_socket *nl, struct host *h)
{
    int why = EINTR;

    for (unsigned tries = 10; why == EINTR && tries; tries--) {
        g_ptr_array_set_size(h->links, 0);
        why = dump(nl, h);
    }
    return why;
}

struct host *host_read(GError **err)
{
    struct mnl_socket *nl = nl_open(err);
    struct host *h = host_new();
    int why = nl ? dump_whole(nl, h) : 0;

    if (why) {
        nl_fail(err, "rtnetlink", "cannot read the interfaces", why);
    }
    if (nl && !why) {
        host_ask_drivers(h);
    } else {
        g_clear_pointer(&h, host_free);
    }
    nl_close(nl);
    return h;
}
