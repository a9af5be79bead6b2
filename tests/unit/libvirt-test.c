// SPDX-License-Identifier: MIT
/*
 * libvirt-test.c - <interface> elements and libvirt's own vif specifications
 */
#include "xen/libvirt.h"

#include <inttypes.h>
#include <string.h>

#include "cpu.h"

static void put(GString *out, const char *key, const char *value)
{
    if (value) {
        g_string_append_printf(out, " %s=%s", key, value);
    }
}

/* A vif in one line */
static void put_vif(GString *out, const struct vif *v)
{
    static const char *const modes[] = { "both", "emulated", "pv" };

    g_string_append(out, modes[v->mode]);
    if (v->has_mac) {
        g_string_append_printf(out, " %02x:%02x:%02x:%02x:%02x:%02x", v->mac[0],
                               v->mac[1], v->mac[2], v->mac[3], v->mac[4],
                               v->mac[5]);
    }
    put(out, "bridge", v->bridge);
    put(out, "model", v->model);
    put(out, "vifname", v->vifname);
    put(out, "script", v->script);
    put(out, "ip", v->ip);
    put(out, "backend", v->backend);
    if (v->rate) {
        g_string_append_printf(out, " rate=%s(%" PRIu64 "/%u)", v->rate,
                               v->rate_bytes, v->rate_us);
    }
    if (v->mtu) {
        g_string_append_printf(out, " mtu=%u", v->mtu);
    }
    for (unsigned i = 0; i < v->rest->len; i++) {
        const struct vif_key *k = g_ptr_array_index(v->rest, i);

        put(out, k->key, k->value);
    }
    g_string_append_c(out, '\n');
}

/* Vifs, then "severity line:column key: text", a line each */
static char *show(const struct guest *g)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < g->vifs->len; i++) {
        put_vif(out, g_ptr_array_index(g->vifs, i));
    }
    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        g_string_append_printf(out, "%c %u:%u %s%s%s\n", "nwE"[r->severity],
                               r -> at.line, r->at.column, r->key ? r->key : "",
                               r->key ? ": " : "", r->text);
    }
    return g_string_free(out, FALSE);
}

static char *read_n(const char *text, size_t len)
{
    struct guest *g = libvirt_read("t.xml", text, len);
    char *shown = show(g);

    guest_free(g);
    return shown;
}

/* The devices of an HVM guest, which begin on line 2 */
static struct guest *read_devices(const char *os, const char *devices)
{
    g_autofree char *text = g_strdup_printf(
        "<domain type='xen'><name>g</name><os><type>%s</type></os><devices>\n"
        "%s</devices></domain>",
        os, devices);

    return libvirt_read("t.xml", text, strlen(text));
}

static void check(const char *os, const char *devices, const char *expected)
{
    struct guest *g = read_devices(os, devices);
    g_autofree char *shown = show(g);

    g_assert_cmpstr(shown, ==, expected);
    guest_free(g);
}

#define OPEN          "<interface type='bridge'><source bridge='xenbr0'/>"
#define BRIDGE(inner) OPEN inner "</interface>\n"

static void test_parts(void)
{
    check("hvm",
          BRIDGE("<mac address='00:16:3e:1:2:3'/><script path='vif-bridge'/>"
                 "<target dev='web0'/><model type='e1000'/>"
                 "<ip address='10.0.0.1' family='ipv4'/>"
                 "<ip address='fe80::1'/><backenddomain name='net'/>"),
          "both 00:16:3e:01:02:03 bridge=xenbr0 model=e1000 vifname=web0 "
          "script=vif-bridge ip=10.0.0.1 fe80::1 backend=net\n");
    check("hvm", "<interface type='ethernet'/>", "both\n");
    check("hvm",
          "<interface type='network'><source network='lan'/></interface>",
          "both network=lan\n"
          "w 2:0 source: the bridge of network 'lan' is known to libvirtd only "
          "('virsh net-info lan'): none is set\n");
    check("hvm", BRIDGE("<mtu size='9000'/>"),
          "both bridge=xenbr0 mtu=9000\n"
          "w 2:0 mtu: libvirt's xl driver does not pass it on: there the guest "
          "gets the bridge's\n");
    check("hvm", BRIDGE("<target dev='vif3.0'/>"),
          "both bridge=xenbr0\n"
          "n 2:0 target: libvirt forgets 'vif3.0': names with vif or vnet in "
          "front are those that it makes itself\n");
    /* libxl's credit: 512 KiB/s are 26214.4 bytes in 50 ms */
    check("hvm",
          BRIDGE("<bandwidth><outbound average='512' peak='9'/>"
                 "<inbound average='1'/></bandwidth>"),
          "both bridge=xenbr0 rate=512KB/s(26214/50000)\n"
          "n 2:0 bandwidth: peak is lost: Xen has an average rate only\n"
          "n 2:0 bandwidth: <inbound> is lost: Xen limits what a guest sends, "
          "once\n");
}

