// SPDX-License-Identifier: MIT
/*
 * e1000-rx.c - reception of the 8254x (SDM 3.2, 13.4.22 to 13.4.32)
 *
 * A frame passes, in this order: receiver on and link up, flow control
 * (e1000-flow.c), address and VLAN filters (e1000-filter.c), length, FCS, and
 * then needs descriptors.
 *
 * Software owns RDT, we own RDH.  Descriptors [RDH, RDT) are ours; the first
 * rx_cache_n of them were read already, in batches, as the chip does: only
 * their addresses matter.  Intel's packet driver for DOS relies on it and
 * reuses descriptors that the chip must have read.  Finished descriptors are
 * collected and written back, with the causes they raise, at the end of a burst
 * of frames (e1000_settle()), or for as long as RXDCTL and the delay timers
 * allow; those are the rx_wb_n before RDH, from slot rx_wb_at on.
 *
 * There is no FIFO.  A frame from the network that finds too few descriptors
 * is refused and offered again when software moved RDT, so none is lost that
 * the network can hold.  RNBC counts it once; nothing else is counted before
 * the frame's fate is known.  What can never fit is lost as if the FIFO had
 * overrun, and so is what the chip must not wait with: frames of an internal
 * loopback, and control frames, which were obeyed already.
 *
 * A descriptor or buffer that is not in guest memory stops the ring, until
 * software writes RDT, RDH or the base, or switches the receiver on again.
 */
#include <string.h>

#include "hw/net/e1000.h"

#define RXD_DD    (1u << 0) /* Status (SDM 3.2.3.1) */
#define RXD_EOP   (1u << 1)
#define RXD_IXSM  (1u << 2)
#define RXD_VP    (1u << 3)
#define RXD_TCPCS (1u << 5)
#define RXD_IPCS  (1u << 6)
#define RXD_PIF   (1u << 7)
#define RXD_CE    (1u << 0) /* Errors (3.2.3.2) */
#define RXD_TCPE  (1u << 5)
#define RXD_IPE   (1u << 6)

enum {
    WIRE_MIN = 64, /* Frame with FCS */
    WIRE_MAX = 1522,
    WIRE_MAX_LPE = 16384,
    VLAN_AT = 12,
    /* "Each extension header is at most 64 bytes" (3.2.9) */
    EXT_MAX = 64,
    /* GRAN=0 counts cache lines: of 64 bytes, as firmware sets them */
    DESC_PER_LINE = 4,
};

/* Receive descriptor (3.2.3); what follows the address is written back */
struct rx_desc {
    le64_t addr;
    le64_t info;
};
_Static_assert(sizeof(struct rx_desc) == 16, "SDM 3.2.3");

/* Where fields are in struct rx_desc.info */
enum {
    INFO_CSUM_SHIFT = 16,
    INFO_STATUS_SHIFT = 32,
    INFO_ERRORS_SHIFT = 40,
    INFO_SPECIAL_SHIFT = 48,
};

/**
 * struct rx_frame - A frame on its way into the ring
 * @s:       As it is stored
 * @in:      Its headers
 * @bad_len: Shorter or longer than allowed
 * @control: Flow control frame, recognised as such
 * @inexact: Only a hash or a promiscuous mode let it in
 */
