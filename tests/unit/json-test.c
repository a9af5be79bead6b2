// SPDX-License-Identifier: MIT
/*
 * json-test.c - JSON in from a stream, and out
 */
#include "monitor/json.h"

#include <string.h>

/* Everything that @text gives, one item after the other: values as written
 * again, errors as "!message" */
static char *feed(struct json_stream *s, const char *text, size_t n)
{
    GString *out = g_string_new(NULL);
    enum json_result r;

    while ((r = json_stream_feed(s, &text, &n)) != JSON_MORE) {
        g_string_append(out, out->len ? " ~ " : "");
        if (r == JSON_VALUE) {
            JsonNode *node = json_stream_take(s);

            json_write(out, node);
            json_node_unref(node);
        } else {
            g_string_append_c(out, '!');
            g_string_append(out, json_stream_error(s));
        }
    }
    return g_string_free(out, FALSE);
}

/* Feed at once and byte by byte: both must give @expected */
static void check(const char *text, const char *expected)
{
    struct json_stream *s = json_stream_new();
    g_autofree char *at_once = feed(s, text, strlen(text));
    GString *single = g_string_new(NULL);

    g_assert_cmpstr(at_once, ==, expected);
    json_stream_free(s);
    s = json_stream_new();
    for (const char *p = text; *p; p++) {
        g_autofree char *piece = feed(s, p, 1);

        if (*piece) {
            g_string_append(single, single->len ? " ~ " : "");
            g_string_append(single, piece);
        }
    }
    g_assert_cmpstr(single->str, ==, expected);
    g_string_free(single, TRUE);
    json_stream_free(s);
}

static void test_values(void)
{
    check("{}", "{}");
    check(" [ ] ", "[]");
    check("null ", "null");
    check("'a\"b'", "\"a\\\"b\"");
    check("{\"a\":1,'b':[true,false,null,{}]}",
          "{\"a\": 1, \"b\": [true, false, null, {}]}");
    check("1 2\n3,", "1 ~ 2 ~ 3 ~ !JSON parse error, expecting value");
    check("{}{}[]", "{} ~ {} ~ []");
    check("{\"\":[[],[[]]]}", "{\"\": [[], [[]]]}");
}

static void test_numbers(void)
{
    check("[0,-0,1,-1,9223372036854775807,-9223372036854775808]",
          "[0, 0, 1, -1, 9223372036854775807, -9223372036854775808]");
    check("9223372036854775808 ", "9.223372036854776e+18");
    check("[0.1,1e3,1E+2,-1.5e-2,1e308,5e-324]",
          "[0.1, 1000, 100, -0.015, 1e+308, 4.94065645841247e-324]");
    check("[-0.0,-0e3,0.0]", "[-0.0, -0.0, 0]");
    check("1e400 ", "!JSON parse error, bad number '1e400'");
    check("01 ", "!JSON parse error, bad number '01'");
    check("1. ", "!JSON parse error, bad number '1.'");
    check("- ", "!JSON parse error, bad number '-'");
    check("1e ", "!JSON parse error, bad number '1e'");
    check("0x10 ", "!JSON parse error, bad number '0x10'");
    check("nan ", "!JSON parse error, invalid keyword 'nan'");
}

static void test_strings(void)
{
    check("\"\\b\\f\\n\\r\\t\\/\\\\\\\"\\'\"", "\"\\b\\f\\n\\r\\t/\\\\\\\"'\"");
    check("\"\\u00e9\xc3\xa9\\ud83d\\ude00\"",
          "\"\\u00E9\\u00E9\\uD83D\\uDE00\"");
    check("\"\\u001f\x7f\"", "\"\\u001F\\u007F\"");
    check("\"\\u0000\"",
          "!JSON parse error, invalid Unicode character in string");
    check("\"\\ud800\"",
          "!JSON parse error, invalid Unicode character in string");
    check("\"\\ud800\\u0041\"",
          "!JSON parse error, invalid Unicode character in string");
    check("\"\\udc00\"",
          "!JSON parse error, invalid Unicode character in string");
    check("\"\\u12\"",
          "!JSON parse error, invalid Unicode character in string");
    check("\"\\q\"", "!JSON parse error, invalid escape sequence in string");
    check("\"\xe2\x82\"",
          "!JSON parse error, invalid UTF-8 sequence in string");
    check("\"\xed\xa0\x80\"",
          "!JSON parse error, invalid UTF-8 sequence in string");
}

