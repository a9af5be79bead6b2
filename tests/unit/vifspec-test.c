// SPDX-License-Identifier: MIT
/*
 * vifspec-test.c - what each toolstack makes of a vif specification
 *
 * The rows for xl are what xl of Xen 4.17 printed for "xl -N network-attach"
 * (vlan: the sources of 4.19); those for rates begin with the table of Xen's
 * own check-xl-vif-parse.
 */
#include <string.h>

#include "cpu.h"
#include "xen/vifspec.h"

static const enum dialect dialects[] = { DIALECT_XL, DIALECT_XL_45,
                                         DIALECT_XM };

static struct guest *guest(enum dialect dialect, enum guest_kind kind)
{
    struct guest *g = guest_new("test", dialect);

    g->kind = kind;
    return g;
}

static struct vif *read_into(struct guest *g, const char *text)
{
    struct place at = { 1, 10 };
    struct vif *v = guest_add_vif(g, at);

    vifspec_read(g, v, text, at);
    return v;
}

/* The worst that was said, or -1 */
static int worst(const struct guest *g)
{
    int found = -1;

    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        found = MAX(found, (int)r->severity);
    }
    return found;
}

static char *vif_mac(const struct vif *v)
{
    return v->has_mac ? g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x",
                                        v->mac[0], v->mac[1], v->mac[2],
                                        v->mac[3], v->mac[4], v->mac[5])
                      : g_strdup("none");
}

/*
 * Rates
 */

/* Exit code 255 of xl: it stops; here, an error */
static const char *const rate_stops[] = {
    "foo",
    "10MB",
    "10MB/m",
    "10ZB",
    "10ZB/s",
    "4294967296b/s",
    "4294967296Kb/s",
    "4294967296Mb/s",
    "4294967296Gb/s",
    "0B/s",
    "10Mb/s@foo",
    "10Mb/s@10h",
    "1B/s@4294967296us",
    "1B/s@4294968ms",
    "1B/s@4295s",
    "1B/s@0us",
    "4294967295GB/s@5us",
    "4296MB/s@4294s",
    "@",
    /* and some more */
    "",
    " 1MB/s",
    "1MB/s ",
    "10MB/s@",
    "10mB/s",
    "10Mb/S",
    "0x10MB/s",
    "08MB/s",
    "1MB/s@0",
    "1MB/s@1ns",
    "1MB/s@1s@2",
    "1MB/s@ 5ms",
    "1MB/s@0x10ms",
    "1MB/s@5usx",
    "18446744073709551616b/s",
    "18446744073709551617b/s",
    "4294967295Gb/s",
    "34359738367b/s",
    "1B/s@4294967295",
    "5",
    "5/s",
    "5B/sx",
};

static const struct {
    const char *rate;
    uint64_t bytes;
    uint32_t us;
} rate_goes[] = {
    { "16000000b/s", 100000, 50000 },
    { "2000000B/s", 100000, 50000 },
    { "16Mb/s", 100000, 50000 },
    { "2MB/s", 100000, 50000 },
    { "16Kb/s", 100, 50000 },
    { "2KB/s", 100, 50000 },
    { "8Gb/s", 50000000, 50000 },
    { "1GB/s", 50000000, 50000 },
    { "80Mb/s@1s", 10000000, 1000000 },
    { "10MB/s@1s", 10000000, 1000000 },
    /* and some more */
    { "4294967295b/s", 26843545, 50000 },
    { "4294967295GB/s@4us", 17179869180000, 4 },
    { "4294967295B/s@1us", 4294, 1 },
    { "1B/s@4294967295us", 4294, 4294967295 },
    { "1MB/s@20ms", 20000, 20000 },
    { "9b/s@1s", 1, 1000000 },
};

/* Accepted, though it hardly means that */
static const struct {
    const char *rate;
    uint64_t bytes;
    uint32_t us;
} rate_odd[] = {
    { "010MB/s", 400000, 50000 },
    { "1MB/s@010ms", 8000, 8000 },
    { "1MB/s@20", 20000000, 20000000 },
    { "1MB/s@20u", 20, 20 },
    { "1MB/s@20m", 20000, 20000 },
    { "1B/s", 0, 50000 },
    { "3b/s", 0, 50000 },
};

