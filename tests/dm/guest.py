# SPDX-License-Identifier: MIT
"""guest.py - vifemu-dm, run as libxl runs it, with stand-ins for the rest"""

import array
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
DM = os.environ["VIFEMU_DM"]
PATIENCE = 20  # seconds: the machine may be busy

CARD = ("-device {model},id=nic{n},netdev=net{n},mac=00:16:3e:00:00:0{n} "
        "-netdev type=tap,id=net{n},ifname=vif{domid}.{n}-emu,br=xenbr0,"
        "script=no,downscript=no ")


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"in vain waited for {what}")
        time.sleep(0.02)


def alive(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"


def taps():
    return sorted(n for _, n in socket.if_nameindex() if n.endswith("-emu"))


def listens(path):
    """A socket has its name before it listens; the kernel shows the latter
    with the flag of __SO_ACCEPTCON"""
    text = pathlib.Path("/proc/net/unix").read_text(encoding="ascii")
    return any(line.split()[3] == "00010000" and line.endswith(f" {path}")
               for line in text.splitlines()[1:])


class Client:
    """libxl's side of its monitor."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(path))
        self.text = b""
        self.events = []
        self.serial = 2020372736

    def line(self):
        while b"\n" not in self.text:
            data = self.sock.recv(1 << 20)
            if not data:
                raise EOFError
            self.text += data
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def negotiate(self):
        greeting = self.line()
        assert "QMP" in greeting, greeting
        assert self.call("qmp_capabilities") == {}
        return self

    def send(self, command, fd=None, **args):
        self.serial += 1
        text = json.dumps({"execute": command, "id": self.serial,
                           **({"arguments": args} if args else {})})
        more = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                 array.array("i", [fd]))] if fd is not None else []
        self.sock.sendmsg([text.encode()], more)

    def answer(self):
        while True:
            value = self.line()
            if "event" not in value:
                break
            self.events.append(value["event"])
        assert value["id"] == self.serial, value
        if "error" in value:
            raise RuntimeError(value["error"]["desc"])
        return value["return"]

    def call(self, command, fd=None, **args):
        self.send(command, fd, **args)
        return self.answer()

    def close(self):
        self.sock.close()

    __del__ = close


class Guest:
    """A guest's device model, from start to end.

    @words:     libxl's, in the place of those that are made of @cards
    @file_size: bytes that libxl lets files grow to
    """

    domid = 1

    def __init__(self, cards=("e1000",), more="", qemu="", vifemu="",
                 fds=(), listen=None, words=None, file_size=None, **settings):
        self.domid = Guest.domid
        Guest.domid += 1
        self.dir = tempfile.TemporaryDirectory(prefix="dm-test-")
        self.path = pathlib.Path(self.dir.name)
        self.path.chmod(0o755)
        self.qmp = self.path / "qmp"
        self.stderr = self.path / "stderr"
        config = "".join(f"{k.replace('_', '-')}={v}\n" for k, v in {
            "vifemu": HERE / "fake_vifemu", "log-dir": self.path,
            **settings}.items())
        (self.path / "conf").write_text("[vifemu-dm]\n" + config,
                                        encoding="utf-8")
        monitor = f"path={self.qmp}" if listen is None else f"fd={listen}"
        words = words or (
            f"-xen-domid {self.domid} -no-shutdown -chardev "
            f"socket,id=libxl-cmd,{monitor},server=on,wait=off "
            "-mon chardev=libxl-cmd,mode=control -nodefaults -name guest "
            + "".join(CARD.format(model=m, n=n, domid=self.domid)
                      for n, m in enumerate(cards))
            + "-machine xenfv,suppress-vmdesc=on -m 40 " + more)
        self.words = words.split()
        env = {**os.environ, "FAKE_LOG": str(self.path / "fake"),
               "FAKE_QEMU": qemu, "FAKE_VIFEMU": vifemu,
               "VIFEMU_DM_QEMU": str(HERE / "fake_qemu"),
               "VIFEMU_DM_CONF": str(self.path / "conf"),
               "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.stderr, "wb") as err:
            self.process = subprocess.Popen(
                [DM, *self.words], env=env, pass_fds=fds, stdout=err,
                stderr=err, stdin=subprocess.DEVNULL,
                preexec_fn=lambda: file_size and resource.setrlimit(
                    resource.RLIMIT_FSIZE, (file_size, file_size)))

    def everything(self):
        """What the stand-ins said, oldest first."""
        try:
            text = (self.path / "fake").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines()]

    def said(self, who, what):
        return [x for x in self.everything()
                if x["who"] == who and x["what"] == what]

    def commands(self, who):
        return [x["command"] for x in self.said(who, "command")]

    def one(self, who, what):
        wait_for(lambda: self.said(who, what), f"{who} {what}")
        return self.said(who, what)[0]

    def client(self):
        wait_for(lambda: listens(self.qmp), "the monitor")
        return Client(self.qmp).negotiate()

    def created(self):
        """What libxl does until the guest runs."""
        client = self.client()
        found = client.call("query-chardev")
        assert found[0]["label"] == "serial0", found
        client.close()
        return self

    def log(self):
        return (self.path / "vifemu-dm-guest.log").read_text(encoding="utf-8")

    def errors(self):
        return self.stderr.read_text(encoding="utf-8")

    def supervisor(self):
        return self.one("vifemu", "start")["ppid"]

    def vifemu(self):
        return self.one("vifemu", "start")["pid"]

    def gone(self):
        """Whether nothing is left of it."""
        pids = {x["pid"] for x in self.said("vifemu", "start")}
        pids |= {x["ppid"] for x in self.said("vifemu", "start")}
        return (not any(map(alive, pids)) and not self.qmp.exists()
                and not any(t.startswith(f"vif{self.domid}.")
                            for t in taps()))

    def destroy(self, how=signal.SIGHUP):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(PATIENCE)
        wait_for(self.gone, "everything to be gone")
        self.dir.cleanup()
