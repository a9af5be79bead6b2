// SPDX-License-Identifier: MIT
/*
 * e1000-filter-test.c - which frames the 8254x accepts, VLAN tags, MAC control
 * frames (SDM 3.2.1, 8.7, 9.2, 9.3)
 */
#include "libe1000.h"

#include <string.h>

enum { PLAIN = RCTL_SECRC };

static const uint8_t group_a[] = { 0x01, 0x00, 0x5e, 0x12, 0x34, 0x56 };
static const uint8_t group_b[] = { 0x01, 0x00, 0x5e, 0x12, 0x38, 0x57 };

static void rx_ready(struct e1000 *d, uint32_t rctl)
{
    e1000_link_up(d);
    for (uint32_t i = 0; i < 128; i++) {
        wr(d, MTA + 4 * i, 0);
        wr(d, VFTA + 4 * i, 0);
    }
    rx_setup(d, 16, PLAIN | rctl);
    clear_statistics(d);
}

static void set_ra(struct e1000 *d, unsigned n, const uint8_t *mac,
                   uint32_t flags)
{
    wr(d, RAL + 8 * n,
       mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 |
           (uint32_t)mac[3] << 24);
    wr(d, RAH + 8 * n, mac[4] | (uint32_t)mac[5] << 8 | flags);
}

/* Accepted, and PIF says whether software must look again (SDM 3.2.3.1) */
static void accepted_with(struct e1000 *d, const struct frame *f, bool pif)
{
    struct received r;

    if (rx_frame(d, f, &r)) {
        check_eq(r.data.len, f->len);
        check_mem(r.data.data, f->data, f->len);
        check_eq(r.last.status & RXD_PIF, pif ? RXD_PIF : 0);
    }
}

static void test_unicast(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    frame_plain(&f, mac_nic, 80, 1);
    accepted_with(d, &f, false);
    frame_plain(&f, mac_other, 80, 2);
    rx_dropped(d, &f);
}

static void test_all_addresses(struct e1000 *d)
{
    struct frame f;
    uint8_t mac[6];

    rx_ready(d, 0);
    memcpy(mac, mac_other, 6);
    for (unsigned n = 1; n < 16; n++) {
        mac[5] = (uint8_t)n;
        frame_plain(&f, mac, 80, (uint8_t)n);
        rx_dropped(d, &f);
        set_ra(d, n, mac, RAH_AV);
        accepted_with(d, &f, false);
        /* AV off: the entry is not looked at */
        set_ra(d, n, mac, 0);
        rx_dropped(d, &f);
    }
}

/* AS=01 compares the source address (SDM 13.5.3) */
static void test_source_address(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    set_ra(d, 3, mac_peer, RAH_AV | RAH_AS_SOURCE);
    frame_start(&f, mac_other, mac_peer, ETHERTYPE_TEST);
    frame_fill(&f, 66, 1);
    accepted_with(d, &f, false);
    frame_start(&f, mac_peer, mac_other, ETHERTYPE_TEST);
    frame_fill(&f, 66, 2);
    rx_dropped(d, &f);
}

static void test_promiscuous(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, RCTL_UPE);
    frame_plain(&f, mac_other, 80, 1);
    check(rx_accepted(d, &f));
    /* Unicast only */
    frame_plain(&f, group_a, 80, 2);
    rx_dropped(d, &f);
    frame_plain(&f, mac_broadcast, 80, 3);
    rx_dropped(d, &f);
}

static void test_broadcast(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    frame_plain(&f, mac_broadcast, 80, 1);
    rx_dropped(d, &f);
    wr(d, RCTL, PLAIN | RCTL_EN | RCTL_BAM);
    us(d, 1100000);
    accepted_with(d, &f, false);
}

static void test_all_multicast(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, RCTL_MPE);
    frame_plain(&f, group_a, 80, 1);
    check(rx_accepted(d, &f));
    frame_plain(&f, mac_other, 80, 2);
    rx_dropped(d, &f);
}

