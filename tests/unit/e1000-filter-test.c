// SPDX-License-Identifier: MIT
/*
 * e1000-filter-test.c - what the e1000 takes, and how it says so
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

static const uint8_t other[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };

/* Offer a frame to @to; PIF of its descriptor, or -1 if it did not pass */
static int passes_frame(const struct frame *f)
{
    unsigned i = rd(RDH);
    int pif;

    g_assert_true(frame_offer(f, 0));
    if (rd(RDH) == i) {
        return -1;
    }
    pif = (ring_desc(i).status & RXD_PIF) != 0;
    ring_renew(i);
    wr(RDT, i);
    return pif;
}

static int passes(const uint8_t *to)
{
    struct frame f;

    frame_init(&f, to, 0x88b5, 60);
    return passes_frame(&f);
}

static void set_rar(unsigned i, const uint8_t *mac, uint32_t flags)
{
    wr(RAL + 8 * i,
       mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24);
    wr(RAH + 8 * i, mac[4] | mac[5] << 8 | flags);
}

static void test_unicast(void)
{
    ring_start("e1000", 8, 0);
    g_assert_cmpint(passes(ring_mac), ==, 0);
    g_assert_cmpint(passes(other), ==, -1);
    g_assert_cmpuint(rd(TPR), ==, 1);
    for (unsigned i = 0; i < 16; i++) {
        set_rar(i, other, RAH_AV);
        g_assert_cmpint(passes(other), ==, 0);
        set_rar(i, other, 0);
        g_assert_cmpint(passes(other), ==, -1);
    }
    g_assert_cmpint(passes(ring_mac), ==, -1);
    wr(RCTL, rd(RCTL) | RCTL_UPE);
    g_assert_cmpint(passes(other), ==, 1);
    g_assert_cmpint(passes(ring_mac), ==, 1);
    set_rar(3, other, RAH_AV);
    g_assert_cmpint(passes(other), ==, 0);
}

/* Every bit of an address counts */
static void test_unicast_bits(void)
{
    ring_start("e1000", 8, 0);
    for (unsigned bit = 1; bit < 48; bit++) {
        uint8_t near[6];

        memcpy(near, ring_mac, 6);
        near[bit / 8] ^= (uint8_t)(1 << bit % 8);
        g_assert_cmpint(passes(near), ==, -1);
    }
}

/* AS=01: the address of the sender; two codes mean nothing */
static void test_source_address(void)
{
    static const uint8_t partner[6] = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 };

    ring_start("e1000", 8, 0);
    set_rar(1, partner, RAH_AV | RAH_AS_SOURCE);
    g_assert_cmpint(passes(other), ==, 0);
    set_rar(1, other, RAH_AV | RAH_AS_SOURCE);
    g_assert_cmpint(passes(other), ==, -1);
    set_rar(1, partner, RAH_AV | 2u << 16);
    g_assert_cmpint(passes(other), ==, -1);
    g_assert_cmpint(passes(partner), ==, -1);
}

static void test_broadcast(void)
{
    ring_start("e1000", 8, 0);
    g_assert_cmpint(passes(ring_broadcast), ==, 0);
    g_assert_cmpuint(rd(BPRC), ==, 1);
    wr(RCTL, rd(RCTL) & ~RCTL_BAM);
    g_assert_cmpint(passes(ring_broadcast), ==, -1);
    /* It is a multicast address, too */
    wr(MTA + 4 * 127, 1u << 31);
    g_assert_cmpint(passes(ring_broadcast), ==, 1);
    wr(MTA + 4 * 127, 0);
    wr(RCTL, rd(RCTL) | RCTL_MPE);
    g_assert_cmpint(passes(ring_broadcast), ==, 1);
    g_assert_cmpuint(rd(BPRC), ==, 0);
}

/* The manual's example: an address ending in 9x:BC is bit 9 of MTA[94] */
static void test_multicast_example(void)
{
    static const uint8_t mac[6] = { 0x01, 0xaa, 0x00, 0x12, 0x9a, 0xbc };

    ring_start("e1000", 8, 0);
    g_assert_cmpint(passes(mac), ==, -1);
    wr(MTA + 4 * 94, 1u << 9);
    g_assert_cmpint(passes(mac), ==, 1);
    g_assert_cmpuint(rd(MPRC), ==, 1);
}

static void test_multicast_offsets(void)
{
    static const unsigned low_bit[] = { 36, 35, 34, 32 };

    for (unsigned mo = 0; mo < 4; mo++) {
        ring_start("e1000", 8, mo << RCTL_MO_SHIFT);
        for (unsigned i = 0; i < 200; i++) {
            uint64_t addr = (uint64_t)g_test_rand_int() << 16 |
                            (g_test_rand_int() & 0xffff);
            unsigned hash;
            uint8_t mac[6];

            /* Bit 0 of the address is bit 0 of its first byte */
            addr |= 1;
            for (unsigned b = 0; b < 6; b++) {
                mac[b] = (uint8_t)(addr >> (8 * b));
            }
            hash = addr >> low_bit[mo] & 0xfff;
            wr(MTA + 4 * (hash >> 5), ~(1u << (hash & 31)));
            g_assert_cmpint(passes(mac), ==, -1);
            wr(MTA + 4 * (hash >> 5), 1u << (hash & 31));
            g_assert_cmpint(passes(mac), ==, 1);
            wr(MTA + 4 * (hash >> 5), 0);
        }
        wr(RCTL, rd(RCTL) | RCTL_MPE);
        g_assert_cmpint(passes((const uint8_t[6]){ 3 }), ==, 1);
        g_assert_cmpint(passes(other), ==, -1);
    }
}

