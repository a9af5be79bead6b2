// SPDX-License-Identifier: MIT
/*
 * ctl.c - calls of vifctl in a network namespace
 */
#include "ctl.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

void sh(const char *command)
{
    int status = system(command);

    if (status) {
        g_error("'%s' failed: %d", command, status);
    }
}

int hold(const char *name)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &ifr), ==, 0);
    return fd;
}

struct answer vifctl(const char *words, const char *input)
{
    char *line = g_strdup_printf("%s %s", g_getenv("VIFCTL"), words);
    char **argv = g_strsplit(line, " ", -1);
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *file = g_build_filename(dir, "FILE", NULL);
    struct answer a;
    GError *err = NULL;
    int wait;

    g_assert_true(g_file_set_contents(file, input ? input : "", -1, NULL));
    g_spawn_sync(dir, argv, NULL, 0, NULL, NULL, &a.out, &a.err, &wait, &err);
    g_assert_no_error(err);
    g_assert_true(WIFEXITED(wait));
    a.status = WEXITSTATUS(wait);
    g_test_message("vifctl %s: %d\n%s%s", words, a.status, a.out, a.err);
    g_remove(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
    g_strfreev(argv);
    g_free(line);
    return a;
}

void answer_free(struct answer *a)
{
    g_free(a->out);
    g_free(a->err);
}

/* One blank between words, and "up" whether or not the kernel's link watch has
 * come around to a carrier yet */
static char *plain(const char *text)
{
    GString *s = g_string_new(text);

    g_string_replace(s, "no carrier", "up", 0);
    while (g_string_replace(s, "  ", " ", 0)) {
        continue;
    }
    return g_string_free(s, FALSE);
}

void expect(const char *words, const char *input, int status, const char *out,
            const char *err)
{
    struct answer a = vifctl(words, input);
    char *got, *want;

    g_assert_cmpint(a.status, ==, status);
    got = plain(a.out);
    want = plain(out);
    g_assert_cmpstr(got, ==, want);
    g_free(got);
    g_free(want);
    if (!strstr(a.err, err) || (!*err && *a.err)) {
        g_error("'%s' is not what was said: '%s'", err, a.err);
    }
    answer_free(&a);
}

void check_link(const char *name, const char *want)
{
    char *line = g_strdup_printf("ip -o link show dev %s", name);
    char *out = NULL;

    g_assert_true(g_spawn_command_line_sync(line, &out, NULL, NULL, NULL));
    if (!strstr(out, want)) {
        g_error("no '%s' in '%s'", want, out);
    }
    g_free(out);
    g_free(line);
}

bool present(const char *name)
{
    return if_nametoindex(name) > 0;
}

unsigned interfaces(void)
{
    struct if_nameindex *all = if_nameindex();
    unsigned n = 0;

    while (all[n].if_index) {
        n++;
    }
    if_freenameindex(all);
    return n;
}

static void in_namespace(const void *data)
{
    const struct ctl_test *test = data;

    g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
    test->run();
}

int ctl_tests(int argc, char **argv, const struct ctl_test *tests, unsigned n)
{
    g_test_init(&argc, &argv, NULL);
    if (!g_getenv("VIFCTL")) {
        g_error("VIFCTL has to name the program");
    }
    if (unshare(CLONE_NEWNET) || access("/dev/net/tun", R_OK | W_OK)) {
        g_print("1..0 # SKIP no network namespaces, or no /dev/net/tun\n");
        return 77;
    }
    for (unsigned i = 0; i < n; i++) {
        g_test_add_data_func(tests[i].path, &tests[i], in_namespace);
    }
    return g_test_run();
}
