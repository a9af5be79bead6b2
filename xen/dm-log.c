// SPDX-License-Identifier: MIT
/*
 * dm-log.c - what vifemu-dm did, in a file beside QEMU's
 */
#include "xen/dm-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int log_fd = STDERR_FILENO;

int dm_log_open(const char *dir, const char *name)
{
    char *safe = g_strdup(name && *name ? name : "unnamed"), *path;

    g_strcanon(safe, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-+:", '_');
    path = g_strdup_printf("%s/vifemu-dm-%s.log", dir, safe);
    log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                  0640);
    if (log_fd < 0) {
        log_fd = STDERR_FILENO;
        dm_log("%s: %s; logging here", path, g_strerror(errno));
    }
    g_free(path);
    g_free(safe);
    return log_fd;
}

static void line(int fd, const char *text)
{
    GDateTime *now = g_date_time_new_now_utc();
    char *when = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    char *clean = g_strescape(text, "\"");
    char *all = g_strdup_printf("%s vifemu-dm: %s\n", when, clean);

    if (write(fd, all, strlen(all)) < 0) {
        /* There is no other place to say so */
    }
    g_free(all);
    g_free(clean);
    g_free(when);
    g_date_time_unref(now);
}

/* A failure is said on the old standard error, too */
static void G_GNUC_PRINTF(2, 0)
    say(bool failure, const char *format, va_list args)
{
    char *text = g_strdup_vprintf(format, args);

    line(log_fd, text);
    if (failure && log_fd != STDERR_FILENO) {
        line(STDERR_FILENO, text);
    }
    g_free(text);
}

void dm_log(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(false, format, args);
    va_end(args);
}

void dm_log_failure(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(true, format, args);
    va_end(args);
}
