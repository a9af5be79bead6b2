#!/bin/bash
# SPDX-License-Identifier: MIT
# vifemu -accel xen beside a stock device model: a card in slot 6 of a paused
# domain
# suite: xen-full
# limit: 400
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL, and lib.sh DM

DM=stock
guest by-hand "xen_emul_unplug=never vifemu.driver=e1000 \
vifemu.steps=probe,ping,download,upload,interrupts"
step create -p || exit

# Or hvmloader does not see the card
step_paused() {
    DETAIL=$(xl list "$GUEST" | tail -n 1)
    [ "$DETAIL" != "${DETAIL#* --p--- }" ]
}

step paused

step_attach() {
    vifemu -accel xen -xen-domid "$DOMID" \
        -device "e1000,addr=6,netdev=n0,mac=$MAC:01" \
        -netdev "tap,id=n0,ifname=vif$DOMID.0-emu,script=no,downscript=no" \
        >/var/log/xen/by-hand.log 2>&1 &
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ ! -e "/sys/class/net/vif$DOMID.0-emu" ] || break
        sleep 0.5
    done
    ip link set "vif$DOMID.0-emu" master xenbr0 up || return
    # What it says last before it serves is not known here
    sleep 2
    DETAIL="process $(pidof vifemu)"
    pidof vifemu
}

step attach || exit
expect_ports "vif$DOMID.0-emu"
xl unpause "$GUEST"
follow
step destroy
