// SPDX-License-Identifier: MIT
/*
 * draw.c - a host's bridges, and who is on them, as a picture
 *
 * Columns from the left: guests, their interfaces, the bridge, its other
 * ports, what those lead to.  Each bridge has as many rows as the longer of its
 * two lists of ports.  Pairs of which both ends are ports are joined by a line
 * in the margin at the right, each in a lane of its own.
 */
#include "xen/draw.h"

#include <string.h>

#include "xen/doctor.h"

/* In pixels; names have 15 characters at most, so that a box has one size */
enum {
    EDGE = 20,
    BOX_W = 210,
    BOX_H = 50,
    ROW = 62,
    GAP = 50,
    GUEST_W = 70,
    GUEST_X = EDGE,
    LEFT_X = GUEST_X + GUEST_W + GAP,
    BRIDGE_X = LEFT_X + BOX_W + GAP,
    RIGHT_X = BRIDGE_X + BOX_W + GAP,
    FAR_X = RIGHT_X + BOX_W + GAP,
    MARGIN_X = FAR_X + BOX_W + EDGE,
    LANE = 14,
    LINE = 20,
    /* Of a finding, until it is folded */
    LETTERS = 120,
};

/**
 * struct box - An interface in the picture
 * @joined: A line goes to its other end
 */
struct box {
    const struct host_link *link;
    int x, y;
    bool joined;
};

/**
 * struct picture - What is drawn so far
 * @boxes:  struct box
 * @looped: Indexes of interfaces that frames circle through
 * @lines, @shapes: SVG; lines are below
 * @y:      Where the next row goes
 * @lanes:  How many lanes of the margin are used
 */
struct picture {
    const struct host *host;
    GArray *boxes;
    GHashTable *looped;
    GString *lines, *shapes;
    int y, lanes;
};

/* @text with \xNN for what XML cannot say */
static char *clean(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    GString *s = g_string_new(NULL);

    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);

        if (u < 0x20 || (u >= 0x7f && u < 0xa0) || u == 0xfffe || u == 0xffff) {
            g_string_append_printf(s, "\\x%02x", u);
        } else {
            g_string_append_unichar(s, u);
        }
    }
    g_free(valid);
    return g_string_free(s, FALSE);
}

static void text(GString *s, int x, int y, const char *class, const char *what)
{
    char *tidy = clean(what);
    char *escaped = g_markup_escape_text(tidy, -1);

    g_string_append_printf(s,
                           "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n",
                           x, y, class, escaped);
    g_free(escaped);
    g_free(tidy);
}

static bool looped(const struct picture *p, const struct host_link *l)
{
    return g_hash_table_contains(p->looped, GINT_TO_POINTER(l->index));
}

static struct box *find(const struct picture *p, const struct host_link *l)
{
    for (guint i = 0; i < p->boxes->len; i++) {
        struct box *b = &g_array_index(p->boxes, struct box, i);

        if (b->link == l) {
            return b;
        }
    }
    return NULL;
}

static void place(struct picture *p, const struct host_link *l, int x, int y)
{
    struct box b = { .link = l, .x = x, .y = y };

    if (!find(p, l)) {
        g_array_append_val(p->boxes, b);
    }
}

/* From the middle of one side to that of another */
static void line(struct picture *p, int x1, int y1, int x2, int y2,
                 const char *class)
{
    g_string_append_printf(p->lines,
                           "<path class=\"%s\" d=\"M%d %d L%d %d\"/>\n", class,
                           x1, y1, x2, y2);
}

static bool is_guests(const struct host *h, const struct host_link *l)
{
    enum host_role role = host_role(h, l);

    return role == HOST_TAP || role == HOST_VIF;
}

static bool is_switch(const struct host *h, const struct host_link *l)
{
    enum host_role role = host_role(h, l);

    return role == HOST_BRIDGE || (role == HOST_OVS && !l->master);
}

/* "3.0", or "web" of web-emu; to be freed; NULL: nobody's */
static char *guest_of(const struct host_link *l)
{
    struct name_reading r[NAMES_READINGS];

    if (l->backend) {
        return g_strdup_printf("%u.%u", l->domid, l->devid);
    }
    if (!name_read(l->name, r)) {
        return NULL;
    }
    return r[0].vifname ? g_strndup(l->name + r[0].start, r[0].wish)
                        : g_strdup_printf("%u.%u", r[0].domid, r[0].devid);
}

