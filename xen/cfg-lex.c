// SPDX-License-Identifier: MIT
/*
 * cfg-lex.c - the words of a configuration file
 *
 * Two languages: xl's, where names are of lower case, strings stay on their
 * line and anything unknown is an error; and of xm, whose files are Python
 * programs, the literals.
 */
#include "xen/cfg-lex.h"

#include <stdlib.h>
#include <string.h>

G_GNUC_PRINTF(2, 3)
static int bad(struct lex *l, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    guest_remark(l->g, REMARK_ERROR, l->at, NULL, "%s", text);
    l->bad = true;
    return TOK_OTHER;
}

static bool is_python(const struct lex *l)
{
    return l->g->dialect == DIALECT_XM;
}

static bool more(const struct lex *l, size_t n)
{
    return (size_t)(l->end - l->p) > n;
}

char lex_peek(const struct lex *l)
{
    return l->p < l->end ? *l->p : '\0';
}

static struct place here(const struct lex *l)
{
    return (struct place){ l->line, (unsigned)(l->p - l->start) + 1 };
}

static void newline(struct lex *l)
{
    l->p++;
    l->line++;
    l->start = l->p;
}

void lex_skip(struct lex *l)
{
    do {
        while (l->p < l->end && *l->p != '\n') {
            l->p++;
        }
        if (l->p < l->end) {
            newline(l);
        }
    } while (!is_python(l) && l->p < l->end && !g_ascii_isalpha(*l->p));
    l->inside = 0;
}

/* The byte of an escape of one letter; 0: it is none */
static char simple_escape(char c)
{
    static const char letters[] = "\\'\"abfnrtv";
    static const char bytes[] = "\\'\"\a\b\f\n\r\t\v";
    const char *found = c ? strchr(letters, c) : NULL;

    return found ? bytes[found - letters] : '\0';
}

/*
 * xl: of \101 it skips up to three characters behind the first digit, as far
 * as they are a decimal number, and puts nothing there; of \x it finds each one
 * wrong.  @l->p is behind the first digit.
 */
static bool xl_number_escape(struct lex *l)
{
    char digits[4] = { 0 }, *end;
    struct place at = here(l);

    at.column -= 2;
    memcpy(digits, l->p, MIN((size_t)(l->end - l->p), sizeof(digits) - 1));
    strtoul(digits, &end, 10);
    if (end - digits <= 1) {
        bad(l, "xl wants three digits in an escape of digits, "
               "and drops it all the same: write the character");
        return false;
    }
    l->p += end - digits;
    guest_remark(l->g, REMARK_WARNING, at, NULL,
                 "xl drops an escape of digits: nothing will stand there");
    return true;
}

static bool xl_escape(struct lex *l)
{
    char c = lex_peek(l), byte = simple_escape(c);

    l->p++;
    if (byte) {
        g_string_append_c(l->text, byte);
        return true;
    }
    if (c >= '0' && c <= '7') {
        return xl_number_escape(l);
    }
    bad(l, c == 'x' ? "xl refuses every \\x in a string: write the character"
                    : "xl does not know this escape: a backslash itself is "
                      "written \\\\");
    return false;
}

/* As many digits of @base as there are, up to @max */
static unsigned digits_value(struct lex *l, unsigned base, unsigned max,
                             unsigned *count)
{
    unsigned n = 0;

    for (*count = 0; *count < max; ++*count) {
        int digit = g_ascii_xdigit_value(lex_peek(l));

        if (digit < 0 || (unsigned)digit >= base) {
            break;
        }
        n = n * base + (unsigned)digit;
        l->p++;
    }
    return n;
}

static bool python_escape(struct lex *l)
{
    char c = lex_peek(l), byte = simple_escape(c);
    unsigned count, n;

    if (c == '\n') {
        newline(l);
        return true;
    }
    if (c >= '0' && c <= '7') {
        n = digits_value(l, 8, 3, &count);
    } else if (c == 'x') {
        l->p++;
        n = digits_value(l, 16, 2, &count);
        if (count < 2) {
            bad(l, "\\x in a string needs two hexadecimal digits");
            return false;
        }
    } else {
        if (!byte) {
            g_string_append_c(l->text, '\\');
        }
        g_string_append_c(l->text, byte ? byte : c);
        l->p++;
        return true;
    }
    if ((n & 0xff) == 0) {
        bad(l, "a string cannot hold the character of number 0");
        return false;
    }
    g_string_append_c(l->text, (char)n);
    return true;
}

/* To the closing quotes; true: they are there and all is well before them */
static bool string_body(struct lex *l, const char *quotes, size_t n, bool raw)
{
    while (l->p < l->end) {
        char c = *l->p;

        if (more(l, n - 1) && memcmp(l->p, quotes, n) == 0) {
            l->p += n;
            return true;
        }
        if (c == '\n' && n == 1) {
            break;
        }
        if (c == '\0') {
            bad(l, "a string cannot hold the character of number 0");
            return false;
        }
        if (c == '\\' && more(l, 1) && !raw &&
            (is_python(l) || l->p[1] != '\n')) {
            l->p++;
            if (!(is_python(l) ? python_escape(l) : xl_escape(l))) {
                return false;
            }
            continue;
        }
        g_string_append_c(l->text, c);
        if (c == '\n') {
            newline(l);
        } else {
            l->p++;
        }
    }
    bad(l, n == 1 ? "the string does not end on its line"
                  : "the string does not end");
    return false;
}

