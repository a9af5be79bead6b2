// SPDX-License-Identifier: MIT
/*
 * dm-super.c - the process beside QEMU that looks after vifemu
 *
 * libxl knows one process, which becomes QEMU.  This one is not QEMU's child,
 * has a session of its own, and holds QEMU's pidfd: when QEMU is gone, however
 * that came about, vifemu is ended and nothing is left.
 *
 *     libxl --qmp-libxl-D--> vifemu-dm --pipe without a name--> QEMU
 *                                |                               |
 *                                +----socket pair----> vifemu    | canary
 *                                                        ^-------+
 *
 * QEMU starts with -S and so does not write to xenstore that it runs, which is
 * what libxl waits for, before vifemu is attached and we say "cont"; and nobody
 * accepts libxl's connection before.  So no guest runs without its cards.
 */
#include "xen/dm-super.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "monitor/json.h"
#include "system/vm-error.h"
#include "xen/dm-log.h"
#include "xen/dm-proxy.h"
#include "xen/dm-reap.h"

/* Milliseconds.  libxl waits 60 s for QEMU to run, and 10 s for the answer to a
 * command */
enum {
    QEMU_START_MS = 60000,
    QEMU_CALL_MS = 10000,
    VIFEMU_START_MS = 60000,
    VIFEMU_CALL_MS = 8000,
    END_MS = 3000,
};

/* Bytes of vifemu's that are logged in all: a guest that has taken it over
 * shall not fill a disk (XSA-180) */
enum { SAID_MAX = 1 << 20 };

/**
 * struct super - The supervisor of one guest
 * @vifemu: Its monitor; @eof: it is gone
 * @pid:    vifemu, 0: there is none; @pidfd: readable when it ended, or -1
 * @reap:   For what it leaves in Xen; may be NULL
 * @says:   A pipe from its standard output and error, or -1
 * @said:   How much of that, and of its monitor's events, was logged
 */
struct super {
    struct dm_plan *plan;
    const struct dm_settings *settings;
    const char *user;
    struct dm_host *host;
    struct dm_link vifemu;
    pid_t pid;
    int pidfd, says;
    size_t said;
    struct dm_proxy *proxy;
    struct dm_reap *reap;
};

static gint64 int_of(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : -1;
}

/* The device of QEMU's first PCI bus that is called @id, or NULL */
static JsonObject *pci_find(JsonNode *answer, const char *id)
{
    JsonArray *buses = json_as_array(answer), *devices;
    JsonObject *bus;

    bus = buses && json_array_get_length(buses)
              ? json_as_object(json_array_get_element(buses, 0))
              : NULL;
    devices = json_as_array(json_get(bus, "devices"));
    for (guint i = 0; devices && i < json_array_get_length(devices); i++) {
        JsonObject *d = json_as_object(json_array_get_element(devices, i));

        if (!g_strcmp0(json_as_string(json_get(d, "qdev_id")), id)) {
            return d;
        }
    }
    return NULL;
}

static bool slot_set(struct dm_nic *n, JsonNode *pci, GError **err)
{
    JsonObject *d = pci_find(pci, n->id);
    gint64 slot = d ? int_of(d, "slot") : -1;
    gint64 function = d ? int_of(d, "function") : -1;

    if (slot < 0 || slot > 31 || function < 0 || function > 7) {
        return vm_fail(err, "there is no PCI card '%s'", n->id);
    }
    g_free(n->addr);
    n->addr = g_strdup_printf("%02x.%x", (unsigned)slot, (unsigned)function);
    return true;
}

/* Ask QEMU where it has put its cards */
static bool find_slots(struct super *s, struct dm_link *qemu, GError **err)
{
    int watch = s->host->qemu_pid;
    JsonNode *pci;
    bool ok = true;

    if (!dm_link_greeted(qemu, watch, QEMU_START_MS, err)) {
        return false;
    }
    pci = dm_link_call(qemu, "query-pci", NULL, -1, watch, QEMU_CALL_MS, err);
    for (guint i = 0; pci && ok && i < s->plan->nics->len; i++) {
        struct dm_nic *n = s->plan->nics->pdata[i];

        ok = !n->ours || n->isa || slot_set(n, pci, err);
    }
    ok = ok && pci;
    g_clear_pointer(&pci, json_node_unref);
    return ok;
}

