// SPDX-License-Identifier: MIT
/*
 * rtl8139-tx.c - transmission, in both modes
 *
 * C mode: four slots, TSD0 to TSD3, are worked on strictly in turn.  A write of
 * TSD with OWN = 0 is the doorbell; the slot is finished with OWN and TOK.
 * Nothing pads a short packet.
 *
 * C+ mode: two rings of at most 64 descriptors.  The high priority ring goes
 * first.  A packet is started when all its descriptors, from FS to LS, are
 * ours: until then nothing of it is remembered, so that there is no packet in
 * the making to be saved, and software that hands over the first descriptor
 * last (they all do) sees no difference.  A ring full of descriptors without LS
 * is given back, as errors.  Descriptors are read ahead and given back several
 * at a time, because software on another CPU has the same cache lines; none is
 * given back before its packet was handed to the host.
 *
 * In both modes only the first bytes of a packet, which hold all headers, are
 * copied; everything that is looked at or changed is in this copy.  The rest
 * goes to the host as it is, with a description of the sums and the
 * segmentation that the guest asked for.  The chip builds the pseudo header
 * itself, so what software left in the checksum fields is replaced.
 *
 * A packet without a link is lost, not held back.  DMA is never slower than the
 * wire, so thresholds mean nothing and only a buffer that leaves memory makes
 * an underrun.
 *
 * Nothing collides here, unless the property "collisions" says that each packet
 * in half duplex does so often.  One that needs more attempts than TXRR allows
 * is aborted; the C mode then halts until CLRABT, which tries it again with
 * what is left of its collisions.
 */
#include <string.h>

#include "hw/net/rtl8139.h"

enum {
    SLOTS = 4,
    RINGS = 2,                /* Normal, high priority */
    TSD_WRITTEN = 0x003f1fff, /* What a hand-over leaves: not status, not OWN */
    TX_BUFFER_MIN = 4,
    TX_BUDGET = 256,
    TX_AHEAD = 16,     /* Descriptors read at once, four cache lines */
    TX_PREFETCH = 128, /* Bytes of each buffer */
    TX_BYTES = 256 * 1024,
    TX_MAX = 16288,       /* Without segmentation */
    LSO_MAX = 65535 + 18, /* An IP datagram and a link header with a tag */
    SEGMENTS_MAX = 4096,
    IP4_SUM = 10,
    TCP_HDR = 20,
    TCP_SUM = 16,
    UDP_HDR = 8,
    UDP_SUM = 6,
};

/* Descriptor, first dword: command (8139C(L)+) */
#define TXD_OWN       (1u << 31)
#define TXD_EOR       (1u << 30)
#define TXD_FS        (1u << 29)
#define TXD_LS        (1u << 28)
#define TXD_LGSEN     (1u << 27)
#define TXD_MSS_SHIFT 16
#define TXD_MSS       0x7ffu
#define TXD_IPCS      (1u << 18)
#define TXD_UDPCS     (1u << 17)
#define TXD_TCPCS     (1u << 16)
#define TXD_LENGTH    0xffffu

/* The same, status */
#define TXD_UNF      (1u << 25)
#define TXD_TES      (1u << 23)
#define TXD_LNKF     (1u << 21)
#define TXD_EXC      (1u << 20)
#define TXD_CC_SHIFT 16
#define TXD_CC_MAX   15u
#define TXD_KEPT     (TXD_EOR | TXD_FS | TXD_LS | TXD_LENGTH)

/* Second dword */
#define TXD_TAGC (1u << 17)

struct tx_desc {
    le32_t command, tag;
    le64_t addr;
};
_Static_assert(sizeof(struct tx_desc) == RTL8139_DESC, "8139C(L)+");

/**
 * struct visit - What one visit knows
 * @ahead:   C+ mode: @n_ahead descriptors as they were, from @ahead_at on
 * @done:    And @n_done commands to give back, to those of @done_at
 */
struct visit {
    uint32_t budget, bytes;
    bool host_full;
    uint32_t causes;
    unsigned ahead_at, n_ahead, n_done;
    struct tx_desc ahead[TX_AHEAD];
    uint32_t done[TX_AHEAD];
    uint8_t done_at[TX_AHEAD];
};

