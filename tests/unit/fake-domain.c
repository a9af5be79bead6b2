// SPDX-License-Identifier: MIT
/*
 * fake-domain.c - a domain for -accel xen that is not Xen's
 */
#include "fake-domain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "system/loop.h"

enum { PAGE = 4096, TURNS_MAX = 100000, RANGES = 64 };

struct fake_domain fake_domain;

static int ram_fd, events[2];
static uint8_t *ram;
static struct ioreq_slot page[IOREQ_SLOTS];

/* What was claimed, as Xen checks it */
static struct {
    bool used, io;
    uint64_t first, last;
} ranges[RANGES];

static void broken(const char *what)
{
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void G_GNUC_PRINTF(1, 2) say(const char *format, ...)
{
    va_list ap;

    if (!fake_domain.quiet) {
        va_start(ap, format);
        g_string_append_vprintf(fake_domain.said, format, ap);
        va_end(ap);
    }
}

const char *fake_domain_said(void)
{
    static GString *last;

    if (last) {
        g_string_free(last, TRUE);
    }
    last = fake_domain.said;
    fake_domain.said = g_string_new(NULL);
    return last->str;
}

void fake_domain_init(void)
{
    fake_domain.said = g_string_new(NULL);
    ram_fd = memfd_create("guest", MFD_CLOEXEC);
    if (ram_fd < 0 || ftruncate(ram_fd, FAKE_RAM) ||
        pipe2(events, O_CLOEXEC | O_NONBLOCK)) {
        broken("set-up");
    }
    ram = mmap(NULL, FAKE_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
    if (ram == MAP_FAILED) {
        broken("guest memory");
    }
}

uint8_t *fake_domain_ram(void)
{
    return ram;
}

/* The page is somebody else's to write to as well */
static void meddle(void)
{
    for (unsigned i = 0; fake_domain.meddles && i < FAKE_VCPUS; i++) {
        if ((page[i].bits & IOREQ_STATE) == IOREQ_STATE_INPROCESS) {
            page[i] = fake_domain.meddle;
        }
    }
}

/* struct domain_ops */

static bool attach(unsigned domid, GError **err)
{
    say("attach %u\n", domid);
    return true;
}

static void detach(void)
{
    say("detach\n");
}

static unsigned vcpus(void)
{
    return FAKE_VCPUS;
}

static struct ioreq_slot *requests(void)
{
    return page;
}

static bool enable(bool on, GError **err)
{
    fake_domain.enabled = on;
    say("enable %d\n", on);
    return true;
}

static int event_fd(void)
{
    return events[0];
}

static int event_next(void)
{
    uint8_t vcpu;

    return read(events[0], &vcpu, 1) == 1 ? vcpu : -1;
}

static void event_done(unsigned vcpu)
{
    if (vcpu >= FAKE_VCPUS) {
        broken("event_done");
    }
}

static void notify(unsigned vcpu)
{
    fake_domain.notified[vcpu]++;
    fake_domain.before = fake_domain.said->len;
}

static bool claim_function(unsigned devfn, bool on)
{
    say("function %02x %d\n", devfn, on);
    return true;
}

static bool range_add(bool io, uint64_t first, uint64_t last)
{
    unsigned at = RANGES;

    for (unsigned i = 0; i < RANGES; i++) {
        if (!ranges[i].used) {
            at = i;
        } else if (ranges[i].io == io && first <= ranges[i].last &&
                   ranges[i].first <= last) {
            return false;
        }
    }
    if (at == RANGES || last < first) {
        return false;
    }
    ranges[at].used = true;
    ranges[at].io = io;
    ranges[at].first = first;
    ranges[at].last = last;
    return true;
}

static bool range_remove(bool io, uint64_t first, uint64_t last)
{
    for (unsigned i = 0; i < RANGES; i++) {
        if (ranges[i].used && ranges[i].io == io && ranges[i].first == first &&
            ranges[i].last == last) {
            ranges[i].used = false;
            return true;
        }
    }
    broken("a range is given back that was not given");
    return false;
}

static bool claim_range(bool io, uint64_t first, uint64_t last, bool on)
{
    bool ok = on ? range_add(io, first, last) : range_remove(io, first, last);

    meddle();
    say("%s %" PRIx64 "-%" PRIx64 " %d%s\n", io ? "ports" : "memory", first,
        last, on, ok ? "" : " refused");
    return ok;
}

static void intx(unsigned slot, unsigned pin, bool level)
{
    meddle();
    say("intx %u %u %d\n", slot, pin, level);
}

static void isa_irq(unsigned irq, bool level)
{
    meddle();
    say("isa %u %d\n", irq, level);
}

static void msi(uint64_t addr, uint32_t data)
{
    say("msi %" PRIx64 " %x\n", addr, data);
}

static bool is_ram(uint64_t gfn)
{
    return gfn < FAKE_RAM / PAGE &&
           (gfn < FAKE_HOLE / PAGE || gfn >= FAKE_HOLE_END / PAGE);
}

static void *map(void *opaque, uint64_t gfn, unsigned n, bool *missing)
{
    uint8_t *p = mmap(NULL, (size_t)n * PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    meddle();
    if (p == MAP_FAILED) {
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        missing[i] = !is_ram(gfn + i);
        if (!missing[i] &&
            mmap(p + (size_t)i * PAGE, PAGE, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, ram_fd,
                 (off_t)(gfn + i) * PAGE) == MAP_FAILED) {
            broken("mmap");
        }
    }
    fake_domain.live++;
    fake_domain.maps++;
    return p;
}

static void unmap(void *opaque, void *p, unsigned n)
{
    fake_domain.live--;
    munmap(p, (size_t)n * PAGE);
}

static void dirty(uint64_t gfn, unsigned n)
{
    meddle();
    say("dirty %" PRIx64 " %u\n", gfn, n);
}

static bool alive(void)
{
    return !fake_domain.dead;
}

static bool restrict_to(GError **err)
{
    say("restrict\n");
    return true;
}

const struct domain_ops fake_domain_ops = {
    .attach = attach,
    .detach = detach,
    .vcpus = vcpus,
    .page = requests,
    .enable = enable,
    .event_fd = event_fd,
    .event_next = event_next,
    .event_done = event_done,
    .notify = notify,
    .claim_function = claim_function,
    .claim_range = claim_range,
    .intx = intx,
    .isa_irq = isa_irq,
    .msi = msi,
    .map = map,
    .unmap = unmap,
    .dirty = dirty,
    .alive = alive,
    .restrict_to = restrict_to,
};

/* The guest's side */

uint64_t fake_domain_ask(unsigned vcpu, struct ioreq_slot q, unsigned bits)
{
    struct ioreq_slot *slot = &page[vcpu];
    uint8_t who = (uint8_t)vcpu;
    unsigned before = fake_domain.notified[vcpu];

    *slot = q;
    slot->bits = (uint8_t)(bits | IOREQ_STATE_READY);
    if (write(events[1], &who, 1) != 1) {
        broken("event");
    }
    for (unsigned i = 0; i < TURNS_MAX; i++) {
        loop_turn(false);
        if ((slot->bits & IOREQ_STATE) == IOREQ_STATE_RESPONSE) {
            if (fake_domain.notified[vcpu] != before + 1) {
                broken("not told once of the answer");
            }
            slot->bits = IOREQ_STATE_NONE;
            return slot->data;
        }
    }
    broken("no answer");
    return 0;
}

uint32_t fake_domain_config(unsigned devfn, unsigned off, unsigned size)
{
    return (uint32_t)fake_domain_ask(0,
                                     (struct ioreq_slot){
                                         .type = IOREQ_CONFIG,
                                         .addr = (uint64_t)devfn << 32 | off,
                                         .count = 1,
                                         .size = size },
                                     IOREQ_READ);
}

void fake_domain_set_config(unsigned devfn, unsigned off, unsigned size,
                            uint32_t val)
{
    fake_domain_ask(0,
                    (struct ioreq_slot){ .type = IOREQ_CONFIG,
                                         .addr = (uint64_t)devfn << 32 | off,
                                         .data = val,
                                         .count = 1,
                                         .size = size },
                    0);
}

uint32_t fake_domain_read(uint64_t at)
{
    return (uint32_t)fake_domain_ask(0,
                                     (struct ioreq_slot){ .type = IOREQ_COPY,
                                                          .addr = at,
                                                          .count = 1,
                                                          .size = 4 },
                                     IOREQ_READ);
}

void fake_domain_write(uint64_t at, uint32_t val)
{
    fake_domain_ask(0,
                    (struct ioreq_slot){ .type = IOREQ_COPY,
                                         .addr = at,
                                         .data = val,
                                         .count = 1,
                                         .size = 4 },
                    0);
}

uint32_t fake_domain_in(unsigned port, unsigned size)
{
    return (uint32_t)fake_domain_ask(
        0, (struct ioreq_slot){ .addr = port, .count = 1, .size = size },
        IOREQ_READ);
}

void fake_domain_out(unsigned port, unsigned size, uint32_t val)
{
    fake_domain_ask(0,
                    (struct ioreq_slot){
                        .addr = port, .data = val, .count = 1, .size = size },
                    0);
}
