// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-shim.c - every vifemu model as a PCI or ISA device of QEMU
 *
 * One QOM type is registered per entry of nic_models[]; realize builds windows,
 * capabilities, timers and properties from the model's description, so that a
 * new model needs no line here.  The types are called vifemu-<model>; with
 * VIFEMU_TAKE_NAMES they take the models' own names, which are QEMU's.
 *
 * A guest's access only marks work.  The visit that does it is a bottom half,
 * so no vCPU waits for a ring to drain; under qtest, so that tests see no
 * difference, and for a prompt model it is run before the access is answered.
 * Bottom halves also run while the machine is stopped, when guest memory must
 * not change (migration): then the visit waits until it runs again.
 *
 * DMA reaches RAM only: not another device's registers, and not our own.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "sysemu/qtest.h"
#include "sysemu/sysemu.h"
#include "sysemu/xen.h"

#include "vifemu-shim.h"

#ifdef VIFEMU_TAKE_NAMES
#define TYPE_PREFIX ""
#else
#define TYPE_PREFIX "vifemu-"
#endif

/* As many visits are made before a qtest access is answered, at most */
#define QTEST_VISITS 64

/* Properties "iobase" and "irq" */
#define JUMPERS 2

/* A saved state is kilobytes; what claims to be more than this is not one */
#define STATE_MAX (1u << 20)

/**
 * struct shim_class - A type: which model it is, and what qdev keeps by pointer
 */
struct shim_class {
    union {
        PCIDeviceClass pci;
        ISADeviceClass isa;
    } parent;
    const struct nic_model *model;
    VMStateDescription vmstate;
};

/* Card -> QEMU */

void *shim_map(struct shim *s, gpa_t at, dma_addr_t *len, DMADirection dir)
{
    bool writes = dir == DMA_DIRECTION_FROM_DEVICE;

    RCU_READ_LOCK_GUARD();
    /* Of what is no RAM, QEMU would make a bounce buffer by reading it */
    if (!memory_access_is_direct(
            address_space_translate(s->as, at.addr, &(hwaddr){ 0 },
                                    &(hwaddr){ 1 }, writes,
                                    MEMTXATTRS_UNSPECIFIED),
            writes)) {
        return NULL;
    }
    return dma_memory_map(s->as, at.addr, len, dir, MEMTXATTRS_UNSPECIFIED);
}

/*
 * A domain's RAM has holes, where a balloon was, say.  QEMU finds out when it
 * maps them, and its dma_memory_rw() copies to or from NULL then.
 */
static bool dma_by_map(struct shim *s, gpa_t at, void *p, size_t len,
                       DMADirection dir)
{
    uint8_t *own = p;

    while (len) {
        dma_addr_t n = len;
        void *ram = shim_map(s, at, &n, dir);

        if (!ram) {
            return false;
        }
        if (dir == DMA_DIRECTION_TO_DEVICE) {
            memcpy(own, ram, n);
        } else {
            memcpy(ram, own, n);
        }
        dma_memory_unmap(s->as, ram, n, dir, n);
        at = gpa_add(at, n);
        own += n;
        len -= n;
    }
    return true;
}

static bool dma_by_copy(struct shim *s, gpa_t at, void *p, size_t len,
                        DMADirection dir)
{
    const MemTxAttrs ram_only = { .memory = true };

    return dma_memory_rw(s->as, at.addr, p, len, dir, ram_only) == MEMTX_OK;
}

static bool shim_dma(struct nic *n, gpa_t at, void *p, size_t len,
                     DMADirection dir)
{
    struct shim *s = shim_of(n);

    if ((xen_enabled() ? dma_by_map : dma_by_copy)(s, at, p, len, dir)) {
        return true;
    }
    if (s->bus->abort) {
        s->bus->abort(s);
    }
    return false;
}

static bool shim_dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    return shim_dma(n, at, p, len, DMA_DIRECTION_TO_DEVICE);
}

static bool shim_dma_write(struct nic *n, gpa_t at, const void *p, size_t len)
{
    return shim_dma(n, at, (void *)p, len, DMA_DIRECTION_FROM_DEVICE);
}

