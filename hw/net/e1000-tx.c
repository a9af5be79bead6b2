// SPDX-License-Identifier: MIT
/*
 * e1000-tx.c - transmission
 *
 * Software owns TDT, we own TDH.  A write of TDT only marks work; a visit then
 * fetches descriptors in batches, up to the tail, and works on the copies: what
 * the guest writes into a descriptor behind the tail afterwards is not seen,
 * as with the descriptor cache of the chip.  A visit ends after a number of
 * descriptors and of bytes, and marks the rest.
 *
 * A packet is gathered as a list of guest buffers, never as bytes.  At its last
 * descriptor the first bytes, which hold all headers, are copied once, and
 * everything that is looked at or changed is in this copy.  The rest goes to
 * the host as it is, with a description of the sums and the segmentation that
 * the guest asked for; no payload is touched here.  The gathered list is in
 * the saved state, because software may hand over a packet in parts.
 *
 * Descriptors (SDM 3.3) come in three formats.  Context descriptors carry no
 * data: they load one of two contexts, one for segmentation and one for plain
 * checksums, which Windows keeps alive at the same time.  The context that a
 * packet uses is latched at its first data descriptor; that another context
 * follows in mid-packet has no effect on it (such a change was CVE material
 * elsewhere), and what the context says is checked against the real packet
 * once, when it is complete.
 *
 * Write-backs (DD) happen after the packet was handed to the host, because
 * DPDK and others reuse buffers as soon as they see DD; many at a time, because
 * software on another CPU has the same cache lines.
 *
 * Departures from the chip: a packet without a link is lost, not held back, so
 * that a guest without a link watchdog is not stuck; a TSO into more than
 * TX_SEGMENTS_MAX segments, or from more than NIC_PIECES_MAX separate buffers,
 * is dropped; only descriptors that asked for it are written back, also when
 * TXDCTL.WTHRESH makes the chip write back in bursts.
 */
#include <string.h>

#include "hw/net/e1000.h"

enum {
    TX_BATCH = 64,         /* Descriptors fetched at once, 1 KiB */
    TX_PREFETCH = 128,     /* Bytes of each buffer */
    TX_BUDGET = 64,        /* Descriptors of a visit */
    TX_BYTES = 256 * 1024, /* Bytes after which a visit ends */
    TX_SEGMENTS_MAX = 4096,
    CACHE_LINE_DESCS = 4, /* TXDCTL.GRAN = 0 counts cache lines */
};

/* CMD, in the third dword of all formats (SDM 3.3.3, 3.3.5, 3.3.7) */
#define TXD_EOP  (1u << 24)
#define TXD_IFCS (1u << 25)
#define TXD_IC   (1u << 26) /* Legacy */
#define TXD_TSE  (1u << 26) /* Context and data */
#define TXD_RS   (1u << 27)
#define TXD_RPS  (1u << 28) /* 82544 */
#define TXD_DEXT (1u << 29)
#define TXD_VLE  (1u << 30)
#define TXD_IDE  (1u << 31)

/* Third dword, the rest */
#define TXD_LENGTH       0x0000ffffu /* Legacy */
#define TXD_CSO_SHIFT    16          /* Legacy */
#define TXD_DTALEN       0x000fffffu /* Data */
#define TXD_PAYLEN       0x000fffffu /* Context */
#define TXD_DTYP         (0xfu << 20)
#define TXD_DTYP_CONTEXT 0u
#define TXD_DTYP_DATA    (1u << 20)
#define TXD_TUCMD_TCP    (1u << 24) /* Context */
#define TXD_TUCMD_IP     (1u << 25) /* Context: IPv4 */

/* Fourth dword */
#define TXD_STA_DD        (1u << 0)
#define TXD_CSS_SHIFT     8         /* Legacy */
#define TXD_POPTS_IXSM    (1u << 8) /* Data */
#define TXD_POPTS_TXSM    (1u << 9) /* Data */
#define TXD_SPECIAL_SHIFT 16

