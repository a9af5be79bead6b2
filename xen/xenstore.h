/* SPDX-License-Identifier: MIT */
/*
 * xenstore.h - reading and writing Xen's store, by its own programs
 */
#ifndef XEN_XENSTORE_H
#define XEN_XENSTORE_H

#include <glib.h>
#include <stdbool.h>

/**
 * xenstore_read() - The value at @path, by xenstore-read
 *
 * Return: to be freed; NULL: there is none, or there is no xenstore-read
 */
char *xenstore_read(const char *path);

/**
 * xenstore_write() - Write @values, pairs of path and value, ends in NULL
 *
 * By one call of xenstore-write, which writes them in their order.
 *
 * Return: false with @err set; a host without xenstore-write is
 * G_SPAWN_ERROR_NOENT
 */
bool xenstore_write(const char *const *values, GError **err);

#endif
