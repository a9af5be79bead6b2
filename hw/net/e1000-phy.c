// SPDX-License-Identifier: MIT
/*
 * e1000-phy.c - the M88E1011 PHY inside the chip, and MDIC, the way to it
 *
 * PSSTAT holds what the PHY really does: speed, duplex and whether there is
 * link.  All else follows from it.  begin() drops the link and starts over,
 * either with autonegotiation, which takes time, or forced, which does not;
 * it is what everything leads to that makes a PHY renegotiate (SDM p197).
 * Settings of PCTRL take effect only there (SDM p198): PHY_ACTIVE is the copy
 * in effect.  Loopback, power-down and isolation act at once.
 *
 * After a saved state was loaded, a negotiation that a driver begins is over
 * when the driver has waited for LSC, or the card for the driver PATIENCE
 * times.  Linux's may have a frame queued that its reset made the card forget.
 * It finds that out if there is no link yet when it is ready.  On a cable,
 * which takes seconds, there never is; half a second is too short where Xen
 * needs a millisecond for an access.
 *
 * The cable ends in a switch port that can do everything and prefers not to be
 * master.  It also gives link to a PHY that is forced.
 */
#include "e1000.h"
#include "hw/regs-rows.h"

/*
 * Time of an autonegotiation, and how often more of it a driver is waited for:
 * in all 3 s, which is what it takes on a cable
 */
#define AUTONEG_NS 500000000u
#define PATIENCE   5

enum {
    PCTRL_FORCE_1000 = 1 << 6,
    PCTRL_FULL = 1 << 8,
    PCTRL_RESTART = 1 << 9,
    PCTRL_ISOLATE = 1 << 10,
    PCTRL_POWER_DOWN = 1 << 11,
    PCTRL_AUTONEG = 1 << 12,
    PCTRL_FORCE_100 = 1 << 13,
    PCTRL_LOOPBACK = 1 << 14,
    PCTRL_RESET = 1 << 15,

    PSTATUS_LINK = 1 << 2,
    PSTATUS_AN_DONE = 1 << 5,

    ABILITY_10_HALF = 1 << 5,
    ABILITY_10_FULL = 1 << 6,
    ABILITY_100_HALF = 1 << 7,
    ABILITY_100_FULL = 1 << 8,
    ABILITY_PAUSE = 1 << 10,
    ABILITY_ASM_DIR = 1 << 11,
    /* All of these, 802.3, acknowledged */
    PARTNER_ABILITY = 0x4de1,

    ANE_PARTNER = 1 << 0,
    ANE_PAGE = 1 << 1,

    GCON_1000_HALF = 1 << 8,
    GCON_1000_FULL = 1 << 9,

    /* The partner can do 1000 in both duplex modes */
    GSTATUS_PARTNER = 3 << 10,
    /* Both receivers work, and we are the master */
    GSTATUS_WORKS = 7 << 12,

    PSCON_MDI = 3 << 5,
    PSCON_MDIX = 1 << 5,

    PSSTAT_RX_PAUSE = 1 << 2,
    PSSTAT_TX_PAUSE = 1 << 3,
    PSSTAT_MDIX = 1 << 6,
    PSSTAT_LINK = 1 << 10,
    PSSTAT_RESOLVED = 1 << 11,
    PSSTAT_FULL = 1 << 13,
    PSSTAT_SPEED = 3 << 14,
    PSSTAT_100 = 1 << 14,
    PSSTAT_1000 = 2 << 14,

    PINT_LINK = 1 << 10,
    PINT_AN_DONE = 1 << 11,
    PINT_PAGE = 1 << 12,
    PINT_DUPLEX = 1 << 13,
    PINT_SPEED = 1 << 14,
    PINT_AN_ERROR = 1 << 15,

    PHY_PAGES = 32,
    PHY_ADDRESS = 1,
};

/*
 * The PHY's interrupt pin, after PINTS or PINTE changed.  Where the MAC has it
 * as an input, it shows in CTRL_EXT, and its rising edge can be a cause.
 */
