// SPDX-License-Identifier: MIT
/*
 * mapcache-test.c - a domain's memory, mapped a piece at a time
 */
#include "xen/mapcache.h"

#include <glib.h>
#include <string.h>

enum {
    CHUNK = MAPCACHE_PAGES * MAPCACHE_PAGE,
    BIG = 1 << 20, /* Guest frames that there can be */
};

static GHashTable *live; /* What is mapped: address -> pages */
static unsigned maps, unmaps;
static uint64_t hole = UINT64_MAX, last_gfn;
static bool nothing;

/* Frame g of the guest begins with g */
static void *fake_map(void *opaque, uint64_t gfn, unsigned n, bool *missing)
{
    uint8_t *p;

    maps++;
    last_gfn = gfn;
    if (nothing) {
        return NULL;
    }
    p = g_malloc0((gsize)n * MAPCACHE_PAGE);
    for (unsigned i = 0; i < n; i++) {
        uint64_t frame = gfn + i;

        missing[i] = frame == hole || frame >= BIG;
        memcpy(p + (size_t)i * MAPCACHE_PAGE, &frame, sizeof(frame));
    }
    g_hash_table_insert(live, p, GUINT_TO_POINTER(n));
    return p;
}

static void fake_unmap(void *opaque, void *p, unsigned n)
{
    unmaps++;
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(live, p)), ==, n);
    g_hash_table_remove(live, p);
    g_free(p);
}

static const struct mapcache_ops ops = { .map = fake_map, .unmap = fake_unmap };

static struct mapcache *begin(void)
{
    maps = unmaps = 0;
    hole = UINT64_MAX;
    nothing = false;
    return mapcache_new(&ops, NULL);
}

static void end(struct mapcache *c)
{
    mapcache_free(c);
    g_assert_cmpuint(g_hash_table_size(live), ==, 0);
}

static uint64_t frame_at(const uint8_t *p)
{
    uint64_t frame;

    memcpy(&frame, p, sizeof(frame));
    return frame;
}

static void test_found(void)
{
    struct mapcache *c = begin();
    size_t len = 100;
    uint8_t *p = mapcache_at(c, 0x5000, &len), *q;

    g_assert_cmpuint(frame_at(p), ==, 5);
    g_assert_cmpuint(len, ==, 100);
    g_assert_cmpuint(last_gfn, ==, 0);
    /* The next page is beside it, and nothing more is mapped for it */
    len = SIZE_MAX;
    q = mapcache_at(c, 0x6010, &len);
    g_assert_true(q == p + 0x1010);
    g_assert_cmpuint(len, ==, CHUNK - 0x6010);
    g_assert_cmpuint(maps, ==, 1);
    len = 8;
    g_assert_cmpuint(frame_at(mapcache_at(c, 5 * CHUNK, &len)), ==,
                     5 * MAPCACHE_PAGES);
    g_assert_cmpuint(maps, ==, 2);
    end(c);
}

/* What was not used for longest goes first, and never too much stays */
static void test_lru(void)
{
    struct mapcache *c = begin();
    struct mapcache_stats s;
    size_t len;

    for (uint64_t i = 0; i < MAPCACHE_CHUNKS; i++) {
        len = 1;
        g_assert_nonnull(mapcache_at(c, i * CHUNK, &len));
    }
    g_assert_cmpuint(maps, ==, MAPCACHE_CHUNKS);
    g_assert_cmpuint(unmaps, ==, 0);
    mapcache_at(c, 0, &len);
    mapcache_at(c, (uint64_t)MAPCACHE_CHUNKS * CHUNK, &len);
    g_assert_cmpuint(g_hash_table_size(live), ==, MAPCACHE_CHUNKS);
    maps = 0;
    mapcache_at(c, 0, &len);
    g_assert_cmpuint(maps, ==, 0);
    mapcache_at(c, CHUNK, &len);
    g_assert_cmpuint(maps, ==, 1);
    mapcache_stats(c, &s);
    g_assert_cmpuint(s.evicted, ==, 2);
    end(c);
}

