// SPDX-License-Identifier: MIT
/*
 * vif-emu-test.c - the hotplug script, as xl calls it, with a fake store
 *
 * VIF_EMU names the script, FAKE_XENSTORE the folder with the programs that
 * keep a store in files.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "ctl.h"

#define BACK  "/local/domain/0/backend/vif/3/0"
#define FRONT "/local/domain/3/device/vif/0"

static char *store;

/* Run a command line of the shell; its exit status */
static int run(const char *command)
{
    int status = system(command);

    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* As libxl calls it for domain 3's first card */
#define ENVIRONMENT                                                            \
    "XENBUS_TYPE=vif XENBUS_PATH=" BACK " vif=vif3.0 INTERFACE=vif3.0-emu "

static int call(const char *words)
{
    char *line = g_strdup_printf(ENVIRONMENT "$VIF_EMU %s", words);
    int status = run(line);

    g_test_message("vif-emu %s: %d", words, status);
    g_free(line);
    return status;
}

static void put(const char *path, const char *value)
{
    char *line = g_strdup_printf("xenstore-write %s '%s'", path, value);

    sh(line);
    g_free(line);
}

/* The value at @path; "": none */
static char *get(const char *path)
{
    char *file = g_strdup_printf("%s%s/.value", store, path);
    char *value = NULL;

    if (!g_file_get_contents(file, &value, NULL, NULL)) {
        value = g_strdup("");
    }
    g_free(file);
    return value;
}

static void check(const char *path, const char *want)
{
    char *value = get(path);

    g_assert_cmpstr(value, ==, want);
    g_free(value);
}

/* That the last call said why it failed, with @words in it */
static void check_error(const char *words)
{
    char *why = get(BACK "/hotplug-error");

    g_test_message("%s", why);
    if (!strstr(why, words)) {
        g_error("no '%s' in '%s'", words, why);
    }
    check(BACK "/hotplug-status", "error");
    g_free(why);
}

/* A call that fails, and says @words */
static void refused(const char *call_words, const char *words)
{
    g_assert_cmpint(call(call_words), ==, 1);
    check_error(words);
}

/* The same, with @value at @key of the backend from now on */
static void refused_with(const char *key, const char *value,
                         const char *call_words, const char *words)
{
    char *path = g_strconcat(BACK, key, NULL);

    put(path, value);
    refused(call_words, words);
    g_free(path);
}

/* A bridge of jumbo frames, both interfaces of one card, and the store as libxl
 * leaves it before it calls a script */
static void set_up(void)
{
    sh("rm -rf \"$XENSTORE\"; mkdir \"$XENSTORE\"");
    sh("ip link add name xenbr0 type bridge; ip link set xenbr0 mtu 9000 up");
    sh("ip link add vif3.0 type veth peer name front");
    sh("ip tuntap add vif3.0-emu mode tap");
    put(BACK "/frontend", FRONT);
    put(BACK "/bridge", "xenbr0");
    put(BACK "/hotplug-status", "");
    put(FRONT "/mtu", "1500");
}

static void check_port(const char *name, const char *bridge, const char *mtu)
{
    char *master = g_strdup_printf("master %s", bridge);
    char *word = g_strdup_printf("mtu %s ", mtu);
    char *none = g_strdup_printf("test -z \"$(ip -o addr show dev %s)\"", name);

    check_link(name, "fe:ff:ff:ff:ff:ff");
    check_link(name, master);
    check_link(name, word);
    check_link(name, "UP");
    sh(none);
    g_free(none);
    g_free(word);
    g_free(master);
}

/* Both calls of libxl, and those for the other kind that do nothing */
static void test_online(void)
{
    set_up();
    sh("ip addr add 10.0.0.1/24 dev vif3.0; ip -6 addr add fd00::1 dev vif3.0");
    sh("ip link set vif3.0 up");
    g_assert_cmpint(call("online type_if=tap"), ==, 0);
    g_assert_cmpint(call("add type_if=vif"), ==, 0);
    check(BACK "/hotplug-status", "");

    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    check_port("vif3.0", "xenbr0", "9000");
    check(BACK "/hotplug-status", "connected");
    check(FRONT "/mtu", "9000");
    sh("! ip -o link show dev vif3.0-emu | grep master");

    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    check_port("vif3.0-emu", "xenbr0", "9000");
    check(BACK "/hotplug-status", "connected");
    check(BACK "/hotplug-error", "");
}

/* Before Xen 4.2 there was no type_if: it is the backend */
static void test_old_call(void)
{
    set_up();
    g_assert_cmpint(call("online"), ==, 0);
    check_port("vif3.0", "xenbr0", "9000");
    g_assert_cmpint(call("add"), ==, 0);
    sh("! ip -o link show dev vif3.0-emu | grep master");
}

/* vifname=, and the guest's MTU, which vif-bridge writes to a wrong place */
static void test_rename(void)
{
    set_up();
    put(BACK "/vifname", "web");
    put(BACK "/mtu", "1400");
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    check_port("web", "xenbr0", "1400");
    check_port("web-emu", "xenbr0", "1400");
    g_assert_false(present("vif3.0"));
    g_assert_false(present("vif3.0-emu"));
    check(FRONT "/mtu", "1400");

    /* Once more, as after a restart of the toolstack */
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    check_port("web", "xenbr0", "1400");
    check_port("web-emu", "xenbr0", "1400");
    check(BACK "/hotplug-error", "");

    g_assert_cmpint(call("remove type_if=tap"), ==, 0);
    g_assert_cmpint(call("offline type_if=vif"), ==, 0);
    sh("! ip -o link show | grep master");
    sh("! ip -o link show dev web | grep ,UP");
    sh("! ip -o link show dev web-emu | grep ,UP");
}

/* Off the bridge; what is gone is off it, too */
static void test_remove(void)
{
    set_up();
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    g_assert_cmpint(call("remove type_if=vif"), ==, 0);
    g_assert_cmpint(call("offline type_if=tap"), ==, 0);
    check_port("vif3.0", "xenbr0", "9000");
    check_port("vif3.0-emu", "xenbr0", "9000");

    g_assert_cmpint(call("remove type_if=tap"), ==, 0);
    sh("! ip -o link show dev vif3.0-emu | grep -E 'master|,UP'");
    check_port("vif3.0", "xenbr0", "9000");
    sh("ip link del vif3.0-emu; ip link del vif3.0");
    g_assert_cmpint(call("remove type_if=tap"), ==, 0);
    g_assert_cmpint(call("offline type_if=vif"), ==, 0);
    check(BACK "/hotplug-error", "");
}

/* Done twice is done once, whatever was half done before */
static void test_again(void)
{
    set_up();
    sh("ip link set vif3.0 address fe:ff:ff:ff:ff:ff");
    sh("ip link set vif3.0 master xenbr0");
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(call("online type_if=vif"), ==, 0);
        g_assert_cmpint(call("add type_if=tap"), ==, 0);
        check_port("vif3.0", "xenbr0", "9000");
        check_port("vif3.0-emu", "xenbr0", "9000");
    }
    check(BACK "/hotplug-status", "connected");
}

