// SPDX-License-Identifier: MIT
/*
 * vm.c - what a person or a program can do to the machine
 *
 * Keeps the lists of NICs, backends and memory, and puts them together.
 * Unplugging a NIC takes two steps, as on hardware: device_del asks the guest
 * through ACPI, the guest ejects the slot (or the machine is reset), and only
 * then the NIC is gone.
 */
#include "system/vm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/filter.h"
#include "net/netdev.h"
#include "system/accel.h"
#include "system/log.h"
#include "system/loop.h"
#include "system/machine.h"
#include "system/nicdev-int.h"
#include "system/opts.h"
#include "system/ram.h"
#include "system/vm-int.h"

enum { RAM_DEFAULT = 128 << 20 };

struct vm_listener {
    vm_event_fn *fn;
    void *opaque;
};

GPtrArray *vm_nics;
static GPtrArray *netdevs; /* struct netdev */
static GPtrArray *rams;    /* struct ram, from objects */
static struct ram *own_ram;
static GSList *listeners;
static GPtrArray *globals; /* struct option_item */
static const char *machine_name = "none";
static char *guest_name;
static bool running, started;
static unsigned anon_count;
static void (*irq_listener)(unsigned n, bool level);

/* Events */

void vm_event_listen(vm_event_fn *fn, void *opaque)
{
    struct vm_listener *l = g_new(struct vm_listener, 1);

    *l = (struct vm_listener){ fn, opaque };
    listeners = g_slist_append(listeners, l);
}

void vm_event_unlisten(vm_event_fn *fn, void *opaque)
{
    for (GSList *i = listeners; i; i = i->next) {
        struct vm_listener *l = i->data;

        if (l->fn == fn && l->opaque == opaque) {
            listeners = g_slist_delete_link(listeners, i);
            g_free(l);
            return;
        }
    }
}

void vm_event(const char *name, JsonObject *data)
{
    GSList *next;

    for (GSList *i = listeners; i; i = next) {
        struct vm_listener *l = i->data;

        next = i->next;
        l->fn(l->opaque, name, data);
    }
    g_clear_pointer(&data, json_object_unref);
}

/* Life */

bool vm_is_running(void)
{
    return running;
}

const char *vm_machine_name(void)
{
    return machine_name;
}

const char *vm_name(void)
{
    return guest_name;
}

static void accel_run(bool on)
{
    if (accel_current()) {
        accel_current()->run(on);
    }
}

void vm_stop(void)
{
    if (running) {
        accel_run(false);
        running = false;
        clock_pause(true);
        vm_event("STOP", NULL);
    }
}

void vm_cont(void)
{
    if (running) {
        return;
    }
    running = true;
    clock_pause(false);
    accel_run(true);
    for (guint i = 0; i < vm_nics->len; i++) {
        nicdev_resume(vm_nics->pdata[i]);
    }
    vm_event("RESUME", NULL);
}

/* {"guest": false, "reason": @reason} */
static JsonObject *host_reason(const char *reason)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "guest", FALSE);
    json_object_set_string_member(o, "reason", reason);
    return o;
}

void vm_shutdown(const char *reason)
{
    vm_event("SHUTDOWN", host_reason(reason));
    loop_quit();
}

void vm_quit(void)
{
    vm_shutdown("host-qmp-quit");
}

/* The NIC is gone for the guest: remove it */
static void nic_remove(struct nicdev *d)
{
    JsonObject *data = json_object_new();
    unsigned slot = d->pci.devfn >> 3;

    if (d->id) {
        json_object_set_string_member(data, "device", d->id);
    }
    json_object_set_string_member(data, "path", d->path);
    g_ptr_array_remove(vm_nics, d);
    nicdev_close(d);
    machine_slot_gone(slot);
    vm_event("DEVICE_DELETED", data);
}

