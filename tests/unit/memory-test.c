// SPDX-License-Identifier: MIT
/*
 * memory-test.c - address spaces, RAM behind them, memory backends
 */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "system/machine.h"
#include "system/memory.h"
#include "system/opts.h"
#include "system/ram.h"

enum { MIB = 1 << 20 };

/* The RAM that machine_init() was given, and a region that logs accesses */
static struct ram *ram;
static GString *seen;

static uint32_t log_read(void *opaque, uint32_t off, unsigned size)
{
    g_string_append_printf(seen, "r%u@%x ", size, off);
    return 0x44332211;
}

static void log_write(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
    g_string_append_printf(seen, "w%u@%x=%x ", size, off, val);
}

static struct mem_region device = { .name = "device",
                                    .base = 0xe0000000,
                                    .size = 0x20,
                                    .read = log_read,
                                    .write = log_write };

static void assert_seen(const char *want)
{
    g_assert_cmpstr(seen->str, ==, want);
    g_string_truncate(seen, 0);
}

static void test_ram(void)
{
    uint8_t buf[16];
    size_t len = 8;

    g_assert_true(mem_ram(0x1000, &len) == ram->host + 0x1000);
    g_assert_cmpuint(len, ==, 8);
    len = 8;
    g_assert_true(mem_ram(4 * MIB - 3, &len) == ram->host + 4 * MIB - 3);
    g_assert_cmpuint(len, ==, 3);
    g_assert_null(mem_ram(4 * MIB, &len));
    g_assert_null(mem_ram(UINT64_MAX, &len));
    /* The VGA window and BIOS are no RAM */
    len = 32;
    g_assert_nonnull(mem_ram(0xa0000 - 16, &len));
    g_assert_cmpuint(len, ==, 16);
    g_assert_null(mem_ram(0xa0000, &len));
    g_assert_null(mem_ram(0xfffff, &len));
    g_assert_nonnull(mem_ram(0x100000, &len));
    g_assert_true(mem_dma_write(0x2000, "hello", 6));
    g_assert_true(mem_dma_read(0x2000, buf, 6));
    g_assert_cmpstr((char *)buf, ==, "hello");
    g_assert_false(mem_dma_read(4 * MIB - 4, buf, 8));
    g_assert_false(mem_dma_write(0xa0000 - 4, buf, 8));
    g_assert_false(mem_dma_read(device.base, buf, 4));
    g_assert_false(mem_dma_read(UINT64_MAX - 1, buf, 8));
    assert_seen("");
}

static void test_access(void)
{
    mem_store(MEM_SPACE_MEMORY, 0x3001, 8, 0x1122334455667788);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, 0x3001, 8), ==,
                    0x1122334455667788);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, 0x3003, 2), ==, 0x5566);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, 0x3001, 1), ==, 0x88);
    /* Over the end of RAM */
    mem_store(MEM_SPACE_MEMORY, 4 * MIB - 2, 4, 0xaabbccdd);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, 4 * MIB - 2, 4), ==, 0xccdd);
    /* Nothing there */
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, 0xf0000000, 8), ==, 0);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x1234, 4), ==, 0xffffffff);
    mem_store(MEM_SPACE_MEMORY, UINT64_MAX - 1, 8, 0);
    mem_store(MEM_SPACE_IO, 0xffff, 4, 0);
}

static void test_region(void)
{
    uint8_t buf[16];

    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, device.base + 4, 4), ==,
                    0x44332211);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, device.base + 5, 2), ==, 0x2211);
    mem_store(MEM_SPACE_MEMORY, device.base + 8, 8, 0x8877665544332211);
    assert_seen("r4@4 r2@5 w4@8=44332211 w4@c=88776655 ");
    mem_read(device.base + 1, buf, 8);
    assert_seen("r1@1 r2@2 r4@4 r1@8 ");
    mem_fill(device.base + 0x1e, 0x5a, 4);
    assert_seen("w2@1e=5a5a5a5a ");
    /* Across the end: the bytes that are there */
    mem_store(MEM_SPACE_MEMORY, device.base + 0x1e, 4, 0x04030201);
    assert_seen("w1@1e=1 w1@1f=2 ");
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, device.base + 0x1f, 4), ==,
                    0x11);
    assert_seen("r1@1f ");
    mem_unmap(MEM_SPACE_MEMORY, &device);
    g_assert_cmphex(mem_load(MEM_SPACE_MEMORY, device.base, 4), ==, 0);
    assert_seen("");
    mem_map(MEM_SPACE_MEMORY, &device);
}

/* RAM hides regions, the first region hides later ones */
static void test_overlap(void)
{
    struct mem_region over = device, later = device;

    over.base = 0x200000;
    later.base = device.base + 8;
    later.read = NULL;
    mem_map(MEM_SPACE_MEMORY, &over);
    mem_map(MEM_SPACE_MEMORY, &later);
    mem_load(MEM_SPACE_MEMORY, 0x200000, 4);
    assert_seen("");
    mem_load(MEM_SPACE_MEMORY, device.base + 8, 4);
    assert_seen("r4@8 ");
    mem_unmap(MEM_SPACE_MEMORY, &over);
    mem_unmap(MEM_SPACE_MEMORY, &later);
}

