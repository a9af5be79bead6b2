// SPDX-License-Identifier: MIT
/*
 * replay.c - run inputs of a fuzz target without libFuzzer
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

/* A folder stands for the files in it */
static bool replay(const char *path, unsigned *n)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *data = NULL;
    const char *name;
    bool ok = true;
    size_t len;
    GDir *dir;

    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        dir = g_dir_open(path, 0, &err);
        while (dir && (name = g_dir_read_name(dir))) {
            g_autofree char *file = g_build_filename(path, name, NULL);

            ok &= replay(file, n);
        }
        if (dir) {
            g_dir_close(dir);
            return ok;
        }
    } else if (g_file_get_contents(path, &data, &len, &err)) {
        LLVMFuzzerTestOneInput((const uint8_t *)data, len);
        ++*n;
        return true;
    }
    fprintf(stderr, "replay: %s\n", err->message);
    return false;
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    bool ok = argc > 1;

    if (argc < 2) {
        fprintf(stderr, "Usage: %s FILE|FOLDER...\n", argv[0]);
    }
    for (int i = 1; i < argc; i++) {
        ok &= replay(argv[i], &n);
    }
    printf("%u inputs ran\n", n);
    return ok ? 0 : 1;
}
