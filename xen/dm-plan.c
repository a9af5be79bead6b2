// SPDX-License-Identifier: MIT
/*
 * dm-plan.c - what vifemu-dm makes of the command line that libxl gives it
 *
 * For an emulated card libxl writes
 *     -device MODEL,id=nicN,netdev=netN,mac=..
 *     -netdev type=tap,id=netN,ifname=vifD.N-emu,br=..,script=no,downscript=no
 * If the model is ours, the card's -netdev becomes one end of a pair of
 * sockets, and QEMU keeps a card that nobody ever talks to: it holds the slot
 * on the PCI bus, and when the guest unplugs its cards QEMU drops it, by which
 * the other end, the "canary", learns of it.
 *
 * Our card has the properties of QEMU's, which come by -device and -global. One
 * that it cannot have leaves the card to QEMU, which knows best.
 *
 * Only words are read and made here.
 */
#include "xen/dm-plan.h"

#include <string.h>

#include "system/nicdev.h"
#include "system/opts.h"
#include "system/vm-error.h"
#include "xen/names.h"

/* QEMU's options without a value; any other takes the next word */
static const char *const alone[] = {
    "S",
    "audio-help",
    "daemonize",
    "enable-kvm",
    "enable-sync-profile",
    "full-screen",
    "h",
    "help",
    "mem-prealloc",
    "no-acpi",
    "no-fd-bootchk",
    "no-hpet",
    "no-quit",
    "no-reboot",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "nographic",
    "only-migratable",
    "portrait",
    "preconfig",
    "s",
    "singlestep",
    "snapshot",
    "usb",
    "version",
    "win2k-hack",
    "xen-attach",
    "xen-domid-restrict",
    NULL,
};

/* What planning needs beside the plan */
struct reading {
    struct dm_plan *plan;
    struct dm_settings *settings;
    GPtrArray *netdevs; /* struct option_word */
    GPtrArray *globals; /* The same, with driver, property and value */
};

/* A -netdev or -global, and where its value stands */
struct option_word {
    JsonObject *opts;
    unsigned word;
};

/* Takes @opts */
static void option_word_add(GPtrArray *to, JsonObject *opts, unsigned word)
{
    struct option_word *w = g_new0(struct option_word, 1);

    w->opts = opts;
    w->word = word;
    g_ptr_array_add(to, w);
}

static void option_word_free(void *opaque)
{
    struct option_word *w = opaque;

    json_object_unref(w->opts);
    g_free(w);
}

static void nic_free(void *opaque)
{
    struct dm_nic *n = opaque;

    g_free(n->model);
    g_free(n->id);
    g_free(n->netdev);
    g_free(n->mac);
    g_free(n->ifname);
    g_free(n->addr);
    g_free(n->why);
    g_clear_pointer(&n->device, json_object_unref);
    g_free(n);
}

void dm_plan_free(struct dm_plan *p)
{
    if (!p) {
        return;
    }
    g_ptr_array_unref(p->argv);
    g_ptr_array_unref(p->nics);
    g_hash_table_unref(p->withheld);
    g_free(p->name);
    g_free(p->qmp_path);
    g_free(p->user);
    g_free(p->why);
    g_free(p);
}

static void replace(char **to, const char *value)
{
    g_free(*to);
    *to = g_strdup(value);
}

/* Take a member out of an object; NULL: there is none */
static char *take(JsonObject *o, const char *key)
{
    char *value = g_strdup(opts_peek(o, key));

    json_object_remove_member(o, key);
    return value;
}

static bool number(const char *word, uint64_t max, uint64_t *value)
{
    return word && g_ascii_string_to_unsigned(word, 10, 0, max, value, NULL);
}

/* The options that matter; @word is where @value stands */

