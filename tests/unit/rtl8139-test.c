// SPDX-License-Identifier: MIT
/*
 * rtl8139-test.c - registers, resets, EEPROM, timer, link and wake-up of an
 * RTL8139, and what its drivers rely on
 */
#include <glib.h>
#include <string.h>

#include "rtl8139-card.h"
#include "rtl8139-cells.h"

static const char *const models[] = {
    "rtl8139",       "rtl8139-8139",  "rtl8139-8139a",
    "rtl8139-8139b", "rtl8139-8139c", "rtl8139-8139d",
};

/* Identity */

static void test_identity(void)
{
    static const struct {
        const char *model;
        uint32_t tcr;
        uint8_t revision, pm;
        bool config3, config4, cplus;
    } chips[] = {
        { "rtl8139-8139", 0x60000000, 0x10, 0, false, false, false },
        { "rtl8139-8139a", 0x70000000, 0x10, 0, true, false, false },
        { "rtl8139-8139b", 0x78000000, 0x10, 0x50, true, true, false },
        { "rtl8139-8139c", 0x74000000, 0x10, 0x50, true, true, false },
        { "rtl8139-8139d", 0x74400000, 0x10, 0x50, true, true, false },
        { "rtl8139", 0x74800000, 0x20, 0x50, true, true, true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(chips); i++) {
        host_start(chips[i].model);
        g_assert_cmphex(rd(TCR), ==, chips[i].tcr);
        g_assert_cmphex(host.nic->model->pci->revision, ==, chips[i].revision);
        g_assert_cmphex(host.nic->model->pci->pm, ==, chips[i].pm);
        g_assert_cmpint(rd8(CONFIG3) != 0, ==, chips[i].config3);
        g_assert_cmpint(rd8(CONFIG4) != 0, ==, chips[i].config4);
        /* iPXE: C+CR sticks on a C+ only, DAh is an 8169's */
        wr16(CPCR, 0xffff);
        g_assert_cmphex(rd16(CPCR), ==, chips[i].cplus ? 0x7b : 0);
        wr16(0xda, 0x1234);
        g_assert_cmphex(rd16(0xda), ==, 0);
    }
    host_stop();
}

/* Values after power-on that no EEPROM brings */
static void test_reset_values(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        host_start(models[i]);
        g_assert_cmphex(rd(IDR), ==, 0x12005452);
        g_assert_cmphex(rd(IDR + 4), ==, 0x5634);
        for (unsigned t = 0; t < 4; t++) {
            g_assert_cmphex(rd(TSD + 4 * t), ==, 0x2000);
        }
        g_assert_cmphex(rd(0x34), ==, 0x01000000);
        g_assert_cmphex(rd(CAPR), ==, 0x0000fff0);
        g_assert_cmphex(rd(IMR), ==, 0);
        g_assert_cmphex(rd(RCR), ==, 0);
        g_assert_cmphex(rd16(CR9346), ==, 0x1000);
        g_assert_cmphex(rd(0x5c), ==, 0x00100000);
        g_assert_cmphex(rd16(TSADS), ==, 0x000f);
        g_assert_cmphex(rd16(BMCR), ==, 0x1100);
        g_assert_cmphex(rd16(BMSR), ==, 0x782d);
        g_assert_cmphex(rd16(ANAR), ==, 0x05e1);
        g_assert_cmphex(rd16(ANLPAR), ==, 0x45e1);
        g_assert_cmphex(rd16(CSCR), ==, 0x07c8);
    }
    host_stop();
}

/*
 * Dumps of physical cards (rtl8139-diag), beginning at 50h.  Where the model
 * differs by intent its own value is here: the partner always offers PAUSE
 * (45E1), a hub without negotiation is a forced 10M half duplex, and CSCR has
 * no cable length and nothing in its upper half.
 */

struct dump {
    const char *model;
    bool link;
    uint16_t ee_c, ee_14, ee_18, bmcr;
    uint32_t parm[2];
    uint32_t at_50, at_58, at_60, at_64, at_68, at_70, at_74;
};

