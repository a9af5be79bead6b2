// SPDX-License-Identifier: MIT
/*
 * nic-host.c - a host for one card, for tests of models
 */
#include "nic-host.h"

#include <glib.h>
#include <string.h>

struct host host;

static bool bar_hit(gpa_t at)
{
    return at.addr >= HOST_BAR && at.addr < HOST_BAR + 0x20000;
}

static bool in_ram(gpa_t at, size_t len)
{
    return at.addr <= HOST_RAM && len <= HOST_RAM - at.addr;
}

static bool dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    if (host.at_dma) {
        host.at_dma(at, len, false);
    }
    if (bar_hit(at)) {
        memset(p, (int)nic_read(n, 0, (uint32_t)at.addr - HOST_BAR, 4), len);
        return true;
    }
    if (!in_ram(at, len) || !n->bus_master) {
        return false;
    }
    memcpy(p, host.ram + at.addr, len);
    return true;
}

static bool dma_write(struct nic *n, gpa_t at, const void *p, size_t len)
{
    if (host.at_dma) {
        host.at_dma(at, len, true);
    }
    if (bar_hit(at)) {
        nic_write(n, 0, (uint32_t)at.addr - HOST_BAR, 4, 0);
        return true;
    }
    if (!in_ram(at, len) || !n->bus_master) {
        return false;
    }
    memcpy(host.ram + at.addr, p, len);
    return true;
}

static void irq(struct nic *n, bool level)
{
    g_assert_cmpint(host.irq, !=, level);
    host.edges += level;
    host.irq = level;
}

static uint64_t now(struct nic *n)
{
    return host.now;
}

static void timer(struct nic *n, unsigned id, uint64_t deadline)
{
    g_assert_cmpuint(id, <, n->model->timers);
}

static void record(const struct nic_frame *f)
{
    struct host_sent *s = &host.sent[host.n_sent % HOST_SENT_MAX];
    size_t at = f->head_len;

    g_free(s->data);
    s->frame = *f;
    s->frame.piece = NULL;
    s->data = g_malloc(f->len);
    memcpy(s->data, f->head, f->head_len);
    for (unsigned i = 0; i < f->n_pieces; i++) {
        struct nic_piece piece = f->piece[i];

        g_assert_cmpuint(piece.len, <=, f->len - at);
        if (piece.own) {
            memcpy(s->data + at, piece.own, piece.len);
        } else if (in_ram(piece.at, piece.len)) {
            memcpy(s->data + at, host.ram + piece.at.addr, piece.len);
        } else {
            memset(s->data + at, 0xee, piece.len);
        }
        at += piece.len;
    }
    g_assert_cmpuint(at, ==, f->len);
    host.n_sent++;
}

static bool send(struct nic *n, struct nic_frame *f)
{
    g_assert_cmpuint(f->head_len, <=, NIC_HEAD_MAX);
    g_assert_cmpuint(f->n_pieces, <=, NIC_PIECES_MAX);
    if (f->gso.type != NIC_GSO_NONE) {
        g_assert_cmpuint(f->gso.mss, >=, 1);
        g_assert_cmpuint(f->gso.hdr_len, <=, f->head_len);
        g_assert_cmpuint(f->len, >, f->gso.hdr_len);
        g_assert_false(f->has_fcs);
    }
    record(f);
    return !host.full;
}

static void wake(struct nic *n)
{
}

static void rx_ready(struct nic *n)
{
    host.ready++;
}

static void pm(struct nic *n)
{
    host.pm++;
}

/* The bytes [from, from + len) of a frame, in a row; to be freed */
static uint8_t *flat(const struct nic_rx *rx, size_t from, size_t len)
{
    uint8_t *all = g_malloc(rx->len ? rx->len : 1), *part;
    size_t at = 0;

    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(all + at, rx->buf[i].data, rx->buf[i].len);
        at += rx->buf[i].len;
    }
    g_assert_cmpuint(at, ==, rx->len);
    g_assert_cmpuint(from, <=, at);
    g_assert_cmpuint(len, <=, at - from);
    part = g_memdup2(all + from, len ? len : 1);
    g_free(all);
    return part;
}

static uint16_t sum(struct nic *n, const struct nic_rx *rx, size_t from,
                    size_t len)
{
    uint8_t *p = flat(rx, from, len);
    uint32_t s = 0;

    host.sums++;
    for (size_t i = 0; i < len; i++) {
        s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    }
    g_free(p);
    while (s >> 16) {
        s = (s & 0xffff) + (s >> 16);
    }
    return (uint16_t)s;
}