/* Let QEMU say to libxl that it runs, if libxl has not asked it to wait */
static bool qemu_run(struct super *s, struct dm_link *qemu, GError **err)
{
    JsonNode *node;

    if (s->plan->stopped) {
        return true;
    }
    node = dm_link_call(qemu, "cont", NULL, -1, s->host->qemu_pid, QEMU_CALL_MS,
                        err);
    if (!node) {
        return false;
    }
    json_node_unref(node);
    return true;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Which descriptors vifemu gets: @give, ends in -1 */
static void vifemu_fds(const struct super *s, int *give)
{
    const struct dm_fds *f = &s->host->vifemu;
    unsigned n = 0;

    give[n++] = f->qmp;
    for (guint i = 0; i < s->plan->nics->len; i++) {
        const struct dm_nic *nic = s->plan->nics->pdata[i];

        if (f->tap[i] >= 0) {
            give[n++] = f->tap[i];
        }
        if (nic->ours && nic->policy == DM_BOTH) {
            give[n++] = f->canary[i];
        }
    }
    if (f->state >= 0) {
        give[n++] = f->state;
    }
    give[n] = -1;
}

/* Keep nothing that would keep a tap or a canary alive without vifemu; that of
 * a card that cannot be unplugged stays open, so that QEMU's has a cable */
static void vifemu_fds_close(struct super *s)
{
    struct dm_fds *f = &s->host->vifemu;

    for (guint i = 0; i < s->plan->nics->len; i++) {
        const struct dm_nic *nic = s->plan->nics->pdata[i];

        close_fd(&f->tap[i]);
        if (nic->policy == DM_BOTH) {
            close_fd(&f->canary[i]);
        }
    }
    close_fd(&f->state);
    close_fd(&f->qmp);
}

static bool vifemu_start(struct super *s, GError **err)
{
    struct dm_fds *f = &s->host->vifemu;
    int pair[2], say[2], give[2 * DM_NICS_MAX + 3];
    char **argv, *shown;
    pid_t pid;
    int why;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return vm_fail(err, "socketpair: %s", g_strerror(errno));
    }
    dm_link_init(&s->vifemu, pair[0]);
    f->qmp = pair[1];
    /* What does not fit while we are busy is lost, and holds nobody up */
    if (pipe2(say, O_CLOEXEC | O_NONBLOCK)) {
        return vm_fail(err, "pipe: %s", g_strerror(errno));
    }
    s->says = say[0];
    vifemu_fds(s, give);
    argv = dm_plan_vifemu(s->plan, s->settings->vifemu, s->user, f);
    shown = g_strjoinv(" ", argv);
    dm_log("starting %s", shown);
    pid = dm_host_spawn(argv, give, say[1]);
    why = errno;
    g_free(shown);
    g_strfreev(argv);
    close(say[1]);
    vifemu_fds_close(s);
    if (pid < 0) {
        return vm_fail(err, "cannot be started: %s", g_strerror(why));
    }
    s->pid = pid;
    s->pidfd = pidfd_open(pid, 0);
    return s->pidfd >= 0 ||
           vm_fail(err, "cannot be watched: %s", g_strerror(errno));
}

/* Log a line of vifemu's, as long as there are not too many */
static void log_line(struct super *s, const char *line)
{
    if (s->said > SAID_MAX || !*line) {
        return;
    }
    s->said += strlen(line) + 1;
    if (s->said > SAID_MAX) {
        dm_log("vifemu says more than anybody reads: no more of that");
    } else {
        dm_log("vifemu: %s", line);
    }
}

/* What vifemu says on its standard error */
static void vifemu_says(struct super *s)
{
    char text[4096];
    ssize_t n = s->says >= 0 ? read(s->says, text, sizeof(text) - 1) : -1;
    char **lines;

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            close_fd(&s->says);
        }
        return;
    }
    text[n] = '\0';
    lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        log_line(s, *l);
    }
    g_strfreev(lines);
}

/* Everything that vifemu says unasked on its monitor */
static void vifemu_events(struct super *s)
{
    char *line;

    dm_link_read(&s->vifemu);
    while ((line = dm_link_line(&s->vifemu))) {
        log_line(s, line);
        g_free(line);
    }
}

/* How a process that ended did so; to be freed */
static char *ending(int status)
{
    return WIFSIGNALED(status)
               ? g_strdup_printf("was ended by signal %d (%s)",
                                 WTERMSIG(status),
                                 g_strsignal(WTERMSIG(status)))
               : g_strdup_printf("exited with %d", WEXITSTATUS(status));
}

