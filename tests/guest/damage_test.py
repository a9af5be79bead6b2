# SPDX-License-Identifier: MIT
"""A QEMU with our models gets saved states that were damaged on the way

It takes a state or ends with status 1 and says what is wrong with it, and never
in another way.  No guest runs: what the models themselves make of a damaged
state, tests/unit and tests/fuzz look into.
"""

import json
import random
import struct
import subprocess

from testing import Failure, folder, main, options, qemu, say

DEVICES = ["vifemu-e1000-82545em", "vifemu-ne2k_isa", "vifemu-ne2k_pci",
           "vifemu-rtl8139"]
MAGIC = b"vifemu1\0"
LENGTH = struct.Struct(">I")
# Bytes flipped at random in each card's state
FLIPS = 12
# Nothing to wait for but a busy host
PATIENCE = 60

REFUSED = "saved state refused"
BAD_LENGTH = "length of the state"
# QEMU's words
NO_END = "load of migration failed"
NO_FOOTER = "Missing section footer for "


class Emulator:
    """A QEMU with one card; ended when the block is left"""

    def __init__(self, binary, device, incoming=None):
        command = [binary, "-accel", "qtest", "-machine", "pc", "-m", "4",
                   "-S", "-nodefaults", "-display", "none", "-qmp", "stdio",
                   "-device", f"{device},id=card"]
        if incoming:
            command += ["-incoming", f"exec:cat '{incoming}'"]
        self._child = subprocess.Popen(
            [str(c) for c in command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace")

    def qmp(self, command, **arguments):
        """What a command returned; None if QEMU is gone"""
        request = {"execute": command, "arguments": arguments}
        try:
            print(json.dumps(request), file=self._child.stdin, flush=True)
        except BrokenPipeError:
            return None
        for line in self._child.stdout:
            answer = json.loads(line)
            if "error" in answer:
                raise Failure(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        return None

    def end(self):
        """Exit status and what it said on stderr"""
        self.qmp("quit")
        try:
            _, errors = self._child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            raise Failure(f"QEMU hangs for {PATIENCE} s") from None
        return self._child.returncode, errors

    def __enter__(self):
        self.qmp("qmp_capabilities")
        return self

    def __exit__(self, *exc):
        self._child.terminate()
        self._child.communicate()


def wait_status(emulator, pending):
    """Poll query-status while it is @pending; None if QEMU is gone"""
    while True:
        answer = emulator.qmp("query-status")
        if answer is None or answer["status"] != pending:
            return answer and answer["status"]


def save(binary, device, path):
    """A migration stream with one card of a kind"""
    with Emulator(binary, device) as source:
        source.qmp("migrate", uri=f"exec:cat >'{path}'")
        wait_status(source, "prelaunch")
        while source.qmp("query-migrate")["status"] not in ("completed",
                                                            "failed"):
            pass
        status, errors = source.end()
    if status:
        raise Failure(f"saving {device}: {errors}")
    return path.read_bytes()


def with_bytes(stream, at, new):
    return stream[:at] + new + stream[at + len(new):]


def damages(stream):
    """(what, stream, word that the error must have or None if it may pass)"""
    at = stream.index(MAGIC)
    field = at - LENGTH.size
    length, = LENGTH.unpack_from(stream, field)
    yield "none", stream, None
    yield "magic", with_bytes(stream, at, b"V"), REFUSED
    yield "name", with_bytes(stream, at + len(MAGIC) + 1, b"?"), REFUSED
    for value, word in ((0, BAD_LENGTH), (0xffffffff, BAD_LENGTH),
                        (length - 1, REFUSED), (length + 1, NO_FOOTER)):
        yield (f"length {value}",
               with_bytes(stream, field, LENGTH.pack(value)), word)
    yield "end", stream[:at + length // 2], NO_END
    dice = random.Random(length)
    for _ in range(FLIPS):
        place = at + dice.randrange(length)
        bit = 1 << dice.randrange(8)
        yield (f"bit {bit:#x} of byte {place - at}",
               with_bytes(stream, place, bytes([stream[place] ^ bit])), None)


def load(binary, device, path):
    """Exit status of a QEMU that gets this stream, and its stderr"""
    with Emulator(binary, device, path) as target:
        wait_status(target, "inmigrate")
        return target.end()


def check(what, status, errors, word):
    if status not in (0, 1):
        raise Failure(f"{what}: exit status {status}: {errors}")
    if status == 1 and not (REFUSED in errors or (word and word in errors)):
        raise Failure(f"{what}: the error does not say what is wrong: "
                      f"{errors}")
    if word and status == 0:
        raise Failure(f"{what}: was taken")


def entry():
    args = options(__doc__)
    binary = qemu(args)
    work = folder("damage")
    for device in DEVICES:
        stream = save(binary, device, work / "good")
        counts = [0, 0]
        for what, damaged, word in damages(stream):
            (work / "bad").write_bytes(damaged)
            status, errors = load(binary, device, work / "bad")
            check(f"{device}, damage: {what}", status, errors, word)
            if what == "none" and status:
                raise Failure(f"{device}: refuses its own state: {errors}")
            counts[status] += 1
        say(f"{device}: {counts[0]} taken, {counts[1]} refused with a reason")
    return 0


if __name__ == "__main__":
    main(entry)
