// SPDX-License-Identifier: MIT
/*
 * dp8390.c - National DP8390D network interface controller
 *
 * After National's "DP8390D/NS32490D NIC" datasheet of July 1995 ("D"), its
 * application notes AN-874 and AN-937, and Realtek's RTL8019AS and RTL8029AS
 * datasheets, whose core is a copy with small differences: rows of
 * dp8390-regs.def and dp8390_is_realtek() say which.
 *
 * The parts:
 *   dp8390.c         interrupts, counters, commands, the table
 *   dp8390-tx.c      frames to the wire, and loopback
 *   dp8390-rx.c      filter and ring
 *   dp8390-remote.c  the channel to software
 *   dp8390-strict.c  what a real chip would punish
 *
 * Two DMA channels meet in local memory, 64 KiB that the board provides.
 * Local DMA moves frames: from TPSR to the wire, and from the wire into a ring
 * of 256-byte pages, PSTART up to and without PSTOP.  Remote DMA moves bytes or
 * words between memory and the data port, one per access of the port.
 *
 * Transmission: TXP marks work, the frame leaves in dp8390_run(), and TXP is
 * read as 1 until then.  Stopping the chip lets it finish, as D says.
 *
 * Left out: collisions and deferral (COL, OWC, NCR, DFR, TCR.OFST), for there
 * is no shared wire; alignment errors and late memory (FAE, FO, and FU but for
 * what is not memory), which nothing here can cause, so that CNTR0 stays 0;
 * DCR.BOS for frames (no PC has it); and stopping for good after OVW, which
 * real chips may do.
 */
#include "hw/net/dp8390-chip.h"
#include "hw/regs-rows.h"

/* Interrupts */

void dp8390_irq_update(struct dp8390 *d)
{
    nic_irq(&d->nic, d->reg.ISR & d->reg.IMR & ~ISR_RST);
}

void dp8390_irq_cause(struct dp8390 *d, unsigned cause)
{
    d->reg.ISR = (uint8_t)(d->reg.ISR | cause);
    dp8390_irq_update(d);
}

/* CNT is a level: it returns while a counter was not read */
static void tally_update(struct dp8390 *d)
{
    if ((d->reg.CNTR0 | d->reg.CNTR1 | d->reg.CNTR2) & TALLY_IRQ) {
        d->reg.ISR |= ISR_CNT;
    }
}

void dp8390_tally(struct dp8390 *d, uint8_t *counter)
{
    if (*counter < TALLY_MAX) {
        ++*counter;
    }
    tally_update(d);
}

/* Side effects */

static void chip_start(struct dp8390 *d)
{
    if (!d->reg.running) {
        dp8390_strict_start(d);
    }
    d->reg.running = 1;
    d->reg.rx_irq |= d->reg.IMR & ISR_PRX;
    d->reg.ISR &= (uint8_t)~ISR_RST;
    dp8390_rx_offer(d);
}

/* A frame on its way out is finished first; one that cannot leave is not */
static void chip_stop(struct dp8390 *d)
{
    d->reg.running = 0;
    d->reg.rx_irq = 0;
    d->reg.rx_seen = 0;
    d->reg.rx_ritual = 0;
    d->reg.ovw_stopped = !!(d->reg.ISR & ISR_OVW);
    if (!dp8390_tx_pending(d)) {
        d->reg.CR &= (uint8_t)~CR_TXP;
        d->reg.ISR |= ISR_RST;
    }
    dp8390_rx_offer(d);
}

/*
 * Neither STA nor STP changes nothing: drivers switch pages that way.  TXP is
 * set by software and cleared by the chip.  On National's chip STA stays when
 * STP is set (D); on Realtek's both are as written.
 */
static void cr_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (w.val & CR_STP) {
        d->reg.CR |= dp8390_is_realtek(d) ? 0 : w.old & CR_STA;
        chip_stop(d);
    } else if (w.val & CR_STA) {
        chip_start(d);
    }
    dp8390_remote_command(d, (w.val & CR_RD) >> CR_RD_SHIFT);
    if (w.val & CR_TXP) {
        dp8390_tx_start(d);
    }
    dp8390_irq_update(d);
}

static void isr_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (w.val & ISR_PRX) {
        d->reg.rx_burst = 0;
        d->reg.rx_seen = 0;
    }
    if (w.val & w.old & ISR_OVW) {
        dp8390_strict_recovery(d);
        d->reg.rx_ritual = d->reg.running && (d->reg.TCR & TCR_LB);
    }
    tally_update(d);
    dp8390_irq_update(d);
    dp8390_rx_offer(d);
}

/* Software is about to look at the ring; see dp8390-rx.c */
static void isr_was_read(struct nic *n, unsigned i)
{
    struct dp8390 *d = dp8390_of(n);

    d->reg.rx_seen = d->reg.rx_irq && (d->reg.ISR & ISR_PRX);
}

static void imr_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    d->reg.rx_irq |= d->reg.IMR & ISR_PRX;
    dp8390_irq_update(d);
    dp8390_rx_offer(d);
}

static void bnry_written(struct nic *n, struct wr w)
{
    dp8390_strict_boundary(dp8390_of(n));
    dp8390_rx_offer(dp8390_of(n));
}

static void rx_offer_written(struct nic *n, struct wr w)
{
    dp8390_rx_offer(dp8390_of(n));
}

static void ring_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (d->reg.running && !(d->reg.TCR & TCR_LB)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_RING, w.val);
    }
    dp8390_rx_offer(d);
}