/* A packet: struct nic_frame with its pieces, and the descriptors it is in */
struct packet {
    struct nic_frame f;
    struct nic_piece piece[RTL8139_RING];
    struct tx_desc desc[RTL8139_RING];
    uint8_t index[RTL8139_RING];
    unsigned n, segments;
    uint32_t collisions;
};

/* What became of it */
enum sent { SENT, SENT_NO_LINK, SENT_ABORTED };

static bool visit_over(const struct visit *v)
{
    return !v->budget || v->host_full || v->bytes >= TX_BYTES;
}

/* Building the frame */

static void packet_init(struct packet *p)
{
    struct nic_frame *f = &p->f;

    f->head_len = f->n_pieces = 0;
    f->len = 0;
    f->piece = p->piece;
    memset(f->csum, 0, sizeof(f->csum));
    f->gso = (struct nic_gso){ .type = NIC_GSO_NONE };
    f->has_fcs = f->loop = false;
    p->segments = 1;
    p->collisions = 0;
}

/*
 * Add a buffer, of which the first bytes are copied if they belong to the head.
 * Of the others the last one is tried: false if it is not all in memory.
 */
static bool packet_add(struct rtl8139 *d, struct packet *p, uint64_t at,
                       uint32_t len)
{
    struct nic_frame *f = &p->f;
    uint32_t room = NIC_HEAD_COPY - f->head_len;
    uint32_t head = len < room ? len : room;

    if (head && !nic_dma_read(&d->nic, gpa(at), f->head + f->head_len, head)) {
        return false;
    }
    f->head_len = (uint16_t)(f->head_len + head);
    if (len > head) {
        uint8_t last;

        if (!nic_dma_read(&d->nic, gpa(at + len - 1), &last, 1)) {
            return false;
        }
        p->piece[f->n_pieces++] =
            (struct nic_piece){ gpa_add(gpa(at), head), len - head };
    }
    f->len += len;
    return true;
}

/* Let it collide as often as it has to; false if that is too often */
static bool packet_contend(struct rtl8139 *d, struct packet *p)
{
    uint32_t all = d->nic.prop[RTL8139_PROP_COLLISIONS];
    uint32_t tries = 16 + (d->reg.TCR & TCR_TXRR);

    if (p->f.loop || !rtl8139_is_half(d) || all <= d->reg.tx_collided) {
        all = d->reg.tx_collided;
    }
    p->collisions = all - d->reg.tx_collided;
    if (p->collisions >= tries) {
        p->collisions = tries;
        d->reg.tx_collided = (uint16_t)(d->reg.tx_collided + tries);
        d->reg.TxAbt++;
        return false;
    }
    d->reg.tx_collided = 0;
    d->reg.Tx1Col += p->collisions == 1;
    d->reg.TxMCol += p->collisions > 1;
    return true;
}

/* Hand it over */
static enum sent packet_send(struct rtl8139 *d, struct visit *v,
                             struct packet *p)
{
    struct nic_frame *f = &p->f;

    f->loop = rtl8139_loopback(d);
    v->bytes += f->len + p->segments * f->gso.hdr_len;
    if (!f->loop && !rtl8139_link_up(d)) {
        nic_event(&d->nic, RTL8139_EVENT_TX_NO_LINK, f->len);
        d->reg.TxER++;
        return SENT_NO_LINK;
    }
    if (!packet_contend(d, p)) {
        nic_event(&d->nic, RTL8139_EVENT_TX_ABORT, f->len);
        d->reg.TxER++;
        return SENT_ABORTED;
    }
    d->reg.TxOk += p->segments;
    v->host_full |= !nic_send(&d->nic, f);
    return SENT;
}

/* C mode */

static void slot_done(struct rtl8139 *d, uint32_t status)
{
    unsigned i = d->reg.tx_slot;

    d->reg.TSD[i] |= TSD_OWN | status;
    d->reg.tx_slot = (uint8_t)((i + 1) % SLOTS);
}

/* Too many collisions: all stands still, before the next slot */
static void slot_abort(struct rtl8139 *d, struct visit *v, uint32_t status)
{
    d->reg.TSD[d->reg.tx_slot] |= TSD_OWN | TSD_TABT | status;
    d->reg.tx_aborted = 1;
    v->causes |= ISR_TER;
}

