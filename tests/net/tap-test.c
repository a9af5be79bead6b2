// SPDX-License-Identifier: MIT
/*
 * tap-test.c - net/tap.c with real interfaces, in a network namespace of its
 * own
 *
 * The other side of each interface is a packet socket.  Skipped where neither
 * a network namespace nor a tap can be made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#ifdef CONFIG_LINUX_IO_URING
#include <liburing.h>
#endif
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/gpa.h"
#include "net/netdev.h"
#include "system/loop.h"
#include "system/opts.h"
#include "tests/net/netns.h"

/* Of our frames; nobody else in the namespace sends such */
enum { ETHERTYPE = 0x88b5, FRAME = 100 };

struct peer {
    unsigned got, links;
    bool up;
    size_t len;
    uint8_t data[NIC_RX_MAX];
};

static char *dir;

/* Only our own frames count: the kernel sends some as interfaces come up */
static bool peer_receive(void *opaque, const struct nic_rx *rx)
{
    struct peer *p = opaque;

    g_assert_cmpuint(rx->n, ==, 1);
    if (rx->len >= 14 && be16_at(rx->buf[0].data + 12) == ETHERTYPE) {
        memcpy(p->data, rx->buf[0].data, rx->len);
        p->len = rx->len;
        p->got++;
    }
    return true;
}

static void peer_writable(void *opaque)
{
}

static void peer_link(void *opaque, bool up)
{
    struct peer *p = opaque;

    p->links++;
    p->up = up;
}

static const struct netdev_peer_ops peer_ops = {
    .receive = peer_receive,
    .writable = peer_writable,
    .link = peer_link,
};

static struct netdev *try_open(const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, "type", NULL);
    struct netdev *nd = netdev_open(opts, err);

    json_object_unref(opts);
    return nd;
}

static struct netdev *open_tap(struct peer *p, const char *text)
{
    GError *err = NULL;
    struct netdev *nd = try_open(text, &err);

    g_assert_no_error(err);
    memset(p, 0, sizeof(*p));
    netdev_plug(nd, &peer_ops, p);
    return nd;
}

static void fail_tap(const char *text, const char *says)
{
    GError *err = NULL;

    g_assert_null(try_open(text, &err));
    g_assert_nonnull(err);
    if (!strstr(err->message, says)) {
        g_test_message("%s: %s", text, err->message);
        g_test_fail();
    }
    g_error_free(err);
}

static void settle(void)
{
    unsigned turns = 0;

    while (loop_turn(false)) {
        g_assert_cmpuint(turns++, <, 10000);
    }
}

static bool wait_for(const unsigned *count, unsigned want)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    while (*count < want && g_get_monotonic_time() < end) {
        loop_turn(false);
    }
    return *count >= want;
}

static void make_frame(uint8_t f[FRAME], uint8_t fill)
{
    memset(f, fill, FRAME);
    memset(f, 0xff, 6);
    memcpy(f + 6, "\x52\x54\0\x12\x34\x56", 6);
    be16_store(f + 12, ETHERTYPE);
}

static bool send_nd(struct netdev *nd, const uint8_t *f, size_t len)
{
    const struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)f, .iov_len = 50 },
        { .iov_base = (uint8_t *)(uintptr_t)f + 50, .iov_len = len - 50 },
    };

    if (!netdev_send(nd, iov, 2, NULL)) {
        return false;
    }
    netdev_push(nd);
    return true;
}

/* Frames pass both ways between a backend and interface @name, which is up */
static void check_traffic(struct netdev *nd, struct peer *p, const char *name)
{
    uint8_t f[FRAME], got[2000];
    int fd = packet_socket(name, ETHERTYPE);
    unsigned before = p->got;

    for (unsigned i = 0; i < 100; i++) {
        make_frame(f, (uint8_t)i);
        g_assert_true(send_nd(nd, f, FRAME));
        g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, FRAME);
        g_assert_true(!memcmp(got, f, FRAME));
        g_assert_cmpint(send(fd, f, FRAME, 0), ==, FRAME);
        g_assert_true(wait_for(&p->got, before + i + 1));
        g_assert_cmpuint(p->len, ==, FRAME);
        g_assert_true(!memcmp(p->data, f, FRAME));
    }
    close(fd);
}

