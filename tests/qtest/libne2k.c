// SPDX-License-Identifier: MIT
/*
 * libne2k.c - a small driver for the NE2000, and the frame of its tests
 */
#include "libne2k.h"

#include <string.h>
#include <unistd.h>

enum {
    SENTINEL_LEN = 77,
    RESET_US = 10000,
};

/* The card */

static void open_isa(struct ne2k *d, const char *args)
{
    g_autofree char *name = device_name(d->model);
    int fd = netpeer_open(&d->peer);

    d->qts = qtest_start("-nodefaults -machine pc -m 32 "
                         "-netdev socket,id=net0,fd=%d -device %s,id=nic0,"
                         "netdev=net0,mac=52:54:00:12:34:56%s",
                         fd, name, args);
    close(fd);
    qtest_irq_intercept_in(d->qts, "ioapic");
    d->io = NE2K_ISA_IO;
    d->line = NE2K_ISA_IRQ;
}

void ne2k_open(struct ne2k *d, const char *model, const char *args)
{
    memset(d, 0, sizeof(*d));
    d->model = model;
    d->isa = strcmp(model, "ne2k_isa") == 0;
    d->width = d->isa ? 2 : 4;
    if (d->isa) {
        open_isa(d, args);
        return;
    }
    d->qts = card_start(&d->pci, &d->peer, model, args, false);
    d->line = pci_irq_line(&d->pci);
    ne2k_enable(d);
}

void ne2k_close(struct ne2k *d)
{
    qtest_quit(d->qts);
    netpeer_close(&d->peer);
}

void ne2k_enable(struct ne2k *d)
{
    d->page = 0;
    if (!d->isa) {
        d->io = NE2K_PCI_IO;
        pci_set_bar(&d->pci, 0, NE2K_PCI_IO);
        pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_IO);
    }
}

static uint16_t port_of(struct ne2k *d, unsigned reg)
{
    return (uint16_t)(d->io + (reg & 15));
}

static void select_page(struct ne2k *d, unsigned reg)
{
    unsigned page = reg >> 4;

    if (reg != CR && page != d->page) {
        out8(d, CR, (uint8_t)(page << CR_PAGE_SHIFT | CR_ABORT));
    }
}

uint8_t in8(struct ne2k *d, unsigned reg)
{
    select_page(d, reg);
    return qtest_inb(d->qts, port_of(d, reg));
}

void out8(struct ne2k *d, unsigned reg, uint8_t value)
{
    select_page(d, reg);
    qtest_outb(d->qts, port_of(d, reg), value);
    if (reg == CR) {
        d->page = value >> CR_PAGE_SHIFT;
    }
}

uint16_t in_pair(struct ne2k *d, unsigned reg)
{
    uint16_t low = in8(d, reg);

    return (uint16_t)(low | in8(d, reg + 1) << 8);
}

void out_pair(struct ne2k *d, unsigned reg, uint16_t value)
{
    out8(d, reg, (uint8_t)value);
    out8(d, reg + 1, (uint8_t)(value >> 8));
}

uint32_t data_in(struct ne2k *d, unsigned size)
{
    uint16_t port = (uint16_t)(d->io + DATA_PORT);

    return size == 4   ? qtest_inl(d->qts, port)
           : size == 2 ? qtest_inw(d->qts, port)
                       : qtest_inb(d->qts, port);
}

void data_out(struct ne2k *d, unsigned size, uint32_t value)
{
    uint16_t port = (uint16_t)(d->io + DATA_PORT);

    if (size == 4) {
        qtest_outl(d->qts, port, value);
    } else if (size == 2) {
        qtest_outw(d->qts, port, (uint16_t)value);
    } else {
        qtest_outb(d->qts, port, (uint8_t)value);
    }
}

void pause_us(struct ne2k *d, unsigned microseconds)
{
    qtest_clock_step(d->qts, (int64_t)microseconds * 1000);
}

void ne2k_reset(struct ne2k *d)
{
    uint16_t port = (uint16_t)(d->io + RESET_PORT);

    qtest_outb(d->qts, port, qtest_inb(d->qts, port));
    d->page = 0;
    pause_us(d, RESET_US);
}

