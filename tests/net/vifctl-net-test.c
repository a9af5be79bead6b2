// SPDX-License-Identifier: MIT
/*
 * vifctl-net-test.c - vifctl among real bridges, pairs and taps
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"

/* B: network-bridge of Xen 3.1: the wire is peth0, the host's own interface
 * the one end of a pair, and vif0.0 the other */
static void test_netloop(void)
{
    sh("ip link add xenbr0 address 00:16:3e:00:00:01 type bridge");
    sh("ip link add peth0 address fe:ff:ff:ff:ff:ff type veth peer name out");
    sh("ip link add vif0.0 address fe:ff:ff:ff:ff:ff type veth "
       "peer name eth0 address 00:16:3e:00:00:02");
    sh("ip link set peth0 master xenbr0 up");
    sh("ip link set vif0.0 master xenbr0 up");
    sh("ip link set eth0 up; ip link set out up; ip link set xenbr0 up");
    expect(
        "doctor xenbr0", NULL, 0,
        "bridge  interface  role      guest  state  mtu   address            "
        "other end\n"
        "xenbr0  xenbr0     bridge    -      up     1500  00:16:3e:00:00:01  "
        "-\n"
        "xenbr0  peth0      wire      -      up     1500  fe:ff:ff:ff:ff:ff  "
        "out\n"
        "xenbr0  vif0.0     loopback  -      up     1500  fe:ff:ff:ff:ff:ff  "
        "eth0\n",
        "");
    /* C, seed 003: brctl addif xenbr0 eth0 */
    sh("ip link set xenbr0 down; ip link set eth0 master xenbr0");
    expect(
        "doctor xenbr0", NULL, 1,
        "bridge  interface  role      guest  state  mtu   address            "
        "other end\n"
        "xenbr0  xenbr0     bridge    -      down   1500  00:16:3e:00:00:01  "
        "-\n"
        "xenbr0  peth0      wire      -      up     1500  fe:ff:ff:ff:ff:ff  "
        "out\n"
        "xenbr0  eth0       loopback  -      up     1500  00:16:3e:00:00:02  "
        "vif0.0\n"
        "xenbr0  vif0.0     loopback  -      up     1500  fe:ff:ff:ff:ff:ff  "
        "eth0\n"
        "vifctl: eth0: frames circle: eth0 > vif0.0 [xenbr0] > eth0\n",
        "");
}

/* B: network-bridge of Xen 3.2: the bridge has the name of its wire */
static void test_bridge_named_eth(void)
{
    sh("ip link add eth0 address 00:16:3e:00:00:01 type bridge");
    sh("ip link add peth0 address 00:16:3e:00:00:02 type veth peer name out");
    sh("ip link set peth0 master eth0 up; ip link set out up");
    sh("ip link set eth0 up");
    expect("doctor xenbr0", NULL, 0,
           "bridge  interface  role    guest  state  mtu   address            "
           "other end\n"
           "eth0    eth0       bridge  -      up     1500  00:16:3e:00:00:01  "
           "-\n"
           "eth0    peth0      wire    -      up     1500  00:16:3e:00:00:02  "
           "out\n",
           "");
    expect("doctor xenbr1", NULL, 1, "", "there is no bridge xenbr1");
    expect("doctor out", NULL, 1, "", "out is no bridge");
}

/* A script that died half way */
static void test_half_way(void)
{
    struct answer a;

    sh("ip link add tmpbridge type bridge");
    sh("ip link add peth0 type veth peer name out");
    sh("ip tuntap add vif32751.100-em mode tap");
    sh("ip tuntap add web-emu mode tap");
    a = vifctl("doctor", NULL);
    g_assert_cmpint(a.status, ==, 1);
    g_assert_nonnull(strstr(a.out, "vifctl: tmpbridge: network-bridge "
                                   "stopped half way"));
    g_assert_nonnull(strstr(a.out, "vifctl: peth0: network-bridge stopped "
                                   "half way: the wire is renamed, and there "
                                   "is no eth0"));
    g_assert_nonnull(strstr(a.out, "vifctl: vif32751.100-em: is the beginning "
                                   "of a name that is too long"));
    g_assert_nonnull(strstr(a.out, "vifctl: note: web-emu: there is no web"));
    answer_free(&a);
}