/* Index into the 4096 bits for each RCTL.MO (SDM 13.5.1) */
static unsigned mta_index(const uint8_t *mac, unsigned mo)
{
    static const unsigned shifts[] = { 4, 3, 2, 0 };
    unsigned bits = mac[4] | (unsigned)mac[5] << 8;

    return bits >> shifts[mo] & 0xfff;
}

static void test_multicast_table(struct e1000 *d)
{
    struct frame a;
    struct frame b;

    frame_plain(&a, group_a, 80, 1);
    frame_plain(&b, group_b, 80, 2);
    for (unsigned mo = 0; mo < 4; mo++) {
        unsigned index = mta_index(group_a, mo);

        wr(d, RCTL, 0);
        rx_ready(d, mo << RCTL_MO_SHIFT);
        rx_dropped(d, &a);
        wr(d, MTA + 4 * (index >> 5), 1u << (index & 31));
        check(rx_accepted(d, &a));
        rx_dropped(d, &b);
    }
}

/* The example of SDM 13.5.1: ..:9x:BC, MO=00 -> register 94, bit 9 */
static void test_multicast_example(struct e1000 *d)
{
    static const uint8_t mac[] = { 0x01, 0x00, 0x5e, 0x00, 0x95, 0xbc };
    struct frame f;

    rx_ready(d, 0);
    wr(d, MTA + 4 * 94, 1u << 9);
    frame_plain(&f, mac, 80, 1);
    check(rx_accepted(d, &f));
}

/* A group in the receive addresses is matched exactly */
static void test_multicast_exact(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    set_ra(d, 7, group_a, RAH_AV);
    frame_plain(&f, group_a, 80, 1);
    accepted_with(d, &f, false);
    frame_plain(&f, group_b, 80, 2);
    rx_dropped(d, &f);
}

/* Passed only an inexact filter: hash or promiscuous (SDM 3.2.3.1) */
static void test_pif(struct e1000 *d)
{
    struct frame f;
    unsigned index = mta_index(group_a, 0);

    rx_ready(d, 0);
    wr(d, MTA + 4 * (index >> 5), 1u << (index & 31));
    frame_plain(&f, group_a, 80, 1);
    accepted_with(d, &f, true);
    wr(d, RCTL, PLAIN | RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM);
    us(d, 1100000);
    frame_plain(&f, group_b, 80, 2);
    accepted_with(d, &f, true);
    frame_plain(&f, mac_other, 80, 3);
    accepted_with(d, &f, true);
    frame_plain(&f, mac_nic, 80, 4);
    accepted_with(d, &f, false);
    frame_plain(&f, mac_broadcast, 80, 5);
    accepted_with(d, &f, false);
}

/* VLAN (SDM 9) */

static void tagged(struct frame *f, uint16_t tpid, uint16_t tci)
{
    frame_plain(f, mac_nic, 90, (uint8_t)tci);
    frame_tag(f, tpid, tci);
}

static void test_vlan_strip(struct e1000 *d)
{
    static const uint16_t tcis[] = { 0x0001, 0x0fff, 0xa123, 0x0000 };
    struct frame f;
    struct frame bare;
    struct received r;

    rx_ready(d, 0);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    for (size_t i = 0; i < G_N_ELEMENTS(tcis); i++) {
        frame_plain(&bare, mac_nic, 90, (uint8_t)tcis[i]);
        tagged(&f, ETHERTYPE_VLAN, tcis[i]);
        rx_frame(d, &f, &r);
        check_eq(r.data.len, bare.len);
        check_mem(r.data.data, bare.data, bare.len);
        check_eq(r.last.special, tcis[i]);
        check_eq(r.last.status & RXD_VP, RXD_VP);
    }
    /* Without a tag: no VP, no TCI */
    rx_frame(d, &bare, &r);
    check_eq(r.last.special, 0);
    check_eq(r.last.status & RXD_VP, 0);
}

