// SPDX-License-Identifier: MIT
/*
 * rtl8139-eeprom.c - the configuration EEPROM: image, access, what it presets
 *
 * Boards here have a 93C46 (RCR bit 6 is 0), or by a property a 93C56.  In
 * programming mode software moves its pins through 9346CR; in auto-load mode
 * the chip reads it again, which takes 2 ms and ends by itself.  In both the
 * network side stands still.  What software writes lasts until power-on.
 */
#include "hw/net/rtl8139.h"

enum {
    AUTOLOAD_NS = 2000000,

    /* Words, and bytes where half a word is meant */
    EE_ID = 0,
    EE_VENDOR = 1,
    EE_DEVICE = 2,
    EE_SUBSYSTEM_VENDOR = 3,
    EE_SUBSYSTEM = 4,
    EE_GNT_LAT = 5,
    EE_MSRBMCR = 0x0c,
    EE_CONFIG3 = 0x0d,
    EE_MAC = 7,
    EE_CONFIG0 = 0x14,
    EE_CONFIG1 = 0x15,
    EE_PMC = 0x0b,
    EE_CONFIG4 = 0x19,
    EE_PHY1_PARM = 0x0d,
    EE_PHY2_PARM = 0x1e,
    EE_CONFIG5 = 0x1f,
    EE_TW_PARM = 0x10,

    SIGNATURE = 0x8129,
    MSRBMCR_PAUSE_OFF = 0x02,
    CONFIG5_LOADED = 0x07,
    ANAR_DEFAULT = 0x01e1,
};

/* Others have no strap for it */
static bool is_93c56(const struct rtl8139 *d)
{
    return d->nic.prop[RTL8139_PROP_93C56] &&
           rtl8139_is(d, RTL8139_B | RTL8139_C | RTL8139_CP);
}

static unsigned words(const struct rtl8139 *d)
{
    return is_93c56(d) ? EEPROM93C56_WORDS : EEPROM93C46_WORDS;
}

uint32_t rtl8139_rcr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return d->reg.RCR | (is_93c56(d) ? RCR_9356SEL : 0);
}

static void byte_set(struct rtl8139 *d, unsigned at, uint8_t val)
{
    uint16_t *word = &d->eeprom.word[at / 2];
    unsigned shift = 8 * (at & 1);

    *word = (uint16_t)((*word & ~(0xffu << shift)) | (unsigned)val << shift);
}

static uint8_t byte_get(const struct rtl8139 *d, unsigned at)
{
    return (uint8_t)(d->eeprom.word[at / 2] >> (8 * (at & 1)));
}

