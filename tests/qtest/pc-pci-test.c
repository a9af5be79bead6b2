// SPDX-License-Identifier: MIT
/*
 * pc-pci-test.c - PCI as firmware and operating system see it: the machine's
 * bridges, the card's configuration space, BARs, ROM, interrupts, hot plug
 */
#include "libe1000.h"

#include <string.h>
#include <unistd.h>

enum {
    PIIX3_EJECT = 0xae08,
    ROM_ADDRESS = 0xe8000000,
    OTHER_MMIO = 0xd0000000,
    OTHER_IO = 0xd100,
};

static struct qtest *start(const char *args)
{
    return qtest_start("-nodefaults -machine pc -m 32 %s", args);
}

/* A -device argument for a card without a cable */
static char *card(const char *model, const char *more)
{
    g_autofree char *name = device_name(model);

    return g_strdup_printf("-device %s,id=nic0,romfile=,addr=04.0%s", name,
                           more);
}

static struct pci_dev at(struct qtest *s, unsigned slot)
{
    return (struct pci_dev){ s, PCI_DEVFN(slot, 0) };
}

/* The machine */

static void test_bridges(void)
{
    struct qtest *s = start("");
    struct pci_dev host = at(s, 0);
    struct pci_dev isa = at(s, 1);

    check_eq(pci_readl(&host, PCI_VENDOR_ID), 0x12378086);
    check_eq(pci_readl(&isa, PCI_VENDOR_ID), 0x70008086);
    /* Other functions exist, so they must be looked for */
    check_eq(pci_readb(&host, PCI_HEADER_TYPE) & 0x7f, 0);
    check_eq(pci_readb(&isa, PCI_HEADER_TYPE) & 0x7f, 0);
    check_eq(pci_readw(&host, PCI_CLASS + 1), 0x0600);
    check_eq(pci_readw(&isa, PCI_CLASS + 1), 0x0601);
    qtest_quit(s);
}

static void test_absent(void)
{
    struct qtest *s = start("");

    for (unsigned slot = 2; slot < 32; slot++) {
        struct pci_dev none = at(s, slot);

        check_eq(pci_readl(&none, PCI_VENDOR_ID), 0xffffffff);
        check_eq(pci_readb(&none, PCI_HEADER_TYPE), 0xff);
        pci_writel(&none, PCI_BAR0, 0x12345678);
    }
    /* Without the enable bit there is no configuration cycle */
    qtest_outl(s, 0xcf8, 0);
    qtest_inl(s, 0xcfc);
    check(qtest_alive(s));
    qtest_quit(s);
}

/* The card */

/** struct identity - What a model says of itself */
struct identity {
    const char *model;
    uint16_t device;
};

static const struct identity identities[] = {
    { "e1000", 0x100e },
    { "e1000-82544gc", 0x100c },
    { "e1000-82545em", 0x100f },
};

static void test_identity(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(identities); i++) {
        g_autofree char *args = card(identities[i].model, "");
        struct qtest *s = start(args);
        struct pci_dev nic = at(s, 4);

        check_eq(pci_readw(&nic, PCI_VENDOR_ID), 0x8086);
        check_eq(pci_readw(&nic, PCI_DEVICE_ID), identities[i].device);
        check_eq(pci_readb(&nic, PCI_REVISION), 3);
        check_eq(pci_readb(&nic, PCI_CLASS), 0);
        check_eq(pci_readw(&nic, PCI_CLASS + 1), 0x0200);
        check_eq(pci_readb(&nic, PCI_HEADER_TYPE), 0);
        check_eq(pci_readw(&nic, PCI_SUBSYSTEM_VENDOR), 0x1af4);
        check_eq(pci_readw(&nic, PCI_SUBSYSTEM), 0x1100);
        check_eq(pci_readb(&nic, PCI_IRQ_PIN), 1);
        check_eq(pci_readw(&nic, PCI_COMMAND), 0);
        qtest_quit(s);
    }
}

static void test_alias(void)
{
    g_autofree char *args = card("e1000-82540em", "");
    struct qtest *s = start(args);
    struct pci_dev nic = at(s, 4);

    check_eq(pci_readw(&nic, PCI_DEVICE_ID), 0x100e);
    qtest_quit(s);
}

