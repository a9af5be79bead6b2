# SPDX-License-Identifier: MIT
"""emulator.py - an emulator with one e1000, driven from outside

Guest memory is a file that both map, so descriptors and frames cost no
commands; registers go through the qtest protocol; the network is a pair of
datagram sockets.
"""

import mmap
import os
import pathlib
import socket
import struct
import subprocess
import time

import batch

MEMORY = 64 << 20
BAR = 0xe0000000
SLOT = 4
MAC = bytes.fromhex("525400123456")
TIMEOUT_S = 10
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# cli; hlt; jmp back, where a PC starts: 16 bytes below 4 GiB
IDLE_BIOS = bytes(0xfff0) + b"\xfa\xf4\xeb\xfd" + bytes(12)


class Emulator:
    """One run; use it in a `with`"""

    def __init__(self, binary, folder):
        self.binary = binary
        self.dir = pathlib.Path(folder)
        self.process = None
        self.replies = None
        self.closing = []

    def _arguments(self):
        accel = subprocess.run([self.binary, "-accel", "help"], text=True,
                               capture_output=True, check=False)
        if "qtest" in accel.stdout:
            args = ["-accel", "qtest"]
        else:
            # Debian's QEMU: a CPU that sleeps does as well
            (self.dir / "bios").write_bytes(IDLE_BIOS)
            args = ["-accel", "tcg", "-bios", str(self.dir / "bios")]
        return [self.binary, *args, "-nodefaults", "-display", "none",
                "-m", f"{MEMORY >> 20}M", "-machine", "pc,memory-backend=ram",
                "-object", f"memory-backend-file,id=ram,size={MEMORY},"
                f"mem-path={self.dir}/ram,share=on",
                "-netdev", "dgram,id=n,local.type=unix,"
                f"local.path={self.dir}/card,remote.type=unix,"
                f"remote.path={self.dir}/bench",
                "-device", f"e1000,netdev=n,addr={SLOT},mac={MAC.hex(':')},"
                "romfile=", "-qtest", f"unix:{self.dir}/qtest",
                "-qtest-log", "none"]

    def __enter__(self):
        args = self._arguments()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.dir / "qtest"))
        listener.listen(1)
        listener.settimeout(TIMEOUT_S)
        wire = batch.pair(str(self.dir / "bench"), TIMEOUT_S)
        self.closing = [listener, wire]
        begin = time.perf_counter()
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL)
        try:
            self.control, _ = listener.accept()
            self.control.settimeout(TIMEOUT_S)
            self.closing.append(self.control)
            self.replies = self.control.makefile("rb")
            self.command("readl 0x0")
        except (OSError, EOFError) as err:
            self.__exit__()
            raise RuntimeError(f"{self.binary} did not start: {err}") from err
        self.started_s = time.perf_counter() - begin
        with open(self.dir / "ram", "r+b") as ram:
            self.memory = mmap.mmap(ram.fileno(), MEMORY)
        wire.connect(str(self.dir / "card"))
        self.wire = batch.Datagrams(wire)
        self._set_up_pci()
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        for each in self.closing:
            each.close()

    def post(self, text, count=1):
        """Send commands without waiting for the answers"""
        self.control.sendall(text.encode() + b"\n" if count == 1
                             else (text + "\n").encode() * count)

    def answer(self):
        line = self.replies.readline()
        if not line.startswith(b"OK"):
            raise RuntimeError(f"{self.binary} answered {line!r}")
        return int(line.split()[1], 0) if b" " in line else 0

    def command(self, text):
        self.post(text)
        return self.answer()

    def write(self, register, value):
        self.command(f"writel {BAR + register:#x} {value:#x}")

    def read(self, register):
        return self.command(f"readl {BAR + register:#x}")

    def _config(self, register, value):
        address = 0x80000000 | SLOT << 11 | register
        self.command(f"outl 0xcf8 {address:#x}")
        self.command(f"outl 0xcfc {value:#x}")

    def _set_up_pci(self):
        self._config(0x10, BAR)
        self._config(0x04, 0x6)

    def put(self, address, data):
        self.memory[address:address + len(data)] = data

    def descriptor(self, address, buffer, lower, upper=0):
        self.put(address, struct.pack("<QII", buffer, lower, upper))

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1])

    def cpu_s(self):
        """CPU time used so far, all threads, user and system"""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
