/* SPDX-License-Identifier: MIT */
/*
 * hotplug.h - what the toolstack's call for a guest's interface asks to be done
 */
#ifndef XEN_HOTPLUG_H
#define XEN_HOTPLUG_H

#include "xen/filter.h"
#include "xen/host.h"

/**
 * struct hotplug - One call
 * @tap:  For the emulated card's tap; else for the paravirtual card's backend
 * @add:  It is to be wired; else to be taken off its bridge
 * @name: The interface as it was made
 * @path: Of the vif in Xen's store
 */
struct hotplug {
    bool tap, add;
    char name[IFNAMSIZ];
    char *path;
};

/**
 * enum hotplug_sort - What a call is
 * @HOTPLUG_BAD:   None, with the error set
 * @HOTPLUG_OTHER: The same script is called for the other kind of interface,
 *                 too: nothing to do
 * @HOTPLUG_GO:    Ours
 */
enum hotplug_sort {
    HOTPLUG_BAD,
    HOTPLUG_OTHER,
    HOTPLUG_GO,
};

/**
 * hotplug_read() - Understand a call, as vif-bridge does
 * @words: "online", "offline", "add" or "remove", then KEY=VALUE, of which
 *         type_if=vif and type_if=tap count; ends in NULL
 * @env:   getenv(): XENBUS_PATH, vif, INTERFACE
 * @e:     @path is to be freed, whatever is returned
 */
enum hotplug_sort hotplug_read(char *const *words,
                               const char *(*env)(const char *name),
                               struct hotplug *e, GError **err);

/**
 * struct hotplug_wish - What the store says of a vif; unset strings are NULL
 * @mtu: As it is written there
 */
struct hotplug_wish {
    char *bridge, *vifname, *mtu, *mac, *ip;
};

/**
 * struct hotplug_job - What is to be done
 * @index:  The interface
 * @rename: What it shall be called, "": as it is
 * @bridge: On which it shall be
 */
struct hotplug_job {
    int index, bridge;
    char rename[IFNAMSIZ];
    uint32_t mtu;
};

/**
 * hotplug_plan() - What is to be done so that the interface is as vif-bridge
 * leaves it
 *
 * Pure.  What is done already is no error.  False with @err set: the name is
 * another's, there is no such interface or bridge, a loop would be closed.
 */
bool hotplug_plan(const struct hotplug *e, const struct hotplug_wish *w,
                  const struct host *h, struct hotplug_job *job, GError **err);

/**
 * hotplug_filter() - What the guest may send, by either of its interfaces
 * @f: Gets NULL where there is to be none, else to be freed
 *
 * Pure.  False with @err set: of ip= or mac= none can be made.
 */
bool hotplug_filter(const struct hotplug *e, const struct hotplug_wish *w,
                    enum filter_mode mode, struct filter **f, GError **err);

/**
 * hotplug_filter_name() - What the filter is called, wished or not
 * @other: Gets the name of the card's other interface, ""
 */
void hotplug_filter_name(const struct hotplug *e, const struct hotplug_wish *w,
                         char name[IFNAMSIZ], char other[IFNAMSIZ]);

/* Which interface is to be taken off its bridge; NULL: it is gone already */
const struct host_link *hotplug_find(const struct hotplug *e,
                                     const struct hotplug_wish *w,
                                     const struct host *h);

/**
 * hotplug_wire() - Down, renamed, address fe:ff:ff:ff:ff:ff, none of IP, MTU,
 * on its bridge, up
 *
 * When a step fails it is left down and on no bridge; but an MTU that its
 * driver refuses becomes 0 in @job, as scripts never minded.  Needs
 * CAP_NET_ADMIN.
 */
bool hotplug_wire(struct hotplug_job *job, GError **err);

/* Down, and on no bridge */
bool hotplug_unwire(int index, GError **err);

#endif
