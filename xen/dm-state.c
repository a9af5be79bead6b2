// SPDX-License-Identifier: MIT
/*
 * dm-state.c - our part of a saved device state, behind QEMU's
 *
 * libxl hands QEMU a file to save its devices to, and later copies all of it
 * into the domain's image.  QEMU's part says where it ends, and what follows
 * is never looked at.  So what vifemu saves goes behind it:
 *
 *     QEMU's part | vifemu's part | struct trailer, to the end of the file
 *
 * An image may come from anywhere: nothing in it is believed before the
 * lengths fit the file and the sum is right.
 */
#include "xen/dm-state.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "system/vm-error.h"

#define TRAILER_MAGIC   "VIFEMU\r\n"
#define TRAILER_VERSION 1

enum { SUM_LEN = 32 }; /* SHA-256 */

/**
 * struct trailer - The last bytes of the file; numbers are little-endian
 * @sum: Of vifemu's part and of this trailer with zeros here
 */
struct trailer {
    uint8_t length[8];
    uint8_t sum[SUM_LEN];
    uint8_t version[4];
    uint8_t zero[4];
    uint8_t magic[8];
};

_Static_assert(sizeof(struct trailer) == 56, "has no holes");

static void put_le(uint8_t *p, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t get_le(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)p[i] << 8 * i;
    }
    return value;
}

static void trailer_sum(const struct trailer *t, const void *state, size_t len,
                        uint8_t out[SUM_LEN])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    struct trailer clean = *t;
    gsize got = SUM_LEN;

    memset(clean.sum, 0, sizeof(clean.sum));
    g_checksum_update(sum, state, (gssize)len);
    g_checksum_update(sum, (const guchar *)&clean, sizeof(clean));
    g_checksum_get_digest(sum, out, &got);
    g_checksum_free(sum);
}

static bool write_all(int fd, const void *data, size_t len, GError **err)
{
    const uint8_t *p = data;
    ssize_t n;

    while (len) {
        n = write(fd, p, len);
        if (n < 0 && errno != EINTR) {
            return vm_fail(err, "cannot write to the saved state: %s",
                           g_strerror(errno));
        }
        p += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool dm_state_append(int fd, const void *state, size_t len, GError **err)
{
    struct trailer t = { .magic = TRAILER_MAGIC };

    if (len > DM_STATE_MAX) {
        return vm_fail(err, "%zu bytes are more state than there can be", len);
    }
    put_le(t.length, sizeof(t.length), len);
    put_le(t.version, sizeof(t.version), TRAILER_VERSION);
    trailer_sum(&t, state, len, t.sum);
    /* A pipe is at its end anyway */
    if (lseek(fd, 0, SEEK_END) < 0 && errno != ESPIPE) {
        return vm_fail(err, "the saved state: %s", g_strerror(errno));
    }
    return write_all(fd, state, len, err) && write_all(fd, &t, sizeof(t), err);
}

static bool read_at(int fd, void *data, size_t len, off_t at, GError **err)
{
    uint8_t *p = data;
    ssize_t n;

    while (len) {
        n = pread(fd, p, len, at);
        if (n == 0) {
            return vm_fail(err, "the saved state became shorter");
        }
        if (n < 0 && errno != EINTR) {
            return vm_fail(err, "cannot read the saved state: %s",
                           g_strerror(errno));
        }
        p += n > 0 ? n : 0;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool dm_state_find(int fd, GBytes **state, GError **err)
{
    const off_t tail = (off_t)sizeof(struct trailer);
    uint8_t sum[SUM_LEN];
    struct trailer t;
    struct stat st;
    uint64_t len;
    void *data;

    *state = NULL;
    if (fstat(fd, &st)) {
        return vm_fail(err, "descriptor %d: %s", fd, g_strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || st.st_size < tail) {
        return true;
    }
    if (!read_at(fd, &t, sizeof(t), st.st_size - tail, err)) {
        return false;
    }
    if (memcmp(t.magic, TRAILER_MAGIC, sizeof(t.magic))) {
        return true;
    }
    len = get_le(t.length, sizeof(t.length));
    if (get_le(t.version, sizeof(t.version)) != TRAILER_VERSION) {
        return vm_fail(err,
                       "our part of the saved state is of version %u, and "
                       "this program knows %u",
                       (unsigned)get_le(t.version, sizeof(t.version)),
                       TRAILER_VERSION);
    }
    if (len > DM_STATE_MAX || len > (uint64_t)(st.st_size - tail)) {
        return vm_fail(err,
                       "our part of the saved state is damaged: its length");
    }
    data = g_malloc(len ? len : 1);
    if (!read_at(fd, data, len, st.st_size - tail - (off_t)len, err)) {
        g_free(data);
        return false;
    }
    trailer_sum(&t, data, len, sum);
    if (memcmp(sum, t.sum, sizeof(sum))) {
        g_free(data);
        return vm_fail(err, "our part of the saved state is damaged: its sum");
    }
    *state = g_bytes_new_take(data, len);
    return true;
}
