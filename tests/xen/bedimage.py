# SPDX-License-Identifier: MIT
"""What the bed boots: hypervisor, dom0, guest and loader, made in the cache

Debian's packages of Xen are unpacked, never installed: those of the host's
release, or of another one.  dom0's file system is an initramfs with just the
programs named here and the libraries they are linked with, because unpacking
it is a large part of dom0's start; for the same reason it is not compressed.
Everything is made anew when the files that it is made of change, which takes a
few seconds.  Kernels, of dom0 and of guests, are always of the host's release.
"""

import dataclasses
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("scripts", "tests/guest"):
    sys.path.insert(0, str(HERE.parent.parent / folder))

# pylint: disable=wrong-import-position
from common import Failure, ROOT, cache_dir, output  # noqa: E402
from debian import Apt, host_release, stamped  # noqa: E402
from image import APPLETS, guest_packages  # noqa: E402
from initramfs import add_modules, copy, find, pack  # noqa: E402

# The Xen of each release of Debian, the older one first
RELEASES = {"4.17": "bookworm", "4.20": "trixie"}

# Beside the hypervisor and xen-utils, which have the version in their names
PACKAGES = """xenstore-utils qemu-system-xen seabios ipxe-qemu iproute2 bash
    util-linux busybox-static dnsmasq-base nftables strace tcpdump""".split()

# Of what these depend on, what no program below needs
UNUSED = re.compile(r"adduser|base-|debconf|dpkg|iso-codes|lib(pam|python)"
                    r"|libsystemd-|login|media-types|passwd|perl|python"
                    r"|sensible|systemd|sysvinit|tar$|tzdata|ucf|udev")

# Those that are in a folder with Xen's version in its name
XEN_PROGRAMS = """xl libxl-save-helper xen-init-dom0 xenstored
    xenconsoled""".split()
# bash and flock are for Xen's hotplug scripts, dnsmasq for booting from the
# network, nft to see filters of vif-emu's, strace and tcpdump for people
PROGRAMS = ["bin/bash", "bin/ip", "sbin/bridge", "sbin/tc", "usr/bin/flock",
            "usr/libexec/xen-qemu-system-i386", "usr/sbin/dnsmasq",
            "usr/sbin/nft", "usr/bin/strace", "usr/bin/tcpdump"]
PROGRAMS += [f"usr/bin/xenstore-{name}" for name in
             ("exists", "list", "ls", "read", "rm", "watch", "write")]

DATA = ["etc/xen", "usr/lib/xen-common/bin",
        "usr/share/seabios/bios-256k.bin", "usr/lib/ipxe/qemu", "usr/sbin/xl",
        "usr/sbin/xenstored", "usr/sbin/xenconsoled"]
# What QEMU looks for; option ROMs are in ipxe's folder with some versions
DATA += [f"usr/share/qemu/{name}" for name in
         ("linuxboot.bin", "linuxboot_dma.bin", "kvmvapic.bin",
          "keymaps/en-us", "efi-e1000.rom", "efi-ne2k_pci.rom",
          "efi-rtl8139.rom")]

# Folders of programs that are one folder in dom0, and of libraries
MERGED = ("bin", "sbin", "lib", "lib64")

DOM0_MODULES = """virtio_pci 9pnet_virtio 9p xen-evtchn xen-gntdev xen-gntalloc
    xen-privcmd xenfs tun bridge xen-netback af_packet
    nft_meta_bridge""".split()

# Of a guest of each architecture: Debian's kernels for amd64 know no ISA cards
GUEST_MODULES = {
    "amd64": """e1000 8139cp 8139too ne2k-pci xen-netfront
        af_packet""".split(),
    "i386-nopae": ["ne", "af_packet"],
}
# Beside those that tests/guest has
GUEST_APPLETS = """basename cmp devmem dmesg od poweroff readlink rmmod
    taskset""".split()
GUEST_FILES = [HERE / "guest" / "init", ROOT / "tests/guest/steps.sh"]

STUB = HERE / "stub"
STUB_FLAGS = """-m32 -std=gnu11 -Wall -Wextra -Werror -O1 -ffreestanding
    -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
    -fno-tree-loop-distribute-patterns -fcf-protection=none
    -mgeneral-regs-only""".split()


