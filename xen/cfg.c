// SPDX-License-Identifier: MIT
/*
 * cfg.c - configuration files of xl and xm
 *
 * The statements are taken one after the other, the values of the few names
 * that matter are kept, and at the end a guest is made of them: a vif is read
 * differently for an HVM guest, and what makes it one may come later.  Lists
 * are walked with a stack of brackets instead of recursion.
 *
 * xl refuses a file with one thing wrong in it, so that is an error.  Files of
 * xm are Python programs: what is no literal is skipped with a note, unless a
 * name that matters hangs on it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/cfg-lex.h"
#include "xen/vifspec.h"

/* As many as xm's nics= may ask for */
enum { NICS_MAX = 256 };

enum setting {
    SET_NAME,
    SET_TYPE,
    SET_BUILDER,
    SET_MEMORY,
    SET_KERNEL,
    SET_VIF,
    SET_VIF2,
    SET_NICS,
    SET_DM_OVERRIDE,
    SET_DM,
    SET_PLATFORM_PCI,
    SETTINGS,
};

static const char *const setting_names[SETTINGS] = {
    [SET_NAME] = "name",
    [SET_TYPE] = "type",
    [SET_BUILDER] = "builder",
    [SET_MEMORY] = "memory",
    [SET_KERNEL] = "kernel",
    [SET_VIF] = "vif",
    [SET_VIF2] = "vif2",
    [SET_NICS] = "nics",
    [SET_DM_OVERRIDE] = "device_model_override",
    [SET_DM] = "device_model",
    [SET_PLATFORM_PCI] = "xen_platform_pci",
};

/**
 * struct item - A string or a number
 * @text: NULL: it is a list
 * @at:   Of the first byte of @text
 */
struct item {
    GString *text;
    struct place at;
    bool number;
};

/**
 * struct value - What a name is set to
 * @set:   It is
 * @list:  To a list, of @items, else to items[0]
 * @added: With +=
 */
struct value {
    bool set, list, added;
    struct place at;
    GPtrArray *items;
};

/**
 * struct reader - The state of reading
 * @tok:   What comes next
 * @kinds: Names that were set; to lists, if the value is not NULL
 * @python: There was a note that Python is not run
 */
struct reader {
    struct guest *g;
    struct lex lex;
    int tok;
    struct value values[SETTINGS];
    GHashTable *kinds;
    bool python;
};

static bool is_xm(const struct reader *r)
{
    return r->g->dialect == DIALECT_XM;
}

static void item_free(void *data)
{
    struct item *it = data;

    if (it->text) {
        g_string_free(it->text, TRUE);
    }
    g_free(it);
}

static void advance(struct reader *r)
{
    r->tok = lex_next(&r->lex);
}

static void syntax(struct reader *r, const char *wanted)
{
    if (!r->lex.bad && !is_xm(r)) {
        guest_remark(r->g, REMARK_ERROR, r->lex.at, NULL,
                     r->tok == TOK_END ? "the file ends where %s should stand"
                                       : "here %s should stand",
                     wanted);
    }
}

/*
 * Values
 */

static bool is_python_word(const struct reader *r)
{
    static const char *const words[] = { "True", "False", "None" };

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (is_xm(r) && !strcmp(r->lex.text->str, words[i])) {
            return true;
        }
    }
    return false;
}

/* Takes a string or a number; NULL: there is none */
static struct item *item_read(struct reader *r)
{
    struct item *it;
    bool minus = is_xm(r) && r->tok == '-', string;

    if (minus) {
        advance(r);
    }
    string = r->tok == TOK_STRING && !minus;
    if (!string && r->tok != TOK_NUMBER &&
        !(r->tok == TOK_NAME && is_python_word(r))) {
        syntax(r, "a string in quotes, a number or a list");
        return NULL;
    }
    it = g_new0(struct item, 1);
    it->number = !string;
    it->at = string ? r->lex.first : r->lex.at;
    it->text = g_string_new(minus ? "-" : "");
    if (r->tok == TOK_NAME) {
        g_string_append_c(it->text, r->lex.text->str[0] == 'T' ? '1' : '0');
    } else {
        g_string_append(it->text, r->lex.text->str);
    }
    advance(r);
    /* Python joins strings that stand side by side */
    while (string && is_xm(r) && r->tok == TOK_STRING) {
        g_string_append(it->text, r->lex.text->str);
        advance(r);
    }
    return it;
}

