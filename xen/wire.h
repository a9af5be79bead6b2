/* SPDX-License-Identifier: MIT */
/*
 * wire.h - taps of emulated cards: made, put on bridges, taken away
 */
#ifndef XEN_WIRE_H
#define XEN_WIRE_H

#include "xen/host.h"
#include "xen/plan.h"

struct filter;
struct journal;
struct journals;

/**
 * struct wire_tap - One tap to make
 * @name:   15 characters at most, free
 * @bridge: Index of the one to put it on; 0: none
 * @mtu:    As it shall be
 * @filter: What may come in by it (wire_filters()), NULL: anything
 */
struct wire_tap {
    const char *name;
    int bridge;
    uint32_t mtu;
    struct filter *filter;
};

/**
 * wire_check() - May the taps of @p be made on this host
 * @out: Gets a struct wire_tap for each emulated card; names are the plan's
 *
 * Names that are taken, bridges that are missing, loops that a tap would close
 * and MTUs that do not fit become remarks of the plan.  What is Open vSwitch's
 * gets a tap without a bridge, and a remark that says so.  Nothing is changed.
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
 * wire_up() - Make @taps, to stay, and their filters
 *
 * As with wire_make(); filters are there before the taps.  All or none: what
 * fails is undone, what dies half way is in the journal.
 */
bool wire_up(struct journals *js, const GArray *taps, GError **err);

/**
 * wire_down_check() - Which taps of @p there are on this host
 * @out: Gets their names, which are the plan's
 *
 * What has such a name and is no persistent tap becomes an error of the plan;
 * what is not there, a note.
 */
void wire_down_check(struct plan *p, const struct host *h, GPtrArray *out);

/**
 * wire_down() - Take away the taps @names, and their filters
 *
 * None while one of them is held by a process.
 */
bool wire_down(struct journals *js, const GPtrArray *names, GError **err);

/**
 * wire_undo() - Take away the taps and filters of a journal that are there
 *
 * A tap is known by its index, which no other interface gets while the host
 * runs: what has merely its name is left alone.
 */
bool wire_undo(const struct journal *j, GError **err);

#endif
