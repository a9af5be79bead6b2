// SPDX-License-Identifier: MIT
/*
 * vifctl-bridge-test.c - bridges around a wire that has all that a wire can
 * have, with every step failing or being the last one
 *
 * What is there is compared as a whole, as 'ip -j' tells it.
 */
#include <fcntl.h>
#include <glib.h>
#include <json-glib/json-glib.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"

/* More steps than any command has */
#define STEPS_MAX 200

#define CREATE  "bridge create xenbr0 --uplink eth0"
#define DESTROY "bridge destroy xenbr0"

/* eth0, which has everything; eth1, whose routes refer to it */
static void make_wire(void)
{
    sh("ip link set lo up");
    sh("ip link add eth0 address 00:16:3e:00:00:01 mtu 1400 type veth "
       "peer name out");
    sh("ip link add eth1 type veth peer name out1");
    /* No address of their own that appears a second later */
    sh("for i in eth0 out eth1 out1; do ip link set $i addrgenmode none; "
       "ip link set $i up; done");
    sh("ip link set eth0 addrgenmode eui64");
    sh("ip -batch - <<END\n"
       "addr add 10.9.9.1/24 dev eth1\n"
       "addr add 192.0.2.1/24 brd + dev eth0\n"
       "addr add 192.0.2.2/24 dev eth0\n"
       "addr add 198.51.100.1/30 dev eth0 label eth0:web metric 50\n"
       "addr add 10.1.1.1 peer 10.1.1.2/32 dev eth0 scope link\n"
       "addr add 10.2.0.1/16 dev eth0 noprefixroute valid_lft 3600 "
       "preferred_lft 1800\n"
       "addr add fe80::1:1/64 dev eth0 nodad\n"
       "addr add 2001:db8::1/64 dev eth0 nodad\n"
       "addr add 2001:db8::2/64 dev eth0 nodad noprefixroute\n"
       "addr add 2001:db8:1::1/64 dev eth0 valid_lft 7200 preferred_lft 3600 "
       "nodad\n"
       "route add default via 192.0.2.254 dev eth0 metric 100\n"
       "route add default via 192.0.2.253 dev eth0 metric 200 src 192.0.2.2 "
       "proto static mtu lock 1300\n"
       "route add 203.0.113.0/24 via 198.51.100.2 dev eth0 table 77\n"
       "route add 203.0.114.0/24 via 1.2.3.4 dev eth0 onlink\n"
       "route add 203.0.115.0/24 nexthop via 192.0.2.254 dev eth0 weight 2 "
       "nexthop via 10.9.9.2 dev eth1\n"
       "route add 203.0.116.0/24 dev eth1 src 192.0.2.1\n"
       "route add 203.0.117.0/24 dev eth0 scope link\n"
       "route add default via fe80::99 dev eth0 metric 1024\n"
       "route add default via 2001:db8::fe dev eth0 metric 512 table 88\n"
       "route add 2001:db8:7::/48 via 2001:db8::fe dev eth0 "
       "src 2001:db8::2 expires 900\n"
       "route add 2001:db8:8::/48 nexthop via 2001:db8::fd dev eth0 "
       "nexthop via 2001:db8::fc dev eth0\n"
       "END");
}

static void has(const char *command, const char *part)
{
    char *out = NULL;

    g_assert_true(g_spawn_command_line_sync(command, &out, NULL, NULL, NULL));
    if (!strstr(out, part)) {
        g_error("'%s' does not say '%s': %s", command, part, out);
    }
    g_free(out);
}

/* That the route which expires does so as late as it did before: @begun is when
 * it had 900 seconds */