/* By guest, 3.0 before 10.0, the emulated card first */
static int by_guest(const void *one, const void *other)
{
    const struct host_link *a = *(struct host_link *const *)one;
    const struct host_link *b = *(struct host_link *const *)other;
    char *ga = guest_of(a), *gb = guest_of(b);
    int order = strverscmp(ga ? ga : "", gb ? gb : "");

    g_free(ga);
    g_free(gb);
    if (!order && a->tap != b->tap) {
        order = a->tap ? -1 : 1;
    }
    return order ? order : a->index - b->index;
}

/* Ports of @b at one of its sides */
static GPtrArray *side(const struct picture *p, const struct host_link *b,
                       bool guests)
{
    GPtrArray *list = g_ptr_array_new();

    for (guint i = 0; i < p->host->links->len; i++) {
        struct host_link *l = p->host->links->pdata[i];

        if (l->master == b->index && l != b && !is_switch(p->host, l) &&
            is_guests(p->host, l) == guests) {
            g_ptr_array_add(list, l);
        }
    }
    if (guests) {
        g_ptr_array_sort(list, by_guest);
    }
    return list;
}

static const char *cable(const struct picture *p, const struct host_link *l,
                         const struct host_link *b)
{
    return looped(p, l) && looped(p, b) ? "cable loop" : "cable";
}

/* One guest's box beside its one or two interfaces */
static void draw_guest(struct picture *p, const char *guest, int top,
                       unsigned rows)
{
    int h = (int)(rows - 1) * ROW + BOX_H;

    g_string_append_printf(p->shapes,
                           "<rect class=\"guest\" x=\"%d\" y=\"%d\" "
                           "width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
                           GUEST_X, top, GUEST_W, h);
    text(p->shapes, GUEST_X + 8, top + h / 2 - 2, "small", "guest");
    text(p->shapes, GUEST_X + 8, top + h / 2 + 14, "name", guest);
}

static void draw_guests(struct picture *p, const GPtrArray *list)
{
    guint i = 0;

    while (i < list->len) {
        char *guest = guest_of(list->pdata[i]);
        unsigned rows = 0;
        bool same = true;

        while (same) {
            char *next;
            int y = p->y + (int)(i + rows) * ROW + BOX_H / 2;

            line(p, GUEST_X + GUEST_W, y, LEFT_X, y, "cable");
            rows++;
            next =
                i + rows < list->len ? guest_of(list->pdata[i + rows]) : NULL;
            same = guest && next && !strcmp(guest, next);
            g_free(next);
        }
        draw_guest(p, guest ? guest : "?", p->y + (int)i * ROW, rows);
        i += rows;
        g_free(guest);
    }
}

/* What is behind a port at the right, if it is no port itself */
static void draw_far(struct picture *p, const struct host_link *l, int y)
{
    const struct host_link *peer = host_peer(p->host, l);
    const struct host_link *next = peer     ? peer
                                   : l->far ? NULL
                                            : host_by_index(p->host, l->lower);
    int middle = y + BOX_H / 2;
    bool red = next && looped(p, l) && looped(p, next);

    if (l->far || (!next && host_role(p->host, l) == HOST_WIRE)) {
        line(p, RIGHT_X + BOX_W, middle, FAR_X, middle, "cable");
        text(p->shapes, FAR_X + 6, middle + 4, "small",
             l->far ? "in another namespace" : "the wire");
        return;
    }
    if (!next || next == l || next->master || is_switch(p->host, next) ||
        find(p, next)) {
        return;
    }
    place(p, next, FAR_X, y);
    find(p, next)->joined = true;
    find(p, l)->joined = true;
    line(p, RIGHT_X + BOX_W, middle, FAR_X, middle,
         red    ? "pair loop"
         : peer ? "pair"
                : "cable");
}

