#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's driver ne2k-pci binds to model=ne2k_pci, takes interrupts, and TCP both ways
# brings the right bytes; vifemu is confined meanwhile
# suite: xen
# limit: 300
# dm: stock vifemu qemu

one_model ne2k_pci ne2k-pci
