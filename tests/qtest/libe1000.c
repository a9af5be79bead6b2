// SPDX-License-Identifier: MIT
/*
 * libe1000.c - a small driver for the 8254x, and the frame of its tests
 */
#include "libe1000.h"

#include <string.h>

_Static_assert(sizeof(struct rx_desc) == 16, "RX descriptor is 16 bytes");
_Static_assert(sizeof(struct tx_desc) == 16, "TX descriptor is 16 bytes");
_Static_assert(G_BYTE_ORDER == G_LITTLE_ENDIAN,
               "descriptors are copied as they are");

enum {
    SENTINEL_LEN = 77,
    AUTONEG_US = 3 * 1000 * 1000,
    RESET_US = 20 * 1000,
    SETTLE_US = 1100 * 1000,
};

/* The card */

void e1000_open(struct e1000 *d, const char *model, const char *args,
                bool realtime)
{
    memset(d, 0, sizeof(*d));
    d->model = model;
    d->qts = card_start(&d->pci, &d->peer, model, args, realtime);
    d->line = pci_irq_line(&d->pci);
    e1000_enable(d);
}

void e1000_close(struct e1000 *d)
{
    qtest_quit(d->qts);
    netpeer_close(&d->peer);
}

void e1000_enable(struct e1000 *d)
{
    pci_set_bar(&d->pci, 0, E1000_MMIO);
    pci_set_bar(&d->pci, 1, E1000_IO);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
}

uint32_t rd(struct e1000 *d, uint32_t reg)
{
    return qtest_readl(d->qts, E1000_MMIO + (uint64_t)reg);
}

void wr(struct e1000 *d, uint32_t reg, uint32_t value)
{
    qtest_writel(d->qts, E1000_MMIO + (uint64_t)reg, value);
}

uint64_t rd64(struct e1000 *d, uint32_t low)
{
    uint64_t value = rd(d, low);

    return value | (uint64_t)rd(d, low + 4) << 32;
}

uint32_t io_rd(struct e1000 *d, uint32_t reg)
{
    qtest_outl(d->qts, E1000_IO + IOADDR, reg);
    return qtest_inl(d->qts, E1000_IO + IODATA);
}

void io_wr(struct e1000 *d, uint32_t reg, uint32_t value)
{
    qtest_outl(d->qts, E1000_IO + IOADDR, reg);
    qtest_outl(d->qts, E1000_IO + IODATA, value);
}

void us(struct e1000 *d, unsigned microseconds)
{
    qtest_clock_step(d->qts, (int64_t)microseconds * 1000);
}

void e1000_reset(struct e1000 *d)
{
    wr(d, CTRL, rd(d, CTRL) | CTRL_RST);
    us(d, RESET_US);
}

void e1000_link_up(struct e1000 *d)
{
    wr(d, CTRL, rd(d, CTRL) | CTRL_SLU | CTRL_ASDE);
    if (qtest_has_clock(d->qts)) {
        us(d, AUTONEG_US);
    }
    check(wait_for(rd(d, STATUS) & STATUS_LU));
}

void clear_statistics(struct e1000 *d)
{
    for (uint32_t reg = CRCERRS; reg <= TSCTFC; reg += 4) {
        rd(d, reg);
    }
}

uint32_t mdic(struct e1000 *d, uint32_t command)
{
    uint32_t value = 0;

    wr(d, MDIC, command);
    for (unsigned i = 0; i < 64 && !(value & MDIC_R); i++) {
        us(d, 50);
        value = rd(d, MDIC);
    }
    check(value & MDIC_R);
    return value;
}

uint16_t phy_rd(struct e1000 *d, unsigned reg)
{
    uint32_t value = mdic(d, MDIC_READ | 1u << 21 | reg << 16);

    check(!(value & MDIC_E));
    return (uint16_t)value;
}

void phy_wr(struct e1000 *d, unsigned reg, uint16_t value)
{
    uint32_t answer = mdic(d, MDIC_WRITE | 1u << 21 | reg << 16 | value);

    check(!(answer & MDIC_E));
}

