#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of a vifemu that was started by hand, which nobody looks after but its
# keeper: the guest goes on, the tap is gone, and nothing is left
# suite: xen-full
# limit: 400
# dm: vifemu

# QEMU has no card there
step_empty() {
    sees "*, vendor ffff, *"
}

by_hand by-hand-kill "vifemu.driver=8139cp vifemu.steps=probe,ping,ticks" \
    rtl8139,addr=6
follow "@tick" || exit
step kill-vifemu
expect_ports
step empty
step goes-on
step destroy
