#!/bin/bash
# SPDX-License-Identifier: MIT
# vifname= names both interfaces, mtu= reaches both, and rate= is what xl
# makes of it
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

# shellcheck disable=SC2034 # step reads DETAIL, and lib.sh DM

guest names "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,download" \
    "$(nic rtl8139),vifname=lan,mtu=1400,rate=10Mb/s"
step create || exit
expect_ports lan lan-emu

step_mtu() {
    DETAIL="$(cat /sys/class/net/lan/mtu) $(cat /sys/class/net/lan-emu/mtu)"
    [ "$DETAIL" = "1400 1400" ]
}

# Bytes in 50000 us
step_rate() {
    DETAIL=$(xenstore-read "/local/domain/0/backend/vif/$DOMID/0/rate")
    [ "$DETAIL" = "62500,50000" ]
}

step mtu
step rate
follow
step destroy