static bool opens(const struct reader *r)
{
    return r->tok == '[' || r->tok == '(';
}

/* Takes an opening bracket, which is a list inside a list if @open has any */
static bool list_open(struct reader *r, GByteArray *open, struct value *v)
{
    uint8_t closing = r->tok == '[' ? ']' : ')';

    if (open->len && r->g->dialect == DIALECT_XL_45) {
        guest_remark(r->g, REMARK_ERROR, r->lex.at, NULL,
                     "xl before 4.6 has no lists in lists");
        return false;
    }
    if (open->len == 1) {
        struct item *it = g_new0(struct item, 1);

        it->at = r->lex.at;
        g_ptr_array_add(v->items, it);
    }
    g_byte_array_append(open, &closing, 1);
    r->lex.inside++;
    advance(r);
    return true;
}

static bool list_item(struct reader *r, GByteArray *open, struct value *v)
{
    struct item *it;

    if (opens(r)) {
        return list_open(r, open, v);
    }
    it = item_read(r);
    if (it && open->len == 1) {
        g_ptr_array_add(v->items, it);
    } else if (it) {
        item_free(it);
    }
    return it != NULL;
}

/* Takes a list and those in it; the opening bracket is r->tok */
static bool list_read(struct reader *r, GByteArray *open, struct value *v)
{
    bool after_item = false, comma = false, tuple = r->tok == '(';

    if (!list_open(r, open, v)) {
        return false;
    }
    while (open->len) {
        if (r->tok == TOK_NEWLINE) {
            advance(r);
        } else if (r->tok == open->data[open->len - 1]) {
            g_byte_array_set_size(open, open->len - 1);
            r->lex.inside--;
            advance(r);
            after_item = true;
        } else if (after_item && r->tok == ',') {
            comma |= open->len == 1;
            advance(r);
            after_item = false;
        } else if (after_item) {
            syntax(r, "',' or the closing bracket of the list");
            return false;
        } else {
            bool nested = opens(r);

            if (!list_item(r, open, v)) {
                return false;
            }
            after_item = !nested;
        }
    }
    v->list = !tuple || comma || v->items->len != 1;
    return true;
}

/* Whatever comes of it, v->items is to be freed by the caller */
static bool value_read(struct reader *r, struct value *v)
{
    struct item *it;

    *v = (struct value){ .set = true, .at = r->lex.at };
    v->items = g_ptr_array_new_with_free_func(item_free);
    if (opens(r)) {
        GByteArray *open = g_byte_array_new();
        bool ok = list_read(r, open, v);

        g_byte_array_unref(open);
        return ok;
    }
    it = item_read(r);
    if (it) {
        g_ptr_array_add(v->items, it);
    }
    return it != NULL;
}

/*
 * Statements
 */

static int find_setting(const char *name)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (!strcmp(name, setting_names[i])) {
            return i;
        }
    }
    return -1;
}

/* Names that look like one of ours and are none */
static void guess_setting(struct reader *r, const char *name, struct place at)
{
    static const char *const others[] = { "vfb", "vtpm", "vkb", "vnc", "usb" };
    const char *guess = NULL;
    size_t len = strlen(name);

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        if (!strcmp(name, others[i])) {
            return;
        }
    }
    if (!strcmp(name, "nic") || !strcmp(name, "network") ||
        !strcmp(name, "vifs")) {
        guess = "vif";
    }
    for (int i = 0; i < SETTINGS && !guess; i++) {
        unsigned max = strlen(setting_names[i]) > 5 ? 2 : 1;

        if (strlen(setting_names[i]) > 4 && len > 4 &&
            word_distance(name, len, setting_names[i], max) <= max) {
            guess = setting_names[i];
        }
    }
    if (guess) {
        guest_remark(r->g, REMARK_WARNING, at, name,
                     "'%s' is passed over; did you mean %s?", name, guess);
    }
}

static void append(struct value *to, struct value *v)
{
    if (to->list) {
        g_ptr_array_extend_and_steal(to->items, g_steal_pointer(&v->items));
    } else {
        struct item *a = g_ptr_array_index(to->items, 0),
                    *b = g_ptr_array_index(v->items, 0);

        g_string_append(a->text, b->text->str);
    }
    to->added = true;
}

