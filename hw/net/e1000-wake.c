// SPDX-License-Identifier: MIT
/*
 * e1000-wake.c - wake-up by magic packet, by filters and by the link (SDM 6)
 *
 * APM: with WUC.APME a magic packet wakes in every power state.  ACPI: with
 * PMCSR.PME_En the filters that WUFC selects work in D3, on frames that pass
 * the address filter.  A match is kept in WUS, with the frame in WUPM and WUPL,
 * and sets PME_Status.  Until software cleared WUS no other frame counts.
 *
 * In D3 the card does nothing else with a frame: there is no DMA.
 */
#include <string.h>

#include "e1000.h"
#include "hw/net/inet.h"

enum {
    RUNT = 60, /* Frames below are none, without FCS */
    CAPTURE = 128,
    MAC = 6,

    ARP_LEN = 28,
    ARP_TARGET = 24,
    IP4_DESTINATION = 16,
    IP6_HOP_LIMIT = 7,
    IP6_DESTINATION = 24,
    NS_LEN = 24,
    NS_TARGET = 8,
    NS_TYPE_CODE = 0x8700,

    FLEX_FILTERS = 4,
    FLEX_MIN = 2,
};

/* CRC-32 over a frame and its right FCS */
#define FCS_RESIDUE 0x2144df1cu

/* WUFC bits that frames can match, and those of WUS that block the next one */
#define WUFC_FRAMES 0x000f00feu

/**
 * struct look - A frame on its way through the filters
 * @head: First bytes, @avail of them, at least min(@len, NIC_RX_HEAD)
 * @len:  Without FCS
 */
struct look {
    const struct nic_rx *rx;
    const uint8_t *head;
    size_t avail, len;
    struct inet in;
};

/* Bytes in wire order as the address registers hold them */
static uint32_t wire32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
           p[0];
}

/* Whether the first @len bytes from @at may be looked at */
static bool in_sight(const struct look *l, size_t at, size_t len)
{
    return at <= l->avail && len <= l->avail - at;
}

static bool is_magic(const struct e1000 *d, const struct look *l)
{
    uint8_t mac[MAC];

    for (unsigned i = 0; i < MAC; i++) {
        uint32_t part = i < 4 ? d->reg.RAL[0] : d->reg.RAH[0];

        mac[i] = (uint8_t)(part >> (8 * (i & 3)));
    }
    return frame_is_magic(l->rx, l->len, mac);
}

static bool is_our_ip4(const struct e1000 *d, const uint8_t *addr)
{
    for (unsigned i = 0; i < NIC_N(d->reg.IP4AT); i++) {
        if ((d->reg.IPAV & 1u << i) && d->reg.IP4AT[i] == wire32(addr)) {
            return true;
        }
    }
    return false;
}

static bool is_our_ip6(const struct e1000 *d, const uint8_t *addr)
{
    for (unsigned i = 0; i < NIC_N(d->reg.IP6AT); i++) {
        if (d->reg.IP6AT[i] != wire32(addr + 4 * i)) {
            return false;
        }
    }
    return d->reg.IPAV & IPAV_V60;
}

/* A request for one of our addresses, from Ethernet and IPv4 (SDM p160) */
static bool is_arp(const struct e1000 *d, const struct look *l)
{
    static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
    const uint8_t *arp = l->head + l->in.l3;

    return l->in.type == INET_TYPE_ARP && in_sight(l, l->in.l3, ARP_LEN) &&
           frame_is_broadcast(l->head) &&
           !memcmp(arp, request, sizeof(request)) &&
           is_our_ip4(d, arp + ARP_TARGET);
}

static bool is_ip4(const struct e1000 *d, const struct look *l)
{
    return l->in.ip == INET_IP4 && in_sight(l, l->in.l3, IP4_DESTINATION + 4) &&
           is_our_ip4(d, l->head + l->in.l3 + IP4_DESTINATION);
}

/* SDM p165: extension headers are skipped */
static bool is_solicitation(const struct e1000 *d, const struct look *l)
{
    const uint8_t *icmp = l->head + l->in.l4;

    return l->in.proto == INET_PROTO_ICMP6 && l->in.l4 &&
           in_sight(l, l->in.l4, NS_LEN) &&
           l->head[l->in.l3 + IP6_HOP_LIMIT] == 255 &&
           be16_at(icmp) == NS_TYPE_CODE && is_our_ip6(d, icmp + NS_TARGET);
}

static bool is_ip6(const struct e1000 *d, const struct look *l)
{
    return l->in.ip == INET_IP6 &&
           in_sight(l, l->in.l3, IP6_DESTINATION + 16) &&
           (is_our_ip6(d, l->head + l->in.l3 + IP6_DESTINATION) ||
            is_solicitation(d, l));
}

/* Filter @n of the flexible ones (SDM p163): only 128 bytes are compared */
static bool is_flexible(const struct e1000 *d, const struct look *l, unsigned n)
{
    size_t end = d->reg.FFLT[n];

    if (end < FLEX_MIN || l->len < end) {
        return false;
    }
    for (size_t i = 0; i < end && i < CAPTURE; i++) {
        uint8_t want = (uint8_t)(d->reg.FFVT[i] >> (8 * n));

        if ((d->reg.FFMT[i] >> n & 1) && l->head[i] != want) {
            return false;
        }
    }
    return true;
}

