// SPDX-License-Identifier: MIT
/*
 * e1000-ring.c - an e1000 with a receive ring, and frames for it
 */
#include "e1000-ring.h"

#include <glib.h>
#include <string.h>

const uint8_t ring_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
const uint8_t ring_broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static uint32_t buf_at(unsigned i)
{
    return BUF_AT + i * BUF_STRIDE;
}

void ring_renew(unsigned i)
{
    g_assert_cmpuint(i, <, RING_MAX);
    memset(host.ram + buf_at(i), BUF_FILL, BUF_STRIDE);
    put64(RING_AT + 16 * i, buf_at(i));
    put64(RING_AT + 16 * i + 8, 0);
}

void ring_start(const char *model, unsigned n, uint32_t rctl)
{
    host_start(model);
    g_assert_cmphex(rd(STATUS) & STATUS_LU, !=, 0);
    for (unsigned i = 0; i < n; i++) {
        ring_renew(i);
    }
    wr(RDBAL, RING_AT);
    wr(RDBAH, 0);
    wr(RDLEN, n * 16);
    wr(RDH, 0);
    wr(RDT, n - 1);
    wr(RCTL, RCTL_EN | RCTL_BAM | rctl);
    rd(ICR);
    host.ready = 0;
}

struct rx_desc ring_desc(unsigned i)
{
    struct rx_desc desc = {
        .addr = get64(RING_AT + 16 * i),
        .length = get16(RING_AT + 16 * i + 8),
        .csum = get16(RING_AT + 16 * i + 10),
        .status = host.ram[RING_AT + 16 * i + 12],
        .errors = host.ram[RING_AT + 16 * i + 13],
        .special = get16(RING_AT + 16 * i + 14),
    };

    return desc;
}

const uint8_t *ring_buf(unsigned i)
{
    return host.ram + buf_at(i);
}

void ring_expect(unsigned i, unsigned status, unsigned errors, unsigned length)
{
    struct rx_desc desc = ring_desc(i);

    g_assert_cmphex(desc.status, ==, status);
    g_assert_cmphex(desc.errors, ==, errors);
    g_assert_cmpuint(desc.length, ==, length);
}

void ring_expect_free(unsigned i)
{
    g_assert_cmphex(get64(RING_AT + 16 * i + 8), ==, 0);
    g_assert_cmphex(ring_buf(i)[0], ==, BUF_FILL);
}

void frame_init(struct frame *f, const uint8_t *to, uint16_t type, size_t len)
{
    g_assert_cmpuint(len, <=, sizeof(f->data));
    for (size_t i = 0; i < len; i++) {
        f->data[i] = (uint8_t)(i * 7 + i / 256 + 1);
    }
    memcpy(f->data, to, 6);
    memcpy(f->data + 6, "\x52\x55\x0a\x00\x02\x02", 6);
    be16_store(f->data + 12, type);
    f->len = len;
}

void frame_tag(struct frame *f, uint16_t type, uint16_t tci)
{
    memmove(f->data + 16, f->data + 12, f->len - 12);
    be16_store(f->data + 12, type);
    be16_store(f->data + 14, tci);
    f->len += 4;
}

bool frame_offer(const struct frame *f, unsigned flags)
{
    /* A copy that ends where the frame does, for the sanitizer */
    uint8_t *exact = g_memdup2(f->data, f->len);
    bool taken = host_receive(exact, f->len, flags);

    g_free(exact);
    return taken;
}

bool frame_offer_fcs(const struct frame *f, uint32_t damage, unsigned flags)
{
    uint32_t fcs = host_crc(f->data, f->len) ^ damage;
    uint8_t *all = g_malloc(f->len + 4);
    bool taken;

    memcpy(all, f->data, f->len);
    for (unsigned i = 0; i < 4; i++) {
        all[f->len + i] = (uint8_t)(fcs >> (8 * i));
    }
    taken = host_receive(all, f->len + 4, flags | NIC_RX_FCS);
    g_free(all);
    return taken;
}
