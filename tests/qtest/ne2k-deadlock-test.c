// SPDX-License-Identifier: MIT
/*
 * ne2k-deadlock-test.c - reception never stops under Linux's driver
 *
 * lib8390 reads at most nine frames per interrupt, looks at the ring first and
 * acknowledges PRX then, for all that is in it.  If the ring is full at that
 * moment, no frame can raise PRX again; unless OVW does, the driver is never
 * called again and reception has ended for good.  On stock QEMU 7.2 that is
 * what a TCP flood does after a few seconds (CURR 5Eh, BNRY 61h, ISR 0).
 *
 * The driver here is that one in its register accesses, and is run by the
 * interrupt line alone.
 */
#include "libne2k.h"

#include <string.h>

enum {
    FRAMES_PER_CALL = 9,
    MAX_SERVICE = 12,
    MAX_CALLS = 100,
    LINUX_IMR = 0x3f,
    NODMA = CR_ABORT,
    PAGE1 = 1 << CR_PAGE_SHIFT,
    STOP_US = 10000,
    LARGE = 1514,
    SMALL = 60,
};

/**
 * struct driver - What the driver and the other end know
 * @sent:     Frames that are on the cable, or were
 * @received: Frames that the driver has read
 * @lost:     Frames that are missing, or came out of order
 * @busy:     Called when the driver has read frames and not yet acknowledged
 */
struct driver {
    struct ne2k *d;
    unsigned sent, received, lost;
    void (*busy)(struct driver *v);
    GRand *rand;
};

/* The other end: frames are numbered, and long as their number says */

static size_t length_of(struct driver *v, unsigned number)
{
    return number % 4 ? SMALL + number * 37 % (LARGE - SMALL) : SMALL;
}

static void send_length(struct driver *v, size_t len)
{
    struct frame f;

    frame_plain(&f, mac_nic, len, (uint8_t)v->sent);
    put16(f.data + ETH_HLEN, (uint16_t)v->sent++);
    rx_send(v->d, &f);
}

/* A frame was read: the next one that was sent, whole? */
static void count_frame(struct driver *v, const uint8_t *data, size_t len)
{
    unsigned number = get16(data + ETH_HLEN);
    struct frame f;

    frame_plain(&f, mac_nic, len, (uint8_t)number);
    put16(f.data + ETH_HLEN, (uint16_t)number);
    if (!check_mem(data, f.data, len) || number < v->received) {
        v->lost++;
        return;
    }
    v->lost += number - v->received;
    v->received = number + 1;
}

/* lib8390: ei_receive(), __ei_receive() */

/* The next page must follow from the length, or one more, maybe wrapped */
static bool next_believable(uint8_t next, uint8_t page, unsigned len)
{
    unsigned want = page + 1u + (len + FCS_LEN) / PAGE;
    unsigned size = RING_STOP - RING_START;

    return next == want || next == want + 1 || next == want - size ||
           next == want + 1 - size;
}

/* Reads one frame; false if there is none */
static bool linux_frame(struct driver *v)
{
    struct ne2k *d = v->d;
    uint8_t header[RING_HEADER];
    uint8_t data[RAM_END - RAM];
    uint8_t end;
    uint8_t page;
    unsigned len;

    out8(d, CR, NODMA | PAGE1);
    end = in8(d, CURR);
    out8(d, CR, NODMA);
    page = (uint8_t)(in8(d, BNRY) + 1);
    if (page >= RING_STOP) {
        page = RING_START;
    }
    if (page == end) {
        return false;
    }
    remote_read(d, (uint16_t)(page * PAGE), header, sizeof(header));
    len = (header[2] | header[3] * 256u) - FCS_LEN;
    if (!check(next_believable(header[1], page, len))) {
        out8(d, BNRY, (uint8_t)(end - 1));
        return true;
    }
    if (check_range(len, SMALL, LARGE) && check_eq(header[0] & 15, RSR_PRX)) {
        remote_read(d, (uint16_t)(page * PAGE + RING_HEADER), data, len);
        count_frame(v, data, len);
    }
    page = header[1] >= RING_STOP ? RING_START : header[1];
    /* One page before it, which is before the ring now and then */
    out8(d, BNRY, (uint8_t)(page - 1));
    return true;
}

static void linux_receive(struct driver *v)
{
    for (unsigned i = 0; i < FRAMES_PER_CALL && linux_frame(v); i++) {
        /* as many as there are */
    }
    if (v->busy) {
        v->busy(v);
    }
    out8(v->d, ISR, ISR_PRX | ISR_RXE);
}

/* ei_rx_overrun() */
static void linux_overrun(struct driver *v)
{
    struct ne2k *d = v->d;

    out8(d, CR, NODMA | CR_STP);
    pause_us(d, STOP_US);
    out_pair(d, RBCR0, 0);
    out8(d, TCR, TCR_LB1);
    out8(d, CR, NODMA | CR_STA);
    linux_receive(v);
    out8(d, ISR, ISR_OVW);
    out8(d, TCR, 0);
}

