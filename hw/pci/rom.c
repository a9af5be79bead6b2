// SPDX-License-Identifier: MIT
/*
 * rom.c - expansion ROM images
 */
#include "hw/pci/rom.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/pci/pci.h"
#include "system/vm-error.h"

enum {
    ROM_MIN = 2048, /* Granularity of the ROM's BAR */
    /* ROM header and PCIR structure (PCI 2.3, 6.3.1.1, 6.3.1.2) */
    ROM_IMAGE_LEN = 0x02,
    ROM_PCIR = 0x18,
    PCIR_VENDOR = 0x04,
    PCIR_DEVICE = 0x06,
    PCIR_IMAGE_LEN = 0x10,
    PCIR_CODE_TYPE = 0x14,
    PCIR_INDICATOR = 0x15,
    PCIR_SIZE = 0x18,
    ROM_UNIT = 512,
};

/* Size of an open image, 0 with @err if it cannot be one */
static uint32_t rom_file_size(int fd, const char *path, GError **err)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        vm_fail(err, "romfile '%s' is not a regular file", path);
        return 0;
    }
    if (st.st_size == 0 || st.st_size > PCI_ROM_MAX) {
        vm_fail(err, "romfile '%s' has %lld bytes: 1 to %u are possible", path,
                (long long)st.st_size, PCI_ROM_MAX);
        return 0;
    }
    return (uint32_t)st.st_size;
}

static uint32_t round_up_pow2(uint32_t v)
{
    return v <= ROM_MIN ? ROM_MIN : 1u << (32 - __builtin_clz(v - 1));
}

uint8_t *pci_rom_load(const char *path, uint32_t *size, GError **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t *rom = NULL;
    uint32_t len, got = 0;
    ssize_t n;

    if (fd < 0) {
        vm_fail(err, "cannot open romfile '%s': %s", path, g_strerror(errno));
        return NULL;
    }
    len = rom_file_size(fd, path, err);
    if (!len) {
        goto out;
    }
    if (*size && *size < len) {
        vm_fail(err, "romfile '%s' has %u bytes, more than romsize=%u", path,
                len, *size);
        goto out;
    }
    *size = *size ? *size : round_up_pow2(len);
    rom = g_malloc0(*size);
    while (got < len && (n = read(fd, rom + got, len - got)) > 0) {
        got += (uint32_t)n;
    }
    if (got < len) {
        vm_fail(err, "cannot read romfile '%s'", path);
        g_clear_pointer(&rom, g_free);
    }
out:
    close(fd);
    return rom;
}

/* The PCIR structure of the image at @at, 0 if there is none */
static uint32_t rom_pcir(const uint8_t *rom, uint32_t size, uint32_t at)
{
    uint32_t pcir;

    if (at + ROM_PCIR + 2 > size || rom[at] != 0x55 || rom[at + 1] != 0xaa) {
        return 0;
    }
    pcir = at + pci_get16(rom + at + ROM_PCIR);
    if (pcir + PCIR_SIZE > size || memcmp(rom + pcir, "PCIR", 4) != 0) {
        return 0;
    }
    return pcir;
}

/* Make the bytes of an x86 image sum up to 0 again, by its byte 6 */
static void rom_fix_sum(uint8_t *image, uint32_t left)
{
    uint32_t len = image[ROM_IMAGE_LEN] * (uint32_t)ROM_UNIT;
    uint8_t sum = 0;

    for (uint32_t i = 0; i < len && i < left; i++) {
        sum = (uint8_t)(sum + image[i]);
    }
    image[6] = (uint8_t)(image[6] - sum);
}

void pci_rom_patch(uint8_t *rom, uint32_t size, uint16_t vendor,
                   uint16_t device)
{
    uint32_t at = 0, pcir, len;

    while ((pcir = rom_pcir(rom, size, at)) != 0) {
        pci_put16(rom + pcir + PCIR_VENDOR, vendor);
        pci_put16(rom + pcir + PCIR_DEVICE, device);
        if (rom[pcir + PCIR_CODE_TYPE] == 0) {
            rom_fix_sum(rom + at, size - at);
        }
        len = pci_get16(rom + pcir + PCIR_IMAGE_LEN) * (uint32_t)ROM_UNIT;
        if (!len || (rom[pcir + PCIR_INDICATOR] & 0x80) || len > size - at) {
            return;
        }
        at += len;
    }
}
