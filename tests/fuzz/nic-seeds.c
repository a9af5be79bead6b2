// SPDX-License-Identifier: MIT
/*
 * nic-seeds.c - write inputs from which nic-fuzz can start
 *
 * Each is what a driver does: a fuzzer finds its own way from a working ring to
 * a broken one, but hardly to a working one.  Registers are looked up by name,
 * so the seeds follow the tables.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "hw/nic.h"
#include "tests/fuzz/nic-fuzz.h"

enum {
    TX_RING = 0x1000,
    RX_RING = 0x2000,
    TX_DATA = 0x4000,
    RX_DATA = 0x8000,

    /* Descriptors, dword 2 and 3 */
    EOP = 1 << 24,
    IFCS = 1 << 25,
    IC_TSE = 1 << 26,
    RS = 1 << 27,
    EXTENDED = 1 << 29,
    VLE = 1 << 30,
    DATA = 1 << 20,
    IDE = (int)(1u << 31),
    POPTS = 3 << 8,
};

/**
 * struct seed - One being made
 * @model: Index in nic_models[]
 */
struct seed {
    GByteArray *bytes;
    unsigned model;
};

static void put(struct seed *s, uint32_t val, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        guint8 b = (guint8)(val >> (8 * i));

        g_byte_array_append(s->bytes, &b, 1);
    }
}

/* Properties that are not as they are by default; numbers become 20 */
static void props(struct seed *s, unsigned which)
{
    const struct nic_model *model = nic_models[s->model];

    put(s, which, 1);
    for (unsigned i = 0; i < model->n_props; i++) {
        if ((which >> (i & 7) & 1) && model->prop[i].type == NIC_PROP_UINT) {
            put(s, 20, 2);
        }
    }
}

/* The number of a register, as nic-fuzz.c counts them; 0 if there is none */
static unsigned row(const struct seed *s, const char *name)
{
    const struct nic_model *model = nic_models[s->model];
    struct nic n = { .model = model };
    unsigned before = 0;

    for (unsigned f = 0; model->regs[f]; f++) {
        const struct regfile *rf = model->regs[f];

        if (f && paged_from(rf) < 0) {
            break;
        }
        for (unsigned i = 0; i < rf->n; i++) {
            if (!strcmp(rf->reg[i].name, name) && !rf->reg[i].alias &&
                reg_present(&rf->reg[i], &n)) {
                return before + i;
            }
        }
        before += (unsigned)rf->n;
    }
    return 0;
}

static void wr_at(struct seed *s, const char *name, unsigned i, uint32_t val)
{
    put(s, OP_WRITE, 1);
    put(s, row(s, name), 2);
    put(s, i, 1);
    put(s, val, 4);
}

static void wr(struct seed *s, const char *name, uint32_t val)
{
    wr_at(s, name, 0, val);
}

static void rd(struct seed *s, const char *name)
{
    put(s, OP_READ, 1);
    put(s, row(s, name), 2);
    put(s, 0, 1);
}

static void mem(struct seed *s, uint32_t at, const void *p, unsigned len,
                unsigned copies)
{
    put(s, OP_MEMORY, 1);
    put(s, at, 3);
    put(s, len, 1);
    put(s, copies - 1, 1);
    g_byte_array_append(s->bytes, p, len);
}

static void desc(struct seed *s, uint32_t at, uint64_t dword01, uint32_t lower,
                 uint32_t upper)
{
    uint32_t d[4] = { (uint32_t)dword01, (uint32_t)(dword01 >> 32), lower,
                      upper };

    mem(s, at, d, sizeof(d), 1);
}

static void run(struct seed *s)
{
    put(s, OP_RUN, 1);
}

static void host(struct seed *s, unsigned what, unsigned arg)
{
    put(s, OP_HOST, 1);
    put(s, what | arg << 3, 1);
}

static void clock_step(struct seed *s, unsigned log2)
{
    put(s, OP_CLOCK, 1);
    put(s, log2, 1);
}

