// SPDX-License-Identifier: MIT
/*
 * ioreq-fuzz.c - bytes as the requests of a domain's CPUs
 *
 * -accel xen with a card of each kind, in the domain of fake-domain.c, whose
 * memory is unmapped for real.  The input is a row of steps; most are requests
 * with an address near something that there is, some a slot of any bytes, and
 * the slot may change meanwhile.  Whatever they are: each request is answered,
 * once, and soon; nothing stays mapped when the domain's memory went away; no
 * range is given back that was not given.
 */
#include <string.h>

#include "net/netdev.h"
#include "system/accel.h"
#include "system/loop.h"
#include "system/vm-int.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake-domain.h"
#include "xen/mapcache.h"

enum {
    STEPS_MAX = 200,
    TURNS_MAX = 64,
    MMIO = 0xf1000000,
    IO = 0xc000,
    REACH = 0x3ffff, /* Of addresses around these */
};

/**
 * struct step - One, as the input has it
 */
struct step {
    uint8_t kind, bits, size, vcpu;
    uint16_t count, low;
    uint32_t data;
};

/* The machine, once */
static void start(void)
{
    char *args[] = {
        "ioreq-fuzz",
        "-accel",
        "xen",
        "-xen-domid",
        "1",
        "-netdev",
        "null,id=n0",
        "-netdev",
        "null,id=n1",
        "-netdev",
        "null,id=n2",
        "-device",
        "e1000,id=nic0,netdev=n0,addr=6,romfile=",
        "-device",
        "rtl8139,id=nic1,netdev=n1,addr=7,romfile=",
        "-device",
        "ne2k_pci,id=nic2,netdev=n2,addr=8,romfile=",
        "-device",
        "ne2k_isa,id=nic3,iobase=0x300,irq=10",
        NULL,
    };
    static struct options o;

    accel_xen_set_domain(&fake_domain_ops);
    fake_domain_init();
    must(options_parse(&o, (int)G_N_ELEMENTS(args) - 1, args) == OPTIONS_RUN &&
             accel_xen.attach(&o),
         "set-up");
    accel_use(&accel_xen);
    must(vm_init(&o) && accel_xen.start(&o), "machine");
    vm_cont();
    fake_domain.quiet = true;
}

/* Somewhere near what a step can mean */
static uint64_t place(const struct step *s)
{
    switch (s->kind & 7) {
    case 0: /* Ports of the ISA card, of BARs, and others */
        return s->low & 0x8000 ? IO + (s->low & 0x1ffu)
                               : 0x300 + (s->low & 0x3fu);
    case 1:
        return MMIO + (s->low * 4u & REACH);
    case 2: /* Slots 5 to 8 */
        return (uint64_t)(0x28 + (s->low >> 8 & 0x1f)) << 32 | (s->low & 0xff);
    default:
        return s->low;
    }
}

/* Guest memory, mostly */
static uint64_t pointer(const struct step *s)
{
    uint32_t at = s->data % (FAKE_RAM + 0x10000);

    return s->data >> 31 && s->bits & 0x80 ? UINT64_MAX - at : at;
}

static void request(const struct step *s)
{
    struct ioreq_slot q = {
        .type = s->kind & 7,
        .addr = place(s),
        .data = s->bits & IOREQ_DATA_IS_PTR ? pointer(s) : s->data,
        .count = s->kind & 8 ? s->count : 1,
        .size = s->size & 8 ? s->size : 1u << (s->size & 3),
    };

    q.type = q.type == 3 ? IOREQ_INVALIDATE : q.type;
    fake_domain.meddles = s->vcpu & 0x80;
    fake_domain.meddle = (struct ioreq_slot){ .addr = ~q.addr,
                                              .data = ~q.data,
                                              .count = UINT32_MAX - s->count,
                                              .size = s->size,
                                              .bits = s->vcpu,
                                              .type = s->bits };
    fake_domain_ask(s->vcpu % FAKE_VCPUS, q,
                    s->bits & (IOREQ_DATA_IS_PTR | IOREQ_READ | IOREQ_DF));
    fake_domain.meddles = false;
    must(q.type != IOREQ_INVALIDATE || !fake_domain.live,
         "guest memory is still mapped");
}

/* A BAR where the other steps look for it, decoding or not */
static void set_up(const struct step *s)
{
    unsigned devfn = 0x30 + 8 * (s->size % 3u);

    fake_domain_set_config(devfn, 0x10 + 4 * (s->vcpu & 1u), 4,
                           s->bits & 1 ? IO + (s->low & 0x1ffu)
                                       : MMIO + (s->data & REACH));
    fake_domain_set_config(devfn, 4, 2, s->count & 7);
}

static void frame(const struct step *s)
{
    static const uint8_t bytes[1600];
    const struct nic_buf buf = { bytes, 14 + s->count % 1500u };
    struct netdev *nd = vm_netdev_at(s->vcpu % 3u);

    if (!netdev_receive(nd, &(struct nic_rx){
                                .buf = &buf, .n = 1, .len = buf.len })) {
        /* No room, or the machine is stopped */
    }
}

static void step(const struct step *s, const uint8_t *raw)
{
    struct ioreq_slot q;

    switch (s->kind >> 4) {
    case 0:
        set_up(s);
        break;
    case 1:
        frame(s);
        break;
    case 2:
        memcpy(fake_domain_ram() + s->data % (FAKE_RAM - 16), raw, 12);
        break;
    case 3:
        vm_stop();
        vm_cont();
        break;
    case 4:
        vm_dirty_log(s->bits & 1, NULL);
        break;
    case 5:
        memset(&q, 0, sizeof(q));
        memcpy(&q, raw, sizeof(struct step));
        memcpy(&q.count, raw, sizeof(q.count));
        q.type = raw[1];
        fake_domain_ask(0, q, raw[2] & 0xf0);
        break;
    default:
        request(s);
        break;
    }
    for (unsigned i = 0; i < TURNS_MAX && loop_turn(false); i++) {
    }
    must(fake_domain.live <= MAPCACHE_CHUNKS, "too much is mapped");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct step s;

    if (!fake_domain.said) {
        start();
    }
    vm_system_reset();
    for (unsigned i = 0; i < STEPS_MAX && size >= sizeof(s); i++) {
        memcpy(&s, data, sizeof(s));
        step(&s, data);
        data += sizeof(s);
        size -= sizeof(s);
    }
    return 0;
}
