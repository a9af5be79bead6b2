# SPDX-License-Identifier: MIT
"""A QEMU with one network card, and the steps its guest reports

The guest prints what it does on the serial console (tests/guest/init); here
those lines become Step records, whatever happens to guest or emulator.
"""

import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import queue
import re
import subprocess
import threading
import time

from capture import between_marks, parse_mark
from common import Failure, ROOT, cache_dir, output, say, status

MAC = "52:54:00:12:34:56"
RAM_MIB = 384
HOST_ADDRESS = "10.0.2.2"

# Longest silence of a guest before it is given up, seconds
PATIENCE = 180

CLONE_NEWNET = 0x40000000
SYS_NET = pathlib.Path("/proc/sys/net")


class Unavailable(Failure):
    """This host cannot do what is asked, whatever our code does"""


@dataclasses.dataclass
class Step:
    """What became of one step; the schema of --json

    @lacking: the driver has nothing of the kind, so nothing was tested
    """
    name: str
    ok: bool
    seconds: float
    detail: str
    lacking: bool = False

    @property
    def verdict(self):
        return "none" if self.lacking else "ok" if self.ok else "FAILED"


@dataclasses.dataclass
class Setup:
    """What to boot

    @device:  QEMU's name of the card
    @backend: user or tap
    @folder:  where log and capture go
    @driver:  module for the card
    @lacks:   steps that this driver has nothing for
    @as_skb:  how it counts bytes: see between_marks
    @options: of the card
    @append:  further words of the kernel's command line
    @extra:   further arguments of QEMU
    @dump:    write a capture
    """
    binary: pathlib.Path
    kernel: pathlib.Path
    initramfs: pathlib.Path
    device: str
    backend: str
    folder: pathlib.Path
    driver: str = "e1000"
    lacks: tuple = ()
    as_skb: bool = False
    machine: str = "pc"
    options: str = "romfile="
    append: str = ""
    extra: tuple = ()
    dump: bool = True

    @property
    def log(self):
        kind = "" if self.dump else "-nodump"
        return self.folder / f"{self.device}-{self.backend}{kind}.log"

    @property
    def capture(self):
        return self.folder / f"{self.device}-{self.backend}.pcap"


def qemu_command(setup, append):
    """QEMU's arguments: nothing but serial console, card and backend"""
    netdev = {"user": "user,id=net0,ipv6=off",
              "tap": "tap,id=net0,ifname=tap0,script=no,downscript=no"}
    # Headers and a little more of each frame keep the file small
    dump = ["-object", "filter-dump,id=dump0,netdev=net0,"
            f"file={setup.capture},maxlen=256"]
    return [
        setup.binary, "-machine", setup.machine, "-accel", "tcg", "-cpu", "max",
        "-smp", "1", "-m", str(RAM_MIB), "-nodefaults", "-no-user-config",
        "-display", "none", "-no-reboot", "-serial", "stdio",
        "-kernel", setup.kernel, "-initrd", setup.initramfs,
        "-append", append,
        "-netdev", netdev[setup.backend],
        "-device", f"{setup.device},netdev=net0,mac={MAC},{setup.options}",
        *(dump if setup.dump else []), *setup.extra]


def kernel_arguments(driver, steps, server=None):
    words = ["console=ttyS0", "quiet", "panic=-1", "rdinit=/init",
             "mitigations=off", "nokaslr", f"vifemu.driver={driver}",
             f"vifemu.steps={','.join(steps)}"]
    if server:
        words += [f"vifemu.url=http://{HOST_ADDRESS}:{server.port}",
                  f"vifemu.sha256={server.sha256}"]
    return " ".join(words)


class Guest:
    """A running QEMU; lines of its console come with a time limit

    @last is the last one that said anything.
    """

    def __init__(self, command, log):
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [str(c) for c in command]
        self._log = open(log, "w", encoding="utf-8")
        self._log.write(" ".join(command) + "\n")
        self._child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        self._lines = queue.Queue()
        self.last = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            self._log.write(line)
            self._log.flush()
            self.last = line.strip() or self.last
            self._lines.put(line.rstrip("\r\n"))
        self._lines.put(None)

    def line(self, timeout):
        """Next line; None at the end of QEMU; TimeoutError after silence"""
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"silent for {timeout:.0f} s") from None

    def wait_for(self, text, timeout):
        """The first line that contains @text; Failure if none comes in time"""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            try:
                line = self.line(until - time.monotonic())
            except TimeoutError:
                break
            if line is None:
                raise Failure(f"QEMU ended before {text!r}: {self.last}")
            if text in line:
                return line
        raise Failure(f"no {text!r} in {timeout:.0f} s; last: {self.last}")

    def wait(self, timeout):
        """Exit status of QEMU, which is ended if it does not end by itself"""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._child.terminate()
        try:
            return self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.wait(0)
        self._reader.join()
        self._log.close()


def _compare(step, setup, marks):
    """Hold what a step counted between its two marks against the capture

    @marks: all of this guest's so far
    """
    counted = marks[-1].minus(marks[-2])
    if not counted:
        return
    seen = between_marks(setup.capture, MAC, len(marks) - 2, setup.as_skb)
    seen = seen.only(counted)
    text = f"{seen}, as captured"
    if counted != seen:
        step.ok = False
        text = f"captured {seen}, but counted {counted}"
    step.detail = f"{text}, {step.detail}"


