// SPDX-License-Identifier: MIT
/*
 * rtl8139-wake.c - wake-up by magic packet, by address class and by the link
 *
 * In D3, with CONFIG1.PMEn and PMCSR.PME_En, an event that CONFIG3 or CONFIG5
 * selects sets PME_Status (8139C(L)).  Nothing else happens to a frame in D3:
 * there is no DMA.
 *
 * The eight wake-up frames are left out: the papers name an 8-bit and a 16-bit
 * CRC but neither polynomial nor preset, and no open driver read computes one.
 */
#include "hw/net/rtl8139.h"

#include <string.h>

static bool armed(const struct rtl8139 *d)
{
    return rtl8139_is(d, RTL8139_NEWER) && rtl8139_in_d3(d) &&
           (d->reg.CONFIG1 & CONFIG1_PMEn) && (d->nic.pmcsr & PMCSR_PME_EN);
}

static void wake(struct rtl8139 *d, size_t len)
{
    if (!(d->nic.pmcsr & PMCSR_PME_STATUS)) {
        nic_pme(&d->nic, true, true);
        nic_event(&d->nic, RTL8139_EVENT_WAKE, len);
    }
}

void rtl8139_wake(struct rtl8139 *d, const struct nic_rx *rx)
{
    uint8_t config3 = d->reg.CONFIG3, config5 = d->reg.CONFIG5;
    bool own, broadcast, group, wakes;
    struct frame_in f;

    if (!armed(d) || !frame_in_open(&d->nic, &f, rx) || f.bad_fcs ||
        f.len < FRAME_MIN) {
        return;
    }
    own = !memcmp(f.head, d->reg.IDR, sizeof(d->reg.IDR));
    broadcast = frame_is_broadcast(f.head);
    group = !broadcast && (f.head[0] & 1) && rtl8139_mar_match(d, f.head);
    wakes = (own && (config5 & CONFIG5_UWF)) ||
            (broadcast && (config5 & CONFIG5_BWF)) ||
            (group && (config5 & CONFIG5_MWF));
    if (!wakes && (config3 & CONFIG3_Magic) && (own || (f.head[0] & 1))) {
        wakes = frame_is_magic(rx, f.len, d->reg.IDR);
    }
    if (wakes) {
        wake(d, f.len);
    }
}

void rtl8139_wake_link(struct rtl8139 *d)
{
    if (armed(d) && (d->reg.CONFIG3 & CONFIG3_LinkUp)) {
        wake(d, 0);
    }
}
