// SPDX-License-Identifier: MIT
/*
 * tap.c - -netdev tap: a network interface of the host
 *
 * A tap may be made here, be a persistent one, or come as a descriptor that
 * somebody else opened.  How frames move is in net/tap-io.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/backends.h"
#include "net/tap-storm.h"
#include "net/tap.h"

#define TUN_DEVICE         "/dev/net/tun"
#define DEFAULT_SCRIPT     "/etc/qemu-ifup"
#define DEFAULT_DOWNSCRIPT "/etc/qemu-ifdown"

/* How long a tap that another process has is waited for: a second */
enum { BUSY_TRIES = 50, BUSY_WAIT_US = 20000 };

/* The name now: scripts rename interfaces.  False: there is none any more */
static bool tap_name(int fd, char name[IFNAMSIZ], short *flags)
{
    struct ifreq ifr = { 0 };

    if (ioctl(fd, TUNGETIFF, &ifr)) {
        return false;
    }
    memcpy(name, ifr.ifr_name, IFNAMSIZ);
    name[IFNAMSIZ - 1] = '\0';
    if (flags) {
        *flags = ifr.ifr_flags;
    }
    return true;
}

static bool tap_link(struct netdev *nd)
{
    struct tap *t = (struct tap *)nd;

    return !t->gone && (!t->link || tap_link_up(t->link));
}

static char *tap_info(struct netdev *nd)
{
    struct tap *t = (struct tap *)nd;
    char name[IFNAMSIZ];

    return tap_name(t->fd, name, NULL) ? g_strdup_printf("ifname=%s", name)
                                       : g_strdup("the interface is gone");
}