void vm_system_reset(void)
{
    for (guint i = vm_nics->len; i-- > 0;) {
        struct nicdev *d = vm_nics->pdata[i];

        if (d->unplug_pending) {
            nic_remove(d);
        }
    }
    for (guint i = 0; i < vm_nics->len; i++) {
        nicdev_reset(vm_nics->pdata[i]);
    }
    machine_reset();
    vm_event("RESET", host_reason("host-qmp-system-reset"));
}

/* struct machine_ops */

static void chip_irq(unsigned n, bool level)
{
    if (irq_listener) {
        irq_listener(n, level);
    }
}

void vm_irq_listen(void (*fn)(unsigned n, bool level))
{
    irq_listener = fn;
}

static void chip_bar(struct pci_dev *p, unsigned bar, bool on)
{
    nicdev_bar((struct nicdev *)p, bar, on);
}

static void chip_eject(unsigned slot)
{
    for (guint i = vm_nics->len; i-- > 0;) {
        struct nicdev *d = vm_nics->pdata[i];

        if (d->pci.bus && d->pci.devfn >> 3 == slot) {
            nic_remove(d);
        }
    }
}

static void chip_msi(struct pci_dev *p, uint64_t addr, uint32_t data)
{
    ((struct nicdev *)p)->messages++;
}

static const struct machine_ops chip_ops = {
    .irq = chip_irq, .bar = chip_bar, .eject = chip_eject, .msi = chip_msi
};

/* Devices */

static struct nicdev *nic_find(const char *id)
{
    for (guint i = 0; id && i < vm_nics->len; i++) {
        struct nicdev *d = vm_nics->pdata[i];

        if (!g_strcmp0(d->id, id) || !strcmp(d->path, id)) {
            return d;
        }
    }
    return NULL;
}

static bool bootindex_check(JsonObject *opts, GError **err)
{
    int64_t want = -1;

    if (!opts_int(opts, "bootindex", INT32_MIN, INT32_MAX, &want, err)) {
        return false;
    }
    for (guint i = 0; want >= 0 && i < vm_nics->len; i++) {
        struct nicdev *d = vm_nics->pdata[i];
        int64_t its = -1;

        opts_int(d->opts, "bootindex", INT32_MIN, INT32_MAX, &its, NULL);
        if (its == want) {
            return vm_fail(err,
                           "property 'bootindex' cannot be %" PRId64
                           ": it is that of '%s'",
                           want, d->id ? d->id : d->nic->model->name);
        }
    }
    return true;
}

static bool id_check(JsonObject *opts, GError **err)
{
    const char *id = NULL;

    if (!opts_str(opts, "id", &id, err)) {
        return false;
    }
    if (id && !opts_id_ok(id)) {
        return vm_fail(err,
                       "property 'id' cannot be '%s': it takes a letter, then "
                       "letters, digits, '-', '.', '_'",
                       id);
    }
    return !nic_find(id) || vm_fail(err, "Duplicate device ID '%s'", id);
}

/* -global MODEL.PROP=VALUE for what @opts does not say */
static void globals_apply(JsonObject *opts, const struct nic_model *model)
{
    for (guint i = 0; globals && i < globals->len; i++) {
        const struct option_item *item = globals->pdata[i];
        char *prefix = g_strdup_printf("%s.", model->name);
        JsonObjectIter it;
        const char *key;
        JsonNode *val;

        json_object_iter_init(&it, item->opts);
        while (json_object_iter_next(&it, &key, &val)) {
            if (g_str_has_prefix(key, prefix) &&
                !json_object_has_member(opts, key + strlen(prefix))) {
                json_object_set_member(opts, key + strlen(prefix),
                                       json_node_copy(val));
            }
        }
        g_free(prefix);
    }
}

static bool hotplug_fail(const struct nic_model *model, GError **err)
{
    return vm_fail(err,
                   "Bus '%s' does not support hotplugging: '%s' is there "
                   "from the start, or not at all",
                   nicdev_bus_of(model)->id, model->name);
}

