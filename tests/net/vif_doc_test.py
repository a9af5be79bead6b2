#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vif_doc_test.py - what docs/vif.md shows is what vifctl says

    vif_doc_test.py VIFCTL PAGE [--write]

Each example of PAGE under a line "<!-- replayed -->" is called on a terminal, in
a network namespace with the bridge and the guests of the page's pictures, and
in a folder with the files under "<!-- file NAME -->". --write puts what it says
into PAGE instead. Exit status: 77 where there are no namespaces or taps.
"""

import ctypes
import errno
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
SECONDS = 60  # until the kernel's link watch has come around
MARK = re.compile(r"<!-- (?:replayed|file (\S+)) -->$")
HOST = """
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link add name xenbr0 address 00:16:3e:00:00:01 type bridge
ip link set xenbr0 up
ip link add name vif0.0 address fe:ff:ff:ff:ff:ff type veth \
    peer name eth0 address 00:16:3e:00:00:02
ip tuntap add vif5.0 mode tap
ip link set eth0 up
"""
# The others are there while this holds them
HELD = ["peth0", "vif5.0-emu", "vif6.0"]
PORTS = """
for port in peth0 vif0.0 vif5.0-emu vif5.0 vif6.0; do
    ip link set $port address fe:ff:ff:ff:ff:ff
    ip link set $port master xenbr0 up
done
"""


def hold(name):
    """A descriptor that is somebody at the tap's other end."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF,
                struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tun


def set_up():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) or not os.access("/dev/net/tun", os.W_OK):
        print("no network namespaces, or no /dev/net/tun")
        sys.exit(77)
    subprocess.run(["sh", "-ec", HOST], check=True)
    held = [hold(name) for name in HELD]
    subprocess.run(["sh", "-ec", PORTS], check=True)
    return held


def say(command, folder):
    """What a terminal shows of it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(["sh", "-c", command], cwd=folder, stdin=theirs,
                          stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        text = b""
        try:
            while block := os.read(ours, 65536):
                text += block
        except OSError as error:
            if error.errno != errno.EIO:
                raise
        child.wait()
    os.close(ours)
    return [line.rstrip() for line in
            text.decode(errors="replace").replace("\r", "").splitlines()]


def call(command, folder):
    """watch ends after an interval, and only says which interface it is."""
    if command.startswith("vifctl watch"):
        return say(command + " --interval 0.1 --count 1 | cat", folder)
    return say(command, folder)


def same(command, got, want):
    if command.startswith("vifctl watch"):
        return ([line.split()[:3] for line in got]
                == [line.split()[:3] for line in want])
    return got == want


def examples(lines):
    """Of each mark: its line, the file's name or None, and the block's lines."""
    for number, line in enumerate(lines):
        mark = MARK.match(line)
        if mark:
            start = number + 1
            while not lines[start].strip():
                start += 1
            end = start
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            yield mark[1], start, [text[4:] for text in lines[start:end]]


def calls(block):
    """Commands of a block and the lines that follow each."""
    found = []
    for line in block:
        if line.startswith(("$ ", "# ")):
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


def replay(line, want, folder, write):
    """What is said; carriers of the host get the time that they need."""
    command = line[2:]
    if not command.startswith(("vifctl doctor", "vifctl watch")):
        return call(command, folder)
    end = time.monotonic() + (1.5 if write else SECONDS)
    while True:
        got = call(command, folder)
        if time.monotonic() > end or (not write
                                      and same(command, got, want)):
            return got


def main():
    program, name = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    write = "--write" in sys.argv
    held = set_up()
    lines = name.read_text(encoding="utf-8").splitlines()
    changes, bad, count = [], 0, 0
    os.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VIFCTL_STATE_DIR"] = folder + "/state"
        for file, start, block in examples(lines):
            if file:
                pathlib.Path(folder, file).write_text(
                    "\n".join(block) + "\n", encoding="utf-8")
                continue
            new = []
            for line, want in calls(block):
                got = replay(line, want, folder, write)
                count += 1
                new += [line, *got]
                if not write and not same(line[2:], got, want):
                    bad += 1
                    print(f"{name.name}:{start + 1}: {line}", *got, sep="\n")
            changes.append((start, len(block), new))
    if write:
        for start, length, new in reversed(changes):
            lines[start:start + length] = ["    " + text for text in new]
        name.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for tun in held:
        os.close(tun)
    print(f"{count} examples, {bad} of them say something else")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