/* One error for each mistake, and the next value is understood */
static void test_grammar(void)
{
    check("{\"a\"}[]", "!JSON parse error, missing : in object pair ~ []");
    check("{\"a\" \"b\"}[]",
          "!JSON parse error, missing : in object pair ~ []");
    check("{\"a\" 5}[]", "!JSON parse error, missing : in object pair ~ []");
    check("{\"a\":1,}[]", "!JSON parse error, expecting value ~ []");
    check("{\"a\":}[]", "!JSON parse error, expecting value ~ []");
    check("[1,]{}", "!JSON parse error, expecting value ~ {}");
    check("[,1]{}", "!JSON parse error, expecting value ~ {}");
    check("[1 2]{}", "!JSON parse error, expecting value ~ {}");
    check("[1:2]{}", "!JSON parse error, expecting value ~ {}");
    check("{5:6}[]", "!JSON parse error, key is not a string in object ~ []");
    check("{[]:6}[]", "!JSON parse error, key is not a string in object ~ []");
    check("{true:6}[]",
          "!JSON parse error, key is not a string in object ~ []");
    check("{\"a\":1,\"a\":2}[]", "!JSON parse error, duplicate key ~ []");
    check("{\"a\":{\"a\":1}}", "{\"a\": {\"a\": 1}}");
    check("[{]}[]", "!JSON parse error, expecting value ~ []");
    check("{\"a\":tru}[]", "!JSON parse error, invalid keyword 'tru' ~ []");
    check("}[]", "!JSON parse error, expecting value ~ []");
    check("{}}[]", "{} ~ !JSON parse error, expecting value ~ []");
    check("[[[}[]", "!JSON parse error, expecting value ~ []");
    check(", : []", "!JSON parse error, expecting value ~ "
                    "!JSON parse error, expecting value ~ []");
}

/* Bytes that are no token: at once, and once */
static void test_stray(void)
{
    check("{\xff", "!JSON parse error, stray '\xef\xbf\xbd'");
    check("{\xff{}", "!JSON parse error, stray '\xef\xbf\xbd' ~ {}");
    check("{\x01[]", "!JSON parse error, stray '\x01' ~ []");
    check("{'bad \xff{}", "!JSON parse error, stray ''bad \xef\xbf\xbd' ~ {}");
    check("{'execute': 'x', 'id':'\n{}", "!JSON parse error, stray ''\n' ~ {}");
    check("%p\n{}", "!JSON parse error, stray '%' ~ {}");
    check("{\"a\":1e5_0}[]", "!JSON parse error, stray '1e5_' ~ "
                             "!JSON parse error, expecting value ~ []");
    check("True []", "!JSON parse error, stray 'T' ~ []");
    check("/* x */ []", "!JSON parse error, stray '/' ~ []");
    check("? x\n5 []", "!JSON parse error, stray '?' ~ 5 ~ []");
}

static void test_nul_byte(void)
{
    struct json_stream *s = json_stream_new();
    g_autofree char *got = feed(s, "{\"a\0b\":1} []", 12);

    g_assert_true(g_str_has_prefix(got, "!JSON parse error, stray '"));
    g_assert_true(g_str_has_suffix(got, " ~ []"));
    json_stream_free(s);
}

