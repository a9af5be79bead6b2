// SPDX-License-Identifier: MIT
/*
 * ne2000.c - Novell's NE2000 on ISA, and Realtek's RTL8029AS on PCI
 *
 * The boards around the DP8390: 32 ports, of which 00-0F are the chip, 10-17
 * its data port and 18-1F a reset port; and local memory, in which remote DMA
 * sees the address PROM at 0 and 16 KiB of packet memory at 4000h.  Nothing
 * else may look like memory, or drivers find a board that this is not: the rest
 * reads FFh.
 *
 * The PROM is 8 bits wide on a 16-bit board, so each of its bytes appears
 * twice; bytes 14 and 15 are 'W', or 'B' in an 8-bit slot, where half of the
 * packet memory is there.
 *
 * The RTL8029AS has a DP8390 and the memory inside, a 32-bit data port, and
 * register page 3: rtl8029.c.
 *
 * Neither masters the bus.  Left out: Plug and Play of the RTL8019AS, and the
 * boot ROM page register.
 */
#include <string.h>

#include "hw/net/ne2000.h"

enum {
    PORTS = 32,
    PORT_DATA = 0x10,
    PORT_RESET = 0x18,

    /* What NetWare 3.11 is said to transmit from, see board_tx_ram() */
    TX_ALIAS_AT = 0xc000,
};

/* Properties; the chip's is first */
enum {
    PROP_STRICT = DP8390_PROP_STRICT,
    PROPS_PCI,
    PROP_SLOT8 = PROPS_PCI,
    PROPS_ISA,
};

static struct ne2000 *board_of(struct dp8390 *d)
{
    return (struct ne2000 *)d;
}

static bool in_slot8(const struct ne2000 *b)
{
    return !ne2000_is_8029(b) && b->chip.nic.prop[PROP_SLOT8];
}

/* Local memory */

static uint8_t *board_ram(struct dp8390 *d, uint16_t at, uint32_t *len)
{
    struct ne2000 *b = board_of(d);
    uint32_t size = in_slot8(b) ? NE2000_RAM_8 : NE2000_RAM;
    uint32_t off = (uint32_t)at - NE2000_RAM_AT;

    if (off >= size) {
        *len = 0;
        return NULL;
    }
    *len = size - off;
    return b->mem.ram + off;
}

/*
 * QEMU has had this for NetWare 3.11 since 2004: what is sent from page C0h on
 * is in page 40h on, where software put it.  No other witness was found, and
 * nothing but transmission needs it.
 */
static uint8_t *board_tx_ram(struct dp8390 *d, uint16_t at, uint32_t *len)
{
    unsigned alias = at >= TX_ALIAS_AT ? TX_ALIAS_AT - NE2000_RAM_AT : 0;

    return board_ram(d, (uint16_t)(at - alias), len);
}

static uint8_t board_read(struct dp8390 *d, uint16_t at)
{
    struct ne2000 *b = board_of(d);
    unsigned prom = ne2000_is_8029(b) ? RTL8029_PROM : NE2000_PROM;
    uint32_t len;
    const uint8_t *p;

    if (at / 2 < prom) {
        return b->mem.prom[at / 2];
    }
    p = board_ram(d, at, &len);
    return p ? *p : UINT8_MAX;
}

static void board_write(struct dp8390 *d, uint16_t at, uint8_t val)
{
    uint32_t len;
    uint8_t *p = board_ram(d, at, &len);

    if (p) {
        *p = val;
    }
}

static const struct dp8390_board board = {
    .read = board_read,
    .write = board_write,
    .ram = board_ram,
    .tx_ram = board_tx_ram,
};

/* The NE2000's is a part of its own, programmed in the factory */
static void prom_init(struct ne2000 *b)
{
    uint8_t mark = in_slot8(b) ? NE2000_MARK_8 : NE2000_MARK_16;

    memset(b->mem.prom, 0, sizeof(b->mem.prom));
    memcpy(b->mem.prom, b->chip.nic.mac, 6);
    memset(b->mem.prom + NE2000_PROM_MARK, mark, 2);
}

