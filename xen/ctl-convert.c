// SPDX-License-Identifier: MIT
/*
 * ctl-convert.c - vifctl lint, vifctl convert: the same vifs elsewhere
 */
#include <string.h>

#include "xen/ctl-guest.h"
#include "xen/lint.h"

static void say_remarks(const struct guest *g)
{
    for (guint i = 0; i < g->remarks->len; i++) {
        ctl_say(stderr, g->file, g->remarks->pdata[i]);
    }
}

static void lint_table(const struct lint *l)
{
    static const char *const titles[] = { "line", "vif", "toolstack",
                                          "compared", "makes of it" };
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));

    for (guint i = 0; i < l->rows->len; i++) {
        const struct lint_row *r = l->rows->pdata[i];

        for (unsigned k = 0; k < LINT_TOOLS; k++) {
            const struct lint_cell *cell = &r->cell[k];

            ctl_cellf(t, "%u", r->vif->at.line);
            ctl_cellf(t, "%u", i);
            ctl_cell(t, lint_tool_name((enum lint_tool)k));
            ctl_cell(t, cell->differs                 ? "differs"
                        : l->own == (enum lint_tool)k ? "its own"
                                                      : NULL);
            ctl_cell(t, cell->text);
        }
    }
    ctl_table_print(t);
}

static void json_cell(JsonBuilder *b, enum lint_tool tool,
                      const struct lint_cell *cell)
{
    json_builder_begin_object(b);
    ctl_json_string(b, "toolstack", lint_tool_name(tool));
    ctl_json_bool(b, "refused", cell->refused);
    ctl_json_bool(b, "foreign", cell->foreign);
    ctl_json_bool(b, "differs", cell->differs);
    if (!cell->refused && !cell->foreign) {
        ctl_json_string(b, "mode", vif_mode_word(cell->mode));
        ctl_json_bool(b, "no-network", cell->risks & LINT_NO_NETWORK);
        ctl_json_bool(b, "no-netboot", cell->risks & LINT_NO_NETBOOT);
        ctl_json_bool(b, "two-cards", cell->risks & LINT_TWO_CARDS);
    }
    ctl_json_string(b, "text", cell->text);
    json_builder_end_object(b);
}

static void lint_json(const struct guest *g, const struct lint *l)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "file", g->file);
    ctl_json_string(b, "own", lint_tool_name(l->own));
    ctl_json_bool(b, "refused", l->refused);
    ctl_json_bool(b, "disagree", l->disagree);
    ctl_json_bool(b, "network-lost", l->network_lost);
    ctl_json_remarks(b, g->remarks, NULL);
    json_builder_set_member_name(b, "vifs");
    json_builder_begin_array(b);
    for (guint i = 0; i < l->rows->len; i++) {
        const struct lint_row *r = l->rows->pdata[i];

        json_builder_begin_object(b);
        ctl_json_int(b, "line", r->vif->at.line);
        ctl_json_string(b, "source", r->source);
        json_builder_set_member_name(b, "toolstacks");
        json_builder_begin_array(b);
        for (unsigned k = 0; k < LINT_TOOLS; k++) {
            json_cell(b, (enum lint_tool)k, &r->cell[k]);
        }
        json_builder_end_array(b);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    ctl_json_print(b);
}

static int lint_run(const struct ctl *c, char **args)
{
    struct guest *g = ctl_guest_config(c, args[0]);
    struct lint *l;
    bool bad;

    if (!g) {
        return CTL_USAGE;
    }
    l = lint_guest(g);
    bad = lint_bad(l) || guest_has_error(g);
    if (c->json) {
        lint_json(g, l);
    } else {
        lint_table(l);
        fflush(stdout);
        say_remarks(g);
    }
    lint_free(l);
    guest_free(g);
    return bad ? CTL_FINDING : CTL_OK;
}

static void convert_json(const struct guest *g, const char *text,
                         const GPtrArray *lost)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "file", g->file);
    ctl_json_string(b, "text", text);
    json_builder_set_member_name(b, "lost");
    json_builder_begin_array(b);
    for (guint i = 0; i < lost->len; i++) {
        char *valid = g_utf8_make_valid(lost->pdata[i], -1);

        json_builder_add_string_value(b, valid);
        g_free(valid);
    }
    json_builder_end_array(b);
    ctl_json_remarks(b, g->remarks, NULL);
    json_builder_end_object(b);
    ctl_json_print(b);
}

static void convert_text(const struct guest *g, const char *text,
                         const GPtrArray *lost)
{
    if (text) {
        fputs(text, stdout);
        fflush(stdout);
    }
    say_remarks(g);
    for (guint i = 0; i < lost->len; i++) {
        char *clean = ctl_clean(lost->pdata[i]);

        fprintf(stderr, "%s: lost: %s\n", g->file, clean);
        g_free(clean);
    }
}

static int convert_run(const struct ctl *c, char **args)
{
    struct guest *g = ctl_guest_config(c, args[0]);
    GPtrArray *lost;
    char *text;
    bool ok;

    if (!g) {
        return CTL_USAGE;
    }
    lost = g_ptr_array_new_with_free_func(g_free);
    text = guest_has_error(g) ? NULL : convert_guest(g, c->to, lost);
    ok = text && !lost->len;
    if (c->json) {
        convert_json(g, text, lost);
    } else {
        convert_text(g, text, lost);
    }
    g_free(text);
    g_ptr_array_unref(lost);
    guest_free(g);
    return ok ? CTL_OK : CTL_FINDING;
}

const struct ctl_command ctl_lint = {
    .name = "lint",
    .args = "FILE",
    .min = 1,
    .max = 1,
    .options = CTL_JSON | CTL_DIALECT | CTL_FROM,
    .summary = "What xend, xl before and since 4.6, and libvirt make of vifs",
    .text = "For each vif of the configuration FILE (- is standard input) a "
            "line for each toolstack: which cards it would give the guest, "
            "and whether that differs from what the toolstack does whose "
            "configuration it is.  Remarks on the reading itself follow on "
            "standard error.",
    .findings = "toolstacks disagree, or one of them leaves the guest without "
                "network, or the configuration has an error",
    .run = lint_run,
};

const struct ctl_command ctl_convert = {
    .name = "convert",
    .args = "FILE",
    .min = 1,
    .max = 1,
    .options = CTL_JSON | CTL_DIALECT | CTL_FROM | CTL_TO,
    .summary = "Write a guest's vifs as xl, xm or libvirt want them",
    .text = "Prints lines that go as they are into a configuration of --to, "
            "and on standard error what cannot be said there, as FILE: lost: "
            "number of the vif and a sentence.  A configuration with an error "
            "gives nothing.",
    .findings = "something is lost, or the configuration has an error",
    .run = convert_run,
};
