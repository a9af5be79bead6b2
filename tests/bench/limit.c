// SPDX-License-Identifier: MIT
/*
 * limit.c - bench-limit: what the host itself takes, without an emulator
 *
 *     bench-limit LIMIT SECONDS CPU,CPU
 *     bench-limit echo unix:PATH
 *
 * One thread does nothing but the system calls that an emulator cannot do
 * without, on the same frames; each way that there is of doing that is tried,
 * and the best one counts.  What a guest or the network does before, it does on
 * the second CPU, as bench-load does (-1: any): to fetch what another CPU has
 * just written is a good part of the work.  "echo" is an emulator that only
 * answers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef HAVE_URING
#include <liburing.h>
#endif

#include "bench.h"

enum {
    FRAMES = 256, /* At a time, as with bench-load */
    BIG = 4,
    BIG_ROUNDS = 8, /* How often these are written, as bench-load does */
    GROUP = 32,     /* Frames a system call, where it takes several */
    PIECES = 18,
    SLICES = 4,
};

/**
 * struct bed - What a limit is measured with
 * @cpu, @far_cpu: The emulator's and the others'
 * @fd:   The tap, or the sending socket
 * @far:  The other side
 * @flow: What is sent, at @buf in slots of @stride bytes, behind a vnet header
 *        if @vnet
 */
struct bed {
    int cpu, far_cpu, fd, far;
    struct flow flow;
    uint32_t seq;
    unsigned n;
    bool vnet;
    uint8_t *buf;
    size_t stride;
#ifdef HAVE_URING
    struct io_uring ring;
#endif
};

/**
 * struct way - One way to move the frames of a bed
 * @move:    All of them, once; only this is measured
 * @prepare: Before; or NULL
 * @finish:  After; or NULL
 */
struct way {
    const char *name;
    void (*prepare)(struct bed *b);
    void (*move)(struct bed *b);
    void (*finish)(struct bed *b);
};

static size_t head_len(const struct bed *b)
{
    return b->vnet ? sizeof(struct virtio_net_hdr) : 0;
}

static uint8_t *slot(const struct bed *b, unsigned i)
{
    return b->buf + i * b->stride;
}

static size_t slot_len(const struct bed *b)
{
    return head_len(b) + b->flow.size;
}

static void make_frames(struct bed *b)
{
    struct virtio_net_hdr vnet = flow_vnet(&b->flow);

    b->n = b->flow.kind == KIND_TSO ? BIG : FRAMES;
    b->stride = b->flow.kind == KIND_TSO ? BIG_STRIDE : BUF_SIZE;
    b->flow.slots = b->n;
    b->buf = calloc(b->n, b->stride);
    for (unsigned i = 0; b->buf && i < b->n; i++) {
        memcpy(slot(b, i), &vnet, head_len(b));
        flow_frame(&b->flow, i, slot(b, i) + head_len(b));
    }
}

static void moved(ssize_t got, size_t want)
{
    if (got != (ssize_t)want) {
        fail("moved %zd of %zu bytes: %m", got, want);
    }
}

static void by_write(struct bed *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        moved(write(b->fd, slot(b, i), slot_len(b)), slot_len(b));
    }
}

/* In pages, as guest memory is */
static void by_writev(struct bed *b)
{
    struct iovec iov[PIECES + 1];
    size_t left;

    for (unsigned i = 0; i < b->n; i++) {
        uint8_t *p = slot(b, i);
        unsigned n = 0;

        for (left = slot_len(b); left; n++) {
            iov[n].iov_base = p;
            iov[n].iov_len = left < 4096 ? left : 4096;
            p += iov[n].iov_len;
            left -= iov[n].iov_len;
        }
        moved(writev(b->fd, iov, (int)n), slot_len(b));
    }
}

#ifdef HAVE_URING
static void by_uring(struct bed *b)
{
    struct io_uring_cqe *cqe;
    unsigned head, n, part;

    for (unsigned at = 0; at < b->n; at += part) {
        part = b->n - at < GROUP ? b->n - at : GROUP;
        for (unsigned i = 0; i < part; i++) {
            io_uring_prep_write(io_uring_get_sqe(&b->ring), b->fd,
                                slot(b, at + i), (unsigned)slot_len(b), 0);
        }
        if (io_uring_submit_and_wait(&b->ring, part) < 0) {
            fail("io_uring: %m");
        }
        n = 0;
        io_uring_for_each_cqe(&b->ring, head, cqe)
        {
            moved(cqe->res, slot_len(b));
            n++;
        }
        io_uring_cq_advance(&b->ring, n);
    }
}
#endif

