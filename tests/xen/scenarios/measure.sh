#!/bin/bash
# SPDX-License-Identifier: MIT
# How many requests reach the device model for what a guest does, and how long
# that takes
# suite: xen-full
# limit: 900

measure e1000 e1000
measure rtl8139 8139cp
measure ne2k_pci ne2k-pci
