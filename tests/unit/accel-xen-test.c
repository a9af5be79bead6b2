// SPDX-License-Identifier: MIT
/*
 * accel-xen-test.c - cards in a domain that only pretends to be Xen's
 *
 * One machine for all tests, as the program has one; they follow each other.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-domain.h"
#include "net/netdev.h"
#include "system/accel.h"
#include "system/loop.h"
#include "system/state.h"
#include "system/vm-int.h"

enum {
    E1000 = 6 << 3,
    RTL = 7 << 3,
    EM = 8 << 3, /* An 82545EM, which has MSI */
    MMIO = 0xf1000000,
    ROM = 0xf1040000,
    RTL_MMIO = 0xf1080000,
    EM_MMIO = 0xf10c0000,
    MAILBOX = 0x3f0000,
    RING = 0x200000,
    BUFFER = 0x300000,
    COMMAND_MEM_MASTER = 6,

    /* e1000 registers (SDM 13.4) */
    STATUS = 0x00008,
    ICR = 0x000c0,
    IMS = 0x000d0,
    RCTL = 0x00100,
    TCTL = 0x00400,
    RDBAL = 0x02800,
    RDLEN = 0x02808,
    RDT = 0x02818,
    TDBAL = 0x03800,
    TDLEN = 0x03808,
    TDT = 0x03818,
    RXT0 = 0x80,

    /* MSI capability (PCI 2.2, 6.8.1), where the 82545EM has it */
    MSI_CONTROL = 0xf2,
    MSI_ADDRESS = 0xf4,
    MSI_UPPER = 0xf8,
    MSI_DATA = 0xfc,
    MSI_ENABLE = 1,

    /* RTL8139 registers (8139C(L), 5) */
    TSD0 = 0x10,
    TSAD0 = 0x20,
    CR_TE = 0x04000000, /* With ERBCR and ERSR, which are read-only */
    RTL_CR = 0x34,
    IMR = 0x3c,
    TOK = 0x4,

    NE2K = 0x300, /* ISA */
};

static struct options opt;
static char *rom;
static int canary[2];
static int wire[2];       /* What n0 sends ends up in [1] */
static GString *happened; /* Events */

static void on_event(void *opaque, const char *name, JsonObject *data)
{
    const char *device =
        data ? json_object_get_string_member_with_default(data, "device", "")
             : "";

    g_string_append_printf(happened, "%s %s\n", name, device);
}

static bool parse(struct options *o, const char *const *extra)
{
    const char *args[64] = { "vifemu", "-accel", "xen", "-xen-domid", "7" };
    int n = 5;

    memset(o, 0, sizeof(*o));
    for (; *extra; extra++) {
        args[n++] = *extra;
    }
    return options_parse(o, n, (char **)args) == OPTIONS_RUN;
}

static void begin(void)
{
    g_autofree char *e1000 = g_strdup_printf(
        "e1000,id=nic0,netdev=n0,addr=6,mac=00:16:3e:00:00:01,romfile=%s", rom);
    g_autofree char *end = g_strdup_printf("nic0=%d", canary[0]);
    g_autofree char *n0 =
        g_strdup_printf("dgram,id=n0,local.type=fd,local.str=%d", wire[0]);
    const char *const extra[] = {
        "-netdev",
        n0,
        "-netdev",
        "null,id=n1",
        "-netdev",
        "null,id=n2",
        "-device",
        e1000,
        "-device",
        "rtl8139,id=nic1,netdev=n1,addr=7,romfile=",
        "-device",
        "e1000-82545em,id=nic3,netdev=n2,addr=8,mac=00:16:3e:00:00:01,romfile=",
        "-device",
        "ne2k_isa,id=nic2,iobase=0x300,irq=10",
        "-x-xen-canary",
        end,
        NULL,
    };

    g_assert_true(parse(&opt, extra));
    g_assert_true(accel_xen.attach(&opt));
    accel_use(&accel_xen);
    g_assert_true(vm_init(&opt));
    g_assert_true(accel_xen.start(&opt));
    vm_event_listen(on_event, NULL);
    vm_cont();
}

