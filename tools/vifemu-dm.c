// SPDX-License-Identifier: MIT
/*
 * vifemu-dm.c - the device model that libxl starts: QEMU, with our cards beside
 *
 *     device_model_override="/usr/libexec/vifemu/vifemu-dm"
 *
 * The process that libxl started becomes QEMU; before, it makes another one
 * (xen/dm-super.c), which starts vifemu and looks after it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/vm-error.h"
#include "xen/ctl.h"
#include "xen/dm-host.h"
#include "xen/dm-log.h"
#include "xen/dm-state.h"
#include "xen/dm-super.h"

#define CONFIGURATION "/etc/xen/vifemu-dm.conf"

static const char usage[] =
    "Usage: vifemu-dm ARGUMENTS-OF-LIBXL\n"
    "       vifemu-dm --explain [--json] -- ARGUMENTS-OF-LIBXL\n"
    "       vifemu-dm --help | --version\n"
    "\n"
    "Runs QEMU as libxl wants it, with vifemu beside it for the network cards\n"
    "that vifemu emulates.  In a guest's configuration:\n"
    "\n"
    "    device_model_override=\"" VIFEMU_DM "\"\n"
    "\n"
    "--explain says what would be done, and does nothing.\n";

/* Settings from the file and the environment; NULL after saying why */
static struct dm_settings *settings_read(void)
{
    const char *file = g_getenv("VIFEMU_DM_CONF");
    const char *qemu = g_getenv("VIFEMU_DM_QEMU");
    struct dm_settings *s = dm_settings_new(VIFEMU);
    GError *err = NULL;

    if (!dm_settings_file(s, file ? file : CONFIGURATION, &err)) {
        dm_log_failure("%s", err->message);
        g_error_free(err);
        dm_settings_free(s);
        return NULL;
    }
    if (qemu) {
        g_free(s->qemu);
        s->qemu = g_strdup(qemu);
    }
    return s;
}

static int explain(char **argv)
{
    struct dm_settings *s;
    struct dm_plan *p;
    GError *err = NULL;
    bool json = !g_strcmp0(argv[2], "--json");
    char **words = argv + 2 + json, *qemu, *user;

    if (g_strcmp0(*words, "--")) {
        fputs(usage, stderr);
        return CTL_USAGE;
    }
    s = settings_read();
    p = s ? dm_plan_new(words, s, &err) : NULL;
    if (!p) {
        if (err) {
            dm_log_failure("%s", err->message);
            g_error_free(err);
        }
        dm_settings_free(s);
        return CTL_FINDING;
    }
    qemu = dm_qemu_find(s->qemu, NULL);
    user = dm_user(p, s);
    dm_explain(p, s, qemu ? qemu : "qemu-system-i386", user, json);
    g_free(qemu);
    g_free(user);
    dm_plan_free(p);
    dm_settings_free(s);
    return CTL_OK;
}

/* What vifemu begins with, if libxl restores a guest */
static bool state_take(struct dm_plan *p, struct dm_host *h, GBytes *state,
                       GError **err)
{
    if (!state || !g_bytes_get_size(state)) {
        if (state) {
            dm_log("vifemu was not there when the guest was saved: its cards "
                   "begin anew");
        }
        return true;
    }
    h->vifemu.state = dm_host_memory(state);
    if (h->vifemu.state < 0) {
        return vm_fail(err, "memory for the state: %s", g_strerror(errno));
    }
    dm_log("restoring %zu bytes of ours", g_bytes_get_size(state));
    return true;
}

/* In a process of its own, which is nobody's child, look after vifemu */
static bool supervise(struct dm_plan *p, const struct dm_settings *s,
                      struct dm_host *h, int log)
{
    char *user = dm_user(p, s);
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        if (fork() == 0) {
            signal(SIGPIPE, SIG_IGN);
            dm_host_supervisor(h, log);
            dm_super_run(p, s, user, h);
        }
        _exit(0);
    }
    g_free(user);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return pid > 0;
}

/* Make everything but QEMU; without cards of ours there is nothing to make */
static bool prepare(struct dm_plan *p, const struct dm_settings *s,
                    struct dm_host **h, GError **err)
{
    GBytes *state = NULL;
    bool ok;
    int log;

    if (!p->has_domid || !p->nics->len) {
        return true;
    }
    log = dm_log_open(s->log_dir, p->name);
    if (!p->ours) {
        dm_plan_log(p);
        return true;
    }
    if (p->incoming >= 0 && !dm_state_find(p->incoming, &state, err)) {
        return false;
    }
    if (p->incoming >= 0 && !state) {
        /* Its cards are as the guest knows them, ours would be new */
        dm_plan_leave(p, "the guest was saved with QEMU's cards");
        dm_log("%s: they stay QEMU's", p->why);
        return true;
    }
    *h = dm_host_new(p, err);
    ok = *h && state_take(p, *h, state, err);
    g_clear_pointer(&state, g_bytes_unref);
    if (ok && !supervise(p, s, *h, log)) {
        vm_fail(err, "fork: %s", g_strerror(errno));
        ok = false;
    }
    return ok;
}

/* Become QEMU; returns if that fails */
static void become(const struct dm_plan *p, const char *qemu,
                   const struct dm_fds *fds)
{
    char **words = dm_plan_qemu(p, qemu, fds);

    dm_host_limit();
    execv(qemu, words);
    dm_log_failure("%s: %s", qemu, g_strerror(errno));
    g_strfreev(words);
}

static int run(char **argv)
{
    struct dm_settings *s = settings_read();
    struct dm_host *h = NULL;
    struct dm_fds fds = { 0 };
    GError *err = NULL;
    struct dm_plan *p;
    char *qemu;

    if (!s) {
        return CTL_FINDING;
    }
    dm_host_lift();
    p = dm_plan_new(argv, s, &err);
    qemu = p ? dm_qemu_find(s->qemu, &err) : NULL;
    if (qemu && p->probe) {
        fds.monitor = dm_host_probe(p, &err);
        if (fds.monitor >= 0) {
            become(p, qemu, &fds);
        }
    } else if (qemu && prepare(p, s, &h, &err)) {
        if (h) {
            dm_host_qemu(h);
        }
        become(p, qemu, h ? &h->qemu : NULL);
    }
    if (err) {
        dm_log_failure("%s", err->message);
        g_error_free(err);
    }
    dm_host_free(h);
    g_free(qemu);
    dm_plan_free(p);
    dm_settings_free(s);
    return CTL_FINDING;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "--help";

    g_set_prgname("vifemu-dm");
    if (!strcmp(word, "--help")) {
        fputs(usage, argc > 1 ? stdout : stderr);
        return argc > 1 ? CTL_OK : CTL_USAGE;
    }
    if (!strcmp(word, "--version")) {
        puts("vifemu-dm " VIFEMU_VERSION);
        return CTL_OK;
    }
    if (!strcmp(word, "--explain")) {
        return explain(argv);
    }
    return run(argv);
}