static void close_tap(struct netdev *nd)
{
    netdev_unplug(nd);
    netdev_close(nd);
}

/* After @changes of the link it is @up */
static void check_link(struct netdev *nd, const struct peer *p,
                       unsigned changes, bool up)
{
    g_assert_true(wait_for(&p->links, changes));
    g_assert_cmpuint(p->links, ==, changes);
    g_assert_true(netdev_carrier(nd) == up);
}

static void test_traffic(void)
{
    struct peer p;
    struct netdev *nd =
        open_tap(&p, "tap,id=n0,ifname=exactly15chars0,script=no");
    uint8_t f[FRAME];

    g_assert_cmpuint(if_nametoindex("exactly15chars0"), >, 0);
    /* Still down: lost, but no reason to wait, nor to tell the guest */
    check_link(nd, &p, 0, true);
    make_frame(f, 1);
    g_assert_true(send_nd(nd, f, FRAME));
    g_assert_cmpuint(nd->tx_dropped, ==, 1);
    sh("ip link set exactly15chars0 up");
    check_link(nd, &p, 0, true);
    check_traffic(nd, &p, "exactly15chars0");
    sh("ip link set exactly15chars0 down");
    check_link(nd, &p, 1, false);
    g_assert_true(send_nd(nd, f, FRAME));
    sh("ip link set exactly15chars0 up");
    check_link(nd, &p, 2, true);
    check_traffic(nd, &p, "exactly15chars0");
    check_link(nd, &p, 2, true);
    close_tap(nd);
    g_assert_cmpuint(if_nametoindex("exactly15chars0"), ==, 0);
}

static char *write_script(const char *name, const char *text)
{
    char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    return path;
}

static void test_scripts(void)
{
    struct peer p;
    char *log = g_build_filename(dir, "log", NULL), *seen, *text;
    char *body = g_strdup_printf("#!/bin/sh -e\n"
                                 "ip link set dev $1 up\n"
                                 "echo $0 $1 >>%s\n",
                                 log);
    char *up = write_script("up", body), *down = write_script("down", body);
    char *bad = write_script("bad", "#!/bin/sh\nexit 7\n");
    struct netdev *nd;

    text = g_strdup_printf("tap,id=n0,ifname=t0,script=%s,downscript=%s", up,
                           down);
    nd = open_tap(&p, text);
    check_traffic(nd, &p, "t0");
    /* The way down uses the name it has then */
    sh("ip link set t0 down && ip link set t0 name t1");
    close_tap(nd);
    g_assert_cmpuint(if_nametoindex("t1"), ==, 0);
    g_assert_true(g_file_get_contents(log, &seen, NULL, NULL));
    g_free(text);
    text = g_strdup_printf("%s t0\n%s t1\n", up, down);
    g_assert_cmpstr(seen, ==, text);
    g_free(seen);
    g_free(text);

    text = g_strdup_printf("tap,id=n0,ifname=t0,script=%s", bad);
    fail_tap(text, "failed with status 7");
    g_assert_cmpuint(if_nametoindex("t0"), ==, 0);
    fail_tap("tap,id=n0,ifname=t0,script=/nonexistent/up",
             "cannot run '/nonexistent/up'");
    g_assert_cmpuint(if_nametoindex("t0"), ==, 0);
    g_free(text);

    /* One that fails on the way down is reported, and no more */
    text = g_strdup_printf("tap,id=n0,ifname=t0,script=no,downscript=%s", bad);
    close_tap(open_tap(&p, text));
    g_assert_cmpuint(if_nametoindex("t0"), ==, 0);
    g_free(text);
    g_unlink(log);
    g_unlink(up);
    g_unlink(down);
    g_unlink(bad);
    g_free(log);
    g_free(body);
    g_free(up);
    g_free(down);
    g_free(bad);
}

static void test_persistent(void)
{
    struct peer p;
    struct netdev *nd;

    for (unsigned i = 0; i < 2; i++) {
        sh(i ? "ip tuntap add dev pers0 mode tap multi_queue vnet_hdr"
             : "ip tuntap add dev pers0 mode tap");
        sh("ip link set pers0 up");
        for (unsigned k = 0; k < 2; k++) {
            nd = open_tap(&p, "tap,id=n0,ifname=pers0,script=no");
            check_traffic(nd, &p, "pers0");
            if (!i) {
                fail_tap("tap,id=n1,ifname=pers0,script=no",
                         "another process uses it");
            }
            close_tap(nd);
            g_assert_cmpuint(if_nametoindex("pers0"), >, 0);
        }
        sh("ip link del pers0");
    }
}