/* A descriptor; a context has other fields in the first two dwords */
struct tx_desc {
    le64_t addr;
    le32_t lower, upper;
};
_Static_assert(sizeof(struct tx_desc) == 16, "SDM 3.3.3");

/* A context descriptor, decoded (SDM 3.3.6) */
struct tx_context {
    uint16_t ipcss, ipcso, ipcse, tucss, tucso, tucse;
    uint32_t paylen, hdrlen, mss;
    bool tcp, ipv4;
};

/* What one visit knows */
struct visit {
    struct ring ring;
    uint32_t bytes; /* Sent */
    bool host_full; /* The host wants the visit to end */
};

/* The packet at its last descriptor; struct nic_frame without its pieces */
struct packet {
    struct nic_frame f;
    struct nic_piece piece[NIC_PIECES_MAX];
    uint32_t segments, last; /* Segments, and length of the last one */
};

static bool is_data(uint32_t lower)
{
    return (lower & (TXD_DEXT | TXD_DTYP)) == (TXD_DEXT | TXD_DTYP_DATA);
}

static bool is_context(uint32_t lower)
{
    return (lower & (TXD_DEXT | TXD_DTYP)) == (TXD_DEXT | TXD_DTYP_CONTEXT);
}

static bool is_tso(const struct e1000 *d)
{
    return is_data(d->reg.tx_lower) && (d->reg.tx_lower & TXD_TSE);
}

/* Counters by frame length, in the order of struct e1000.reg */
static uint32_t *size_counter(struct e1000 *d, uint32_t len)
{
    if (len <= 64) {
        return &d->reg.PTC64;
    }
    if (len <= 127) {
        return &d->reg.PTC127;
    }
    if (len <= 255) {
        return &d->reg.PTC255;
    }
    if (len <= 511) {
        return &d->reg.PTC511;
    }
    return len <= 1023 ? &d->reg.PTC1023 : &d->reg.PTC1522;
}

void e1000_tx_count(struct e1000 *d, uint32_t n, uint32_t len,
                    const uint8_t *da, bool pause)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint64_t octets = (uint64_t)n * len;

    stat_add(&d->reg.TPT, n);
    stat_add64(&d->reg.TOTL, &d->reg.TOTH, octets);
    if (len >= FRAME_MIN + E1000_FCS) {
        stat_add(size_counter(d, len), n);
    }
    if (pause) {
        return;
    }
    if (len >= FRAME_MIN + E1000_FCS) {
        stat_add(&d->reg.GPTC, n);
        stat_add64(&d->reg.GOTCL, &d->reg.GOTCH, octets);
    }
    if (!memcmp(da, broadcast, sizeof(broadcast))) {
        stat_add(&d->reg.BPTC, n);
    } else if (da[0] & 1) {
        stat_add(&d->reg.MPTC, n);
    }
}

/* Write-back */

bool e1000_tx_flush(struct e1000 *d)
{
    gpa_t ring = gpa((uint64_t)d->reg.TDBAH << 32 | d->reg.TDBAL);
    unsigned n = d->reg.tx_done;

    d->reg.tx_done = 0;
    for (unsigned i = 0; i < n; i++) {
        le32_t upper = le32_put(d->reg.tx_done_upper[i] | TXD_STA_DD);
        uint32_t at = d->reg.tx_done_at[i] * (uint32_t)sizeof(struct tx_desc) +
                      (uint32_t)offsetof(struct tx_desc, upper);

        if (!nic_dma_write(&d->nic, gpa_add(ring, at), &upper, sizeof(upper))) {
            nic_event(&d->nic, E1000_EVENT_TX_FAULT, d->reg.tx_done_at[i]);
        }
    }
    return n != 0;
}

