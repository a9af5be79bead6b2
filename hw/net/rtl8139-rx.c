// SPDX-License-Identifier: MIT
/*
 * rtl8139-rx.c - reception, in both modes, and the address filter
 *
 * C mode: a ring of bytes.  Each frame is stored as status, length, frame, FCS,
 * padded to a dword; CBR moves behind it, software moves CAPR, which is 16
 * behind what it means.  A ring that would be full up to the last byte is one
 * byte too full, because it would look empty.  With WRAP a frame that crosses
 * the end goes on behind the ring.
 *
 * C+ mode: a ring of at most 64 descriptors.  A frame takes as many as it
 * needs; the first of them is given back last.  Descriptors of frames that take
 * one each are collected and given back at the end of a burst of frames, and
 * ROK of either mode is raised then (rtl8139_settle()): software on another CPU
 * has the same cache lines, and looks at an interrupt for each.
 *
 * There is no FIFO: a frame from the network that finds no room is refused and
 * offered again when CAPR moves and when software acknowledges or unmasks
 * interrupts; in C+ mode, where it says nothing when it gives descriptors, also
 * every millisecond.  What can never fit is lost as if the FIFO had overrun,
 * and so is what must not wait: frames of an internal loopback.
 */
#include <string.h>

#include "hw/net/rtl8139.h"

enum {
    HEADER = 4,
    CAPR_LAG = 16,
    RING_8K = 8192,
    RBLEN_64K = 3,
    FIFO = 2048,
    WIRE_MIN = 64, /* Frame with FCS */
    FRAME_MAX = 4096,
    POLL_NS = 1000000,
    MPC_MAX = 0xffffff,
};

/* Header of the C mode */
#define RXS_ROK  (1u << 0)
#define RXS_CRC  (1u << 2)
#define RXS_LONG (1u << 3)
#define RXS_RUNT (1u << 4)
#define RXS_BAR  (1u << 13)
#define RXS_PAM  (1u << 14)
#define RXS_MAR  (1u << 15)

/* Descriptor, first dword (8139C(L)+) */
#define RXD_OWN     (1u << 31)
#define RXD_EOR     (1u << 30)
#define RXD_FS      (1u << 29)
#define RXD_LS      (1u << 28)
#define RXD_MAR     (1u << 26)
#define RXD_PAM     (1u << 25)
#define RXD_BAR     (1u << 24)
#define RXD_BOVF    (1u << 23)
#define RXD_RWT     (1u << 21)
#define RXD_RES     (1u << 20)
#define RXD_RUNT    (1u << 19)
#define RXD_CRC     (1u << 18)
#define RXD_PID_TCP (1u << 16)
#define RXD_PID_UDP (2u << 16)
#define RXD_PID_IP  (3u << 16)
#define RXD_IPF     (1u << 15)
#define RXD_UDPF    (1u << 14)
#define RXD_TCPF    (1u << 13)
#define RXD_SIZE    0x1fffu

/* Second dword */
#define RXD_TAVA (1u << 16)

struct rx_desc {
    le32_t command, tag;
    le64_t addr;
};
_Static_assert(sizeof(struct rx_desc) == RTL8139_DESC, "8139C(L)+");

/* Why a frame was let in */
enum match { MATCH_NONE, MATCH_OWN, MATCH_BROADCAST, MATCH_GROUP, MATCH_ALL };

/**
 * struct rx_frame - A frame on its way
 * @in:   As it is stored
 * @inet: Its headers
 * @runt: Shorter than 64 bytes with FCS
 * @over: Longer than 4 KiB: what is beyond that is not stored
 */
struct rx_frame {
    struct frame_in in;
    struct inet inet;
    enum match match;
    bool runt, over;
};

/* ROOM_CUT: what there is will never do, but takes the first bytes */
enum rx_room { ROOM_NOW, ROOM_LATER, ROOM_NEVER, ROOM_CUT };

