#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's driver e1000 binds to model=e1000, takes interrupts, and TCP both ways
# brings the right bytes; vifemu is confined meanwhile
# suite: xen
# limit: 300
# dm: stock vifemu qemu

one_model e1000 e1000
