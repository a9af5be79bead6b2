// SPDX-License-Identifier: MIT
/*
 * dump.c - -object filter-dump: frames into a capture file, through libpcap
 *
 * The file is brought up to date each time the event loop comes round, so that
 * it can be read while the machine runs without a write per frame.
 */
#include "net/filter.h"

#include <pcap/pcap.h>
#include <string.h>
#include <sys/time.h>

#include "net/backends.h"
#include "system/loop.h"

enum { MAXLEN_DEFAULT = 65536, MAXLEN_MAX = 262144 };

/**
 * struct dump - A capture file
 * @maxlen: Bytes kept of each frame
 * @buf:    Room for them
 * @flush:  Bring the file up to date
 */
struct dump {
    struct filter filter;
    pcap_t *pcap;
    pcap_dumper_t *file;
    struct loop_task *flush;
    char *path;
    size_t maxlen;
    uint8_t *buf;
};

static void dump_free(struct dump *d)
{
    loop_task_free(d->flush);
    if (d->file) {
        pcap_dump_close(d->file);
    }
    if (d->pcap) {
        pcap_close(d->pcap);
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

    if (pcap_dump_flush(d->file) < 0 && !d->filter.off) {
        g_printerr("filter-dump '%s': cannot write %s; it ends here\n",
                   d->filter.id, d->path);
        d->filter.off = true;
    }
}

static struct filter *dump_open(JsonObject *opts, GError **err)
{
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
    d->pcap = pcap_open_dead(DLT_EN10MB, (int)maxlen);
    d->file = d->pcap ? pcap_dump_open(d->pcap, path) : NULL;
    if (!d->file) {
        netdev_fail(err, "property 'file': cannot open '%s': %s", path,
                    d->pcap ? pcap_geterr(d->pcap) : "out of memory");
        dump_free(d);
        return NULL;
    }
    d->flush = loop_task_new(dump_flush, d);
    dump_flush(d);
    return &d->filter;
}

static void dump_frame(struct filter *f, enum filter_queue dir,
                       const struct iovec *iov, unsigned n)
{
    struct dump *d = (struct dump *)f;
    struct pcap_pkthdr h = { .len = (bpf_u_int32)netdev_iov_len(iov, n) };
    size_t have = 0;

    for (unsigned i = 0; i < n && have < d->maxlen; i++) {
        size_t part = MIN(iov[i].iov_len, d->maxlen - have);

        memcpy(d->buf + have, iov[i].iov_base, part);
        have += part;
    }
    h.caplen = (bpf_u_int32)have;
    gettimeofday(&h.ts, NULL);
    pcap_dump((u_char *)d->file, &h, d->buf);
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
