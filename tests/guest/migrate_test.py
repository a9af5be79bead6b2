# SPDX-License-Identifier: MIT
"""A running guest moves between two QEMUs; its pings and its card go along

The second QEMU is stopped on arrival, so that both cards can be looked at
before anything runs again: as the guest sees them, register by register, and as
the model saves them, which must be the same bytes.
"""

import dataclasses
import re
import struct

# First, because it makes the others' imports work
from testing import (Failure, Guest, Qmp, folder, main, options, qemu, say,
                     socket_folder)
from image import guest_image
from machine import Setup, kernel_arguments, qemu_command

# Pings seen before and after the move
PINGS = 10

# A state as the models save it begins with this, after its length
MAGIC = b"vifemu1\0"

# The DP8390's command register, at port 0
CR_TRANSMIT = 0x04
CR_REMOTE = 0x38
CR_REMOTE_NONE = 0x20
CR_PAGE_SHIFT = 6


@dataclasses.dataclass(frozen=True)
class Card:
    """What the test needs to know of one

    @space:     as query-pci calls that of its registers
    @registers: without side effect when read, and not changing by themselves;
                in ports, page << 4 | number
    @used:      those that are not 0 once a driver is there
    """
    driver: str
    space: str
    registers: dict
    used: tuple


E1000 = Card("e1000", "memory", {
    "CTRL": 0x0000, "STATUS": 0x0008, "CTRL_EXT": 0x0018, "FCAL": 0x0028,
    "VET": 0x0038, "IMS": 0x00d0, "RCTL": 0x0100, "TCTL": 0x0400,
    "TIPG": 0x0410, "LEDCTL": 0x0e00, "RDBAL": 0x2800, "RDLEN": 0x2808,
    "RDH": 0x2810, "RDT": 0x2818, "RDTR": 0x2820, "TDBAL": 0x3800,
    "TDLEN": 0x3808, "TDH": 0x3810, "TDT": 0x3818, "TIDV": 0x3820,
    "MTA0": 0x5200, "RAL0": 0x5400, "RAH0": 0x5404, "VFTA0": 0x5600,
}, ("RDLEN", "RAL0"))

# Four bytes at a time, by the first one's name
RTL8139 = {
    "IDR0": 0x00, "IDR4": 0x04, "MAR0": 0x08, "MAR4": 0x0c, "TSD0": 0x10,
    "TSD1": 0x14, "TSD2": 0x18, "TSD3": 0x1c, "TSAD0": 0x20, "TSAD1": 0x24,
    "TSAD2": 0x28, "TSAD3": 0x2c, "RBSTART": 0x30, "ERBCR": 0x34,
    "CAPR": 0x38, "IMR": 0x3c, "TCR": 0x40, "RCR": 0x44, "CONFIG0": 0x50,
    "TimerInt": 0x54, "MSR": 0x58, "BMCR": 0x60, "BMSR": 0x64, "CPCR": 0xe0,
    "RDSARL": 0xe4, "RDSARH": 0xe8,
}

NE2K = {
    "BNRY": 0x03, "TSR": 0x04, "CRDA0": 0x08, "CRDA1": 0x09, "PAR0": 0x11,
    "PAR1": 0x12, "PAR2": 0x13, "PAR3": 0x14, "PAR4": 0x15, "PAR5": 0x16,
    "CURR": 0x17, "MAR0": 0x18, "MAR7": 0x1f, "PSTART": 0x21, "PSTOP": 0x22,
    "TPSR": 0x24, "RCR": 0x2c, "TCR": 0x2d, "DCR": 0x2e, "IMR": 0x2f,
}

CARDS = {
    "vifemu-e1000": E1000,
    "vifemu-e1000-82544gc": E1000,
    "vifemu-e1000-82545em": E1000,
    "vifemu-ne2k_pci": Card("ne2k-pci", "io", NE2K, ("PAR0", "PSTOP")),
    "vifemu-rtl8139": Card("8139cp", "memory", RTL8139, ("RDSARL", "IMR")),
    "vifemu-rtl8139-8139c": Card("8139too", "memory", RTL8139,
                                 ("RBSTART", "IMR")),
}


