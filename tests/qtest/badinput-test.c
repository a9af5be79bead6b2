// SPDX-License-Identifier: MIT
/*
 * badinput-test.c - garbage on the qtest and QMP sockets
 *
 * cmdline-test.py has the same for the command line.
 */
#include "check.h"
#include "libqtest.h"

#include <string.h>

enum {
    MIB = 1024 * 1024,
    GROWTH_KIB = 96 * 1024,
    NESTING = 200000,
};

static struct qtest *start(void)
{
    g_autofree char *name = device_name("e1000");

    return qtest_start("-nodefaults -machine pc -m 32 "
                       "-netdev hubport,id=net0,hubid=0 "
                       "-device %s,id=nic0,netdev=net0,romfile=,addr=4.0",
                       name);
}

/* Each of these must be answered with FAIL or ERR, and do nothing */
static const char *const bad_lines[] = {
    "frobnicate",
    "outb",
    "outb 0x80",
    "outb x 0",
    "outb 0x80 y",
    "outb 0x10000 0",
    "inl",
    "inl 0x1ffff",
    "writel 0x100000",
    "writel 0x1000000000000000000 0",
    "readq",
    "readq nowhere",
    "read",
    "read 0x100000",
    "read 0x100000 0",
    "read 0x100000 -1",
    "read 0x100000 0xffffffffffffffff",
    "write 0x100000",
    "write 0x100000 4",
    "write 0x100000 4 zz",
    "write 0x100000 0xffffffffffff 0x00",
    "memset 0x100000 4",
    "memset 0x100000 0xffffffffffffffff 1",
    "b64read 0x100000",
    "b64write 0x100000 4",
    "b64write 0x100000 4 !!!!",
    "clock_step x",
    "clock_step -5",
    "clock_step 99999999999999999999",
    "clock_set",
    "irq_intercept_in",
    "irq_intercept_in /nobody/at/all",
    "irq_intercept_out /nobody",
    "set_irq_in /nobody unnamed-gpio-in 0 1",
};

static void test_bad_lines(void)
{
    struct qtest *s;

    if (skip_stock(bad_wire)) {
        return;
    }
    s = start();
    for (size_t i = 0; i < G_N_ELEMENTS(bad_lines); i++) {
        g_autofree char *answer = qtest_command(s, bad_lines[i]);

        if (answer && !g_str_has_prefix(answer, "FAIL") &&
            !g_str_has_prefix(answer, "ERR")) {
            check_failed(__FILE__, __LINE__, "\"%s\" was answered \"%s\"",
                         bad_lines[i], answer);
        }
        check(qtest_alive(s));
    }
    qtest_quit(s);
}

/* Lines that are odd but have a meaning */
static void test_odd_lines(void)
{
    struct qtest *s = start();
    uint8_t got[4];

    qtest_memset(s, 0x100000, 0xff, 4);
    g_free(qtest_command(s, "write 0x100000 0x4 0x12"));
    qtest_memread(s, 0x100000, got, 4);
    /* Missing data are zeros */
    check_eq(got[0] | got[1] << 8 | got[2] << 16, 0x12);
    check_eq(got[3], 0);
    /* Numbers in any C notation */
    g_free(qtest_command(s, "writeb 1048576 0103"));
    check_eq(qtest_readb(s, 0x100000), 0103);
    /* Beyond RAM and beyond everything */
    qtest_readq(s, 0xffffffffffffff00);
    qtest_writeq(s, 0x7fffffffffffff00, 1);
    check(qtest_alive(s));
    qtest_quit(s);
}

/* The clock goes forward, only, and only when it is told to */
static void test_clock(void)
{
    struct qtest *s = start();
    int64_t now;

    if (!qtest_has_clock(s)) {
        g_test_skip("this emulator has no clock that can be stepped");
        qtest_quit(s);
        return;
    }
    now = qtest_clock_step(s, 0);
    check_eq(qtest_clock_step(s, 1), now + 1);
    check_eq(qtest_clock_step(s, 1000000000), now + 1000000001);
    check_eq(qtest_clock_set(s, now + 2000000000), now + 2000000000);
    g_usleep(2000);
    check_eq(qtest_clock_step(s, 0), now + 2000000000);
    qtest_quit(s);
}

/* Several commands in one packet are all answered, in order */
static void test_pipelined(void)
{
    struct qtest *s = start();
    GString *lines = g_string_new(NULL);

    for (unsigned i = 0; i < 500; i++) {
        g_string_append_printf(lines, "writel 0x100000 %u\nreadl 0x100000\n",
                               i);
    }
    qtest_send_raw(s, lines->str, lines->len);
    for (unsigned i = 0; i < 500; i++) {
        g_autofree char *ok = qtest_read_line(s);
        g_autofree char *value = qtest_read_line(s);

        check(ok && !strcmp(ok, "OK"));
        check(value && g_ascii_strtoull(value + 3, NULL, 0) == i);
    }
    g_string_free(lines, TRUE);
    qtest_quit(s);
}

/* Binary junk, and a line that never ends, cost no memory */
static void test_junk(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autofree char *junk = g_malloc(MIB);
    struct qtest *s;
    unsigned long before;

    if (skip_stock(bad_wire)) {
        return;
    }
    s = start();
    before = qtest_rss_kib(s);
    for (size_t i = 0; i < MIB; i++) {
        char c = (char)g_rand_int(rand);

        junk[i] = c == '\n' ? 'n' : c;
    }
    for (unsigned i = 0; i < 24; i++) {
        qtest_send_raw(s, junk, MIB);
    }
    check_range(qtest_rss_kib(s), 1, before + GROWTH_KIB);
    /* Whatever the line was, the next one counts again */
    g_free(qtest_command(s, ""));
    check(qtest_alive(s));
    qtest_quit(s);
}

/* Nesting that would overflow the stack of a recursive reader */
static void test_deep_json(void)
{
    struct qtest *s = start();
    g_autofree char *deep = g_malloc(2 * NESTING + 1);
    JsonObject *reply;

    memset(deep, '[', NESTING);
    memset(deep + NESTING, ']', NESTING);
    deep[2 * NESTING] = '\n';
    qmp_send_raw(s, deep, 2 * NESTING + 1);
    reply = qmp_receive(s);
    check(json_object_has_member(reply, "error"));
    json_object_unref(reply);
    check(qtest_alive(s));
    qtest_quit(s);
}

/* A string without end: the client is told off, and the machine stays */
static void test_long_json(void)
{
    static const char head[] = "{'execute': '";
    struct qtest *s;
    g_autofree char *text = g_malloc(4 * MIB);
    unsigned long before;
    JsonObject *reply;

    if (skip_stock(bad_json)) {
        return;
    }
    s = start();
    before = qtest_rss_kib(s);
    memset(text, 'a', 4 * MIB);
    memcpy(text, head, strlen(head));
    qmp_send_raw(s, text, MIB + 4096);
    reply = qmp_receive(s);
    check(json_object_has_member(reply, "error"));
    json_object_unref(reply);
    check(qtest_alive(s));
    check_range(qtest_rss_kib(s), 1, before + GROWTH_KIB);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    g_test_add_func("/badinput/qtest/bad-lines", test_bad_lines);
    g_test_add_func("/badinput/qtest/odd-lines", test_odd_lines);
    g_test_add_func("/badinput/qtest/clock", test_clock);
    g_test_add_func("/badinput/qtest/pipelined", test_pipelined);
    g_test_add_func("/badinput/qtest/junk", test_junk);
    g_test_add_func("/badinput/qmp/deep", test_deep_json);
    g_test_add_func("/badinput/qmp/long", test_long_json);
    return g_test_run();
}
