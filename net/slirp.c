// SPDX-License-Identifier: MIT
/*
 * slirp.c - -netdev user: a network inside this process, through libslirp
 *
 * libslirp wants to be asked, before each sleep, which descriptors it needs,
 * and told afterwards what became of them.  A turn does both; it is a task of
 * the event loop, woken by whatever may have changed something: a frame from
 * the guest, a descriptor, a timer.  What the loop saw of a descriptor may be
 * old by then, and libslirp would block in accept(), so a turn looks again.
 *
 * Frames that it makes while it takes one from the card (an ARP answer) go
 * through a queue, because a card does not receive while it sends.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <string.h>

#include "net/backends.h"
#include "net/queue.h"
#include "system/loop.h"

enum {
    QUEUE_FRAMES = 1024, /* Toward a card that has no room */
    QUEUE_BYTES = 1 << 20,
    NS_PER_MS = 1000000,
};

/**
 * struct slirp_net - A network
 * @turn:    Ask and tell libslirp
 * @timeout: The longest it may sleep
 * @watches: struct slirp_watch by descriptor
 * @polls:   struct pollfd, by libslirp's index
 * @round:   Number of the last turn
 * @ready:   The loop saw something on a descriptor
 * @inside:  Within slirp_input()
 */
struct slirp_net {
    struct netdev nd;
    Slirp *slirp;
    struct loop_task *turn;
    struct clock_timer *timeout;
    GHashTable *watches;
    GArray *polls;
    unsigned round;
    bool ready, inside, restricted;
    struct in_addr net;
    struct queue queue;
};

/**
 * struct slirp_watch - A descriptor of libslirp's
 * @round: Turn that last wanted it
 */
struct slirp_watch {
    struct slirp_net *net;
    struct loop_fd *watch;
    unsigned round;
};

static void watch_free(gpointer p)
{
    struct slirp_watch *w = p;

    loop_fd_free(w->watch);
    g_free(w);
}

static void watch_ready(void *opaque, unsigned events)
{
    struct slirp_watch *w = opaque;

    w->net->ready = true;
    loop_task_wake(w->net->turn);
}

/* SlirpAddPollCb */
static int add_poll(int fd, int events, void *opaque)
{
    struct slirp_net *s = opaque;
    struct pollfd p = { .fd = fd };

    p.events |= events & SLIRP_POLL_IN ? POLLIN : 0;
    p.events |= events & SLIRP_POLL_OUT ? POLLOUT : 0;
    p.events |= events & SLIRP_POLL_PRI ? POLLPRI : 0;
    g_array_append_val(s->polls, p);
    return (int)s->polls->len - 1;
}

/* SlirpGetREventsCb */
static int get_revents(int i, void *opaque)
{
    struct slirp_net *s = opaque;
    int seen, events = 0;

    if (i < 0 || (guint)i >= s->polls->len) {
        return 0;
    }
    seen = g_array_index(s->polls, struct pollfd, i).revents;
    events |= seen & POLLIN ? SLIRP_POLL_IN : 0;
    events |= seen & POLLOUT ? SLIRP_POLL_OUT : 0;
    events |= seen & POLLPRI ? SLIRP_POLL_PRI : 0;
    events |= seen & POLLERR ? SLIRP_POLL_ERR : 0;
    events |= seen & POLLHUP ? SLIRP_POLL_HUP : 0;
    return events;
}

static gboolean is_stale(gpointer key, gpointer val, gpointer round)
{
    return ((struct slirp_watch *)val)->round != GPOINTER_TO_UINT(round);
}

/* Watch what libslirp listed, and nothing else */
static void sync_watches(struct slirp_net *s)
{
    for (guint i = 0; i < s->polls->len; i++) {
        struct pollfd *p = &g_array_index(s->polls, struct pollfd, i);
        gpointer key = GINT_TO_POINTER(p->fd);
        struct slirp_watch *w = g_hash_table_lookup(s->watches, key);
        unsigned events = 0;

        events |= p->events & POLLIN ? LOOP_IN : 0;
        events |= p->events & POLLOUT ? LOOP_OUT : 0;
        if (!w) {
            w = g_new0(struct slirp_watch, 1);
            w->net = s;
            w->watch = loop_fd_new(p->fd, events, watch_ready, w);
            g_hash_table_insert(s->watches, key, w);
        } else {
            loop_fd_set(w->watch, events);
        }
        w->round = s->round;
    }
    g_hash_table_foreach_remove(s->watches, is_stale,
                                GUINT_TO_POINTER(s->round));
}