/* Bytes that are stored of it */
static size_t stored_len(const struct rx_frame *f)
{
    size_t len = frame_in_stored(&f->in);

    return f->over ? FRAME_MAX : len;
}

/* The filter */

/* CRC-32 without the last inversion, bits in the order of the wire */
static uint32_t address_crc(const uint8_t *addr)
{
    uint32_t crc = UINT32_MAX;

    for (unsigned i = 0; i < 48; i++) {
        uint32_t bit = addr[i / 8] >> (i & 7) & 1;

        crc = (crc << 1) ^ ((crc >> 31 ^ bit) ? 0x04c11db7 : 0);
    }
    return crc;
}

bool rtl8139_mar_match(const struct rtl8139 *d, const uint8_t *addr)
{
    unsigned at = address_crc(addr) >> 26;

    return d->reg.MAR[at >> 3] & 1u << (at & 7);
}

static enum match filter(const struct rtl8139 *d, const uint8_t *addr)
{
    uint32_t rcr = d->reg.RCR;

    if (frame_is_broadcast(addr)) {
        return rcr & RCR_AB ? MATCH_BROADCAST : MATCH_NONE;
    }
    if (addr[0] & 1) {
        return (rcr & RCR_AM) && rtl8139_mar_match(d, addr) ? MATCH_GROUP
                                                            : MATCH_NONE;
    }
    if ((rcr & RCR_APM) && !memcmp(addr, d->reg.IDR, sizeof(d->reg.IDR))) {
        return MATCH_OWN;
    }
    return rcr & RCR_AAP ? MATCH_ALL : MATCH_NONE;
}

void rtl8139_filter(const struct nic *n, struct nic_filter *f)
{
    const struct rtl8139 *d = (const struct rtl8139 *)n;
    uint32_t rcr = d->reg.RCR;
    unsigned bits = 0;

    memset(f, 0, sizeof(*f));
    memcpy(f->mac, d->reg.IDR, sizeof(f->mac));
    if (!(d->reg.CR & CR_RE)) {
        return;
    }
    for (unsigned i = 0; i < 64; i++) {
        bits += d->reg.MAR[i >> 3] >> (i & 7) & 1;
    }
    f->broadcast_allowed = rcr & RCR_AB;
    f->unicast = rcr & RCR_AAP   ? NIC_FILTER_ALL
                 : rcr & RCR_APM ? NIC_FILTER_NORMAL
                                 : NIC_FILTER_NONE;
    f->multicast = !(rcr & RCR_AM) || !bits ? NIC_FILTER_NONE
                   : bits == 64             ? NIC_FILTER_ALL
                                            : NIC_FILTER_NORMAL;
    f->promiscuous = f->unicast == NIC_FILTER_ALL &&
                     f->multicast == NIC_FILTER_ALL && f->broadcast_allowed;
}

/* The ring of the C mode; offsets in it */

static uint32_t ring_size(const struct rtl8139 *d)
{
    return (uint32_t)RING_8K << (d->reg.RCR >> RCR_RBLEN_SHIFT & 3);
}

static bool ring_wraps(const struct rtl8139 *d)
{
    return !(d->reg.RCR & RCR_WRAP) ||
           (d->reg.RCR >> RCR_RBLEN_SHIFT & 3) == RBLEN_64K;
}

static uint32_t ring_read(const struct rtl8139 *d)
{
    return (d->reg.CAPR + CAPR_LAG) & (ring_size(d) - 1);
}

static uint32_t ring_used(const struct rtl8139 *d)
{
    return (d->reg.CBR - ring_read(d)) & (ring_size(d) - 1);
}

bool rtl8139_rx_empty(const struct rtl8139 *d)
{
    return !ring_used(d);
}

