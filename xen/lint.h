/* SPDX-License-Identifier: MIT */
/*
 * lint.h - what each toolstack would make of a guest's vifs
 */
#ifndef XEN_LINT_H
#define XEN_LINT_H

#include "xen/guest.h"

/**
 * enum lint_tool - A column of the table
 */
enum lint_tool {
    LINT_XEND,
    LINT_XL_45,
    LINT_XL,
    LINT_LIBVIRT,
    LINT_TOOLS,
};

/**
 * enum lint_risk - What may surprise a guest's owner
 * @LINT_NO_NETWORK: Once its PV drivers run the guest has no network: unplug
 *                   takes the emulated card, and there is no other.  Or there
 *                   never is one
 * @LINT_NO_NETBOOT: Firmware sees no card, so the guest cannot boot from it
 * @LINT_TWO_CARDS:  Two cards where the configuration asks for one
 */
enum lint_risk {
    LINT_NO_NETWORK = 1 << 0,
    LINT_NO_NETBOOT = 1 << 1,
    LINT_TWO_CARDS = 1 << 2,
};

/**
 * struct lint_cell - What one toolstack makes of one vif
 * @refused: It does not start the guest; @mode and @risks say nothing
 * @foreign: It has no guests of this kind, which is no fault of the vif
 * @risks:   enum lint_risk, ored
 * @differs: It is not what the configuration says by its own toolstack's rules
 * @text:    All that in a few words, for people
 */
struct lint_cell {
    bool refused, foreign, differs;
    enum vif_mode mode;
    unsigned risks;
    char *text;
};

/**
 * struct lint_row - One vif
 * @source: What the toolstacks read: the specification, or the one that
 *          libvirt exports for an <interface>
 */
struct lint_row {
    const struct vif *vif;
    char *source;
    struct lint_cell cell[LINT_TOOLS];
};

/**
 * struct lint - The table
 * @rows:     struct lint_row, one a vif
 * @own:      The toolstack whose configuration it is
 * @refused:  It refuses some vif itself
 * @disagree: Some other makes something else of some vif
 * @network_lost: LINT_NO_NETWORK is among the risks of some cell
 */
struct lint {
    GPtrArray *rows;
    enum lint_tool own;
    bool refused, disagree, network_lost;
};

/* A toolstack as tables head it: "xl >= 4.6" */
const char *lint_tool_name(enum lint_tool tool);

/**
 * lint_guest() - Read every vif of a guest by every toolstack's rules
 * @g: As read in its own dialect, or from XML; has to outlive the result
 *
 * A rate that libvirt counts in KiB and xl in kB is no disagreement; one that
 * only some of them know is.
 */
struct lint *lint_guest(const struct guest *g);
void lint_free(struct lint *l);

/* Whether somebody should look at it: vifctl lint's exit code 1 */
static inline bool lint_bad(const struct lint *l)
{
    return l->refused || l->disagree || l->network_lost;
}

#endif
