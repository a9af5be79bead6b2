// SPDX-License-Identifier: MIT
/*
 * dp8390-tx.c - DP8390: frames to the wire, and loopback
 *
 * TXP marks work; dp8390_run() does it and clears TXP.  A frame is sent from
 * where it is in packet memory.  In loopback a real chip's receiver cannot
 * reach memory: all that is left of a frame is its status and the FIFO.
 */
#include <string.h>

#include "hw/net/dp8390-chip.h"
#include "hw/net/frame.h"

bool dp8390_tx_pending(const struct dp8390 *d)
{
    return (d->reg.CR & CR_TXP) && !d->reg.tx_off && !d->reg.tx_paused &&
           !d->reg.held;
}

void dp8390_tx_kick(struct dp8390 *d)
{
    if (dp8390_tx_pending(d)) {
        nic_kick(&d->nic, DP8390_WORK_TX);
    }
}

/* A frame has left or was given up, and a stop that waited for it is done */
static void tx_done(struct dp8390 *d, unsigned tsr)
{
    d->reg.TSR = (uint8_t)tsr;
    if (!d->reg.running) {
        d->reg.ISR |= ISR_RST;
    }
    dp8390_irq_cause(d, tsr & TSR_PTX ? ISR_PTX : ISR_TXE);
}

/* @p is the card's own, or valid as long as nic_send() */
static void tx_send(struct dp8390 *d, const uint8_t *p, uint32_t len)
{
    struct nic_piece piece = { .own = p };
    struct nic_frame f = { .len = len, .piece = &piece };

    f.head_len = (uint16_t)(len < NIC_HEAD_COPY ? len : NIC_HEAD_COPY);
    memcpy(f.head, p, f.head_len);
    if (len > f.head_len) {
        piece.own += f.head_len;
        piece.len = len - f.head_len;
        f.n_pieces = 1;
    }
    f.has_fcs = (d->reg.TCR & TCR_CRC) && len > FRAME_FCS;
    nic_send(&d->nic, &f);
}

/*
 * To the wire; returns TSR.  There are no collisions: COL, OWC and NCR stay 0,
 * and the transceiver gives its heartbeat.  Without a link it gives neither
 * that nor a carrier, which does not keep the frame from leaving (D, TSR).
 */
static unsigned tx_wire(struct dp8390 *d, const uint8_t *p, uint32_t len)
{
    uint32_t body =
        len - (d->reg.TCR & TCR_CRC && len > FRAME_FCS ? FRAME_FCS : 0);

    if (body < FRAME_MIN) {
        dp8390_strict(d, DP8390_EVENT_STRICT_TX_SHORT, len);
    } else if (body > TX_MAX) {
        dp8390_strict(d, DP8390_EVENT_STRICT_TX_LONG, len);
    }
    if (!d->nic.link_up) {
        nic_event(&d->nic, DP8390_EVENT_TX_NO_LINK, len);
        return TSR_PTX | TSR_CRS | TSR_CDH;
    }
    tx_send(d, p, len);
    return TSR_PTX;
}

/**
 * loop_check() - What the receiver makes of a looped frame
 *
 * There is one CRC unit.  If the transmitter has it, the receiver cannot check,
 * and a frame whose address matches shows a CRC error always; without a match
 * it shows none (AN-937).
 */
static void loop_check(struct dp8390 *d, const struct nic_rx *rx)
{
    const uint8_t *p = rx->buf[0].data;
    size_t body = rx->len > FRAME_FCS ? rx->len - FRAME_FCS : 0;
    unsigned rsr = RSR_PRX;
    uint8_t right[FRAME_FCS];

    if (rx->len >= ADDR_LEN && dp8390_filter_accepts(d, p)) {
        frame_put_fcs(right, d->nic.host->fcs(&d->nic, rx, body));
        if (!(d->reg.TCR & TCR_CRC) || memcmp(p + body, right, FRAME_FCS)) {
            rsr = RSR_CRC;
        }
        rsr |= p[0] & 1 ? RSR_PHY : 0;
    }
    d->reg.RSR = (uint8_t)rsr;
    if (rsr & RSR_CRC) {
        dp8390_tally(d, &d->reg.CNTR1);
        d->reg.ISR |= ISR_RXE;
    }
}

/**
 * loop_fifo() - Leave the end of a looped frame in the FIFO
 *
 * Eight bytes in a circle: byte k of the frame is in slot k mod 8, FCS
 * included; the three slots after the last byte have the count, its high byte
 * twice.  Reading begins at slot 0 (D).
 */
