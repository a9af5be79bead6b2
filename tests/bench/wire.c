// SPDX-License-Identifier: MIT
/*
 * wire.c - the host's side of the network: a tap's interface through packet
 * sockets, or a datagram socket
 *
 * Everything happens in a network namespace that the caller made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

enum {
    SOCKET_BUFFER = 64 << 20, /* Truesize of a captured burst, and room */
    TIMEOUT_S = 40,
    AT_ONCE = 64, /* Datagrams a system call */
    PREFIX = 4,   /* A frame's length, in a stream */
};

int tap_make(const char *name, bool vnet)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (vnet) {
        ifr.ifr_flags |= IFF_VNET_HDR;
    }
    snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) ||
        (vnet &&
         ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))) {
        fail("cannot make a tap: %m");
    }
    return fd;
}

void iface_up(const char *name)
{
    struct ifreq ifr = { 0 };
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
    if (s < 0 || ioctl(s, SIOCGIFFLAGS, &ifr)) {
        fail("no interface '%s': %m", name);
    }
    ifr.ifr_flags |= IFF_UP;
    if (ioctl(s, SIOCSIFFLAGS, &ifr)) {
        fail("cannot bring up '%s': %m", name);
    }
    close(s);
}

struct counts iface_counts(const char *name)
{
    struct counts c = { 0 };
    FILE *f = fopen("/proc/net/dev", "re");
    char line[512], *colon;
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        colon = strchr(line, ':');
        if (colon) {
            *colon = '\0';
            found = !strcmp(line + strspn(line, " "), name) &&
                    sscanf(colon + 1, "%lu %lu", &c.bytes, &c.packets) == 2;
        }
    }
    if (!found) {
        fail("no counters of '%s' in /proc/net/dev", name);
    }
    fclose(f);
    return c;
}

static void set(int fd, int level, int option, int val)
{
    if (setsockopt(fd, level, option, &val, sizeof(val))) {
        fail("socket option %d: %m", option);
    }
}

static void set_timeout(int fd)
{
    struct timeval tv = { .tv_sec = TIMEOUT_S };

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv))) {
        fail("socket timeouts: %m");
    }
}

static int packet_socket(const char *name, int protocol)
{
    struct sockaddr_ll sa = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons((uint16_t)protocol),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        fail("packet socket: %m");
    }
    /* Before it is bound, so that nothing is missed */
    set(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER);
    set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
    set_timeout(fd);
    if (protocol) {
        set(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
    }
    if (!sa.sll_ifindex || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
        fail("packet socket on '%s': %m", name);
    }
    return fd;
}

int capture_open(const char *name)
{
    return packet_socket(name, ETH_P_ALL);
}

void capture_check(int fd, struct flow *f, uint64_t bytes)
{
    static uint8_t buf[FRAME_ROOM];
    struct virtio_net_hdr vnet;
    uint64_t end = f->bytes + bytes;
    ssize_t got;

    while (f->bytes < end) {
        got = recv(fd, buf, sizeof(buf), 0);
        if (got < (ssize_t)sizeof(vnet)) {
            fail("verification: %lu of %lu bytes came out of the tap",
                 bytes - (end - f->bytes), bytes);
        }
        memcpy(&vnet, buf, sizeof(vnet));
        flow_check(f, &vnet, buf + sizeof(vnet), (size_t)got - sizeof(vnet),
                   true);
    }
    /* What else came, that was not sent?  Empty last segments may */
    while ((got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
        memcpy(&vnet, buf, sizeof(vnet));
        flow_check(f, &vnet, buf + sizeof(vnet), (size_t)got - sizeof(vnet),
                   true);
    }
    if (f->bytes != end) {
        fail("verification: %lu bytes too many came out of the tap",
             f->bytes - end);
    }
    close(fd);
}

int inject_open(const char *name, bool vnet)
{
    /* Protocol 0: it receives nothing */
    int fd = packet_socket(name, 0);

    /* Past the queueing discipline nothing cuts for a tap that does not */
    set(fd, SOL_PACKET, vnet ? PACKET_VNET_HDR : PACKET_QDISC_BYPASS, 1);
    return fd;
}

/* With GSO one by one: they are few */
static void inject_big(int fd, const struct flow *f, uint32_t seq, unsigned n)
{
    static uint8_t buf[FRAME_ROOM];
    struct virtio_net_hdr vnet = flow_vnet(f);
    struct iovec iov[2] = {
        { .iov_base = &vnet, .iov_len = sizeof(vnet) },
        { .iov_base = buf },
    };

    for (unsigned i = 0; i < n; i++) {
        iov[1].iov_len = flow_frame(f, seq + i, buf);
        if (writev(fd, iov, 2) < 0) {
            fail("cannot put a GSO frame into the interface: %m");
        }
    }
}

static void send_all(int fd, struct mmsghdr *msg, unsigned n)
{
    unsigned sent = 0;
    int now;

    while (sent < n) {
        now = sendmmsg(fd, msg + sent, n - sent, 0);
        if (now <= 0) {
            fail("frame %u of %u was not taken: %m", sent, n);
        }
        sent += (unsigned)now;
    }
}

void inject(int fd, const struct flow *f, uint32_t seq, unsigned n)
{
    static uint8_t buf[AT_ONCE][BUF_SIZE];
    struct iovec iov[AT_ONCE];
    struct mmsghdr msg[AT_ONCE];
    unsigned part;

    if (f->kind == KIND_TSO) {
        inject_big(fd, f, seq, n);
        return;
    }
    for (; n; n -= part, seq += part) {
        part = n < AT_ONCE ? n : AT_ONCE;
        memset(msg, 0, sizeof(msg));
        for (unsigned i = 0; i < part; i++) {
            iov[i].iov_base = buf[i];
            iov[i].iov_len = flow_frame(f, seq + i, buf[i]);
            msg[i].msg_hdr.msg_iov = &iov[i];
            msg[i].msg_hdr.msg_iovlen = 1;
        }
        send_all(fd, msg, part);
    }
}

int stream_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        fail("no connection: %m");
    }
    set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
    set_timeout(fd);
    close(listener);
    return fd;
}

