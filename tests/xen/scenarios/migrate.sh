#!/bin/bash
# SPDX-License-Identifier: MIT
# A TCP connection lives through a live migration, and through one that the
# other host refuses at its end; so does what the card writes meanwhile
# suite: xen-full
# limit: 900

# Without paravirtual drivers nobody in the guest hears of it: its driver goes on
# in the middle of whatever it was doing, on the very rings that it had.
serial_console
guest migrate "xen_nopv vifemu.driver=8139cp iomem=relaxed memmap=4M\$8M \
vifemu.steps=probe,ping,dump,stream,dumped,ping,interrupts" "$(nic rtl8139)"
rm -f /run/streaming /run/enough
step create && follow "@begin stream" && step refused || exit
step alone
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
step migrate || exit
step alone
expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
touch /run/enough
follow
step destroy