/* A bridge with what is on it, and the row below */
static void draw_bridge(struct picture *p, const struct host_link *b)
{
    GPtrArray *left = side(p, b, true), *right = side(p, b, false);
    guint rows = MAX(MAX(left->len, right->len), 1);
    bool red = looped(p, b);

    place(p, b, BRIDGE_X, p->y);
    g_string_append_printf(
        p->shapes,
        "<rect class=\"switch%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
        "height=\"%d\" rx=\"6\"/>\n",
        red ? " loop" : "", BRIDGE_X, p->y, BOX_W,
        (int)(rows - 1) * ROW + BOX_H);
    for (guint i = 0; i < left->len; i++) {
        int y = p->y + (int)i * ROW;

        place(p, left->pdata[i], LEFT_X, y);
        line(p, LEFT_X + BOX_W, y + BOX_H / 2, BRIDGE_X, y + BOX_H / 2,
             cable(p, left->pdata[i], b));
    }
    for (guint i = 0; i < right->len; i++) {
        int y = p->y + (int)i * ROW;

        place(p, right->pdata[i], RIGHT_X, y);
        line(p, BRIDGE_X + BOX_W, y + BOX_H / 2, RIGHT_X, y + BOX_H / 2,
             cable(p, right->pdata[i], b));
        draw_far(p, right->pdata[i], y);
    }
    draw_guests(p, left);
    p->y += (int)rows * ROW + GAP / 2;
    g_ptr_array_unref(left);
    g_ptr_array_unref(right);
}

/* Pairs of which both ends are in the picture, and no line yet */
static void draw_pairs(struct picture *p)
{
    for (guint i = 0; i < p->boxes->len; i++) {
        struct box *a = &g_array_index(p->boxes, struct box, i);
        const struct host_link *peer = host_peer(p->host, a->link);
        struct box *b = peer ? find(p, peer) : NULL;
        int lane = MARGIN_X + p->lanes * LANE;

        if (a->joined || !b || b->joined || b == a || a->x < RIGHT_X ||
            b->x < RIGHT_X) {
            continue;
        }
        a->joined = b->joined = true;
        p->lanes++;
        g_string_append_printf(
            p->lines, "<path class=\"pair%s\" d=\"M%d %d H%d V%d H%d\"/>\n",
            looped(p, a->link) && looped(p, b->link) ? " loop" : "",
            a->x + BOX_W, a->y + BOX_H / 2, lane, b->y + BOX_H / 2,
            b->x + BOX_W);
    }
}

/* In rows of four, what is a guest's or leads out and is on no bridge */
static void draw_rest(struct picture *p)
{
    static const int columns[] = { LEFT_X, BRIDGE_X, RIGHT_X, FAR_X };
    unsigned n = 0;

    for (guint i = 0; i < p->host->links->len; i++) {
        const struct host_link *l = p->host->links->pdata[i];

        if (l->master || find(p, l) || host_role(p->host, l) == HOST_OTHER) {
            continue;
        }
        if (!n) {
            text(p->shapes, EDGE, p->y + BOX_H / 2, "small", "on no");
            text(p->shapes, EDGE, p->y + BOX_H / 2 + 14, "small", "bridge");
        } else if (n % G_N_ELEMENTS(columns) == 0) {
            p->y += ROW;
        }
        place(p, l, columns[n++ % G_N_ELEMENTS(columns)], p->y);
    }
    p->y += n ? ROW + GAP / 2 : 0;
}

static const char *state(const struct host_link *l)
{
    return !l->up ? "down" : l->running ? "up" : "no carrier";
}

/* What hovering over it shows */
static void draw_title(GString *s, const struct host_link *l)
{
    char *name = clean(l->name), *mac = mac_text(l->mac);
    char *t =
        g_markup_printf_escaped("<title>%s: number %d, %s, %s</title>\n", name,
                                l->index, *l->kind ? l->kind : "a driver's own",
                                mac);

    g_string_append(s, t);
    g_free(t);
    g_free(mac);
    g_free(name);
}

static void draw_box(struct picture *p, const struct box *b)
{
    const struct host_link *l = b->link;
    const struct host_link *peer = host_peer(p->host, l);
    const char *role = host_role_word(host_role(p->host, l));
    char *about = g_strdup_printf("%s, %s, MTU %u", role, state(l), l->mtu);

    g_string_append_printf(p->shapes, "<g class=\"%s%s\">\n", role,
                           looped(p, l) ? " loop" : "");
    draw_title(p->shapes, l);
    if (!is_switch(p->host, l)) {
        g_string_append_printf(p->shapes,
                               "<rect x=\"%d\" y=\"%d\" width=\"%d\" "
                               "height=\"%d\" rx=\"6\"/>\n",
                               b->x, b->y, BOX_W, BOX_H);
    }
    text(p->shapes, b->x + 10, b->y + 18, "name", l->name);
    text(p->shapes, b->x + 10, b->y + 32, "small", about);
    g_free(about);
    if (peer && peer != l && !b->joined) {
        about = g_strdup_printf("other end: %s", peer->name);
        text(p->shapes, b->x + 10, b->y + 45, "small", about);
        g_free(about);
    }
    g_string_append(p->shapes, "</g>\n");
}

