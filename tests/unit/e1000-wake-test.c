// SPDX-License-Identifier: MIT
/*
 * e1000-wake-test.c - what wakes a machine through an e1000, and what does not
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

enum {
    FLEX_FILTERS = 4,
    FLEX_BYTES = 128,
    WUPM_BYTES = 128,
    WUPL_MAX = 2047,
    WUC_APMPME = 1 << 3,
};

static const uint8_t other_mac[6] = { 0x52, 0x54, 0x00, 0x99, 0x99, 0x99 };
static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x11, 0x22, 0x33 };

/* To D3 and back, as configuration software does it */
static void sleep_with(uint16_t pme)
{
    nic_set_pmcsr(host.nic, PMCSR_D3 | pme, 0xffff);
}

static void wake_up(void)
{
    nic_set_pmcsr(host.nic, host.nic->pmcsr & (uint16_t)~PMCSR_STATE, 0xff);
}

/* Awake, with filters @wufc prepared for D3, and without APM */
static void start(const char *model, uint32_t wufc)
{
    ring_start(model, 8, 0);
    wr(WUC, 0);
    wr(WUS, 0);
    wr(WUFC, wufc);
    host.pm = 0;
}

static bool pme(void)
{
    return host.nic->pmcsr & PMCSR_PME_STATUS;
}

/* Offer a frame; D3 has no other use for it, and it wakes for @why or not */
static void expect(const struct frame *f, uint32_t why)
{
    uint16_t enabled = host.nic->pmcsr & PMCSR_PME_EN;

    host.pm = 0;
    g_assert_true(frame_offer(f, 0));
    g_assert_cmpuint(host.pm, ==, why ? 1 : 0);
    g_assert_cmpint(pme(), ==, why != 0);
    g_assert_cmphex(host.nic->pmcsr & PMCSR_PME_EN, ==, enabled);
    wake_up();
    g_assert_cmphex(rd(WUS), ==, why);
    ring_expect_free(0);
}

/* As expect(), from D3 with PME_En */
static void expect_acpi(const char *model, uint32_t wufc, uint32_t rctl,
                        const struct frame *f, uint32_t why)
{
    start(model, wufc);
    wr(RCTL, RCTL_EN | RCTL_BAM | rctl);
    sleep_with(PMCSR_PME_EN);
    expect(f, why);
}

static void frame_magic(struct frame *f, const uint8_t *to, size_t at,
                        unsigned ones)
{
    frame_init(f, to, 0x0842, at + ones + 96 + 8);
    memset(f->data + at, 0xff, ones);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(f->data + at + ones + 6 * i, ring_mac, 6);
    }
}

static void test_apm(void)
{
    struct frame f;

    /* In D0, D3, with PME_En and without; the frame is received as well */
    start("e1000", 0);
    wr(WUC, WUC_APME);
    frame_magic(&f, ring_broadcast, 20, 6);
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(pme());
    g_assert_cmphex(rd(WUS), ==, WU_MAG);
    g_assert_cmphex(rd(WUC) & WUC_PME_STATUS, !=, 0);
    g_assert_cmphex(ring_desc(0).status & RXD_DD, !=, 0);

    for (unsigned en = 0; en < 2; en++) {
        start("e1000", 0);
        wr(WUC, WUC_APME);
        sleep_with(en ? PMCSR_PME_EN : 0);
        expect(&f, WU_MAG);
    }

    /* Not asked for */
    start("e1000", 0);
    sleep_with(PMCSR_PME_EN);
    expect(&f, 0);

    /* Broadcast needs no BAM, but on the 82544 */
    start("e1000", 0);
    wr(WUC, WUC_APME);
    wr(RCTL, 0);
    sleep_with(0);
    expect(&f, WU_MAG);
    start("e1000-82544gc", 0);
    wr(WUC, WUC_APME);
    wr(RCTL, 0);
    sleep_with(0);
    expect(&f, 0);
    host_stop();
}

/* What the EEPROM presets: wake-up works before any driver ran */
static void test_apm_preset(void)
{
    struct frame f;

    host_start("e1000");
    g_assert_cmphex(rd(WUC), ==, WUC_APME | WUC_APMPME);
    frame_magic(&f, ring_broadcast, 14, 6);
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(pme());

    host_start("e1000-82544gc");
    g_assert_cmphex(rd(WUC) & WUC_APME, !=, 0);
    g_assert_cmphex(rd(RCTL), ==, RCTL_BAM);

    host_start("e1000-82545em");
    g_assert_cmphex(rd(WUC), ==, 0);
    host_stop();
}

