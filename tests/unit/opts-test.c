// SPDX-License-Identifier: MIT
/*
 * opts-test.c - option values in all spellings, and what is refused
 */
#include <glib.h>
#include <string.h>

#include "system/options.h"
#include "system/opts.h"
#include "system/vm.h"

static JsonObject *parse(const char *text, const char *implied)
{
    GError *err = NULL;
    JsonObject *o = opts_parse(text, implied, &err);

    g_assert_no_error(err);
    return o;
}

/* The message must be exactly @want */
static void assert_error(GError **err, const char *want)
{
    g_assert_error(*err, VM_ERROR, VM_ERROR_GENERIC);
    g_assert_cmpstr((*err)->message, ==, want);
    g_clear_error(err);
}

static void test_spellings(void)
{
    static const char *const same[] = {
        "e1000,id=n,mac=52:54:00:12:34:56,multifunction=on",
        "driver=e1000,id=n,mac=52:54:00:12:34:56,multifunction",
        "id=n,driver=e1000,multifunction=yes,mac=52:54:00:12:34:56",
        "{\"driver\": \"e1000\", \"id\": \"n\", \"multifunction\": true,"
        " \"mac\": \"52:54:00:12:34:56\"}",
        "{'driver': 'e1000', 'id': 'n', 'multifunction': true,"
        " 'mac': '52:54:00:12:34:56'}",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(same); i++) {
        JsonObject *o = parse(same[i], "driver");
        bool multi = false;

        g_assert_cmpstr(opts_peek(o, "driver"), ==, "e1000");
        g_assert_cmpstr(opts_peek(o, "id"), ==, "n");
        g_assert_cmpstr(opts_peek(o, "mac"), ==, "52:54:00:12:34:56");
        g_assert_true(opts_bool(o, "multifunction", &multi, NULL) && multi);
        g_assert_cmpuint(json_object_get_size(o), ==, 4);
        json_object_unref(o);
    }
}

static void test_words(void)
{
    JsonObject *o = parse("type=user,a=x,,y,b=,noc,d,e=1,e=2,,3", NULL);
    char **all;
    bool on = true;

    g_assert_cmpstr(opts_peek(o, "a"), ==, "x,y");
    g_assert_cmpstr(opts_peek(o, "b"), ==, "");
    g_assert_true(opts_bool(o, "c", &on, NULL));
    g_assert_false(on);
    g_assert_true(opts_bool(o, "d", &on, NULL));
    g_assert_true(on);
    /* The last of a repeated key counts, or all do */
    g_assert_cmpstr(opts_peek(o, "e"), ==, "2,3");
    all = opts_strv(o, "e");
    g_assert_cmpuint(g_strv_length(all), ==, 2);
    g_assert_cmpstr(all[0], ==, "1");
    g_assert_cmpstr(all[1], ==, "2,3");
    g_strfreev(all);
    all = opts_strv(o, "none");
    g_assert_cmpuint(g_strv_length(all), ==, 0);
    g_strfreev(all);
    json_object_unref(o);
    o = parse("", "driver");
    g_assert_cmpuint(json_object_get_size(o), ==, 0);
    json_object_unref(o);
}

static void test_flatten(void)
{
    JsonObject *o = parse("{'type': 'dgram', 'local': {'type': 'inet',"
                          " 'host': '::1'}, 'hostfwd': [{'str': 'tcp::1'},"
                          " {'str': 'udp::2'}], 'n': null}",
                          "type");
    const char *s = "kept";
    char **all;

    g_assert_cmpstr(opts_peek(o, "local.type"), ==, "inet");
    g_assert_cmpstr(opts_peek(o, "local.host"), ==, "::1");
    all = opts_strv(o, "hostfwd");
    g_assert_cmpuint(g_strv_length(all), ==, 2);
    g_assert_cmpstr(all[1], ==, "udp::2");
    g_strfreev(all);
    g_assert_true(opts_str(o, "n", &s, NULL));
    g_assert_cmpstr(s, ==, "kept");
    json_object_unref(o);
}

