// SPDX-License-Identifier: MIT
/*
 * cfg-test.c - configuration files of xl and xm, good ones, odd ones, broken
 * ones
 *
 * What xl refuses and what it makes of the rest was tried on the parser of Xen
 * 4.17 (libxlutil).
 */
#include <string.h>

#include "cpu.h"
#include "xen/guest.h"

static struct guest *read_text(const char *text, enum dialect dialect)
{
    return cfg_read("test.cfg", text, strlen(text), dialect);
}

/* Which row it is, on one line */
static void tell(unsigned row, const char *text)
{
    g_autofree char *line = g_strescape(text, NULL);

    g_test_message("%u: %s", row, line);
}

/* The first remark of at least @severity */
static const struct remark *first(const struct guest *g, enum severity severity)
{
    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        if (r->severity >= severity) {
            return r;
        }
    }
    return NULL;
}

static const struct vif *vif(const struct guest *g, unsigned i)
{
    g_assert_cmpuint(i, <, g->vifs->len);
    return g_ptr_array_index(g->vifs, i);
}

/* The bridges of all vifs, for short */
static char *bridges(const struct guest *g)
{
    GString *s = g_string_new(NULL);

    for (unsigned i = 0; i < g->vifs->len; i++) {
        const char *bridge = vif(g, i)->bridge;

        g_string_append_printf(s, "%s%s", i ? " " : "", bridge ? bridge : "-");
    }
    return g_string_free(s, FALSE);
}

static void test_whole(void)
{
    struct guest *g = read_text("# A guest\n"
                                "name = \"winguest\"; type = 'hvm'\n"
                                "memory = 0x400\n"
                                "disk = [ 'phy:/dev/vg/w,hda,w',\n"
                                "         [ 1, [ 'x' ], [] ], ]   # nested\n"
                                "usbdevice=[]\n"
                                "device_model_override = '/usr/libexec/dm'\n"
                                "xen_platform_pci = 0\n"
                                "\n"
                                "vif = [ 'bridge=a',   # the first\n"
                                "        'bridge=b,mac=00:16:3e:00:00:01'\n"
                                "      ,\n"
                                "      ]\n"
                                "vif += [ \"type=vif,bridge=c\" ]\n"
                                "on_reboot = 'restart'",
                                DIALECT_XL);
    g_autofree char *all = bridges(g);

    g_assert_cmpuint(g->remarks->len, ==, 0);
    g_assert_cmpstr(g->file, ==, "test.cfg");
    g_assert_cmpstr(g->name, ==, "winguest");
    g_assert_cmpint(g->kind, ==, GUEST_HVM);
    g_assert_false(g->platform_pci);
    g_assert_cmpstr(g->device_model_override, ==, "/usr/libexec/dm");
    g_assert_cmpstr(all, ==, "a b c");
    g_assert_cmpuint(vif(g, 0)->at.line, ==, 10);
    g_assert_cmpuint(vif(g, 0)->at.column, ==, 10);
    g_assert_cmpuint(vif(g, 1)->at.line, ==, 11);
    g_assert_cmpuint(vif(g, 2)->at.line, ==, 14);
    g_assert_cmpint(vif(g, 2)->mode, ==, VIF_PV);
    guest_free(g);
}

