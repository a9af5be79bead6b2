// SPDX-License-Identifier: MIT
/*
 * ne2k-hostile-test.c - what broke other emulations of the NE2000
 *
 * Each test replays the trigger of a published flaw (of QEMU's model), then
 * demands that the process lives, has not grown, did bounded work, and that
 * the card works again after a reset.
 */
#include "libne2k.h"

#include <string.h>

static struct attack attack;

static void attack_begins(struct ne2k *d)
{
    attack = attack_begin(d->qts);
    ne2k_init(d, RCR_AB | RCR_PRO);
}

static void send_len(struct ne2k *d, size_t len)
{
    struct frame f;

    frame_plain(&f, mac_nic, len, 1);
    rx_send(d, &f);
    rx_settle(d);
}

/* A frame with another number of bytes than all that the attacks send */
static void receives_again(struct ne2k *d)
{
    struct frame f;
    struct received r;
    bool found = false;

    frame_plain(&f, mac_nic, 777, 2);
    rx_send(d, &f);
    /* Frames that waited meanwhile come first */
    for (unsigned i = 0; i < 400 && !found && check(rx_take(d, &r)); i++) {
        found = r.data.len == f.len;
    }
    check(found && rx_same(d, &r, &f));
}

static void still_works(struct ne2k *d)
{
    struct frame f;

    wire_drain(d->qts, &d->peer, FRAME_MAX);
    attack_survived(&attack);
    ne2k_reset(d);
    ne2k_init(d, RCR_AB);
    frame_plain(&f, mac_peer, 100, 1);
    tx_frame(d, &f);
    tx_seen(d, &f);
    receives_again(d);
}

/* Rings that cannot be */

/** struct ring - The four pointers */
struct ring {
    uint8_t start, stop, curr, bnry;
};

static const struct ring rings[] = {
    { 0x4c, 0x80, 0x4d, 0x4c }, /* as it should be */
    { 0x80, 0x4c, 0x4d, 0x4c }, /* end before start */
    { 0x4c, 0x4c, 0x4c, 0x4c }, /* nothing in it */
    { 0x4c, 0x4d, 0x4c, 0x4c }, /* one page */
    { 0x4c, 0x4e, 0x4d, 0x4c }, /* two */
    { 0x4c, 0x80, 0x20, 0x4c }, /* pointers outside */
    { 0x4c, 0x80, 0x4d, 0x20 }, { 0x4c, 0x80, 0x80, 0x80 },
    { 0x4c, 0x80, 0xff, 0xff }, { 0x4c, 0x80, 0x7f, 0xff },
    { 0x00, 0x80, 0x01, 0x00 }, /* memory that is not there */
    { 0x00, 0xff, 0x00, 0xfe }, { 0x00, 0x00, 0x00, 0x00 },
    { 0xff, 0x00, 0xff, 0xff }, { 0xff, 0xff, 0xff, 0xff },
    { 0x7f, 0xff, 0x7f, 0x7e }, { 0xbe, 0xc0, 0xbf, 0xbe },
    { 0xc0, 0xff, 0xc1, 0xc0 }, { 0xfe, 0xff, 0xfe, 0xff },
    { 0x01, 0x02, 0xfe, 0x01 }, { 0x40, 0xff, 0x41, 0x00 },
};

static void set_ring(struct ne2k *d, const struct ring *r)
{
    out8(d, CR, CR_ABORT | CR_STP);
    out8(d, PSTART, r->start);
    out8(d, PSTOP, r->stop);
    out8(d, BNRY, r->bnry);
    out8(d, CURR, r->curr);
    out8(d, CR, CR_ABORT | CR_STA);
}

/*
 * CVE-2007-1321 (length against pointers), CVE-2015-5278 (no progress),
 * CVE-2015-5279 (pointers behind memory), CVE-2016-2841 (end before start)
 */
static void test_rings(struct ne2k *d)
{
    static const size_t lengths[] = { 60, 250, 1514, 4000 };

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rings); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(lengths); k++) {
            set_ring(d, &rings[i]);
            for (unsigned n = 0; n < 4; n++) {
                send_len(d, lengths[k]);
            }
            out8(d, BNRY, (uint8_t)(in8(d, CURR) - 1));
            out8(d, ISR, 0xff);
            rx_settle(d);
        }
        check(qtest_alive(d->qts));
    }
    still_works(d);
}

/* ... and the pointers move under a running receiver */
static void test_live_rings(struct ne2k *d)
{
    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rings); i++) {
        send_len(d, 1000);
        out8(d, CURR, rings[i].curr);
        send_len(d, 1000);
        out8(d, BNRY, rings[i].bnry);
        send_len(d, 1000);
        out8(d, PSTOP, rings[i].stop);
        send_len(d, 1000);
        out8(d, PSTART, rings[i].start);
        send_len(d, 1000);
    }
    still_works(d);
}

