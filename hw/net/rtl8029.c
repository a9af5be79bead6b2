// SPDX-License-Identifier: MIT
/*
 * rtl8029.c - what the RTL8029AS has beside an NE2000: register page 3
 *
 * The 93C46 with the configuration, the address PROM that is loaded from it,
 * the registers that come from there, power-down, and PAUSE.
 *
 * Of Realtek's RTL8029AS datasheet (preliminary, 1997) the register
 * descriptions could be had; for what they do not say, the RTL8019AS's (2001)
 * was read.  The layout of the EEPROM is that of Becker's ne2k-pci-diag, which
 * names the datasheet as its reference: CONFIG2, CONFIG3 and the station
 * address from byte 0 on, and PCI's identity at its end, about which MINIX
 * agrees.  That the product identifier follows the address is the RTL8019AS's
 * order.  Loading takes no time here.
 *
 * Power-down: with SLEEP or PWRDN the network side is off.  In power-down,
 * HLTCLK = 'H' halts the clock as well, and no register answers but HLTCLK,
 * until 'R' or a reset of the bus.
 *
 * PAUSE: with FCE, in full duplex, a PAUSE frame stops the transmitter for its
 * time, in units of 512 bits (IEEE 802.3, annex 31B), and PF shows it.  None is
 * sent: frames that find no room wait in the network.
 */
#include <string.h>

#include "hw/net/frame.h"
#include "hw/net/ne2000.h"

enum {
    WORDS = EEPROM93C46_WORDS,
    PAGE3_REGS = 16,

    /* Bytes of the EEPROM */
    EE_CONFIG2 = 0x00,
    EE_CONFIG3 = 0x01,
    EE_ADDRESS = 0x02,
    EE_PRODUCT = 0x08,
    EE_PRODUCT_LEN = 8,
    EE_VENDOR = 0x78,
    EE_DEVICE = 0x7a,
    EE_SUBSYSTEM_VENDOR = 0x7c,
    EE_SUBSYSTEM = 0x7e,

    CLOCK_RUNS = 'R',
    CLOCK_HALTED = 'H',

