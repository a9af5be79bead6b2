// SPDX-License-Identifier: MIT
/*
 * vifctl-watch-test.c - vifctl watch, with real counters
 *
 * Situation D: a guest has an emulated and a paravirtual card with one
 * address; which interface carries its packets?  The tap is a real one, the
 * backend one end of a pair, and what the guest sends comes from the other.
 */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"

/* A broadcast of a type that nobody listens to */
static const uint8_t frame[100] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
                                    0x16, 0x3e, 0x00, 0x00, 0x01, 0x88, 0xb5 };

enum {
    MOST = 1100, /* Packets a second: one each 2 ms from each of two senders */
    TRIES = 30,
};

/**
 * struct sender - What sends while vifctl counts
 * @tap:   A tap's descriptor, -1: none
 * @front: The frontend's end of the pair, or NULL
 */
struct sender {
    int tap;
    const char *front;
    int stop;
};

static void *send_all(void *data)
{
    struct sender *s = data;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };

    g_assert_cmpint(fd, >=, 0);
    to.sll_ifindex = s->front ? (int)if_nametoindex(s->front) : 0;
    while (!g_atomic_int_get(&s->stop)) {
        if (s->tap >= 0) {
            g_assert_cmpint(write(s->tap, frame, sizeof(frame)), ==,
                            sizeof(frame));
        }
        if (s->front) {
            g_assert_cmpint(sendto(fd, frame, sizeof(frame), 0, (void *)&to,
                                   sizeof(to)),
                            ==, sizeof(frame));
        }
        g_usleep(2000);
    }
    close(fd);
    return NULL;
}

/* The one card of what watch --json says in one interval of 0.3 s while it
 * sends; to be freed with json_object_unref() */
static JsonObject *watch(int tap, const char *front)
{
    struct sender s = { .tap = tap, .front = front };
    GThread *thread = g_thread_new("sender", send_all, &s);
    struct answer a = vifctl("watch --json --interval 0.3 --count 1", NULL);
    GError *err = NULL;
    JsonNode *root;
    JsonArray *cards;
    JsonObject *card;

    g_atomic_int_set(&s.stop, 1);
    g_thread_join(thread);
    g_assert_cmpint(a.status, ==, 0);
    root = json_from_string(a.out, &err);
    g_assert_no_error(err);
    cards = json_object_get_array_member(json_node_get_object(root), "cards");
    g_assert_cmpuint(json_array_get_length(cards), ==, 1);
    card = json_object_ref(json_array_get_object_element(cards, 0));
    g_assert_cmpstr(json_object_get_string_member(card, "guest"), ==, "3.0");
    json_node_unref(root);
    answer_free(&a);
    return card;
}

/* The rate of what it says; -1: it does not say @path and @quiet */
static gint64 seen(int tap, const char *front, const char *path, bool quiet)
{
    JsonObject *card = watch(tap, front);
    JsonObject *from = json_object_get_object_member(card, "from-guest");
    gint64 rate = json_object_get_int_member(from, "packets-per-second");

    g_assert_cmpint(json_object_get_int_member(from, "bits-per-second"), >=,
                    rate * 700);
    if (strcmp(json_object_get_string_member(card, "path"), path) ||
        json_object_get_boolean_member(card, "quiet") != quiet) {
        rate = -1;
    }
    json_object_unref(card);
    return rate;
}

/* A busy machine may keep the sender from sending for a whole interval, and
 * vifctl from looking when one is over */
static void check(int tap, const char *front, const char *path, bool quiet)
{
    gint64 rate = -1;

    for (unsigned i = 0; i < TRIES && (rate < 0 || rate > MOST); i++) {
        rate = seen(tap, front, path, quiet);
    }
    if (quiet) {
        g_assert_cmpint(rate, ==, 0);
    } else {
        g_assert_cmpint(rate, >, 0);
        g_assert_cmpint(rate, <=, MOST);
    }
}

