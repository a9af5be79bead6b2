// SPDX-License-Identifier: MIT
/*
 * hotplug-wire.c - a guest's interface put on its bridge, and taken off it
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "xen/doctor.h"
#include "xen/hotplug.h"
#include "xen/nl.h"

/* Needs it to be down */
static int set_name(struct mnl_socket *nl, int index, const char *name)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);

    mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    return nl_ask(nl, nlh);
}

static int set_mtu(struct mnl_socket *nl, int index, uint32_t mtu)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);

    mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
    return nl_ask(nl, nlh);
}

/**
 * struct addresses - Those of an interface, as requests that delete them
 */
struct addresses {
    int index;
    GPtrArray *requests;
};

/* What told of an address deletes it, too, when it is sent back as RTM_DELADDR
 */
static int take_address(const struct nlmsghdr *nlh, void *opaque)
{
    struct addresses *a = opaque;
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
    struct nlmsghdr *copy;

    if (nlh->nlmsg_type == RTM_NEWADDR && (int)ifa->ifa_index == a->index) {
        copy = g_malloc(nlh->nlmsg_len);
        memcpy(copy, nlh, nlh->nlmsg_len);
        copy->nlmsg_type = RTM_DELADDR;
        copy->nlmsg_flags = 0;
        g_ptr_array_add(a->requests, copy);
    }
    return MNL_CB_OK;
}

/* No address of IP; one that goes meanwhile is as good */
static int flush_addresses(struct mnl_socket *nl, int index)
{
    struct addresses a = { index, g_ptr_array_new_with_free_func(g_free) };
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
    int why;

    nlh->nlmsg_type = RTM_GETADDR;
    nlh->nlmsg_flags = NLM_F_DUMP;
    ifa->ifa_family = AF_UNSPEC;
    why = nl_get(nl, nlh, take_address, &a);
    for (guint i = 0; !why && i < a.requests->len; i++) {
        why = nl_ask(nl, a.requests->pdata[i]);
        why = why == EADDRNOTAVAIL ? 0 : why;
    }
    g_ptr_array_unref(a.requests);
    return why;
}

/* The steps that a job consists of, in their order; 0 or an errno, and in
 * @what which one it was */
static int wire(struct mnl_socket *nl, struct hotplug_job *j, const char **what)
{
    int why;

    *what = "cannot be taken down";
    why = nl_set_up(nl, j->index, false);
    if (!why && *j->rename) {
        *what = "cannot be renamed";
        why = set_name(nl, j->index, j->rename);
    }
    if (!why) {
        *what = "cannot be given its address";
        why = nl_set_address(nl, j->index, host_script_mac, 0);
    }
    if (!why) {
        *what = "cannot be kept free of addresses of IP";
        why = flush_addresses(nl, j->index);
        why = why ? why : nl_set_mode(nl, j->index, IN6_ADDR_GEN_MODE_NONE);
    }
    if (!why && set_mtu(nl, j->index, j->mtu)) {
        j->mtu = 0;
    }
    if (!why) {
        *what = "cannot be put on its bridge";
        why = nl_set_master(nl, j->index, j->bridge);
    }
    if (!why) {
        *what = "cannot be brought up";
        why = nl_set_up(nl, j->index, true);
    }
    return why;
}

/* nl_fail() by the name of now */
static bool fail(GError **err, int index, const char *what, int why)
{
    char name[IFNAMSIZ];

    return nl_fail(err, if_indextoname((unsigned)index, name) ? name : "it",
                   what, why);
}

bool hotplug_wire(struct hotplug_job *job, GError **err)
{
    struct mnl_socket *nl = nl_open(err);
    const char *what;
    int why;

    if (!nl) {
        return false;
    }
    why = wire(nl, job, &what);
    if (why) {
        nl_set_up(nl, job->index, false);
        nl_set_master(nl, job->index, 0);
    }
    nl_close(nl);
    return why ? fail(err, job->index, what, why) : true;
}

bool hotplug_unwire(int index, GError **err)
{
    struct mnl_socket *nl = nl_open(err);
    int down, off;

    if (!nl) {
        return false;
    }
    down = nl_set_up(nl, index, false);
    off = nl_set_master(nl, index, 0);
    nl_close(nl);
    if (down) {
        return fail(err, index, "cannot be taken down", down);
    }
    return off ? fail(err, index, "cannot be taken off its bridge", off) : true;
}
