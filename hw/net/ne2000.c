// SPDX-License-Identifier: MIT
/*
 * ne2000.c - Novell's NE2000 on ISA, and Realtek's RTL8029AS on PCI
 *
 * The boards around the DP8390: 32 ports, of which 00-0F are the chip, 10-17
 * its data port and 18-1F a reset port; and local memory, in which remote DMA
 * sees the address PROM at 0 and 16 KiB of packet memory at 4000h and, A15 not
 * being decoded for it, at C000h, where NetWare 3.11 is said to transmit from.
 * Nothing else may look like memory, or drivers find a board that this is not:
 * the rest reads FFh.
 *
 * The PROM is 8 bits wide on a 16-bit board, so each of its bytes appears
 * twice; bytes 14 and 15 are 'W', or 'B' in an 8-bit slot, where half of the
 * packet memory is there.
 *
 * The RTL8029AS has a DP8390 and the memory inside, a 32-bit data port, and
 * register page 3 with a 93C46 EEPROM.  After Realtek's RTL8029AS datasheet
 * (preliminary, 1997) and, where that could not be had, the RTL8019AS's (2001),
 * among that the layout of the EEPROM.  Loading it takes no time here.
 *
 * Neither masters the bus.  Left out: Plug and Play of the RTL8019AS, the boot
 * ROM page register, power-down, and flow control (CONFIG2.FCE).
 */
#include <string.h>

#include "hw/net/dp8390.h"
#include "hw/net/eeprom93.h"

enum {
    PORTS = 32,
    PORT_DATA = 0x10,
    PORT_RESET = 0x18,

    RAM_AT = 0x4000,
    RAM_SIZE = 0x4000,
    RAM_SIZE_8 = 0x2000,

    /* The RTL8029AS's has the 8-bit board's image behind the other */
    PROM = 16,
    PROM_8029 = 32,
    PROM_MARK = 14,
    MARK_16 = 'W',
    MARK_8 = 'B',

    WORDS = EEPROM93C46_WORDS,
    PAGE3_REGS = 16,

    /* Bytes of the EEPROM: the RTL8019AS's layout, and MINIX for the last */
    EE_CONFIG2 = 0x01,
    EE_CONFIG3 = 0x02,
    EE_ADDRESS = 0x04,
    EE_PRODUCT = 0x0a,
    EE_PRODUCT_LEN = 8,
    EE_VENDOR = 0x78,
    EE_DEVICE = 0x7a,
    EE_SUBSYSTEM_VENDOR = 0x7c,
    EE_SUBSYSTEM = 0x7e,
};

/* 9346CR */
enum {
    EEM = 3 << 6,
    EEM_LOAD = 1 << 6,
    EEM_PROGRAM = 2 << 6,
    EEM_CONFIG = 3 << 6,
    EECS = 1 << 3,
    EESK = 1 << 2,
    EEDI = 1 << 1,
    EEDO = 1 << 0,
};

/* Properties; the chip's is first */
enum {
    PROP_STRICT = DP8390_PROP_STRICT,
    PROPS_PCI,
    PROP_SLOT8 = PROPS_PCI,
    PROPS_ISA,
};

/**
 * struct memory - Local memory
 * @prom: Address PROM, without the doubling
 * @ram:  Packet memory
 */
struct memory {
    uint8_t prom[PROM_8029], ram[RAM_SIZE];
};

/**
 * struct ne2000 - A board
 * @reg:    Page 3 of the RTL8029AS
 * @eeprom: Of the RTL8029AS
 */
struct ne2000 {
    struct dp8390 chip;
    struct {
        uint8_t CR9346, CONFIG0, CONFIG2, CONFIG3, HLTCLK, ID[2];
    } reg;
    struct eeprom93 eeprom;
    struct memory mem;
};

static struct ne2000 *ne2000_of(struct nic *n)
{
    return (struct ne2000 *)n;
}

static struct ne2000 *board_of(struct dp8390 *d)
{
    return (struct ne2000 *)d;
}

static bool is_8029(const struct ne2000 *b)
{
    return b->chip.nic.model->chip == DP8390_RTL8029;
}

static bool in_slot8(const struct ne2000 *b)
{
    return !is_8029(b) && b->chip.nic.prop[PROP_SLOT8];
}

/* Local memory */

/* A15 is not decoded for it */
static uint8_t *board_ram(struct dp8390 *d, uint16_t at, uint32_t *len)
{
    struct ne2000 *b = board_of(d);
    uint32_t size = in_slot8(b) ? RAM_SIZE_8 : RAM_SIZE;
    uint32_t off = at & (RAM_AT - 1);

    if (!(at & RAM_AT) || off >= size) {
        *len = 0;
        return NULL;
    }
    *len = size - off;
    return b->mem.ram + off;
}

static uint8_t board_read(struct dp8390 *d, uint16_t at)
{
    struct ne2000 *b = board_of(d);
    unsigned prom = is_8029(b) ? PROM_8029 : PROM;
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
};

/* PROM and EEPROM */

