// SPDX-License-Identifier: MIT
/*
 * situations-test.c - what went wrong on hosts of Xen, by the letters that
 * these have in docs/testing.md; those that are not here are in
 * vifctl-net-test and vifctl-watch-test
 */
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static void make_bridge(void)
{
    sh("ip link add xenbr0 type bridge; ip link set xenbr0 addrgenmode none; "
       "ip link set xenbr0 up");
}

/* A: the name is another's; with vifname= there is another */
static void test_vifname(void)
{
    int fd;

    make_bridge();
    sh("ip link add vif3.0 type veth peer name veth0");
    fd = hold("vif3.0-emu");
    expect("up FILE --domid 3", "builder='hvm'\nvif=['model=e1000']\n", 1, "",
           "vif3.0-emu is there already: a tap, down; devid=1, 2, 3 are free");
    expect("up FILE --domid 3",
           "builder='hvm'\nvif=['model=e1000,devid=1,vifname=web']\n", 0,
           "web-emu up\n", "");
    close(fd);
}

/* D: whose interface is that, by each version's names, and on a bridge */
static void test_names(void)
{
    struct answer a;
    int tap, old;

    make_bridge();
    tap = hold("vif3.1-emu");
    old = hold("tap7.0");
    sh("ip link set vif3.1-emu master xenbr0; ip link set tap7.0 master "
       "xenbr0");
    a = vifctl("doctor xenbr0", NULL);
    g_assert_nonnull(strstr(a.out, "vif3.1-emu  tap     3.1 "));
    g_assert_nonnull(strstr(a.out, "tap7.0      tap     7.0 "));
    answer_free(&a);
    expect("names --domid 3 --devid 1 --naming libxl", NULL, 0,
           "naming  pv      emulated    emulated at first  refused\n"
           "libxl   vif3.1  vif3.1-emu  vif3.1-emu         -\n",
           "");
    expect("names --domid 7 --devid 0 --naming libxl-4.1", NULL, 0,
           "naming     pv      emulated  emulated at first  refused\n"
           "libxl-4.1  vif7.0  tap7.0    tap7.0             -\n",
           "");
    close(tap);
    close(old);
}

/* E: credit is bytes in an interval, as netback has it */
static void test_credit(void)
{
    static const struct {
        const char *rate;
        unsigned bytes, us;
    } rates[] = {
        { "1MB/s@20ms", 20000, 20000 },
        { "16Kb/s", 100, 50000 },
        { "10MB/s@1s", 10000000, 1000000 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rates); i++) {
        char *file =
            g_strdup_printf("builder='hvm'\nvif=['rate=%s']\n", rates[i].rate);
        char *want = g_strdup_printf("\"rate_bytes_per_interval\" : %u,\n"
                                     "      \"rate_interval_usecs\" : %u,",
                                     rates[i].bytes, rates[i].us);
        struct answer a = vifctl("plan FILE --domid 3 --json", file);

        g_assert_cmpint(a.status, ==, 0);
        g_assert_nonnull(strstr(a.out, want));
        answer_free(&a);
        g_free(want);
        g_free(file);
    }
}

/* F: a card of domain 0 that no frontend takes: refused, nothing is made */
static void test_domain_0(void)
{
    char *before;

    make_bridge();
    before = net_dump();
    expect("up FILE --domid 0", "builder='hvm'\nvif=['model=e1000']\n", 1, "",
           "domain 0 is the host itself: it has no device model, its kernel "
           "has no frontend for its own backend");
    check_dump(before);
    g_free(before);
}

/* G: the cells of the table of types that lose a guest its network */
static void test_types(void)
{
    static const struct {
        const char *vif, *dialect, *said;
    } cells[] = {
        { "type=ioemu", "xm", "no network once PV drivers unplug the card" },
        { "type=netfront", "xl", "two cards where one is asked for" },
        { "type=vif", "xm", "PV only" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cells); i++) {
        char *words =
            g_strdup_printf("lint FILE --dialect %s", cells[i].dialect);
        char *file =
            g_strdup_printf("builder='hvm'\nvif=['%s']\n", cells[i].vif);
        struct answer a = vifctl(words, file);

        if (!strstr(a.out, cells[i].said)) {
            g_error("%s: '%s' is not what was said: %s", cells[i].vif,
                    cells[i].said, a.out);
        }
        answer_free(&a);
        g_free(file);
        g_free(words);
    }
    /* The dangerous one is a finding */
    expect("plan FILE --domid 3",
           "builder='hvm'\nxen_platform_pci=0\nvif=['type=vif']\n", 1, "",
           "there is no other: no network");
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/situations/A-vifname", test_vifname },
        { "/situations/D-names", test_names },
        { "/situations/E-credit", test_credit },
        { "/situations/F-domain-0", test_domain_0 },
        { "/situations/G-types", test_types },
    };

    return ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
}
