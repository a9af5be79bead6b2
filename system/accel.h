/* SPDX-License-Identifier: MIT */
/*
 * accel.h - who drives the guest side: -accel qtest or xen
 *
 * The machine, its cards and their backends are the same; an accelerator
 * brings the accesses of a guest's CPUs to them, gives them guest memory, and
 * takes their interrupts.
 */
#ifndef SYSTEM_ACCEL_H
#define SYSTEM_ACCEL_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "system/options.h"

/**
 * struct accel - A way to drive the guest side
 * @name:    As -accel spells it
 * @machine: Machine type it is for, if -machine does not say
 * @only:    ... and the only one
 * @attach:  Before the machine is built.  False after saying what is wrong, as
 *           the next two
 * @start:   The machine is built, and maybe loaded; it does not run yet
 * @confine: Before rights are given up: give up Xen's and the like.  May be
 *           NULL
 * @run:     The machine runs from now on, or (@on false) does not
 * @detach:  Undo @attach, whatever came of it, and @start; the machine is gone
 * @dirty_log: Report what DMA changes, or no more.  NULL: nobody asks
 * @counters: What it counted, for QMP; NULL: nothing
 */
struct accel {
    const char *name, *machine;
    bool only;
    bool (*attach)(const struct options *o);
    bool (*start)(const struct options *o);
    bool (*confine)(const struct options *o);
    void (*run)(bool on);
    void (*detach)(void);
    void (*dirty_log)(bool on);
    JsonObject *(*counters)(void);
};

extern const struct accel accel_qtest, accel_xen;

/* By its name; NULL if there is none.  NULL @name: the default */
const struct accel *accel_find(const char *name);

/* The one in use, NULL before accel_use() */
const struct accel *accel_current(void);
void accel_use(const struct accel *a);

/* What is missing for -accel xen in this build, NULL if nothing */
const char *accel_xen_missing(void);

struct domain_ops;

/* Instead of Xen's libraries: for tests, before anything else */
void accel_xen_set_domain(const struct domain_ops *ops);

#endif