/* Cards show CBR running on over the ring's end if CAPR was written so */
uint32_t rtl8139_cbr_fetch(struct nic *n, unsigned i)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t read = (d->reg.CAPR + CAPR_LAG) & 0xffff;

    return read < ring_size(d) ? d->reg.CBR & (ring_size(d) - 1)
                               : (read + ring_used(d)) & 0xffff;
}

/* Bytes that a frame takes */
static uint32_t ring_need(const struct rx_frame *f)
{
    return (uint32_t)(HEADER + stored_len(f) + 3) & ~3u;
}

static enum rx_room ring_room(const struct rtl8139 *d, const struct rx_frame *f)
{
    uint32_t need = ring_need(f);
    bool whole = (d->reg.RCR & RCR_RXFTH) == RCR_RXFTH;

    /* Behind a ring with WRAP software keeps no more than a FIFO full */
    if (need >= ring_size(d) ||
        ((whole || !ring_wraps(d)) && stored_len(f) > FIFO)) {
        return ROOM_NEVER;
    }
    return ring_used(d) + need < ring_size(d) ? ROOM_NOW : ROOM_LATER;
}

/* Store the next @len bytes of the frame at offset @at of the ring */
static bool ring_put(struct rtl8139 *d, struct frame_in *in, uint32_t at,
                     size_t len)
{
    gpa_t base = gpa(d->reg.RBSTART);
    size_t first = len;

    if (ring_wraps(d)) {
        at &= ring_size(d) - 1;
        first = len < ring_size(d) - at ? len : ring_size(d) - at;
    }
    return frame_in_put(&d->nic, in, gpa_add(base, at), first) &&
           frame_in_put(&d->nic, in, base, len - first);
}

static uint32_t header_flags(const struct rx_frame *f)
{
    uint32_t flags = f->in.bad_fcs ? RXS_CRC : f->over ? 0 : RXS_ROK;

    flags |= f->over ? RXS_LONG : 0;
    flags |= f->runt ? RXS_RUNT : 0;
    flags |= f->match == MATCH_BROADCAST ? RXS_BAR : 0;
    flags |= f->match == MATCH_OWN ? RXS_PAM : 0;
    return flags | (f->match == MATCH_GROUP ? RXS_MAR : 0);
}

static bool ring_store(struct rtl8139 *d, struct rx_frame *f)
{
    uint32_t at = d->reg.CBR & (ring_size(d) - 1), mask = ring_size(d) - 1;
    uint32_t len = (uint32_t)stored_len(f);
    le32_t header = le32_put(len << 16 | header_flags(f));

    if (!ring_put(d, &f->in, at + HEADER, len) ||
        !nic_dma_write(&d->nic, gpa_add(gpa(d->reg.RBSTART), at), &header,
                       sizeof(header))) {
        return false;
    }
    d->reg.CBR = (uint16_t)((at + ring_need(f)) & mask);
    d->reg.ERSR |= ERSR_EROVW | (f->in.bad_fcs ? ERSR_ERBad : ERSR_ERGood);
    return true;
}

/* The ring of the C+ mode */

/**
 * struct claim - Descriptors for one frame
 * @n:     How many
 * @size:  Of their buffers
 * @fault: One of them is not in guest memory
 */
struct claim {
    struct rx_desc desc[RTL8139_RING];
    uint8_t index[RTL8139_RING];
    unsigned n, next;
    size_t size;
    bool fault;
};

static gpa_t desc_at(const struct rtl8139 *d, unsigned index)
{
    return gpa_add(gpa((uint64_t)d->reg.RDSARH << 32 | d->reg.RDSARL),
                   index * RTL8139_DESC);
}

void rtl8139_rx_flush(struct rtl8139 *d)
{
    unsigned n = d->reg.rx_wb_n;

    /* Then it is settled later */
    if (!d->nic.bus_master) {
        return;
    }
    d->reg.rx_wb_n = 0;
    for (unsigned i = 0; i < n; i++) {
        le64_t back = le64_put(d->reg.rx_wb[i]);

        /* Both dwords at once: OWN is in the first one */
        if (!nic_dma_write(&d->nic, desc_at(d, d->reg.rx_wb_at[i]), &back,
                           sizeof(back))) {
            nic_event(&d->nic, RTL8139_EVENT_RX_FAULT, 0);
            rtl8139_cause(d, ISR_SERR);
            return;
        }
    }
}

