// SPDX-License-Identifier: MIT
/*
 * ctl-hotplug.c - vifctl hotplug: what the script vif-emu does for xl
 *
 * Xen's store is where the toolstack says what is wished and is told how it
 * went.  Without its programs (no Xen, or a test) the environment is all there
 * is: bridge=, vifname=, mtu=, mac= and ip= as words of the call.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "xen/ctl.h"
#include "xen/hotplug.h"
#include "xen/journal.h"
#include "xen/xenstore.h"

static char *filter_word, *state_dir;

static const GOptionEntry options[] = { CTL_FILTER(&filter_word),
                                        CTL_STATE_DIR(&state_dir),
                                        { NULL } };

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
    g_free(w->mac);
    g_free(w->ip);
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

/* Nothing is left of the filter once neither interface is on a bridge.  What
 * goes wrong is told: nothing here keeps a guest from ending */
static void drop_filter(const struct hotplug *e, const struct hotplug_wish *w,
                        const struct host *h)
{
    char name[IFNAMSIZ], other[IFNAMSIZ];
    const struct host_link *l;
    GPtrArray *names = g_ptr_array_new();
    GError *err = NULL;

    hotplug_filter_name(e, w, name, other);
    l = host_by_name(h, other);
    g_ptr_array_add(names, name);
    if (!(l && l->master) && !filter_remove(names, &err)) {
        ctl_fail("note: %s", err->message);
        g_error_free(err);
    }
    g_ptr_array_unref(names);
}

/* There before the interface is up: a frame cannot be called back */
static bool add_filter(const struct hotplug *e, const struct hotplug_wish *w,
                       const struct host *h, enum filter_mode mode,
                       GError **err)
{
    GPtrArray *all;
    struct filter *f;
    bool ok;

    if (!hotplug_filter(e, w, mode, &f, err)) {
        return false;
    }
    if (!f) {
        /* Of a guest that died */
        drop_filter(e, w, h);
        return true;
    }
    all = g_ptr_array_new_with_free_func(filter_free);
    g_ptr_array_add(all, f);
    ok = filter_ready(err) && filter_install(all, err);
    g_ptr_array_unref(all);
    return ok;
}

static bool add(const struct hotplug *e, const struct hotplug_wish *w,
                const struct host *h, enum filter_mode mode, GError **err)
{
    struct hotplug_job job;
    uint32_t wished;

    if (!hotplug_plan(e, w, h, &job, err) || !add_filter(e, w, h, mode, err)) {
        return false;
    }
    wished = job.mtu;
    if (!hotplug_wire(&job, err)) {
        drop_filter(e, w, h);
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
    } else {
        drop_filter(e, w, h);
    }
    return true;
}

/* One command of vifctl's at a time looks at the host and changes it.  No
 * record is kept: done twice it is done once, and the toolstack calls again */
static bool go(const struct hotplug *e, const struct hotplug_wish *w,
               enum filter_mode mode, GError **err)
{
    struct journals *js = journals_open(state_dir, err);
    struct host *h = js ? host_read(err) : NULL;
    bool ok = h && (e->add ? add(e, w, h, mode, err) : take_off(e, w, h));

    journals_close(js);
    host_free(h);
    return ok;
}

static int hotplug_run(const struct ctl *c, char **args)
{
    enum filter_mode mode = FILTER_IP;
    struct hotplug e;
    struct hotplug_wish w = { 0 };
    GError *err = NULL;
    enum hotplug_sort sort;
    bool ok;

    if (!ctl_filter(filter_word, &mode)) {
        return CTL_USAGE;
    }
    sort = hotplug_read(args, g_getenv, &e, &err);
    ok = sort != HOTPLUG_BAD;
    if (sort == HOTPLUG_GO) {
        w.bridge = wish_of(&e, args, "bridge");
        w.vifname = wish_of(&e, args, "vifname");
        w.mtu = wish_of(&e, args, "mtu");
        w.mac = wish_of(&e, args, "mac");
        w.ip = wish_of(&e, args, "ip");
        ok = go(&e, &w, mode, &err);
    }
    if (!ok) {
        tell_failure(&e, err->message);
        g_error_free(err);
    }
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
        "Bridge, vifname, mtu, mac and ip come from Xen's store below "
        "XENBUS_PATH (by xenstore-read), or else from words KEY=VALUE behind "
        "the action.  A port that would close a loop is refused.  With ip both "
        "interfaces get the filter that 'vifctl up' makes, before they are up; "
        "it goes when both are off their bridge.  Of online the outcome is "
        "written to hotplug-status, and what goes wrong to hotplug-error "
        "(xenstore-write), where xl finds it.  Done twice it is done once.  "
        "See vif-emu(8).",
    .findings = "it could not be done; the store says why",
    .own = options,
    .run = hotplug_run,
};