static void loop_fifo(struct dp8390 *d, const struct nic_rx *rx)
{
    const uint8_t *p = rx->buf[0].data;
    bool append = !(d->reg.TCR & TCR_CRC);
    size_t count = rx->len + (append ? FRAME_FCS : 0);
    uint8_t fcs[FRAME_FCS] = { 0 };

    if (append) {
        frame_put_fcs(fcs, d->nic.host->fcs(&d->nic, rx, rx->len));
    }
    for (size_t k = count > DP8390_FIFO ? count - DP8390_FIFO : 0; k < count;
         k++) {
        d->reg.fifo[k % DP8390_FIFO] = k < rx->len ? p[k] : fcs[k - rx->len];
    }
    d->reg.fifo[count % DP8390_FIFO] = (uint8_t)count;
    d->reg.fifo[(count + 1) % DP8390_FIFO] = (uint8_t)(count >> 8);
    d->reg.fifo[(count + 2) % DP8390_FIFO] = (uint8_t)(count >> 8);
    d->reg.fifo_at = 0;
}

/* Loopback modes 1 to 3, which only mode 3 shows to the wire; returns TSR */
static unsigned tx_loop(struct dp8390 *d, const uint8_t *p, uint32_t len)
{
    static const uint8_t status[] = {
        [TCR_LB_1 >> 1] = TSR_PTX | TSR_CRS | TSR_CDH,
        [TCR_LB_2 >> 1] = TSR_PTX | TSR_CDH,
        [TCR_LB_3 >> 1] = TSR_PTX,
    };
    unsigned mode = d->reg.TCR & TCR_LB;
    uint8_t half[LOOP_MAX];
    struct nic_buf buf = { p, len };
    struct nic_rx rx = { .buf = &buf, .n = 1 };

    if (d->reg.DCR & DCR_WTS) {
        /* The FIFO is byte-wide: every other byte of memory is used */
        p += d->reg.DCR & DCR_BOS ? 0 : 1;
        buf.len = len / 2;
        for (uint32_t i = 0; i < len / 2; i++) {
            half[i] = p[2 * i];
        }
        buf.data = half;
    }
    rx.len = buf.len;
    if (mode == TCR_LB_3 && !d->nic.link_up) {
        /* "Not transmittable" (D 12), and that is what all attempts come to */
        return TSR_ABT | TSR_COL;
    }
    if (!rx.len) {
        return status[mode >> 1];
    }
    loop_fifo(d, &rx);
    loop_check(d, &rx);
    if (mode == TCR_LB_3) {
        tx_send(d, buf.data, (uint32_t)buf.len);
    }
    return status[mode >> 1];
}

/* Carry out what TXP asked for */
static void tx_run(struct dp8390 *d)
{
    uint32_t len = dp8390_pair(d->reg.TBCR0, d->reg.TBCR1), room = 0;
    bool loop = d->reg.TCR & TCR_LB;
    const uint8_t *p;

    d->reg.CR &= (uint8_t)~CR_TXP;
    /* An OS/2 driver asks for an interrupt with a count of 0; others use
     * loopback without DCR.LS = 0 as a switch that isolates the chip */
    if (!len || (loop && (d->reg.DCR & DCR_LS))) {
        tx_done(d, TSR_PTX);
        return;
    }
    p = d->board->tx_ram(d, (uint16_t)(d->reg.TPSR << 8), &room);
    if (!p || room < len) {
        nic_event(&d->nic, DP8390_EVENT_TX_FAULT, len);
        tx_done(d, dp8390_is_realtek(d) ? TSR_ABT : TSR_FU);
        return;
    }
    dp8390_local_at(d, ((unsigned)d->reg.TPSR << 8) + len);
    tx_done(d, loop ? tx_loop(d, p, len) : tx_wire(d, p, len));
}

void dp8390_run(struct nic *n, uint32_t work)
{
    struct dp8390 *d = dp8390_of(n);

    if ((work & DP8390_WORK_TX) && dp8390_tx_pending(d)) {
        tx_run(d);
    }
}

void dp8390_tx_start(struct dp8390 *d)
{
    if (d->reg.CR & CR_TXP) {
        dp8390_strict(d, DP8390_EVENT_STRICT_TX_BUSY, d->reg.CR);
        return;
    }
    if (!d->reg.running) {
        dp8390_strict(d, DP8390_EVENT_STRICT_TX_STOPPED, d->reg.CR);
        return;
    }
    d->reg.TSR = 0;
    d->reg.NCR = 0;
    d->reg.CR |= CR_TXP;
    dp8390_tx_kick(d);
}
