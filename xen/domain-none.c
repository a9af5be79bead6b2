// SPDX-License-Identifier: MIT
/*
 * domain-none.c - no domain: a build without Xen's libraries
 */
#include "xen/domain.h"

const struct domain_ops *const domain_xen;