static void test_ovs(void)
{
    check("hvm",
          BRIDGE("<vlan><tag id='5'/></vlan><virtualport type='openvswitch'/>"),
          "both bridge=xenbr0.5 script=vif-openvswitch\n");
    check("hvm",
          BRIDGE("<vlan trunk='yes'><tag id='5'/></vlan>"
                 "<virtualport type='openvswitch'/><script path='mine'/>"),
          "both bridge=xenbr0:5 script=mine\n");
    check("hvm",
          BRIDGE("<virtualport type='openvswitch'>"
                 "<parameters interfaceid='x'/></virtualport>"
                 "<vlan><tag id='5'/><tag id='6' nativeMode='tagged'/></vlan>"),
          "both bridge=xenbr0:5:6 script=vif-openvswitch\n"
          "n 2:0 virtualport: <parameters> is lost: vif-openvswitch does not "
          "get it\n"
          "w 2:0 vlan: nativeMode is lost: libvirt's driver does not tell "
          "vif-openvswitch\n");
    check("hvm", BRIDGE("<vlan><tag id='5'/></vlan>"),
          "both bridge=xenbr0\n"
          "w 2:0 vlan: libvirt's xl driver heeds it only with <virtualport "
          "type='openvswitch'/>\n");
    check("hvm",
          BRIDGE("<vlan trunk='no'><tag id='5'/><tag id='6'/></vlan>"
                 "<virtualport type='openvswitch'/>"),
          "both bridge=xenbr0:5:6 script=vif-openvswitch\n"
          "E 2:0 vlan: trunk='no' with more than one tag\n");
}

/* Model 'netfront' is the only type that libvirt has */
static void test_mode(void)
{
    static const struct {
        const char *os, *model, *expected;
    } rows[] = {
        { "hvm", "", "both bridge=xenbr0\n" },
        { "hvm", "<model type='e1000'/>", "both bridge=xenbr0 model=e1000\n" },
        { "hvm", "<model type='netfront'/>", "pv bridge=xenbr0\n" },
        { "xen", "", "pv bridge=xenbr0\n" },
        { "linux", "<model type='netfront'/>",
          "pv bridge=xenbr0 model=netfront\n" },
        { "xenpvh", "<model type='netfront'/>",
          "pv bridge=xenbr0 model=netfront\n" },
        { "xenpvh", "<model type='e1000'/>",
          "pv bridge=xenbr0 model=e1000\n"
          "E 2:0 model: only model 'netfront' is supported for PV and PVH "
          "guests, not 'e1000'\n" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<interface type='bridge'><source bridge='xenbr0'/>%s</interface>",
            rows[i].model);

        check(rows[i].os, xml, rows[i].expected);
    }
}

static void test_lost(void)
{
    check("hvm",
          "<!-- the wire -->\n"
          "<disk/><interface type='bridge' managed='no'>\n"
          "  <!--\n  a rather long comment, much longer than forty letters\n-->"
          "<source bridge='b' dev='eth0'/>\n"
          "<boot order='1'/><rom bar='off'/><driver name='qemu'/>\n"
          "<x:source xmlns:x='urn:x' bridge='c'/><guest dev='eth0'/>\n"
          "<model type='e1000'/><model type='netfront'/>\n"
          "</interface>",
          "both bridge=b model=e1000\n"
          "n 2:0 the comment 'the wire' is lost\n"
          "n 3:0 interface: its attribute managed is lost\n"
          "n 4:0 the comment 'a rather long comment, much longer th...' is "
          "lost\n"
          "n 6:0 source: its attribute dev is lost\n"
          "n 7:0 boot: it is lost: Xen has one boot order for all devices, in "
          "the guest's configuration (boot=)\n"
          "n 7:0 rom: it is lost: the device model brings its own\n"
          "n 7:0 driver: it is lost: it is for virtio\n"
          "n 8:0 source: it is lost: there is nothing like it in a vif\n"
          "n 8:0 guest: it is lost: there is nothing like it in a vif\n"
          "w 9:0 model: it is here twice: the first one counts\n");
}

