// SPDX-License-Identifier: MIT
/*
 * vifkey.c - the keys of a vif specification, and what a misspelt one may mean
 */
#include <string.h>

#include "xen/vifspec.h"

enum { WORD_MAX = 32 };

#define IN(dialect) (1u << (dialect))
#define IN_XL       IN(DIALECT_XL)
#define IN_BOTH_XL  (IN_XL | IN(DIALECT_XL_45))
#define IN_XM       IN(DIALECT_XM)
#define IN_ALL      (IN_BOTH_XL | IN_XM)

static const struct {
    const char *name;
    unsigned dialects;
} keys[] = {
    { "type", IN_ALL },
    { "mac", IN_ALL },
    { "bridge", IN_ALL },
    { "model", IN_ALL },
    { "vifname", IN_ALL },
    { "script", IN_ALL },
    { "ip", IN_ALL },
    { "backend", IN_ALL },
    { "rate", IN_ALL },
    { "accel", IN_ALL },
    { "gatewaydev", IN_BOTH_XL },
    { "netdev", IN_BOTH_XL },
    { "devid", IN_XL },
    { "mtu", IN_XL },
    { "vlan", IN_XL },
    { "trusted", IN_XL },
    { "untrusted", IN_XL },
    { "forwarddev", IN_XL },
    { "policy", IN_XM },
    { "label", IN_XM },
};

/* The rest of a key of coarse-grained lock-stepping, behind "colo_" */
static bool is_colo(const char *key, size_t len)
{
    static const char *const stems[] = {
        "sock_mirror_{id,ip,port}",
        "sock_compare_pri_in_{id,ip,port}",
        "sock_compare_sec_in_{id,ip,port}",
        "sock_compare_notify_{id,ip,port}",
        "sock_redirector0_{id,ip,port}",
        "sock_redirector1_{id,ip,port}",
        "sock_redirector2_{id,ip,port}",
        "sock_sec_redirector0_{id,ip,port}",
        "sock_sec_redirector1_{id,ip,port}",
        "filter_mirror_{queue,outdev}",
        "filter_redirector0_{queue,indev,outdev}",
        "filter_redirector1_{queue,indev,outdev}",
        "filter_sec_redirector0_{queue,indev,outdev}",
        "filter_sec_redirector1_{queue,indev,outdev}",
        "filter_sec_rewriter0_{queue}",
        "compare_{pri_in,sec_in,out,notify_dev}",
        "checkpoint_{host,port}",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(stems); i++) {
        const char *end = strchr(stems[i], '{'), *word = end + 1;
        size_t stem = (size_t)(end - stems[i]);

        if (len < stem || strncmp(key, stems[i], stem) != 0) {
            continue;
        }
        for (; *word; word += strcspn(word, ",}") + 1) {
            size_t n = strcspn(word, ",}");

            if (len - stem == n && !strncmp(key + stem, word, n)) {
                return true;
            }
        }
    }
    return false;
}

bool vif_key_known(const char *key, size_t len, enum dialect dialect)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if ((keys[i].dialects & IN(dialect)) && strlen(keys[i].name) == len &&
            !strncmp(keys[i].name, key, len)) {
            return true;
        }
    }
    return dialect == DIALECT_XL && len > 5 && !strncmp(key, "colo_", 5) &&
           is_colo(key + 5, len - 5);
}

unsigned word_distance(const char *a, size_t len, const char *b, unsigned max)
{
    unsigned row[3][WORD_MAX];
    size_t n = strlen(b);

    if (len + max < n || len > n + max || n >= WORD_MAX) {
        return max + 1;
    }
    for (size_t i = 0; i <= len; i++) {
        unsigned *now = row[i % 3], *before = row[(i + 2) % 3],
                 *two_before = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            char x = i ? g_ascii_tolower(a[i - 1]) : '\0';

            if (i == 0) {
                now[j] = (unsigned)j;
                continue;
            }
            now[j] = MIN(before[j], now[j - 1]) + 1;
            now[j] = MIN(now[j], before[j - 1] + (x != b[j - 1]));
            if (i > 1 && j > 1 && x == b[j - 2] &&
                g_ascii_tolower(a[i - 2]) == b[j - 1]) {
                now[j] = MIN(now[j], two_before[j - 2] + 1);
            }
        }
    }
    return MIN(row[len % 3][n], max + 1);
}

const char *vif_key_guess(const char *key, size_t len, enum dialect dialect)
{
    static const struct {
        const char *other, *key;
    } others[] = {
        { "br", "bridge" },      { "nictype", "type" },
        { "address", "mac" },    { "name", "vifname" },
        { "dev", "vifname" },    { "ifname", "vifname" },
        { "macaddr", "mac" },    { "ipaddr", "ip" },
        { "nicmodel", "model" }, { "interface", "vifname" },
    };
    const char *guess = NULL;
    unsigned best = len > 4 ? 3 : 2;

    while (len && g_ascii_isspace(key[0])) {
        key++;
        len--;
    }
    while (len && g_ascii_isspace(key[len - 1])) {
        len--;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        unsigned far = word_distance(key, len, keys[i].name, best);

        if ((keys[i].dialects & IN(dialect)) && far < best) {
            guess = keys[i].name;
            best = far;
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(others) && !guess; i++) {
        if (strlen(others[i].other) == len &&
            !g_ascii_strncasecmp(others[i].other, key, len)) {
            guess = others[i].key;
        }
    }
    return guess;
}
