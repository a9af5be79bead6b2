/* SPDX-License-Identifier: MIT */
/*
 * nicdev.h - a NIC in the machine: model, place on a bus, jack, timers
 */
#ifndef SYSTEM_NICDEV_H
#define SYSTEM_NICDEV_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/isa/isa.h"
#include "hw/nic.h"
#include "hw/pci/pci.h"
#include "net/netdev.h"
#include "net/port.h"
#include "system/loop.h"
#include "system/memory.h"
#include "system/vm.h"

struct nicdev;
struct nicdev_bus;

struct nicdev_timer {
    struct nicdev *dev;
    unsigned id;
    struct clock_timer *timer;
};

struct nicdev_bar {
    struct nicdev *dev;
    unsigned bar;
    struct mem_region region;
};

/**
 * struct nicdev - A NIC in the machine
 * @pci, @isa: What its bus knows of it; the other is not plugged.  @pci is the
 *           first member
 * @bus:     Kind of bus
 * @nic:     The card; in the same allocation
 * @id, @path: As struct vm_nic
 * @netdev:  Backend, NULL without
 * @rom:     Expansion ROM, @pci.bar[PCI_BAR_ROM].size bytes; NULL without
 * @opts:    Options it was made from
 * @link_down: Cut by set_link on the NIC
 * @unplug_pending: device_del asked the guest to let go
 * @interrupts: Rising edges of the pin
 * @messages: MSI messages that were no write to RAM
 */
struct nicdev {
    struct pci_dev pci;
    struct isa_dev isa;
    const struct nicdev_bus *bus;
    struct nic *nic;
    char *id, *path;
    struct netdev *netdev;
    struct port *port;
    struct loop_task *task;
    struct nicdev_timer timer[NIC_TIMERS_MAX];
    struct nicdev_bar bar[PCI_BARS];
    uint8_t *rom;
    JsonObject *opts;
    bool link_down, unplug_pending;
    uint64_t interrupts, messages;
};

/* The model called @name, by name or alias; NULL if there is none */
const struct nic_model *nicdev_model(const char *name);

/**
 * nicdev_chip() - The member of a family of models that chip= asks for
 * @family: What the device was called
 * @opts:   Flat options; chip= is taken out
 *
 * "FAMILY,chip=X" is the model called FAMILY-X.  A model that heads no family
 * leaves chip= alone, for nicdev_open() to refuse.  Return: @family without
 * chip=; NULL with @err, which lists the choices
 */
const struct nic_model *nicdev_chip(const struct nic_model *family,
                                    JsonObject *opts, GError **err);

/* The i-th property of a model, as vm_prop_at() */
bool nicdev_prop_at(const struct nic_model *model, unsigned i,
                    struct vm_prop *out);

/* Whether a property is the model's own, and not one of all cards on its bus */
bool nicdev_prop_is_own(const struct nic_model *model, const char *name);

/**
 * nicdev_props_check() - Whether a card can be made of these options
 * @opts: Flat options without chip=
 *
 * Names, types and ranges are looked at; not whether its place is free, nor
 * what mac=, netdev= and romfile= name.  False with @err
 */
bool nicdev_props_check(JsonObject *opts, const struct nic_model *model,
                        GError **err);

/**
 * nicdev_open() - Make a NIC and plug it into its bus, powered on
 * @opts:  Flat options; a reference is kept
 * @model: Its model
 * @path:  QOM path
 *
 * Return: NULL with @err, nothing left behind
 */
struct nicdev *nicdev_open(JsonObject *opts, const struct nic_model *model,
                           const char *path, GError **err);
/* Unplugs it from everything; not from within one of its calls */
void nicdev_close(struct nicdev *d);

/* Reset of the bus */
void nicdev_reset(struct nicdev *d);

/* A BAR of a PCI NIC begins or ceases to decode */
void nicdev_bar(struct nicdev *d, unsigned bar, bool on);

/* set_link on the NIC */
void nicdev_set_link(struct nicdev *d, bool up);

/* The machine runs again: take up what waited */
void nicdev_resume(struct nicdev *d);

/* Bring nic.tracing in line with -trace */
void nicdev_set_tracing(struct nicdev *d);

/* Value of a property as JSON, NULL if there is no such property */
JsonNode *nicdev_prop(const struct nicdev *d, const char *name);

#endif