/* No address of the bus reaches these; all are saved */
#define ROW(id, member, n, text)                                               \
    {                                                                          \
        .name = (id), .width = 1, .count = (n), .hidden = true,                \
        .keep = DP8390_KEEP, .field = offsetof(struct ne2000_memory, member),  \
        .title = text                                                          \
    }

static const struct reg mem_reg[] = {
    ROW("PROM", prom, RTL8029_PROM, "Address PROM"),
    ROW("RAM", ram, NE2000_RAM, "Packet memory"),
};
#undef ROW

static uint16_t mem_map[1];

static const struct regfile mem_regs = {
    .name = "MEMORY",
    .reg = mem_reg,
    .n = REGS_N(mem_reg),
    .base = offsetof(struct ne2000, mem),
    .map = mem_map,
};

static const struct regfile *const regfiles[] = {
    &dp8390_regs, &rtl8029_regs, &rtl8029_eeprom_regs, &mem_regs, NULL,
};

/* Ports */

/* Reading resets, and so does writing: drivers do both, in either order */
static void port_reset(struct ne2000 *b)
{
    nic_event(&b->chip.nic, DP8390_EVENT_RESET, 0);
    if (ne2000_is_8029(b)) {
        rtl8029_port_reset(b);
    } else {
        dp8390_reset(&b->chip, NIC_RESET_CHIP);
    }
}

/* Without a clock nothing answers, but page 3, where software halted it */
static uint8_t port_read(struct ne2000 *b, uint32_t off)
{
    if (rtl8029_halted(b)) {
        return UINT8_MAX;
    }
    if (off >= PORT_RESET) {
        port_reset(b);
        return UINT8_MAX;
    }
    if (off >= PORT_DATA) {
        return (uint8_t)dp8390_port_read(&b->chip, 1);
    }
    if (off && dp8390_page(&b->chip) == 3) {
        return rtl8029_read(b, off);
    }
    return dp8390_read(&b->chip, off);
}

static void port_write(struct ne2000 *b, uint32_t off, uint8_t val)
{
    if (rtl8029_halted(b)) {
        rtl8029_write(b, off, val);
    } else if (off >= PORT_RESET) {
        port_reset(b);
    } else if (off >= PORT_DATA) {
        dp8390_port_write(&b->chip, 1, val);
    } else if (off && dp8390_page(&b->chip) == 3) {
        rtl8029_write(b, off, val);
    } else {
        dp8390_write(&b->chip, off, val);
    }
}

/* Whether an access is one of the data port in its full width */
static bool is_data(const struct ne2000 *b, uint32_t off, unsigned size)
{
    return size > 1 && off >= PORT_DATA && off + size <= PORT_RESET &&
           !in_slot8(b) && !rtl8029_halted(b);
}

/* The chip is 8 bits wide: wider accesses are as many cycles */
static uint32_t ne2000_read(struct nic *n, unsigned bar, uint32_t off,
                            unsigned size)
{
    struct ne2000 *b = ne2000_of(n);
    uint32_t val = 0;

    if (is_data(b, off, size)) {
        return dp8390_port_read(&b->chip, size);
    }
    for (unsigned i = 0; i < size; i++) {
        uint32_t part = off + i < PORTS ? port_read(b, off + i) : UINT8_MAX;

        val |= part << (8 * i);
    }
    return val;
}

static void ne2000_write(struct nic *n, unsigned bar, uint32_t off,
                         unsigned size, uint32_t val)
{
    struct ne2000 *b = ne2000_of(n);

    if (is_data(b, off, size)) {
        dp8390_port_write(&b->chip, size, val);
        return;
    }
    for (unsigned i = 0; i < size && off + i < PORTS; i++) {
        port_write(b, off + i, (uint8_t)(val >> (8 * i)));
    }
}

