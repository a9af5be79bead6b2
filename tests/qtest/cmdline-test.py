#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The process from outside: what its command line refuses and how, what it leaves
behind, how it ends; hot plug, stopping and messages through qtest and QMP

Runs the binary in QTEST_QEMU_BINARY; prints TAP.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

BINARY = os.environ.get("QTEST_QEMU_BINARY", "vifemu")
NAME = os.path.basename(BINARY)
TIMEOUT = 60
ROM_TOO_BIG = 20 << 20

# Arguments, and what the one line on stderr must say
REFUSED = [
    ("-frobnicate", ["-frobnicate", "unknown option", "-help"]),
    ("disk.img", ["disk.img"]),
    ("-device", ["-device", "needs an argument"]),
    ("-M q35", ["-M q35", "q35", "isapc, none, pc, pc-i440fx-*"]),
    ("-machine pc,foo=1", ["'foo'", "memory-backend"]),
    ("-machine xenfv", ["xenfv", "-accel qtest"]),
    ("-machine pc,accel=kvm", ["kvm", "no guest CPU"]),
    # Without Xen's libraries, or without a domain
    ("-accel xen", ["-accel xen"]),
    ("-x-xen-canary n=3", ["-x-xen-canary", "-accel xen"]),
    ("-incoming tcp:x:1", ["-incoming tcp:x:1", "fd:NUMBER"]),
    ("-incoming file:/nonexistent/state", ["/nonexistent/state"]),
    ("-incoming file:{tmp}/rom", ["/rom: ", "no saved state"]),
    ("-accel tcg", ["tcg", "no guest CPU"]),
    ("-m 0", ["-m 0", "1M to 1T"]),
    ("-m 12Q", ["12Q", "size"]),
    ("-m 100000000000", ["100000000000"]),
    ("-m 64,frob=1", ["frob"]),
    ("-device nosuchnic", ["nosuchnic", "not a valid device model name"]),
    ("-device nosuchnic,help", ["nosuchnic", "-device help"]),
    ("-device e1000,frob=1", ["e1000.frob", "-device e1000,help"]),
    ("-device e1000,mac=52:54:00:12:34", ["'mac'", "'52:54:00:12:34'",
                                          "52:54:00:12:34:56"]),
    ("-device e1000,mac=52:54:00:12:34:5g", ["'mac'"]),
    ("-device e1000,mac=52:54:00:12:34:56:78", ["'mac'"]),
    ("-device e1000,mac=01:00:5e:00:00:01", ["'mac'", "multicast"]),
    ("-device e1000,netdev=n9", ["'netdev'", "'n9'", "-netdev"]),
    ("-device e1000,addr=20", ["'addr'", "'20'", "1f.7"]),
    ("-device e1000,addr=4.8", ["'addr'", "'4.8'"]),
    ("-device e1000,addr=x", ["'addr'", "'x'"]),
    ("-device e1000,addr=1", ["slot 1 function 0", "the chipset"]),
    ("-device e1000,id=a,addr=4 -device e1000,addr=4", ["slot 4", "use by a"]),
    ("-device e1000,addr=4 -device e1000,addr=4.1", ["multifunction"]),
    ("-device e1000,addr=4.1 -device e1000,addr=4", ["multifunction=on"]),
    ("-device e1000,id=a -device e1000,id=a", ["Duplicate", "'a'"]),
    ("-device e1000,id=0x", ["'id'", "'0x'", "letter"]),
    ("-device e1000,bus=pcie.0", ["pcie.0", "pci.0"]),
    ("-device e1000,bootindex=x", ["'bootindex'", "'x'"]),
    ("-device e1000,bootindex=1 -device e1000,bootindex=1", ["'bootindex'"]),
    ("-device e1000,multifunction=perhaps", ["'multifunction'", "'perhaps'",
                                             "'on' or 'off'"]),
    ("-device e1000,mitigation=2", ["'mitigation'", "'2'"]),
    ("-device e1000,chip=82574l", ["'chip' of e1000", "'82574l'",
                                   "82540em, 82544gc, 82545em"]),
    ("-nic none -nic null,model=rtl8139,chip=8169", ["'8169'", "8139cp"]),
    ("-device rtl8139-8139c,chip=8139c", ["rtl8139-8139c.chip"]),
    ("-device ne2k_pci,chip=8029", ["ne2k_pci.chip"]),
    ("-global rtl8139.chip=x -device rtl8139", ["'chip' of rtl8139", "'x'"]),
    ("-device e1000,acpi-index=-1", ["'acpi-index'", "'-1'"]),
    ("-device e1000,romfile=/nonexistent.rom", ["'romfile'",
                                                "/nonexistent.rom"]),
    ("-device e1000,romfile=/dev/zero", ["/dev/zero", "regular file"]),
    ("-device e1000,romfile={tmp}/empty", ["empty", "0 bytes"]),
    ("-device e1000,romfile={tmp}/big", ["big", str(ROM_TOO_BIG)]),
    ("-device e1000,romsize=3000", ["'romsize'", "3000", "power of two"]),
    ("-device e1000,romfile={tmp}/rom,romsize=2048", ["romsize=2048"]),
    ("-M none -device e1000", ["No 'PCI' bus", "e1000"]),
    ("-M isapc -device e1000", ["No 'PCI' bus", "e1000"]),
    ("-M none -device ne2k_isa", ["No 'ISA' bus", "ne2k_isa"]),
    ("-device ne2k_isa,iobase=0x310", ["'iobase'", "0x310", "multiple of 0x20",
                                       "0x100", "0xffe0"]),
    ("-device ne2k_isa,iobase=0x10000", ["'iobase'", "0x10000", "0xffe0"]),
    ("-device ne2k_isa,iobase=0xe0", ["'iobase'", "0xe0", "0x100"]),
    ("-device ne2k_isa,iobase=COM1", ["'iobase'", "'COM1'"]),
    ("-device ne2k_isa,irq=2", ["'irq'", "cannot be 2", "3, 4, 5"]),
    ("-device ne2k_isa,irq=16", ["'irq'", "cannot be 16", "14, 15"]),
    ("-device ne2k_isa,irq=-1", ["'irq'", "'-1'"]),
    ("-device ne2k_isa,id=a -device ne2k_isa,id=b,irq=5",
     ["'iobase' of 'b'", "0x300", "'a' has ports 0x300-0x31f"]),
    ("-device ne2k_isa,id=a -device ne2k_isa,id=b,iobase=0x320",
     ["'irq' of 'b'", "cannot be 9", "that of 'a'", "free are 3, 4"]),
    ("-device ne2k_isa,iobase=0xce0", ["0xce0", "'pci-conf-idx'"]),
    ("-device ne2k_isa,bus=pci.0", ["'pci.0'", "there is isa.0"]),
    ("-device ne2k_isa,addr=4", ["ne2k_isa.addr", "-device ne2k_isa,help"]),
    ("-device ne2k_isa,romfile=", ["ne2k_isa.romfile"]),
    ("-M isapc -nic none" + " -net nic" * 7, ["6 places", "iobase=", "irq="]),
    ("-device {{", ["invalid JSON"]),
    ("-device {{'driver':'e1000','mac':5}}", ["'mac'", "'5'", "string"]),
    ("-device {{'driver':'e1000','addr':999}}", ["'addr'"]),
    ("-device {{}}", ["'driver' is missing"]),
    ("-netdev nosuch,id=n", ["nosuch"]),
    ("-netdev user", ["id"]),
    ("-netdev user,id=n,frob=1", ["frob"]),
    ("-netdev user,id=n -netdev user,id=n", ["'n'"]),
    ("-netdev socket,id=n,fd=77", ["77"]),
    ("-netdev socket,id=n,fd=x", ["'x'"]),
    ("-netdev tap,id=n,fd=77", ["77"]),
    ("-netdev tap,id=n,ifname=vif32752.100-emu,script=no",
     ["vif32752.100-emu", "15"]),
    ("-netdev tap,id=n,fd=77,storm=loud", ["'storm'", "'loud'",
                                           "alarm, cut or off"]),
    ("-vif model=e1000", ["-vif model=e1000", "-domid is missing"]),
    ("-vif model=e1000 -domid 0", ["domain 0", "the host itself"]),
    ("-vif model=e1000 -domid 32752", ["32752", "end with 32751"]),
    ("-vif model=e1000 -domid three", ["-domid three", "number"]),
    ("-vif model=e1000 -domid 1 -devid -1", ["-devid -1"]),
    ("-vif model=e1000 -domid 32751 -devid 100", ["vif32751.100-emu", "15"]),
    ("-vif vifname=twelveletter,model=e1000 -domid 3", ["twelveletter-emu",
                                                        "15"]),
    ("-vif model=vmxnet3 -domid 3", ["'vmxnet3'", "e1000, ", "rtl8139"]),
    ("-vif model=netfront -domid 3", ["netfront", "type=vif"]),
    ("-vif type=ioemu,modle=e1000 -domid 3", ["column 12", "mean model"]),
    ("-vif type=both -domid 3", ["column 6", "'both'", "vif or ioemu"]),
    ("-vif mac=00:16:3e:1:2 -domid 3", ["'00:16:3e:1:2'", "MAC address"]),
    ("-vif rate=fast -domid 3", ["rate", "'fast'"]),
    ("-vif backend=net -domid 3", ["backend", "scripts run in net"]),
    ("-vif model=e1000,devid=1 -vif devid=1 -domid 3", ["number 1 already"]),
    ("-vif model=e1000 -domid 3 -vif-dialect libvirt", ["-vif-dialect libvirt",
                                                        "xl-4.5"]),
    ("-netdev null,id=n -device e1000,netdev=n -device e1000,netdev=n",
     ["'n'", "in use"]),
    ("-nic nosuch", ["-nic nosuch"]),
    ("-nic null,model=nosuch", ["nosuch"]),
    ("-net null,vlan=x", ["x"]),
    ("-object nosuch,id=o", ["nosuch", "-object help"]),
    ("-object memory-backend-ram,id=o", ["'size'"]),
    ("-object memory-backend-ram,size=1M", ["'id'"]),
    ("-object memory-backend-file,id=o,size=1M,mem-path=/nonexistent/x",
     ["/nonexistent/x"]),
    ("-object memory-backend-ram,id=o,size=1M "
     "-object memory-backend-ram,id=o,size=1M", ["'o'"]),
    ("-object filter-dump,id=o,netdev=n9,file={tmp}/cap", ["n9"]),
    ("-machine pc,memory-backend=o", ["memory-backend=o"]),
    ("-m 64 -object memory-backend-ram,id=o,size=1M "
     "-machine pc,memory-backend=o", ["1048576", "67108864"]),
    ("-chardev socket,id=c", ["path=", "fd="]),
    ("-chardev socket,id=c,path=/nonexistent/sock", ["/nonexistent/sock"]),
    ("-chardev socket,id=c,path={tmp}/" + 120 * "x", ["107 bytes"]),
    ("-chardev socket,id=c,fd=77", ["77"]),
    ("-chardev socket,id=c,host=localhost,port=frob", ["frob"]),
    ("-chardev nosuch,id=c", ["nosuch", "socket"]),
    ("-chardev null", ["'id'"]),
    ("-chardev null,id=c -chardev null,id=c", ["'c'"]),
    ("-mon chardev=c", ["-mon chardev=c", "mode=control"]),
    ("-mon chardev=c,mode=control", ["'c'"]),
    ("-chardev null,id=c -mon c,mode=control -mon c,mode=control",
     ["'c'", "in use"]),
    ("-qmp frob:x", ["frob:x", "socket"]),
    ("-qtest unix:/nonexistent/sock", ["-qtest", "/nonexistent/sock"]),
    ("-qtest-log /nonexistent/log", ["-qtest-log", "/nonexistent/log"]),
    ("-trace nosuch", ["nosuch", "nic_event"]),
    ("-d nosuch", ["nosuch", "-d help"]),
    ("-D /nonexistent/log", ["/nonexistent/log"]),
    ("-pidfile /nonexistent/pid", ["-pidfile", "/nonexistent/pid"]),
    ("-daemonize -pidfile /nonexistent/pid", ["/nonexistent/pid"]),
    ("-daemonize -run-with exit-with-parent=on", ["exit-with-parent"]),
    ("-x-vifemu-poll-us soon", ["-x-vifemu-poll-us soon", "number"]),
    ("-x-vifemu-poll-us 10001", ["-x-vifemu-poll-us 10001", "10000"]),
    ("-sandbox perhaps", ["-sandbox perhaps", "'perhaps'"]),
    ("-sandbox on,open=perhaps", ["'open'", "'perhaps'", "deny"]),
    ("-run-with frob=1", ["frob"]),
    ("-run-with chroot=/nonexistent", ["/nonexistent"]),
    ("-runas no-such-user", ["no-such-user", "UID:GID"]),
]

