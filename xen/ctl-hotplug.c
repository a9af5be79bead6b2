// SPDX-License-Identifier: MIT
/*
 * ctl-hotplug.c - vifctl hotplug: what the script vif-emu does for xl
 *
 * Xen's store is where the toolstack says what is wished and is told how it
 * went.  Without its programs (no Xen, or a test) the environment is all there
 * is: bridge=, vifname= and mtu= as words of the call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "xen/ctl.h"
#include "xen/hotplug.h"
#include "xen/xenstore.h"

/* One call at a time looks at the host and changes it */
#define LOCK "/run/vifctl-hotplug.lock"
/* libxl gives a script 40 seconds */
#define LOCK_SECONDS 30

/* A descriptor that holds the lock, or -1 after saying why not */
static int take_lock(GError **err)
{
    int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    gint64 end = g_get_monotonic_time() + LOCK_SECONDS * G_USEC_PER_SEC;

    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK || g_get_monotonic_time() > end) {
            int why = errno;

            close(fd);
            errno = why;
            fd = -1;
        } else {
            g_usleep(20000);
        }
    }
    if (fd < 0) {
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "cannot lock " LOCK ": %s", g_strerror(errno));
    }
    return fd;
}

/* The value of @key: the store's, or else the call's word KEY=VALUE */
static char *wish_of(const struct hotplug *e, char **words, const char *key)
{
    char *path = e->path ? g_strdup_printf("%s/%s", e->path, key) : NULL;
    char *value = path ? xenstore_read(path) : NULL;
    size_t len = strlen(key);

    for (char **w = words; *w && !value; w++) {
        if (!strncmp(*w, key, len) && (*w)[len] == '=') {
            value = g_strdup(*w + len + 1);
        }
    }
    g_free(path);
    return value;
}

static void wish_free(struct hotplug_wish *w)
{
    g_free(w->bridge);
    g_free(w->vifname);
    g_free(w->mtu);
}

/* Write @value to @key of the vif; nothing where there is no store */
static bool tell_store(const struct hotplug *e, const char *key,
                       const char *value, GError **err)
{
    char *path = e->path ? g_strdup_printf("%s/%s", e->path, key) : NULL;
    const char *values[] = { path, value, NULL };
    GError *why = NULL;
    bool ok = !path || xenstore_write(values, &why) ||
              g_error_matches(why, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);

    if (ok) {
        g_clear_error(&why);
    } else {
        g_propagate_error(err, why);
    }
    g_free(path);
    return ok;
}

/* libxl waits for the status, and shows the error */
static void tell_failure(const struct hotplug *e, const char *text)
{
    char *clean = ctl_clean(text);
    char *error, *status;

    ctl_fail("%s", text);
    if (e->path) {
        error = g_strdup_printf("%s/hotplug-error", e->path);
        status = g_strdup_printf("%s/hotplug-status", e->path);
        const char *values[] = { error, clean, status, "error", NULL };

        xenstore_write(values, NULL);
        g_free(error);
        g_free(status);
    }
    g_free(clean);
}

/* The MTU that the guest's driver shall have.  The store says where that is
 * written: names of interfaces do not, once they are wished */
static bool tell_mtu(const struct hotplug *e, uint32_t mtu, GError **err)
{
    char *key = g_strdup_printf("%s/frontend", e->path ? e->path : "");
    char *frontend = e->path ? xenstore_read(key) : NULL;
    char *value = g_strdup_printf("%u", mtu);
    struct hotplug front = { .path = frontend };
    bool ok = !frontend || tell_store(&front, "mtu", value, err);

    g_free(key);
    g_free(frontend);
    g_free(value);
    return ok;
}

static bool add(const struct hotplug *e, const struct hotplug_wish *w,
                const struct host *h, GError **err)
{
    struct hotplug_job job;
    uint32_t wished;

    if (!hotplug_plan(e, w, h, &job, err)) {
        return false;
    }
    wished = job.mtu;
    if (!hotplug_wire(&job, err)) {
        return false;
    }
    if (!job.mtu) {
        ctl_fail("%s: note: its driver refuses MTU %u", e->name, wished);
    }
    return e->tap || ((!job.mtu || tell_mtu(e, job.mtu, err)) &&
                      tell_store(e, "hotplug-status", "connected", err));
}

/* What is gone is off its bridge, too; nothing here keeps a guest from ending
 */
static bool take_off(const struct hotplug *e, const struct hotplug_wish *w,
                     const struct host *h)
{
    const struct host_link *l = hotplug_find(e, w, h);
    GError *err = NULL;

    if (l && !hotplug_unwire(l->index, &err)) {
        ctl_fail("note: %s", err->message);
        g_error_free(err);
    }
    return true;
}

static int hotplug_run(const struct ctl *c, char **args)
{
    struct hotplug e;
    struct hotplug_wish w = { 0 };
    struct host *h = NULL;
    GError *err = NULL;
    enum hotplug_sort sort = hotplug_read(args, g_getenv, &e, &err);
    bool ok = sort != HOTPLUG_BAD;
    int lock = -1;

    if (sort == HOTPLUG_GO) {
        w.bridge = wish_of(&e, args, "bridge");
        w.vifname = wish_of(&e, args, "vifname");
        w.mtu = wish_of(&e, args, "mtu");
        lock = take_lock(&err);
        h = lock >= 0 ? host_read(&err) : NULL;
        ok = h && (e.add ? add(&e, &w, h, &err) : take_off(&e, &w, h));
    }
    if (!ok) {
        tell_failure(&e, err->message);
        g_error_free(err);
    }
    if (lock >= 0) {
        close(lock);
    }
    host_free(h);
    wish_free(&w);
    g_free(e.path);
    return ok ? CTL_OK : CTL_FINDING;
}

const struct ctl_command ctl_hotplug = {
    .name = "hotplug",
    .args = "online|offline|add|remove [type_if=vif|type_if=tap]",
    .min = 1,
    .max = 16,
    .summary = "What the script vif-emu does when xl calls it",
    .text =
        "Puts a guest's interface on its bridge, or takes it off, as the "
        "script vif-bridge does: down, renamed if vifname= wishes it, address "
        "fe:ff:ff:ff:ff:ff, no addresses of IP, the MTU of mtu= or else of the "
        "bridge, on the bridge, up.  online and offline are for the "
        "paravirtual card's backend, which the variable vif names, add and "
        "remove with type_if=tap for the emulated card's tap, which INTERFACE "
        "names; any other pair of them ends at once.\n\n"
        "Bridge, vifname and mtu come from Xen's store below XENBUS_PATH (by "
        "xenstore-read), or else from words KEY=VALUE behind the action.  A "
        "port that would close a loop is refused.  Of online the outcome is "
        "written to hotplug-status, and what goes wrong to hotplug-error "
        "(xenstore-write), where xl finds it.  Done twice it is done once.  "
        "See vif-emu(8).",
    .findings = "it could not be done; the store says why",
    .run = hotplug_run,
};