/* Reading wraps through such rings */
static void test_remote_rings(struct ne2k *d)
{
    uint8_t data[2 * PAGE];

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(rings); i++) {
        set_ring(d, &rings[i]);
        out8(d, ISR, 0xff);
        remote_read(d, (uint16_t)(rings[i].stop * PAGE - PAGE), data,
                    sizeof(data));
        remote_write(d, (uint16_t)(rings[i].stop * PAGE - PAGE), data,
                     sizeof(data));
    }
    still_works(d);
}

/* What is stored stays within 16 KiB, and the PROM is as it was */
static void test_ring_damage(struct ne2k *d)
{
    uint8_t before[32];
    uint8_t after[32];

    attack_begins(d);
    remote_read(d, 0, before, sizeof(before));
    set_ring(d, &(struct ring){ 0x00, 0x80, 0x00, 0x7f });
    for (unsigned i = 0; i < 20; i++) {
        send_len(d, 1514);
        out8(d, BNRY, (uint8_t)(in8(d, CURR) - 1));
    }
    set_ring(d, &rings[0]);
    out8(d, ISR, 0xff);
    remote_read(d, 0, after, sizeof(after));
    check_mem(after, before, sizeof(after));
    still_works(d);
}

/* CVE-2015-8743: words and double words at the ends of memory */
static void test_remote_ends(struct ne2k *d)
{
    static const uint16_t places[] = { 0x001c, 0x3ffc, 0x7ffc, 0xbffc, 0xfffc };

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        for (uint16_t at = places[i]; at != (uint16_t)(places[i] + 8); at++) {
            for (unsigned size = 1; size <= 4; size *= 2) {
                out8(d, DCR, size == 1 ? DCR_BYTES : DCR_WORDS);
                remote_begin(d, CR_READ, at, 0xffff);
                for (unsigned n = 0; n < 6; n++) {
                    data_in(d, size);
                }
                remote_begin(d, CR_WRITE, at, 0xffff);
                for (unsigned n = 0; n < 6; n++) {
                    data_out(d, size, 0);
                }
            }
        }
        check(qtest_alive(d->qts));
    }
    still_works(d);
}

/* The count and the address wrap around; the port goes on and on */
static void test_remote_counts(struct ne2k *d)
{
    static const uint16_t counts[] = { 0, 1, 2, 3, 0x7fff, 0xfffe, 0xffff };

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        remote_begin(d, CR_READ, 0xfff0, counts[i]);
        for (unsigned n = 0; n < 40; n++) {
            data_in(d, 1u << n % 3);
        }
        remote_begin(d, CR_WRITE, 0xfff0, counts[i]);
        for (unsigned n = 0; n < 40; n++) {
            data_out(d, 1u << n % 3, n);
        }
        /* The width changes in the middle */
        out8(d, DCR, i & 1 ? DCR_BYTES : DCR_WORDS);
        data_in(d, 4);
        data_out(d, 4, 0);
    }
    still_works(d);
}

/*
 * CVE-2007-5729 and 2005: lengths beyond the MTU, and beyond memory; nothing
 * that comes out is longer than what is there
 */
static void test_transmit_lengths(struct ne2k *d)
{
    static const uint16_t lengths[] = { 0,      1,      13,     14,
                                        1515,   0x3fff, 0x4000, 0x4001,
                                        0x7fff, 0x8000, 0xfffe, 0xffff };
    static const uint8_t pages[] = { 0x00, 0x3f, 0x40, 0x7f, 0x80,
                                     0xbf, 0xc0, 0xfe, 0xff };
    unsigned longest = emulator_is_stock() ? 0x8000 : RAM_END - RAM;

    attack_begins(d);
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(lengths); k++) {
            tx_start(d, pages[i], lengths[k]);
            check(tx_end(d));
            wire_drain(d->qts, &d->peer, longest);
        }
    }
    still_works(d);
}