/* Give descriptor @at back, sooner or later */
static void wb_push(struct rtl8139 *d, unsigned at, uint32_t command,
                    uint32_t tag)
{
    unsigned n = d->reg.rx_wb_n;

    d->reg.rx_wb_at[n] = (uint8_t)at;
    d->reg.rx_wb[n] = (uint64_t)tag << 32 | command;
    d->reg.rx_wb_n = (uint8_t)(n + 1);
    if (n + 1 == RTL8139_RX_WB) {
        rtl8139_rx_flush(d);
    }
}

void rtl8139_settle(struct nic *n)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint32_t causes = d->reg.rx_causes;

    rtl8139_rx_flush(d);
    d->reg.rx_causes = 0;
    if (causes) {
        rtl8139_cause(d, causes);
    }
}

/* The next frame will be like this one, and is read from the network first.
 * Rings lie on 256 bytes: within as many, what follows is in memory as well */
static void rx_prefetch(struct rtl8139 *d, size_t len)
{
    struct rx_desc next;

    if (d->reg.rx_index % (256 / RTL8139_DESC) &&
        nic_dma_read(&d->nic, desc_at(d, d->reg.rx_index), &next,
                     sizeof(next)) &&
        (le32_get(next.command) & RXD_OWN)) {
        nic_prefetch(&d->nic, gpa(le64_get(next.addr)),
                     len < FRAME_PREFETCH ? len : FRAME_PREFETCH, true);
    }
}

/* Find descriptors for @left bytes, from the next one on */
static enum rx_room claim_make(struct rtl8139 *d, struct claim *c, size_t left)
{
    unsigned at = d->reg.rx_index;

    c->fault = false;
    c->size = 0;
    for (c->n = 0; c->n < RTL8139_RING;) {
        struct rx_desc *desc = &c->desc[c->n];
        uint32_t command;

        /* Once around: this one still says that it is ours */
        if (d->reg.rx_wb_n && at == d->reg.rx_wb_at[0]) {
            rtl8139_rx_flush(d);
        }
        if (!nic_dma_read(&d->nic, desc_at(d, at), desc, sizeof(*desc))) {
            c->fault = true;
            return ROOM_NEVER;
        }
        command = le32_get(desc->command);
        if (!(command & RXD_OWN)) {
            return ROOM_LATER;
        }
        c->index[c->n++] = (uint8_t)at;
        at = command & RXD_EOR ? 0 : (at + 1) % RTL8139_RING;
        c->next = at;
        c->size += command & RXD_SIZE;
        if (c->size >= left) {
            return ROOM_NOW;
        }
        if (at == d->reg.rx_index) {
            break;
        }
    }
    return ROOM_CUT;
}

/* PID and the results of checksum verification */
static uint32_t rx_sums(struct rtl8139 *d, const struct rx_frame *f)
{
    bool good = f->in.rx->flags & NIC_RX_CSUM_GOOD, bad = false;
    const struct inet *in = &f->inet;
    uint32_t result = RXD_PID_IP;

    if (!(d->reg.CPCR & CPCR_RxChkSum) || in->ip != INET_IP4) {
        return 0;
    }
    if (!good) {
        const uint8_t *ip = f->in.head + in->l3;

        if (inet_fold(inet_sum(ip, 4 * (ip[0] & 15u), 0)) != 0xffff) {
            result |= RXD_IPF;
        }
    }
    if (!in->l4 ||
        (in->proto != INET_PROTO_TCP && in->proto != INET_PROTO_UDP)) {
        return result;
    }
    if (!good && inet_has_sum(f->in.head, f->in.avail, in)) {
        uint32_t sum = d->nic.host->sum(&d->nic, f->in.rx, in->l4,
                                        (size_t)in->ip_end - in->l4);

        bad = inet_fold(sum + inet_pseudo(f->in.head, in)) != 0xffff;
    }
    result &= ~RXD_PID_IP;
    return in->proto == INET_PROTO_TCP
               ? result | RXD_PID_TCP | (bad ? RXD_TCPF : 0)
               : result | RXD_PID_UDP | (bad ? RXD_UDPF : 0);
}

