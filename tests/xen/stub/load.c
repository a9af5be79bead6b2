// SPDX-License-Identifier: MIT
/*
 * The protected-mode half of the loader: starts a Linux kernel that already
 * lies in memory.
 *
 * Xen's machine has no DMA for QEMU's fw_cfg, so a kernel given with kernel=
 * is read by the option ROM one byte at a time, which takes more than half a
 * minute where every port access is emulated. Instead kernel= names this
 * loader of a few KiB, and the device model's generic loader puts kernel and
 * initramfs into guest memory. What is left is the hand-over of the 32-bit boot
 * protocol (Documentation/arch/x86/boot.rst).
 */

#include "load.h"

#include <stdint.h>

/* The boot protocol's "zero page"; offsets below are those of its fields */
uint8_t boot_params[4096] __attribute__((aligned(4096)));

static char cmdline[CMDLINE_SIZE];

enum {
    E820_ENTRIES = 0x1e8,
    SETUP_HEADER = 0x1f1,
    SETUP_HEADER_LENGTH = 0x201,
    HEADER_MAGIC = 0x202,
    TYPE_OF_LOADER = 0x210,
    LOADFLAGS = 0x211,
    CODE32_START = 0x214,
    RAMDISK_IMAGE = 0x218,
    RAMDISK_SIZE = 0x21c,
    CMD_LINE_PTR = 0x228,
    E820_TABLE = 0x2d0,
};

#define HDRS             0x53726448
#define LOADED_HIGH      1
#define LOADER_UNDEFINED 0xff

static uint32_t peek(uint32_t address)
{
    return *(const volatile uint32_t *)address;
}

static void poke(uint32_t offset, uint32_t value)
{
    *(uint32_t *)(boot_params + offset) = value;
}

static void copy(uint8_t *to, uint32_t from, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        to[i] = ((const volatile uint8_t *)from)[i];
    }
}

/* To the first serial port: for `serial="file:..."` in the xl configuration */
static void complain(const char *text)
{
    while (*text) {
        __asm__ volatile("outb %0, %1" : : "a"(*text++), "Nd"((uint16_t)0x3f8));
    }
    for (;;) {
        __asm__ volatile("hlt");
    }
}

/**
 * load - make the kernel's boot parameters
 * @setup: linear address of the setup segment, which has the memory map and
 *         where the command line is
 *
 * Returns the kernel's 32-bit entry point.
 */
uint32_t load(uint32_t setup)
{
    uint32_t entries = peek(setup + E820_COUNT_AT);
    uint32_t line = peek(setup + CMD_LINE_PTR);
    uint32_t sectors, initrd_size = peek(INITRD_SIZE_AT);

    if (peek(KERNEL_AT + HEADER_MAGIC) != HDRS) {
        complain("stub: no kernel in memory\r\n");
    }
    copy(boot_params + SETUP_HEADER, KERNEL_AT + SETUP_HEADER,
         HEADER_MAGIC + *(uint8_t *)(KERNEL_AT + SETUP_HEADER_LENGTH) -
             SETUP_HEADER);
    copy(boot_params + E820_TABLE, setup + E820_AT, entries * E820_ENTRY_SIZE);
    boot_params[E820_ENTRIES] = (uint8_t)entries;
    if (line) {
        copy((uint8_t *)cmdline, line, CMDLINE_SIZE - 1);
    }

    /* The setup sectors, and the boot sector before them; 0 means 4 */
    sectors = boot_params[SETUP_HEADER] ? boot_params[SETUP_HEADER] : 4;
    boot_params[TYPE_OF_LOADER] = LOADER_UNDEFINED;
    boot_params[LOADFLAGS] |= LOADED_HIGH;
    poke(CODE32_START, KERNEL_AT + (sectors + 1) * 512);
    poke(RAMDISK_IMAGE, initrd_size ? INITRD_AT : 0);
    poke(RAMDISK_SIZE, initrd_size);
    poke(CMD_LINE_PTR, (uint32_t)cmdline);
    return KERNEL_AT + (sectors + 1) * 512;
}
