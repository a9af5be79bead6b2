/* SPDX-License-Identifier: MIT */
/*
 * check.h - checks that know about the differences between emulators
 *
 * The same test programs run against vifemu and against stock QEMU.  A check
 * that fails against vifemu is a failure.  Where QEMU is known to answer
 * otherwise than the datasheet, the checks stand inside
 *
 *     differs (io_bar) {
 *         check_eq(...);
 *     }
 *
 * with a row of differences.def.  Against vifemu the block changes nothing;
 * against stock QEMU at least one of its checks must fail, else the row is out
 * of date and *that* is reported.  So the table cannot rot.
 */
#ifndef TESTS_QTEST_CHECK_H
#define TESTS_QTEST_CHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum difference {
    DIFF_none,
#define DIFFERENCE(id, subject, datasheet, qemu)         DIFF_##id,
#define DIFFERENCE_OF_HOST(id, subject, datasheet, qemu) DIFF_##id,
#include "differences.def"
#undef DIFFERENCE
#undef DIFFERENCE_OF_HOST
};

/**
 * emulator_is_stock() - Is the device under test QEMU's own model?
 *
 * Decided from the environment: QTEST_QEMU_BINARY names a qemu-system-* binary
 * and QTEST_DEVICE_PREFIX (set for our models inside QEMU) is empty.
 */
bool emulator_is_stock(void);

/**
 * check_failed() - Report a failed check
 *
 * Counted instead of reported while a difference is expected.  The test goes
 * on, so that one run tells everything that is wrong.
 */
void check_failed(const char *file, int line, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/**
 * check_abandon() - The emulator is gone: what follows says nothing any more
 *
 * Until it is called with false again, failing checks are not reported and
 * nothing is waited for.  The test must have failed already.
 */
void check_abandon(bool gone);

/** check() - The condition must hold; returns it */
#define check(cond) check_true_at(__FILE__, __LINE__, #cond, (cond))

/** check_eq() - Two numbers must be equal; returns whether they are */
#define check_eq(got, want)                                                    \
    check_eq_at(__FILE__, __LINE__, #got, (uint64_t)(got), #want,              \
                (uint64_t)(want))

/** check_range() - Lowest <= number <= highest */
#define check_range(got, lowest, highest)                                      \
    check_range_at(__FILE__, __LINE__, #got, (uint64_t)(got),                  \
                   (uint64_t)(lowest), (uint64_t)(highest))

/** check_mem() - Two byte strings must be equal; shows the first difference */
#define check_mem(got, want, len)                                              \
    check_mem_at(__FILE__, __LINE__, #got, (got), (want), (len))

/** check_has() - The text must contain the word (NULL contains nothing) */
#define check_has(text, word)                                                  \
    check_has_at(__FILE__, __LINE__, #text, (text), (word))

bool check_true_at(const char *file, int line, const char *what, bool cond);
bool check_eq_at(const char *file, int line, const char *what, uint64_t got,
                 const char *want_text, uint64_t want);
bool check_range_at(const char *file, int line, const char *what, uint64_t got,
                    uint64_t lowest, uint64_t highest);
bool check_mem_at(const char *file, int line, const char *what, const void *got,
                  const void *want, size_t len);
bool check_has_at(const char *file, int line, const char *what,
                  const char *text, const char *word);

/**
 * differs() - Block in which stock QEMU is known to answer differently
 * @id: Row of differences.def
 */
#define differs(id)                                                            \
    for (bool once_ = difference_begin(DIFF_##id); once_;                      \
         once_ = difference_end(__FILE__, __LINE__, DIFF_##id))

bool difference_begin(enum difference id);
bool difference_end(const char *file, int line, enum difference id);

/** difference_expected() - Is a failing check just what is expected now? */
bool difference_expected(void);

/**
 * skip_stock() - Skip the rest of a test on stock QEMU
 * @id: Row of differences.def that says why it would be pointless or fatal
 *
 * For differences that cannot be shown cheaply.  True if the caller is to
 * return; the test is then counted as skipped.
 */
#define skip_stock(id) skip_stock_at(DIFF_##id)

bool skip_stock_at(enum difference id);

/**
 * wait_for() - Poll until the condition holds
 *
 * At most check_timeout_ms(); false if it never held.
 */
#define wait_for(cond)                                                         \
    ({                                                                         \
        gint64 limit_ = g_get_monotonic_time() + check_timeout_ms() * 1000;    \
        bool held_;                                                            \
                                                                               \
        while (!(held_ = (cond)) && g_get_monotonic_time() < limit_) {         \
            g_usleep(300);                                                     \
        }                                                                      \
        held_;                                                                 \
    })

/** check_timeout_ms() - How long to wait for what ought to happen */
gint64 check_timeout_ms(void);

#endif
