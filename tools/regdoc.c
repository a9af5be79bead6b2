// SPDX-License-Identifier: MIT
/*
 * regdoc.c - print the register manual of a card, as Markdown
 *
 * From the same tables that the card runs on.  What it prints is kept in
 * docs/hw/ and compared with them by the suite "style".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hw/nic.h"

/* Cards that share their register files are described together */
static bool same_family(const struct nic_model *a, const struct nic_model *b)
{
    return a->regs == b->regs;
}

static const struct nic_model *find_model(const char *name)
{
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        if (!strcmp((*m)->name, name)) {
            return *m;
        }
    }
    return NULL;
}

/* Name every family by its first model */
static void list_families(FILE *to)
{
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        const struct nic_model *const *first = nic_models;

        while (!same_family(*first, *m)) {
            first++;
        }
        if (first == m) {
            fprintf(to, "%s\n", (*m)->name);
        }
    }
}

static void print_models(const struct nic_model *family)
{
    printf("| Model | What it is |\n|---|---|\n");
    for (const struct nic_model *const *m = nic_models; *m; m++) {
        if (same_family(*m, family)) {
            printf("| `%s` | %s |\n", (*m)->name, (*m)->desc);
        }
    }
    printf("\n");
}

/* Names of the cards in a mask of chips, or nothing if it is all of them */
static void print_chips(const struct nic_model *family, uint8_t chips)
{
    const char *comma = "";

    for (const struct nic_model *const *m = nic_models; *m && chips; m++) {
        if (same_family(*m, family) && ((*m)->chip & chips)) {
            printf("%s`%s`", comma, (*m)->name);
            comma = ", ";
        }
    }
}

/* How software sees a register, in the manuals' abbreviations */
static const char *access_of(const struct reg *r)
{
    if (r->dir == REG_WRITE) {
        return "WO";
    }
    if (r->rc && (r->rw | r->w1c | r->w1s | (uint32_t)(r->written != NULL))) {
        return "RW, RC";
    }
    if (!r->rc && (r->rw | r->w1c | r->w1s)) {
        return "RW";
    }
    if (r->rc || r->was_read) {
        return "RC";
    }
    return r->written && r->dir != REG_READ ? "RW" : "RO";
}

static void print_mask(const char *name, uint32_t mask, const struct reg *r,
                       const char **comma)
{
    if (mask) {
        printf("%s%s %0*" PRIx32, *comma, name, r->width * 2, mask);
        *comma = ", ";
    }
}

static void print_masks(const struct reg *r)
{
    const char *comma = "";

    print_mask("rw", r->rw, r, &comma);
    print_mask("w1c", r->w1c, r, &comma);
    print_mask("w1s", r->w1s, r, &comma);
    print_mask("rc", r->rc, r, &comma);
}

/* Resets that a register survives */
static void print_kept(uint8_t keep)
{
    static const char *const kind[] = { "power", "bus", "D3", "chip" };
    const char *comma = "";

    for (unsigned i = 0; i < NIC_N(kind); i++) {
        if (keep & 1u << i) {
            printf("%s%s", comma, kind[i]);
            comma = ", ";
        }
    }
}

static unsigned stride_of(const struct reg *r)
{
    return r->stride ? r->stride : r->width;
}

static void print_name(const struct reg *r)
{
    if (reg_count(r) > 1) {
        printf("%s[%u]", r->name, reg_count(r));
    } else {
        printf("%s", r->name);
    }
}

static void print_place(const struct reg *r)
{
    printf("| %05" PRIx32, r->offset);
    if (reg_count(r) > 1) {
        printf(" + %x*n", stride_of(r));
    }
    printf(" | ");
    print_name(r);
}

static bool is_alias(const struct reg *r)
{
    return r->alias;
}

static bool is_hidden(const struct reg *r)
{
    return r->hidden;
}

static bool is_own(const struct reg *r)
{
    return !r->alias && !r->hidden;
}

static bool has_rows(const struct regfile *rf, bool (*kind)(const struct reg *))
{
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (kind(r)) {
            return true;
        }
    }
    return false;
}

static void print_rows(const struct nic_model *m, const struct regfile *rf)
{
    if (!has_rows(rf, is_own)) {
        return;
    }
    printf("| Offset | Register | Bytes | Access | Reset | Masks | Survives "
           "| Only on | Reference | Title |\n"
           "|---|---|---|---|---|---|---|---|---|---|\n");
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (!is_own(r)) {
            continue;
        }
        print_place(r);
        printf(" | %u | %s | %0*" PRIx32 " | ", r->width, access_of(r),
               r->width * 2, r->reset);
        print_masks(r);
        printf(" | ");
        print_kept(r->keep);
        printf(" | ");
        print_chips(m, r->chips);
        printf(" | %s | %s |\n", r->ref, r->title);
    }
    printf("\n");
}

static void print_aliases(const struct regfile *rf)
{
    const char *last = "";

    if (!has_rows(rf, is_alias)) {
        return;
    }
    printf("Further addresses of the same registers:\n\n"
           "| Offset | Register |\n|---|---|\n");
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        /* One row per chip makes several of one alias */
        if (r->alias && strcmp(last, r->name) != 0) {
            print_place(r);
            printf(" |\n");
            last = r->name;
        }
    }
    printf("\n");
}

static void print_hidden(const struct regfile *rf)
{
    if (!has_rows(rf, is_hidden)) {
        return;
    }
    printf("State that no address reaches, but that is saved:\n\n"
           "| Name | Bytes | Reset | Largest | Survives | What it is |\n"
           "|---|---|---|---|---|---|\n");
    for (const struct reg *r = rf->reg; r < rf->reg + rf->n; r++) {
        if (!r->hidden) {
            continue;
        }
        printf("| `");
        print_name(r);
        printf("` | %u | %" PRIx32 " | ", r->width, r->reset);
        if (r->max) {
            printf("%" PRIx64, r->max);
        }
        printf(" | ");
        print_kept(r->keep);
        printf(" | %s |\n", r->title);
    }
    printf("\n");
}

static void print_events(const struct nic_model *m)
{
    printf("## Events\n\n"
           "What a trace shows beside register accesses and frames, and QMP "
           "counts.\n\n"
           "| Event | When |\n|---|---|\n");
    for (unsigned i = 0; i < m->n_events; i++) {
        printf("| `%s` | %s |\n", m->event[i].name, m->event[i].text);
    }
}

static void print_manual(const struct nic_model *m)
{
    printf("# Registers of `%s`\n\n"
           "Printed by `regdoc %s` from the tables that the model runs on; do "
           "not edit.\nNumbers are hexadecimal, except sizes.  A bit in no "
           "mask is read-only: rw can be\nwritten, w1c is cleared and w1s set "
           "by writing one, rc is cleared by reading.\n\n",
           m->name, m->name);
    print_models(m);
    for (const struct regfile *const *rf = m->regs; *rf; rf++) {
        printf("## %s\n\n", (*rf)->name);
        print_rows(m, *rf);
        print_aliases(*rf);
        print_hidden(*rf);
    }
    print_events(m);
}

int main(int argc, char **argv)
{
    const struct nic_model *m;

    if (argc != 2) {
        fprintf(stderr, "usage: regdoc MODEL\nMODEL is one of:\n");
        list_families(stderr);
        return 2;
    }
    m = find_model(argv[1]);
    if (!m) {
        fprintf(stderr, "regdoc: no model '%s'; there are:\n", argv[1]);
        list_families(stderr);
        return 2;
    }
    print_manual(m);
    if (fflush(stdout) || ferror(stdout)) {
        perror("regdoc: standard output");
        return 1;
    }
    return 0;
}
