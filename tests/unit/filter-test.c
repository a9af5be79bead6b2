// SPDX-License-Identifier: MIT
/*
 * filter-test.c - -object filter-*: capture files, buffers, mirrors
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef CONFIG_PCAP
#include <pcap/pcap.h>
#endif

#include "hw/gpa.h"
#include "net/filter.h"
#include "netdev-peer.h"
#include "system/chardev.h"
#include "system/loop.h"
#include "system/opts.h"

static char *dir; /* For capture files */

static bool add_filter(const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, "qom-type", NULL);
    bool ok = filter_add(opts, err);

    json_object_unref(opts);
    return ok;
}

static void G_GNUC_PRINTF(1, 2) must_add(const char *format, ...)
{
    GError *err = NULL;
    va_list ap;
    char *text;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    add_filter(text, &err);
    g_assert_no_error(err);
    g_free(text);
}

static void add_chardev(const char *id, int fd)
{
    char *text = g_strdup_printf("socket,id=%s,fd=%d", id, fd);
    JsonObject *opts = opts_parse(text, "backend", NULL);
    GError *err = NULL;

    chardev_new(opts, &err);
    g_assert_no_error(err);
    json_object_unref(opts);
    g_free(text);
}

static void test_errors(void)
{
    static const struct {
        const char *opts, *says;
    } bad[] = {
        { "filter-soup,id=f", "invalid object type: filter-soup" },
        { "filter-buffer,interval=1,netdev=n0", "'id' is missing" },
        { "filter-buffer,interval=1,id=f", "'netdev' is missing" },
        { "filter-buffer,interval=1,id=f,netdev=none",
          "'netdev' cannot be 'none'" },
        { "filter-buffer,interval=1,id=f,netdev=n0,queue=up",
          "it takes all, rx, tx" },
        { "filter-buffer,id=f,netdev=n0", "'interval' is missing" },
        { "filter-buffer,id=f,netdev=n0,interval=0", "'interval' cannot be" },
        { "filter-mirror,id=f,netdev=n0", "'outdev' is missing" },
        { "filter-mirror,id=f,netdev=n0,outdev=c9", "id 'c9'" },
        { "filter-mirror,id=f,netdev=n0,outdev=file", "not a stream socket" },
        { "filter-redirector,id=f,netdev=n0", "'indev' or 'outdev'" },
        { "filter-redirector,id=f,netdev=n0,indev=c,outdev=c", "must differ" },
#ifdef CONFIG_PCAP
        { "filter-dump,id=f,netdev=n0,file=/nonexistent/x", "/nonexistent/x" },
        { "filter-dump,id=f,netdev=n0,maxlen=0", "'maxlen' cannot be '0'" },
#endif
        { "filter-buffer,interval=1,id=f,netdev=n0,colour=1", "'colour'" },
    };
    struct netdev *nd = open_nd(NULL, "null,id=n0");
    JsonObject *file = opts_parse("null,id=file", "backend", NULL);

    g_assert_nonnull(chardev_new(file, NULL));
    json_object_unref(file);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *err = NULL;

        g_assert_false(add_filter(bad[i].opts, &err));
        g_assert_nonnull(err);
        if (!strstr(err->message, bad[i].says)) {
            g_test_message("%s: %s", bad[i].opts, err->message);
            g_test_fail();
        }
        g_error_free(err);
        g_assert_false(filter_exists("f"));
    }
    close_nd(nd);
}
#ifdef CONFIG_PCAP
static void check_dump(const char *path, unsigned n, const unsigned *caplen,
                       const unsigned *len)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, why);
    struct pcap_pkthdr *h;
    const u_char *data;
    unsigned i = 0;

    g_assert_nonnull(pcap);
    g_assert_cmpint(pcap_datalink(pcap), ==, DLT_EN10MB);
    while (pcap_next_ex(pcap, &h, &data) == 1) {
        g_assert_cmpuint(i, <, n);
        g_assert_cmpuint(h->caplen, ==, caplen[i]);
        g_assert_cmpuint(h->len, ==, len[i]);
        g_assert_cmpuint(data[0], ==, 0x42);
        i++;
    }
    g_assert_cmpuint(i, ==, n);
    pcap_close(pcap);
}

