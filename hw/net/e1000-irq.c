// SPDX-License-Identifier: MIT
/*
 * e1000-irq.c - interrupt causes, the pin, and what delays them
 *
 * A cause is a bit of ICR.  The pin is active while ICR & IMS is not 0, so a
 * cause that comes while masked is delivered when the mask opens.  Between a
 * descriptor written back and its cause stand the delay timers (SDM 5.6, 6):
 *
 *   receive    RDTR, reloaded by each packet, and RADV, which the first packet
 *              since the last interrupt starts and none reloads.  Whichever
 *              expires first raises RXT0 and stops the other.  RDTR = 0 means
 *              no delay, whatever RADV says.
 *   transmit   TIDV and TADV likewise for descriptors with IDE; a descriptor
 *              without IDE raises TXDW at once and stops both.
 *
 * Between cause and pin stands ITR: after the pin rose it cannot rise again
 * for an interval.  Only when it has to is a timer used for that, so that
 * moderation costs nothing while the guest is faster than the interval.
 *
 * The 82544 has neither ITR nor RADV, TADV and RSRPD; their registers cannot
 * be written there and stay 0, which means off.
 */
#include "hw/net/e1000.h"

/* Resolution of the timers (SDM 13.4.18, 13.4.30, 13.4.41) */
enum {
    ITR_NS = 256,
    DELAY_NS = 1024,
};

static uint32_t causes_of(const struct e1000 *d)
{
    return e1000_is(d, E1000_82544GC) ? 0x7fff : 0x1ffff;
}

/* QEMU's property "mitigation": off means that every delay is 0 */
static bool moderated(const struct e1000 *d)
{
    return d->nic.prop[E1000_PROP_MITIGATION];
}

static uint64_t now(struct e1000 *d)
{
    return d->nic.host->now(&d->nic);
}

static bool timer_on(const struct e1000 *d, unsigned id)
{
    return d->nic.deadline[id] != NIC_TIMER_OFF;
}

static void timer_off(struct e1000 *d, unsigned id)
{
    nic_timer(&d->nic, id, NIC_TIMER_OFF);
}

static void timer_arm(struct e1000 *d, unsigned id, uint32_t delay)
{
    nic_timer(&d->nic, id, now(d) + (uint64_t)delay * DELAY_NS);
}

/*
 * Whether ITR forbids the pin to rise, in which case it will be looked at
 * again in time.  An end that is further away than the interval was made by a
 * larger one, or by a saved state, and is void.
 */
static bool throttled(struct e1000 *d)
{
    uint64_t interval = (uint64_t)d->reg.ITR * ITR_NS;
    uint64_t until = d->reg.itr_until, t;

    if (!interval || !moderated(d)) {
        return false;
    }
    t = now(d);
    if (until > t && until - t <= interval) {
        nic_timer(&d->nic, E1000_TIMER_ITR, until);
        return true;
    }
    d->reg.itr_until = t + interval;
    return false;
}

void e1000_irq_update(struct e1000 *d)
{
    if (!(d->reg.ICR & d->reg.IMS)) {
        d->reg.irq_raised = false;
        timer_off(d, E1000_TIMER_ITR);
    } else if (!d->reg.irq_raised && !throttled(d)) {
        d->reg.irq_raised = true;
    }
    nic_irq(&d->nic, d->reg.irq_raised);
}

void e1000_cause(struct e1000 *d, uint32_t causes)
{
    d->reg.ICR |= causes & causes_of(d);
    e1000_irq_update(d);
}

static void rx_interrupt(struct e1000 *d, uint32_t causes)
{
    timer_off(d, E1000_TIMER_RDTR);
    timer_off(d, E1000_TIMER_RADV);
    e1000_rx_flush(d);
    causes |= d->reg.rx_causes;
    d->reg.rx_causes = 0;
    e1000_cause(d, causes);
}

void e1000_rx_stored(struct e1000 *d, size_t len)
{
    uint32_t size = d->reg.RSRPD & RSRPD_SIZE;

    d->reg.rx_causes |= size && len <= size ? ICR_SRPD | ICR_RXT0 : ICR_RXT0;
}

void e1000_rx_announce(struct e1000 *d)
{
    uint32_t causes = d->reg.rx_causes;
    bool delayed = d->reg.RDTR && moderated(d) && !(causes & ICR_SRPD);

    d->reg.rx_causes = 0;
    if ((causes & ICR_RXT0) && !delayed) {
        rx_interrupt(d, causes);
        return;
    }
    if (causes & ICR_RXT0) {
        timer_arm(d, E1000_TIMER_RDTR, d->reg.RDTR);
        if (d->reg.RADV && !timer_on(d, E1000_TIMER_RADV)) {
            timer_arm(d, E1000_TIMER_RADV, d->reg.RADV);
        }
    }
    if (causes & ~ICR_RXT0) {
        e1000_cause(d, causes & ~ICR_RXT0);
    }
}

static void tx_interrupt(struct e1000 *d)
{
    timer_off(d, E1000_TIMER_TIDV);
    timer_off(d, E1000_TIMER_TADV);
    e1000_cause(d, ICR_TXDW);
}

bool e1000_tx_delayed(const struct e1000 *d)
{
    return d->reg.TIDV && moderated(d);
}

void e1000_tx_done(struct e1000 *d, bool delayed)
{
    if (!delayed || !e1000_tx_delayed(d)) {
        tx_interrupt(d);
        return;
    }
    timer_arm(d, E1000_TIMER_TIDV, d->reg.TIDV);
    if (d->reg.TADV && !timer_on(d, E1000_TIMER_TADV)) {
        timer_arm(d, E1000_TIMER_TADV, d->reg.TADV);
    }
}

void e1000_irq_expired(struct e1000 *d, unsigned id)
{
    switch (id) {
    case E1000_TIMER_ITR:
        e1000_irq_update(d);
        break;
    case E1000_TIMER_TIDV:
    case E1000_TIMER_TADV:
        e1000_tx_flush(d);
        tx_interrupt(d);
        break;
    default:
        rx_interrupt(d, ICR_RXT0);
        break;
    }
}

/* ICR and IMS: what is set or cleared is in their rows */
void e1000_irq_written(struct nic *n, struct wr w)
{
    e1000_irq_update(e1000_of(n));
}

void e1000_ims_written(struct nic *n, struct wr w)
{
    e1000_phy_awaited(e1000_of(n));
    e1000_irq_update(e1000_of(n));
}

void e1000_icr_was_read(struct nic *n, unsigned i)
{
    e1000_irq_update(e1000_of(n));
}

/* A new interval counts from the last interrupt as well */
void e1000_itr_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    timer_off(d, E1000_TIMER_ITR);
    e1000_irq_update(d);
}

/* Any cause, also those that hardware never raises: Linux's self-test */
void e1000_ics_written(struct nic *n, struct wr w)
{
    e1000_cause(e1000_of(n), w.val);
}

/* Write-only by the manual, but the chip answers with ICR: VxWorks reads it */
uint32_t e1000_ics_fetch(struct nic *n, unsigned i)
{
    return e1000_of(n)->reg.ICR;
}

void e1000_imc_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    d->reg.IMS &= ~w.val;
    e1000_irq_update(d);
}

void e1000_rdtr_written(struct nic *n, struct wr w)
{
    if (w.val & RDTR_FPD) {
        rx_interrupt(e1000_of(n), ICR_RXT0);
    }
}
