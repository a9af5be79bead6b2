// SPDX-License-Identifier: MIT
/*
 * bridge.c - a bridge that takes its wire's addresses and routes, or gives
 * them back
 *
 * Making a bridge, taking it apart and undoing either when it stopped half way
 * are one operation: two interfaces are as they are, and shall be as a record
 * says.  It goes in an order in which the host can be reached all the time but
 * for the moment between the deletion of a route and its addition elsewhere:
 *
 *   the bridge is there and up
 *   the wire is a port, or no longer
 *   who gains an address gets it, beside the one who has it
 *   routes change over, nearest first: a gateway has to be reached already
 *   who loses an address does
 *   a bridge that shall not be is deleted, in one step, with all that it has
 *
 * What the kernel adds and removes by itself on the way (the route to an
 * address's own network, say) is set right, as each step begins with a look at
 * what there is.
 */
#include "xen/bridge.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireless.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xen/nl.h"

struct bridge_pair *bridge_pair_new(void)
{
    struct bridge_pair *p = g_new0(struct bridge_pair, 1);

    net_state_init(&p->bridge);
    net_state_init(&p->uplink);
    return p;
}

void bridge_pair_free(struct bridge_pair *p)
{
    if (p) {
        net_state_clear(&p->bridge);
        net_state_clear(&p->uplink);
        g_free(p);
    }
}

/* By name; none is no error */
static bool read_named(struct mnl_socket *nl, const char *name,
                       struct net_state *s, GError **err)
{
    int index = (int)if_nametoindex(name);
    /* One that vanished since is none */
    bool ok = !index || net_state_read(nl, index, s, err);

    g_strlcpy(s->name, name, sizeof(s->name));
    return ok;
}

struct bridge_pair *bridge_pair_read(struct mnl_socket *nl, const char *bridge,
                                     const char *uplink, GError **err)
{
    struct bridge_pair *p = bridge_pair_new();

    if (read_named(nl, bridge, &p->bridge, err) &&
        read_named(nl, uplink, &p->uplink, err)) {
        p->port = p->bridge.present && p->uplink.master == p->bridge.index;
        if (!p->bridge.present) {
            memcpy(p->bridge.mac, p->uplink.mac, sizeof(p->bridge.mac));
        }
        return p;
    }
    bridge_pair_free(p);
    return NULL;
}

/* What @from has becomes what @to has */
static void hand_over(const struct net_state *from, struct net_state *to)
{
    for (guint i = 0; i < from->addresses->len; i++) {
        g_ptr_array_add(to->addresses, net_entry_for(from->addresses->pdata[i],
                                                     from->name, to->name));
    }
    for (guint i = 0; i < from->routes->len; i++) {
        g_ptr_array_add(to->routes, net_entry_copy(from->routes->pdata[i]));
    }
}

/* All but addresses and routes */
static void copy_link(const struct net_state *from, struct net_state *to)
{
    GPtrArray *addresses = to->addresses, *routes = to->routes;
    GPtrArray *lost = to->lost;

    *to = *from;
    to->addresses = addresses;
    to->routes = routes;
    to->lost = lost;
}

struct bridge_pair *bridge_created(const struct bridge_pair *before)
{
    struct bridge_pair *p = bridge_pair_new();

    copy_link(&before->uplink, &p->uplink);
    copy_link(&before->bridge, &p->bridge);
    p->bridge.present = p->bridge.up = p->uplink.up = p->port = true;
    p->bridge.mode = before->uplink.mode;
    p->bridge.mtu = before->uplink.mtu;
    memcpy(p->bridge.mac, before->uplink.mac, sizeof(p->bridge.mac));
    if (p->uplink.mode != NET_NO_MODE) {
        p->uplink.mode = IN6_ADDR_GEN_MODE_NONE;
    }
    hand_over(&before->uplink, &p->bridge);
    return p;
}

struct bridge_pair *bridge_destroyed(const struct bridge_pair *before)
{
    struct bridge_pair *p = bridge_pair_new();

    copy_link(&before->uplink, &p->uplink);
    copy_link(&before->bridge, &p->bridge);
    p->bridge.present = false;
    p->uplink.up = true;
    p->uplink.mode = before->bridge.mode;
    hand_over(&before->uplink, &p->uplink);
    hand_over(&before->bridge, &p->uplink);
    return p;
}