static void test_rate(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rate_stops); i++) {
        g_autofree char *text = g_strconcat("rate=", rate_stops[i], NULL);
        struct guest *g = guest(DIALECT_XL, GUEST_HVM);

        g_test_message("%s", text);
        g_assert_cmpint(read_into(g, text)->rate_us, ==, 0);
        g_assert_true(guest_has_error(g));
        guest_free(g);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(rate_goes); i++) {
        g_autofree char *text = g_strconcat("rate=", rate_goes[i].rate, NULL);
        struct guest *g = guest(DIALECT_XL, GUEST_HVM);
        const struct vif *v = read_into(g, text);

        g_test_message("%s", text);
        g_assert_cmpuint(v->rate_bytes, ==, rate_goes[i].bytes);
        g_assert_cmpuint(v->rate_us, ==, rate_goes[i].us);
        g_assert_cmpstr(v->rate, ==, rate_goes[i].rate);
        g_assert_cmpint(worst(g), ==, -1);
        guest_free(g);
    }
}

static void test_rate_odd(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rate_odd); i++) {
        struct rate r;

        g_test_message("%s", rate_odd[i].rate);
        g_assert_null(rate_read(rate_odd[i].rate, DIALECT_XL, &r));
        g_assert_cmpuint(r.bytes, ==, rate_odd[i].bytes);
        g_assert_cmpuint(r.us, ==, rate_odd[i].us);
    }
}

/* xend: 010 is ten, and what it does not read is no limit, with a warning */
static void test_rate_xm(void)
{
    struct guest *g = guest(DIALECT_XM, GUEST_HVM);
    const struct vif *v = read_into(g, "rate=010MB/s@1s");

    g_assert_cmpuint(v->rate_bytes, ==, 10000000);
    g_assert_cmpint(worst(g), ==, -1);
    v = read_into(g, "rate=1MB/s@20");
    g_assert_cmpuint(v->rate_us, ==, 0);
    g_assert_cmpint(worst(g), ==, REMARK_WARNING);
    guest_free(g);
}

/* Whatever can be read can be written so that it reads the same */
static void test_rate_write(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rate_goes); i++) {
        g_autofree char *text =
            rate_write(rate_goes[i].bytes, rate_goes[i].us, DIALECT_XL);
        struct rate r;

        g_assert_nonnull(text);
        g_assert_null(rate_read(text, DIALECT_XL, &r));
        g_assert_cmpuint(r.bytes, ==, rate_goes[i].bytes);
        g_assert_cmpuint(r.us, ==, rate_goes[i].us);
    }
    g_assert_null(rate_write(5, 0, DIALECT_XL));
    g_assert_null(rate_write(UINT64_MAX, 1, DIALECT_XL));
}

/*
 * Addresses
 */

struct mac_row {
    const char *mac, *result;
    int worst;
};

static const struct mac_row mac_xl[] = {
    { "00:16:3e:74:3d:76", "00:16:3e:74:3d:76", -1 },
    { "00-16-3E-74-3d-76", "00:16:3e:74:3d:76", -1 },
    /* taken */
    { "0:16:3e:1:2:3", "00:16:3e:01:02:03", REMARK_WARNING },
    { "0x0:16:3e:1:2:3", "00:16:3e:01:02:03", REMARK_WARNING },
    { "00: 16:3e:1:2:3", "00:16:3e:01:02:03", REMARK_WARNING },
    { "00:16:3e:1:2:3:9", "00:16:3e:01:02:03", REMARK_WARNING },
    { "00:16:3e:74:3d:76zz", "00:16:3e:74:3d:76", REMARK_WARNING },
    { "01:16:3e:01:02:03", "01:16:3e:01:02:03", REMARK_WARNING },
    { "100000001:16:3e:1:2:3", "01:16:3e:01:02:03", REMARK_WARNING },
    { "FFFFFFFF00000002:16:3e:1:2:3", "02:16:3e:01:02:03", REMARK_WARNING },
    { "+2:2:3:4:5:6", "02:02:03:04:05:06", REMARK_WARNING },
    { "0g1g2g3g4g5", "00:01:02:03:04:05", REMARK_WARNING },
    { "0 1 2 3 4 5", "00:01:02:03:04:05", REMARK_WARNING },
    { "00:00:00:00:00:00", "none", REMARK_WARNING },
    /* rejected, with what is stored by then */
    { "00163e743d76", "none", REMARK_WARNING },
    { "00:16:3e:74:3d:100", "00:16:3e:74:3d:00", REMARK_WARNING },
    { "00:16:3e:74:3d:-1", "00:16:3e:74:3d:00", REMARK_WARNING },
    { "00:16:3e:74:3d:g0", "00:16:3e:74:3d:00", REMARK_WARNING },
    { "00:16:3e:74::76", "00:16:3e:74:00:00", REMARK_WARNING },
    { "ffffffffffffffffff:16:3e:1:2:3", "none", REMARK_WARNING },
    { "0x:16:3e:1:2:3", "none", REMARK_WARNING },
    { "2:1:2:3:4", "02:01:02:03:04:00", REMARK_WARNING },
    { ":::::", "none", REMARK_WARNING },
    { "", "none", REMARK_WARNING },
    /* the second overwrites what it gets to */
    { "2:2:3:4:5:6,mac=8:9:x", "08:09:03:04:05:06", REMARK_WARNING },
};

