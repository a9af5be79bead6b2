// SPDX-License-Identifier: MIT
/*
 * scribble-test.c - a guest that changes a packet while it is being sent
 *
 * Cards, net/port.c and net/offload.c as they work together: another processor
 * of the guest writes other headers over those of a packet to be cut, each time
 * when we have just looked (in turn), or all the time (in a second thread).
 * What leaves must have been made from one look at the headers, which nobody
 * can change any more, and a packet may only be left to the kernel to cut if it
 * is what it was said to be.
 */
#include <glib.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "hw/gpa.h"
#include "net/port.h"
#include "nic-host.h"
#include "rtl8139-card.h"

/* Of the e1000, in which some names are the same as in the RTL8139 */
enum {
    E1000_TCTL = 0x400,
    E1000_TDBAL = 0x3800,
    E1000_TDLEN = 0x3808,
    E1000_TDH = 0x3810,
    E1000_TDT = 0x3818,
    E1000_TCTL_EN = 2,
    /* Of a descriptor */
    E1000_EOP_IFCS_TSE_DEXT = 0x27 << 24,
    E1000_DATA = 1 << 20,
    E1000_BOTH_SUMS = 3 << 8,
    E1000_CONTEXT_TCP4 = 0x27 << 24,
};

enum {
    RING = 0x10000,
    PACKET = 0x40001, /* No good address for anything */
    HEAD = 54,
    MSS = 1448,
    PAYLOAD = 20 * MSS + 100,
    PACKETS = 400,
    ALL = OFFLOAD_CSUM | OFFLOAD_GSO4 | OFFLOAD_GSO6,
};

/**
 * struct seen - What left, since the last doorbell and in all
 * @head:   Of the packet's first frame
 * @frames: Of the packet
 * @cut:    Frames behind the first of their packets
 * @left:   Packets left to the kernel to cut
 */
struct seen {
    uint8_t head[HEAD];
    unsigned frames, cut, left;
};

static struct seen seen;
static struct port *port;
static struct nic_host with_port;
static bool in_turn;
static gint ending;

/* Fields that matter, what they are, and what else they might say */
static const struct {
    uint8_t at, right, wrong[3];
} fields[] = {
    { 12, 0x08, { 0x86, 0x81, 0 } },    { 13, 0x00, { 0xdd, 0, 6 } },
    { 14, 0x45, { 0x46, 0x4f, 0x60 } }, { 20, 0x40, { 0x20, 0x1f, 0 } },
    { 23, 6, { 17, 0, 58 } },           { 46, 0x50, { 0xf0, 0x60, 0 } },
    { 47, 0x10, { 0x12, 0x90, 0x39 } }, { 16, 0, { 0xff, 0x10, 1 } },
    { 26, 10, { 127, 0, 11 } },         { 36, 1, { 2, 3, 4 } },
};

static void scribble(void)
{
    static uint32_t state = 1;
    volatile uint8_t *p = host.ram + PACKET;

    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        state = state * 1664525 + 1013904223;
        p[fields[i].at] =
            state >> 29 ? fields[i].right : fields[i].wrong[(state >> 24) % 3];
    }
    /* Never the same twice */
    p[35]++;
    p[34] = (uint8_t)(p[34] + !p[35]);
    p[HEAD + state % PAYLOAD] ^= 1;
}

static gpointer scribble_on(gpointer data)
{
    while (!g_atomic_int_get(&ending)) {
        scribble();
    }
    return NULL;
}

static void make_packet(void)
{
    uint8_t *p = host.ram + PACKET;

    memset(p, 0, HEAD + PAYLOAD);
    memset(p, 0x52, 12);
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        p[fields[i].at] = fields[i].right;
    }
}

static bool is_guests(const void *p)
{
    const uint8_t *at = p;

    return at >= host.ram && at < host.ram + HOST_RAM;
}

/* What the kernel goes by when it cuts */
static void check_left(const uint8_t *p, const struct offload_hdr *off)
{
    g_assert_cmphex(off->gso_type, ==, VIRTIO_NET_HDR_GSO_TCPV4);
    g_assert_cmpuint(off->gso_size, ==, MSS);
    g_assert_cmpuint(off->hdr_len, ==, 34 + 4 * (p[46] >> 4));
    g_assert_cmpuint(off->csum_start, ==, 34);
    g_assert_cmphex(be16_at(p + 12), ==, 0x0800);
    g_assert_cmphex(p[14], ==, 0x45);
    g_assert_cmpuint(be16_at(p + 16), ==, HEAD - 14 + PAYLOAD);
    g_assert_cmphex(be16_at(p + 20) & 0x3fff, ==, 0);
    g_assert_cmpuint(p[23], ==, 6);
    g_assert_cmphex(p[47] & 0x86, ==, 0);
}

