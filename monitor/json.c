// SPDX-License-Identifier: MIT
/*
 * json.c - JSON text from and to a peer, as json-glib's trees
 *
 * The reader is fed bytes as they come.  It cuts them into tokens, checks the
 * grammar of each token as it completes and hangs values into the tree, with a
 * stack of its own instead of recursion.
 *
 * What is wrong falls into two classes, because a peer must get one error per
 * mistake and be understood again afterwards:
 *  - bytes that are no token (and a closing bracket that nothing opened) are
 *    reported at once; everything read so far is forgotten, and the rest up to
 *    a newline or a structural character is skipped.  Byte 0xFF is such a byte,
 *    and QMP's documented way to get a monitor out of a half-sent command;
 *  - a wrong token, or too much of them, is remembered, the brackets are
 *    counted to the end of the value, and it is reported there.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "monitor/json.h"

enum lex { LEX_START, LEX_STRING, LEX_ESCAPE, LEX_WORD, LEX_SKIP };

/* What the grammar allows next */
enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_CLOSE,
    EXPECT_KEY,
    EXPECT_KEY_OR_CLOSE,
    EXPECT_COLON,
    EXPECT_COMMA_OR_CLOSE,
};

/**
 * struct json_stream - Reader
 * @lex:      What the bytes are part of
 * @quote:    The quote that ends a LEX_STRING
 * @token:    Bytes of the current string, number or keyword
 * @size:     Bytes of the value so far
 * @values:   Values and keys so far
 * @braces, @brackets: Open ones, also in a value already known to be wrong
 * @root:     The tree so far; NULL between values
 * @open:     Containers that are not closed yet, in @root
 * @depth:    Number of @open
 * @key:      Member whose value comes next
 * @error:    The first thing wrong with the value
 * @result:   Outcome of the last token
 */
struct json_stream {
    enum lex lex;
    char quote;
    GString *token;
    size_t size;
    unsigned values, braces, brackets;
    JsonNode *root, *open[JSON_DEPTH_MAX];
    unsigned depth;
    char *key;
    enum expect expect;
    char *error;
    enum json_result result;
};

struct json_stream *json_stream_new(void)
{
    struct json_stream *s = g_new0(struct json_stream, 1);

    s->token = g_string_new(NULL);
    return s;
}

/* Forget the value being read */
static void stream_reset(struct json_stream *s)
{
    g_string_truncate(s->token, 0);
    s->size = 0;
    s->values = s->braces = s->brackets = s->depth = 0;
    s->expect = EXPECT_VALUE;
    g_clear_pointer(&s->root, json_node_unref);
    g_clear_pointer(&s->key, g_free);
}

void json_stream_free(struct json_stream *s)
{
    if (!s) {
        return;
    }
    stream_reset(s);
    g_string_free(s->token, TRUE);
    g_free(s->error);
    g_free(s);
}

/* Remember the first thing that is wrong; @what is a literal */
static void grammar_error(struct json_stream *s, const char *what)
{
    if (!s->error) {
        s->error = g_strdup(what);
    }
}

/* Report at once, and be ready for a new value */
static void stream_fail(struct json_stream *s, enum lex next,
                        enum json_result result)
{
    stream_reset(s);
    s->lex = next;
    s->result = result;
}

/* Bytes that are no token: the message quotes them */
static void stream_stray(struct json_stream *s, char c)
{
    g_autofree char *text = NULL;

    g_string_append_c(s->token, c);
    if (s->lex == LEX_STRING) {
        g_string_prepend_c(s->token, s->quote);
    }
    text = g_utf8_make_valid(s->token->str, (gssize)MIN(s->token->len, 40));
    g_free(s->error);
    s->error = g_strdup_printf("JSON parse error, stray '%s'", text);
    stream_fail(s, LEX_SKIP, JSON_ERROR);
}

/* A token was handled: is the value complete with it? */
static void stream_settle(struct json_stream *s)
{
    if (s->braces || s->brackets) {
        return;
    }
    s->result = s->error ? JSON_ERROR : JSON_VALUE;
}

static bool in_object(const struct json_stream *s)
{
    return s->depth && JSON_NODE_HOLDS_OBJECT(s->open[s->depth - 1]);
}