/* Refused, with the place; hint is in the text of the error */
static const struct {
    enum dialect dialect;
    const char *text;
    unsigned line, column;
    const char *hint;
} broken[] = {
    /* words */
    { DIALECT_XL, "a=1 # c", 1, 5, "without a newline" },
    { DIALECT_XL, "a=1\r\n", 1, 4, "carriage return" },
    { DIALECT_XL, "A=1", 1, 1, "lower-case" },
    { DIALECT_XL, "_a=1", 1, 1, "lower-case" },
    { DIALECT_XL, "a=True\n", 1, 3, "quotes" },
    { DIALECT_XL, "a=-1", 1, 3, "'-'" },
    { DIALECT_XL, "a=(1)", 1, 3, "Python" },
    { DIALECT_XL, "a=1.5", 1, 4, "'.'" },
    { DIALECT_XL, "a=\f1", 1, 3, "0x0c" },
    { DIALECT_XL, "a={}", 1, 3, "'{'" },
    /* strings */
    { DIALECT_XL, "a='x", 1, 3, "does not end" },
    { DIALECT_XL, "a='1\n2'\n", 1, 3, "does not end" },
    { DIALECT_XL, "a='x\\\ny'", 1, 3, "does not end" },
    { DIALECT_XL, "a='\\q'\n", 1, 3, "escape" },
    { DIALECT_XL, "a='\\x41'\n", 1, 3, "\\x" },
    { DIALECT_XL, "a='x\\0'", 1, 3, "digits" },
    { DIALECT_XL, "a='x\\12'", 1, 3, "digits" },
    { DIALECT_XL, "a='''x'''", 1, 5, "end of the line" },
    { DIALECT_XL, "a='x' 'y'", 1, 7, "end of the line" },
    /* statements */
    { DIALECT_XL, "a", 1, 2, "file ends" },
    { DIALECT_XL, "=1", 1, 1, "a name" },
    { DIALECT_XL, "a=1 b=2", 1, 5, "end of the line" },
    { DIALECT_XL, "a=1]", 1, 4, "end of the line" },
    { DIALECT_XL, "a=", 1, 3, "file ends" },
    { DIALECT_XL, "vif\n=['a']", 1, 4, "= or +=" },
    { DIALECT_XL, "vif=\n['a']", 1, 5, "a string" },
    { DIALECT_XL, "b=1\nimport os\n", 2, 8, "= or +=" },
    { DIALECT_XL, "a==1", 1, 3, "a string" },
    /* lists */
    { DIALECT_XL, "a=[1", 1, 5, "file ends" },
    { DIALECT_XL, "vif=['a' 'b']", 1, 10, "','" },
    { DIALECT_XL, "vif=['a',,'b']", 1, 10, "a string" },
    { DIALECT_XL, "vif=[,]", 1, 6, "a string" },
    { DIALECT_XL, "vif=['a'\n,\n'b'", 3, 4, "file ends" },
    { DIALECT_XL_45, "a=[['x']]", 1, 4, "no lists in lists" },
    /* += */
    { DIALECT_XL, "a='x'\na+=['y']", 2, 4, "only be added" },
    { DIALECT_XL, "vif=['a']\nvif+='b'", 2, 6, "only be added" },
    { DIALECT_XL_45, "vif+=['bridge=a']", 1, 4, "'+'" },
    /* guests */
    { DIALECT_XL, "type='hvmm'", 1, 7, "hvm, pv or pvh" },
    { DIALECT_XL, "builder='linux'", 1, 10, "hvm or generic" },
    { DIALECT_XL, "builder='hvm';type='pv'", 1, 10, "contradicts" },
    { DIALECT_XL, "vif=['rate=foo']", 1, 12, "rate" },
    /* xm */
    { DIALECT_XM, "name='x", 1, 6, "does not end" },
    { DIALECT_XM, "name='''x\n", 1, 6, "does not end" },
    { DIALECT_XM, "name='\\xg'", 1, 6, "two hexadecimal" },
    { DIALECT_XM, "name='\\0'", 1, 6, "number 0" },
    { DIALECT_XM, "br='b'\nvif=['bridge=' + br]", 2, 1, "Python code" },
    { DIALECT_XM, "if 1:\n    vif=['']\n", 2, 5, "Python code" },
    { DIALECT_XM, "vif+=['']", 1, 6, "nothing to add" },
    { DIALECT_XM, "vif='bridge=a'", 1, 5, "list" },
    { DIALECT_XM, "vif=[1]", 1, 6, "string" },
    { DIALECT_XM, "vif=[['a']]", 1, 6, "string" },
    { DIALECT_XM, "vif=['foo']", 1, 7, "'='" },
    { DIALECT_XM, "nics=1000000000", 1, 6, "256" },
};

static void test_broken(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(broken); i++) {
        struct guest *g = read_text(broken[i].text, broken[i].dialect);
        const struct remark *r = first(g, REMARK_ERROR);

        tell(i, broken[i].text);
        g_assert_nonnull(r);
        g_test_message("%u:%u: %s", r->at.line, r->at.column, r->text);
        g_assert_nonnull(strstr(r->text, broken[i].hint));
        g_assert_cmpuint(r->at.line, ==, broken[i].line);
        g_assert_cmpuint(r->at.column, ==, broken[i].column);
        g_assert_true(guest_has_error(g));
        guest_free(g);
    }
}

