#!/bin/bash
# SPDX-License-Identifier: MIT
# After xl save and restore a guest that had unplugged its emulated NIC has
# its network again
# suite: xen-full
# limit: 600

long_file
guest save-unplug "vifemu.driver=xen-netfront \
vifemu.steps=probe,only-pv,ping,stream,ping,only-pv" "$(nic rtl8139)"
step create || exit
follow "@begin stream" || exit
sleep 1
step save || exit
step restore || exit
follow
step destroy
