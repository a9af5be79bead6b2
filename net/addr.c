// SPDX-License-Identifier: MIT
/*
 * addr.c - socket addresses in options
 */
#include "net/addr.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/backends.h"

bool addr_resolve(const char *host, const char *port, int family, bool udp,
                  bool passive, struct addr *out, GError **err)
{
    struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM,
        .ai_flags = passive ? AI_PASSIVE : 0,
    };
    struct addrinfo *found;
    int why;

    if (!*host) {
        host = NULL;
    }
    why = getaddrinfo(host, port, &hints, &found);
    if (why) {
        return vm_fail(err, "cannot resolve '%s:%s': %s", host ? host : "",
                       port, gai_strerror(why));
    }
    out->type = ADDR_INET;
    memcpy(&out->sa, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* Options are read by prefix; the name lives until the next call */
static const char *dotted(const char *name, const char *field)
{
    static char key[64];

    g_snprintf(key, sizeof(key), "%s.%s", name, field);
    return key;
}

static bool read_inet(JsonObject *opts, const char *name, bool udp,
                      bool passive, struct addr *out, GError **err)
{
    const char *host = NULL;
    char *port = NULL;
    bool v4 = true, v6 = true, ok;
    uint64_t num = 0;

    if (!opts_str(opts, dotted(name, "host"), &host, err) ||
        !opts_bool(opts, dotted(name, "ipv4"), &v4, err) ||
        !opts_bool(opts, dotted(name, "ipv6"), &v6, err)) {
        return false;
    }
    if (!host || !json_object_has_member(opts, dotted(name, "port"))) {
        return vm_fail(err, "property '%s.%s' is missing", name,
                       host ? "port" : "host");
    }
    if (!opts_uint(opts, dotted(name, "port"), 0, 65535, &num, err)) {
        return false;
    }
    port = g_strdup_printf("%u", (unsigned)num);
    ok = addr_resolve(host, port,
                      v4 && v6 ? AF_UNSPEC : (v6 ? AF_INET6 : AF_INET), udp,
                      passive, out, err);
    g_free(port);
    return ok;
}

static bool read_unix(JsonObject *opts, const char *name, struct addr *out,
                      GError **err)
{
    const char *path = NULL;
    bool abstract = false;
    size_t len;

    if (!opts_str(opts, dotted(name, "path"), &path, err) ||
        !opts_bool(opts, dotted(name, "abstract"), &abstract, err)) {
        return false;
    }
    if (!path || !*path) {
        return vm_fail(err, "property '%s.path' is missing", name);
    }
    len = strlen(path);
    if (len >= sizeof(out->sa.un.sun_path)) {
        return vm_fail(err,
                       "property '%s.path' cannot be '%s': it takes at "
                       "most %zu characters",
                       name, path, sizeof(out->sa.un.sun_path) - 1);
    }
    out->type = ADDR_UNIX;
    out->sa.un.sun_family = AF_UNIX;
    memcpy(out->sa.un.sun_path + abstract, path, len);
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return true;
}

bool addr_read(JsonObject *opts, const char *name, bool udp, bool passive,
               struct addr *out, GError **err)
{
    const char *type = NULL;

    memset(out, 0, sizeof(*out));
    out->fd = -1;
    if (!opts_str(opts, dotted(name, "type"), &type, err)) {
        return false;
    }
    if (!type) {
        return true;
    }
    if (!strcmp(type, "inet")) {
        return read_inet(opts, name, udp, passive, out, err);
    }
    if (!strcmp(type, "unix")) {
        return read_unix(opts, name, out, err);
    }
    if (!strcmp(type, "fd")) {
        out->type = ADDR_FD;
        out->fd = netdev_fd(opts, dotted(name, "str"), err);
        return out->fd >= 0;
    }
    return vm_fail(err,
                   "property '%s.type' cannot be '%s': it takes inet, "
                   "unix or fd",
                   name, type);
}

char *addr_show(const struct addr *a)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    const char *path = a->sa.un.sun_path;

    switch (a->type) {
    case ADDR_INET:
        if (getnameinfo(&a->sa.any, a->len, host, sizeof(host), port,
                        sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV)) {
            return g_strdup("?");
        }
        return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
                               port);
    case ADDR_UNIX:
        return *path ? g_strdup(path) : g_strconcat("@", path + 1, NULL);
    case ADDR_FD:
        return g_strdup_printf("fd %d", a->fd);
    default:
        return g_strdup("none");
    }
}

int addr_socket(const struct addr *a, int type, GError **err)
{
    int fd =
        socket(a->sa.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        vm_fail(err, "cannot make a socket: %s", g_strerror(errno));
    }
    return fd;
}

static bool is_path(const struct addr *a)
{
    return a->type == ADDR_UNIX && a->sa.un.sun_path[0];
}

bool addr_bind(int fd, const struct addr *a, const char *what, GError **err)
{
    struct stat st;
    socklen_t size = sizeof(int);
    char *shown;
    int one = 1, type = 0, why;

    if (is_path(a) && !lstat(a->sa.un.sun_path, &st) && S_ISSOCK(st.st_mode)) {
        unlink(a->sa.un.sun_path);
    }
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    if (a->type == ADDR_INET && type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    }
    if (!bind(fd, &a->sa.any, a->len)) {
        return true;
    }
    why = errno;
    shown = addr_show(a);
    vm_fail(err, "property '%s': cannot bind to %s: %s", what, shown,
            g_strerror(why));
    g_free(shown);
    return false;
}

void addr_unlink(const struct addr *a)
{
    if (is_path(a)) {
        unlink(a->sa.un.sun_path);
    }
}