void phy_loopback(struct e1000 *d)
{
    static const struct {
        unsigned reg;
        uint16_t value;
    } pages[] = {
        { M88_PAGE_SELECT, 0x1f },
        { M88_PAGE_DATA, 0x8ffc },
        { M88_PAGE_SELECT, 0x1a },
        { M88_PAGE_DATA, 0x8ff0 },
    };
    uint32_t ctrl;

    phy_wr(d, M88_PSCON, 0x0808);
    phy_wr(d, PHY_CTRL, 0x9140);
    phy_wr(d, PHY_CTRL, 0x8140);
    phy_wr(d, PHY_CTRL, 0x4140);
    ctrl = rd(d, CTRL) & ~(uint32_t)CTRL_SPEED;
    wr(d, CTRL,
       ctrl | CTRL_SLU | CTRL_FRCSPD | CTRL_FRCDPX | CTRL_SPEED_1000 | CTRL_FD |
           CTRL_ILOS);
    /* A test of its own looks at the pages (row phy_registers) */
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        mdic(d, MDIC_WRITE | 1u << 21 | pages[i].reg << 16 | pages[i].value);
    }
    us(d, 500);
}

/* Transmit */

void tx_setup(struct e1000 *d, unsigned count)
{
    d->tx_count = count;
    d->tx_tail = 0;
    d->tx_buffer = TX_BUFFERS;
    qtest_memset(d->qts, TX_RING, 0, (size_t)count * sizeof(struct tx_desc));
    wr(d, TDBAL, TX_RING);
    wr(d, TDBAH, 0);
    wr(d, TDLEN, count * (uint32_t)sizeof(struct tx_desc));
    wr(d, TDH, 0);
    wr(d, TDT, 0);
    wr(d, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT_COLD);
}

uint64_t tx_put(struct e1000 *d, const void *data, size_t len)
{
    uint64_t at = d->tx_buffer;

    if (at + len > TX_BUFFERS + TX_BUFFER_AREA) {
        at = TX_BUFFERS;
    }
    qtest_memwrite(d->qts, at, data, len);
    d->tx_buffer = (at + len + 15) & ~15ull;
    return at;
}

struct tx_desc tx_legacy(uint64_t addr, size_t len, unsigned cmd)
{
    return (struct tx_desc){ addr, (uint32_t)len | cmd << 24, 0 };
}

struct tx_desc tx_data(uint64_t addr, size_t len, unsigned dcmd, unsigned popts)
{
    return (struct tx_desc){ addr,
                             (uint32_t)len | TXD_DTYP_DATA |
                                 (dcmd | TXD_DEXT) << 24,
                             popts << 8 };
}

struct tx_desc tx_context(const struct tx_context *c)
{
    uint32_t ip = c->ipcss | (uint32_t)c->ipcso << 8 | (uint32_t)c->ipcse << 16;
    uint32_t tu = c->tucss | (uint32_t)c->tucso << 8 | (uint32_t)c->tucse << 16;

    return (struct tx_desc){
        ip | (uint64_t)tu << 32,
        c->paylen | (uint32_t)(c->tucmd | TXD_DEXT) << 24,
        (uint32_t)c->hdrlen << 8 | (uint32_t)c->mss << 16,
    };
}

unsigned tx_post(struct e1000 *d, struct tx_desc desc)
{
    unsigned index = d->tx_tail;

    qtest_memwrite(d->qts, TX_RING + index * sizeof(desc), &desc, sizeof(desc));
    d->tx_tail = (index + 1) % d->tx_count;
    return index;
}

void tx_kick(struct e1000 *d)
{
    wr(d, TDT, d->tx_tail);
}

struct tx_desc tx_desc_at(struct e1000 *d, unsigned index)
{
    struct tx_desc desc;

    qtest_memread(d->qts, TX_RING + index * sizeof(desc), &desc, sizeof(desc));
    return desc;
}

unsigned tx_frame(struct e1000 *d, const struct frame *f)
{
    uint64_t at = tx_put(d, f->data, f->len);
    unsigned index =
        tx_post(d, tx_legacy(at, f->len, TXD_EOP | TXD_IFCS | TXD_RS));

    tx_kick(d);
    return index;
}

bool on_wire(struct e1000 *d, struct frame *f)
{
    return wire_frame(d->qts, &d->peer, f);
}

bool nothing_on_wire(struct e1000 *d)
{
    return wire_silent(d->qts, &d->peer);
}

bool same_on_wire(struct e1000 *d, const struct frame *want)
{
    return wire_same(d->qts, &d->peer, want);
}

/* Receive */

uint64_t rx_buffer(unsigned index)
{
    return RX_BUFFERS + (uint64_t)index * RX_BUFFER_STRIDE;
}

