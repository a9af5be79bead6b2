// SPDX-License-Identifier: MIT
/*
 * load.c - bench-load: one emulator, one workload, one JSON object
 *
 *     bench-load --list
 *     bench-load WORKLOAD SECONDS DIRECTORY CPU,CPU -- EMULATOR ARGUMENT..
 *
 * The directory takes guest memory and sockets; the CPUs are the emulator's
 * and ours (-1: any).  Needs a network namespace in which it may do anything.
 *
 * A run is: a stretch in which every frame is captured and compared; the
 * measured time in slices, with a burst that is compared between two of them;
 * a stretch again.  In the slices nothing listens on the tap, because that
 * would cost the emulator's time: there the interface's own counters of frames
 * and bytes must be right.  What arrives in the guest or at a datagram socket
 * is looked at always: lengths and order of all, contents of each 16th.
 *
 * Only the time is counted in which the card has work: from a doorbell until
 * the last descriptor is written back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { SLICES_MAX = 256, STRETCH = 4, BIG_SLOTS = 4 };

#define SLICE_S 0.05
/* Waking up takes the longer, the longer a CPU had been idle, up to here: with
 * less it would matter what was done before */
#define ASLEEP_S 200e-6

struct run;

enum net { NET_TAP, NET_DGRAM, NET_STREAM };

/**
 * struct workload - A row of the bench's table
 * @limit:  What bench-limit calls the host's own speed at this; "echo:NAME" is
 *          that workload with an emulator that only answers; "" is none
 * @target: For people: what we want to reach
 * @net:    Through which kind of -netdev
 * @poll_us: What vifemu gets as -x-vifemu-poll-us
 * @batch:  Frames a doorbell
 * @units:  What is printed, with commas between; less is better in all of them
 * @go:     Runs it and prints
 */
struct workload {
    const char *name, *what, *target, *limit, *units;
    const struct card *card;
    enum net net;
    enum kind kind;
    unsigned size, batch, poll_us;
    void (*go)(struct run *r);
};

/**
 * struct run - A run of a workload
 * @seq:  Number of the next frame
 * @side: The host's side: datagram socket, or what injects into the tap
 * @busy: Seconds that the card had work
 * @us:   CPU time a packet, of each of the @done slices, of @slices
 */
struct run {
    const struct workload *w;
    struct emu emu;
    struct flow flow;
    uint32_t seq;
    int side;
    double seconds, busy, cpu, user, slice_cpu;
    double us[SLICES_MAX];
    unsigned slices, done;
    uint64_t packets;
};

/* Frames as the table counts them */
static unsigned packets_of(const struct flow *f, unsigned n)
{
    return f->kind == KIND_TSO ? n * TSO_SEGMENTS : n;
}

/* Payload bytes of a burst */
static uint64_t payload_of(const struct run *r)
{
    return (uint64_t)r->w->batch * flow_payload(&r->flow);
}

static double tx_burst(struct run *r)
{
    const struct card *card = r->w->card;
    double begin;

    card->tx_fill(&r->emu, &r->flow, r->seq, r->w->batch);
    begin = now_s();
    card->tx_kick(&r->emu);
    card->tx_wait(&r->emu);
    begin = now_s() - begin;
    if (card != &card_ne2000) {
        emu_answer(&r->emu);
    }
    r->seq += r->w->batch;
    return begin;
}

/* What a burst sent into a socket */
static void tx_arrived(struct run *r, bool full)
{
    if (r->w->net == NET_DGRAM) {
        dgram_check(r->side, &r->flow, payload_of(r), full);
    } else if (r->w->net == NET_STREAM) {
        stream_check(r->side, &r->flow, payload_of(r), full);
    }
}

/* A few bursts, each frame compared */
static void tx_compared(struct run *r, unsigned bursts)
{
    struct flow *f = &r->flow;
    int fd = r->w->net == NET_TAP ? capture_open(IFACE) : -1;

    flow_seek(f, r->seq);
    for (unsigned i = 0; i < bursts; i++) {
        tx_burst(r);
        tx_arrived(r, true);
    }
    if (fd >= 0) {
        capture_check(fd, f, bursts * payload_of(r));
    }
}

