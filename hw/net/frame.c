// SPDX-License-Identifier: MIT
/*
 * frame.c - frames on their way through a model, for models that need the same
 */
#include "hw/net/frame.h"

#include <string.h>

enum {
    ETH_HDR = 14,
    MAC = 6,
    /* MAC control frames, 802.3 31.4 */
    CONTROL_TYPE_AT = 12,
    CONTROL_TYPE = 0x8808,
    CONTROL_OPCODE_AT = 14,
    CONTROL_PAUSE = 1,
    CONTROL_TIME_AT = 16,
    CONTROL_HDR = 18,
    MAGIC_SYNC = 6,
    MAGIC_COPIES = 16,
    MAGIC_PROBE = 14, /* Bytes looked at in one place */
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Inwards */

static void copy_tail(const struct nic_rx *rx, uint8_t *to, size_t len)
{
    for (unsigned i = rx->n; i-- > 0 && len;) {
        size_t part = min_size(len, rx->buf[i].len);

        len -= part;
        memcpy(to + len, rx->buf[i].data + rx->buf[i].len - part, part);
    }
}

void frame_put_fcs(uint8_t to[FRAME_FCS], uint32_t fcs)
{
    for (unsigned i = 0; i < FRAME_FCS; i++) {
        to[i] = (uint8_t)(fcs >> (8 * i));
    }
}

/* @min: Bytes without FCS that the model must have at hand */
static bool in_open(struct nic *n, struct frame_in *f, const struct nic_rx *rx,
                    size_t min)
{
    size_t fcs = rx->flags & NIC_RX_FCS ? FRAME_FCS : 0;
    uint8_t right[FRAME_FCS];

    memset(f, 0, sizeof(*f));
    if (rx->len < min + fcs || rx->len > NIC_RX_MAX + fcs) {
        return false;
    }
    f->rx = rx;
    f->len = rx->len - fcs;
    f->head = rx->buf[0].data;
    f->avail = min_size(min_size(rx->buf[0].len, NIC_RX_HEAD), f->len);
    if (f->avail < min) {
        return false;
    }
    if (fcs) {
        copy_tail(rx, f->fcs, FRAME_FCS);
        frame_put_fcs(right, n->host->fcs(n, rx, f->len));
        f->bad_fcs = memcmp(f->fcs, right, FRAME_FCS) != 0;
    }
    return true;
}

bool frame_in_open(struct nic *n, struct frame_in *f, const struct nic_rx *rx)
{
    return in_open(n, f, rx, ETH_HDR);
}

bool frame_in_open_runt(struct nic *n, struct frame_in *f,
                        const struct nic_rx *rx)
{
    return in_open(n, f, rx, MAC);
}

void frame_in_fcs(struct nic *n, struct frame_in *f)
{
    if (!(f->rx->flags & NIC_RX_FCS)) {
        frame_put_fcs(f->fcs, n->host->fcs(n, f->rx, f->len));
    }
}

size_t frame_in_stored(const struct frame_in *f)
{
    return f->len - (f->strip ? FRAME_TAG : 0) + FRAME_FCS;
}

/**
 * frame_run() - Bytes to store next that lie side by side
 * @len: Set to their number, at least 1
 *
 * Never called at the end of the frame.
 */
static const uint8_t *frame_run(struct frame_in *f, size_t *len)
{
    const struct nic_buf *buf;
    size_t end = f->len;

    if (f->strip && f->pos == FRAME_TAG_AT) {
        f->pos += FRAME_TAG;
        f->off += FRAME_TAG;
    }
    if (f->pos >= f->len) {
        *len = f->len + FRAME_FCS - f->pos;
        return f->fcs + (f->pos - f->len);
    }
    while (f->off >= f->rx->buf[f->piece].len) {
        f->off -= f->rx->buf[f->piece++].len;
    }
    if (f->strip && f->pos < FRAME_TAG_AT) {
        end = FRAME_TAG_AT;
    }
    buf = &f->rx->buf[f->piece];
    *len = min_size(buf->len - f->off, end - f->pos);
    return buf->data + f->off;
}

bool frame_in_put(struct nic *n, struct frame_in *f, gpa_t at, size_t len)
{
    size_t run;

    for (; len; len -= run) {
        const uint8_t *p = frame_run(f, &run);

        run = min_size(run, len);
        if (!nic_dma_write(n, at, p, run)) {
            return false;
        }
        at = gpa_add(at, run);
        f->pos += run;
        f->off += run;
    }
    return true;
}

void frame_in_copy(struct frame_in *f, uint8_t *to, size_t len, size_t room)
{
    size_t run;

    room = min_size(room, len);
    for (; len; len -= run) {
        const uint8_t *p = frame_run(f, &run);
        size_t part;

        run = min_size(run, len);
        part = min_size(run, room);
        if (part) {
            memcpy(to, p, part);
            to += part;
            room -= part;
        }
        f->pos += run;
        f->off += run;
    }
}

/* Outwards */

unsigned frame_insert_tag(struct nic_frame *f, uint16_t type, uint16_t tci)
{
    if (f->head_len < FRAME_TAG_AT) {
        return 0;
    }
    memmove(f->head + FRAME_TAG_AT + FRAME_TAG, f->head + FRAME_TAG_AT,
            (size_t)f->head_len - FRAME_TAG_AT);
    be16_store(f->head + FRAME_TAG_AT, type);
    be16_store(f->head + FRAME_TAG_AT + 2, tci);
    f->head_len = (uint16_t)(f->head_len + FRAME_TAG);
    f->len += FRAME_TAG;
    return FRAME_TAG;
}

void frame_pad(struct nic_frame *f)
{
    if (f->len < FRAME_MIN) {
        memset(f->head + f->head_len, 0, FRAME_MIN - f->head_len);
        f->head_len = FRAME_MIN;
        f->len = FRAME_MIN;
    }
}

bool frame_is_broadcast(const uint8_t *addr)
{
    static const uint8_t ones[MAC] = { 255, 255, 255, 255, 255, 255 };

    return !memcmp(addr, ones, sizeof(ones));
}

bool frame_is_pause(const struct frame_in *f, const uint8_t mac[6],
                    uint16_t *time)
{
    static const uint8_t group[MAC] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

    if (f->avail < CONTROL_HDR ||
        be16_at(f->head + CONTROL_TYPE_AT) != CONTROL_TYPE ||
        be16_at(f->head + CONTROL_OPCODE_AT) != CONTROL_PAUSE ||
        (memcmp(f->head, group, MAC) && memcmp(f->head, mac, MAC))) {
        return false;
    }
    *time = be16_at(f->head + CONTROL_TIME_AT);
    return true;
}

/* Magic packets */

/**
 * struct magic - Search for a magic packet, byte by byte
 * @ones: 0xff seen in a row, up to MAGIC_SYNC
 * @at:   Bytes of the 16 copies seen
 *
 * The first byte after at least six 0xff starts the comparison.  A byte that
 * differs resumes the search.
 */
struct magic {
    const uint8_t *mac;
    unsigned ones, at;
};

static bool magic_byte(struct magic *m, uint8_t byte)
{
    if (m->ones == MAGIC_SYNC && byte == m->mac[m->at % MAC]) {
        return ++m->at == MAGIC_COPIES * MAC;
    }
    if (byte != 0xff) {
        m->ones = 0;
    } else if (m->at) {
        m->ones = 1;
    } else if (m->ones < MAGIC_SYNC) {
        m->ones++;
    }
    m->at = 0;
    return false;
}

/* Whether six bytes are the address, beginning with any of its bytes */
static bool is_rotation(const uint8_t mac[MAC], const uint8_t *p)
{
    for (unsigned first = 0; first < MAC; first++) {
        unsigned i = 0;

        while (i < MAC && p[i] == mac[(first + i) % MAC]) {
            i++;
        }
        if (i == MAC) {
            return true;
        }
    }
    return false;
}

/* Look for @row bytes of copies in places so far apart that none is missed */
static bool probe(const uint8_t mac[MAC], const uint8_t *p, size_t len,
                  size_t row)
{
    size_t stride = row - MAGIC_PROBE + 1;

    for (size_t at = 0; at + MAGIC_PROBE <= len; at += stride) {
        if (!memcmp(p + at, p + at + MAC, MAGIC_PROBE - MAC) &&
            is_rotation(mac, p + at)) {
            return true;
        }
    }
    return false;
}

/*
 * Quickly tell that a frame is none: cards that look out for magic packets
 * while they are awake search each frame.  16 copies of the address repeat
 * every 6 bytes, and that is quick to see.  They are in one piece, or at least
 * half of them are on one side of where two meet.
 */
static bool may_be_magic(const uint8_t mac[MAC], const struct nic_rx *rx)
{
    enum { ROW = MAGIC_COPIES * MAC };
    const struct nic_buf *buf = rx->buf;
    size_t near;

    if (rx->n > 2) {
        return true;
    }
    for (unsigned b = 0; b < rx->n; b++) {
        if (probe(mac, buf[b].data, buf[b].len, ROW)) {
            return true;
        }
    }
    if (rx->n == 1) {
        return false;
    }
    near = min_size(buf[0].len, ROW);
    return probe(mac, buf[0].data + buf[0].len - near, near, ROW / 2) ||
           probe(mac, buf[1].data, min_size(buf[1].len, ROW), ROW / 2);
}

bool frame_is_magic(const struct nic_rx *rx, size_t len, const uint8_t mac[6])
{
    struct magic m = { .mac = mac };
    size_t left = len;

    if (len < MAGIC_SYNC + MAGIC_COPIES * MAC || !may_be_magic(mac, rx)) {
        return false;
    }
    for (unsigned b = 0; b < rx->n && left; b++) {
        const struct nic_buf *buf = &rx->buf[b];

        for (size_t i = 0; i < buf->len && left; i++, left--) {
            if (magic_byte(&m, buf->data[i])) {
                return true;
            }
        }
    }
    return false;
}