static void test_refused(void)
{
    check("hvm", "<interface><source network='n'/></interface>",
          "E 2:0 type: 'user' is none of the interfaces that libvirt's xl "
          "driver makes: bridge, ethernet, network\n");
    check("hvm", "<interface type='direct'/>\n<interface type='hostdev'/>",
          "E 2:0 type: 'direct' is none of the interfaces that libvirt's xl "
          "driver makes: bridge, ethernet, network\n"
          "w 3:0 type: a card that is passed through is no vif: left out\n");
    check("hvm", "<interface type='bridge'/>\n<interface type='network'/>",
          "both\nboth\n"
          "E 2:0 source: an interface of type 'bridge' needs <source "
          "bridge='..'/>\n"
          "E 3:0 source: an interface of type 'network' needs <source "
          "network='..'/>\n");
    check("hvm", BRIDGE("<mac address='01:00:00:00:00:00'/>"),
          "both bridge=xenbr0\n"
          "E 2:0 mac: '01:00:00:00:00:00' is no MAC address of a card: six "
          "hexadecimal numbers with colons, the first one even\n");
    check("hvm", BRIDGE("<ip address='10.0.0.1/8'/>"),
          "both bridge=xenbr0\n"
          "E 2:0 ip: '10.0.0.1/8' is no IPv4 or IPv6 address\n");
    check("hvm", BRIDGE("<bandwidth><outbound average='-1'/></bandwidth>"),
          "both bridge=xenbr0\n"
          "E 2:0 bandwidth: average has to be a number of KiB in a second\n");
    check("hvm",
          BRIDGE("<mtu size='4294967296'/><vlan><tag id='4096'/></vlan>"),
          "both bridge=xenbr0\n"
          "E 2:0 mtu: size has to be a number of bytes\n"
          "E 2:0 vlan: <tag> in <vlan>: what is wanted is <tag id='0' .. "
          "'4095'/>\n");
    check("hvm",
          "<interface type='network'><source network='n'/><script path='s'/>"
          "</interface>",
          "both script=s network=n\n"
          "E 2:0 script: libvirt takes a script with interfaces of type "
          "'bridge' and 'ethernet' only\n"
          "w 2:0 source: the bridge of network 'n' is known to libvirtd only "
          "('virsh net-info n'): none is set\n");
    check("exe", "",
          "E 1:0 os: type 'exe' is none of hvm, xen, linux, xenpvh\n");
}

/*
 * Documents
 */

static void check_text(const char *text, const char *expected)
{
    g_autofree char *shown = read_n(text, strlen(text));

    g_assert_cmpstr(shown, ==, expected);
}

static void test_documents(void)
{
    static const char list[] =
        "\xef\xbb\xbf<?xml version='1.0'\n encoding='UTF-16'?>\n"
        "<interface type='ethernet'/>\n<interface type='ethernet'/>\n";
    static const char domain[] =
        "<domain type='kvm'><name> a </name><devices><emulator>/x</emulator>"
        "</devices><os><type>xenpvh</type></os></domain>";
    struct guest *g = libvirt_read("t", domain, strlen(domain));

    g_assert_cmpstr(g->name, ==, "a");
    g_assert_cmpstr(g->device_model_override, ==, "/x");
    g_assert_cmpint(g->kind, ==, GUEST_PVH);
    g_assert_cmpuint(g->remarks->len, ==, 1);
    guest_free(g);
    check_text(list, "both\nboth\nn 3:0 no <domain> around it: taken for an "
                     "HVM guest's\n");
    check_text("", "E 1:0 there is no <domain> and no <interface>\n");
    check_text("<interface type='ethernet'/>\n<disk/>",
               "both\nn 1:0 no <domain> around it: taken for an HVM guest's\n"
               "E 2:0 <disk> where one <domain> or a list of <interface> is "
               "wanted\n");
    check_text("<domain type='xen'/>",
               "E 1:0 os: there is no <os><type>: hvm, xen, linux or xenpvh\n");
    check_text("vif=['']", "E 1:0 text outside of any element\n"
                           "E 1:0 there is no <domain> and no <interface>\n");
}

