#!/bin/sh
# SPDX-License-Identifier: MIT
# What the first processes of guests share, here and in tests/xen
#
# A step is a shell function step_NAME.  Each prints one line when it begins
# and one when it ends:
#   @begin NAME
#   @ok NAME SECONDS DETAIL
#   @fail NAME SECONDS DETAIL
#   @none NAME SECONDS DETAIL   the driver has nothing of the kind

# shellcheck disable=SC2034 # used by those that read this file
IF=eth0
BLOB=/tmp/blob
# Where the server takes what is posted
UPLOAD=/upload

# Seconds since boot
now() {
    cut -d' ' -f1 /proc/uptime
}

# $1 - $2, both with decimals
minus() {
    awk "BEGIN { printf \"%.2f\", $1 - $2 }"
}

# Value of a word of the kernel's command line
option() {
    tr ' ' '\n' </proc/cmdline | sed -n "s/^vifemu\.$1=//p"
}

# Run one step: a function that sets DETAIL, fails if the step does, and may
# set SECONDS_TAKEN where only a part of it counts, or VERDICT.  Fails as it does.
step() {
    echo "@begin $1"
    DETAIL="" SECONDS_TAKEN="" VERDICT=""
    start=$(now)
    if "step_$(echo "$1" | tr - _)"; then
        : "${VERDICT:=ok}"
    else
        : "${VERDICT:=fail}"
    fi
    : "${SECONDS_TAKEN:=$(minus "$(now)" "$start")}"
    echo "@$VERDICT $1 $SECONDS_TAKEN $DETAIL"
    [ "$VERDICT" != fail ]
}

# Gateway for a step that runs without DHCP
gateway() {
    [ -f /tmp/lease ] && cut -d' ' -f2 /tmp/lease
}

# Round trips of the pings in a log, in milliseconds, sorted
round_trips() {
    sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$1" | sort -n
}

# Summary of a ping's log: "median worst count"
ping_summary() {
    round_trips "$1" | awk '{ t[NR] = $1 }
        END { if (NR) print t[int((NR + 1) / 2)], t[NR], NR
              else print "0 0 0" }'
}

# Of 20 pings with so many answers no others are missing than the last few.
# After the last one busybox waits for a second, whatever -W says, if others were
# answered, and a busy host may need more.
only_late() {
    [ "$1" -ge 15 ] && [ "$1" -lt 20 ] &&
        ! awk -F "seq=" "\$2 + 0 >= $1 { found = 1 } END { exit !found }" /tmp/ping.log
}

step_ping() {
    for _ in 1 2 3; do
        ping -c 20 -i 0.05 -W 2 "$(gateway)" >/tmp/ping.log 2>&1
        read -r median worst count <<EOF
$(ping_summary /tmp/ping.log)
EOF
        only_late "$count" || break
    done
    DETAIL="$count of 20 answered, median $median ms, worst $worst ms"
    [ "$count" = 20 ]
}

# "N MiB at R MiB/s" for a file that took $1 seconds
rate() {
    awk "BEGIN { m = $(stat -c %s $BLOB) / 1048576;
        printf \"%g MiB, %.2f MiB/s\", m, m / ($1 > 0.01 ? $1 : 0.01) }"
}

step_download() {
    start_transfer=$(now)
    if ! wget -q -O $BLOB "$(option url)/blob" 2>/tmp/wget.log; then
        DETAIL=$(tail -n 1 /tmp/wget.log)
        return 1
    fi
    SECONDS_TAKEN=$(minus "$(now)" "$start_transfer")
    sum=$(sha256sum $BLOB | cut -d' ' -f1)
    DETAIL="$(rate "$SECONDS_TAKEN"), SHA-256"
    if [ "$sum" != "$(option sha256)" ]; then
        DETAIL="$DETAIL differs: $sum"
        return 1
    fi
    DETAIL="$DETAIL right"
}

# GET the blob over stdin and stdout, which are the connection, into a file
get() {
    printf 'GET /blob HTTP/1.0\r\n\r\n'
    # The header, up to a line that is empty
    while IFS= read -r line && [ "${#line}" -gt 1 ]; do
        :
    done
    dd of="$1" bs=1M conv=notrunc 2>/dev/null
}

# Download for a figure: wget reads by the page, which a guest under TCG spends
# more time on than on its network card
step_receive() {
    server=$(option url)
    server=${server#http://}
    start_transfer=$(now)
    timeout 600 nc "${server%:*}" "${server#*:}" -e /init get $BLOB \
        2>/tmp/nc.log
    SECONDS_TAKEN=$(minus "$(now)" "$start_transfer")
    sum=$(sha256sum $BLOB | cut -d' ' -f1)
    DETAIL="$(rate "$SECONDS_TAKEN"), SHA-256 $sum$(cat /tmp/nc.log)"
    [ "$sum" = "$(option sha256)" ]
}

# POST a file over stdin and stdout, which are the connection
post() {
    printf 'POST %s HTTP/1.0\r\nContent-Length: %s\r\n\r\n' \
        "$UPLOAD" "$(stat -c %s "$1")"
    cat "$1"
    cat >/tmp/answer
}

# Send a file to the host; its answer is in /tmp/answer.  Not with busybox's
# wget, which ends a file to post at its first zero byte, nor through a pipe,
# which nc reads by the kilobyte.
upload() {
    server=$(option url)
    server=${server#http://}
    : >/tmp/answer
    timeout "${2:-600}" nc "${server%:*}" "${server#*:}" -e /init post "$1" \
        2>/tmp/nc.log
}

# With segmentation by the card, if driver and card can: some have it off
step_upload() {
    [ -f $BLOB ] || { DETAIL="nothing was downloaded"; return 1; }
    ethtool -K $IF tx on sg on tso on >/tmp/tso 2>&1
    start_transfer=$(now)
    upload $BLOB
    SECONDS_TAKEN=$(minus "$(now)" "$start_transfer")
    answer=$(tail -n 1 /tmp/answer)
    DETAIL="$(rate "$SECONDS_TAKEN"), host says: $answer$(cat /tmp/nc.log)"
    [ "$answer" = "SHA-256 right" ]
}

# A module after those it needs; further arguments are its parameters
load() {
    name=$1
    shift
    while read -r module; do
        case "$module" in
        */$name.ko) insmod "$module" "$@" ;;
        *) insmod "$module" ;;
        esac 2>/tmp/insmod.log || cat /tmp/insmod.log
    done <"/modules/$name.order"
}
