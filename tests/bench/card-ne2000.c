// SPDX-License-Identifier: MIT
/*
 * card-ne2000.c - a driver of the ne2k_pci: each byte goes through a command
 *
 * The commands of a frame are sent at once and answered in a row, so this
 * measures how fast commands are read, run and answered.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum {
    CR = 0x00,
    PSTART = 0x01,
    PSTOP = 0x02,
    BNRY = 0x03,
    TPSR = 0x04,
    TBCR0 = 0x05,
    ISR = 0x07,
    RSAR0 = 0x08,
    RBCR0 = 0x0a,
    RCR = 0x0c,
    TCR = 0x0d,
    DCR = 0x0e,
    IMR = 0x0f,
    DATA = 0x10,

    CR_STOP = 0x21,
    CR_START = 0x22,
    CR_WRITE = 0x12,
    CR_SEND = 0x26,
    CR_TXP = 0x04,
    RDC = 0x40,
    TX_PAGE = 0x40,
    RX_PAGE = 0x46,
    END_PAGE = 0x80,
};

static char text[32768];
static size_t text_len;
static unsigned commands;

static void add(const char *how, unsigned at, unsigned val)
{
    text_len += (size_t)snprintf(text + text_len, sizeof(text) - text_len,
                                 "%s 0x%x 0x%x\n", how, PORT_BASE + at, val);
    commands++;
}

static void add_pair(unsigned at, unsigned val)
{
    add("outb", at, val & 0xff);
    add("outb", at + 1, val >> 8);
}

static void tx_kick(struct emu *emu)
{
    emu_post(emu, text, text_len);
}

static void answers(struct emu *emu)
{
    for (; commands; commands--) {
        emu_answer(emu);
    }
    text_len = 0;
}

static void tx_init(struct emu *emu, const struct flow *f)
{
    emu_config(emu, 0x10, PORT_BASE);
    emu_config(emu, 0x04, 0x5);
    add("outb", CR, CR_STOP);
    add("outb", DCR, 0x49); /* 16 bits, normal operation, FIFO of 8 */
    add_pair(RBCR0, 0);
    add("outb", RCR, 0);
    add("outb", TCR, 0);
    add("outb", PSTART, RX_PAGE);
    add("outb", PSTOP, END_PAGE);
    add("outb", BNRY, END_PAGE - 1);
    add("outb", ISR, 0xff);
    add("outb", IMR, 0);
    add("outb", CR, CR_START);
    tx_kick(emu);
    answers(emu);
}

static void tx_fill(struct emu *emu, const struct flow *f, uint32_t seq,
                    unsigned n)
{
    uint8_t buf[BUF_SIZE] = { 0 };
    unsigned len = flow_frame(f, seq, buf), all = (len + 3) & ~3u;

    add_pair(RBCR0, all);
    add_pair(RSAR0, TX_PAGE << 8);
    add("outb", CR, CR_WRITE);
    for (unsigned i = 0; i < all; i += 4) {
        uint32_t val;

        memcpy(&val, buf + i, 4);
        add("outl", DATA, val);
    }
    add("outb", ISR, RDC);
    add("outb", TPSR, TX_PAGE);
    add_pair(TBCR0, len);
    add("outb", CR, CR_SEND);
}

static void tx_wait(struct emu *emu)
{
    unsigned tries = 0;

    answers(emu);
    while (emu_read(emu, "inb", PORT_BASE + CR) & CR_TXP) {
        if (++tries > 1000) {
            fail("verification: %s does not finish a frame", emu->name);
        }
    }
}

const struct card card_ne2000 = {
    .model = "ne2k_pci",
    .tx_init = tx_init,
    .tx_fill = tx_fill,
    .tx_kick = tx_kick,
    .tx_wait = tx_wait,
};