/* All the buffers that a frame can have are there at once */
static void test_frame(void)
{
    enum { PIECES = 256 };
    struct mapcache *c = begin();
    uint8_t *p[2 * PIECES];
    size_t len;

    for (uint64_t i = 0; i < MAPCACHE_CHUNKS; i++) {
        len = 1;
        mapcache_at(c, i * CHUNK, &len);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(p); i++) {
        len = 1;
        p[i] = mapcache_at(c, (uint64_t)(3 * i + 7000) * CHUNK, &len);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(p); i++) {
        g_assert_cmpuint(frame_at(p[i]), ==,
                         (uint64_t)(3 * i + 7000) * MAPCACHE_PAGES);
    }
    end(c);
}

static void test_holes(void)
{
    struct mapcache *c = begin();
    uint8_t buf[8] = { 0 };
    size_t len = CHUNK;
    uint8_t *p;

    hole = 3;
    p = mapcache_at(c, 0x1000, &len);
    g_assert_cmpuint(len, ==, 0x2000);
    len = 8;
    g_assert_null(mapcache_at(c, 0x3000, &len));
    g_assert_nonnull(mapcache_at(c, 0x4000, &len));
    g_assert_false(mapcache_copy(c, 0x3000, buf, 8, false));
    g_assert_false(mapcache_copy(c, 0x3000, buf, 8, true));
    /* The guest gets memory there: it can be had, but nothing moves yet */
    hole = UINT64_MAX;
    g_assert_true(mapcache_copy(c, 0x3000, buf, 8, false));
    g_assert_cmpuint(buf[0], ==, 3);
    g_assert_cmpuint(frame_at(p), ==, 1);
    len = 8;
    g_assert_null(mapcache_at(c, 0x3000, &len));
    mapcache_settle(c);
    g_assert_cmpuint(g_hash_table_size(live), ==, 0);
    g_assert_nonnull(mapcache_at(c, 0x3000, &len));
    end(c);
}

/* Memory that is nowhere costs a try each time, and nothing that stays */
static void test_nowhere(void)
{
    struct mapcache *c = begin();
    uint8_t buf[16];
    size_t len = 8;

    g_assert_null(mapcache_at(c, (uint64_t)BIG * MAPCACHE_PAGE, &len));
    g_assert_cmpuint(maps, ==, 1);
    g_assert_cmpuint(unmaps, ==, 1);
    nothing = true;
    g_assert_null(mapcache_at(c, 0, &len));
    g_assert_false(mapcache_copy(c, 0, buf, 8, false));
    maps = 0;
    g_assert_null(mapcache_at(c, UINT64_MAX, &len));
    g_assert_null(mapcache_at(c, UINT64_C(1) << 52, &len));
    g_assert_false(mapcache_copy(c, UINT64_MAX - 4, buf, 8, true));
    g_assert_false(mapcache_copy(c, 0xff8, buf, 16, true));
    g_assert_cmpuint(maps, ==, 0);
    end(c);
}

static void test_flush(void)
{
    struct mapcache *c = begin();
    size_t len = 1;

    for (uint64_t i = 0; i < 20; i++) {
        mapcache_at(c, i * CHUNK, &len);
    }
    mapcache_flush(c);
    g_assert_cmpuint(g_hash_table_size(live), ==, 0);
    g_assert_nonnull(mapcache_at(c, 0, &len));
    g_assert_cmpuint(maps, ==, 21);
    end(c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    live = g_hash_table_new(NULL, NULL);
    g_test_add_func("/mapcache/found", test_found);
    g_test_add_func("/mapcache/lru", test_lru);
    g_test_add_func("/mapcache/frame", test_frame);
    g_test_add_func("/mapcache/holes", test_holes);
    g_test_add_func("/mapcache/nowhere", test_nowhere);
    g_test_add_func("/mapcache/flush", test_flush);
    return g_test_run();
}
