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

# What guests boot, and their console; i386 and serial_console change that
KERNEL=/image/vmlinuz
INITRD=/image/guest.cpio
CONSOLE=hvc0

OURS=/usr/libexec/vifemu

# Those that dom0/init has made
mapfile -t interfaces </run/interfaces
INTERFACES=" ${interfaces[*]} "

# What pause waits for: nothing
[ -p /run/never ] || mkfifo /run/never
exec 5<>/run/never

# Each argument as an element of a list of xl's
as_list() {
    separator=
    for word; do
        printf "%s'%s'" "$separator" "$word"
        separator=,
    done
}

override() {
    echo "device_model_override='$1'"
    echo "device_model_version='qemu-xen'"
}

# Which device model, as a line of the configuration
device_model() {
    case "$DM" in
    stock) ;;
    vifemu) override "$OURS/vifemu-dm" ;;
    qemu) override "$OURS/qemu-system-x86_64" ;;
    *) override "$DM" ;;
    esac
}

# Guests use nothing of Xen's, so that they have no console of Xen's either
serial_console() {
    CONSOLE=ttyS0
}

# Guests have Debian's i386 kernel, which has drivers of ISA cards and nothing
# for Xen.  A scenario says so in its comment: "guest: i386".
i386() {
    KERNEL=/job/vmlinuz-i386
    INITRD=/job/guest-i386.cpio
    serial_console
}

# Describe a guest: NAME WORDS VIF...; it is told WORDS, and has so many NICs.
# A guest of 96 MiB runs out of memory while Debian's kernel starts.  The TSC is
# native because emulating it fails in nested TCG, and costs an exit elsewhere.
guest() {
    GUEST=$1
    words=$2
    shift 2
    initrd_size=$(stat -c %s $INITRD)
    cat >"/tmp/$GUEST.cfg" <<EOF
name = '$GUEST'
type = 'hvm'
memory = 192
vcpus = 1
kernel = '/image/stub'
extra = 'console=$CONSOLE quiet loglevel=4 nokaslr rdinit=/init mitigations=off \
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
    -device "loader,file=$KERNEL,addr=$KERNEL_AT,force-raw=on" \
    -device "loader,file=$INITRD,addr=$INITRD_AT,force-raw=on" \
    -device "loader,addr=$INITRD_SIZE_AT,data=$initrd_size,data-len=4")]
EOF
    if [ $CONSOLE != hvc0 ]; then
        SERIAL=/var/log/xen/serial-$GUEST
        also "serial = 'file:$SERIAL'"
    fi
}

# Another line for the guest's configuration, which overrides one above
also() {
    echo "$*" >>"/tmp/$GUEST.cfg"
}

console() {
    echo "${SERIAL:-/var/log/xen/console/guest-$GUEST.log}"
}

# With CREATE=-p the domain stays paused
step_create() {
    rm -f "$(console)"
    LISTENING=""
    if ! xl create ${CREATE:+"$CREATE"} "/tmp/$GUEST.cfg"; then
        DETAIL="xl create failed"
        return 1
    fi
    find_domain
}

# Number of the guest's domain, and process of its device model
find_domain() {
    DOMID=$(xl domid "$GUEST") || return
    DETAIL="domain $DOMID"
    DM_PID=$(xenstore-read "/local/domain/$DOMID/image/device-model-pid")
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

# The guest has ended by itself, or by what the scenario did, and nothing is left
step_gone() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        [ -e "/proc/$DM_PID" ] || break
        sleep 1
    done
    DETAIL=$(left_behind)
    [ -z "$DETAIL" ]
}

# Processes, interfaces and nodes of domains, when there is no domain.  What
# ends by itself gets some seconds for it.
left_behind() {
    silent 8 traces || echo "left: $DETAIL"
}

