/* SPDX-License-Identifier: MIT */
/*
 * journal.h - what a command is about to do, until it is done
 *
 * A file in a folder of root's for each command that changes the host, written
 * before its first change and removed after its last one.  What is found there
 * belongs to a command that died, because all of them hold one lock ('hotplug'
 * also, which keeps no record).
 */
#ifndef XEN_JOURNAL_H
#define XEN_JOURNAL_H

#include "xen/bridge.h"

#define JOURNAL_DIR "/run/vifctl"

/**
 * enum journal_action - What the command does, and how it is repaired
 * @JOURNAL_UP, @JOURNAL_DOWN: Taps are made, or taken away: those that are
 *                  there are taken away
 * @JOURNAL_CREATE, @JOURNAL_DESTROY: Of a bridge: it and its wire become what
 *                  they were
 */
enum journal_action {
    JOURNAL_UP,
    JOURNAL_DOWN,
    JOURNAL_CREATE,
    JOURNAL_DESTROY,
};

/* "up", "down", "bridge create", "bridge destroy" */
const char *journal_word(enum journal_action action);

/**
 * struct journal_tap - A tap of an emulated card
 * @index: 0: it is not yet made to stay, so it went with the process
 */
struct journal_tap {
    char name[IFNAMSIZ];
    int index;
};

/**
 * struct journal - One command
 * @boot, @netns: Of which boot of the host, and in which network namespace
 * @taps:   struct journal_tap; each may have a filter of its name
 * @before: Of a bridge; else NULL
 */
struct journal {
    enum journal_action action;
    char *boot, *netns;
    GArray *taps;
    struct bridge_pair *before;
};

/* Of this boot and namespace */
struct journal *journal_new(enum journal_action action);
/* May be NULL */
void journal_free(struct journal *j);

/* As text, and back.  What is read is complete, or NULL with @err set */
char *journal_write(const struct journal *j);
struct journal *journal_read(const char *text, GError **err);

/**
 * struct journals - The folder, and its lock
 */
struct journals;

/**
 * journals_open() - Make the folder if there is none, wait for the lock for
 * half a minute
 * @dir: NULL: what VIFCTL_STATE_DIR in the environment says, or JOURNAL_DIR
 *
 * Return: NULL with @err set; a folder that others can write to is refused
 */
struct journals *journals_open(const char *dir, GError **err);
/* May be NULL */
void journals_close(struct journals *js);
const char *journals_path(const struct journals *js);
/* The name of the file of this network namespace */
const char *journals_ours(const struct journals *js);

/* Write, or overwrite, the file for @j; as a whole or not at all */
bool journals_put(struct journals *js, const struct journal *j, GError **err);
/* Remove file @name; NULL: that of this namespace */
bool journals_remove(struct journals *js, const char *name, GError **err);

/* Whether this namespace has a journal: a command died, or could not undo what
 * it began */
bool journals_pending(const struct journals *js);

/* Names of the files, in order; freed with g_strfreev() */
char **journals_list(struct journals *js);
/* NULL with @err set */
struct journal *journals_get(struct journals *js, const char *name,
                             GError **err);

/* A word for this network namespace, to be freed */
char *journal_netns(void);

/* Whether the kernel forgot all of it meanwhile; whether it is about another
 * network namespace than this one */
bool journal_is_past(const struct journal *j);
bool journal_is_elsewhere(const struct journal *j);

#endif