HELP = [
    ("-help", ["-netdev", "-device", "-no-shutdown"]),
    ("--version", ["vifemu version"]),
    ("-device help", ['name "e1000", bus PCI', "e1000-82545em"]),
    ("-device e1000,help", ["mac=<str>", "52:54:00:12:34:56",
                            "mitigation=<bool>",
                            "the chip: 82540em, 82544gc, 82545em"]),
    ("-device rtl8139,help", ["chip=<str>", "8139a", "(default: 8139cp)"]),
    ("-device ne2k_isa,help", ["iobase=<uint32>", "(0x300)",
                               "irq=<uint32>"]),
    ("-machine help", ["isapc  ", "none  ", "pc  "]),
    ("-device e1000-82540em,?", ["e1000 options"]),
    ("-netdev help", ["user", "tap", "socket"]),
    ("-nic model=help", ["e1000"]),
    ("-object help", ["memory-backend-memfd"]),
    ("-machine help", ["pc", "none"]),
    ("-M ?", ["pc", "none"]),
    ("-accel help", ["qtest"]),
    ("-machine help", ["xenfv", "-accel xen"]),
    ("-d help", ["options"]),
    ("-trace help", ["nic_write"]),
    ("-L help", ["/usr/share/qemu"]),
    ("-x-vifemu-man", [".TH VIFEMU 1", "\\-netdev"]),
]