static char *missing(const GPtrArray *from, const GPtrArray *in,
                     const char *format, const char *name)
{
    for (guint i = 0; i < from->len; i++) {
        const struct net_entry *e = from->pdata[i];

        if (net_entry_find(in, e) < 0) {
            char *text = net_entry_text(e);
            char *all =
                g_strdup_printf(format, name, e->route ? "route " : "", text);

            g_free(text);
            return all;
        }
    }
    return NULL;
}

static char *difference(const struct net_state *want,
                        const struct net_state *is)
{
    char *text = NULL;

    if (!want->present || !is->present) {
        return want->present == is->present
                   ? NULL
                   : g_strdup_printf("%s %s there", want->name,
                                     is->present ? "is still" : "is not");
    }
    text = missing(want->addresses, is->addresses, "%s did not get %s%s",
                   want->name);
    text = text ? text
                : missing(is->addresses, want->addresses, "%s still has %s%s",
                          want->name);
    text = text ? text
                : missing(want->routes, is->routes, "%s did not get %s%s",
                          want->name);
    return text ? text
                : missing(is->routes, want->routes, "%s still has %s%s",
                          want->name);
}

char *bridge_difference(const struct bridge_pair *want,
                        const struct bridge_pair *is)
{
    char *text = difference(&want->bridge, &is->bridge);

    text = text ? text : difference(&want->uplink, &is->uplink);
    if (!text && want->port != is->port) {
        text = g_strdup_printf("%s is %s port of %s", is->uplink.name,
                               is->port ? "still a" : "no", is->bridge.name);
    }
    return text;
}

/**
 * struct work - Two interfaces on their way
 * @want: As they shall be; @is: as they were when last looked at
 */
struct work {
    struct mnl_socket *nl;
    const struct bridge_pair *want;
    struct bridge_pair *is;
    GError **err;
};

static bool look(struct work *w)
{
    bridge_pair_free(w->is);
    w->is = bridge_pair_read(w->nl, w->want->bridge.name, w->want->uplink.name,
                             w->err);
    return w->is != NULL;
}

static bool worked(struct work *w, const struct net_state *s, const char *what,
                   int why)
{
    return why ? nl_fail(w->err, s->name, what, why) : true;
}

static bool make_bridge(struct work *w)
{
    const struct net_state *b = &w->want->bridge;
    char buf[NL_CHANGE];
    struct nlmsghdr *nlh = nl_link(buf, 0);
    struct nlattr *info;

    nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    mnl_attr_put_strz(nlh, IFLA_IFNAME, b->name);
    mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(b->mac), b->mac);
    mnl_attr_put_u32(nlh, IFLA_MTU, b->mtu);
    info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
    mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(nlh, info);
    return worked(w, b, "cannot make the bridge", nl_ask(w->nl, nlh)) &&
           look(w);
}

/* An interface that comes up must not make up addresses meanwhile */
static bool keep_quiet(struct work *w, const struct net_state *is)
{
    if (!is->present || is->mode == NET_NO_MODE ||
        is->mode == IN6_ADDR_GEN_MODE_NONE) {
        return true;
    }
    return worked(w, is, "cannot keep IPv6 off it",
                  nl_set_mode(w->nl, is->index, IN6_ADDR_GEN_MODE_NONE));
}

/* Before it gets addresses: those of IPv6 vanish when it goes down */
static bool set_up(struct work *w, const struct net_state *is, bool up)
{
    return is->up == up ||
           worked(w, is, up ? "cannot bring it up" : "cannot bring it down",
                  nl_set_up(w->nl, is->index, up));
}

static bool join(struct work *w)
{
    const struct bridge_pair *is = w->is;
    int why = 0;

    if (is->port != w->want->port) {
        why = nl_set_master(w->nl, is->uplink.index,
                            is->port ? 0 : is->bridge.index);
    }
    return worked(w, &is->uplink,
                  is->port            ? "cannot take it off the bridge"
                  : why == EOPNOTSUPP ? "does not let itself be bridged"
                                      : "cannot put it on the bridge",
                  why);
}

/* Where the @n-th address to add stands in a list of @all: the kernel puts a
 * new one of IPv6 before, one of IPv4 behind the others */
