# SPDX-License-Identifier: MIT
"""What the tests of suite guest share

Each exits 0, or 1 and says why, or 77 if it cannot run here and says why.
"""

import argparse
import json
import os
import pathlib
import re
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from common import Failure, ROOT, cache_dir, main, run, say  # noqa: E402
from machine import Guest, MAC, qemu_binary  # noqa: E402

SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def options(description, **defaults):
    """Parse a test's command line: --device, and whether QEMU is built first"""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--device", default="vifemu-e1000",
                        help="QEMU's name of the card (default %(default)s)")
    parser.add_argument("--no-build", action="store_true",
                        help="take the QEMU of the cache as it is")
    parser.set_defaults(**defaults)
    return parser.parse_args()


def qemu(args):
    """Path of the QEMU with our models, brought up to date"""
    if os.environ.get("VIFEMU_NO_QEMU"):
        skip("VIFEMU_NO_QEMU is set")
    if not args.no_build:
        run([ROOT / "qemu" / "build"], "Building QEMU with our models",
            cache_dir() / "qemu.log")
    return qemu_binary()


def folder(name):
    """Where a test keeps what it makes; emptied for each run by its own files"""
    path = cache_dir() / "runs" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


class Qmp:
    """A QMP connection over a UNIX socket on which QEMU listens"""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._connect(str(path))
        self._file = self._socket.makefile("rw", encoding="utf-8")
        json.loads(self._file.readline())
        self("qmp_capabilities")

    def _connect(self, path):
        for _ in range(100):
            try:
                self._socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.1)
        raise Failure(f"QEMU does not listen on {path}")

    def __call__(self, command, **arguments):
        json.dump({"execute": command, "arguments": arguments}, self._file)
        self._file.flush()
        while True:
            answer = json.loads(self._file.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failure(f"QMP {command}: {answer['error']['desc']}")

    def hmp(self, line):
        return self("human-monitor-command", **{"command-line": line})

    def wait_status(self, wanted, timeout=60):
        """Until query-status says so"""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if self("query-status")["status"] == wanted:
                return
            time.sleep(0.1)
        raise Failure(f"the machine is not {wanted} after {timeout} s")


def socket_folder():
    """UNIX sockets have short paths"""
    return tempfile.TemporaryDirectory(prefix="vifemu-")
