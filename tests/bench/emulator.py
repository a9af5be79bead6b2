# SPDX-License-Identifier: MIT
"""emulator.py - one run of bench-load or bench-limit, in a network namespace

bench-load is the driver, the network and the clock; here are only the command
lines of emulators, and what others did on the host meanwhile.
"""

import ctypes
import json
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import time

MEMORY = 64 << 20
SLOT = 4
MAC = "52:54:00:12:34:56"
INTERFACE = "bench0"
CLONE_NEWNET = 0x40000000
# Datagrams that a socket may hold; the usual ten are less than a burst
QUEUED = 512
TIMEOUT_S = 60
# cli; hlt; jmp back, where a PC starts: 16 bytes below 4 GiB
IDLE_BIOS = bytes(0xfff0) + b"\xfa\xf4\xeb\xfd" + bytes(12)


class Failed(Exception):
    """A run that has no figures: the message says why"""


def enter_namespace():
    """Go, with all that we start, into a network of our own; None or why not"""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        return ("a network namespace needs root: "
                + os.strerror(ctypes.get_errno()))
    net = pathlib.Path("/proc/sys/net")
    (net / "unix/max_dgram_qlen").write_text(f"{QUEUED}\n", encoding="ascii")
    # Its frames would be received, too
    quiet = net / "ipv6/conf/default/disable_ipv6"
    if quiet.exists():
        quiet.write_text("1\n", encoding="ascii")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "no /dev/net/tun"
    return None


def busy_s():
    """CPU time that anybody on this host used"""
    fields = pathlib.Path("/proc/stat").read_text(encoding="ascii").split()
    user, nice, system, _idle, _wait, irq, softirq = map(int, fields[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_s():
    """And we, with all children that ended"""
    both = (resource.getrusage(resource.RUSAGE_SELF),
            resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(x.ru_utime + x.ru_stime for x in both)


class Noise:
    """In a `with`: how many CPUs others used, on average"""

    def __enter__(self):
        self.at, self.busy, self.own = time.monotonic(), busy_s(), own_s()
        return self

    def __exit__(self, *_):
        others = (busy_s() - self.busy) - (own_s() - self.own)
        self.cpus = max(0, others / (time.monotonic() - self.at))


def wait_for_quiet(seconds):
    """Up to that long, until others use little"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with Noise() as noise:
            time.sleep(0.25)
        if noise.cpus < 0.1:
            break


def wait_for_interface():
    """Until it is gone: the kernel takes its time with an io_uring whose
    process was killed, and with what that held"""
    end = time.monotonic() + TIMEOUT_S
    while any(name == INTERFACE for _, name in socket.if_nameindex()):
        if time.monotonic() > end:
            raise Failed(f"{INTERFACE} is still there after {TIMEOUT_S} s")
        time.sleep(0.01)


def accelerator(binary, folder):
    """Arguments with which no guest code runs"""
    known = subprocess.run([binary, "-accel", "help"], text=True,
                           capture_output=True, check=False)
    if "qtest" in known.stdout:
        return ["-accel", "qtest"]
    # Debian's QEMU: a CPU that sleeps does as well
    bios = pathlib.Path(folder) / "bios"
    bios.write_bytes(IDLE_BIOS)
    return ["-accel", "tcg", "-bios", str(bios)]


def polling(binary, poll_us):
    """Arguments to look for that long before sleeping, if it can"""
    option = "-x-vifemu-poll-us"
    if poll_us and option[1:].encode() in pathlib.Path(binary).read_bytes():
        return [option, str(poll_us)]
    return []


def command_line(binary, workload, folder):
    """An emulator with one card, its memory and its sockets in the folder"""
    if workload["net"] == "tap":
        net = f"tap,ifname={INTERFACE},script=no,downscript=no"
    elif workload["net"] == "stream":
        net = f"stream,server=off,addr.type=unix,addr.path={folder}/bench"
    else:
        net = (f"dgram,local.type=unix,local.path={folder}/card,"
               f"remote.type=unix,remote.path={folder}/bench")
    return [binary, *accelerator(binary, folder), "-nodefaults",
            "-display", "none", "-m", f"{MEMORY >> 20}M",
            "-machine", "pc,memory-backend=ram",
            "-object", f"memory-backend-file,id=ram,size={MEMORY},"
            f"mem-path={folder}/ram,share=on", "-netdev", f"{net},id=n",
            "-device", f"{workload['model']},netdev=n,addr={SLOT},mac={MAC},"
            "romfile=", "-qtest", f"unix:{folder}/qtest", "-qtest-log", "none",
            *polling(binary, workload["poll_us"])]


class Tools:
    """bench-load and bench-limit, and how they are run

    `cpus` are the emulator's and the load generator's, or (-1, -1).
    """

    def __init__(self, folder, seconds, cpus):
        self.load = str(pathlib.Path(folder) / "bench-load")
        self.limit = str(pathlib.Path(folder) / "bench-limit")
        self.seconds = seconds
        self.cpus = cpus

    def workloads(self):
        """What bench-load can do, in its order"""
        done = subprocess.run([self.load, "--list"], check=True, text=True,
                              capture_output=True)
        return json.loads(done.stdout)

    def _run(self, args):
        wait_for_interface()
        with Noise() as noise:
            try:
                done = subprocess.run(args, text=True, capture_output=True,
                                      check=False, timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired as err:
                raise Failed(f"no end after {TIMEOUT_S} s") from err
        try:
            figures = json.loads(done.stdout)
        except ValueError as err:
            raise Failed(f"{args[0]} ended with {done.returncode}: "
                         + done.stderr.strip()[-200:]) from err
        if "error" in figures:
            said = done.stderr.strip()
            raise Failed(figures["error"] + (f" ({said[-200:]})" if said
                                             else ""))
        if done.returncode:
            raise Failed(f"{args[0]} ended with {done.returncode}: "
                         + done.stderr.strip()[-200:])
        return {**figures, "noise": noise.cpus}

    def _drive(self, workload, folder, argv, wrapper=()):
        cpus = f"{self.cpus[0]},{self.cpus[1]}"
        return self._run([*wrapper, self.load, workload, str(self.seconds),
                          folder, cpus, "--", *argv])

    def measure(self, binary, workload, wrapper=()):
        """Figures of one emulator, the run being an argument of @wrapper's"""
        # In memory: guest memory that a disk holds would be written to it
        with tempfile.TemporaryDirectory(prefix="vifemu-bench-",
                                         dir="/dev/shm") as folder:
            return self._drive(workload["name"], folder,
                               command_line(binary, workload, folder), wrapper)

    def measure_limit(self, name):
        """Figures of the host alone"""
        if not name.startswith("echo:"):
            return self._run([self.limit, name, str(self.seconds / 2),
                              f"{self.cpus[0]},{self.cpus[1]}"])
        with tempfile.TemporaryDirectory(prefix="vifemu-bench-",
                                         dir="/dev/shm") as folder:
            figures = self._drive(name.partition(":")[2], folder,
                                  [self.limit, "echo", f"unix:{folder}/qtest"])
        return {**figures, "how": "echo"}
