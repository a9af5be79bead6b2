# SPDX-License-Identifier: MIT
"""batch.py - many datagrams with one system call, which Python has not"""

import ctypes
import os
import socket

MSG_WAITFORONE = 0x10000
CLONE_NEWNET = 0x40000000
QUEUE_LEN = "/proc/sys/net/unix/max_dgram_qlen"
QUEUED = 512
BATCH = 64
FRAME_MAX = 65536


def long_queues():
    """Let datagram sockets queue more than the usual ten frames

    In a network namespace of our own, because the limit is one of a namespace:
    sender and receiver would wake each other all the time. Needs root.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        return False
    with open(QUEUE_LEN, "w", encoding="ascii") as limit:
        limit.write(f"{QUEUED}\n")
    return True


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


class Datagrams:
    """A datagram socket in batches; all messages of a batch share one buffer.

    What is received is counted and thrown away.
    """

    def __init__(self, sock):
        self.sock = sock
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.buf = ctypes.create_string_buffer(FRAME_MAX)
        self.iov = Iovec(ctypes.addressof(self.buf), FRAME_MAX)
        self.vec = (Mmsghdr * BATCH)()
        for msg in self.vec:
            msg.hdr.iov = ctypes.pointer(self.iov)
            msg.hdr.iovlen = 1

    def _check(self, done):
        if done < 0:
            err = ctypes.get_errno()
            raise OSError(err, f"frames did not come or go: {os.strerror(err)}")
        return done

    def receive(self, count):
        """Wait for `count` datagrams"""
        self.iov.len = FRAME_MAX
        while count > 0:
            count -= self._check(self.libc.recvmmsg(
                self.sock.fileno(), self.vec, min(count, BATCH),
                MSG_WAITFORONE, None))

    def send(self, frame, count):
        """Send `frame` that often; waits while the receiver's queue is full"""
        ctypes.memmove(self.buf, frame, len(frame))
        self.iov.len = len(frame)
        while count > 0:
            count -= self._check(self.libc.sendmmsg(
                self.sock.fileno(), self.vec, min(count, BATCH), 0))

    def drain(self):
        """Throw away what is there"""
        self.sock.setblocking(False)
        try:
            while self.sock.recv(FRAME_MAX):
                pass
        except BlockingIOError:
            pass
        self.sock.settimeout(None)


def pair(mine, timeout_s):
    """A socket bound to the path `mine`; connect it once the other is there"""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(mine)
    seconds = int(timeout_s)
    timeval = seconds.to_bytes(8, "little") + bytes(8)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
    return sock