static void test_start(void)
{
    begin();
    g_assert_cmpstr(fake_domain_said(), ==,
                    "attach 7\n"
                    "ports 300-31f 1\n"
                    "function 30 1\n"
                    "intx 6 0 0\nintx 6 1 0\nintx 6 2 0\nintx 6 3 0\n"
                    "function 38 1\n"
                    "intx 7 0 0\nintx 7 1 0\nintx 7 2 0\nintx 7 3 0\n"
                    "function 40 1\n"
                    "intx 8 0 0\nintx 8 1 0\nintx 8 2 0\nintx 8 3 0\n"
                    "enable 1\n"
                    "enable 1\n");
    g_assert_true(accel_xen.confine(&opt));
    g_assert_cmpstr(fake_domain_said(), ==, "restrict\n");
}

static void test_config(void)
{
    g_assert_cmphex(fake_domain_config(E1000, 0, 4), ==, 0x100e8086);
    g_assert_cmphex(fake_domain_config(RTL, 0, 2), ==, 0x10ec);
    /* Slots that are not ours, other buses, what is no register */
    g_assert_cmphex(fake_domain_config(E1000 + 1, 0, 4), ==, UINT32_MAX);
    g_assert_cmphex(fake_domain_config(0x130, 0, 4), ==, UINT32_MAX);
    g_assert_cmphex(fake_domain_config(0x10000 + E1000, 0, 2), ==, UINT32_MAX);
    g_assert_cmphex(fake_domain_config(E1000, 0x100, 4), ==, UINT32_MAX);
    g_assert_cmpstr(fake_domain_said(), ==, "");
}

/* As Linux finds out how large a BAR is, and then uses it */
static void test_bars(void)
{
    fake_domain_set_config(E1000, 0x10, 4, MMIO);
    g_assert_cmpstr(fake_domain_said(), ==, "");
    fake_domain_set_config(E1000, 0x04, 2, COMMAND_MEM_MASTER);
    g_assert_cmpstr(fake_domain_said(), ==, "memory f1000000-f101ffff 1\n");
    fake_domain_set_config(E1000, 0x04, 2, 0);
    fake_domain_set_config(E1000, 0x10, 4, UINT32_MAX);
    g_assert_cmphex(fake_domain_config(E1000, 0x10, 4), ==, 0xfffe0000);
    fake_domain_set_config(E1000, 0x10, 4, MMIO);
    fake_domain_set_config(E1000, 0x04, 2, COMMAND_MEM_MASTER);
    g_assert_cmpstr(fake_domain_said(), ==,
                    "memory f1000000-f101ffff 0\n"
                    "memory f1000000-f101ffff 1\n");
    /* Moved while it decodes, as hvmloader sizes it: all ones are no address */
    fake_domain_set_config(E1000, 0x10, 4, UINT32_MAX);
    fake_domain_set_config(E1000, 0x10, 4, MMIO);
    g_assert_cmpstr(fake_domain_said(), ==,
                    "memory f1000000-f101ffff 0\n"
                    "memory f1000000-f101ffff 1\n");
    g_assert_cmphex(fake_domain_read(MMIO + STATUS) & 2, ==, 2);
    /* A write to a read-only register between the cards changes nothing */
    g_assert_cmphex(fake_domain_read(MMIO + 0x20000), ==, 0);
}

static void test_rom(void)
{
    fake_domain_set_config(E1000, 0x30, 4, ROM | 1);
    g_assert_cmpstr(fake_domain_said(), ==, "memory f1040000-f10407ff 1\n");
    g_assert_cmphex(fake_domain_read(ROM) & 0xffff, ==, 0xaa55);
    fake_domain_write(ROM, 0);
    g_assert_cmphex(fake_domain_read(ROM) & 0xffff, ==, 0xaa55);
    /* rep movsd of it, as firmware copies it */
    fake_domain_ask(0,
                    (struct ioreq_slot){ .type = IOREQ_COPY,
                                         .addr = ROM,
                                         .data = BUFFER,
                                         .count = 512,
                                         .size = 4 },
                    IOREQ_READ | IOREQ_DATA_IS_PTR);
    g_assert_cmpmem(fake_domain_ram() + BUFFER, 2, "\x55\xaa", 2);
    g_assert_cmpuint(fake_domain_ram()[BUFFER + 2047], ==, 0x77);
    fake_domain_set_config(E1000, 0x30, 4, 0);
    g_assert_cmpstr(fake_domain_said(), ==, "memory f1040000-f10407ff 0\n");
}

