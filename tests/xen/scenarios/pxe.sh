#!/bin/bash
# SPDX-License-Identifier: MIT
# boot="n": the card's option ROM fetches a program by TFTP and starts it
# suite: xen-full
# limit: 600
# dm: stock vifemu qemu

netboot e1000
netboot rtl8139