static void test_magic_forms(void)
{
    static const struct {
        size_t at;
        unsigned ones;
        bool wakes;
    } forms[] = {
        { 14, 6, true },  { 14, 5, false }, { 14, 7, true },
        { 15, 20, true }, { 900, 6, true }, { 1400, 6, true },
    };
    struct frame f;

    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        frame_magic(&f, ring_mac, forms[i].at, forms[i].ones);
        f.data[13] = 0;
        expect_acpi("e1000", WU_MAG, 0, &f, forms[i].wakes ? WU_MAG : 0);
    }

    /* One wrong byte in any copy, and copies of another address */
    for (unsigned i = 0; i < 96; i++) {
        frame_magic(&f, ring_mac, 40, 6);
        f.data[46 + i] ^= 0x10;
        expect_acpi("e1000", WU_MAG, 0, &f, 0);
    }
    /* A beginning that leads nowhere does not hide the real one */
    for (unsigned gap = 0; gap < 100; gap += 50) {
        frame_magic(&f, ring_mac, 42 + gap, 6);
        memset(f.data + 30, 0xff, 6);
        memcpy(f.data + 36, ring_mac, 6);
        expect_acpi("e1000", WU_MAG, 0, &f, WU_MAG);
    }
    /* Cut off */
    frame_magic(&f, ring_mac, 40, 6);
    f.len = 40 + 6 + 95;
    expect_acpi("e1000", WU_MAG, 0, &f, 0);
    /* Not for us */
    frame_magic(&f, other_mac, 40, 6);
    expect_acpi("e1000", WU_MAG, 0, &f, 0);
    expect_acpi("e1000", WU_MAG, RCTL_UPE, &f, WU_MAG);
    host_stop();
}

/* In several buffers, the pattern across their borders */
static void test_magic_pieces(void)
{
    struct nic_buf buf[8];
    struct nic_rx rx = { .buf = buf };
    struct frame f;
    size_t at = 0;

    start("e1000", WU_MAG);
    sleep_with(PMCSR_PME_EN);
    frame_magic(&f, ring_mac, 290, 6);
    while (at < f.len) {
        size_t part = rx.n == 0 ? 256 : MIN(f.len - at, 21);

        buf[rx.n++] = (struct nic_buf){ f.data + at, part };
        at += part;
    }
    rx.len = f.len;
    g_assert_true(nic_receive(host.nic, &rx));
    g_assert_true(pme());
    host_stop();
}

/* In two, as the segments of a large frame come, cut anywhere */
static void test_magic_halves(void)
{
    struct frame f;

    for (size_t cut = NIC_RX_HEAD; cut < NIC_RX_HEAD + 110; cut++) {
        struct nic_buf buf[2];
        struct nic_rx rx = { .buf = buf, .n = 2 };

        start("e1000", WU_MAG);
        sleep_with(PMCSR_PME_EN);
        frame_magic(&f, ring_mac, NIC_RX_HEAD, 6);
        buf[0] = (struct nic_buf){ f.data, cut };
        buf[1] = (struct nic_buf){ f.data + cut, f.len - cut };
        rx.len = f.len;
        g_assert_true(nic_receive(host.nic, &rx));
        g_assert_true(pme());
        host_stop();
    }
}

static void test_addresses(void)
{
    struct frame f;

    frame_init(&f, ring_mac, 0x1234, 60);
    expect_acpi("e1000", WU_EX, 0, &f, WU_EX);
    expect_acpi("e1000", WU_MC | WU_BC, 0, &f, 0);
    frame_init(&f, other_mac, 0x1234, 60);
    expect_acpi("e1000", WU_EX, 0, &f, 0);
    expect_acpi("e1000", WU_EX, RCTL_UPE, &f, 0);
    frame_init(&f, ring_broadcast, 0x1234, 60);
    expect_acpi("e1000", WU_BC, 0, &f, WU_BC);
    expect_acpi("e1000", WU_EX | WU_MC, 0, &f, 0);

    /* Multicast by hash: bits 47:36 of the address, 0x332 */
    frame_init(&f, group, 0x1234, 60);
    start("e1000", WU_MC);
    sleep_with(PMCSR_PME_EN);
    expect(&f, 0);
    start("e1000", WU_MC);
    wr(MTA + 4 * (0x332 >> 5), 1u << (0x332 & 31));
    sleep_with(PMCSR_PME_EN);
    expect(&f, WU_MC);
    host_stop();
}

