// SPDX-License-Identifier: MIT
/*
 * dm-proxy.c - libxl's monitor: QEMU answers, and vifemu hears what it must
 *
 * Each client gets a connection to QEMU of its own, so that greeting,
 * negotiation, events, ids and the descriptors that a client leaves behind are
 * all QEMU's affair.  What the client sends is parsed and written anew, so that
 * QEMU cannot understand it otherwise than we did; one command is under way at
 * a time.  What QEMU sends is passed on as it is.
 *
 * Some commands concern vifemu as well.  It gets them when QEMU has done them,
 * and only then the client gets the answer:
 *
 *     stop, cont, xen-set-global-dirty-log    the same
 *     xen-save-devices-state                  QEMU has written its part to the
 *                                             file; vifemu's follows, see
 *                                             xen/dm-state.c
 */
#include "xen/dm-proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/json.h"
#include "system/vm-error.h"
#include "xen/dm-log.h"
#include "xen/dm-state.h"

#define FDSET_PREFIX "/dev/fdset/"

/**
 * struct fdset - What a client gave QEMU with add-fd
 * @fd: A copy
 */
struct fdset {
    gint64 id;
    int fd;
};

/**
 * struct dm_proxy - See dm-proxy.h
 * @json:    What the client is saying
 * @request: The command that QEMU has, or NULL
 * @adding:  The descriptor of an add-fd that QEMU has, or -1
 * @closing: The client hears what is queued, and no more
 */
struct dm_proxy {
    struct dm_link client, qemu, *vifemu;
    int (*connect)(void *opaque);
    void *opaque;
    int ms;
    struct json_stream *json;
    JsonObject *request;
    bool busy, closing;
    int adding;
    struct fdset sets[DM_LINK_FDS];
    unsigned n_sets;
};

struct dm_proxy *dm_proxy_new(struct dm_link *vifemu,
                              int (*connect)(void *opaque), void *opaque,
                              int ms)
{
    struct dm_proxy *p = g_new0(struct dm_proxy, 1);

    p->vifemu = vifemu;
    p->connect = connect;
    p->opaque = opaque;
    p->ms = ms;
    p->adding = -1;
    p->client.fd = -1;
    p->qemu.fd = -1;
    return p;
}

static void adding_set(struct dm_proxy *p, int fd)
{
    if (p->adding >= 0) {
        close(p->adding);
    }
    p->adding = fd;
}

static void request_done(struct dm_proxy *p)
{
    g_clear_pointer(&p->request, json_object_unref);
    adding_set(p, -1);
    p->busy = false;
}

static void hang_up(struct dm_proxy *p)
{
    dm_link_clear(&p->client);
    dm_link_clear(&p->qemu);
    g_clear_pointer(&p->json, json_stream_free);
    request_done(p);
    while (p->n_sets) {
        close(p->sets[--p->n_sets].fd);
    }
    p->closing = false;
}

void dm_proxy_free(struct dm_proxy *p)
{
    if (p) {
        hang_up(p);
        g_free(p);
    }
}

bool dm_proxy_has_client(const struct dm_proxy *p)
{
    return p->client.fd >= 0;
}

void dm_proxy_accept(struct dm_proxy *p, int fd)
{
    int qemu = p->connect(p->opaque);

    if (qemu < 0) {
        dm_log("a client of QMP is turned away: QEMU: %s", g_strerror(errno));
        close(fd);
        return;
    }
    dm_link_init(&p->client, fd);
    dm_link_init(&p->qemu, qemu);
    p->json = json_stream_new();
}

/* The client's command, if it is one */
static const char *command_of(JsonObject *request)
{
    return json_as_string(json_get(request, "execute"));
}

/* An error of ours in the place of QEMU's answer */
static void answer_error(struct dm_proxy *p, const char *text)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *o = json_object_new(), *error = json_object_new();
    JsonNode *id = json_get(p->request, "id");

    if (id) {
        json_object_set_member(o, "id", json_node_copy(id));
    }
    json_object_set_string_member(error, "class", "GenericError");
    json_object_set_string_member(error, "desc", text);
    json_object_set_object_member(o, "error", error);
    json_node_take_object(node, o);
    dm_link_put_node(&p->client, node);
    json_node_unref(node);
}

/* vifemu's part of a command, after QEMU's */

