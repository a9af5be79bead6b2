// SPDX-License-Identifier: MIT
/*
 * ctl-watch.c - vifctl watch: which interface carries each guest's packets now
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "xen/ctl.h"
#include "xen/watch.h"

/**
 * struct view - The host at one time
 * @at: Microseconds of the monotonic clock
 */
struct view {
    struct host *host;
    gint64 at;
};

static const char *const titles[] = {
    "guest",    "path",      "interface", "from guest", "packets/s",
    "to guest", "packets/s", "errors",    "dropped",    "remark",
};

/* 1234567 as "1.23M"; three digits at least */
static char *human(double value, const char *unit)
{
    static const char prefixes[] = " kMGTP";
    unsigned i = 0;
    int digits;

    while (value >= 999.5 && prefixes[i + 1]) {
        value /= 1000;
        i++;
    }
    digits = !i || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return g_strdup_printf("%.*f%s%.*s%s", digits, value, *unit ? " " : "",
                           i ? 1 : 0, &prefixes[i], unit);
}

static void cell_rate(struct ctl_table *t, const struct host_count *c,
                      double seconds)
{
    char *bits = human((double)c->bytes * 8 / seconds, "bit/s");
    char *packets = human((double)c->packets / seconds, "");

    ctl_cell(t, bits);
    ctl_cell(t, packets);
    g_free(bits);
    g_free(packets);
}

static uint64_t total(const struct watch_side *s, bool errors)
{
    const struct host_link *l = s->link;

    return !l       ? 0
           : errors ? l->rx.errors + l->tx.errors
                    : l->rx.dropped + l->tx.dropped;
}

/* Since the interfaces were made, and how many of them just now */
static void cell_bad(struct ctl_table *t, const struct watch_row *r,
                     bool errors)
{
    const struct host_count *const c[] = { &r->tap.from, &r->tap.to,
                                           &r->vif.from, &r->vif.to };
    uint64_t more = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(c); i++) {
        more += errors ? c[i]->errors : c[i]->dropped;
    }
    ctl_cellf(t, "%" G_GUINT64_FORMAT "%s%.0" G_GUINT64_FORMAT,
              total(&r->tap, errors) + total(&r->vif, errors), more ? " +" : "",
              more);
}

static const char *state(const struct host_link *l)
{
    return !l->up ? "down" : l->running ? "up" : "no carrier";
}

static char *remark(const struct watch_row *r)
{
    const struct host_link *other = r->path == WATCH_TAP   ? r->vif.link
                                    : r->path == WATCH_VIF ? r->tap.link
                                                           : NULL;

    if (r->path == WATCH_BOTH) {
        return g_strdup("sends through both");
    }
    if (r->path == WATCH_NONE) {
        return g_strdup("nothing has a carrier");
    }
    if (r->left) {
        return g_strdup_printf("the emulated card is gone%s",
                               r->quiet ? "; quiet" : "");
    }
    if (other) {
        return g_strdup_printf("%s%s: %s", r->quiet ? "quiet; " : "",
                               other->name, state(other));
    }
    return r->quiet ? g_strdup("quiet") : NULL;
}

static void cell_names(struct ctl_table *t, const struct watch_row *r)
{
    const char *tap = r->tap.link ? r->tap.link->name : NULL;
    const char *vif = r->vif.link ? r->vif.link->name : NULL;

    switch (r->path) {
    case WATCH_TAP:
        ctl_cell(t, tap);
        break;
    case WATCH_VIF:
    case WATCH_PV:
        ctl_cell(t, vif);
        break;
    default:
        ctl_cellf(t, "%s%s%s", tap ? tap : "", tap && vif ? ", " : "",
                  vif ? vif : "");
        break;
    }
}

static char *table(const GPtrArray *rows, double seconds)
{
    struct ctl_table *t = ctl_table_new(titles, G_N_ELEMENTS(titles));
    char *text;

    for (guint i = 0; i < rows->len; i++) {
        const struct watch_row *r = rows->pdata[i];
        char *why = remark(r);

        ctl_cell(t, r->card);
        ctl_cell(t, watch_path_word(r->path));
        cell_names(t, r);
        cell_rate(t, &r->from, seconds);
        cell_rate(t, &r->to, seconds);
        cell_bad(t, r, true);
        cell_bad(t, r, false);
        ctl_cell(t, why);
        g_free(why);
    }
    text = ctl_table_text(t);
    ctl_table_free(t);
    return text;
}

static void json_count(JsonBuilder *b, const char *name,
                       const struct host_count *all,
                       const struct host_count *now, double seconds)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    ctl_json_int(b, "bits-per-second",
                 (gint64)((double)now->bytes * 8 / seconds));
    ctl_json_int(b, "packets-per-second",
                 (gint64)((double)now->packets / seconds));
    if (all) {
        ctl_json_int(b, "packets", (gint64)all->packets);
        ctl_json_int(b, "bytes", (gint64)all->bytes);
        ctl_json_int(b, "errors", (gint64)all->errors);
        ctl_json_int(b, "dropped", (gint64)all->dropped);
    }
    json_builder_end_object(b);
}

static void json_side(JsonBuilder *b, const char *role,
                      const struct watch_side *s, double seconds)
{
    if (!s->link) {
        return;
    }
    json_builder_begin_object(b);
    ctl_json_string(b, "interface", s->link->name);
    ctl_json_string(b, "role", role);
    ctl_json_string(b, "state", state(s->link));
    json_count(b, "from-guest", &s->link->rx, &s->from, seconds);
    json_count(b, "to-guest", &s->link->tx, &s->to, seconds);
    json_builder_end_object(b);
}

