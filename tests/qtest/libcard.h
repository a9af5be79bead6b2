/* SPDX-License-Identifier: MIT */
/*
 * libcard.h - what the tests of all network cards share
 */
#ifndef TESTS_QTEST_LIBCARD_H
#define TESTS_QTEST_LIBCARD_H

#include "libnet.h"
#include "libpci.h"
#include "libqtest.h"

enum { CARD_SLOT = 4 };

/**
 * card_start() - Start an emulator with one PCI card and a cable
 * @pci:        Filled: the card, in slot 4; its BARs are not placed yet
 * @peer:       Filled: the other end of the cable
 * @args:       More device properties, beginning with a comma, or ""
 *
 * The card's address is mac_nic.  Interrupts are routed and watched.
 */
struct qtest *card_start(struct pci_dev *pci, struct netpeer *peer,
                         const char *model, const char *args, bool realtime);

/** wire_frame() - The next frame must come out of the card; true if it did */
bool wire_frame(struct qtest *s, struct netpeer *peer, struct frame *f);

/** wire_silent() - No frame must come out; true if none did */
bool wire_silent(struct qtest *s, struct netpeer *peer);

/** wire_same() - The next frame out of the card must equal @want */
bool wire_same(struct qtest *s, struct netpeer *peer, const struct frame *want);

/**
 * wire_settle() - Let the card see what is on the cable
 *
 * False if some of it was not taken: the card makes it wait.
 */
bool wire_settle(struct qtest *s, struct netpeer *peer);

/**
 * wire_drain() - Throw away what came out of the card, all of it
 * @longest: No frame must be longer
 */
void wire_drain(struct qtest *s, struct netpeer *peer, size_t longest);

/**
 * wire_raw() - Put bytes on the cable that claim to be a frame
 * @claimed: Length that the emulator is told
 */
void wire_raw(struct netpeer *peer, uint32_t claimed, const void *data,
              size_t len);

/** struct attack - What an emulator must survive, and how it was before */
struct attack {
    struct qtest *qts;
    unsigned long cpu, rss;
};

/** attack_begin() - Note the emulator's work so far, and its size */
struct attack attack_begin(struct qtest *s);

/** attack_survived() - It lives, has not grown, and did not work long */
void attack_survived(const struct attack *a);

/** struct card_family - Models that share their tests */
struct card_family {
    const char *name;
    const char *const *model;
    unsigned count;
};

/** struct card_case - A test on one model: what a test function gets */
struct card_case {
    const void *test;
    const char *model;
};

/**
 * card_test_add() - Add a test as /FAMILY/GROUP/NAME[/MODEL]
 * @on:         Bit n: run it for model n; 0: for the first one only
 * @test:       Kept, for struct card_case
 * @run:        Called with a struct card_case
 */
void card_test_add(const struct card_family *family, const char *group,
                   const char *name, unsigned on, const void *test,
                   GTestDataFunc run);

#endif