/* Taken, and not as one may think: a warning of which hint is a part */
static const struct {
    enum dialect dialect;
    const char *text;
    enum guest_kind kind;
    const char *bridges;
    unsigned line;
    const char *hint;
} odd[] = {
    { DIALECT_XL, "vif=['bridge=a']\nvif=['bridge=b']", GUEST_PV, "b", 2,
      "line 1" },
    { DIALECT_XL, "vif='bridge=a'", GUEST_PV, "", 1, "no network" },
    { DIALECT_XL, "vif=['bridge=a',['bridge=b'],'bridge=c']", GUEST_PV, "a", 1,
      "from this list on" },
    { DIALECT_XL, "vif=['bridge=\\101b']", GUEST_PV, "b", 1, "drops" },
    { DIALECT_XL, "vif=['bridge=x\\1999y']", GUEST_PV, "xy", 1, "drops" },
    { DIALECT_XL, "vif=['bridge=a']#", GUEST_PV, "a", 1, "last byte" },
    { DIALECT_XL, "vif=['bridge=a']\n'", GUEST_PV, "a", 2, "last byte" },
    { DIALECT_XL, "vif2=['x']", GUEST_PV, "", 1, "netchannel2" },
    { DIALECT_XL, "vifs=['x']", GUEST_PV, "", 1, "did you mean vif?" },
    { DIALECT_XL, "biulder='hvm'", GUEST_PV, "", 1, "did you mean builder?" },
    { DIALECT_XL, "nics=2", GUEST_PV, "", 1, "passes over" },
    { DIALECT_XL, "type='h'", GUEST_HVM, "", 1, "for hvm" },
    { DIALECT_XL, "type=''", GUEST_HVM, "", 1, "for hvm" },
    { DIALECT_XL, "type=['hvm']", GUEST_PV, "", 1, "single value" },
    { DIALECT_XL, "xen_platform_pci=0x", GUEST_PV, "", 1, "number" },
    { DIALECT_XL, "xen_platform_pci+=0", GUEST_PV, "", 1, "number" },
    { DIALECT_XL, "device_model='x'", GUEST_PV, "", 1, "override" },
    { DIALECT_XL, "memory=0", GUEST_PV, "", 1, "memory" },
    { DIALECT_XL, "vif=['bridge=a','devid=0,bridge=b']", GUEST_PV, "a b", 1,
      "exists already" },
    { DIALECT_XL, "builder='hvm'\nvif=['bridge=a,type=netfront']", GUEST_HVM,
      "a", 2, "passes 'netfront' over" },
    { DIALECT_XL_45, "type='hvm'", GUEST_PV, "", 1, "only builder=" },
    { DIALECT_XM, "type='hvm'", GUEST_PV, "", 1, "only builder=" },
    { DIALECT_XM, "nics=2\nvif=['bridge=a']", GUEST_PV, "a -", 1, "xm wants" },
    { DIALECT_XM, "import os\nnics=1\nbuilder='hvm'", GUEST_HVM, "-", 2,
      "xm wants" },
};

static void test_odd(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++) {
        struct guest *g = read_text(odd[i].text, odd[i].dialect);
        const struct remark *r = first(g, REMARK_WARNING);
        g_autofree char *all = bridges(g);

        tell(i, odd[i].text);
        g_assert_nonnull(r);
        g_test_message("%u:%u: %s", r->at.line, r->at.column, r->text);
        g_assert_nonnull(strstr(r->text, odd[i].hint));
        g_assert_cmpuint(r->at.line, ==, odd[i].line);
        g_assert_false(guest_has_error(g));
        g_assert_cmpint(g->kind, ==, odd[i].kind);
        g_assert_cmpstr(all, ==, odd[i].bridges);
        guest_free(g);
    }
}

/* Nothing to say about these */
static const struct {
    enum dialect dialect;
    const char *text, *name;
} plain[] = {
    { DIALECT_XL, "", NULL },
    { DIALECT_XL, "\n\n;;;\n", NULL },
    { DIALECT_XL, "name='n'", "n" },
    { DIALECT_XL, "\tname\t=\t'n' ; ", "n" },
    { DIALECT_XL, "name=12ab", "12ab" },
    { DIALECT_XL, "name='a'\nname+='b'\nname+=\"c\"", "abc" },
    { DIALECT_XL, "name+='b'", "b" },
    { DIALECT_XL, "name='\\\\\\'\\\"\\t\\n\\a\\b\\f\\r\\v'",
      "\\'\"\t\n\a\b\f\r\v" },
    { DIALECT_XL, "name=\"x'y\"", "x'y" },
    { DIALECT_XL, "name='# ; ,'", "# ; ," },
    { DIALECT_XL, "name='\xff\xc3\xa9'", "\xff\xc3\xa9" },
    { DIALECT_XL, "a=[]\na+=['x',]\na+=[[]]\nname='n'", "n" },
    { DIALECT_XL, "a=[\n\n[\n1\n,\n2\n]\n]\nname='n' # end\n", "n" },
    { DIALECT_XL, "vfb=['vnc=1']\nusb=1\nname='n'", "n" },
    { DIALECT_XM, "name='\\x41\\102\\q\\n'", "AB\\q\n" },
    { DIALECT_XM, "name=r'\\x41'", "\\x41" },
    { DIALECT_XM, "name=u'a' \"b\" '''c'''", "abc" },
    { DIALECT_XM, "name=('a'\n 'b' # c\n)", "ab" },
    { DIALECT_XM, "name='''a\nb''' # no newline", "a\nb" },
    { DIALECT_XM, "name='a\\\nb'\r\n", "ab" },
    { DIALECT_XM,
      "\"\"\"About\nthis.\"\"\"\nX=True;y=None;z=-1.5e3;n=10L\n"
      "t=(1,'x',[2,(3,)],)\nname='n'",
      "n" },
};

