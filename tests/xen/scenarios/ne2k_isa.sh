#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's driver ne finds model=ne2k_isa at its port, takes interrupts, and TCP
# both ways brings the right bytes
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu
# guest: i386

guest ne2k_isa "vifemu.driver=ne vifemu.module=io=0x300,irq=3 \
vifemu.steps=probe,ping,download,upload,interrupts" "$(nic ne2k_isa)"
# Without this it is line 9, which belongs to ACPI
also "device_model_args_hvm += ['-global', 'ne2k_isa.irq=3']"
step create || exit
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
follow
step destroy