@dataclasses.dataclass(frozen=True)
class Xen:
    """A version of Xen, and with it dom0's release of Debian"""
    version: str

    @property
    def release(self):
        return RELEASES[self.version]

    @property
    def is_hosts(self):
        """It is the one of the host's release"""
        return self.release == host_release()

    @property
    def runs_ours(self):
        """What is built on the host runs in dom0, which is no older"""
        versions = list(RELEASES)
        return versions.index(self.version) >= versions.index(hosts_xen())

    @property
    def folder(self):
        """In the cache; each release has its own"""
        own = "xen" if self.is_hosts else f"xen-{self.version}"
        return cache_dir() / own

    @property
    def packages(self):
        return [f"xen-hypervisor-{self.version}-amd64",
                f"xen-utils-{self.version}", *PACKAGES]

    def unpack(self, folder):
        """The packages with those they depend on"""
        apt = Apt(release=None if self.is_hosts else self.release)
        names = [n for n in apt.closure(self.packages) if not UNUSED.match(n)]
        apt.unpack(names, folder)

    def programs(self):
        """Paths in the packages, as data()"""
        return [f"usr/lib/xen-{self.version}/bin/{name}"
                for name in XEN_PROGRAMS] + PROGRAMS

    def data(self):
        return [f"usr/lib/xen-{self.version}/boot/hvmloader", *DATA]


def hosts_xen():
    """The version that the host's release has"""
    for version, release in RELEASES.items():
        if release == host_release():
            return version
    raise Failure(f"there is no bed of Debian {host_release()}, only of "
                  f"{' and '.join(RELEASES.values())}")


@dataclasses.dataclass(frozen=True)
class Image:
    """A folder with xen, vmlinuz, dom0.cpio, and for guests guest.cpio and
    stub
    """
    folder: pathlib.Path

    def path(self, name):
        return self.folder / name


class Dom0Root:
    """dom0's file system while it is made

    @packages: where the Debian packages are unpacked
    @root:     what it becomes
    """

    def __init__(self, packages, root):
        self._packages = packages
        self._root = root
        self._libraries = {}
        for path in sorted(packages.rglob("*.so*")):
            self._libraries.setdefault(path.name, path)
        for name in MERGED:
            (root / "usr" / name).mkdir(parents=True)
            (root / name).symlink_to(f"usr/{name}")
        for name in ("proc", "sys", "dev", "tmp", "run", "job", "tests",
                     "image", "etc", "root", "var/lib/xen",
                     "var/lib/xenstored", "var/log"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "var" / "run").symlink_to("/run")
        (root / "var" / "lock").symlink_to("/run/lock")

    def _path(self, name):
        """A file of the packages; Debian has moved all from / to /usr"""
        path = self._packages / name
        return path if path.exists() else self._packages / "usr" / name

    def _place(self, path):
        """Where a path of a package goes"""
        relative = path.relative_to(self._packages)
        if relative.parts[0] in MERGED:
            relative = "usr" / relative
        return self._root / relative

    def _needed(self, path):
        """Copy the libraries that a program or library is linked with"""
        text = output(["readelf", "-d", "-l", path])
        for name in re.findall(r"\(NEEDED\).*\[(.+)\]", text):
            if name not in self._libraries:
                raise Failure(f"{path} needs {name}, which no package that is "
                              "unpacked has")
            library = self._libraries[name]
            target = self._place(library)
            if not target.exists():
                copy(library, target)
                self._needed(library)
        # The dynamic linker has to be exactly where programs name it
        for name in re.findall(r"interpreter: /(.+)\]", text):
            target = self._place(self._path(name))
            if not target.exists():
                copy(self._path(name), target)

    def program(self, name):
        """Add a program of the packages, with its libraries"""
        path = self._path(name)
        copy(path, self._place(path))
        self._needed(path)

    def data(self, name):
        """Add a file, a folder or a symbolic link, where there is one"""
        path = self._packages / name
        target = self._place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(os.readlink(path))
        elif path.is_dir():
            shutil.copytree(path, target, symlinks=True)
        elif path.exists():
            shutil.copy2(path, target)

    def applets(self):
        """busybox for every command that is missing"""
        copy(find(self._packages, "busybox"), self._root / "bin/busybox")
        for name in output([self._root / "bin/busybox", "--list"]).split():
            if not (self._root / "usr/bin" / name).exists():
                (self._root / "usr/bin" / name).symlink_to("busybox")
        (self._root / "usr/bin/sh").unlink()
        (self._root / "usr/bin/sh").symlink_to("bash")


