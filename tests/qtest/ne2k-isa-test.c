// SPDX-License-Identifier: MIT
/*
 * ne2k-isa-test.c - the NE2000 on ISA: where it is, and that drivers find it
 *
 * In a PC without PCI, where interrupts arrive at two i8259s that have no name
 * but their place in the object tree, and in one with it.
 */
#include "libne2k.h"

#include <string.h>
#include <unistd.h>

enum {
    PIC_LINES = 8,
    EJECT_PORT = 0xae08, /* ACPI hot plug of PCI slots */
    PROM_BYTES = 16,
    COUNTER = 0x0d, /* CNTR0, or PAR4 in page 1 */
};

/** struct place - A machine, and where the card is in it */
struct place {
    const char *machine;
    uint16_t io;
    unsigned irq;
};

static const struct place places[] = {
    { "isapc", 0x300, 9 }, { "isapc", 0x320, 3 }, { "isapc", 0x280, 15 },
    { "pc", 0x300, 9 },    { "pc", 0x340, 5 },    { "pc", 0xffe0, 11 },
};

/*
 * The first or second i8259 of an isapc.  Objects are numbered as they are
 * made, and the one that the CPU sees is made first.
 */
static char *pic_path(struct qtest *s, unsigned which)
{
    JsonObject *reply = qmp(s, "{'execute': 'qom-list', 'arguments': {'path': "
                               "'/machine/unattached'}}");
    JsonArray *list = json_object_get_array_member(reply, "return");
    unsigned at[2] = { 0 }, n = 0;

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *child = json_array_get_object_element(list, i);
        const char *name = json_object_get_string_member(child, "name");

        if (!strcmp(json_object_get_string_member(child, "type"),
                    "child<isa-i8259>") &&
            n < G_N_ELEMENTS(at)) {
            at[n++] =
                (unsigned)g_ascii_strtoull(name + strlen("device["), NULL, 10);
        }
    }
    json_object_unref(reply);
    check_eq(n, G_N_ELEMENTS(at));
    return g_strdup_printf("/machine/unattached/device[%u]",
                           which ? MAX(at[0], at[1]) : MIN(at[0], at[1]));
}

/* Listen to line @irq: d->line is what it is called there */
static void intercept(struct ne2k *d, const char *machine, unsigned irq)
{
    g_autofree char *pic = strcmp(machine, "pc")
                               ? pic_path(d->qts, irq / PIC_LINES)
                               : g_strdup("ioapic");

    qtest_irq_intercept_in(d->qts, pic);
    d->line = strcmp(machine, "pc") ? irq % PIC_LINES : irq;
}

/* A machine with a card that is not where ne2k_open() has it */
static void place_open(struct ne2k *d, const struct place *p)
{
    g_autofree char *name = device_name("ne2k_isa");
    int fd;

    memset(d, 0, sizeof(*d));
    fd = netpeer_open(&d->peer);
    d->qts = qtest_start("-nodefaults -machine %s -m 16 "
                         "-netdev socket,id=net0,fd=%d -device %s,id=nic0,"
                         "netdev=net0,mac=52:54:00:12:34:56,iobase=0x%x,irq=%u",
                         p->machine, fd, name, p->io, p->irq);
    close(fd);
    d->model = "ne2k_isa";
    d->isa = true;
    d->width = 2;
    d->io = p->io;
    intercept(d, p->machine, p->irq);
}

static uint8_t in(struct ne2k *d, unsigned port)
{
    return qtest_inb(d->qts, (uint16_t)(d->io + port));
}

static void out(struct ne2k *d, unsigned port, uint8_t value)
{
    qtest_outb(d->qts, (uint16_t)(d->io + port), value);
}

/* Linux, ne.c: is there a counter that is cleared by reading it? */
static bool probe_counter(struct ne2k *d)
{
    uint8_t old, cleared;

    if (in(d, CR) == 0xff) {
        return false;
    }
    out(d, CR, 1 << CR_PAGE_SHIFT | CR_ABORT | CR_STP);
    old = in(d, COUNTER);
    out(d, COUNTER, 0xff);
    out(d, CR, CR_ABORT);
    in(d, COUNTER);
    cleared = in(d, COUNTER);
    if (cleared) {
        out(d, COUNTER, old);
    }
    return !cleared;
}

