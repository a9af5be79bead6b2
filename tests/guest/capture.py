# SPDX-License-Identifier: MIT
"""What the host's capture says about frames, to check a guest's counters

The guest marks places in it with an ICMP echo request of a length that no
other has (mark in tests/guest/init).
"""

import dataclasses
import struct

from common import Failure

ETH_HLEN, ETH_ZLEN = 14, 60
ETH_P_IP, ETH_P_ARP, ETH_P_PAUSE = 0x0800, 0x0806, 0x8808
ARP_BYTES = 28

# A marking echo request with its headers
MARK_BYTES = ETH_HLEN + 20 + 8 + 1234

GLOBAL_HEADER, RECORD_HEADER = 24, 16


@dataclasses.dataclass
class Counts:
    """Frames and bytes without FCS; None where nobody counted"""
    sent: int | None = 0
    sent_bytes: int | None = 0
    received: int | None = 0
    received_bytes: int | None = 0

    def __str__(self):
        ways = (("out", self.sent, self.sent_bytes),
                ("in", self.received, self.received_bytes))
        return ", ".join(f"{frames} frames {way}" if size is None else
                         f"{frames} frames of {size} bytes {way}"
                         for way, frames, size in ways)

    def minus(self, other):
        return self._with(other, lambda a, b: a - b)

    def only(self, counted):
        """What @counted has too"""
        return self._with(counted, lambda a, b: a)

    def _with(self, other, function):
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other))
        return Counts(*(None if None in pair else function(*pair)
                        for pair in pairs))

    def __bool__(self):
        return dataclasses.astuple(self) != (None,) * 4


def parse_mark(text):
    """Counts of a guest's @mark line, in which "-" is what it cannot count"""
    words = text.split()
    if len(words) != 4:
        raise Failure(f"the guest's mark has no four numbers: {text!r}")
    return Counts(*(None if w == "-" else int(w) for w in words))


def frames(path):
    """Yields length on the wire and first bytes of each frame of a pcap file"""
    data = path.read_bytes()
    at = GLOBAL_HEADER
    while at + RECORD_HEADER <= len(data):
        kept, length = struct.unpack_from("<II", data, at + 8)
        at += RECORD_HEADER
        yield length, data[at:at + kept]
        at += kept


def _is_mark(length, head):
    """An ICMP (1) echo request (8) over IPv4, of that length"""
    return (length == MARK_BYTES and head[12:14] == b"\x08\x00" and
            head[23] == 1 and head[34] == 8)


def _without_padding(length, head):
    """Length of a frame as it was before somebody padded it"""
    ethertype, ip_length = struct.unpack_from(">H2xH", head, 12)
    if ethertype == ETH_P_ARP:
        return ETH_HLEN + ARP_BYTES
    return ETH_HLEN + ip_length if ethertype == ETH_P_IP else length


def _is_pause(head):
    """A card short of buffers makes these by itself, and counts none of them
    as a packet that it sent"""
    return head[12:14] == struct.pack(">H", ETH_P_PAUSE)


def _count(seen, length, head, is_own, as_skb):
    if not as_skb:
        length = max(length, ETH_ZLEN)
    elif is_own:
        length = _without_padding(length, head)
    else:
        length -= ETH_HLEN
    if is_own:
        seen.sent += 1
        seen.sent_bytes += length
    else:
        seen.received += 1
        seen.received_bytes += length


def between_marks(path, mac, first, as_skb=False):
    """Counts of the frames from mark @first, itself included, to the next one

    @mac:    the card's address; what has it as its source was sent
    @as_skb: bytes as Linux holds frames, sent ones before padding, received
             ones without Ethernet header; otherwise as they are on the wire
    """
    own = bytes.fromhex(mac.replace(":", ""))
    seen, marks = Counts(), 0
    for length, head in frames(path):
        is_own = head[6:12] == own
        if is_own and _is_mark(length, head):
            marks += 1
        if marks == first + 1 and not (is_own and _is_pause(head)):
            _count(seen, length, head, is_own, as_skb)
    if marks < first + 2:
        raise Failure(f"{path} has {marks} marks instead of {first + 2}")
    return seen
