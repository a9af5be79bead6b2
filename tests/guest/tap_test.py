# SPDX-License-Identifier: MIT
"""A card on a tap of QEMU's, packet by packet, without a guest

Packets too long for a card pass between a packet socket with vnet headers and
an 8254x that is driven over qtest with a ring of eight.  So nearly every packet
waits for the ring in its middle, where everything that can happen to it does.
"""

import contextlib
import dataclasses
import os
import socket
import struct
import subprocess
import sys
import time

# First, because it makes the others' imports work
from testing import (Failure, Qmp, SKIPPED, folder, main, options, qemu, say,
                     socket_folder)
from machine import MAC, Unavailable, add_tap, enter_namespace

PACKET_VNET_HDR = 15
SOL_PACKET = 263
VNET = struct.Struct("<BBHHHH")
NEEDS_CSUM, GSO_TCPV4 = 1, 1

# Where headers begin, without options, and where the payload does
IP, TCP, HEAD = 14, 34, 54
MSS = 1448
SEGMENTS = 40
FRAME_MAX = 1514
PATIENCE = 5

SLOT = 4
BAR = 0xe0000000
CTRL, STATUS, RCTL, TCTL = 0x0, 0x8, 0x100, 0x400
RDBAL, RDLEN, RDH, RDT = 0x2800, 0x2808, 0x2810, 0x2818
TDBAL, TDLEN, TDH, TDT = 0x3800, 0x3808, 0x3810, 0x3818
RXCSUM, SUMS = 0x5000, 3 << 8
SLU, LU = 1 << 6, 1 << 1
# Enabled, promiscuous, without FCS
RECEIVE = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 15 | 1 << 26
TRANSMIT = 1 << 1 | 1 << 3
RX_RING, RX_BUFFERS, TX_RING, TX_BUFFER = 0x210000, 0x800000, 0x200000, 0x300000
RING, BUFFER = 8, 2048
DD_EOP = 3
IPCS_TCPCS = 0x60
PIECE = 16000


def checksum(data, start=0):
    """One's complement sum"""
    data += b"\0" * (len(data) % 2)
    words = struct.unpack(f">{len(data) // 2}H", data)
    total = start + sum(words)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(frame, length):
    return checksum(frame[IP + 12:IP + 20], 6 + length)


def payload(number, length):
    return bytes((number * 31 + i * 7 + (i >> 8)) & 0xff for i in range(length))


def packet(number, length, partial=True):
    """TCP from 10.0.2.2 to 10.0.2.15; the checksum is that of the
    pseudo-header, of all but the length unless @partial"""
    mac = bytes.fromhex(MAC.replace(":", ""))
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, HEAD - IP + length, number, 0, 64,
                     6, 0, 0x0a000202, 0x0a00020f)
    ip = ip[:10] + struct.pack(">H", checksum(ip) ^ 0xffff) + ip[12:]
    head = mac + b"\x02\0\0\0\0\x01\x08\0" + ip
    tcp = struct.pack(">HHIIBBHHH", 7, 8, number << 20, 0, 5 << 4, 0x10, 1000,
                      pseudo(head, HEAD - TCP + length if partial else 0), 0)
    return head + tcp + payload(number, length)


def is_ours(frame):
    return frame[12:14] == b"\x08\0" and frame[TCP:TCP + 4] == b"\0\x07\0\x08"


def check_segment(frame, number, index, count):
    """@frame is one of those that packet @number is to be cut into"""
    sequence, = struct.unpack_from(">I", frame, TCP + 4)
    want = (number << 20) + index * MSS
    if sequence != want:
        raise Failure(f"segment {index} of packet {number}: sequence number "
                      f"{sequence:#x}, not {want:#x}")
    size = min(MSS, count - index * MSS)
    length, = struct.unpack_from(">H", frame, IP + 2)
    if length != HEAD - IP + size:
        raise Failure(f"segment {index} of packet {number} says {length} bytes")
    frame = frame[:IP + length]
    if frame[HEAD:] != payload(number, count)[index * MSS:][:size]:
        raise Failure(f"segment {index} of packet {number} has wrong contents")
    if (checksum(frame[IP:TCP]) != 0xffff or
            checksum(frame[TCP:], pseudo(frame, len(frame) - TCP)) != 0xffff):
        raise Failure(f"segment {index} of packet {number}: wrong checksum")


