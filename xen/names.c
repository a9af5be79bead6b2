// SPDX-License-Identifier: MIT
/*
 * names.c - what the network interfaces of a guest are called on the host
 *
 * A row per toolstack, from which names are made and by which they are read.
 * The emulated card's tap got its "-emu" in Xen 4.2, because the udev rule
 * for tapD.N took hold of the taps of other programs.
 *
 * A name that the configuration wishes (vifname=) is given by the hotplug
 * script once the interface exists, and the tap gets it with something before
 * or behind, so that it must be shorter by that.
 */
#include "xen/names.h"

#include <string.h>

/**
 * struct naming_row - The names of one toolstack
 * @vif, @tap:  What comes before the domain's id
 * @separator:  Between domain and device
 * @emu:        Behind a tap's name, also behind a wished one
 * @before:     Before a wished name of a tap
 * @late:       A wished name is given by the hotplug script
 * @shift:      What the tap's number is less than the device's
 * @counted:    The tap's number counts emulated cards instead
 * @wish_vif:   A wished name is also the backend's
 */
struct naming_row {
    const char *word, *vif, *tap;
    char separator;
    const char *emu, *before;
    bool late;
    uint8_t shift;
    bool counted, wish_vif;
};

static const struct naming_row rows[NAMINGS] = {
    [NAMING_LIBXL] = { "libxl", "vif", "vif", '.', "-emu", "", true, 0, false,
                       true },
    [NAMING_LIBXL_41] = { "libxl-4.1", "vif", "tap", '.', "", "", false, 0,
                          false, false },
    [NAMING_LIBXL_40] = { "libxl-4.0", "vif", "tap", '.', "", "", false, 1,
                          false, false },
    [NAMING_XEND] = { "xend", "vif", "tap", '.', "", "tap-", false, 0, true,
                      true },
    [NAMING_FREEBSD] = { "freebsd", "xnb", "xnb", '.', "-emu", "", true, 0,
                         false, true },
    [NAMING_NETBSD] = { "netbsd", "xvif", "xvif", 'i', "-emu", "", true, 0,
                        false, true },
};

const char *naming_word(enum naming naming)
{
    return rows[naming].word;
}

bool naming_find(const char *word, enum naming *naming)
{
    for (unsigned i = 0; i < NAMINGS; i++) {
        if (!strcmp(rows[i].word, word)) {
            *naming = (enum naming)i;
            return true;
        }
    }
    return false;
}

char *naming_words(void)
{
    GString *all = g_string_new(rows[0].word);

    for (unsigned i = 1; i < NAMINGS; i++) {
        g_string_append_printf(all, ", %s", rows[i].word);
    }
    return g_string_free(all, FALSE);
}

/* The number behind the separator.  That of xl 4.0's first tap is -1 when
 * device ids begin at 0, as it printed it */
static int64_t tap_number(const struct naming_row *row,
                          const struct name_of *of)
{
    return row->counted ? of->index : (int64_t)of->devid - row->shift;
}

char *name_first(enum naming naming, const struct name_of *of)
{
    const struct naming_row *row = &rows[naming];
    bool tap = of->role == NAME_TAP;
    GString *name = g_string_new(tap ? row->tap : row->vif);

    if (tap && of->vifname && !row->late) {
        g_string_printf(name, "%s%s%s", row->before, of->vifname, row->emu);
        return g_string_free(name, FALSE);
    }
    if (of->has_domid) {
        g_string_append_printf(name, "%u", of->domid);
    } else {
        g_string_append_c(name, 'D');
    }
    g_string_append_printf(name, "%c%" G_GINT64_FORMAT, row->separator,
                           tap ? tap_number(row, of) : of->devid);
    if (tap) {
        g_string_append(name, row->emu);
    }
    return g_string_free(name, FALSE);
}

char *name_make(enum naming naming, const struct name_of *of)
{
    const struct naming_row *row = &rows[naming];

    if (!of->vifname || (of->role == NAME_VIF && !row->wish_vif)) {
        return name_first(naming, of);
    }
    if (of->role == NAME_VIF) {
        return g_strdup(of->vifname);
    }
    return g_strconcat(row->before, of->vifname, row->emu, NULL);
}

