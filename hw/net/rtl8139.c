// SPDX-License-Identifier: MIT
/*
 * rtl8139.c - Realtek RTL8139, 8139A, B, C, D and C+ fast Ethernet controllers
 *
 * After Realtek's data sheets RTL8139C(L) v1.6 and RTL8139C(L)+ v1.6, with
 * those of 8139A, B and D where they differ, and register dumps of real cards
 * where the papers are silent.
 *
 * The parts:
 *   rtl8139.c         general registers, resets, interrupts, timer, tally,
 *                     identity
 *   rtl8139-tx.c      four slots or two descriptor rings to frames
 *   rtl8139-rx.c      frames to a byte ring or a descriptor ring; filter
 *   rtl8139-flow.c    PAUSE
 *   rtl8139-mii.c     PHY registers, link
 *   rtl8139-eeprom.c  the EEPROM behind 9346CR, and what it presets
 *   rtl8139-wake.c    wake-up
 *
 * Two cards in one: the "C mode" of all chips copies frames through four
 * transmit slots and one receive ring of bytes; the "C+ mode" of the 8139C+
 * has descriptors.  C+CR switches each direction, and with it the meaning of
 * 10h to 2Fh and of 30h to 3Bh: these are two banks of registers, which keep
 * their values while the other is seen.
 *
 * Who owns what: TSD.OWN = 0 and descriptor OWN = 1 are ours.  Of CAPR and CBR
 * software owns CAPR.  Link bits anywhere are computed from nic.link_up and
 * what was negotiated.  A register write never moves packets, it marks work.
 *
 * Resets: power and RST# reset everything and load the EEPROM.  CR.RST leaves
 * the addresses, what the EEPROM configured, the PHY and wake-up registers.
 * Leaving D3 changes nothing.
 *
 * Left out: collisions of its own accord (the property "collisions" makes
 * them), early receive (a frame arrives in no time), wake-up frames by pattern
 * (no paper tells the CRC), CardBus function registers, the VPD capability, D1
 * and D2.
 */
#include "hw/net/rtl8139.h"
#include "hw/regs-rows.h"

#include <string.h>

enum {
    TICK_NS = 30, /* PCI clock, 33.3 MHz */
    TALLY_SIZE = 64,
    STATION_END = 0x10, /* IDR and MAR are before this */
};

bool rtl8139_in_d3(const struct rtl8139 *d)
{
    return (d->nic.pmcsr & PMCSR_STATE) == PMCSR_D3;
}

/* 01 and 10 are reserved on C, C+ and D; before, they looped elsewhere */
bool rtl8139_loopback(const struct rtl8139 *d)
{
    uint32_t lbk = d->reg.TCR & TCR_LBK;

    return lbk == TCR_LBK || (lbk && rtl8139_is(d, RTL8139_OLD | RTL8139_B));
}

bool rtl8139_online(const struct rtl8139 *d)
{
    uint32_t eem = d->reg.CR9346 & CR9346_EEM;

    return eem != CR9346_AUTOLOAD && eem != CR9346_PROGRAM;
}

void rtl8139_strict(struct rtl8139 *d, unsigned event, uint64_t val)
{
    if (d->nic.prop[RTL8139_PROP_STRICT]) {
        nic_event(&d->nic, event, val);
    }
}

/* Interrupts: whatever the mask, ISR collects; in D3 only PME# is driven */

static void irq_update(struct rtl8139 *d)
{
    nic_irq(&d->nic, !rtl8139_in_d3(d) && (d->reg.ISR & d->reg.IMR));
}

void rtl8139_cause(struct rtl8139 *d, uint32_t causes)
{
    if (!rtl8139_is(d, RTL8139_CP)) {
        causes &= ~(ISR_TDU | ISR_SWInt);
    }
    d->reg.ISR |= (uint16_t)causes;
    irq_update(d);
}