static bool read_device(struct reading *r, const char *value, unsigned word,
                        GError **err)
{
    JsonObject *o = opts_parse(value, "driver", NULL);
    struct dm_nic *n;
    char *id;

    /* What we cannot read QEMU complains about */
    id = o ? g_strdup(opts_peek(o, "id")) : NULL;
    if (!id || !json_object_has_member(o, "netdev") ||
        !json_object_has_member(o, "driver") ||
        r->plan->nics->len == DM_NICS_MAX) {
        g_clear_pointer(&o, json_object_unref);
        g_free(id);
        return true;
    }
    n = g_new0(struct dm_nic, 1);
    n->id = id;
    json_object_remove_member(o, "id");
    n->model = take(o, "driver");
    n->netdev = take(o, "netdev");
    n->mac = take(o, "mac");
    n->addr = take(o, "addr");
    /* Where QEMU's buses are is QEMU's affair */
    json_object_remove_member(o, "bus");
    n->tap_fd = -1;
    n->device = o;
    n->word = word;
    g_ptr_array_add(r->plan->nics, n);
    return true;
}

static bool read_netdev(struct reading *r, const char *value, unsigned word,
                        GError **err)
{
    JsonObject *o = opts_parse(value, "type", NULL);

    if (o) {
        option_word_add(r->netdevs, o, word);
    }
    return true;
}

static bool read_chardev(struct reading *r, const char *value, unsigned word,
                         GError **err)
{
    JsonObject *o = opts_parse(value, "backend", NULL);
    struct dm_plan *p = r->plan;
    bool server = false, ours;
    uint64_t fd = 0;

    ours = o && !g_strcmp0(opts_peek(o, "backend"), "socket") &&
           !g_strcmp0(opts_peek(o, "id"), "libxl-cmd") &&
           opts_bool(o, "server", &server, NULL) && server;
    if (ours && number(opts_peek(o, "fd"), G_MAXINT, &fd)) {
        p->qmp_fd = (int)fd;
        p->monitor = word;
    } else if (ours && opts_peek(o, "path")) {
        replace(&p->qmp_path, opts_peek(o, "path"));
        p->monitor = word;
    }
    g_clear_pointer(&o, json_object_unref);
    return true;
}

/*
 * "DRIVER.PROPERTY=VALUE", where VALUE is all the rest, or
 * "driver=..,property=..,value=.."
 */
static bool read_global(struct reading *r, const char *value, unsigned word,
                        GError **err)
{
    const char *dot = strchr(value, '.'), *equals = strchr(value, '=');
    JsonObject *o;

    if (dot && equals && dot < equals) {
        g_autofree char *driver = g_strndup(value, (gsize)(dot - value));
        g_autofree char *property =
            g_strndup(dot + 1, (gsize)(equals - dot - 1));

        o = json_object_new();
        json_object_set_string_member(o, "driver", driver);
        json_object_set_string_member(o, "property", property);
        json_object_set_string_member(o, "value", equals + 1);
    } else {
        o = opts_parse(value, NULL, NULL);
    }
    if (o) {
        option_word_add(r->globals, o, word);
    }
    return true;
}

/*
 * "GROUP.ID.KEY=VALUE" changes an option that was given before.  Nobody needs
 * that of a card of ours, which would have to be told what QEMU was
 */
static bool read_set(struct reading *r, const char *value, unsigned word,
                     GError **err)
{
    char **part = g_strsplit(value, ".", 3);

    for (guint i = 0; g_strv_length(part) == 3 && i < r->plan->nics->len; i++) {
        struct dm_nic *n = r->plan->nics->pdata[i];
        bool device = !strcmp(part[0], "device") && !strcmp(part[1], n->id);
        bool netdev = !strcmp(part[0], "netdev") && !strcmp(part[1], n->netdev);

        if ((device || netdev) && !n->why) {
            n->why = g_strdup_printf("-set %s changes QEMU's card only", value);
        }
    }
    g_strfreev(part);
    return true;
}

static bool read_domid(struct reading *r, const char *value, unsigned word,
                       GError **err)
{
    uint64_t n;

    if (!number(value, NAMES_DOMID_MAX, &n)) {
        return vm_fail(err,
                       "-xen-domid: '%s' is not a domain id, which is 0 to "
                       "%u",
                       value, NAMES_DOMID_MAX);
    }
    r->plan->domid = (uint32_t)n;
    r->plan->has_domid = true;
    return true;
}

