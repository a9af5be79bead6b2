// SPDX-License-Identifier: MIT
/*
 * guest.c - a guest and its vifs: making, remarking, freeing
 */
#include "xen/guest.h"

/* A megabyte of garbage has something wrong in every second byte */
enum { REMARKS_MAX = 1000 };

static void vif_key_free(void *data)
{
    struct vif_key *k = data;

    g_free(k->key);
    g_free(k->value);
    g_free(k);
}

static void vif_free(void *data)
{
    struct vif *v = data;

    g_free(v->text);
    g_free(v->type);
    g_free(v->bridge);
    g_free(v->gatewaydev);
    g_free(v->model);
    g_free(v->vifname);
    g_free(v->script);
    g_free(v->ip);
    g_free(v->backend);
    g_free(v->vlan);
    g_free(v->rate);
    g_ptr_array_unref(v->rest);
    g_free(v);
}

void remark_free(void *remark)
{
    struct remark *r = remark;

    g_free(r->key);
    g_free(r->text);
    g_free(r);
}

void remark_add(GPtrArray *to, enum severity severity, struct place at,
                const char *key, const char *format, va_list args)
{
    struct remark *r = g_new0(struct remark, 1);

    r->severity = severity;
    r->at = at;
    r->key = g_strdup(key);
    r->text = g_strdup_vprintf(format, args);
    g_ptr_array_add(to, r);
}

static int by_place(const void *a, const void *b)
{
    const struct remark *x = *(struct remark *const *)a,
                        *y = *(struct remark *const *)b;

    if (x->at.line != y->at.line) {
        return x->at.line < y->at.line ? -1 : 1;
    }
    return (x->at.column > y->at.column) - (x->at.column < y->at.column);
}

void remarks_sort(GPtrArray *remarks)
{
    /* Stable: g_ptr_array_sort() merges */
    g_ptr_array_sort(remarks, by_place);
}

struct guest *guest_new(const char *file, enum dialect dialect)
{
    struct guest *g = g_new0(struct guest, 1);

    g->file = g_strdup(file);
    g->kind = GUEST_PV;
    g->dialect = dialect;
    g->platform_pci = true;
    g->vifs = g_ptr_array_new_with_free_func(vif_free);
    g->remarks = g_ptr_array_new_with_free_func(remark_free);
    return g;
}

void guest_free(struct guest *g)
{
    if (g == NULL) {
        return;
    }
    g_free(g->file);
    g_free(g->name);
    g_free(g->device_model_override);
    g_ptr_array_unref(g->vifs);
    g_ptr_array_unref(g->remarks);
    g_free(g);
}

struct vif *guest_add_vif(struct guest *g, struct place at)
{
    struct vif *v = g_new0(struct vif, 1);

    v->at = at;
    v->rest = g_ptr_array_new_with_free_func(vif_key_free);
    g_ptr_array_add(g->vifs, v);
    return v;
}

void guest_remark(struct guest *g, enum severity severity, struct place at,
                  const char *key, const char *format, ...)
{
    va_list args;

    if (g->remarks->len > REMARKS_MAX) {
        return;
    }
    if (g->remarks->len == REMARKS_MAX) {
        severity = REMARK_ERROR;
        key = NULL;
        format = "there is more to remark on than is shown";
    }
    va_start(args, format);
    remark_add(g->remarks, severity, at, key, format, args);
    va_end(args);
}

bool guest_has_error(const struct guest *g)
{
    for (unsigned i = 0; i < g->remarks->len; i++) {
        const struct remark *r = g_ptr_array_index(g->remarks, i);

        if (r->severity == REMARK_ERROR) {
            return true;
        }
    }
    return false;
}
