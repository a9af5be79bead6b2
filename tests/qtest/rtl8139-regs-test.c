// SPDX-License-Identifier: MIT
/*
 * rtl8139-regs-test.c - registers of the RTL8139 family: values after power-on,
 * masks, locks, banks, access sizes, identities
 *
 * Expected values are those of Realtek's data sheets and of register dumps of
 * physical cards.
 */
#include "librtl8139.h"

#include <string.h>

/* Only the models are there or not */
static void test_chips(struct rtl8139 *d)
{
    static const char *const names[] = { "rtl8139-8139", "rtl8139-8139a",
                                         "rtl8139-8139b", "rtl8139-8139c",
                                         "rtl8139-8139d" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = device_name(names[i]);
        g_autofree char *args = g_strdup_printf("-device %s,help", name);
        g_autofree char *output = NULL;

        check_eq(run_emulator(args, NULL, &output), 0);
        check_has(output, "netdev");
    }
}

static void test_identity(struct rtl8139 *d)
{
    static const uint32_t ids[] = { 0x74800000, 0x60000000, 0x70000000,
                                    0x78000000, 0x74000000, 0x74400000 };
    uint32_t id = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        id |= is_on(d, 1u << i) ? ids[i] : 0;
    }
    check_eq(rd32(d, TCR) & TCR_ID, id);
    check_eq(pci_readw(&d->pci, PCI_VENDOR_ID), 0x10ec);
    check_eq(pci_readw(&d->pci, PCI_DEVICE_ID), 0x8139);
    /* What 8139too and 8139cp go by */
    check_eq(pci_readb(&d->pci, PCI_REVISION), is_on(d, ON_CP) ? 0x20 : 0x10);
    check_eq(pci_readl(&d->pci, PCI_REVISION) >> 8, 0x020000);
    check_eq(pci_readb(&d->pci, PCI_IRQ_PIN), 1);
    check_eq(pci_bar_size(&d->pci, 0), 256);
    check_eq(pci_bar_size(&d->pci, 1), 256);
    check_eq(pci_readl(&d->pci, 0x18), 0);
    check_eq(pci_readl(&d->pci, PCI_BAR0) & 3, 1);
    check_eq(pci_readl(&d->pci, PCI_BAR0 + 4) & 15, 0);
}

/* 8139C(L), PCI configuration: from words 5 of the EEPROM */
static void test_grant(struct rtl8139 *d)
{
    check_eq(pci_readb(&d->pci, 0x3e), 0x20);
    check_eq(pci_readb(&d->pci, 0x3f), 0x40);
}

static void test_power_on(struct rtl8139 *d)
{
    uint8_t idr[6];

    for (unsigned i = 0; i < sizeof(idr); i++) {
        idr[i] = rd8(d, IDR + i);
    }
    check_mem(idr, mac_nic, sizeof(idr));
    check_eq(rd16(d, 6), 0);
    for (unsigned i = 0; i < 4; i++) {
        check_eq(rd32(d, TSD + 4 * i), 0x2000);
    }
    check_eq(rd16(d, CAPR), 0xfff0);
    check_eq(rd16(d, CBR), 0);
    check_eq(rd16(d, ERBCR), 0);
    check_eq(rd16(d, IMR), 0);
    check_eq(rd16(d, ISR), 0);
    check_eq(rd32(d, RCR), 0);
    check_eq(rd32(d, MPC), 0);
    check_eq(rd8(d, CR9346), 0);
    check_eq(rd32(d, TIMERINT), 0);
    check_eq(rd16(d, MULINT), 0);
    check_eq(rd16(d, TSADS), 0x000f);
    check_eq(rd16(d, BMSR), 0x782d);
    check_eq(rd16(d, ANAR), 0x05e1);
    check_eq(rd16(d, ANER), 1);
    check_eq(rd16(d, DIS), 0);
    check_eq(rd16(d, FCSC), 0);
    check_eq(rd16(d, REC), 0);
    check_eq(rd16(d, TDOKLADDR), 0);
    for (unsigned reg = WAKE_CRC; reg < FLASH; reg += 4) {
        check_eq(rd32(d, reg), 0);
    }
}

