#!/bin/bash
# SPDX-License-Identifier: MIT
# device_del takes one of two cards out of a running guest at once, and its tap
# goes with netdev_del, while the other card works
# suite: xen-full
# limit: 400
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL

by_hand withdraw "vifemu.driver=8139cp vifemu.next=e1000 \
vifemu.steps=probe,ping,next,ping,empty-slot,ping,download,interrupts" \
    rtl8139,addr=6 e1000,addr=7
follow "@begin empty-slot" || exit

# The card is gone when that is answered
step_device_del() {
    qmp '{"execute": "device_del", "arguments": {"id": "nic0"}}' &&
        qmp '{"execute": "query-pci"}' || return
    DETAIL=$(echo "$ANSWER" | grep -o '"qdev_id": *"[^"]*"' | tr '\n' ' ')
    [[ "$DETAIL" == *'"nic1"'* && "$DETAIL" != *'"nic0"'* ]] &&
        qmp '{"execute": "netdev_del", "arguments": {"id": "n0"}}'
}

step device-del
expect_ports "vif$DOMID.1-emu"
follow
step destroy
