// SPDX-License-Identifier: MIT
/*
 * qmp.c - QMP servers: sessions, dispatch, replies and events
 *
 * A session reads a piece of input, answers every command in it, and writes
 * the answers with as few calls as the socket lets it.  While a client does not
 * read its answers nothing more is read from it, so what a session holds is
 * bounded: one piece of input, one value, OUT_MAX and one answer.  Events are
 * the exception, because they come unasked; a client that lets EVENTS_MAX of
 * them pile up is cut off rather than served with gaps.
 *
 * A session is only ever freed from session_settle(), which runs at the end of
 * the loop's callbacks: never under the feet of a command that made an event.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/json.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "system/loop.h"

enum {
    IN_SIZE = 4096,
    OUT_MAX = 64 << 10,   /* no more commands are run with so much unsent */
    EVENTS_MAX = 1 << 20, /* the client is gone or stuck */
    FDS_MAX = 16,         /* descriptors received and not yet named */
    NAMED_MAX = 64,       /* descriptors named and not yet used */
    CLOSE_MS = 1000,      /* a client's time to take what is left at the end */
};

struct listener;

/**
 * struct qmp_session - A connected client
 * @in, @out: Descriptors, may be equal
 * @socket:   They are one socket, so that descriptors may come with the text
 * @win, @wout: Watches; @wout is NULL if @in is @out
 * @flags:    File status flags of @out before it was made non-blocking
 * @buf:      Input from @buf_at to @buf_len is not parsed yet
 * @out_buf:  Output from @out_at on is not sent yet
 * @eof:      The client sends no more
 * @broken:   Nothing can be sent any more
 * @negotiated: qmp_capabilities was there: all commands, and events
 * @busy:     In session_settle(), which a command may reach again by way of the
 *            loop's tasks
 * @settle:   Runs session_settle() after an event
 * @from:     Where to accept the next client after this one, or NULL
 */
struct qmp_session {
    int in, out;
    bool socket, eof, broken, negotiated, busy;
    struct loop_fd *win, *wout;
    int flags;
    struct json_stream *json;
    char buf[IN_SIZE];
    size_t buf_at, buf_len;
    GString *out_buf;
    size_t out_at;
    int fds[FDS_MAX];
    unsigned n_fds;
    struct loop_task *settle;
    struct listener *from;
};

/**
 * struct listener - A listening socket; it rests while its client is there
 */
struct listener {
    int fd;
    struct loop_fd *watch;
};

static GSList *sessions, *listeners;
static GHashTable *named_fds; /* name -> GINT_TO_POINTER(fd) */
static JsonArray *chardevs;

static void session_settle(struct qmp_session *s);
static void session_ready(void *opaque, unsigned events);

/* Named descriptors */

static void close_named(gpointer fd)
{
    close(GPOINTER_TO_INT(fd));
}

static GHashTable *names(void)
{
    if (!named_fds) {
        named_fds =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_named);
    }
    return named_fds;
}

bool qmp_getfd(struct qmp_session *s, const char *name, GError **err)
{
    if (!s || !s->n_fds) {
        return vm_fail(err, "No file descriptor supplied via SCM_RIGHTS");
    }
    if (g_ascii_isdigit(*name) || !*name) {
        vm_fail(err, "Parameter 'fdname' expects a name not starting with a "
                     "digit");
        goto drop;
    }
    if (g_hash_table_size(names()) >= NAMED_MAX &&
        !g_hash_table_contains(names(), name)) {
        vm_fail(err, "Too many file descriptors: at most %d may wait for use",
                NAMED_MAX);
        goto drop;
    }
    s->n_fds--;
    g_hash_table_replace(names(), g_strdup(name), GINT_TO_POINTER(s->fds[0]));
    memmove(s->fds, s->fds + 1, s->n_fds * sizeof(s->fds[0]));
    return true;
drop:
    close(s->fds[0]);
    s->n_fds--;
    memmove(s->fds, s->fds + 1, s->n_fds * sizeof(s->fds[0]));
    return false;
}

bool qmp_closefd(const char *name, GError **err)
{
    if (!g_hash_table_remove(names(), name)) {
        return vm_fail(err, "File descriptor named '%s' not found", name);
    }
    return true;
}

int qmp_take_fd(const char *name)
{
    gpointer key, fd;

    if (!g_hash_table_steal_extended(names(), name, &key, &fd)) {
        return -1;
    }
    g_free(key);
    return GPOINTER_TO_INT(fd);
}

/* Chardevs */