/* @opts is flat and ours to change */
static bool nic_add(JsonObject *opts, GError **err)
{
    const char *driver = opts_peek(opts, "driver"), *id;
    const struct nic_model *model = nicdev_model(driver), *family;
    struct nicdev *d;
    char *path;

    if (!driver) {
        return vm_fail(err, "Parameter 'driver' is missing");
    }
    if (!model) {
        return vm_fail(err,
                       "'%s' is not a valid device model name; -device help "
                       "lists them",
                       driver);
    }
    globals_apply(opts, model);
    family = model;
    model = nicdev_chip(family, opts, err);
    if (!model) {
        return false;
    }
    if (model != family) {
        globals_apply(opts, model);
    }
    if (started && (model->isa || machine_is_shared())) {
        return hotplug_fail(model, err);
    }
    if (!id_check(opts, err) || !bootindex_check(opts, err)) {
        return false;
    }
    id = opts_peek(opts, "id");
    path =
        id ? g_strdup_printf("/machine/peripheral/%s", id)
           : g_strdup_printf("/machine/peripheral-anon/device[%u]", anon_count);
    d = nicdev_open(opts, model, path, err);
    g_free(path);
    if (!d) {
        return false;
    }
    anon_count += !id;
    g_ptr_array_add(vm_nics, d);
    if (started) {
        machine_slot_added(d->pci.devfn >> 3);
    }
    return true;
}

bool vm_device_add(JsonObject *opts, GError **err)
{
    JsonObject *flat = opts_flatten(opts, err);
    bool ok = flat && nic_add(flat, err);

    g_clear_pointer(&flat, json_object_unref);
    return ok;
}

bool vm_device_del(const char *id, GError **err)
{
    struct nicdev *d = nic_find(id);

    if (!d) {
        return vm_not_found(err, id);
    }
    if (d->nic->model->isa) {
        return hotplug_fail(d->nic->model, err);
    }
    if (d->unplug_pending) {
        return vm_fail(err, "Device %s is already in the process of unplug",
                       id);
    }
    if (machine_is_shared()) {
        nic_remove(d);
        return true;
    }
    d->unplug_pending = true;
    machine_slot_asked(d->pci.devfn >> 3);
    return true;
}

bool vm_has_device(const char *id)
{
    return nic_find(id) != NULL;
}

void vm_withdraw(const char *id)
{
    struct nicdev *d = nic_find(id);
    struct netdev *nd = d ? d->netdev : NULL;
    g_autofree char *netdev = nd ? g_strdup(nd->id) : NULL;

    if (d) {
        nic_remove(d);
    }
    if (netdev) {
        vm_netdev_del(netdev, NULL);
    }
}

/* Backends */

bool vm_netdev_add(JsonObject *opts, GError **err)
{
    JsonObject *flat = opts_flatten(opts, err);
    struct netdev *nd = flat ? netdev_open(flat, err) : NULL;

    g_clear_pointer(&flat, json_object_unref);
    if (nd) {
        g_ptr_array_add(netdevs, nd);
    }
    return nd != NULL;
}

static struct netdev *own_netdev(const char *id)
{
    struct netdev *nd;

    for (unsigned i = 0; (nd = vm_netdev_at(i)); i++) {
        if (!strcmp(nd->id, id)) {
            return nd;
        }
    }
    return NULL;
}

bool vm_netdev_del(const char *id, GError **err)
{
    struct netdev *nd = own_netdev(id);

    if (!nd) {
        return vm_not_found(err, id);
    }
    g_ptr_array_remove(netdevs, nd);
    netdev_close(nd);
    return true;
}

struct netdev *vm_netdev_at(unsigned i)
{
    return i < netdevs->len ? netdevs->pdata[i] : NULL;
}

bool vm_set_link(const char *name, bool up, GError **err)
{
    struct nicdev *d = nic_find(name);
    struct netdev *nd = d ? NULL : own_netdev(name);

    if (d) {
        nicdev_set_link(d, up);
    } else if (nd) {
        netdev_set_link(nd, up);
    } else {
        return vm_not_found(err, name);
    }
    return true;
}

/* Objects */

