#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols.py - what the model library needs from outside

    symbols.py LIBRARY

A model is a pure machine: it must link against nothing but these string
functions, which compilers call on their own as well. LIBRARY has to be built
without sanitizers. Exits with 1 if it needs anything else.
"""

import subprocess
import sys

ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "strcmp", "strlen"}
# Position-independent code refers to it without calling anything
LINKER = {"_GLOBAL_OFFSET_TABLE_"}


def symbols(library, which):
    done = subprocess.run(["nm", "-P", which, library], text=True, check=True,
                          stdout=subprocess.PIPE)
    return {line.split()[0] for line in done.stdout.splitlines()
            if line and not line.endswith(":")}


def main():
    if len(sys.argv) != 2:
        print("usage: symbols.py LIBRARY", file=sys.stderr)
        return 2
    defined = symbols(sys.argv[1], "--defined-only")
    needed = symbols(sys.argv[1], "--undefined-only") - defined - LINKER
    if not defined or not needed & ALLOWED:
        print("no models in this library?")
        return 1
    for name in sorted(needed - ALLOWED):
        print(f"the model library needs {name}()")
    return 1 if needed - ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
