// SPDX-License-Identifier: MIT
/*
 * names-test.c - interface names by toolstack, made and read
 */
#include <glib.h>
#include <string.h>

#include "xen/names.h"

/* What each toolstack calls the same card */
static const struct {
    enum naming naming;
    uint32_t domid, devid, index;
    const char *vifname, *vif, *first, *tap;
} made[] = {
    { NAMING_LIBXL, 3, 1, 0, NULL, "vif3.1", "vif3.1-emu", "vif3.1-emu" },
    { NAMING_LIBXL, 3, 1, 0, "web", "web", "vif3.1-emu", "web-emu" },
    { NAMING_LIBXL_41, 3, 1, 0, NULL, "vif3.1", "tap3.1", "tap3.1" },
    { NAMING_LIBXL_41, 3, 1, 0, "web", "vif3.1", "web", "web" },
    { NAMING_LIBXL_40, 3, 1, 0, NULL, "vif3.1", "tap3.0", "tap3.0" },
    { NAMING_XEND, 3, 1, 0, NULL, "vif3.1", "tap3.0", "tap3.0" },
    { NAMING_XEND, 3, 5, 2, NULL, "vif3.5", "tap3.2", "tap3.2" },
    { NAMING_XEND, 3, 5, 2, "web", "web", "tap-web", "tap-web" },
    { NAMING_FREEBSD, 3, 1, 0, NULL, "xnb3.1", "xnb3.1-emu", "xnb3.1-emu" },
    { NAMING_FREEBSD, 3, 1, 0, "web", "web", "xnb3.1-emu", "web-emu" },
    { NAMING_NETBSD, 3, 1, 0, NULL, "xvif3i1", "xvif3i1-emu", "xvif3i1-emu" },
    { NAMING_LIBXL, 32751, 100, 0, NULL, "vif32751.100", "vif32751.100-emu",
      "vif32751.100-emu" },
};

static void test_made(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(made); i++) {
        struct name_of of = { NAME_VIF,      true,          made[i].domid,
                              made[i].devid, made[i].index, made[i].vifname };
        char *vif = name_make(made[i].naming, &of);
        char *first, *tap;

        of.role = NAME_TAP;
        first = name_first(made[i].naming, &of);
        tap = name_make(made[i].naming, &of);
        g_assert_cmpstr(vif, ==, made[i].vif);
        g_assert_cmpstr(first, ==, made[i].first);
        g_assert_cmpstr(tap, ==, made[i].tap);
        g_free(vif);
        g_free(first);
        g_free(tap);
    }
}

/* Before there is a domain */
static void test_no_domid(void)
{
    struct name_of of = { .role = NAME_TAP, .devid = 2 };
    char *name = name_make(NAMING_LIBXL, &of);

    g_assert_cmpstr(name, ==, "vifD.2-emu");
    g_free(name);
}

static char *describe(const char *name)
{
    struct name_reading all[NAMES_READINGS];
    unsigned n = name_read(name, all);
    GString *s = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++) {
        const struct name_reading *r = &all[i];

        g_string_append_printf(s, "%s%s %s ", i ? "; " : "",
                               naming_word(r->naming),
                               r->role == NAME_TAP ? "tap" : "vif");
        if (r->vifname) {
            g_string_append_printf(s, "of %.*s", r->wish, name + r->start);
        } else {
            g_string_append_printf(s, "%u.%s%u%s", r->domid,
                                   r->counted ? "#" : "", r->devid,
                                   r->cut ? " cut" : "");
        }
    }
    return g_string_free(s, FALSE);
}

