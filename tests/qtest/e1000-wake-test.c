// SPDX-License-Identifier: MIT
/*
 * e1000-wake-test.c - power states and wake-up of the 8254x (SDM 6, 13.6)
 *
 * Each test sends the card to D3 as Linux does (filters, WUFC, receiver on,
 * PMCSR last), lets something happen on the cable and looks at PME_Status.
 */
#include "libe1000.h"

#include <string.h>

enum { PLAIN = RCTL_SECRC };

static uint8_t pm_at(struct e1000 *d)
{
    return pci_capability(&d->pci, PCI_CAP_PM);
}

static uint16_t pmcsr(struct e1000 *d)
{
    return pci_readw(&d->pci, (uint8_t)(pm_at(d) + PM_PMCSR));
}

static void set_pmcsr(struct e1000 *d, uint16_t value)
{
    pci_writew(&d->pci, (uint8_t)(pm_at(d) + PM_PMCSR), value);
}

static void ready(struct e1000 *d, uint32_t rctl)
{
    check(pm_at(d) != 0);
    e1000_link_up(d);
    rx_setup(d, 16, PLAIN | rctl);
    wr(d, WUC, 0);
    wr(d, WUS, ~0u);
}

static void sleep_d3(struct e1000 *d, uint32_t wufc)
{
    wr(d, WUFC, wufc);
    set_pmcsr(d, PMCSR_D3 | PMCSR_PME_EN | PMCSR_PME_STATUS);
    check_eq(pmcsr(d) & (PMCSR_STATE | PMCSR_PME_EN | PMCSR_PME_STATUS),
             PMCSR_D3 | PMCSR_PME_EN);
}

static void back_to_d0(struct e1000 *d)
{
    set_pmcsr(d, (uint16_t)(pmcsr(d) & ~(PMCSR_STATE | PMCSR_PME_STATUS)));
    us(d, 20000);
    e1000_enable(d);
}

static bool pme(struct e1000 *d)
{
    return pmcsr(d) & PMCSR_PME_STATUS;
}

/* Send a frame and give it time to be overlooked */
static void send_and_wait(struct e1000 *d, const struct frame *f)
{
    check(netpeer_send(&d->peer, f->data, f->len));
    wire_settle(d->qts, &d->peer);
    us(d, 1000);
}

/* The frame must not wake */
static void sleeps_on(struct e1000 *d, const struct frame *f)
{
    send_and_wait(d, f);
    check(!pme(d));
}

/* The frame must wake, for the reason given; the packet is kept */
static void wakes(struct e1000 *d, const struct frame *f, uint32_t reason)
{
    uint8_t kept[128];

    check(netpeer_send(&d->peer, f->data, f->len));
    check(wait_for(pme(d)));
    back_to_d0(d);
    check_eq(rd(d, WUS) & reason, reason);
    check(pme(d));
    check_range(rd(d, WUPL), f->len, MAX(f->len, ETH_MIN) + FCS_LEN);
    for (uint32_t i = 0; i < sizeof(kept); i += 4) {
        uint32_t word = rd(d, WUPM + i);

        memcpy(kept + i, &word, 4);
    }
    check_mem(kept, f->data, MIN(f->len, sizeof(kept)));
    /* Both are cleared by software alone */
    set_pmcsr(d, PMCSR_PME_STATUS);
    check(!pme(d));
    wr(d, WUS, ~0u);
    check_eq(rd(d, WUS), 0);
}

static void magic_frame(struct frame *f, const uint8_t *to, size_t before)
{
    frame_start(f, to, mac_peer, ETHERTYPE_TEST);
    frame_fill(f, before, 1);
    memset(f->data + f->len, 0xff, 6);
    f->len += 6;
    for (unsigned i = 0; i < 16; i++) {
        memcpy(f->data + f->len, mac_nic, 6);
        f->len += 6;
    }
}

/* Configuration space */