static const struct mac_row mac_xl_45[] = {
    { "00:16:3e:74:3d:76", "00:16:3e:74:3d:76", -1 },
    { "00-16-3e-74-3d-76", "00:16:3e:74:3d:76", -1 },
    /* at columns 0, 3, 6 and so on */
    { "0:16:3e:1:2:3", "00:06:0e:00:03:00", REMARK_WARNING },
    { "00:16:3e:zz:3d:76", "00:16:3e:00:3d:76", REMARK_WARNING },
    { "00:16:3e", "00:16:3e:00:00:00", REMARK_WARNING },
};

static const struct mac_row mac_xm[] = {
    { "00:16:3e:74:3d:76", "00:16:3e:74:3d:76", -1 },
    { " 00:16:3e:74:3d:76 ", "00:16:3e:74:3d:76", -1 },
    { "0:16:3e:1:2:3", "none", REMARK_ERROR },
    { "00:16-3e:74:3d:76", "none", REMARK_ERROR },
    { "00163e743d76", "none", REMARK_ERROR },
};

static void macs(enum dialect dialect, const struct mac_row *row, size_t n)
{
    for (; n; n--, row++) {
        g_autofree char *text = g_strconcat("mac=", row->mac, NULL);
        g_autofree char *got = NULL;
        struct guest *g = guest(dialect, GUEST_HVM);

        g_test_message("%s", text);
        got = vif_mac(read_into(g, text));
        g_assert_cmpstr(got, ==, row->result);
        g_assert_cmpint(worst(g), ==, row->worst);
        guest_free(g);
    }
}

static void test_mac(void)
{
    macs(DIALECT_XL, mac_xl, G_N_ELEMENTS(mac_xl));
    macs(DIALECT_XL_45, mac_xl_45, G_N_ELEMENTS(mac_xl_45));
    macs(DIALECT_XM, mac_xm, G_N_ELEMENTS(mac_xm));
}

/*
 * Types
 */

static const struct {
    const char *text;
    struct {
        enum vif_mode mode;
        int worst;
    } by[3];
} type_rows[] = {
    { "", { { VIF_BOTH, -1 }, { VIF_BOTH, -1 }, { VIF_BOTH, -1 } } },
    { "type=ioemu",
      { { VIF_BOTH, -1 }, { VIF_BOTH, -1 }, { VIF_EMULATED, REMARK_NOTE } } },
    { "type=vif", { { VIF_PV, -1 }, { VIF_PV, -1 }, { VIF_PV, -1 } } },
    { "type=netfront",
      { { VIF_BOTH, REMARK_WARNING }, { VIF_PV, -1 }, { VIF_PV, -1 } } },
    { "type=paravirtualized",
      { { VIF_BOTH, REMARK_WARNING }, { VIF_PV, -1 }, { VIF_PV, -1 } } },
    { "type=iomeu",
      { { VIF_BOTH, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING } } },
    { "type=IOEMU",
      { { VIF_BOTH, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING } } },
    { "type=ioemu ",
      { { VIF_BOTH, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING },
        { VIF_EMULATED, REMARK_NOTE } } },
    { "type=vif,type=foo",
      { { VIF_PV, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING },
        { VIF_PV, REMARK_WARNING } } },
};

static void test_type_hvm(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(type_rows); i++) {
        for (unsigned d = 0; d < G_N_ELEMENTS(dialects); d++) {
            struct guest *g = guest(dialects[d], GUEST_HVM);
            const struct vif *v = read_into(g, type_rows[i].text);

            g_test_message("%s %u", type_rows[i].text, d);
            g_assert_cmpint(v->mode, ==, type_rows[i].by[d].mode);
            g_assert_cmpint(worst(g), ==, type_rows[i].by[d].worst);
            guest_free(g);
        }
    }
}