def _ended(setup, verdict, rest):
    """The step that a guest's line is about"""
    name, seconds, detail = (rest.split(" ", 2) + ["", ""])[:3]
    lacking = verdict == "none"
    if lacking and name not in setup.lacks:
        verdict, detail = "fail", f"should be there: {detail}"
        lacking = False
    return Step(name, verdict != "fail", float(seconds), detail, lacking)


def _events(guest, label):
    """The guest's lines for us, as pairs of verb and the rest; ends with "end"

    Raises Failure with the reason when the guest stops before its end.
    """
    current = "boot"
    quiet_since = time.monotonic()
    while True:
        try:
            line = guest.line(1.0)
        except TimeoutError:
            if time.monotonic() - quiet_since > PATIENCE:
                raise Failure(f"no sign of life for {PATIENCE} s") from None
            status(f"{label}: {current} ...")
            continue
        if line is None:
            raise Failure("the emulator ended")
        quiet_since = time.monotonic()
        if "Kernel panic" in line:
            raise Failure(line.strip())
        found = re.search(r"@(begin|ok|fail|none|mark|boot|end)\b ?(.*)", line)
        if not found:
            continue
        if found[1] == "end":
            return
        if found[1] == "begin":
            current = found[2]
        yield found.groups()


def _follow(guest, setup):
    """Read what the guest says; yields steps as they end"""
    marks, old_marks = [], 0
    for word, rest in _events(guest, setup.device):
        if word == "boot":
            say(f"{setup.device}: Linux {rest} is up")
        elif word == "begin":
            old_marks = len(marks)
        elif word == "mark":
            marks.append(parse_mark(rest))
        else:
            step = _ended(setup, word, rest)
            if len(marks) == old_marks + 2:
                _compare(step, setup, marks)
            yield step


def run_steps(setup, names, server, judge=lambda step: None):
    """Boot the guest and let it do the steps; returns a Step for every name

    @judge is called after each, and may find fault with it.
    """
    label = setup.device
    done = []
    reason = "not reached"
    say(f"{label}: booting the guest ({setup.backend})")
    append = kernel_arguments(setup.driver, names, server)
    append += f" {setup.append}"
    with Guest(qemu_command(setup, append), setup.log) as guest:
        try:
            for step in _follow(guest, setup):
                judge(step)
                say(f"{label}: {step.name} {step.verdict}: {step.detail}")
                done.append(step)
            reason = "the guest left it out"
        except Failure as e:
            reason = f"not reached: {guest.last or e}"
            say(f"{label}: {e}")
        code = guest.wait(5)
    if code:
        say(f"{label}: QEMU exited with status {code}")
        reason += f"; QEMU exited with status {code}"
    reached = {s.name for s in done}
    done += [Step(n, False, 0.0, reason) for n in names if n not in reached]
    return done


def qemu_binary():
    """The QEMU that qemu/build made"""
    path = pathlib.Path(output([ROOT / "qemu" / "build", "--print-dir",
                                "binary"]).strip())
    if not path.is_file():
        raise Failure(f"there is no {path}; qemu/build makes it")
    return path


def enter_namespace():
    """Move this process into a network namespace of its own

    It has no name and goes with the last process in it, so nothing is left to
    remove, whatever happens.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise Unavailable("cannot make a network namespace: "
                          f"{os.strerror(ctypes.get_errno())} (root is "
                          "needed)")


def add_tap(name, *words):
    """A tap with an address, and without the host's own chatter on it

    Multicasts that no card has to take, and ARP that comes while counters are
    read, would make counts differ from the capture now and then.  @words: more
    of `ip tuntap add`'s.
    """
    output(["ip", "tuntap", "add", name, "mode", "tap", *words])
    output(["ip", "addr", "add", f"{HOST_ADDRESS}/24", "dev", name])
    with contextlib.suppress(OSError):
        (SYS_NET / "ipv6/conf" / name / "disable_ipv6").write_text(
            "1\n", encoding="ascii")
    # Nobody is asked whether he is still there
    (SYS_NET / "ipv4/neigh" / name / "delay_first_probe_time").write_text(
        "3600\n", encoding="ascii")
    for link in ("lo", name):
        output(["ip", "link", "set", link, "up"])


def tap_counts():
    """Packets and bytes that passed tap0, by the step that is made of them"""
    link, = json.loads(output(["ip", "-j", "-s", "link", "show", "tap0"]))
    return {step: (link["stats64"][way]["packets"],
                   link["stats64"][way]["bytes"])
            for step, way in (("upload", "rx"), ("download", "tx"))}


class TapNetwork:
    """A namespace with tap0 and a DHCP server on it"""

    def __init__(self, folder):
        self._folder = folder
        self._udhcpd = None

    def __enter__(self):
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            raise Unavailable("--netdev tap needs /dev/net/tun")
        enter_namespace()
        add_tap("tap0")
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "leases").touch()
        config = self._folder / "udhcpd.conf"
        config.write_text(
            "start 10.0.2.15\nend 10.0.2.20\ninterface tap0\n"
            f"lease_file {self._folder}/leases\n"
            f"pidfile {self._folder}/udhcpd.pid\n"
            f"option subnet 255.255.255.0\noption router {HOST_ADDRESS}\n")
        # An address is free if nobody answers for 0 ms: there is nobody else
        with open(self._folder / "udhcpd.log", "wb") as log:
            self._udhcpd = subprocess.Popen(
                ["busybox", "udhcpd", "-f", "-a", "0", config],
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *exc):
        self._udhcpd.terminate()
        self._udhcpd.wait()


def runs_dir():
    """Where logs and captures go"""
    return cache_dir() / "runs"
