// SPDX-License-Identifier: MIT
/*
 * vifctl-filter-test.c - what a guest with ip= and mac= can send, frame by
 * frame; and that up, down and their deaths leave nothing behind
 *
 * The guest is this test, which holds the tap that 'vifctl up' made.  Another
 * tap on the bridge is the wire.  Behind each frame comes one that passes, so
 * that a frame which did not arrive before it was dropped.
 */
#include <errno.h>
#include <glib.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ctl.h"

#define STEPS_MAX 200

/* Its link-local address is fe80::216:3eff:fe00:1 */
static const char guest[] =
    "name = 'web'\n"
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,mac=00:16:3e:00:00:01,ip=192.0.2.5 2001:db8::5' ]\n";

static const char guest_net[] =
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,mac=00:16:3e:00:00:01,ip=192.0.2.0/24 "
    "2001:db8::/32 2001:db8::7' ]\n";

static const char guest_v4[] =
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,mac=00:16:3e:00:00:01,ip=192.0.2.5' ]\n";

static const char guest_mac[] =
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,mac=00:16:3e:00:00:01' ]\n";

/* Parts of frames, in hexadecimal */
#define ALL    "ffffffffffff"
#define OURS   "00163e000001"
#define OTHER  "00163e000002"
#define IP_US  "c0000205"
#define IP_NOT "c0000206"
#define V6_US  "20010db8000000000000000000000005"
#define V6_NOT "20010db8000000000000000000000006"
#define V6_NO  "00000000000000000000000000000000"
#define V6_OUT "20010db9000000000000000000000005"
#define LL_US                                                                  \
    "fe800000000000000216"                                                     \
    "3efffe000001"
#define LL_NOT                                                                 \
    "fe800000000000000216"                                                     \
    "3efffe000002"
#define V6_ALL "ff020000000000000000000000000001"

#define ARP(operation, hw, ip)                                                 \
    "0806"                                                                     \
    "000108000604000" operation hw ip "000000000000"                           \
    "c00002fe"
/* With 8 bytes of UDP */
#define UDP4(from, to, ports)                                                  \
    "0800"                                                                     \
    "4500001c00000000"                                                         \
    "4011"                                                                     \
    "0000" from to ports "00080000"
#define UDP6(from)                                                             \
    "86dd"                                                                     \
    "60000000"                                                                 \
    "0008"                                                                     \
    "11ff" from V6_ALL "0035003500080000"
/* Type, code, sum, 4 bytes, and 16 that some types have a target in */
#define ICMP6(type, from, target)                                              \
    "86dd"                                                                     \
    "60000000"                                                                 \
    "0018"                                                                     \
    "3aff" from V6_ALL type "000000"                                           \
    "00000000" target

/**
 * struct frame_case - A frame that the guest sends
 * @frame: Behind the destination, which is everybody
 */
struct frame_case {
    const char *name, *frame;
    bool passes;
};