static void test_bad_text(void)
{
    GError *err = NULL;
    char *deep, *text;

    g_assert_null(opts_parse("a=1,=2", NULL, &err));
    assert_error(&err, "expected key=value at '=2'");
    g_assert_null(opts_parse(",", "driver", &err));
    assert_error(&err, "expected key=value at ','");
    g_assert_null(opts_parse("{'a': 1", NULL, &err));
    g_assert_true(g_str_has_prefix(err->message, "invalid JSON: "));
    g_clear_error(&err);
    g_assert_null(opts_parse("{} x", NULL, &err));
    g_clear_error(&err);
    /* A parser that recurses must not see this */
    deep = g_strnfill(100000, '[');
    *deep = '{';
    g_assert_null(opts_parse(deep, NULL, &err));
    assert_error(&err, "invalid JSON: nested too deeply");
    g_free(deep);
    g_assert_null(opts_parse("{'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':{"
                             "'a':{}}}}}}}}}}}",
                             NULL, &err));
    g_assert_nonnull(strstr(err->message, "nested too deeply"));
    g_clear_error(&err);
    /* Brackets in strings do not nest */
    deep = g_strnfill(100, '[');
    text = g_strdup_printf("{'a': \"%s\\\"%s\", 'b': '%s'}", deep, deep, deep);
    json_object_unref(parse(text, NULL));
    g_free(text);
    g_free(deep);
    /* A backslash does not hide the end of a single-quoted string */
    deep = g_strnfill(100000, '[');
    memcpy(deep, "{'\\':", 5);
    g_assert_null(opts_parse(deep, NULL, &err));
    assert_error(&err, "invalid JSON: nested too deeply");
    g_free(deep);
}

static void test_bool(void)
{
    JsonObject *o = parse("a=on,b=off,c=maybe,d=true,e=n", NULL);
    GError *err = NULL;
    bool v = false;

    g_assert_true(opts_bool(o, "a", &v, &err) && v);
    g_assert_true(opts_bool(o, "b", &v, &err) && !v);
    g_assert_false(opts_bool(o, "c", &v, &err));
    assert_error(&err, "property 'c' cannot be 'maybe': it takes 'on' or "
                       "'off'");
    g_assert_true(opts_bool(o, "d", &v, &err) && v);
    g_assert_true(opts_bool(o, "absent", &v, &err) && v);
    g_assert_true(opts_bool(o, "e", &v, &err) && !v);
    json_object_unref(o);
    o = parse("{'a': 1}", NULL);
    g_assert_false(opts_bool(o, "a", &v, &err));
    assert_error(&err, "property 'a' cannot be '1': it takes 'on' or 'off'");
    json_object_unref(o);
}

