/* SPDX-License-Identifier: MIT */
/*
 * netkey.h - how the keys of net entries are made, between netentry.c and
 * netstate.c
 */
#ifndef XEN_NETKEY_H
#define XEN_NETKEY_H

#include "xen/netstate.h"

/* Size of the header of a key */
size_t net_key_header(bool route);

/* Whether keys have attribute @type: the kernel tells it, and takes it back */
bool net_key_wants(uint16_t type, bool route);

/* Append an attribute */
void net_key_put(GByteArray *key, uint16_t type, const void *data, size_t len);

/* Whether @p is a key: whole, and of attributes that keys have */
bool net_key_ok(const uint8_t *p, size_t len, bool route);

#endif
