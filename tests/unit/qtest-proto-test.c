// SPDX-License-Identifier: MIT
/*
 * qtest-proto-test.c - the qtest protocol, word by word, over a socketpair
 */
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/loop.h"
#include "system/memory.h"
#include "system/qtest.h"
#include "system/vm-int.h"

static int client;

static void spin(void)
{
    while (loop_turn(false)) {
    }
}

/* All answers there are now */
static char *receive(void)
{
    GString *s = g_string_new(NULL);
    char buf[65536];
    ssize_t n;

    do {
        spin();
        n = recv(client, buf, sizeof(buf), MSG_DONTWAIT);
        if (n > 0) {
            g_string_append_len(s, buf, n);
        }
    } while (n > 0);
    return g_string_free(s, FALSE);
}

static void assert_received(const char *want)
{
    char *got = receive();

    g_assert_cmpstr(got, ==, want);
    g_free(got);
}

static void put(const char *text)
{
    g_assert_cmpint(send(client, text, strlen(text), 0), ==,
                    (gssize)strlen(text));
}

/* Send a command line and compare what comes back, without the newline */
static void ask(const char *line, const char *want)
{
    char *text = g_strdup_printf("%s\n", line), *got;
    char *expected = g_strdup_printf("%s\n", want);

    put(text);
    got = receive();
    if (strcmp(got, expected) != 0) {
        g_error("'%.80s' answers '%.200s', not '%.200s'", line, got, want);
    }
    g_free(expected);
    g_free(got);
    g_free(text);
}

static void test_memory(void)
{
    ask("endianness", "OK little");
    ask("writeq 0x1000 0x1122334455667788", "OK");
    ask("readq 0x1000", "OK 0x1122334455667788");
    ask("readl 0x1004", "OK 0x0000000011223344");
    ask("readw 4098", "OK 0x0000000000005566");
    ask("readb 010000", "OK 0x0000000000000088");
    ask("writeb 0x1000 0x1ff", "OK");
    ask("writew 0x1002 1", "OK");
    ask("writel 0x1004 4294967295", "OK");
    ask("read 0x1000 8", "OK 0xff770100ffffffff");
    ask("write 0x1000 4 0x0102", "OK");
    ask("read 0x1000 4", "OK 0x01020000");
    ask("write 0x1000 2 0xAbCdEf", "OK");
    ask("read 0x1000 3", "OK 0xabcd00");
    ask("memset 0x1000 4 0x155", "OK");
    ask("read 0x1000 5", "OK 0x55555555ff");
    ask("memset 0x1000 0 1", "OK");
    ask("b64write 0x1000 4 AQIDBA==", "OK");
    ask("b64read 0x1000 4", "OK AQIDBA==");
    ask("b64write 0x1000 2 CQkJCQ==", "OK");
    ask("read 0x1000 4", "OK 0x09090304");
    ask("readl 0xf0000000", "OK 0x0000000000000000");
    ask("readq 0xffffffffffffffff", "OK 0x0000000000000000");
}

static void test_ports(void)
{
    ask("outl 0xcf8 0x80000000", "OK");
    ask("inl 0xcfc", "OK 0x12378086");
    ask("inw 0xcfe", "OK 0x1237");
    ask("inb 0xcfd", "OK 0x0080");
    ask("inb 0x80", "OK 0x00ff");
    ask("inw 0x80", "OK 0xffff");
    ask("inl 0xae00", "OK 0x0000");
    ask("outb 0x80 1", "OK");
    ask("outw 0x510 0", "OK");
    ask("inb 0x511", "OK 0x0051");
}

