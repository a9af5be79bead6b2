// SPDX-License-Identifier: MIT
/*
 * watch-test.c - which interface carries a guest's packets: views in, rows out
 */
#include <glib.h>
#include <string.h>

#include "cpu.h"
#include "xen/watch.h"

/* The most views of a case, and interfaces of a view */
#define VIEWS 4
#define LINKS 4

/**
 * struct seen - An interface in a view
 * @carrier: Somebody holds the tap; a frontend is connected
 * @rx, @tx: Packets so far; bytes are 100 times as many
 * @domid, @devid: What netback says, if @domid is not 0
 * @index: 0: its place in the view, from 1
 */
struct seen {
    const char *name;
    bool carrier;
    uint64_t rx, tx;
    uint32_t domid, devid;
    int index;
};

/**
 * struct watch_case - Views, and what is said from the second on
 * @want: A line for each row, see tell()
 */
struct watch_case {
    const char *name;
    struct seen view[VIEWS][LINKS];
    const char *want[VIEWS];
};

static const struct watch_case cases[] = {
    { "situation D: the emulated card, though the other is there",
      { { { "vif3.0", false }, { "vif3.0-emu", true, 10, 5 } },
        { { "vif3.0", false }, { "vif3.0-emu", true, 30, 6 } } },
      { NULL, "3.0 tap 20/1" } },
    { "the driver goes over, then the emulated card is unplugged",
      { { { "vif3.0", false }, { "vif3.0-emu", true, 10, 5 } },
        { { "vif3.0", true, 3, 1 }, { "vif3.0-emu", true, 12, 5 } },
        { { "vif3.0", true, 8, 1 }, { "vif3.0-emu", true, 12, 7 } },
        { { "vif3.0", true, 9, 1 }, { "vif3.0-emu", false, 12, 7 } } },
      { NULL, "3.0 both 5/1", "3.0 vif 5/0", "3.0 PV 1/0 left" } },
    { "QEMU's tap vanishes with the card",
      { { { "vif3.0", true }, { "vif3.0-emu", true, 10 } },
        { { "vif3.0", true } },
        { { "vif3.0", true, 7 } } },
      { NULL, "3.0 PV 0/0 quiet left", "3.0 PV 7/0 left" } },
    { "nobody said anything: what has a carrier",
      { { { "vif3.0", false }, { "vif3.0-emu", true } },
        { { "vif3.0", false }, { "vif3.0-emu", true, 0, 9 } } },
      { NULL, "3.0 tap 0/9 quiet" } },
    { "both have a carrier and are silent: what was used ever",
      { { { "vif3.0", true, 4 }, { "vif3.0-emu", true, 9 } },
        { { "vif3.0", true, 4 }, { "vif3.0-emu", true, 9 } } },
      { NULL, "3.0 vif 0/0 quiet" } },
    { "the same, of one that was not used",
      { { { "vif3.0", true }, { "vif3.0-emu", true, 9 } },
        { { "vif3.0", true }, { "vif3.0-emu", true, 9 } } },
      { NULL, "3.0 tap 0/0 quiet" } },
    { "silence after traffic keeps the path",
      { { { "vif3.0", true, 4 }, { "vif3.0-emu", true, 9 } },
        { { "vif3.0", true, 4 }, { "vif3.0-emu", true, 19 } },
        { { "vif3.0", true, 4 }, { "vif3.0-emu", true, 19, 3 } } },
      { NULL, "3.0 tap 10/0", "3.0 tap 0/3 quiet" } },
    { "broadcasts to both say nothing",
      { { { "vif3.0", true }, { "vif3.0-emu", true } },
        { { "vif3.0", true, 0, 50 }, { "vif3.0-emu", true, 1, 50 } } },
      { NULL, "3.0 tap 1/50" } },
    { "paravirtual only",
      { { { "vif3.1", true } }, { { "vif3.1", true, 2 } } },
      { NULL, "3.1 PV 2/0" } },
    { "a guest that is only being made",
      { { { "vif3.0", false }, { "vif3.0-emu", false } },
        { { "vif3.0", false }, { "vif3.0-emu", false } } },
      { NULL, "3.0 none 0/0 quiet" } },
    { "a tap that was made anew under the same number counts from 0",
      { { { "vif3.0-emu", true, 100 } }, { { "vif3.0-emu", true, 7 } } },
      { NULL, "3.0 tap 7/0" } },
    { "and so does one with another",
      { { { "vif3.0-emu", true, 100 } },
        { { "vif3.0-emu", true, 107, .index = 2 } } },
      { NULL, "3.0 tap 107/0" } },
    { "by domain and device, as numbers",
      { { { "lo" } },
        { { "vif10.0", true },
          { "vif3.10", true },
          { "vif3.9", true, 1 },
          { "web-emu", true } } },
      { NULL, "3.9 PV 1/0\n3.10 PV 0/0 quiet\n10.0 PV 0/0 quiet\n"
              "web tap 0/0 quiet" } },
    { "vifname=: the two are known by each other",
      { { { "web", true }, { "web-emu", true }, { "eth0", true } },
        { { "web", true, 5 }, { "web-emu", true }, { "eth0", true, 9 } } },
      { NULL, "web vif 5/0" } },
    { "vifname= on Xen, where netback tells whose it is",
      { { { "web", true, .domid = 4, .devid = 2 }, { "web-emu", true } },
        { { "web", true, 5, .domid = 4, .devid = 2 }, { "web-emu", false } } },
      { NULL, "4.2 PV 5/0 left" } },
    { "xend's wished name",
      { { { "web", true }, { "tap-web", true } },
        { { "web", true }, { "tap-web", true, 5 } } },
      { NULL, "web tap 5/0" } },
    { "the loopback driver is nobody's card",
      { { { "vif0.0", true }, { "veth0", true } },
        { { "vif0.0", true, 9 }, { "veth0", true, 9 } } },
      { NULL, "" } },
    { "the guest is gone",
      { { { "vif3.0", true } }, { { "vif3.0", true, 1 } }, { { "lo" } } },
      { NULL, "3.0 PV 1/0", "" } },
};