static const struct dump dumps[] = {
    { "rtl8139-8139d",
      false,
      0xe512,
      0x4d10,
      0x8801,
      0x1000,
      { 0x60f60c59, 0x7b732660 },
      0x004d10c6,
      0x0088c51c,
      0x1000000f,
      0x01e17809,
      0x00000000,
      0x00000704,
      0x000003c0 },
    { "rtl8139-8139d",
      true,
      0xe512,
      0x8d10,
      0x8801,
      0x1000,
      { 0x60f60c59, 0x7b732660 },
      0x008d1000,
      0x0088c510,
      0x1100000f,
      0x01e1782d,
      0x000145e1,
      0x00000704,
      0x000007c8 },
    { "rtl8139-8139b",
      true,
      0xe110,
      0x4d10,
      0x8001,
      0x1000,
      { 0x58fab388, 0xa438d843 },
      0x004d1000,
      0x0080c180,
      0x1100000f,
      0x05e1782d,
      0x000145e1,
      0x00000004,
      0x000007c8 },
    { "rtl8139-8139c",
      true,
      0xe112,
      0x4d10,
      0x8801,
      0x0000,
      { 0xb0f243b9, 0x7a36d743 },
      0x004d1000,
      0x0088c118,
      0x0000000f,
      0x01e1780d,
      0x00000000,
      0x00000005,
      0x000007c8 },
};

/* A card with the EEPROM of @want, at its partner */
static void dump_start(const struct dump *want)
{
    uint16_t *word;

    host_start(want->model);
    word = card_cells();
    word[6] = want->ee_c;
    word[10] = want->ee_14;
    word[12] = want->ee_18;
    for (unsigned h = 0; h < 2; h++) {
        word[13 + h] = (uint16_t)(want->parm[0] >> 16 * h);
        word[16 + h] = (uint16_t)(want->parm[1] >> 16 * h);
    }
    nic_reset(host.nic, NIC_RESET_BUS);
    nic_set_link(host.nic, want->link);
}

static void test_dumps(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(dumps); i++) {
        const struct dump *want = &dumps[i];

        dump_start(want);
        wr8(CR9346, EEM_CONFIG);
        /* 8139too switches magic packets off, and negotiation on */
        wr8(CONFIG3, (uint8_t)(want->ee_c >> 8 & ~0x20));
        wr16(BMCR, want->bmcr);
        host_step(1000000000);
        wr8(CR9346, want->at_50 & EEM_CONFIG);
        rd16(CSCR);
        if (want->link) {
            rd16(0x6c);
        }
        g_assert_cmphex(rd(0x50), ==, want->at_50);
        g_assert_cmphex(rd(0x58), ==, want->at_58);
        g_assert_cmphex(rd(0x60), ==, want->at_60);
        g_assert_cmphex(rd(0x64), ==, want->at_64);
        g_assert_cmphex(rd(0x68), ==, want->at_68);
        g_assert_cmphex(rd(0x70), ==, want->at_70);
        g_assert_cmphex(rd(0x74), ==, want->at_74);
        g_assert_cmphex(rd(0x78), ==, want->parm[0]);
        g_assert_cmphex(rd(0x7c), ==, want->parm[1]);
    }
    host_stop();
}

/* The driver's side of the same dumps: 8139too has opened the card */
static void test_dump_running(void)
{
    host_start("rtl8139-8139d");
    wr8(CR, CR_RST);
    wr8(CR9346, EEM_CONFIG);
    wr(RBSTART, RING_AT);
    wr8(CR, CR_RE | CR_TE);
    wr(RCR, 0xf78e);
    wr(TCR, 0x680);
    wr(MAR, 0x80000000);
    wr(MAR + 4, 0x40000040);
    for (unsigned i = 0; i < 4; i++) {
        wr(TSAD + 4 * i, BUF_AT + i * 0x600);
    }
    wr16(IMR, 0xc07f);
    for (unsigned i = 0; i < 4; i++) {
        wr(TSD + 4 * i, 0x100000 | (i ? 0x5ea : 0x10a));
    }
    g_assert_cmphex(rd(TSD), ==, 0x0010a10a);
    g_assert_cmphex(rd(TSD + 4), ==, 0x0010a5ea);
    g_assert_cmphex(rd(0x40), ==, 0x74400680);
    g_assert_cmphex(rd(0x44), ==, 0x0000f78e);
    g_assert_cmphex(rd(0x60), ==, 0x1100f00f);
    g_assert_cmphex(rd(0x34), ==, 0x0d000000);
    g_assert_true(card_offer(card_mac, 60, 0));
    wr16(CAPR, 68 - 16);
    g_assert_cmphex(rd(0x34), ==, 0x0d0a0000);
    g_assert_cmphex(rd(0x38), ==, 0x00440034);

    /* 10M half duplex: no carrier, no heartbeat, and yet all is well */
    host_start("rtl8139-8139c");
    wr8(CR9346, EEM_CONFIG);
    wr16(BMCR, 0);
    wr8(CR, CR_RE | CR_TE);
    wr(TSAD, BUF_AT);
    wr(TSD, 8 << 16 | 0x5c2);
    g_assert_cmphex(rd(TSD), ==, 0x9008a5c2);
    host_stop();
}