static void test_read(void)
{
    static const struct {
        const char *name, *want;
    } all[] = {
        { "vif3.1", "libxl vif 3.1" },
        { "vif3.1-emu", "libxl tap 3.1" },
        /* Three toolstacks, three devices */
        { "tap3.1", "libxl-4.1 tap 3.1; libxl-4.0 tap 3.2; xend tap 3.#1" },
        { "xnb3.1", "freebsd vif 3.1" },
        { "xnb3.1-emu", "freebsd tap 3.1" },
        { "xvif3i1", "netbsd vif 3.1" },
        { "xvif3i1-emu", "netbsd tap 3.1" },
        { "web-emu", "libxl tap of web" },
        { "tap-web", "xend tap of web" },
        { "tap-web-emu", "libxl tap of tap-web; xend tap of web-emu" },
        { "vif0.0", "libxl vif 0.0" },
        { "vif32751.10-emu", "libxl tap 32751.10" },
        { "vif32751.100-em", "libxl tap 32751.100 cut" },
        { "vif32751.1000-e", "libxl tap 32751.1000 cut" },
        { "vif3.1-em", "" },
        { "vif32752.0", "" },
        { "vif3.2147483648", "" },
        { "vif3.2147483647", "libxl vif 3.2147483647" },
        { "vif03.1", "" },
        { "vif3.01", "" },
        { "vif3", "" },
        { "vif3.", "" },
        { "vif.1", "" },
        { "vif3.-1", "" },
        { "vif3.1x", "" },
        { "vif99999999999999999999.1", "" },
        { "tap0", "" },
        { "eth0", "" },
        { "-emu", "" },
        { "tap-", "" },
        { "", "" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        char *got = describe(all[i].name);

        g_assert_cmpstr(got, ==, all[i].want);
        g_free(got);
    }
}

/* What is made and fits is read as what it was made for */
static void test_round(void)
{
    static const uint32_t ids[] = { 0, 1, 9, 10, 99, 100, 32751 };

    for (unsigned k = 0; k < 2 * NAMINGS * G_N_ELEMENTS(ids); k++) {
        enum naming naming = (enum naming)(k / 2 % NAMINGS);
        struct name_of of = { .role = k % 2 ? NAME_TAP : NAME_VIF,
                              .has_domid = true,
                              .domid = ids[k / 2 / NAMINGS],
                              .devid = 7,
                              .index = 7 };
        char *name = name_make(naming, &of);
        struct name_reading all[NAMES_READINGS];
        unsigned n = name_read(name, all);
        bool found = false;

        for (unsigned i = 0; i < n; i++) {
            found |= all[i].role == of.role && all[i].domid == of.domid &&
                     all[i].devid == 7 && !all[i].cut;
        }
        g_assert_true(found);
        g_free(name);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *name, *want;
    } all[] = {
        { "vif32751.10-emu", NULL },
        { "vif32751.100-emu", "has 16 characters, an interface at most 15" },
        { "", "is empty" },
        { ".", "is the name of a directory" },
        { "..", "is the name of a directory" },
        { "...", NULL },
        { "a b", "has a blank in it" },
        { "a\n", "has a blank in it" },
        { "a/b", "has a '/' in it" },
        { "eth0:1", "has a ':' in it" },
        { "tap%d", "has a '%' in it" },
        { "a\033[2J", "has a control character in it" },
        { "gr\xc3\xbc", NULL },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        char *why = name_refusal(all[i].name);

        g_assert_cmpstr(why, ==, all[i].want);
        g_free(why);
    }
}

static void test_words(void)
{
    enum naming naming;
    char *all = naming_words();

    for (unsigned i = 0; i < NAMINGS; i++) {
        g_assert_true(naming_find(naming_word((enum naming)i), &naming));
        g_assert_cmpuint(naming, ==, i);
    }
    g_assert_false(naming_find("", &naming));
    g_assert_false(naming_find("libx", &naming));
    g_assert_cmpstr(all, ==,
                    "libxl, libxl-4.1, libxl-4.0, xend, freebsd, netbsd");
    g_free(all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/names/made", test_made);
    g_test_add_func("/names/no-domid", test_no_domid);
    g_test_add_func("/names/read", test_read);
    g_test_add_func("/names/round", test_round);
    g_test_add_func("/names/refused", test_refused);
    g_test_add_func("/names/words", test_words);
    return g_test_run();
}