static void test_numbers(void)
{
    static const char *const bad[] = {
        "",    " 1", "1 ", "-1", "0x",
        "257", "1k", "+1", "1.", "99999999999999999999"
    };
    JsonObject *o = parse("a=0x10,b=010,c=255,d=-5,e=-0", NULL);
    GError *err = NULL;
    uint64_t u = 0;
    int64_t i = 0;

    g_assert_true(opts_uint(o, "a", 0, 255, &u, &err) && u == 16);
    g_assert_true(opts_uint(o, "b", 0, 255, &u, &err) && u == 8);
    g_assert_true(opts_uint(o, "c", 0, 255, &u, &err) && u == 255);
    g_assert_true(opts_uint(o, "e", 0, 255, &u, &err) && u == 0);
    g_assert_true(opts_int(o, "d", -5, 5, &i, &err) && i == -5);
    g_assert_false(opts_int(o, "d", -4, 5, &i, &err));
    assert_error(&err, "property 'd' cannot be '-5': it takes a number from -4 "
                       "to 5");
    json_object_unref(o);
    for (unsigned k = 0; k < G_N_ELEMENTS(bad); k++) {
        o = json_object_new();
        json_object_set_string_member(o, "n", bad[k]);
        g_assert_false(opts_uint(o, "n", 0, 256, &u, &err));
        g_assert_nonnull(strstr(err->message, "from 0 to 256"));
        g_clear_error(&err);
        json_object_unref(o);
    }
    o = parse("{'a': 12, 'b': -3, 'c': 1.5, 'd': '7', 'e': [], 'f': true}",
              NULL);
    g_assert_true(opts_uint(o, "a", 0, 255, &u, &err) && u == 12);
    g_assert_false(opts_uint(o, "b", 0, 255, &u, NULL));
    g_assert_true(opts_int(o, "b", -10, 10, &i, &err) && i == -3);
    g_assert_false(opts_uint(o, "c", 0, 255, &u, NULL));
    g_assert_true(opts_uint(o, "d", 0, 255, &u, &err) && u == 7);
    g_assert_true(opts_uint(o, "e", 0, 255, &u, &err) && u == 7);
    g_assert_false(opts_uint(o, "f", 0, 255, &u, NULL));
    json_object_unref(o);
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        uint64_t want;
    } good[] = {
        { "0", 0 },          { "1", 1 << 20 },      { "64k", 64 << 10 },
        { "64K", 64 << 10 }, { "3b", 3 },           { "2M", 2 << 20 },
        { "1G", 1 << 30 },   { "0x10M", 16 << 20 }, { "1T", UINT64_C(1) << 40 },
    };
    static const char *const bad[] = { "",    "M",    "1MB",       "1X",
                                       "-1M", "1.5G", "99999999T", "1 M" };
    JsonObject *o;
    GError *err = NULL;
    uint64_t v;

    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(opts_parse_size(good[i].text, 1 << 20, &v));
        g_assert_cmpuint(v, ==, good[i].want);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(opts_parse_size(bad[i], 1 << 20, &v));
    }
    o = parse("{'a': 4096, 'b': '4K', 'c': -1, 'd': '1Q'}", NULL);
    g_assert_true(opts_size(o, "a", 1, &v, &err) && v == 4096);
    g_assert_true(opts_size(o, "b", 1, &v, &err) && v == 4096);
    g_assert_false(opts_size(o, "c", 1, &v, NULL));
    g_assert_false(opts_size(o, "d", 1, &v, &err));
    assert_error(&err, "property 'd' cannot be '1Q': it takes a size like "
                       "512K, 64M or 2G (without suffix: bytes)");
    json_object_unref(o);
}

static void test_strings(void)
{
    JsonObject *o = parse("{'a': 1, 'b': 'x'}", NULL);
    static const char *const known[] = { "a", NULL };
    GError *err = NULL;
    const char *s = NULL;

    g_assert_false(opts_str(o, "a", &s, &err));
    assert_error(&err, "property 'a' cannot be '1': it takes a string");
    g_assert_true(opts_str(o, "b", &s, &err));
    g_assert_cmpstr(s, ==, "x");
    g_assert_null(opts_peek(o, "a"));
    g_assert_false(opts_known(o, known, &err));
    assert_error(&err, "unknown property 'b'; known are: a");
    json_object_unref(o);
}

static void test_ids(void)
{
    g_assert_true(opts_id_ok("nic0"));
    g_assert_true(opts_id_ok("N-a.b_c"));
    g_assert_false(opts_id_ok(""));
    g_assert_false(opts_id_ok("0nic"));
    g_assert_false(opts_id_ok("a b"));
    g_assert_false(opts_id_ok("a/b"));
    g_assert_false(opts_id_ok("\xc3\xa4"));
}

