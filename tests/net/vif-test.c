// SPDX-License-Identifier: MIT
/*
 * vif-test.c - vifemu -vif with a real bridge, in a network namespace of its
 * own
 *
 * The emulator in QTEST_QEMU_BINARY makes the taps; frames go from an e1000
 * that a test drives through the tap to the bridge, and back.
 */
#include <glib.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/netns.h"
#include "tests/qtest/libe1000.h"

enum { FIRST_SLOT = 2, LAST_SLOT = 31 };

#define MAC "00:16:3e:11:22:33"

static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 0x11, 0x22, 0x33 };

/* What confines it; changing the user needs more than one of them */
static const char *confined;

static const char *pick_confinement(void)
{
    char *map = NULL, *end;
    bool many;

    g_assert_true(g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL));
    end = strrchr(g_strchomp(map), ' ');
    many = end && strtoul(end, NULL, 10) > 65534;
    g_free(map);
    return many ? "-sandbox on -run-with user=65534:65534" : "-sandbox on";
}

/* The answer of x-vifemu-vifs, freed by the caller */
static JsonArray *ask_vifs(struct qtest *s)
{
    JsonObject *reply = qmp(s, "{'execute': 'x-vifemu-vifs'}");
    JsonArray *vifs =
        json_array_ref(json_object_get_array_member(reply, "return"));

    json_object_unref(reply);
    return vifs;
}

static void has(JsonArray *vifs, guint i, const char *key, const char *value)
{
    JsonObject *o = json_array_get_object_element(vifs, i);

    g_assert_cmpstr(json_object_get_string_member(o, key), ==, value);
}

static void has_number(JsonArray *vifs, guint i, const char *key, gint64 value)
{
    JsonObject *o = json_array_get_object_element(vifs, i);

    g_assert_cmpint(json_object_get_int_member(o, key), ==, value);
}

/* A card that -vif made, its registers reachable and its rings up */
static void open_card(struct e1000 *d, struct qtest *s)
{
    memset(d, 0, sizeof(*d));
    d->qts = s;
    d->model = "e1000";
    d->pci = (struct pci_dev){ s, PCI_DEVFN(FIRST_SLOT, 0) };
    pci_route_interrupts(s);
    e1000_enable(d);
    e1000_reset(d);
    e1000_link_up(d);
    tx_setup(d, RING_MIN);
    rx_setup(d, RING_MIN, RCTL_SECRC);
}

static void test_wired(void)
{
    struct qtest *s =
        qtest_start("-vif type=ioemu,model=e1000,bridge=br0,mac=" MAC
                    " -domid 3 -devid 1 -machine pc -m 32 %s",
                    confined);
    JsonArray *vifs = ask_vifs(s);
    int fd = packet_socket("br0", ETHERTYPE_TEST);
    struct received r;
    struct frame f;
    struct e1000 d;
    uint8_t got[2000];

    sh("ip -o link show vif3.1-emu | grep 'mtu 1400' | grep 'master br0' |"
       "grep ',UP' | grep -q 'link/ether fe:ff:ff:ff:ff:ff'");
    sh("test -z \"$(ip -o addr show dev vif3.1-emu)\"");
    has_number(vifs, 0, "devid", 1);
    has_number(vifs, 0, "mtu", 1400);
    has(vifs, 0, "mode", "both");
    has(vifs, 0, "model", "e1000");
    has(vifs, 0, "tap", "vif3.1-emu");
    has(vifs, 0, "bridge", "br0");
    has(vifs, 0, "mac", MAC);
    json_array_unref(vifs);
    open_card(&d, s);
    g_assert_cmphex(rd(&d, RAL), ==, 0x113e1600);

    await_ports("master br0", 1);
    frame_start(&f, mac_broadcast, mac, ETHERTYPE_TEST);
    frame_fill(&f, 84, 7);
    tx_frame(&d, &f);
    qtest_inb(s, 0x80);
    g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, (int)f.len);
    g_assert_true(!memcmp(got, f.data, f.len));

    frame_start(&f, mac, mac_peer, ETHERTYPE_TEST);
    frame_fill(&f, 84, 9);
    g_assert_cmpint(send(fd, f.data, f.len, 0), ==, (int)f.len);
    g_assert_true(rx_take(&d, &r));
    g_assert_cmpuint(r.data.len, ==, f.len);
    g_assert_true(!memcmp(r.data.data, f.data, f.len));
    close(fd);
    qtest_quit(s);
    g_assert_cmpuint(if_nametoindex("vif3.1-emu"), ==, 0);
}

