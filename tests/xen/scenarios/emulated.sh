#!/bin/bash
# SPDX-License-Identifier: MIT
# A card that is set to be "emulated" stays, though the guest unplugs what it can:
# the driver binds, and it works
# suite: xen-full
# limit: 400
# dm: vifemu

guest emulated "vifemu.driver=e1000 \
vifemu.steps=unplugs,probe,ping,download,upload,interrupts" "$(nic e1000)"
also "device_model_args_hvm += ['-vifemu', 'nic0=emulated']"
step create || exit
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
follow
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
step destroy