static void test_errors(void)
{
    static const char *const lines[][2] = {
        { "", "FAIL Unknown command ''" },
        { "foo", "FAIL Unknown command 'foo'" },
        { " endianness", "FAIL Unknown command ''" },
        { "readl", "FAIL 'readl' needs 1 arguments, not 0" },
        { "writel 0x1000", "FAIL 'writel' needs 2 arguments, not 1" },
        { "readl zz", "FAIL invalid number 'zz'" },
        { "readl ", "FAIL invalid number ''" },
        { "readl 0x", "FAIL invalid number '0x'" },
        { "readl 08", "FAIL invalid number '08'" },
        { "readl -1", "FAIL invalid number '-1'" },
        { "readl 1g", "FAIL invalid number '1g'" },
        { "readl 0x10000000000000000",
          "FAIL invalid number '0x10000000000000000'" },
        { "inb 0x10000", "FAIL number '0x10000' is larger than 0xffff" },
        { "outb 0x80 0x100000000",
          "FAIL number '0x100000000' is larger than 0xffffffff" },
        { "read 0 0", "ERR invalid argument size" },
        { "read 0 x", "ERR invalid argument size" },
        { "read 0 0xffffffffffffffff", "ERR invalid argument size" },
        { "write 0 4 0", "ERR invalid argument size" },
        { "write 0 4 1234", "ERR invalid argument size" },
        { "write 0 4 0xzz", "ERR invalid argument size" },
        { "write 0 4 0x1", "OK" },
        { "b64read 0 0", "ERR invalid argument size" },
        { "b64write 0 4 ", "FAIL invalid base64 data" },
        { "b64write 0 4 !!!!", "FAIL invalid base64 data" },
        { "memset 0 0xffffffffffffffff 0", "ERR invalid argument size" },
        { "clock_step x", "FAIL invalid number 'x'" },
        { "clock_set 0xffffffffffffffff",
          "FAIL number '0xffffffffffffffff' is larger than "
          "0x7ffffffffffffffe" },
        { "irq_intercept_in nowhere", "FAIL Unknown device" },
        { "set_irq_in nowhere unnamed-gpio-in 1 1", "FAIL Unknown device" },
        { "set_irq_in ioapic unnamed-gpio-in 24 1",
          "FAIL number '24' is larger than 0x17" },
        { "module_load", "FAIL 'module_load' needs 2 arguments, not 0" },
        { "module_load a b", "OK" },
        { "readl 0x2000 junk", "OK 0x0000000000000000" },
        { "endianness\r", "OK little" },
    };
    char *noise = g_strnfill(5000, 'x');

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        ask(lines[i][0], lines[i][1]);
    }
    put(noise);
    put("\nendianness\n");
    g_free(noise);
    noise = receive();
    g_assert_true(g_str_has_prefix(noise, "FAIL Unknown command 'xxxx"));
    g_assert_cmpuint(strlen(noise), <, 300);
    g_assert_true(g_str_has_suffix(noise, "'\nOK little\n"));
    g_free(noise);
}

/* Bytes that are no text */
static void test_garbage(void)
{
    GRand *rand = g_rand_new_with_seed(2);
    char *got;

    for (unsigned i = 0; i < 2000; i++) {
        char noise[64];

        for (unsigned k = 0; k < sizeof(noise); k++) {
            noise[k] = (char)g_rand_int_range(rand, 0, 256);
        }
        g_assert_cmpint(send(client, noise, sizeof(noise), 0), ==,
                        sizeof(noise));
        g_free(receive());
    }
    put("\nendianness\n");
    got = receive();
    g_assert_true(g_str_has_suffix(got, "OK little\n"));
    g_free(got);
    g_rand_free(rand);
}

static void test_split_lines(void)
{
    put("endian");
    assert_received("");
    put("ness\nendianness\nend");
    assert_received("OK little\nOK little\n");
    put("ianness\n");
    assert_received("OK little\n");
}

/* One read of many commands is answered by one send */
static void test_batch(void)
{
    GString *s = g_string_new(NULL);
    char buf[65536];
    ssize_t n;

    for (unsigned i = 0; i < 500; i++) {
        g_string_append(s, "readl 0x2000\n");
    }
    put(s->str);
    spin();
    n = recv(client, buf, sizeof(buf), MSG_DONTWAIT);
    g_assert_cmpint(n, ==, 500 * 22);
    g_assert_cmpint(recv(client, buf, sizeof(buf), MSG_DONTWAIT), <, 0);
    g_string_free(s, TRUE);
}