/* A command line as QEMU's tests and libxl write it */
static char *long_line[] = {
    "vifemu",
    "-M",
    "pc-i440fx-7.2",
    "--machine",
    "pc,accel=qtest,suppress-vmdesc=on",
    "-accel",
    "qtest",
    "-m",
    "64",
    "-object",
    "memory-backend-memfd,id=m0,size=64M,share=on",
    "-device",
    "e1000,id=nic0,netdev=net0,mac=00:16:3e:00:00:01",
    "-netdev",
    "type=tap,id=net0,ifname=vif1.0-emu,br=xenbr0,script=no,downscript=no",
    "-nic",
    "none",
    "-net",
    "none",
    "-nodefaults",
    "-no-user-config",
    "-display",
    "none",
    "-audio",
    "none",
    "-vnc",
    "none",
    "-name",
    "guest,debug-threads=on",
    "-qtest",
    "unix:/q",
    "-qtest-log",
    "/dev/null",
    "-chardev",
    "socket,path=/c,id=char0",
    "-mon",
    "chardev=char0,mode=control",
    "-mon",
    "char0,mode=control",
    "-qmp",
    "unix:/x,server=on,wait=off",
    "-S",
    "-trace",
    "nic_event",
    "-sandbox",
    "on,obsolete=deny",
    "-run-with",
    "exit-with-parent=on,chroot=/var/empty,user=1:2",
    "-daemonize",
    "-pidfile",
    "/p",
    "-xen-domid",
    "1",
    "-no-shutdown",
    "-serial",
    "pty",
    "-boot",
    "order=cda",
    "-global",
    "e1000.mitigation=off",
    "-cpu",
    "qemu64,apic-id=0",
};

static void test_command_line(void)
{
    struct options o = { 0 };
    const struct option_item *item;

    g_assert_cmpint(options_parse(&o, G_N_ELEMENTS(long_line), long_line), ==,
                    OPTIONS_RUN);
    g_assert_cmpstr(o.machine, ==, "pc");
    g_assert_cmpstr(o.accel, ==, "qtest");
    g_assert_cmpstr(o.name, ==, "guest");
    g_assert_cmpstr(o.qtest, ==, "unix:/q");
    g_assert_cmpstr(o.pidfile, ==, "/p");
    g_assert_cmpstr(o.chroot_dir, ==, "/var/empty");
    g_assert_cmpstr(o.run_as, ==, "1:2");
    g_assert_cmpuint(o.ram_size, ==, 64 << 20);
    g_assert_true(o.stopped && o.daemonize && o.sandbox && o.exit_with_parent);
    g_assert_cmpuint(o.nics->len, ==, 2);
    g_assert_cmpuint(o.monitors->len, ==, 3);
    item = o.devices->pdata[0];
    g_assert_cmpstr(item->name, ==, "device");
    g_assert_cmpstr(opts_peek(item->opts, "mac"), ==, "00:16:3e:00:00:01");
    item = o.netdevs->pdata[0];
    g_assert_cmpstr(opts_peek(item->opts, "type"), ==, "tap");
    item = o.monitors->pdata[1];
    g_assert_cmpstr(opts_peek(item->opts, "chardev"), ==, "char0");
    options_clear(&o);
    g_assert_null(o.machine);
}

static void test_manual(void)
{
    char *help = options_help("vifemu"), *man = options_man();

    g_assert_nonnull(strstr(help, "-netdev TYPE,id=ID"));
    g_assert_nonnull(strstr(help, " -no-shutdown"));
    g_assert_nonnull(strstr(man, "\\fB\\-netdev\\fR"));
    g_assert_nonnull(strstr(man, ".SH EXIT STATUS"));
    g_free(help);
    g_free(man);
    help = options_device_help("e1000-82540em");
    g_assert_nonnull(strstr(help, "e1000 options:\n"));
    g_assert_nonnull(strstr(help, "mitigation=<bool>"));
    g_free(help);
    g_assert_null(options_device_help("virtio-mouse-pci"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opts/spellings", test_spellings);
    g_test_add_func("/opts/words", test_words);
    g_test_add_func("/opts/flatten", test_flatten);
    g_test_add_func("/opts/bad-text", test_bad_text);
    g_test_add_func("/opts/bool", test_bool);
    g_test_add_func("/opts/numbers", test_numbers);
    g_test_add_func("/opts/sizes", test_sizes);
    g_test_add_func("/opts/strings", test_strings);
    g_test_add_func("/opts/ids", test_ids);
    g_test_add_func("/options/command-line", test_command_line);
    g_test_add_func("/options/manual", test_manual);
    return g_test_run();
}