static void rx_write_desc(struct e1000 *d, unsigned index)
{
    struct rx_desc desc = { .addr = rx_buffer(index) };

    qtest_memwrite(d->qts, RX_RING + index * sizeof(desc), &desc, sizeof(desc));
}

void rx_setup(struct e1000 *d, unsigned count, uint32_t rctl)
{
    d->rx_count = count;
    d->rx_next = 0;
    for (unsigned i = 0; i < count; i++) {
        rx_write_desc(d, i);
    }
    wr(d, RDBAL, RX_RING);
    wr(d, RDBAH, 0);
    wr(d, RDLEN, count * (uint32_t)sizeof(struct rx_desc));
    wr(d, RDH, 0);
    wr(d, RDT, count - 1);
    wr(d, RCTL, rctl | RCTL_EN);
    /* QEMU 7.2 receives nothing for a second (row rctl_pause) */
    us(d, SETTLE_US);
}

struct rx_desc rx_desc_at(struct e1000 *d, unsigned index)
{
    struct rx_desc desc;

    qtest_memread(d->qts, RX_RING + index * sizeof(desc), &desc, sizeof(desc));
    return desc;
}

/* Take one descriptor's part of a frame and give the descriptor back */
static bool rx_take_part(struct e1000 *d, struct received *r)
{
    size_t at = r->data.len;

    if (!wait_for(rx_desc_at(d, d->rx_next).status & RXD_DD)) {
        return false;
    }
    r->last = rx_desc_at(d, d->rx_next);
    if (at + r->last.length > FRAME_MAX) {
        return check(false);
    }
    qtest_memread(d->qts, r->last.addr, r->data.data + at, r->last.length);
    r->data.len += r->last.length;
    r->descriptors++;
    rx_write_desc(d, d->rx_next);
    wr(d, RDT, d->rx_next);
    d->rx_next = (d->rx_next + 1) % d->rx_count;
    return true;
}

bool rx_take(struct e1000 *d, struct received *r)
{
    r->descriptors = 0;
    r->data.len = 0;
    do {
        if (!rx_take_part(d, r)) {
            return false;
        }
    } while (!(r->last.status & RXD_EOP));
    return true;
}

bool rx_frame(struct e1000 *d, const struct frame *f, struct received *r)
{
    check(netpeer_send(&d->peer, f->data, f->len));
    return check(rx_take(d, r));
}

bool rx_accepted(struct e1000 *d, const struct frame *f)
{
    struct received r;

    return rx_frame(d, f, &r) && check_range(r.data.len, f->len, f->len + 4) &&
           check_mem(r.data.data, f->data, f->len);
}

bool rx_dropped(struct e1000 *d, const struct frame *f)
{
    struct frame sentinel;
    struct received r;

    frame_plain(&sentinel, mac_nic, SENTINEL_LEN, 0x5e);
    check(netpeer_send(&d->peer, f->data, f->len));
    return rx_frame(d, &sentinel, &r) &&
           check_range(r.data.len, SENTINEL_LEN, SENTINEL_LEN + FCS_LEN) &&
           check_mem(r.data.data, sentinel.data, SENTINEL_LEN);
}

bool loop_frame(struct e1000 *d, const struct frame *f, unsigned cmd,
                struct received *r)
{
    tx_post(d, tx_legacy(tx_put(d, f->data, f->len), f->len, cmd));
    tx_kick(d);
    return check(rx_take(d, r));
}

/* The frame of a test */

static void run_test(gconstpointer data)
{
    const struct card_case *on = data;
    const struct e1000_test *test = on->test;
    struct e1000 d;

    e1000_open(&d, on->model, test->args ? test->args : "",
               test->flags & REALTIME);
    difference_begin(test->differs);
    test->run(&d);
    difference_end(__FILE__, __LINE__, test->differs);
    e1000_close(&d);
}

void e1000_tests_add(const char *group, const struct e1000_test *tests,
                     size_t count)
{
    static const char *const models[] = { "e1000", "e1000-82544gc",
                                          "e1000-82545em" };
    static const struct card_family family = { "e1000", models,
                                               G_N_ELEMENTS(models) };

    for (size_t i = 0; i < count; i++) {
        card_test_add(&family, group, tests[i].name, tests[i].flags & ON_ALL,
                      &tests[i], run_test);
    }
}
