// SPDX-License-Identifier: MIT
/*
 * rtl8139-card.c - an RTL8139 as drivers see it, for its tests
 */
#include "rtl8139-card.h"

#include <glib.h>
#include <string.h>

const uint8_t card_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
const uint8_t card_broadcast[6] = { 255, 255, 255, 255, 255, 255 };
const uint8_t card_other[6] = { 0x52, 0x54, 0x00, 0x99, 0x99, 0x99 };

uint8_t rd8(uint32_t off)
{
    return (uint8_t)host_read(1, off, 1);
}

uint16_t rd16(uint32_t off)
{
    return (uint16_t)host_read(1, off, 2);
}

void wr8(uint32_t off, uint8_t val)
{
    host_write(1, off, 1, val);
}

void wr16(uint32_t off, uint16_t val)
{
    host_write(1, off, 2, val);
}

uint16_t card_ack(void)
{
    uint16_t isr = rd16(ISR);

    wr16(ISR, isr);
    return isr;
}

void card_start_c(const char *model, unsigned rblen, uint32_t rcr)
{
    host_start(model);
    wr8(CR, CR_RST);
    wr(RBSTART, RING_AT);
    wr8(CR, CR_RE | CR_TE);
    wr(RCR, 0x0e | rblen << 11 | rcr);
    wr(TCR, 0x600);
    memset(host.ram + RING_AT, BUF_FILL, 0x14000);
    card_ack();
    host.ready = 0;
}

void card_desc(uint32_t at, uint32_t command, uint32_t tag, uint32_t buf)
{
    put32(at + 4, tag);
    put64(at + 8, buf);
    put32(at, command);
}

void card_start_cp(unsigned n, unsigned size, uint32_t rcr)
{
    host_start("rtl8139");
    wr8(CR, CR_RST);
    wr16(CPCR, 0x2b);
    for (unsigned i = 0; i < n; i++) {
        uint32_t last = i + 1 == n ? (uint32_t)D_EOR : 0;

        card_desc(RX_AT + 16 * i, (uint32_t)D_OWN | last | size, 0,
                  BUF_AT + i * BUF_STRIDE);
    }
    memset(host.ram + BUF_AT, BUF_FILL, n * BUF_STRIDE);
    wr(RDSAR, RX_AT);
    wr(RDSAR + 4, 0);
    wr(TNPDS, TX_AT);
    wr(TNPDS + 4, 0);
    wr(THPDS, HIGH_AT);
    wr(THPDS + 4, 0);
    wr8(CR, CR_RE | CR_TE);
    wr(RCR, 0x0e | rcr);
    wr(TCR, 0x600);
    card_ack();
    host.ready = 0;
}

const uint8_t *card_frame(const uint8_t *to, size_t len)
{
    static uint8_t frame[NIC_RX_MAX + 4];

    g_assert_cmpuint(len, <=, NIC_RX_MAX);
    for (size_t i = 0; i < len; i++) {
        frame[i] = (uint8_t)(i * 7 + i / 256 + 1);
    }
    memcpy(frame, to, 6);
    memcpy(frame + 6, "\x52\x55\x0a\x00\x02\x02\x88\xb5", 8);
    return frame;
}

bool card_offer(const uint8_t *to, size_t len, uint32_t damage)
{
    const uint8_t *frame = card_frame(to, len);
    uint8_t *all = g_malloc(len + 4);
    uint32_t fcs = host_crc(frame, len) ^ damage;
    bool taken;

    memcpy(all, frame, len);
    for (unsigned i = 0; i < 4; i++) {
        all[len + i] = (uint8_t)(fcs >> (8 * i));
    }
    taken = damage ? host_receive(all, len + 4, NIC_RX_FCS)
                   : host_receive(frame, len, 0);
    g_free(all);
    return taken;
}

uint64_t card_event(const char *name)
{
    const struct nic_model *m = host.nic->model;

    for (unsigned i = 0; i < m->n_events; i++) {
        if (!strcmp(m->event[i].name, name)) {
            return host.nic->events[i];
        }
    }
    g_assert_not_reached();
}
