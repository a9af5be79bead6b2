// SPDX-License-Identifier: MIT
/*
 * ne2000-drive.c - what every driver of an NE2000 does, for tests
 */
#include "ne2000-drive.h"

#include <glib.h>
#include <string.h>

#include "nic-host.h"

static bool moves;

void ne_move(void)
{
    size_t len = nic_save(host.nic, NULL, 0);
    g_autofree uint8_t *state = g_malloc(len);
    unsigned ready = host.ready, edges = host.edges;

    nic_save(host.nic, state, len);
    g_assert_null(nic_load(host.nic, state, len));
    /* Not the card's doing */
    host.ready = ready;
    host.edges = edges;
}

static void moving(gconstpointer fn)
{
    void (*test)(void) = (void (*)(void))(uintptr_t)fn;

    moves = true;
    test();
    moves = false;
}

void ne_add(const char *path, void (*test)(void))
{
    g_autofree char *twice = g_strconcat(path, "/moved", NULL);

    g_test_add_func(path, test);
    g_test_add_data_func(twice, (gconstpointer)(uintptr_t)test, moving);
}

uint8_t in(unsigned port)
{
    if (moves) {
        ne_move();
    }
    return (uint8_t)host_read(0, port, 1);
}

void out(unsigned port, uint8_t val)
{
    if (moves) {
        ne_move();
    }
    host_write(0, port, 1, val);
}

uint8_t in1(unsigned port)
{
    uint8_t val;

    out(NE_CR, 0x60);
    val = in(port);
    out(NE_CR, 0x20);
    return val;
}

void out1(unsigned port, uint8_t val)
{
    out(NE_CR, 0x60);
    out(port, val);
    out(NE_CR, 0x20);
}

void ne_remote(uint8_t cr, uint16_t at, uint16_t len)
{
    out(NE_RBCR0, (uint8_t)len);
    out(NE_RBCR1, (uint8_t)(len >> 8));
    out(NE_RSAR0, (uint8_t)at);
    out(NE_RSAR1, (uint8_t)(at >> 8));
    out(NE_CR, cr);
}

void ne_write(uint16_t at, const void *p, size_t len)
{
    const uint8_t *b = p;

    out(NE_ISR, RDC);
    ne_remote(0x12, at, (uint16_t)len);
    for (size_t i = 0; i < len; i += 2) {
        host_write(0, NE_DATA, 2, (uint32_t)(b[i] | b[i + 1] << 8));
    }
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    out(NE_ISR, RDC);
}

void ne_read(uint16_t at, void *p, size_t len)
{
    uint8_t *b = p;

    ne_remote(0x0a, at, (uint16_t)len);
    for (size_t i = 0; i < len; i += 2) {
        uint32_t val = host_read(0, NE_DATA, 2);

        b[i] = (uint8_t)val;
        b[i + 1] = (uint8_t)(val >> 8);
    }
    g_assert_cmphex(in(NE_ISR)&RDC, ==, RDC);
    out(NE_ISR, RDC);
}

void ne_init(uint8_t imr)
{
    out(NE_CR, 0x21);
    out(NE_DCR, 0x49);
    out(NE_RBCR0, 0);
    out(NE_RBCR1, 0);
    out(NE_RCR, 0x20);
    out(NE_TCR, 0x02);
    out(NE_TPSR, NE_TX);
    out(NE_PSTART, NE_FIRST);
    out(NE_BNRY, NE_STOP - 1);
    out(NE_PSTOP, NE_STOP);
    out(NE_ISR, 0xff);
    out(NE_IMR, 0);
    out(NE_CR, 0x61);
    for (unsigned i = 0; i < 6; i++) {
        out(NE_PAR + i, host.nic->mac[i]);
    }
    out(NE_CURR, NE_FIRST);
    out(NE_CR, 0x21);
    out(NE_ISR, 0xff);
    out(NE_IMR, imr);
    out(NE_CR, 0x22);
    out(NE_TCR, 0);
    out(NE_RCR, 0x04);
}

void ne_start(const char *model, uint8_t imr)
{
    host_start(model);
    ne_init(imr);
}

void ne_send(uint16_t len)
{
    out(NE_TPSR, NE_TX);
    out(NE_TBCR0, (uint8_t)len);
    out(NE_TBCR1, (uint8_t)(len >> 8));
    out(NE_CR, 0x26);
}

void ne_frame(uint8_t *f, size_t len, uint8_t fill)
{
    memset(f, fill, len);
    memcpy(f, host.nic->mac, 6);
    memcpy(f + 6, "\x02\0\0\0\0\1", 6);
}

bool ne_offer(size_t len, uint8_t fill)
{
    uint8_t *f = g_malloc(len);
    bool taken;

    ne_frame(f, len, fill);
    taken = host_receive(f, len, 0);
    g_free(f);
    return taken;
}

static uint8_t ring_after(unsigned page)
{
    return (uint8_t)(page + 1 >= NE_STOP ? NE_FIRST : page + 1);
}

unsigned ne_poll(unsigned max)
{
    unsigned n = 0;

    for (; n < max; n++) {
        uint8_t page = ring_after(in(NE_BNRY)), header[4], data[2048];
        unsigned count, next;

        if (page == in1(NE_CURR)) {
            break;
        }
        ne_read((uint16_t)(page << 8), header, 4);
        count = header[2] | (unsigned)header[3] << 8;
        g_assert_cmphex(header[0] & 0x0f, ==, 0x01);
        g_assert_cmpuint(count, >=, 64);
        g_assert_cmpuint(count, <=, sizeof(data));
        next = page + (count + 4 + 255) / 256;
        next = next >= NE_STOP ? next - (NE_STOP - NE_FIRST) : next;
        g_assert_cmphex(header[1], ==, next);
        ne_read((uint16_t)(page * 256 + 4), data, (count + 1) & ~1u);
        g_assert_cmpmem(data, 6, host.nic->mac, 6);
        g_assert_cmphex(host_crc(data, count), ==, 0x2144df1c);
        /* Not wrapped: before the ring if the next frame is at its start */
        out(NE_BNRY, (uint8_t)(next - 1));
    }
    return n;
}