/* Access */

static void test_widths(void)
{
    host_start("rtl8139");
    wr8(CR9346, EEM_CONFIG);
    for (unsigned bar = 0; bar < 2; bar++) {
        for (unsigned i = 0; i < 8; i++) {
            host_write(bar, MAR + i, 1, 0x10 * (bar + 1) + i);
        }
        g_assert_cmphex(host_read(!bar, MAR, 4), ==,
                        0x13121110 + bar * 0x10101010);
        g_assert_cmphex(host_read(!bar, MAR + 3, 2), ==, 0x1413 + bar * 0x1010);
    }
    /* Windows writes TCR and RCR byte by byte */
    wr8(CR, CR_RE | CR_TE);
    wr8(RCR, 0x8e);
    wr8(RCR + 1, 0xf7);
    wr8(TCR + 1, 6);
    wr8(TCR + 3, 3);
    g_assert_cmphex(rd(RCR), ==, 0xf78e);
    g_assert_cmphex(rd(TCR), ==, 0x77800600);
    wr8(IMR + 1, 0x80);
    g_assert_cmphex(rd16(IMR), ==, 0x8000);
    /* An access over the edge of a bank */
    wr(MAR + 4, 0);
    host_write(0, 0x0e, 4, 0x12345678);
    g_assert_cmphex(host_read(0, 0x0e, 4) & 0xffff, ==, 0x5678);
    host_stop();
}

/* C+CR switches two banks; each keeps what it has */
static void test_banks(void)
{
    host_start("rtl8139");
    wr(TSAD, 0x1000);
    wr(RBSTART, 0x2000);
    wr16(CPCR, 1);
    g_assert_cmphex(rd(TNPDS), ==, 0);
    g_assert_cmphex(rd(RBSTART), ==, 0x2000);
    wr(TNPDS, 0x12345678);
    wr(TNPDS + 4, 9);
    g_assert_cmphex(rd(TNPDS), ==, 0x12345600);
    g_assert_cmphex(rd(0x18), ==, 0);
    wr16(CPCR, 2);
    g_assert_cmphex(rd(TSAD), ==, 0x1000);
    g_assert_cmphex(rd(RBSTART), ==, 0);
    g_assert_cmphex(rd(CAPR), ==, 0);
    wr16(CPCR, 3);
    g_assert_cmphex(rd(TNPDS + 4), ==, 9);
    /* Takes words only */
    wr8(CPCR, 0);
    g_assert_cmphex(rd16(CPCR), ==, 3);
    wr(CPCR, 0x2b);
    g_assert_cmphex(rd16(CPCR), ==, 0x2b);
    host_stop();
}

static void test_locks(void)
{
    host_start("rtl8139");
    wr(IDR, 0);
    wr8(CONFIG1, 0);
    wr8(MSR, 0xff);
    wr16(BMCR, 0x2100);
    g_assert_cmphex(rd(IDR), ==, 0x12005452);
    g_assert_cmphex(rd8(CONFIG1), ==, 0x4d);
    g_assert_cmphex(rd16(BMCR), ==, 0x1100);
    wr8(CR9346, EEM_CONFIG);
    wr(IDR, 0x04030201);
    for (unsigned i = 0; i < 6; i++) {
        wr8(CONFIG1 + i, 0xff);
    }
    wr8(MSR, 0xff);
    wr8(CONFIG3, 0xff);
    wr8(CONFIG4, 0xff);
    g_assert_cmphex(rd(IDR), ==, 0x04030201);
    g_assert_cmphex(rd8(CONFIG1), ==, 0xff);
    g_assert_cmphex(rd8(0x53), ==, 0);
    g_assert_cmphex(rd8(MSR), ==, 0xd0);
    g_assert_cmphex(rd8(CONFIG3), ==, 0xf1);
    g_assert_cmphex(rd8(CONFIG4), ==, 0xf5);
    /* PARM_En guards the analogue parameters */
    wr(PHY1_PARM, 1);
    g_assert_cmphex(rd(PHY1_PARM), !=, 1);
    wr8(CONFIG3, 0);
    wr(PHY1_PARM, 1);
    g_assert_cmphex(rd(PHY1_PARM), ==, 1);
    wr8(CR9346, 0);
    wr8(CONFIG5, 0xff);
    g_assert_cmphex(rd8(CONFIG5), ==, 0x7f);
    host_stop();
}