/* Ports that are not as a script leaves them, as a program reads it */
static void test_findings_json(void)
{
    struct answer a;
    JsonNode *root;
    JsonArray *found;
    GString *all = g_string_new(NULL);
    GError *err = NULL;

    sh("ip link add br0 type bridge");
    sh("ip link add one address 00:16:3e:00:00:01 type veth peer name one1");
    sh("ip link add two address 00:16:3e:00:00:01 type veth peer name two1");
    sh("ip link set one master br0 up; ip link set two master br0 up");
    sh("ip tuntap add vif3.0-emu mode tap");
    sh("ip link set vif3.0-emu address fe:ff:ff:ff:ff:ff mtu 1400");
    sh("ip link set br0 mtu 1500; ip link set vif3.0-emu master br0");
    sh("ip link set br0 mtu 1500");
    a = vifctl("doctor --json br0", NULL);
    root = json_from_string(a.out, &err);
    g_assert_no_error(err);
    found = json_object_get_array_member(json_node_get_object(root), "remarks");
    for (guint i = 0; i < json_array_get_length(found); i++) {
        JsonObject *o = json_array_get_object_element(found, i);

        g_string_append_printf(all, "%s: %s\n",
                               json_object_get_string_member(o, "key"),
                               json_object_get_string_member(o, "text"));
    }
    g_assert_nonnull(strstr(all->str, "has the address of "));
    g_assert_nonnull(strstr(all->str, "vif3.0-emu: has MTU 1400, br0 has "
                                      "1500\n"));
    g_assert_nonnull(strstr(all->str, "vif3.0-emu: is down\n"));
    g_assert_cmpint(a.status, ==, 1);
    g_assert_cmpuint(json_array_get_length(found), ==, 3);
    g_string_free(all, TRUE);
    json_node_unref(root);
    answer_free(&a);
}

/* Two emulated cards on xenbr0 and one that is paravirtual only */
static const char config[] =
    "name = 'web'\n"
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,bridge=xenbr0',\n"
    "        'type=vif,bridge=xenbr0',\n"
    "        'model=e1000,bridge=xenbr0,vifname=front,mtu=1400' ]\n";

/* I: as vif-bridge leaves a tap: address, no IP, MTU, bridge, up */
static void test_up(void)
{
    static const struct {
        const char *name, *mtu;
    } taps[] = { { "vif3.0-emu", "mtu 9000 " }, { "front-emu", "mtu 1400 " } };
    struct answer a;

    sh("ip link add xenbr0 mtu 9000 address 00:16:3e:00:00:01 type bridge");
    sh("ip link set xenbr0 mtu 9000 up");
    a = vifctl("up FILE --domid 3", config);
    g_assert_cmpint(a.status, ==, 0);
    g_assert_cmpstr(a.out, ==, "vif3.0-emu up\nfront-emu up\n");
    answer_free(&a);
    for (unsigned i = 0; i < G_N_ELEMENTS(taps); i++) {
        char *none = g_strdup_printf("test -z \"$(ip -o addr show dev %s)\"",
                                     taps[i].name);

        check_link(taps[i].name, "fe:ff:ff:ff:ff:ff");
        check_link(taps[i].name, taps[i].mtu);
        check_link(taps[i].name, "master xenbr0");
        check_link(taps[i].name, ",UP>");
        sh(none);
        g_free(none);
    }
    g_assert_false(present("vif3.1"));
    g_assert_false(present("vif3.1-emu"));
    expect("down FILE --domid 3", config, 0,
           "vif3.0-emu down\nfront-emu down\n", "");
    g_assert_cmpuint(interfaces(), ==, 2);
    expect("down FILE --domid 3", config, 0, "", "there is no vif3.0-emu");
}

/* An address of IPv6 is not even made when a process takes hold of the tap,
 * which brings its carrier */
static void test_silent(void)
{
    int fd;

    sh("ip link add xenbr0 type bridge; ip link set xenbr0 up");
    expect("up FILE --domid 3", "builder='hvm'\nvif=['model=e1000']\n", 0,
           "vif3.0-emu up\n", "");
    fd = hold("vif3.0-emu");
    sh("ip link set vif3.0-emu down; ip link set vif3.0-emu up");
    sh("test -z \"$(ip -o addr show dev vif3.0-emu)\"");
    /* While it is held it is not taken away */
    expect("down FILE --domid 3", "builder='hvm'\nvif=['model=e1000']\n", 1, "",
           "vif3.0-emu: cannot take hold of the tap: Device or resource "
           "busy; nothing was changed");
    g_assert_true(present("vif3.0-emu"));
    close(fd);
    expect("down FILE --domid 3", "builder='hvm'\nvif=['model=e1000']\n", 0,
           "vif3.0-emu down\n", "");
    g_assert_false(present("vif3.0-emu"));
}

