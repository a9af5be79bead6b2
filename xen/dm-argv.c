// SPDX-License-Identifier: MIT
/*
 * dm-argv.c - the command lines that vifemu-dm makes of its plan
 */
#include <string.h>

#include "system/opts.h"
#include "xen/dm-plan.h"

/* A descriptor's number, or what it is */
static char *fd_word(const struct dm_fds *fds, int fd, const char *what)
{
    return fds ? g_strdup_printf("%d", fd) : g_strdup_printf("<%s>", what);
}

static void add(GPtrArray *argv, const char *word)
{
    g_ptr_array_add(argv, g_strdup(word));
}

static void addf(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void addf(GPtrArray *argv, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Append a value with its commas doubled */
static void value_add(GString *s, const char *key, const char *value)
{
    g_string_append_printf(s, ",%s=", key);
    for (const char *c = value; *c; c++) {
        g_string_append(s, *c == ',' ? ",," : (char[]){ *c, '\0' });
    }
}

static char **strv(GPtrArray *argv)
{
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

/* QEMU's card in the place of ours has its name, or, of the 8139 family, that
 * of the only one that QEMU has; NULL: the word stays */
static char *stand_in(const struct dm_nic *n, const char *word)
{
    return g_str_has_prefix(n->model, "rtl8139-") &&
                   g_str_has_prefix(word, n->model)
               ? g_strconcat("rtl8139", word + strlen(n->model), NULL)
               : NULL;
}

/* The word of QEMU's that takes the place of libxl's word @i; NULL: the same */
static char *word_for(const struct dm_plan *p, const struct dm_fds *fds,
                      unsigned i)
{
    char *fd, *word = NULL;

    if (i && i == p->monitor) {
        fd = fd_word(fds, fds ? fds->monitor : -1, "monitor");
        word = g_strdup_printf("socket,id=libxl-cmd,fd=%s%s", fd,
                               p->probe ? "" : ",server=on,wait=off");
        g_free(fd);
        return word;
    }
    for (guint k = 0; k < p->nics->len; k++) {
        const struct dm_nic *n = p->nics->pdata[k];

        if (n->ours && n->word == i) {
            return stand_in(n, p->argv->pdata[i]);
        }
        if (n->ours && n->backend == i) {
            fd = fd_word(fds, fds ? fds->canary[k] : -1, "canary");
            word = g_strdup_printf("socket,id=%s,fd=%s", n->netdev, fd);
            g_free(fd);
            return word;
        }
    }
    return NULL;
}

char **dm_plan_qemu(const struct dm_plan *p, const char *qemu,
                    const struct dm_fds *fds)
{
    GPtrArray *argv = g_ptr_array_new();

    add(argv, qemu);
    if (p->ours && !p->stopped) {
        /* It runs when vifemu is attached: xen/dm-super.c */
        add(argv, "-S");
    }
    for (guint i = 1; i < p->argv->len; i++) {
        char *other = p->ours || p->probe ? word_for(p, fds, i) : NULL;
        bool withheld =
            p->ours && g_hash_table_contains(p->withheld, GUINT_TO_POINTER(i));

        if (other) {
            g_ptr_array_add(argv, other);
        } else if (!withheld) {
            add(argv, p->argv->pdata[i]);
        }
    }
    return strv(argv);
}

static void device_words(GPtrArray *argv, const struct dm_nic *n)
{
    GString *s = g_string_new(n->model);
    JsonObjectIter it;
    const char *key;

    value_add(s, "id", n->id);
    value_add(s, "netdev", n->netdev);
    if (n->mac) {
        value_add(s, "mac", n->mac);
    }
    if (!n->isa) {
        value_add(s, "addr", n->addr ? n->addr : "<slot>");
    }
    json_object_iter_init_ordered(&it, n->device);
    while (json_object_iter_next_ordered(&it, &key, NULL)) {
        value_add(s, key, opts_peek(n->device, key));
    }
    add(argv, "-device");
    g_ptr_array_add(argv, g_string_free(s, FALSE));
}

static void nic_words(GPtrArray *argv, const struct dm_nic *n,
                      const struct dm_fds *fds, unsigned k)
{
    char *tap = fd_word(fds, fds ? fds->tap[k] : -1, "tap");
    char *canary = fd_word(fds, fds ? fds->canary[k] : -1, "canary");

    add(argv, "-netdev");
    addf(argv, "tap,id=%s,fd=%s", n->netdev, tap);
    device_words(argv, n);
    if (n->policy == DM_BOTH) {
        add(argv, "-x-xen-canary");
        addf(argv, "%s=%s", n->id, canary);
    }
    g_free(tap);
    g_free(canary);
}

/* The rights that it gives up once it is set up.  It has no files of its own
 * then, so that libxl's -chroot says nothing to it */
static void rights_words(GPtrArray *argv, const char *user)
{
    GString *s = g_string_new("exit-with-parent=on,isolate=on");

    if (user) {
        value_add(s, "user", user);
    }
    add(argv, "-run-with");
    g_ptr_array_add(argv, g_string_free(s, FALSE));
    add(argv, "-xen-domid-restrict");
    add(argv, "-sandbox");
    add(argv, "on,open=deny");
}

char **dm_plan_vifemu(const struct dm_plan *p, const char *vifemu,
                      const char *user, const struct dm_fds *fds)
{
    GPtrArray *argv = g_ptr_array_new();
    char *qmp = fd_word(fds, fds ? fds->qmp : -1, "monitor");
    char *state = fd_word(fds, fds ? fds->state : -1, "state");

    add(argv, vifemu);
    add(argv, "-accel");
    add(argv, "xen");
    add(argv, "-xen-domid");
    addf(argv, "%u", p->domid);
    if (p->name) {
        GString *name = g_string_new(NULL);

        value_add(name, "guest", p->name);
        add(argv, "-name");
        add(argv, name->str + 1);
        g_string_free(name, TRUE);
    }
    add(argv, "-chardev");
    addf(argv, "socket,id=vifemu-dm,fd=%s", qmp);
    add(argv, "-mon");
    add(argv, "chardev=vifemu-dm,mode=control");
    for (guint k = 0; k < p->nics->len; k++) {
        const struct dm_nic *n = p->nics->pdata[k];

        if (n->ours) {
            nic_words(argv, n, fds, k);
        }
    }
    if (p->stopped) {
        add(argv, "-S");
    }
    if (fds ? fds->state >= 0 : p->incoming >= 0) {
        add(argv, "-incoming");
        addf(argv, "fd:%s", state);
    }
    rights_words(argv, user);
    g_free(qmp);
    g_free(state);
    return strv(argv);
}
