#!/bin/bash
# SPDX-License-Identifier: MIT
# What scenarios are written in: guests, and steps that look at dom0's side
#
# A scenario describes a guest (guest), which goes to /tmp/NAME.cfg, then takes
# steps: `step create` and so on, of the functions step_* below and in
# tests/guest/steps.sh.  `follow` hands on the steps that the guest itself
# takes (tests/xen/guest/init).  A guest's name is in GUEST, its number in
# DOMID.

SERVER=10.9.0.1
MAC=00:16:3e:00:00
# tests/xen/stub/load.h has the same three
KERNEL_AT=0x02000000
INITRD_AT=0x08000000
INITRD_SIZE_AT=0x07fff000

OURS=/usr/libexec/vifemu/vifemu-dm

# Each argument as an element of a list of xl's
as_list() {
    separator=
    for word; do
        printf "%s'%s'" "$separator" "$word"
        separator=,
    done
}

# Which device model, as a line of the configuration
device_model() {
    case "$DM" in
    stock) ;;
    vifemu) echo "device_model_override='$OURS'"
            echo "device_model_version='qemu-xen'" ;;
    *) echo "device_model_override='$DM'"
       echo "device_model_version='qemu-xen'" ;;
    esac
}

# Describe a guest: NAME WORDS VIF...; it is told WORDS, and has so many NICs.
# A guest of 96 MiB runs out of memory while Debian's kernel starts.  The TSC is
# native because emulating it fails in nested TCG, and costs an exit elsewhere.
guest() {
    GUEST=$1
    words=$2
    shift 2
    initrd_size=$(stat -c %s /image/guest.cpio)
    cat >"/tmp/$GUEST.cfg" <<EOF
name = '$GUEST'
type = 'hvm'
memory = 192
vcpus = 1
kernel = '/image/stub'
extra = 'console=hvc0 quiet loglevel=4 nokaslr rdinit=/init mitigations=off \
vifemu.url=http://$SERVER:8080 vifemu.sha256=$(cat /srv/blob.sha256) $words'
vif = [$(as_list "$@")]
on_poweroff = 'destroy'
on_reboot = 'destroy'
on_crash = 'destroy'
vnc = 0
vga = 'none'
usb = 0
tsc_mode = 'native'
$(device_model)
device_model_args_hvm = [$(as_list \
    -device "loader,file=/image/vmlinuz,addr=$KERNEL_AT,force-raw=on" \
    -device "loader,file=/image/guest.cpio,addr=$INITRD_AT,force-raw=on" \
    -device "loader,addr=$INITRD_SIZE_AT,data=$initrd_size,data-len=4")]
EOF
}

# Another line for the guest's configuration, which overrides one above
also() {
    echo "$*" >>"/tmp/$GUEST.cfg"
}

console() {
    echo "/var/log/xen/console/guest-$GUEST.log"
}

step_create() {
    rm -f "$(console)"
    if ! xl create "$@" "/tmp/$GUEST.cfg"; then
        DETAIL="xl create failed"
        return 1
    fi
    DOMID=$(xl domid "$GUEST")
    DETAIL="domain $DOMID"
}

step_destroy() {
    before=$(traces)
    xl destroy "$GUEST"
    DETAIL=$(left_behind)
    [ -z "$DETAIL" ] || return
    DETAIL="gone: $before"
    # There is a device model at least, or traces does not look at the right
    # things
    [ "$before" != "${before#*process}" ]
}

# Processes, interfaces and nodes of domains, when there is no domain.  What
# ends by itself gets some seconds for it.
left_behind() {
    for _ in 1 2 3 4 5 6 7 8; do
        left=$(traces)
        [ -n "$left" ] || return
        sleep 0.5
    done
    echo "left: $left"
}

traces() {
    for link in /sys/class/net/vif*; do
        [ ! -e "$link" ] || printf "interface %s, " "${link##*/}"
    done
    for process in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$process/comm" || continue
        case "$name" in
        xen-qemu-system* | vifemu*) printf "process %s, " "$name" ;;
        esac
    done
    for node in $(xenstore-list /local/domain/0/backend/vif 2>/dev/null) \
        $(xenstore-list /local/domain/0/device-model 2>/dev/null); do
        [ "$node" = 0 ] || printf "xenstore node of domain %s, " "$node"
    done
}

# The ports of the bridge, in the order of their names
ports() {
    for port in /sys/class/net/xenbr0/brif/*; do
        [ ! -e "$port" ] || printf "%s " "${port##*/}"
    done
}

# The bridge has the ports in PORTS, which are sorted, and no other
step_ports() {
    DETAIL=$(ports)
    [ "$DETAIL" = "$PORTS " ] && return
    DETAIL="the bridge has $DETAIL, wanted: $PORTS"
    return 1
}

# expect_ports NAME...: a step that finds just these on the bridge
expect_ports() {
    PORTS="$*"
    step ports
}

# How many requests a device model has had: each is an event to its process
ioreqs() {
    awk '/evtchn:(xen-qemu-system|vifemu)/ { n += $2 } END { print n + 0 }' \
        /proc/interrupts
}

# Hand on the lines that the guest prints, as they come, until it says @end
follow() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ ! -e "$(console)" ] || break
        sleep 1
    done
    buffer=""
    exec 4<"$(console)"
    while xenstore-exists "/local/domain/$DOMID"; do
        while IFS= read -r line <&4; do
            line=$buffer${line%$'\r'}
            buffer=""
            [ "$line" != "@end" ] || return 0
            echo "$line"
        done
        buffer=$buffer$line
        sleep 0.3
    done
    echo "@fail guest 0 domain $DOMID is gone"
    return 1
}

# After a scenario, however it ended
tidy() {
    for name in $(xl list | awk 'NR > 2 { print $1 }'); do
        echo "@fail tidy 0 guest $name was left running"
        xl destroy "$name"
    done
    left=$(left_behind)
    [ -z "$left" ] || echo "@fail tidy 0 $left"
}

# What every emulated NIC has to do: model, driver of the guest
one_model() {
    guest "$1" "xen_emul_unplug=never vifemu.driver=$2 \
vifemu.steps=probe,ping,download,upload,interrupts" \
        "type=ioemu,model=$1,mac=$MAC:01,bridge=xenbr0"
    step create || exit
    expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
    follow
    echo "@value ioreqs $(ioreqs) requests"
    step destroy
}