/* Two cards at one place: Xen has one of them, then the other */
static void test_overlap(void)
{
    fake_domain_set_config(RTL, 0x14, 4, MMIO + 0x100);
    fake_domain_set_config(RTL, 0x04, 2, COMMAND_MEM_MASTER);
    g_assert_cmpstr(fake_domain_said(), ==,
                    "memory f1000100-f10001ff 1 refused\n");
    fake_domain_set_config(E1000, 0x10, 4, MMIO + 0x100000);
    g_assert_cmpstr(fake_domain_said(), ==,
                    "memory f1000000-f101ffff 0\n"
                    "memory f1000100-f10001ff 1\n"
                    "memory f1100000-f111ffff 1\n");
    fake_domain_set_config(RTL, 0x04, 2, 0);
    fake_domain_set_config(E1000, 0x10, 4, MMIO);
    fake_domain_said();
}

static void desc_put(unsigned i, uint64_t at, uint32_t low, uint32_t high)
{
    uint8_t *d = fake_domain_ram() + RING + 16 * i;

    memcpy(d, &at, 8);
    memcpy(d + 8, &low, 4);
    memcpy(d + 12, &high, 4);
}

/* A frame in two pieces, the second in another chunk, goes out */
static void test_transmit(void)
{
    struct netdev *nd = vm_netdev_at(0);
    uint64_t before = nd->tx_frames;
    uint8_t *first = fake_domain_ram() + BUFFER + 100;
    uint8_t *second = fake_domain_ram() + BUFFER + 0x40000;
    uint8_t frame[100], got[2048];

    for (unsigned i = 0; i < sizeof(frame); i++) {
        frame[i] = (uint8_t)(i * 37 + 11);
    }
    memcpy(first, frame, 60);
    memcpy(second, frame + 60, 40);
    desc_put(0, BUFFER + 100, 60, 0);
    desc_put(1, BUFFER + 0x40000, 40 | 0x0b000000, 0); /* EOP, IFCS, RS */
    fake_domain_write(MMIO + TDBAL, RING);
    fake_domain_write(MMIO + TDLEN, 128);
    fake_domain_write(MMIO + TCTL, 0x2);
    fake_domain_write(MMIO + TDT, 2);
    while (loop_turn(false)) {
    }
    g_assert_cmpuint(nd->tx_frames, ==, before + 1);
    g_assert_cmpuint(nd->tx_bytes, ==, 100);
    g_assert_cmpuint(fake_domain_ram()[RING + 16 + 12] & 1, ==, 1);
    g_assert_cmpint(recv(wire[1], got, sizeof(got), MSG_DONTWAIT), ==, 100);
    g_assert_cmpmem(got, 100, frame, 100);
    g_assert_cmpint(recv(wire[1], got, sizeof(got), MSG_DONTWAIT), ==, -1);
}

/* An RTL8139 has sent, and says so, when the guest's write is answered */
static void test_prompt(void)
{
    struct netdev *nd = vm_netdev_at(1);
    uint64_t before = nd->tx_frames;

    fake_domain_set_config(RTL, 0x14, 4, RTL_MMIO);
    fake_domain_set_config(RTL, 0x04, 2, COMMAND_MEM_MASTER);
    fake_domain_write(RTL_MMIO + RTL_CR, CR_TE);
    fake_domain_write(RTL_MMIO + IMR, TOK);
    fake_domain_write(RTL_MMIO + TSAD0, BUFFER);
    fake_domain_said();
    fake_domain_write(RTL_MMIO + TSD0, 60);
    g_assert_cmpuint(fake_domain.before, ==, strlen(fake_domain.said->str));
    g_assert_cmpstr(fake_domain_said(), ==, "intx 7 0 1\n");
    g_assert_cmpuint(nd->tx_frames, ==, before + 1);
    fake_domain_write(RTL_MMIO + IMR, 0);
    fake_domain_set_config(RTL, 0x04, 2, 0);
    fake_domain_said();
}