static char *nested(unsigned depth, const char *after)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < depth; i++) {
        g_string_append(text, "[");
    }
    for (unsigned i = 0; i < depth; i++) {
        g_string_append(text, "]");
    }
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void test_depth(void)
{
    g_autofree char *fits = nested(JSON_DEPTH_MAX, "");
    g_autofree char *over = nested(JSON_DEPTH_MAX + 1, "{}");
    g_autofree char *far = nested(100000, "{}");

    check(fits, fits);
    check(over, "!JSON nesting depth limit exceeded ~ {}");
    check(far, "!JSON nesting depth limit exceeded ~ {}");
}

static void test_count(void)
{
    GString *text = g_string_new("[0");
    struct json_stream *s = json_stream_new();
    g_autofree char *got = NULL;

    for (unsigned i = 0; i < JSON_VALUES_MAX; i++) {
        g_string_append(text, ",0");
    }
    g_string_append(text, "]{}");
    got = feed(s, text->str, text->len);
    g_assert_cmpstr(got, ==, "!JSON token count limit exceeded ~ {}");
    g_string_free(text, TRUE);
    json_stream_free(s);
}

static void test_size(void)
{
    g_autofree char *big = g_strnfill(JSON_SIZE_MAX, 'a');
    g_autofree char *fits = g_strnfill(JSON_SIZE_MAX - 2, 'a');
    struct json_stream *s = json_stream_new();
    const char *p = big;
    size_t n = JSON_SIZE_MAX;
    g_autofree char *spaces = g_strnfill(JSON_SIZE_MAX * 2, ' ');
    g_autofree char *got = NULL, *quoted = NULL, *same = NULL;

    got = feed(s, spaces, JSON_SIZE_MAX * 2);
    g_assert_cmpstr(got, ==, "");
    quoted = g_strdup_printf("\"%s\"", fits);
    same = feed(s, quoted, strlen(quoted));
    g_assert_cmpstr(same, ==, quoted);

    g_free(feed(s, "\"", 1));
    g_assert_cmpint(json_stream_feed(s, &p, &n), ==, JSON_FATAL);
    g_assert_cmpstr(json_stream_error(s), ==, "JSON token size limit exceeded");
    json_stream_free(s);
}

static void test_half_read(void)
{
    struct json_stream *s = json_stream_new();

    g_free(feed(s, "{\"a\":[{\"b\":\"c", 13));
    json_stream_free(s);
    json_stream_free(NULL);
}

static void test_parse(void)
{
    static const char *const bad[] = { "", " ", "[", "1 2", "x", "{}}", "'a" };
    JsonNode *node = json_parse(" 17 ");

    g_assert_cmpint(json_node_get_int(node), ==, 17);
    json_node_unref(node);
    node = json_parse("18");
    g_assert_cmpint(json_node_get_int(node), ==, 18);
    json_node_unref(node);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(json_parse(bad[i]));
    }
}

static void test_write(void)
{
    GString *out = g_string_new(NULL);
    JsonNode *node = json_node_init_double(json_node_alloc(), G_MAXDOUBLE * 2);

    json_write(out, node);
    g_assert_cmpstr(out->str, ==, "null");
    json_node_unref(node);
    node = json_node_init_string(json_node_alloc(), "a\xff"
                                                    "b");
    g_string_truncate(out, 0);
    json_write(out, node);
    g_assert_cmpstr(out->str, ==, "\"a\\uFFFDb\"");
    json_node_unref(node);
    g_string_free(out, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/numbers", test_numbers);
    g_test_add_func("/json/strings", test_strings);
    g_test_add_func("/json/grammar", test_grammar);
    g_test_add_func("/json/stray", test_stray);
    g_test_add_func("/json/nul-byte", test_nul_byte);
    g_test_add_func("/json/depth", test_depth);
    g_test_add_func("/json/count", test_count);
    g_test_add_func("/json/size", test_size);
    g_test_add_func("/json/half-read", test_half_read);
    g_test_add_func("/json/parse", test_parse);
    g_test_add_func("/json/write", test_write);
    return g_test_run();
}
