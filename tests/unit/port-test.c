// SPDX-License-Identifier: MIT
/*
 * port-test.c - net/port.c between a card and a backend made for the test
 */
#include <glib.h>
#include <string.h>
#include <zlib.h>

#include "net/port.h"

enum {
    RAM = 1 << 20,
    HOLE = 0x20000, /* A page that is readable but not mapped */
    VOID = 0x40000, /* A page that is neither */
    PAGE = 4096,
    WORK_TX = 1,
    WORK_OTHER = 2,
};

/* The card: sends @to_send frames of @frame when it runs */
static struct card {
    struct nic nic;
    struct nic_frame frame;
    unsigned to_send, visits, got, refuse, last_flags;
    size_t last_len;
    uint32_t last_work;
    uint8_t last[NIC_RX_MAX + 4];
} card;

/* The machine and the backend */
static uint8_t ram[RAM];
static struct port *port;
static unsigned deferred, flushed, maps, unmaps;
static bool full;
static unsigned n_sent;
static size_t sent_bytes;
static uint8_t sent[70000];
static size_t sent_len;

static void card_run(struct nic *n, uint32_t work)
{
    card.visits++;
    card.last_work = work;
    while (card.to_send) {
        card.to_send--;
        if (!nic_send(n, &card.frame)) {
            return;
        }
    }
}

static bool card_receive(struct nic *n, const struct nic_rx *rx)
{
    size_t at = 0;

    if (card.refuse) {
        card.refuse--;
        return false;
    }
    g_assert_cmpuint(rx->buf[0].len, >=, MIN(rx->len, NIC_RX_HEAD));
    for (unsigned i = 0; i < rx->n; i++) {
        memcpy(card.last + at, rx->buf[i].data, rx->buf[i].len);
        at += rx->buf[i].len;
    }
    g_assert_cmpuint(at, ==, rx->len);
    card.got++;
    card.last_len = rx->len;
    card.last_flags = rx->flags;
    return true;
}

static const struct regfile *const no_regs[] = { NULL };
static const struct nic_model model = {
    .name = "card",
    .size = sizeof(struct card),
    .regs = no_regs,
    .run = card_run,
    .receive = card_receive,
};

static bool in_page(uint64_t at, uint64_t page)
{
    return at >= page && at < page + PAGE;
}

static bool dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    g_assert_false(len > RAM);
    if (at.addr >= RAM || len > RAM - at.addr || in_page(at.addr, VOID)) {
        return false;
    }
    memcpy(p, ram + at.addr, len);
    return true;
}

static void wake(struct nic *n)
{
    deferred++;
}

static bool host_send(struct nic *n, struct nic_frame *f)
{
    return port_send(port, f);
}

static void rx_ready(struct nic *n)
{
    if (port) {
        port_rx_ready(port);
    }
}

static const struct nic_host host = {
    .dma_read = dma_read,
    .send = host_send,
    .wake = wake,
    .rx_ready = rx_ready,
};

static const void *map(void *h, gpa_t at, size_t *len)
{
    size_t page = PAGE - (at.addr & (PAGE - 1));

    if (at.addr >= RAM || in_page(at.addr, HOLE) || in_page(at.addr, VOID)) {
        return NULL;
    }
    *len = MIN(*len, page);
    maps++;
    return ram + at.addr;
}

static void unmap(void *h, const void *p, size_t len)
{
    unmaps++;
}

static bool backend_send(void *h, const struct iovec *iov, unsigned n,
                         const struct offload_hdr *off)
{
    if (full) {
        return false;
    }
    sent_len = 0;
    for (unsigned i = 0; i < n; i++) {
        memcpy(sent + sent_len, iov[i].iov_base, iov[i].iov_len);
        sent_len += iov[i].iov_len;
    }
    sent_bytes += sent_len;
    n_sent++;
    return true;
}

static void backend_flush(void *h)
{
    flushed++;
}

static void defer(void *h)
{
    deferred++;
}

static const struct port_ops ops = {
    .map = map,
    .send = backend_send,
    .flush = backend_flush,
    .defer = defer,
};

static struct port_stats stats(void)
{
    struct port_stats st;

    port_stats(port, &st);
    return st;
}

