// SPDX-License-Identifier: MIT
/*
 * state.c - the state of the cards of a machine in a file
 *
 * All numbers are little-endian:
 *
 *   8 bytes magic, u64 virtual clock, u32 cards, then for each card
 *   u8 length of the model's name, the name, u32 place (devfn on PCI, first
 *   port on ISA), u32 length of configuration space (256, or 0 on ISA), that,
 *   u32 length of the card's state, that (hw/core/state.c)
 *
 * What is loaded is trusted no more than a guest.  A card that is not in the
 * file stays as after power-on: it was unplugged, and a restored domain has it
 * again.  A card that is only in the file is an error.
 */
#include "system/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "net/netdev.h"
#include "system/loop.h"
#include "system/nicdev-int.h"
#include "system/opts.h"
#include "system/vm-int.h"

enum { STATE_MAX = 16 << 20, CARD_MAX = 1 << 20 };

static const char magic[8] = "vifemuS1";

/* Where a card is, as the file has it */
static uint32_t place_of(const struct nicdev *d)
{
    return d->nic->model->isa ? d->isa.iobase : d->pci.devfn;
}

/* Saving */

static void put_le(GByteArray *out, uint64_t val, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        uint8_t b = (uint8_t)(val >> 8 * i);

        g_byte_array_append(out, &b, 1);
    }
}

static void put_card(GByteArray *out, struct nicdev *d)
{
    const char *name = d->nic->model->name;
    guint at;
    size_t len;

    port_settle(d->port);
    put_le(out, strlen(name), 1);
    g_byte_array_append(out, (const guint8 *)name, (guint)strlen(name));
    put_le(out, place_of(d), 4);
    if (d->nic->model->isa) {
        put_le(out, 0, 4);
    } else {
        put_le(out, PCI_CFG_SIZE, 4);
        g_byte_array_append(out, d->pci.cfg, PCI_CFG_SIZE);
    }
    len = nic_save(d->nic, NULL, 0);
    put_le(out, len, 4);
    at = out->len;
    g_byte_array_set_size(out, at + (guint)len);
    nic_save(d->nic, out->data + at, len);
}

GByteArray *state_save(void)
{
    GByteArray *out = g_byte_array_new();

    g_byte_array_append(out, (const guint8 *)magic, sizeof(magic));
    put_le(out, (uint64_t)clock_now(), 8);
    put_le(out, vm_nics->len, 4);
    for (guint i = 0; i < vm_nics->len; i++) {
        put_card(out, vm_nics->pdata[i]);
    }
    return out;
}

static bool write_all(int fd, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        p += MAX(n, 0);
        len -= (size_t)MAX(n, 0);
    }
    return true;
}

bool vm_save_devices(const char *name, GError **err)
{
    bool given = g_str_has_prefix(name, "fd:");
    int fd = given ? netdev_named_fd(name + strlen("fd:"))
                   : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    GByteArray *state;
    bool ok;

    if (fd < 0) {
        return given ? vm_fail(err, "'%s': getfd was given no such name", name)
                     : vm_fail(err, "cannot open '%s': %s", name,
                               g_strerror(errno));
    }
    state = state_save();
    ok = write_all(fd, state->data, state->len);
    if (!ok) {
        vm_fail(err, "writing to '%s': %s", name, g_strerror(errno));
    }
    g_byte_array_unref(state);
    close(fd);
    return ok;
}

/* Loading */

/**
 * struct reader - What is left of a saved state
 */
struct reader {
    const uint8_t *p;
    size_t left;
};

/* The next @len bytes, NULL if there are not so many */
static const uint8_t *get_bytes(struct reader *r, size_t len)
{
    const uint8_t *p = r->p;

    if (len > r->left) {
        return NULL;
    }
    r->p += len;
    r->left -= len;
    return p;
}

static bool get_le(struct reader *r, unsigned width, uint64_t *val)
{
    const uint8_t *p = get_bytes(r, width);

    *val = 0;
    for (unsigned i = 0; p && i < width; i++) {
        *val |= (uint64_t)p[i] << 8 * i;
    }
    return p != NULL;
}