static int set_up(void)
{
    int fd;

    /* Nobody but the test sends */
    sh("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
    sh("ip link add xenbr0 type bridge; ip link set xenbr0 up");
    sh("ip link add vif3.0 type veth peer name front");
    sh("ip link set vif3.0 master xenbr0 up");
    fd = hold("vif3.0-emu");
    sh("ip link set vif3.0-emu master xenbr0 up");
    return fd;
}

/* From the firmware's driver to the unplugged card */
static void test_paths(void)
{
    int fd = set_up();

    check(fd, NULL, "tap", false);
    check(-1, NULL, "tap", true);
    sh("ip link set front up");
    check(fd, "front", "both", false);
    check(-1, "front", "vif", false);
    close(fd);
    check(-1, "front", "PV", false);
    check(-1, NULL, "PV", true);
}

/* The next line of @all, without its end; to be freed */
static char *next_line(FILE *all)
{
    char *line = NULL;
    size_t size = 0;

    g_assert_cmpint(getline(&line, &size, all), >, 0);
    return line;
}

/* In one call: each interval is an object in a line of its own, and what it
 * remembers.  It stands still while the card goes: that may take long */
static void test_unplug_seen(void)
{
    enum { LINES = 7 };
    char *words =
        g_strdup_printf("%s watch --json --interval 0.5 --count %u --domid 3",
                        g_getenv("VIFCTL"), LINES);
    char **argv = g_strsplit(words, " ", -1), *line[LINES];
    int fd = set_up(), out;
    FILE *all;
    GPid pid;

    sh("ip link set front up");
    for (unsigned i = 0; i < 10; i++) {
        g_assert_cmpint(write(fd, frame, sizeof(frame)), ==, sizeof(frame));
    }
    g_assert_true(g_spawn_async_with_pipes(NULL, argv, NULL,
                                           G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                           NULL, &pid, NULL, &out, NULL, NULL));
    all = fdopen(out, "r");
    line[0] = next_line(all);
    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    sh("ip link del vif3.0-emu");
    g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
    for (unsigned i = 1; i < LINES; i++) {
        line[i] = next_line(all);
    }
    g_assert_cmpint(fgetc(all), ==, EOF);
    g_assert_nonnull(strstr(line[0], "\"path\":\"tap\""));
    g_assert_nonnull(strstr(line[6], "\"path\":\"PV\""));
    g_assert_nonnull(strstr(line[6], "\"emulated-card-left\":true"));
    waitpid(pid, NULL, 0);
    for (unsigned i = 0; i < LINES; i++) {
        free(line[i]);
    }
    fclose(all);
    close(fd);
    g_strfreev(argv);
    g_free(words);
}

/* Frames that a guest does not fetch are dropped, and it is said */
static void test_dropped(void)
{
    int fd = set_up();
    gint64 dropped = 0;

    sh("ip link set vif3.0-emu txqueuelen 1; ip link set front up");
    /* As in check() */
    for (unsigned i = 0; i < TRIES && !dropped; i++) {
        JsonObject *card = watch(-1, "front");
        JsonObject *tap = json_array_get_object_element(
            json_object_get_array_member(card, "interfaces"), 0);
        JsonObject *to = json_object_get_object_member(tap, "to-guest");

        g_assert_cmpstr(json_object_get_string_member(tap, "role"), ==, "tap");
        dropped = json_object_get_int_member(to, "dropped");
        json_object_unref(card);
    }
    g_assert_cmpint(dropped, >, 0);
    close(fd);
}

/* Nobody there, another guest, and the table */
static void test_nobody(void)
{
    int fd;

    struct answer a = vifctl("watch --interval 0.1 --count 1 --json", NULL);

    g_assert_cmpint(a.status, ==, 1);
    g_assert_nonnull(strstr(a.out, "\"cards\":[]}"));
    answer_free(&a);
    fd = set_up();
    expect("watch --interval 0.1 --count 1 --domid 4", NULL, 1,
           "guest  path  interface  from guest  packets/s  to guest  packets/s "
           " errors  dropped  remark\n",
           "");
    expect("watch --interval 0.1 --count 2 --domid 3", NULL, 0,
           "guest  path  interface   from guest  packets/s  to guest  "
           "packets/s  errors  dropped  remark\n"
           "3.0    tap   vif3.0-emu  0 bit/s     0          0 bit/s   0        "
           "  0       0        quiet; vif3.0: no carrier\n"
           "\n"
           "guest  path  interface   from guest  packets/s  to guest  "
           "packets/s  errors  dropped  remark\n"
           "3.0    tap   vif3.0-emu  0 bit/s     0          0 bit/s   0        "
           "  0       0        quiet; vif3.0: no carrier\n",
           "");
    close(fd);
}

/* On a terminal, from its corner and without what was there before */
static void test_terminal(void)
{
    int fd = set_up();
    char *file = g_build_filename(g_getenv("TMPDIR"), "out", NULL);
    char *out, *home;

    sh("script -qec \"stty rows 10 cols 40; $VIFCTL watch --interval 0.1 "
       "--count 2\" /dev/null >$TMPDIR/out </dev/null");
    g_assert_true(g_file_get_contents(file, &out, NULL, NULL));
    home = strstr(out, "\033[Hguest");
    g_assert_nonnull(home);
    g_assert_nonnull(strstr(home, "\033[J"));
    g_assert_nonnull(strstr(home + 1, "\033[Hguest"));
    g_assert_null(strstr(out, "remark"));
    g_free(out);
    g_free(file);
    close(fd);
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/vifctl-watch/D-paths", test_paths },
        { "/vifctl-watch/D-unplug-seen", test_unplug_seen },
        { "/vifctl-watch/dropped", test_dropped },
        { "/vifctl-watch/nobody", test_nobody },
        { "/vifctl-watch/terminal", test_terminal },
    };
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *out = g_build_filename(dir, "out", NULL);
    int status;

    g_setenv("TMPDIR", dir, TRUE);
    status = ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
    g_remove(out);
    g_rmdir(dir);
    g_free(out);
    g_free(dir);
    return status;
}