static void give_frame(unsigned card)
{
    static const uint8_t frame[64] = { 0x00, 0x16, 0x3e, 0x00, 0x00, 0x01 };
    const struct nic_buf buf = { frame, sizeof(frame) };

    g_assert_true(
        netdev_receive(vm_netdev_at(card),
                       &(struct nic_rx){ .buf = &buf, .n = 1, .len = 64 }));
    while (loop_turn(false)) {
    }
}

/* An e1000 at @mmio gets buffers, and interrupts for what arrives */
static void receiver_start(uint64_t mmio)
{
    for (unsigned i = 0; i < 8; i++) {
        desc_put(i, BUFFER + 0x800 * i, 0, 0);
    }
    fake_domain_write(mmio + RDBAL, RING);
    fake_domain_write(mmio + RDLEN, 128);
    fake_domain_write(mmio + RDT, 7);
    fake_domain_write(mmio + RCTL, 0x8002); /* EN, BAM */
    fake_domain_read(mmio + ICR);
    fake_domain_said();
    fake_domain_write(mmio + IMS, RXT0);
}

/* A frame comes in, and an interrupt; migration hears of the pages */
static void test_receive(void)
{
    GError *err = NULL;
    const char *said;

    receiver_start(MMIO);
    give_frame(0);
    g_assert_cmpstr(fake_domain_said(), ==, "intx 6 0 1\n");
    g_assert_cmpmem(fake_domain_ram() + BUFFER, 6, "\0\x16\x3e\0\0\1", 6);
    g_assert_cmphex(fake_domain_read(MMIO + ICR) & 0x80, ==, 0x80);
    g_assert_cmpstr(fake_domain_said(), ==, "intx 6 0 0\n");

    g_assert_true(vm_dirty_log(true, &err));
    give_frame(0);
    said = fake_domain_said();
    g_assert_true(g_str_has_prefix(said, "dirty 300 1\n"));
    g_assert_true(g_str_has_suffix(said, "dirty 200 1\nintx 6 0 1\n"));
    g_assert_true(vm_dirty_log(false, &err));
    fake_domain_read(MMIO + ICR);
    fake_domain_said();
}

/* Messages of the 82545EM go to @at from now on */
static void msi_to(uint64_t at, uint16_t data)
{
    fake_domain_set_config(EM, MSI_ADDRESS, 4, (uint32_t)at);
    fake_domain_set_config(EM, MSI_UPPER, 4, (uint32_t)(at >> 32));
    fake_domain_set_config(EM, MSI_DATA, 2, data);
    fake_domain_set_config(EM, MSI_CONTROL, 2, MSI_ENABLE);
}

/* What the domain is told of a frame for the 82545EM */
static const char *msi_frame(void)
{
    fake_domain_read(EM_MMIO + ICR);
    fake_domain_said();
    give_frame(2);
    g_assert_cmphex(fake_domain_read(EM_MMIO + ICR) & RXT0, ==, RXT0);
    return fake_domain_said();
}

/* A message to the interrupt controllers is Xen's to deliver, any other is a
 * write of four bytes; no level follows */
static void test_msi(void)
{
    static const uint8_t message[] = { 0xff, 0x51, 0x41, 0, 0, 0xff };
    uint8_t *mailbox = fake_domain_ram() + MAILBOX;
    GError *err = NULL;

    fake_domain_set_config(EM, 0x10, 4, EM_MMIO);
    fake_domain_set_config(EM, 0x04, 2, COMMAND_MEM_MASTER);
    receiver_start(EM_MMIO);
    g_assert_cmpstr(msi_frame(), ==, "intx 8 0 1\nintx 8 0 0\n");
    msi_to(0xfee01000, 0x4151);
    g_assert_cmpstr(msi_frame(), ==, "msi fee01000 4151\n");
    msi_to(0xfeeff00c, 0x4152);
    g_assert_cmpstr(msi_frame(), ==, "msi feeff00c 4152\n");

    memset(mailbox - 1, 0xff, sizeof(message));
    msi_to(MAILBOX, 0x4151);
    g_assert_cmpstr(msi_frame(), ==, "");
    g_assert_cmpmem(mailbox - 1, sizeof(message), message, sizeof(message));
    /* Neither memory nor interrupt controller */
    msi_to(0xfed01000, 0x4151);
    g_assert_cmpstr(msi_frame(), ==, "");
    msi_to(0x1fee01000, 0x4151);
    g_assert_cmpstr(msi_frame(), ==, "");

    g_assert_true(vm_device_del("nic3", &err));
    fake_domain_said();
}