# Whether the command $2... prints nothing, within $1 half-seconds; DETAIL is
# what it has printed last
silent() {
    tries=$1
    shift
    for _ in $(seq "$tries"); do
        DETAIL=$("$@")
        [ -n "$DETAIL" ] || return 0
        sleep 0.5
    done
    return 1
}

# Numbers of the processes of these names
processes() {
    for process in /proc/[0-9]*; do
        read -r comm 2>/dev/null <"$process/comm" || continue
        for name; do
            [ "$comm" != "$name" ] || echo "${process#/proc/}"
        done
    done
}

# kill -9 of the process called $1; no process of the other names is left then
killed() {
    kill -9 "$(processes "$1")" || return
    shift
    silent 30 processes "$@" && return
    DETAIL="left: process $DETAIL"
    return 1
}

# While a CPU of the guest waits for it.  Not its keeper, which is the same program
# and is to outlive it for a moment
step_kill_vifemu() {
    kill -STOP "$(processes vifemu)"
    sleep 3
    killed vifemu vifemu vifemu-keeper
}

NOBODY=65534
# Capabilities
NONE=0000000000000000
# What processes that serve a guest may have open: sockets, which have no name in
# their root directory, what they wait with, and Xen
MAY_HAVE_OPEN=("socket:\[*" "pipe:\[*" "anon_inode:\[event*" "anon_inode:\[timerfd\]"
    "anon_inode:\[io_uring\]" /dev/xen/privcmd /dev/xen/evtchn /dev/null)

# Process $1 is user $2, has no capabilities, and $3... in /proc/PID/status.  The
# shell itself looks, as starting a program takes dom0 longer than that.
has_status() {
    status=""
    read -r name <"/proc/$1/comm" && IFS="" read -r -d "" status <"/proc/$1/status"
    for line in "Uid: $2 $2 $2 $2" "CapEff: $NONE" "CapPrm: $NONE" "${@:3}"; do
        if [[ "$status" != *$'\n'"${line// /$'\t'}"$'\n'* ]]; then
            DETAIL="$name has not '$line'"
            return 1
        fi
    done
}

# Process $1 has namespaces of its own, and a root directory with nothing in it
isolated() {
    for space in net mnt ipc uts; do
        if [ "/proc/$1/ns/$space" -ef "/proc/$$/ns/$space" ]; then
            DETAIL="$name has the $space namespace of dom0"
            return 1
        fi
    done
    for entry in "/proc/$1/root/"* "/proc/$1/root/".[!.]*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then
            DETAIL="$name sees ${entry#"/proc/$1/root"}"
            return 1
        fi
    done
    # Else nothing was looked at
    [ -d "/proc/$1/root/." ] && ! [ "/proc/$1/root/." -ef / ]
}

# Process $1 has nothing open but what matches one of MAY_HAVE_OPEN and $2...
has_open() {
    open=0
    ls -l "/proc/$1/fd" >/run/open
    while read -r line; do
        what=${line#* -> }
        [ "$what" != "$line" ] || continue
        open=$((open + 1))
        for pattern in "${MAY_HAVE_OPEN[@]}" "${@:2}"; do
            # shellcheck disable=SC2053 # it is a pattern
            [[ "$what" != $pattern ]] || continue 2
        done
        DETAIL="$name has '$what' open"
        return 1
    done </run/open
    DETAIL="$DETAIL$name ($open open) "
    [ $open != 0 ]
}

# Who serves the guest can do nothing to anybody else.  vifemu is the user that
# vifemu-dm or we chose.  Its keeper outlives it for a moment, so is somebody else,
# and has only what it needs for that.
step_confined() {
    for process in $(processes vifemu vifemu-keeper); do
        read -r name <"/proc/$process/comm"
        if [ "$name" = vifemu ]; then
            has_status "$process" "${VIFEMU_USER:-$NOBODY}" "CapInh: $NONE" \
                "CapBnd: $NONE" "CapAmb: $NONE" "NoNewPrivs: 1" "Seccomp: 2" &&
                isolated "$process" && has_open "$process" /dev/net/tun
        else
            has_status "$process" "$NOBODY" "NoNewPrivs: 1" && has_open "$process"
        fi || return
    done
    [[ "$DETAIL" == *"vifemu "* && "$DETAIL" == *"vifemu-keeper "* ]]
}

# Lines that the guest prints from now on in its step ticks; it tries to send
# with each
step_goes_on() {
    before=$SECONDS
    follow "@tick" && follow "@tick" && follow "@tick" || return
    DETAIL="three ticks in $((SECONDS - before)) s"
}

# One of the next ticks says of the guest's card what is like $1; there may be
# some that nobody has read yet
sees() {
    for _ in $(seq 30); do
        follow "@tick" || return
        DETAIL=${line#@tick * }
        # shellcheck disable=SC2053 # it is a pattern
        [[ "$DETAIL" != $1 ]] || return 0
    done
    return 1
}

# Names of the interfaces that dom0 did not have before it had guests
guests_interfaces() {
    for link in /sys/class/net/*; do
        case "$INTERFACES" in
        *" ${link##*/} "*) ;;
        *) echo "${link##*/}" ;;
        esac
    done
}