/* port_ops.send */
static bool take(void *opaque, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off)
{
    uint8_t head[HEAD];

    g_assert_cmpuint(iov[0].iov_len, >=, HEAD);
    g_assert_false(is_guests(iov[0].iov_base));
    memcpy(head, iov[0].iov_base, HEAD);
    if (in_turn) {
        scribble();
    }
    if (!seen.frames++) {
        memcpy(seen.head, head, HEAD);
    } else {
        /* All that is not patched, on every card */
        g_assert_cmpmem(head, 16, seen.head, 16);
        g_assert_cmpmem(head + 20, 4, seen.head + 20, 4);
        g_assert_cmpmem(head + 26, 12, seen.head + 26, 12);
        seen.cut++;
    }
    if (off && off->gso_type) {
        check_left(head, off);
        seen.left++;
    }
    g_assert_cmpmem(iov[0].iov_base, HEAD, head, HEAD);
    return true;
}

static const void *map(void *opaque, gpa_t at, size_t *len)
{
    if (in_turn) {
        scribble();
    }
    if (at.addr >= HOST_RAM) {
        return NULL;
    }
    *len = MIN(*len, HOST_RAM - at.addr);
    return host.ram + at.addr;
}

static void nothing(void *opaque)
{
}

static const struct port_ops ops = {
    .map = map,
    .send = take,
    .flush = nothing,
    .defer = nothing,
};

/* nic_host.send */
static bool send_on(struct nic *n, struct nic_frame *f)
{
    if (in_turn) {
        scribble();
    }
    return port_send(port, f);
}

/* nic_host.dma_read: another processor is at it before, and after */
static bool read_between(struct nic *n, gpa_t at, void *p, size_t len)
{
    bool ok;

    scribble();
    ok = at.addr < HOST_RAM && len <= HOST_RAM - at.addr;
    if (ok) {
        memcpy(p, host.ram + at.addr, len);
    }
    scribble();
    return ok;
}

/* With a port between the card and us */
static void plug(unsigned caps)
{
    with_port = *host.nic->host;
    with_port.send = send_on;
    if (in_turn) {
        with_port.dma_read = read_between;
    }
    host.nic->host = &with_port;
    port = port_new(host.nic, &ops, NULL, caps);
}

static void e1000_start(void)
{
    host_start("e1000");
    wr(E1000_TDBAL, RING);
    wr(E1000_TDLEN, 8 * 16);
    wr(E1000_TCTL, E1000_TCTL_EN);
}

static void e1000_send(void)
{
    wr(E1000_TDH, 0);
    wr(E1000_TDT, 0);
    put64(RING, 14 | 24 << 8 | 33 << 16 | 34ull << 32 | 50ull << 40);
    put32(RING + 8, PAYLOAD | E1000_CONTEXT_TCP4);
    put32(RING + 12, HEAD << 8 | MSS << 16);
    put64(RING + 16, PACKET);
    put32(RING + 24, (HEAD + PAYLOAD) | E1000_DATA | E1000_EOP_IFCS_TSE_DEXT);
    put32(RING + 28, E1000_BOTH_SUMS);
    wr(E1000_TDT, 2);
}

static void rtl8139_start(void)
{
    card_start_cp(1, 2048, 0);
}

static void rtl8139_send(void)
{
    card_desc(TX_AT,
              D_OWN | D_EOR | D_FS | D_LS | TXD_LGSEN | TXD_MSS(MSS) |
                  (HEAD + PAYLOAD),
              0, PACKET);
    wr8(TPPOLL, TPPOLL_NPQ);
}

/* Packets by one card, with @caps of the receiver */
static void check_card(void (*start)(void), void (*doorbell)(void),
                       unsigned caps, struct seen *sum)
{
    GThread *other;

    start();
    make_packet();
    plug(caps);
    g_atomic_int_set(&ending, 0);
    other = in_turn ? NULL : g_thread_new("other", scribble_on, NULL);
    memset(&seen, 0, sizeof(seen));
    for (unsigned i = 0; i < PACKETS; i++) {
        seen.frames = 0;
        doorbell();
        port_run(port);
    }
    g_atomic_int_set(&ending, 1);
    if (other) {
        g_thread_join(other);
    }
    port_free(port);
    host_stop();
    sum->cut += seen.cut;
    sum->left += seen.left;
}

static void check_all(void (*start)(void), void (*doorbell)(void))
{
    struct seen plain = { .frames = 0 }, whole = { .frames = 0 };

    for (unsigned i = 0; i < 2; i++) {
        in_turn = i;
        check_card(start, doorbell, 0, &plain);
        check_card(start, doorbell, ALL, &whole);
    }
    g_test_message("%u segments; %u packets left to the kernel, %u segments "
                   "of others",
                   plain.cut, whole.left, whole.cut);
    /* Both happened, or nothing was tested */
    g_assert_cmpuint(plain.cut, >, PACKETS);
    g_assert_cmpuint(whole.left, >, 0);
}

static void test_e1000(void)
{
    check_all(e1000_start, e1000_send);
}

static void test_rtl8139(void)
{
    check_all(rtl8139_start, rtl8139_send);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scribble/e1000", test_e1000);
    g_test_add_func("/scribble/rtl8139", test_rtl8139);
    return g_test_run();
}
