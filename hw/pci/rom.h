/* SPDX-License-Identifier: MIT */
/*
 * rom.h - expansion ROM images
 */
#ifndef HW_PCI_ROM_H
#define HW_PCI_ROM_H

#include <glib.h>
#include <stdint.h>

/* Largest image; QEMU's are 256K */
#define PCI_ROM_MAX (16u << 20)

/**
 * pci_rom_load() - Read an image and pad it to its BAR's size
 * @path: File
 * @size: In: size wanted, a power of two, or 0 for what the file needs.  Out:
 *        size of the BAR
 *
 * Return: *@size bytes, g_free(); NULL with @err
 */
uint8_t *pci_rom_load(const char *path, uint32_t *size, GError **err);

/**
 * pci_rom_patch() - Make every image in a ROM claim to be for this function
 *
 * The ROMs that come with QEMU serve several chips of a family; firmware runs
 * an image only if its PCIR structure has the function's ids (PCI 2.3, 6.3.1).
 * The checksum of x86 images is kept.
 */
void pci_rom_patch(uint8_t *rom, uint32_t size, uint16_t vendor,
                   uint16_t device);

#endif
