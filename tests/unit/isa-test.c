// SPDX-License-Identifier: MIT
/*
 * isa-test.c - the ISA bus, and the machine that has nothing else
 */
#include <glib.h>

#include "hw/isa/isa.h"
#include "system/machine.h"
#include "system/memory.h"

static uint32_t lines;

static void chip_irq(unsigned n, bool level)
{
    g_assert_cmpint(lines >> n & 1, !=, level);
    lines ^= 1u << n;
}

static void test_machine(void)
{
    const struct machine_pic *master = machine_pic_at(0);
    const struct machine_pic *slave = machine_pic_at(1);

    g_assert_null(machine_pci());
    g_assert_nonnull(machine_isa());
    g_assert_cmpuint(master->first, ==, 0);
    g_assert_cmpuint(slave->first, ==, 8);
    g_assert_cmpuint(master->lines + slave->lines, ==, ISA_IRQS);
    g_assert_null(machine_pic_at(2));
    /* No host bridge answers; what tells the size of RAM does */
    mem_store(MEM_SPACE_IO, 0xcf8, 4, 0x80000000);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xcf8, 4), ==, 0xffffffff);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0xcfc, 4), ==, 0xffffffff);
    mem_store(MEM_SPACE_IO, 0x510, 2, 0);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x511, 1), ==, 'Q');
}

static void test_known(void)
{
    g_assert_cmpstr(machine_known("isapc"), ==, "isapc");
    g_assert_cmpstr(machine_known("pc"), ==, "pc");
    g_assert_cmpstr(machine_known("pc-i440fx-2.4"), ==, "pc");
    g_assert_cmpstr(machine_known("none"), ==, "none");
    g_assert_null(machine_known("isapc-1"));
    g_assert_null(machine_known("q35"));
}

static void test_lines(void)
{
    struct isa_dev a = { .iobase = 0x300, .ports = 32, .irq = 9 };
    struct isa_dev b = { .iobase = 0x320, .ports = 32, .irq = 3 };

    isa_set_pin(&a, true); /* Not plugged: nobody hears it */
    g_assert_cmphex(lines, ==, 0);
    a.pin = true;
    isa_plug(machine_isa(), &a);
    isa_plug(machine_isa(), &b);
    isa_set_pin(&a, true);
    g_assert_cmphex(lines, ==, 1 << 9);
    isa_set_pin(&a, true);
    isa_set_pin(&b, true);
    g_assert_cmphex(lines, ==, 1 << 9 | 1 << 3);
    /* A second driver of the line */
    machine_set_irq(3, true);
    isa_set_pin(&b, false);
    g_assert_cmphex(lines, ==, 1 << 9 | 1 << 3);
    machine_set_irq(3, false);
    g_assert_cmphex(lines, ==, 1 << 9);
    g_assert_true(machine_irq_level(9));
    isa_unplug(&a);
    isa_unplug(&a);
    g_assert_cmphex(lines, ==, 0);
    g_assert_true(machine_isa()->first == &b);
    isa_unplug(&b);
    g_assert_null(machine_isa()->first);
}

static void test_collisions(void)
{
    struct isa_dev a = { .iobase = 0x300, .ports = 32, .irq = 9 };
    struct isa_bus bus = { 0 };

    g_assert_null(isa_at_ports(&bus, 0, ISA_PORTS_END));
    isa_plug(&bus, &a);
    g_assert_true(isa_at_ports(&bus, 0x31f, 1) == &a);
    g_assert_true(isa_at_ports(&bus, 0x300, 32) == &a);
    g_assert_true(isa_at_ports(&bus, 0x2f8, 9) == &a);
    g_assert_true(isa_at_ports(&bus, 0, ISA_PORTS_END) == &a);
    g_assert_null(isa_at_ports(&bus, 0x2f8, 8));
    g_assert_null(isa_at_ports(&bus, 0x320, 32));
    g_assert_true(isa_at_irq(&bus, 9) == &a);
    g_assert_null(isa_at_irq(&bus, 10));
}

static uint32_t one(void *opaque, uint32_t off, unsigned size)
{
    return *(const uint32_t *)opaque;
}

static void ignore(void *opaque, uint32_t off, unsigned size, uint32_t val)
{
}

/* A card on PCI that comes later, at the same ports, hides one on ISA */
static void test_subtractive(void)
{
    uint32_t is = 0x15a, pci = 0xbc1;
    struct mem_region card = { .name = "isa",
                               .base = 0x300,
                               .size = 32,
                               .last = true,
                               .read = one,
                               .write = ignore,
                               .opaque = &is };
    struct mem_region bar = { .name = "bar",
                              .base = 0x300,
                              .size = 16,
                              .read = one,
                              .write = ignore,
                              .opaque = &pci };
    struct mem_region other = card;

    other.base = 0x310;
    mem_map(MEM_SPACE_IO, &card);
    mem_map(MEM_SPACE_IO, &other);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x300, 2), ==, 0x15a);
    mem_map(MEM_SPACE_IO, &bar);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x300, 2), ==, 0xbc1);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x310, 2), ==, 0x15a);
    g_assert_cmpstr(mem_overlap(MEM_SPACE_IO, 0x318, 1)->name, ==, "isa");
    g_assert_null(mem_overlap(MEM_SPACE_IO, 0x2f0, 16));
    mem_unmap(MEM_SPACE_IO, &bar);
    g_assert_cmphex(mem_load(MEM_SPACE_IO, 0x300, 2), ==, 0x15a);
    mem_unmap(MEM_SPACE_IO, &card);
    mem_unmap(MEM_SPACE_IO, &other);
    g_assert_null(mem_overlap(MEM_SPACE_IO, 0x300, 32));
}

int main(int argc, char **argv)
{
    static const struct machine_ops ops = { .irq = chip_irq };

    g_test_init(&argc, &argv, NULL);
    machine_init("isapc", NULL, &ops);
    g_test_add_func("/isa/machine", test_machine);
    g_test_add_func("/isa/machine/known", test_known);
    g_test_add_func("/isa/lines", test_lines);
    g_test_add_func("/isa/collisions", test_collisions);
    g_test_add_func("/isa/subtractive", test_subtractive);
    return g_test_run();
}