/* The same in all modes of loopback */
static void test_loopback_lengths(struct ne2k *d)
{
    static const uint16_t lengths[] = { 1, 5, 6, 13, 60, 0x4000, 0xffff };
    static const uint8_t modes[] = { TCR_LB1, TCR_LB2, TCR_LB3 };

    attack_begins(d);
    for (unsigned i = 0; i < 4 * G_N_ELEMENTS(modes); i++) {
        out8(d, TCR, (uint8_t)(modes[i / 4] | (i & 1 ? TCR_CRC : 0)));
        out8(d, DCR, i & 2 ? DCR_FT | DCR_WTS : DCR_FT);
        for (size_t k = 0; k < G_N_ELEMENTS(lengths); k++) {
            tx_start(d, 0x40, lengths[k]);
            check(tx_end(d));
            for (unsigned n = 0; n < 9; n++) {
                in8(d, FIFO);
            }
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    still_works(d);
}

/* A transmission per access, and nobody takes them */
static void test_deaf_peer(struct ne2k *d)
{
    attack_begins(d);
    out8(d, TPSR, TX_PAGE);
    out_pair(d, TBCR0, 1514);
    for (unsigned i = 0; i < 2000; i++) {
        out8(d, CR, CR_ABORT | CR_TXP | CR_STA);
    }
    check(qtest_alive(d->qts));
    still_works(d);
}

/* CVE-2018-10839: frames that no cable would carry */
static void test_strange_frames(struct ne2k *d)
{
    struct frame f;

    attack_begins(d);
    out8(d, RCR, RCR_SEP | RCR_AR | RCR_AB | RCR_AM | RCR_PRO);
    frame_plain(&f, mac_nic, 65000, 1);
    for (uint32_t len = 1; len < 80; len++) {
        wire_raw(&d->peer, len, f.data, len);
        rx_settle(d);
        out8(d, BNRY, (uint8_t)(in8(d, CURR) - 1));
    }
    wire_raw(&d->peer, 0, NULL, 0);
    wire_raw(&d->peer, 0x3ff8, f.data, 0x3ff8);
    wire_raw(&d->peer, 0x4000, f.data, 0x4000);
    wire_raw(&d->peer, 65000, f.data, 65000);
    rx_settle(d);
    check(qtest_alive(d->qts));
    still_works(d);
}

/* A length that is a lie: the connection may end, nothing else */
static void test_strange_length(struct ne2k *d)
{
    attack_begins(d);
    wire_raw(&d->peer, 0xffffffff, "x", 1);
    rx_settle(d);
    attack_survived(&attack);
}

/* The peer goes away, with frames waiting for room; as few as a socket holds */
static void test_lost_peer(struct ne2k *d)
{
    struct frame f;

    attack_begins(d);
    for (unsigned i = 0; i < 50; i++) {
        frame_plain(&f, mac_nic, 1000, 1);
        rx_send(d, &f);
    }
    rx_settle(d);
    netpeer_close(&d->peer);
    tx_start(d, TX_PAGE, 100);
    check(tx_end(d));
    out8(d, BNRY, (uint8_t)(in8(d, CURR) - 1));
    out8(d, ISR, 0xff);
    attack_survived(&attack);
}

/* Start and stop, masks and causes, with a ring that is full */
static void test_flapping(struct ne2k *d)
{
    attack_begins(d);
    for (unsigned i = 0; i < 20; i++) {
        send_len(d, 1514);
    }
    for (unsigned i = 0; i < 500; i++) {
        out8(d, IMR, (uint8_t)(i & 1 ? IMR_ALL : 0));
        out8(d, CR, (uint8_t)(i & 2 ? CR_ABORT | CR_STA : CR_ABORT | CR_STP));
        out8(d, ISR, 0xff);
        out8(d, BNRY, (uint8_t)i);
    }
    still_works(d);
}

/* A deterministic storm over all ports */
static void test_random(struct ne2k *d)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(8029);

    attack_begins(d);
    for (unsigned i = 0; i < 5000; i++) {
        uint16_t port = (uint16_t)(d->io + g_rand_int(rand) % PORTS);
        uint32_t value = g_rand_int(rand);

        if (port >= d->io + 0x18 && i % 16) {
            port &= (uint16_t)~0x10; /* not a reset each fourth time */
        }
        switch (i % 6) {
        case 0:
            qtest_inb(d->qts, port);
            break;
        case 1:
            qtest_inl(d->qts, port);
            break;
        case 2:
            qtest_outl(d->qts, port, value);
            break;
        default:
            qtest_outb(d->qts, port, (uint8_t)value);
        }
        if (i % 40 == 0) {
            send_len(d, 60 + value % 1455);
            wire_drain(d->qts, &d->peer, FRAME_MAX);
        }
    }
    d->page = 4; /* unknown: select it whatever comes */
    out8(d, CR9346, 0);
    still_works(d);
}

static const struct ne2k_test tests[] = {
    { "cve-2016-2841/rings", test_rings, ON_BOTH },
    { "cve-2016-2841/live-rings", test_live_rings, ON_BOTH },
    { "cve-2016-2841/remote-rings", test_remote_rings, ON_BOTH },
    { "cve-2015-5279/damage", test_ring_damage, ON_BOTH, DIFF_ne2k_prom },
    { "cve-2015-8743/ends", test_remote_ends, ON_BOTH },
    { "cve-2015-8743/counts", test_remote_counts, ON_BOTH },
    { "cve-2007-5729/lengths", test_transmit_lengths, ON_BOTH,
      DIFF_ne2k_empty },
    { "cve-2007-5729/loopback", test_loopback_lengths, ON_BOTH },
    { "cve-2018-10839/frames", test_strange_frames, ON_BOTH,
      DIFF_ne2k_overflow },
    { "net/deaf-peer", test_deaf_peer },
    { "net/strange-length", test_strange_length },
    { "net/lost-peer", test_lost_peer },
    { "flapping", test_flapping, ON_BOTH },
    { "random", test_random, ON_BOTH },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    ne2k_tests_add("hostile", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
