#!/bin/bash
# SPDX-License-Identifier: MIT
# script=vif-emu wires both interfaces, and ip= keeps a guest from sending from
# another address
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

# shellcheck disable=SC2034 # step reads DETAIL

guest vif-emu "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,spoof,ping" "$(nic rtl8139),script=vif-emu,ip=10.9.0.2"
step create || exit
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
follow

# The card's chain ends with a rule that counts what it drops
step_dropped() {
    DETAIL=$(nft list chain bridge vifemu "vif$DOMID.0-emu" |
        grep -o "counter packets [1-9][0-9]*.*drop")
}

# The filter went with its interfaces
step_no_filter() {
    rules=$(nft list ruleset) || return
    DETAIL=$(echo "$rules" | grep "vif$DOMID\.0")
    [ -z "$DETAIL" ]
}

step dropped
step destroy
step no-filter