static void test_type_pv(void)
{
    static const int worsts[] = { REMARK_ERROR, REMARK_WARNING, REMARK_ERROR };
    static const enum guest_kind kinds[] = { GUEST_PV, GUEST_PVH };

    for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
        for (unsigned d = 0; d < G_N_ELEMENTS(dialects); d++) {
            struct guest *g = guest(dialects[d], kinds[k]);

            g_assert_cmpint(read_into(g, "")->mode, ==, VIF_PV);
            g_assert_cmpint(read_into(g, "type=vif")->mode, ==, VIF_PV);
            g_assert_cmpint(worst(g), ==, -1);
            g_assert_cmpint(read_into(g, "type=ioemu")->mode, ==,
                            dialects[d] == DIALECT_XM ? VIF_EMULATED : VIF_PV);
            g_assert_cmpint(worst(g), ==, worsts[d]);
            guest_free(g);
        }
    }
}

/*
 * Keys
 */

/* What is read is written down again: a short form of all fields */
/* Read for a card of ours, xl's words for paravirtual are not passed over */
static void test_type_own(void)
{
    static const char *const words[] = { "vif", "netfront", "paravirtualized" };

    for (unsigned d = 0; d < G_N_ELEMENTS(dialects); d++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
            struct guest *g = guest(dialects[d], GUEST_HVM);
            g_autofree char *text = g_strdup_printf("type=%s", words[i]);

            g->own = true;
            g_assert_cmpint(read_into(g, text)->mode, ==, VIF_PV);
            g_assert_cmpint(worst(g), <, REMARK_WARNING);
            guest_free(g);
        }
    }
}

/* As libxl makes one up: Xen's prefix, and different each time */
static void test_mac_random(void)
{
    uint8_t last[6] = { 0 }, mac[6];
    unsigned same = 0;

    for (unsigned i = 0; i < 100; i++) {
        mac_random(mac);
        g_assert_true(!memcmp(mac, "\x00\x16\x3e", 3));
        g_assert_cmphex(mac[3] & 0x80, ==, 0);
        same += !memcmp(mac, last, sizeof(mac));
        memcpy(last, mac, sizeof(mac));
    }
    g_assert_cmpuint(same, <, 3);
}

static char *summary(const struct vif *v)
{
    static const char *const modes[] = { "both", "emulated", "pv" };
    g_autofree char *mac = vif_mac(v);
    GString *s = g_string_new(modes[v->mode]);
    const struct {
        const char *key, *value;
    } text[] = {
        { "bridge", v->bridge },   { "gatewaydev", v->gatewaydev },
        { "model", v->model },     { "vifname", v->vifname },
        { "script", v->script },   { "ip", v->ip },
        { "backend", v->backend }, { "vlan", v->vlan },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(text); i++) {
        if (text[i].value) {
            g_string_append_printf(s, " %s=%s", text[i].key, text[i].value);
        }
    }
    if (v->has_mac) {
        g_string_append_printf(s, " mac=%s", mac);
    }
    if (v->rate_us) {
        g_string_append_printf(s, " rate=%" G_GUINT64_FORMAT "/%u",
                               v->rate_bytes, v->rate_us);
    }
    if (v->mtu) {
        g_string_append_printf(s, " mtu=%u", v->mtu);
    }
    if (v->has_devid) {
        g_string_append_printf(s, " devid=%u", v->devid);
    }
    if (v->untrusted) {
        g_string_append(s, " untrusted");
    }
    for (unsigned i = 0; i < v->rest->len; i++) {
        const struct vif_key *k = g_ptr_array_index(v->rest, i);

        g_string_append_printf(s, " +%s=%s", k->key, k->value);
    }
    return g_string_free(s, FALSE);
}