/* What goes wrong is in the store, where xl reads it */
static void test_errors(void)
{
    set_up();
    refused_with("/bridge", "nobr", "online type_if=vif",
                 "bridge: there is no nobr on this host");

    refused_with("/bridge", "front", "online type_if=vif",
                 "bridge: front is no bridge");
    put(BACK "/bridge", "xenbr0");

    refused_with("/mtu", "many", "add type_if=tap",
                 "mtu: 'many' is not a number from 68 to 65535");
    refused_with("/mtu", "67", "add type_if=tap", "mtu: '67' is not");
    put(BACK "/mtu", "1500");

    refused_with("/vifname", "much-too-long", "add type_if=tap",
                 "vifname: 'much-too-long-emu' has 17 characters");
    /* Debian 658305: the second guest with a name took the first one's */
    sh("ip link add web type veth peer name other");
    refused_with("/vifname", "web", "online type_if=vif",
                 "vifname: vif3.0 cannot be renamed to web: another interface");
    g_assert_true(present("vif3.0"));
    put(BACK "/vifname", "");

    sh("ip link del vif3.0-emu");
    refused("add type_if=tap", "there is no vif3.0-emu");

    refused("frobnicate",
            "'frobnicate' is none of online, offline, add, remove");
    refused("online type_if=vhd", "type_if=vhd is neither vif nor tap");
    g_assert_cmpint(run("XENBUS_PATH=" BACK " $VIF_EMU online"), ==, 1);
    check_error("vif in the environment is not set");
    /* And after all of that it works */
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    check(BACK "/hotplug-status", "connected");
}