/* DMA into a hole: the ring stops, nothing else does */
static void test_hole(void)
{
    struct vm_nic nic;

    g_assert_true(vm_nic_at(0, &nic));
    g_assert_cmpuint(nic.nic->dma_faults, ==, 0);
    fake_domain_write(MMIO + TDBAL, FAKE_HOLE);
    fake_domain_write(MMIO + TDT, 4);
    while (loop_turn(false)) {
    }
    g_assert_cmpuint(nic.nic->dma_faults, >, 0);
    fake_domain_write(MMIO + TDBAL, UINT32_MAX);
    fake_domain_write(MMIO + TDT, 5);
    while (loop_turn(false)) {
    }
    g_assert_cmphex(fake_domain_read(MMIO + STATUS) & 2, ==, 2);
}

/* Guest memory goes away: nothing of it is mapped when that is answered */
static void test_invalidate(void)
{
    g_assert_cmpuint(fake_domain.live, >, 0);
    fake_domain_ask(0,
                    (struct ioreq_slot){ .type = IOREQ_INVALIDATE,
                                         .data = UINT64_MAX,
                                         .size = 4 },
                    0);
    g_assert_cmpuint(fake_domain.live, ==, 0);
}

/* rep insw of an NE2000's address PROM, by a second CPU, upwards and down */
static void test_ne2000(void)
{
    uint8_t *to = fake_domain_ram() + BUFFER;

    fake_domain_out(NE2K + 0x0e, 1, 0x49); /* DCR: words */
    fake_domain_out(NE2K + 0x08, 1, 0);    /* RSAR 0 */
    fake_domain_out(NE2K + 0x09, 1, 0);
    fake_domain_out(NE2K + 0x0a, 1, 32); /* RBCR */
    fake_domain_out(NE2K + 0x0b, 1, 0);
    fake_domain_out(NE2K + 0x00, 1, 0x0a); /* CR: remote read */
    memset(to, 0, 64);
    fake_domain_ask(1,
                    (struct ioreq_slot){ .addr = NE2K + 0x10,
                                         .data = BUFFER + 30,
                                         .count = 16,
                                         .size = 2 },
                    IOREQ_READ | IOREQ_DATA_IS_PTR | IOREQ_DF);
    /* Each byte of the PROM twice, 0x57 at its end; the last word lowest */
    g_assert_cmphex(to[0], ==, 0x57);
    g_assert_cmphex(to[2], ==, 0x57);
    g_assert_cmphex(to[30], ==, to[31]);
    g_assert_cmpuint(fake_domain.notified[1], ==, 1);
    fake_domain_out(NE2K + 0x07, 1, 0xff);
    fake_domain_said();
    fake_domain_out(NE2K + 0x0f, 1, 0x40); /* IMR: RDC */
    fake_domain_out(NE2K + 0x0a, 1, 0);
    fake_domain_out(NE2K + 0x00, 1, 0x0a);
    g_assert_cmpstr(fake_domain_said(), ==, "isa 10 1\n");
    fake_domain_out(NE2K + 0x07, 1, 0xff);
    g_assert_cmpstr(fake_domain_said(), ==, "isa 10 0\n");
}

static void test_stop(void)
{
    vm_stop();
    g_assert_cmpstr(fake_domain_said(), ==, "enable 0\n");
    vm_cont();
    g_assert_cmpstr(fake_domain_said(), ==, "enable 1\n");
}