static void test_vlan_keep(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 0);
    wr(d, VET, ETHERTYPE_VLAN);
    tagged(&f, ETHERTYPE_VLAN, 0x123);
    rx_frame(d, &f, &r);
    check_eq(r.data.len, f.len);
    check_mem(r.data.data, f.data, f.len);
    check_eq(r.last.status & RXD_VP, 0);
    check_eq(r.last.special, 0);
}

/* Only VET makes a tag */
static void test_vlan_ethertype(struct e1000 *d)
{
    struct frame f;
    struct received r;

    rx_ready(d, 0);
    wr(d, VET, 0x9100);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    tagged(&f, ETHERTYPE_VLAN, 0x123);
    rx_frame(d, &f, &r);
    check_eq(r.data.len, f.len);
    check_eq(r.last.status & RXD_VP, 0);
    tagged(&f, 0x9100, 0x123);
    rx_frame(d, &f, &r);
    check_eq(r.data.len, f.len - VLAN_LEN);
    check_eq(r.last.status & RXD_VP, RXD_VP);
}

/* With SECRC=0 the FCS is that of the frame on the cable, tag included */
static void test_vlan_fcs(struct e1000 *d)
{
    struct frame f;
    struct received r;
    uint32_t crc;

    e1000_link_up(d);
    rx_setup(d, 16, 0);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, CTRL, rd(d, CTRL) | CTRL_VME);
    tagged(&f, ETHERTYPE_VLAN, 0x123);
    crc = ether_crc(f.data, f.len);
    rx_frame(d, &f, &r);
    check_eq(r.data.len, f.len - VLAN_LEN + FCS_LEN);
    check_mem(r.data.data + r.data.len - FCS_LEN, &crc, FCS_LEN);
}

static void test_vlan_filter(struct e1000 *d)
{
    static const uint32_t vids[] = { 0, 1, 31, 32, 0x123, 0xfff };
    struct frame f;

    rx_ready(d, RCTL_VFE);
    wr(d, VET, ETHERTYPE_VLAN);
    for (size_t i = 0; i < G_N_ELEMENTS(vids); i++) {
        tagged(&f, ETHERTYPE_VLAN, (uint16_t)(vids[i] | 0xe000));
        rx_dropped(d, &f);
        wr(d, VFTA + 4 * (vids[i] >> 5), 1u << (vids[i] & 31));
        rx_accepted(d, &f);
        wr(d, VFTA + 4 * (vids[i] >> 5), ~(1u << (vids[i] & 31)));
        rx_dropped(d, &f);
        wr(d, VFTA + 4 * (vids[i] >> 5), 0);
    }
    /* Frames without a tag are not concerned */
    frame_plain(&f, mac_nic, 80, 1);
    rx_accepted(d, &f);
    /* A tag in the table does not help a foreign address */
    wr(d, VFTA, ~0u);
    frame_plain(&f, mac_other, 80, 1);
    frame_tag(&f, ETHERTYPE_VLAN, 5);
    rx_dropped(d, &f);
}

/* CFIEN compares the canonical form bit with RCTL.CFI */
static void test_vlan_cfi(struct e1000 *d)
{
    struct frame plain;
    struct frame cfi;

    rx_ready(d, RCTL_VFE | RCTL_CFIEN);
    wr(d, VET, ETHERTYPE_VLAN);
    wr(d, VFTA, ~0u);
    tagged(&plain, ETHERTYPE_VLAN, 5);
    tagged(&cfi, ETHERTYPE_VLAN, 0x1005);
    rx_accepted(d, &plain);
    rx_dropped(d, &cfi);
    wr(d, RCTL, PLAIN | RCTL_EN | RCTL_VFE | RCTL_CFIEN | RCTL_CFI);
    us(d, 1100000);
    rx_dropped(d, &plain);
    rx_accepted(d, &cfi);
}

/* MAC control frames (SDM 8.7) */

