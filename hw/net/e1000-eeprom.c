// SPDX-License-Identifier: MIT
/*
 * e1000-eeprom.c - the configuration EEPROM: image, access, what it configures
 *
 * All three chips have a 93C46.  Software reaches it bit by bit through EECD,
 * or (not on the 82544) a word at a time through EERD.  What software writes
 * lasts until power-on, which brings back an image that suits the chip.
 *
 * EECD.EE_REQ is granted at once, and holds up EERD (SDM 13.4.4).
 */
#include "e1000.h"

enum {
    WORDS = EEPROM93C46_WORDS,

    /* Addresses (SDM 5.6) */
    EE_ID_LED = 0x04,
    EE_SERDES = 0x06,
    EE_PHY_CLASS = 0x07,
    EE_PBA_NUMBER = 0x08,
    EE_ICW1 = 0x0a,
    EE_SUBSYSTEM = 0x0b,
    EE_SUBSYSTEM_VENDOR = 0x0c,
    EE_DEVICE = 0x0d,
    EE_VENDOR = 0x0e,
    EE_ICW2 = 0x0f,
    EE_ICW3 = 0x24,
    EE_LEDS = 0x2f,
    EE_CHECKSUM = 0x3f,

    /* The two halves of a signature; anything else is an empty EEPROM */
    ICW1_SIGNATURE = 0xc000,
    ICW1_SIGNED = 0x4000,
    ICW1_FRCSPD = 1 << 11,
    ICW1_FD = 1 << 10,
    ICW1_LRST = 1 << 9,
    ICW1_ILOS = 1 << 4,
    ICW1_PM = 1 << 3,
    ICW1_LOAD_IDS = 3,

    ICW2_APM_PME = 1 << 15,
    ICW2_PAUSE = 3 << 12,
    ICW2_ANE = 1 << 11,
    ICW2_APM_82544 = 1 << 2,

    ICW3_APM = 1 << 10,

    /* LED0 and LED2 of LEDCTL's reset value */
    LEDS_DEFAULT = 0x0602,

    /* Sum of all 64 words; drivers check it, the chip does not */
    EE_SUM = 0xbaba,
};

/* 82545EM boards were sold without wake-up, and Linux knows */
static bool has_wake_up(const struct e1000 *d)
{
    return e1000_is(d, E1000_82540EM | E1000_82544GC);
}

