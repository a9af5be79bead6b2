// SPDX-License-Identifier: MIT
/*
 * e1000.c - Intel 82540EM, 82544GC and 82545EM gigabit Ethernet controllers
 *
 * After Intel's "PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual", revision 4.0 (317453, "SDM").  The three chips differ in
 * little, and where they do, rows of e1000-regs.def or e1000_is() say so.
 *
 * The parts:
 *   e1000.c         general registers, resets, link status, I/O BAR, identity
 *   e1000-irq.c     causes, the pin, moderation
 *   e1000-tx.c      descriptors to frames
 *   e1000-rx.c      frames to descriptors
 *   e1000-filter.c  addresses and VLANs
 *   e1000-flow.c    PAUSE
 *   e1000-phy.c     the PHY behind MDIC
 *   e1000-eeprom.c  the EEPROM behind EECD and EERD, and what it presets
 *   e1000-wake.c    wake-up
 *   e1000-strict.c  what the property "strict" counts
 *
 * Who owns what: of TDH/TDT and RDH/RDT software owns the tails and we the
 * heads.  STATUS is computed by link_resolve() from CTRL and the PHY, except
 * TXOFF, which is e1000-flow.c's, and ASDV.  PME bits are in nic.pmcsr only.
 * A register write never moves packets: it marks work, and e1000_run() does it.
 *
 * Resets (SDM 3.1, 13.4.1): power and bus reset everything; CTRL.RST leaves the
 * PHY, wake-up state, the packet buffer and its allocation alone.  The rows'
 * .keep say what stays.  The EEPROM is read again after each.
 *
 * Left out: half duplex and collisions, TBI and SerDes (TXCW is stored), flash,
 * SDP pins (nothing is connected to them), and the PCI-X capability.
 */
#include "hw/net/e1000.h"
#include "hw/regs-rows.h"

/* Bits of STATUS that never change */
static uint32_t status_fixed(const struct e1000 *d)
{
    return e1000_is(d, E1000_82544GC) ? STATUS_MTXCKOK : 0;
}

bool e1000_in_d3(const struct e1000 *d)
{
    return (d->nic.pmcsr & PMCSR_STATE) == PMCSR_D3;
}

bool e1000_loopback(const struct e1000 *d)
{
    return (d->reg.RCTL & RCTL_LBM) || e1000_phy_loopback(d);
}

/* Link */

static uint32_t speed_code(unsigned mbit)
{
    return mbit == 10 ? 0 : mbit == 100 ? 1 : 2;
}

/**
 * link_resolve() - Compute STATUS.LU, SPEED and FD
 *
 * On copper the MAC sees the PHY's link only with SLU (SDM p177), and takes
 * speed and duplex from it unless they are forced.
 *
 * Return: whether LU changed
 */
static bool link_resolve(struct e1000 *d)
{
    uint32_t ctrl = d->reg.CTRL, old = d->reg.STATUS;
    uint32_t speed = speed_code(e1000_phy_speed(d));
    bool fd = e1000_phy_duplex(d);
    uint32_t now = (old & (STATUS_TXOFF | STATUS_ASDV)) | status_fixed(d);

    if (ctrl & CTRL_FRCSPD) {
        speed = (ctrl & CTRL_SPEED) >> CTRL_SPEED_SHIFT;
    }
    if (ctrl & CTRL_FRCDPX) {
        fd = ctrl & CTRL_FD;
    }
    if ((ctrl & CTRL_SLU) && !(ctrl & CTRL_PHY_RST) && e1000_phy_link(d)) {
        now |= STATUS_LU;
    }
    now |= speed << STATUS_SPEED_SHIFT;
    now |= fd ? STATUS_FD : 0;
    d->reg.STATUS = now;
    return (now ^ old) & STATUS_LU;
}

void e1000_link_update(struct e1000 *d)
{
    if (!link_resolve(d)) {
        return;
    }
    nic_event(&d->nic, E1000_EVENT_LINK, !!(d->reg.STATUS & STATUS_LU));
    e1000_wake_link(d);
    e1000_cause(d, ICR_LSC);
}

/* Resets */