/* += to what is there; false: it cannot be */
static bool can_add(struct reader *r, const char *name, const struct value *v)
{
    void *kind;
    const char *wrong = NULL;

    if (!g_hash_table_lookup_extended(r->kinds, name, NULL, &kind)) {
        wrong = is_xm(r) ? "Python has nothing to add to before the name is set"
                         : NULL;
    } else if ((kind != NULL) != v->list) {
        wrong = "a list can only be added to a list, and a string to a string";
    }
    if (wrong) {
        guest_remark(r->g, REMARK_ERROR, v->at, name, "%s", wrong);
    }
    return wrong == NULL;
}

/* Takes the items of @v */
static void store(struct reader *r, const char *name, struct place at,
                  struct value *v)
{
    int i = find_setting(name);
    struct value *old = i < 0 ? NULL : &r->values[i];

    if (v->added && !can_add(r, name, v)) {
        return;
    }
    g_hash_table_replace(r->kinds, g_strdup(name), v->list ? r->kinds : NULL);
    if (old == NULL) {
        guess_setting(r, name, at);
        return;
    }
    if (old->set && v->added) {
        append(old, v);
        return;
    }
    if (old->set) {
        guest_remark(r->g, REMARK_WARNING, at, name,
                     "%s is set a second time: what line %u says is not used",
                     name, old->at.line);
        g_ptr_array_unref(old->items);
    }
    *old = *v;
    v->items = NULL;
}

/* Whether a guest's network depends on it */
static bool matters(const char *name)
{
    int s = find_setting(name);

    return s != SET_KERNEL && s != SET_MEMORY && s != SET_DM;
}

/* A statement that is no assignment of a literal; @name may be NULL */
static void python(struct reader *r, const char *name, struct place at)
{
    if (r->lex.bad) {
        return;
    }
    if (name && find_setting(name) >= 0) {
        guest_remark(r->g, matters(name) ? REMARK_ERROR : REMARK_NOTE, at, name,
                     "%s hangs on Python code, which is not run: write its "
                     "value",
                     name);
    } else if (!r->python) {
        guest_remark(r->g, REMARK_NOTE, at, name,
                     "this is Python code, which is not run: it and what it "
                     "would do is passed over");
        r->python = true;
    }
}

static bool ends_statement(const struct reader *r)
{
    return r->tok == TOK_NEWLINE || r->tok == ';' || r->tok == TOK_END;
}

/* From behind the name to what ends the statement */
static bool assignment(struct reader *r, const char *name, struct place at)
{
    struct value v;
    bool ok, added = r->tok == TOK_ADD;

    if (r->tok != '=' && !added) {
        syntax(r, "= or +=");
        return false;
    }
    advance(r);
    ok = value_read(r, &v);
    if (ok && !ends_statement(r)) {
        syntax(r, "the end of the line, or ';',");
        ok = false;
    }
    if (ok) {
        v.added = added;
        store(r, name, at, &v);
    }
    if (v.items) {
        g_ptr_array_unref(v.items);
    }
    return ok;
}

static void statement(struct reader *r)
{
    g_autofree char *name = NULL;
    struct place at = r->lex.at;
    bool ok = false, block = is_xm(r) && r->lex.indented;

    if (r->tok == TOK_NAME) {
        name = g_strdup(r->lex.text->str);
        advance(r);
        ok = !block && assignment(r, name, at);
    } else if (is_xm(r) && r->tok == TOK_STRING) {
        /* Documentation */
        advance(r);
        ok = ends_statement(r);
    } else {
        syntax(r, "a name");
    }
    if (ok) {
        return;
    }
    if (is_xm(r)) {
        python(r, name, at);
    }
    if (r->tok != TOK_NEWLINE) {
        lex_skip(&r->lex);
    }
    r->lex.inside = 0;
    advance(r);
}

static void statements(struct reader *r)
{
    advance(r);
    while (r->tok != TOK_END) {
        if (ends_statement(r)) {
            advance(r);
        } else {
            statement(r);
        }
    }
}

/*
 * The guest
 */

/* The text of a setting that has to be a single value; NULL: it has none */
static const struct item *single(struct reader *r, enum setting s)
{
    const struct value *v = &r->values[s];

    if (!v->set) {
        return NULL;
    }
    if (v->list) {
        guest_remark(r->g, is_xm(r) ? REMARK_ERROR : REMARK_WARNING, v->at,
                     setting_names[s], "%s has to be a single value: %s",
                     setting_names[s],
                     is_xm(r) ? "xm has no use for a list"
                              : "xl passes over a list");
        return NULL;
    }
    return g_ptr_array_index(v->items, 0);
}

