// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifemu-shim.c - every vifemu model as a PCI device of QEMU
 *
 * One QOM type is registered per entry of nic_models[]; realize builds BARs,
 * capabilities, timers and properties from the model's description, so that a
 * new model needs no line here.  The types are called vifemu-<model>; with
 * VIFEMU_TAKE_NAMES they take the models' own names, which are QEMU's.
 *
 * A guest's access only marks work.  The visit that does it is a bottom half,
 * so no vCPU waits for a ring to drain; under qtest it is run before the
 * access is answered, so that tests see no difference.  Bottom halves also run
 * while the machine is stopped, when guest memory must not change (migration):
 * then the visit waits until it runs again.
 *
 * DMA reaches RAM only: not another device's registers, and not our own.
 */
/* Before all others: it decides what the system headers declare */
#include "qemu/osdep.h"

#include "hw/pci/msi.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-net.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "sysemu/qtest.h"
#include "sysemu/runstate.h"
#include "sysemu/sysemu.h"

#include "hw/nic.h"
#include "net/port.h"

#ifdef VIFEMU_TAKE_NAMES
#define TYPE_PREFIX ""
#else
#define TYPE_PREFIX "vifemu-"
#endif

/* As many visits are made before a qtest access is answered, at most */
#define QTEST_VISITS 64

/* A saved state is kilobytes; what claims to be more than this is not one */
#define STATE_MAX (1u << 20)

/**
 * struct shim_ref - What a callback with one pointer needs: which of several
 */
struct shim_ref {
    struct shim *shim;
    unsigned i;
};

/**
 * struct shim - One card in QEMU
 * @prop_bool, @prop_uint: Where qdev puts properties, by index of the model's
 *              list; which of the two is used depends on the property's type
 * @bh:         The deferred visit
 * @running:    Tells when the machine runs again
 * @blocked:    QEMU queues a frame of ours; no more until it was sent
 * @loading:    The pin's level comes from a saved state: it is no edge
 * @state, @state_len: The card's saved state, only while saving or loading
 * @card:       The model's instance, of model->size bytes
 */
struct shim {
    PCIDevice pci;
    NICState *nic;
    NICConf conf;
    const struct nic_model *model;
    struct port *port;
    MemoryRegion bar[6];
    struct shim_ref bar_ref[6], timer_ref[NIC_TIMERS_MAX];
    QEMUTimer *timer[NIC_TIMERS_MAX];
    bool prop_bool[NIC_PROPS_MAX], trace;
    uint32_t prop_uint[NIC_PROPS_MAX];
    QEMUBH *bh;
    VMChangeStateEntry *running;
    bool blocked, loading;
    uint8_t *state;
    uint32_t state_len;
    uint8_t card[] QEMU_ALIGNED(16);
};

/**
 * struct shim_class - A type: which model it is, and what qdev keeps by pointer
 */
struct shim_class {
    PCIDeviceClass parent;
    const struct nic_model *model;
    VMStateDescription vmstate;
};

static struct nic *card_of(struct shim *s)
{
    return (struct nic *)s->card;
}

static struct shim *shim_of(struct nic *n)
{
    return (struct shim *)((uint8_t *)n - offsetof(struct shim, card));
}

static struct shim *shim_of_queue(NetClientState *nc)
{
    return qemu_get_nic_opaque(nc);
}

/* Card -> QEMU */