static void put_in(struct bed *b)
{
    pin(0, b->far_cpu);
    inject(b->far, &b->flow, b->seq, b->n);
    flow_seek(&b->flow, b->seq);
    pin(0, b->cpu);
}

/* What changes in frames between two doorbells */
static void renumber(struct bed *b)
{
    pin(0, b->far_cpu);
    for (unsigned i = 0; i < b->n; i++) {
        flow_renumber(&b->flow, b->seq + i, slot(b, i) + head_len(b));
    }
    pin(0, b->cpu);
    b->seq += b->n;
}

static void by_read(struct bed *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        moved(read(b->fd, slot(b, i), b->stride), slot_len(b));
    }
}

/* What was read is what was put in, and there is no more */
static void compare_read(struct bed *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        struct virtio_net_hdr vnet = { 0 };

        memcpy(&vnet, slot(b, i), head_len(b));
        flow_check(&b->flow, &vnet, slot(b, i) + head_len(b), b->flow.size,
                   i % 16 == 0);
    }
    b->seq += b->n;
}

static void by_send(struct bed *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        moved(send(b->fd, slot(b, i), slot_len(b), 0), slot_len(b));
    }
}

static unsigned in_groups(struct bed *b, struct mmsghdr *msg, struct iovec *iov,
                          unsigned at)
{
    unsigned part = b->n - at < GROUP ? b->n - at : GROUP;

    memset(msg, 0, GROUP * sizeof(*msg));
    for (unsigned i = 0; i < part; i++) {
        iov[i].iov_base = slot(b, at + i);
        iov[i].iov_len = slot_len(b);
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
    }
    return part;
}

static void by_sendmmsg(struct bed *b)
{
    struct mmsghdr msg[GROUP];
    struct iovec iov[GROUP];
    unsigned part;

    for (unsigned at = 0; at < b->n; at += part) {
        part = in_groups(b, msg, iov, at);
        moved(sendmmsg(b->fd, msg, part, 0), part);
    }
}

static void by_recv(struct bed *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        moved(recv(b->far, slot(b, i), b->stride, 0), slot_len(b));
    }
}

static void by_recvmmsg(struct bed *b)
{
    struct mmsghdr msg[GROUP];
    struct iovec iov[GROUP];
    unsigned part;

    for (unsigned at = 0; at < b->n; at += part) {
        part = in_groups(b, msg, iov, at);
        moved(recvmmsg(b->far, msg, part, 0, NULL), part);
    }
}

static void send_far(struct bed *b)
{
    pin(0, b->far_cpu);
    by_sendmmsg(b);
    pin(0, b->cpu);
}

static void recv_far(struct bed *b)
{
    pin(0, b->far_cpu);
    by_recv(b);
    pin(0, b->cpu);
}

static void recvmmsg_far(struct bed *b)
{
    pin(0, b->far_cpu);
    by_recvmmsg(b);
    pin(0, b->cpu);
}

static const struct way tap_out[] = {
    { "write", renumber, by_write, NULL },
#ifdef HAVE_URING
    { "io_uring", renumber, by_uring, NULL },
#endif
    { 0 },
};

static const struct way tap_gso_out[] = {
    { "write", renumber, by_write, NULL },
    { "writev", renumber, by_writev, NULL },
#ifdef HAVE_URING
    { "io_uring", renumber, by_uring, NULL },
#endif
    { 0 },
};

static const struct way tap_in[] = {
    { "read", put_in, by_read, compare_read },
    { 0 },
};

static const struct way dgram_out[] = {
    { "send", renumber, by_send, recv_far },
    { "sendmmsg", renumber, by_sendmmsg, recvmmsg_far },
    { 0 },
};

static const struct way dgram_in[] = {
    { "recv", send_far, by_recv, NULL },
    { "recvmmsg", send_far, by_recvmmsg, NULL },
    { 0 },
};

static const struct limit {
    const char *name;
    const struct way *ways;
    enum kind kind;
    unsigned size;
    bool dgram, in;
} limits[] = {
    { "tap-write-64", tap_out, KIND_PLAIN, 64 },
    { "tap-write-1514", tap_out, KIND_PLAIN, 1514 },
    { "tap-gso-write", tap_gso_out, KIND_TSO, TSO_FRAME },
    { "tap-read-64", tap_in, KIND_PLAIN, 64, .in = true },
    { "tap-read-1514", tap_in, KIND_PLAIN, 1514, .in = true },
    { "tap-gso-read", tap_in, KIND_TSO, TSO_FRAME, .in = true },
    { "dgram-send-1514", dgram_out, KIND_PLAIN, 1514, .dgram = true },
    { "dgram-recv-1514", dgram_in, KIND_PLAIN, 1514, .dgram = true },
};

