// SPDX-License-Identifier: MIT
/*
 * dm-super-test.c - the supervisor of vifemu-dm when a process cannot be made
 *
 * QEMU is what a socket has to say and a child that sleeps; dm_host_spawn() is
 * ours, and so is kill(), which would reach every process there is if it were
 * called for one that was never made.
 */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xen/dm-super.h"

static int qemu_end = -1; /* Of its monitor */
static unsigned spawned, killed;

int dm_host_connect(void *host)
{
    return qemu_end;
}

pid_t dm_host_spawn(char *const *argv, const int *fds, int out)
{
    spawned++;
    errno = EAGAIN;
    return -1;
}

int kill(pid_t pid, int sig)
{
    killed++;
    return 0;
}

/* All that it answers until vifemu is started */
static void qemu_says(int fd)
{
    static const char says[] = "{\"QMP\": {}}\r\n"
                               "{\"return\": {}}\r\n"
                               "{\"return\": []}\r\n";

    g_assert_cmpint(write(fd, says, strlen(says)), ==, strlen(says));
}

static pid_t qemu_start(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            pause();
        }
    }
    g_assert_cmpint(pid, >, 0);
    return pid;
}

static void no_process(void)
{
    struct dm_host h = { .vifemu = { .state = -1, .qmp = -1, .monitor = -1 },
                         .listener = -1,
                         .monitor = -1 };
    struct dm_plan p = { .nics = g_ptr_array_new(), .domid = 1, .ours = 1 };
    struct dm_settings s = { .vifemu = (char[]){ "/nowhere/vifemu" } };
    pid_t qemu = qemu_start();
    int pair[2], status = 0;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    qemu_end = pair[0];
    qemu_says(pair[1]);
    h.qemu_pid = pidfd_open(qemu, 0);
    g_assert_cmpint(h.qemu_pid, >=, 0);
    dm_super_run(&p, &s, NULL, &h);
    g_assert_cmpuint(spawned, ==, 1);
    g_assert_cmpuint(killed, ==, 0);
    /* "xl create" fails by QEMU's end */
    g_assert_cmpint(waitpid(qemu, &status, 0), ==, qemu);
    g_assert_true(WIFSIGNALED(status));
    close(pair[1]);
    close(h.qemu_pid);
    g_ptr_array_unref(p.nics);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dm-super/no-process", no_process);
    return g_test_run();
}