static void frame_arp(struct frame *f)
{
    static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

    frame_init(f, ring_broadcast, 0x0806, 60);
    memcpy(f->data + 14, request, sizeof(request));
    memcpy(f->data + 14 + 24, "\xc0\xa8\x01\x07", 4);
}

static void frame_ip4(struct frame *f)
{
    static const uint8_t head[] = { 0x45, 0, 0,   46,  0, 1, 0,   0,   64, 17,
                                    0,    0, 192, 168, 1, 1, 192, 168, 1,  7 };

    frame_init(f, ring_mac, 0x0800, 60);
    memcpy(f->data + 14, head, sizeof(head));
}

static void start_ip(const char *model, uint32_t wufc)
{
    start(model, wufc);
    wr(IPAV, 0x10004);
    wr(IP4AT + 8 * 2, 0x0701a8c0);
    for (unsigned i = 0; i < 4; i++) {
        wr(IP6AT + 4 * i, 0x03020100 + 0x04040404 * i);
    }
    sleep_with(PMCSR_PME_EN);
}

static void test_ip4(void)
{
    struct frame f;

    frame_arp(&f);
    start_ip("e1000", WU_ARP);
    expect(&f, WU_ARP);
    frame_tag(&f, 0x8100, 5);
    start_ip("e1000", WU_ARP);
    expect(&f, WU_ARP);
    /* Each field matters: type, opcode, target */
    for (unsigned at = 12; at < 22; at++) {
        frame_arp(&f);
        f.data[at] ^= 1;
        start_ip("e1000", WU_ARP);
        expect(&f, 0);
    }
    frame_arp(&f);
    f.data[14 + 24 + 3] = 8;
    start_ip("e1000", WU_ARP);
    expect(&f, 0);
    frame_arp(&f);
    memcpy(f.data, ring_mac, 6);
    start_ip("e1000", WU_ARP);
    expect(&f, 0);

    frame_ip4(&f);
    start_ip("e1000", WU_IPV4 | WU_IPV6 | WU_ARP);
    expect(&f, WU_IPV4);
    f.data[14 + 19] = 8;
    start_ip("e1000", WU_IPV4);
    expect(&f, 0);
    /* In SNAP */
    frame_ip4(&f);
    memmove(f.data + 20, f.data + 12, 40);
    memcpy(f.data + 12, "\x00\x2e\xaa\xaa\x03\x00\x00\x00", 8);
    start_ip("e1000", WU_IPV4);
    expect(&f, WU_IPV4);
    /* The address is not valid */
    start_ip("e1000", WU_IPV4);
    wake_up();
    frame_ip4(&f);
    wr(WUFC, WU_IPV4);
    wr(IPAV, 0x1000b);
    wr(IP4AT + 8 * 2, 0x0701a8c0);
    sleep_with(PMCSR_PME_EN);
    expect(&f, 0);
    host_stop();
}

static void frame_ip6(struct frame *f, uint8_t next, const uint8_t *to)
{
    frame_init(f, to, 0x86dd, 14 + 40 + 40);
    memset(f->data + 14, 0, 80);
    f->data[14] = 0x60;
    f->data[14 + 5] = 40;
    f->data[14 + 6] = next;
    f->data[14 + 7] = 255;
}

static void put_ip6(uint8_t *p)
{
    for (unsigned i = 0; i < 16; i++) {
        p[i] = (uint8_t)i;
    }
}

static void test_ip6(void)
{
    struct frame f;

    frame_ip6(&f, 17, ring_mac);
    put_ip6(f.data + 14 + 24);
    start_ip("e1000", WU_IPV6);
    expect(&f, WU_IPV6);
    for (unsigned i = 0; i < 16; i++) {
        f.data[14 + 24 + i] ^= 0x80;
        start_ip("e1000", WU_IPV6);
        expect(&f, 0);
        f.data[14 + 24 + i] ^= 0x80;
    }
    start_ip("e1000", WU_IPV4);
    expect(&f, 0);
    /* No such filter */
    start_ip("e1000-82544gc", WU_IPV6);
    expect(&f, 0);

    /* Neighbour solicitation, then behind a hop-by-hop header */
    frame_ip6(&f, 58, ring_mac);
    f.data[54] = 0x87;
    put_ip6(f.data + 54 + 8);
    start_ip("e1000", WU_IPV6);
    expect(&f, WU_IPV6);
    f.data[14 + 7] = 254;
    start_ip("e1000", WU_IPV6);
    expect(&f, 0);
    frame_ip6(&f, 0, ring_mac);
    f.data[54] = 58;
    f.data[62] = 0x87;
    put_ip6(f.data + 62 + 8);
    start_ip("e1000", WU_IPV6);
    expect(&f, WU_IPV6);
    f.data[62] = 0x88;
    start_ip("e1000", WU_IPV6);
    expect(&f, 0);
    host_stop();
}

