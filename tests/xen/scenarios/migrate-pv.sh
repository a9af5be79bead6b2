#!/bin/bash
# SPDX-License-Identifier: MIT
# A TCP connection lives through two live migrations of a guest with
# paravirtual drivers and an emulated NIC
# suite: xen-full
# limit: 900
# dm: stock vifemu

# Such a guest suspends its drivers before and resumes them afterwards, and
# 8139cp is not careful about either.
serial_console
guest migrate-pv "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,stream,ping" "$(nic rtl8139)"
rm -f /run/streaming /run/enough
step create && follow "@begin stream" || exit
for _ in 1 2; do
    step migrate || exit
    step alone
    expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
done
touch /run/enough
follow
step destroy
