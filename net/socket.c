// SPDX-License-Identifier: MIT
/*
 * socket.c - -netdev socket: the old spelling of stream and dgram
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/backends.h"

/* "host:port", the host may be missing, or "[v6]:port", as @name.host and
 * @name.port */
static bool put_hostport(JsonObject *to, const char *name, const char *text,
                         const char *key, GError **err)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    char *host, *field;

    if (!colon || !colon[1]) {
        return vm_fail(err, "property '%s' cannot be '%s': it takes host:port",
                       key, text);
    }
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    host = g_strndup(text, len);
    field = g_strconcat(name, ".type", NULL);
    json_object_set_string_member(to, field, "inet");
    g_free(field);
    field = g_strconcat(name, ".host", NULL);
    json_object_set_string_member(to, field, host);
    g_free(field);
    field = g_strconcat(name, ".port", NULL);
    json_object_set_string_member(to, field, colon + 1);
    g_free(field);
    g_free(host);
    return true;
}

static void put_fd(JsonObject *to, const char *name, JsonNode *fd)
{
    char *field = g_strconcat(name, ".type", NULL);

    json_object_set_string_member(to, field, "fd");
    g_free(field);
    field = g_strconcat(name, ".str", NULL);
    json_object_set_member(to, field, json_node_copy(fd));
    g_free(field);
}

/* fd=: what it is decides */
static const struct netdev_ops *with_fd(JsonObject *opts, JsonObject *to,
                                        GError **err)
{
    socklen_t len = sizeof(int);
    JsonNode *node;
    int fd = netdev_fd(opts, "fd", err), type = 0;

    if (fd < 0) {
        return NULL;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
        (type != SOCK_STREAM && type != SOCK_DGRAM)) {
        vm_fail(err,
                "property 'fd': descriptor %d is neither a stream nor "
                "a datagram socket",
                fd);
        return NULL;
    }
    /* A name was used up, the number is not */
    node = json_node_init_int(json_node_alloc(), fd);
    put_fd(to, type == SOCK_STREAM ? "addr" : "local", node);
    json_node_unref(node);
    return type == SOCK_STREAM ? &netdev_stream : &netdev_dgram;
}

static const struct netdev_ops *with_mcast(JsonObject *opts, JsonObject *to,
                                           const char *group, GError **err)
{
    const char *from = NULL;

    if (!opts_str(opts, "localaddr", &from, err) ||
        !put_hostport(to, "remote", group, "mcast", err)) {
        return NULL;
    }
    if (from) {
        json_object_set_string_member(to, "local.type", "inet");
        json_object_set_string_member(to, "local.host", from);
        json_object_set_string_member(to, "local.port", "0");
    }
    return &netdev_dgram;
}

static const struct netdev_ops *with_udp(JsonObject *opts, JsonObject *to,
                                         const char *peer, GError **err)
{
    const char *from = NULL;

    if (!opts_str(opts, "localaddr", &from, err)) {
        return NULL;
    }
    if (!from) {
        vm_fail(err, "property 'localaddr' is missing; udp needs it");
        return NULL;
    }
    return put_hostport(to, "remote", peer, "udp", err) &&
                   put_hostport(to, "local", from, "localaddr", err)
               ? &netdev_dgram
               : NULL;
}

/* The new spelling of @opts in @to, and whose it is */
static const struct netdev_ops *translate(JsonObject *opts, JsonObject *to,
                                          GError **err)
{
    static const char *const ways[] = { "fd", "listen", "connect", "mcast",
                                        "udp" };
    const char *val = NULL, *way = NULL;
    unsigned given = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        if (json_object_has_member(opts, ways[i])) {
            way = ways[i];
            given++;
        }
    }
    if (given != 1) {
        vm_fail(err, "exactly one of fd, listen, connect, mcast and udp is "
                     "needed");
        return NULL;
    }
    if (!strcmp(way, "fd")) {
        return with_fd(opts, to, err);
    }
    if (!opts_str(opts, way, &val, err)) {
        return NULL;
    }
    val = val ? val : "";
    if (!strcmp(way, "mcast")) {
        return with_mcast(opts, to, val, err);
    }
    if (!strcmp(way, "udp")) {
        return with_udp(opts, to, val, err);
    }
    if (!strcmp(way, "listen")) {
        json_object_set_boolean_member(to, "server", TRUE);
    }
    return put_hostport(to, "addr", val, way, err) ? &netdev_stream : NULL;
}

static struct netdev *socket_open(const char *id, JsonObject *opts,
                                  GError **err)
{
    JsonObject *to = json_object_new();
    const struct netdev_ops *ops = translate(opts, to, err);
    struct netdev *nd = ops ? ops->open(id, to, err) : NULL;

    json_object_unref(to);
    return nd;
}

static const char *const socket_keys[] = { "fd",    "listen", "connect",
                                           "mcast", "udp",    "localaddr",
                                           NULL };

/* What it opens is a stream or a dgram, with their operations */
const struct netdev_ops netdev_socket = {
    .name = "socket",
    .help = "the old spelling of stream and dgram",
    .keys = socket_keys,
    .open = socket_open,
};