static uint32_t slot_collisions(const struct packet *p)
{
    uint32_t n = p->collisions < TSD_NCC_MAX ? p->collisions : TSD_NCC_MAX;

    return n << TSD_NCC_SHIFT;
}

/* Send the packet of the slot whose turn it is; it is in memory */
static void slot_finish(struct rtl8139 *d, struct visit *v, struct packet *p)
{
    uint32_t len = p->f.len, status = TSD_TOK;

    p->f.has_fcs = (d->reg.TCR & TCR_CRC) && len > FRAME_FCS;
    if (len < FRAME_MIN + (p->f.has_fcs ? FRAME_FCS : 0)) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_SHORT, len);
    }
    switch (packet_send(d, v, p)) {
    case SENT_ABORTED:
        slot_abort(d, v, slot_collisions(p));
        return;
    case SENT_NO_LINK:
        status |= TSD_CRS;
        break;
    case SENT:
        /* So cards show it */
        status |=
            rtl8139_is_half(d) && rtl8139_is_10(d) ? TSD_CRS | TSD_CDH : 0;
        break;
    }
    v->causes |= ISR_TOK;
    slot_done(d, status | slot_collisions(p));
}

/* Carry out the slot whose turn it is */
static void slot_send(struct rtl8139 *d, struct visit *v)
{
    unsigned i = d->reg.tx_slot;
    uint32_t len = d->reg.TSD[i] & TSD_SIZE;
    struct packet p;

    packet_init(&p);
    if (!packet_add(d, &p, d->reg.TSAD[i], len)) {
        nic_event(&d->nic, RTL8139_EVENT_TX_FAULT, i);
        d->reg.TxUndrn++;
        d->reg.TxER++;
        v->causes |= ISR_TER | ISR_SERR;
        slot_done(d, TSD_TUN);
        return;
    }
    if (!len) {
        nic_event(&d->nic, RTL8139_EVENT_TX_DROP, 0);
        v->causes |= ISR_TOK;
        slot_done(d, TSD_TOK);
        return;
    }
    slot_finish(d, v, &p);
}

static bool slot_ready(const struct rtl8139 *d)
{
    return !d->reg.tx_aborted && !(d->reg.TSD[d->reg.tx_slot] & TSD_OWN);
}

static void slots_run(struct rtl8139 *d, struct visit *v)
{
    while (!visit_over(v) && slot_ready(d)) {
        v->budget--;
        slot_send(d, v);
    }
}

/* C+ mode: collecting a packet */

static gpa_t ring_base(const struct rtl8139 *d, unsigned ring)
{
    return gpa(ring ? (uint64_t)d->reg.THPDSH << 32 | d->reg.THPDSL
                    : (uint64_t)d->reg.TNPDSH << 32 | d->reg.TNPDSL);
}

static unsigned ring_next(unsigned index, uint32_t command)
{
    return command & TXD_EOR ? 0 : (index + 1) % RTL8139_RING;
}

/**
 * done_flush() - Give descriptors back
 *
 * Return: false if one of them cannot be written; the ring stops, because it
 * would find its own descriptors for ever
 */
static bool done_flush(struct rtl8139 *d, struct visit *v, unsigned ring)
{
    unsigned n = v->n_done;

    v->n_done = 0;
    for (unsigned i = 0; i < n; i++) {
        gpa_t at = gpa_add(ring_base(d, ring), v->done_at[i] * RTL8139_DESC);
        le32_t command = le32_put(v->done[i]);

        if (!nic_dma_write(&d->nic, at, &command, sizeof(command))) {
            nic_event(&d->nic, RTL8139_EVENT_TX_FAULT, v->done_at[i]);
            v->causes |= ISR_SERR;
            return false;
        }
    }
    return true;
}

/* Have buffers on their way while others are worked on: their beginning, and
 * the end, which is tried */
static void ahead_prefetch(struct rtl8139 *d, const struct tx_desc *desc)
{
    uint32_t len = le32_get(desc->command) & TXD_LENGTH;
    uint64_t at = le64_get(desc->addr);

    if (le32_get(desc->command) & TXD_OWN) {
        nic_prefetch(&d->nic, gpa(at), TX_PREFETCH, false);
        if (len > TX_PREFETCH) {
            nic_prefetch(&d->nic, gpa(at + len - 1), 1, false);
        }
    }
}