static void pin_update(struct e1000 *d)
{
    bool was = d->reg.CTRL_EXT & CTRL_EXT_PHYINT;
    bool now = d->phy.PINTS & d->phy.PINTE;

    if (was == now || !e1000_is(d, E1000_NEWER)) {
        return;
    }
    d->reg.CTRL_EXT ^= CTRL_EXT_PHYINT;
    if (now && (d->reg.CTRL_EXT & CTRL_EXT_PHYINT_EN)) {
        e1000_cause(d, ICR_PHYINT);
    }
}

static void phy_cause(struct e1000 *d, unsigned causes)
{
    d->phy.PINTS |= (uint16_t)causes;
    pin_update(d);
}

/* Link came or went, at the MAC as well; @result: PSSTAT 15:13 and 3:2 */
static void link_set(struct e1000 *d, bool up, unsigned result)
{
    unsigned old = d->phy.PSSTAT, now = result, causes = 0;

    if (up) {
        now |= PSSTAT_LINK | PSSTAT_RESOLVED;
    }
    if ((d->phy.PSCON & PSCON_MDI) == PSCON_MDIX) {
        now |= PSSTAT_MDIX;
    }
    d->phy.PSSTAT = (uint16_t)now;
    if (!up) {
        d->phy.PSTATUS &= (uint16_t) ~(PSTATUS_LINK | PSTATUS_AN_DONE);
    }
    causes |= (old ^ now) & PSSTAT_LINK ? PINT_LINK : 0;
    causes |= (old ^ now) & PSSTAT_SPEED ? PINT_SPEED : 0;
    causes |= (old ^ now) & PSSTAT_FULL ? PINT_DUPLEX : 0;
    phy_cause(d, causes);
    e1000_link_update(d);
}

/* IEEE 802.3 table 28B-3, for a partner that can do everything */
static unsigned pause_result(unsigned ability)
{
    if (ability & ABILITY_PAUSE) {
        return PSSTAT_TX_PAUSE | PSSTAT_RX_PAUSE;
    }
    return ability & ABILITY_ASM_DIR ? PSSTAT_TX_PAUSE : 0;
}

/* The best that both sides can do; false if there is nothing */
static bool resolve(const struct e1000 *d, unsigned *result)
{
    const struct {
        unsigned have, want, result;
    } best[] = {
        { d->phy.GCON, GCON_1000_FULL, PSSTAT_1000 | PSSTAT_FULL },
        { d->phy.GCON, GCON_1000_HALF, PSSTAT_1000 },
        { d->phy.ANA, ABILITY_100_FULL, PSSTAT_100 | PSSTAT_FULL },
        { d->phy.ANA, ABILITY_100_HALF, PSSTAT_100 },
        { d->phy.ANA, ABILITY_10_FULL, PSSTAT_FULL },
        { d->phy.ANA, ABILITY_10_HALF, 0 },
    };

    for (unsigned i = 0; i < NIC_N(best); i++) {
        if (best[i].have & best[i].want) {
            *result = best[i].result;
            return true;
        }
    }
    return false;
}

static void autoneg_done(struct e1000 *d)
{
    unsigned result;

    d->phy.LPA = PARTNER_ABILITY;
    d->phy.ANE |= ANE_PARTNER | ANE_PAGE;
    d->phy.GSTATUS = 0;
    if (d->phy.GCON & (GCON_1000_FULL | GCON_1000_HALF)) {
        d->phy.GSTATUS = GSTATUS_PARTNER;
    }
    if (!resolve(d, &result)) {
        phy_cause(d, PINT_PAGE | PINT_AN_ERROR);
        return;
    }
    if (result & PSSTAT_1000) {
        d->phy.GSTATUS |= GSTATUS_WORKS;
    }
    if (result & PSSTAT_FULL) {
        result |= pause_result(d->phy.ANA);
    }
    d->phy.PSTATUS |= PSTATUS_AN_DONE;
    link_set(d, true, result);
    phy_cause(d, PINT_PAGE | PINT_AN_DONE);
}

/* Without autonegotiation the link follows PCTRL at once (SDM p205) */
static void force(struct e1000 *d)
{
    unsigned ctrl = d->phy.PHY_ACTIVE;
    unsigned result = ctrl & PCTRL_FULL ? PSSTAT_FULL : 0;

    if (ctrl & PCTRL_FORCE_1000) {
        result |= PSSTAT_1000;
        d->phy.GSTATUS = GSTATUS_WORKS;
    } else if (ctrl & PCTRL_FORCE_100) {
        result |= PSSTAT_100;
    }
    link_set(d, true, result);
}