static void test_capability(struct e1000 *d)
{
    uint8_t at = pm_at(d);

    check_eq(at, 0xdc);
    /* Version 2, DSI, no D1 or D2; PME from D0 and D3 */
    check_eq(pci_readw(&d->pci, (uint8_t)(at + PM_PMC)) & 0x4e2f,
             0x4822 & 0x4e2f);
    check_eq(pmcsr(d) & (PMCSR_STATE | PMCSR_PME_EN | PMCSR_PME_STATUS), 0);
    /* Only D0 and D3 exist; the rest of the byte is read-only */
    set_pmcsr(d, PMCSR_D3);
    check_eq(pmcsr(d) & PMCSR_STATE, PMCSR_D3);
    set_pmcsr(d, 0);
    check_eq(pmcsr(d) & PMCSR_STATE, 0);
}

/* D3: memory does not answer; back in D0 the registers were reset */
static void test_d3(struct e1000 *d)
{
    ready(d, RCTL_BAM);
    wr(d, RAL, 0x44332211);
    set_pmcsr(d, PMCSR_D3);
    check(!(rd(d, RCTL) & RCTL_BAM) || rd(d, RCTL) == 0xffffffff);
    set_pmcsr(d, 0);
    us(d, 20000);
    e1000_enable(d);
    check_eq(rd(d, RCTL) & RCTL_EN, 0);
    check_eq(rd(d, RDLEN), 0);
    check_eq(rd(d, RAL), 0x12005452);
    /* Nothing was received meanwhile, and it works again now */
    ready(d, RCTL_BAM);
}

/* Without a wake-up filter frames in D3 are lost and wake nobody */
static void test_d3_deaf(struct e1000 *d)
{
    struct frame f;

    ready(d, RCTL_BAM);
    sleep_d3(d, 0);
    frame_plain(&f, mac_nic, 100, 1);
    sleeps_on(d, &f);
    magic_frame(&f, mac_nic, 0);
    sleeps_on(d, &f);
    check(!(rx_desc_at(d, 0).status & RXD_DD));
}

/* WUC shows PMCSR's bits (SDM 13.6.1) */
static void test_shadow(struct e1000 *d)
{
    ready(d, 0);
    set_pmcsr(d, PMCSR_PME_EN);
    check_eq(rd(d, WUC) & WUC_PME_EN, WUC_PME_EN);
    set_pmcsr(d, 0);
    check_eq(rd(d, WUC) & WUC_PME_EN, 0);
}

/* Wake-up frames */

static void test_magic(struct e1000 *d)
{
    struct frame f;

    ready(d, 0);
    sleep_d3(d, WU_MAG);
    frame_plain(&f, mac_nic, 300, 1);
    sleeps_on(d, &f);
    /* One wrong byte in the fifteenth copy */
    magic_frame(&f, mac_nic, 20);
    f.data[f.len - 9] ^= 1;
    sleeps_on(d, &f);
    magic_frame(&f, mac_nic, 20);
    wakes(d, &f, WU_MAG);
    /* A broadcast does it too, even with BAM=0 on all but the 82544 */
    ready(d, strcmp(d->model, "e1000-82544gc") ? 0 : RCTL_BAM);
    sleep_d3(d, WU_MAG);
    magic_frame(&f, mac_broadcast, 0);
    wakes(d, &f, WU_MAG);
    /* Seven times FF are six as well */
    ready(d, 0);
    sleep_d3(d, WU_MAG);
    magic_frame(&f, mac_nic, 9);
    f.data[ETH_HLEN + 8] = 0xff;
    wakes(d, &f, WU_MAG);
}

/* APM: magic packets alone, whatever WUFC and PME_En say (SDM 6.2) */
static void test_apm(struct e1000 *d)
{
    struct frame f;

    ready(d, 0);
    wr(d, WUC, WUC_APME);
    wr(d, WUFC, 0);
    set_pmcsr(d, PMCSR_D3 | PMCSR_PME_STATUS);
    frame_plain(&f, mac_nic, 300, 1);
    sleeps_on(d, &f);
    magic_frame(&f, mac_nic, 3);
    wakes(d, &f, WU_MAG);
}

static void test_exact(struct e1000 *d)
{
    struct frame f;

    ready(d, RCTL_BAM);
    sleep_d3(d, WU_EX);
    frame_plain(&f, mac_other, 100, 1);
    sleeps_on(d, &f);
    frame_plain(&f, mac_broadcast, 100, 2);
    sleeps_on(d, &f);
    frame_plain(&f, mac_nic, 100, 3);
    wakes(d, &f, WU_EX);
}