static void flow_setup(struct e1000 *d)
{
    wr(d, FCAL, 0x00c28001);
    wr(d, FCAH, 0x0100);
    wr(d, FCT, ETHERTYPE_PAUSE);
    wr(d, FCTTV, 0x100);
}

static void control_frame(struct frame *f, const uint8_t *to, uint16_t opcode,
                          uint16_t time)
{
    frame_start(f, to, mac_peer, ETHERTYPE_PAUSE);
    memset(f->data + f->len, 0, ETH_MIN - ETH_HLEN);
    put16(f->data + 14, opcode);
    put16(f->data + 16, time);
    f->len = ETH_MIN;
}

static void send_pause(struct e1000 *d, uint16_t time)
{
    struct frame f;

    control_frame(&f, mac_pause, 1, time);
    check(netpeer_send(&d->peer, f.data, f.len));
}

/* XOFF stops the transmitter, XON or the end of the time releases it */
static void test_pause_received(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    tx_setup(d, 8);
    flow_setup(d);
    wr(d, CTRL, rd(d, CTRL) | CTRL_RFCE);
    send_pause(d, 1000);
    check(wait_for(rd(d, STATUS) & STATUS_TXOFF));
    check_eq(rd(d, XOFFRXC), 1);
    frame_plain(&f, mac_peer, 80, 1);
    tx_frame(d, &f);
    nothing_on_wire(d);
    /* 1000 slots of 512 ns */
    us(d, 400);
    nothing_on_wire(d);
    us(d, 150);
    same_on_wire(d, &f);
    check(!(rd(d, STATUS) & STATUS_TXOFF));

    send_pause(d, 0xffff);
    check(wait_for(rd(d, STATUS) & STATUS_TXOFF));
    tx_frame(d, &f);
    nothing_on_wire(d);
    send_pause(d, 0);
    check(wait_for(!(rd(d, STATUS) & STATUS_TXOFF)));
    same_on_wire(d, &f);
    check_eq(rd(d, XONRXC), 1);
    check_eq(rd(d, XOFFRXC), 1);
    /* Flow control frames are no good packets */
    check_eq(rd(d, GPRC), 0);
    check_eq(rd(d, TPR), 3);
}

/* To the station's own address PAUSE works as well; DPF discards it */
static void test_pause_unicast(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, RCTL_DPF);
    flow_setup(d);
    wr(d, CTRL, rd(d, CTRL) | CTRL_RFCE);
    control_frame(&f, mac_nic, 1, 0xffff);
    rx_dropped(d, &f);
    check(rd(d, STATUS) & STATUS_TXOFF);
    control_frame(&f, mac_nic, 1, 0);
    rx_dropped(d, &f);
    check(!(rd(d, STATUS) & STATUS_TXOFF));
    check_eq(rd(d, XOFFRXC), 1);
    check_eq(rd(d, XONRXC), 1);
    /* DPF=0 delivers them */
    wr(d, RCTL, PLAIN | RCTL_EN);
    us(d, 1000);
    rx_accepted(d, &f);
}

/* RFCE=0: such frames are ordinary ones */
static void test_pause_ignored(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    flow_setup(d);
    control_frame(&f, mac_nic, 1, 0xffff);
    rx_accepted(d, &f);
    check(!(rd(d, STATUS) & STATUS_TXOFF));
    check_eq(rd(d, XOFFRXC), 0);
    control_frame(&f, mac_pause, 1, 0xffff);
    rx_dropped(d, &f);
}

/* Other opcodes count in FCRUC; PMCF delivers them */
static void test_control_other(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    flow_setup(d);
    wr(d, CTRL, rd(d, CTRL) | CTRL_RFCE);
    control_frame(&f, mac_pause, 2, 0x55);
    rx_dropped(d, &f);
    check_eq(rd(d, FCRUC), 1);
    check(!(rd(d, STATUS) & STATUS_TXOFF));
    wr(d, RCTL, PLAIN | RCTL_EN | RCTL_PMCF);
    us(d, 1000);
    rx_accepted(d, &f);
    check_eq(rd(d, FCRUC), 1);
}

