/* SPDX-License-Identifier: MIT */
/*
 * bridge.h - a bridge that takes its wire's addresses and routes, or gives
 * them back
 */
#ifndef XEN_BRIDGE_H
#define XEN_BRIDGE_H

#include "xen/guest.h"
#include "xen/host.h"
#include "xen/netstate.h"

/**
 * struct bridge_pair - A bridge and its wire, as they are or as they shall be
 * @port: The wire is a port of the bridge
 */
struct bridge_pair {
    struct net_state bridge, uplink;
    bool port;
};

/* Two that are not there */
struct bridge_pair *bridge_pair_new(void);
/* May be NULL */
void bridge_pair_free(struct bridge_pair *p);

/**
 * bridge_create_check() - May a bridge @name be made on wire @uplink
 * @wireless: The wire is a radio's
 * @remarks:  Gets struct remark, key NULL
 *
 * No new bridge closes a loop: its only port is one that was on no bridge.
 */
void bridge_create_check(const struct host *h, const char *name,
                         const char *uplink, bool wireless, GPtrArray *remarks);

/**
 * bridge_destroy_check() - May bridge @name be taken apart
 * @uplink: Which port gets what the bridge has; NULL: the only wire among them
 * @force:  Other ports may be left without a bridge
 *
 * Return: the wire; NULL if a remark says why not
 */
const struct host_link *bridge_destroy_check(const struct host *h,
                                             const char *name,
                                             const char *uplink, bool force,
                                             GPtrArray *remarks);

/**
 * bridge_pair_read() - Both as they are now
 * @bridge, @uplink: Names; there may be no such bridge yet
 *
 * Return: NULL with @err set
 */
struct bridge_pair *bridge_pair_read(struct mnl_socket *nl, const char *bridge,
                                     const char *uplink, GError **err);

/**
 * bridge_created(), bridge_destroyed() - How @before shall be afterwards
 *
 * Pure.  The bridge has the wire's address, MTU, addresses and routes, and the
 * wire is its port; or the other way round.
 */
struct bridge_pair *bridge_created(const struct bridge_pair *before);
struct bridge_pair *bridge_destroyed(const struct bridge_pair *before);

/* A sentence on the first difference in addresses, routes and the port, to be
 * freed; NULL: none */
char *bridge_difference(const struct bridge_pair *want,
                        const struct bridge_pair *is);

/**
 * bridge_apply() - Make bridge and wire be as @want says, whatever they are now
 *
 * At no time has neither of them an address that both the present and @want
 * have.  What is so already is not touched, so it may be called again when it
 * stopped half way.  A bridge is taken away only if it has @want's address.
 *
 * Return: false with @err set, having stopped where it could not go on
 */
bool bridge_apply(struct mnl_socket *nl, const struct bridge_pair *want,
                  GError **err);

/* Whether the kernel calls @name a radio's interface */
bool bridge_is_wireless(const char *name);

#endif