static void has_time_left(gint64 begun)
{
    static const char route[] = "src 2001:db8::2 metric 1024 expires ";
    char *out = NULL;
    const char *at;
    gint64 left, passed;

    g_assert_true(
        g_spawn_command_line_sync("ip -6 route", &out, NULL, NULL, NULL));
    passed = (g_get_monotonic_time() - begun) / G_USEC_PER_SEC;
    at = strstr(out, route);
    g_assert_nonnull(at);
    left = g_ascii_strtoll(at + strlen(route), NULL, 10);
    g_assert_cmpint(left, <=, 900);
    g_assert_cmpint(left, >=, 900 - passed - 2);
    g_free(out);
}

static void succeed(const char *words)
{
    struct answer a = vifctl(words, NULL);

    g_assert_cmpint(a.status, ==, 0);
    g_assert_cmpstr(a.err, ==, "");
    answer_free(&a);
}

/* All of it changes over, and comes back */
static void test_there_and_back(void)
{
    gint64 begun = g_get_monotonic_time();
    char *before;

    make_wire();
    before = net_dump();
    succeed(CREATE);
    sh("test -z \"$(ip -o addr show dev eth0)\"");
    sh("test -z \"$(ip -4 route show table all dev eth0)\"");
    /* Groups are the kernel's */
    sh("test -z \"$(ip -6 route show table all dev eth0 | grep -v ff00::)\"");
    check_link("eth0", "master xenbr0");
    check_link("xenbr0", "mtu 1400 ");
    check_link("xenbr0", "link/ether 00:16:3e:00:00:01");
    has("ip addr show dev xenbr0",
        "inet 198.51.100.1/30 metric 50 scope global xenbr0:web");
    has("ip addr show dev xenbr0", "inet 10.1.1.1 peer 10.1.1.2/32 scope link");
    has("ip addr show dev xenbr0", "inet 10.2.0.1/16 scope global dynamic "
                                   "noprefixroute xenbr0");
    has("ip addr show dev xenbr0", "inet6 2001:db8::2/64 scope global nodad "
                                   "noprefixroute");
    has("ip addr show dev xenbr0", "inet6 fe80::1:1/64 scope link nodad");
    has("ip route", "default via 192.0.2.254 dev xenbr0 metric 100");
    has("ip route", "default via 192.0.2.253 dev xenbr0 proto static src "
                    "192.0.2.2 metric 200 mtu lock 1300");
    has("ip route", "203.0.114.0/24 via 1.2.3.4 dev xenbr0 onlink");
    has("ip route", "203.0.116.0/24 dev eth1 scope link src 192.0.2.1");
    has("ip route", "nexthop via 192.0.2.254 dev xenbr0 weight 2");
    has("ip route show table 77", "203.0.113.0/24 via 198.51.100.2 dev xenbr0");
    has("ip -6 route show table 88", "default via 2001:db8::fe dev xenbr0");
    has("ip -6 route", "default via fe80::99 dev xenbr0 metric 1024");
    has_time_left(begun);
    succeed(DESTROY);
    check_dump(before);
    /* No record is left */
    expect("repair", NULL, 0, "", "");
    g_free(before);
}

/* A wire without anything, and down */
static void test_bare(void)
{
    char *before;

    sh("ip link add eth0 type veth peer name out");
    /* What an interface queues with is made when it comes up first */
    sh("ip link set eth0 up; ip link set eth0 down");
    before = net_dump();
    succeed(CREATE);
    check_link("eth0", ",UP");
    check_link("xenbr0", ",UP");
    succeed(DESTROY);
    sh("ip link set eth0 down");
    check_dump(before);
    g_free(before);
}

static void test_dry_run(void)
{
    struct answer a;
    JsonNode *root;
    JsonObject *o;
    char *before;

    make_wire();
    before = net_dump();
    a = vifctl(CREATE " --dry-run --json", NULL);
    g_assert_cmpint(a.status, ==, 0);
    root = json_from_string(a.out, NULL);
    g_assert_nonnull(root);
    o = json_node_get_object(root);
    g_assert_cmpstr(json_object_get_string_member(o, "bridge"), ==, "xenbr0");
    g_assert_cmpstr(json_object_get_string_member(o, "uplink"), ==, "eth0");
    g_assert_false(json_object_get_boolean_member(o, "done"));
    g_assert_cmpuint(json_array_get_length(
                         json_object_get_array_member(o, "addresses")),
                     ==, 9);
    g_assert_cmpuint(json_array_get_length(
                         json_object_get_array_member(o, "routes")),
                     ==, 16);
    json_node_unref(root);
    answer_free(&a);
    check_dump(before);
    g_free(before);
}

