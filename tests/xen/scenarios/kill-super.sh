#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of vifemu-dm's supervisor: vifemu ends with it, the guest goes on
# without its card, xl destroys it, and nothing is left
# suite: xen-full
# limit: 400
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL

guest kill-super "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,ticks" "$(nic rtl8139)"
step create || exit
follow "@tick" || exit

step_kill() {
    killed vifemu-dm vifemu-dm vifemu vifemu-keeper
}

# Nor the socket that the supervisor listened on
step_no_socket() {
    DETAIL=$(find /run/xen -name "qmp-*-$DOMID")
    [ -z "$DETAIL" ]
}

# vifemu has ended by itself; QEMU's card is in the slot
step_dead() {
    sees "*, command 0000, *"
}

step kill
step dead
step goes-on
step destroy
step no-socket