static bool number(struct reader *r, enum setting s, long *n)
{
    const struct item *it = single(r, s);
    const char *wrong = NULL;
    char *end;

    if (it == NULL) {
        return false;
    }
    errno = 0;
    *n = strtol(it->text->str, &end, 0);
    if (r->values[s].added) {
        wrong = "is a number, which += cannot be used with";
    } else if (errno || *end || end == it->text->str) {
        wrong = "has to be a number";
    }
    if (wrong) {
        guest_remark(r->g, is_xm(r) ? REMARK_ERROR : REMARK_WARNING, it->at,
                     setting_names[s], "%s %s: %s", setting_names[s], wrong,
                     is_xm(r) ? "xm refuses it" : "xl passes it over");
    }
    return wrong == NULL;
}

/* xl compares as many letters as there are, even if that is none */
static bool begins(const struct reader *r, const struct item *it,
                   const char *kind)
{
    bool same = !strncmp(it->text->str, kind, strlen(it->text->str));

    if (same && strcmp(it->text->str, kind) != 0) {
        guest_remark(r->g, REMARK_WARNING, it->at, NULL, "xl takes '%s' for %s",
                     it->text->str, kind);
    }
    return same;
}

static int kind_of_type(struct reader *r, const struct item *it)
{
    if (begins(r, it, "hvm")) {
        return GUEST_HVM;
    }
    if (begins(r, it, "pv")) {
        return GUEST_PV;
    }
    if (begins(r, it, "pvh")) {
        return GUEST_PVH;
    }
    guest_remark(r->g, REMARK_ERROR, it->at, "type",
                 "the type of a guest is hvm, pv or pvh, not '%s'",
                 it->text->str);
    return -1;
}

static int kind_of_builder(struct reader *r, const struct item *it)
{
    if (begins(r, it, "hvm")) {
        return GUEST_HVM;
    }
    if (begins(r, it, "generic")) {
        return GUEST_PV;
    }
    guest_remark(r->g, REMARK_ERROR, it->at, "builder",
                 "the builder of a guest is hvm or generic, not '%s'",
                 it->text->str);
    return -1;
}

static void kind_xl(struct reader *r)
{
    const struct item *type = single(r, SET_TYPE),
                      *builder = single(r, SET_BUILDER);
    int by_type = type ? kind_of_type(r, type) : -1;
    int by_builder = builder ? kind_of_builder(r, builder) : -1;

    if (by_type >= 0 && by_builder >= 0 && by_type != by_builder) {
        guest_remark(r->g, REMARK_ERROR, builder->at, "builder",
                     "builder='%s' contradicts type='%s'", builder->text->str,
                     type->text->str);
    }
    if (by_type >= 0 || by_builder >= 0) {
        r->g->kind = (enum guest_kind)(by_builder >= 0 ? by_builder : by_type);
    }
}

/* Before xl knew type= */
static void kind_old(struct reader *r)
{
    const struct item *type = single(r, SET_TYPE),
                      *builder = single(r, SET_BUILDER);

    if (builder && (is_xm(r) ? !strcmp(builder->text->str, "hvm")
                             : begins(r, builder, "hvm"))) {
        r->g->kind = GUEST_HVM;
    }
    if (type &&
        strcmp(type->text->str, r->g->kind == GUEST_HVM ? "hvm" : "pv")) {
        guest_remark(r->g, REMARK_WARNING, type->at, "type",
                     "%s does not know type=, only builder=: the guest is %s",
                     is_xm(r) ? "xm" : "xl before 4.10",
                     r->g->kind == GUEST_HVM ? "hvm" : "pv");
    }
}

static void device_model(struct reader *r)
{
    const struct item *override = single(r, SET_DM_OVERRIDE),
                      *dm = single(r, SET_DM);

    if (dm && !is_xm(r)) {
        guest_remark(r->g, REMARK_WARNING, dm->at, "device_model",
                     "xl passes over device_model; device_model_override is "
                     "what it uses");
    } else if (dm) {
        override = dm;
    }
    if (override) {
        r->g->device_model_override = g_strdup(override->text->str);
    }
}

