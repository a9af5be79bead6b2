/* SPDX-License-Identifier: MIT */
/*
 * convert.h - a guest's vifs as text for another toolstack
 */
#ifndef XEN_CONVERT_H
#define XEN_CONVERT_H

#include "xen/guest.h"

/**
 * enum convert_to - A format
 * @CONVERT_XL:      A vif list for xl >= 4.6
 * @CONVERT_XM:      A vif list for xm
 * @CONVERT_LIBVIRT: <interface> elements
 */
enum convert_to {
    CONVERT_XL,
    CONVERT_XM,
    CONVERT_LIBVIRT,
};

/* "xl", "xm" or "libvirt"; false: none of them */
bool convert_to_from_name(const char *name, enum convert_to *to);

/**
 * convert_guest() - Write the vifs of a guest
 * @lost: Gets a sentence for each thing that cannot be said there, with the
 *        number of the vif in front; may be NULL
 *
 * What @to would refuse, or read as something else than is meant, is among
 * @lost: the specifications are read again to find it.
 *
 * Return: lines that go as they are into a configuration; to be freed by the
 * caller
 */
char *convert_guest(const struct guest *g, enum convert_to to, GPtrArray *lost);

#endif
