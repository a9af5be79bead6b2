/* SPDX-License-Identifier: MIT */
/*
 * opts.h - option values: "key=value,.." or JSON, and typed readers for both
 *
 * Whatever the spelling, an option ends as one flat JsonObject: strings for
 * key=value, typed values for JSON; nested JSON objects become dotted keys
 * ("local.type"), a key given several times becomes an array.  The readers
 * take both kinds of value.  Their errors name the key, the value and what is
 * allowed; callers prefix the option.
 */
#ifndef SYSTEM_OPTS_H
#define SYSTEM_OPTS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * opts_parse() - Parse the argument of an option
 * @text:    "value,key=value,flag,noflag,a=x,,y" or "{..}"
 * @implied: Key of a first word without '=', or NULL if it is a flag
 *
 * ",," is a comma inside a value.  A word without '=' is a flag: "on", or "off"
 * if it begins with "no".
 *
 * Return: a new object, NULL with @err
 */
JsonObject *opts_parse(const char *text, const char *implied, GError **err);

/**
 * opts_flatten() - Dotted keys for nested objects, as the readers want them
 *
 * Array elements {"str": S} (QMP's StringList) become S.  Return: a new object,
 * NULL with @err if it is nested deeper than anything sensible
 */
JsonObject *opts_flatten(JsonObject *o, GError **err);

/* Whether every key of @o is in @known (NULL-terminated), else @err */
bool opts_known(JsonObject *o, const char *const *known, GError **err);

/*
 * Readers: an absent key leaves *val alone and is no error.  Of a repeated key
 * the last value counts, except in opts_strv().
 */

/* The value as a string, valid as long as @o; for values that need no check */
const char *opts_peek(JsonObject *o, const char *key);
/* Refuses what is not a string (numbers and booleans in JSON spelling) */
bool opts_str(JsonObject *o, const char *key, const char **val, GError **err);
/* on/off, yes/no, true/false, y/n */
bool opts_bool(JsonObject *o, const char *key, bool *val, GError **err);
/* Decimal, 0x.. or 0.. as C has it; @min <= value <= @max */
bool opts_uint(JsonObject *o, const char *key, uint64_t min, uint64_t max,
               uint64_t *val, GError **err);
bool opts_int(JsonObject *o, const char *key, int64_t min, int64_t max,
              int64_t *val, GError **err);
/* A size with suffix B, K, M, G or T (powers of 1024); @unit without one */
bool opts_size(JsonObject *o, const char *key, uint64_t unit, uint64_t *val,
               GError **err);
/* All values of a key, NULL-terminated, g_strfreev(); empty if absent */
char **opts_strv(JsonObject *o, const char *key);

/* The text reader behind opts_size(), for options that are a bare size */
bool opts_parse_size(const char *text, uint64_t unit, uint64_t *val);

/**
 * opts_id_ok() - Whether an id is well-formed, as QEMU has it
 *
 * A letter, then letters, digits, '-', '.', '_'
 */
bool opts_id_ok(const char *id);

#endif