/* column: of the first remark, the text of which has hint in it */
static const struct {
    enum dialect dialect;
    const char *text, *result;
    int worst;
    unsigned column;
    const char *hint;
} rows[] = {
    /* commas */
    { DIALECT_XL, "", "both", -1 },
    { DIALECT_XL, ",,,", "both", -1 },
    { DIALECT_XL, "model=a,,bridge=b,", "both bridge=b model=a", -1 },
    { DIALECT_XM, "", "both", -1 },
    { DIALECT_XM, "  ", "both", -1 },
    { DIALECT_XM, "model=a,,bridge=b", "both bridge=b model=a", REMARK_ERROR,
      18, "'='" },
    /* blanks */
    { DIALECT_XL, "model=a, bridge=b", "both bridge=b model=a", -1 },
    { DIALECT_XL, "model=a,\tbridge=b", "both model=a", REMARK_WARNING, 18,
      "did you mean bridge?" },
    { DIALECT_XL, "bridge =b", "both", REMARK_WARNING, 10,
      "did you mean bridge?" },
    { DIALECT_XL, "bridge= b", "both bridge= b", REMARK_WARNING, 17, "blanks" },
    { DIALECT_XL, "model=a, ,bridge=b", "both bridge=b model=a", REMARK_WARNING,
      19, "'' is no key" },
    { DIALECT_XM, " model = a , bridge\t= b ", "both bridge=b model=a", -1 },
    /* values */
    { DIALECT_XL, "bridge=a=b", "both bridge=a=b", -1 },
    { DIALECT_XL, "ip=10.0.0.1 10.0.0.2", "both ip=10.0.0.1 10.0.0.2", -1 },
    { DIALECT_XL, "bridge=", "both bridge=", REMARK_WARNING, 17, "is empty" },
    { DIALECT_XL, "bridge=a,bridge=b", "both bridge=b", REMARK_WARNING, 26,
      "second time" },
    { DIALECT_XM, "bridge=a,bridge=b", "both bridge=b", REMARK_WARNING, 26,
      "second time" },
    { DIALECT_XM, "ip=a=b", "both ip=a=b", -1 },
    /* keys */
    { DIALECT_XL, "foo", "both", REMARK_WARNING, 10, "'foo' is no key" },
    { DIALECT_XL, "brigde=b", "both", REMARK_WARNING, 10,
      "did you mean bridge?" },
    { DIALECT_XL, "BRIDGE=b", "both", REMARK_WARNING, 10,
      "did you mean bridge?" },
    { DIALECT_XL, "bridge", "both", REMARK_WARNING, 10, "needs a value" },
    { DIALECT_XL, "ifname=x", "both", REMARK_WARNING, 10, "mean vifname?" },
    { DIALECT_XL, "label=x", "both", REMARK_WARNING, 10, "no key of xl" },
    { DIALECT_XM, "brigde=b", "both", REMARK_ERROR, 10,
      "did you mean bridge?" },
    { DIALECT_XM, "foo", "both", REMARK_ERROR, 10, "'='" },
    { DIALECT_XM, "mtu=9000", "both", REMARK_ERROR, 10, "no key of xm" },
    { DIALECT_XM, "accel=a,policy=b,label=c",
      "both +accel=a +policy=b +label=c", -1 },
    { DIALECT_XL, "accel=a", "both +accel=a", REMARK_WARNING, 16, "passes" },
    { DIALECT_XL, "netdev=eth0", "both gatewaydev=eth0", REMARK_NOTE, 17,
      "old name" },
    { DIALECT_XL, "gatewaydev=e,backend=d,script=s,vifname=v",
      "both gatewaydev=e vifname=v script=s backend=d", -1 },
    { DIALECT_XL, "forwarddev=eth0,colo_sock_mirror_id=x,colo_compare_out=y",
      "both +forwarddev=eth0 +colo_sock_mirror_id=x +colo_compare_out=y", -1 },
    { DIALECT_XL, "colo_checkpoint_port=1,colo_filter_sec_rewriter0_queue=q",
      "both +colo_checkpoint_port=1 +colo_filter_sec_rewriter0_queue=q", -1 },
    { DIALECT_XL, "colo_filter_mirror_indev=x", "both", REMARK_WARNING, 10,
      "no key" },
    { DIALECT_XL, "colo_foo=x", "both", REMARK_WARNING, 10, "no key" },
    /* flags */
    { DIALECT_XL, "untrusted", "both untrusted", -1 },
    { DIALECT_XL, "untrusted,trusted", "both", -1 },
    { DIALECT_XL, "trusted=1", "both", REMARK_WARNING, 10, "no value" },
    { DIALECT_XL_45, "untrusted,model=a", "both", REMARK_WARNING, 10,
      "all that follows" },
    /* xl before 4.6 */
    { DIALECT_XL_45, "model=a,foo,bridge=b", "both model=a", REMARK_WARNING, 18,
      "all that follows" },
    { DIALECT_XL_45, "mtu=9000,bridge=b", "both bridge=b", REMARK_WARNING, 10,
      "no key of xl before 4.6" },
    { DIALECT_XL_45, "devid=1,vlan=2,colo_compare_out=x", "both",
      REMARK_WARNING, 10, "no key of" },
    /* numbers */
    { DIALECT_XL, "mtu=9000", "both mtu=9000", -1 },
    { DIALECT_XL, "mtu=1500", "both mtu=1500", REMARK_NOTE, 14, "not passed" },
    { DIALECT_XL, "mtu=1400x", "both mtu=1400", REMARK_WARNING, 14, "1400" },
    { DIALECT_XL, "mtu=99999999999", "both mtu=1215752191", REMARK_WARNING, 14,
      "1215752191" },
    { DIALECT_XL, "mtu= 9", "both mtu=9", REMARK_WARNING, 14, "takes" },
    { DIALECT_XL, "mtu=+9", "both mtu=9", REMARK_WARNING, 14, "takes" },
    { DIALECT_XL, "mtu=-2", "both mtu=4294967294", REMARK_WARNING, 14,
      "takes" },
    { DIALECT_XL, "mtu=-1", "both", REMARK_ERROR, 14, "no number" },
    { DIALECT_XL, "mtu=foo", "both", REMARK_ERROR, 14, "no number" },
    { DIALECT_XL, "devid=3", "both devid=3", -1 },
    { DIALECT_XL, "devid=0", "both devid=0", -1 },
    { DIALECT_XL, "devid=3x", "both devid=3", REMARK_WARNING, 16, "takes" },
    { DIALECT_XL, "devid=0x10", "both devid=0", REMARK_WARNING, 16, "takes" },
    { DIALECT_XL, "devid=", "both", REMARK_ERROR, 16, "no number" },
    { DIALECT_XL, "devid=foo", "both", REMARK_ERROR, 16, "no number" },
    /* where an address is wrong */
    { DIALECT_XL, "mac=00:16:3e:74:3d:100", "both mac=00:16:3e:74:3d:00",
      REMARK_WARNING, 29, "above ff" },
    { DIALECT_XL, "mac=2:1:2:3:4", "both mac=02:01:02:03:04:00", REMARK_WARNING,
      23, "too short" },
    { DIALECT_XL, "model=a,rate=x", "both model=a", REMARK_ERROR, 23, "rate" },
    /* vlans */
    { DIALECT_XL, "vlan=10", "both vlan=10", -1 },
    { DIALECT_XL, "vlan=10p/20", "both vlan=10p/20", -1 },
    { DIALECT_XL, "vlan=10p/100+10x4", "both vlan=10p/100+10x4", -1 },
    { DIALECT_XL, "vlan=1-9u/4094pu", "both vlan=1-9u/4094pu", -1 },
    { DIALECT_XL, "vlan=0", "both vlan=0", REMARK_WARNING, 15, "4094" },
    { DIALECT_XL, "vlan=4095", "both vlan=4095", REMARK_WARNING, 15, "4094" },
    { DIALECT_XL, "vlan=10/20", "both vlan=10/20", REMARK_WARNING, 15,
      "one p" },
    { DIALECT_XL, "vlan=10p/20p", "both vlan=10p/20p", REMARK_WARNING, 15,
      "one p" },
    { DIALECT_XL, "vlan=10p/", "both vlan=10p/", REMARK_WARNING, 15, "script" },
};

