// SPDX-License-Identifier: MIT
/*
 * vifctl-test.c - vifctl as it is called: words, exit codes, tables, JSON
 *
 * The program is the one that VIFCTL names.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/wait.h>

/**
 * struct call - A call and what comes of it
 * @words:  Behind "vifctl", with blanks between
 * @input:  A file that stands in for the word FILE, or NULL
 * @status: Exit code
 * @out, @err: What has to be there; NULL: nothing may be there.  A '*' at the
 *             end: it begins so; else it is just that
 */
struct call {
    const char *words, *input;
    int status;
    const char *out, *err;
};

static void check_text(const char *got, const char *want)
{
    size_t len = want ? strlen(want) : 0;

    if (len && want[len - 1] == '*') {
        if (strncmp(got, want, len - 1)) {
            g_error("'%s' does not begin with '%s'", got, want);
        }
        return;
    }
    g_assert_cmpstr(got, ==, want ? want : "");
}

static void call(const char *words, const char *input, int *status, char **out,
                 char **err)
{
    char *line = g_strdup_printf("%s %s", g_getenv("VIFCTL"), words);
    char **argv = g_strsplit(line, " ", -1);
    char *dir = g_dir_make_tmp("vifctl-XXXXXX", NULL);
    char *file = g_build_filename(dir, "FILE", NULL);
    GError *error = NULL;
    int wait;

    if (input) {
        g_assert_true(g_file_set_contents(file, input, -1, NULL));
    }
    g_spawn_sync(dir, argv, NULL, 0, NULL, NULL, out, err, &wait, &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(wait));
    *status = WEXITSTATUS(wait);
    g_remove(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
    g_strfreev(argv);
    g_free(line);
}

static void run_call(const void *data)
{
    const struct call *c = data;
    char *out, *err;
    int status;

    call(c->words, c->input, &status, &out, &err);
    g_test_message("%s%s", out, err);
    check_text(out, c->out);
    check_text(err, c->err);
    g_assert_cmpint(status, ==, c->status);
    g_free(out);
    g_free(err);
}

static const struct call calls[] = {
    { "--help", NULL, 0, "Usage: vifctl COMMAND*", NULL },
    { "--version", NULL, 0, "vifctl *", NULL },
    { "frobnicate", NULL, 2, NULL,
      "vifctl: 'frobnicate' is not a command (see 'vifctl --help')\n" },
    { "names --help", NULL, 0, "Usage:\n  vifctl names *", NULL },
    { "names", NULL, 2, NULL, "vifctl: names wants a name, or *" },
    { "names vif1.0 vif2.0", NULL, 2, NULL,
      "vifctl names: 'vif2.0' is one word too many*" },
    { "names vif1.0 --domid 3", NULL, 2, NULL, "vifctl: a name, or *" },
    { "names --domid 32752 --devid 0", NULL, 2, NULL,
      "vifctl names: --domid: '32752' is not a domain id, which is 0 to "
      "32751*" },
    { "names --domid 1x --devid 0", NULL, 2, NULL,
      "vifctl names: --domid: '1x' is not*" },
    { "names --domid 1 --devid -1", NULL, 2, NULL,
      "vifctl names: --devid: '-1' is not*" },
    { "names --naming xen --domid 1 --devid 1", NULL, 2, NULL,
      "vifctl names: --naming: 'xen' is none of libxl, libxl-4.1, *" },
    { "names --wrong", NULL, 2, NULL, "vifctl names: *" },
    { "names vif3.1-emu", NULL, 0,
      "naming  card      domain  device  remark\n"
      "libxl   emulated  3       1       -\n",
      NULL },
    { "names tap3.1", NULL, 0,
      "naming     card      domain  device  remark\n"
      "libxl-4.1  emulated  3       1       -\n"
      "libxl-4.0  emulated  3       2       -\n"
      "xend       emulated  3       -       emulated card 1, counted from 0\n",
      NULL },
    { "names web-emu", NULL, 0,
      "naming  card      domain  device  remark\n"
      "libxl   emulated  -       -       of the vif with vifname=web\n",
      NULL },
    { "names eth0", NULL, 1, NULL, "vifctl: 'eth0' is not a name that*" },
    { "names vif32751.100-emu", NULL, 1, NULL,
      "vifctl: 'vif32751.100-emu' has 16 characters, an interface at most "
      "15\n" },
    { "names --domid 3 --devid 1 --naming xend", NULL, 0,
      "naming  pv      emulated  emulated at first  refused\n"
      "xend    vif3.1  tap3.1    tap3.1             -\n",
      NULL },
    { "plan", NULL, 2, NULL, "vifctl plan: FILE is missing (see *" },
    { "plan absent.cfg", NULL, 2, NULL,
      "vifctl: absent.cfg: No such file or directory\n" },
    { "plan FILE --dialect xapi", "", 2, NULL,
      "vifctl plan: --dialect: 'xapi' is none of xl, xl-4.5, xm*" },
    /* Seed 004: two cards, or the paravirtual one, by dialect */
    { "plan FILE --domid 3", "builder='hvm'\nvif=['model=e1000']\n", 0,
      "vif  type  model  tap         pv      bridge  mac     rate  mtu       "
      "script\n"
      "0    both  e1000  vif3.0-emu  vif3.0  xenbr0  random  -     bridge's  "
      "vif-bridge\n",
      NULL },
    { "plan FILE --domid 3", "builder='hvm'\nvif=['type=netfront']\n", 1, NULL,
      "FILE:2:*" },
    { "plan FILE --domid 3 --lax", "builder='hvm'\nvif=['type=netfront']\n", 0,
      "vif  type  model    tap         pv      bridge  mac     rate  mtu       "
      "script\n"
      "0    both  rtl8139  vif3.0-emu  vif3.0  xenbr0  random  -     bridge's  "
      "vif-bridge\n",
      "FILE:2:*" },
    { "plan FILE --domid 3 --dialect xm --naming xend",
      "builder='hvm'\nvif=['type=netfront','bridge=br0']\n", 0,
      "vif  type  model    tap     pv      bridge  mac     rate  mtu       "
      "script\n"
      "0    pv    -        -       vif3.0  xenbr0  random  -     bridge's  "
      "vif-bridge\n"
      "1    both  rtl8139  tap3.0  vif3.1  br0     random  -     bridge's  "
      "vif-bridge\n",
      NULL },
    { "plan FILE --bridge lan --script vif-mine",
      "type='pvh'\nvif=['mac=00:16:3e:01:02:03,mtu=9000']\n", 0,
      "vif  type  model  tap  pv      bridge  mac                rate  mtu   "
      "script\n"
      "0    pv    -      -    vifD.0  lan     00:16:3e:01:02:03  -     9000  "
      "vif-mine\n",
      NULL },
    { "plan FILE --domid 0", "builder='hvm'\nvif=['']\n", 1, NULL,
      "FILE: domain 0 is the host itself*" },
    { "plan FILE --domid 3", "builder='hvm'\nvif=['vifname=twelve-chars']\n", 1,
      NULL,
      "FILE:2:7: vifname: the interface would be called 'twelve-chars-emu', "
      "which has 16 characters, an interface at most 15\n"
      "vifctl: FILE is refused\n" },
    /* Nothing of a file gets to a terminal as it is */
    { "plan FILE --domid 3",
      "builder='hvm'\nvif=['type=vif,vifname=a\033[2J']\n", 1, NULL,
      "FILE:2:*" },
    /* XML of libvirt is known by its first byte */
    { "plan FILE --domid 3",
      "<interface type='bridge'><source bridge='br0'/>"
      "<model type='netfront'/></interface>\n",
      0,
      "vif  type  model  tap  pv      bridge  mac     rate  mtu       script\n"
      "0    pv    -      -    vif3.0  br0     random  -     bridge's  "
      "vif-bridge\n",
      "FILE:1: note: *" },
    /* Which toolstacks would take netfront for an answer */
    { "lint FILE", "builder='hvm'\nvif=['type=vif,bridge=br0']\n", 0,
      "line  vif  toolstack  compared  makes of it\n"
      "2     0    xend       -         PV only; no boot from the network\n"
      "2     0    xl <= 4.5  -         PV only; no boot from the network\n"
      "2     0    xl >= 4.6  its own   PV only; no boot from the network\n"
      "2     0    libvirt    -         PV only; no boot from the network\n",
      NULL },
    { "lint FILE --dialect xm", "builder='hvm'\nvif=['type=ioemu']\n", 1,
      "line  vif  toolstack  compared  makes of it\n"
      "2     0    xend       its own   emulated rtl8139 only; no network once "
      "PV drivers unplug the card\n*",
      "FILE:2:*" },
    { "lint absent.cfg", NULL, 2, NULL, "vifctl: absent.cfg: *" },
    /* Seed 004's scenario with model='netfront', there and back */
    { "convert --to libvirt FILE",
      "builder='hvm'\nvif=['type=vif,bridge=br0']\n", 0,
      "  <interface type='bridge'>\n"
      "    <source bridge='br0'/>\n"
      "    <model type='netfront'/>\n"
      "  </interface>\n",
      NULL },
    { "convert --from libvirt --to xm FILE",
      "<interface type='bridge'><source bridge='br0'/>"
      "<model type='netfront'/></interface>\n",
      0, "vif = [ 'type=netfront,bridge=br0' ]\n", "FILE:1: note: *" },
    { "convert --to xl FILE --dialect xm",
      "builder='hvm'\nvif=['type=ioemu,model=e1000']\n", 1, "vif = [ *",
      "FILE:2:*" },
    { "convert FILE", "", 2, NULL, "vifctl convert: --to is missing: *" },
    { "convert --to vmx FILE", "", 2, NULL,
      "vifctl convert: --to: 'vmx' is none of xl, xm, libvirt*" },
    { "convert --to xl --from vmx FILE", "", 2, NULL,
      "vifctl convert: --from: 'vmx' is none of xl, xl-4.5, xm, libvirt*" },
    { "convert --to xl FILE", "vif=['mac=']\nvif=[", 1, NULL, "FILE:*" },
    { "up FILE", "builder='hvm'\nvif=['']\n", 2, NULL,
      "vifctl: --domid is missing*" },
    { "down FILE", "builder='hvm'\nvif=['']\n", 2, NULL,
      "vifctl: --domid is missing*" },
    { "doctor --add eth0", NULL, 2, NULL, "vifctl: --add wants a BRIDGE\n" },
    { "names --domid 32751 --devid 100 --naming libxl", NULL, 1,
      "naming  pv            emulated          emulated at first  refused\n"
      "libxl   vif32751.100  vif32751.100-emu  vif32751.100-emu   "
      "'vif32751.100-emu' has 16 characters, an interface at most 15\n",
      NULL },
};

/* JSON of a call that has to succeed */
static JsonNode *call_json(const char *words, const char *input, int want)
{
    GError *error = NULL;
    JsonNode *root;
    char *out, *err;
    int status;

    call(words, input, &status, &out, &err);
    g_assert_cmpint(status, ==, want);
    root = json_from_string(out, &error);
    g_assert_no_error(error);
    g_assert_nonnull(root);
    g_free(out);
    g_free(err);
    return root;
}

static void test_names_json(void)
{
    JsonNode *root = call_json("names --json tap3.1", NULL, 0);
    JsonObject *o = json_node_get_object(root);
    JsonArray *all = json_object_get_array_member(o, "readings");

    g_assert_cmpstr(json_object_get_string_member(o, "name"), ==, "tap3.1");
    g_assert_cmpuint(json_array_get_length(all), ==, 3);
    o = json_array_get_object_element(all, 1);
    g_assert_cmpstr(json_object_get_string_member(o, "naming"), ==,
                    "libxl-4.0");
    g_assert_cmpstr(json_object_get_string_member(o, "role"), ==, "tap");
    g_assert_cmpint(json_object_get_int_member(o, "domid"), ==, 3);
    g_assert_cmpint(json_object_get_int_member(o, "devid"), ==, 2);
    json_node_unref(root);

    root = call_json("names --json --domid 1 --devid 0 --vifname web", NULL, 0);
    all = json_node_get_array(root);
    g_assert_cmpuint(json_array_get_length(all), ==, 6);
    o = json_array_get_object_element(all, 0);
    g_assert_cmpstr(json_object_get_string_member(o, "vif"), ==, "web");
    g_assert_cmpstr(json_object_get_string_member(o, "tap"), ==, "web-emu");
    g_assert_cmpstr(json_object_get_string_member(o, "tap-made"), ==,
                    "vif1.0-emu");
    json_node_unref(root);
}

static void test_plan_json(void)
{
    static const char config[] =
        "name='web'\nbuilder='hvm'\n"
        "vif=['model=e1000,mac=00:16:3e:00:00:01,rate=10MB/s', 'type=vif']\n";
    JsonNode *root = call_json("plan FILE --json --domid 3", config, 0);
    JsonObject *o = json_node_get_object(root);
    JsonArray *vifs = json_object_get_array_member(o, "vifs");
    JsonArray *remarks = json_object_get_array_member(o, "remarks");

    g_assert_cmpstr(json_object_get_string_member(o, "name"), ==, "web");
    g_assert_cmpstr(json_object_get_string_member(o, "kind"), ==, "hvm");
    g_assert_false(json_object_get_boolean_member(o, "refused"));
    g_assert_cmpuint(json_array_get_length(remarks), ==, 1);
    g_assert_cmpuint(json_array_get_length(vifs), ==, 2);
    o = json_array_get_object_element(vifs, 0);
    g_assert_cmpstr(json_object_get_string_member(o, "mode"), ==, "both");
    g_assert_cmpstr(json_object_get_string_member(o, "emulator"), ==, "vifemu");
    g_assert_cmpstr(json_object_get_string_member(o, "tap"), ==, "vif3.0-emu");
    g_assert_cmpint(json_object_get_int_member(o, "rate_bytes_per_interval"),
                    ==, 500000);
    g_assert_cmpint(json_object_get_int_member(o, "rate_interval_usecs"), ==,
                    50000);
    o = json_array_get_object_element(vifs, 1);
    g_assert_cmpstr(json_object_get_string_member(o, "mode"), ==, "pv");
    g_assert_false(json_object_has_member(o, "tap"));
    json_node_unref(root);

    root = call_json("plan FILE --json --domid 3",
                     "builder='hvm'\nvif=['type=netfront']\n", 1);
    o = json_node_get_object(root);
    g_assert_true(json_object_get_boolean_member(o, "refused"));
    json_node_unref(root);
}

static void test_lint_json(void)
{
    JsonNode *root = call_json("lint FILE --json",
                               "builder='hvm'\nvif=['type=netfront']\n", 1);
    JsonObject *o = json_node_get_object(root);
    JsonArray *all;

    g_assert_true(json_object_get_boolean_member(o, "disagree"));
    all = json_object_get_array_member(o, "vifs");
    g_assert_cmpuint(json_array_get_length(all), ==, 1);
    o = json_array_get_object_element(all, 0);
    g_assert_cmpstr(json_object_get_string_member(o, "source"), ==,
                    "type=netfront");
    all = json_object_get_array_member(o, "toolstacks");
    g_assert_cmpuint(json_array_get_length(all), ==, 4);
    /* xend gives the paravirtual card, xl of today both */
    o = json_array_get_object_element(all, 0);
    g_assert_cmpstr(json_object_get_string_member(o, "mode"), ==, "pv");
    g_assert_true(json_object_get_boolean_member(o, "differs"));
    o = json_array_get_object_element(all, 2);
    g_assert_cmpstr(json_object_get_string_member(o, "mode"), ==, "both");
    json_node_unref(root);
}

static void test_convert_json(void)
{
    JsonNode *root = call_json("convert --to libvirt FILE --json",
                               "builder='hvm'\nvif=['rate=10MB/s@20ms']\n", 1);
    JsonObject *o = json_node_get_object(root);

    g_assert_true(g_str_has_prefix(json_object_get_string_member(o, "text"),
                                   "  <interface "));
    g_assert_cmpuint(json_array_get_length(
                         json_object_get_array_member(o, "lost")),
                     >, 0);
    json_node_unref(root);
}

/* The error of a name with an escape in it has none */
static void test_clean(void)
{
    char *out, *err;
    int status;

    call("plan FILE --domid 3",
         "builder='hvm'\nvif=['type=vif,vifname=a\033[2J']\n", &status, &out,
         &err);
    g_assert_cmpint(status, ==, 1);
    g_assert_null(strchr(err, '\033'));
    g_assert_nonnull(strstr(err, "a\\x1b[2J"));
    g_free(out);
    g_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!g_getenv("VIFCTL")) {
        g_error("VIFCTL has to name the program");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        char *path = g_strdup_printf("/vifctl/%u %s", i, calls[i].words);

        g_test_add_data_func(path, &calls[i], run_call);
        g_free(path);
    }
    g_test_add_func("/vifctl/names-json", test_names_json);
    g_test_add_func("/vifctl/plan-json", test_plan_json);
    g_test_add_func("/vifctl/clean", test_clean);
    g_test_add_func("/vifctl/lint-json", test_lint_json);
    g_test_add_func("/vifctl/convert-json", test_convert_json);
    return g_test_run();
}