static uint32_t desc_flags(struct rtl8139 *d, const struct rx_frame *f)
{
    uint32_t flags = f->over ? RXD_RWT | RXD_RES : rx_sums(d, f);

    flags |= f->in.bad_fcs ? RXD_CRC | RXD_RES : 0;
    flags |= f->runt ? RXD_RUNT | RXD_RES : 0;
    flags |= f->match == MATCH_BROADCAST ? RXD_BAR : 0;
    flags |= f->match == MATCH_OWN ? RXD_PAM : 0;
    return flags | (f->match == MATCH_GROUP ? RXD_MAR : 0);
}

/* FreeBSD's driver knows that buffers have to be aligned; no paper does */
static void rx_buffer_check(struct rtl8139 *d, const struct rx_desc *desc)
{
    uint64_t addr = le64_get(desc->addr);

    if (addr & 7) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ALIGN, addr);
    }
}

/* Fill the buffers, then give the descriptors back, the first one last */
static bool desc_store(struct rtl8139 *d, struct rx_frame *f, struct claim *c)
{
    uint32_t flags = desc_flags(d, f), tag = 0;
    size_t left = stored_len(f);

    if (c->size < left) {
        flags |= RXD_BOVF;
        left = c->size;
    }
    flags |= (uint32_t)left;
    for (unsigned i = 0; i < c->n; i++) {
        size_t size = le32_get(c->desc[i].command) & RXD_SIZE;

        rx_buffer_check(d, &c->desc[i]);
        size = size < left ? size : left;
        if (!frame_in_put(&d->nic, &f->in, gpa(le64_get(c->desc[i].addr)),
                          size)) {
            return false;
        }
        left -= size;
    }
    if (f->in.strip) {
        tag = RXD_TAVA | (f->inet.tci & 0xffu) << 8 | f->inet.tci >> 8;
    }
    for (unsigned i = c->n; i-- > 0;) {
        uint32_t command = le32_get(c->desc[i].command);

        command &= i + 1 == c->n ? RXD_EOR : RXD_EOR | RXD_SIZE;
        command |= i ? 0 : RXD_FS;
        command |= i + 1 == c->n ? RXD_LS | flags : 0;
        wb_push(d, c->index[i], command, tag);
    }
    /* So that those that wait are in the order of the ring */
    if (c->n > 1) {
        rtl8139_rx_flush(d);
    }
    d->reg.rx_index = (uint8_t)c->next;
    rx_prefetch(d, stored_len(f));
    return true;
}

/* The frame */

static void rx_count(struct rtl8139 *d, const struct rx_frame *f)
{
    d->reg.RxOk++;
    d->reg.RxOkPhy += f->match == MATCH_OWN || f->match == MATCH_ALL;
    d->reg.RxOkBrd += f->match == MATCH_BROADCAST;
    d->reg.RxOkMul += f->match == MATCH_GROUP;
}

static void rx_missed(struct rtl8139 *d, const struct rx_frame *f)
{
    nic_event(&d->nic, RTL8139_EVENT_RX_MISSED, f->in.len);
    d->reg.MPC = (d->reg.MPC + 1) & MPC_MAX;
    d->reg.MissPkt =
        (uint16_t)(d->reg.MissPkt + (d->reg.MissPkt != UINT16_MAX));
    rtl8139_cause(d, ISR_FOVW);
}