# Accepted lines: the machine comes up and QMP's quit ends it
ACCEPTED = [
    "",
    "-M none",
    "-M isapc -device ne2k_isa,bus=isa.0,iobase=0x320,irq=11",
    "-device ne2k_isa,iobase=768,irq=0x9 -device e1000 "
    "-device ne2k_isa,iobase=0xffe0,irq=3,slot8=on,strict=on",
    "-machine none -nodefaults -cpu qemu64,apic-id=0",
    "-M pc-i440fx-2.1,usb=off,vmport=off,suppress-vmdesc=on -m 1G -S",
    "-nodefaults -no-user-config -display none -vnc none -audio none",
    "-device e1000,addr=04.0 -device e1000,addr=5,multifunction=on "
    "-device e1000,addr=5.7",
    "-device {{'driver':'e1000','id':'x','addr':'6'}}",
    "-netdev type=user,id=n -device driver=e1000,netdev=n,mitigation=off",
    "-netdev {{'type':'user','id':'n'}} -device e1000,netdev=n",
    "-nic user,model=e1000-82545em,mac=52-54-00-AA-BB-CC",
    "-nic none",
    "-net nic,model=e1000,macaddr=00:16:3e:00:00:01,vlan=1 -net user,vlan=1",
    "-net none",
    "-device e1000,romfile=",
    "-device e1000,rombar=0,x-pcie-extcap-init=off,sriov-pf=x,busnr=3",
    "-device e1000,romfile={tmp}/rom,romsize=0x10000",
    "-global e1000.mitigation=off -device e1000",
    "-device rtl8139,chip=8139cp -device rtl8139-8139cp",
    "-global rtl8139.chip=8139b -device rtl8139,strict=on",
    "-object memory-backend-memfd,id=m,size=32M,share=on -m 32 "
    "-machine pc,memory-backend=m",
    "-m 6G",
    "-xen-domid 1 -no-shutdown -serial pty -boot order=cda -vga none "
    "-name guest=g,debug-threads=on -d options -D {tmp}/log",
    "-sandbox on,obsolete=deny,spawn=deny -netdev user,id=n "
    "-device e1000,netdev=n",
    "-sandbox on,open=deny -netdev null,id=n -device e1000,netdev=n",
    "-trace nic_* -d guest_errors -D {tmp}/log -device e1000",
    "-run-with exit-with-parent=on",
    "-x-vifemu-poll-us 50 -device e1000",
]


