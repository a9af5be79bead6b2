// SPDX-License-Identifier: MIT
/*
 * libcard.c - what the tests of all network cards share
 */
#include "libcard.h"

#include "check.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    GROWTH_KIB = 64 * 1024,
    PATIENCE_MS = 20000,

    /* Commands in which a loop sees a socket: the one that was on its way
     * already, and the next; and what a large frame may take */
    TURNS = 2,
    TURNS_TO_TAKE = 20,
};

struct qtest *card_start(struct pci_dev *pci, struct netpeer *peer,
                         const char *model, const char *args, bool realtime)
{
    g_autofree char *name = device_name(model);
    g_autofree char *line = NULL;
    int fd = netpeer_open(peer);
    struct qtest *s;

    line = g_strdup_printf("-nodefaults -machine pc -m 32 "
                           "-netdev socket,id=net0,fd=%d -device %s,id=nic0,"
                           "netdev=net0,mac=52:54:00:12:34:56,addr=0%d.0,"
                           "romfile=%s",
                           fd, name, CARD_SLOT, args);
    s = realtime ? qtest_start_realtime("%s", line) : qtest_start("%s", line);
    close(fd);
    *pci = (struct pci_dev){ s, PCI_DEVFN(CARD_SLOT, 0) };
    pci_route_interrupts(s);
    return s;
}

bool wire_frame(struct qtest *s, struct netpeer *peer, struct frame *f)
{
    qtest_inb(s, 0x80); /* deferred work is done before the answer */
    return check(netpeer_receive(peer, f, (int)check_timeout_ms()));
}

bool wire_silent(struct qtest *s, struct netpeer *peer)
{
    struct frame f;

    qtest_inb(s, 0x80);
    return check(!netpeer_receive(peer, &f, 5));
}

bool wire_same(struct qtest *s, struct netpeer *peer, const struct frame *want)
{
    struct frame f;

    return wire_frame(s, peer, &f) && check_eq(f.len, want->len) &&
           check_mem(f.data, want->data, want->len);
}

bool wire_settle(struct qtest *s, struct netpeer *peer)
{
    bool waits = true;

    /* A frame is looked for between two commands; what was taken has arrived
     * by the answer to the next */
    for (unsigned i = 0; i < TURNS_TO_TAKE && waits; i++) {
        waits = netpeer_unread(peer);
        qtest_inb(s, 0x80);
    }
    return !waits;
}

void wire_drain(struct qtest *s, struct netpeer *peer, size_t longest)
{
    struct frame f;
    bool more;

    /* What had no room on the cable comes when there is some */
    do {
        for (unsigned i = 0; i < TURNS; i++) {
            qtest_inb(s, 0x80);
        }
        for (more = false; netpeer_receive(peer, &f, 0); more = true) {
            if (f.len > longest) {
                check_failed(__FILE__, __LINE__,
                             "a frame of %zu bytes came out", f.len);
            }
        }
    } while (more);
}

/* In one piece: the other side may hang up when it saw the length */
void wire_raw(struct netpeer *peer, uint32_t claimed, const void *data,
              size_t len)
{
    g_autofree uint8_t *message = g_malloc(4 + len);

    put32(message, claimed);
    if (len) {
        memcpy(message + 4, data, len);
    }
    check_eq(send(peer->fd, message, 4 + len, MSG_NOSIGNAL), 4 + len);
}

struct attack attack_begin(struct qtest *s)
{
    return (struct attack){ s, qtest_cpu_ms(s), qtest_rss_kib(s) };
}

void attack_survived(const struct attack *a)
{
    check(qtest_alive(a->qts));
    check_range(qtest_cpu_ms(a->qts), a->cpu, a->cpu + PATIENCE_MS);
    check_range(qtest_rss_kib(a->qts), 1, a->rss + GROWTH_KIB);
}

void card_test_add(const struct card_family *family, const char *group,
                   const char *name, unsigned on, const void *test,
                   GTestDataFunc run)
{
    for (unsigned m = 0; m < family->count; m++) {
        struct card_case *c;
        g_autofree char *path =
            g_strdup_printf("/%s/%s/%s%s%s", family->name, group, name,
                            on ? "/" : "", on ? family->model[m] : "");

        if (!((on ? on : 1u) & 1u << m)) {
            continue;
        }
        c = g_new(struct card_case, 1);
        *c = (struct card_case){ test, family->model[m] };
        g_test_add_data_func_full(path, c, run, g_free);
    }
}