/* C, seed 003: the bridge's other port is the other end of the backend, or
 * frames circle on it already */
static void test_loop(void)
{
    set_up();
    sh("ip link set front master xenbr0");
    refused("online type_if=vif",
            "vif3.0 as a port of xenbr0 closes a loop: vif3.0 > front "
            "[xenbr0] > vif3.0");
    sh("ip link add name a0 type veth peer name a1");
    sh("ip link set a0 master xenbr0; ip link set a1 master xenbr0");
    refused("add type_if=tap", "frames circle on xenbr0: ");
    sh("! ip -o link show dev vif3.0-emu | grep master");
}

/* Bridges: none named, and xenbrN for ethN */
static void test_bridges(void)
{
    set_up();
    put(BACK "/bridge", "");
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    check_port("vif3.0", "xenbr0", "9000");
    sh("ip link add name eth1 type bridge");
    refused("online type_if=vif",
            "bridge: none is named, and there are several: xenbr0, eth1");
    put(BACK "/bridge", "xenbr1");
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    check_port("vif3.0", "eth1", "1500");
    sh("ip link del xenbr0; ip link del eth1");
    refused_with("/bridge", "", "online type_if=vif",
                 "bridge: none is named, and this host has none");
}

/* Without Xen's programs words of the call do, and the tap's name */
static void test_no_store(void)
{
    char *path = g_strdup(g_getenv("PATH"));
    static const char tap[] =
        "INTERFACE=vif3.0-emu $VIF_EMU add type_if=tap bridge=xenbr0 mtu=1300";

    set_up();
    put(BACK "/mtu", "1200");
    g_assert_cmpint(run(tap), ==, 0);
    check_port("vif3.0-emu", "xenbr0", "1200");
    g_setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", TRUE);
    if (run("command -v xenstore-write >/dev/null") == 0) {
        g_test_skip("this host has the programs of Xen");
        g_setenv("PATH", path, TRUE);
        g_free(path);
        return;
    }
    g_assert_cmpint(run(tap), ==, 0);
    check_port("vif3.0-emu", "xenbr0", "1300");
    g_assert_cmpint(call("online type_if=vif bridge=xenbr0"), ==, 0);
    check_port("vif3.0", "xenbr0", "9000");
    g_assert_cmpint(call("online type_if=vif bridge=none"), ==, 1);
    g_setenv("PATH", path, TRUE);
    g_free(path);
}

/* The store does not take the outcome: the toolstack must not wait for it */
static void test_denied(void)
{
    set_up();
    refused_with("/frontend", "/denied/by", "online type_if=vif",
                 "Permission denied");
}

/* Killed with all its children at any time, as is a script that takes too long:
 * the next call finds a host on which it can do all of it */
static void test_killed(void)
{
    set_up();
    put(BACK "/vifname", "web");
    for (unsigned i = 0; i < 12; i++) {
        char *line =
            g_strdup_printf(ENVIRONMENT
                            "timeout -s KILL 0.%03u $VIF_EMU add type_if=tap "
                            "2>/dev/null; true",
                            1 + 9 * i);

        run(line);
        g_free(line);
        g_assert_cmpint(call("add type_if=tap"), ==, 0);
        check_port("web-emu", "xenbr0", "9000");
        g_assert_cmpint(call("remove type_if=tap"), ==, 0);
        sh("ip link del web-emu; ip tuntap add vif3.0-emu mode tap");
    }
}