static void test_power_on_cr(struct rtl8139 *d)
{
    check_eq(rd8(d, CR), CR_BUFE);
}

/* From an EEPROM as on cards */
static void test_power_on_config(struct rtl8139 *d)
{
    static const struct {
        unsigned reg, on;
        uint8_t value, mask;
    } rows[] = {
        { CONFIG0, ON_ALL, 0x10, 0xff },
        { CONFIG1, ON_NEWER, 0x4d, 0xff },
        { CONFIG1, ON_OLD, 0x0c, 0x0f }, /* awake */
        { CONFIG3, ON_NEWER | ON_A, 0xe1, 0xfb },
        { CONFIG3, ON_8139, 0, 0xff },
        { CONFIG4, ON_NEWER, 0x80, 0xf7 },
        { CONFIG4, ON_OLD, 0, 0xff },
        { CONFIG5, ON_NEWER, 0x02, 0x72 },
        { CONFIG5, ON_OLD, 0, 0xff },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (is_on(d, rows[i].on)) {
            g_test_message("register %02x", rows[i].reg);
            check_eq(rd8(d, rows[i].reg) & rows[i].mask, rows[i].value);
        }
    }
}

/* Dumps of cards with a link: 100 Mbit/s, full duplex */
static void test_power_on_media(struct rtl8139 *d)
{
    static const uint16_t nwaytr[] = { 0x0005, 0x0024, 0x0005,
                                       0x0004, 0x0005, 0x0704 };
    bool pause = rd16(d, ANAR) & rd16(d, ANLPAR) & 0x0400;
    uint8_t msr = rd8(d, MSR);

    check_eq(rd16(d, BMCR), 0x1100);
    check_eq(rd16(d, ANLPAR) & 0x41e1, 0x41e1);
    check_eq(rd16(d, CSCR) & 0x07ff, 0x07c8);
    for (unsigned i = 0; i < G_N_ELEMENTS(nwaytr); i++) {
        if (is_on(d, 1u << i) && !is_on(d, ON_A)) {
            check_eq(rd16(d, NWAYTR), nwaytr[i]);
        }
    }
    check_eq(msr & (MSR_LINKB | MSR_SPEED_10 | 3), 0);
    check_eq(!!(msr & MSR_TXFCE), pause);
    check_eq(!!(msr & MSR_AUX), is_on(d, ON_CP | ON_C | ON_D));
}

/** struct mask_row - What sticks of all ones, and of all zeros */
struct mask_row {
    uint16_t reg;
    uint8_t width;
    unsigned on;
    uint32_t ones, zeros;
};

static uint32_t rd_width(struct rtl8139 *d, unsigned reg, unsigned width)
{
    return width == 1 ? rd8(d, reg) : width == 2 ? rd16(d, reg) : rd32(d, reg);
}

static void wr_width(struct rtl8139 *d, unsigned reg, unsigned width,
                     uint32_t value)
{
    if (width == 1) {
        wr8(d, reg, (uint8_t)value);
    } else if (width == 2) {
        wr16(d, reg, (uint16_t)value);
    } else {
        wr32(d, reg, value);
    }
}

static void check_masks(struct rtl8139 *d, const struct mask_row *row, size_t n)
{
    for (; n--; row++) {
        if (row->on && !is_on(d, row->on)) {
            continue;
        }
        g_test_message("register %02x", row->reg);
        wr_width(d, row->reg, row->width, ~0u);
        check_eq(rd_width(d, row->reg, row->width), row->ones);
        wr_width(d, row->reg, row->width, 0);
        check_eq(rd_width(d, row->reg, row->width), row->zeros);
    }
}

