#!/bin/bash
# SPDX-License-Identifier: MIT
# How often a guest wakes the device model with what it does, and how long that
# takes
# suite: xen-full
# limit: 900

measure e1000 e1000
measure rtl8139 8139cp
measure ne2k_pci ne2k-pci
