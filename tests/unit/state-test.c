// SPDX-License-Identifier: MIT
/*
 * state-test.c - saving and loading, and states made to hurt; for every model
 */
#include <glib.h>
#include <string.h>

#include "hw/nic.h"

static bool no_dma_read(struct nic *n, gpa_t at, void *p, size_t len)
{
    return false;
}

static bool no_dma_write(struct nic *n, gpa_t at, const void *p, size_t len)
{
    return false;
}

static void ignore_irq(struct nic *n, bool level)
{
}

static uint64_t now(struct nic *n)
{
    return 1000;
}

static void ignore_timer(struct nic *n, unsigned id, uint64_t deadline)
{
}

static bool swallow(struct nic *n, struct nic_frame *f)
{
    return true;
}

static void ignore(struct nic *n)
{
}

static uint16_t no_sum(struct nic *n, const struct nic_rx *rx, size_t from,
                       size_t len)
{
    return 0;
}

static uint32_t no_fcs(struct nic *n, const struct nic_rx *rx, size_t len)
{
    return 0;
}

static void no_trace(struct nic *n, const struct nic_trace *t)
{
}

static const struct nic_host host = {
    .dma_read = no_dma_read,
    .dma_write = no_dma_write,
    .irq = ignore_irq,
    .now = now,
    .timer = ignore_timer,
    .send = swallow,
    .wake = ignore,
    .rx_ready = ignore,
    .pm = ignore,
    .sum = no_sum,
    .fcs = no_fcs,
    .trace = no_trace,
};

static struct nic *card_new(const struct nic_model *model)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
    struct nic *n = g_malloc0(model->size);

    memcpy(n->mac, mac, sizeof(mac));
    nic_init(n, model, &host);
    nic_reset(n, NIC_RESET_POWER);
    return n;
}

static GByteArray *save(struct nic *n)
{
    GByteArray *b = g_byte_array_new();

    g_byte_array_set_size(b, (guint)nic_save(n, NULL, 0));
    g_assert_cmpuint(nic_save(n, b->data, b->len), ==, b->len);
    return b;
}

/* Write all ones everywhere: as many rows as possible leave their reset value
 */
static void disturb(struct nic *n, uint32_t pattern)
{
    for (uint32_t at = 0; at < n->model->regs[0]->size; at += 4) {
        nic_write(n, 0, at, 4, pattern ^ at);
    }
}

static void test_table(gconstpointer arg)
{
    const struct nic_model *model = arg;

    for (const struct regfile *const *rf = model->regs; *rf; rf++) {
        g_assert_cmpstr(regs_check(*rf), ==, NULL);
    }
}

static void test_round_trip(gconstpointer arg)
{
    const uint32_t patterns[] = { 0x00000000, 0xa5a5a5a5, 0xfbffffff };

    for (unsigned i = 0; i < G_N_ELEMENTS(patterns); i++) {
        struct nic *a = card_new(arg), *b = card_new(arg);
        GByteArray *first, *second;

        disturb(a, patterns[i]);
        first = save(a);
        g_assert_cmpstr(nic_load(b, first->data, first->len), ==, NULL);
        second = save(b);
        g_assert_cmpmem(first->data, first->len, second->data, second->len);
        g_byte_array_unref(first);
        g_byte_array_unref(second);
        g_free(a);
        g_free(b);
    }
}

static void test_truncated(gconstpointer arg)
{
    struct nic *a = card_new(arg), *b = card_new(arg);
    GByteArray *state, *fresh, *after;

    fresh = save(b);
    disturb(a, 0xa5a5a5a5);
    state = save(a);
    for (guint len = 0; len < state->len; len += 1 + len / 64) {
        /* a heap copy, so that a sanitizer sees any step past its end */
        uint8_t *cut = g_memdup2(state->data, len ? len : 1);

        g_assert_nonnull(nic_load(b, cut, len));
        g_free(cut);
    }
    /* Nor may anything follow */
    g_byte_array_append(state, (const guint8 *)"", 1);
    g_assert_nonnull(nic_load(b, state->data, state->len));
    after = save(b);
    g_assert_cmpmem(fresh->data, fresh->len, after->data, after->len);
    g_byte_array_unref(fresh);
    g_byte_array_unref(state);
    g_byte_array_unref(after);
    g_free(a);
    g_free(b);
}

static void refuse(struct nic *n, const char *what, const void *p, size_t len)
{
    g_test_message("%s", what);
    g_assert_nonnull(nic_load(n, p, len));
}

static void test_lies(gconstpointer arg)
{
    struct nic *n = card_new(arg);
    const char unknown[] = "vifemu1\0\4NOPE\0\0\1\0\4\0\0\0\0\0";
    const char width[] = "vifemu1\0\6.pmcsr\0\0\1\0\3\0\0\0\0";
    const char element[] = "vifemu1\0\6.pmcsr\377\377\2\0\2\0\0\0\0\0";
    const char d1[] = "vifemu1\0\6.pmcsr\0\0\1\0\2\1\0\0";
    const char reserved[] = "vifemu1\0\6.pmcsr\0\0\1\0\2\20\0\0";
    const char timer[] = "vifemu1\0\6.timer\377\0\1\0\10\0\0\0\0\0\0\0\0\0";

    refuse(n, "another program's", "elsewhat", 8);
    refuse(n, "unknown name", unknown, sizeof(unknown) - 1);
    refuse(n, "width 3", width, sizeof(width) - 1);
    refuse(n, "element past the end", element, sizeof(element) - 1);
    refuse(n, "power state D1", d1, sizeof(d1) - 1);
    refuse(n, "bits that PMCSR has not", reserved, sizeof(reserved) - 1);
    refuse(n, "timer past the end", timer, sizeof(timer) - 1);
    g_free(n);
}

/* Any one byte changed: loaded or refused, never a fault */
static void test_flipped(gconstpointer arg)
{
    struct nic *a = card_new(arg), *b = card_new(arg);
    GByteArray *state;
    unsigned taken = 0, refused = 0;

    disturb(a, 0x5a5a5a5a);
    state = save(a);
    for (guint at = 0; at < state->len; at += 1 + at / 32) {
        const char *bad;

        state->data[at] ^= 0xff;
        bad = nic_load(b, state->data, state->len);
        *(bad ? &refused : &taken) += 1;
        disturb(b, 0xa5a5a5a5);
        state->data[at] ^= 0xff;
    }
    g_assert_cmpuint(refused, >, 0);
    g_assert_cmpuint(taken, >, 0);
    g_byte_array_unref(state);
    g_free(a);
    g_free(b);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*fn)(gconstpointer);
    } tests[] = {
        { "table", test_table },         { "round-trip", test_round_trip },
        { "truncated", test_truncated }, { "lies", test_lies },
        { "flipped", test_flipped },
    };

    g_test_init(&argc, &argv, NULL);
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
            g_autofree char *path =
                g_strdup_printf("/state/%s/%s", (*m)->name, tests[i].name);

            g_test_add_data_func(path, *m, tests[i].fn);
        }
    }
    return g_test_run();
}