static void test_masks(struct rtl8139 *d)
{
    static const struct mask_row rows[] = {
        { MAR, 4, 0, ~0u, 0 },     { MAR + 4, 4, 0, ~0u, 0 },
        { CAPR, 2, 0, 0xffff, 0 }, { TIMERINT, 4, 0, ~0u, 0 },
        { MPC, 4, 0, 0, 0 },       { CONFIG5, 1, ON_NEWER, 0x7f, 0 },
        { CONFIG2, 1, 0, 0, 0 },   { ERBCR, 2, 0, 0, 0 },
        { CBR, 2, 0, 0, 0 },       { TSADS, 2, 0, 0x000f, 0x000f },
    };

    check_masks(d, rows, G_N_ELEMENTS(rows));
}

static void test_masks_reserved(struct rtl8139 *d)
{
    static const struct mask_row rows[] = {
        { TSAD, 4, 0, 0xfffffffc, 0 },
        { TSAD + 12, 4, 0, 0xfffffffc, 0 },
        { RBSTART, 4, 0, 0xfffffffc, 0 },
        { RERID, 1, 0, 0x10, 0x10 },
        { IMR, 2, ON_CP, 0xe1ff, 0 },
        { IMR, 2, ON_ALL & ~ON_CP, 0xe07f, 0 },
        { MULINT, 2, 0, 0x0fff, 0 },
        { NWAYTR, 2, ON_C_CP, 0x008d, 0x0005 },
    };

    check_masks(d, rows, G_N_ELEMENTS(rows));
}

static void test_masks_missing(struct rtl8139 *d)
{
    static const struct mask_row rows[] = {
        { ANAR, 2, 0, 0x25ff, 0x0400 }, /* bit 10 is the EEPROM's */
        { WAKE_CRC, 1, ON_NEWER, 0xff, 0 },
        { WAKE_CRC + 7, 1, ON_NEWER, 0xff, 0 },
        { WAKEUP, 4, ON_NEWER, ~0u, 0 },
        { WAKEUP + 0x3c, 4, ON_NEWER, ~0u, 0 },
        { LSBCRC, 1, ON_NEWER, 0xff, 0 },
        { LSBCRC + 7, 1, ON_NEWER, 0xff, 0 },
        { ETTHR, 1, ON_CP, 0xff, 0 },
    };

    check_masks(d, rows, G_N_ELEMENTS(rows));
}

/* TCR takes while TE is 1, RCR follows RE in all drivers */
static void test_masks_running(struct rtl8139 *d)
{
    uint32_t id = rd32(d, TCR) & TCR_ID;

    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_TE | CR_RE);
    wr32(d, TCR, 0xfffffffe);
    check_eq(rd32(d, TCR), id | (is_on(d, ON_CP) ? 0x030f07f0 : 0x030707f0));
    wr32(d, TCR, 0);
    check_eq(rd32(d, TCR), id);
    wr32(d, RCR, ~0u);
    check_eq(rd32(d, RCR), is_on(d, ON_OLD) ? 0x0f01ffbf : 0x0f03ffbf);
    wr32(d, RCR, 0);
    check_eq(rd32(d, RCR), 0);
}

/* CR: three writable bits, and RST (8139C(L), Command) */
static void test_cr(struct rtl8139 *d)
{
    wr32(d, RBSTART, C_RING);
    wr8(d, CR, 0xff & ~CR_RST);
    check_eq(rd8(d, CR), CR_RE | CR_TE | CR_BUFE);
    wr8(d, CR, CR_TE);
    check_eq(rd8(d, CR), CR_TE | CR_BUFE);
    wr8(d, CR, CR_RE | CR_RST);
    us(d, 10);
    differs (rtl_rst) {
        check_eq(rd8(d, CR), CR_BUFE);
    }
}