traces() {
    for link in $(guests_interfaces); do
        printf "interface %s, " "$link"
    done
    for process in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$process/comm" || continue
        case "$name" in
        xen-qemu-system* | qemu-system* | vifemu*) printf "process %s, " "$name" ;;
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
    [ "$DETAIL" = "${PORTS:+$PORTS }" ] && return
    DETAIL="the bridge has $DETAIL, wanted: $PORTS"
    return 1
}

# expect_ports NAME...: a step that finds just these on the bridge
expect_ports() {
    PORTS="$*"
    step ports
}

# How many events have woken a device model: one for each request but those that
# it found while it was looking
wakeups() {
    awk '/evtchn:(xen-qemu-system|qemu-system|vifemu)/ { n += $2 } END { print n + 0 }' \
        /proc/interrupts
}

# Hand on the lines that the guest prints, as they come, until one of them is
# or begins with $1; without $1 until @end
follow() {
    if [ -z "$LISTENING" ]; then
        # xenconsoled makes the file at the first character
        until [ -e "$(console)" ]; do
            alive || return
            pause
        done
        exec 4<"$(console)"
        LISTENING=1 UNFINISHED=""
    fi
    while :; do
        while IFS= read -r line <&4; do
            line=$UNFINISHED${line%$'\r'}
            UNFINISHED=""
            case "$line" in
            "${1:-@end}"*) break 2 ;;
            @end) ;;
            *) echo "$line" ;;
            esac
        done
        UNFINISHED=$UNFINISHED$line
        alive || return
        pause
    done
    # The host would take the guest's end for that of the plan
    [ "$line" = @end ] || echo "$line"
}

# A device model ends with its domain.  Asking xenstore would start a process
# each time, which takes the emulated processor from the guest.
alive() {
    [ -e "/proc/$DM_PID" ] && return
    echo "@fail guest 0 domain $DOMID is gone"
    return 1
}