/*
 * Drivers give C+ receive descriptors back by writing memory only, but they
 * acknowledge or unmask afterwards: a good moment to look again.
 */
void rtl8139_irq_written(struct nic *n, struct wr w)
{
    irq_update(rtl8139_of(n));
    rtl8139_rx_retry(rtl8139_of(n));
}

/* Timer */

static uint64_t ticks(struct rtl8139 *d)
{
    uint64_t now = d->nic.host->now(&d->nic);

    return now < d->reg.tctr_zero ? 0 : (now - d->reg.tctr_zero) / TICK_NS;
}

/*
 * Arm for the next moment at which TCTR will be TimerInt.  @fired: it is now,
 * and was announced; the next time is after TCTR wrapped.
 */
static void tctr_arm(struct rtl8139 *d, bool fired)
{
    uint64_t at = ticks(d), delta = (uint32_t)(d->reg.TimerInt - at);

    if (!d->reg.TimerInt) {
        nic_timer(&d->nic, RTL8139_TIMER_TCTR, NIC_TIMER_OFF);
        return;
    }
    delta += fired && !delta ? UINT64_C(1) << 32 : 0;
    nic_timer(&d->nic, RTL8139_TIMER_TCTR,
              d->reg.tctr_zero + (at + delta) * TICK_NS);
}

static void tctr_zero(struct rtl8139 *d)
{
    d->reg.tctr_zero = d->nic.host->now(&d->nic);
    tctr_arm(d, false);
}

uint32_t rtl8139_tctr_fetch(struct nic *n, unsigned i)
{
    return (uint32_t)ticks(rtl8139_of(n));
}

/* Any value means 0 */
void rtl8139_tctr_written(struct nic *n, struct wr w)
{
    tctr_zero(rtl8139_of(n));
}

void rtl8139_timerint_written(struct nic *n, struct wr w)
{
    tctr_arm(rtl8139_of(n), false);
}

static void tctr_expired(struct rtl8139 *d)
{
    rtl8139_cause(d, ISR_TimeOut);
    tctr_arm(d, true);
}

/* Resets */

static void banks_reset(struct rtl8139 *d, enum nic_reset kind)
{
    regs_reset(&rtl8139_mac_regs, &d->nic, kind);
    regs_reset(&rtl8139_c_regs, &d->nic, kind);
    regs_reset(&rtl8139_cplus_regs, &d->nic, kind);
    nic_timer(&d->nic, RTL8139_TIMER_RX_POLL, NIC_TIMER_OFF);
    nic_timer(&d->nic, RTL8139_TIMER_PAUSE, NIC_TIMER_OFF);
    tctr_zero(d);
    irq_update(d);
    d->nic.host->rx_ready(&d->nic);
}

void rtl8139_soft_reset(struct rtl8139 *d)
{
    banks_reset(d, NIC_RESET_CHIP);
}

static void rtl8139_reset(struct nic *n, enum nic_reset kind)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint8_t config5 = d->reg.CONFIG5 & CONFIG5_FIFOAddrPtr;

    /* nic_reset() stopped timers and work, which go on */
    if (kind == NIC_RESET_D3) {
        tctr_arm(d, false);
        nic_kick(n, RTL8139_WORK_TX | RTL8139_WORK_TALLY);
        n->host->rx_ready(n);
        return;
    }
    /* 8139C(L), CONFIG5 */
    if (kind == NIC_RESET_BUS && (d->reg.CONFIG5 & CONFIG5_PME_STS)) {
        nic_pme(n, false, n->pmcsr & PMCSR_PME_EN);
    }
    if (kind == NIC_RESET_POWER) {
        regs_reset(&rtl8139_eeprom_regs, n, kind);
        rtl8139_eeprom_init(d);
        config5 = 0;
    }
    banks_reset(d, kind);
    if (kind != NIC_RESET_CHIP) {
        rtl8139_eeprom_load(d);
        d->reg.CONFIG5 |= config5;
    }
}

