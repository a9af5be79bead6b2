// SPDX-License-Identifier: MIT
/*
 * options.c - the command line, spelled as QEMU spells it
 *
 * GLib's parser wants two dashes before long names and knows no "-m 64" beside
 * "-machine"; so this is one of its own, driven by a table from which -help and
 * the manual page are made as well.  Options that only mean something to an
 * emulator of a whole machine are rows without a function: accepted, and said
 * so at -d options.
 */
#include "system/options.h"

#include <stdio.h>
#include <string.h>

#include "net/netdev.h"
#include "system/accel.h"
#include "system/datadir.h"
#include "system/log.h"
#include "system/machine.h"
#include "system/nicdev.h"
#include "system/opts.h"
#include "system/ram.h"
#include "system/vm.h"

/**
 * struct option_row - One option
 * @name: Without dashes
 * @arg:  What its argument is called, NULL if it takes none
 * @set:  Takes the argument; NULL: accepted without effect
 * @list: Offset in struct options of the array it adds to, if @set is set_item,
 *        or of the number, if it is set_id
 * @implied: Key of the argument's first word
 * @help: For -help and the manual; NULL: not shown
 */
struct option_row {
    const char *name, *arg;
    bool (*set)(struct options *o, const struct option_row *row,
                const char *arg, GError **err);
    size_t list;
    const char *implied, *help;
};

/* Help was printed: stop, successfully */
static bool done;

void error_report(const char *format, ...)
{
    va_list ap;
    char *text;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    fprintf(stderr, "%s: %s\n", g_get_prgname(), text);
    g_free(text);
}

static bool help_wanted(const char *arg)
{
    return !strcmp(arg, "help") || !strcmp(arg, "?");
}

/* Print @text and be done */
static bool show(char *text)
{
    fputs(text, stdout);
    g_free(text);
    done = true;
    return true;
}

static void replace(char **to, const char *val)
{
    g_free(*to);
    *to = g_strdup(val);
}

/* Functions of the rows */

static bool set_help(struct options *o, const struct option_row *row,
                     const char *arg, GError **err)
{
    return show(options_help(g_get_prgname()));
}

static bool set_man(struct options *o, const struct option_row *row,
                    const char *arg, GError **err)
{
    return show(options_man());
}

static bool set_version(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    return show(g_strdup("vifemu version " VIFEMU_VERSION
                         " (options of QEMU emulator version 7.2)\n"));
}

static void item_free(void *opaque)
{
    struct option_item *i = opaque;

    g_clear_pointer(&i->opts, json_object_unref);
    g_free(i->text);
    g_free(i);
}

void options_add(GPtrArray **list, const char *name, const char *text,
                 JsonObject *opts)
{
    struct option_item *i = g_new0(struct option_item, 1);

    i->name = name;
    i->text = g_strdup(text);
    i->opts = opts;
    if (!*list) {
        *list = g_ptr_array_new_with_free_func(item_free);
    }
    g_ptr_array_add(*list, i);
}

/* Add a use of an option to its list; takes @opts */
static void item_add(struct options *o, const struct option_row *row,
                     const char *text, JsonObject *opts)
{
    options_add((GPtrArray **)(void *)((char *)o + row->list), row->name, text,
                opts);
}

static bool set_item(struct options *o, const struct option_row *row,
                     const char *arg, GError **err)
{
    JsonObject *opts = opts_parse(arg, row->implied, err);

    if (!opts) {
        return false;
    }
    item_add(o, row, arg, opts);
    return true;
}

static const char *accel_refused(const char *name)
{
    static const char *const cpu[] = { "tcg",  "kvm",  "hvf", "hax",
                                       "whpx", "nvmm", NULL };

    if (!strcmp(name, "xen")) {
        return accel_xen_missing();
    }
    if (accel_find(name)) {
        return NULL;
    }
    return g_strv_contains(cpu, name) ? "there is no guest CPU here; use qtest"
                                      : "it can be qtest or xen";
}

static bool set_accel_name(struct options *o, const char *name, GError **err)
{
    const char *why = accel_refused(name);

    if (why) {
        return vm_fail(err, "accelerator '%s' is not possible: %s", name, why);
    }
    replace(&o->accel, name);
    return true;
}

