#!/bin/bash
# SPDX-License-Identifier: MIT
# boot="n": the card's option ROM fetches a program by TFTP and starts it
# suite: xen-full
# limit: 600
# dm: stock vifemu qemu
# xen: 4.17

# With Xen 4.20, and Debian 13's option ROMs, the emulated machine stood still in
# two of three boots, dom0 with it, in one of them on Xen's QEMU alone; then in
# none of four, with 20 guests.  Nobody knows why

netboot e1000
netboot rtl8139
