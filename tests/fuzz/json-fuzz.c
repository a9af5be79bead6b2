// SPDX-License-Identifier: MIT
/*
 * json-fuzz.c - the JSON reader: cut anywhere, and written and read again
 *
 * The first byte says where to cut the rest.  Values and errors must not depend
 * on it, and a value that is written must read back as the same text.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "monitor/json.h"
#include "tests/fuzz/fuzz.h"

/* A value as text; reading it again must give the same */
static void add_value(GString *out, JsonNode *node)
{
    GString *text = g_string_new(NULL), *again = g_string_new(NULL);
    JsonNode *copy;

    json_write(text, node);
    copy = json_parse(text->str);
    must(copy != NULL, "what was written cannot be read");
    json_write(again, copy);
    must(g_string_equal(text, again), "written and read differ");
    g_string_append_len(out, text->str, (gssize)text->len);
    json_node_unref(copy);
    g_string_free(again, TRUE);
    g_string_free(text, TRUE);
}

/* Everything in @n bytes, given @step at a time */
static GString *read_all(const char *p, size_t n, size_t step)
{
    struct json_stream *s = json_stream_new();
    GString *out = g_string_new(NULL);
    enum json_result r = JSON_MORE;

    while (n && r != JSON_FATAL) {
        const char *piece = p;
        size_t left = MIN(step, n);

        p += left;
        n -= left;
        while ((r = json_stream_feed(s, &piece, &left)) != JSON_MORE) {
            if (r == JSON_VALUE) {
                JsonNode *node = json_stream_take(s);

                add_value(out, node);
                json_node_unref(node);
            } else {
                g_string_append(out, json_stream_error(s));
            }
            g_string_append_c(out, '\n');
        }
        must(!left, "input is left");
    }
    json_stream_free(s);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    GString *whole, *cut;

    if (!size) {
        return 0;
    }
    whole = read_all(text, size - 1, size);
    cut = read_all(text, size - 1, data[0] % 7 + 1u);
    must(g_string_equal(whole, cut), "the cut matters");
    must(g_utf8_validate(whole->str, (gssize)whole->len, NULL),
         "output is no UTF-8");
    g_string_free(cut, TRUE);
    g_string_free(whole, TRUE);
    return 0;
}
