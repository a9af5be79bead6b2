// SPDX-License-Identifier: MIT
/*
 * rtl8139-mii.c - the PHY inside the chip, whose registers are the card's own
 *
 * One link state, and a dozen bits that show it: all of them are computed when
 * they are read.  The partner is a switch that can do everything, with PAUSE.
 * Without autonegotiation it follows the speed that is forced, and says
 * nothing of itself.
 *
 * Autonegotiation takes half a second unless the property says otherwise;
 * while it runs there is no link.  When a machine starts it is over.
 */
#include "hw/net/rtl8139.h"

enum {
    AUTONEG_NS = 500000000,
    PARTNER = 0x45e1, /* ANLPAR on cards at a switch */
    ANER_LP_NW_ABLE = 1,
};

static bool negotiates(const struct rtl8139 *d)
{
    return d->reg.BMCR & BMCR_ANE;
}

static bool busy(const struct rtl8139 *d)
{
    return d->nic.deadline[RTL8139_TIMER_AUTONEG] != NIC_TIMER_OFF;
}

/* What was agreed on: one of ANAR_TXFD and so on, or 0 */
static unsigned mode(const struct rtl8139 *d)
{
    unsigned common = d->reg.ANAR & PARTNER;
    bool fast = d->reg.BMCR & BMCR_SPEED, full = d->reg.BMCR & BMCR_FULL;

    if (!negotiates(d)) {
        return fast ? (full ? ANAR_TXFD : ANAR_TX)
                    : (full ? ANAR_10FD : ANAR_10);
    }
    for (unsigned bit = ANAR_TXFD; bit >= ANAR_10; bit >>= 1) {
        if (common & bit) {
            return bit;
        }
    }
    return 0;
}

bool rtl8139_link_up(const struct rtl8139 *d)
{
    return d->nic.link_up && !busy(d) && mode(d);
}

bool rtl8139_is_10(const struct rtl8139 *d)
{
    return mode(d) & (ANAR_10 | ANAR_10FD);
}

bool rtl8139_is_half(const struct rtl8139 *d)
{
    return mode(d) & (ANAR_10 | ANAR_TX);
}

static void announce(struct rtl8139 *d)
{
    bool up = rtl8139_link_up(d);

    nic_event(&d->nic, RTL8139_EVENT_LINK, up);
    d->reg.CSCR |= CSCR_CHANGED;
    if (!up) {
        d->reg.DIS = (uint16_t)(d->reg.DIS + (d->reg.DIS != UINT16_MAX));
    }
    rtl8139_cause(d, ISR_PUN);
    if (up) {
        rtl8139_wake_link(d);
    }
}

/* The line was or is connected: begin anew; @was: there was a link */
static void renew(struct rtl8139 *d, bool was)
{
    uint64_t end = d->nic.host->now(&d->nic) + AUTONEG_NS;
    bool wait = d->nic.link_up && negotiates(d) &&
                d->nic.prop[RTL8139_PROP_AUTONEGOTIATION];

    nic_timer(&d->nic, RTL8139_TIMER_AUTONEG, wait ? end : NIC_TIMER_OFF);
    if (rtl8139_link_up(d) != was) {
        announce(d);
    }
}

/* nic.link_up is another already */
void rtl8139_link_changed(struct rtl8139 *d)
{
    renew(d, !d->nic.link_up && !busy(d) && mode(d));
}

void rtl8139_autoneg_expired(struct rtl8139 *d)
{
    if (rtl8139_link_up(d)) {
        announce(d);
    }
}

/* Reset of 62h to 74h; what the EEPROM presets is read again */
static void phy_reset(struct rtl8139 *d)
{
    rtl8139_eeprom_load_phy(d);
    d->reg.DIS = d->reg.FCSC = d->reg.REC = 0;
    d->reg.CSCR = 0x03c0 | (d->reg.CSCR & CSCR_CHANGED);
}

/* Bits 15 and 9 clear themselves, the others are locked */
void rtl8139_bmcr_written(struct nic *n, struct wr w)
{
    const uint32_t locked = BMCR_SPEED | BMCR_ANE | BMCR_FULL;
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t asked = d->reg.BMCR;
    bool was;

    d->reg.BMCR = (uint16_t)w.old;
    was = rtl8139_link_up(d);
    if (rtl8139_unlocked(n)) {
        d->reg.BMCR = (uint16_t)asked;
    } else if ((asked ^ w.old) & locked) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_LOCK, w.val);
    }
    if (w.val & BMCR_RESET) {
        phy_reset(d);
    } else if (d->reg.BMCR == w.old && !(w.val & BMCR_RESTART)) {
        return;
    }
    renew(d, was);
}

/* What registers show */

/* With autonegotiation bit 8 is what was negotiated; bit 13 is not [cards] */
uint32_t rtl8139_bmcr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t bmcr = d->reg.BMCR;

    if (negotiates(d)) {
        bmcr &= ~(BMCR_SPEED | BMCR_FULL);
        if (rtl8139_link_up(d) && (mode(d) & (ANAR_TXFD | ANAR_10FD))) {
            bmcr |= BMCR_FULL;
        }
    }
    return bmcr;
}

uint32_t rtl8139_bmsr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (!rtl8139_link_up(d)) {
        return d->reg.BMSR;
    }
    return d->reg.BMSR | BMSR_LINK | (negotiates(d) ? BMSR_AN_DONE : 0);
}

uint32_t rtl8139_anlpar_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return rtl8139_link_up(d) && negotiates(d) ? PARTNER : 0;
}

uint32_t rtl8139_aner_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return rtl8139_link_up(d) && negotiates(d) ? ANER_LP_NW_ABLE : 0;
}

/* B chips have no Aux_Status; TXFCE shows what was decided about PAUSE */
uint32_t rtl8139_msr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);
    bool up = rtl8139_link_up(d);
    uint32_t msr = d->reg.MSR;

    if (negotiates(d) && up) {
        bool pause = d->reg.ANAR & PARTNER & ANAR_PAUSE;

        msr = (msr & ~MSR_TXFCE) | (pause ? MSR_TXFCE : 0);
    }
    if (rtl8139_is(d, RTL8139_C | RTL8139_D | RTL8139_CP)) {
        msr |= MSR_Aux;
    }
    if (!up || rtl8139_is_10(d)) {
        msr |= MSR_SPEED_10;
    }
    msr |= rtl8139_paused(d) ? MSR_RXPF : 0;
    msr |= d->reg.pause_sent ? MSR_TXPF : 0;
    return msr | (up ? 0 : MSR_LINKB);
}

uint32_t rtl8139_cscr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return d->reg.CSCR | (rtl8139_link_up(d) ? CSCR_LINK | CSCR_Con_status : 0);
}

/* 8139too and ReactOS look here before they acknowledge ISR's bit 5 */
void rtl8139_cscr_was_read(struct nic *n, unsigned i)
{
    rtl8139_of(n)->reg.CSCR &= (uint16_t)~CSCR_CHANGED;
}