/* What every reset does once the registers have their reset values */
static void reset_finish(struct e1000 *d)
{
    if (!d->nic.prop[E1000_PROP_INIT_VET]) {
        d->reg.VET = 0;
    }
    e1000_eeprom_load(d);
    link_resolve(d);
    e1000_irq_update(d);
    e1000_rx_reset(d);
}

/* CTRL.RST; the PHY's timer goes on */
static void chip_reset(struct e1000 *d)
{
    for (unsigned id = 0; id < E1000_TIMERS; id++) {
        if (id != E1000_TIMER_AUTONEG) {
            nic_timer(&d->nic, id, NIC_TIMER_OFF);
        }
    }
    regs_reset(&e1000_mac_regs, &d->nic, NIC_RESET_CHIP);
    reset_finish(d);
}

static void e1000_reset(struct nic *n, enum nic_reset kind)
{
    struct e1000 *d = e1000_of(n);

    if (kind == NIC_RESET_CHIP) {
        chip_reset(d);
        return;
    }
    regs_reset(&e1000_mac_regs, n, kind);
    if (kind == NIC_RESET_POWER) {
        regs_reset(&e1000_eeprom_regs, n, kind);
        e1000_eeprom_init(d);
    }
    if (kind != NIC_RESET_D3) {
        d->restored = false;
    }
    e1000_phy_reset(d, true);
    /* By the time that software runs, a machine that boots has its link */
    if (kind != NIC_RESET_D3) {
        nic_timer(n, E1000_TIMER_AUTONEG, NIC_TIMER_OFF);
        e1000_phy_expired(d);
    }
    d->reg.ICR = 0;
    reset_finish(d);
}

/* Side effects of general registers */

/*
 * RST clears itself.  PHY_RST is a level: the PHY is held until software clears
 * it.  iPXE sets both in one write.
 */
void e1000_ctrl_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    if ((w.old ^ d->reg.CTRL) & CTRL_PHY_RST) {
        e1000_phy_reset(d, true);
    }
    if (w.val & CTRL_RST) {
        nic_event(n, E1000_EVENT_RESET, w.val);
        chip_reset(d);
        e1000_strict_reset(d);
    }
    e1000_link_update(d);
}

void e1000_ctrl_ext_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    if (w.val & CTRL_EXT_ASDCHK) {
        d->reg.STATUS &= ~STATUS_ASDV;
        d->reg.STATUS |= speed_code(e1000_phy_speed(d)) << STATUS_ASDV_SHIFT;
    }
    if (w.val & CTRL_EXT_EE_RST) {
        e1000_eeprom_load(d);
        e1000_link_update(d);
    }
}

/* What reception does not get, transmission has */
void e1000_pba_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);
    uint32_t rxa = d->reg.PBA & PBA_RXA;
    uint32_t txa = rxa < PBA_KB ? PBA_KB - rxa : 0;

    d->reg.PBA = rxa | txa << PBA_TXA_SHIFT;
}

/* Reading the high half of a 64-bit counter clears the low one, too */
void e1000_gorch_was_read(struct nic *n, unsigned i)
{
    e1000_of(n)->reg.GORCL = 0;
}

void e1000_gotch_was_read(struct nic *n, unsigned i)
{
    e1000_of(n)->reg.GOTCL = 0;
}

void e1000_torh_was_read(struct nic *n, unsigned i)
{
    e1000_of(n)->reg.TORL = 0;
}

void e1000_toth_was_read(struct nic *n, unsigned i)
{
    e1000_of(n)->reg.TOTL = 0;
}

/* Register table */

static const struct reg mac_reg[] = {
#define SDM(section, text) .ref = "SDM " section, .title = text
#define REGS_OF            struct e1000
#define REGS_IN            reg
#include "e1000-regs.def"
};

static uint16_t mac_map[E1000_MEM_SIZE / 4];

const struct regfile e1000_mac_regs = {
    .name = "MAC",
    .reg = mac_reg,
    .n = REGS_N(mac_reg),
    .base = offsetof(struct e1000, reg),
    .map = mac_map,
    .size = E1000_MEM_SIZE,
};

static const struct regfile *const regfiles[] = {
    &e1000_mac_regs,
    &e1000_phy_regs,
    &e1000_eeprom_regs,
    NULL,
};