class Wire:
    """The host's side of a tap"""

    def __init__(self, name):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                     socket.htons(0x0800))
        self._socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self._socket.bind((name, 0x0800))
        self._socket.settimeout(PATIENCE)

    def send(self, number, length):
        """A packet that needs its checksum, and to be cut if it is long"""
        gso = GSO_TCPV4 if length > MSS else 0
        header = VNET.pack(NEEDS_CSUM, gso, HEAD, MSS if gso else 0, TCP, 16)
        self._socket.send(header + packet(number, length))

    def receive(self):
        """Header and frame of the next packet from the card"""
        while True:
            data = self._socket.recv(1 << 17)
            if is_ours(data[VNET.size:]):
                return VNET.unpack(data[:VNET.size]), data[VNET.size:]


@dataclasses.dataclass
class Received:
    """What the card made of a frame"""
    frame: bytes
    status: int


class Card:
    """A QEMU without a guest, and a driver for its 8254x"""

    def __init__(self, binary, sockets, device, tap, extra=()):
        name = f"{sockets}/{tap[:4]}"
        netdev = f"tap,id=net0,script=no,downscript=no,ifname={tap}"
        self._child = subprocess.Popen([str(c) for c in (
            binary, "-accel", "qtest", "-machine", "pc", "-nodefaults", "-m",
            "32", "-display", "none", "-netdev", netdev, "-device",
            f"{device},id=card,netdev=net0,mac={MAC},addr={SLOT}.0,romfile=",
            "-qtest", f"unix:{name}.qtest,server=on,wait=off",
            "-qtest-log", "none", "-qmp",
            f"unix:{name}.qmp,server=on,wait=off", *extra)])
        self._next = 0
        self.qmp = Qmp(f"{name}.qmp")
        self._qtest = socket.socket(socket.AF_UNIX)
        self._qtest.settimeout(30)
        self._qtest.connect(f"{name}.qtest")
        self._lines = self._qtest.makefile("r", encoding="ascii")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._child.terminate()
        if self._child.wait(10) not in (0, -15) and not exc[0]:
            raise Failure(f"QEMU exited with status {self._child.returncode}")

    def _do(self, line):
        self._qtest.sendall(line.encode() + b"\n")
        answer = self._lines.readline().split()
        if answer[:1] != ["OK"]:
            raise Failure(f"qtest {line[:40]!r}: {' '.join(answer)}")
        return answer[1] if len(answer) > 1 else ""

    def read(self, register):
        return int(self._do(f"readl {BAR + register:#x}"), 16)

    def write(self, register, value):
        self._do(f"writel {BAR + register:#x} {value:#x}")

    def peek(self, at, size):
        return bytes.fromhex(self._do(f"read {at:#x} {size:#x}")[2:])

    def poke(self, at, data):
        self._do(f"write {at:#x} {len(data):#x} 0x{data.hex()}")

    def _config(self, register, value):
        self._do(f"outl 0xcf8 {1 << 31 | SLOT << 11 | register:#x}")
        self._do(f"outl 0xcfc {value:#x}")

    def await_link(self):
        """Autonegotiation takes a while"""
        self._do("clock_step 5000000000")
        if not self.read(STATUS) & LU:
            raise Failure("the card has no link")

    def start(self):
        """Address, link, both rings; all receive descriptors but one"""
        self._config(0x10, BAR)
        self._config(4, 7)
        self.write(CTRL, SLU)
        self.await_link()
        for i in range(RING):
            self.poke(RX_RING + 16 * i,
                      struct.pack("<QQ", RX_BUFFERS + BUFFER * i, 0))
        self._next = 0
        for base, at in ((RDBAL, RX_RING), (TDBAL, TX_RING)):
            self.write(base, at)
            self.write(base + 8, RING * 16)
        self.write(TCTL, TRANSMIT)
        self.write(RXCSUM, SUMS)
        self.write(RCTL, RECEIVE)
        self.write(RDT, RING - 1)

    def receive(self, patience=PATIENCE):
        """The next frame, whose descriptor is given back; None if none"""
        until = time.monotonic() + patience
        at = RX_RING + 16 * self._next
        while True:
            length, _, status = struct.unpack("<HHB", self.peek(at + 8, 5))
            if status & DD_EOP == DD_EOP:
                break
            if time.monotonic() > until:
                return None
            time.sleep(0.001)
        frame = self.peek(RX_BUFFERS + BUFFER * self._next, length)
        self.poke(at + 8, bytes(8))
        self.write(RDT, self._next)
        self._next = (self._next + 1) % RING
        return Received(frame, status)

    def _descriptor(self, *words):
        tail = self.read(TDT)
        self.poke(TX_RING + 16 * tail, struct.pack("<4I", *words))
        return (tail + 1) % RING

    def send(self, number, length):
        """One long packet, to be cut by the card"""
        frame = bytearray(packet(number, length, partial=False))
        frame[IP + 2:IP + 4] = frame[IP + 10:IP + 12] = b"\0\0"
        self.poke(TX_BUFFER, bytes(frame))
        # Context: TSE, IP, TCP
        self.write(TDT, self._descriptor(
            IP | (IP + 10) << 8 | (TCP - 1) << 16, TCP | (TCP + 16) << 8,
            length | 0x27 << 24, HEAD << 8 | MSS << 16))
        at = 0
        while at < len(frame):
            piece = min(PIECE, len(frame) - at)
            last = at + piece == len(frame)
            self.write(TDT, self._descriptor(
                TX_BUFFER + at, 0, piece | 1 << 20 | (0x2e | last) << 24,
                3 << 8))
            at += piece

    def expect(self, number, length):
        """All of a packet comes in, once and in order"""
        for index in range(-(-length // MSS)):
            got = self.receive()
            if not got:
                raise Failure(f"packet {number} ends before segment {index}")
            check_segment(got.frame, number, index, length)
            if got.status & IPCS_TCPCS != IPCS_TCPCS:
                raise Failure(f"status {got.status:#x} does not say that the "
                              "checksums are right")

    def quiet(self):
        got = self.receive(0.3)
        if got:
            raise Failure(f"a frame of {len(got.frame)} bytes too many")


LONG = SEGMENTS * MSS - 17
LENGTHS = [LONG, 100, MSS, MSS + 1, 1, LONG, LONG, 7, 2 * MSS]


def whole_out(card, wire):
    """What the card was to cut leaves as it is"""
    for number in range(1, 4):
        card.send(number, LONG)
        (flags, gso, _, size, start, offset), frame = wire.receive()
        if ((flags & NEEDS_CSUM, gso, size, start, offset) !=
                (NEEDS_CSUM, GSO_TCPV4, MSS, TCP, 16) or
                len(frame) != HEAD + LONG):
            raise Failure(f"{len(frame)} bytes came out, with gso_type {gso}, "
                          f"gso_size {size}, csum_start {start}")
        if frame[HEAD:] != payload(number, LONG):
            raise Failure(f"packet {number} came out with wrong contents")


def cut_out(card, wire):
    """The card's own segments"""
    card.send(1, LONG)
    for index in range(SEGMENTS):
        (_, gso, *_), frame = wire.receive()
        if gso or len(frame) > FRAME_MAX:
            raise Failure(f"a packet of {len(frame)} bytes came out")
        check_segment(frame, 1, index, LONG)


def all_in(card, wire):
    """Long and short, far more than the ring takes"""
    for number, length in enumerate(LENGTHS):
        wire.send(number, length)
    for number, length in enumerate(LENGTHS):
        card.expect(number, length)
    card.quiet()


def begin_in(card, wire, number):
    """A packet of which the card has taken a part, and one behind it"""
    wire.send(number, LONG)
    wire.send(number + 1, LONG)
    for index in range(3):
        check_segment(card.receive().frame, number, index, LONG)
    # All that fits
    time.sleep(0.2)


def drain(card):
    """What still comes in; of each frame the number of its packet"""
    numbers = []
    while got := card.receive(0.2):
        numbers.append(struct.unpack_from(">I", got.frame, TCP + 4)[0] >> 20)
    return numbers


def link_down(card, wire):
    """The rest of a packet is gone with the link; what follows is not"""
    begin_in(card, wire, 20)
    card.qmp("set_link", name="net0", up=False)
    card.qmp("set_link", name="net0", up=True)
    card.await_link()
    count = drain(card).count(20)
    if count >= RING:
        raise Failure(f"{count} frames came in over a cable that was unplugged")
    all_in(card, wire)


def reset(card, wire):
    """So it is after a reset"""
    begin_in(card, wire, 30)
    card.qmp("system_reset")
    time.sleep(0.2)
    card.start()
    if 30 in drain(card):
        raise Failure("the rest of a packet came in after a reset")
    all_in(card, wire)


def stopped(card, wire):
    """A stopped machine goes on where it was, as far as QEMU lets it"""
    wire.send(40, LONG)
    card.qmp("stop")
    card.qmp("cont")
    card.expect(40, LONG)
    card.quiet()


def replug(card, wire, device):
    """Another card on the same tap"""
    begin_in(card, wire, 50)
    card.qmp("device_del", id="card")
    card.qmp("system_reset")
    until = time.monotonic() + 10
    while card.qmp("query-rx-filter") and time.monotonic() < until:
        time.sleep(0.05)
    card.qmp("device_add", driver=device, id="card", netdev="net0", mac=MAC,
             addr=str(SLOT), romfile="")
    card.start()
    drain(card)
    whole_out(card, wire)
    all_in(card, wire)


def dumped(path):
    """Lengths of our packets in a capture; it must have nothing but frames"""
    data = path.read_bytes()
    at, lengths = 24, []
    while at < len(data):
        caught, length = struct.unpack_from("<II", data, at + 8)
        frame = data[at + 16:at + 16 + caught]
        # IPv4, ARP, IPv6, and RARP as QEMU announces a card
        if frame[12:14] not in (b"\x08\0", b"\x08\x06", b"\x86\xdd",
                                b"\x80\x35"):
            raise Failure(f"the capture has something else: {frame[:32].hex()}")
        if is_ours(frame):
            lengths.append(length)
        at += 16 + caught
    return lengths


def queued(start, wires):
    """A tap with two queues, of which the card sends on one"""
    with start("tap2,queues=2") as card:
        card.start()
        whole_out(card, wires["tap2"])
        all_in(card, wires["tap2"])


def filtered(start, wires, work):
    """A capture has what is on the wire, both ways"""
    path = work / "dump.pcap"
    with start("tap0", "-object",
               f"filter-dump,id=dump0,netdev=net0,file={path}") as card:
        card.start()
        cut_out(card, wires["tap0"])
        all_in(card, wires["tap0"])
    lengths = dumped(path)
    count = sum(-(-length // MSS) for length in [LONG] + LENGTHS)
    if max(lengths) > FRAME_MAX or len(lengths) != count:
        raise Failure(f"{len(lengths)} frames of {count} were captured, of up "
                      f"to {max(lengths)} bytes")


def move(source, target, stream):
    source.qmp("stop")
    source.qmp("migrate", uri=f"unix:{stream}")
    source.qmp.wait_status("postmigrate")
    target.qmp.wait_status("paused")
    target.qmp("cont")
    # pylint: disable=protected-access
    target._next = source._next


def migrated(start, wires, sockets):
    """To a tap without vnet header, and back to one with"""
    stream = f"{sockets}/stream"
    incoming = ("-S", "-incoming", f"unix:{stream}")
    with start("tap0") as first:
        first.start()
        begin_in(first, wires["tap0"], 60)
        with start("tap1,vnet_hdr=off", *incoming) as second:
            move(first, second, stream)
            drain(second)
            cut_out(second, wires["tap1"])
            all_in(second, wires["tap1"])
            begin_in(second, wires["tap1"], 70)
            first.__exit__(None, None, None)
            with start("tap0", *incoming) as third:
                move(second, third, stream)
                drain(third)
                whole_out(third, wires["tap0"])
                all_in(third, wires["tap0"])


def entry():
    args = options(__doc__)
    binary = qemu(args)
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        print("skipped: this needs /dev/net/tun")
        return SKIPPED
    try:
        enter_namespace()
    except Unavailable as e:
        print(f"skipped: {e}")
        return SKIPPED
    wires = {}
    for name, words in {"tap0": [], "tap1": [],
                        "tap2": ["multi_queue"]}.items():
        add_tap(name, *words)
        wires[name] = Wire(name)
    with socket_folder() as sockets:
        def start(tap, *extra):
            return Card(binary, sockets, args.device, tap, extra)

        with start("tap0") as card:
            card.start()
            for test in (whole_out, all_in, link_down, reset, stopped):
                test(card, wires["tap0"])
                say(f"{test.__name__}: {test.__doc__}")
            replug(card, wires["tap0"], args.device)
            say(f"replug: {replug.__doc__}")
        queued(start, wires)
        say(f"queued: {queued.__doc__}")
        filtered(start, wires, folder("tap"))
        say(f"filtered: {filtered.__doc__}")
        migrated(start, wires, sockets)
        say(f"migrated: {migrated.__doc__}")
    return 0


if __name__ == "__main__":
    main(entry)
