# SPDX-License-Identifier: MIT
"""The guest: Debian's stock kernel and an initramfs, made in the cache folder

Kernel, modules, busybox and ethtool come from Debian packages that are
unpacked, never installed.  The initramfs is made anew whenever tests/guest/init
changes, which takes a second.  There is a guest per architecture, because
Debian's kernels for amd64 know no ISA cards; any x86-64 machine runs both.
"""

import dataclasses
import hashlib
import pathlib
import shutil

from common import Failure, cache_dir, locked
from debian import Apt, stamped
from initramfs import add_modules, copy, find, pack

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
    # For tests/xen: there a kernel with PAE stays at the first CPUID after it
    # has switched paging on, for ever.  This one has none of Xen's drivers.
    "i386-nopae": Arch("i386", "guest-i386-nopae", "linux-image-686",
                       "ld-linux.so.2", ("ne", "af_packet")),
}

# ethtool with the libraries it is linked with
PROGRAMS = ["busybox-static", "ethtool", "libmnl0", "libc6"]
LIBRARIES = ["libmnl.so.0", "libm.so.6", "libc.so.6"]

# The first process, and what it shares with the guest of tests/xen
INITS = [HERE / "init", HERE / "steps.sh"]

APPLETS = """awk cat cut date dd echo grep head insmod ip ls mkdir mount nc ping
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


def _make_root(arch, packages, root):
    """The guest's whole file system"""
    for name in ("proc", "sys", "dev", "tmp", "etc"):
        (root / name).mkdir()
    copy(find(packages, "busybox"), root / "bin" / "busybox")
    for name in APPLETS:
        (root / "bin" / name).symlink_to("busybox")
    copy(find(packages, "ethtool"), root / "bin" / "ethtool")
    for name in [*LIBRARIES, arch.loader]:
        copy(find(packages, name), root / "lib" / name)
    (root / "lib64").symlink_to("lib")
    for path in INITS:
        copy(path, root / path.name)
    add_modules(arch.modules, packages, root)


def _make_image(arch, packages, folder):
    shutil.copyfile(next((packages / "boot").glob("vmlinuz-*")),
                    folder / "vmlinuz")
    root = folder / "root"
    root.mkdir()
    _make_root(arch, packages, root)
    pack(root, folder / "initramfs")
    shutil.rmtree(root)


def guest_packages(name="amd64"):
    """Fetch what a guest is made of; returns the folder with it unpacked

    @name: of ARCHS
    """
    arch = ARCHS[name]
    folder = cache_dir() / arch.folder / "packages"
    with locked(arch.folder):
        stamped(folder, " ".join(PROGRAMS), lambda fresh: _unpack(arch, fresh))
    return folder


def guest_image(name="amd64"):
    """Make what is missing; returns the paths of kernel and initramfs

    @name: of ARCHS
    """
    arch = ARCHS[name]
    packages = guest_packages(name)
    image = cache_dir() / arch.folder / "image"
    with locked(arch.folder):
        made_of = b"".join(p.read_bytes() for p in
                           (*INITS, HERE / "image.py"))
        stamped(image, hashlib.sha256(made_of).hexdigest(),
                lambda folder: _make_image(arch, packages, folder))
    return image / "vmlinuz", image / "initramfs"
