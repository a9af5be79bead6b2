// SPDX-License-Identifier: MIT
/*
 * netns.c - tests with real interfaces, in a network namespace of their own
 */
#include "tests/net/netns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

void sh(const char *command)
{
    int status = system(command);

    if (status) {
        g_error("'%s' failed: %d", command, status);
    }
}

void await_ports(const char *which, unsigned n)
{
    char *command =
        g_strdup_printf("for i in $(seq 600); do"
                        "  test $(ip -d link show %s |"
                        "         grep -c 'state forwarding') = %u && exit;"
                        "  sleep 0.1; "
                        "done; ip -d link show; exit 1",
                        which, n);

    sh(command);
    g_free(command);
}

void hurry(bool on)
{
    /* Without the rights to it, the host had better be idle */
    (void)setpriority(PRIO_PROCESS, 0, on ? -20 : 0);
}

int packet_socket(const char *name, uint16_t ethertype)
{
    struct sockaddr_ll sa = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ethertype),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ethertype));
    struct timeval patience = { .tv_sec = 60 };
    int room = 4 << 20; /* For what comes while we are kept from reading */

    g_assert_cmpint(sa.sll_ifindex, >, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    return fd;
}

int vnet_socket(const char *name, uint16_t ethertype)
{
    int fd = packet_socket(name, ethertype), one = 1;

    g_assert_cmpint(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one,
                               sizeof(one)),
                    ==, 0);
    return fd;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* NULL, or why not */
static const char *enter(void)
{
    char *map;
    int fd;

    if (unshare(CLONE_NEWNET)) {
        map = g_strdup_printf("0 %u 1\n", (unsigned)getuid());
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) ||
            !write_file("/proc/self/uid_map", map)) {
            g_free(map);
            return "no network namespaces here";
        }
        g_free(map);
    }
    fd = open("/dev/net/tun", O_RDWR);
    if (fd < 0) {
        return "no /dev/net/tun here";
    }
    close(fd);
    return NULL;
}

bool netns_enter(const char *probe, const char *lacks)
{
    const char *why = enter();

    if (!why && probe && system(probe)) {
        why = lacks;
    }
    if (why) {
        printf("1..0 # SKIP %s\n", why);
    }
    return !why;
}
