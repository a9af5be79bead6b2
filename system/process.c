// SPDX-License-Identifier: MIT
/*
 * process.c - the process itself: background, rights, confinement
 *
 * The sandbox is an allow list for a process that is set up: moving frames,
 * serving QMP and qtest, opening what netdev_add and object-add ask for.  It
 * cannot start processes or programs (so tap scripts must have run), change its
 * rights or trace others.  What is not on the list fails with EPERM rather than
 * kills: a library's harmless probe should not end a guest's network.
 *
 * With open=deny it keeps the descriptors that it has, and gets no others but
 * those of QMP clients; ioctl is for Xen's hypercalls alone, and no memory can
 * be made executable.
 *
 * Isolation gives it namespaces of its own first.  A descriptor stays what it
 * was: an open tap carries on in the network it was made in.
 */
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef CONFIG_SECCOMP
#include <seccomp.h>
#endif

#include <glib.h>

#include "system/options.h"

static int ready_fd = -1; /* To the waiting parent */
static int null_fd = -1;  /* /dev/null, which may be out of reach later */
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
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    return true;
}

void process_leave_folder(void)
{
    if (ready_fd >= 0 && chdir("/") < 0) {
        /* It keeps a folder busy, no more */
    }
}

void process_ready(void)
{
    const char ok = 1;

    if (ready_fd < 0) {
        return;
    }
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        dup2(null_fd, STDERR_FILENO);
        close(null_fd);
        null_fd = -1;
    }
    if (write(ready_fd, &ok, 1) < 0) {
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

static bool isolate_fail(const char *what)
{
    error_report("-run-with isolate=on: %s: %s", what, g_strerror(errno));
    return false;
}

/* The mount that we are in becomes the root */
static bool root_change(void)
{
    /* Old and new one in one place, the old one on top */
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        return umount2(".", MNT_DETACH) == 0;
    }
    /* An initramfs cannot be let go of, but covered */
    return errno == EINVAL && mount(".", "/", NULL, MS_MOVE, NULL) == 0 &&
           chroot(".") == 0;
}

/* An empty file system instead of what is there */
static bool root_empty(void)
{
    static const char at[] = "/tmp";

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", at, "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOSUID | MS_RDONLY,
              "nr_inodes=2,nr_blocks=0")) {
        return isolate_fail("cannot mount an empty file system on /tmp");
    }
    return (chdir(at) == 0 && root_change() && chdir("/") == 0) ||
           isolate_fail("cannot make it the root");
}

bool process_isolate(void)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)) {
        return isolate_fail("cannot have namespaces of its own");
    }
    if (!root_empty()) {
        return false;
    }
    /* A program that it started would have none; needs one itself */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
         cap++) {
        prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
    return true;
}

bool process_drop_capabilities(void)
{
    struct __user_cap_header_struct head = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
        syscall(SYS_capset, &head, none)) {
        return isolate_fail("cannot drop capabilities");
    }
    return true;
}

#ifdef CONFIG_SECCOMP

static const char *const allowed[] = {
    /* Memory */
    "brk",
    "munmap",
    "mremap",
    "madvise",
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
    "pipe",
    "pipe2",
    "fstat",
    "newfstatat", /* What fstat() is */
    "ftruncate",
    "fallocate",
    "umask",
    "flock",
    "fsync",
    "fdatasync",
    /* Frames to a tap, several at a time; and to let go of the tap at the end,
     * which is all that our rings can still register */
    "io_uring_enter",
    "io_uring_register",
    /* Sockets */
    "accept",
    "accept4",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    /* Signals, the end */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "tgkill",
    "futex",
    "futex_waitv",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "exit",
    "exit_group",
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

/* Without open=deny */
static const char *const allowed_open[] = {
    "mmap",
    "mprotect",
    "memfd_create",
    "ioctl",
    /* Files */
    "open",
    "openat",
    "stat",
    "lstat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "unlink",
    "unlinkat",
    "readlink",
    "readlinkat",
    "getcwd",
    "getdents64",
    /* Sockets */
    "socket",
    "socketpair",
    "bind",
    "listen",
    "connect",
};

static bool allow(scmp_filter_ctx ctx, const char *const *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        int nr = seccomp_syscall_resolve_name(names[i]);

        /* Not every architecture has every call */
        if (nr != __NR_SCMP_ERROR &&
            seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0) < 0) {
            return false;
        }
    }
    return true;
}

/* Calls that are allowed as long as an argument is as it should be */
static bool allow_some(scmp_filter_ctx ctx)
{
    /* Type and number (asm/ioctl.h) of mapping memory of a domain, of a
     * device model's hypercalls, and of event channels */
    static const unsigned xen[] = { 'P' << 8 | 4, 'P' << 8 | 5, 'E' << 8 | 4 };
    static const char *const map[] = { "mmap", "mprotect" };

    for (unsigned i = 0; i < G_N_ELEMENTS(xen); i++) {
        if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                             SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffff, xen[i])) < 0) {
            return false;
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(map); i++) {
        if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
                             seccomp_syscall_resolve_name(map[i]), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0) {
            return false;
        }
    }
    return true;
}

/* Threads, which name resolution starts, and no processes.  What clone3() is to
 * make a filter cannot see; ENOSYS has the C library call clone() instead */
static bool allow_threads(scmp_filter_ctx ctx)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
                                    CLONE_THREAD)) == 0 &&
           seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ==
               0;
}

static bool sandbox_rules(scmp_filter_ctx ctx, bool no_open)
{
    if (!allow(ctx, allowed, G_N_ELEMENTS(allowed))) {
        return false;
    }
    return no_open ? allow_some(ctx)
                   : allow(ctx, allowed_open, G_N_ELEMENTS(allowed_open)) &&
                         allow_threads(ctx);
}

bool process_sandbox(bool no_open)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = -ENOMEM;

    if (ctx && sandbox_rules(ctx, no_open)) {
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

bool process_sandbox(bool no_open)
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
