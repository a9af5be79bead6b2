#!/bin/bash
# SPDX-License-Identifier: MIT
# type=vif makes a paravirtual NIC only: no tap, and no card in the guest
# suite: xen
# limit: 300
# dm: stock vifemu qemu

guest pv "vifemu.driver=xen-netfront \
vifemu.steps=probe,only-pv,ping,download,upload,interrupts" \
    "type=vif,mac=$MAC:01,bridge=xenbr0"
step create || exit
expect_ports "vif$DOMID.0"
follow
step destroy
