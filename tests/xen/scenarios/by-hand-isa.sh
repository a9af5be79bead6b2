#!/bin/bash
# SPDX-License-Identifier: MIT
# The same as by-hand for a card on ISA
# suite: xen-full
# limit: 400
# dm: vifemu
# guest: i386

by_hand by-hand-isa "vifemu.driver=ne vifemu.module=io=0x320,irq=10 \
vifemu.steps=probe,ping,download,upload,interrupts" \
    ne2k_isa,iobase=0x320,irq=10
follow
step destroy