/* Each step of @words once with @fault ("fail" or "kill"); @settle brings back
 * what was before, NULL: it has to be so.  How many steps there are */
static unsigned each_step(const char *words, const char *input,
                          const char *fault, const char *suffix,
                          const char *settle)
{
    char *before = net_dump();
    unsigned n = 0;
    int status;

    do {
        char *where = g_strdup_printf("%s:%u%s", fault, ++n, suffix);
        struct answer a = vifctl_fault(where, words, input);

        status = a.status;
        if (status && settle) {
            succeed(settle);
        }
        if (status) {
            g_assert_cmpint(status, ==, *fault == 'k' ? -SIGKILL : 1);
            check_dump(before);
        }
        answer_free(&a);
        g_free(where);
        g_assert_cmpuint(n, <, STEPS_MAX);
    } while (status);
    g_free(before);
    g_test_message("%u steps", n);
    return n;
}

/* Whatever fails is undone at once */
static void test_fail_create(void)
{
    make_wire();
    g_assert_cmpuint(each_step(CREATE, NULL, "fail", "", NULL), >, 40);
}

static void test_fail_destroy(void)
{
    make_wire();
    succeed(CREATE);
    g_assert_cmpuint(each_step(DESTROY, NULL, "fail", "", NULL), >, 30);
}

/* What cannot even be undone is, later */
static void test_fail_all(void)
{
    struct answer a;
    char *before;

    make_wire();
    before = net_dump();
    each_step(CREATE, NULL, "fail", "-", "repair");
    succeed(DESTROY);
    a = vifctl_fault("fail:30-", CREATE, NULL);
    g_assert_nonnull(strstr(a.err, "it cannot be undone now: 'vifctl repair' "
                                   "has to"));
    answer_free(&a);
    expect("repair", NULL, 0,
           "'bridge create xenbr0 --uplink eth0' was interrupted, and undone\n",
           "");
    check_dump(before);
    g_free(before);
}

static void test_kill_create(void)
{
    make_wire();
    g_assert_cmpuint(each_step(CREATE, NULL, "kill", "", "repair"), >, 40);
}

/* Until the bridge is gone, which is the last step but the end of the record */
static void test_kill_destroy(void)
{
    char *without, *with;
    bool gone = false;

    make_wire();
    without = net_dump();
    succeed(CREATE);
    with = net_dump();
    for (unsigned n = 1; !gone; n++) {
        char *where = g_strdup_printf("kill:%u", n);
        struct answer a = vifctl_fault(where, DESTROY, NULL);

        g_assert_cmpint(a.status, ==, -SIGKILL);
        succeed("repair");
        gone = !present("xenbr0");
        check_dump(gone ? without : with);
        answer_free(&a);
        g_free(where);
        g_assert_cmpuint(n, <, STEPS_MAX);
    }
    g_free(with);
    g_free(without);
}

/* Repair is killed as well, and called again */
static void test_kill_repair(void)
{
    char *before;

    make_wire();
    before = net_dump();
    for (unsigned n = 1; n < 40; n += 3) {
        char *where = g_strdup_printf("kill:%u", n);
        struct answer a = vifctl_fault("kill:40", CREATE, NULL);

        answer_free(&a);
        a = vifctl_fault(where, "repair", NULL);
        answer_free(&a);
        succeed("repair");
        check_dump(before);
        g_free(where);
    }
    g_free(before);
}

