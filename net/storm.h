/* SPDX-License-Identifier: MIT */
/*
 * storm.h - does a loop on the network flood this port
 *
 * Pure: frames and times in, a verdict out.  What is done about it is
 * net/tap-storm.c's.
 */
#ifndef NET_STORM_H
#define NET_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    STORM_HEADER =
        14, /* Addresses and type: shorter frames are not looked at */
    STORM_RECENT = 256, /* Frames remembered of those that came in */
    STORM_SENT = 64,    /* ... and of those that went out */
};

/**
 * enum storm_reason - What there is too much of
 * @STORM_ECHO:    The guest's own frames, which come back many times
 * @STORM_REPEATS: Copies of the same few frames
 */
enum storm_reason {
    STORM_NONE,
    STORM_ECHO,
    STORM_REPEATS,
};

/**
 * struct storm_sent - A frame that went out
 * @sent, @back: How often it did, and how often it came back
 */
struct storm_sent {
    uint64_t digest, sent, back;
};

/**
 * struct storm - What is known of the traffic of one port
 * @own:      Bit storm_bit() of each address that was sent from lately
 * @own_next: The same, since @own_since
 * @skip:     Frames in until one is looked at; @weight: as it was set
 * @skip_out: The same for frames out
 * @budget:   Frames to groups that may still be looked at in this window
 * @since:    Begin of the window in which @echoes and @repeats are counted
 * @hot:      Windows in a row that were too much
 * @last_hot: End of the last of them
 * @on:       There is a storm
 * @reason, @rate: Why the last one was declared, and frames a second then
 * @header:   Of a frame of it: destination, source, type
 */
struct storm {
    uint64_t own, own_next;
    uint32_t skip, weight, skip_out, budget, random;
    int64_t since, own_since;
    uint64_t echoes, repeats;
    unsigned hot;
    int64_t last_hot;
    bool on;
    enum storm_reason reason;
    uint64_t rate;
    uint8_t header[STORM_HEADER];
    struct storm_sent sent[STORM_SENT];
    uint64_t recent[STORM_RECENT];
};

/* @now: as for storm_in() */
void storm_init(struct storm *s, int64_t now);

/* One of 64 bits for an address, by its last four bytes */
static inline uint64_t storm_bit(const uint8_t *mac)
{
    uint32_t low;

    memcpy(&low, mac + 2, sizeof(low));
    return UINT64_C(1) << (low * UINT32_C(0x9e3779b1) >> 26);
}

/* Whether a frame that came in is to be given to storm_in(): one of sixteen,
 * and all that may be the guest's own.  To be asked of every frame, once */
static inline bool storm_asks_in(struct storm *s, const uint8_t *frame,
                                 size_t len)
{
    return len >= STORM_HEADER &&
           (--s->skip == 0 || s->own & storm_bit(frame + 6));
}

/* The same for storm_out(): the first ones to groups, addresses that were not
 * seen before, and one of 64 */
static inline bool storm_asks_out(struct storm *s, const uint8_t *frame,
                                  size_t len)
{
    return len >= STORM_HEADER &&
           (--s->skip_out == 0 || (frame[0] & 1 && s->budget) ||
            !(s->own & storm_bit(frame + 6)));
}

/**
 * storm_in() - Look at a frame that came in
 * @now: Any steady clock, nanoseconds
 *
 * Return: whether a storm was recognised with this one; @reason, @rate and
 * @header tell about it
 */
bool storm_in(struct storm *s, const uint8_t *frame, size_t len, int64_t now);
/* Look at a frame that goes out, as it would come back; returns the same */
bool storm_out(struct storm *s, const uint8_t *frame, size_t len, int64_t now);

/* Frames were not given for a while, for other reasons than that there were
 * none: a new window begins, and with the next @since its verdict is there */
void storm_resume(struct storm *s, int64_t now);

/* To be asked now and then while there is a storm: has it passed.  @now
 * INT64_MAX: declare it so, and if it goes on, recognise another one */
bool storm_over(struct storm *s, int64_t now);

#endif
