# SPDX-License-Identifier: MIT
"""The guest: Debian's stock kernel and an initramfs, made in the cache folder

Kernel, modules, busybox and ethtool come from Debian packages that are
unpacked, never installed.  The initramfs is made anew whenever tests/guest/init
changes, which takes a second.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from common import Failure, cache_dir, locked, output
from debian import Apt, stamped

HERE = pathlib.Path(__file__).resolve().parent

# Drivers of the cards we have or will have, and what DHCP needs
MODULES = ["e1000", "8139cp", "8139too", "ne2k-pci", "af_packet"]

# ethtool with the libraries it is linked with
PROGRAMS = ["busybox-static", "ethtool", "libmnl0", "libc6"]
LIBRARIES = ["libmnl.so.0", "libm.so.6", "libc.so.6", "ld-linux-x86-64.so.2"]

APPLETS = """awk cat cut date echo grep head insmod ip ls mkdir mount nc ping
    poweroff printf reboot sed sh sha256sum sleep sort stat sync tail tr
    udhcpc uname wc wget""".split()


def _unpack(folder):
    """The Debian packages that a guest is made of"""
    apt = Apt()
    kernel = [p for p in apt.depends("linux-image-amd64")
              if p.startswith("linux-image-")]
    if not kernel:
        raise Failure("linux-image-amd64 names no kernel package")
    apt.unpack(PROGRAMS + kernel[:1], folder)


def _find(folder, name):
    """A program or library; which of the usual folders has it may change"""
    for path in sorted(folder.rglob(name)):
        if path.is_file() and re.search(r"(bin|lib|-gnu)$", str(path.parent)):
            return path
    raise Failure(f"no {name} in the packages unpacked in {folder}")


def _copy(path, to):
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path.resolve(), to)
    to.chmod(0o755)


def _add_modules(packages, root, version):
    """Copy each module with what it needs; <name>.order lists them in order"""
    output(["depmod", "-b", packages, version],
           env={"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}"})
    for module in MODULES:
        text = output(["modprobe", "-d", packages, "-S", version,
                       "--show-depends", module],
                      env={"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}"})
        files = [pathlib.Path(p) for p in
                 re.findall(r"^insmod (\S+)", text, re.M)]
        for path in files:
            _copy(path, root / "modules" / path.name)
        order = "".join(f"/modules/{p.name}\n" for p in files)
        (root / "modules" / f"{module}.order").write_text(order)


def _make_root(packages, root):
    """The guest's whole file system"""
    version = next((packages / "lib" / "modules").iterdir()).name
    for name in ("proc", "sys", "dev", "tmp", "etc"):
        (root / name).mkdir()
    _copy(_find(packages, "busybox"), root / "bin" / "busybox")
    for name in APPLETS:
        (root / "bin" / name).symlink_to("busybox")
    _copy(_find(packages, "ethtool"), root / "bin" / "ethtool")
    for name in LIBRARIES:
        _copy(_find(packages, name), root / "lib" / name)
    (root / "lib64").symlink_to("lib")
    _copy(HERE / "init", root / "init")
    _add_modules(packages, root, version)


def _pack(root, archive):
    """cpio of a folder; not compressed, because the guest would pay for that"""
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
    with open(archive, "wb") as out:
        done = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"],
                              cwd=root, input="\n".join(names).encode(),
                              stdout=out, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failure(f"cpio failed: {done.stderr.decode().strip()}")


def _make_image(packages, folder):
    shutil.copyfile(next((packages / "boot").glob("vmlinuz-*")),
                    folder / "vmlinuz")
    root = folder / "root"
    root.mkdir()
    _make_root(packages, root)
    _pack(root, folder / "initramfs")
    shutil.rmtree(root)


def guest_image():
    """Make what is missing; returns the paths of kernel and initramfs"""
    packages = cache_dir() / "guest" / "packages"
    image = cache_dir() / "guest" / "image"
    with locked("guest"):
        stamped(packages, " ".join(PROGRAMS), _unpack)
        made_of = b"".join(p.read_bytes() for p in
                           (HERE / "init", HERE / "image.py"))
        stamped(image, hashlib.sha256(made_of).hexdigest(),
                lambda folder: _make_image(packages, folder))
    return image / "vmlinuz", image / "initramfs"