/* ne.c: the PROM, two bytes at a time; whether each comes twice */
static bool probe_prom(struct ne2k *d, uint8_t prom[PROM_BYTES])
{
    static const uint8_t program[][2] = {
        { CR, CR_ABORT | CR_STP },
        { DCR, DCR_BYTES },
        { RBCR0, 0 },
        { RBCR1, 0 },
        { IMR, 0 },
        { ISR, 0xff },
        { RCR, 0x20 }, /* Monitor mode */
        { TCR, TCR_LB1 },
        { RBCR0, 2 * PROM_BYTES },
        { RBCR1, 0 },
        { RSAR0, 0 },
        { RSAR1, 0 },
        { CR, CR_READ | CR_STA },
    };
    bool doubled = true;

    for (size_t i = 0; i < G_N_ELEMENTS(program); i++) {
        out(d, program[i][0], program[i][1]);
    }
    for (unsigned i = 0; i < PROM_BYTES; i++) {
        prom[i] = in(d, DATA_PORT);
        doubled &= in(d, DATA_PORT) == prom[i];
    }
    return doubled;
}

static void check_probe(struct ne2k *d)
{
    uint8_t prom[PROM_BYTES];

    check(probe_counter(d));
    out(d, RESET_PORT, in(d, RESET_PORT));
    check(wait_for(in(d, ISR) & ISR_RST));
    out(d, ISR, 0xff);
    check(probe_prom(d, prom));
    check_mem(prom, mac_nic, sizeof(mac_nic));
    /* An NE2000 on 16 bits */
    check_eq(prom[PROM_BYTES - 2], 0x57);
    check_eq(prom[PROM_BYTES - 1], 0x57);
}

/* One frame out and one in, each with its interrupt */
static void check_traffic(struct ne2k *d)
{
    struct received got;
    struct frame f;

    ne2k_init(d, RCR_AB);
    out8(d, IMR, ISR_PTX | ISR_PRX);
    check(!qtest_irq(d->qts, d->line));
    frame_plain(&f, mac_peer, 99, 1);
    tx_load(d, TX_PAGE, &f);
    tx_start(d, TX_PAGE, (uint16_t)f.len);
    check(wait_for(qtest_irq(d->qts, d->line)));
    check_eq(tx_end(d), ISR_PTX);
    check(!qtest_irq(d->qts, d->line));
    tx_seen(d, &f);
    frame_plain(&f, mac_nic, 1514, 2);
    rx_send(d, &f);
    check(wait_for(qtest_irq(d->qts, d->line)));
    check(rx_take(d, &got));
    rx_same(d, &got, &f);
    out8(d, ISR, ISR_PRX);
    check(!qtest_irq(d->qts, d->line));
    check_eq(qtest_irq_raises(d->qts, d->line), 2);
}

static void test_place(gconstpointer data)
{
    const struct place *p = data;
    struct ne2k d;

    place_open(&d, p);
    check_probe(&d);
    check_traffic(&d);
    /* It is there and nowhere else */
    if (p->io != NE2K_ISA_IO) {
        check_eq(qtest_inl(d.qts, NE2K_ISA_IO), UINT32_MAX);
    }
    check_eq(qtest_inb(d.qts, (uint16_t)(p->io - 1)), 0xff);
    ne2k_close(&d);
}

/* An interrupt that the end of remote DMA causes, for a card without a cable */
static void raise_rdc(struct ne2k *d)
{
    uint8_t data[2];

    ne2k_init(d, RCR_AB);
    out8(d, IMR, ISR_RDC);
    remote_begin(d, CR_READ, RAM, sizeof(data));
    data_in(d, 2);
    check(in8(d, ISR) & ISR_RDC);
}

static void test_two(void)
{
    g_autofree char *name = device_name("ne2k_isa");
    struct ne2k a = { .isa = true, .io = 0x300 }, b = { .isa = true };
    uint8_t prom[PROM_BYTES];

    a.qts = b.qts =
        qtest_start("-nodefaults -machine pc -m 16 -device %s,id=a,bus=isa.0 "
                    "-device %s,id=b,iobase=864,irq=0xa,mac=52:54:00:00:00:0b",
                    name, name);
    b.io = 864;
    intercept(&a, "pc", 9);
    raise_rdc(&a);
    check(qtest_irq(a.qts, 9));
    check(!qtest_irq(a.qts, 10));
    raise_rdc(&b);
    check(qtest_irq(a.qts, 10));
    out8(&a, ISR, ISR_RDC);
    check(!qtest_irq(a.qts, 9));
    check(qtest_irq(a.qts, 10));
    probe_prom(&b, prom);
    check_eq(prom[5], 0x0b);
    probe_prom(&a, prom);
    check_eq(prom[5], 0x56);
    qtest_quit(a.qts);
}

static void test_reset(void)
{
    struct ne2k d;

    place_open(&d, &places[0]);
    raise_rdc(&d);
    check(qtest_irq(d.qts, d.line));
    qmp_ok(d.qts, "{'execute': 'system_reset'}");
    check(qmp_wait_event(d.qts, "RESET"));
    differs (ne2k_system_reset) {
        check(!qtest_irq(d.qts, d.line));
        check(in(&d, CR) & CR_STP);
    }
    d.page = 0;
    check_probe(&d);
    ne2k_close(&d);
}

