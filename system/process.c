// SPDX-License-Identifier: MIT
/*
 * process.c - the process itself: background, rights, confinement
 *
 * The sandbox is an allow list for a process that is set up: moving frames,
 * serving QMP and qtest, opening what netdev_add and object-add ask for.  It
 * cannot start programs (so tap scripts must have run), change its rights or
 * trace others.  What is not on the list fails with EPERM rather than kills:
 * a library's harmless probe should not end a guest's network.
 */
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef CONFIG_SECCOMP
#include <seccomp.h>
#endif

#include <glib.h>

#include "system/options.h"

static int ready_fd = -1; /* To the waiting parent */
static char *pidfile;

bool process_die_with_parent(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0) {
        return true;
    }
    error_report("-run-with exit-with-parent=on: %s", g_strerror(errno));
    return false;
}

/* In the parent: the child's word, or its end */
static int wait_ready(int fd)
{
    char ok = 0;
    ssize_t n;

    do {
        n = read(fd, &ok, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1 && ok == 1 ? 0 : 1;
}

bool process_daemonize(void)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        error_report("-daemonize: %s", g_strerror(errno));
        return false;
    }
    if (pid > 0) {
        close(fds[1]);
        _exit(wait_ready(fds[0]));
    }
    close(fds[0]);
    ready_fd = fds[1];
    setsid();
    return true;
}

void process_ready(void)
{
    const char ok = 1;
    int null;

    if (ready_fd < 0) {
        return;
    }
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
    if (chdir("/") < 0 || write(ready_fd, &ok, 1) < 0) {
        /* The parent is gone: nobody waits */
    }
    close(ready_fd);
    ready_fd = -1;
}

bool process_pidfile(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char text[32];
    int n;

    if (fd < 0) {
        error_report("-pidfile %s: %s", path, g_strerror(errno));
        return false;
    }
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        error_report("-pidfile %s: another process holds it", path);
        close(fd);
        return false;
    }
    n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)n) != n) {
        error_report("-pidfile %s: %s", path, g_strerror(errno));
        close(fd);
        return false;
    }
    /* Open, and so locked, to the end; absolute, as a daemon changes to / */
    pidfile = g_canonicalize_filename(path, NULL);
    return true;
}

/* Ids of "USER" or "UID:GID"; the former with its supplementary groups */
static bool find_user(const char *user, uid_t *uid, gid_t *gid, char **name)
{
    struct passwd *pw;
    unsigned u, g;
    int n = 0;

    if (sscanf(user, "%u:%u%n", &u, &g, &n) == 2 && !user[n]) {
        *uid = u;
        *gid = g;
        return true;
    }
    pw = getpwnam(user);
    if (!pw) {
        return false;
    }
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    *name = g_strdup(pw->pw_name);
    return true;
}

bool process_drop_rights(const char *dir, const char *user)
{
    uid_t uid = 0;
    gid_t gid = 0;
    char *name = NULL;
    bool ok;

    if (user && !find_user(user, &uid, &gid, &name)) {
        error_report("user '%s' is neither known nor UID:GID", user);
        return false;
    }
    if (dir && (chroot(dir) < 0 || chdir("/") < 0)) {
        error_report("chroot to '%s': %s", dir, g_strerror(errno));
        g_free(name);
        return false;
    }
    ok = !user || ((name ? initgroups(name, gid) : setgroups(1, &gid)) == 0 &&
                   setgid(gid) == 0 && setuid(uid) == 0);
    if (!ok) {
        error_report("cannot become user '%s': %s", user, g_strerror(errno));
    } else if (user && uid && setuid(0) == 0) {
        error_report("still root after becoming user '%s'", user);
        ok = false;
    }
    g_free(name);
    return ok;
}

#ifdef CONFIG_SECCOMP

static const char *const allowed[] = {
    /* Memory */
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "memfd_create",
    /* Moving data */
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "recvfrom",
    "sendto",
    "recvmsg",
    "sendmsg",
    "recvmmsg",
    "sendmmsg",
    "lseek",
    /* Waiting, time */
    "poll",
    "ppoll",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "select",
    "pselect6",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "restart_syscall",
    /* Descriptors and files */
    "close",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "ioctl",
    "pipe",
    "pipe2",
    "open",
    "openat",
    "fstat",
    "stat",
    "lstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "ftruncate",
    "fallocate",
    "unlink",
    "unlinkat",
    "readlink",
    "readlinkat",
    "getcwd",
    "getdents64",
    "umask",
    "flock",
    "fsync",
    "fdatasync",
    /* Frames to a tap, several at a time; and to let go of the tap at the end,
     * which is all that our rings can still register */
    "io_uring_enter",
    "io_uring_register",
    /* Sockets */
    "socket",
    "socketpair",
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    /* Signals, threads (getaddrinfo), the end */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "tgkill",
    "futex",
    "futex_waitv",
    "clone",
    "clone3",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    /* About itself */
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrandom",
    "getrusage",
    "uname",
    "sysinfo",
    "prctl",
    "arch_prctl",
    "prlimit64",
    "getrlimit",
};

static bool sandbox_rules(scmp_filter_ctx ctx)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(allowed); i++) {
        int nr = seccomp_syscall_resolve_name(allowed[i]);

        /* Not every architecture has every call */
        if (nr != __NR_SCMP_ERROR &&
            seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0) < 0) {
            return false;
        }
    }
    return true;
}

bool process_sandbox(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = -ENOMEM;

    if (ctx && sandbox_rules(ctx)) {
        rc = seccomp_load(ctx);
    }
    if (ctx) {
        seccomp_release(ctx);
    }
    if (rc < 0) {
        error_report("-sandbox on: %s", g_strerror(-rc));
    }
    return rc == 0;
}

#else

bool process_sandbox(void)
{
    error_report("-sandbox on: this build is without libseccomp");
    return false;
}

#endif

void process_fini(void)
{
    if (pidfile) {
        unlink(pidfile);
        g_clear_pointer(&pidfile, g_free);
    }
}
