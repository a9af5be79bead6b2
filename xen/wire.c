// SPDX-License-Identifier: MIT
/*
 * wire.c - taps of emulated cards: made, put on bridges, taken away
 *
 * While they are set up all taps are held by descriptors, so that whatever
 * happens the kernel removes them.  Only when each is as it shall be they are
 * made to stay.
 */
#include "xen/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "xen/doctor.h"

static bool fail(GError **err, const char *name, const char *what, int why)
{
    g_set_error(err, G_FILE_ERROR, (int)g_file_error_from_errno(why),
                "%s: %s: %s", name, what,
                why == EPERM ? "not permitted; it needs CAP_NET_ADMIN"
                             : g_strerror(why));
    return false;
}

/* A descriptor that holds the tap @name, or -1 with @err set.  @flags:
 * IFF_TUN_EXCL: it must be new */
static int hold(const char *name, unsigned flags, GError **err)
{
    struct ifreq ifr = { 0 };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        fail(err, name, "cannot open /dev/net/tun", errno);
        return -1;
    }
    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
    if (ioctl(fd, TUNSETIFF, &ifr)) {
        fail(err, name,
             flags ? "cannot make the tap" : "cannot take hold of the tap",
             errno);
        close(fd);
        return -1;
    }
    return fd;
}

/* Send a request and wait for its answer; 0 or an errno */
static int ask(struct mnl_socket *nl, struct nlmsghdr *nlh)
{
    char buf[8192];
    ssize_t got;

    nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    nlh->nlmsg_seq = 1;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return errno;
    }
    got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
    if (got < 0 || mnl_cb_run(buf, (size_t)got, 1, mnl_socket_get_portid(nl),
                              NULL, NULL) < 0) {
        return errno;
    }
    return 0;
}

/* The beginning of a change to interface @index */
static struct nlmsghdr *change(char *buf, unsigned index, bool up)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

    nlh->nlmsg_type = RTM_NEWLINK;
    ifm->ifi_family = AF_UNSPEC;
    ifm->ifi_index = (int)index;
    ifm->ifi_change = up ? IFF_UP : 0;
    ifm->ifi_flags = up ? IFF_UP : 0;
    return nlh;
}

static int set_address(struct mnl_socket *nl, unsigned index, uint32_t mtu)
{
    char buf[256];
    struct nlmsghdr *nlh = change(buf, index, false);

    mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(host_script_mac), host_script_mac);
    mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
    return ask(nl, nlh);
}

/* No address of IPv6 either, which it would make itself when it comes up: the
 * host has nothing to say on a guest's cable */
static int set_silent(struct mnl_socket *nl, unsigned index)
{
    char buf[256];
    struct nlmsghdr *nlh = change(buf, index, false);
    struct nlattr *spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
    struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);
    int why;

    mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(nlh, inet6);
    mnl_attr_nest_end(nlh, spec);
    why = ask(nl, nlh);
    /* A kernel, or an interface, without IPv6 */
    return why == EAFNOSUPPORT || why == EOPNOTSUPP ? 0 : why;
}

static int set_master(struct mnl_socket *nl, unsigned index, int bridge)
{
    char buf[256];
    struct nlmsghdr *nlh = change(buf, index, false);

    mnl_attr_put_u32(nlh, IFLA_MASTER, (uint32_t)bridge);
    return ask(nl, nlh);
}

static int set_up(struct mnl_socket *nl, unsigned index)
{
    char buf[256];

    return ask(nl, change(buf, index, true));
}

static bool set_all(struct mnl_socket *nl, const struct wire_tap *t,
                    GError **err)
{
    unsigned index = if_nametoindex(t->name);
    int why = index ? set_address(nl, index, t->mtu) : errno;

    if (why) {
        return fail(err, t->name, "cannot set its address and MTU", why);
    }
    why = set_silent(nl, index);
    if (why) {
        return fail(err, t->name, "cannot keep IPv6 off it", why);
    }
    why = t->bridge ? set_master(nl, index, t->bridge) : 0;
    if (why) {
        return fail(err, t->name, "cannot put it on its bridge", why);
    }
    why = set_up(nl, index);
    return why ? fail(err, t->name, "cannot bring it up", why) : true;
}

/* Taps that stay from now on; what was made to stay is taken back when one
 * cannot */
static bool keep(const GArray *taps, const int *fds, GError **err)
{
    for (guint i = 0; i < taps->len; i++) {
        if (!ioctl(fds[i], TUNSETPERSIST, 1)) {
            continue;
        }
        fail(err, g_array_index(taps, struct wire_tap, i).name,
             "cannot make it stay", errno);
        while (i-- > 0) {
            ioctl(fds[i], TUNSETPERSIST, 0);
        }
        return false;
    }
    return true;
}

static void release(const int *fds, guint n)
{
    for (guint i = 0; i < n; i++) {
        close(fds[i]);
    }
}

bool wire_up(const GArray *taps, GError **err)
{
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int *fds = g_new(int, taps->len);
    bool ok = nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) >= 0;
    guint held = 0;

    if (!ok) {
        fail(err, "rtnetlink", "cannot ask the kernel", errno);
    }
    while (ok && held < taps->len) {
        const struct wire_tap *t = &g_array_index(taps, struct wire_tap, held);

        fds[held] = hold(t->name, IFF_TUN_EXCL, err);
        ok = fds[held] >= 0;
        if (ok) {
            held++;
            ok = set_all(nl, t, err);
        }
    }
    ok = ok && keep(taps, fds, err);
    release(fds, held);
    g_free(fds);
    if (nl) {
        mnl_socket_close(nl);
    }
    return ok;
}

bool wire_down(const GPtrArray *names, GError **err)
{
    int *fds = g_new(int, names->len);
    bool ok = true;
    guint held = 0;

    while (ok && held < names->len) {
        fds[held] = hold(names->pdata[held], 0, err);
        ok = fds[held] >= 0;
        held += ok;
    }
    for (guint i = 0; ok && i < held; i++) {
        if (ioctl(fds[i], TUNSETPERSIST, 0)) {
            ok = fail(err, names->pdata[i], "cannot let it go", errno);
        }
    }
    release(fds, held);
    g_free(fds);
    return ok;
}
