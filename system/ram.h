/* SPDX-License-Identifier: MIT */
/*
 * ram.h - host memory for guests: -object memory-backend-ram|file|memfd
 */
#ifndef SYSTEM_RAM_H
#define SYSTEM_RAM_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct ram - Host memory
 * @type: "memory-backend-ram", ...
 * @used: The machine's RAM; cannot be deleted
 */
struct ram {
    char *id;
    const char *type;
    uint64_t size;
    uint8_t *host;
    bool used;
};

/* The types, NULL-terminated */
extern const char *const ram_types[];

/**
 * ram_open() - Make a memory backend from "qom-type", "id" and its properties
 *
 * Return: NULL with @err, nothing left behind
 */
struct ram *ram_open(JsonObject *opts, GError **err);

/* Private zeroed memory, for -m without a backend */
struct ram *ram_anonymous(uint64_t size, GError **err);
void ram_close(struct ram *r);

#endif