/* What is saved is loaded; what is not a state is refused, cut anywhere */
static void test_state(void)
{
    GByteArray *state, *again;
    GError *err = NULL;

    vm_stop();
    state = state_save();
    g_assert_true(state_load(state->data, state->len, &err));
    again = state_save();
    g_assert_cmpmem(again->data, again->len, state->data, state->len);
    for (guint cut = 0; cut < state->len; cut += 1 + cut / 16) {
        g_assert_false(state_load(state->data, cut, &err));
        g_assert_nonnull(err);
        g_clear_error(&err);
    }
    g_byte_array_append(again, (const guint8 *)"", 1);
    g_assert_false(state_load(again->data, again->len, &err));
    g_clear_error(&err);
    g_assert_true(state_load(state->data, state->len, &err));
    g_byte_array_unref(state);
    g_byte_array_unref(again);
    vm_cont();
    fake_domain_said();
    g_assert_cmphex(fake_domain_read(MMIO + RDLEN), ==, 128);
}

static void test_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("accel-xen-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    g_autofree char *uri = g_strconcat("file:", path, NULL);
    GError *err = NULL;

    vm_stop();
    g_assert_true(vm_save_devices(path, &err));
    g_assert_true(state_incoming(uri, &err));
    g_assert_false(state_incoming("file:/nowhere/at/all", &err));
    g_clear_error(&err);
    g_assert_false(state_incoming("tcp:localhost:1", &err));
    g_clear_error(&err);
    g_assert_false(vm_save_devices("/nowhere/at/all", &err));
    g_clear_error(&err);
    g_unlink(path);
    g_rmdir(dir);
    vm_cont();
    fake_domain_said();
}

/* Requests are found by looking, but not those that a canary may come before */
static void test_poll(void)
{
    uint64_t maps;
    JsonObject *o;

    loop_set_poll(1000);
    fake_domain_read(MMIO + STATUS);
    g_assert_cmphex(fake_domain_config(E1000, 0, 4), ==, 0x100e8086);
    loop_set_poll(0);
    o = vm_accel_counters();
    maps = (uint64_t)json_object_get_int_member(o, "maps");
    g_assert_cmpuint(maps, >=, fake_domain.live);
    g_assert_cmpint(json_object_get_int_member(o, "mmio"), >, 10);
    json_object_unref(o);
}

/* The canary ends: one card is gone at once, with its backend; others are not
 */
static void test_withdraw(void)
{
    GError *err = NULL;
    JsonObject *add = json_object_new();

    g_string_truncate(happened, 0);
    g_assert_true(write(canary[1], "frame", 5) == 5);
    g_assert_cmphex(fake_domain_config(E1000, 0, 4), ==, 0x100e8086);
    close(canary[1]);
    /* In the turn that sees the guest's question, the canary comes first */
    g_assert_cmphex(fake_domain_config(E1000, 0, 4), ==, UINT32_MAX);
    g_assert_cmpstr(fake_domain_said(), ==,
                    "memory f1000000-f101ffff 0\nfunction 30 0\n");
    g_assert_cmpstr(happened->str, ==, "DEVICE_DELETED nic0\n");
    g_assert_null(netdev_find("n0"));
    g_assert_cmphex(fake_domain_config(RTL, 0, 2), ==, 0x10ec);
    g_assert_cmphex(fake_domain_read(MMIO + STATUS), ==, 0);

    /* By hand; and nothing comes in while the guest runs */
    g_assert_true(vm_device_del("nic1", &err));
    g_assert_cmpstr(fake_domain_said(), ==, "function 38 0\n");
    json_object_set_string_member(add, "driver", "rtl8139");
    json_object_set_string_member(add, "addr", "7");
    g_assert_false(vm_device_add(add, &err));
    g_clear_error(&err);
    json_object_unref(add);
}

static void test_end(void)
{
    fake_domain.dead = true;
    loop_run();
    vm_fini();
    accel_xen.detach();
    g_assert_cmpstr(fake_domain_said(), ==, "ports 300-31f 0\ndetach\n");
    g_assert_cmpuint(fake_domain.live, ==, 0);
    options_clear(&opt);
}

