// SPDX-License-Identifier: MIT
/*
 * e1000-driver-test.c - what drivers do to an e1000, as they do it
 *
 * Each test is the part of one driver, or of its habits, that once broke some
 * emulator, or that only real cards and this one satisfy.
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

enum {
    TX_RING = 0x8000,
    DATA = 0x10000,
    MS = 1000000,
    CTRL_LRST = 1 << 3,
    MANC_ARP_EN = 1 << 13,
};

#define TX_CMD(bits) ((uint32_t)(bits) << 24)

static void tx_desc(unsigned i, uint64_t at, uint32_t lower, uint32_t upper)
{
    put64(TX_RING + 16 * i, at);
    put32(TX_RING + 16 * i + 8, lower);
    put32(TX_RING + 16 * i + 12, upper);
}

static void tx_ring(unsigned n)
{
    wr(TDBAL, TX_RING);
    wr(TDBAH, 0);
    wr(TDLEN, n * 16);
    wr(TDH, 0);
    wr(TDT, 0);
}

static uint16_t phy_read(unsigned reg)
{
    wr(MDIC, MDIC_READ | 1 << 21 | reg << 16);
    g_assert_cmphex(rd(MDIC) & (MDIC_R | MDIC_E), ==, MDIC_R);
    return (uint16_t)rd(MDIC);
}

static void phy_write(unsigned reg, uint16_t val)
{
    wr(MDIC, MDIC_WRITE | 1 << 21 | reg << 16 | val);
    g_assert_cmphex(rd(MDIC) & (MDIC_R | MDIC_E), ==, MDIC_R);
}

/* Linux: sizes the packet buffer, then resets through I/O space */
static void test_linux_reset(gconstpointer model)
{
    ring_start(model, 8, 0);
    wr(IMS, UINT32_MAX);
    wr(PBA, 0x28);
    wr(IMC, UINT32_MAX);
    wr(RCTL, 0);
    wr(TCTL, TCTL_PSP);
    rd(STATUS);
    host_step(10 * MS);
    host_write(1, IOADDR, 4, CTRL);
    host_write(1, IODATA, 4, rd(CTRL) | CTRL_RST);
    host_step(5 * MS);
    if (!strcmp(model, "e1000-82544gc")) {
        wr(CTRL_EXT, rd(CTRL_EXT) | CTRL_EXT_EE_RST);
        host_step(2 * MS);
    } else {
        wr(MANC, rd(MANC) & ~MANC_ARP_EN);
        g_assert_cmphex(rd(MANC) & MANC_ARP_EN, ==, 0);
    }
    g_assert_cmphex(rd(PBA), ==, 0x00180028);
    g_assert_cmphex(rd(RDLEN), ==, 0);
    g_assert_cmphex(rd(IMS), ==, 0);
    g_assert_cmphex(rd(ICR), ==, 0);
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
}

/* Linux, offline self-test: 64 frames through the PHY, then a clean end */
static void test_linux_loopback(gconstpointer model)
{
    uint8_t *frame = host.ram + DATA;
    uint32_t ctrl;

    ring_start(model, RING_MAX, 0);
    ctrl = rd(CTRL);
    wr(RCTL, RCTL_EN | RCTL_BAM | 0 << RCTL_MO_SHIFT);
    tx_ring(64);
    wr(TCTL, TCTL_EN | TCTL_PSP | TCTL_CT_COLD);
    phy_write(16, 0x0808);
    phy_write(0, 0x9140);
    phy_write(0, 0x8140);
    phy_write(0, 0x4140);
    wr(CTRL, (ctrl & ~CTRL_SPEED) | CTRL_FRCSPD | CTRL_FRCDPX |
                 CTRL_SPEED_1000 | CTRL_FD | CTRL_ILOS);
    phy_write(29, 0x1f);
    phy_write(30, 0x8ffc);
    phy_write(29, 0x1a);
    phy_write(30, 0x8ff0);
    memset(frame, 0xff, 1024);
    memset(frame + 512, 0xaa, 511);
    frame[522] = 0xbe;
    frame[524] = 0xaf;
    for (unsigned i = 0; i < 16; i++) {
        tx_desc(i, DATA, 1024 | TX_CMD(TXD_EOP | TXD_IFCS | TXD_RPS), 0);
    }
    wr(TDT, 16);
    host_loop();
    for (unsigned i = 0; i < 16; i++) {
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 1028);
        g_assert_cmpmem(ring_buf(i), 1024, frame, 1024);
    }
    g_assert_cmphex(phy_read(0), ==, 0x4140);
    phy_write(0, 0x0140);
    phy_write(0, 0x9140);
    wr(CTRL, ctrl);
    host_step(1000 * MS);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
}

