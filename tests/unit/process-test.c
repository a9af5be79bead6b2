// SPDX-License-Identifier: MIT
/*
 * process-test.c - what a confined process can still do: it tries
 *
 * Each test confines a child, which tries one thing after another and says how
 * each ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process.h"

/* errno of @call, 0 if it worked */
#define TRY(call) (errno = 0, (call) < 0 ? errno : 0)

/* What is tried; the order is that of names[] */
enum attempt {
    OPEN,
    CREATE,
    UNLINK,
    SOCKET,
    EXEC,
    FORK,
    VFORK,
    CLONE,
    CLONE3,
    THREAD,
    TRACE,
    MOUNT,
    CHROOT,
    SETUID,
    IOCTL,
    EXECUTABLE,
    READ,
    MEMORY,
    INTERFACES,   /* From here not an errno: how many there are, or -1 */
    BOUNDING,     /* Capabilities that a program which it started could have */
    CAPABILITIES, /* ... that it has, or could give itself */
    ATTEMPTS,
};

static const char *const names[] = {
    "open a file",
    "create a file",
    "remove a file",
    "a socket",
    "start a program",
    "fork",
    "vfork",
    "clone",
    "clone3",
    "a thread",
    "trace",
    "mount",
    "chroot",
    "become root",
    "an ioctl",
    "executable memory",
    "read",
    "memory",
    "interfaces",
    "bounding set",
    "capabilities",
};

static int try_memory(int prot)
{
    void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? errno : 0;
}

/* What a call that makes a process returned, in either */
static int forked(long pid)
{
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 ? errno : (waitpid((pid_t)pid, NULL, 0), 0);
}

/* fork() itself would run handlers that a sanitizer left, and not make the call
 * of that name but clone() */
static int try_fork(void)
{
    return forked(syscall(SYS_fork));
}

static int try_vfork(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        _exit(0);
    }
    return forked(pid);
}

