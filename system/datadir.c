// SPDX-License-Identifier: MIT
/*
 * datadir.c - where expansion ROMs are looked for
 */
#include "system/datadir.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

/* Where Linux distributions keep the ROMs that go with QEMU, and Xen that was
 * built from source those of its QEMU */
static const char *const builtin[] = {
    "/usr/share/vifemu",
    "/usr/share/qemu",
    "/usr/lib/ipxe/qemu",
    "/usr/share/ipxe/qemu",
    "/usr/share/qemu-efi",
    "/usr/share/qemu-xen/qemu",
    "/usr/local/share/qemu-xen/qemu",
    NULL,
};

static GPtrArray *added;

void datadir_add(const char *dir)
{
    if (!added) {
        added = g_ptr_array_new();
    }
    g_ptr_array_add(added, g_strdup(dir));
}

static char *try_dir(const char *dir, const char *name)
{
    char *path = g_build_filename(dir, name, NULL);

    if (access(path, R_OK) == 0) {
        return path;
    }
    g_free(path);
    return NULL;
}

char *datadir_find(const char *name)
{
    char *path = NULL;

    if (access(name, R_OK) == 0) {
        return g_strdup(name);
    }
    if (strchr(name, '/')) {
        return NULL;
    }
    for (guint i = 0; added && i < added->len && !path; i++) {
        path = try_dir(added->pdata[i], name);
    }
    for (unsigned i = 0; builtin[i] && !path; i++) {
        path = try_dir(builtin[i], name);
    }
    return path;
}

char *datadir_help(void)
{
    GString *s = g_string_new(NULL);

    for (guint i = 0; added && i < added->len; i++) {
        g_string_append_printf(s, "%s\n", (const char *)added->pdata[i]);
    }
    for (unsigned i = 0; builtin[i]; i++) {
        g_string_append_printf(s, "%s\n", builtin[i]);
    }
    return g_string_free(s, FALSE);
}