/* A: names that are taken, by whom, and what is free instead */
static void test_taken(void)
{
    int fd;

    sh("ip link add xenbr0 type bridge; ip link set xenbr0 up");
    sh("ip link add vif3.0-emu type veth peer name other");
    expect("up FILE --domid 3", config, 1, "",
           "FILE:3:10: devid: vif3.0-emu is there already: a veth, down, "
           "joined to other; devid=3, 4, 5 are free");
    sh("ip link del other");

    fd = hold("vif3.0-emu");
    expect("up FILE --domid 3", config, 1, "",
           "devid: vif3.0-emu is there already: a tap, down;");
    close(fd);

    sh("ip link add vif3.0 type veth peer name other");
    expect("up FILE --domid 3", config, 1, "",
           "devid: vif3.0 is there already: a veth, down, joined to other");
    sh("ip link del other");

    sh("ip link add front-emu type bridge");
    expect("up FILE --domid 3", config, 1, "",
           "vifname: front-emu is there already: a bridge, down; wish for "
           "another name");
    sh("ip link del front-emu");

    /* Domain 0, whose vif0.0 is the loopback driver's */
    sh("ip link add vif0.0 type veth peer name veth0");
    expect("up FILE --domid 0", config, 1, "",
           "devid: vif0.0 is there already: a veth, down, joined to veth0");
    expect("up FILE --domid 0", config, 1, "", "domain 0 is the host itself");
    sh("ip link del vif0.0");

    /* The only thing that was wrong was that */
    g_assert_cmpuint(interfaces(), ==, 2);
    expect("up FILE --domid 3", config, 0, "vif3.0-emu up\nfront-emu up\n", "");
}

/* All or none: what fails at the second tap takes the first one back */
static void test_rolled_back(void)
{
    static const char last[] =
        "builder = 'hvm'\n"
        "vif = [ 'model=e1000,bridge=xenbr0', 'model=e1000,bridge=full' ]\n";

    sh("ip link add xenbr0 type bridge; ip link set xenbr0 up");
    sh("ip link add full type bridge; ip link set full up");
    /* 1023 is all that a bridge takes (BR_MAX_PORTS) */
    sh("i=0; while [ $i -lt 1023 ]; do i=$((i+1)); "
       "echo link add p$i type veth peer name q$i; "
       "echo link set p$i master full; done | ip -batch -");
    expect("up FILE --domid 3", last, 1, "",
           "vif3.1-emu: cannot put it on its bridge: Exchange full; nothing "
           "was changed");
    g_assert_false(present("vif3.0-emu"));
    g_assert_false(present("vif3.1-emu"));
}

/* Bridges that are none, missing, or full of circling frames */
static void test_bridges(void)
{
    static const char one[] = "builder='hvm'\nvif=['model=e1000']\n";

    expect("up FILE --domid 3", one, 1, "",
           "FILE:2:7: bridge: there is no bridge xenbr0 on this host");
    sh("ip link add xenbr0 type veth peer name other");
    expect("up FILE --domid 3", one, 1, "", "bridge: xenbr0 is no bridge");
    sh("ip link del other");

    /* ethN stands in for xenbrN when it is a bridge */
    sh("ip link add eth0 type bridge; ip link set eth0 up");
    expect("up FILE --domid 3", one, 0, "vif3.0-emu up\n", "");
    check_link("vif3.0-emu", "master eth0");
    expect("down FILE --domid 3", one, 0, "vif3.0-emu down\n", "");
    sh("ip link del eth0");

    /* C, seed 003 */
    sh("ip link add xenbr0 type bridge");
    sh("ip link add vif0.0 type veth peer name eth0");
    sh("ip link set vif0.0 master xenbr0");
    expect("up FILE --domid 3", one, 0, "vif3.0-emu up\n", "");
    expect("down FILE --domid 3", one, 0, "vif3.0-emu down\n", "");
    sh("ip link set eth0 master xenbr0");
    expect("up FILE --domid 3", one, 1, "",
           "bridge: frames circle on xenbr0: ");
    g_assert_false(present("vif3.0-emu"));
}

