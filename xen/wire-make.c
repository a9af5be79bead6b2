// SPDX-License-Identifier: MIT
/*
 * wire-make.c - taps of emulated cards, held by descriptors
 *
 * All that vifemu needs of xen/wire.h; so this file links to nothing but
 * rtnetlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "xen/doctor.h"
#include "xen/nl.h"
#include "xen/step.h"
#include "xen/wire.h"

int wire_hold(const char *name, unsigned flags, GError **err)
{
    struct ifreq ifr = { 0 };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        nl_fail(err, name, "cannot open /dev/net/tun", errno);
        return -1;
    }
    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
    errno = step();
    if (errno || ioctl(fd, TUNSETIFF, &ifr)) {
        nl_fail(err, name,
                flags & IFF_TUN_EXCL ? "cannot make the tap"
                                     : "cannot take hold of the tap",
                errno);
        close(fd);
        return -1;
    }
    return fd;
}

/* No address of IPv6 either, which it would make itself when it comes up: the
 * host has nothing to say on a guest's cable */
static bool set_all(struct mnl_socket *nl, const struct wire_tap *t,
                    GError **err)
{
    int index = (int)if_nametoindex(t->name);
    int why =
        index ? nl_set_address(nl, index, host_script_mac, t->mtu) : errno;

    if (why) {
        return nl_fail(err, t->name, "cannot set its address and MTU", why);
    }
    why = nl_set_mode(nl, index, IN6_ADDR_GEN_MODE_NONE);
    if (why) {
        return nl_fail(err, t->name, "cannot keep IPv6 off it", why);
    }
    why = t->bridge ? nl_set_master(nl, index, t->bridge) : 0;
    if (why) {
        return nl_fail(err, t->name, "cannot put it on its bridge", why);
    }
    why = nl_set_up(nl, index, true);
    return why ? nl_fail(err, t->name, "cannot bring it up", why) : true;
}

void wire_release(const int *fds, guint n)
{
    for (guint i = 0; i < n; i++) {
        close(fds[i]);
    }
}

bool wire_make(const GArray *taps, unsigned flags, int *fds, GError **err)
{
    struct mnl_socket *nl = nl_open(err);
    bool ok = nl != NULL;
    guint held = 0;

    while (ok && held < taps->len) {
        const struct wire_tap *t = &g_array_index(taps, struct wire_tap, held);

        fds[held] = wire_hold(t->name, IFF_TUN_EXCL | flags, err);
        ok = fds[held] >= 0;
        if (ok) {
            held++;
            ok = set_all(nl, t, err);
        }
    }
    nl_close(nl);
    if (!ok) {
        wire_release(fds, held);
    }
    return ok;
}
