#!/bin/bash
# SPDX-License-Identifier: MIT
# A card told to fetch a descriptor from memory that a balloon has given back
# finds nobody there, and the device model lives on
# suite: xen-full
# limit: 400
# dm: vifemu qemu

guest hole "xen_emul_unplug=never vifemu.driver=e1000 \
vifemu.steps=hole,probe,ping" "$(nic e1000)"
step create || exit
follow "@begin hole" || exit
xl mem-set "$GUEST" 160
follow
step destroy
