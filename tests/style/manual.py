#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manual.py - compare a register manual with the tables it is made from

    manual.py REGDOC MODEL FILE

Exits with 1 and shows how FILE differs from what "REGDOC MODEL" prints.
"""

import difflib
import pathlib
import subprocess
import sys


def main():
    if len(sys.argv) != 4:
        print("usage: manual.py REGDOC MODEL FILE", file=sys.stderr)
        return 2
    regdoc, model, name = sys.argv[1:]
    now = subprocess.run([regdoc, model], text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    path = pathlib.Path(name)
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if now == kept:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        kept.splitlines(True), now.splitlines(True), name, "from the tables"))
    print(f"{name} is out of date: make it with '{regdoc} {model} > {name}'")
    return 1


if __name__ == "__main__":
    sys.exit(main())
