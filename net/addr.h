/* SPDX-License-Identifier: MIT */
/*
 * addr.h - socket addresses in options
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/**
 * struct addr - A socket address, or a descriptor that stands for one
 * @sa, @len: With ADDR_INET and ADDR_UNIX
 * @fd:       With ADDR_FD; the caller's
 */
struct addr {
    enum { ADDR_NONE, ADDR_INET, ADDR_UNIX, ADDR_FD } type;
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    } sa;
    socklen_t len;
    int fd;
};

/**
 * addr_read() - The address in options "@name.type", "@name.host", ...
 * @udp:     Resolve names for datagrams
 * @passive: It will be bound: an empty host means any
 *
 * ADDR_NONE if there is no "@name.type".
 */
bool addr_read(JsonObject *opts, const char *name, bool udp, bool passive,
               struct addr *out, GError **err);

/* Resolve a host and a port of IPv4 or IPv6 */
bool addr_resolve(const char *host, const char *port, int family, bool udp,
                  bool passive, struct addr *out, GError **err);

/* For people: "host:port" or a path; g_free() */
char *addr_show(const struct addr *a);

/* A non-blocking socket of the address's family, -1 with @err */
int addr_socket(const struct addr *a, int type, GError **err);

/**
 * addr_bind() - Bind, replacing a socket that an earlier process left behind
 * @what: Named in @err
 */
bool addr_bind(int fd, const struct addr *a, const char *what, GError **err);
/* Remove what addr_bind() made in the file system */
void addr_unlink(const struct addr *a);

/* The option names that addr_read() reads, for keys lists */
#define ADDR_KEYS(name)                                                        \
    name ".type", name ".host", name ".port", name ".ipv4", name ".ipv6",      \
        name ".path", name ".abstract", name ".str"

#endif