/* CR */

uint32_t rtl8139_cr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return d->reg.CR | (rtl8139_rx_empty(d) ? CR_BUFE : 0);
}

void rtl8139_cr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (w.val & CR_RST) {
        nic_event(n, RTL8139_EVENT_RESET, w.val);
        rtl8139_soft_reset(d);
        return;
    }
    if ((d->reg.CR & CR_RE) && !(w.old & CR_RE)) {
        rtl8139_rx_enabled(d);
    }
    if ((d->reg.CR ^ w.old) & CR_RE) {
        rtl8139_settle(n);
        n->host->rx_ready(n);
    }
    if ((d->reg.CR & CR_TE) && !(w.old & CR_TE)) {
        nic_kick(n, RTL8139_WORK_TX);
    }
    if (!(d->reg.CR & CR_TE) && (w.old & CR_TE)) {
        rtl8139_tx_stopped(d);
    }
}

/* Configuration */

bool rtl8139_unlocked(struct nic *n)
{
    return (rtl8139_of(n)->reg.CR9346 & CR9346_EEM) == CR9346_CONFIG;
}

bool rtl8139_parm_unlocked(struct nic *n)
{
    return rtl8139_unlocked(n) &&
           !(rtl8139_of(n)->reg.CONFIG3 & CONFIG3_PARM_En);
}

/* Both BARs are there on all boards */
uint32_t rtl8139_config1_fetch(struct nic *n, unsigned i)
{
    return rtl8139_of(n)->reg.CONFIG1 | CONFIG1_MEMMAP | CONFIG1_IOMAP;
}

/* TCR's HWVERID */
uint32_t rtl8139_tcr_fetch(struct nic *n, unsigned i)
{
    static const struct {
        uint8_t chip;
        uint32_t id;
    } ids[] = {
        { RTL8139_ORIGINAL, 0x60000000 }, { RTL8139_A, 0x70000000 },
        { RTL8139_B, 0x78000000 },        { RTL8139_C, 0x74000000 },
        { RTL8139_D, 0x74400000 },        { RTL8139_CP, 0x74800000 },
    };
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t id = 0;

    for (unsigned at = 0; at < NIC_N(ids); at++) {
        id |= rtl8139_is(d, ids[at].chip) ? ids[at].id : 0;
    }
    return d->reg.TCR | id;
}

void rtl8139_mpc_written(struct nic *n, struct wr w)
{
    rtl8139_of(n)->reg.MPC = 0;
}

/* No chip is in the socket: its data pins are pulled up */
uint32_t rtl8139_flash_fetch(struct nic *n, unsigned i)
{
    return rtl8139_of(n)->reg.FLASH | 0xff000000;
}

void rtl8139_aligned_written(struct nic *n, struct wr w)
{
    if (w.val & 3) {
        rtl8139_strict(rtl8139_of(n), RTL8139_EVENT_STRICT_ALIGN, w.val);
    }
}

void rtl8139_ring_aligned(struct rtl8139 *d, uint32_t low)
{
    if (low & 0xff) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ALIGN, low);
    }
}

/* Takes whole words only; what either half says of the other bank is kept */
void rtl8139_cpcr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (w.lanes != UINT16_MAX) {
        d->reg.CPCR = (uint16_t)w.old;
        rtl8139_strict(d, RTL8139_EVENT_STRICT_BYTE, w.val);
        return;
    }
    /* "C+CR first": what is set up then means something else */
    if (((d->reg.CPCR ^ w.old) & (CPCR_Tx | CPCR_Rx)) &&
        (d->reg.CR & (CR_TE | CR_RE))) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ORDER, w.val);
    }
    nic_kick(n, RTL8139_WORK_TX);
    n->host->rx_ready(n);
}

/* Tally counters */

static uint8_t *tally_put(uint8_t *p, uint64_t val, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        *p++ = (uint8_t)(val >> (8 * i));
    }
    return p;
}

