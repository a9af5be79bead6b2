// SPDX-License-Identifier: MIT
/*
 * lint-test.c - what each toolstack makes of a vif, and conversions
 */
#include "xen/lint.h"

#include <string.h>

#include "xen/convert.h"

static struct guest *guest_of(enum dialect dialect, enum guest_kind kind,
                              const char *spec)
{
    struct guest *g = guest_new("t", dialect);

    g->kind = kind;
    vifspec_read(g, guest_add_vif(g, (struct place){ 1, 1 }), spec,
                 (struct place){ 1, 1 });
    return g;
}

/* "b", "e", "p": the mode, "x": refused, "-": no such guests; then risks: N no
 * network, B no netboot, 2 cards; "*": not as its own toolstack has it */
static char *cell_code(const struct lint_cell *cell)
{
    if (cell->foreign) {
        return g_strdup("-");
    }
    if (cell->refused) {
        return g_strdup_printf("x%s", cell->differs ? "*" : "");
    }
    return g_strdup_printf("%c%s%s%s%s", "bep"[cell->mode],
                           cell -> risks &LINT_NO_NETWORK ? "N" : "",
                           cell->risks &LINT_NO_NETBOOT ? "B" : "",
                           cell->risks &LINT_TWO_CARDS ? "2" : "",
                           cell->differs ? "*" : "");
}

/* The first row: xend, xl <= 4.5, xl >= 4.6, libvirt */
static char *row_code(const struct lint *l)
{
    const struct lint_row *row = g_ptr_array_index(l->rows, 0);
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < LINT_TOOLS; i++) {
        g_autofree char *code = cell_code(&row->cell[i]);

        g_string_append_printf(out, "%s%s", i ? " " : "", code);
        g_test_message("%s: %s", lint_tool_name((enum lint_tool)i),
                       row->cell[i].text);
    }
    return g_string_free(out, FALSE);
}

/**
 * struct expectation - A vif and its row
 * @bad: lint_bad()
 */
struct expectation {
    enum dialect dialect;
    enum guest_kind kind;
    const char *spec, *row;
    bool bad;
};

static void check_rows(const struct expectation *e, unsigned n)
{
    for (; n; n--, e++) {
        struct guest *g = guest_of(e->dialect, e->kind, e->spec);
        struct lint *l = lint_guest(g);
        g_autofree char *row = NULL;

        g_test_message("'%s'", e->spec);
        row = row_code(l);
        g_assert_cmpstr(row, ==, e->row);
        g_assert_cmpint(lint_bad(l), ==, e->bad);
        lint_free(l);
        guest_free(g);
    }
}

