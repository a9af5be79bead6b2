# SPDX-License-Identifier: MIT
"""Runs one of the programs of tests/qtest on our models inside QEMU

The same program, the same model, another host around it: that both behave the
same is a fact then.
"""

import os
import sys

from testing import Failure, main, qemu


class _Arguments:  # pylint: disable=too-few-public-methods
    """What qemu() looks at"""
    no_build = False


def entry():
    if len(sys.argv) != 2:
        raise Failure("usage: shim_test.py PROGRAM")
    env = dict(os.environ, QTEST_QEMU_BINARY=str(qemu(_Arguments)),
               QTEST_DEVICE_PREFIX="vifemu-")
    os.execve(sys.argv[1], [sys.argv[1], "--tap", "-k"], env)


if __name__ == "__main__":
    main(entry)