void qmp_chardev(const char *label, const char *filename)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "label", label);
    json_object_set_string_member(o, "filename", filename);
    json_object_set_boolean_member(o, "frontend-open", TRUE);
    if (!chardevs) {
        chardevs = json_array_new();
    }
    json_array_add_object_element(chardevs, o);
}

JsonArray *qmp_chardevs(void)
{
    return chardevs ? json_array_ref(chardevs) : json_array_new();
}

/* Replies */

static size_t session_unsent(const struct qmp_session *s)
{
    return s->out_buf->len - s->out_at;
}

/* Queue one line; takes @o */
static void session_send(struct qmp_session *s, JsonObject *o)
{
    JsonNode *node = qmp_object(o);

    if (!s->broken) {
        json_write(s->out_buf, node);
        g_string_append(s->out_buf, "\r\n");
    }
    json_node_unref(node);
}

/* Takes @id, which may be NULL */
static void send_error(struct qmp_session *s, const GError *err, JsonNode *id)
{
    static const char *const class[] = {
        [VM_ERROR_GENERIC] = "GenericError",
        [VM_ERROR_COMMAND_NOT_FOUND] = "CommandNotFound",
        [VM_ERROR_DEVICE_NOT_FOUND] = "DeviceNotFound",
        [VM_ERROR_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
    };
    bool ours = err->domain == VM_ERROR && err->code >= 0 &&
                (size_t)err->code < G_N_ELEMENTS(class);
    JsonObject *o = json_object_new(), *e = json_object_new();

    json_object_set_string_member(e, "class",
                                  class[ours ? err->code : VM_ERROR_GENERIC]);
    json_object_set_string_member(e, "desc", err->message);
    json_object_set_object_member(o, "error", e);
    if (id) {
        json_object_set_member(o, "id", id);
    }
    session_send(s, o);
}

static void send_greeting(struct qmp_session *s)
{
    JsonObject *o = json_object_new(), *q = json_object_new();

    json_object_set_member(q, "version",
                           qmp_find("query-version")->run(s, NULL, NULL));
    json_object_set_array_member(q, "capabilities", json_array_new());
    json_object_set_object_member(o, "QMP", q);
    session_send(s, o);
}

static JsonObject *timestamp(void)
{
    gint64 now = g_get_real_time();
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "seconds", now / G_USEC_PER_SEC);
    json_object_set_int_member(o, "microseconds", now % G_USEC_PER_SEC);
    return o;
}

static void session_event(void *opaque, const char *name, JsonObject *data)
{
    struct qmp_session *s = opaque;
    JsonObject *o;

    if (!s->negotiated || s->broken) {
        return;
    }
    if (session_unsent(s) > EVENTS_MAX) {
        fprintf(stderr, "vifemu: a QMP client does not read its events: "
                        "closing its connection\n");
        s->broken = true;
    } else {
        o = json_object_new();
        json_object_set_object_member(o, "timestamp", timestamp());
        json_object_set_string_member(o, "event", name);
        if (data) {
            json_object_set_object_member(o, "data", json_object_ref(data));
        }
        session_send(s, o);
    }
    loop_task_wake(s->settle);
}

/* Dispatch */

bool qmp_negotiate(struct qmp_session *s, GError **err)
{
    if (!s || s->negotiated) {
        g_set_error(err, VM_ERROR, VM_ERROR_COMMAND_NOT_FOUND,
                    "Capabilities negotiation is already complete, command "
                    "ignored");
        return false;
    }
    s->negotiated = true;
    return true;
}

/* Whether @o has the form of a command */
static bool check_command(JsonObject *o, GError **err)
{
    JsonObjectIter it;
    const char *name, *wrong = NULL;
    JsonNode *value;

    json_object_iter_init_ordered(&it, o);
    while (json_object_iter_next_ordered(&it, &name, &value)) {
        if (!strcmp(name, "execute")) {
            wrong = JSON_NODE_HOLDS_VALUE(value) &&
                            json_node_get_value_type(value) == G_TYPE_STRING
                        ? NULL
                        : "must be a string";
        } else if (!strcmp(name, "arguments")) {
            wrong = JSON_NODE_HOLDS_OBJECT(value) ? NULL : "must be an object";
        } else if (strcmp(name, "id") != 0) {
            wrong = "is unexpected";
        }
        if (wrong) {
            return vm_fail(err, "QMP input member '%s' %s", name, wrong);
        }
    }
    if (!json_object_has_member(o, "execute")) {
        return vm_fail(err, "QMP input lacks member 'execute'");
    }
    return true;
}

