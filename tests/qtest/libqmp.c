// SPDX-License-Identifier: MIT
/*
 * libqmp.c - QMP over the monitor socket that libqtest.c opened
 */
#include "libqtest-private.h"

#include "check.h"

#include <string.h>

enum { PUMP_MS = 20 };

/* One message, NULL if none came in time */
static JsonObject *receive(struct qtest *s, int timeout_ms)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *line = NULL;
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    JsonNode *root;

    while (!(line = reader_line(&s->monitor, PUMP_MS))) {
        if (g_get_monotonic_time() > deadline || s->monitor.ended) {
            return NULL;
        }
        qtest_pump(s);
    }
    if (!json_parser_load_from_data(parser, line, -1, NULL) ||
        !(root = json_parser_get_root(parser)) ||
        !JSON_NODE_HOLDS_OBJECT(root)) {
        check_failed(__FILE__, __LINE__, "not a QMP message: %s", line);
        return json_object_new();
    }
    return json_node_dup_object(root);
}

JsonObject *qmp_receive(struct qtest *s)
{
    while (!s->broken) {
        JsonObject *message = receive(s, answer_timeout_ms());

        if (!message) {
            qtest_break(s, "no reply on the QMP socket");
        } else if (json_object_has_member(message, "event")) {
            g_queue_push_tail(s->events, message);
        } else {
            return message;
        }
    }
    return json_object_new();
}

void qmp_send_raw(struct qtest *s, const void *data, size_t len)
{
    if (!s->broken && !send_all(s->monitor.fd, data, len)) {
        qtest_break(s, "it closed the QMP socket");
    }
}

/* The command must be given as one line of JSON; single quotes are allowed */
static JsonObject *execute(struct qtest *s, const char *text)
{
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    qmp_send_raw(s, line, strlen(line));
    return qmp_receive(s);
}

void qmp_handshake(struct qtest *s)
{
    JsonObject *greeting = qmp_receive(s);

    check(s->broken || json_object_has_member(greeting, "QMP"));
    json_object_unref(greeting);
    qmp_ok(s, "{'execute': 'qmp_capabilities'}");
}

JsonObject *qmp(struct qtest *s, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return execute(s, text);
}

/* The error object of a reply, or NULL */
static JsonObject *error_of(JsonObject *reply)
{
    return json_object_has_member(reply, "error")
               ? json_object_get_object_member(reply, "error")
               : NULL;
}

bool qmp_ok(struct qtest *s, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    JsonObject *reply;
    JsonObject *error;
    bool ok;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    reply = execute(s, text);
    error = error_of(reply);
    if (error) {
        check_failed(__FILE__, __LINE__, "%s was refused: %s", text,
                     json_object_get_string_member(error, "desc"));
    }
    ok = json_object_has_member(reply, "return");
    json_object_unref(reply);
    return ok;
}

char *qmp_fails(struct qtest *s, const char *class, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    char *desc = g_strdup("");
    JsonObject *reply;
    JsonObject *error;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    reply = execute(s, text);
    error = error_of(reply);
    if (!error) {
        check_failed(__FILE__, __LINE__, "%s was not refused", text);
    } else {
        const char *got = json_object_get_string_member(error, "class");

        g_free(desc);
        desc = g_strdup(json_object_get_string_member(error, "desc"));
        if (g_strcmp0(got, class)) {
            check_failed(__FILE__, __LINE__, "%s was refused with %s, not %s",
                         text, got, class);
        }
    }
    json_object_unref(reply);
    return desc;
}

static JsonObject *take_data(JsonObject *event)
{
    JsonObject *data;

    if (json_object_has_member(event, "data")) {
        data = json_object_ref(json_object_get_object_member(event, "data"));
    } else {
        data = json_object_new();
    }
    json_object_unref(event);
    return data;
}

static bool event_is(JsonObject *event, const char *name)
{
    return g_strcmp0(json_object_get_string_member(event, "event"), name) == 0;
}

JsonObject *qmp_event(struct qtest *s, const char *name)
{
    gint64 deadline = g_get_monotonic_time() + check_timeout_ms() * 1000;

    for (GList *i = s->events->head; i; i = i->next) {
        JsonObject *event = i->data;

        if (event_is(event, name)) {
            g_queue_delete_link(s->events, i);
            return take_data(event);
        }
    }
    while (!s->broken && g_get_monotonic_time() < deadline) {
        JsonObject *event = receive(s, 100);

        if (event && json_object_has_member(event, "event")) {
            if (event_is(event, name)) {
                return take_data(event);
            }
            g_queue_push_tail(s->events, event);
        } else if (event) {
            check_failed(__FILE__, __LINE__, "a reply nobody asked for");
            json_object_unref(event);
        }
    }
    return NULL;
}

bool qmp_wait_event(struct qtest *s, const char *name)
{
    JsonObject *data = qmp_event(s, name);

    if (!data) {
        check_failed(__FILE__, __LINE__, "the event %s did not come", name);
        return false;
    }
    json_object_unref(data);
    return true;
}