void ne2k_init_ring(struct ne2k *d, uint8_t rcr, uint8_t start, uint8_t stop)
{
    d->start = start;
    d->stop = stop;
    d->next = (uint8_t)(start + 1);
    d->width = d->isa ? 2 : 4;
    out8(d, CR, CR_ABORT | CR_STP);
    pause_us(d, RESET_US);
    out8(d, DCR, DCR_WORDS);
    out_pair(d, RBCR0, 0);
    out8(d, RCR, rcr);
    out8(d, TCR, TCR_LB1);
    out8(d, TPSR, TX_PAGE);
    out8(d, PSTART, start);
    out8(d, PSTOP, stop);
    out8(d, BNRY, start);
    out8(d, ISR, 0xff);
    out8(d, IMR, 0);
    out8(d, CR, 1 << CR_PAGE_SHIFT | CR_ABORT | CR_STP);
    ne2k_address(d, mac_nic);
    ne2k_multicast(d, 0);
    out8(d, CURR, d->next);
    out8(d, CR, CR_ABORT | CR_STA);
    out8(d, TCR, 0);
}

void ne2k_init(struct ne2k *d, uint8_t rcr)
{
    ne2k_init_ring(d, rcr, RING_START, RING_STOP);
}

void ne2k_bytes(struct ne2k *d)
{
    d->width = 1;
    out8(d, DCR, DCR_BYTES);
}

void ne2k_address(struct ne2k *d, const uint8_t *mac)
{
    for (unsigned i = 0; i < 6; i++) {
        out8(d, PAR0 + i, mac[i]);
    }
}

void ne2k_multicast(struct ne2k *d, uint8_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        out8(d, MAR0 + i, value);
    }
}

/* Remote DMA */

void remote_begin(struct ne2k *d, unsigned command, uint16_t at, uint16_t count)
{
    out_pair(d, RBCR0, count);
    out_pair(d, RSAR0, at);
    out8(d, CR, (uint8_t)(command | CR_STA));
}

static void remote_end(struct ne2k *d)
{
    check(in8(d, ISR) & ISR_RDC);
    out8(d, ISR, ISR_RDC);
    out8(d, CR, CR_ABORT | CR_STA);
}

/* Bytes of the next access of the data port, with @left to be moved */
static unsigned next_access(struct ne2k *d, size_t left)
{
    return d->width == 4 && left <= 2 ? 2 : d->width;
}

static uint16_t rounded(struct ne2k *d, size_t len)
{
    return (uint16_t)(d->width == 1 ? len : (len + 1) & ~(size_t)1);
}

void remote_read(struct ne2k *d, uint16_t at, void *data, size_t len)
{
    uint8_t *to = data;
    size_t count = rounded(d, len);

    remote_begin(d, CR_READ, at, (uint16_t)count);
    for (size_t i = 0, size; i < count; i += size) {
        uint32_t value;

        size = next_access(d, count - i);
        value = data_in(d, (unsigned)size);
        for (size_t k = 0; k < size && i + k < len; k++) {
            to[i + k] = (uint8_t)(value >> (8 * k));
        }
    }
    remote_end(d);
}

void remote_write(struct ne2k *d, uint16_t at, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t count = rounded(d, len);

    remote_begin(d, CR_WRITE, at, (uint16_t)count);
    for (size_t i = 0, size; i < count; i += size) {
        uint32_t value = 0;

        size = next_access(d, count - i);
        for (size_t k = 0; k < size && i + k < len; k++) {
            value |= (uint32_t)from[i + k] << (8 * k);
        }
        data_out(d, (unsigned)size, value);
    }
    remote_end(d);
}

void remote_fill(struct ne2k *d, uint16_t at, uint8_t value, size_t len)
{
    g_autofree uint8_t *data = g_malloc(len);

    memset(data, value, len);
    remote_write(d, at, data, len);
}

/* Transmit */

void tx_load(struct ne2k *d, uint8_t page, const struct frame *f)
{
    remote_write(d, (uint16_t)(page * PAGE), f->data, f->len);
}

void tx_start(struct ne2k *d, uint8_t page, uint16_t count)
{
    out8(d, TPSR, page);
    out_pair(d, TBCR0, count);
    out8(d, CR, CR_ABORT | CR_TXP | CR_STA);
}

uint8_t tx_end(struct ne2k *d)
{
    uint8_t cause;

    check(wait_for(!(in8(d, CR) & CR_TXP)));
    cause = in8(d, ISR) & (ISR_PTX | ISR_TXE);
    out8(d, ISR, cause);
    return cause;
}

