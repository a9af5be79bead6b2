/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the load generator (load.c) and the programs that measure
 * the host alone (limit.c) share
 *
 * The load generator is the driver of an emulated card: it starts the emulator,
 * maps its guest memory, rings doorbells over the qtest socket and is the other
 * end of its network.  One run measures one workload and prints one JSON
 * object.  Whatever goes wrong ends the run through fail().
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Print {"error": ..} and end with status 1 */
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Seconds of a clock */
double clock_s(clockid_t clock);
double now_s(void);

/* Pin a process (0: this one) to a CPU; a negative one: leave it */
void pin(pid_t pid, int cpu);

/* Spin for that long */
void spin_s(double seconds);

/* ---- frames (frame.c) ---- */

enum {
    MAC_LEN = 6,
    MSS = 1448,                 /* 1500 - IPv4 - TCP with timestamps */
    TCP_HEADERS = 14 + 20 + 32, /* Of each segment */
    UDP_HEADERS = 14 + 20 + 8,
    TSO_SEGMENTS = 45, /* As many as fit 64 KiB */
    TSO_PAYLOAD = TSO_SEGMENTS * MSS,
    TSO_FRAME = TCP_HEADERS + TSO_PAYLOAD,
    FRAME_ROOM = 128 << 10, /* For any frame with a vnet header */
};

/**
 * enum kind - What the frames of a workload are
 *
 * KIND_PLAIN: any bytes after an Ethernet header, with a sequence number.
 * KIND_CSUM:  TCP segments whose checksum is left to the card.
 * KIND_UDP:   UDP datagrams, likewise.
 * KIND_TSO:   TCP, TSO_PAYLOAD bytes that the card cuts.
 */
enum kind { KIND_PLAIN, KIND_CSUM, KIND_UDP, KIND_TSO };

extern const uint8_t guest_mac[MAC_LEN], peer_mac[MAC_LEN];

/**
 * struct flow - Frames in one direction, and how far they were checked
 * @kind:  What they are
 * @size:  Of each, in bytes
 * @slots: Contents repeat after that many frames
 * @in:    To the guest
 * @next:  KIND_PLAIN, KIND_UDP: number of the next frame
 * @at:    Else: the stream position, the TCP sequence number
 * @bytes: Payload seen
 * @empty: Segments without payload; not counted anywhere else
 */
struct flow {
    enum kind kind;
    unsigned size, slots;
    bool in;
    uint32_t next, at;
    uint64_t bytes, empty;
};

void put_be16(uint8_t *p, unsigned val);
void put_be32(uint8_t *p, uint32_t val);

/* Bytes of each frame, or segment, that flow_payload() does not count */
unsigned flow_headers(const struct flow *f);

/* Payload bytes of one frame of the flow */
unsigned flow_payload(const struct flow *f);

/* What arrives next is frame @seq */
void flow_seek(struct flow *f, uint32_t seq);

/* Frame number @seq, whole; returns its size */
unsigned flow_frame(const struct flow *f, uint32_t seq, uint8_t *buf);

/* Only what differs from the frame that was in the same slot before */
void flow_renumber(const struct flow *f, uint32_t seq, uint8_t *buf);

/* The vnet header with which frames of the flow are sent as they are */
struct virtio_net_hdr flow_vnet(const struct flow *f);

/**
 * flow_check() - One frame (or segment, or GSO frame) that arrived
 * @vnet: The header that came with it; all zero if there is none
 * @full: Compare contents and checksums, too, not only lengths and order
 *
 * Fails where it is not the next one, in any byte.
 */
void flow_check(struct flow *f, const struct virtio_net_hdr *vnet,
                const uint8_t *frame, size_t len, bool full);

/* ---- the host's side of the network (wire.c) ---- */

#define IFACE "bench0"

/* Make a tap; @vnet: with vnet header and offloads.  Returns its descriptor */
int tap_make(const char *name, bool vnet);

/* Bring an interface up */
void iface_up(const char *name);

/**
 * struct counts - What an interface got from its tap so far
 */
struct counts {
    uint64_t bytes, packets;
};
struct counts iface_counts(const char *name);

/* Socket that sees all that comes out of the interface, with vnet headers */
int capture_open(const char *name);

/* Check what was captured until @f has @bytes of payload more; closes @fd */
void capture_check(int fd, struct flow *f, uint64_t bytes);

/* Socket to put frames into an interface, as the host's network would */
int inject_open(const char *name, bool vnet);

/* Put in frames @seq .. @seq + @n - 1 of a flow */
void inject(int fd, const struct flow *f, uint32_t seq, unsigned n);

/* Listen at @path for an emulator that connects; its connection */
int stream_listen(const char *path);
int stream_accept(int listener);