static struct host *build(const struct seen *view)
{
    struct host *h = host_new();

    for (int i = 0; i < LINKS && view[i].name; i++) {
        const struct seen *s = &view[i];
        struct host_link l = {
            .index = s->index ? s->index : i + 1,
            .ethernet = strcmp(s->name, "lo"),
            .up = true,
            .running = s->carrier,
            .backend = s->domid,
            .domid = s->domid,
            .devid = s->devid,
            .rx = { s->rx, 100 * s->rx, 0, 0 },
            .tx = { s->tx, 100 * s->tx, 0, 0 },
        };

        g_strlcpy(l.name, s->name, sizeof(l.name));
        if (g_str_has_suffix(s->name, "-emu") ||
            g_str_has_prefix(s->name, "tap")) {
            strcpy(l.kind, "tun");
            l.tap = true;
        }
        host_add(h, &l);
    }
    return h;
}

static void tell(GString *s, const struct watch_row *r)
{
    g_assert_cmpuint(r->from.bytes, ==, 100 * r->from.packets);
    g_assert_cmpuint(r->to.bytes, ==, 100 * r->to.packets);
    g_string_append_printf(
        s, "%s%s %s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s%s",
        s->len ? "\n" : "", r->card, watch_path_word(r->path), r->from.packets,
        r->to.packets, r->quiet ? " quiet" : "", r->left ? " left" : "");
}

static void test_case(const void *data)
{
    const struct watch_case *t = data;
    struct host *before = build(t->view[0]);
    GPtrArray *last = NULL;

    for (unsigned i = 1; i < VIEWS && t->want[i]; i++) {
        struct host *now = build(t->view[i]);
        GPtrArray *rows = watch_rows(before, now, last);
        GString *s = g_string_new(NULL);

        for (guint k = 0; k < rows->len; k++) {
            tell(s, rows->pdata[k]);
        }
        g_assert_cmpstr(s->str, ==, t->want[i]);
        g_string_free(s, TRUE);
        g_clear_pointer(&last, g_ptr_array_unref);
        last = rows;
        host_free(before);
        before = now;
    }
    g_ptr_array_unref(last);
    host_free(before);
}

/* Errors and drops are told by direction, of each interface */
static void test_errors(void)
{
    struct host *before = host_new(), *now = host_new();
    struct host_link l = { .name = "vif1.0", .index = 1, .up = true };
    GPtrArray *rows;
    const struct watch_row *r;

    l.rx.errors = 3;
    l.tx.dropped = 10;
    host_add(before, &l);
    l.rx.errors = 5;
    l.tx.dropped = 17;
    l.tx.errors = 1;
    l.rx.dropped = 2;
    host_add(now, &l);
    rows = watch_rows(before, now, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    r = rows->pdata[0];
    g_assert_cmpuint(r->vif.from.errors, ==, 2);
    g_assert_cmpuint(r->vif.from.dropped, ==, 2);
    g_assert_cmpuint(r->vif.to.errors, ==, 1);
    g_assert_cmpuint(r->vif.to.dropped, ==, 7);
    g_ptr_array_unref(rows);
    host_free(before);
    host_free(now);
}

/* Two thousand guests are looked at in a fraction of an interval */
static void test_many(void)
{
    struct host *h = host_new();
    int64_t begin;
    GPtrArray *rows;

    for (int i = 1; i <= 4000; i++) {
        struct host_link l = { .index = i, .tap = i % 2 };

        g_snprintf(l.name, sizeof(l.name), "vif%d.0%s", (i + 1) / 2,
                   i % 2 ? "-emu" : "");
        host_add(h, &l);
    }
    begin = cpu_us();
    rows = watch_rows(h, h, NULL);
    g_test_message("%" G_GINT64_FORMAT " us", cpu_us() - begin);
    g_assert_cmpuint(rows->len, ==, 2000);
    g_assert_cmpint(cpu_us() - begin, <, 2 * G_USEC_PER_SEC);
    g_ptr_array_unref(rows);
    host_free(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strdup_printf("/watch/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
        g_free(path);
    }
    g_test_add_func("/watch/errors", test_errors);
    g_test_add_func("/watch/many", test_many);
    return g_test_run();
}