/* Hang @value into the tree; false, and @value freed, if none may come here */
static bool tree_add(struct json_stream *s, JsonNode *value)
{
    if (++s->values > JSON_VALUES_MAX) {
        grammar_error(s, "JSON token count limit exceeded");
    } else if (s->expect != EXPECT_VALUE &&
               s->expect != EXPECT_VALUE_OR_CLOSE) {
        grammar_error(s, "JSON parse error, expecting value");
    }
    if (s->error) {
        json_node_unref(value);
        return false;
    }
    if (!s->depth) {
        s->root = value;
    } else if (in_object(s)) {
        json_object_set_member(json_node_get_object(s->open[s->depth - 1]),
                               s->key, value);
        g_clear_pointer(&s->key, g_free);
    } else {
        json_array_add_element(json_node_get_array(s->open[s->depth - 1]),
                               value);
    }
    s->expect = EXPECT_COMMA_OR_CLOSE;
    return true;
}

/* @key becomes the reader's */
static void tree_key(struct json_stream *s, char *key)
{
    g_free(s->key);
    s->key = key;
    if (++s->values > JSON_VALUES_MAX) {
        grammar_error(s, "JSON token count limit exceeded");
    } else if (json_object_has_member(
                   json_node_get_object(s->open[s->depth - 1]), key)) {
        grammar_error(s, "JSON parse error, duplicate key");
    }
    s->expect = EXPECT_COLON;
}

static void tree_open(struct json_stream *s, bool object)
{
    JsonNode *node;

    s->braces += object;
    s->brackets += !object;
    if (s->braces + s->brackets > JSON_DEPTH_MAX) {
        grammar_error(s, "JSON nesting depth limit exceeded");
    }
    if (s->error) {
        return;
    }
    if (s->expect == EXPECT_KEY || s->expect == EXPECT_KEY_OR_CLOSE) {
        grammar_error(s, "JSON parse error, key is not a string in object");
        return;
    }
    node = json_node_alloc();
    if (object) {
        json_node_init_object(node, NULL);
        json_node_take_object(node, json_object_new());
    } else {
        json_node_init_array(node, NULL);
        json_node_take_array(node, json_array_new());
    }
    if (tree_add(s, node)) {
        s->open[s->depth++] = node;
        s->expect = object ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
    }
}

static void tree_close(struct json_stream *s, bool object)
{
    bool may =
        s->expect == EXPECT_COMMA_OR_CLOSE ||
        s->expect == (object ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE);

    if (!(object ? s->braces : s->brackets)) {
        g_free(s->error);
        s->error = g_strdup("JSON parse error, expecting value");
        stream_fail(s, LEX_START, JSON_ERROR);
        return;
    }
    s->braces -= object;
    s->brackets -= !object;
    if (!may || !s->depth || in_object(s) != object) {
        grammar_error(s, "JSON parse error, expecting value");
    }
    if (!s->error) {
        s->depth--;
        s->expect = EXPECT_COMMA_OR_CLOSE;
    }
    stream_settle(s);
}

static void tree_comma(struct json_stream *s)
{
    if (!s->depth || s->expect != EXPECT_COMMA_OR_CLOSE) {
        grammar_error(s, "JSON parse error, expecting value");
    } else {
        s->expect = in_object(s) ? EXPECT_KEY : EXPECT_VALUE;
    }
    stream_settle(s);
}

static void tree_colon(struct json_stream *s)
{
    if (s->expect != EXPECT_COLON) {
        grammar_error(s, "JSON parse error, expecting value");
    } else {
        s->expect = EXPECT_VALUE;
    }
    stream_settle(s);
}

/* One of {}[],: */
static void take_structural(struct json_stream *s, char c)
{
    if (s->expect == EXPECT_COLON && c != ':') {
        grammar_error(s, "JSON parse error, missing : in object pair");
    }
    switch (c) {
    case '{':
    case '[':
        tree_open(s, c == '{');
        break;
    case '}':
    case ']':
        tree_close(s, c == '}');
        break;
    case ',':
        tree_comma(s);
        break;
    default:
        tree_colon(s);
        break;
    }
}