static void test_rows(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct guest *g = guest(rows[i].dialect, GUEST_HVM);
        const struct vif *v = read_into(g, rows[i].text);
        g_autofree char *got = summary(v);

        g_test_message("%u %s", rows[i].dialect, rows[i].text);
        g_assert_cmpstr(v->text, ==, rows[i].text);
        g_assert_cmpstr(got, ==, rows[i].result);
        g_assert_cmpint(worst(g), ==, rows[i].worst);
        if (rows[i].hint) {
            const struct remark *r = g_ptr_array_index(g->remarks, 0);

            g_test_message("%s", r->text);
            g_assert_nonnull(strstr(r->text, rows[i].hint));
            g_assert_cmpuint(r->at.line, ==, 1);
            g_assert_cmpuint(r->at.column, ==, rows[i].column);
        }
        guest_free(g);
    }
}

/* As the program xl of Xen 4.17 has them: for two guests in lock-step */
static const char *const colo_keys[] = { "colo_checkpoint_host",
                                         "colo_checkpoint_port",
                                         "colo_compare_notify_dev",
                                         "colo_compare_out",
                                         "colo_compare_pri_in",
                                         "colo_compare_sec_in",
                                         "colo_filter_mirror_outdev",
                                         "colo_filter_mirror_queue",
                                         "colo_filter_redirector0_indev",
                                         "colo_filter_redirector0_outdev",
                                         "colo_filter_redirector0_queue",
                                         "colo_filter_redirector1_indev",
                                         "colo_filter_redirector1_outdev",
                                         "colo_filter_redirector1_queue",
                                         "colo_filter_sec_redirector0_indev",
                                         "colo_filter_sec_redirector0_outdev",
                                         "colo_filter_sec_redirector0_queue",
                                         "colo_filter_sec_redirector1_indev",
                                         "colo_filter_sec_redirector1_outdev",
                                         "colo_filter_sec_redirector1_queue",
                                         "colo_filter_sec_rewriter0_queue",
                                         "colo_sock_compare_notify_id",
                                         "colo_sock_compare_notify_ip",
                                         "colo_sock_compare_notify_port",
                                         "colo_sock_compare_pri_in_id",
                                         "colo_sock_compare_pri_in_ip",
                                         "colo_sock_compare_pri_in_port",
                                         "colo_sock_compare_sec_in_id",
                                         "colo_sock_compare_sec_in_ip",
                                         "colo_sock_compare_sec_in_port",
                                         "colo_sock_mirror_id",
                                         "colo_sock_mirror_ip",
                                         "colo_sock_mirror_port",
                                         "colo_sock_redirector0_id",
                                         "colo_sock_redirector0_ip",
                                         "colo_sock_redirector0_port",
                                         "colo_sock_redirector1_id",
                                         "colo_sock_redirector1_ip",
                                         "colo_sock_redirector1_port",
                                         "colo_sock_redirector2_id",
                                         "colo_sock_redirector2_ip",
                                         "colo_sock_redirector2_port",
                                         "colo_sock_sec_redirector0_id",
                                         "colo_sock_sec_redirector0_ip",
                                         "colo_sock_sec_redirector0_port",
                                         "colo_sock_sec_redirector1_id",
                                         "colo_sock_sec_redirector1_ip",
                                         "colo_sock_sec_redirector1_port",
                                         "forwarddev" };

