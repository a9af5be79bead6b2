// SPDX-License-Identifier: MIT
/*
 * journals.c - the folder of journals, and its lock
 *
 * A file is written beside its place and renamed to it.  It may be gone after a
 * power failure: so are the interfaces that it is about.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/json.h"
#include "xen/journal.h"
#include "xen/nl.h"
#include "xen/step.h"

#define SCRATCH "journal.new"

/* libxl gives a script 40 seconds, and shows only what this tells before */
#define LOCK_SECONDS 30
#define LOCK_POLL_US 20000

/**
 * struct journals - The folder, and its lock
 * @ours: The file of this network namespace, of which there is one at most
 * @lock: Of a file that is locked; the kernel lets it go with the process
 */
struct journals {
    char *path, *ours;
    int dir, lock;
};

static bool failed(GError **err, const struct journals *js, const char *what)
{
    return nl_fail(err, js->path, what, errno);
}

/* Nobody else may put in what root then acts upon */
static bool is_safe(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && st.st_uid == geteuid() &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Take the lock of all commands that change the host */
static bool take_lock(struct journals *js, GError **err)
{
    gint64 end = g_get_monotonic_time() + LOCK_SECONDS * G_USEC_PER_SEC;

    js->lock = openat(js->dir, "lock",
                      O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (js->lock < 0) {
        return failed(err, js, "cannot open the lock there");
    }
    while (flock(js->lock, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK || g_get_monotonic_time() > end) {
            return failed(err, js, "cannot lock it");
        }
        g_usleep(LOCK_POLL_US);
    }
    return true;
}

struct journals *journals_open(const char *dir, GError **err)
{
    struct journals *js = g_new0(struct journals, 1);
    char *here = journal_netns();

    dir = dir ? dir : g_getenv("VIFCTL_STATE_DIR");
    js->path = g_strdup(dir ? dir : JOURNAL_DIR);
    js->ours = g_strconcat(here, ".json", NULL);
    g_free(here);
    js->lock = -1;
    g_mkdir_with_parents(js->path, 0700);
    js->dir = open(js->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (js->dir < 0) {
        failed(err, js,
               "cannot keep a record there of what is done; --state-dir names "
               "another place");
    } else if (!is_safe(js->dir)) {
        errno = EPERM;
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_PERM,
                    "%s: belongs to somebody else, or others may write to it",
                    js->path);
    } else if (take_lock(js, err)) {
        return js;
    }
    journals_close(js);
    return NULL;
}

void journals_close(struct journals *js)
{
    if (!js) {
        return;
    }
    if (js->lock >= 0) {
        close(js->lock);
    }
    if (js->dir >= 0) {
        close(js->dir);
    }
    g_free(js->path);
    g_free(js->ours);
    g_free(js);
}

const char *journals_path(const struct journals *js)
{
    return js->path;
}

const char *journals_ours(const struct journals *js)
{
    return js->ours;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0) {
            return false;
        }
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_file(struct journals *js, const char *text)
{
    int fd =
        openat(js->dir, SCRATCH,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, text, strlen(text));
    int why = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = why;
    return ok;
}

bool journals_put(struct journals *js, const struct journal *j, GError **err)
{
    char *text = journal_write(j);
    JsonNode *node = json_parse(text);
    bool ok = node != NULL;

    if (!ok) {
        errno = E2BIG;
    } else {
        json_node_unref(node);
        ok = write_file(js, text);
        errno = ok ? step() : errno;
        ok = ok && !errno && !renameat(js->dir, SCRATCH, js->dir, js->ours);
    }
    g_free(text);
    return ok || failed(err, js, "cannot keep a record of what is done");
}

bool journals_remove(struct journals *js, const char *name, GError **err)
{
    errno = step();
    if (!errno && !unlinkat(js->dir, name ? name : js->ours, 0)) {
        return true;
    }
    return failed(err, js, "cannot remove the record of what was done");
}

bool journals_pending(const struct journals *js)
{
    return !faccessat(js->dir, js->ours, F_OK, AT_SYMLINK_NOFOLLOW);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **journals_list(struct journals *js)
{
    GPtrArray *all = g_ptr_array_new();
    GDir *dir = g_dir_open(js->path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".json")) {
            g_ptr_array_add(all, g_strdup(name));
        }
    }
    if (dir) {
        g_dir_close(dir);
    }
    g_ptr_array_sort(all, by_name);
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}

/* At most one byte more than can be right; NULL with @err set */
static char *read_file(int fd, GError **err)
{
    size_t size = JSON_SIZE_MAX + 2, len = 0;
    char *text = g_malloc(size);
    ssize_t n = 1;

    while (n > 0 && len < size - 1) {
        n = read(fd, text + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = 0;
    if (n >= 0 && len < size - 1 && !memchr(text, 0, len)) {
        return text;
    }
    g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s",
                n < 0             ? g_strerror(errno)
                : len == size - 1 ? "is too long"
                                  : "is not text");
    g_free(text);
    return NULL;
}

struct journal *journals_get(struct journals *js, const char *name,
                             GError **err)
{
    int fd =
        openat(js->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct journal *j = NULL;
    struct stat st;
    char *text = NULL;

    if (fd < 0 || fstat(fd, &st)) {
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s",
                    g_strerror(errno));
    } else if (!S_ISREG(st.st_mode) || !is_safe(fd)) {
        g_set_error(err, G_FILE_ERROR, G_FILE_ERROR_PERM,
                    "is not a file that only we could have written");
    } else {
        text = read_file(fd, err);
        j = text ? journal_read(text, err) : NULL;
    }
    if (fd >= 0) {
        close(fd);
    }
    g_free(text);
    g_prefix_error(err, "%s/%s: ", js->path, name);
    return j;
}