static void tally_run(struct rtl8139 *d)
{
    uint8_t dump[TALLY_SIZE], *p = dump;
    gpa_t at;

    if (!(d->reg.DTCCRL & DTCCR_Cmd) || rtl8139_in_d3(d)) {
        return;
    }
    d->reg.DTCCRL &= ~DTCCR_Cmd;
    at = gpa((uint64_t)d->reg.DTCCRH << 32 | d->reg.DTCCRL);
    p = tally_put(p, d->reg.TxOk, 8);
    p = tally_put(p, d->reg.RxOk, 8);
    p = tally_put(p, d->reg.TxER, 8);
    p = tally_put(p, d->reg.RxER, 4);
    p = tally_put(p, d->reg.MissPkt, 2);
    p = tally_put(p, d->reg.FAE, 2);
    p = tally_put(p, d->reg.Tx1Col, 4);
    p = tally_put(p, d->reg.TxMCol, 4);
    p = tally_put(p, d->reg.RxOkPhy, 8);
    p = tally_put(p, d->reg.RxOkBrd, 8);
    p = tally_put(p, d->reg.RxOkMul, 4);
    p = tally_put(p, d->reg.TxAbt, 2);
    tally_put(p, d->reg.TxUndrn, 2);
    if (!nic_dma_write(&d->nic, at, dump, sizeof(dump))) {
        rtl8139_cause(d, ISR_SERR);
    }
}

/* At once: 8139cp polls Cmd for 10 ms and then takes what it finds in memory,
 * which is too short for deferred work on a host that is busy */
void rtl8139_dtccr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (w.val & (TALLY_SIZE - 1) & ~DTCCR_Cmd) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ALIGN, w.val);
    }
    if (n->bus_master) {
        tally_run(d);
    } else {
        nic_kick(n, RTL8139_WORK_TALLY);
    }
}

/* Register tables */

#define DS_C(text)    .ref = "8139C(L)", .title = text
#define DS_CP(text)   .ref = "8139C(L)+", .title = text
#define DRIVERS(text) .ref = "drivers", .title = text
#define REGS_OF       struct rtl8139
#define REGS_IN       reg

static const struct reg mac_reg[] = {
#define RTL8139_BANK_MAC
#include "rtl8139-regs.def"
#undef RTL8139_BANK_MAC
};

static const struct reg c_reg[] = {
#define RTL8139_BANK_C
#include "rtl8139-regs.def"
#undef RTL8139_BANK_C
};

static const struct reg cplus_reg[] = {
#define RTL8139_BANK_CPLUS
#include "rtl8139-regs.def"
#undef RTL8139_BANK_CPLUS
};

static uint16_t mac_map[RTL8139_SIZE / 4];
static uint16_t c_map[RTL8139_SIZE / 4];
static uint16_t cplus_map[RTL8139_SIZE / 4];

#define REGFILE(title, rows, index)                                            \
    {                                                                          \
        .name = (title), .reg = (rows), .n = REGS_N(rows),                     \
        .base = offsetof(struct rtl8139, reg), .map = (index),                 \
        .size = RTL8139_SIZE,                                                  \
    }

const struct regfile rtl8139_mac_regs = REGFILE("MAC", mac_reg, mac_map);
const struct regfile rtl8139_c_regs = REGFILE("C mode", c_reg, c_map);
const struct regfile rtl8139_cplus_regs =
    REGFILE("C+ mode", cplus_reg, cplus_map);

static const struct regfile *const regfiles[] = {
    &rtl8139_mac_regs,
    &rtl8139_c_regs,
    &rtl8139_cplus_regs,
    &rtl8139_eeprom_regs,
    NULL,
};

/* Entry points */

