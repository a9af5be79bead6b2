# SPDX-License-Identifier: MIT
"""Parts of an initramfs, out of Debian packages that were unpacked"""

import os
import pathlib
import re
import shutil
import subprocess

from common import Failure, output

# depmod and modprobe are not in everyone's path
SBIN = {"PATH": f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}"}


def find(folder, name):
    """A program or library; which of the usual folders has it may change"""
    for path in sorted(folder.rglob(name)):
        if path.is_file() and re.search(r"(bin|lib|-gnu)$", str(path.parent)):
            return path
    raise Failure(f"no {name} in the packages unpacked in {folder}")


def copy(path, to):
    """Copy a program, or what a symbolic link leads to"""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path.resolve(), to)
    to.chmod(0o755)


def add_modules(modules, packages, root):
    """Copy kernel modules with what each needs; /modules/NAME.order lists
    these files in the order to load them

    @packages: folder with one unpacked kernel package
    """
    version = next((packages / "lib" / "modules").iterdir()).name
    output(["depmod", "-b", packages, version], env=SBIN)
    for module in modules:
        text = output(["modprobe", "-d", packages, "-S", version,
                       "--show-depends", module], env=SBIN)
        files = [pathlib.Path(p) for p in
                 re.findall(r"^insmod (\S+)", text, re.M)]
        for file in files:
            copy(file, root / "modules" / file.name)
        order = "".join(f"/modules/{p.name}\n" for p in files)
        (root / "modules" / f"{module}.order").write_text(order)


def pack(root, archive):
    """cpio of a folder; not compressed, because the guest would pay for that"""
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
    with open(archive, "wb") as out:
        done = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"],
                              cwd=root, input="\n".join(names).encode(),
                              stdout=out, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failure(f"cpio failed: {done.stderr.decode().strip()}")
