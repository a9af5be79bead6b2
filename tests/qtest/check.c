// SPDX-License-Identifier: MIT
/*
 * check.c - checks that know about the differences between emulators
 */
#include "check.h"

#include <string.h>

struct difference_row {
    const char *id;
    const char *subject;
    bool of_host;
};

static const struct difference_row difference_rows[] = {
    [DIFF_none] = { "none", "" },
#define DIFFERENCE(name, about, datasheet, qemu)                               \
    [DIFF_##name] = { #name, about, false },
#define DIFFERENCE_OF_HOST(name, about, datasheet, qemu)                       \
    [DIFF_##name] = { #name, about, true },
#include "differences.def"
#undef DIFFERENCE
#undef DIFFERENCE_OF_HOST
};

/* The difference that is expected now, and how many checks showed it */
static enum difference expected;
static unsigned shown;
static bool abandoned;

static bool host_is_qemu(void)
{
    const char *binary = g_getenv("QTEST_QEMU_BINARY");
    g_autofree char *name = g_path_get_basename(binary ? binary : "");

    return g_str_has_prefix(name, "qemu-");
}

bool emulator_is_stock(void)
{
    const char *prefix = g_getenv("QTEST_DEVICE_PREFIX");

    return host_is_qemu() && (!prefix || !*prefix);
}

/* Is the row about what is being tested? */
static bool applies(enum difference id)
{
    return difference_rows[id].of_host ? host_is_qemu() : emulator_is_stock();
}

void check_failed(const char *file, int line, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *base = g_path_get_basename(file);
    va_list ap;

    if (abandoned) {
        return;
    }
    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (expected != DIFF_none) {
        shown++;
        if (g_getenv("QTEST_SHOW_DIFFERENCES")) {
            g_test_message("%s:%d: expected of QEMU: %s", base, line, text);
        }
        return;
    }
    g_test_message("%s:%d: %s", base, line, text);
    g_test_fail();
}

bool check_true_at(const char *file, int line, const char *what, bool cond)
{
    if (!cond) {
        check_failed(file, line, "%s does not hold", what);
    }
    return cond;
}

bool check_eq_at(const char *file, int line, const char *what, uint64_t got,
                 const char *want_text, uint64_t want)
{
    if (got != want) {
        check_failed(file, line,
                     "%s is 0x%" G_GINT64_MODIFIER
                     "x, not %s (0x%" G_GINT64_MODIFIER "x)",
                     what, got, want_text, want);
    }
    return got == want;
}

bool check_range_at(const char *file, int line, const char *what, uint64_t got,
                    uint64_t lowest, uint64_t highest)
{
    bool ok = got >= lowest && got <= highest;

    if (!ok) {
        check_failed(file, line,
                     "%s is %" G_GUINT64_FORMAT ", not in %" G_GUINT64_FORMAT
                     "..%" G_GUINT64_FORMAT,
                     what, got, lowest, highest);
    }
    return ok;
}

bool check_mem_at(const char *file, int line, const char *what, const void *got,
                  const void *want, size_t len)
{
    const uint8_t *a = got;
    const uint8_t *b = want;

    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i]) {
            check_failed(file, line, "%s: byte %zu of %zu is %02x, not %02x",
                         what, i, len, a[i], b[i]);
            return false;
        }
    }
    return true;
}

bool check_has_at(const char *file, int line, const char *what,
                  const char *text, const char *word)
{
    bool ok = text && strstr(text, word);

    if (!ok) {
        check_failed(file, line, "%s does not contain \"%s\": %s", what, word,
                     text ? text : "(nothing)");
    }
    return ok;
}

bool difference_begin(enum difference id)
{
    g_assert(expected == DIFF_none); /* blocks do not nest */
    if (applies(id)) {
        expected = id;
        shown = 0;
    }
    return true;
}

bool difference_end(const char *file, int line, enum difference id)
{
    if (expected == DIFF_none) {
        return false;
    }
    expected = DIFF_none;
    check_abandon(false);
    if (!shown) {
        check_failed(file, line,
                     "QEMU agrees with the datasheet here: row \"%s\" (%s) of "
                     "differences.def is out of date",
                     difference_rows[id].id, difference_rows[id].subject);
    }
    return false;
}

bool difference_expected(void)
{
    return expected != DIFF_none;
}

bool skip_stock_at(enum difference id)
{
    g_autofree char *why = NULL;

    if (!applies(id)) {
        return false;
    }
    why = g_strdup_printf("difference %s: %s", difference_rows[id].id,
                          difference_rows[id].subject);
    g_test_skip(why);
    return true;
}

void check_abandon(bool gone)
{
    abandoned = gone;
}

gint64 check_timeout_ms(void)
{
    if (abandoned) {
        return 0;
    }
    /* A test that failed already need not be patient */
    return difference_expected() || g_test_failed() ? 150 : 30000;
}