/* A finding, folded at blanks */
static void draw_finding(struct picture *p, const struct remark *r)
{
    static const char *const classes[] = {
        [REMARK_NOTE] = "note",
        [REMARK_WARNING] = "warning",
        [REMARK_ERROR] = "error",
    };
    char *whole = g_strdup_printf("%s: %s", r->key ? r->key : "", r->text);
    char **words = g_strsplit(whole, " ", -1);
    GString *s = g_string_new(NULL);

    for (char **w = words; *w; w++) {
        if (s->len && s->len + strlen(*w) > LETTERS) {
            text(p->shapes, EDGE, p->y, classes[r->severity], s->str);
            g_string_assign(s, "    ");
            p->y += LINE;
        }
        g_string_append_printf(s, "%s%s", s->len ? " " : "", *w);
    }
    text(p->shapes, EDGE, p->y, classes[r->severity], s->str);
    p->y += LINE;
    g_string_free(s, TRUE);
    g_strfreev(words);
    g_free(whole);
}

static void find_loops(struct picture *p)
{
    for (guint i = 0; i < p->host->links->len; i++) {
        GArray *way = host_loop_way(p->host, p->host->links->pdata[i]);

        for (guint k = 0; way && k < way->len; k++) {
            g_hash_table_add(p->looped,
                             GINT_TO_POINTER(g_array_index(way, int, k)));
        }
        if (way) {
            g_array_unref(way);
        }
    }
}

static const char style[] =
    "<style>\n"
    "text { font-family: monospace; font-size: 12px; fill: #222; }\n"
    ".name { font-size: 14px; font-weight: bold; }\n"
    ".small { font-size: 11px; }\n"
    ".error { fill: #c00; font-weight: bold; }\n"
    ".warning { fill: #a60; }\n"
    "rect { fill: #f4f4f4; stroke: #555; }\n"
    ".guest { fill: #fff; stroke-dasharray: 4 3; }\n"
    ".switch { fill: #dde6f2; stroke: #345; stroke-width: 2; }\n"
    ".tap rect { fill: #fdeecb; }\n"
    ".vif rect { fill: #dff0d8; }\n"
    ".wire rect { fill: #e6e6e6; }\n"
    ".loopback rect { fill: #eee0f4; }\n"
    "path { fill: none; stroke: #555; stroke-width: 2; }\n"
    ".pair { stroke-width: 5; stroke: #86a; }\n"
    "rect.loop, .loop rect, path.loop { stroke: #d00; stroke-width: 4; }\n"
    "</style>\n";

static char *document(const struct picture *p)
{
    int width = MARGIN_X + p->lanes * LANE + EDGE;

    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
        "height=\"%d\" viewBox=\"0 0 %d %d\">\n"
        "<title>vifctl doctor</title>\n%s"
        "<rect width=\"%d\" height=\"%d\" style=\"fill: #fff; stroke: none\"/>"
        "\n%s%s</svg>\n",
        width, p->y + EDGE, width, p->y + EDGE, style, width, p->y + EDGE,
        p->lines->str, p->shapes->str);
}

char *draw_svg(const struct host *h, const struct host_link *bridge,
               const GPtrArray *found)
{
    struct picture p = {
        .host = h,
        .boxes = g_array_new(FALSE, FALSE, sizeof(struct box)),
        .looped = g_hash_table_new(NULL, NULL),
        .lines = g_string_new(NULL),
        .shapes = g_string_new(NULL),
        .y = EDGE,
    };
    char *svg;

    find_loops(&p);
    for (guint i = 0; i < h->links->len; i++) {
        const struct host_link *l = h->links->pdata[i];

        if (is_switch(h, l) && (!bridge || l == bridge)) {
            draw_bridge(&p, l);
        }
    }
    if (!bridge) {
        draw_rest(&p);
    }
    draw_pairs(&p);
    for (guint i = 0; i < p.boxes->len; i++) {
        draw_box(&p, &g_array_index(p.boxes, struct box, i));
    }
    p.y += LINE / 2;
    for (guint i = 0; i < found->len; i++) {
        draw_finding(&p, found->pdata[i]);
    }
    svg = document(&p);
    g_array_unref(p.boxes);
    g_hash_table_unref(p.looped);
    g_string_free(p.lines, TRUE);
    g_string_free(p.shapes, TRUE);
    return svg;
}
