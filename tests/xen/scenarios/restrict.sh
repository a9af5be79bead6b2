#!/bin/bash
# SPDX-License-Identifier: MIT
# dm_restrict = 1: QEMU, and vifemu with it, run as a user of this domain's
# own, without capabilities
# suite: xen-full
# limit: 400
# xen: 4.17

# libxl lets files grow to 256 KiB then, by which QEMU 10 ends: it keeps a
# picture of 1.2 MB in memory that counts as a file

# shellcheck disable=SC2034 # step reads DETAIL

# libxl takes the first number and adds the domain's
FIRST=131072
cp /etc/passwd /tmp/passwd
trap 'cp /tmp/passwd /etc/passwd' EXIT
echo "xen-qemuuser-range-base:x:$FIRST:65534::/:/usr/bin/false" >>/etc/passwd

guest restrict "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,download,upload,interrupts" "$(nic rtl8139)"
also "dm_restrict = 1"

# With dm_restrict libxl gives QEMU 10 s to start, which an emulated processor on
# a host with much else to do may need
step_created() {
    for _ in 1 2 3; do
        step_create && return
    done
    return 1
}

step created || exit
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"

# QEMU and vifemu, whose keeper outlives them for a moment and so is somebody
# else
step_confined() {
    user=$((FIRST + DOMID))
    confined "$DM_PID" $user || return
    for process in $(processes vifemu); do
        confined "$process" $user "NoNewPrivs: 1" "Seccomp: 2" "CapBnd: 0000000000000000" || return
    done
    for process in $(processes vifemu-keeper); do
        confined "$process" 65534 "NoNewPrivs: 1" || return
    done
    [ "$DM" != vifemu ] || [ "$DETAIL" = "xen-qemu-system vifemu vifemu-keeper " ] || return
    DETAIL="user $user: $DETAIL"
}

# Process $1 is user $2, has no capabilities, and $3... in /proc/PID/status
confined() {
    read -r name <"/proc/$1/comm"
    status=$(tr '\t' ' ' <"/proc/$1/status")
    who=$2
    shift 2
    for line in "Uid: $who $who $who $who" "CapEff: 0000000000000000" "$@"; do
        if ! echo "$status" | grep -qx "$line"; then
            DETAIL="$name has not '$line'"
            return 1
        fi
    done
    DETAIL="$DETAIL$name "
}

step confined
follow
step destroy