/* The bank that answers at @off */
static const struct regfile *bank(const struct rtl8139 *d, uint32_t off)
{
    uint32_t dword = off & ~3u;
    bool cplus = dword < 0x30 ? rtl8139_tx_cplus(d) : rtl8139_rx_cplus(d);

    if ((dword < 0x10 || dword > 0x30) && dword != 0x38) {
        return &rtl8139_mac_regs;
    }
    return cplus ? &rtl8139_cplus_regs : &rtl8139_c_regs;
}

/* Of an access at @off, the bytes that lie in the same dword */
static unsigned in_dword(uint32_t off, unsigned size)
{
    unsigned room = 4 - (off & 3);

    return size < room ? size : room;
}

/* In D1 to D3 only configuration space answers */
static uint32_t rtl8139_read(struct nic *n, unsigned bar, uint32_t off,
                             unsigned size)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t val = 0;
    unsigned part;

    if (rtl8139_in_d3(d)) {
        return UINT32_MAX;
    }
    for (unsigned at = 0; at < size; at += part) {
        part = in_dword(off + at, size - at);
        val |= regs_read(bank(d, off + at), n, off + at, part) << (8 * at);
    }
    return val;
}

static void rtl8139_write(struct nic *n, unsigned bar, uint32_t off,
                          unsigned size, uint32_t val)
{
    struct rtl8139 *d = rtl8139_of(n);
    unsigned part;

    if (rtl8139_in_d3(d)) {
        return;
    }
    if (off < STATION_END && (size != 4 || (off & 3))) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_BYTE, off);
    }
    for (unsigned at = 0; at < size; at += part) {
        part = in_dword(off + at, size - at);
        regs_write(bank(d, off + at), n, off + at, part, val >> (8 * at));
    }
}

static void rtl8139_expired(struct nic *n, unsigned id)
{
    struct rtl8139 *d = rtl8139_of(n);

    switch (id) {
    case RTL8139_TIMER_TCTR:
        tctr_expired(d);
        break;
    case RTL8139_TIMER_AUTONEG:
        rtl8139_autoneg_expired(d);
        break;
    case RTL8139_TIMER_PAUSE:
        rtl8139_pause_expired(d);
        break;
    case RTL8139_TIMER_AUTOLOAD:
        rtl8139_autoload_expired(d);
        break;
    default:
        rtl8139_rx_retry(d);
        break;
    }
}

static void rtl8139_run(struct nic *n, uint32_t work)
{
    if (work & RTL8139_WORK_TALLY) {
        tally_run(rtl8139_of(n));
    }
    if (work & RTL8139_WORK_TX) {
        rtl8139_tx_run(rtl8139_of(n));
    }
}

static void rtl8139_link(struct nic *n)
{
    rtl8139_link_changed(rtl8139_of(n));
}

static void rtl8139_power(struct nic *n, uint16_t old)
{
    irq_update(rtl8139_of(n));
}

static bool rtl8139_loaded(struct nic *n)
{
    irq_update(rtl8139_of(n));
    return true;
}

/*
 * Identity: QEMU's, so that guests need not notice a change of emulator.  The
 * capability list is where the data sheets have it, at 50h.
 */

enum {
    VENDOR_REALTEK = 0x10ec,
    DEVICE_8139 = 0x8139,
    SUBSYSTEM_VENDOR = 0x1af4,
    SUBSYSTEM = 0x1100,
    REVISION = 0x10,
    REVISION_CP = 0x20,
    MIN_GNT = 0x20,
    MAX_LAT = 0x40,
    PM_AT = 0x50,
    /* Version 2, PME# from D3hot and D3cold; F7C2 without D1 and D2 */
    PMC = 0xc1c2,
    COLLISIONS_MAX = 1000,
};

