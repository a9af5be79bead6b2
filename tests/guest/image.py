# SPDX-License-Identifier: MIT
"""The guest: Debian's stock kernel and an initramfs, made in the cache folder

Kernel, modules, busybox and ethtool come from Debian packages that are
unpacked, never installed.  The initramfs is made anew whenever tests/guest/init
changes, which takes a second.  There is a guest per architecture, because
Debian's kernels for amd64 know no ISA cards; any x86-64 machine runs both.
"""

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from common import Failure, cache_dir, locked, output
from debian import Apt, stamped

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Arch:
    """What a guest of an architecture is made of

    @apt:     Debian's name of it, or None for the host's own
    @folder:  of the cache
    @kernel:  package that depends on the newest kernel
    @loader:  file name of the dynamic linker
    @modules: drivers of the cards we have, of QEMU's e1000e, which tests/bench
              compares with, and what DHCP needs
    """
    apt: str | None
    folder: str
    kernel: str
    loader: str
    modules: tuple


ARCHS = {
    "amd64": Arch(None, "guest", "linux-image-amd64", "ld-linux-x86-64.so.2",
                  ("e1000", "e1000e", "8139cp", "8139too", "ne2k-pci",
                   "af_packet")),
    "i386": Arch("i386", "guest-i386", "linux-image-686-pae",
                 "ld-linux.so.2", ("ne", "af_packet")),
}

# ethtool with the libraries it is linked with
PROGRAMS = ["busybox-static", "ethtool", "libmnl0", "libc6"]
LIBRARIES = ["libmnl.so.0", "libm.so.6", "libc.so.6"]

APPLETS = """awk cat cut date echo grep head insmod ip ls mkdir mount nc ping
    printf reboot sed seq sh sha256sum sleep sort stat sync tail timeout tr
    udhcpc uname wc wget""".split()


def _unpack(arch, folder):
    """The Debian packages that a guest is made of"""
    apt = Apt(arch.apt)
    kernel = [p for p in apt.depends(arch.kernel)
              if p.startswith("linux-image-")]
    if not kernel:
        raise Failure(f"{arch.kernel} names no kernel package")
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


def _add_modules(modules, packages, root, version):
    """Copy each module with what it needs; <name>.order lists them in order"""
    path = {"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}"}
    output(["depmod", "-b", packages, version], env=path)
    for module in modules:
        text = output(["modprobe", "-d", packages, "-S", version,
                       "--show-depends", module], env=path)
        files = [pathlib.Path(p) for p in
                 re.findall(r"^insmod (\S+)", text, re.M)]
        for file in files:
            _copy(file, root / "modules" / file.name)
        order = "".join(f"/modules/{p.name}\n" for p in files)
        (root / "modules" / f"{module}.order").write_text(order)


def _make_root(arch, packages, root):
    """The guest's whole file system"""
    version = next((packages / "lib" / "modules").iterdir()).name
    for name in ("proc", "sys", "dev", "tmp", "etc"):
        (root / name).mkdir()
    _copy(_find(packages, "busybox"), root / "bin" / "busybox")
    for name in APPLETS:
        (root / "bin" / name).symlink_to("busybox")
    _copy(_find(packages, "ethtool"), root / "bin" / "ethtool")
    for name in [*LIBRARIES, arch.loader]:
        _copy(_find(packages, name), root / "lib" / name)
    (root / "lib64").symlink_to("lib")
    _copy(HERE / "init", root / "init")
    _add_modules(arch.modules, packages, root, version)


def _pack(root, archive):
    """cpio of a folder; not compressed, because the guest would pay for that"""
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
    with open(archive, "wb") as out:
        done = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"],
                              cwd=root, input="\n".join(names).encode(),
                              stdout=out, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failure(f"cpio failed: {done.stderr.decode().strip()}")


def _make_image(arch, packages, folder):
    shutil.copyfile(next((packages / "boot").glob("vmlinuz-*")),
                    folder / "vmlinuz")
    root = folder / "root"
    root.mkdir()
    _make_root(arch, packages, root)
    _pack(root, folder / "initramfs")
    shutil.rmtree(root)


def guest_image(name="amd64"):
    """Make what is missing; returns the paths of kernel and initramfs

    @name: of ARCHS
    """
    arch = ARCHS[name]
    packages = cache_dir() / arch.folder / "packages"
    image = cache_dir() / arch.folder / "image"
    with locked(arch.folder):
        stamped(packages, " ".join(PROGRAMS),
                lambda folder: _unpack(arch, folder))
        made_of = b"".join(p.read_bytes() for p in
                           (HERE / "init", HERE / "image.py"))
        stamped(image, hashlib.sha256(made_of).hexdigest(),
                lambda folder: _make_image(arch, packages, folder))
    return image / "vmlinuz", image / "initramfs"
