// SPDX-License-Identifier: MIT
/*
 * pci-test.c - configuration space, BARs, capabilities, interrupts, routing
 */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "hw/pci/pci.h"
#include "hw/pci/rom.h"
#include "system/machine.h"
#include "system/memory.h"

enum { PM_AT = 0xdc, MSI_AT = 0xf0, MEM_SIZE = 0x20000, IO_SIZE = 64 };

/* What the bus was told */
static struct {
    unsigned maps, unmaps, intx_changes, messages;
    bool intx;
    uint64_t msi_addr;
    uint32_t msi_data;
} told;

static uint16_t pmcsr;
static bool master;
static struct pci_bus bus;
static struct pci_dev dev;

static void bus_map(void *opaque, struct pci_dev *d, unsigned bar)
{
    told.maps++;
}

static void bus_unmap(void *opaque, struct pci_dev *d, unsigned bar)
{
    told.unmaps++;
}

static void bus_intx(void *opaque, struct pci_dev *d, bool level)
{
    told.intx_changes++;
    told.intx = level;
}

static void bus_msi(void *opaque, struct pci_dev *d, uint64_t addr,
                    uint32_t data)
{
    told.messages++;
    told.msi_addr = addr;
    told.msi_data = data;
}

static const struct pci_bus_ops bus_ops = { bus_map, bus_unmap, bus_intx,
                                            bus_msi };

static void dev_bus_master(struct pci_dev *d, bool on)
{
    master = on;
}

static uint16_t dev_pmcsr(struct pci_dev *d)
{
    return pmcsr;
}

static void dev_set_pmcsr(struct pci_dev *d, uint16_t val, uint16_t lanes)
{
    pmcsr = (uint16_t)((pmcsr & ~lanes) | (val & lanes));
}

static const struct pci_ops dev_ops = { .bus_master = dev_bus_master,
                                        .pmcsr = dev_pmcsr,
                                        .set_pmcsr = dev_set_pmcsr };

static void setup(void)
{
    memset(&told, 0, sizeof(told));
    memset(&bus, 0, sizeof(bus));
    memset(&dev, 0, sizeof(dev));
    pmcsr = 0;
    master = false;
    bus.ops = &bus_ops;
    pci_init(&dev, &dev_ops, 0x8086, 0x100f, 3, 0x0200);
    dev.cfg[PCI_INTERRUPT_PIN] = 1;
    pci_add_bar(&dev, 0, false, MEM_SIZE);
    pci_add_bar(&dev, 1, true, IO_SIZE);
    pci_add_bar(&dev, PCI_BAR_ROM, false, 0x40000);
    pci_add_pm(&dev, PM_AT, 0xc822);
    pci_add_msi(&dev, MSI_AT);
    pci_plug(&bus, &dev, 4 << 3);
}

static uint32_t rd(unsigned off)
{
    return pci_cfg_read(&dev, off, 4);
}

static void wr(unsigned off, unsigned size, uint32_t val)
{
    pci_cfg_write(&dev, off, size, val);
}