/* The interface counts what left the emulator; cut or not, by its payload */
static void check_counts(struct run *r, struct counts was, unsigned frames)
{
    struct counts is = iface_counts(IFACE);
    uint64_t bytes = is.bytes - was.bytes, packets = is.packets - was.packets;
    uint64_t want = (uint64_t)frames * flow_payload(&r->flow);

    bytes -= packets * flow_headers(&r->flow);
    if (bytes != want || (r->flow.kind != KIND_TSO && packets != frames)) {
        fail("verification: %lu frames with %lu bytes of payload left, of %u "
             "with %lu",
             packets, bytes, frames, want);
    }
}

/* The emulator's CPU time from here to slice_end(); returns when to stop */
static double slice_begin(struct run *r)
{
    r->slice_cpu = -emu_cpu_s(&r->emu);
    r->user -= emu_user_s(&r->emu);
    return now_s() + r->seconds / r->slices;
}

static void slice_end(struct run *r, unsigned packets)
{
    r->slice_cpu += emu_cpu_s(&r->emu);
    r->cpu += r->slice_cpu;
    r->user += emu_user_s(&r->emu);
    r->packets += packets;
    r->us[r->done++] = r->slice_cpu / packets * 1e6;
}

static void tx_slice(struct run *r)
{
    struct counts was = { 0 };
    double end = slice_begin(r);
    unsigned bursts = 0;

    flow_seek(&r->flow, r->seq);
    if (r->w->net == NET_TAP) {
        was = iface_counts(IFACE);
    }
    do {
        r->busy += tx_burst(r);
        bursts++;
        tx_arrived(r, false);
    } while (now_s() < end);
    slice_end(r, packets_of(&r->flow, bursts * r->w->batch));
    if (r->w->net == NET_TAP) {
        check_counts(r, was, bursts * r->w->batch);
    }
}

static void print_run(const struct run *r)
{
    printf("{\"us/packet\": [");
    for (unsigned i = 0; i < r->done; i++) {
        printf("%s%.4f", i ? ", " : "", r->us[i]);
    }
    printf("], \"kpps\": %.1f, \"user\": %.2f, \"packets\": %lu, "
           "\"empty\": %lu}\n",
           (double)r->packets / r->busy / 1e3, r->user / r->cpu, r->packets,
           r->flow.empty);
}

static void go_tx(struct run *r)
{
    r->w->card->tx_init(&r->emu, &r->flow);
    tx_compared(r, STRETCH);
    for (unsigned i = 0; i < r->slices; i++) {
        tx_slice(r);
        tx_compared(r, 1);
    }
    tx_compared(r, STRETCH);
    print_run(r);
}

/* The frames of a burst wait for the card, then it gets buffers for them */
static double rx_burst(struct run *r, bool full)
{
    static const struct virtio_net_hdr none;
    const struct card *card = r->w->card;
    struct flow *f = &r->flow;
    uint64_t end = f->bytes + payload_of(r);
    unsigned n = packets_of(f, r->w->batch);
    const uint8_t *frame;
    double begin;
    size_t len;

    if (!card->rx_stalls) {
        card->rx_give(&r->emu, n);
        emu_stop(&r->emu);
    }
    if (r->w->net == NET_STREAM) {
        stream_inject(r->side, f, r->seq, r->w->batch);
    } else {
        inject(r->side, f, r->seq, r->w->batch);
    }
    begin = now_s();
    if (card->rx_stalls) {
        card->rx_give(&r->emu, n);
    } else {
        emu_continue(&r->emu);
    }
    for (unsigned i = 0; i < n; i++) {
        len = card->rx_take(&r->emu, &frame);
        flow_check(f, &none, frame, len, full || i % 16 == 0);
    }
    begin = now_s() - begin;
    if (card->rx_stalls) {
        emu_answer(&r->emu);
    }
    if (f->bytes != end || f->empty) {
        fail("verification: %lu bytes less than sent", end - f->bytes);
    }
    r->seq += r->w->batch;
    return begin;
}

static void rx_compared(struct run *r, unsigned bursts)
{
    for (unsigned i = 0; i < bursts; i++) {
        rx_burst(r, true);
    }
}

static void rx_slice(struct run *r)
{
    double end = slice_begin(r);
    unsigned bursts = 0;

    do {
        r->busy += rx_burst(r, false);
        bursts++;
    } while (now_s() < end);
    slice_end(r, packets_of(&r->flow, bursts * r->w->batch));
}

