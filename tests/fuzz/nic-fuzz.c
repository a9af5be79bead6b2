// SPDX-License-Identifier: MIT
/*
 * nic-fuzz.c - a hostile guest, network, host and saved state for any model
 *
 * The input is a program: its first bytes choose the model and its properties,
 * the rest are steps (enum op) for a small machine made of one card, its port
 * (net/port.c, as in the real hosts), RAM and a clock.  Bus addresses that are
 * not RAM are the card's own BARs, or nothing.  After each step the invariants
 * of machine_check() must hold; a violation aborts.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/nic.h"
#include "net/port.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/nic-fuzz.h"

enum {
    RAM_SIZE = 1 << 17,
    HOLE = 0x3000, /* In RAM, a page that cannot be mapped, only copied */
    PAGE = 4096,
    FRAME_MAX = NIC_RX_MAX + 4,
    BUFS_MAX = 5,

    /* One call into a card may not do more than this */
    CALLS_MAX = 1 << 15,
    BYTES_MAX = 1 << 23,
    /* Visits that one step gives, and those in a row that may be idle */
    VISITS_MAX = 64,
    IDLE_MAX = 3,
    EXPIRIES_MAX = 64,
    /* Saving is slow: packet memory alone is 16384 elements */
    SAVES_MAX = 3,
};

#define BAR_BASE(bar) (0xe0000000u + (uint64_t)(bar)*0x1000000u)

/**
 * struct machine - What the card is in
 * @in, @left:  Input not used yet
 * @room:       The backend takes frames
 * @fault:      DMA fails after so many more calls; 0: never
 * @calls, @bytes: Of DMA, since the card was last entered
 * @progress:   Useful things done in this visit
 * @saves:      Still allowed
 */
struct machine {
    struct nic *nic;
    struct port *port;
    const uint8_t *in;
    size_t left;
    uint64_t now;
    uint64_t deadline[NIC_TIMERS_MAX];
    bool irq, woken, room;
    unsigned fault, calls, progress, saves;
    size_t bytes;
    uint64_t digest;
    uint8_t ram[RAM_SIZE];
};

static struct machine machine;

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

static uint32_t take(struct machine *m, unsigned bytes)
{
    return fuzz_take(&m->in, &m->left, bytes);
}

/* The host */

static bool bus_access(struct machine *m, gpa_t at, void *p, size_t len,
                       bool write)
{
    const struct nic_pci *pci = m->nic->model->pci;
    uint8_t *bytes = p;

    for (unsigned b = 0; pci && b < 6; b++) {
        uint64_t off = at.addr - BAR_BASE(b);

        if (off >= pci->bar[b].size) {
            continue;
        }
        /* A few dwords tell as much as all of them */
        for (size_t i = 0; i < len && i < 64; i++) {
            uint32_t reg = (uint32_t)off + (uint32_t)i;

            if (write) {
                nic_write(m->nic, b, reg, 1, bytes[i]);
            } else {
                bytes[i] = (uint8_t)nic_read(m->nic, b, reg, 1);
            }
        }
        return true;
    }
    return false;
}

static bool dma(struct machine *m, gpa_t at, void *p, size_t len, bool write)
{
    m->calls++;
    m->bytes += len;
    MUST(m->calls <= CALLS_MAX && m->bytes <= BYTES_MAX);
    if (m->fault && !--m->fault) {
        m->fault = 1;
        return false;
    }
    if (at.addr >= RAM_SIZE || len > RAM_SIZE - at.addr) {
        if (!write) {
            memset(p, 0xa5, len);
        }
        return bus_access(m, at, p, len, write);
    }
    if (write) {
        memcpy(m->ram + at.addr, p, len);
    } else {
        memcpy(p, m->ram + at.addr, len);
    }
    m->progress++;
    return true;
}

static bool host_dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    return dma(&machine, at, p, len, false);
}

static bool host_dma_write(struct nic *n, gpa_t at, const void *p, size_t len)
{
    return dma(&machine, at, (void *)(uintptr_t)p, len, true);
}

static void host_irq(struct nic *n, bool level)
{
    MUST(machine.irq != level);
    machine.irq = level;
}

static uint64_t host_now(struct nic *n)
{
    return machine.now;
}

static void host_timer(struct nic *n, unsigned id, uint64_t deadline)
{
    MUST(id < n->model->timers);
    machine.deadline[id] = deadline;
}