static uint32_t mac_read(struct e1000 *d, uint32_t off, unsigned size)
{
    e1000_strict_access(d, off, size);
    return regs_read(&e1000_mac_regs, &d->nic, off, size);
}

static void mac_write(struct e1000 *d, uint32_t off, unsigned size,
                      uint32_t val)
{
    e1000_strict_write(d, off, size, val);
    regs_write(&e1000_mac_regs, &d->nic, off, size, val);
}

/*
 * I/O BAR (SDM 13.2.2): an address register and a window on what it selects.
 * Linux resets these chips through it.
 */
enum {
    IOADDR = 0,
    IODATA = 4,
    IO_REG = 4,
    IOADDR_MASK = 0xfffff,
};

static uint32_t io_read(struct e1000 *d, uint32_t off, unsigned size)
{
    if (off < IODATA) {
        return d->reg.IOADDR >> (8 * off);
    }
    if (off < IODATA + IO_REG) {
        return mac_read(d, d->reg.IOADDR + (off - IODATA), size);
    }
    return 0;
}

/* IOADDR takes whole dwords only (SDM p227) */
static void io_write(struct e1000 *d, uint32_t off, unsigned size, uint32_t val)
{
    if (off == IOADDR && size == IO_REG) {
        d->reg.IOADDR = val & IOADDR_MASK;
    } else if (off >= IODATA && off < IODATA + IO_REG) {
        mac_write(d, d->reg.IOADDR + (off - IODATA), size, val);
    }
}

/* Entry points */

/* In D3 only configuration space answers (SDM p145) */
static uint32_t e1000_read(struct nic *n, unsigned bar, uint32_t off,
                           unsigned size)
{
    struct e1000 *d = e1000_of(n);

    if (e1000_in_d3(d)) {
        return UINT32_MAX;
    }
    return bar == E1000_BAR_MEM ? mac_read(d, off, size)
                                : io_read(d, off, size);
}

static void e1000_write(struct nic *n, unsigned bar, uint32_t off,
                        unsigned size, uint32_t val)
{
    struct e1000 *d = e1000_of(n);

    if (e1000_in_d3(d)) {
        return;
    }
    if (bar == E1000_BAR_MEM) {
        mac_write(d, off, size, val);
    } else {
        io_write(d, off, size, val);
    }
}

static void e1000_expired(struct nic *n, unsigned id)
{
    struct e1000 *d = e1000_of(n);

    switch (id) {
    case E1000_TIMER_PAUSE:
        e1000_pause_expired(d);
        break;
    case E1000_TIMER_AUTONEG:
        e1000_phy_expired(d);
        break;
    default:
        e1000_irq_expired(d, id);
        break;
    }
}

static void e1000_run(struct nic *n, uint32_t work)
{
    struct e1000 *d = e1000_of(n);

    if (work & E1000_WORK_TX) {
        e1000_tx_run(d);
    }
}

static void e1000_link(struct nic *n)
{
    e1000_phy_link_changed(e1000_of(n));
}

/* D3 stops everything but the link and the wake-up filters (SDM p145) */
static void e1000_power(struct nic *n, uint16_t old)
{
    struct e1000 *d = e1000_of(n);

    if (!e1000_in_d3(d) || (old & PMCSR_STATE) == PMCSR_D3) {
        return;
    }
    for (unsigned id = 0; id < E1000_TIMERS; id++) {
        if (id != E1000_TIMER_AUTONEG) {
            nic_timer(n, id, NIC_TIMER_OFF);
        }
    }
    d->reg.IMS = 0;
    e1000_irq_update(d);
}

static bool e1000_loaded(struct nic *n)
{
    struct e1000 *d = e1000_of(n);

    if (!e1000_tx_loaded(d)) {
        return false;
    }
    /* The cable here need not be where it was */
    e1000_phy_link_changed(d);
    e1000_phy_restored(d);
    e1000_irq_update(d);
    return true;
}

/* Identity: QEMU's, so that guests need not notice a change of emulator */

enum {
    VENDOR_INTEL = 0x8086,
    SUBSYSTEM_VENDOR = 0x1af4,
    SUBSYSTEM = 0x1100,
    REVISION = 3,
    MIN_GNT = 0xff,
    PM_AT = 0xdc,
    MSI_AT = 0xf0,
    /* Version 2, DSI, PME# from D0, D3hot and D3cold (SDM p151) */
    PMC = 0xc822,
};