static uint8_t eeprom_byte(const struct ne2000 *b, unsigned at)
{
    return (uint8_t)(b->eeprom.word[at / 2] >> (at & 1 ? 8 : 0));
}

static void eeprom_put16(struct ne2000 *b, unsigned at, uint16_t val)
{
    b->eeprom.word[at / 2] = val;
}

/* Power-on: an image that suits the board */
static void eeprom_init(struct ne2000 *b)
{
    const struct nic_pci *pci = b->chip.nic.model->pci;
    const uint8_t *mac = b->chip.nic.mac;

    for (unsigned i = 0; i < EEPROM93_WORDS_MAX; i++) {
        b->eeprom.word[i] = 0;
    }
    for (unsigned i = 0; i < 6; i += 2) {
        eeprom_put16(b, EE_ADDRESS + i, (uint16_t)(mac[i] | mac[i + 1] << 8));
    }
    eeprom_put16(b, EE_VENDOR, pci->vendor);
    eeprom_put16(b, EE_DEVICE, pci->device);
    eeprom_put16(b, EE_SUBSYSTEM_VENDOR, pci->subsystem_vendor);
    eeprom_put16(b, EE_SUBSYSTEM, pci->subsystem);
    eeprom93_power_on(&b->eeprom);
}

static void eeprom_load(struct ne2000 *b)
{
    uint8_t *prom = b->mem.prom;

    b->reg.CONFIG2 = eeprom_byte(b, EE_CONFIG2);
    b->reg.CONFIG3 = eeprom_byte(b, EE_CONFIG3);
    for (unsigned i = 0; i < 6; i++) {
        prom[i] = eeprom_byte(b, EE_ADDRESS + i);
    }
    for (unsigned i = 0; i < EE_PRODUCT_LEN; i++) {
        prom[6 + i] = eeprom_byte(b, EE_PRODUCT + i);
    }
    memcpy(prom + PROM, prom, PROM_MARK);
    memset(prom + PROM_MARK, MARK_16, 2);
    memset(prom + PROM + PROM_MARK, MARK_8, 2);
}

/* The NE2000's is a part of its own, programmed in the factory */
static void prom_init(struct ne2000 *b)
{
    memset(b->mem.prom, 0, sizeof(b->mem.prom));
    memcpy(b->mem.prom, b->chip.nic.mac, 6);
    memset(b->mem.prom + PROM_MARK, in_slot8(b) ? MARK_8 : MARK_16, 2);
}

/* Page 3 of the RTL8029AS */

static void cr9346_written(struct nic *n, struct wr w)
{
    struct ne2000 *b = ne2000_of(n);
    unsigned cr = b->reg.CR9346, mode = cr & EEM;
    bool open = mode == EEM_PROGRAM;

    eeprom93_pins(&b->eeprom, WORDS, open && (cr & EECS), open && (cr & EESK),
                  open && (cr & EEDI), n->host->now(n));
    if (mode == EEM_LOAD) {
        b->reg.CR9346 = 0;
        eeprom_load(b);
        dp8390_reset(&b->chip, NIC_RESET_CHIP);
    }
    dp8390_hold(&b->chip, open);
}

static uint32_t cr9346_fetch(struct nic *n, unsigned i)
{
    struct ne2000 *b = ne2000_of(n);
    bool out = (b->reg.CR9346 & EEM) == EEM_PROGRAM &&
               eeprom93_do(&b->eeprom, n->host->now(n));

    return b->reg.CR9346 | (out ? EEDO : 0u);
}

static bool config_open(struct nic *n)
{
    return (ne2000_of(n)->reg.CR9346 & EEM) == EEM_CONFIG;
}

#define REG(id, member, at, ...)                                               \
    {                                                                          \
        .name = (id), .offset = (at), .width = 1, .chips = DP8390_RTL8029,     \
        .field = offsetof(struct ne2000, reg.member) -                         \
                 offsetof(struct ne2000, reg),                                 \
        .ref = "RTL8029AS page 3", __VA_ARGS__                                 \
    }

static const struct reg page3_reg[] = {
    REG("9346CR", CR9346, 0x01, .rw = EEM | EECS | EESK | EEDI,
        .written = cr9346_written, .fetch = cr9346_fetch,
        .title = "EEPROM Command"),
    REG("CONFIG0", CONFIG0, 0x03, .dir = REG_READ,
        .title = "Configuration 0: BNC"),
    REG("CONFIG2", CONFIG2, 0x05, .keep = 1u << NIC_RESET_CHIP, .rw = 0xe0,
        .open = config_open,
        .title = "Configuration 2: medium, flow control, boot ROM"),
    REG("CONFIG3", CONFIG3, 0x06, .keep = 1u << NIC_RESET_CHIP, .rw = 0x46,
        .open = config_open,
        .title = "Configuration 3: full duplex, LEDs, sleep"),
    REG("HLTCLK", HLTCLK, 0x09, .dir = REG_WRITE, .reset = 0xff, .rw = 0xff,
        .title = "Halt Clock"),
    REG("8029ASID0", ID[0], 0x0e, .dir = REG_READ, .reset = 0x29,
        .title = "Identity, low byte"),
    REG("8029ASID1", ID[1], 0x0f, .dir = REG_READ, .reset = 0x80,
        .title = "Identity, high byte"),
};