/*
 * A frame waits in the network.  In C mode RXOVW is raised each time that it is
 * refused: 8139too acknowledges before it stops at its budget, leaves packets
 * in a full ring, and relies on the next frame to interrupt.
 */
static bool rx_hold(struct rtl8139 *d)
{
    bool cplus = rtl8139_rx_cplus(d);

    /* What software is to free comes before the complaint */
    rtl8139_rx_flush(d);
    rtl8139_flow_full(d);
    if (!d->reg.rx_held || !cplus) {
        d->reg.rx_held = 1;
        rtl8139_cause(d, ISR_RXOVW);
    }
    if (cplus) {
        nic_timer(&d->nic, RTL8139_TIMER_RX_POLL,
                  d->nic.host->now(&d->nic) + POLL_NS);
    }
    return false;
}

/*
 * RE may be set before the ring's address: a chip then overwrites memory
 * at 0.  Frames wait for the address.
 */
static bool has_ring(const struct rtl8139 *d)
{
    return rtl8139_rx_cplus(d) ? d->reg.RDSARL || d->reg.RDSARH
                               : d->reg.RBSTART != 0;
}

/* Whether length and FCS are right, or RCR lets them be wrong */
static bool rx_sound(struct rtl8139 *d, const struct rx_frame *f)
{
    size_t wire = f->in.len + FRAME_FCS;
    bool keep = d->reg.RCR & RCR_AER;

    if (f->over) {
        d->reg.RxER++;
        return keep;
    }
    if (f->in.bad_fcs) {
        d->reg.RxER++;
        rtl8139_cause(d, ISR_RER);
        return keep && wire > (d->reg.RCR & RCR_RER8 ? 8 : WIRE_MIN);
    }
    return !f->runt || (d->reg.RCR & RCR_AR);
}

/* Return: false to have it offered again */
static bool rx_frame(struct rtl8139 *d, struct rx_frame *f)
{
    bool cplus = rtl8139_rx_cplus(d), stored;
    struct claim claim;
    enum rx_room room;

    f->match = filter(d, f->in.head);
    if (f->match == MATCH_NONE) {
        nic_event(&d->nic, RTL8139_EVENT_RX_FILTERED, f->in.len);
        return true;
    }
    if (!rx_sound(d, f)) {
        nic_event(&d->nic, RTL8139_EVENT_RX_BAD, f->in.len);
        return true;
    }
    if (!has_ring(d) && !(f->in.rx->flags & NIC_RX_LOOPED)) {
        d->reg.rx_held = 1;
        return false;
    }
    f->in.strip = cplus && f->inet.tagged && (d->reg.CPCR & CPCR_RxVLAN);
    claim.fault = false;
    room = !has_ring(d) ? ROOM_NEVER
           : cplus      ? claim_make(d, &claim, stored_len(f))
                        : ring_room(d, f);
    if (room == ROOM_LATER && !(f->in.rx->flags & NIC_RX_LOOPED)) {
        return rx_hold(d);
    }
    if ((room == ROOM_NEVER || room == ROOM_LATER) && !claim.fault) {
        rx_missed(d, f);
        return true;
    }
    if (!f->over) {
        frame_in_fcs(&d->nic, &f->in);
    }
    stored =
        !claim.fault && (cplus ? desc_store(d, f, &claim) : ring_store(d, f));
    if (!stored) {
        nic_event(&d->nic, RTL8139_EVENT_RX_FAULT, f->in.len);
        rtl8139_cause(d, ISR_SERR);
        return true;
    }
    if (room == ROOM_CUT) {
        rtl8139_rx_flush(d);
        nic_event(&d->nic, RTL8139_EVENT_RX_MISSED, f->in.len);
        d->reg.RxER++;
        rtl8139_cause(d, ISR_RXOVW);
        return true;
    }
    rx_count(d, f);
    d->reg.rx_causes |= ISR_ROK;
    return true;
}