enum collected {
    COLLECTED,
    COLLECT_WAIT,
    COLLECT_ENDLESS,
    COLLECT_FAULT,
    COLLECT_STUCK
};

/**
 * ahead_read() - Read descriptors from index @at on, up to a multiple of
 * TX_AHEAD: rings lie on as many bytes, so that all of them are in guest memory
 * or none
 *
 * Those that are done with are given back first: none is read that was ours.
 * Return: COLLECTED, or COLLECT_FAULT or _STUCK as packet_collect()
 */
static enum collected ahead_read(struct rtl8139 *d, struct visit *v,
                                 unsigned ring, unsigned at)
{
    gpa_t from = gpa_add(ring_base(d, ring), at * RTL8139_DESC);
    unsigned n = TX_AHEAD - at % TX_AHEAD;

    v->n_ahead = 0;
    if (!done_flush(d, v, ring)) {
        return COLLECT_STUCK;
    }
    if (!nic_dma_read(&d->nic, from, v->ahead, n * RTL8139_DESC)) {
        return COLLECT_FAULT;
    }
    v->ahead_at = at;
    v->n_ahead = n;
    for (unsigned i = 0; i < n; i++) {
        ahead_prefetch(d, &v->ahead[i]);
    }
    return COLLECTED;
}

/**
 * packet_collect() - Get the descriptors of the next packet of a ring
 *
 * COLLECT_WAIT: one of them is not ours.  COLLECT_ENDLESS: all of them are,
 * and none has LS.  COLLECT_FAULT: p->index[0] cannot be read.  COLLECT_STUCK:
 * one cannot be written, as was told.
 */
static enum collected packet_collect(struct rtl8139 *d, struct visit *v,
                                     struct packet *p, unsigned ring)
{
    unsigned at = d->reg.tx_index[ring];

    for (p->n = 0; p->n < RTL8139_RING;) {
        uint32_t command;

        if (at - v->ahead_at >= v->n_ahead) {
            enum collected read = ahead_read(d, v, ring, at);

            if (read != COLLECTED) {
                p->index[0] = (uint8_t)at;
                return read;
            }
        }
        p->desc[p->n] = v->ahead[at - v->ahead_at];
        command = le32_get(p->desc[p->n].command);
        if (!(command & TXD_OWN)) {
            return COLLECT_WAIT;
        }
        p->index[p->n++] = (uint8_t)at;
        if (command & TXD_EOR) {
            v->n_ahead = 0;
        }
        at = ring_next(at, command);
        if (command & TXD_LS) {
            return COLLECTED;
        }
        if (at == d->reg.tx_index[ring]) {
            break;
        }
    }
    return COLLECT_ENDLESS;
}

/**
 * packet_return() - The descriptors of a packet are done with
 * @status: For the last one
 *
 * Return: as done_flush()
 */
static bool packet_return(struct rtl8139 *d, struct visit *v, struct packet *p,
                          unsigned ring, uint32_t status)
{
    uint32_t command = 0;

    for (unsigned i = 0; i < p->n; i++) {
        if (v->n_done == TX_AHEAD && !done_flush(d, v, ring)) {
            return false;
        }
        command = le32_get(p->desc[i].command);
        v->done[v->n_done] =
            (command & TXD_KEPT) | (i + 1 == p->n ? status : 0);
        v->done_at[v->n_done++] = p->index[i];
    }
    d->reg.TDOKLAddr =
        (uint16_t)(ring_base(d, ring).addr + p->index[p->n - 1] * RTL8139_DESC);
    d->reg.tx_index[ring] = (uint8_t)ring_next(p->index[p->n - 1], command);
    v->causes |= status & (TXD_TES | TXD_UNF) ? ISR_TOK | ISR_TER : ISR_TOK;
    return true;
}

/* C+ mode: offloads */

/* A TCP or UDP sum: the field gets the sum of the pseudo header first */
static void sum_l4(struct nic_frame *f, const struct inet *in, unsigned field,
                   uint16_t pseudo)
{
    unsigned at = in->l4 + field;

    be16_store(f->head + at, pseudo);
    f->csum[1] = (struct nic_csum){
        .start = in->l4,
        .at = (uint16_t)at,
        .end = f->gso.type || in->ip_end >= f->len ? 0 : in->ip_end,
    };
}

