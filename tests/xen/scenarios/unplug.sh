#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that unplugs the emulated NIC finds it gone when it scans PCI, and
# has the paravirtual one
# suite: xen
# limit: 300
# dm: stock vifemu qemu

guest unplug "vifemu.driver=xen-netfront \
vifemu.steps=probe,only-pv,ping,download,upload,interrupts" \
    "type=ioemu,model=e1000,mac=$MAC:01,bridge=xenbr0"
step create || exit
# The tap is there when xl returns, and goes when the kernel starts
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
follow
expect_ports "vif$DOMID.0"
step destroy