/* Flexible filter @n: bytes 12 and 13 are 0x88 0xb5, @len bytes at least */
static void start_flex(unsigned n, uint32_t len)
{
    start("e1000", WU_FLX0 << n);
    for (unsigned i = 0; i < FLEX_BYTES; i++) {
        wr(FFMT + 8 * i, i == 12 || i == 13 ? 1u << n : 0);
        wr(FFVT + 8 * i, ~0u);
    }
    wr(FFVT + 8 * 12, 0x88u << 8 * n);
    wr(FFVT + 8 * 13, 0xb5u << 8 * n);
    wr(FFLT + 8 * n, len);
    sleep_with(PMCSR_PME_EN);
}

static void test_flexible(void)
{
    struct frame f;

    for (unsigned n = 0; n < FLEX_FILTERS; n++) {
        frame_init(&f, ring_mac, 0x88b5, 100);
        start_flex(n, 14);
        expect(&f, WU_FLX0 << n);
        /* Beyond the length nothing is compared; below two bytes it is off */
        f.data[13]++;
        start_flex(n, 14);
        expect(&f, 0);
        start_flex(n, 13);
        expect(&f, WU_FLX0 << n);
        start_flex(n, 1);
        expect(&f, 0);
        f.data[13]--;
        start_flex(n, 100);
        expect(&f, WU_FLX0 << n);
        start_flex(n, 101);
        expect(&f, 0);
        start_flex((n + 1) % FLEX_FILTERS, 14);
        wake_up();
        wr(WUFC, WU_FLX0 << n);
        sleep_with(PMCSR_PME_EN);
        expect(&f, 0);
    }
    /* Longer than what is compared */
    frame_init(&f, ring_mac, 0x88b5, 1000);
    start_flex(0, 1000);
    expect(&f, WU_FLX0);
    host_stop();
}

static void test_state(void)
{
    struct frame f;

    /* ACPI needs D3 and PME_En */
    frame_init(&f, ring_mac, 0x1234, 60);
    start("e1000", WU_EX);
    nic_set_pmcsr(host.nic, PMCSR_PME_EN, 0xffff);
    g_assert_true(frame_offer(&f, 0));
    g_assert_false(pme());
    g_assert_cmphex(ring_desc(0).status & RXD_DD, !=, 0);
    start("e1000", WU_EX);
    sleep_with(0);
    expect(&f, 0);

    /* The first frame is kept, later ones do not count before WUS is clear */
    start("e1000", WU_EX | WU_BC);
    sleep_with(PMCSR_PME_EN);
    frame_init(&f, ring_mac, 0x1234, 200);
    expect(&f, WU_EX);
    g_assert_cmpuint(rd(WUPL), ==, 200);
    for (unsigned i = 0; i < WUPM_BYTES; i++) {
        g_assert_cmphex(host_read(0, WUPM + i, 1), ==, f.data[i]);
    }
    wr(WUFC, WU_EX | WU_BC);
    wr(RCTL, RCTL_EN | RCTL_BAM);
    nic_set_pmcsr(host.nic, PMCSR_PME_STATUS, 0xff00);
    g_assert_false(pme());
    sleep_with(PMCSR_PME_EN);
    frame_init(&f, ring_broadcast, 0x1234, 60);
    g_assert_true(frame_offer(&f, 0));
    g_assert_false(pme());
    wake_up();
    g_assert_cmphex(rd(WUS), ==, WU_EX);
    g_assert_cmpuint(rd(WUPL), ==, 200);

    /* Any write clears WUS: zeros by the manual, ones by Linux */
    for (unsigned i = 0; i < 2; i++) {
        wr(WUS, i ? ~0u : 0);
        g_assert_cmphex(rd(WUS), ==, 0);
        wr(WUFC, WU_BC);
        wr(RCTL, RCTL_EN | RCTL_BAM);
        nic_set_pmcsr(host.nic, PMCSR_PME_STATUS, 0xff00);
        sleep_with(PMCSR_PME_EN);
        expect(&f, WU_BC);
        g_assert_cmpuint(rd(WUPL), ==, 60);
    }
    /* They stay through a bus reset */
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(rd(WUS), ==, WU_BC);
    g_assert_cmpuint(rd(WUPL), ==, 60);

    frame_init(&f, ring_mac, 0x1234, 9000);
    expect_acpi("e1000", WU_EX, RCTL_LPE, &f, WU_EX);
    g_assert_cmpuint(rd(WUPL), ==, WUPL_MAX);
    host_stop();
}