static void test_soft_reset(void)
{
    card_start_c("rtl8139", 0, 0);
    wr8(CR9346, EEM_CONFIG);
    wr(IDR, 0x04030201);
    wr(MAR, 5);
    wr16(IMR, 0xffff);
    wr16(CPCR, 3);
    wr8(CONFIG3, 0x10);
    wr8(CR, CR_RST | CR_RE | CR_TE);
    g_assert_cmphex(rd8(CR), ==, CR_BUFE);
    g_assert_cmphex(rd(IMR), ==, 0);
    g_assert_cmphex(rd16(CPCR), ==, 0);
    g_assert_cmphex(rd(IDR), ==, 0x04030201);
    g_assert_cmphex(rd(MAR), ==, 5);
    g_assert_cmphex(rd8(CONFIG3), ==, 0x91);
    g_assert_cmphex(rd16(BMSR), ==, 0x782d);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(rd(IDR), ==, 0x12005452);
    g_assert_cmphex(rd8(CONFIG3), ==, 0xe1);
    host_stop();
}

/* Interrupts and timer */

static void test_irq(void)
{
    host_start("rtl8139");
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd16(ISR), ==, INT_PUN);
    g_assert_false(host.irq);
    wr16(IMR, 0xffff);
    g_assert_cmphex(rd16(IMR), ==, 0xe1ff);
    g_assert_true(host.irq);
    wr16(ISR, INT_ROK);
    g_assert_true(host.irq);
    wr16(ISR, INT_PUN);
    g_assert_false(host.irq);
    g_assert_cmpuint(host.edges, ==, 1);
    host_start("rtl8139-8139c");
    wr16(IMR, 0xffff);
    g_assert_cmphex(rd16(IMR), ==, 0xe07f);
    host_stop();
}

static void test_timer(void)
{
    host_start("rtl8139");
    wr(TCTR, 99);
    g_assert_cmpuint(rd(TCTR), ==, 0);
    host_step(30000);
    g_assert_cmpuint(rd(TCTR), ==, 1000);
    wr(TIMERINT, 2000);
    host_step(29969);
    g_assert_cmphex(rd16(ISR), ==, 0);
    host_step(31);
    g_assert_cmphex(card_ack(), ==, INT_TIMEOUT);
    /* Not again before it wrapped */
    host_step(30ull * UINT32_MAX);
    g_assert_cmphex(card_ack(), ==, 0);
    host_step(30);
    g_assert_cmphex(card_ack(), ==, INT_TIMEOUT);
    /* FreeBSD's moderation: each write starts anew */
    wr(TIMERINT, 0x400);
    wr(TCTR, 1);
    host_step(0x3ff * 30);
    wr(TCTR, 1);
    host_step(0x3ff * 30);
    g_assert_cmphex(rd16(ISR), ==, 0);
    host_step(30);
    g_assert_cmphex(card_ack(), ==, INT_TIMEOUT);
    /* r8139dn: 1, when TCTR is 0 */
    wr(TCTR, 0);
    wr(TIMERINT, 1);
    host_step(30);
    g_assert_cmphex(card_ack(), ==, INT_TIMEOUT);
    wr(TIMERINT, 0);
    host_step(30ull * UINT32_MAX * 2);
    g_assert_cmphex(card_ack(), ==, 0);
    host_stop();
}

/* EEPROM, as drivers drive it */

static void ee_bit(bool bit)
{
    uint8_t val = (uint8_t)(0x88 | (bit ? 2 : 0));

    wr8(CR9346, val);
    wr8(CR9346, val | 4);
    wr8(CR9346, val);
}

