#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one of QEMU's own test programs against our binary

    run.py PROGRAM

What of it must pass, and what cannot apply, is in tests.list beside this file.
QTEST_QEMU_BINARY names the binary.  The program is built in the cache folder,
by qemu/build, when it is not there.  Prints TAP.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIST = HERE / "tests.list"
TIMEOUT = 300
DETAILS = 20


class Failure(Exception):
    """An error for people"""


def read_list(program):
    """(path, reason) of each line about @program; reason None: must pass"""
    rows = []
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        words = line.split(None, 3)
        if not words or words[0].startswith("#"):
            continue
        if words[2:] == ["run"]:
            reason = None
        elif len(words) == 4 and words[2] == "no":
            reason = words[3]
        else:
            raise Failure(f"{LIST.name}:{number}: neither run nor no REASON")
        if words[0] == program:
            rows.append((words[1], reason))
    if not rows:
        raise Failure(f"{program} is not in {LIST.name}")
    return rows


def build(program):
    """Build the program if need be; return where it is"""
    script = str(ROOT / "qemu/build")
    done = subprocess.run([script, "--target", f"tests/qtest/{program}"],
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failure(f"qemu/build failed:\n{done.stderr}")
    where = subprocess.run([script, "--print-dir", "build"], text=True,
                           stdout=subprocess.PIPE, check=True).stdout.strip()
    return pathlib.Path(where, "tests/qtest", program)


def verdict(rows, test):
    """(covered, reason) for one test"""
    for path, reason in rows:
        if path == test or path == "*":
            return True, reason
    return False, None


def execute(program, args, folder):
    """Run it; return (status, lines)"""
    try:
        done = subprocess.run([program, *args], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT, check=False, errors="replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="replace")
        return -1, text.splitlines() + [f"(stopped after {TIMEOUT} s)"]
    return done.returncode, done.stdout.splitlines()


class Tap:
    """TAP on stdout"""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, ok, name, skip=None):
        """One test point"""
        self.count += 1
        self.failed += not ok
        tail = f" # SKIP {skip}" if skip else ""
        print(f"{'ok' if ok else 'not ok'} {self.count} {name}{tail}")

    @staticmethod
    def note(lines):
        """Diagnostics"""
        for line in lines:
            print(f"# {line}")


def list_tests(program, folder):
    """Paths of all tests of a program"""
    status, lines = execute(program, ["-l"], folder)
    if status:
        raise Failure(f"{program.name} -l failed:\n" + "\n".join(lines))
    return [line for line in lines if fnmatch.fnmatch(line, "/*/*")]


def run_one(tap, program, test, folder):
    """Run one test, alone: QEMU's programs end at the first failure"""
    status, lines = execute(program, ["--tap", "-k", "-p", test], folder)
    passed = any(re.match(r"ok \d+ " + re.escape(test) + r"\s*$", line)
                 for line in lines)
    tap.result(passed and status == 0, test)
    if not passed or status:
        tap.note(lines[-DETAILS:] + [f"exit status {status}"])


def run_program(name):
    """Run what the list says; return the number of failures"""
    tap = Tap()
    rows = read_list(name)
    if all(reason for _, reason in rows):
        for path, reason in rows:
            tap.result(True, f"{name} {path}", reason)
        print(f"1..{tap.count}")
        return 0
    program = build(name)
    with tempfile.TemporaryDirectory(prefix="vifemu-qemu-") as folder:
        tests = list_tests(program, folder)
        if not tests:
            raise Failure(f"{name} has no tests for this binary")
        for test in tests:
            covered, reason = verdict(rows, test)
            if reason:
                tap.result(True, test, reason)
            elif not covered:
                tap.result(False, f"{test} is not in {LIST.name}")
            else:
                run_one(tap, program, test, folder)
    print(f"1..{tap.count}")
    return tap.failed


def main():
    """The command line"""
    parser = argparse.ArgumentParser(
        description="Run one of QEMU's own test programs against "
        "$QTEST_QEMU_BINARY.")
    parser.add_argument("program", help="its name, as in tests.list")
    args = parser.parse_args()
    if not os.environ.get("QTEST_QEMU_BINARY"):
        sys.exit("QTEST_QEMU_BINARY must name the binary to test")
    try:
        failed = run_program(args.program)
    except Failure as error:
        print(f"Bail out! {error}".replace("\n", "\n# "))
        sys.exit(1)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
