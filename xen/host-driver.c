// SPDX-License-Identifier: MIT
/*
 * host-driver.c - which driver an interface has, where rtnetlink has no word
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xen/host.h"

static bool driver(const char *name, char to[32], void *fd)
{
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    struct ifreq ifr = { .ifr_data = (void *)&info };

    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    if (ioctl(*(int *)fd, SIOCETHTOOL, &ifr)) {
        return false;
    }
    memcpy(to, info.driver, 32);
    to[31] = 0;
    return true;
}

void host_ask_drivers(struct host *h)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0) {
        host_mark_ovs(h, driver, &fd);
        close(fd);
    }
}