static void test_colo(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(colo_keys); i++) {
        g_autofree char *text = g_strconcat(colo_keys[i], "=x", NULL);

        for (unsigned d = 0; d < G_N_ELEMENTS(dialects); d++) {
            struct guest *g = guest(dialects[d], GUEST_HVM);
            const struct vif *v = read_into(g, text);
            bool known = dialects[d] == DIALECT_XL;

            g_test_message("%u %s", d, text);
            g_assert_cmpuint(v->rest->len, ==, known);
            g_assert_cmpint(worst(g), ==,
                            known                       ? -1
                            : dialects[d] == DIALECT_XM ? REMARK_ERROR
                                                        : REMARK_WARNING);
            guest_free(g);
        }
    }
}

/* An unknown place stays unknown */
static void test_no_place(void)
{
    struct guest *g = guest(DIALECT_XL, GUEST_HVM);
    struct place at = { 0, 0 };
    const struct remark *r;

    vifspec_read(g, guest_add_vif(g, at), "model=a,foo", at);
    r = g_ptr_array_index(g->remarks, 0);
    g_assert_cmpuint(r->at.column, ==, 0);
    guest_free(g);
}

/*
 * Writing
 */

/* lost: how many sentences */
static const struct {
    enum dialect from;
    const char *text;
    enum guest_kind kind;
    enum dialect to;
    const char *result;
    unsigned lost;
} write_rows[] = {
    /* the table of types */
    { DIALECT_XL, "", GUEST_HVM, DIALECT_XM, "", 0 },
    { DIALECT_XL, "type=ioemu", GUEST_HVM, DIALECT_XM, "", 0 },
    { DIALECT_XL, "type=vif", GUEST_HVM, DIALECT_XM, "type=netfront", 0 },
    { DIALECT_XL, "type=netfront", GUEST_HVM, DIALECT_XM, "", 0 },
    { DIALECT_XL_45, "type=netfront", GUEST_HVM, DIALECT_XL, "type=vif", 0 },
    { DIALECT_XM, "type=netfront", GUEST_HVM, DIALECT_XL, "type=vif", 0 },
    { DIALECT_XM, "type=ioemu", GUEST_HVM, DIALECT_XL, "", 1 },
    { DIALECT_XM, "type=ioemu", GUEST_HVM, DIALECT_XM, "type=ioemu", 0 },
    { DIALECT_XM, "type=netfront", GUEST_PV, DIALECT_XL, "", 0 },
    /* keys that only some have */
    { DIALECT_XL, "mtu=9000,devid=2,vlan=5,untrusted,gatewaydev=e", GUEST_HVM,
      DIALECT_XM, "", 5 },
    { DIALECT_XL, "mtu=9000,devid=2,vlan=5,untrusted,gatewaydev=e", GUEST_HVM,
      DIALECT_XL_45, "gatewaydev=e", 4 },
    { DIALECT_XM, "label=x,accel=y,bridge=b", GUEST_HVM, DIALECT_XL,
      "bridge=b,accel=y", 1 },
    /* what is written differently */
    { DIALECT_XL, "rate=010MB/s", GUEST_HVM, DIALECT_XM, "rate=8MB/s", 0 },
    { DIALECT_XL, "rate=1MB/s@20", GUEST_HVM, DIALECT_XM,
      "rate=1MB/s@20000000us", 0 },
    { DIALECT_XL, "rate=4294967295GB/s@4us", GUEST_HVM, DIALECT_XM, "", 1 },
    { DIALECT_XL, "mac=0:16:3e:1:2:3", GUEST_HVM, DIALECT_XL_45,
      "mac=00:16:3e:01:02:03", 0 },
    { DIALECT_XL, "bridge= b", GUEST_HVM, DIALECT_XM, "", 1 },
};