static void test_not_a_tap(void)
{
    fail_tap("tap,id=n0,ifname=lo,script=no", "cannot attach to tap 'lo'");
    sh("ip tuntap add dev tun0 mode tun");
    fail_tap("tap,id=n0,ifname=tun0,script=no", "not a tap");
    sh("ip link del tun0");
}

static int open_fd(const char *name, short flags, int hdr)
{
    struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | flags) };
    int fd = open("/dev/net/tun", O_RDWR);

    g_strlcpy(ifr.ifr_name, name, IFNAMSIZ);
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &ifr), ==, 0);
    if (hdr) {
        g_assert_cmpint(ioctl(fd, TUNSETVNETHDRSZ, &hdr), ==, 0);
        /* As a process left it that could take anything */
        g_assert_cmpint(ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), ==,
                        0);
    }
    return fd;
}

static void test_fd(void)
{
    static const int hdr[] = { 0, 10, 12 };
    struct peer p;
    char *text;
    struct netdev *nd;
    int fd, null;

    for (unsigned i = 0; i < G_N_ELEMENTS(hdr); i++) {
        fd = open_fd("t0", IFF_NO_PI | (hdr[i] ? IFF_VNET_HDR : 0), hdr[i]);
        sh("ip link set t0 up");
        text = g_strdup_printf("tap,id=n0,fd=%d", fd);
        nd = open_tap(&p, text);
        check_traffic(nd, &p, "t0");
        close_tap(nd);
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
        g_free(text);
    }
    fd = open_fd("t0", IFF_NO_PI, 0);
    sh("ip link set t0 up");
    text = g_strdup_printf("tap,id=n0,fds=%d:%d", fd, fd);
    fail_tap(text, "takes one descriptor");
    g_free(text);
    text = g_strdup_printf("tap,id=n0,fds=%d", fd);
    nd = open_tap(&p, text);
    check_traffic(nd, &p, "t0");
    close_tap(nd);
    g_free(text);
    null = open("/dev/null", O_RDWR);
    text = g_strdup_printf("tap,id=n0,fd=%d", null);
    fail_tap(text, "is not a tap");
    g_free(text);
    fd = open_fd("t0", IFF_NO_PI, 0);
    text = g_strdup_printf("tap,id=n0,fd=%d,script=/bin/true", fd);
    fail_tap(text, "do not go with 'fd'");
    g_free(text);
}

static void test_removed(void)
{
    struct peer p;
    struct netdev *nd = open_tap(&p, "tap,id=n0,ifname=t0,script=no,"
                                     "downscript=/nonexistent/down");
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    uint8_t f[FRAME];
    char *info;

    sh("ip link set t0 up");
    check_traffic(nd, &p, "t0");
    settle();
    sh("ip link del t0");
    while (netdev_carrier(nd) && g_get_monotonic_time() < end) {
        loop_turn(false);
    }
    settle(); /* It is not watched any more */
    g_assert_false(netdev_carrier(nd));
    g_assert_false(p.up);
    make_frame(f, 1);
    g_assert_true(send_nd(nd, f, FRAME));
    info = nd->ops->info(nd);
    g_assert_cmpstr(info, ==, "the interface is gone");
    g_free(info);
    close_tap(nd);
}

#ifdef CONFIG_LINUX_IO_URING

/* What the kernel does with a batch, and how many it was asked for */
static enum { RING_WORKS, RING_DOES_AND_FAILS, RING_FAILS } ring_does;
static unsigned ring_calls;

/* In the place of liburing's */
int io_uring_submit_and_wait(struct io_uring *ring, unsigned wait)
{
    int (*real)(struct io_uring *, unsigned) =
        dlsym(RTLD_NEXT, "io_uring_submit_and_wait");
    int n;

    ring_calls++;
    if (ring_does == RING_FAILS) {
        g_assert_cmpuint(ring_calls, <, 100);
        return -EAGAIN;
    }
    n = real(ring, wait);
    return ring_does == RING_WORKS ? n : -EAGAIN;
}

