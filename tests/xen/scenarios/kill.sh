#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of vifemu: the guest goes on with a card that nobody has set up, xl
# works as before, and nothing is left
# suite: xen-full
# limit: 600
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL

# iomem=relaxed: the guest looks at the card's registers beside its driver
killed_card() {
    guest "kill-$1" "xen_emul_unplug=never vifemu.driver=$2 iomem=relaxed \
vifemu.steps=probe,ping,ticks" "$(nic "$1")"
    step create || exit
    step alive
    step kill-vifemu
    step dead
    step goes-on
    step xl
    follow "@tick"
    step destroy
}

step_alive() {
    sees "*, register 0x*" && [[ "$DETAIL" != *" 0xFFFFFFFF" ]]
}

step_dead() {
    sees "*, command 0000, register 0xFFFFFFFF"
}

step_xl() {
    DETAIL=$(timeout 20 xl list "$GUEST" | tail -n 1) &&
        timeout 30 xl pause "$GUEST" && timeout 30 xl unpause "$GUEST"
}

killed_card rtl8139 8139cp
killed_card e1000 e1000