static int string(struct lex *l, bool raw)
{
    const char *quote = l->p;
    size_t n = 1;

    if (is_python(l) && more(l, 2) && quote[1] == *quote &&
        quote[2] == *quote) {
        n = 3;
    }
    l->p += n;
    l->first = here(l);
    return string_body(l, quote, n, raw) ? TOK_STRING : TOK_OTHER;
}

static int word(struct lex *l, bool (*belongs)(char c, bool python), int token)
{
    const char *start = l->p;

    while (l->p < l->end && belongs(*l->p, is_python(l))) {
        l->p++;
    }
    g_string_append_len(l->text, start, l->p - start);
    return token;
}

static bool in_name(char c, bool python)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c) || c == '_' ||
           (python && g_ascii_isupper(c));
}

static bool in_number(char c, bool python)
{
    return g_ascii_isdigit(c) || (c >= 'a' && c <= 'f') || c == 'x' ||
           (python && (g_ascii_isalnum(c) || c == '.'));
}

/* Letters before a quote are Python's, r"..." or u'...' */
static int name(struct lex *l)
{
    int token = word(l, in_name, TOK_NAME);
    char quote = lex_peek(l);

    if (is_python(l) && (quote == '\'' || quote == '"') &&
        (!g_ascii_strcasecmp(l->text->str, "r") ||
         !g_ascii_strcasecmp(l->text->str, "u"))) {
        bool raw = g_ascii_tolower(l->text->str[0]) == 'r';

        g_string_truncate(l->text, 0);
        return string(l, raw);
    }
    return token;
}

static void comment(struct lex *l)
{
    l->at = here(l);
    while (l->p < l->end && *l->p != '\n') {
        l->p++;
    }
    if (l->p == l->end && !is_python(l)) {
        bad(l, "xl refuses a comment on a last line without a newline");
    }
}

/* Blanks, comments, and what newlines Python does not see */
static void skip_blanks(struct lex *l)
{
    while (l->p < l->end) {
        if (*l->p == '#' && (is_python(l) || more(l, 1))) {
            comment(l);
        } else if (*l->p == ' ' || *l->p == '\t') {
            l->p++;
        } else if (is_python(l) && (*l->p == '\r' || *l->p == '\f')) {
            l->p++;
        } else if (is_python(l) && *l->p == '\n' && l->inside) {
            newline(l);
        } else if (is_python(l) && *l->p == '\\' && more(l, 1) &&
                   l->p[1] == '\n') {
            l->p++;
            newline(l);
        } else {
            return;
        }
    }
}

static int punctuation(struct lex *l)
{
    char c = *l->p++;

    if (c == '+' && lex_peek(l) == '=' && l->g->dialect != DIALECT_XL_45) {
        l->p++;
        return TOK_ADD;
    }
    if (strchr(is_python(l) ? "[](),=;-" : "[],=;", c) && c) {
        return c;
    }
    if (is_python(l)) {
        return TOK_OTHER;
    }
    if (c == '\r') {
        return bad(l, "xl refuses carriage returns: the lines of the file "
                      "have to end as on Unix");
    }
    if (strchr("+-.():", c) && c) {
        return bad(l,
                   "xl refuses '%c' outside of a string: it does not run "
                   "Python",
                   c);
    }
    if (g_ascii_isupper(c) || c == '_') {
        return bad(l, "xl wants names that begin with a lower-case letter; "
                      "words are written in quotes, true and false as 1 and 0");
    }
    return g_ascii_isprint(c)
               ? bad(l, "'%c' cannot stand outside of a string", c)
               : bad(l, "byte 0x%02x cannot stand outside of a string",
                     (unsigned)(unsigned char)c);
}

static bool can_be_last(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c) ||
           (c && strchr("[],=;", c));
}

/* The token at @l->p */
static int next(struct lex *l)
{
    char c;

    if (l->p == l->end) {
        return l->bad ? TOK_OTHER : TOK_END;
    }
    c = *l->p;
    if (c == '\n') {
        newline(l);
        return TOK_NEWLINE;
    }
    if (!is_python(l) && !more(l, 1) && !can_be_last(c)) {
        l->p++;
        guest_remark(l->g, REMARK_WARNING, l->at, NULL,
                     "xl does not notice what is wrong with the last byte of "
                     "a file");
        return TOK_END;
    }
    if (c == '\'' || c == '"') {
        return string(l, false);
    }
    if (g_ascii_isdigit(c)) {
        return word(l, in_number, TOK_NUMBER);
    }
    if (g_ascii_islower(c) ||
        (is_python(l) && (g_ascii_isupper(c) || c == '_'))) {
        return name(l);
    }
    return punctuation(l);
}

int lex_next(struct lex *l)
{
    int token;

    l->bad = false;
    g_string_truncate(l->text, 0);
    skip_blanks(l);
    l->at = here(l);
    l->indented = l->line != l->token_line && l->p > l->start;
    token = next(l);
    l->token_line = token == TOK_NEWLINE ? l->at.line : l->line;
    return token;
}
