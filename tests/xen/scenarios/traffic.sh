#!/bin/bash
# SPDX-License-Identifier: MIT
# Destroyed while traffic goes both ways, a guest leaves nothing behind
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

# shellcheck disable=SC2034 # step reads DETAIL, and lib.sh DM

guest traffic "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,traffic" "$(nic rtl8139)"
step create || exit
follow "@begin traffic" || exit

frames() {
    echo $(($(cat "/sys/class/net/vif$DOMID.0-emu/statistics/rx_packets") + \
        $(cat "/sys/class/net/vif$DOMID.0-emu/statistics/tx_packets")))
}

# In the middle of it, and not at its beginning
step_busy() {
    before=$(frames)
    until [ "$(frames)" -gt $((before + 100)) ]; do
        alive >/dev/null || return
        pause
    done
    DETAIL="$(($(frames) - before)) frames"
}

step busy
step destroy
