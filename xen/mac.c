// SPDX-License-Identifier: MIT
/*
 * mac.c - MAC addresses as the toolstacks read them, and as all write them
 *
 * xl takes six numbers with any one character between them, cuts each to 32
 * bits before it looks whether it fits a byte, and stores as it goes; xl of Xen
 * 4.5 and before looks at fixed columns and at nothing else; xend passes the
 * text on to those who want it properly.
 */
#include <stdlib.h>
#include <string.h>

#include "xen/vifspec.h"

enum { MAC_BYTES = 6, MAC_TEXT = 3 * MAC_BYTES - 1 };

/* What every toolstack understands, and people expect */
static bool is_proper(const char *text)
{
    for (unsigned i = 0; i < MAC_TEXT; i++) {
        bool good = i % 3 == 2 ? text[i] == ':' || text[i] == '-'
                               : g_ascii_isxdigit(text[i]) != 0;

        if (!good || (i % 3 == 2 && text[i] != text[2])) {
            return false;
        }
    }
    return text[MAC_TEXT] == '\0';
}

static enum mac_verdict read_numbers(const char *text, uint8_t mac[6],
                                     size_t *used)
{
    const char *p = text;

    for (unsigned i = 0; i < MAC_BYTES; i++) {
        char *end;
        uint32_t n = (uint32_t)strtoul(p, &end, 16);

        *used = (size_t)(p - text);
        if (end == p || n > UINT8_MAX) {
            return MAC_REJECTED;
        }
        *used = (size_t)(end - text);
        mac[i] = (uint8_t)n;
        /* xl would go on behind the end of the text */
        if (*end == '\0' && i + 1 < MAC_BYTES) {
            return MAC_REJECTED;
        }
        p = end + 1;
    }
    return MAC_LAX;
}

static enum mac_verdict read_columns(const char *text, uint8_t mac[6],
                                     size_t *used)
{
    size_t len = strlen(text);

    for (unsigned i = 0; i < MAC_BYTES; i++) {
        char pair[3] = { 0 };

        *used = MIN(len, 3 * i);
        if (3 * i >= len) {
            return MAC_REJECTED;
        }
        strncpy(pair, text + 3 * i, 2);
        mac[i] = (uint8_t)strtol(pair, NULL, 16);
    }
    *used = MIN(len, MAC_TEXT);
    return MAC_LAX;
}

enum mac_verdict mac_read(const char *text, enum dialect dialect,
                          uint8_t mac[6], size_t *used)
{
    enum mac_verdict verdict;

    *used = 0;
    if (dialect == DIALECT_XL_45) {
        verdict = read_columns(text, mac, used);
    } else if (dialect == DIALECT_XL || is_proper(text)) {
        verdict = read_numbers(text, mac, used);
    } else {
        verdict = MAC_REJECTED;
    }
    return is_proper(text) ? MAC_GOOD : verdict;
}

char *mac_text(const uint8_t mac[6])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                           mac[2], mac[3], mac[4], mac[5]);
}

void mac_random(uint8_t mac[6])
{
    guint32 r = g_random_int();

    mac[0] = 0x00;
    mac[1] = 0x16;
    mac[2] = 0x3e;
    mac[3] = (r >> 16) & 0x7f;
    mac[4] = (r >> 8) & 0xff;
    mac[5] = r & 0xff;
}