    /* 512 bits at 10 Mb/s */
    PAUSE_UNIT_NS = 51200,
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

/* CONFIG2; bits 1-0 are the size of the boot ROM, 7-6 the medium */
enum {
    CONFIG2_PF = 1 << 4,
    CONFIG2_FCE = 1 << 5,
    CONFIG2_RW = 7 << 5,
};

/* CONFIG3; bits 5-4 choose what the LEDs show */
enum {
    CONFIG3_PWRDN = 1 << 1,
    CONFIG3_SLEEP = 1 << 2,
    CONFIG3_FUDUP = 1 << 6,
    CONFIG3_RW = CONFIG3_PWRDN | CONFIG3_SLEEP | CONFIG3_FUDUP,
};

/* EEPROM */

static uint8_t eeprom_byte(const struct ne2000 *b, unsigned at)
{
    return (uint8_t)(b->eeprom.word[at / 2] >> (at & 1 ? 8 : 0));
}

static void eeprom_put16(struct ne2000 *b, unsigned at, uint16_t val)
{
    b->eeprom.word[at / 2] = val;
}

void rtl8029_power_on(struct ne2000 *b)
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

/* What depends on 9346CR and CONFIG3 */
static bool dma_forbidden(const struct ne2000 *b)
{
    return (b->reg.CR9346 & EEM) == EEM_PROGRAM ||
           (b->reg.CONFIG3 & (CONFIG3_PWRDN | CONFIG3_SLEEP));
}

void rtl8029_load(struct ne2000 *b)
{
    struct nic *n = &b->chip.nic;
    uint8_t *prom = b->mem.prom;

    eeprom93_pins(&b->eeprom, WORDS, false, false, false, n->host->now(n));
    b->reg.CONFIG2 = eeprom_byte(b, EE_CONFIG2) & (uint8_t)~CONFIG2_PF;
    b->reg.CONFIG3 = eeprom_byte(b, EE_CONFIG3);
    for (unsigned i = 0; i < 6; i++) {
        prom[i] = eeprom_byte(b, EE_ADDRESS + i);
    }
    for (unsigned i = 0; i < EE_PRODUCT_LEN; i++) {
        prom[6 + i] = eeprom_byte(b, EE_PRODUCT + i);
    }
    memcpy(prom + NE2000_PROM, prom, NE2000_PROM_MARK);
    memset(prom + NE2000_PROM_MARK, NE2000_MARK_16, 2);
    memset(prom + NE2000_PROM + NE2000_PROM_MARK, NE2000_MARK_8, 2);
    dp8390_hold(&b->chip, dma_forbidden(b));
}

void rtl8029_port_reset(struct ne2000 *b)
{
    struct nic *n = &b->chip.nic;

    b->reg.CR9346 = 0;
    eeprom93_pins(&b->eeprom, WORDS, false, false, false, n->host->now(n));
    nic_timer(n, RTL8029_TIMER_PAUSE, NIC_TIMER_OFF);
    dp8390_reset(&b->chip, NIC_RESET_CHIP);
    dp8390_hold(&b->chip, dma_forbidden(b));
}

/* Page 3 */

static void cr9346_written(struct nic *n, struct wr w)
{
    struct ne2000 *b = ne2000_of(n);
    unsigned cr = b->reg.CR9346, mode = cr & EEM;
    bool open = mode == EEM_PROGRAM;

    if (mode == EEM_LOAD) {
        rtl8029_port_reset(b);
        rtl8029_load(b);
        return;
    }
    eeprom93_pins(&b->eeprom, WORDS, open && (cr & EECS), open && (cr & EESK),
                  open && (cr & EEDI), n->host->now(n));
    dp8390_hold(&b->chip, dma_forbidden(b));
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

static bool flow_control(const struct ne2000 *b)
{
    return (b->reg.CONFIG2 & CONFIG2_FCE) && (b->reg.CONFIG3 & CONFIG3_FUDUP);
}

/* A pause ends with what it rests on */
static void config2_written(struct nic *n, struct wr w)
{
    if (!flow_control(ne2000_of(n))) {
        rtl8029_resume(ne2000_of(n));
    }
}

static uint32_t config2_fetch(struct nic *n, unsigned i)
{
    struct ne2000 *b = ne2000_of(n);

    return b->reg.CONFIG2 | (b->chip.reg.tx_paused ? CONFIG2_PF : 0u);
}

static void config3_written(struct nic *n, struct wr w)
{
    struct ne2000 *b = ne2000_of(n);

    if (!(b->reg.CONFIG3 & CONFIG3_PWRDN)) {
        b->reg.HLTCLK = CLOCK_RUNS;
    }
    config2_written(n, w);
    dp8390_hold(&b->chip, dma_forbidden(b));
}

/* "Invalid" but in power-down, and all but two values say nothing */
static void hltclk_written(struct nic *n, struct wr w)
{
    struct ne2000 *b = ne2000_of(n);

    if (!(b->reg.CONFIG3 & CONFIG3_PWRDN) ||
        (w.val != CLOCK_RUNS && w.val != CLOCK_HALTED)) {
        b->reg.HLTCLK = (uint8_t)w.old;
    }
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
    REG("CONFIG2", CONFIG2, 0x05, .keep = 1u << NIC_RESET_CHIP,
        .rw = CONFIG2_RW, .open = config_open, .written = config2_written,
        .fetch = config2_fetch,
        .title = "Configuration 2: medium, flow control, boot ROM"),
    REG("CONFIG3", CONFIG3, 0x06, .keep = 1u << NIC_RESET_CHIP,
        .rw = CONFIG3_RW, .open = config_open, .written = config3_written,
        .title = "Configuration 3: full duplex, LEDs, sleep"),
    REG("HLTCLK", HLTCLK, 0x09, .dir = REG_WRITE, .reset = 0xff, .rw = 0xff,
        .keep = 1u << NIC_RESET_CHIP, .written = hltclk_written,
        .title = "Halt Clock"),
    REG("8029ASID0", ID[0], 0x0e, .dir = REG_READ, .reset = 0x29,
        .title = "Identity, low byte"),
    REG("8029ASID1", ID[1], 0x0f, .dir = REG_READ, .reset = 0x80,
        .title = "Identity, high byte"),
};

#undef REG

static uint16_t page3_map[PAGE3_REGS / 4];

const struct regfile rtl8029_regs = {
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

const struct regfile rtl8029_eeprom_regs = {
    .name = "EEPROM",
    .reg = eeprom_reg,
    .n = REGS_N(eeprom_reg),
    .base = offsetof(struct ne2000, eeprom),
    .map = eeprom_map,
};

uint8_t rtl8029_read(struct ne2000 *b, unsigned at)
{
    return (uint8_t)regs_read(&rtl8029_regs, &b->chip.nic, at, 1);
}

void rtl8029_write(struct ne2000 *b, unsigned at, uint8_t val)
{
    if (!rtl8029_halted(b) || at == 0x09) {
        regs_write(&rtl8029_regs, &b->chip.nic, at, 1, val);
    }
}

bool rtl8029_halted(const struct ne2000 *b)
{
    return (b->reg.CONFIG3 & CONFIG3_PWRDN) && b->reg.HLTCLK == CLOCK_HALTED;
}

/* Flow control */

bool rtl8029_pause(struct ne2000 *b, const struct nic_rx *rx)
{
    struct nic *n = &b->chip.nic;
    struct frame_in in;
    uint16_t time;

    if (!flow_control(b) || !dp8390_hears(&b->chip) ||
        !frame_in_open(n, &in, rx) || in.bad_fcs ||
        !frame_is_pause(&in, b->chip.reg.PAR, &time)) {
        return false;
    }
    nic_event(n, DP8390_EVENT_PAUSE, time);
    dp8390_pause(&b->chip, time);
    nic_timer(n, RTL8029_TIMER_PAUSE,
              time ? n->host->now(n) + (uint64_t)time * PAUSE_UNIT_NS
                   : NIC_TIMER_OFF);
    return true;
}

void rtl8029_resume(struct ne2000 *b)
{
    nic_timer(&b->chip.nic, RTL8029_TIMER_PAUSE, NIC_TIMER_OFF);
    dp8390_pause(&b->chip, false);
}

/* The chip was told what these registers say, and a pause has an end */
bool rtl8029_loaded(struct ne2000 *b)
{
    bool timed = b->chip.nic.deadline[RTL8029_TIMER_PAUSE] != NIC_TIMER_OFF;

    return b->chip.reg.held == dma_forbidden(b) &&
           b->chip.reg.tx_paused == timed;
}