#ifdef CONFIG_NFTABLES
#define FILTERS "nft list table bridge vifemu 2>/dev/null"

/* That there is one filter, called @name, for @ports interfaces */
static void check_filter(const char *name, unsigned ports)
{
    char *line =
        g_strdup_printf(FILTERS " | grep -q 'chain %s ' && "
                                "test $(" FILTERS
                                " | grep -c 'ether saddr != 00:16:3e') = 1 "
                                "&& test $(" FILTERS
                                " | grep -o 'jump %s' | wc -l) = %u",
                        name, name, ports);

    sh(line);
    g_free(line);
}

/* ip= makes the filter that 'vifctl up' makes: there with the first call, as
 * one with the second, gone when neither interface is on the bridge */
static void test_filter(void)
{
    set_up();
    put(BACK "/mac", "00:16:3e:00:00:01");
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    sh("! " FILTERS);
    put(BACK "/ip", "192.0.2.5 2001:db8::5");
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(call("online type_if=vif"), ==, 0);
        check_filter("vif3.0-emu", 2);
        g_assert_cmpint(call("add type_if=tap"), ==, 0);
        check_filter("vif3.0-emu", 2);
    }
    /* It is what vifctl makes of the same line, which replaces it */
    sh(FILTERS
       " | sed '/jump/d; s/packets.*bytes [0-9]*//' >\"$XENSTORE/ours\"");
    sh("ip link del vif3.0-emu; ip link del vif3.0");
    expect("up FILE --domid 3 --bridge xenbr0",
           "builder='hvm'\nvif=['model=e1000,mac=00:16:3e:00:00:01,"
           "ip=192.0.2.5 2001:db8::5']\n",
           0, "vif3.0-emu up\n", "");
    sh(FILTERS " | sed '/jump/d; s/packets.*bytes [0-9]*//' | "
               "diff \"$XENSTORE/ours\" -");
    sh("ip link add vif3.0 type veth peer name front2");

    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    g_assert_cmpint(call("remove type_if=tap"), ==, 0);
    check_filter("vif3.0-emu", 2);
    g_assert_cmpint(call("offline type_if=vif"), ==, 0);
    sh("! " FILTERS);
    /* The tap vanishes when its guest unplugs it, and nobody says so */
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    sh("ip link del vif3.0-emu");
    check_filter("vif3.0-emu", 2);
    g_assert_cmpint(call("offline type_if=vif"), ==, 0);
    sh("! " FILTERS);
    check(BACK "/hotplug-error", "");
}

/* Names are those of the end; a guest's second life may wish for another
 * address, or none; what cannot be filtered is not wired */
static void test_filter_changes(void)
{
    set_up();
    put(BACK "/mac", "00:16:3e:00:00:01");
    put(BACK "/ip", "192.0.2.5");
    put(BACK "/vifname", "web");
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    check_filter("web-emu", 2);
    sh(FILTERS " | grep -q '\"web\" : jump web-emu'");
    put(BACK "/ip", "192.0.2.6");
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    check_filter("web-emu", 2);
    sh(FILTERS " | grep -q 192.0.2.6 && ! " FILTERS " | grep -q 192.0.2.5");
    put(BACK "/ip", "");
    g_assert_cmpint(call("add type_if=tap"), ==, 0);
    sh("! " FILTERS);

    refused_with("/ip", "192.0.2.256", "online type_if=vif",
                 "ip: '192.0.2.256' is neither an address nor a network");
    put(BACK "/ip", "192.0.2.5");
    refused_with("/mac", "nonsense", "online type_if=vif",
                 "mac: 'nonsense' is no MAC address");
    sh("! ip -o link show dev vif3.0 | grep master");
    sh("! " FILTERS);
    /* A paravirtual card only, of a name that is too long for a tap */
    put(BACK "/mac", "00:16:3e:00:00:01");
    put(BACK "/vifname", "fifteen-letters");
    g_assert_cmpint(call("online type_if=vif"), ==, 0);
    check_filter("fifteen-letters", 1);
    g_assert_cmpint(call("offline type_if=vif"), ==, 0);
    sh("! " FILTERS);
}
#endif

