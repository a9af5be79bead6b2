# SPDX-License-Identifier: MIT
"""Builds everything and runs a real Linux guest on one of our cards

This is what ./quickstart runs.  Exit status: 0 if every step passed, 1 if not,
2 for wrong arguments.
"""

import argparse
import contextlib
import dataclasses
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
                     qemu_binary, run_steps, runs_dir, tap_counts)

STEPS = ["dhcp", "ping", "download", "upload", "flood", "counters",
         "ethtool-stats", "ethtool-selftest", "promisc-ping"]


@dataclasses.dataclass(frozen=True)
class Driver:
    """How a driver of Debian's kernel is run

    @lacks:   steps that it has nothing for
    @cuts:    it leaves the cutting of long packets to the card
    @as_skb:  it counts bytes as Linux holds them, not as the wire does
    @mib:     to transfer each way
    @arch:    of the kernel that has it
    @append:  words of the kernel's command line
    @options: of the card
    """
    lacks: tuple = ()
    cuts: bool = False
    as_skb: bool = False
    mib: int = 64
    arch: str = "amd64"
    machine: str = "pc"
    append: str = ""
    options: str = "romfile="


# Those that are held against the host's capture
CAPTURED = ["counters", "ethtool-stats"]

DRIVERS = {
    "e1000": Driver(cuts=True),
    "8139cp": Driver(lacks=("ethtool-selftest",), cuts=True, as_skb=True),
    "8139too": Driver(lacks=("ethtool-selftest",)),
    "ne2k-pci": Driver(lacks=("ethtool-selftest", "ethtool-stats"), mib=16),
    # The driver finds the interrupt line itself.  On a pc ACPI has line 9,
    # and QEMU's isapc has no I/O APIC, which this kernel does not expect.
    "ne": Driver(lacks=("ethtool-selftest", "ethtool-stats"), mib=16,
                 arch="i386", machine="isapc", options="iobase=0x300,irq=9",
                 append="noapic pnpbios=off vifemu.module=io=0x300"),
}

# --model: for each of its drivers the card that this driver accepts.  8139cp
# wants an 8139C+, which is what 8139too leaves to it.
MODELS = {
    "e1000": {"e1000": "e1000"},
    "e1000-82544gc": {"e1000": "e1000-82544gc"},
    "e1000-82545em": {"e1000": "e1000-82545em"},
    "ne2k_isa": {"ne": "ne2k_isa"},
    "ne2k_pci": {"ne2k-pci": "ne2k_pci"},
    "rtl8139": {"8139cp": "rtl8139", "8139too": "rtl8139-8139c"},
    "rtl8139-8139": {"8139too": "rtl8139-8139"},
    "rtl8139-8139a": {"8139too": "rtl8139-8139a"},
    "rtl8139-8139b": {"8139too": "rtl8139-8139b"},
    "rtl8139-8139c": {"8139too": "rtl8139-8139c"},
    "rtl8139-8139d": {"8139too": "rtl8139-8139d"},
}
# Those that QEMU has under the same name
QEMU_HAS = ["e1000", "e1000-82544gc", "e1000-82545em", "ne2k_isa", "ne2k_pci",
            "rtl8139"]
SKIPPED = 77
FRAME_MAX = 1514


def arguments():
    parser = argparse.ArgumentParser(
        prog="quickstart",
        description="Build vifemu, boot Debian's Linux kernel with its stock "
        "driver on one of our network cards, and show what happened.",
        epilog="Everything fetched and built is kept in $VIFEMU_CACHE "
        "(default ${XDG_CACHE_HOME:-~/.cache}/vifemu).  The first run takes "
        "some minutes, later ones less than one.  Exit status: 0 if every "
        "step passed, 1 if not, 2 for wrong arguments.")
    parser.add_argument("--model", choices=MODELS,
                        help="card (default: e1000, or the first one for "
                        "--driver)")
    parser.add_argument("--driver", choices=DRIVERS,
                        help="Linux driver (default: the card's first one)")
    parser.add_argument("--netdev", choices=["user", "tap"], default="user",
                        help="user: libslirp, needs no set-up; tap: in a "
                        "network namespace of its own, needs root (default "
                        "%(default)s)")
    parser.add_argument("--compare", action="store_true",
                        help="run the same guest on QEMU's own model too")
    parser.add_argument("--steps", type=step_names, default=STEPS,
                        metavar="A,B", help="do these only, of: "
                        f"{', '.join(STEPS)}; most need dhcp")
    parser.add_argument("--rounds", type=positive, default=2, metavar="N",
                        help="of step flood, a TCP stream up and then more "
                        "down than the guest can take (default %(default)s)")
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
    args = parser.parse_args()
    choose(parser, args)
    return args