static void test_broken(void)
{
    check_text("<domain>\n <name>x</nam>\n</domain>",
               "E 2:15 this is no XML: Opening and ending tag mismatch: name "
               "line 2 and nam\n");
    check_text("<a", "E 1:3 this is no XML: error parsing attribute name\n");
    check_text("<interface type='bridge'>\n&x;</interface>",
               "E 2:4 this is no XML: Entity 'x' not defined\n");
    check_text("</vifemu><vifemu>",
               "E 1:10 this is no XML: Extra content at the end of the "
               "document\n");
    check_text("<a>\xff</a>", "E 1:4 a byte 0xff that is no UTF-8 text\n");
}

/* What an enemy of the reader would send */
static void test_hostile(void)
{
    static const char bomb[] =
        "<?xml version='1.0'?>\n"
        "<!DOCTYPE d [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>\n"
        "<domain type='&b;'/>";
    static const char file[] =
        "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><d>&a;</d>";
    static const char doctype[] =
        ": a document type (<!DOCTYPE) is not allowed: libvirt writes none, "
        "and it could name entities and files\n";
    g_autofree char *shown = read_n(bomb, strlen(bomb));
    g_autofree char *other = read_n(file, strlen(file));
    g_autofree char *none = NULL;

    g_assert_true(g_str_has_prefix(shown, "E 2:"));
    g_assert_true(g_str_has_suffix(shown, doctype + 2));
    g_assert_true(g_str_has_prefix(other, "E 1:"));
    g_assert_true(g_str_has_suffix(other, doctype + 2));
    check("hvm",
          "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
          "href='file:///etc/hostname'/>" BRIDGE(""),
          "both bridge=xenbr0\n");
    none = read_n("<a>\0</a>", 8);
    g_assert_cmpstr(none, ==, "E 1:4 a byte 0x00 that is no UTF-8 text\n");
}

/* @n times @piece */
static char *many(const char *piece, unsigned n)
{
    GString *s = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++) {
        g_string_append(s, piece);
    }
    return g_string_free(s, FALSE);
}

static void test_bounds(void)
{
    int64_t start = cpu_us();
    g_autofree char *deep = many("<a>", 100000);
    g_autofree char *big = many("          ", 104858);
    g_autofree char *tag = many("ab='>' ", 1200);
    g_autofree char *spaces = many("<a xmlns:b='c'/>", 257);
    g_autofree char *wide = g_strdup_printf("<!-- %s --><a %s/>", tag, tag);
    g_autofree char *cards = many("<interface type='ethernet'/>\n", 30000);
    g_autofree char *shown = read_n(cards, strlen(cards));

    check_text(deep, "E 1:769 this is no XML: Excessive depth in document: "
                     "256\n");
    check_text(big, "E 0:0 1048580 bytes are more than a domain's XML may "
                    "have: 1048576\n");
    check_text(wide, "E 1:8410 a tag of more than 8192 bytes\n");
    check_text(spaces, "E 1:4105 more than 256 namespaces\n");
    g_assert_cmpuint(strlen(shown), >, 150000);
    g_assert_cmpint(cpu_us() - start, <, G_USEC_PER_SEC);
}

/*
 * The other way
 */