/* Note a descriptor that wants DD; @upper is its fourth dword */
static void done_note(struct e1000 *d, uint32_t index, uint32_t lower,
                      uint32_t upper)
{
    unsigned n = d->reg.tx_done;
    uint32_t rs = e1000_is(d, E1000_82544GC) ? TXD_RS | TXD_RPS : TXD_RS;

    if (!(lower & rs)) {
        return;
    }
    d->reg.tx_done_at[n] = (uint16_t)index;
    d->reg.tx_done_upper[n] = upper;
    d->reg.tx_done = (uint8_t)(n + 1);
    if (n + 1 == E1000_TX_DONE_MAX) {
        e1000_tx_flush(d);
    }
    d->reg.tx_done_ide = !!(lower & TXD_IDE);
    d->reg.tx_done_now |= !(lower & TXD_IDE);
}

/* Descriptors that may wait for each other before they are written back */
static unsigned write_back_threshold(const struct e1000 *d)
{
    unsigned n = (d->reg.TXDCTL & XDCTL_WTHRESH) >> XDCTL_WTHRESH_SHIFT;

    return d->reg.TXDCTL & XDCTL_GRAN ? n : n * CACHE_LINE_DESCS;
}

/*
 * At the end of a visit: write back, unless TXDCTL says to wait and a delay
 * timer will end the wait
 */
static void done_settle(struct e1000 *d)
{
    if (d->reg.tx_done_now || !e1000_tx_delayed(d) ||
        d->reg.tx_done >= write_back_threshold(d)) {
        e1000_tx_flush(d);
    }
}

/* At the end of a visit: the causes, once for all descriptors */
static void done_announce(struct e1000 *d)
{
    bool at_once = d->reg.tx_done_now, delayed = d->reg.tx_done_ide;

    d->reg.tx_done_now = false;
    d->reg.tx_done_ide = false;
    if (at_once) {
        e1000_tx_done(d, false);
    }
    if (delayed) {
        e1000_tx_done(d, true);
    }
}

/* Gathering */

static void context_load(struct e1000 *d, const struct tx_desc *desc)
{
    unsigned at = le32_get(desc->lower) & TXD_TSE ? 2 : 0;

    d->reg.tx_context[at] = le64_get(desc->addr);
    d->reg.tx_context[at + 1] =
        le32_get(desc->lower) | (uint64_t)le32_get(desc->upper) << 32;
}

static struct tx_context context_decode(const uint64_t raw[2])
{
    return (struct tx_context){
        .ipcss = raw[0] & 0xff,
        .ipcso = raw[0] >> 8 & 0xff,
        .ipcse = (uint16_t)(raw[0] >> 16),
        .tucss = raw[0] >> 32 & 0xff,
        .tucso = raw[0] >> 40 & 0xff,
        .tucse = (uint16_t)(raw[0] >> 48),
        .paylen = raw[1] & TXD_PAYLEN,
        .tcp = raw[1] & TXD_TUCMD_TCP,
        .ipv4 = raw[1] & TXD_TUCMD_IP,
        .hdrlen = raw[1] >> 40 & 0xff,
        .mss = (uint16_t)(raw[1] >> 48),
    };
}

/* The first descriptor of a packet decides about its offloads */
static void packet_open(struct e1000 *d, const struct tx_desc *desc)
{
    const uint64_t *context = d->reg.tx_context;

    d->reg.tx_open = true;
    d->reg.tx_spoilt = false;
    d->reg.tx_len = 0;
    d->reg.tx_pieces = 0;
    d->reg.tx_lower = le32_get(desc->lower);
    d->reg.tx_upper = le32_get(desc->upper);
    if (is_tso(d)) {
        context += 2;
    }
    memcpy(d->reg.tx_latched, context, sizeof(d->reg.tx_latched));
}