def _make_dom0(xen, packages, kernel, image):
    root = image / "root"
    dom0 = Dom0Root(packages, root)
    for name in xen.programs():
        dom0.program(name)
    for name in xen.data():
        dom0.data(name)
    dom0.applets()
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    add_modules(DOM0_MODULES, kernel, root)
    copy(HERE / "dom0" / "init", root / "init")
    names = sorted(p.name for p in root.rglob("*.so*"))
    (image / "libraries").write_text("\n".join(names))
    pack(root, image / "dom0.cpio")
    shutil.rmtree(root)


def _make_guest(arch, kernel, archive):
    root = archive.with_suffix(".root")
    for name in ("proc", "sys", "dev", "tmp", "etc", "bin"):
        (root / name).mkdir(parents=True)
    copy(find(kernel, "busybox"), root / "bin" / "busybox")
    for name in [*APPLETS, *GUEST_APPLETS]:
        (root / "bin" / name).symlink_to("busybox")
    for path in GUEST_FILES:
        copy(path, root / path.name)
    add_modules(GUEST_MODULES[arch], kernel, root)
    pack(root, archive)
    shutil.rmtree(root)


def i386_guest(folder):
    """Put kernel and initramfs of a guest that knows ISA cards into a folder,
    as vmlinuz-i386 and guest-i386.cpio
    """
    kernel = guest_packages("i386-nopae")
    shutil.copyfile(next((kernel / "boot").glob("vmlinuz-*")),
                    folder / "vmlinuz-i386")
    _make_guest("i386-nopae", kernel, folder / "guest-i386.cpio")


def _make_stub(image):
    """The loader that guests start as their kernel"""
    work = image / "work"
    work.mkdir()
    for name in ("setup.S", "load.c"):
        output(["gcc", *STUB_FLAGS, "-c", "-o", work / f"{name}.o",
                STUB / name])
    output(["ld", "-m", "elf_i386", "--no-warn-rwx-segments", "-T",
            STUB / "stub.ld", "-o", work / "stub", work / "setup.S.o",
            work / "load.c.o"])
    with open(image / "stub", "wb") as out:
        for section in (".setup", ".loaded"):
            output(["objcopy", "-O", "binary", "-j", section, work / "stub",
                    work / "section"])
            out.write((work / "section").read_bytes())
    shutil.rmtree(work)


def _make_image(xen, packages, kernel, image):
    # QEMU's multiboot loader wants it uncompressed
    hypervisor = next((packages / "boot").glob("xen-*-amd64.gz"))
    (image / "xen").write_bytes(gzip.decompress(hypervisor.read_bytes()))
    shutil.copyfile(next((kernel / "boot").glob("vmlinuz-*")),
                    image / "vmlinuz")
    _make_dom0(xen, packages, kernel, image)
    _make_guest("amd64", kernel, image / "guest.cpio")
    _make_stub(image)


def _host_libraries(program):
    """What the host's linker finds for a program, as paths"""
    with open(program, "rb") as file:
        if file.read(2) == b"#!":
            return []
    text = output(["ldd", program])
    missing = re.search(r"(\S+) => not found", text)
    if missing:
        raise Failure(f"{program} needs {missing[1]}, which is not installed")
    return [pathlib.Path(p) for p in re.findall(r"(/\S+) \(", text)]


def overlay(image, programs, data, work, archive):
    """Make an initramfs that adds our programs to dom0's

    @programs: path of each in dom0 and here
    @data:     the same of files that are linked with nothing
    @work:     a folder for that, which must not be there

    Libraries that dom0 has serve them as well as those here: they are of the
    same release of Debian or of a later one.
    """
    there = image.path("libraries").read_text().split()
    for target, path in data.items():
        copy(path, work / target)
    for target, program in programs.items():
        copy(program, work / target)
        for library in _host_libraries(program):
            place = library.relative_to("/")
            if place.parts[0] in MERGED:
                place = "usr" / place
            if library.name not in there:
                copy(library, work / place)
    pack(work, archive)
    shutil.rmtree(work)


def bed_image(xen):
    """Make what is missing; returns the Image"""
    kernel = guest_packages()
    folder = xen.folder
    stamped(folder / "packages", " ".join(xen.packages), xen.unpack)
    sources = [HERE / "bedimage.py", HERE / "dom0" / "init", *GUEST_FILES,
               *sorted(STUB.iterdir())]
    made_of = hashlib.sha256(b"".join(p.read_bytes() for p in sources))
    stamped(folder / "image", made_of.hexdigest(),
            lambda fresh: _make_image(xen, folder / "packages", kernel,
                                      fresh))
    return Image(folder / "image")