class Failed(Exception):
    """A test's reason"""


def check(holds, text):
    if not holds:
        raise Failed(text)


class Folder:
    """A directory with the files that tests name; knows what is new in it"""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        (self.path / "empty").touch()
        (self.path / "rom").write_bytes(b"\x55\xaa" + 5000 * b"\0")
        with open(self.path / "big", "wb") as file:
            file.truncate(ROM_TOO_BIG)
        self._start = self._names()

    def _names(self):
        return {p.name for p in self.path.iterdir()} - {"log"}

    def check_clean(self):
        left = self._names() - self._start
        for name in left:
            (self.path / name).unlink()
        check(not left, f"left behind: {sorted(left)}")

    def args(self, line):
        return line.format(tmp=self.path).split()


def environment():
    """Without the leak checker where seccomp would keep it from working"""
    env = dict(os.environ)
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return env


def run(args, **kwargs):
    return subprocess.run([BINARY, *args], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False,
                          stdin=subprocess.DEVNULL, **kwargs)


def test_refused(folder, line, words):
    done = run(folder.args(line))
    lines = done.stderr.splitlines()
    check(done.returncode == 1, f"exit status {done.returncode}: "
          f"{done.stderr}")
    check(len(lines) == 1 and lines[0].startswith(NAME + ": "),
          f"stderr is not one line of ours: {done.stderr}")
    for word in words:
        check(word in lines[0], f"no '{word}' in: {lines[0]}")
    check(done.stdout == "", f"stdout: {done.stdout}")


def test_help(folder, line, words):
    done = run(folder.args(line))
    check(done.returncode == 0, f"exit status {done.returncode}")
    check(done.stderr == "", f"stderr: {done.stderr}")
    for word in words:
        check(word in done.stdout, f"no '{word}' in: {done.stdout}")