/* Add a buffer; what does not fit spoils the packet */
static void packet_append(struct e1000 *d, uint64_t at, uint32_t len)
{
    unsigned n = d->reg.tx_pieces;

    if (len > E1000_TX_MAX - d->reg.tx_len) {
        d->reg.tx_spoilt = true;
        return;
    }
    if (n && d->reg.tx_at[n - 1] + d->reg.tx_size[n - 1] == at) {
        d->reg.tx_size[n - 1] += len;
    } else if (n < NIC_PIECES_MAX) {
        d->reg.tx_at[n] = at;
        d->reg.tx_size[n] = len;
        d->reg.tx_pieces = (uint16_t)(n + 1);
    } else {
        d->reg.tx_spoilt = true;
        return;
    }
    d->reg.tx_len += len;
}

/* Building the frame */

/**
 * packet_pieces() - Copy the head, list what follows
 * @len: Bytes of the packet to use, at most those gathered
 *
 * Return: false if the head is not in guest memory
 */
static bool packet_pieces(struct e1000 *d, struct packet *p, uint32_t len)
{
    struct nic_frame *f = &p->f;

    f->len = len;
    f->head_len = 0;
    f->n_pieces = 0;
    f->piece = p->piece;
    for (unsigned i = 0; i < d->reg.tx_pieces && len; i++) {
        uint32_t size = d->reg.tx_size[i] < len ? d->reg.tx_size[i] : len;
        uint32_t room = NIC_HEAD_COPY - f->head_len;
        uint32_t head = size < room ? size : room;
        gpa_t at = gpa(d->reg.tx_at[i]);

        if (head && !nic_dma_read(&d->nic, at, f->head + f->head_len, head)) {
            return false;
        }
        f->head_len = (uint16_t)(f->head_len + head);
        if (size > head) {
            p->piece[f->n_pieces++] =
                (struct nic_piece){ gpa_add(at, head), size - head };
        }
        len -= size;
    }
    return true;
}

/*
 * A sum over [@start, @end), 0 meaning the end, stored at @at.  Ranges that are
 * empty or lie outside the packet insert nothing (SDM 3.3.3.1, 3.3.6).
 */
static struct nic_csum make_csum(uint32_t len, uint32_t start, uint32_t at,
                                 uint32_t end, unsigned tag)
{
    if (start >= len || at + 2 > len || (end && end <= start)) {
        return (struct nic_csum){ 0, 0, 0 };
    }
    end = end >= len ? 0 : end;
    return (struct nic_csum){
        .start = (uint16_t)(start + tag),
        .at = (uint16_t)(at + tag),
        .end = (uint16_t)(end ? end + tag : 0),
    };
}

/* The sums that POPTS asks for; @len is that of the packet or of a segment */
static void packet_sums(const struct e1000 *d, struct nic_frame *f,
                        const struct tx_context *c, uint32_t len, unsigned tag)
{
    if (d->reg.tx_upper & TXD_POPTS_IXSM) {
        f->csum[0] = make_csum(len, c->ipcss, c->ipcso,
                               c->ipcse ? c->ipcse + 1u : 0, tag);
    }
    if (d->reg.tx_upper & TXD_POPTS_TXSM) {
        f->csum[1] = make_csum(len, c->tucss, c->tucso,
                               c->tucse ? c->tucse + 1u : 0, tag);
    }
}

/* Whether a context describes something that can be cut into segments */
static bool tso_sane(const struct tx_context *c, uint32_t len)
{
    uint32_t l4_fields = c->tcp ? 14 : 6; /* Up to flags, or length */
    uint32_t payload = len - c->hdrlen;

    return c->mss && len > c->hdrlen && c->ipcss + 6u <= c->hdrlen &&
           c->tucss + l4_fields <= c->hdrlen &&
           c->hdrlen + c->mss <= E1000_TX_PACKET_MAX &&
           (payload + c->mss - 1) / c->mss <= TX_SEGMENTS_MAX;
}