static const struct frame_case cases[] = {
    { "ARP", OURS ARP("1", OURS, IP_US), true },
    { "ARP answer", OURS ARP("2", OURS, IP_US), true },
    { "ARP probe", OURS ARP("1", OURS, "00000000"), true },
    { "ARP about another's IP", OURS ARP("2", OURS, IP_NOT), false },
    { "ARP about another's card", OURS ARP("2", OTHER, IP_US), false },
    { "ARP from another card", OTHER ARP("1", OTHER, IP_US), false },
    { "ARP answer from nobody", OURS ARP("2", OURS, "00000000"), false },
    { "IPv4", OURS UDP4(IP_US, "c00002fe", "00350035"), true },
    { "IPv4 from another card", OTHER UDP4(IP_US, "c00002fe", "00350035"),
      false },
    { "IPv4 from another", OURS UDP4(IP_NOT, "c00002fe", "00350035"), false },
    { "DHCP", OURS UDP4("00000000", "ffffffff", "00440043"), true },
    { "DHCP to one", OURS UDP4("00000000", "c00002fe", "00440043"), false },
    { "not DHCP", OURS UDP4("00000000", "ffffffff", "00430044"), false },
    { "IPv6", OURS UDP6(V6_US), true },
    { "IPv6, link-local", OURS UDP6(LL_US), true },
    { "IPv6 from another", OURS UDP6(V6_NOT), false },
    { "IPv6 from another's link-local", OURS UDP6(LL_NOT), false },
    { "IPv6 from nobody", OURS UDP6(V6_NO), false },
    { "IPv6 from another card", OTHER UDP6(V6_US), false },
    { "neighbour solicitation", OURS ICMP6("87", LL_US, V6_NOT), true },
    { "is it in use", OURS ICMP6("87", V6_NO, V6_US), true },
    { "groups, from nobody", OURS ICMP6("8f", V6_NO, V6_US), true },
    { "advertisement", OURS ICMP6("88", V6_US, V6_US), true },
    { "advertisement, link-local", OURS ICMP6("88", LL_US, LL_US), true },
    { "advertisement about another", OURS ICMP6("88", V6_US, V6_NOT), false },
    { "advertisement about the router", OURS ICMP6("88", LL_US, LL_NOT),
      false },
    { "router's advertisement", OURS ICMP6("86", LL_US, V6_US), false },
    { "redirect", OURS ICMP6("89", LL_US, V6_US), false },
    { "another protocol",
      OURS "88cc"
           "0000000000",
      false },
    { "tagged, from another",
      OURS "81000005" UDP4(IP_NOT, "c00002fe", "00350035"), false },
    { "tagged ARP about another", OURS "81000005" ARP("2", OURS, IP_NOT),
      false },
    { "two tags, from another",
      OURS "81000005"
           "81000006" UDP4(IP_NOT, "c00002fe", "00350035"),
      false },
    { "IPv4 cut off",
      OURS "0800"
           "4500",
      false },
    { "ARP cut off",
      OURS "0806"
           "0001",
      false },
};

static const struct frame_case net_cases[] = {
    { "ARP", OURS ARP("2", OURS, IP_NOT), true },
    { "ARP elsewhere", OURS ARP("2", OURS, "c0000306"), false },
    { "IPv4", OURS UDP4(IP_NOT, "c00002fe", "00350035"), true },
    { "IPv4 elsewhere", OURS UDP4("c0000306", "c00002fe", "00350035"), false },
    { "IPv6", OURS UDP6(V6_NOT), true },
    { "IPv6 elsewhere", OURS UDP6(V6_OUT), false },
    { "advertisement", OURS ICMP6("88", V6_NOT, V6_NOT), true },
    { "advertisement elsewhere", OURS ICMP6("88", V6_NOT, V6_OUT), false },
};

static const struct frame_case v4_cases[] = {
    { "ARP", OURS ARP("1", OURS, IP_US), true },
    { "IPv6", OURS UDP6(LL_US), false },
    { "neighbour solicitation", OURS ICMP6("87", LL_US, V6_NOT), false },
};

static const struct frame_case mac_cases[] = {
    { "any IPv4", OURS UDP4(IP_NOT, "c00002fe", "00350035"), true },
    { "any IPv6", OURS UDP6(V6_NOT), true },
    { "any protocol",
      OURS "88cc"
           "0000000000",
      true },
    { "another card", OTHER UDP4(IP_US, "c00002fe", "00350035"), false },
    { "ARP about another's card", OURS ARP("2", OTHER, IP_US), false },
};

static size_t from_hex(const char *text, uint8_t *to)
{
    size_t n = strlen(text) / 2;

    for (size_t i = 0; i < n; i++) {
        to[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                          g_ascii_xdigit_value(text[2 * i + 1]));
    }
    return n;
}

/* Where bridges call iptables they drop what has a wrong sum */
static void sum_ipv4(uint8_t *frame, size_t n)
{
    uint8_t *ip = frame + 14;
    uint32_t sum = 0;

    if (n < 34 || frame[12] != 8 || frame[13]) {
        return;
    }
    for (unsigned i = 0; i < 20; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16)) & 0xffff;
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
}

