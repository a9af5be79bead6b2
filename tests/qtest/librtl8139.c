// SPDX-License-Identifier: MIT
/*
 * librtl8139.c - a small driver for the RTL8139, and the frame of its tests
 */
#include "librtl8139.h"

#include <string.h>

_Static_assert(sizeof(struct desc) == 16, "8139C(L)+: descriptors");
_Static_assert(sizeof(struct tally) == 64, "8139C(L)+: DTCCR");
_Static_assert(G_BYTE_ORDER == G_LITTLE_ENDIAN,
               "descriptors are copied as they are");

enum {
    SENTINEL_LEN = 77,
    CAPR_LAG = 16,
    HEADER = 4,
    RESET_POLLS = 1000, /* 8139too gives it 10 ms */
};

static const char *const models[] = {
    "rtl8139",       "rtl8139-8139",  "rtl8139-8139a",
    "rtl8139-8139b", "rtl8139-8139c", "rtl8139-8139d",
};

/* The card */

bool is_on(const struct rtl8139 *d, unsigned wanted)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        if (wanted & 1u << i && g_str_equal(d->model, models[i])) {
            return true;
        }
    }
    return false;
}

void rtl8139_enable(struct rtl8139 *d)
{
    pci_set_bar(&d->pci, 0, RTL_IO);
    pci_set_bar(&d->pci, 1, RTL_MMIO);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
}

uint8_t rd8(struct rtl8139 *d, unsigned reg)
{
    return qtest_readb(d->qts, RTL_MMIO + (uint64_t)reg);
}

uint16_t rd16(struct rtl8139 *d, unsigned reg)
{
    return qtest_readw(d->qts, RTL_MMIO + (uint64_t)reg);
}

uint32_t rd32(struct rtl8139 *d, unsigned reg)
{
    return qtest_readl(d->qts, RTL_MMIO + (uint64_t)reg);
}

void wr8(struct rtl8139 *d, unsigned reg, uint8_t value)
{
    qtest_writeb(d->qts, RTL_MMIO + (uint64_t)reg, value);
}

void wr16(struct rtl8139 *d, unsigned reg, uint16_t value)
{
    qtest_writew(d->qts, RTL_MMIO + (uint64_t)reg, value);
}

void wr32(struct rtl8139 *d, unsigned reg, uint32_t value)
{
    qtest_writel(d->qts, RTL_MMIO + (uint64_t)reg, value);
}

void unlock(struct rtl8139 *d)
{
    wr8(d, CR9346, EEM_CONFIG);
}

void lock(struct rtl8139 *d)
{
    wr8(d, CR9346, 0);
}

void us(struct rtl8139 *d, unsigned microseconds)
{
    qtest_clock_step(d->qts, (int64_t)microseconds * 1000);
}

void settle(struct rtl8139 *d)
{
    qtest_inb(d->qts, 0x80);
}

void soft_reset(struct rtl8139 *d)
{
    unsigned polls = 0;

    wr8(d, CR, CR_RST);
    while (rd8(d, CR) & CR_RST && polls++ < RESET_POLLS) {
        us(d, 10);
    }
    check_eq(rd8(d, CR) & CR_RST, 0);
}

uint16_t ack(struct rtl8139 *d)
{
    uint16_t causes;

    settle(d);
    causes = rd16(d, ISR);
    wr16(d, ISR, causes);
    return causes;
}

/* The cable */

bool on_wire(struct rtl8139 *d, struct frame *f)
{
    return wire_frame(d->qts, &d->peer, f);
}

bool nothing_on_wire(struct rtl8139 *d)
{
    return wire_silent(d->qts, &d->peer);
}

bool same_on_wire(struct rtl8139 *d, const struct frame *want)
{
    return wire_same(d->qts, &d->peer, want);
}

void to_card(struct rtl8139 *d, const struct frame *f)
{
    check(netpeer_send(&d->peer, f->data, f->len));
}

uint64_t tx_put(struct rtl8139 *d, const void *data, size_t len)
{
    uint64_t at = d->tx_buffer;

    if (at + len > TX_BUFFERS + TX_BUFFER_AREA) {
        at = TX_BUFFERS;
    }
    qtest_memwrite(d->qts, at, data, len);
    d->tx_buffer = (at + len + 15) & ~15ull;
    return at;
}

/* C mode */

void c_start(struct rtl8139 *d, uint32_t rcr)
{
    unsigned rblen = rcr / RCR_RBLEN & 3;

    /* In this order: QEMU takes any write of C+CR for C+ mode */
    wr16(d, CPCR, 0);
    soft_reset(d);
    d->slot = 0;
    d->rx_count = 0;
    d->c_size = 8192u << rblen;
    d->c_at = 0;
    d->c_runs_over = rcr & RCR_WRAP && rblen != 3;
    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_RE | CR_TE);
    wr32(d, TCR, TCR_USUAL);
    wr32(d, RCR, rcr);
    ack(d);
}