/* Run "@script name" and wait for it */
static bool run_script(const char *script, const char *key, const char *name,
                       GError **err)
{
    char *argv[] = { (char *)(uintptr_t)script, (char *)(uintptr_t)name, NULL };
    GError *why = NULL;
    int status = 0;

    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL,
                      NULL, NULL, NULL, &status, &why)) {
        vm_fail(err, "property '%s': cannot run '%s': %s", key, script,
                why->message);
        g_error_free(why);
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    return vm_fail(err, "property '%s': '%s %s' failed with %s %d", key, script,
                   name, WIFEXITED(status) ? "status" : "signal",
                   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void tap_close(struct netdev *nd)
{
    struct tap *t = (struct tap *)nd;
    char name[IFNAMSIZ];
    GError *err = NULL;

    tap_stop(t);
    tap_storm_free(t->storm);
    if (t->downscript && tap_name(t->fd, name, NULL) &&
        !run_script(t->downscript, "downscript", name, &err)) {
        g_printerr("netdev '%s': %s\n", nd->id, err->message);
        g_error_free(err);
    }
    if (t->fd >= 0) {
        close(t->fd);
    }
    g_free(t->downscript);
    g_free(t);
}

/* Refuse names that the kernel refuses, and those it would cut */
static bool name_ok(const char *name, const char *key, GError **err)
{
    const char *why = NULL;

    if (strlen(name) >= IFNAMSIZ) {
        why = "an interface name has at most 15 characters";
    } else if (!*name || !strcmp(name, ".") || !strcmp(name, "..") ||
               strpbrk(name, "/: \t\n\v\f\r")) {
        why = "that is not an interface name";
    }
    return !why ||
           vm_fail(err, "property '%s' cannot be '%s': %s", key, name, why);
}

static bool fail_attach(const char *name, int why, GError **err)
{
    const char *hint = "";

    if (why == EBUSY) {
        hint = "; another process uses it";
    } else if (why == EPERM) {
        hint = "; making a tap needs CAP_NET_ADMIN, using one its owner";
    } else if (why == EINVAL) {
        hint = "; is it an interface, but not a tap?";
    }
    return vm_fail(err, "cannot attach to tap '%s': %s%s", name,
                   g_strerror(why), hint);
}

/* TUNSETIFF; 0 or an errno */
static int tap_set(int fd, const char *name, short flags)
{
    struct ifreq ifr = { .ifr_flags = flags };

    /* The length was checked */
    memcpy(ifr.ifr_name, name, strlen(name) + 1);
    if (!ioctl(fd, TUNSETIFF, &ifr)) {
        return 0;
    }
    if (errno == EINVAL) {
        /* A persistent tap made for several queues wants to hear of them */
        ifr.ifr_flags |= IFF_MULTI_QUEUE;
        memcpy(ifr.ifr_name, name, strlen(name) + 1);
        if (!ioctl(fd, TUNSETIFF, &ifr)) {
            return 0;
        }
    }
    return errno;
}

/* The same, with a wait for who has it to let go: a process that used io_uring
 * is gone before the kernel has taken its ring apart, and with it the tap */
static int tap_set_wait(int fd, const char *name, short flags)
{
    int why = tap_set(fd, name, flags);

    for (unsigned i = 0; why == EBUSY && i < BUSY_TRIES; i++) {
        g_usleep(BUSY_WAIT_US);
        why = tap_set(fd, name, flags);
    }
    return why;
}

/* Open the tap device and make, or attach to, an interface */
static bool tap_attach(struct tap *t, const char *name, bool vnet, GError **err)
{
    short flags = IFF_TAP | IFF_NO_PI;
    unsigned can = 0;
    int why;

    t->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0) {
        return vm_fail(err, "cannot open %s: %s", TUN_DEVICE,
                       g_strerror(errno));
    }
    if (vnet && !ioctl(t->fd, TUNGETFEATURES, &can) && can & IFF_VNET_HDR) {
        flags |= IFF_VNET_HDR;
    }
    why = tap_set_wait(t->fd, name, flags);
    return !why || fail_attach(name, why, err);
}

/* Let the kernel leave to us what it can; false if it knows none of that */
static bool set_offloads(struct tap *t)
{
    static const unsigned wishes[] = {
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
        TUN_F_CSUM,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(wishes); i++) {
        if (!ioctl(t->fd, TUNSETOFFLOAD, (unsigned long)wishes[i])) {
            return true;
        }
    }
    return false;
}

/* Whatever the tap was used for before: which header, and @offloads if there
 * is one, else none.  That the descriptor was made with IFF_NO_PI cannot be
 * seen: TUNGETIFF reports IFF_NOFILTER in the same bit */
static bool tap_header(struct tap *t, bool offloads, GError **err)
{
    char name[IFNAMSIZ];
    short flags = 0;
    int len = 0;

    if (!tap_name(t->fd, name, &flags) || !(flags & IFF_TAP)) {
        return vm_fail(err, "descriptor %d is not a tap", t->fd);
    }
    if (flags & IFF_VNET_HDR) {
        if (ioctl(t->fd, TUNGETVNETHDRSZ, &len) || len < 0 ||
            len > TAP_HDR_MAX || (size_t)len < sizeof(struct virtio_net_hdr)) {
            return vm_fail(err,
                           "descriptor %d has a vnet header of "
                           "unknown size",
                           t->fd);
        }
        t->hdr_len = (size_t)len;
    }
    t->offloads = offloads && t->hdr_len && set_offloads(t);
    if (t->offloads) {
        t->nd.caps = OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6;
        return true;
    }
    if (ioctl(t->fd, TUNSETOFFLOAD, 0)) {
        return vm_fail(err, "cannot turn off the offloads of '%s': %s", name,
                       g_strerror(errno));
    }
    return true;
}

static bool tap_sndbuf(struct tap *t, JsonObject *opts, GError **err)
{
    uint64_t want = 0;
    int val;

    if (!opts_size(opts, "sndbuf", 1, &want, err)) {
        return false;
    }
    val = want && want < INT_MAX ? (int)want : INT_MAX;
    if (ioctl(t->fd, TUNSETSNDBUF, &val) && want) {
        return vm_fail(err, "property 'sndbuf': %s", g_strerror(errno));
    }
    return true;
}

/* Put the interface into a bridge and bring it up */
static bool tap_bridge(struct tap *t, const char *bridge, GError **err)
{
    struct ifreq ifr = { 0 };
    char name[IFNAMSIZ];
    int s, why = 0;

    if (!name_ok(bridge, "br", err)) {
        return false;
    }
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0 || !tap_name(t->fd, name, NULL)) {
        why = errno;
        goto out;
    }
    memcpy(ifr.ifr_name, bridge, strlen(bridge) + 1);
    ifr.ifr_ifindex = (int)if_nametoindex(name);
    if (ioctl(s, SIOCBRADDIF, &ifr)) {
        why = errno;
        goto out;
    }
    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, name, sizeof(name));
    if (ioctl(s, SIOCGIFFLAGS, &ifr)) {
        why = errno;
        goto out;
    }
    ifr.ifr_flags |= IFF_UP;
    if (ioctl(s, SIOCSIFFLAGS, &ifr)) {
        why = errno;
    }
out:
    if (s >= 0) {
        close(s);
    }
    return !why || vm_fail(err,
                           "property 'br': cannot put '%s' into "
                           "bridge '%s': %s",
                           name, bridge, g_strerror(why));
}

/* "no" is none; an absent one is @def, if there is such a file */
static const char *pick_script(const char *given, const char *def)
{
    if (given) {
        return strcmp(given, "no") && *given ? given : NULL;
    }
    return access(def, X_OK) ? NULL : def;
}

