/* SPDX-License-Identifier: MIT */
/*
 * vm.h - what a person or a program can do to the machine
 *
 * The command line (system/options.c) and QMP (monitor/) both come down to
 * these.  Options are a JsonObject: strings for the key=value spelling, typed
 * values for JSON; readers accept both (system/opts.h).
 */
#ifndef SYSTEM_VM_H
#define SYSTEM_VM_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "hw/nic.h"
#include "system/vm-error.h"

struct netdev;
struct port;

/* Machine life */
bool vm_is_running(void);
void vm_stop(void);         /* event STOP */
void vm_cont(void);         /* event RESUME */
void vm_system_reset(void); /* event RESET, guest=false */
void vm_quit(void);         /* event SHUTDOWN; the process ends cleanly */
/* The same for another reason of QEMU's ("host-signal", "host-ui") */
void vm_shutdown(const char *reason);
const char *vm_machine_name(void); /* "pc", "none" */
const char *vm_name(void);         /* -name, or NULL */

/* @opts: "driver", "id", "bus", "addr", properties.  Takes no ownership */
bool vm_device_add(JsonObject *opts, GError **err);
/* DEVICE_DELETED comes when the guest has let go, which with -accel xen it is
 * not asked for */
bool vm_device_del(const char *id, GError **err);
/* Whether there is a device of that id, or at that QOM path */
bool vm_has_device(const char *id);
/* Take a device out and close its backend, at once, whether the guest likes it
 * or not; nothing if there is none of that id */
void vm_withdraw(const char *id);
bool vm_netdev_add(JsonObject *opts, GError **err);
bool vm_netdev_del(const char *id, GError **err);
/* "qom-type", "id", ...: filter-dump, memory-backend-* (before start only) */
bool vm_object_add(JsonObject *opts, GError **err);
/* What its qom-type can be, NULL-terminated and sorted */
const char *const *vm_object_types(void);
bool vm_object_del(const char *id, GError **err);
/* @name: id of a device or of a netdev */
bool vm_set_link(const char *name, bool up, GError **err);

/**
 * struct vm_nic - A NIC in the machine, as lists show it
 * @id:   NULL without one
 * @path: QOM path, "/machine/peripheral/ID" or "/machine/peripheral-anon/.."
 * @netdev: Id of its backend, or NULL
 * @port: Its jack (net/port.h)
 * @interrupts: Rising edges of its pin
 * @messages:   MSI messages to interrupt controllers
 */
struct vm_nic {
    struct nic *nic;
    struct port *port;
    const char *id, *path, *netdev;
    unsigned bus, slot, function;
    uint64_t interrupts, messages;
};

/* The i-th NIC, false past the last */
bool vm_nic_at(unsigned i, struct vm_nic *out);

/* The i-th netdev, NULL past the last */
struct netdev *vm_netdev_at(unsigned i);

/**
 * struct vm_object - What -object or object-add made
 * @info: One line for "info network", or NULL
 */
struct vm_object {
    const char *id, *type, *info;
};

/* The i-th object, false past the last */
bool vm_object_at(unsigned i, struct vm_object *out);

/**
 * struct vm_prop - A property that a device takes, for help and lists
 * @type: As QEMU names it: "str", "bool", "int32", "uint32"
 * @help: One line, or NULL
 * @def:  Default as JSON text ("true", "4294967295"), or NULL
 */
struct vm_prop {
    const char *name, *type, *help, *def;
};

/* The i-th property of @model: its own and those of every PCI card */
bool vm_prop_at(const struct nic_model *model, unsigned i, struct vm_prop *out);

/**
 * vm_nic_prop() - Value of a property of a device, as qom-get shows it
 *
 * Return: a new node (a string, boolean or integer), NULL if there is no such
 * property
 */
JsonNode *vm_nic_prop(const struct vm_nic *nic, const char *name);

/* Report what DMA changes in guest memory, or no more */
bool vm_dirty_log(bool on, GError **err);
/* State of all devices to a file, or with "fd:NAME" to what getfd named */
bool vm_save_devices(const char *name, GError **err);
/* What the accelerator counted; a new object */
JsonObject *vm_accel_counters(void);

/* Memory and I/O map as text, for "info mtree"; caller frees */
char *vm_info_mtree(void);

/* PCI functions as query-pci reports them (an array node), caller unrefs */
JsonNode *vm_query_pci(void);

/* What came of each -vif, for x-vifemu-vifs: an array of objects, which is
 * taken */
void vm_set_vifs(JsonArray *vifs);
/* A new node with them */
JsonNode *vm_query_vifs(void);

/* Events go to every monitor.  @data may be NULL; vm_event() consumes it and
 * lends it to the listeners */
typedef void vm_event_fn(void *opaque, const char *name, JsonObject *data);
void vm_event_listen(vm_event_fn *fn, void *opaque);
void vm_event_unlisten(vm_event_fn *fn, void *opaque);
void vm_event(const char *name, JsonObject *data);

/* Trace of all NICs, to the -D file or stderr */
void vm_trace(bool on);

#endif