/* What struct nic_frame promises */
static void frame_check(const struct nic_frame *f)
{
    uint64_t len = f->head_len;

    MUST(f->head_len <= NIC_HEAD_MAX && f->n_pieces <= NIC_PIECES_MAX);
    for (unsigned i = 0; i < f->n_pieces; i++) {
        len += f->piece[i].len;
    }
    MUST(len == f->len && f->len > 0);
    if (f->gso.type == NIC_GSO_NONE) {
        return;
    }
    MUST(!f->has_fcs && f->gso.mss > 0);
    MUST(f->gso.hdr_len <= NIC_HEAD_COPY + 4);
    MUST(f->gso.hdr_len <= f->head_len);
    MUST(f->gso.ip + (f->gso.ipv6 ? 6 : 4) <= f->gso.hdr_len);
    MUST(f->gso.l4 + (f->gso.type == NIC_GSO_TCP ? 14 : 6) <= f->gso.hdr_len);
}

static bool host_send(struct nic *n, struct nic_frame *f)
{
    bool go_on;

    frame_check(f);
    machine.progress++;
    /* What the port reads is not the card's work */
    unsigned calls = machine.calls;
    size_t bytes = machine.bytes;

    go_on = port_send(machine.port, f);
    machine.calls = calls + 1;
    machine.bytes = bytes;
    return go_on;
}

static void host_wake(struct nic *n)
{
    machine.woken = true;
}

static void host_rx_ready(struct nic *n)
{
    port_rx_ready(machine.port);
}

static void host_pm(struct nic *n)
{
    MUST(!(n->pmcsr & ~(PMCSR_STATE | PMCSR_PME_EN | PMCSR_DATA_SELECT |
                        PMCSR_DATA_SCALE | PMCSR_PME_STATUS)));
}

static uint16_t host_sum(struct nic *n, const struct nic_rx *rx, size_t from,
                         size_t len)
{
    MUST(from <= rx->len && len <= rx->len - from);
    return port_sum(rx, from, len);
}

static uint32_t host_fcs(struct nic *n, const struct nic_rx *rx, size_t len)
{
    MUST(len <= rx->len);
    return port_fcs(rx, len);
}

static void host_trace(struct nic *n, const struct nic_trace *t)
{
    MUST(n->tracing && t->name);
    machine.digest += strlen(t->name) + (t->file ? strlen(t->file) : 0);
}

static const struct nic_host host = {
    .dma_read = host_dma_read,
    .dma_write = host_dma_write,
    .irq = host_irq,
    .now = host_now,
    .timer = host_timer,
    .send = host_send,
    .wake = host_wake,
    .rx_ready = host_rx_ready,
    .pm = host_pm,
    .sum = host_sum,
    .fcs = host_fcs,
    .trace = host_trace,
};

/* The backend */

static const void *port_map(void *arg, gpa_t at, size_t *len)
{
    size_t page = PAGE - (at.addr & (PAGE - 1));

    if (at.addr >= RAM_SIZE || (at.addr & ~(PAGE - 1ull)) == HOLE) {
        return NULL;
    }
    *len = *len < page ? *len : page;
    return machine.ram + at.addr;
}

static bool port_out(void *arg, const struct iovec *iov, unsigned n,
                     const struct offload_hdr *off)
{
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        const uint8_t *p = iov[i].iov_base;

        for (size_t b = 0; b < iov[i].iov_len; b += 61) {
            machine.digest += p[b];
        }
        len += iov[i].iov_len;
    }
    MUST(len > 0 && len <= (off ? 0x100000u + NIC_HEAD_MAX : NIC_RX_MAX));
    return machine.room;
}

static void port_flush(void *arg)
{
}

static void port_defer(void *arg)
{
    machine.woken = true;
}

static const struct port_ops port_ops = {
    .map = port_map,
    .send = port_out,
    .flush = port_flush,
    .defer = port_defer,
};

/* Invariants */

static bool peek(struct nic *n, const char *name, uint64_t *val)
{
    const struct regfile *rf = n->model->regs[0];

    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (!r->alias && reg_present(r, n) && !strcmp(r->name, name)) {
            *val = regs_peek(rf, r, n, 0);
            return true;
        }
    }
    return false;
}

static void machine_check(struct machine *m)
{
    struct nic *n = m->nic;
    uint64_t cause, mask;

    MUST(!n->entered);
    MUST(n->irq_level == m->irq);
    MUST((n->pmcsr & PMCSR_STATE) == 0 || (n->pmcsr & PMCSR_STATE) == PMCSR_D3);
    for (unsigned i = 0; i < n->model->timers; i++) {
        MUST(n->deadline[i] == m->deadline[i]);
    }
    /* Nobody forgets what there is to do */
    MUST(!n->work || !n->bus_master || !m->room || m->woken);
    if (m->irq && peek(n, "ICR", &cause) && peek(n, "IMS", &mask)) {
        MUST(cause & mask);
    }
    if (m->irq && peek(n, "ISR", &cause) && peek(n, "IMR", &mask)) {
        MUST(cause & mask);
    }
    m->calls = 0;
    m->bytes = 0;
}

