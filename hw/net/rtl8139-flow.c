// SPDX-License-Identifier: MIT
/*
 * rtl8139-flow.c - 802.3x flow control (8139C(L) 9.9, MSR)
 *
 * Full duplex only.  In: with MSR.RXFCE a PAUSE frame holds up the transmitter,
 * which MSR.RXPF shows, until its time is over or another one says so.  The
 * frame goes no further.
 *
 * Out: with MSR.TXFCE, which autonegotiation decides, the chip pauses its
 * partner when less than 3 KiB of the receive ring (C+ mode: no descriptor) are
 * free, and lets it go on when there is room.  Here nothing is lost meanwhile:
 * the partner is paused when a frame has to wait, and goes on when it was
 * taken.
 */
#include <string.h>

#include "hw/net/rtl8139.h"

enum {
    PAUSE_TYPE = 0x8808,
    PAUSE_OPCODE = 1,
    PAUSE_MAX = 0xffff,
    FC_TYPE = 12, /* Offsets in the frame */
    FC_OPCODE = 14,
    FC_TIME = 16,
    UNIT_10_NS = 51200, /* 512 bits */
    UNIT_100_NS = 5120,
};

static const uint8_t multicast[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

bool rtl8139_paused(const struct rtl8139 *d)
{
    return d->nic.deadline[RTL8139_TIMER_PAUSE] != NIC_TIMER_OFF;
}

static bool enabled(struct rtl8139 *d, uint32_t bit)
{
    return (rtl8139_msr_fetch(&d->nic, 0) & bit) && rtl8139_link_up(d) &&
           !rtl8139_is_half(d);
}

static void pause_end(struct rtl8139 *d)
{
    nic_timer(&d->nic, RTL8139_TIMER_PAUSE, NIC_TIMER_OFF);
    nic_kick(&d->nic, RTL8139_WORK_TX);
}

void rtl8139_pause_expired(struct rtl8139 *d)
{
    pause_end(d);
}

bool rtl8139_flow_receive(struct rtl8139 *d, const struct frame_in *f)
{
    uint16_t time;
    uint64_t unit;

    if (f->bad_fcs || !enabled(d, MSR_RXFCE) ||
        !frame_is_pause(f, d->reg.IDR, &time)) {
        return false;
    }
    unit = rtl8139_is_10(d) ? UNIT_10_NS : UNIT_100_NS;
    nic_event(&d->nic, RTL8139_EVENT_PAUSE, time);
    if (!time) {
        pause_end(d);
    } else {
        nic_timer(&d->nic, RTL8139_TIMER_PAUSE,
                  d->nic.host->now(&d->nic) + time * unit);
    }
    return true;
}

/* The transmitter's own pause does not hold this up */
static void pause_out(struct rtl8139 *d, uint16_t time)
{
    struct nic_frame f;

    memset(&f, 0, sizeof(f));
    memcpy(f.head, multicast, sizeof(multicast));
    memcpy(f.head + 6, d->reg.IDR, sizeof(d->reg.IDR));
    be16_store(f.head + FC_TYPE, PAUSE_TYPE);
    be16_store(f.head + FC_OPCODE, PAUSE_OPCODE);
    be16_store(f.head + FC_TIME, time);
    f.head_len = FRAME_MIN;
    f.len = FRAME_MIN;
    nic_send(&d->nic, &f);
}

void rtl8139_flow_full(struct rtl8139 *d)
{
    if (!d->reg.pause_sent && (d->reg.CR & CR_TE) && enabled(d, MSR_TXFCE)) {
        d->reg.pause_sent = 1;
        pause_out(d, PAUSE_MAX);
    }
}

void rtl8139_flow_drained(struct rtl8139 *d)
{
    if (d->reg.pause_sent) {
        d->reg.pause_sent = 0;
        if ((d->reg.CR & CR_TE) && enabled(d, MSR_TXFCE)) {
            pause_out(d, 0);
        }
    }
}
