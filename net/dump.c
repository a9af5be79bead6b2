// SPDX-License-Identifier: MIT
/*
 * dump.c - -object filter-dump: frames into a capture file
 *
 * The format is that of libpcap (pcap-savefile(5)).  The library itself would
 * come with nine others, a fifth of what this process has in memory, for two
 * headers.
 *
 * The file is brought up to date each time the event loop comes round, so that
 * it can be read while the machine runs without a write per frame.
 */
#include "net/filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "net/backends.h"
#include "system/loop.h"

enum { MAXLEN_DEFAULT = 65536, MAXLEN_MAX = 262144 };

/* pcap-savefile(5); in the byte order of the writer, which the magic shows */
struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snaplen, linktype;
};
_Static_assert(sizeof(struct file_header) == 24, "pcap-savefile(5)");

struct frame_header {
    uint32_t seconds, microseconds, caplen, len;
};
_Static_assert(sizeof(struct frame_header) == 16, "pcap-savefile(5)");

enum { LINKTYPE_ETHERNET = 1, VERSION_MAJOR = 2, VERSION_MINOR = 4 };

#define MAGIC 0xa1b2c3d4u

/**
 * struct dump - A capture file
 * @maxlen: Bytes kept of each frame
 * @buf:    Room for them
 * @flush:  Bring the file up to date
 */
struct dump {
    struct filter filter;
    FILE *file;
    struct loop_task *flush;
    char *path;
    size_t maxlen;
    uint8_t *buf;
};

static void dump_free(struct dump *d)
{
    loop_task_free(d->flush);
    if (d->file) {
        fclose(d->file);
    }
    g_free(d->path);
    g_free(d->buf);
    g_free(d);
}

static void dump_close(struct filter *f)
{
    dump_free((struct dump *)f);
}

static void dump_flush(void *opaque)
{
    struct dump *d = opaque;

    if ((fflush(d->file) || ferror(d->file)) && !d->filter.off) {
        g_printerr("filter-dump '%s': cannot write %s; it ends here\n",
                   d->filter.id, d->path);
        d->filter.off = true;
    }
}

static struct filter *dump_open(JsonObject *opts, GError **err)
{
    struct file_header head = {
        .magic = MAGIC,
        .major = VERSION_MAJOR,
        .minor = VERSION_MINOR,
        .linktype = LINKTYPE_ETHERNET,
    };
    const char *path = "qemu-vlan0.pcap";
    uint64_t maxlen = MAXLEN_DEFAULT;
    struct dump *d;

    if (!opts_str(opts, "file", &path, err) ||
        !opts_uint(opts, "maxlen", 1, MAXLEN_MAX, &maxlen, err)) {
        return NULL;
    }
    d = g_new0(struct dump, 1);
    d->path = g_strdup(path);
    d->maxlen = (size_t)maxlen;
    d->buf = g_malloc(d->maxlen);
    d->file = fopen(path, "we");
    if (!d->file) {
        netdev_fail(err, "property 'file': cannot open '%s': %s", path,
                    g_strerror(errno));
        dump_free(d);
        return NULL;
    }
    head.snaplen = (uint32_t)maxlen;
    fwrite(&head, sizeof(head), 1, d->file);
    d->flush = loop_task_new(dump_flush, d);
    dump_flush(d);
    return &d->filter;
}

static void dump_frame(struct filter *f, enum filter_queue dir,
                       const struct iovec *iov, unsigned n)
{
    struct dump *d = (struct dump *)f;
    struct frame_header h = { .len = (uint32_t)netdev_iov_len(iov, n) };
    struct timeval now;
    size_t have = 0;

    for (unsigned i = 0; i < n && have < d->maxlen; i++) {
        size_t part = MIN(iov[i].iov_len, d->maxlen - have);

        memcpy(d->buf + have, iov[i].iov_base, part);
        have += part;
    }
    gettimeofday(&now, NULL);
    h.seconds = (uint32_t)now.tv_sec;
    h.microseconds = (uint32_t)now.tv_usec;
    h.caplen = (uint32_t)have;
    fwrite(&h, sizeof(h), 1, d->file);
    fwrite(d->buf, 1, have, d->file);
    loop_task_wake(d->flush);
}

static const char *const dump_keys[] = { "file", "maxlen", NULL };

const struct filter_ops filter_dump = {
    .name = "filter-dump",
    .keys = dump_keys,
    .open = dump_open,
    .close = dump_close,
    .frame = dump_frame,
};
