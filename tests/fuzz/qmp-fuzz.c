// SPDX-License-Identifier: MIT
/*
 * qmp-fuzz.c - a hostile QMP client
 *
 * The input is what a client sends, on a machine that only remembers
 * (tests/unit/fake-vm.c), so that no command touches this host.  Each line that
 * comes back must be JSON and one of what QMP sends, and the session must end
 * with the client.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/json.h"
#include "monitor/qmp.h"
#include "system/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake-vm.h"

static const char hello[] = "{'execute':'qmp_capabilities'}";

static void spin(void)
{
    while (loop_turn(false)) {
    }
}

static void check_line(const char *line)
{
    static const char *const kinds[] = { "QMP", "return", "error", "event" };
    JsonNode *node = json_parse(line);
    unsigned n = 0;

    must(node && JSON_NODE_HOLDS_OBJECT(node), line);
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (json_object_has_member(json_node_get_object(node), kinds[i])) {
            n++;
        }
    }
    must(n == 1, line);
    json_node_unref(node);
}

/* Read to the end of the session */
static void read_replies(int fd)
{
    GString *got = g_string_new(NULL);
    char buf[4096], **lines;
    ssize_t n;

    for (;;) {
        spin();
        n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        must(n >= 0, "the session does not end");
        if (!n) {
            break;
        }
        g_string_append_len(got, buf, n);
    }
    lines = g_strsplit(got->str, "\r\n", -1);
    for (char **line = lines; line[0] && line[1]; line++) {
        check_line(*line);
    }
    g_strfreev(lines);
    g_string_free(got, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];

    /* More would have to be sent in turns with reading */
    if (size > 16384 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
        return 0;
    }
    fake_vm_reset();
    qmp_serve(fds[1], fds[1]);
    must(send(fds[0], hello, strlen(hello), MSG_NOSIGNAL) > 0, "send");
    if (size) {
        must(send(fds[0], data, size, MSG_NOSIGNAL) > 0, "send");
    }
    shutdown(fds[0], SHUT_WR);
    read_replies(fds[0]);
    close(fds[0]);
    qmp_close_all();
    return 0;
}
