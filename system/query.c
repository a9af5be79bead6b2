// SPDX-License-Identifier: MIT
/*
 * query.c - what lists show of the machine
 */
#include <string.h>

#include "system/machine.h"
#include "system/memory.h"
#include "system/vm-int.h"

static JsonArray *all_vifs; /* NULL: none */

bool vm_nic_at(unsigned i, struct vm_nic *out)
{
    struct nicdev *d;

    if (i >= vm_nics->len) {
        return false;
    }
    d = vm_nics->pdata[i];
    *out = (struct vm_nic){
        .nic = d->nic,
        .port = d->port,
        .id = d->id,
        .path = d->path,
        .netdev = d->netdev ? d->netdev->id : NULL,
        .slot = d->pci.devfn >> 3,
        .function = d->pci.devfn & 7,
        .interrupts = d->interrupts,
        .messages = d->messages,
    };
    return true;
}

bool vm_prop_at(const struct nic_model *model, unsigned i, struct vm_prop *out)
{
    return nicdev_prop_at(model, i, out);
}

JsonNode *vm_nic_prop(const struct vm_nic *nic, const char *name)
{
    for (guint i = 0; i < vm_nics->len; i++) {
        struct nicdev *d = vm_nics->pdata[i];

        if (d->nic == nic->nic) {
            return nicdev_prop(d, name);
        }
    }
    return NULL;
}

char *vm_info_mtree(void)
{
    GString *s = g_string_new(NULL);

    mem_describe(s);
    return g_string_free(s, FALSE);
}

/* A PciMemoryRegion; address -1 (as QEMU has it) while not decoding */
static JsonObject *query_region(const struct pci_bar *b, unsigned i)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "bar", (gint64)i);
    json_object_set_string_member(o, "type", b->io ? "io" : "memory");
    json_object_set_int_member(o, "address", b->mapped ? (gint64)b->addr : -1);
    json_object_set_int_member(o, "size", b->size);
    if (!b->io) {
        json_object_set_boolean_member(o, "prefetch", FALSE);
        json_object_set_boolean_member(o, "mem_type_64", FALSE);
    }
    return o;
}

static const char *class_name(uint16_t class)
{
    switch (class) {
    case 0x0200:
        return "Ethernet controller";
    case 0x0600:
        return "Host bridge";
    case 0x0601:
        return "ISA bridge";
    case 0x0680:
        return "Bridge";
    default:
        return NULL;
    }
}

static JsonObject *query_class(const struct pci_dev *p)
{
    JsonObject *o = json_object_new();
    uint16_t class = pci_get16(p->cfg + PCI_CLASS_DEVICE);

    json_object_set_int_member(o, "class", class);
    if (class_name(class)) {
        json_object_set_string_member(o, "desc", class_name(class));
    }
    return o;
}

static JsonObject *query_id(const struct pci_dev *p)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "device", pci_get16(p->cfg + PCI_DEVICE_ID));
    json_object_set_int_member(o, "vendor", pci_get16(p->cfg + PCI_VENDOR_ID));
    json_object_set_int_member(o, "subsystem",
                               pci_get16(p->cfg + PCI_SUBSYSTEM_ID));
    json_object_set_int_member(o, "subsystem-vendor",
                               pci_get16(p->cfg + PCI_SUBSYSTEM_VENDOR_ID));
    return o;
}

/* Id of the NIC that a function is, "" for the chipset's */
static const char *qdev_id(const struct pci_dev *p)
{
    for (guint i = 0; i < vm_nics->len; i++) {
        struct nicdev *d = vm_nics->pdata[i];

        if (&d->pci == p && d->id) {
            return d->id;
        }
    }
    return "";
}

static JsonObject *query_function(const struct pci_dev *p)
{
    JsonObject *o = json_object_new();
    JsonArray *regions = json_array_new();

    json_object_set_int_member(o, "bus", 0);
    json_object_set_int_member(o, "slot", p->devfn >> 3);
    json_object_set_int_member(o, "function", p->devfn & 7);
    json_object_set_object_member(o, "class_info", query_class(p));
    json_object_set_object_member(o, "id", query_id(p));
    if (p->cfg[PCI_INTERRUPT_PIN]) {
        json_object_set_int_member(o, "irq", p->cfg[PCI_INTERRUPT_LINE]);
    }
    json_object_set_int_member(o, "irq_pin", p->cfg[PCI_INTERRUPT_PIN]);
    json_object_set_string_member(o, "qdev_id", qdev_id(p));
    for (unsigned i = 0; i < PCI_BARS; i++) {
        if (p->bar[i].size) {
            json_array_add_object_element(regions, query_region(&p->bar[i], i));
        }
    }
    json_object_set_array_member(o, "regions", regions);
    return o;
}

JsonNode *vm_query_pci(void)
{
    struct pci_bus *bus = machine_pci();
    JsonArray *devices = json_array_new(), *buses = json_array_new();
    JsonObject *root = json_object_new();
    JsonNode *node = json_node_alloc();

    for (unsigned i = 0; bus && i < G_N_ELEMENTS(bus->dev); i++) {
        if (bus->dev[i]) {
            json_array_add_object_element(devices, query_function(bus->dev[i]));
        }
    }
    json_object_set_int_member(root, "bus", 0);
    json_object_set_array_member(root, "devices", devices);
    if (bus) {
        json_array_add_object_element(buses, root);
    } else {
        json_object_unref(root);
    }
    json_node_init_array(node, buses);
    json_array_unref(buses);
    return node;
}

void vm_set_vifs(JsonArray *vifs)
{
    g_clear_pointer(&all_vifs, json_array_unref);
    all_vifs = vifs;
}

JsonNode *vm_query_vifs(void)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, all_vifs ? json_array_ref(all_vifs)
                                        : json_array_new());
    return node;
}