static void test_broadcast(struct e1000 *d)
{
    struct frame f;

    ready(d, RCTL_BAM);
    sleep_d3(d, WU_BC);
    frame_plain(&f, mac_nic, 100, 1);
    sleeps_on(d, &f);
    frame_plain(&f, mac_broadcast, 100, 2);
    wakes(d, &f, WU_BC);
}

static void test_multicast(struct e1000 *d)
{
    static const uint8_t group[] = { 0x01, 0x00, 0x5e, 0x00, 0x95, 0xbc };
    static const uint8_t other[] = { 0x01, 0x00, 0x5e, 0x00, 0x95, 0x33 };
    struct frame f;

    ready(d, 0);
    wr(d, MTA + 4 * 94, 1u << 9);
    sleep_d3(d, WU_MC);
    frame_plain(&f, other, 100, 1);
    sleeps_on(d, &f);
    frame_plain(&f, group, 100, 2);
    wakes(d, &f, WU_MC);
}

static void set_ip4(struct e1000 *d, const uint8_t *ip)
{
    uint32_t value;

    memcpy(&value, ip, 4);
    wr(d, IP4AT, value);
    wr(d, IPAV, 1);
}

static void arp_request(struct frame *f, const uint8_t *target)
{
    static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
    uint8_t *arp;

    frame_start(f, mac_broadcast, mac_peer, ETHERTYPE_ARP);
    arp = f->data + f->len;
    memset(arp, 0, ETH_MIN - ETH_HLEN);
    memcpy(arp, head, sizeof(head));
    memcpy(arp + 8, mac_peer, 6);
    memcpy(arp + 24, target, 4);
    f->len = ETH_MIN;
}

static void test_arp(struct e1000 *d)
{
    static const uint8_t us_ip[] = { 10, 0, 0, 1 };
    static const uint8_t them_ip[] = { 10, 0, 0, 7 };
    struct frame f;

    ready(d, RCTL_BAM);
    set_ip4(d, us_ip);
    sleep_d3(d, WU_ARP);
    arp_request(&f, them_ip);
    sleeps_on(d, &f);
    arp_request(&f, us_ip);
    wakes(d, &f, WU_ARP);
}

static void test_ip4(struct e1000 *d)
{
    static const uint8_t us_ip[] = { 10, 0, 0, 1 };
    static const uint8_t other_ip[] = { 10, 0, 0, 9 };
    struct frame f;

    ready(d, 0);
    set_ip4(d, us_ip);
    sleep_d3(d, WU_IPV4);
    frame_ip4(&f, IP_TCP, 100);
    memcpy(f.data + ETH_HLEN + 16, other_ip, 4);
    sleeps_on(d, &f);
    frame_ip4(&f, IP_TCP, 100);
    wakes(d, &f, WU_IPV4);
}

static void test_ip6(struct e1000 *d)
{
    struct frame f;

    frame_ip6(&f, IP_TCP, 100);
    ready(d, 0);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t word;

        memcpy(&word, f.data + ETH_HLEN + 24 + 4 * i, 4);
        wr(d, IP6AT + 4 * i, word);
    }
    wr(d, IPAV, 1u << 16);
    sleep_d3(d, WU_IPV6);
    f.data[ETH_HLEN + 39] ^= 1;
    sleeps_on(d, &f);
    f.data[ETH_HLEN + 39] ^= 1;
    wakes(d, &f, WU_IPV6);
}

/* Flexible filter @n: the bytes of a frame from 12 on, every second one */
static void set_flexible(struct e1000 *d, unsigned n, const struct frame *f,
                         uint32_t len)
{
    for (uint32_t i = 0; i < 128; i++) {
        uint32_t mask = rd(d, FFMT + 8 * i) & ~(1u << n);
        uint32_t value = rd(d, FFVT + 8 * i) & ~(0xffu << 8 * n);

        if (i >= 12 && i % 2 == 0) {
            mask |= 1u << n;
        }
        wr(d, FFMT + 8 * i, mask);
        wr(d, FFVT + 8 * i, value | (uint32_t)f->data[i] << 8 * n);
    }
    wr(d, FFLT + 8 * n, len);
}