static void test_fcs(void)
{
    struct frame f;

    frame_init(&f, ring_mac, 0x1234, 60);
    start("e1000", WU_EX);
    sleep_with(PMCSR_PME_EN);
    g_assert_true(frame_offer_fcs(&f, 1, 0));
    g_assert_false(pme());
    g_assert_true(frame_offer_fcs(&f, 0, 0));
    g_assert_true(pme());
    wake_up();
    g_assert_cmpuint(rd(WUPL), ==, 60);

    /* Runts are no frames */
    f.len = 59;
    expect_acpi("e1000", WU_EX, 0, &f, 0);
    host_stop();
}

static void test_link(void)
{
    start("e1000", WU_LNKC);
    sleep_with(PMCSR_PME_EN);
    nic_set_link(host.nic, false);
    g_assert_true(pme());
    /* Further changes do not count before LNKC is clear */
    nic_set_pmcsr(host.nic, PMCSR_PME_STATUS | PMCSR_PME_EN, 0xff00);
    nic_set_link(host.nic, true);
    host_step(1000000000);
    g_assert_false(pme());
    wake_up();
    g_assert_cmphex(rd(WUS), ==, WU_LNKC);

    start("e1000", WU_EX);
    sleep_with(PMCSR_PME_EN);
    nic_set_link(host.nic, false);
    g_assert_false(pme());
    host_stop();
}

/* PMCSR's two bits, seen and changed through WUC */
static void test_shadow(void)
{
    struct frame f;

    start("e1000", WU_EX);
    g_assert_cmphex(rd(WUC), ==, 0);
    nic_set_pmcsr(host.nic, PMCSR_PME_EN, 0xffff);
    g_assert_cmphex(rd(WUC), ==, WUC_PME_EN);
    host.pm = 0;
    wr(WUC, WUC_APME);
    g_assert_cmphex(host.nic->pmcsr & PMCSR_PME_EN, ==, 0);
    g_assert_cmpuint(host.pm, ==, 1);
    wr(WUC, WUC_PME_EN);
    g_assert_cmphex(host.nic->pmcsr & PMCSR_PME_EN, !=, 0);
    sleep_with(PMCSR_PME_EN);
    frame_init(&f, ring_mac, 0x1234, 60);
    expect(&f, WU_EX);
    g_assert_cmphex(rd(WUC) & WUC_PME_STATUS, !=, 0);
    /* Other bytes of the register leave it alone */
    host_write(0, WUC + 1, 1, 0xff);
    g_assert_true(pme());
    wr(WUC, WUC_PME_EN | WUC_PME_STATUS);
    g_assert_false(pme());
    g_assert_cmphex(host.nic->pmcsr & PMCSR_PME_EN, !=, 0);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/wake/apm", test_apm);
    g_test_add_func("/e1000/wake/apm-preset", test_apm_preset);
    g_test_add_func("/e1000/wake/magic-forms", test_magic_forms);
    g_test_add_func("/e1000/wake/magic-pieces", test_magic_pieces);
    g_test_add_func("/e1000/wake/magic-halves", test_magic_halves);
    g_test_add_func("/e1000/wake/addresses", test_addresses);
    g_test_add_func("/e1000/wake/ip4", test_ip4);
    g_test_add_func("/e1000/wake/ip6", test_ip6);
    g_test_add_func("/e1000/wake/flexible", test_flexible);
    g_test_add_func("/e1000/wake/state", test_state);
    g_test_add_func("/e1000/wake/fcs", test_fcs);
    g_test_add_func("/e1000/wake/link", test_link);
    g_test_add_func("/e1000/wake/shadow", test_shadow);
    return g_test_run();
}