/* A full packet buffer sends XOFF, an emptied one XON */
static void test_pause_sent(struct e1000 *d)
{
    struct frame f;
    struct frame got;

    rx_ready(d, 0);
    tx_setup(d, 8); /* PAUSE frames need the transmitter as well */
    flow_setup(d);
    wr(d, FCRTH, 0x2000);
    wr(d, FCRTL, 0x1000 | FCRTL_XONE);
    wr(d, CTRL, rd(d, CTRL) | CTRL_TFCE);
    wr(d, RDT, 0);
    frame_plain(&f, mac_nic, 1500, 1);
    for (unsigned i = 0; i < 7; i++) {
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    check(wait_for(netpeer_receive(&d->peer, &got, 1)));
    check_mem(got.data, mac_pause, 6);
    check_mem(got.data + 6, mac_nic, 6);
    check_eq(get16(got.data + 12), ETHERTYPE_PAUSE);
    check_eq(get16(got.data + 14), 1);
    check_eq(get16(got.data + 16), 0x100);
    wr(d, RDT, 15);
    check(wait_for(netpeer_receive(&d->peer, &got, 1)));
    check_mem(got.data, mac_pause, 6);
    check_eq(get16(got.data + 14), 1);
    check_eq(get16(got.data + 16), 0);
    check_range(rd(d, XOFFTXC), 1, 2);
    check_eq(rd(d, XONTXC), 1);
}

/* TFCE=0 sends none of them */
static void test_pause_not_sent(struct e1000 *d)
{
    struct frame f;

    rx_ready(d, 0);
    tx_setup(d, 8); /* PAUSE frames need the transmitter as well */
    flow_setup(d);
    wr(d, FCRTH, 0x2000);
    wr(d, FCRTL, 0x1000 | FCRTL_XONE);
    wr(d, RDT, 0);
    frame_plain(&f, mac_nic, 1500, 1);
    for (unsigned i = 0; i < 7; i++) {
        check(netpeer_send(&d->peer, f.data, f.len));
    }
    wire_settle(d->qts, &d->peer);
    us(d, 1000);
    nothing_on_wire(d);
    check_eq(rd(d, XOFFTXC), 0);
}

static const struct e1000_test tests[] = {
    { "unicast", test_unicast, ON_ALL },
    { "all-addresses", test_all_addresses },
    { "source-address", test_source_address, .differs = DIFF_source_address },
    { "promiscuous", test_promiscuous, ON_ALL },
    { "broadcast", test_broadcast, ON_ALL },
    { "all-multicast", test_all_multicast, ON_ALL },
    { "multicast-table", test_multicast_table, ON_ALL },
    { "multicast-example", test_multicast_example },
    { "multicast-exact", test_multicast_exact },
    { "pif", test_pif, ON_ALL, DIFF_pif },
    { "vlan/strip", test_vlan_strip, ON_ALL },
    { "vlan/keep", test_vlan_keep },
    { "vlan/ethertype", test_vlan_ethertype },
    { "vlan/fcs", test_vlan_fcs, .differs = DIFF_fcs },
    { "vlan/filter", test_vlan_filter, ON_ALL },
    { "vlan/cfi", test_vlan_cfi, .differs = DIFF_cfi },
    { "control/pause-received", test_pause_received, ON_ALL, DIFF_pause },
    { "control/pause-unicast", test_pause_unicast, .differs = DIFF_pause },
    { "control/pause-ignored", test_pause_ignored },
    { "control/other", test_control_other, .differs = DIFF_pause },
    { "control/pause-sent", test_pause_sent, ON_ALL, DIFF_pause },
    { "control/pause-not-sent", test_pause_not_sent },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    e1000_tests_add("filter", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