static guint turn(const GPtrArray *all, guint n, uint8_t family)
{
    return family == AF_INET6 ? all->len - 1 - n : n;
}

/* Whether those of @want that are in @is are the first that would be added, in
 * their order: so that adding the others gives the order of @want */
static bool in_order(const GPtrArray *want, const GPtrArray *is, uint8_t family)
{
    int last = -1;
    bool gap = false;

    for (guint n = 0; n < want->len; n++) {
        const struct net_entry *e = want->pdata[turn(want, n, family)];
        int at = net_entry_find(is, e);

        if (net_entry_family(e) != family) {
            continue;
        }
        if (at < 0) {
            gap = true;
            continue;
        }
        at = family == AF_INET6 ? (int)is->len - 1 - at : at;
        if (gap || at < last) {
            return false;
        }
        last = at;
    }
    return true;
}

static bool change_entry(struct work *w, const struct net_state *s,
                         const struct net_entry *e, bool add)
{
    int why = add ? net_entry_add(w->nl, e, s->index)
                  : net_entry_delete(w->nl, e, s->index);
    char *text, *what;

    /* With the first address of a network the kernel takes away others of it,
     * and routes that need it */
    if (!why || (add && why == EEXIST) ||
        (!add && (why == EADDRNOTAVAIL || why == ESRCH))) {
        return true;
    }
    text = net_entry_text(e);
    what = g_strdup_printf("cannot %s %s%s", add ? "add" : "remove",
                           e->route ? "route " : "", text);
    worked(w, s, what, why);
    g_free(what);
    g_free(text);
    return false;
}

/* Take away those addresses of @is that are, or are not, among @want; the last
 * first, on which nothing depends.  @family 0: any */
static bool take_addresses(struct work *w, const struct net_state *is,
                           const struct net_state *want, bool among,
                           uint8_t family)
{
    for (guint i = is->addresses->len; i-- > 0;) {
        const struct net_entry *e = is->addresses->pdata[i];
        bool wanted = net_entry_find(want->addresses, e) >= 0;

        if (wanted == among && (!family || net_entry_family(e) == family) &&
            !change_entry(w, is, e, false)) {
            return false;
        }
    }
    return true;
}

static bool give_family(struct work *w, const struct net_state *is,
                        const struct net_state *want, uint8_t family)
{
    bool all = !in_order(want->addresses, is->addresses, family);

    if (all && !take_addresses(w, is, want, true, family)) {
        return false;
    }
    for (guint n = 0; n < want->addresses->len; n++) {
        const struct net_entry *e =
            want->addresses->pdata[turn(want->addresses, n, family)];

        if (net_entry_family(e) == family &&
            (all || net_entry_find(is->addresses, e) < 0) &&
            !change_entry(w, is, e, true)) {
            return false;
        }
    }
    return true;
}

static bool give_addresses(struct work *w, const struct net_state *is,
                           const struct net_state *want)
{
    return !is->present || !want->present ||
           (give_family(w, is, want, AF_INET) &&
            give_family(w, is, want, AF_INET6));
}

/* Routes of one scope: from who has them to who shall have them */
static bool give_routes(struct work *w, const struct net_state *is,
                        const struct net_state *want,
                        const struct net_state *other, int scope)
{
    for (guint i = 0; i < want->routes->len; i++) {
        const struct net_entry *e = want->routes->pdata[i];

        if (net_entry_scope(e) != scope || net_entry_find(is->routes, e) >= 0) {
            continue;
        }
        if (other->present && net_entry_find(other->routes, e) >= 0 &&
            !change_entry(w, other, e, false)) {
            return false;
        }
        if (!change_entry(w, is, e, true)) {
            return false;
        }
    }
    return true;
}

/* Routes that the kernel made along with an address, or has left */
static bool take_routes(struct work *w, const struct net_state *is,
                        const struct net_state *want)
{
    for (guint i = is->routes->len; i-- > 0;) {
        const struct net_entry *e = is->routes->pdata[i];

        if (net_entry_find(want->routes, e) < 0 &&
            !change_entry(w, is, e, false)) {
            return false;
        }
    }
    return true;
}