static void tcr_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (!(d->reg.TCR & TCR_ATD) && d->reg.tx_off) {
        d->reg.tx_off = 0;
        dp8390_tx_kick(d);
    }
    if (!(d->reg.TCR & TCR_LB)) {
        d->reg.rx_ritual = 0;
        if (d->reg.running && (w.old & TCR_LB)) {
            dp8390_strict_connected(d);
        }
    }
    dp8390_rx_offer(d);
}

static void dcr_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (dp8390_remote_active(d)) {
        dp8390_strict(d, DP8390_EVENT_STRICT_DCR, w.val);
    }
}

static void tx_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    if (d->reg.CR & CR_TXP) {
        dp8390_strict(d, DP8390_EVENT_STRICT_TX_BUSY, w.val);
    }
}

/* RSAR and CRDA are one counter */
static void rsar_written(struct nic *n, struct wr w)
{
    struct dp8390 *d = dp8390_of(n);

    dp8390_strict_cut(d);
    d->reg.CRDA0 = d->reg.RSAR0;
    d->reg.CRDA1 = d->reg.RSAR1;
    d->reg.remote_new = 1;
}

static void rbcr_written(struct nic *n, struct wr w)
{
    dp8390_strict_cut(dp8390_of(n));
    dp8390_of(n)->reg.remote_new = 1;
}

static void page2_written(struct nic *n, struct wr w)
{
    dp8390_strict(dp8390_of(n), DP8390_EVENT_STRICT_PAGE2, w.val);
}

static uint32_t fifo_fetch(struct nic *n, unsigned i)
{
    struct dp8390 *d = dp8390_of(n);

    return d->reg.fifo[d->reg.fifo_at];
}

static void fifo_was_read(struct nic *n, unsigned i)
{
    struct dp8390 *d = dp8390_of(n);

    if (d->reg.TCR & TCR_LB) {
        d->reg.fifo_at = (uint8_t)((d->reg.fifo_at + 1) % DP8390_FIFO);
    } else {
        dp8390_strict(d, DP8390_EVENT_STRICT_FIFO, 0);
    }
}

/* Reserved bits that are 1 on Realtek's */
static uint32_t ones(struct nic *n, uint8_t val, uint32_t bits)
{
    return dp8390_is_realtek(dp8390_of(n)) ? val | bits : val;
}

static uint32_t tsr_fetch(struct nic *n, unsigned i)
{
    return ones(n, dp8390_of(n)->reg.TSR, TSR_ONES);
}

static uint32_t rcr_fetch(struct nic *n, unsigned i)
{
    return ones(n, dp8390_of(n)->reg.RCR, RCR_ONES);
}

static uint32_t tcr_fetch(struct nic *n, unsigned i)
{
    return ones(n, dp8390_of(n)->reg.TCR, TCR_ONES);
}

static uint32_t dcr_fetch(struct nic *n, unsigned i)
{
    return ones(n, dp8390_of(n)->reg.DCR, DCR_ONES);
}

/* Register table */

static const struct reg chip_reg[] = {
#define PAGE(page, text)    .ref = "DP8390D page " page, .title = text
#define REALTEK(page, text) .ref = "RTL8029AS page " page, .title = text
#define REGS_OF             struct dp8390
#define REGS_IN             reg
#include "dp8390-regs.def"
};

static uint16_t chip_map[DP8390_REGS / 4];

const struct regfile dp8390_regs = {
    .name = "DP8390",
    .reg = chip_reg,
    .n = REGS_N(chip_reg),
    .base = offsetof(struct dp8390, reg),
    .map = chip_map,
    .size = DP8390_REGS,
};

const struct nic_event dp8390_events[DP8390_EVENTS] = {
#define EVENT(id, event, what)                                                 \
    [DP8390_EVENT_##id] = { .name = event, .text = what },
    DP8390_EVENT_LIST(EVENT)
#undef EVENT
};
_Static_assert((int)DP8390_EVENTS <= (int)NIC_EVENTS_MAX, "nic.events[]");

/* Entry points */

unsigned dp8390_page(const struct dp8390 *d)
{
    return d->reg.CR >> CR_PS_SHIFT;
}

uint8_t dp8390_read(struct dp8390 *d, unsigned at)
{
    return (uint8_t)regs_read(&dp8390_regs, &d->nic, dp8390_page(d) << 4 | at,
                              1);
}

void dp8390_write(struct dp8390 *d, unsigned at, uint8_t val)
{
    regs_write(&dp8390_regs, &d->nic, dp8390_page(d) << 4 | at, 1, val);
}

void dp8390_reset(struct dp8390 *d, enum nic_reset kind)
{
    regs_reset(&dp8390_regs, &d->nic, kind);
    d->reg.TCR &= (uint8_t)~TCR_LB;
    d->reg.DCR |= dp8390_is_realtek(d) ? 0 : DCR_LAS;
    dp8390_irq_update(d);
    d->nic.host->rx_ready(&d->nic);
}

void dp8390_hold(struct dp8390 *d, bool hold)
{
    if (d->reg.held == hold) {
        return;
    }
    d->reg.held = hold;
    d->reg.remote = DP8390_REMOTE_IDLE;
    dp8390_tx_kick(d);
    dp8390_rx_offer(d);
}

void dp8390_pause(struct dp8390 *d, bool pause)
{
    d->reg.tx_paused = pause;
    dp8390_tx_kick(d);
}

bool dp8390_hears(const struct dp8390 *d)
{
    return d->nic.link_up && d->reg.running && !d->reg.held &&
           !(d->reg.TCR & TCR_LB);
}

void dp8390_link(struct nic *n)
{
    dp8390_rx_offer(dp8390_of(n));
}

void dp8390_loaded(struct dp8390 *d)
{
    dp8390_tx_kick(d);
    dp8390_irq_update(d);
}
