#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of QEMU: everything else that serves the guest ends, too, and after xl
# destroy nothing is left
# suite: xen-full
# limit: 400

# shellcheck disable=SC2034 # step reads DETAIL

guest kill-qemu "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,ticks" "$(nic rtl8139)"
step create || exit
follow "@tick" || exit

# The tap goes with it
step_kill() {
    killed xen-qemu-system xen-qemu-system vifemu-dm vifemu vifemu-keeper
}

step_destroy_dead() {
    xl destroy "$GUEST"
    DETAIL=$(left_behind)
    [ -z "$DETAIL" ]
}

step kill
expect_ports "vif$DOMID.0"
step destroy-dead
