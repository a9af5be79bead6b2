// SPDX-License-Identifier: MIT
/*
 * filter-chardev.c - -object filter-mirror and filter-redirector: frames to
 * and from character devices
 *
 * On the device frames look as on -netdev stream, so one end of such a backend
 * does the work.  Frames that a device cannot take at once are lost: a
 * bystander must not hold up the machine.
 */
#include <string.h>

#include "net/backends.h"
#include "net/filter.h"
#include "system/chardev.h"

/**
 * struct tee - Either filter
 * @out: Where frames go, or NULL
 * @in:  Where frames come from, or NULL
 */
struct tee {
    struct filter filter;
    struct netdev *out, *in;
};

/* One end of a stream over a character device */
static struct netdev *stream_over(const char *key, JsonObject *opts,
                                  GError **err)
{
    const char *name = opts_peek(opts, key);
    struct chardev *c = chardev_take(name, err);
    JsonObject *to;
    struct netdev *nd = NULL;
    char *fd;

    if (!c) {
        goto out;
    }
    if (c->in < 0) {
        vm_fail(err, "-chardev '%s' is not a stream socket", name);
        goto out;
    }
    fd = g_strdup_printf("%d", c->in);
    to = json_object_new();
    json_object_set_string_member(to, "addr.type", "fd");
    json_object_set_string_member(to, "addr.str", fd);
    json_object_set_boolean_member(to, "server", c->listening);
    nd = netdev_stream.open(key, to, err);
    json_object_unref(to);
    g_free(fd);
out:
    if (!nd) {
        g_prefix_error(err, "property '%s': ", key);
    }
    return nd;
}

static void stream_end(struct netdev *nd)
{
    if (nd) {
        nd->peer_ops = NULL;
        nd->peer = NULL;
        nd->ops->close(nd);
    }
}

static void tee_close(struct filter *f)
{
    struct tee *t = (struct tee *)f;

    stream_end(t->out);
    stream_end(t->in);
    g_free(t);
}

static void tee_frame(struct filter *f, enum filter_queue dir,
                      const struct iovec *iov, unsigned n)
{
    struct tee *t = (struct tee *)f;

    if (!t->out) {
        return;
    }
    if (!t->out->ops->send(t->out, iov, n, NULL)) {
        t->out->tx_dropped++;
    }
    t->out->ops->push(t->out);
}

static void tee_flush(struct filter *f)
{
    struct tee *t = (struct tee *)f;

    if (t->in) {
        t->in->ops->flush(t->in);
    }
}

/* netdev_peer_ops: a frame came from the device */
static bool tee_receive(void *peer, const struct nic_rx *rx)
{
    struct tee *t = peer;
    enum filter_queue dir =
        t->filter.queue == FILTER_RX ? FILTER_RX : FILTER_TX;

    return t->filter.off ||
           filter_forward(t->filter.netdev, &t->filter, dir,
                          (const struct iovec *)rx->buf, rx->n);
}

static const struct netdev_peer_ops tee_peer = { .receive = tee_receive };

static struct filter *mirror_open(JsonObject *opts, GError **err)
{
    struct tee *t = g_new0(struct tee, 1);

    if (!opts_peek(opts, "outdev")) {
        vm_fail(err, "property 'outdev' is missing");
    } else {
        t->out = stream_over("outdev", opts, err);
    }
    if (!t->out) {
        tee_close(&t->filter);
        return NULL;
    }
    return &t->filter;
}

static struct filter *redirector_open(JsonObject *opts, GError **err)
{
    const char *in = opts_peek(opts, "indev"), *out = opts_peek(opts, "outdev");
    struct tee *t;

    if (!in && !out) {
        vm_fail(err, "property 'indev' or 'outdev' is missing");
        return NULL;
    }
    if (in && out && !strcmp(in, out)) {
        vm_fail(err, "properties 'indev' and 'outdev' must differ");
        return NULL;
    }
    t = g_new0(struct tee, 1);
    t->filter.takes = out != NULL;
    if (in) {
        t->in = stream_over("indev", opts, err);
    }
    if (out && (!in || t->in)) {
        t->out = stream_over("outdev", opts, err);
    }
    if ((in && !t->in) || (out && !t->out)) {
        tee_close(&t->filter);
        return NULL;
    }
    if (t->in) {
        netdev_plug(t->in, &tee_peer, t);
    }
    return &t->filter;
}

static const char *const mirror_keys[] = { "outdev", NULL };

const struct filter_ops filter_mirror = {
    .name = "filter-mirror",
    .keys = mirror_keys,
    .open = mirror_open,
    .close = tee_close,
    .frame = tee_frame,
};

static const char *const redirector_keys[] = { "indev", "outdev", NULL };

const struct filter_ops filter_redirector = {
    .name = "filter-redirector",
    .keys = redirector_keys,
    .open = redirector_open,
    .close = tee_close,
    .frame = tee_frame,
    .flush = tee_flush,
};