static bool set_accel(struct options *o, const struct option_row *row,
                      const char *arg, GError **err)
{
    static const char *const known[] = { "accel", "thread", NULL };
    JsonObject *opts;
    const char *name;
    bool ok;

    if (help_wanted(arg)) {
        return show(g_strconcat("Accelerators supported:\nqtest\n",
                                accel_xen_missing() ? "" : "xen\n", NULL));
    }
    opts = opts_parse(arg, "accel", err);
    if (!opts) {
        return false;
    }
    name = opts_peek(opts, "accel");
    ok = opts_known(opts, known, err) &&
         set_accel_name(o, name ? name : "", err);
    json_object_unref(opts);
    return ok;
}

/* QEMU's properties of its PC machines that change nothing for a NIC */
static const char *const machine_dead[] = {
    "acpi",
    "dump-guest-core",
    "fd-bootchk",
    "graphics",
    "hmat",
    "hpet",
    "i8042",
    "kernel-irqchip",
    "kernel_irqchip",
    "mem-merge",
    "nvdimm",
    "pic",
    "pit",
    "sata",
    "smbus",
    "smm",
    "suppress-vmdesc",
    "usb",
    "vmport",
    "vmmouse",
    "x-south-bridge",
    "hpet",
    "default_bus_bypass_iommu",
    NULL,
};

static bool machine_known_keys(JsonObject *opts, GError **err)
{
    JsonObjectIter it;
    const char *name;

    json_object_iter_init_ordered(&it, opts);
    while (json_object_iter_next_ordered(&it, &name, NULL)) {
        if (g_strv_contains(machine_dead, name)) {
            log_line(LOG_OPTIONS, "-machine: property '%s' has no effect here",
                     name);
        } else if (strcmp(name, "type") != 0 && strcmp(name, "accel") != 0 &&
                   strcmp(name, "memory-backend") != 0) {
            return vm_fail(err,
                           "property '%s' not found; there are type, "
                           "accel, memory-backend",
                           name);
        }
    }
    return true;
}

static bool set_machine_type(struct options *o, const char *type, GError **err)
{
    const char *name = machine_known(type);

    if (!name) {
        return vm_fail(err,
                       "unsupported machine type '%s': there are isapc, "
                       "none, pc, pc-i440fx-*, xenfv, xenfv-*",
                       type);
    }
    replace(&o->machine, name);
    return true;
}

static bool set_machine(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    JsonObject *opts;
    const char *type, *accel, *backend;
    bool ok;

    if (help_wanted(arg)) {
        return show(machine_help());
    }
    opts = opts_parse(arg, "type", err);
    if (!opts) {
        return false;
    }
    type = opts_peek(opts, "type");
    accel = opts_peek(opts, "accel");
    backend = opts_peek(opts, "memory-backend");
    if (backend) {
        replace(&o->ram_backend, backend);
    }
    ok = machine_known_keys(opts, err) &&
         (!type || set_machine_type(o, type, err)) &&
         (!accel || set_accel_name(o, accel, err));
    json_object_unref(opts);
    return ok;
}

static bool set_ram(struct options *o, const struct option_row *row,
                    const char *arg, GError **err)
{
    static const char *const known[] = { "size", "slots", "maxmem", NULL };
    JsonObject *opts = opts_parse(arg, "size", err);
    uint64_t max = UINT64_C(1) << 40;
    bool ok;

    if (!opts) {
        return false;
    }
    ok = opts_known(opts, known, err) &&
         opts_size(opts, "size", 1 << 20, &o->ram_size, err);
    json_object_unref(opts);
    if (ok &&
        (o->ram_size > max || o->ram_size < 1 << 20 || o->ram_size & 0xfff)) {
        return vm_fail(err,
                       "property 'size' cannot be '%s': it takes "
                       "1M to 1T, a multiple of 4K",
                       arg);
    }
    return ok;
}

static bool set_name(struct options *o, const struct option_row *row,
                     const char *arg, GError **err)
{
    static const char *const known[] = { "guest", "process", "debug-threads",
                                         NULL };
    JsonObject *opts = opts_parse(arg, "guest", err);
    bool ok;

    if (!opts) {
        return false;
    }
    replace(&o->name, opts_peek(opts, "guest"));
    ok = opts_known(opts, known, err);
    json_object_unref(opts);
    return ok;
}