static void go_rx(struct run *r)
{
    if (r->w->net == NET_TAP) {
        r->side = inject_open(IFACE, r->flow.kind != KIND_PLAIN);
    }
    r->w->card->rx_init(&r->emu);
    rx_compared(r, STRETCH);
    for (unsigned i = 0; i < r->slices; i++) {
        rx_slice(r);
        rx_compared(r, 1);
    }
    rx_compared(r, STRETCH);
    print_run(r);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Doorbell there and back; with frames behind it, or none */
static void go_doorbell(struct run *r)
{
    enum { TIMES_MAX = 100000 };
    static double times[TIMES_MAX];
    const struct card *card = r->w->card;
    struct emu *emu = &r->emu;
    unsigned n = 0;
    double end, begin;

    card->tx_init(emu, &r->flow);
    if (r->w->batch) {
        tx_compared(r, STRETCH);
    }
    end = now_s() + r->seconds;
    do {
        if (r->w->batch) {
            card->tx_fill(emu, &r->flow, r->seq, r->w->batch);
            r->seq += r->w->batch;
        }
        /* So that it sleeps, as it will when a guest's doorbell comes */
        spin_s(ASLEEP_S);
        begin = now_s();
        card->tx_kick(emu);
        emu_answer(emu);
        times[n++] = now_s() - begin;
        if (r->w->batch) {
            card->tx_wait(emu);
        }
    } while (now_s() < end && n < TIMES_MAX);
    if (r->w->batch) {
        tx_compared(r, STRETCH);
    }
    qsort(times, n, sizeof(times[0]), by_value);
    printf("{\"us\": %.3f, \"worst\": %.1f, \"packets\": %u}\n",
           times[n / 2] * 1e6, times[n - 1] * 1e6, n);
}

/* A frame in, then one out, as a ping and its answer */
static double ping_once(struct run *r, struct flow *in)
{
    static const struct virtio_net_hdr none;
    const struct card *card = r->w->card;
    const uint8_t *frame;
    double begin;
    size_t len;

    card->rx_give(&r->emu, 1);
    emu_answer(&r->emu);
    begin = now_s();
    inject(r->side, in, in->next, 1);
    len = card->rx_take(&r->emu, &frame);
    flow_check(in, &none, frame, len, true);
    tx_burst(r);
    return now_s() - begin;
}

/* From where the network has the one frame to where it has the other; there is
 * nothing to sleep for but the other side */
static void go_ping(struct run *r)
{
    enum { TIMES_MAX = 100000 };
    static double times[TIMES_MAX];
    struct flow in = r->flow;
    struct counts was;
    unsigned n = 0;
    double end;

    in.in = true;
    r->side = inject_open(IFACE, false);
    r->w->card->tx_init(&r->emu, &r->flow);
    r->w->card->rx_init(&r->emu);
    tx_compared(r, STRETCH);
    /* QEMU's card receives nothing for a second after it was switched on */
    ping_once(r, &in);
    was = iface_counts(IFACE);
    end = now_s() + r->seconds;
    do {
        times[n++] = ping_once(r, &in);
    } while (now_s() < end && n < TIMES_MAX);
    check_counts(r, was, n);
    tx_compared(r, STRETCH);
    qsort(times, n, sizeof(times[0]), by_value);
    printf("{\"us\": %.3f, \"worst\": %.1f, \"packets\": %u}\n",
           times[n / 2] * 1e6, times[n - 1] * 1e6, n);
}

static void go_start(struct run *r)
{
    printf("{\"ms\": %.3f, \"MiB\": %.2f}\n", r->emu.started_s * 1e3,
           (double)emu_rss_kib(&r->emu) / 1024);
}

#define TX(wname, wcard, wkind, wsize, wbatch, wlimit, wwhat, wtarget)         \
    {                                                                          \
        .name = wname, .card = &card_##wcard, .kind = wkind, .size = wsize,    \
        .batch = wbatch, .limit = wlimit, .what = wwhat, .target = wtarget,    \
        .go = go_tx                                                            \
    }
#define RX(wname, wcard, wkind, wsize, wbatch, wlimit, wwhat, wtarget)         \
    {                                                                          \
        .name = wname, .card = &card_##wcard, .kind = wkind, .size = wsize,    \
        .batch = wbatch, .limit = wlimit, .what = wwhat, .target = wtarget,    \
        .go = go_rx                                                            \
    }

static const struct workload workloads[] = {
    TX("e1000-tso64k", e1000, KIND_TSO, TSO_FRAME, 32, "tap-gso-write",
       "TSO of 64 KiB out of a tap", "80 % of the limit"),
    TX("rtl8139-tso64k", rtl8139, KIND_TSO, TSO_FRAME, 8, "tap-gso-write",
       "the same, 8139C+", "80 % of the limit"),
    TX("e1000-tx64", e1000, KIND_PLAIN, 64, 256, "tap-write-64",
       "64 bytes out of a tap, 256 a doorbell", "90 %; QEMU x 1.8"),
    TX("e1000-tx64-32", e1000, KIND_PLAIN, 64, 32, "tap-write-64",
       "32 a doorbell", ""),
    TX("e1000-tx64-1", e1000, KIND_PLAIN, 64, 1, "tap-write-64", "1 a doorbell",
       ""),
    TX("e1000-tx1514", e1000, KIND_PLAIN, 1514, 256, "tap-write-1514",
       "1514 bytes out of a tap, 256 a doorbell", "90 %; QEMU x 1.8"),
    TX("e1000-tx1514-32", e1000, KIND_PLAIN, 1514, 32, "tap-write-1514",
       "32 a doorbell", ""),
    TX("e1000-tx1514-1", e1000, KIND_PLAIN, 1514, 1, "tap-write-1514",
       "1 a doorbell", ""),
    TX("e1000-tx1514c", e1000, KIND_CSUM, 1514, 256, "tap-write-1514",
       "1514 bytes with checksum offload, 256", "e1000-tx1514 + 5 %"),
    TX("e1000-tx1514u", e1000, KIND_UDP, 1514, 256, "tap-write-1514",
       "the same, UDP", "e1000-tx1514 + 5 %"),
    TX("rtl8139-tx64", rtl8139, KIND_PLAIN, 64, 64, "tap-write-64",
       "64 bytes out of a tap, 64 a doorbell", ""),
    TX("rtl8139-tx1514", rtl8139, KIND_PLAIN, 1514, 64, "tap-write-1514",
       "1514 bytes out of a tap, 64 a doorbell", ""),
    TX("rtl8139-tx1514c", rtl8139, KIND_CSUM, 1514, 64, "tap-write-1514",
       "1514 bytes with checksum offload, 64", ""),
    RX("e1000-rx64", e1000, KIND_PLAIN, 64, 256, "tap-read-64",
       "64 bytes in from a tap, 256 waiting", "90 %; QEMU x 1.7"),
    RX("e1000-rx1514", e1000, KIND_PLAIN, 1514, 256, "tap-read-1514",
       "1514 bytes in from a tap, 256 waiting", "90 %; QEMU x 1.7"),
    RX("e1000-rxtcp", e1000, KIND_TSO, TSO_FRAME, 5, "tap-gso-read",
       "TCP stream in, 5 x 64 KiB waiting", "QEMU x 4"),
    RX("rtl8139-rx1514", rtl8139, KIND_PLAIN, 1514, 60, "tap-read-1514",
       "1514 bytes in from a tap, 60 waiting", ""),
    RX("rtl8139-rxtcp", rtl8139, KIND_TSO, TSO_FRAME, 1, "tap-gso-read",
       "TCP stream in, 64 KiB waiting", ""),
    { .name = "dgram-tx1514",
      .card = &card_e1000,
      .net = NET_DGRAM,
      .size = 1514,
      .batch = 64,
      .limit = "dgram-send-1514",
      .what = "1514 bytes out of a datagram socket, 64",
      .target = "QEMU x 3",
      .go = go_tx },
    { .name = "dgram-rx1514",
      .card = &card_e1000,
      .net = NET_DGRAM,
      .size = 1514,
      .batch = 256,
      .limit = "dgram-recv-1514",
      .what = "1514 bytes in from one, 256 waiting",
      .target = "QEMU x 3",
      .go = go_rx },
    { .name = "dgram-tso64k",
      .card = &card_e1000,
      .net = NET_DGRAM,
      .kind = KIND_TSO,
      .size = TSO_FRAME,
      .batch = 1,
      .limit = "dgram-send-1514",
      .what = "TSO of 64 KiB out of a datagram socket",
      .go = go_tx },
    { .name = "stream-tx1514",
      .card = &card_e1000,
      .net = NET_STREAM,
      .size = 1514,
      .batch = 64,
      .limit = "",
      .what = "1514 bytes out of a stream socket, 64",
      .go = go_tx },
    { .name = "stream-rx1514",
      .card = &card_e1000,
      .net = NET_STREAM,
      .size = 1514,
      .batch = 256,
      .limit = "",
      .what = "1514 bytes in from one, 256 waiting",
      .go = go_rx },
    TX("ne2k-tx1514", ne2000, KIND_PLAIN, 1514, 1, "",
       "1514 bytes by 390 qtest commands", "QEMU x 5"),
    { .name = "doorbell",
      .card = &card_e1000,
      .size = 64,
      .limit = "echo:doorbell",
      .units = "us",
      .what = "doorbell there and back, nothing queued",
      .go = go_doorbell },
    { .name = "doorbell-256",
      .card = &card_e1000,
      .size = 64,
      .batch = 256,
      .limit = "echo:doorbell",
      .units = "us",
      .what = "the same, 256 frames of 64 bytes queued",
      .target = "as doorbell",
      .go = go_doorbell },
    { .name = "ping",
      .card = &card_e1000,
      .size = 64,
      .batch = 1,
      .limit = "",
      .units = "us",
      .what = "a frame in from a tap, answered by one out",
      .go = go_ping },
    { .name = "ping-poll",
      .card = &card_e1000,
      .size = 64,
      .batch = 1,
      .poll_us = 50,
      .limit = "",
      .units = "us",
      .what = "the same with -x-vifemu-poll-us 50",
      .go = go_ping },
    { .name = "start",
      .card = &card_e1000,
      .size = 64,
      .limit = "echo:start",
      .units = "ms,MiB",
      .what = "start to first answer, then idle; e1000 on a tap",
      .target = "5 ms, 6 MiB",
      .go = go_start },
};

enum { WORKLOADS = sizeof(workloads) / sizeof(workloads[0]) };

static void list(void)
{
    static const char *const nets[] = { "tap", "dgram", "stream" };

    for (unsigned i = 0; i < WORKLOADS; i++) {
        const struct workload *w = &workloads[i];

        printf("%s{\"name\": \"%s\", \"what\": \"%s\", \"target\": \"%s\", "
               "\"limit\": \"%s\", \"model\": \"%s\", \"net\": \"%s\", "
               "\"poll_us\": %u, \"units\": \"%s\"}",
               i ? ",\n " : "[", w->name, w->what, w->target ? w->target : "",
               w->limit, w->card->model, nets[w->net], w->poll_us,
               w->units ? w->units : "us/packet");
    }
    puts("]");
}

static const struct workload *find(const char *name)
{
    for (unsigned i = 0; i < WORKLOADS; i++) {
        if (!strcmp(workloads[i].name, name)) {
            return &workloads[i];
        }
    }
    fail("no workload '%s'", name);
}

static void run_in(struct run *r, const char *dir, char **argv, int theirs_cpu,
                   int ours_cpu)
{
    char mine[256], theirs[256];

    snprintf(mine, sizeof(mine), "%s/bench", dir);
    snprintf(theirs, sizeof(theirs), "%s/card", dir);
    if (r->w->net == NET_DGRAM) {
        r->side = dgram_open(mine);
    } else if (r->w->net == NET_STREAM) {
        r->side = stream_listen(mine);
    }
    emu_start(&r->emu, argv, dir, theirs_cpu, ours_cpu);
    if (r->w->net == NET_DGRAM) {
        dgram_connect(r->side, theirs);
    } else if (r->w->net == NET_STREAM) {
        r->side = stream_accept(r->side);
    } else if (r->w->batch) {
        iface_up(IFACE);
    }
    r->w->go(r);
}

int main(int argc, char **argv)
{
    struct run r = { 0 };
    int theirs = -1, ours = -1;

    if (argc == 2 && !strcmp(argv[1], "--list")) {
        list();
        return 0;
    }
    if (argc < 7 || strcmp(argv[5], "--") ||
        sscanf(argv[4], "%d,%d", &theirs, &ours) != 2) {
        fputs("usage: bench-load --list | WORKLOAD SECONDS DIRECTORY CPU,CPU "
              "-- EMULATOR ARGUMENT..\n",
              stderr);
        return 2;
    }
    r.w = find(argv[1]);
    r.seconds = atof(argv[2]);
    r.slices = r.seconds < SLICE_S * SLICES_MAX
                   ? (unsigned)(r.seconds / SLICE_S)
                   : SLICES_MAX;
    r.slices += !r.slices;
    r.flow.kind = r.w->kind;
    r.flow.size = r.w->size;
    r.flow.slots = r.w->kind == KIND_TSO ? BIG_SLOTS : TX_SLOTS;
    r.flow.in = r.w->go == go_rx;
    run_in(&r, argv[3], argv + 6, theirs, ours);
    return 0;
}
