# SPDX-License-Identifier: MIT
"""Programs that a firmware can fetch over the network and start

Both write a line to the first serial port, which only happens if every block
arrived in place: the text is at the end of the file.
"""

import struct

# Some TFTP blocks, and no multiple of their size
SIZE = 20 * 1024 + 100


def _message(marker):
    return f"\r\n{marker}\r\n".encode() + b"\0"


def _print_code(bits, message):
    """Machine code: print the message at an absolute or relative address

    The same loop in 16 and 64 bits: lodsb; test al,al; jz done; out dx,al;
    jmp loop; done: cli; hlt.
    """
    loop = b"\xac\x84\xc0\x74\x03\xee\xeb\xf8\xfa\xf4\xeb\xfd"
    if bits == 16:
        # xor ax,ax; mov ds,ax; cld; mov dx,3f8h; mov si,message
        return (b"\x31\xc0\x8e\xd8\xfc\xba\xf8\x03\xbe" +
                struct.pack("<H", message) + loop)
    # cld; mov edx,3f8h; lea rsi,[rip+message]
    return (b"\xfc\xba\xf8\x03\x00\x00\x48\x8d\x35" +
            struct.pack("<i", message) + loop)


def bios_program(marker):
    """A network bootstrap program: loaded at 7C00h, entered in real mode"""
    text = _message(marker)
    code = _print_code(16, 0x7c00 + SIZE - len(text))
    return code + bytes(SIZE - len(code) - len(text)) + text


def efi_program(marker):
    """An EFI application for x86-64: a PE file with one section

    The optional header has just what a loader looks at.
    """
    text = _message(marker)
    header, base = 0x200, 0x1000
    size = (SIZE + 0x1ff) & ~0x1ff
    # The lea ends 13 bytes into the code
    code = _print_code(64, size - len(text) - 13)
    body = code + bytes(size - len(code) - len(text)) + text

    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, 1, 0, 0, 0, 240,
                       0x0022)
    optional = struct.pack("<HBBIIIII", 0x20b, 0, 0, size, 0, 0, base, base)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0, 0x1000, 0x200, 0, 0,
                            0, 0, 0, 0, 0, base + ((size + 0xfff) & ~0xfff),
                            header, 0, 10, 0, 0, 0, 0, 0, 0, 16)
    optional += bytes(240 - len(optional))
    section = struct.pack("<8sIIIIIIHHI", b".text", size, base, size, header,
                          0, 0, 0, 0, 0xe0000020)
    head = dos + coff + optional + section
    return head + bytes(header - len(head)) + body