static bool set_object(struct options *o, const struct option_row *row,
                       const char *arg, GError **err)
{
    GString *s;

    if (!help_wanted(arg)) {
        return set_item(o, row, arg, err);
    }
    s = g_string_new("List of user creatable objects:\n");
    for (const char *const *t = vm_object_types(); *t; t++) {
        g_string_append_printf(s, "  %s\n", *t);
    }
    return show(g_string_free(s, FALSE));
}

static bool set_device(struct options *o, const struct option_row *row,
                       const char *arg, GError **err)
{
    char *model, *text;

    if (help_wanted(arg)) {
        return show(options_device_help(NULL));
    }
    if (!g_str_has_suffix(arg, ",help") && !g_str_has_suffix(arg, ",?")) {
        return set_item(o, row, arg, err);
    }
    model = g_strndup(arg, strcspn(arg, ","));
    text = options_device_help(model);
    if (!text) {
        vm_fail(err,
                "'%s' is not a valid device model name; -device help "
                "lists them",
                model);
    }
    g_free(model);
    return text && show(text);
}

static char *netdev_help(void)
{
    GString *s = g_string_new("Available netdev backend types:\n");

    for (unsigned i = 0; netdev_types[i]; i++) {
        const struct netdev_ops *t = netdev_types[i];

        g_string_append_printf(s, "%-10s %s\n", t->name, t->help);
        if (t->keys && t->keys[0]) {
            char *keys = g_strjoinv(", ", (char **)t->keys);

            g_string_append_printf(s, "           options: %s\n", keys);
            g_free(keys);
        }
    }
    return g_string_free(s, FALSE);
}

static bool set_netdev(struct options *o, const struct option_row *row,
                       const char *arg, GError **err)
{
    return help_wanted(arg) ? show(netdev_help()) : set_item(o, row, arg, err);
}

static bool set_nic(struct options *o, const struct option_row *row,
                    const char *arg, GError **err)
{
    if (help_wanted(arg) || g_str_has_suffix(arg, "model=help")) {
        return show(options_device_help(NULL));
    }
    return set_item(o, row, arg, err);
}

static bool set_monitor(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    JsonObject *opts = json_object_new();

    if (!strcmp(arg, "none")) {
        json_object_unref(opts);
        return true;
    }
    json_object_set_string_member(opts, "legacy", arg);
    json_object_set_string_member(opts, "mode",
                                  strcmp(row->name, "monitor") ? "control"
                                                               : "readline");
    item_add(o, row, arg, opts);
    return true;
}

static bool set_qtest(struct options *o, const struct option_row *row,
                      const char *arg, GError **err)
{
    replace(&o->qtest, arg);
    return true;
}

static bool set_qtest_log(struct options *o, const struct option_row *row,
                          const char *arg, GError **err)
{
    replace(&o->qtest_log, arg);
    return true;
}

static bool set_stopped(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    o->stopped = true;
    return true;
}

static bool set_nodefaults(struct options *o, const struct option_row *row,
                           const char *arg, GError **err)
{
    o->nodefaults = true;
    return true;
}

static bool set_daemonize(struct options *o, const struct option_row *row,
                          const char *arg, GError **err)
{
    o->daemonize = true;
    return true;
}

static bool set_pidfile(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    replace(&o->pidfile, arg);
    return true;
}

enum { POLL_US_MAX = 10000 };

static bool set_xen_restrict(struct options *o, const struct option_row *row,
                             const char *arg, GError **err)
{
    o->xen_restrict = true;
    return true;
}