static void test_vlan(void)
{
    struct frame f, plain;

    ring_start("e1000", 8, RCTL_VFE);
    frame_init(&f, ring_mac, 0x88b5, 60);
    plain = f;
    frame_tag(&f, 0x8100, 0x6abc);
    g_assert_cmpint(passes_frame(&plain), ==, 0);
    g_assert_cmpint(passes_frame(&f), ==, -1);
    wr(VFTA + 4 * (0xabc >> 5), ~(1u << (0xabc & 31)));
    g_assert_cmpint(passes_frame(&f), ==, -1);
    wr(VFTA + 4 * (0xabc >> 5), 1u << (0xabc & 31));
    g_assert_cmpint(passes_frame(&f), ==, 0);

    /* The address has to pass as well */
    memcpy(f.data, other, 6);
    g_assert_cmpint(passes_frame(&f), ==, -1);
    wr(RCTL, rd(RCTL) | RCTL_UPE);
    g_assert_cmpint(passes_frame(&f), ==, 1);

    /* Another type than VET's is no tag */
    be16_store(f.data + 14, 0x6abd);
    g_assert_cmpint(passes_frame(&f), ==, -1);
    wr(VET, 0x9100);
    g_assert_cmpint(passes_frame(&f), ==, 1);
}

static void test_cfi(void)
{
    ring_start("e1000", 8, RCTL_VFE);
    wr(VFTA, 2);
    for (unsigned cfi = 0; cfi < 2; cfi++) {
        struct frame f;

        frame_init(&f, ring_mac, 0x88b5, 60);
        frame_tag(&f, 0x8100, (uint16_t)(1 | cfi << 12));
        wr(RCTL, rd(RCTL) & ~(RCTL_CFIEN | RCTL_CFI));
        g_assert_cmpint(passes_frame(&f), ==, 0);
        wr(RCTL, rd(RCTL) | RCTL_CFIEN);
        g_assert_cmpint(passes_frame(&f), ==, cfi ? -1 : 0);
        wr(RCTL, rd(RCTL) | RCTL_CFI);
        g_assert_cmpint(passes_frame(&f), ==, cfi ? 0 : -1);
    }
}

/* QMP query-rx-filter */
static void test_describe(void)
{
    static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    struct nic_filter f;

    ring_start("e1000", 8, 0);
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpmem(f.mac, 6, ring_mac, 6);
    g_assert_true(f.broadcast_allowed);
    g_assert_false(f.promiscuous || f.vlan_filter);
    g_assert_cmpint(f.unicast, ==, NIC_FILTER_NORMAL);
    g_assert_cmpint(f.multicast, ==, NIC_FILTER_NONE);
    g_assert_cmpuint(f.n_table, ==, 0);

    set_rar(1, other, RAH_AV);
    set_rar(2, group, RAH_AV);
    set_rar(3, other, RAH_AV | RAH_AS_SOURCE);
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpuint(f.n_table, ==, 1);
    g_assert_cmpmem(f.table[0], 6, other, 6);
    g_assert_cmpint(f.multicast, ==, NIC_FILTER_NORMAL);

    set_rar(2, group, 0);
    wr(MTA + 8, 1);
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpint(f.multicast, ==, NIC_FILTER_NORMAL);
    wr(RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_VFE);
    host.nic->model->filter(host.nic, &f);
    g_assert_true(f.promiscuous && f.vlan_filter && f.broadcast_allowed);
    g_assert_cmpint(f.unicast, ==, NIC_FILTER_ALL);
    g_assert_cmpint(f.multicast, ==, NIC_FILTER_ALL);

    wr(RCTL, 0);
    host.nic->model->filter(host.nic, &f);
    g_assert_cmpint(f.unicast, ==, NIC_FILTER_NONE);
    g_assert_false(f.promiscuous || f.broadcast_allowed);
    g_assert_cmpmem(f.mac, 6, ring_mac, 6);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000-filter/unicast", test_unicast);
    g_test_add_func("/e1000-filter/unicast-bits", test_unicast_bits);
    g_test_add_func("/e1000-filter/source-address", test_source_address);
    g_test_add_func("/e1000-filter/broadcast", test_broadcast);
    g_test_add_func("/e1000-filter/multicast-example", test_multicast_example);
    g_test_add_func("/e1000-filter/multicast-offsets", test_multicast_offsets);
    g_test_add_func("/e1000-filter/vlan", test_vlan);
    g_test_add_func("/e1000-filter/cfi", test_cfi);
    g_test_add_func("/e1000-filter/describe", test_describe);
    return g_test_run();
}