static void receive(struct seed *s, unsigned how, unsigned len, unsigned bufs,
                    const char *bytes)
{
    put(s, OP_RECEIVE, 1);
    put(s, how, 1);
    put(s, len - 1, 2);
    put(s, bufs - 1, 1);
    put(s, (uint32_t)strlen(bytes), 1);
    g_byte_array_append(s->bytes, (const guint8 *)bytes, (guint)strlen(bytes));
    for (unsigned i = 1; i < bufs; i++) {
        put(s, 40 * i, 2);
    }
}

static void link_on(struct seed *s)
{
    wr(s, "CTRL", 0x40 | 0x40000000);
    wr(s, "IMS", 0x1ffff);
}

static void tx_on(struct seed *s)
{
    link_on(s);
    wr(s, "TDBAL", TX_RING);
    wr(s, "TDLEN", 256);
    wr(s, "TCTL", 0x3f0fa);
}

static void rx_on(struct seed *s, uint32_t rctl)
{
    link_on(s);
    for (unsigned i = 0; i < 16; i++) {
        desc(s, RX_RING + 16 * i, RX_DATA + 2048 * i, 0, 0);
    }
    wr(s, "RDBAL", RX_RING);
    wr(s, "RDLEN", 256);
    wr(s, "RDT", 15);
    wr(s, "RCTL", 2 | rctl);
}

/* Legacy descriptors, with all that they can ask for */
static void seed_tx(struct seed *s)
{
    tx_on(s);
    mem(s, TX_DATA, "\xff\xff\xff\xff\xff\xff\x52\x54\0\x12\x34\x56\x08\0\x45",
        15, 20);
    desc(s, TX_RING, TX_DATA, 60 | EOP | IFCS | RS, 0);
    desc(s, TX_RING + 16, TX_DATA, 100 | IFCS, 0);
    desc(s, TX_RING + 32, TX_DATA + 100, 200 | EOP | RS | VLE, 5 << 16);
    desc(s, TX_RING + 48, TX_DATA, 80 | EOP | RS | IC_TSE | 24 << 16, 14 << 8);
    desc(s, TX_RING + 64, TX_DATA, 64 | EOP | RS | (uint32_t)IDE, 0);
    wr(s, "TIDV", 8);
    wr(s, "TADV", 32);
    wr(s, "TXDCTL", 0x01040000);
    wr(s, "TDT", 5);
    run(s);
    clock_step(s, 20);
    rd(s, "ICR");
    put(s, OP_MIGRATE, 1);
}

/* Segmentation; @ip6 and @udp choose the headers */
static void seed_tso(struct seed *s, bool ip6, bool udp)
{
    static const uint8_t head4[] = { 0x45, 0, 0,  0, 0, 1, 0,  0, 64, 6,
                                     0,    0, 10, 0, 0, 2, 10, 0, 0,  1 };
    uint32_t tucmd = (ip6 ? 0u : 2u) | (udp ? 0u : 1u);
    unsigned l4 = 14 + (ip6 ? 40 : 20), hdr = l4 + (udp ? 8 : 20);

    tx_on(s);
    mem(s, TX_DATA, "\x52\x55\x0a\0\x02\x02\x52\x54\0\x12\x34\x56", 12, 1);
    mem(s, TX_DATA + 12, ip6 ? "\x86\xdd\x60" : "\x08\0\x45", 3, 1);
    if (!ip6) {
        mem(s, TX_DATA + 14, head4, sizeof(head4), 1);
    }
    /* Context: IPCSS/O/E and TUCSS/O/E, then length and HDRLEN/MSS */
    desc(s, TX_RING,
         (uint64_t)(l4 | (l4 + (udp ? 6 : 16)) << 8) << 32 | 14 | 24 << 8 |
             (uint64_t)(l4 - 1) << 16,
         6000 | EXTENDED | IC_TSE | tucmd << 24, hdr << 8 | 1000u << 16);
    desc(s, TX_RING + 16, TX_DATA, hdr | DATA | EXTENDED | IC_TSE, POPTS);
    desc(s, TX_RING + 32, TX_DATA + 256,
         6000 | DATA | EXTENDED | IC_TSE | EOP | RS | IFCS, POPTS);
    wr(s, "TDT", 2);
    run(s);
    put(s, OP_MIGRATE, 1);
    wr(s, "TDT", 3);
    run(s);
    rd(s, "ICR");
}