static void autoneg_timer(struct e1000 *d)
{
    nic_timer(&d->nic, E1000_TIMER_AUTONEG,
              d->nic.host->now(&d->nic) + AUTONEG_NS);
}

/*
 * Drop the link and make it again with what PCTRL says now.  The MAC is told
 * of the old link's end even if the new one comes at once.
 */
static void begin(struct e1000 *d)
{
    nic_timer(&d->nic, E1000_TIMER_AUTONEG, NIC_TIMER_OFF);
    d->patience = 0;
    link_set(d, false, d->phy.PSSTAT & (PSSTAT_SPEED | PSSTAT_FULL));
    d->phy.LPA = 0;
    d->phy.ANE &= (uint16_t) ~(ANE_PARTNER | ANE_PAGE);
    d->phy.GSTATUS = 0;
    d->phy.PHY_ACTIVE = d->phy.PCTRL;
    if ((d->phy.PCTRL & PCTRL_POWER_DOWN) || !d->nic.link_up) {
        return;
    }
    if (!(d->phy.PHY_ACTIVE & PCTRL_AUTONEG)) {
        force(d);
    } else if (d->nic.prop[E1000_PROP_AUTONEGOTIATION]) {
        if (d->restored && !(d->reg.IMS & ICR_LSC)) {
            d->patience = PATIENCE;
        }
        autoneg_timer(d);
    } else {
        autoneg_done(d);
    }
}

void e1000_phy_reset(struct e1000 *d, bool hard)
{
    if (hard) {
        regs_reset(&e1000_phy_regs, &d->nic, NIC_RESET_BUS);
    }
    d->phy.PCTRL &= (uint16_t) ~(PCTRL_RESET | PCTRL_RESTART);
    begin(d);
}

void e1000_phy_expired(struct e1000 *d)
{
    unsigned ctrl = d->phy.PHY_ACTIVE;

    if (d->patience) {
        d->patience--;
        autoneg_timer(d);
        return;
    }
    if ((ctrl & PCTRL_AUTONEG) && !(ctrl & PCTRL_POWER_DOWN) &&
        d->nic.link_up) {
        autoneg_done(d);
    }
}

void e1000_phy_restored(struct e1000 *d)
{
    d->restored = true;
    d->patience = 0;
}

void e1000_phy_awaited(struct e1000 *d)
{
    if (!(d->reg.IMS & ICR_LSC)) {
        return;
    }
    d->restored = false;
    if (d->patience) {
        d->patience = 0;
        autoneg_timer(d);
    }
}

void e1000_phy_link_changed(struct e1000 *d)
{
    bool up = d->phy.PSSTAT & PSSTAT_LINK;
    bool waiting = d->nic.deadline[E1000_TIMER_AUTONEG] != NIC_TIMER_OFF;
    /* A partner with whom there was no agreement is not asked again */
    bool idle =
        !up && !waiting && !d->phy.LPA && !(d->phy.PCTRL & PCTRL_POWER_DOWN);

    if (d->nic.link_up ? idle : up || waiting || d->phy.LPA) {
        begin(d);
        /* This one is no driver's */
        d->patience = 0;
    }
}

bool e1000_phy_loopback(const struct e1000 *d)
{
    return (d->phy.PCTRL & (PCTRL_LOOPBACK | PCTRL_POWER_DOWN)) ==
           PCTRL_LOOPBACK;
}

bool e1000_phy_link(const struct e1000 *d)
{
    return e1000_phy_loopback(d) ||
           ((d->phy.PSSTAT & PSSTAT_LINK) && !(d->phy.PCTRL & PCTRL_ISOLATE));
}

unsigned e1000_phy_speed(const struct e1000 *d)
{
    unsigned ctrl = d->phy.PHY_ACTIVE;

    if (e1000_phy_loopback(d)) {
        return ctrl & PCTRL_FORCE_1000  ? 1000
               : ctrl & PCTRL_FORCE_100 ? 100
                                        : 10;
    }
    switch (d->phy.PSSTAT & PSSTAT_SPEED) {
    case 0:
        return 10;
    case PSSTAT_100:
        return 100;
    default:
        return 1000;
    }
}

