// SPDX-License-Identifier: MIT
/*
 * dump.c - -object filter-dump: frames into a capture file, through libpcap
 *
 * The library brings libdbus, libsystemd, libgcrypt and six more into a
 * process, a seventh of all that ours has in memory.  So it is loaded with the
 * first capture.
 *
 * The file is brought up to date each time the event loop comes round, so that
 * it can be read while the machine runs without a write per frame.
 */
#include "net/filter.h"

#include <gmodule.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/time.h>

#include "net/backends.h"
#include "system/loop.h"

enum { MAXLEN_DEFAULT = 65536, MAXLEN_MAX = 262144 };

/* Its functions, under their own names; valid once pcap_load() said so */
static struct {
    GModule *module;
    __typeof__(pcap_open_dead) *open_dead;
    __typeof__(pcap_close) *close;
    __typeof__(pcap_geterr) *geterr;
    __typeof__(pcap_dump_open) *dump_open;
    __typeof__(pcap_dump_close) *dump_close;
    __typeof__(pcap_dump_flush) *dump_flush;
    __typeof__(pcap_dump) *dump;
} pcap;

static bool pcap_load(GError **err)
{
    const struct {
        const char *name;
        void *function;
    } symbols[] = {
        { "pcap_open_dead", &pcap.open_dead },
        { "pcap_close", &pcap.close },
        { "pcap_geterr", &pcap.geterr },
        { "pcap_dump_open", &pcap.dump_open },
        { "pcap_dump_close", &pcap.dump_close },
        { "pcap_dump_flush", &pcap.dump_flush },
        { "pcap_dump", &pcap.dump },
    };
    GModule *m;

    if (pcap.module) {
        return true;
    }
    m = g_module_open("libpcap.so.0.8", G_MODULE_BIND_LOCAL); /* Debian's */
    if (!m) {
        m = g_module_open("libpcap.so.1", G_MODULE_BIND_LOCAL);
    }
    for (unsigned i = 0; m && i < G_N_ELEMENTS(symbols); i++) {
        if (!g_module_symbol(m, symbols[i].name, symbols[i].function)) {
            g_module_close(m);
            m = NULL;
        }
    }
    if (!m) {
        return vm_fail(err, "it needs libpcap: %s", g_module_error());
    }
    pcap.module = m;
    return true;
}

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
        pcap.dump_close(d->file);
    }
    if (d->pcap) {
        pcap.close(d->pcap);
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

    if (pcap.dump_flush(d->file) < 0 && !d->filter.off) {
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
        !opts_uint(opts, "maxlen", 1, MAXLEN_MAX, &maxlen, err) ||
        !pcap_load(err)) {
        return NULL;
    }
    d = g_new0(struct dump, 1);
    d->path = g_strdup(path);
    d->maxlen = (size_t)maxlen;
    d->buf = g_malloc(d->maxlen);
    d->pcap = pcap.open_dead(DLT_EN10MB, (int)maxlen);
    d->file = d->pcap ? pcap.dump_open(d->pcap, path) : NULL;
    if (!d->file) {
        vm_fail(err, "property 'file': cannot open '%s': %s", path,
                d->pcap ? pcap.geterr(d->pcap) : "out of memory");
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
    pcap.dump((u_char *)d->file, &h, d->buf);
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
