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

# QEMU, and vifemu
step_confined_dm() {
    VIFEMU_USER=$((FIRST + DOMID))
    has_status "$DM_PID" $VIFEMU_USER || return
    [ "$DM" != vifemu ] || step_confined || return
    DETAIL="user $VIFEMU_USER: $DETAIL"
}

step confined-dm
follow
step destroy