uint32_t host_crc(const uint8_t *p, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static uint32_t fcs(struct nic *n, const struct nic_rx *rx, size_t len)
{
    uint8_t *p = flat(rx, 0, len);
    uint32_t crc = host_crc(p, len);

    host.crcs++;
    g_free(p);
    return crc;
}

static void trace(struct nic *n, const struct nic_trace *t)
{
    g_assert_true(n->tracing);
}

static const struct nic_host ops = {
    .dma_read = dma_read,
    .dma_write = dma_write,
    .irq = irq,
    .now = now,
    .timer = timer,
    .send = send,
    .wake = wake,
    .rx_ready = rx_ready,
    .pm = pm,
    .sum = sum,
    .fcs = fcs,
    .trace = trace,
};

void host_start(const char *name)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    const struct nic_model *model = NULL;

    for (unsigned i = 0; nic_models[i]; i++) {
        if (!strcmp(nic_models[i]->name, name)) {
            model = nic_models[i];
        }
    }
    g_assert_nonnull(model);
    host_stop();
    memset(&host, 0, sizeof(host));
    host.now = 1000000;
    host.nic = g_malloc0(model->size);
    memcpy(host.nic->mac, mac, sizeof(mac));
    nic_init(host.nic, model, &ops);
    nic_reset(host.nic, NIC_RESET_POWER);
    nic_set_bus_master(host.nic, true);
    host.ready = 0;
}

void host_stop(void)
{
    for (unsigned i = 0; i < HOST_SENT_MAX; i++) {
        g_clear_pointer(&host.sent[i].data, g_free);
    }
    g_clear_pointer(&host.nic, g_free);
}

unsigned host_run(void)
{
    unsigned visits = 0;

    nic_settle(host.nic);
    while (host.nic->work && (host.nic->bus_master || host.nic->model->slave)) {
        bool more = nic_run(host.nic);

        visits++;
        g_assert_cmpuint(visits, <, 100000);
        if (!more) {
            break;
        }
    }
    return visits;
}

uint32_t host_read(unsigned bar, uint32_t off, unsigned size)
{
    uint32_t val = nic_read(host.nic, bar, off, size);

    host_run();
    return val;
}

void host_write(unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
    nic_write(host.nic, bar, off, size, val);
    host_run();
}

uint32_t rd(uint32_t off)
{
    return host_read(0, off, 4);
}

void wr(uint32_t off, uint32_t val)
{
    host_write(0, off, 4, val);
}

void host_step(uint64_t ns)
{
    uint64_t end = host.now + ns;

    for (;;) {
        unsigned next = 0;

        for (unsigned id = 1; id < host.nic->model->timers; id++) {
            if (host.nic->deadline[id] < host.nic->deadline[next]) {
                next = id;
            }
        }
        if (host.nic->deadline[next] > end) {
            break;
        }
        host.now = MAX(host.now, host.nic->deadline[next]);
        nic_expired(host.nic, next);
        host_run();
    }
    host.now = end;
}

bool host_receive(const void *data, size_t len, unsigned flags)
{
    struct nic_buf buf = { data, len };
    struct nic_rx rx = { &buf, 1, len, flags };
    bool taken = nic_receive(host.nic, &rx);

    host_run();
    return taken;
}

void host_loop(void)
{
    unsigned n = MIN(host.n_sent, HOST_SENT_MAX);

    for (unsigned i = 0; i < n; i++) {
        const struct host_sent *s = &host.sent[i];

        if (s->frame.loop) {
            host_receive(s->data, s->frame.len,
                         NIC_RX_LOOPED | (s->frame.has_fcs ? NIC_RX_FCS : 0));
        }
    }
    host.n_sent = 0;
}

void put16(uint32_t at, uint16_t val)
{
    host.ram[at] = (uint8_t)val;
    host.ram[at + 1] = (uint8_t)(val >> 8);
}

void put32(uint32_t at, uint32_t val)
{
    put16(at, (uint16_t)val);
    put16(at + 2, (uint16_t)(val >> 16));
}

void put64(uint32_t at, uint64_t val)
{
    put32(at, (uint32_t)val);
    put32(at + 4, (uint32_t)(val >> 32));
}

uint16_t get16(uint32_t at)
{
    return (uint16_t)(host.ram[at] | host.ram[at + 1] << 8);
}

uint32_t get32(uint32_t at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

uint64_t get64(uint32_t at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}