/* Each frame follows its length */
void stream_inject(int fd, const struct flow *f, uint32_t seq, unsigned n)
{
    static uint8_t buf[AT_ONCE * (PREFIX + BUF_SIZE)];
    uint8_t *to = buf;
    unsigned len;
    ssize_t put;

    for (unsigned i = 0; i < n; i++) {
        len = flow_frame(f, seq + i, to + PREFIX);
        put_be32(to, len);
        to += PREFIX + len;
        if ((i + 1) % AT_ONCE && i + 1 < n) {
            continue;
        }
        for (uint8_t *from = buf; from < to; from += put) {
            put = send(fd, from, (size_t)(to - from), MSG_NOSIGNAL);
            if (put <= 0) {
                fail("frame %u of %u was not taken: %m", i, n);
            }
        }
        to = buf;
    }
}

void stream_check(int fd, struct flow *f, uint64_t bytes, bool full)
{
    static const struct virtio_net_hdr none;
    static uint8_t buf[1 << 20];
    uint64_t end = f->bytes + bytes;
    size_t at = 0, have = 0, len;
    unsigned done = 0;
    ssize_t got;

    while (f->bytes < end) {
        got = recv(fd, buf + have, sizeof(buf) - have, 0);
        if (got <= 0) {
            fail("verification: %lu of %lu bytes arrived",
                 bytes - (end - f->bytes), bytes);
        }
        have += (size_t)got;
        while (have - at >= PREFIX) {
            len = (size_t)buf[at] << 24 | (size_t)buf[at + 1] << 16 |
                  (size_t)buf[at + 2] << 8 | buf[at + 3];
            if (have - at - PREFIX < len) {
                break;
            }
            flow_check(f, &none, buf + at + PREFIX, len,
                       full || done++ % 16 == 0);
            at += PREFIX + len;
        }
        memmove(buf, buf + at, have - at);
        have -= at;
        at = 0;
    }
    if (f->bytes != end || have) {
        fail("verification: %lu bytes too many arrived", f->bytes - end + have);
    }
}

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(sa.sun_path)) {
        fail("'%s' is too long for a socket", path);
    }
    strcpy(sa.sun_path, path);
    return sa;
}

int stream_listen(const char *path)
{
    struct sockaddr_un sa = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
        listen(fd, 1)) {
        fail("socket '%s': %m", path);
    }
    set_timeout(fd);
    return fd;
}

int dgram_open(const char *mine)
{
    struct sockaddr_un sa = unix_address(mine);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
        fail("socket '%s': %m", mine);
    }
    set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
    set_timeout(fd);
    return fd;
}

void dgram_connect(int fd, const char *theirs)
{
    struct sockaddr_un sa = unix_address(theirs);

    if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
        fail("socket '%s': %m", theirs);
    }
}

void dgram_check(int fd, struct flow *f, uint64_t bytes, bool full)
{
    static const struct virtio_net_hdr none;
    static uint8_t buf[AT_ONCE][BUF_SIZE];
    struct iovec iov[AT_ONCE];
    struct mmsghdr msg[AT_ONCE];
    uint64_t end = f->bytes + bytes;
    unsigned done = 0;
    int now;

    memset(msg, 0, sizeof(msg));
    for (unsigned i = 0; i < AT_ONCE; i++) {
        iov[i] = (struct iovec){ .iov_base = buf[i], .iov_len = BUF_SIZE };
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
    }
    while (f->bytes < end) {
        now = recvmmsg(fd, msg, AT_ONCE, MSG_WAITFORONE, NULL);
        if (now <= 0) {
            fail("verification: %lu of %lu bytes arrived",
                 bytes - (end - f->bytes), bytes);
        }
        for (unsigned i = 0; i < (unsigned)now; i++, done++) {
            flow_check(f, &none, buf[i], msg[i].msg_len,
                       full || done % 16 == 0);
        }
    }
    if (f->bytes != end) {
        fail("verification: %lu bytes too many arrived", f->bytes - end);
    }
}