static void sum_ip(struct nic_frame *f, const struct inet *in)
{
    unsigned hdr = 4 * (f->head[in->l3] & 15u);

    be16_store(f->head + in->l3 + IP4_SUM, 0);
    f->csum[0] = (struct nic_csum){
        .start = in->l3,
        .at = (uint16_t)(in->l3 + IP4_SUM),
        .end = (uint16_t)(in->l3 + hdr),
    };
}

/* IPCS, UDPCS and TCPCS; what is no such packet leaves as it is */
static void packet_sums(struct nic_frame *f, uint32_t command)
{
    struct inet in;
    unsigned room;

    inet_parse(f->head, f->head_len, f->len, RTL8139_TAG, &in);
    if (in.ip != INET_IP4) {
        return;
    }
    if (command & TXD_IPCS) {
        sum_ip(f, &in);
    }
    if (!in.l4) {
        return;
    }
    room = (in.ip_end < f->head_len ? in.ip_end : f->head_len) - in.l4;
    if ((command & TXD_TCPCS) && in.proto == INET_PROTO_TCP &&
        room >= TCP_HDR) {
        sum_l4(f, &in, TCP_SUM, inet_pseudo(f->head, &in));
    } else if ((command & TXD_UDPCS) && in.proto == INET_PROTO_UDP &&
               room >= UDP_HDR) {
        sum_l4(f, &in, UDP_SUM, inet_pseudo(f->head, &in));
    }
}

/**
 * packet_lso() - Describe how to cut a packet
 *
 * Lengths in the IP header are not believed.  Return: false if the packet
 * cannot be cut: only TCP over IPv4 can.
 */
static bool packet_lso(struct packet *p, uint32_t command)
{
    struct nic_frame *f = &p->f;
    uint32_t mss = command >> TXD_MSS_SHIFT & TXD_MSS, hdr, l4;
    const uint8_t *ip;
    struct inet in;

    inet_parse(f->head, f->head_len, f->head_len, RTL8139_TAG, &in);
    if (in.ip != INET_IP4 || in.fragment || in.proto != INET_PROTO_TCP ||
        !mss || f->len > LSO_MAX) {
        return false;
    }
    ip = f->head + in.l3;
    l4 = in.l3 + 4 * (ip[0] & 15u);
    if (l4 + TCP_HDR > f->head_len) {
        return false;
    }
    hdr = l4 + 4 * (uint32_t)(f->head[l4 + 12] >> 4);
    if (hdr < l4 + TCP_HDR || hdr > f->head_len || hdr >= f->len) {
        return false;
    }
    p->segments = (f->len - hdr + mss - 1) / mss;
    if (p->segments > SEGMENTS_MAX) {
        return false;
    }
    f->gso = (struct nic_gso){
        .type = NIC_GSO_TCP,
        .mss = (uint16_t)mss,
        .hdr_len = (uint16_t)hdr,
        .ip = in.l3,
        .l4 = (uint16_t)l4,
    };
    in.l4 = (uint16_t)l4;
    sum_ip(f, &in);
    /* The length is added for each segment */
    sum_l4(f, &in, TCP_SUM, inet_fold(inet_sum(ip + 12, 8, INET_PROTO_TCP)));
    return true;
}

/* Offloads, as the first descriptor asks for them; false: drop it */
static bool packet_finish(const struct rtl8139 *d, struct packet *p)
{
    uint32_t command = le32_get(p->desc[0].command);
    uint32_t tag = le32_get(p->desc[0].tag);
    struct nic_frame *f = &p->f;

    /* A tag goes in first, so that all offsets count it */
    if ((tag & TXD_TAGC) && f->len) {
        frame_insert_tag(f, RTL8139_TAG,
                         (uint16_t)((tag & 0xff) << 8 | (tag >> 8 & 0xff)));
    }
    if (command & TXD_LGSEN) {
        return packet_lso(p, command);
    }
    if (!f->len || f->len > TX_MAX) {
        return false;
    }
    if (command & (TXD_IPCS | TXD_UDPCS | TXD_TCPCS)) {
        packet_sums(f, command);
    }
    f->has_fcs = (d->reg.TCR & TCR_CRC) && f->len > FRAME_FCS;
    if (!f->has_fcs) {
        frame_pad(f);
    }
    return true;
}