static struct ram *ram_find(const char *id)
{
    for (guint i = 0; i < rams->len; i++) {
        struct ram *r = rams->pdata[i];

        if (!g_strcmp0(r->id, id)) {
            return r;
        }
    }
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *vm_object_types(void)
{
    static GPtrArray *all;

    if (!all) {
        all = g_ptr_array_new();
        for (unsigned i = 0; ram_types[i]; i++) {
            g_ptr_array_add(all, (gpointer)ram_types[i]);
        }
        for (unsigned i = 0; filter_types[i]; i++) {
            g_ptr_array_add(all, (gpointer)filter_types[i]->name);
        }
        g_ptr_array_sort(all, compare_names);
        g_ptr_array_add(all, NULL);
    }
    return (const char *const *)all->pdata;
}

/* @opts is flat */
static bool object_add(JsonObject *opts, GError **err)
{
    const char *type = opts_peek(opts, "qom-type"), *id = opts_peek(opts, "id");
    struct ram *r;

    if (!type || !id) {
        return vm_fail(err, "Parameter '%s' is missing",
                       type ? "id" : "qom-type");
    }
    if (!g_strv_contains(vm_object_types(), type)) {
        return vm_fail(err,
                       "object type '%s' is not supported; -object help lists "
                       "the types",
                       type);
    }
    if (!opts_id_ok(id)) {
        return vm_fail(err,
                       "property 'id' cannot be '%s': it takes a letter, then "
                       "letters, digits, '-', '.', '_'",
                       id);
    }
    if (ram_find(id) || filter_exists(id)) {
        return vm_fail(err,
                       "attempt to add duplicate property '%s' to object (type "
                       "'container')",
                       id);
    }
    if (!g_strv_contains(ram_types, type)) {
        return filter_add(opts, err);
    }
    r = ram_open(opts, err);
    if (r) {
        g_ptr_array_add(rams, r);
    }
    return r != NULL;
}

bool vm_object_add(JsonObject *opts, GError **err)
{
    JsonObject *flat = opts_flatten(opts, err);
    bool ok = flat && object_add(flat, err);

    g_clear_pointer(&flat, json_object_unref);
    return ok;
}

bool vm_object_del(const char *id, GError **err)
{
    struct ram *r = ram_find(id);

    if (filter_exists(id)) {
        return filter_del(id, err);
    }
    if (!r) {
        return vm_fail(err, "object '%s' not found", id);
    }
    if (r->used) {
        return vm_fail(err, "object '%s' is in use, can not be deleted", id);
    }
    g_ptr_array_remove(rams, r);
    return true;
}

/* The i-th filter of all backends */
static struct filter *filter_at(unsigned i)
{
    struct netdev *nd;