static void test_read_only(void)
{
    static const uint8_t fixed[] = { PCI_VENDOR_ID,   PCI_DEVICE_ID,
                                     PCI_REVISION,    PCI_CLASS,
                                     PCI_HEADER_TYPE, PCI_SUBSYSTEM_VENDOR,
                                     PCI_SUBSYSTEM,   PCI_CAP_PTR,
                                     PCI_IRQ_PIN };
    g_autofree char *args = card("e1000", "");
    struct qtest *s = start(args);
    struct pci_dev nic = at(s, 4);

    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
        uint8_t old = pci_readb(&nic, fixed[i]);

        pci_writeb(&nic, fixed[i], (uint8_t)~old);
        check_eq(pci_readb(&nic, fixed[i]), old);
    }
    pci_writeb(&nic, PCI_IRQ_LINE, 11);
    check_eq(pci_readb(&nic, PCI_IRQ_LINE), 11);
    pci_writeb(&nic, PCI_CACHE_LINE, 0x10);
    check_eq(pci_readb(&nic, PCI_CACHE_LINE), 0x10);
    qtest_quit(s);
}

static void test_widths(void)
{
    g_autofree char *args = card("e1000", "");
    struct qtest *s = start(args);
    struct pci_dev nic = at(s, 4);

    for (uint8_t offset = 0; offset < 0x40; offset = (uint8_t)(offset + 4)) {
        uint32_t whole = pci_readl(&nic, offset);

        for (uint8_t i = 0; i < 4; i++) {
            check_eq(pci_readb(&nic, (uint8_t)(offset + i)),
                     whole >> 8 * i & 0xff);
        }
        check_eq(pci_readw(&nic, (uint8_t)(offset + 2)), whole >> 16);
    }
    qtest_quit(s);
}

static void test_bars(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(identities); i++) {
        g_autofree char *args = card(identities[i].model, "");
        struct qtest *s = start(args);
        struct pci_dev nic = at(s, 4);

        check_eq(pci_bar_size(&nic, 0), 0x20000);
        check_eq(pci_bar_size(&nic, 1), 64);
        for (unsigned bar = 2; bar < 6; bar++) {
            check_eq(pci_bar_size(&nic, bar), 0);
        }
        check_eq(pci_bar_size(&nic, 6), 0); /* romfile= */
        /* 32 bits, not prefetchable */
        check_eq(pci_readl(&nic, PCI_BAR0) & 15, 0);
        check_eq(pci_readl(&nic, PCI_BAR0 + 4) & 3, 1);
        qtest_quit(s);
    }
}

static void test_relocation(struct e1000 *d)
{
    check_eq(rd(d, RAL), 0x12005452);
    pci_set_bar(&d->pci, 0, OTHER_MMIO);
    check_eq(qtest_readl(d->qts, OTHER_MMIO + RAL), 0x12005452);
    check(rd(d, RAL) != 0x12005452);
    /* Memory decoding off, and on again */
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_IO);
    check(qtest_readl(d->qts, OTHER_MMIO + RAL) != 0x12005452);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_ALL);
    check_eq(qtest_readl(d->qts, OTHER_MMIO + RAL), 0x12005452);
}

static void test_io_relocation(struct e1000 *d)
{
    pci_set_bar(&d->pci, 1, OTHER_IO);
    qtest_outl(d->qts, OTHER_IO + IOADDR, RAL);
    check_eq(qtest_inl(d->qts, OTHER_IO + IODATA), 0x12005452);
    qtest_outl(d->qts, E1000_IO + IOADDR, VET);
    check_eq(qtest_inl(d->qts, OTHER_IO + IOADDR), RAL);
    pci_writew(&d->pci, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    check(qtest_inl(d->qts, OTHER_IO + IODATA) != 0x12005452);
}

/* BARs that cannot be: over RAM, over each other, at the end of the world */
static void test_strange_bars(struct e1000 *d)
{
    static const uint32_t places[] = { 0, 0x100000, 0xfffe0000, 0xfee00000,
                                       0xfec00000 };

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        pci_set_bar(&d->pci, 0, places[i]);
        qtest_readl(d->qts, (uint64_t)places[i] + STATUS);
        qtest_writel(d->qts, (uint64_t)places[i] + VET, 1);
    }
    pci_set_bar(&d->pci, 1, 0xffc0);
    qtest_inl(d->qts, 0xfffc);
    e1000_enable(d);
    check_eq(rd(d, RAL), 0x12005452);
}

