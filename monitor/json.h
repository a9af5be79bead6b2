/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON text from and to a peer, as json-glib's trees
 *
 * json-glib's own parser wants a whole document, recurses as deep as the
 * document says, reads 2^63 as a negative number and keeps the last of two
 * members of one name; its generator writes 1e300 as "1e+300.0".  So trees are
 * made and written here, and json-glib is what holds them.
 */
#ifndef MONITOR_JSON_H
#define MONITOR_JSON_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stddef.h>

enum {
    JSON_DEPTH_MAX = 64,      /* arrays and objects inside each other */
    JSON_SIZE_MAX = 1 << 20,  /* bytes of one value */
    JSON_VALUES_MAX = 1 << 14 /* values and keys inside one value */
};

/**
 * enum json_result - What json_stream_feed() found
 * @JSON_MORE:  All input is consumed, no value is complete
 * @JSON_VALUE: A value is complete: json_stream_take()
 * @JSON_ERROR: What was sent is no JSON: json_stream_error().  Reading
 *              continues where the next value may begin
 * @JSON_FATAL: A value exceeds JSON_SIZE_MAX, and where the next one begins
 *              cannot be known
 */
enum json_result {
    JSON_MORE,
    JSON_VALUE,
    JSON_ERROR,
    JSON_FATAL,
};

struct json_stream;

/**
 * json_stream_new() - Reader of a stream of values without framing
 *
 * Takes what QEMU's monitor takes: RFC 8259, and strings in single quotes.
 */
struct json_stream *json_stream_new(void);
void json_stream_free(struct json_stream *s);

/**
 * json_stream_feed() - Read on, to the end of the next value or error
 * @p, @n: Input; advanced past what was consumed
 */
enum json_result json_stream_feed(struct json_stream *s, const char **p,
                                  size_t *n);

/* After JSON_VALUE: the value, the caller's */
JsonNode *json_stream_take(struct json_stream *s);
/* After JSON_ERROR and JSON_FATAL: what is wrong, valid until the next feed */
const char *json_stream_error(const struct json_stream *s);

/**
 * json_parse() - Tree of a text that holds one value
 *
 * Return: NULL if it holds none, or no JSON
 */
JsonNode *json_parse(const char *text);

/**
 * json_write() - Append a tree as one line of ASCII
 *
 * Spaced as QEMU does it.  Numbers that JSON cannot say become null.
 */
void json_write(GString *out, JsonNode *node);

/* What @node holds, borrowed; NULL if that is something else, or if @node is */
JsonObject *json_as_object(JsonNode *node);
JsonArray *json_as_array(JsonNode *node);
const char *json_as_string(JsonNode *node);
/* Member @name, borrowed; NULL if there is none, or no @o */
JsonNode *json_get(JsonObject *o, const char *name);

#endif