/* Give queued frames to the card */
static void deliver(struct slirp_net *s)
{
    const struct queued *e;

    while ((e = queue_peek(&s->queue)) &&
           netdev_receive_flat(&s->nd, e->data, e->len)) {
        queue_pop(&s->queue);
    }
}

static void slirp_turn(void *opaque)
{
    struct slirp_net *s = opaque;
    uint32_t ms = UINT32_MAX;

    deliver(s);
    if (s->ready) {
        s->ready = false;
        poll((struct pollfd *)(void *)s->polls->data, s->polls->len, 0);
    }
    slirp_pollfds_poll(s->slirp, 0, get_revents, s);
    g_array_set_size(s->polls, 0);
    s->round++;
    slirp_pollfds_fill(s->slirp, &ms, add_poll, s);
    sync_watches(s);
    clock_timer_set(s->timeout, ms == UINT32_MAX
                                    ? INT64_MAX
                                    : clock_now() + (int64_t)ms * NS_PER_MS);
}

static void timeout_expired(void *opaque)
{
    loop_task_wake(((struct slirp_net *)opaque)->turn);
}

/* SlirpCb: a frame for the guest */
static ssize_t cb_send_packet(const void *buf, size_t len, void *opaque)
{
    struct slirp_net *s = opaque;
    const struct iovec iov = {
        .iov_base = (void *)(uintptr_t)buf,
        .iov_len = len,
    };

    if (!s->inside && !queue_peek(&s->queue) &&
        netdev_receive_flat(&s->nd, buf, len)) {
        return (ssize_t)len;
    }
    if (!queue_push(&s->queue, &iov, 1, NULL, 0)) {
        s->nd.rx_dropped++;
    }
    loop_task_wake(s->turn);
    return (ssize_t)len;
}

static void cb_guest_error(const char *msg, void *opaque)
{
    g_debug("netdev '%s': %s", ((struct slirp_net *)opaque)->nd.id, msg);
}

static int64_t cb_clock_get_ns(void *opaque)
{
    return clock_now();
}

static void *cb_timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
    return clock_timer_new(cb, cb_opaque);
}

static void cb_timer_free(void *timer, void *opaque)
{
    clock_timer_free(timer);
}

static void cb_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    clock_timer_set(timer, expire_ms * NS_PER_MS);
}

static void cb_register_poll_fd(int fd, void *opaque)
{
}

/* It is about to be closed: its number may soon mean something else */
static void cb_unregister_poll_fd(int fd, void *opaque)
{
    struct slirp_net *s = opaque;

    g_hash_table_remove(s->watches, GINT_TO_POINTER(fd));
}

static void cb_notify(void *opaque)
{
    loop_task_wake(((struct slirp_net *)opaque)->turn);
}

static const SlirpCb callbacks = {
    .send_packet = cb_send_packet,
    .guest_error = cb_guest_error,
    .clock_get_ns = cb_clock_get_ns,
    .timer_new = cb_timer_new,
    .timer_free = cb_timer_free,
    .timer_mod = cb_timer_mod,
    .register_poll_fd = cb_register_poll_fd,
    .unregister_poll_fd = cb_unregister_poll_fd,
    .notify = cb_notify,
};

