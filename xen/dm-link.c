// SPDX-License-Identifier: MIT
/*
 * dm-link.c - one end of a QMP connection, with the descriptors that pass
 */
#include "xen/dm-link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "monitor/json.h"

enum { READ_CHUNK = 65536 };

static bool fail(GError **err, int code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static bool fail(GError **err, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (err) {
        *err = g_error_new_valist(G_IO_ERROR, code, format, args);
    }
    va_end(args);
    return false;
}

void dm_link_init(struct dm_link *l, int fd)
{
    *l = (struct dm_link){ .fd = fd };
    l->in = g_string_new(NULL);
    l->out = g_string_new(NULL);
    if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
}

static void close_fds(int *fds, unsigned *n)
{
    while (*n) {
        close(fds[--*n]);
    }
}

void dm_link_clear(struct dm_link *l)
{
    if (l->fd >= 0) {
        close(l->fd);
    }
    close_fds(l->fds, &l->n_fds);
    close_fds(l->out_fds, &l->n_out_fds);
    if (l->in) {
        g_string_free(l->in, TRUE);
        g_string_free(l->out, TRUE);
    }
    *l = (struct dm_link){ .fd = -1 };
}

/* Keep the descriptors of a message; too many are closed */
static void take_fds(struct dm_link *l, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (l->n_fds < DM_LINK_FDS) {
                l->fds[l->n_fds++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

void dm_link_read(struct dm_link *l)
{
    char data[READ_CHUNK];
    union {
        char buf[CMSG_SPACE(sizeof(int) * DM_LINK_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec iov = { data, sizeof(data) };
    struct msghdr msg = { .msg_iov = &iov,
                          .msg_iovlen = 1,
                          .msg_control = control.buf,
                          .msg_controllen = sizeof(control.buf) };
    ssize_t n;

    if (l->fd < 0 || l->eof) {
        return;
    }
    n = recvmsg(l->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        l->eof = true;
        return;
    }
    take_fds(l, &msg);
    g_string_append_len(l->in, data, n);
    l->eof = l->in->len > DM_LINK_LINE;
}

char *dm_link_line(struct dm_link *l)
{
    char *end = l->in ? memchr(l->in->str, '\n', l->in->len) : NULL;
    gsize len, used;
    char *line;

    if (!end) {
        return NULL;
    }
    len = (gsize)(end - l->in->str);
    used = len + 1;
    while (len && l->in->str[len - 1] == '\r') {
        len--;
    }
    line = g_strndup(l->in->str, len);
    g_string_erase(l->in, 0, (gssize)used);
    return line;
}

void dm_link_put(struct dm_link *l, const char *text)
{
    if (l->out) {
        g_string_append(l->out, text);
    }
}

void dm_link_put_node(struct dm_link *l, JsonNode *node)
{
    if (l->out) {
        json_write(l->out, node);
        g_string_append(l->out, "\r\n");
    }
}

void dm_link_pass(struct dm_link *l, struct dm_link *from)
{
    close_fds(l->out_fds, &l->n_out_fds);
    memcpy(l->out_fds, from->fds, from->n_fds * sizeof(int));
    l->n_out_fds = from->n_fds;
    from->n_fds = 0;
}

void dm_link_write(struct dm_link *l)
{
    union {
        char buf[CMSG_SPACE(sizeof(int) * DM_LINK_FDS)];
        struct cmsghdr align;
    } control = { { 0 } };
    struct iovec iov;
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    size_t bytes = l->n_out_fds * sizeof(int);
    ssize_t n;

    if (l->fd < 0 || l->eof || !l->out->len) {
        return;
    }
    iov = (struct iovec){ l->out->str, l->out->len };
    if (bytes) {
        struct cmsghdr *c;

        msg.msg_control = control.buf;
        msg.msg_controllen = CMSG_SPACE(bytes);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(bytes);
        memcpy(CMSG_DATA(c), l->out_fds, bytes);
    }
    n = sendmsg(l->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        l->eof = true;
        return;
    }
    close_fds(l->out_fds, &l->n_out_fds);
    g_string_erase(l->out, 0, n);
}

/* Move bytes until a line is there */
static char *wait_line(struct dm_link *l, int watch, gint64 deadline,
                       GError **err)
{
    char *line;

    while (!(line = dm_link_line(l))) {
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        struct pollfd p[2] = {
            { l->fd, (short)(POLLIN | (l->out->len ? POLLOUT : 0)), 0 },
            { watch, POLLIN, 0 },
        };

        if (l->eof || left <= 0) {
            fail(err, l->eof ? G_IO_ERROR_CLOSED : G_IO_ERROR_TIMED_OUT,
                 l->eof ? "it closed its monitor" : "it does not answer");
            l->eof = true;
            return NULL;
        }
        if (poll(p, 2, (int)left) < 0 && errno != EINTR) {
            l->eof = true;
        }
        if (p[0].revents & POLLOUT) {
            dm_link_write(l);
        }
        if (p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
            dm_link_read(l);
        } else if (p[1].revents) {
            l->eof = true;
        }
    }
    return line;
}

static gint64 deadline_in(int ms)
{
    return g_get_monotonic_time() + (gint64)ms * 1000;
}

bool dm_link_greeted(struct dm_link *l, int watch, int ms, GError **err)
{
    gint64 deadline = deadline_in(ms);
    char *line = wait_line(l, watch, deadline, err);
    JsonNode *node = line ? json_parse(line) : NULL;
    bool ok = json_get(json_as_object(node), "QMP") != NULL;

    if (line && !ok) {
        fail(err, G_IO_ERROR_INVALID_DATA, "it does not speak QMP");
        l->eof = true;
    }
    g_clear_pointer(&node, json_node_unref);
    g_free(line);
    if (!ok) {
        return false;
    }
    node = dm_link_call(l, "qmp_capabilities", NULL, -1, watch, ms, err);
    ok = node != NULL;
    g_clear_pointer(&node, json_node_unref);
    return ok;
}

/* "return" of an answer; an error as @err; neither: it is no answer */
static JsonNode *answer(JsonNode *node, GError **err)
{
    JsonObject *o = json_as_object(node), *error;
    JsonNode *found = json_get(o, "return");
    const char *text;

    if (found) {
        return json_node_copy(found);
    }
    error = json_as_object(json_get(o, "error"));
    if (error) {
        text = json_as_string(json_get(error, "desc"));
        fail(err, G_IO_ERROR_FAILED, "%s", text ? text : "it refuses");
    }
    return NULL;
}

JsonNode *dm_link_call(struct dm_link *l, const char *command, JsonObject *args,
                       int fd, int watch, int ms, GError **err)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT), *found = NULL;
    JsonObject *o = json_object_new();
    gint64 deadline = deadline_in(ms);
    GError *why = NULL;

    json_object_set_string_member(o, "execute", command);
    if (args) {
        json_object_set_object_member(o, "arguments", args);
    }
    json_node_take_object(node, o);
    dm_link_put_node(l, node);
    json_node_unref(node);
    if (fd >= 0) {
        l->out_fds[l->n_out_fds++] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    dm_link_write(l);
    while (!found && !why) {
        char *line = wait_line(l, watch, deadline, &why);

        node = line ? json_parse(line) : NULL;
        found = node ? answer(node, &why) : NULL;
        g_clear_pointer(&node, json_node_unref);
        g_free(line);
    }
    if (why) {
        g_propagate_error(err, why);
    }
    return found;
}