static bool readable(int fd, int ms)
{
    struct pollfd p = { fd, POLLIN, 0 };

    while (poll(&p, 1, ms) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return p.revents != 0;
}

/* Collect vifemu, which has ended, or is killed if it has not; how it ended,
 * to be freed */
static char *vifemu_collect(struct super *s)
{
    char *how;
    int status = 0;

    if (!readable(s->pidfd, 0)) {
        kill(s->pid, SIGKILL);
    }
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (unsigned i = 0; i < SAID_MAX / 4096 && s->says >= 0; i++) {
        vifemu_says(s);
    }
    close_fd(&s->says);
    how = ending(status);
    close_fd(&s->pidfd);
    s->pid = 0;
    s->vifemu.eof = true;
    dm_reap_run(s->reap);
    return how;
}

/* vifemu is to end; it has a moment to put things in order */
static void vifemu_end(struct super *s)
{
    char *how;

    if (!s->pid) {
        return;
    }
    kill(s->pid, SIGTERM);
    readable(s->pidfd, END_MS);
    how = vifemu_collect(s);
    dm_log("vifemu %s", how);
    g_free(how);
}

/* vifemu ended by itself: the guest goes on without its cards */
static void vifemu_gone(struct super *s)
{
    char *how;

    /* Out of step with us, though perhaps not ended */
    if (!readable(s->pidfd, 100)) {
        dm_log_failure("vifemu does not do what it is told, and is killed");
    }
    how = vifemu_collect(s);
    dm_log_failure("vifemu %s: its cards are dead until the guest is started "
                   "again or saved and restored; QEMU goes on",
                   how);
    g_free(how);
}

static bool attach_with(struct super *s, struct dm_link *qemu, GError **err)
{
    if (!find_slots(s, qemu, err)) {
        g_prefix_error(err, "QEMU: ");
        return false;
    }
    s->reap = dm_reap_new(s->plan->domid);
    if (!vifemu_start(s, err) ||
        !dm_link_greeted(&s->vifemu, s->host->qemu_pid, VIFEMU_START_MS, err)) {
        g_prefix_error(err, "vifemu: ");
        return false;
    }
    dm_reap_mark(s->reap);
    dm_plan_log(s->plan);
    if (!qemu_run(s, qemu, err)) {
        g_prefix_error(err, "QEMU: ");
        return false;
    }
    return true;
}

/* vifemu is started where QEMU was, which is where romfile= is looked for */
static bool attach(struct super *s, GError **err)
{
    struct dm_link qemu;
    bool ok;

    dm_link_init(&qemu, dm_host_connect(s->host));
    ok = qemu.fd >= 0
             ? attach_with(s, &qemu, err)
             : vm_fail(err, "QEMU: its monitor: %s", g_strerror(errno));
    dm_link_clear(&qemu);
    if (chdir("/") < 0) {
        /* It keeps a directory busy, no more */
    }
    return ok;
}

/* "xl create" shall fail: take QEMU away */
static void qemu_end(struct super *s)
{
    pidfd_send_signal(s->host->qemu_pid, SIGTERM, NULL, 0);
    if (!readable(s->host->qemu_pid, END_MS)) {
        pidfd_send_signal(s->host->qemu_pid, SIGKILL, NULL, 0);
    }
}

static void client_new(struct super *s)
{
    int fd = accept4(s->host->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        dm_proxy_accept(s->proxy, fd);
    }
}

/* Until QEMU ends */
static void serve(struct super *s)
{
    enum { QEMU, LISTENER, VIFEMU, ENDED, SAYS, CLIENT, FDS = CLIENT + 2 };
    struct pollfd p[FDS];

    for (;;) {
        bool busy = dm_proxy_has_client(s->proxy);

        p[QEMU] = (struct pollfd){ s->host->qemu_pid, POLLIN, 0 };
        p[LISTENER] =
            (struct pollfd){ busy ? -1 : s->host->listener, POLLIN, 0 };
        p[VIFEMU] = (struct pollfd){ s->pid ? s->vifemu.fd : -1, POLLIN, 0 };
        p[ENDED] = (struct pollfd){ s->pidfd, POLLIN, 0 };
        p[SAYS] = (struct pollfd){ s->says, POLLIN, 0 };
        dm_proxy_poll(s->proxy, p + CLIENT);
        if (poll(p, FDS, -1) < 0 && errno != EINTR) {
            dm_log_failure("poll: %s", g_strerror(errno));
            return;
        }
        if (p[QEMU].revents) {
            return;
        }
        if (p[VIFEMU].revents) {
            vifemu_events(s);
        }
        if (p[SAYS].revents) {
            vifemu_says(s);
        }
        dm_proxy_run(s->proxy, p + CLIENT);
        if (s->pid && (p[ENDED].revents || s->vifemu.eof)) {
            vifemu_gone(s);
        }
        if (p[LISTENER].revents) {
            client_new(s);
        }
    }
}

void dm_super_run(struct dm_plan *p, const struct dm_settings *settings,
                  const char *user, struct dm_host *h)
{
    struct super s = { .plan = p,
                       .settings = settings,
                       .user = user,
                       .host = h,
                       .vifemu = { .fd = -1 },
                       .pidfd = -1,
                       .says = -1 };
    GError *err = NULL;

    if (attach(&s, &err)) {
        s.proxy = dm_proxy_new(&s.vifemu, dm_host_connect, h, VIFEMU_CALL_MS);
        serve(&s);
        dm_log("QEMU is gone");
    } else {
        dm_log_failure("%s", err->message);
        g_error_free(err);
        qemu_end(&s);
    }
    vifemu_end(&s);
    dm_proxy_free(s.proxy);
    dm_reap_free(s.reap);
    dm_link_clear(&s.vifemu);
    if (p->qmp_path) {
        unlink(p->qmp_path);
    }
}