static void lay(struct bed *b, const struct limit *l)
{
    int pair[2], room = 64 << 20;

    b->flow = (struct flow){ .kind = l->kind, .size = l->size, .in = l->in };
    b->vnet = l->kind != KIND_PLAIN;
    make_frames(b);
    if (l->dgram) {
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
            setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &room,
                       sizeof(room))) {
            fail("datagram sockets: %m");
        }
        b->fd = pair[0];
        b->far = pair[1];
    } else {
        b->fd = tap_make(IFACE, b->vnet);
        iface_up(IFACE);
        b->far = inject_open(IFACE, b->vnet);
    }
#ifdef HAVE_URING
    if (io_uring_queue_init(2 * GROUP, &b->ring, 0)) {
        fail("io_uring: %m");
    }
#endif
}

/* CPU microseconds a packet; a few rounds, as bench-load's slices */
static double measure(struct bed *b, const struct way *way, unsigned rounds,
                      double seconds)
{
    double end = now_s() + seconds, cpu = 0, begin;
    uint64_t packets = 0;

    do {
        if (way->prepare) {
            way->prepare(b);
        }
        begin = clock_s(CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned i = 0; i < rounds; i++) {
            way->move(b);
        }
        cpu += clock_s(CLOCK_PROCESS_CPUTIME_ID) - begin;
        packets +=
            rounds * b->n * (b->flow.kind == KIND_TSO ? TSO_SEGMENTS : 1);
        if (way->finish) {
            way->finish(b);
        }
    } while (now_s() < end);
    return cpu / (double)packets * 1e6;
}

/* What left by the tap is what was written */
static void compare_written(struct bed *b, const struct way *way)
{
    int fd = capture_open(IFACE);

    flow_seek(&b->flow, 0);
    way->move(b);
    capture_check(fd, &b->flow, (uint64_t)b->n * flow_payload(&b->flow));
}

static void run(const struct limit *l, double seconds, int cpu, int far_cpu)
{
    const struct way *way, *best = NULL;
    struct bed b = { .cpu = cpu, .far_cpu = far_cpu };
    unsigned rounds = l->kind == KIND_TSO && !l->in ? BIG_ROUNDS : 1;
    double us, least = 0;

    pin(0, cpu);
    lay(&b, l);
    for (way = l->ways; !l->dgram && !l->in && way->name; way++) {
        compare_written(&b, way);
    }
    for (unsigned i = 0; i < SLICES; i++) {
        for (way = l->ways; way->name; way++) {
            us = measure(&b, way, rounds, seconds / SLICES);
            if (!best || us < least) {
                best = way;
                least = us;
            }
        }
    }
    free(b.buf);
    printf("{\"us/packet\": %.4f, \"how\": \"%s\"}\n", least, best->name);
}

/* One answer a line */
static int echo(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    static char in[4096], out[3 * sizeof(in)];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ssize_t got;

    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s",
             path + (strncmp(path, "unix:", 5) ? 0 : 5));
    if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
        fail("%s: %m", path);
    }
    while ((got = read(fd, in, sizeof(in))) > 0) {
        size_t len = 0;

        for (ssize_t i = 0; i < got; i++) {
            if (in[i] == '\n') {
                memcpy(out + len, "OK\n", 3);
                len += 3;
            }
        }
        if (write(fd, out, len) != (ssize_t)len) {
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };
    int cpu = -1, far_cpu = -1;

    if (argc == 3 && !strcmp(argv[1], "echo")) {
        return echo(argv[2]);
    }
    for (unsigned i = 0; argc == 4 && i < LIMITS; i++) {
        if (!strcmp(limits[i].name, argv[1])) {
            if (sscanf(argv[3], "%d,%d", &cpu, &far_cpu) != 2) {
                break;
            }
            run(&limits[i], atof(argv[2]), cpu, far_cpu);
            return 0;
        }
    }
    fputs("usage: bench-limit echo unix:PATH | LIMIT SECONDS CPU,CPU, where "
          "LIMIT is one of\n",
          stderr);
    for (unsigned i = 0; i < LIMITS; i++) {
        fprintf(stderr, "    %s\n", limits[i].name);
    }
    return 2;
}