class Machine:
    """A running process with QMP, and qtest if wanted"""

    def __init__(self, args, qtest=False, env=None):
        ours, theirs = socket.socketpair()
        fds = [theirs.fileno()]
        args = [*args, "-chardev", f"socket,id=qmp,fd={theirs.fileno()}",
                "-mon", "qmp,mode=control"]
        if qtest:
            self.qtest, far = socket.socketpair()
            self.qtest.settimeout(TIMEOUT)
            fds.append(far.fileno())
            args += ["-qtest", f"fd:{far.fileno()}"]
        self.process = subprocess.Popen(
            [BINARY, *args], pass_fds=fds, text=True, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        theirs.close()
        if qtest:
            far.close()
            self._lines = self.qtest.makefile("r")
        ours.settimeout(TIMEOUT)
        self._socket = ours
        self._qmp = ours.makefile("rw")
        self.events = []
        greeting = self._qmp.readline()
        if not greeting:
            raise Failed(f"no greeting: {self.end()}")
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self._qmp.write(json.dumps({"execute": command,
                                    "arguments": arguments}) + "\n")
        self._qmp.flush()
        while True:
            answer = json.loads(self._qmp.readline())
            if "event" not in answer:
                return answer
            self.events.append(answer)

    def event(self, name):
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self.events.append(json.loads(self._qmp.readline()))

    def ask(self, *commands):
        """Send commands at once; the answers without interrupts"""
        self.qtest.sendall("".join(c + "\n" for c in commands).encode())
        answers = []
        while len(answers) < len(commands):
            line = self._lines.readline().rstrip("\n")
            check(line, "qtest connection lost")
            if not line.startswith("IRQ"):
                answers.append(line)
        return answers

    def end(self, signum=None):
        """(exit status, stderr)"""
        if signum:
            self.process.send_signal(signum)
        _, err = self.process.communicate(timeout=TIMEOUT)
        self._socket.close()
        return self.process.returncode, err

    def check_end(self, signum=None):
        status, err = self.end(signum)
        check(status == 0 and err == "", f"exit status {status}: {err}")


def test_accepted(folder, line):
    machine = Machine(folder.args(line), env=environment())
    answer = machine("quit")
    check(answer == {"return": {}}, f"quit: {answer}")
    machine.check_end()


def test_signals(folder):
    for signum in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        Machine(["-device", "e1000"]).check_end(signum)


def test_qtest_end(folder):
    machine = Machine(["-device", "e1000"], qtest=True)
    check(machine.ask("endianness") == ["OK little"], "endianness")
    machine.qtest.shutdown(socket.SHUT_RDWR)
    machine.check_end()


def test_server_sockets(folder):
    """Listening sockets take clients one after another, then are removed"""
    qtest, qmp = folder.path / "qtest", folder.path / "qmp"
    process = subprocess.Popen(
        [BINARY, "-qtest", f"unix:{qtest},server=on,wait=off", "-qmp",
         f"unix:{qmp},server=on,wait=off"], stderr=subprocess.PIPE, text=True)
    deadline = time.time() + TIMEOUT
    while not (qtest.exists() and qmp.exists()) and time.time() < deadline:
        time.sleep(0.02)
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(str(qtest))
            client.sendall(b"endianness\nend")
            check(client.recv(100) == b"OK little\n", "endianness")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(str(qmp))
            check(b"QMP" in client.recv(1000), "greeting")
    process.terminate()
    _, err = process.communicate(timeout=TIMEOUT)
    check(process.returncode == 0 and err == "",
          f"exit status {process.returncode}: {err}")


def test_daemon(folder):
    pidfile = folder.path / "pid"
    done = run(["-daemonize", "-pidfile", str(pidfile)])
    check(done.returncode == 0, f"{done.returncode}: {done.stderr}")
    pid = int(pidfile.read_text())
    try:
        second = run(["-pidfile", str(pidfile)])
        check(second.returncode == 1 and "another process" in second.stderr,
              f"second: {second.stderr}")
        check(int(pidfile.read_text()) == pid, "pidfile was overwritten")
    finally:
        os.kill(pid, signal.SIGTERM)
    deadline = time.time() + TIMEOUT
    while pidfile.exists() and time.time() < deadline:
        time.sleep(0.02)
    check(not pidfile.exists(), "pidfile was not removed")


def test_daemon_sandbox(folder):
    """Who started it is told that it runs, though little is allowed then"""
    for sandbox in "on", "on,open=deny":
        pidfile = folder.path / f"pid-{sandbox}"
        done = run(["-daemonize", "-sandbox", sandbox, "-pidfile",
                    str(pidfile)], cwd=folder.path, env=environment())
        check(pidfile.exists(), f"{sandbox}: {done.stderr}")
        pid = int(pidfile.read_text())
        try:
            cwd = os.readlink(f"/proc/{pid}/cwd")
        finally:
            os.kill(pid, signal.SIGTERM)
            pidfile.unlink(missing_ok=True)
        check(done.returncode == 0, f"{sandbox}: status {done.returncode}")
        check(cwd == "/", f"{sandbox}: it is in {cwd}")


def test_exit_with_parent(folder):
    """A parent that dies takes it along"""
    script = ("import os, subprocess, sys; subprocess.Popen(sys.argv[1:]);"
              "sys.stdin.readline()")
    pidfile = folder.path / "pid"
    parent = subprocess.Popen(
        [sys.executable, "-c", script, BINARY, "-run-with",
         "exit-with-parent=on" + (",user=0:65534" if not os.geteuid() else ""),
         "-pidfile", str(pidfile)],
        stdin=subprocess.PIPE, text=True)
    deadline = time.time() + TIMEOUT
    while not (pidfile.exists() and pidfile.read_text()):
        check(time.time() < deadline, "it did not start")
        time.sleep(0.02)
    parent.stdin.close()
    parent.wait(TIMEOUT)
    while pidfile.exists() and time.time() < deadline:
        time.sleep(0.02)
    check(not pidfile.exists(), "it lives on")


def test_drop_rights(folder):
    """Root inside no more, and nothing of the file system to see"""
    if os.geteuid():
        return "needs root"
    (folder.path / "jail").mkdir()
    machine = Machine(["-run-with", f"chroot={folder.path}/jail,user=65534:"
                       "65534"], env=environment())
    proc = pathlib.Path(f"/proc/{machine.process.pid}")
    uid = [s for s in (proc / "status").read_text().splitlines()
           if s.startswith("Uid:")]
    root = os.readlink(proc / "root")
    machine("quit")
    machine.check_end()
    (folder.path / "jail").rmdir()
    check(uid == ["Uid:\t65534\t65534\t65534\t65534"], str(uid))
    check(root == f"{folder.path}/jail", root)
    return None


CF8, CFC = 0xcf8, 0xcfc


def config_read(machine, slot, offset):
    answers = machine.ask(f"outl {CF8} {0x80000000 | slot << 11 | offset:#x}",
                          f"inl {CFC}")
    return int(answers[1].split()[1], 0)


def config_writes(slot, *pairs):
    """Commands that write (offset, value)"""
    commands = []
    for offset, value in pairs:
        commands += [f"outl {CF8} {0x80000000 | slot << 11 | offset:#x}",
                     f"outl {CFC} {value:#x}"]
    return commands


def test_hotplug(folder):
    machine = Machine([], qtest=True)
    check(config_read(machine, 6, 0) == 0xffffffff, "slot 6 is not empty")
    check(machine("device_add", driver="e1000", id="hot", addr="6")
          == {"return": {}}, "device_add")
    check(config_read(machine, 6, 0) == 0x100e8086, "no e1000 in slot 6")
    check(machine.ask("inl 0xae00") == ["OK 0x0040"], "up bit")
    check("error" in machine("device_add", driver="e1000", id="hot"),
          "id twice")
    check(machine("device_del", id="hot") == {"return": {}}, "device_del")
    check(machine("device_del", id="hot")["error"]["class"] == "GenericError",
          "device_del twice")
    check(machine.ask("inl 0xae04") == ["OK 0x0040"], "down bit")
    check(config_read(machine, 6, 0) == 0x100e8086, "gone before the eject")
    machine.ask("outl 0xae08 0x40")
    event = machine.event("DEVICE_DELETED")
    check(event["data"] == {"device": "hot",
                            "path": "/machine/peripheral/hot"}, str(event))
    check(config_read(machine, 6, 0) == 0xffffffff, "still there")
    check(machine("device_del", id="hot")["error"]["class"]
          == "DeviceNotFound", "device_del of what is gone")
    # Reset lets go of what was asked for
    machine("device_add", driver="e1000", id="hot")
    machine("device_del", id="hot")
    machine("system_reset")
    machine.event("DEVICE_DELETED")
    machine.event("RESET")
    machine("quit")
    machine.check_end()


def test_chip(folder):
    """chip= is a device of the family, wherever a device is named"""
    machine = Machine(["-nic", "null,model=rtl8139,chip=8139d,addr=4",
                       "-device", "e1000,chip=82545em,addr=5"], qtest=True)
    check(config_read(machine, 5, 0) == 0x100f8086, "no 82545EM in slot 5")
    check(config_read(machine, 4, 8) & 0xff == 0x10, "no 8139D in slot 4")
    for chip, revision in (("8139cp", 0x20), ("8139a", 0x10)):
        check(machine("device_add", driver="rtl8139", id="n" + chip, chip=chip)
              == {"return": {}}, f"device_add of {chip}")
        slot = machine("qom-get", path=f"/machine/peripheral/n{chip}",
                       property="addr")["return"]
        check(config_read(machine, int(slot[:2], 16), 8) & 0xff == revision,
              f"revision of {chip}")
    error = machine("device_add", driver="e1000", chip="x")["error"]
    check("82540em, 82544gc, 82545em" in error["desc"], str(error))
    machine("quit")
    machine.check_end()


def test_isa_places(folder):
    """-net and -nic put cards on ISA where QEMU puts them"""
    machine = Machine(["-machine", "isapc"]
                      + ["-net", "nic"] * 2 + ["-nic", "null"]
                      + ["-nic", "null,model=ne2k_isa,iobase=0x360,irq=0x3"]
                      + ["-device", "ne2k_isa,iobase=0x280,irq=4,id=nic4"])
    for i, (iobase, irq) in enumerate(((0x300, 9), (0x320, 10), (0x340, 11),
                                       (0x360, 3), (0x280, 4))):
        path = "/machine/peripheral-anon/device[%u]" % i if i < 4 else "nic4"
        for name, want in (("iobase", iobase), ("irq", irq)):
            got = machine("qom-get", path=path, property=name)
            check(got == {"return": want}, f"{name} of card {i}: {got}")
    check(machine("query-pci") == {"return": []}, "PCI on isapc")
    machine("quit")
    machine.check_end()


def test_unplug_busy(folder):
    """The NIC goes while its transmit ring is full of work, timers run and
    frames wait; then its backend goes too"""
    bar, ring, slot = 0xe0000000, 0x100000, 6
    for order in ("nic", "netdev"):
        machine = Machine(["-netdev", "user,id=n"], qtest=True)
        machine("device_add", driver="e1000", id="hot", addr="6", netdev="n")
        commands = config_writes(slot, (0x10, bar), (0x14, 0xc000), (4, 7))
        for i in range(256):
            commands.append(f"writeq {ring + 16 * i} {ring + 0x10000}")
            commands.append(f"writeq {ring + 16 * i + 8} {0x0b0005ea:#x}")
        commands += [f"writel {bar + reg:#x} {val:#x}" for reg, val in (
            (0xd0, 0xffffffff), (0xc4, 100), (0x3800, ring), (0x3804, 0),
            (0x3808, 4096), (0x3810, 0), (0x400, 0x4000a), (0x3818, 255))]
        machine("device_del", id="hot")
        if order == "netdev":
            machine.ask(*commands)
            check(machine("netdev_del", id="n") == {"return": {}}, "netdev")
            machine.ask(f"writel {bar + 0x3818:#x} 128")
        machine.ask(*commands, "outl 0xae08 0x40", "clock_step 10000000")
        machine.event("DEVICE_DELETED")
        check(config_read(machine, slot, 0) == 0xffffffff, "still there")
        machine.ask(f"readl {bar:#x}", "clock_step 1000000000")
        machine("quit")
        machine.check_end()


BAR, RING, SLOT = 0xe0000000, 0x100000, 2


def transmit_setup(*pairs):
    """Commands that make slot 2 an e1000 with one descriptor to send"""
    return config_writes(SLOT, (0x10, BAR), *pairs, (4, 7)) + [
        f"writeq {RING} {RING + 0x10000}",
        f"writeq {RING + 8} {0x0b00003c:#x}"] + [
        f"writel {BAR + reg:#x} {val:#x}" for reg, val in (
            (0x3800, RING), (0x3804, 0), (0x3808, 4096), (0x3810, 0),
            (0x400, 0x4000a))]


def test_stopped(folder):
    """While the machine is stopped neither clock nor cards move"""
    machine = Machine(["-S", "-device", "e1000,mitigation=off"], qtest=True)
    tdh = f"readl {BAR + 0x3810:#x}"
    answers = machine.ask(*transmit_setup(), f"writel {BAR + 0x3818:#x} 1",
                          "clock_step 1000", tdh)
    check(answers[-2:] == ["OK 0", "OK 0x" + 16 * "0"], str(answers[-2:]))
    machine("cont")
    machine.event("RESUME")
    answers = machine.ask(tdh, "clock_step 1000")
    check(answers == ["OK 0x0000000000000001", "OK 1000"], str(answers))
    machine("stop")
    machine.event("STOP")
    check(machine.ask("clock_step 1000") == ["OK 1000"], "clock")
    machine("quit")
    machine.check_end()


def test_msi(folder):
    """A message is a write to memory; outside of RAM it is counted"""
    machine = Machine(["-device", "e1000-82545em,mitigation=off,id=n"],
                      qtest=True)
    mailbox = 0x2000
    machine.ask(*transmit_setup((0xf4, mailbox), (0xf8, 0), (0xfc, 0x4041),
                                (0xf0, 0x10000)),
                f"writel {BAR + 0xd0:#x} 0xffffffff",
                f"writel {BAR + 0xc8:#x} 4")
    check(machine.ask(f"readl {mailbox:#x}") == ["OK 0x0000000000004041"],
          "no message in memory")
    machine.ask(f"readl {BAR + 0xc0:#x}", *config_writes(
        SLOT, (0xf4, 0xfee00000)), f"writel {BAR + 0xc8:#x} 4")
    nic = machine("x-vifemu-counters")["return"]["nics"][0]
    check((nic["interrupts"], nic["msi-messages"]) == (2, 1), str(nic))
    machine("quit")
    machine.check_end()


def test_driver_errors(folder):
    """What strict= finds is counted and logged; DMA to nowhere is in PCI Status"""
    log = folder.path / "log"
    machine = Machine(["-device", "rtl8139,strict=on,id=n,addr=4,romfile=",
                       "-d", "guest_errors", "-D", str(log)], qtest=True)
    machine.ask(*config_writes(4, (0x14, BAR), (4, 7)),
                f"writel {BAR + 0x40:#x} 0x600")
    events = machine("x-vifemu-counters")["return"]["nics"][0]["events"]
    check([e["count"] for e in events if e["name"] == "strict-order"] == [1],
          "TCR was written while TE was 0")
    check(log.read_text().splitlines() == ["n event strict-order 0x600"],
          log.read_text())
    check(not config_read(machine, 4, 4) >> 16 & 0x2000, "master abort")
    machine.ask(f"writeb {BAR + 0x37:#x} 0x0c",
                f"writel {BAR + 0x20:#x} 0xf0000000",
                f"writel {BAR + 0x10:#x} 100")
    check(config_read(machine, 4, 4) >> 16 & 0x2000, "no master abort")
    machine.ask(*config_writes(4, (4, 0x20000007)))
    check(not config_read(machine, 4, 4) >> 16 & 0x2000, "it cannot be cleared")
    machine("quit")
    machine.check_end()


def test_pv(folder):
    """A paravirtual vif alone leaves nothing to do, which is no failure"""
    for line in ("-vif type=netfront -domid 3", "-vif type=vif -nic none",
                 "-vif type=netfront -vif-dialect xm -accel qtest",
                 "-vif type=vif -daemonize -pidfile {tmp}/pid"):
        done = run(folder.args(line))
        check(done.returncode == 0, f"exit status {done.returncode}")
        check("paravirtual card only: no emulated card, no tap" in done.stderr
              and "nothing is left to do" in done.stderr, done.stderr)
        check(done.stdout == "", f"stdout: {done.stdout}")
    machine = Machine(["-vif", "type=netfront", "-domid", "3"], qtest=True)
    for slot in range(2, 32):
        check(config_read(machine, slot, 0) == 0xffffffff, f"slot {slot}")
    vif = machine("x-vifemu-vifs")["return"][0]
    check((vif["devid"], vif["mode"], vif["emulated"]) == (0, "pv", False),
          str(vif))
    check("xl of Xen 4.6 and later passes this word" in vif["reason"],
          str(vif))
    machine("quit")
    status, err = machine.end()
    check(status == 0 and "nothing is left" not in err, err)


def test_state(folder):
    """What xen-save-devices-state writes, -incoming takes"""
    path = folder.path / "log"
    machine = Machine(["-device", "e1000,id=n", "-device", "rtl8139"],
                      qtest=True)
    machine.ask(*config_writes(SLOT, (0x10, BAR), (4, 7)),
                f"writel {BAR + 0x3800:#x} {RING:#x}")
    got = machine("xen-save-devices-state", filename=str(path))
    check(got == {"return": {}}, str(got))
    machine.event("STOP")
    machine("quit")
    machine.check_end()
    cards = ["-device", "e1000,addr=2", "-device", "rtl8139,addr=3"]
    machine = Machine([*cards, "-incoming", f"file:{path}"], qtest=True)
    check(machine.ask(f"readl {BAR + 0x3800:#x}")
          == [f"OK 0x{RING:016x}"], "TDBAL")
    got = machine("xen-set-global-dirty-log", enable=True)
    check("-accel xen" in got["error"]["desc"], str(got))
    machine("quit")
    machine.check_end()
    done = run([*cards[:2], "-incoming", f"file:{path}"])
    check(done.returncode == 1 and "'rtl8139' at 0x18" in done.stderr,
          done.stderr)


def test_no_open(folder):
    """With open=deny nothing new is opened, and what is there goes on"""
    machine = Machine(["-sandbox", "on,open=deny", "-netdev", "null,id=n",
                       "-device", "e1000,netdev=n,mitigation=off"],
                      qtest=True, env=environment())
    for args in ({"type": "socket", "id": "s", "listen": "127.0.0.1:0"},
                 {"type": "tap", "id": "s", "ifname": "t0", "script": "no"}):
        got = machine("netdev_add", **args)
        check("Operation not permitted" in got["error"]["desc"], str(got))
    got = machine("xen-save-devices-state", filename=str(folder.path / "s"))
    check("Operation not permitted" in got["error"]["desc"], str(got))
    machine("cont")
    machine.ask(*transmit_setup(), f"writel {BAR + 0x3818:#x} 1",
                "clock_step 1000")
    netdev = machine("x-vifemu-counters")["return"]["netdevs"][0]
    check(netdev["tx-frames"] == 1, str(netdev))
    machine("quit")
    machine.check_end()


def test_option_log(folder):
    """What has no effect is said once, when asked for"""
    done = run(["-d", "options", "-no-shutdown", "-vga", "none", "-qtest",
                "stdio"])
    check(done.returncode == 0, f"exit status {done.returncode}")
    check(done.stderr.splitlines() == [
        "-no-shutdown is accepted and has no effect here",
        "-vga is accepted and has no effect here"], done.stderr)


def all_tests():
    for line, words in REFUSED:
        yield f"refused: {line}", test_refused, (line, words)
    for line, words in HELP:
        yield f"help: {line}", test_help, (line, words)
    for line in ACCEPTED:
        yield f"accepted: {line}", test_accepted, (line,)
    for test in (test_signals, test_qtest_end, test_server_sockets,
                 test_daemon, test_daemon_sandbox, test_exit_with_parent,
                 test_drop_rights, test_hotplug, test_chip, test_isa_places,
                 test_unplug_busy, test_stopped, test_msi, test_driver_errors,
                 test_pv, test_state, test_no_open, test_option_log):
        yield test.__name__[5:], test, ()


def main():
    tests = list(all_tests())
    failed = 0
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory(prefix="vifemu-cmdline-") as name:
        folder = Folder(name)
        os.chmod(name, 0o755)
        for i, (title, test, args) in enumerate(tests, 1):
            title = title.replace("#", "\\#").replace("{{", "{") \
                         .replace("}}", "}")
            try:
                skipped = test(folder, *args)
                folder.check_clean()
                print(f"ok {i} {title}"
                      + (f" # SKIP {skipped}" if skipped else ""))
            except (Failed, OSError, ValueError, KeyError,
                    subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"not ok {i} {title}")
                for line in str(error).splitlines()[:20]:
                    print(f"# {line}")
            sys.stdout.flush()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