static void packet_tso(const struct e1000 *d, struct packet *p,
                       const struct tx_context *c, unsigned tag)
{
    uint32_t payload = p->f.len - tag - c->hdrlen;

    packet_sums(d, &p->f, c, c->hdrlen + c->mss, tag);
    p->f.gso = (struct nic_gso){
        .type = c->tcp ? NIC_GSO_TCP : NIC_GSO_UDP,
        .ipv6 = !c->ipv4,
        .mss = (uint16_t)c->mss,
        .hdr_len = (uint16_t)(c->hdrlen + tag),
        .ip = (uint16_t)(c->ipcss + tag),
        .l4 = (uint16_t)(c->tucss + tag),
    };
    p->segments = (payload + c->mss - 1) / c->mss;
    p->last = c->hdrlen + tag + payload - (p->segments - 1) * c->mss;
}

/* Everything else; @lower and @upper are those of the last descriptor */
static void packet_plain(const struct e1000 *d, struct packet *p,
                         const struct tx_context *c, uint32_t lower,
                         uint32_t upper, unsigned tag)
{
    struct nic_frame *f = &p->f;
    uint32_t len = f->len - tag;

    if (is_data(d->reg.tx_lower)) {
        packet_sums(d, f, c, len, tag);
    } else if (!(lower & TXD_DEXT) && (lower & TXD_IC)) {
        f->csum[0] = make_csum(len, d->reg.tx_upper >> TXD_CSS_SHIFT & 0xff,
                               lower >> TXD_CSO_SHIFT & 0xff, 0, tag);
    }
    /* With a tag the chip computes the FCS in any case (SDM 3.3.7) */
    f->has_fcs = !(lower & TXD_IFCS) && !tag && f->len > E1000_FCS;
    if ((d->reg.TCTL & TCTL_PSP) && !f->has_fcs) {
        frame_pad(f);
    }
    p->segments = 1;
    p->last = f->len - (f->has_fcs ? E1000_FCS : 0);
}

static void packet_count(struct e1000 *d, const struct packet *p)
{
    const struct nic_gso *gso = &p->f.gso;
    uint32_t last = p->last;

    if (last < FRAME_MIN && !(d->reg.TCTL & TCTL_PSP)) {
        e1000_strict(d, E1000_EVENT_STRICT_SHORT, last);
    } else if (last < FRAME_MIN && gso->type) {
        last = FRAME_MIN;
    }
    if (p->segments > 1) {
        e1000_tx_count(d, p->segments - 1,
                       (uint32_t)gso->hdr_len + gso->mss + E1000_FCS, p->f.head,
                       false);
    }
    e1000_tx_count(d, 1, last + E1000_FCS, p->f.head, false);
}

static void packet_send(struct e1000 *d, struct visit *v, struct packet *p)
{
    struct nic_frame *f = &p->f;

    f->loop = e1000_loopback(d);
    v->bytes += f->len + p->segments * f->gso.hdr_len;
    if (!f->loop && !(d->reg.STATUS & STATUS_LU)) {
        stat_inc(&d->reg.DC);
        nic_event(&d->nic, E1000_EVENT_TX_NO_LINK, f->len);
        return;
    }
    packet_count(d, p);
    v->host_full |= !nic_send(&d->nic, f);
}

/**
 * packet_close() - The last descriptor was gathered: send
 * @lower, @upper: Of the last descriptor
 *
 * Return: false if the start of the packet is not in guest memory
 */