struct rx_frame {
    struct frame_in s;
    struct inet in;
    bool bad_len, control, inexact;
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The ring */

static struct ring rx_ring(const struct e1000 *d)
{
    return (struct ring){
        .base = gpa((uint64_t)d->reg.RDBAH << 32 | d->reg.RDBAL),
        .entry = sizeof(struct rx_desc),
        .n = d->reg.RDLEN / (uint32_t)sizeof(struct rx_desc),
        .head = d->reg.RDH,
        .tail = d->reg.RDT,
    };
}

static gpa_t slot_at(const struct ring *r, uint32_t slot)
{
    return gpa_add(r->base, (uint64_t)slot * r->entry);
}

static void cache_drop(struct e1000 *d)
{
    d->reg.rx_cache_first = 0;
    d->reg.rx_cache_n = 0;
}

static bool rx_fault(struct e1000 *d)
{
    nic_event(&d->nic, E1000_EVENT_RX_FAULT, d->reg.RDH);
    d->reg.rx_stopped = 1;
    d->reg.rx_wb_n = 0;
    cache_drop(d);
    return false;
}

/**
 * cache_fill() - Read all free descriptors that the cache has room for
 *
 * Return: false if they are not in guest memory; the ring is stopped then
 */
static bool cache_fill(struct e1000 *d, const struct ring *r)
{
    struct rx_desc desc[E1000_RX_CACHE];
    uint32_t have = d->reg.rx_cache_n, used = ring_used(r), want, run;
    uint32_t slot;

    if (have >= used || have >= E1000_RX_CACHE) {
        return true;
    }
    want = (uint32_t)min_size(used, E1000_RX_CACHE) - have;
    slot = (r->head + have) % r->n;
    for (; want; want -= run, slot = 0) {
        run = (uint32_t)min_size(want, r->n - slot);
        if (!nic_dma_read(&d->nic, slot_at(r, slot), desc,
                          run * sizeof(desc[0]))) {
            return rx_fault(d);
        }
        for (uint32_t i = 0; i < run; i++) {
            unsigned at = d->reg.rx_cache_first + d->reg.rx_cache_n++;

            d->reg.rx_cache[at % E1000_RX_CACHE] = le64_get(desc[i].addr);
        }
    }
    return true;
}

static uint64_t cache_take(struct e1000 *d)
{
    uint64_t addr = d->reg.rx_cache[d->reg.rx_cache_first];

    d->reg.rx_cache_first =
        (uint8_t)((d->reg.rx_cache_first + 1u) % E1000_RX_CACHE);
    d->reg.rx_cache_n--;
    return addr;
}

/* The next frame will be like this one, and is read from the network first */
static void cache_prefetch(struct e1000 *d, size_t len)
{
    if (d->reg.rx_cache_n) {
        nic_prefetch(&d->nic, gpa(d->reg.rx_cache[d->reg.rx_cache_first]),
                     min_size(len, FRAME_PREFETCH), true);
    }
}

/* Whether @need buffers are cached; null addresses hold no data */
static bool cache_has(const struct e1000 *d, size_t need)
{
    for (unsigned i = 0; i < d->reg.rx_cache_n && need; i++) {
        unsigned at = (d->reg.rx_cache_first + i) % E1000_RX_CACHE;

        need -= d->reg.rx_cache[at] != 0;
    }
    return !need;
}

static bool rx_on(const struct e1000 *d)
{
    return (d->reg.RCTL & RCTL_EN) && !e1000_in_d3(d);
}

/**
 * rx_prefetch() - Read descriptors ahead, as RXDCTL says (SDM 13.4.46)
 *
 * When there are none on the chip, or at most PTHRESH and HTHRESH are waiting.
 */
static void rx_prefetch(struct e1000 *d)
{
    struct ring r = rx_ring(d);
    uint32_t have, waiting;

    if (!rx_on(d) || !d->nic.bus_master || d->reg.rx_stopped) {
        return;
    }
    /* Software took descriptors back */
    if (d->reg.rx_cache_n > ring_used(&r)) {
        cache_drop(d);
    }
    have = d->reg.rx_cache_n;
    waiting = ring_used(&r) - have;
    if (!have ||
        (have <= (d->reg.RXDCTL & XDCTL_PTHRESH) &&
         waiting >= (d->reg.RXDCTL & XDCTL_HTHRESH) >> XDCTL_HTHRESH_SHIFT)) {
        cache_fill(d, &r);
    }
}

/* Write-back */

void e1000_rx_flush(struct e1000 *d)
{
    struct ring r = rx_ring(d);
    uint32_t slot = d->reg.rx_wb_at;

    for (unsigned i = 0; i < d->reg.rx_wb_n && r.n; i++, slot++) {
        le64_t info = le64_put(d->reg.rx_wb[i]);
        gpa_t at;

        slot = slot < r.n ? slot : 0;
        at = gpa_add(slot_at(&r, slot), sizeof(le64_t));
        /* All at once: software on another CPU polls DD (DPDK) */
        if (!nic_dma_write(&d->nic, at, &info, sizeof(info))) {
            rx_fault(d);
            return;
        }
    }
    d->reg.rx_wb_n = 0;
}

static unsigned wb_threshold(const struct e1000 *d)
{
    unsigned n = (d->reg.RXDCTL & XDCTL_WTHRESH) >> XDCTL_WTHRESH_SHIFT;

    return d->reg.RXDCTL & XDCTL_GRAN ? n : n * DESC_PER_LINE;
}

/* Finish the descriptor at @slot */
static void wb_push(struct e1000 *d, const struct ring *r, uint32_t slot,
                    uint64_t info)
{
    if (!d->reg.rx_wb_n) {
        d->reg.rx_wb_at = (uint16_t)slot;
    }
    d->reg.rx_wb[d->reg.rx_wb_n++] = info;
    if (d->reg.rx_wb_n == E1000_RX_WB_MAX || slot + 1 == r->n) {
        e1000_rx_flush(d);
    }
}

void e1000_settle(struct nic *n)
{
    struct e1000 *d = e1000_of(n);

    if (e1000_in_d3(d)) {
        return;
    }
    if (d->reg.rx_wb_n >= wb_threshold(d)) {
        e1000_rx_flush(d);
    }
    e1000_rx_announce(d);
}

/* The frame */

/**
 * frame_open() - Look at a frame
 *
 * Return: false if it is too short even for the filters
 */
static bool frame_open(struct e1000 *d, struct rx_frame *f,
                       const struct nic_rx *rx)
{
    size_t wire;

    f->control = false;
    f->inexact = false;
    if (!frame_in_open(&d->nic, &f->s, rx)) {
        return false;
    }
    inet_parse(f->s.head, f->s.avail, f->s.len, (uint16_t)d->reg.VET, &f->in);
    f->s.strip = f->in.tagged && (d->reg.CTRL & CTRL_VME);
    wire = f->s.len + E1000_FCS;
    f->bad_len = wire < WIRE_MIN ||
                 wire > (d->reg.RCTL & RCTL_LPE ? WIRE_MAX_LPE : WIRE_MAX);
    return true;
}

/* Bytes that will be in guest memory */
static size_t frame_stored(const struct e1000 *d, const struct rx_frame *f)
{
    return frame_in_stored(&f->s) - (d->reg.RCTL & RCTL_SECRC ? E1000_FCS : 0);
}

/* Checksums (SDM 3.2.9) */

/* A sum put together from parts that start at odd or even distances */
struct parts {
    uint32_t sum;
    bool odd;
};

static void parts_add(struct parts *p, uint16_t sum, size_t len)
{
    if (p->odd) {
        sum = (uint16_t)(sum << 8 | sum >> 8);
    }
    p->sum += sum;
    p->odd ^= len & 1;
}

/* Sum of the frame's bytes [@from, @to), which are before its FCS */
static void parts_add_bytes(struct e1000 *d, const struct rx_frame *f,
                            struct parts *p, size_t from, size_t to)
{
    if (from >= to) {
        return;
    }
    parts_add(p,
              to <= f->s.avail
                  ? inet_fold(inet_sum(f->s.head + from, to - from, 0))
                  : d->nic.host->sum(&d->nic, f->s.rx, from, to - from),
              to - from);
}

/* Sum of the datagram from @from on, given that from in.l4 on */
static uint16_t l4_rest(const struct rx_frame *f, uint16_t l4_sum, size_t from)
{
    size_t cut = from - f->in.l4;
    struct parts rest = { 0, cut & 1 };
    uint16_t sum = inet_fold(inet_sum(f->s.head + f->in.l4, cut, 0));

    parts_add(&rest, inet_fold((uint32_t)l4_sum + (uint16_t)~sum), 0);
    return (uint16_t)rest.sum;
}

/**
 * packet_sum() - The packet checksum of the descriptor (SDM 3.2.9, 13.4.47)
 * @l4_sum: Sum of the datagram from in.l4 on if that is known, so that the
 *          payload need not be looked at again; else negative
 *
 * From byte PCSS of the frame as it is stored to its end, without a pseudo
 * header.  The manual does not say whether sum or complement is stored; it is
 * the complement on the chips that Linux reads it from (82571 and later).
 */
static uint16_t packet_sum(struct e1000 *d, const struct rx_frame *f,
                           int32_t l4_sum)
{
    size_t from = d->reg.RXCSUM & RXCSUM_PCSS, l4 = f->in.l4;
    size_t end = f->in.ip_end;
    struct parts p = { 0, false };

    if (f->s.strip && from < VLAN_AT) {
        parts_add_bytes(d, f, &p, from, VLAN_AT);
        from = VLAN_AT;
    }
    from += f->s.strip ? INET_VLAN_TAG : 0;
    if (l4_sum < 0 || from >= end || from > f->s.avail) {
        parts_add_bytes(d, f, &p, from, f->s.len);
    } else {
        size_t known = from > l4 ? from : l4;

        parts_add_bytes(d, f, &p, from, l4);
        parts_add(&p, l4_rest(f, (uint16_t)l4_sum, known), end - known);
        parts_add_bytes(d, f, &p, end, f->s.len);
    }
    if (!(d->reg.RCTL & RCTL_SECRC)) {
        size_t skip =
            from > f->s.len ? min_size(from - f->s.len, E1000_FCS) : 0;

        end = E1000_FCS - skip;
        parts_add(&p, inet_fold(inet_sum(f->s.fcs + skip, end, 0)), end);
    }
    return (uint16_t)~inet_fold(p.sum);
}

/* Whether the chip can check the TCP or UDP checksum of this frame */
static bool l4_checkable(const struct rx_frame *f)
{
    return inet_has_sum(f->s.head, f->s.avail, &f->in) && !f->in.routed &&
           f->in.ext_max <= EXT_MAX;
}

/**
 * rx_sums() - Check the checksums of a frame (SDM 3.2.9)
 *
 * What the network vouches for is not computed again.  Return: the bits of
 * struct rx_desc.info for the last descriptor, and the packet checksum.
 */
static uint64_t rx_sums(struct e1000 *d, const struct rx_frame *f)
{
    bool good = f->s.rx->flags & NIC_RX_CSUM_GOOD;
    uint32_t rxcsum = d->reg.RXCSUM, want = RXCSUM_TUOFLD;
    uint8_t status = 0, errors = 0;
    int32_t l4_sum = -1;

    if (f->in.ip == INET_IP4 && (rxcsum & RXCSUM_IPOFLD)) {
        const uint8_t *ip = f->s.head + f->in.l3;
        size_t hdr = 4 * (size_t)(ip[0] & 15);

        status |= RXD_IPCS;
        if (!good && inet_fold(inet_sum(ip, hdr, 0)) != 0xffff) {
            errors |= RXD_IPE;
        }
    }
    if (f->in.ip == INET_IP6) {
        want |= RXCSUM_IPV6OFL;
    }
    if (l4_checkable(f)) {
        uint16_t pseudo = inet_pseudo(f->s.head, &f->in);

        if (good) {
            l4_sum = (uint16_t)~pseudo;
        } else if ((rxcsum & want) == want) {
            l4_sum = d->nic.host->sum(&d->nic, f->s.rx, f->in.l4,
                                      (size_t)f->in.ip_end - f->in.l4);
        }
        if ((rxcsum & want) == want) {
            status |= RXD_TCPCS;
            if (inet_fold((uint32_t)l4_sum + pseudo) != 0xffff) {
                errors |= RXD_TCPE;
            }
        }
    }
    if (!status) {
        status = RXD_IXSM;
    }
    return (uint64_t)errors << INFO_ERRORS_SHIFT |
           (uint64_t)status << INFO_STATUS_SHIFT |
           (uint64_t)packet_sum(d, f, l4_sum) << INFO_CSUM_SHIFT;
}

/* Statistics (SDM 13.7) */

static void count_good(struct e1000 *d, const struct rx_frame *f, uint32_t wire)
{
    static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
    uint32_t *const by_size = wire <= 64     ? &d->reg.PRC64
                              : wire <= 127  ? &d->reg.PRC127
                              : wire <= 255  ? &d->reg.PRC255
                              : wire <= 511  ? &d->reg.PRC511
                              : wire <= 1023 ? &d->reg.PRC1023
                                             : &d->reg.PRC1522;

    stat_inc(by_size);
    stat_inc(&d->reg.GPRC);
    stat_add64(&d->reg.GORCL, &d->reg.GORCH, wire);
    if (!memcmp(f->s.head, broadcast, sizeof(broadcast))) {
        if (d->reg.RCTL & RCTL_BAM) {
            stat_inc(&d->reg.BPRC);
        }
    } else if (f->s.head[0] & 1) {
        stat_inc(&d->reg.MPRC);
    }
}

static void count_bad(struct e1000 *d, const struct rx_frame *f, uint32_t wire)
{
    if (wire < WIRE_MIN) {
        stat_inc(f->s.bad_fcs ? &d->reg.RFC : &d->reg.RUC);
    } else if (f->bad_len) {
        stat_inc(f->s.bad_fcs ? &d->reg.RJC : &d->reg.ROC);
    }
    if (f->bad_len) {
        stat_inc(&d->reg.RLEC);
    }
    if (f->s.bad_fcs && wire >= WIRE_MIN) {
        stat_inc(&d->reg.CRCERRS);
    }
}

/**
 * rx_count() - Count a frame that passed the filters
 * @lost: For want of room
 *
 * Flow control frames are in the totals only.
 */
static void rx_count(struct e1000 *d, const struct rx_frame *f, bool lost)
{
    uint32_t wire = (uint32_t)f->s.len + E1000_FCS;

    stat_inc(&d->reg.TPR);
    stat_add64(&d->reg.TORL, &d->reg.TORH, wire);
    if (f->bad_len || f->s.bad_fcs) {
        count_bad(d, f, wire);
    } else if (!lost && !f->control) {
        count_good(d, f, wire);
    }
}

/* Storing */

static size_t buffer_size(const struct e1000 *d)
{
    unsigned bsize = (d->reg.RCTL & RCTL_BSIZE) >> RCTL_BSIZE_SHIFT;
    size_t size = 2048u >> bsize;

    /* BSIZE=0 is reserved with BSEX=1 (SDM 13.4.22) */
    return bsize && (d->reg.RCTL & RCTL_BSEX) ? size * 16 : size;
}

enum rx_room { ROOM_NOW, ROOM_LATER, ROOM_NEVER };

/**
 * rx_room() - Whether @need buffers are there; they are cached then
 */
static enum rx_room rx_room(struct e1000 *d, size_t need)
{
    struct ring r = rx_ring(d);