/* What software reset sets back, and what it must leave alone */
static void test_soft_reset(struct rtl8139 *d)
{
    wr32(d, MAR, 0x12345678);
    unlock(d);
    wr32(d, IDR, 0x44332202);
    lock(d);
    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_RE | CR_TE);
    wr32(d, TCR, TCR_USUAL);
    wr32(d, RCR, RCR_PLAIN);
    wr32(d, TSD, 0x00082040);
    wr16(d, CAPR, 0x1234);
    soft_reset(d);
    check_eq(rd8(d, CR), CR_BUFE);
    check_eq(rd32(d, TSD), 0x2000);
    check_eq(rd16(d, CAPR), 0xfff0);
    check_eq(rd16(d, CBR), 0);
    check_eq(rd16(d, TSADS), 0x000f);
    check_eq(rd32(d, MPC), 0);
    check_eq(rd32(d, MAR), 0x12345678);
    differs (rtl_rst_idr) {
        check_eq(rd32(d, IDR), 0x44332202);
    }
    check_eq(pci_readw(&d->pci, PCI_COMMAND) & PCI_COMMAND_ALL,
             PCI_COMMAND_ALL);
    check_eq(rd16(d, BMSR), 0x782d);
}

/* CONFIG1, 3, 4: only while 9346CR.EEM is 11 */
static void test_lock(struct rtl8139 *d)
{
    static const unsigned regs[] = { CONFIG1, CONFIG3, CONFIG4 };
    static const uint8_t modes[] = { 0x00, EEM_PROGRAM };

    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        uint8_t before = rd8(d, regs[i]);

        for (size_t m = 0; m < G_N_ELEMENTS(modes); m++) {
            wr8(d, CR9346, modes[m]);
            wr8(d, regs[i], (uint8_t)~before);
            check_eq(rd8(d, regs[i]), before);
        }
    }
    unlock(d);
    check_eq(rd8(d, CR9346) & EEM_CONFIG, EEM_CONFIG);
    wr8(d, CONFIG4, 0xff);
    check_eq(rd8(d, CONFIG4) & 0xf5, 0xf5);
    wr8(d, CONFIG4, 0);
    check_eq(rd8(d, CONFIG4) & 0xf5, 0);
    wr8(d, CONFIG1, 0xff);
    check_eq(rd8(d, CONFIG1), 0xff);
    wr8(d, CONFIG1, 0);
    check_eq(rd8(d, CONFIG1), 0x0c);
    lock(d);
    check_eq(rd8(d, CR9346), 0);
}

/* The board's straps and the boot ROM's size: read-only */
static void test_config0(struct rtl8139 *d)
{
    unlock(d);
    wr8(d, CONFIG0, 0xff);
    check_eq(rd8(d, CONFIG0), 0x10);
}

/* Magic, LinkUp and PARM_En; the other bits are the EEPROM's */
static void test_config3(struct rtl8139 *d)
{
    unlock(d);
    wr8(d, CONFIG3, 0xff);
    check_eq(rd8(d, CONFIG3) & 0xfb, 0xf1);
    wr8(d, CONFIG3, 0);
    check_eq(rd8(d, CONFIG3) & 0xfb, 0x81);
}

/* The station address is guarded as well (8139C(L), table of W*) */
static void test_lock_idr(struct rtl8139 *d)
{
    uint32_t before = rd32(d, IDR);

    wr32(d, IDR, 0x06050402);
    differs (rtl_lock_idr) {
        check_eq(rd32(d, IDR), before);
    }
    unlock(d);
    wr32(d, IDR, 0x06050402);
    wr32(d, IDR + 4, 0xffff0807);
    lock(d);
    check_eq(rd32(d, IDR), 0x06050402);
    check_eq(rd32(d, IDR + 4), 0x0807);
}

