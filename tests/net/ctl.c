// SPDX-License-Identifier: MIT
/*
 * ctl.c - calls of vifctl in a network namespace
 */
#include "ctl.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int hold(const char *name)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &ifr), ==, 0);
    return fd;
}

static char *state;

const char *state_dir(void)
{
    if (!state) {
        state = g_dir_make_tmp("vifctl-state-XXXXXX", NULL);
        g_assert_nonnull(state);
    }
    return state;
}

static void state_dir_remove(void)
{
    const char *name;
    GDir *dir = state ? g_dir_open(state, 0, NULL) : NULL;

    while (dir && (name = g_dir_read_name(dir))) {
        char *path = g_build_filename(state, name, NULL);

        g_remove(path);
        g_free(path);
    }
    if (dir) {
        g_dir_close(dir);
        g_rmdir(state);
    }
    g_clear_pointer(&state, g_free);
}

/* Commands that keep records */
static bool changes(const char *words)
{
    static const char *const verbs[] = { "up ", "down ", "bridge ", "repair" };

    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_has_prefix(words, verbs[i])) {
            return true;
        }
    }
    return false;
}

static struct answer call(const char *program, char **env,
                          GSpawnChildSetupFunc setup, const char *words,
                          const char *input)
{
    char *line = changes(words) ? g_strdup_printf("%s %s --state-dir %s",
                                                  program, words, state_dir())
                                : g_strdup_printf("%s %s", program, words);
    char **argv = g_strsplit(line, " ", -1);
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *file = g_build_filename(dir, "FILE", NULL);
    struct answer a;
    GError *err = NULL;
    int wait;

    g_assert_true(g_file_set_contents(file, input ? input : "", -1, NULL));
    g_spawn_sync(dir, argv, env, 0, setup, NULL, &a.out, &a.err, &wait, &err);
    g_assert_no_error(err);
    a.status = WIFEXITED(wait) ? WEXITSTATUS(wait) : -WTERMSIG(wait);
    g_test_message("vifctl %s: %d\n%s%s", words, a.status, a.out, a.err);
    g_remove(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
    g_strfreev(argv);
    g_free(line);
    return a;
}

struct answer vifctl(const char *words, const char *input)
{
    return call(g_getenv("VIFCTL"), NULL, NULL, words, input);
}

struct answer vifctl_as(void (*setup)(void *), const char *words,
                        const char *input)
{
    return call(g_getenv("VIFCTL"), NULL, setup, words, input);
}

struct answer vifctl_fault(const char *fault, const char *words,
                           const char *input)
{
    char **env = g_environ_setenv(g_get_environ(), "VIFCTL_FAULT", fault, TRUE);
    struct answer a = call(g_getenv("VIFCTL_FAULTS"), env, NULL, words, input);

    g_strfreev(env);
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

/* What 'ip' or 'nft' say; to be freed */
static char *said(const char *command)
{
    char *out = NULL;
    int wait = 0;

    if (!g_spawn_command_line_sync(command, &out, NULL, &wait, NULL) || wait) {
        g_error("'%s' failed", command);
    }
    return out;
}

/* Times that run out, and a carrier that comes when the kernel gets to it */
static char *still(const char *text)
{
    static const char *const moves[][2] = {
        { "(life_time|expires)\":[0-9]{1,9}\\b", "\\1\":0" },
        { "_timer\": *[0-9.]+", "_timer\":0" },
        { "\"state\":\"(forwarding|disabled)\"", "\"state\":\"\"" },
        { "\"(linkdown)\",?", "" },
        { "\"tentative\":true,", "" },
        { "\"operstate\":\"[A-Z]*\"", "\"operstate\":\"\"" },
        { "\"(LOWER_UP|NO-CARRIER)\",?", "" },
        /* An interface a line */
        { "\\{\"ifindex\"", "\n{\"ifindex\"" },
        { "handle\": [0-9]+", "handle\": 0" },
        { "packets\": [0-9]+, \"bytes\": [0-9]+", "packets\": 0" },
    };
    char *all = g_strdup(text);

    for (unsigned i = 0; i < G_N_ELEMENTS(moves); i++) {
        GRegex *r = g_regex_new(moves[i][0], 0, 0, NULL);
        char *next = g_regex_replace(r, all, -1, 0, moves[i][1], 0, NULL);

        g_assert_nonnull(next);
        g_regex_unref(r);
        g_free(all);
        all = next;
    }
    return all;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Routes to one place over different interfaces have no order that counts */
static void add_routes(GString *to, const char *command)
{
    char *text = said(command);
    JsonNode *root = json_from_string(text, NULL);
    JsonArray *all = root ? json_node_get_array(root) : NULL;
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; all && i < json_array_get_length(all); i++) {
        g_ptr_array_add(lines,
                        json_to_string(json_array_get_element(all, i), FALSE));
    }
    g_ptr_array_sort(lines, by_text);
    for (guint i = 0; i < lines->len; i++) {
        g_string_append_printf(to, "%s\n", (char *)lines->pdata[i]);
    }
    g_ptr_array_unref(lines);
    g_clear_pointer(&root, json_node_unref);
    g_free(text);
}

char *net_dump(void)
{
    static const char *const commands[] = {
        "sh -c 'printf \"addr\\nlink\\nrule\\n\" | ip -j -d -batch -'",
        "nft -j list ruleset",
    };
    GString *all = g_string_new(NULL);
    char *dump;

    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *text = said(commands[i]);

        g_string_append_printf(all, "%s\n", text);
        g_free(text);
    }
    /* Of both families */
    add_routes(all, "ip -j route show table all");
    dump = still(all->str);
    g_string_free(all, TRUE);
    return dump;
}

/* Say where @is and @was differ, if they do */
static void check_line(const char *is, const char *was)
{
    size_t at = 0, from;

    while (is && was && is[at] && is[at] == was[at]) {
        at++;
    }
    if (is && was && is[at] == was[at]) {
        return;
    }
    from = at > 60 ? at - 60 : 0;
    g_error("was: ...%.200s\nis: ...%.200s", was ? was + from : "",
            is ? is + from : "");
}

void check_dump(const char *want)
{
    char *is = net_dump();
    char **a = g_strsplit(is, "\n", -1), **b = g_strsplit(want, "\n", -1);
    unsigned i = 0;

    for (; a[i] && b[i]; i++) {
        check_line(a[i], b[i]);
    }
    if (a[i] || b[i]) {
        check_line(a[i], b[i]);
    }
    g_strfreev(a);
    g_strfreev(b);
    g_free(is);
}

static void in_namespace(const void *data)
{
    const struct ctl_test *test = data;

    g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
    test->run();
}

int ctl_tests(int argc, char **argv, const struct ctl_test *tests, unsigned n)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    if (!g_getenv("VIFCTL") || !g_getenv("VIFCTL_FAULTS")) {
        g_error("VIFCTL and VIFCTL_FAULTS have to name the programs");
    }
    if (unshare(CLONE_NEWNET) || access("/dev/net/tun", R_OK | W_OK)) {
        g_print("1..0 # SKIP no network namespaces, or no /dev/net/tun\n");
        return 77;
    }
    for (unsigned i = 0; i < n; i++) {
        g_test_add_data_func(tests[i].path, &tests[i], in_namespace);
    }
    status = g_test_run();
    state_dir_remove();
    return status;
}