    if (d->reg.rx_stopped || r.head >= r.n || r.tail >= r.n || need >= r.n) {
        return ROOM_NEVER;
    }
    if (d->reg.rx_cache_n > ring_used(&r)) {
        cache_drop(d);
    }
    if (cache_has(d, need)) {
        return ROOM_NOW;
    }
    if (!cache_fill(d, &r)) {
        return ROOM_NEVER;
    }
    if (cache_has(d, need)) {
        return ROOM_NOW;
    }
    return d->reg.rx_cache_n < E1000_RX_CACHE ? ROOM_LATER : ROOM_NEVER;
}

/* Whether the number of free descriptors just fell to RDMTS (SDM 13.4.22) */
static bool at_threshold(const struct e1000 *d, const struct ring *r)
{
    unsigned rdmts = (d->reg.RCTL & RCTL_RDMTS) >> RCTL_RDMTS_SHIFT;

    return ring_used(r) == r->n >> (rdmts + 1);
}

/**
 * rx_store() - Put a frame into the ring; rx_room() said there is room
 * @left: Bytes to store
 *
 * Return: false if a buffer or descriptor is not in guest memory
 */
static bool rx_store(struct e1000 *d, struct rx_frame *f, size_t left)
{
    const uint64_t csum_mask = 0xffffull << INFO_CSUM_SHIFT;
    uint64_t last = rx_sums(d, f), info = last & csum_mask;
    struct ring r = rx_ring(d);
    size_t size = buffer_size(d), part = 0;
    bool low = false;

    last |= (uint64_t)RXD_EOP << INFO_STATUS_SHIFT;
    last |= (uint64_t)(f->inexact ? RXD_PIF : 0) << INFO_STATUS_SHIFT;
    last |= (uint64_t)(f->s.bad_fcs ? RXD_CE : 0) << INFO_ERRORS_SHIFT;
    if (f->s.strip) {
        last |= (uint64_t)RXD_VP << INFO_STATUS_SHIFT;
        last |= (uint64_t)f->in.tci << INFO_SPECIAL_SHIFT;
    }
    while (left && d->reg.rx_cache_n) {
        uint32_t slot = r.head;
        uint64_t addr = cache_take(d);

        part = addr ? min_size(left, size) : 0;
        if (!frame_in_put(&d->nic, &f->s, gpa(addr), part)) {
            return rx_fault(d);
        }
        left -= part;
        info |= left ? 0 : last & ~csum_mask;
        ring_advance(&r);
        d->reg.RDH = r.head;
        low |= at_threshold(d, &r);
        wb_push(d, &r, slot,
                info | part | (uint64_t)RXD_DD << INFO_STATUS_SHIFT);
        info = 0;
    }
    if (low) {
        d->reg.rx_causes |= ICR_RXDMT0;
    }
    cache_prefetch(d, part);
    return !d->reg.rx_stopped;
}

static void rx_missed(struct e1000 *d, const struct rx_frame *f)
{
    nic_event(&d->nic, E1000_EVENT_RX_MISSED, f->s.len);
    stat_inc(&d->reg.MPC);
    rx_count(d, f, true);
    e1000_cause(d, ICR_RXO);
}

/* A frame waits in the network until software moves RDT */
static bool rx_hold(struct e1000 *d)
{
    if (!d->reg.rx_held) {
        d->reg.rx_held = 1;
        stat_inc(&d->reg.RNBC);
        e1000_flow_full(d);
    }
    return false;
}

/* Whether the filters let it in; obeys control frames */
static bool rx_passes(struct e1000 *d, struct rx_frame *f)
{
    enum e1000_match match;

    if (!f->bad_len && !f->s.bad_fcs &&
        e1000_flow_is_control(d, f->s.head, f->s.avail)) {
        f->control = true;
        switch (e1000_flow_receive(d, f->s.head)) {
        case E1000_FLOW_DROP:
            rx_count(d, f, false);
            return false;
        case E1000_FLOW_DELIVER:
            return true;
        case E1000_FLOW_FILTER:
            break;
        }
    }
    match = e1000_filter_address(d, f->s.head);
    f->inexact = match == E1000_MATCH_INEXACT;
    if (match == E1000_MATCH_NONE || !e1000_filter_vlan(d, &f->in)) {
        nic_event(&d->nic, E1000_EVENT_RX_FILTERED, f->s.len);
        if (f->control) {
            rx_count(d, f, false);
        }
        return false;
    }
    return true;
}

/* Return: false to have it offered again */
static bool rx_frame(struct e1000 *d, struct rx_frame *f)
{
    size_t stored = frame_stored(d, f), size = buffer_size(d);
    enum rx_room room;

    if (!rx_passes(d, f)) {
        return true;
    }
    if ((f->bad_len || f->s.bad_fcs) && !(d->reg.RCTL & RCTL_SBP)) {
        nic_event(&d->nic, E1000_EVENT_RX_BAD, f->s.len);
        rx_count(d, f, false);
        return true;
    }
    room = rx_room(d, (stored + size - 1) / size);
    if (room == ROOM_LATER && !f->control) {
        if (!(f->s.rx->flags & NIC_RX_LOOPED)) {
            return rx_hold(d);
        }
        stat_inc(&d->reg.RNBC);
    }
    if (room == ROOM_NOW && !(d->reg.RCTL & RCTL_SECRC)) {
        frame_in_fcs(&d->nic, &f->s);
    }
    if (room != ROOM_NOW || !rx_store(d, f, stored)) {
        rx_missed(d, f);
        return true;
    }
    rx_count(d, f, false);
    e1000_rx_stored(d, stored);
    return true;
}

/* Whether the receiver would see this frame at all */
static bool rx_hears(const struct e1000 *d, const struct nic_rx *rx)
{
    if (!rx_on(d)) {
        return false;
    }
    return (rx->flags & NIC_RX_LOOPED) ||
           ((d->reg.STATUS & STATUS_LU) && !e1000_loopback(d));
}

bool e1000_receive(struct nic *n, const struct nic_rx *rx)
{
    struct e1000 *d = e1000_of(n);
    bool looped = rx->flags & NIC_RX_LOOPED;
    struct rx_frame f;

    if (!looped && !d->reg.rx_held && e1000_wake(d, rx)) {
        return true;
    }
    if (rx_hears(d, rx) && (n->bus_master || !looped)) {
        if (!n->bus_master || (frame_open(d, &f, rx) && !rx_frame(d, &f))) {
            return false;
        }
    }
    if (!looped && d->reg.rx_held) {
        d->reg.rx_held = 0;
        e1000_flow_drained(d);
    }
    return true;
}

/* Side effects */

/* What was refused may fit now, or be dropped now */
static void rx_offer(struct e1000 *d)
{
    d->nic.host->rx_ready(&d->nic);
}

void e1000_rx_reset(struct e1000 *d)
{
    rx_offer(d);
}

void e1000_rdt_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    d->reg.rx_stopped = 0;
    rx_prefetch(d);
    if (d->reg.rx_held) {
        rx_offer(d);
    }
}

void e1000_rctl_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    if (!(d->reg.RCTL & RCTL_EN)) {
        e1000_rx_flush(d);
        cache_drop(d);
    } else if (!(w.old & RCTL_EN)) {
        d->reg.rx_stopped = 0;
        rx_prefetch(d);
    }
    rx_offer(d);
}

/* Another ring: what is known of the old one means nothing */
void e1000_rx_ring_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    d->reg.rx_stopped = 0;
    d->reg.rx_wb_n = 0;
    cache_drop(d);
}
