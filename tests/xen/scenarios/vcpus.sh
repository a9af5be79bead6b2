#!/bin/bash
# SPDX-License-Identifier: MIT
# With two CPUs in the guest, each of which has a channel of its own to the
# device model
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

guest vcpus "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=cpus,probe,ping,download,upload,interrupts" "$(nic rtl8139)"
also "vcpus = 2"
step create || exit
follow
step destroy
