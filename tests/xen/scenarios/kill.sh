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

# Not its keeper, which is the same program and is to outlive it for a moment
step_kill() {
    kill -9 "$(processes vifemu)" || return
    for _ in 1 2 3 4 5 6 7 8; do
        DETAIL=$(processes vifemu)$(processes vifemu-keeper)
        [ -n "$DETAIL" ] || return 0
        sleep 0.5
    done
    DETAIL="left: process $DETAIL"
    return 1
}

# Lines that the guest has printed after that; it tries to send with each
step_goes_on() {
    before=$SECONDS
    follow "@tick" && follow "@tick" && follow "@tick" || return
    DETAIL="three ticks in $((SECONDS - before)) s"
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