static void seed_tso4(struct seed *s)
{
    seed_tso(s, false, false);
}

static void seed_tso6(struct seed *s)
{
    seed_tso(s, true, false);
}

static void seed_ufo(struct seed *s)
{
    seed_tso(s, false, true);
}

static void seed_rx(struct seed *s)
{
    /* UPE, MPE, BAM, SECRC, LPE, SBP, VFE, and small buffers */
    rx_on(s, 0x0403803c | 0x40000);
    wr(s, "RXCSUM", 0x700);
    wr_at(s, "VFTA", 0, 0x20);
    receive(s, FRAME_BROADCAST, 60, 1, "\x08\x06");
    receive(s, FRAME_IP4, 1514, 3, "\x01\x02\x03\x04");
    receive(s, FRAME_IP6 | 0x20, 300, 2, "");
    receive(s, FRAME_VLAN | 0xc0, 1522, 4, "");
    receive(s, FRAME_RAW | 0x40, 64, 1, "\x52\x54\0\x12\x34\x56");
    wr(s, "RDTR", 10);
    wr(s, "RADV", 100);
    wr(s, "RSRPD", 128);
    receive(s, FRAME_UNICAST, 9000, 1, "");
    clock_step(s, 22);
    wr(s, "RDT", 3);
    run(s);
    rd(s, "ICR");
    host(s, HOST_FILTER, 0);
    put(s, OP_MIGRATE, 1);
}

/* Frames that come back, the receive ring being the transmit ring */
static void seed_loop(struct seed *s)
{
    rx_on(s, 0x80d8);
    tx_on(s);
    desc(s, TX_RING, TX_DATA, 1000 | EOP | IFCS | RS, 0);
    desc(s, TX_RING + 16, 0xe0003810, 16 | EOP | RS, 0);
    mem(s, TX_DATA, "\xff\xff\xff\xff\xff\xff\xaa\xaa", 8, 100);
    wr(s, "RDBAL", TX_RING);
    wr(s, "TDT", 2);
    run(s);
    wr(s, "RDBAL", 0xe0002800);
    wr(s, "TDT", 1);
    run(s);
    rd(s, "ICR");
}

/* Linux' loopback test on the PHY */
static void seed_phy(struct seed *s)
{
    static const uint32_t mdic[] = { 0x04300808, 0x04209140, 0x04208140,
                                     0x04204140, 0x043d001f, 0x043e8ffc,
                                     0x08310000, 0x08210000, 0x24321c00 };

    rx_on(s, 0x8000);
    for (unsigned i = 0; i < NIC_N(mdic); i++) {
        wr(s, "MDIC", mdic[i]);
    }
    wr(s, "CTRL", 0x1a41 | 0x80);
    tx_on(s);
    desc(s, TX_RING, TX_DATA, 1024 | EOP | IFCS, 0);
    mem(s, TX_DATA, "\xff\xff\xff\xff\xff\xff", 6, 30);
    wr(s, "TDT", 1);
    run(s);
    wr(s, "CTRL", 0x84000000);
    host(s, HOST_LINK, 0);
    host(s, HOST_LINK, 1);
    clock_step(s, 30);
}

static void seed_eeprom(struct seed *s)
{
    /* EWEN, then a write, bit by bit: CS, SK and DI are bits 1, 0, 2 */
    static const char bits[] = "100110000 10100010011110000111100001";

    for (const char *b = bits; *b; b++) {
        uint32_t di = *b == '1' ? 4 : 0;

        wr(s, "EECD", *b == ' ' ? 0 : 0x42 | di);
        wr(s, "EECD", *b == ' ' ? 0x40 : 0x43 | di);
    }
    wr(s, "EECD", 0);
    wr(s, "EERD", 0x1201);
    rd(s, "EERD");
    wr(s, "CTRL_EXT", 0x2000);
    put(s, OP_MIGRATE, 1);
}