/* @len bytes after their length, which @width bytes say */
static const uint8_t *get_blob(struct reader *r, unsigned width, size_t max,
                               size_t *len)
{
    uint64_t n;

    if (!get_le(r, width, &n) || n > max) {
        return NULL;
    }
    *len = (size_t)n;
    return get_bytes(r, *len);
}

static struct nicdev *card_find(const char *model, uint64_t place)
{
    for (guint i = 0; i < vm_nics->len; i++) {
        struct nicdev *d = vm_nics->pdata[i];

        if (!strcmp(d->nic->model->name, model) && place_of(d) == place) {
            return d;
        }
    }
    return NULL;
}

static bool load_card(struct reader *r, GError **err)
{
    size_t name_len = 0, cfg_len = 0, len = 0;
    const uint8_t *name = get_blob(r, 1, 255, &name_len);
    uint64_t place = 0;
    bool ok = name && get_le(r, 4, &place);
    const uint8_t *cfg = ok ? get_blob(r, 4, PCI_CFG_SIZE, &cfg_len) : NULL;
    const uint8_t *state = cfg ? get_blob(r, 4, CARD_MAX, &len) : NULL;
    g_autofree char *model =
        name ? g_strndup((const char *)name, name_len) : NULL;
    struct nicdev *d = state ? card_find(model, place) : NULL;
    const char *bad;

    if (!state) {
        return vm_fail(err, "it ends too early");
    }
    if (!d) {
        return vm_fail(err,
                       "it has a '%s' at 0x%" PRIx64
                       ", and the command line has not",
                       g_str_is_ascii(model) ? model : "?", place);
    }
    if (cfg_len != (d->nic->model->isa ? 0 : PCI_CFG_SIZE)) {
        return vm_fail(err, "configuration space of '%s' has %zu bytes",
                       nicdev_name(d), cfg_len);
    }
    bad = nic_load(d->nic, state, len);
    if (bad) {
        return vm_fail(err, "'%s': %s", nicdev_name(d), bad);
    }
    if (cfg_len) {
        pci_load(&d->pci, cfg);
    }
    nic_set_link(d->nic,
                 !d->link_down && (!d->netdev || netdev_carrier(d->netdev)));
    return true;
}

bool state_load(const uint8_t *p, size_t len, GError **err)
{
    struct reader r = { p, len };
    const uint8_t *m = get_bytes(&r, sizeof(magic));
    uint64_t now, n;

    if (!m || memcmp(m, magic, sizeof(magic)) || !get_le(&r, 8, &now) ||
        !get_le(&r, 4, &n) || now > INT64_MAX) {
        return vm_fail(err, "this is no saved state of vifemu's");
    }
    clock_load((int64_t)now);
    for (uint64_t i = 0; i < n; i++) {
        if (!load_card(&r, err)) {
            return false;
        }
    }
    return !r.left || vm_fail(err, "something follows its end");
}

/* Read to the end of @fd */
static GByteArray *read_all(int fd, GError **err)
{
    GByteArray *a = g_byte_array_new();
    uint8_t buf[65536];
    ssize_t n = 1;

    while (n != 0 && a->len <= STATE_MAX) {
        n = read(fd, buf, sizeof(buf));
        if (n < 0 && errno != EINTR) {
            vm_fail(err, "%s", g_strerror(errno));
            g_clear_pointer(&a, g_byte_array_unref);
            return NULL;
        }
        g_byte_array_append(a, buf, (guint)MAX(n, 0));
    }
    return a;
}

bool state_incoming(const char *uri, GError **err)
{
    guint64 given;
    int fd = -1;
    GByteArray *a;
    bool ok;

    if (g_str_has_prefix(uri, "fd:") &&
        g_ascii_string_to_unsigned(uri + 3, 10, 0, INT_MAX, &given, NULL)) {
        fd = (int)given;
    } else if (g_str_has_prefix(uri, "file:")) {
        fd = open(uri + strlen("file:"), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            return vm_fail(err, "%s", g_strerror(errno));
        }
    } else {
        return vm_fail(err, "it takes fd:NUMBER or file:PATH");
    }
    a = read_all(fd, err);
    ok = a && state_load(a->data, a->len, err);
    g_clear_pointer(&a, g_byte_array_unref);
    close(fd);
    return ok;
}