/* What the last descriptor of a packet that was sent says of it */
static uint32_t packet_status(struct rtl8139 *d, const struct packet *p,
                              enum sent sent)
{
    uint32_t n = p->collisions < TXD_CC_MAX ? p->collisions : TXD_CC_MAX;

    switch (sent) {
    case SENT_NO_LINK:
        return TXD_TES | TXD_LNKF;
    case SENT_ABORTED:
        /* It is not tried again */
        d->reg.tx_collided = 0;
        return TXD_TES | TXD_EXC | n << TXD_CC_SHIFT;
    default:
        return n << TXD_CC_SHIFT;
    }
}

/* "The Tx buffer should not be less than 4 bytes" (8139C(L)+) */
static void buffer_check(struct rtl8139 *d, const struct tx_desc *desc)
{
    uint32_t len = le32_get(desc->command) & TXD_LENGTH;

    if (len < TX_BUFFER_MIN) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_SHORT, len);
    }
}

/* Send a complete packet; returns what its last descriptor says of it */
static uint32_t packet_carry_out(struct rtl8139 *d, struct visit *v,
                                 struct packet *p)
{
    packet_init(p);
    for (unsigned i = 0; i < p->n; i++) {
        buffer_check(d, &p->desc[i]);
        if (!packet_add(d, p, le64_get(p->desc[i].addr),
                        le32_get(p->desc[i].command) & TXD_LENGTH)) {
            nic_event(&d->nic, RTL8139_EVENT_TX_FAULT, p->index[i]);
            d->reg.TxUndrn++;
            d->reg.TxER++;
            v->causes |= ISR_SERR;
            return TXD_UNF;
        }
    }
    if (!packet_finish(d, p)) {
        nic_event(&d->nic, RTL8139_EVENT_TX_DROP, p->f.len);
        d->reg.TxER++;
        return TXD_TES;
    }
    return packet_status(d, p, packet_send(d, v, p));
}

/* One packet of a ring; false if the ring has none for us */
static bool ring_step(struct rtl8139 *d, struct visit *v, unsigned ring)
{
    struct packet p;
    uint32_t status = TXD_TES;

    switch (packet_collect(d, v, &p, ring)) {
    case COLLECT_FAULT:
        nic_event(&d->nic, RTL8139_EVENT_TX_FAULT, p.index[0]);
        v->causes |= ISR_SERR;
        return false;
    case COLLECT_STUCK:
        return false;
    case COLLECT_WAIT:
        v->causes |= ISR_TDU;
        return false;
    case COLLECT_ENDLESS:
        nic_event(&d->nic, RTL8139_EVENT_TX_DROP, 0);
        d->reg.TxER++;
        break;
    case COLLECTED:
        status = packet_carry_out(d, v, &p);
        break;
    }
    v->budget -= p.n < v->budget ? p.n : v->budget;
    return packet_return(d, v, &p, ring, status);
}

static void rings_run(struct rtl8139 *d, struct visit *v)
{
    const uint8_t poll[RINGS] = { TPPoll_NPQ, TPPoll_HPQ };

    for (unsigned ring = RINGS; ring-- > 0;) {
        v->n_ahead = 0;
        while ((d->reg.TPPoll & poll[ring]) && !visit_over(v)) {
            if (!ring_step(d, v, ring)) {
                d->reg.TPPoll &= (uint8_t)~poll[ring];
            }
        }
        if (!done_flush(d, v, ring)) {
            d->reg.TPPoll &= (uint8_t)~poll[ring];
        }
    }
}

static bool work_left(const struct rtl8139 *d)
{
    return rtl8139_tx_cplus(d) ? d->reg.TPPoll & (TPPoll_NPQ | TPPoll_HPQ)
                               : slot_ready(d);
}

/* With TE.  Loopback does not care about PAUSE */
static bool may_send(const struct rtl8139 *d)
{
    return !rtl8139_in_d3(d) && rtl8139_online(d) &&
           (rtl8139_loopback(d) || !rtl8139_paused(d));
}