bool e1000_phy_duplex(const struct e1000 *d)
{
    if (e1000_phy_loopback(d)) {
        return d->phy.PHY_ACTIVE & PCTRL_FULL;
    }
    return d->phy.PSSTAT & PSSTAT_FULL;
}

void e1000_pctrl_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    d->phy.PCTRL &= (uint16_t) ~(PCTRL_RESET | PCTRL_RESTART);
    if (w.val & PCTRL_RESET) {
        e1000_phy_reset(d, false);
    } else if (((w.old ^ w.val) & PCTRL_POWER_DOWN) ||
               ((w.val & PCTRL_RESTART) && (w.val & PCTRL_AUTONEG))) {
        begin(d);
    } else {
        e1000_link_update(d);
    }
}

void e1000_pstatus_was_read(struct nic *n, unsigned i)
{
    struct e1000 *d = e1000_of(n);

    if (d->phy.PSSTAT & PSSTAT_LINK) {
        d->phy.PSTATUS |= PSTATUS_LINK;
    }
}

void e1000_pinte_written(struct nic *n, struct wr w)
{
    pin_update(e1000_of(n));
}

void e1000_pints_was_read(struct nic *n, unsigned i)
{
    pin_update(e1000_of(n));
}

/* The upper bits of PAGESEL select nothing */
static uint16_t *page(struct e1000 *d)
{
    return &d->phy.PHY_PAGE[d->phy.PAGESEL % PHY_PAGES];
}

uint32_t e1000_pagedata_fetch(struct nic *n, unsigned i)
{
    return *page(e1000_of(n));
}

void e1000_pagedata_written(struct nic *n, struct wr w)
{
    *page(e1000_of(n)) = (uint16_t)w.val;
}

/* One MDIO cycle with the PHY that @cmd addresses; false if none answers */
static bool mdio(struct e1000 *d, uint32_t cmd, uint32_t *data)
{
    uint32_t reg = (cmd & MDIC_REGADD) >> MDIC_REGADD_SHIFT;

    if ((cmd & MDIC_PHYADD) >> MDIC_PHYADD_SHIFT != PHY_ADDRESS) {
        *data = MDIC_DATA;
        return false;
    }
    if ((cmd & MDIC_OP) == MDIC_OP_READ) {
        *data = regs_read(&e1000_phy_regs, &d->nic, 2 * reg, 2);
    } else {
        regs_write(&e1000_phy_regs, &d->nic, 2 * reg, 2, *data);
    }
    return true;
}

/*
 * The cycle is over at once (SDM 13.4.7: up to 64 us).  It starts with the
 * byte that holds the opcode, so that software may write the others first.
 */
void e1000_mdic_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);
    uint32_t cmd = d->reg.MDIC, data = cmd & MDIC_DATA;
    bool ok = true;

    if (!(w.lanes & MDIC_OP)) {
        return;
    }
    if ((cmd & MDIC_OP) == MDIC_OP_READ || (cmd & MDIC_OP) == MDIC_OP_WRITE) {
        ok = mdio(d, cmd, &data);
    }
    cmd = (cmd & ~(MDIC_DATA | MDIC_E)) | data | MDIC_R;
    d->reg.MDIC = ok ? cmd : cmd | MDIC_E;
    if (cmd & MDIC_I) {
        e1000_cause(d, ICR_MDAC);
    }
}

static const struct reg phy_reg[] = {
#define SDM(section, text) .ref = "SDM " section, .title = text
#define REGS_OF            struct e1000
#define REGS_IN            phy
#include "e1000-phy.def"
};

enum {
    PHY_REGS = 32,
    PHY_SIZE = 2 * PHY_REGS,
};

static uint16_t phy_map[PHY_SIZE / 4];

const struct regfile e1000_phy_regs = {
    .name = "PHY",
    .reg = phy_reg,
    .n = REGS_N(phy_reg),
    .base = offsetof(struct e1000, phy),
    .map = phy_map,
    .size = PHY_SIZE,
};