/* No configuration space answers, and no interface was made */
static void check_no_card(struct qtest *s)
{
    for (unsigned slot = FIRST_SLOT; slot <= LAST_SLOT; slot++) {
        struct pci_dev dev = { s, PCI_DEVFN(slot, 0) };

        g_assert_cmphex(pci_readl(&dev, 0), ==, 0xffffffff);
    }
    sh("! ip -o link | grep -q vif");
}

static void test_pv(void)
{
    static const char *const args[] = {
        "-vif type=netfront,bridge=br0",
        "-vif type=vif,model=e1000",
        "-vif type=netfront -vif-dialect xm",
        "-vif type=paravirtualized -vif-dialect xl-4.5",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(args); i++) {
        struct qtest *s = qtest_start("%s -domid 3", args[i]);
        JsonArray *vifs = ask_vifs(s);
        JsonObject *o = json_array_get_object_element(vifs, 0);

        check_no_card(s);
        has(vifs, 0, "mode", "pv");
        g_assert_false(json_object_get_boolean_member(o, "emulated"));
        g_assert_nonnull(
            strstr(json_object_get_string_member(o, "reason"), "paravirtual"));
        json_array_unref(vifs);
        qtest_quit(s);
    }
}

static void test_several(void)
{
    struct qtest *s = qtest_start("-vif bridge=br0 -vif type=vif -vif bridge="
                                  "br0,model=ne2k_pci,devid=9,mtu=1300,vifname="
                                  "web -vif mac=" MAC ",bridge=br0 "
                                  "-xen-domid 7 -devid 2");
    static const uint16_t devices[] = { 0x8139, 0x8029, 0x8139 };
    JsonArray *vifs = ask_vifs(s);

    sh("ip -o link show vif7.2-emu | grep -q 'mtu 1400.*master br0'");
    sh("ip -o link show web-emu | grep -q 'mtu 1300.*master br0'");
    sh("ip -o link show vif7.5-emu | grep -q 'master br0'");
    sh("test $(ip -o link | grep -c 'vif\\|web') = 3");
    for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++) {
        struct pci_dev dev = { s, PCI_DEVFN(FIRST_SLOT + i, 0) };

        g_assert_cmphex(pci_readw(&dev, PCI_DEVICE_ID), ==, devices[i]);
    }
    g_assert_cmpuint(json_array_get_length(vifs), ==, 4);
    has_number(vifs, 0, "devid", 2);
    has_number(vifs, 1, "devid", 3);
    has_number(vifs, 2, "devid", 9);
    has_number(vifs, 3, "devid", 5);
    has(vifs, 1, "mode", "pv");
    g_assert_true(
        g_str_has_prefix(json_object_get_string_member(
                             json_array_get_object_element(vifs, 0), "mac"),
                         "00:16:3e:"));
    json_array_unref(vifs);
    /* The backend and the tap that is its go together */
    qmp_ok(s, "{'execute': 'device_del', 'arguments': {'id': 'nic2'}}");
    qmp_ok(s, "{'execute': 'system_reset'}");
    qmp_ok(s, "{'execute': 'netdev_del', 'arguments': {'id': 'net2'}}");
    g_assert_cmpuint(if_nametoindex("vif7.2-emu"), ==, 0);
    qtest_quit(s);
    sh("! ip -o link | grep -q 'vif\\|web'");
}

/* With these arguments it must say @words and end with 1, leaving nothing */
static void refused(const char *args, const char *words)
{
    char *errors = NULL, **each = g_strsplit(words, "|", -1);
    int status = run_emulator(args, &errors, NULL);

    g_test_message("%s", errors);
    g_assert_cmpint(status, ==, 1);
    for (char **w = each; *w; w++) {
        g_assert_nonnull(strstr(errors, *w));
    }
    sh("! ip -o link | grep -q vif5");
    g_strfreev(each);
    g_free(errors);
}