/* MSR: RXFCE, and TXFCE unless negotiation has decided */
static void test_msr(struct rtl8139 *d)
{
    uint8_t before = rd8(d, MSR);

    wr8(d, MSR, (uint8_t)~before);
    check_eq(rd8(d, MSR), before);
    unlock(d);
    wr8(d, MSR, MSR_RXFCE);
    check_eq(rd8(d, MSR), before | MSR_RXFCE);
    wr8(d, MSR, 0);
    check_eq(rd8(d, MSR), before & ~MSR_RXFCE);
    wr16(d, BMCR, BMCR_SPEED | BMCR_FULL);
    wr8(d, MSR, 0xff);
    check_eq(rd8(d, MSR) & 0xc0, 0xc0);
    wr8(d, MSR, 0);
    check_eq(rd8(d, MSR) & 0xc0, 0);
}

/* PHY and twister parameters: EEM = 11 and PARM_En = 0 */
static void test_parm(struct rtl8139 *d)
{
    static const unsigned regs[] = { PHY1_PARM, TW_PARM };

    unlock(d);
    wr8(d, CONFIG3, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        wr32(d, regs[i], 0x13579bdf);
        check_eq(rd32(d, regs[i]), 0x13579bdf);
    }
    wr8(d, PHY2_PARM, 0x5a);
    check_eq(rd8(d, PHY2_PARM), 0x5a);
    wr8(d, CONFIG3, CONFIG3_PARM_EN);
    wr32(d, TW_PARM, 0);
    check_eq(rd32(d, TW_PARM), 0x13579bdf);
    wr8(d, CONFIG3, 0);
    lock(d);
    wr32(d, TW_PARM, 0);
    check_eq(rd32(d, TW_PARM), 0x13579bdf);
}

/* As Linux's 8139too and the Programming Guide go about it */
static void test_cscr(struct rtl8139 *d)
{
    wr16(d, CSCR, 0x03e5);
    check_eq(rd16(d, CSCR) & 0x03e5, 0x03e5);
    wr16(d, CSCR, 0);
    check_eq(rd16(d, CSCR) & 0x03e5, 0);
}

/* Registers of the C+ mode, in that mode */
static void test_cplus(struct rtl8139 *d)
{
    static const unsigned bases[] = { TNPDS, THPDS, RDSAR };

    wr16(d, CPCR, 0xffff);
    check_eq(rd16(d, CPCR), 0x007b);
    for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
        wr32(d, bases[i], 0x12345600);
        wr32(d, bases[i] + 4, 0x9abcdef0);
        check_eq(rd32(d, bases[i]), 0x12345600);
        check_eq(rd32(d, bases[i] + 4), 0x9abcdef0);
    }
    wr16(d, CPCR, 0);
    check_eq(rd16(d, CPCR), 0);
}

/* Rings lie on 256 bytes: the bits do not exist */
static void test_cplus_masks(struct rtl8139 *d)
{
    static const unsigned bases[] = { TNPDS, THPDS, RDSAR };

    wr16(d, CPCR, CPCR_TX | CPCR_RX);
    for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
        wr32(d, bases[i], ~0u);
        check_eq(rd32(d, bases[i]), 0xffffff00);
    }
}

/* 16-bit access only */
static void test_cplus_bytes(struct rtl8139 *d)
{
    wr8(d, CPCR, CPCR_TX | CPCR_RX);
    check_eq(rd16(d, CPCR), 0);
    wr16(d, CPCR, CPCR_RXVLAN);
    wr8(d, CPCR, 0);
    check_eq(rd16(d, CPCR), CPCR_RXVLAN);
}

/* The other chips have nothing there; iPXE tells them by that */
static void test_no_cplus(struct rtl8139 *d)
{
    static const unsigned regs[] = { CPCR, RDSAR, RDSAR + 4, ETTHR, 0xdc };

    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        wr16(d, regs[i], 0xffff);
        wr16(d, regs[i] + 2, 0xffff);
        check_eq(rd32(d, regs[i]), 0);
    }
    wr8(d, TPPOLL, 0xff);
    check_eq(rd8(d, TPPOLL), 0);
    check_eq(rd16(d, ISR), 0);
    wr32(d, TSAD, 0x12345678);
    check_eq(rd32(d, TSAD), 0x12345678);
}

