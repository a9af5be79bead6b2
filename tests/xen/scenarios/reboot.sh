#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that reboots three times has its card each time
# suite: xen-full
# limit: 600
# dm: stock vifemu qemu

# shellcheck disable=SC2034 # step reads DETAIL, and lib.sh DM

guest reboot "xen_emul_unplug=never vifemu.driver=8139cp \
vifemu.steps=probe,ping" "$(nic rtl8139)"
also "on_reboot = 'restart'"
step create || exit

# The guest's kernel is asked to; xl makes a new domain of the old one's
# configuration.  A guest that reboots of its own accord would do so while it is
# destroyed, too.
step_reboot() {
    old=$DOMID
    xl reboot "$GUEST" || return
    for _ in $(seq 60); do
        if again 2>/dev/null; then
            DETAIL="domain $old is $DOMID now"
            return
        fi
        sleep 1
    done
    DETAIL="domain $old, then ${DOMID:-none} that does not run"
    return 1
}

# The guest is a domain other than $old, and has the device model that it is
# going to keep: xl 4.20 starts one before that, whose number stands in the same
# place, only to ask what it can
again() {
    DOMID=$(xl domid "$GUEST") && [ "$DOMID" != "$old" ] &&
        state=$(xenstore-read "/local/domain/0/device-model/$DOMID/state") &&
        [ "$state" = running ] && find_domain
}

for _ in 1 2 3; do
    follow || exit
    step reboot || exit
done
# The first boot was none
follow
step destroy