/* The script itself says what vifctl cannot */
static void test_no_vifctl(void)
{
    set_up();
    g_assert_cmpint(run(ENVIRONMENT "VIFCTL=/nonexistent $VIF_EMU online "
                                    "2>/dev/null"),
                    ==, 1);
    check_error("/nonexistent hotplug online: exit status 127");
    g_assert_cmpint(run(ENVIRONMENT "VIFCTL=/nonexistent $VIF_EMU online "
                                    "type_if=tap"),
                    ==, 0);
}

/* A dozen guests at once; and two that wish for one name, of which one gets
 * it */
static void test_parallel(void)
{
    GString *line = g_string_new(NULL);

    set_up();
    for (unsigned i = 10; i < 22; i++) {
        g_string_append_printf(line,
                               "ip tuntap add vif%u.0-emu mode tap; "
                               "xenstore-write /local/domain/0/backend/vif/%u/"
                               "0/bridge xenbr0; ",
                               i, i);
    }
    for (unsigned i = 10; i < 22; i++) {
        g_string_append_printf(line,
                               "INTERFACE=vif%u.0-emu $VIF_EMU add "
                               "type_if=tap & pids=\"$pids $!\"; ",
                               i);
    }
    g_string_append(line, "for p in $pids; do wait $p || exit 9; done");
    g_assert_cmpint(run(line->str), ==, 0);
    sh("test $(ip -o link show master xenbr0 | wc -l) = 12");

    g_string_assign(line, "");
    for (unsigned i = 10; i < 12; i++) {
        g_string_append_printf(line,
                               "xenstore-write /local/domain/0/backend/vif/%u/"
                               "0/vifname web; ",
                               i);
    }
    g_string_append(line, "INTERFACE=vif10.0-emu $VIF_EMU add type_if=tap & "
                          "one=$!; INTERFACE=vif11.0-emu $VIF_EMU add "
                          "type_if=tap; two=$?; wait $one; exit $(($? + two))");
    g_assert_cmpint(run(line->str), ==, 1);
    g_assert_true(present("web-emu"));
    g_assert_true(present("vif10.0-emu") != present("vif11.0-emu"));
    g_string_free(line, TRUE);
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/vif-emu/online", test_online },
        { "/vif-emu/old-call", test_old_call },
        { "/vif-emu/rename", test_rename },
        { "/vif-emu/remove", test_remove },
        { "/vif-emu/again", test_again },
        { "/vif-emu/errors", test_errors },
        { "/vif-emu/loop", test_loop },
        { "/vif-emu/bridges", test_bridges },
        { "/vif-emu/no-store", test_no_store },
        { "/vif-emu/denied", test_denied },
        { "/vif-emu/killed", test_killed },
#ifdef CONFIG_NFTABLES
        { "/vif-emu/filter", test_filter },
        { "/vif-emu/filter-changes", test_filter_changes },
#endif
        { "/vif-emu/no-vifctl", test_no_vifctl },
        { "/vif-emu/parallel", test_parallel },
    };
    char *path =
        g_strdup_printf("%s:%s", g_getenv("FAKE_XENSTORE"), g_getenv("PATH"));
    int status;

    store = g_dir_make_tmp("vif-emu-XXXXXX", NULL);
    g_setenv("XENSTORE", store, TRUE);
    g_setenv("VIFCTL_STATE_DIR", state_dir(), TRUE);
    g_setenv("PATH", path, TRUE);
    status = ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
    sh("rm -rf \"$XENSTORE\"");
    g_free(store);
    g_free(path);
    return status;
}