static bool set_canary(struct options *o, const struct option_row *row,
                       const char *arg, GError **err)
{
    if (!o->canaries) {
        o->canaries = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(o->canaries, g_strdup(arg));
    return true;
}

static bool set_incoming(struct options *o, const struct option_row *row,
                         const char *arg, GError **err)
{
    replace(&o->incoming, arg);
    return true;
}

static bool set_poll(struct options *o, const struct option_row *row,
                     const char *arg, GError **err)
{
    return g_ascii_string_to_unsigned(arg, 10, 0, POLL_US_MAX, &o->poll_us,
                                      err);
}

static bool set_sandbox(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    /* The finer switches of QEMU: all of it is denied here anyway */
    static const char *const known[] = {
        "enable", "obsolete", "elevateprivileges", "spawn", "resourcecontrol",
        "open",   NULL,
    };
    JsonObject *opts = opts_parse(arg, "enable", err);
    const char *open = NULL;
    bool ok;

    if (!opts) {
        return false;
    }
    ok = opts_known(opts, known, err) &&
         opts_bool(opts, "enable", &o->sandbox, err) &&
         opts_str(opts, "open", &open, err);
    o->sandbox_open_deny = !g_strcmp0(open, "deny");
    if (ok && open && strcmp(open, "allow") != 0 && !o->sandbox_open_deny) {
        ok = vm_fail(err,
                     "property 'open' cannot be '%s': it takes allow or "
                     "deny",
                     open);
    }
    json_object_unref(opts);
    return ok;
}

static bool set_run_with(struct options *o, const struct option_row *row,
                         const char *arg, GError **err)
{
    static const char *const known[] = { "exit-with-parent", "async-teardown",
                                         "chroot",           "user",
                                         "isolate",          NULL };
    JsonObject *opts = opts_parse(arg, NULL, err);
    const char *dir = NULL, *user = NULL;
    bool ok, async;

    if (!opts) {
        return false;
    }
    ok = opts_known(opts, known, err) &&
         opts_bool(opts, "exit-with-parent", &o->exit_with_parent, err) &&
         opts_bool(opts, "async-teardown", &async, err) &&
         opts_bool(opts, "isolate", &o->isolate, err) &&
         opts_str(opts, "chroot", &dir, err) &&
         opts_str(opts, "user", &user, err);
    if (dir) {
        replace(&o->chroot_dir, dir);
    }
    if (user) {
        replace(&o->run_as, user);
    }
    json_object_unref(opts);
    return ok;
}

/* The reader is the toolstacks' own (system/vif.c): nothing is taken apart */
static bool set_vif(struct options *o, const struct option_row *row,
                    const char *arg, GError **err)
{
    if (!o->vifs) {
        o->vifs = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(o->vifs, g_strdup(arg));
    return true;
}

static bool set_vif_dialect(struct options *o, const struct option_row *row,
                            const char *arg, GError **err)
{
    static const char *const known[] = { "xl", "xl-4.5", "xm", NULL };

    if (!g_strv_contains(known, arg)) {
        return vm_fail(err, "there are xl (of Xen 4.6 and later), xl-4.5 "
                            "and xm");
    }
    replace(&o->vif_dialect, arg);
    return true;
}

static bool set_id(struct options *o, const struct option_row *row,
                   const char *arg, GError **err)
{
    uint64_t *id = (uint64_t *)(void *)((char *)o + row->list);

    return g_ascii_string_to_unsigned(arg, 10, 0, INT32_MAX, id, err);
}

static bool set_chroot(struct options *o, const struct option_row *row,
                       const char *arg, GError **err)
{
    replace(&o->chroot_dir, arg);
    return true;
}

static bool set_runas(struct options *o, const struct option_row *row,
                      const char *arg, GError **err)
{
    replace(&o->run_as, arg);
    return true;
}

static bool set_trace(struct options *o, const struct option_row *row,
                      const char *arg, GError **err)
{
    if (help_wanted(arg)) {
        return show(g_strdup("nic_read\nnic_write\nnic_send\nnic_receive\n"
                             "nic_event\n"));
    }
    return log_trace_enable(arg, err);
}

static bool set_log(struct options *o, const struct option_row *row,
                    const char *arg, GError **err)
{
    return help_wanted(arg) ? show(log_items_help()) : log_enable(arg, err);
}

static bool set_log_file(struct options *o, const struct option_row *row,
                         const char *arg, GError **err)
{
    return log_open(arg, err);
}

static bool set_datadir(struct options *o, const struct option_row *row,
                        const char *arg, GError **err)
{
    if (help_wanted(arg)) {
        return show(datadir_help());
    }
    datadir_add(arg);
    return true;
}

#define LIST(member) offsetof(struct options, member)
#define INERT(option, argument)                                                \
    {                                                                          \
        .name = option, .arg = argument                                        \
    }

static const struct option_row rows[] = {
    { "h", NULL, set_help },
    { "help", NULL, set_help, .help = "Show this text and exit." },
    { "version", NULL, set_version, .help = "Show the version and exit." },
    { "x-vifemu-man", NULL, set_man,
      .help = "Print the manual page in troff and exit." },
    { "M", "TYPE[,PROP=VALUE..]", set_machine },
    { "machine", "TYPE[,PROP=VALUE..]", set_machine,
      .help = "Machine: pc (also pc-i440fx-*), isapc (ISA slots only) or none; "
              "with -accel xen only xenfv, which is the default there.  "
              "Properties: accel, memory-backend (id of a memory-backend "
              "object)." },
    { "accel", "NAME", set_accel,
      .help = "Who drives the guest side: qtest (the default), or xen: the "
              "domain that -xen-domid names." },
    { "xen-domid", "N", set_id, LIST(xen_domid), NULL,
      "With -accel xen: the domain to put the NICs into.  They need addr=, the "
      "slot.  Also the same as -domid, unless that is given." },
    { "xen-domid-restrict", NULL, set_xen_restrict,
      .help = "Fail if Xen's handles cannot be restricted to that domain; "
              "otherwise that is only said." },
    { "x-xen-canary", "ID=FD", set_canary,
      .help = "Withdraw device ID, and close its backend, when descriptor FD "
              "reads as ended." },
    { "incoming", "fd:NUMBER|file:PATH", set_incoming,
      .help = "Take the state of the NICs from there, which QMP's "
              "xen-save-devices-state wrote." },
    { "m", "SIZE", set_ram,
      .help = "Guest memory in MiB or with a suffix K, M, G, T; 128 by "
              "default." },
    { "name", "NAME", set_name, .help = "Name of the guest." },
    { "object", "TYPE,id=ID[,PROP=VALUE..]", set_object, LIST(objects),
      "qom-type",
      "Create a memory backend or a filter; 'help' lists the types." },
    { "device", "MODEL[,PROP=VALUE..]", set_device, LIST(devices), "driver",
      "Add a NIC; 'help' lists the models, 'MODEL,help' the properties." },
    { "global", "MODEL.PROP=VALUE", set_item, LIST(globals), NULL,
      "Default of a property for all NICs of a model." },
    { "netdev", "TYPE,id=ID[,OPTION=VALUE..]", set_netdev, LIST(netdevs),
      "type",
      "Add a network backend; 'help' lists the types.  A tap takes "
      "storm=alarm, cut or off: what to do when a loop on its network floods "
      "it, tell (the default) or cut the guest's link as well." },
    { "nic", "TYPE[,model=MODEL][,mac=ADDR][,OPTION=VALUE..]", set_nic,
      LIST(nics), "type", "A backend and a NIC on it at once, or 'none'." },
    { "net", "nic[,model=MODEL][,macaddr=ADDR]|TYPE[,OPTION=VALUE..]", set_nic,
      LIST(nics), "type",
      "Old spelling: a NIC or a backend on a common hub, or 'none'." },
    { "vif", "KEY=VALUE[,..]", set_vif,
      .help = "A NIC and its tap by a line of a Xen guest's configuration, as "
              "in 'type=ioemu,model=e1000,bridge=xenbr0'.  Several count up "
              "device ids.  Needs -domid and the right to make taps; a "
              "paravirtual type makes neither NIC nor tap." },
    { "domid", "N", set_id, LIST(domid), NULL,
      "Domain id, of which -vif makes names: vifN.M-emu." },
    { "devid", "M", set_id, LIST(devid), NULL,
      "Device id of the first -vif; 0 by default." },
    { "vif-dialect", "xl|xl-4.5|xm", set_vif_dialect,
      .help = "Whose rules -vif is read by; xl by default." },
    { "chardev", "BACKEND,id=ID[,OPTION=VALUE..]", set_item, LIST(chardevs),
      "backend", "A socket, stdio, pipe or null for -mon and -qtest." },
    { "mon", "[chardev=]ID[,mode=control]", set_item, LIST(monitors), "chardev",
      "Serve QMP on a chardev." },
    { "qmp", "DEV", set_monitor, LIST(monitors), NULL,
      "Serve QMP on unix:PATH[,server=on][,wait=off], tcp:HOST:PORT or "
      "stdio." },
    { "qmp-pretty", "DEV", set_monitor, LIST(monitors) },
    { "monitor", "DEV", set_monitor, LIST(monitors) },
    { "qtest", "DEV", set_qtest,
      .help = "Speak the qtest protocol on DEV, spelled as for -qmp." },
    { "qtest-log", "FILE", set_qtest_log,
      .help = "Log the qtest protocol; 'none' (the default) does not." },
    { "S", NULL, set_stopped, .help = "Do not start; wait for QMP's cont." },
    { "trace", "[enable=]PATTERN[,file=FILE]", set_trace,
      .help = "Trace NICs: nic_read, nic_write, nic_send, nic_receive, "
              "nic_event, with * and ?." },
    { "d", "ITEM[,..]", set_log,
      .help = "Log: options, guest_errors; 'help' explains." },
    { "D", "FILE", set_log_file, .help = "Log and trace to FILE." },
    { "L", "DIR", set_datadir,
      .help = "Look for expansion ROMs there first; 'help' lists where else." },
    { "x-vifemu-poll-us", "N", set_poll,
      .help = "Look for work for N microseconds before going to sleep: faster "
              "answers for CPU time." },
    { "sandbox", "on|off[,open=deny]", set_sandbox,
      .help = "Confine the process with seccomp once it is set up; with "
              "open=deny it cannot open files and sockets either, so that "
              "netdev_add and the like fail." },
    { "run-with",
      "[exit-with-parent=on][,chroot=DIR][,user=USER|UID:GID][,isolate=on]",
      set_run_with,
      .help = "End with the parent process, give up rights; isolate=on: give "
              "up all capabilities, and go to namespaces of its own, with an "
              "empty file system and no network interfaces." },
    { "chroot", "DIR", set_chroot, .help = "As -run-with chroot=DIR." },
    { "runas", "USER|UID:GID", set_runas, .help = "As -run-with user=.." },
    { "daemonize", NULL, set_daemonize,
      .help = "Go to the background once everything is set up." },
    { "pidfile", "FILE", set_pidfile, .help = "Write the process id there." },
    { "nodefaults", NULL, set_nodefaults,
      .help = "No effect: nothing is added that was not asked for." },
    INERT("no-user-config", NULL),
    INERT("display", "TYPE"),
    INERT("nographic", NULL),
    INERT("audio", "DRIVER"),
    INERT("audiodev", "DRIVER"),
    INERT("vnc", "DISPLAY"),
    INERT("vga", "TYPE"),
    INERT("spice", "OPTIONS"),
    INERT("k", "LANGUAGE"),
    INERT("serial", "DEV"),
    INERT("parallel", "DEV"),
    INERT("boot", "ORDER"),
    INERT("bios", "FILE"),
    INERT("kernel", "FILE"),
    INERT("initrd", "FILE"),
    INERT("append", "TEXT"),
    INERT("drive", "OPTIONS"),
    INERT("cdrom", "FILE"),
    INERT("hda", "FILE"),
    INERT("hdb", "FILE"),
    INERT("cpu", "MODEL"),
    INERT("smp", "N"),
    INERT("rtc", "OPTIONS"),
    INERT("uuid", "UUID"),
    INERT("smbios", "OPTIONS"),
    INERT("usb", NULL),
    INERT("usbdevice", "NAME"),
    INERT("msg", "OPTIONS"),
    INERT("overcommit", "OPTIONS"),
    INERT("no-shutdown", NULL),
    INERT("no-reboot", NULL),
    INERT("no-acpi", NULL),
    INERT("no-hpet", NULL),
    INERT("no-fd-bootchk", NULL),
    INERT("only-migratable", NULL),
    INERT("xen-attach", NULL),
};

static const struct option_row *row_find(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!strcmp(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* One option and its argument; false with a message */
static bool option_take(struct options *o, const struct option_row *row,
                        const char *arg)
{
    GError *err = NULL;

    if (!row->set) {
        log_line(LOG_OPTIONS, "-%s is accepted and has no effect here",
                 row->name);
        return true;
    }
    if (row->set(o, row, arg, &err)) {
        return true;
    }
    error_report("-%s%s%s: %s", row->name, arg ? " " : "", arg ? arg : "",
                 err->message);
    g_error_free(err);
    return false;
}

/* -d and -D count for the whole line, wherever they stand */
static bool is_early(const struct option_row *row)
{
    return row->set == set_log || row->set == set_log_file;
}

/* One pass over the line: the early options or the others */
static bool options_pass(struct options *o, int argc, char **argv, bool early)
{
    for (int i = 1; i < argc && !done; i++) {
        const char *name = argv[i], *arg = NULL;
        const struct option_row *row = NULL;

        if (name[0] == '-' && name[1]) {
            row = row_find(name + (name[1] == '-' ? 2 : 1));
        }
        if (!row) {
            error_report("%s: %s; -help lists the options", name,
                         name[0] == '-' ? "unknown option"
                                        : "what is this argument for?");
            return false;
        }
        if (row->arg) {
            arg = argv[++i];
            if (!arg) {
                error_report("%s: needs an argument: %s", name, row->arg);
                return false;
            }
        }
        if (is_early(row) == early && !option_take(o, row, arg)) {
            return false;
        }
    }
    return true;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    o->domid = o->devid = o->xen_domid = OPTIONS_NO_ID;
    if (!options_pass(o, argc, argv, true)) {
        return OPTIONS_ERROR;
    }
    if (!done && !options_pass(o, argc, argv, false)) {
        return OPTIONS_ERROR;
    }
    return done ? OPTIONS_DONE : OPTIONS_RUN;
}

void options_clear(struct options *o)
{
    GPtrArray **lists[] = { &o->objects, &o->chardevs, &o->netdevs, &o->nics,
                            &o->devices, &o->monitors, &o->globals, &o->vifs };
    char *strings[] = { o->machine, o->accel,       o->name,    o->ram_backend,
                        o->qtest,   o->qtest_log,   o->pidfile, o->chroot_dir,
                        o->run_as,  o->vif_dialect, o->incoming };

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_clear_pointer(lists[i], g_ptr_array_unref);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++) {
        g_free(strings[i]);
    }
    g_clear_pointer(&o->canaries, g_ptr_array_unref);
    memset(o, 0, sizeof(*o));
}

/* Text as troff wants it */
static void man_append(GString *s, const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') {
            g_string_append_c(s, '\\');
        }
        g_string_append_c(s, *text);
    }
}

char *options_help(const char *program)
{
    GString *s = g_string_new(NULL), *inert = g_string_new(NULL);

    g_string_append_printf(s,
                           "usage: %s [options]\n"
                           "Emulated network cards, spelled like QEMU.\n\n",
                           program);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct option_row *r = &rows[i];

        if (r->help) {
            g_string_append_printf(s, "-%s%s%s\n                %s\n", r->name,
                                   r->arg ? " " : "", r->arg ? r->arg : "",
                                   r->help);
        } else if (!r->set) {
            g_string_append_printf(inert, " -%s", r->name);
        }
    }
    g_string_append_printf(s,
                           "\nOptions of QEMU's that are accepted and have no "
                           "effect:\n%s\n",
                           inert->str + 1);
    g_string_free(inert, TRUE);
    return g_string_free(s, FALSE);
}