# A third of a second, without a process for it
pause() {
    read -r -t 0.3 <&5
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

# A specification of the first NIC
nic() {
    echo "type=ioemu,model=$1,mac=$MAC:01,bridge=xenbr0"
}

# What every emulated NIC has to do: model, driver of the guest
one_model() {
    guest "$1" "xen_emul_unplug=never vifemu.driver=$2 \
vifemu.steps=probe,ping,download,upload,interrupts" "$(nic "$1")"
    step create || exit
    expect_ports "vif$DOMID.0" "vif$DOMID.0-emu"
    follow
    [ "$DM" != vifemu ] || step confined
    step destroy
}

# A guest with cards that vifemu alone puts into it, beside a stock device model:
# NAME WORDS DEVICE...
by_hand() {
    DM=stock CREATE=-p CARDS=("${@:3}")
    guest "$1" "xen_emul_unplug=never $2"
    step create || exit
    step paused
    step attach || exit
    # shellcheck disable=SC2046 # names
    expect_ports $(taps)
    step confined
    xl unpause "$GUEST"
}

# Names of the taps of a guest by hand
taps() {
    for i in "${!CARDS[@]}"; do
        printf "vif%s.%s-emu " "$DOMID" "$i"
    done
}

# Or hvmloader does not see the card
step_paused() {
    DETAIL=$(xl list "$GUEST" | tail -n 1)
    [ "$DETAIL" != "${DETAIL#* --p--- }" ]
}

# Returns when it serves; it is given nothing of what is open here.  The tap gets
# the address that vif-bridge gives; else the bridge may take the tap's for its
# own, and whoever knew the old one has lost it.
step_attach() {
    words=()
    for i in "${!CARDS[@]}"; do
        words+=(-netdev "tap,id=n$i,ifname=vif$DOMID.$i-emu,script=no,downscript=no"
            -device "${CARDS[i]},id=nic$i,netdev=n$i,mac=$MAC:0$((i + 1))")
    done
    rm -f /run/qmp.in /run/qmp.out
    mkfifo /run/qmp.in /run/qmp.out || return
    MAY_HAVE_OPEN+=(/run/qmp.in /run/qmp.out "/run/vifemu-$DOMID.pid")
    vifemu -accel xen -xen-domid "$DOMID" -daemonize -pidfile "/run/vifemu-$DOMID.pid" \
        "${words[@]}" -qmp pipe:/run/qmp -xen-domid-restrict \
        -run-with isolate=on,user=$NOBODY:$NOBODY -sandbox on,open=deny \
        >/var/log/xen/by-hand.log 2>&1 3<&- 4<&- 5<&- || return
    exec 6<>/run/qmp.in 7<>/run/qmp.out
    for tap in $(taps); do
        ip link set "$tap" address fe:ff:ff:ff:ff:ff master xenbr0 up || return
    done
    DETAIL="process $(processes vifemu)"
    qmp '{"execute": "qmp_capabilities"}'
}

# Tell a vifemu by hand, and wait for its answer, which is in ANSWER then
qmp() {
    echo "$1" >&6
    while read -r -t 30 ANSWER <&7; do
        case "$ANSWER" in
        *'"return"'*) return 0 ;;
        *'"error"'*) break ;;
        esac
    done
    DETAIL="$1: $ANSWER"
    return 1
}

# Boot a guest, and save and restore it in the middle of its step stream
saved_and_restored() {
    rm -f /run/streaming /run/enough
    step create && follow "@begin stream" && step save && step restore || exit
    follow
    step destroy
}

# Saved while the guest's step stream is under way, which this scenario ends
step_save() {
    until [ -e /run/streaming ]; do
        pause
    done
    xl save "$GUEST" /tmp/image || return
    DETAIL="$(($(stat -c %s /tmp/image) >> 20)) MiB"
}

# Migrate the guest in the middle of its step stream to this very host: where xl
# is told of no program to reach HOST, that is a command.  $1: of sed, makes
# the configuration there of that here.  Two QEMUs cannot write to one file.
migrate() {
    until [ -e /run/streaming ]; do
        pause
    done
    sed "s|^serial = .*|serial = 'file:$SERIAL-there'|; $1" "/tmp/$GUEST.cfg" \
        >/tmp/there.cfg
    xl migrate -C /tmp/there.cfg -s "" "$GUEST" "xl migrate-receive"
}

step_migrate() {
    old=$DOMID
    migrate && find_domain || return
    SERIAL=$SERIAL-there LISTENING=""
    DETAIL="domain $old is $DOMID now"
    [ "$DOMID" != "$old" ]
}

# There it fails when the guest is suspended already: there is no such bridge
step_refused() {
    ! migrate "s/bridge=xenbr0/bridge=none/" || return
    [ "$(xl domid "$GUEST")" = "$DOMID" ]
}