/* Ended while a virtual CPU waits: Xen would not wake it */
static void test_leave(void)
{
    const char *const none[] = { NULL };
    struct ioreq_slot *slot = &fake_domain_ops.page()[1];
    unsigned before = fake_domain.notified[1];

    fake_domain.dead = false;
    g_assert_true(parse(&opt, none));
    g_assert_true(accel_xen.attach(&opt));
    *slot = (struct ioreq_slot){ .type = IOREQ_COPY,
                                 .addr = MMIO,
                                 .count = 1,
                                 .size = 4,
                                 .bits = IOREQ_READ | IOREQ_STATE_READY };
    g_assert_cmpstr(fake_domain_said(), ==, "attach 7\n");
    accel_xen.detach();
    g_assert_cmpstr(fake_domain_said(), ==, "enable 0\ndetach\n");
    g_assert_cmpuint(slot->bits & IOREQ_STATE, ==, IOREQ_STATE_RESPONSE);
    g_assert_cmphex(slot->data & UINT32_MAX, ==, UINT32_MAX);
    g_assert_cmpuint(fake_domain.notified[1], ==, before + 1);
    options_clear(&opt);
}

static void test_options(void)
{
    const char *const none[] = { NULL };
    const char *const bad[] = { "-x-xen-canary", "nic9=3", NULL };
    struct options o;

    g_assert_true(parse(&o, none));
    g_assert_cmpuint(o.xen_domid, ==, 7);
    options_clear(&o);
    g_assert_true(parse(&o, bad));
    g_assert_cmpstr(o.canaries->pdata[0], ==, "nic9=3");
    options_clear(&o);
    o.xen_domid = 0;
    g_assert_false(accel_xen.attach(&o));
    o.xen_domid = 32752;
    g_assert_false(accel_xen.attach(&o));
    o.xen_domid = OPTIONS_NO_ID;
    g_assert_false(accel_xen.attach(&o));
}

/* A ROM of 2 KiB: the signature, its length, and something at its end */
static char *rom_make(void)
{
    uint8_t image[2048] = { 0x55, 0xaa, 4 };
    GError *err = NULL;
    char *path;
    int fd = g_file_open_tmp("accel-xen-XXXXXX.rom", &path, &err);

    g_assert_no_error(err);
    image[2047] = 0x77;
    g_assert_true(write(fd, image, sizeof(image)) == sizeof(image));
    close(fd);
    return path;
}

int main(int argc, char **argv)
{
    int rc;

    g_test_init(&argc, &argv, NULL);
    accel_xen_set_domain(&fake_domain_ops);
    fake_domain_init();
    g_assert_true(pipe(canary) == 0);
    g_assert_true(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, wire) == 0);
    happened = g_string_new(NULL);
    rom = rom_make();
    g_test_add_func("/accel-xen/options", test_options);
    g_test_add_func("/accel-xen/start", test_start);
    g_test_add_func("/accel-xen/config", test_config);
    g_test_add_func("/accel-xen/bars", test_bars);
    g_test_add_func("/accel-xen/rom", test_rom);
    g_test_add_func("/accel-xen/overlap", test_overlap);
    g_test_add_func("/accel-xen/transmit", test_transmit);
    g_test_add_func("/accel-xen/prompt", test_prompt);
    g_test_add_func("/accel-xen/receive", test_receive);
    g_test_add_func("/accel-xen/msi", test_msi);
    g_test_add_func("/accel-xen/hole", test_hole);
    g_test_add_func("/accel-xen/invalidate", test_invalidate);
    g_test_add_func("/accel-xen/ne2000", test_ne2000);
    g_test_add_func("/accel-xen/stop", test_stop);
    g_test_add_func("/accel-xen/state", test_state);
    g_test_add_func("/accel-xen/file", test_file);
    g_test_add_func("/accel-xen/poll", test_poll);
    g_test_add_func("/accel-xen/withdraw", test_withdraw);
    g_test_add_func("/accel-xen/end", test_end);
    g_test_add_func("/accel-xen/leave", test_leave);
    rc = g_test_run();
    g_unlink(rom);
    g_free(rom);
    g_string_free(happened, TRUE);
    return rc;
}