/* The next command does what repair does */
static void test_next_command(void)
{
    struct answer a;
    char *before;

    make_wire();
    before = net_dump();
    a = vifctl_fault("kill:30", CREATE, NULL);
    g_assert_cmpint(a.status, ==, -SIGKILL);
    answer_free(&a);
    a = vifctl(CREATE, NULL);
    g_assert_cmpint(a.status, ==, 0);
    g_assert_cmpstr(a.err, ==,
                    "vifctl: note: 'bridge create xenbr0 --uplink eth0' was "
                    "interrupted, and undone\n");
    answer_free(&a);
    succeed(DESTROY);
    check_dump(before);
    g_free(before);
}

static const struct {
    const char *words, *why;
} refusals[] = {
    { "create xenbr0 --uplink eth9", "there is no eth9" },
    { "create eth0 --uplink eth0", "eth0 is there already: a veth" },
    { "create abcdefghijklmnop --uplink eth0",
      "a bridge cannot be called 'abcdefghijklmnop', which " },
    { "create xenbr0 --uplink port", "port is a port of other already" },
    { "create xenbr0 --uplink other", "other is a bridge itself" },
    { "create xenbr0 --uplink vif3.0-emu", "vif3.0-emu is a guest's" },
    { "create xenbr0 --uplink lo", "lo does not carry Ethernet" },
    { "create xenbr0 --uplink below", "above is on below" },
    { "create xenbr0 --uplink eth0",
      "eth0: route 203.0.113.0/24 metric 9 has an equal over another "
      "interface, which cannot change over" },
    { "create xenbr0 --uplink object",
      "object: route 203.0.118.0/24 via 10.3.0.2 goes to a nexthop "
      "object" },
    { "destroy eth0", "eth0 is no bridge" },
    { "destroy xenbr9", "there is no bridge xenbr9" },
    { "destroy empty", "empty has no wire that could get what it has" },
    { "destroy several", "several has several wires: --uplink has to" },
    { "destroy several --uplink eth0", "eth0 is no port of several" },
    { "destroy other", "vif3.0-emu is on other and would be without" },
    { "destroy tagged", "on-it is on tagged and would vanish with it" },
};

static void test_refused(void)
{
    char *before;

    sh("for i in eth0 eth1 port port2 port3 below object wire; do "
       "ip link add $i type veth peer name $i-x; "
       "ip link set $i addrgenmode none; ip link set $i-x addrgenmode none; "
       "ip link set $i up; ip link set $i-x up; done");
    sh("for i in other several empty tagged; do ip link add $i type bridge; "
       "done; ip link set port master other; ip link set port2 master several; "
       "ip link set port3 master several; ip link set wire master tagged");
    sh("ip link add above link below type macvlan");
    sh("ip link add on-it link tagged type macvlan");
    sh("ip tuntap add vif3.0-emu mode tap; ip link set vif3.0-emu master "
       "other");
    sh("ip addr add 192.0.2.1/24 dev eth0; ip addr add 10.0.0.1/24 dev eth1; "
       "ip addr add 10.3.0.1/24 dev object");
    sh("ip route add 203.0.113.0/24 dev eth1 metric 9; "
       "ip route append 203.0.113.0/24 dev eth0 metric 9");
    sh("ip nexthop add id 7 via 10.3.0.2 dev object; "
       "ip route add 203.0.118.0/24 nhid 7");
    sh("sleep 0.2");
    before = net_dump();
    for (unsigned i = 0; i < G_N_ELEMENTS(refusals); i++) {
        char *words = g_strconcat("bridge ", refusals[i].words, NULL);

        expect(words, NULL, 1, "", refusals[i].why);
        g_free(words);
    }
    expect("bridge make xenbr0", NULL, 2, "", "neither create nor destroy");
    expect("bridge create xenbr0", NULL, 2, "", "--uplink is missing");
    check_dump(before);
    g_free(before);
    /* A guest may be left without a bridge, if that is said */
    sh("ip link set other addrgenmode none; ip link set other up");
    expect("bridge destroy other --force", NULL, 0, "other destroyed\n", "");
    g_assert_true(present("vif3.0-emu"));
    g_assert_false(present("other"));
}