/* A batch arrives, whatever the ring does */
static void check_batch(struct netdev *nd, int fd)
{
    enum { BATCH = 5 };
    uint8_t f[FRAME], got[2000];
    const struct iovec iov = { .iov_base = f, .iov_len = FRAME };

    for (unsigned i = 0; i < BATCH; i++) {
        make_frame(f, (uint8_t)i);
        g_assert_true(netdev_send(nd, &iov, 1, NULL));
    }
    netdev_push(nd);
    for (unsigned i = 0; i < BATCH; i++) {
        make_frame(f, (uint8_t)i);
        g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, FRAME);
        g_assert_true(!memcmp(got, f, FRAME));
    }
    g_assert_cmpint(recv(fd, got, sizeof(got), MSG_DONTWAIT), ==, -1);
    g_assert_cmpuint(nd->tx_dropped, ==, 0);
}

/* A kernel without memory for the ring: once asked is enough, nothing is lost
 * and nothing comes twice */
static void test_ring_fails(void)
{
    struct peer p;
    struct netdev *nd = open_tap(&p, "tap,id=n0,ifname=t0,script=no");
    int fd;

    sh("ip link set t0 up");
    fd = packet_socket("t0", ETHERTYPE);
    ring_calls = 0;
    ring_does = RING_WORKS;
    check_batch(nd, fd);
    if (!ring_calls) {
        g_test_skip("no io_uring here");
        goto out;
    }
    ring_does = RING_DOES_AND_FAILS;
    check_batch(nd, fd);
    ring_does = RING_FAILS;
    ring_calls = 0;
    check_batch(nd, fd);
    g_assert_cmpuint(ring_calls, ==, 1);
    ring_does = RING_WORKS;
    check_batch(nd, fd);
    g_assert_cmpuint(ring_calls, ==, 1);
out:
    close(fd);
    close_tap(nd);
}

#endif

static void test_bridge(void)
{
    struct peer p;
    struct netdev *nd;

    if (system("ip link add br0 type bridge 2>/dev/null")) {
        g_test_skip("no bridges here");
        return;
    }
    sh("ip link set br0 up");
    nd = open_tap(&p, "tap,id=n0,ifname=t0,br=br0");
    sh("ip -o link show t0 | grep -q 'master br0'");
    check_traffic(nd, &p, "br0");
    close_tap(nd);
    fail_tap("tap,id=n0,ifname=t0,br=br1", "bridge 'br1'");
    g_assert_cmpuint(if_nametoindex("t0"), ==, 0);
    sh("ip link del br0");
}

/* In a child that gave up all its capabilities */
static void test_permission(void)
{
    pid_t child = fork();
    int status;

    if (!child) {
        struct __user_cap_header_struct head = {
            .version = _LINUX_CAPABILITY_VERSION_3
        };
        struct __user_cap_data_struct none[2] = { { 0 } };
        GError *err = NULL;
        bool told;

        if (syscall(SYS_capset, &head, none)) {
            _exit(2);
        }
        told = !try_open("tap,id=n0,ifname=t0,script=no", &err) &&
               strstr(err->message, "CAP_NET_ADMIN");
        _exit(told ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    if (!netns_enter(NULL, NULL)) {
        return 0;
    }
    dir = g_dir_make_tmp("tap-test-XXXXXX", NULL);
    g_assert_nonnull(dir);
    g_test_add_func("/tap/traffic", test_traffic);
    g_test_add_func("/tap/scripts", test_scripts);
    g_test_add_func("/tap/persistent", test_persistent);
    g_test_add_func("/tap/not-a-tap", test_not_a_tap);
    g_test_add_func("/tap/fd", test_fd);
    g_test_add_func("/tap/removed", test_removed);
#ifdef CONFIG_LINUX_IO_URING
    g_test_add_func("/tap/ring-fails", test_ring_fails);
#endif
    g_test_add_func("/tap/bridge", test_bridge);
    g_test_add_func("/tap/permission", test_permission);
    status = g_test_run();
    g_rmdir(dir);
    g_free(dir);
    return status;
}