/* The same word in every toolstack's file */
static void test_types(void)
{
    static const struct expectation rows[] = {
        /* All give both cards to those who say nothing */
        { DIALECT_XL, GUEST_HVM, "", "b b b b", false },
        { DIALECT_XM, GUEST_HVM, "", "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "type=ioemu", "eN* b b b", true },
        { DIALECT_XM, GUEST_HVM, "type=ioemu", "eN b2* b2* b2*", true },
        { DIALECT_XL, GUEST_HVM, "type=vif", "pB pB pB pB", false },
        { DIALECT_XM, GUEST_HVM, "type=vif", "pB pB pB b2*", true },
        /* The word is lost in a log, and the guest has two cards */
        { DIALECT_XL, GUEST_HVM, "type=netfront", "pB* pB* b2 b2", true },
        { DIALECT_XL_45, GUEST_HVM, "type=netfront", "pB pB b2* b2*", true },
        { DIALECT_XM, GUEST_HVM, "type=netfront", "pB pB b2* pB", true },
        { DIALECT_XL, GUEST_HVM, "model=e1000", "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "model=e1000,type=vif", "pB pB pB b2*", true },
        { DIALECT_XL, GUEST_HVM, "model=netfront", "b b b pB*", true },
        { DIALECT_XL, GUEST_PV, "", "p p p p", false },
        { DIALECT_XL, GUEST_PV, "type=ioemu", "eN* p* x p*", true },
        { DIALECT_XM, GUEST_PV, "type=ioemu", "eN p* x* p*", true },
        { DIALECT_XL, GUEST_PV, "model=e1000", "p p p x*", true },
        { DIALECT_XL, GUEST_PVH, "", "- - p p", false },
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

/* Ganeti's reports: #303 and #692 (ioemu), and its change 57 */
static void test_ganeti(void)
{
    static const struct expectation rows[] = {
        { DIALECT_XM, GUEST_HVM,
          "mac=aa:00:00:35:ab:01,bridge=xen-br0,type=ioemu,model=e1000",
          "eN b2* b2* b2*", true },
        { DIALECT_XL, GUEST_HVM,
          "mac=aa:00:00:35:ab:01,bridge=xen-br0,type=ioemu,model=e1000",
          "eN* b b b", true },
        { DIALECT_XM, GUEST_HVM,
          "mac=aa:00:00:35:ab:01,bridge=xen-br0,type=paravirtualized",
          "pB pB b2* b2*", true },
        { DIALECT_XL, GUEST_HVM,
          "mac=aa:00:00:35:ab:01,bridge=xen-br0,type=vif", "pB pB pB pB",
          false },
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

/* Everything but the type */
static void test_keys(void)
{
    static const struct expectation rows[] = {
        { DIALECT_XL, GUEST_HVM,
          "mac=00:16:3e:00:00:01,bridge=b,ip=10.0.0.1,vifname=web0,"
          "script=vif-bridge",
          "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "rate=10MB/s", "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "rate=foo", "b* x x x", true },
        { DIALECT_XL, GUEST_HVM, "script=/etc/xen/scripts/vif-bridge",
          "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "backend=net", "b b b b*", true },
        { DIALECT_XL, GUEST_HVM, "mtu=9000", "x* b* b b*", true },
        { DIALECT_XL, GUEST_HVM, "untrusted", "x* b* b x*", true },
        { DIALECT_XL, GUEST_HVM, "mac=00-16-3e-00-00-01", "b b b x*", true },
        { DIALECT_XL, GUEST_HVM, "a=1,,bridge=b", "x* b b x*", true },
        { DIALECT_XL, GUEST_HVM, "ip=10.0.0.0/8", "b b b x*", true },
        { DIALECT_XL, GUEST_HVM, "gatewaydev=eth0", "x* b b b*", true },
        { DIALECT_XL, GUEST_HVM, "netdev=eth0", "x* b b b*", true },
        { DIALECT_XL, GUEST_HVM, "vlan=10", "x* b* b b*", true },
        { DIALECT_XL, GUEST_HVM, "devid=4", "x* b* b b*", true },
        { DIALECT_XL, GUEST_HVM, "foo=1", "x* b b b", true },
        { DIALECT_XL, GUEST_HVM, "bridge= b", "b* b b b", true },
        { DIALECT_XL, GUEST_HVM, "bridge =b", "b* b b b", true },
        { DIALECT_XM, GUEST_HVM, "accel=off,policy=p,label=l", "b b b b",
          false },
        { DIALECT_XL, GUEST_HVM, "vifname=vifweb", "b b b b*", true },
        { DIALECT_XL, GUEST_HVM, "vifname=vnet0", "b b b b*", true },
        { DIALECT_XL, GUEST_HVM, "vifname=web", "b b b b", false },
        /* A VLAN's bridge, and libvirt's idea of it */
        { DIALECT_XL, GUEST_HVM, "bridge=br0.100", "b b b b*", true },
        { DIALECT_XL, GUEST_HVM, "bridge=br0:1:2", "b b b b*", true },
        { DIALECT_XL, GUEST_HVM, "bridge=br0.lan", "b b b x*", true },
        { DIALECT_XL, GUEST_HVM, "bridge=br0.100,script=vif-openvswitch",
          "b b b b", false },
        { DIALECT_XL, GUEST_HVM, "bridge=br0.100,script=vif-bridge", "b b b b",
          false },
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void test_platform(void)
{
    struct guest *g = guest_of(DIALECT_XM, GUEST_HVM, "type=ioemu");
    struct lint *l;
    g_autofree char *emulated = NULL, *pv = NULL;

    /* Without the device nobody unplugs, and nobody has PV drivers */
    g->platform_pci = false;
    l = lint_guest(g);
    emulated = row_code(l);
    g_assert_cmpstr(emulated, ==, "e b2* b2* b2*");
    lint_free(l);
    guest_free(g);
    g = guest_of(DIALECT_XL, GUEST_HVM, "type=vif");
    g->platform_pci = false;
    l = lint_guest(g);
    pv = row_code(l);
    g_assert_cmpstr(pv, ==, "pNB pNB pNB pNB");
    g_assert_true(lint_bad(l));
    lint_free(l);
    guest_free(g);
}

/* An <interface> is compared with what libvirt exports for it */
static void test_interface(void)
{
    static const struct {
        const char *xml, *source, *row;
    } rows[] = {
        { "<interface type='bridge'><source bridge='b'/></interface>",
          "bridge=b,script=vif-bridge", "b b b b" },
        { "<interface type='bridge'><source bridge='b'/>"
          "<model type='netfront'/></interface>",
          "bridge=b,script=vif-bridge,type=vif", "pB pB pB pB" },
        { "<interface type='bridge'><source bridge='b'/>"
          "<backenddomain name='net'/></interface>",
          "bridge=b,script=vif-bridge", "b* b* b* b" },
        { "<interface type='bridge'><source bridge='b'/>"
          "<mtu size='9000'/></interface>",
          "bridge=b,script=vif-bridge", "b b b b" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct guest *g = libvirt_read("t", rows[i].xml, strlen(rows[i].xml));
        struct lint *l = lint_guest(g);
        const struct lint_row *row = g_ptr_array_index(l->rows, 0);
        g_autofree char *code = row_code(l);

        g_assert_cmpint(l->own, ==, LINT_LIBVIRT);
        g_assert_cmpstr(row->source, ==, rows[i].source);
        g_assert_cmpstr(code, ==, rows[i].row);
        lint_free(l);
        guest_free(g);
    }
}

/* What people read */
static void test_text(void)
{
    static const char *const expected[LINT_TOOLS] = {
        [LINT_XEND] = "emulated e1000 only; no network once PV drivers unplug "
                      "the card",
        [LINT_XL_45] = "emulated e1000 and PV; two cards where one is asked "
                       "for",
        [LINT_XL] = "emulated e1000 and PV; two cards where one is asked for",
        [LINT_LIBVIRT] = "emulated e1000 and PV; two cards where one is asked "
                         "for; backend ignored",
    };
    struct guest *g =
        guest_of(DIALECT_XM, GUEST_HVM, "type=ioemu,model=e1000,backend=net");
    struct lint *l = lint_guest(g);
    const struct lint_row *row = g_ptr_array_index(l->rows, 0);

    for (unsigned i = 0; i < LINT_TOOLS; i++) {
        g_assert_cmpstr(row->cell[i].text, ==, expected[i]);
    }
    g_assert_true(l->network_lost);
    lint_free(l);
    guest_free(g);
}

static void test_vlan_text(void)
{
    struct guest *g = guest_of(DIALECT_XL, GUEST_HVM, "bridge=br0.100");
    struct lint *l = lint_guest(g);
    const struct lint_row *row = g_ptr_array_index(l->rows, 0);

    g_assert_cmpstr(row->cell[LINT_LIBVIRT].text, ==,
                    "emulated rtl8139 and PV; script is 'vif-openvswitch'; "
                    "bridge br0.100 is taken for a VLAN of Open vSwitch's "
                    "bridge br0");
    lint_free(l);
    guest_free(g);
}

/*
 * Conversions
 */

static char *lines(GPtrArray *lost)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < lost->len; i++) {
        g_string_append_printf(out, "%s\n",
                               (const char *)g_ptr_array_index(lost, i));
    }
    return g_string_free(out, FALSE);
}

/* A vif list and what was lost on the way to it */
static void check_convert(const struct guest *g, enum convert_to to,
                          const char *text, const char *losses)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *got = convert_guest(g, to, lost);
    g_autofree char *shown = lines(lost);

    g_assert_cmpstr(got, ==, text);
    g_assert_cmpstr(shown, ==, losses);
}

/* xl to libvirt to xl: what comes back is what went, but for what is told */
static void test_round(void)
{
    static const struct {
        const char *spec, *losses, *back;
    } rows[] = {
        { "", "", "vif = [ '' ]\n" },
        { "mac=00:16:3e:00:00:01,bridge=xenbr0,model=e1000", "",
          "vif = [ 'model=e1000,mac=00:16:3e:00:00:01,bridge=xenbr0' ]\n" },
        { "type=vif,bridge=xenbr0", "",
          "vif = [ 'type=vif,bridge=xenbr0' ]\n" },
        { "bridge=ovs0:1:2,script=vif-openvswitch,backend=net,ip=10.0.0.1 "
          "10.0.0.2,vifname=web0",
          "",
          "vif = [ 'bridge=ovs0:1:2,ip=10.0.0.1 10.0.0.2,"
          "script=vif-openvswitch,vifname=web0,backend=net' ]\n" },
        /* A VLAN's bridge, not one of Open vSwitch */
        { "bridge=br0.100", "", "vif = [ 'bridge=br0.100' ]\n" },
        { "type=ioemu,bridge=b,untrusted,devid=4",
          "vif 0: devid=4: libvirt counts from 0\nvif 0: untrusted\n",
          "vif = [ 'bridge=b' ]\n" },
        { "type=vif,model=e1000",
          "vif 0: model=e1000: the only model that is no emulated card is "
          "'netfront' (libvirt's own import would keep it, with an emulated "
          "card)\n",
          "vif = [ 'type=vif' ]\n" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct guest *g = guest_of(DIALECT_XL, GUEST_HVM, rows[i].spec);
        g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *xml = convert_guest(g, CONVERT_LIBVIRT, lost);
        g_autofree char *shown = lines(lost);
        struct guest *again = libvirt_read("t", xml, strlen(xml));

        g_assert_cmpstr(shown, ==, rows[i].losses);
        g_assert_false(guest_has_error(again));
        check_convert(again, CONVERT_XL, rows[i].back, "");
        guest_free(again);
        guest_free(g);
    }
}

/* One word for each of three modes */
static void test_dialects(void)
{
    struct guest *g = guest_of(DIALECT_XM, GUEST_HVM, "type=netfront");

    check_convert(g, CONVERT_XL, "vif = [ 'type=vif' ]\n", "");
    check_convert(g, CONVERT_XM, "vif = [ 'type=netfront' ]\n", "");
    vifspec_read(g, guest_add_vif(g, (struct place){ 2, 1 }), "type=ioemu",
                 (struct place){ 2, 1 });
    check_convert(g, CONVERT_XM,
                  "vif = [ 'type=netfront',\n        'type=ioemu' ]\n", "");
    guest_free(g);
    g = guest_of(DIALECT_XM, GUEST_HVM, "type=ioemu");
    check_convert(g, CONVERT_XL, "vif = [ '' ]\n",
                  "vif 0: that there is no paravirtual card: xl gives both "
                  "with each emulated card (xen_platform_pci=0, or "
                  "xen_emul_unplug=never in a Linux guest, keep the emulated "
                  "one)\n");
    guest_free(g);
}

/* The four scenarios of the patch that brought model='netfront', from a file of
 * xend or xl to XML, and from there to both */
static const struct {
    enum dialect dialect;
    enum guest_kind kind;
    const char *spec, *model, *losses, *xl, *xm;
} scenarios[] = {
    /* No model: as ever */
    { DIALECT_XM, GUEST_HVM, "bridge=xenbr0", "", "", "bridge=xenbr0",
      "bridge=xenbr0" },
    { DIALECT_XL, GUEST_HVM, "bridge=xenbr0,type=ioemu", "", "",
      "bridge=xenbr0", "bridge=xenbr0" },
    /* A PV guest's model is for nobody */
    { DIALECT_XM, GUEST_PV, "bridge=xenbr0", "", "", "bridge=xenbr0",
      "bridge=xenbr0" },
    { DIALECT_XL, GUEST_PV, "bridge=xenbr0,model=netfront",
      "    <model type='netfront'/>\n", "", "model=netfront,bridge=xenbr0",
      "model=netfront,bridge=xenbr0" },
    /* netfront: the paravirtual card only, by each dialect's word */
    { DIALECT_XM, GUEST_HVM, "bridge=xenbr0,type=netfront",
      "    <model type='netfront'/>\n", "", "type=vif,bridge=xenbr0",
      "type=netfront,bridge=xenbr0" },
    { DIALECT_XL, GUEST_HVM, "bridge=xenbr0,type=vif",
      "    <model type='netfront'/>\n", "", "type=vif,bridge=xenbr0",
      "type=netfront,bridge=xenbr0" },
    /* Another model: an emulated card, and today the paravirtual one too;
     * what the patch wrote for xend meant the first alone */
    { DIALECT_XL, GUEST_HVM, "bridge=xenbr0,model=e1000",
      "    <model type='e1000'/>\n", "", "model=e1000,bridge=xenbr0",
      "model=e1000,bridge=xenbr0" },
    { DIALECT_XM, GUEST_HVM, "bridge=xenbr0,type=ioemu,model=e1000",
      "    <model type='e1000'/>\n",
      "vif 0: type=ioemu: libvirt has no emulated card without a "
      "paravirtual one beside it: the guest gets both\n",
      "model=e1000,bridge=xenbr0", "model=e1000,bridge=xenbr0" },
};

static void test_scenarios(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(scenarios); i++) {
        struct guest *g = guest_of(scenarios[i].dialect, scenarios[i].kind,
                                   scenarios[i].spec);
        g_autofree char *xml = g_strdup_printf("  <interface type='bridge'>\n"
                                               "    <source bridge='xenbr0'/>\n"
                                               "%s"
                                               "  </interface>\n",
                                               scenarios[i].model);
        g_autofree char *xl =
            g_strdup_printf("vif = [ '%s' ]\n", scenarios[i].xl);
        g_autofree char *xm =
            g_strdup_printf("vif = [ '%s' ]\n", scenarios[i].xm);
        g_autofree char *domain = g_strdup_printf(
            "<domain type='xen'><name>g</name><os><type>%s</type></os><devices>"
            "%s</devices></domain>",
            scenarios[i].kind == GUEST_PV ? "linux" : "hvm", xml);
        struct guest *back;

        g_test_message("%s", scenarios[i].spec);
        check_convert(g, CONVERT_LIBVIRT, xml, scenarios[i].losses);
        back = libvirt_read("t", domain, strlen(domain));
        check_convert(back, CONVERT_XL, xl, "");
        check_convert(back, CONVERT_XM, xm, "");
        guest_free(back);
        guest_free(g);
    }
}

/* Values that a list of strings cannot hold, or that a toolstack refuses */
static void test_unsayable(void)
{
    static const char xml[] =
        "<interface type='ethernet'><script path='a,b'/></interface>"
        "<interface type='ethernet'><script path='a&apos;b'/></interface>"
        "<interface type='ethernet'><script path='a&apos;&quot;'/></interface>"
        "<interface type='network'><source network='lan'/></interface>";
    struct guest *g = libvirt_read("t", xml, strlen(xml));

    check_convert(g, CONVERT_XL,
                  "vif = [ '',\n        \"script=a'b\",\n        '',\n"
                  "        '' ]\n",
                  "vif 0: script=a,b: a value cannot hold commas\n"
                  "vif 2: all of it: its values have characters that no string "
                  "of a configuration can hold\n"
                  "vif 3: network=lan: xl has no such key\n");
    guest_free(g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lint/types", test_types);
    g_test_add_func("/lint/ganeti", test_ganeti);
    g_test_add_func("/lint/keys", test_keys);
    g_test_add_func("/lint/platform", test_platform);
    g_test_add_func("/lint/text", test_text);
    g_test_add_func("/lint/vlan-text", test_vlan_text);
    g_test_add_func("/convert/dialects", test_dialects);
    g_test_add_func("/lint/interface", test_interface);
    g_test_add_func("/convert/round", test_round);
    g_test_add_func("/convert/scenarios", test_scenarios);
    g_test_add_func("/convert/unsayable", test_unsayable);
    return g_test_run();
}
