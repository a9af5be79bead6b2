/* SPDX-License-Identifier: MIT */
/*
 * dump.h - -object filter-dump: frames into a capture file
 */
#ifndef NET_DUMP_H
#define NET_DUMP_H

#include "net/filter.h"

extern const struct filter_ops filter_dump;

#endif