/* Entry points */

static void ne2000_reset(struct nic *n, enum nic_reset kind)
{
    struct ne2000 *b = ne2000_of(n);

    b->chip.board = &board;
    regs_reset(&rtl8029_regs, n, kind);
    if (kind == NIC_RESET_POWER) {
        regs_reset(&mem_regs, n, kind);
    }
    dp8390_reset(&b->chip, kind);
    if (ne2000_is_8029(b)) {
        if (kind == NIC_RESET_POWER) {
            rtl8029_power_on(b);
        }
        rtl8029_load(b);
    } else if (kind == NIC_RESET_POWER) {
        prom_init(b);
    }
}

static bool ne2000_receive(struct nic *n, const struct nic_rx *rx)
{
    struct ne2000 *b = ne2000_of(n);

    return (ne2000_is_8029(b) && rtl8029_pause(b, rx)) || dp8390_receive(n, rx);
}

/* Only the RTL8029AS has a timer, and only that one */
static void ne2000_expired(struct nic *n, unsigned id)
{
    rtl8029_resume(ne2000_of(n));
}

static bool ne2000_loaded(struct nic *n)
{
    struct ne2000 *b = ne2000_of(n);

    if (!rtl8029_loaded(b)) {
        return false;
    }
    dp8390_loaded(&b->chip);
    return true;
}

#define STRICT                                                                 \
    [PROP_STRICT] = {                                                          \
        .name = "strict",                                                      \
        .type = NIC_PROP_BOOL,                                                 \
        .def = false,                                                          \
        .help = "count and trace what a real chip would punish",               \
    }

static const struct nic_prop props_pci[PROPS_PCI] = { STRICT };

static const struct nic_prop props_isa[PROPS_ISA] = {
    STRICT,
    [PROP_SLOT8] = {
        .name = "slot8", .type = NIC_PROP_BOOL, .def = false,
        .help = "in an 8-bit slot: bytes only, half the memory, PROM says BB",
    },
};

/* Identity: QEMU's, but for the BAR, which has 256 ports there */
static const struct nic_pci pci_8029 = {
    .vendor = 0x10ec,
    .device = 0x8029,
    .subsystem_vendor = 0x1af4,
    .subsystem = 0x1100,
    .bar = { { NIC_BAR_IO, PORTS } },
    .romfile = "efi-ne2k_pci.rom",
};

/* Where QEMU's is; the first NE2000 came with interrupt 3 */
static const struct nic_isa isa_ne2000 = {
    .ports = PORTS,
    .iobase = 0x300,
    .irq = 9,
};

#define MODEL(model_name, text, bit, on, table, n)                             \
    {                                                                          \
        .name = (model_name), .desc = (text), .chip = (bit),                   \
        .size = sizeof(struct ne2000),                                         \
        .timers = (bit) == DP8390_RTL8029 ? RTL8029_TIMERS : 0, .slave = true, \
        on, .prop = (table), .n_props = (n), .event = dp8390_events,           \
        .n_events = DP8390_EVENTS, .regs = regfiles, .reset = ne2000_reset,    \
        .read = ne2000_read, .write = ne2000_write, .receive = ne2000_receive, \
        .expired = ne2000_expired, .run = dp8390_run, .link = dp8390_link,     \
        .loaded = ne2000_loaded, .filter = dp8390_filter,                      \
    }

const struct nic_model ne2k_pci_model =
    MODEL("ne2k_pci", "Realtek RTL8029AS, NE2000 on PCI", DP8390_RTL8029,
          .pci = &pci_8029, props_pci, PROPS_PCI);
const struct nic_model ne2k_isa_model =
    MODEL("ne2k_isa", "Novell NE2000 with a National DP8390D, on ISA",
          DP8390_NATIONAL, .isa = &isa_ne2000, props_isa, PROPS_ISA);