/* Steps */

/* Have CR show the page of register @off of a file that begins at @first */
static uint32_t turn_page(struct machine *m, unsigned first, uint32_t off)
{
    nic_write(m->nic, 0, 0, 1, (first + off / 16) << 6);
    return off % 16;
}

/**
 * choose() - A register by its number, see paged_from()
 * @size: Set to its width
 *
 * Return: where in BAR 0 it is now
 */
static uint32_t choose(struct machine *m, unsigned *size)
{
    const struct regfile *const *rf = m->nic->model->regs;
    unsigned row = take(m, 2), i = take(m, 1), n = (unsigned)rf[0]->n;
    const struct reg *r;
    uint32_t off;

    for (unsigned f = 1; rf[f] && paged_from(rf[f]) >= 0; f++) {
        n += (unsigned)rf[f]->n;
    }
    for (row %= n; row >= (*rf)->n; rf++) {
        row -= (unsigned)(*rf)->n;
    }
    r = &(*rf)->reg[row];
    off = r->offset + i % reg_count(r) * (r->stride ? r->stride : r->width);
    *size = r->width < 4 ? r->width : 4;
    return paged_from(*rf) < 0 ? off
                               : turn_page(m, (unsigned)paged_from(*rf), off);
}

static unsigned choose_size(uint32_t from)
{
    return from % 8 == 1 ? 1 : from % 8 == 2 ? 2 : 4;
}

static void op_write(struct machine *m)
{
    unsigned size;
    uint32_t off = choose(m, &size);
    uint32_t val = take(m, 4);

    nic_write(m->nic, 0, off, size, val);
}

static void op_read(struct machine *m)
{
    unsigned size;
    uint32_t off = choose(m, &size);

    m->digest += nic_read(m->nic, 0, off, size);
}

static void op_access(struct machine *m)
{
    uint32_t how = take(m, 1), off = take(m, 3), val = take(m, 4);
    unsigned bar = how >> 4 & 7, size = choose_size(how);

    /* Small register files are hit, too */
    if (how & 0x80) {
        off &= 0xff;
    }
    if (how & 8) {
        m->digest += nic_read(m->nic, bar, off, size);
    } else {
        nic_write(m->nic, bar, off, size, val);
    }
}

static void op_memory(struct machine *m)
{
    uint32_t at = take(m, 3) % RAM_SIZE;
    uint32_t len = take(m, 1), copies = take(m, 1) + 1, n;

    len = len < m->left ? len : (uint32_t)m->left;
    for (n = 0; n < copies && at + len <= RAM_SIZE; n++) {
        memcpy(m->ram + at, m->in, len);
        at += len;
    }
    m->in += len;
    m->left -= len;
}

/* The first bytes of a frame, by @kind */
static size_t frame_start(uint8_t *f, unsigned kind)
{
    static const uint8_t ip4[] = { 8, 0, 0x45, 0,  0, 46, 0, 1,  0, 0, 64,
                                   6, 0, 0,    10, 0, 0,  1, 10, 0, 0, 2 };
    static const uint8_t ip6[] = { 0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, 17, 255 };
    static const uint8_t pause[] = { 1, 0x80, 0xc2, 0, 0, 1 };

    memset(f, 0xff, 6);
    memcpy(f + 6, mac, 6);
    f[11] ^= 1;
    switch (kind) {
    case FRAME_BROADCAST:
        return 12;
    case FRAME_UNICAST:
        memcpy(f, mac, 6);
        return 12;
    case FRAME_IP4:
        memcpy(f, mac, 6);
        memcpy(f + 12, ip4, sizeof(ip4));
        return 12 + sizeof(ip4);
    case FRAME_IP6:
        memcpy(f, mac, 6);
        memcpy(f + 12, ip6, sizeof(ip6));
        return 12 + sizeof(ip6);
    case FRAME_VLAN:
        memcpy(f, mac, 6);
        memcpy(f + 12, "\x81\x00\x00\x05", 4);
        memcpy(f + 16, ip4, sizeof(ip4));
        return 16 + sizeof(ip4);
    case FRAME_MAGIC:
        memset(f + 12, 0xff, 6);
        for (unsigned i = 0; i < 16; i++) {
            memcpy(f + 18 + 6 * i, mac, 6);
        }
        return 18 + 96;
    case FRAME_PAUSE:
        memcpy(f, pause, 6);
        memcpy(f + 12, "\x88\x08\x00\x01", 4);
        return 16;
    default:
        return 0;
    }
}