static void vif_list(struct reader *r)
{
    const struct value *v = &r->values[SET_VIF];

    if (v->set && !v->list) {
        guest_remark(r->g, is_xm(r) ? REMARK_ERROR : REMARK_WARNING, v->at,
                     "vif", "vif has to be a list, in brackets: %s",
                     is_xm(r) ? "xm takes each letter of a string for a vif"
                              : "xl passes over a single value, and the guest "
                                "has no network");
        return;
    }
    for (unsigned i = 0; v->set && i < v->items->len; i++) {
        const struct item *it = g_ptr_array_index(v->items, i);

        if (it->text == NULL) {
            guest_remark(r->g, is_xm(r) ? REMARK_ERROR : REMARK_WARNING, it->at,
                         "vif", "a vif has to be a string: %s",
                         is_xm(r) ? "xm has no use for a list"
                                  : "xl reads no vif from this list on");
            return;
        }
        if (it->number && is_xm(r)) {
            guest_remark(r->g, REMARK_ERROR, it->at, "vif",
                         "a vif has to be a string");
            continue;
        }
        vifspec_read(r->g, guest_add_vif(r->g, it->at), it->text->str, it->at);
    }
}

static void more_nics(struct reader *r)
{
    long n;

    if (!r->values[SET_NICS].set || !number(r, SET_NICS, &n)) {
        return;
    }
    guest_remark(r->g, n > NICS_MAX ? REMARK_ERROR : REMARK_WARNING,
                 r->values[SET_NICS].at, "nics",
                 is_xm(r) ? "nics=%ld: xm wants vif = [ '' ] instead, and "
                            "would have %d at most here"
                          : "xl passes over nics=%ld; it wants vif = [ '' ] "
                            "instead (%d at most)",
                 n, NICS_MAX);
    while (is_xm(r) && n <= NICS_MAX && (long)r->g->vifs->len < n) {
        struct place at = r->values[SET_NICS].at;

        vifspec_read(r->g, guest_add_vif(r->g, at), "", at);
    }
}

/* Numbers that two of them have are an error of libxl, when it starts them */
static void check_devids(struct reader *r)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);

    for (unsigned i = 0; i < r->g->vifs->len; i++) {
        const struct vif *v = g_ptr_array_index(r->g->vifs, i), *other;
        uint32_t id = v->has_devid ? v->devid : i;

        other = g_hash_table_lookup(seen, GUINT_TO_POINTER(id));
        if (other) {
            guest_remark(r->g, REMARK_WARNING, v->at, "devid",
                         "the vif of line %u has number %u, too: libxl says "
                         "that the device exists already",
                         other->at.line, id);
        }
        g_hash_table_replace(seen, GUINT_TO_POINTER(id), (void *)v);
    }
    g_hash_table_unref(seen);
}

static void make_guest(struct reader *r)
{
    const struct item *name = single(r, SET_NAME),
                      *kernel = single(r, SET_KERNEL);
    long n;

    r->g->name = name ? g_strdup(name->text->str) : NULL;
    if (r->g->dialect == DIALECT_XL) {
        kind_xl(r);
    } else {
        kind_old(r);
    }
    if (kernel && r->g->kind == GUEST_HVM && r->g->dialect == DIALECT_XL_45) {
        guest_remark(r->g, REMARK_NOTE, kernel->at, "kernel",
                     "old xl passes over the kernel of an HVM guest");
    }
    if (number(r, SET_MEMORY, &n) && n <= 0) {
        guest_remark(r->g, REMARK_WARNING, r->values[SET_MEMORY].at, "memory",
                     "no guest runs in %ld MB of memory", n);
    }
    device_model(r);
    if (number(r, SET_PLATFORM_PCI, &n)) {
        r->g->platform_pci = n != 0;
    }
    if (r->values[SET_VIF2].set) {
        guest_remark(r->g, REMARK_WARNING, r->values[SET_VIF2].at, "vif2",
                     "vif2 is netchannel2, which no Xen has any more: it is "
                     "passed over");
    }
    vif_list(r);
    more_nics(r);
    check_devids(r);
    remarks_sort(r->g->remarks);
}

struct guest *cfg_read(const char *file, const char *text, size_t len,
                       enum dialect dialect)
{
    struct guest *g = guest_new(file, dialect);
    struct reader r = {
        .g = g,
        .lex = { .g = g, .p = text, .end = text + len, .line = 1 },
    };

    r.lex.start = text;
    r.lex.text = g_string_new(NULL);
    r.kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    statements(&r);
    make_guest(&r);
    for (int i = 0; i < SETTINGS; i++) {
        if (r.values[i].set) {
            g_ptr_array_unref(r.values[i].items);
        }
    }
    g_hash_table_unref(r.kinds);
    g_string_free(r.lex.text, TRUE);
    return g;
}