/* As libvirt prints an interface */
static const char golden[] =
    "  <interface type='bridge'>\n"
    "    <mac address='00:16:3e:00:00:01'/>\n"
    "    <source bridge='xenbr0'/>\n"
    "    <bandwidth>\n"
    "      <outbound average='1024'/>\n"
    "    </bandwidth>\n"
    "    <ip address='10.0.0.1'/>\n"
    "    <ip address='fe80::1'/>\n"
    "    <script path='vif-bridge'/>\n"
    "    <backenddomain name='a&amp;b&lt;&apos;&gt;'/>\n"
    "    <target dev='web0'/>\n"
    "    <model type='e1000'/>\n"
    "  </interface>\n"
    "  <interface type='bridge'>\n"
    "    <source bridge='ovs0'/>\n"
    "    <vlan>\n"
    "      <tag id='7'/>\n"
    "    </vlan>\n"
    "    <virtualport type='openvswitch'/>\n"
    "    <script path='vif-openvswitch'/>\n"
    "    <model type='netfront'/>\n"
    "  </interface>\n"
    "  <interface type='bridge'>\n"
    "    <source bridge='ovs0'/>\n"
    "    <vlan trunk='yes'>\n"
    "      <tag id='7'/>\n"
    "      <tag id='8'/>\n"
    "    </vlan>\n"
    "    <virtualport type='openvswitch'/>\n"
    "    <script path='vif-openvswitch'/>\n"
    "  </interface>\n"
    "  <interface type='network'>\n"
    "    <source network='lan'/>\n"
    "  </interface>\n"
    "  <interface type='ethernet'>\n"
    "    <script path='vif-route'/>\n"
    "  </interface>\n";

static void test_golden(void)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    struct guest *g = libvirt_read("t", golden, strlen(golden));
    g_autofree char *again = libvirt_write(g, lost);

    g_assert_false(guest_has_error(g));
    g_assert_cmpstr(again, ==, golden);
    g_assert_cmpuint(lost->len, ==, 0);
    guest_free(g);
}

/* Everything that libvirt has no place for */
static void test_write_losses(void)
{
    static const char *const expected[] = {
        "vif 0: rate=10MB/s@20ms is 10000000 bytes a second; libvirt makes "
        "10240 KiB/s of it",
        "vif 0: rate=10MB/s@20ms: libvirt has no interval, its is 50000 us",
        "vif 0: ip=10.0.0.0/8: libvirt takes plain addresses only",
        "vif 0: vifname=vifx: libvirt forgets names that begin like those it "
        "makes itself (vif, vnet)",
        "vif 0: type=ioemu: libvirt has no emulated card without a "
        "paravirtual one beside it: the guest gets both",
        "vif 0: mtu=9000: libvirt's xl driver does not pass it on",
        "vif 0: gatewaydev=eth0",
        "vif 0: vlan=5: libvirt's driver has VLANs of Open vSwitch only",
        "vif 0: devid=3: libvirt counts from 0",
        "vif 0: untrusted",
    };
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    struct guest *g = guest_new("t", DIALECT_XM);
    struct vif *v = guest_add_vif(g, (struct place){ 1, 1 });
    g_autofree char *text = NULL;

    g->kind = GUEST_HVM;
    v->mode = VIF_EMULATED;
    v->type = g_strdup("ioemu");
    v->rate = g_strdup("10MB/s@20ms");
    v->rate_bytes = 200000;
    v->rate_us = 20000;
    v->ip = g_strdup("10.0.0.0/8 10.0.0.2");
    v->vifname = g_strdup("vifx");
    v->gatewaydev = g_strdup("eth0");
    v->vlan = g_strdup("5");
    v->mtu = 9000;
    v->devid = 3;
    v->has_devid = v->untrusted = true;
    text = libvirt_write(g, lost);
    g_assert_cmpstr(text, ==,
                    "  <interface type='ethernet'>\n"
                    "    <bandwidth>\n"
                    "      <outbound average='10240'/>\n"
                    "    </bandwidth>\n"
                    "    <ip address='10.0.0.2'/>\n"
                    "    <target dev='vifx'/>\n"
                    "    <mtu size='9000'/>\n"
                    "  </interface>\n");
    g_assert_cmpuint(lost->len, ==, G_N_ELEMENTS(expected));
    for (unsigned i = 0; i < lost->len; i++) {
        g_assert_cmpstr(g_ptr_array_index(lost, i), ==, expected[i]);
    }
    guest_free(g);
}

/* A value that no XML can hold is left out, and that is said */
static void test_write_bytes(void)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    struct guest *g = guest_new("t", DIALECT_XL);
    struct vif *v = guest_add_vif(g, (struct place){ 1, 1 });
    g_autofree char *text = NULL;

    v->bridge = g_strdup("a\x01");
    v->script = g_strdup("\xff");
    text = libvirt_write(g, lost);
    g_assert_cmpstr(text, ==,
                    "  <interface type='ethernet'>\n  </interface>\n");
    g_assert_cmpuint(lost->len, ==, 2);
    guest_free(g);
}

