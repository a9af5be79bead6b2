// SPDX-License-Identifier: MIT
/*
 * ctl.c - what the commands of vifctl have in common: files, tables, JSON
 */
#include "xen/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hw/nic.h"

const char **ctl_models(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (const struct nic_model *const *m = nic_models; *m; m++) {
        g_ptr_array_add(names, (void *)(*m)->name);
    }
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static char *read_stream(FILE *in, size_t *len)
{
    GString *all = g_string_new(NULL);
    char buf[16384];
    size_t got;

    while ((got = fread(buf, 1, sizeof(buf), in)) > 0) {
        g_string_append_len(all, buf, (gssize)got);
    }
    *len = all->len;
    return g_string_free(all, FALSE);
}

char *ctl_read(const char *file, size_t *len)
{
    bool standard = !strcmp(file, "-");
    FILE *in = standard ? stdin : fopen(file, "re");
    char *text = in ? read_stream(in, len) : NULL;

    if (!in || ferror(in)) {
        fprintf(stderr, "vifctl: %s: %s\n", file, g_strerror(errno));
        g_free(text);
        text = NULL;
    }
    if (in && !standard) {
        fclose(in);
    }
    return text;
}

char *ctl_clean(const char *text)
{
    GString *s = g_string_new(NULL);

    for (const char *c = text; *c; c++) {
        if (g_ascii_iscntrl(*c)) {
            g_string_append_printf(s, "\\x%02x", (uint8_t)*c);
        } else {
            g_string_append_c(s, *c);
        }
    }
    return g_string_free(s, FALSE);
}

void ctl_say(FILE *out, const char *file, const struct remark *r)
{
    static const char *const words[] = {
        [REMARK_NOTE] = "note: ",
        [REMARK_WARNING] = "warning: ",
        [REMARK_ERROR] = "",
    };
    char *key = ctl_clean(r->key ? r->key : "");
    char *text = ctl_clean(r->text);

    fprintf(out, "%s:", file);
    if (r->at.line) {
        fprintf(out, "%u:", r->at.line);
    }
    if (r->at.column) {
        fprintf(out, "%u:", r->at.column);
    }
    fprintf(out, " %s%s%s%s\n", words[r->severity], key, *key ? ": " : "",
            text);
    g_free(key);
    g_free(text);
}

int ctl_fail(const char *format, ...)
{
    va_list args;
    char *text, *clean;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    clean = ctl_clean(text);
    fprintf(stderr, "vifctl: %s\n", clean);
    g_free(clean);
    g_free(text);
    return CTL_FINDING;
}

struct ctl_table *ctl_table_new(const char *const *titles, unsigned n)
{
    struct ctl_table *t = g_new0(struct ctl_table, 1);

    t->cells = g_ptr_array_new_with_free_func(g_free);
    t->columns = n;
    for (unsigned i = 0; i < n; i++) {
        ctl_cell(t, titles[i]);
    }
    return t;
}

void ctl_cell(struct ctl_table *t, const char *text)
{
    g_ptr_array_add(t->cells, ctl_clean(text && *text ? text : "-"));
}

void ctl_cellf(struct ctl_table *t, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    ctl_cell(t, text);
    g_free(text);
}

/* Columns on a terminal; bytes where it is no UTF-8 */
static size_t width(const char *text)
{
    return g_utf8_validate(text, -1, NULL) ? (size_t)g_utf8_strlen(text, -1)
                                           : strlen(text);
}

char *ctl_table_text(const struct ctl_table *t)
{
    size_t *widest = g_new0(size_t, t->columns);
    GString *s = g_string_new(NULL);

    for (guint i = 0; i < t->cells->len; i++) {
        size_t *w = &widest[i % t->columns];

        *w = MAX(*w, width(t->cells->pdata[i]));
    }
    for (guint i = 0; i < t->cells->len; i++) {
        const char *text = t->cells->pdata[i];
        unsigned column = i % t->columns;
        bool last = column + 1 == t->columns;

        g_string_append_printf(s, "%s%*s%s", text,
                               last ? 0
                                    : (int)(widest[column] - width(text) + 2),
                               "", last ? "\n" : "");
    }
    g_free(widest);
    return g_string_free(s, FALSE);
}

void ctl_table_print(struct ctl_table *t)
{
    char *text = ctl_table_text(t);

    fputs(text, stdout);
    g_free(text);
    ctl_table_free(t);
}

void ctl_table_free(struct ctl_table *t)
{
    g_ptr_array_unref(t->cells);
    g_free(t);
}

void ctl_json_string(JsonBuilder *b, const char *name, const char *value)
{
    char *valid;

    if (value) {
        valid = g_utf8_make_valid(value, -1);
        json_builder_set_member_name(b, name);
        json_builder_add_string_value(b, valid);
        g_free(valid);
    }
}

void ctl_json_int(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

void ctl_json_bool(JsonBuilder *b, const char *name, bool value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

static void json_remark(JsonBuilder *b, const struct remark *r)
{
    static const char *const words[] = {
        [REMARK_NOTE] = "note",
        [REMARK_WARNING] = "warning",
        [REMARK_ERROR] = "error",
    };

    json_builder_begin_object(b);
    ctl_json_string(b, "severity", words[r->severity]);
    if (r->at.line) {
        ctl_json_int(b, "line", r->at.line);
    }
    if (r->at.column) {
        ctl_json_int(b, "column", r->at.column);
    }
    ctl_json_string(b, "key", r->key);
    ctl_json_string(b, "text", r->text);
    json_builder_end_object(b);
}

void ctl_json_remarks(JsonBuilder *b, const GPtrArray *first,
                      const GPtrArray *second)
{
    const GPtrArray *const lists[] = { first, second };

    json_builder_set_member_name(b, "remarks");
    json_builder_begin_array(b);
    for (unsigned k = 0; k < G_N_ELEMENTS(lists); k++) {
        for (guint i = 0; lists[k] && i < lists[k]->len; i++) {
            json_remark(b, lists[k]->pdata[i]);
        }
    }
    json_builder_end_array(b);
}

static void print_json(JsonBuilder *b, bool pretty)
{
    JsonNode *root = json_builder_get_root(b);
    char *text = json_to_string(root, pretty);

    puts(text);
    g_free(text);
    json_node_unref(root);
    g_object_unref(b);
}

void ctl_json_print(JsonBuilder *b)
{
    print_json(b, true);
}

void ctl_json_print_line(JsonBuilder *b)
{
    print_json(b, false);
}