/* The values are those of boards with an 8139C */
void rtl8139_eeprom_init(struct rtl8139 *d)
{
    const struct nic_pci *pci = d->nic.model->pci;
    const uint8_t *mac = d->nic.mac;
    uint16_t *word = d->eeprom.word;

    for (unsigned i = 0; i < EEPROM93_WORDS_MAX; i++) {
        word[i] = 0;
    }
    word[EE_ID] = SIGNATURE;
    word[EE_VENDOR] = pci->vendor;
    word[EE_DEVICE] = pci->device;
    word[EE_SUBSYSTEM_VENDOR] = pci->subsystem_vendor;
    word[EE_SUBSYSTEM] = pci->subsystem;
    word[EE_GNT_LAT] = (uint16_t)(pci->max_lat << 8 | pci->min_gnt);
    byte_set(d, EE_MSRBMCR, 0x10);
    byte_set(d, EE_CONFIG3, 0xe1);
    for (unsigned i = 0; i < 3; i++) {
        word[EE_MAC + i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
    }
    byte_set(d, EE_CONFIG0, 0x10);
    byte_set(d, EE_CONFIG1, rtl8139_is(d, RTL8139_NEWER) ? 0x4d : 0x4c);
    word[EE_PMC] = pci->pmc;
    byte_set(d, EE_CONFIG4, 0x80);
    word[EE_PHY1_PARM] = 0x43b9;
    word[EE_PHY1_PARM + 1] = 0xb0f2;
    byte_set(d, EE_PHY2_PARM, 0x1a);
    byte_set(d, EE_CONFIG5, 0x03);
    word[EE_TW_PARM] = 0xd743;
    word[EE_TW_PARM + 1] = 0x7a36;
    eeprom93_power_on(&d->eeprom);
}

static uint32_t dword_get(const struct rtl8139 *d, unsigned word)
{
    return d->eeprom.word[word] | (uint32_t)d->eeprom.word[word + 1] << 16;
}

void rtl8139_eeprom_load_phy(struct rtl8139 *d)
{
    uint8_t byte = byte_get(d, EE_MSRBMCR);
    bool valid = d->eeprom.word[EE_ID] == SIGNATURE;

    d->reg.BMCR = BMCR_ANE;
    d->reg.ANAR = ANAR_DEFAULT | ANAR_PAUSE;
    if (!valid) {
        return;
    }
    d->reg.BMCR = (uint16_t)((byte & 0x30) << 8 | (byte & 1) << 8);
    d->reg.ANAR =
        byte & MSRBMCR_PAUSE_OFF ? ANAR_DEFAULT : ANAR_DEFAULT | ANAR_PAUSE;
}

void rtl8139_eeprom_load(struct rtl8139 *d)
{
    eeprom93_pins(&d->eeprom, words(d), false, false, false, 0);
    rtl8139_eeprom_load_phy(d);
    if (d->eeprom.word[EE_ID] != SIGNATURE) {
        return;
    }
    for (unsigned i = 0; i < 6; i++) {
        d->reg.IDR[i] = byte_get(d, 2 * EE_MAC + i);
    }
    d->reg.MSR = byte_get(d, EE_MSRBMCR) & (MSR_TXFCE | MSR_RXFCE);
    d->reg.CONFIG0 = byte_get(d, EE_CONFIG0);
    d->reg.CONFIG1 = byte_get(d, EE_CONFIG1);
    d->reg.PHY1_PARM = dword_get(d, EE_PHY1_PARM);
    d->reg.PHY2_PARM = byte_get(d, EE_PHY2_PARM);
    d->reg.TW_PARM = dword_get(d, EE_TW_PARM);
    if (rtl8139_is(d, RTL8139_A | RTL8139_NEWER)) {
        d->reg.CONFIG3 = byte_get(d, EE_CONFIG3);
    }
    if (rtl8139_is(d, RTL8139_NEWER)) {
        d->reg.CONFIG4 = byte_get(d, EE_CONFIG4);
        d->reg.CONFIG5 = byte_get(d, EE_CONFIG5) & CONFIG5_LOADED;
    }
}

/* 9346CR */

/* Work that waited for the network side */
static void online_again(struct rtl8139 *d)
{
    nic_kick(&d->nic, RTL8139_WORK_TX);
    d->nic.host->rx_ready(&d->nic);
}

void rtl8139_autoload_expired(struct rtl8139 *d)
{
    if ((d->reg.CR9346 & CR9346_EEM) == CR9346_AUTOLOAD) {
        d->reg.CR9346 = CR9346_NORMAL;
        online_again(d);
    }
}

/* Registers have their new values at once; only the mode shows the time */
static void autoload(struct rtl8139 *d)
{
    nic_event(&d->nic, RTL8139_EVENT_AUTOLOAD, 0);
    rtl8139_soft_reset(d);
    rtl8139_eeprom_load(d);
    d->reg.CR9346 = CR9346_AUTOLOAD;
    nic_timer(&d->nic, RTL8139_TIMER_AUTOLOAD,
              d->nic.host->now(&d->nic) + AUTOLOAD_NS);
}

void rtl8139_cr9346_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint8_t val = d->reg.CR9346;

    if ((val & CR9346_EEM) == CR9346_AUTOLOAD) {
        if ((w.old & CR9346_EEM) != CR9346_AUTOLOAD) {
            autoload(d);
        }
        return;
    }
    if ((val & CR9346_EEM) == CR9346_PROGRAM) {
        eeprom93_pins(&d->eeprom, words(d), val & CR9346_EECS,
                      val & CR9346_EESK, val & CR9346_EEDI, n->host->now(n));
        return;
    }
    eeprom93_pins(&d->eeprom, words(d), false, false, false, n->host->now(n));
    if ((w.old ^ val) & CR9346_EEM) {
        online_again(d);
    }
}

/* Pins that the chip does not drive are pulled up; seen with EEM = 11 only */
uint32_t rtl8139_cr9346_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t eem = d->reg.CR9346 & CR9346_EEM;

    if (rtl8139_online(d)) {
        return eem == CR9346_CONFIG ? eem | CR9346_EESK | CR9346_EEDI : eem;
    }
    return d->reg.CR9346 |
           (eeprom93_do(&d->eeprom, n->host->now(n)) ? CR9346_EEDO : 0);
}

#define KEEP (1u << NIC_RESET_BUS | 1u << NIC_RESET_D3 | 1u << NIC_RESET_CHIP)

static const struct reg eeprom_reg[] = {
    EEPROM93_ROWS(.keep = KEEP),
};

static uint16_t eeprom_map[1];

const struct regfile rtl8139_eeprom_regs = {
    .name = "EEPROM",
    .reg = eeprom_reg,
    .n = REGS_N(eeprom_reg),
    .base = offsetof(struct rtl8139, eeprom),
    .map = eeprom_map,
};
