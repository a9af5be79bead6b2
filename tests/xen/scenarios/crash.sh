#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest whose kernel crashes leaves nothing behind
# suite: xen-full
# limit: 400
# dm: stock vifemu qemu

guest crash "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping,crash" "$(nic rtl8139)"
step create || exit
follow "@begin crash" || exit
step gone
