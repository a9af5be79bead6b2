// SPDX-License-Identifier: MIT
/*
 * e1000-strict-test.c - the e1000's property "strict"
 */
#include <glib.h>
#include <string.h>

#include "nic-host.h"
#include "tests/qtest/e1000-defs.h"

enum {
    RING = 0x10000,
    DATA = 0x40000,
    DESCS = 16,
    US = 1000,
};

#define EOP_IFCS_RS (1u << 24 | 1u << 25 | 1u << 27)

static uint64_t event(const char *name)
{
    const struct nic_model *m = host.nic->model;

    for (unsigned i = 0; i < m->n_events; i++) {
        if (!strcmp(m->event[i].name, name)) {
            return host.nic->events[i];
        }
    }
    g_assert_not_reached();
}

static void set_strict(bool on)
{
    const struct nic_model *m = host.nic->model;

    for (unsigned i = 0; i < m->n_props; i++) {
        if (!strcmp(m->prop[i].name, "strict")) {
            g_assert_cmpuint(m->prop[i].def, ==, 0);
            host.nic->prop[i] = on;
            return;
        }
    }
    g_assert_not_reached();
}

/* How many events of all strict kinds there were */
static uint64_t events(void)
{
    const struct nic_model *m = host.nic->model;
    uint64_t n = 0;

    for (unsigned i = 0; i < m->n_events; i++) {
        n += g_str_has_prefix(m->event[i].name, "strict-") ? host.nic->events[i]
                                                           : 0;
    }
    return n;
}

static void expect(const char *name, uint64_t count)
{
    g_assert_cmpuint(event(name), ==, count);
    g_assert_cmpuint(events(), ==, count);
}

/* As SDM 14.4 and 14.5 ask for, and as Linux does: nothing to complain of */
static void start(const char *model)
{
    host_start(model);
    set_strict(true);
    wr(RCTL, 0);
    wr(TCTL, TCTL_PSP);
    wr(CTRL, rd(CTRL) | CTRL_RST);
    host_step(US);
    wr(IMC, 0xffffffff);
    wr(CTRL, (rd(CTRL) | CTRL_SLU | CTRL_ASDE) & ~CTRL_PHY_RST);
    wr(RDBAL, RING + 0x1000);
    wr(RDBAH, 0);
    wr(RDLEN, DESCS * 16);
    wr(RDH, 0);
    wr(RDT, DESCS - 1);
    wr(RCTL, RCTL_EN | RCTL_BAM);
    wr(TDBAL, RING);
    wr(TDBAH, 0);
    wr(TDLEN, DESCS * 16);
    wr(TDH, 0);
    wr(TDT, 0);
    wr(TCTL, TCTL_EN | TCTL_PSP);
    wr(IMS, 0x9d);
    g_assert_cmpuint(events(), ==, 0);
}

static void send_len(unsigned i, uint32_t len)
{
    put64(RING + 16 * i, DATA);
    put32(RING + 16 * i + 8, len | EOP_IFCS_RS);
    put32(RING + 16 * i + 12, 0);
    wr(TDT, i + 1);
}

static void test_good(void)
{
    start("e1000");
    start("e1000-82544gc");
    start("e1000-82545em");
    send_len(0, 20);
    g_assert_cmpuint(host.n_sent, ==, 1);
    wr(MDIC, 0x08210000);
    wr(EERD, 1);
    rd(ICR);
    g_assert_cmpuint(events(), ==, 0);
    host_stop();
}

/* Off is the default, and then nothing is counted */
static void test_off(void)
{
    start("e1000");
    set_strict(false);
    wr(TCTL, TCTL_EN);
    send_len(0, 20);
    wr(STATUS, 1);
    wr(TDBAL, RING + 1);
    wr(CTRL, rd(CTRL) | CTRL_RST);
    host_write(0, RCTL, 1, 0);
    g_assert_cmpuint(events(), ==, 0);
    host_stop();
}

static void test_short(void)
{
    start("e1000");
    wr(TCTL, TCTL_EN);
    send_len(0, 60);
    send_len(1, 59);
    g_assert_cmpuint(host.n_sent, ==, 2);
    expect("strict-short", 1);
    host_stop();
}

static void test_ring(void)
{
    start("e1000");
    wr(TCTL, TCTL_PSP);
    wr(TDBAL, RING + 8);
    wr(TDLEN, DESCS * 16 + 64);
    expect("strict-ring", 2);
    /* It is carried out as without */
    g_assert_cmphex(rd(TDBAL), ==, RING);
    wr(RCTL, 0);
    wr(RDBAL, RING + 1);
    wr(RDLEN, 100);
    expect("strict-ring", 4);
    host_stop();
}

static void test_tail(void)
{
    start("e1000");
    wr(TDT, DESCS - 1);
    g_assert_cmpuint(events(), ==, 0);
    wr(TDT, DESCS);
    wr(RDT, DESCS + 5);
    expect("strict-tail", 2);
    host_stop();
}

static void test_order(void)
{
    start("e1000");
    /* What Windows 10 does */
    wr(TDLEN, 128);
    wr(RDBAL, RING);
    expect("strict-order", 2);
    wr(RCTL, 0);
    wr(RDLEN, 0);
    wr(RCTL, RCTL_EN);
    wr(TCTL, TCTL_PSP);
    wr(TDLEN, 0);
    wr(TCTL, TCTL_EN);
    expect("strict-order", 4);
    host_stop();
}

static void test_reset(void)
{
    start("e1000");
    wr(CTRL, rd(CTRL) | CTRL_RST);
    expect("strict-reset", 1);
    host_step(US - 1);
    rd(STATUS);
    expect("strict-reset", 2);
    host_step(1);
    rd(STATUS);
    wr(RCTL, 0);
    expect("strict-reset", 2);
    host_stop();
}

static void test_bits(void)
{
    start("e1000");
    wr(RCTL, rd(RCTL) | 1);
    expect("strict-reserved", 1);
    /* No register there, and a chip without one */
    wr(0x3c, 0);
    expect("strict-reserved", 2);
    start("e1000-82544gc");
    wr(LEDCTL, 0);
    expect("strict-reserved", 1);
    /* A read-only bit may be written as it is: drivers read and modify */
    start("e1000");
    wr(EECD, rd(EECD));
    g_assert_cmpuint(events(), ==, 0);
    wr(STATUS, 0x83);
    wr(GPRC, 0);
    expect("strict-readonly", 2);
    host_stop();
}

static void test_width(void)
{
    start("e1000");
    host_write(0, RCTL, 1, 0);
    host_read(0, STATUS, 2);
    host_read(0, STATUS + 2, 4);
    expect("strict-width", 3);
    /* Through the I/O window as well */
    host_write(1, 0, 4, STATUS);
    host_read(1, 4, 4);
    expect("strict-width", 3);
    host_read(1, 4, 1);
    expect("strict-width", 4);
    host_stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/strict/good", test_good);
    g_test_add_func("/e1000/strict/off", test_off);
    g_test_add_func("/e1000/strict/short", test_short);
    g_test_add_func("/e1000/strict/ring", test_ring);
    g_test_add_func("/e1000/strict/tail", test_tail);
    g_test_add_func("/e1000/strict/order", test_order);
    g_test_add_func("/e1000/strict/reset", test_reset);
    g_test_add_func("/e1000/strict/bits", test_bits);
    g_test_add_func("/e1000/strict/width", test_width);
    return g_test_run();
}