static void ee_command(uint32_t bits, unsigned n)
{
    wr8(CR9346, 0x80);
    wr8(CR9346, 0x88);
    while (n--) {
        ee_bit(bits >> n & 1);
    }
}

static uint16_t ee_read(unsigned at, unsigned addr_bits, unsigned zeros)
{
    uint16_t val = 0;

    ee_command(6u << addr_bits | at, zeros + 3 + addr_bits);
    for (unsigned i = 0; i < 16; i++) {
        wr8(CR9346, 0x8c);
        val = (uint16_t)(val << 1 | (rd8(CR9346) & 1));
        wr8(CR9346, 0x88);
    }
    wr8(CR9346, 0);
    return val;
}

static void test_eeprom(void)
{
    host_start("rtl8139");
    /* 8139too sends two zeros first; with 8 bits a 93C46 must not answer */
    g_assert_cmphex(ee_read(0, 6, 2), ==, 0x8129);
    g_assert_cmphex(ee_read(0, 8, 2), !=, 0x8129);
    g_assert_cmphex(ee_read(1, 6, 0), ==, 0x10ec);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmphex(ee_read(7 + i, 6, 0), ==,
                        card_mac[2 * i] | card_mac[2 * i + 1] << 8);
    }
    g_assert_cmphex(rd(RCR) & 0x40, ==, 0);
    /* Locked, then EWEN, WRITE; DO tells when it is done */
    ee_command(5u << 22 | 7u << 16 | 0xbbaa, 25);
    wr8(CR9346, 0x80);
    g_assert_cmphex(ee_read(7, 6, 0), ==, 0x5452);
    ee_command(0x130, 9);
    ee_command(5u << 22 | 7u << 16 | 0xbbaa, 25);
    wr8(CR9346, 0x80);
    wr8(CR9346, 0x88);
    g_assert_cmphex(rd8(CR9346) & 1, ==, 0);
    host_step(10000000);
    g_assert_cmphex(rd8(CR9346) & 1, ==, 1);
    g_assert_cmphex(ee_read(7, 6, 0), ==, 0xbbaa);
    /* The chip sees it when it loads it again */
    g_assert_cmphex(rd(IDR), ==, 0x12005452);
    wr8(CR, CR_RE | CR_TE);
    wr8(CR9346, 0x40);
    g_assert_cmphex(rd(IDR), ==, 0x1200bbaa);
    g_assert_cmphex(rd8(CR), ==, CR_BUFE);
    g_assert_cmphex(rd8(CR9346) & 0xc0, ==, 0x40);
    host_step(2000000);
    g_assert_cmphex(rd8(CR9346), ==, 0);
    /* ERASE, and contents that are none */
    ee_command(7u << 6, 9);
    wr8(CR9346, 0x80);
    host_step(10000000);
    g_assert_cmphex(ee_read(0, 6, 0), ==, 0xffff);
    nic_reset(host.nic, NIC_RESET_BUS);
    g_assert_cmphex(rd(IDR), ==, 0);
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_cmphex(rd(IDR), ==, 0x12005452);
    host_stop();
}

/* 93C56: 8 address bits, 128 words; not on chips that take only a 93C46 */
static void test_93c56(void)
{
    static const char *const chips[] = { "rtl8139", "rtl8139-8139b",
                                         "rtl8139-8139c", "rtl8139-8139d",
                                         "rtl8139-8139a" };

    for (unsigned i = 0; i < G_N_ELEMENTS(chips); i++) {
        bool big = i < 3;

        host_start(chips[i]);
        g_assert_cmpstr(host.nic->model->prop[2].name, ==, "93c56");
        host.nic->prop[2] = 1;
        g_assert_cmphex(rd(RCR) & 0x40, ==, big ? 0x40 : 0);
        g_assert_cmphex(ee_read(0, big ? 8 : 6, 0), ==, 0x8129);
        if (!big) {
            continue;
        }
        /* How 8139too and 8139cp find out */
        g_assert_cmphex(ee_read(0, 8, 2), ==, 0x8129);
        /* EWEN; word 127 is not word 63; the address' first bit is ignored */
        ee_command(0x4c0, 11);
        ee_command(5u << 24 | 127u << 16 | 0x1234, 27);
        wr8(CR9346, 0x80);
        host_step(10000000);
        g_assert_cmphex(ee_read(127, 8, 0), ==, 0x1234);
        g_assert_cmphex(ee_read(255, 8, 0), ==, 0x1234);
        g_assert_cmphex(ee_read(63, 8, 0), ==, 0);
    }
    host_stop();
}