/* The same addresses are other registers in either mode */
static void test_banks(struct rtl8139 *d)
{
    wr32(d, TSAD, 0x11111110);
    wr32(d, TSAD + 8, 0x22222220);
    wr32(d, RBSTART, 0x33333330);
    wr16(d, CPCR, CPCR_TX | CPCR_RX);
    wr32(d, TNPDS, 0x44444400);
    wr32(d, THPDS, 0x55555500);
    check_eq(rd32(d, TNPDS), 0x44444400);
    check_eq(rd32(d, THPDS), 0x55555500);
    wr16(d, CPCR, 0);
    check_eq(rd32(d, TSAD), 0x11111110);
    check_eq(rd32(d, TSAD + 8), 0x22222220);
    check_eq(rd32(d, RBSTART), 0x33333330);
    check_eq(rd32(d, TSD), 0x2000);
}

/* An RTL8169 has RMS here; iPXE takes a card where it sticks for one */
static void test_no_8169(struct rtl8139 *d)
{
    wr16(d, RMS, 0x3fff);
    check_eq(rd16(d, RMS), 0);
    wr16(d, INTRMITIGATE, 0xffff);
    check_eq(rd16(d, INTRMITIGATE), 0);
    /* FreeBSD looks for MSI here */
    wr8(d, CONFIG2, 0xff);
    check_eq(rd8(d, CONFIG2), 0);
    check_eq(rd32(d, 0xdc), 0);
}

/* Parts of registers read as lanes, through both BARs */
static void test_reads(struct rtl8139 *d)
{
    static const unsigned regs[] = { IDR, MAR, TSAD, IMR, BMCR & ~3u, BMSR };

    wr32(d, MAR, 0x89abcdef);
    wr32(d, TSAD, 0x76543210);
    wr16(d, IMR, 0x2005);
    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        uint32_t whole = rd32(d, regs[i]);

        for (unsigned lane = 0; lane < 4; lane++) {
            uint8_t want = (uint8_t)(whole >> 8 * lane);
            uint16_t port = (uint16_t)(RTL_IO + regs[i] + lane);

            check_eq(rd8(d, regs[i] + lane), want);
            check_eq(qtest_inb(d->qts, port), want);
        }
        check_eq(rd16(d, regs[i]), whole & 0xffff);
        check_eq(rd16(d, regs[i] + 2), whole >> 16);
        check_eq(qtest_inl(d->qts, (uint16_t)(RTL_IO + regs[i])), whole);
    }
}

/* Windows' old drivers write TCR and RCR by bytes; lanes as on any PCI bus */
static void test_byte_writes(struct rtl8139 *d)
{
    static const uint8_t tcr[] = { 0x00, 0x07, 0x01, 0x03 };
    static const uint8_t rcr[] = { 0x0e, 0xf7, 0x00, 0x0e };

    wr32(d, RBSTART, C_RING);
    wr8(d, CR, CR_RE | CR_TE);
    for (unsigned i = 0; i < 4; i++) {
        wr8(d, TCR + i, tcr[i]);
        wr8(d, RCR + i, rcr[i]);
    }
    check_eq(rd32(d, TCR) & ~(uint32_t)TCR_ID, 0x03010700);
    check_eq(rd32(d, RCR), 0x0e00f70e);
    /* One of them only */
    wr8(d, RCR, 0x0f);
    check_eq(rd32(d, RCR), 0x0e00f70f);
    wr16(d, RCR + 2, 0);
    check_eq(rd32(d, RCR), 0x0000f70f);
}

static void test_narrow_writes(struct rtl8139 *d)
{
    static const unsigned regs[] = { MAR, TSAD, TIMERINT };

    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        g_test_message("register %02x", regs[i]);
        wr32(d, regs[i], 0);
        wr8(d, regs[i] + 1, 0x44);
        wr16(d, regs[i] + 2, 0x8855);
        check_eq(rd32(d, regs[i]), 0x88554400);
    }
    wr8(d, IMR, 0x7f);
    check_eq(rd16(d, IMR), 0x7f);
    wr8(d, IMR + 1, 0x40);
    check_eq(rd16(d, IMR), 0x407f);
}