static void op_receive(struct machine *m)
{
    uint32_t how = take(m, 1), len = 1 + take(m, 2) % FRAME_MAX;
    unsigned n_bufs = 1 + take(m, 1) % BUFS_MAX, own = take(m, 1) % 64;
    static uint8_t flat[FRAME_MAX + 128];
    struct nic_buf buf[BUFS_MAX];
    uint8_t *copy[BUFS_MAX];
    struct nic_rx rx = { .buf = buf, .n = n_bufs, .len = len };
    size_t at = frame_start(flat, how & 7), cut = 0;

    for (unsigned i = 0; i < own; i++) {
        flat[at++] = (uint8_t)take(m, 1);
    }
    for (; at < len; at++) {
        flat[at] = (uint8_t)(at * 7);
    }
    if (how & 0x40) {
        uint32_t fcs;

        rx.flags |= NIC_RX_FCS;
        buf[0] = (struct nic_buf){ flat, len };
        fcs = len > 4 ? port_fcs(&rx, len - 4) : 0;
        for (unsigned i = 0; i < 4 && len > 4 && (how & 0x80); i++) {
            flat[len - 4 + i] = (uint8_t)(fcs >> (8 * i));
        }
    } else {
        rx.len = len = len < NIC_RX_MAX ? len : NIC_RX_MAX;
        rx.flags |= how & 0x20 ? (unsigned)NIC_RX_CSUM_GOOD : 0u;
    }
    /* Buffers of their own, so that each byte too far is noticed */
    for (unsigned i = 0; i < n_bufs; i++) {
        size_t part = i + 1 < n_bufs ? take(m, 2) % (len - cut + 1) : len - cut;

        copy[i] = malloc(part ? part : 1);
        memcpy(copy[i], flat + cut, part);
        buf[i] = (struct nic_buf){ copy[i], part };
        cut += part;
    }
    m->digest += port_receive(m->port, &rx);
    for (unsigned i = 0; i < n_bufs; i++) {
        free(copy[i]);
    }
}

static bool expire_one(struct machine *m, uint64_t until)
{
    unsigned first = NIC_TIMERS_MAX;

    for (unsigned i = 0; i < m->nic->model->timers; i++) {
        if (m->deadline[i] <= until &&
            (first == NIC_TIMERS_MAX || m->deadline[i] < m->deadline[first])) {
            first = i;
        }
    }
    if (first == NIC_TIMERS_MAX) {
        return false;
    }
    if (m->deadline[first] > m->now) {
        m->now = m->deadline[first];
    }
    m->deadline[first] = NIC_TIMER_OFF;
    nic_expired(m->nic, first);
    machine_check(m);
    return true;
}

static void op_clock(struct machine *m)
{
    uint64_t until = m->now + (1ull << take(m, 1) % 34);
    uint64_t begin = m->now;
    unsigned n = 0, at_once = 0;

    while (n++ < EXPIRIES_MAX && expire_one(m, until)) {
        /* A timer that keeps coming due at the same time hangs a host */
        at_once = m->now == begin ? at_once + 1 : 0;
        begin = m->now;
        MUST(at_once < EXPIRIES_MAX / 2);
    }
    if (m->now < until) {
        m->now = until;
    }
}

static void op_run(struct machine *m)
{
    unsigned idle = 0;

    for (unsigned i = 0; i < VISITS_MAX && m->woken; i++) {
        m->woken = false;
        m->progress = 0;
        if (port_run(m->port)) {
            m->woken = true;
        }
        machine_check(m);
        idle = m->progress ? 0 : idle + 1;
        MUST(idle < IDLE_MAX);
    }
}

