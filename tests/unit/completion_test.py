#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""completion_test.py - what bash completes vifctl's words to

    completion_test.py VIFCTL COMPLETION

VIFCTL is the program, COMPLETION the file made by it. Exits with 77 if there is
no bash.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

VIFCTL, COMPLETION = sys.argv[1:3]
# As bash splits them: --to=x is three words
NAMINGS = ["freebsd", "libxl", "libxl-4.0", "libxl-4.1", "netbsd", "xend"]


def complete(*words, net="/sys/class/net", cwd="/"):
    """The last of the words, with those before it."""
    text = pathlib.Path(COMPLETION).read_text(encoding="utf-8")
    script = text.replace("/sys/class/net", net) + """
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _vifctl
        [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
        """
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", "vifctl", *words], cwd=cwd,
        capture_output=True, text=True, check=True)
    if done.stderr:
        raise AssertionError(done.stderr)
    return sorted(done.stdout.splitlines())


def run(*words):
    return subprocess.run([VIFCTL, *words], capture_output=True, text=True,
                          check=True).stdout


def commands():
    listed = run("--help").split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


class Completion(unittest.TestCase):
    def test_commands(self):
        self.assertGreater(len(commands()), 6)
        self.assertEqual(complete(""),
                         sorted(commands() + ["--help", "--version"]))
        self.assertEqual(complete("pl"), ["plan"])
        self.assertEqual(complete("nothing-like-that"), [])

    def test_options(self):
        """Each option that --help lists, and no other."""
        for command in commands():
            listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)",
                                run(command, "--help"), re.M)
            self.assertEqual(complete(command, "--"), sorted(listed), command)

    def test_values(self):
        """Something to offer where there is a choice."""
        for words, want in [
                (["plan", "--dialect", ""], ["xl", "xl-4.5", "xm"]),
                (["plan", "--dialect", "=", "xl"], ["xl", "xl-4.5"]),
                (["plan", "--dialect", "="], ["xl", "xl-4.5", "xm"]),
                (["names", "--naming", ""], NAMINGS),
                (["names", "--domid", "3", "--naming", "free"], ["freebsd"]),
                (["convert", "--to", ""], ["libvirt", "xl", "xm"]),
                (["convert", "--from", "x"], ["xl", "xl-4.5", "xm"]),
                (["plan", "--domid", ""], []),
                # Not an option of this command: a place
                (["watch", "--naming", ""], []),
        ]:
            self.assertEqual(complete(*words), want, words)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ["web.cfg", "we *.cfg", "$(touch no)", "other"]:
                (pathlib.Path(folder) / name).touch()
            self.assertEqual(complete("plan", "we", cwd=folder),
                             ["we *.cfg", "web.cfg"])
            self.assertEqual(complete("plan", "--domid", "3", "web", cwd=folder),
                             ["web.cfg"])
            self.assertEqual(complete("doctor", "--svg", "ot", cwd=folder),
                             ["other"])
            self.assertEqual(
                complete("plan", "--domid", "=", "3", "web", cwd=folder),
                ["web.cfg"])
            self.assertIn("$(touch no)", complete("up", "", cwd=folder))
            self.assertFalse((pathlib.Path(folder) / "no").exists())

    def test_interfaces(self):
        """Names that the kernel takes and bash must not."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ["xenbr0", "xenbr1", "eth0", "$(touch no)", "`id`"]:
                (pathlib.Path(folder) / name).touch()
            self.assertEqual(complete("doctor", "xen", net=folder, cwd=folder),
                             ["xenbr0", "xenbr1"])
            self.assertEqual(
                complete("doctor", "--add", "eth", net=folder, cwd=folder),
                ["eth0"])
            self.assertEqual(complete("doctor", "$", net=folder, cwd=folder),
                             ["\\$\\(touch\\ no\\)"])
            self.assertEqual(complete("names", "`", net=folder, cwd=folder),
                             ["\\`id\\`"])
            self.assertEqual(
                complete("plan", "--bridge", "xenbr1", net=folder),
                ["xenbr1"])
            self.assertFalse((pathlib.Path(folder) / "no").exists())

    def test_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("no shellcheck")
        done = subprocess.run(["shellcheck", "-s", "bash", COMPLETION],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    if not shutil.which("bash"):
        print("no bash")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
