// SPDX-License-Identifier: MIT
/*
 * keeper.c - who cleans up after a device model that crashed
 *
 * An ioreq server does not end with the process that made it: Xen goes on
 * handing requests to it, and a virtual CPU waits for ever for the answer.  So
 * a second process, with no other descriptors than its own and no rights but
 * on the domain, reads from a pipe that ends when the first one does.
 */
#include "xen/keeper.h"

#define __XEN_TOOLS__ 1

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <xen/hvm/dm_op.h>
#include <xen/memory.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xentoolcore.h>

#include "xen/ioreq.h"

enum { NOBODY = 65534 };

/**
 * struct keeper - What it holds on to
 */
struct keeper {
    domid_t id;
    ioservid_t server;
    unsigned vcpus;
    struct ioreq_slot *page;
    xendevicemodel_handle *dm;
    xenforeignmemory_handle *memory;
    xenevtchn_handle *events;
};

static bool keeper_open(struct keeper *k)
{
    void *page = NULL;

    k->dm = xendevicemodel_open(NULL, 0);
    k->memory = xenforeignmemory_open(NULL, 0);
    k->events = xenevtchn_open(NULL, 0);
    if (!k->dm || !k->memory || !k->events ||
        xendevicemodel_nr_vcpus(k->dm, k->id, &k->vcpus) ||
        k->vcpus > IOREQ_SLOTS ||
        !xenforeignmemory_map_resource(
            k->memory, k->id, XENMEM_resource_ioreq_server, k->server,
            XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &page,
            PROT_READ | PROT_WRITE, 0)) {
        return false;
    }
    k->page = page;
    return true;
}

static bool keeper_confine(const struct keeper *k)
{
    return xentoolcore_restrict_all(k->id) == 0 && setgroups(0, NULL) == 0 &&
           setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Answer a virtual CPU that waits: all ones, as an empty slot would */
static void release(struct keeper *k, unsigned vcpu)
{
    struct ioreq_slot *slot = &k->page[vcpu];
    uint8_t state = slot->bits & IOREQ_STATE;
    int port;

    if (state != IOREQ_STATE_READY && state != IOREQ_STATE_INPROCESS) {
        return;
    }
    if ((slot->bits & IOREQ_READ) && !(slot->bits & IOREQ_DATA_IS_PTR)) {
        slot->data = UINT64_MAX;
    }
    __atomic_store_n(&slot->bits,
                     (uint8_t)((slot->bits & ~IOREQ_STATE) |
                               IOREQ_STATE_RESPONSE),
                     __ATOMIC_RELEASE);
    port = xenevtchn_bind_interdomain(k->events, k->id, slot->vp_eport);
    if (port >= 0) {
        xenevtchn_notify(k->events, (evtchn_port_t)port);
    }
}

static void keeper_main(int fd, unsigned domid)
{
    static const int ignored[] = { SIGHUP, SIGINT, SIGTERM };
    struct keeper k = { .id = (domid_t)domid };
    ssize_t n;
    char c;

    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_IGN);
    }
    prctl(PR_SET_NAME, "vifemu-keeper");
    close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
    if (read(fd, &k.server, sizeof(k.server)) != sizeof(k.server) ||
        !keeper_open(&k) || !keeper_confine(&k)) {
        return;
    }
    do {
        n = read(fd, &c, 1);
    } while (n < 0 && errno == EINTR);
    /* No new requests; then those that were on their way */
    xendevicemodel_set_ioreq_server_state(k.dm, k.id, k.server, 0);
    for (unsigned i = 0; i < k.vcpus; i++) {
        release(&k, i);
    }
    xendevicemodel_destroy_ioreq_server(k.dm, k.id, k.server);
}

int keeper_start(unsigned domid)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0) {
        return -1;
    }
    pid = fork();
    if (pid < 0) {
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    if (pid == 0) {
        close(fds[1]);
        keeper_main(fds[0], domid);
        _exit(0);
    }
    close(fds[0]);
    return fds[1];
}

void keeper_tell(int fd, unsigned server)
{
    ioservid_t id = (ioservid_t)server;

    if (write(fd, &id, sizeof(id)) < 0) {
        /* It is not there: nobody cleans up */
    }
}
