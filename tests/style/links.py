#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""links.py - which libraries a program must not need

    links.py PROGRAM LIBRARY...

The process that guests speak to stays small: what only vifctl uses must not
come in with the parts that both are made of. Exits with 1 and names every
LIBRARY (as the beginning of a file name) that PROGRAM needs, with 77 if there
is no readelf.
"""

import re
import shutil
import subprocess
import sys


def main():
    if len(sys.argv) < 3:
        print("usage: links.py PROGRAM LIBRARY...", file=sys.stderr)
        return 2
    if not shutil.which("readelf"):
        print("readelf is not installed")
        return 77
    done = subprocess.run(["readelf", "-d", sys.argv[1]], text=True, check=True,
                          stdout=subprocess.PIPE)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout)
    if not any(name.startswith("libglib") for name in needed):
        print(f"{sys.argv[1]} needs no GLib? {needed}")
        return 1
    wrong = [name for name in needed if name.startswith(tuple(sys.argv[2:]))]
    for name in wrong:
        print(f"{sys.argv[1]} needs {name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