/* Four hexadecimal digits, or -1 */
static int hex4(const char *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(p[i]);

        if (digit < 0) {
            return -1;
        }
        v = v << 4 | digit;
    }
    return v;
}

/**
 * unescape_u() - Decode \uXXXX, or a surrogate pair of them
 * @p: At the 'u'; advanced to the last digit
 *
 * Return: false if it is no Unicode character, or NUL, which a C string cannot
 * hold
 */
static bool unescape_u(const char **p, GString *out)
{
    int hi = hex4(*p + 1), lo;
    gunichar ch = (gunichar)hi;

    if (hi <= 0 || (hi >= 0xdc00 && hi < 0xe000)) {
        return false;
    }
    *p += 4;
    if (hi >= 0xd800 && hi < 0xdc00) {
        lo = (*p)[1] == '\\' && (*p)[2] == 'u' ? hex4(*p + 3) : -1;
        if (lo < 0xdc00 || lo >= 0xe000) {
            return false;
        }
        *p += 6;
        ch = 0x10000 + (((gunichar)hi & 0x3ff) << 10) + ((gunichar)lo & 0x3ff);
    }
    g_string_append_unichar(out, ch);
    return true;
}

/* Contents of the string token, or NULL with the error remembered */
static char *unescape(struct json_stream *s)
{
    static const char from[] = "bfnrt/\\\"'", to[] = "\b\f\n\r\t/\\\"'";
    GString *out = g_string_sized_new(s->token->len);

    for (const char *p = s->token->str; *p; p++) {
        const char *found;

        if (*p != '\\') {
            g_string_append_c(out, *p);
            continue;
        }
        p++;
        found = *p ? strchr(from, *p) : NULL;
        if (found) {
            g_string_append_c(out, to[found - from]);
        } else if (*p != 'u') {
            grammar_error(s, "JSON parse error, invalid escape sequence in "
                             "string");
            goto bad;
        } else if (!unescape_u(&p, out)) {
            grammar_error(s, "JSON parse error, invalid Unicode character in "
                             "string");
            goto bad;
        }
    }
    if (!g_utf8_validate(out->str, (gssize)out->len, NULL)) {
        grammar_error(s, "JSON parse error, invalid UTF-8 sequence in string");
        goto bad;
    }
    return g_string_free(out, FALSE);
bad:
    g_string_free(out, TRUE);
    return NULL;
}

static void take_string(struct json_stream *s)
{
    char *text = s->error ? NULL : unescape(s);
    JsonNode *node;

    g_string_truncate(s->token, 0);
    if (text && s->expect == EXPECT_COLON) {
        grammar_error(s, "JSON parse error, missing : in object pair");
    }
    if (text && (s->expect == EXPECT_KEY || s->expect == EXPECT_KEY_OR_CLOSE)) {
        tree_key(s, text);
        return;
    }
    if (text) {
        node = json_node_init_string(json_node_alloc(), text);
        tree_add(s, node);
        g_free(text);
    }
    stream_settle(s);
}

/* Length of the digits at @p */
static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* Whether @p is a number by RFC 8259, and whether an integer */
static bool number_valid(const char *p, bool *integer)
{
    p += *p == '-';
    if (!digits(p) || (*p == '0' && digits(p) > 1)) {
        return false;
    }
    p += digits(p);
    *integer = !*p;
    if (*p == '.') {
        if (!digits(++p)) {
            return false;
        }
        p += digits(p);
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        if (!digits(p)) {
            return false;
        }
        p += digits(p);
    }
    return !*p;
}

/* Node of a number token; NULL if it is none, or one beyond a double */
static JsonNode *number_node(const char *text)
{
    JsonNode *node;
    gint64 value;
    double real;
    bool integer;

    if (!number_valid(text, &integer)) {
        return NULL;
    }
    node = json_node_alloc();
    if (integer && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64,
                                            &value, NULL)) {
        return json_node_init_int(node, value);
    }
    real = g_ascii_strtod(text, NULL);
    if (!isfinite(real)) {
        json_node_unref(node);
        return NULL;
    }
    return json_node_init_double(node, real);
}