/* Whether the receiver would see this frame at all */
static bool rx_hears(const struct rtl8139 *d, const struct nic_rx *rx)
{
    if (!(d->reg.CR & CR_RE) || rtl8139_in_d3(d) || !rtl8139_online(d)) {
        return false;
    }
    return (rx->flags & NIC_RX_LOOPED) ||
           (rtl8139_link_up(d) && !rtl8139_loopback(d));
}

bool rtl8139_receive(struct nic *n, const struct nic_rx *rx)
{
    struct rtl8139 *d = rtl8139_of(n);
    bool looped = rx->flags & NIC_RX_LOOPED;
    struct rx_frame f;

    if (!looped) {
        rtl8139_wake(d, rx);
    }
    if (rx_hears(d, rx) && (n->bus_master || !looped)) {
        if (!n->bus_master) {
            return false;
        }
        if (frame_in_open(n, &f.in, rx) &&
            (looped || !rtl8139_flow_receive(d, &f.in))) {
            f.runt = f.in.len + FRAME_FCS < WIRE_MIN;
            f.over = f.in.len > FRAME_MAX + FRAME_TAG;
            inet_parse(f.in.head, f.in.avail, f.in.len, RTL8139_TAG, &f.inet);
            if (!rx_frame(d, &f)) {
                return false;
            }
        }
    }
    if (!looped) {
        d->reg.rx_held = 0;
        rtl8139_flow_drained(d);
    }
    return true;
}

/* Side effects */

void rtl8139_rx_retry(struct rtl8139 *d)
{
    if (d->reg.rx_held) {
        nic_timer(&d->nic, RTL8139_TIMER_RX_POLL, NIC_TIMER_OFF);
        d->nic.host->rx_ready(&d->nic);
    }
}

/* 8139too's recovery switches RE off and on and goes on at offset 0 */
void rtl8139_rx_enabled(struct rtl8139 *d)
{
    d->reg.CAPR = (uint16_t)-CAPR_LAG;
    d->reg.CBR = 0;
    d->reg.ERSR = 0;
}

void rtl8139_mar_written(struct nic *n, struct wr w)
{
    rtl8139_rx_retry(rtl8139_of(n));
}

void rtl8139_rcr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);

    if (!(d->reg.CR & CR_RE)) {
        rtl8139_strict(d, RTL8139_EVENT_STRICT_ORDER, w.val);
    }
    n->host->rx_ready(n);
}

/*
 * Windows 7 writes CAPR and waits for more: what was refused is offered at
 * once.  With nothing to read it is an underrun.
 */
void rtl8139_capr_written(struct nic *n, struct wr w)
{
    struct rtl8139 *d = rtl8139_of(n);
    uint16_t now = d->reg.CAPR;
    bool was_empty;

    d->reg.CAPR = (uint16_t)w.old;
    was_empty = rtl8139_rx_empty(d);
    d->reg.CAPR = now;
    if (was_empty && (d->reg.CR & CR_RE)) {
        rtl8139_cause(d, ISR_PUN);
    }
    rtl8139_rx_retry(d);
}

void rtl8139_rbstart_written(struct nic *n, struct wr w)
{
    rtl8139_aligned_written(n, w);
    rtl8139_rx_retry(rtl8139_of(n));
}

/* Another ring: what is known of the old one means nothing */
static void ring_moved(struct rtl8139 *d)
{
    d->reg.rx_wb_n = 0;
    d->reg.rx_index = 0;
    rtl8139_rx_retry(d);
}

void rtl8139_rdsarl_written(struct nic *n, struct wr w)
{
    rtl8139_ring_aligned(rtl8139_of(n), w.val);
    ring_moved(rtl8139_of(n));
}

void rtl8139_rdsarh_written(struct nic *n, struct wr w)
{
    ring_moved(rtl8139_of(n));
}
