// SPDX-License-Identifier: MIT
/*
 * dm-settings.c - what an administrator can choose about vifemu-dm
 *
 * Three places, each of which overrides what the one before it says: the
 * configuration file, the environment (VIFEMU_DM_QEMU, in tools/vifemu-dm.c),
 * and -vifemu among the words of device_model_args_hvm of one domain.
 */
#include <string.h>

#include "system/opts.h"
#include "system/vm-error.h"
#include "xen/dm-plan.h"

#define FILE_GROUP "vifemu-dm"

struct dm_settings *dm_settings_new(const char *vifemu)
{
    struct dm_settings *s = g_new0(struct dm_settings, 1);

    s->vifemu = g_strdup(vifemu);
    s->log_dir = g_strdup("/var/log/xen");
    s->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return s;
}

void dm_settings_free(struct dm_settings *s)
{
    if (!s) {
        return;
    }
    g_free(s->qemu);
    g_free(s->vifemu);
    g_free(s->user);
    g_free(s->log_dir);
    g_hash_table_unref(s->policies);
    g_free(s);
}

const char *dm_policy_word(enum dm_policy policy)
{
    static const char *const words[] = {
        [DM_BOTH] = "both",
        [DM_EMULATED] = "emulated",
        [DM_QEMU] = "qemu",
    };

    return words[policy];
}

static bool policy_find(const char *key, const char *word,
                        enum dm_policy *policy, GError **err)
{
    for (unsigned i = DM_BOTH; i <= DM_QEMU; i++) {
        if (!strcmp(word, dm_policy_word((enum dm_policy)i))) {
            *policy = (enum dm_policy)i;
            return true;
        }
    }
    if (!strcmp(word, "pv")) {
        return vm_fail(err,
                       "%s cannot be 'pv' here: libxl has decided that there "
                       "is an emulated card; say type=vif in the vif line",
                       key);
    }
    return vm_fail(err, "%s cannot be '%s': it is both, emulated or qemu", key,
                   word);
}

static bool set(char **to, const char *key, const char *value, bool path,
                GError **err)
{
    if (path && !g_path_is_absolute(value)) {
        return vm_fail(err, "%s cannot be '%s': it is an absolute path", key,
                       value);
    }
    g_free(*to);
    *to = g_strdup(value);
    return true;
}

/* Is @key "nic" and a number */
static bool is_nic(const char *key)
{
    return g_str_has_prefix(key, "nic") && key[3] &&
           strspn(key + 3, "0123456789") == strlen(key + 3);
}

static bool settings_set(struct dm_settings *s, const char *key,
                         const char *value, GError **err)
{
    enum dm_policy policy = DM_BOTH;

    if (!strcmp(key, "qemu")) {
        return set(&s->qemu, key, value, true, err);
    }
    if (!strcmp(key, "vifemu")) {
        return set(&s->vifemu, key, value, true, err);
    }
    if (!strcmp(key, "log-dir")) {
        return set(&s->log_dir, key, value, true, err);
    }
    if (!strcmp(key, "user")) {
        return set(&s->user, key, value, false, err);
    }
    if (!strcmp(key, "nics")) {
        return policy_find(key, value, &s->policy, err);
    }
    if (!is_nic(key)) {
        return vm_fail(err,
                       "'%s' is none of nics, nicN, qemu, vifemu, user, "
                       "log-dir",
                       key);
    }
    if (!policy_find(key, value, &policy, err)) {
        return false;
    }
    g_hash_table_replace(s->policies, g_strdup(key), GINT_TO_POINTER(policy));
    return true;
}

/* The members of the file's group */
static bool file_members(struct dm_settings *s, GKeyFile *file, GError **err)
{
    char **keys = g_key_file_get_keys(file, FILE_GROUP, NULL, err);
    bool ok = keys != NULL;

    for (char **k = keys; ok && *k; k++) {
        char *value = g_key_file_get_string(file, FILE_GROUP, *k, err);

        /* What nic0 is differs from guest to guest */
        ok = value && (is_nic(*k) ? vm_fail(err,
                                            "'%s' goes into -vifemu of one "
                                            "guest; nics is for all cards",
                                            *k)
                                  : settings_set(s, *k, value, err));
        g_free(value);
    }
    g_strfreev(keys);
    return ok;
}

bool dm_settings_file(struct dm_settings *s, const char *path, GError **err)
{
    GKeyFile *file = g_key_file_new();
    GError *why = NULL;
    bool ok = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why) &&
              file_members(s, file, &why);

    g_key_file_unref(file);
    if (!ok && g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_error_free(why);
        return true;
    }
    if (!ok) {
        g_propagate_prefixed_error(err, why, "%s: ", path);
    }
    return ok;
}

bool dm_settings_option(struct dm_settings *s, const char *text, GError **err)
{
    JsonObject *opts = opts_parse(text, NULL, err);
    JsonObjectIter it;
    const char *key;
    bool ok = opts != NULL;

    if (!opts) {
        g_prefix_error(err, "-vifemu: ");
        return false;
    }
    json_object_iter_init_ordered(&it, opts);
    while (ok && json_object_iter_next_ordered(&it, &key, NULL)) {
        ok = settings_set(s, key, opts_peek(opts, key), err);
    }
    if (!ok) {
        g_prefix_error(err, "-vifemu: ");
    }
    json_object_unref(opts);
    return ok;
}