/* Write only, and nobody else's: 'R' and 'H' (8139too) */
static void test_hltclk(struct rtl8139 *d)
{
    uint32_t before = rd32(d, MSR);

    wr8(d, HLTCLK, 'H');
    check_eq(rd32(d, MSR) & 0x00ffffff, before & 0x00ffffff);
    wr8(d, HLTCLK, 'R');
    check_eq(rd32(d, MSR), before);
    check_eq(rd8(d, HLTCLK), 0);
}

/* FLASH: an empty socket; no such register on the 8139D */
static void test_flash(struct rtl8139 *d)
{
    wr32(d, FLASH, 0x001a0123);
    check_eq(rd32(d, FLASH) & 0x001fffff, is_on(d, ON_D) ? 0 : 0x001a0123);
}

/* Nothing answers with another register's value */
static void test_reserved(struct rtl8139 *d)
{
    static const unsigned regs[] = { 0x06, 0x07, 0x53, 0x5f, 0xdb,
                                     0xdc, 0xdf, 0xed, 0xee, 0xef };

    for (size_t i = 0; i < G_N_ELEMENTS(regs); i++) {
        wr8(d, regs[i], 0xff);
        check_eq(rd8(d, regs[i]), 0);
    }
}

static const struct rtl8139_test tests[] = {
    { "chips", test_chips, .differs = DIFF_rtl_chips },
    { "identity", test_identity, ON_ALL },
    { "grant", test_grant, .differs = DIFF_rtl_grant },
    { "power-on", test_power_on, ON_ALL },
    { "power-on-cr", test_power_on_cr, ON_ALL, DIFF_rtl_power_on_cr },
    { "power-on-config", test_power_on_config, ON_ALL, DIFF_rtl_config },
    { "power-on-media", test_power_on_media, ON_ALL, DIFF_rtl_media },
    { "masks", test_masks, ON_ALL },
    { "masks-reserved", test_masks_reserved, ON_ALL, DIFF_rtl_masks },
    { "masks-missing", test_masks_missing, ON_ALL, DIFF_rtl_missing },
    { "masks-running", test_masks_running, ON_ALL },
    { "cr", test_cr, ON_ALL },
    { "soft-reset", test_soft_reset, ON_ALL },
    { "lock", test_lock, ON_NEWER },
    { "lock-idr", test_lock_idr, ON_ALL },
    { "config0", test_config0, ON_ALL, DIFF_rtl_config },
    { "config3", test_config3, ON_NEWER, DIFF_rtl_config },
    { "msr", test_msr, ON_C_CP, DIFF_rtl_msr },
    { "parm", test_parm, ON_C_CP, DIFF_rtl_missing },
    { "cscr", test_cscr, ON_C_CP, DIFF_rtl_missing },
    { "cplus", test_cplus },
    { "cplus-masks", test_cplus_masks, .differs = DIFF_rtl_masks },
    { "cplus-bytes", test_cplus_bytes },
    { "no-cplus", test_no_cplus, ON_ALL & ~ON_CP },
    { "banks", test_banks, .differs = DIFF_rtl_banks },
    { "no-8169", test_no_8169, ON_ALL },
    { "reads", test_reads, ON_C_CP, DIFF_rtl_widths },
    { "byte-writes", test_byte_writes, ON_C_CP, DIFF_rtl_widths },
    { "narrow-writes", test_narrow_writes, ON_C_CP, DIFF_rtl_widths },
    { "hltclk", test_hltclk, ON_OLD | ON_D },
    { "flash", test_flash, ON_B | ON_C | ON_D | ON_CP, DIFF_rtl_missing },
    { "reserved", test_reserved, ON_ALL },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    rtl8139_tests_add("regs", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
