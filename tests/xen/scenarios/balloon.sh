#!/bin/bash
# SPDX-License-Identifier: MIT
# When a balloon has given back memory, vifemu unmaps what it had mapped of the
# guest's, and maps again what its card needs
# suite: xen-full
# limit: 400
# dm: vifemu

# shellcheck disable=SC2034 # step reads DETAIL

by_hand balloon "vifemu.driver=8139cp \
vifemu.steps=probe,ping,given-back,ping,download" rtl8139,addr=6
follow "@begin given-back" || exit

# What -accel xen counted under the name $1
count() {
    qmp '{"execute": "x-vifemu-accel"}' || return
    [[ "$ANSWER" =~ \"$1\":\ *([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

step_mapped() {
    maps=$(count maps) flushed=$(count maps-flushed) told=$(count invalidate)
    DETAIL="$maps chunks so far"
    [ "$maps" -gt 0 ]
}

step_unmapped() {
    DETAIL="Xen said so $(($(count invalidate) - told)) times,\
 unmapped $(($(count maps-flushed) - flushed)) times,\
 mapped $(($(count maps) - maps)) chunks"
    [ "$(count invalidate)" -gt "$told" ] &&
        [ "$(count maps-flushed)" -gt "$flushed" ] && [ "$(count maps)" -gt "$maps" ]
}

step mapped
xl mem-set "$GUEST" 160
follow
step unmapped
step destroy