char *options_man(void)
{
    GString *s = g_string_new(
        ".TH VIFEMU 1 \"\" \"vifemu " VIFEMU_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nvifemu \\- emulated network cards in a process of their "
        "own\n"
        ".SH SYNOPSIS\n.B vifemu\n[\\fIoptions\\fR]\n"
        ".SH DESCRIPTION\n"
        "Emulates network cards: for a test program (qtest), which takes the "
        "place of the guest CPU, or in a domain of Xen's.  Backends connect "
        "the cards to networks; QMP manages them.  Options are spelled like "
        "those of QEMU, with one dash or "
        "two; their arguments as key=value with a comma doubled inside a "
        "value, or as a JSON object.\n"
        ".SH OPTIONS\n");

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct option_row *r = &rows[i];

        if (r->help) {
            g_string_append(s, ".TP\n\\fB\\-");
            man_append(s, r->name);
            g_string_append(s, "\\fR ");
            man_append(s, r->arg ? r->arg : "");
            g_string_append_c(s, '\n');
            man_append(s, r->help);
            g_string_append_c(s, '\n');
        }
    }
    g_string_append(s, ".PP\nAccepted without effect:");
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!rows[i].set) {
            g_string_append(s, " \\-");
            man_append(s, rows[i].name);
        }
    }
    g_string_append(s, "\n.SH EXIT STATUS\n"
                       "0 after an orderly end (QMP's quit, SIGTERM, SIGINT, "
                       "SIGHUP, the end of the qtest connection or of the "
                       "domain), and at once "
                       "if -vif was given, all of them are paravirtual, and "
                       "neither another NIC nor a monitor nor qtest was asked "
                       "for; 1 if "
                       "something could not be set up, which is said on "
                       "standard error.\n"
                       ".SH SEE ALSO\n.BR vifctl (1),\n.BR vifemu-dm (8),\n"
                       ".BR qemu-system-x86_64 (1)\n");
    return g_string_free(s, FALSE);
}