static bool user_send(struct netdev *nd, const struct iovec *iov, unsigned n,
                      const struct offload_hdr *off)
{
    struct slirp_net *s = (struct slirp_net *)nd;
    uint8_t flat[NIC_RX_MAX];
    size_t len = 0;

    if (netdev_iov_len(iov, n) > sizeof(flat)) {
        nd->tx_dropped++;
        return true;
    }
    for (unsigned i = 0; i < n; i++) {
        memcpy(flat + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    s->inside = true;
    slirp_input(s->slirp, flat, (int)len);
    s->inside = false;
    loop_task_wake(s->turn);
    return true;
}

static void user_flush(struct netdev *nd)
{
    struct slirp_net *s = (struct slirp_net *)nd;

    if (queue_peek(&s->queue)) {
        deliver(s);
        loop_task_wake(s->turn);
    }
}

static void user_close(struct netdev *nd)
{
    struct slirp_net *s = (struct slirp_net *)nd;

    if (s->slirp) {
        slirp_cleanup(s->slirp);
    }
    g_hash_table_destroy(s->watches);
    g_array_free(s->polls, TRUE);
    clock_timer_free(s->timeout);
    loop_task_free(s->turn);
    queue_clear(&s->queue);
    g_free(s);
}

static bool fail_value(GError **err, const char *key, const char *val,
                       const char *takes)
{
    return vm_fail(err, "property '%s' cannot be '%s': it takes %s", key, val,
                   takes);
}

/* An address of IPv4; absent leaves *out alone */
static bool read_ip4(JsonObject *opts, const char *key, struct in_addr *out,
                     GError **err)
{
    const char *s = NULL;

    if (!opts_str(opts, key, &s, err)) {
        return false;
    }
    return !s || inet_pton(AF_INET, s, out) == 1 ||
           fail_value(err, key, s, "an IPv4 address");
}

static bool read_ip6(JsonObject *opts, const char *key, struct in6_addr *out,
                     GError **err)
{
    const char *s = NULL;

    if (!opts_str(opts, key, &s, err)) {
        return false;
    }
    return !s || inet_pton(AF_INET6, s, out) == 1 ||
           fail_value(err, key, s, "an IPv6 address");
}

/* Split "a/b" into @a, which must have room for it, and what follows */
static const char *split_slash(const char *s, char *a, size_t size)
{
    const char *slash = strchr(s, '/');
    size_t len = slash ? (size_t)(slash - s) : strlen(s);

    if (len >= size) {
        len = 0;
    }
    memcpy(a, s, len);
    a[len] = '\0';
    return slash ? slash + 1 : NULL;
}

static bool parse_prefix(const char *s, unsigned max, unsigned *out)
{
    guint64 v;

    if (!g_ascii_string_to_unsigned(s, 10, 0, max, &v, NULL)) {
        return false;
    }
    *out = (unsigned)v;
    return true;
}

/* "addr/bits", "addr/mask" or "addr" */
static bool read_net4(JsonObject *opts, SlirpConfig *c, GError **err)
{
    const char *s = NULL, *mask;
    char addr[INET_ADDRSTRLEN];
    unsigned bits = 24;

    if (!opts_str(opts, "net", &s, err)) {
        return false;
    }
    if (!s) {
        return true;
    }
    mask = split_slash(s, addr, sizeof(addr));
    if (inet_pton(AF_INET, addr, &c->vnetwork) != 1) {
        goto bad;
    }
    if (!mask || parse_prefix(mask, 31, &bits)) {
        c->vnetmask.s_addr = bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
    } else if (inet_pton(AF_INET, mask, &c->vnetmask) != 1) {
        goto bad;
    }
    c->vnetwork.s_addr &= c->vnetmask.s_addr;
    return true;
bad:
    return fail_value(err, "net", s, "an IPv4 address/bits or address/mask");
}

/* The default address @host in the network */
static struct in_addr in_net4(const SlirpConfig *c, uint32_t host)
{
    return (struct in_addr){ c->vnetwork.s_addr |
                             (htonl(host) & ~c->vnetmask.s_addr) };
}

static bool check_in_net4(const SlirpConfig *c, const char *key,
                          struct in_addr a, GError **err)
{
    char s[INET_ADDRSTRLEN];

    if ((a.s_addr & c->vnetmask.s_addr) == c->vnetwork.s_addr) {
        return true;
    }
    inet_ntop(AF_INET, &a, s, sizeof(s));
    return fail_value(err, key, s, "an address inside 'net'");
}

static bool read_ipv4(JsonObject *opts, SlirpConfig *c, GError **err)
{
    inet_pton(AF_INET, "10.0.2.0", &c->vnetwork);
    inet_pton(AF_INET, "255.255.255.0", &c->vnetmask);
    if (!read_net4(opts, c, err)) {
        return false;
    }
    c->vhost = in_net4(c, 0x0202);
    c->vnameserver = in_net4(c, 0x0203);
    c->vdhcp_start = in_net4(c, 0x020f);
    if (!read_ip4(opts, "host", &c->vhost, err) ||
        !read_ip4(opts, "dns", &c->vnameserver, err) ||
        !read_ip4(opts, "dhcpstart", &c->vdhcp_start, err) ||
        !check_in_net4(c, "host", c->vhost, err) ||
        !check_in_net4(c, "dns", c->vnameserver, err) ||
        !check_in_net4(c, "dhcpstart", c->vdhcp_start, err)) {
        return false;
    }
    if (c->vhost.s_addr == c->vnameserver.s_addr ||
        c->vhost.s_addr == c->vdhcp_start.s_addr ||
        c->vnameserver.s_addr == c->vdhcp_start.s_addr) {
        return vm_fail(err, "properties 'host', 'dns' and 'dhcpstart' must "
                            "be different addresses");
    }
    return true;
}

static bool read_ipv6(JsonObject *opts, SlirpConfig *c, GError **err)
{
    const char *net = NULL, *len;
    char addr[INET6_ADDRSTRLEN];
    uint64_t bits = 64;
    unsigned parsed;

    inet_pton(AF_INET6, "fec0::", &c->vprefix_addr6);
    if (!opts_str(opts, "ipv6-net", &net, err) ||
        !read_ip6(opts, "ipv6-prefix", &c->vprefix_addr6, err) ||
        !opts_uint(opts, "ipv6-prefixlen", 0, 126, &bits, err)) {
        return false;
    }
    if (net) {
        len = split_slash(net, addr, sizeof(addr));
        if (inet_pton(AF_INET6, addr, &c->vprefix_addr6) != 1 ||
            (len && !parse_prefix(len, 126, &parsed))) {
            return fail_value(err, "ipv6-net", net, "an IPv6 address/bits");
        }
        bits = len ? parsed : bits;
    }
    c->vprefix_len = (uint8_t)bits;
    c->vhost6 = c->vprefix_addr6;
    c->vhost6.s6_addr[15] |= 2;
    c->vnameserver6 = c->vprefix_addr6;
    c->vnameserver6.s6_addr[15] |= 3;
    return read_ip6(opts, "ipv6-host", &c->vhost6, err) &&
           read_ip6(opts, "ipv6-dns", &c->vnameserver6, err);
}

static bool read_config(JsonObject *opts, SlirpConfig *c, GError **err)
{
    bool v4 = true, v6 = true, restricted = false;

    if (!opts_bool(opts, "ipv4", &v4, err) ||
        !opts_bool(opts, "ipv6", &v6, err) ||
        !opts_bool(opts, "restrict", &restricted, err) ||
        !opts_str(opts, "hostname", &c->vhostname, err) ||
        !opts_str(opts, "tftp-server-name", &c->tftp_server_name, err) ||
        !opts_str(opts, "tftp", &c->tftp_path, err) ||
        !opts_str(opts, "bootfile", &c->bootfile, err) ||
        !opts_str(opts, "domainname", &c->vdomainname, err) ||
        !read_ipv4(opts, c, err) || !read_ipv6(opts, c, err)) {
        return false;
    }
    if (!v4 && !v6) {
        return vm_fail(err, "properties 'ipv4' and 'ipv6' cannot both be "
                            "'off'");
    }
    /* Naming one family turns the other off, unless both are named */
    if (v4 && !json_object_has_member(opts, "ipv4") && v6 &&
        json_object_has_member(opts, "ipv6")) {
        v4 = false;
    } else if (v6 && !json_object_has_member(opts, "ipv6") && v4 &&
               json_object_has_member(opts, "ipv4")) {
        v6 = false;
    }
    c->version = 1;
    c->in_enabled = v4;
    c->in6_enabled = v6;
    c->restricted = restricted;
    return true;
}

/* "[tcp|udp]:[addr]:port-[addr]:port" */
static bool add_hostfwd(struct slirp_net *s, const char *rule, GError **err)
{
    struct in_addr from = { INADDR_ANY }, to = { INADDR_ANY };
    GMatchInfo *m = NULL;
    GRegex *re = g_regex_new("^(tcp|udp|):([0-9.]*):([0-9]{1,5})-"
                             "([0-9.]*):([0-9]{1,5})$",
                             0, 0, NULL);
    bool ok = false, udp;
    char *word[6] = { NULL };

    if (!g_regex_match(re, rule, 0, &m)) {
        fail_value(err, "hostfwd", rule,
                   "[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport");
        goto out;
    }
    for (int i = 1; i < 6; i++) {
        word[i] = g_match_info_fetch(m, i);
    }
    udp = !strcmp(word[1], "udp");
    if ((*word[2] && inet_pton(AF_INET, word[2], &from) != 1) ||
        (*word[4] && inet_pton(AF_INET, word[4], &to) != 1) ||
        atoi(word[3]) > 65535 || atoi(word[5]) > 65535 || !atoi(word[5])) {
        fail_value(err, "hostfwd", rule, "IPv4 addresses and ports to 65535");
        goto out;
    }
    ok = !slirp_add_hostfwd(s->slirp, udp, from, atoi(word[3]), to,
                            atoi(word[5]));
    if (!ok) {
        vm_fail(err,
                "property 'hostfwd': could not set up '%s': is the "
                "port in use, or not allowed?",
                rule);
    }
out:
    for (int i = 1; i < 6; i++) {
        g_free(word[i]);
    }
    g_match_info_free(m);
    g_regex_unref(re);
    return ok;
}

/* "[tcp]:addr:port-cmd:command": each connection runs the command */
static bool add_guestfwd(struct slirp_net *s, const char *rule, GError **err)
{
    struct in_addr to = { 0 };
    GMatchInfo *m = NULL;
    GRegex *re =
        g_regex_new("^(tcp|):([0-9.]+):([0-9]{1,5})-cmd:(.+)$", 0, 0, NULL);
    bool ok = false;
    char *word[5] = { NULL };

    if (!g_regex_match(re, rule, 0, &m)) {
        fail_value(err, "guestfwd", rule, "[tcp]:server:port-cmd:command");
        goto out;
    }
    for (int i = 1; i < 5; i++) {
        word[i] = g_match_info_fetch(m, i);
    }
    if (inet_pton(AF_INET, word[2], &to) != 1 || atoi(word[3]) > 65535 ||
        !atoi(word[3])) {
        fail_value(err, "guestfwd", rule, "an IPv4 address and port");
        goto out;
    }
    ok = slirp_add_exec(s->slirp, word[4], &to, atoi(word[3])) >= 0;
    if (!ok) {
        vm_fail(err,
                "property 'guestfwd': could not set up '%s': is the "
                "address in 'net', and not taken?",
                rule);
    }
out:
    for (int i = 1; i < 5; i++) {
        g_free(word[i]);
    }
    g_match_info_free(m);
    g_regex_unref(re);
    return ok;
}

/* Apply @add to all values of an option */
static bool add_all(struct slirp_net *s, JsonObject *opts, const char *key,
                    bool (*add)(struct slirp_net *, const char *, GError **),
                    GError **err)
{
    char **rules = opts_strv(opts, key);
    bool ok = true;

    for (unsigned i = 0; ok && rules[i]; i++) {
        ok = add(s, rules[i], err);
    }
    g_strfreev(rules);
    return ok;
}

static struct netdev *user_open(const char *id, JsonObject *opts, GError **err)
{
    struct slirp_net *s = g_new0(struct slirp_net, 1);
    SlirpConfig c = { 0 };
    char **search = opts_strv(opts, "dnssearch");

    s->nd.ops = &netdev_user;
    s->queue.max_frames = QUEUE_FRAMES;
    s->queue.max_bytes = QUEUE_BYTES;
    s->polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    s->watches = g_hash_table_new_full(NULL, NULL, NULL, watch_free);
    s->turn = loop_task_new(slirp_turn, s);
    s->timeout = clock_timer_new(timeout_expired, s);
    if (!read_config(opts, &c, err)) {
        goto fail;
    }
    c.vdnssearch = *search ? (const char **)search : NULL;
    s->restricted = c.restricted;
    s->net = c.vnetwork;
    s->slirp = slirp_new(&c, &callbacks, s);
    if (!s->slirp) {
        vm_fail(err, "libslirp refuses the configuration");
        goto fail;
    }
    if (!add_all(s, opts, "hostfwd", add_hostfwd, err) ||
        !add_all(s, opts, "guestfwd", add_guestfwd, err)) {
        goto fail;
    }
    g_strfreev(search);
    loop_task_wake(s->turn);
    return &s->nd;
fail:
    g_strfreev(search);
    user_close(&s->nd);
    return NULL;
}

static char *user_info(struct netdev *nd)
{
    struct slirp_net *s = (struct slirp_net *)nd;
    char net[INET_ADDRSTRLEN];

    return g_strdup_printf("net=%s,restrict=%s",
                           inet_ntop(AF_INET, &s->net, net, sizeof(net)),
                           s->restricted ? "on" : "off");
}

static const char *const user_keys[] = {
    "ipv4",       "ipv6",        "restrict",
    "net",        "host",        "dns",
    "dhcpstart",  "hostname",    "dnssearch",
    "domainname", "tftp",        "tftp-server-name",
    "bootfile",   "hostfwd",     "guestfwd",
    "ipv6-net",   "ipv6-prefix", "ipv6-prefixlen",
    "ipv6-host",  "ipv6-dns",    NULL,
};

const struct netdev_ops netdev_user = {
    .name = "user",
    .help = "a network inside this process, with a router to the host's",
    .keys = user_keys,
    .open = user_open,
    .close = user_close,
    .send = user_send,
    .flush = user_flush,
    .info = user_info,
};
