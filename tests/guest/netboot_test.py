# SPDX-License-Identifier: MIT
"""Firmware with iPXE's driver boots over our card from slirp's TFTP server

With --firmware bios SeaBIOS and iPXE's BIOS ROM, with --firmware ovmf OVMF and
iPXE's EFI driver; both are what Debian ships.
"""

import shutil
import sys
import time

from netboot import bios_program, efi_program
from testing import (Failure, Guest, MAC, folder, main, options, qemu, say)

# Firmware -> kind of option ROM, program to boot, seconds allowed
FIRMWARE = {
    "bios": ("pxe", bios_program, 60),
    "ovmf": ("efi", efi_program, 180),
}


def rom_of(args):
    """Option for iPXE's ROM of a card: that of QEMU's device, without variant

    Debian's ROMs for the ne2k_pci name no PCI device, so firmware would pass
    them over; in a card's default ROM QEMU puts the names right.
    """
    if args.device == "vifemu-ne2k_pci":
        return ""
    kind = FIRMWARE[args.firmware][0]
    name = args.device.removeprefix("vifemu-").split("-")[0]
    return f"romfile={kind}-{name}.rom,"


def command(args, binary, tftp, work):
    """QEMU with the firmware's console on the serial port"""
    words = [binary, "-accel", "tcg", "-m", "256", "-nodefaults",
             "-no-user-config", "-display", "none", "-serial", "stdio",
             "-no-reboot",
             "-netdev", f"user,id=net0,tftp={tftp},bootfile=program",
             "-device", f"{args.device},netdev=net0,mac={MAC},"
             f"{rom_of(args)}bootindex=0",
             "-object", "filter-dump,id=dump0,netdev=net0,"
             f"file={work}/{args.firmware}.pcap"]
    if args.firmware == "bios":
        return words + ["-machine", "pc,graphics=off"]
    firmware = binary.parent.parent / "firmware"
    shutil.copyfile(firmware / "OVMF_VARS_4M.fd", work / "vars.fd")
    return words + [
        "-machine", "q35",
        "-drive", "if=pflash,format=raw,unit=0,readonly=on,"
        f"file={firmware}/OVMF_CODE_4M.fd",
        "-drive", f"if=pflash,format=raw,unit=1,file={work}/vars.fd"]


def entry():
    args = options(__doc__, firmware=sys.argv.pop(1))
    if args.firmware not in FIRMWARE:
        raise Failure(f"firmware {args.firmware!r}: {' or '.join(FIRMWARE)}")
    binary = qemu(args)
    work = folder(f"netboot-{args.firmware}-{args.device}")
    tftp = work / "tftp"
    tftp.mkdir(exist_ok=True)
    # A text of this run, so that no old file can pass the test
    marker = f"vifemu netboot {time.time_ns()}"
    _, program, patience = FIRMWARE[args.firmware]
    (tftp / "program").write_bytes(program(marker))
    with Guest(command(args, binary, tftp, work), work / "log") as guest:
        guest.wait_for(marker, patience)
    say(f"{args.firmware} booted over {args.device}")
    return 0


if __name__ == "__main__":
    main(entry)