/* Send @frame to everybody; its length */
static size_t send_frame(int fd, const char *frame, uint8_t *sent)
{
    char *all = g_strconcat(ALL, frame, NULL);
    size_t n = from_hex(all, sent);

    sum_ipv4(sent, n);
    g_assert_cmpint(write(fd, sent, n), ==, (ssize_t)n);
    g_free(all);
    return n;
}

/* Whether what @guest_fd sends comes out of @wire, before what passes anyway.
 * @last: a frame that passes, and differs from all others */
static bool arrives(int guest_fd, int wire, const char *frame, const char *last)
{
    uint8_t sent[256], end[256], got[2048];
    size_t n = send_frame(guest_fd, frame, sent);
    size_t last_n = send_frame(guest_fd, last, end);
    bool seen = false;

    for (;;) {
        struct pollfd p = { .fd = wire, .events = POLLIN };
        ssize_t len;

        g_assert_cmpint(poll(&p, 1, 60000), ==, 1);
        len = read(wire, got, sizeof(got));
        if (len >= (ssize_t)last_n && !memcmp(got, end, last_n)) {
            return seen;
        }
        seen |= len >= (ssize_t)n && !memcmp(got, sent, n);
    }
}

static void try_all(int guest_fd, int wire, const struct frame_case *all,
                    unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char *last =
            g_strdup_printf(OURS "0806"
                                 "0001080006040001" OURS IP_US "000000000000"
                                 "0a00%04x",
                            i);

        if (arrives(guest_fd, wire, all[i].frame, last) != all[i].passes) {
            g_error("%s: %s", all[i].name,
                    all[i].passes ? "does not pass" : "passes");
        }
        g_free(last);
    }
}

static int hold_port(const char *name)
{
    int fd = hold(name);
    char *which = g_strdup_printf("dev %s", name);

    await_ports(which, 1);
    g_free(which);
    return fd;
}

/* A bridge, and another tap on it, which is the wire */
static int make_bridge(void)
{
    int fd;

    sh("ip link add xenbr0 type bridge mcast_snooping 0");
    sh("ip link set xenbr0 addrgenmode none; ip link set xenbr0 up");
    fd = hold("wire");
    sh("ip link set wire addrgenmode none; ip link set wire master xenbr0; "
       "ip link set wire up");
    await_ports("dev wire", 1);
    return fd;
}

static void up(const char *config, const char *filter)
{
    char *words = g_strdup_printf("up FILE --domid 3 --filter %s", filter);
    struct answer a = vifctl(words, config);

    g_assert_cmpint(a.status, ==, 0);
    g_assert_cmpstr(a.out, ==, "vif3.0-emu up\n");
    answer_free(&a);
    g_free(words);
}

static void check_frames(const char *config, const char *filter,
                         const struct frame_case *all, unsigned n)
{
    int wire = make_bridge();
    char *before = net_dump();
    int fd;

    up(config, filter);
    fd = hold_port("vif3.0-emu");
    try_all(fd, wire, all, n);
    close(fd);
    expect("down FILE --domid 3", config, 0, "vif3.0-emu down\n", "");
    check_dump(before);
    g_free(before);
    close(wire);
}

static void test_frames(void)
{
    check_frames(guest, "ip", cases, G_N_ELEMENTS(cases));
}

static void test_net(void)
{
    check_frames(guest_net, "ip", net_cases, G_N_ELEMENTS(net_cases));
}

static void test_v4(void)
{
    check_frames(guest_v4, "ip", v4_cases, G_N_ELEMENTS(v4_cases));
}

static void test_mac(void)
{
    check_frames(guest_mac, "mac", mac_cases, G_N_ELEMENTS(mac_cases));
}