unsigned c_send(struct rtl8139 *d, const void *data, size_t len)
{
    unsigned slot = d->slot;

    wr32(d, TSAD + 4 * slot, (uint32_t)tx_put(d, data, len));
    wr32(d, TSD + 4 * slot, 8 * TSD_THRESHOLD | (uint32_t)len);
    d->slot = (slot + 1) % 4;
    return slot;
}

unsigned c_frame(struct rtl8139 *d, const struct frame *f)
{
    return c_send(d, f->data, f->len);
}

/* Bytes of the packet at c_at, from offset @at on, as WRAP has them */
static void c_read(struct rtl8139 *d, uint32_t at, void *data, size_t len)
{
    size_t first = len;

    at += d->c_at;
    if (!d->c_runs_over) {
        at %= d->c_size;
        first = MIN(len, d->c_size - at);
    }
    qtest_memread(d->qts, C_RING + at, data, first);
    if (first < len) {
        qtest_memread(d->qts, C_RING, (uint8_t *)data + first, len - first);
    }
}

bool c_look(struct rtl8139 *d, struct received *r)
{
    uint32_t header;

    memset(r, 0, offsetof(struct received, data));
    r->data.len = 0;
    if (!wait_for(!(rd8(d, CR) & CR_BUFE))) {
        return false;
    }
    c_read(d, 0, &header, sizeof(header));
    r->status = header & 0xffff;
    r->stored = header >> 16;
    if (!check_range(r->stored, FCS_LEN, d->c_size)) {
        return false;
    }
    r->data.len = r->stored - FCS_LEN;
    c_read(d, HEADER, r->data.data, r->data.len);
    c_read(d, HEADER + (uint32_t)r->data.len, &r->fcs, FCS_LEN);
    return true;
}

bool c_take(struct rtl8139 *d, struct received *r)
{
    if (!c_look(d, r)) {
        return false;
    }
    d->c_at += (HEADER + (uint32_t)r->stored + 3) & ~3u;
    d->c_at %= d->c_size;
    wr16(d, CAPR, (uint16_t)(d->c_at - CAPR_LAG));
    return true;
}

/* C+ mode */

static uint64_t tx_ring(unsigned high)
{
    return high ? TX_RING_HIGH : TX_RING;
}

void cp_start(struct rtl8139 *d, unsigned n, unsigned size, uint32_t rcr,
              uint16_t cpcr)
{
    soft_reset(d);
    d->tx_count = d->rx_count = n;
    d->tx_next[0] = d->tx_next[1] = 0;
    d->rx_size = size;
    d->rx_next = 0;
    qtest_memset(d->qts, TX_RING, 0, n * sizeof(struct desc));
    qtest_memset(d->qts, TX_RING_HIGH, 0, n * sizeof(struct desc));
    for (unsigned i = 0; i < n; i++) {
        cp_rx_give(d, i);
    }
    wr16(d, CPCR, CPCR_TX | CPCR_RX | cpcr);
    wr32(d, TNPDS, TX_RING);
    wr32(d, TNPDS + 4, 0);
    wr32(d, THPDS, TX_RING_HIGH);
    wr32(d, THPDS + 4, 0);
    wr32(d, RDSAR, RX_RING);
    wr32(d, RDSAR + 4, 0);
    wr8(d, CR, CR_RE | CR_TE);
    wr32(d, TCR, TCR_USUAL);
    wr32(d, RCR, rcr);
    ack(d);
}

unsigned cp_post(struct rtl8139 *d, unsigned high, uint32_t command,
                 uint32_t vlan, uint64_t addr, size_t len)
{
    unsigned index = d->tx_next[high];
    bool last = index == d->tx_count - 1;
    struct desc desc = { D_OWN | (last ? D_EOR : 0) | command | (uint32_t)len,
                         vlan, addr };

    qtest_memwrite(d->qts, tx_ring(high) + index * sizeof(desc), &desc,
                   sizeof(desc));
    d->tx_next[high] = last ? 0 : index + 1;
    return index;
}

void cp_poll(struct rtl8139 *d, unsigned high)
{
    wr8(d, TPPOLL, high ? TPPOLL_HPQ : TPPOLL_NPQ);
}

unsigned cp_frame(struct rtl8139 *d, const struct frame *f, uint32_t command)
{
    unsigned index = cp_post(d, 0, D_FS | D_LS | command, 0,
                             tx_put(d, f->data, f->len), f->len);

    cp_poll(d, 0);
    return index;
}