static int try_clone(void)
{
    return forked(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int try_clone3(void)
{
    const struct clone_args args = { .exit_signal = SIGCHLD };

    return forked(syscall(SYS_clone3, &args, sizeof(args)));
}

static void *thread(void *opaque)
{
    return opaque;
}

static int try_thread(void)
{
    pthread_t t;
    int rc = pthread_create(&t, NULL, thread, NULL);

    return rc ? rc : pthread_join(t, NULL);
}

static int try_bounding(void)
{
    int n = 0, has;

    for (unsigned long cap = 0; (has = prctl(PR_CAPBSET_READ, cap)) >= 0;
         cap++) {
        n += has;
    }
    return n;
}

static int try_capabilities(void)
{
    struct __user_cap_header_struct head = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    int n = 0;

    if (syscall(SYS_capget, &head, data)) {
        return -1;
    }
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        n += __builtin_popcount(data[i].permitted | data[i].inheritable |
                                data[i].effective);
    }
    return n;
}

static int try_interfaces(void)
{
    struct if_nameindex *i = if_nameindex();
    int n = 0;

    if (!i) {
        return -1;
    }
    while (i[n].if_index) {
        n++;
    }
    if_freenameindex(i);
    return n;
}

static void try_all(int pipe_fd, int *got)
{
    static const char *const argv[] = { "true", NULL };
    struct winsize w;
    char c;

    got[OPEN] = TRY(open("/etc/passwd", O_RDONLY));
    got[CREATE] = TRY(open("/vifemu-process-test", O_CREAT | O_RDWR, 0600));
    got[UNLINK] = TRY(unlink("/vifemu-process-test"));
    got[SOCKET] = TRY(socket(AF_INET, SOCK_DGRAM, 0));
    got[EXEC] = TRY(execv("/bin/true", (char **)argv));
    got[FORK] = try_fork();
    got[VFORK] = try_vfork();
    got[CLONE] = try_clone();
    got[CLONE3] = try_clone3();
    got[THREAD] = try_thread();
    /* There is no such process, but that is found out later */
    got[TRACE] = TRY(ptrace(PTRACE_ATTACH, INT_MAX, NULL, NULL));
    got[MOUNT] = TRY(mount("none", "/", "tmpfs", 0, NULL));
    got[CHROOT] = TRY(chroot("/"));
    got[SETUID] = TRY(syscall(SYS_setresuid, 0, 0, 0));
    got[IOCTL] = TRY(ioctl(pipe_fd, TIOCGWINSZ, &w));
    got[EXECUTABLE] = try_memory(PROT_READ | PROT_EXEC);
    got[READ] = TRY(read(pipe_fd, &c, 0));
    got[MEMORY] = try_memory(PROT_READ | PROT_WRITE);
    got[INTERFACES] = try_interfaces();
    got[BOUNDING] = try_bounding();
    got[CAPABILITIES] = try_capabilities();
}

/* Run @confine in a child, then @tries, which sets @got[@n] */
static void confined(bool (*confine)(void), void (*tries)(int fd, int *got),
                     int *got, size_t n)
{
    int fds[2], spare[2], status;
    ssize_t size = (ssize_t)(n * sizeof(*got));
    pid_t pid;

    g_assert_true(pipe(fds) == 0 && pipe(spare) == 0);
    pid = fork();
    if (pid == 0) {
        if (!confine()) {
            _exit(2);
        }
        tries(spare[0], got);
        _exit(write(fds[1], got, (size_t)size) != size);
    }
    close(fds[1]);
    g_assert_true(read(fds[0], got, (size_t)size) == size);
    g_assert_true(waitpid(pid, &status, 0) == pid);
    g_assert_cmpint(status, ==, 0);
    close(fds[0]);
    close(spare[0]);
    close(spare[1]);
}

/* All of @bits (1 << enum attempt) were refused with @error, the rest not */
static void expect(const int got[ATTEMPTS], int error, unsigned bits)
{
    for (unsigned i = 0; i < INTERFACES; i++) {
        bool refused = got[i] == error;

        if (refused != (bits >> i & 1)) {
            g_error("%s: %s", names[i],
                    got[i] ? g_strerror(got[i]) : "it worked");
        }
    }
}

static bool sandbox(void)
{
    return process_sandbox(false);
}

static bool sandbox_no_open(void)
{
    return process_sandbox(true);
}

enum {
    NEVER = 1 << EXEC | 1 << FORK | 1 << VFORK | 1 << CLONE | 1 << TRACE |
            1 << MOUNT | 1 << CHROOT | 1 << SETUID,
    NO_OPEN = 1 << OPEN | 1 << CREATE | 1 << UNLINK | 1 << SOCKET |
              1 << CLONE3 | 1 << THREAD | 1 << IOCTL | 1 << EXECUTABLE,
};

#ifdef CONFIG_SECCOMP

static void test_sandbox(void)
{
    int got[ATTEMPTS];

    confined(sandbox, try_all, got, ATTEMPTS);
    expect(got, EPERM, NEVER);
    /* By which the C library knows to use clone() for a thread */
    g_assert_cmpint(got[CLONE3], ==, ENOSYS);
    g_assert_cmpint(got[THREAD], ==, 0);
}

static void test_no_open(void)
{
    int got[ATTEMPTS];

    confined(sandbox_no_open, try_all, got, ATTEMPTS);
    expect(got, EPERM, NEVER | NO_OPEN);
}

/* Of all that ioctl() can be asked for, by type and number, which a filter lets
 * through to the pipe, which knows none of it */
enum { LET_THROUGH, MAP_DOMAIN, DM_OP, NOTIFY, IOCTLS };

static int try_ioctl(int fd, unsigned request)
{
    return TRY(syscall(SYS_ioctl, fd, request, NULL));
}

static void try_ioctls(int fd, int *got)
{
    got[LET_THROUGH] = 0;
    for (unsigned i = 0; i <= UINT16_MAX; i++) {
        got[LET_THROUGH] += try_ioctl(fd, i) != EPERM;
    }
    /* With the size of their argument, as drivers number them */
    got[MAP_DOMAIN] = try_ioctl(fd, _IOC(_IOC_NONE, 'P', 4, 32));
    got[DM_OP] = try_ioctl(fd, _IOC(_IOC_NONE, 'P', 5, 16));
    got[NOTIFY] = try_ioctl(fd, _IOC(_IOC_NONE, 'E', 4, 4));
}

/* Three of Xen's, and so no other hypercall ('P' 0), nor a new event channel */
static void test_ioctls(void)
{
    int got[IOCTLS];

    confined(sandbox_no_open, try_ioctls, got, IOCTLS);
    g_assert_cmpint(got[LET_THROUGH], ==, 3);
    g_assert_cmpint(got[MAP_DOMAIN], ==, ENOTTY);
    g_assert_cmpint(got[DM_OP], ==, ENOTTY);
    g_assert_cmpint(got[NOTIFY], ==, ENOTTY);
}

#else

static void test_sandbox(void)
{
    g_test_skip("this build is without libseccomp");
}

static void test_no_open(void)
{
    g_test_skip("this build is without libseccomp");
}

static void test_ioctls(void)
{
    g_test_skip("this build is without libseccomp");
}

#endif

static bool isolate(void)
{
    return process_isolate() && process_drop_capabilities();
}

static bool isolate_user(void)
{
    return process_isolate() && process_drop_rights(NULL, "65534:65534") &&
           process_drop_capabilities();
}

/* Whether this process may make namespaces, found out by a child */
static bool may_isolate(void)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(unshare(CLONE_NEWNS | CLONE_NEWNET) != 0);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

/* No files, no interfaces but an idle loopback, no rights; without any filter
 * of system calls */
static void isolated(bool (*confine)(void), bool was_root)
{
    int got[ATTEMPTS];

    if (!may_isolate()) {
        g_test_skip("needs the right to make namespaces");
        return;
    }
    confined(confine, try_all, got, ATTEMPTS);
    g_assert_cmpint(got[OPEN], ==, ENOENT);
    g_assert_cmpint(got[CREATE], ==, EROFS);
    g_assert_cmpint(got[EXEC], ==, ENOENT);
    g_assert_cmpint(got[MOUNT], ==, EPERM);
    g_assert_cmpint(got[CHROOT], ==, EPERM);
    g_assert_cmpint(got[SETUID], ==, was_root ? 0 : EPERM);
    g_assert_cmpint(got[INTERFACES], ==, 1);
    g_assert_cmpint(got[BOUNDING], ==, 0);
    g_assert_cmpint(got[CAPABILITIES], ==, 0);
}

static void test_isolate(void)
{
    isolated(isolate, true);
}

static void test_isolate_user(void)
{
    isolated(isolate_user, false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/sandbox", test_sandbox);
    g_test_add_func("/process/no-open", test_no_open);
    g_test_add_func("/process/ioctls", test_ioctls);
    g_test_add_func("/process/isolate", test_isolate);
    g_test_add_func("/process/isolate-user", test_isolate_user);
    return g_test_run();
}
