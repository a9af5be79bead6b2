// SPDX-License-Identifier: MIT
/*
 * dm-state-test.c - our part of a saved device state, as it was and damaged
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xen/dm-state.h"

enum { TRAILER = 56 };

static int file(const void *data, size_t len)
{
    int fd = memfd_create("state", MFD_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, len), ==, (ssize_t)len);
    return fd;
}

/* What is found; "none", or the error behind "!" */
static char *find(int fd)
{
    GBytes *state = NULL;
    GError *err = NULL;
    char *said;

    if (!dm_state_find(fd, &state, &err)) {
        g_assert_null(state);
        said = g_strconcat("!", err->message, NULL);
        g_error_free(err);
    } else if (!state) {
        said = g_strdup("none");
    } else {
        gsize len;
        const char *data = g_bytes_get_data(state, &len);

        said = g_strndup(data, len);
        g_bytes_unref(state);
    }
    return said;
}

static void expect(int fd, const char *want)
{
    char *said = find(fd);

    if (!g_pattern_match_simple(want, said)) {
        g_error("'%s' is not '%s'", said, want);
    }
    g_free(said);
}

static void test_there(void)
{
    int fd = file("QEMU", 4);

    /* It goes to the end wherever the position is, and reading does not move
     * it: QEMU reads the same file */
    lseek(fd, 1, SEEK_SET);
    g_assert_true(dm_state_append(fd, "OURS", 4, NULL));
    g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, 4 + 4 + TRAILER);
    lseek(fd, 2, SEEK_SET);
    expect(fd, "OURS");
    g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 2);
    close(fd);
}

static void test_empty(void)
{
    GBytes *state = NULL;
    int fd = file("QEMU", 4);

    g_assert_true(dm_state_append(fd, "", 0, NULL));
    g_assert_true(dm_state_find(fd, &state, NULL));
    g_assert_nonnull(state);
    g_assert_cmpuint(g_bytes_get_size(state), ==, 0);
    g_bytes_unref(state);
    close(fd);
}

static void test_none(void)
{
    char zeros[TRAILER * 3] = { 0 };
    int fd = file("", 0), fds[2];

    expect(fd, "none");
    close(fd);
    fd = file(zeros, TRAILER - 1);
    expect(fd, "none");
    close(fd);
    fd = file(zeros, sizeof(zeros));
    expect(fd, "none");
    close(fd);
    g_assert_cmpint(pipe(fds), ==, 0);
    expect(fds[0], "none");
    close(fds[0]);
    close(fds[1]);
    expect(-1, "!*Bad file descriptor");
}

static void test_large(void)
{
    char *state = g_malloc0(DM_STATE_MAX + 1u);
    int fd = file("", 0);

    g_assert_false(dm_state_append(fd, state, DM_STATE_MAX + 1u, NULL));
    g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, 0);
    g_assert_true(dm_state_append(fd, state, DM_STATE_MAX, NULL));
    expect(fd, "");
    close(fd);
    g_free(state);
}

/* A full disk is told */
static void test_full(void)
{
    GError *err = NULL;
    FILE *full = fopen("/dev/full", "w");

    if (!full) {
        g_test_skip("no /dev/full here");
        return;
    }
    g_assert_false(dm_state_append(fileno(full), "OURS", 4, &err));
    g_assert_nonnull(strstr(err->message, "No space left"));
    g_error_free(err);
    fclose(full);
}

/* Any bit of our part and its trailer that flips is noticed; in the magic, by
 * there being no part of ours at all */
static void test_bits(void)
{
    char all[8 + TRAILER];
    int fd = file("QEMU", 4);

    g_assert_true(dm_state_append(fd, "OURS", 4, NULL));
    g_assert_cmpint(pread(fd, all, sizeof(all), 0), ==, sizeof(all));
    close(fd);
    for (size_t bit = 4 * 8; bit < sizeof(all) * 8; bit++) {
        bool magic = bit >= (sizeof(all) - 8) * 8;

        all[bit / 8] = (char)(all[bit / 8] ^ 1 << bit % 8);
        fd = file(all, sizeof(all));
        expect(fd, magic ? "none" : "!*");
        close(fd);
        all[bit / 8] = (char)(all[bit / 8] ^ 1 << bit % 8);
    }
}

/* Cut anywhere, or with anything behind it, it is not believed */
static void test_cut(void)
{
    char all[8 + TRAILER + 1] = { 0 };
    int fd = file("QEMU", 4);

    g_assert_true(dm_state_append(fd, "OURS", 4, NULL));
    g_assert_cmpint(pread(fd, all, sizeof(all) - 1, 0), ==, sizeof(all) - 1);
    close(fd);
    for (size_t len = 0; len < sizeof(all) - 1; len++) {
        fd = file(all, len);
        expect(fd, "none");
        close(fd);
        /* The beginning gone: then its length is more than there is */
        fd = file(all + sizeof(all) - 1 - len, len);
        expect(fd, len < TRAILER       ? "none"
                   : len < 4 + TRAILER ? "!*its length"
                                       : "OURS");
        close(fd);
    }
    fd = file(all, sizeof(all));
    expect(fd, "none");
    close(fd);
}

/* Trailers of random bytes with the right magic */
static void test_random(void)
{
    GRand *rand = g_rand_new_with_seed(1);
    char all[8 + TRAILER];
    int fd = file("QEMU", 4);

    g_assert_true(dm_state_append(fd, "OURS", 4, NULL));
    g_assert_cmpint(pread(fd, all, sizeof(all), 0), ==, sizeof(all));
    close(fd);
    for (unsigned i = 0; i < 20000; i++) {
        size_t at = (size_t)g_rand_int_range(rand, 0, TRAILER - 8);
        char was = all[8 + at], now = (char)g_rand_int(rand);

        all[8 + at] = now;
        fd = file(all, sizeof(all));
        expect(fd, was == now ? "OURS" : "!*");
        close(fd);
        all[8 + at] = was;
    }
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dm-state/there", test_there);
    g_test_add_func("/dm-state/empty", test_empty);
    g_test_add_func("/dm-state/none", test_none);
    g_test_add_func("/dm-state/large", test_large);
    g_test_add_func("/dm-state/full", test_full);
    g_test_add_func("/dm-state/bits", test_bits);
    g_test_add_func("/dm-state/cut", test_cut);
    g_test_add_func("/dm-state/random", test_random);
    return g_test_run();
}
