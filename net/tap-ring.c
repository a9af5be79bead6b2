// SPDX-License-Identifier: MIT
/*
 * tap-ring.c - several frames into a tap with one system call
 *
 * Each frame is a write on an io_uring.  A tap's write never waits, so all are
 * done, in order, when the call that submits them returns.  A call that fails
 * (the kernel has no memory, or what it would rather not say) may fail for
 * ever: there is no second one.  The ring can do nothing else: it is restricted
 * to writes from our slots to the one descriptor before it is enabled, which
 * also keeps it from being a way around a seccomp filter.
 */
#include <errno.h>
#include <liburing.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/backends.h"
#include "net/tap.h"

struct tap_ring {
    struct io_uring uring;
};

/* liburing 2.3 has functions for these two in its header only */
static bool ring_register(struct io_uring *u, unsigned opcode, void *arg,
                          unsigned n)
{
    return !syscall(SYS_io_uring_register, u->ring_fd, opcode, arg, n);
}

/* Only IORING_OP_WRITE_FIXED, only to registered descriptors */
static bool ring_restrict(struct io_uring *u)
{
    struct io_uring_restriction only[] = {
        { .opcode = IORING_RESTRICTION_SQE_OP,
          .sqe_op = IORING_OP_WRITE_FIXED },
        { .opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED,
          .sqe_flags = IOSQE_FIXED_FILE },
        { .opcode = IORING_RESTRICTION_REGISTER_OP,
          .register_op = IORING_UNREGISTER_FILES },
    };

    return ring_register(u, IORING_REGISTER_RESTRICTIONS, only,
                         G_N_ELEMENTS(only)) &&
           ring_register(u, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

struct tap_ring *tap_ring_new(struct tap *t)
{
    struct tap_ring *r = g_new0(struct tap_ring, 1);
    struct iovec slots = { .iov_base = t->slots.mem,
                           .iov_len = sizeof(t->slots.mem) };

    if (io_uring_queue_init(SLOTS, &r->uring, IORING_SETUP_R_DISABLED)) {
        g_free(r);
        return NULL;
    }
    if (io_uring_register_files(&r->uring, &t->fd, 1) ||
        io_uring_register_buffers(&r->uring, &slots, 1) ||
        !ring_restrict(&r->uring)) {
        tap_ring_free(r);
        return NULL;
    }
    return r;
}

void tap_ring_free(struct tap_ring *r)
{
    if (r) {
        /* The kernel ends a ring in its own time, and so long would the tap
         * live that it has registered */
        ring_register(&r->uring, IORING_UNREGISTER_FILES, NULL, 0);
        io_uring_queue_exit(&r->uring);
        g_free(r);
    }
}

/* Take what is done; returns how many */
static unsigned ring_reap(struct tap_ring *r, struct tap *t)
{
    struct io_uring_cqe *done;
    unsigned head, n = 0;

    io_uring_for_each_cqe(&r->uring, head, done)
    {
        /* As with written(): the interface is down, or it was lost */
        t->nd.tx_dropped += done->res < 0;
        n++;
    }
    io_uring_cq_advance(&r->uring, n);
    return n;
}

unsigned tap_ring_send(struct tap_ring *r, struct tap *t)
{
    unsigned done = 0, n = t->slots.n;
    int rc;

    for (unsigned i = 0; i < n; i++) {
        struct io_uring_sqe *e = io_uring_get_sqe(&r->uring);

        io_uring_prep_write_fixed(e, 0, t->slots.mem[i],
                                  (unsigned)t->slots.len[i], 0, 0);
        io_uring_sqe_set_flags(e, IOSQE_FIXED_FILE);
    }
    do {
        rc = io_uring_submit_and_wait(&r->uring, n - done);
        done += ring_reap(r, t);
    } while (done < n && (rc >= 0 || rc == -EINTR));
    return done;
}
