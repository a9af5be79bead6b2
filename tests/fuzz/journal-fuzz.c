// SPDX-License-Identifier: MIT
/*
 * journal-fuzz.c - records of what vifctl was doing
 *
 * What is read must write back, and read again, as the same text.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xen/journal.h"

/* What people are told of an entry, and what it is on another interface */
static void look(const GPtrArray *all)
{
    for (guint i = 0; i < all->len; i++) {
        struct net_entry *e = all->pdata[i];
        struct net_entry *moved = net_entry_for(e, "eth0", "xenbr0");

        g_free(net_entry_text(moved));
        g_free(net_entry_target(e));
        MUST(net_entry_find(all, e) >= 0);
        net_entry_free(moved);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = g_strndup((const char *)data, size);
    struct journal *j = journal_read(text, NULL), *again;
    char *first, *second;

    g_free(text);
    if (!j) {
        return 0;
    }
    first = journal_write(j);
    again = journal_read(first, NULL);
    MUST(again);
    second = journal_write(again);
    MUST(!strcmp(first, second));
    if (j->before) {
        look(j->before->uplink.addresses);
        look(j->before->uplink.routes);
        bridge_pair_free(bridge_created(j->before));
        bridge_pair_free(bridge_destroyed(j->before));
        g_free(bridge_difference(j->before, again->before));
    }
    g_free(second);
    g_free(first);
    journal_free(again);
    journal_free(j);
    return 0;
}
