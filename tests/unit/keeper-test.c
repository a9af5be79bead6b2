// SPDX-License-Identifier: MIT
/*
 * keeper-test.c - what the keeper keeps
 *
 * Of its process, and until it has something to do; the reaper is the test's
 * own.
 */
#include "xen/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xen/reaper.h"

enum { DOMID = 7, SERVER = 3, NOBODY = 65534, LIMIT_MS = 30000, FDS = 64 };

/**
 * struct reaper - What it was told, and what its process was like
 *
 * In memory that the test and the keeper share.
 * @fds:  Descriptors, a bit each
 * @null: ... that are /dev/null
 * @root: It is in the root folder
 */
struct reaper {
    unsigned domid, server;
    bool restricted, ran, root;
    uint64_t fds, null;
    uid_t uid;
    gid_t gid;
    int groups, no_new_privs;
};

static struct reaper *shared;

struct reaper *reaper_open(unsigned domid)
{
    shared->domid = domid;
    return shared;
}

void reaper_close(struct reaper *r)
{
}

bool reaper_map(struct reaper *r, unsigned server)
{
    r->server = server;
    return true;
}

bool reaper_restrict(const struct reaper *r)
{
    shared->restricted = true;
    return true;
}

static bool is_null(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
           st.st_rdev == makedev(1, 3);
}

bool reaper_run(struct reaper *r, void (*answered)(unsigned vcpu, bool woken))
{
    char folder[2];

    for (int fd = 0; fd < FDS; fd++) {
        r->fds |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
        r->null |= (uint64_t)is_null(fd) << fd;
    }
    r->root = getcwd(folder, sizeof(folder)) && g_str_equal(folder, "/");
    r->uid = getuid();
    r->gid = getgid();
    r->groups = getgroups(0, NULL);
    r->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    r->ran = true;
    return true;
}

/* Start one whose standard streams are @fd */
static int start(int fd)
{
    int before[3], keeper;

    for (int i = 0; i < 3; i++) {
        before[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
        g_assert_cmpint(dup2(fd, i), ==, i);
    }
    keeper = keeper_start(DOMID);
    for (int i = 0; i < 3; i++) {
        dup2(before[i], i);
        close(before[i]);
    }
    g_assert_cmpint(keeper, >=, 0);
    return keeper;
}

/* Nobody has @fd's other end any more: whoever reads until then goes on */
static void expect_end(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char c;

    g_assert_cmpint(poll(&p, 1, LIMIT_MS), ==, 1);
    g_assert_cmpint(read(fd, &c, 1), ==, 0);
}

static void expect_exit(void)
{
    int status;

    g_assert_cmpint(wait(&status), >, 0);
    g_assert_cmpint(status, ==, 0);
}

/* While it waits it has /dev/null, its pipe, and no rights */
static void test_keeps(void)
{
    int out[2], keeper;

    if (geteuid() != 0) {
        g_test_skip("needs root, whose rights the keeper gives up");
        return;
    }
    g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
    keeper = start(out[1]);
    close(out[1]);
    keeper_tell(keeper, SERVER);
    expect_end(out[0]);
    g_assert_false(shared->ran);
    close(keeper);
    expect_exit();
    close(out[0]);

    g_assert_true(shared->ran && shared->restricted && shared->root);
    g_assert_cmpuint(shared->domid, ==, DOMID);
    g_assert_cmpuint(shared->server, ==, SERVER);
    g_assert_cmphex(shared->null, ==, 7);
    g_assert_cmpuint((unsigned)__builtin_popcountll(shared->fds), ==, 4);
    g_assert_cmpuint(shared->uid, ==, NOBODY);
    g_assert_cmpuint(shared->gid, ==, NOBODY);
    g_assert_cmpint(shared->groups, ==, 0);
    g_assert_cmpint(shared->no_new_privs, ==, 1);
}

/* Told of nothing, it has nothing to do */
static void test_untold(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    *shared = (struct reaper){ 0 };
    close(start(null));
    expect_exit();
    close(null);
    g_assert_false(shared->ran);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(shared != MAP_FAILED);
    g_test_add_func("/keeper/keeps", test_keeps);
    g_test_add_func("/keeper/untold", test_untold);
    return g_test_run();
}
