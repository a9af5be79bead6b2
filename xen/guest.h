/* SPDX-License-Identifier: MIT */
/*
 * guest.h - a guest and its vifs, as any toolstack's configuration says
 *
 * What the readers (xen/cfg.c with xen/vifspec.c for xl and xm, xen/libvirt.c
 * for XML) make, and what the planner (xen/plan.c) and the writers take.  All
 * of it is plain data: nothing here or in those files does any I/O but what
 * they are handed, and everything is tested by tables.
 */
#ifndef XEN_GUEST_H
#define XEN_GUEST_H

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * enum dialect - Whose rules a vif specification is read by
 * @DIALECT_XL:    xl of Xen 4.6 and later
 * @DIALECT_XL_45: xl of Xen 4.0 to 4.5: any type but ioemu means vif
 * @DIALECT_XM:    xm and xend: type is a three-way switch
 */
enum dialect {
    DIALECT_XL,
    DIALECT_XL_45,
    DIALECT_XM,
};

/**
 * enum guest_kind - What sort of virtual machine
 */
enum guest_kind {
    GUEST_HVM,
    GUEST_PV,
    GUEST_PVH,
};

/**
 * enum vif_mode - Which cards a guest sees for one vif
 * @VIF_BOTH:     An emulated one, and the paravirtual one beside it
 * @VIF_EMULATED: The emulated one only; a guest's unplug does not take it away
 * @VIF_PV:       The paravirtual one only: no emulated card, no tap
 */
enum vif_mode {
    VIF_BOTH,
    VIF_EMULATED,
    VIF_PV,
};

/**
 * struct place - Where something stands in a source
 * @line, @column: From 1; 0: not known
 */
struct place {
    unsigned line, column;
};

/**
 * enum severity - How bad a remark is
 * @REMARK_NOTE:    Good to know
 * @REMARK_WARNING: Some toolstack does not do what it says
 * @REMARK_ERROR:   Cannot be used
 */
enum severity {
    REMARK_NOTE,
    REMARK_WARNING,
    REMARK_ERROR,
};

/**
 * struct remark - Something to tell about a source
 * @key:  The key at fault, or NULL
 * @text: A sentence, without the place
 */
struct remark {
    enum severity severity;
    struct place at;
    char *key, *text;
};

/* Of a struct remark */
void remark_free(void *remark);
/* Add one to @to, which is of struct remark: with the text of vprintf() */
void remark_add(GPtrArray *to, enum severity severity, struct place at,
                const char *key, const char *format, va_list args)
    G_GNUC_PRINTF(5, 0);
/* By their places; those of one place stay as they are */
void remarks_sort(GPtrArray *remarks);

/**
 * struct vif - One network interface of a guest; unset strings are NULL
 * @at:       Of its specification
 * @text:     The specification as it was written; NULL from XML
 * @type:     The word as it was written
 * @mode:     What it means by the dialect that it was read in
 * @mac:      Meaningful with @has_mac; else the toolstack makes one up
 * @rate:     As it was written; @rate_bytes in each @rate_us microseconds, 0:
 *            unlimited
 * @mtu:      0: that of the bridge
 * @devid:    Meaningful with @has_devid; else the position in the list
 * @untrusted: The frontend is told not to trust its backend
 * @rest:     Keys that we do not use, struct vif_key in their order
 */
struct vif {
    struct place at;
    char *text, *type;
    enum vif_mode mode;
    bool has_mac, has_devid, untrusted;
    uint8_t mac[6];
    char *bridge, *gatewaydev, *model, *vifname, *script, *ip, *backend;
    char *vlan, *rate;
    uint64_t rate_bytes;
    uint32_t rate_us, mtu, devid;
    GPtrArray *rest;
};

/**
 * struct vif_key - A key and its value; @value NULL: a flag
 */
struct vif_key {
    struct place at;
    char *key, *value;
};

/**
 * struct guest - A guest's configuration, as far as its network goes
 * @file:     As errors name it
 * @name:     Of the guest, or NULL
 * @own:      Read for a card of ours, not for a toolstack: every word for
 *            paravirtual means that, whatever @dialect makes of it
 * @platform_pci: False: it cannot unplug, there is no Xen platform device
 * @device_model_override: Path, or NULL
 * @vifs:     struct vif
 * @remarks:  struct remark, in the order of their places
 */
struct guest {
    char *file, *name;
    enum guest_kind kind;
    enum dialect dialect;
    bool own, platform_pci;
    char *device_model_override;
    GPtrArray *vifs, *remarks;
};

/* An empty one, with its arrays; @file is copied */
struct guest *guest_new(const char *file, enum dialect dialect);
void guest_free(struct guest *g);
/* An empty vif, already in g->vifs */
struct vif *guest_add_vif(struct guest *g, struct place at);
/*
 * Takes the text of printf(); @key may be NULL.  After a thousand remarks comes
 * an error that says so, and no more.
 */
void guest_remark(struct guest *g, enum severity severity, struct place at,
                  const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);
/* Whether any remark is an error */
bool guest_has_error(const struct guest *g);

/* @mac in the usual form, to be freed by the caller */
char *mac_text(const uint8_t mac[6]);

/**
 * cfg_read() - Read a configuration file of xl or xm
 * @text: All of it; need not end in 0
 *
 * Reads name, type, builder, kernel, memory, vif, device_model_override,
 * xen_platform_pci and skips the rest, which has to be well-formed.  What a
 * toolstack would swallow silently becomes a remark that says what it makes
 * of it; the result is what that toolstack has.  Never NULL.  In time that
 * grows with the length only, however deep lists are nested.
 */
struct guest *cfg_read(const char *file, const char *text, size_t len,
                       enum dialect dialect);

/**
 * vifspec_read() - Read one vif specification into @v
 * @text: "type=ioemu,bridge=xenbr0", kept in v->text; @at: of its first byte
 *
 * Remarks go to @g, whose dialect and kind decide.
 */
void vifspec_read(struct guest *g, struct vif *v, const char *text,
                  struct place at);

/**
 * vifspec_write() - The specification that makes @v in @dialect
 * @lost: Gets a sentence for each thing that cannot be said there; may be NULL
 *
 * Return: to be freed by the caller
 */
char *vifspec_write(const struct vif *v, enum dialect dialect,
                    enum guest_kind kind, GPtrArray *lost);

/**
 * libvirt_read() - Read a libvirt domain, or a file of <interface> elements
 * libvirt_write() - The <interface> elements of @g, indented by two
 * @lost: As with vifspec_write()
 *
 * As libvirt's xl driver does it (9.0).  libvirt_read() is never NULL and puts
 * its findings into remarks.
 */
struct guest *libvirt_read(const char *file, const char *text, size_t len);
char *libvirt_write(const struct guest *g, GPtrArray *lost);

#endif