/* Linux: the watchdog's reading of the link latches a short loss */
static void test_linux_link(gconstpointer model)
{
    ring_start(model, 8, 0);
    phy_read(1);
    g_assert_cmphex(phy_read(1) & PHY_STATUS_LINK, !=, 0);
    rd(ICR);
    wr(IMS, ICR_LSC);
    nic_set_link(host.nic, false);
    nic_set_link(host.nic, true);
    host_step(1000 * MS);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(phy_read(1) & PHY_STATUS_LINK, ==, 0);
    g_assert_cmphex(phy_read(1) & PHY_STATUS_LINK, !=, 0);
}

/* Windows: a TSO and a plain context are used in turn, loaded once each */
static void test_windows_contexts(gconstpointer model)
{
    const uint64_t plain = 14 | 24 << 8 | 33 << 16 | 34ull << 32 | 50ull << 40;
    const uint64_t tso = 18 | 28 << 8 | 37 << 16 | 38ull << 32 | 54ull << 40;
    const uint32_t data = TXD_DTYP_DATA | TX_CMD(TXD_DEXT | TXD_IFCS);

    ring_start(model, 8, 0);
    tx_ring(64);
    wr(TCTL, TCTL_EN);
    tx_desc(0, plain, TX_CMD(TXD_DEXT | TXD_TUCMD_IP | TXD_TUCMD_TCP), 0);
    tx_desc(1, tso,
            2000 | TX_CMD(TXD_DEXT | TXD_TSE | TXD_TUCMD_IP | TXD_TUCMD_TCP),
            58 << 8 | 1400u << 16);
    for (unsigned i = 2; i < 8; i += 2) {
        tx_desc(i, DATA, 200 | data | TX_CMD(TXD_EOP), TXD_TXSM << 8);
        tx_desc(i + 1, DATA, 2058 | data | TX_CMD(TXD_EOP | TXD_TSE),
                TXD_TXSM << 8);
    }
    wr(TDT, 8);
    g_assert_cmpuint(host.n_sent, ==, 6);
    for (unsigned i = 0; i < 6; i += 2) {
        const struct nic_frame *a = &host.sent[i].frame;
        const struct nic_frame *b = &host.sent[i + 1].frame;

        g_assert_cmpint(a->gso.type, ==, NIC_GSO_NONE);
        g_assert_cmpuint(a->csum[1].at, ==, 50);
        g_assert_cmpint(b->gso.type, ==, NIC_GSO_TCP);
        g_assert_cmpuint(b->csum[1].at, ==, 54);
    }
}

/* Windows 10: enables transmission, and then says where the ring is */
static void test_windows_10(gconstpointer model)
{
    ring_start(model, 8, 0);
    wr(TCTL, TCTL_EN | TCTL_PSP);
    tx_ring(8);
    tx_desc(0, DATA, 60 | TX_CMD(TXD_EOP | TXD_IFCS | TXD_RS), 0);
    wr(TDT, 1);
    g_assert_cmpuint(host.n_sent, ==, 1);
    g_assert_cmpuint(rd(TDH), ==, 1);
}

/* Mac OS X: its address is in RAR0 untold, and a new link is an interrupt */
static void test_mac_os(gconstpointer model)
{
    ring_start(model, 8, 0);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    g_assert_cmphex(rd(RAH), ==, RAH_AV | 0x5634);
    wr(IMS, ICR_LSC);
    phy_write(0, PHY_CTRL_AUTONEG | PHY_CTRL_RESTART | PHY_CTRL_FULL);
    rd(ICR);
    host_step(1000 * MS);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_LSC);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
}

/* VxWorks: looks at causes without taking them, in ICS */
static void test_vxworks(gconstpointer model)
{
    ring_start(model, 8, 0);
    wr(ICS, ICR_RXT0);
    g_assert_cmphex(rd(ICS), ==, ICR_RXT0);
    g_assert_cmphex(rd(ICS), ==, ICR_RXT0);
    g_assert_cmphex(rd(ICR), ==, ICR_RXT0);
    g_assert_cmphex(rd(ICS), ==, 0);
}

