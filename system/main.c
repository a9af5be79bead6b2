// SPDX-License-Identifier: MIT
/*
 * main.c - vifemu: from the command line to a running machine and back
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/qmp.h"
#include "net/netdev.h"
#include "system/accel.h"
#include "system/chardev.h"
#include "system/loop.h"
#include "system/options.h"
#include "system/opts.h"
#include "system/process.h"
#include "system/state.h"
#include "system/vif.h"
#include "system/vm-int.h"

static int signalled[2]; /* A pipe from the handler to the loop */

/* Not a signalfd: what is blocked for that stays blocked in tap scripts */
static void on_signal(int sig)
{
    const char c = 0;
    int before = errno;

    if (write(signalled[1], &c, 1) < 0) {
        /* It is full: the loop has not seen the last one yet */
    }
    errno = before;
}

static void signal_ready(void *opaque, unsigned events)
{
    char c;

    if (read(signalled[0], &c, 1) > 0) {
        vm_shutdown("host-signal");
    }
}

static bool catch_signals(void)
{
    static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
    const struct sigaction end = { .sa_handler = on_signal,
                                   .sa_flags = SA_RESTART };

    if (pipe2(signalled, O_CLOEXEC | O_NONBLOCK) < 0) {
        error_report("cannot create a pipe: %s", g_strerror(errno));
        return false;
    }
    loop_fd_new(signalled[0], LOOP_IN, signal_ready, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        sigaction(ends[i], &end, NULL);
    }
    return true;
}

static bool chardevs_open(const struct options *o)
{
    for (guint i = 0; o->chardevs && i < o->chardevs->len; i++) {
        const struct option_item *item = o->chardevs->pdata[i];
        GError *err = NULL;
        struct chardev *c = chardev_new(item->opts, &err);

        if (!c) {
            return option_failed(item, err);
        }
        qmp_chardev(c->id, c->filename);
    }
    return true;
}

/* The chardev that -mon, -qmp or -monitor names */
static struct chardev *monitor_chardev(JsonObject *opts, GError **err)
{
    static const char *const known[] = { "chardev", "mode", "pretty", "legacy",
                                         NULL };
    const char *mode = opts_peek(opts, "mode");
    const char *id = opts_peek(opts, "chardev");
    const char *legacy = opts_peek(opts, "legacy");

    if (!opts_known(opts, known, err)) {
        return NULL;
    }
    if (g_strcmp0(mode, "control") != 0) {
        vm_fail(err,
                "property 'mode' cannot be '%s': QMP (mode=control) is "
                "what there is",
                mode ? mode : "readline");
        return NULL;
    }
    if (!legacy && !id) {
        vm_fail(err, "property 'chardev' is needed");
        return NULL;
    }
    return legacy ? chardev_legacy(legacy, err) : chardev_take(id, err);
}

static bool monitors_open(const struct options *o)
{
    for (guint i = 0; o->monitors && i < o->monitors->len; i++) {
        const struct option_item *item = o->monitors->pdata[i];
        GError *err = NULL;
        struct chardev *c = monitor_chardev(item->opts, &err);

        if (!c) {
            return option_failed(item, err);
        }
        if (c->listening) {
            qmp_listen(c->in);
        } else if (c->in >= 0) {
            qmp_serve(c->in, c->out);
        }
    }
    return true;
}

static bool wait_for_clients(void)
{
    GError *err = NULL;

    if (chardev_wait_all(&err)) {
        return true;
    }
    error_report("%s", err->message);
    g_error_free(err);
    return false;
}

static bool incoming(const struct options *o)
{
    GError *err = NULL;

    if (!o->incoming || state_incoming(o->incoming, &err)) {
        return true;
    }
    error_report("-incoming %s: %s", o->incoming, err->message);
    g_error_free(err);
    return false;
}

/* Whether accelerator and machine go together */
static bool accel_check(const struct options *o, const struct accel *a)
{
    bool xen = !g_strcmp0(o->machine, accel_xen.machine);

    if (o->canaries && !a->only) {
        error_report("-x-xen-canary: only with -accel xen");
        return false;
    }
    if (!o->machine || xen == a->only) {
        return true;
    }
    error_report("-machine %s: not with -accel %s", o->machine, a->name);
    return false;
}

/* Set up, and give up what only that needed */
static bool confine(const struct options *o, const struct accel *a)
{
    if ((a->confine && !a->confine(o)) || (o->isolate && !process_isolate())) {
        return false;
    }
    /* Isolated, it has no file system left to be confined to a part of */
    if ((o->chroot_dir || o->run_as) &&
        !process_drop_rights(o->isolate ? NULL : o->chroot_dir, o->run_as)) {
        return false;
    }
    if (o->isolate && !process_drop_capabilities()) {
        return false;
    }
    /* Another user is not told of its parent's end unless it asks again */
    if (o->exit_with_parent && !process_die_with_parent()) {
        return false;
    }
    process_leave_folder();
    return !o->sandbox || process_sandbox(o->sandbox_open_deny);
}

/* Everything in the order in which it can depend on each other; adds to @o what
 * @vifs come to */
static bool start(struct options *o, struct vif_set *vifs)
{
    const struct accel *a = accel_find(o->accel);

    if (o->exit_with_parent && o->daemonize) {
        error_report("-daemonize: not with -run-with exit-with-parent=on");
        return false;
    }
    if ((o->exit_with_parent && !process_die_with_parent()) ||
        (o->pidfile && !process_pidfile(o->pidfile))) {
        return false;
    }
    if (!accel_check(o, a) || !a->attach(o)) {
        return false;
    }
    accel_use(a);
    if (!chardevs_open(o) || !vif_wire(vifs, o) || !vm_init(o) ||
        !incoming(o) || !a->start(o) || !monitors_open(o) ||
        !wait_for_clients() || !confine(o, a)) {
        return false;
    }
    process_ready();
    return true;
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    struct vif_set *vifs = NULL;
    int status = EXIT_FAILURE;
    char *name = g_path_get_basename(argv[0]);

    g_set_prgname(name);
    g_free(name);
    switch (options_parse(&o, argc, argv)) {
    case OPTIONS_DONE:
        status = EXIT_SUCCESS;
        goto out;
    case OPTIONS_ERROR:
        goto out;
    case OPTIONS_RUN:
        break;
    }
    switch (vif_plan(&o, &vifs)) {
    case VIF_NOTHING:
        status = EXIT_SUCCESS;
        goto out;
    case VIF_REFUSED:
        goto out;
    case VIF_GO:
        break;
    }
    if ((o.daemonize && !process_daemonize()) || !catch_signals()) {
        goto out;
    }
    netdev_named_fd = qmp_take_fd;
    netdev_event = vm_event;
    loop_set_poll((unsigned)o.poll_us);
    if (start(&o, vifs)) {
        if (!o.stopped) {
            vm_cont();
        }
        loop_run();
        status = EXIT_SUCCESS;
    }
    qmp_close_all();
    vm_fini();
    if (accel_current()) {
        accel_current()->detach();
    }
    chardev_close_all();
    process_fini();
out:
    vif_free(vifs);
    options_clear(&o);
    return status;
}
