/* SPDX-License-Identifier: MIT */
/*
 * host.h - the network interfaces of this host, and how frames pass them
 */
#ifndef XEN_HOST_H
#define XEN_HOST_H

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "xen/names.h"

/**
 * struct host_count - What an interface carried in one direction
 */
struct host_count {
    uint64_t packets, bytes, errors, dropped;
};

/**
 * struct host_link - One interface, as rtnetlink tells it
 * @kind:     "bridge", "veth", "tun", ...; "" for a driver's own
 * @index:    Greater than 0
 * @master:   The bridge or bond it is a port of, 0: none
 * @lower:    What a vlan or macvlan is on, or a veth's other end; 0: none
 * @far:      @lower is in another network namespace, its number means nothing
 * @ethernet: It carries Ethernet frames, and @mac is its address
 * @stp:      Of a bridge: the spanning tree protocol is on
 * @persist:  Of a tap: it stays when nobody holds it
 * @tap:      A tun interface that carries Ethernet
 * @backend:  netback made it for device @devid of domain @domid, whatever its
 *            name is now
 * @rx, @tx:  Received and sent by the host: for a guest's interface @rx is
 *            what the guest sent
 */
struct host_link {
    char name[IFNAMSIZ], kind[16];
    int index, master, lower;
    bool far, ethernet, up, running, stp, persist, tap, backend;
    uint32_t domid, devid;
    uint8_t mac[6];
    uint32_t mtu;
    struct host_count rx, tx;
};

/**
 * enum host_role - What an interface is for
 * @HOST_OTHER:  Nothing that Xen has to do with
 * @HOST_WIRE:   The way out: a driver's own, or a bond, vlan or macvlan
 * @HOST_BRIDGE: A bridge's own device: the host's port on it
 * @HOST_OVS:    Open vSwitch, whose tables rtnetlink does not tell
 * @HOST_VIF:    Backend of a guest's paravirtual card
 * @HOST_TAP:    Tap of a guest's emulated card
 * @HOST_LOOP:   One end of the old loopback driver: vif0.N or its vethN
 * @HOST_VETH:   One end of a pair of other origin
 */
enum host_role {
    HOST_OTHER,
    HOST_WIRE,
    HOST_BRIDGE,
    HOST_OVS,
    HOST_VIF,
    HOST_TAP,
    HOST_LOOP,
    HOST_VETH,
};

/**
 * struct host - All interfaces of one network namespace at one time
 * @links: struct host_link, by index
 */
struct host {
    GPtrArray *links;
};

/* An empty one; the caller adds copies of links in any order */
struct host *host_new(void);
void host_add(struct host *h, const struct host_link *l);
void host_free(struct host *h);

/* As rtnetlink tells now; NULL with @err set.  Changes nothing */
struct host *host_read(GError **err);

/**
 * host_mark_ovs() - Find Open vSwitch's interfaces by their driver
 * @driver: Gets an interface's name and @opaque, and writes that of its driver;
 *          false: nothing is known
 *
 * Rtnetlink tells the kind of what is Open vSwitch's, but not with every
 * module of it.  Only interfaces without a kind are asked for.
 */
void host_mark_ovs(struct host *h,
                   bool (*driver)(const char *name, char to[32], void *opaque),
                   void *opaque);
/* The same, with what the kernel says (ethtool) */
void host_ask_drivers(struct host *h);

/* NULL: there is none */
const struct host_link *host_by_name(const struct host *h, const char *name);
const struct host_link *host_by_index(const struct host *h, int index);

/* What @l is for, and "wire", "vif", ... */
enum host_role host_role(const struct host *h, const struct host_link *l);
const char *host_role_word(enum host_role role);

/* The other end of a veth or of the loopback driver; NULL: none, or it is in
 * another namespace */
const struct host_link *host_peer(const struct host *h,
                                  const struct host_link *l);

/**
 * host_loop_if() - Would making @l a port of bridge @b close a loop?
 *
 * Follows frames that leave @l: through veth pairs, vlans and macvlans to what
 * they are on, bonds to their ports, and bridges from one port to all others,
 * until one comes back to @l.  What is in other namespaces, on the wire or
 * inside Open vSwitch is not seen.
 *
 * Return: the way as text, "eth0 > vif0.0 [xenbr0] > eth0", to be freed; NULL:
 * no loop
 */
char *host_loop_if(const struct host *h, const struct host_link *l,
                   const struct host_link *b);

/* The loop that @l is part of already, likewise */
char *host_loop(const struct host *h, const struct host_link *l);

/* The indexes of its interfaces, bridges that are crossed included; NULL: it is
 * part of none */
GArray *host_loop_way(const struct host *h, const struct host_link *l);

#endif