/*
 * libvirt's own specifications
 */

static const struct spec_row {
    const char *spec;
    enum dialect dialect;
    enum guest_kind kind;
    const char *expected;
} spec_rows[] = {
    { "", DIALECT_XL, GUEST_HVM, "both" },
    { "bridge=b", DIALECT_XL, GUEST_HVM, "both bridge=b" },
    /* A type counts only without a model */
    { "model=e1000,type=vif", DIALECT_XL, GUEST_HVM, "both model=e1000" },
    { "type=vif", DIALECT_XL, GUEST_HVM, "pv" },
    { "type=netfront", DIALECT_XL, GUEST_HVM, "both" },
    { "type=netfront", DIALECT_XM, GUEST_HVM, "pv" },
    { "type=vif", DIALECT_XM, GUEST_HVM, "both" },
    { "type=ioemu", DIALECT_XM, GUEST_HVM, "both" },
    { "model=netfront", DIALECT_XL, GUEST_HVM, "pv" },
    { "model=e1000", DIALECT_XL, GUEST_PV,
      "only model 'netfront' is supported for PV guests, not 'e1000'" },
    { "model=netfront", DIALECT_XL, GUEST_PV, "pv model=netfront" },
    { "", DIALECT_XL, GUEST_PV, "pv" },
    /* Steps of 1024; a number without K, M or G is taken as KiB */
    { "rate=10MB/s", DIALECT_XL, GUEST_HVM,
      "both rate=10240KB/s(524288/50000)" },
    { "rate=1GB/s@1s", DIALECT_XL, GUEST_HVM,
      "both rate=1048576KB/s(53687091/50000)" },
    { "rate=16Mb/s", DIALECT_XL, GUEST_HVM,
      "both rate=2048KB/s(104857/50000)" },
    { "rate=100B/s", DIALECT_XL, GUEST_HVM, "both rate=100KB/s(5120/50000)" },
    { "rate=foo", DIALECT_XL, GUEST_HVM, "invalid rate 'foo'" },
    { "rate=10MB/m", DIALECT_XL, GUEST_HVM, "invalid rate '10MB/m'" },
    { "rate=99999999999999999999B/s", DIALECT_XL, GUEST_HVM,
      "invalid rate '99999999999999999999B/s'" },
    { "rate=99999999999999999GB/s", DIALECT_XL, GUEST_HVM,
      "invalid rate '99999999999999999GB/s'" },
    { "ip=10.0.0.1 10.0.0.2", DIALECT_XL, GUEST_HVM,
      "both ip=10.0.0.1 10.0.0.2" },
    { "ip=10.0.0.1  10.0.0.2", DIALECT_XL, GUEST_HVM, "ip '' is no address" },
    { "bridge=b, mtu=9000,x=y", DIALECT_XL, GUEST_HVM, "both bridge=b" },
    { "bridge=b,trusted", DIALECT_XL, GUEST_HVM,
      "'trusted' is no key=value, so the whole list is refused" },
    { "bridge=b,", DIALECT_XL, GUEST_HVM,
      "'' is no key=value, so the whole list is refused" },
    { "bridge=a,bridge=b", DIALECT_XL, GUEST_HVM, "both bridge=b" },
    { "mac=00-16-3e-00-00-01", DIALECT_XL, GUEST_HVM,
      "malformed MAC address '00-16-3e-00-00-01'" },
    { "mac=", DIALECT_XL, GUEST_HVM, "malformed MAC address ''" },
    { "mac=00:16:3e:00:00:01:", DIALECT_XL, GUEST_HVM,
      "malformed MAC address '00:16:3e:00:00:01:'" },
    { "mac=00:16:3e:00:00:100", DIALECT_XL, GUEST_HVM,
      "malformed MAC address '00:16:3e:00:00:100'" },
    { "bridge=br0.x", DIALECT_XL, GUEST_HVM,
      "bridge 'br0.x' is taken for a bridge of Open vSwitch and a VLAN, "
      "but that is no number" },
    { "bridge=b.5:6", DIALECT_XL, GUEST_HVM,
      "bridge 'b.5:6' is taken for a bridge of Open vSwitch and a VLAN, "
      "but that is no number" },
};

