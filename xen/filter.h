/* SPDX-License-Identifier: MIT */
/*
 * filter.h - what a guest may send: its own addresses
 */
#ifndef XEN_FILTER_H
#define XEN_FILTER_H

#include <net/if.h>

#include "xen/plan.h"

/* nftables' table, of family bridge */
#define FILTER_TABLE "vifemu"

/**
 * enum filter_mode - Which vifs get a filter
 * @FILTER_IP:   Those with ip=
 * @FILTER_MAC:  Also those with mac=
 * @FILTER_NONE: None
 */
enum filter_mode {
    FILTER_IP,
    FILTER_MAC,
    FILTER_NONE,
};

/* False: there is no such word */
bool filter_mode_find(const char *word, enum filter_mode *mode);

/**
 * struct filter_net - An address, or a network of them
 * @family: AF_INET or AF_INET6
 * @prefix: How many bits of @bytes count, up to 32 or 128
 */
struct filter_net {
    int family;
    unsigned prefix;
    uint8_t bytes[16];
};

/**
 * struct filter - What comes in by one vif's interfaces
 * @tap:  The emulated card's, and what the filter is called
 * @vif:  The paravirtual card's, or ""
 * @nets: struct filter_net; empty: only @mac counts
 */
struct filter {
    char tap[IFNAMSIZ], vif[IFNAMSIZ];
    bool has_mac;
    uint8_t mac[6];
    GArray *nets;
};

/* May be NULL */
void filter_free(void *filter);

/**
 * filter_new() - The filter of a vif
 * @vif:   The paravirtual card's interface, or ""
 * @mac:   6 bytes, or NULL
 * @ip:    As in ip=, or NULL
 * @wrong: Gets copies of those words of @ip of which no filter can be made
 */
struct filter *filter_new(const char *tap, const char *vif, const uint8_t *mac,
                          const char *ip, GPtrArray *wrong);
/* What is said of such a word */
#define FILTER_WRONG                                                           \
    "'%s' is neither an address nor a network (of IPv6: of whole bytes), so "  \
    "no filter can be made of it"

/**
 * filter_for() - The filter of a row of a plan
 *
 * Return: NULL: it gets none; what of ip= is no address is an error of @p
 */
struct filter *filter_for(struct plan *p, const struct plan_row *r,
                          enum filter_mode mode);

/**
 * wire_filters() - Give the taps that wire_check() found their filters
 * @taps: struct wire_tap
 *
 * A filter of a tap that is put on no bridge is a warning of the plan.
 */
void wire_filters(struct plan *p, enum filter_mode mode, GArray *taps);
/* Free those that they have */
void wire_filters_free(GArray *taps);

/**
 * struct filter_list - What there is in the table
 * @names: Of filters; @ports: interfaces, and at the same place @jumps: which
 *         filter each is sent to
 */
struct filter_list {
    GPtrArray *names, *ports, *jumps;
};

/* What libnftables says of the table; "" or NULL is an empty list.  Whatever it
 * is, it is safe to be given here */
struct filter_list *filter_list_read(const char *json);
void filter_list_free(struct filter_list *l);

/**
 * filter_commands() - What makes the filters @all, struct filter, in the place
 * of those of the same names and interfaces
 * @l: What there is
 *
 * Pure.  Return: JSON as libnftables(3) wants it, to be freed
 */
char *filter_commands(const struct filter_list *l, const GPtrArray *all);

/**
 * filter_removal() - What removes the filters @names that are in @l
 *
 * Pure.  Return: JSON, to be freed; NULL: none of them is there
 */
char *filter_removal(const struct filter_list *l, const GPtrArray *names);

/* What this kernel has now, which is nothing where it has no nftables; NULL
 * with @err set */
struct filter_list *filter_list_now(GError **err);

/* Whether filters can be made here; false with @err set */
bool filter_ready(GError **err);

/**
 * filter_install() - Make filters, all or none; one that is there is replaced,
 *                    and no frame passes meanwhile that neither would let pass
 * filter_remove() - Remove those of @names (strings) that are there
 *
 * Need CAP_NET_ADMIN.
 */
bool filter_install(const GPtrArray *all, GError **err);
bool filter_remove(const GPtrArray *names, GError **err);

#endif