static void test_dump(void)
{
    static const unsigned all[] = { 64, 100, 64 }, len[] = { 64, 200, 64 };
    uint8_t frame[200];
    struct peer p;
    int fd[2];
    char *path[3], *opts;
    struct netdev *nd;
    GError *err = NULL;

    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const queue[] = { "all", "rx", "tx" };

        path[i] = g_build_filename(dir, queue[i], NULL);
        opts = g_strdup_printf("filter-dump,id=f%u,netdev=n0,file=%s,queue=%s"
                               ",maxlen=100",
                               i, path[i], queue[i]);
        add_filter(opts, &err);
        g_assert_no_error(err);
        g_free(opts);
    }
    memset(frame, 0x42, sizeof(frame));
    g_assert_true(send_nd(nd, frame, 64));
    g_assert_true(send_nd(nd, frame, 200));
    /* Offered twice, taken once */
    p.refuse = true;
    g_assert_cmpint(send(fd[1], frame, 64, 0), ==, 64);
    settle();
    p.refuse = false;
    netdev_flush(nd);
    settle();
    /* Readable while it is open */
    check_dump(path[0], 3, all, len);
    check_dump(path[1], 2, all, len);
    check_dump(path[2], 1, all + 2, len + 2);

    g_assert_true(filter_exists("f0"));
    g_assert_true(filter_del("f0", &err));
    g_assert_false(filter_del("f0", &err));
    g_clear_error(&err);
    close_nd(nd);
    g_assert_false(filter_exists("f1"));
    close(fd[1]);
    for (unsigned i = 0; i < 3; i++) {
        g_unlink(path[i]);
        g_free(path[i]);
    }
}
#endif

/* Frames wait for the interval, in both directions, within bounds */
static void test_buffer(void)
{
    struct peer p;
    uint8_t frame[200] = { 7 };
    int fd[2];
    struct netdev *nd;
    GError *err = NULL;

    make_pair(SOCK_DGRAM, fd);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    must_add("filter-buffer,id=f,netdev=n0,interval=1000");
    g_assert_cmpint(clock_next(), ==, INT64_MAX);
    for (unsigned i = 0; i < 5; i++) {
        g_assert_true(send_nd(nd, frame, 100 + i));
    }
    g_assert_cmpint(send(fd[1], frame, 77, 0), ==, 77);
    settle();
    g_assert_cmpint(recv(fd[1], frame, 200, 0), ==, -1);
    clock_advance_to(clock_now() + 999999);
    g_assert_cmpint(recv(fd[1], frame, 200, 0), ==, -1);
    g_assert_cmpuint(p.got, ==, 0);
    clock_advance_to(clock_now() + 1);
    for (unsigned i = 0; i < 5; i++) {
        g_assert_cmpint(recv(fd[1], frame, 200, 0), ==, 100 + i);
    }
    g_assert_cmpuint(p.got, ==, 1);

    /* A card that refuses gets them when it can */
    p.refuse = true;
    g_assert_cmpint(send(fd[1], frame, 78, 0), ==, 78);
    settle();
    clock_advance_to(clock_now() + 1000000);
    p.refuse = false;
    netdev_flush(nd);
    g_assert_cmpuint(p.got, ==, 2);
    g_assert_cmpuint(p.len, ==, 78);

    for (unsigned i = 0; i < 5000; i++) {
        g_assert_true(send_nd(nd, frame, 60));
    }
    g_assert_cmpuint(nd->tx_dropped, ==, 5000 - 4096);
    /* Deleted, it lets go what it has */
    g_assert_true(send_nd(nd, frame, 60));
    g_assert_true(filter_del("f", &err));
    g_assert_cmpint(recv(fd[1], frame, 200, 0), ==, 60);
    must_add("filter-buffer,id=f,netdev=n0,interval=1000");
    g_assert_true(send_nd(nd, frame, 60));
    close_nd(nd);
    close(fd[1]);
}

