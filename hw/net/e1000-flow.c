// SPDX-License-Identifier: MIT
/*
 * e1000-flow.c - 802.3x flow control of the 8254x (SDM 8.7, 13.4.8 to 13.4.12)
 *
 * In: a PAUSE frame sets STATUS.TXOFF, on which the transmitter waits, until
 * its time is over or another one says so.
 *
 * Out: the chip pauses its partner when the receive FIFO fills beyond FCRTH and
 * lets it go on when it drained below FCRTL.  There is no FIFO here: what the
 * ring has no room for waits in the network (see e1000-rx.c).  "Above FCRTH" is
 * therefore a frame that has to wait, "below FCRTL" the moment it is stored.
 */
#include <string.h>

#include "hw/net/e1000.h"

enum {
    PAUSE_OPCODE = 1,
    PAUSE_LEN = 60, /* Without FCS, padded */
    FC_OPCODE = 14, /* Offsets in the frame */
    FC_TIME = 16,
};

/* Time of 512 bits, the unit of a pause, at the speed of the link */
static uint64_t pause_unit_ns(const struct e1000 *d)
{
    switch (d->reg.STATUS & STATUS_SPEED) {
    case 0u << STATUS_SPEED_SHIFT:
        return 51200;
    case 1u << STATUS_SPEED_SHIFT:
        return 5120;
    default:
        return 512;
    }
}

/* FCAL and FCAH hold the address as RAL and RAH do, FCT the EtherType */
static void fc_address(const struct e1000 *d, uint8_t mac[6])
{
    for (unsigned b = 0; b < 4; b++) {
        mac[b] = (uint8_t)(d->reg.FCAL >> (8 * b));
    }
    mac[4] = (uint8_t)d->reg.FCAH;
    mac[5] = (uint8_t)(d->reg.FCAH >> 8);
}

void e1000_pause_expired(struct e1000 *d)
{
    d->reg.STATUS &= ~STATUS_TXOFF;
    nic_kick(&d->nic, E1000_WORK_TX);
}

static void pause_in(struct e1000 *d, uint16_t time)
{
    if (!time) {
        stat_inc(&d->reg.XONRXC);
        nic_timer(&d->nic, E1000_TIMER_PAUSE, NIC_TIMER_OFF);
        e1000_pause_expired(d);
        return;
    }
    stat_inc(&d->reg.XOFFRXC);
    nic_event(&d->nic, E1000_EVENT_PAUSE, time);
    d->reg.STATUS |= STATUS_TXOFF;
    nic_timer(&d->nic, E1000_TIMER_PAUSE,
              d->nic.host->now(&d->nic) + time * pause_unit_ns(d));
}

bool e1000_flow_is_control(const struct e1000 *d, const uint8_t *head,
                           size_t avail)
{
    uint8_t multicast[6];

    if (!(d->reg.CTRL & CTRL_RFCE) || avail < FC_TIME + 2 ||
        be16_at(head + 12) != d->reg.FCT) {
        return false;
    }
    fc_address(d, multicast);
    return !memcmp(head, multicast, sizeof(multicast)) ||
           e1000_rar_is(d, 0, head);
}

enum e1000_flow e1000_flow_receive(struct e1000 *d, const uint8_t *head)
{
    if (be16_at(head + FC_OPCODE) != PAUSE_OPCODE) {
        stat_inc(&d->reg.FCRUC);
        return d->reg.RCTL & RCTL_PMCF ? E1000_FLOW_DELIVER : E1000_FLOW_DROP;
    }
    pause_in(d, be16_at(head + FC_TIME));
    if ((d->reg.RCTL & RCTL_DPF) && e1000_rar_is(d, 0, head)) {
        return E1000_FLOW_DROP;
    }
    return E1000_FLOW_FILTER;
}

/* Only full duplex has PAUSE; the transmitter's own pause does not stop it */
static void pause_out(struct e1000 *d, uint16_t time)
{
    const uint32_t up = STATUS_LU | STATUS_FD;
    struct nic_frame f;

    if (!(d->reg.TCTL & TCTL_EN) || (d->reg.STATUS & up) != up) {
        return;
    }
    memset(&f, 0, sizeof(f));
    fc_address(d, f.head);
    for (unsigned b = 0; b < 4; b++) {
        f.head[6 + b] = (uint8_t)(d->reg.RAL[0] >> (8 * b));
    }
    be16_store(f.head + 10,
               (uint16_t)(d->reg.RAH[0] << 8 | (d->reg.RAH[0] >> 8 & 0xff)));
    be16_store(f.head + 12, (uint16_t)d->reg.FCT);
    be16_store(f.head + FC_OPCODE, PAUSE_OPCODE);
    be16_store(f.head + FC_TIME, time);
    f.head_len = PAUSE_LEN;
    f.len = PAUSE_LEN;
    f.loop = e1000_loopback(d);
    nic_send(&d->nic, &f);
    stat_inc(time ? &d->reg.XOFFTXC : &d->reg.XONTXC);
    e1000_tx_count(d, 1, PAUSE_LEN + E1000_FCS, f.head, true);
}

void e1000_swxoff(struct e1000 *d)
{
    pause_out(d, (uint16_t)d->reg.FCTTV);
}

/* A threshold at or beyond the end of the FIFO is never reached */
static bool threshold_in_fifo(const struct e1000 *d)
{
    return (d->reg.FCRTH & FCRTH_RTH) < (d->reg.PBA & PBA_RXA) * 1024;
}

void e1000_flow_full(struct e1000 *d)
{
    if ((d->reg.CTRL & CTRL_TFCE) && !d->reg.rx_xoff_sent &&
        threshold_in_fifo(d)) {
        d->reg.rx_xoff_sent = 1;
        pause_out(d, (uint16_t)d->reg.FCTTV);
    }
}

void e1000_flow_drained(struct e1000 *d)
{
    if (!d->reg.rx_xoff_sent) {
        return;
    }
    d->reg.rx_xoff_sent = 0;
    if ((d->reg.CTRL & CTRL_TFCE) && (d->reg.FCRTL & FCRTL_XONE)) {
        pause_out(d, 0);
    }
}
