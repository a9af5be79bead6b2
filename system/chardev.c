// SPDX-License-Identifier: MIT
/*
 * chardev.c - where QMP and qtest clients come from: -chardev
 */
#include "system/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/opts.h"
#include "system/vm.h"

enum { LISTEN_BACKLOG = 1 };

static GPtrArray *chardevs;
static GPtrArray *waiting; /* struct chardev that have wait=on */

/* Options of a socket; wait= counts with server=on only */
struct socket_opts {
    const char *path, *host, *port;
    uint64_t fd;
    bool has_fd, server, wait;
};

static bool socket_read_opts(JsonObject *opts, struct socket_opts *s,
                             GError **err)
{
    static const char *const known[] = {
        "backend", "id",        "path",      "host",  "port", "fd",
        "server",  "wait",      "nodelay",   "delay", "ipv4", "ipv6",
        "logfile", "logappend", "reconnect", "mux",   NULL,
    };

    s->has_fd = json_object_has_member(opts, "fd");
    s->wait = true;
    if (!opts_known(opts, known, err) ||
        !opts_str(opts, "path", &s->path, err) ||
        !opts_str(opts, "host", &s->host, err) ||
        !opts_uint(opts, "fd", 0, INT32_MAX, &s->fd, err) ||
        !opts_bool(opts, "server", &s->server, err) ||
        !opts_bool(opts, "wait", &s->wait, err)) {
        return false;
    }
    s->port = opts_peek(opts, "port");
    if ((s->path != NULL) + (s->port != NULL) + s->has_fd != 1) {
        return vm_fail(err, "a socket needs one of path=, fd=, or host= "
                            "and port=");
    }
    return true;
}

/* -1 with @err */
static int unix_open(const struct socket_opts *s, GError **err)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(s->path) >= sizeof(sun.sun_path)) {
        vm_fail(err, "path '%s' is longer than %zu bytes", s->path,
                sizeof(sun.sun_path) - 1);
        return -1;
    }
    memcpy(sun.sun_path, s->path, strlen(s->path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        goto fail;
    }
    if (s->server) {
        unlink(s->path);
        if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
            listen(fd, LISTEN_BACKLOG) < 0) {
            goto fail;
        }
    } else if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
        goto fail;
    }
    return fd;
fail:
    vm_fail(err, "cannot %s socket '%s': %s",
            s->server ? "create" : "connect to", s->path, g_strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* Connect to or listen on one address; -1 with errno */
static int tcp_try(const struct addrinfo *ai, bool server)
{
    int one = 1, fd, saved;

    fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    if (server) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (!bind(fd, ai->ai_addr, ai->ai_addrlen) &&
            !listen(fd, LISTEN_BACKLOG)) {
            return fd;
        }
    } else if (!connect(fd, ai->ai_addr, ai->ai_addrlen)) {
        return fd;
    }
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int tcp_open(const struct socket_opts *s, GError **err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1, rc;

    hints.ai_flags = s->server ? AI_PASSIVE : 0;
    rc = getaddrinfo(s->host && *s->host ? s->host : NULL, s->port, &hints,
                     &list);
    if (rc) {
        vm_fail(err, "cannot resolve '%s:%s': %s", s->host ? s->host : "",
                s->port, gai_strerror(rc));
        return -1;
    }
    for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next) {
        fd = tcp_try(ai, s->server);
    }
    if (fd < 0) {
        vm_fail(err, "cannot %s '%s:%s': %s",
                s->server ? "listen on" : "connect to", s->host ? s->host : "",
                s->port, g_strerror(errno));
    }
    freeaddrinfo(list);
    return fd;
}

