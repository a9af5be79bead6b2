/* SPDX-License-Identifier: MIT */
/*
 * watch.h - which interface carries each guest's packets, from two views of
 * the host
 */
#ifndef XEN_WATCH_H
#define XEN_WATCH_H

#include "xen/host.h"

/**
 * enum watch_path - What a card's packets take
 * @WATCH_NONE: Nothing that could carry any
 * @WATCH_TAP:  The emulated card
 * @WATCH_VIF:  The paravirtual card, though the emulated one is still there
 * @WATCH_BOTH: Both sent in one interval: the guest uses two cards that have
 *              one address, or is just going over from the one to the other
 * @WATCH_PV:   The paravirtual card, and there is no other: the emulated one
 *              was unplugged, or never was
 */
enum watch_path {
    WATCH_NONE,
    WATCH_TAP,
    WATCH_VIF,
    WATCH_BOTH,
    WATCH_PV,
};

/**
 * struct watch_side - One interface of a card
 * @link:  Of the later view, which has to outlive this; NULL: there is none
 * @from, @to: What it carried from the guest and to it between the views
 */
struct watch_side {
    const struct host_link *link;
    struct host_count from, to;
};

/**
 * struct watch_row - One card of a guest
 * @card:  "3.0", or the wished name where domain and device cannot be told
 * @known: @domid and @devid are
 * @quiet: The guest sent nothing; @path is then what it took before, or could
 * @held:  Somebody holds the tap, which is up
 * @left:  Nobody does, though there was one: the guest unplugged its emulated
 *         card, or what emulated it ended
 * @from, @to: What @path carried
 */
struct watch_row {
    char *card;
    bool known;
    uint32_t domid, devid;
    enum watch_path path;
    bool quiet, held, left;
    struct watch_side tap, vif;
    struct host_count from, to;
};

/**
 * watch_rows() - What became of each card between two views of one host
 * @last: What it said about the views before, or NULL: what it remembers of
 *        a card that sends nothing, or has lost its tap, is there
 *
 * The packets that a guest sends decide.  Those to it do not: a bridge sends
 * broadcasts to both interfaces.
 *
 * Return: struct watch_row, by domain and device
 */
GPtrArray *watch_rows(const struct host *before, const struct host *now,
                      const GPtrArray *last);

/* "none", "tap", "vif", "both", "PV" */
const char *watch_path_word(enum watch_path path);

#endif