/* What a frame that passed the address filter matches of @want */
static uint32_t match(const struct e1000 *d, const struct look *l,
                      uint32_t want)
{
    const struct {
        uint32_t bit;
        bool (*is)(const struct e1000 *d, const struct look *l);
    } form[] = {
        { WUFC_MAG, is_magic },
        { WUFC_ARP, is_arp },
        { WUFC_IPV4, is_ip4 },
        { WUFC_IPV6, is_ip6 },
    };
    uint32_t found;

    if (frame_is_broadcast(l->head)) {
        found = WUFC_BC;
    } else if (l->head[0] & 1) {
        found = e1000_mta_match(d, l->head) ? WUFC_MC : 0;
    } else {
        found =
            e1000_filter_address(d, l->head) == E1000_MATCH_EXACT ? WUFC_EX : 0;
    }
    found &= want;
    for (unsigned i = 0; i < NIC_N(form); i++) {
        if ((want & form[i].bit) && form[i].is(d, l)) {
            found |= form[i].bit;
        }
    }
    for (unsigned i = 0; i < FLEX_FILTERS; i++) {
        uint32_t bit = 1u << (WUFC_FLX0_SHIFT + i);

        if ((want & bit) && is_flexible(d, l, i)) {
            found |= bit;
        }
    }
    return found;
}

static void wake(struct e1000 *d, uint32_t why)
{
    d->reg.WUS |= why;
    nic_pme(&d->nic, true, d->nic.pmcsr & PMCSR_PME_EN);
    nic_event(&d->nic, E1000_EVENT_WAKE, why);
}

static void capture(struct e1000 *d, const struct look *l)
{
    uint8_t copy[CAPTURE] = { 0 };
    size_t len = l->len < CAPTURE ? l->len : CAPTURE;

    memcpy(copy, l->head, len);
    for (unsigned i = 0; i < CAPTURE / 4; i++) {
        d->reg.WUPM[i] = wire32(copy + 4 * i);
    }
    d->reg.WUPL = l->len < WUPL_MAX ? (uint32_t)l->len : WUPL_MAX;
}

static void inspect(struct e1000 *d, const struct nic_rx *rx, uint32_t want)
{
    size_t fcs = rx->flags & NIC_RX_FCS ? 4 : 0;
    struct look l = {
        .rx = rx,
        .head = rx->buf[0].data,
        .avail = rx->buf[0].len,
        .len = rx->len - fcs,
    };
    uint32_t found;

    if (rx->len < RUNT + fcs || (rx->flags & NIC_RX_LOOPED) ||
        (fcs && d->nic.host->fcs(&d->nic, rx, rx->len) != FCS_RESIDUE)) {
        return;
    }
    /* A card that is awake looks out for nothing else, and finds nothing */
    if (want == WUFC_MAG && !is_magic(d, &l)) {
        return;
    }
    if (l.avail > l.len) {
        l.avail = l.len;
    }
    inet_parse(l.head, l.avail, l.len, (uint16_t)d->reg.VET, &l.in);
    if (e1000_filter_address(d, l.head) == E1000_MATCH_NONE) {
        /* Broadcast magic packets need no RCTL.BAM, but on the 82544 */
        bool open = frame_is_broadcast(l.head) && e1000_is(d, E1000_NEWER);

        want = open ? want & WUFC_MAG : 0;
    }
    if (!want || !e1000_filter_vlan(d, &l.in)) {
        return;
    }
    found = match(d, &l, want);
    if (found) {
        capture(d, &l);
        wake(d, found);
    }
}

static bool acpi(const struct e1000 *d)
{
    return e1000_in_d3(d) && (d->nic.pmcsr & PMCSR_PME_EN);
}

bool e1000_wake(struct e1000 *d, const struct nic_rx *rx)
{
    uint32_t want = d->reg.WUC & WUC_APME ? WUFC_MAG : 0;

    if (acpi(d)) {
        want |= d->reg.WUFC & WUFC_FRAMES;
    }
    if (want && !(d->reg.WUS & WUFC_FRAMES)) {
        inspect(d, rx, want);
    }
    return e1000_in_d3(d);
}

void e1000_wake_link(struct e1000 *d)
{
    if (acpi(d) && (d->reg.WUFC & WUFC_LNKC) && !(d->reg.WUS & WUFC_LNKC)) {
        wake(d, WUFC_LNKC);
    }
}

/* Two bits of PMCSR show here, and can be written here (SDM p398) */
void e1000_wuc_written(struct nic *n, struct wr w)
{
    bool status = (n->pmcsr & PMCSR_PME_STATUS) && !(w.val & WUC_PME_STATUS);

    if (w.lanes & WUC_PME_EN) {
        nic_pme(n, status, w.val & WUC_PME_EN);
    }
}

uint32_t e1000_wuc_fetch(struct nic *n, unsigned i)
{
    uint32_t wuc = e1000_of(n)->reg.WUC;

    wuc |= n->pmcsr & PMCSR_PME_EN ? WUC_PME_EN : 0;
    wuc |= n->pmcsr & PMCSR_PME_STATUS ? WUC_PME_STATUS : 0;
    return wuc;
}

/*
 * The manual clears a bit by writing 0 (p156), Linux writes all ones when it
 * resumes: any write clears
 */
void e1000_wus_written(struct nic *n, struct wr w)
{
    e1000_of(n)->reg.WUS = 0;
}