/* All of one interface: what is to be there first, then what is not */
static bool settle_routes(struct work *w, bool bridge)
{
    const struct net_state *want = bridge ? &w->want->bridge : &w->want->uplink;
    const struct net_state *is = bridge ? &w->is->bridge : &w->is->uplink;
    const struct net_state *other = bridge ? &w->is->uplink : &w->is->bridge;

    if (!is->present || !want->present) {
        return true;
    }
    for (int scope = RT_SCOPE_NOWHERE; scope >= RT_SCOPE_UNIVERSE; scope--) {
        if (!give_routes(w, is, want, other, scope)) {
            return false;
        }
    }
    return take_routes(w, is, want);
}

static bool set_mode(struct work *w, const struct net_state *is,
                     const struct net_state *want)
{
    int why;

    if (!is->present || !want->present || want->mode == NET_NO_MODE ||
        is->mode == want->mode) {
        return true;
    }
    why = nl_set_mode(w->nl, is->index, want->mode);
    /* Secrets that addresses are made of are an interface's own */
    why = why == EINVAL && want->mode > IN6_ADDR_GEN_MODE_NONE ? 0 : why;
    return worked(w, is, "cannot set how it makes addresses of IPv6", why);
}

/* The bridge is there and up, the wire on it or not */
static bool prepare(struct work *w)
{
    const struct net_state *b = &w->want->bridge;

    if (b->present && !w->is->bridge.present && !make_bridge(w)) {
        return false;
    }
    return (!b->present || (keep_quiet(w, &w->is->bridge) &&
                            set_up(w, &w->is->bridge, b->up))) &&
           keep_quiet(w, &w->is->uplink) && join(w) &&
           set_up(w, &w->is->uplink, w->want->uplink.up) && look(w);
}

static bool give(struct work *w)
{
    return give_addresses(w, &w->is->bridge, &w->want->bridge) &&
           give_addresses(w, &w->is->uplink, &w->want->uplink) && look(w) &&
           settle_routes(w, true) && look(w) && settle_routes(w, false) &&
           look(w);
}

/* What is left is taken away.  The kernel may have taken routes along */
static bool finish(struct work *w)
{
    const struct bridge_pair *want = w->want;

    if (want->bridge.present &&
        !take_addresses(w, &w->is->bridge, &want->bridge, false, 0)) {
        return false;
    }
    if (!take_addresses(w, &w->is->uplink, &want->uplink, false, 0) ||
        !look(w) || !set_mode(w, &w->is->uplink, &want->uplink) ||
        !set_mode(w, &w->is->bridge, &want->bridge)) {
        return false;
    }
    if (!want->bridge.present && w->is->bridge.present &&
        !worked(w, &w->is->bridge, "cannot delete the bridge",
                nl_delete_link(w->nl, w->is->bridge.index))) {
        return false;
    }
    return look(w) && settle_routes(w, true) && settle_routes(w, false) &&
           look(w);
}

/* Whether a bridge that stands in the way is the one that is meant */
static bool is_meant(struct work *w)
{
    const struct net_state *is = &w->is->bridge, *want = &w->want->bridge;

    if (w->is->uplink.index != w->want->uplink.index) {
        g_set_error(w->err, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                    "%s: is gone, or another interface than it was",
                    w->want->uplink.name);
        return false;
    }
    if (is->present && memcmp(is->mac, want->mac, sizeof(is->mac))) {
        g_set_error(w->err, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "%s: is another bridge than the one that was meant",
                    is->name);
        return false;
    }
    return true;
}

bool bridge_apply(struct mnl_socket *nl, const struct bridge_pair *want,
                  GError **err)
{
    struct work w = { .nl = nl, .want = want, .err = err };
    bool ok = look(&w) && is_meant(&w) && prepare(&w) && give(&w) && finish(&w);
    char *text = ok ? bridge_difference(want, w.is) : NULL;

    if (text) {
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s", text);
        g_free(text);
        ok = false;
    }
    bridge_pair_free(w.is);
    return ok;
}

bool bridge_is_wireless(const char *name)
{
    struct iwreq request = { 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool wireless;

    /* Only radios answer it */
    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    wireless = fd >= 0 && !ioctl(fd, SIOCGIWNAME, &request);
    if (fd >= 0) {
        close(fd);
    }
    return wireless;
}
