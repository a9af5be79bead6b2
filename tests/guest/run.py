# SPDX-License-Identifier: MIT
"""Builds everything and runs a real Linux guest on one of our cards

This is what ./quickstart runs.  Exit status: 0 if every step passed, 1 if not,
2 for wrong arguments.
"""

import argparse
import contextlib
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from check import compile_all  # noqa: E402
from common import (Failure, ROOT, cache_dir, elapsed, locked, main,  # noqa: E402
                    run, say)
from httpd import BlobServer  # noqa: E402
from image import guest_image  # noqa: E402
from machine import (HOST_ADDRESS, Setup, TapNetwork, Unavailable,  # noqa: E402
                     qemu_binary, run_steps, runs_dir)

STEPS = ["dhcp", "ping", "download", "upload", "ethtool-selftest",
         "ethtool-stats", "promisc-ping"]
# Card: its driver, and the steps that this driver has nothing for
MODELS = {
    "e1000": ("e1000", []),
    "e1000-82544gc": ("e1000", []),
    "e1000-82545em": ("e1000", []),
    "ne2k_pci": ("ne2k-pci", ["ethtool-selftest", "ethtool-stats"]),
    "rtl8139": ("8139cp", ["ethtool-selftest"]),
    "rtl8139-8139c": ("8139too", ["ethtool-selftest", "ethtool-stats"]),
}
BLOB_BYTES = 64 << 20
SKIPPED = 77


def arguments():
    parser = argparse.ArgumentParser(
        prog="quickstart",
        description="Build vifemu, boot Debian's Linux kernel with its stock "
        "driver on one of our network cards, and show what happened.",
        epilog="Everything fetched and built is kept in $VIFEMU_CACHE "
        "(default ${XDG_CACHE_HOME:-~/.cache}/vifemu).  The first run takes "
        "some minutes, later ones less than one.  Exit status: 0 if every "
        "step passed, 1 if not, 2 for wrong arguments.")
    parser.add_argument("--model", choices=MODELS, default="e1000",
                        help="card (default %(default)s)")
    parser.add_argument("--netdev", choices=["user", "tap"], default="user",
                        help="user: libslirp, needs no set-up; tap: in a "
                        "network namespace of its own, needs root (default "
                        "%(default)s)")
    parser.add_argument("--compare", action="store_true",
                        help="run the same guest on QEMU's own model too")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path,
                        help="write the results there as well")
    # For developers: any card of the QEMU that was built
    parser.add_argument("--device", help=argparse.SUPPRESS)
    parser.add_argument("--no-build", action="store_true",
                        help=argparse.SUPPRESS)
    # For suite guest, which runs inside a build of the project: and what
    # this host cannot do is a skipped test there
    parser.add_argument("--as-test", action="store_true",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def build_project():
    """Our own programs, with meson, in the folder that ./check uses too"""
    build = cache_dir() / "check"
    with locked("check"):
        compile_all(build)
    say(f"vifemu is built in {build}")


def build_qemu():
    run([ROOT / "qemu" / "build"], "Building QEMU with our models",
        cache_dir() / "qemu.log")
    say(f"QEMU with our models is {qemu_binary()}")


@contextlib.contextmanager
def network(backend):
    """What the host's side needs; yields the address to serve on"""
    if backend == "user":
        yield "127.0.0.1"
        return
    with TapNetwork(runs_dir() / "tap"):
        yield HOST_ADDRESS


def table(results):
    """Rows of step, result, seconds and detail, a block per card"""
    lines = []
    for device, steps in results.items():
        lines += ["", f"{device}", f"  {'step':<18}{'result':<8}"
                  f"{'seconds':>8}  detail"]
        for s in steps:
            lines.append(f"  {s.name:<18}{'ok' if s.ok else 'FAILED':<8}"
                         f"{s.seconds:>8.2f}  {s.detail}")
    return "\n".join(lines)


def _cell(step):
    """Verdict with the rate, where there is one, or the time"""
    rate = re.search(r"[0-9.]+ MiB/s", step.detail)
    took = rate[0] if rate else f"{step.seconds:.2f} s"
    return f"{'ok' if step.ok else 'FAILED':>8}{took:>14}"


def comparison(ours, theirs):
    """Both cards side by side, a row per step"""
    lines = ["", f"  {'step':<18}{'ours':>22}{'QEMU':>22}"]
    for a, b in zip(ours, theirs):
        lines.append(f"  {a.name:<18}{_cell(a)}{_cell(b)}")
    return "\n".join(lines)


def as_json(model, backend, steps):
    return {"ok": all(s.ok for s in steps), "model": model,
            "backend": backend, "steps": [vars(s) for s in steps]}


def write_json(path, value):
    try:
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    except OSError as e:
        raise Failure(f"--json {path}: {e.strerror}") from None


def run_guests(devices, model, backend, binary):
    """The same guest on each card, one after the other"""
    kernel, initramfs = guest_image()
    driver, without = MODELS[model]
    steps = [name for name in STEPS if name not in without]
    results, setups = {}, []
    with network(backend) as address:
        with BlobServer(address, BLOB_BYTES) as server:
            for device in devices:
                setup = Setup(binary, kernel, initramfs, device, backend,
                              runs_dir(), driver)
                results[device] = run_steps(setup, steps, server)
                setups.append(setup)
    return results, setups


def report(args, results, setups):
    """Table, files, verdict; returns the exit status"""
    first, *others = results.values()
    print(table(results))
    if others:
        print(comparison(first, others[0]))
    print()
    for setup in setups:
        print(f"capture {setup.capture}\nlog     {setup.log}")
    value = as_json(args.model, args.netdev, first)
    if others:
        value["compare"] = as_json(list(results)[1], args.netdev, others[0])
    if args.json:
        write_json(args.json, value)
    passed = sum(s.ok for s in first)
    print(f"\n{args.model} on {args.netdev}: {passed} of {len(first)} steps "
          f"passed, {elapsed():.0f} s in all")
    return 0 if value["ok"] else 1


def entry():
    args = arguments()
    if args.json:
        # Better now than after some minutes
        write_json(args.json, {})
    if not args.no_build:
        if not args.as_test:
            build_project()
        build_qemu()
    binary = qemu_binary()
    devices = [args.device or f"vifemu-{args.model}"]
    if args.compare:
        devices.append(args.model)
    try:
        results, setups = run_guests(devices, args.model, args.netdev, binary)
    except Unavailable as e:
        if not args.as_test:
            raise
        print(f"skipped: {e}")
        return SKIPPED
    return report(args, results, setups)


if __name__ == "__main__":
    main(entry)
