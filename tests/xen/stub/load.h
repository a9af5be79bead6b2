/* SPDX-License-Identifier: MIT */
/* Addresses that the loader's halves, and who puts files there, agree on */
#ifndef TESTS_XEN_STUB_LOAD_H
#define TESTS_XEN_STUB_LOAD_H

/* Where QEMU's option ROM loads the protected-mode half */
#define LOAD_AT  0x100000
#define STACK_AT 0x90000

/* Offsets in the setup segment, past its two sectors */
#define E820_COUNT_AT   0x2ff0
#define E820_AT         0x3000
#define E820_ENTRY_SIZE 20
#define E820_MAX        100

#define CODE_SELECTOR 0x10
#define DATA_SELECTOR 0x18

#define CMDLINE_SIZE 2048

/*
 * Where the device model's generic loader puts the whole vmlinuz, the
 * initramfs, and the length of that: tests/xen/bedimage.py has the same three.
 */
#define KERNEL_AT      0x02000000
#define INITRD_AT      0x08000000
#define INITRD_SIZE_AT 0x07fff000

#endif
