/* SPDX-License-Identifier: MIT */
/*
 * names.h - what the network interfaces of a guest are called on the host
 */
#ifndef XEN_NAMES_H
#define XEN_NAMES_H

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* Domain ids end where those begin that Xen keeps for itself (xen.h:
 * DOMID_FIRST_RESERVED); device ids are positive ints in libxl */
#define NAMES_DOMID_MAX 0x7fefu
#define NAMES_DEVID_MAX 0x7fffffffu

/**
 * enum naming - Whose names
 * @NAMING_LIBXL:    Xen 4.2 and later on Linux: vifD.N, vifD.N-emu
 * @NAMING_LIBXL_41: xl of Xen 4.1: vifD.N, tapD.N
 * @NAMING_LIBXL_40: xl of Xen 4.0: vifD.N, tapD.(N-1)
 * @NAMING_XEND:     xend of Xen 3.x to 4.1: vifD.N, tapD.M, where M counts
 *                   the emulated cards before this one
 * @NAMING_FREEBSD:  xnbD.N, xnbD.N-emu
 * @NAMING_NETBSD:   xvifDiN, xvifDiN-emu
 */
enum naming {
    NAMING_LIBXL,
    NAMING_LIBXL_41,
    NAMING_LIBXL_40,
    NAMING_XEND,
    NAMING_FREEBSD,
    NAMING_NETBSD,
    NAMINGS,
};

/**
 * enum name_role - Which of the two interfaces of one card
 * @NAME_VIF: The backend of the paravirtual card
 * @NAME_TAP: The tap of the emulated card
 */
enum name_role {
    NAME_VIF,
    NAME_TAP,
};

/**
 * struct name_of - Which interface a name is made for
 * @domid:   0..NAMES_DOMID_MAX; meaningful with @has_domid, else "D" is
 *           printed for it
 * @devid:   0..NAMES_DEVID_MAX
 * @index:   How many emulated cards come before; only xend asks
 * @vifname: The name that the configuration wishes, or NULL
 */
struct name_of {
    enum name_role role;
    bool has_domid;
    uint32_t domid, devid, index;
    const char *vifname;
};

/**
 * struct name_reading - One way to understand a name
 * @naming:  By whose rules; where several mean the same, the newest
 * @role:    Which interface
 * @vifname: Made of a wished name: @wish bytes of the name from @start on;
 *           domain and device cannot be told
 * @cut:     The name is the beginning of one that is too long, as QEMU's
 *           netdev tap cuts it
 * @counted: @devid counts emulated cards (xend), it is not a device id
 */
struct name_reading {
    enum naming naming;
    enum name_role role;
    bool vifname, cut, counted;
    uint32_t domid, devid;
    uint8_t start, wish;
};

/* More readings than any name has */
#define NAMES_READINGS 8

/**
 * naming_word() - "libxl", "libxl-4.1", ... as options spell it
 * naming_find() - The other way round; false: no such word
 * naming_words() - All of them, for an error: "libxl, libxl-4.1, ..."
 */
const char *naming_word(enum naming naming);
bool naming_find(const char *word, enum naming *naming);
char *naming_words(void);

/**
 * name_make() - The name an interface has once its guest runs
 * name_first() - The name that it is created with: hotplug scripts give a
 *                wished name only afterwards
 *
 * Return: of any length, to be freed; ask name_refusal() about it
 */
char *name_make(enum naming naming, const struct name_of *of);
char *name_first(enum naming naming, const struct name_of *of);

/**
 * name_read() - All that @name may stand for
 * @out: Newest toolstack first
 *
 * A name that no toolstack makes has no reading: it may still be a vifname.
 *
 * Return: how many readings
 */
unsigned name_read(const char *name, struct name_reading out[NAMES_READINGS]);

/**
 * name_refusal() - Why Linux would not have an interface of this name
 *
 * Return: the end of a sentence that begins with the name, to be freed; NULL:
 * it would
 */
char *name_refusal(const char *name);

#endif