static bool shim_dma(struct nic *n, gpa_t at, void *p, size_t len,
                     DMADirection dir)
{
    const MemTxAttrs ram_only = { .memory = true };

    return pci_dma_rw(&shim_of(n)->pci, at.addr, p, len, dir, ram_only) ==
           MEMTX_OK;
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

    if (s->loading) {
        return;
    }
    if (!msi_enabled(&s->pci)) {
        pci_set_irq(&s->pci, level);
    } else if (level) {
        msi_notify(&s->pci, 0);
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

static bool shim_send(struct nic *n, const struct nic_frame *f)
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

/* Port -> QEMU */

static const void *port_map(void *host, gpa_t at, size_t *len)
{
    struct shim *s = host;
    AddressSpace *as = pci_get_address_space(&s->pci);
    dma_addr_t mapped = *len;
    const void *p = NULL;

    RCU_READ_LOCK_GUARD();
    /* Of what is no RAM, QEMU would make a bounce buffer by reading it */
    if (memory_access_is_direct(address_space_translate(as, at.addr,
                                                        &(hwaddr){ 0 },
                                                        &(hwaddr){ 1 }, false,
                                                        MEMTXATTRS_UNSPECIFIED),
                                false)) {
        p = pci_dma_map(&s->pci, at.addr, &mapped, DMA_DIRECTION_TO_DEVICE);
    }
    *len = p ? mapped : 0;
    return p;
}

static void port_unmap(void *host, const void *p, size_t len)
{
    struct shim *s = host;

    pci_dma_unmap(&s->pci, (void *)p, len, DMA_DIRECTION_TO_DEVICE, len);
}

static void frame_sent(NetClientState *nc, ssize_t ret)
{
    struct shim *s = shim_of_queue(nc);

    s->blocked = false;
    port_writable(s->port);
}

static bool port_to_queue(void *host, const struct iovec *iov, unsigned n,
                          const struct offload_hdr *off)
{
    struct shim *s = host;

    if (s->blocked) {
        return false;
    }
    /* 0: QEMU keeps a copy and calls back when that is out */
    s->blocked = !qemu_sendv_packet_async(qemu_get_queue(s->nic), iov, (int)n,
                                          frame_sent);
    return true;
}

static void port_flush(void *host)
{
    struct shim *s = host;

    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

static void port_defer(void *host)
{
    qemu_bh_schedule(((struct shim *)host)->bh);
}

static const struct port_ops shim_port = {
    .map = port_map,
    .unmap = port_unmap,
    .send = port_to_queue,
    .flush = port_flush,
    .defer = port_defer,
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
    }
}

static const MemoryRegionOps bar_ops = {
    .read = bar_read,
    .write = bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

static ssize_t queue_receive(NetClientState *nc, const uint8_t *buf, size_t len)
{
    struct shim *s = shim_of_queue(nc);
    const struct nic_buf piece = { .data = buf, .len = len };
    const struct nic_rx rx = { .buf = &piece, .n = 1, .len = len };

    /* 0 would make QEMU keep it until port_flush(), an empty frame too */
    return port_receive(s->port, &rx) ? MAX((ssize_t)len, 1) : 0;
}

static void queue_link(NetClientState *nc)
{
    nic_set_link(card_of(shim_of_queue(nc)), !nc->link_down);
}

static RxState rx_state(int mode)
{
    return mode == NIC_FILTER_ALL    ? RX_STATE_ALL
           : mode == NIC_FILTER_NONE ? RX_STATE_NONE
                                     : RX_STATE_NORMAL;
}

static RxFilterInfo *queue_filter(NetClientState *nc)
{
    struct shim *s = shim_of_queue(nc);
    RxFilterInfo *info = g_new0(RxFilterInfo, 1);
    struct nic_filter f = { 0 };

    if (s->model->filter) {
        s->model->filter(card_of(s), &f);
    }
    info->name = g_strdup(nc->name);
    info->promiscuous = f.promiscuous;
    info->broadcast_allowed = f.broadcast_allowed;
    info->unicast = rx_state(f.unicast);
    info->multicast = rx_state(f.multicast);
    info->vlan = f.vlan_filter ? RX_STATE_NORMAL : RX_STATE_ALL;
    info->main_mac = qemu_mac_strdup_printf(f.mac);
    for (unsigned i = f.n_table; i > 0; i--) {
        QAPI_LIST_PREPEND(info->unicast_table,
                          qemu_mac_strdup_printf(f.table[i - 1]));
    }
    return info;
}

static NetClientInfo queue_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .receive = queue_receive,
    .link_status_changed = queue_link,
    .query_rx_filter = queue_filter,
};

/* Configuration space */

/* Offset of PMCSR, 0 if the card has none */
static uint32_t pmcsr_at(struct shim *s)
{
    return s->model->pci->pm ? s->model->pci->pm + PCI_PM_CTRL : 0;
}

/* PMCSR lives in the card, which also changes it: show it as it is now */
static void pmcsr_show(struct shim *s)
{
    if (pmcsr_at(s)) {
        pci_set_word(s->pci.config + pmcsr_at(s), card_of(s)->pmcsr);
    }
}

static uint32_t config_read(PCIDevice *pci, uint32_t at, int len)
{
    pmcsr_show((struct shim *)pci);
    return pci_default_read_config(pci, at, len);
}

/* Hand the bytes of an access that fall on PMCSR to the card */
static void pmcsr_write(struct shim *s, uint32_t at, uint32_t val, int len)
{
    uint16_t bits = 0, lanes = 0;

    for (int i = 0; i < len; i++) {
        uint32_t byte = at + i - pmcsr_at(s);

        if (byte < 2) {
            bits |= (uint16_t)((val >> (8 * i) & 0xff) << (8 * byte));
            lanes |= (uint16_t)(0xff << (8 * byte));
        }
    }
    if (lanes && pmcsr_at(s)) {
        nic_set_pmcsr(card_of(s), bits, lanes);
    }
}

static void config_changed(struct shim *s, bool had_msi)
{
    struct nic *n = card_of(s);
    uint16_t command = pci_get_word(s->pci.config + PCI_COMMAND);

    nic_set_bus_master(n, command & PCI_COMMAND_MASTER);
    if (msi_enabled(&s->pci) != had_msi) {
        pci_set_irq(&s->pci, had_msi && n->irq_level);
        if (!had_msi && n->irq_level) {
            msi_notify(&s->pci, 0);
        }
    }
}

static void config_write(PCIDevice *pci, uint32_t at, uint32_t val, int len)
{
    struct shim *s = (struct shim *)pci;
    bool had_msi = msi_enabled(pci);

    pci_default_write_config(pci, at, val, len);
    pmcsr_write(s, at, val, len);
    config_changed(s, had_msi);
}

/* Birth and death */

static bool shim_set_props(struct shim *s, Error **errp)
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

static bool shim_add_capabilities(struct shim *s, Error **errp)
{
    const struct nic_pci *p = s->model->pci;
    PCIDevice *pci = &s->pci;

    /* Each one goes before those there are: the list must begin at PM */
    if (p->msi && msi_init(pci, p->msi, 1, true, false, errp) != 0) {
        return false;
    }
    if (p->pm) {
        if (pci_add_capability(pci, PCI_CAP_ID_PM, p->pm, PCI_PM_SIZEOF, errp) <
            0) {
            return false;
        }
        pci_set_word(pci->config + p->pm + PCI_PM_PMC, p->pmc);
        pci_set_word(pci->wmask + pmcsr_at(s), 0);
        /* It may differ from the card's when a migration arrives */
        pci_set_word(pci->cmask + pmcsr_at(s), 0);
    }
    return true;
}

static void shim_add_bars(struct shim *s)
{
    const struct nic_pci *p = s->model->pci;

    for (unsigned i = 0; i < NIC_N(p->bar); i++) {
        bool io = p->bar[i].kind == NIC_BAR_IO;

        if (p->bar[i].kind == NIC_BAR_NONE) {
            continue;
        }
        s->bar_ref[i] = (struct shim_ref){ .shim = s, .i = i };
        memory_region_init_io(&s->bar[i], OBJECT(s), &bar_ops, &s->bar_ref[i],
                              s->model->name, p->bar[i].size);
        pci_register_bar(&s->pci, (int)i,
                         io ? PCI_BASE_ADDRESS_SPACE_IO
                            : PCI_BASE_ADDRESS_SPACE_MEMORY,
                         &s->bar[i]);
    }
}

static void shim_add_timers(struct shim *s)
{
    for (unsigned i = 0; i < s->model->timers; i++) {
        s->timer_ref[i] = (struct shim_ref){ .shim = s, .i = i };
        s->timer[i] =
            timer_new_ns(QEMU_CLOCK_VIRTUAL, shim_expired, &s->timer_ref[i]);
    }
}

static void shim_realize(PCIDevice *pci, Error **errp)
{
    struct shim *s = (struct shim *)pci;
    MemReentrancyGuard *guard = &DEVICE(pci)->mem_reentrancy_guard;
    struct nic *n = card_of(s);

    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    memcpy(n->mac, s->conf.macaddr.a, sizeof(n->mac));
    nic_init(n, s->model, &shim_host);
    if (!shim_set_props(s, errp) || !shim_add_capabilities(s, errp)) {
        return;
    }
    pci_config_set_interrupt_pin(pci->config, 1);
    pci_set_byte(pci->config + PCI_MIN_GNT, s->model->pci->min_gnt);
    pci_set_byte(pci->config + PCI_MAX_LAT, s->model->pci->max_lat);
    shim_add_bars(s);
    shim_add_timers(s);

    s->nic = qemu_new_nic(&queue_info, &s->conf, object_get_typename(OBJECT(s)),
                          DEVICE(s)->id, guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), n->mac);
    s->bh = qemu_bh_new_guarded(shim_bh, s, guard);
    s->running = qemu_add_vm_change_state_handler(shim_running, s);
    s->port = port_new(n, &shim_port, s, 0);
    n->tracing = s->trace;
    nic_reset(n, NIC_RESET_POWER);
}

static void shim_exit(PCIDevice *pci)
{
    struct shim *s = (struct shim *)pci;

    qemu_del_vm_change_state_handler(s->running);
    qemu_bh_delete(s->bh);
    for (unsigned i = 0; i < s->model->timers; i++) {
        timer_free(s->timer[i]);
    }
    qemu_del_nic(s->nic);
    port_free(s->port);
    msi_uninit(pci);
}

static void shim_reset(DeviceState *dev)
{
    struct shim *s = (struct shim *)dev;

    port_reset(s->port);
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
    nic_set_bus_master(card_of(s), false);
    /* RST# brings the power state back, whatever else auxiliary power keeps */
    nic_set_pmcsr(card_of(s), 0, PMCSR_STATE);
    nic_reset(card_of(s), NIC_RESET_BUS);
}

/*
 * Migration: the card's own format, as a blob that is checked on arrival.  A
 * frame that QEMU had not sent yet is lost, as on any cable that is moved.
 */

static int state_save(void *opaque)
{
    struct shim *s = opaque;
    struct nic *n = card_of(s);

    port_settle(s->port);
    s->state_len = (uint32_t)nic_save(n, NULL, 0);
    s->state = g_malloc(s->state_len);
    nic_save(n, s->state, s->state_len);
    pmcsr_show(s);
    return 0;
}

static int state_saved(void *opaque)
{
    struct shim *s = opaque;

    g_free(s->state);
    s->state = NULL;
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
    port_reset(s->port);
    wrong = nic_load(n, s->state, s->state_len);
    s->loading = false;
    state_saved(s);
    if (wrong) {
        error_report("%s: saved state refused: %s", s->model->name, wrong);
        return -EINVAL;
    }
    nic_set_bus_master(n, pci_get_word(s->pci.config + PCI_COMMAND) &
                              PCI_COMMAND_MASTER);
    nic_set_link(n, !qemu_get_queue(s->nic)->link_down);
    if (!msi_enabled(&s->pci)) {
        pci_set_irq(&s->pci, n->irq_level);
    }
    return 0;
}

static const VMStateField state_fields[] = {
    VMSTATE_PCI_DEVICE(pci, struct shim),
    VMSTATE_UINT32(state_len, struct shim),
    VMSTATE_VALIDATE("length of the state", state_len_ok),
    VMSTATE_VBUFFER_ALLOC_UINT32(state, struct shim, 0, NULL, state_len),
    VMSTATE_END_OF_LIST()
};

/* Types */

static void class_set_props(DeviceClass *dc, const struct nic_model *m)
{
    const Property common[] = {
        DEFINE_NIC_PROPERTIES(struct shim, conf),
        DEFINE_PROP_BOOL("x-trace", struct shim, trace, false),
    };
    /* Classes live as long as the process, and so does this */
    Property *p = g_new0(Property, ARRAY_SIZE(common) + m->n_props + 1);

    memcpy(p, common, sizeof(common));
    for (unsigned i = 0; i < m->n_props; i++) {
        const struct nic_prop *from = &m->prop[i];
        Property *to = &p[ARRAY_SIZE(common) + i];
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

static void shim_class_init(ObjectClass *klass, void *data)
{
    struct shim_class *sc = (struct shim_class *)klass;
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    const struct nic_model *m = data;

    sc->model = m;
    sc->vmstate = (VMStateDescription){
        .name = object_class_get_name(klass),
        .version_id = 1,
        .minimum_version_id = 1,
        .pre_save = state_save,
        .post_save = state_saved,
        .post_load = state_load,
        .fields = (VMStateField *)state_fields,
    };
    dc->vmsd = &sc->vmstate;
    dc->desc = m->desc;
    dc->reset = shim_reset;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    class_set_props(dc, m);

    pc->realize = shim_realize;
    pc->exit = shim_exit;
    pc->config_read = config_read;
    pc->config_write = config_write;
    pc->vendor_id = m->pci->vendor;
    pc->device_id = m->pci->device;
    pc->revision = m->pci->revision;
    pc->subsystem_vendor_id = m->pci->subsystem_vendor;
    pc->subsystem_id = m->pci->subsystem;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->romfile = m->pci->romfile;
}

static void shim_instance_init(Object *obj)
{
    struct shim *s = (struct shim *)obj;

    s->model = ((struct shim_class *)object_get_class(obj))->model;
    device_add_bootindex_property(obj, &s->conf.bootindex, "bootindex",
                                  "/ethernet-phy@0", DEVICE(obj));
}

static void register_type(const char *name, const struct nic_model *m)
{
    g_autofree char *full = g_strconcat(TYPE_PREFIX, name, NULL);
    const TypeInfo info = {
        .name = full,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(struct shim) + m->size,
        .instance_init = shim_instance_init,
        .class_size = sizeof(struct shim_class),
        .class_init = shim_class_init,
        .class_data = (void *)m,
        .interfaces =
            (InterfaceInfo[]){ { INTERFACE_CONVENTIONAL_PCI_DEVICE }, {} },
    };

    type_register(&info);
}

static void shim_register_types(void)
{
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        if (!(*m)->pci) {
            continue;
        }
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