static bool vifemu_call(struct dm_proxy *p, const char *command,
                        JsonObject *args, int fd, GError **err)
{
    JsonNode *node = dm_link_call(p->vifemu, command, args, fd, -1, p->ms, err);

    if (!node) {
        g_prefix_error(err, "vifemu: %s: ", command);
        return false;
    }
    json_node_unref(node);
    return true;
}

/* The same command again */
static bool hook_repeat(struct dm_proxy *p, GError **err)
{
    JsonObject *args = json_as_object(json_get(p->request, "arguments"));

    return p->vifemu->eof ||
           vifemu_call(p, command_of(p->request),
                       args ? json_object_ref(args) : NULL, -1, err);
}

/* Have vifemu save into memory */
static bool vifemu_state(struct dm_proxy *p, int fd, GError **err)
{
    JsonObject *name = json_object_new(), *args = json_object_new();

    json_object_set_string_member(name, "fdname", "state");
    json_object_set_boolean_member(args, "live", FALSE);
    json_object_set_string_member(args, "filename", "fd:state");
    if (!vifemu_call(p, "getfd", name, fd, err)) {
        json_object_unref(args);
        return false;
    }
    return vifemu_call(p, "xen-save-devices-state", args, -1, err);
}

/* What is in the file @fd to the end of @to */
static bool state_copy(int fd, int to, GError **err)
{
    struct stat st;
    void *map = NULL;
    bool ok;

    if (fstat(fd, &st) || st.st_size > DM_STATE_MAX) {
        return vm_fail(err, "vifemu: its state is too large");
    }
    /* vifemu could make it shorter under our hands: read, not mapped */
    map = g_malloc0((size_t)st.st_size + 1);
    if (pread(fd, map, (size_t)st.st_size, 0) != st.st_size) {
        vm_fail(err, "vifemu: its state cannot be read");
        g_free(map);
        return false;
    }
    ok = dm_state_append(to, map, (size_t)st.st_size, err);
    if (ok) {
        dm_log("saved: %lld bytes of ours behind QEMU's",
               (long long)st.st_size);
    }
    g_free(map);
    return ok;
}

/* A copy of the descriptor of the file that QEMU saved to */
static int saved_to(struct dm_proxy *p, GError **err)
{
    JsonObject *args = json_as_object(json_get(p->request, "arguments"));
    const char *name = json_as_string(json_get(args, "filename"));
    gint64 id;
    int fd = -1;

    if (name && g_str_has_prefix(name, FDSET_PREFIX)) {
        id = g_ascii_strtoll(name + strlen(FDSET_PREFIX), NULL, 10);
        for (unsigned i = 0; i < p->n_sets; i++) {
            if (p->sets[i].id == id) {
                fd = fcntl(p->sets[i].fd, F_DUPFD_CLOEXEC, 0);
            }
        }
    } else if (name) {
        fd = open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0) {
        vm_fail(err, "cannot add to '%s'", name ? name : "");
    }
    return fd;
}