class Machine:
    """A QEMU and what of its card can be seen from outside"""

    def __init__(self, qmp, card, work):
        self.qmp = qmp
        self.card = card
        self._work = work

    def _base(self):
        """Where the guest mapped the card's registers"""
        for bus in self.qmp("query-pci"):
            for device in bus["devices"]:
                if device["class_info"]["class"] == 0x200:
                    return next(r["address"] for r in device["regions"]
                                if r["type"] == self.card.space)
        raise Failure("query-pci shows no Ethernet card")

    def _hmp_value(self, line):
        text = self.qmp.hmp(line)
        found = re.search(r"[:=] (0x[0-9a-f]+)", text)
        if not found:
            raise Failure(f"monitor command {line!r} said {text!r}")
        return int(found[1], 16)

    def _port(self, number):
        return self._hmp_value(f"i /b {self._base() + number:#x}")

    def _set_port(self, number, value):
        self.qmp.hmp(f"o /b {self._base() + number:#x} {value:#x}")

    def _paged(self):
        """Registers in pages; the command register ends as it was"""
        command = self._port(0) & ~CR_TRANSMIT
        values = {}
        for name, place in self.card.registers.items():
            page = (place >> 4) << CR_PAGE_SHIFT
            self._set_port(0, command & ~(3 << CR_PAGE_SHIFT) | page)
            values[name] = self._port(place & 0xf)
        self._set_port(0, command)
        return values

    def registers(self):
        """Value of each register by name"""
        if self.card.space == "io":
            return self._paged()
        base = self._base()
        return {name: self._hmp_value(f"xp /1wx {base + offset:#x}")
                for name, offset in self.card.registers.items()}

    def stop(self):
        """Stop when the card can be looked at without disturbing it

        In pages that is between two transfers of remote DMA, which a write to
        the command register would end.
        """
        for _ in range(100):
            self.qmp("stop")
            if (self.card.space != "io" or
                    self._port(0) & CR_REMOTE == CR_REMOTE_NONE):
                return
            self.qmp("cont")
        raise Failure("the card is in a transfer whenever it is stopped")

    def state(self):
        """The card's own saved state"""
        path = self._work / "state"
        self.qmp("xen-save-devices-state", filename=str(path), live=False)
        stream = path.read_bytes()
        path.unlink()
        at = stream.find(MAGIC)
        if at < 4 or stream.count(MAGIC) != 1:
            raise Failure("QEMU's state does not have that of one card")
        length, = struct.unpack_from(">I", stream, at - 4)
        return stream[at:at + length]


def sequence(line):
    return int(re.search(r"seq=(\d+)", line)[1])


def pings(guest, count):
    """Sequence numbers of the next pings"""
    return [sequence(guest.wait_for("64 bytes from", 90 if n == 0 else 20))
            for n in range(count)]


def compare(source, target):
    """Of two stopped machines; returns how many registers are equal"""
    before, after = source.registers(), target.registers()
    different = [f"{name} {before[name]:08x} -> {after[name]:08x}"
                 for name in before if before[name] != after[name]]
    if different:
        raise Failure("registers differ after the move: " +
                      ", ".join(different))
    if not all(before[name] for name in source.card.used):
        raise Failure(f"the card was not in use: {before}")
    return len(before)


def migrate(source, target, stream):
    """Move the machine, which is running on neither side afterwards"""
    source.stop()
    before = source.state()
    source.qmp("migrate", uri=f"unix:{stream}")
    source.qmp.wait_status("postmigrate")
    target.qmp.wait_status("paused")
    after = target.state()
    if before != after:
        raise Failure(f"the card's state differs after the move: {len(before)} "
                      f"bytes {before.hex()}, then {after.hex()}")
    return len(before)


def check_pings(last, seen):
    """The move itself takes a moment, in which no ping can be answered"""
    lost = seen[0] - last - 1
    gaps = seen[-1] - seen[0] + 1 - len(seen)
    say(f"pings went on at {seen[0]} ({lost} between, {gaps} lost afterwards)")
    if gaps or lost > 10:
        raise Failure("pings were lost after the move")


def entry():
    args = options(__doc__)
    if args.device not in CARDS:
        raise Failure(f"--device {args.device}: this test knows "
                      f"{', '.join(CARDS)}")
    card = CARDS[args.device]
    binary = qemu(args)
    kernel, initramfs = guest_image()
    work = folder("migrate")
    append = kernel_arguments(card.driver, ["dhcp", "ping-forever"])

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
            source, target = (Machine(Qmp(f"{sockets}/{n}"), card, work)
                              for n in ("source", "target"))
            last = pings(first, PINGS)[-1]
            length = migrate(source, target, stream)
            count = compare(source, target)
            target.qmp("cont")
            say(f"{count} registers and {length} bytes of state are equal")
            check_pings(last, pings(second, PINGS))
    return 0


if __name__ == "__main__":
    main(entry)
