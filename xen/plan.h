/* SPDX-License-Identifier: MIT */
/*
 * plan.h - what will exist for the vifs of a guest
 */
#ifndef XEN_PLAN_H
#define XEN_PLAN_H

#include "xen/guest.h"
#include "xen/names.h"

/**
 * struct plan_opts - What a configuration does not say
 * @domid:    0..NAMES_DOMID_MAX; meaningful with @has_domid
 * @devid:    Of a vif at the first place that names none; others count on
 * @bridge:   That of a vif which names none; NULL: xenbr0
 * @script:   Likewise; NULL: vif-bridge
 * @models:   What vifemu emulates, ends in NULL
 */
struct plan_opts {
    bool has_domid;
    uint32_t domid, devid;
    enum naming naming;
    const char *bridge, *script;
    const char *const *models;
};

/**
 * struct plan_row - One vif
 * @vif:      Of the guest, which has to outlive the plan
 * @emulated: There is an emulated card, and a tap for it on this host
 * @pv:       There is a paravirtual card, and a backend for it where @backend
 *            says
 * @model:    Of the emulated card; NULL without one
 * @ours:     vifemu has that model; else QEMU's is asked for
 * @tap:      The emulated card's interface once the guest runs
 * @tap_made: The name it is created with, before a script renames it
 * @vifname:  The paravirtual card's interface, @vif_made: as it is created
 * @backend:  The driver domain, NULL: this one
 * @bridge:   NULL: the script uses none
 * @script:   As written, or the default
 */
struct plan_row {
    const struct vif *vif;
    uint32_t devid;
    bool emulated, pv, ours;
    const char *model;
    char *tap, *tap_made, *vifname, *vif_made;
    const char *backend, *bridge, *script;
};

/**
 * struct plan - What will exist for the vifs of a guest
 * @domid, @naming: As with struct plan_opts
 * @rows:    struct plan_row, in the order of the configuration
 * @remarks: struct remark: only what the plan itself finds; those of the
 *           guest are in the guest.  By their places
 */
struct plan {
    const struct guest *guest;
    bool has_domid;
    uint32_t domid;
    enum naming naming;
    GPtrArray *rows, *remarks;
};

/**
 * plan_make() - Decide what each vif of @g becomes
 *
 * Pure: asks neither the host nor anybody.  Never NULL; what cannot be made is
 * an error among the remarks.
 */
struct plan *plan_make(const struct guest *g, const struct plan_opts *opts);
void plan_free(struct plan *p);
/* Add a remark of the caller's; @key may be NULL, text as with printf() */
void plan_remark(struct plan *p, enum severity severity, struct place at,
                 const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The worst among the plan's remarks and its guest's */
enum severity plan_severity(const struct plan *p);

/* "both", "emulated", "pv"; "hvm", "pv", "pvh"; "xl", "xl-4.5", "xm" */
const char *vif_mode_word(enum vif_mode mode);
const char *guest_kind_word(enum guest_kind kind);
const char *dialect_word(enum dialect dialect);

#endif
