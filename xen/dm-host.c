// SPDX-License-Identifier: MIT
/*
 * dm-host.c - what vifemu-dm makes on the host: taps, sockets, processes
 *
 * QEMU's own monitor listens on a socket that was bound in a directory nobody
 * else can enter, and was unlinked there at once.  Its O_PATH descriptor is the
 * only way to it, by /proc/self/fd.
 */
#include "xen/dm-host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>

#include "xen/wire.h"

enum { BACKLOG = 8 };

static bool fail(GError **err, const char *what, int why)
{
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what,
                g_strerror(why));
    return false;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void fds_init(struct dm_fds *f)
{
    f->monitor = f->qmp = f->state = -1;
    for (unsigned i = 0; i < DM_NICS_MAX; i++) {
        f->canary[i] = f->tap[i] = -1;
    }
}

static void fds_close(struct dm_fds *f)
{
    close_fd(&f->monitor);
    close_fd(&f->qmp);
    close_fd(&f->state);
    for (unsigned i = 0; i < DM_NICS_MAX; i++) {
        close_fd(&f->canary[i]);
        close_fd(&f->tap[i]);
    }
}

/* Call for each descriptor */
static void fds_each(const struct dm_fds *f, void (*run)(int fd))
{
    run(f->monitor);
    for (unsigned i = 0; i < DM_NICS_MAX; i++) {
        run(f->canary[i]);
        run(f->tap[i]);
    }
}

/* What libxl has set */
static struct rlimit file_size = { RLIM_INFINITY, RLIM_INFINITY };

void dm_host_lift(void)
{
    const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

    signal(SIGXFSZ, SIG_IGN);
    if (!getrlimit(RLIMIT_FSIZE, &file_size)) {
        setrlimit(RLIMIT_FSIZE, &none);
    }
}

void dm_host_limit(void)
{
    setrlimit(RLIMIT_FSIZE, &file_size);
    signal(SIGXFSZ, SIG_DFL);
}

/* A listening socket at @path, for this user only */
static int listen_at(const char *path, GError **err)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    mode_t mask;
    int fd, rc;

    if (strlen(path) >= sizeof(sun.sun_path)) {
        fail(err, path, ENAMETOOLONG);
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail(err, path, errno);
        return -1;
    }
    strcpy(sun.sun_path, path);
    unlink(path);
    mask = umask(0177);
    rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
    umask(mask);
    if (rc || listen(fd, BACKLOG)) {
        fail(err, path, errno);
        close(fd);
        return -1;
    }
    return fd;
}

/* QEMU's own listening socket and the way to it */
static bool monitor_make(struct dm_host *h, GError **err)
{
    char *dir = g_dir_make_tmp("vifemu-dm-XXXXXX", err), *path;

    if (!dir) {
        return false;
    }
    path = g_build_filename(dir, "qmp", NULL);
    h->qemu.monitor = listen_at(path, err);
    if (h->qemu.monitor >= 0) {
        h->monitor = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
        if (h->monitor < 0) {
            fail(err, path, errno);
        }
        unlink(path);
    }
    rmdir(dir);
    g_free(path);
    g_free(dir);
    return h->monitor >= 0;
}

