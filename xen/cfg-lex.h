/* SPDX-License-Identifier: MIT */
/*
 * cfg-lex.h - the words of a configuration file
 */
#ifndef XEN_CFG_LEX_H
#define XEN_CFG_LEX_H

#include <stddef.h>

#include "xen/guest.h"

/**
 * enum token - What a word is; others are the character itself
 * @TOK_OTHER: What this dialect has no use for, remarked on unless it is
 *             Python, which the reader has to remark on
 */
enum token {
    TOK_END = 256,
    TOK_NEWLINE,
    TOK_NAME,
    TOK_STRING,
    TOK_NUMBER,
    TOK_ADD,
    TOK_OTHER,
};

/**
 * struct lex - Where the reader is
 * @g:     Gets the remarks
 * @p, @end: What is not read yet
 * @line, @start: The current line, and its first byte
 * @inside: Open brackets; newlines do not count there in xm's dialect
 * @at:    Of the last token
 * @first: Of what is between the quotes, if it is a string
 * @text:  Of the last name, string (without quotes and escapes) or number
 * @bad:   The last token was remarked on as an error
 * @indented: It is the first of its line, with blanks before it
 * @token_line: The line that the last token ended on
 */
struct lex {
    struct guest *g;
    const char *p, *end;
    unsigned line;
    const char *start;
    size_t inside;
    struct place at, first;
    GString *text;
    bool bad, indented;
    unsigned token_line;
};

/* The next token */
int lex_next(struct lex *l);

/* To the next line; for xl, to the next one that begins with a name */
void lex_skip(struct lex *l);

/* The next byte, without reading it; 0 at the end */
char lex_peek(const struct lex *l);

#endif
