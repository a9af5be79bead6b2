/* SPDX-License-Identifier: MIT */
/*
 * chardev.h - where QMP and qtest clients come from: -chardev
 */
#ifndef SYSTEM_CHARDEV_H
#define SYSTEM_CHARDEV_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/**
 * struct chardev - A byte stream, or a socket that accepts some
 * @id:       NULL for those of -qtest and -qmp
 * @filename: What it is connected to, in QEMU's words
 * @in, @out: Descriptors, may be equal
 * @listening: @in accepts connections
 * @taken:    Someone uses it; the descriptors are theirs
 * @path:     Socket to remove at the end, or NULL
 */
struct chardev {
    char *id, *filename, *path;
    int in, out;
    bool listening, taken;
};

/* @opts: "backend" (socket, stdio, null, file, pipe), "id", ... */
struct chardev *chardev_new(JsonObject *opts, GError **err);

/* QEMU's short spelling: "unix:PATH,server=on", "tcp:HOST:PORT", "stdio",
 * "chardev:ID", ... */
struct chardev *chardev_legacy(const char *spec, GError **err);

/* NULL with @err if there is none, or someone has it */
struct chardev *chardev_take(const char *id, GError **err);

/* Wait for the first client of sockets with wait=on */
bool chardev_wait_all(GError **err);

/* Close what nobody took, remove sockets */
void chardev_close_all(void);

#endif
