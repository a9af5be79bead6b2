// SPDX-License-Identifier: MIT
/*
 * convert.c - a guest's vifs as text for another toolstack
 */
#include "xen/convert.h"

#include <string.h>

bool convert_to_from_name(const char *name, enum convert_to *to)
{
    static const char *const names[] = { "xl", "xm", "libvirt" };

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *to = (enum convert_to)i;
            return true;
        }
    }
    return false;
}

static void G_GNUC_PRINTF(3, 4)
    lose(GPtrArray *lost, unsigned index, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (!lost) {
        return;
    }
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(lost, g_strdup_printf("vif %u: %s", index, text));
}

/* A string as a configuration file takes it, which knows no escapes; NULL if
 * there is none */
static char *quote(const char *s)
{
    for (const char *p = s; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == '\\') {
            return NULL;
        }
    }
    if (!strchr(s, '\'')) {
        return g_strdup_printf("'%s'", s);
    }
    return strchr(s, '"') ? NULL : g_strdup_printf("\"%s\"", s);
}

/* What the toolstack says to what was written for it */
static void check_spec(const struct guest *g, const struct vif *v,
                       const char *spec, enum dialect dialect, unsigned index,
                       GPtrArray *lost)
{
    struct guest *again = guest_new(g->file, dialect);
    struct vif *read = guest_add_vif(again, v->at);

    again->kind = g->kind;
    vifspec_read(again, read, spec, v->at);
    for (unsigned i = 0; i < again->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(again->remarks, i);

        if (r->severity == REMARK_ERROR) {
            lose(lost, index, "%s%s%s", r->key ? r->key : "",
                 r->key ? ": " : "", r->text);
        }
    }
    guest_free(again);
}

static char *spec_of(const struct guest *g, const struct vif *v,
                     enum dialect dialect, unsigned index, GPtrArray *lost)
{
    g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *spec = vifspec_write(v, dialect, g->kind, why);
    char *quoted = quote(spec);

    for (unsigned i = 0; i < why->len; i++) {
        lose(lost, index, "%s", (char *)g_ptr_array_index(why, i));
    }
    if (!quoted) {
        lose(lost, index,
             "all of it: its values have characters that no string of a "
             "configuration can hold");
        return g_strdup("''");
    }
    check_spec(g, v, spec, dialect, index, lost);
    return quoted;
}

static char *list_write(const struct guest *g, enum dialect dialect,
                        GPtrArray *lost)
{
    GString *out = g_string_new("vif = [");

    for (unsigned i = 0; i < g->vifs->len; i++) {
        const struct vif *v = g_ptr_array_index(g->vifs, i);
        g_autofree char *spec = spec_of(g, v, dialect, i, lost);

        g_string_append_printf(out, "%s%s", i ? ",\n        " : " ", spec);
    }
    g_string_append(out, " ]\n");
    return g_string_free(out, FALSE);
}

char *convert_guest(const struct guest *g, enum convert_to to, GPtrArray *lost)
{
    switch (to) {
    case CONVERT_XL:
        return list_write(g, DIALECT_XL, lost);
    case CONVERT_XM:
        return list_write(g, DIALECT_XM, lost);
    case CONVERT_LIBVIRT:
        break;
    }
    return libvirt_write(g, lost);
}