void e1000_eeprom_init(struct e1000 *d)
{
    const struct nic_pci *pci = d->nic.model->pci;
    const uint8_t *mac = d->nic.mac;
    uint16_t *word = d->eeprom.word, sum = 0;

    for (unsigned i = 0; i < EEPROM93_WORDS_MAX; i++) {
        word[i] = 0;
    }
    for (unsigned i = 0; i < 3; i++) {
        word[i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
    }
    /* Not programmed: drivers use their defaults */
    word[EE_ID_LED] = word[EE_SERDES] = word[EE_PHY_CLASS] = UINT16_MAX;
    word[EE_PBA_NUMBER] = word[EE_PBA_NUMBER + 1] = UINT16_MAX;
    word[EE_ICW1] = ICW1_SIGNED | ICW1_FD | ICW1_PM | ICW1_LOAD_IDS;
    word[EE_SUBSYSTEM] = pci->subsystem;
    word[EE_SUBSYSTEM_VENDOR] = pci->subsystem_vendor;
    word[EE_DEVICE] = pci->device;
    word[EE_VENDOR] = pci->vendor;
    word[EE_ICW2] = ICW2_PAUSE | ICW2_ANE;
    if (has_wake_up(d)) {
        word[EE_ICW2] |= ICW2_APM_PME;
        word[EE_ICW2] |= e1000_is(d, E1000_82544GC) ? ICW2_APM_82544 : 0;
        word[EE_ICW3] = e1000_is(d, E1000_82544GC) ? 0 : ICW3_APM;
    }
    word[EE_LEDS] = LEDS_DEFAULT;
    for (unsigned i = 0; i < EE_CHECKSUM; i++) {
        sum = (uint16_t)(sum + word[i]);
    }
    word[EE_CHECKSUM] = (uint16_t)(EE_SUM - sum);
    eeprom93_power_on(&d->eeprom);
}

/* Set the bits of @mask in *@reg, or clear them */
static void put(uint32_t *reg, uint32_t mask, bool on)
{
    *reg = on ? *reg | mask : *reg & ~mask;
}

void e1000_eeprom_load(struct e1000 *d)
{
    const uint16_t *word = d->eeprom.word;
    uint16_t icw1 = word[EE_ICW1], icw2 = word[EE_ICW2];
    bool valid = (icw1 & ICW1_SIGNATURE) == ICW1_SIGNED;
    bool apm = icw2 & ICW2_APM_82544;

    eeprom93_pins(&d->eeprom, WORDS, false, false, false, 0);
    put(&d->reg.EECD, EECD_EE_PRES, valid);
    if (!valid) {
        return;
    }
    d->reg.RAL[0] = (uint32_t)word[1] << 16 | word[0];
    d->reg.RAH[0] = RAH_AV | word[2];
    put(&d->reg.CTRL, CTRL_FD, icw1 & ICW1_FD);
    put(&d->reg.CTRL, CTRL_LRST, icw1 & ICW1_LRST);
    put(&d->reg.CTRL, CTRL_ILOS, icw1 & ICW1_ILOS);
    put(&d->reg.CTRL, CTRL_FRCSPD, icw1 & ICW1_FRCSPD);
    if (e1000_is(d, E1000_82544GC)) {
        /* Magic packets are broadcasts mostly (SDM p159) */
        put(&d->reg.RCTL, RCTL_BAM, apm);
    } else {
        apm = word[EE_ICW3] & ICW3_APM;
        d->reg.LEDCTL = (d->reg.LEDCTL & 0xff00ff00) | (word[EE_LEDS] & 0xff) |
                        (uint32_t)(word[EE_LEDS] & 0xff00) << 8;
    }
    put(&d->reg.WUC, WUC_APME, apm);
    put(&d->reg.WUC, WUC_APMPME, icw2 & ICW2_APM_PME);
}

/* Carry out the read that EERD asks for, unless software has the EEPROM */
static void eerd_run(struct e1000 *d)
{
    unsigned addr = (d->reg.EERD & EERD_ADDR) >> EERD_ADDR_SHIFT;

    if (!(d->reg.EERD & EERD_START) || (d->reg.EECD & EECD_EE_REQ)) {
        return;
    }
    d->reg.EERD = (d->reg.EERD & EERD_ADDR) | EERD_DONE |
                  (uint32_t)d->eeprom.word[addr % WORDS] << EERD_DATA_SHIFT;
}

void e1000_eerd_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    if (w.val & EERD_START) {
        d->reg.EERD = (d->reg.EERD & EERD_ADDR) | EERD_START;
        eerd_run(d);
    }
}

void e1000_eecd_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);
    uint32_t eecd = d->reg.EECD;

    /* The 82544 has no such bit, and its driver does not ask */
    if (e1000_is(d, E1000_82544GC)) {
        d->reg.EECD = eecd & ~EECD_EE_REQ;
    }
    eeprom93_pins(&d->eeprom, WORDS, eecd & EECD_CS, eecd & EECD_SK,
                  eecd & EECD_DI, n->host->now(n));
    if (e1000_is(d, E1000_NEWER)) {
        eerd_run(d);
    }
}

uint32_t e1000_eecd_fetch(struct nic *n, unsigned i)
{
    struct e1000 *d = e1000_of(n);
    uint32_t eecd = d->reg.EECD & ~(EECD_DO | EECD_EE_GNT);

    if (eeprom93_do(&d->eeprom, n->host->now(n))) {
        eecd |= EECD_DO;
    }
    return eecd & EECD_EE_REQ ? eecd | EECD_EE_GNT : eecd;
}

static const struct reg eeprom_reg[] = {
    EEPROM93_ROWS(.keep = E1000_KEEP_ALL),
};

static uint16_t eeprom_map[1];

const struct regfile e1000_eeprom_regs = {
    .name = "EEPROM",
    .reg = eeprom_reg,
    .n = REGS_N(eeprom_reg),
    .base = offsetof(struct e1000, eeprom),
    .map = eeprom_map,
};
