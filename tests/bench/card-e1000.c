// SPDX-License-Identifier: MIT
/*
 * card-e1000.c - a driver of the e1000, as little as moves frames
 *
 * Descriptors are those that Linux's driver writes: a report for each packet,
 * data descriptors with a context where there is an offload.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum {
    CTRL = 0x0000,
    RCTL = 0x0100,
    TCTL = 0x0400,
    RDBAL = 0x2800,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    TDBAL = 0x3800,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,

    CTRL_SLU = 1 << 6,
    RCTL_ON = 1 << 1 | 1 << 3 | 1 << 15 | 1 << 26, /* EN UPE BAM SECRC */
    TCTL_ON = 0x3f0fa,                             /* EN PSP CT COLD */

    CMD_EOP = 1 << 24,
    CMD_IFCS = 1 << 25,
    CMD_TSE = 1 << 26,
    CMD_RS = 1 << 27,
    CMD_DEXT = 1 << 29,
    DTYP_DATA = 1 << 20,
    CTX_TCP = 1 << 24,
    CTX_IP = 1 << 25,
    BOTH_SUMS = 3 << 8,
    STATUS_DD = 1,
    STATUS_EOP = 2,
    STATUS_AT = 12,
};

/* Where driver and card are: next descriptor to fill, last one filled */
static unsigned tx_tail, tx_last, rx_next, rx_tail;

static void up(struct emu *emu)
{
    emu_config(emu, 0x10, (uint32_t)MMIO_BASE);
    emu_config(emu, 0x14, PORT_BASE);
    emu_config(emu, 0x04, 0x7);
    emu_write(emu, "writel", (unsigned)MMIO_BASE + CTRL, CTRL_SLU);
}

static void reg(struct emu *emu, unsigned at, unsigned val)
{
    emu_write(emu, "writel", (unsigned)MMIO_BASE + at, val);
}

static void doorbell(struct emu *emu, unsigned at, unsigned val)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "writel 0x%x 0x%x\n",
                       (unsigned)MMIO_BASE + at, val);

    emu_post(emu, text, (size_t)len);
}

static void tx_init(struct emu *emu, const struct flow *f)
{
    up(emu);
    tx_buffers(emu, f);
    reg(emu, TDBAL, TX_RING_AT);
    reg(emu, TDLEN, DESC_RING * 16);
    reg(emu, TDH, 0);
    reg(emu, TDT, 0);
    reg(emu, TCTL, TCTL_ON);
    tx_tail = 0;
}

static void put_desc(struct emu *emu, uint64_t buf, uint32_t lower,
                     uint32_t upper)
{
    uint8_t *p = emu->ram + TX_RING_AT + 16 * tx_tail;

    memcpy(p, &buf, 8);
    memcpy(p + 8, &lower, 4);
    memcpy(p + 12, &upper, 4);
    tx_last = tx_tail;
    tx_tail = (tx_tail + 1) % DESC_RING;
}

/* IP sum at 24 of 14..33, TCP sum at 50 of 34.., UDP sum at 40 */
static void put_context(struct emu *emu, bool udp, unsigned payload)
{
    uint64_t l4 = udp ? 34 | 40 << 8 : 34 | 50 << 8;
    uint64_t where = 14 | 24 << 8 | 33 << 16 | l4 << 32;
    uint32_t lower = CMD_DEXT | CTX_IP | (udp ? 0 : CTX_TCP);

    if (payload) {
        lower |= CMD_TSE | payload;
    }
    put_desc(emu, where, lower,
             payload ? TCP_HEADERS << 8 | (uint32_t)MSS << 16 : 0);
}

static void put_tso(struct emu *emu, size_t at, size_t payload)
{
    uint32_t data = CMD_DEXT | DTYP_DATA | CMD_TSE | CMD_IFCS;
    unsigned part;

    put_context(emu, false, TSO_PAYLOAD);
    put_desc(emu, at, data | TCP_HEADERS, BOTH_SUMS);
    for (unsigned done = 0; done < TSO_PAYLOAD; done += part) {
        part = TSO_PAYLOAD - done < PIECE ? TSO_PAYLOAD - done : PIECE;
        put_desc(emu, payload + done,
                 data | part |
                     (done + part < TSO_PAYLOAD ? 0 : CMD_EOP | CMD_RS),
                 BOTH_SUMS);
    }
}

static void tx_fill(struct emu *emu, const struct flow *f, uint32_t seq,
                    unsigned n)
{
    bool sums = f->kind == KIND_CSUM || f->kind == KIND_UDP;
    size_t at;

    if (sums) {
        put_context(emu, f->kind == KIND_UDP, 0);
    }
    for (unsigned i = 0; i < n; i++) {
        at = tx_number(emu, f, seq + i);
        if (f->kind == KIND_TSO) {
            put_tso(emu, at, tx_payload(f, seq + i));
        } else if (sums) {
            put_desc(emu, at,
                     f->size | CMD_DEXT | DTYP_DATA | CMD_EOP | CMD_IFCS |
                         CMD_RS,
                     BOTH_SUMS);
        } else {
            put_desc(emu, at, f->size | CMD_EOP | CMD_IFCS | CMD_RS, 0);
        }
    }
}

static void tx_kick(struct emu *emu)
{
    doorbell(emu, TDT, tx_tail);
}

static void tx_wait(struct emu *emu)
{
    emu_wait(emu, TX_RING_AT + 16 * tx_last + STATUS_AT, STATUS_DD, STATUS_DD);
}

/* No buffers yet: head and tail are equal */
static void rx_init(struct emu *emu)
{
    up(emu);
    for (unsigned i = 0; i < DESC_RING; i++) {
        uint64_t buf = RX_DATA_AT + i * BUF_SIZE;

        memcpy(emu->ram + RX_RING_AT + 16 * i, &buf, 8);
        memset(emu->ram + RX_RING_AT + 16 * i + 8, 0, 8);
    }
    reg(emu, RDBAL, RX_RING_AT);
    reg(emu, RDLEN, DESC_RING * 16);
    reg(emu, RDH, 0);
    reg(emu, RDT, 0);
    reg(emu, RCTL, RCTL_ON);
    rx_next = rx_tail = 0;
}

static void rx_give(struct emu *emu, unsigned n)
{
    rx_tail = (rx_tail + n) % DESC_RING;
    doorbell(emu, RDT, rx_tail);
}

static size_t rx_take(struct emu *emu, const uint8_t **frame)
{
    size_t at = RX_RING_AT + 16 * rx_next;
    uint16_t len;

    emu_wait(emu, at + STATUS_AT, STATUS_DD, STATUS_DD);
    memcpy(&len, emu->ram + at + 8, 2);
    if (!(emu->ram[at + STATUS_AT] & STATUS_EOP) || emu->ram[at + 13]) {
        fail("verification: receive status %02x, errors %02x",
             emu->ram[at + STATUS_AT], emu->ram[at + 13]);
    }
    emu->ram[at + STATUS_AT] = 0;
    *frame = emu->ram + RX_DATA_AT + rx_next * BUF_SIZE;
    rx_next = (rx_next + 1) % DESC_RING;
    return len;
}

const struct card card_e1000 = {
    .model = "e1000",
    .tx_init = tx_init,
    .tx_fill = tx_fill,
    .tx_kick = tx_kick,
    .tx_wait = tx_wait,
    .rx_init = rx_init,
    .rx_give = rx_give,
    .rx_take = rx_take,
    .rx_stalls = true,
};
