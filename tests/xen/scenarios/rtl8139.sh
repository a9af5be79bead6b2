#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's driver 8139cp binds to model=rtl8139, takes interrupts, and TCP both ways
# brings the right bytes; vifemu is confined meanwhile
# suite: xen
# limit: 300
# dm: stock vifemu qemu

one_model rtl8139 8139cp