static void seed_wake(struct seed *s)
{
    rx_on(s, 0x8018);
    wr(s, "WUFC", 0xf80ff);
    wr(s, "WUC", 0xb);
    wr(s, "IPAV", 0x1000f);
    wr(s, "IP4AT", 0x0200000a);
    for (unsigned i = 0; i < 4; i++) {
        wr_at(s, "FFLT", i, 32);
    }
    wr_at(s, "FFMT", 2, 0xf);
    wr_at(s, "FFVT", 2, 0xffffffff);
    host(s, HOST_PMCSR, 1);
    put(s, 0x103, 2);
    receive(s, FRAME_MAGIC, 130, 2, "");
    host(s, HOST_LINK, 0);
    receive(s, FRAME_IP4, 60, 1, "");
    host(s, HOST_PMCSR, 1);
    put(s, 0x8000, 2);
    rd(s, "WUS");
}

static void seed_pause(struct seed *s)
{
    tx_on(s);
    rx_on(s, 0x8000);
    wr(s, "FCAL", 0x00c28001);
    wr(s, "FCAH", 0x0100);
    wr(s, "FCT", 0x8808);
    wr(s, "FCTTV", 100);
    wr(s, "FCRTL", 0x80008000);
    wr(s, "FCRTH", 0x9000);
    wr(s, "CTRL", 0x18000041);
    receive(s, FRAME_PAUSE, 60, 1, "\x01\x01");
    desc(s, TX_RING, TX_DATA, 60 | EOP | RS, 0);
    wr(s, "TDT", 1);
    run(s);
    clock_step(s, 24);
    run(s);
    wr(s, "TCTL", 0x43f0fa);
    for (unsigned i = 0; i < 20; i++) {
        receive(s, FRAME_BROADCAST, 1514, 1, "");
    }
    wr(s, "RDT", 14);
    run(s);
}

/* What the host does in between */
static void seed_host(struct seed *s)
{
    host(s, HOST_TRACE, 1);
    seed_tx(s);
    host(s, HOST_BACKEND, 0);
    wr(s, "TDT", 9);
    run(s);
    host(s, HOST_BACKEND, 1);
    run(s);
    host(s, HOST_BUS_MASTER, 0);
    wr(s, "TDT", 0);
    host(s, HOST_BUS_MASTER, 1);
    host(s, HOST_FAULT, 3);
    run(s);
    put(s, OP_BAD_STATE, 1);
    put(s, 1, 1);
    put(s, 20, 3);
    put(s, 1, 1);
    put(s, 90, 3);
    put(s, 255, 1);
    for (unsigned kind = 0; kind < 4; kind++) {
        host(s, HOST_RESET, kind);
    }
}

/* Registers of the RTL8139 by their offset: they are in several banks */
static void wr_off(struct seed *s, unsigned size, uint32_t off, uint32_t val)
{
    put(s, OP_ACCESS, 1);
    put(s, 0x90 | size, 1);
    put(s, off, 3);
    put(s, val, 4);
}

/* RTL8139, C mode: slots, byte ring, loopback */
static void seed_slots(struct seed *s)
{
    wr_off(s, 1, 0x37, 0x10);
    wr_off(s, 4, 0x30, RX_DATA);
    wr_off(s, 1, 0x37, 0x0c);
    wr_off(s, 4, 0x44, 0x3f);
    wr_off(s, 2, 0x3c, 0xffff);
    mem(s, TX_DATA, "\xff\xff\xff\xff\xff\xff\x52\x54\0\x12\x34\x56", 12, 20);
    for (unsigned i = 0; i < 8; i++) {
        wr_off(s, 4, 0x40, i & 4 ? 0x60700 : 0x700);
        wr_off(s, 4, 0x20 + 4 * (i & 3), TX_DATA + i);
        wr_off(s, 4, 0x10 + 4 * (i & 3), 60 + 400 * i);
        run(s);
        receive(s, FRAME_BROADCAST, 1400, 2, "");
    }
    wr_off(s, 2, 0x38, 1400);
    wr_off(s, 2, 0x3e, 0xffff);
    receive(s, FRAME_BROADCAST, 60, 1, "");
}