#undef REG

static uint16_t page3_map[PAGE3_REGS / 4];

static const struct regfile page3_regs = {
    .name = "RTL8029AS page 3",
    .reg = page3_reg,
    .n = REGS_N(page3_reg),
    .base = offsetof(struct ne2000, reg),
    .map = page3_map,
    .size = PAGE3_REGS,
};

static const struct reg eeprom_reg[] = {
    EEPROM93_ROWS(.keep = DP8390_KEEP, .chips = DP8390_RTL8029),
};

static uint16_t eeprom_map[1];

static const struct regfile eeprom_regs = {
    .name = "EEPROM",
    .reg = eeprom_reg,
    .n = REGS_N(eeprom_reg),
    .base = offsetof(struct ne2000, eeprom),
    .map = eeprom_map,
};

/* No address of the bus reaches these; all are saved */
#define ROW(id, member, n, text)                                               \
    {                                                                          \
        .name = (id), .width = 1, .count = (n), .hidden = true,                \
        .keep = DP8390_KEEP, .field = offsetof(struct memory, member),         \
        .title = text                                                          \
    }

static const struct reg mem_reg[] = {
    ROW("PROM", prom, PROM_8029, "Address PROM"),
    ROW("RAM", ram, RAM_SIZE, "Packet memory"),
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
    &dp8390_regs, &page3_regs, &eeprom_regs, &mem_regs, NULL,
};

/* Ports */

/* Reading resets, and so does writing: drivers do both, in either order */
static void port_reset(struct ne2000 *b)
{
    nic_event(&b->chip.nic, DP8390_EVENT_RESET, 0);
    b->reg.CR9346 = 0;
    dp8390_reset(&b->chip, NIC_RESET_CHIP);
}

static uint8_t port_read(struct ne2000 *b, uint32_t off)
{
    if (off >= PORT_RESET) {
        port_reset(b);
        return UINT8_MAX;
    }
    if (off >= PORT_DATA) {
        return (uint8_t)dp8390_port_read(&b->chip, 1);
    }
    if (off && dp8390_page(&b->chip) == 3) {
        return (uint8_t)regs_read(&page3_regs, &b->chip.nic, off, 1);
    }
    return dp8390_read(&b->chip, off);
}

static void port_write(struct ne2000 *b, uint32_t off, uint8_t val)
{
    if (off >= PORT_RESET) {
        port_reset(b);
    } else if (off >= PORT_DATA) {
        dp8390_port_write(&b->chip, 1, val);
    } else if (off && dp8390_page(&b->chip) == 3) {
        regs_write(&page3_regs, &b->chip.nic, off, 1, val);
    } else {
        dp8390_write(&b->chip, off, val);
    }
}

/* Whether an access is one of the data port in its full width */
static bool is_data(const struct ne2000 *b, uint32_t off, unsigned size)
{
    return size > 1 && off >= PORT_DATA && off + size <= PORT_RESET &&
           !in_slot8(b);
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
    regs_reset(&page3_regs, n, kind);
    if (kind == NIC_RESET_POWER) {
        regs_reset(&mem_regs, n, kind);
        if (is_8029(b)) {
            eeprom_init(b);
        } else {
            prom_init(b);
        }
    }
    if (is_8029(b)) {
        eeprom93_pins(&b->eeprom, WORDS, false, false, false, n->host->now(n));
        eeprom_load(b);
    }
    dp8390_reset(&b->chip, kind);
}

/* There are no timers */
static void ne2000_expired(struct nic *n, unsigned id)
{
}

static bool ne2000_loaded(struct nic *n)
{
    struct ne2000 *b = ne2000_of(n);

    /* What 9346CR says, and the chip was told */
    if (b->chip.reg.held != ((b->reg.CR9346 & EEM) == EEM_PROGRAM)) {
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
        .size = sizeof(struct ne2000), .slave = true, on, .prop = (table),     \
        .n_props = (n), .event = dp8390_events, .n_events = DP8390_EVENTS,     \
        .regs = regfiles, .reset = ne2000_reset, .read = ne2000_read,          \
        .write = ne2000_write, .receive = dp8390_receive,                      \
        .expired = ne2000_expired, .run = dp8390_run, .link = dp8390_link,     \
        .loaded = ne2000_loaded, .filter = dp8390_filter,                      \
    }

const struct nic_model ne2k_pci_model =
    MODEL("ne2k_pci", "Realtek RTL8029AS, NE2000 on PCI", DP8390_RTL8029,
          .pci = &pci_8029, props_pci, PROPS_PCI);
const struct nic_model ne2k_isa_model =
    MODEL("ne2k_isa", "Novell NE2000 with a National DP8390D, on ISA",
          DP8390_NATIONAL, .isa = &isa_ne2000, props_isa, PROPS_ISA);
