// SPDX-License-Identifier: MIT
/*
 * xenstore.c - reading and writing Xen's store, by its own programs
 *
 * They are on every host with a toolstack, speak the protocol of its version,
 * and take values as words, so that nothing needs quoting.
 */
#include "xen/xenstore.h"

#include <string.h>
#include <sys/wait.h>

static bool went_well(int status)
{
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

char *xenstore_read(const char *path)
{
    char *argv[] = { (char *)"xenstore-read", (char *)path, NULL };
    char *out = NULL;
    int status;

    if (!g_spawn_sync(NULL, argv, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                      NULL, &out, NULL, &status, NULL)) {
        return NULL;
    }
    if (!went_well(status)) {
        g_free(out);
        return NULL;
    }
    if (g_str_has_suffix(out, "\n")) {
        out[strlen(out) - 1] = 0;
    }
    return out;
}

bool xenstore_write(const char *const *values, GError **err)
{
    GPtrArray *argv = g_ptr_array_new();
    char *said = NULL;
    int status;
    bool ok;

    g_ptr_array_add(argv, (char *)"xenstore-write");
    for (unsigned i = 0; values[i]; i++) {
        g_ptr_array_add(argv, (char *)values[i]);
    }
    g_ptr_array_add(argv, NULL);
    ok = g_spawn_sync(NULL, (char **)argv->pdata, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                      NULL, NULL, &said, &status, err);
    if (ok && !went_well(status)) {
        ok = false;
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "xenstore-write failed: %s", g_strstrip(said));
    }
    g_free(said);
    g_ptr_array_unref(argv);
    return ok;
}