static void start(void)
{
    memset(&card, 0, sizeof(card));
    for (unsigned i = 0; i < RAM; i++) {
        ram[i] = (uint8_t)g_test_rand_int();
    }
    deferred = flushed = maps = unmaps = n_sent = 0;
    sent_bytes = 0;
    full = false;
    nic_init(&card.nic, &model, &host);
    nic_set_bus_master(&card.nic, true);
    port = port_new(&card.nic, &ops, NULL, 0);
    deferred = 0;
}

static void stop(void)
{
    port_free(port);
    port = NULL;
}

/* A frame with @head private bytes of 0x11 and @n pieces */
static void frame(size_t head, const struct nic_piece *piece, unsigned n)
{
    memset(&card.frame, 0, sizeof(card.frame));
    memset(card.frame.head, 0x11, head);
    card.frame.head_len = (uint16_t)head;
    card.frame.len = (uint32_t)head;
    card.frame.piece = piece;
    card.frame.n_pieces = (uint16_t)n;
    for (unsigned i = 0; i < n; i++) {
        card.frame.len += piece[i].len;
    }
}

/* The card sends @n frames in visits, as the machine runs them */
static void run(unsigned n)
{
    card.to_send = n;
    nic_kick(&card.nic, WORK_TX);
    while (port_run(port)) {
    }
}

static void check_sent(const struct nic_piece *piece, unsigned n)
{
    size_t at = card.frame.head_len;

    g_assert_cmpuint(sent_len, ==, card.frame.len);
    g_assert_true(!memcmp(sent, card.frame.head, at));
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *from =
            piece[i].own ? piece[i].own : ram + piece[i].at.addr;

        g_assert_true(!memcmp(sent + at, from, piece[i].len));
        at += piece[i].len;
    }
}

static void test_pieces(void)
{
    static const struct nic_piece plain[] = { { { 0x1000 }, 100 },
                                              { { 0x3ff0 }, 5000 },
                                              { { 0x9001 }, 0 },
                                              { { 0x5378 }, 13 } };
    static const struct nic_piece holes[] = { { { HOLE - 10 }, PAGE + 20 },
                                              { { HOLE + 5 }, 7 },
                                              { { 0x100 }, 50 } };
    static const struct nic_piece bad[] = { { { 0x1000 }, 100 },
                                            { { VOID - 10 }, 20 } };
    static const uint8_t card_ram[1500] = { 1, 2, 3 };
    static const struct nic_piece own[] = { { { VOID }, 700, card_ram },
                                            { { 0x1000 }, 10 },
                                            { { VOID }, 1500, card_ram } };
    static const struct nic_piece wild[] = { { { UINT64_MAX - 10 }, 100 } };

    start();
    frame(54, plain, 4);
    run(1);
    g_assert_cmpuint(n_sent, ==, 1);
    check_sent(plain, 4);

    frame(14, holes, 3);
    run(1);
    g_assert_cmpuint(n_sent, ==, 2);
    check_sent(holes, 3);

    frame(14, own, 3);
    run(1);
    g_assert_cmpuint(n_sent, ==, 3);
    check_sent(own, 3);

    frame(14, bad, 2);
    run(1);
    g_assert_cmpuint(n_sent, ==, 3);
    g_assert_cmpuint(stats().dropped, ==, 1);
    frame(14, wild, 1);
    run(1);
    g_assert_cmpuint(n_sent, ==, 3);
    g_assert_cmpuint(stats().dropped, ==, 2);
    g_assert_cmpuint(card.nic.dma_faults, ==, 2);
    stop();
}

static void test_unmap(void)
{
    static const struct port_ops with_unmap = {
        .map = map,
        .unmap = unmap,
        .send = backend_send,
        .flush = backend_flush,
        .defer = defer,
    };
    struct nic_piece piece[NIC_PIECES_MAX];

    start();
    port_free(port);
    port = port_new(&card.nic, &with_unmap, NULL, 0);
    for (unsigned i = 0; i < NIC_PIECES_MAX; i++) {
        piece[i] = (struct nic_piece){ { i * 256u }, 30 };
    }
    frame(60, piece, NIC_PIECES_MAX);
    run(1);
    g_assert_cmpuint(n_sent, ==, 1);
    g_assert_cmpuint(maps, ==, unmaps);
    check_sent(piece, NIC_PIECES_MAX);

    /* More mappings than a frame can have: dropped, and nothing stays mapped */
    for (unsigned i = 0; i < NIC_PIECES_MAX; i++) {
        piece[i] = (struct nic_piece){ { 0x10fff }, 4098 };
    }
    frame(60, piece, NIC_PIECES_MAX);
    run(1);
    g_assert_cmpuint(n_sent, ==, 1);
    g_assert_cmpuint(stats().dropped, ==, 1);
    g_assert_cmpuint(maps, ==, unmaps);
    stop();
}

