/* SPDX-License-Identifier: MIT */
/*
 * The real-mode half of the loader: looks like the setup code of a Linux
 * kernel (Documentation/arch/x86/boot.rst), which is what QEMU's linuxboot
 * option ROM starts.
 *
 * linuxboot puts these two sectors somewhere below 640 KiB, the rest of the
 * file at 1 MiB, and jumps to offset 200h of the first with DS at its start.
 * Here the BIOS is asked for the memory map, while it still can be; then the
 * protected-mode half (load.c) takes over.
 */

#include "load.h"

	.code16
	.section .setup, "ax"
setup_begin:
	.org 0x1f1
	.byte 1			/* setup_sects: one after the boot sector */
	.word 0			/* root_flags */
	.long 0x1000		/* syssize: of the rest, in 16 bytes */
	.word 0			/* ram_size */
	.word 0xffff		/* vid_mode: normal */
	.word 0			/* root_dev */
	.word 0xaa55		/* boot_flag */
	.byte 0xeb, begin - 1f	/* jump: over what follows */
1:	.ascii "HdrS"
	.word 0x020c		/* version of the protocol */
	.long 0			/* realmode_swtch */
	.word 0			/* start_sys_seg */
	.word 0			/* kernel_version */
	.byte 0			/* type_of_loader */
	.byte 1			/* loadflags: LOADED_HIGH */
	.word 0x8000		/* setup_move_size */
	.long LOAD_AT		/* code32_start */
	.long 0, 0		/* ramdisk_image, ramdisk_size */
	.long 0			/* bootsect_kludge */
	.word 0			/* heap_end_ptr */
	.byte 0, 0		/* ext_loader_ver, ext_loader_type */
	.long 0			/* cmd_line_ptr: QEMU fills it in */
	.long 0x37ffffff	/* initrd_addr_max */
	.long 0x100000		/* kernel_alignment */
	.byte 0, 0		/* relocatable_kernel, min_alignment */
	.word 0			/* xloadflags */
	.long CMDLINE_SIZE - 1	/* cmdline_size */
	.long 0			/* hardware_subarch */
	.quad 0			/* hardware_subarch_data */
	.long 0, 0		/* payload_offset, payload_length */
	.quad 0			/* setup_data */
	.quad LOAD_AT		/* pref_address */
	.long 0x4000		/* init_size */
	.long 0			/* handover_offset */

/* The map goes to this segment's offset E820_AT, its length before it */
begin:
	cld
	movw	%ds, %ax
	movw	%ax, %es
	movw	$E820_AT, %di
	movl	$0, E820_COUNT_AT
	xorl	%ebx, %ebx
next_range:
	movl	$0xe820, %eax
	movl	$E820_ENTRY_SIZE, %ecx
	movl	$0x534d4150, %edx	/* "SMAP" */
	int	$0x15
	jc	map_done
	cmpl	$0x534d4150, %eax
	jne	map_done
	addw	$E820_ENTRY_SIZE, %di
	incl	E820_COUNT_AT
	cmpl	$E820_MAX, E820_COUNT_AT
	jae	map_done
	testl	%ebx, %ebx
	jnz	next_range

map_done:
	cli
	xorl	%esi, %esi
	movw	%ds, %si
	shll	$4, %esi		/* linear address of this segment */
	leal	(gdt - setup_begin)(%esi), %eax
	movl	%eax, gdt_pointer - setup_begin + 2
	lgdtl	gdt_pointer - setup_begin
	inb	$0x92, %al		/* A20 on; bit 0 would reset */
	orb	$2, %al
	andb	$0xfe, %al
	outb	%al, $0x92
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$CODE_SELECTOR, $LOAD_AT

	.balign	8
gdt:	.quad	0, 0
	.quad	0x00cf9a000000ffff	/* CODE_SELECTOR: 4 GiB */
	.quad	0x00cf92000000ffff	/* DATA_SELECTOR: 4 GiB */
gdt_pointer:
	.word	. - gdt - 1
	.long	0
	.org	0x400

/* At LOAD_AT, with the linear address of the setup segment in ESI */
	.section .entry, "ax"
	.code32
	.globl	entry
entry:
	movl	$DATA_SELECTOR, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$STACK_AT, %esp
	pushl	%esi
	call	load			/* returns the kernel's entry point */
	movl	$boot_params, %esi
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%edi, %edi
	jmp	*%eax

	.section .note.GNU-stack, "", @progbits