/* A number or a keyword */
static void take_word(struct json_stream *s)
{
    const char *text = s->token->str;
    JsonNode *node;

    if (!strcmp(text, "true") || !strcmp(text, "false")) {
        node = json_node_init_boolean(json_node_alloc(), *text == 't');
    } else if (!strcmp(text, "null")) {
        node = json_node_init_null(json_node_alloc());
    } else {
        node = number_node(text);
    }
    if (s->expect == EXPECT_KEY || s->expect == EXPECT_KEY_OR_CLOSE) {
        grammar_error(s, "JSON parse error, key is not a string in object");
    } else if (s->expect == EXPECT_COLON) {
        grammar_error(s, "JSON parse error, missing : in object pair");
    } else if (!node && !s->error) {
        s->error =
            g_strdup_printf(g_ascii_isalpha(*text)
                                ? "JSON parse error, invalid keyword '%.40s'"
                                : "JSON parse error, bad number '%.40s'",
                            text);
    }
    g_string_truncate(s->token, 0);
    if (node) {
        tree_add(s, node);
    }
    s->lex = LEX_START;
    stream_settle(s);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_structural(char c)
{
    return c && strchr("{}[],:", c);
}

/* Bytes that no UTF-8 text holds, and controls, end a string badly */
static bool is_wrong_in_string(unsigned char c)
{
    return c < 0x20 || c == 0xc0 || c == 0xc1 || c > 0xf4;
}

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '+' || c == '.';
}

/* A byte outside of any token */
static void lex_start(struct json_stream *s, char c)
{
    if (is_space(c)) {
        return;
    }
    if (is_structural(c)) {
        take_structural(s, c);
    } else if (c == '"' || c == '\'') {
        s->quote = c;
        s->lex = LEX_STRING;
    } else if (g_ascii_islower(c) || g_ascii_isdigit(c) || c == '-') {
        s->lex = LEX_WORD;
        g_string_append_c(s->token, c);
    } else {
        stream_stray(s, c);
    }
}

static void lex_string(struct json_stream *s, char c)
{
    if (s->lex == LEX_STRING && c == s->quote) {
        s->lex = LEX_START;
        take_string(s);
    } else if (is_wrong_in_string((unsigned char)c)) {
        s->lex = LEX_STRING;
        stream_stray(s, c);
    } else {
        s->lex = s->lex == LEX_STRING && c == '\\' ? LEX_ESCAPE : LEX_STRING;
        g_string_append_c(s->token, c);
    }
}

/* Return: whether @c was consumed */
static bool lex_byte(struct json_stream *s, char c)
{
    switch (s->lex) {
    case LEX_STRING:
    case LEX_ESCAPE:
        lex_string(s, c);
        return true;
    case LEX_WORD:
        if (is_word(c)) {
            g_string_append_c(s->token, c);
            return true;
        }
        if (is_space(c) || is_structural(c) || c == '"' || c == '\'') {
            take_word(s);
            return false;
        }
        stream_stray(s, c);
        return true;
    case LEX_SKIP:
        if (c == '\n' || is_structural(c)) {
            s->lex = LEX_START;
            return false;
        }
        return true;
    default:
        lex_start(s, c);
        return true;
    }
}

/* Whether a value is half read */
static bool in_value(const struct json_stream *s)
{
    return s->braces || s->brackets || s->token->len || s->lex == LEX_STRING ||
           s->lex == LEX_ESCAPE;
}

enum json_result json_stream_feed(struct json_stream *s, const char **p,
                                  size_t *n)
{
    if (s->result != JSON_MORE) {
        stream_reset(s);
        g_clear_pointer(&s->error, g_free);
        s->result = JSON_MORE;
    }
    while (*n && s->result == JSON_MORE) {
        if (lex_byte(s, **p)) {
            s->size += in_value(s) ? 1 : 0;
            ++*p;
            --*n;
        }
        if (s->size > JSON_SIZE_MAX) {
            g_free(s->error);
            s->error = g_strdup("JSON token size limit exceeded");
            stream_fail(s, LEX_SKIP, JSON_FATAL);
        }
    }
    return s->result;
}

JsonNode *json_stream_take(struct json_stream *s)
{
    return g_steal_pointer(&s->root);
}