/* Bytes that are not mapped are bounded */
static void test_bounce_bound(void)
{
    struct nic_piece piece[NIC_PIECES_MAX];

    start();
    for (unsigned i = 0; i < NIC_PIECES_MAX; i++) {
        piece[i] = (struct nic_piece){ { HOLE }, PAGE };
    }
    frame(60, piece, 17);
    card.frame.gso.type = NIC_GSO_TCP;
    card.frame.gso.mss = 1000;
    card.frame.gso.hdr_len = 54;
    run(1);
    g_assert_cmpuint(n_sent, ==, 0);
    g_assert_cmpuint(stats().dropped, ==, 1);
    card.frame.n_pieces = 16;
    card.frame.len -= PAGE;
    run(1);
    g_assert_cmpuint(n_sent, ==, (16 * PAGE + 6 + 999) / 1000);
    g_assert_cmpuint(stats().segments, ==, n_sent);
    stop();
}

static void test_congestion(void)
{
    start();
    frame(100, NULL, 0);
    full = true;
    card.to_send = 10;
    nic_kick(&card.nic, WORK_TX | WORK_OTHER);
    g_assert_false(port_run(port));
    /* The visit ended with the frame that was refused, which is kept */
    g_assert_cmpuint(card.to_send, ==, 9);
    g_assert_cmpuint(stats().queued, ==, 1);
    g_assert_cmpuint(card.visits, ==, 1);

    /* Nothing runs, whatever is kicked */
    nic_kick(&card.nic, WORK_TX);
    g_assert_false(port_run(port));
    g_assert_cmpuint(card.visits, ==, 1);
    port_writable(port);
    g_assert_cmpuint(n_sent, ==, 0);

    full = false;
    deferred = 0;
    port_writable(port);
    g_assert_cmpuint(n_sent, ==, 1);
    g_assert_cmpuint(deferred, >=, 1);
    while (port_run(port)) {
    }
    /* The work of the visit that ended was given again */
    g_assert_cmphex(card.last_work, ==, WORK_TX | WORK_OTHER);
    g_assert_cmpuint(card.to_send, ==, 0);
    g_assert_cmpuint(n_sent, ==, 10);
    g_assert_cmpuint(stats().sent, ==, 10);
    g_assert_cmpuint(stats().dropped, ==, 0);
    stop();
}

/* A state that is saved while the backend is busy has the work in it */
static void test_settle(void)
{
    start();
    frame(100, NULL, 0);
    full = true;
    card.to_send = 3;
    nic_kick(&card.nic, WORK_TX);
    g_assert_false(port_run(port));
    g_assert_cmpuint(card.nic.work, ==, 0);
    port_settle(port);
    g_assert_cmpuint(card.nic.work, ==, WORK_TX);
    port_settle(port);
    g_assert_cmpuint(card.nic.work, ==, WORK_TX);
    stop();
}

/* A card that goes on sending, and a backend that never takes anything */
static void test_queue_bound(void)
{
    struct nic_piece piece[16];

    start();
    for (unsigned i = 0; i < 16; i++) {
        piece[i] = (struct nic_piece){ { 0x10000 }, 65535 };
    }
    frame(60, piece, 16);
    card.frame.gso.type = NIC_GSO_TCP;
    card.frame.gso.mss = 1448;
    card.frame.gso.hdr_len = 54;
    full = true;
    for (unsigned i = 0; i < 50; i++) {
        g_assert_false(nic_send(&card.nic, &card.frame));
    }
    g_assert_cmpuint(stats().queued * 1502, <=, 1 << 19);
    g_assert_cmpuint(stats().queued, >, 64);
    g_assert_cmpuint(stats().dropped, >=, 50);
    port_reset(port);
    full = false;
    port_writable(port);
    g_assert_cmpuint(n_sent, ==, 0);
    /* and is freed with frames in it */
    full = true;
    g_assert_false(nic_send(&card.nic, &card.frame));
    stop();
}

