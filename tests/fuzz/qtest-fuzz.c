// SPDX-License-Identifier: MIT
/*
 * qtest-fuzz.c - a hostile qtest client on a whole machine
 *
 * The input is lines of a client, on a "pc" with a card on PCI, one on ISA, and
 * no network.  The
 * session is one for all inputs; each begins with a reset of the machine. After
 * any input the server must still answer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "system/loop.h"
#include "system/qtest.h"
#include "system/vm-int.h"
#include "tests/fuzz/fuzz.h"

/* The first newline ends what the input left unfinished */
static const char ask[] = "\nendianness\n", answer[] = "\nOK little\n";
static int client = -1;

/* The machine, once */
static void start(void)
{
    char *options[] = {
        "qtest-fuzz",
        "-machine",
        "pc",
        "-m",
        "2",
        "-netdev",
        "null,id=n0",
        "-device",
        "e1000,id=nic0,netdev=n0,addr=4,romfile=",
        "-netdev",
        "null,id=n1",
        "-device",
        "ne2k_isa,id=nic1,netdev=n1",
        NULL,
    };
    struct options o = { 0 };
    int fds[2];

    must(options_parse(&o, (int)G_N_ELEMENTS(options) - 1, options) ==
                 OPTIONS_RUN &&
             !socketpair(AF_UNIX, SOCK_STREAM, 0, fds),
         "set-up");
    clock_set_manual();
    must(vm_init(&o), "machine");
    options_clear(&o);
    client = fds[0];
    qtest_serve(fds[1], fds[1], false);
    vm_cont();
}

/* Send all of it, reading what comes back; the last bytes of that are kept */
static void converse(const char *p, size_t n, GString *tail)
{
    char buf[65536];
    ssize_t got;

    for (;;) {
        ssize_t sent = n ? send(client, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        }
        while (loop_turn(false)) {
        }
        got = recv(client, buf, sizeof(buf), MSG_DONTWAIT);
        must(got != 0, "the server ended the session");
        if (got < 0 && !n) {
            return;
        }
        g_string_append_len(tail, buf, MAX(got, 0));
        if (tail->len > sizeof(buf)) {
            g_string_erase(tail, 0, (gssize)(tail->len - sizeof(answer)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GString *tail = g_string_new("\n");

    if (client < 0) {
        start();
    }
    vm_system_reset();
    converse((const char *)data, size, tail);
    converse(ask, strlen(ask), tail);
    must(g_str_has_suffix(tail->str, answer), "no answer to the last command");
    g_string_free(tail, TRUE);
    return 0;
}