/* Every bit of the header: what all ones leave behind */
static void test_masks(void)
{
    static const uint32_t want[0x40 / 4] = {
        [0] = 0x100f8086,  [1] = 0x00100557, [2] = 0x02000003,
        [3] = 0x0000ffff,  [4] = 0xfffe0000, [5] = 0xffffffc1,
        [12] = 0xfffc0001, [13] = PM_AT,     [15] = 0x000001ff,
    };

    setup();
    for (unsigned off = 0; off < PCI_CFG_SIZE; off += 4) {
        if (off != PM_AT + 4) {
            wr(off, 4, UINT32_MAX);
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_cmphex(rd(4 * i), ==, want[i]);
    }
    g_assert_cmphex(rd(0x40), ==, 0);
    g_assert_cmphex(rd(MSI_AT), ==, 0x00810005);
    g_assert_cmphex(rd(MSI_AT + 4), ==, 0xfffffffc);
    g_assert_cmphex(rd(MSI_AT + 8), ==, 0xffffffff);
    g_assert_cmphex(rd(MSI_AT + 12), ==, 0x0000ffff);
    for (unsigned off = 0; off < PCI_CFG_SIZE; off += 4) {
        if (off != PM_AT + 4) {
            wr(off, 4, 0);
        }
    }
    g_assert_cmphex(rd(PCI_COMMAND), ==, 0x00100000);
    g_assert_cmphex(rd(0x14), ==, 1);
}

static void test_widths(void)
{
    setup();
    wr(0x10, 1, 0xff);
    g_assert_cmphex(rd(0x10), ==, 0);
    wr(0x12, 2, 0xe012);
    g_assert_cmphex(rd(0x10), ==, 0xe0120000);
    wr(0x13, 1, 0xd0);
    g_assert_cmphex(rd(0x10), ==, 0xd0120000);
    g_assert_cmphex(pci_cfg_read(&dev, 0x13, 1), ==, 0xd0);
    g_assert_cmphex(pci_cfg_read(&dev, 0x12, 2), ==, 0xd012);
    /* Across a dword: cut off, as on the bus */
    g_assert_cmphex(pci_cfg_read(&dev, 3, 2), ==, 0xff10);
    wr(0x13, 4, 0x44332211);
    g_assert_cmphex(rd(0x10), ==, 0x11120000);
    g_assert_cmphex(rd(0x14), ==, 1);
    g_assert_cmphex(pci_cfg_read(&dev, 0xfe, 4), ==, 0xffff0000);
    wr(0x100, 4, 0);
    wr(0xfd, 4, 0);
}

static void test_sizing(void)
{
    setup();
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    wr(0x10, 4, UINT32_MAX);
    g_assert_cmphex(rd(0x10), ==, ~(uint32_t)(MEM_SIZE - 1));
    wr(0x14, 4, UINT32_MAX);
    g_assert_cmphex(rd(0x14), ==, (~(uint32_t)(IO_SIZE - 1) | 1));
    wr(PCI_ROM_ADDRESS, 4, 0xfffff800);
    g_assert_cmphex(rd(PCI_ROM_ADDRESS), ==, 0xfffc0000);
    wr(0x18, 4, UINT32_MAX);
    g_assert_cmphex(rd(0x18), ==, 0);
    /* While sizing nothing may decode */
    g_assert_cmpuint(told.maps, ==, 0);
}

static void test_relocation(void)
{
    setup();
    wr(0x10, 4, 0xe0000000);
    wr(0x14, 4, 0xc000);
    g_assert_cmpuint(told.maps, ==, 0);
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    g_assert_true(dev.bar[0].mapped);
    g_assert_false(dev.bar[1].mapped);
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    g_assert_true(dev.bar[1].mapped);
    g_assert_cmphex(dev.bar[1].addr, ==, 0xc000);
    wr(0x10, 4, 0xe1000000);
    g_assert_cmphex(dev.bar[0].addr, ==, 0xe1000000);
    g_assert_cmpuint(told.maps, ==, 3);
    g_assert_cmpuint(told.unmaps, ==, 1);
    /* The same address again is no change */
    wr(0x10, 4, 0xe1000000);
    g_assert_cmpuint(told.maps, ==, 3);
    wr(PCI_COMMAND, 2, 0);
    g_assert_cmpuint(told.unmaps, ==, 3);
}

/* Addresses that no one can mean do not decode */
static void test_bad_addresses(void)
{
    setup();
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    wr(0x10, 4, 0);
    wr(0x14, 4, 0);
    g_assert_cmpuint(told.maps, ==, 0);
    wr(0x14, 4, 0x10000);
    g_assert_cmpuint(told.maps, ==, 0);
    wr(0x14, 4, 0xffc0);
    g_assert_true(dev.bar[1].mapped);
    wr(0x10, 4, 0xfffe0000);
    g_assert_false(dev.bar[0].mapped);
    wr(0x10, 4, 0xfffc0000);
    g_assert_true(dev.bar[0].mapped);
}

static void test_rom_enable(void)
{
    setup();
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    wr(PCI_ROM_ADDRESS, 4, 0xd0000000);
    g_assert_false(dev.bar[PCI_BAR_ROM].mapped);
    wr(PCI_ROM_ADDRESS, 4, 0xd0000000 | PCI_ROM_ADDRESS_ENABLE);
    g_assert_true(dev.bar[PCI_BAR_ROM].mapped);
    g_assert_cmphex(dev.bar[PCI_BAR_ROM].addr, ==, 0xd0000000);
}

static void test_intx(void)
{
    setup();
    pci_set_pin(&dev, true);
    g_assert_true(told.intx);
    g_assert_cmphex(rd(PCI_COMMAND) >> 16 & PCI_STATUS_INTERRUPT, !=, 0);
    wr(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    g_assert_false(told.intx);
    /* The status bit shows the card, not the line */
    g_assert_cmphex(rd(PCI_COMMAND) >> 16 & PCI_STATUS_INTERRUPT, !=, 0);
    wr(PCI_COMMAND, 2, 0);
    g_assert_true(told.intx);
    pci_set_pin(&dev, false);
    g_assert_false(told.intx);
    g_assert_cmpuint(told.intx_changes, ==, 4);
}

static void test_msi(void)
{
    setup();
    wr(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    pci_set_pin(&dev, true);
    wr(MSI_AT + 4, 4, 0xfee01004);
    wr(MSI_AT + 8, 4, 1);
    wr(MSI_AT + 12, 4, 0xabcd4041);
    wr(MSI_AT + 2, 2, 1);
    g_assert_false(told.intx);
    g_assert_cmpuint(told.messages, ==, 0);
    pci_set_pin(&dev, true);
    g_assert_cmpuint(told.messages, ==, 0);
    pci_set_pin(&dev, false);
    pci_set_pin(&dev, true);
    g_assert_cmpuint(told.messages, ==, 1);
    g_assert_cmphex(told.msi_addr, ==, 0x1fee01004);
    g_assert_cmphex(told.msi_data, ==, 0x4041);
    /* A message is DMA */
    wr(PCI_COMMAND, 2, 0);
    pci_set_pin(&dev, false);
    pci_set_pin(&dev, true);
    g_assert_cmpuint(told.messages, ==, 1);
    wr(MSI_AT + 2, 2, 0);
    g_assert_true(told.intx);
}

static void test_capabilities(void)
{
    setup();
    g_assert_cmphex(pci_cfg_read(&dev, PCI_CAPABILITY_LIST, 1), ==, PM_AT);
    g_assert_cmphex(pci_cfg_read(&dev, PM_AT, 2), ==,
                    MSI_AT << 8 | PCI_CAP_ID_PM);
    g_assert_cmphex(pci_cfg_read(&dev, PM_AT + 2, 2), ==, 0xc822);
    g_assert_cmphex(pci_cfg_read(&dev, MSI_AT, 2), ==, PCI_CAP_ID_MSI);
    g_assert_cmphex(pci_cfg_read(&dev, MSI_AT + 2, 2), ==, 0x0080);
}

static void test_power(void)
{
    setup();
    pmcsr = 0x2000;
    g_assert_cmphex(pci_cfg_read(&dev, PM_AT + 4, 2), ==, 0x2000);
    g_assert_cmphex(pci_cfg_read(&dev, PM_AT + 5, 1), ==, 0x20);
    wr(0x10, 4, 0xe0000000);
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_pin(&dev, true);
    g_assert_true(master && told.intx && dev.bar[0].mapped);
    wr(PM_AT + 4, 2, 3);
    g_assert_cmphex(pmcsr, ==, 3);
    g_assert_false(master || told.intx || dev.bar[0].mapped);
    g_assert_cmphex(rd(0x10), ==, 0xe0000000);
    /* One byte of PMCSR through a wider write that begins before it */
    wr(PM_AT + 5, 1, 0x01);
    g_assert_cmphex(pmcsr, ==, 0x0103);
    /* Back to D0 resets the function, but not PMCSR */
    wr(PM_AT + 4, 1, 0);
    g_assert_cmphex(pmcsr, ==, 0x0100);
    g_assert_cmphex(rd(PCI_COMMAND) & 0xffff, ==, 0);
    g_assert_cmphex(rd(0x10), ==, 0);
    g_assert_true(told.intx);
}

static void test_reset_unplug(void)
{
    setup();
    wr(0x10, 4, 0xe0000000);
    wr(PCI_INTERRUPT_LINE, 1, 11);
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_reset(&dev);
    g_assert_cmphex(rd(0x10), ==, 0);
    g_assert_cmphex(pci_cfg_read(&dev, PCI_INTERRUPT_LINE, 1), ==, 0);
    g_assert_false(dev.bar[0].mapped);
    g_assert_false(master);
    wr(0x10, 4, 0xe0000000);
    wr(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_pin(&dev, true);
    pci_unplug(&dev);
    g_assert_false(told.intx || master || dev.bar[0].mapped);
    g_assert_null(bus.dev[4 << 3]);
    g_assert_cmpuint(told.maps, ==, told.unmaps);
    /* The card may still move its pin */
    pci_set_pin(&dev, false);
    pci_set_pin(&dev, true);
    g_assert_false(told.intx);
}

/* ROM images */

static void test_rom_patch(void)
{
    uint8_t rom[2048] = {
        0x55, 0xaa, 1, [0x18] = 0x40, [0x40] = 'P', 'C', 'I', 'R'
    };
    uint8_t sum = 0;

    rom[0x40 + 0x10] = 1;
    rom[0x40 + 0x15] = 0x80;
    pci_rom_patch(rom, sizeof(rom), 0x8086, 0x100f);
    g_assert_cmphex(pci_get32(rom + 0x44), ==, 0x100f8086);
    for (unsigned i = 0; i < 512; i++) {
        sum = (uint8_t)(sum + rom[i]);
    }
    g_assert_cmphex(sum, ==, 0);
    /* Pointers that lead out of the image lead nowhere */
    rom[0x18] = 0xff;
    rom[0x19] = 0xff;
    pci_rom_patch(rom, sizeof(rom), 1, 2);
    rom[0x18] = 0xf0;
    rom[0x19] = 0x07;
    pci_rom_patch(rom, sizeof(rom), 1, 2);
    g_assert_cmphex(pci_get32(rom + 0x44), ==, 0x100f8086);
}

static void test_rom_load(void)
{
    uint32_t size = 0;
    char *path = NULL;
    int fd = g_file_open_tmp("vifemu-rom-XXXXXX", &path, NULL);
    GError *err = NULL;
    uint8_t *rom;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_null(pci_rom_load(path, &size, &err));
    g_assert_nonnull(strstr(err->message, "has 0 bytes"));
    g_clear_error(&err);
    g_assert_true(g_file_set_contents(path, "rom", 3, NULL));
    rom = pci_rom_load(path, &size, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(size, ==, 2048);
    g_assert_cmpmem(rom, 4, "rom", 4);
    g_free(rom);
    size = 2;
    g_assert_null(pci_rom_load(path, &size, &err));
    g_assert_nonnull(strstr(err->message, "more than romsize=2"));
    g_clear_error(&err);
    unlink(path);
    size = 0;
    g_assert_null(pci_rom_load(path, &size, &err));
    g_assert_nonnull(strstr(err->message, path));
    g_clear_error(&err);
    g_free(path);
}

/* The machine: routing of INTx to ISA lines, configuration mechanism 1 */

static uint32_t lines;
static unsigned line_events, ejected = UINT32_MAX;

static void chip_irq(unsigned n, bool level)
{
    lines &= ~(1u << n);
    lines |= (uint32_t)level << n;
    line_events++;
}

static void chip_bar(struct pci_dev *d, unsigned bar, bool on)
{
}

static void chip_eject(unsigned slot)
{
    ejected = slot;
}

static void chip_msi(struct pci_dev *d, uint64_t addr, uint32_t data)
{
    told.messages++;
}

static uint32_t cf_read(unsigned devfn, unsigned off)
{
    mem_store(MEM_SPACE_IO, 0xcf8, 4, 0x80000000 | devfn << 8 | (off & ~3u));
    return (uint32_t)mem_load(MEM_SPACE_IO, 0xcfc + (off & 3), 4);
}

static void cf_writeb(unsigned devfn, unsigned off, uint8_t val)
{
    mem_store(MEM_SPACE_IO, 0xcf8, 4, 0x80000000 | devfn << 8 | (off & ~3u));
    mem_store(MEM_SPACE_IO, 0xcfc + (off & 3), 1, val);
}

static void test_machine(void)
{
    static const struct machine_ops ops = { chip_irq, chip_bar, chip_eject,
                                            chip_msi };

    machine_init("pc", NULL, &ops);
    g_assert_cmphex(cf_read(0, 0), ==, 0x12378086);
    g_assert_cmphex(cf_read(8, 0), ==, 0x70008086);
    g_assert_cmphex(cf_read(0xb, 0), ==, 0x71138086);
    g_assert_cmphex(cf_read(0x10, 0), ==, 0xffffffff);
    g_assert_cmphex(cf_read(8, 0x60), ==, 0x80808080);
    /* Only dword writes reach CONFIG_ADDRESS; without bit 31 nothing answers */
    mem_store(MEM_SPACE_IO, 0xcf8, 2, 0);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xcf8, 4), ==, 0x80000860);
    mem_store(MEM_SPACE_IO, 0xcf8, 4, 0);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xcfc, 4), ==, 0xffffffff);
    /* Bus 1 is not there */
    mem_store(MEM_SPACE_IO, 0xcf8, 4, 0x80010000);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xcfc, 2), ==, 0xffff);
    /* Slot n, INTA: PIRQ (n - 1) & 3 */
    setup();
    pci_unplug(&dev);
    pci_plug(machine_pci(), &dev, 4 << 3);
    for (unsigned i = 0; i < 4; i++) {
        cf_writeb(8, 0x60 + i, (uint8_t)(8 + i));
    }
    g_assert_cmpint(machine_pin_irq(4, 1), ==, 11);
    g_assert_cmpint(machine_pin_irq(5, 1), ==, 8);
    g_assert_cmpint(machine_pin_irq(4, 2), ==, 8);
    pci_set_pin(&dev, true);
    g_assert_cmphex(lines, ==, 1 << 11);
    /* Another route moves the level */
    cf_writeb(8, 0x63, 5);
    g_assert_cmphex(lines, ==, 1 << 5);
    cf_writeb(8, 0x63, 0x85);
    g_assert_cmphex(lines, ==, 0);
    cf_writeb(8, 0x63, 5);
    /* Two sources of one line */
    machine_set_irq(5, true);
    pci_set_pin(&dev, false);
    g_assert_cmphex(lines, ==, 1 << 5);
    machine_set_irq(5, false);
    g_assert_cmphex(lines, ==, 0);
    machine_set_irq(24, true);
    g_assert_cmphex(lines, ==, 0);
    pci_unplug(&dev);
    machine_reset();
    g_assert_cmphex(cf_read(8, 0x60), ==, 0x80808080);
}

