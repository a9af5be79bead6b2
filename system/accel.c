// SPDX-License-Identifier: MIT
/*
 * accel.c - who drives the guest side: which accelerators there are, and qtest
 */
#include "system/accel.h"

#include <string.h>

#include "system/chardev.h"
#include "system/loop.h"
#include "system/qtest.h"

static const struct accel *const accels[] = { &accel_qtest, &accel_xen };
static const struct accel *current;

const struct accel *accel_find(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(accels); i++) {
        if (!name || !strcmp(accels[i]->name, name)) {
            return accels[i];
        }
    }
    return NULL;
}

const struct accel *accel_current(void)
{
    return current;
}

void accel_use(const struct accel *a)
{
    current = a;
}

/* qtest: a test program drives, and moves the clock */

static bool qtest_attach(const struct options *o)
{
    clock_set_manual();
    return true;
}

static bool qtest_start(const struct options *o)
{
    GError *err = NULL;
    struct chardev *c;

    if (o->qtest_log && !qtest_log_open(o->qtest_log, &err)) {
        error_report("-qtest-log: %s", err->message);
        g_error_free(err);
        return false;
    }
    if (!o->qtest) {
        return true;
    }
    c = chardev_legacy(o->qtest, &err);
    if (!c) {
        error_report("-qtest %s: %s", o->qtest, err->message);
        g_error_free(err);
        return false;
    }
    if (c->in >= 0) {
        qtest_serve(c->in, c->out, c->listening);
    }
    return true;
}

static void qtest_run(bool on)
{
    /* The client goes on; only cards stop */
}

const struct accel accel_qtest = {
    .name = "qtest",
    .machine = "pc",
    .attach = qtest_attach,
    .start = qtest_start,
    .run = qtest_run,
    .detach = qtest_close,
};
