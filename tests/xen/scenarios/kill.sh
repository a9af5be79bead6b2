#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of vifemu: the guest goes on without its card, xl works as before,
# and nothing is left
# suite: xen-full
# limit: 400
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL, and lib.sh DM

guest kill "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,ticks" "$(nic rtl8139)"
step create || exit
follow "@tick" || exit

# While a CPU of the guest waits for it.  Not its keeper, which is the same program
# and is to outlive it for a moment
step_kill() {
    kill -STOP "$(processes vifemu)"
    sleep 3
    killed vifemu vifemu vifemu-keeper
}

step_xl() {
    DETAIL=$(timeout 20 xl list "$GUEST" | tail -n 1) &&
        timeout 30 xl pause "$GUEST" && timeout 30 xl unpause "$GUEST"
}

step kill
step goes-on
step xl
follow "@tick"
step destroy
