# SPDX-License-Identifier: MIT
"""A QEMU in which our models have the names of QEMU's own (--take-names)

Every way in which QEMU makes a network card must end at ours, and a guest boots
on one of them.
"""

import re
import subprocess

# First, because it makes the others' imports work
from testing import (Failure, Qmp, ROOT, cache_dir, folder, main, options,
                     qemu, run, say, socket_folder)
from common import output
from image import guest_image
from machine import Setup, run_steps

MODELS = ["e1000", "e1000-82544gc", "e1000-82545em", "ne2k_isa", "ne2k_pci",
          "rtl8139"]

# Machine, how a card is asked for, and which one that is
WAYS = [("isapc", "", "ne2k_isa"),
        ("isapc", "-net nic -net user", "ne2k_isa"),
        ("isapc", "-nic user,model=ne2k_isa", "ne2k_isa"),
        ("pc", "", "e1000"),
        ("pc", "-net nic,model=ne2k_isa -net user", "ne2k_isa"),
        ("pc", "-nic user,model=ne2k_isa", "ne2k_isa"),
        ("pc", "-nic user,model=ne2k_pci", "ne2k_pci"),
        ("pc", "-nic user,model=rtl8139", "rtl8139"),
        ("pc", "-nic none -device e1000-82540em", "e1000"),
        ("q35", "-nic user,model=rtl8139", "rtl8139"),
        # Old machines set properties of the cards of their time
        ("pc-i440fx-1.4", "-nic user,model=ne2k_pci", "ne2k_pci"),
        ("pc-i440fx-1.4", "-nic user,model=rtl8139", "rtl8139")]


def build(args):
    """Path of that QEMU, brought up to date"""
    qemu(args)
    script = [ROOT / "qemu" / "build", "--take-names"]
    if not args.no_build:
        run(script, "Building QEMU with our models alone",
            cache_dir() / "qemu.log")
    return output([*script, "--print-dir", "binary"]).strip()


class Emulator:
    """QMP to a QEMU that does not run; ended when the block is left"""

    def __init__(self, binary, machine, words):
        self._sockets = socket_folder()
        path = f"{self._sockets.name}/qmp"
        self._child = subprocess.Popen(
            [binary, "-accel", "qtest", "-machine", machine, "-S",
             "-display", "none", "-qmp", f"unix:{path},server=on,wait=off",
             *words.split()])
        self.qmp = None
        try:
            self.qmp = Qmp(path)
        except Failure:
            self.__exit__()
            raise

    def __enter__(self):
        return self.qmp

    def __exit__(self, *exc):
        if self.qmp:
            self.qmp("quit")
        self._child.terminate()
        self._child.wait()
        self._sockets.cleanup()


def check_types(qmp):
    """The models are ours, and each is there once"""
    for model in MODELS:
        known = {p["name"] for p in
                 qmp("device-list-properties", typename=model)}
        if "x-trace" not in known:
            raise Failure(f"{model} is QEMU's own: {sorted(known)}")
    twice = [t["name"] for t in qmp("qom-list-types", implements="device")
             if t["name"].startswith("vifemu-")]
    if twice:
        raise Failure(f"there are other names, too: {twice}")


def check_way(qmp, machine, words, model):
    cards = re.findall(r"dev: ([^,]+), id", qmp.hmp("info qtree"))
    if cards.count(model) != 1 or set(cards) & set(MODELS) != {model}:
        raise Failure(f"-machine {machine} {words}: no {model}: {cards}")


def boot(binary, work):
    """DHCP and pings over a card of QEMU's name"""
    kernel, initramfs = guest_image()
    setup = Setup(binary, kernel, initramfs, "rtl8139", "user", work,
                  driver="8139cp")
    bad = [s for s in run_steps(setup, ["dhcp", "ping"], None) if not s.ok]
    if bad:
        raise Failure(f"rtl8139: {bad[0].name}: {bad[0].detail}")


def entry():
    args = options(__doc__)
    binary = build(args)
    for machine, words, model in WAYS:
        with Emulator(binary, machine, words) as qmp:
            check_types(qmp)
            check_way(qmp, machine, words, model)
    say(f"{len(MODELS)} models are ours, {len(WAYS)} ways lead to them")
    boot(binary, folder("names"))
    return 0


if __name__ == "__main__":
    main(entry)