/* Receive and check @bytes of payload; each 16th frame fully, or all */
void stream_check(int fd, struct flow *f, uint64_t bytes, bool full);

/* Send frames @seq .. @seq + @n - 1 of a flow */
void stream_inject(int fd, const struct flow *f, uint32_t seq, unsigned n);

/* Datagram socket bound to @mine; connect it when the other end is there */
int dgram_open(const char *mine);
void dgram_connect(int fd, const char *theirs);

/* Receive and check @bytes of payload; each 16th frame fully, or all */
void dgram_check(int fd, struct flow *f, uint64_t bytes, bool full);

/* ---- the emulator (emulator.c) ---- */

enum {
    RAM_SIZE = 64 << 20,
    SLOT = 4, /* On the PCI bus */
    MMIO_BASE = (int)0xe0000000u,
    PORT_BASE = 0xc000,
    DESC_RING = 512, /* Descriptors of a ring, where the card allows it */
    TX_RING_AT = 0x100000,
    RX_RING_AT = 0x110000,
    TX_DATA_AT = 0x200000,
    TX_PAYLOAD_AT = 0x800000,
    RX_DATA_AT = 0x1000000,
    BUF_SIZE = 2048,
};

/**
 * struct emu - A running emulator
 * @started_s: From before its start to its first answer
 */
struct emu {
    const char *name;
    pid_t pid;
    clockid_t clock;
    int control;
    char in[16384];
    size_t begin, end;
    uint8_t *ram;
    double started_s;
};

/**
 * emu_start() - Start a program and wait for its first answer
 * @dir:    Where it finds its guest memory "ram" and connects to "qtest"
 * @theirs: CPU for it to run on, or -1
 * @ours:   And for us
 *
 * It ends with this process at the latest.
 */
void emu_start(struct emu *emu, char **argv, const char *dir, int theirs,
               int ours);

/* CPU time that it used so far, all threads: in all (once it sleeps, for which
 * this waits), and outside the kernel */
double emu_cpu_s(const struct emu *emu);
double emu_user_s(const struct emu *emu);

/* Resident memory, in KiB */
long emu_rss_kib(const struct emu *emu);

/* Stop and continue it */
void emu_stop(struct emu *emu);
void emu_continue(struct emu *emu);

/* Send commands, each with its newline, without waiting */
void emu_post(struct emu *emu, const char *text, size_t len);

/* Wait for the answer to one command, spinning; its value, if it has one */
uint64_t emu_answer(struct emu *emu);

/* "writel" and the like, there and back */
void emu_write(struct emu *emu, const char *how, unsigned at, uint64_t val);
uint64_t emu_read(struct emu *emu, const char *how, unsigned at);
void emu_config(struct emu *emu, unsigned reg, uint32_t val);

/* Spin until a byte in guest memory, masked, is @want */
void emu_wait(struct emu *emu, size_t at, uint8_t mask, uint8_t want);

/* ---- cards (card-*.c) ---- */

/**
 * struct card - What a driver of a card does
 * @tx_init:  Bring up the transmitter, for frames of that flow
 * @tx_fill:  Write frames and descriptors; nothing moves yet
 * @tx_kick:  Send the doorbell, do not wait for the answer
 * @tx_wait:  Until the card has done with what was filled in; then the answer
 * @rx_init:  Bring up the receiver, without buffers if @rx_stalls
 * @rx_give:  Hand over @n buffers, and ring if the card has a bell for that
 * @rx_take:  Wait for a frame in the next buffer; its length
 * @rx_stalls: A card without buffers leaves frames where they are.  Else the
 *            emulator is stopped while frames are put into its queue
 */
struct card {
    const char *model;
    void (*tx_init)(struct emu *emu, const struct flow *f);
    void (*tx_fill)(struct emu *emu, const struct flow *f, uint32_t seq,
                    unsigned n);
    void (*tx_kick)(struct emu *emu);
    void (*tx_wait)(struct emu *emu);
    void (*rx_init)(struct emu *emu);
    void (*rx_give)(struct emu *emu, unsigned n);
    size_t (*rx_take)(struct emu *emu, const uint8_t **frame);
    bool rx_stalls;
};

extern const struct card card_e1000, card_rtl8139, card_ne2000;

enum { TX_SLOTS = 512, BIG_STRIDE = 72 << 10, PIECE = 16 << 10 };

/* Write all slots of a flow into guest memory.  Frames to be cut have a slot
 * for their headers and share payloads, f->slots of them */
void tx_buffers(struct emu *emu, const struct flow *f);
size_t tx_payload(const struct flow *f, uint32_t seq);

/* And, before a doorbell, number frame @seq in its slot; returns where it is */
size_t tx_number(struct emu *emu, const struct flow *f, uint32_t seq);

#endif