/* With no filter, or with one for vifs of another sort, anything passes */
static void test_none(void)
{
    static const struct {
        const char *config, *filter;
    } all[] = { { guest, "none" }, { guest_mac, "ip" } };
    int wire = make_bridge();

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        struct frame_case spoof = cases[9];
        int fd;

        up(all[i].config, all[i].filter);
        spoof.passes = true;
        fd = hold_port("vif3.0-emu");
        try_all(fd, wire, &spoof, 1);
        close(fd);
        expect("down FILE --domid 3", all[i].config, 0, "vif3.0-emu down\n",
               "");
    }
    close(wire);
}

/* The paravirtual card's interface appears later, and has the same filter */
static void test_paravirtual(void)
{
    int wire = make_bridge();
    int fd;

    up(guest, "ip");
    fd = hold("vif3.0");
    sh("ip link set vif3.0 addrgenmode none; "
       "ip link set vif3.0 master xenbr0 up");
    await_ports("dev vif3.0", 1);
    try_all(fd, wire, cases, G_N_ELEMENTS(cases));
    close(fd);
    close(wire);
}

/* Filters of other guests stay; the table goes with the last */
static void test_two_guests(void)
{
    int wire = make_bridge();
    int fd;

    up(guest, "ip");
    expect("up FILE --domid 4", guest, 0, "vif4.0-emu up\n", "");
    expect("down FILE --domid 3", guest, 0, "vif3.0-emu down\n", "");
    fd = hold_port("vif4.0-emu");
    try_all(fd, wire, cases, G_N_ELEMENTS(cases));
    close(fd);
    sh("nft list table bridge vifemu | grep -q vif4.0-emu");
    sh("! nft list table bridge vifemu | grep -q vif3.0-emu");
    /* Someone took the tap away by hand */
    sh("ip link del vif4.0-emu");
    expect("repair", NULL, 0,
           "filter vif4.0-emu had no interface any more, and is removed\n", "");
    sh("! nft list table bridge vifemu 2>/dev/null");
    close(wire);
}

static void test_refused(void)
{
    static const char bad[] = "builder='hvm'\nvif=['model=e1000,ip=192.0.2']\n";
    static const char bits[] =
        "builder='hvm'\nvif=['model=e1000,ip=192.0.2.1/24']\n";
    static const char routed[] =
        "builder='hvm'\n"
        "vif=['model=e1000,script=vif-route,ip=192.0.2.1']\n";
    char *before;
    int wire = make_bridge();

    before = net_dump();
    expect("up FILE --domid 3", bad, 1, "",
           "FILE:2:7: ip: '192.0.2' is neither an address nor a network");
    expect("up FILE --domid 3", bits, 1, "",
           "ip: '192.0.2.1/24' is neither an address nor a network");
    expect("up FILE --domid 3", routed, 1, "", "warning: ip: is not enforced");
    expect("up FILE --domid 3 --filter some", guest, 2, "",
           "--filter: 'some' is none of ip, mac, none");
    check_dump(before);
    g_free(before);
    close(wire);
}

/* Without the right, though root */
static void powerless(void *unused)
{
    prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN);
}

/* A kernel that was built without nftables */
static void no_netfilter(void *unused)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { G_N_ELEMENTS(code), code };

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void test_cannot(void)
{
    static const struct {
        void (*setup)(void *);
        const char *why;
    } all[] = {
        { powerless, "vifctl: filter: not permitted; it needs CAP_NET_ADMIN; "
                     "nothing was changed\n" },
        { no_netfilter,
          "vifctl: filter: this kernel cannot filter on bridges: nf_tables is "
          "missing (CONFIG_NF_TABLES_BRIDGE); --filter none goes without; "
          "nothing "
          "was changed\n" },
    };
    int wire = make_bridge();
    char *before = net_dump();

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        struct answer a = vifctl_as(all[i].setup, "up FILE --domid 3", guest);

        g_assert_cmpint(a.status, ==, 1);
        g_assert_cmpstr(a.err, ==, all[i].why);
        answer_free(&a);
        check_dump(before);
    }
    g_free(before);
    /* A guest that wants no filter does not miss it */
    {
        struct answer a =
            vifctl_as(no_netfilter, "up FILE --domid 3", guest_mac);

        g_assert_cmpint(a.status, ==, 0);
        answer_free(&a);
        a = vifctl_as(no_netfilter, "down FILE --domid 3", guest_mac);
        g_assert_cmpstr(a.err, ==, "");
        g_assert_cmpint(a.status, ==, 0);
        answer_free(&a);
    }
    close(wire);
}