void tx_frame(struct ne2k *d, const struct frame *f)
{
    tx_load(d, TX_PAGE, f);
    tx_start(d, TX_PAGE, (uint16_t)f->len);
    check_eq(tx_end(d), ISR_PTX);
}

bool tx_seen(struct ne2k *d, const struct frame *want)
{
    return wire_same(d->qts, &d->peer, want);
}

/* Receive */

void rx_send(struct ne2k *d, const struct frame *f)
{
    check(netpeer_send(&d->peer, f->data, f->len));
}

bool rx_settle(struct ne2k *d)
{
    return wire_settle(d->qts, &d->peer);
}

bool rx_header(struct ne2k *d, struct received *r)
{
    uint8_t header[RING_HEADER];

    r->data.len = 0;
    if (!wait_for(in8(d, CURR) != d->next)) {
        return false;
    }
    r->page = d->next;
    remote_read(d, (uint16_t)(r->page * PAGE), header, sizeof(header));
    r->status = header[0];
    r->next = header[1];
    r->count = (uint16_t)(header[2] | header[3] << 8);
    return check_range(r->count, 8 + FCS_LEN, RAM_END - RAM) &&
           check_range(r->next, d->start, d->stop - 1u);
}

void rx_read(struct ne2k *d, struct received *r)
{
    uint8_t data[RAM_END - RAM];
    const uint8_t *fcs = data + r->count - FCS_LEN;

    remote_read(d, (uint16_t)(r->page * PAGE + RING_HEADER), data, r->count);
    r->data.len = (size_t)r->count - FCS_LEN;
    memcpy(r->data.data, data, r->data.len);
    r->fcs = fcs[0] | (uint32_t)fcs[1] << 8 | (uint32_t)fcs[2] << 16 |
             (uint32_t)fcs[3] << 24;
}

void rx_free(struct ne2k *d, const struct received *r)
{
    d->next = r->next;
    out8(d, BNRY, (uint8_t)((d->next == d->start ? d->stop : d->next) - 1));
}

bool rx_take(struct ne2k *d, struct received *r)
{
    if (!rx_header(d, r)) {
        return false;
    }
    rx_read(d, r);
    out8(d, ISR, ISR_PRX);
    rx_free(d, r);
    return true;
}

bool rx_frame(struct ne2k *d, const struct frame *f, struct received *r)
{
    rx_send(d, f);
    return check(rx_take(d, r));
}

bool rx_same(struct ne2k *d, const struct received *r, const struct frame *f)
{
    unsigned pages = ((unsigned)r->count + RING_HEADER + PAGE - 1) / PAGE;
    unsigned next = r->page + pages;

    check_eq(r->status, RSR_PRX | (f->data[0] & 1 ? RSR_PHY : 0));
    check_eq(r->next, next < d->stop ? next : next - d->stop + d->start);
    return check_eq(r->data.len, f->len) &&
           check_mem(r->data.data, f->data, f->len);
}

bool rx_accepted(struct ne2k *d, const struct frame *f)
{
    struct received r;

    return rx_frame(d, f, &r) && rx_same(d, &r, f);
}

bool rx_dropped(struct ne2k *d, const struct frame *f)
{
    struct frame sentinel;

    frame_plain(&sentinel, mac_nic, SENTINEL_LEN, 0x5e);
    rx_send(d, f);
    return rx_accepted(d, &sentinel);
}

/* The frame of a test */

static void run_test(gconstpointer data)
{
    const struct card_case *on = data;
    const struct ne2k_test *test = on->test;
    struct ne2k d;

    ne2k_open(&d, on->model, test->args ? test->args : "");
    difference_begin(test->differs);
    test->run(&d);
    difference_end(__FILE__, __LINE__, test->differs);
    ne2k_close(&d);
}

void ne2k_tests_add(const char *group, const struct ne2k_test *tests,
                    size_t count)
{
    static const char *const models[] = { "ne2k_pci", "ne2k_isa" };
    static const struct card_family family = { "ne2k", models,
                                               G_N_ELEMENTS(models) };

    for (size_t i = 0; i < count; i++) {
        card_test_add(&family, group, tests[i].name, tests[i].on, &tests[i],
                      run_test);
    }
}