static void test_plain(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(plain); i++) {
        struct guest *g = read_text(plain[i].text, plain[i].dialect);

        tell(i, plain[i].text);
        for (unsigned j = 0; j < g->remarks->len; j++) {
            const struct remark *r = g_ptr_array_index(g->remarks, j);

            g_test_message("%u:%u: %s", r->at.line, r->at.column, r->text);
        }
        g_assert_cmpuint(g->remarks->len, ==, 0);
        g_assert_cmpstr(g->name, ==, plain[i].name);
        guest_free(g);
    }
}

static const struct {
    enum dialect dialect;
    const char *text;
    enum guest_kind kind;
} kinds[] = {
    { DIALECT_XL, "", GUEST_PV },
    { DIALECT_XL, "type='pvh'", GUEST_PVH },
    { DIALECT_XL, "builder='hvm';type='hvm'", GUEST_HVM },
    { DIALECT_XL, "vif=['type=ioemu'];builder='hvm'", GUEST_HVM },
    { DIALECT_XL_45, "builder='hvm'", GUEST_HVM },
    { DIALECT_XL_45, "builder='generic'", GUEST_PV },
    { DIALECT_XM, "builder='hvm'", GUEST_HVM },
    { DIALECT_XM, "builder='linux'", GUEST_PV },
};

static void test_kinds(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct guest *g = read_text(kinds[i].text, kinds[i].dialect);

        tell(i, kinds[i].text);
        g_assert_cmpint(g->kind, ==, kinds[i].kind);
        g_assert_null(first(g, REMARK_WARNING));
        guest_free(g);
    }
}

/* As Xen's own examples for xm begin */
static void test_python(void)
{
    struct guest *g = read_text("import os, re\n"
                                "arch = os.uname()[4]\n"
                                "if re.search('64', arch):\n"
                                "    libdir = 'lib64'\n"
                                "else:\n"
                                "    libdir = 'lib'\n"
                                "kernel = '/usr/' + libdir + '/hvmloader'\n"
                                "builder='hvm'\n"
                                "vif = [ 'type=netfront, bridge=xenbr0' ]\n"
                                "device_model = '/usr/' + libdir + '/dm'\n",
                                DIALECT_XM);
    static const unsigned lines[] = { 1, 7, 10 };

    g_assert_cmpuint(g->remarks->len, ==, G_N_ELEMENTS(lines));
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        g_assert_cmpint(r->severity, ==, REMARK_NOTE);
        g_assert_cmpuint(r->at.line, ==, lines[i]);
        g_assert_nonnull(strstr(r->text, "not run"));
    }
    g_assert_cmpstr(vif(g, 0)->bridge, ==, "xenbr0");
    guest_free(g);
}

/* One mistake does not hide the next, nor what is right */
static void test_goes_on(void)
{
    struct guest *g = read_text("a = [ 'x'\n"
                                "      'y' ]\n"
                                "b = (1)\n"
                                "vif = [ 'bridge=a', 'brigde=b' ]\n"
                                "c = 'x\n"
                                "name = 'n'\n",
                                DIALECT_XL);
    static const unsigned lines[] = { 2, 3, 4, 5 };

    g_assert_cmpuint(g->remarks->len, ==, G_N_ELEMENTS(lines));
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        g_assert_cmpuint(r->at.line, ==, lines[i]);
    }
    g_assert_cmpstr(g->name, ==, "n");
    g_assert_cmpuint(g->vifs->len, ==, 2);
    guest_free(g);
}

