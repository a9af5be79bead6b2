// SPDX-License-Identifier: MIT
/*
 * storm.c - does a loop on the network flood this port
 *
 * A bridge with a loop in it multiplies frames to groups and to unknown
 * addresses until a CPU or a wire is full: the same few frames, over and over.
 * So frames are known by a digest, and two things are counted:
 *
 *   echoes   frames that the guest has sent and that came in more than
 *            ECHO_FREE times as often as it sent them
 *   repeats  frames to a group or to somebody else which are the same as one
 *            that came in before
 *
 * Windows of a tenth of a second with more than ECHO_RATE or REPEAT_RATE of
 * them are hot; HOT_WINDOWS in a row are a storm.  That takes half a second,
 * which no burst lasts.
 *
 * What looks alike and is none:
 *   - A host, a switch or a pair of bonded wires that gives a guest its own
 *     multicasts back (CARP and VRRP see that under some hypervisors): as
 *     often as they were sent, or a small multiple of it.
 *   - Retries and announcements (ARP, VRRP up to 100 a second, PTP 128): rates
 *     far below.
 *   - Bursts to everybody, such as scans and discovery: different frames.
 *   - Keepalives, duplicate ACKs, floods from a packet generator: sent to the
 *     guest's own address, so no loop is needed to explain them.
 *   - Bulk data: the digest covers where frames of one stream differ, which is
 *     not always within 64 bytes (the low half of the acknowledgement number
 *     of TCP over IPv6 is behind) and sometimes at the end (Profinet).
 *
 * Nearly all frames cost a decrement and a bit that is tested.
 */
#include "net/storm.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

enum {
    WINDOW_MS = 100,
    GAP_MS = 300, /* Without any frame to look at: whatever it was, it ended */
    HOT_WINDOWS = 4,
    ECHO_RATE = 500,
    ECHO_FREE = 4,
    REPEAT_RATE = 5000,
    CALM_MS = 2000,  /* Without a hot window: the storm is over */
    OWN_MS = 60000,  /* "Lately" */
    WEIGHT_OUT = 64, /* Of frames out one is looked at */
    BUDGET = 64,     /* Frames to groups in each window beside those */
    HEAD = 128,      /* What a digest covers */
    TAIL = 32,       /* ... of longer frames */
    SHORT = 64,      /* Shorter ones as if zeros followed, as on a wire */
};

/* Frames in until the next is looked at, 1 to 32: at random, lest the order of
 * the traffic decides what is seen */
static void skip_some(struct storm *s)
{
    s->random = s->random * UINT32_C(1664525) + UINT32_C(1013904223);
    s->skip = s->weight = 1 + (s->random >> 27);
}

void storm_init(struct storm *s, int64_t now)
{
    memset(s, 0, sizeof(*s));
    s->since = s->own_since = now;
    s->budget = BUDGET;
    s->skip_out = WEIGHT_OUT;
    skip_some(s);
}

static uint64_t mix(uint64_t h, const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static uint64_t digest(const uint8_t *frame, size_t len)
{
    uint8_t padded[SHORT] = { 0 };
    uint64_t h;
    size_t at = 0;

    if (len < SHORT) {
        memcpy(padded, frame, len);
        frame = padded;
        len = SHORT;
    }
    for (h = len; at + sizeof(h) <= (len < HEAD ? len : HEAD);
         at += sizeof(h)) {
        h = mix(h, frame + at);
    }
    if (at < len) {
        for (at = len - TAIL; at < len; at += sizeof(h)) {
            h = mix(h, frame + at);
        }
    }
    return h;
}

/* Of @n events in @took nanoseconds, in a second */
static uint64_t per_second(uint64_t n, int64_t took)
{
    return n * 1000 / ((uint64_t)(took / MS) + 1);
}

/* If the window is over, judge it and begin the next.  Returns whether that
 * made it a storm */
static bool close_window(struct storm *s, int64_t now)
{
    int64_t took = now - s->since;
    uint64_t echoes, repeats;

    if (took >= 0 && took < WINDOW_MS * MS) {
        return false;
    }
    echoes = took < 0 ? 0 : per_second(s->echoes, took);
    repeats = took < 0 ? 0 : per_second(s->repeats, took);
    s->since = now;
    s->echoes = s->repeats = 0;
    s->budget = BUDGET;
    if (now - s->own_since > OWN_MS * MS || took < 0) {
        s->own = s->own_next;
        s->own_next = 0;
        s->own_since = now;
    }
    /* A storm does not pause */
    if (took > GAP_MS * MS || (echoes < ECHO_RATE && repeats < REPEAT_RATE)) {
        s->hot = 0;
        return false;
    }
    s->last_hot = now;
    s->hot++;
    if (s->on || s->hot < HOT_WINDOWS) {
        return false;
    }
    s->on = true;
    s->reason = echoes >= ECHO_RATE ? STORM_ECHO : STORM_REPEATS;
    s->rate = echoes > repeats ? echoes : repeats;
    return true;
}

/* Whether the guest sent this frame; counts it as an echo if it comes back too
 * often */
static bool is_own(struct storm *s, const uint8_t *frame, uint64_t d)
{
    struct storm_sent *e = &s->sent[d % STORM_SENT];

    if (e->digest != d || !e->sent) {
        return false;
    }
    e->back++;
    if (e->back > e->sent * ECHO_FREE) {
        s->echoes++;
        memcpy(s->header, frame, STORM_HEADER);
    }
    return true;
}

static void look_for_repeat(struct storm *s, const uint8_t *frame, uint64_t d)
{
    uint64_t *slot = &s->recent[d % STORM_RECENT];

    if (!(frame[0] & 1) && s->own & storm_bit(frame)) {
        return;
    }
    if (*slot == d) {
        s->repeats += s->weight;
        memcpy(s->header, frame, STORM_HEADER);
    }
    *slot = d;
}

bool storm_in(struct storm *s, const uint8_t *frame, size_t len, int64_t now)
{
    uint64_t d = digest(frame, len);
    bool began = close_window(s, now);
    bool own = s->own & storm_bit(frame + 6) && is_own(s, frame, d);

    if (!s->skip) {
        if (!own) {
            look_for_repeat(s, frame, d);
        }
        skip_some(s);
    }
    return began;
}

bool storm_out(struct storm *s, const uint8_t *frame, size_t len, int64_t now)
{
    uint64_t d = digest(frame, len), weight = 1;
    struct storm_sent *e = &s->sent[d % STORM_SENT];
    bool began = close_window(s, now);

    s->own |= storm_bit(frame + 6);
    s->own_next |= storm_bit(frame + 6);
    if (frame[0] & 1 && s->budget) {
        s->budget--;
    } else if (!s->skip_out) {
        weight = WEIGHT_OUT;
    }
    if (!s->skip_out) {
        s->skip_out = WEIGHT_OUT;
    }
    if (e->digest != d) {
        *e = (struct storm_sent){ .digest = d };
    }
    e->sent += weight;
    return began;
}

void storm_resume(struct storm *s, int64_t now)
{
    s->since = now;
    s->echoes = s->repeats = 0;
}

bool storm_over(struct storm *s, int64_t now)
{
    if (!s->on || now - s->last_hot < CALM_MS * MS) {
        return false;
    }
    s->on = false;
    s->hot = 0;
    return true;
}