/* Three taps, with filters; each step dies or fails */
static const char three[] =
    "name = 'web'\n"
    "builder = 'hvm'\n"
    "vif = [ 'model=e1000,mac=00:16:3e:00:00:01,ip=192.0.2.5',\n"
    "        'model=e1000,vifname=front,mtu=1400',\n"
    "        'model=e1000,mac=00:16:3e:00:00:03,ip=192.0.2.7' ]\n";

static void each_step(const char *fault, const char *words, bool settles)
{
    char *before = net_dump();
    unsigned n = 0;
    int status;

    do {
        char *where = g_strdup_printf("%s:%u", fault, ++n);
        struct answer a = vifctl_fault(where, words, three);

        status = a.status;
        answer_free(&a);
        if (status && settles) {
            a = vifctl("repair", NULL);
            g_assert_cmpint(a.status, ==, 0);
            answer_free(&a);
        }
        if (status) {
            check_dump(before);
        }
        g_free(where);
        g_assert_cmpuint(n, <, STEPS_MAX);
    } while (status);
    g_assert_cmpuint(n, >, 20);
    g_test_message("%u steps", n);
    g_free(before);
}

static void test_kill_up(void)
{
    int wire = make_bridge();

    each_step("kill", "up FILE --domid 3", true);
    close(wire);
}

static void test_fail_up(void)
{
    int wire = make_bridge();

    each_step("fail", "up FILE --domid 3", false);
    close(wire);
}

/* Once it is written down all of them go */
static void test_kill_down(void)
{
    int wire = make_bridge();
    char *without = net_dump(), *with = NULL;
    bool gone = false;
    unsigned n = 0;

    while (!gone) {
        struct answer a;
        char *where;

        if (!present("vif3.0-emu")) {
            a = vifctl("up FILE --domid 3", three);
            g_assert_cmpint(a.status, ==, 0);
            answer_free(&a);
            g_clear_pointer(&with, g_free);
            with = net_dump();
        }
        where = g_strdup_printf("kill:%u", ++n);
        a = vifctl_fault(where, "down FILE --domid 3", three);
        gone = !a.status;
        answer_free(&a);
        if (!gone) {
            a = vifctl("repair", NULL);
            g_assert_cmpint(a.status, ==, 0);
            answer_free(&a);
        }
        check_dump(present("vif3.0-emu") ? with : without);
        g_free(where);
        g_assert_cmpuint(n, <, STEPS_MAX);
    }
    g_assert_cmpuint(n, >, 8);
    g_free(with);
    g_free(without);
    close(wire);
}

int main(int argc, char **argv)
{
    static const struct ctl_test tests[] = {
        { "/vifctl-filter/frames", test_frames },
        { "/vifctl-filter/net", test_net },
        { "/vifctl-filter/ipv4-only", test_v4 },
        { "/vifctl-filter/mac", test_mac },
        { "/vifctl-filter/none", test_none },
        { "/vifctl-filter/paravirtual", test_paravirtual },
        { "/vifctl-filter/two-guests", test_two_guests },
        { "/vifctl-filter/refused", test_refused },
        { "/vifctl-filter/cannot", test_cannot },
        { "/vifctl-filter/kill-up", test_kill_up },
        { "/vifctl-filter/fail-up", test_fail_up },
        { "/vifctl-filter/kill-down", test_kill_down },
    };

    return ctl_tests(argc, argv, tests, G_N_ELEMENTS(tests));
}