/* RTL8139, C+ mode: both rings, segmentation, scatter, the tally dump */
static void seed_rings(struct seed *s)
{
    static const char tcp[] = "\xff\xff\xff\xff\xff\xff\x52\x54\0\x12\x34\x56"
                              "\x08\0\x45\0\x05\xdc\0\x01\0\0\x40\x06\0\0"
                              "\x0a\0\x02\x0f\x0a\0\x02\x02\0\x50\0\x51\0\0\0"
                              "\x01\0\0\0\x02\x50\x10\xff\xff\0\0\0";
    const uint32_t own = 0xb0000000;

    wr_off(s, 1, 0x37, 0x10);
    wr_off(s, 2, 0xe0, 0x6b);
    mem(s, TX_DATA, tcp, sizeof(tcp), 20);
    for (unsigned i = 0; i < 4; i++) {
        desc(s, RX_RING + 16 * i, (i == 3 ? 0xc0000000 : 0x80000000) | 512,
             RX_DATA + 512 * i, 0);
    }
    desc(s, TX_RING, own | 100 | 5 << 16, TX_DATA, 0);
    desc(s, TX_RING + 16, own | 200 | 7 << 16 | 1ull << 49, TX_DATA, 0);
    desc(s, TX_RING + 32, own | 1000 | 0x08000000 | 100 << 16, TX_DATA, 0);
    desc(s, TX_RING + 256, 0x60000000 | own | 60, TX_DATA, 0);
    wr_off(s, 4, 0x20, TX_RING);
    wr_off(s, 4, 0x28, TX_RING + 256);
    wr_off(s, 4, 0xe4, RX_RING);
    wr_off(s, 1, 0x37, 0x0c);
    wr_off(s, 4, 0x44, 0x3f);
    wr_off(s, 2, 0x3c, 0xffff);
    wr_off(s, 1, 0xd9, 0xc0);
    run(s);
    receive(s, FRAME_VLAN, 1200, 2, "");
    receive(s, FRAME_IP4, 600, 1, "");
    wr_off(s, 4, 0x10, TX_DATA | 8);
    wr_off(s, 2, 0x3e, 0xffff);
}

/* RTL8139: half duplex with collisions, PAUSE, the EEPROM's pins, autoload */
static void seed_line(struct seed *s)
{
    wr_off(s, 1, 0x50, 0xc0);
    wr_off(s, 2, 0x62, 0x2000);
    wr_off(s, 4, 0x30, RX_DATA);
    wr_off(s, 1, 0x37, 0x0c);
    wr_off(s, 4, 0x44, 0x3f);
    for (unsigned i = 0; i < 6; i++) {
        wr_off(s, 4, 0x20 + 4 * (i & 3), TX_DATA);
        wr_off(s, 4, 0x10 + 4 * (i & 3), 100);
        run(s);
        wr_off(s, 4, 0x40, 0x700 | 1);
        run(s);
    }
    wr_off(s, 2, 0x62, 0x2100);
    wr_off(s, 1, 0x58, 0xc0);
    receive(s, FRAME_PAUSE, 60, 1, "");
    wr_off(s, 4, 0x18, 100);
    run(s);
    clock_step(s, 20);
    wr_off(s, 1, 0x50, 0x88);
    wr_off(s, 1, 0x50, 0x8c);
    receive(s, FRAME_BROADCAST, 60, 1, "");
    put(s, OP_MIGRATE, 1);
    wr_off(s, 1, 0x50, 0x40);
    clock_step(s, 22);
    run(s);
}

/* RTL8139, C+ mode: frames too long, and too long for the ring; a fault */
static void seed_over(struct seed *s)
{
    const uint32_t own = 1u << 31;

    wr_off(s, 2, 0xe0, 0x6b);
    for (unsigned i = 0; i < 3; i++) {
        desc(s, RX_RING + 16 * i, own | (i == 2 ? 1u << 30 : 0) | 1600, RX_DATA,
             0);
    }
    desc(s, TX_RING, 0x20000000 | own | 300, TX_DATA, 0);
    desc(s, TX_RING + 16, 0x10000000 | own | 60000, 0x1f000, 0);
    wr_off(s, 4, 0x20, TX_RING);
    wr_off(s, 4, 0xe4, RX_RING);
    wr_off(s, 1, 0x37, 0x0c);
    wr_off(s, 4, 0x44, 0x3f);
    wr_off(s, 1, 0xd9, 0x40);
    run(s);
    receive(s, FRAME_BROADCAST, 9000, 3, "");
    desc(s, RX_RING, own | 1u << 30 | 64, RX_DATA, 0);
    wr_off(s, 4, 0xe4, RX_RING);
    receive(s, FRAME_BROADCAST, 1000, 2, "");
    host(s, HOST_FAULT, 2);
    wr_off(s, 4, 0x10, TX_DATA | 8);
    run(s);
    receive(s, FRAME_BROADCAST, 1000, 2, "");
}