/* __ei_interrupt() */
static void linux_interrupt(struct driver *v)
{
    struct ne2k *d = v->d;
    uint8_t causes;

    out8(d, CR, NODMA);
    for (unsigned i = 0; i < MAX_SERVICE && (causes = in8(d, ISR)) != 0; i++) {
        if (causes & ISR_OVW) {
            linux_overrun(v);
        } else if (causes & (ISR_PRX | ISR_RXE)) {
            linux_receive(v);
        }
        if (causes & (ISR_PTX | ISR_TXE)) {
            out8(d, ISR, causes & (ISR_PTX | ISR_TXE));
        }
        if (causes & ISR_CNT) {
            for (unsigned reg = CNTR0; reg <= CNTR2; reg++) {
                in8(d, reg);
            }
            out8(d, ISR, ISR_CNT);
        }
        if (causes & (ISR_RXE | ISR_RDC)) {
            out8(d, ISR, ISR_RXE | ISR_RDC);
        }
        out8(d, CR, NODMA | CR_STA);
    }
}

/* The line is a level */
static void linux_run(struct driver *v)
{
    for (unsigned i = 0; i < MAX_CALLS && qtest_irq(v->d->qts, v->d->line);
         i++) {
        linux_interrupt(v);
    }
}

static bool linux_has_all(struct driver *v)
{
    linux_run(v);
    return v->received == v->sent;
}

/* ei_open(), NS8390_init(): BNRY is one page before the first */
static void linux_open(struct driver *v, struct ne2k *d)
{
    *v = (struct driver){ .d = d };
    ne2k_init(d, RCR_AB);
    out8(d, CR, NODMA | CR_STP);
    out8(d, BNRY, RING_STOP - 1);
    out8(d, CURR, RING_START);
    out8(d, ISR, 0xff);
    out8(d, IMR, LINUX_IMR);
    out8(d, CR, NODMA | CR_STA);
}

/* All that was sent must arrive, in order, by the driver's own means */
static bool linux_finish(struct driver *v)
{
    return check(wait_for(linux_has_all(v))) && check_eq(v->lost, 0) &&
           check_eq(in8(v->d, ISR), 0);
}

/* ... and what is sent afterwards, even if something was lost */
static void linux_still_receives(struct driver *v)
{
    for (unsigned i = 0; i < 20; i++) {
        send_length(v, SMALL);
        rx_settle(v->d);
        linux_run(v);
    }
    check(wait_for(linux_has_all(v)));
}

/* As many large frames as fill the ring, while the driver is in the midst */
static void fill_up(struct driver *v)
{
    v->busy = NULL;
    for (unsigned i = 0; i < 8; i++) {
        send_length(v, LARGE);
        rx_settle(v->d);
    }
}

/* The sequence: 30 small frames, nine read, the ring filled, acknowledged */
static void begin_deadlock(struct driver *v, struct ne2k *d)
{
    linux_open(v, d);
    /* Linux masks the card while it sends */
    out8(d, IMR, 0);
    for (unsigned i = 0; i < 30; i++) {
        send_length(v, SMALL);
    }
    rx_settle(d);
    v->busy = fill_up;
    out8(d, IMR, LINUX_IMR);
}

static void test_no_loss(struct ne2k *d)
{
    struct driver v;

    begin_deadlock(&v, d);
    linux_finish(&v);
}

static void test_alive(struct ne2k *d)
{
    struct driver v;

    begin_deadlock(&v, d);
    linux_run(&v);
    linux_still_receives(&v);
}

/* The ring is full before the driver comes for the first time */
static void test_full_first(struct ne2k *d)
{
    struct driver v;

    linux_open(&v, d);
    out8(d, IMR, 0);
    for (unsigned i = 0; i < 100; i++) {
        send_length(&v, SMALL);
    }
    rx_settle(d);
    out8(d, IMR, LINUX_IMR);
    linux_finish(&v);
}

/*
 * Nothing is left behind when more than nine come at once and no more follow:
 * at 10 Mb/s they could not, and the driver relies on that
 */
static void test_more_than_nine(struct ne2k *d)
{
    struct driver v;
    unsigned n = 1;

    linux_open(&v, d);
    do {
        for (unsigned i = 0; i < n; i++) {
            send_length(&v, SMALL);
        }
    } while (linux_finish(&v) && ++n < 30);
}

/* Frames at any moment; the card is masked now and then */
static void send_some(struct driver *v)
{
    unsigned count = g_rand_int(v->rand) % 4;

    for (unsigned i = 0; i < count && !netpeer_unread(&v->d->peer); i++) {
        send_length(v, length_of(v, v->sent));
    }
    if (g_rand_int(v->rand) % 2) {
        rx_settle(v->d);
    }
}

static void test_flood(struct ne2k *d)
{
    enum { N = 400 };
    struct frame f;
    struct driver v;

    linux_open(&v, d);
    v.rand = g_rand_new_with_seed(8390);
    v.busy = send_some;
    frame_plain(&f, mac_peer, SMALL, 1);
    while (v.sent < N) {
        send_some(&v);
        if (g_rand_int(v.rand) % 4 == 0) {
            out8(d, IMR, 0);
            tx_load(d, TX_PAGE, &f);
            send_some(&v);
            tx_start(d, TX_PAGE, SMALL);
            out8(d, IMR, LINUX_IMR);
        }
        linux_run(&v);
    }
    v.busy = NULL;
    linux_finish(&v);
    wire_drain(d->qts, &d->peer, SMALL);
    g_rand_free(v.rand);
}

static const struct ne2k_test tests[] = {
    { "no-loss", test_no_loss, .differs = DIFF_ne2k_deadlock },
    { "alive", test_alive, .differs = DIFF_ne2k_deadlock },
    { "full-first", test_full_first, .differs = DIFF_ne2k_deadlock },
    { "more-than-nine", test_more_than_nine, .differs = DIFF_ne2k_deadlock },
    { "flood", test_flood, .differs = DIFF_ne2k_deadlock },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("deadlock", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