static void op_host(struct machine *m)
{
    uint32_t how = take(m, 1);

    switch (how & 7) {
    case HOST_LINK:
        nic_set_link(m->nic, how & 8);
        break;
    case HOST_BUS_MASTER:
        nic_set_bus_master(m->nic, how & 8);
        break;
    case HOST_PMCSR:
        nic_set_pmcsr(m->nic, (uint16_t)take(m, 2),
                      how & 8 ? 0xffff : (uint16_t)(how & 16 ? 0xff : 0xff00));
        break;
    case HOST_RESET:
        port_reset(m->port);
        /* The fourth kind is the card's own affair */
        nic_reset(m->nic, (how >> 3 & 3) % NIC_RESET_CHIP);
        break;
    case HOST_BACKEND:
        m->room = how & 8;
        if (m->room) {
            port_writable(m->port);
        }
        break;
    case HOST_FAULT:
        m->fault = how >> 3;
        break;
    case HOST_FILTER: {
        struct nic_filter f;

        if (m->nic->model->filter) {
            m->nic->model->filter(m->nic, &f);
            MUST(f.n_table <= NIC_N(f.table));
        }
        break;
    }
    default:
        m->nic->tracing = how & 8;
    }
}

static uint8_t *save(struct nic *n, size_t *len)
{
    uint8_t *buf;

    *len = nic_save(n, NULL, 0);
    buf = malloc(*len);
    MUST(nic_save(n, buf, *len) == *len);
    return buf;
}

/* Where two states differ is best seen by a diff of hexadecimal */
static void dump(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool printable = p[i] >= 0x20 && p[i] < 0x7f;

        fprintf(stderr, printable ? "%c" : "\\%02x", p[i]);
    }
    fprintf(stderr, "\n");
}

/* Saving changes nothing, and what was saved loads and is the same again */
static void op_migrate(struct machine *m)
{
    size_t len, again;
    uint8_t *a = save(m->nic, &len), *b;

    MUST(!nic_load(m->nic, a, len));
    b = save(m->nic, &again);
    if (len != again || memcmp(a, b, len)) {
        dump(a, len);
        dump(b, again);
        MUST(false);
    }
    free(a);
    free(b);
}

static void op_bad_state(struct machine *m)
{
    unsigned edits = 1 + take(m, 1) % 8;
    size_t len;
    uint8_t *buf = save(m->nic, &len);
    const char *bad;

    for (unsigned i = 0; i < edits; i++) {
        buf[take(m, 3) % len] = (uint8_t)take(m, 1);
    }
    if (take(m, 1) == 0xff) {
        len = take(m, 3) % len;
    }
    bad = nic_load(m->nic, buf, len);
    MUST(!bad || strlen(bad) > 0);
    free(buf);
}

static void step(struct machine *m)
{
    unsigned what;

    static void (*const op[])(struct machine * m) = {
        [OP_WRITE] = op_write,     [OP_READ] = op_read,
        [OP_ACCESS] = op_access,   [OP_MEMORY] = op_memory,
        [OP_RECEIVE] = op_receive, [OP_CLOCK] = op_clock,
        [OP_RUN] = op_run,         [OP_HOST] = op_host,
        [OP_MIGRATE] = op_migrate, [OP_BAD_STATE] = op_bad_state,
    };

    what = take(m, 1) % NIC_N(op);
    if (what == OP_MIGRATE || what == OP_BAD_STATE) {
        if (!m->saves) {
            return;
        }
        m->saves--;
    }
    op[what](m);
    machine_check(m);
}

static unsigned models(void)
{
    unsigned n = 0;

    while (nic_models[n]) {
        n++;
    }
    return n;
}

/* Each input allocates a card and a port: keep the memory warm */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine *m = &machine;
    const struct nic_model *model;
    uint32_t props;

    memset(m, 0, sizeof(*m));
    m->in = data;
    m->left = size;
    m->now = 1000000000;
    m->room = true;
    m->saves = SAVES_MAX;
    for (unsigned i = 0; i < NIC_TIMERS_MAX; i++) {
        m->deadline[i] = NIC_TIMER_OFF;
    }
    model = nic_models[take(m, 1) % models()];
    props = take(m, 1);
    m->nic = calloc(1, model->size);
    memcpy(m->nic->mac, mac, sizeof(mac));
    nic_init(m->nic, model, &host);
    for (unsigned i = 0; i < model->n_props; i++) {
        const struct nic_prop *p = &model->prop[i];

        if (!(props >> (i & 7) & 1)) {
            continue;
        }
        if (p->type == NIC_PROP_BOOL) {
            m->nic->prop[i] ^= 1;
        } else {
            m->nic->prop[i] = p->min + take(m, 2) % (p->max - p->min + 1);
        }
    }
    m->port =
        port_new(m->nic, &port_ops, m,
                 props & 0x80 ? OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6 : 0);
    nic_reset(m->nic, NIC_RESET_POWER);
    nic_set_bus_master(m->nic, true);
    machine_check(m);
    while (m->left) {
        step(m);
    }
    op_run(m);
    port_free(m->port);
    free(m->nic);
    return 0;
}
