/* SPDX-License-Identifier: MIT */
/*
 * repair.h - what a command that died half way has left is undone
 */
#ifndef XEN_REPAIR_H
#define XEN_REPAIR_H

#include "xen/journal.h"

/**
 * repair_file() - Undo what journal @name tells, and remove it
 * @said: Gets what was done, as a sentence, to be freed; NULL with @err
 *
 * One of another network namespace is left alone, and no error.
 */
bool repair_file(struct journals *js, const char *name, char **said,
                 GError **err);

/**
 * repair_pending() - The same for that of this network namespace, if there is
 * one
 * @said: As with repair_file(); NULL: there is none
 */
bool repair_pending(struct journals *js, char **said, GError **err);

/**
 * repair_filters() - Remove filters of which no interface is there any more
 * @names: Gets their names, to be freed
 */
bool repair_filters(GPtrArray *names, GError **err);

/**
 * repair_bridge() - Change a bridge and its wire, or leave them as they are
 * @action: JOURNAL_CREATE or JOURNAL_DESTROY
 * @before: As they are now; taken over
 *
 * Return: false with @err set: it was undone, unless the journal is still there
 */
bool repair_bridge(struct journals *js, enum journal_action action,
                   struct bridge_pair *before, const struct bridge_pair *after,
                   GError **err);

#endif