/* -net and -nic put a second card where the first is not */
static void test_legacy(void)
{
    static const uint16_t io[] = { 0x300, 0x320 };
    struct qtest *s = qtest_start("-machine isapc -m 16 -net nic "
                                  "-net nic,model=ne2k_isa");

    for (size_t i = 0; i < G_N_ELEMENTS(io); i++) {
        struct ne2k d = { .qts = s, .io = io[i] };
        uint8_t prom[PROM_BYTES];

        probe_prom(&d, prom);
        check_eq(prom[5], 0x56 + i);
        check_eq(prom[PROM_BYTES - 1], 0x57);
    }
    qtest_quit(s);
}

/* The bus has no way to tell the guest: cards stay where they are */
static void test_no_hotplug(void)
{
    g_autofree char *name = device_name("ne2k_isa");
    g_autofree char *add = NULL, *del = NULL;
    JsonObject *reply;
    struct ne2k d;

    place_open(&d, &places[3]);
    add = qmp_fails(d.qts, "GenericError",
                    "{'execute': 'device_add', 'arguments': {'driver': '%s', "
                    "'id': 'nic1', 'iobase': 800, 'irq': 5}}",
                    name);
    check_has(add, "'isa.0' does not support hotplug");
    del = qmp_fails(d.qts, "GenericError",
                    "{'execute': 'device_del', 'arguments': {'id': 'nic0'}}");
    check_has(del, "'isa.0' does not support hotplug");
    /* A guest that ejects all slots of PCI */
    for (unsigned i = 0; i < 32; i++) {
        qtest_outl(d.qts, EJECT_PORT, 1u << i);
    }
    check_traffic(&d);
    reply = qmp(d.qts, "{'execute': 'qom-get', 'arguments': {'path': "
                       "'/machine/peripheral/nic0', 'property': 'iobase'}}");
    check_eq(json_object_get_int_member_with_default(reply, "return", 0),
             NE2K_ISA_IO);
    json_object_unref(reply);
    ne2k_close(&d);
}

static void test_no_pci(void)
{
    struct ne2k d;
    JsonObject *reply;
    JsonArray *buses;

    place_open(&d, &places[0]);
    reply = qmp(d.qts, "{'execute': 'query-pci'}");
    buses = json_object_get_array_member(reply, "return");
    check(buses && json_array_get_length(buses) == 0);
    json_object_unref(reply);
    check_eq(qtest_inl(d.qts, 0xcfc), UINT32_MAX);
    ne2k_close(&d);
}

/*
 * Refused with status 1 and a message that has @word.  A device that no
 * emulator has comes last, so that one that accepts the others ends too.
 */
static void check_refused(const char *props, const char *word)
{
    g_autofree char *name = device_name("ne2k_isa"), *errors = NULL;
    g_autofree char *args =
        g_strdup_printf("-nodefaults -display none -machine isapc -m 16 "
                        "-device %s,id=a%s -device no-such-card",
                        name, props);
    int status = run_emulator(args, &errors, NULL);

    check_eq(status, 1);
    check_has(errors, word);
}

static void test_bad_values(void)
{
    check_refused(",iobase=xyz", "iobase");
    check_refused(",iobase=-1", "iobase");
    check_refused(",irq=nine", "irq");
    check_refused(",addr=3", "addr");
    check_refused(",romfile=x", "romfile");
    check_refused(",bus=pci.0", "pci.0");
    differs (isa_jumpers) {
        check_refused(",iobase=0x304", "multiple of 0x20");
        check_refused(",iobase=0x10300", "iobase");
        check_refused(",irq=2", "irq");
        check_refused(",irq=16", "irq");
    }
}

static void test_collisions(void)
{
    g_autofree char *name = device_name("ne2k_isa");
    g_autofree char *ports = g_strdup_printf(" -device %s,id=b,irq=5", name);
    g_autofree char *line =
        g_strdup_printf(" -device %s,id=b,iobase=0x320", name);

    differs (isa_collisions) {
        check_refused(ports, "'a' has ports 0x300-0x31f");
        check_refused(line, "it is that of 'a'");
    }
}

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path =
            g_strdup_printf("/ne2k/isa/%s/%x-%u", places[i].machine,
                            places[i].io, places[i].irq);

        g_test_add_data_func(path, &places[i], test_place);
    }
    g_test_add_func("/ne2k/isa/two", test_two);
    g_test_add_func("/ne2k/isa/reset", test_reset);
    g_test_add_func("/ne2k/isa/legacy", test_legacy);
    g_test_add_func("/ne2k/isa/no-hotplug", test_no_hotplug);
    g_test_add_func("/ne2k/isa/no-pci", test_no_pci);
    g_test_add_func("/ne2k/isa/bad-values", test_bad_values);
    g_test_add_func("/ne2k/isa/collisions", test_collisions);
    return g_test_run();
}