    for (unsigned k = 0; (nd = vm_netdev_at(k)); k++) {
        for (GSList *l = nd->filters; l; l = l->next, i--) {
            if (!i) {
                return l->data;
            }
        }
    }
    return NULL;
}

bool vm_object_at(unsigned i, struct vm_object *out)
{
    static char info[128];
    struct filter *f;

    if (i < rams->len) {
        struct ram *r = rams->pdata[i];

        *out = (struct vm_object){ .id = r->id, .type = r->type };
        return true;
    }
    f = filter_at(i - rams->len);
    if (!f) {
        return false;
    }
    snprintf(info, sizeof(info), "netdev=%s,status=%s", f->netdev->id,
             f->off ? "off" : "on");
    *out =
        (struct vm_object){ .id = f->id, .type = f->ops->name, .info = info };
    return true;
}

bool vm_dirty_log(bool on, GError **err)
{
    const struct accel *a = accel_current();

    if (!a || !a->dirty_log) {
        return vm_fail(err,
                       "only with -accel xen: nobody else copies guest memory");
    }
    a->dirty_log(on);
    return true;
}

JsonObject *vm_accel_counters(void)
{
    const struct accel *a = accel_current();

    return a && a->counters ? a->counters() : json_object_new();
}

void vm_trace(bool on)
{
    log_trace_all(on);
    for (guint i = 0; i < vm_nics->len; i++) {
        nicdev_set_tracing(vm_nics->pdata[i]);
    }
}

/* Building it */

bool option_failed(const struct option_item *item, GError *err)
{
    error_report("-%s %s: %s", item->name, item->text, err->message);
    g_error_free(err);
    return false;
}

/* Apply @add to each use of an option */
static bool add_all(GPtrArray *items,
                    bool (*add)(JsonObject *opts, GError **err))
{
    for (guint i = 0; items && i < items->len; i++) {
        const struct option_item *item = items->pdata[i];
        GError *err = NULL;

        if (!add(item->opts, &err)) {
            return option_failed(item, err);
        }
    }
    return true;
}

/* As add_all(), for objects of one kind: backends look up nothing, filters
 * look up backends */
static bool add_objects(GPtrArray *items, bool memory)
{
    for (guint i = 0; items && i < items->len; i++) {
        const struct option_item *item = items->pdata[i];
        const char *type = opts_peek(item->opts, "qom-type");
        bool is_filter = type && g_str_has_prefix(type, "filter-");
        GError *err = NULL;

        if (is_filter != memory && !vm_object_add(item->opts, &err)) {
            return option_failed(item, err);
        }
    }
    return true;
}

/* The machine's RAM, NULL for none; false after saying what is wrong */
static bool ram_choose(const struct options *o, struct ram **ram)
{
    bool none = !strcmp(machine_name, "none");
    GError *err = NULL;

    *ram = NULL;
    if (!strcmp(machine_name, accel_xen.machine)) {
        return true; /* It is the domain's */
    }
    if (o->ram_backend) {
        *ram = ram_find(o->ram_backend);
        if (!*ram) {
            error_report("-machine memory-backend=%s: there is no -object with "
                         "that id",
                         o->ram_backend);
        } else if (o->ram_size && o->ram_size != (*ram)->size) {
            error_report("-machine memory-backend=%s: its size, %" PRIu64
                         ", is not that of -m, %" PRIu64,
                         o->ram_backend, (*ram)->size, o->ram_size);
            return false;
        }
        return *ram != NULL;
    }
    if (none && !o->ram_size) {
        return true;
    }
    own_ram = ram_anonymous(o->ram_size ? o->ram_size : RAM_DEFAULT, &err);
    if (!own_ram) {
        error_report("-m: %s", err->message);
        g_error_free(err);
    }
    *ram = own_ram;
    return own_ram != NULL;
}

static void ram_free(void *opaque)
{
    ram_close(opaque);
}

bool vm_init(const struct options *o)
{
    struct ram *ram;

    vm_nics = g_ptr_array_new();
    netdevs = g_ptr_array_new();
    rams = g_ptr_array_new_with_free_func(ram_free);
    globals = o->globals;
    machine_name = o->machine ? o->machine : accel_find(o->accel)->machine;
    machine_name = machine_known(machine_name);
    guest_name = g_strdup(o->name);
    clock_pause(true);
    if (!add_objects(o->objects, true) || !ram_choose(o, &ram)) {
        return false;
    }
    machine_init(machine_name, ram, &chip_ops);
    if (!add_all(o->netdevs, vm_netdev_add) || !legacy_nics(o->nics) ||
        !add_objects(o->objects, false) ||
        !add_all(o->devices, vm_device_add)) {
        return false;
    }
    globals = NULL;
    started = true;
    return true;
}

void vm_fini(void)
{
    if (!vm_nics) {
        return;
    }
    running = false;
    while (vm_nics->len) {
        nicdev_close(g_ptr_array_remove_index(vm_nics, vm_nics->len - 1));
    }
    while (netdevs->len) {
        netdev_close(g_ptr_array_remove_index(netdevs, netdevs->len - 1));
    }
    g_clear_pointer(&vm_nics, g_ptr_array_unref);
    g_clear_pointer(&netdevs, g_ptr_array_unref);
    g_clear_pointer(&rams, g_ptr_array_unref);
    g_clear_pointer(&own_ram, ram_close);
    g_clear_pointer(&guest_name, g_free);
    vm_set_vifs(NULL);
}
