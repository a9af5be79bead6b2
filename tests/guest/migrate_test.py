# SPDX-License-Identifier: MIT
"""A running guest moves between two QEMUs; its pings and registers go along

The second QEMU is stopped on arrival, so that the registers of both cards can
be read through their BAR and compared before anything runs again.
"""

import re

# First, because it makes the others' imports work
from testing import (Failure, Guest, Qmp, folder, main, options, qemu, say,
                     socket_folder)
from image import guest_image
from machine import Setup, kernel_arguments, qemu_command

# Without side effect when read, and not changing by themselves
REGISTERS = {
    "CTRL": 0x0000, "STATUS": 0x0008, "CTRL_EXT": 0x0018, "FCAL": 0x0028,
    "VET": 0x0038, "IMS": 0x00d0, "RCTL": 0x0100, "TCTL": 0x0400,
    "TIPG": 0x0410, "LEDCTL": 0x0e00, "RDBAL": 0x2800, "RDLEN": 0x2808,
    "RDH": 0x2810, "RDT": 0x2818, "RDTR": 0x2820, "TDBAL": 0x3800,
    "TDLEN": 0x3808, "TDH": 0x3810, "TDT": 0x3818, "TIDV": 0x3820,
    "MTA0": 0x5200, "RAL0": 0x5400, "RAH0": 0x5404, "VFTA0": 0x5600,
}

# Pings seen before and after the move
PINGS = 10


def bar_address(qmp):
    """Where the guest mapped the card's registers"""
    for bus in qmp("query-pci"):
        for device in bus["devices"]:
            if device["class_info"]["class"] == 0x200:
                return device["regions"][0]["address"]
    raise Failure("query-pci shows no Ethernet card")


def registers(qmp):
    """Value of each register by name"""
    base = bar_address(qmp)
    values = {}
    for name, offset in REGISTERS.items():
        text = qmp.hmp(f"xp /1wx {base + offset:#x}")
        values[name] = int(re.search(r": (0x[0-9a-f]+)", text)[1], 16)
    return values


def sequence(line):
    return int(re.search(r"seq=(\d+)", line)[1])


def pings(guest, count):
    """Sequence numbers of the next pings"""
    return [sequence(guest.wait_for("64 bytes from", 90 if n == 0 else 20))
            for n in range(count)]


def migrate(source, target, stream):
    """Move the machine; both are stopped afterwards"""
    source("stop")
    before = registers(source)
    source("migrate", uri=f"unix:{stream}")
    source.wait_status("postmigrate")
    target.wait_status("paused")
    return before, registers(target)


def compare(before, after):
    different = [f"{name} {before[name]:08x} -> {after[name]:08x}"
                 for name in before if before[name] != after[name]]
    if different:
        raise Failure("registers differ after the move: " +
                      ", ".join(different))
    if not before["RDLEN"] or not before["RAL0"]:
        raise Failure(f"the card was not in use: {before}")


def entry():
    args = options(__doc__)
    binary = qemu(args)
    kernel, initramfs = guest_image()
    work = folder("migrate")
    append = kernel_arguments("e1000", ["dhcp", "ping-forever"])

    with socket_folder() as sockets:
        def command(name, *extra):
            setup = Setup(binary, kernel, initramfs, args.device, "user", work,
                          extra=("-qmp", f"unix:{sockets}/{name},server=on,"
                                 "wait=off", *extra))
            return qemu_command(setup, append)

        stream = f"{sockets}/stream"
        with Guest(command("source"), work / "source.log") as first, \
                Guest(command("target", "-S", "-incoming", f"unix:{stream}"),
                      work / "target.log") as second:
            source, target = (Qmp(f"{sockets}/{n}")
                              for n in ("source", "target"))
            last = pings(first, PINGS)[-1]
            before, after = migrate(source, target, stream)
            compare(before, after)
            target("cont")
            seen = pings(second, PINGS)
    # The move itself takes a moment, in which no ping can be answered
    lost = seen[0] - last - 1
    gaps = seen[-1] - seen[0] + 1 - len(seen)
    say(f"{len(before)} registers equal; pings went on at {seen[0]} "
        f"({lost} between, {gaps} lost afterwards)")
    if gaps or lost > 10:
        raise Failure("pings were lost after the move")
    return 0


if __name__ == "__main__":
    main(entry)