/* Link */

static void test_link(void)
{
    host_start("rtl8139");
    g_assert_cmphex(rd8(MSR), ==, 0x90);
    nic_set_link(host.nic, false);
    g_assert_cmphex(rd8(MSR) & 0x1c, ==, 0x1c);
    g_assert_cmphex(rd16(BMSR), ==, 0x7809);
    g_assert_cmphex(rd16(ANLPAR), ==, 0);
    /* ReactOS, 8139too: bit 11 says that ISR's bit 5 is the link */
    g_assert_cmphex(rd(CSCR) & 0xfff, ==, 0xbc0);
    g_assert_cmphex(rd16(CSCR), ==, 0x3c0);
    g_assert_cmphex(card_ack(), ==, INT_PUN);
    g_assert_cmphex(rd16(0x6c), ==, 1);
    g_assert_cmphex(rd16(0x6c), ==, 0);
    nic_set_link(host.nic, true);
    g_assert_cmphex(rd16(BMSR), ==, 0x7809);
    host_step(500000000);
    g_assert_cmphex(rd16(BMSR), ==, 0x782d);
    g_assert_cmphex(card_ack(), ==, INT_PUN);
    host_stop();
}

static void test_modes(void)
{
    static const struct {
        uint16_t anar, bmcr, bmcr_read;
        uint8_t msr;
        bool link;
    } modes[] = {
        { 0x5e1, 0x1000, 0x1100, 0x90, true },
        { 0x0a1, 0x1000, 0x1000, 0x90, true },
        { 0x061, 0x1000, 0x1100, 0x98, true },
        { 0x021, 0x1000, 0x1000, 0x98, true },
        { 0x001, 0x1000, 0x1000, 0x1c, false },
        { 0x5e1, 0x2100, 0x2100, 0x10, true },
        { 0x5e1, 0x0100, 0x0100, 0x18, true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        host_start("rtl8139");
        wr8(CR9346, EEM_CONFIG);
        wr16(ANAR, modes[i].anar);
        wr16(BMCR, modes[i].bmcr | 0x200);
        g_assert_cmpint(rd16(BMSR) >> 2 & 1, ==, !(modes[i].bmcr & 0x1000));
        host_step(500000000);
        g_assert_cmphex(rd16(BMCR), ==, modes[i].bmcr_read);
        g_assert_cmphex(rd8(MSR), ==, modes[i].msr);
        g_assert_cmpint(rd16(BMSR) >> 2 & 1, ==, modes[i].link);
        wr16(BMCR, 0x8000);
        host_step(500000000);
        g_assert_cmphex(rd16(BMCR), ==, 0x1100);
        g_assert_cmphex(rd16(ANAR), ==, 0x5e1);
    }
    host_stop();
}

/* Wake-up */

static void magic_packet(uint8_t frame[160], const uint8_t *to)
{
    memset(frame, 0, 160);
    memcpy(frame, to, 6);
    frame[12] = 8;
    memset(frame + 30, 0xff, 6);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(frame + 36 + 6 * i, card_mac, 6);
    }
}

static bool pme(void)
{
    return host.nic->pmcsr & PMCSR_PME_STATUS;
}