#define PCI(id, msi_at)                                                        \
    {                                                                          \
        .vendor = VENDOR_INTEL, .device = (id),             \
        .subsystem_vendor = SUBSYSTEM_VENDOR,               \
        .subsystem = SUBSYSTEM, .revision = REVISION,       \
        .min_gnt = MIN_GNT,                                 \
        .bar = {                                            \
            [E1000_BAR_MEM] = { NIC_BAR_MEM, E1000_MEM_SIZE }, \
            [E1000_BAR_IO] = { NIC_BAR_IO, E1000_IO_SIZE }, \
        },                                                  \
        .pm = PM_AT, .msi = (msi_at), .pmc = PMC,           \
        .romfile = "efi-e1000.rom",                  \
    }

static const struct nic_pci pci_82540em = PCI(0x100e, 0);
static const struct nic_pci pci_82544gc = PCI(0x100c, 0);
static const struct nic_pci pci_82545em = PCI(0x100f, MSI_AT);

static const struct nic_prop props[E1000_PROPS] = {
    [E1000_PROP_AUTONEGOTIATION] = {
        .name = "autonegotiation", .type = NIC_PROP_BOOL, .def = true,
        .help = "autonegotiation takes half a second, as it does on a cable",
    },
    [E1000_PROP_MITIGATION] = {
        .name = "mitigation", .type = NIC_PROP_BOOL, .def = true,
        .help = "obey ITR, RDTR, RADV, TIDV and TADV, which delay interrupts",
    },
    [E1000_PROP_EXTRA_MAC_REGISTERS] = {
        .name = "extra_mac_registers", .type = NIC_PROP_BOOL, .def = true,
        .help = "no effect: all registers are always there", .dead = true,
    },
    [E1000_PROP_MIGRATE_TSO_PROPS] = {
        .name = "migrate_tso_props", .type = NIC_PROP_BOOL, .def = true,
        .help = "no effect: all state is always saved", .dead = true,
    },
    [E1000_PROP_INIT_VET] = {
        .name = "init-vet", .type = NIC_PROP_BOOL, .def = true,
        .help = "VET is 0x8100 after a reset, not 0",
    },
    [E1000_PROP_STRICT] = {
        .name = "strict", .type = NIC_PROP_BOOL, .def = false,
        .help = "count and trace what chips punish but emulators forgive",
    },
};

static const struct nic_event events[E1000_EVENTS] = {
#define EVENT(id, event, what)                                                 \
    [E1000_EVENT_##id] = { .name = event, .text = what },
    E1000_EVENT_LIST(EVENT)
#undef EVENT
};
_Static_assert((int)E1000_EVENTS <= (int)NIC_EVENTS_MAX, "nic.events[]");

#define MODEL(model_name, model_alias, text, bit, id)                          \
    {                                                                          \
        .name = (model_name), .alias = (model_alias), .desc = (text),          \
        .chip = (bit), .size = sizeof(struct e1000), .timers = E1000_TIMERS,   \
        .pci = (id), .prop = props, .n_props = E1000_PROPS, .event = events,   \
        .n_events = E1000_EVENTS, .regs = regfiles, .reset = e1000_reset,      \
        .read = e1000_read, .write = e1000_write, .receive = e1000_receive,    \
        .settle = e1000_settle, .expired = e1000_expired, .run = e1000_run,    \
        .link = e1000_link, .power = e1000_power, .loaded = e1000_loaded,      \
        .filter = e1000_filter,                                                \
    }

const struct nic_model e1000_82540em_model =
    MODEL("e1000", "e1000-82540em", "Intel 82540EM Gigabit Ethernet",
          E1000_82540EM, &pci_82540em);
const struct nic_model e1000_82544gc_model =
    MODEL("e1000-82544gc", NULL, "Intel 82544GC Gigabit Ethernet",
          E1000_82544GC, &pci_82544gc);
const struct nic_model e1000_82545em_model =
    MODEL("e1000-82545em", NULL, "Intel 82545EM Gigabit Ethernet, with MSI",
          E1000_82545EM, &pci_82545em);