static bool packet_close(struct e1000 *d, struct visit *v, uint32_t lower,
                         uint32_t upper)
{
    struct tx_context c = context_decode(d->reg.tx_latched);
    uint32_t len = d->reg.tx_len;
    bool tso = is_tso(d), whole = false, vle;
    struct packet p;
    unsigned tag = 0;

    if (tso) {
        whole = len == c.hdrlen + c.paylen;
        len = len > c.hdrlen + c.paylen ? c.hdrlen + c.paylen : len;
        /* These are taken from the first descriptor (SDM 3.3.7) */
        lower = d->reg.tx_lower;
        upper = d->reg.tx_upper;
    }
    if (!len || d->reg.tx_spoilt ||
        (tso ? !tso_sane(&c, len) : len > E1000_TX_PACKET_MAX)) {
        nic_event(&d->nic, E1000_EVENT_TX_DROP, len);
        stat_add(&d->reg.TSCTFC, tso);
        return true;
    }
    if (!packet_pieces(d, &p, len)) {
        return false;
    }
    vle = (lower & TXD_VLE) && (d->reg.CTRL & CTRL_VME);
    if (vle) {
        tag = frame_insert_tag(&p.f, (uint16_t)d->reg.VET,
                               (uint16_t)(upper >> TXD_SPECIAL_SHIFT));
    }
    memset(p.f.csum, 0, sizeof(p.f.csum));
    p.f.gso = (struct nic_gso){ .type = NIC_GSO_NONE };
    p.f.has_fcs = false;
    if (tso) {
        stat_inc(whole ? &d->reg.TSCTC : &d->reg.TSCTFC);
        packet_tso(d, &p, &c, tag);
    } else {
        packet_plain(d, &p, &c, lower, upper, tag);
    }
    packet_send(d, v, &p);
    return true;
}

/**
 * tx_data() - Gather one legacy or data descriptor
 *
 * Return: false if the packet that it completes cannot be read; the packet is
 * then as it was before
 */
static bool tx_data(struct e1000 *d, struct visit *v,
                    const struct tx_desc *desc)
{
    uint32_t lower = le32_get(desc->lower), upper = le32_get(desc->upper);
    uint32_t len = lower & (lower & TXD_DEXT ? TXD_DTALEN : TXD_LENGTH);
    uint64_t at = le64_get(desc->addr);
    uint32_t old_len, old_size;
    uint16_t old_pieces;

    if (!d->reg.tx_open) {
        packet_open(d, desc);
    }
    old_pieces = d->reg.tx_pieces;
    old_size = old_pieces ? d->reg.tx_size[old_pieces - 1] : 0;
    old_len = d->reg.tx_len;
    if (at && len) {
        packet_append(d, at, len);
    }
    if (!(lower & TXD_EOP)) {
        return true;
    }
    if (!packet_close(d, v, lower, upper)) {
        d->reg.tx_pieces = old_pieces;
        d->reg.tx_len = old_len;
        if (old_pieces) {
            d->reg.tx_size[old_pieces - 1] = old_size;
        } else {
            d->reg.tx_open = false;
        }
        return false;
    }
    d->reg.tx_open = false;
    return true;
}

/* Carry out one descriptor; false: the ring stops at it */
static bool tx_one(struct e1000 *d, struct visit *v, const struct tx_desc *desc)
{
    uint32_t lower = le32_get(desc->lower);

    if (is_context(lower)) {
        context_load(d, desc);
    } else if ((lower & TXD_DEXT) && !is_data(lower)) {
        nic_event(&d->nic, E1000_EVENT_TX_DROP, 0);
    } else if (!tx_data(d, v, desc)) {
        return false;
    }
    done_note(d, v->ring.head, lower, le32_get(desc->upper));
    return true;
}

/**
 * tx_fetch() - Copy descriptors from the head on
 *
 * Return: how many; 0 if not even the first is in guest memory
 */
static unsigned tx_fetch(struct e1000 *d, const struct ring *r,
                         struct tx_desc desc[TX_BATCH])
{
    uint32_t n = ring_used(r);

    n = n < r->n - r->head ? n : r->n - r->head;
    n = n < r->budget ? n : r->budget;
    n = n < TX_BATCH ? n : TX_BATCH;
    if (!nic_dma_read(&d->nic, ring_at(r), desc, n * sizeof(*desc))) {
        return ring_fetch(r, &d->nic, desc) ? 1 : 0;
    }
    for (unsigned i = 0; i < n; i++) {
        nic_prefetch(&d->nic, gpa(le64_get(desc[i].addr)), TX_PREFETCH, false);
    }
    return n;
}