/* The host bridge decodes its own ports before any card */
static void test_hidden_bridge(struct e1000 *d)
{
    pci_set_bar(&d->pci, 1, 0xcc0);
    check_eq(pci_readw(&d->pci, PCI_VENDOR_ID), 0x8086);
    e1000_enable(d);
    check_eq(rd(d, RAL), 0x12005452);
}

static void test_capabilities(struct e1000 *d)
{
    bool is_82545 = strcmp(d->model, "e1000-82545em") == 0;

    check_eq(pci_readw(&d->pci, PCI_STATUS) & PCI_STATUS_CAPLIST,
             PCI_STATUS_CAPLIST);
    check_eq(pci_readb(&d->pci, PCI_CAP_PTR), 0xdc);
    check_eq(pci_capability(&d->pci, PCI_CAP_PM), 0xdc);
    check_eq(pci_capability(&d->pci, PCI_CAP_MSI), is_82545 ? 0xf0 : 0);
}

/* Expansion ROM */

static char *make_rom(size_t size, char **dir)
{
    g_autofree uint8_t *image = g_malloc(size);
    char *path;

    *dir = g_dir_make_tmp("vifemu-rom-XXXXXX", NULL);
    path = g_build_filename(*dir, "rom", NULL);
    for (size_t i = 0; i < size; i++) {
        image[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    image[0] = 0x55;
    image[1] = 0xaa;
    g_assert_true(g_file_set_contents(path, (char *)image, (gssize)size, NULL));
    return path;
}

static void test_rom(void)
{
    g_autofree char *dir = NULL;
    g_autofree char *path = make_rom(50000, &dir);
    g_autofree char *name = device_name("e1000");
    g_autofree char *args =
        g_strdup_printf("-device %s,addr=04.0,romfile=%s", name, path);
    struct qtest *s = start(args);
    struct pci_dev nic = at(s, 4);

    /* The next power of two */
    check_eq(pci_bar_size(&nic, 6), 65536);
    pci_writew(&nic, PCI_COMMAND, PCI_COMMAND_MEMORY);
    pci_set_bar(&nic, 6, ROM_ADDRESS | 1);
    check_eq(qtest_readw(s, ROM_ADDRESS), 0xaa55);
    for (size_t i = 2; i < 50000; i += 4999) {
        check_eq(qtest_readb(s, ROM_ADDRESS + i), (i * 7 + (i >> 8)) & 0xff);
    }
    qtest_writeb(s, ROM_ADDRESS, 0x99);
    check_eq(qtest_readw(s, ROM_ADDRESS), 0xaa55);
    /* Its own enable bit */
    pci_set_bar(&nic, 6, ROM_ADDRESS);
    check(qtest_readw(s, ROM_ADDRESS) != 0xaa55);
    qtest_quit(s);
    unlink(path);
    rmdir(dir);
}

static void test_rom_size(void)
{
    g_autofree char *dir = NULL;
    g_autofree char *path = make_rom(5000, &dir);
    g_autofree char *name = device_name("e1000");
    g_autofree char *sized =
        g_strdup_printf("-device %s,addr=04.0,romfile=%s,romsize=131072", name,
                        path);
    g_autofree char *off =
        g_strdup_printf("-device %s,addr=04.0,romfile=%s,rombar=0", name, path);
    struct qtest *s = start(sized);
    struct pci_dev nic = at(s, 4);

    check_eq(pci_bar_size(&nic, 6), 131072);
    qtest_quit(s);
    s = start(off);
    nic = at(s, 4);
    check_eq(pci_bar_size(&nic, 6), 0);
    qtest_quit(s);
    unlink(path);
    rmdir(dir);
}

/* Places */

static void test_slots(void)
{
    g_autofree char *name = device_name("e1000");
    g_autofree char *args = g_strdup_printf(
        "-device %s,romfile=,id=a -device %s,romfile=,id=b,addr=1f.0 "
        "-device %s,romfile=,id=c",
        name, name, name);
    struct qtest *s = start(args);

    /* Without an address the first free slot, from 2 on */
    for (unsigned slot = 2; slot < 32; slot++) {
        struct pci_dev nic = at(s, slot);

        check_eq(pci_present(&nic), slot == 2 || slot == 3 || slot == 31);
    }
    qtest_quit(s);
}

/* The pins of the slots are swizzled over the four lines of the PIIX3 */
static void test_interrupt_routing(void)
{
    static const unsigned slots[] = { 3, 4, 5, 6, 7 };
    g_autofree char *name = device_name("e1000");

    for (size_t i = 0; i < G_N_ELEMENTS(slots); i++) {
        g_autofree char *args =
            g_strdup_printf("-device %s,romfile=,addr=%x.0", name, slots[i]);
        struct qtest *s = start(args);
        struct e1000 d = { .qts = s, .pci = at(s, slots[i]) };
        unsigned line;

        pci_route_interrupts(s);
        line = pci_irq_line(&d.pci);
        e1000_enable(&d);
        wr(&d, IMC, ~0u);
        wr(&d, IMS, ICR_TXDW);
        check(!qtest_irq(s, line));
        wr(&d, ICS, ICR_TXDW);
        check(qtest_irq(s, line));
        rd(&d, ICR);
        check(!qtest_irq(s, line));
        qtest_quit(s);
    }
}

/* Two cards on one line: it stays up until both are content */
static void test_shared_line(void)
{
    g_autofree char *name = device_name("e1000");
    g_autofree char *args = g_strdup_printf("-device %s,romfile=,addr=4.0 "
                                            "-device %s,romfile=,addr=8.0",
                                            name, name);
    struct qtest *s = start(args);
    struct pci_dev two = at(s, 8);
    struct e1000 d = { .qts = s, .pci = at(s, 4) };

    pci_route_interrupts(s);
    d.line = pci_irq_line(&d.pci);
    check_eq(pci_irq_line(&two), d.line);
    e1000_enable(&d);
    pci_set_bar(&two, 0, OTHER_MMIO);
    pci_writew(&two, PCI_COMMAND, PCI_COMMAND_ALL);
    wr(&d, IMS, ICR_TXDW);
    qtest_writel(s, OTHER_MMIO + IMS, ICR_TXDW);
    wr(&d, ICS, ICR_TXDW);
    qtest_writel(s, OTHER_MMIO + ICS, ICR_TXDW);
    check(qtest_irq(s, d.line));
    rd(&d, ICR);
    check(qtest_irq(s, d.line));
    qtest_readl(s, OTHER_MMIO + ICR);
    check(!qtest_irq(s, d.line));
    qtest_quit(s);
}

/* Hot plug */

static void plug(struct qtest *s, const char *id, unsigned slot)
{
    g_autofree char *name = device_name("e1000");

    qmp_ok(s,
           "{'execute': 'device_add', 'arguments': {'driver': '%s', "
           "'id': '%s', 'addr': '%x', 'romfile': ''}}",
           name, id, slot);
}

static void ask_to_unplug(struct qtest *s, const char *id)
{
    qmp_ok(s, "{'execute': 'device_del', 'arguments': {'id': '%s'}}", id);
}

static void check_deleted(struct qtest *s, const char *id)
{
    JsonObject *data = qmp_event(s, "DEVICE_DELETED");

    if (check(data != NULL)) {
        check(json_object_has_member(data, "device") &&
              !strcmp(json_object_get_string_member(data, "device"), id));
        check_has(json_object_get_string_member(data, "path"), id);
        json_object_unref(data);
    }
}

static void test_hot_plug(void)
{
    struct qtest *s = start("");
    struct pci_dev nic = at(s, 5);

    for (unsigned round = 0; round < 3; round++) {
        check(!pci_present(&nic));
        plug(s, "hot", 5);
        check(pci_present(&nic));
        check_eq(pci_readw(&nic, PCI_COMMAND), 0);
        /* The guest is asked first, and still has its card */
        ask_to_unplug(s, "hot");
        check(pci_present(&nic));
        qtest_outl(s, PIIX3_EJECT, 1u << 5);
        check_deleted(s, "hot");
        check(!pci_present(&nic));
    }
    qtest_quit(s);
}

/* A reset completes what the guest did not */
static void test_unplug_by_reset(void)
{
    struct qtest *s = start("");
    struct pci_dev nic = at(s, 5);

    plug(s, "hot", 5);
    ask_to_unplug(s, "hot");
    qmp_ok(s, "{'execute': 'system_reset'}");
    check_deleted(s, "hot");
    check(!pci_present(&nic));
    qtest_quit(s);
}

/* The guest ejects what nobody wanted to take away, or nothing at all */
static void test_eject_strange(void)
{
    struct qtest *s = start("");

    qtest_outl(s, PIIX3_EJECT, 0);
    qtest_outl(s, PIIX3_EJECT, ~0u);
    check(qtest_alive(s));
    plug(s, "hot", 5);
    qtest_outl(s, PIIX3_EJECT, 1u << 6);
    check(qtest_alive(s));
    qtest_quit(s);
}

/* Unplugged with work in every queue and timer */
static void test_unplug_busy(struct e1000 *d)
{
    struct frame f;
    struct pci_dev nic = d->pci;

    e1000_link_up(d);
    tx_setup(d, 64);
    rx_setup(d, 64, RCTL_BAM);
    wr(d, TIDV, 1000);
    wr(d, RDTR, 1000);
    wr(d, ITR, 1000);
    wr(d, IMS, ~0u);
    frame_plain(&f, mac_nic, 1000, 1);
    for (unsigned i = 0; i < 60; i++) {
        tx_post(d, tx_legacy(tx_put(d, f.data, f.len), f.len,
                             TXD_EOP | TXD_IFCS | TXD_RS | TXD_IDE));
        netpeer_send(&d->peer, f.data, f.len);
    }
    ask_to_unplug(d->qts, "nic0");
    tx_kick(d);
    wr(d, ICS, ICR_LSC);
    qtest_outl(d->qts, PIIX3_EJECT, 1u << CARD_SLOT);
    check_deleted(d->qts, "nic0");
    check(!pci_present(&nic));
    us(d, 10000);
    /* The line went down with the card, the address answers no more */
    check(!qtest_irq(d->qts, d->line));
    rd(d, STATUS);
    netpeer_send(&d->peer, f.data, f.len);
    us(d, 10000);
    check(qtest_alive(d->qts));
    /* The cable can be used again */
    qmp_ok(d->qts,
           "{'execute': 'device_add', 'arguments': {'driver': '%s', "
           "'id': 'again', 'netdev': 'net0', 'addr': '4', 'romfile': ''}}",
           d->model);
    check(pci_present(&nic));
}

static const struct e1000_test card_tests[] = {
    { "relocation", test_relocation, ON_ALL },
    { "io-relocation", test_io_relocation, .differs = DIFF_io_bar },
    { "strange-bars", test_strange_bars },
    { "hidden-bridge", test_hidden_bridge, .differs = DIFF_hidden_bridge },
    { "capabilities", test_capabilities, ON_ALL, DIFF_power },
    { "unplug-busy", test_unplug_busy },
};

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    g_test_add_func("/pci/bridges", test_bridges);
    g_test_add_func("/pci/absent", test_absent);
    g_test_add_func("/pci/identity", test_identity);
    g_test_add_func("/pci/alias", test_alias);
    g_test_add_func("/pci/read-only", test_read_only);
    g_test_add_func("/pci/widths", test_widths);
    g_test_add_func("/pci/bars", test_bars);
    g_test_add_func("/pci/rom", test_rom);
    g_test_add_func("/pci/rom-size", test_rom_size);
    g_test_add_func("/pci/slots", test_slots);
    g_test_add_func("/pci/interrupt-routing", test_interrupt_routing);
    g_test_add_func("/pci/shared-line", test_shared_line);
    g_test_add_func("/pci/hot-plug", test_hot_plug);
    g_test_add_func("/pci/unplug-by-reset", test_unplug_by_reset);
    g_test_add_func("/pci/eject-strange", test_eject_strange);
    e1000_tests_add("pci", card_tests, G_N_ELEMENTS(card_tests));
    return g_test_run();
}