/* DPDK: polls DD, without interrupts, on another CPU */
static bool dd_seen;

static void poll_dd(gpa_t at, size_t len, bool write)
{
    struct rx_desc desc = ring_desc(0);

    if (!dd_seen && (desc.status & RXD_DD)) {
        dd_seen = true;
    }
    /* Whatever is still written after DD is too late */
    g_assert_false(write && dd_seen);
}

static void test_dpdk(gconstpointer model)
{
    struct frame f;

    ring_start(model, 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 200);
    dd_seen = false;
    host.at_dma = poll_dd;
    g_assert_true(frame_offer(&f, 0));
    host.at_dma = NULL;
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 200);
}

/* iPXE: resets MAC and PHY in one write, reads its address, polls the link */
static void test_ipxe(gconstpointer model)
{
    ring_start(model, 8, 0);
    wr(RAL, 0);
    wr(CTRL, rd(CTRL) | CTRL_RST | CTRL_PHY_RST);
    host_step(20 * MS);
    wr(CTRL, (rd(CTRL) | CTRL_ASDE | CTRL_SLU) &
                 ~(CTRL_LRST | CTRL_FRCSPD | CTRL_FRCDPX));
    g_assert_cmphex(rd(CTRL) & (CTRL_RST | CTRL_PHY_RST), ==, 0);
    g_assert_cmphex(rd(RAL), ==, 0x12005452);
    host_step(1000 * MS);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, ==, STATUS_LU);
    g_assert_cmphex(rd(ICR) & ICR_LSC, ==, ICR_LSC);
}

/* Intel's packet driver for DOS: reuses descriptors that the chip has read */
static void test_dos(gconstpointer model)
{
    struct frame f;

    ring_start(model, 8, RCTL_SECRC);
    memset(host.ram + RING_AT, 0xff, 8 * 16);
    frame_init(&f, ring_mac, 0x88b5, 100);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpmem(ring_buf(0), 100, f.data, 100);
    g_assert_cmphex(ring_desc(0).status & RXD_DD, ==, RXD_DD);
}

/* Some: allow bus mastering only after the receiver is on */
static void test_late_bus_master(gconstpointer model)
{
    struct frame f;

    ring_start(model, 8, RCTL_SECRC);
    wr(RCTL, 0);
    nic_set_bus_master(host.nic, false);
    wr(RDH, 0);
    wr(RDT, 7);
    wr(RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 100);
    g_assert_false(frame_offer(&f, 0));
    host.ready = 0;
    nic_set_bus_master(host.nic, true);
    g_assert_cmpuint(host.ready, >, 0);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 100);
}

/* FreeBSD and others: a toggle of RCTL loses nothing and delays nothing */
static void test_no_blackout(gconstpointer model)
{
    struct frame f;

    ring_start(model, RING_MAX, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 100);
    for (unsigned i = 0; i < 8; i++) {
        wr(RCTL, rd(RCTL) ^ (RCTL_UPE | RCTL_MPE));
        g_assert_true(frame_offer(&f, 0));
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 100);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(gconstpointer model);
    } tests[] = {
        { "linux/reset", test_linux_reset },
        { "linux/loopback", test_linux_loopback },
        { "linux/link", test_linux_link },
        { "windows/contexts", test_windows_contexts },
        { "windows/10", test_windows_10 },
        { "mac-os", test_mac_os },
        { "vxworks", test_vxworks },
        { "dpdk", test_dpdk },
        { "ipxe", test_ipxe },
        { "dos", test_dos },
        { "late-bus-master", test_late_bus_master },
        { "no-blackout", test_no_blackout },
    };
    static const char *const models[] = { "e1000", "e1000-82544gc",
                                          "e1000-82545em" };
    int failed;

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < NIC_N(tests); i++) {
        for (unsigned m = 0; m < NIC_N(models); m++) {
            char *path =
                g_strconcat("/", models[m], "/driver/", tests[i].name, NULL);

            g_test_add_data_func(path, models[m], tests[i].run);
            g_free(path);
        }
    }
    failed = g_test_run();
    host_stop();
    return failed;
}