/* A decimal number as printf() writes it: no sign, no 0 before it */
static const char *read_number(const char *s, uint32_t max, uint32_t *value)
{
    uint64_t n = 0;

    if (!g_ascii_isdigit(*s) || (*s == '0' && g_ascii_isdigit(s[1]))) {
        return NULL;
    }
    for (; g_ascii_isdigit(*s); s++) {
        n = n * 10 + (uint64_t)(*s - '0');
        if (n > max) {
            return NULL;
        }
    }
    *value = (uint32_t)n;
    return s;
}

/* What stands behind the numbers must be @emu, or its beginning if the name
 * has as many bytes as fit */
static bool read_end(const char *end, const char *emu, size_t len, bool *cut)
{
    *cut = false;
    if (!strcmp(end, emu)) {
        return true;
    }
    *cut = len == IFNAMSIZ - 1 && *end && g_str_has_prefix(emu, end);
    return *cut;
}

static bool read_numbers(const char *name, const struct naming_row *row,
                         struct name_reading *r)
{
    bool tap = r->role == NAME_TAP;
    const char *prefix = tap ? row->tap : row->vif;
    const char *s = name;

    if (!g_str_has_prefix(s, prefix)) {
        return false;
    }
    s = read_number(s + strlen(prefix), NAMES_DOMID_MAX, &r->domid);
    if (!s || *s++ != row->separator) {
        return false;
    }
    s = read_number(s, NAMES_DEVID_MAX, &r->devid);
    if (!s || !read_end(s, tap ? row->emu : "", strlen(name), &r->cut)) {
        return false;
    }
    r->counted = tap && row->counted;
    r->devid += tap && !row->counted ? row->shift : 0;
    return r->devid <= NAMES_DEVID_MAX;
}

/* tap-NAME of xend, NAME-emu of libxl; a bare NAME is anybody's */
static bool read_wish(const char *name, const struct naming_row *row,
                      struct name_reading *r)
{
    size_t len = strlen(name);
    size_t before = strlen(row->before), emu = strlen(row->emu);

    if (before + emu == 0 || len <= before + emu || len >= IFNAMSIZ ||
        !g_str_has_prefix(name, row->before) ||
        !g_str_has_suffix(name, row->emu)) {
        return false;
    }
    r->role = NAME_TAP;
    r->vifname = true;
    r->start = (uint8_t)before;
    r->wish = (uint8_t)(len - before - emu);
    return true;
}

/* Whether an older or another toolstack tells nothing new */
static bool known(const struct name_reading *r, const struct name_reading *all,
                  unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (r->vifname || all[i].vifname) {
            if (r->vifname && all[i].vifname && r->start == all[i].start) {
                return true;
            }
        } else if (all[i].role == r->role && all[i].domid == r->domid &&
                   all[i].devid == r->devid && all[i].counted == r->counted) {
            return true;
        }
    }
    return false;
}

unsigned name_read(const char *name, struct name_reading out[NAMES_READINGS])
{
    unsigned n = 0;
    bool numbers;

    for (unsigned i = 0; i < 2 * NAMINGS; i++) {
        struct name_reading r = {
            .naming = (enum naming)(i / 2),
            .role = i % 2 ? NAME_TAP : NAME_VIF,
        };

        if (read_numbers(name, &rows[r.naming], &r) && !known(&r, out, n)) {
            out[n++] = r;
        }
    }
    numbers = n > 0;
    for (unsigned i = 0; i < NAMINGS; i++) {
        struct name_reading r = { .naming = (enum naming)i };

        if (!numbers && read_wish(name, &rows[i], &r) && !known(&r, out, n)) {
            out[n++] = r;
        }
    }
    return n;
}

char *name_refusal(const char *name)
{
    size_t len = strlen(name);

    if (!len) {
        return g_strdup("is empty");
    }
    if (len >= IFNAMSIZ) {
        return g_strdup_printf("has %zu characters, an interface at most %d",
                               len, IFNAMSIZ - 1);
    }
    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        return g_strdup("is the name of a directory");
    }
    for (const char *c = name; *c; c++) {
        if (g_ascii_isspace(*c) || *c == '\v' || (uint8_t)*c == 0xa0) {
            return g_strdup("has a blank in it");
        }
        /* %: the kernel counts up a free number there */
        if (strchr("/:%", *c)) {
            return g_strdup_printf("has a '%c' in it", *c);
        }
        if (g_ascii_iscntrl(*c)) {
            return g_strdup("has a control character in it");
        }
    }
    return NULL;
}