static bool read_name(struct reading *r, const char *value, unsigned word,
                      GError **err)
{
    JsonObject *o = opts_parse(value, "guest", NULL);

    replace(&r->plan->name, o ? opts_peek(o, "guest") : NULL);
    g_clear_pointer(&o, json_object_unref);
    return true;
}

static bool read_incoming(struct reading *r, const char *value, unsigned word,
                          GError **err)
{
    uint64_t fd = 0;

    if (g_str_has_prefix(value, "fd:") && number(value + 3, G_MAXINT, &fd)) {
        r->plan->incoming = (int)fd;
    } else if (!r->plan->why) {
        r->plan->why = g_strdup_printf("-incoming %s is not a descriptor, in "
                                       "which our part of the state could be",
                                       value);
    }
    return true;
}

static bool read_stopped(struct reading *r, const char *value, unsigned word,
                         GError **err)
{
    r->plan->stopped = true;
    return true;
}

static bool read_runas(struct reading *r, const char *value, unsigned word,
                       GError **err)
{
    replace(&r->plan->user, value);
    return true;
}

static bool read_run_with(struct reading *r, const char *value, unsigned word,
                          GError **err)
{
    JsonObject *o = opts_parse(value, NULL, NULL);

    if (o && opts_peek(o, "user")) {
        replace(&r->plan->user, opts_peek(o, "user"));
    }
    g_clear_pointer(&o, json_object_unref);
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct reading *r, const char *value, unsigned word,
                 GError **err);
} readers[] = {
    { "S", read_stopped },         { "chardev", read_chardev },
    { "device", read_device },     { "global", read_global },
    { "incoming", read_incoming }, { "name", read_name },
    { "netdev", read_netdev },     { "run-with", read_run_with },
    { "runas", read_runas },       { "set", read_set },
    { "xen-domid", read_domid },
};

static bool read_option(struct reading *r, const char *name, const char *value,
                        unsigned word, GError **err)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(readers); i++) {
        if (!strcmp(name, readers[i].name)) {
            return readers[i].read(r, value, word, err);
        }
    }
    return true;
}

/* Read each option; our own are not passed on */
static bool read_words(struct reading *r, char *const *argv, GError **err)
{
    GPtrArray *out = r->plan->argv;

    g_ptr_array_add(out, g_strdup(argv[0]));
    for (unsigned i = 1; argv[i]; i++) {
        const char *word = argv[i], *name = word + 1, *value = NULL;

        name += *word == '-' && *name == '-';
        if (*word == '-' && !g_strv_contains(alone, name)) {
            value = argv[i + 1];
        }
        i += value != NULL;
        if (*word == '-' && !strcmp(name, "vifemu")) {
            if (!dm_settings_option(r->settings, value ? value : "", err)) {
                return false;
            }
            continue;
        }
        g_ptr_array_add(out, g_strdup(word));
        if (value) {
            g_ptr_array_add(out, g_strdup(value));
        }
        if (*word == '-' &&
            !read_option(r, name, value ? value : "", out->len - 1, err)) {
            return false;
        }
    }
    return true;
}

static struct option_word *netdev_word(const struct reading *r, const char *id)
{
    for (guint i = 0; i < r->netdevs->len; i++) {
        struct option_word *w = r->netdevs->pdata[i];

        if (!g_strcmp0(opts_peek(w->opts, "id"), id)) {
            return w;
        }
    }
    return NULL;
}

static char *leave(const char *format, ...) G_GNUC_PRINTF(1, 2);

static char *leave(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    return text;
}

