/* SPDX-License-Identifier: MIT */
/*
 * netstate.h - what an interface has: its addresses and its routes
 */
#ifndef XEN_NETSTATE_H
#define XEN_NETSTATE_H

#include <glib.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* A time that does not end */
#define NET_FOREVER UINT32_MAX

/* More of an entry nobody has, and the kernel does not make it */
enum { NET_KEY_MAX = 4096 };

/**
 * struct net_entry - One address or one route of an interface
 * @key:       What the kernel says of it and lets be said again: its header,
 *             struct ifaddrmsg or struct rtmsg, without the interface, and the
 *             attributes.  A next hop over the interface itself has index 0
 * @preferred: Of an address, in seconds
 * @valid:     Likewise; of a route: when it ends
 */
struct net_entry {
    bool route;
    GBytes *key;
    uint32_t preferred, valid;
};

/* May be NULL */
void net_entry_free(void *entry);
/* Shares the key */
struct net_entry *net_entry_copy(const struct net_entry *e);

/* The same, whatever time they have left */
bool net_entry_same(const struct net_entry *a, const struct net_entry *b);

/* Position of what is the same as @e in @all, -1: none */
int net_entry_find(const GPtrArray *all, const struct net_entry *e);

/* "192.0.2.1/24", "default via 192.0.2.254 metric 100"; to be freed */
char *net_entry_text(const struct net_entry *e);

/* Of a route: destination, table and metric, which not two should have; to be
 * freed */
char *net_entry_target(const struct net_entry *e);

/* AF_INET or AF_INET6 */
uint8_t net_entry_family(const struct net_entry *e);

/* Of a route: how far its gateway is, RT_SCOPE_...; what is further needs what
 * is nearer */
uint8_t net_entry_scope(const struct net_entry *e);

/**
 * net_entry_for() - What @e is called on another interface
 *
 * Addresses of IPv4 have labels that begin with their interface's name; where
 * @to does not leave room for the rest of it, the label is @to.
 */
struct net_entry *net_entry_for(const struct net_entry *e, const char *from,
                                const char *to);

/* As one word for a file, and back; NULL: @text is none.  Whatever is read
 * back is well-formed and has only attributes that we write */
char *net_entry_write(const struct net_entry *e);
struct net_entry *net_entry_read(const char *text, bool route);

/**
 * struct net_state - One interface
 * @present:   It exists, else only @name and @mac mean anything
 * @mode:      IN6_ADDR_GEN_MODE_...; NET_NO_MODE: there is no IPv6
 * @addresses, @routes: struct net_entry, in the order of the kernel
 * @lost:      Texts of what cannot be moved to another interface, as sentences
 */
struct net_state {
    char name[IFNAMSIZ];
    bool present, up;
    int index, master;
    uint8_t mode, mac[6];
    uint32_t mtu;
    GPtrArray *addresses, *routes, *lost;
};

enum { NET_NO_MODE = 255 };

/* Empty; freed by net_state_clear() */
void net_state_init(struct net_state *s);
void net_state_clear(struct net_state *s);

/**
 * net_state_read() - Ask the kernel what interface @index has
 * @s: As net_state_init() left it; !present: there is no such interface
 *
 * What the kernel keeps by itself is left out: routes of table local, addresses
 * that it makes up for privacy.
 *
 * Return: false with @err set
 */
bool net_state_read(struct mnl_socket *nl, int index, struct net_state *s,
                    GError **err);

/* Give @e to interface @index, or take it away; 0 or an errno */
int net_entry_add(struct mnl_socket *nl, const struct net_entry *e, int index);
int net_entry_delete(struct mnl_socket *nl, const struct net_entry *e,
                     int index);

#endif