static JsonNode *run_command(struct qmp_session *s, JsonObject *o, GError **err)
{
    const struct qmp_command *cmd;
    const char *name;

    if (!check_command(o, err)) {
        return NULL;
    }
    name = json_object_get_string_member(o, "execute");
    if (!s->negotiated && strcmp(name, "qmp_capabilities") != 0) {
        g_set_error(err, VM_ERROR, VM_ERROR_COMMAND_NOT_FOUND,
                    "Expecting capabilities negotiation with "
                    "'qmp_capabilities'");
        return NULL;
    }
    cmd = qmp_find(name);
    if (!cmd) {
        g_set_error(err, VM_ERROR, VM_ERROR_COMMAND_NOT_FOUND,
                    "The command %s has not been found", name);
        return NULL;
    }
    return qmp_run(cmd, s,
                   json_object_has_member(o, "arguments")
                       ? json_object_get_object_member(o, "arguments")
                       : NULL,
                   err);
}

/* One value from the client; takes @value */
static void session_value(struct qmp_session *s, JsonNode *value)
{
    g_autoptr(GError) err = NULL;
    JsonNode *id = NULL, *ret = NULL;
    JsonObject *reply;

    if (!JSON_NODE_HOLDS_OBJECT(value)) {
        vm_fail(&err, "QMP input must be a JSON object");
    } else {
        id = json_object_dup_member(json_node_get_object(value), "id");
        ret = run_command(s, json_node_get_object(value), &err);
    }
    if (ret) {
        reply = json_object_new();
        json_object_set_member(reply, "return", ret);
        if (id) {
            json_object_set_member(reply, "id", id);
        }
        session_send(s, reply);
    } else {
        send_error(s, err, id);
    }
    json_node_unref(value);
}

/* Answer what was read, until there is too much unsent */
static void session_parse(struct qmp_session *s)
{
    while (s->buf_at < s->buf_len && session_unsent(s) < OUT_MAX &&
           !s->broken) {
        const char *p = s->buf + s->buf_at;
        size_t left = s->buf_len - s->buf_at;
        enum json_result result = json_stream_feed(s->json, &p, &left);

        s->buf_at = s->buf_len - left;
        if (result == JSON_VALUE) {
            session_value(s, json_stream_take(s->json));
        } else if (result != JSON_MORE) {
            GError err = { VM_ERROR, VM_ERROR_GENERIC,
                           (char *)json_stream_error(s->json) };

            send_error(s, &err, NULL);
        }
        if (result == JSON_FATAL) {
            s->eof = true;
            s->buf_at = s->buf_len;
        }
    }
}

/* Input and output */

