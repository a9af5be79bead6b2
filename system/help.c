// SPDX-License-Identifier: MIT
/*
 * help.c - texts made from the tables: device help
 */
#include <glib.h>
#include <string.h>

#include "system/nicdev.h"
#include "system/options.h"

/* A default as -device help shows it: strings without their quotes */
static char *shown_default(const char *def)
{
    gsize n;

    if (!def || !*def) {
        return NULL;
    }
    n = strlen(def);
    return *def == '"' ? g_strndup(def + 1, n - 2) : g_strdup(def);
}

static char *model_help(const struct nic_model *m)
{
    GString *s = g_string_new(NULL);
    struct vm_prop p;

    g_string_append_printf(s, "%s options:\n", m->name);
    for (unsigned i = 0; nicdev_prop_at(m, i, &p); i++) {
        char *def = shown_default(p.def);
        char *key = g_strdup_printf("%s=<%s>", p.name, p.type);

        g_string_append_printf(s, "  %-28s - %s", key,
                               p.help ? p.help : "accepted, no effect");
        g_free(key);
        if (def) {
            g_string_append_printf(s, " (default: %s)", def);
        }
        g_string_append_c(s, '\n');
        g_free(def);
    }
    return g_string_free(s, FALSE);
}

char *options_device_help(const char *name)
{
    GString *s;

    if (name) {
        const struct nic_model *m = nicdev_model(name);

        return m ? model_help(m) : NULL;
    }
    s = g_string_new("Network devices:\n");
    for (unsigned i = 0; nic_models[i]; i++) {
        const struct nic_model *m = nic_models[i];

        g_string_append_printf(s, "name \"%s\", bus %s", m->name,
                               m->pci ? "PCI" : "ISA");
        if (m->alias) {
            g_string_append_printf(s, ", alias \"%s\"", m->alias);
        }
        g_string_append_printf(s, ", desc \"%s\"\n", m->desc);
    }
    return g_string_free(s, FALSE);
}
