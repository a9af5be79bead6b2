#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""man.py - manual pages that groff has nothing to say about

    man.py PAGE...

Exits with 1 if there are warnings, or parts are missing that a manual page has;
77 means that groff is not installed.
"""

import pathlib
import re
import shutil
import subprocess
import sys

PARTS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "SEE ALSO"]


def faults(page):
    done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", page],
                          capture_output=True, text=True, check=False)
    yield from done.stderr.splitlines()
    text = pathlib.Path(page).read_text(encoding="utf-8")
    found = [name.strip('"') for name in re.findall(r"^\.SH (.*)$", text, re.M)]
    for part in PARTS:
        if part not in found:
            yield f"{page}: no section {part}"


def main():
    if not sys.argv[1:]:
        print("usage: man.py PAGE...", file=sys.stderr)
        return 2
    if not shutil.which("groff"):
        print("groff is not installed")
        return 77
    bad = [fault for page in sys.argv[1:] for fault in faults(page)]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
