// SPDX-License-Identifier: MIT
/*
 * tap-busy-test.c - net/tap.c attaching to a tap that somebody has
 *
 * The one who has it is this test, and g_usleep() is ours: it counts instead of
 * waiting, and lets go of the tap when it has been called often enough.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/netdev.h"
#include "system/opts.h"
#include "tests/net/netns.h"

static int held = -1;
static unsigned calls, let_go_after;
static gulong waited;

void g_usleep(gulong microseconds)
{
    waited += microseconds;
    calls++;
    if (calls == let_go_after) {
        close(held);
        held = -1;
    }
}

/* Have it, and let go in call @after of g_usleep(); 0: never */
static void hold(unsigned after)
{
    struct ifreq ifr = { .ifr_name = "busy0",
                         .ifr_flags = IFF_TAP | IFF_NO_PI };

    held = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(held, >=, 0);
    g_assert_cmpint(ioctl(held, TUNSETIFF, &ifr), ==, 0);
    g_assert_cmpint(ioctl(held, TUNSETPERSIST, 1), ==, 0);
    calls = 0;
    waited = 0;
    let_go_after = after;
}

static struct netdev *attach(const char *name, GError **err)
{
    char *text =
        g_strdup_printf("tap,id=n0,ifname=%s,script=no,downscript=no", name);
    JsonObject *opts = opts_parse(text, "type", NULL);
    struct netdev *nd = netdev_open(opts, err);

    json_object_unref(opts);
    g_free(text);
    return nd;
}

/* Given back at once, or while it is waited for */
static void test_released(void)
{
    static const unsigned after[] = { 1, 3, 50 };

    for (unsigned i = 0; i < G_N_ELEMENTS(after); i++) {
        GError *err = NULL;
        struct netdev *nd;

        hold(after[i]);
        nd = attach("busy0", &err);
        g_assert_no_error(err);
        g_assert_nonnull(nd);
        g_assert_cmpuint(calls, ==, after[i]);
        g_assert_cmpint(held, ==, -1);
        netdev_close(nd);
    }
}

static void test_kept(void)
{
    GError *err = NULL;

    hold(0);
    g_assert_null(attach("busy0", &err));
    g_assert_nonnull(err);
    g_assert_cmpstr(err->message, ==,
                    "cannot attach to tap 'busy0': Device or resource busy; "
                    "another process uses it");
    g_assert_cmpuint(waited, ==, G_USEC_PER_SEC);
    g_error_free(err);
    close(held);
    held = -1;
}

/* Nothing else is worth waiting for */
static void test_not_a_tap(void)
{
    GError *err = NULL;

    calls = 0;
    g_assert_null(attach("lo", &err));
    g_assert_nonnull(err);
    g_assert_cmpuint(calls, ==, 0);
    g_error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!netns_enter(NULL, NULL)) {
        return 0;
    }
    g_test_add_func("/tap-busy/released", test_released);
    g_test_add_func("/tap-busy/kept", test_kept);
    g_test_add_func("/tap-busy/not-a-tap", test_not_a_tap);
    return g_test_run();
}