static void test_refused(void)
{
    /* Somebody has the name; the first of two is not left behind */
    sh("ip link add vif4.1-emu type bridge");
    refused("-vif bridge=br0 -devid 1 -domid 4",
            "vif4.1-emu is there already: a bridge, down|devid=0, 2, 3");
    refused("-domid 4 -vif bridge=br0 -vif bridge=br0",
            "vif4.1-emu is there already");
    g_assert_cmpuint(if_nametoindex("vif4.0-emu"), ==, 0);
    sh("ip link del vif4.1-emu");
    sh("ip tuntap add dev vif4.1-emu mode tap");
    refused("-vif bridge=br0 -devid 1 -domid 4",
            "vif4.1-emu is there already: a tap that stays, down");
    sh("ip link del vif4.1-emu");

    refused("-vif bridge=br7 -domid 5", "no bridge br7 on this host");
    refused("-vif bridge=lo -domid 5", "lo is no bridge");
    refused("-vif bridge=br0,mtu=10 -domid 5", "mtu: 10 is not an MTU");
    refused("-vif bridge=br0,script=vif-route -domid 5", "vif-route");
    refused("-vif bridge=br0 -vif bridge=br0,mac=01:00:5e:00:00:01 -domid 5",
            "no bridge will learn it");
    /* Names of netdevs are checked after the tap was made */
    refused("-vif bridge=br0 -domid 5 -netdev null,id=net0", "'net0'");
    sh("ip link add v0 type veth peer name v1 && "
       "ip link set v0 master br0 up && ip link set v1 master br0 up");
    refused("-vif bridge=br0 -domid 5", "frames circle on br0|v0|v1");
    sh("ip link del v0");
}

/* However it ends, the kernel takes the tap away; after SIGKILL in its own
 * time, as the ring has the tap as well */
static void test_killed(void)
{
    char *script = g_strdup_printf(
        "await() { for i in $(seq 600); do"
        "  ip -o link show vif6.0-emu 2>/dev/null | grep -q 'master br0';"
        "  test $? = $1 && return; sleep 0.1; done; exit 1; };"
        "%s -vif bridge=br0,model=e1000 -domid 6 2>/dev/null & p=$!;"
        "await 0; kill -9 $p; await 1",
        g_getenv("QTEST_QEMU_BINARY"));

    sh(script);
    g_free(script);
}

/* A loop that comes later is noticed, and told through QMP */
static void test_storm(void)
{
    struct qtest *s;
    int fd = packet_socket("br0", ETHERTYPE_TEST);
    JsonObject *data, *reply;
    struct frame f;

    hurry(true); /* Both ends */
    s = qtest_start("-vif bridge=br0,model=e1000 -domid 8");
    sh("ip link add v0 type veth peer name v1 && "
       "ip link set v0 master br0 up && ip link set v1 master br0 up");
    await_ports("master br0", 3);
    frame_start(&f, mac_broadcast, mac_peer, ETHERTYPE_TEST);
    frame_fill(&f, 84, 9);
    g_assert_cmpint(send(fd, f.data, f.len, 0), ==, (int)f.len);
    data = qmp_event(s, "VIFEMU_NET_STORM");
    sh("ip link del v0");
    g_assert_nonnull(data);
    g_assert_cmpstr(json_object_get_string_member(data, "id"), ==, "net0");
    json_object_unref(data);
    reply = qmp(s, "{'execute': 'x-vifemu-counters'}");
    data = json_object_get_object_member(reply, "return");
    data = json_array_get_object_element(
        json_object_get_array_member(data, "netdevs"), 0);
    g_assert_cmpint(json_object_get_int_member(data, "storms"), ==, 1);
    json_object_unref(reply);
    close(fd);
    g_assert_true(qmp_wait_event(s, "VIFEMU_NET_STORM_END"));
    hurry(false);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    if (!netns_enter("ip link add br0 type bridge 2>/dev/null",
                     "no bridges here")) {
        return 0;
    }
    /* The leak checker cannot work where seccomp is */
    g_setenv("ASAN_OPTIONS", "detect_leaks=0", TRUE);
    confined = pick_confinement();
    sh("ip link set br0 mtu 1400 up");
    g_test_add_func("/vif/wired", test_wired);
    g_test_add_func("/vif/pv", test_pv);
    g_test_add_func("/vif/several", test_several);
    g_test_add_func("/vif/refused", test_refused);
    g_test_add_func("/vif/killed", test_killed);
    g_test_add_func("/vif/storm", test_storm);
    return g_test_run();
}