static void read_frame(int fd, const void *want, size_t len)
{
    uint8_t got[300];

    g_assert_cmpint(recv(fd, got, 4, 0), ==, 4);
    g_assert_cmpuint(be32_at(got), ==, len);
    g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, (ssize_t)len);
    g_assert_true(!memcmp(got, want, len));
}

static void test_mirror(void)
{
    struct peer p;
    uint8_t frame[200] = { 1, 2, 3 };
    int fd[2], tee[2];
    struct netdev *nd;

    make_pair(SOCK_DGRAM, fd);
    make_pair(SOCK_STREAM, tee);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    add_chardev("mirror", tee[0]);
    must_add("filter-mirror,id=f,netdev=n0,queue=tx,outdev=mirror");
    g_assert_cmpint(send(fd[1], frame, 22, 0), ==, 22);
    settle();
    g_assert_cmpuint(p.got, ==, 1);
    read_frame(tee[1], frame, 22);
    g_assert_true(send_nd(nd, frame, 100));
    g_assert_cmpint(recv(tee[1], frame, 1, 0), ==, -1);
    /* A bystander that does not read holds up nothing */
    for (unsigned i = 0; i < 5000; i++) {
        g_assert_cmpint(send(fd[1], frame, 200, 0), ==, 200);
        settle();
    }
    g_assert_cmpuint(p.got, ==, 5001);
    close(tee[1]);
    g_assert_cmpint(send(fd[1], frame, 200, 0), ==, 200);
    settle();
    g_assert_cmpuint(p.got, ==, 5002);
    close_nd(nd);
    close(fd[1]);
}

/* Out to one device, in from another, further down the chain */
static void test_redirector(void)
{
    struct peer p;
    uint8_t frame[200] = { 1, 2, 3 }, prefix[4];
    int fd[2], out[2], in[2], last[2];
    struct netdev *nd;

    make_pair(SOCK_DGRAM, fd);
    make_pair(SOCK_STREAM, out);
    make_pair(SOCK_STREAM, in);
    make_pair(SOCK_STREAM, last);
    nd = open_nd(&p, "socket,id=n0,fd=%d", fd[0]);
    add_chardev("out", out[0]);
    add_chardev("in", in[0]);
    add_chardev("last", last[0]);
    must_add("filter-redirector,id=f0,netdev=n0,queue=tx,outdev=out");
    must_add("filter-redirector,id=f1,netdev=n0,queue=tx,indev=in");
    g_assert_cmpint(send(fd[1], frame, 60, 0), ==, 60);
    settle();
    g_assert_cmpuint(p.got, ==, 0);
    read_frame(out[1], frame, 60);
    p.refuse = true;
    be32_store(prefix, 99);
    g_assert_cmpint(send(in[1], prefix, 4, 0), ==, 4);
    g_assert_cmpint(send(in[1], frame, 99, 0), ==, 99);
    settle();
    p.refuse = false;
    netdev_flush(nd);
    g_assert_cmpuint(p.got, ==, 1);
    g_assert_cmpuint(p.len, ==, 99);

    /* Toward the backend the last filter is the first */
    must_add("filter-redirector,id=f2,netdev=n0,queue=rx,outdev=last");
    g_assert_true(send_nd(nd, frame, 70));
    read_frame(last[1], frame, 70);
    g_assert_cmpint(recv(fd[1], frame, 1, 0), ==, -1);
    close_nd(nd);
    g_assert_false(filter_exists("f2"));
    close(fd[1]);
    close(out[1]);
    close(in[1]);
    close(last[1]);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    clock_set_manual();
    dir = g_dir_make_tmp("filter-test-XXXXXX", NULL);
    g_assert_nonnull(dir);
    g_test_add_func("/filter/errors", test_errors);
#ifdef CONFIG_PCAP
    g_test_add_func("/filter/dump", test_dump);
#endif
    g_test_add_func("/filter/buffer", test_buffer);
    g_test_add_func("/filter/mirror", test_mirror);
    g_test_add_func("/filter/redirector", test_redirector);
    status = g_test_run();
    chardev_close_all();
    g_rmdir(dir);
    g_free(dir);
    return status;
}
