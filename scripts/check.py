# SPDX-License-Identifier: MIT
"""./check - build everything with sanitizers and run every test

Progress goes to stderr.  Standard output has what failed, with its output, a
table of the suites, and in the last line how many tests passed, failed and
were skipped.  A program that speaks TAP counts with each of its tests, any
other one as one.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

from common import (ROOT, Failure, cache_dir, elapsed, locked, main, output,
                    run, say, status)

SUITES = ["style", "unit", "fuzz", "qtest", "net", "bench", "qemu", "guest",
          "xen"]
# Only on request: they take long
MORE_SUITES = ["xen-full"]
# Run beside the other suites: Xen's bed needs one CPU and has generous limits,
# and suite guest leaves one idle for half of its time
BESIDE = ["xen", "xen-full"]

# What is shown of a failed program: so many failures of a TAP stream, with so
# many lines before each; of anything else the last lines
FAILURES = 5
BEFORE = 12
TAIL = 60

# Sanitizers end a program at the first finding, so that it counts as failed
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    # GLib's own pools would hide what is freed twice or never
    "G_SLICE": "always-malloc",
}

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

# Results as meson names them
RESULTS = {"OK": PASSED, "EXPECTEDFAIL": PASSED, "SKIP": SKIPPED}


def arguments():
    """Parse the command line"""
    p = argparse.ArgumentParser(
        prog="check", description="Builds vifemu with address and undefined-"
        "behaviour sanitizers in the cache folder and runs its tests.",
        epilog="The cache folder is VIFEMU_CACHE, else vifemu in the user's "
        "cache folder. Exit status: 0 if tests ran and none failed, 1 "
        "otherwise.")
    p.add_argument("--suite", action="append", metavar="NAME",
                   choices=SUITES + MORE_SUITES,
                   help="only this suite; may be repeated: "
                   f"{', '.join(SUITES)}; and, which takes long and is not "
                   f"run otherwise, {', '.join(MORE_SUITES)}")
    p.add_argument("--list", action="store_true",
                   help="list the tests instead of running them")
    return p.parse_args()


def build_of_this_tree(build):
    """Whether the folder is a usable build of this very checkout"""
    try:
        info = json.loads((build / "meson-info/meson-info.json").read_text())
        return (info["directories"]["source"] == str(ROOT)
                and (build / "build.ninja").exists())
    except (OSError, ValueError, KeyError):
        return False


def compile_all(build):
    """Configure if need be, and build"""
    if not build_of_this_tree(build):
        shutil.rmtree(build, ignore_errors=True)
        build.parent.mkdir(parents=True, exist_ok=True)
        run(["meson", "setup", build, ROOT], "Configuring",
            cache_dir() / "check-configure.log")
    run(["ninja", "-C", build], "Building", cache_dir() / "check-build.log")
    say("Built")


def release_build(build, targets, *options):
    """Bring a build without sanitizers up to date, as people would install it

    @targets: what to build; those that are not configured are left out
    @options: of meson setup
    """
    if not build_of_this_tree(build):
        shutil.rmtree(build, ignore_errors=True)
        build.parent.mkdir(parents=True, exist_ok=True)
        run(["meson", "setup", "--buildtype=release", "-Db_sanitize=none",
             "-Dfuzz=disabled", *options, build, ROOT], "Configuring",
            cache_dir() / "release-configure.log")
    rules = (build / "build.ninja").read_text()
    targets = [t for t in targets if f"build {t}:" in rules]
    run(["ninja", "-C", build, *targets], "Building",
        cache_dir() / "release-build.log")


def list_tests(build, suites):
    """Print suite and name of each test"""
    tests = json.loads(output(["meson", "introspect", "--tests", build]))
    pairs = [(suite_of(test["suite"][0]), test["name"]) for test in tests]
    lines = [f"{suite:8} {name}" for suite, name in pairs if suite in suites]
    print("\n".join(sorted(lines)))
    return 0


def suite_of(name):
    """The suite in "vifemu:unit", or in "vifemu:unit / regs-test" """
    return name.partition(" / ")[0].rpartition(":")[2]


def run_meson(build, suites, log):
    """Run the tests and show each one's result as it comes"""
    # Time limits are those of an idle host; this one may be busy
    command = ["meson", "test", "--no-rebuild", "-C", build,
               "--timeout-multiplier", "3", "--logbase", log.stem]
    for suite in suites:
        command += ["--suite", suite]
    env = {**SANITIZERS, **os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen([str(c) for c in command], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace") as child:
        for line in child.stdout:
            # 12/345 vifemu:unit / name      OK       0.05s   3 subtests passed
            m = re.match(r"\s*(\d+/\d+)\s+(?:\S+:)?(\S+) / (\S+)\s+(\w+)\s+"
                         r"(\S+s)", line)
            if not m:
                continue
            number, suite, name, result, seconds = m.groups()
            text = f"{number} {suite}/{name} {result} {seconds}"
            if result in RESULTS:
                status(text)
            else:
                say(text)
    if not log.exists():
        raise Failure(f"meson test ended with exit status {child.returncode} "
                      f"and no {log}")
    return log


def run_all(build, suites):
    """Run the tests; the files that meson logged them in"""
    groups = {"testlog": [s for s in suites if s not in BESIDE],
              "testlog-beside": [s for s in suites if s in BESIDE]}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = []
        for name, group in groups.items():
            log = build / "meson-logs" / f"{name}.json"
            log.unlink(missing_ok=True)
            if group:
                jobs.append(pool.submit(run_meson, build, group, log))
        return [job.result() for job in jobs]


def tap_counts(text):
    """Passed, failed and skipped of a TAP stream; None if it is none"""
    counts = collections.Counter()
    plan = False
    for line in text.splitlines():
        plan |= bool(re.match(r"1\.\.\d+", line))
        m = re.match(r"(not )?ok\b(.*)", line)
        if m:
            skipped = re.search(r"#\s*skip", m[2], re.IGNORECASE)
            counts[FAILED if m[1] else SKIPPED if skipped else PASSED] += 1
    return counts if plan and counts else None


def count(test):
    """Passed, failed and skipped of one program"""
    result = RESULTS.get(test["result"], FAILED)
    counts = tap_counts(test.get("stdout") or "")
    if counts is None:
        return collections.Counter({result: 1})
    if result == FAILED and not counts[FAILED]:
        # It died after, or besides, the tests that it told of
        counts[FAILED] = 1
    return counts


def excerpt(lines):
    """What led to each failure in a TAP stream, else the end of the output"""
    bad = [i for i, line in enumerate(lines)
           if re.match(r"not ok\b|Bail out!", line)]
    shown = sorted({k for i in bad[:FAILURES]
                    for k in range(max(0, i - BEFORE), i + 1)})
    shown = shown or range(max(0, len(lines) - TAIL), len(lines))
    previous = -1
    for i in shown:
        if i != previous + 1:
            yield f"({i - previous - 1} lines left out)"
        yield lines[i]
        previous = i
    if len(bad) > FAILURES:
        yield f"({len(bad) - FAILURES} more failures)"


def show_failure(test):
    """Print what a failed program wrote"""
    print(f"--- {test['name']}: {test['result']}, exit status "
          f"{test['returncode']}, {test['duration']:.1f}s")
    print("    " + " ".join(test["command"]))
    lines = (test.get("stdout") or "").splitlines()
    for line in excerpt(lines):
        print("    " + line)
    for line in (test.get("stderr") or "").splitlines()[-TAIL:]:
        print("    " + line)


def summarize(logs, suites):
    """Print failures, the table, and the last line; the exit status"""
    totals = {suite: collections.Counter() for suite in suites}
    seconds = collections.Counter()
    tests = [json.loads(line) for log in logs
             for line in log.read_text(encoding="utf-8").splitlines()]
    for test in tests:
        suite = suite_of(test["name"])
        counts = count(test)
        if counts[FAILED]:
            show_failure(test)
        totals[suite] += counts
        totals[suite]["programs"] += 1
        seconds[suite] += test["duration"]
    print(f"{'suite':8}{'programs':>10}{'passed':>10}{'failed':>10}"
          f"{'skipped':>10}{'seconds':>10}")
    total = collections.Counter()
    for suite, counts in totals.items():
        total += counts
        print(f"{suite:8}{counts['programs']:10}{counts[PASSED]:10}"
              f"{counts[FAILED]:10}{counts[SKIPPED]:10}"
              f"{seconds[suite]:10.1f}")
    files = " and ".join(str(log.with_suffix(".txt")) for log in logs)
    print(f"All output is in {files}; {elapsed():.0f} s in all")
    print(f"{total[PASSED]} passed, {total[FAILED]} failed, "
          f"{total[SKIPPED]} skipped")
    return 1 if total[FAILED] or not total[PASSED] else 0


def check():
    """The whole of it; the exit status"""
    args = arguments()
    suites = args.suite or SUITES
    build = cache_dir() / "check"
    with locked("check"):
        compile_all(build)
        if args.list:
            return list_tests(build, suites)
        if not shutil.which("qemu-system-x86_64"):
            say("qemu-system-x86_64 (package qemu-system-x86) is not "
                "installed: the comparisons with it are left out")
        return summarize(run_all(build, suites), suites)


if __name__ == "__main__":
    main(check)