# There is no other guest, and nothing is left of one; the end of what serves it
# may take some seconds
step_alone() {
    silent 60 others
}

# Domains, interfaces, processes and xenstore nodes that are not the guest's
others() {
    xl list | awk -v guest="$DOMID" 'NR > 2 && $2 != guest { print "domain " $2 "," }'
    for link in $(guests_interfaces); do
        case "$link" in
        "vif$DOMID".*) ;;
        *) echo "interface $link," ;;
        esac
    done
    for process in /proc/[0-9]*; do
        { mapfile -d "" words <"$process/cmdline"; } 2>/dev/null || continue
        case "${words[*]}" in
        *" -xen-domid $DOMID "*) ;;
        *" -xen-domid "*) echo "process ${words[0]}," ;;
        esac
    done
    for path in /local/domain/0/backend/vif /local/domain/0/device-model; do
        for node in $(xenstore-list $path); do
            [ "$node" = 0 ] || [ "$node" = "$DOMID" ] || echo "xenstore node $path/$node,"
        done
    done
}

step_restore() {
    xl restore /tmp/image || return
    rm /tmp/image
    touch /run/enough
    find_domain
}

# Boot a program from the network with a card of this model.  The host has put
# it into /job/netboot; it prints @netboot to the first serial port.
netboot() {
    GUEST=netboot-$1
    serial=/job/log/serial-$GUEST
    cat >"/tmp/$GUEST.cfg" <<EOF
name = '$GUEST'
type = 'hvm'
memory = 64
boot = 'n'
vif = ['$(nic "$1")']
serial = 'file:$serial'
vnc = 0
vga = 'none'
usb = 0
$(device_model)
EOF
    dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root \
        --interface=xenbr0 --dhcp-range=10.9.0.50,10.9.0.60,1h \
        --dhcp-leasefile=/tmp/leases --pid-file= --group=root \
        --dhcp-boot=netboot --enable-tftp --tftp-root=/job \
        >"/job/log/dnsmasq-$1" 2>&1 &
    dnsmasq=$!
    # The program stops the CPU with interrupts off, which Xen takes for the
    # end of a guest
    if step create && step netboot; then
        step gone
    else
        step destroy
    fi
    kill $dnsmasq
}

step_netboot() {
    until grep -q "@netboot" "$serial" 2>/dev/null; do
        alive >/dev/null || return
        [ "$SECONDS" -lt 250 ] || return
        sleep 1
    done
    DETAIL=$(grep -a "DHCPACK\|sent" "/job/log/dnsmasq-${GUEST#*-}" | tail -n 1)
}

# What a guest's steps cost: for each the events to the device model, and of
# those the number per frame.  The guest is quiet for a while round each, which
# in the driver's own rounds costs some too: "idle".
measure() {
    guest "measure-$1" "xen_emul_unplug=never vifemu.driver=$2 \
vifemu.steps=settle,probe,settle,settle,ping,settle,download,settle,upload,settle" \
        "$(nic "$1")"
    step create || return
    what="" events=0 frames=0
    while follow "@"; do
        case "$line" in
        "@frames "*) measured "$1" "${line#@frames }" ;;
        "@ok settle"*) what=idle ;;
        "@ok "*)
            what=${line#@ok }
            what=${what%% *}
            ;;
        @end) break ;;
        esac
    done
    step destroy
}

# At the end of $what the card $1 had moved so many frames
measured() {
    so_far=$(wakeups)
    if [ -n "$what" ]; then
        n=$((so_far - events)) m=$(($2 - frames))
        echo "@value $1/$what/events $n events"
        [ $m -lt 10 ] || echo "@value $1/$what/per-frame \
$(awk "BEGIN { printf \"%.1f\", $n / $m }") events for each of $m frames"
    fi
    events=$so_far frames=$2
}