int dm_host_connect(void *host)
{
    const struct dm_host *h = host;
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), why;

    if (fd < 0) {
        return -1;
    }
    g_snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d",
               h->monitor);
    if (connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
        why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static bool nic_make(struct dm_host *h, const struct dm_nic *n, unsigned k,
                     GError **err)
{
    int pair[2];

    if (n->tap_fd >= 0) {
        h->vifemu.tap[k] = n->tap_fd;
        fcntl(n->tap_fd, F_SETFD, FD_CLOEXEC);
    } else {
        h->vifemu.tap[k] =
            wire_hold(n->ifname, IFF_TUN_EXCL | IFF_VNET_HDR, err);
    }
    if (h->vifemu.tap[k] < 0) {
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return fail(err, "socketpair", errno);
    }
    h->qemu.canary[k] = pair[0];
    h->vifemu.canary[k] = pair[1];
    return true;
}

static bool host_make(struct dm_host *h, const struct dm_plan *p, GError **err)
{
    for (guint i = 0; i < p->nics->len; i++) {
        const struct dm_nic *n = p->nics->pdata[i];

        if (n->ours && !nic_make(h, n, i, err)) {
            return false;
        }
    }
    h->qemu_pid = pidfd_open(getpid(), 0);
    if (h->qemu_pid < 0) {
        return fail(err, "pidfd_open", errno);
    }
    if (!monitor_make(h, err)) {
        return false;
    }
    h->listener = p->qmp_fd >= 0 ? p->qmp_fd : listen_at(p->qmp_path, err);
    if (h->listener >= 0) {
        fcntl(h->listener, F_SETFD, FD_CLOEXEC);
    }
    return h->listener >= 0;
}

int dm_host_probe(const struct dm_plan *p, GError **err)
{
    int fd;

    do {
        fd = accept(p->qmp_fd, NULL, NULL);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        fail(err, "the monitor", errno);
    } else {
        close(p->qmp_fd);
    }
    return fd;
}

struct dm_host *dm_host_new(const struct dm_plan *p, GError **err)
{
    struct dm_host *h = g_new0(struct dm_host, 1);

    fds_init(&h->qemu);
    fds_init(&h->vifemu);
    h->listener = h->monitor = h->qemu_pid = -1;
    if (!host_make(h, p, err)) {
        dm_host_free(h);
        return NULL;
    }
    return h;
}

void dm_host_free(struct dm_host *h)
{
    if (!h) {
        return;
    }
    fds_close(&h->qemu);
    fds_close(&h->vifemu);
    close_fd(&h->listener);
    close_fd(&h->monitor);
    close_fd(&h->qemu_pid);
    g_free(h);
}

static void inherit(int fd)
{
    if (fd >= 0) {
        fcntl(fd, F_SETFD, 0);
    }
}

void dm_host_qemu(struct dm_host *h)
{
    fds_close(&h->vifemu);
    close_fd(&h->listener);
    close_fd(&h->monitor);
    close_fd(&h->qemu_pid);
    fds_each(&h->qemu, inherit);
}

static int compare(const void *a, const void *b)
{
    const int *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Close all but @keep, which is sorted here */
static void close_others(int *keep, unsigned n)
{
    unsigned from = 0;

    qsort(keep, n, sizeof(*keep), compare);
    for (unsigned i = 0; i < n; i++) {
        if (keep[i] < 0) {
            continue;
        }
        if ((unsigned)keep[i] > from) {
            close_range(from, (unsigned)keep[i] - 1, 0);
        }
        from = (unsigned)keep[i] + 1;
    }
    close_range(from, ~0u, 0);
}

void dm_host_supervisor(struct dm_host *h, int log)
{
    int keep[8 + 2 * DM_NICS_MAX] = {
        0, 1, 2, h->listener, h->monitor, h->qemu_pid, log, h->vifemu.state
    };
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    fds_close(&h->qemu);
    memcpy(keep + 8, h->vifemu.canary, sizeof(h->vifemu.canary));
    memcpy(keep + 8 + DM_NICS_MAX, h->vifemu.tap, sizeof(h->vifemu.tap));
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    /* Why something failed is said on the old standard error, too */
    close_others(keep, G_N_ELEMENTS(keep));
}

pid_t dm_host_spawn(char *const *argv, const int *fds, int out)
{
    pid_t parent = getpid(), pid = fork();

    if (pid) {
        return pid;
    }
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    for (; *fds >= 0; fds++) {
        inherit(*fds);
    }
    dm_host_limit();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        execv(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], g_strerror(errno));
    }
    _exit(127);
}

int dm_host_memory(GBytes *state)
{
    int fd = memfd_create("vifemu-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    gsize len;
    const void *data = g_bytes_get_data(state, &len);

    if (fd < 0) {
        return -1;
    }
    if (pwrite(fd, data, len, 0) != (ssize_t)len ||
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) {
        close(fd);
        return -1;
    }
    return fd;
}

char *dm_qemu_find(const char *wish, GError **err)
{
    /* Debian 12 and later; Xen built from source, where it was told to put it;
     * a distribution's QEMU, if it was built with Xen */
    static const char *const places[] = {
        "/usr/libexec/xen-qemu-system-i386",
        "/usr/lib/xen/bin/qemu-system-i386",
        "/usr/lib64/xen/bin/qemu-system-i386",
        "/usr/libexec/xen/bin/qemu-system-i386",
        "/usr/local/lib/xen/bin/qemu-system-i386",
        "/usr/bin/qemu-system-i386",
        "/usr/bin/qemu-system-x86_64",
    };

    if (wish && !access(wish, X_OK)) {
        return g_strdup(wish);
    }
    for (unsigned i = 0; !wish && i < G_N_ELEMENTS(places); i++) {
        if (!access(places[i], X_OK)) {
            return g_strdup(places[i]);
        }
    }
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                "%s: cannot be run; Debian has QEMU for Xen in the package "
                "qemu-system-xen, and qemu= in the configuration or "
                "VIFEMU_DM_QEMU says where another one is",
                wish ? wish : places[0]);
    return NULL;
}

static char *ids(uid_t uid, gid_t gid)
{
    return g_strdup_printf("%u:%u", (unsigned)uid, (unsigned)gid);
}

char *dm_user(const struct dm_plan *p, const struct dm_settings *s)
{
    /* docs/features/qemu-deprivilege of Xen */
    static const char base[] = "xen-qemuuser-range-base";
    static const char shared[] = "xen-qemuuser-shared";
    const struct passwd *pw;

    if (p->user || s->user) {
        return g_strdup(p->user ? p->user : s->user);
    }
    pw = getpwnam(base);
    if (pw) {
        return ids(pw->pw_uid + p->domid, pw->pw_gid);
    }
    pw = getpwnam(shared);
    pw = pw ? pw : getpwnam("nobody");
    return pw ? ids(pw->pw_uid, pw->pw_gid) : g_strdup("65534:65534");
}