/* NE2000 */

enum {
    NE_FIRST = 0x4c,
    NE_STOP = 0x80,
    NE_DATA = 0x10,
};

static void ne_port(struct seed *s, unsigned size, unsigned n, bool read)
{
    for (unsigned i = 0; i < n; i++) {
        put(s, OP_ACCESS, 1);
        put(s, size | (read ? 8 : 0), 1);
        put(s, NE_DATA, 3);
        put(s, 0x03020100 + i, 4);
    }
}

static void ne_remote(struct seed *s, uint8_t cr, unsigned at, unsigned len)
{
    wr(s, "RBCR0", len & 0xff);
    wr(s, "RBCR1", len >> 8);
    wr(s, "RSAR0", at & 0xff);
    wr(s, "RSAR1", at >> 8);
    wr(s, "CR", cr);
}

static void ne_on(struct seed *s)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

    wr(s, "CR", 0x21);
    wr(s, "DCR", 0x49);
    wr(s, "RCR", 0x1f);
    wr(s, "TCR", 0x02);
    wr(s, "TPSR", 0x40);
    wr(s, "PSTART", NE_FIRST);
    wr(s, "PSTOP", NE_STOP);
    wr(s, "BNRY", NE_STOP - 1);
    wr(s, "ISR", 0xff);
    wr(s, "IMR", 0x3f);
    for (unsigned i = 0; i < 8; i++) {
        wr_at(s, "PAR", i % 6, mac[i % 6]);
        wr_at(s, "MAR", i, 0xff);
    }
    wr(s, "CURR", NE_FIRST);
    wr(s, "CR", 0x22);
    wr(s, "TCR", 0);
}

static void seed_ne_rx(struct seed *s)
{
    ne_on(s);
    for (unsigned i = 0; i < 6; i++) {
        receive(s, FRAME_UNICAST | (i & 1 ? 0xc0 : 0), 60 + 290 * i, 1 + i % 3,
                "\x08\x00");
    }
    ne_remote(s, 0x0a, NE_FIRST << 8, 4);
    ne_port(s, 4, 1, true);
    ne_remote(s, 0x0a, 0x7ff8, 16);
    ne_port(s, 2, 8, true);
    wr(s, "BNRY", NE_FIRST + 3);
    wr(s, "ISR", 0x41);
    rd(s, "RSR");
    rd(s, "CNTR2");
    wr(s, "DCR", 0x59);
    wr(s, "CR", 0x1a);
    ne_port(s, 2, 4, true);
}

static void seed_ne_tx(struct seed *s)
{
    ne_on(s);
    ne_remote(s, 0x12, 0x4000, 64);
    ne_port(s, 4, 16, false);
    wr(s, "TBCR0", 60);
    wr(s, "CR", 0x26);
    run(s);
    rd(s, "TSR");
    wr(s, "CR", 0x26);
    wr(s, "CR", 0x21);
    run(s);
    wr(s, "TPSR", 0xc0);
    wr(s, "TBCR1", 0x40);
    wr(s, "CR", 0x26);
    run(s);
    /* Multicasts that switch the transmitter */
    wr(s, "TCR", 8);
    receive(s, FRAME_RAW, 60, 1, "\x33\x33\x01\x01\x01\x01");
    wr(s, "TBCR1", 1);
    wr(s, "CR", 0x26);
    run(s);
    receive(s, FRAME_BROADCAST, 60, 1, "");
    run(s);
}