static int inherited_fd(uint64_t n, GError **err)
{
    int fd = (int)n, type;
    socklen_t len = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0) {
        vm_fail(err, "fd=%d is not an open socket", fd);
        return -1;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static char *socket_name(const struct socket_opts *s)
{
    const char *suffix = s->server ? ",server=on" : "";

    if (s->path) {
        return g_strdup_printf("unix:%s%s", s->path, suffix);
    }
    if (s->port) {
        return g_strdup_printf("tcp:%s:%s%s", s->host ? s->host : "", s->port,
                               suffix);
    }
    return g_strdup_printf("unix:%s", suffix);
}

static bool socket_open(struct chardev *c, JsonObject *opts, GError **err)
{
    struct socket_opts s = { 0 };

    if (!socket_read_opts(opts, &s, err)) {
        return false;
    }
    if (s.has_fd) {
        c->in = inherited_fd(s.fd, err);
    } else {
        c->in = s.path ? unix_open(&s, err) : tcp_open(&s, err);
    }
    if (c->in < 0) {
        return false;
    }
    c->out = c->in;
    c->listening = s.server;
    c->filename = socket_name(&s);
    c->path = s.server && s.path ? g_strdup(s.path) : NULL;
    if (s.server && s.wait) {
        g_ptr_array_add(waiting, c);
    }
    return true;
}

static bool stdio_open(struct chardev *c, JsonObject *opts, GError **err)
{
    static const char *const known[] = { "backend", "id", "signal", "mux",
                                         NULL };

    c->in = STDIN_FILENO;
    c->out = STDOUT_FILENO;
    c->filename = g_strdup("stdio");
    return opts_known(opts, known, err);
}

static bool null_open(struct chardev *c, JsonObject *opts, GError **err)
{
    static const char *const known[] = { "backend", "id", "mux", NULL };

    c->filename = g_strdup("null");
    return opts_known(opts, known, err);
}

/* A pair of named pipes PATH.in and PATH.out, or one PATH */
static bool pipe_open(struct chardev *c, JsonObject *opts, GError **err)
{
    static const char *const known[] = { "backend", "id", "path", "mux", NULL };
    const char *path = opts_peek(opts, "path");
    char *in, *out;

    if (!opts_known(opts, known, err)) {
        return false;
    }
    if (!path) {
        return vm_fail(err, "a pipe needs path=");
    }
    in = g_strdup_printf("%s.in", path);
    out = g_strdup_printf("%s.out", path);
    c->in = open(in, O_RDWR | O_CLOEXEC);
    c->out = open(out, O_RDWR | O_CLOEXEC);
    if (c->in < 0 || c->out < 0) {
        vm_fail(err, "cannot open pipes '%s' and '%s': %s", in, out,
                g_strerror(errno));
    }
    c->filename = g_strdup_printf("pipe:%s", path);
    g_free(in);
    g_free(out);
    return c->in >= 0 && c->out >= 0;
}

static const struct {
    const char *name;
    bool (*open)(struct chardev *c, JsonObject *opts, GError **err);
} backends[] = {
    { "socket", socket_open },
    { "stdio", stdio_open },
    { "null", null_open },
    { "pipe", pipe_open },
};

static void chardev_free(void *opaque)
{
    struct chardev *c = opaque;

    if (c->in > STDERR_FILENO && !c->taken) {
        close(c->in);
    }
    if (c->out > STDERR_FILENO && c->out != c->in && !c->taken) {
        close(c->out);
    }
    if (c->path) {
        unlink(c->path);
    }
    g_free(c->path);
    g_free(c->filename);
    g_free(c->id);
    g_free(c);
}

static struct chardev *chardev_find(const char *id)
{
    for (guint i = 0; id && chardevs && i < chardevs->len; i++) {
        struct chardev *c = chardevs->pdata[i];

        if (!g_strcmp0(c->id, id)) {
            return c;
        }
    }
    return NULL;
}

static bool chardev_check_id(const char *id, GError **err)
{
    if (!id || !opts_id_ok(id)) {
        return vm_fail(err, "property 'id' is needed: a letter, then "
                            "letters, digits, '-', '.', '_'");
    }
    return !chardev_find(id) ||
           vm_fail(err, "id '%s' is taken by another -chardev", id);
}

static struct chardev *chardev_open(JsonObject *opts, GError **err)
{
    const char *backend = opts_peek(opts, "backend");
    struct chardev *c;

    if (!chardevs) {
        chardevs = g_ptr_array_new_with_free_func(chardev_free);
        waiting = g_ptr_array_new();
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(backends); i++) {
        if (g_strcmp0(backend, backends[i].name) != 0) {
            continue;
        }
        c = g_new0(struct chardev, 1);
        c->in = c->out = -1;
        c->id = g_strdup(opts_peek(opts, "id"));
        if (!backends[i].open(c, opts, err)) {
            chardev_free(c);
            return NULL;
        }
        g_ptr_array_add(chardevs, c);
        return c;
    }
    vm_fail(err,
            "'%s' is not a character backend: there are socket, stdio, "
            "null, pipe",
            backend ? backend : "");
    return NULL;
}

struct chardev *chardev_new(JsonObject *opts, GError **err)
{
    return chardev_check_id(opts_peek(opts, "id"), err)
               ? chardev_open(opts, err)
               : NULL;
}

/* "tcp:HOST:PORT" in @o's terms */
static bool legacy_tcp(JsonObject *o, const char *addr, GError **err)
{
    const char *colon = strrchr(addr, ':');
    char *host;

    if (!colon) {
        return vm_fail(err, "'%s' should be HOST:PORT", addr);
    }
    host = g_strndup(addr, (gsize)(colon - addr));
    json_object_set_string_member(o, "host", host);
    json_object_set_string_member(o, "port", colon + 1);
    g_free(host);
    return true;
}

struct chardev *chardev_legacy(const char *spec, GError **err)
{
    JsonObject *o;
    struct chardev *c = NULL;
    char *first;
    bool ok = true;

    if (g_str_has_prefix(spec, "chardev:")) {
        return chardev_take(spec + strlen("chardev:"), err);
    }
    o = opts_parse(spec, "backend", err);
    if (!o) {
        return NULL;
    }
    first = g_strdup(opts_peek(o, "backend"));
    if (first && g_str_has_prefix(first, "unix:")) {
        json_object_set_string_member(o, "backend", "socket");
        json_object_set_string_member(o, "path", first + strlen("unix:"));
    } else if (first && g_str_has_prefix(first, "tcp:")) {
        json_object_set_string_member(o, "backend", "socket");
        ok = legacy_tcp(o, first + strlen("tcp:"), err);
    } else if (first && g_str_has_prefix(first, "fd:")) {
        json_object_set_string_member(o, "backend", "socket");
        json_object_set_string_member(o, "fd", first + strlen("fd:"));
    } else if (first && g_str_has_prefix(first, "pipe:")) {
        json_object_set_string_member(o, "backend", "pipe");
        json_object_set_string_member(o, "path", first + strlen("pipe:"));
    }
    if (ok) {
        c = chardev_open(o, err);
    }
    if (c) {
        c->taken = true;
    }
    g_free(first);
    json_object_unref(o);
    return c;
}

struct chardev *chardev_take(const char *id, GError **err)
{
    struct chardev *c = chardev_find(id);

    if (!c) {
        vm_fail(err, "there is no -chardev with id '%s'", id);
        return NULL;
    }
    if (c->taken) {
        vm_fail(err, "-chardev '%s' is in use", id);
        return NULL;
    }
    c->taken = true;
    return c;
}

bool chardev_wait_all(GError **err)
{
    for (guint i = 0; waiting && i < waiting->len; i++) {
        struct chardev *c = waiting->pdata[i];
        struct pollfd p = { .fd = c->in, .events = POLLIN };

        while (poll(&p, 1, -1) < 0) {
            if (errno != EINTR) {
                return vm_fail(err, "cannot wait for a client of %s: %s",
                               c->filename, g_strerror(errno));
            }
        }
    }
    return true;
}

void chardev_close_all(void)
{
    g_clear_pointer(&waiting, g_ptr_array_unref);
    g_clear_pointer(&chardevs, g_ptr_array_unref);
}
