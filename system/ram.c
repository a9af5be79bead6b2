// SPDX-License-Identifier: MIT
/*
 * ram.c - host memory for guests: -object memory-backend-ram|file|memfd
 *
 * Nothing is reserved up front unless prealloc=on: a guest that uses little of
 * its memory costs little.
 */
#include "system/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/opts.h"
#include "system/vm.h"

static const char type_ram[] = "memory-backend-ram";
static const char type_file[] = "memory-backend-file";
static const char type_memfd[] = "memory-backend-memfd";

const char *const ram_types[] = { type_ram, type_file, type_memfd, NULL };

/* Accepted, because QEMU has them, without effect: merge .. host-nodes */
static const char *const known[] = {
    "qom-type",
    "id",
    "size",
    "share",
    "prealloc",
    "mem-path",
    "readonly",
    "hugetlb",
    "hugetlbsize",
    "seal",
    "align",
    "merge",
    "dump",
    "reserve",
    "prealloc-threads",
    "policy",
    "pmem",
    "discard-data",
    "host-nodes",
    "x-use-canonical-path-for-ramblock-id",
    NULL,
};

struct ram_opts {
    const char *path;
    uint64_t size, hugetlbsize;
    bool share, prealloc, readonly, hugetlb, seal;
};

static bool ram_read_opts(JsonObject *opts, const char *type,
                          struct ram_opts *o, GError **err)
{
    if (!opts_known(opts, known, err) ||
        !opts_str(opts, "mem-path", &o->path, err) ||
        !opts_size(opts, "size", 1, &o->size, err) ||
        !opts_size(opts, "hugetlbsize", 1, &o->hugetlbsize, err) ||
        !opts_bool(opts, "share", &o->share, err) ||
        !opts_bool(opts, "prealloc", &o->prealloc, err) ||
        !opts_bool(opts, "readonly", &o->readonly, err) ||
        !opts_bool(opts, "hugetlb", &o->hugetlb, err) ||
        !opts_bool(opts, "seal", &o->seal, err)) {
        return false;
    }
    if (!o->size || o->size > INT64_MAX) {
        return vm_fail(err, "property 'size' of %s must be given and not be 0",
                       type);
    }
    if (o->readonly && o->share) {
        return vm_fail(err,
                       "property 'readonly' needs share=off: guests write");
    }
    if ((type == type_file) != (o->path != NULL)) {
        return vm_fail(err, "property 'mem-path' is for %s, which needs it",
                       type_file);
    }
    return true;
}

/* A file in directory @dir that has no name any more */
static int open_in_dir(const char *dir)
{
    char *name = g_build_filename(dir, "vifemu-ram.XXXXXX", NULL);
    int fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0) {
        unlink(name);
    }
    g_free(name);
    return fd;
}

/* The backing file, at least o->size bytes long; -1 with @err */
static int open_file(const struct ram_opts *o, GError **err)
{
    int flags = o->readonly ? O_RDONLY : O_RDWR | O_CREAT;
    int fd = open(o->path, flags | O_CLOEXEC, 0644);
    struct stat st;

    if (fd < 0 && errno == EISDIR) {
        fd = open_in_dir(o->path);
    }
    if (fd < 0) {
        vm_fail(err, "cannot open mem-path '%s': %s", o->path,
                g_strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        vm_fail(err, "mem-path '%s' is not a regular file", o->path);
        goto fail;
    }
    if (st.st_size == 0 && !o->readonly) {
        if (ftruncate(fd, (off_t)o->size) < 0) {
            vm_fail(err, "cannot make mem-path '%s' %" PRIu64 " bytes: %s",
                    o->path, o->size, g_strerror(errno));
            goto fail;
        }
    } else if ((uint64_t)st.st_size < o->size) {
        vm_fail(err, "mem-path '%s' has %lld bytes, size= wants %" PRIu64,
                o->path, (long long)st.st_size, o->size);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

static int open_memfd(const struct ram_opts *o, GError **err)
{
    unsigned flags = MFD_CLOEXEC;
    int fd;

    flags |= o->seal ? MFD_ALLOW_SEALING : 0u;
    if (o->hugetlb) {
        flags |= MFD_HUGETLB;
        if (o->hugetlbsize) {
            flags |= (unsigned)__builtin_ctzll(o->hugetlbsize) << 26;
        }
    }
    fd = memfd_create("vifemu-ram", flags);
    if (fd < 0 || ftruncate(fd, (off_t)o->size) < 0) {
        vm_fail(err, "cannot make a memfd of %" PRIu64 " bytes: %s", o->size,
                g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    if (o->seal) {
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    }
    return fd;
}

/* @fd -1: anonymous */
static uint8_t *ram_map(int fd, const struct ram_opts *o, GError **err)
{
    int flags = o->share ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
    void *host;

    flags |= fd < 0 ? MAP_ANONYMOUS : 0;
    flags |= o->prealloc ? MAP_POPULATE : 0;
    host = mmap(NULL, o->size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (host == MAP_FAILED) {
        vm_fail(err, "cannot map %" PRIu64 " bytes of guest memory: %s",
                o->size, g_strerror(errno));
        return NULL;
    }
    madvise(host, o->size, MADV_DONTFORK);
    return host;
}

static struct ram *ram_new(const char *id, const char *type, int fd,
                           const struct ram_opts *o, GError **err)
{
    uint8_t *host = ram_map(fd, o, err);
    struct ram *r;

    if (!host) {
        return NULL;
    }
    r = g_new0(struct ram, 1);
    r->id = g_strdup(id);
    r->type = type;
    r->size = o->size;
    r->host = host;
    return r;
}

struct ram *ram_open(JsonObject *opts, GError **err)
{
    const char *type = NULL, *want = opts_peek(opts, "qom-type");
    struct ram_opts o = { 0 };
    struct ram *r;
    int fd = -1;

    for (unsigned i = 0; ram_types[i]; i++) {
        if (!g_strcmp0(want, ram_types[i])) {
            type = ram_types[i];
        }
    }
    if (!type) {
        vm_fail(err, "'%s' is not a memory backend", want ? want : "");
        return NULL;
    }
    o.share = type == type_memfd; /* QEMU's default for it */
    if (!ram_read_opts(opts, type, &o, err)) {
        return NULL;
    }
    if (o.hugetlbsize & (o.hugetlbsize - 1)) {
        vm_fail(err, "property 'hugetlbsize' must be a power of two");
        return NULL;
    }
    if (type != type_ram) {
        fd = type == type_file ? open_file(&o, err) : open_memfd(&o, err);
        if (fd < 0) {
            return NULL;
        }
    }
    r = ram_new(opts_peek(opts, "id"), type, fd, &o, err);
    if (fd >= 0) {
        close(fd);
    }
    return r;
}

struct ram *ram_anonymous(uint64_t size, GError **err)
{
    struct ram_opts o = { .size = size };

    return ram_new("pc.ram", type_ram, -1, &o, err);
}

void ram_close(struct ram *r)
{
    if (r) {
        munmap(r->host, r->size);
        g_free(r->id);
        g_free(r);
    }
}