static bool tap_scripts(struct tap *t, JsonObject *opts, bool ours,
                        GError **err)
{
    const char *up = NULL, *down = NULL, *br = NULL;
    char name[IFNAMSIZ];

    if (!opts_str(opts, "script", &up, err) ||
        !opts_str(opts, "downscript", &down, err) ||
        !opts_str(opts, "br", &br, err)) {
        return false;
    }
    if (!ours && (up || down || br)) {
        return vm_fail(err, "properties 'script', 'downscript' and 'br' do "
                            "not go with 'fd'");
    }
    if (br && !tap_bridge(t, br, err)) {
        return false;
    }
    if (!ours) {
        return true;
    }
    /* In a bridge already: the default scripts would do that again */
    up = br && !up ? NULL : pick_script(up, DEFAULT_SCRIPT);
    down = br && !down ? NULL : pick_script(down, DEFAULT_DOWNSCRIPT);
    if (up && (!tap_name(t->fd, name, NULL) ||
               !run_script(up, "script", name, err))) {
        return false;
    }
    t->downscript = g_strdup(down);
    return true;
}

/* Which of fd= and fds= was given, or NULL; false and @err if that is wrong */
static bool pick_fd(JsonObject *opts, const char **key, GError **err)
{
    const char *list = NULL;
    bool fd = json_object_has_member(opts, "fd");

    if (!opts_str(opts, "fds", &list, err)) {
        return false;
    }
    if (list && (fd || strchr(list, ':'))) {
        return vm_fail(err, "property 'fds' cannot be '%s': %s", list,
                       fd ? "it does not go with 'fd'"
                          : "emulated cards have one queue, so it takes "
                            "one descriptor");
    }
    *key = list ? "fds" : fd ? "fd" : NULL;
    return true;
}

static bool tap_begin(struct tap *t, JsonObject *opts, GError **err)
{
    bool flag = false, vnet = true;
    uint64_t queues = 1;
    const char *name = NULL, *by_fd = NULL, *storm = NULL;

    if (!pick_fd(opts, &by_fd, err) || !opts_str(opts, "storm", &storm, err) ||
        !tap_storm_new(&t->nd, &t->pump, storm, &t->storm, err) ||
        !opts_str(opts, "ifname", &name, err) ||
        !opts_bool(opts, "vnet_hdr", &vnet, err) ||
        !opts_uint(opts, "queues", 1, 1, &queues, err)) {
        return false;
    }
    if (by_fd && name) {
        return vm_fail(err, "property 'ifname' does not go with '%s'", by_fd);
    }
    if (!opts_bool(opts, "vhost", &flag, err) || flag) {
        return flag ? vm_fail(err, "property 'vhost' cannot be 'on': "
                                   "emulated cards have no vhost")
                    : false;
    }
    if (by_fd) {
        t->fd = netdev_fd(opts, by_fd, err);
        if (t->fd < 0) {
            return false;
        }
    } else if (!name_ok(name ? name : "tap%d", "ifname", err) ||
               !tap_attach(t, name ? name : "tap%d", vnet, err)) {
        return false;
    }
    if (!tap_header(t, vnet, err)) {
        return false;
    }
    if (vnet && !t->offloads && json_object_has_member(opts, "vnet_hdr")) {
        return vm_fail(err, "property 'vnet_hdr' cannot be 'on': %s",
                       t->hdr_len ? "the kernel knows no offloads"
                       : by_fd    ? "the descriptor has no vnet header"
                                  : "the kernel knows no vnet header");
    }
    return tap_sndbuf(t, opts, err) && tap_scripts(t, opts, !by_fd, err);
}

static struct netdev *tap_open(const char *id, JsonObject *opts, GError **err)
{
    struct tap *t = g_new0(struct tap, 1);
    char name[IFNAMSIZ] = "";

    t->nd.ops = &netdev_tap;
    t->fd = -1;
    if (!tap_begin(t, opts, err)) {
        tap_close(&t->nd);
        return NULL;
    }
    tap_name(t->fd, name, NULL);
    tap_start(t, if_nametoindex(name), !json_object_has_member(opts, "sndbuf"));
    return &t->nd;
}

static const char *const tap_keys[] = { "ifname",   "fd",         "fds",
                                        "script",   "downscript", "br",
                                        "vnet_hdr", "vhost",      "sndbuf",
                                        "queues",   "storm",      NULL };

const struct netdev_ops netdev_tap = {
    .name = "tap",
    .help = "a network interface of the host",
    .keys = tap_keys,
    .open = tap_open,
    .close = tap_close,
    .send = tap_send,
    .push = tap_push,
    .flush = tap_flush,
    .link = tap_link,
    .info = tap_info,
};