static void test_wake(void)
{
    static const struct {
        uint8_t config3, config5, config1;
        const uint8_t *to;
        bool magic, wakes;
    } cases[] = {
        { 0x20, 0, 1, card_broadcast, true, true },
        { 0x20, 0, 1, card_mac, true, true },
        { 0x20, 0, 1, card_other, true, false },
        { 0x20, 0, 1, card_broadcast, false, false },
        { 0x20, 0, 0, card_broadcast, true, false },
        { 0, 0, 1, card_broadcast, true, false },
        { 0, 0x40, 1, card_broadcast, false, true },
        { 0, 0x10, 1, card_mac, false, true },
        { 0, 0x10, 1, card_broadcast, false, false },
    };
    uint8_t frame[160];

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        card_start_c("rtl8139", 0, 0);
        wr8(CR9346, EEM_CONFIG);
        wr8(CONFIG3, cases[i].config3);
        wr8(CONFIG1, cases[i].config1);
        wr8(CONFIG5, cases[i].config5);
        nic_set_pmcsr(host.nic, PMCSR_D3 | PMCSR_PME_EN, 0xffff);
        g_assert_cmphex(rd(IDR), ==, UINT32_MAX);
        magic_packet(frame, cases[i].to);
        frame[40] = (uint8_t)(frame[40] + !cases[i].magic);
        g_assert_true(host_receive(frame, sizeof(frame), 0));
        g_assert_cmpint(pme(), ==, cases[i].wakes);
        /* Back in D0 with everything as it was, and no frame stored */
        nic_set_pmcsr(host.nic, PMCSR_PME_STATUS | PMCSR_PME_EN, 0xffff);
        g_assert_false(pme());
        g_assert_cmphex(rd8(CR), ==, CR_RE | CR_TE | CR_BUFE);
        g_assert_cmphex(rd8(CONFIG5), ==, cases[i].config5);
    }
    host_stop();
}

static void test_wake_link(void)
{
    host_start("rtl8139");
    wr8(CR9346, EEM_CONFIG);
    wr8(CONFIG3, 0x10);
    wr16(IMR, INT_PUN);
    nic_set_link(host.nic, false);
    g_assert_true(host.irq);
    nic_set_pmcsr(host.nic, PMCSR_D3 | PMCSR_PME_EN, 0xffff);
    nic_set_link(host.nic, true);
    g_assert_false(pme());
    host_step(500000000);
    g_assert_true(pme());
    g_assert_false(host.irq);
    nic_set_pmcsr(host.nic, 0, PMCSR_STATE);
    g_assert_true(host.irq);
    host_stop();
}

/* CONFIG5.PME_STS says whether RST# clears PME_Status */
static void test_pme_sts(void)
{
    for (unsigned sts = 0; sts < 2; sts++) {
        uint16_t *word;

        host_start("rtl8139");
        word = card_cells();
        word[0x1f / 2] = (uint16_t)((word[0x1f / 2] & 0xff) | (2 + sts) << 8);
        nic_reset(host.nic, NIC_RESET_BUS);
        g_assert_cmphex(rd8(CONFIG5), ==, 2 + sts);
        wr8(CONFIG5, (uint8_t)(0x40 | sts));
        wr8(CR, CR_RE);
        nic_set_pmcsr(host.nic, PMCSR_D3 | PMCSR_PME_EN, 0xffff);
        g_assert_true(card_offer(card_broadcast, 60, 0));
        g_assert_true(pme());
        nic_set_pmcsr(host.nic, 0, PMCSR_STATE);
        nic_reset(host.nic, NIC_RESET_BUS);
        g_assert_cmpint(pme(), ==, !sts);
        g_assert_cmphex(host.nic->pmcsr & PMCSR_PME_EN, ==, PMCSR_PME_EN);
    }
    host_stop();
}

/* Drivers */

/* 8139too and rtl8139-diag, in the order of probe and open */
static void test_8139too(void)
{
    card_start_c("rtl8139-8139c", 2, RCR_WRAP | 7 << 13);
    wr8(0x5b, 'R');
    g_assert_cmphex(rd(TCR) & 0x7cc00000, ==, 0x74000000);
    wr8(CR9346, EEM_CONFIG);
    wr8(CONFIG4, rd8(CONFIG4) & (uint8_t)~4);
    g_assert_cmphex(rd8(CONFIG4), ==, 0x80);
    wr8(CR9346, 0);
    /* Acknowledges Rx bits with FOVW and RXOVW behind each packet */
    for (unsigned i = 0; i < 300; i++) {
        uint16_t cur = (uint16_t)(68 * (i + 1));

        g_assert_true(card_offer(card_mac, 60, 0));
        g_assert_cmphex(rd8(CR) & CR_BUFE, ==, 0);
        wr16(CAPR, (uint16_t)(cur - 16));
        wr16(ISR, 0x51);
        g_assert_cmphex(rd8(CR) & CR_BUFE, ==, CR_BUFE);
    }
    /* CLRABT alone: the other fields are lost, and nothing else happens */
    wr(TCR, 1);
    g_assert_cmphex(rd(TCR), ==, 0x74000000);
    host_stop();
}