static void take_fds(struct qmp_session *s, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (s->n_fds < FDS_MAX) {
                s->fds[s->n_fds++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

static ssize_t session_recv(struct qmp_session *s)
{
    union {
        char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { s->buf, sizeof(s->buf) };
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n;

    if (!s->socket) {
        return read(s->in, s->buf, sizeof(s->buf));
    }
    n = recvmsg(s->in, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n >= 0) {
        take_fds(s, &msg);
    }
    return n;
}

static void session_read(struct qmp_session *s)
{
    ssize_t n = session_recv(s);

    if (n > 0) {
        s->buf_at = 0;
        s->buf_len = (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        s->eof = true;
    }
}

static void session_write(struct qmp_session *s)
{
    ssize_t n;

    while (!s->broken && session_unsent(s)) {
        const char *p = s->out_buf->str + s->out_at;

        n = s->socket ? send(s->out, p, session_unsent(s),
                             MSG_DONTWAIT | MSG_NOSIGNAL)
                      : write(s->out, p, session_unsent(s));
        if (n >= 0) {
            s->out_at += (size_t)n;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            s->broken = true;
        }
    }
    g_string_truncate(s->out_buf, 0);
    s->out_at = 0;
}

/* Watch for what can make progress */
static void session_watch(struct qmp_session *s)
{
    bool full = session_unsent(s) >= OUT_MAX;
    unsigned in = s->eof || full ? 0 : LOOP_IN;
    unsigned out = session_unsent(s) ? LOOP_OUT : 0;

    if (s->wout) {
        loop_fd_set(s->win, in);
        loop_fd_set(s->wout, out);
    } else {
        loop_fd_set(s->win, in | out);
    }
}

static void listener_rest(struct listener *l, bool rest)
{
    loop_fd_set(l->watch, rest ? 0 : LOOP_IN);
}

/* The standard descriptors stay: another open() must not become stdout */
static void close_own(int fd)
{
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

static void session_free(struct qmp_session *s)
{
    sessions = g_slist_remove(sessions, s);
    vm_event_unlisten(session_event, s);
    loop_task_free(s->settle);
    loop_fd_free(s->win);
    if (s->wout) {
        loop_fd_free(s->wout);
    }
    if (s->flags >= 0) {
        fcntl(s->out, F_SETFL, s->flags);
    }
    while (s->n_fds) {
        close(s->fds[--s->n_fds]);
    }
    json_stream_free(s->json);
    g_string_free(s->out_buf, TRUE);
    if (s->out != s->in) {
        close_own(s->out);
    }
    close_own(s->in);
    if (s->from) {
        listener_rest(s->from, false);
    }
    g_free(s);
}

/* Parse and send as far as it goes; then wait, or end the session */
static void session_settle(struct qmp_session *s)
{
    if (s->busy) {
        return;
    }
    s->busy = true;
    do {
        session_parse(s);
        session_write(s);
    } while (s->buf_at < s->buf_len && !session_unsent(s) && !s->broken);
    s->busy = false;

    if (s->broken ||
        (s->eof && s->buf_at == s->buf_len && !session_unsent(s))) {
        session_free(s);
    } else {
        session_watch(s);
    }
}

static void session_settle_task(void *opaque)
{
    session_settle(opaque);
}

static void session_ready(void *opaque, unsigned events)
{
    struct qmp_session *s = opaque;

    if ((events & (LOOP_IN | LOOP_HUP)) && !s->eof && s->buf_at == s->buf_len) {
        session_read(s);
    } else if ((events & LOOP_HUP) && !(events & LOOP_OUT)) {
        s->broken = true;
    }
    session_settle(s);
}

static void session_writable(void *opaque, unsigned events)
{
    struct qmp_session *s = opaque;

    if ((events & LOOP_HUP) && !(events & LOOP_OUT)) {
        s->broken = true;
    }
    session_settle(s);
}

static bool is_socket(int fd)
{
    int type;
    socklen_t len = sizeof(type);

    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

static void session_new(int in, int out, struct listener *from)
{
    struct qmp_session *s = g_new0(struct qmp_session, 1);

    s->in = in;
    s->out = out;
    s->from = from;
    s->socket = in == out && is_socket(in);
    s->flags = -1;
    if (!s->socket) {
        s->flags = fcntl(out, F_GETFL);
        fcntl(out, F_SETFL, s->flags | O_NONBLOCK);
    }
    s->json = json_stream_new();
    s->out_buf = g_string_new(NULL);
    s->settle = loop_task_new(session_settle_task, s);
    s->win = loop_fd_new(in, LOOP_IN, session_ready, s);
    if (out != in) {
        s->wout = loop_fd_new(out, 0, session_writable, s);
    }
    sessions = g_slist_prepend(sessions, s);
    vm_event_listen(session_event, s);
    send_greeting(s);
    loop_task_wake(s->settle);
}

void qmp_serve(int in, int out)
{
    session_new(in, out, NULL);
}

static void listener_ready(void *opaque, unsigned events)
{
    struct listener *l = opaque;
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        listener_rest(l, true);
        session_new(fd, fd, l);
    }
}

void qmp_listen(int fd)
{
    struct listener *l = g_new0(struct listener, 1);

    l->fd = fd;
    l->watch = loop_fd_new(fd, LOOP_IN, listener_ready, l);
    listeners = g_slist_prepend(listeners, l);
}

/* Send what is left, for as long as the client takes some within CLOSE_MS */
static void session_drain(struct qmp_session *s)
{
    gint64 until = g_get_monotonic_time() + CLOSE_MS * G_TIME_SPAN_MILLISECOND;

    for (;;) {
        gint64 left = (until - g_get_monotonic_time()) / 1000;
        struct pollfd p = { s->out, POLLOUT, 0 };

        session_write(s);
        if (s->broken || !session_unsent(s) || left <= 0 ||
            poll(&p, 1, (int)left) == 0) {
            return;
        }
    }
}

static void listener_free(gpointer data)
{
    struct listener *l = data;

    loop_fd_free(l->watch);
    close(l->fd);
    g_free(l);
}

void qmp_close_all(void)
{
    while (sessions) {
        struct qmp_session *s = sessions->data;

        session_drain(s);
        session_free(s);
    }
    g_slist_free_full(g_steal_pointer(&listeners), listener_free);
    g_clear_pointer(&named_fds, g_hash_table_destroy);
    g_clear_pointer(&chardevs, json_array_unref);
}