#define PCI(rev, pm_at)                                                        \
    {                                                                          \
        .vendor = VENDOR_REALTEK, .device = DEVICE_8139,                       \
        .subsystem_vendor = SUBSYSTEM_VENDOR, .subsystem = SUBSYSTEM,          \
        .revision = (rev), .min_gnt = MIN_GNT, .max_lat = MAX_LAT,             \
        .bar[RTL8139_BAR_IO] = { NIC_BAR_IO, RTL8139_SIZE },                   \
        .bar[RTL8139_BAR_MEM] = { NIC_BAR_MEM, RTL8139_SIZE }, .pm = (pm_at),  \
        .pmc = PMC, .romfile = "efi-rtl8139.rom",                              \
    }

static const struct nic_pci pci_old = PCI(REVISION, 0);
static const struct nic_pci pci_newer = PCI(REVISION, PM_AT);
static const struct nic_pci pci_cp = PCI(REVISION_CP, PM_AT);

static const struct nic_prop props[RTL8139_PROPS] = {
    [RTL8139_PROP_AUTONEGOTIATION] = {
        .name = "autonegotiation", .type = NIC_PROP_BOOL, .def = true,
        .help = "autonegotiation takes half a second, as it does on a cable",
    },
    [RTL8139_PROP_STRICT] = {
        .name = "strict", .type = NIC_PROP_BOOL, .def = false,
        .help = "count and trace what chips punish but emulators forgive",
    },
    [RTL8139_PROP_93C56] = {
        .name = "93c56", .type = NIC_PROP_BOOL, .def = false,
        .help = "the EEPROM is a 93C56 (8139B, C and C+), RCR bit 6 says so",
    },
    [RTL8139_PROP_COLLISIONS] = {
        .name = "collisions", .type = NIC_PROP_UINT, .max = COLLISIONS_MAX,
        .help = "collisions that each packet meets in half duplex",
    },
};

static const struct nic_event events[RTL8139_EVENTS] = {
#define EVENT(id, event, what)                                                 \
    [RTL8139_EVENT_##id] = { .name = event, .text = what },
    RTL8139_EVENT_LIST(EVENT)
#undef EVENT
};
_Static_assert((int)RTL8139_EVENTS <= (int)NIC_EVENTS_MAX, "nic.events[]");

#define MODEL(model_name, second, text, bit, id)                               \
    {                                                                          \
        .name = (model_name), .alias = (second),                               \
        .desc = "Realtek " text " Fast Ethernet", .chip = (bit),               \
        .size = sizeof(struct rtl8139), .timers = RTL8139_TIMERS, .pci = (id), \
        .prop = props, .n_props = RTL8139_PROPS, .event = events,              \
        .n_events = RTL8139_EVENTS, .prompt = true, .regs = regfiles,          \
        .reset = rtl8139_reset, .read = rtl8139_read, .write = rtl8139_write,  \
        .receive = rtl8139_receive, .settle = rtl8139_settle,                  \
        .expired = rtl8139_expired, .run = rtl8139_run, .link = rtl8139_link,  \
        .power = rtl8139_power, .loaded = rtl8139_loaded,                      \
        .filter = rtl8139_filter,                                              \
    }

const struct nic_model rtl8139_model =
    MODEL("rtl8139", "rtl8139-8139cp", "RTL8139C+", RTL8139_CP, &pci_cp);
const struct nic_model rtl8139_8139_model =
    MODEL("rtl8139-8139", NULL, "RTL8139", RTL8139_ORIGINAL, &pci_old);
const struct nic_model rtl8139_8139a_model =
    MODEL("rtl8139-8139a", NULL, "RTL8139A", RTL8139_A, &pci_old);
const struct nic_model rtl8139_8139b_model =
    MODEL("rtl8139-8139b", NULL, "RTL8139B", RTL8139_B, &pci_newer);
const struct nic_model rtl8139_8139c_model =
    MODEL("rtl8139-8139c", NULL, "RTL8139C", RTL8139_C, &pci_newer);
const struct nic_model rtl8139_8139d_model =
    MODEL("rtl8139-8139d", NULL, "RTL8139D", RTL8139_D, &pci_newer);