/* The kernel's own refusal in the middle: an uplink that went meanwhile, or a
 * record that does not fit to what is there */
static void test_other_interface(void)
{
    struct answer a;
    char *rm;

    make_wire();
    a = vifctl_fault("kill:30", CREATE, NULL);
    answer_free(&a);
    sh("ip link del eth0");
    sh("ip link add eth0 type veth peer name out");
    expect("repair", NULL, 1, "",
           "eth0: is gone, or another interface than it was");
    expect(CREATE, NULL, 1, "",
           "an earlier command was interrupted, and what it left cannot be "
           "undone: eth0: is gone");
    /* Only a person can tell what is to be done */
    rm = g_strdup_printf("rm %s/*.json", state_dir());
    sh(rm);
    g_free(rm);
    expect("repair", NULL, 0, "", "");
}

/* One of another namespace is nobody's business here */
static void test_elsewhere(void)
{
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    struct answer a;
    char *before;

    make_wire();
    before = net_dump();
    a = vifctl_fault("kill:30", CREATE, NULL);
    answer_free(&a);
    g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
    expect("repair", NULL, 0,
           "'bridge create xenbr0 --uplink eth0' was interrupted in another "
           "network namespace, and has to be repaired there\n",
           "");
    make_wire();
    succeed(CREATE);
    g_assert_cmpint(setns(home, CLONE_NEWNET), ==, 0);
    close(home);
    succeed("repair");
    check_dump(before);
    g_free(before);
}

/* Records that are damaged act upon nothing */
static void test_damaged(void)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"vifctl-journal\":1}",
        "{\"vifctl-journal\":2,\"action\":\"up\",\"boot\":\"\",\"netns\":\"\","
        "\"taps\":[]}",
    };
    char *path = g_build_filename(state_dir(), "damaged.json", NULL);
    char *before = net_dump();

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct answer a;

        g_assert_true(g_file_set_contents_full(path, texts[i], -1,
                                               G_FILE_SET_CONTENTS_NONE, 0600,
                                               NULL));
        a = vifctl("repair", NULL);
        g_assert_cmpint(a.status, ==, 1);
        g_assert_nonnull(strstr(a.err, "damaged.json: "));
        answer_free(&a);
        check_dump(before);
    }
    /* Somebody else could have written it */
    g_assert_true(g_file_set_contents_full(path, texts[4], -1,
                                           G_FILE_SET_CONTENTS_NONE, 0666,
                                           NULL));
    g_assert_cmpint(chmod(path, 0666), ==, 0);
    expect("repair", NULL, 1, "",
           "damaged.json: is not a file that only we could have written");
    unlink(path);
    g_free(before);
    g_free(path);
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/vifctl-bridge/there-and-back", test_there_and_back },
        { "/vifctl-bridge/bare", test_bare },
        { "/vifctl-bridge/dry-run", test_dry_run },
        { "/vifctl-bridge/fail-create", test_fail_create },
        { "/vifctl-bridge/fail-destroy", test_fail_destroy },
        { "/vifctl-bridge/fail-all", test_fail_all },
        { "/vifctl-bridge/kill-create", test_kill_create },
        { "/vifctl-bridge/kill-destroy", test_kill_destroy },
        { "/vifctl-bridge/kill-repair", test_kill_repair },
        { "/vifctl-bridge/next-command", test_next_command },
        { "/vifctl-bridge/refused", test_refused },
        { "/vifctl-bridge/other-interface", test_other_interface },
        { "/vifctl-bridge/elsewhere", test_elsewhere },
        { "/vifctl-bridge/damaged", test_damaged },
    };

    return ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
}
