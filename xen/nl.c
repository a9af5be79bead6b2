// SPDX-License-Identifier: MIT
/*
 * nl.c - questions and changes to the kernel's interfaces, over rtnetlink
 */
#include "xen/nl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "xen/step.h"

bool nl_fail(GError **err, const char *name, const char *what, int why)
{
    g_set_error(err, G_FILE_ERROR, (int)g_file_error_from_errno(why),
                "%s: %s: %s", name, what,
                why == EPERM ? "not permitted; it needs CAP_NET_ADMIN"
                             : g_strerror(why));
    return false;
}

struct mnl_socket *nl_open(GError **err)
{
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

    if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) >= 0) {
        return nl;
    }
    nl_fail(err, "rtnetlink", "cannot ask the kernel", errno);
    nl_close(nl);
    return NULL;
}

void nl_close(struct mnl_socket *nl)
{
    if (nl) {
        mnl_socket_close(nl);
    }
}

int nl_get(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t take,
           void *opaque)
{
    size_t size = 65536;
    char *buf;
    int more = MNL_CB_OK, why = 0;

    nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    nlh->nlmsg_seq = 1;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return errno;
    }
    buf = g_malloc(size);
    while (more == MNL_CB_OK) {
        ssize_t got = mnl_socket_recvfrom(nl, buf, size);

        more = got < 0 ? MNL_CB_ERROR
                       : mnl_cb_run(buf, (size_t)got, 1,
                                    mnl_socket_get_portid(nl), take, opaque);
        why = more == MNL_CB_ERROR ? errno : 0;
    }
    g_free(buf);
    return why;
}

int nl_ask(struct mnl_socket *nl, struct nlmsghdr *nlh)
{
    int why = step();

    return why ? why : nl_get(nl, nlh, NULL, NULL);
}

struct nlmsghdr *nl_link(char *buf, int index)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

    nlh->nlmsg_type = RTM_NEWLINK;
    ifm->ifi_family = AF_UNSPEC;
    ifm->ifi_index = index;
    return nlh;
}

int nl_set_master(struct mnl_socket *nl, int index, int master)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);

    mnl_attr_put_u32(nlh, IFLA_MASTER, (uint32_t)master);
    return nl_ask(nl, nlh);
}

int nl_set_up(struct mnl_socket *nl, int index, bool up)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);
    struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);

    ifm->ifi_change = IFF_UP;
    ifm->ifi_flags = up ? IFF_UP : 0;
    return nl_ask(nl, nlh);
}

int nl_set_address(struct mnl_socket *nl, int index, const uint8_t mac[6],
                   uint32_t mtu)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);

    mnl_attr_put(nlh, IFLA_ADDRESS, 6, mac);
    if (mtu) {
        mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
    }
    return nl_ask(nl, nlh);
}

int nl_set_mode(struct mnl_socket *nl, int index, uint8_t mode)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);
    struct nlattr *spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
    struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);
    int why;

    mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, mode);
    mnl_attr_nest_end(nlh, inet6);
    mnl_attr_nest_end(nlh, spec);
    why = nl_ask(nl, nlh);
    /* A kernel, or an interface, without IPv6 */
    return why == EAFNOSUPPORT || why == EOPNOTSUPP ? 0 : why;
}

int nl_delete_link(struct mnl_socket *nl, int index)
{
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, index);

    nlh->nlmsg_type = RTM_DELLINK;
    return nl_ask(nl, nlh);
}