def step_names(text):
    names = text.split(",")
    wrong = [n for n in names if n not in STEPS]
    if wrong:
        raise argparse.ArgumentTypeError(
            f"there is no step {wrong[0]!r}; there are {', '.join(STEPS)}")
    return names


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def choose(parser, args):
    """Fill in model, driver and cards, or say what would be possible"""
    if not args.model:
        args.model = next(m for m, drivers in MODELS.items()
                          if args.driver in (None, *drivers))
    drivers = MODELS[args.model]
    args.driver = args.driver or next(iter(drivers))
    if args.driver not in drivers:
        models = [m for m in MODELS if args.driver in MODELS[m]]
        parser.error(
            f"{args.driver} is no driver for {args.model}, which takes "
            f"{' or '.join(drivers)}; {args.driver} drives "
            f"{', '.join(models)}")
    card = drivers[args.driver]
    args.devices = [args.device or f"vifemu-{card}"]
    if args.compare:
        if card not in QEMU_HAS:
            parser.error(f"--compare: QEMU has no {card}, which "
                         f"{args.driver} runs on; it has "
                         f"{', '.join(QEMU_HAS)}")
        args.devices.append(card)


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
            lines.append(f"  {s.name:<18}{s.verdict:<8}{s.seconds:>8.2f}  "
                         f"{s.detail}")
    return "\n".join(lines)


def _cell(step):
    """Verdict with the rate, where there is one, or the time"""
    rate = re.search(r"[0-9.]+ MiB/s", step.detail)
    took = rate[0] if rate else f"{step.seconds:.2f} s"
    return f"{step.verdict:>8}{took:>14}"


def comparison(ours, theirs):
    """Both cards side by side, a row per step"""
    lines = ["", f"  {'step':<18}{'ours':>22}{'QEMU':>22}"]
    for a, b in zip(ours, theirs):
        lines.append(f"  {a.name:<18}{_cell(a)}{_cell(b)}")
    return "\n".join(lines)


def as_json(args, steps):
    return {"ok": all(s.ok for s in steps), "model": args.model,
            "driver": args.driver, "backend": args.netdev,
            "steps": [vars(s) for s in steps]}


def write_json(path, value):
    try:
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    except OSError as e:
        raise Failure(f"--json {path}: {e.strerror}") from None


class Whole:
    """Finds fault with a transfer whose packets were cut before the tap

    On a tap a packet to be cut counts as one, so that packets are longer in
    the mean than any frame, acknowledgements and all.
    """

    def __init__(self):
        self._last = tap_counts()

    def __call__(self, step):
        last, self._last = self._last, tap_counts()
        if not step.ok or step.name not in last:
            return
        packets, size = (now - then for now, then in
                         zip(self._last[step.name], last[step.name]))
        step.detail += f", {size // max(packets, 1)} bytes a packet on the tap"
        if size <= FRAME_MAX * packets:
            step.ok = False
            step.detail += ": they were cut before"


def run_guest(setup, names, server):
    """All steps on one card; the Steps, and the Setup of each boot

    While QEMU captures what passes a tap, there are only plain frames on it:
    so that its offloads are seen too, what needs no capture is done first and
    without.
    """
    captured = [n for n in names if n in CAPTURED]
    if setup.backend != "tap":
        return run_steps(setup, names, server), [setup]
    fast = dataclasses.replace(setup, dump=False)
    passes_whole = (DRIVERS[setup.driver].cuts and
                    setup.device.startswith("vifemu-"))
    steps = run_steps(fast, [n for n in names if n not in captured], server,
                      *([Whole()] if passes_whole else []))
    if not captured:
        return steps, [fast]
    done = run_steps(setup, ["dhcp", *captured], server)
    steps += [s for s in done if s.name in captured]
    return sorted(steps, key=lambda s: names.index(s.name)), [fast, setup]


def run_guests(args, binary):
    """The same guest on each card, one after the other"""
    driver = DRIVERS[args.driver]
    kernel, initramfs = guest_image(driver.arch)
    results, setups = {}, []
    with network(args.netdev) as address:
        with BlobServer(address, driver.mib << 20) as server:
            for device in args.devices:
                setup = Setup(binary, kernel, initramfs, device, args.netdev,
                              runs_dir(), args.driver, driver.lacks,
                              driver.as_skb, driver.machine, driver.options,
                              f"vifemu.rounds={args.rounds} {driver.append}")
                results[device], boots = run_guest(setup, args.steps, server)
                setups += boots
    return results, setups


def report(args, results, setups):
    """Table, files, verdict; returns the exit status"""
    first, *others = results.values()
    print(table(results))
    if others:
        print(comparison(first, others[0]))
    print()
    for setup in setups:
        if setup.dump:
            print(f"capture {setup.capture}")
        print(f"log     {setup.log}")
    value = as_json(args, first)
    if others:
        value["compare"] = as_json(args, others[0])
    if args.json:
        write_json(args.json, value)
    there = [s for s in first if not s.lacking]
    passed = sum(s.ok for s in there)
    print(f"\n{args.model} with {args.driver} on {args.netdev}: {passed} of "
          f"{len(there)} steps passed, {elapsed():.0f} s in all")
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
    try:
        results, setups = run_guests(args, binary)
    except Unavailable as e:
        if not args.as_test:
            raise
        print(f"skipped: {e}")
        return SKIPPED
    return report(args, results, setups)


if __name__ == "__main__":
    main(entry)