/* Whether a visit has to end before its descriptors are used up */
static bool visit_over(const struct visit *v)
{
    return !v->ring.budget || v->host_full || v->bytes >= TX_BYTES;
}

/* Process one batch; false: the ring stops */
static bool tx_batch(struct e1000 *d, struct visit *v)
{
    struct tx_desc desc[TX_BATCH];
    unsigned n = tx_fetch(d, &v->ring, desc), i;

    for (i = 0; i < n && !visit_over(v); i++) {
        if (!tx_one(d, v, &desc[i])) {
            break;
        }
        ring_advance(&v->ring);
    }
    if (n && (i == n || visit_over(v))) {
        return true;
    }
    nic_event(&d->nic, E1000_EVENT_TX_FAULT, v->ring.head);
    return false;
}

/* Causes that depend on how full the ring was and is */
static uint32_t ring_causes(const struct e1000 *d, uint32_t before,
                            uint32_t after)
{
    uint32_t low = (d->reg.TXDCTL >> TXDCTL_LWTHRESH_SHIFT) * 8;
    uint32_t causes = 0;

    if (before && !after) {
        causes |= ICR_TXQE;
    }
    if (before > low && after <= low) {
        causes |= ICR_TXD_LOW;
    }
    return causes;
}

void e1000_tx_run(struct e1000 *d)
{
    struct visit v = {
        .ring = {
            .base = gpa((uint64_t)d->reg.TDBAH << 32 | d->reg.TDBAL),
            .entry = sizeof(struct tx_desc),
            .n = d->reg.TDLEN / (uint32_t)sizeof(struct tx_desc),
            .head = d->reg.TDH,
            .tail = d->reg.TDT,
            .budget = TX_BUDGET,
        },
    };
    uint32_t before = ring_used(&v.ring);
    bool ok = true, more;

    if (!(d->reg.TCTL & TCTL_EN) || (d->reg.STATUS & STATUS_TXOFF) ||
        e1000_in_d3(d)) {
        return;
    }
    while (ok && ring_pending(&v.ring) && !visit_over(&v)) {
        ok = tx_batch(d, &v);
    }
    d->reg.TDH = v.ring.head;
    more = ok && ring_pending(&v.ring);
    if (more && !v.host_full) {
        nic_kick(&d->nic, E1000_WORK_TX);
    }
    /* A packet that is not complete yet may be, as soon as software goes on */
    if (!more || !d->reg.tx_open) {
        done_settle(d);
        done_announce(d);
    }
    e1000_cause(d, ring_causes(d, before, ring_used(&v.ring)));
}

/* Hidden values that no single row can vouch for */
bool e1000_tx_loaded(const struct e1000 *d)
{
    uint64_t len = 0;

    for (unsigned i = 0; i < d->reg.tx_pieces; i++) {
        len += d->reg.tx_size[i];
    }
    return len == d->reg.tx_len;
}

void e1000_tdt_written(struct nic *n, struct wr w)
{
    nic_kick(n, E1000_WORK_TX);
}

/*
 * A new ring, or the old one from the start: software has forgotten what the
 * old one held.
 */
void e1000_tx_ring_written(struct nic *n, struct wr w)
{
    struct e1000 *d = e1000_of(n);

    d->reg.tx_open = false;
    d->reg.tx_done = 0;
}

/*
 * Windows 10 enables transmission and only then writes the ring's registers;
 * nothing is read from a ring before TDT differs from TDH.
 */
void e1000_tctl_written(struct nic *n, struct wr w)
{
    if (w.val & TCTL_SWXOFF) {
        e1000_swxoff(e1000_of(n));
    }
    nic_kick(n, E1000_WORK_TX);
}
