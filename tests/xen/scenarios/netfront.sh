#!/bin/bash
# SPDX-License-Identifier: MIT
# xm's type=netfront, after vifctl convert has made xl's words of it: a
# paravirtual NIC only
# suite: xen-full
# limit: 400
# dm: stock vifemu

# shellcheck disable=SC2034 # step reads DETAIL

guest netfront "vifemu.driver=xen-netfront \
vifemu.steps=probe,only-pv,ping,download" "type=netfront,mac=$MAC:01,bridge=xenbr0"

# xm has another word for what the guest is, too
step_convert() {
    sed "s/^type = /builder = /" "/tmp/$GUEST.cfg" >/tmp/xm.cfg
    DETAIL=$(vifctl convert --from xm --to xl /tmp/xm.cfg) || return
    also "$DETAIL"
    [[ "$DETAIL" == *"type=vif"* ]]
}

step convert || exit
step create || exit
expect_ports "vif$DOMID.0"
follow
step destroy
