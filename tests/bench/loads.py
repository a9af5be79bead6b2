# SPDX-License-Identifier: MIT
"""loads.py - what is measured; each takes an emulator and returns figures

A load checks the first frames that it moves: a fast way of moving nothing is
not a result.
"""

import statistics
import struct
import time

from emulator import MAC

CTRL, RCTL, TCTL = 0x0, 0x100, 0x400
RDBAL, RDLEN, RDH, RDT = 0x2800, 0x2808, 0x2810, 0x2818
TDBAL, TDLEN, TDH, TDT = 0x3800, 0x3808, 0x3810, 0x3818

CTRL_SLU = 1 << 6
RCTL_ON = 1 << 1 | 1 << 3 | 1 << 15 | 1 << 26
TCTL_ON = 0x3f0fa

EOP_IFCS = 3 << 24
RS = 1 << 27
DEXT = 1 << 29
TSE = 1 << 26
DTYP_DATA = 1 << 20
BOTH_SUMS = 3 << 8

RING = 256
TX_RING, RX_RING = 0x100000, 0x101000
TX_DATA, RX_DATA = 0x200000, 0x400000
RX_BUFFER = 2048

MSS = 1448
TSO_PAYLOAD = 45 * MSS
TSO_PIECE = 16384

PEER = bytes.fromhex("525400abcdef")


def frame(size):
    head = PEER + MAC + b"\x88\xb5"
    return head + bytes(i * 7 & 255 for i in range(size - len(head)))


def link_up(emu):
    emu.write(CTRL, CTRL_SLU)
    emu.wire.drain()


def transmitter(emu):
    link_up(emu)
    emu.write(TDBAL, TX_RING)
    emu.write(TDLEN, RING * 16)
    emu.write(TDH, 0)
    emu.write(TDT, 0)
    emu.write(TCTL, TCTL_ON)


def repeat(seconds, once):
    """Calls of `once` per second, and CPU time of one, by the emulator's own"""
    begin, n = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        once()
        n += 1
    return n, time.perf_counter() - begin


def rate(emu, seconds, per_call, once):
    once()
    cpu = emu.cpu_s()
    calls, elapsed = repeat(seconds, once)
    packets = calls * per_call
    return {"kpps": packets / elapsed / 1e3,
            "us/packet": (emu.cpu_s() - cpu) / packets * 1e6}


def expect(emu, want):
    got = emu.wire.sock.recv(65536)
    if got != want:
        raise RuntimeError(f"{emu.binary} sent {got[:64].hex()}.. "
                           f"instead of {want[:64].hex()}..")


def transmit(emu, seconds, size, burst):
    """`burst` frames a doorbell; only the last descriptor asks for a report"""
    data = frame(size)
    transmitter(emu)
    emu.put(TX_DATA, data)
    for i in range(RING):
        last = i % burst == burst - 1
        emu.descriptor(TX_RING + 16 * i, TX_DATA,
                       size | EOP_IFCS | (RS if last else 0))
    tail = 0

    def once():
        nonlocal tail
        tail = (tail + burst) % RING
        emu.post(f"writel {0xe0000000 + TDT:#x} {tail:#x}")
        emu.wire.receive(burst)
        emu.answer()

    emu.write(TDT, 1)
    expect(emu, data)
    tail = 1
    return rate(emu, seconds, burst, once)


def tso_headers():
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 0, 1, 0, 64, 6, 0,
                     0x0a000002, 0x0a000001)
    tcp = struct.pack(">HHIIBBHHH", 1000, 2000, 1, 1, 5 << 4, 0x10, 0xffff, 0,
                      0)
    return PEER + MAC + b"\x08\x00" + ip + tcp


