#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rules.py - what the compiler does not say about the sources

    rules.py RULE [SOURCE-DIRECTORY]

prints every breach as FILE:LINE: TEXT and exits with 1 if there are any. The
rules are the functions below whose name begins with "rule_"; --list names them.
Exit code 77 means that the program which a rule needs is not installed.
"""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

LINE_MAX = 80
FILE_MAX = 1000
FUNCTION_MAX = 60
SKIPPED = 77

CODE = {".c", ".h", ".def", ".py", ".build"}
# No place for a comment, or none that readers should see
NO_SPDX = {".md", ".json", ".txt", ".svg", ".png", ".pcap", ".rom"}
NO_SPDX_IN = {"seeds"}  # of the fuzz targets: input, byte for byte


@functools.lru_cache(maxsize=None)
def files(root):
    """Sources: what git knows or would add; without git, everything."""
    git = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        capture_output=True, check=False)
    if git.returncode == 0:
        names = [os.fsdecode(n) for n in git.stdout.split(b"\0") if n]
        found = [root / name for name in names]
    else:
        found = [p for p in root.rglob("*")
                 if not any(part.startswith("build") for part in p.parts)]
    return sorted(p for p in found if p.is_file() and not p.is_symlink())


def with_suffix(root, *suffixes):
    return [p for p in files(root) if p.suffix in suffixes]


@functools.lru_cache(maxsize=None)
def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def rule_spdx(root):
    """The first line (the second of a script) says the licence."""
    want = {".c": "// SPDX-License-Identifier: ",
            ".h": "/* SPDX-License-Identifier: ",
            ".def": "/* SPDX-License-Identifier: ",
            ".8": ".\\\" SPDX-License-Identifier: ",
            ".S": "/* SPDX-License-Identifier: ",
            ".ld": "/* SPDX-License-Identifier: "}
    for path in files(root):
        if (path.suffix in NO_SPDX or path.name.startswith(".git")
                or path.name == "LICENSE" or NO_SPDX_IN & set(path.parts)):
            continue
        text = lines(path)
        script = bool(text) and text[0].startswith("#!")
        first = text[script] if len(text) > script else ""
        if not first.startswith(want.get(path.suffix,
                                         "# SPDX-License-Identifier: ")):
            yield path, script + 1, "no SPDX-License-Identifier line"


def rule_lines(root):
    """C keeps to 80 columns; nothing ends in blanks; no tabs in C."""
    for path in files(root):
        if path.suffix not in CODE:
            continue
        for number, line in enumerate(lines(path), 1):
            if path.suffix in (".c", ".h") and len(line) > LINE_MAX:
                yield path, number, f"{len(line)} columns"
            if path.suffix in (".c", ".h") and "\t" in line:
                yield path, number, "a tab"
            if line != line.rstrip():
                yield path, number, "blanks at the end"


def rule_files(root):
    """A source file has fewer than 1000 lines."""
    for path in files(root):
        script = path.suffix == "" and lines(path)[:1] \
            and lines(path)[0].startswith("#!")
        if (path.suffix in CODE or script) and len(lines(path)) >= FILE_MAX:
            yield path, len(lines(path)), "file too long"


def rule_functions(root):
    """A function has fewer than 60 lines, from brace to brace."""
    for path in with_suffix(root, ".c", ".h"):
        start = None
        for number, line in enumerate(lines(path), 1):
            if line == "{":
                start = number
            elif line.startswith("}") and start is not None:
                if number - start + 1 >= FUNCTION_MAX:
                    yield (path, start,
                           f"function of {number - start + 1} lines")
                start = None


def rule_todo(root):
    """An open point is an issue; its number is beside the word."""
    word = re.compile(r"\b(TODO|FIXME|XXX)\b(?!.*#[0-9]+)")
    for path in files(root):
        if path.suffix in CODE and path.name != "rules.py":
            for number, line in enumerate(lines(path), 1):
                if word.search(line):
                    yield path, number, "open point without an issue number"


# A prototype at file scope; register hooks are described by their rows
PROTOTYPE = re.compile(r"^(?!typedef|static|extern const|return|#|/| |\*)"
                       r"[A-Za-z_][\w \t]*[\s*](\w+)\(")
HOOK = re.compile(r"_(written|was_read|fetch)$")


def rule_contracts(root):
    """Each function that a header declares is under a comment.

    Functions that belong together may follow each other without a blank line
    under one comment.
    """
    for path in with_suffix(root, ".h"):
        if path.relative_to(root).parts[0] == "tests":
            continue
        described = False
        for number, line in enumerate(lines(path), 1):
            if not line.strip():
                described = False
            elif line.startswith((" *", "/*")):
                described = True
            else:
                found = PROTOTYPE.match(line)
                if (found and not described and not HOOK.search(found[1])):
                    yield path, number, f"{found[1]}() has no contract"


def tool(name, *args):
    if not shutil.which(name):
        print(f"{name} is not installed")
        sys.exit(SKIPPED)
    done = subprocess.run([name, *args], capture_output=True, text=True,
                          check=False)
    return [] if done.returncode == 0 else (done.stdout
                                            + done.stderr).splitlines()


def rule_format(root):
    """C is as clang-format leaves it."""
    found = tool("clang-format", "--dry-run", "-Werror",
                 *map(str, with_suffix(root, ".c", ".h")))
    for line in found:
        match = re.match(r"(.*?):(\d+):\d+: error: (.*)", line)
        if match:
            yield pathlib.Path(match[1]), int(match[2]), match[3]


def rule_shell(root):
    """Shell scripts pass shellcheck."""
    scripts = [p for p in files(root) if p.suffix == ".sh" or (
        lines(p)[:1] and re.match(r"#!.*\b(sh|bash)\b", lines(p)[0]))]
    if not scripts:
        return
    for line in tool("shellcheck", "-S", "warning", "-f", "gcc",
                     *map(str, scripts)):
        match = re.match(r"(.*?):(\d+):\d+: (.*)", line)
        if match:
            yield pathlib.Path(match[1]), int(match[2]), match[3]


def main():
    rules = {name[5:].replace("_", "-"): rule
             for name, rule in globals().items() if name.startswith("rule_")}
    if sys.argv[1:] == ["--list"]:
        for name, rule in rules.items():
            print(f"{name:10} {rule.__doc__.splitlines()[0]}")
        return 0
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in rules:
        print(f"usage: rules.py {'|'.join(rules)} [SOURCE-DIRECTORY]",
              file=sys.stderr)
        return 2
    here = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(sys.argv[2]).resolve() if sys.argv[2:] else here
    bad = 0
    for path, number, text in rules[sys.argv[1]](root):
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        print(f"{shown}:{number}: {text}")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