static void shim_irq(struct nic *n, bool level)
{
    struct shim *s = shim_of(n);

    if (!s->loading) {
        s->bus->irq(s, level);
    }
}

static uint64_t shim_now(struct nic *n)
{
    return (uint64_t)qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void shim_timer(struct nic *n, unsigned id, uint64_t deadline)
{
    QEMUTimer *timer = shim_of(n)->timer[id];

    if (deadline > INT64_MAX) {
        timer_del(timer);
    } else {
        timer_mod_ns(timer, (int64_t)deadline);
    }
}

static bool shim_send(struct nic *n, struct nic_frame *f)
{
    return port_send(shim_of(n)->port, f);
}

static void shim_wake(struct nic *n)
{
    qemu_bh_schedule(shim_of(n)->bh);
}

static void shim_rx_ready(struct nic *n)
{
    port_rx_ready(shim_of(n)->port);
}

static void shim_pm(struct nic *n)
{
    /* Configuration reads fetch PMCSR from the card; QEMU has no PME# wire */
}

static uint16_t shim_sum(struct nic *n, const struct nic_rx *rx, size_t from,
                         size_t len)
{
    return port_sum(rx, from, len);
}

static uint32_t shim_fcs(struct nic *n, const struct nic_rx *rx, size_t len)
{
    return port_fcs(rx, len);
}

static void shim_trace(struct nic *n, const struct nic_trace *t)
{
    static const char *const kind[] = {
        [NIC_TRACE_READ] = "r",      [NIC_TRACE_WRITE] = "w",
        [NIC_TRACE_SEND] = "send",   [NIC_TRACE_RECEIVE] = "receive",
        [NIC_TRACE_EVENT] = "event",
    };

    qemu_log("%s %s %s[%u] %08" PRIx64 "\n", n->model->name, kind[t->kind],
             t->name, t->i, t->val);
}

static const struct nic_host shim_host = {
    .dma_read = shim_dma_read,
    .dma_write = shim_dma_write,
    .irq = shim_irq,
    .now = shim_now,
    .timer = shim_timer,
    .send = shim_send,
    .wake = shim_wake,
    .rx_ready = shim_rx_ready,
    .pm = shim_pm,
    .sum = shim_sum,
    .fcs = shim_fcs,
    .trace = shim_trace,
};

/* QEMU -> card */

/* Whether guest memory may change now */
static bool shim_may_run(void)
{
    return runstate_is_running() || qtest_driver();
}

/* Visits until nothing is left, within reason: the bottom half does the rest */
static void shim_run_now(struct shim *s)
{
    for (unsigned i = 0; i < QTEST_VISITS && port_run(s->port); i++) {
    }
}

static void shim_bh(void *opaque)
{
    struct shim *s = opaque;

    if (!shim_may_run()) {
        return;
    }
    if (port_run(s->port)) {
        qemu_bh_schedule(s->bh);
    }
}

static void shim_running(void *opaque, bool running, RunState state)
{
    struct shim *s = opaque;

    if (running) {
        qemu_bh_schedule(s->bh);
    }
}

static void shim_expired(void *opaque)
{
    struct shim_ref *ref = opaque;

    nic_expired(card_of(ref->shim), ref->i);
}

static bool shim_asleep(struct shim *s)
{
    return (card_of(s)->pmcsr & PMCSR_STATE) != 0;
}

static uint64_t bar_read(void *opaque, hwaddr at, unsigned size)
{
    struct shim_ref *ref = opaque;

    if (shim_asleep(ref->shim)) {
        return UINT64_MAX >> (64 - 8 * size);
    }
    return nic_read(card_of(ref->shim), ref->i, (uint32_t)at, size);
}

static void bar_write(void *opaque, hwaddr at, uint64_t val, unsigned size)
{
    struct shim_ref *ref = opaque;

    if (shim_asleep(ref->shim)) {
        return;
    }
    nic_write(card_of(ref->shim), ref->i, (uint32_t)at, size, (uint32_t)val);
    if (qtest_driver() || qtest_enabled()) {
        shim_run_now(ref->shim);
    } else if (card_of(ref->shim)->model->prompt && card_of(ref->shim)->work) {
        shim_bh(ref->shim);
    }
}

static const MemoryRegionOps bar_ops = {
    .read = bar_read,
    .write = bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

/* Birth and death */

static bool set_props(struct shim *s, Error **errp)
{
    const struct nic_model *m = s->model;

    for (unsigned i = 0; i < m->n_props; i++) {
        const struct nic_prop *p = &m->prop[i];
        bool is_bool = p->type == NIC_PROP_BOOL;
        uint32_t val = is_bool ? s->prop_bool[i] : s->prop_uint[i];

        if (!is_bool && (val < p->min || val > p->max)) {
            error_setg(errp,
                       "property '%s': %" PRIu32 " is not in %" PRIu32
                       "..%" PRIu32,
                       p->name, val, p->min, p->max);
            return false;
        }
        card_of(s)->prop[i] = val;
    }
    return true;
}

void shim_window(struct shim *s, unsigned i, uint32_t size)
{
    s->bar_ref[i] = (struct shim_ref){ .shim = s, .i = i };
    memory_region_init_io(&s->bar[i], OBJECT(s), &bar_ops, &s->bar_ref[i],
                          s->model->name, size);
}

static void add_timers(struct shim *s)
{
    for (unsigned i = 0; i < s->model->timers; i++) {
        s->timer_ref[i] = (struct shim_ref){ .shim = s, .i = i };
        s->timer[i] =
            timer_new_ns(QEMU_CLOCK_VIRTUAL, shim_expired, &s->timer_ref[i]);
    }
}

bool shim_init(struct shim *s, Error **errp)
{
    struct nic *n = card_of(s);

    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    memcpy(n->mac, s->conf.macaddr.a, sizeof(n->mac));
    nic_init(n, s->model, &shim_host);
    return set_props(s, errp);
}

void shim_start(struct shim *s, AddressSpace *as)
{
    s->as = as;
    add_timers(s);
    s->bh = qemu_bh_new_guarded(shim_bh, s, &s->dev.mem_reentrancy_guard);
    s->running = qemu_add_vm_change_state_handler(shim_running, s);
    shim_net_init(s);
    card_of(s)->tracing = s->trace;
    nic_reset(card_of(s), NIC_RESET_POWER);
}

void shim_stop(struct shim *s)
{
    /* QEMU must not tell of a frame that it sent when we are gone */
    shim_net_reset(s);
    qemu_del_vm_change_state_handler(s->running);
    qemu_bh_delete(s->bh);
    for (unsigned i = 0; i < s->model->timers; i++) {
        timer_free(s->timer[i]);
    }
    shim_net_exit(s);
}

void shim_reset(struct shim *s)
{
    shim_net_reset(s);
    nic_reset(card_of(s), NIC_RESET_BUS);
}

/*
 * Migration: the card's own format, as a blob that is checked on arrival.  No
 * frames go along: QEMU itself clears its queues when the machine stops, and
 * what then still waits in the port is lost as on any cable that is moved.
 */

static int state_free(void *opaque)
{
    struct shim *s = opaque;

    g_free(s->state);
    s->state = NULL;
    return 0;
}

static int state_save(void *opaque)
{
    struct shim *s = opaque;
    struct nic *n = card_of(s);

    port_settle(s->port);
    s->state_len = (uint32_t)nic_save(n, NULL, 0);
    s->state = g_malloc(s->state_len);
    nic_save(n, s->state, s->state_len);
    if (s->bus->saving) {
        s->bus->saving(s);
    }
    return 0;
}

static bool state_len_ok(void *opaque, int version)
{
    struct shim *s = opaque;

    return s->state_len > 0 && s->state_len <= STATE_MAX;
}

static int state_load(void *opaque, int version)
{
    struct shim *s = opaque;
    struct nic *n = card_of(s);
    const char *wrong;

    s->loading = true;
    shim_net_reset(s);
    wrong = nic_load(n, s->state, s->state_len);
    s->loading = false;
    state_free(s);
    if (wrong) {
        error_report("%s: saved state refused: %s", s->model->name, wrong);
        return -EINVAL;
    }
    s->bus->loaded(s);
    nic_set_link(n, !qemu_get_queue(s->nic)->link_down);
    return 0;
}

static bool on_pci(void *opaque, int version)
{
    return ((struct shim *)opaque)->bus == &shim_pci;
}

static const VMStateField state_fields[] = {
    VMSTATE_STRUCT_TEST(pci, struct shim, on_pci, 0, vmstate_pci_device,
                        PCIDevice),
    VMSTATE_UINT32(state_len, struct shim),
    VMSTATE_VALIDATE("length of the state", state_len_ok),
    VMSTATE_VBUFFER_ALLOC_UINT32(state, struct shim, 0, NULL, state_len),
    VMSTATE_END_OF_LIST()
};

/* Types */

static void class_set_props(DeviceClass *dc, const struct nic_model *m)
{
    const struct nic_isa *isa = m->isa ? m->isa : &(struct nic_isa){ 0 };
    const Property common[] = {
        DEFINE_NIC_PROPERTIES(struct shim, conf),
        DEFINE_PROP_BOOL("x-trace", struct shim, trace, false),
        /* Last, because a PCI card has no jumpers */
        DEFINE_PROP_UINT32("iobase", struct shim, iobase, isa->iobase),
        DEFINE_PROP_UINT32("irq", struct shim, irq, isa->irq),
    };
    unsigned n = ARRAY_SIZE(common) - (m->isa ? 0 : JUMPERS);
    /* Classes live as long as the process, and so does this */
    Property *p = g_new0(Property, n + m->n_props + 1);

    memcpy(p, common, n * sizeof(*p));
    for (unsigned i = 0; i < m->n_props; i++) {
        const struct nic_prop *from = &m->prop[i];
        Property *to = &p[n + i];
        bool is_bool = from->type == NIC_PROP_BOOL;

        to->name = from->name;
        to->info = is_bool ? &qdev_prop_bool : &qdev_prop_uint32;
        to->offset = is_bool ? offsetof(struct shim, prop_bool[i])
                             : offsetof(struct shim, prop_uint[i]);
        to->set_default = true;
        to->defval.u = from->def;
    }
    device_class_set_props(dc, p);
}

static const struct shim_bus *bus_of(const struct nic_model *m)
{
    return m->pci ? &shim_pci : &shim_isa;
}

static void shim_class_init(ObjectClass *klass, void *data)
{
    struct shim_class *sc = (struct shim_class *)klass;
    DeviceClass *dc = DEVICE_CLASS(klass);
    const struct nic_model *m = data;

    sc->model = m;
    sc->vmstate = (VMStateDescription){
        .name = object_class_get_name(klass),
        .version_id = 1,
        .minimum_version_id = 1,
        .pre_load = state_free,
        .pre_save = state_save,
        .post_save = state_free,
        .post_load = state_load,
        .fields = (VMStateField *)state_fields,
    };
    dc->vmsd = &sc->vmstate;
    dc->desc = m->desc;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    class_set_props(dc, m);
    bus_of(m)->class_init(dc, m);
}

static void shim_instance_init(Object *obj)
{
    struct shim *s = (struct shim *)obj;

    s->model = ((struct shim_class *)object_get_class(obj))->model;
    s->bus = bus_of(s->model);
    device_add_bootindex_property(obj, &s->conf.bootindex, "bootindex",
                                  "/ethernet-phy@0", DEVICE(obj));
}

static void register_type(const char *name, const struct nic_model *m)
{
    g_autofree char *full = g_strconcat(TYPE_PREFIX, name, NULL);
    const TypeInfo info = {
        .name = full,
        .parent = bus_of(m)->type,
        .instance_size = sizeof(struct shim) + m->size,
        .instance_init = shim_instance_init,
        .class_size = sizeof(struct shim_class),
        .class_init = shim_class_init,
        .class_data = (void *)m,
        .interfaces = bus_of(m)->interfaces,
    };

    type_register(&info);
}

static void shim_register_types(void)
{
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        register_type((*m)->name, *m);
#ifndef VIFEMU_TAKE_NAMES
        /* QEMU has an alias of its own for its own names */
        if ((*m)->alias) {
            register_type((*m)->alias, *m);
        }
#endif
    }
}

type_init(shim_register_types)