struct desc cp_tx_at(struct rtl8139 *d, unsigned high, unsigned index)
{
    struct desc desc;

    qtest_memread(d->qts, tx_ring(high) + index * sizeof(desc), &desc,
                  sizeof(desc));
    return desc;
}

struct desc cp_rx_at(struct rtl8139 *d, unsigned index)
{
    struct desc desc;

    qtest_memread(d->qts, RX_RING + index * sizeof(desc), &desc, sizeof(desc));
    return desc;
}

uint64_t cp_rx_buffer(unsigned index)
{
    return RX_BUFFERS + (uint64_t)index * RX_BUFFER_STRIDE;
}

void cp_rx_give(struct rtl8139 *d, unsigned index)
{
    struct desc desc = {
        D_OWN | (index == d->rx_count - 1 ? D_EOR : 0) | d->rx_size,
        0,
        cp_rx_buffer(index),
    };

    qtest_memwrite(d->qts, RX_RING + index * sizeof(desc), &desc, sizeof(desc));
}

/* Take one descriptor's part of a frame */
static bool cp_take_part(struct rtl8139 *d, struct received *r, size_t *at)
{
    struct desc desc;
    size_t part;

    if (!wait_for(!(cp_rx_at(d, d->rx_next).command & D_OWN))) {
        return false;
    }
    desc = cp_rx_at(d, d->rx_next);
    r->status = desc.command;
    r->vlan = desc.vlan;
    r->stored = desc.command & RXD_SIZE;
    check_eq(!!(desc.command & D_FS), r->descriptors == 0);
    part = d->rx_size;
    if (desc.command & D_LS) {
        part = r->stored - *at;
    }
    if (!check_range(part, 0, d->rx_size)) {
        return false;
    }
    qtest_memread(d->qts, desc.addr, r->data.data + *at, part);
    *at += part;
    r->descriptors++;
    cp_rx_give(d, d->rx_next);
    d->rx_next = (d->rx_next + 1) % d->rx_count;
    return true;
}

bool cp_take(struct rtl8139 *d, struct received *r)
{
    size_t at = 0;

    memset(r, 0, offsetof(struct received, data));
    r->data.len = 0;
    do {
        if (!cp_take_part(d, r, &at)) {
            return false;
        }
    } while (!(r->status & D_LS) && r->descriptors < RING_MAX);
    if (!check_range(at, FCS_LEN, FRAME_MAX)) {
        return false;
    }
    r->data.len = at - FCS_LEN;
    memcpy(&r->fcs, r->data.data + r->data.len, FCS_LEN);
    return true;
}

/* Both modes */

bool rx_take(struct rtl8139 *d, struct received *r)
{
    return d->rx_count ? cp_take(d, r) : c_take(d, r);
}

bool rx_frame(struct rtl8139 *d, const struct frame *f, struct received *r)
{
    to_card(d, f);
    return check(rx_take(d, r));
}

bool rx_same(struct rtl8139 *d, const struct frame *f, struct received *r)
{
    return rx_frame(d, f, r) && check_eq(r->data.len, f->len) &&
           check_mem(r->data.data, f->data, f->len) &&
           check_eq(r->fcs, ether_crc(f->data, f->len));
}

bool rx_dropped(struct rtl8139 *d, const struct frame *f)
{
    struct frame sentinel;
    struct received r;

    frame_plain(&sentinel, mac_nic, SENTINEL_LEN, 0x5e);
    to_card(d, f);
    return rx_same(d, &sentinel, &r);
}

/* The frame of a test */

static void run_test(gconstpointer data)
{
    const struct card_case *on = data;
    const struct rtl8139_test *test = on->test;
    struct rtl8139 d = { .model = on->model, .tx_buffer = TX_BUFFERS };

    if (!is_on(&d, ON_CP) && skip_stock(rtl_chips)) {
        return;
    }
    d.qts = card_start(&d.pci, &d.peer, on->model, test->args ? test->args : "",
                       test->flags & REALTIME);
    d.line = pci_irq_line(&d.pci);
    rtl8139_enable(&d);
    difference_begin(test->differs);
    test->run(&d);
    difference_end(__FILE__, __LINE__, test->differs);
    qtest_quit(d.qts);
    netpeer_close(&d.peer);
}

void rtl8139_tests_add(const char *group, const struct rtl8139_test *tests,
                       size_t count)
{
    static const struct card_family family = { "rtl8139", models,
                                               G_N_ELEMENTS(models) };

    for (size_t i = 0; i < count; i++) {
        card_test_add(&family, group, tests[i].name, tests[i].flags & ON_ALL,
                      &tests[i], run_test);
    }
}
