// SPDX-License-Identifier: MIT
/*
 * ctl-repair.c - vifctl repair: undo what a command that died has left
 */
#include "xen/ctl.h"
#include "xen/filter.h"
#include "xen/repair.h"

static char *state_dir;

static const GOptionEntry options[] = {
    CTL_STATE_DIR(&state_dir),
    { NULL },
};

struct journals *ctl_journals(const char *dir, GError **err)
{
    struct journals *js = journals_open(dir, err);
    char *said = NULL;

    if (js && !repair_pending(js, &said, err)) {
        g_prefix_error(err, "an earlier command was interrupted, and what it "
                            "left cannot be undone: ");
        journals_close(js);
        js = NULL;
    }
    if (said) {
        fprintf(stderr, "vifctl: note: %s\n", said);
        g_free(said);
    }
    return js;
}

/**
 * struct report - What was found and done, as lines
 */
struct report {
    const struct ctl *c;
    JsonBuilder *json;
    bool failed;
};

static void tell(struct report *r, const char *subject, const char *said,
                 GError *err)
{
    const char *text = err ? err->message : said;

    json_builder_begin_object(r->json);
    ctl_json_string(r->json, "subject", subject);
    ctl_json_bool(r->json, "repaired", !err);
    ctl_json_string(r->json, "text", text);
    json_builder_end_object(r->json);
    if (err) {
        ctl_fail("%s", text);
        r->failed = true;
        g_error_free(err);
    } else if (!r->c->json) {
        char *clean = ctl_clean(text);

        printf("%s\n", clean);
        g_free(clean);
    }
}

static void repair_journals(struct report *r, struct journals *js)
{
    char **names = journals_list(js);

    for (char **name = names; *name; name++) {
        GError *err = NULL;
        char *said;

        repair_file(js, *name, &said, &err);
        tell(r, *name, said, err);
        g_free(said);
    }
    g_strfreev(names);
}

static void repair_stale(struct report *r)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GError *err = NULL;

    if (!repair_filters(names, &err)) {
        tell(r, FILTER_TABLE, NULL, err);
    }
    for (guint i = 0; !err && i < names->len; i++) {
        char *said = g_strdup_printf("filter %s had no interface any more, and "
                                     "is removed",
                                     (char *)names->pdata[i]);

        tell(r, names->pdata[i], said, NULL);
        g_free(said);
    }
    g_ptr_array_unref(names);
}

static int repair_run(const struct ctl *c, char **args)
{
    GError *err = NULL;
    struct journals *js = journals_open(state_dir, &err);
    struct report r = { .c = c, .json = json_builder_new() };

    json_builder_begin_object(r.json);
    json_builder_set_member_name(r.json, "repairs");
    json_builder_begin_array(r.json);
    if (js) {
        repair_journals(&r, js);
        repair_stale(&r);
        journals_close(js);
    } else {
        tell(&r, "journals", NULL, err);
    }
    json_builder_end_array(r.json);
    json_builder_end_object(r.json);
    if (c->json) {
        ctl_json_print(r.json);
    } else {
        g_object_unref(r.json);
    }
    return r.failed ? CTL_FINDING : CTL_OK;
}

const struct ctl_command ctl_repair = {
    .name = "repair",
    .args = "",
    .options = CTL_JSON,
    .summary = "Undo what an interrupted command has left",
    .text =
        "'vifctl up', 'down' and 'bridge' write down what they are about to "
        "do before their first change, and remove the record after the last "
        "one.  A record that is found while no such command runs is of one "
        "that died: taps that it made are taken away, those that it was "
        "taking away likewise, and a bridge and its wire get back the "
        "addresses and routes that they had.  A bridge that was to be "
        "destroyed and is gone already stays so.\n\n"
        "'vifctl up', 'down' and 'bridge' do the same before they begin.  A "
        "record of another network namespace is left alone.  One that is "
        "damaged is told, acted upon by nobody, and has to be removed by "
        "hand.  Filters of which no interface is there any more are removed.  "
        "Repairing what is not broken does nothing.",
    .findings = "something cannot be undone; it is told what",
    .own = options,
    .run = repair_run,
};