static void test_flexible(struct e1000 *d)
{
    struct frame f;
    struct frame bad;

    frame_plain(&f, mac_nic, 200, 0x42);
    for (unsigned n = 0; n < 4; n++) {
        ready(d, 0);
        set_flexible(d, n, &f, 100);
        sleep_d3(d, (uint32_t)WU_FLX0 << n);
        bad = f;
        bad.data[98] ^= 1;
        sleeps_on(d, &bad);
        /* Shorter than the filter */
        bad = f;
        bad.len = 80;
        sleeps_on(d, &bad);
        /* Bytes that are not compared, or beyond the length, do not count */
        bad = f;
        bad.data[97] ^= 1;
        bad.data[100] ^= 1;
        wakes(d, &bad, (uint32_t)WU_FLX0 << n);
    }
}

static void test_link(struct e1000 *d)
{
    ready(d, 0);
    sleep_d3(d, WU_LNKC);
    qmp_ok(d->qts, "{'execute': 'set_link', 'arguments': "
                   "{'name': 'nic0', 'up': false}}");
    us(d, 1000);
    check(pme(d));
    back_to_d0(d);
    check_eq(rd(d, WUS) & WU_LNKC, WU_LNKC);
}

/* After one wake-up packet the next ones are ignored (SDM 6.3) */
static void test_once(struct e1000 *d)
{
    struct frame first;
    struct frame second;

    ready(d, 0);
    sleep_d3(d, WU_MAG | WU_EX);
    frame_plain(&first, mac_nic, 100, 1);
    check(netpeer_send(&d->peer, first.data, first.len));
    check(wait_for(pme(d)));
    set_pmcsr(d, PMCSR_D3 | PMCSR_PME_EN | PMCSR_PME_STATUS);
    magic_frame(&second, mac_nic, 0);
    sleeps_on(d, &second);
    back_to_d0(d);
    check_eq(rd(d, WUS) & (WU_MAG | WU_EX), WU_EX);
    check_range(rd(d, WUPL), first.len, first.len + FCS_LEN);
}

/* PME_Status is set without PME_En too; WUS outlives every reset */
static void test_status_kept(struct e1000 *d)
{
    struct frame f;

    ready(d, 0);
    sleep_d3(d, WU_EX);
    frame_plain(&f, mac_nic, 100, 1);
    check(netpeer_send(&d->peer, f.data, f.len));
    check(wait_for(pme(d)));
    back_to_d0(d);
    e1000_reset(d);
    check_eq(rd(d, WUS) & WU_EX, WU_EX);
    check_range(rd(d, WUPL), f.len, f.len + FCS_LEN);
    qmp_ok(d->qts, "{'execute': 'system_reset'}");
    qmp_wait_event(d->qts, "RESET");
    e1000_enable(d);
    check_eq(rd(d, WUS) & WU_EX, WU_EX);
}

static const struct e1000_test tests[] = {
    { "capability", test_capability, ON_ALL, DIFF_power },
    { "d3", test_d3, ON_ALL, DIFF_power },
    { "d3-deaf", test_d3_deaf, ON_ALL, DIFF_power },
    { "shadow", test_shadow, .differs = DIFF_power },
    { "magic", test_magic, ON_ALL, DIFF_power },
    { "apm", test_apm, ON_ALL, DIFF_power },
    { "exact", test_exact, .differs = DIFF_power },
    { "broadcast", test_broadcast, .differs = DIFF_power },
    { "multicast", test_multicast, .differs = DIFF_power },
    { "arp", test_arp, ON_ALL, DIFF_power },
    { "ip4", test_ip4, ON_ALL, DIFF_power },
    { "ip6", test_ip6, ON_40_45, DIFF_power },
    { "flexible", test_flexible, ON_ALL, DIFF_power },
    { "link", test_link, .differs = DIFF_power },
    { "once", test_once, .differs = DIFF_power },
    { "status-kept", test_status_kept, .differs = DIFF_power },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("wake", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