static void test_hotplug_ports(void)
{
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xae0c, 4), ==, 0xfffffffc);
    machine_slot_added(6);
    machine_slot_asked(7);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xae00, 4), ==, 1 << 6);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xae00, 4), ==, 0);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xae04, 4), ==, 1 << 7);
    mem_store(MEM_SPACE_IO, 0xae08, 4, 0);
    g_assert_cmpuint(ejected, ==, UINT32_MAX);
    mem_store(MEM_SPACE_IO, 0xae08, 4, 1 << 7);
    g_assert_cmpuint(ejected, ==, 7);
    machine_slot_gone(7);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xae04, 4), ==, 0);
    /* Other buses are not there */
    mem_store(MEM_SPACE_IO, 0xae10, 4, 1);
    ejected = UINT32_MAX;
    mem_store(MEM_SPACE_IO, 0xae08, 4, 1 << 7);
    g_assert_cmpuint(ejected, ==, UINT32_MAX);
    mem_store(MEM_SPACE_IO, 0xae10, 4, 0);
}

static void test_fw_cfg(void)
{
    char sig[4];

    mem_store(MEM_SPACE_IO, 0x510, 2, 0);
    for (unsigned i = 0; i < sizeof(sig); i++) {
        sig[i] = (char)mem_load(MEM_SPACE_IO, 0x511, 1);
    }
    g_assert_cmpmem(sig, 4, "QEMU", 4);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x511, 1), ==, 0);
    mem_store(MEM_SPACE_IO, 0x510, 2, 1);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x511, 1), ==, 1);
    mem_store(MEM_SPACE_IO, 0x510, 2, 0x4711);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x511, 1), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci/masks", test_masks);
    g_test_add_func("/pci/widths", test_widths);
    g_test_add_func("/pci/bar/sizing", test_sizing);
    g_test_add_func("/pci/bar/relocation", test_relocation);
    g_test_add_func("/pci/bar/bad-addresses", test_bad_addresses);
    g_test_add_func("/pci/bar/rom-enable", test_rom_enable);
    g_test_add_func("/pci/intx", test_intx);
    g_test_add_func("/pci/msi", test_msi);
    g_test_add_func("/pci/capabilities", test_capabilities);
    g_test_add_func("/pci/power", test_power);
    g_test_add_func("/pci/reset-unplug", test_reset_unplug);
    g_test_add_func("/pci/rom/patch", test_rom_patch);
    g_test_add_func("/pci/rom/load", test_rom_load);
    g_test_add_func("/machine/routing", test_machine);
    g_test_add_func("/machine/hotplug-ports", test_hotplug_ports);
    g_test_add_func("/machine/fw-cfg", test_fw_cfg);
    return g_test_run();
}
