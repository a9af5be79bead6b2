/* SPDX-License-Identifier: MIT */
/*
 * libvirt.h - vif specifications as libvirt itself reads and writes them
 *
 * libvirt's xl driver has a reader and a writer of xl's and xm's files of its
 * own (virsh domxml-from-native, domxml-to-native), and its rules are neither
 * xl's nor xend's.  Everything here is as in libvirt 9.0.
 */
#ifndef XEN_LIBVIRT_H
#define XEN_LIBVIRT_H

#include "xen/guest.h"

/* Where the driver makes a vif's credit: this many microseconds (libxl's) */
#define LIBVIRT_RATE_US 50000u

/**
 * libvirt_mac() - Six hexadecimal groups with colons, as an XML has them
 *
 * Return: whether it is one, and of one card (unicast)
 */
bool libvirt_mac(const char *text, uint8_t mac[6]);

/* Whether @text is an IPv4 or IPv6 address, without a prefix */
bool libvirt_ip(const char *text);

/**
 * libvirt_rate() - A rate as libvirt takes it: in KiB/s
 * @rate: "10MB/s@20ms"
 *
 * An interval is dropped, steps are of 1024, and a number without K, M or G is
 * taken as KiB.
 *
 * Return: false: libvirt refuses it
 */
bool libvirt_rate(const char *rate, uint64_t *kib);

/**
 * libvirt_bridge() - Take apart "BRIDGE.TAG" or "BRIDGE:TAG:TAG.."
 * @name:  Gets the bridge, to be freed by the caller
 * @trunk: Whether the tags came with colons
 * @tags:  Of unsigned; gets the tags, none for a plain name
 *
 * Return: false: a tag is no number; nothing is to be freed
 */
bool libvirt_bridge(const char *bridge, char **name, bool *trunk, GArray *tags);

/* Whether libvirt forgets this name of an interface when it keeps a domain: it
 * begins like those that it makes itself */
bool libvirt_forgets(const char *vifname);

/**
 * libvirt_spec_read() - A vif specification as libvirt would import it
 * @v:       An empty vif; gets the result
 * @dialect: Of the file: decides which type is "netfront"
 *
 * Return: NULL, or why libvirt refuses it; to be freed by the caller
 */
char *libvirt_spec_read(struct vif *v, const char *text, enum dialect dialect,
                        enum guest_kind kind);

/**
 * libvirt_spec_write() - What libvirt would export a vif as
 *
 * Return: a specification in libvirt's order of keys; to be freed by the caller
 */
char *libvirt_spec_write(const struct vif *v, enum dialect dialect,
                         enum guest_kind kind);

#endif