/* A card with endless work does not keep the machine */
static void test_visit_bound(void)
{
    start();
    frame(60, NULL, 0);
    card.to_send = 1000000;
    nic_kick(&card.nic, WORK_TX);
    g_assert_true(port_run(port));
    g_assert_cmpuint(n_sent, ==, 1024);
    g_assert_true(port_run(port));
    g_assert_cmpuint(n_sent, ==, 2048);
    /* Without bus mastering nothing can be done now, so nothing is claimed */
    nic_set_bus_master(&card.nic, false);
    g_assert_false(port_run(port));
    nic_set_bus_master(&card.nic, true);
    g_assert_true(port_run(port));
    g_assert_cmpuint(n_sent, ==, 3072);
    stop();
}

static void test_loop(void)
{
    static const struct nic_piece piece = { { 0x2000 }, 5000 };

    start();
    frame(20, NULL, 0);
    card.frame.loop = true;
    card.to_send = 3;
    nic_kick(&card.nic, WORK_TX);
    g_assert_true(port_run(port));
    g_assert_cmpuint(card.got, ==, 0); /* not from within the card */
    g_assert_false(port_run(port));
    g_assert_cmpuint(card.got, ==, 3);
    g_assert_cmpuint(card.last_len, ==, 20); /* nor padded */
    g_assert_cmphex(card.last_flags, ==, NIC_RX_LOOPED);
    g_assert_cmpuint(n_sent, ==, 0);

    card.frame.has_fcs = true;
    run(1);
    g_assert_cmpuint(card.got, ==, 4);
    g_assert_cmpuint(card.last_len, ==, 20);
    g_assert_cmphex(card.last_flags, ==, NIC_RX_LOOPED | NIC_RX_FCS);

    frame(60, &piece, 1);
    card.frame.loop = true;
    card.frame.gso.type = NIC_GSO_TCP;
    card.frame.gso.mss = 1000;
    card.frame.gso.hdr_len = 54;
    run(1);
    g_assert_cmpuint(card.got, ==, 10);
    g_assert_cmpuint(card.last_len, ==, 60);
    g_assert_cmpuint(stats().looped, ==, 10);
    stop();
}

static void test_loop_refused(void)
{
    start();
    frame(60, NULL, 0);
    card.frame.loop = true;
    card.refuse = 1;
    run(1);
    g_assert_cmpuint(card.got, ==, 0);
    g_assert_false(port_run(port)); /* waits, does not spin */
    deferred = 0;
    port_rx_ready(port);
    g_assert_cmpuint(deferred, ==, 1);
    port_run(port);
    g_assert_cmpuint(card.got, ==, 1);

    /* A card without buffers sends on, and loses what does not fit */
    card.refuse = UINT_MAX;
    run(1000);
    g_assert_cmpuint(card.to_send, ==, 0);
    g_assert_cmpuint(card.got, ==, 1);
    g_assert_cmpuint(stats().dropped, ==, 1000 - 256);
    card.refuse = 0;
    port_rx_ready(port);
    while (port_run(port)) {
    }
    g_assert_cmpuint(card.got, ==, 257);

    /* One with buffers loses nothing */
    run(1000);
    g_assert_cmpuint(card.got, ==, 1257);
    stop();
}

static bool offer(const void *data, size_t len, size_t first, unsigned flags)
{
    const struct nic_buf buf[2] = {
        { .data = data, .len = first },
        { .data = (const uint8_t *)data + first, .len = len - first },
    };
    const struct nic_rx rx = { .buf = buf, .n = 2, .len = len, .flags = flags };

    return port_receive(port, &rx);
}

static void test_receive(void)
{
    static const uint8_t zero[60];

    start();
    for (size_t len = 1; len <= 70; len++) {
        memset(card.last, 0xff, sizeof(card.last));
        g_assert_true(offer(ram, len, len / 2, 0));
        g_assert_cmpuint(card.last_len, ==, MAX(len, 60));
        g_assert_true(!memcmp(card.last, ram, len));
        if (len < 60) {
            g_assert_true(!memcmp(card.last + len, zero, 60 - len));
        }
    }
    g_assert_cmpuint(card.got, ==, 70);
    /* With its FCS a frame is what it was on the wire */
    g_assert_true(offer(ram, 30, 30, NIC_RX_FCS));
    g_assert_cmpuint(card.last_len, ==, 30);
    g_assert_cmphex(card.last_flags, ==, NIC_RX_FCS);
    g_assert_true(offer(ram, 5000, 100, NIC_RX_CSUM_GOOD));
    g_assert_true(!memcmp(card.last, ram, 5000));
    g_assert_cmphex(card.last_flags, ==, NIC_RX_CSUM_GOOD);
    g_assert_true(offer(ram, NIC_RX_MAX, 300, 0));
    g_assert_true(offer(ram, NIC_RX_MAX + 4, 300, NIC_RX_FCS));
    g_assert_cmpuint(card.got, ==, 74);
    /* Impossible ones */
    g_assert_true(offer(ram, NIC_RX_MAX + 1, 300, 0));
    g_assert_true(offer(ram, NIC_RX_MAX + 5, 300, NIC_RX_FCS));
    g_assert_true(offer(ram, 0, 0, 0));
    g_assert_true(offer(ram, 4, 4, NIC_RX_FCS));
    g_assert_cmpuint(card.got, ==, 74);
    g_assert_cmpuint(stats().dropped, ==, 4);
    stop();
}

