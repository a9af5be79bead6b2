#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py - run a fuzz target for a while

The corpus is a folder of its own, made by SEEDS and thrown away, unless --corpus
names one to keep. What breaks an invariant stays in the current directory.
Exit code 77: there is no target, because there is no clang.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
# Between 4 KiB steps of a slow machine and a hang
TIMEOUT_S = 30
RSS_MIB = 1024


def fuzz(args, corpus):
    if args.seeds:
        subprocess.run([args.seeds, corpus], check=True)
    before = set(pathlib.Path(".").glob("crash-*"))
    done = subprocess.run(
        [os.path.abspath(args.target), f"-max_total_time={args.seconds}",
         f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={RSS_MIB}",
         f"-max_len={args.max_len}", "-print_final_stats=1", "-verbosity=1",
         corpus, *args.seed_folder],
        stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    report = done.stderr.splitlines()
    if done.returncode:
        # Progress lines say nothing about what went wrong
        print("\n".join(line for line in report if not line.startswith("#")))
        for path in set(pathlib.Path(".").glob("crash-*")) - before:
            print(f"run it again with: {args.replay} {path.resolve()}")
        return 1
    print("\n".join(line for line in report if line.startswith("stat::")))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", default="",
                        help="program linked with libFuzzer")
    parser.add_argument("--seeds", help="program that writes the first inputs")
    parser.add_argument("--seed-folder", action="append", default=[],
                        help="more first inputs; nothing is added there")
    parser.add_argument("--replay", default="the replay program",
                        help="named in the report of a finding")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--max-len", type=int, default=1024)
    parser.add_argument("--corpus", help="folder to start from and to add to")
    args = parser.parse_args()

    if not args.target:
        print("there is no clang to build this target with")
        return SKIPPED
    if args.corpus:
        os.makedirs(args.corpus, exist_ok=True)
        return fuzz(args, args.corpus)
    with tempfile.TemporaryDirectory() as corpus:
        return fuzz(args, corpus)


if __name__ == "__main__":
    sys.exit(main())
