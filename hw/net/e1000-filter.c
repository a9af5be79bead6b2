// SPDX-License-Identifier: MIT
/*
 * e1000-filter.c - which frames the 8254x takes (SDM 3.2.1, 9.3, 13.5)
 *
 * An address passes exactly (a receive address, or broadcast) or inexactly
 * (hash table, promiscuous modes); software is told which.  A tagged frame has
 * to pass the VLAN filter as well.
 */
#include <string.h>

#include "hw/net/e1000.h"

/* Where a receive address looks (SDM 13.5.3); two codes are reserved */
enum { AS_DESTINATION, AS_SOURCE };

static unsigned rar_select(const struct e1000 *d, unsigned i)
{
    return (d->reg.RAH[i] & RAH_AS) / RAH_AS_SRC;
}

static void rar_get(const struct e1000 *d, unsigned i, uint8_t mac[6])
{
    for (unsigned b = 0; b < 4; b++) {
        mac[b] = (uint8_t)(d->reg.RAL[i] >> (8 * b));
    }
    mac[4] = (uint8_t)d->reg.RAH[i];
    mac[5] = (uint8_t)(d->reg.RAH[i] >> 8);
}

bool e1000_rar_is(const struct e1000 *d, unsigned i, const uint8_t *addr)
{
    uint32_t low = (uint32_t)addr[3] << 24 | (uint32_t)addr[2] << 16 |
                   (uint32_t)addr[1] << 8 | addr[0];
    uint32_t high = (uint32_t)addr[5] << 8 | addr[4];

    return (d->reg.RAH[i] & RAH_AV) && d->reg.RAL[i] == low &&
           (d->reg.RAH[i] & RAH_ADDR) == high;
}

static bool rar_match(const struct e1000 *d, const uint8_t *head)
{
    for (unsigned i = 0; i < NIC_N(d->reg.RAH); i++) {
        unsigned as = rar_select(d, i);

        if ((as == AS_DESTINATION && e1000_rar_is(d, i, head)) ||
            (as == AS_SOURCE && e1000_rar_is(d, i, head + 6))) {
            return true;
        }
    }
    return false;
}

bool e1000_mta_match(const struct e1000 *d, const uint8_t *addr)
{
    /* Bits 47:36, 46:35, 45:34 or 43:32 of the address (SDM 3.2.1.2) */
    static const uint8_t shift[] = { 4, 3, 2, 0 };
    unsigned mo = (d->reg.RCTL & RCTL_MO) >> RCTL_MO_SHIFT;
    unsigned hash = ((unsigned)addr[5] << 8 | addr[4]) >> shift[mo] & 0xfff;

    return d->reg.MTA[hash >> 5] & 1u << (hash & 31);
}

enum e1000_match e1000_filter_address(const struct e1000 *d,
                                      const uint8_t *head)
{
    static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
    uint32_t rctl = d->reg.RCTL;

    if (rar_match(d, head)) {
        return E1000_MATCH_EXACT;
    }
    if (!(head[0] & 1)) {
        return rctl & RCTL_UPE ? E1000_MATCH_INEXACT : E1000_MATCH_NONE;
    }
    if ((rctl & RCTL_BAM) && !memcmp(head, broadcast, sizeof(broadcast))) {
        return E1000_MATCH_EXACT;
    }
    /* Broadcast is a multicast address too */
    return (rctl & RCTL_MPE) || e1000_mta_match(d, head) ? E1000_MATCH_INEXACT
                                                         : E1000_MATCH_NONE;
}

bool e1000_filter_vlan(const struct e1000 *d, const struct inet *in)
{
    uint32_t rctl = d->reg.RCTL;
    unsigned vid = in->tci & 0xfff;

    if (!in->tagged || !(rctl & RCTL_VFE)) {
        return true;
    }
    if ((rctl & RCTL_CFIEN) && !(rctl & RCTL_CFI) != !(in->tci & 0x1000)) {
        return false;
    }
    return d->reg.VFTA[vid >> 5] & 1u << (vid & 31);
}

static bool mta_empty(const struct e1000 *d)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < NIC_N(d->reg.MTA); i++) {
        any |= d->reg.MTA[i];
    }
    return !any;
}

/* Whether receive address @i lets multicasts in; lists it if it is another */
static bool describe_rar(const struct e1000 *d, unsigned i,
                         struct nic_filter *f)
{
    uint8_t mac[6];

    if (!(d->reg.RAH[i] & RAH_AV) || rar_select(d, i) != AS_DESTINATION) {
        return false;
    }
    rar_get(d, i, mac);
    if (mac[0] & 1) {
        return true;
    }
    if (i) {
        memcpy(f->table[f->n_table++], mac, sizeof(mac));
    }
    return false;
}

void e1000_filter(const struct nic *n, struct nic_filter *f)
{
    const struct e1000 *d = (const struct e1000 *)n;
    uint32_t rctl = d->reg.RCTL;
    bool multicast = !mta_empty(d);

    memset(f, 0, sizeof(*f));
    rar_get(d, 0, f->mac);
    if (!(rctl & RCTL_EN)) {
        return;
    }
    for (unsigned i = 0; i < NIC_N(d->reg.RAH); i++) {
        multicast |= describe_rar(d, i, f);
    }
    f->promiscuous = (rctl & RCTL_UPE) && (rctl & RCTL_MPE);
    f->broadcast_allowed = rctl & (RCTL_BAM | RCTL_MPE);
    f->vlan_filter = rctl & RCTL_VFE;
    f->unicast = rctl & RCTL_UPE ? NIC_FILTER_ALL : NIC_FILTER_NORMAL;
    f->multicast = rctl & RCTL_MPE ? NIC_FILTER_ALL
                   : multicast     ? NIC_FILTER_NORMAL
                                   : NIC_FILTER_NONE;
}