def segmentation(emu, seconds):
    """Frames of 64 KiB that the card cuts"""
    head = tso_headers()
    transmitter(emu)
    emu.put(TX_DATA, head)
    emu.put(TX_DATA + 4096, bytes(i * 3 & 255 for i in range(TSO_PAYLOAD)))
    descriptors = [
        (14 | 24 << 8 | 33 << 16 | (34 | 50 << 8) << 32,
         TSO_PAYLOAD | DEXT | TSE | 3 << 24, len(head) << 8 | MSS << 16),
        (TX_DATA, len(head) | DTYP_DATA | DEXT | TSE, BOTH_SUMS)]
    left = TSO_PAYLOAD
    while left:
        part = min(left, TSO_PIECE)
        left -= part
        lower = part | DTYP_DATA | DEXT | TSE
        descriptors.append((TX_DATA + 4096 + TSO_PAYLOAD - left - part,
                            lower if left else lower | EOP_IFCS | RS,
                            BOTH_SUMS))
    count = len(descriptors)
    for i in range(RING):
        emu.descriptor(TX_RING + 16 * i, *descriptors[i % count])
    segments = TSO_PAYLOAD // MSS

    def once():
        # The ring is no multiple of a packet: start over each time
        emu.write(TDH, 0)
        emu.write(TDT, 0)
        emu.post(f"writel {0xe0000000 + TDT:#x} {count:#x}")
        emu.wire.receive(segments)
        emu.answer()

    emu.write(TDT, count)
    first = emu.wire.sock.recv(65536)
    if len(first) != len(head) + MSS or first[:16] != head[:16]:
        raise RuntimeError(f"{emu.binary} sent {first[:64].hex()}.. as the "
                           "first segment")
    emu.wire.receive(segments - 1)
    return rate(emu, seconds, segments, once)


def receive(emu, seconds, size, burst):
    """`burst` frames, then their buffers go back"""
    data = MAC + PEER + frame(size)[12:]
    link_up(emu)
    for i in range(RING):
        emu.descriptor(RX_RING + 16 * i, RX_DATA + RX_BUFFER * i, 0)
    emu.write(RDBAL, RX_RING)
    emu.write(RDLEN, RING * 16)
    emu.write(RDH, 0)
    emu.write(RDT, RING - 1)
    emu.write(RCTL, RCTL_ON)
    head = 0

    def done(i):
        return emu.memory[RX_RING + 16 * i + 12] & 1

    def wait(i):
        begin = time.perf_counter()
        while not done(i):
            if time.perf_counter() - begin > 10:
                raise RuntimeError(f"{emu.binary} received nothing")

    def take(count):
        nonlocal head
        emu.wire.send(data, count)
        wait((head + count - 1) % RING)
        for _ in range(count):
            emu.memory[RX_RING + 16 * head + 12] = 0
            head = (head + 1) % RING
        emu.write(RDT, (head - 1) % RING)

    take(1)
    if emu.memory[RX_DATA:RX_DATA + size] != data:
        raise RuntimeError(f"{emu.binary} stored something else")
    return rate(emu, seconds, burst, lambda: take(burst))


def doorbell(emu, seconds):
    """A register write there and back, one at a time"""
    transmitter(emu)
    text = f"writel {0xe0000000 + TDT:#x} 0x0"
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        emu.command(text)
        times.append(time.perf_counter() - begin)
    return {"us": statistics.median(times) * 1e6}


def commands(emu, seconds):
    """Register writes, a hundred at a time"""
    transmitter(emu)
    text = f"writel {0xe0000000 + TDT:#x} 0x0"

    def once():
        emu.post(text, 100)
        for _ in range(100):
            emu.answer()

    return rate(emu, seconds, 100, once)


def latency(emu, seconds):
    """From the doorbell to the frame on the wire"""
    data = frame(60)
    transmitter(emu)
    emu.put(TX_DATA, data)
    for i in range(RING):
        emu.descriptor(TX_RING + 16 * i, TX_DATA, len(data) | EOP_IFCS | RS)
    times, tail = [], 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        tail = (tail + 1) % RING
        begin = time.perf_counter()
        emu.post(f"writel {0xe0000000 + TDT:#x} {tail:#x}")
        expect(emu, data)
        times.append(time.perf_counter() - begin)
        emu.answer()
    return {"us": statistics.median(times) * 1e6}


def idle(emu, _seconds):
    return {"ms": emu.started_s * 1e3, "MiB": emu.rss_kib() / 1024}


# name: (what, function)
LOADS = {
    "start": ("from exec to the first answer, then idle", idle),
    "doorbell": ("register write, there and back", doorbell),
    "commands": ("register writes, 100 at a time", commands),
    "latency": ("doorbell to frame on the wire", latency),
    "tx64-1": ("64 bytes out, one a doorbell",
               lambda e, s: transmit(e, s, 64, 1)),
    "tx64": ("64 bytes out, 128 a doorbell",
             lambda e, s: transmit(e, s, 64, 128)),
    "tx1514": ("1514 bytes out, 128 a doorbell",
               lambda e, s: transmit(e, s, 1514, 128)),
    "tso": ("segments of 1448 bytes, 64 KiB a doorbell", segmentation),
    "rx64": ("64 bytes in, 128 at a time", lambda e, s: receive(e, s, 64, 128)),
    "rx1514": ("1514 bytes in, 128 at a time",
               lambda e, s: receive(e, s, 1514, 128)),
}
