// SPDX-License-Identifier: MIT
/*
 * card-rtl8139.c - a driver of the 8139C+ in C+ mode, as little as moves frames
 *
 * Sections are of the RTL8139C+ data sheet, rev. 1.6.
 */
#include <stdatomic.h>
#include <string.h>

#include "bench.h"

enum {
    TNPDS = 0x20,
    CR = 0x37,
    TCR = 0x40,
    RCR = 0x44,
    CR9346 = 0x50,
    TPPOLL = 0xd9,
    CPCR = 0xe0,
    RDSAR = 0xe4,
    ETTHR = 0xec,

    RE_TE = 0x0c,
    UNLOCK = 0xc0,
    NPQ = 0x40,
    CPCR_ON = 0x2b,      /* CPTx CPRx MulRW RxChkSum */
    TCR_ON = 0x03000700, /* IFG as in 802.3, unlimited DMA bursts */
    RCR_ON = 0xe70f,     /* AAP APM AM AB, no thresholds */

    RING = 64, /* At most, section 9.2.1 */
    OWN_AT = 3,
    OWN_BYTE = 0x80,
    EOR = 1 << 30,
    FS = 1 << 29,
    LS = 1 << 28,
    LGSEN = 1 << 27,
    IPCS = 1 << 18,
    TCPCS = 1 << 16,
    FCS = 4,
};

static unsigned tx_at, tx_last, rx_next, rx_at;

static void reg(struct emu *emu, const char *how, unsigned at, unsigned val)
{
    emu_write(emu, how, (unsigned)MMIO_BASE + at, val);
}

static void up(struct emu *emu)
{
    emu_config(emu, 0x10, PORT_BASE);
    emu_config(emu, 0x14, (uint32_t)MMIO_BASE);
    emu_config(emu, 0x04, 0x7);
    reg(emu, "writeb", CR9346, UNLOCK);
    reg(emu, "writew", CPCR, CPCR_ON);
}

static void tx_init(struct emu *emu, const struct flow *f)
{
    up(emu);
    tx_buffers(emu, f);
    memset(emu->ram + TX_RING_AT, 0, 16 * RING);
    reg(emu, "writel", TNPDS, TX_RING_AT);
    reg(emu, "writel", TNPDS + 4, 0);
    reg(emu, "writeb", CR, RE_TE);
    reg(emu, "writel", TCR, TCR_ON);
    reg(emu, "writeb", ETTHR, 0x3b);
    tx_at = 0;
}

/* A descriptor of a ring, its owner last */
static void put_desc(struct emu *emu, size_t ring, unsigned i, size_t buf,
                     uint32_t command)
{
    uint8_t *p = emu->ram + ring + 16 * i;
    uint32_t rest[3] = { 0, (uint32_t)buf, 0 };

    command |= i == RING - 1 ? EOR : 0;
    memcpy(p + 4, rest, sizeof(rest));
    memcpy(p, &command, 4);
    atomic_fetch_or_explicit((_Atomic uint8_t *)(p + OWN_AT), OWN_BYTE,
                             memory_order_release);
}

static void put_tx(struct emu *emu, size_t buf, uint32_t command)
{
    put_desc(emu, TX_RING_AT, tx_at, buf, command);
    tx_last = tx_at;
    tx_at = (tx_at + 1) % RING;
}

static void put_tso(struct emu *emu, size_t at, size_t payload)
{
    uint32_t large = LGSEN | (uint32_t)MSS << 16;
    unsigned part;

    put_tx(emu, at, large | FS | TCP_HEADERS);
    for (unsigned done = 0; done < TSO_PAYLOAD; done += part) {
        part = TSO_PAYLOAD - done < PIECE ? TSO_PAYLOAD - done : PIECE;
        put_tx(emu, payload + done,
               large | part | (done + part < TSO_PAYLOAD ? 0 : LS));
    }
}

static void tx_fill(struct emu *emu, const struct flow *f, uint32_t seq,
                    unsigned n)
{
    size_t at;

    for (unsigned i = 0; i < n; i++) {
        at = tx_number(emu, f, seq + i);
        if (f->kind == KIND_TSO) {
            put_tso(emu, at, tx_payload(f, seq + i));
        } else {
            put_tx(emu, at,
                   FS | LS | f->size |
                       (f->kind == KIND_CSUM ? IPCS | TCPCS : 0));
        }
    }
}

static void tx_kick(struct emu *emu)
{
    static const char bell[] = "writeb 0xe00000d9 0x40\n";

    _Static_assert((unsigned)MMIO_BASE + TPPOLL == 0xe00000d9 && NPQ == 0x40,
                   "the text says where");
    emu_post(emu, bell, sizeof(bell) - 1);
}

static void tx_wait(struct emu *emu)
{
    emu_wait(emu, TX_RING_AT + 16 * tx_last + OWN_AT, OWN_BYTE, 0);
}

static void rx_init(struct emu *emu)
{
    up(emu);
    memset(emu->ram + RX_RING_AT, 0, 16 * RING);
    reg(emu, "writel", RDSAR, RX_RING_AT);
    reg(emu, "writel", RDSAR + 4, 0);
    reg(emu, "writeb", CR, RE_TE);
    reg(emu, "writel", RCR, RCR_ON);
    rx_next = rx_at = 0;
}

static void rx_give(struct emu *emu, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put_desc(emu, RX_RING_AT, rx_at, RX_DATA_AT + rx_at * BUF_SIZE,
                 BUF_SIZE);
        rx_at = (rx_at + 1) % RING;
    }
}

static size_t rx_take(struct emu *emu, const uint8_t **frame)
{
    size_t at = RX_RING_AT + 16 * rx_next;
    uint32_t status;

    emu_wait(emu, at + OWN_AT, OWN_BYTE, 0);
    memcpy(&status, emu->ram + at, 4);
    /* RES RWT RUNT CRC, IPF UDPF TCPF: section 9.2.2 */
    if ((status & (FS | LS)) != (FS | LS) || status & 0x003ce000) {
        fail("verification: receive status %08x", status);
    }
    *frame = emu->ram + RX_DATA_AT + rx_next * BUF_SIZE;
    rx_next = (rx_next + 1) % RING;
    return (status & 0x1fff) - FCS;
}

const struct card card_rtl8139 = {
    .model = "rtl8139",
    .tx_init = tx_init,
    .tx_fill = tx_fill,
    .tx_kick = tx_kick,
    .tx_wait = tx_wait,
    .rx_init = rx_init,
    .rx_give = rx_give,
    .rx_take = rx_take,
};
