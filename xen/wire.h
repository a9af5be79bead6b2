/* SPDX-License-Identifier: MIT */
/*
 * wire.h - taps of emulated cards: made, put on bridges, taken away
 */
#ifndef XEN_WIRE_H
#define XEN_WIRE_H

#include "xen/host.h"
#include "xen/plan.h"

/**
 * struct wire_tap - One tap to make
 * @name:   15 characters at most, free
 * @bridge: Index of the one to put it on; 0: none
 * @mtu:    As it shall be
 */
struct wire_tap {
    const char *name;
    int bridge;
    uint32_t mtu;
};

/**
 * wire_check() - May the taps of @p be made on this host
 * @out: Gets a struct wire_tap for each emulated card; names are the plan's
 *
 * Names that are taken, bridges that are missing, no bridges or Open vSwitch's,
 * loops that a tap would close and MTUs that do not fit become remarks of the
 * plan.  Nothing is changed.
 */
void wire_check(struct plan *p, const struct host *h, GArray *out);

/**
 * wire_hold() - Take hold of the tap @name
 * @flags: IFF_TUN_EXCL: it must be new.  IFF_VNET_HDR: as of a new one
 *
 * Return: a descriptor, as long as which is open it stays; -1 with @err set
 */
int wire_hold(const char *name, unsigned flags, GError **err);

/**
 * wire_make() - Make @taps: down, addressed, on their bridges, up
 * @flags: IFF_VNET_HDR or 0
 * @fds:   Gets a descriptor for each, with which it vanishes
 *
 * As vif-bridge leaves them: address fe:ff:ff:ff:ff:ff, none of IP, MTU as
 * told. All or none.  Needs CAP_NET_ADMIN.
 */
bool wire_make(const GArray *taps, unsigned flags, int *fds, GError **err);
/* Close them */
void wire_release(const int *fds, guint n);

/**
 * wire_up() - Make @taps, to stay
 *
 * As with wire_make(); they become persistent only when each is as it shall be,
 * so that none stays when something fails or the process is killed before.
 */
bool wire_up(const GArray *taps, GError **err);

/**
 * wire_down_check() - Which taps of @p there are on this host
 * @out: Gets their names, which are the plan's
 *
 * What has such a name and is no persistent tap becomes an error of the plan;
 * what is not there, a note.
 */
void wire_down_check(struct plan *p, const struct host *h, GPtrArray *out);

/**
 * wire_down() - Take away the taps @names
 *
 * None while one of them is held by a process.
 */
bool wire_down(const GPtrArray *names, GError **err);

#endif
