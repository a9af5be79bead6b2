#!/bin/bash
# SPDX-License-Identifier: MIT
# Two vifs of different models, one after the other in use
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

guest two "xen_emul_unplug=never vifemu.driver=8139cp vifemu.next=ne2k-pci \
vifemu.steps=probe,ping,download,next,ping,download,upload,interrupts" \
    "$(nic rtl8139)" "type=ioemu,model=ne2k_pci,mac=$MAC:02,bridge=xenbr0"
step create || exit
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu" "vif$DOMID.1" "vif$DOMID.1-emu"
follow
step destroy
