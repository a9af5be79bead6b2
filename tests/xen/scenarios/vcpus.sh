#!/bin/bash
# SPDX-License-Identifier: MIT
# With two CPUs in the guest, each of which has a channel of its own to the
# device model
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

# shellcheck disable=SC2034 # step reads DETAIL

guest vcpus "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=cpus,probe,each-cpu,ping,download,upload,interrupts" "$(nic rtl8139)"
also "vcpus = 2"

# Both have brought at least what a CPU has asked in step each-cpu
step_channels() {
    program=qemu-system
    [ "$DM" != vifemu ] || program=vifemu
    events=$(awk "/evtchn:.*$program/ { print \$2 }" /proc/interrupts | sort -n | tail -n 2)
    DETAIL="events: $(echo $events)"
    [ "$(echo "$events" | awk '$1 >= 256' | wc -l)" = 2 ]
}

step create || exit
follow
step channels
step destroy