static bool hook_save(struct dm_proxy *p, GError **err)
{
    int to = saved_to(p, err), fd;
    bool ok;

    if (to < 0) {
        return false;
    }
    fd = memfd_create("vifemu-state", MFD_CLOEXEC);
    if (p->vifemu->eof) {
        dm_log("saving without vifemu: its cards will begin anew");
        ok = dm_state_append(to, "", 0, err);
    } else {
        ok = fd >= 0 && vifemu_state(p, fd, err) && state_copy(fd, to, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    close(to);
    return ok;
}

static const struct {
    const char *command;
    bool (*run)(struct dm_proxy *p, GError **err);
} hooks[] = {
    { "stop", hook_repeat },
    { "cont", hook_repeat },
    { "xen-set-global-dirty-log", hook_repeat },
    { "xen-save-devices-state", hook_save },
};

static bool hook_run(struct dm_proxy *p, GError **err)
{
    const char *command = p->request ? command_of(p->request) : NULL;

    for (unsigned i = 0; command && i < G_N_ELEMENTS(hooks); i++) {
        if (!strcmp(command, hooks[i].command)) {
            return hooks[i].run(p, err);
        }
    }
    return true;
}

/* QEMU has taken a descriptor: remember it by the number QEMU gave it */
static void fdset_added(struct dm_proxy *p, JsonObject *result)
{
    JsonNode *id = json_object_get_member(result, "fdset-id");

    if (p->adding < 0 || !id || !JSON_NODE_HOLDS_VALUE(id)) {
        return;
    }
    if (p->n_sets == G_N_ELEMENTS(p->sets)) {
        close(p->sets[0].fd);
        memmove(p->sets, p->sets + 1, --p->n_sets * sizeof(p->sets[0]));
    }
    p->sets[p->n_sets++] = (struct fdset){ json_node_get_int(id), p->adding };
    p->adding = -1;
}

/* A line of QEMU's: an event, or the answer to what it has */
static void qemu_line(struct dm_proxy *p, const char *line)
{
    JsonNode *node = p->busy ? json_parse(line) : NULL;
    JsonObject *o = json_as_object(node);
    GError *err = NULL;

    /* An answer may be larger than what we parse; an event is never */
    if (p->busy && !(o && (json_object_has_member(o, "event") ||
                           json_object_has_member(o, "QMP")))) {
        JsonObject *result = json_as_object(json_get(o, "return"));

        if (result) {
            fdset_added(p, result);
        }
        if (o && json_object_has_member(o, "return") && !hook_run(p, &err)) {
            dm_log("%s", err->message);
            answer_error(p, err->message);
            line = NULL;
        }
        g_clear_error(&err);
        request_done(p);
    }
    if (line) {
        dm_link_put(&p->client, line);
        dm_link_put(&p->client, "\r\n");
    }
    g_clear_pointer(&node, json_node_unref);
}

/* A value of the client's: QEMU says what is wrong with it if it is none */
static void client_value(struct dm_proxy *p, JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        p->request = json_object_ref(json_node_get_object(node));
    }
    if (p->request && !g_strcmp0(command_of(p->request), "add-fd") &&
        p->client.n_fds) {
        /* QEMU takes the first that came with the command */
        adding_set(p, fcntl(p->client.fds[0], F_DUPFD_CLOEXEC, 0));
    }
    dm_link_pass(&p->qemu, &p->client);
    dm_link_put_node(&p->qemu, node);
    p->busy = true;
}

static void client_input(struct dm_proxy *p)
{
    while (!p->busy && !p->closing && p->client.in->len) {
        const char *text = p->client.in->str;
        gsize n = p->client.in->len;
        enum json_result result = json_stream_feed(p->json, &text, &n);

        g_string_erase(p->client.in, 0, (gssize)(p->client.in->len - n));
        if (result == JSON_VALUE) {
            JsonNode *node = json_stream_take(p->json);

            client_value(p, node);
            json_node_unref(node);
        } else if (result != JSON_MORE) {
            answer_error(p, json_stream_error(p->json));
            p->closing = result == JSON_FATAL;
        }
    }
}

/* Is there room for more of QEMU's */
static bool client_drains(const struct dm_proxy *p)
{
    return p->client.eof || p->client.out->len < DM_LINK_QUEUE;
}

void dm_proxy_poll(const struct dm_proxy *p, struct pollfd fds[2])
{
    fds[0] = (struct pollfd){ -1, 0, 0 };
    fds[1] = (struct pollfd){ -1, 0, 0 };
    if (!dm_proxy_has_client(p)) {
        return;
    }
    if (!p->client.eof) {
        fds[0].fd = p->client.fd;
        fds[0].events = p->client.out->len ? POLLOUT : 0;
        if (!p->busy && !p->closing && !p->client.in->len && client_drains(p)) {
            fds[0].events |= POLLIN;
        }
    }
    fds[1].fd = p->qemu.fd;
    fds[1].events = p->qemu.out->len ? POLLOUT : 0;
    if (client_drains(p)) {
        fds[1].events |= POLLIN;
    }
}

void dm_proxy_run(struct dm_proxy *p, const struct pollfd fds[2])
{
    char *line;

    if (!dm_proxy_has_client(p)) {
        return;
    }
    if (fds[0].revents & POLLIN) {
        dm_link_read(&p->client);
    } else if (fds[0].revents & (POLLHUP | POLLERR)) {
        p->client.eof = true;
    }
    if (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) {
        dm_link_read(&p->qemu);
    }
    while (client_drains(p) && (line = dm_link_line(&p->qemu))) {
        qemu_line(p, line);
        g_free(line);
    }
    client_input(p);
    dm_link_write(&p->qemu);
    dm_link_write(&p->client);
    /* What QEMU has begun vifemu has to do, too, whoever still listens */
    if (p->qemu.eof || (p->client.eof && !p->busy) ||
        (p->closing && !p->client.out->len)) {
        hang_up(p);
    }
}