static void print_json(const GPtrArray *rows, double seconds)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_int(b, "microseconds", (gint64)(seconds * G_USEC_PER_SEC));
    json_builder_set_member_name(b, "cards");
    json_builder_begin_array(b);
    for (guint i = 0; i < rows->len; i++) {
        const struct watch_row *r = rows->pdata[i];

        json_builder_begin_object(b);
        ctl_json_string(b, "guest", r->card);
        if (r->known) {
            ctl_json_int(b, "domid", r->domid);
            ctl_json_int(b, "devid", r->devid);
        }
        ctl_json_string(b, "path", watch_path_word(r->path));
        ctl_json_bool(b, "quiet", r->quiet);
        ctl_json_bool(b, "emulated-card-left", r->left);
        json_count(b, "from-guest", NULL, &r->from, seconds);
        json_count(b, "to-guest", NULL, &r->to, seconds);
        json_builder_set_member_name(b, "interfaces");
        json_builder_begin_array(b);
        json_side(b, "tap", &r->tap, seconds);
        json_side(b, "vif", &r->vif, seconds);
        json_builder_end_array(b);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    ctl_json_print_line(b);
}

/* From the upper left corner on, cut to the terminal; what was there before is
 * wiped.  No mode of it is changed, so watch may be ended in any way */
static void print_in_place(const char *text)
{
    struct winsize size = { 0 };
    char **line = g_strsplit(text, "\n", -1);
    unsigned rows;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row) {
        size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
    }
    rows = MIN(g_strv_length(line), (unsigned)size.ws_row - 1);
    printf("\033[H");
    for (unsigned i = 0; i < rows; i++) {
        char *cut = g_utf8_substring(line[i], 0,
                                     MIN(g_utf8_strlen(line[i], -1),
                                         (glong)size.ws_col));

        printf("%s\033[K\n", cut);
        g_free(cut);
    }
    printf("\033[J");
    g_strfreev(line);
}

static void print(const struct ctl *c, const GPtrArray *rows, double seconds,
                  bool first)
{
    char *text, *valid;

    if (c->json) {
        print_json(rows, seconds);
        return;
    }
    text = table(rows, seconds);
    valid = g_utf8_make_valid(text, -1);
    if (isatty(STDOUT_FILENO)) {
        printf("%s", first ? "\033[2J" : "");
        print_in_place(valid);
    } else {
        printf("%s%s", first ? "" : "\n", valid);
    }
    g_free(valid);
    g_free(text);
}

/* Rows of one domain only */
static void keep_domain(GPtrArray *rows, uint32_t domid)
{
    for (guint i = rows->len; i-- > 0;) {
        const struct watch_row *r = rows->pdata[i];

        if (!r->known || r->domid != domid) {
            g_ptr_array_remove_index(rows, i);
        }
    }
}

static bool look(struct view *v)
{
    GError *err = NULL;

    v->host = host_read(&err);
    v->at = g_get_monotonic_time();
    if (!v->host) {
        ctl_fail("%s", err->message);
        g_error_free(err);
    }
    return v->host;
}

/* Intervals follow each other without growing by what a look takes */
static void wait_until(gint64 at)
{
    struct timespec t = { .tv_sec = at / G_USEC_PER_SEC,
                          .tv_nsec = at % G_USEC_PER_SEC * 1000 };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
        continue;
    }
}

static int watch_run(const struct ctl *c, char **args)
{
    struct view before, now = { NULL };
    GPtrArray *last = NULL;
    gint64 due;
    bool ok = look(&before);

    due = before.at;
    for (uint32_t i = 0; ok && (!c->count || i < c->count); i++) {
        GPtrArray *rows;

        due += (gint64)(c->interval * G_USEC_PER_SEC);
        wait_until(due);
        ok = look(&now);
        if (!ok) {
            break;
        }
        rows = watch_rows(before.host, now.host, last);
        if (c->has_domid) {
            keep_domain(rows, c->domid);
        }
        print(c, rows, (double)(now.at - before.at) / G_USEC_PER_SEC, !i);
        ok = !fflush(stdout);
        g_clear_pointer(&last, g_ptr_array_unref);
        last = rows;
        host_free(before.host);
        before = now;
    }
    ok = ok && last && last->len;
    g_clear_pointer(&last, g_ptr_array_unref);
    host_free(before.host);
    return ok ? CTL_OK : CTL_FINDING;
}

const struct ctl_command ctl_watch = {
    .name = "watch",
    .args = "",
    .options = CTL_JSON | CTL_DOMID | CTL_INTERVAL | CTL_COUNT,
    .summary = "Which interface carries each guest's packets now",
    .text =
        "A row for each card of a guest, anew after each interval: in place "
        "on a terminal, else one table below the other, and with --json one "
        "object a line.\n\n"
        "The path is tap (the emulated card), vif (the paravirtual one, though "
        "the emulated one is there as well), PV (the paravirtual one alone: "
        "the guest unplugged the other, or never had it), both, or none.  The "
        "packets that the guest sends decide; of a card that sends nothing "
        "(quiet) it is the path of before, or else the one interface that has "
        "a carrier.  Rates are those of the path.  Errors and dropped packets "
        "are counted since the interfaces were made, on both of them; behind "
        "the + are those of the interval.\n\n"
        "A card is known by its interfaces' names, or on Xen by netback's word "
        "for the device, so that vifname= does not hide it.",
    .findings = "the last interval saw no card of a guest",
    .run = watch_run,
};
