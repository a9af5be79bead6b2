#!/bin/bash
# SPDX-License-Identifier: MIT
# A TCP connection lives through xl save and restore of a guest with an
# emulated NIC
# suite: xen-full
# limit: 600

guest save "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,stream,ping" "$(nic rtl8139)"
saved_and_restored
