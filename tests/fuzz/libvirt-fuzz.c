// SPDX-License-Identifier: MIT
/*
 * libvirt-fuzz.c - libvirt XML, and vif specifications as libvirt reads them
 *
 * The first byte says whether the rest is XML or a specification, and in whose
 * words.  Interfaces that are written must read back as the same; everything is
 * looked at by lint and converted to every format.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xen/convert.h"
#include "xen/libvirt.h"
#include "xen/lint.h"

static void must_equal(const char *a, const char *b, const char *what)
{
    if (g_strcmp0(a, b) != 0) {
        fprintf(stderr, "%s\n--\n%s\n", a, b);
    }
    must(g_strcmp0(a, b) == 0, what);
}

/* Places lie in the text, and people can read what stands there */
static void check_remarks(const struct guest *g, const char *text, size_t len)
{
    unsigned lines = 1;

    for (size_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
    }
    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        must(r->at.line <= lines, "a remark is behind the end");
        must(g_utf8_validate(r->text, -1, NULL), "a remark is no UTF-8");
    }
}

/* What was written once is written the same after it was read */
static void write_and_read(const struct guest *g)
{
    char *text = libvirt_write(g, NULL), *twice;
    struct guest *again = libvirt_read("again", text, strlen(text));

    must(again->vifs->len == g->vifs->len, "a vif was lost");
    if (!guest_has_error(g)) {
        must(!guest_has_error(again) || !g->vifs->len,
             "what was written is refused");
        if (g->kind == GUEST_HVM) {
            twice = libvirt_write(again, NULL);
            must_equal(text, twice, "written and read differ");
            g_free(twice);
        }
    }
    guest_free(again);
    g_free(text);
}

static void look_at(const struct guest *g)
{
    struct lint *l = lint_guest(g);

    must(l->rows->len == g->vifs->len, "lint forgot a vif");
    lint_free(l);
    for (enum convert_to to = CONVERT_XL; to <= CONVERT_LIBVIRT; to++) {
        GPtrArray *lost = g_ptr_array_new_with_free_func(g_free);

        g_free(convert_guest(g, to, lost));
        g_ptr_array_unref(lost);
    }
}

/* libvirt's own words, read, written and read again */
static void fuzz_spec(const char *text, enum dialect dialect,
                      enum guest_kind kind)
{
    struct guest *g = guest_new("spec", dialect);
    struct vif *v = guest_add_vif(g, (struct place){ 1, 1 });
    struct vif *w = guest_add_vif(g, (struct place){ 2, 1 });
    char *why = libvirt_spec_read(v, text, dialect, kind);

    g->kind = kind;
    if (!why) {
        char *once = libvirt_spec_write(v, dialect, kind), *twice;

        why = libvirt_spec_read(w, once, dialect, kind);
        must(why == NULL, "libvirt refuses its own specification");
        twice = libvirt_spec_write(w, dialect, kind);
        must_equal(once, twice, "specifications differ");
        g_free(twice);
        g_free(once);
    }
    g_free(why);
    guest_free(g);
    g = guest_new("spec", dialect);
    g->kind = kind;
    vifspec_read(g, guest_add_vif(g, (struct place){ 1, 1 }), text,
                 (struct place){ 1, 1 });
    look_at(g);
    guest_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dialect dialects[] = { DIALECT_XL, DIALECT_XL_45,
                                             DIALECT_XM };
    char *text;
    struct guest *g;

    if (!size) {
        return 0;
    }
    text = g_strndup((const char *)data + 1, size - 1);
    if (*data & 1) {
        fuzz_spec(text, dialects[*data / 2 % 3],
                  *data & 0x40 ? GUEST_PV : GUEST_HVM);
    } else {
        g = libvirt_read("fuzz", (const char *)data + 1, size - 1);
        check_remarks(g, text, size - 1);
        write_and_read(g);
        look_at(g);
        guest_free(g);
    }
    g_free(text);
    return 0;
}