/* Why QEMU has to keep the card's backend; NULL: we can take it */
static char *tap_read(struct dm_nic *n, const struct option_word *w)
{
    const char *script;
    uint64_t fd = 0;

    if (!w || g_strcmp0(opts_peek(w->opts, "type"), "tap")) {
        return leave("its netdev '%s' is no tap", n->netdev);
    }
    n->backend = w->word;
    script = opts_peek(w->opts, "script");
    if (script && *script && strcmp(script, "no")) {
        return leave("its tap has a script of its own");
    }
    if (number(opts_peek(w->opts, "fd"), G_MAXINT, &fd)) {
        n->tap_fd = (int)fd;
        return NULL;
    }
    n->ifname = g_strdup(opts_peek(w->opts, "ifname"));
    return n->ifname ? NULL : leave("its tap has no name");
}

static enum dm_policy policy_of(const struct dm_settings *s, const char *id)
{
    void *value;

    return g_hash_table_lookup_extended(s->policies, id, NULL, &value)
               ? (enum dm_policy)GPOINTER_TO_INT(value)
               : s->policy;
}

/* Whether a card has a property already; its slot QEMU tells */
static bool nic_says(const struct dm_nic *n, const char *property)
{
    return json_object_has_member(n->device, property) ||
           (n->mac && !strcmp(property, "mac")) || !strcmp(property, "addr") ||
           !strcmp(property, "netdev");
}

/* Whether -global of a driver is about a model: of QEMU's types an alias is
 * none, but what several models have in common is one */
static bool is_driver(const struct nic_model *model, const char *driver)
{
    return !g_strcmp0(driver, model->name) ||
           (model->pci && !g_strcmp0(driver, "pci-device")) ||
           (g_str_has_prefix(model->name, "e1000") &&
            !g_strcmp0(driver, "e1000-base"));
}

/* Of several -global for one property the last counts */
static void globals_apply(const struct reading *r, struct dm_nic *n,
                          const struct nic_model *model)
{
    for (guint i = r->globals->len; i-- > 0;) {
        const struct option_word *w = r->globals->pdata[i];
        const char *property = opts_peek(w->opts, "property");
        const char *value = opts_peek(w->opts, "value");

        if (is_driver(model, opts_peek(w->opts, "driver")) && property &&
            value && !nic_says(n, property)) {
            json_object_set_string_member(n->device, property, value);
        }
    }
}

/* Why our card cannot have the properties of QEMU's; NULL: it can */
static char *props_why(const struct dm_nic *n, const struct nic_model *model)
{
    JsonObject *o = json_object_new();
    GError *err = NULL;
    JsonObjectIter it;
    const char *key;
    JsonNode *value;
    char *why = NULL;

    json_object_iter_init(&it, n->device);
    while (json_object_iter_next(&it, &key, &value)) {
        json_object_set_member(o, key, json_node_copy(value));
    }
    /* It takes chip= out */
    model = nicdev_chip(model, o, &err);
    if (!model || !nicdev_props_check(o, model, &err)) {
        why = leave("vifemu: %s", err->message);
    }
    g_clear_error(&err);
    json_object_unref(o);
    return why;
}

static char *nic_why(const struct reading *r, struct dm_nic *n)
{
    const struct nic_model *model = nicdev_model(n->model);
    char *why;

    n->policy = policy_of(r->settings, n->id);
    if (!model) {
        return leave("vifemu has no model '%s'", n->model);
    }
    n->isa = !model->pci;
    globals_apply(r, n, model);
    if (n->policy == DM_QEMU) {
        return leave("the configuration says so");
    }
    if (!opts_id_ok(n->id) || !opts_id_ok(n->netdev)) {
        return leave("its id is not one");
    }
    why = props_why(n, model);
    return why ? why : tap_read(n, netdev_word(r, n->netdev));
}

/* Whether -global sets a property of the chip's own, and of our cards only */
static bool is_chips(const struct dm_plan *p, JsonObject *global)
{
    const char *driver = opts_peek(global, "driver");
    const char *property = opts_peek(global, "property");
    bool found = false;

    for (guint i = 0; property && i < p->nics->len; i++) {
        const struct dm_nic *n = p->nics->pdata[i];
        const struct nic_model *model = nicdev_model(n->model);

        if (model && is_driver(model, driver)) {
            if (!n->ours || !nicdev_prop_is_own(model, property)) {
                return false;
            }
            found = true;
        }
    }
    return found;
}

