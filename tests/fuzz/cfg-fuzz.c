// SPDX-License-Identifier: MIT
/*
 * cfg-fuzz.c - configuration files and vif specifications
 *
 * The first byte chooses the dialect and, for a specification, the guest; the
 * rest is a file or a specification.  Places must lie in the text, and a vif
 * that is written without a loss must read back as the same.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xen/guest.h"

static bool same(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static void compare(const struct vif *a, const struct vif *b)
{
    must(a->mode == b->mode, "mode differs");
    must(a->has_mac == b->has_mac &&
             (!a->has_mac || !memcmp(a->mac, b->mac, sizeof(a->mac))),
         "mac differs");
    must(same(a->bridge, b->bridge) && same(a->gatewaydev, b->gatewaydev) &&
             same(a->model, b->model) && same(a->vifname, b->vifname) &&
             same(a->script, b->script) && same(a->ip, b->ip) &&
             same(a->backend, b->backend) && same(a->vlan, b->vlan),
         "a string differs");
    must(a->rate_bytes == b->rate_bytes && a->rate_us == b->rate_us,
         "rate differs");
    must(a->mtu == b->mtu && a->untrusted == b->untrusted, "a number differs");
    must(a->has_devid == b->has_devid &&
             (!a->has_devid || a->devid == b->devid),
         "devid differs");
    must(a->rest->len == b->rest->len, "the rest differs");
}

static void write_and_read(const struct guest *g, const struct vif *v,
                           enum dialect dialect)
{
    GPtrArray *lost = g_ptr_array_new_with_free_func(g_free);
    char *text = vifspec_write(v, dialect, g->kind, lost);
    struct guest *again = guest_new("again", dialect);
    struct place at = { 1, 1 };
    struct vif *copy = guest_add_vif(again, at);

    again->kind = g->kind;
    vifspec_read(again, copy, text, at);
    must(!guest_has_error(again), "what was written has an error");
    if (!lost->len) {
        compare(v, copy);
    }
    guest_free(again);
    g_free(text);
    g_ptr_array_unref(lost);
}

static void check(const struct guest *g, size_t lines, size_t size)
{
    unsigned last = 0;

    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        must(r->text && *r->text, "a remark without text");
        must(r->at.line <= lines && r->at.column <= size + 2, "no such place");
        must(r->at.line >= last, "remarks out of order");
        last = r->at.line;
    }
    for (unsigned i = 0; i < g->vifs->len && !guest_has_error(g); i++) {
        for (unsigned d = DIALECT_XL; d <= DIALECT_XM; d++) {
            write_and_read(g, g_ptr_array_index(g->vifs, i), (enum dialect)d);
        }
    }
}

static void spec(const char *text, size_t size, enum dialect dialect,
                 enum guest_kind kind)
{
    struct guest *g = guest_new("spec", dialect);
    struct place at = { 1, 1 };
    char *copy = g_strndup(text, size);

    g->kind = kind;
    vifspec_read(g, guest_add_vif(g, at), copy, at);
    check(g, 1, size);
    g_free(copy);
    guest_free(g);
}

static void file(const char *text, size_t size, enum dialect dialect)
{
    struct guest *g = cfg_read("file", text, size, dialect);
    size_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    check(g, lines, size);
    guest_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;

    if (!size) {
        return 0;
    }
    if (data[0] & 0x80) {
        spec(text, size - 1, (enum dialect)(data[0] % 3),
             (enum guest_kind)(data[0] / 4 % 3));
    } else {
        file(text, size - 1, (enum dialect)(data[0] % 3));
    }
    return 0;
}