static void seed_ne_overflow(struct seed *s)
{
    ne_on(s);
    for (unsigned i = 0; i < 10; i++) {
        receive(s, FRAME_UNICAST, 1514, 2, "");
        wr(s, "ISR", 1);
    }
    wr(s, "CR", 0x21);
    ne_remote(s, 0x21, 0, 0);
    wr(s, "TCR", 2);
    wr(s, "CR", 0x22);
    put(s, OP_MIGRATE, 1);
    wr(s, "BNRY", 0x60);
    wr(s, "ISR", 0x10);
    wr(s, "TCR", 0);
    run(s);
    receive(s, FRAME_UNICAST | 0x40, 200, 1, "");
    rd(s, "CNTR1");
}

static void seed_ne_loop(struct seed *s)
{
    ne_on(s);
    ne_remote(s, 0x12, 0x4000, 64);
    ne_port(s, 4, 16, false);
    for (unsigned mode = 2; mode < 8; mode++) {
        wr(s, "DCR", mode & 1 ? 0x41 : 0x40);
        wr(s, "TCR", mode);
        wr(s, "TBCR0", 64 - mode);
        wr(s, "CR", 0x26);
        run(s);
        for (unsigned i = 0; i < 3; i++) {
            rd(s, "FIFO");
        }
    }
    wr(s, "LNPP", 1);
}

static void seed_ne_page3(struct seed *s)
{
    ne_on(s);
    wr(s, "9346CR", 0x80);
    for (int bit = 8; bit >= 0; bit--) {
        unsigned di = 0x180 >> bit & 1 ? 2 : 0;

        wr(s, "9346CR", 0x88 | di);
        wr(s, "9346CR", 0x8c | di);
    }
    rd(s, "9346CR");
    wr(s, "9346CR", 0xc0);
    wr(s, "CONFIG2", 0x20);
    wr(s, "CONFIG3", 0x40);
    receive(s, FRAME_PAUSE, 60, 1, "\x01\x01");
    wr(s, "TBCR0", 60);
    wr(s, "CR", 0x26);
    run(s);
    put(s, OP_MIGRATE, 1);
    clock_step(s, 30);
    run(s);
    wr(s, "CONFIG3", 0x42);
    wr(s, "HLTCLK", 'H');
    rd(s, "TSR");
    wr(s, "HLTCLK", 'R');
    wr(s, "9346CR", 0x40);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*make)(struct seed *s);
    } seeds[] = {
        { "tx", seed_tx },           { "tso4", seed_tso4 },
        { "tso6", seed_tso6 },       { "ufo", seed_ufo },
        { "rx", seed_rx },           { "loop", seed_loop },
        { "phy", seed_phy },         { "eeprom", seed_eeprom },
        { "wake", seed_wake },       { "pause", seed_pause },
        { "host", seed_host },       { "slots", seed_slots },
        { "rings", seed_rings },     { "line", seed_line },
        { "over", seed_over },       { "ne-rx", seed_ne_rx },
        { "ne-tx", seed_ne_tx },     { "ne-overflow", seed_ne_overflow },
        { "ne-loop", seed_ne_loop }, { "ne-page3", seed_ne_page3 },
    };
    g_autoptr(GError) err = NULL;

    if (argc != 2 || g_mkdir_with_parents(argv[1], 0777)) {
        fprintf(stderr, "Usage: %s FOLDER\n", argv[0]);
        return 1;
    }
    for (unsigned model = 0; nic_models[model]; model++) {
        for (unsigned i = 0; i < NIC_N(seeds); i++) {
            struct seed s = { g_byte_array_new(), model };
            g_autofree char *path =
                g_strdup_printf("%s/%s-%s", argv[1], nic_models[model]->name,
                                seeds[i].name);

            put(&s, model, 1);
            props(&s, i & 1 ? 0x88 : 0);
            seeds[i].make(&s);
            if (!g_file_set_contents(path, (const char *)s.bytes->data,
                                     s.bytes->len, &err)) {
                fprintf(stderr, "nic-seeds: %s\n", err->message);
                return 1;
            }
            g_byte_array_free(s.bytes, TRUE);
        }
    }
    return 0;
}