static void test_write(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(write_rows); i++) {
        GPtrArray *lost = g_ptr_array_new_with_free_func(g_free);
        struct guest *g = guest(write_rows[i].from, write_rows[i].kind);
        const struct vif *v = read_into(g, write_rows[i].text);
        g_autofree char *text =
            vifspec_write(v, write_rows[i].to, write_rows[i].kind, lost);
        g_autofree char *again = NULL;

        g_test_message("%u: %s", i, write_rows[i].text);
        g_assert_cmpstr(text, ==, write_rows[i].result);
        g_assert_cmpuint(lost->len, ==, write_rows[i].lost);
        again = vifspec_write(v, write_rows[i].to, write_rows[i].kind, NULL);
        g_assert_cmpstr(again, ==, text);
        g_ptr_array_unref(lost);
        guest_free(g);
    }
}

/* Nothing lost: the same vif is read from what was written */
static void test_round_trip(void)
{
    static const char *const texts[] = {
        "type=vif,model=e1000,mac=02:16:3e:01:02:03,bridge=xenbr0,ip=1.2.3.4 5",
        "script=vif-route,vifname=eth7,backend=netdom,rate=10MB/s@20ms",
        "type=ioemu,model=rtl8139",
        "mtu=9000,vlan=10p/20,devid=7,untrusted,gatewaydev=eth0",
        "rate=4294967295b/s,forwarddev=x,colo_compare_out=y",
        "",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts) * 3 * 3; i++) {
        enum dialect from = dialects[i % 3], to = dialects[i / 3 % 3];
        GPtrArray *lost = g_ptr_array_new_with_free_func(g_free);
        struct guest *a = guest(from, GUEST_HVM), *b = guest(to, GUEST_HVM);
        const struct vif *v = read_into(a, texts[i / 9]);
        g_autofree char *text = vifspec_write(v, to, GUEST_HVM, lost);
        g_autofree char *before = summary(v);
        g_autofree char *after = summary(read_into(b, text));

        g_test_message("%s: %s", texts[i / 9], text);
        g_assert_false(guest_has_error(b));
        if (!lost->len) {
            g_assert_cmpstr(after, ==, before);
        } else {
            g_assert_cmpint(from, !=, to);
        }
        g_ptr_array_unref(lost);
        guest_free(a);
        guest_free(b);
    }
}

/* Many pieces with nothing right in them: as long as it is, not its square */
static void test_long(void)
{
    GString *text = g_string_new(NULL);
    struct guest *g = guest(DIALECT_XL, GUEST_HVM);
    int64_t start;

    for (unsigned i = 0; i < 100000; i++) {
        g_string_append(text, "brigde=b,bridge=c,");
    }
    start = cpu_us();
    read_into(g, text->str);
    g_assert_cmpint(cpu_us() - start, <, 20 * G_USEC_PER_SEC);
    g_assert_cmpuint(g->remarks->len, <, 2000);
    g_assert_true(guest_has_error(g));
    guest_free(g);
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vifspec/rate", test_rate);
    g_test_add_func("/vifspec/rate/odd", test_rate_odd);
    g_test_add_func("/vifspec/rate/xm", test_rate_xm);
    g_test_add_func("/vifspec/rate/write", test_rate_write);
    g_test_add_func("/vifspec/mac", test_mac);
    g_test_add_func("/vifspec/type/hvm", test_type_hvm);
    g_test_add_func("/vifspec/type/pv", test_type_pv);
    g_test_add_func("/vifspec/type/own", test_type_own);
    g_test_add_func("/vifspec/mac/random", test_mac_random);
    g_test_add_func("/vifspec/rows", test_rows);
    g_test_add_func("/vifspec/no-place", test_no_place);
    g_test_add_func("/vifspec/colo", test_colo);
    g_test_add_func("/vifspec/write", test_write);
    g_test_add_func("/vifspec/round-trip", test_round_trip);
    g_test_add_func("/vifspec/long", test_long);
    return g_test_run();
}