static void test_spec_read(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        struct guest *g = guest_new("t", spec_rows[i].dialect);
        struct vif *v = guest_add_vif(g, (struct place){ 1, 1 });
        g_autofree char *why =
            libvirt_spec_read(v, spec_rows[i].spec, spec_rows[i].dialect,
                              spec_rows[i].kind);
        g_autofree char *shown = show(g);

        g_test_message("%s", spec_rows[i].spec);
        g_assert_cmpstr(why ? why : g_strchomp(shown), ==,
                        spec_rows[i].expected);
        guest_free(g);
    }
}

/* The four scenarios of the patch that brought model='netfront', as of today:
 * type=ioemu is never written any more */
static void test_scenarios(void)
{
    static const struct {
        const char *os, *model;
        enum dialect dialect;
        const char *expected;
    } rows[] = {
        { "hvm", "", DIALECT_XL, "bridge=xenbr0,script=vif-bridge" },
        { "hvm", "", DIALECT_XM, "bridge=xenbr0,script=vif-bridge" },
        { "linux", "<model type='netfront'/>", DIALECT_XL,
          "bridge=xenbr0,script=vif-bridge,model=netfront" },
        { "linux", "<model type='e1000'/>", DIALECT_XM,
          "bridge=xenbr0,script=vif-bridge,model=e1000" },
        { "hvm", "<model type='netfront'/>", DIALECT_XL,
          "bridge=xenbr0,script=vif-bridge,type=vif" },
        { "hvm", "<model type='netfront'/>", DIALECT_XM,
          "bridge=xenbr0,script=vif-bridge,type=netfront" },
        { "hvm", "<model type='e1000'/>", DIALECT_XL,
          "bridge=xenbr0,script=vif-bridge,model=e1000" },
        { "hvm", "<model type='e1000'/>", DIALECT_XM,
          "bridge=xenbr0,script=vif-bridge,model=e1000" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<interface type='bridge'><source bridge='xenbr0'/>%s</interface>",
            rows[i].model);
        struct guest *g = read_devices(rows[i].os, xml);
        g_autofree char *spec =
            libvirt_spec_write(g_ptr_array_index(g->vifs, 0), rows[i].dialect,
                               g->kind);

        g_assert_cmpstr(spec, ==, rows[i].expected);
        guest_free(g);
    }
}

/* libvirt's order of keys, which is another without a bridge */
static void test_spec_order(void)
{
    static const char *const specs[] = {
        "mac=00:16:3e:00:00:01,bridge=ovs0.7,ip=10.0.0.1 10.0.0.2,"
        "script=vif-openvswitch,model=e1000,vifname=web0,rate=512KB/s",
        "mac=00:16:3e:00:00:01,script=vif-route,ip=10.0.0.1,type=vif",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(specs); i++) {
        struct guest *g = guest_new("t", DIALECT_XL);
        struct vif *v = guest_add_vif(g, (struct place){ 1, 1 });
        char *why = libvirt_spec_read(v, specs[i], DIALECT_XL, GUEST_HVM);
        g_autofree char *spec = libvirt_spec_write(v, DIALECT_XL, GUEST_HVM);

        g_assert_null(why);
        g_assert_cmpstr(spec, ==, specs[i]);
        guest_free(g);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libvirt/read/parts", test_parts);
    g_test_add_func("/libvirt/read/ovs", test_ovs);
    g_test_add_func("/libvirt/read/mode", test_mode);
    g_test_add_func("/libvirt/read/lost", test_lost);
    g_test_add_func("/libvirt/read/refused", test_refused);
    g_test_add_func("/libvirt/read/documents", test_documents);
    g_test_add_func("/libvirt/read/broken", test_broken);
    g_test_add_func("/libvirt/read/hostile", test_hostile);
    g_test_add_func("/libvirt/read/bounds", test_bounds);
    g_test_add_func("/libvirt/write/golden", test_golden);
    g_test_add_func("/libvirt/write/losses", test_write_losses);
    g_test_add_func("/libvirt/write/bytes", test_write_bytes);
    g_test_add_func("/libvirt/spec/read", test_spec_read);
    g_test_add_func("/libvirt/spec/scenarios", test_scenarios);
    g_test_add_func("/libvirt/spec/order", test_spec_order);
    return g_test_run();
}
