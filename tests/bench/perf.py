# SPDX-License-Identifier: MIT
"""perf.py - where the CPU time of a workload goes, by Linux's perf

A CPU is recorded, not a process: of that perf would have work at each sleep,
which it then finds in the process.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from emulator import Failed

# The clock's, because a virtual machine may have no others; not in step with
# anything that happens a thousand times a second
RECORD = ["perf", "record", "--quiet", "--event", "cpu-clock", "--freq", "4999"]
REPORT = ["perf", "report", "--stdio", "--sort", "dso,symbol", "--percentage",
          "relative", "--field-separator", ";"]
# Time for some thousand samples
SECONDS = 3
SHOWN = 12


def missing():
    """Why there can be no profile, or None"""
    if not shutil.which("perf"):
        return "perf is not installed (package linux-perf)"
    done = subprocess.run([*RECORD, "-a", "--output", "/dev/null", "true"],
                          text=True, capture_output=True, check=False)
    return "perf: " + done.stderr.strip()[-400:] if done.returncode else None


def where(dso):
    """Kernel, library, or the program itself"""
    return "kernel" if dso.startswith("[kernel") else dso


def parse(text):
    """What perf report prints, as (share, where, symbol), largest first"""
    lines = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            share, dso, symbol = (x.strip() for x in line.split(";")[:3])
            lines.append((float(share.rstrip("%")), where(dso),
                          symbol.partition("] ")[2]))
    return sorted(lines, key=lambda line: -line[0])


def table(name, lines):
    """A workload's shares: first of each part, then of the largest symbols"""
    parts = {}
    for share, part, _ in lines:
        parts[part] = parts.get(part, 0) + share
    largest = sorted(parts.items(), key=lambda part: -part[1])
    text = [f"{name:16} " + ", ".join(f"{part} {share:.0f} %"
                                      for part, share in largest
                                      if share >= 1)]
    text += [f"    {share:5.1f} %  {part:16} {symbol}"
             for share, part, symbol in lines[:SHOWN]]
    return "\n".join(text)


def take(tools, binary, workload):
    """Run a workload once and say where an emulator's time went"""
    with tempfile.TemporaryDirectory(prefix="vifemu-profile-") as folder:
        data = pathlib.Path(folder) / "perf.data"
        # Others may run the same program: a name of its own tells it apart
        name = f"bench-{os.getpid()}"
        program = pathlib.Path(folder) / name
        program.symlink_to(binary)
        cpus = ["--cpu", str(tools.cpus[0])] if tools.cpus[0] >= 0 else ["-a"]
        # Not from the beginning, when a guest's memory is cleared
        delay = ["--delay", str(int(tools.seconds * 1000 / 6) + 1)]
        tools.measure(str(program), workload, [*RECORD, *cpus, *delay,
                                               "--output", str(data), "--"])
        done = subprocess.run([*REPORT, "--comm", name, "--input", str(data)],
                              text=True, capture_output=True, check=False)
    if done.returncode:
        raise Failed("perf report: " + done.stderr.strip()[-400:])
    lines = parse(done.stdout)
    if not lines:
        raise Failed("perf saw nothing of it")
    return table(workload["name"], lines)