static void test_refused(void)
{
    start();
    port_rx_ready(port); /* nobody waits */
    g_assert_cmpuint(deferred, ==, 0);
    card.refuse = 1;
    g_assert_false(offer(ram, 100, 100, 0));
    g_assert_false(offer(ram, 100, 100, 0)); /* the card is not asked */
    g_assert_cmpuint(stats().refused, ==, 1);
    port_run(port);
    g_assert_cmpuint(flushed, ==, 0);
    port_rx_ready(port);
    g_assert_cmpuint(deferred, ==, 1);
    g_assert_cmpuint(flushed, ==, 0); /* not from within the card */
    port_run(port);
    g_assert_cmpuint(flushed, ==, 1);
    g_assert_true(offer(ram, 100, 100, 0));
    g_assert_cmpuint(card.got, ==, 1);

    /* A reset ends the wait: no rx_ready comes of it */
    card.refuse = 1;
    g_assert_false(offer(ram, 100, 100, 0));
    deferred = 0;
    port_reset(port);
    g_assert_cmpuint(deferred, ==, 1);
    port_run(port);
    g_assert_cmpuint(flushed, ==, 2);
    g_assert_true(offer(ram, 100, 100, 0));

    /* From within the card: not now, but soon, without an rx_ready */
    card.nic.entered = true;
    deferred = 0;
    g_assert_false(offer(ram, 100, 100, 0));
    g_assert_cmpuint(deferred, ==, 1);
    g_assert_false(port_run(port));
    card.nic.entered = false;
    port_run(port);
    g_assert_cmpuint(flushed, ==, 3);
    stop();
}

static void test_sum_and_fcs(void)
{
    uint32_t ref = 0;

    start();
    for (unsigned i = 0; i < 2000; i++) {
        struct nic_buf buf[4];
        struct nic_rx rx = { .buf = buf, .n = 4 };
        size_t from = (size_t)g_test_rand_int_range(0, 300), len;

        for (unsigned k = 0; k < 4; k++) {
            size_t part = (size_t)g_test_rand_int_range(0, 400);

            buf[k] = (struct nic_buf){ .data = ram + rx.len, .len = part };
            rx.len += part;
        }
        from = MIN(from, rx.len);
        len = (size_t)g_test_rand_int_range(0, (gint32)(rx.len - from) + 1);
        ref = 0;
        for (size_t k = 0; k < len; k++) {
            ref += k & 1 ? ram[from + k] : (uint32_t)ram[from + k] << 8;
        }
        g_assert_cmphex(port_sum(&rx, from, len), ==, offload_fold(ref));
        g_assert_cmphex(port_fcs(&rx, len), ==,
                        (uint32_t)crc32(0, ram, (uInt)len));
    }
    stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/port/pieces", test_pieces);
    g_test_add_func("/port/unmap", test_unmap);
    g_test_add_func("/port/bounce-bound", test_bounce_bound);
    g_test_add_func("/port/congestion", test_congestion);
    g_test_add_func("/port/settle", test_settle);
    g_test_add_func("/port/queue-bound", test_queue_bound);
    g_test_add_func("/port/visit-bound", test_visit_bound);
    g_test_add_func("/port/loop", test_loop);
    g_test_add_func("/port/loop-refused", test_loop_refused);
    g_test_add_func("/port/receive", test_receive);
    g_test_add_func("/port/refused", test_refused);
    g_test_add_func("/port/sum-and-fcs", test_sum_and_fcs);
    return g_test_run();
}