/* A client that does not read is not listened to, and then served all */
static void test_slow_client(void)
{
    const char line[] = "read 0 65536\n";
    unsigned asked = 0;
    size_t got = 0;
    char buf[65536];
    ssize_t n;

    while (asked < 100000 && send(client, line, strlen(line), MSG_DONTWAIT) ==
                                 (ssize_t)strlen(line)) {
        asked++;
        spin();
    }
    g_assert_cmpuint(asked, >, 10);
    g_assert_cmpuint(asked, <, 100000);
    do {
        spin();
        n = recv(client, buf, sizeof(buf), MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    g_assert_cmpuint(got, >=, (asked - 1) * (131072u + 6));
    /* The last send may have been cut */
    put("\nendianness\n");
    g_free(receive());
}

static void test_long_line(void)
{
    char *digits = g_strnfill(65536, '0'), *got;
    GString *big = g_string_new("write 0x100000 0x100000 0x");

    /* Half a million bytes in one line */
    for (unsigned i = 0; i < 16; i++) {
        g_string_append(big, digits);
    }
    g_string_append_c(big, '\n');
    for (size_t off = 0; off < big->len;) {
        ssize_t n = send(client, big->str + off, big->len - off, MSG_DONTWAIT);

        off += n > 0 ? (size_t)n : 0;
        spin();
    }
    got = receive();
    g_assert_cmpstr(got, ==, "OK\n");
    g_free(got);
    /* No end of line for longer than any line may be */
    for (unsigned sent = 0; sent < 40u << 20;) {
        ssize_t n = send(client, digits, 65536, MSG_DONTWAIT);

        sent += n > 0 ? (unsigned)n : 0;
        spin();
    }
    put("\nendianness\n");
    got = receive();
    g_assert_cmpstr(got, ==, "ERR line too long\nOK little\n");
    g_free(got);
    g_string_free(big, TRUE);
    g_free(digits);
}

static void fired(void *opaque)
{
    ++*(unsigned *)opaque;
}

static void test_clock(void)
{
    unsigned n = 0;
    struct clock_timer *t = clock_timer_new(fired, &n);

    ask("clock_step 1000", "OK 1000");
    ask("clock_step", "OK 1000"); /* No timer: stays */
    clock_timer_set(t, 1500);
    ask("clock_step", "OK 1500");
    g_assert_cmpuint(n, ==, 1);
    clock_timer_set(t, 2500);
    ask("clock_set 2000", "OK 2000");
    g_assert_cmpuint(n, ==, 1);
    ask("clock_set 3000", "OK 3000");
    g_assert_cmpuint(n, ==, 2);
    ask("clock_set 1", "OK 3000"); /* Not backwards */
    ask("clock_step 0", "OK 3000");
    clock_timer_free(t);
}

static struct loop_task *task;

static void task_stores(void *opaque)
{
    mem_store(MEM_SPACE_MEMORY, 0x3000, 4, 0x1234);
}

/* What a command deferred is done before the next is carried out */
static uint32_t door_read(void *opaque, uint32_t off, unsigned size)
{
    return 0;
}

static void door_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    loop_task_wake(task);
}

static void test_deferred(void)
{
    struct mem_region door = { .name = "door",
                               .base = 0xe0000000,
                               .size = 4,
                               .read = door_read,
                               .write = door_write };

    task = loop_task_new(task_stores, NULL);
    mem_map(MEM_SPACE_MEMORY, &door);
    put("writel 0x3000 0\nwritel 0xe0000000 1\nreadl 0x3000\n");
    assert_received("OK\nOK\nOK 0x0000000000001234\n");
    mem_unmap(MEM_SPACE_MEMORY, &door);
    loop_task_free(task);
}

static void test_irq(void)
{
    ask("set_irq_in ioapic unnamed-gpio-in 5 1", "OK");
    ask("set_irq_in ioapic unnamed-gpio-in 5 0", "OK");
    ask("irq_intercept_in ioapic", "OK");
    ask("irq_intercept_in /machine/i440fx/ioapic", "OK");
    ask("set_irq_in ioapic unnamed-gpio-in 5 1", "IRQ raise 5\nOK");
    ask("set_irq_in ioapic unnamed-gpio-in 5 1", "OK");
    ask("set_irq_in ioapic unnamed-gpio-in 5 0", "IRQ lower 5\nOK");
}

/* The client leaves: the process ends in an orderly way */
static void test_hangup(void)
{
    put("endianness\n");
    close(client);
    loop_run();
}

int main(int argc, char **argv)
{
    struct options o = { .ram_size = 4 << 20 };
    int fds[2], rc;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    client = fds[0];
    clock_set_manual();
    g_assert_true(vm_init(&o));
    qtest_serve(fds[1], fds[1], false);
    vm_cont();
    g_test_add_func("/qtest/memory", test_memory);
    g_test_add_func("/qtest/ports", test_ports);
    g_test_add_func("/qtest/errors", test_errors);
    g_test_add_func("/qtest/garbage", test_garbage);
    g_test_add_func("/qtest/split-lines", test_split_lines);
    g_test_add_func("/qtest/batch", test_batch);
    g_test_add_func("/qtest/slow-client", test_slow_client);
    g_test_add_func("/qtest/long-line", test_long_line);
    g_test_add_func("/qtest/clock", test_clock);
    g_test_add_func("/qtest/deferred", test_deferred);
    g_test_add_func("/qtest/irq", test_irq);
    g_test_add_func("/qtest/hangup", test_hangup);
    rc = g_test_run();
    qtest_close();
    vm_fini();
    return rc;
}