/* What is of no use to a card that nobody talks to, QEMU need not know of */
static void withhold(const struct reading *r)
{
    for (guint i = 0; i < r->globals->len; i++) {
        const struct option_word *w = r->globals->pdata[i];

        if (is_chips(r->plan, w->opts)) {
            g_hash_table_add(r->plan->withheld, GUINT_TO_POINTER(w->word - 1));
            g_hash_table_add(r->plan->withheld, GUINT_TO_POINTER(w->word));
        }
    }
}

/* Decide who has which card */
static bool decide(struct reading *r, GError **err)
{
    struct dm_plan *p = r->plan;
    char *refusal;

    for (guint i = 0; i < p->nics->len; i++) {
        struct dm_nic *n = p->nics->pdata[i];

        if (!n->why) {
            n->why = nic_why(r, n);
        }
        n->ours = !n->why;
        refusal = n->ours && n->ifname ? name_refusal(n->ifname) : NULL;
        if (refusal) {
            vm_fail(err, "%s: '%s' %s", n->id, n->ifname, refusal);
            g_free(refusal);
            return false;
        }
        p->ours += n->ours;
    }
    withhold(r);
    return true;
}

/* A policy for a card that is not there is a mistake worth a word */
static bool policies_used(const struct reading *r, GError **err)
{
    GHashTableIter it;
    void *key;

    g_hash_table_iter_init(&it, r->settings->policies);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        bool found = false;

        for (guint i = 0; i < r->plan->nics->len; i++) {
            const struct dm_nic *n = r->plan->nics->pdata[i];

            found |= !strcmp(n->id, key);
        }
        if (!found) {
            return vm_fail(err,
                           "-vifemu: there is no card '%s'; the first vif of "
                           "type ioemu is nic0",
                           (const char *)key);
        }
    }
    return true;
}

void dm_plan_leave(struct dm_plan *p, const char *why)
{
    for (guint i = 0; i < p->nics->len; i++) {
        struct dm_nic *n = p->nics->pdata[i];

        if (n->ours) {
            n->ours = false;
            replace(&n->why, why);
        }
    }
    p->ours = 0;
    replace(&p->why, why);
}

static bool plan_read(struct reading *r, char *const *argv, GError **err)
{
    struct dm_plan *p = r->plan;
    char *why;

    if (!read_words(r, argv, err) || !decide(r, err) ||
        (p->has_domid && p->nics->len && !policies_used(r, err))) {
        return false;
    }
    if (!p->has_domid) {
        p->probe = p->qmp_fd >= 0;
        dm_plan_leave(p, "there is no -xen-domid: this is not a guest");
    } else if (p->why) {
        why = g_strdup(p->why);
        dm_plan_leave(p, why);
        g_free(why);
    } else if (!p->nics->len) {
        dm_plan_leave(p, "the guest has no emulated card");
    } else if (!p->ours) {
        dm_plan_leave(p, "no card is ours");
    } else if (!p->monitor) {
        dm_plan_leave(p, "there is no chardev 'libxl-cmd' that listens");
    }
    return true;
}

struct dm_plan *dm_plan_new(char *const *argv, struct dm_settings *s,
                            GError **err)
{
    struct reading r = { .settings = s };
    struct dm_plan *p = g_new0(struct dm_plan, 1);
    bool ok;

    p->argv = g_ptr_array_new_with_free_func(g_free);
    p->nics = g_ptr_array_new_with_free_func(nic_free);
    p->withheld = g_hash_table_new(NULL, NULL);
    p->qmp_fd = -1;
    p->incoming = -1;
    r.plan = p;
    r.netdevs = g_ptr_array_new_with_free_func(option_word_free);
    r.globals = g_ptr_array_new_with_free_func(option_word_free);
    ok = plan_read(&r, argv, err);
    g_ptr_array_unref(r.netdevs);
    g_ptr_array_unref(r.globals);
    if (!ok) {
        dm_plan_free(p);
        return NULL;
    }
    return p;
}