/* 8139cp: ETThR, MULINT, CONFIG writes; the statistics are asked for in D0 */
static void test_8139cp(void)
{
    card_start_cp(4, 1536, 0);
    wr8(CR9346, EEM_CONFIG);
    wr8(CONFIG1, rd8(CONFIG1) | 0x21);
    wr8(CONFIG3, 0x40);
    wr8(CONFIG5, rd8(CONFIG5) & 1);
    wr8(CR9346, 0);
    wr8(0xec, 6);
    g_assert_cmphex(rd8(0xec), ==, 6);
    wr16(IMR, 0x80ff);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_true(host.irq);
    /* Rings written high first, as by iPXE and FreeBSD */
    wr(TNPDS + 4, 0);
    wr(TNPDS, TX_AT);
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    wr8(TPPOLL, 0x40);
    g_assert_cmpuint(host.n_sent, ==, 2);
    host_stop();
}

/* Windows 7 writes CAPR and expects the next packet there and then */
static void test_windows(void)
{
    unsigned n = 0;

    card_start_c("rtl8139", 0, 0);
    while (card_offer(card_mac, 1000, 0)) {
        n++;
    }
    for (unsigned i = 0; i < 50; i++) {
        host.ready = 0;
        wr16(CAPR, (uint16_t)((1008 * (i + 1)) % 8192 - 16));
        g_assert_cmpuint(host.ready, ==, 1);
        g_assert_true(card_offer(card_mac, 1000, 0));
        g_assert_false(card_offer(card_mac, 1000, 0));
    }
    g_assert_cmpuint(n, ==, 8);
    host_stop();
}

/* In the middle of everything: save, load elsewhere, go on */
static void test_saved(void)
{
    g_autofree uint8_t *state = NULL;
    size_t len;

    card_start_cp(4, 1536, 0);
    wr(TIMERINT, 1000000);
    g_assert_true(card_offer(card_mac, 100, 0));
    card_desc(TX_AT, (uint32_t)D_OWN | D_FS | D_LS | 60, 0, BUF_AT);
    card_desc(TX_AT + 16, (uint32_t)D_OWN | D_FS | D_LS | 70, 0, BUF_AT);
    nic_write(host.nic, 1, TPPOLL, 1, 0x40);
    len = nic_save(host.nic, NULL, 0);
    state = g_malloc(len);
    nic_save(host.nic, state, len);
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_null(nic_load(host.nic, state, len));
    host_run();
    g_assert_cmpuint(host.n_sent, ==, 2);
    g_assert_true(card_offer(card_mac, 100, 0));
    g_assert_cmphex(get32(RX_AT + 16) & 0x1fff, ==, 104);
    card_ack();
    host_step(30000000);
    g_assert_cmphex(card_ack(), ==, INT_TIMEOUT);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtl8139/identity", test_identity);
    g_test_add_func("/rtl8139/reset-values", test_reset_values);
    g_test_add_func("/rtl8139/dumps", test_dumps);
    g_test_add_func("/rtl8139/dump-running", test_dump_running);
    g_test_add_func("/rtl8139/widths", test_widths);
    g_test_add_func("/rtl8139/banks", test_banks);
    g_test_add_func("/rtl8139/locks", test_locks);
    g_test_add_func("/rtl8139/soft-reset", test_soft_reset);
    g_test_add_func("/rtl8139/irq", test_irq);
    g_test_add_func("/rtl8139/timer", test_timer);
    g_test_add_func("/rtl8139/eeprom", test_eeprom);
    g_test_add_func("/rtl8139/93c56", test_93c56);
    g_test_add_func("/rtl8139/pme-sts", test_pme_sts);
    g_test_add_func("/rtl8139/link", test_link);
    g_test_add_func("/rtl8139/modes", test_modes);
    g_test_add_func("/rtl8139/wake", test_wake);
    g_test_add_func("/rtl8139/wake-link", test_wake_link);
    g_test_add_func("/rtl8139/driver/8139too", test_8139too);
    g_test_add_func("/rtl8139/driver/8139cp", test_8139cp);
    g_test_add_func("/rtl8139/driver/windows", test_windows);
    g_test_add_func("/rtl8139/saved", test_saved);
    return g_test_run();
}
