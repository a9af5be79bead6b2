#!/bin/bash
# SPDX-License-Identifier: MIT
# After xl save and restore a guest that had unplugged its emulated NIC has
# its network again
# suite: xen-full
# limit: 600
# dm: stock vifemu qemu

guest save-unplug "vifemu.driver=xen-netfront \
vifemu.steps=probe,only-pv,ping,stream,ping,only-pv" "$(nic rtl8139)"
saved_and_restored