const char *json_stream_error(const struct json_stream *s)
{
    return s->error;
}

JsonNode *json_parse(const char *text)
{
    struct json_stream *s = json_stream_new();
    size_t n = strlen(text), newline = 1;
    const char *end = "\n";
    enum json_result result = json_stream_feed(s, &text, &n);
    JsonNode *node = NULL;

    /* A number ends with what follows it */
    if (result == JSON_MORE) {
        result = json_stream_feed(s, &end, &newline);
    }
    if (result == JSON_VALUE && !text[strspn(text, " \t\r\n")]) {
        node = json_stream_take(s);
    }
    json_stream_free(s);
    return node;
}

static void write_unit(GString *out, unsigned unit)
{
    g_string_append_printf(out, "\\u%04X", unit);
}

static void write_char(GString *out, gunichar c)
{
    static const char from[] = "\b\f\n\r\t\\\"", to[] = "bfnrt\\\"";
    const char *found = c && c < 0x80 ? strchr(from, (int)c) : NULL;

    if (found) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, to[found - from]);
    } else if (c >= 0x20 && c < 0x7f) {
        g_string_append_c(out, (char)c);
    } else if (c < 0x10000) {
        write_unit(out, c);
    } else {
        write_unit(out, 0xd800 + ((c - 0x10000) >> 10));
        write_unit(out, 0xdc00 + (c & 0x3ff));
    }
}

static void write_string(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    g_string_append_c(out, '"');
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        write_char(out, g_utf8_get_char(p));
    }
    g_string_append_c(out, '"');
}

/* The shortest form that reads back as the same number */
static void write_double(GString *out, double v)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (!isfinite(v)) {
        g_string_append(out, "null");
        return;
    }
    if (fpclassify(v) == FP_ZERO) {
        /* "-0" would be read as an integer, which has no sign of its own */
        g_string_append(out, signbit(v) ? "-0.0" : "0");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        char format[8];

        g_snprintf(format, sizeof(format), "%%.%dg", precision);
        g_ascii_formatd(text, sizeof(text), format, v);
        if (!(g_ascii_strtod(text, NULL) < v) &&
            !(g_ascii_strtod(text, NULL) > v)) {
            break;
        }
    }
    g_string_append(out, text);
}

static void write_scalar(GString *out, JsonNode *node)
{
    switch (json_node_get_value_type(node)) {
    case G_TYPE_BOOLEAN:
        g_string_append(out, json_node_get_boolean(node) ? "true" : "false");
        break;
    case G_TYPE_INT64:
        g_string_append_printf(out, "%" G_GINT64_FORMAT,
                               json_node_get_int(node));
        break;
    case G_TYPE_DOUBLE:
        write_double(out, json_node_get_double(node));
        break;
    default:
        write_string(out, json_node_get_string(node));
        break;
    }
}

static void write_array(GString *out, JsonArray *array)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < json_array_get_length(array); i++) {
        if (i) {
            g_string_append(out, ", ");
        }
        json_write(out, json_array_get_element(array, i));
    }
    g_string_append_c(out, ']');
}

static void write_object(GString *out, JsonObject *object)
{
    const char *between = "", *name;
    JsonObjectIter it;
    JsonNode *value;

    g_string_append_c(out, '{');
    json_object_iter_init_ordered(&it, object);
    while (json_object_iter_next_ordered(&it, &name, &value)) {
        g_string_append(out, between);
        write_string(out, name);
        g_string_append(out, ": ");
        json_write(out, value);
        between = ", ";
    }
    g_string_append_c(out, '}');
}

void json_write(GString *out, JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        write_object(out, json_node_get_object(node));
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        write_array(out, json_node_get_array(node));
    } else if (JSON_NODE_HOLDS_VALUE(node)) {
        write_scalar(out, node);
    } else {
        g_string_append(out, "null");
    }
}

/* Looking into a tree */

JsonObject *json_as_object(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
                                                : NULL;
}

JsonArray *json_as_array(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node)
                                               : NULL;
}

const char *json_as_string(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

JsonNode *json_get(JsonObject *o, const char *name)
{
    return o ? json_object_get_member(o, name) : NULL;
}