static void test_zero_byte(void)
{
    static const char in_string[] = "name='a\0b'\n", outside[] = "a=1\n\0\n";
    struct guest *g;

    g = cfg_read("x", in_string, sizeof(in_string) - 1, DIALECT_XL);
    g_assert_true(guest_has_error(g));
    guest_free(g);
    g = cfg_read("x", outside, sizeof(outside) - 1, DIALECT_XL);
    g_assert_true(guest_has_error(g));
    guest_free(g);
}

/*
 * Time: a file of twice the length takes twice as long, or so.  The limits are
 * wide for slow machines under sanitizers; what grows with the square of the
 * length would take minutes.
 */
static void test_large(void)
{
    static const char *const lines[] = {
        "other_%u = [ 'a', \"b\", 12, [ 1, 2 ] ]  # comment\n",
        "name += 'part %u'\n",
        "vif += [ 'bridge=b%u,mac=00:16:3e:00:00:01' ]\n",
        "garbage %u (((\n",
        "x%u = '\n",
        "= = %u\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        GString *text = g_string_new("name='x'\nvif=[]\n");
        int64_t start;

        for (unsigned n = 0; n < 50000; n++) {
            g_autofree char *number = g_strdup_printf("%u", n);
            char **parts = g_strsplit(lines[i], "%u", 2);

            g_string_append_printf(text, "%s%s%s", parts[0], number, parts[1]);
            g_strfreev(parts);
        }
        for (unsigned d = DIALECT_XL; d <= DIALECT_XM; d++) {
            start = cpu_us();
            guest_free(cfg_read("x", text->str, text->len, (enum dialect)d));
            g_test_message("%u bytes, row %u: %u ms", (unsigned)text->len, i,
                           (unsigned)((cpu_us() - start) / 1000));
            g_assert_cmpint(cpu_us() - start, <, 10 * G_USEC_PER_SEC);
        }
        g_string_free(text, TRUE);
    }
}

/* Ten thousand lines of an ordinary file: milliseconds, of the processor and
 * not of the clock, as others may be using it, and ten times that with
 * sanitizers */
static void test_ten_thousand(void)
{
    GString *text = g_string_new("name='x'\nbuilder='hvm'\nvif=[\n");
    struct guest *g;
    int64_t us;

    for (unsigned n = 3; n < 9999; n++) {
        g_string_append_printf(text,
                               "  'model=e1000,mac=00:16:3e:00:%02x:%02x,"
                               "bridge=xenbr%u',  # %u\n",
                               n / 256, n % 256, n % 10, n);
    }
    g_string_append(text, "]\nmemory=1024\n");
    us = cpu_us();
    g = cfg_read("x", text->str, text->len, DIALECT_XL);
    us = cpu_us() - us;
    g_test_message("%zu bytes: %u us", text->len, (unsigned)us);
    g_assert_cmpuint(g->vifs->len, ==, 9996);
    g_assert_cmpuint(g->remarks->len, ==, 0);
    g_assert_cmpint(us, <, G_USEC_PER_SEC);
    guest_free(g);
    g_string_free(text, TRUE);
}

static void test_deep(void)
{
    enum { DEPTH = 1000000 };
    GString *text = g_string_new("a=");
    struct guest *g;

    for (unsigned i = 0; i < DEPTH; i++) {
        g_string_append_c(text, '[');
    }
    g = cfg_read("x", text->str, text->len, DIALECT_XL);
    g_assert_true(guest_has_error(g));
    guest_free(g);
    for (unsigned i = 0; i < DEPTH; i++) {
        g_string_append_c(text, ']');
    }
    g_string_append(text, "\nname='n'");
    g = cfg_read("x", text->str, text->len, DIALECT_XL);
    g_assert_cmpuint(g->remarks->len, ==, 0);
    g_assert_cmpstr(g->name, ==, "n");
    guest_free(g);
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cfg/whole", test_whole);
    g_test_add_func("/cfg/broken", test_broken);
    g_test_add_func("/cfg/odd", test_odd);
    g_test_add_func("/cfg/plain", test_plain);
    g_test_add_func("/cfg/kinds", test_kinds);
    g_test_add_func("/cfg/python", test_python);
    g_test_add_func("/cfg/goes-on", test_goes_on);
    g_test_add_func("/cfg/zero-byte", test_zero_byte);
    g_test_add_func("/cfg/large", test_large);
    g_test_add_func("/cfg/ten-thousand", test_ten_thousand);
    g_test_add_func("/cfg/deep", test_deep);
    return g_test_run();
}