/* Before brctl addif: would it close a loop */
static void test_would_loop(void)
{
    sh("ip link add xenbr0 type bridge");
    sh("ip link add vif0.0 type veth peer name eth0");
    sh("ip link add wire type veth peer name out");
    sh("ip link set vif0.0 master xenbr0");
    expect("doctor --add eth0 xenbr0", NULL, 1, "",
           "eth0 as a port of xenbr0 closes a loop: eth0 > vif0.0 [xenbr0] > "
           "eth0");
    expect("doctor --add wire xenbr0", NULL, 0, "", "");
    expect("doctor --add eth1 xenbr0", NULL, 1, "", "there is no eth1");
    expect("doctor --add eth0", NULL, 2, "", "--add wants a BRIDGE");
}

/* The picture goes into a file beside the table, or comes instead of it */
static void test_svg(void)
{
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *words = g_strdup_printf("doctor xenbr0 --svg %s/picture", dir);
    char *file = g_build_filename(dir, "picture", NULL);
    struct answer a;
    char *svg = NULL;

    sh("ip link add xenbr0 type bridge");
    a = vifctl(words, NULL);
    g_assert_cmpint(a.status, ==, 0);
    g_assert_true(g_str_has_prefix(a.out, "bridge "));
    answer_free(&a);
    g_assert_true(g_file_get_contents(file, &svg, NULL, NULL));
    a = vifctl("doctor xenbr0 --svg -", NULL);
    g_assert_cmpint(a.status, ==, 0);
    g_assert_cmpstr(a.out, ==, svg);
    answer_free(&a);
    g_free(svg);
    g_remove(file);
    g_rmdir(dir);
    a = vifctl(words, NULL);
    g_assert_cmpint(a.status, ==, 2);
    g_assert_nonnull(strstr(a.err, "vifctl: --svg: "));
    answer_free(&a);
    g_free(words);
    g_free(file);
    g_free(dir);
}

/* Killed at any time, up and a repair leave nothing or all */
static void test_killed(void)
{
    static const char one[] = "builder='hvm'\nvif=['model=e1000']\n";
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *file = g_build_filename(dir, "FILE", NULL);
    char *argv[] = {
        (char *)g_getenv("VIFCTL"), "up", file, "--domid", "3", "--state-dir",
        (char *)state_dir(),        NULL
    };
    unsigned made = 0;

    sh("ip link add xenbr0 type bridge; ip link set xenbr0 up");
    g_assert_true(g_file_set_contents(file, one, -1, NULL));
    for (unsigned i = 0; i < 40; i++) {
        struct answer a;
        GPid pid;

        g_assert_true(g_spawn_async(NULL, argv, NULL,
                                    G_SPAWN_DO_NOT_REAP_CHILD |
                                        G_SPAWN_STDOUT_TO_DEV_NULL |
                                        G_SPAWN_STDERR_TO_DEV_NULL,
                                    NULL, NULL, &pid, NULL));
        g_usleep(i * 3000);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        a = vifctl("repair", NULL);
        g_assert_cmpint(a.status, ==, 0);
        answer_free(&a);
        if (present("vif3.0-emu")) {
            made++;
            check_link("vif3.0-emu", "fe:ff:ff:ff:ff:ff");
            check_link("vif3.0-emu", "master xenbr0");
            check_link("vif3.0-emu", ",UP>");
            expect("down FILE --domid 3", one, 0, "vif3.0-emu down\n", "");
        }
    }
    g_test_message("%u of 40 got to the end", made);
    g_remove(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/vifctl-net/B-netloop", test_netloop },
        { "/vifctl-net/B-bridge-named-eth", test_bridge_named_eth },
        { "/vifctl-net/B-half-way", test_half_way },
        { "/vifctl-net/findings-json", test_findings_json },
        { "/vifctl-net/I-up", test_up },
        { "/vifctl-net/I-silent", test_silent },
        { "/vifctl-net/A-taken", test_taken },
        { "/vifctl-net/rolled-back", test_rolled_back },
        { "/vifctl-net/C-bridges", test_bridges },
        { "/vifctl-net/C-would-loop", test_would_loop },
        { "/vifctl-net/svg", test_svg },
        { "/vifctl-net/killed", test_killed },
    };

    return ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
}