static struct ram *make(const char *text, char **why)
{
    GError *err = NULL;
    JsonObject *o = opts_parse(text, "qom-type", &err);
    struct ram *r;

    g_assert_no_error(err);
    r = ram_open(o, &err);
    *why = err ? g_strdup(err->message) : NULL;
    g_clear_error(&err);
    json_object_unref(o);
    g_assert_true(!r == !!*why);
    return r;
}

/* @text must be refused with a message that has @part */
static void refused(const char *text, const char *part)
{
    char *why;

    g_assert_null(make(text, &why));
    if (!strstr(why, part)) {
        g_error("'%s' says '%s', not '%s'", text, why, part);
    }
    g_free(why);
}

static void test_backend_errors(void)
{
    refused("memory-backend-disk,id=m,size=1M", "is not a memory backend");
    refused("memory-backend-ram,id=m", "'size'");
    refused("memory-backend-ram,id=m,size=0", "'size'");
    refused("memory-backend-ram,id=m,size=1Q", "'1Q'");
    refused("memory-backend-ram,id=m,size=1M,foo=1", "'foo'");
    refused("memory-backend-ram,id=m,size=1M,share=maybe", "'maybe'");
    refused("memory-backend-ram,id=m,size=1M,mem-path=/x", "'mem-path'");
    refused("memory-backend-file,id=m,size=1M", "'mem-path'");
    refused("memory-backend-file,id=m,size=1M,mem-path=/nonexistent/x",
            "/nonexistent/x");
    refused("memory-backend-file,id=m,size=1M,mem-path=/dev/null",
            "not a regular file");
    refused("memory-backend-file,id=m,size=1M,mem-path=/x,readonly=on,"
            "share=on",
            "'readonly'");
    refused("memory-backend-memfd,id=m,size=1M,hugetlb=on,hugetlbsize=3K",
            "'hugetlbsize'");
    refused("memory-backend-ram,id=m,size=4E", "cannot map");
}

static void test_backend_file(void)
{
    char *path = NULL, *text, *why, *data = NULL;
    int fd = g_file_open_tmp("vifemu-mem-XXXXXX", &path, NULL);
    struct ram *r;
    gsize len;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    text = g_strdup_printf("memory-backend-file,id=m,size=64K,share=on,"
                           "mem-path=%s",
                           path);
    r = make(text, &why);
    g_assert_nonnull(r);
    g_assert_cmpstr(r->id, ==, "m");
    memcpy(r->host + 0x8000, "mark", 4);
    ram_close(r);
    g_assert_true(g_file_get_contents(path, &data, &len, NULL));
    g_assert_cmpuint(len, ==, 0x10000);
    g_assert_cmpmem(data + 0x8000, 4, "mark", 4);
    g_free(data);
    g_free(text);
    text =
        g_strdup_printf("memory-backend-file,id=m,size=128K,mem-path=%s", path);
    refused(text, "65536 bytes");
    unlink(path);
    g_free(text);
    g_free(path);
}

static void test_backend_memory(void)
{
    char *why;
    struct ram *r = make("memory-backend-memfd,id=a,size=2M,seal=on", &why);

    g_assert_nonnull(r);
    r->host[2 * MIB - 1] = 1;
    ram_close(r);
    r = make("memory-backend-ram,id=b,size=64G", &why); /* Not reserved */
    g_assert_nonnull(r);
    r->host[(UINT64_C(64) << 30) - 1] = 1;
    ram_close(r);
    r = make("{'qom-type': 'memory-backend-ram', 'id': 'c', 'size': 4096, "
             "'prealloc': true}",
             &why);
    g_assert_nonnull(r);
    g_assert_cmpuint(r->size, ==, 4096);
    ram_close(r);
}

int main(int argc, char **argv)
{
    static const struct machine_ops ops = { NULL };
    int rc;

    g_test_init(&argc, &argv, NULL);
    seen = g_string_new(NULL);
    ram = ram_anonymous(4 * MIB, NULL);
    machine_init("none", ram, &ops);
    mem_map(MEM_SPACE_MEMORY, &device);
    g_test_add_func("/memory/ram", test_ram);
    g_test_add_func("/memory/access", test_access);
    g_test_add_func("/memory/region", test_region);
    g_test_add_func("/memory/overlap", test_overlap);
    g_test_add_func("/memory/backend/errors", test_backend_errors);
    g_test_add_func("/memory/backend/file", test_backend_file);
    g_test_add_func("/memory/backend/memory", test_backend_memory);
    rc = g_test_run();
    ram_close(ram);
    g_string_free(seen, TRUE);
    return rc;
}
