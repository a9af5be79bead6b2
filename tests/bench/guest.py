# SPDX-License-Identifier: MIT
"""guest.py - TCP of a Linux guest, for the bench's table

The guest, its steps and their verification (SHA-256 of what arrived) are those
of tests/guest; it runs under TCG, so most of the time is its own code. The
three cards are in one binary, the QEMU that qemu/build makes.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guest"))

# pylint: disable=wrong-import-position
from common import cache_dir  # noqa: E402
from emulator import Failed, Noise  # noqa: E402
from httpd import BlobServer  # noqa: E402
from image import guest_image  # noqa: E402
from machine import (HOST_ADDRESS, Setup, TapNetwork, qemu_binary,  # noqa: E402
                     run_steps)

MIB = 64
# Transfers each way for one boot; the best counts
ROUNDS = 3
# Ours, QEMU's, and QEMU's next better one; the first two have one driver
DEVICES = ("vifemu-e1000", "e1000", "e1000e")
UNITS = {"upload": "ms/MiB out", "receive": "ms/MiB in"}

WORKLOADS = [
    {"name": "guest-out", "what": "TCP out of a Linux guest under TCG, tap",
     "target": "e1000e", "units": UNITS["upload"]},
    {"name": "guest-in", "what": "TCP into it",
     "target": "QEMU x 1.5", "units": UNITS["receive"]},
]


class Guests:
    """In a `with`: a tap with a server behind it, for one guest at a time"""

    def __init__(self):
        self.folder = cache_dir() / "runs" / "bench"
        self.binary = qemu_binary()
        self.image = guest_image()
        self.network = TapNetwork(self.folder / "tap")
        self.server = None

    def __enter__(self):
        self.network.__enter__()
        self.server = BlobServer(HOST_ADDRESS, MIB << 20)
        self.server.__enter__()
        return self

    def __exit__(self, *exc):
        self.server.__exit__(*exc)
        self.network.__exit__(*exc)

    def measure(self, device):
        """Milliseconds a MiB, out and in"""
        driver = "e1000e" if device == "e1000e" else "e1000"
        setup = Setup(self.binary, *self.image, device, "tap", self.folder,
                      driver, dump=False)
        with Noise() as noise:
            steps = run_steps(setup, ["dhcp"] + ["receive", "upload"] * ROUNDS,
                              self.server)
        for step in steps:
            if not step.ok:
                raise Failed(f"{device}: {step.name}: {step.detail}")
        return {"how": device, "noise": noise.cpus,
                **{unit: min(step.seconds for step in steps
                             if step.name == name) * 1e3 / MIB
                   for name, unit in UNITS.items()}}
