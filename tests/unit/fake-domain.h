/* SPDX-License-Identifier: MIT */
/*
 * fake-domain.h - a domain for -accel xen that is not Xen's
 *
 * Its memory is mapped for real, page by page: who uses what was unmapped, or a
 * hole, dies of it.
 */
#ifndef TESTS_FAKE_DOMAIN_H
#define TESTS_FAKE_DOMAIN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xen/domain.h"

enum {
    FAKE_RAM = 8 << 20,
    FAKE_HOLE = 0xa0000, /* to 1 MiB */
    FAKE_HOLE_END = 0x100000,
    FAKE_VCPUS = 2,
};

/**
 * struct fake_domain - What it was asked, and what it says
 * @said:  Each claim, interrupt and switch as a line; not mappings
 * @dead:  It does not exist any more
 * @enabled: Requests are taken
 * @live:  Mappings
 * @maps:  ... ever made
 * @notified: Answers, by virtual CPU
 * @before: Length of @said at the last of them: what came before it
 * @quiet: Nothing is added to @said
 * @meddles: The slot of a request becomes @meddle each time that Xen is called
 *         while it is carried out
 */
struct fake_domain {
    GString *said;
    bool dead, enabled, quiet, meddles;
    struct ioreq_slot meddle;
    unsigned live, maps;
    unsigned notified[FAKE_VCPUS];
    gsize before;
};

extern struct fake_domain fake_domain;
extern const struct domain_ops fake_domain_ops;

/* Once, before -accel xen attaches */
void fake_domain_init(void);

/* Its memory, all of it, holes too */
uint8_t *fake_domain_ram(void);

/**
 * fake_domain_ask() - A request of a virtual CPU, and the loop until it is
 *                     answered
 * @bits: IOREQ_READ and the like, without a state
 *
 * Return: data of the slot; fails the program if there is no answer
 */
uint64_t fake_domain_ask(unsigned vcpu, struct ioreq_slot q, unsigned bits);

/* Single accesses on virtual CPU 0 */
uint32_t fake_domain_config(unsigned devfn, unsigned off, unsigned size);
void fake_domain_set_config(unsigned devfn, unsigned off, unsigned size,
                            uint32_t val);
uint32_t fake_domain_read(uint64_t at);
void fake_domain_write(uint64_t at, uint32_t val);
uint32_t fake_domain_in(unsigned port, unsigned size);
void fake_domain_out(unsigned port, unsigned size, uint32_t val);

/* @said since the last time */
const char *fake_domain_said(void);

#endif