static void queued_run(struct rtl8139 *d)
{
    struct visit v;

    if (!may_send(d)) {
        return;
    }
    v.budget = TX_BUDGET;
    v.bytes = v.causes = 0;
    v.host_full = false;
    v.n_ahead = v.n_done = 0;
    if (rtl8139_tx_cplus(d)) {
        rings_run(d, &v);
    } else {
        slots_run(d, &v);
    }
    if (work_left(d) && !v.host_full) {
        nic_kick(&d->nic, RTL8139_WORK_TX);
    }
    rtl8139_cause(d, v.causes);
}

void rtl8139_tx_run(struct rtl8139 *d)
{
    if (d->reg.CR & CR_TE) {
        queued_run(d);
    }
}

/*
 * A chip begins with what it was told of at once, and here work may still wait
 * for the host.  What 8139cp's suspend leaves in the ring would be taken for
 * packets after its resume, which begins at the first descriptor again.
 */
void rtl8139_tx_stopped(struct rtl8139 *d)
{
    if (d->nic.work & RTL8139_WORK_TX) {
        queued_run(d);
    }
}

/* Side effects */

/* OWN = 0 starts it and forgets what became of the packet before */
void rtl8139_tsd_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if ((w.lanes & TSD_OWN) && !(w.val & TSD_OWN)) {
        d->reg.TSD[w.i] &= TSD_WRITTEN;
        nic_kick(n, RTL8139_WORK_TX);
    }
}

/*
 * The aborted packet is tried again from its slot, or what software put into
 * the slot since: 8139too counts the packet as lost and goes on.
 */
static void abort_clear(struct rtl8139 *d)
{
    if (d->reg.tx_aborted) {
        d->reg.tx_aborted = 0;
        d->reg.TSD[d->reg.tx_slot] &= TSD_WRITTEN;
        nic_kick(&d->nic, RTL8139_WORK_TX);
    }
}

void rtl8139_tcr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (!(d->reg.CR & CR_TE)) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ORDER, w.val);
    }
    if (w.val & TCR_CLRABT) {
        abort_clear(d);
    }
    /* Loopback: the network is heard again, or no more; no pause counts */
    if ((d->reg.TCR ^ w.old) & TCR_LBK) {
        n->host->rx_ready(n);
        nic_kick(n, RTL8139_WORK_TX);
    }
}

/* A nibble each of TOK, TUN, TABT and OWN; C mode only */
uint32_t rtl8139_tsads_fetch(struct nic *n, unsigned i)
{
    static const uint32_t bits[] = { TSD_OWN, TSD_TABT, TSD_TUN, TSD_TOK };
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t all = 0;

    if (rtl8139_tx_cplus(d)) {
        return 0;
    }
    for (unsigned at = 0; at < NIC_N(bits) * SLOTS; at++) {
        if (d->reg.TSD[at % SLOTS] & bits[at / SLOTS]) {
            all |= 1u << at;
        }
    }
    return all;
}

void rtl8139_tppoll_written(struct nic *n, struct wr w)
{
    if (w.val & TPPoll_FSWInt) {
        rtl8139_cause(rtl8139_of(n), ISR_SWInt);
    }
    nic_kick(n, RTL8139_WORK_TX);
}

uint32_t rtl8139_tppoll_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);

    return d->reg.TPPoll | (d->reg.ISR & ISR_SWInt ? TPPoll_FSWInt : 0);
}

/* Software begins at the start of a ring that it moved */
static void ring_moved(struct nic *n, unsigned ring)
{
    rtl8139_of(n)->reg.tx_index[ring] = 0;
}

void rtl8139_tnpdsl_written(struct nic *n, struct wr w)
{
    rtl8139_ring_aligned(rtl8139_of(n), w.val);
    ring_moved(n, 0);
}

void rtl8139_tnpdsh_written(struct nic *n, struct wr w)
{
    ring_moved(n, 0);
}

void rtl8139_thpdsl_written(struct nic *n, struct wr w)
{
    rtl8139_ring_aligned(rtl8139_of(n), w.val);
    ring_moved(n, 1);
}

void rtl8139_thpdsh_written(struct nic *n, struct wr w)
{
    ring_moved(n, 1);
}
